//! A read-only OData 4.01 server over PostgreSQL.
//!
//! One GET becomes one SQL statement becomes one stream of bytes. The modules are the stages, from
//! left to right; a module imports only from its left.

pub mod describe;
pub mod edm;
pub mod error;
pub mod format;
pub mod limits;
pub mod sql;
pub mod uri;

pub use odata_derive::ODataEntity;
