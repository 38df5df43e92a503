//! Short requests before the rows of long answers.
//!
//! Where streams fill the processors, each of the four hand-overs of a short request, to the database and back,
//! may wait for a slice of the scheduler. So while one is on its way the streams stand still at the end of a chunk:
//! their backends sleep in front of full sockets, and it finds a processor. Not for good: of each [`PERIOD`] a part
//! is the streams' own. And not for many at once: a crowd waits for itself more than for the streams.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// How long it takes from one time of the streams' own to the next. The longer it is, the fewer of the short
/// requests fall into one.
const PERIOD: Duration = Duration::from_millis(50);
/// What of it is the streams' own.
const OWN: Duration = Duration::from_millis(5);
/// Who asks one thing often asks the next as soon as the answer is there.
const NEXT: Duration = Duration::from_micros(300);
/// How often a stream that stands still looks again.
const STEP: Duration = Duration::from_millis(1);

/// Who goes first.
pub(super) struct Precedence {
    began: Instant,
    /// More short requests at once are a crowd.
    few: usize,
    /// Those that are on their way to the database and back.
    on_their_way: AtomicUsize,
    /// When the last of them came back: microseconds since all began.
    last: AtomicU64,
}

/// A short request that is on its way.
pub(super) struct Short<'a>(&'a Precedence);

impl Precedence {
    /// With nobody on the way.
    pub(super) fn new() -> Precedence {
        Precedence {
            began: Instant::now(),
            few: std::thread::available_parallelism().map_or(1, usize::from),
            on_their_way: AtomicUsize::new(0),
            last: AtomicU64::new(0),
        }
    }

    /// Something short begins.
    pub(super) fn short(&self) -> Short<'_> {
        self.on_their_way.fetch_add(1, Ordering::Relaxed);
        Short(self)
    }

    /// Waits until a stream may go on.
    pub(super) async fn wait(&self) {
        while self.is_for_short(self.began.elapsed()) {
            tokio::time::sleep(STEP).await;
        }
    }

    /// Whether the streams stand still, so long after all began.
    fn is_for_short(&self, now: Duration) -> bool {
        let short = match self.on_their_way.load(Ordering::Relaxed) {
            0 => now < Duration::from_micros(self.last.load(Ordering::Relaxed)) + NEXT,
            some => some <= self.few,
        };
        short && now.as_micros() % PERIOD.as_micros() >= OWN.as_micros()
    }

    fn came_back(&self, now: Duration) {
        let now = u64::try_from(now.as_micros()).unwrap_or(u64::MAX);
        self.last.store(now, Ordering::Relaxed);
        self.on_their_way.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Drop for Short<'_> {
    fn drop(&mut self) {
        self.0.came_back(self.0.began.elapsed());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_stand_still_for_few_but_for_times_of_their_own() {
        let precedence = Precedence {
            few: 2,
            ..Precedence::new()
        };
        let (own, short) = (PERIOD * 20, PERIOD * 20 + OWN);
        assert!(!precedence.is_for_short(short));
        let one = precedence.short();
        assert!(precedence.is_for_short(short));
        assert!(precedence.is_for_short(own - STEP));
        assert!(!precedence.is_for_short(own));
        assert!(!precedence.is_for_short(short - STEP));
        let second = precedence.short();
        assert!(precedence.is_for_short(short));
        let crowd = precedence.short();
        assert!(!precedence.is_for_short(short));
        for short in [one, second, crowd] {
            std::mem::forget(short);
            precedence.came_back(PERIOD * 20 + OWN);
        }
        assert!(precedence.is_for_short(short + NEXT / 2));
        assert!(!precedence.is_for_short(short + NEXT));
    }
}
