//! `$metadata` as CSDL JSON.

use super::annotations::{self, Annotation, Expression};
use super::facts::{partner, precision, referential_constraints, type_name};
use super::json::Json;
use crate::edm::{EntitySet, Navigation, PrimitiveType, Schema, StructuralProperty, Version};
use crate::limits::Limits;

/// The CSDL JSON document of this schema, as it can be read within these limits.
pub fn csdl_json(schema: &Schema, limits: &Limits, version: Version) -> String {
    let references = annotations::vocabularies(schema).map(|vocabulary| {
        let include = Json::object([
            ("$Namespace", Json::string(vocabulary.namespace)),
            ("$Alias", Json::string(vocabulary.alias)),
        ]);
        let reference = Json::object([("$Include", Json::Array(vec![include]))]);
        (vocabulary.uri("json"), reference)
    });
    let container_name = format!("{}.{}", schema.namespace, schema.container);
    let types = schema
        .sets()
        .iter()
        .map(|set| (set.declared.name, entity_type(schema, set)));
    let members = types.chain([(schema.container, container(schema, limits))]);
    Json::object([
        ("$Version", Json::string(version.name())),
        ("$EntityContainer", Json::string(container_name)),
        ("$Reference", Json::Object(references.collect())),
        (schema.namespace, Json::object(members)),
    ])
    .text()
}

fn entity_type(schema: &Schema, set: &EntitySet) -> Json {
    let key = set
        .key
        .iter()
        .filter_map(|place| set.properties.get(*place));
    let key = key.map(|property| Json::string(property.declared.name));
    let mut members = vec![
        ("$Kind", Json::string("EntityType")),
        ("$Key", Json::Array(key.collect())),
    ];
    for property in &set.properties {
        members.push((property.declared.name, structural_property(property)));
    }
    for navigation in &set.navigation {
        let property = navigation_property(schema, set, navigation);
        members.push((navigation.declared.name, property));
    }
    annotated(Json::object(members), &annotations::of_type(set))
}

/// What is absent is the default: a string, not null, and of a decimal any scale.
fn structural_property(property: &StructuralProperty) -> Json {
    let mut members = Vec::new();
    if property.ty.edm_name() != PrimitiveType::String.edm_name() {
        members.push(("$Type", Json::string(property.ty.edm_name())));
    }
    if property.nullable {
        members.push(("$Nullable", Json::Bool(true)));
    }
    members.extend(precision(property).map(|digits| ("$Precision", Json::Int(digits.into()))));
    annotated(Json::object(members), &annotations::of_property(property))
}

fn navigation_property(schema: &Schema, set: &EntitySet, navigation: &Navigation) -> Json {
    let multiplicity = if navigation.declared.many {
        "$Collection"
    } else {
        "$Nullable"
    };
    let mut members = vec![
        ("$Kind", Json::string("NavigationProperty")),
        ("$Type", Json::string(type_name(schema, navigation.target))),
        (multiplicity, Json::Bool(true)),
    ];
    members.extend(partner(schema, navigation).map(|partner| ("$Partner", Json::string(partner))));
    let constraints = referential_constraints(schema, set, navigation);
    if !constraints.is_empty() {
        let constraints = constraints.into_iter();
        let pairs = constraints.map(|(dependent, principal)| (dependent, Json::string(principal)));
        members.push(("$ReferentialConstraint", Json::object(pairs)));
    }
    annotated(
        Json::object(members),
        &annotations::of_navigation(navigation),
    )
}

fn container(schema: &Schema, limits: &Limits) -> Json {
    let mut members = vec![("$Kind", Json::string("EntityContainer"))];
    for set in schema.sets() {
        let mut set_members = vec![
            ("$Collection", Json::Bool(true)),
            ("$Type", Json::string(type_name(schema, set.id))),
        ];
        if !set.navigation.is_empty() {
            let bindings = set.navigation.iter().map(|navigation| {
                let target = schema.set(navigation.target).declared.entity_set;
                (navigation.declared.name, Json::string(target))
            });
            set_members.push(("$NavigationPropertyBinding", Json::object(bindings)));
        }
        let json = annotated(Json::object(set_members), &annotations::of_set(set, limits));
        members.push((set.declared.entity_set, json));
    }
    annotated(Json::object(members), &annotations::of_container())
}

/// The object with annotations behind its members.
fn annotated(json: Json, annotations: &[Annotation]) -> Json {
    let Json::Object(mut members) = json else {
        return json;
    };
    members.extend(annotations.iter().map(|annotation| {
        let name = format!("@{}", annotation.term);
        (name, value(&annotation.value))
    }));
    Json::Object(members)
}

fn value(expression: &Expression) -> Json {
    match expression {
        Expression::Bool(value) => Json::Bool(*value),
        Expression::Int(value) => Json::Int(*value),
        Expression::String(text) => Json::string(text.as_str()),
        Expression::EnumMember { member, .. } => Json::string(*member),
        Expression::PropertyPath(path) => Json::string(*path),
        Expression::Collection(items) => Json::Array(items.iter().map(value).collect()),
        Expression::Record {
            values,
            annotations,
        } => {
            let values = values.iter().map(|(name, item)| (*name, value(item)));
            annotated(Json::object(values), annotations)
        }
    }
}
