//! The database: a [`Statement`](crate::sql::Statement) goes in, a [`RowStream`] of raw cells comes
//! out.
//!
//! This module alone names the driver. What is in a row is not known here: cells are bytes in
//! PostgreSQL's binary format with the OID of their type, and nothing is decoded.
//!
//! * `config`, `connection_string`, `tls`: a connection string to what the driver needs, with
//!   libpq's meanings of `sslmode`.
//! * `connect`, `socket`: one connection, its session set up: read only, UTC, with time-outs.
//! * `database`: [`Database`], what the stages right of this one see.
//! * `pool`, `cancel`: a connection is lent to one stream at a time. A stream that is dropped early
//!   has its statement cancelled, and nobody gets the connection before it is proven clean.
//! * `turns`, `home`: whose turn it is to use a connection, and on which thread that lives.
//! * `lane`: connections beside the pool for small reads, pipelined, never cancelled; `pages`: one for little pages.
//! * `splitter`, `row_queue`, `row`: the rows of a stream go round the driver, as they come from the socket.
//! * `stream`: those rows; a reader that pauses makes the server pause, so memory does not grow.
//! * `statement_cache`, `param`: one round trip for a request whose shape is known.
//! * `failure`: what went wrong, without the server's words.
//! * `catalogue`: what the database has, as `edm` wants it.

mod cancel;
mod catalogue;
mod config;
mod connect;
mod connection_string;
mod database;
mod failure;
mod home;
mod lane;
mod pages;
mod param;
mod pool;
mod row;
mod row_queue;
mod socket;
mod splitter;
mod statement_cache;
mod stream;
mod tls;
mod turns;

pub use config::DatabaseConfig;
pub use database::{Database, PoolOptions, Rows, Status};
pub use failure::{Failure, Reason};
pub use pages::Little;
pub use row::RawRow;
pub use stream::{ColumnInfo, RowStream};
