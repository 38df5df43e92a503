//! The query options: those of every collection, and those that know a type's names.

use super::super::facts::{description, is_searchable, visible};
use super::super::json::Json;
use super::{component, examples, one, reference, values};
use crate::edm::{EntitySet, Schema, StructuralProperty};
use crate::limits::Limits;

/// Where the options are explained.
const STANDARD: &str =
    "https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part1-protocol.html";
const AGGREGATION: &str = "https://docs.oasis-open.org/odata/odata-data-aggregation-ext/v4.0/odata-data-aggregation-ext-v4.0.html";

/// The short names of the formats of rows, as `$format` takes them.
const ROWS: &[&str] = &["json", "csv", "ndjson"];

/// All of them, by the names that operations refer to.
pub(super) fn parameters(schema: &Schema, limits: &Limits) -> Json {
    let mut members: Vec<(String, Json)> = general(limits)
        .map(|(name, parameter)| (name.to_owned(), parameter))
        .into();
    for set in schema.sets() {
        members.extend(own(set).map(|option| {
            let name = component(&format!("{}.{option}", set.declared.name));
            (name, of_set(set, option, limits))
        }));
    }
    Json::Object(members)
}

/// The options of a collection of this set's entities.
pub(super) fn of_collection(set: &EntitySet) -> Vec<Json> {
    let general = ["top", "skip", "count"].into_iter().map(general_reference);
    let search = is_searchable(set).then(|| general_reference("search"));
    let own = own(set).map(|option| own_reference(set, option));
    let format = [general_reference("format")];
    general.chain(search).chain(own).chain(format).collect()
}

/// The options of one entity of this set.
pub(super) fn of_entity(set: &EntitySet) -> Vec<Json> {
    let own = own(set).filter(|option| matches!(*option, "select" | "expand" | "compute"));
    own.map(|option| own_reference(set, option)).collect()
}

/// The options of a number of entities.
pub(super) fn of_count(set: &EntitySet) -> Vec<Json> {
    let search = is_searchable(set).then(|| general_reference("search"));
    let filter = own_reference(set, "filter");
    [filter].into_iter().chain(search).collect()
}

/// The properties of a set's key.
pub(super) fn key_properties(set: &EntitySet) -> Vec<&StructuralProperty> {
    let places = set.key.iter();
    places
        .filter_map(|place| set.properties.get(*place))
        .collect()
}

/// The values of a key.
pub(super) fn of_key(set: &EntitySet) -> Json {
    let key = key_properties(set);
    let quoted = key.len() > 1;
    let parameters = key.into_iter().map(|property| {
        let text = description(property.declared.description);
        let text = text.map(|text| ("description", Json::string(text)));
        let members = [
            ("name", Json::string(property.declared.name)),
            ("in", Json::string("path")),
            ("required", Json::Bool(true)),
            ("schema", values::in_key(property.ty, quoted)),
        ];
        Json::object(members.into_iter().chain(text))
    });
    Json::Array(parameters.collect())
}

fn general_reference(name: &str) -> Json {
    reference("parameters", name)
}

fn own_reference(set: &EntitySet, option: &str) -> Json {
    reference("parameters", &format!("{}.{option}", set.declared.name))
}

fn general(limits: &Limits) -> [(&'static str, Json); 5] {
    let number = |most: Option<u64>| {
        let most = most.and_then(|most| i64::try_from(most).ok());
        let most = most.map(|most| ("maximum", Json::Int(most)));
        let members = [("type", Json::string("integer")), ("minimum", Json::Int(0))];
        Json::object(members.into_iter().chain(most))
    };
    let formats = ROWS.iter().map(|name| Json::string(*name));
    let formats = Json::object([
        ("type", Json::string("string")),
        ("enum", Json::Array(formats.collect())),
    ]);
    [
        (
            "top",
            option(
                "top",
                "Show the first n items alone",
                number(None),
                Json::Int(50),
            ),
        ),
        (
            "skip",
            option(
                "skip",
                "Leave out the first n items",
                number(Some(limits.skip)),
                Json::Int(0),
            ),
        ),
        (
            "count",
            option(
                "count",
                "Say how many items there are",
                one("type", Json::string("boolean")),
                Json::Bool(true),
            ),
        ),
        (
            "search",
            option(
                "search",
                "Search items by words and phrases",
                text(),
                Json::string("a"),
            ),
        ),
        (
            "format",
            option(
                "format",
                "The format, where the client can't say it in `Accept`",
                formats,
                Json::string("json"),
            ),
        ),
    ]
}

/// The options whose values name properties.
fn own(set: &EntitySet) -> impl Iterator<Item = &'static str> {
    let expand = (!set.navigation.is_empty()).then_some("expand");
    let compute = examples::compute(set).map(|_| "compute");
    let apply = examples::apply(set).map(|_| "apply");
    let always = ["filter", "orderby", "select"].into_iter();
    always.chain(expand).chain(compute).chain(apply)
}

/// One of them, with the names that the type has.
fn of_set(set: &EntitySet, name: &str, limits: &Limits) -> Json {
    match name {
        "filter" => filter(set),
        "orderby" => {
            let usable = visible(set).into_iter();
            let both = usable.flat_map(|name| [name.to_owned(), format!("{name} desc")]);
            let most = Some(limits.order_items);
            let what = "Order items by property values";
            listed(name, what, (both, most), examples::order(set))
        }
        "select" => {
            let all = set.properties.iter().map(|it| it.declared.name.to_owned());
            let what = "Show these properties alone";
            listed(name, what, (all, None), examples::select(set))
        }
        "expand" => {
            let navigation = set.navigation.iter().map(|it| it.declared.name);
            let all = ["*"].into_iter().chain(navigation).map(str::to_owned);
            let what = "Show related entities, too";
            listed(name, what, (all, None), examples::expand(set))
        }
        "compute" => {
            let example = examples::compute(set).unwrap_or_default();
            let what = "Show properties of one's own, by expressions";
            option(name, what, text(), Json::string(example))
        }
        _ => {
            let example = examples::apply(set).unwrap_or_default();
            option(
                name,
                "Group and aggregate items",
                text(),
                Json::string(example),
            )
        }
    }
}

fn filter(set: &EntitySet) -> Json {
    let examples = examples::filters(set).into_iter();
    let examples = examples.map(|(name, text)| (name, one("value", Json::string(text))));
    let mut members = described("filter", "Filter items by property values", text());
    members.push(("examples", Json::object(examples)));
    Json::object(members)
}

/// A list of names between commas, each once, and so many at most.
fn listed(
    name: &str,
    what: &str,
    (names, most): (impl Iterator<Item = String>, Option<usize>),
    example: Json,
) -> Json {
    let items = Json::object([
        ("type", Json::string("string")),
        ("enum", Json::Array(names.map(Json::string).collect())),
    ]);
    let most = most.and_then(|most| i64::try_from(most).ok());
    let most = most.map(|most| ("maxItems", Json::Int(most)));
    let schema = [
        ("type", Json::string("array")),
        ("uniqueItems", Json::Bool(true)),
        ("items", items),
    ];
    let schema = Json::object(schema.into_iter().chain(most));
    let mut members = described(name, what, schema);
    members.push(("explode", Json::Bool(false)));
    members.push(("example", example));
    Json::object(members)
}

fn option(name: &str, what: &str, schema: Json, example: Json) -> Json {
    let mut members = described(name, what, schema);
    members.push(("example", example));
    Json::object(members)
}

fn described(name: &str, what: &str, schema: Json) -> Vec<(&'static str, Json)> {
    let place = match name {
        "apply" => format!("{AGGREGATION}#SystemQueryOptionapply"),
        _ => format!("{STANDARD}#sec_SystemQueryOption{name}"),
    };
    vec![
        ("name", Json::string(format!("${name}"))),
        ("in", Json::string("query")),
        (
            "description",
            Json::string(format!("{what}, see [the standard]({place})")),
        ),
        ("schema", schema),
    ]
}

fn text() -> Json {
    one("type", Json::string("string"))
}
