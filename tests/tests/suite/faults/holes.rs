//! Connections on which nothing comes any more, and nothing says so.

use super::{PATIENCE, World, comes_back, is_error, of};
use std::time::{Duration, Instant};
use tests::proxy::{At, Fault, row};

const HOLE: Fault = Fault::BlackHole(At::Byte(0));

#[tokio::test]
async fn a_connection_that_fell_silent_in_the_pool_is_given_up() {
    let world = World::new(3_000).await;
    let server = world.server(|config| {
        config.pool.size = 2;
        config.settings.limits.statement_ms = 700;
        config.settings.stream_timeout = Duration::from_secs(2);
    });
    let client = of(&server);
    for path in ["Message", "Message(7)", "Conversation/$count"] {
        let path = format!("/v1.0/odata/{path}");
        let whole = comes_back(&client, &path, &MEANWHILE);
        world.proxy.set(HOLE);
        is_error(&client.get(&path), 504, false);
        world.proxy.heal();
        // Others may have fallen silent with it; no request of theirs waits longer than it may.
        assert_eq!(comes_back(&client, &path, &MEANWHILE).body, whole.body);
    }
    // Within an answer, once its first rows come in time.
    let since = Instant::now();
    let response = loop {
        world.proxy.set(Fault::BlackHole(row(2_000)));
        let response = client.get("/v1.0/odata/Message");
        world.proxy.heal();
        if response.status != 504 {
            break response;
        }
        assert!(since.elapsed() < PATIENCE, "its first rows don't come");
        comes_back(&client, "/v1.0/odata/Message", &MEANWHILE);
    };
    assert_eq!((response.status, response.complete), (200, false));
    world.until_open(4).await;
    let idle = || server.status().idle == server.status().open;
    super::until(idle, || format!("{:?}", server.status())).await;
    comes_back(&client, "/v1.0/odata/Message", &MEANWHILE);
}

/// What may be answered meanwhile: on a busy machine a new connection may take longer than the statement may.
const MEANWHILE: [u16; 2] = [503, 504];

/// Whatever balances the load sends no request to a service that is not ready: none will find out
/// that the database is there again.
#[tokio::test]
async fn a_service_whose_connections_fell_silent_gets_ready_again_unasked() {
    let world = World::new(100).await;
    let server = world.server(|_| {});
    let health = server.client();
    // Both connections that it is asked on are open.
    for _ in 0..4 {
        of(&server).get("/v1.0/odata/Message(1)").expect(200);
    }
    health.get("/health/ready").expect(200);
    world.proxy.set(HOLE);
    health.get("/health/ready").expect(503);
    world.proxy.heal();
    let since = Instant::now();
    while health.get("/health/ready").status != 200 {
        assert!(since.elapsed() < PATIENCE, "it does not get ready");
    }
    of(&server).get("/v1.0/odata/Message").expect(200);
}

/// What fell silent is closed in the end, also where a statement was being prepared on it.
#[tokio::test]
async fn connections_that_fell_silent_do_not_stay_open() {
    let world = World::new(100).await;
    let server = world.server(|config| {
        config.workers = Some(1);
        config.pool.size = 1;
        config.pool.lane = 1;
        config.settings.limits.statement_ms = 300;
    });
    let client = of(&server);
    let properties = [
        "id",
        "content",
        "created_at",
        "updated_at",
        "message_type",
        "inbox_id",
    ];
    for property in properties {
        comes_back(&client, "/v1.0/odata/Message", &MEANWHILE);
        world.proxy.set(HOLE);
        // Statements that are not known yet.
        for path in ["Message", "Message(7)"] {
            let path = format!("/v1.0/odata/{path}?$select={property}");
            let status = client.get(&path).status;
            assert!(matches!(status, 503 | 504), "{path}: {status}");
        }
        world.proxy.heal();
        let since = Instant::now();
        while client.get("/v1.0/odata/Message").status != 200 {
            assert!(since.elapsed() < PATIENCE);
        }
    }
    // That of the pool, of the lane, and of little pages.
    world.until_open(3).await;
}

#[tokio::test]
async fn attempts_to_connect_that_nobody_answers_end() {
    let world = World::new(100).await;
    let server = world.server(|config| {
        config.pool.size = 3;
        config.settings.limits.statement_ms = 1_000;
    });
    let client = of(&server);
    comes_back(&client, "/v1.0/odata/Message", &MEANWHILE);
    world.proxy.set(Fault::Silent);
    world.large.end_sessions("TRUE").await;
    world.until_open(0).await;
    for _ in 0..6 {
        let response = client.get("/v1.0/odata/Message");
        let comes_again = response.status == 503;
        is_error(&response, if comes_again { 503 } else { 504 }, comes_again);
    }
    assert!(world.proxy.hits() > 0);
    // They are given up while the database still says nothing.
    world.until_open(0).await;
    world.proxy.heal();
    let since = Instant::now();
    while client.get("/v1.0/odata/Message").status != 200 {
        assert!(since.elapsed() < PATIENCE);
    }
}
