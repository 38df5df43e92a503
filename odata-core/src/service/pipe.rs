//! Between the task that produces an answer and the connection that sends it.
//!
//! Chunks are read ahead within a budget, so that a slow reader holds no connection of the database;
//! what is beyond it waits for the reader, but not forever. A body whose producer did not say that it
//! is complete ends with an error: an interrupted answer is never a valid one.

use super::budget::{Budget, Share};
use actix_web::body::{BodySize, MessageBody};
use bytes::Bytes;
use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use tokio::sync::Notify;

/// Chunks that may wait without a share of the budget.
const UNBUDGETED: usize = 2;

/// The end that writes.
pub(super) struct Sender {
    shared: Arc<Shared>,
    budget: Arc<Budget>,
    /// Bytes that this answer may still read ahead.
    ahead: usize,
    stall: Duration,
}

/// The end that the HTTP connection reads.
pub(super) struct Body(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    /// Told whenever the reader took a chunk or went away.
    progress: Notify,
}

#[derive(Default)]
struct State {
    chunks: VecDeque<(Bytes, Option<Share>)>,
    unbudgeted: usize,
    /// Whether the reader has taken a chunk.
    begun: bool,
    ended: bool,
    aborted: bool,
    /// Whether the reader was made to send what it has before it hears of the abort.
    told: bool,
    reader_gone: bool,
    /// Whether it went away before it had taken all that was there.
    left_some: bool,
    waker: Option<Waker>,
}

/// Why nobody reads on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stopped {
    /// The client hung up.
    Gone,
    /// The client did not take anything for too long.
    Stalled,
}

/// The error of an interrupted body. The client sees an unfinished response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Interrupted;

impl fmt::Display for Interrupted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the answer was interrupted")
    }
}

impl std::error::Error for Interrupted {}

/// A pipe that may read `ahead` bytes ahead within the budget.
pub(super) fn pipe(budget: Arc<Budget>, ahead: usize, stall: Duration) -> (Sender, Body) {
    let shared = Arc::new(Shared {
        state: Mutex::default(),
        progress: Notify::new(),
    });
    (
        Sender {
            shared: shared.clone(),
            budget,
            ahead,
            stall,
        },
        Body(shared),
    )
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sender {
    /// Hands a chunk over, once there is room for it.
    pub(super) async fn send(&mut self, chunk: Bytes) -> Result<(), Stopped> {
        let share = if chunk.len() <= self.ahead {
            self.budget.take(chunk.len())
        } else {
            None
        };
        if share.is_some() {
            self.ahead -= chunk.len();
        }
        loop {
            {
                let mut state = self.shared.state();
                if state.reader_gone {
                    return Err(Stopped::Gone);
                }
                if share.is_some() || state.unbudgeted < UNBUDGETED {
                    state.unbudgeted += usize::from(share.is_none());
                    state.chunks.push_back((chunk, share));
                    state.wake();
                    return Ok(());
                }
            }
            let progress = self.shared.progress.notified();
            if tokio::time::timeout(self.stall, progress).await.is_err() {
                return Err(Stopped::Stalled);
            }
        }
    }

    /// Whether any of it was taken.
    pub(super) fn is_begun(&self) -> bool {
        self.shared.state().begun
    }

    /// Says that the answer is complete.
    pub(super) fn finish(&self) {
        let mut state = self.shared.state();
        state.ended = true;
        state.wake();
    }

    /// Waits until all was read. A client that takes nothing for so long gets no more.
    pub(super) async fn drained(&self, patience: Duration) -> Result<(), Stopped> {
        loop {
            {
                let state = self.shared.state();
                if state.left_some {
                    return Err(Stopped::Gone);
                }
                if state.chunks.is_empty() {
                    return Ok(());
                }
            }
            if tokio::time::timeout(patience, self.shared.progress.notified())
                .await
                .is_err()
            {
                return Err(Stopped::Stalled);
            }
        }
    }

    /// Waits until the client hangs up.
    pub(super) async fn closed(&self) {
        loop {
            let progress = self.shared.progress.notified();
            if self.shared.state().reader_gone {
                return;
            }
            progress.await;
        }
    }
}

impl Drop for Sender {
    /// Whatever ends a sender before all was read ends the answer, and frees what was kept for it.
    fn drop(&mut self) {
        let mut state = self.shared.state();
        if !state.ended || !state.chunks.is_empty() {
            state.abort();
        }
    }
}

impl State {
    fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    fn abort(&mut self) {
        self.aborted = true;
        // Without a byte it could be taken for an answer without a row; with all of them for a whole
        // one.
        let is_unread = !self.begun && !self.ended;
        self.chunks.truncate(usize::from(is_unread));
        for (_, share) in &mut self.chunks {
            self.unbudgeted += usize::from(share.take().is_some());
        }
        self.wake();
    }
}

impl MessageBody for Body {
    type Error = Interrupted;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Interrupted>>> {
        let mut state = self.0.state();
        if let Some((chunk, share)) = state.chunks.pop_front() {
            state.unbudgeted -= usize::from(share.is_none());
            state.begun = true;
            drop(state);
            // Both may wait: a stored permit serves the one that comes later.
            self.0.progress.notify_one();
            return Poll::Ready(Some(Ok(chunk)));
        }
        if state.aborted {
            // The error takes back what was not sent yet, be it the status line: a client that is
            // told nothing at all can't tell an answer that was cut from a service that is gone.
            if !std::mem::replace(&mut state.told, true) {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            return Poll::Ready(Some(Err(Interrupted)));
        }
        if state.ended {
            return Poll::Ready(None);
        }
        state.waker = Some(cx.waker().clone());
        Poll::Pending
    }
}

impl Drop for Body {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.reader_gone = true;
        state.left_some = !state.chunks.is_empty();
        state.chunks.clear();
        drop(state);
        self.0.progress.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::poll_fn;

    async fn next(body: &mut Body) -> Option<Result<Bytes, Interrupted>> {
        poll_fn(|cx| Pin::new(&mut *body).poll_next(cx)).await
    }

    fn new(total: usize, ahead: usize) -> (Sender, Body) {
        pipe(Budget::new(total), ahead, Duration::from_millis(20))
    }

    #[tokio::test]
    async fn a_finished_body_ends_and_a_dropped_sender_is_an_error() {
        let (mut sender, mut body) = new(10, 10);
        sender.send(Bytes::from_static(b"ab")).await.unwrap();
        sender.finish();
        assert_eq!(next(&mut body).await, Some(Ok(Bytes::from_static(b"ab"))));
        assert_eq!(sender.drained(Duration::from_secs(9)).await, Ok(()));
        assert_eq!(next(&mut body).await, None);

        // Who hangs up before all was taken has not got it.
        let (mut sender, body) = new(10, 10);
        sender.send(Bytes::from_static(b"ab")).await.unwrap();
        sender.finish();
        drop(body);
        let drained = sender.drained(Duration::from_secs(9)).await;
        assert_eq!(drained, Err(Stopped::Gone));

        let (sender, mut body) = new(10, 10);
        drop(sender);
        assert_eq!(next(&mut body).await, Some(Err(Interrupted)));

        // What broke before anything of it was sent is no answer of nothing.
        let (mut sender, mut body) = new(10, 10);
        sender.send(Bytes::from_static(b"ab")).await.unwrap();
        sender.send(Bytes::from_static(b"cd")).await.unwrap();
        drop(sender);
        assert_eq!(next(&mut body).await, Some(Ok(Bytes::from_static(b"ab"))));
        assert_eq!(next(&mut body).await, Some(Err(Interrupted)));

        // Its producer was ended by the stream's time-out while a slow client read on.
        let (mut sender, mut body) = new(10, 10);
        sender.send(Bytes::from_static(b"ab")).await.unwrap();
        sender.finish();
        drop(sender);
        assert_eq!(next(&mut body).await, Some(Err(Interrupted)));
    }

    #[tokio::test]
    async fn beyond_the_budget_a_reader_that_stalls_stops_the_sender() {
        let (mut sender, body) = new(4, 100);
        for _ in 0..4 {
            // Two within the budget, two that may wait without.
            sender.send(Bytes::from_static(b"ab")).await.unwrap();
        }
        assert_eq!(
            sender.send(Bytes::from_static(b"ab")).await,
            Err(Stopped::Stalled)
        );
        drop(body);
        assert_eq!(
            sender.send(Bytes::from_static(b"ab")).await,
            Err(Stopped::Gone)
        );
        sender.closed().await;
    }

    #[tokio::test]
    async fn what_a_reader_never_takes_is_freed() {
        let budget = Budget::new(4);
        let (mut sender, mut body) = pipe(budget.clone(), 4, Duration::from_millis(20));
        sender.send(Bytes::from_static(b"abcd")).await.unwrap();
        sender.finish();
        assert_eq!(
            sender.drained(Duration::from_millis(20)).await,
            Err(Stopped::Stalled)
        );
        drop(sender);
        assert!(budget.take(4).is_some());
        assert_eq!(next(&mut body).await, Some(Err(Interrupted)));
    }
}
