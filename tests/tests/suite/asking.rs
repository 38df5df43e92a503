//! What the modules share: one service over the small world, and short ways to ask it.

use serde_json::Value;
use std::collections::BTreeMap;
use tests::{Response, Server, fixture};
use tokio::sync::OnceCell;

/// The host of every request, so that bodies don't depend on the port of a run.
pub(crate) const HOST: (&str, &str) = ("Host", "127.0.0.1");
/// What the URLs in answers start with.
pub(crate) const ROOT: &str = "http://127.0.0.1/v1.0/odata/";

/// The service over the small world, for all who only read.
pub(crate) async fn small() -> &'static Server {
    static SERVER: OnceCell<Server> = OnceCell::const_new();
    SERVER.get_or_init(Server::small).await
}

/// GET as account 1's administrator: an absolute URL of an answer, a path, or what follows the
/// service root.
#[track_caller]
pub(crate) fn get(server: &Server, path: &str, headers: &[(&str, &str)]) -> Response {
    let path = path
        .strip_prefix(ROOT)
        .map_or_else(|| encoded(path), str::to_owned);
    let headers: Vec<(&str, &str)> = [HOST].iter().chain(headers).copied().collect();
    server.get_with(&path, &headers)
}

/// Status and content of an answer, on two lines.
#[track_caller]
pub(crate) fn answer(server: &Server, path: &str) -> String {
    answer_with(server, path, &[])
}

/// The same with headers.
#[track_caller]
pub(crate) fn answer_with(server: &Server, path: &str, headers: &[(&str, &str)]) -> String {
    let response = get(server, path, headers);
    assert!(response.complete, "{path}: the answer was cut");
    format!("{}\n{}", response.status, without_tag(response.text()))
}

/// An answer whose tag of `$metadata` is `..`: what it is made of is not the business of who compares
/// bodies.
fn without_tag(body: &str) -> String {
    let begin = r#"metadataEtag":"W/\""#;
    let Some((before, behind)) = body.split_once(begin) else {
        return body.to_owned();
    };
    let (_, rest) = behind.split_once('\\').unwrap_or_default();
    format!("{before}{begin}..\\{rest}")
}

/// The rows of a collection.
#[track_caller]
pub(crate) fn rows(server: &Server, path: &str) -> Vec<Value> {
    let response = get(server, path, &[]);
    assert_eq!(response.status, 200, "{path}: {}", response.text());
    response.rows()
}

/// The ids of a collection's rows, in their order.
#[track_caller]
pub(crate) fn ids(server: &Server, path: &str) -> Vec<i64> {
    rows(server, path).iter().map(id).collect()
}

/// The id of a row.
#[track_caller]
pub(crate) fn id(row: &Value) -> i64 {
    row["id"]
        .as_i64()
        .unwrap_or_else(|| panic!("a row without 'id': {row}"))
}

/// The code of the error with which a request is refused, with its status.
#[track_caller]
pub(crate) fn refusal(server: &Server, path: &str) -> (u16, String) {
    let response = get(server, path, &[]);
    let body: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    let Some(code) = body["error"]["code"].as_str() else {
        panic!(
            "{path}: no error but {}: {}",
            response.status,
            response.text()
        );
    };
    (response.status, code.to_owned())
}

/// The pages of a result: their rows, by following the links to the end.
#[track_caller]
pub(crate) fn pages(server: &Server, path: &str, headers: &[(&str, &str)]) -> Vec<Vec<Value>> {
    let mut pages = Vec::new();
    let mut next = Some(path.to_owned());
    while let Some(url) = next {
        assert!(pages.len() < 200, "{path}: the pages have no end");
        let response = get(server, &url, headers);
        assert_eq!(response.status, 200, "{url}: {}", response.text());
        let mut body = response.json();
        let link = body["@odata.nextLink"].take();
        next = link.as_str().map(str::to_owned);
        match body["value"].take() {
            Value::Array(rows) => pages.push(rows),
            other => panic!("{url}: 'value' is {other}"),
        }
    }
    pages
}

/// A value with every array completed by following its link to the end; the links are gone, and so are
/// the contexts.
#[track_caller]
pub(crate) fn complete(follow: &dyn Fn(&str) -> Value, value: Value, links: &mut usize) -> Value {
    match value {
        Value::Object(members) => {
            let mut whole = serde_json::Map::new();
            for (name, member) in &members {
                if name.ends_with("@odata.nextLink") || name == "@odata.context" {
                    continue;
                }
                let mut member = complete(follow, member.clone(), links);
                // The collection that was asked for is 'value', and its link has no name before it.
                let of = if name == "value" { "" } else { name };
                let mut next = members.get(&format!("{of}@odata.nextLink")).cloned();
                while let Some(Value::String(link)) = next {
                    *links += 1;
                    assert!(*links < 500, "the links have no end: {link}");
                    let mut page = follow(&link);
                    next = page.get("@odata.nextLink").cloned();
                    let more = complete(follow, page["value"].take(), links);
                    match (&mut member, more) {
                        (Value::Array(rows), Value::Array(more)) => rows.extend(more),
                        _ => panic!("{link}: no array continues an array"),
                    }
                }
                whole.insert(name.clone(), member);
            }
            Value::Object(whole)
        }
        Value::Array(rows) => rows
            .into_iter()
            .map(|row| complete(follow, row, links))
            .collect(),
        scalar => scalar,
    }
}

/// A collection by SQL on the small world: the oracle for what the service answers.
pub(crate) async fn ids_by_sql(sql: &str) -> Vec<i64> {
    let database = fixture::small_shared().await;
    let client = database.connect().await;
    match client.query(sql, &[]).await {
        Ok(rows) => rows.iter().map(|row| row.get::<_, i64>(0)).collect(),
        Err(error) => panic!("{sql}: {error:?}"),
    }
}

/// The text as it may stand in a request line: what no URL holds is percent-encoded, and what is
/// encoded already stays.
pub(crate) fn encoded(text: &str) -> String {
    const PLAIN: &[u8] = b"-._~!$&'()*+,;=:@/?%";
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || PLAIN.contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// Percent-decoded text; `+` stays.
pub(crate) fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = (bytes[at] == b'%')
            .then(|| text.get(at + 1..at + 3))
            .flatten()
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match hex {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Each header once, the names sorted, without those that differ from run to run.
pub(crate) fn headers(response: &Response) -> String {
    let mut sorted: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, value) in &response.headers {
        if !matches!(
            &**name,
            "date" | "content-length" | "transfer-encoding" | "x-request-id"
        ) {
            sorted.entry(name).or_default().push(value);
        }
    }
    let mut text = String::new();
    for (name, values) in sorted {
        for value in values {
            // What an entity tag is made of is not the business of who compares headers.
            let value = if name == "etag" { "W/\"..\"" } else { value };
            text += &format!("{name}: {value}\n");
        }
    }
    text
}
