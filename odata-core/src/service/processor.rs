//! Who has the processor while a long answer begins.
//!
//! Where the database shares the processors, the first rows of a long answer may be there long before anybody reads
//! them: the backend goes on until its socket is full, a millisecond or two, and whoever is to read waits for the
//! processor that it has. Nothing here changes what is answered, and nothing is done where other answers are streamed:
//! theirs would wait, and first bytes are among all the others. `bench/README.md` has what it is worth.

use std::time::Duration;

/// How long an answer pauses behind its first chunk, and as long again: so exact are the system's timers.
const FIRST_PAUSE: Duration = Duration::from_micros(50);

/// Gives the processor away and gets it back, at once where nobody else wants it. To be called before a statement is
/// sent that wakes a backend.
///
/// Linux gives the processor of a thread that wakes another one to that one, unless the thread got it a moment before.
/// Who keeps it can wait for the rows before the backend has any, and is woken by the first. Who was interrupted in
/// between is woken by nothing.
pub(super) fn take_anew() {
    std::thread::yield_now();
}

/// Leaves the processor to whoever reads the first bytes, be it a proxy, before the rows behind do.
///
/// The thread's other requests wait as well, no longer than for a chunk or two. A timer of the runtime would not keep
/// them waiting; it counts milliseconds, in which the backend would fall asleep.
pub(super) fn leave_to_the_reader() {
    std::thread::sleep(FIRST_PAUSE);
}
