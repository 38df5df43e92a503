//! A lane: a few connections beside the pool for small reads, which streams can't exhaust.
//!
//! Its requests are pipelined: several wait on one connection, each for its own answer. So none is
//! ever cancelled, which would hit another; one that takes too long leaves its connection to those
//! that still wait on it, and the next request gets a new one.

use super::connect::{ConnectError, Session};
use super::database::Rows;
use super::failure::{Failure, Reason};
use super::param::Bound;
use super::pool::Shared;
use super::row::{MISCOUNTED, write_message};
use super::statement_cache::Prepared;
use crate::sql::{Param, Plans, Statement};
use futures_util::TryStreamExt;
use futures_util::future::join;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use tokio::sync::{Mutex, oneshot};
use tokio_postgres::Row;
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
        deadline: Duration,
    ) -> Result<Rows, Failure> {
        let slot = self.slot();
        let mut on = None;
        let attempts = async {
            match self.attempt(slot, statement, &mut on).await {
                Err(failure) if failure.is_worth_a_retry() => {
                    // It may not know yet that it is closed.
                    if let Some(session) = on.take_if(|_| failure.reason == Reason::Lost) {
                        slot.lock().await.leave(&session);
                    }
                    self.attempt(slot, statement, &mut on).await
                }
                result => result,
            }
        };
        match tokio::time::timeout(deadline, attempts).await {
            Ok(Err(failure)) => {
                // It may have fallen silent while the statement was prepared on it.
                if failure.reason == Reason::Unavailable {
                    self.leave_behind(slot, on.take_if(|session| !session.is_answered()));
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
                answer.map_err(|error| session.failure(&error, false))
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
        on: &mut Option<Arc<Session>>,
    ) -> Result<Rows, Failure> {
        let session = self.session(slot).await?;
        *on = Some(session.clone());
        let (prepared, known) = session.prepare(statement).await?;
        match self.collect(&session, prepared, statement).await {
            Err(failure) if known && failure.reason == Reason::Stale => {
                session.forget(statement);
                let (prepared, _) = session.prepare(statement).await?;
                self.collect(&session, prepared, statement).await
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
    ) -> Result<Rows, Failure> {
        let session = session.clone();
        let (params, plans) = (statement.params.clone(), statement.plans);
        let statement_timeout = self.statement_timeout;
        let reading = async move {
            let mut messages = Vec::new();
            let take = |row: &Row| write_message(&mut messages, row);
            run(
                &session,
                &prepared,
                (&params, plans),
                statement_timeout,
                take,
            )
            .await?;
            Rows::of(prepared.columns, messages.into())
        };
        let task = self.runtime.spawn(reading.in_current_span());
        // Where nobody waits for it any more it would keep a connection that has fallen silent.
        let task = AbortOnDropHandle::new(task);
        task.await
            .unwrap_or_else(|error| Err(Failure::of_task(&error)))
    }

    /// The connection, where it is open; else it is opened meanwhile, and nobody waits for it.
    pub(super) fn session_at_hand(self: &Arc<Lane>) -> Option<Arc<Session>> {
        let place = self.slot();
        // While it is being opened it is locked.
        let slot = place.try_lock().ok()?;
        let open = slot.session.clone().filter(|session| session.is_usable());
        if open.is_none() && !slot.is_closed() {
            let (lane, place) = (self.clone(), place.clone());
            let opening = async move { lane.session(&place).await.map(drop) };
            self.runtime.spawn(opening.in_current_span());
        }
        open
    }

    /// Where its connections live.
    pub(super) fn runtime(&self) -> &Handle {
        &self.runtime
    }

    /// Lets go of a connection that is not to be used any more.
    pub(super) fn leave(&self, session: &Arc<Session>) {
        for slot in &self.slots {
            self.leave_behind(slot, Some(session.clone()));
        }
    }

    /// The connection of that place, opened if need be. Those who come meanwhile wait for it. Where whoever
    /// began it goes away, it is opened all the same, for those who come after.
    async fn session(&self, place: &Arc<Mutex<Slot>>) -> Result<Arc<Session>, Failure> {
        let mut slot = place.lock().await;
        if let Some(session) = &slot.session
            && session.is_usable()
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

/// Runs a statement where others wait behind it, and lets `take` have each row. All callers of a connection have their
/// statements planned in one way at a time: those that overlap may be planned in that of another.
pub(super) async fn run(
    session: &Session,
    prepared: &Prepared,
    (params, plans): (&[Param], Plans),
    statement_timeout: Duration,
    mut take: impl FnMut(&Row),
) -> Result<(), Failure> {
    let started = Instant::now();
    let read = async {
        let params = params.iter().map(Bound);
        let rows = session.client.query_raw(&prepared.statement, params);
        // Both leave together: the server takes them one after the other.
        let ((), rows) = join(session.plan(plans), rows).await;
        let mut rows = pin!(rows?);
        let mut count = 0;
        while let Some(row) = rows.try_next().await? {
            count += 1;
            take(&row);
        }
        Ok(rows.rows_affected() == Some(count))
    };
    let read: Result<bool, tokio_postgres::Error> = read.await;
    // Behind what can't be, nothing is to be trusted.
    if session.is_distrusted() {
        return Err(Failure::lost());
    }
    match read {
        Ok(true) => Ok(()),
        Ok(false) => {
            session.distrust();
            Err(Failure::of_protocol(MISCOUNTED))
        }
        Err(error) => {
            let timed_out = started.elapsed() >= statement_timeout;
            Err(session.failure(&error, timed_out))
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
