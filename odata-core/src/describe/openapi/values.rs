//! Primitive values: the JSON schema of each type, and a literal of it.

use super::super::facts::{self, codes};
use super::super::json::Json;
use crate::edm::{PrimitiveType, StructuralProperty};

/// What a JSON number can't be (JSON Format 7.1).
const NO_NUMBERS: [&str; 3] = ["NaN", "INF", "-INF"];

const TIME_OF_DAY: &str = r"^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d+)?)?$";
const DURATION: &str = r"^-?P(\d+D)?(T(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?$";

/// The JSON type of a primitive type, and what narrows it.
fn form(ty: PrimitiveType) -> (&'static str, Option<(&'static str, &'static str)>) {
    use PrimitiveType as Type;
    match ty {
        Type::String => ("string", None),
        Type::Json => ("string", Some(("contentMediaType", "application/json"))),
        Type::Boolean => ("boolean", None),
        Type::SByte => ("integer", Some(("format", "int8"))),
        Type::Byte => ("integer", Some(("format", "uint8"))),
        Type::Int16 => ("integer", Some(("format", "int16"))),
        Type::Int32 => ("integer", Some(("format", "int32"))),
        Type::Int64 => ("integer", Some(("format", "int64"))),
        Type::Single => ("number", Some(("format", "float"))),
        Type::Double => ("number", Some(("format", "double"))),
        Type::Decimal => ("number", Some(("format", "decimal"))),
        Type::DateTimeOffset => ("string", Some(("format", "date-time"))),
        Type::Date => ("string", Some(("format", "date"))),
        // JSON Schema's formats know neither a time without a zone nor a fraction of a duration.
        Type::TimeOfDay => ("string", Some(("pattern", TIME_OF_DAY))),
        Type::Duration => ("string", Some(("pattern", DURATION))),
        Type::Guid => ("string", Some(("format", "uuid"))),
        Type::Binary => ("string", Some(("contentEncoding", "base64url"))),
    }
}

/// A literal of the type, as it stands in a URL.
pub(super) fn literal(ty: PrimitiveType) -> &'static str {
    use PrimitiveType as Type;
    match ty {
        Type::String | Type::Json => "'a'",
        Type::Boolean => "true",
        Type::SByte | Type::Byte | Type::Int16 | Type::Int32 | Type::Int64 => "1",
        Type::Single | Type::Double | Type::Decimal => "1.5",
        Type::DateTimeOffset => "2026-01-01T00:00:00Z",
        Type::Date => "2026-01-01",
        Type::TimeOfDay => "08:00:00",
        Type::Duration => "duration'PT1H'",
        Type::Guid => "00000000-0000-0000-0000-000000000001",
        Type::Binary => "binary'AAAA'",
    }
}

/// The schema of a value in a key: text is never empty where it is a segment, and has its quotes doubled
/// where it stands in quotes.
pub(super) fn in_key(ty: PrimitiveType, quoted: bool) -> Json {
    let (json, narrower) = form(ty);
    let narrower = narrower.map(|(keyword, value)| (keyword, Json::string(value)));
    let text = match quoted {
        true => ("pattern", Json::string("^([^']|'')*$")),
        false => ("minLength", Json::Int(1)),
    };
    let text = ty.is_text().then_some(text);
    let json = [("type", Json::string(json))];
    Json::object(json.into_iter().chain(narrower).chain(text))
}

/// The schema of a property.
pub(super) fn of_property(property: &StructuralProperty) -> Json {
    let (json, narrower) = form(property.ty);
    let narrower = narrower.map(|(keyword, value)| (keyword, Json::string(value)));
    let mut members = Vec::new();
    if json == "number" {
        let number = [("type", Json::string(json))].into_iter().chain(narrower);
        let text = [
            ("type", Json::string("string")),
            ("enum", Json::Array(NO_NUMBERS.map(Json::string).into())),
        ];
        let mut choices = vec![Json::object(number), Json::object(text)];
        if property.nullable {
            choices.push(super::one("type", Json::string("null")));
        }
        members.push(("anyOf", Json::Array(choices)));
    } else {
        members.push(("type", or_null(json, property.nullable)));
        members.extend(narrower);
    }
    members.extend(description(property).map(|text| ("description", Json::string(text))));
    // No `enum`: a column may hold a number that has no name yet, and a reader must survive it.
    if let Some((first, _)) = codes(property).first() {
        members.push(("examples", Json::Array(vec![Json::Int(*first)])));
    }
    Json::object(members)
}

fn or_null(json: &str, nullable: bool) -> Json {
    match nullable {
        true => Json::Array(vec![Json::string(json), Json::string("null")]),
        false => Json::string(json),
    }
}

/// What it is, what its numbers mean, and why it is null.
fn description(property: &StructuralProperty) -> Option<String> {
    let codes: Vec<String> = codes(property)
        .iter()
        .map(|(value, name)| format!("`{value}` {name}"))
        .collect();
    let codes = (!codes.is_empty()).then(|| format!("Values: {}.", codes.join(", ")));
    let kept = property.hidden;
    let kept = kept.then(|| "Kept back: null in every row, and of no use in an option.".to_owned());
    let parts = facts::description(property.declared.description);
    let parts: Vec<String> = parts.into_iter().chain(codes).chain(kept).collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}
