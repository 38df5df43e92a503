//! Paths: properties, navigations, lambdas, counts (5.1.1.13 to 5.1.1.16).

use super::eval::{Env, Fault, Result, eval, truth};
use super::instance::Instance;
use super::value::{Type, Typed, Value};
use odata_core::uri::ast::{
    BinaryOp, Expr, ExprKind, Lambda, Literal, PathExpr, PathRoot, PathSegment, SegmentKind,
};
use std::collections::BTreeMap;

pub(super) fn path(env: &Env<'_>, path: &PathExpr) -> Result<Typed> {
    let (start, segments) = start(env, path)?;
    follow(env, start, segments)
}

/// `isdefined(path)` (Data Aggregation 3.7): an entity has what its type has.
pub(super) fn is_defined(env: &Env<'_>, operands: &[Expr]) -> Result<Typed> {
    let [
        Expr {
            kind: ExprKind::Path(path),
            ..
        },
    ] = operands
    else {
        return Err(Fault::fails("'isdefined' takes a path"));
    };
    let (instance, segments) = start(env, path)?;
    let Instance::Shape(members) = &instance else {
        return Ok(Typed::boolean(true));
    };
    let names: Vec<&str> = segments.iter().filter_map(name_of).collect();
    let has = |path: &Vec<String>| path.iter().zip(&names).all(|(a, b)| a == b);
    let longer = |path: &Vec<String>| path.len() >= names.len();
    let mut paths = members.keys();
    Ok(Typed::boolean(paths.any(|path| longer(path) && has(path))))
}

/// Where the path starts, and what follows.
fn start<'p>(env: &Env<'_>, path: &'p PathExpr) -> Result<(Instance, &'p [PathSegment])> {
    let segments = path.segments.as_slice();
    match path.root {
        PathRoot::It => Ok((env.it.clone(), segments)),
        PathRoot::This => Ok((env.this.clone(), segments)),
        PathRoot::These => Err(Fault::unsupported("$these")),
        PathRoot::Root => root(env, segments),
        PathRoot::Implicit => {
            // A range variable hides a property of its name.
            if let Some(name) = segments.first().and_then(name_of) {
                let mut variables = env.variables.iter().rev();
                if let Some((_, instance)) = variables.find(|(variable, _)| *variable == name) {
                    return Ok((instance.clone(), &segments[1..]));
                }
            }
            Ok((env.this.clone(), segments))
        }
    }
}

/// `$root/Set(key)`.
fn root<'p>(env: &Env<'_>, segments: &'p [PathSegment]) -> Result<(Instance, &'p [PathSegment])> {
    let [set, key, rest @ ..] = segments else {
        return Err(Fault::unsupported("$root"));
    };
    let table = name_of(set).and_then(|name| env.world.table(name));
    let table = table.ok_or_else(|| Fault::fails("there is no such set"))?;
    let SegmentKind::Arguments(arguments) = &key.kind else {
        return Err(Fault::unsupported("a collection behind $root"));
    };
    let [argument] = arguments.as_slice() else {
        return Err(Fault::unsupported("a key of several parts"));
    };
    let key = eval(env, &argument.value)?;
    let rows = &env.world.tables[table].rows;
    let row = rows.iter().position(|row| row[0].is_same(&key.value));
    Ok((
        Instance::Entity {
            table,
            row,
            computed: BTreeMap::new(),
        },
        rest,
    ))
}

fn name_of(segment: &PathSegment) -> Option<&str> {
    match &segment.kind {
        SegmentKind::Name(name) => Some(name),
        _ => None,
    }
}

fn follow(env: &Env<'_>, instance: Instance, segments: &[PathSegment]) -> Result<Typed> {
    let (mut table, mut row) = match &instance {
        Instance::Shape(members) => {
            let names: Option<Vec<String>> = segments
                .iter()
                .map(|segment| name_of(segment).map(str::to_owned))
                .collect();
            let found = names.and_then(|names| members.get(&names).cloned());
            return found.ok_or_else(|| Fault::fails("the row has no such property"));
        }
        Instance::Entity { table, row, .. } => (*table, *row),
    };
    for (place, segment) in segments.iter().enumerate() {
        let rest = &segments[place + 1..];
        let name = name_of(segment).ok_or_else(|| Fault::fails("a segment at a wrong place"))?;
        if place == 0
            && let (Some(found), []) = (instance.computed(name), rest)
        {
            return Ok(found.clone());
        }
        let here = &env.world.tables[table];
        if let Some(column) = here.column(name) {
            if !rest.is_empty() {
                return Err(Fault::fails("a path behind a property"));
            }
            // A path over something absent is null.
            let value = row.map_or(Value::Null, |row| here.rows[row][column].clone());
            return Ok(Typed::new(here.columns[column].ty, value));
        }
        let nav = here
            .nav(name)
            .ok_or_else(|| Fault::fails(format!("there is no property '{name}'")))?;
        let related = row.map_or_else(Vec::new, |row| env.world.related(nav, table, row));
        let to = env.world.table(nav.to);
        let to = to.ok_or_else(|| Fault::unsupported("a set that is not here"))?;
        if nav.many {
            return members(env, to, related, rest);
        }
        (table, row) = (to, related.first().copied());
    }
    Err(Fault::fails("an entity is no value"))
}

/// What follows a collection.
fn members(
    env: &Env<'_>,
    table: usize,
    mut rows: Vec<usize>,
    segments: &[PathSegment],
) -> Result<Typed> {
    let (last, before) = segments
        .split_last()
        .ok_or_else(|| Fault::fails("a collection is no value"))?;
    for segment in before {
        let SegmentKind::Filter(condition) = &segment.kind else {
            return Err(Fault::fails("a collection has no properties"));
        };
        rows = filtered(env, table, rows, condition)?;
    }
    match &last.kind {
        SegmentKind::Count(options) => {
            if options.search.is_some() {
                return Err(Fault::unsupported("$search"));
            }
            if let Some(condition) = &options.filter {
                rows = filtered(env, table, rows, condition)?;
            }
            let count = i64::try_from(rows.len()).unwrap_or(i64::MAX);
            Ok(Typed::new(Type::Int64, Value::Integer(count)))
        }
        SegmentKind::Any(None) => Ok(Typed::boolean(!rows.is_empty())),
        SegmentKind::Any(Some(lambda)) => quantified(env, table, &rows, lambda, true),
        SegmentKind::All(lambda) => quantified(env, table, &rows, lambda, false),
        _ => Err(Fault::fails("a collection has no properties")),
    }
}

/// The members for which a condition on themselves is true.
fn filtered(env: &Env<'_>, table: usize, rows: Vec<usize>, condition: &Expr) -> Result<Vec<usize>> {
    let mut kept = Vec::new();
    for row in rows {
        let member = Instance::entity(table, row);
        let inner = Env {
            this: &member,
            ..env.clone()
        };
        if truth(&inner, condition)? == Some(true) {
            kept.push(row);
        }
    }
    Ok(kept)
}

/// `any`: true for a member; `all`: true for every member. Names without a prefix still belong to
/// the instance at the origin.
fn quantified(
    env: &Env<'_>,
    table: usize,
    rows: &[usize],
    lambda: &Lambda,
    any: bool,
) -> Result<Typed> {
    let (mut decided, mut fault) = (false, None);
    for row in rows {
        let mut variables: Vec<(&str, Instance)> = env.variables.clone();
        variables.push((&lambda.variable.text, Instance::entity(table, *row)));
        let inner = Env {
            world: env.world,
            aliases: env.aliases,
            it: env.it,
            this: env.this,
            variables,
        };
        match truth(&inner, &lambda.predicate) {
            Ok(found) => decided |= (found == Some(true)) == any,
            Err(found @ Fault::Unsupported(_)) => return Err(found),
            Err(found) => fault = Some(found),
        }
    }
    match fault {
        Some(_) if decided => Err(Fault::open("a failure beside a member that decides")),
        Some(fault) => Err(fault),
        None => Ok(Typed::boolean(decided == any)),
    }
}

/// `Nav eq null`, `Nav ne null` (4.01): `None` where neither side is a single entity.
pub(super) fn presence(
    env: &Env<'_>,
    op: BinaryOp,
    left: &Expr,
    right: &Expr,
) -> Result<Option<bool>> {
    let is_null = |expr: &Expr| matches!(expr.kind, ExprKind::Literal(Literal::Null));
    let path = match (&left.kind, &right.kind) {
        (ExprKind::Path(path), _) if is_null(right) => path,
        (_, ExprKind::Path(path)) if is_null(left) => path,
        _ => return Ok(None),
    };
    let (instance, segments) = start(env, path)?;
    let Instance::Entity {
        mut table, mut row, ..
    } = instance
    else {
        return Ok(None);
    };
    for segment in segments {
        let here = &env.world.tables[table];
        let nav = name_of(segment).and_then(|name| here.nav(name));
        let Some(nav) = nav.filter(|nav| !nav.many) else {
            return Ok(None);
        };
        let Some(to) = env.world.table(nav.to) else {
            return Ok(None);
        };
        row = row.and_then(|row| env.world.related(nav, table, row).first().copied());
        table = to;
    }
    Ok(match op {
        _ if segments.is_empty() => None,
        BinaryOp::Eq => Some(row.is_none()),
        BinaryOp::Ne => Some(row.is_some()),
        _ => Some(false),
    })
}
