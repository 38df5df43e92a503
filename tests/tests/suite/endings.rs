//! Clients, statements and databases that end before an answer does: it is never whole, and nothing is left
//! behind. Each part has a PostgreSQL of its own, as it breaks it.

use crate::health::until_ready;
use crate::large::{Large, connect};
use std::io::{self, Read};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tests::{Client, Server, WAITING_FOR_LOCKS};

const PATIENCE: Duration = Duration::from_secs(20);
/// A session that answers something, not a helper of one.
const BUSY: &str = "state = 'active' AND backend_type = 'client backend'";

/// Asks for all there is, in one answer.
fn begin_all(client: &Client) -> TcpStream {
    let path = "/v1.0/odata/Message?$expand=sender";
    client.begin("GET", path, &[("Prefer", "odata.maxpagesize=1000000")])
}

/// Numbers in an order that looks random and is the same each time.
fn numbers() -> impl Iterator<Item = u64> {
    std::iter::successors(Some(0x9E37_79B9_7F4A_7C15u64), |n| {
        let n = n ^ (n << 13);
        let n = n ^ (n >> 7);
        Some(n ^ (n << 17))
    })
}

#[tokio::test]
async fn clients_that_hang_up_leave_nothing_behind() {
    let large = Large::new(100_000).await;
    let server = large.server(|config| {
        config.pool.size = 6;
        // More wait for a connection than there are.
        config.pool.wait = Duration::from_secs(20);
    });
    let client = server.of("KEY");
    client.get("/v1.0/odata/Inbox").expect(200);
    let paths = [
        "/v1.0/odata/Message?$expand=sender",
        "/v1.0/odata/Message?$orderby=content desc,id",
        "/v1.0/odata/Message?$filter=contains(content,'nowhere') and length(content) gt 10",
        "/v1.0/odata/Message/$count?$filter=tolower(content) ne 'x'",
        "/v1.0/odata/Conversation?$expand=messages",
        "/v1.0/odata/Message?$apply=groupby((content),aggregate($count as n))",
        "/v1.0/odata/Conversation(7)/messages",
        "/v1.0/odata/Message(7)",
    ];
    let numbers: Vec<u64> = numbers().take(300).collect();
    std::thread::scope(|scope| {
        for part in numbers.chunks(30) {
            let client = &client;
            scope.spawn(move || {
                for n in part {
                    let path = paths[usize::try_from(n % 8).unwrap()];
                    let mut stream =
                        client.begin("GET", path, &[("Prefer", "odata.maxpagesize=1000000")]);
                    // Some hang up before the first row, some within the answer.
                    let patience = if n % 3 == 0 { 2_000 } else { 1 + n / 8 % 150 };
                    stream
                        .set_read_timeout(Some(Duration::from_millis(patience)))
                        .unwrap();
                    let mut buffer = vec![0; usize::try_from(1 + n / 64 % 200_000).unwrap()];
                    let _ = stream.read(&mut buffer);
                    if n % 2 == 0 {
                        let _ = stream.shutdown(Shutdown::Both);
                    }
                }
            });
        }
    });
    let took = large.until_idle().await;
    assert!(took < Duration::from_secs(10), "{took:?}");
    let since = Instant::now();
    while server.status().idle < server.status().open || server.status().waiting > 0 {
        assert!(since.elapsed() < PATIENCE, "{:?}", server.status());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let status = server.status();
    assert!(status.cancelled > 20, "{status:?}");
    assert!(status.open <= 6 && status.discarded <= 6, "{status:?}");
    // No request after it feels the cancelling of one before.
    for n in 0..60 {
        let path = [
            "/v1.0/odata/Message?$top=50",
            "/v1.0/odata/Message(1)",
            "/v1.0/odata/Conversation/$count",
        ][n % 3];
        client.get(path).expect(200);
    }
    assert_eq!(server.status().cancelled, status.cancelled);
}

/// Reads until there are so many bytes.
fn read(stream: &mut TcpStream, bytes: usize) -> Vec<u8> {
    let mut all = Vec::new();
    let mut buffer = [0; 16 * 1024];
    while all.len() < bytes {
        let n = stream.read(&mut buffer).unwrap();
        assert!(n > 0, "it ended: {}", String::from_utf8_lossy(&all));
        all.extend_from_slice(&buffer[..n]);
    }
    all
}

/// The rest, to the end or the cut.
fn rest(stream: &mut TcpStream) -> Vec<u8> {
    let mut all = Vec::new();
    match stream.read_to_end(&mut all) {
        Err(error) if error.kind() != io::ErrorKind::ConnectionReset => panic!("{error}"),
        _ => all,
    }
}

#[track_caller]
fn is_cut(answer: &[u8]) {
    assert!(answer.starts_with(b"HTTP/1.1 200 OK"));
    let end = String::from_utf8_lossy(&answer[answer.len().saturating_sub(40)..]);
    assert!(
        !answer.ends_with(b"0\r\n\r\n"),
        "it is said to be whole: {end}"
    );
    // Without the frames of the chunks no JSON either.
    assert!(
        !end.trim_end().ends_with("]}") && !end.contains("nextLink"),
        "{end}"
    );
}

#[tokio::test]
async fn an_answer_that_is_interrupted_is_never_whole() {
    let large = Large::new(200_000).await;
    let server = large.server(|config| {
        config.settings.stall_timeout = Duration::from_secs(20);
    });
    let client = server.of("KEY");
    for path in [
        "/v1.0/odata/Message",
        "/v1.0/odata/Message?$expand=sender,conversation",
        "/v1.0/odata/Message?$count=true&$orderby=id desc",
    ] {
        for bytes in [1_000, 100_000, 3_000_000] {
            let mut stream = client.begin("GET", path, &[("Prefer", "odata.maxpagesize=1000000")]);
            let mut answer = read(&mut stream, bytes);
            large.until_busy().await;
            let ended = large.end_sessions(BUSY).await;
            assert!(ended >= 1, "{path}: nothing was busy");
            answer.extend(rest(&mut stream));
            is_cut(&answer);
            client.get("/v1.0/odata/Message?$top=2").expect(200);
        }
    }
    // The same through gzip: what is cut has no end either.
    let mut stream = client.begin(
        "GET",
        "/v1.0/odata/Message",
        &[
            ("Prefer", "odata.maxpagesize=1000000"),
            ("Accept-Encoding", "gzip"),
        ],
    );
    let mut answer = read(&mut stream, 1_000);
    large.until_busy().await;
    large.end_sessions(BUSY).await;
    answer.extend(rest(&mut stream));
    assert!(!answer.ends_with(b"0\r\n\r\n"));
}

#[tokio::test]
async fn a_reader_that_stalls_is_cut_off() {
    let large = Large::new(200_000).await;
    let server = large.server(|config| {
        config.settings.stall_timeout = Duration::from_secs(1);
        config.pool.size = 1;
        config.pool.wait = Duration::from_secs(10);
    });
    let client = server.of("KEY");
    let mut stream = begin_all(&client);
    let mut answer = read(&mut stream, 10_000);
    large.until_busy().await;
    let since = Instant::now();
    // The one connection is free again once the time is over, and the next request gets it.
    client.get("/v1.0/odata/Message?$top=2").expect(200);
    assert!(
        since.elapsed() < Duration::from_secs(8),
        "{:?}",
        since.elapsed()
    );
    large.until_idle().await;
    answer.extend(rest(&mut stream));
    is_cut(&answer);
    assert_eq!(server.status().cancelled, 1);

    // Slow is not stalled: who takes a little again and again gets everything, unless the machine stands still.
    assert!((0..5).any(|_| is_whole_for_a_slow_reader(&client)));
}

/// Takes a little again and again for three seconds, and then the rest.
fn is_whole_for_a_slow_reader(client: &Client) -> bool {
    let mut stream = client.begin(
        "GET",
        "/v1.0/odata/Message?$top=60000&$expand=sender",
        &[("Prefer", "odata.maxpagesize=1000000")],
    );
    let mut answer = Vec::new();
    let since = Instant::now();
    while since.elapsed() < Duration::from_secs(3) {
        let little = (&mut stream).take(400_000).read_to_end(&mut answer);
        if !little.is_ok_and(|bytes| bytes > 0) {
            return false;
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    answer.extend(rest(&mut stream));
    answer.ends_with(b"0\r\n\r\n")
}

/// The server itself would wait for such a client for good, and the end of the service for both.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_client_that_reads_no_more_loses_its_connection() {
    let large = Large::new(200_000).await;
    let server = large.server(|config| {
        config.settings.stall_timeout = Duration::from_secs(1);
        config.settings.drained_timeout = Duration::from_secs(2);
    });
    let mut stream = begin_all(&server.of("KEY"));
    read(&mut stream, 10_000);
    assert_eq!(server.service().running(), 1);
    let since = Instant::now();
    while server.service().running() > 0 {
        assert!(
            since.elapsed() < Duration::from_secs(60),
            "it is still there"
        );
        std::thread::sleep(Duration::from_millis(100));
    }
    drop(stream);
}

#[tokio::test]
async fn a_slow_reader_of_a_page_holds_no_connection() {
    let large = Large::new(20_000).await;
    let server = large.server(|config| {
        config.settings.stall_timeout = Duration::from_millis(500);
        config.pool.size = 1;
        config.pool.wait = Duration::from_secs(30);
    });
    let client = server.of("KEY");
    let whole = client.get("/v1.0/odata/Message").expect(200);
    assert!(whole.body.len() > 3_000_000, "{} bytes", whole.body.len());
    // Many at once, on one connection to the database, and none of them reads.
    let mut streams: Vec<TcpStream> = (0..12)
        .map(|_| client.begin("GET", "/v1.0/odata/Message", &[]))
        .collect();
    let mut answers: Vec<Vec<u8>> = streams
        .iter_mut()
        .map(|stream| read(stream, 1_000))
        .collect();
    large.until_idle().await;
    let since = Instant::now();
    while server.status().idle < server.status().open {
        assert!(since.elapsed() < PATIENCE, "{:?}", server.status());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    client.get("/v1.0/odata/Inbox").expect(200);
    for (answer, stream) in answers.iter_mut().zip(&mut streams) {
        answer.extend(rest(stream));
        assert!(answer.ends_with(b"0\r\n\r\n"));
        assert!(answer.len() >= whole.body.len());
    }
    assert_eq!(server.status().cancelled, 0);
}

/// While memory is short a page ends early, and its link leads on.
#[tokio::test]
async fn a_page_ends_early_while_memory_is_short() {
    const MESSAGES: usize = 50_000;
    let large = Large::new(MESSAGES).await;
    let server = large.server(|config| {
        let limits = &mut config.settings.limits;
        limits.short_page_bytes = 100_000;
        // A chunk that nobody takes is more than three quarters of it.
        limits.drain_budget_bytes = 80_000;
    });
    let client = server.of("KEY");
    let all = [("Prefer", "odata.maxpagesize=1000000")];
    let mut stream = client.begin("GET", "/v1.0/odata/Message", &all);
    let mut answer = read(&mut stream, 1_000);
    // The page has its end before anybody reads on.
    large.until_idle().await;
    answer.extend(rest(&mut stream));
    assert!(answer.ends_with(b"0\r\n\r\n") && answer.len() > 100_000);
    let text = String::from_utf8(answer).unwrap();
    let mut rows = text.matches("{\"id\":").count();
    assert!(rows < MESSAGES, "{rows} rows");
    let link = text.split("nextLink\":\"").nth(1).unwrap();
    let mut next = link.split('"').next().map(str::to_owned);
    while let Some(link) = next {
        let path = &link[link.find("/v1.0").unwrap()..];
        let page = client.get(path).expect(200).json();
        for row in page["value"].as_array().unwrap() {
            rows += 1;
            assert_eq!(row["id"], rows);
        }
        next = page["@odata.nextLink"].as_str().map(str::to_owned);
    }
    assert_eq!(rows, MESSAGES);
}

#[tokio::test]
async fn a_statement_that_takes_too_long_is_504() {
    let large = Large::new(1_000).await;
    // Nothing but the service's own limit ends the wait.
    let url = large.url() + WAITING_FOR_LOCKS;
    let server = Server::start_anyway(&url, |config| config.settings.limits.statement_ms = 500);
    let client = server.of("KEY");
    // What waits for nothing is in time, unless the machine is busy.
    let is_in_time = |path: &str| {
        let since = Instant::now();
        loop {
            let response = client.get(path);
            if response.status != 504 {
                return response.expect(200);
            }
            assert!(since.elapsed() < PATIENCE, "{path}");
        }
    };
    is_in_time("/v1.0/odata/Inbox");
    large
        .owner
        .batch_execute("BEGIN; LOCK TABLE messages IN ACCESS EXCLUSIVE MODE")
        .await
        .unwrap();
    for path in [
        "Message",
        "Message/$count",
        "Message(1)",
        "Conversation?$expand=messages",
        "Message?$apply=aggregate($count as n)",
    ] {
        let since = Instant::now();
        let response = client.get(&format!("/v1.0/odata/{path}")).expect(504);
        assert!(since.elapsed() < Duration::from_secs(5), "{path}");
        let error = &response.json()["error"];
        assert_eq!(error["code"], "Timeout", "{path}");
        assert!(
            error["message"].as_str().unwrap().contains("0.5 seconds"),
            "{path}: {error}"
        );
        assert_eq!(response.header("retry-after"), None, "{path}");
    }
    is_in_time("/v1.0/odata/Inbox");
    large.owner.batch_execute("COMMIT").await.unwrap();
    large.until_idle().await;
    is_in_time("/v1.0/odata/Message");
}

#[tokio::test]
async fn an_answer_takes_no_longer_than_it_may() {
    let large = Large::new(200_000).await;
    let server = large.server(|config| {
        config.settings.stream_timeout = Duration::from_secs(2);
        config.pool.stream_timeout = Duration::from_secs(2);
    });
    let client = server.of("KEY");
    let mut stream = begin_all(&client);
    let since = Instant::now();
    let mut answer = Vec::new();
    // A reader that never stalls and is never done.
    let mut buffer = [0; 4 * 1024];
    while since.elapsed() < Duration::from_secs(4) {
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => break,
            Ok(n) => answer.extend_from_slice(&buffer[..n]),
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    large.until_idle().await;
    answer.extend(rest(&mut stream));
    is_cut(&answer);
    client.get("/v1.0/odata/Message?$top=1").expect(200);
}

#[tokio::test]
async fn a_database_that_stops_is_503_and_comes_back() {
    let mut large = Large::new(100_000).await;
    let server = large.server(|_| {});
    let client = server.of("KEY");
    let health = server.client();
    client.get("/v1.0/odata/Inbox").expect(200);
    for kill in [false, true] {
        let mut stream = begin_all(&client);
        let mut answer = read(&mut stream, 10_000);
        large.until_busy().await;
        if kill {
            large.postgres.kill();
        } else {
            large.postgres.stop();
        }
        answer.extend(rest(&mut stream));
        is_cut(&answer);
        for path in ["Message", "Message(1)", "Conversation/$count"] {
            let response = client.get(&format!("/v1.0/odata/{path}")).expect(503);
            assert_eq!(response.json()["error"]["code"], "Unavailable");
            let after = response.header("retry-after").expect("when to come again");
            assert!(
                after
                    .parse::<u32>()
                    .is_ok_and(|seconds| (1..=60).contains(&seconds)),
                "{after}"
            );
        }
        // What is wrong with a request is said without a database.
        client
            .get("/v1.0/odata/Message?$filter=nothing eq 1")
            .expect(400);
        health.get("/health/ready").expect(503);
        health.get("/health/live").expect(200);
        large.postgres.start_again().unwrap();
        let since = Instant::now();
        while client.get("/v1.0/odata/Message?$top=1").status != 200 {
            assert!(since.elapsed() < PATIENCE, "it does not come back");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        until_ready(&health, 200);
        large.owner = connect(&large.postgres).await;
    }
}

/// Answers that go on.
const OTHERS: usize = 6;

/// Clients that go while others have their turns leave neither a turn nor a connection behind.
#[tokio::test]
async fn a_client_that_goes_while_others_have_their_turns() {
    let large = Large::new(400_000).await;
    let server = large.server(|config| config.pool.size = 16);
    let client = server.of("KEY");
    let until_lent = async |number: usize| {
        let since = Instant::now();
        while server.status().lent != number {
            assert!(since.elapsed() < PATIENCE, "{:?}", server.status());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let is_over = Arc::new(AtomicBool::new(false));
    let readers: Vec<JoinHandle<()>> = (0..OTHERS)
        .map(|_| {
            let (mut stream, is_over) = (begin_all(&client), is_over.clone());
            std::thread::spawn(move || {
                let mut buffer = vec![0; 64 * 1024];
                while !is_over.load(Ordering::Relaxed) && stream.read(&mut buffer).unwrap() > 0 {}
            })
        })
        .collect();
    until_lent(OTHERS).await;
    for _ in 0..4 {
        let mut gone: Vec<TcpStream> = (0..4).map(|_| begin_all(&client)).collect();
        for stream in &mut gone {
            read(stream, 1_000);
        }
        until_lent(OTHERS + 4).await;
        drop(gone);
        until_lent(OTHERS).await;
    }
    let running = readers.iter().filter(|reader| !reader.is_finished());
    assert_eq!(running.count(), OTHERS, "some were over too early");
    is_over.store(true, Ordering::Relaxed);
    for reader in readers {
        reader.join().unwrap();
    }
    large.until_idle().await;
}
