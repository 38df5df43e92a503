//! The service against a second evaluator (`tests::oracle`), on the same rows.
//!
//! First the oracle itself answers the shared facts of the options that it knows. Then generated
//! requests go to both. `ODATA_SEED=7` repeats a run, `ODATA_CASES=100000` makes it long,
//! `ODATA_ALL=1` goes on behind the first difference; what was found once stands in
//! `fixtures/differential.txt` and comes first.
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test fails by a panic, and so do its helpers"
)]

mod facts;
mod generate;
mod judge;
mod model;
mod node;
mod random;
mod service;

use generate::Generator;
use judge::{Verdict, judge};
use node::Node;
use service::Running;
use std::collections::BTreeMap;
use std::time::Instant;
use tests::oracle::World;

/// Requests of one run.
const CASES: u64 = 3_000;
/// Smaller requests that are tried for one that differs.
const SHRINKS: usize = 400;
/// Verdicts that compare something, of a hundred: fewer mean that the generator aims beside.
const AT_LEAST: u64 = 60;

/// Where the service answers otherwise than the oracle and is right to, or says so in its
/// documentation: a piece of the request, a piece of the difference, and the reason.
const DEVIATIONS: &[(&str, &str, &str)] = &[];

#[test]
fn the_service_agrees_with_the_oracle() {
    actix_web::rt::System::new().block_on(async {
        let world = model::world();
        let running = Running::start(&world).await;
        replay(&running, &world).await;
        generated(&running, &world).await;
    });
}

/// What was found once.
async fn replay(running: &Running, world: &World) {
    let mut wrong = Vec::new();
    for line in include_str!("../../fixtures/differential.txt").lines() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let response = running.get(line).await;
        if let Verdict::Differs(why) = judge(world, line, &response)
            && deviation(line, &why).is_none()
        {
            wrong.push(format!("{line}\n  {why}"));
        }
    }
    assert!(wrong.is_empty(), "found again:\n{}", wrong.join("\n"));
}

async fn generated(running: &Running, world: &World) {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse().unwrap());
    // The same in every run, so that a change is judged by itself; other seeds are tried by hand.
    let seed: u64 = number("ODATA_SEED").unwrap_or(6);
    let cases: u64 = number("ODATA_CASES").unwrap_or(CASES);
    let all = std::env::var_os("ODATA_ALL").is_some();
    let mut generator = Generator::new(world, seed);
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    let mut open: BTreeMap<String, u64> = BTreeMap::new();
    let mut found: BTreeMap<String, String> = BTreeMap::new();
    let since = Instant::now();
    for case in 0..cases {
        let node = generator.request();
        let request = node.text();
        let response = running.get(&request).await;
        let name = match judge(world, &request, &response) {
            Verdict::Same => "same",
            Verdict::Refused => "refused by both",
            Verdict::NotOffered => "not offered",
            Verdict::Open(why) => {
                *open.entry(why).or_default() += 1;
                "open"
            }
            Verdict::Differs(why) if deviation(&request, &why).is_some() => "a known deviation",
            Verdict::Differs(why) => {
                let (small, small_why) = shrink(running, world, node, why.clone()).await;
                let report = format!(
                    "case {case} of seed {seed}, after {:.1} s:\n  {small}\n  {small_why}\n  {}\nat first:\n  {request}\n  {why}",
                    since.elapsed().as_secs_f64(),
                    running.sql(&small)
                );
                assert!(
                    all,
                    "the service and the oracle differ (ODATA_SEED={seed}), {report}"
                );
                if !found.contains_key(&small) {
                    eprintln!("{report}");
                }
                found.insert(small, small_why);
                "different"
            }
        };
        *counts.entry(name).or_default() += 1;
    }
    eprintln!(
        "differential: {cases} cases of seed {seed} in {:.1} s: {counts:?}",
        since.elapsed().as_secs_f64()
    );
    if all {
        eprintln!("open: {open:#?}");
    }
    assert!(found.is_empty(), "{} differences", found.len());
    let compared = counts.get("same").copied().unwrap_or_default();
    assert!(
        compared * 100 >= cases * AT_LEAST,
        "too few are compared: {counts:?} {open:?}"
    );
}

/// The smallest request found that still differs.
async fn shrink(
    running: &Running,
    world: &World,
    mut node: Node,
    mut why: String,
) -> (String, String) {
    let mut tries = 0;
    'smaller: loop {
        let mut candidates = node.smaller();
        candidates.sort_by_key(|node| node.text().len());
        for candidate in candidates {
            tries += 1;
            if tries > SHRINKS {
                break 'smaller;
            }
            let request = candidate.text();
            let response = running.get(&request).await;
            if let Verdict::Differs(now) = judge(world, &request, &response)
                && deviation(&request, &now).is_none()
            {
                (node, why) = (candidate, now);
                continue 'smaller;
            }
        }
        break;
    }
    (node.text(), why)
}

fn deviation(request: &str, why: &str) -> Option<&'static str> {
    let known = DEVIATIONS
        .iter()
        .find(|(piece, difference, _)| request.contains(piece) && why.contains(difference));
    known.map(|(_, _, reason)| *reason)
}

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
