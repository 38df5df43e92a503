//! The memory that answers may hold together while their clients read slowly.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Bytes that are read ahead by all answers.
#[derive(Debug)]
pub(super) struct Budget {
    total: usize,
    used: AtomicUsize,
}

/// A part of the budget. Dropping it gives the part back.
#[derive(Debug)]
pub(super) struct Share {
    budget: Arc<Budget>,
    bytes: usize,
}

impl Budget {
    pub(super) fn new(total: usize) -> Arc<Budget> {
        Arc::new(Budget {
            total,
            used: AtomicUsize::new(0),
        })
    }

    /// A share of so many bytes, if there are as many.
    pub(super) fn take(self: &Arc<Budget>, bytes: usize) -> Option<Share> {
        let taken = self
            .used
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
                used.checked_add(bytes).filter(|used| *used <= self.total)
            });
        taken.ok().map(|_| Share {
            budget: self.clone(),
            bytes,
        })
    }

    /// Whether less than a quarter is left: then pages end early.
    pub(super) fn is_short(&self) -> bool {
        self.total - self.used.load(Ordering::Relaxed).min(self.total) < self.total / 4
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.budget.used.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_come_back() {
        let budget = Budget::new(100);
        let first = budget.take(70).unwrap();
        assert!(budget.take(31).is_none());
        assert!(!budget.is_short());
        let second = budget.take(10).unwrap();
        assert!(budget.is_short());
        drop(first);
        assert!(budget.take(90).is_some());
        drop(second);
        assert!(budget.take(100).is_some());
    }
}
