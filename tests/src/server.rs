//! The service of the program, on a database of the tests.

use crate::http::{Client, Response};
use crate::postgres::say;
use crate::{Database, fixture};
use liveagent_odata::check::Report;
use liveagent_odata::config::Config;
use liveagent_odata::serve::Application;
use odata_core::db::Status;
use odata_core::service::Service;
use std::net::SocketAddr;
use std::sync::mpsc;
use std::thread::JoinHandle;
use tokio::sync::oneshot;

/// A running service, on a port of its own and threads of its own. It stops with the value.
pub struct Server {
    address: SocketAddr,
    service: Service,
    report: Option<Report>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
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
        let (stop, stopped) = oneshot::channel();
        let (started, start) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let application = Application::new(config).unwrap();
                let (server, address) = application.listen().unwrap();
                let handle = server.handle();
                let server = tokio::spawn(server);
                let report = application.load().await.ok();
                let service = application.service.clone();
                started.send((address, service, report)).unwrap();
                // Also when the value is gone.
                let _ = stopped.await;
                handle.stop(false).await;
                let _ = server.await;
            });
        });
        let (address, service, report) = start.recv().expect("the service starts");
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

    /// The service itself.
    pub fn service(&self) -> &Service {
        &self.service
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
