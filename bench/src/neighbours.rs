//! What one caller feels of others: of downloads, of guesses at tokens, and of rows that are not theirs.

use crate::floor::{drain_prepared, prepare};
use crate::line::{Line, Target, median, percentile};
use crate::{Bench, Failed};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::task::JoinHandle as Task;

/// Walks of another caller at once.
const WALKS: usize = 12;
/// Unknown tokens a second.
const GUESSES: u64 = 1_000;
/// Connections that they come on.
const GUESSERS: u64 = 4;
/// Requests for keys that are not there, and that are another account's.
const MISSES: usize = 5_000;
/// Keys that nobody has begin here.
const ABSENT: u64 = 9_000_000;

/// The key of a message of account 2 (data.sql).
fn of_second(number: u64) -> u64 {
    let conversation = 111 * (number % 1_000) + 100;
    10 * (conversation - 1) + 1 + number % 10
}

/// Milliseconds of point reads, one after the other; a status other than 200 is an error.
fn point_reads(bench: &Bench, seconds: u64) -> Result<Vec<f64>, Failed> {
    let mut client = bench.service.client("bench-small");
    let until = Instant::now() + Duration::from_secs(seconds);
    let mut times = Vec::new();
    let mut number = 0;
    while Instant::now() < until {
        number += 379;
        let started = Instant::now();
        client.read(&format!("Message({})", of_second(number)), &[])?;
        times.push(started.elapsed().as_secs_f64() * 1e3);
    }
    Ok(times)
}

/// Others, until they are told to stop; how many requests they made.
struct Others {
    stop: Arc<AtomicBool>,
    made: Arc<AtomicU64>,
    threads: Vec<JoinHandle<Result<(), Failed>>>,
}

impl Others {
    /// `ask` is called again and again, on a thread of each number.
    fn start<A>(count: u64, each: impl Fn(u64) -> A) -> Others
    where
        A: FnMut() -> Result<(), Failed> + Send + 'static,
    {
        let (stop, made) = (Arc::<AtomicBool>::default(), Arc::<AtomicU64>::default());
        let threads = (0..count).map(|number| {
            let (stop, made) = (stop.clone(), made.clone());
            let mut ask = each(number);
            std::thread::spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    ask()?;
                    made.fetch_add(1, Ordering::Relaxed);
                }
                Ok(())
            })
        });
        let threads = threads.collect();
        Others {
            stop,
            made,
            threads,
        }
    }

    fn stop(self) -> Result<u64, Failed> {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads {
            thread.join().map_err(|_| "a thread failed")??;
        }
        Ok(self.made.load(Ordering::Relaxed))
    }
}

/// The slowest hundredth of one caller's point reads, beside others and alone, each in turn.
fn felt(
    bench: &Bench,
    work: &'static str,
    target: f64,
    others: impl Fn() -> Others,
) -> Result<Line, Failed> {
    let (mut ratios, mut idle, mut beside) = (vec![], vec![], vec![]);
    let (mut made, mut spent) = (0, Duration::ZERO);
    for _ in 0..bench.runs {
        let alone = point_reads(bench, bench.seconds)?;
        let (others, since) = (others(), Instant::now());
        std::thread::sleep(Duration::from_millis(500));
        let among = point_reads(bench, bench.seconds);
        made += others.stop()?;
        spent += since.elapsed();
        let (alone, among) = (percentile(&alone, 0.99), percentile(&among?, 0.99));
        ratios.push(among / alone);
        idle.push(alone);
        beside.push(among);
    }
    Ok(Line {
        work,
        floor: "the same, alone",
        target: Target::AtMost(target),
        ratios,
        notes: vec![
            format!("{:.2} ms against {:.2} ms", median(&beside), median(&idle)),
            format!("{:.0}/s of the others", made as f64 / spent.as_secs_f64()),
        ],
    })
}

/// One caller's point reads beside another's downloads; and what bare clients of PostgreSQL feel of each
/// other on this machine, without the service.
pub(crate) async fn beside_walks(bench: &Bench) -> Result<Line, Failed> {
    let mut line = through_service(bench)?;
    let (mut alone, mut beside) = (vec![], vec![]);
    for _ in 0..bench.runs {
        alone.push(percentile(&bare_reads(bench)?, 0.99));
        let (stop, walks) = bare_walks(bench).await?;
        let among = bare_reads(bench);
        stop.store(true, Ordering::Relaxed);
        for walk in walks {
            walk.await??;
        }
        beside.push(percentile(&among?, 0.99));
    }
    let ratios: Vec<f64> = alone.iter().zip(&beside).map(|(a, b)| b / a).collect();
    line.notes.push(format!(
        "bare clients with the same point reads and first pages: {:.1} ({:.2} ms against {:.2} ms)",
        median(&ratios),
        median(&beside),
        median(&alone)
    ));
    Ok(line)
}

/// Milliseconds of the statements of point reads, one after the other, by a bare client on a thread of its own.
fn bare_reads(bench: &Bench) -> Result<Vec<f64>, Failed> {
    let reads = || {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        runtime.enable_all().build()?.block_on(read_bare(bench))
    };
    std::thread::scope(|scope| scope.spawn(reads).join()).map_err(|_| "a thread failed")?
}

async fn read_bare(bench: &Bench) -> Result<Vec<f64>, Failed> {
    let client = bench.world.client().await?;
    let statement = |number| {
        let url = format!("Message({})", of_second(number));
        bench.translator.statement(&url, &[2], 1)
    };
    let prepared = prepare(&client, &statement(0)?).await?;
    let until = Instant::now() + Duration::from_secs(bench.seconds);
    let (mut times, mut number) = (Vec::new(), 0);
    while Instant::now() < until {
        number += 379;
        let statement = statement(number)?;
        let started = Instant::now();
        let (_, rows) = drain_prepared(&client, &prepared, &statement).await?;
        times.push(started.elapsed().as_secs_f64() * 1e3);
        if rows != 1 {
            return Err("a message is not there".into());
        }
    }
    Ok(times)
}

/// What stops them, and the walks.
type Walks = (Arc<AtomicBool>, Vec<Task<Result<(), Failed>>>);

/// Bare clients that drain the statement of a first page again and again, until they are told to stop.
async fn bare_walks(bench: &Bench) -> Result<Walks, Failed> {
    let stop = Arc::<AtomicBool>::default();
    let statement = Arc::new(bench.translator.statement("Message", &[1], 10_000)?);
    let mut walks = Vec::new();
    for _ in 0..WALKS {
        let (stop, statement) = (stop.clone(), statement.clone());
        let client = bench.world.client().await?;
        let prepared = prepare(&client, &statement).await?;
        walks.push(tokio::spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                drain_prepared(&client, &prepared, &statement).await?;
            }
            Ok(())
        }));
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    Ok((stop, walks))
}

fn through_service(bench: &Bench) -> Result<Line, Failed> {
    let work = "the slowest hundredth of a second caller's `Message(ID)`, beside 12 parallel walks of the first";
    felt(bench, work, 5.0, || {
        Others::start(WALKS as u64, |_| {
            let mut client = bench.service.client("bench-one");
            let mut next = Some("Message".to_owned());
            move || {
                let path = next.take().unwrap_or_else(|| "Message".to_owned());
                next = client.read(&path, &[])?.next();
                Ok(())
            }
        })
    })
}

/// The same beside guesses at tokens.
pub(crate) fn beside_guesses(bench: &Bench) -> Result<Line, Failed> {
    let work = "the same beside 1,000 unknown tokens a second";
    felt(bench, work, 2.0, || {
        Others::start(GUESSERS, |number| {
            let mut client = bench.service.client("guess");
            let begun = Instant::now();
            let mut sent = 0;
            move || {
                client.token = format!("guess-{number}-{sent}");
                let answer = client.get("/v1.0/odata/Message(1)", &[])?;
                sent += 1;
                let due = Duration::from_secs_f64((sent * GUESSERS) as f64 / GUESSES as f64);
                std::thread::sleep(due.saturating_sub(begun.elapsed()));
                match answer.status {
                    401 => Ok(()),
                    status => Err(format!("a guess is answered {status}").into()),
                }
            }
        })
    })
}

/// Whether a key of another account and one that nobody has can be told apart by time.
pub(crate) fn misses(bench: &Bench) -> Result<Line, Failed> {
    let mut client = bench.service.client("bench-one");
    let (mut ratios, mut medians, mut means) = (vec![], vec![], vec![]);
    for _ in 0..bench.runs {
        let mut times = [vec![], vec![]];
        for place in 0..2 * MISSES {
            let kind = place % 2;
            let number = (place / 2) as u64;
            let key = [of_second(number), ABSENT + number][kind];
            let started = Instant::now();
            let answer = client.get(&format!("/v1.0/odata/Message({key})"), &[])?;
            times[kind].push(started.elapsed().as_secs_f64() * 1e3);
            if answer.status != 404 {
                return Err(format!("Message({key}) is answered {}", answer.status).into());
            }
        }
        let ratio = |[foreign, absent]: [f64; 2]| (foreign / absent).max(absent / foreign);
        means.push(ratio(
            times
                .each_ref()
                .map(|times| times.iter().sum::<f64>() / times.len() as f64),
        ));
        let middle = times.map(|times| median(&times));
        ratios.push(ratio(middle));
        medians.push(middle[0]);
    }
    Ok(Line {
        work: "404 for a key of another account: median of 5,000",
        floor: "for a key that nobody has, in turns",
        target: Target::AtMost(1.02),
        ratios,
        notes: vec![
            format!("{:.3} ms", median(&medians)),
            format!("of the means: {:.3}", median(&means)),
        ],
    })
}
