//! The integration suite: one binary, so one server, and a module for each feature.
#![allow(
    clippy::unwrap_used,
    reason = "a test fails by a panic, and so do its helpers"
)]

mod asking;
mod auth;
mod databases;
mod demo;
mod facts;
mod grants;
mod harness;
mod health;
mod odd_rows;
mod program;
mod recorded;
mod secrets;
mod startup;
mod streams;
mod tls;
mod wall;
