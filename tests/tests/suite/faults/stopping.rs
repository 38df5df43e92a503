//! The end of the service while it has much to do, and its sudden end.

use super::PATIENCE;
use crate::large::Large;
use crate::program::Program;
use liveagent_odata::demo;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tests::Client;

const BIG: [(&str, &str); 1] = [("Prefer", "odata.maxpagesize=1000000")];

/// Reads an answer to its end, not too fast. Whether it is whole, and its size.
fn read(mut stream: TcpStream, pause: Duration) -> (bool, usize) {
    let mut buffer = vec![0; 256 * 1024];
    let (mut end, mut size) = (Vec::new(), 0);
    loop {
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => return (end.ends_with(b"]}\r\n0\r\n\r\n"), size),
            Ok(n) => {
                size += n;
                end.extend_from_slice(&buffer[..n]);
                end.drain(..end.len().saturating_sub(64));
                std::thread::sleep(pause);
            }
        }
    }
}

#[tokio::test]
async fn what_runs_when_it_is_to_stop_comes_to_its_end() {
    let large = Large::new(40_000).await;
    let program = Program::serve(&large.url(), &["--pool-size=8", "--workers=2"]);
    program.wait_for("serving http://");
    let client = program.client().token("KEY");
    let path = "/v1.0/odata/Message?$expand=sender";
    let small = "/v1.0/odata/Message?$top=3";
    let whole = read(client.begin("GET", path, &BIG), Duration::ZERO);
    assert!(whole.0 && whole.1 > 20_000_000, "{whole:?}");
    let expected = client.get(small).expect(200);
    let (answered, refused) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..4)
            .map(|_| {
                let mut stream = client.begin("GET", path, &BIG);
                // It has begun.
                stream.read_exact(&mut [0; 100]).unwrap();
                scope.spawn(move || read(stream, Duration::from_millis(20)))
            })
            .collect();
        for _ in 0..4 {
            scope.spawn(|| {
                // Until it says that it is stopping: each answer is whole, or there is none.
                while let Ok(answer) = ask(&client, small) {
                    if answer.is_empty() {
                        break;
                    }
                    let beginning = String::from_utf8_lossy(&answer[..answer.len().min(900)]);
                    if answer.starts_with(b"HTTP/1.1 503 ") {
                        assert!(beginning.contains("retry-after: 2"), "{beginning}");
                        break;
                    }
                    assert!(answer.starts_with(b"HTTP/1.1 200 "), "{beginning}");
                    assert!(answer.ends_with(&expected.body[expected.body.len() - 20..]));
                    answered.fetch_add(1, Ordering::Relaxed);
                }
                refused.fetch_add(1, Ordering::Relaxed);
            });
        }
        std::thread::sleep(Duration::from_millis(100));
        program.signal("TERM");
        for one in running {
            let (is_whole, size) = one.join().unwrap();
            assert!(is_whole, "cut after {size} bytes");
        }
    });
    assert!(answered.load(Ordering::Relaxed) > 0);
    assert_eq!(refused.load(Ordering::Relaxed), 4);
    let ended = program.end();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    until_nobody(&large).await;
}

/// Waits until no session of the service is left.
async fn until_nobody(large: &Large) {
    let since = Instant::now();
    while large.backends("true").await > 0 {
        assert!(since.elapsed() < PATIENCE, "a session is left");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// What comes back, be it nothing; none where nobody listens.
fn ask(client: &Client, path: &str) -> std::io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(client.address())?;
    let _ = write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer KEY\r\nConnection: close\r\n\r\n",
        client.address()
    );
    let mut answer = Vec::new();
    // It may have been reset before it was taken.
    let _ = stream.read_to_end(&mut answer);
    Ok(answer)
}

/// The grace is 30 seconds.
#[tokio::test]
async fn what_does_not_end_in_time_is_cut_and_leaves_no_statement() {
    let large = Large::new(100_000).await;
    let program = Program::serve(&large.url(), &["--stall-timeout=10m", "--workers=2"]);
    program.wait_for("serving http://");
    let client = program.client().token("KEY");
    // It is never read on.
    let mut stalled = client.begin("GET", "/v1.0/odata/Message?$expand=sender", &BIG);
    stalled.read_exact(&mut [0; 100]).unwrap();
    large.until_busy().await;
    program.signal("TERM");
    program.wait_for("terminated");
    tokio::time::sleep(Duration::from_secs(20)).await;
    assert!(
        large.backends("state = 'active'").await > 0,
        "it was cut too soon"
    );
    let ended = program.end();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(!read(stalled, Duration::ZERO).0);
    until_nobody(&large).await;
}

/// The place of a demo, removed with the value.
struct Place(PathBuf);

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn start_demo(place: &Path, conversations: &str) -> Program {
    let path = std::env::var("PATH").unwrap_or_default();
    let bin = std::env::var("POSTGRES_BIN").ok();
    let mut variables = vec![("PATH", path.as_str())];
    variables.extend(bin.as_deref().map(|bin| ("POSTGRES_BIN", bin)));
    let place = place.display().to_string();
    let words = ["demo", "--listen", "127.0.0.1:0", "--data-dir", &place];
    Program::start(
        &[&words[..], &["--conversations", conversations]].concat(),
        &variables,
    )
}

/// The token of the demo that runs there.
async fn token(place: &Path) -> String {
    let args = demo::Args {
        data_dir: Some(place.to_owned()),
        ..demo::Args::default()
    };
    let Ok(prepared) = demo::prepare(&args, |_| {}).await else {
        panic!("there is no demo to use")
    };
    prepared.tokens.administrator
}

/// Processes that have this in their command line.
fn processes(text: &str) -> String {
    let output = Command::new("pgrep").args(["-af", "--", text]).output();
    let listed = String::from_utf8(output.unwrap().stdout).unwrap();
    let lines = listed.lines().filter(|line| line.contains("postgres"));
    lines.collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn a_demo_that_is_killed_takes_its_database_with_it_and_the_next_one_starts() {
    let place = std::env::temp_dir().join(format!("lao-killed-{}", std::process::id()));
    let place = Place(place);
    let folder = place.0.display().to_string();
    // While it fills its database, while it serves, and while it answers.
    for (said, answering) in [
        ("PostgreSQL", false),
        ("serving http://", false),
        ("serving http://", true),
    ] {
        let program = start_demo(&place.0, "3000");
        program.wait_for(said);
        let mut running = None;
        if answering {
            let client = program.client();
            client.get("/health/ready").expect(200);
            let token = token(&place.0).await;
            let path = format!("/v1.0/odata/Message?$expand=sender&apikey={token}");
            let mut stream = client.begin("GET", &path, &BIG);
            stream.read_exact(&mut [0; 100]).unwrap();
            running = Some(stream);
        }
        program.signal("KILL");
        assert_eq!(program.end().code, None);
        if let Some(stream) = running {
            assert!(!read(stream, Duration::ZERO).0);
        }
        let since = Instant::now();
        while !processes(&folder).is_empty() {
            assert!(since.elapsed() < PATIENCE, "{}", processes(&folder));
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    let program = start_demo(&place.0, "3000");
    program.wait_for("serving http://");
    program.client().get("/health/ready").expect(200);
    program.signal("TERM");
    let ended = program.end();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
}
