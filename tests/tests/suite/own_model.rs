//! Models that are not the program's, served by odata-core with nothing of Live Agent around it.

use actix_web::{App, HttpServer};
use futures_util::future::BoxFuture;
use odata_core::db::{self, DatabaseConfig, PoolOptions};
use odata_core::edm::{Finding, Model, ResolveOptions, Schema, Scope};
use odata_core::error::{Code, Error, Result};
use odata_core::service::{Authenticate, Caller, Secret, Service, Settings};
use std::net::SocketAddr;
use std::sync::mpsc;
use std::thread::JoinHandle;
use tests::{Client, Database};
use tokio::sync::oneshot;

/// A running service of a model. It stops with the value.
pub(crate) struct Served {
    address: SocketAddr,
    findings: Vec<Finding>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Callers by their tokens, and what they see.
struct Callers(&'static [(&'static str, &'static [i64])]);

impl Authenticate for Callers {
    fn authenticate<'a>(&'a self, token: &'a Secret) -> BoxFuture<'a, Result<Caller>> {
        let known = self.0.iter().find(|(name, _)| *name == token.expose());
        Box::pin(async move {
            let (name, scope) =
                known.ok_or_else(|| Error::new(Code::Unauthorized, "the token is not known"))?;
            Ok(Caller {
                name: (*name).to_owned(),
                scope: Scope::of(scope.to_vec()),
            })
        })
    }
}

impl Served {
    /// The model on this database, for these callers, at `/odata`.
    pub(crate) fn start(
        database: &Database,
        model: Model,
        callers: &'static [(&'static str, &'static [i64])],
    ) -> Served {
        Served::start_with(database, model, callers, Settings::default())
    }

    /// The same with settings.
    pub(crate) fn start_with(
        database: &Database,
        model: Model,
        callers: &'static [(&'static str, &'static [i64])],
        settings: Settings,
    ) -> Served {
        let config: DatabaseConfig = database.connection_string().parse().unwrap();
        let (stop, stopped) = oneshot::channel();
        let (started, start) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let database = db::Database::open(config, PoolOptions::default()).unwrap();
                let catalogue = database.catalogue("public").await.unwrap();
                let options = ResolveOptions::default();
                let (schema, findings) = Schema::resolve(&model, Some(&catalogue), &options);
                let service = Service::new(settings, database, Callers(callers));
                service.serve(schema);
                let server = HttpServer::new(move || {
                    let service = service.clone();
                    App::new().configure(|app| service.configure(app))
                })
                .workers(1)
                .disable_signals()
                .bind("127.0.0.1:0")
                .unwrap();
                let address = server.addrs()[0];
                let server = server.run();
                let handle = server.handle();
                let server = tokio::spawn(server);
                started.send((address, findings)).unwrap();
                let _ = stopped.await;
                handle.stop(false).await;
                let _ = server.await;
            });
        });
        let (address, findings) = start.recv().expect("the service starts");
        Served {
            address,
            findings,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    /// What laying the model on the database found.
    pub(crate) fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// A client with this token.
    pub(crate) fn client(&self, token: &str) -> Client {
        Client::new(self.address).token(token)
    }

    /// Status and content of an answer, on two lines.
    #[track_caller]
    pub(crate) fn answer(&self, token: &str, path: &str) -> String {
        let client = self.client(token);
        let path = format!("/odata/{}", crate::asking::encoded(path));
        let response = client.get_with(&path, &[crate::asking::HOST]);
        assert!(response.complete, "{path}");
        format!("{}\n{}", response.status, response.text())
    }

    /// The same of an absolute URL that an answer holds.
    #[track_caller]
    pub(crate) fn follow(&self, token: &str, url: &str) -> String {
        let path = url.strip_prefix("http://127.0.0.1/odata/").unwrap();
        self.answer(token, path)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
