//! Whether the service's answer is what the oracle says.

use super::service::Response;
use odata_core::error::Code;
use odata_core::limits::Limits;
use odata_core::uri::ast::TransformationKind;
use odata_core::uri::{self, ODataUri};
use serde_json::Value as Json;
use std::cmp::Ordering;
use tests::oracle::{
    Decimal, Fault, Instance, Outcome, Type, Typed, Value, World, answer, constant_fault, order,
};

/// What came of one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Both say the same.
    Same,
    /// Both refuse it.
    Refused,
    /// The standard leaves it open, or the oracle doesn't know it.
    Open(String),
    /// The service does not offer it (501).
    NotOffered,
    /// They differ.
    Differs(String),
}

pub(super) fn judge(world: &World, request: &str, response: &Response) -> Verdict {
    let differs = |why: String| Verdict::Differs(why);
    let (path, query) = request.split_once('?').unwrap_or((request, ""));
    let (path, query) = (super::encode(path), super::encode(query));
    let uri = match uri::parse(&path, &query, &Limits::default()) {
        Ok(uri) => uri,
        Err(error) if error.code() == Code::LimitExceeded => {
            return Verdict::Open("a limit".to_owned());
        }
        Err(error) => return differs(format!("a request that does not parse: {error}")),
    };
    let refused = (400..=499).contains(&response.status);
    match response.status {
        501 => return Verdict::NotOffered,
        200 | 400..=499 => {}
        status => return differs(format!("status {status}: {}", response.text)),
    }
    let outcome = match answer(world, &uri) {
        Err(Fault::Unsupported(what)) => return Verdict::Open(what),
        Err(Fault::Open(why)) => return Verdict::Open(why),
        Err(Fault::Fails(_)) if refused => return Verdict::Refused,
        Err(Fault::Fails(_)) if uri.options.top.is_some_and(|top| top.value == 0) => {
            return Verdict::Open("a failure that no row needs".to_owned());
        }
        // A later transformation may not need what fails.
        Err(Fault::Fails(_))
            if uri
                .options
                .apply
                .as_ref()
                .is_some_and(|steps| steps.len() > 1 || uri.options.filter.is_some()) =>
        {
            return Verdict::Open("a failure that no row needs".to_owned());
        }
        Err(Fault::Fails(why)) => return differs(format!("it must fail: {why}")),
        Ok(outcome) => outcome,
    };
    if refused {
        if !outcome.open.is_empty() || may_fail(world, &uri) {
            return Verdict::Open("a failure that no row needs".to_owned());
        }
        return differs(format!("it is refused: {}", response.text));
    }
    let body: Json = match serde_json::from_str(&response.text) {
        Ok(body) => body,
        Err(error) => return differs(format!("no JSON ({error}): {}", response.text)),
    };
    let Some(rows) = body["value"].as_array() else {
        return differs("no rows".to_owned());
    };
    let shapes = outcome
        .instances
        .iter()
        .any(|instance| matches!(instance, Instance::Shape(_)));
    // After concat an entity may be there twice, and what was computed belongs to one of the two.
    let whole = uri.options.apply.is_some() && uri.options.select.is_none();
    let found = if shapes || whole || outcome.instances.is_empty() && is_shaped(&uri) {
        compare_shapes(world, &outcome, rows)
    } else {
        compare_entities(world, &uri, &outcome, rows)
    };
    found.map_or_else(Verdict::Differs, |()| Verdict::Same)
}

/// Whether a part that names nothing fails by itself.
fn may_fail(world: &World, uri: &ODataUri) -> bool {
    let options = &uri.options;
    let filters = options.filter.iter();
    let orders = options.order_by.iter().flatten().map(|item| &item.expr);
    let computed = options.compute.iter().flatten().map(|item| &item.expr);
    let mut all = filters.chain(orders).chain(computed);
    // What $apply drops on its way may be evaluated or not.
    all.any(|expr| constant_fault(world, expr)) || options.apply.is_some()
}

fn is_shaped(uri: &ODataUri) -> bool {
    uri.options.apply.iter().flatten().any(|step| {
        matches!(
            step.kind,
            TransformationKind::Aggregate(_) | TransformationKind::GroupBy { .. }
        )
    })
}

fn compare_shapes(world: &World, outcome: &Outcome, rows: &[Json]) -> Result<(), String> {
    let mut left: Vec<&Instance> = outcome.instances.iter().collect();
    for row in rows {
        let fits = |instance: &Instance| fits(world, instance, row);
        let place = left.iter().position(|instance| fits(instance));
        match place {
            Some(place) => {
                left.swap_remove(place);
            }
            None if outcome.open.iter().any(fits) => {}
            None => {
                return Err(format!("the row {row} is not among {:?}", brief(&left)));
            }
        }
    }
    if left.is_empty() {
        Ok(())
    } else {
        Err(format!("{:?} lacks", brief(&left)))
    }
}

fn brief(instances: &[&Instance]) -> Vec<String> {
    let row = |instance: &&Instance| match instance {
        Instance::Shape(members) => {
            let members: Vec<String> = members
                .iter()
                .map(|(path, value)| format!("{}: {:?}", path.join("/"), value.value))
                .collect();
            members.join(", ")
        }
        Instance::Entity { row, .. } => format!("row {row:?}"),
    };
    instances.iter().take(6).map(row).collect()
}

fn fits(world: &World, instance: &Instance, row: &Json) -> bool {
    match instance {
        Instance::Shape(members) => {
            let known = |name: &str| members.keys().any(|path| path[0] == name);
            has_no_more(row, known)
                && members.iter().all(|(path, value)| {
                    let json = path.iter().fold(row, |json, name| &json[name]);
                    shows(value, json)
                })
        }
        // An entity among rows of another kind.
        Instance::Entity {
            table,
            row: Some(number),
            computed,
        } => {
            let table = &world.tables[*table];
            let cells = table.columns.iter().zip(&table.rows[*number]);
            let mut cells = cells
                .map(|(column, value)| (column.name, Typed::new(column.ty, value.clone())))
                .chain(
                    computed
                        .iter()
                        .map(|(name, value)| (name.as_str(), value.clone())),
                );
            let known = |name: &str| table.column(name).is_some() || computed.contains_key(name);
            has_no_more(row, known) && cells.all(|(name, value)| shows(&value, &row[name]))
        }
        Instance::Entity { row: None, .. } => false,
    }
}

/// Whether a row shows nothing but these members: what a row of another sequence of concat has may
/// be shown as null.
fn has_no_more(row: &Json, known: impl Fn(&str) -> bool) -> bool {
    let mut members = row.as_object().into_iter().flatten();
    members.all(|(name, json)| name.contains('@') || known(name) || is_nothing(json))
}

/// Null, or an object of nothing else.
fn is_nothing(json: &Json) -> bool {
    match json {
        Json::Null => true,
        Json::Object(members) => members
            .iter()
            .all(|(name, json)| name.contains('@') || is_nothing(json)),
        _ => false,
    }
}

fn compare_entities(
    world: &World,
    uri: &ODataUri,
    outcome: &Outcome,
    rows: &[Json],
) -> Result<(), String> {
    let id = |instance: &Instance| -> i64 {
        let Instance::Entity {
            table,
            row: Some(row),
            ..
        } = instance
        else {
            return -1;
        };
        match world.tables[*table].value(*row, "id") {
            Some(Value::Integer(id)) => *id,
            _ => -1,
        }
    };
    let expected: Vec<i64> = outcome.instances.iter().map(&id).collect();
    let open: Vec<i64> = outcome.open.iter().map(&id).collect();
    let found: Option<Vec<i64>> = rows.iter().map(|row| integer(&row["id"])).collect();
    let found = found.ok_or("a row without its id")?;
    let sure: Vec<i64> = found
        .iter()
        .copied()
        .filter(|id| !open.contains(id))
        .collect();
    let sorted = |ids: &[i64]| {
        let mut ids = ids.to_vec();
        ids.sort_unstable();
        ids
    };
    let bounded = uri.options.top.is_some() || uri.options.skip.is_some();
    if bounded {
        return compare_window(outcome, &id, &found);
    }
    if sorted(&sure) != sorted(&expected) {
        let extra: Vec<_> = sure.iter().filter(|id| !expected.contains(id)).collect();
        let lacking: Vec<_> = expected.iter().filter(|id| !sure.contains(id)).collect();
        return Err(format!("the service has {extra:?} and lacks {lacking:?}"));
    }
    if !outcome.keys.is_empty() && open.is_empty() {
        let place = |id: &i64| expected.iter().position(|other| other == id).unwrap_or(0);
        let keys: Vec<_> = found.iter().map(|id| &outcome.keys[place(id)]).collect();
        let wrong = keys
            .windows(2)
            .position(|pair| order(pair[0], pair[1]) == Ordering::Greater);
        if let Some(at) = wrong {
            let (a, b) = (found[at], found[at + 1]);
            return Err(format!(
                "{a} ({:?}) stands before {b} ({:?})",
                keys[at],
                keys[at + 1]
            ));
        }
    }
    for (row, id) in rows.iter().zip(&found) {
        let Some(place) = expected.iter().position(|other| other == id) else {
            continue;
        };
        if let Instance::Entity { computed, .. } = &outcome.instances[place] {
            for (name, value) in computed {
                let json = row.get(name);
                if json.is_some_and(|json| !shows(value, json)) {
                    let json = json.unwrap_or(&Json::Null);
                    return Err(format!(
                        "{id}: {name} is {json}, expected {:?}",
                        value.value
                    ));
                }
            }
        }
    }
    Ok(())
}

/// A part of the rows: at each place a row whose keys are those that belong there, and none twice.
fn compare_window(
    outcome: &Outcome,
    id: &dyn Fn(&Instance) -> i64,
    found: &[i64],
) -> Result<(), String> {
    let expected: Vec<i64> = outcome.instances.iter().map(id).collect();
    let differs = || format!("in order {found:?}, expected {expected:?}");
    if found.len() != expected.len() {
        return Err(differs());
    }
    let keys = |wanted: &i64| {
        let candidate = |(_, instance): &&(_, Instance)| id(instance) == *wanted;
        outcome
            .candidates
            .iter()
            .find(candidate)
            .map(|(keys, _)| keys)
    };
    for (place, (there, here)) in found.iter().zip(&expected).enumerate() {
        let (Some(there_keys), Some(here_keys)) = (keys(there), keys(here)) else {
            return Err(differs());
        };
        if order(there_keys, here_keys) != Ordering::Equal || found[..place].contains(there) {
            return Err(differs());
        }
    }
    Ok(())
}

fn integer(json: &Json) -> Option<i64> {
    json.as_i64()
        .or_else(|| json.as_str().and_then(|text| text.parse().ok()))
}

/// Whether the payload's value is this one. Sums and averages of floating point numbers may differ in
/// their last digits.
fn shows(value: &Typed, json: &Json) -> bool {
    let text = match json {
        Json::String(text) => text.clone(),
        Json::Number(number) => number.to_string(),
        _ => String::new(),
    };
    let near = |a: f64, b: f64, part: f64| {
        let size = a.abs().max(b.abs());
        a == b || a.is_nan() && b.is_nan() || size.is_finite() && (a - b).abs() <= part * size
    };
    match &value.value {
        Value::Null => json.is_null(),
        Value::Boolean(b) => json == b,
        Value::Integer(n) => Decimal::parse(&text)
            .is_some_and(|found| found.compare(&Decimal::from(*n)) == Some(Ordering::Equal)),
        Value::Decimal(d) => Decimal::parse(&text).is_some_and(|found| {
            found.is_nan() && d.is_nan()
                || found.compare(d) == Some(Ordering::Equal)
                || d.approximate && near(found.to_f64(), d.to_f64(), 1e-11)
        }),
        Value::Double(x) => {
            Decimal::parse(&text).is_some_and(|found| near(*x, found.to_f64(), 1e-9))
        }
        Value::Single(x) => {
            Decimal::parse(&text).is_some_and(|found| near((*x).into(), found.to_f64(), 1e-6))
        }
        other => value.ty.is_some_and(|ty: Type| {
            Value::from_json(ty, json).is_some_and(|found| found.is_same(other))
        }),
    }
}
