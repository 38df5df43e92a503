//! Everything that the operator decides, in the terms of the core.

use crate::cors::Origin;
use odata_core::db::{DatabaseConfig, PoolOptions};
use odata_core::edm::ResolveOptions;
use odata_core::service::Settings;

/// The path of the service root, as it is published.
pub const SERVICE_PATH: &str = "/v1.0/odata";

/// What to serve, to whom and how.
#[derive(Debug, Clone)]
pub struct Config {
    /// The database.
    pub database: DatabaseConfig,
    /// The connections to it.
    pub pool: PoolOptions,
    /// How answers are made.
    pub settings: Settings,
    /// What of the database is served.
    pub resolve: ResolveOptions,
    /// Whether the service starts only on a database that fits the model exactly.
    pub strict_schema: bool,
    /// Whether there is a page at `/` by which people look at the data.
    pub explorer: bool,
    /// The origins whose pages may read answers.
    pub cors_origins: Vec<Origin>,
    /// The address to listen on, with its port.
    pub listen: String,
    /// Whether another port will do where that one is taken.
    pub any_port: bool,
    /// Threads that speak HTTP; one for each core where it is not said.
    pub workers: Option<usize>,
}

impl Config {
    /// The path of the public URL: what a proxy may leave in front of the paths that are served here.
    pub fn prefix(&self) -> String {
        let public = self.settings.hosts.public_url.as_deref().unwrap_or("");
        let behind_scheme = public.split_once("://").map_or("", |(_, rest)| rest);
        let path = behind_scheme.find('/').map(|start| &behind_scheme[start..]);
        path.unwrap_or_default().to_owned()
    }

    /// This database, with the defaults for everything else.
    pub fn new(database: DatabaseConfig) -> Config {
        Config {
            database: database.application_name("liveagent-odata"),
            pool: PoolOptions::default(),
            settings: Settings {
                service_path: SERVICE_PATH.to_owned(),
                realm: "Live Agent".to_owned(),
                ..Settings::default()
            },
            resolve: ResolveOptions::default(),
            strict_schema: false,
            explorer: true,
            cors_origins: Vec::new(),
            listen: "127.0.0.1:8080".to_owned(),
            any_port: false,
            workers: None,
        }
    }
}
