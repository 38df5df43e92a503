//! Who has the processor while a long answer begins.
//!
//! Where the database shares the processors, the first rows of a long answer may be there long before anybody reads
//! them: the backend goes on until its socket is full, a millisecond or two, and whoever is to read waits for the
//! processor that it has. Nothing here changes what is answered. `bench/README.md` has what it is worth.

use std::time::Duration;

/// How long an answer pauses behind its first chunk, and as long again: so exact are the system's timers.
const FIRST_PAUSE: Duration = Duration::from_micros(50);

/// Lets this thread keep its processor when it wakes a backend right after this, until it waits for rows: who waits is
/// woken by the first of them, who was interrupted is not.
///
/// Linux gives the processor of a thread that wakes another one to that one, unless it got the processor a moment
/// before (an eighth of a millisecond in 6.18). So it is given away, and mostly got back at once.
pub(super) fn anew() {
    std::thread::yield_now();
}

/// Leaves the processor to whoever reads the first bytes, be it a proxy, before the rows behind do.
///
/// The thread's other requests wait as well, no longer than for a chunk or two. A timer of the runtime would not keep
/// them waiting; it counts milliseconds, in which the backend would fall asleep.
pub(super) fn to_the_reader() {
    std::thread::sleep(FIRST_PAUSE);
}
