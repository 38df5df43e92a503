//! What the path of an aggregate leads to (Data Aggregation 3.1.3 and 3.2.1.1): each entity behind a
//! navigation property counts once, however often it is reached.

use super::eval::{Fault, Result};
use super::instance::Instance;
use super::value::{Typed, Value};
use super::world::World;
use odata_core::uri::ast::{PathExpr, PathRoot, SegmentKind};
use std::collections::{BTreeMap, BTreeSet};

/// What a path over navigation properties leads to.
pub(super) enum Reached {
    /// So many entities.
    Entities(usize),
    /// The values of a property of each.
    Values(Vec<Typed>),
}

/// `None` where the path is of the instances' own properties. What no instance tells, the table does
/// that they came from.
pub(super) fn reached(
    world: &World,
    table: usize,
    set: &[Instance],
    path: &PathExpr,
) -> Result<Option<Reached>> {
    let name = |segment: &odata_core::uri::ast::PathSegment| match &segment.kind {
        SegmentKind::Name(name) => Some(name.clone()),
        _ => None,
    };
    let names: Option<Vec<String>> = path.segments.iter().map(name).collect();
    let Some(names) = names.filter(|_| path.root == PathRoot::Implicit) else {
        return Ok(None);
    };
    let mut found: BTreeSet<(usize, usize)> = BTreeSet::new();
    let mut property = None;
    if set.is_empty() {
        let Some((table, place)) = end(world, table, &names)? else {
            return Ok(None);
        };
        property = place.map(|place| (table, place));
    }
    let mut remains: Vec<BTreeMap<Vec<String>, Typed>> = Vec::new();
    for instance in set {
        match instance {
            Instance::Entity { table, row, .. } => {
                let Some((table, place)) = end(world, *table, &names)? else {
                    return Ok(None);
                };
                property = place.map(|place| (table, place));
                let start = row.iter().map(|row| (instance_table(instance), *row));
                found.extend(follow(world, start.collect(), &names));
            }
            // What is left of an entity is all that it is known by.
            Instance::Shape(members) if names.len() > 1 => {
                let entity = &names[..names.len() - 1];
                let left = members.iter().filter(|(path, _)| path.starts_with(entity));
                let left: BTreeMap<Vec<String>, Typed> = left
                    .map(|(path, value)| (path.clone(), value.clone()))
                    .collect();
                let same = |other: &BTreeMap<Vec<String>, Typed>| {
                    other.len() == left.len()
                        && other
                            .iter()
                            .zip(&left)
                            .all(|((a, x), (b, y))| a == b && x.value.is_same(&y.value))
                };
                if left.contains_key(&names) && !remains.iter().any(same) {
                    remains.push(left);
                }
            }
            Instance::Shape(_) => return Ok(None),
        }
    }
    if !remains.is_empty() {
        if !found.is_empty() {
            return Err(Fault::unsupported("entities and what is left of some"));
        }
        let value = |left: BTreeMap<Vec<String>, Typed>| left.get(&names).cloned();
        return Ok(Some(Reached::Values(
            remains.into_iter().filter_map(value).collect(),
        )));
    }
    Ok(Some(match property {
        None => Reached::Entities(found.len()),
        Some((table, place)) => {
            let table = &world.tables[table];
            let ty = table.columns[place].ty;
            let value = |(_, row): (usize, usize)| -> Value { table.rows[row][place].clone() };
            Reached::Values(
                found
                    .into_iter()
                    .map(value)
                    .map(|value| Typed::new(ty, value))
                    .collect(),
            )
        }
    }))
}

fn instance_table(instance: &Instance) -> usize {
    match instance {
        Instance::Entity { table, .. } => *table,
        Instance::Shape(_) => 0,
    }
}

/// The table and the property, if any, that a path ends in; `None` without a navigation property.
fn end(world: &World, table: usize, names: &[String]) -> Result<Option<(usize, Option<usize>)>> {
    let mut at = table;
    for (i, name) in names.iter().enumerate() {
        let here = &world.tables[at];
        if let Some(nav) = here.nav(name) {
            at = world
                .table(nav.to)
                .ok_or_else(|| Fault::unsupported("a set that is not here"))?;
        } else {
            let place = here.column(name).filter(|_| i > 0 && i + 1 == names.len());
            return Ok(place.map(|place| (at, Some(place))));
        }
    }
    Ok(Some((at, None)))
}

/// The entities at the end of the navigation properties.
fn follow(world: &World, start: Vec<(usize, usize)>, names: &[String]) -> BTreeSet<(usize, usize)> {
    let mut at: BTreeSet<(usize, usize)> = start.into_iter().collect();
    for name in names {
        let mut next = BTreeSet::new();
        for (table, row) in &at {
            let Some(nav) = world.tables[*table].nav(name) else {
                return at;
            };
            let to = world.table(nav.to).unwrap_or_default();
            let related = world.related(nav, *table, *row);
            next.extend(related.into_iter().map(|row| (to, row)));
        }
        at = next;
    }
    at
}
