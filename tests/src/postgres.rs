//! The server of a test binary, found in one of three ways.

use std::env;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::OnceLock;

use local_postgres::{Directory, Installation, Options, Server, Settings, discover};
use tokio_postgres::config::Host;
use tokio_postgres::{Client, Config, NoTls};

use crate::database;

/// The server that the tests of one binary share.
#[derive(Debug)]
pub struct Postgres {
    config: Config,
    installation: Option<Installation>,
    /// Statics are not dropped; it ends as its pipe closes with the process.
    _server: Option<Server>,
}

impl Postgres {
    /// The server, started or found at the first call:
    ///
    /// 1. `TEST_DATABASE_URL`: a server that is there, on which only databases named `t_*` are made;
    /// 2. `TEST_POSTGRES=container`: one in a container (with the feature `container`; the tag of
    ///    the image is `TEST_POSTGRES_TAG`);
    /// 3. otherwise, and with `TEST_POSTGRES=local` in any case, the programs of this machine.
    ///
    /// Panics with what to do about it where there is none: a suite that skips its tests is green
    /// for the wrong reason.
    pub fn shared() -> &'static Postgres {
        static SHARED: OnceLock<Postgres> = OnceLock::new();
        SHARED.get_or_init(|| match Postgres::find() {
            Ok(postgres) => postgres,
            Err(message) => panic!("{message}"),
        })
    }

    /// A server of the test's own, for faults and odd settings. It always comes from the programs
    /// of this machine.
    pub fn own(settings: &Settings) -> Server {
        installation()
            .and_then(|installation| {
                installation
                    .start(&Directory::Temporary, settings)
                    .map_err(|error| error.report(&[]))
            })
            .unwrap_or_else(|message| panic!("{message}"))
    }

    /// How to reach it, to make databases.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// A client program of the server's version (`pg_dump`, `psql`), where it is known.
    pub fn program(&self, name: &str) -> Option<PathBuf> {
        let path = self.installation.as_ref()?.bin_dir().join(name);
        path.is_file().then_some(path)
    }

    fn find() -> Result<Postgres, String> {
        let wish = env::var("TEST_POSTGRES").unwrap_or_default();
        let url = env::var("TEST_DATABASE_URL").unwrap_or_default();
        match (wish.as_str(), url.as_str()) {
            ("" | "local", "") | ("local", _) => Postgres::local(),
            ("", url) => Postgres::at(url),
            ("container", _) => Postgres::container(),
            (other, _) => Err(format!(
                "TEST_POSTGRES is '{other}', expected 'local' or 'container'"
            )),
        }
    }

    fn local() -> Result<Postgres, String> {
        let installation = installation()?;
        let settings = Settings {
            // Each test holds some connections, and they run side by side.
            parameters: vec![("max_connections".to_owned(), "400".to_owned())],
            ..Settings::default()
        };
        let server = installation
            .start(&Directory::Temporary, &settings)
            .map_err(|error| error.report(&WAYS_OUT))?;
        say(&format!(
            "tests: PostgreSQL {} of this machine ({}), as the user {}",
            installation.version(),
            installation.bin_dir().display(),
            installation.run_as()
        ));
        Ok(Postgres {
            config: server
                .connection_string("postgres")
                .parse()
                .expect("the launcher writes connection strings that parse"),
            installation: Some(installation),
            _server: Some(server),
        })
    }

    fn at(url: &str) -> Result<Postgres, String> {
        let config: Config = url
            .parse()
            .map_err(|error| format!("TEST_DATABASE_URL does not parse: {error}"))?;
        say(&format!(
            "tests: the server of TEST_DATABASE_URL ({}); databases named t_* are made there",
            place(&config)
        ));
        // The programs are only for pg_dump here.
        let installation = discover(&Options::default()).ok();
        let postgres = Postgres {
            config,
            installation,
            _server: None,
        };
        database::remove_leftovers(&postgres.config).map_err(|error| {
            format!(
                "can't use the server of TEST_DATABASE_URL ({}): {error}",
                place(&postgres.config)
            )
        })?;
        Ok(postgres)
    }

    #[cfg(feature = "container")]
    fn container() -> Result<Postgres, String> {
        let (config, what) = crate::container::start()?;
        say(&format!("tests: {what} in a container"));
        Ok(Postgres {
            config,
            installation: discover(&Options::default()).ok(),
            _server: None,
        })
    }

    #[cfg(not(feature = "container"))]
    fn container() -> Result<Postgres, String> {
        Err(
            "TEST_POSTGRES=container needs the feature: cargo test -p tests --features container"
                .to_owned(),
        )
    }
}

const WAYS_OUT: [&str; 3] = [
    "INSTALL_POSTGRES=1 cargo test ...  # lets the tests run apt-get, as root on Debian or Ubuntu",
    "TEST_DATABASE_URL=postgres://user:pass@host/postgres  # a server on which databases named t_* may be made",
    "TEST_POSTGRES=container cargo test --features tests/container",
];

fn installation() -> Result<Installation, String> {
    let options = Options {
        say,
        ..Options::from_env()
    };
    discover(&options).map_err(|error| format!("error: {}", error.report(&WAYS_OUT)))
}

/// Opens a connection that ends with the client.
pub(crate) async fn connect(config: &Config) -> Result<Client, tokio_postgres::Error> {
    let (client, connection) = config.connect(NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

/// A connection string of a configuration, with what these tests use of it.
pub(crate) fn connection_string(config: &Config) -> String {
    let quoted = |value: &str| format!("'{}'", value.replace('\\', "\\\\").replace('\'', "\\'"));
    let mut parts = Vec::new();
    let hosts: Vec<String> = config.get_hosts().iter().map(host).collect();
    parts.push(format!("host={}", quoted(&hosts.join(","))));
    let ports: Vec<String> = config.get_ports().iter().map(u16::to_string).collect();
    if !ports.is_empty() {
        parts.push(format!("port={}", ports.join(",")));
    }
    if let Some(user) = config.get_user() {
        parts.push(format!("user={}", quoted(user)));
    }
    if let Some(password) = config.get_password() {
        parts.push(format!(
            "password={}",
            quoted(&String::from_utf8_lossy(password))
        ));
    }
    if let Some(database) = config.get_dbname() {
        parts.push(format!("dbname={}", quoted(database)));
    }
    parts.join(" ")
}

/// The place of a server for messages: no user, no password.
fn place(config: &Config) -> String {
    let hosts: Vec<String> = config.get_hosts().iter().map(host).collect();
    let ports: Vec<String> = config.get_ports().iter().map(u16::to_string).collect();
    format!("{}:{}", hosts.join(","), ports.join(","))
}

fn host(host: &Host) -> String {
    match host {
        Host::Tcp(name) => name.clone(),
        Host::Unix(path) => path.display().to_string(),
    }
}

/// Says it to whoever runs the tests, past the capture of their output.
pub(crate) fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
