//! Sample data, and a PostgreSQL of its own to hold it.
//!
//! What comes in: the command line ([`Args`]). What goes out: [`Prepared`]: where the database is,
//! whose tokens open it, and the server, which lives as long as the value. Nothing is written to a
//! database that the demo did not create.
//!
//! Only `show` knows what serves the data.

mod args;
mod error;
mod fill;
mod show;

use std::path::Path;

use local_postgres::{Directory, Options, Server, Settings, discover};
use tokio_postgres::Config;

pub use args::Args;
pub use error::Error;
pub use fill::Tokens;
pub use show::run;

/// The name of the database that the demo creates.
pub const DATABASE: &str = "liveagent_demo";

/// How many conversations there are unless the command line says otherwise.
pub const CONVERSATIONS: u64 = 50_000;

/// The name of the directory that the data is kept in.
const DIRECTORY: &str = "liveagent-odata-demo";

/// Brings up the database of the demo: starts a server of its own or uses the one that the command
/// line names, and fills the database unless it is there already. Hears about each step in `say`.
pub async fn prepare(args: &Args, say: fn(&str)) -> Result<Prepared, Error> {
    if std::env::var_os("DATABASE_URL").is_some_and(|url| !url.is_empty()) {
        say(
            "DATABASE_URL is set and ignored: the demo only writes to a database that it created; \
             --database-url names a server to create it on",
        );
    }
    let order = fill::Order {
        conversations: args.conversations,
        fresh: args.fresh,
        say,
    };
    let (server, maintenance, connection_string) = match &args.database_url {
        Some(url) => (None, url.clone(), with_database(url, DATABASE)),
        None => {
            let server = start(args, say).await?;
            let maintenance = server.connection_string("postgres");
            let connection_string = server.connection_string(DATABASE);
            (Some(server), maintenance, connection_string)
        }
    };
    let tokens = fill::ensure(&maintenance, &order).await?;
    let mut hints = Vec::new();
    if let Some(server) = &server {
        hints.push(format!(
            "psql -h {} -U {} {DATABASE}",
            server.socket_dir().display(),
            server.user()
        ));
    }
    Ok(Prepared {
        connection_string,
        tokens,
        hints,
        server,
    })
}

/// What a service needs to serve the sample data.
pub struct Prepared {
    /// The database, in the form that the command line would give it.
    pub connection_string: String,
    /// The tokens of this data.
    pub tokens: Tokens,
    /// Lines for a person at the terminal: how else to reach the data.
    pub hints: Vec<String>,
    /// The server, if it is the demo's own. It stops when this is dropped.
    pub server: Option<Server>,
}

/// The tables, without indexes.
pub fn schema_sql() -> &'static str {
    include_str!("schema.sql")
}

/// The rows: this many conversations, and what belongs to them. To be run in one session, on the
/// tables of [`schema_sql`].
pub fn data_sql(conversations: u64) -> String {
    include_str!("data.sql").replace("{conversations}", &conversations.to_string())
}

/// The indexes that every Chatwoot has, to be made when the rows are there.
pub fn indexes_sql() -> &'static str {
    include_str!("indexes.sql")
}

async fn start(args: &Args, say: fn(&str)) -> Result<Server, Error> {
    let options = Options {
        bin_dir: args.postgres_bin.clone(),
        install: args.install_postgres,
        run_as: args.run_as.clone(),
        say,
    };
    let directory = Directory::Kept {
        path: args
            .data_dir
            .clone()
            .unwrap_or_else(|| Directory::usual(DIRECTORY)),
        fresh: args.fresh,
    };
    let settings = Settings {
        parameters: [
            // Rows that go into a table of the same transaction need no log then.
            ("wal_level", "minimal"),
            ("max_wal_senders", "0"),
            ("maintenance_work_mem", "256MB"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec(),
        ..Settings::default()
    };
    tokio::task::spawn_blocking(move || {
        let installation = discover(&options)?;
        say(&format!(
            "PostgreSQL {} ({}), as the user {}, data in {}",
            installation.version(),
            installation.bin_dir().display(),
            installation.run_as(),
            place(&directory).display()
        ));
        let server = installation.start(&directory, &settings)?;
        if server.is_shared() {
            say("it runs already, for another demo, and ends with that one");
        }
        Ok(server)
    })
    .await
    .map_err(|error| Error::Unexpected(error.to_string()))?
}

fn place(directory: &Directory) -> &Path {
    match directory {
        Directory::Kept { path, .. } => path,
        Directory::Temporary => Path::new(""),
    }
}

/// The same server, another database: a URL or key-value pairs, as the caller wrote them.
fn with_database(connection_string: &str, database: &str) -> String {
    let Some((scheme, rest)) = connection_string.split_once("://") else {
        // The last of two equal keys counts.
        return format!("{connection_string} dbname={database}");
    };
    let (rest, query) = match rest.split_once('?') {
        Some((rest, query)) => (rest, format!("?{query}")),
        None => (rest, String::new()),
    };
    let authority = rest.split('/').next().unwrap_or(rest);
    format!("{scheme}://{authority}/{database}{query}")
}

/// Where the server is, for messages: no user, no password.
fn server_of(config: &Config) -> String {
    use tokio_postgres::config::Host;
    let hosts: Vec<String> = config
        .get_hosts()
        .iter()
        .map(|host| match host {
            Host::Tcp(name) => name.clone(),
            Host::Unix(path) => path.display().to_string(),
        })
        .collect();
    hosts.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_database_on_the_same_server() {
        let check = |given: &str, expect: &str| {
            let made = with_database(given, DATABASE);
            assert_eq!(made, expect);
            let config: Config = made.parse().unwrap();
            assert_eq!(config.get_dbname(), Some(DATABASE));
        };
        check(
            "postgres://u:p%40@h:5433/app?sslmode=prefer",
            "postgres://u:p%40@h:5433/liveagent_demo?sslmode=prefer",
        );
        check("postgresql://h", "postgresql://h/liveagent_demo");
        check(
            "postgres://h/?application_name=a/b",
            "postgres://h/liveagent_demo?application_name=a/b",
        );
        check(
            "host=/tmp/s user=postgres dbname=app",
            "host=/tmp/s user=postgres dbname=app dbname=liveagent_demo",
        );
    }
}
