//! A read-only OData 4.01 server over PostgreSQL.
//!
//! One GET becomes one SQL statement becomes one stream of bytes. The modules are the stages, from
//! left to right; a module imports only from its left.

pub mod db;
pub mod describe;
pub mod edm;
pub mod error;
pub mod format;
pub mod functions;
pub mod limits;
pub mod plan;
pub mod service;
pub mod sql;
pub mod uri;

// The trait and the macro that writes it, under one name.
pub use edm::ODataEntity;
pub use odata_derive::ODataEntity;

// The macro's expansion says `::odata_core`, in the tests of this crate too.
#[cfg(test)]
extern crate self as odata_core;
