//! The lane beside the pool.

use super::*;

cases!(server =>
    the_lane_is_pipelined_and_open_when_the_pool_is_full,
    a_slow_read_of_the_lane_leaves_its_connection,
    a_read_that_meets_a_lock_does_not
);

async fn the_lane_is_pipelined_and_open_when_the_pool_is_full(url: &str) {
    let url = &named(url, "lane");
    let options = PoolOptions {
        size: 2,
        lane: 2,
        wait: Duration::from_millis(100),
        ..PoolOptions::default()
    };
    let database = open(url, options);
    let admin = admin(url).await;
    let long = sql("SELECT g FROM generate_series(1, 5000000) g");
    let a = database.query(&long, "a caller", DEADLINE).await.unwrap();
    let b = database.query(&long, "a caller", DEADLINE).await.unwrap();
    let full = database
        .query(&long, "a caller", DEADLINE)
        .await
        .err()
        .unwrap();
    assert_eq!(full.reason, Reason::Busy);
    assert_eq!(full.error.code(), Code::TooManyRequests);
    assert_eq!(full.error.retry_after_seconds(), Some(2));

    let mut tasks = Vec::new();
    for n in 0..500i64 {
        let database = database.clone();
        tasks.push(tokio::spawn(async move {
            let statement = with("SELECT $1, pg_sleep(0.0005)", vec![Param::int8(n)]);
            let rows = database.read_all(&statement, DEADLINE).await.unwrap();
            assert_eq!(rows.columns().len(), 2);
            assert_eq!(rows.rows.len(), 1);
            assert_eq!(rows.rows[0].cell(0), Some(&n.to_be_bytes()[..]));
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    database.ping().await.unwrap();
    // Two of the streams and two of the lane.
    assert_eq!(count(&admin, url, "true").await, 4);
    drop((a, b));
    until_all_are_back(&database).await;
}

async fn a_slow_read_of_the_lane_leaves_its_connection(url: &str) {
    let options = PoolOptions {
        lane: 1,
        ..PoolOptions::default()
    };
    let database = open(url, options);
    let slow = sql("SELECT pg_sleep(25)");
    let since = Instant::now();
    let failure = database
        .read_all(&slow, Duration::from_millis(100))
        .await
        .err()
        .unwrap();
    assert_eq!(failure.reason, Reason::Timeout);
    let rows = database.read_all(&sql("SELECT 1"), DEADLINE).await.unwrap();
    assert_eq!(rows.rows.len(), 1);
    assert!(since.elapsed() < Duration::from_secs(15));
}

async fn a_read_that_meets_a_lock_does_not(url: &str) {
    let options = PoolOptions {
        lane: 1,
        ..PoolOptions::default()
    };
    let database = open(url, options);
    let pid = sql("SELECT pg_backend_pid()");
    let read = async |statement: &Statement| {
        let rows = database.read_all(statement, DEADLINE).await;
        rows.map(|rows| rows.rows[0].cell(0).unwrap().to_vec())
    };
    let before = read(&pid).await.unwrap();
    let mut admin = admin(url).await;
    admin
        .batch_execute("CREATE TABLE public.locked_lane AS SELECT 1 AS n")
        .await
        .unwrap();
    let locked = admin.transaction().await.unwrap();
    locked
        .batch_execute("LOCK TABLE public.locked_lane")
        .await
        .unwrap();
    let statement = sql("SELECT n FROM public.locked_lane");
    let failure = read(&statement).await.unwrap_err();
    assert_eq!(failure.reason, Reason::Unavailable);
    locked.rollback().await.unwrap();
    assert_eq!(read(&statement).await.unwrap(), 1i32.to_be_bytes());
    assert_eq!(read(&pid).await.unwrap(), before);
}
