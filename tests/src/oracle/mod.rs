//! A second evaluator of `$filter`, `$orderby`, `$compute` and `$apply`, over rows in memory.
//!
//! What comes in: the tree of a URL (the parser is trusted) and a [`World`] of tables. What goes out:
//! an [`Outcome`], or a [`Fault`] that says that the request fails or that the standard leaves the
//! answer open. It is written from the text of the standard (URL Conventions 5.1, Data Aggregation 3)
//! and knows neither SQL nor the service's plan; names of sections are those of 4.01.

mod apply;
mod arithmetic;
mod cast;
mod compare;
mod decimal;
mod eval;
mod function;
mod instance;
mod literal;
mod path;
mod query;
mod reach;
mod temporal;
mod value;
mod world;

pub use compare::{Order, order};
pub use decimal::Decimal;
pub use eval::{Fault, constant_fault};
pub use instance::Instance;
pub use query::{Outcome, answer};
pub use value::{Type, Typed, Value};
pub use world::{Column, Nav, Table, World};
