//! The service document, `$metadata` and the OpenAPI document: made once for a schema and where they tell
//! that the service is, and not sent again to a client that has them (Protocol 8.2.5).

use super::{Served, condition, respond};
use crate::describe;
use crate::edm::Version;
use crate::error::Result;
use crate::format::{Format, MetadataLevel, Negotiated};
use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, ETAG, HeaderMap};
use actix_web::web::Bytes;
use moka::future::Cache;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::sync::Arc;

/// A document and its entity tag.
pub(super) struct Document {
    content: Bytes,
    /// A weak one: compression on the way changes the bytes, not the document.
    pub(super) tag: Arc<str>,
}

impl Document {
    pub(super) fn new(content: String) -> Document {
        let mut tag = String::from("W/\"");
        for byte in Sha256::digest(&content).iter().take(12) {
            let _ = write!(tag, "{byte:02x}");
        }
        Document {
            content: content.into(),
            tag: (tag + "\"").into(),
        }
    }
}

/// Documents that tell where the service is.
const MADE: u64 = 16;

/// The documents that were made for a root.
pub(super) type Made = Cache<Making, Arc<Document>>;

/// What a document is made for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Making {
    ServiceDocument(String, Version, MetadataLevel),
    OpenApi(String),
}

/// None is made yet.
pub(super) fn made() -> Made {
    Cache::new(MADE)
}

/// What follows the root in the URL of the OpenAPI document. No set has a name with a dot.
pub(super) const OPENAPI: &str = "openapi.json";

/// The service document.
pub(super) async fn service_document(
    served: &Served,
    negotiated: &Negotiated,
    root: &str,
    request: (&HeaderMap, bool),
) -> Result<HttpResponse> {
    let (version, level) = (negotiated.version, negotiated.parameters.metadata);
    let make = async {
        let context = (level != MetadataLevel::None).then(|| format!("{root}$metadata"));
        let tag = (level == MetadataLevel::Full).then_some(&*served.csdl_xml.tag);
        let context = context.as_deref();
        let text = describe::service_document(&served.schema, version, context, tag);
        Arc::new(Document::new(text))
    };
    let making = Making::ServiceDocument(root.to_owned(), version, level);
    let document = served.made.get_with(making, make).await;
    respond(negotiated, &document, request)
}

/// The metadata document.
pub(super) fn metadata(
    served: &Served,
    negotiated: &Negotiated,
    request: (&HeaderMap, bool),
) -> Result<HttpResponse> {
    let document = match negotiated.format {
        Format::CsdlJson => &served.csdl_json,
        _ => &served.csdl_xml,
    };
    respond(negotiated, document, request)
}

/// The OpenAPI document.
pub(super) async fn openapi(
    served: &Served,
    negotiated: &Negotiated,
    root: &str,
    request: (&HeaderMap, bool),
) -> Result<HttpResponse> {
    let make = async { Arc::new(Document::new(served.openapi.text(root))) };
    let making = Making::OpenApi(root.to_owned());
    let document = served.made.get_with(making, make).await;
    respond(negotiated, &document, request)
}

/// The document, or 304 where the client has this very one.
fn respond(
    negotiated: &Negotiated,
    document: &Document,
    (headers, head): (&HeaderMap, bool),
) -> Result<HttpResponse> {
    let Document { content, tag } = document;
    condition::check_match(headers, Some(tag))?;
    let known = condition::is_known(headers, tag);
    let mut response = match known {
        // Its headers take the place of those that the client has with its document.
        true => respond::start(304, negotiated.version),
        false => respond::agreed(200, negotiated, None),
    };
    response
        .insert_header((ETAG, &**tag))
        .insert_header((CACHE_CONTROL, "private, no-cache"));
    if known {
        return Ok(response.finish());
    }
    if head {
        response.no_chunking(content.len() as u64);
    }
    Ok(response.body(content.clone()))
}
