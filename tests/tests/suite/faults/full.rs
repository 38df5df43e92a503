//! Connections that are all in use: the service's own, and those of the server.

use super::{PATIENCE, World, is_error, of, served};
use crate::large::Large;
use local_postgres::Settings;
use std::io::Read as _;
use std::time::{Duration, Instant};
use tests::Server;

#[tokio::test]
async fn when_all_connections_are_in_use_requests_wait_and_then_are_told_to_come_again() {
    let world = World::new(200_000).await;
    let server = world.server(|config| {
        config.pool.size = 1;
        config.pool.wait = Duration::from_millis(300);
        config.settings.stall_timeout = Duration::from_secs(60);
    });
    let client = of(&server);
    client.get("/v1.0/odata/Message(1)").expect(200);
    let headers = [("Prefer", "odata.maxpagesize=1000000")];
    // Nobody reads it to its end.
    let mut stalled = client.begin("GET", "/v1.0/odata/Message?$expand=sender", &headers);
    stalled.read_exact(&mut [0; 1000]).unwrap();
    world.large.until_busy().await;
    for path in ["Message", "Message?$format=csv", "Inbox/$count"] {
        let response = client.get(&format!("/v1.0/odata/{path}"));
        is_error(&response, 429, true);
    }
    // What needs none of them is answered: wrong requests, single rows, tokens, health.
    client
        .get("/v1.0/odata/Message?$filter=no eq 1")
        .expect(400);
    client.get("/v1.0/odata/Message(1)").expect(200);
    client.get("/v1.0/odata/$metadata").expect(200);
    let stranger = server.of("nobody");
    stranger.get("/v1.0/odata/Message").expect(401);
    server.client().get("/health/ready").expect(200);
    drop(stalled);
    server.until_none_is_lent();
    served(&client, "/v1.0/odata/Inbox");
}

/// 53300: every place of the server is taken by others.
#[tokio::test]
async fn a_server_that_takes_no_more_connections_is_waited_for() {
    let settings = Settings {
        parameters: vec![("max_connections".to_owned(), "12".to_owned())],
        ..Settings::default()
    };
    let large = Large::on(settings, 100).await;
    large
        .owner
        .batch_execute(
            "CREATE ROLE reader LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader",
        )
        .await
        .unwrap();
    let url = large.postgres.connection_string_as("reader", "postgres");
    let server = Server::start_anyway(&url, |_| {});
    let client = of(&server);
    client.get("/v1.0/odata/Message").expect(200);
    client.get("/v1.0/odata/Message(1)").expect(200);
    let terminate =
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = 'reader'";
    let left = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'reader'";
    large.owner.execute(terminate, &[]).await.unwrap();
    let since = Instant::now();
    while large
        .owner
        .query_one(left, &[])
        .await
        .unwrap()
        .get::<_, i64>(0)
        > 0
    {
        assert!(since.elapsed() < PATIENCE);
    }
    // As superuser: the last places too.
    let mut others = Vec::new();
    while let Ok((other, connection)) = tokio_postgres::connect(
        &large.postgres.connection_string("postgres"),
        tokio_postgres::NoTls,
    )
    .await
    {
        tokio::spawn(connection);
        others.push(other);
    }
    for path in ["Message", "Message(1)"] {
        let response = client.get(&format!("/v1.0/odata/{path}"));
        is_error(&response, 503, true);
    }
    server.client().get("/health/ready").expect(503);
    others.clear();
    let since = Instant::now();
    for path in [
        "/v1.0/odata/Message",
        "/v1.0/odata/Message(1)",
        "/health/ready",
    ] {
        while client.get(path).status != 200 {
            assert!(since.elapsed() < PATIENCE, "{path}");
            // The others hang up meanwhile.
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}
