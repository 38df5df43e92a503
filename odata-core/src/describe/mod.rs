//! Schema to what a service says about itself: the service document, `$metadata` and an OpenAPI
//! document.
//!
//! What comes in is a [`Schema`](crate::edm::Schema), what goes out is text. Who may read it and in
//! which format it is asked for are not known here.

mod annotations;
mod csdl_json;
mod csdl_xml;
mod facts;
mod json;
mod openapi;
mod service_document;
mod xml;

pub use csdl_json::csdl_json;
pub use csdl_xml::csdl_xml;
pub use openapi::{OpenApi, openapi};
pub use service_document::service_document;

#[cfg(test)]
mod tests;
