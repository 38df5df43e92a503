//! The errors for names that the model does not have.

use super::bind::Binder;
use crate::edm::{EntitySet, PrimitiveType as T, Schema};
use crate::error::{Code, Error, Span, nearest};

impl Binder<'_> {
    /// An error for a name that the set doesn't have.
    pub(super) fn no_property(&self, set: &EntitySet, name: &str, span: Span) -> Error {
        if self.is_nested(name) {
            let what = "a path into what 'addnested' adds";
            return Error::not_implemented(what).at(span);
        }
        let message = format!("'{}' has no property '{name}'", set.declared.name);
        let error = Error::new(Code::UnknownProperty, message).at(span);
        match name.to_ascii_lowercase().as_str() {
            // The one literal that has a single spelling.
            "null" | "nil" | "none" => error.hint("did you mean 'null'?"),
            _ if [set.declared.name, set.declared.entity_set].contains(&name) => {
                error.hint("properties are named without their collection")
            }
            _ => error.did_you_mean(name, set.names()),
        }
    }

    /// The error for a name that is no navigation property.
    pub(super) fn no_navigation(&self, set: &EntitySet, name: &str, span: Span) -> Error {
        let message = format!(
            "'{}' has no navigation property '{name}'",
            set.declared.name
        );
        let known = set.navigation.iter().map(|known| known.declared.name);
        Error::new(Code::UnknownNavigation, message)
            .at(span)
            .did_you_mean(name, known)
    }

    /// The error for the name of a type that the model does not have.
    pub(super) fn no_type(&self, name: &str, span: Span) -> Error {
        let message = format!("there is no type '{name}'");
        let mut known = entity_types(self.schema);
        known.extend(T::ALL.iter().map(|ty| ty.edm_name().to_owned()));
        Error::new(Code::UnknownType, message)
            .at(span)
            .or_hint(near_type(name, &known))
    }

    /// The error for a cast to what is no type of these entities.
    pub(super) fn not_derived(&self, code: Code, set: &EntitySet, name: &str, span: Span) -> Error {
        let own = format!("{}.{}", self.schema.namespace, set.declared.name);
        let message = format!(
            "there is no type '{name}' derived from '{}'",
            set.declared.name
        );
        // In other languages a dot leads to a property.
        let path = name.split_once('.').and_then(|(first, _)| {
            let is_known = set.names().any(|known| known == first);
            is_known.then(|| format!("did you mean '{}'?", name.replace('.', "/")))
        });
        Error::new(code, message)
            .at(span)
            .or_hint(path)
            .or_hint(near_type(name, &[own]))
    }
}

/// The error for an entity set that isn't served.
pub(super) fn no_set(schema: &Schema, code: Code, name: &str, span: Span) -> Error {
    let known = schema.sets().iter().map(|set| set.declared.entity_set);
    Error::new(code, format!("there is no collection '{name}'"))
        .at(span)
        .did_you_mean(name, known)
}

/// The error for an entity type that a path names.
pub(super) fn no_entity_type(schema: &Schema, name: &str, span: Span) -> Error {
    let message = format!("there is no entity type '{name}'");
    Error::new(Code::UnknownSegment, message)
        .at(span)
        .or_hint(near_type(name, &entity_types(schema)))
}

fn entity_types(schema: &Schema) -> Vec<String> {
    let sets = schema.sets().iter();
    let names = sets.map(|set| format!("{}.{}", schema.namespace, set.declared.name));
    names.collect()
}

/// The type among these that a name most likely stands for: what comes before the last dot is alike
/// for many, or left out.
fn near_type(name: &str, known: &[String]) -> Option<String> {
    let parts = |name: &str| {
        let (namespace, last) = name.rsplit_once('.').unwrap_or(("", name));
        (namespace.to_ascii_lowercase(), last.to_owned())
    };
    let (namespace, last) = parts(name);
    let known = known.iter().map(|known| (parts(known), known));
    let alike: Vec<(String, &String)> = known
        .filter(|((of, _), _)| namespace.is_empty() || *of == namespace)
        .map(|((_, last), known)| (last, known))
        .collect();
    let near = nearest(&last, alike.iter().map(|(last, _)| last.as_str()))?;
    let (_, known) = alike.iter().find(|(last, _)| last == near)?;
    Some(format!("did you mean '{known}'?"))
}
