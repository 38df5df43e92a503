//! The tenant's wall: no answer shows one account a row, a text, a number or a count of another,
//! however the data point across (`fixtures/wall.sql` says how what belongs to whom is known).

mod again;
mod counts;
mod generate;
mod granted;
mod inspect;
mod keys;
mod otherwise;
mod random;
mod statements;
pub(crate) mod urls;

use std::sync::Arc;

use inspect::inspect;
use serde_json::Value;
use tests::{Database, Response, Server};
use tokio_postgres::Client;

/// Somebody who asks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Caller {
    token: &'static str,
    /// The schema whose views hold what this caller may see.
    view: &'static str,
    /// What no answer may hold.
    foreign: &'static [&'static str],
    /// Keys begin with these digits; those of the other account.
    keys: (u32, u32),
}

/// What nobody sees: account 3, rows of no account, and secrets, one's own included.
const NOBODYS: &[&str] = &[
    "mark-of-none",
    "5918367",
    "2041-",
    "\"id\":99",
    "(990",
    "(995",
    "(996",
    "99000000-0000-4000",
    "hash-mark",
    "reset-mark",
    "confirm-mark",
    "tokens-mark",
    "pubsub-mark",
    "otp-mark",
    "SuperAdmin",
];
const OF_A: &[&str] = &[
    "mark-of-a",
    "2641975",
    "2021-",
    "\"id\":1100",
    "(1100",
    "11000000-0000-4000",
];
const OF_B: &[&str] = &[
    "mark-of-b",
    "8736541",
    "2031-",
    "\"id\":7700",
    "(7700",
    "77000000-0000-4000",
];

pub(crate) const A: Caller = Caller {
    token: "KEY",
    view: "of_a",
    foreign: OF_B,
    keys: (11_000_000, 77_000_000),
};
const B: Caller = Caller {
    token: "OTHER",
    view: "of_b",
    foreign: OF_A,
    keys: (77_000_000, 11_000_000),
};
const BOTH: Caller = Caller {
    token: "BOTH",
    view: "of_both",
    foreign: &[],
    keys: (11_000_000, 99_000_000),
};
const CALLERS: [Caller; 3] = [A, B, BOTH];

pub(crate) async fn load(client: &Client) {
    for script in [
        liveagent_odata::demo::schema_sql(),
        include_str!("../../../fixtures/wall.sql"),
        liveagent_odata::demo::indexes_sql(),
        // What orders the rows of one account, and not those of two.
        "CREATE INDEX ON conversations (account_id, created_at);
         CREATE INDEX ON inboxes (account_id, created_at);
         CREATE INDEX ON labels (account_id, created_at)",
        "ANALYZE",
    ] {
        if let Err(error) = client.batch_execute(script).await {
            panic!("{error:?}");
        }
    }
}

async fn world() -> Arc<Database> {
    Database::shared("wall", load).await
}

/// PostgreSQL reads small tables as a whole, large ones by their indexes: a service for each.
fn as_small_and_as_large(database: &Database) -> [Server; 2] {
    ["on", "off"].map(|seqscan| {
        let url = database.connection_string();
        let url = format!("{url} options='-c enable_seqscan={seqscan}'");
        Server::start_anyway(&url, |_| {})
    })
}

/// The path of a URL that begins at the service root, or with a slash.
fn rooted(url: &str) -> String {
    if url.starts_with('/') {
        url.to_owned()
    } else {
        format!("/v1.0/odata/{url}")
    }
}

/// All of an answer but the time of day.
fn told(response: &Response) -> (u16, Vec<(String, String)>, String) {
    let headers = response.headers.iter();
    // Each answer has a number of its own.
    let headers = headers.filter(|(name, _)| name != "date" && name != "x-request-id");
    let mut headers: Vec<_> = headers.cloned().collect();
    headers.sort();
    (response.status, headers, response.text().to_owned())
}

/// The next link of a collection, from its path on.
fn next(response: &Response) -> Option<String> {
    let link = response.json()["@odata.nextLink"].as_str()?.to_owned();
    let path = link.find("/v1.0/").expect("a next link is absolute");
    Some(link[path..].to_owned())
}

/// Rows that an answer has, at its first level.
fn size(response: &Response) -> usize {
    match serde_json::from_slice::<Value>(&response.body) {
        Ok(value) => match value.get("value") {
            Some(Value::Array(rows)) => rows.len(),
            _ => 1,
        },
        Err(_) => usize::from(!matches!(&*response.body, b"" | b"0")),
    }
}

#[tokio::test]
async fn what_is_one_accounts_is_seen_there() {
    let server = Server::start(&*world().await, |_| {});
    for (caller, own, other) in [(A, OF_A, OF_B), (B, OF_B, OF_A)] {
        let mut all = String::new();
        for set in liveagent_odata::entities::model().entity_types {
            all += server
                .get_as(caller.token, set.entity_set)
                .expect(200)
                .text();
        }
        for mark in own.iter().filter(|mark| !mark.starts_with('(')) {
            assert!(all.contains(mark), "{mark}");
        }
        for mark in other.iter().chain(NOBODYS) {
            assert!(!all.contains(mark), "{mark}");
        }
        assert!(all.contains("mark-of-two"));
    }
}

#[tokio::test]
async fn an_agent_elsewhere_sees_no_more() {
    let server = Server::start(&*world().await, |_| {});
    for set in liveagent_odata::entities::model().entity_types {
        let url = format!("{}?$count=true", set.entity_set);
        assert_eq!(
            told(&server.get_as("HALF", &url)),
            told(&server.get_as("KEY", &url))
        );
    }
    for token in ["AGENT", "NOBODY"] {
        server.get_as(token, "Inbox").expect(403);
    }
    for token in ["BOT", "nobody's"] {
        server.get_as(token, "Inbox").expect(401);
    }
}

/// Whoever administers both accounts sees each row beside its own account's rows alone.
#[tokio::test]
async fn navigation_stays_in_the_account_of_its_row() {
    fn check(value: &Value, account: Option<&Value>, url: &str) {
        match value {
            Value::Object(members) => {
                let own = members.get("account_id");
                if let (Some(own), Some(account)) = (own, account) {
                    assert_eq!(own, account, "{url}");
                }
                // A user has no account, and belongs to each of theirs.
                members.values().for_each(|member| check(member, own, url));
            }
            Value::Array(items) => items.iter().for_each(|item| check(item, account, url)),
            _ => {}
        }
    }
    let server = Server::start(&*world().await, |_| {});
    for url in urls::urls(BOTH) {
        let response = server.get_as(BOTH.token, &url);
        if response.status == 200 && response.body.starts_with(b"{") {
            check(&response.json(), None, &url);
        }
    }
}

#[tokio::test]
async fn no_url_shows_the_other_accounts_rows() {
    let server = Server::start(&*world().await, |_| {});
    let mut rows = 0;
    for caller in CALLERS {
        let urls = urls::urls(caller);
        let answers = ask(&server, caller, &urls, &[]);
        let mut empty = Vec::new();
        for (url, answer) in urls.iter().zip(&answers) {
            let status = answer.status;
            assert!(
                matches!(status, 200 | 204 | 404),
                "{url}: {status} {}",
                answer.text()
            );
            inspect(caller, url, answer);
            let size = if status == 200 { size(answer) } else { 0 };
            if size == 0 {
                empty.push(url);
            }
            rows += size;
        }
        assert!(
            empty.len() * 4 < urls.len(),
            "{} of {}: {empty:#?}",
            empty.len(),
            urls.len()
        );
        // The same in pages; the link to the second is of no use to others.
        let paged = [("Prefer", "odata.maxpagesize=2")];
        let answers = ask(&server, caller, &urls, &paged);
        for (url, answer) in urls.iter().zip(&answers) {
            inspect(caller, url, answer);
        }
        let has_next = |answer: &&Response| answer.text().contains("@odata.nextLink");
        let links: Vec<String> = answers.iter().filter(has_next).filter_map(next).collect();
        assert!(links.len() > 100, "{}", links.len());
        for (link, answer) in links.iter().zip(ask(&server, caller, &links, &[])) {
            assert_eq!(answer.status, 200, "{link}: {}", answer.text());
            inspect(caller, link, &answer);
        }
        let other = if caller.token == B.token { A } else { B };
        for (link, answer) in links.iter().zip(ask(&server, other, &links, &[])) {
            assert_eq!(answer.status, 400, "{link}: {}", answer.text());
        }
    }
    assert!(rows > 1_000, "{rows}");
}

/// Asks all, several at a time; the answers in the order of the questions.
fn ask(
    server: &Server,
    caller: Caller,
    urls: &[String],
    headers: &[(&str, &str)],
) -> Vec<Response> {
    let client = server.of(caller.token);
    in_parts(urls, |url| client.get_with(&rooted(url), headers))
}

/// What `ask` gives for each, several at a time, in their order.
fn in_parts<Q: Sync>(all: &[Q], ask: impl Fn(&Q) -> Response + Sync) -> Vec<Response> {
    let parts: Vec<Vec<Response>> = std::thread::scope(|scope| {
        let workers: Vec<_> = all
            .chunks(all.len().div_ceil(3).max(1))
            .map(|part| scope.spawn(|| part.iter().map(&ask).collect()))
            .collect();
        workers
            .into_iter()
            .map(|worker| worker.join().unwrap())
            .collect()
    });
    parts.concat()
}
