//! The nineteen rules that real clients made, each by its number; `clients/README.md` has the list, with
//! the tests that go deeper.

mod answers;
mod requests;

use std::path::Path;
use tests::Response;

fn all<'a>(response: &'a Response, name: &str) -> Vec<&'a str> {
    let headers = response.headers.iter();
    let named = headers.filter(|(known, _)| known == name);
    named.map(|(_, value)| &**value).collect()
}

/// The list of the rules is whole: each has its number, and tests that are there.
#[test]
fn every_rule_has_its_line_and_every_line_its_tests() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let text = std::fs::read_to_string(workspace.join("clients/README.md")).unwrap();
    let (_, text) = text.split_once("## The nineteen rules\n").unwrap();
    let text = text.split("\n## ").next().unwrap();
    let lines = text
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| rule"));
    let lines: Vec<Vec<&str>> = lines
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    let numbers: Vec<&str> = lines.iter().map(|line| line[0]).collect();
    let expected: Vec<String> = (1..=19).map(|number| number.to_string()).collect();
    assert_eq!(numbers, expected);
    let suite = workspace.join("tests/tests/suite");
    for line in &lines {
        let tests: Vec<&str> = line[2].split('`').skip(1).step_by(2).collect();
        let own = format!("::rule_{:0>2}_", line[0]);
        let is_own = |test: &&str| test.starts_with("client_rules::") && test.contains(&own);
        assert!(tests.iter().any(is_own), "{line:?}");
        for test in tests {
            let (module, name) = test.rsplit_once("::").unwrap();
            let file = suite.join(module.replace("::", "/")).with_extension("rs");
            let source = std::fs::read_to_string(&file);
            let source = source.unwrap_or_else(|error| panic!("{test}: {error}"));
            assert!(
                source.contains(&format!("fn {name}(")),
                "there is no test '{test}'"
            );
        }
    }
}
