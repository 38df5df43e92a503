//! The harness itself: databases come and go, and the rows are those that the other tests count on.

use tests::{Database, Postgres, fixture};
use tokio_postgres::Client;

async fn number(client: &Client, sql: &str) -> i64 {
    client.query_one(sql, &[]).await.unwrap().get(0)
}

async fn exists(name: &str) -> bool {
    let (client, connection) = Postgres::shared()
        .config()
        .connect(tokio_postgres::NoTls)
        .await
        .unwrap();
    tokio::spawn(connection);
    let row = client
        .query_one(
            "SELECT count(*) FROM pg_database WHERE datname = $1",
            &[&name],
        )
        .await
        .unwrap();
    row.get::<_, i64>(0) == 1
}

#[tokio::test]
async fn a_database_goes_with_its_value() {
    let database = Database::empty().await;
    let client = database.connect().await;
    assert_eq!(
        number(
            &client,
            "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        )
        .await,
        0
    );
    let name = database.name().to_owned();
    assert!(name.starts_with("t_") && exists(&name).await);
    // Even while somebody is connected.
    drop(database);
    assert!(!exists(&name).await);
}

#[tokio::test]
async fn copies_of_a_template_are_apart() {
    let (one, other) = (fixture::small().await, fixture::small().await);
    let (one, other) = (one.connect().await, other.connect().await);
    one.batch_execute("DELETE FROM messages").await.unwrap();
    assert_eq!(number(&one, "SELECT count(*) FROM messages").await, 0);
    assert_eq!(number(&other, "SELECT count(*) FROM messages").await, 18);
}

#[tokio::test]
async fn the_small_world_points_across_its_accounts() {
    let database = fixture::small_shared().await;
    let client = database.connect().await;
    for (what, sql) in [
        (
            "a message in another account's conversation",
            "SELECT count(*) FROM messages m JOIN conversations c ON c.id = m.conversation_id WHERE c.account_id <> m.account_id",
        ),
        (
            "a conversation in another account's inbox",
            "SELECT count(*) FROM conversations c JOIN inboxes i ON i.id = c.inbox_id WHERE c.account_id <> i.account_id",
        ),
        (
            "an event of another account's conversation",
            "SELECT count(*) FROM reporting_events e JOIN conversations c ON c.id = e.conversation_id WHERE c.account_id <> e.account_id",
        ),
        (
            "a member of an inbox who has nothing to do with its account",
            "SELECT count(*) FROM inbox_members m JOIN inboxes i ON i.id = m.inbox_id WHERE NOT EXISTS (SELECT FROM account_users a WHERE a.user_id = m.user_id AND a.account_id = i.account_id)",
        ),
        (
            "an event without its conversation",
            "SELECT count(*) FROM reporting_events e WHERE NOT EXISTS (SELECT FROM conversations c WHERE c.id = e.conversation_id)",
        ),
    ] {
        assert!(number(&client, sql).await > 0, "{what}");
    }
}

#[tokio::test]
async fn the_facts_rows_are_loaded() {
    let Some(database) = fixture::facts().await else {
        return;
    };
    let client = database.connect().await;
    for (table, rows) in [
        ("messages", 14),
        ("conversations", 6),
        ("inboxes", 3),
        ("users", 3),
        ("reporting_events", 7),
        ("labels", 3),
        ("accounts", 1),
        ("account_users", 3),
    ] {
        let sql = format!("SELECT count(*) FROM {table}");
        assert_eq!(number(&client, &sql).await, rows, "{table}");
    }
    let key = format!(
        "SELECT owner_id FROM access_tokens WHERE owner_type = 'User' AND token = '{}'",
        fixture::KEY
    );
    assert_eq!(number(&client, &key).await, 1);
}
