//! Hostile HTTP, byte for byte: what is no request, what two servers on a way would read in two ways, and
//! what should lead astray. All of it is refused or the connection is closed; nothing comes back of it.

use crate::asking::small;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// A text that no answer may have.
const MARK: &str = "ReflectedMarkXq";

/// Sends the bytes, and reads until the other end closes or nothing more comes.
fn exchange(address: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    // It may be refused while it is sent.
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => return answer,
            Ok(n) => answer.extend_from_slice(&buffer[..n]),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => return answer,
            Err(error) => panic!("the connection stays open: {error}"),
        }
    }
}

/// The statuses of all responses in what came back.
fn statuses(answer: &[u8]) -> Vec<u16> {
    let text = String::from_utf8_lossy(answer);
    let heads = text
        .split("HTTP/1.1 ")
        .skip(1)
        .chain(text.split("HTTP/1.0 ").skip(1));
    heads
        .filter_map(|rest| rest.get(..3)?.parse().ok())
        .collect()
}

/// A request that would be answered, with these header lines.
fn with(headers: &str) -> String {
    format!(
        "GET /v1.0/odata/Label/$count HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer KEY\r\nConnection: close\r\n{headers}\r\n"
    )
}

/// What follows a request that is read wrongly: seen, it would be 404.
const SMUGGLED: &str = "GET /smuggled HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";

/// What is refused: its name, and the bytes.
fn refused() -> Vec<(&'static str, Vec<u8>)> {
    let target = |target: &str| {
        format!(
            "GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer KEY\r\nConnection: close\r\n\r\n"
        )
    };
    let body = |headers: &str, body: &str| format!("{}{body}{SMUGGLED}", with(headers));
    let long = "x".repeat(140 * 1024);
    let many: String = (0..200).map(|n| format!("X-{n}: 1\r\n")).collect();
    let text: Vec<(&'static str, String)> = vec![
        // No request.
        ("another protocol", format!("SSH-2.0-{MARK}\r\n\r\n")),
        ("HTTP/0.9", format!("GET /{MARK}\r\n\r\n")),
        (
            "the preface of HTTP/2",
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".into(),
        ),
        (
            "a version that is none",
            format!("GET / HTTP/9.{MARK}\r\n\r\n"),
        ),
        ("no target", "GET  HTTP/1.1\r\n\r\n".into()),
        (
            "a method with a space before it",
            " GET / HTTP/1.1\r\nHost: a\r\n\r\n".into(),
        ),
        (
            "a method of other characters",
            format!("G(T /{MARK} HTTP/1.1\r\nHost: a\r\n\r\n"),
        ),
        (
            "a target with a space",
            target(&format!("/v1.0/odata/{MARK} x")),
        ),
        ("a target with a quote", target("/v1.0/odata/\"x")),
        (
            "a target with a control character",
            target(&format!("/v1.0/odata/\u{1}{MARK}")),
        ),
        ("a target that is a word", target(MARK)),
        // Headers.
        ("NUL in a header", with(&format!("X-A: {MARK}\0\r\n"))),
        (
            "a lone CR in a header",
            with(&format!("X-A: a\rX-B: {MARK}\r\n")),
        ),
        ("a name with a space", with(&format!("X A: {MARK}\r\n"))),
        (
            "a space before the colon",
            with(&format!("X-A : {MARK}\r\n")),
        ),
        ("no colon", with(&format!("{MARK}\r\n"))),
        ("no name", with(&format!(": {MARK}\r\n"))),
        ("a folded header", with(&format!("X-A: 1\r\n {MARK}\r\n"))),
        ("a long header", with(&format!("X-A: {long}\r\n"))),
        ("many headers", with(&many)),
        // A body that two would end in two places.
        (
            "two lengths",
            body("Content-Length: 0\r\nContent-Length: 5\r\n", "hello"),
        ),
        (
            "a list of lengths",
            body("Content-Length: 0, 5\r\n", "hello"),
        ),
        ("a signed length", body("Content-Length: +5\r\n", "hello")),
        ("a negative length", body("Content-Length: -1\r\n", "")),
        ("a length in hex", body("Content-Length: 0x5\r\n", "hello")),
        (
            "an enormous length",
            body("Content-Length: 99999999999999999999999\r\n", ""),
        ),
        (
            "a length and chunks",
            body(
                "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
                "0\r\n\r\n",
            ),
        ),
        (
            "chunks and a length",
            body(
                "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
                "0\r\n\r\n",
            ),
        ),
        (
            "an unknown coding",
            body("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"),
        ),
        (
            "chunks, not last",
            body("Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n"),
        ),
        (
            "a coding with a tab",
            body("Transfer-Encoding:\x0bchunked\r\n", "0\r\n\r\n"),
        ),
        (
            "two codings",
            body(
                "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
                "0\r\n\r\n",
            ),
        ),
        (
            "chunks in HTTP/1.0",
            format!(
                "GET /v1.0/odata/Label/$count HTTP/1.0\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{SMUGGLED}"
            ),
        ),
        // Whose host this is.
        (
            "two hosts",
            format!(
                "GET /v1.0/odata/ HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: {MARK}\r\nConnection: close\r\n\r\n"
            ),
        ),
        (
            "another host",
            format!(
                "GET /v1.0/odata/ HTTP/1.1\r\nHost: {MARK}.example\r\nConnection: close\r\n\r\n"
            ),
        ),
        (
            "a host that ends in ours",
            format!(
                "GET /v1.0/odata/ HTTP/1.1\r\nHost: localhost.{MARK}\r\nConnection: close\r\n\r\n"
            ),
        ),
        (
            "a host with a user",
            format!(
                "GET /v1.0/odata/ HTTP/1.1\r\nHost: 127.0.0.1@{MARK}\r\nConnection: close\r\n\r\n"
            ),
        ),
        (
            "a host with a path",
            format!(
                "GET /v1.0/odata/ HTTP/1.1\r\nHost: 127.0.0.1/{MARK}?\r\nConnection: close\r\n\r\n"
            ),
        ),
        (
            "a host with a quote",
            format!(
                "GET /v1.0/odata/ HTTP/1.1\r\nHost: 127.0.0.1\"{MARK}\r\nConnection: close\r\n\r\n"
            ),
        ),
        (
            "no host",
            "GET /v1.0/odata/ HTTP/1.1\r\nConnection: close\r\n\r\n".into(),
        ),
        (
            "an absolute target of another host",
            format!(
                "GET http://{MARK}.example/v1.0/odata/ HTTP/1.1\r\nHost: {MARK}.example\r\nConnection: close\r\n\r\n"
            ),
        ),
        // Methods that are for others.
        (
            "TRACE",
            format!(
                "TRACE /v1.0/odata/ HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: {MARK}\r\nConnection: close\r\n\r\n"
            ),
        ),
        (
            "CONNECT",
            format!(
                "CONNECT {MARK}.example:443 HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
            ),
        ),
        (
            "an unknown method",
            format!("{MARK} / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"),
        ),
        // Ways out of the root.
        ("dots", target("/v1.0/odata/../../etc/passwd")),
        (
            "encoded dots",
            target("/v1.0/odata/%2e%2e/%2e%2e/etc/passwd"),
        ),
        (
            "twice encoded dots",
            target("/v1.0/odata/%252e%252e/etc/passwd"),
        ),
        ("dots before the root", target("/x/../v1.0/odata/Label")),
        ("two slashes", target("//v1.0/odata/Label")),
        ("a backslash", target("/v1.0\\odata\\Label")),
        ("an encoded slash", target("/v1.0%2fodata/Label")),
        ("an overlong slash", target("/v1.0/odata%c0%afLabel")),
        ("NUL behind the root", target("/v1.0/odata%00/Label")),
        ("another spelling of the root", target("/V1.0/ODATA/Label")),
    ];
    let mut all: Vec<_> = text
        .into_iter()
        .map(|(name, text)| (name, text.into_bytes()))
        .collect();
    // The beginning of TLS, and bytes that are no text.
    all.push((
        "TLS",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n".to_vec(),
    ));
    all.push(("bytes", (0..=255u8).chain(*b"\r\n\r\n").collect()));
    let mut target = b"GET /v1.0/odata/\xff\xfe HTTP/1.1\r\nHost: 127.0.0.1\r\n".to_vec();
    target.extend_from_slice(b"Connection: close\r\n\r\n");
    all.push(("a target of other bytes", target));
    all
}

#[tokio::test]
async fn what_is_no_request_is_refused_or_closed_and_never_sent_back() {
    let server = small().await;
    let cases = refused();
    // Some are waited for as long as a head may take: all at once.
    let answers: Vec<Vec<u8>> = std::thread::scope(|scope| {
        let ask = |bytes: &Vec<u8>| exchange(server.address(), bytes);
        let asking = cases
            .iter()
            .map(|(_, bytes)| scope.spawn(move || ask(bytes)));
        let asking: Vec<_> = asking.collect();
        let answers = asking.into_iter().map(|one| one.join().unwrap());
        answers.collect()
    });
    let mut wrong = Vec::new();
    for ((name, _), answer) in cases.iter().zip(answers) {
        let statuses = statuses(&answer);
        let text = String::from_utf8_lossy(&answer).to_lowercase();
        let is_refused = match statuses[..] {
            // Closed, or one refusal: what stands behind it is not read.
            [] => answer.is_empty(),
            [status] => (400..500).contains(&status) || status == 505,
            _ => false,
        };
        if !is_refused || text.contains(&MARK.to_lowercase()) {
            wrong.push(format!(
                "{name}: {statuses:?} {}",
                text.get(..600).unwrap_or(&text)
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    server.get("Label").expect(200);
}

/// What looks odd and is HTTP: read as it is meant, once.
#[tokio::test]
async fn what_is_odd_and_right_is_answered_once() {
    let server = small().await;
    for (name, request) in [
        ("a length that is none", with("Content-Length: 0\r\n")),
        (
            "a body to a GET",
            format!("{}hello", with("Content-Length: 5\r\n")),
        ),
        (
            "names in capitals",
            with("X-A: 1\r\n")
                .to_uppercase()
                .replace("/V1.0/ODATA/LABEL/$COUNT", "/v1.0/odata/Label/$count")
                .replace("BEARER KEY", "Bearer KEY"),
        ),
        ("bytes above ASCII in a value", with("X-A: é\r\n")),
        (
            "an absolute target",
            with("").replace("GET /v1.0", "GET http://127.0.0.1/v1.0"),
        ),
        (
            "a proxy that nobody trusts",
            with("X-Forwarded-Host: evil.example\r\nForwarded: host=evil.example\r\n"),
        ),
        (
            "hop by hop",
            with("Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n"),
        ),
    ] {
        let answer = exchange(server.address(), request.as_bytes());
        let text = String::from_utf8_lossy(&answer).into_owned();
        assert_eq!(statuses(&answer), [200], "{name}: {text}");
        assert!(text.ends_with("\r\n\r\n4"), "{name}: {text}");
        assert!(!text.contains("evil.example"), "{name}: {text}");
    }
}

/// Half a head, and no more: the connection is not kept for it.
#[tokio::test]
async fn who_sends_half_a_head_is_not_waited_for() {
    let server = small().await;
    let mut streams = Vec::new();
    for start in [
        "",
        "GET /v1.0/odata/Label HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: ",
    ] {
        let mut stream = TcpStream::connect(server.address()).unwrap();
        stream.write_all(start.as_bytes()).unwrap();
        streams.push((start, stream));
    }
    for (start, mut stream) in streams {
        stream
            .set_read_timeout(Some(Duration::from_millis(200)))
            .unwrap();
        let since = Instant::now();
        let mut answer = Vec::new();
        let mut buffer = [0; 1024];
        loop {
            match stream.read(&mut buffer) {
                Ok(0) => break,
                Ok(n) => answer.extend_from_slice(&buffer[..n]),
                Err(error)
                    if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) =>
                {
                    assert!(
                        since.elapsed() < Duration::from_secs(60),
                        "{start:?}: it waits"
                    );
                    // A byte now and then is no progress.
                    if !start.is_empty() {
                        let _ = stream.write_all(b"x");
                    }
                }
                Err(_) => break,
            }
        }
        let statuses = statuses(&answer);
        assert!(
            statuses.is_empty() || statuses == [408],
            "{start:?}: {statuses:?}"
        );
    }
    server.get("Label").expect(200);
}

/// A client of HTTP/1.0 knows no chunks: an answer of no known length ends where the connection does.
/// JSON that was cut tells so by itself; lines do not, and so have no answer there.
#[tokio::test]
async fn http_1_0_has_no_chunks() {
    let database = crate::audit::many().await;
    let server = tests::Server::start(&database, |_| {});
    let ask = |path: &str, more: &str| {
        let request = format!(
            "GET /v1.0/odata/{path} HTTP/1.0\r\nHost: 127.0.0.1\r\nAuthorization: Bearer KEY\r\n{more}\r\n"
        );
        let answer = exchange(server.address(), request.as_bytes());
        let end = answer
            .windows(4)
            .position(|four| four == b"\r\n\r\n")
            .unwrap();
        let head = String::from_utf8_lossy(&answer[..end]).to_lowercase();
        (head, answer[end + 4..].to_vec())
    };
    for more in ["", "Connection: keep-alive\r\n"] {
        let (head, body) = ask("Message?$top=5000", more);
        assert!(
            head.contains(" 200 ok") && !head.contains("transfer-encoding"),
            "{head}"
        );
        assert!(
            !head.contains("content-length") && !head.contains("keep-alive"),
            "{head}"
        );
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(body["value"].as_array().unwrap().len(), 5000);
        let (head, body) = ask("Label(1)", more);
        let length = format!("content-length: {}", body.len());
        assert!(head.contains(&length), "{head}");
    }
    for format in ["csv", "application/x-ndjson"] {
        let (head, body) = ask(&format!("Label?$format={format}"), "");
        let text = String::from_utf8_lossy(&body).into_owned();
        assert!(head.contains(" 406 "), "{head} {text}");
        assert!(text.contains("HTTP/1.1"), "{text}");
    }
}
