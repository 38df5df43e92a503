//! Invariant: `parse(print(tree)) == tree`, spans apart, over generated trees.

mod generate;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use super::super::ast::{ODataUri, QueryOptions};
use super::super::{parse, print};
use crate::limits::Limits;

/// Limits that no generated tree reaches.
fn wide() -> Limits {
    Limits {
        nodes: 100_000,
        depth: 100,
        lambda_depth: 100,
        order_items: 100,
        expand_depth: 100,
        expands: 1000,
        path_segments: 1000,
        apply_steps: 1000,
        ..Limits::default()
    }
}

/// The tree as text, without its spans.
fn shape(tree: &ODataUri) -> String {
    let text = format!("{:?} {:?}", tree.path, tree.options);
    let mut parts = text.split("Span { start: ");
    let first = parts.next().unwrap_or("").to_owned();
    parts.fold(first, |out, part| out + part.split_once('}').unwrap().1)
}

/// Prints and parses again.
fn check(tree: &ODataUri) -> Result<(), TestCaseError> {
    let text = print::uri(tree);
    let (path, query) = text.split_once('?').unwrap_or((&text, ""));
    let again = parse(path, query, &wide());
    let again = again.map_err(|e| TestCaseError::fail(format!("{text}: {e} {:?}", e.span())))?;
    prop_assert_eq!(shape(&again), shape(tree), "{}", text);
    // A strict URL is the same URL.
    let url = print::to_url(&text);
    prop_assert!(url.is_ascii());
    let (path, query) = url.split_once('?').unwrap_or((&url, ""));
    prop_assert_eq!(shape(&parse(path, query, &wide()).unwrap()), shape(tree), "{}", url);
    Ok(())
}

fn of_options(options: QueryOptions) -> ODataUri {
    let path = parse("/M", "", &wide()).unwrap().path;
    ODataUri { path, options, ..ODataUri::default() }
}

/// Runs `test` over generated values, on a stack that the generators fit in.
#[track_caller]
fn run<S: Strategy + 'static>(make: fn() -> S, test: fn(S::Value) -> Result<(), TestCaseError>) {
    let runner = move || {
        // A quarter of the usual number, for these trees are large; PROPTEST_CASES asks for more.
        let cases = ProptestConfig::default().cases / 4;
        let config = ProptestConfig { cases, failure_persistence: None, ..Default::default() };
        TestRunner::new(config).run(&make(), test).map_err(|e| e.to_string())
    };
    let thread = std::thread::Builder::new().stack_size(32 * 1024 * 1024);
    if let Err(message) = thread.spawn(runner).unwrap().join().unwrap() {
        panic!("{message}");
    }
}

#[test]
fn expressions() {
    run(generate::expr, |filter| {
        let present = vec![generate::present("$filter")];
        check(&of_options(QueryOptions { filter: Some(filter), present, ..Default::default() }))
    });
}

#[test]
fn options() {
    run(generate::options, |options| check(&of_options(options)));
}

#[test]
fn paths() {
    run(generate::resource_path, |path| {
        check(&ODataUri { path, ..ODataUri::default() })
    });
}

/// No text makes the parser panic, and a tree that was accepted prints to itself.
fn accepted_is_stable(path: &str, query: &str) -> Result<(), TestCaseError> {
    match parse(path, query, &wide()) {
        Ok(tree) => check(&tree),
        Err(_) => Ok(()),
    }
}

#[test]
fn any_text() {
    run(|| ("/M(\\PC{0,20})?", "\\PC{0,60}"), |(path, query)| accepted_is_stable(&path, &query));
}

#[test]
fn text_of_tokens() {
    run(generate::tokens, |(option, words, path)| {
        accepted_is_stable("/M", &format!("{option}={}", words.concat()))?;
        accepted_is_stable(&format!("/M{}", path.concat()), "")
    });
}

/// What generators found, kept.
#[test]
fn found_before() {
    for query in [
        "$filter=case(isof(09:30,a):null)",
        "$apply=search((%27!C*P OR a))/search(%27a%27)",
        "$filter=a eq my.E'A,-3'",
    ] {
        accepted_is_stable("/M", query).unwrap();
    }
}
