//! Rows on their way from a connection to whoever reads them.

use bytes::Bytes;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// What lies between the connection and the one who reads its rows: those that came together, and no others
/// before these are taken, so that a reader that pauses makes the server pause.
#[derive(Default)]
pub(super) struct RowQueue(Mutex<State>);

#[derive(Default)]
struct State {
    /// Whether somebody reads.
    is_read: bool,
    messages: VecDeque<Bytes>,
    /// Who waits for them.
    reader: Option<Waker>,
    /// The connection, which waits until they are taken.
    connection: Option<Waker>,
}

/// Reads the rows of the statement that is sent next, until it is dropped.
pub(super) struct RowReader(Arc<RowQueue>);

impl RowQueue {
    /// Reads what comes from now on. There is one reader at a time: who has the connection.
    pub(super) fn reader(self: &Arc<RowQueue>) -> RowReader {
        self.state().is_read = true;
        RowReader(self.clone())
    }

    /// Waits until there is room, and says whether somebody reads.
    pub(super) fn poll_room(&self, cx: &Context<'_>) -> Poll<bool> {
        let mut state = self.state();
        if !state.messages.is_empty() {
            state.connection = Some(cx.waker().clone());
            return Poll::Pending;
        }
        Poll::Ready(state.is_read)
    }

    /// Lets the reader have these messages; if it has gone meanwhile, nobody wants them.
    pub(super) fn put(&self, messages: Bytes) {
        let mut state = self.state();
        if state.is_read {
            state.messages.push_back(messages);
            wake(state, |state| &mut state.reader);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RowReader {
    /// The next messages.
    pub(super) fn poll_take(&self, cx: &Context<'_>) -> Poll<Bytes> {
        let mut state = self.0.state();
        let Some(messages) = state.messages.pop_front() else {
            state.reader = Some(cx.waker().clone());
            return Poll::Pending;
        };
        wake(state, |state| &mut state.connection);
        Poll::Ready(messages)
    }
}

impl Drop for RowReader {
    fn drop(&mut self) {
        let mut state = self.0.state();
        (state.is_read, state.reader) = (false, None);
        state.messages.clear();
        wake(state, |state| &mut state.connection);
    }
}

/// Wakes outside of the lock.
fn wake(mut state: MutexGuard<'_, State>, who: impl Fn(&mut State) -> &mut Option<Waker>) {
    let waker = who(&mut state).take();
    drop(state);
    if let Some(waker) = waker {
        waker.wake();
    }
}
