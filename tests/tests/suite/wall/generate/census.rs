//! How often each thing was asked for, beside a list of all that there is to ask for.

use std::collections::BTreeMap;

use liveagent_odata::entities::model;
use odata_core::edm::{EntityType, NavigationProperty, Property};
use odata_core::functions::aggregation::{METHODS, TRANSFORMATIONS};
use odata_core::functions::{FUNCTIONS, Function, OPERATORS};
use odata_core::uri::system_options;

/// Kinds of things, each with things by their names, each with how often.
#[derive(Debug, Default)]
pub(in crate::wall) struct Census {
    made: BTreeMap<(&'static str, String), usize>,
}

/// System query options that no answer comes of.
const NO_ANSWER: &[&str] = &["$deltatoken", "$index"];

/// The forms of a resource path.
pub(super) const FORMS: &[&str] = &[
    "set",
    "key",
    "key by name",
    "key by alias",
    "key as segment",
    "to one",
    "to many",
    "member by key",
    "type",
    "property",
    "$value",
    "$count",
    "$count?$apply",
    "$ref of one",
    "$ref of many",
    "$filter",
    "$entity",
    "$entity of a type",
    "$all",
    "$all of a type",
    "$crossjoin",
];

/// What a path in an expression begins with or leads through.
pub(super) const HEADS: &[&str] = &[
    "$it",
    "$this",
    "$root by key",
    "$root any",
    "$root $count",
    "$these",
    "alias",
    "alias of an entity",
    "entity eq null",
    "entity eq entity",
    "member by key",
    "nav/$count",
    "nav/$count($filter)",
    "nav/$count($search)",
    "nav/$filter",
];

/// The forms of an expand item.
pub(super) const ITEMS: &[&str] = &[
    "*", "nav", "options", "$ref", "$count", "$levels", "$apply", "type",
];

/// Representations, by `$format`.
pub(super) const FORMATS: &[&str] = &[
    "json",
    "csv",
    "application/json;odata.metadata=none",
    "application/json;odata.metadata=minimal",
    "application/json;odata.metadata=full",
    "application/x-ndjson",
];

/// The ways to say how rows are summed up.
pub(super) const GROUPINGS: &[&str] = &["paths", "rollup", "nothing", "many"];

const DEPTHS: &[(&str, usize)] = &[("$expand", 4), ("lambda", 2), ("path", 2), ("$apply", 4)];

/// A navigation property's name in the census.
pub(super) fn navigation(entity: &EntityType, navigation: &NavigationProperty) -> String {
    format!("{}.{}", entity.name, navigation.name)
}

/// A property's.
pub(super) fn property(entity: &EntityType, property: &Property) -> String {
    format!("{}.{}", entity.name, property.name)
}

/// The properties of which a range may give the rows their order: those that stay as they are.
pub(super) fn ranged(entity: &'static EntityType) -> impl Iterator<Item = &'static Property> {
    let stays = |it: &&Property| it.immutable || entity.key.contains(&it.name);
    entity.properties.iter().filter(stays)
}

/// A function's.
pub(super) fn overload(function: &Function) -> String {
    format!("{}{:?}", function.name, function.parameters)
}

impl Census {
    pub(super) fn note(&mut self, kind: &'static str, name: &str) {
        *self.made.entry((kind, name.to_owned())).or_default() += 1;
    }

    pub(super) fn note_depth(&mut self, of: &str, depth: usize) {
        self.note("depth", &format!("{of} {depth}"));
    }

    /// The requests that the links of the answers are.
    pub(in crate::wall) fn note_links(&mut self, links: usize, nested: usize) {
        for (name, number) in [("$skiptoken", links), ("$skiptoken of a member", nested)] {
            let entry = self.made.entry(("option", name.to_owned()));
            *entry.or_default() += number;
        }
    }

    /// All that there is, from the tables of the service.
    fn all() -> Vec<(&'static str, String)> {
        let mut all: Vec<(&'static str, String)> = Vec::new();
        let mut add = |kind: &'static str, names: &mut dyn Iterator<Item = String>| {
            all.extend(names.map(|name| (kind, name)));
        };
        let owned = |names: &'static [&'static str]| names.iter().map(|name| (*name).to_owned());
        add("function", &mut FUNCTIONS.iter().map(overload));
        add("operator", &mut owned(OPERATORS));
        let options = system_options().filter(|name| !NO_ANSWER.contains(name));
        add("option", &mut options.map(str::to_owned));
        add("option", &mut owned(&["$skiptoken of a member"]));
        add("step", &mut owned(TRANSFORMATIONS));
        add(
            "method",
            &mut METHODS.iter().map(|(name, _)| (*name).to_owned()),
        );
        add("method", &mut owned(&["$count", "path/$count"]));
        add("grouping", &mut owned(GROUPINGS));
        add("path", &mut owned(FORMS));
        add("head", &mut owned(HEADS));
        add("item", &mut owned(ITEMS));
        add("format", &mut owned(FORMATS));
        for entity in model().entity_types {
            add("set", &mut std::iter::once(entity.entity_set.to_owned()));
            add("range", &mut ranged(entity).map(|it| property(entity, it)));
            for property in entity.navigation_properties {
                let name = navigation(entity, property);
                let places: &[&str] = match property.many {
                    true => &["segment", "expanded", "lambda"],
                    false => &["segment", "expanded", "joined"],
                };
                for place in places {
                    add(place, &mut std::iter::once(name.clone()));
                }
            }
        }
        for (of, deepest) in DEPTHS {
            add("depth", &mut (1..=*deepest).map(|n| format!("{of} {n}")));
        }
        all
    }

    /// What occurred fewer times than this.
    pub(in crate::wall) fn rare(&self, floor: usize) -> Vec<(String, usize)> {
        let of = |key: &(&'static str, String)| self.made.get(key).copied().unwrap_or_default();
        let all = Census::all().into_iter();
        all.map(|key| (format!("{} {}", key.0, key.1), of(&key)))
            .filter(|(_, made)| *made < floor)
            .collect()
    }

    pub(in crate::wall) fn print(&self) {
        let mut kind = "";
        for ((of, name), made) in &self.made {
            if *of != kind {
                kind = of;
                println!("{kind}");
            }
            println!("    {made:>7} {name}");
        }
    }
}
