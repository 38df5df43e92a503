//! The golden cases of odata-core on a real PostgreSQL: every statement is prepared and runs, its
//! columns have the types that the plan says, a condition means the same wherever it stands, and
//! pages put together are the whole.
#![allow(
    missing_docs,
    unreachable_pub,
    dead_code,
    clippy::unwrap_used,
    reason = "a test fails by a panic, is named after what it proves, and shares its cases"
)]

#[path = "../../odata-core/tests/golden/case.rs"]
#[allow(dead_code, reason = "each of the tests that share it uses a part")]
mod case;
#[path = "golden_prepare/database.rs"]
mod database;
#[path = "../../odata-core/tests/golden/model.rs"]
#[allow(dead_code, reason = "each of the tests that share it uses a part")]
mod model;

use case::{Case, Prepared, cases, files};
use database::{Cell, connect, connect_to, prepare, run, world_with_foreign_rows};
use odata_core::edm::{PgType, Scope};
use odata_core::plan::{Answer, Bound, Output};
use odata_core::sql::{self, Statement};
use std::path::Path;
use tokio_postgres::Client;

fn all_cases() -> Vec<Case> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../odata-core/tests/golden");
    let files = files(&directory);
    files.iter().flat_map(|(_, text)| cases(text)).collect()
}

/// Whether the failure is one of the data, which the client is told about.
fn of_data(error: &str) -> bool {
    error.contains("SqlState(E22")
        || ["22003", "22008", "22011", "22012"]
            .iter()
            .any(|code| error.contains(code))
        || error.contains("DivisionByZero")
}

fn type_of(case: &Case, output: &Output) -> u32 {
    match output {
        Output::Array(..) => PgType::Bytea.array_oid(),
        _ => {
            let (ty, _) = output.value_type(case.schema());
            ty.map_or(PgType::Text.oid(), PgType::oid)
        }
    }
}

/// The types of the columns that the plan reads.
fn expected(case: &Case, bound: &Prepared) -> Vec<u32> {
    let layout = sql::layout(&bound.data, &bound.page);
    let mut types = Vec::new();
    if layout.present.is_some() {
        types.push(PgType::Bool.oid());
    }
    if bound.data.answer == Answer::Count {
        types.push(PgType::Int8.oid());
        return types;
    }
    types.extend(
        bound
            .data
            .query
            .outputs
            .iter()
            .map(|output| type_of(case, output)),
    );
    if layout.count.is_some() {
        types.push(PgType::Int8.oid());
    }
    types
}

#[tokio::test]
async fn every_statement_is_prepared_and_has_the_columns_of_its_plan() {
    let (_world, client) = connect().await;
    let mut wrong = Vec::new();
    for case in all_cases() {
        let Ok(bound) = case.bind() else { continue };
        match prepare(&client, &bound.statement).await {
            Err(error) => wrong.push(format!("{}\n    {error}", case.line)),
            Ok(prepared) => {
                let found: Vec<u32> = prepared.columns().iter().map(|c| c.type_().oid()).collect();
                let expected = expected(&case, &bound);
                if found != expected {
                    let line = &case.line;
                    wrong.push(format!(
                        "{line}\n    columns {found:?}, the plan says {expected:?}"
                    ));
                }
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} wrong\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[tokio::test]
async fn every_statement_runs() {
    let (_world, client) = connect().await;
    let mut wrong = Vec::new();
    for case in all_cases() {
        let Ok(bound) = case.bind() else { continue };
        match run(&client, &bound.statement).await {
            Err(error) if !of_data(&error) => wrong.push(format!("{}\n    {error}", case.line)),
            _ => {}
        }
    }
    assert!(
        wrong.is_empty(),
        "{} wrong\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// A failure over a row would tell of it: where rows of others are added, the answer is the same. The
/// caller has many desks, so that the scope costs more than most conditions and is tested after them.
#[tokio::test]
async fn rows_of_others_change_nothing() {
    let (_world, without) = connect().await;
    let (_foreign, with) = connect_to(world_with_foreign_rows().await).await;
    let mut wrong = Vec::new();
    for mut case in all_cases() {
        if case.url.contains("now()") {
            continue;
        }
        case.desks = [7, 8].into_iter().chain(10..50).collect();
        let Ok(bound) = case.bind() else { continue };
        let expected = run(&without, &bound.statement).await;
        let found = run(&with, &bound.statement).await;
        if expected.is_ok() && found != expected {
            wrong.push(format!("{}\n    {found:?}", case.line));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} wrong\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// The records of expanded collections, as `record_send` writes them: their columns have the types of
/// their plan too. Gives the number of records.
fn records(case: &Case, query: &odata_core::plan::Query, row: &[Cell]) -> usize {
    let mut seen = 0;
    for (output, cell) in query.outputs.iter().zip(row) {
        let (Output::Array(inside, _), Some(array)) = (output, &cell.0) else {
            continue;
        };
        // Dimensions, flag, type, length and lower bound; then each element behind its length.
        let mut rest = array.get(20..).unwrap_or_default();
        while !rest.is_empty() {
            let (record, behind) = sized(rest);
            rest = behind;
            let (count, mut columns) = record.unwrap().split_at(4);
            let count = u32::from_be_bytes(count.try_into().unwrap()) as usize;
            assert_eq!(count, inside.outputs.len(), "{}", case.line);
            let mut cells = Vec::new();
            for output in &inside.outputs {
                let (oid, behind) = columns.split_at(4);
                let found = u32::from_be_bytes(oid.try_into().unwrap());
                assert_eq!(found, type_of(case, output), "{}: {output:?}", case.line);
                let (cell, behind) = sized(behind);
                cells.push(Cell(cell.map(<[u8]>::to_vec)));
                columns = behind;
            }
            seen += 1 + records(case, inside, &cells);
        }
    }
    seen
}

/// A value behind its length, and what follows.
fn sized(bytes: &[u8]) -> (Option<&[u8]>, &[u8]) {
    let (len, rest) = bytes.split_at(4);
    match usize::try_from(i32::from_be_bytes(len.try_into().unwrap())) {
        Ok(len) => (Some(&rest[..len]), &rest[len..]),
        Err(_) => (None, rest),
    }
}

#[tokio::test]
async fn records_have_the_columns_of_their_plan() {
    let (_world, client) = connect().await;
    let mut seen = 0;
    for case in all_cases() {
        let Ok(bound) = case.bind() else { continue };
        let Ok(rows) = run(&client, &bound.statement).await else {
            continue;
        };
        let first = sql::layout(&bound.data, &bound.page).first;
        if bound.data.answer != Answer::Count {
            for row in rows {
                seen += records(&case, &bound.data.query, &row[first..]);
            }
        }
    }
    assert!(seen > 50, "only {seen} records were seen");
}

/// What a btree serves, it must be able to serve: the plan without other ways, for a generic plan.
#[tokio::test]
async fn an_index_serves_the_shapes_that_are_made_for_it() {
    let (_world, client) = connect().await;
    client
        .batch_execute(
            "SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_sort = off;
             SET plan_cache_mode = force_generic_plan",
        )
        .await
        .unwrap();
    let mut wrong = Vec::new();
    for (url, condition) in [
        ("/Tickets(1)", "(id = $2)"),
        ("{desks 7,8} /Tickets(1)", "(id = $2)"),
        ("/Tickets?$filter=id in (1,2,3)", "(id = ANY ($2))"),
        (
            "/Tickets?$filter=created_at ge 2021-11-23T00:00:00Z",
            "(created_at >= $2)",
        ),
        (
            "/Tickets?$filter=closed_at ge 2021-11-23T00:00:00Z and urgent",
            "(closed_at >= $2)",
        ),
        (
            "{after 5,6} /Tickets?$filter=closed_at ge 2021-11-23T00:00:00Z",
            "(closed_at >= $3)",
        ),
        ("{after 5} /Tickets", "(id > $2)"),
        ("{after 5} /Tickets?$orderby=id desc", "(id < $2)"),
        (
            "{after 5,6} /Tickets?$orderby=created_at",
            "(created_at >= $2)",
        ),
        (
            "{after 5,6} /Tickets?$orderby=created_at desc,id",
            "(created_at <= $2)",
        ),
        (
            "{after 5,6} /Tickets?$orderby=closed_at",
            "(closed_at >= $2)",
        ),
        (
            "/Tickets?$filter=tags/any(t:t/title eq 'a')",
            "(ticket_id = t0.id)",
        ),
        ("/Tickets(1)/comments/$count", "(ticket_id = t1.id)"),
        ("/Tickets?$expand=comments/$count", "(ticket_id = t0.id)"),
    ] {
        let case = Case::read(url);
        let statement = case.bind().unwrap().statement;
        let explained = explain(&client, &statement).await;
        if !explained
            .lines()
            .any(|line| line.contains("Index Cond") && line.contains(condition))
        {
            wrong.push(format!(
                "{url}: no index for {condition}\n{}\n{explained}",
                statement.text
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} wrong\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// The generic plan of a statement.
async fn explain(client: &Client, statement: &Statement) -> String {
    let types: Vec<String> = statement
        .params
        .iter()
        .map(|param| {
            format!(
                "{}{}",
                param.ty.sql_name(),
                if param.array { "[]" } else { "" }
            )
        })
        .collect();
    let nulls = vec!["NULL"; types.len()].join(", ");
    client.batch_execute("DEALLOCATE ALL").await.unwrap();
    let prepare = format!("PREPARE shape ({}) AS {}", types.join(", "), statement.text);
    client.batch_execute(&prepare).await.unwrap();
    let rows = client
        .simple_query(&format!("EXPLAIN EXECUTE shape({nulls})"))
        .await
        .unwrap();
    let mut text = String::new();
    for message in rows {
        if let tokio_postgres::SimpleQueryMessage::Row(row) = message {
            text += row.get(0).unwrap();
            text.push('\n');
        }
    }
    text
}

/// The keys that a filter finds.
async fn found(client: &Client, filter: &str, of: &Case) -> Result<Vec<Vec<Cell>>, String> {
    let (before, behind) = of.url.split_once("$filter=").unwrap();
    let rest = behind.find('&').map_or("", |end| &behind[end..]);
    let aliases: String = rest
        .split('&')
        .filter(|option| option.starts_with('@'))
        .map(|option| format!("&{option}"))
        .collect();
    let mut options = of.url.split(['?', '&']);
    let compute = options.find(|option| option.starts_with("$compute="));
    let compute = compute.map_or(String::new(), |option| format!("&{option}"));
    let set = before.split_once('?').map_or(before, |(path, _)| path);
    let url = format!("{set}?$orderby=id&$select=id&$filter={filter}{compute}{aliases}");
    let case = Case::read(&url);
    let mut rows = run(
        client,
        &case.bind().map_err(|error| error.to_string())?.statement,
    )
    .await?;
    rows.iter_mut().for_each(|row| row.truncate(1));
    Ok(rows)
}

/// Where null counts as false the text is another than where it shows: the rows must not be.
#[tokio::test]
async fn a_condition_means_the_same_in_every_position() {
    let (_world, client) = connect().await;
    let mut tried = 0;
    let mut wrong = Vec::new();
    for case in all_cases() {
        let path = case.url.split('?').next().unwrap_or_default();
        let simple = matches!(path, "/Tickets" | "/Tags" | "/Inboxes");
        let Some((_, filter)) = case.url.split_once("?").and_then(|(_, query)| {
            query
                .split('&')
                .find_map(|option| option.split_once("$filter="))
                .filter(|(before, _)| before.is_empty())
        }) else {
            continue;
        };
        // After $apply names are those of its rows.
        let applied = case.url.contains("$apply=");
        if !simple || applied || case.icu || case.bind().is_err() {
            continue;
        }
        let plain = found(&client, filter, &case).await;
        let Ok(plain) = plain else {
            if !of_data(plain.as_ref().unwrap_err()) {
                wrong.push(format!("{filter}: {plain:?}"));
            }
            continue;
        };
        let everything = found(&client, "true", &case).await.unwrap();
        tried += 1;
        for same in [
            format!("({filter}) eq true"),
            format!("true eq ({filter})"),
            format!("not (not ({filter}))"),
            format!("({filter}) and true"),
            format!("({filter}) or false"),
            format!("case(({filter}):true,true:false)"),
            format!("({filter}) in (true)"),
            format!("not (({filter}) ne true)"),
            format!("not (({filter}) eq false) and not (({filter}) eq null)"),
        ] {
            let other = found(&client, &same, &case).await;
            if other.as_ref() != Ok(&plain) {
                wrong.push(format!("{filter}: {plain:?}\n  {same}: {other:?}"));
            }
        }
        let complement = found(&client, &format!("({filter}) ne true"), &case)
            .await
            .unwrap();
        let mut both = [plain.clone(), complement].concat();
        both.sort();
        let mut all = everything.clone();
        all.sort();
        if both != all {
            wrong.push(format!(
                "{filter}: it and its complement are {} of {}",
                both.len(),
                all.len()
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} wrong of {tried}\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(tried > 150, "only {tried} filters were tried");
}

/// Every order, page by page of one row: each row once, in the same order.
#[tokio::test]
async fn pages_put_together_are_the_whole() {
    let (_world, client) = connect().await;
    let mut tried = 0;
    let mut wrong = Vec::new();
    for mut case in all_cases() {
        case.after = None;
        case.size = 1000;
        let Ok(bound) = case.bind() else { continue };
        if bound.data.answer != Answer::Collection || bound.data.query.order.is_empty() {
            continue;
        }
        let Ok(whole) = run(&client, &bound.statement).await else {
            continue;
        };
        let key = |row: &[Cell]| -> Vec<Cell> {
            let first = sql::layout(&bound.data, &bound.page).first;
            let query = &bound.data.query;
            let outputs = 0..query.outputs.len();
            // Rows that $apply made have no key: they are known by all that they have.
            let places: Vec<usize> = match query.shape.key.as_slice() {
                [] => outputs.collect(),
                key => key.to_vec(),
            };
            let cells = places.iter().map(|place| row[first + place].clone());
            cells.collect()
        };
        let is_there = |key: &[Cell]| key.iter().any(|cell| cell.0.is_some());
        // The row beyond the page, where the number of all hangs on it, is none of it.
        let rows = bound.page.window(&bound.data.query, false).rows;
        let mut expected: Vec<_> = whole
            .iter()
            .map(|row| key(row))
            .filter(|key| is_there(key))
            .collect();
        expected.truncate(usize::try_from(rows).unwrap());
        let mut pages = Vec::new();
        let mut page = odata_core::plan::Page::first(1);
        loop {
            let scope = Scope::of(case.desks.clone());
            let statement = sql::select(case.schema(), &bound.data, &bound.keys, &scope, &page);
            let rows = match run(&client, &statement).await {
                Ok(rows) => rows,
                Err(error) => {
                    wrong.push(format!("{}\n    {error}", case.line));
                    break;
                }
            };
            let window = page.window(&bound.data.query, false);
            let Some(row) = rows.first().filter(|row| is_there(&key(row))) else {
                break;
            };
            if window.rows == 0 || pages.len() > whole.len() {
                break;
            }
            pages.push(key(row));
            let first = sql::layout(&bound.data, &page).first;
            let bounds = bound.data.query.order.iter().map(|item| {
                let output = &bound.data.query.outputs[item.output];
                Bound {
                    ty: output.value_type(case.schema()).0.unwrap(),
                    value: row[first + item.output].0.clone(),
                }
            });
            page.after = Some(bounds.collect());
            page.given += 1;
        }
        tried += 1;
        if pages != expected {
            wrong.push(format!(
                "{}\n    {} rows in pages, {} in all",
                case.line,
                pages.len(),
                expected.len()
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} wrong of {tried}\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(tried > 200, "only {tried} orders were tried");
}
