//! Short requests before the rows of long answers.
//!
//! Where streams fill the processors, each of the four hand-overs of a short request, to the database and back,
//! may wait for a slice of the scheduler. So while one is on its way the streams stand still at the end of a chunk:
//! their backends sleep in front of full sockets, and it finds a processor. Not for good: of each [`PERIOD`] a part
//! is the streams' own. Not for what is not short after all. And not for many at once: a crowd waits for itself
//! more than for the streams.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// How long it takes from one time of the streams' own to the next. The longer it is, the fewer of the short
/// requests fall into one.
const PERIOD: Duration = Duration::from_millis(50);
/// What of it is the streams' own.
const OWN: Duration = Duration::from_millis(5);
/// What takes longer is not short: it waits for a connection, for a lock, for rows that are hard to find.
const LONGEST: Duration = Duration::from_millis(20);
/// Who asks one thing often asks the next as soon as the answer is there.
const NEXT: Duration = Duration::from_micros(300);
/// How often a stream that stands still looks again.
const STEP: Duration = Duration::from_millis(1);

/// Who goes first.
pub(super) struct Precedence {
    began: Instant,
    processors: usize,
    /// Answers that are streamed.
    streams: AtomicUsize,
    /// Short requests that are on their way to the database and back.
    on_their_way: AtomicUsize,
    /// Until when streams stand still for them: microseconds since all began.
    until: AtomicU64,
}

/// A short request that is on its way.
pub(super) struct Short<'a>(&'a Precedence);

/// An answer that is streamed.
pub(super) struct Stream(Arc<Precedence>);

impl Precedence {
    /// With nobody on the way.
    pub(super) fn new() -> Precedence {
        Precedence {
            began: Instant::now(),
            processors: std::thread::available_parallelism().map_or(1, usize::from),
            streams: AtomicUsize::new(0),
            on_their_way: AtomicUsize::new(0),
            until: AtomicU64::new(0),
        }
    }

    /// Something short begins.
    pub(super) fn short(&self) -> Short<'_> {
        self.on_their_way.fetch_add(1, Ordering::Relaxed);
        self.keep_until(LONGEST);
        Short(self)
    }

    /// Whether no answer is streamed.
    pub(super) fn is_without_streams(&self) -> bool {
        self.streams.load(Ordering::Relaxed) == 0
    }

    /// A stream begins.
    pub(super) fn stream(self: &Arc<Precedence>) -> Stream {
        self.streams.fetch_add(1, Ordering::Relaxed);
        Stream(self.clone())
    }

    fn keep_until(&self, from_now: Duration) {
        let until = (self.began.elapsed() + from_now).as_micros();
        let until = u64::try_from(until).unwrap_or(u64::MAX);
        self.until.store(until, Ordering::Relaxed);
    }

    /// Whether streams stand still, so long after all began.
    fn is_for_short(&self, now: Duration) -> bool {
        // A stream takes two processors where there are some: one for its backend, one to write its rows.
        let is_full = 2 * self.streams.load(Ordering::Relaxed) >= self.processors;
        let is_crowd = self.on_their_way.load(Ordering::Relaxed) > self.processors;
        let until = Duration::from_micros(self.until.load(Ordering::Relaxed));
        let is_own = now.as_micros() % PERIOD.as_micros() < OWN.as_micros();
        now < until && is_full && !is_crowd && !is_own
    }
}

impl Stream {
    /// Whether no other answer is streamed.
    pub(super) fn is_alone(&self) -> bool {
        self.0.streams.load(Ordering::Relaxed) == 1
    }

    /// Waits until it may go on, for a period at most.
    pub(super) async fn may_go_on(&self) {
        let began = Instant::now();
        while self.0.is_for_short(self.0.began.elapsed()) && began.elapsed() < PERIOD {
            tokio::time::sleep(STEP).await;
        }
    }
}

impl Drop for Short<'_> {
    fn drop(&mut self) {
        if self.0.on_their_way.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.0.keep_until(NEXT);
        }
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.0.streams.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt as _;

    /// One that is at this place of its second period.
    fn at(place: Duration) -> Arc<Precedence> {
        Arc::new(Precedence {
            began: Instant::now() - PERIOD - place,
            processors: 2,
            ..Precedence::new()
        })
    }

    #[test]
    fn streams_stand_still_for_few_but_for_times_of_their_own() {
        let precedence = at(OWN);
        let (own, short) = (PERIOD, PERIOD + OWN);
        let _stream = precedence.stream();
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
        drop((one, second));
        assert!(precedence.is_for_short(short));
        drop(crowd);
        assert_eq!(precedence.on_their_way.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn what_takes_long_is_not_short() {
        let precedence = at(OWN);
        let _stream = precedence.stream();
        let _short = precedence.short();
        let until = precedence.until.load(Ordering::Relaxed);
        let later = precedence.began.elapsed() + LONGEST;
        assert!(Duration::from_micros(until) <= later);
        // Where that is in the streams' own time anyway it shows nothing.
        assert!(!precedence.is_for_short(later + PERIOD / 2));
    }

    #[test]
    fn streams_that_leave_processors_wait_for_nobody() {
        let few = Arc::new(Precedence {
            processors: 3,
            ..Precedence::new()
        });
        let first = few.stream();
        let _short = few.short();
        assert!(!few.is_for_short(OWN));
        let second = few.stream();
        assert!(few.is_for_short(OWN));
        drop((first, second));
        assert!(!few.is_for_short(OWN));
    }

    #[tokio::test]
    async fn a_stream_waits_and_goes_on() {
        // A busy machine may let the time of the streams' own come in between.
        let waits = (0..100).any(|_| {
            let precedence = at(PERIOD / 2);
            let stream = precedence.stream();
            let _short = precedence.short();
            stream.may_go_on().now_or_never().is_none()
        });
        assert!(waits);
        let precedence = at(PERIOD / 2);
        let stream = precedence.stream();
        let _short = precedence.short();
        stream.may_go_on().await;
    }
}
