//! No row comes to whoever reads the answer of another statement.

use super::streams::numbers;
use super::*;

cases!(server =>
    what_the_driver_asks_by_itself_is_nobodys,
    a_row_too_many_is_nobodys,
    each_stream_has_its_own_rows
);

fn of_one() -> PoolOptions {
    PoolOptions {
        size: 1,
        ..PoolOptions::default()
    }
}

/// The first cells of all rows as text.
async fn all(database: &Pool, statement: &Statement) -> Vec<String> {
    let rows = database.query(statement, "a caller", DEADLINE).await;
    let (mut rows, mut found) = (rows.unwrap(), Vec::new());
    while rows.advance().await.unwrap() {
        let cell = rows.row().cell(0).unwrap();
        found.push(String::from_utf8(cell.to_vec()).unwrap());
    }
    found
}

/// The runtime that the database was opened in ends, and with it the task that cleans a connection of another
/// thread's: it is closed.
#[test]
fn rows_that_are_left_behind_are_nobodys() {
    let first = tokio::runtime::Runtime::new().unwrap();
    let beside = tokio::runtime::Runtime::new().unwrap();
    let server = beside.block_on(crate::server());
    let database = first.block_on(async { open(&server.url(), of_one()) });
    let here = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    here.unwrap().block_on(async {
        database.settle().unwrap();
        let mine = sql("SELECT 'mine' FROM generate_series(1, 3)");
        let others = sql("SELECT 'other', repeat('x', 1000) FROM generate_series(1, 100000)");
        assert_eq!(all(&database, &mine).await, ["mine"; 3]);
        let mut rows = database.query(&others, "another", DEADLINE).await.unwrap();
        for _ in 0..100 {
            assert!(rows.advance().await.unwrap());
        }
        first.shutdown_background();
        drop(rows);
        assert_eq!(all(&database, &mine).await, ["mine"; 3]);
    });
}

/// The driver asks for a type that it does not know, whoever waits for the statement or goes.
async fn what_the_driver_asks_by_itself_is_nobodys(url: &str) {
    let admin = admin(url).await;
    let kinds = "CREATE TYPE public.kind AS ENUM ('a', 'b')";
    admin.batch_execute(kinds).await.unwrap();
    let odd = sql("SELECT 'a'::public.kind");
    let mine = sql("SELECT 'mine' FROM generate_series(1, 3)");
    for n in 0..150 {
        let database = open(url, of_one());
        assert_eq!(all(&database, &mine).await, ["mine"; 3]);
        let pause = Duration::from_micros(200 + n * 37 % 1_500);
        let gone = database.query(&odd, "another", DEADLINE);
        drop(tokio::time::timeout(pause, gone).await);
        for _ in 0..5 {
            assert_eq!(all(&database, &mine).await, ["mine"; 3], "{n}");
        }
    }
}

/// A stream that was told to end before its last row is cancelled, and the next has its own.
async fn a_row_too_many_is_nobodys(url: &str) {
    let database = open(url, of_one());
    let mine = sql("SELECT 'mine' FROM generate_series(1, 3)");
    let others = sql("SELECT 'other' FROM generate_series(1, 100000)");
    for statement in [&mine, &others] {
        for taken in 1..=3 {
            let rows = database.query(statement, "a caller", DEADLINE).await;
            let mut rows = rows.unwrap();
            for _ in 0..taken {
                assert!(rows.advance().await.unwrap());
            }
            assert!(rows.finish(DEADLINE).await.is_ok());
            drop(rows);
            assert_eq!(all(&database, &mine).await, ["mine"; 3], "{taken}");
        }
    }
    assert_eq!(database.status().discarded, 0);
}

/// Rows of any size, of streams that are read to any place, on few connections.
async fn each_stream_has_its_own_rows(url: &str) {
    let options = PoolOptions {
        size: 3,
        ..PoolOptions::default()
    };
    read_many(&open(url, options)).await;
}

/// Reads 900 streams, six at a time.
pub(crate) async fn read_many(database: &Pool) {
    let tasks = (0..6).map(|task| {
        let database = database.clone();
        tokio::spawn(async move {
            for n in numbers().skip(task * 1_000).take(150) {
                read_some(&database, n).await;
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    until_all_are_back(database).await;
    assert_eq!(database.status().discarded, 0);
}

/// Reads rows that bear this number, some or all of them.
async fn read_some(database: &Pool, n: u64) {
    let pick = |bits: u64, from: &[u64]| from[(n >> bits) as usize % from.len()];
    let size = pick(8, &[10, 100, 5_000, 40_000, 200_000]);
    let count = pick(16, &[1, 3, 50, 400]);
    let wanted = (n >> 24) % (2 * count);
    let text =
        format!("SELECT $1::int8, g::int8, repeat('x', {size}) FROM generate_series(1, {count}) g");
    let mark = n.cast_signed();
    let statement = with(&text, vec![Param::int8(mark)]);
    let rows = database.query(&statement, "a caller", DEADLINE).await;
    let (mut rows, mut read) = (rows.unwrap(), 0u64);
    while read < wanted && rows.advance().await.unwrap() {
        loop {
            read += 1;
            assert_eq!(rows.row().cell(0), Some(&mark.to_be_bytes()[..]));
            assert_eq!(rows.row().cell(1), Some(&read.to_be_bytes()[..]));
            let text = rows.row().cell(2).unwrap();
            assert!(text.len() as u64 == size && text.iter().all(|byte| *byte == b'x'));
            if !rows.advance_at_once() {
                break;
            }
        }
        if n.is_multiple_of(11) {
            tokio::time::sleep(Duration::from_micros(n % 300)).await;
        }
    }
    if wanted > count {
        assert_eq!(read, count);
    }
}
