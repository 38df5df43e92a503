//! deploy/grants.sql: a role that may read what the service needs, and nothing else.

use std::path::Path;
use std::process::Command;

use local_postgres::{Server, Settings};
use tests::{Postgres, fixture};
use tokio_postgres::{Client, NoTls};

async fn connect(server: &Server, user: &str) -> Client {
    let (client, connection) =
        tokio_postgres::connect(&server.connection_string_as(user, "postgres"), NoTls)
            .await
            .unwrap();
    tokio::spawn(connection);
    client
}

/// Runs the script for this role.
pub(crate) fn grant(server: &Server, role: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/grants.sql");
    let output = Command::new(server.installation().bin_dir().join("psql"))
        .args(["-X", "-q", "-h", &server.socket_dir().display().to_string()])
        .args(["-p", &server.port().to_string(), "-U", server.user()])
        .args(["-d", "postgres", "-v", &format!("role={role}"), "-f"])
        .arg(file)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.is_empty(), "{said}");
}

/// Every column that the role may select, as `table.column`.
async fn readable(client: &Client, role: &str) -> Vec<String> {
    client
        .query(
            "SELECT format('%s.%s', c.relname, a.attname) FROM pg_class c
             JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
             WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
               AND has_column_privilege($1, c.oid, a.attnum, 'SELECT') ORDER BY 1",
            &[&role],
        )
        .await
        .unwrap()
        .iter()
        .map(|row| row.get(0))
        .collect()
}

#[tokio::test]
async fn the_role_reads_what_is_listed() {
    let server = Postgres::own(&Settings::default());
    let owner = connect(&server, server.user()).await;
    fixture::load_small(&owner).await;
    // A name that has to be quoted.
    let role = "Live Agent's reader";
    grant(&server, role);
    let first = readable(&owner, role).await;
    for table in [
        "messages",
        "conversations",
        "inboxes",
        "labels",
        "reporting_events",
        "users",
    ] {
        assert!(first.contains(&format!("{table}.id")), "{table}");
    }
    for column in [
        "users.encrypted_password",
        "users.reset_password_token",
        "users.confirmation_token",
        "users.tokens",
        "users.pubsub_token",
        "users.otp_secret",
        "users.message_signature",
        "access_tokens.id",
        "accounts.name",
        "teams.id",
    ] {
        assert!(!first.iter().any(|found| found == column), "{column}");
    }

    let reader = connect(&server, role).await;
    reader
        .query_one("SELECT count(id) FROM messages", &[])
        .await
        .unwrap();
    for refused in [
        "SELECT encrypted_password FROM users",
        "SELECT * FROM users",
        "SELECT * FROM teams",
        "DELETE FROM messages",
        "SET default_transaction_read_only = off; UPDATE users SET name = 'x'",
    ] {
        assert!(reader.batch_execute(refused).await.is_err(), "{refused}");
    }

    // Again, after somebody was too kind: back to the list.
    owner
        .batch_execute(&format!(
            "GRANT ALL ON users TO \"{role}\"; GRANT SELECT (tokens) ON users TO \"{role}\""
        ))
        .await
        .unwrap();
    grant(&server, role);
    assert_eq!(readable(&owner, role).await, first);
}

#[tokio::test]
async fn an_older_database_is_granted_as_it_is() {
    let server = Postgres::own(&Settings::default());
    let owner = connect(&server, server.user()).await;
    fixture::load_small(&owner).await;
    owner
        .batch_execute(
            "ALTER TABLE reporting_events RENAME TO events;
             ALTER TABLE accounts DROP COLUMN status;
             ALTER TABLE users DROP COLUMN cognigy_user_id;
             ALTER TABLE inboxes RENAME COLUMN out_of_office_message TO out_of_office_enabled",
        )
        .await
        .unwrap();
    grant(&server, "reader");
    let found = readable(&owner, "reader").await;
    for column in [
        "events.value",
        "accounts.id",
        "inboxes.out_of_office_enabled",
    ] {
        assert!(found.iter().any(|name| name == column), "{column}");
    }
}
