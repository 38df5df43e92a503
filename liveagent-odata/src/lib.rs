//! The Live Agent OData analytics endpoint.

pub mod entities;
