//! The rows of a statement, as they come from the wire, one by one.
//!
//! While a stream lives, its connection serves nothing else: a reader that pauses makes the server
//! pause. When the last row has been taken the connection is free at once, whatever becomes of the
//! stream; a stream that is dropped before has its statement cancelled.

use super::failure::Failure;
use super::param::Bound;
use super::pool::Lease;
use super::row::{MISCOUNTED, Malformed, NO_ROW, RawRow};
use super::row_queue::RowReader;
use super::statement_cache::Prepared;
use crate::edm::PgType;
use crate::sql::Statement;
use bytes::Bytes;
use futures_util::future::join;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};
use std::time::{Duration, Instant};
use tokio_postgres::Column;

/// A column of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnInfo {
    /// Its name.
    pub name: String,
    /// The OID of its type; of the base type, if that is a domain.
    pub oid: u32,
    /// Its type, if it is one of the table's.
    pub ty: Option<PgType>,
}

impl ColumnInfo {
    pub(super) fn of(column: &Column) -> ColumnInfo {
        let oid = column.type_().oid();
        ColumnInfo {
            name: column.name().to_owned(),
            oid,
            ty: PgType::from_oid(oid),
        }
    }
}

/// The rows of a statement whose first row is there, or whose end.
pub struct RowStream {
    columns: Arc<[ColumnInfo]>,
    row: RawRow,
    /// How many have come.
    rows: u64,
    /// Whether `row` was looked at only, and is the next.
    is_ahead: bool,
    /// Until the last row.
    running: Option<Running>,
    started: Instant,
    /// How long the statement took, once its last row was taken.
    took: Option<Duration>,
}

/// A statement that runs; dropped in this order.
struct Running {
    rows: RowReader,
    /// The driver's word on how it ended, behind its rows.
    end: End,
    /// What that was, once it is said: rows that came before may be left.
    ended: Option<Result<u64, tokio_postgres::Error>>,
    lease: Lease,
    statement_timeout: Duration,
}

/// How many rows it gave.
type End = Pin<Box<dyn Future<Output = Result<u64, tokio_postgres::Error>> + Send>>;

impl RowStream {
    /// Runs that statement on the connection and waits for its first row or its end. If it fails, the connection comes
    /// back, unless it is not to be trusted.
    pub(super) async fn start(
        prepared: Prepared,
        statement: &Statement,
        lease: Lease,
        statement_timeout: Duration,
    ) -> Result<RowStream, (Failure, Option<Lease>)> {
        let session = lease.session().clone();
        let Prepared {
            statement: prepared,
            columns,
        } = prepared;
        // Whoever left something to be prepared here may have gone.
        if let Err(failure) = session.wait_for_answers().await {
            return Err((failure, Some(lease)));
        }
        let params = statement.params.clone();
        let connection = session.clone();
        let end = async move {
            let params = params.iter().map(Bound);
            connection.client.execute_raw(&prepared, params).await
        };
        let mut stream = RowStream {
            row: RawRow::none(columns.len()),
            columns,
            rows: 0,
            is_ahead: false,
            took: None,
            started: lease.since(),
            running: Some(Running {
                rows: session.rows.reader(),
                end: Box::pin(end),
                ended: None,
                lease,
                statement_timeout,
            }),
        };
        // Both leave together: the server takes them one after the other.
        let first = poll_fn(|cx| stream.poll_row(cx));
        let ((), first) = join(session.plan(statement.plans), first).await;
        match first {
            Ok(true) => stream.is_ahead = true,
            Ok(false) => stream.end(),
            Err(failure) => {
                let running = stream.running.take();
                return Err((failure, running.map(|running| running.lease)));
            }
        }
        Ok(stream)
    }

    /// All rows of a statement that has ended.
    pub(super) fn of_all(columns: Arc<[ColumnInfo]>, messages: Bytes, took: Duration) -> RowStream {
        let mut row = RawRow::none(columns.len());
        row.stand_before(messages);
        RowStream {
            columns,
            row,
            rows: 0,
            is_ahead: false,
            running: None,
            took: Some(took),
            started: Instant::now(),
        }
    }

    /// How long the statement took, once all rows have been taken.
    pub fn took(&self) -> Option<Duration> {
        self.took
    }

    /// The columns of every row.
    pub fn columns(&self) -> &[ColumnInfo] {
        &self.columns
    }

    /// The row that [`RowStream::advance`] went to last.
    pub fn row(&self) -> &RawRow {
        &self.row
    }

    /// Goes to the next row; `false` behind the last. After an error the answer is incomplete, whatever came
    /// before.
    pub async fn advance(&mut self) -> Result<bool, Failure> {
        poll_fn(|cx| self.poll_advance(cx)).await
    }

    /// Reads the end behind the last row that is wanted, so that the connection is free. Where the server falls silent
    /// before it, nobody waits for longer than `patience`. Where a key is not unique after all, in a view, there may be
    /// a further row: then the statement is cancelled when the stream is dropped. To be asked behind a row, not behind
    /// an error.
    pub async fn finish(&mut self, patience: Duration) -> Result<(), Failure> {
        match tokio::time::timeout(patience, self.advance()).await {
            Ok(end) => end.map(|_| ()),
            Err(_) => Err(Failure::timeout(patience)),
        }
    }

    /// Goes to the next row if it came together with this one.
    pub fn advance_at_once(&mut self) -> bool {
        // What is malformed `advance` will tell.
        let is_there = !self.is_ahead && self.row.advance().unwrap_or(false);
        self.rows += u64::from(is_there);
        is_there
    }

    fn poll_advance(&mut self, cx: &mut Context<'_>) -> Poll<Result<bool, Failure>> {
        if std::mem::take(&mut self.is_ahead) {
            return Poll::Ready(Ok(true));
        }
        let result = ready!(self.poll_row(cx));
        match result {
            Ok(true) => {}
            Ok(false) => self.end(),
            Err(_) => self.running = None,
        }
        Poll::Ready(result)
    }

    /// The next row that comes.
    fn poll_row(&mut self, cx: &mut Context<'_>) -> Poll<Result<bool, Failure>> {
        loop {
            match self.row.advance() {
                Ok(false) => {}
                Ok(true) => {
                    self.rows += 1;
                    return Poll::Ready(Ok(true));
                }
                Err(Malformed) => return Poll::Ready(Err(self.mistrust(NO_ROW))),
            }
            let Some(running) = &mut self.running else {
                return Poll::Ready(Ok(false));
            };
            if let Poll::Ready(messages) = running.rows.poll_take(cx) {
                self.row.stand_before(messages);
                continue;
            }
            // The rows that came before the end are in the queue when the driver knows of it: they are looked for once
            // more.
            match &running.ended {
                None => running.ended = Some(ready!(running.end.as_mut().poll(cx))),
                Some(Ok(rows)) if *rows == self.rows => return Poll::Ready(Ok(false)),
                Some(Ok(_)) => {
                    let failure = self.mistrust(MISCOUNTED);
                    return Poll::Ready(Err(failure));
                }
                Some(Err(error)) => {
                    let timed_out = self.started.elapsed() >= running.statement_timeout;
                    let session = running.lease.session();
                    return Poll::Ready(Err(session.failure(error, timed_out)));
                }
            }
        }
    }

    /// The last row was taken.
    fn end(&mut self) {
        self.running.take().into_iter().for_each(Running::release);
        self.took.get_or_insert_with(|| self.started.elapsed());
    }

    /// Closes the connection.
    fn mistrust(&mut self, why: &str) -> Failure {
        self.running.take().into_iter().for_each(Running::close);
        Failure::of_protocol(why)
    }
}

impl Running {
    /// The statement has ended: the connection is clean.
    fn release(self) {
        let Running { rows, lease, .. } = self;
        drop(rows);
        lease.release();
    }

    fn close(self) {
        let Running { rows, lease, .. } = self;
        drop(rows);
        lease.close();
    }

    /// Whether it has ended well, as far as is known by now.
    fn has_ended(&mut self) -> bool {
        let mut cx = Context::from_waker(Waker::noop());
        match &self.ended {
            Some(ended) => ended.is_ok(),
            None => matches!(self.end.as_mut().poll(&mut cx), Poll::Ready(Ok(_))),
        }
    }
}

impl Drop for RowStream {
    fn drop(&mut self) {
        // One that was asked for its last row but not for its end has most often ended: the server
        // sends the end right behind. Then there is nothing to cancel.
        let Some(mut running) = self.running.take() else {
            return;
        };
        if self.row.advance().is_err() {
            running.close();
        } else if running.has_ended() {
            running.release();
        }
    }
}
