//! The integration suite: one binary, so one server, and a module for each feature.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by a panic, and says what it did"
)]

mod abnf_http;
mod aggregation;
mod annotations;
mod apply;
mod apply_names;
mod apply_order;
mod apply_shapes;
mod arithmetic;
mod asking;
mod attacks;
mod audit;
mod auth;
mod casts;
mod client_rules;
mod compute;
mod conditions;
mod conformance_doc;
mod cors;
mod credentials;
mod crossjoin;
mod csv;
mod databases;
mod demo;
mod endings;
mod errors;
mod expand;
mod expressions;
mod extremes;
mod facts;
mod faults;
mod filter;
mod foreign_model;
mod grants;
mod harness;
mod headers;
mod health;
mod identity;
mod json_columns;
mod keys;
mod large;
mod levels;
mod limits;
mod metadata;
mod nested;
mod odd_rows;
mod openapi;
mod orderby;
mod own_model;
mod paging;
mod paths;
mod patterns;
mod power_query;
mod preferences;
mod program;
mod proxies;
mod recorded;
mod request_line;
mod revoked;
mod search;
mod secrets;
mod select;
mod startup;
mod streams;
mod team;
mod tls;
mod turns;
mod walk;
mod wall;
mod zones;
