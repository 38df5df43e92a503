//! Where each mistake is: cut out of the URL as it was sent, with what is said of it.
//!
//! The files in `cases` hold requests, each with its answer. `UPDATE_EXPECT=1` writes the answers anew.

use super::check_words;
use crate::asking::{decoded, encoded, get, small};
use expect_test::expect_file;
use serde_json::Value;
use std::path::Path;
use tests::Server;

#[tokio::test]
async fn in_expressions() {
    check_file("filter.txt").await;
}

#[tokio::test]
async fn in_nested_options() {
    check_file("nested.txt").await;
}

#[tokio::test]
async fn in_apply() {
    check_file("apply.txt").await;
}

#[tokio::test]
async fn in_paths() {
    check_file("paths.txt").await;
}

#[tokio::test]
async fn in_options_and_aliases() {
    check_file("options.txt").await;
}

/// Each line that starts with `> ` is asked, comments stay.
async fn check_file(name: &str) {
    let server = small().await;
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite/errors/cases");
    let path = cases.join(name);
    let text = std::fs::read_to_string(&path).unwrap();
    let mut found = String::new();
    for line in text.lines() {
        if let Some(request) = line.strip_prefix("> ") {
            found += &format!("{line}\n{}\n", said_of(server, request));
        } else if line.starts_with('#') {
            found += &format!("{line}\n\n");
        }
    }
    expect_file![&path].assert_eq(&found);
}

/// The error with which a request is refused, and its details.
fn said_of(server: &Server, request: &str) -> String {
    let (path, query) = request.split_once('?').unwrap_or((request, ""));
    let path = encoded(path);
    let query = encoded(&query.replace(' ', "+"));
    let response = get(server, &format!("{path}?{query}"), &[]);
    let text = response.text();
    assert!(response.status >= 400, "{request}: {text}");
    check_words(request, text);
    let error = &response.json()["error"];
    let mut said = format!("{} {}", response.status, place(&path, &query, error));
    for detail in error["details"].as_array().into_iter().flatten().skip(1) {
        said += &format!("+ {}", place(&path, &query, detail));
    }
    said
}

/// What is said, and the target with the place marked.
fn place(path: &str, query: &str, error: &Value) -> String {
    let code = error["code"].as_str().unwrap();
    let message = error["message"].as_str().unwrap();
    let Some(target) = error["target"].as_str() else {
        return format!("{code}: {message}\n");
    };
    let number = |name: &str| error["innererror"][name].as_u64();
    let number = |name: &str| number(name).and_then(|n| usize::try_from(n).ok());
    let (Some(start), Some(length)) = (number("position"), number("length")) else {
        return format!("{code} in {target}: {message}\n");
    };
    let option = query.split('&').find_map(|piece| {
        let (name, value) = piece.split_once('=')?;
        let name = decoded(name);
        let is_it = name == target || format!("${name}").eq_ignore_ascii_case(target);
        is_it.then(|| value.to_owned())
    });
    // What is no option is a segment of the path, whose places are those of the whole path.
    let value: Vec<char> = option
        .unwrap_or_else(|| format!("/{path}"))
        .chars()
        .collect();
    assert!(start + length <= value.len(), "{target}: {error}");
    let part = |from: usize, to: usize| -> String { value[from..to].iter().collect() };
    let (before, behind) = (part(0, start), part(start + length, value.len()));
    let marked = part(start, start + length);
    format!("{code} in {target}: {message}\n    {before}»{marked}«{behind}\n")
}
