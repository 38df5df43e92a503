//! What can go wrong before a server runs, in words that say how to go on.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::OLDEST_MAJOR;

/// Why there is no server.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// There are no server programs in any of these places.
    NotFound {
        /// Where they were looked for.
        looked: Vec<String>,
    },
    /// There is a client, but no server.
    ClientOnly {
        /// The client that was found.
        psql: PathBuf,
    },
    /// The directory that was named has no server programs.
    NoPrograms {
        /// The directory.
        dir: PathBuf,
    },
    /// There are server programs, none of them new enough.
    TooOld {
        /// The newest of them.
        version: String,
        /// Where it is.
        dir: PathBuf,
    },
    /// PostgreSQL refuses root, and there is nobody else.
    NoUser {
        /// The user that was asked for, if one was.
        asked: Option<String>,
    },
    /// The packages could not be installed.
    Install(String),
    /// The directory can't be used for the data.
    Directory {
        /// The directory.
        path: PathBuf,
        /// Why not.
        why: String,
    },
    /// Another process runs its server there.
    InUse {
        /// The directory.
        path: PathBuf,
    },
    /// `initdb` failed; its last lines.
    Initdb(String),
    /// The server ended before it was ready; the last lines of its log.
    Ended(String),
    /// The server was not ready in time; the last lines of its log.
    NotReady {
        /// How long it had, in seconds.
        seconds: u64,
        /// The last lines of its log.
        log: String,
    },
    /// A system call failed.
    Io {
        /// What was being done.
        doing: String,
        /// What the system said.
        source: std::io::Error,
    },
}

impl Error {
    /// The exit status for a program that can't go on without the server (`sysexits.h`).
    pub fn exit_code(&self) -> u8 {
        match self {
            Error::NotFound { .. }
            | Error::ClientOnly { .. }
            | Error::NoPrograms { .. }
            | Error::TooOld { .. }
            | Error::Install(_) => 69,
            Error::Initdb(_) | Error::Ended(_) | Error::Io { .. } => 70,
            Error::Directory { .. } => 73,
            Error::NotReady { .. } | Error::InUse { .. } => 75,
            Error::NoUser { .. } => 77,
        }
    }

    /// The whole message: what is wrong, and what to do about it where there is something. The
    /// caller's own ways out (an option of its command line, say) come after ours.
    pub fn report(&self, ways_out: &[&str]) -> String {
        let mut text = self.to_string();
        let fixes: &[&str] = match self {
            Error::NotFound { .. }
            | Error::ClientOnly { .. }
            | Error::NoPrograms { .. }
            | Error::TooOld { .. }
            | Error::Install(_) => &PROGRAMS,
            _ => return text,
        };
        text.push_str("\nfix one of:");
        for line in fixes.iter().chain(ways_out) {
            text.push_str("\n  ");
            text.push_str(line);
        }
        text
    }

    pub(crate) fn io(doing: impl Into<String>) -> impl FnOnce(std::io::Error) -> Error {
        let doing = doing.into();
        move |source| Error::Io { doing, source }
    }

    pub(crate) fn directory(path: &Path, why: impl Into<String>) -> Error {
        Error::Directory {
            path: path.to_owned(),
            why: why.into(),
        }
    }
}

/// How one comes by the server programs.
const PROGRAMS: [&str; 3] = [
    "apt-get install -y postgresql     # Debian, Ubuntu; only the programs are used, not the system service",
    "brew install postgresql@17        # macOS",
    "POSTGRES_BIN=/path/to/pg/bin ...  # an installation elsewhere",
];

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::NotFound { looked } => write!(
                f,
                "no PostgreSQL server programs were found\n  looked for initdb + postgres in: {}",
                looked.join(", ")
            ),
            Error::ClientOnly { psql } => write!(
                f,
                "found '{}' but no server programs (initdb, postgres); install the server package",
                psql.display()
            ),
            Error::NoPrograms { dir } => write!(
                f,
                "no PostgreSQL server programs (initdb, postgres) in '{}'",
                dir.display()
            ),
            Error::TooOld { version, dir } => write!(
                f,
                "PostgreSQL {version} in '{}' is too old, {OLDEST_MAJOR} or newer is needed",
                dir.display()
            ),
            Error::NoUser { asked: None } => f.write_str(
                "PostgreSQL refuses to run as this user, and there is no unprivileged one \
                 (postgres, _postgres, nobody) to run it as",
            ),
            Error::NoUser { asked: Some(name) } => {
                write!(f, "PostgreSQL can't be run as the user '{name}'")
            }
            Error::Install(why) => write!(f, "PostgreSQL could not be installed: {why}"),
            Error::Directory { path, why } => {
                write!(f, "can't keep a database in '{}': {why}", path.display())
            }
            Error::InUse { path } => write!(
                f,
                "another process runs its PostgreSQL in '{}'; stop it first, or name another directory",
                path.display()
            ),
            Error::Initdb(lines) => write!(f, "initdb failed: {lines}"),
            Error::Ended(log) => write!(f, "PostgreSQL did not start; last log lines: {log}"),
            Error::NotReady { seconds, log } => write!(
                f,
                "PostgreSQL did not become ready in {seconds} s; last log lines: {log}"
            ),
            Error::Io { doing, source } => write!(f, "could not {doing}: {source}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Error::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}
