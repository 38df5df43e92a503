//! HTTP: requests in, responses out, by actix-web.
//!
//! [`handler`] is the line of one request as one readable function. Who may ask is the business of
//! an [`Authenticate`] that the service brings; what an account or a token is, nobody here knows.

mod answer;
mod audit;
mod auth;
mod blame;
mod body;
mod budget;
mod collection;
mod condition;
mod continuation;
mod documents;
mod habit;
mod handler;
mod host;
mod pace;
mod pipe;
mod planned;
mod precedence;
mod processor;
mod produce;
mod rate;
mod respond;
mod revoked;
mod single;

pub use auth::{Authenticate, Caller, Credentials, Secret};
pub use host::{HostRules, Network};

use crate::db::Database;
use crate::describe;
use crate::edm::{Schema, Version};
use crate::error::{Code, Error};
use crate::limits::Limits;
use actix_web::{HttpRequest, web};
use budget::Budget;
use documents::Document;
use futures_util::FutureExt as _;
use planned::Plans;
use precedence::Precedence;
use rate::Rate;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, RwLock};
use std::time::Duration;
use tokio::sync::Notify;

/// How a service answers, besides its model.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The path of the service root, without a slash at its end: `/v1.0/odata`.
    pub service_path: String,
    /// What absolute URLs are built from.
    pub hosts: HostRules,
    /// What a request may ask for.
    pub limits: Limits,
    /// How long an answer waits for its client while it holds a connection of the database.
    pub stall_timeout: Duration,
    /// How long it waits once it holds none.
    pub drained_timeout: Duration,
    /// How long an answer takes in all.
    pub stream_timeout: Duration,
    /// How often it is asked whether the token of an answer that is sent still gives what it gave.
    pub recheck_interval: Duration,
    /// Whether service document, `$metadata` and the OpenAPI document take credentials.
    pub private_metadata: bool,
    /// Whether a token may stand in the URL (`?apikey=`), where histories, proxies and reports keep it.
    pub allow_query_token: bool,
    /// The realm that a 401 names.
    pub realm: String,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            service_path: "/odata".to_owned(),
            hosts: HostRules::default(),
            limits: Limits::default(),
            stall_timeout: Duration::from_secs(30),
            drained_timeout: Duration::from_secs(600),
            stream_timeout: Duration::from_secs(30 * 60),
            recheck_interval: Duration::from_secs(15),
            private_metadata: false,
            allow_query_token: true,
            realm: "OData".to_owned(),
        }
    }
}

/// A service: a model served from a database to those who may ask. Cheap to clone.
#[derive(Clone)]
pub struct Service(Arc<Inner>);

struct Inner {
    settings: Settings,
    database: Database,
    authenticate: Box<dyn Authenticate>,
    served: RwLock<Option<Arc<Served>>>,
    draining: AtomicBool,
    refusing: AtomicBool,
    /// Requests whose answers are not yet with their clients.
    alive: Arc<AtomicUsize>,
    budget: Arc<Budget>,
    /// What goes before those.
    precedence: Arc<Precedence>,
    rate: Rate,
    changed: Notify,
    /// Answers that were begun and not brought to their end.
    interrupted: AtomicU64,
}

/// What is served, with the documents that are made of it once.
struct Served {
    schema: Schema,
    csdl_xml: Document,
    csdl_json: Document,
    openapi: describe::OpenApi,
    made: documents::Made,
    plans: Plans,
}

impl Service {
    /// A service that answers 503 until it gets a schema.
    pub fn new(settings: Settings, database: Database, authenticate: impl Authenticate) -> Service {
        Service(Arc::new(Inner {
            budget: Budget::new(settings.limits.drain_budget_bytes),
            precedence: Arc::new(Precedence::new()),
            rate: Rate::new(),
            settings,
            database,
            authenticate: Box::new(authenticate),
            served: RwLock::new(None),
            draining: AtomicBool::new(false),
            refusing: AtomicBool::new(false),
            alive: Arc::default(),
            changed: Notify::new(),
            interrupted: AtomicU64::new(0),
        }))
    }

    /// Serves this schema from now on.
    pub fn serve(&self, schema: Schema) {
        let limits = &self.0.settings.limits;
        let served = Served {
            csdl_xml: Document::new(describe::csdl_xml(&schema, limits, Version::V4_0)),
            csdl_json: Document::new(describe::csdl_json(&schema, limits, Version::V4_01)),
            openapi: describe::openapi(&schema, limits, !self.0.settings.private_metadata),
            made: documents::made(),
            plans: planned::plans(),
            schema,
        };
        self.replace(Some(Arc::new(served)));
    }

    /// Serves nothing until it gets another schema.
    pub fn withdraw(&self) {
        self.replace(None);
    }

    /// Waits until a statement finds that the database no longer is what the schema says: it should
    /// be read again.
    pub async fn changed(&self) {
        self.0.changed.notified().await;
    }

    /// Says that the service is about to stop: it is no longer ready, and answers what it has begun.
    pub fn drain(&self) {
        self.0.draining.store(true, Ordering::Relaxed);
    }

    /// Begins no more answers: 503 for who comes now.
    pub fn refuse(&self) {
        self.0.refusing.store(true, Ordering::Relaxed);
    }

    /// Requests whose answers are not yet with their clients.
    pub fn running(&self) -> usize {
        self.0.alive.load(Ordering::Relaxed)
    }

    /// How many answers were cut since the start: begun with 200, and not brought to their end, be it
    /// for the database, a row, the time they took, the client, or a fault of the service.
    pub fn interrupted(&self) -> u64 {
        self.0.interrupted.load(Ordering::Relaxed)
    }

    /// The database that it reads.
    pub fn database(&self) -> &Database {
        &self.0.database
    }

    /// Mounts the service on an actix-web application: it answers every path that nothing else
    /// there does. The thread's requests use connections that live on it.
    pub fn configure(&self, app: &mut web::ServiceConfig) {
        if let Err(error) = self.0.database.settle() {
            tracing::warn!(%error, "the connections of this thread live on another");
        }
        let service = self.clone();
        app.default_service(web::to(move |request: HttpRequest| {
            let service = service.clone();
            async move {
                // Not by a name: the future would have room for it twice.
                let answer = AssertUnwindSafe(handler::handle(&service, request))
                    .catch_unwind()
                    .await;
                answer.unwrap_or_else(|_| {
                    // What panicked has said so, and the audit knows which request it was; the others of
                    // this thread go on.
                    tracing::error!("a request was given up");
                    let error = Error::new(Code::Internal, "the service failed on this request");
                    respond::error(&error, Version::V4_0, &service.0.settings.realm)
                })
            }
        }));
    }

    fn replace(&self, served: Option<Arc<Served>>) {
        *self
            .0
            .served
            .write()
            .unwrap_or_else(std::sync::PoisonError::into_inner) = served;
    }

    fn served(&self) -> Option<Arc<Served>> {
        self.0
            .served
            .read()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .clone()
    }
}
