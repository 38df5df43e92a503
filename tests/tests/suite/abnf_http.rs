//! The OASIS cases of the grammar as requests: what is valid is never a syntax error, whatever it
//! means here, and what is invalid is refused.

use crate::asking::{HOST, encoded, small};
use serde::Deserialize;
use tests::{Response, Server, fixture};

#[derive(Deserialize)]
struct Case {
    id: String,
    input: String,
    fail_at: Option<u32>,
    /// Absent where there is no request for the case.
    wrap: Option<String>,
    http: bool,
    model: String,
}

#[tokio::test]
async fn the_cases_of_the_grammar() {
    check_file("conformance/abnf.jsonl", 300).await;
}

#[tokio::test]
async fn the_cases_of_data_aggregation() {
    check_file("conformance/abnf-aggregation.jsonl", 80).await;
}

async fn check_file(name: &str, at_least: usize) {
    let Some(path) = fixture::shared_file(name) else {
        return;
    };
    let server = small().await;
    let text = std::fs::read_to_string(path).unwrap();
    let cases = text.lines().map(|line| serde_json::from_str(line).unwrap());
    // Whether an option or a property is known is not the grammar's to say: this service takes options
    // that it does not know, and has other properties.
    let counts = |case: &Case| case.fail_at.is_none() || case.model == "none";
    let cases: Vec<Case> = cases
        .filter(|case: &Case| case.http && counts(case))
        .collect();
    assert!(cases.len() >= at_least, "{name}: {} cases", cases.len());
    let wrong: Vec<String> = cases
        .iter()
        .filter_map(|case| {
            let response = ask(server, case);
            let why = check(case, &response).err()?;
            let (id, input) = (&case.id, &case.input);
            Some(format!("{id} {input}: {why}: {}", response.text()))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Sends the case as its `wrap` says: as a part of the request's target, or as a header.
fn ask(server: &Server, case: &Case) -> Response {
    let wrap = case.wrap.as_ref().unwrap();
    // In the value of one option an ampersand is data, which a client has to encode.
    let input = match wrap.contains('=') {
        true => case.input.replace('&', "%26"),
        false => case.input.clone(),
    };
    let text = wrap.replace("{}", &input);
    if let Some(target) = text.strip_prefix('/') {
        // A client keeps the fragment to itself.
        let target = target.split_once('#').map_or(target, |(target, _)| target);
        return server.get_with(&encoded(target), &[HOST]);
    }
    let (name, value) = text.split_once(':').unwrap();
    server.get_with("Message?$top=1", &[HOST, (name, value.trim())])
}

fn check(case: &Case, response: &Response) -> Result<(), String> {
    let status = response.status;
    if case.fail_at.is_some() {
        return match status {
            400..=499 => Ok(()),
            _ => Err(format!("invalid, and answered {status}")),
        };
    }
    if status >= 500 && status != 501 {
        return Err(format!("valid, and answered {status}"));
    }
    if status >= 400 && response.json()["error"]["code"] == "SyntaxError" {
        return Err("valid, and called a syntax error".to_owned());
    }
    Ok(())
}
