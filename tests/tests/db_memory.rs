//! How much memory the rows of a stream take. In a process of its own: what other cases take is memory too.
#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

use odata_core::db::{Database as Pool, PoolOptions};
use odata_core::edm::PgType;
use odata_core::sql::{Plans, Statement};
use std::time::Duration;
use tests::Database;

fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS"))
        .unwrap();
    let kib: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kib * 1024
}

#[tokio::test]
async fn a_million_rows_stream_in_constant_memory() {
    let server = Database::empty().await;
    let url = server.connection_string();
    let database = Pool::open(url.parse().unwrap(), PoolOptions::default()).unwrap();
    let statement = Statement {
        text: "SELECT g, repeat('x', 200), now() FROM generate_series(1, 1000000) g".to_owned(),
        params: vec![],
        plans: Plans::Auto,
    };
    let deadline = Duration::from_secs(30);
    let rows = database.query(&statement, "a caller", deadline).await;
    let mut rows = rows.unwrap();
    assert_eq!(rows.columns()[0].ty, Some(PgType::Int4));
    assert_eq!(rows.columns()[2].oid, PgType::Timestamptz.oid());
    let mut count = 0u64;
    let mut bytes = 0;
    let mut before = 0;
    while rows.advance().await.unwrap() {
        bytes += rows.row().cell(1).unwrap().len();
        count += 1;
        if count == 1_000 {
            before = resident_bytes();
        }
    }
    assert_eq!(count, 1_000_000);
    assert_eq!(bytes, 200_000_000);
    let growth = resident_bytes().saturating_sub(before);
    assert!(growth < 8 << 20, "{growth} bytes more");
    assert_eq!(database.status().idle, 1);
}
