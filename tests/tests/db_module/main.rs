//! `odata_core::db` against a real PostgreSQL: what it promises under drops, deadlines, crashes and
//! odd statements. Every case takes a connection string of a superuser and leaves nothing behind.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "helpers of tests are not marked as tests"
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

/// A server that speaks TLS and wants a password.
struct TlsServer {
    /// Its port on 127.0.0.1. Its certificate has the name `localhost` alone.
    port: u16,
    password: String,
    /// A folder with `ca.crt`, which signed its certificate `server.crt`, and `other.crt`, which
    /// signed nothing, and a certificate for clients, `client.crt` and `client.key`.
    folder: String,
}

/// The server of the TLS cases: `TEST_TLS_SERVER` is `port password folder`.
fn tls_server() -> Option<TlsServer> {
    let Ok(text) = std::env::var("TEST_TLS_SERVER") else {
        eprintln!("TEST_TLS_SERVER is not set: TLS to the database is not tested");
        return None;
    };
    let mut words = text.split(' ').map(str::to_owned);
    Some(TlsServer {
        port: words.next()?.parse().unwrap(),
        password: words.next()?,
        folder: words.next()?,
    })
}

/// A server that a case may crash.
fn server_to_crash() -> Option<String> {
    let url = std::env::var("TEST_CRASH_URL").ok();
    if url.is_none() {
        eprintln!("TEST_CRASH_URL is not set: no crash is tested");
    }
    url
}

/// Makes tests of functions that take a server.
macro_rules! cases {
    ($server:ident => $($name:ident),* $(,)?) => {
        $(mod $name {
            #[test]
            fn holds() {
                if let Some(server) = crate::$server() {
                    let runtime = tokio::runtime::Runtime::new().unwrap();
                    runtime.block_on(super::$name(&server));
                }
            }
        })*
    };
}

mod catalogue;
mod faults;
mod lane;
mod statements;
mod streams;
mod tls;

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
    while rows.next().await.transpose()?.is_some() {}
    Ok(row.cell(0).expect("a value").to_owned())
}

async fn text(database: &Database, statement: &str) -> String {
    String::from_utf8(one(database, &sql(statement)).await.unwrap()).unwrap()
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

/// What a statement fails with, before its first row or later.
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
