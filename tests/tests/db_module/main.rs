//! `odata_core::db` against a real PostgreSQL: what it promises under drops, deadlines, crashes and
//! odd statements. Every case takes a connection string of a superuser.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "helpers of tests are not marked as tests"
)]

use local_postgres::{Server, Settings};
use odata_core::db::{Database as Pool, Failure, PoolOptions, Reason, RowStream};
use odata_core::edm::PgType;
use odata_core::error::Code;
use odata_core::sql::{Param, Plans, Statement};
use std::time::{Duration, Instant};
use tests::{Database, Postgres};

/// A database of its own for a case.
async fn server() -> Database {
    Database::empty().await
}

/// A server of its own for a case that crashes it.
async fn server_to_crash() -> Server {
    Postgres::own(&Settings::default())
}

trait Url {
    fn url(&self) -> String;
}

impl Url for Database {
    fn url(&self) -> String {
        self.connection_string()
    }
}

impl Url for Server {
    fn url(&self) -> String {
        self.connection_string("postgres")
    }
}

/// Makes tests of functions that take a connection string.
macro_rules! cases {
    ($server:ident => $($name:ident),* $(,)?) => {
        $(mod $name {
            use crate::Url as _;

            #[test]
            fn holds() {
                let runtime = tokio::runtime::Runtime::new().unwrap();
                runtime.block_on(async {
                    let server = crate::$server().await;
                    super::$name(&server.url()).await;
                });
            }
        })*
    };
}

mod apart;
mod catalogue;
mod faults;
mod lane;
mod pages;
mod statements;
mod streams;
mod tls;

const DEADLINE: Duration = Duration::from_secs(30);

fn open(url: &str, options: PoolOptions) -> Pool {
    Pool::open(url.parse().unwrap(), options).unwrap()
}

fn sql(text: &str) -> Statement {
    with(text, vec![])
}

fn with(text: &str, params: Vec<Param>) -> Statement {
    Statement {
        text: text.to_owned(),
        params,
        plans: Plans::Auto,
    }
}

/// `text` runs on the pool; the first cell of its first row as bytes.
async fn one(database: &Pool, statement: &Statement) -> Result<Vec<u8>, Failure> {
    let mut rows = database.query(statement, "a caller", DEADLINE).await?;
    assert!(rows.advance().await?, "no row");
    let cell = rows.row().cell(0).expect("a value").to_owned();
    while rows.advance().await? {}
    Ok(cell)
}

async fn text(database: &Pool, statement: &str) -> String {
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

async fn until_all_are_back(database: &Pool) {
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
async fn failure(database: &Pool, statement: &str) -> Failure {
    match database.query(&sql(statement), "a caller", DEADLINE).await {
        Ok(mut rows) => loop {
            match rows.advance().await {
                Ok(true) => {}
                Err(failure) => return failure,
                Ok(false) => panic!("{statement} did not fail"),
            }
        },
        Err(failure) => failure,
    }
}
