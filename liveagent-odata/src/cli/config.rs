//! What the options say, as a [`Config`].

use super::{AnswerArgs, CheckArgs, DatabaseArgs, HttpArgs, Limit, SchemaArgs, ServeArgs, Time};
use crate::config::Config;
use crate::exit::{self, Exit};
use odata_core::db::{DatabaseConfig, PoolOptions};
use odata_core::edm::ResolveOptions;
use odata_core::service::HostRules;
use std::path::Path;
use std::time::Duration;

impl ServeArgs {
    /// What to serve and how.
    pub fn config(&self) -> Result<Config, Exit> {
        let mut config = Config::new(self.database.config()?);
        self.schema.apply(&mut config);
        self.http.apply(&mut config);
        self.answers.apply(&mut config)?;
        Ok(config)
    }
}

impl CheckArgs {
    /// What to compare.
    pub fn config(&self) -> Result<Config, Exit> {
        let mut config = Config::new(self.database.config()?);
        self.schema.apply(&mut config);
        Ok(config)
    }
}

impl DatabaseArgs {
    fn config(&self) -> Result<DatabaseConfig, Exit> {
        let url = match (&self.database_url, &self.database_url_file) {
            (Some(url), _) if !url.expose().is_empty() => url.expose().to_owned(),
            (_, Some(path)) if !path.as_os_str().is_empty() => read_url(path)?,
            _ => {
                return Err(usage(
                    "no database: --database-url (DATABASE_URL) and --database-url-file \
                     (DATABASE_URL_FILE) are not set",
                ));
            }
        };
        url.parse::<DatabaseConfig>()
            .map_err(|error| match error.hint_text() {
                Some(hint) => usage(format!("{error}; {hint}")),
                None => usage(error.to_string()),
            })
    }
}

fn read_url(path: &Path) -> Result<String, Exit> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(text.trim().to_owned()),
        Err(error) => Err(usage(format!(
            "the file '{}' of --database-url-file can't be read: {error}",
            path.display()
        ))),
    }
}

impl SchemaArgs {
    fn apply(&self, config: &mut Config) {
        config.resolve = ResolveOptions {
            database_schema: self.database_schema.clone(),
            publish_secrets: self.publish_credentials,
        };
        config.strict_schema = self.strict_schema;
    }
}

impl HttpArgs {
    /// Puts what stands here into the configuration.
    pub fn apply(&self, config: &mut Config) {
        config.listen.clone_from(&self.listen);
        config.workers = self.workers.map(usize::from);
        config.explorer = !self.no_explorer;
        config.cors_origins.clone_from(&self.cors_origin);
        config.settings.private_metadata = self.private_metadata;
        config.settings.allow_query_token = self.allow_query_token;
        config.settings.hosts = HostRules {
            public_url: self.public_url.clone(),
            allowed_hosts: self.allowed_hosts.clone(),
            trusted_proxies: self.trust_proxy.clone(),
        };
    }
}

impl AnswerArgs {
    /// Puts what stands here into the configuration.
    pub fn apply(&self, config: &mut Config) -> Result<(), Exit> {
        let limits = &mut config.settings.limits;
        limits.page_size = self.page_size;
        limits.max_page_size = self.max_page_size;
        limits.expand_page_size = self.expand_page_size;
        limits.statement_ms = millis(self.statement_timeout.0);
        limits.requests_per_minute = self.rate_limit;
        for Limit(name, value) in &self.limit {
            let set = limits.set(name, *value);
            set.map_err(|error| usage(format!("--limit {name}={value}: {error}")))?;
        }
        let least = [
            limits.page_size,
            limits.expand_page_size,
            limits.statement_ms,
        ];
        if least.contains(&0) {
            return Err(usage(
                "--limit: expected at least 1 for page_size, expand_page_size and statement_ms",
            ));
        }
        if limits.page_size > limits.max_page_size {
            return Err(usage(format!(
                "--page-size is {}, more than --max-page-size, which is {}",
                limits.page_size, limits.max_page_size
            )));
        }
        let lane_timeout = limits.statement_timeout();
        if lane_timeout > self.stream_timeout.0 {
            return Err(usage(format!(
                "--statement-timeout is {}, more than --stream-timeout, which is {}",
                Time(lane_timeout),
                self.stream_timeout
            )));
        }
        let settings = &mut config.settings;
        settings.stall_timeout = self.stall_timeout.0;
        settings.stream_timeout = self.stream_timeout.0;
        config.pool = PoolOptions {
            size: usize::from(self.pool_size),
            stream_timeout: self.stream_timeout.0,
            lane_timeout,
            ..PoolOptions::default()
        };
        Ok(())
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn usage(message: impl Into<String>) -> Exit {
    Exit::new(exit::USAGE, message)
}
