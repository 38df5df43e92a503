//! The database as the rest of the crate sees it.

use super::config::DatabaseConfig;
use super::connect::Connector;
use super::failure::{Failure, Reason};
use super::lane::Lane;
use super::param::Bound;
use super::pool::{Lease, Manager, Shared};
use super::statement_cache::Prepared;
use super::stream::{ColumnInfo, RawRow, RowStream};
use crate::error::{Code, Error, Result};
use crate::sql::Statement;
use deadpool::Runtime;
use deadpool::managed::Pool;
use futures_util::TryStreamExt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::runtime::Handle;

/// A PostgreSQL database with its connections. Clones share them.
#[derive(Clone)]
pub struct Database(Arc<Inner>);

struct Inner {
    config: DatabaseConfig,
    options: PoolOptions,
    pool: Pool<Manager>,
    lane: Lane,
    shared: Arc<Shared>,
}

/// How many connections there are, and how long things may take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolOptions {
    /// Connections for streams.
    pub size: usize,
    /// Connections of the lane, beside those.
    pub lane: usize,
    /// How long a request waits for a connection.
    pub wait: Duration,
    /// How long a statement of a stream may run in all, the time included that its reader lets it
    /// wait. The server keeps this time.
    pub stream_timeout: Duration,
    /// The same for a statement of the lane.
    pub lane_timeout: Duration,
    /// Prepared statements that one connection keeps.
    pub statements: usize,
}

impl Default for PoolOptions {
    fn default() -> PoolOptions {
        PoolOptions {
            size: 16,
            lane: 2,
            wait: Duration::from_secs(2),
            stream_timeout: Duration::from_secs(30 * 60),
            lane_timeout: Duration::from_secs(30),
            statements: 256,
        }
    }
}

/// All rows of a small answer.
pub struct Rows {
    pub(super) columns: Arc<[ColumnInfo]>,
    /// The rows, in their order.
    pub rows: Vec<RawRow>,
}

/// The state of the connections, for metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Status {
    /// Open connections for streams.
    pub open: usize,
    /// Those of them that nobody uses.
    pub idle: usize,
    /// Requests that wait for one.
    pub waiting: usize,
    /// Statements that were cancelled since the start.
    pub cancelled: u64,
    /// Connections that were closed since they were not clean.
    pub discarded: u64,
}

impl Rows {
    /// The columns of every row.
    pub fn columns(&self) -> &[ColumnInfo] {
        &self.columns
    }
}

impl Database {
    /// A database that is connected to when it is needed; it need not be there yet. Its connections
    /// live on the runtime that this is called in.
    pub fn open(config: DatabaseConfig, options: PoolOptions) -> Result<Database> {
        let internal = |message: String| Error::new(Code::Internal, message);
        let runtime = Handle::try_current()
            .map_err(|_| internal("a database is opened in a tokio runtime".to_owned()))?;
        let shared = Arc::new(Shared {
            connector: Connector::new(config.clone())?,
            runtime,
            statements: options.statements,
            cancelled: AtomicU64::new(0),
            discarded: AtomicU64::new(0),
        });
        let pool = Pool::builder(Manager {
            shared: shared.clone(),
            statement_timeout: options.stream_timeout,
        })
        .max_size(options.size.max(1))
        .wait_timeout(Some(options.wait))
        .runtime(Runtime::Tokio1)
        .build()
        .map_err(|error| internal(format!("the pool of connections: {error}")))?;
        let lane = Lane::new(options.lane, shared.clone(), options.lane_timeout);
        Ok(Database(Arc::new(Inner {
            config,
            options,
            pool,
            lane,
            shared,
        })))
    }

    /// Runs a statement on a connection of its own and waits for the first row, or for the end if
    /// there is none, at most for `deadline`, the wait for the connection included.
    ///
    /// What breaks before the first row and may be gone on another connection is tried once more.
    /// Dropping this future or the stream cancels the statement.
    pub async fn query(
        &self,
        statement: &Statement,
        deadline: Duration,
    ) -> Result<RowStream, Failure> {
        let attempts = async {
            match self.attempt(self.lend().await?, statement).await {
                Err(failure) if failure.is_worth_a_retry() => {
                    self.attempt(self.lend_proven().await?, statement).await
                }
                result => result,
            }
        };
        tokio::time::timeout(deadline, attempts)
            .await
            .unwrap_or_else(|_| Err(Failure::timeout(deadline)))
            .inspect_err(|failure| failure.log(&statement.text))
    }

    /// All rows of a statement that has few, on the lane: it waits for no stream, and others wait
    /// on the same connection. After `deadline` nobody waits for it, but it is not cancelled.
    pub async fn read_all(
        &self,
        statement: &Statement,
        deadline: Duration,
    ) -> Result<Rows, Failure> {
        self.0.lane.read(statement, deadline).await
    }

    /// Whether the database answers, within two seconds. It takes no connection from the streams.
    pub async fn ping(&self) -> Result<(), Failure> {
        self.0.lane.ping(Duration::from_secs(2)).await
    }

    /// The state of the connections.
    pub fn status(&self) -> Status {
        let status = self.0.pool.status();
        Status {
            open: status.size,
            idle: status.available,
            waiting: status.waiting,
            cancelled: self.0.shared.cancelled.load(Ordering::Relaxed),
            discarded: self.0.shared.discarded.load(Ordering::Relaxed),
        }
    }

    /// Where it is, without the password.
    pub fn config(&self) -> &DatabaseConfig {
        &self.0.config
    }

    async fn lend(&self) -> Result<Lease, Failure> {
        let object = self.0.pool.get().await;
        let object = object.map_err(|error| Failure::of_pool(&error))?;
        Ok(Lease::new(object, self.0.shared.clone()))
    }

    /// A connection that has just answered. What broke one has often broken all, and not all of
    /// them know yet.
    async fn lend_proven(&self) -> Result<Lease, Failure> {
        for _ in 0..self.0.options.size {
            let lease = self.lend().await?;
            if lease.session().client.check_connection().await.is_ok() {
                return Ok(lease);
            }
        }
        self.lend().await
    }

    async fn attempt(&self, lease: Lease, statement: &Statement) -> Result<RowStream, Failure> {
        let inner = &self.0;
        let session = lease.session();
        let runtime = &inner.shared.runtime;
        let stream_timeout = inner.options.stream_timeout;
        let (mut prepared, known) = session.prepare(statement, runtime).await?;
        let mut started = start(&lease, &prepared, statement, stream_timeout).await;
        if known && matches!(&started, Err(failure) if failure.reason == Reason::Stale) {
            session.forget(statement);
            (prepared, _) = session.prepare(statement, runtime).await?;
            started = start(&lease, &prepared, statement, stream_timeout).await;
        }
        let (rows, first) = started?;
        Ok(RowStream::new(
            prepared.columns,
            first,
            rows,
            lease,
            stream_timeout,
        ))
    }
}

type Started = (
    Pin<Box<tokio_postgres::RowStream>>,
    Option<tokio_postgres::Row>,
);

/// Sends the statement and waits for its first row or its end.
async fn start(
    lease: &Lease,
    prepared: &Prepared,
    statement: &Statement,
    stream_timeout: Duration,
) -> Result<Started, Failure> {
    let failure = |error: tokio_postgres::Error| {
        Failure::of_statement(&error, lease.since().elapsed() >= stream_timeout)
    };
    let params = statement.params.iter().map(Bound);
    let rows = lease
        .session()
        .client
        .query_raw(&prepared.statement, params);
    let mut rows = Box::pin(rows.await.map_err(failure)?);
    let first = rows.try_next().await.map_err(failure)?;
    Ok((rows, first))
}
