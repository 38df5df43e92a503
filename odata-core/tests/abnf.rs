//! The OASIS test cases of the grammar, and what real clients sent.
#![allow(clippy::print_stderr, clippy::unwrap_used)] // What fails here is the test.

use std::path::PathBuf;

use odata_core::limits::Limits;
use odata_core::uri::{parse, parse_rule};
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    rule: String,
    input: String,
    fail_at: Option<u32>,
    model: String,
}

#[derive(Deserialize)]
struct Recorded {
    target: String,
    verdict: String,
}

/// The lines of a shared file; `None`, said on stderr, where it isn't there.
fn shared<T: for<'de> Deserialize<'de>>(name: &str) -> Option<Vec<T>> {
    let root = std::env::var_os("ODATA_SHARED").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared"),
        PathBuf::from,
    );
    let path = root.join(name);
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!(
            "skipped: no {}; set ODATA_SHARED to the shared files",
            path.display()
        );
        return None;
    };
    Some(
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect(),
    )
}

/// Every case of `file` that needs no model: valid ones are accepted and print what parses to the
/// same, invalid ones are refused.
#[track_caller]
fn check_cases(file: &str) {
    let Some(cases) = shared::<Case>(file) else {
        return;
    };
    let mut wrong = Vec::new();
    let (mut valid, mut invalid) = ((0, 0), (0, 0));
    for case in &cases {
        let Case { rule, input, .. } = case;
        let result = parse_rule(rule, input);
        let right = result.is_ok() == case.fail_at.is_none();
        if case.model == "none" {
            let count = if case.fail_at.is_none() {
                &mut valid
            } else {
                &mut invalid
            };
            count.0 += usize::from(right);
            count.1 += 1;
            if !right {
                let why = result.as_ref().err().map(ToString::to_string);
                wrong.push(format!(
                    "{rule}: {input}: {}",
                    why.unwrap_or("accepted".to_owned())
                ));
            }
        }
        if let Ok(canonical) = result {
            match parse_rule(rule, &canonical) {
                Ok(again) if again == canonical => {}
                again => wrong.push(format!("{rule}: {input} -> {canonical} -> {again:?}")),
            }
        }
    }
    for line in &wrong {
        eprintln!("{line}");
    }
    let rate = |(right, all): (usize, usize)| {
        if all == 0 {
            1.0
        } else {
            right as f64 / all as f64
        }
    };
    let accuracy = f64::midpoint(rate(valid), rate(invalid));
    eprintln!("{file}: balanced accuracy {accuracy}, valid {valid:?}, invalid {invalid:?}");
    assert!(
        wrong.is_empty(),
        "{} cases of {file} are wrong",
        wrong.len()
    );
}

#[test]
fn the_cases_of_the_grammar() {
    check_cases("conformance/abnf.jsonl");
}

#[test]
fn the_cases_of_data_aggregation() {
    check_cases("conformance/abnf-aggregation.jsonl");
}

#[test]
fn what_clients_sent_parses() {
    let Some(requests) = shared::<Recorded>("clients/recorded-requests.jsonl") else {
        return;
    };
    for request in requests
        .iter()
        .filter(|request| request.verdict.starts_with("accept"))
    {
        let target = request.target.strip_prefix("/v1.0/odata").unwrap();
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        if let Err(error) = parse(path, query, &Limits::default()) {
            panic!("{}: {error} {:?}", request.target, error.span());
        }
    }
}
