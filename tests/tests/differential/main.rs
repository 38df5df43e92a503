//! The service against a second evaluator (`tests::oracle`), on the same rows.
//!
//! First the oracle itself answers the shared facts of the options it knows. Then generated requests
//! go to both. `ODATA_SEED=7` repeats a run, `ODATA_CASES=100000` makes it long; what was found once
//! stands in `fixtures/differential.txt` and comes first.
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test fails by a panic, and so do its helpers"
)]

mod facts;

/// What a URL can't hold as it is, percent-encoded; `%` stays.
fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' => encoded.push(byte.into()),
            _ if b"-._~!$&'()*+,;=:@/?%".contains(&byte) => encoded.push(byte.into()),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}
