//! Values of query options that the service answers, made from a set's own properties.

use super::super::facts::{codes, visible};
use super::super::json::Json;
use super::values::literal;
use crate::edm::{EntitySet, PrimitiveType, StructuralProperty};

/// The properties that an option may name.
fn usable(set: &EntitySet) -> impl Iterator<Item = &StructuralProperty> {
    set.properties.iter().filter(|property| !property.hidden)
}

/// The first that people ask for: one with a code table, then a time, then whatever there is.
fn telling(set: &EntitySet) -> Option<&StructuralProperty> {
    usable(set)
        .find(|property| !codes(property).is_empty())
        .or_else(|| time(set))
        .or_else(|| usable(set).next())
}

fn time(set: &EntitySet) -> Option<&StructuralProperty> {
    usable(set).find(|property| property.ty == PrimitiveType::DateTimeOffset)
}

/// `$filter`, each with what it is about.
pub(super) fn filters(set: &EntitySet) -> Vec<(&'static str, String)> {
    let mut filters = Vec::new();
    if let Some(property) = telling(set) {
        let name = property.declared.name;
        let code = codes(property).first().map(|(code, _)| code.to_string());
        let value = code.unwrap_or_else(|| literal(property.ty).to_owned());
        filters.push(("equal", format!("{name} eq {value}")));
    }
    if let Some(property) = time(set) {
        let name = property.declared.name;
        let text = format!("{name} ge 2026-01-01T00:00:00Z and {name} lt 2026-02-01T00:00:00Z");
        filters.push(("month", text));
    }
    if let Some(property) = usable(set).find(|property| property.ty == PrimitiveType::String) {
        let name = property.declared.name;
        filters.push(("text", format!("contains({name},'a')")));
    }
    let many = set
        .navigation
        .iter()
        .find(|navigation| navigation.declared.many);
    if let Some(navigation) = many {
        filters.push(("related", format!("{}/any()", navigation.declared.name)));
    }
    filters
}

/// `$orderby`
pub(super) fn order(set: &EntitySet) -> Json {
    let property = time(set).or_else(|| usable(set).next());
    list(property.map(|property| format!("{} desc", property.declared.name)))
}

/// `$select`
pub(super) fn select(set: &EntitySet) -> Json {
    list(visible(set).into_iter().take(3).map(str::to_owned))
}

/// `$expand`
pub(super) fn expand(set: &EntitySet) -> Json {
    let to_one = |many: bool| {
        let mut navigation = set.navigation.iter();
        navigation.find(move |navigation| navigation.declared.many == many)
    };
    let navigation = to_one(false).or_else(|| to_one(true));
    list(navigation.map(|navigation| navigation.declared.name.to_owned()))
}

/// `$compute`
pub(super) fn compute(set: &EntitySet) -> Option<String> {
    let property = time(set).or_else(|| usable(set).next())?;
    let name = property.declared.name;
    Some(match property.ty {
        PrimitiveType::DateTimeOffset => format!("year({name}) as {}", alias(set, "year")),
        _ => format!("{name} as {}", alias(set, "copy")),
    })
}

/// `$apply`
pub(super) fn apply(set: &EntitySet) -> Option<String> {
    let property = telling(set)?;
    let name = property.declared.name;
    let alias = alias(set, "total");
    Some(format!("groupby(({name}),aggregate($count as {alias}))"))
}

/// A name that the entities don't have.
fn alias(set: &EntitySet, wanted: &str) -> String {
    let mut alias = wanted.to_owned();
    while set.names().any(|name| name == alias) {
        alias.push('_');
    }
    alias
}

fn list(items: impl IntoIterator<Item = String>) -> Json {
    Json::Array(items.into_iter().map(Json::string).collect())
}
