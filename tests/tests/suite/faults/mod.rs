//! What breaks between the service and its database, and what the client gets of it: before the
//! status line an error that says whether to come again, behind it a body that is nothing whole.
//!
//! Servers that stop, backends that are ended, readers that stall and clients that hang up are in
//! `endings`, `health` and `startup`.

mod cuts;
mod drift;
mod failover;
mod flips;
mod formats;
mod full;
mod holes;
mod login;
mod panics;
mod slow;
mod soak;
mod stopping;

use crate::large::Large;
use formats::Form;
use liveagent_odata::config::Config;
use std::time::{Duration, Instant};
use tests::proxy::Proxy;
use tests::{Client, Response, Server};

const PATIENCE: Duration = Duration::from_secs(20);

/// Many messages, and a proxy before their server.
struct World {
    large: Large,
    proxy: Proxy,
}

impl World {
    async fn new(messages: usize) -> World {
        let large = Large::new(messages).await;
        let proxy = Proxy::start(&large.postgres);
        World { large, proxy }
    }

    /// The service behind the proxy.
    fn server(&self, change: impl FnOnce(&mut Config)) -> Server {
        let server = Server::start_anyway(&self.proxy.connection_string("postgres"), change);
        let fits = liveagent_odata::check::Report::fits;
        assert!(server.report().is_some_and(fits));
        server
    }

    /// Waits until the service has closed every connection but so many.
    async fn until_open(&self, most: usize) {
        until(
            || self.proxy.open() <= most,
            || format!("{} connections are open", self.proxy.open()),
        )
        .await;
    }
}

/// Waits until it is so.
async fn until(mut is_so: impl FnMut() -> bool, what: impl Fn() -> String) {
    let since = Instant::now();
    while !is_so() {
        assert!(since.elapsed() < PATIENCE, "{}", what());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Asks until the answer is there. What opens connections pauses after it could not, so that the first
/// request behind a fault may come too early.
#[track_caller]
fn served(client: &Client, path: &str) -> Response {
    comes_back(client, path, &[503])
}

/// Asks until the answer is there, with one of these errors until then.
#[track_caller]
fn comes_back(client: &Client, path: &str, meanwhile: &[u16]) -> Response {
    let since = Instant::now();
    loop {
        let response = client.get(path);
        let status = response.status;
        if status == 200 {
            return response.expect(200);
        }
        assert!(meanwhile.contains(&status), "{status}");
        is_error(&response, status, status == 503);
        assert!(since.elapsed() < PATIENCE, "{path} does not come back");
    }
}

/// An error that tells the client to come again, or not to.
#[track_caller]
fn is_error(response: &Response, status: u16, comes_again: bool) {
    let body = String::from_utf8_lossy(&response.body);
    assert!(response.complete, "{body}");
    assert_eq!(response.status, status, "{body}");
    let code = &response.json()["error"]["code"];
    let expected = match status {
        503 => "Unavailable",
        429 => "TooManyRequests",
        504 => "Timeout",
        _ => "Internal",
    };
    assert_eq!(code, expected, "{body}");
    let after = response.header("retry-after");
    let seconds = after.map(|after| after.parse::<u32>().expect("whole seconds"));
    assert_eq!(seconds.is_some(), comes_again, "{status}: {after:?}");
    assert!(seconds.is_none_or(|seconds| (1..=60).contains(&seconds)));
}

/// A body that was begun and is nothing whole: not as HTTP, not in its own form, and what there is of
/// it is the beginning of the right one.
#[track_caller]
fn is_cut(response: &Response, form: Form, whole: &Response) {
    assert_eq!(response.status, 200);
    assert!(!response.complete, "it is said to be whole");
    let end = response.body.len().saturating_sub(80);
    let end = String::from_utf8_lossy(&response.body[end..]);
    assert!(!form.is_whole(&response.body), "{form:?}: {end}");
    let (read, all) = (form.read(&response.body), form.read(&whole.body));
    assert!(all.starts_with(&read), "{form:?}: {end}");
}

/// A client of account 1's administrator.
fn of(server: &Server) -> Client {
    server.of(tests::fixture::KEY)
}
