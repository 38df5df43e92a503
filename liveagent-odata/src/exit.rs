//! How the program ends when it does not end well: a message for whoever started it, and a code for
//! whatever did (the codes are those of `sysexits.h`).

use crate::demo;
use std::fmt;
use std::io::Write as _;
use std::process::ExitCode;

/// The end of the program, with a reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exit {
    /// What the caller of the program gets.
    pub code: u8,
    /// What the person reads, on stderr, behind `error: `.
    pub message: String,
}

/// The command line is wrong.
pub const USAGE: u8 = 64;
/// Something that is needed is not there: PostgreSQL's programs, the address to listen on.
pub const UNAVAILABLE: u8 = 69;
/// A fault of this program.
pub const SOFTWARE: u8 = 70;
/// It may work the next time: the database cannot be reached.
pub const TEMPORARY: u8 = 75;
/// The database does not match the model.
pub const CONFIG: u8 = 78;

impl Exit {
    /// The end with this code.
    pub fn new(code: u8, message: impl Into<String>) -> Exit {
        Exit {
            code,
            message: message.into(),
        }
    }

    /// Says why, and gives the code.
    pub fn report(&self) -> ExitCode {
        // Nobody may be there to read it.
        let _ = writeln!(std::io::stderr(), "error: {self}");
        ExitCode::from(self.code)
    }
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Exit {}

impl From<demo::Error> for Exit {
    fn from(error: demo::Error) -> Exit {
        Exit::new(error.exit_code(), error.report())
    }
}
