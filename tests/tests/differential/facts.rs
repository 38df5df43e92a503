//! The oracle answers the shared facts over the shared rows, before it judges anybody.

use odata_core::limits::Limits;
use odata_core::uri::{self, ODataUri};
use serde_json::{Value as Json, json};
use tests::fixture::shared_file;
use tests::oracle::{Fault, Instance, Nav, Outcome, Table, Value, World, answer};

/// Facts that the oracle must have something to say to: fewer mean that it looks away.
const AT_LEAST: usize = 120;

#[test]
fn the_oracle_answers_the_facts() {
    let (Some(fixture), Some(facts)) = (
        shared_file("conformance/fixture.json"),
        shared_file("conformance/facts.jsonl"),
    ) else {
        return;
    };
    let fixture: Json = serde_json::from_str(&std::fs::read_to_string(fixture).unwrap()).unwrap();
    let world = world(&fixture);
    let (mut answered, mut others, mut wrong) = (0, Vec::new(), Vec::new());
    for line in std::fs::read_to_string(facts).unwrap().lines() {
        let fact: Json = serde_json::from_str(line).unwrap();
        let url = fact["url"].as_str().unwrap();
        if !asks(url) || fact.get("headers").is_some() {
            continue;
        }
        match check(&world, url, &fact["expect"]) {
            Ok(()) => answered += 1,
            Err(Miss::Unsupported(what)) => others.push(format!("{} ({what})", fact["id"])),
            Err(Miss::Wrong(why)) => wrong.push(format!("{} {url}: {why}", fact["id"])),
        }
    }
    eprintln!(
        "differential: the oracle answers {answered} facts; not its own: {}",
        others.join(", ")
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(answered >= AT_LEAST, "only {answered} facts are answered");
}

/// Whether the fact is about one of the four options, on a path that the oracle may know.
fn asks(url: &str) -> bool {
    let lower = url.to_lowercase();
    ["filter", "orderby", "compute", "apply"]
        .iter()
        .any(|option| {
            lower.contains(&format!("{option}=")) || lower.contains(&format!("${option}("))
        })
}

enum Miss {
    Unsupported(String),
    Wrong(String),
}

fn check(world: &World, url: &str, expect: &Json) -> Result<(), Miss> {
    let wrong = |why: String| Err(Miss::Wrong(why));
    let statuses: Vec<u64> = match &expect["status"] {
        Json::Array(all) => all.iter().filter_map(Json::as_u64).collect(),
        one => one.as_u64().into_iter().collect(),
    };
    if statuses.is_empty() {
        return Err(Miss::Unsupported("pages".to_owned()));
    }
    let refused = statuses.iter().any(|status| (400..500).contains(status));
    let outcome = match parse(url) {
        Ok(uri) => answer(world, &uri),
        Err(error) => Err(Fault::Fails(error)),
    };
    let outcome = match outcome {
        Err(Fault::Unsupported(what)) => return Err(Miss::Unsupported(what)),
        Err(Fault::Open(why)) => return wrong(format!("open: {why}")),
        Err(Fault::Fails(_)) if refused => return Ok(()),
        Err(Fault::Fails(why)) => return wrong(format!("refused: {why}")),
        Ok(_) if !statuses.contains(&200) => return wrong("not refused".to_owned()),
        Ok(outcome) => outcome,
    };
    let ids = |instances: &[Instance]| -> Vec<i64> {
        instances.iter().map(|row| id(world, row)).collect()
    };
    let free = numbers(&expect["free"]);
    let keep =
        |ids: Vec<i64>| -> Vec<i64> { ids.into_iter().filter(|id| !free.contains(id)).collect() };
    if !outcome.open.is_empty() && keep(ids(&outcome.open)) != [] as [i64; 0] {
        return wrong(format!("open for {:?}", ids(&outcome.open)));
    }
    if let Some(expected) = expect.get("ids_ordered") {
        let found = keep(ids(&outcome.instances));
        if found != keep(numbers(expected)) {
            return wrong(format!("{found:?}"));
        }
    }
    if let Some(expected) = expect.get("ids") {
        let (mut found, mut expected) = (keep(ids(&outcome.instances)), keep(numbers(expected)));
        found.sort_unstable();
        expected.sort_unstable();
        if found != expected {
            return wrong(format!("{found:?}"));
        }
    }
    if let Some(expected) = expect.get("value").and_then(Json::as_str)
        && outcome.count.to_string() != expected
    {
        return wrong(format!("count {}", outcome.count));
    }
    let body = body(world, &outcome);
    for check in expect["json"].as_array().into_iter().flatten() {
        let path = check[0].as_str().unwrap();
        if !path.starts_with("value") && path != "@odata.count" {
            continue;
        }
        let pointer = format!(
            "/{}",
            path.replace('[', "/").replace(']', "").replace('.', "/")
        );
        let found = body.pointer(&pointer.replace("@odata/count", "@odata.count"));
        let right = match check[1].as_str().unwrap() {
            "eq" => found.is_some_and(|found| same(found, &check[2])),
            "near" => found.is_some_and(|found| same(found, &check[2])),
            "isnull" => found == Some(&Json::Null),
            "len" => {
                found.and_then(Json::as_array).map(|all| all.len() as u64) == check[2].as_u64()
            }
            _ => continue,
        };
        if !right {
            return wrong(format!("{check}, found {found:?}"));
        }
    }
    Ok(())
}

fn same(found: &Json, expected: &Json) -> bool {
    match (found.as_f64(), expected.as_f64()) {
        (Some(a), Some(b)) => (a - b).abs() < 1e-9,
        _ => found == expected,
    }
}

fn parse(url: &str) -> Result<ODataUri, String> {
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let (path, query) = (super::encode(path), super::encode(query));
    uri::parse(&path, &query, &Limits::default()).map_err(|error| error.to_string())
}

fn numbers(json: &Json) -> Vec<i64> {
    json.as_array()
        .into_iter()
        .flatten()
        .filter_map(Json::as_i64)
        .collect()
}

fn id(world: &World, instance: &Instance) -> i64 {
    let Instance::Entity {
        table,
        row: Some(row),
        ..
    } = instance
    else {
        return 0;
    };
    match world.tables[*table].value(*row, "id") {
        Some(Value::Integer(id)) => *id,
        _ => 0,
    }
}

/// The answer as a payload.
fn body(world: &World, outcome: &Outcome) -> Json {
    let row = |instance: &Instance| {
        let mut object = json!({});
        match instance {
            Instance::Entity {
                table,
                row,
                computed,
            } => {
                let table = &world.tables[*table];
                for column in &table.columns {
                    let value = row.and_then(|row| table.value(row, column.name));
                    object[column.name] = value.map_or(Json::Null, Value::to_json);
                }
                for (name, value) in computed {
                    object[name] = value.value.to_json();
                }
            }
            Instance::Shape(members) => {
                for (path, value) in members {
                    let inner = path
                        .iter()
                        .fold(&mut object, |object, name| &mut object[name]);
                    *inner = value.value.to_json();
                }
            }
        }
        object
    };
    let rows: Vec<Json> = outcome.instances.iter().map(row).collect();
    json!({"value": rows, "@odata.count": outcome.count})
}

/// The declared properties of the service, the rows of the fixture, and the navigation properties of
/// the published table.
fn world(fixture: &Json) -> World {
    let one = |name, to, near| Nav {
        name,
        to,
        many: false,
        near,
        far: "id",
        near_is: None,
        far_is: None,
    };
    let many = |name, to, far| Nav {
        name,
        to,
        many: true,
        near: "id",
        far,
        near_is: None,
        far_is: None,
    };
    let navs = |set: &str| match set {
        "Message" => vec![
            one("conversation", "Conversation", "conversation_id"),
            one("inbox", "Inbox", "inbox_id"),
            Nav {
                near_is: Some(("sender_type", "User")),
                ..one("sender", "User", "sender_id")
            },
        ],
        "Conversation" => vec![
            many("messages", "Message", "conversation_id"),
            one("inbox", "Inbox", "inbox_id"),
            one("assignee", "User", "assignee_id"),
            many("reporting_events", "ReportingEvent", "conversation_id"),
        ],
        "Inbox" => vec![
            many("conversations", "Conversation", "inbox_id"),
            many("messages", "Message", "inbox_id"),
            many("reporting_events", "ReportingEvent", "inbox_id"),
        ],
        "ReportingEvent" => vec![
            one("conversation", "Conversation", "conversation_id"),
            one("inbox", "Inbox", "inbox_id"),
            one("user", "User", "user_id"),
        ],
        "User" => vec![
            many("assigned_conversations", "Conversation", "assignee_id"),
            Nav {
                far_is: Some(("sender_type", "User")),
                ..many("sent_messages", "Message", "sender_id")
            },
            many("reporting_events", "ReportingEvent", "user_id"),
        ],
        _ => vec![],
    };
    let tables = liveagent_odata::entities::model()
        .entity_types
        .into_iter()
        .map(|declared| {
            let mut table = Table::of(declared, navs(declared.entity_set));
            for row in fixture["rows"][table.name].as_array().unwrap() {
                let cells = table.columns.iter().map(|column| {
                    Value::from_json(column.ty, &row[column.name])
                        .unwrap_or_else(|| panic!("{} of {row}", column.name))
                });
                table.rows.push(cells.collect());
            }
            table
        });
    World {
        tables: tables.collect(),
        now: 1_800_000_000_000_000,
    }
}
