//! The demo's database: made once, kept, made anew where it must be, and never somebody else's.

use std::path::PathBuf;
use std::process::Command;

use liveagent_odata::demo::{self, Args, Error, Prepared};
use local_postgres::Settings;
use tests::{Database, Postgres};
use tokio_postgres::{Client, NoTls};

/// A data folder of this test's own, in a place that the server's user can reach.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Place {
        let path = std::env::temp_dir().join(format!("lao-test-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        Place(path)
    }

    fn args(&self, conversations: Option<u64>) -> Args {
        Args {
            conversations,
            data_dir: Some(self.0.clone()),
            install_postgres: std::env::var("INSTALL_POSTGRES").is_ok_and(|yes| yes == "1"),
            ..Args::default()
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

async fn connect(connection_string: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(connection_string, NoTls)
        .await
        .unwrap();
    tokio::spawn(connection);
    client
}

async fn prepare(args: &Args) -> Prepared {
    match demo::prepare(args, |_| {}).await {
        Ok(prepared) => prepared,
        Err(error) => panic!("{}", error.report()),
    }
}

async fn number(client: &Client, sql: &str) -> i64 {
    client.query_one(sql, &[]).await.unwrap().get(0)
}

async fn conversations(prepared: &Prepared) -> i64 {
    let client = connect(&prepared.connection_string).await;
    number(&client, "SELECT count(*) FROM conversations").await
}

#[tokio::test]
async fn it_is_made_once_and_kept() {
    let place = Place::new("kept");
    let first = prepare(&place.args(Some(300))).await;
    assert_eq!(conversations(&first).await, 300);
    let tokens = first.tokens.clone();
    drop(first);

    // As many as there are, where nothing is said.
    let second = prepare(&place.args(None)).await;
    assert_eq!(conversations(&second).await, 300);
    // Who fills it makes new ones.
    assert_eq!(second.tokens.administrator, tokens.administrator);

    // A second demo beside it uses the same server.
    let beside = prepare(&place.args(None)).await;
    assert_eq!(beside.tokens.administrator, tokens.administrator);
    drop(beside);
    drop(second);

    let third = prepare(&place.args(Some(40))).await;
    assert_eq!(conversations(&third).await, 40);
    drop(third);

    let fresh = Args {
        fresh: true,
        ..place.args(Some(30))
    };
    let fresh = prepare(&fresh).await;
    assert_ne!(fresh.tokens.administrator, tokens.administrator);
    assert_eq!(conversations(&fresh).await, 30);
}

#[tokio::test]
async fn what_was_interrupted_is_made_again() {
    let server = Postgres::own(&Settings::default());
    let args = Args {
        conversations: Some(50),
        database_url: Some(server.connection_string("postgres")),
        ..Args::default()
    };
    let first = prepare(&args).await;
    let client = connect(&first.connection_string).await;
    client
        .batch_execute(
            "COMMENT ON DATABASE liveagent_demo IS 'made by liveagent-odata demo, not complete';
             TRUNCATE conversations",
        )
        .await
        .unwrap();
    // The session that was filling may still be there.
    let again = prepare(&args).await;
    assert_eq!(conversations(&again).await, 50);
    assert!(client.query_one("SELECT 1", &[]).await.is_err());
}

#[tokio::test]
async fn a_database_that_it_did_not_make_is_left_alone() {
    let server = Postgres::own(&Settings::default());
    let maintenance = server.connection_string("postgres");
    let client = connect(&maintenance).await;
    client
        .batch_execute("CREATE DATABASE liveagent_demo")
        .await
        .unwrap();
    let theirs = connect(&server.connection_string("liveagent_demo")).await;
    theirs
        .batch_execute("CREATE TABLE messages AS SELECT 1 AS id")
        .await
        .unwrap();
    for fresh in [false, true] {
        let args = Args {
            fresh,
            database_url: Some(maintenance.clone()),
            ..Args::default()
        };
        let error = demo::prepare(&args, |_| {}).await.err().unwrap();
        assert!(matches!(error, Error::Foreign { .. }), "{}", error.report());
        assert_eq!(error.exit_code(), 73);
    }
    assert_eq!(number(&theirs, "SELECT count(*) FROM messages").await, 1);
}

/// A dump of the whole server but the databases that are the demo's or the tests' own.
fn dump(server: &local_postgres::Server, database: &str) -> String {
    let output = Command::new(server.installation().bin_dir().join("pg_dump"))
        .args(["-h", &server.socket_dir().display().to_string()])
        .args(["-p", &server.port().to_string()])
        .args(["-U", server.user(), database])
        .output()
        .unwrap();
    assert!(output.status.success());
    // Newer releases print a random key around the dump.
    String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .filter(|line| !line.starts_with("\\restrict") && !line.starts_with("\\unrestrict"))
        .collect::<Vec<_>>()
        .join("\n")
}

#[tokio::test]
async fn databases_beside_it_do_not_change() {
    let server = Postgres::own(&Settings::default());
    let client = connect(&server.connection_string("postgres")).await;
    client.batch_execute("CREATE DATABASE app").await.unwrap();
    let app = connect(&server.connection_string("app")).await;
    app.batch_execute(demo::schema_sql()).await.unwrap();
    app.batch_execute("INSERT INTO tags (name) VALUES ('theirs')")
        .await
        .unwrap();
    let before = (dump(&server, "app"), dump(&server, "postgres"));
    assert!(before.0.contains("theirs"));
    let prepared = prepare(&Args {
        conversations: Some(50),
        // The database in the URL is where it connects to, not where it writes.
        database_url: Some(server.connection_string("app")),
        ..Args::default()
    })
    .await;
    assert_eq!(conversations(&prepared).await, 50);
    let after = (dump(&server, "app"), dump(&server, "postgres"));
    assert!(before == after, "a database beside the demo's has changed");
}

async fn filled(conversations: u64) -> (Database, Client) {
    let database = Database::empty().await;
    let client = database.connect().await;
    for sql in [
        demo::schema_sql(),
        &demo::data_sql(conversations),
        demo::indexes_sql(),
    ] {
        if let Err(error) = client.batch_execute(sql).await {
            panic!("{error:?}");
        }
    }
    (database, client)
}

const TABLES: [&str; 13] = [
    "accounts",
    "users",
    "account_users",
    "access_tokens",
    "inboxes",
    "inbox_members",
    "teams",
    "labels",
    "tags",
    "taggings",
    "conversations",
    "messages",
    "reporting_events",
];

#[tokio::test]
async fn the_rows_are_the_same_every_time() {
    let (_one_database, one) = filled(700).await;
    let (_other_database, other) = filled(700).await;
    for table in TABLES {
        let sql = format!(
            "SELECT coalesce(md5(string_agg(t::text, '|' ORDER BY id)), '') FROM {table} t"
        );
        let of_one: String = one.query_one(&sql, &[]).await.unwrap().get(0);
        let of_other: String = other.query_one(&sql, &[]).await.unwrap().get(0);
        assert_eq!(of_one, of_other, "{table}");
    }
}

#[tokio::test]
async fn the_rows_are_like_real_ones() {
    let (_database, client) = filled(2000).await;
    let check = async |what: &str, sql: &str, expect: std::ops::RangeInclusive<i64>| {
        let found = number(&client, sql).await;
        assert!(
            expect.contains(&found),
            "{what}: {found}, expected {expect:?}"
        );
    };
    check(
        "conversations",
        "SELECT count(*) FROM conversations",
        2000..=2000,
    )
    .await;
    check("messages", "SELECT count(*) FROM messages", 19000..=21000).await;
    check(
        "events",
        "SELECT count(*) FROM reporting_events",
        5700..=6600,
    )
    .await;
    check(
        "conversations on a weekend, of a hundred",
        "SELECT 100 * count(*) FILTER (WHERE extract(isodow FROM created_at) > 5) / count(*) FROM conversations",
        5..=16,
    )
    .await;
    check(
        "conversations between 8 and 18 o'clock, of a hundred",
        "SELECT 100 * count(*) FILTER (WHERE extract(hour FROM created_at) BETWEEN 8 AND 17) / count(*) FROM conversations",
        60..=90,
    )
    .await;
    check(
        "months",
        "SELECT count(DISTINCT date_trunc('month', created_at)) FROM conversations",
        24..=24,
    )
    .await;
    for (what, sql) in [
        (
            "an emoji",
            "SELECT count(*) FROM messages WHERE content LIKE '%👍%'",
        ),
        (
            "a script of its own",
            "SELECT count(*) FROM messages WHERE content ~ '[а-я]{3}'",
        ),
        (
            "a survey's answer",
            "SELECT count(*) FROM messages WHERE content_type = 9 AND content_attributes::text LIKE '%rating%'",
        ),
        (
            "JSON in a JSON string",
            "SELECT count(*) FROM messages WHERE json_typeof(content_attributes) = 'string'",
        ),
        (
            "jsonb in a JSON string",
            "SELECT count(*) FROM conversations WHERE jsonb_typeof(custom_attributes) = 'string'",
        ),
        (
            "no content",
            "SELECT count(*) FROM messages WHERE content IS NULL",
        ),
        (
            "a megabyte",
            "SELECT count(*) FROM messages WHERE length(content) > 1000000",
        ),
        (
            "a NUL",
            "SELECT count(*) FROM messages WHERE content_attributes::text LIKE '%\\u0000%'",
        ),
        (
            "half a surrogate",
            "SELECT count(*) FROM messages WHERE content_attributes::text LIKE '%\\ud83d\"%'",
        ),
        (
            "NaN",
            "SELECT count(*) FROM reporting_events WHERE value = 'NaN'",
        ),
        (
            "an infinite time",
            "SELECT count(*) FROM conversations WHERE snoozed_until = 'infinity'",
        ),
        (
            "a dangling event",
            "SELECT count(*) FROM reporting_events e WHERE NOT EXISTS (SELECT FROM conversations c WHERE c.id = e.conversation_id)",
        ),
        (
            "a message across accounts",
            "SELECT count(*) FROM messages m JOIN conversations c ON c.id = m.conversation_id WHERE c.account_id <> m.account_id",
        ),
        (
            "a user of two accounts",
            "SELECT count(*) FROM (SELECT user_id FROM account_users GROUP BY user_id HAVING count(*) > 1) u",
        ),
        (
            "a suspended account",
            "SELECT count(*) FROM accounts WHERE status = 1",
        ),
        (
            "a label twice",
            "SELECT count(*) FROM (SELECT FROM taggings GROUP BY tag_id, taggable_id, taggable_type, context HAVING count(*) > 1) t",
        ),
    ] {
        check(what, sql, 1..=i64::MAX).await;
    }
    // New rows get new ids.
    client
        .batch_execute("INSERT INTO tags (name) VALUES ('new')")
        .await
        .unwrap();
}

#[tokio::test]
async fn few_conversations_are_enough() {
    for conversations in [1, 2, 10] {
        let (_database, client) = filled(conversations).await;
        assert_eq!(
            number(&client, "SELECT count(*) FROM conversations").await,
            i64::try_from(conversations).unwrap()
        );
    }
}
