//! Little pages on a lane of their own: one connection of each thread, where they follow each other without a
//! pause, as reads by key do on theirs. To borrow a connection for a few rows and to wake its backend takes longer
//! than to find them.
//!
//! What is not as little or as quick as it seemed must not keep others waiting. So the server stops a statement there
//! before long, larger answers are thrown away, and nobody joins a lane that stands still. All of that is a stream's
//! then, from the beginning: such a page costs two statements.

use super::failure::{Failure, Reason};
use super::lane::{Lane, Most, Whole};
use super::pool::Shared;
use crate::sql::{Plans, Statement};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::runtime::Handle;

/// The lane, and what is known of those who wait on it.
pub(super) struct Pages {
    lane: Lane,
    /// How long the server works on a statement, and others wait for it.
    patience: Duration,
    state: Mutex<State>,
}

struct State {
    waiting: usize,
    /// When the lane last did anything: gave an answer, or began after a rest.
    moved: Instant,
    /// How the statements are planned that are on it.
    plans: Plans,
}

/// The longest that is.
const PATIENCE: Duration = Duration::from_millis(250);
/// A lane that has been silent for so long is joined by nobody.
const STILL: Duration = Duration::from_millis(5);
/// Requests that wait on a lane at most: with more of them the connections of the pool do more at once.
const WAITING: usize = 16;
/// Bytes of an answer here, as the server sends it.
const BYTES: usize = 256 * 1024;

/// One of those who wait.
struct Joined<'a>(&'a Pages);

impl Pages {
    /// No statement takes longer than `longest`, here as elsewhere.
    pub(super) fn new(shared: Arc<Shared>, runtime: Handle, longest: Duration) -> Pages {
        let patience = PATIENCE.min(longest);
        Pages {
            lane: Lane::new(1, shared, runtime, patience),
            patience,
            state: Mutex::new(State {
                waiting: 0,
                moved: Instant::now(),
                plans: Plans::Auto,
            }),
        }
    }

    /// All rows of a statement that has so many at most; `None` where that is to be read by a stream.
    pub(super) async fn read(
        &self,
        statement: &Statement,
        rows: u64,
    ) -> Result<Option<Whole>, Failure> {
        let Some(_joined) = self.join(statement.plans) else {
            return Ok(None);
        };
        let most = Most { rows, bytes: BYTES };
        match self.lane.read(statement, most, self.patience).await {
            Ok(whole) => Ok(Some(whole)),
            Err(failure) => match failure.reason {
                Reason::Long
                | Reason::Timeout
                | Reason::Unavailable
                | Reason::Lost
                | Reason::Conflict
                | Reason::Stale => Ok(None),
                _ => Err(failure),
            },
        }
    }

    /// Takes a place on the lane. All who are there have their statements planned in the same way: to tell the server
    /// another takes as long as a little statement.
    fn join(&self, plans: Plans) -> Option<Joined<'_>> {
        let mut state = self.state();
        if state.waiting == 0 {
            (state.moved, state.plans) = (Instant::now(), plans);
        }
        let is_open =
            state.plans == plans && state.waiting < WAITING && state.moved.elapsed() < STILL;
        is_open.then(|| {
            state.waiting += 1;
            Joined(self)
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Joined<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.waiting -= 1;
        state.moved = Instant::now();
    }
}
