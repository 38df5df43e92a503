//! The service of the program, on a database of the tests.

use crate::http::{Client, Response};
use crate::postgres::say;
use crate::{Database, fixture};
use actix_web::dev::ServerHandle;
use liveagent_odata::check::{self, Report};
use liveagent_odata::config::Config;
use liveagent_odata::http::{self, Outside};
use liveagent_odata::serve::Application;
use odata_core::db::Status;
use odata_core::edm::{Finding, Model, ResolveOptions, Schema, Severity};
use odata_core::service::{Authenticate, Service};
use std::net::SocketAddr;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A running service, on a port of its own and threads of its own. It stops with the value.
pub struct Server {
    address: SocketAddr,
    service: Service,
    report: Option<Report>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Server {
    /// The service on this database, configured as `change` wants it. Panics where the database
    /// does not fit.
    pub fn start(database: &Database, change: impl FnOnce(&mut Config)) -> Server {
        let server = Server::start_anyway(&database.connection_string(), change);
        match &server.report {
            Some(report) if report.fits() => server,
            Some(report) => panic!("{report}"),
            None => panic!("the database can't be read"),
        }
    }

    /// The service with the defaults on the small world, which nobody changes.
    pub async fn small() -> Server {
        Server::start(&*fixture::small_shared().await, |_| {})
    }

    /// The same on a database that may not be there or not fit; it is read once.
    pub fn start_anyway(connection_string: &str, change: impl FnOnce(&mut Config)) -> Server {
        let mut config = Config::new(connection_string.parse().unwrap());
        config.listen = "127.0.0.1:0".to_owned();
        config.workers = Some(2);
        config.pool.size = 4;
        change(&mut config);
        Server::run(async || {
            let application = Application::new(config).unwrap();
            let (server, address) = application.listen().unwrap();
            // It listens while the database is read.
            let server = Listening::new(server, address);
            let report = application.load().await.ok();
            (server, application.service.clone(), report)
        })
    }

    /// A service of another model on a database that has its tables.
    pub fn of_model(database: &Database, model: Model, authenticate: impl Authenticate) -> Server {
        Server::of_model_with(database, model, authenticate, Severity::Notice, |_| {})
    }

    /// The same with findings about the model that are no worse than that, configured as `change` wants it.
    pub fn of_model_with(
        database: &Database,
        model: Model,
        authenticate: impl Authenticate,
        worst: Severity,
        change: impl FnOnce(&mut Config),
    ) -> Server {
        let mut config = Config::new(database.connection_string().parse().unwrap());
        change(&mut config);
        Server::run(async move || {
            let database = check::open(&config).unwrap();
            let catalogue = database.catalogue("public").await.unwrap();
            let options = ResolveOptions::default();
            let (schema, findings) = Schema::resolve(&model, Some(&catalogue), &options);
            let is_right = |finding: &Finding| finding.severity <= worst;
            assert!(findings.iter().all(is_right), "{findings:?}");
            let service = Service::new(config.settings, database, authenticate);
            service.serve(schema);
            let (server, addresses) =
                http::listen(&service, &Outside::default(), "127.0.0.1:0", Some(2)).unwrap();
            (Listening::new(server, addresses[0]), service, None)
        })
    }

    fn run(
        start: impl AsyncFnOnce() -> (Listening, Service, Option<Report>) + Send + 'static,
    ) -> Server {
        let (stop, stopped) = oneshot::channel();
        let (started, is_started) = mpsc::channel();
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let (server, service, report) = start().await;
                started.send((server.address, service, report)).unwrap();
                // Also when the value is gone.
                let _ = stopped.await;
                server.handle.stop(false).await;
                let _ = server.server.await;
            });
        });
        let (address, service, report) = is_started.recv().expect("the service starts");
        Server {
            address,
            service,
            report,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    /// A client without a token.
    pub fn client(&self) -> Client {
        Client::new(self.address)
    }

    /// A client with this token.
    pub fn of(&self, token: &str) -> Client {
        self.client().token(token)
    }

    /// GET as account 1's administrator. A path without a slash before it starts at the service
    /// root: `Conversation?$top=1`.
    #[track_caller]
    pub fn get(&self, path: &str) -> Response {
        self.of(fixture::KEY).get(&rooted(path))
    }

    /// The same with headers.
    #[track_caller]
    pub fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Response {
        self.of(fixture::KEY).get_with(&rooted(path), headers)
    }

    /// GET with another token.
    #[track_caller]
    pub fn get_as(&self, token: &str, path: &str) -> Response {
        self.of(token).get(&rooted(path))
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The absolute URL of its service root, with a slash at its end.
    pub fn root(&self) -> String {
        format!(
            "http://{}{}/",
            self.address,
            liveagent_odata::config::SERVICE_PATH
        )
    }

    /// What was found when the database was read; none where it could not be.
    pub fn report(&self) -> Option<&Report> {
        self.report.as_ref()
    }

    /// The state of its connections to the database.
    pub fn status(&self) -> Status {
        self.service.database().status()
    }

    /// Waits until every connection of the pool has been given back, a little later than a client hangs up.
    #[track_caller]
    pub fn until_none_is_lent(&self) {
        let since = Instant::now();
        while self.status().lent > 0 {
            assert!(
                since.elapsed() < Duration::from_secs(20),
                "{:?}",
                self.status()
            );
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// The service itself.
    pub fn service(&self) -> &Service {
        &self.service
    }
}

/// An HTTP server that runs.
struct Listening {
    address: SocketAddr,
    handle: ServerHandle,
    server: JoinHandle<std::io::Result<()>>,
}

impl Listening {
    fn new(server: actix_web::dev::Server, address: SocketAddr) -> Listening {
        Listening {
            address,
            handle: server.handle(),
            server: tokio::spawn(server),
        }
    }
}

fn rooted(path: &str) -> String {
    if path.starts_with('/') {
        path.to_owned()
    } else {
        format!("{}/{path}", liveagent_odata::config::SERVICE_PATH)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            say("tests: a service panicked");
        }
    }
}
