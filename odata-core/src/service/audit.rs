//! Who asked for what, and what became of it: a line for each request for data.
//!
//! In: what the stages of a request learn, in any order. Out: one line of the target `audit`, when the
//! last byte of the answer was handed over, or when it was cut. No value that the
//! client wrote is in it: the query is its canonical text with `?` for every literal, and a request
//! that was not understood has none, as what should be a name may be anything there.

use super::auth::Caller;
use crate::error::{Code, Error};
use actix_web::HttpResponse;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use bytes::Bytes;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Instant;

/// The target of the lines: `--log-level=info,audit=off`.
const TARGET: &str = "audit";

/// Whether anybody takes the lines.
pub(super) fn is_written() -> bool {
    tracing::enabled!(target: TARGET, tracing::Level::INFO)
}

/// What is known of a request so far. Clones are of the same request; the line is written with the
/// last of them, if not before.
#[derive(Clone)]
pub(super) struct Record(Arc<Inner>);

struct Inner {
    request: RequestId,
    begun: Instant,
    told: Mutex<Told>,
    _alive: Alive,
}

/// One of the requests that are being answered.
struct Alive(Arc<AtomicUsize>);

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[derive(Default)]
struct Told {
    is_for_data: bool,
    user: String,
    accounts: Vec<i64>,
    asked: Option<Arc<Shape>>,
    rows: u64,
    bytes: u64,
    outcome: Option<Outcome>,
    is_written: bool,
}

/// What of a request for data may be written down.
pub(super) struct Shape {
    /// The entity set whose rows are asked for.
    pub(super) set: &'static str,
    /// The canonical query with `?` for every value.
    pub(super) query: String,
}

/// The number of a request, in the log and in the header `X-Request-Id`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RequestId(u64);

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Complete,
    Cut(Cause),
    Refused(Code),
}

/// Why an answer ended before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    /// Whoever asked hung up, or the service stopped.
    ConnectionEnded,
    /// The client did not take anything for too long.
    ClientStalled,
    /// It took longer than an answer may.
    TimeOut,
    /// The database failed.
    Database,
    /// A row that can't be written.
    Row,
    /// Whoever asked may no longer see it.
    Revoked,
    /// The service failed on it.
    Service,
}

impl RequestId {
    pub(super) fn new() -> RequestId {
        RequestId(RandomState::new().hash_one(()))
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl Cause {
    fn text(self) -> &'static str {
        match self {
            Cause::ConnectionEnded => "the connection ended",
            Cause::ClientStalled => "the client stopped reading",
            Cause::TimeOut => "the stream time-out passed",
            Cause::Database => "the database failed",
            Cause::Row => "a row could not be written",
            Cause::Revoked => "the access token no longer gives what it gave",
            Cause::Service => "the service failed",
        }
    }
}

impl Record {
    /// A request begins, one more of those that are `alive`.
    pub(super) fn new(request: RequestId, alive: &Arc<AtomicUsize>) -> Record {
        alive.fetch_add(1, Ordering::Relaxed);
        Record(Arc::new(Inner {
            request,
            begun: Instant::now(),
            told: Mutex::default(),
            _alive: Alive(alive.clone()),
        }))
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.0.told()
    }

    /// It is for data, not for a description of it: there will be a line.
    pub(super) fn is_for_data(&self) {
        self.told().is_for_data = true;
    }

    /// It was understood.
    pub(super) fn asked(&self, shape: Option<Arc<Shape>>) {
        self.told().asked = shape;
    }

    /// Who asks is known.
    pub(super) fn caller(&self, caller: &Caller) {
        let mut told = self.told();
        told.user.clone_from(&caller.name);
        told.accounts = caller.scope.ids().to_vec();
    }

    /// Rows that were written so far.
    pub(super) fn rows(&self, rows: u64) {
        self.told().rows = rows;
    }

    /// It is answered by an error.
    pub(super) fn refused(&self, error: &Error) {
        self.ends_as(Outcome::Refused(error.code()));
    }

    /// The answer ends before its end. The line is written now: a client that takes nothing would keep it.
    pub(super) fn cut(&self, cause: Cause) {
        self.ends_as(Outcome::Cut(cause));
        self.0.write();
    }

    /// The first word counts: what follows is its consequence.
    fn ends_as(&self, outcome: Outcome) {
        self.told().outcome.get_or_insert(outcome);
    }

    /// The response, whose body tells how much of it was taken.
    pub(super) fn follow(self, response: HttpResponse, head: bool) -> HttpResponse {
        response.map_body(|_, body| {
            let is_empty = matches!(body.size(), BodySize::None | BodySize::Sized(0));
            if is_empty || head {
                // Nothing of it is sent, whether somebody takes it or not.
                self.ends_as(Outcome::Complete);
            }
            BoxBody::new(Followed {
                body,
                record: self,
                head,
            })
        })
    }
}

impl Inner {
    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes the line, once.
    fn write(&self) {
        let mut told = self.told();
        if !told.is_for_data || std::mem::replace(&mut told.is_written, true) {
            return;
        }
        let outcome = match told.outcome {
            Some(outcome) => outcome,
            None if std::thread::panicking() => Outcome::Refused(Code::Internal),
            // It was given up while the database was asked.
            None => Outcome::Cut(Cause::ConnectionEnded),
        };
        let (outcome, cause) = match outcome {
            Outcome::Complete => ("complete", None),
            Outcome::Cut(cause) => ("cut", Some(cause.text())),
            Outcome::Refused(code) => (code.name(), None),
        };
        let accounts: Vec<String> = told.accounts.iter().map(i64::to_string).collect();
        tracing::info!(
            target: TARGET,
            request = %self.request,
            user = told.user,
            accounts = accounts.join(","),
            set = told.asked.as_ref().map(|asked| asked.set),
            query = told.asked.as_ref().map(|asked| &*asked.query),
            rows = told.rows,
            bytes = told.bytes,
            milliseconds = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX),
            outcome,
            cause,
            "a request for data"
        );
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.write();
    }
}

/// A body that tells of its end.
struct Followed {
    body: BoxBody,
    record: Record,
    head: bool,
}

impl MessageBody for Followed {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let next = ready!(Pin::new(&mut self.body).poll_next(cx));
        match &next {
            Some(Ok(_)) if self.head => {}
            Some(Ok(chunk)) => {
                let mut told = self.record.told();
                told.bytes = told.bytes.saturating_add(chunk.len() as u64);
            }
            Some(Err(_)) => self.record.ends_as(Outcome::Cut(Cause::ConnectionEnded)),
            None => self.record.ends_as(Outcome::Complete),
        }
        Poll::Ready(next)
    }
}

impl Drop for Followed {
    fn drop(&mut self) {
        // Unless its end was seen, in which case that counts.
        self.record.ends_as(Outcome::Cut(Cause::ConnectionEnded));
    }
}
