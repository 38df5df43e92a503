//! How many requests one token may send, where the operator bounds that.
//!
//! A token may be ahead of its pace by a minute's worth. Unknown tokens count as well: whoever tries one
//! again and again gets 429 before anything is asked. No token is kept, only its hash under a key of
//! this process.

use super::auth::Secret;
use crate::error::Result;
use crate::limits::Limits;
use moka::future::Cache;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Tokens that are remembered.
const TOKENS: u64 = 10_000;
const MINUTE: Duration = Duration::from_secs(60);

/// The pace of each token.
pub(super) struct Rate {
    hashes: RandomState,
    /// When a token that asks no more will be back at its pace.
    due: Cache<u64, Arc<Mutex<Instant>>>,
}

impl Rate {
    pub(super) fn new() -> Rate {
        Rate {
            hashes: RandomState::new(),
            due: Cache::builder()
                .max_capacity(TOKENS)
                .time_to_idle(MINUTE)
                .build(),
        }
    }

    /// Counts a request of the token; 429 where it is one too many.
    pub(super) async fn check(&self, token: &Secret, limits: &Limits) -> Result<()> {
        let Ok(limit @ 1..) = u32::try_from(limits.requests_per_minute) else {
            return Ok(());
        };
        let hash = self.hashes.hash_one(token.expose());
        let now = Instant::now();
        let due = self
            .due
            .get_with(hash, async { Arc::new(Mutex::new(now)) })
            .await;
        let mut due = due.lock().unwrap_or_else(PoisonError::into_inner);
        match next(*due, now, MINUTE / limit) {
            Ok(later) => {
                *due = later;
                Ok(())
            }
            Err(wait) => {
                let seconds = u32::try_from(wait.as_secs() + 1).unwrap_or(u32::MAX);
                Err(limits
                    .exceeded("requests_per_minute")
                    .retry_after(seconds)
                    .hint(
                        "the header 'Retry-After' says in how many seconds there is room for one",
                    ))
            }
        }
    }
}

/// When a token is due after one more request, or how long that has to wait.
fn next(due: Instant, now: Instant, pace: Duration) -> Result<Instant, Duration> {
    let later = due.max(now) + pace;
    let ahead = later - now;
    match ahead.checked_sub(MINUTE) {
        None | Some(Duration::ZERO) => Ok(later),
        Some(wait) => Err(wait),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_has_so_many_and_then_one_at_a_time() {
        let start = Instant::now();
        let pace = Duration::from_secs(20);
        let mut due = start;
        for _ in 0..3 {
            due = next(due, start, pace).unwrap();
        }
        assert_eq!(next(due, start, pace), Err(pace));
        let later = start + Duration::from_secs(19);
        assert_eq!(next(due, later, pace), Err(Duration::from_secs(1)));
        let later = start + pace;
        due = next(due, later, pace).unwrap();
        assert_eq!(next(due, later, pace), Err(pace));
        // Who waits long has a minute's worth again, and no more.
        let later = start + 10 * MINUTE;
        let mut count = 0;
        while let Ok(after) = next(due, later, pace) {
            (due, count) = (after, count + 1);
        }
        assert_eq!(count, 3);
    }

    #[tokio::test]
    async fn each_token_has_its_own_count_and_zero_is_none() {
        let rate = Rate::new();
        let (one, other) = (Secret::new("one"), Secret::new("other"));
        let limits = Limits {
            requests_per_minute: 2,
            ..Limits::default()
        };
        for _ in 0..2 {
            rate.check(&one, &limits).await.unwrap();
        }
        let error = rate.check(&one, &limits).await.unwrap_err();
        assert_eq!(error.status(), 429);
        // A part of a second has passed, or more on a busy machine.
        let wait = error.retry_after_seconds();
        assert!(
            wait.is_some_and(|wait| (1..=31).contains(&wait)),
            "{wait:?}"
        );
        rate.check(&other, &limits).await.unwrap();
        rate.check(&one, &Limits::default()).await.unwrap();
    }
}
