//! Long answers: whole pages, walks, compression, aggregation, slow readers.

use crate::first_byte::first_byte;
use crate::floor::{WHOLE, drain};
use crate::http::{Client, next_link};
use crate::line::{Line, Target, median};
use crate::{Bench, Failed, process};
use flate2::write::GzDecoder;
use std::io::Write;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

/// `Message` whole in one page.
pub(crate) async fn whole(bench: &Bench) -> Result<Vec<Line>, Failed> {
    let statement = bench.translator.statement("Message", &[1], WHOLE)?;
    let (mut ratios, mut cpu, mut notes) = (vec![], vec![], vec![]);
    let (mut rates, mut floors) = (vec![], vec![]);
    // Both sides know the statement by then, on every thread that may get the request.
    for _ in 0..8 {
        let mut client = bench.service.client("bench-one");
        client.read("Message", &[("Prefer", "odata.maxpagesize=10")])?;
    }
    process::reset_peak(bench.service.pid());
    for _ in 0..bench.runs {
        let (floor, rows) = drain(&bench.client, &statement).await?;
        let (service, backend) = (process::cpu(bench.service.pid()), bench.backend_cpu());
        let started = Instant::now();
        let mut client = bench.service.client("bench-one");
        let answer = client.read("Message", &[("Prefer", "odata.maxpagesize=1000000")])?;
        let took = started.elapsed();
        assert!(answer.next().is_none(), "the page is whole");
        let (service, backend) = (
            process::cpu(bench.service.pid()) - service,
            bench.backend_cpu() - backend,
        );
        ratios.push(floor.as_secs_f64() / took.as_secs_f64());
        cpu.push(service / backend);
        rates.push(rows as f64 / took.as_secs_f64() / 1000.0);
        floors.push(rows as f64 / floor.as_secs_f64() / 1000.0);
        notes = vec![
            format!(
                "{:.0} krows/s against {:.0}",
                median(&rates),
                median(&floors)
            ),
            format!("service {service:.2} s, backend {backend:.2} s of CPU"),
        ];
    }
    notes.push(format!(
        "peak {:.0} MiB",
        process::memory(bench.service.pid()).1
    ));
    Ok(vec![
        Line {
            work: "`Message` whole in one page, 1,000,000 rows",
            floor: "a bare client draining the same statement",
            target: Target::AtLeast(0.85),
            ratios,
            notes,
        },
        Line {
            work: "its CPU a row, of the service",
            floor: "that of the backend",
            target: Target::AtMost(1.0),
            ratios: cpu,
            notes: vec![],
        },
        first_byte(bench).await?,
    ])
}

/// A walk by next links: pages, and the time.
fn walk(
    client: &mut Client,
    first: &str,
    headers: &[(&str, &str)],
) -> Result<(u64, Duration), Failed> {
    let started = Instant::now();
    let mut next = Some(first.to_owned());
    let mut pages = 0;
    while let Some(path) = next {
        next = client.read(&path, headers)?.next();
        pages += 1;
    }
    Ok((pages, started.elapsed()))
}

/// The same with compressed pages.
fn walk_compressed(client: &mut Client, first: &str) -> Result<(u64, Duration), Failed> {
    let started = Instant::now();
    let mut next = Some(first.to_owned());
    let mut bytes = 0;
    while let Some(path) = next {
        let mut decoder = GzDecoder::new(End::default());
        let path = format!("/v1.0/odata/{path}");
        let answer = client.get_with(&path, &[("Accept-Encoding", "gzip")], |piece| {
            // What is no gzip fails at the end.
            let _ = decoder.write_all(piece);
            ControlFlow::Continue(())
        })?;
        bytes += answer.bytes;
        next = next_link(&decoder.finish()?.0);
    }
    Ok((bytes, started.elapsed()))
}

/// The end of what was written.
#[derive(Default)]
struct End(Vec<u8>);

impl Write for End {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0
            .extend_from_slice(&bytes[bytes.len().saturating_sub(4096)..]);
        let surplus = self.0.len().saturating_sub(4096);
        self.0.drain(..surplus);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The feed by next links, plain and compressed.
pub(crate) async fn walks(bench: &Bench) -> Result<Vec<Line>, Failed> {
    let statement = bench.translator.statement("Message", &[1], WHOLE)?;
    let (mut plain, mut compressed, mut sizes) = (vec![], vec![], vec![]);
    let mut pages = 0;
    let mut client = bench.service.client("bench-one");
    for _ in 0..bench.runs {
        let (floor, _) = drain(&bench.client, &statement).await?;
        let (count, took) = walk(&mut client, "Message", &[])?;
        process::reset_peak(bench.service.pid());
        let (bytes, gzip) = walk_compressed(&mut client, "Message")?;
        pages = count;
        plain.push(floor.as_secs_f64() / took.as_secs_f64());
        compressed.push(took.as_secs_f64() / gzip.as_secs_f64());
        sizes.push(bytes as f64 / 1e6);
    }
    Ok(vec![
        Line {
            work: "the same by next links, default flags",
            floor: "the bare client, draining all",
            target: Target::AtLeast(0.7),
            ratios: plain,
            notes: vec![format!("{pages} pages")],
        },
        Line {
            work: "that walk with gzip",
            floor: "that walk without",
            target: Target::AtLeast(0.6),
            ratios: compressed,
            notes: vec![
                format!("{:.0} MB on the wire", median(&sizes)),
                format!("peak {:.0} MiB", process::memory(bench.service.pid()).1),
            ],
        },
    ])
}

/// Page 1 and page 10,000, so often in a run.
const PAIRS: usize = 100;

/// Seconds that an answer takes.
fn time(client: &mut Client, path: &str, headers: &[(&str, &str)]) -> Result<f64, Failed> {
    let started = Instant::now();
    client.read(path, headers)?;
    Ok(started.elapsed().as_secs_f64())
}

/// A page far behind, and the walks of those who see little of the tables.
pub(crate) async fn deep(bench: &Bench) -> Result<Vec<Line>, Failed> {
    let small = [("Prefer", "odata.maxpagesize=100")];
    let mut client = bench.service.client("bench-one");
    let first = client.read("Message", &small)?.next().unwrap_or_default();
    let mut last = first.clone();
    let mut page = 2;
    while let Some(next) = client.read(&last, &[])?.next() {
        last = next;
        page += 1;
        if page == 10_000 {
            break;
        }
    }
    let mut depth = vec![];
    for _ in 0..bench.runs {
        // In turns: the machine's pace changes from one moment to the next.
        let (mut ones, mut deeps) = (vec![], vec![]);
        for _ in 0..PAIRS {
            ones.push(time(&mut client, "Message", &small)?);
            deeps.push(time(&mut client, &last, &[])?);
        }
        depth.push(median(&deeps) / median(&ones));
    }
    let mut lines = vec![Line {
        work: "page 10,000 of a next-link walk",
        floor: "page 1",
        target: Target::AtMost(1.2),
        ratios: depth,
        notes: vec![],
    }];
    for (work, token, accounts) in [
        (
            "the whole walk of an account with 1 % of the rows",
            "bench-small",
            &[2][..],
        ),
        (
            "the whole walk of an administrator of five accounts",
            "bench-five",
            &[3, 4, 5, 6, 7],
        ),
    ] {
        let statement = bench.translator.statement("Message", accounts, WHOLE)?;
        let mut client = bench.service.client(token);
        let mut ratios = vec![];
        let mut notes = vec![];
        for _ in 0..bench.runs {
            let (floor, rows) = drain(&bench.client, &statement).await?;
            let (pages, took) = walk(&mut client, "Message", &[])?;
            ratios.push(took.as_secs_f64() / floor.as_secs_f64());
            notes = vec![format!(
                "{rows} rows in {pages} pages, {:.0} ms",
                took.as_secs_f64() * 1e3
            )];
        }
        lines.push(Line {
            work,
            floor: "the unpaged statement",
            target: Target::AtMost(3.0),
            ratios,
            notes,
        });
    }
    Ok(lines)
}

/// A page, its count, and both in one.
const COUNTED: [&str; 3] = [
    "Message?$filter=inbox_id eq 3&$top=100",
    "Message/$count?$filter=inbox_id eq 3",
    "Message?$filter=inbox_id eq 3&$top=100&$count=true",
];
/// How often each is asked in a run, beside its floor: the first time its statement is prepared.
const TURNS: usize = 9;

/// Counts and aggregates.
pub(crate) async fn aggregates(bench: &Bench) -> Result<Vec<Line>, Failed> {
    let mut client = bench.service.client("bench-one");
    let by_hand = "SELECT inbox_id, message_type, count(*) FROM messages WHERE account_id = 1 \
                   GROUP BY inbox_id, message_type ORDER BY inbox_id, message_type";
    let (mut counted, mut grouped) = (vec![], vec![]);
    for _ in 0..bench.runs {
        let mut times = [vec![], vec![], vec![]];
        for _ in 0..TURNS {
            for (times, path) in times.iter_mut().zip(COUNTED) {
                times.push(time(&mut client, path, &[])?);
            }
        }
        let [page, count, both] = times.each_ref().map(|times| median(times));
        counted.push(both / (page + count));
        let apply = "Message?$apply=groupby((inbox_id,message_type),aggregate($count as n))";
        let (mut floors, mut applied) = (vec![], vec![]);
        for _ in 0..TURNS {
            let started = Instant::now();
            bench.client.query(by_hand, &[]).await?;
            floors.push(started.elapsed().as_secs_f64());
            applied.push(time(&mut client, apply, &[])?);
        }
        grouped.push(median(&applied) / median(&floors));
    }
    Ok(vec![
        Line {
            work: "`$count=true` on a filtered page",
            floor: "the page and the bare count",
            target: Target::AtMost(1.1),
            ratios: counted,
            notes: vec![],
        },
        Line {
            work: "`$apply=groupby((inbox_id,message_type),aggregate($count as n))` over 1,000,000 rows",
            floor: "the same SQL by hand",
            target: Target::AtMost(1.05),
            ratios: grouped,
            notes: vec![],
        },
    ])
}

/// Readers slower than the database.
pub(crate) async fn slow_readers(bench: &Bench) -> Result<Vec<Line>, Failed> {
    let mut client = bench.service.client("bench-one");
    for id in 1..=10 {
        client.read(&format!("Message({id})"), &[])?;
    }
    let pid = bench.service.pid();
    process::reset_peak(pid);
    let before = process::memory(pid).0;
    let address = bench.service.address.clone();
    std::thread::spawn(move || {
        let mut slow = Client::new(&address, "bench-one");
        slow.throttle = Some(1_000_000);
        // It is left when the time is over.
        let _ = slow.read("Message", &[("Prefer", "odata.maxpagesize=1000000")]);
    });
    std::thread::sleep(Duration::from_secs(20));
    let growth = process::memory(pid).1 - before;
    let one = Line {
        work: "1,000,000 rows to a client that reads 1 MB/s: growth of memory, MiB",
        floor: "after ten point reads",
        target: Target::AtMost(16.0),
        ratios: vec![growth],
        notes: vec!["the first 20 s".to_owned()],
    };
    process::reset_peak(pid);
    let readers: Vec<_> = (0..200)
        .map(|_| {
            let address = bench.service.address.clone();
            std::thread::spawn(move || {
                let mut slow = Client::new(&address, "bench-one");
                slow.throttle = Some(50_000);
                slow.read("Message", &[]).is_ok()
            })
        })
        .collect();
    let started = Instant::now();
    let mut times = vec![];
    while started.elapsed() < Duration::from_secs(30) {
        let asked = Instant::now();
        bench
            .service
            .client("bench-small")
            .read("Message(1001)/conversation/$ref", &[])
            .ok();
        times.push(asked.elapsed().as_secs_f64() * 1e3);
        std::thread::sleep(Duration::from_millis(50));
    }
    let served = readers
        .into_iter()
        .map(|reader| reader.join().unwrap_or(false));
    let failed = served.filter(|served| !served).count();
    let peak = process::memory(pid).1;
    Ok(vec![
        one,
        Line {
            work: "200 clients reading default pages at 50 KB/s, pool of 16: peak memory, MiB",
            floor: "the drain budget of 256 MiB, and 50",
            target: Target::AtMost(306.0),
            ratios: vec![peak],
            notes: vec![format!(
                "{failed} requests failed; point reads of others {:.1} ms (median), {:.1} ms (99 %)",
                median(&times),
                crate::line::percentile(&times, 0.99)
            )],
        },
    ])
}
