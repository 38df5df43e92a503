//! Where the database is and how to speak to it: a connection string to a [`DatabaseConfig`].
//!
//! The driver refuses half of what libpq's connection strings may say (`sslmode=verify-full`,
//! `sslrootcert`), so those are taken out here and the rest is handed over. Nothing is connected.

use super::connection_string::{parse, quote};
use crate::error::{Code, Error, Result};
use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;
use tokio_postgres::config::SslMode;

/// A database to connect to. Neither its `Debug` nor its `Display` shows the password.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseConfig {
    /// What the driver reads itself. It has no hosts: each of `targets` is tried by itself, so that
    /// the address of a connection is known when it has to be cancelled.
    pub(super) driver: tokio_postgres::Config,
    pub(super) targets: Vec<Target>,
    /// Whether each new connection begins at another target (`load_balance_hosts=random`).
    pub(super) balance: bool,
    pub(super) role: Role,
    /// How long a server may take until a session with it is ready, as libpq's `connect_timeout` has
    /// it: the next one has its turn then.
    pub(super) connect_timeout: Duration,
    pub(super) tls: TlsOptions,
}

/// One of the servers that may have the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) host: Host,
    pub(super) port: u16,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Host {
    /// The folder of a Unix socket.
    Unix(PathBuf),
    /// A name, and its address if that is given.
    Tcp(String, Option<IpAddr>),
}

/// Which of the servers will do (`target_session_attrs`). The driver would ask whether the session can
/// write, and none of ours can: what is meant is the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Role {
    #[default]
    Any,
    Primary,
    Standby,
}

/// How the connection is encrypted and the server known, with libpq's words and meanings.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct TlsOptions {
    pub(super) verify: Verify,
    pub(super) root: Option<PathBuf>,
    pub(super) certificate: Option<(PathBuf, PathBuf)>,
}

/// What of the server's certificate is verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Verify {
    #[default]
    Nothing,
    Chain,
    ChainAndName,
}

/// What the driver reads itself.
const HANDED_OVER: &[&str] = &[
    "user",
    "password",
    "dbname",
    "options",
    "application_name",
    "connect_timeout",
    "keepalives",
    "keepalives_idle",
    "keepalives_interval",
    "keepalives_retries",
    "sslnegotiation",
    "channel_binding",
];

/// What is read here.
const OWN: &[&str] = &[
    "host",
    "hostaddr",
    "port",
    "load_balance_hosts",
    "target_session_attrs",
    "tcp_user_timeout",
    "keepalives_count",
    "sslmode",
    "sslrootcert",
    "sslcert",
    "sslkey",
    "gssencmode",
];

/// The values of `target_session_attrs`.
const ROLES: &[(&str, Role)] = &[
    ("any", Role::Any),
    ("read-write", Role::Primary),
    ("primary", Role::Primary),
    ("read-only", Role::Standby),
    ("standby", Role::Standby),
];

/// The values of `sslmode`.
const SSL_MODES: &[&str] = &["disable", "prefer", "require", "verify-ca", "verify-full"];

impl FromStr for DatabaseConfig {
    type Err = Error;

    fn from_str(text: &str) -> Result<DatabaseConfig> {
        let mut pairs = Pairs(parse(text)?);
        pairs.rename("keepalives_count", "keepalives_retries");
        for (name, _) in &pairs.0 {
            if !OWN.contains(&&**name) && !HANDED_OVER.contains(&&**name) {
                let known = OWN.iter().chain(HANDED_OVER).copied();
                return Err(invalid(format!(
                    "the database connection string has the unknown option '{name}'"
                ))
                .did_you_mean(name, known));
            }
        }
        if let Some(mode) = pairs.take("gssencmode")
            && !matches!(&*mode, "disable" | "prefer")
        {
            return Err(not_one_of("gssencmode", &mode, &["disable", "prefer"]));
        }
        let (ssl_mode, tls) = tls_options(&mut pairs)?;
        let targets = targets(&mut pairs)?;
        let balance = match pairs.take("load_balance_hosts").as_deref() {
            None | Some("disable") => false,
            Some("random") => true,
            Some(other) => {
                let known = ["disable", "random"];
                return Err(not_one_of("load_balance_hosts", other, &known));
            }
        };
        let role = match pairs.take("target_session_attrs") {
            None => Role::Any,
            Some(name) => match ROLES.iter().find(|(known, _)| *known == name) {
                Some((_, role)) => *role,
                None => {
                    let known: Vec<&str> = ROLES.iter().map(|(known, _)| *known).collect();
                    return Err(not_one_of("target_session_attrs", &name, &known));
                }
            },
        };
        // Milliseconds, as libpq has it; the driver's own parser takes seconds.
        let tcp_user_timeout = match pairs.take("tcp_user_timeout") {
            Some(text) => text.parse().map(Duration::from_millis).map_err(|_| {
                invalid("the option 'tcp_user_timeout' expects a number of milliseconds")
            })?,
            None => Duration::from_secs(15),
        };

        let mut driver = pairs.hand_over()?;
        driver.ssl_mode(ssl_mode);
        driver.tcp_user_timeout(tcp_user_timeout);
        if driver.get_application_name().is_none() {
            driver.application_name("odata");
        }
        let told = driver.get_connect_timeout().copied();
        let connect_timeout = told.unwrap_or(Duration::from_secs(5));
        if !pairs.has("keepalives_idle") {
            driver.keepalives_idle(Duration::from_secs(30));
        }
        if !pairs.has("keepalives_interval") {
            driver.keepalives_interval(Duration::from_secs(10));
        }
        if !pairs.has("keepalives_retries") {
            driver.keepalives_retries(3);
        }
        Ok(DatabaseConfig {
            driver,
            targets,
            balance,
            role,
            connect_timeout,
            tls,
        })
    }
}

impl DatabaseConfig {
    /// The same database, where the connections show this name unless the string named another.
    pub fn application_name(mut self, name: &str) -> DatabaseConfig {
        if self.driver.get_application_name() == Some("odata") {
            self.driver.application_name(name);
        }
        self
    }

    /// The name of the database.
    pub fn database_name(&self) -> Option<&str> {
        self.driver.get_dbname().or(self.driver.get_user())
    }
}

impl fmt::Display for DatabaseConfig {
    /// Where it is, for messages: `host=db:5432 user=me dbname=chat`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("host=")?;
        for (place, target) in self.targets.iter().enumerate() {
            let comma = if place > 0 { "," } else { "" };
            match &target.host {
                Host::Unix(folder) => write!(f, "{comma}{}:{}", folder.display(), target.port)?,
                Host::Tcp(name, _) => write!(f, "{comma}{name}:{}", target.port)?,
            }
        }
        if let Some(user) = self.driver.get_user() {
            write!(f, " user={user}")?;
        }
        if let Some(name) = self.database_name() {
            write!(f, " dbname={name}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for DatabaseConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseConfig({self})")
    }
}

fn tls_options(pairs: &mut Pairs) -> Result<(SslMode, TlsOptions)> {
    let mode = pairs.take("sslmode");
    let root = pairs.take("sslrootcert").map(PathBuf::from);
    // libpq's word for the certificates of the system, which are the default here.
    let system = root.as_deref() == Some(Path::new("system"));
    let certificate = match (pairs.take("sslcert"), pairs.take("sslkey")) {
        (None, None) => None,
        (Some(certificate), Some(key)) => Some((certificate.into(), key.into())),
        _ => {
            return Err(invalid(
                "the options 'sslcert' and 'sslkey' need each other",
            ));
        }
    };
    let (ssl_mode, verify) = match mode.as_deref() {
        // As in libpq: anybody has a certificate that the system trusts, so the name must be right.
        None if system => (SslMode::Require, Verify::ChainAndName),
        Some(mode) if system && mode != "verify-full" => {
            return Err(invalid(
                "'sslrootcert=system' goes with 'sslmode=verify-full' alone",
            ));
        }
        Some("disable") => (SslMode::Disable, Verify::Nothing),
        // `allow` would try without TLS first, which no one wants; libpq has it for old servers.
        None | Some("prefer" | "allow") => (SslMode::Prefer, Verify::Nothing),
        // As in libpq: a root certificate that is given is used.
        Some("require") if root.is_some() => (SslMode::Require, Verify::Chain),
        Some("require") => (SslMode::Require, Verify::Nothing),
        Some("verify-ca") => (SslMode::Require, Verify::Chain),
        Some("verify-full") => (SslMode::Require, Verify::ChainAndName),
        Some(other) => return Err(not_one_of("sslmode", other, SSL_MODES)),
    };
    let tls = TlsOptions {
        verify,
        root: root.filter(|_| !system),
        certificate,
    };
    Ok((ssl_mode, tls))
}

fn targets(pairs: &mut Pairs) -> Result<Vec<Target>> {
    let hosts = pairs.take_list("host");
    let addresses = pairs.take_list("hostaddr");
    let ports = pairs.take_list("port");
    if !hosts.is_empty() && !addresses.is_empty() && hosts.len() != addresses.len() {
        return Err(invalid(format!(
            "the database connection string has {} hosts and {} hostaddrs, expected as many",
            hosts.len(),
            addresses.len()
        )));
    }
    let count = hosts.len().max(addresses.len()).max(1);
    if ports.len() > 1 && ports.len() != count {
        return Err(invalid(format!(
            "the database connection string has {} ports for {count} hosts",
            ports.len()
        )));
    }
    (0..count)
        .map(|place| {
            let port = match ports.get(place).or(ports.first()).map(|port| &**port) {
                None | Some("") => 5432,
                Some(port) => port
                    .parse()
                    .map_err(|_| invalid("the option 'port' expects a number up to 65535"))?,
            };
            let address: Option<IpAddr> = match addresses.get(place).map(|address| &**address) {
                None | Some("") => None,
                Some(address) => Some(
                    address
                        .parse()
                        .map_err(|_| invalid("the option 'hostaddr' expects an IP address"))?,
                ),
            };
            let host = match (hosts.get(place).map(|host| &**host), address) {
                (Some(folder), None) if folder.starts_with('/') => Host::Unix(folder.into()),
                (None | Some(""), None) => default_host(port),
                (None | Some(""), Some(address)) => Host::Tcp(address.to_string(), Some(address)),
                (Some(name), address) => Host::Tcp(name.to_owned(), address),
            };
            Ok(Target { host, port })
        })
        .collect()
}

/// Where libpq would look when no host is named: the Unix socket, if there is one.
fn default_host(port: u16) -> Host {
    ["/var/run/postgresql", "/tmp"]
        .into_iter()
        .map(Path::new)
        .find(|folder| folder.join(format!(".s.PGSQL.{port}")).exists())
        .map_or_else(
            || Host::Tcp("localhost".to_owned(), None),
            |folder| Host::Unix(folder.to_owned()),
        )
}

struct Pairs(Vec<(String, String)>);

impl Pairs {
    fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(known, _)| known == name)
    }

    fn rename(&mut self, from: &str, to: &str) {
        for (name, _) in self.0.iter_mut().filter(|(name, _)| name == from) {
            to.clone_into(name);
        }
    }

    /// Takes out the last value of that name, and drops the others.
    fn take(&mut self, name: &str) -> Option<String> {
        let mut taken = None;
        self.0.retain(|(known, value)| {
            let own = known == name;
            if own {
                taken = Some(value.clone());
            }
            !own
        });
        taken
    }

    fn take_list(&mut self, name: &str) -> Vec<String> {
        self.take(name)
            .filter(|list| !list.is_empty())
            .map(|list| list.split(',').map(|item| item.trim().to_owned()).collect())
            .unwrap_or_default()
    }

    /// What is left, as the driver reads it. Its own errors may show what they could not read, so
    /// the culprit is found by trying each by itself.
    fn hand_over(&self) -> Result<tokio_postgres::Config> {
        let word = |(name, value): &(String, String)| format!("{name}={} ", quote(value));
        let all: String = self.0.iter().map(word).collect();
        all.parse().map_err(|_| {
            let culprit = self
                .0
                .iter()
                .find(|pair| word(pair).parse::<tokio_postgres::Config>().is_err())
                .map_or("", |(name, _)| name);
            invalid(format!(
                "the option '{culprit}' of the database connection string has a value that is not valid"
            ))
        })
    }
}

fn not_one_of(name: &str, value: &str, known: &[&'static str]) -> Error {
    invalid(format!(
        "the option '{name}' of the database connection string cannot be '{value}', expected one of {}",
        known.join(", ")
    ))
    .did_you_mean(value, known.iter().copied())
}

fn invalid(message: impl Into<String>) -> Error {
    Error::new(Code::Internal, message)
}

#[cfg(test)]
mod tests;
