//! Whether the service lives and is ready, as whatever watches it asks.

use crate::program::Program;
use local_postgres::Settings;
use std::io::Read as _;
use std::time::{Duration, Instant};
use tests::{Client, Postgres, Server, WAITING_FOR_LOCKS, fixture};

const PATIENCE: Duration = Duration::from_secs(20);

/// Asks until that is the answer. Each thread of the service finds by itself that the database is back.
#[track_caller]
pub(crate) fn until_ready(client: &Client, status: u16) -> String {
    let since = Instant::now();
    loop {
        let response = client.get("/health/ready");
        if response.status == status {
            return response.text().to_owned();
        }
        assert!(
            since.elapsed() < Duration::from_secs(30),
            "{}",
            response.text()
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[tokio::test]
async fn a_service_on_a_database_is_alive_and_ready() {
    let server = Server::small().await;
    for (path, text) in [("/health/live", "alive\n"), ("/health/ready", "ready\n")] {
        let response = server.client().get(path).expect(200);
        assert_eq!(response.text(), text);
        assert_eq!(response.header("cache-control"), Some("no-store"));
    }
    server.client().get("/health").expect(404);
}

#[tokio::test]
async fn without_a_database_it_lives_and_says_when_to_come_again() {
    let server = Server::start_anyway("host=127.0.0.1 port=1 connect_timeout=1", |_| {});
    server.client().get("/health/live").expect(200);
    let response = server.client().get("/health/ready").expect(503);
    assert_eq!(response.text(), "the database has not been read yet\n");
    let response = server.get("Inbox").expect(503);
    assert_eq!(response.header("retry-after"), Some("2"));
    assert_eq!(response.json()["error"]["code"], "Unavailable");
    server.client().get("/v1.0/odata/").expect(503);
    server.client().get("/v1.0/odata/Inbox").expect(401);
}

#[tokio::test]
async fn a_database_that_goes_and_comes_back_is_found_again() {
    let mut postgres = Postgres::own(&Settings::default());
    let url = postgres.connection_string("postgres");
    let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls)
        .await
        .unwrap();
    let connection = tokio::spawn(connection);
    fixture::load_small(&client).await;
    drop(client);
    connection.await.unwrap().unwrap();
    let server = Server::start_anyway(&url, |_| {});
    server.get("Inbox").expect(200);

    postgres.kill();
    assert_eq!(
        until_ready(&server.client(), 503),
        "the database does not answer\n"
    );
    // A session of a killed server may serve one more statement before it notices.
    let since = Instant::now();
    let mut response = server.get("Inbox");
    while response.status == 200 && since.elapsed() < Duration::from_secs(10) {
        response = server.get("Inbox");
    }
    assert!(response.expect(503).header("retry-after").is_some());
    // What is wrong with a request is said all the same.
    server.get("Inbox?$top=x").expect(400);
    server.client().get("/v1.0/odata/$metadata").expect(200);

    postgres.start_again().unwrap();
    until_ready(&server.client(), 200);
    server.get("Inbox").expect(200);
}

#[tokio::test]
async fn it_stops_in_good_order() {
    let database = fixture::small().await;
    let client = database.connect().await;
    client
        .batch_execute(
            "INSERT INTO messages (id, content, conversation_id, inbox_id, account_id, message_type, created_at, updated_at)
             SELECT 1000 + n, repeat('x', 1000), 1, 1, 1, 0, now(), now() FROM generate_series(1, 20000) n",
        )
        .await
        .unwrap();
    let program = Program::serve(&database.connection_string(), &["--page-size=100000"]);
    program.wait_for("serving http://");
    let client = program.client();
    let mut running = client
        .clone()
        .token(fixture::KEY)
        .begin("GET", "/v1.0/odata/Message", &[]);
    let mut start = [0; 1000];
    running.read_exact(&mut start).unwrap();

    program.signal("TERM");
    assert_eq!(until_ready(&client, 503), "stopping\n");
    client.get("/health/live").expect(200);
    program.wait_for("terminated");
    std::thread::sleep(Duration::from_millis(1500));
    // What has begun comes to its end.
    let mut rest = Vec::new();
    running.read_to_end(&mut rest).unwrap();
    assert!(rest.ends_with(b"]}\r\n0\r\n\r\n"), "{}", rest.len());
    assert!(rest.len() > 20_000_000);
    let ended = program.end();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stderr.contains("stopped"));
}

#[tokio::test]
async fn a_second_signal_stops_it_at_once() {
    let database = fixture::small().await;
    let client = database.connect().await;
    client
        .batch_execute(
            "INSERT INTO messages (id, content, conversation_id, inbox_id, account_id, message_type, created_at, updated_at)
             SELECT 1000 + n, repeat('x', 1000), 1, 1, 1, 0, now(), now() FROM generate_series(1, 20000) n",
        )
        .await
        .unwrap();
    let program = Program::serve(&database.connection_string(), &["--page-size=100000"]);
    program.wait_for("serving http://");
    // Nobody reads the answer.
    let asking = program.client().token(fixture::KEY);
    let mut running = asking.begin("GET", "/v1.0/odata/Message", &[]);
    running.read_exact(&mut [0; 1_000]).unwrap();
    program.signal("INT");
    program.wait_for("interrupted");
    // It may listen for the second one a little later.
    let since = Instant::now();
    while !program.said().contains("stopped at once") {
        assert!(since.elapsed() < PATIENCE, "{}", program.said());
        program.signal("INT");
        std::thread::sleep(Duration::from_millis(100));
    }
    let ended = program.end();
    // Less than it gives those who have begun.
    assert!(since.elapsed() < PATIENCE);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stderr.contains("stopped at once"), "{}", ended.stderr);
    // Its statement does not run on.
    let since = Instant::now();
    loop {
        let row = client
            .query_one(
                "SELECT count(*) FROM pg_stat_activity
                 WHERE datname = current_database() AND application_name = 'liveagent-odata'",
                &[],
            )
            .await
            .unwrap();
        if row.get::<_, i64>(0) == 0 {
            break;
        }
        assert!(since.elapsed() < Duration::from_secs(15));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_client_that_hangs_up_while_it_waits_leaves_nothing_behind() {
    let database = fixture::small().await;
    // No time-out of the lock ends the wait.
    let url = database.connection_string() + WAITING_FOR_LOCKS;
    let server = Server::start_anyway(&url, |config| config.pool.size = 1);
    server.get("Label").expect(200);
    let mut client = database.connect().await;
    let watcher = database.connect().await;
    let waiting = async || {
        let sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
                   AND wait_event_type = 'Lock' AND query LIKE '%labels%'";
        watcher.query_one(sql, &[]).await.unwrap().get::<_, i64>(0)
    };
    let lock = client.transaction().await.unwrap();
    lock.batch_execute("LOCK TABLE labels").await.unwrap();
    let asking = server
        .of(fixture::KEY)
        .begin("GET", "/v1.0/odata/Label", &[]);
    let since = Instant::now();
    while waiting().await == 0 {
        assert!(since.elapsed() < PATIENCE);
    }
    drop(asking);
    let since = Instant::now();
    while waiting().await > 0 {
        assert!(since.elapsed() < PATIENCE, "it still waits");
    }
    // The one connection is there for the next, as good as before.
    server.get("Inbox").expect(200);
    lock.rollback().await.unwrap();
    server.get("Label").expect(200);
    let status = server.status();
    assert_eq!((status.open, status.cancelled, status.discarded), (1, 1, 0));
}
