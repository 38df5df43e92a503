//! The parser by itself: JSON lines `{"rule": .., "input": ..}` in, one line of JSON out for each.
//!
//! `{"ok":true,"canonical":..}` where the input is what the ABNF rule allows, else
//! `{"ok":false,"at":..,"len":..,"message":..}` with the place in characters of the input.

use std::io::{self, BufRead, Write};

use odata_core::uri::parse_rule;
use serde::Deserialize;
use serde_json::json;

#[derive(Deserialize)]
struct Case {
    rule: String,
    input: String,
}

fn main() -> io::Result<()> {
    let mut out = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let line = line?;
        if line.trim().is_empty() {
            continue;
        }
        let answer = match serde_json::from_str::<Case>(&line) {
            Ok(case) => answer(&case),
            Err(error) => json!({"ok": false, "at": 0, "len": 0, "message": error.to_string()}),
        };
        writeln!(out, "{answer}")?;
    }
    Ok(())
}

fn answer(case: &Case) -> serde_json::Value {
    match parse_rule(&case.rule, &case.input) {
        Ok(canonical) => json!({"ok": true, "canonical": canonical}),
        Err(error) => {
            let span = error.span().unwrap_or_default();
            json!({"ok": false, "at": span.start, "len": span.len, "message": error.message()})
        }
    }
}
