//! Streams under drops, deadlines and errors.

use super::*;

cases!(server =>
    streams_dropped_at_any_time_harm_nobody,
    a_deadline_cancels,
    a_request_that_goes_away_cancels,
    a_failure_after_rows_ends_the_stream_and_nothing_else
);

/// Waits until none of the case's backends is busy.
async fn until_idle(admin: &tokio_postgres::Client, url: &str) {
    let since = Instant::now();
    while count(admin, url, "state <> 'idle'").await > 0 {
        assert!(
            since.elapsed() < Duration::from_secs(10),
            "a backend is busy"
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Numbers in an order that looks random and is the same each time.
pub(crate) fn numbers() -> impl Iterator<Item = u64> {
    std::iter::successors(Some(0x9E37_79B9_7F4A_7C15u64), |n| {
        let n = n ^ (n << 13);
        let n = n ^ (n >> 7);
        Some(n ^ (n << 17))
    })
}

async fn streams_dropped_at_any_time_harm_nobody(url: &str) {
    let url = &named(url, "drop");
    let options = PoolOptions {
        size: 6,
        ..PoolOptions::default()
    };
    let database = open(url, options);
    let long = sql("SELECT g, repeat('x', 100) FROM generate_series(1, 5000000) g");
    let late = sql("SELECT pg_sleep(5)");
    let pauses: Vec<u64> = numbers().take(300).collect();
    let tasks: Vec<_> = pauses
        .chunks(50)
        .map(|pauses| {
            let (database, long, late) = (database.clone(), long.clone(), late.clone());
            let pauses = pauses.to_owned();
            tokio::spawn(async move {
                for n in pauses {
                    let statement = if n % 3 == 0 { &late } else { &long };
                    let read = async {
                        let mut rows = database
                            .query(statement, "a caller", DEADLINE)
                            .await
                            .unwrap();
                        while rows.advance().await.unwrap() {}
                    };
                    let pause = Duration::from_micros(n % 20_000);
                    assert!(tokio::time::timeout(pause, read).await.is_err());
                    // The next one on whatever connection is lent must not feel it.
                    let n = n.cast_signed();
                    let answer = one(&database, &with("SELECT $1", vec![Param::int8(n)])).await;
                    assert_eq!(answer.unwrap(), n.to_be_bytes());
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    until_all_are_back(&database).await;
    let admin = admin(url).await;
    until_idle(&admin, url).await;
    let status = database.status();
    assert!(status.cancelled > 50, "{status:?}");
    assert!(status.discarded <= 3, "{status:?}");
}

async fn a_deadline_cancels(url: &str) {
    let url = &named(url, "deadline");
    let database = open(url, PoolOptions::default());
    let admin = admin(url).await;
    assert_eq!(text(&database, "SELECT 'open'").await, "open");
    let since = Instant::now();
    let limit = Duration::from_secs(2);
    let failure = database
        .query(&sql("SELECT pg_sleep(20)"), "a caller", limit)
        .await
        .err()
        .unwrap();
    assert_eq!(failure.reason, Reason::Timeout);
    assert_eq!(failure.error.code(), Code::Timeout);
    assert!(since.elapsed() < Duration::from_secs(10));
    until_idle(&admin, url).await;
    until_all_are_back(&database).await;
    assert_eq!(database.status().cancelled, 1);
    assert_eq!(text(&database, "SELECT 'fine'").await, "fine");
    assert_eq!(database.status().open, 1);
}

async fn a_request_that_goes_away_cancels(url: &str) {
    let url = &named(url, "away");
    let database = open(url, PoolOptions::default());
    let admin = admin(url).await;
    for (statement, longest) in [
        ("SELECT '', pg_sleep($1)", 20),
        ("SELECT count(*) FROM generate_series(1, $1)", 2_000_000_000),
    ] {
        let with_number = |number| with(statement, vec![Param::int8(number)]);
        // It is prepared, so that whoever is busy below runs it.
        one(&database, &with_number(0)).await.unwrap();
        let statement = with_number(longest);
        let until_it_runs = async {
            while count(&admin, url, "state = 'active'").await == 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::select! {
            _ = database.query(&statement, "a caller", DEADLINE) => panic!("it was answered"),
            () = until_it_runs => {}
        }
        until_idle(&admin, url).await;
    }
    until_all_are_back(&database).await;
    assert_eq!(database.status().cancelled, 2);
    assert_eq!(database.status().discarded, 0);
}

async fn a_failure_after_rows_ends_the_stream_and_nothing_else(url: &str) {
    let options = PoolOptions {
        size: 1,
        ..PoolOptions::default()
    };
    let database = open(url, options);
    // So many that some have left the server before it fails.
    let statement =
        sql("SELECT 1 / (100000 - g), repeat('x', 100) FROM generate_series(1, 200000) g");
    for _ in 0..20 {
        let mut rows = database
            .query(&statement, "a caller", DEADLINE)
            .await
            .unwrap();
        let mut count = 0;
        let failure = loop {
            match rows.advance().await {
                Ok(true) => count += 1,
                Err(failure) => break failure,
                Ok(false) => panic!("it ended"),
            }
        };
        assert!(count > 10_000);
        assert_eq!(failure.reason, Reason::Data);
        assert!(!rows.advance().await.unwrap());
        drop(rows);
        assert_eq!(text(&database, "SELECT 'fine'").await, "fine");
    }
    assert_eq!(database.status().discarded, 0);
}
