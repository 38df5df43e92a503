//! What the integration suite stands on: a PostgreSQL, databases on it, and what is loaded there.
//!
//! What comes in: the environment (`TEST_DATABASE_URL`, `TEST_POSTGRES`, `INSTALL_POSTGRES`;
//! `DATABASE_URL` is never read). What goes out: one server for each test binary
//! ([`Postgres::shared`]), databases named `t_*` on it ([`Database`]), rows in them ([`fixture`]),
//! and the service on one of them ([`Server`]), asked by a client that reads every byte
//! ([`Client`]).
#![allow(
    clippy::unwrap_used,
    reason = "a test fails by a panic, and so do its helpers"
)]

#[cfg(feature = "container")]
mod container;
mod database;
pub mod fixture;
mod http;
pub mod oracle;
mod postgres;
pub mod proxy;
pub mod readme;
pub mod sales;
mod server;
mod validate;

pub use database::{Database, WAITING_FOR_LOCKS};
pub use http::{Client, Response};
pub use postgres::Postgres;
pub use server::Server;
