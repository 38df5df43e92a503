//! Headers and documents: what every response has.

use crate::edm::Version;
use crate::error::{Code, Error};
use crate::format::{self, Negotiated};
use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName,
    HeaderValue, REFERRER_POLICY, RETRY_AFTER, VARY, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::{HttpResponse, HttpResponseBuilder};

/// The methods that are answered.
pub(super) const METHODS: &str = "GET, HEAD, OPTIONS";

pub(super) const ODATA_VERSION: HeaderName = HeaderName::from_static("odata-version");
/// The number of the request in the log.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");

/// Whatever a browser takes an answer for, nothing in it runs, loads or is framed: the texts are those
/// that visitors of websites wrote.
const SANDBOX: &str = "default-src 'none'; frame-ancestors 'none'; sandbox";

/// What every response says beside its version.
const HEADERS: [(HeaderName, &str); 5] = [
    (CACHE_CONTROL, "no-store"),
    (REFERRER_POLICY, "no-referrer"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (CONTENT_SECURITY_POLICY, SANDBOX),
    (VARY, format::VARY),
];

/// A response without content yet: status and the headers that all have.
pub(super) fn start(status: u16, version: Version) -> HttpResponseBuilder {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::build(status);
    let version = (ODATA_VERSION, version.name());
    for (name, value) in HEADERS.into_iter().chain([version]) {
        response.insert_header((name, HeaderValue::from_static(value)));
    }
    response
}

/// A response in the agreed format.
pub(super) fn agreed(
    status: u16,
    negotiated: &Negotiated,
    page_size: Option<u64>,
) -> HttpResponseBuilder {
    let mut response = start(status, negotiated.version);
    response.insert_header((CONTENT_TYPE, negotiated.content_type()));
    if let Some(applied) = negotiated.preferences.applied(negotiated.format, page_size)
        && let Ok(value) = HeaderValue::from_str(&applied)
    {
        response.insert_header((PREFERENCE_APPLIED, value));
    }
    response
}

/// Null: a property without a value, a to-one navigation that leads nowhere (Protocol 9.1.4).
pub(super) fn no_content(negotiated: &Negotiated) -> HttpResponse {
    start(204, negotiated.version).finish()
}

/// An error as OData's error object (JSON Format 21).
pub(super) fn error(error: &Error, version: Version, realm: &str) -> HttpResponse {
    let mut response = start(error.status(), version);
    response
        .insert_header((CONTENT_TYPE, error_content_type(version)))
        .insert_header((CONTENT_LANGUAGE, "en"));
    if let Some(seconds) = error.retry_after_seconds() {
        response.insert_header((RETRY_AFTER, seconds.to_string()));
    }
    match error.code() {
        Code::Unauthorized => {
            response.append_header((
                WWW_AUTHENTICATE,
                format!("Basic realm=\"{realm}\", charset=\"UTF-8\""),
            ));
            response.append_header((WWW_AUTHENTICATE, format!("Bearer realm=\"{realm}\"")));
        }
        Code::MethodNotAllowed => {
            response.insert_header((ALLOW, METHODS));
        }
        _ => {}
    }
    response.body(BoxBody::new(format::error_body(error)))
}

fn error_content_type(version: Version) -> String {
    format!("application/json;{}metadata=minimal", version.prefix())
}
