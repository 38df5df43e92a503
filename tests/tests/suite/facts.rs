//! The shared facts: requests with what a correct answer holds. The score is pinned here, and may
//! only rise.

use crate::asking::{ROOT, decoded, encoded};
use crate::search_algebra::algebra;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use tests::{Response, Server, fixture};

/// How many facts hold. A change that makes it fall is a fault; one that makes it rise says so here.
const PASSED: usize = 254;

/// The facts that are answered with 501, whatever they allow: what this service does not offer yet.
const NOT_IMPLEMENTED: &[&str] = &[];

#[tokio::test]
async fn the_score_stands() {
    let Some(database) = fixture::facts().await else {
        return;
    };
    let Some(path) = fixture::shared_file("conformance/facts.jsonl") else {
        return;
    };
    let server = Server::start(&database, |_| {});
    let text = std::fs::read_to_string(path).unwrap();
    let (mut passed, mut failed, mut not_implemented) = (0, Vec::new(), Vec::new());
    for line in text.lines() {
        let fact: Value = serde_json::from_str(line).unwrap();
        let (id, url) = (fact["id"].as_str().unwrap(), fact["url"].as_str().unwrap());
        let (status, result) = check(&server, &fact);
        if status == 501 {
            not_implemented.push(id.to_owned());
            continue;
        }
        match result {
            Ok(()) => passed += 1,
            Err(why) => failed.push(format!("{id} {url}: {why}")),
        }
    }
    assert_eq!(
        not_implemented, NOT_IMPLEMENTED,
        "what is answered with 501"
    );
    assert_eq!(
        passed,
        PASSED,
        "facts hold; these don't:\n{}",
        failed.join("\n")
    );
}

/// The status of the answer, and what it lacks of what the fact expects.
fn check(server: &Server, fact: &Value) -> (u16, Result<(), String>) {
    let expect = &fact["expect"];
    let url = fact["url"].as_str().unwrap_or_default();
    if expect["pages"].is_object() {
        return (200, check_pages(server, fact));
    }
    let method = expect["method"].as_str().unwrap_or("GET");
    let response = ask(server, method, url, &headers_of(fact));
    let result = check_answer(server, expect, &response).and_then(|()| {
        let either = expect["either"].as_array();
        let one_holds = |one| check_answer(server, one, &response).is_ok();
        if either.is_some_and(|either| !either.iter().any(one_holds)) {
            return Err("neither alternative".to_owned());
        }
        if expect["algebra"] == true && response.status == 200 {
            let expression = url.split_once("$search=").map_or("", |(_, rest)| rest);
            algebra(server, expression, "")?;
        }
        Ok(())
    });
    (response.status, result)
}

fn headers_of(fact: &Value) -> Vec<(String, String)> {
    let headers = fact["headers"].as_object().into_iter().flatten();
    headers
        .map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned()))
        .collect()
}

/// A request as `runfacts.py` sends it: JSON is wanted where the fact does not say what.
fn ask(server: &Server, method: &str, url: &str, headers: &[(String, String)]) -> Response {
    let mut headers: Vec<(&str, &str)> = headers.iter().map(|(k, v)| (&**k, &**v)).collect();
    let path = url.split('?').next().unwrap_or_default();
    let text = ["$value", "$count", "$metadata"]
        .iter()
        .any(|end| path.ends_with(end));
    match headers.iter_mut().find(|(name, _)| *name == "Accept") {
        Some((_, value)) if text && *value == "application/json" => *value = "*/*",
        Some(_) => {}
        None => headers.push(("Accept", if text { "*/*" } else { "application/json" })),
    }
    headers.push(("Host", "127.0.0.1"));
    if method != "GET" {
        headers.push(("Content-Length", "0"));
    }
    let path = url.strip_prefix(ROOT).map_or_else(
        || format!("/v1.0/odata{}", encoded(url)),
        |rest| format!("/v1.0/odata/{rest}"),
    );
    server.of(fixture::KEY).request(method, &path, &headers)
}

fn check_pages(server: &Server, fact: &Value) -> Result<(), String> {
    let expect = &fact["expect"]["pages"];
    let headers = headers_of(fact);
    let mut url = fact["url"].as_str().unwrap_or_default().to_owned();
    let (mut found, mut number) = (Vec::new(), 0);
    loop {
        let response = ask(server, "GET", &url, &headers);
        if response.status != 200 {
            return Err(format!(
                "page {number}: {} {}",
                response.status,
                response.text()
            ));
        }
        let body = response.json();
        let rows = body["value"].as_array().ok_or("no 'value'")?;
        if rows.len() as u64 > expect["max"].as_u64().unwrap_or(u64::MAX) {
            return Err(format!("a page of {} rows", rows.len()));
        }
        if number == 0 {
            check_json(&body, &expect["first_json"])?;
        }
        found.extend(rows.iter().map(|row| row["id"].as_i64().unwrap_or(-1)));
        number += 1;
        let Some(next) = body["@odata.nextLink"].as_str() else {
            break;
        };
        let options = decoded(next);
        for kept in expect["keep"].as_array().into_iter().flatten() {
            let kept = kept.as_str().unwrap_or_default();
            if !options.contains(&format!("{kept}=")) {
                return Err(format!("the next link lacks {kept}: {next}"));
            }
        }
        if number > 50 {
            return Err("the pages have no end".to_owned());
        }
        url = next.to_owned();
    }
    let numbers = |name: &str| -> Option<Vec<i64>> {
        let wanted = expect[name].as_array()?;
        Some(wanted.iter().filter_map(Value::as_i64).collect())
    };
    if let Some(wanted) = numbers("ids_ordered")
        && found != wanted
    {
        return Err(format!("got {found:?}"));
    }
    if let Some(mut wanted) = numbers("ids") {
        found.sort_unstable();
        wanted.sort_unstable();
        if found != wanted {
            return Err(format!("got {found:?}"));
        }
    }
    Ok(())
}

fn check_answer(server: &Server, expect: &Value, response: &Response) -> Result<(), String> {
    let status = response.status;
    let several = expect["status"].is_array();
    match &expect["status"] {
        Value::Array(allowed) if !allowed.contains(&status.into()) => {
            return Err(format!("status {status}"));
        }
        Value::Number(wanted) if wanted.as_u64() != Some(status.into()) => {
            return Err(format!("status {status} {}", response.text()));
        }
        _ => {}
    }
    if !response.complete {
        return Err("the answer was cut".to_owned());
    }
    let ok = (200..300).contains(&status);
    let is_json = response
        .header("content-type")
        .is_some_and(|value| value.contains("json"));
    let body = if is_json && !response.body.is_empty() {
        serde_json::from_slice(&response.body).map_err(|error| format!("bad JSON: {error}"))?
    } else {
        Value::Null
    };
    if let Some(code) = expect["error_code"].as_str()
        && !ok
        && body["error"]["code"] != code
    {
        return Err(format!("error code {}", body["error"]["code"]));
    }
    if several && !ok {
        return Ok(());
    }
    if ok {
        check_ids(expect, &body)?;
        if let Some(text) = expect["value"].as_str()
            && response.text() != text
        {
            return Err(format!("value {:?}", response.text()));
        }
        if expect["xml"].is_string()
            && !(response.text().contains("Version=\"4.0")
                && response.text().contains("<EntityContainer"))
        {
            return Err("no CSDL document".to_owned());
        }
        if let Some(other) = expect["same_as"].as_str() {
            let other = ask(server, "GET", other, &[]).json();
            if other["value"] != body["value"] {
                return Err("differs from the other request".to_owned());
            }
        }
    }
    if expect["body"] == "empty" && !response.body.is_empty() {
        return Err("there is a body".to_owned());
    }
    if ok || !several {
        let of_errors = |path: &Value| {
            path[0]
                .as_str()
                .is_some_and(|path| path.starts_with("error."))
        };
        let checks = expect["json"].as_array().into_iter().flatten();
        let checks: Vec<Value> = checks
            .filter(|check| !(ok && of_errors(check)))
            .cloned()
            .collect();
        check_json(&body, &Value::Array(checks))?;
    }
    for (name, wanted) in expect["header"].as_object().into_iter().flatten() {
        let found = response.header(name);
        if !header_holds(found, wanted) {
            return Err(format!("header {name} is {found:?}, not {wanted}"));
        }
    }
    Ok(())
}

fn check_ids(expect: &Value, body: &Value) -> Result<(), String> {
    for name in ["ids", "ids_ordered"] {
        let Some(wanted) = expect[name].as_array() else {
            continue;
        };
        let rows = body["value"].as_array().ok_or("no array 'value'")?;
        let found: Vec<i64> = rows
            .iter()
            .map(|row| match &row["id"] {
                Value::String(digits) => digits.parse().unwrap_or(-1),
                number => number.as_i64().unwrap_or(-1),
            })
            .collect();
        let free: Vec<&Value> = expect["free"].as_array().into_iter().flatten().collect();
        let counts = |id: &i64| !free.contains(&&Value::from(*id));
        let mut kept: Vec<i64> = found.iter().copied().filter(counts).collect();
        let mut wanted: Vec<i64> = wanted
            .iter()
            .filter_map(Value::as_i64)
            .filter(counts)
            .collect();
        if name == "ids" {
            kept.sort_unstable();
            wanted.sort_unstable();
        }
        if kept != wanted {
            return Err(format!("got {found:?}, wanted {wanted:?}"));
        }
    }
    Ok(())
}

fn check_json(body: &Value, checks: &Value) -> Result<(), String> {
    for check in checks.as_array().into_iter().flatten() {
        let (path, op, wanted) = (
            check[0].as_str().unwrap_or_default(),
            check[1].as_str().unwrap_or_default(),
            &check[2],
        );
        if body.is_null() {
            return Err("no JSON".to_owned());
        }
        // The service may add the key instead of '@odata.id'.
        if op == "endswith_or_key" && body.get("id").is_some() {
            continue;
        }
        let found = at(body, path);
        if !holds(found.as_ref(), op, wanted) {
            return Err(format!("{path} {op} {wanted}: got {found:?}"));
        }
    }
    Ok(())
}

/// What is at a path like `value[0].inbox.name` or `value[*].id`; the first of `a|b` that is there.
fn at(body: &Value, path: &str) -> Option<Value> {
    if path.contains('|') {
        return path.split('|').find_map(|path| at(body, path));
    }
    let mut current = vec![body];
    let mut many = false;
    for segment in segments(path) {
        let inside = segment
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'));
        current = match inside {
            Some("*") => {
                many = true;
                current
                    .iter()
                    .filter_map(|value| value.as_array())
                    .flatten()
                    .collect()
            }
            Some(place) => {
                let place: usize = place.parse().unwrap_or(usize::MAX);
                current
                    .iter()
                    .filter_map(|value| value.get(place))
                    .collect()
            }
            None => current
                .iter()
                .filter_map(|value| value.get(segment))
                .collect(),
        };
    }
    if many {
        return Some(current.into_iter().cloned().collect());
    }
    current.first().map(|value| (*value).clone())
}

fn segments(path: &str) -> Vec<&str> {
    let mut segments = Vec::new();
    let mut rest = path;
    while let Some(first) = rest.chars().next() {
        let len = match first {
            '.' => {
                rest = &rest[1..];
                continue;
            }
            '[' => rest.find(']').map_or(rest.len(), |end| end + 1),
            // The name of an annotation holds dots.
            '@' => 1 + word(&rest[1..]),
            _ => {
                let name = rest.find(['.', '[', '@']).unwrap_or(rest.len());
                if rest[name..].starts_with('@') {
                    name + 1 + word(&rest[name + 1..])
                } else {
                    name
                }
            }
        };
        segments.push(&rest[..len]);
        rest = &rest[len..];
    }
    segments
}

fn word(text: &str) -> usize {
    text.find(|c: char| !(c.is_alphanumeric() || matches!(c, '.' | '_')))
        .unwrap_or(text.len())
}

fn holds(found: Option<&Value>, op: &str, wanted: &Value) -> bool {
    let Some(found) = found else {
        return op == "absent";
    };
    let ends = |found: &Value| {
        let (Some(found), Some(end)) = (found.as_str(), wanted.as_str()) else {
            return false;
        };
        decoded(found).ends_with(end)
    };
    match op {
        "present" => !found.is_null(),
        "isnull" => found.is_null(),
        "eq" => equal(found, wanted),
        "near" => match (found.as_f64(), wanted.as_f64()) {
            (Some(found), Some(wanted)) => (found - wanted).abs() < 1e-9,
            _ => false,
        },
        "nonempty" => found.as_str().is_some_and(|text| !text.is_empty()),
        "endswith" | "endswith_or_key" => ends(found),
        "len" => found.as_array().map(|rows| rows.len() as u64) == wanted.as_u64(),
        "seteq" => bag(found) == bag(wanted),
        "setsuper" => bag(wanted).keys().all(|item| bag(found).contains_key(item)),
        "in" => wanted
            .as_array()
            .is_some_and(|list| list.iter().any(|one| equal(found, one))),
        "eq_str" => found.is_string(),
        // "absent", of what is there, and what this runner does not know.
        _ => false,
    }
}

/// Numbers by their value, whatever their form; a number and its text are alike.
fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.as_f64() == b.as_f64(),
        (Value::Number(number), Value::String(text))
        | (Value::String(text), Value::Number(number)) => number.to_string() == *text,
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b))
        }
        _ => a == b,
    }
}

fn bag(list: &Value) -> BTreeMap<String, usize> {
    let mut bag = BTreeMap::new();
    for item in list.as_array().into_iter().flatten() {
        *bag.entry(item.to_string()).or_default() += 1;
    }
    bag
}

fn header_holds(found: Option<&str>, wanted: &Value) -> bool {
    let (op, wanted) = (wanted[0].as_str().unwrap_or_default(), &wanted[1]);
    if op == "absent_or" {
        return true;
    }
    let Some(found) = found.map(str::to_lowercase) else {
        return false;
    };
    let text = wanted.as_str().unwrap_or_default().to_lowercase();
    let list = || {
        wanted
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
    };
    let parts = |text: &str| -> BTreeSet<String> {
        text.split(';').map(|part| part.trim().to_owned()).collect()
    };
    match op {
        "starts" => found.starts_with(&text),
        "eq" => found == text,
        "in" => list().any(|one| one.to_lowercase() == found),
        "present" => true,
        "contains" => found.contains(&text),
        "contains_any" => list().any(|one| found.contains(&one.to_lowercase())),
        "mediatype" => parts(&text).is_subset(&parts(&found)),
        _ => false,
    }
}
