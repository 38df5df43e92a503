//! Short answers, many of them: 16 connections beside `pgbench` with as many.

use crate::floor::pgbench;
use crate::line::{Line, Target, median, percentile};
use crate::{Bench, Failed, process};
use std::time::{Duration, Instant};

/// Connections at once.
const CONNECTIONS: u64 = 16;

struct Work {
    name: &'static str,
    /// `{}` is another number each time.
    path: &'static str,
    /// How many of its kind a conversation has, and the largest number.
    random: Option<(u64, u64)>,
    page: u64,
    target: f64,
}

const WORK: &[Work] = &[
    Work {
        name: "`Message(ID)`, random, 16 connections",
        path: "Message({})",
        random: Some((10, 1_110_000)),
        page: 1,
        target: 0.55,
    },
    Work {
        name: "`Conversation(ID)/messages`, 16 connections",
        path: "Conversation({})/messages",
        random: Some((1, 111_000)),
        page: 10_000,
        target: 0.5,
    },
    Work {
        name: "`Message?$top=100`, 16 connections",
        path: "Message?$top=100",
        random: None,
        page: 10_000,
        target: 0.6,
    },
    Work {
        name: "`Message?$top=5000&$select=` 4 columns, 16 connections",
        path: "Message?$top=5000&$select=id,message_type,created_at,conversation_id",
        random: None,
        page: 10_000,
        target: 0.75,
    },
    Work {
        name: "`Conversation?$top=100&$expand=messages($top=5)`, 16 connections",
        path: "Conversation?$top=100&$expand=messages($top=5)",
        random: None,
        page: 10_000,
        target: 0.7,
    },
];

/// Every kind of short request.
pub(crate) fn all(bench: &Bench) -> Result<Vec<Line>, Failed> {
    let mut lines = Vec::new();
    for work in WORK {
        let (mut ratios, mut rates, mut floors, mut spread) = (vec![], vec![], vec![], vec![]);
        let mut millis = (0.0, 0.0);
        let mut cpu = Cpu::default();
        for _ in 0..bench.runs {
            let url = work.path.replace("{}", "4242");
            let statement = bench.translator.statement(&url, &[1], work.page)?;
            let random = work.random.map(|(_, up_to)| {
                let place = statement.params.iter().position(is_4242);
                (place.map_or(0, |place| place + 1), up_to)
            });
            let floor = pgbench(&bench.world, &statement, random, bench.seconds)?;
            let before = Cpu::now(bench);
            let times = load(bench, work)?;
            cpu.add(&before, &Cpu::now(bench), times.len());
            let rate = times.len() as f64 / bench.seconds as f64;
            millis = (percentile(&times, 0.5), percentile(&times, 0.99));
            ratios.push(rate / floor);
            rates.push(rate);
            floors.push(floor);
            spread.push(millis.1 / millis.0);
        }
        let notes = vec![
            format!("{:.0}/s against {:.0}/s", median(&rates), median(&floors)),
            format!("{:.2} ms, 99 %: {:.2} ms", millis.0, millis.1),
            cpu.told(),
        ];
        lines.push(Line {
            work: work.name,
            floor: "`pgbench -M prepared`, the same SQL and connections",
            target: Target::AtLeast(work.target),
            ratios,
            notes,
        });
        if lines.len() == 1 {
            lines.push(Line {
                work: "the slowest hundredth of those",
                floor: "their median",
                target: Target::AtMost(4.0),
                ratios: spread,
                notes: vec![],
            });
        }
    }
    Ok(lines)
}

/// CPU seconds of those who take part.
#[derive(Default)]
struct Cpu {
    service: f64,
    backend: f64,
    client: f64,
    /// The requests that they were spent on.
    requests: usize,
}

impl Cpu {
    fn now(bench: &Bench) -> Cpu {
        Cpu {
            service: process::cpu(bench.service.pid()),
            backend: bench.backend_cpu(),
            client: process::cpu(std::process::id()),
            requests: 0,
        }
    }

    fn add(&mut self, before: &Cpu, after: &Cpu, requests: usize) {
        self.service += after.service - before.service;
        self.backend += after.backend - before.backend;
        self.client += after.client - before.client;
        self.requests += requests;
    }

    fn told(&self) -> String {
        let each = |seconds: f64| seconds * 1e6 / self.requests.max(1) as f64;
        let [service, backend, client] = [self.service, self.backend, self.client].map(each);
        format!(
            "CPU of each: service {service:.0} us, PostgreSQL {backend:.0} us, client {client:.0} us"
        )
    }
}

fn is_4242(param: &odata_core::sql::Param) -> bool {
    let value = param.value.as_deref();
    value == Some(&4242i32.to_be_bytes()) || value == Some(&4242i64.to_be_bytes())
}

/// Milliseconds of each request.
fn load(bench: &Bench, work: &Work) -> Result<Vec<f64>, Failed> {
    let threads: Vec<_> = (0..CONNECTIONS)
        .map(|number| {
            let mut client = bench.service.client("bench-one");
            let (path, random) = (work.path, work.random);
            let until = Instant::now() + Duration::from_secs(bench.seconds);
            std::thread::spawn(move || {
                let mut times = Vec::new();
                let mut seed = number * 7919 + 1;
                while Instant::now() < until {
                    seed = seed
                        .wrapping_mul(6_364_136_223_846_793_005)
                        .wrapping_add(1_442_695_040_888_963_407);
                    let id = random.map_or(0, |(each, up_to)| {
                        let id = 1 + (seed >> 33) % up_to;
                        // Of account 1 (data.sql): what is another's is not answered at once.
                        let is_foreign = (1 + (id - 1) / each) % 111 >= 100;
                        if is_foreign { id - 11 * each } else { id }
                    });
                    let path = format!("/v1.0/odata/{}", path.replace("{}", &id.to_string()));
                    let started = Instant::now();
                    if client.get(&path, &[]).ok()?.status != 200 {
                        return None;
                    }
                    times.push(started.elapsed().as_secs_f64() * 1e3);
                }
                Some(times)
            })
        })
        .collect();
    let mut all = Vec::new();
    for thread in threads {
        let times = thread.join().ok().flatten();
        all.extend(times.ok_or("a connection failed under load")?);
    }
    Ok(all)
}
