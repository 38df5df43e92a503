//! How the examples are asked, and what of their answers is compared.

use crate::asking::rows;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tests::{Server, sales};
use tokio::sync::OnceCell;

pub(crate) async fn server() -> &'static Server {
    static SERVER: OnceCell<Server> = OnceCell::const_new();
    SERVER.get_or_init(sales::server).await
}

/// A request with its rows, without control information, in any order.
#[track_caller]
pub(crate) fn check(server: &Server, path: &str, expected: Value) {
    let [mut found, mut expected] = compared(server, path, expected);
    found.sort();
    expected.sort();
    assert_eq!(found.join("\n"), expected.join("\n"), "{path}");
}

/// The same where the standard says in which order they come, and page by page.
#[track_caller]
pub(crate) fn check_in_order(server: &Server, path: &str, expected: Value) {
    let [found, expected] = compared(server, path, expected);
    assert_eq!(found.join("\n"), expected.join("\n"), "{path}");
    let pages = crate::asking::pages(server, path, &[("Prefer", "maxpagesize=1")]);
    let paged = pages.concat().into_iter().map(|row| plain(row).to_string());
    assert_eq!(paged.collect::<Vec<_>>(), expected, "{path} in pages");
}

fn compared(server: &Server, path: &str, expected: Value) -> [Vec<String>; 2] {
    let Value::Array(expected) = expected else {
        panic!("expected rows, not {expected}");
    };
    let texts = |rows: Vec<Value>| rows.into_iter().map(|row| plain(row).to_string());
    [rows(server, path), expected].map(|rows| texts(rows).collect())
}

/// The ids of sales, in any order.
#[track_caller]
pub(crate) fn check_ids(server: &Server, apply: &str, expected: &[i64]) {
    let found = ids(server, apply);
    let sorted: BTreeSet<i64> = found.iter().copied().collect();
    assert_eq!(sorted, expected.iter().copied().collect(), "{apply}");
    assert_eq!(sorted.len(), found.len(), "{apply}");
}

/// The same in the order in which they come.
#[track_caller]
pub(crate) fn check_order_of_ids(server: &Server, apply: &str, expected: &[i64]) {
    assert_eq!(ids(server, apply), expected, "{apply}");
    let pages = crate::asking::pages(
        server,
        &format!("Sales?$apply={apply}"),
        &[("Prefer", "maxpagesize=1")],
    );
    let paged: Vec<i64> = pages
        .concat()
        .iter()
        .filter_map(|row| row["ID"].as_i64())
        .collect();
    assert_eq!(paged, expected, "{apply} in pages");
}

fn ids(server: &Server, apply: &str) -> Vec<i64> {
    let rows = rows(server, &format!("Sales?$apply={apply}"));
    rows.iter().map(|row| row["ID"].as_i64().unwrap()).collect()
}

/// Without control information, and numbers by their value: `2.0` is `2`.
fn plain(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let members = members.into_iter().filter(|(name, _)| !name.contains('@'));
            Value::Object(members.map(|(name, value)| (name, plain(value))).collect())
        }
        Value::Array(values) => values.into_iter().map(plain).collect(),
        Value::Number(number) => {
            let rounded = (number.as_f64().unwrap() * 1e9).round() / 1e9;
            json!(rounded)
        }
        other => other,
    }
}
