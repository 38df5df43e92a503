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
    /// Who reads.
    reader: Option<ReaderId>,
    /// How many have read.
    readers: u64,
    messages: VecDeque<Bytes>,
    /// The reader, while it waits for them.
    reader_waker: Option<Waker>,
    /// The connection, which waits until they are taken.
    connection_waker: Option<Waker>,
}

/// Names a reader: no other one of the connection is called so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ReaderId(u64);

/// Reads the rows of the statement that is sent next, until it is dropped.
pub(super) struct RowReader {
    queue: Arc<RowQueue>,
    id: ReaderId,
}

impl RowQueue {
    /// Reads the rows of what is bound from now on. There is one reader at a time: who has the connection.
    pub(super) fn reader(self: &Arc<RowQueue>) -> RowReader {
        let mut state = self.state();
        state.readers += 1;
        let id = ReaderId(state.readers);
        state.reader = Some(id);
        state.messages.clear();
        RowReader {
            queue: self.clone(),
            id,
        }
    }

    /// Waits until there is room, and says who reads.
    pub(super) fn poll_room(&self, cx: &Context<'_>) -> Poll<Option<ReaderId>> {
        let mut state = self.state();
        if !state.messages.is_empty() {
            state.connection_waker = Some(cx.waker().clone());
            return Poll::Pending;
        }
        Poll::Ready(state.reader)
    }

    /// Lets that reader have these messages; if it has gone meanwhile, nobody wants them.
    pub(super) fn put(&self, reader: ReaderId, messages: Bytes) {
        let mut state = self.state();
        if state.reader == Some(reader) {
            state.messages.push_back(messages);
            wake(state, |state| &mut state.reader_waker);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RowReader {
    /// The next messages.
    pub(super) fn poll_take(&self, cx: &Context<'_>) -> Poll<Bytes> {
        let mut state = self.queue.state();
        let Some(messages) = state.messages.pop_front() else {
            state.reader_waker = Some(cx.waker().clone());
            return Poll::Pending;
        };
        wake(state, |state| &mut state.connection_waker);
        Poll::Ready(messages)
    }
}

impl Drop for RowReader {
    fn drop(&mut self) {
        let mut state = self.queue.state();
        if state.reader == Some(self.id) {
            (state.reader, state.reader_waker) = (None, None);
            state.messages.clear();
        }
        wake(state, |state| &mut state.connection_waker);
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
