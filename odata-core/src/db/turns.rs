//! Whose turn it is to use a connection, and on which thread's.
//!
//! There are so many places for connections as the pool has. A place is given to the thread that
//! first needs it, and its connection lives there: the rows of a request that runs on that thread
//! cross no other. A thread that has no idle place, when none is left to be given, borrows one of
//! another thread.
//!
//! When all are in use, callers take turns: a free place goes to the caller who has the fewest, and
//! nobody gets the last quarter of them beside the first three. So many downloads of one caller
//! leave the others what they need. Of several who have as few, the first is next; until that has
//! waited for a while, the first of the thread that the place belongs to: the rows of that cross no
//! other, and most often it is awake.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// The places, and who waits for one.
pub(super) struct Turns {
    state: Mutex<State>,
    /// Places that one caller may have at once.
    most: usize,
}

/// Requests of one caller that may wait.
const MOST_WAITING: usize = 1_000;

/// How long one who came before may be passed over for those of the place's thread.
const PASSED_OVER: Duration = Duration::from_millis(2);

/// Names a thread that has connections.
pub(super) type HomeId = usize;

struct State {
    /// Places that no thread has got yet.
    unassigned: usize,
    /// The places of each thread that nobody uses.
    idle: HashMap<HomeId, usize>,
    /// The places that each caller has; one with none is not kept.
    held: HashMap<Arc<str>, usize>,
    /// Those who wait, in the order of their coming.
    waiting: VecDeque<Waiting>,
}

struct Waiting {
    caller: Arc<str>,
    home: HomeId,
    since: Instant,
    grant: oneshot::Sender<Turn>,
}

/// A place for one connection, until it is dropped.
pub(super) struct Turn {
    turns: Arc<Turns>,
    caller: Arc<str>,
    /// The thread that the place belongs to.
    pub(super) home: HomeId,
}

impl Turns {
    pub(super) fn new(size: usize) -> Arc<Turns> {
        Arc::new(Turns {
            state: Mutex::new(State {
                unassigned: size,
                idle: HashMap::new(),
                held: HashMap::new(),
                waiting: VecDeque::new(),
            }),
            most: size - size / 4,
        })
    }

    /// A thread may have connections from now on.
    pub(super) fn open(&self, home: HomeId) {
        self.state().idle.entry(home).or_insert(0);
    }

    /// A thread has ended, and its connections with it.
    pub(super) fn close(self: &Arc<Turns>, home: HomeId) {
        let mut state = self.state();
        let idle = state.idle.remove(&home).unwrap_or(0);
        state.unassigned += idle;
        // Those who waited there ended with it. To drop them may wake, which is nothing to do under the lock.
        let waiting = std::mem::take(&mut state.waiting).into_iter();
        let (ended, others): (Vec<_>, _) = waiting.partition(|waiting| waiting.home == home);
        state.waiting = others.into();
        self.serve(state, home);
        drop(ended);
    }

    /// Waits for a place; `None` when there was none for so long, or where the caller waits for too many.
    pub(super) async fn take(
        self: &Arc<Turns>,
        caller: &str,
        home: HomeId,
        patience: Duration,
    ) -> Option<Turn> {
        let granted = {
            let mut state = self.state();
            let of_caller = state
                .waiting
                .iter()
                .filter(|one| *one.caller == *caller && !one.grant.is_closed());
            if of_caller.count() >= MOST_WAITING {
                return None;
            }
            let (grant, granted) = oneshot::channel();
            state.waiting.push_back(Waiting {
                caller: caller.into(),
                home,
                since: Instant::now(),
                grant,
            });
            self.serve(state, home);
            granted
        };
        tokio::time::timeout(patience, granted).await.ok()?.ok()
    }

    /// Places that somebody has.
    pub(super) fn held(&self) -> usize {
        self.state().held.values().sum()
    }

    /// Requests that wait.
    pub(super) fn waiting(&self) -> usize {
        let state = self.state();
        let waiting = state.waiting.iter();
        waiting.filter(|waiting| !waiting.grant.is_closed()).count()
    }

    /// Gives places to those who wait, as long as there are some for them; of equals to one of that thread.
    fn serve<'a>(self: &'a Arc<Turns>, mut state: MutexGuard<'a, State>, of: HomeId) {
        while let Some((waiting, home)) = state.next(self.most, of) {
            *state.held.entry(waiting.caller.clone()).or_insert(0) += 1;
            // Who is woken may run at once, and a turn whose receiver has gone comes back: both want the state.
            drop(state);
            let turn = Turn {
                turns: self.clone(),
                caller: waiting.caller,
                home,
            };
            drop(waiting.grant.send(turn));
            state = self.state();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Who is next, and on whose place, which is taken.
    fn next(&mut self, most: usize, of: HomeId) -> Option<(Waiting, HomeId)> {
        self.waiting.retain(|waiting| !waiting.grant.is_closed());
        // The least that a caller has, the first of those that have so few, and the first of these of the thread.
        let mut best: Option<(usize, usize, Option<usize>)> = None;
        for (place, waiting) in self.waiting.iter().enumerate() {
            let held = self.held.get(&waiting.caller).copied().unwrap_or(0);
            let own = (waiting.home == of).then_some(place);
            match &mut best {
                Some((least, ..)) if held > *least => {}
                Some((least, _, first_own)) if held == *least => *first_own = first_own.or(own),
                _ => best = Some((held, place, own)),
            }
        }
        let (least, first, own) = best?;
        if least >= most {
            return None;
        }
        let is_overdue = self.waiting[first].since.elapsed() >= PASSED_OVER;
        let place = own.filter(|_| !is_overdue).unwrap_or(first);
        let home = self.place_for(self.waiting[place].home)?;
        Some((self.waiting.remove(place)?, home))
    }

    /// Takes a place for a request of this thread: its own, a new one, or another's.
    fn place_for(&mut self, home: HomeId) -> Option<HomeId> {
        if let Some(own) = self.idle.get_mut(&home) {
            if *own > 0 {
                *own -= 1;
                return Some(home);
            }
            if self.unassigned > 0 {
                self.unassigned -= 1;
                return Some(home);
            }
        }
        let (other, idle) = self.idle.iter_mut().max_by_key(|(_, idle)| **idle)?;
        *idle = idle.checked_sub(1)?;
        Some(*other)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut state = self.turns.state();
        match state.idle.get_mut(&self.home) {
            Some(idle) => *idle += 1,
            None => state.unassigned += 1,
        }
        if let Some(held) = state.held.get_mut(&self.caller) {
            *held -= 1;
            if *held == 0 {
                state.held.remove(&self.caller);
            }
        }
        self.turns.serve(state, self.home);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    const NOW: Duration = Duration::ZERO;
    const LATER: Duration = Duration::from_secs(3600);

    fn turns(size: usize, homes: HomeId) -> Arc<Turns> {
        let turns = Turns::new(size);
        (0..homes).for_each(|home| turns.open(home));
        turns
    }

    /// The caller's next turn, if it needs no wait.
    fn now(turns: &Arc<Turns>, caller: &str, home: HomeId) -> Option<Turn> {
        turns.take(caller, home, LATER).now_or_never().flatten()
    }

    #[tokio::test]
    async fn a_place_stays_with_its_thread_and_is_lent_when_none_is_left() {
        let turns = turns(4, 2);
        let homes = |got: &[Option<Turn>]| -> Vec<HomeId> {
            got.iter().flatten().map(|turn| turn.home).collect()
        };
        let first: Vec<_> = [0, 0, 0].map(|home| now(&turns, "a", home)).into();
        assert_eq!(homes(&first), [0, 0, 0]);
        drop(first);
        let second: Vec<_> = [1, 1, 0].map(|home| now(&turns, "a", home)).into();
        assert_eq!(homes(&second), [1, 0, 0]);
        drop(second);
        turns.close(0);
        let third: Vec<_> = [1, 1, 1].map(|home| now(&turns, "a", home)).into();
        assert_eq!(homes(&third), [1, 1, 1]);
    }

    #[tokio::test]
    async fn nobody_takes_all() {
        for (size, most) in [(1, 1), (2, 2), (4, 3), (16, 12)] {
            let turns = turns(size, 1);
            let got: Vec<_> = (0..size).map_while(|_| now(&turns, "a", 0)).collect();
            assert_eq!(got.len(), most);
            assert_eq!(now(&turns, "b", 0).is_some(), most < size);
        }
    }

    #[tokio::test]
    async fn who_has_fewest_is_next() {
        let turns = turns(2, 1);
        let (first, second) = (now(&turns, "a", 0), now(&turns, "a", 0));
        let waits = |caller: &'static str| {
            let turns = turns.clone();
            tokio::spawn(async move { turns.take(caller, 0, LATER).await })
        };
        let (third, fourth) = (waits("a"), waits("b"));
        while turns.waiting() < 2 {
            tokio::task::yield_now().await;
        }
        drop(first);
        let of_b = fourth.await.unwrap();
        assert_eq!(of_b.as_ref().map(|turn| &*turn.caller), Some("b"));
        assert!(!third.is_finished());
        drop(of_b);
        assert!(third.await.unwrap().is_some());
        drop(second);
    }

    #[tokio::test]
    async fn of_equals_one_of_the_places_thread_is_next_but_nobody_waits_long_for_it() {
        let turns = turns(2, 2);
        let mut here = now(&turns, "a", 0);
        let there = now(&turns, "a", 1);
        let since = Instant::now();
        let mut first = std::pin::pin!(turns.take("b", 1, LATER));
        assert!(first.as_mut().now_or_never().is_none());
        while since.elapsed() < 100 * PASSED_OVER {
            let mut next = std::pin::pin!(turns.take("b", 0, LATER));
            assert!(next.as_mut().now_or_never().is_none());
            drop(here);
            here = next.now_or_never().flatten();
            if here.is_none() {
                break;
            }
            std::thread::sleep(PASSED_OVER / 3);
        }
        assert!(since.elapsed() >= PASSED_OVER);
        assert!(first.now_or_never().flatten().is_some());
        drop(there);
    }

    #[tokio::test]
    async fn who_has_fewer_is_next_whatever_the_thread() {
        let turns = turns(2, 2);
        let (here, there) = (now(&turns, "a", 0), now(&turns, "a", 1));
        let mut of_here = std::pin::pin!(turns.take("a", 0, LATER));
        assert!(of_here.as_mut().now_or_never().is_none());
        let mut fewer = std::pin::pin!(turns.take("b", 1, LATER));
        assert!(fewer.as_mut().now_or_never().is_none());
        drop(here);
        assert!(fewer.now_or_never().flatten().is_some());
        assert!(of_here.now_or_never().flatten().is_some());
        drop(there);
    }

    #[tokio::test]
    async fn who_has_gone_is_not_among_those_who_wait() {
        let turns = turns(1, 1);
        let held = now(&turns, "a", 0).unwrap();
        for _ in 0..MOST_WAITING {
            assert!(now(&turns, "b", 0).is_none());
        }
        assert_eq!(turns.held(), 1);
        let mut waits = std::pin::pin!(turns.take("b", 0, LATER));
        assert!(waits.as_mut().now_or_never().is_none(), "it is refused");
        drop(held);
        assert!(waits.await.is_some());
        assert_eq!(turns.held(), 0);
    }

    #[tokio::test]
    async fn who_has_gone_takes_no_place() {
        let turns = turns(1, 1);
        let held = now(&turns, "a", 0).unwrap();
        assert!(turns.take("b", 0, NOW).await.is_none());
        assert_eq!(turns.waiting(), 0);
        drop(held);
        assert!(now(&turns, "c", 0).is_some());
        let state = turns.state();
        assert_eq!(state.unassigned + state.idle[&0], 1);
        assert!(state.held.is_empty());
    }
}
