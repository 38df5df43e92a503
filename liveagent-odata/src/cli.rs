//! The command line: words and environment variables to a [`Config`](crate::config::Config).
//!
//! Every option can stand in the environment too. What is wrong is said before anything is opened;
//! no message and no help text shows a database's URL.

mod config;
mod time;

pub use time::Time;

use crate::config::SERVICE_PATH;
use crate::cors::Origin;
use crate::demo;
use crate::exit;
use clap::{
    Arg, ArgAction, Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum,
};
use odata_core::limits::Limits;
use odata_core::service::{Network, Secret, Settings};
use std::path::PathBuf;
use std::str::FromStr;

/// The Live Agent OData analytics endpoint: read-only OData over the Live Agent database.
#[derive(Clone, Parser)]
#[command(name = "liveagent-odata", version, max_term_width = 100)]
pub struct Cli {
    /// What is logged, and how.
    #[command(flatten)]
    pub log: LogArgs,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Clone, Subcommand)]
#[allow(
    clippy::large_enum_variant,
    reason = "there is one, and it lives as long as the program"
)]
pub enum Command {
    /// Serves a database
    Serve(ServeArgs),
    /// Brings up a PostgreSQL of its own with sample data, serves it and says what to click
    Demo(DemoArgs),
    /// Compares a database with the model: says everything that is missing at once, and by its exit
    /// status whether `serve` would start
    Check(CheckArgs),
    /// Prints the declared model as CSDL, without a database
    Metadata(MetadataArgs),
}

/// `serve`
#[derive(Debug, Clone, Args)]
pub struct ServeArgs {
    /// Which database.
    #[command(flatten)]
    pub database: DatabaseArgs,
    /// What of it.
    #[command(flatten)]
    pub schema: SchemaArgs,
    /// Where and to whom.
    #[command(flatten)]
    pub http: HttpArgs,
    /// How much and how long.
    #[command(flatten)]
    pub answers: AnswerArgs,
}

/// `demo`
#[derive(Clone, Args)]
pub struct DemoArgs {
    /// The sample data.
    #[command(flatten)]
    pub demo: demo::Args,
    /// Where and to whom.
    #[command(flatten)]
    pub http: HttpArgs,
    /// How much and how long.
    #[command(flatten)]
    pub answers: AnswerArgs,
}

/// `check`
#[derive(Debug, Clone, Args)]
pub struct CheckArgs {
    /// Which database.
    #[command(flatten)]
    pub database: DatabaseArgs,
    /// What of it.
    #[command(flatten)]
    pub schema: SchemaArgs,
}

/// `metadata`
#[derive(Debug, Clone, Args)]
pub struct MetadataArgs {
    /// CSDL XML 4.0 or CSDL JSON 4.01
    #[arg(long, value_enum, default_value_t, env = "ODATA_METADATA_FORMAT")]
    pub format: MetadataFormat,
}

/// The forms of `$metadata`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum MetadataFormat {
    /// CSDL XML.
    #[default]
    Xml,
    /// CSDL JSON.
    Json,
}

/// Which database.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Database")]
pub struct DatabaseArgs {
    /// The database, as libpq's connection strings have it: postgres://user:password@host/name, with
    /// sslmode=verify-full and sslrootcert=.. for TLS
    #[arg(long, env = "DATABASE_URL", value_name = "URL", value_parser = secret)]
    pub database_url: Option<Secret>,
    /// A file that holds it instead (a secret that is mounted)
    #[arg(long, env = "DATABASE_URL_FILE", value_name = "PATH")]
    pub database_url_file: Option<PathBuf>,
}

/// What of a database is served.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Database")]
pub struct SchemaArgs {
    /// The schema of the database that has the tables
    #[arg(long, env = "ODATA_DATABASE_SCHEMA", value_name = "NAME", default_value = "public", value_parser = name)]
    pub database_schema: String,
    /// Do not start while anything of the model is missing or differs in the database, instead of
    /// serving null for it
    #[arg(long, env = "ODATA_STRICT_SCHEMA")]
    pub strict_schema: bool,
    /// Publish password hashes and tokens of the users: with them an administrator of one account
    /// can take over users of another
    #[arg(long, env = "ODATA_PUBLISH_CREDENTIALS")]
    pub publish_credentials: bool,
}

/// Where the service listens, and to whom it answers.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "HTTP")]
pub struct HttpArgs {
    /// The address to listen on
    #[arg(long, env = "ODATA_LISTEN", value_name = "HOST:PORT", default_value = "127.0.0.1:8080", value_parser = address)]
    pub listen: String,
    /// The URL by which clients reach this service (what stands before /v1.0/odata): links are built
    /// from it
    #[arg(long, env = "ODATA_PUBLIC_URL", value_name = "URL", value_parser = public_url)]
    pub public_url: Option<String>,
    /// Without --public-url: the host names that requests may name. Loopback names and IP addresses
    /// always may
    #[arg(long, env = "ODATA_ALLOWED_HOSTS", value_name = "HOST[,..]", value_delimiter = ',', value_parser = host)]
    pub allowed_hosts: Vec<String>,
    /// Proxies whose Forwarded and X-Forwarded-* headers are believed
    #[arg(
        long,
        env = "ODATA_TRUST_PROXY",
        value_name = "CIDR[,..]",
        value_delimiter = ','
    )]
    pub trust_proxy: Vec<Network>,
    /// Origins (`https://bi.example`) whose pages may read answers in a browser; * is all of them.
    /// None by default
    #[arg(
        long,
        env = "ODATA_CORS_ORIGIN",
        value_name = "ORIGIN[,..]",
        value_delimiter = ','
    )]
    pub cors_origin: Vec<Origin>,
    /// Service document, $metadata and openapi.json for those alone who have an access token
    #[arg(long, env = "ODATA_PRIVATE_METADATA")]
    pub private_metadata: bool,
    /// Whether an access token may stand in the URL as '?apikey=', where browsers, proxies and reports
    /// keep it
    #[arg(long, env = "ODATA_ALLOW_QUERY_TOKEN", value_name = "BOOL", default_value_t = true, action = ArgAction::Set)]
    pub allow_query_token: bool,
    /// Serve no page at '/' by which people look at the data
    #[arg(long, env = "ODATA_NO_EXPLORER")]
    pub no_explorer: bool,
    /// Threads that speak HTTP [default: one for each core]
    #[arg(long, env = "ODATA_WORKERS", value_name = "N", value_parser = clap::value_parser!(u16).range(1..=512))]
    pub workers: Option<u16>,
}

/// How much and how long.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Answers")]
pub struct AnswerArgs {
    /// Rows in a page, where the client does not say
    #[arg(long, env = "ODATA_PAGE_SIZE", value_name = "ROWS", default_value_t = Limits::default().page_size, value_parser = rows)]
    pub page_size: u64,
    /// Rows in a page that a client may ask for with 'Prefer: odata.maxpagesize'
    #[arg(long, env = "ODATA_MAX_PAGE_SIZE", value_name = "ROWS", default_value_t = Limits::default().max_page_size, value_parser = rows)]
    pub max_page_size: u64,
    /// Rows of an expanded collection, for each row that has it
    #[arg(long, env = "ODATA_EXPAND_PAGE_SIZE", value_name = "ROWS", default_value_t = Limits::default().expand_page_size, value_parser = rows)]
    pub expand_page_size: u64,
    /// Connections to the database for answers; beside them each HTTP thread has two for access tokens,
    /// single rows and little pages, and the service two, eighteen as a rule
    #[arg(long, env = "ODATA_POOL_SIZE", value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub pool_size: u16,
    /// How long the database may take to the first row; then 504
    #[arg(long, env = "ODATA_STATEMENT_TIMEOUT", value_name = "TIME", default_value_t = Time(Limits::default().statement_timeout()))]
    pub statement_timeout: Time,
    /// How long an answer that holds a connection of the database waits for a client that stopped
    /// reading
    #[arg(long, env = "ODATA_STALL_TIMEOUT", value_name = "TIME", default_value_t = Time(Settings::default().stall_timeout))]
    pub stall_timeout: Time,
    /// How long an answer may take in all
    #[arg(long, env = "ODATA_STREAM_TIMEOUT", value_name = "TIME", default_value_t = Time(Settings::default().stream_timeout))]
    pub stream_timeout: Time,
    /// Requests that one access token may send in a minute, then 429; 0 for any number
    #[arg(long, env = "ODATA_RATE_LIMIT", value_name = "N", default_value_t = Limits::default().requests_per_minute)]
    pub rate_limit: u64,
    /// Any limit of docs/security.md by its name, as errors name it: nodes=1000,list_items=500
    #[arg(
        long,
        env = "ODATA_LIMIT",
        value_name = "NAME=N[,..]",
        value_delimiter = ','
    )]
    pub limit: Vec<Limit>,
}

/// A limit and its value: `nodes=1000`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limit(pub String, pub u64);

impl FromStr for Limit {
    type Err = String;

    fn from_str(text: &str) -> Result<Limit, String> {
        let (name, value) = text
            .split_once('=')
            .ok_or("expected the name of a limit and its value, such as nodes=1000")?;
        let value: u64 = value
            .trim()
            .parse()
            .map_err(|_| format!("expected a number behind '{name}='"))?;
        Limits::default().set(name.trim(), value)?;
        Ok(Limit(name.trim().to_owned(), value))
    }
}

/// What is logged, and how.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Log")]
pub struct LogArgs {
    /// The form of the log's lines, on stderr
    #[arg(
        long,
        env = "ODATA_LOG_FORMAT",
        value_enum,
        default_value_t,
        global = true
    )]
    pub log_format: LogFormat,
    /// error, warn, info, debug or trace; for one part of the program too: info,odata_core=debug
    #[arg(
        long,
        env = "ODATA_LOG_LEVEL",
        value_name = "LEVEL",
        default_value = "info",
        global = true
    )]
    pub log_level: String,
}

/// The form of the log's lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// A JSON object a line.
    Json,
}

impl Cli {
    /// The command line and the environment of this process. Asked for help, or given something
    /// wrong, it says so and gives back the code to end with.
    pub fn from_process() -> Result<Cli, u8> {
        let matches = Cli::described().try_get_matches();
        matches
            .and_then(|matches| Cli::from_arg_matches(&matches))
            .map_err(|error| {
                // Nobody may be there to read it.
                let _ = error.print();
                if error.use_stderr() { exit::USAGE } else { 0 }
            })
    }

    /// The command line as clap knows it. Help is the same on every machine: it names the variables,
    /// and not what they hold.
    fn described() -> clap::Command {
        let hide = |option: Arg| option.hide_env_values(true);
        Cli::command()
            .mut_args(hide)
            .mut_subcommands(|command| command.mut_args(hide))
    }
}

fn rows(text: &str) -> Result<u64, String> {
    match text.parse() {
        Ok(0) | Err(_) => Err("expected a number of rows, at least 1".to_owned()),
        Ok(rows) => Ok(rows),
    }
}

#[allow(clippy::unnecessary_wraps, reason = "the form of a value parser")]
fn secret(text: &str) -> Result<Secret, String> {
    Ok(Secret::new(text))
}

fn name(text: &str) -> Result<String, String> {
    if text.is_empty() || text.contains('\0') {
        return Err("expected the name of a schema".to_owned());
    }
    Ok(text.to_owned())
}

fn address(text: &str) -> Result<String, String> {
    match text.rsplit_once(':') {
        Some((host, port)) if !host.is_empty() && port.parse::<u16>().is_ok() => {
            Ok(text.to_owned())
        }
        _ => Err("expected a host and a port, such as 127.0.0.1:8080 or [::]:8080".to_owned()),
    }
}

fn host(text: &str) -> Result<String, String> {
    let text = text.trim();
    let is_host =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']');
    if text.is_empty() || !text.chars().all(is_host) {
        return Err("expected a host name without scheme and path, such as bi.example".to_owned());
    }
    Ok(text.to_ascii_lowercase())
}

fn public_url(text: &str) -> Result<String, String> {
    let expected = || "expected an absolute URL such as https://bi.example".to_owned();
    let url: actix_web::http::Uri = text.parse().map_err(|_| expected())?;
    if !matches!(url.scheme_str(), Some("http" | "https")) || url.host().unwrap_or("").is_empty() {
        return Err(expected());
    }
    if url.query().is_some() || text.contains('#') {
        return Err("expected a URL without query and fragment".to_owned());
    }
    if url.authority().is_some_and(|it| it.as_str().contains('@')) {
        return Err("expected a URL without user and password".to_owned());
    }
    let text = text.trim_end_matches('/');
    if let Some(before) = text.strip_suffix(SERVICE_PATH) {
        return Err(format!(
            "expected what stands before the service's own path: {before}"
        ));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests;
