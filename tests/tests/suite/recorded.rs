//! What real clients sent, byte for byte, replayed by its verdict.

use crate::asking::{HOST, decoded};
use serde_json::Value;
use std::collections::BTreeSet;
use tests::{Server, fixture};

#[tokio::test]
async fn every_recorded_request_is_answered_by_its_verdict() {
    let Some(path) = fixture::shared_file("clients/recorded-requests.jsonl") else {
        return;
    };
    let text = std::fs::read_to_string(path).unwrap();
    let recorded: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert!(recorded.len() >= 90, "{} requests", recorded.len());

    // The clients had tokens of their own in their URLs.
    let database = fixture::small().await;
    let tokens: BTreeSet<String> = recorded
        .iter()
        .filter_map(|request| apikey(target(request)))
        .collect();
    let client = database.connect().await;
    for token in &tokens {
        let sql = "INSERT INTO access_tokens (owner_type, owner_id, token, created_at, updated_at)
             VALUES ('User', 1, $1, now(), now()) ON CONFLICT DO NOTHING";
        client.execute(sql, &[token]).await.unwrap();
    }

    let server = Server::start(&database, |_| {});
    let failed: Vec<String> = recorded
        .iter()
        .filter_map(|request| check(&server, request).err())
        .collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

fn check(server: &Server, request: &Value) -> Result<(), String> {
    let field = |name: &str| request[name].as_str().unwrap_or_default();
    let client = match apikey(target(request)) {
        Some(_) => server.client(),
        None => server.of(fixture::KEY),
    };
    let mut headers = vec![HOST];
    if !field("accept").is_empty() {
        headers.push(("Accept", field("accept")));
    }
    if field("method") == "POST" {
        headers.push(("Content-Length", "0"));
    }
    let response = client.request(field("method"), target(request), &headers);
    let body: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    let code = body["error"]["code"].as_str();
    let holds = match (field("verdict"), response.status) {
        ("accept" | "accept-lenient", 200 | 204) => response.complete,
        // A row that is not there; an unknown segment is another matter.
        ("accept" | "accept-lenient", 404) => code == Some("ResourceNotFound"),
        ("reject", 400..500) => code.is_some() && body["error"]["message"].is_string(),
        _ => false,
    };
    if holds {
        return Ok(());
    }
    Err(format!(
        "{} {}: {} got {} {}",
        field("client"),
        field("decoded"),
        field("verdict"),
        response.status,
        String::from_utf8_lossy(&response.body)
    ))
}

fn target(request: &Value) -> &str {
    request["target"].as_str().unwrap_or_default()
}

/// The token in the URL, as a form encodes it.
fn apikey(target: &str) -> Option<String> {
    let (_, query) = target.split_once('?')?;
    query.split('&').find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        (decoded(name) == "apikey").then(|| decoded(&value.replace('+', " ")))
    })
}
