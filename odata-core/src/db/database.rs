//! The database as the rest of the crate sees it.

use super::config::DatabaseConfig;
use super::connect::Connector;
use super::failure::{Failure, Reason};
use super::home::Homes;
use super::pages::Little;
use super::pool::{Lease, Shared};
use super::row::{Malformed, NO_ROW, RawRow};
use super::stream::{ColumnInfo, RowStream};
use super::turns::{Turn, Turns};
use crate::error::{Code, Error, Result};
use crate::sql::Statement;
use bytes::Bytes;
use futures_util::FutureExt as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::runtime::Handle;

/// A PostgreSQL database with its connections. Clones share them.
#[derive(Clone)]
pub struct Database(Arc<Inner>);

pub(super) struct Inner {
    config: DatabaseConfig,
    pub(super) options: PoolOptions,
    pub(super) shared: Arc<Shared>,
    pub(super) turns: Arc<Turns>,
    pub(super) homes: Homes,
}

/// How many connections there are, and how long things may take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolOptions {
    /// Connections for streams, of all threads together.
    pub size: usize,
    /// Connections of the lane, beside those, for each thread that has some. It has one more for little pages.
    pub lane: usize,
    /// Threads that may have connections of their own; the others share those of the runtime that
    /// the database was opened in.
    pub threads: usize,
    /// How long a request waits for its turn to use a connection.
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
            lane: 1,
            threads: 8,
            wait: Duration::from_secs(30),
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
    /// Those that are lent, or whose statements are being cancelled, whatever became of their thread.
    pub lent: usize,
    /// Requests that wait for one.
    pub waiting: usize,
    /// Statements that were cancelled since the start.
    pub cancelled: u64,
    /// Connections that were closed since they were not clean.
    pub discarded: u64,
}

impl Rows {
    /// The rows of these messages.
    pub(super) fn of(columns: Arc<[ColumnInfo]>, messages: Bytes) -> Result<Rows, Failure> {
        let rows = RawRow::all(columns.len(), messages);
        let rows = rows.map_err(|Malformed| Failure::of_protocol(NO_ROW))?;
        Ok(Rows { columns, rows })
    }

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
        let homes = Homes::new(&options, &shared)?;
        let turns = Turns::new(options.size.max(1));
        turns.open(homes.first.id);
        Ok(Database(Arc::new(Inner {
            config,
            options,
            shared,
            turns,
            homes,
        })))
    }

    /// Lets the requests of this thread have connections that live on it, if it runs a runtime of
    /// its own, as the threads of actix-web do.
    pub fn settle(&self) -> Result<()> {
        self.0.settle()
    }

    /// Runs a statement on a connection of its own and waits for the first row, or for the end if
    /// there is none, at most for `deadline` after the turn of this caller has come.
    ///
    /// Callers, whom a text tells from each other, take turns while all connections are in use.
    /// After [`PoolOptions::wait`] the request has had none: 429.
    ///
    /// What breaks before the first row and may be gone on another connection is tried once more.
    /// Dropping this future or the stream cancels the statement.
    pub async fn query(
        &self,
        statement: &Statement,
        caller: &str,
        deadline: Duration,
    ) -> Result<RowStream, Failure> {
        let turn = self.turn(caller).await?;
        let began = Instant::now();
        let attempt = async { self.attempt(self.lend(turn).await?, statement).await };
        let mut result = within(deadline, deadline, attempt).await;
        if result.as_ref().is_err_and(Failure::is_worth_a_retry) {
            // The search for another connection, with its waits for a turn, is none of the statement's time.
            let left = deadline.saturating_sub(began.elapsed());
            result = match self.lend_proven(caller).await {
                Ok(lease) => within(left, deadline, self.attempt(lease, statement)).await,
                Err(failure) => Err(failure),
            };
        }
        result.inspect_err(|failure| failure.log(&statement.text))
    }

    /// All rows of a statement that has few, on the lane: it waits for no stream, and others wait
    /// on the same connection. After `deadline` nobody waits for it, but it is not cancelled.
    pub async fn read_all(
        &self,
        statement: &Statement,
        deadline: Duration,
    ) -> Result<Rows, Failure> {
        let rows = self.0.home().lane.read(statement, deadline).await;
        rows.inspect_err(|failure| failure.log(&statement.text))
    }

    /// The rows of a statement that has so many at most and is quick, as far as anybody knows: it shares a connection
    /// with others of its kind, for half a second at most. Where that was wrong, or the connection is not free
    /// for it, it is one for [`Database::query`].
    pub async fn query_little(&self, statement: Statement, rows: u64) -> Result<Little, Failure> {
        self.0.home().pages.read(statement, rows).await
    }

    /// Whether the database answers, within two seconds. It takes no connection from the streams.
    pub async fn ping(&self) -> Result<(), Failure> {
        self.0.home().lane.ping(Duration::from_secs(2)).await
    }

    /// The state of the connections.
    pub fn status(&self) -> Status {
        let homes = self.0.homes.all();
        let (open, idle) = homes.iter().fold((0, 0), |(open, idle), home| {
            let status = home.pool.status();
            (open + status.size, idle + status.available)
        });
        Status {
            open,
            idle,
            lent: self.0.turns.held(),
            waiting: self.0.turns.waiting(),
            cancelled: self.0.shared.cancelled.load(Ordering::Relaxed),
            discarded: self.0.shared.discarded.load(Ordering::Relaxed),
        }
    }

    /// Where it is, without the password.
    pub fn config(&self) -> &DatabaseConfig {
        &self.0.config
    }

    async fn turn(&self, caller: &str) -> Result<Turn, Failure> {
        let inner = &self.0;
        let wait = inner.options.wait;
        let turn = inner.turns.take(caller, inner.home().id, wait).await;
        turn.ok_or_else(|| Failure::busy(wait))
    }

    /// The connection of that place, opened if need be.
    async fn lend(&self, turn: Turn) -> Result<Lease, Failure> {
        let inner = &self.0;
        let home = inner.homes.get(turn.home);
        let home = home.ok_or_else(|| Failure::unavailable("the connection's thread has ended"))?;
        let object = home.pool.get().await;
        let object = object.map_err(|error| Failure::of_pool(&error))?;
        Ok(Lease::new(object, turn, inner.shared.clone()))
    }

    /// A connection that has just answered. What broke one has often broken all, and not all of
    /// them know yet.
    async fn lend_proven(&self, caller: &str) -> Result<Lease, Failure> {
        let until = Instant::now() + PROOF;
        while Instant::now() < until {
            let lease = self.lend(self.turn(caller).await?).await?;
            let proof = lease.session().client.check_connection();
            let left = until.saturating_duration_since(Instant::now());
            if let Ok(Ok(())) = tokio::time::timeout(left, proof).await {
                return Ok(lease);
            }
        }
        self.lend(self.turn(caller).await?).await
    }

    async fn attempt(&self, lease: Lease, statement: &Statement) -> Result<RowStream, Failure> {
        let inner = &self.0;
        let session = lease.session().clone();
        let stream_timeout = inner.options.stream_timeout;
        let (prepared, known) = session.prepare(statement).await?;
        let started = RowStream::start(prepared, statement, lease, stream_timeout).await;
        let started = match started {
            Err((failure, Some(lease))) if known && failure.reason == Reason::Stale => {
                session.forget(statement);
                let (prepared, _) = session.prepare(statement).await?;
                // Seldom: in a box of its own.
                Box::pin(RowStream::start(prepared, statement, lease, stream_timeout)).await
            }
            started => started,
        };
        started.map_err(|(failure, _)| failure)
    }
}

/// How long connections may take, one after the other, to show that one of them is good.
const PROOF: Duration = Duration::from_secs(2);

/// What is left of a deadline for an attempt.
fn within<T>(
    left: Duration,
    deadline: Duration,
    attempt: impl Future<Output = Result<T, Failure>>,
) -> impl Future<Output = Result<T, Failure>> {
    // No `async fn`, which would hold the attempt twice: as its argument, and where it waits for it.
    tokio::time::timeout(left, attempt)
        .map(move |result| result.unwrap_or_else(|_| Err(Failure::timeout(deadline))))
}
