//! Little pages on their lane.

use super::*;

cases!(server =>
    each_gets_its_own_rows_and_needs_nothing_of_the_pool,
    what_is_not_little_is_a_streams,
    who_is_slow_keeps_nobody_waiting,
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

/// The first cells of all rows, where the statement is answered here.
async fn answered(database: &Pool, statement: &Statement, most: u64) -> Option<Vec<i64>> {
    let mut rows = database.query_little(statement, most).await.unwrap()?;
    let mut found = Vec::new();
    while rows.advance().await.unwrap() {
        let cell = rows.row().cell(0).unwrap();
        found.push(i64::from_be_bytes(cell.try_into().unwrap()));
    }
    assert!(!rows.advance().await.unwrap());
    Some(found)
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
    let mut answers = 0;
    for round in 0..200 {
        let requests = (0..10).map(|n| {
            let (from, count) = (round * 100 + n, (round + n) % 7);
            let database = &database;
            async move {
                let found = answered(database, &numbers(from, count), 7).await;
                if let Some(found) = &found {
                    assert_eq!(*found, (from..from + count).collect::<Vec<_>>());
                }
                usize::from(found.is_some())
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
        let found = answered_at_last(&database, &numbers(7, count), most, is_answered).await;
        assert_eq!(found, is_answered, "{count} rows of {most}");
    }
    for (bytes, is_answered) in [
        (1_000, true),
        (200_000, true),
        (300_000, false),
        (5_000_000, false),
    ] {
        let wide = with(
            "SELECT 1::int8, repeat('x', $1)",
            vec![Param::binary(
                PgType::Int4,
                i32::to_be_bytes(bytes).to_vec(),
            )],
        );
        let found = answered_at_last(&database, &wide, 3, is_answered).await;
        assert_eq!(found, is_answered, "{bytes} bytes");
    }
}

/// Whether it is answered: what should be may find the lane busy once.
async fn answered_at_last(database: &Pool, statement: &Statement, most: u64, should: bool) -> bool {
    for _ in 0..if should { 10 } else { 1 } {
        if answered(database, statement, most).await.is_some() {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    false
}

async fn who_is_slow_keeps_nobody_waiting(url: &str) {
    let database = open(url, PoolOptions::default());
    assert!(answered_at_last(&database, &numbers(1, 1), 1, true).await);
    let since = Instant::now();
    let slow = sql("SELECT pg_sleep(20)");
    let slow = database.query_little(&slow, 1);
    let others = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let asked = Instant::now();
        assert_eq!(answered(&database, &numbers(1, 1), 1).await, None);
        asked.elapsed()
    };
    let (slow, others) = tokio::join!(slow, others);
    assert!(slow.unwrap().is_none());
    assert!(others < Duration::from_millis(100), "{others:?}");
    assert!(since.elapsed() < Duration::from_secs(5));
    assert!(answered_at_last(&database, &numbers(1, 1), 1, true).await);
}

async fn statements_are_planned_as_they_say(url: &str) {
    let database = open(url, PoolOptions::default());
    for (plans, expect) in [
        (Plans::Auto, "auto"),
        (Plans::ForceCustom, "force_custom_plan"),
        (Plans::ForceCustom, "force_custom_plan"),
        (Plans::Auto, "auto"),
    ] {
        let statement = Statement {
            plans,
            ..sql("SELECT (current_setting('plan_cache_mode') = 'auto')::int::int8")
        };
        let is_auto = answered(&database, &statement, 1).await.unwrap();
        assert_eq!(is_auto, [i64::from(expect == "auto")], "{plans:?}");
    }
    // Those of another kind don't wait on the same lane.
    let custom = Statement {
        plans: Plans::ForceCustom,
        ..sql("SELECT 1::int8, pg_sleep(0.1)")
    };
    let auto = numbers(1, 1);
    let both = (
        answered(&database, &custom, 1),
        answered(&database, &auto, 1),
    );
    let (first, second) = futures_util::future::join(both.0, both.1).await;
    assert_eq!((first, second), (Some(vec![1]), None));
}

async fn a_value_that_can_not_be_computed_is_told(url: &str) {
    let database = open(url, PoolOptions::default());
    let bad = with("SELECT 1 / $1", vec![Param::int8(0)]);
    let failure = database.query_little(&bad, 1).await.err().unwrap();
    assert_eq!(failure.reason, Reason::Data);
    assert_eq!(
        answered(&database, &numbers(5, 2), 2).await,
        Some(vec![5, 6])
    );
}

async fn a_connection_that_broke_is_another_ones_turn(url: &str) {
    let url = &named(url, "broken");
    let database = open(url, PoolOptions::default());
    assert!(answered_at_last(&database, &numbers(1, 1), 1, true).await);
    let admin = admin(url).await;
    for _ in 0..5 {
        let kill = format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '{}' AND pid <> pg_backend_pid()",
            url.rsplit("application_name=").next().unwrap()
        );
        admin.execute(&kill, &[]).await.unwrap();
        assert!(answered_at_last(&database, &numbers(3, 1), 1, true).await);
    }
}
