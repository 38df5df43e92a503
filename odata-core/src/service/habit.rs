//! Whether the answers of a plan are little, as a rule: nobody knows before, but feeds are refreshed and the same is
//! asked of one entity after the other. What was little a few times is looked for where little pages are read.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// What the last answers of a plan were like. Whose they were is no part of it.
pub(super) struct Habit {
    /// Little answers in a row.
    little: AtomicU32,
    /// How many of them make a habit.
    wanted: AtomicU32,
}

/// So many do, at first.
const TIMES: u32 = 4;
/// So many times as many, each time that one was tried among little pages and did not fit, though as a stream it
/// would: planned for fewer rows it may take longer.
const MORE: u32 = 8;
/// So many at most.
const MOST: u32 = 2048;
/// Rows of a little answer.
pub(super) const ROWS: u64 = 100;
/// How long its statement takes.
const QUICK: Duration = Duration::from_millis(5);

impl Habit {
    /// None yet.
    pub(super) fn new() -> Habit {
        Habit {
            little: AtomicU32::new(0),
            wanted: AtomicU32::new(TIMES),
        }
    }

    /// Whether the next answer will be little, most likely.
    pub(super) fn is_little(&self) -> bool {
        self.little.load(Ordering::Relaxed) >= self.wanted.load(Ordering::Relaxed)
    }

    /// There was an answer of so many rows, whose statement took so long.
    pub(super) fn answered(&self, rows: u64, took: Duration) {
        if rows > ROWS || took > QUICK {
            self.little.store(0, Ordering::Relaxed);
        } else if !self.is_little() {
            self.little.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// One was found among little pages.
    pub(super) fn worked(&self) {
        self.wanted.store(TIMES, Ordering::Relaxed);
    }

    /// One was tried there, and did not fit. Of several that were tried at once the first counts.
    pub(super) fn failed(&self) {
        let wanted = self.wanted.load(Ordering::Relaxed);
        if self.little.swap(0, Ordering::Relaxed) >= wanted {
            let more = wanted.saturating_mul(MORE).min(MOST);
            self.wanted.store(more, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_habit_is_made_by_a_few_in_a_row_and_broken_by_one() {
        let habit = Habit::new();
        for (rows, took) in [
            (ROWS + 1, Duration::ZERO),
            (1, QUICK + Duration::from_nanos(1)),
        ] {
            for _ in 0..TIMES {
                assert!(!habit.is_little());
                habit.answered(ROWS, QUICK);
            }
            for _ in 0..1_000 {
                assert!(habit.is_little());
                habit.answered(0, Duration::ZERO);
            }
            habit.answered(rows, took);
        }
        assert!(!habit.is_little());
    }

    /// What is little for a stream and not among little pages is tried ever more seldom.
    #[test]
    fn what_fails_again_and_again_is_seldom_tried() {
        let (habit, mut tried) = (Habit::new(), 0);
        for _ in 0..10_000 {
            if habit.is_little() {
                tried += 1;
                // There were several on their way.
                (0..16).for_each(|_| habit.failed());
            }
            habit.answered(1, Duration::ZERO);
        }
        assert_eq!(tried, 3 + (10_000 - 4 - 32 - 256) / 2048);
        habit.worked();
        assert!(habit.is_little());
    }
}
