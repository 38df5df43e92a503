//! Checks that need more than one attribute. What needs types is left to the expansion.

use crate::ast::{Entity, Join, Kind};
use crate::attr::{FieldAttributes, Other, Scope, Through};
use crate::ctxt::Ctxt;
use proc_macro2::Span;
use std::collections::BTreeMap;
use syn::{Ident, LitStr};

/// Checks what concerns the struct as a whole.
pub(crate) fn check(ctxt: &mut Ctxt, entity: &Entity<'_>) {
    let any_key = entity
        .fields
        .iter()
        .any(|field| matches!(&field.kind, Kind::Structural(property) if property.key));
    // A key may hide behind an attribute that could not be read.
    if !any_key && entity.fields.iter().all(|field| field.valid) {
        let message = "an entity type needs a key: `#[odata(key)]` on at least one field";
        ctxt.error(entity.ident, message);
    }
    one_name_each(ctxt, entity);
    if let Some(Scope::Via { on, .. }) = &entity.scope {
        for (_, property) in on {
            own_property(ctxt, entity, property);
        }
    }
    for field in &entity.fields {
        let Kind::Navigation(Join::Through { links, .. }) = &field.kind else {
            continue;
        };
        for other in links.iter().take(1).flat_map(|link| &link.on) {
            if let (_, Other::Property(property)) = other {
                own_property(ctxt, entity, property);
            }
        }
    }
}

/// A simple identifier (ABNF `odataIdentifier`).
pub(crate) fn odata_name(ctxt: &mut Ctxt, name: &str, place: Span) {
    let starts = name
        .chars()
        .next()
        .is_some_and(|first| first == '_' || first.is_alphabetic());
    let goes_on = name.chars().all(|c| c == '_' || c.is_alphanumeric());
    if !starts || !goes_on || name.chars().count() > 128 {
        let message = format!(
            "`{name}` is no OData name: expected a letter or `_`, then letters, digits and `_`, at most 128"
        );
        ctxt.error(place, message);
    }
}

/// Attributes of one field that exclude or need each other.
pub(crate) fn one_kind(ctxt: &mut Ctxt, attributes: &FieldAttributes) {
    let joins = [
        attributes
            .foreign_key
            .as_ref()
            .map(|(attribute, _)| attribute),
        attributes.through.first().map(|link| &link.attribute),
        attributes.inverse.as_ref().map(|(attribute, _)| attribute),
    ];
    let joins: Vec<&Ident> = joins.into_iter().flatten().collect();
    let Some(join) = joins.first() else {
        structural(ctxt, attributes);
        return;
    };
    for other in &joins[1..] {
        ctxt.error(other, format!("`{join}` and `{other}` exclude each other"));
    }
    for attribute in of_structural(attributes) {
        let message = format!(
            "`{attribute}` belongs on a structural property; `{join}` makes this a navigation property"
        );
        ctxt.error(attribute, message);
    }
    if let (Some((when, _)), None) = (&attributes.when, &attributes.foreign_key) {
        let message = "`when` belongs beside `foreign_key`, or into the parentheses of `through`";
        ctxt.error(when, message);
    }
    match (&attributes.to, attributes.through.last()) {
        (Some((to, _)), None) => ctxt.error(to, "`to` belongs beside `through`"),
        (None, Some(Through { table, .. })) => {
            let message = format!(
                "`through` needs `to(property = \"column\")`: the column of \"{}\" that leads to the far end",
                table.value()
            );
            ctxt.error(table, message);
        }
        _ => {}
    }
    for (index, link) in attributes.through.iter().enumerate() {
        link_pairs(ctxt, index, link);
    }
}

fn structural(ctxt: &mut Ctxt, attributes: &FieldAttributes) {
    if let Some((when, _)) = &attributes.when {
        ctxt.error(when, "`when` belongs beside `foreign_key`");
    }
    if let Some((to, _)) = &attributes.to {
        ctxt.error(to, "`to` belongs beside `through`");
    }
    if let Some(secret) = &attributes.secret {
        for (attribute, what) in [
            (&attributes.key, "part of the key"),
            (&attributes.searchable, "searchable"),
        ] {
            if attribute.is_some() {
                ctxt.error(secret, format!("a secret can't be {what}"));
            }
        }
    }
    if let Some((_, values)) = &attributes.values {
        let mut seen: BTreeMap<i64, &LitStr> = BTreeMap::new();
        for (number, name) in values {
            if seen.insert(*number, name).is_some() {
                ctxt.error(name, format!("the value {number} has a name already"));
            }
        }
    }
}

/// The attributes that only a structural property has.
fn of_structural(attributes: &FieldAttributes) -> Vec<&Ident> {
    let column = attributes.column.as_ref().map(|(attribute, _)| attribute);
    let values = attributes.values.as_ref().map(|(attribute, _)| attribute);
    [
        attributes.key.as_ref(),
        column,
        attributes.immutable.as_ref(),
        attributes.secret.as_ref(),
        attributes.searchable.as_ref(),
        values,
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The first link leans on properties of the struct, each later one on columns of the one before.
fn link_pairs(ctxt: &mut Ctxt, index: usize, link: &Through) {
    for (_, other) in &link.on {
        match other {
            Other::Column(column) if index == 0 => {
                let message = "the first link is connected with a property of this struct: write it without quotes";
                ctxt.error(column, message);
            }
            Other::Property(property) if index > 0 => {
                let message = "a later link is connected with a column of the link before: write it in quotes";
                ctxt.error(property, message);
            }
            _ => {}
        }
    }
}

/// No two properties of one name. Names that differ only in case are refused too, since a client may
/// take them for one (Protocol 4.01, 4.1).
fn one_name_each(ctxt: &mut Ctxt, entity: &Entity<'_>) {
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    for field in &entity.fields {
        match seen.get(&field.name.to_lowercase()) {
            Some(before) if *before == field.name => {
                let message = format!("there is a property `{before}` already");
                ctxt.error(field.ident, message);
            }
            Some(before) => {
                let message =
                    format!("there is a property `{before}` already, which differs only in case");
                ctxt.error(field.ident, message);
            }
            None => {
                seen.insert(field.name.to_lowercase(), &field.name);
            }
        }
    }
}

/// A structural property of the struct itself.
fn own_property(ctxt: &mut Ctxt, entity: &Entity<'_>, property: &Ident) {
    let name = property.to_string();
    let mut known = Vec::new();
    for field in &entity.fields {
        let structural = matches!(field.kind, Kind::Structural(_));
        if field.name == name && (structural || !field.valid) {
            return;
        }
        if structural {
            known.push(format!("`{}`", field.name));
        }
    }
    let message = format!(
        "no structural property `{name}`, expected one of {}",
        known.join(", ")
    );
    ctxt.error(property, message);
}
