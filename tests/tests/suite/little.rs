//! Little pages: what was little a few times needs no connection of its own, and is never less for it.

use crate::large::Large;
use std::io::Read as _;
use std::time::Duration;
use tests::{Client, Server, fixture};

/// More than make a habit.
const TIMES: usize = 6;

/// How many messages some conversations have: as many as are little, one more, one less, ..
const SIZES: [(i64, i64); 8] = [
    (1, 0),
    (2, 1),
    (3, 99),
    (4, 100),
    (5, 101),
    (6, 102),
    (7, 150),
    (8, 200),
];

/// A hundred conversations, a few of which are of these sizes; the others have 200 messages.
async fn conversations() -> Large {
    let large = Large::new(20_000).await;
    for (conversation, size) in SIZES {
        let keep = format!(
            "DELETE FROM messages WHERE conversation_id = {conversation} AND id NOT IN
             (SELECT id FROM messages WHERE conversation_id = {conversation} ORDER BY id LIMIT {size})"
        );
        large.owner.batch_execute(&keep).await.unwrap();
    }
    large
}

fn of(server: &Server) -> Client {
    server.of(fixture::KEY)
}

/// The numbers of the messages on all pages, each page asked twice.
fn walk(client: &Client, path: &str, size: Option<usize>) -> Vec<i64> {
    let prefer = size.map(|size| format!("maxpagesize={size}"));
    let headers: Vec<_> = prefer.iter().map(|prefer| ("Prefer", &**prefer)).collect();
    let (mut found, mut url) = (Vec::new(), path.to_owned());
    loop {
        let page = client.get_with(&url, &headers).expect(200).json();
        let again = client.get_with(&url, &headers).expect(200).json();
        assert_eq!(page["value"], again["value"], "{url}");
        let rows = page["value"].as_array().unwrap();
        assert!(size.is_none_or(|size| rows.len() <= size), "{url}");
        found.extend(rows.iter().map(|row| row["id"].as_i64().unwrap()));
        match page["@odata.nextLink"].as_str() {
            Some(next) => next.clone_into(&mut url),
            None => return found,
        }
        url = url[url.find("/v1.0").unwrap()..].to_owned();
    }
}

/// What is little for one conversation is not for another, whose requests share the plan.
#[tokio::test(flavor = "multi_thread")]
async fn a_habit_does_not_cut_what_is_not_little() {
    let large = conversations().await;
    let server = large.server(|config| config.settings.limits.page_size = 170);
    let client = of(&server);
    let path =
        |conversation| format!("/v1.0/odata/Conversation({conversation})/messages?$select=id");
    for size in [None, Some(1), Some(99), Some(100), Some(101), Some(160)] {
        for (conversation, _) in SIZES {
            // Little ones before, which make the habit; the last of them has none to show.
            for little in [2, 2, 2, 2, 2, 1].map(path) {
                client.get(&little).expect(200);
            }
            let expect = large
                .owner
                .query(
                    "SELECT id::int8 FROM messages WHERE conversation_id = $1::int8::int4 ORDER BY id",
                    &[&conversation],
                )
                .await
                .unwrap();
            let expect: Vec<i64> = expect.iter().map(|row| row.get(0)).collect();
            assert_eq!(walk(&client, &path(conversation), size), expect, "{size:?}");
        }
    }
}

/// Requests whose answers are little, others', and some that fail: the first answer of each is a stream's.
const REQUESTS: &[&str] = &[
    "Message?$top=100",
    "Message?$top=101&$select=id",
    "Message?$top=20&$skip=7&$orderby=created_at desc",
    "Message?$filter=id le 30&$count=true",
    "Message?$filter=id le 30&$format=csv",
    "Message?$filter=id le 300&$format=csv&$select=id",
    "Message?$filter=id le 30&$format=application/x-ndjson",
    "Message?$filter=id lt 0",
    "Message?$filter=conversation_id eq 3&$select=id,content",
    "Message?$apply=groupby((message_type),aggregate($count as n))",
    "Message?$top=3&$compute=1 div (id sub 2) as x&$select=id,x",
    "Conversation?$top=5&$expand=messages($top=2)",
    "Conversation(3)/messages/$ref",
    "Conversation(2)/messages?$expand=inbox",
    "Conversation(4711)/messages",
    "Inbox(1)/conversations?$top=2&$count=true",
    "$crossjoin(Inbox,User)",
    "$all?$top=1",
    "Message?$top=2&$select=nothing",
];

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_the_same_by_habit() {
    let large = conversations().await;
    let server = large.server(|_| {});
    let client = of(&server);
    for request in REQUESTS {
        let url = format!("/v1.0/odata/{request}");
        let first = client.get(&url);
        for _ in 0..TIMES {
            let next = client.get(&url);
            assert_eq!(next.status, first.status, "{request}");
            assert_eq!(next.text(), first.text(), "{request}");
            assert_eq!(
                next.header("Content-Length"),
                first.header("Content-Length"),
                "{request}"
            );
            // A HEAD may not meet the row that fails.
            if first.status == 200 {
                client.request("HEAD", &url, &[]).expect(200);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn little_pages_are_served_while_all_connections_are_in_use() {
    let large = Large::new(200_000).await;
    let server = large.server(|config| {
        config.pool.size = 1;
        config.pool.wait = Duration::from_millis(100);
        config.settings.stall_timeout = Duration::from_secs(60);
    });
    let client = of(&server);
    let little = "/v1.0/odata/Message?$top=3";
    let whole = client.get(little).expect(200);
    // Where the machine is busy an answer takes too long to make a habit.
    let is_served = (0..20).any(|_| {
        // That of the round before.
        server.until_none_is_lent();
        for _ in 0..TIMES {
            client.get(little).expect(200);
        }
        let headers = [("Prefer", "odata.maxpagesize=1000000")];
        let mut stalled = client.begin("GET", "/v1.0/odata/Message?$expand=sender", &headers);
        stalled.read_exact(&mut [0; 1000]).unwrap();
        client.get("/v1.0/odata/Message?$top=4").expect(429);
        let answer = client.get(little);
        if answer.status == 200 {
            assert_eq!(answer.text(), whole.text());
        }
        answer.status == 200
    });
    assert!(is_served);
}
