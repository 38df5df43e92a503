//! A walk through pages while others write: every row that was there throughout, and whose sort values
//! stayed, comes exactly once; one whose sort value changed k times at most k + 1 times. And a walk under
//! any collation of the columns is the same.

use crate::asking::{get, pages, rows};
use serde_json::Value;
use std::collections::HashMap;
use tests::{Database, Server, fixture};
use tokio_postgres::Client;

/// Messages 2000 to 2399 stay, 3000 to 3099 change, 4000 to 4199 go, 5000 and on come.
const ROWS: &str = "
    INSERT INTO messages (id, content, account_id, inbox_id, conversation_id, message_type, status,
                          private, sender_type, sender_id, created_at, updated_at)
    SELECT i, 'word ' || i % 7, 1, 1, 1, 0, i % 4, false, 'User', 1 + i % 3,
           timestamp '2022-01-01' + (i * 7919 % 400) * interval '1 hour', '2022-01-01'
    FROM (SELECT generate_series(2000, 2399) UNION SELECT generate_series(3000, 3099)
          UNION SELECT generate_series(4000, 4199)) AS t(i)";

/// What happens between two pages: the round tells how far.
fn writes(round: usize) -> String {
    let (gone, come, moved) = (4000 + round * 5, 5000 + round * 5, 3000 + round * 13 % 100);
    format!(
        "DELETE FROM messages WHERE id BETWEEN {gone} AND {gone} + 4;
         INSERT INTO messages (id, content, account_id, inbox_id, conversation_id, message_type, status,
                               private, sender_type, sender_id, created_at, updated_at)
         SELECT i, 'word ' || i % 7, 1, 1, 1, 0, i % 4, false, 'User', 1,
                timestamp '2022-01-01' + (i * 31 % 400) * interval '1 hour', '2022-01-01'
         FROM generate_series({come}, {come} + 4) i;
         UPDATE messages SET status = (status + {round}) % 4,
                content = 'word ' || (id + {round}) % 7,
                created_at = timestamp '2022-01-01' + ((id + {round} * 97) % 400) * interval '1 hour'
         WHERE id BETWEEN {moved} AND {moved} + 9 AND id < 3100"
    )
}

/// How often the walk shows each id.
async fn walk(server: &Server, client: &Client, query: &str) -> (HashMap<i64, usize>, usize) {
    let mut seen = HashMap::new();
    let (mut next, mut round) = (Some(query.to_owned()), 0);
    while let Some(url) = next {
        assert!(round < 200, "{query}: the walk has no end");
        let response = get(server, &url, &[("Prefer", "maxpagesize=40")]);
        assert_eq!(response.status, 200, "{url}: {}", response.text());
        let body = response.json();
        for row in body["value"].as_array().unwrap() {
            *seen.entry(row["id"].as_i64().unwrap()).or_default() += 1;
        }
        next = body["@odata.nextLink"].as_str().map(str::to_owned);
        client.batch_execute(&writes(round)).await.unwrap();
        round += 1;
    }
    (seen, round)
}

#[tokio::test]
async fn a_walk_under_writes_gives_each_row_that_stays_once() {
    for query in [
        "Message?$select=id",
        "Message?$select=id&$orderby=id desc",
        "Message?$select=id&$orderby=status",
        "Message?$select=id&$orderby=created_at desc,id",
        "Message?$select=id&$orderby=content,status desc",
        "Message?$select=id&$orderby=sender/name,created_at",
        "Message?$select=id&$orderby=length(content),id mod 3",
        "Conversation(1)/messages?$select=id&$orderby=status desc",
        "Message?$select=id&$filter=status ge 0&$top=100000&$orderby=created_at",
    ] {
        let database = fixture::small().await;
        let client = database.connect().await;
        client.batch_execute(ROWS).await.unwrap();
        let server = Server::start(&database, |_| {});
        let (seen, rounds) = walk(&server, &client, query).await;
        assert!(rounds > 10, "{query}: {rounds} pages");
        let times = |id: i64| seen.get(&id).copied().unwrap_or(0);
        for id in 2000..2400 {
            assert_eq!(times(id), 1, "{query}: message {id} stayed");
        }
        for id in 3000..3100 {
            let changes = (0..rounds).filter(|round| {
                let moved = 3000 + (round * 13 % 100) as i64;
                (moved..moved + 10).contains(&id)
            });
            let changes = changes.count();
            assert!(
                times(id) <= changes + 1,
                "{query}: message {id} after {changes} changes"
            );
            // Where nothing of what sorts it changes, it is one that stays.
            if !query.contains("orderby") || query.contains("orderby=id desc") {
                assert_eq!(times(id), 1, "{query}: message {id}");
            }
        }
        for id in 4000..4200 {
            assert!(times(id) <= 1, "{query}: message {id} goes");
        }
    }
}

/// Texts that collations disagree about.
const TEXTS: &str = "
    INSERT INTO labels (id, title, account_id, created_at, updated_at)
    SELECT 100 + row_number() OVER (), t, 1, '2022-01-01', '2022-01-01' FROM unnest(ARRAY[
        'a', 'A', 'b', 'B', 'ä', 'Ä', 'a b', 'a-b', 'ab', 'a_b', 'aa', 'Aa', 'aA', 'z', 'Z', 'é', 'e', 'f',
        'co-op', 'coop', 'CO-OP', '-', '_', '', ' ', '0', '10', '9', 'ß', 'ss', 'ÿ', 'œ', 'oe', 'Ω', '中', '😀',
        'I', 'i', 'ı', 'İ', E'a\\u0301', 'á', E'tab\\t', 'tab', NULL, NULL]) t";

#[tokio::test]
async fn no_collation_breaks_a_walk() {
    let mut walked = 0;
    for collation in [
        "C",
        "en_US",
        "en_US.utf8",
        "en-US-x-icu",
        "de-x-icu",
        "tr-x-icu",
        "und-x-icu",
    ] {
        let database: Database = fixture::small().await;
        let client = database.connect().await;
        let known = "SELECT FROM pg_collation WHERE collname = $1 AND collencoding IN (-1, 6)";
        if client.query(known, &[&collation]).await.unwrap().is_empty() {
            println!("no walk under {collation}: this server has no such collation");
            continue;
        }
        let script =
            format!("ALTER TABLE labels ALTER title TYPE text COLLATE \"{collation}\"; {TEXTS}");
        client.batch_execute(&script).await.unwrap();
        let server = Server::start(&database, |_| {});
        for query in [
            "Label?$orderby=title",
            "Label?$orderby=title desc",
            "Label?$orderby=title,id desc",
            "Label?$orderby=tolower(title),title desc",
            "Label?$orderby=concat(title,'x')",
            "Label?$apply=groupby((title))&$orderby=title",
            "Label?$filter=title gt 'a'&$orderby=title",
        ] {
            let whole: Vec<Value> = rows(&server, query);
            assert!(whole.len() > 5, "{query}: {}", whole.len());
            for size in [1, 3, 7] {
                let prefer = format!("maxpagesize={size}");
                let found = pages(&server, query, &[("Prefer", &prefer)]);
                let found: Vec<Value> = found.into_iter().flatten().collect();
                assert_eq!(found, whole, "{collation}: {query} in pages of {size}");
            }
        }
        walked += 1;
    }
    assert!(walked >= 1);
}
