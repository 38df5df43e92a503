//! URL to SQL: every operator, function and shape with its statement, in files by feature under
//! `golden/`. `UPDATE_EXPECT=1` writes them anew; then read what changed.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "a test fails by a panic, and is named after what it proves"
)]

#[path = "golden/case.rs"]
mod case;
#[path = "golden/model.rs"]
mod model;

use case::{Case, cases, files};
use odata_core::functions::FUNCTIONS;
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
