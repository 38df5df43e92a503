//! Everything at once for a while: mixed load and one fault after the other, every answer held
//! against the known one; and at the end nothing is left over. `SOAK_MINUTES` says how long (1).

use super::formats::Form;
use super::{World, is_cut, is_error, until};
use crate::large::connect;
use crate::program::Program;
use crate::streams::own_memory;
use std::io::Read as _;
use std::net::Shutdown;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tests::proxy::{At, DATA_ROW, Fault, row};
use tests::{Client, Response};

const ROWS: usize = 5_000;
const POOL: usize = 6;
/// The pool's connections and those of the lane.
const CONNECTIONS: usize = POOL + 2;
const MIB: u64 = 1 << 20;
/// How long one fault lasts, and the calm behind it.
const LASTS: Duration = Duration::from_millis(900);
const CALM: Duration = Duration::from_millis(500);
/// All must be well again after the last one: what fell silent takes its time-outs to be noticed.
const RECOVERY: Duration = Duration::from_secs(60);

const QUESTIONS: [(&str, Form); 12] = [
    ("Message", Form::Json),
    ("Message?$orderby=content desc,id", Form::Json),
    ("Message", Form::NdJson),
    ("Message", Form::Csv),
    ("Message", Form::CsvOfOne),
    ("Conversation?$expand=messages($top=20)", Form::Json),
    (
        "Message?$filter=contains(content,'more')&$top=50",
        Form::Json,
    ),
    ("Message(7)", Form::Json),
    ("Inbox(1)/messages/$count", Form::Json),
    (
        "Message?$apply=groupby((message_type),aggregate($count as n))",
        Form::Json,
    ),
    ("Message?$filter=nothing eq 1", Form::Json),
    ("Nothing", Form::Json),
];

/// What happened, and how often.
#[derive(Debug, Default)]
struct Tally {
    whole: AtomicU64,
    cut: AtomicU64,
    unavailable: AtomicU64,
    timeout: AtomicU64,
    hung_up: AtomicU64,
    faults: AtomicU64,
    hits: AtomicU64,
}

/// Numbers that look random and are the same each time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

/// What the threads that ask share.
struct Load {
    client: Client,
    known: Vec<Response>,
    tally: Tally,
    end: AtomicBool,
}

#[tokio::test]
async fn under_load_and_faults_every_answer_is_right_or_none_and_nothing_leaks() {
    let minutes = std::env::var("SOAK_MINUTES").map_or(1.0, |text| text.parse::<f64>().unwrap());
    let mut world = World::new(ROWS).await;
    let pool = format!("--pool-size={POOL}");
    let words = [
        &*pool,
        "--workers=2",
        "--statement-timeout=3s",
        "--stream-timeout=6s",
        "--stall-timeout=3s",
        "--log-level=error,liveagent_odata=info",
    ];
    let program = Program::serve(&world.proxy.connection_string("postgres"), &words);
    let client = program.client().token("KEY");
    let is_ready = || client.get("/health/ready").status == 200;
    until(is_ready, || program.said()).await;
    let known: Vec<Response> = QUESTIONS
        .iter()
        .map(|(path, form)| form.ask_for(&client, path))
        .collect();
    // Once under load, so that what is made once is there.
    let load = Load::new(&client, &known);
    let threads = load.start();
    tokio::time::sleep(Duration::from_secs(3)).await;
    load.end(threads);
    let before = Usage::of(program.pid());

    let load = Load::new(&client, &known);
    let threads = load.start();
    let mut numbers = Numbers(0x9E37_79B9_7F4A_7C15);
    let since = Instant::now();
    while since.elapsed().as_secs_f64() < 60.0 * minutes {
        disturb(&mut world, &mut numbers, &load.tally).await;
    }
    load.end(threads);

    // All is well again, more than once: the connections take turns.
    let since = Instant::now();
    let mut in_a_row = 0;
    while in_a_row < 3 {
        let is_right = |place: usize| {
            let (path, form) = QUESTIONS[place];
            let response = form.ask_for(&client, path);
            let known = &known[place];
            response.complete && (response.status, &response.body) == (known.status, &known.body)
        };
        let wrong = (0..QUESTIONS.len()).find(|place| !is_right(*place));
        in_a_row = if wrong.is_none() { in_a_row + 1 } else { 0 };
        assert!(since.elapsed() < RECOVERY, "it does not recover: {wrong:?}");
    }
    let recovery = since.elapsed();
    client.get("/health/ready").expect(200);
    world.until_open(CONNECTIONS).await;
    world.large.until_idle().await;
    let backends = world.large.backends("true").await;
    let after = Usage::of(program.pid());
    let tally = &load.tally;
    println!(
        "soak, {minutes} minutes: {tally:?}; well again after {recovery:?}; {backends} backends; \
         before {before:?}, after {after:?}"
    );
    assert!(usize::try_from(backends).is_ok_and(|n| n <= CONNECTIONS));
    for count in [&tally.whole, &tally.cut, &tally.unavailable, &tally.hits] {
        assert!(count.load(Ordering::Relaxed) > 0, "{tally:?}");
    }
    if let (Some(before), Some(after)) = (before, after) {
        assert!(after.files <= before.files + CONNECTIONS, "{after:?}");
        assert!(after.threads <= before.threads + 2, "{after:?}");
        assert!(after.memory <= before.memory + 64 * MIB, "{after:?}");
    }
    program.signal("TERM");
    let ended = program.end();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(!ended.stderr.contains("panicked"), "{}", ended.stderr);
}

impl Load {
    fn new(client: &Client, known: &[Response]) -> Arc<Load> {
        Arc::new(Load {
            client: client.clone(),
            known: known.to_owned(),
            tally: Tally::default(),
            end: AtomicBool::new(false),
        })
    }

    fn start(self: &Arc<Load>) -> Vec<JoinHandle<()>> {
        let start = |seed: u64| {
            let load = self.clone();
            std::thread::spawn(move || load.ask(Numbers(seed * 0x1234_5678_9ABC)))
        };
        (1..=4).map(start).collect()
    }

    /// Ends them. What one of them found wrong ends the test.
    fn end(&self, threads: Vec<JoinHandle<()>>) {
        self.end.store(true, Ordering::Relaxed);
        for thread in threads {
            if let Err(panic) = thread.join() {
                std::panic::resume_unwind(panic);
            }
        }
    }

    fn ask(&self, mut numbers: Numbers) {
        while !self.end.load(Ordering::Relaxed) {
            let place = numbers.below(QUESTIONS.len() as u64) as usize;
            let (path, form) = QUESTIONS[place];
            if numbers.below(10) == 0 {
                // Hangs up, sooner or later.
                let path = format!("/v1.0/odata/{path}");
                let mut stream = self.client.begin("GET", &path, &[]);
                let size = numbers.below(300_000) as usize;
                let patience = Duration::from_millis(1 + numbers.below(200));
                stream.set_read_timeout(Some(patience)).unwrap();
                let _ = stream.read(&mut vec![0; 1 + size]);
                let _ = stream.shutdown(Shutdown::Both);
                self.tally.hung_up.fetch_add(1, Ordering::Relaxed);
            } else {
                let response = form.ask_for(&self.client, path);
                self.check(&response, place);
            }
            std::thread::sleep(Duration::from_millis(numbers.below(20)));
        }
    }

    /// The known answer, a beginning of it, or an error that is to be expected.
    fn check(&self, response: &Response, place: usize) {
        let (path, form) = QUESTIONS[place];
        let known = &self.known[place];
        let count = match response.status {
            status if status == known.status && response.complete => {
                // How gzip cuts its blocks depends on the time; none of these is gzip.
                assert_eq!(response.body, known.body, "{path}");
                &self.tally.whole
            }
            200 => {
                is_cut(response, form, known);
                &self.tally.cut
            }
            503 => {
                is_error(response, 503, true);
                &self.tally.unavailable
            }
            _ => {
                is_error(response, 504, false);
                &self.tally.timeout
            }
        };
        count.fetch_add(1, Ordering::Relaxed);
    }
}

/// One fault for a while, and calm behind it.
async fn disturb(world: &mut World, numbers: &mut Numbers, tally: &Tally) {
    let number = numbers.below(ROWS as u64);
    let byte = numbers.below(400_000);
    let within = At::Message {
        tag: DATA_ROW,
        number,
        byte: numbers.below(40),
    };
    let proxied = [
        Fault::Cut(row(number)),
        Fault::Cut(within),
        Fault::Cut(At::Byte(byte)),
        Fault::Reset(At::Byte(byte)),
        Fault::HalfClose(row(number)),
        Fault::BlackHole(row(number)),
        Fault::BlackHole(At::Byte(0)),
        Fault::Delay(Duration::from_millis(20)),
        Fault::Throttle(300_000),
        Fault::Refuse,
        Fault::Silent,
    ];
    tally.faults.fetch_add(1, Ordering::Relaxed);
    let choice = numbers.below(proxied.len() as u64 + 4) as usize;
    match (proxied.get(choice), choice - choice.min(proxied.len())) {
        (Some(fault), _) => {
            if numbers.below(3) == 0 {
                world.proxy.set_once(*fault);
            } else {
                world.proxy.set(*fault);
            }
            tokio::time::sleep(LASTS).await;
            tally.hits.fetch_add(world.proxy.hits(), Ordering::Relaxed);
            world.proxy.heal();
        }
        (None, 0) => {
            let sql = "ALTER TABLE labels ADD COLUMN soak int; ALTER TABLE labels DROP COLUMN soak";
            world.large.owner.batch_execute(sql).await.unwrap();
        }
        (None, 1) => {
            world.large.end_sessions("TRUE").await;
        }
        (None, kind) => {
            if kind == 2 {
                world.large.postgres.stop();
            } else {
                world.large.postgres.kill();
            }
            tokio::time::sleep(LASTS).await;
            world.large.postgres.start_again().unwrap();
            world.large.owner = connect(&world.large.postgres).await;
        }
    }
    tokio::time::sleep(CALM).await;
}

/// What a process has.
#[derive(Debug, Clone, Copy)]
struct Usage {
    /// Bytes of memory that are its own.
    memory: u64,
    files: usize,
    threads: usize,
}

impl Usage {
    /// None where the system does not tell.
    fn of(pid: u32) -> Option<Usage> {
        let entries = |name: &str| {
            let entries = std::fs::read_dir(format!("/proc/{pid}/{name}")).ok()?;
            Some(entries.count())
        };
        Some(Usage {
            memory: own_memory(pid)?,
            files: entries("fd")?,
            threads: entries("task")?,
        })
    }
}
