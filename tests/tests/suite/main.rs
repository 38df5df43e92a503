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
mod conformance_doc;
mod databases;
mod demo;
mod errors;
mod expand;
mod facts;
mod filter;
mod grants;
mod harness;
mod headers;
mod health;
mod identity;
mod metadata;
mod odd_rows;
mod orderby;
mod paging;
mod paths;
mod program;
mod recorded;
mod secrets;
mod select;
mod startup;
mod tls;
mod wall;
