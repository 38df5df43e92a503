//! What breaks: backends, servers, statements.

use super::*;
use tests::proxy::{At, Fault, Proxy};

cases!(server =>
    a_terminated_backend_is_an_error_not_an_end,
    idle_connections_that_broke_are_not_noticed,
    failures_have_their_reasons,
    a_database_that_is_not_there_is_unavailable
);

cases!(server_to_crash =>
    a_crash_is_an_error_and_passes
);

async fn a_terminated_backend_is_an_error_not_an_end(url: &str) {
    let database = open(url, PoolOptions::default());
    let admin = admin(url).await;
    let statement = sql("SELECT pg_backend_pid(), g FROM generate_series(1, 5000000) g");
    let mut rows = database
        .query(&statement, "a caller", DEADLINE)
        .await
        .unwrap();
    assert!(rows.advance().await.unwrap());
    let pid = i32::from_be_bytes(rows.row().cell(0).unwrap().try_into().unwrap());
    admin
        .execute("SELECT pg_terminate_backend($1)", &[&pid])
        .await
        .unwrap();
    let failure = loop {
        match rows.advance().await {
            Ok(true) => {}
            Err(failure) => break failure,
            Ok(false) => panic!("a broken answer ended as if it were whole"),
        }
    };
    assert_eq!(failure.reason, Reason::Lost);
    assert_eq!(failure.error.status(), 503);
    assert!(!rows.advance().await.unwrap());
    assert_eq!(text(&database, "SELECT 'fine'").await, "fine");
}

async fn idle_connections_that_broke_are_not_noticed(url: &str) {
    let url = &named(url, "broke");
    let database = open(url, PoolOptions::default());
    let admin = admin(url).await;
    let name = url.rsplit("application_name=").next().unwrap();
    let terminate = format!(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '{name}'
         AND pid <> pg_backend_pid()"
    );
    for _ in 0..20 {
        let statement = sql("SELECT 1");
        let (a, b, c) = tokio::join!(
            database.query(&statement, "a caller", DEADLINE),
            database.query(&statement, "a caller", DEADLINE),
            database.read_all(&statement, DEADLINE),
        );
        a.unwrap();
        b.unwrap();
        c.unwrap();
        admin.execute(&terminate, &[]).await.unwrap();
    }
}

async fn failures_have_their_reasons(url: &str) {
    let database = open(url, PoolOptions::default());
    for (statement, reason, status) in [
        ("SELECT 1 / (random() * 0)::int", Reason::Data, 400),
        (
            "SELECT 9223372036854775807 + (random() * 0 + 1)::int",
            Reason::Data,
            400,
        ),
        ("SELECT ('s3cret' || random())::int", Reason::Data, 400),
        ("SELECT 1 LIMIT (random() * 0 - 1)::int", Reason::Data, 400),
        ("SELECT repeat('s3cret', 1000000000)", Reason::TooLarge, 400),
        ("SELECT s3cret", Reason::Mismatch, 503),
        ("SELECT 1 FROM s3cret", Reason::Mismatch, 503),
        ("CREATE TABLE public.s3cret (a int)", Reason::Internal, 500),
        ("SELEC s3cret", Reason::Internal, 500),
        (
            "DO $$ BEGIN RAISE 's3cret' USING ERRCODE = '42501'; END $$",
            Reason::Denied,
            500,
        ),
        (
            "DO $$ BEGIN RAISE 's3cret' USING ERRCODE = '40001'; END $$",
            Reason::Conflict,
            503,
        ),
        (
            "DO $$ BEGIN RAISE 's3cret' USING ERRCODE = '53200'; END $$",
            Reason::TooLarge,
            400,
        ),
    ] {
        let failure = failure(&database, statement).await;
        assert_eq!(failure.reason, reason, "{statement}: {failure}");
        assert_eq!(failure.error.status(), status, "{statement}: {failure}");
        assert!(!failure.error.message().contains("s3cret"), "{failure}");
    }
    until_all_are_back(&database).await;
    assert_eq!(database.status().discarded, 0);

    // Cancelled by an administrator, not by a time-out of ours.
    let admin = admin(url).await;
    let statement = sql("SELECT pg_sleep(20), 'a case of its own'");
    let (failure, ()) = tokio::join!(database.query(&statement, "a caller", DEADLINE), async {
        let cancel = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity
                      WHERE state = 'active' AND query = 'SELECT pg_sleep(20), ''a case of its own'''";
        while admin.query(cancel, &[]).await.unwrap().is_empty() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    assert_eq!(failure.err().unwrap().reason, Reason::Unavailable);

    // The server's own clock.
    let options = PoolOptions {
        stream_timeout: Duration::from_secs(2),
        ..PoolOptions::default()
    };
    let database = open(url, options);
    let mut rows = database
        .query(
            &sql("SELECT g, pg_sleep(0.01) FROM generate_series(1, 5000) g"),
            "a caller",
            DEADLINE,
        )
        .await
        .unwrap();
    let failure = loop {
        match rows.advance().await {
            Ok(true) => {}
            Err(failure) => break failure,
            Ok(false) => panic!("the time-out of the stream did not end it"),
        }
    };
    assert_eq!(failure.reason, Reason::Timeout);
}

async fn a_database_that_is_not_there_is_unavailable(_: &str) {
    let database = open(
        "host=/nonexistent user=me password=s3cret",
        PoolOptions::default(),
    );
    for _ in 0..3 {
        let query = database
            .query(&sql("SELECT 1"), "a caller", DEADLINE)
            .await
            .err()
            .unwrap();
        let read = database
            .read_all(&sql("SELECT 1"), DEADLINE)
            .await
            .err()
            .unwrap();
        let ping = database.ping().await.err().unwrap();
        for failure in [query, read, ping] {
            assert_eq!(failure.reason, Reason::Unavailable);
            assert_eq!(failure.error.status(), 503);
            assert_eq!(failure.error.retry_after_seconds(), Some(2));
        }
    }
}

async fn a_crash_is_an_error_and_passes(url: &str) {
    let database = open(url, PoolOptions::default());
    for _ in 0..3 {
        database.ping().await.unwrap();
        let statement = sql("SELECT pg_backend_pid(), g FROM generate_series(1, 5000000) g");
        let mut rows = database
            .query(&statement, "a caller", DEADLINE)
            .await
            .unwrap();
        let mut other = database
            .query(&statement, "a caller", DEADLINE)
            .await
            .unwrap();
        assert!(rows.advance().await.unwrap());
        let pid = i32::from_be_bytes(rows.row().cell(0).unwrap().try_into().unwrap());
        let killed = std::process::Command::new("kill")
            .args(["-9", &pid.to_string()])
            .status()
            .unwrap();
        assert!(killed.success());
        for rows in [&mut rows, &mut other] {
            let failure = loop {
                match rows.advance().await {
                    Ok(true) => {}
                    Err(failure) => break failure,
                    Ok(false) => panic!("a broken answer ended as if it were whole"),
                }
            };
            assert_eq!(failure.error.status(), 503);
        }
        // The server is busy recovering; then everything comes back by itself.
        let since = Instant::now();
        loop {
            let (a, b) = (
                database
                    .query(&sql("SELECT 1"), "a caller", DEADLINE)
                    .await
                    .map(drop),
                database
                    .read_all(&sql("SELECT 1"), DEADLINE)
                    .await
                    .map(drop),
            );
            match a.and(b) {
                Ok(()) => break,
                Err(failure) => assert_eq!(failure.error.status(), 503),
            }
            assert!(since.elapsed() < Duration::from_secs(20));
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// A connection on which a preparation stays without an answer is given up in two seconds, whatever else it waits for.
#[test]
fn the_patience_with_silence_is_not_doubled() {
    const LONGEST: Duration = Duration::from_millis(3_500);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let server = server_to_crash().await;
        let proxy = Proxy::start(&server);
        let options = PoolOptions {
            size: 1,
            ..PoolOptions::default()
        };
        let database = open(&proxy.connection_string("postgres"), options);
        assert_eq!(text(&database, "SELECT 'fine'").await, "fine");
        // The shortest of a few times: the machine may be busy.
        let mut waited = Duration::MAX;
        for attempt in 0..3 {
            proxy.set_once(Fault::BlackHole(At::Message {
                tag: b'1',
                number: 0,
                byte: 0,
            }));
            let silent = sql(&format!("SELECT 'silent {attempt}'"));
            let fell_silent = async {
                while proxy.hits() == 0 {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            };
            tokio::select! {
                _ = database.query(&silent, "a caller", DEADLINE) => panic!("it was answered"),
                () = fell_silent => {}
            }
            let since = Instant::now();
            assert_eq!(text(&database, "SELECT 'fine'").await, "fine");
            waited = waited.min(since.elapsed());
            assert!(waited > Duration::from_secs(1), "{waited:?}");
            assert_eq!(proxy.hits(), 1);
            if waited < LONGEST {
                break;
            }
        }
        assert!(waited < LONGEST, "{waited:?}");
    });
}
