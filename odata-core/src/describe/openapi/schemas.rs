//! The schemas of entities and errors.

use super::super::facts::{description, type_name};
use super::super::json::Json;
use super::{component, one, reference, values};
use crate::edm::{EntitySet, Navigation, Schema, SetId};

/// The entity types, and what has one form in every service.
pub(super) fn schemas(schema: &Schema) -> Json {
    let mut members: Vec<(String, Json)> = schema
        .sets()
        .iter()
        .map(|set| {
            let name = component(&type_name(schema, set.id));
            (name, entity_type(schema, set))
        })
        .collect();
    let shared = [
        ("count", count()),
        ("error", error()),
        ("next", next()),
        ("serviceDocument", service_document()),
    ];
    members.extend(shared.map(|(name, json)| (name.to_owned(), json)));
    Json::Object(members)
}

/// The schema of a set's entities, by reference.
pub(super) fn of_entity(schema: &Schema, set: SetId) -> Json {
    reference("schemas", &type_name(schema, set))
}

/// A collection of a set's entities.
pub(super) fn array(schema: &Schema, set: SetId) -> Json {
    Json::object([
        ("type", Json::string("array")),
        ("items", of_entity(schema, set)),
    ])
}

/// No property is required: `$select` leaves out what it does not name. Others may be there, which
/// `$compute` and `$apply` make.
fn entity_type(schema: &Schema, set: &EntitySet) -> Json {
    let mut properties = Vec::new();
    for property in &set.properties {
        let name = property.declared.name.to_owned();
        properties.push((name, values::of_property(property)));
    }
    for navigation in &set.navigation {
        let name = navigation.declared.name;
        properties.push((name.to_owned(), related(schema, navigation)));
        if navigation.declared.many {
            let count = reference("schemas", "count");
            properties.push((format!("{name}@odata.count"), count));
            let next = reference("schemas", "next");
            properties.push((format!("{name}@odata.nextLink"), next));
        }
    }
    let text = description(set.declared.description);
    let mut members = vec![
        ("title", Json::string(set.declared.name)),
        ("type", Json::string("object")),
        ("properties", Json::Object(properties)),
    ];
    members.extend(text.map(|text| ("description", Json::string(text))));
    Json::object(members)
}

/// What an expanded navigation property holds.
fn related(schema: &Schema, navigation: &Navigation) -> Json {
    let entity = of_entity(schema, navigation.target);
    let text = description(navigation.declared.description);
    let text = text.map(|text| ("description", Json::string(text)));
    let value = if navigation.declared.many {
        array(schema, navigation.target)
    } else {
        let null = one("type", Json::string("null"));
        one("anyOf", Json::Array(vec![entity, null]))
    };
    let Json::Object(mut members) = value else {
        return value;
    };
    members.extend(text.map(|(name, json)| (name.to_owned(), json)));
    Json::Object(members)
}

fn count() -> Json {
    Json::object([
        ("type", Json::string("integer")),
        ("format", Json::string("int64")),
        ("minimum", Json::Int(0)),
        (
            "description",
            Json::string("The number of entities, whatever `$top` and `$skip` say."),
        ),
    ])
}

fn next() -> Json {
    Json::object([
        ("type", Json::string("string")),
        (
            "description",
            Json::string("The URL of the next page; there is none behind the last."),
        ),
    ])
}

fn service_document() -> Json {
    let text = || one("type", Json::string("string"));
    let item = object(
        &["name", "url"],
        [("name", text()), ("kind", text()), ("url", text())],
    );
    let items = Json::object([("type", Json::string("array")), ("items", item)]);
    object(&["value"], [("@odata.context", text()), ("value", items)])
}

/// An error (JSON Format 21).
fn error() -> Json {
    let text = |description: &str| {
        Json::object([
            ("type", Json::string("string")),
            ("description", Json::string(description)),
        ])
    };
    let common = || {
        [
            ("code", text("What went wrong, for programs.")),
            ("message", text("What went wrong, for people.")),
            (
                "target",
                text("The option, header or segment that it is about."),
            ),
        ]
    };
    let details = Json::object([
        ("type", Json::string("array")),
        ("items", object(&["code", "message"], common())),
    ]);
    let inner = Json::object([
        ("type", Json::string("object")),
        (
            "description",
            Json::string("More of it: where it is, and a hint."),
        ),
    ]);
    let members = common()
        .into_iter()
        .chain([("details", details), ("innererror", inner)]);
    object(
        &["error"],
        [("error", object(&["code", "message"], members))],
    )
}

/// An object with these members, of which some are always there.
pub(super) fn object<'a>(
    required: &[&str],
    properties: impl IntoIterator<Item = (&'a str, Json)>,
) -> Json {
    let required = required.iter().map(|name| Json::string(*name));
    Json::object([
        ("type", Json::string("object")),
        ("required", Json::Array(required.collect())),
        ("properties", Json::object(properties)),
    ])
}
