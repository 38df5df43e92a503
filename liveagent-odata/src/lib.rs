//! The Live Agent OData analytics endpoint.

pub mod demo;
pub mod entities;
