//! Short answers, many of them: 16 connections beside `pgbench` with as many.

use crate::floor::pgbench;
use crate::http::ask;
use crate::line::{Line, Target, median, percentile};
use crate::{Bench, Failed, process};
use futures_util::future::try_join_all;
use std::thread::ScopedJoinHandle;
use std::time::{Duration, Instant};

/// Connections at once.
pub(crate) const CONNECTIONS: u64 = 16;
/// Threads of the client that have them.
pub(crate) const THREADS: u64 = 2;

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
            let idle = bench.backend_cpu();
            let floor = pgbench(&bench.world, &statement, random, bench.seconds)?;
            // Its sessions end behind it, and are counted where they stand or with those that have ended.
            std::thread::sleep(Duration::from_millis(300));
            cpu.floor += bench.backend_cpu() - idle;
            cpu.transactions += floor * bench.seconds as f64;
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
    /// Those of PostgreSQL for `pgbench`, and its transactions.
    floor: f64,
    transactions: f64,
}

impl Cpu {
    fn now(bench: &Bench) -> Cpu {
        Cpu {
            service: process::cpu(bench.service.pid()),
            backend: bench.backend_cpu(),
            client: process::cpu(std::process::id()),
            ..Cpu::default()
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
        let floor = self.floor * 1e6 / self.transactions.max(1.0);
        format!(
            "CPU of each: service {service:.0} us, PostgreSQL {backend:.0} us ({floor:.0} us for `pgbench`), client {client:.0} us"
        )
    }
}

fn is_4242(param: &odata_core::sql::Param) -> bool {
    let value = param.value.as_deref();
    value == Some(&4242i32.to_be_bytes()) || value == Some(&4242i64.to_be_bytes())
}

/// Milliseconds of each request; the connections are shared out to as many threads as `pgbench` has.
fn load(bench: &Bench, work: &Work) -> Result<Vec<f64>, Failed> {
    let until = Instant::now() + Duration::from_secs(bench.seconds);
    let address = &bench.service.address;
    let several = |thread: u64| {
        let connections = (0..CONNECTIONS).filter(|number| number % THREADS == thread);
        let each = connections.map(|number| async move {
            let (mut seed, mut times) = (number * 7919 + 1, Vec::new());
            let next = || (Instant::now() < until).then(|| path(work, &mut seed));
            let told = |took: Duration| times.push(took.as_secs_f64() * 1e3);
            ask(address, "bench-one", next, told).await?;
            Ok::<_, Failed>(times)
        });
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        runtime.enable_all().build()?.block_on(try_join_all(each))
    };
    let threads = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|thread| scope.spawn(move || several(thread)))
            .collect();
        let ended = threads.into_iter().map(ScopedJoinHandle::join);
        ended.collect::<Vec<_>>()
    });
    let mut all = Vec::new();
    for ended in threads {
        all.extend(ended.map_err(|_| "a thread failed")??.into_iter().flatten());
    }
    Ok(all)
}

/// The path of the next request.
fn path(work: &Work, seed: &mut u64) -> String {
    *seed = seed
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    let id = work.random.map_or(0, |(each, up_to)| {
        let id = 1 + (*seed >> 33) % up_to;
        // Of account 1 (data.sql): what is another's is not answered at once.
        let is_foreign = (1 + (id - 1) / each) % 111 >= 100;
        if is_foreign { id - 11 * each } else { id }
    });
    format!("/v1.0/odata/{}", work.path.replace("{}", &id.to_string()))
}
