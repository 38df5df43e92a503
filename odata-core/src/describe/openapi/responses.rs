//! What comes back, and who may ask.

use super::super::facts::type_name;
use super::super::json::Json;
use super::schemas::{array, object, of_entity};
use super::{component, one, reference};
use crate::edm::{EntitySet, Schema};

/// The four places of an access token: each scheme with its name.
const SECURITY: &[(&str, &[(&str, &str)])] = &[
    (
        "bearer",
        &[
            ("type", "http"),
            ("scheme", "bearer"),
            ("description", "The access token."),
        ],
    ),
    (
        "basic",
        &[
            ("type", "http"),
            ("scheme", "basic"),
            (
                "description",
                "Any user name, the access token as password.",
            ),
        ],
    ),
    (
        "apikeyHeader",
        &[
            ("type", "apiKey"),
            ("in", "header"),
            ("name", "apikey"),
            ("description", "The access token."),
        ],
    ),
    (
        "apikeyQuery",
        &[
            ("type", "apiKey"),
            ("in", "query"),
            ("name", "apikey"),
            ("description", "The access token; next links have it, too."),
        ],
    ),
];

/// One of the schemes will do.
pub(super) fn security() -> Json {
    let each = SECURITY.iter();
    Json::Array(
        each.map(|(name, _)| one(name, Json::Array(vec![])))
            .collect(),
    )
}

pub(super) fn security_schemes() -> Json {
    Json::object(SECURITY.iter().map(|(name, members)| {
        let members = members.iter();
        let members = members.map(|(name, value)| (*name, Json::string(*value)));
        (*name, Json::object(members))
    }))
}

/// The answers, by the names that operations refer to.
pub(super) fn responses(schema: &Schema) -> Json {
    let text = |name: &str, what: &str| {
        let header = Json::object([
            ("description", Json::string(what)),
            ("schema", one("type", Json::string("string"))),
        ]);
        one(name, header)
    };
    let error = |what: &str, headers: Option<Json>| {
        let content = content([("application/json", reference("schemas", "error"))]);
        let headers = headers.map(|headers| ("headers", headers));
        let members = [("description", Json::string(what)), ("content", content)];
        Json::object(members.into_iter().chain(headers))
    };
    let mut members = vec![
        (
            "error".to_owned(),
            error("The request is not answered", None),
        ),
        (
            "unauthorized".to_owned(),
            error(
                "There is no access token, or nobody has it",
                Some(text("WWW-Authenticate", "Basic and Bearer")),
            ),
        ),
        (
            "later".to_owned(),
            error(
                "The service can't answer now",
                Some(text("Retry-After", "Seconds until it is worth another try")),
            ),
        ),
        ("count".to_owned(), count()),
        (
            "nothing".to_owned(),
            one(
                "description",
                Json::string("There is none: the relation leads nowhere"),
            ),
        ),
    ];
    for set in schema.sets() {
        let name = set.declared.name;
        members.push((
            component(&format!("{name}.collection")),
            collection(schema, set),
        ));
        members.push((component(&format!("{name}.entity")), entity(schema, set)));
    }
    Json::Object(members)
}

/// The answers of an operation: this one, and the refusals.
pub(super) fn of_operation(ok: Json, may_be_nothing: bool) -> Json {
    let refused = |name: &str| reference("responses", name);
    let nothing = may_be_nothing.then(|| ("204", refused("nothing")));
    let answers = [("200", ok)].into_iter().chain(nothing);
    Json::object(answers.chain([
        ("401", refused("unauthorized")),
        ("4XX", refused("error")),
        ("503", refused("later")),
        ("5XX", refused("error")),
    ]))
}

/// Media types with their schemas.
pub(super) fn content<'a>(types: impl IntoIterator<Item = (&'a str, Json)>) -> Json {
    let types = types.into_iter();
    Json::object(types.map(|(name, schema)| (name, one("schema", schema))))
}

fn collection(schema: &Schema, set: &EntitySet) -> Json {
    let json = object(
        &["value"],
        [
            ("@odata.context", one("type", Json::string("string"))),
            ("@odata.count", reference("schemas", "count")),
            ("value", array(schema, set.id)),
            ("@odata.nextLink", reference("schemas", "next")),
        ],
    );
    let text = || one("type", Json::string("string"));
    let types = [
        ("application/json", json),
        ("text/csv", text()),
        ("application/x-ndjson", text()),
    ];
    Json::object([
        (
            "description",
            Json::string(format!("Entities of type {}", type_name(schema, set.id))),
        ),
        ("content", content(types)),
    ])
}

fn entity(schema: &Schema, set: &EntitySet) -> Json {
    Json::object([
        (
            "description",
            Json::string(format!("An entity of type {}", type_name(schema, set.id))),
        ),
        (
            "content",
            content([("application/json", of_entity(schema, set.id))]),
        ),
    ])
}

fn count() -> Json {
    let number = Json::object([
        ("type", Json::string("string")),
        ("pattern", Json::string(r"^\d+$")),
    ]);
    Json::object([
        (
            "description",
            Json::string("The number of entities, as text"),
        ),
        ("content", content([("text/plain", number)])),
    ])
}
