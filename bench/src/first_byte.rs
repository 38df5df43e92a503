//! How long the first bytes of a long answer take.

use crate::floor::{Bound, WHOLE, prepare};
use crate::line::{Line, Target, median};
use crate::{Bench, Failed};
use futures_util::TryStreamExt;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};
use tokio_postgres::NoTls;

/// Pairs in a run. Each time depends on which processor the scheduler wakes whom on.
const PAIRS: usize = 15;
/// Until both sides have cancelled what they did not read.
const REST: Duration = Duration::from_millis(50);

/// The first byte of `Message` whole beside the first row of a bare client, each on a connection that is open.
pub(crate) async fn first_byte(bench: &Bench) -> Result<Line, Failed> {
    let (mut ratios, mut firsts, mut floors) = (vec![], vec![], vec![]);
    for _ in 0..bench.runs {
        let (mut first, mut floor) = (vec![], vec![]);
        for _ in 0..PAIRS {
            floor.push(first_row(bench).await?);
            first.push(of_service(bench)?);
        }
        let (first, floor) = (median(&first), median(&floor));
        ratios.push(first / floor);
        firsts.push(first);
        floors.push(floor);
    }
    Ok(Line {
        work: "first byte of that feed",
        floor: "first row of the bare client",
        target: Target::AtMost(1.5),
        ratios,
        notes: vec![format!(
            "{:.2} ms against {:.2} ms",
            median(&firsts),
            median(&floors)
        )],
    })
}

/// Milliseconds; the rest is cancelled.
async fn first_row(bench: &Bench) -> Result<f64, Failed> {
    let client = &bench.client;
    let statement = bench.translator.statement("Message", &[1], WHOLE)?;
    let prepared = prepare(client, &statement).await?;
    std::thread::sleep(REST);
    let started = Instant::now();
    let rows = client
        .query_raw(&prepared, statement.params.iter().map(Bound))
        .await?;
    futures_util::pin_mut!(rows);
    let row = rows.try_next().await?;
    let took = started.elapsed();
    client.cancel_token().cancel_query(NoTls).await?;
    // What was on its way, and the error that ends it.
    while let Ok(Some(_)) = rows.try_next().await {}
    row.ok_or("no message is there")?;
    Ok(took.as_secs_f64() * 1e3)
}

/// Milliseconds; the client hangs up.
fn of_service(bench: &Bench) -> Result<f64, Failed> {
    let mut client = bench.service.client("bench-one");
    client.read("Message(1)", &[])?;
    std::thread::sleep(REST);
    let headers = [("Prefer", "odata.maxpagesize=1000000")];
    let enough = |_: &[u8]| ControlFlow::Break(());
    let answer = client.get_with("/v1.0/odata/Message", &headers, enough)?;
    match answer.status {
        200 => Ok(answer.first_byte.as_secs_f64() * 1e3),
        status => Err(format!("the feed is answered {status}").into()),
    }
}
