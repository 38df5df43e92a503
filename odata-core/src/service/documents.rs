//! The service document and `$metadata`: made once for a schema, and not sent again to a client that
//! has them (Protocol 8.2.5).

use super::{Served, condition, respond};
use crate::describe;
use crate::error::Result;
use crate::format::{Format, MetadataLevel, Negotiated};
use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, ETAG, HeaderMap};
use actix_web::web::Bytes;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// The service document.
pub(super) fn service_document(
    served: &Served,
    negotiated: &Negotiated,
    root: &str,
    request: (&HeaderMap, bool),
) -> Result<HttpResponse> {
    let context =
        (negotiated.parameters.metadata != MetadataLevel::None).then(|| format!("{root}$metadata"));
    let document =
        describe::service_document(&served.schema, negotiated.version, context.as_deref());
    respond(negotiated, document.into(), request)
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
    respond(negotiated, document.clone(), request)
}

/// The document, or 304 where the client has this very one.
fn respond(
    negotiated: &Negotiated,
    document: Bytes,
    (headers, head): (&HeaderMap, bool),
) -> Result<HttpResponse> {
    let tag = entity_tag(&document);
    condition::check_match(headers, Some(&tag))?;
    let known = condition::is_known(headers, &tag);
    let mut response = match known {
        // Its headers take the place of those that the client has with its document.
        true => respond::start(304, negotiated.version),
        false => respond::agreed(200, negotiated, None),
    };
    response
        .insert_header((ETAG, tag))
        .insert_header((CACHE_CONTROL, "private, no-cache"));
    if known {
        return Ok(response.finish());
    }
    if head {
        response.no_chunking(document.len() as u64);
    }
    Ok(response.body(document))
}

/// A weak tag: compression on the way changes the bytes, not the document.
fn entity_tag(document: &[u8]) -> String {
    let mut tag = String::from("W/\"");
    for byte in Sha256::digest(document).iter().take(12) {
        let _ = write!(tag, "{byte:02x}");
    }
    tag + "\""
}
