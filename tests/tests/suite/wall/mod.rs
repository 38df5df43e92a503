//! The tenant's wall: no answer shows one account a row, a text, a number or a count of another,
//! however the data point across (`fixtures/wall.sql` says how what belongs to whom is known).

mod counts;
mod generate;
mod keys;
pub(crate) mod urls;

use std::sync::Arc;

use generate::{Generator, Tally};
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

/// Panics where an answer shows what its caller may not see.
#[track_caller]
fn inspect(caller: Caller, url: &str, response: &Response) {
    let found = foreign(caller, url, response);
    assert!(
        found.is_none(),
        "{} sees '{}' of {url}: {}",
        caller.token,
        found.unwrap_or_default(),
        response.text()
    );
}

/// What an answer shows that its caller may not see. What the request says itself comes back in
/// links and error texts, and is no news.
fn foreign(caller: Caller, url: &str, response: &Response) -> Option<String> {
    let text = response.text();
    let marks = || caller.foreign.iter().chain(NOBODYS);
    let mut shown = None;
    if marks().any(|mark| text.contains(mark)) {
        let decoded = decoded(url);
        let without_links = match serde_json::from_str(text) {
            Ok(mut value) => {
                drop_links(&mut value);
                value.to_string()
            }
            Err(_) => text.to_owned(),
        };
        let said = |mark: &str| response.status >= 400 && decoded.contains(mark);
        shown = marks().find(|mark| without_links.contains(**mark) && !said(mark));
    }
    let in_token = || {
        let tokens = text
            .split("skiptoken=")
            .skip(1)
            .map(|rest| rest.split(['"', '&']).next().unwrap_or(""));
        let tokens: Vec<String> = tokens
            .map(|token| String::from_utf8_lossy(&base64(token)).into_owned())
            .collect();
        marks().find(|mark| tokens.iter().any(|token| token.contains(**mark)))
    };
    shown.or_else(in_token).map(|mark| (*mark).to_owned())
}

fn drop_links(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|name, _| {
                !name.ends_with("nextLink")
                    && !name.ends_with(".context")
                    && !name.ends_with("@context")
            });
            members.values_mut().for_each(drop_links);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_links),
        _ => {}
    }
}

/// The bytes of a text in base64url; what isn't that is left out.
fn base64(text: &str) -> Vec<u8> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let (mut bits, mut count, mut bytes) = (0u32, 0, Vec::new());
    for digit in text
        .bytes()
        .filter_map(|byte| DIGITS.iter().position(|it| *it == byte))
    {
        bits = bits << 6 | u32::try_from(digit).unwrap();
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
        }
    }
    bytes
}

fn decoded(url: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = url.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let hex = tail.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        match hex.and_then(|two| u8::from_str_radix(two, 16).ok()) {
            Some(byte) if *first == b'%' => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
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
    let headers = response.headers.iter().filter(|(name, _)| name != "date");
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

/// The seed of the random queries: `TEST_SEED`.
fn seed() -> u64 {
    std::env::var("TEST_SEED").map_or(1, |text| text.parse().unwrap())
}

/// How many of them: `TEST_QUERIES`.
fn queries() -> usize {
    std::env::var("TEST_QUERIES").map_or(2_000, |text| text.parse().unwrap())
}

/// Asks all, several at a time; the answers in the order of the questions.
fn ask(
    server: &Server,
    caller: Caller,
    urls: &[String],
    headers: &[(&str, &str)],
) -> Vec<Response> {
    let client = server.of(caller.token);
    let parts: Vec<Vec<Response>> = std::thread::scope(|scope| {
        let workers: Vec<_> = urls
            .chunks(urls.len().div_ceil(3).max(1))
            .map(|part| {
                let client = &client;
                scope.spawn(move || {
                    part.iter()
                        .map(|url| client.get_with(&rooted(url), headers))
                        .collect()
                })
            })
            .collect();
        workers
            .into_iter()
            .map(|worker| worker.join().unwrap())
            .collect()
    });
    parts.concat()
}

#[tokio::test]
async fn random_queries_show_nothing_and_feel_nothing_of_others() {
    let database = Database::from_template("wall copy", load).await;
    let server = Server::start(&database, |_| {});
    let mut generator = Generator::new(seed(), A.keys.0, B.keys.0);
    let urls: Vec<String> = (0..queries()).map(|_| generator.request()).collect();
    let mut tally = Tally::default();
    let answers = ask(&server, A, &urls, &[]);
    for (caller, answers) in [(A, &answers), (B, &ask(&server, B, &urls, &[]))] {
        for (url, answer) in urls.iter().zip(answers) {
            inspect(caller, url, answer);
            tally.answer(url, answer);
        }
    }
    tally.report(&generator);
    tally.check(&generator);

    // Everything of the others and every secret is another one now.
    let client = database.connect().await;
    client.batch_execute(OTHERWISE).await.unwrap();
    let again = ask(&server, A, &urls, &[]);
    for ((url, before), after) in urls.iter().zip(&answers).zip(&again) {
        assert_eq!(told(before), told(after), "{url}");
    }
}

/// Changes, removes and adds rows of the accounts 2 and 3 and of nobody, and all secrets.
const OTHERWISE: &str = "
    UPDATE users SET encrypted_password = 'other', reset_password_token = 'other', confirmation_token = NULL,
        tokens = '[1]', pubsub_token = NULL, otp_secret = NULL, message_signature = 'other', type = NULL;
    UPDATE users SET name = 'shared-1', email = 'mark-of-a', display_name = 'mark-of-a', uid = 'u' || id,
        created_at = '2021-02-03', sign_in_count = 264197501, availability = 2
        WHERE id BETWEEN 77000000 AND 78000000 OR id > 99000000;
    DELETE FROM users WHERE id IN (77000003, 77000004, 99500001);
    UPDATE inboxes SET name = 'mark-of-a inbox 1', created_at = '2021-01-02', channel_id = 264197501 WHERE account_id <> 1;
    DELETE FROM inboxes WHERE id % 3 = 0 AND account_id <> 1;
    UPDATE labels SET title = CASE id % 7 WHEN 2 THEN 'mark-of-a label 3' WHEN 3 THEN 'mark-of-a label 4' ELSE NULL END,
        color = 'mark-of-a colour' WHERE account_id IS DISTINCT FROM 1;
    DELETE FROM labels WHERE id % 2 = 0 AND account_id IS DISTINCT FROM 1;
    UPDATE conversations SET identifier = 'mark-of-a identifier 1', status = 0, inbox_id = 11000002, assignee_id = 11000002,
        display_id = 264197500 + id % 1000, created_at = '2021-03-05', last_activity_at = '2021-03-05',
        contact_id = 264197501, snoozed_until = NULL WHERE account_id <> 1;
    DELETE FROM conversations WHERE id % 3 = 0 AND account_id <> 1;
    UPDATE messages SET content = 'mark-of-a content 1', inbox_id = 11000002, conversation_id = 11000003,
        sender_type = 'User', sender_id = 11000002, created_at = '2021-04-05', private = true, status = 2 WHERE account_id <> 1;
    DELETE FROM messages WHERE id % 3 = 0 AND account_id <> 1;
    UPDATE reporting_events SET value = 1, name = 'mark-of-a event 1', inbox_id = 11000002, user_id = 11000002,
        conversation_id = 11000003 WHERE account_id IS DISTINCT FROM 1;
    DELETE FROM reporting_events WHERE id % 3 = 0 AND account_id IS DISTINCT FROM 1;
    INSERT INTO messages (id, content, account_id, inbox_id, conversation_id, message_type, created_at, updated_at)
        SELECT 78000000 + i, 'mark-of-a', 2, 11000002, 11000003, 0, '2021-04-05', '2021-04-05' FROM generate_series(1, 300) i;
    INSERT INTO labels (id, title, color, account_id, created_at, updated_at)
        SELECT 78000000 + i, 'mark-of-a label 5', 'x', 4 + i, '2021-01-02', '2021-01-02' FROM generate_series(1, 5) i;
    INSERT INTO taggings (tag_id, taggable_type, taggable_id, context)
        SELECT 14, 'Conversation', id, 'labels' FROM conversations WHERE account_id <> 1;
    INSERT INTO inbox_members (inbox_id, user_id, created_at, updated_at)
        SELECT i.id, u.id, '2020-01-01', '2020-01-01' FROM inboxes i, users u
        WHERE u.id BETWEEN 77000000 AND 78000000 OR u.id > 99000000;
    UPDATE account_users SET role = 0 WHERE account_id <> 1 AND user_id > 77000001;
    DELETE FROM account_users WHERE account_id = 2 AND user_id BETWEEN 33000000 AND 34000000;
    ANALYZE;
";
