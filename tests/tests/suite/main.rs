//! The integration suite: one binary, so one server, and a module for each feature.
#![allow(
    clippy::unwrap_used,
    reason = "a test fails by a panic, and so do its helpers"
)]

mod abnf_http;
mod aggregation;
mod annotations;
mod asking;
mod auth;
mod demo;
mod facts;
mod grants;
mod harness;
mod health;
mod program;
mod recorded;
mod startup;
