//! Invariant: `parse(print(tree)) == tree`, spans apart, over generated trees.

mod generate;

use proptest::prelude::*;

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
    let text = format!("{tree:?}");
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
    ODataUri { path, options }
}

proptest! {
    #[test]
    fn expressions(filter in generate::expr()) {
        let present = vec!["$filter"];
        check(&of_options(QueryOptions { filter: Some(filter), present, ..Default::default() }))?;
    }

    #[test]
    fn options(options in generate::options()) {
        check(&of_options(options))?;
    }

    #[test]
    fn paths(path in generate::resource_path()) {
        check(&ODataUri { path, options: QueryOptions::default() })?;
    }
}

/// No text makes the parser panic, and a tree that was accepted prints to itself.
fn accepted_is_stable(path: &str, query: &str) -> Result<(), TestCaseError> {
    if let Ok(tree) = parse(path, query, &wide()) {
        check(&tree)?;
    }
    Ok(())
}

proptest! {
    #[test]
    fn any_text(path in "/M(\\PC{0,20})?", query in "\\PC{0,60}") {
        accepted_is_stable(&path, &query)?;
    }

    #[test]
    fn text_of_tokens(
        option in prop::sample::select(vec![
            "$filter", "$orderby", "$select", "$expand", "$search", "$apply", "$compute", "@p",
        ]),
        words in prop::collection::vec(prop::sample::select(generate::WORDS), 0..14),
        path in prop::collection::vec(prop::sample::select(generate::WORDS), 0..6),
    ) {
        accepted_is_stable("/M", &format!("{option}={}", words.concat()))?;
        accepted_is_stable(&format!("/M{}", path.concat()), "")?;
    }
}
