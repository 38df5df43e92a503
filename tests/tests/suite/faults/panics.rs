//! A request whose handling panics: that one fails, and nothing else does.

use super::until;
use crate::audit::many;
use crate::revoked::read_slowly;
use futures_util::future::BoxFuture;
use liveagent_odata::entities;
use odata_core::edm::{Scope, Severity};
use odata_core::error::Result;
use odata_core::service::{Authenticate, Caller, Secret};
use std::io::{self, BufRead as _, BufReader, Read as _, Write};
use std::net::TcpStream;
use std::sync::Mutex;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;
use tests::{Server, sales};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::registry;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Lets everybody in, and panics on one token, on another one the second time.
#[derive(Default)]
struct Frail(AtomicUsize);

impl Authenticate for Frail {
    fn authenticate<'a>(&'a self, token: &'a Secret) -> BoxFuture<'a, Result<Caller>> {
        Box::pin(async move {
            assert_ne!(token.expose(), "FRAIL", "s3cret words of a panic");
            let is_second = token.expose() == "TIRED" && self.0.fetch_add(1, Relaxed) == 1;
            assert!(!is_second, "s3cret words of a panic");
            Ok(Caller {
                name: "anybody".to_owned(),
                scope: Scope::of(vec![1]),
            })
        })
    }
}

#[tokio::test]
async fn a_panic_ends_its_request_alone() {
    let database = sales::database().await;
    let server = Server::of_model(&database, sales::model(), Frail::default());
    let path = "/v1.0/odata/Sales";
    let whole = server.of("ANY").get(path).expect(200);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..20 {
                    let response = server.of("FRAIL").get(path).expect(500);
                    assert_eq!(response.json()["error"]["code"], "Internal");
                    assert!(!response.text().contains("s3cret"));
                }
            });
            scope.spawn(|| {
                for _ in 0..20 {
                    assert_eq!(server.of("ANY").get(path).expect(200).body, whole.body);
                }
            });
        }
    });
    // Not even the others on its own connection.
    let stream = TcpStream::connect(server.address()).unwrap();
    let mut reader = BufReader::new(&stream);
    for (token, status) in [("ANY", 200), ("FRAIL", 500), ("ANY", 200)] {
        write!(
            &stream,
            "GET {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {token}\r\n\r\n",
            server.address()
        )
        .unwrap();
        let mut length = 0;
        let mut head = String::new();
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).unwrap();
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            if line == "\r\n" {
                break;
            }
            head += &line;
        }
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{head}");
        reader.read_exact(&mut vec![0; length]).unwrap();
    }
    let status = server.status();
    assert_eq!(status.idle, status.open, "{status:?}");
}

/// The lines of the audit of all servers in this process, since [`listen`].
static AUDIT: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// Whom a line is written to.
struct Audit;

impl Write for Audit {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        AUDIT.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn listen() {
    let is_audit = filter_fn(|metadata| metadata.target() == "audit");
    let lines = tracing_subscriber::fmt::layer().json();
    let lines = lines.with_writer(|| Audit).with_filter(is_audit);
    registry().with(lines).init();
}

/// The line of the audit with this text, as soon as it is there.
async fn audited(text: &str) -> String {
    let line = || {
        let said = String::from_utf8_lossy(&AUDIT.lock().unwrap()).into_owned();
        said.lines()
            .find(|line| line.contains(text))
            .map(str::to_owned)
    };
    until(|| line().is_some(), || format!("no line of {text}")).await;
    line().unwrap()
}

/// What panics while an answer is sent cuts that one: it is never whole, and its connection is free again.
#[tokio::test]
async fn a_panic_within_an_answer_cuts_it() {
    listen();
    let database = many().await;
    let (model, worst) = (entities::model(), Severity::Warning);
    let server = Server::of_model_with(&database, model, Frail::default(), worst, |config| {
        config.settings.recheck_interval = Duration::from_millis(300);
    });
    let path = "/v1.0/odata/Message?$expand=sender,conversation";
    let whole = [("Prefer", "odata.maxpagesize=1000000")];
    let mut stream = server.of("TIRED").begin("GET", path, &whole);
    stream.read_exact(&mut [0; 4096]).unwrap();
    let answer = read_slowly(&mut stream);
    assert!(!answer.ends_with(b"0\r\n\r\n"), "it was sent to its end");
    assert!(!String::from_utf8_lossy(&answer).contains("s3cret"));
    assert_eq!(server.service().interrupted(), 1);
    server.of("ANY").get("/v1.0/odata/Inbox").expect(200);
    let status = server.status();
    assert_eq!(status.lent, 0, "{status:?}");
    let line = audited("Message?$expand=sender,conversation").await;
    let line: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(line["fields"]["outcome"], "cut", "{line}");
    assert_eq!(line["fields"]["cause"], "the service failed", "{line}");
}
