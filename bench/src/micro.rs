//! What a request costs before the database, and a row behind it.

use crate::line::{Line, Target, median};
use crate::{Bench, Failed};
use liveagent_odata::{check, config::Config};
use odata_core::db::RawRow;
use odata_core::edm::{Scope, Version};
use odata_core::format::{CellOptions, Context, CsvWriter, EntityWriter, MetadataLevel, TokenKey};
use odata_core::plan::{self, Page, Plan};
use odata_core::{sql, uri};
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

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

/// How often each of them is done; the median counts.
const TIMES: usize = 1000;
/// Rows that are written again and again.
const ROWS: u64 = 1000;

/// Microseconds from a URL to its statement, the slowest of the typical queries named, and of the stages.
pub(crate) fn translation(bench: &Bench) -> Result<Line, Failed> {
    let mut medians = Vec::new();
    let mut slowest = (0.0, "");
    let mut stages = [vec![], vec![], vec![]];
    for url in TYPICAL {
        let mut times = Vec::new();
        for _ in 0..TIMES {
            let started = Instant::now();
            black_box(bench.translator.statement(black_box(url), &[1], 10_000)?);
            times.push(micros(started));
        }
        let whole = median(&times);
        if whole > slowest.0 {
            slowest = (whole, url);
        }
        medians.push(whole);
        for (stage, times) in stages.iter_mut().zip(stages_of(bench, url)?) {
            stage.push(median(&times));
        }
    }
    let [parse, bind, sql] = stages.each_ref().map(|stage| median(stage));
    Ok(Line {
        work: "URL to statement of 20 typical queries, us",
        floor: "",
        target: Target::AtMost(15.0),
        ratios: medians,
        notes: vec![
            format!("to parse {parse:.1}, to bind {bind:.1}, to SQL {sql:.1}"),
            format!(
                "the slowest: {:.1} us for `{}`",
                slowest.0,
                slowest.1.replace('|', "\\|")
            ),
        ],
    })
}

/// Microseconds of each time that a URL is parsed, bound and made SQL; what each made is freed outside of it,
/// so that their sum is less than the whole.
fn stages_of(bench: &Bench, url: &str) -> Result<[Vec<f64>; 3], Failed> {
    let (schema, limits) = (&bench.translator.schema, &bench.translator.limits);
    let (scope, page) = (Scope::of(vec![1]), Page::first(10_000));
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let mut times = [vec![], vec![], vec![]];
    for _ in 0..TIMES {
        let started = Instant::now();
        let uri = black_box(uri::parse(black_box(path), black_box(query), limits)?);
        times[0].push(micros(started));
        let started = Instant::now();
        let bound = black_box(plan::bind(schema, &uri, limits)?);
        times[1].push(micros(started));
        let (Plan::Data(data), keys) = &bound else {
            return Err(format!("{url}: no rows").into());
        };
        let started = Instant::now();
        let statement = black_box(sql::select(schema, data, keys, &scope, &page));
        times[2].push(micros(started));
        drop(statement);
    }
    Ok(times)
}

/// Nanoseconds of a row of `Message`, all of its columns, from cells that are there to JSON and to CSV.
pub(crate) async fn rows(bench: &Bench) -> Result<Vec<Line>, Failed> {
    let schema = &bench.translator.schema;
    let (data, keys) = bench.translator.plan("Message")?;
    let page = Page::first(ROWS);
    let statement = sql::select(schema, &data, &keys, &Scope::of(vec![1]), &page);
    let config = Config::new(bench.world.url().parse()?);
    let database = check::open(&config).map_err(|exit| exit.to_string())?;
    let rows = database.read_all(&statement, Duration::from_secs(10)).await;
    let rows = rows.map_err(|failure| failure.error.to_string())?.rows;
    let first = sql::layout(&data, &page).first;
    let entity = EntityWriter::new(schema, &data.query, first, &context());
    let csv = CsvWriter::new(schema, &data.query, first, false)?;
    let mut scratch = Vec::new();
    Ok(vec![
        written(
            "a row of `Message` from its cells to JSON, ns",
            &rows,
            |out, row| entity.write(out, row, None).map_err(Into::into),
        )?,
        written("the same to CSV, ns", &rows, |out, row| {
            csv.line(out, row, &mut scratch)?;
            Ok(())
        })?,
    ])
}

fn written(
    work: &'static str,
    rows: &[RawRow],
    mut write: impl FnMut(&mut Vec<u8>, &RawRow) -> Result<(), Failed>,
) -> Result<Line, Failed> {
    let mut out = Vec::new();
    let mut times = Vec::new();
    for _ in 0..TIMES {
        out.clear();
        let started = Instant::now();
        for row in rows {
            write(&mut out, row)?;
        }
        times.push(micros(started) * 1e3 / rows.len() as f64);
        black_box(&out);
    }
    Ok(Line {
        work,
        floor: "",
        target: Target::Any,
        ratios: vec![median(&times)],
        notes: vec![format!("{} bytes", out.len() / rows.len())],
    })
}

/// What an answer with the usual metadata has.
fn context() -> Arc<Context> {
    Arc::new(Context {
        root: "http://localhost/v1.0/odata/".into(),
        level: MetadataLevel::Minimal,
        version: Version::V4_0,
        cells: CellOptions::default(),
        omit_nulls: false,
        token_key: TokenKey::derive("bench"),
        page_size: None,
        link_suffix: "".into(),
    })
}

fn micros(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e6
}
