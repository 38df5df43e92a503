//! URL to statement: what a request costs before the database.

use crate::line::{Line, Target, median};
use crate::{Bench, Failed};
use std::hint::black_box;
use std::time::Instant;

/// What clients ask.
pub(crate) const TYPICAL: &[&str] = &[
    "Message",
    "Conversation(1)",
    "Conversation?$select=id,account_id",
    "Conversation(1)?$select=inbox_id,account_id",
    "Conversation?$select=id,account_id&$filter=created_at le '2021-11-23T00:00:00'",
    "Message?$top=100",
    "Message?$top=1000&$skip=5000",
    "Message?$filter=conversation_id eq 42&$orderby=created_at",
    "Message?$filter=created_at ge 2026-01-01T00:00:00Z and created_at lt 2026-02-01T00:00:00Z",
    "Message?$filter=contains(content,'order') and message_type eq 0&$count=true",
    "Message?$expand=sender($select=name),inbox($select=name)&$top=50",
    "Conversation?$expand=messages($top=5;$orderby=created_at desc;$select=id,content)",
    "Conversation?$filter=inbox/name eq 'Inbox 3' and status in (0,2)",
    "Conversation?$filter=labels/any(l: l/title eq 'vip')",
    "Conversation?$filter=messages/$count gt 5&$orderby=updated_at desc",
    "Inbox(1)/conversations?$filter=assignee eq null",
    "Label?$expand=conversations($count=true;$top=0)",
    "ReportingEvent?$filter=name eq 'first_reply_created'&$orderby=value desc&$top=5",
    "ReportingEvent?$apply=groupby((inbox/name,name),aggregate(value with average as mean,$count as n))",
    "User?$filter=startswith(tolower(name),'user 1')&$select=id,name",
];

/// Microseconds from a URL to its statement, the slowest of the typical queries named.
pub(crate) fn translation(bench: &Bench) -> Result<Vec<Line>, Failed> {
    let mut medians = Vec::new();
    let mut slowest = (0.0, "");
    for url in TYPICAL {
        let mut times = Vec::new();
        for _ in 0..1000 {
            let started = Instant::now();
            black_box(bench.translator.statement(black_box(url), &[1], 10_000)?);
            times.push(started.elapsed().as_secs_f64() * 1e6);
        }
        let micros = median(&times);
        if micros > slowest.0 {
            slowest = (micros, url);
        }
        medians.push(micros);
    }
    Ok(vec![Line {
        work: "URL to statement of 20 typical queries, us",
        floor: "",
        target: Target::AtMost(15.0),
        ratios: medians,
        notes: vec![format!(
            "the slowest: {:.1} us for `{}`",
            slowest.0,
            slowest.1.replace('|', "\\|")
        )],
    }])
}
