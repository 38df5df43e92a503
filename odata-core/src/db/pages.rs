//! Little pages on a lane of their own: one connection of each thread, where they follow each other without a
//! pause, as reads by key do on theirs. To borrow a connection for a few rows and to wake its backend takes longer
//! than to find them.
//!
//! What is not as little or as quick as it seemed must not keep others waiting. So the server stops a statement there
//! before long, larger answers are thrown away, and nobody joins a lane that stands still, has a long queue, or is to
//! be opened first. All of that is a stream's then, from the beginning: a page that was tried costs two statements.

use super::connect::Session;
use super::failure::{Failure, Reason};
use super::lane::{self, Lane};
use super::pool::Shared;
use super::row::write_message;
use super::stream::RowStream;
use crate::sql::{Plans, Statement};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use tokio_postgres::Row;
use tracing::Instrument as _;

/// The lane, and what is known of those who wait on it.
pub(super) struct Pages {
    lane: Arc<Lane>,
    /// How long the server works on a statement.
    patience: Duration,
    state: Arc<Mutex<State>>,
}

/// What became of a statement that is little, as far as anybody knows.
#[expect(clippy::large_enum_variant, reason = "it lives for one match")]
pub enum Little {
    /// It was.
    Rows(RowStream),
    /// There was no place for it.
    Busy,
    /// It has more rows, which were thrown away.
    More,
    /// It has no more rows, but takes too long, or they too many bytes.
    Unfit,
}

struct State {
    waiting: usize,
    /// When the lane last did anything: gave an answer, or began after a rest.
    moved: Instant,
    /// How long an answer takes, of late.
    pace: Duration,
    /// How the statements are planned that are on it.
    plans: Plans,
}

/// The longest that the server works on a statement here.
const PATIENCE: Duration = Duration::from_millis(250);
/// How much longer an answer may take that waits behind such a statement.
const MARGIN: Duration = Duration::from_millis(250);
/// How long one may have to wait for those before it: nobody joins a longer queue, nor a lane that has been silent
/// for so long.
const QUEUE: Duration = Duration::from_millis(10);
/// Requests that wait on a lane at most: with more of them the connections of the pool do more at once.
const WAITING: usize = 16;
/// Bytes of an answer here, as the server sends it.
const BYTES: usize = 256 * 1024;

/// One of those who wait, until its statement has ended or is given up: it keeps the others waiting when nobody waits for
/// it any more.
struct Joined {
    state: Arc<Mutex<State>>,
    since: Instant,
}

impl Pages {
    /// No statement takes longer than `longest`, here as elsewhere.
    pub(super) fn new(shared: Arc<Shared>, runtime: Handle, longest: Duration) -> Pages {
        let patience = PATIENCE.min(longest);
        Pages {
            lane: Arc::new(Lane::new(1, shared, runtime, patience)),
            patience,
            state: Arc::new(Mutex::new(State {
                waiting: 0,
                moved: Instant::now(),
                pace: Duration::ZERO,
                plans: Plans::Auto,
            })),
        }
    }

    /// All rows of a statement that has so many at most.
    pub(super) async fn read(&self, statement: Statement, rows: u64) -> Result<Little, Failure> {
        let Some(session) = self.lane.session_at_hand() else {
            return Ok(Little::Busy);
        };
        let Some(joined) = self.join(statement.plans) else {
            return Ok(Little::Busy);
        };
        let (lane, patience) = (self.lane.clone(), self.patience);
        let reading = async move {
            let read = answer(&session, &statement, rows, (patience, &joined));
            match tokio::time::timeout(patience + MARGIN, read).await {
                Ok(Ok(little)) => Ok(little),
                Ok(Err(failure)) => match failure.reason {
                    // The server stopped it, or it waits for a lock.
                    Reason::Timeout | Reason::Unavailable => Ok(Little::Unfit),
                    // Nothing of that is the statement's fault: a stream has its own ways.
                    Reason::Lost => {
                        lane.leave(&session);
                        Ok(Little::Busy)
                    }
                    Reason::Stale => {
                        session.forget(&statement);
                        Ok(Little::Busy)
                    }
                    Reason::Conflict => Ok(Little::Busy),
                    _ => {
                        failure.log(&statement.text);
                        Err(failure)
                    }
                },
                // It fell silent, or the server was told not to stop it, or those before it took too long.
                Err(_) => {
                    lane.leave(&session);
                    Ok(match joined.took() >= patience {
                        true => Little::Unfit,
                        false => Little::Busy,
                    })
                }
            }
        };
        let task = self.lane.runtime().spawn(reading.in_current_span());
        task.await
            .unwrap_or_else(|error| Err(Failure::of_task(&error)))
    }

    /// Takes a place on the lane. All who are there have their statements planned in the same way: to tell the server
    /// another takes as long as a little statement.
    fn join(&self, plans: Plans) -> Option<Joined> {
        let since = Instant::now();
        let mut state = lock(&self.state);
        if state.waiting == 0 {
            (state.moved, state.plans) = (since, plans);
        }
        let before = u32::try_from(state.waiting).unwrap_or(u32::MAX);
        let is_open = state.plans == plans
            && state.waiting < WAITING
            && state.pace.saturating_mul(before) < QUEUE
            && since.saturating_duration_since(state.moved) < QUEUE;
        is_open.then(|| {
            state.waiting += 1;
            Joined {
                state: self.state.clone(),
                since,
            }
        })
    }
}

/// Runs the statement; what is beyond little is thrown away.
async fn answer(
    session: &Arc<Session>,
    statement: &Statement,
    most: u64,
    (patience, joined): (Duration, &Joined),
) -> Result<Little, Failure> {
    let (prepared, _) = session.prepare(statement).await?;
    let (mut messages, mut count, mut bytes) = (Vec::new(), 0, 0);
    let take = |row: &Row| {
        count += 1;
        bytes += row.raw_size_bytes();
        if count <= most && bytes <= BYTES {
            write_message(&mut messages, row);
        }
    };
    let params = (&*statement.params, statement.plans);
    lane::run(session, &prepared, params, patience, take).await?;
    if count > most {
        return Ok(Little::More);
    }
    if bytes > BYTES {
        return Ok(Little::Unfit);
    }
    let rows = RowStream::of_all(prepared.columns, messages.into(), joined.took());
    Ok(Little::Rows(rows))
}

impl Joined {
    /// How long its statement has taken, without the wait for those before it.
    fn took(&self) -> Duration {
        lock(&self.state).moved.max(self.since).elapsed()
    }
}

impl Drop for Joined {
    fn drop(&mut self) {
        let took = self.took();
        let mut state = lock(&self.state);
        state.waiting -= 1;
        state.moved = Instant::now();
        state.pace = (state.pace * 7 + took) / 8;
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
