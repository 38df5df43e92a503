//! The rows of a statement, as they come from the wire, pulled one by one.
//!
//! While a stream lives, its connection serves nothing else: a reader that pauses makes the server
//! pause. When the last row has been taken the connection is free at once, whatever becomes of the
//! stream; a stream that is dropped before has its statement cancelled.

use super::failure::Failure;
use super::pool::Lease;
use crate::edm::PgType;
use futures_util::Stream;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};
use tokio_postgres::types::{FromSql, Type};
use tokio_postgres::{Column, Row};

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

/// One row, in the server's binary format.
pub struct RawRow(pub(super) Row);

impl RawRow {
    /// The bytes of the column at this place, as `typsend` wrote them; `None` for null, or where
    /// there is no such column.
    pub fn cell(&self, place: usize) -> Option<&[u8]> {
        self.0
            .try_get::<_, Option<Raw<'_>>>(place)
            .ok()
            .flatten()
            .map(|raw| raw.0)
    }
}

struct Raw<'a>(&'a [u8]);

impl<'a> FromSql<'a> for Raw<'a> {
    fn from_sql(
        _: &Type,
        bytes: &'a [u8],
    ) -> Result<Raw<'a>, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Raw(bytes))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// The rows of a statement whose first row is there, or whose end.
pub struct RowStream {
    columns: Arc<[ColumnInfo]>,
    first: Option<Row>,
    rows: Pin<Box<tokio_postgres::RowStream>>,
    /// The connection, until the last row.
    lease: Option<Lease>,
    started: Instant,
    statement_timeout: Duration,
}

impl RowStream {
    pub(super) fn new(
        columns: Arc<[ColumnInfo]>,
        first: Option<Row>,
        rows: Pin<Box<tokio_postgres::RowStream>>,
        lease: Lease,
        statement_timeout: Duration,
    ) -> RowStream {
        let started = lease.since();
        let lease = if first.is_some() {
            Some(lease)
        } else {
            lease.release();
            None
        };
        RowStream {
            columns,
            first,
            rows,
            lease,
            started,
            statement_timeout,
        }
    }

    /// The columns of every row.
    pub fn columns(&self) -> &[ColumnInfo] {
        &self.columns
    }

    /// The next row; `None` after the last. After an error the answer is incomplete, whatever came
    /// before.
    pub async fn next(&mut self) -> Option<Result<RawRow, Failure>> {
        poll_fn(|cx| self.poll_next(cx)).await
    }

    /// The next row, if it is there.
    pub fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<RawRow, Failure>>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(Ok(RawRow(first))));
        }
        if self.lease.is_none() {
            return Poll::Ready(None);
        }
        match self.rows.as_mut().poll_next(cx) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Some(Ok(row))) => Poll::Ready(Some(Ok(RawRow(row)))),
            Poll::Ready(Some(Err(error))) => {
                let timed_out = self.started.elapsed() >= self.statement_timeout;
                let failure = Failure::of_statement(&error, timed_out);
                self.lease = None;
                Poll::Ready(Some(Err(failure)))
            }
            Poll::Ready(None) => {
                if let Some(lease) = self.lease.take() {
                    lease.release();
                }
                Poll::Ready(None)
            }
        }
    }
}

impl Drop for RowStream {
    fn drop(&mut self) {
        // One that was asked for its last row but not for its end has most often ended: the server
        // sends the end right behind. Then there is nothing to cancel.
        if self.lease.is_some() {
            self.first = None;
            let _ = self.poll_next(&mut Context::from_waker(Waker::noop()));
        }
    }
}
