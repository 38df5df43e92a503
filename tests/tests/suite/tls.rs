//! The service over TLS to its database.

use local_postgres::{Server as Postgres, Settings, Tls};
use std::time::{Duration, Instant};
use tests::{Server, fixture};
use tokio_postgres::Client;

const PASSWORD: &str = "s3cret";

fn file(name: &str) -> String {
    format!("{}/fixtures/tls/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// A server that speaks TLS with this certificate, and the small world on it.
async fn database(certificate: &str) -> (Postgres, Client) {
    let settings = Settings {
        tcp: true,
        password: Some(PASSWORD.to_owned()),
        tls: Some(Tls {
            certificate: file(&format!("{certificate}.crt")).into(),
            key: file(&format!("{certificate}.key")).into(),
        }),
        ..Settings::default()
    };
    let postgres = tests::Postgres::own(&settings);
    let client = connect(&postgres).await;
    fixture::load_small(&client).await;
    (postgres, client)
}

async fn connect(postgres: &Postgres) -> Client {
    let url = postgres.connection_string("postgres");
    let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls)
        .await
        .unwrap();
    tokio::spawn(connection);
    client
}

fn url(postgres: &Postgres, rest: &str) -> String {
    let port = postgres.tcp_port().expect("it has a TCP port");
    format!("postgres://postgres:{PASSWORD}@localhost:{port}/postgres?{rest}")
}

#[tokio::test]
async fn everything_goes_through_tls() {
    let (postgres, client) = database("server").await;
    let url = url(
        &postgres,
        &format!("sslmode=verify-full&sslrootcert={}", file("ca.crt")),
    );
    let server = Server::start_anyway(&url, |_| {});
    // A statement that waits for a lock waits for longer.
    let patient = format!("{url}&options=-c%20lock_timeout%3D60s");
    let hasty = Server::start_anyway(&patient, |config| {
        config.settings.limits.statement_ms = 1500;
    });
    assert!(
        server
            .report()
            .is_some_and(liveagent_odata::check::Report::fits)
    );
    server
        .get("Conversation?$expand=messages,inbox")
        .expect(200);
    server.get("Conversation(1)").expect(200);
    let count = async |condition: &str| -> i64 {
        let sql = format!(
            "SELECT count(*) FROM pg_stat_activity a JOIN pg_stat_ssl s USING (pid)
             WHERE a.application_name = 'liveagent-odata' AND {condition}"
        );
        client.query_one(&sql, &[]).await.unwrap().get(0)
    };
    assert!(count("s.ssl").await > 0);
    assert_eq!(count("NOT s.ssl").await, 0);

    // On a connection of its own: a transaction sees other sessions as they were at its start.
    let lock = connect(&postgres).await;
    lock.batch_execute("BEGIN; LOCK TABLE messages IN ACCESS EXCLUSIVE MODE")
        .await
        .unwrap();
    for _ in 0..3 {
        hasty.get("Message").expect(504);
        let since = Instant::now();
        while count("a.state = 'active'").await > 0 {
            assert!(
                since.elapsed() < Duration::from_secs(5),
                "the statement goes on"
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
    lock.batch_execute("COMMIT").await.unwrap();
    server.get("Message").expect(200);
    let status = hasty.status();
    assert!(status.cancelled > 0 && status.discarded == 0, "{status:?}");
    assert_eq!(count("NOT s.ssl").await, 0);
}

#[tokio::test]
async fn a_server_that_is_another_is_refused() {
    let (here, _) = database("server").await;
    let (elsewhere, _) = database("elsewhere").await;
    let rooted = |mode: &str, root: &str| format!("sslmode={mode}&sslrootcert={}", file(root));
    for (postgres, rest, served) in [
        (&here, rooted("verify-full", "ca.crt"), true),
        (&here, rooted("verify-full", "other-ca.crt"), false),
        (&here, rooted("verify-ca", "other-ca.crt"), false),
        (&here, rooted("require", "other-ca.crt"), false),
        (&here, "sslmode=verify-full".to_owned(), false),
        (&here, "sslmode=require".to_owned(), true),
        (&here, "sslmode=prefer".to_owned(), true),
        (&here, "sslmode=disable".to_owned(), true),
        (&elsewhere, rooted("verify-full", "ca.crt"), false),
        (&elsewhere, rooted("verify-ca", "ca.crt"), true),
    ] {
        let server = Server::start_anyway(&url(postgres, &rest), |_| {});
        assert_eq!(server.report().is_some(), served, "{rest}");
        let response = server.get("Inbox");
        assert_eq!(
            response.status,
            if served { 200 } else { 503 },
            "{rest}: {}",
            response.text()
        );
        assert!(
            !response.text().contains("certificate"),
            "{}",
            response.text()
        );
    }
}
