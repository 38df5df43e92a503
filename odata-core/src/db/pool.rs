//! The connections that streams borrow, one at a time.

use super::cancel::{self, Outcome};
use super::connect::{ConnectError, Connector, Session};
use deadpool::managed::{self, Metrics, Object, RecycleError, RecycleResult};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::runtime::Handle;

/// What every connection of a database shares.
pub(super) struct Shared {
    pub(super) connector: Connector,
    /// Where connections live and are cleaned, whichever thread a request runs on.
    pub(super) runtime: Handle,
    pub(super) statements: usize,
    pub(super) cancelled: AtomicU64,
    pub(super) discarded: AtomicU64,
}

impl Shared {
    /// Opens a connection on the connections' own runtime.
    pub(super) async fn connect(
        self: &Arc<Shared>,
        statement_timeout: Duration,
    ) -> Result<Arc<Session>, ConnectError> {
        let shared = self.clone();
        let task = self.runtime.spawn(async move {
            shared
                .connector
                .connect(statement_timeout, shared.statements)
                .await
        });
        match task.await {
            Ok(session) => session.map(Arc::new),
            Err(error) => Err(ConnectError::Io(io::Error::other(error))),
        }
    }
}

/// Makes and checks the connections of the pool.
///
/// Not deadpool-postgres's own manager: its statement cache has no bound.
pub(super) struct Manager {
    pub(super) shared: Arc<Shared>,
    pub(super) statement_timeout: Duration,
}

impl managed::Manager for Manager {
    type Type = Arc<Session>;
    type Error = ConnectError;

    async fn create(&self) -> Result<Arc<Session>, ConnectError> {
        self.shared.connect(self.statement_timeout).await
    }

    async fn recycle(
        &self,
        session: &mut Arc<Session>,
        _: &Metrics,
    ) -> RecycleResult<ConnectError> {
        // It came back clean, or it would not be here; all that can have happened is its end.
        if session.client.is_closed() {
            Err(RecycleError::message("the connection is closed"))
        } else {
            Ok(())
        }
    }
}

/// A connection that runs a statement. Dropped before the statement's regular end, be it by an error
/// or because nobody wants the rows, it is cleaned before anyone else gets it, or closed.
pub(super) struct Lease {
    /// Taken out only where the lease ends.
    object: Option<Object<Manager>>,
    session: Arc<Session>,
    shared: Arc<Shared>,
    since: Instant,
}

impl Lease {
    pub(super) fn new(object: Object<Manager>, shared: Arc<Shared>) -> Lease {
        Lease {
            session: Arc::clone(&object),
            object: Some(object),
            shared,
            since: Instant::now(),
        }
    }

    pub(super) fn session(&self) -> &Arc<Session> {
        &self.session
    }

    /// When the connection was lent.
    pub(super) fn since(&self) -> Instant {
        self.since
    }

    /// The statement has ended, the connection is clean.
    pub(super) fn release(mut self) {
        self.object = None;
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(object) = self.object.take() else {
            return;
        };
        let session = self.session.clone();
        let shared = self.shared.clone();
        self.shared.runtime.spawn(async move {
            match cancel::stop(&shared.connector, &session).await {
                Outcome::Ended => drop(object),
                Outcome::Cancelled => {
                    shared.cancelled.fetch_add(1, Ordering::Relaxed);
                    drop(object);
                }
                Outcome::Lost => {
                    if !session.client.is_closed() {
                        tracing::warn!("a connection did not become clean and is closed");
                    }
                    // It closes when nothing reads from it any more.
                    drop(Object::take(object));
                    shared.discarded.fetch_add(1, Ordering::Relaxed);
                }
            }
        });
    }
}
