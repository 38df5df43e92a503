//! Why there is no demo, in words for a person at a terminal.

use std::fmt;

use super::DATABASE;

/// What kept the demo from starting.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// No server of its own could be started.
    Launch(local_postgres::Error),
    /// The URL of the command line does not parse.
    Url(tokio_postgres::Error),
    /// There is a database of the demo's name that the demo did not make.
    Foreign {
        /// Where it is.
        server: String,
    },
    /// The database did not do what was asked of it.
    Database {
        /// What was being done.
        doing: String,
        /// What the database said.
        source: tokio_postgres::Error,
    },
    /// No randomness for the tokens.
    Random(std::io::Error),
    /// A fault of the demo.
    Unexpected(String),
}

impl Error {
    /// The exit status (`sysexits.h`).
    pub fn exit_code(&self) -> u8 {
        match self {
            Error::Launch(error) => error.exit_code(),
            Error::Url(_) => 64,
            Error::Foreign { .. } => 73,
            Error::Database { source, .. } if source.code().is_none() => 75,
            Error::Database { .. } | Error::Random(_) | Error::Unexpected(_) => 70,
        }
    }

    /// The whole message, with what to do about it where something can be done.
    pub fn report(&self) -> String {
        match self {
            Error::Launch(error) => error.report(&WAYS_OUT),
            other => other.to_string(),
        }
    }
}

const WAYS_OUT: [&str; 2] = [
    "--install-postgres                # lets this program run apt-get (root on Debian or Ubuntu)",
    "docker run --rm -e POSTGRES_PASSWORD=demo -p 127.0.0.1:5433:5432 postgres:17-alpine\n    \
     and then --database-url postgres://postgres:demo@127.0.0.1:5433/postgres",
];

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Launch(error) => error.fmt(f),
            Error::Url(error) => write!(f, "--database-url: {error}"),
            Error::Foreign { server } => write!(
                f,
                "there is a database '{DATABASE}' on {server} that this demo did not make; it is \
                 left alone: rename or drop it, or name another server"
            ),
            Error::Database { doing, source } => match source.as_db_error() {
                Some(error) => write!(f, "could not {doing}: {}", error.message()),
                None => {
                    write!(f, "could not {doing}: {source}")?;
                    let mut cause = std::error::Error::source(source);
                    while let Some(error) = cause {
                        write!(f, ": {error}")?;
                        cause = error.source();
                    }
                    Ok(())
                }
            },
            Error::Random(error) => write!(f, "could not read random bytes: {error}"),
            Error::Unexpected(what) => f.write_str(what),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Error::Launch(error) => Some(error),
            Error::Url(error) => Some(error),
            Error::Database { source, .. } => Some(source),
            Error::Random(error) => Some(error),
            Error::Foreign { .. } | Error::Unexpected(_) => None,
        }
    }
}

impl From<local_postgres::Error> for Error {
    fn from(error: local_postgres::Error) -> Error {
        Error::Launch(error)
    }
}
