//! The connections that streams borrow, one at a time.

use super::cancel::{self, Outcome};
use super::connect::{ConnectError, Connector, Session};
use super::turns::Turn;
use deadpool::managed::{self, Metrics, Object, RecycleError, RecycleResult};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::runtime::Handle;

/// What every connection of a database shares.
pub(super) struct Shared {
    pub(super) connector: Connector,
    /// Where the database was opened: connections are cleaned there, which goes on when the thread
    /// that they live on ends.
    pub(super) runtime: Handle,
    pub(super) statements: usize,
    pub(super) cancelled: AtomicU64,
    pub(super) discarded: AtomicU64,
}

impl Shared {
    /// Opens a connection that lives on this runtime.
    pub(super) async fn connect(
        self: &Arc<Shared>,
        runtime: &Handle,
        statement_timeout: Duration,
    ) -> Result<Arc<Session>, ConnectError> {
        let shared = self.clone();
        let task = runtime.spawn(async move {
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

/// Makes and checks the connections of one runtime.
///
/// Not deadpool-postgres's own manager: its statement cache has no bound.
pub(super) struct Manager {
    pub(super) shared: Arc<Shared>,
    pub(super) runtime: Handle,
    pub(super) statement_timeout: Duration,
}

impl managed::Manager for Manager {
    type Type = Arc<Session>;
    type Error = ConnectError;

    async fn create(&self) -> Result<Arc<Session>, ConnectError> {
        let Manager {
            shared,
            runtime,
            statement_timeout,
        } = self;
        shared.connect(runtime, *statement_timeout).await
    }

    async fn recycle(
        &self,
        session: &mut Arc<Session>,
        _: &Metrics,
    ) -> RecycleResult<ConnectError> {
        // It came back clean, or it would not be here. It may have ended since, or the driver have given up what it
        // asked by itself.
        if !session.is_usable() || !session.is_answered() {
            Err(RecycleError::message(
                "the connection is closed, or not clean",
            ))
        } else {
            Ok(())
        }
    }
}

/// A connection that runs a statement. Dropped before the statement's regular end, be it by an error
/// or because nobody wants the rows, it is cleaned before anyone else gets it, or closed.
pub(super) struct Lease {
    /// Taken out only where the lease ends.
    lent: Option<Lent>,
    session: Arc<Session>,
    shared: Arc<Shared>,
    since: Instant,
}

/// The connection, and the place that it takes. Where this is dropped, be it with a task that never ran, the connection
/// is closed: whoever got it would read what is left of another's rows. It goes back by [`Lent::give_back`] alone.
struct Lent {
    object: Option<Object<Manager>>,
    _turn: Turn,
}

impl Lent {
    /// It is clean.
    fn give_back(mut self) {
        self.object = None;
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        // It closes when nothing reads from it any more.
        drop(self.object.take().map(Object::take));
    }
}

impl Lease {
    pub(super) fn new(object: Object<Manager>, turn: Turn, shared: Arc<Shared>) -> Lease {
        Lease {
            session: Arc::clone(&object),
            lent: Some(Lent {
                object: Some(object),
                _turn: turn,
            }),
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
        self.lent.take().into_iter().for_each(Lent::give_back);
    }

    /// What came over the connection is not to be trusted: it is closed.
    pub(super) fn close(mut self) {
        self.shared.discarded.fetch_add(1, Ordering::Relaxed);
        self.lent = None;
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(lent) = self.lent.take() else {
            return;
        };
        let session = self.session.clone();
        let shared = self.shared.clone();
        self.shared.runtime.spawn(async move {
            match cancel::stop(&shared.connector, &session).await {
                Outcome::Ended => lent.give_back(),
                Outcome::Cancelled => {
                    shared.cancelled.fetch_add(1, Ordering::Relaxed);
                    lent.give_back();
                }
                Outcome::Lost => {
                    if !session.client.is_closed() {
                        tracing::warn!("a connection did not become clean and is closed");
                    }
                    drop(lent);
                    shared.discarded.fetch_add(1, Ordering::Relaxed);
                }
            }
        });
    }
}
