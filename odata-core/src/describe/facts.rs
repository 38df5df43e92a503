//! What `$metadata` says about properties, whatever it is written in.

use crate::edm::{
    EntitySet, JoinPath, Navigation, PrimitiveType, Schema, SetId, StructuralProperty,
};
use crate::functions::aggregation::METHODS;

/// The qualified name of a set's entity type.
pub(super) fn type_name(schema: &Schema, set: SetId) -> String {
    format!("{}.{}", schema.namespace, schema.set(set).declared.name)
}

/// A doc comment as one line, which is all that an attribute of XML knows; none where it says nothing.
pub(super) fn description(comment: &str) -> Option<String> {
    let words: Vec<&str> = comment.split_whitespace().collect();
    (!words.is_empty()).then(|| words.join(" "))
}

/// The code table of a number: each value with its name. A column of another type than the declared
/// one has none.
pub(super) fn codes(property: &StructuralProperty) -> &'static [(i64, &'static str)] {
    match property.ty.is_integer() {
        true => property.declared.values,
        false => &[],
    }
}

/// Whether `$search` finds anything in the set.
pub(super) fn is_searchable(set: &EntitySet) -> bool {
    let mut properties = set.properties.iter();
    properties.any(|property| property.declared.searchable)
}

/// The digits of a second's fraction, for types that have them (CSDL 7.2.3). Absent it would mean
/// none, and readers would cut the fraction off.
pub(super) fn precision(property: &StructuralProperty) -> Option<u8> {
    use PrimitiveType::{DateTimeOffset, Duration, TimeOfDay};
    matches!(property.ty, DateTimeOffset | TimeOfDay | Duration).then_some(6)
}

/// The digits after the point (CSDL 7.2.4): any number of them, since a `numeric` column is read
/// without its own bounds. Absent it would mean none in XML, and this in JSON.
pub(super) fn scale(property: &StructuralProperty) -> Option<&'static str> {
    (property.ty == PrimitiveType::Decimal).then_some("variable")
}

/// The name of the navigation property that leads back.
pub(super) fn partner(schema: &Schema, navigation: &Navigation) -> Option<&'static str> {
    let place = navigation.partner?;
    let partner = schema.set(navigation.target).navigation.get(place)?;
    Some(partner.declared.name)
}

/// Pairs of a dependent property here and a principal one there (CSDL 8.5). A navigation property
/// that may be null needs dependents that may be null, and a condition is nothing that a constraint
/// can say; where either fails there is no constraint.
pub(super) fn referential_constraints(
    schema: &Schema,
    set: &EntitySet,
    navigation: &Navigation,
) -> Vec<(&'static str, &'static str)> {
    let JoinPath::Keys { pairs, near, far } = &navigation.path else {
        return Vec::new();
    };
    if navigation.declared.many || !near.is_empty() || !far.is_empty() {
        return Vec::new();
    }
    let principal = schema.set(navigation.target);
    let pairs = pairs.iter().map(|(dependent, key)| {
        let dependent = set.properties.get(*dependent)?;
        let key = principal.properties.get(*key)?;
        let names = (dependent.declared.name, key.declared.name);
        dependent.nullable.then_some(names)
    });
    pairs.collect::<Option<_>>().unwrap_or_default()
}

/// The names of the properties that no option may use.
pub(super) fn hidden(set: &EntitySet) -> Vec<&'static str> {
    let hidden = set.properties.iter().filter(|property| property.hidden);
    hidden.map(|property| property.declared.name).collect()
}

/// The names of the properties that any option may use.
pub(super) fn visible(set: &EntitySet) -> Vec<&'static str> {
    let visible = set.properties.iter().filter(|property| !property.hidden);
    visible.map(|property| property.declared.name).collect()
}

/// The properties that any option may use, each with the aggregation methods that take its type.
pub(super) fn aggregatable(set: &EntitySet) -> Vec<(&'static str, Vec<&'static str>)> {
    let visible = set.properties.iter().filter(|property| !property.hidden);
    let methods = |property: &StructuralProperty| {
        let takes = METHODS
            .iter()
            .filter(|(_, method)| method.result(property.ty).is_some());
        takes.map(|(name, _)| *name).collect()
    };
    visible
        .map(|property| (property.declared.name, methods(property)))
        .collect()
}
