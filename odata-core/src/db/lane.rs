//! A lane: a few connections beside the pool for small reads, which streams can't exhaust.
//!
//! Its requests are pipelined: several wait on one connection, each for its own answer. So none is
//! ever cancelled, which would hit another; one that takes too long leaves its connection to those
//! that still wait on it, and the next request gets a new one.

use super::connect::{ConnectError, Session};
use super::failure::{Failure, MISCOUNTED, Reason};
use super::param::Bound;
use super::pool::Shared;
use super::row::write_message;
use super::statement_cache::Prepared;
use super::stream::ColumnInfo;
use crate::sql::Statement;
use bytes::Bytes;
use futures_util::TryStreamExt;
use futures_util::future::join;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use tokio::sync::{Mutex, oneshot};
use tokio_util::task::AbortOnDropHandle;
use tracing::Instrument as _;

/// The connections of a lane.
pub(super) struct Lane {
    slots: Vec<Arc<Mutex<Slot>>>,
    turn: AtomicUsize,
    shared: Arc<Shared>,
    /// Where its connections live.
    runtime: Handle,
    statement_timeout: Duration,
}

/// A whole answer.
pub(super) struct Whole {
    pub(super) columns: Arc<[ColumnInfo]>,
    /// Messages that hold its rows.
    pub(super) messages: Bytes,
    /// When its statement was sent.
    pub(super) started: Instant,
}

/// What an answer may have; the rest of a larger one is thrown away, and it fails.
#[derive(Debug, Clone, Copy)]
pub(super) struct Most {
    pub(super) rows: u64,
    pub(super) bytes: usize,
}

impl Most {
    /// As much as there is.
    pub(super) const UNBOUNDED: Most = Most {
        rows: u64::MAX,
        bytes: usize::MAX,
    };
}

#[derive(Default)]
struct Slot {
    session: Option<Arc<Session>>,
    /// How often in a row it could not be opened, and until when it isn't tried again.
    failures: u32,
    closed_until: Option<Instant>,
}

/// The longest wait between two attempts to open a connection.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
const FIRST_PAUSE: Duration = Duration::from_millis(50);

impl Lane {
    pub(super) fn new(
        size: usize,
        shared: Arc<Shared>,
        runtime: Handle,
        statement_timeout: Duration,
    ) -> Lane {
        Lane {
            slots: (0..size.max(1)).map(|_| Arc::default()).collect(),
            turn: AtomicUsize::new(0),
            shared,
            runtime,
            statement_timeout,
        }
    }

    /// All rows of a statement that has few.
    pub(super) async fn read(
        &self,
        statement: &Statement,
        most: Most,
        deadline: Duration,
    ) -> Result<Whole, Failure> {
        let slot = self.slot();
        let mut on = None;
        let attempts = async {
            match self.attempt(slot, statement, most, &mut on).await {
                Err(failure) if failure.is_worth_a_retry() => {
                    // It may not know yet that it is closed.
                    if let Some(session) = on.take_if(|_| failure.reason == Reason::Lost) {
                        slot.lock().await.leave(&session);
                    }
                    self.attempt(slot, statement, most, &mut on).await
                }
                result => result,
            }
        };
        match tokio::time::timeout(deadline, attempts).await {
            Ok(Err(failure)) => {
                // It may have fallen silent while the statement was prepared on it, or have said what can't be.
                if matches!(failure.reason, Reason::Unavailable | Reason::Internal) {
                    self.leave_behind(slot, on);
                }
                Err(failure)
            }
            Ok(result) => result,
            Err(_) => {
                self.leave_behind(slot, on);
                Err(Failure::timeout(deadline))
            }
        }
    }

    /// The place whose turn it is, but for those that could not be opened a moment ago.
    fn slot(&self) -> &Arc<Mutex<Slot>> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let in_turn = (0..self.slots.len()).map(|n| &self.slots[(turn + n) % self.slots.len()]);
        let is_closed =
            |slot: &Arc<Mutex<Slot>>| slot.try_lock().is_ok_and(|slot| slot.is_closed());
        let mut open = in_turn.clone().filter(|slot| !is_closed(slot));
        open.next().unwrap_or(&self.slots[turn % self.slots.len()])
    }

    /// Whether some connection of the lane answers.
    pub(super) async fn ping(&self, patience: Duration) -> Result<(), Failure> {
        let mut last = Failure::timeout(patience);
        for slot in &self.slots {
            let mut on = None;
            let answer = async {
                let session = self.session(slot).await?;
                on = Some(session.clone());
                let answer = session.client.check_connection().await;
                answer.map_err(|error| Failure::of_statement(&error, false))
            };
            match tokio::time::timeout(patience, answer).await {
                Ok(Ok(())) => return Ok(()),
                Ok(Err(failure)) => last = failure,
                // It may have fallen silent for good: the next to come gets another.
                Err(_) => self.leave_behind(slot, on),
            }
        }
        Err(last)
    }

    /// Lets go of a connection on which something takes too long: at once, unless another one is being opened
    /// there. For that nobody waits.
    fn leave_behind(&self, slot: &Arc<Mutex<Slot>>, on: Option<Arc<Session>>) {
        let Some(session) = on else { return };
        if let Ok(mut slot) = slot.try_lock() {
            slot.leave(&session);
        } else {
            let slot = slot.clone();
            let leaving = async move { slot.lock().await.leave(&session) };
            self.runtime.spawn(leaving);
        }
    }

    async fn attempt(
        &self,
        slot: &Arc<Mutex<Slot>>,
        statement: &Statement,
        most: Most,
        on: &mut Option<Arc<Session>>,
    ) -> Result<Whole, Failure> {
        let session = self.session(slot).await?;
        *on = Some(session.clone());
        let (prepared, known) = session.prepare(statement).await?;
        match self.collect(&session, prepared, statement, most).await {
            Err(failure) if known && failure.reason == Reason::Stale => {
                session.forget(statement);
                let (prepared, _) = session.prepare(statement).await?;
                self.collect(&session, prepared, statement, most).await
            }
            result => result,
        }
    }

    /// Runs the statement in a task of its own: a request that isn't polled for a while must not
    /// keep those behind it waiting.
    async fn collect(
        &self,
        session: &Arc<Session>,
        prepared: Prepared,
        statement: &Statement,
        most: Most,
    ) -> Result<Whole, Failure> {
        let session = session.clone();
        let (params, plans) = (statement.params.clone(), statement.plans);
        let started = Instant::now();
        let statement_timeout = self.statement_timeout;
        let task = self.runtime.spawn(async move {
            let read = async {
                let (mut messages, mut count) = (Vec::new(), 0);
                let rows = session
                    .client
                    .query_raw(&prepared.statement, params.iter().map(Bound));
                // Both leave together: the server takes them one after the other.
                let ((), rows) = join(session.plan(plans), rows).await;
                let mut rows = pin!(rows?);
                while let Some(row) = rows.try_next().await? {
                    count += 1;
                    if count <= most.rows && messages.len() < most.bytes {
                        write_message(&mut messages, &row);
                    }
                }
                let is_all = rows.rows_affected() == Some(count);
                Ok((messages, count, is_all))
            };
            let (messages, count, is_all) =
                read.await.map_err(|error: tokio_postgres::Error| {
                    Failure::of_statement(&error, started.elapsed() >= statement_timeout)
                })?;
            if !is_all {
                return Err(Failure::of_protocol(MISCOUNTED));
            }
            if count > most.rows || messages.len() >= most.bytes {
                return Err(Failure::long());
            }
            Ok(Whole {
                columns: prepared.columns,
                messages: messages.into(),
                started,
            })
        });
        // Where nobody waits for it any more it would keep a connection that has fallen silent.
        let task = AbortOnDropHandle::new(task);
        task.await
            .unwrap_or_else(|error| Err(Failure::of_task(&error)))
    }

    /// The connection of that place, opened if need be. Those who come meanwhile wait for it. Where whoever
    /// began it goes away, it is opened all the same, for those who come after.
    async fn session(&self, place: &Arc<Mutex<Slot>>) -> Result<Arc<Session>, Failure> {
        let mut slot = place.lock().await;
        if let Some(session) = &slot.session
            && !session.client.is_closed()
        {
            return Ok(session.clone());
        }
        slot.session = None;
        if slot.is_closed() {
            return Err(Failure::unavailable("the database cannot be reached"));
        }
        let (told, opened) = oneshot::channel();
        let (place, shared, runtime) = (place.clone(), self.shared.clone(), self.runtime.clone());
        let statement_timeout = self.statement_timeout;
        let opening = async move {
            let opened = shared.connect(&runtime, statement_timeout).await;
            // Nobody waits for it any more.
            if let Err(Ok(session)) = told.send(opened) {
                place.lock().await.session.get_or_insert(session);
            }
        };
        self.runtime.spawn(opening.in_current_span());
        match opened.await {
            Ok(opened) => slot.set(opened),
            Err(_) => Err(Failure::unavailable("the service is stopping")),
        }
    }
}

impl Slot {
    /// Lets go of a connection, unless another one took its place.
    fn leave(&mut self, session: &Arc<Session>) {
        let is_it = |current: &mut Arc<Session>| Arc::ptr_eq(current, session);
        self.session.take_if(is_it);
    }

    /// Takes what came of opening a connection.
    fn set(&mut self, opened: Result<Arc<Session>, ConnectError>) -> Result<Arc<Session>, Failure> {
        match opened {
            Ok(session) => {
                *self = Slot {
                    session: Some(session.clone()),
                    ..Slot::default()
                };
                Ok(session)
            }
            Err(error) => {
                let pause = FIRST_PAUSE * 2u32.saturating_pow(self.failures.min(8));
                self.failures += 1;
                self.closed_until = Some(Instant::now() + pause.min(LONGEST_PAUSE));
                Err(Failure::of_connecting(&error))
            }
        }
    }

    /// Whether it isn't tried again yet.
    fn is_closed(&self) -> bool {
        self.closed_until
            .is_some_and(|until| Instant::now() < until)
    }
}
