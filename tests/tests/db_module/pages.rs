//! Little pages on their lane.

use super::*;
use odata_core::db::Little;

cases!(server =>
    each_gets_its_own_rows_and_needs_nothing_of_the_pool,
    what_is_not_little_is_a_streams,
    who_is_slow_keeps_nobody_waiting,
    who_meets_a_lock_is_a_streams,
    nobody_waits_for_a_connection,
    statements_are_planned_as_they_say,
    a_value_that_can_not_be_computed_is_told,
    a_connection_that_broke_is_another_ones_turn
);

/// So many rows, from this number on.
fn numbers(from: i64, count: i64) -> Statement {
    with(
        "SELECT g FROM generate_series($1, $1 + $2 - 1) g",
        vec![Param::int8(from), Param::int8(count)],
    )
}

/// What became of it: the first cells of all rows, where it was answered.
#[derive(Debug, PartialEq)]
enum Found {
    Rows(Vec<i64>),
    Busy,
    More,
    Unfit,
}

async fn asked(database: &Pool, statement: Statement, most: u64) -> Found {
    let mut rows = match database.query_little(statement, most).await.unwrap() {
        Little::Rows(rows) => rows,
        Little::Busy => return Found::Busy,
        Little::More => return Found::More,
        Little::Unfit => return Found::Unfit,
    };
    assert!(rows.took().is_some());
    let mut found = Vec::new();
    while rows.advance().await.unwrap() {
        let cell = rows.row().cell(0).unwrap();
        found.push(i64::from_be_bytes(cell.try_into().unwrap()));
    }
    assert!(!rows.advance().await.unwrap());
    Found::Rows(found)
}

/// The same, once there is a place for it: the connection is there, and the machine not busy with something else.
async fn asked_at_last(database: &Pool, statement: &Statement, most: u64) -> Found {
    let since = Instant::now();
    loop {
        match asked(database, statement.clone(), most).await {
            Found::Busy => assert!(since.elapsed() < DEADLINE),
            found => return found,
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// Tries until it is as expected: where the machine is busy, what takes a moment is too late now and then.
async fn at_last<T: PartialEq + std::fmt::Debug>(expected: T, mut attempt: impl AsyncFnMut() -> T) {
    let since = Instant::now();
    loop {
        let found = attempt().await;
        if found == expected {
            return;
        }
        if since.elapsed() > DEADLINE {
            assert_eq!(found, expected);
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

async fn each_gets_its_own_rows_and_needs_nothing_of_the_pool(url: &str) {
    let url = &named(url, "pages");
    let options = PoolOptions {
        size: 1,
        wait: Duration::from_millis(10),
        ..PoolOptions::default()
    };
    let database = open(url, options);
    let long = sql("SELECT g FROM generate_series(1, 5000000) g");
    let stream = database.query(&long, "a caller", DEADLINE).await.unwrap();
    let mut answers = usize::from(asked_at_last(&database, &numbers(0, 0), 1).await != Found::Busy);
    for round in 0..200 {
        let requests = (0..10).map(|n| {
            let (from, count) = (round * 100 + n, (round + n) % 7);
            let database = &database;
            async move {
                let found = asked(database, numbers(from, count), 7).await;
                if let Found::Rows(found) = &found {
                    assert_eq!(*found, (from..from + count).collect::<Vec<_>>());
                }
                usize::from(found != Found::Busy)
            }
        });
        let round = futures_util::future::join_all(requests).await;
        answers += round.iter().sum::<usize>();
    }
    // A busy machine may let the lane stand still for a moment.
    assert!(answers > 1_000, "{answers}");
    let admin = admin(url).await;
    assert_eq!(count(&admin, url, "true").await, 2);
    drop(stream);
    until_all_are_back(&database).await;
}

async fn what_is_not_little_is_a_streams(url: &str) {
    let database = open(url, PoolOptions::default());
    let rows = [
        (0, 3, true),
        (1, 3, true),
        (3, 3, true),
        (4, 3, false),
        (50_000, 3, false),
    ];
    for (count, most, is_answered) in rows {
        let found = asked_at_last(&database, &numbers(7, count), most).await;
        assert_eq!(found != Found::More, is_answered, "{count} rows of {most}");
    }
    for (bytes, is_answered) in [
        (1_000, true),
        (200_000, true),
        (300_000, false),
        (50_000_000, false),
    ] {
        let wide = with(
            "SELECT 1::int8, repeat('x', $1)",
            vec![Param::binary(
                PgType::Int4,
                i32::to_be_bytes(bytes).to_vec(),
            )],
        );
        let found = asked_at_last(&database, &wide, 3).await;
        assert_eq!(found != Found::Unfit, is_answered, "{bytes} bytes");
    }
}

async fn who_is_slow_keeps_nobody_waiting(url: &str) {
    let long = || sql("SELECT pg_sleep(20)");
    let on_time = async || {
        // Nobody has waited here before.
        let database = open(url, PoolOptions::default());
        asked_at_last(&database, &numbers(1, 1), 1).await;
        let since = Instant::now();
        let slow = asked(&database, long(), 1);
        // Who came at once is answered on the same connection, as the server stops it.
        let behind = asked(&database, numbers(2, 1), 1);
        let others = async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            let at = Instant::now();
            let other = asked(&database, numbers(1, 1), 1).await;
            other == Found::Busy && at.elapsed() < Duration::from_millis(100)
        };
        let (slow, behind, was_told_at_once) = tokio::join!(slow, behind, others);
        assert_eq!(slow, Found::Unfit);
        let is_soon = since.elapsed() < Duration::from_secs(5);
        (behind, was_told_at_once, is_soon)
    };
    at_last((Found::Rows(vec![2]), true, true), on_time).await;
    let database = open(url, PoolOptions::default());
    let pid = sql("SELECT pg_backend_pid()::int8");
    // Nor when nobody waits for it any more.
    let left_alone = async || {
        let before = asked_at_last(&database, &pid, 1).await;
        let slow = database.query_little(long(), 1);
        let left = tokio::time::timeout(Duration::from_millis(20), slow).await;
        let other = asked(&database, numbers(1, 1), 1).await;
        let is_same = asked_at_last(&database, &pid, 1).await == before;
        (left.is_err(), other, is_same)
    };
    at_last((true, Found::Busy, true), left_alone).await;
}

async fn who_meets_a_lock_is_a_streams(url: &str) {
    let database = open(url, PoolOptions::default());
    let pid = sql("SELECT pg_backend_pid()::int8");
    let mut admin = admin(url).await;
    admin
        .batch_execute("CREATE TABLE public.locked_pages AS SELECT 1::int8 AS n")
        .await
        .unwrap();
    let mut attempt = 0;
    let meet = async || {
        attempt += 1;
        let before = asked_at_last(&database, &pid, 1).await;
        // It is met by who plans it, and by who prepares it, as each time anew.
        let planned = sql("SELECT n FROM public.locked_pages");
        let prepared = sql(&format!("SELECT n + {attempt} FROM public.locked_pages"));
        let first = asked_at_last(&database, &planned, 1).await;
        let locked = admin.transaction().await.unwrap();
        locked
            .batch_execute("LOCK TABLE public.locked_pages")
            .await
            .unwrap();
        for statement in [&planned, &prepared] {
            let found = asked_at_last(&database, statement, 1).await;
            assert_eq!(found, Found::Unfit);
        }
        locked.rollback().await.unwrap();
        let then = [
            asked_at_last(&database, &planned, 1).await,
            asked_at_last(&database, &prepared, 1).await,
        ];
        let is_same = asked_at_last(&database, &pid, 1).await == before;
        let expected = [1, 1 + attempt].map(|n| Found::Rows(vec![n]));
        (first == expected[0], then == expected, is_same)
    };
    // On a machine that is too busy the server seems to have fallen silent.
    at_last((true, true, true), meet).await;
}

/// A server that takes connections and never says anything.
async fn nobody_waits_for_a_connection(_: &str) {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = silent.local_addr().unwrap().port();
    let database = open(
        &format!("host=127.0.0.1 port={port} user=postgres sslmode=disable connect_timeout=60"),
        PoolOptions::default(),
    );
    let mut shortest = Duration::MAX;
    for _ in 0..200 {
        let at = Instant::now();
        let found = asked(&database, numbers(1, 1), 1).await;
        assert_eq!(found, Found::Busy);
        shortest = shortest.min(at.elapsed());
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert!(shortest < Duration::from_millis(50), "{shortest:?}");
    let mut attempts = Vec::new();
    let accept = || tokio::time::timeout(Duration::from_millis(50), silent.accept());
    while let Ok(attempt) = accept().await {
        attempts.push(attempt);
    }
    assert_eq!(attempts.len(), 1);
}

async fn statements_are_planned_as_they_say(url: &str) {
    let database = open(url, PoolOptions::default());
    for plans in [
        Plans::Auto,
        Plans::ForceCustom,
        Plans::ForceCustom,
        Plans::Auto,
    ] {
        let statement = Statement {
            plans,
            ..sql("SELECT (current_setting('plan_cache_mode') = 'auto')::int::int8")
        };
        let is_auto = asked_at_last(&database, &statement, 1).await;
        let expect = Found::Rows(vec![i64::from(plans == Plans::Auto)]);
        assert_eq!(is_auto, expect, "{plans:?}");
    }
    // Those of another kind don't wait on the same lane.
    let custom = Statement {
        plans: Plans::ForceCustom,
        ..sql("SELECT 1::int8, pg_sleep(0.1)")
    };
    let beside = async || {
        // Nobody has waited here before.
        let database = open(url, PoolOptions::default());
        asked_at_last(&database, &numbers(1, 1), 1).await;
        tokio::join!(
            asked(&database, custom.clone(), 1),
            asked(&database, numbers(1, 1), 1)
        )
    };
    at_last((Found::Rows(vec![1]), Found::Busy), beside).await;
}

async fn a_value_that_can_not_be_computed_is_told(url: &str) {
    let database = open(url, PoolOptions::default());
    asked_at_last(&database, &numbers(1, 1), 1).await;
    let bad = with("SELECT 1 / $1", vec![Param::int8(0)]);
    let reason = async || {
        let failure = database.query_little(bad.clone(), 1).await.err();
        failure.map(|failure| failure.reason)
    };
    at_last(Some(Reason::Data), reason).await;
    let next = asked_at_last(&database, &numbers(5, 2), 2).await;
    assert_eq!(next, Found::Rows(vec![5, 6]));
}

async fn a_connection_that_broke_is_another_ones_turn(url: &str) {
    let url = &named(url, "broken");
    let database = open(url, PoolOptions::default());
    let admin = admin(url).await;
    for _ in 0..5 {
        let found = asked_at_last(&database, &numbers(3, 1), 1).await;
        assert_eq!(found, Found::Rows(vec![3]));
        let kill = format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE application_name = '{}' AND pid <> pg_backend_pid()",
            url.rsplit("application_name=").next().unwrap()
        );
        admin.execute(&kill, &[]).await.unwrap();
    }
}
