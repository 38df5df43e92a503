//! Whose rows are written while many answers are streamed.
//!
//! A stream that nobody reads from stops by itself: its backend sleeps once the socket is full. So each thread
//! writes one stream at a time, in turns. Where the database shares the processors, about as few backends run,
//! however many answers are on their way: as many rows a second come, and a short request of somebody else finds a
//! processor. Were the turns shared by all threads, two streams of one could have them while another has nothing
//! to do. So there are as many at a time as threads, which are as many as processors unless `--workers` says otherwise.

use crate::db::{Failure, RowStream};
use futures_util::FutureExt;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How long a turn is, to the end of a chunk or until no row is there; longer where the stream stands still
/// in it. Each change of turns lets another backend run.
const TURN: Duration = Duration::from_millis(20);
/// How long in all a stream keeps its turn while no row comes: its backend may be about to send one.
const PATIENCE: Duration = Duration::from_millis(5);

thread_local! {
    /// The turn of this thread's streams. Those who wait get it in the order of their coming.
    static TURNS: Arc<Semaphore> = Arc::new(Semaphore::new(1));
}

/// One stream's place among those of its thread.
pub(super) struct Pace {
    turns: Arc<Semaphore>,
    turn: Option<Turn>,
}

struct Turn {
    since: Instant,
    /// What is left of it.
    patience: Duration,
    _permit: Option<OwnedSemaphorePermit>,
}

impl Pace {
    /// A stream of this thread that has no turn yet.
    pub(super) fn new() -> Pace {
        Pace {
            turns: TURNS.with(Clone::clone),
            turn: None,
        }
    }

    /// Goes to the next row. A stream that has none to give soon waits for it without the turn.
    pub(super) async fn advance(&mut self, rows: &mut RowStream) -> Result<bool, Failure> {
        let mut next = pin!(rows.advance());
        if let Some(row) = next.as_mut().now_or_never() {
            return row;
        }
        if let Some(turn) = self.turn.as_mut().filter(|turn| !turn.is_over()) {
            let since = Instant::now();
            if let Ok(row) = tokio::time::timeout(turn.patience, next.as_mut()).await {
                turn.patience = turn.patience.saturating_sub(since.elapsed());
                return row;
            }
        }
        self.turn = None;
        next.await
    }

    /// Waits for the turn, to write a row that was read.
    pub(super) async fn turn(&mut self) {
        if self.turn.is_none() {
            // It fails for a semaphore that is closed, which this one never is.
            let permit = self.turns.clone().acquire_owned().await.ok();
            self.turn = Some(Turn {
                since: Instant::now(),
                patience: PATIENCE,
                _permit: permit,
            });
        }
    }

    /// Waits for something else than rows, without the turn where that takes long.
    pub(super) async fn meanwhile<T>(&mut self, other: impl Future<Output = T>) -> T {
        let mut other = pin!(other);
        if let Some(done) = other.as_mut().now_or_never() {
            return done;
        }
        self.turn = None;
        other.await
    }

    /// Lets the thread look at what else has come, and ends a turn that was long enough.
    pub(super) async fn pause(&mut self) {
        self.turn.take_if(|turn| turn.is_over());
        tokio::task::yield_now().await;
    }
}

impl Turn {
    fn is_over(&self) -> bool {
        self.since.elapsed() >= TURN
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::{pending, ready};

    /// Whether it has the turn without a wait.
    fn has_turn(pace: &mut Pace) -> bool {
        pace.turn().now_or_never().is_some()
    }

    /// Lets its turn have begun then.
    fn begun(pace: &mut Pace, since: Instant) {
        pace.turn.as_mut().unwrap().since = since;
    }

    #[tokio::test]
    async fn one_has_the_turn_until_it_waits_for_something_else_or_was_long_enough() {
        let (mut first, mut second) = (Pace::new(), Pace::new());
        assert!(has_turn(&mut first));
        assert!(!has_turn(&mut second));
        assert_eq!(first.meanwhile(ready(1)).await, 1);
        begun(&mut first, Instant::now() + TURN);
        first.pause().await;
        assert!(!has_turn(&mut second));
        assert!(first.meanwhile(pending::<()>()).now_or_never().is_none());
        assert!(has_turn(&mut second));
        assert!(!has_turn(&mut first));
        begun(&mut second, Instant::now() - TURN);
        second.pause().await;
        assert!(has_turn(&mut first));
        drop(first);
        assert!(has_turn(&mut second));
        // That of another thread is another one.
        let elsewhere = std::thread::spawn(|| has_turn(&mut Pace::new()));
        assert!(elsewhere.join().unwrap());
    }
}
