//! Long answers, of rows and of arrays: in constant memory, whole. Each part has a PostgreSQL of its own, as it
//! measures it; the memory is that of the program in a process of its own.

use crate::large::Large;
use crate::program::Program;
use serde_json::Value;
use std::collections::HashSet;
use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;
use tests::Client;

const MESSAGES: usize = 500_000;
const MIB: u64 = 1 << 20;

/// The most memory of its own that a process has had since it was looked at.
struct Watched {
    base: u64,
    most: Arc<AtomicU64>,
    end: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Watched {
    fn new(pid: u32) -> Watched {
        let base = own_memory(pid).expect("the process runs");
        let (most, end) = (
            Arc::new(AtomicU64::new(base)),
            Arc::new(AtomicBool::new(false)),
        );
        let (seen, stop) = (most.clone(), end.clone());
        let thread = std::thread::spawn(move || {
            while !stop.load(Ordering::Relaxed) {
                seen.fetch_max(own_memory(pid).unwrap_or(0), Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(5));
            }
        });
        Watched {
            base,
            most,
            end,
            thread: Some(thread),
        }
    }

    fn growth(&self) -> u64 {
        self.most.load(Ordering::Relaxed) - self.base
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.end.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Resident memory that is the process's alone: shared buffers are not the work of one answer.
pub(crate) fn own_memory(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("RssAnon:"))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib * 1024)
}

/// Whether this system tells how much memory a process has.
fn memory_is_told() -> bool {
    let told = own_memory(std::process::id()).is_some();
    if !told {
        println!("this system has no /proc: no memory is measured");
    }
    told
}

/// The program on a database, with the process id of its only backend for streams.
async fn program(large: &Large) -> (Program, Client) {
    let program = Program::serve(&large.url(), &["--pool-size=1", "--workers=2"]);
    program.wait_for("serving http://");
    let client = program.client().token("KEY");
    (program, client)
}

/// What reads an answer and keeps nothing of it: how many bytes and rows there were, and its end.
struct Counted {
    bytes: u64,
    ids: usize,
    end: Vec<u8>,
}

fn count(client: &Client, path: &str, headers: &[(&str, &str)]) -> Counted {
    let mut stream = client.begin("GET", path, headers);
    let mut counted = Counted {
        bytes: 0,
        ids: 0,
        end: Vec::new(),
    };
    let mut buffer = vec![0; 64 * 1024];
    let pattern = b"{\"id\":";
    loop {
        let n = stream.read(&mut buffer).unwrap();
        if n == 0 {
            return counted;
        }
        counted.bytes += n as u64;
        // What stood at the end before may begin a match; a frame of a chunk may hide one, rarely.
        let before = counted.end.len().min(pattern.len() - 1);
        let mut seen = counted.end[counted.end.len() - before..].to_vec();
        seen.extend_from_slice(&buffer[..n]);
        counted.ids += seen
            .windows(pattern.len())
            .filter(|window| window == pattern)
            .count();
        counted.end = seen[seen.len().saturating_sub(64)..].to_vec();
    }
}

#[tokio::test]
async fn half_a_million_rows_stream_in_constant_memory() {
    if !memory_is_told() {
        return;
    }
    let large = Large::new(MESSAGES).await;
    let (program, client) = program(&large).await;
    // Once, so that what is made once is there.
    client
        .get_with(
            "/v1.0/odata/Message?$expand=sender",
            &[("Prefer", "odata.maxpagesize=20000")],
        )
        .expect(200);
    let backend: i32 = {
        let sql = "SELECT pid FROM pg_stat_activity WHERE application_name = 'liveagent-odata' ORDER BY query_start DESC LIMIT 1";
        large.owner.query_one(sql, &[]).await.unwrap().get(0)
    };
    let service = Watched::new(program.pid());
    let database = Watched::new(u32::try_from(backend).unwrap());
    let path = "/v1.0/odata/Message?$expand=sender&$count=true";
    let counted = count(&client, path, &[("Prefer", "odata.maxpagesize=1000000")]);
    let end = String::from_utf8_lossy(&counted.end);
    assert!(counted.end.ends_with(b"}\r\n0\r\n\r\n"), "{end}");
    assert!(counted.bytes > 200 * MIB, "{} bytes", counted.bytes);
    // A message and its sender each; a pattern that the frame of a chunk parts is missed.
    let expect = 2 * MESSAGES;
    assert!(
        counted.ids > expect - expect / 500 && counted.ids <= expect,
        "{} rows",
        counted.ids
    );
    println!(
        "growth: service {} KiB, backend {} KiB",
        service.growth() / 1024,
        database.growth() / 1024
    );
    assert!(
        service.growth() < 16 * MIB,
        "the service has grown by {} bytes",
        service.growth()
    );
    assert!(
        database.growth() < 16 * MIB,
        "the backend has grown by {} bytes",
        database.growth()
    );
}

#[tokio::test]
async fn large_arrays_are_bounded_and_their_links_yield_every_row_once() {
    if !memory_is_told() {
        return;
    }
    let large = Large::new(MESSAGES).await;
    let (program, client) = program(&large).await;
    client
        .get("/v1.0/odata/Inbox?$expand=messages($top=10)")
        .expect(200);
    let backend: i32 = {
        let sql = "SELECT pid FROM pg_stat_activity WHERE application_name = 'liveagent-odata' ORDER BY query_start DESC LIMIT 1";
        large.owner.query_one(sql, &[]).await.unwrap().get(0)
    };
    let service = Watched::new(program.pid());
    let database = Watched::new(u32::try_from(backend).unwrap());
    let get = |path: &str| {
        let response = client.get(path);
        assert_eq!(response.status, 200, "{path}: {}", response.text());
        response.json()
    };
    // Follows a link to its end; its pages and what they hold.
    let follow = |seen: &mut HashSet<i64>, link: &Value| {
        let mut link = link.as_str().map(str::to_owned);
        while let Some(url) = link {
            let page = get(&url[url.find("/v1.0/").unwrap()..]);
            take(seen, &page["value"]);
            link = page["@odata.nextLink"].as_str().map(str::to_owned);
        }
    };

    let inboxes = get("/v1.0/odata/Inbox?$expand=messages($select=id)");
    let inbox = &inboxes["value"][0];
    let mut seen = HashSet::new();
    assert_eq!(take(&mut seen, &inbox["messages"]), 1_000);
    follow(&mut seen, &inbox["messages@odata.nextLink"]);
    assert_eq!(seen.len(), MESSAGES);

    let inboxes = get("/v1.0/odata/Inbox?$expand=conversations($expand=messages($select=id))");
    let inbox = &inboxes["value"][0];
    let conversations = inbox["conversations"].as_array().unwrap();
    assert_eq!(conversations.len(), 100);
    let mut seen = HashSet::new();
    for conversation in conversations {
        assert_eq!(take(&mut seen, &conversation["messages"]), 10);
        follow(&mut seen, &conversation["messages@odata.nextLink"]);
    }
    assert_eq!(seen.len(), MESSAGES);
    assert_eq!(inbox.get("conversations@odata.nextLink"), None);

    // As it comes, in full.
    for path in [
        "Inbox?$expand=messages",
        "Inbox?$expand=conversations($expand=messages)",
        "Inbox?$expand=conversations($expand=messages($expand=conversation))",
    ] {
        get(&format!("/v1.0/odata/{path}"));
    }
    println!(
        "growth: service {} KiB, backend {} KiB",
        service.growth() / 1024,
        database.growth() / 1024
    );
    assert!(
        service.growth() < 32 * MIB,
        "the service has grown by {} bytes",
        service.growth()
    );
    assert!(
        database.growth() < 32 * MIB,
        "the backend has grown by {} bytes",
        database.growth()
    );
}

/// Puts the ids of the rows into the set, where they must be new. Their number.
fn take(seen: &mut HashSet<i64>, rows: &Value) -> usize {
    let rows = rows.as_array().unwrap();
    for row in rows {
        assert!(
            seen.insert(row["id"].as_i64().unwrap()),
            "{row} comes twice"
        );
    }
    rows.len()
}
