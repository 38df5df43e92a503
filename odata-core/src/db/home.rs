//! The threads that connections live on.
//!
//! A connection is driven by the runtime that it was opened on. Where that is another thread's than
//! the request's, each request wakes that thread, and its rows wake this one: on a quiet machine that
//! takes longer than a short statement. So each HTTP thread may have connections of its own.

use super::database::{Inner, PoolOptions};
use super::lane::Lane;
use super::pages::Pages;
use super::pool::{Manager, Shared};
use super::turns::HomeId;
use crate::error::{Code, Error, Result};
use deadpool::Runtime;
use deadpool::managed::Pool;
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock, Weak};
use std::time::Duration;
use tokio::runtime::{Handle, RuntimeFlavor};

/// The connections of one runtime.
pub(super) struct Home {
    pub(super) id: HomeId,
    pub(super) pool: Pool<Manager>,
    pub(super) lane: Lane,
    pub(super) pages: Pages,
}

/// How long a thread may take to open its lane.
const CONNECT_PATIENCE: Duration = Duration::from_secs(10);

/// Those of all threads.
pub(super) struct Homes {
    /// Where the database was opened: for every thread that has none of its own.
    pub(super) first: Arc<Home>,
    others: RwLock<HashMap<HomeId, Arc<Home>>>,
    /// The next of them is called so: a name is never used again.
    next: AtomicUsize,
}

/// A home of this thread, until the thread ends.
struct Settled {
    database: Weak<Inner>,
    home: Arc<Home>,
}

thread_local! {
    /// One for each database that the thread has connections to.
    static SETTLED: RefCell<Vec<Settled>> = const { RefCell::new(Vec::new()) };
}

impl Home {
    fn new(
        id: HomeId,
        runtime: Handle,
        options: &PoolOptions,
        shared: &Arc<Shared>,
    ) -> Result<Home> {
        let pool = Pool::builder(Manager {
            shared: shared.clone(),
            runtime: runtime.clone(),
            statement_timeout: options.stream_timeout,
        })
        .max_size(options.size.max(1))
        .runtime(Runtime::Tokio1)
        .build()
        .map_err(|error| Error::new(Code::Internal, format!("the pool of connections: {error}")))?;
        let pages = Pages::new(shared.clone(), runtime.clone(), options.lane_timeout);
        let lane = Lane::new(options.lane, shared.clone(), runtime, options.lane_timeout);
        Ok(Home {
            id,
            pool,
            lane,
            pages,
        })
    }
}

impl Homes {
    /// The connections of the runtime that the database is opened in.
    pub(super) fn new(options: &PoolOptions, shared: &Arc<Shared>) -> Result<Homes> {
        Ok(Homes {
            first: Arc::new(Home::new(0, shared.runtime.clone(), options, shared)?),
            others: RwLock::default(),
            next: AtomicUsize::new(1),
        })
    }

    /// That home; `None` when its thread has ended.
    pub(super) fn get(&self, id: HomeId) -> Option<Arc<Home>> {
        if id == self.first.id {
            return Some(self.first.clone());
        }
        let others = self.others.read().unwrap_or_else(PoisonError::into_inner);
        others.get(&id).cloned()
    }

    pub(super) fn all(&self) -> Vec<Arc<Home>> {
        let others = self.others.read().unwrap_or_else(PoisonError::into_inner);
        let first = std::iter::once(self.first.clone());
        first.chain(others.values().cloned()).collect()
    }
}

impl Inner {
    /// Gives this thread connections of its own, if it runs a runtime of its own.
    pub(super) fn settle(self: &Arc<Inner>) -> Result<()> {
        let Ok(runtime) = Handle::try_current() else {
            return Ok(());
        };
        let is_one_thread = runtime.runtime_flavor() == RuntimeFlavor::CurrentThread;
        let is_first = runtime.id() == self.shared.runtime.id();
        if !is_one_thread || is_first || self.settled().is_some() {
            return Ok(());
        }
        let mut others = (self.homes.others.write()).unwrap_or_else(PoisonError::into_inner);
        if others.len() >= self.options.threads {
            return Ok(());
        }
        let id = self.homes.next.fetch_add(1, Ordering::Relaxed);
        let home = Home::new(id, runtime.clone(), &self.options, &self.shared)?;
        let home = Arc::new(home);
        others.insert(id, home.clone());
        self.turns.open(id);
        // The first request of the thread need not wait for its lane. Where there is no database yet,
        // that one will.
        let lane = home.clone();
        runtime.spawn(async move {
            let _ = lane.lane.ping(CONNECT_PATIENCE).await;
        });
        SETTLED.with_borrow_mut(|settled| {
            settled.push(Settled {
                database: Arc::downgrade(self),
                home,
            });
        });
        Ok(())
    }

    /// The connections for a request of this thread.
    pub(super) fn home(self: &Arc<Inner>) -> Arc<Home> {
        self.settled().unwrap_or_else(|| self.homes.first.clone())
    }

    fn settled(self: &Arc<Inner>) -> Option<Arc<Home>> {
        SETTLED.with_borrow(|settled| {
            let here = Arc::as_ptr(self);
            let own = settled.iter().find(|own| own.database.as_ptr() == here);
            own.map(|own| own.home.clone())
        })
    }
}

impl Drop for Settled {
    fn drop(&mut self) {
        let Some(database) = self.database.upgrade() else {
            return;
        };
        let others = database.homes.others.write();
        others
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&self.home.id);
        database.turns.close(self.home.id);
    }
}
