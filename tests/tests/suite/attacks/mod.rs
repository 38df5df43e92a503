//! What somebody tries who means harm: the lists of attacks as tables, a case a row.

mod identity;
mod raw;
mod requests;

use crate::asking::{HOST, encoded};
use serde_json::Value;
use tests::{Response, Server, fixture};
use tokio::sync::OnceCell;

/// A service that has read its database and lost it: what it answers, it answers without one.
async fn without_database() -> &'static Server {
    static SERVER: OnceCell<Server> = OnceCell::const_new();
    SERVER
        .get_or_init(|| async {
            let database = fixture::small().await;
            Server::start(&database, |_| {})
        })
        .await
}

/// What must not stand in an error: SQL, the names and codes of PostgreSQL, the source of the service.
const INSIDES: [&str; 9] = [
    "SELECT",
    "pg_catalog",
    "SQLSTATE",
    "tokio",
    ".rs:",
    "\"public\"",
    "42703",
    "22P02",
    "panicked",
];

/// The code of an error, which is all that it may tell of the inside.
#[track_caller]
fn code(what: &str, response: &Response) -> String {
    let text = response.text();
    if response.status < 400 {
        return String::new();
    }
    for inside in INSIDES {
        assert!(!text.contains(inside), "{what}: {text}");
    }
    let body: Value = serde_json::from_str(text).unwrap_or_default();
    body["error"]["code"].as_str().unwrap_or("").to_owned()
}

#[track_caller]
fn ask(server: &Server, path: &str) -> Response {
    let path = encoded(path);
    let path = if path.starts_with('/') {
        path
    } else {
        format!("/v1.0/odata/{path}")
    };
    server.get_with(&path, &[HOST])
}

/// A start of a text that may be long.
fn short(text: &str) -> &str {
    let end = text.char_indices().nth(90).map_or(text.len(), |(at, _)| at);
    &text[..end]
}
