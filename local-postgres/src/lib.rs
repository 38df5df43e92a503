//! A PostgreSQL of one's own, from the server programs of this machine.
//!
//! What comes in: where to look for the programs ([`Options`]), where to keep the data
//! ([`Directory`]) and what the server should be like ([`Settings`]). What goes out: a [`Server`]
//! that runs as long as the value lives, and not a moment longer, even if this process is killed
//! with `kill -9`. It listens on a Unix socket that only its user (and root) can reach, so nothing
//! else on the machine meets it, and it runs as root too, where PostgreSQL by itself refuses.
//!
//! Not known here: what is stored in it, and how to speak to it.
//!
//! ```no_run
//! # fn main() -> Result<(), local_postgres::Error> {
//! use local_postgres::{Directory, Options, Settings, discover};
//!
//! let installation = discover(&Options::from_env())?;
//! let server = installation.start(&Directory::Temporary, &Settings::default())?;
//! println!("{}", server.connection_string("postgres"));
//! # Ok(()) }
//! ```

mod directory;
mod discover;
mod error;
mod install;
mod process;
mod run_as;
mod server;

pub use directory::Directory;
pub use discover::{Installation, Options, discover};
pub use error::Error;
pub use server::{Server, Settings, Tls};

/// The first major version of PostgreSQL that is used.
pub const OLDEST_MAJOR: u32 = 14;
