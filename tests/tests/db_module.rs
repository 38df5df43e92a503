//! `odata_core::db` against a real PostgreSQL: what it promises under drops, deadlines, crashes and
//! odd statements. Every case takes a connection string of a superuser and leaves nothing behind.
#![allow(
    missing_docs,
    reason = "test functions are named after what they prove"
)]

use odata_core::db::{Database, Failure, PoolOptions, Reason, RowStream};
use odata_core::edm::PgType;
use odata_core::error::Code;
use odata_core::sql::{Param, Statement};
use std::time::{Duration, Instant};

/// The server that the cases run on. `None` (and a line that says so) where there is none.
fn server() -> Option<String> {
    let url = std::env::var("TEST_DATABASE_URL").ok();
    if url.is_none() {
        eprintln!("TEST_DATABASE_URL is not set: the database module is not tested");
    }
    url
}

macro_rules! cases {
    ($($name:ident),* $(,)?) => {
        $(mod $name {
            #[test]
            fn holds() {
                if let Some(url) = super::server() {
                    let runtime = tokio::runtime::Runtime::new().unwrap();
                    runtime.block_on(super::$name(&url));
                }
            }
        })*
    };
}

cases![
    a_million_rows_stream_in_constant_memory,
    streams_dropped_at_any_time_harm_nobody,
    a_deadline_cancels,
    a_request_that_goes_away_cancels,
    a_terminated_backend_is_an_error_not_an_end,
    idle_connections_that_broke_are_not_noticed,
    the_lane_is_pipelined_and_open_when_the_pool_is_full,
    a_slow_read_of_the_lane_leaves_its_connection,
    statements_are_cached_with_a_bound,
    a_changed_table_is_prepared_again,
    failures_have_their_reasons,
    a_failure_after_rows_ends_the_stream_and_nothing_else,
    parameters_arrive_in_their_formats,
    the_session_is_set_up,
    the_catalogue_is_read,
    a_database_that_is_not_there_is_unavailable,
];

const DEADLINE: Duration = Duration::from_secs(30);

fn open(url: &str, options: PoolOptions) -> Database {
    Database::open(url.parse().unwrap(), options).unwrap()
}

fn sql(text: &str) -> Statement {
    with(text, vec![])
}

fn with(text: &str, params: Vec<Param>) -> Statement {
    Statement {
        text: text.to_owned(),
        params,
    }
}

/// `text` runs on the pool; the first cell of its first row as bytes.
async fn one(database: &Database, statement: &Statement) -> Result<Vec<u8>, Failure> {
    let mut rows = database.query(statement, DEADLINE).await?;
    let row = rows.next().await.expect("a row")?;
    Ok(row.cell(0).expect("a value").to_owned())
}

async fn text(database: &Database, statement: &str) -> String {
    String::from_utf8(one(database, &sql(statement)).await.unwrap()).unwrap()
}

async fn failure(database: &Database, statement: &str) -> Failure {
    match database.query(&sql(statement), DEADLINE).await {
        Ok(mut rows) => loop {
            match rows.next().await {
                Some(Ok(_)) => {}
                Some(Err(failure)) => return failure,
                None => panic!("{statement} did not fail"),
            }
        },
        Err(failure) => failure,
    }
}

/// A connection beside the database's own, to look and to meddle.
async fn admin(url: &str) -> tokio_postgres::Client {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls)
        .await
        .unwrap();
    tokio::spawn(connection);
    client
}

/// A name that the connections of one case alone have.
fn named(url: &str, name: &str) -> String {
    let name = format!("db_{name}_{}", std::process::id());
    let mark = if url.contains('?') { '&' } else { '?' };
    if url.contains("://") {
        format!("{url}{mark}application_name={name}")
    } else {
        format!("{url} application_name={name}")
    }
}

async fn count(admin: &tokio_postgres::Client, url: &str, condition: &str) -> i64 {
    let name = url.rsplit("application_name=").next().unwrap();
    let query = format!(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = '{name}'
         AND pid <> pg_backend_pid() AND {condition}"
    );
    admin.query_one(&query, &[]).await.unwrap().get(0)
}

/// Waits until none of the case's backends is busy; how long that took.
async fn until_idle(admin: &tokio_postgres::Client, url: &str) -> Duration {
    let since = Instant::now();
    while count(admin, url, "state <> 'idle'").await > 0 {
        assert!(
            since.elapsed() < Duration::from_secs(10),
            "a backend is busy"
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    since.elapsed()
}

async fn until_all_are_back(database: &Database) {
    let since = Instant::now();
    while database.status().idle < database.status().open {
        assert!(
            since.elapsed() < Duration::from_secs(10),
            "{:?}",
            database.status()
        );
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// Numbers in an order that looks random and is the same each time.
fn numbers() -> impl Iterator<Item = u64> {
    std::iter::successors(Some(0x9E37_79B9_7F4A_7C15u64), |n| {
        let n = n ^ (n << 13);
        let n = n ^ (n >> 7);
        Some(n ^ (n << 17))
    })
}

fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS"))
        .unwrap();
    let kib: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kib * 1024
}

async fn a_million_rows_stream_in_constant_memory(url: &str) {
    let database = open(url, PoolOptions::default());
    let statement = sql("SELECT g, repeat('x', 200), now() FROM generate_series(1, 1000000) g");
    let mut rows = database.query(&statement, DEADLINE).await.unwrap();
    assert_eq!(rows.columns()[0].ty, Some(PgType::Int4));
    assert_eq!(rows.columns()[2].oid, PgType::Timestamptz.oid());
    let mut count = 0u64;
    let mut bytes = 0;
    let mut before = 0;
    while let Some(row) = rows.next().await {
        bytes += row.unwrap().size();
        count += 1;
        if count == 1_000 {
            before = resident_bytes();
        }
    }
    assert_eq!(count, 1_000_000);
    assert!(bytes > 200_000_000);
    assert!(rows.is_ended());
    let growth = resident_bytes().saturating_sub(before);
    // Other cases run beside this one.
    assert!(growth < 48 << 20, "{growth} bytes more");
    assert_eq!(database.status().idle, 1);
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
                        let mut rows = database.query(statement, DEADLINE).await.unwrap();
                        while rows.next().await.transpose().unwrap().is_some() {}
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
    assert!(status.cancelled > 150, "{status:?}");
    eprintln!("{status:?}");
    assert!(status.discarded <= 3, "{status:?}");
}

async fn a_deadline_cancels(url: &str) {
    let url = &named(url, "deadline");
    let database = open(url, PoolOptions::default());
    let admin = admin(url).await;
    let since = Instant::now();
    let failure = database
        .query(&sql("SELECT pg_sleep(20)"), Duration::from_millis(200))
        .await
        .err()
        .unwrap();
    assert_eq!(failure.reason, Reason::Timeout);
    assert_eq!(failure.error.code(), Code::Timeout);
    assert!(since.elapsed() < Duration::from_secs(2));
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
    for statement in [
        "SELECT pg_sleep(20)",
        "SELECT count(*) FROM generate_series(1, 2000000000)",
    ] {
        let statement = sql(statement);
        let request = database.query(&statement, DEADLINE);
        assert!(
            tokio::time::timeout(Duration::from_millis(150), request)
                .await
                .is_err()
        );
        let took = until_idle(&admin, url).await;
        assert!(took < Duration::from_secs(3), "{took:?}");
    }
    until_all_are_back(&database).await;
    assert_eq!(database.status().cancelled, 2);
    assert_eq!(database.status().discarded, 0);
}

async fn a_terminated_backend_is_an_error_not_an_end(url: &str) {
    let database = open(url, PoolOptions::default());
    let admin = admin(url).await;
    let statement = sql("SELECT pg_backend_pid(), g FROM generate_series(1, 5000000) g");
    let mut rows = database.query(&statement, DEADLINE).await.unwrap();
    let first = rows.next().await.unwrap().unwrap();
    let pid = i32::from_be_bytes(first.cell(0).unwrap().try_into().unwrap());
    admin
        .execute("SELECT pg_terminate_backend($1)", &[&pid])
        .await
        .unwrap();
    let failure = loop {
        match rows.next().await {
            Some(Ok(_)) => {}
            Some(Err(failure)) => break failure,
            None => panic!("a broken answer ended as if it were whole"),
        }
    };
    assert_eq!(failure.reason, Reason::Lost);
    assert_eq!(failure.error.status(), 503);
    assert!(rows.next().await.is_none());
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
            database.query(&statement, DEADLINE),
            database.query(&statement, DEADLINE),
            database.read_all(&statement, DEADLINE),
        );
        a.unwrap();
        b.unwrap();
        c.unwrap();
        admin.execute(&terminate, &[]).await.unwrap();
    }
}

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
    let a = database.query(&long, DEADLINE).await.unwrap();
    let b = database.query(&long, DEADLINE).await.unwrap();
    let full = database.query(&long, DEADLINE).await.err().unwrap();
    assert_eq!(full.reason, Reason::Unavailable);
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
    let slow = sql("SELECT pg_sleep(3)");
    let since = Instant::now();
    let failure = database
        .read_all(&slow, Duration::from_millis(100))
        .await
        .err()
        .unwrap();
    assert_eq!(failure.reason, Reason::Timeout);
    let rows = database.read_all(&sql("SELECT 1"), DEADLINE).await.unwrap();
    assert_eq!(rows.rows.len(), 1);
    assert!(since.elapsed() < Duration::from_secs(2));
}

async fn statements_are_cached_with_a_bound(url: &str) {
    let options = PoolOptions {
        size: 1,
        statements: 8,
        ..PoolOptions::default()
    };
    let database = open(url, options);
    let prepared = "SELECT count(*)::text FROM pg_prepared_statements";
    for n in 0..50 {
        one(&database, &sql(&format!("SELECT 'shape {n}'")))
            .await
            .unwrap();
    }
    let count: i32 = text(&database, prepared).await.parse().unwrap();
    assert!((8..=9).contains(&count), "{count} statements");
    // One shape is prepared once.
    let names = "SELECT string_agg(name, ',' ORDER BY name) FROM pg_prepared_statements
                 WHERE statement = 'SELECT $1'";
    let mut seen = None;
    for n in 0..5 {
        one(&database, &with("SELECT $1", vec![Param::int8(n)]))
            .await
            .unwrap();
        let name = text(&database, names).await;
        assert!(seen.is_none_or(|seen| seen == name));
        seen = Some(name);
    }
}

async fn a_changed_table_is_prepared_again(url: &str) {
    let options = PoolOptions {
        size: 1,
        lane: 1,
        ..PoolOptions::default()
    };
    let database = open(url, options);
    let admin = admin(url).await;
    let table = format!("public.t_changed_{}", std::process::id());
    admin
        .batch_execute(&format!(
            "CREATE TABLE {table} (a int); INSERT INTO {table} VALUES (1)"
        ))
        .await
        .unwrap();
    let statement = sql(&format!("SELECT * FROM {table}"));
    let columns = |rows: &RowStream| rows.columns().len();
    assert_eq!(
        columns(&database.query(&statement, DEADLINE).await.unwrap()),
        1
    );
    let rows = database.read_all(&statement, DEADLINE).await.unwrap();
    assert_eq!(rows.columns().len(), 1);
    admin
        .batch_execute(&format!("ALTER TABLE {table} ADD b text"))
        .await
        .unwrap();
    assert_eq!(
        columns(&database.query(&statement, DEADLINE).await.unwrap()),
        2
    );
    let rows = database.read_all(&statement, DEADLINE).await.unwrap();
    assert_eq!(rows.columns().len(), 2);
    // What a pooler in between may do.
    database
        .query(&sql("DEALLOCATE ALL"), DEADLINE)
        .await
        .unwrap();
    assert_eq!(
        columns(&database.query(&statement, DEADLINE).await.unwrap()),
        2
    );
    admin
        .batch_execute(&format!("ALTER TABLE {table} DROP a"))
        .await
        .unwrap();
    assert_eq!(
        columns(&database.query(&statement, DEADLINE).await.unwrap()),
        1
    );
    admin
        .batch_execute(&format!("DROP TABLE {table}"))
        .await
        .unwrap();
    let gone = failure(&database, &statement.text).await;
    assert_eq!(gone.reason, Reason::Mismatch);
    assert_eq!(database.status().open, 1);
    assert_eq!(database.status().discarded, 0);
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
    let (failure, ()) = tokio::join!(database.query(&statement, DEADLINE), async {
        let cancel = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity
                      WHERE state = 'active' AND query = 'SELECT pg_sleep(20), ''a case of its own'''";
        while admin.query(cancel, &[]).await.unwrap().is_empty() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    assert_eq!(failure.err().unwrap().reason, Reason::Unavailable);

    // The server's own clock.
    let options = PoolOptions {
        stream_timeout: Duration::from_millis(300),
        ..PoolOptions::default()
    };
    let database = open(url, options);
    let mut rows = database
        .query(
            &sql("SELECT g, pg_sleep(0.01) FROM generate_series(1, 5000) g"),
            DEADLINE,
        )
        .await
        .unwrap();
    let failure = loop {
        match rows.next().await {
            Some(Ok(_)) => {}
            Some(Err(failure)) => break failure,
            None => panic!("the time-out of the stream did not end it"),
        }
    };
    assert_eq!(failure.reason, Reason::Timeout);
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
        let mut rows = database.query(&statement, DEADLINE).await.unwrap();
        let mut count = 0;
        let failure = loop {
            match rows.next().await {
                Some(Ok(_)) => count += 1,
                Some(Err(failure)) => break failure,
                None => panic!("it ended"),
            }
        };
        assert!(count > 10_000);
        assert_eq!(failure.reason, Reason::Data);
        assert!(rows.next().await.is_none());
        drop(rows);
        assert_eq!(text(&database, "SELECT 'fine'").await, "fine");
    }
    assert_eq!(database.status().discarded, 0);
}

async fn parameters_arrive_in_their_formats(url: &str) {
    let database = open(url, PoolOptions::default());
    let null = Param {
        value: None,
        ..Param::int8(0)
    };
    let array = Param::array(PgType::Int8, &[1i64.to_be_bytes(), 3i64.to_be_bytes()]);
    let statement = with(
        "SELECT $1 + 1, $2::text, $3 IS NULL, 3 = ANY($4), $5, NULL::int4, $6 = ANY($7)",
        vec![
            Param::int8(41),
            Param::text(PgType::Numeric, "1e-30"),
            null,
            array,
            Param::text(PgType::Text, "it's ü"),
            Param::text(PgType::Text, "b"),
            Param::array(PgType::Text, &["a", "b"]),
        ],
    );
    let rows = database.read_all(&statement, DEADLINE).await.unwrap();
    let row = &rows.rows[0];
    assert_eq!(row.cell(0), Some(&42i64.to_be_bytes()[..]));
    assert_eq!(row.cell(1), Some(&b"0.000000000000000000000000000001"[..]));
    assert_eq!(row.cell(2), Some(&[1][..]));
    assert_eq!(row.cell(3), Some(&[1][..]));
    assert_eq!(row.cell(4), Some("it's ü".as_bytes()));
    assert_eq!(row.cell(5), None);
    assert_eq!(row.cell(6), Some(&[1][..]));
    assert_eq!((row.cell(7), row.len()), (None, 7));

    let bad = with("SELECT $1", vec![Param::text(PgType::Numeric, "s3cret")]);
    let failure = database.query(&bad, DEADLINE).await.err().unwrap();
    assert_eq!(failure.error.code(), Code::InvalidLiteral);
    let nul = with("SELECT $1", vec![Param::text(PgType::Text, "a\0b")]);
    let failure = database.query(&nul, DEADLINE).await.err().unwrap();
    assert_eq!(failure.reason, Reason::Data);
    let nul = database
        .query(&sql("SELECT '\0'"), DEADLINE)
        .await
        .err()
        .unwrap();
    assert_eq!(nul.reason, Reason::Internal);
    assert_eq!(text(&database, "SELECT 'fine'").await, "fine");
}

async fn the_session_is_set_up(url: &str) {
    let options = PoolOptions {
        stream_timeout: Duration::from_secs(120),
        lane_timeout: Duration::from_secs(7),
        ..PoolOptions::default()
    };
    let database = open(url, options);
    for (setting, value) in [
        ("default_transaction_read_only", "on"),
        ("transaction_read_only", "on"),
        ("statement_timeout", "2min"),
        ("lock_timeout", "2s"),
        ("idle_in_transaction_session_timeout", "1min"),
        ("TimeZone", "UTC"),
        ("search_path", "pg_catalog"),
        ("jit", "off"),
        ("client_encoding", "UTF8"),
    ] {
        let shown = text(&database, &format!("SELECT current_setting('{setting}')")).await;
        assert_eq!(shown, value, "{setting}");
    }
    let interval =
        "SELECT coalesce(current_setting('client_connection_check_interval', true), '5s')";
    assert_eq!(text(&database, interval).await, "5s");
    let lane = sql("SELECT current_setting('statement_timeout')");
    let rows = database.read_all(&lane, DEADLINE).await.unwrap();
    assert_eq!(rows.rows[0].cell(0), Some(&b"7s"[..]));
}

async fn the_catalogue_is_read(url: &str) {
    let admin = admin(url).await;
    let schema = format!("s_{}", std::process::id());
    let role = format!("r_{}", std::process::id());
    admin
        .batch_execute(&format!(
            r#"
            CREATE SCHEMA {schema};
            SET search_path = {schema};
            CREATE DOMAIN small AS int4 CHECK (value > 0);
            CREATE DOMAIN smaller AS small;
            CREATE TYPE mood AS ENUM ('good', 'bad');
            CREATE TABLE a (id int8 PRIMARY KEY, n smaller NOT NULL, s varchar(20), m mood, j jsonb,
                "odd ""name" text, secret text);
            CREATE INDEX ON a (n, s DESC, id);
            CREATE INDEX ON a (s) WHERE n > 1;
            CREATE INDEX ON a (lower(s), id);
            CREATE INDEX ON a (n, lower(s), id);
            CREATE INDEX ON a (s text_pattern_ops, n);
            CREATE INDEX ON a (s COLLATE "C");
            CREATE INDEX ON a USING hash (s);
            CREATE INDEX ON a ("odd ""name") INCLUDE (id);
            INSERT INTO a (id, n) SELECT g, g FROM generate_series(1, 500) g;
            ALTER TABLE a DROP COLUMN j;
            CREATE VIEW v AS SELECT id, n FROM a;
            CREATE MATERIALIZED VIEW mv AS SELECT id FROM a;
            CREATE TABLE p (id int8, at timestamptz, PRIMARY KEY (id)) PARTITION BY RANGE (id);
            CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (1000);
            CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (1000) TO (2000);
            INSERT INTO p SELECT g FROM generate_series(1, 1999) g;
            CREATE TABLE empty ();
            ANALYZE a; ANALYZE p1; ANALYZE p2;
            CREATE ROLE {role};
            GRANT USAGE ON SCHEMA {schema} TO {role};
            GRANT SELECT (id, n, s) ON a TO {role};
            GRANT SELECT ON p TO {role};
            "#
        ))
        .await
        .unwrap();
    let database = open(url, PoolOptions::default());
    let catalogue = database.catalogue(&schema).await.unwrap();
    let names: Vec<&str> = catalogue.tables.keys().map(|name| &**name).collect();
    assert_eq!(names, ["a", "empty", "mv", "p", "p1", "p2", "v"]);
    let a = &catalogue.tables["a"];
    let types: Vec<_> = a
        .columns
        .iter()
        .map(|(name, column)| (&**name, column.ty, &*column.type_name, column.not_null))
        .collect();
    assert_eq!(
        types,
        [
            ("id", Some(PgType::Int8), "bigint", true),
            ("m", None, &*format!("{schema}.mood"), false),
            ("n", Some(PgType::Int4), &*format!("{schema}.smaller"), true),
            ("odd \"name", Some(PgType::Text), "text", false),
            ("s", Some(PgType::Varchar), "character varying(20)", false),
            ("secret", Some(PgType::Text), "text", false),
        ]
    );
    let indexes: Vec<Vec<&str>> = a
        .indexes
        .iter()
        .map(|columns| columns.iter().map(|column| &**column).collect())
        .collect();
    assert_eq!(indexes, [vec!["id"], vec!["n"], vec!["odd \"name"]]);
    assert_eq!(a.estimated_rows, 500);
    assert!(a.readable && a.columns["secret"].readable);
    assert_eq!(catalogue.tables["p"].estimated_rows, 1_999);
    assert!(catalogue.tables["p"].has_index_on("id"));
    assert!(catalogue.tables["empty"].columns.is_empty());
    assert!(!catalogue.tables["v"].columns["id"].not_null);
    let knows_umlauts = text(&database, "SELECT (lower('Ü') = 'ü')::text").await == "true";
    assert_eq!(catalogue.unicode_collation.is_none(), knows_umlauts);
    assert!(
        database
            .catalogue("no such schema")
            .await
            .unwrap()
            .tables
            .is_empty()
    );

    // As a role that may read little.
    let mark = if url.contains("://") {
        if url.contains('?') { "&" } else { "?" }
    } else {
        " "
    };
    let role_url = if url.contains("://") {
        format!("{url}{mark}options=-c%20role%3D{role}")
    } else {
        format!("{url}{mark}options='-c role={role}'")
    };
    let limited = open(&role_url, PoolOptions::default());
    let catalogue = limited.catalogue(&schema).await.unwrap();
    let a = &catalogue.tables["a"];
    let readable: Vec<_> = a
        .columns
        .iter()
        .filter(|(_, column)| column.readable)
        .map(|(name, _)| &**name)
        .collect();
    assert_eq!(readable, ["id", "n", "s"]);
    assert!(a.readable && catalogue.tables["p"].readable && !catalogue.tables["v"].readable);
    let denied = failure(&limited, &format!("SELECT secret FROM {schema}.a")).await;
    assert_eq!(denied.reason, Reason::Denied);

    admin
        .batch_execute(&format!("DROP SCHEMA {schema} CASCADE; DROP ROLE {role}"))
        .await
        .unwrap();
}

async fn a_database_that_is_not_there_is_unavailable(_: &str) {
    let database = open(
        "host=/nonexistent user=me password=s3cret",
        PoolOptions::default(),
    );
    for _ in 0..3 {
        let query = database
            .query(&sql("SELECT 1"), DEADLINE)
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
