//! URL to SQL: every operator, function and shape with its statement, in files by feature under
//! `golden/`. `UPDATE_EXPECT=1` writes them anew; then read what changed.
#![allow(
    missing_docs,
    unreachable_pub,
    dead_code,
    clippy::unwrap_used,
    reason = "a test fails by a panic, is named after what it proves, and shares its cases"
)]

#[path = "golden/case.rs"]
#[allow(dead_code, reason = "each of the tests that share it uses a part")]
mod case;
#[path = "golden/identifiers.rs"]
mod identifiers;
#[path = "golden/model.rs"]
#[allow(dead_code, reason = "each of the tests that share it uses a part")]
mod model;
#[path = "golden/mutate.rs"]
mod mutate;
#[path = "golden/scoped.rs"]
mod scoped;

use case::{Case, cases, files};
use identifiers::identifiers;
use odata_core::functions::FUNCTIONS;
use odata_core::sql;
use scoped::scoped_references;
use std::collections::BTreeSet;
use std::path::Path;

fn directory() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

fn all_cases() -> Vec<Case> {
    let files = files(&directory());
    files.iter().flat_map(|(_, text)| cases(text)).collect()
}

#[test]
fn every_case_has_its_statement() {
    for (path, text) in files(&directory()) {
        let mut found = String::new();
        // Blank lines and remarks stay; what stands behind a request is made anew.
        let mut in_case = false;
        for line in text.lines() {
            if let Some(request) = line.strip_prefix("> ") {
                in_case = true;
                found += &format!("{line}\n{}", Case::read(request).show());
            } else if line.is_empty() || line.starts_with('#') {
                in_case = false;
                found += &format!("{line}\n");
            } else if !in_case {
                panic!("{}: what is '{line}'?", path.display());
            }
        }
        expect_test::expect_file![&path].assert_eq(&found);
    }
}

#[test]
fn every_function_has_a_case() {
    let mut missing: Vec<String> = FUNCTIONS
        .iter()
        .map(|function| format!("{}{:?}", function.name, function.parameters))
        .collect();
    for case in all_cases() {
        if let Ok(bound) = case.bind() {
            let plan = format!("{:?}", bound.data);
            missing.retain(|name| {
                let (name, parameters) = name.split_once('[').unwrap();
                let shown =
                    format!("Call(Function {{ name: \"{name}\", parameters: [{parameters},");
                !plan.contains(&shown)
            });
        } else if case.url.to_ascii_lowercase().contains("matchespattern") {
            missing.retain(|name| !name.starts_with("matchespattern"));
        }
    }
    assert!(missing.is_empty(), "no golden case for {missing:?}");
}

#[test]
fn what_hangs_on_one_entity_shares_its_plan() {
    use sql::Plans::{Auto, ForceCustom};
    for (url, expect) in [
        ("/Tickets(1)", Auto),
        ("/Tickets(1)/inbox", Auto),
        ("/Inboxes(1)/tickets?$top=5", Auto),
        ("/Inboxes(1)/tickets?$filter=id gt 5", ForceCustom),
        ("/Inboxes(1)/tickets?$orderby=id desc", ForceCustom),
        ("/Inboxes(1)/tickets?$skip=5", ForceCustom),
        ("/Inboxes(1)/tickets?$count=true", ForceCustom),
        ("/Tickets", ForceCustom),
        ("/Tickets?$filter=id eq 1", ForceCustom),
        ("/Tickets/$count", ForceCustom),
        ("/Inboxes(1)/tickets/$count", ForceCustom),
        ("/Tickets?$apply=aggregate($count as n)", ForceCustom),
        (
            "/Inboxes(1)/tickets?$apply=aggregate($count as n)",
            ForceCustom,
        ),
    ] {
        let bound = Case::read(url).bind().unwrap();
        assert_eq!(bound.statement.plans, expect, "{url}");
    }
}

#[test]
fn every_quoted_name_is_one_of_the_model() {
    let mut known: BTreeSet<&str> = ["public", "und-x-icu", "default"].into();
    for (table, columns, _) in model::TABLES {
        known.insert(table);
        known.extend(columns.iter().map(|(column, ..)| column));
    }
    for case in all_cases() {
        let Ok(bound) = case.bind() else { continue };
        for name in identifiers(&bound.statement.text) {
            assert!(known.contains(name), "'{name}' in {}", case.line);
        }
    }
}

#[test]
fn every_table_reference_has_its_scope() {
    let mut checked = 0;
    for case in all_cases() {
        let Ok(bound) = case.bind() else { continue };
        checked += scoped_references(bound.schema, &bound.statement, &bound.scope)
            .unwrap_or_else(|none| panic!("{}: {none}", case.line));
    }
    assert!(checked > 500, "only {checked} references were found");
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(24))]

    /// The text depends on the shape of the request alone: other literals of the same types give the
    /// same text, and none of them is found in it.
    #[test]
    fn no_literal_is_in_the_text(
        number in 900_000_000u32..999_999_999,
        text in "zq[a-z%_'\"\\\\$;{}0-9 \u{e4}-\u{fc}]{0,12}zq",
    ) {
        let other = mutate::Other { number, text };
        for case in all_cases() {
            // A pattern is written again, and what is put for it may be none.
            if case.line.contains("matchesPattern") {
                continue;
            }
            let Ok(bound) = case.bind() else { continue };
            let mut tree = case.parse().unwrap();
            other.uri(&mut tree);
            let changed = match case.bind_tree(&tree) {
                Ok(changed) => changed,
                Err(error) => panic!("{}: {error}", case.line),
            };
            assert_eq!(bound.statement.text, changed.statement.text, "{}", case.line);
            for trace in other.traces() {
                assert!(!changed.statement.text.contains(&trace), "{trace} of {}", case.line);
            }
            let types = |statement: &sql::Statement| -> Vec<(u32, sql::Wire)> {
                statement.params.iter().map(|param| (param.oid(), param.wire)).collect()
            };
            assert_eq!(types(&bound.statement), types(&changed.statement), "{}", case.line);
        }
    }
}
