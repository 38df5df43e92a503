//! How fast the service is, beside what PostgreSQL can do on the same machine in the same minutes.
//!
//! `cargo run --release -p bench` makes the database once, builds the service, runs each line beside
//! its floor and prints the table; with `--write` it writes it into `bench/README.md`.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it talks to whoever measures"
)]

mod feeds;
mod first_byte;
mod floor;
mod http;
mod instructions;
mod line;
mod micro;
mod neighbours;
mod plans;
mod process;
mod requests;
mod service;
mod world;

use clap::Parser;
use floor::Translator;
use line::{Line, Target};
use service::Service;
use std::error::Error;
use std::time::Duration;
use world::World;

/// Whatever ends a run.
pub(crate) type Failed = Box<dyn Error + Send + Sync>;

/// Measures the service beside its floors.
#[derive(Parser)]
struct Args {
    /// How often each line is run; the median counts.
    #[arg(long, default_value_t = 5)]
    runs: usize,
    /// Seconds of each run of short requests.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// Only these parts.
    #[arg(long, value_delimiter = ',', value_parser = PARTS)]
    only: Vec<String>,
    /// Writes the table into bench/README.md.
    #[arg(long)]
    write: bool,
    /// Counts instructions from URL to statement instead (with valgrind, without a database).
    #[arg(long)]
    instructions: bool,
    /// Compares PostgreSQL's plans for typical requests with plans.txt instead.
    #[arg(long)]
    plans: bool,
    /// Translates one of the typical queries so often, and no more: what the counter runs.
    #[arg(long, hide = true, num_args = 2)]
    translate: Vec<usize>,
}

/// What the lines are measured with.
pub(crate) struct Bench {
    pub(crate) world: World,
    pub(crate) service: Service,
    pub(crate) translator: Translator,
    pub(crate) client: tokio_postgres::Client,
    pub(crate) runs: usize,
    pub(crate) seconds: u64,
}

impl Bench {
    /// CPU seconds of PostgreSQL so far.
    pub(crate) fn backend_cpu(&self) -> f64 {
        self.world
            .postgres
            .pid()
            .map_or(0.0, process::cpu_of_server)
    }
}

#[tokio::main]
async fn main() -> Result<(), Failed> {
    let args = Args::parse();
    if args.instructions {
        return instructions::check();
    }
    if let [place, times] = args.translate[..] {
        return instructions::translate(&Translator::of_model(), place, times);
    }
    let world = World::open().await?;
    if args.plans {
        let copy = world.copied().await?;
        let found = plans::all(&copy).await;
        copy.drop_copy().await?;
        return plans::check(&found?);
    }
    let translator = Translator::new(&world).await?;
    let binary = service::build()?;
    let mut starts = Vec::new();
    for _ in 0..args.runs {
        starts.push(Service::start(&binary, &world.url())?.ready_after);
    }
    let bench = Bench {
        service: Service::start(&binary, &world.url())?,
        client: world.client().await?,
        world,
        translator,
        runs: args.runs,
        seconds: args.seconds,
    };
    let wanted = |part: &str| args.only.is_empty() || args.only.iter().any(|only| only == part);
    let mut table = String::from(Line::HEAD);
    let mut usage = String::from(Usage::HEAD);
    for part in PARTS.into_iter().filter(|part| wanted(part)) {
        let before = Usage::now(&bench);
        for line in lines(part, &bench, &starts).await? {
            print!("{}", line.row());
            table.push_str(&line.row());
        }
        usage.push_str(&before.row(part, &bench));
    }
    print!("\n{usage}");
    table.push_str(&format!("\n{usage}"));
    if args.write {
        let version: String = bench
            .client
            .query_one("SHOW server_version", &[])
            .await?
            .get(0);
        write(&table, &facts(&version, bench.runs, bench.seconds))?;
    }
    Ok(())
}

/// What `--only` may name, in the order in which they run.
const PARTS: [&str; 11] = [
    "whole",
    "walks",
    "requests",
    "deep",
    "aggregates",
    "slow",
    "neighbours",
    "guesses",
    "misses",
    "micro",
    "start",
];

/// The lines of one of them.
async fn lines(part: &str, bench: &Bench, starts: &[Duration]) -> Result<Vec<Line>, Failed> {
    Ok(match part {
        "whole" => feeds::whole(bench).await?,
        "walks" => feeds::walks(bench).await?,
        "requests" => requests::all(bench)?,
        "deep" => feeds::deep(bench).await?,
        "aggregates" => feeds::aggregates(bench).await?,
        "slow" => feeds::slow_readers(bench).await?,
        "neighbours" => vec![neighbours::beside_walks(bench).await?],
        "guesses" => vec![neighbours::beside_guesses(bench)?],
        "misses" => vec![neighbours::misses(bench)?],
        "micro" => {
            let mut lines = vec![micro::translation(bench)?];
            lines.extend(micro::rows(bench).await?);
            lines
        }
        _ => vec![start(starts)],
    })
}

/// What a part of the run took in all, its floors included: CPU seconds, from the operating system.
struct Usage {
    service: f64,
    postgres: f64,
}

impl Usage {
    const HEAD: &str = "| part, with its floors | CPU of the service, s | CPU of PostgreSQL, s | peak memory of the service, MiB |\n|---|---|---|---|\n";

    /// What both have taken until now; the peak is forgotten.
    fn now(bench: &Bench) -> Usage {
        process::reset_peak(bench.service.pid());
        Usage {
            service: process::cpu(bench.service.pid()),
            postgres: bench.backend_cpu(),
        }
    }

    /// What was taken since.
    fn row(&self, part: &str, bench: &Bench) -> String {
        let service = process::cpu(bench.service.pid()) - self.service;
        let postgres = bench.backend_cpu() - self.postgres;
        let peak = process::memory(bench.service.pid()).1;
        format!("| {part} | {service:.1} | {postgres:.1} | {peak:.0} |\n")
    }
}

fn start(starts: &[Duration]) -> Line {
    Line {
        work: "start of the release binary to ready, ms",
        floor: "",
        target: Target::AtMost(150.0),
        ratios: starts
            .iter()
            .map(|start| start.as_secs_f64() * 1e3)
            .collect(),
        notes: vec![],
    }
}

/// Puts the table where the README has its place for it.
fn write(table: &str, facts: &str) -> Result<(), Failed> {
    const BEGIN: &str = "<!-- figures -->\n";
    const END: &str = "<!-- end of figures -->";
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
    let text = std::fs::read_to_string(path)?;
    let (before, rest) = text
        .split_once(BEGIN)
        .ok_or("README.md has no place for figures")?;
    let (_, after) = rest
        .split_once(END)
        .ok_or("README.md has no end of figures")?;
    std::fs::write(
        path,
        format!("{before}{BEGIN}{facts}\n\n{table}{END}{after}"),
    )?;
    Ok(())
}

/// What was measured, on what, and how often.
fn facts(postgres: &str, runs: usize, seconds: u64) -> String {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let field = |text: &str, name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        line.map(|rest| rest.trim_matches([' ', '\t', ':']).to_owned())
    };
    let cpus = std::thread::available_parallelism().map_or(0, usize::from);
    let model = field(&read("/proc/cpuinfo"), "model name");
    let memory = field(&read("/proc/meminfo"), "MemTotal");
    let memory = memory.and_then(|text| text.trim_end_matches(" kB").parse::<u64>().ok());
    let kernel = read("/proc/sys/kernel/osrelease");
    let kernel: Vec<&str> = kernel.trim().split(['.', '-']).take(2).collect();
    let commit = std::process::Command::new("git")
        .args(["rev-parse", "--short", "HEAD"])
        .output();
    let commit = commit.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    format!(
        "{cpus} cores of {}, {} GiB of memory, Linux {}, PostgreSQL {}; service, database and client share them. Commit {}, \
         each line {runs} times, those of requests for {seconds} seconds each time.",
        model.as_deref().unwrap_or("an unknown processor"),
        memory.unwrap_or_default() / 1024 / 1024,
        kernel.join("."),
        postgres.split(' ').next().unwrap_or_default(),
        commit.unwrap_or_default(),
    )
}
