//! `$metadata` as CSDL XML.

use super::annotations::{self, Annotation, Expression};
use super::facts::{partner, precision, referential_constraints, scale, type_name};
use super::xml::Element;
use crate::edm::{EntitySet, Navigation, Schema, StructuralProperty, Version};
use crate::limits::Limits;

/// The CSDL XML document of this schema, as it can be read within these limits.
pub fn csdl_xml(schema: &Schema, limits: &Limits, version: Version) -> String {
    let references = annotations::vocabularies(schema).map(|vocabulary| {
        let include = Element::new("edmx:Include")
            .with("Namespace", vocabulary.namespace)
            .with("Alias", vocabulary.alias);
        Element::new("edmx:Reference")
            .with("Uri", vocabulary.uri("xml"))
            .containing([include])
    });
    let types = schema.sets().iter().map(|set| entity_type(schema, set));
    let edm = Element::new("Schema")
        .with("Namespace", schema.namespace)
        .with("xmlns", "http://docs.oasis-open.org/odata/ns/edm")
        .containing(types)
        .containing([container(schema, limits)]);
    Element::new("edmx:Edmx")
        .with("Version", version.name())
        .with("xmlns:edmx", "http://docs.oasis-open.org/odata/ns/edmx")
        .containing(references)
        .containing([Element::new("edmx:DataServices").containing([edm])])
        .document()
}

fn entity_type(schema: &Schema, set: &EntitySet) -> Element {
    let key = set
        .key
        .iter()
        .filter_map(|place| set.properties.get(*place));
    let key = key.map(|property| Element::new("PropertyRef").with("Name", property.declared.name));
    let navigation = set.navigation.iter();
    Element::new("EntityType")
        .with("Name", set.declared.name)
        .containing([Element::new("Key").containing(key)])
        .containing(set.properties.iter().map(structural_property))
        .containing(navigation.map(|navigation| navigation_property(schema, set, navigation)))
        .containing(annotate(&annotations::of_type(set)))
}

fn structural_property(property: &StructuralProperty) -> Element {
    let precision = precision(property).map(|digits| digits.to_string());
    Element::new("Property")
        .with("Name", property.declared.name)
        .with("Type", property.ty.edm_name())
        .with_some("Nullable", (!property.nullable).then_some("false"))
        .with_some("Precision", precision.as_deref())
        .with_some("Scale", scale(property))
        .containing(annotate(&annotations::of_property(property)))
}

fn navigation_property(schema: &Schema, set: &EntitySet, navigation: &Navigation) -> Element {
    let many = navigation.declared.many;
    let ty = type_name(schema, navigation.target);
    let constraints = referential_constraints(schema, set, navigation)
        .into_iter()
        .map(|(dependent, principal)| {
            Element::new("ReferentialConstraint")
                .with("Property", dependent)
                .with("ReferencedProperty", principal)
        });
    Element::new("NavigationProperty")
        .with("Name", navigation.declared.name)
        .with(
            "Type",
            if many {
                format!("Collection({ty})")
            } else {
                ty
            },
        )
        .with_some("Nullable", (!many).then_some("true"))
        .with_some("Partner", partner(schema, navigation))
        .containing(constraints)
        .containing(annotate(&annotations::of_navigation(navigation)))
}

fn container(schema: &Schema, limits: &Limits) -> Element {
    let sets = schema.sets().iter().map(|set| {
        let bindings = set.navigation.iter().map(|navigation| {
            Element::new("NavigationPropertyBinding")
                .with("Path", navigation.declared.name)
                .with("Target", schema.set(navigation.target).declared.entity_set)
        });
        Element::new("EntitySet")
            .with("Name", set.declared.entity_set)
            .with("EntityType", type_name(schema, set.id))
            .containing(bindings)
            .containing(annotate(&annotations::of_set(set, limits)))
    });
    Element::new("EntityContainer")
        .with("Name", schema.container)
        .containing(sets)
        .containing(annotate(&annotations::of_container()))
}

fn annotate(annotations: &[Annotation]) -> impl Iterator<Item = Element> {
    annotations.iter().map(|annotation| {
        let element = Element::new("Annotation").with("Term", annotation.term);
        with_value(element, &annotation.value)
    })
}

/// The element with this value: as an attribute where it is simple, else as a child.
fn with_value(element: Element, value: &Expression) -> Element {
    match simple(value) {
        Ok((kind, text)) => element.with(kind, text),
        Err(child) => element.containing([child]),
    }
}

/// A value as an element of its own, as it stands in a collection.
fn item(value: &Expression) -> Element {
    match simple(value) {
        Ok((kind, text)) => Element::new(kind).with_text(text),
        Err(child) => child,
    }
}

/// The kind and the text of a simple value, or the element of another.
fn simple(value: &Expression) -> Result<(&'static str, String), Element> {
    match value {
        Expression::Bool(value) => Ok(("Bool", value.to_string())),
        Expression::Int(value) => Ok(("Int", value.to_string())),
        Expression::String(text) => Ok(("String", text.clone())),
        Expression::EnumMember { ty, member } => Ok(("EnumMember", format!("{ty}/{member}"))),
        Expression::PropertyPath(path) => Ok(("PropertyPath", (*path).to_owned())),
        Expression::Collection(items) => {
            Err(Element::new("Collection").containing(items.iter().map(item)))
        }
        Expression::Record {
            values,
            annotations,
        } => {
            let values = values.iter().map(|(name, value)| {
                with_value(Element::new("PropertyValue").with("Property", *name), value)
            });
            let record = Element::new("Record").containing(values);
            Err(record.containing(annotate(annotations)))
        }
    }
}
