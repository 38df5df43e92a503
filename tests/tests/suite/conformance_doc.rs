//! `docs/conformance.md` has a line for everything that stands in a table of the code, with tests that
//! exist; and what it says is not offered is refused as it says.

use crate::asking::{refusal, small};
use odata_core::error::Code;
use odata_core::functions::{self, aggregation};
use odata_core::limits::Limits;
use odata_core::uri;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The rows of the tables under each heading, as cells.
fn sections() -> BTreeMap<String, Vec<Vec<String>>> {
    let text = std::fs::read_to_string(workspace().join("docs/conformance.md")).unwrap();
    let mut sections: BTreeMap<String, Vec<Vec<String>>> = BTreeMap::new();
    let mut heading = String::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if let Some(title) = line.strip_prefix("## ") {
            heading = title.to_owned();
        }
        let is_head = lines.peek().is_some_and(|next| next.starts_with("|---"));
        if line.starts_with("| ") && !is_head {
            let cells = line.trim_matches('|').split('|');
            let cells = cells.map(|cell| cell.trim().to_owned()).collect();
            sections.entry(heading.clone()).or_default().push(cells);
        }
    }
    sections
}

/// What stands in backquotes.
fn quoted(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

#[test]
fn everything_has_its_line() {
    let sections = sections();
    let functions = functions::names().map(functions::spelling);
    let limits: Vec<String> = Limits::default()
        .table()
        .iter()
        .map(|(name, text, value)| format!("{name} {value} {text}"))
        .collect();
    let codes: Vec<String> = Code::ALL
        .iter()
        .map(|code| format!("{} {}", code.name(), code.status()))
        .collect();
    let methods = aggregation::METHODS.iter().map(|(name, _)| *name);
    check(&sections, "Query options", 1, uri::system_options());
    check(
        &sections,
        "Operators",
        1,
        functions::OPERATORS.iter().copied(),
    );
    check(
        &sections,
        "Functions",
        1,
        functions.chain(functions::NOT_OFFERED.iter().copied()),
    );
    let (offered, not) = (aggregation::TRANSFORMATIONS, aggregation::NOT_OFFERED);
    check(
        &sections,
        "Transformations",
        1,
        offered.iter().chain(not).copied(),
    );
    check(&sections, "Aggregation methods", 1, methods);
    check(
        &sections,
        "Error codes",
        2,
        codes.iter().map(String::as_str),
    );
    check(&sections, "Limits", 3, limits.iter().map(String::as_str));
}

/// The first cells of a section's rows are exactly these.
#[track_caller]
fn check<'a>(
    sections: &BTreeMap<String, Vec<Vec<String>>>,
    heading: &str,
    cells: usize,
    expected: impl Iterator<Item = &'a str>,
) {
    let rows = &sections[heading];
    let found = rows
        .iter()
        .map(|row| row[..cells].join(" ").replace('`', ""));
    let found: Vec<String> = found.collect();
    let unique: BTreeSet<&str> = found.iter().map(String::as_str).collect();
    assert_eq!(unique.len(), found.len(), "{heading}: a line twice");
    assert_eq!(unique, expected.collect::<BTreeSet<_>>(), "{heading}");
}

#[test]
fn what_is_offered_or_not_agrees_with_the_tables() {
    let sections = sections();
    let check = |heading: &str, not_offered: &[&str]| {
        for row in &sections[heading] {
            let name = quoted(&row[0]).next().unwrap();
            let says_no = row[1].starts_with("no");
            assert_eq!(says_no, not_offered.contains(&name), "{heading}: {name}");
        }
    };
    check("Functions", functions::NOT_OFFERED);
    check("Transformations", aggregation::NOT_OFFERED);
}

#[test]
fn every_line_is_a_statement_with_a_test() {
    let asked = "What is answered with 501";
    let mut tests = 0;
    for (heading, rows) in sections().iter().filter(|(heading, _)| *heading != asked) {
        for row in rows {
            let (statement, shown) = (&row[1], row.last().unwrap());
            let starts = ["yes", "no", "n/a"]
                .iter()
                .any(|word| statement.starts_with(word));
            let is_number = matches!(heading.as_str(), "Error codes" | "Limits");
            assert!(starts || is_number, "{heading}: {row:?}");
            let reason = statement.starts_with("yes") || is_number || statement.contains(' ');
            assert!(reason, "{heading}: no reason in {row:?}");
            assert!(
                quoted(shown).next().is_some(),
                "{heading}: no test in {row:?}"
            );
            for name in quoted(shown) {
                tests += 1;
                assert!(exists(name), "{heading}: there is no test '{name}'");
            }
        }
    }
    assert!(tests > 150, "{tests} tests are named");
    assert!(exists(
        "suite/conformance_doc::every_line_is_a_statement_with_a_test"
    ));
    for absent in [
        "suite/conformance_doc::nothing",
        "suite/conformance_doc::exists",
        "suite/nothing::every_line_is_a_statement_with_a_test",
        "elsewhere/conformance_doc::every_line_is_a_statement_with_a_test",
        "conformance_doc",
    ] {
        assert!(!exists(absent), "{absent}");
    }
}

/// Whether there is a test of this name: `suite/filter::texts`.
fn exists(name: &str) -> bool {
    let Some((file, function)) = name.rsplit_once("::") else {
        return false;
    };
    let folder = match file.split_once('/') {
        Some(("suite" | "differential", _)) => "tests/tests",
        Some(("src", _)) => "odata-core",
        Some(("core", _)) => "odata-core/tests",
        _ => return false,
    };
    let file = file.strip_prefix("core/").unwrap_or(file);
    let path = workspace().join(folder).join(format!("{file}.rs"));
    let Ok(text) = std::fs::read_to_string(path) else {
        return false;
    };
    // The attribute stands on a line before the name, among other attributes at most.
    let mut is_test = false;
    for line in text.lines().map(str::trim_start) {
        if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
            is_test = true;
        } else if line.contains("fn ") {
            let here = line.contains(&format!("fn {function}("));
            if here && is_test {
                return true;
            }
            is_test = false;
        }
    }
    false
}

#[tokio::test]
async fn what_is_not_offered_is_501() {
    let server = small().await;
    let sections = sections();
    let rows = &sections["What is answered with 501"];
    assert!(rows.len() > 10);
    for row in rows {
        let request = quoted(&row[0]).next().unwrap();
        let expected = (501, "NotImplemented".to_owned());
        assert_eq!(refusal(server, request), expected, "{request}");
    }
}
