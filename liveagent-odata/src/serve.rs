//! The life of the service: it listens, reads the database, answers, and ends in good order.
//!
//! It listens before the database is there, so that whoever watches it sees that it lives and is not
//! ready yet. A database that can't be reached is tried again for as long as it takes; one that does
//! not match the model ends the program.

use crate::auth::Administrators;
use crate::check::{self, Report};
use crate::config::{Config, SERVICE_PATH};
use crate::exit::{self, Exit};
use crate::explorer;
use crate::http::{self, Outside};
use actix_web::dev::Server;
use futures_util::FutureExt as _;
use odata_core::db::{Database, Failure};
use odata_core::service::Service;
use std::future::pending;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

/// The pauses between attempts to read a database that can't be reached.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// The least time between two readings of a database that changes.
const BETWEEN_READINGS: Duration = Duration::from_secs(5);
/// How long the service says that it is not ready before it stops to listen, on SIGTERM.
const NOT_READY_FOR: Duration = Duration::from_secs(1);
/// How long running answers have to end when the service stops.
const GRACE: Duration = Duration::from_secs(30);
/// How long the connections of cut answers have to come back.
const CLEAN_UP: Duration = Duration::from_secs(2);

/// The service, its database and who may ask, put together.
pub struct Application {
    /// What answers.
    pub service: Service,
    config: Config,
    database: Database,
    administrators: Administrators,
}

impl Application {
    /// Puts it together, in the runtime that this is called in. Nothing is connected to yet, and
    /// every request for data is answered 503.
    pub fn new(config: Config) -> Result<Application, Exit> {
        let database = check::open(&config)?;
        let administrators = Administrators::new(database.clone())
            .map_err(|error| Exit::new(exit::SOFTWARE, error.to_string()))?;
        let settings = config.settings.clone();
        let service = Service::new(settings, database.clone(), administrators.clone());
        Ok(Application {
            service,
            config,
            database,
            administrators,
        })
    }

    /// Reads the database, and serves it from now on if it fits.
    pub async fn load(&self) -> Result<Report, Failure> {
        let (schema, report) =
            check::compare(&self.database, &self.config, &self.administrators).await?;
        if report.fits() {
            self.service.serve(schema);
        }
        Ok(report)
    }

    /// Listens where the configuration says.
    pub fn listen(&self) -> Result<(Server, SocketAddr), Exit> {
        let listen = &self.config.listen;
        let workers = self.config.workers;
        let outside = Outside {
            explorer: (self.config.explorer)
                .then(|| explorer::page(self.config.settings.allow_query_token)),
            cors_origins: self.config.cors_origins.clone(),
            prefix: self.config.prefix(),
            unread_for: self.config.settings.drained_timeout,
        };
        let listen_at = |address: &str| http::listen(&self.service, &outside, address, workers);
        let bound = match listen_at(listen) {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse && self.config.any_port => {
                let host = listen.rsplit_once(':').map_or(&**listen, |(host, _)| host);
                listen_at(&format!("{host}:0"))
            }
            bound => bound,
        };
        let (server, addresses) = bound.map_err(|error| {
            Exit::new(
                exit::UNAVAILABLE,
                format!("cannot listen on {listen}: {error}"),
            )
        })?;
        let address = addresses
            .first()
            .copied()
            .ok_or_else(|| Exit::new(exit::UNAVAILABLE, format!("cannot listen on {listen}")))?;
        Ok((server, address))
    }

    /// Reads the database until it is there.
    async fn load_until_it_is_there(&self) -> Result<Report, Exit> {
        let mut pause = FIRST_PAUSE;
        loop {
            match self.load().await {
                Ok(report) if report.fits() => {
                    report.log();
                    return Ok(report);
                }
                Ok(report) => return Err(report.exit()),
                Err(failure) => tracing::warn!(
                    database = %self.config.database,
                    "the database can't be read yet ({failure}); the next attempt is in {pause:?}"
                ),
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Reads the database again whenever a statement finds that it has changed, and again and again
    /// while it is another than at the `start`: no statement fails on a column that is back, whose
    /// values would be null for good. While it does not fit, nothing of it is served.
    async fn follow_changes(&self, start: &Report) {
        let mut found = start.findings.clone();
        let mut is_due = false;
        loop {
            let is_told = if is_due || found != start.findings {
                self.service.changed().now_or_never().is_some()
            } else {
                self.service.changed().await;
                true
            };
            if is_told {
                tracing::warn!("the database has changed and is read again");
            }
            is_due |= is_told;
            match check::compare(&self.database, &self.config, &self.administrators).await {
                Ok((schema, report)) => {
                    let is_new = report.findings != found;
                    if !report.fits() {
                        self.service.withdraw();
                    } else if is_due || is_new {
                        self.service.serve(schema);
                    }
                    if is_new {
                        report.log();
                    }
                    is_due = false;
                    found = report.findings;
                }
                Err(failure) => tracing::warn!("the database can't be read: {failure}"),
            }
            tokio::time::sleep(BETWEEN_READINGS).await;
        }
    }
}

/// Serves until a signal ends it. `ready` hears of the address once data is served.
pub async fn run(config: Config, ready: impl FnOnce(SocketAddr)) -> Result<(), Exit> {
    let application = Application::new(config)?;
    let (server, address) = application.listen()?;
    let handle = server.handle();
    let mut server = tokio::spawn(server);
    tracing::info!("listening on http://{address}, the database is read");
    let life = async {
        let start = application.load_until_it_is_there().await?;
        tracing::info!("serving http://{address}{SERVICE_PATH}/");
        ready(address);
        application.follow_changes(&start).await;
        pending().await
    };
    let signal = tokio::select! {
        ended = life => {
            let _ = handle.stop(false).await;
            return ended;
        }
        ended = &mut server => {
            return Err(Exit::new(exit::SOFTWARE, format!("the HTTP server ended: {ended:?}")));
        }
        signal = signal() => signal?,
    };
    tracing::info!("{signal}: running answers are finished; a second signal ends them at once");
    application.service.drain();
    let stop = async {
        if signal == Signal::Terminate {
            tokio::time::sleep(NOT_READY_FOR).await;
        }
        // It goes on to listen, so that who comes now hears at once that it is stopping. No HTTP thread
        // may end before all answers have: one may use a connection that lives on another.
        application.service.refuse();
        let in_time = tokio::time::timeout(GRACE, all_answered(&application.service)).await;
        if in_time.is_err() {
            tracing::warn!("the answers that still run are cut");
        }
        handle.stop(in_time.is_ok()).await;
        let _ = (&mut server).await;
        let _ = tokio::time::timeout(CLEAN_UP, all_back(&application.database)).await;
    };
    tokio::select! {
        () = stop => tracing::info!("stopped"),
        _ = self::signal() => tracing::warn!("stopped at once"),
    }
    Ok(())
}

/// Waits until all answers are with their clients.
async fn all_answered(service: &Service) {
    while service.running() > 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Waits until no statement runs, those included that are being cancelled.
async fn all_back(database: &Database) {
    while database.status().lent > 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// What asks the program to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Signal {
    Interrupt,
    Terminate,
}

impl std::fmt::Display for Signal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Signal::Interrupt => "interrupted",
            Signal::Terminate => "terminated",
        })
    }
}

#[cfg(unix)]
async fn signal() -> Result<Signal, Exit> {
    use tokio::signal::unix::{SignalKind, signal};
    let listen = |kind| {
        signal(kind).map_err(|error| {
            Exit::new(exit::SOFTWARE, format!("cannot listen to signals: {error}"))
        })
    };
    let mut interrupt = listen(SignalKind::interrupt())?;
    let mut terminate = listen(SignalKind::terminate())?;
    Ok(tokio::select! {
        _ = interrupt.recv() => Signal::Interrupt,
        _ = terminate.recv() => Signal::Terminate,
    })
}

#[cfg(not(unix))]
async fn signal() -> Result<Signal, Exit> {
    tokio::signal::ctrl_c()
        .await
        .map_err(|error| Exit::new(exit::SOFTWARE, format!("cannot listen to signals: {error}")))?;
    Ok(Signal::Interrupt)
}
