//! One connection to the database: opened, its session set up, its address known.

use super::config::{DatabaseConfig, Host, Role, Target};
use super::failure::Failure;
use super::param::types;
use super::row_queue::RowQueue;
use super::socket::{Address, Socket};
use super::splitter::{Splitter, TlsBelow};
use super::statement_cache::{Prepared, StatementCache};
use super::stream::ColumnInfo;
use super::tls;
use crate::error::Result;
use crate::sql::{Param, Plans, Statement};
use deadpool_postgres::ClientWrapper;
use std::fmt::{self, Write as _};
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex as StdMutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::Mutex;
use tokio_postgres::config::SslMode;
use tokio_postgres::error::SqlState;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres_rustls::MakeRustlsConnect;
use tracing::Instrument as _;

/// Opens connections.
pub(super) struct Connector {
    pub(super) config: DatabaseConfig,
    pub(super) tls: MakeRustlsConnect,
    turn: AtomicUsize,
}

/// An open connection with what was prepared on it. Shared, because what reads from it may outlive
/// the request.
pub(super) struct Session {
    pub(super) client: ClientWrapper,
    /// Where the rows of its streams come.
    pub(super) rows: Arc<RowQueue>,
    pub(super) statements: StatementCache,
    pub(super) peer: Peer,
    /// Where it lives.
    runtime: Handle,
    /// Held while something is prepared: those who want the same statement meanwhile find it. The driver asks for
    /// types that it does not know, whose rows must not come to a stream. Whether all of that was answered.
    preparing: Arc<Mutex<bool>>,
    /// Whether something came over it that can't be.
    distrusted: AtomicBool,
    /// How it plans, as far as that is known: while it is being told, and when that failed, it is not.
    plans: StdMutex<Option<Plans>>,
}

/// Where a connection leads: a cancel request must reach the very same server.
#[derive(Debug, Clone)]
pub(super) struct Peer {
    pub(super) address: Address,
    /// The name that its certificate should have.
    pub(super) name: String,
}

/// The driver's end of a connection, and where the rows of its streams come.
struct Opened {
    client: ClientWrapper,
    rows: Arc<RowQueue>,
}

/// Why there is no connection.
#[derive(Debug)]
pub(super) enum ConnectError {
    Driver(tokio_postgres::Error),
    Io(io::Error),
}

/// How long a server may take to prepare a statement, which waits for a lock at most.
const PREPARE_PATIENCE: Duration = Duration::from_secs(10);

impl Connector {
    /// What opens connections to that database. Reads the files that TLS needs, connects nowhere.
    pub(super) fn new(config: DatabaseConfig) -> Result<Connector> {
        Ok(Connector {
            tls: tls::connector(&config.tls)?,
            config,
            turn: AtomicUsize::new(0),
        })
    }

    /// A new connection, to the first target that takes it. It lives on the runtime that this is
    /// called in.
    pub(super) async fn connect(
        &self,
        statement_timeout: Duration,
        statements: usize,
    ) -> Result<Session, ConnectError> {
        let targets = &self.config.targets;
        let first = if self.config.balance {
            self.turn.fetch_add(1, Ordering::Relaxed)
        } else {
            0
        };
        let mut last = None;
        for place in 0..targets.len() {
            let target = &targets[(first + place) % targets.len()];
            match self.connect_target(target, statement_timeout).await {
                Ok((Opened { client, rows }, peer)) => {
                    return Ok(Session {
                        client,
                        rows,
                        statements: StatementCache::new(statements),
                        peer,
                        runtime: Handle::current(),
                        preparing: Arc::new(Mutex::new(true)),
                        distrusted: AtomicBool::new(false),
                        plans: StdMutex::new(Some(Plans::Auto)),
                    });
                }
                Err(error) => last = Some(error),
            }
        }
        Err(last.unwrap_or_else(|| {
            ConnectError::Io(io::Error::new(io::ErrorKind::NotFound, "no host is named"))
        }))
    }

    async fn connect_target(
        &self,
        target: &Target,
        statement_timeout: Duration,
    ) -> Result<(Opened, Peer), ConnectError> {
        let (name, addresses) = match &target.host {
            Host::Unix(folder) => (
                String::new(),
                vec![Address::Unix(folder.clone(), target.port)],
            ),
            Host::Tcp(name, Some(ip)) => {
                let address = SocketAddr::new(*ip, target.port);
                (name.clone(), vec![Address::Tcp(address)])
            }
            Host::Tcp(name, None) => {
                let lookup = tokio::net::lookup_host((&**name, target.port));
                let addresses = tokio::time::timeout(self.config.connect_timeout, lookup)
                    .await
                    .unwrap_or_else(|elapsed| Err(elapsed.into()))
                    .map_err(ConnectError::Io)?;
                (name.clone(), addresses.map(Address::Tcp).collect())
            }
        };
        let mut last = None;
        for address in addresses {
            let peer = Peer {
                address,
                name: name.clone(),
            };
            let connect = async {
                let opened = self.connect_peer(&peer, statement_timeout).await?;
                check_role(&opened.client, self.config.role).await?;
                Ok(opened)
            };
            match tokio::time::timeout(self.config.connect_timeout, connect).await {
                Ok(Ok(opened)) => return Ok((opened, peer)),
                Ok(Err(error)) => last = Some(error),
                Err(elapsed) => last = Some(ConnectError::Io(elapsed.into())),
            }
        }
        Err(last.unwrap_or_else(|| {
            let message = format!("the host '{name}' has no address");
            ConnectError::Io(io::Error::new(io::ErrorKind::NotFound, message))
        }))
    }

    async fn connect_peer(
        &self,
        peer: &Peer,
        statement_timeout: Duration,
    ) -> Result<Opened, ConnectError> {
        let mut driver = self.config.driver.clone();
        if let Address::Unix(..) = &peer.address {
            // There is no TLS over Unix sockets; libpq ignores `sslmode` there.
            driver.ssl_mode(SslMode::Disable);
        }
        driver.options(session_options(driver.get_options(), statement_timeout));

        let rows = Arc::<RowQueue>::default();
        let (client, connection) = loop {
            let socket = peer.address.connect(&driver).await?;
            // Before the first message the server says in one byte whether it takes TLS, if it was asked.
            let was_asked = driver.get_ssl_mode() != SslMode::Disable;
            let stream = Splitter::new(socket, rows.clone(), usize::from(was_asked));
            let mut tls = self.tls.clone();
            let Ok(tls) = MakeTlsConnect::<Socket>::make_tls_connect(&mut tls, &peer.name);
            match driver.connect_raw(stream, TlsBelow(tls)).await {
                Ok(connected) => break connected,
                // `prefer` is content with no TLS where there is none to be had.
                Err(error) if driver.get_ssl_mode() == SslMode::Prefer && is_about_tls(&error) => {
                    driver.ssl_mode(SslMode::Disable);
                }
                Err(error) => return Err(error.into()),
            }
        };
        let task = tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(error = %error, "a database connection ended");
            }
        });
        let client = ClientWrapper::new(client, task);
        // Some systems can't do it; one is the poorer without it, no more: a closed connection then
        // stops its statement only when that next writes.
        match client
            .batch_execute("SET client_connection_check_interval = '5s'")
            .await
        {
            Err(error) if error.as_db_error().is_none() => Err(error.into()),
            _ => Ok(Opened { client, rows }),
        }
    }
}

/// Whether it is such a server.
async fn check_role(client: &ClientWrapper, role: Role) -> Result<(), ConnectError> {
    if role == Role::Any {
        return Ok(());
    }
    let row = client.query_one("SELECT pg_is_in_recovery()", &[]).await?;
    let found = if row.try_get(0)? {
        Role::Standby
    } else {
        Role::Primary
    };
    if found == role {
        return Ok(());
    }
    let message = format!("the server is a {found:?}, not a {role:?}").to_lowercase();
    Err(ConnectError::Io(io::Error::other(message)))
}

impl From<io::Error> for ConnectError {
    fn from(error: io::Error) -> ConnectError {
        ConnectError::Io(error)
    }
}

impl From<tokio_postgres::Error> for ConnectError {
    fn from(error: tokio_postgres::Error) -> ConnectError {
        ConnectError::Driver(error)
    }
}

impl Session {
    /// The statement as this connection knows it, and whether it knew it before.
    ///
    /// It is prepared by a task of its own, which goes on when the request goes away: half a
    /// preparation would leave a statement in the server that nobody closes. But not for good: where
    /// the server fell silent, the task would keep the connection open.
    pub(super) async fn prepare(
        self: &Arc<Session>,
        statement: &Statement,
    ) -> Result<(Prepared, bool), Failure> {
        let oids = statement.params.iter().map(Param::oid);
        if let Some(prepared) = self.statements.get(&statement.text, oids.clone()) {
            return Ok((prepared, true));
        }
        let mut is_answered = self.preparing.clone().lock_owned().await;
        if !*is_answered || self.is_distrusted() {
            return Err(Failure::lost());
        }
        if let Some(prepared) = self.statements.get(&statement.text, oids.clone()) {
            return Ok((prepared, false));
        }
        *is_answered = false;
        let session = self.clone();
        let text = statement.text.clone();
        let types = types(&statement.params);
        let oids: Vec<u32> = oids.collect();
        let preparing = async move {
            let answer = session.client.prepare_typed(&text, &types);
            let answer = tokio::time::timeout(PREPARE_PATIENCE, answer).await;
            *is_answered = answer.is_ok();
            let statement = match answer {
                Ok(Ok(statement)) => statement,
                Ok(Err(error)) => return Err(session.failure(&error, false)),
                Err(_) => return Err(Failure::unavailable("the database does not answer")),
            };
            let columns = statement.columns().iter().map(ColumnInfo::of).collect();
            let prepared = Prepared { statement, columns };
            session.statements.insert(&text, oids, prepared.clone());
            Ok(prepared)
        };
        let task = self.runtime.spawn(preparing.in_current_span());
        let prepared = task
            .await
            .unwrap_or_else(|error| Err(Failure::of_task(&error)));
        Ok((prepared?, false))
    }

    /// Waits for what others let the driver ask on this connection. A failure where it gave up: the answer may come yet.
    pub(super) async fn wait_for_answers(&self) -> Result<(), Failure> {
        match *self.preparing.lock().await {
            true => Ok(()),
            false => Err(Failure::lost()),
        }
    }

    /// Whether the driver has the answers to all that it asked.
    pub(super) fn is_answered(&self) -> bool {
        self.preparing.try_lock().is_ok_and(|answered| *answered)
    }

    /// Has the server plan so, from the next statement on. Sent only where it is not known to do so already.
    /// Where it fails the statement is the slower for it, perhaps: nobody is told.
    pub(super) async fn plan(&self, plans: Plans) {
        if self.is_known_to_plan(plans) {
            return;
        }
        let told = self.client.batch_execute(match plans {
            Plans::Auto => "RESET plan_cache_mode",
            Plans::ForceCustom => "SET plan_cache_mode = force_custom_plan",
        });
        match told.await {
            Ok(()) => *self.plans() = Some(plans),
            Err(error) => self.doubt(&error),
        }
    }

    /// What a statement's error is; it may be the connection's, too.
    pub(super) fn failure(&self, error: &tokio_postgres::Error, timed_out: bool) -> Failure {
        self.doubt(error);
        Failure::of_statement(error, timed_out)
    }

    /// Distrusts it, unless that is an error of the server's. Else it has ended, or the driver does not understand what
    /// came: then nothing behind that is to be trusted.
    fn doubt(&self, error: &tokio_postgres::Error) {
        if error.as_db_error().is_none() {
            self.distrust();
        }
    }

    /// Lets nobody use it any more, nor believe what came over it and was not answered yet.
    pub(super) fn distrust(&self) {
        self.distrusted.store(true, Ordering::Relaxed);
    }

    /// Whether that was said.
    pub(super) fn is_distrusted(&self) -> bool {
        self.distrusted.load(Ordering::Relaxed)
    }

    /// Whether it may be used.
    pub(super) fn is_usable(&self) -> bool {
        !self.client.is_closed() && !self.is_distrusted()
    }

    /// Whether it does so; if not, how it plans is not known until it is told.
    fn is_known_to_plan(&self, plans: Plans) -> bool {
        let mut known = self.plans();
        *known = known.filter(|known| *known == plans);
        known.is_some()
    }

    fn plans(&self) -> MutexGuard<'_, Option<Plans>> {
        self.plans.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets what was prepared of this statement.
    pub(super) fn forget(&self, statement: &Statement) {
        let oids = statement.params.iter().map(Param::oid);
        self.statements.remove(&statement.text, oids);
    }
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ConnectError::Driver(error) => error.fmt(f),
            ConnectError::Io(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ConnectError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            ConnectError::Driver(error) => Some(error),
            ConnectError::Io(error) => Some(error),
        }
    }
}

/// The settings of a session, sent with its first message, so that they cost no round trip. They go
/// before those of the roles and the database; the administrator's own `options` come last and win, but for
/// `plan_cache_mode`, which is [`Session::plan`]'s where a statement wants it.
fn session_options(own: Option<&str>, statement_timeout: Duration) -> String {
    let mut options = String::new();
    let mut set = |name: &str, value: &dyn fmt::Display| {
        let _ = write!(options, "-c {name}={value} ");
    };
    set("default_transaction_read_only", &"on");
    set("statement_timeout", &statement_timeout.as_millis());
    set("lock_timeout", &2_000);
    set("idle_in_transaction_session_timeout", &60_000);
    set("TimeZone", &"UTC");
    set("DateStyle", &"ISO");
    set("search_path", &"pg_catalog");
    // Compiling a statement takes longer than most pages.
    set("jit", &"off");
    options.push_str(own.unwrap_or(""));
    options
}

/// Whether the connection may succeed without TLS: the handshake failed, or the server's rules have
/// no line for an encrypted connection.
fn is_about_tls(error: &tokio_postgres::Error) -> bool {
    if let Some(code) = error.code() {
        return *code == SqlState::INVALID_AUTHORIZATION_SPECIFICATION;
    }
    io_error(error).is_some_and(|error| {
        matches!(
            error.kind(),
            io::ErrorKind::UnexpectedEof
                | io::ErrorKind::ConnectionReset
                | io::ErrorKind::ConnectionAborted
                | io::ErrorKind::BrokenPipe
        ) || error
            .get_ref()
            .is_some_and(|inner| inner.downcast_ref::<rustls::Error>().is_some())
    })
}

fn io_error(error: &tokio_postgres::Error) -> Option<&io::Error> {
    std::error::Error::source(error)?.downcast_ref()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_session_is_set_up_in_the_first_message() {
        let options = session_options(Some("-c work_mem=64MB"), Duration::from_secs(1800));
        assert!(options.contains("-c default_transaction_read_only=on "));
        assert!(options.contains("-c statement_timeout=1800000 "));
        assert!(options.ends_with("-c work_mem=64MB"));
    }
}
