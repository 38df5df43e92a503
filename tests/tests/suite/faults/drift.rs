//! Tables and columns that change under the service: 503 while it finds out, then what there is; and
//! everything again when it is as it was.

use super::is_error;
use crate::program::Program;
use serde_json::Value;
use std::time::{Duration, Instant};
use tests::{Client, Database, Response, fixture};

/// The service looks again at most every five seconds, a database that lost something every ten.
const PATIENCE: Duration = Duration::from_secs(28);

/// What is left of an answer after a change.
#[derive(Clone, Copy)]
enum Left {
    /// All of it.
    Same,
    /// All but the values of this property, which are null.
    Without(&'static str),
    /// The values of this property are told in another way.
    Otherwise(&'static str),
    /// Nothing: the service is not ready.
    Nothing,
}

struct Change {
    sql: &'static str,
    undo: &'static str,
    path: &'static str,
    left: Left,
}

const CHANGES: [Change; 7] = [
    Change {
        sql: "ALTER TABLE messages DROP COLUMN source_id",
        undo: "ALTER TABLE messages ADD COLUMN source_id varchar",
        path: "Message",
        left: Left::Same,
    },
    Change {
        sql: "ALTER TABLE messages RENAME COLUMN content TO body",
        undo: "ALTER TABLE messages RENAME COLUMN body TO content",
        path: "Message",
        left: Left::Without("content"),
    },
    Change {
        sql: "ALTER TABLE messages ALTER content TYPE bytea USING convert_to(content, 'UTF8')",
        undo: "ALTER TABLE messages ALTER content TYPE text USING convert_from(content, 'UTF8')",
        path: "Message?$orderby=id desc",
        left: Left::Otherwise("content"),
    },
    Change {
        sql: "ALTER TABLE conversations ALTER additional_attributes TYPE json USING additional_attributes::json",
        undo: "ALTER TABLE conversations ALTER additional_attributes TYPE jsonb USING additional_attributes::jsonb",
        path: "Conversation",
        left: Left::Same,
    },
    Change {
        sql: "ALTER TABLE messages RENAME COLUMN account_id TO account",
        undo: "ALTER TABLE messages RENAME COLUMN account TO account_id",
        path: "Message",
        left: Left::Nothing,
    },
    Change {
        sql: "ALTER TABLE messages RENAME TO letters",
        undo: "ALTER TABLE letters RENAME TO messages",
        path: "Message",
        left: Left::Nothing,
    },
    Change {
        sql: "ALTER TABLE access_tokens RENAME COLUMN token TO secret",
        undo: "ALTER TABLE access_tokens RENAME COLUMN secret TO token",
        path: "Message",
        left: Left::Nothing,
    },
];

#[tokio::test]
async fn a_database_that_changes_and_changes_back() {
    let mut running = Vec::new();
    for change in &CHANGES {
        let database = fixture::small().await;
        let owner = database.connect().await;
        running.push(tokio::spawn(
            async move { change.check(database, owner).await },
        ));
    }
    for one in running {
        one.await.unwrap();
    }
}

impl Change {
    async fn check(&self, database: Database, owner: tokio_postgres::Client) {
        let program = Program::serve(&database.connection_string(), &["--workers=1"]);
        program.wait_for("serving http://");
        let client = program.client().token(fixture::KEY);
        let path = format!("/v1.0/odata/{}", self.path);
        let before = client.get(&path).expect(200);
        let other = client.get("/v1.0/odata/Label").expect(200);
        owner.batch_execute(self.sql).await.unwrap();
        let after = |response: &Response| self.is_left(&before, response);
        self.until(&client, &path, after).await;
        if matches!(self.left, Left::Nothing) {
            self.until(&client, "/health/ready", |response| response.status == 503)
                .await;
        } else {
            client.get("/health/ready").expect(200);
            assert_eq!(client.get("/v1.0/odata/Label").expect(200).body, other.body);
        }
        owner.batch_execute(self.undo).await.unwrap();
        self.until(&client, &path, |response| response.body == before.body)
            .await;
        self.until(&client, "/health/ready", |response| response.status == 200)
            .await;
    }

    /// Asks until the answer is so. Until then it is an error that tells to come again, or an older
    /// answer that is whole.
    async fn until(&self, client: &Client, path: &str, is_so: impl Fn(&Response) -> bool) {
        let since = Instant::now();
        loop {
            let response = client.get(path);
            if is_so(&response) {
                return;
            }
            assert!(response.complete, "{}: {path}", self.sql);
            match response.status {
                200 => {}
                503 if path.starts_with("/health") => {}
                _ => is_error(&response, 503, true),
            }
            assert!(
                since.elapsed() < PATIENCE,
                "{}: {path} stays {}",
                self.sql,
                response.status
            );
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    fn is_left(&self, before: &Response, now: &Response) -> bool {
        match self.left {
            Left::Same => now.status == 200 && now.body == before.body,
            Left::Without(property) => {
                let mut rest = before.json();
                for row in rest["value"].as_array_mut().unwrap() {
                    row[property] = Value::Null;
                }
                now.status == 200 && without_tag(now.json()) == without_tag(rest)
            }
            Left::Otherwise(property) => {
                let rest = |response: &Response| {
                    let mut rows = response.json()["value"].take();
                    for row in rows.as_array_mut().unwrap() {
                        row[property] = Value::Null;
                    }
                    rows
                };
                now.status == 200 && now.body != before.body && rest(now) == rest(before)
            }
            Left::Nothing => now.status == 503,
        }
    }
}

/// What tells the version of the metadata changes with it.
fn without_tag(mut answer: Value) -> Value {
    answer
        .as_object_mut()
        .unwrap()
        .retain(|name, _| !name.ends_with("metadataEtag"));
    answer
}
