//! Starts a PostgreSQL, prints how to reach it, and holds it until its input ends: for a terminal,
//! and for a test that kills this process.
//!
//! `local-postgres [DIRECTORY]`: without a directory the data is temporary.

use std::io::{Read as _, Write as _};
use std::process::ExitCode;

use local_postgres::{Directory, Error, Options, Settings, discover};

fn main() -> ExitCode {
    match hold() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: {}", error.report(&[]));
            ExitCode::from(error.exit_code())
        }
    }
}

fn hold() -> Result<(), Error> {
    let directory = match std::env::args_os().nth(1) {
        Some(path) => Directory::Kept {
            path: path.into(),
            fresh: false,
        },
        None => Directory::Temporary,
    };
    let options = Options {
        say: |line| {
            let _ = writeln!(std::io::stderr(), "{line}");
        },
        ..Options::from_env()
    };
    let server = discover(&options)?.start(&directory, &Settings::default())?;
    let _ = writeln!(
        std::io::stdout(),
        "{}\n{}",
        server.connection_string("postgres"),
        server.pid().unwrap_or_default()
    );
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
    Ok(())
}
