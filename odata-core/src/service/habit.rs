//! Whether the answers of a plan are little, as a rule: nobody knows before, but feeds are refreshed and the same is
//! asked of one entity after the other. What was little a few times is looked for where little pages are read.

use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

/// What the last answers of a plan were like. Whose they were is no part of it.
#[derive(Default)]
pub(super) struct Habit(AtomicU8);

/// Little answers in a row that make a habit.
const TIMES: u8 = 4;
/// Rows of a little answer.
pub(super) const ROWS: u64 = 100;
/// How long its statement takes.
const QUICK: Duration = Duration::from_millis(10);

impl Habit {
    /// Whether the next answer will be little, most likely.
    pub(super) fn is_little(&self) -> bool {
        self.0.load(Ordering::Relaxed) >= TIMES
    }

    /// There was an answer of so many rows, whose statement took so long.
    pub(super) fn little(&self, rows: u64, took: Duration) {
        if rows > ROWS || took > QUICK {
            return self.broken();
        }
        if !self.is_little() {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// There was one that is not little.
    pub(super) fn broken(&self) {
        self.0.store(0, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_habit_is_made_by_a_few_in_a_row_and_broken_by_one() {
        let at_once = Duration::ZERO;
        let breaks: [&dyn Fn(&Habit); 3] = [
            &|habit| habit.little(ROWS + 1, at_once),
            &|habit| habit.little(1, QUICK + Duration::from_nanos(1)),
            &Habit::broken,
        ];
        let habit = Habit::default();
        for is_broken in breaks {
            for _ in 0..TIMES {
                assert!(!habit.is_little());
                habit.little(ROWS, QUICK);
            }
            for _ in 0..1_000 {
                assert!(habit.is_little());
                habit.little(0, at_once);
            }
            is_broken(&habit);
        }
        assert!(!habit.is_little());
    }
}
