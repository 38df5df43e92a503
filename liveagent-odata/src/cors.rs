//! Pages of other origins that may read answers (the CORS protocol of the Fetch standard).
//!
//! A preflight is an `OPTIONS` that the service answers in any case: what is added to that answer, and to
//! every other, is who may read it. So each refusal keeps its form, and tells its page why. Cookies and
//! credentials that a browser adds by itself are never allowed: a page sends its token.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD,
    HeaderMap, HeaderValue, ORIGIN, VARY,
};
use actix_web::http::{Method, Uri};
use actix_web::middleware::Next;
use std::str::FromStr;

/// The methods that a page may use.
const METHODS: &str = "GET, HEAD, OPTIONS";

/// The headers that a page may send: those that are read here, and those that libraries send with every
/// request whatever they are about.
const REQUEST_HEADERS: &str = "Accept, Accept-Charset, Accept-Language, Authorization, Content-Type, \
     DataServiceVersion, If-Match, If-None-Match, Isolation, MaxDataServiceVersion, OData-Isolation, \
     OData-MaxVersion, OData-Version, Prefer, X-CSRF-Token, X-Requested-With, apikey";

/// The headers of answers that a page may read beside those that it always may.
const RESPONSE_HEADERS: &str = "Allow, Content-Disposition, ETag, OData-Version, Preference-Applied, \
     Retry-After, WWW-Authenticate";

/// Seconds that a browser need not ask again; two hours are the most that Chromium takes.
const MAX_AGE: &str = "7200";

/// Where a page may come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// `*`: from everywhere.
    Any,
    /// Scheme, host and port, as browsers write them.
    One(String),
}

impl FromStr for Origin {
    type Err = String;

    fn from_str(text: &str) -> Result<Origin, String> {
        let text = text.trim();
        if text == "*" {
            return Ok(Origin::Any);
        }
        let expected = || {
            "expected an origin such as https://bi.example, without a path, or * for all of them"
                .to_owned()
        };
        let uri: Uri = text.parse().map_err(|_| expected())?;
        let Some(scheme @ ("http" | "https")) = uri.scheme_str() else {
            return Err(expected());
        };
        let authority = uri.authority().ok_or_else(expected)?.as_str();
        let is_bare = matches!(uri.path(), "" | "/") && uri.query().is_none();
        if !is_bare || authority.contains('@') || text.contains('#') {
            return Err(expected());
        }
        // Browsers leave out the port that a scheme has by itself.
        let usual = if scheme == "https" { ":443" } else { ":80" };
        let authority = authority.to_ascii_lowercase();
        let authority = authority.strip_suffix(usual).unwrap_or(&authority);
        Ok(Origin::One(format!("{scheme}://{authority}")))
    }
}

/// What the page of a request is told, where it comes from one of these origins.
fn allowed(origins: &[Origin], headers: &HeaderMap) -> Option<HeaderValue> {
    let from = headers.get(ORIGIN)?;
    if origins.contains(&Origin::Any) {
        return Some(HeaderValue::from_static("*"));
    }
    let is_it = |origin: &Origin| match origin {
        Origin::Any => true,
        Origin::One(one) => from == one.as_str(),
    };
    origins.iter().any(is_it).then(|| from.clone())
}

/// Answers, and says which page may read it. Without an origin nothing is said.
pub(crate) async fn answer<B: MessageBody>(
    origins: &[Origin],
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    let headers = request.headers();
    let allowed = allowed(origins, headers);
    let is_preflight =
        request.method() == Method::OPTIONS && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    let mut response = next.call(request).await?;
    let headers = response.headers_mut();
    if !origins.is_empty() && !origins.contains(&Origin::Any) {
        // A cache must not give one origin's answer to another.
        headers.append(VARY, HeaderValue::from_static("Origin"));
    }
    let Some(allowed) = allowed else {
        return Ok(response);
    };
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
    let more: &[_] = if is_preflight {
        &[
            (ACCESS_CONTROL_ALLOW_METHODS, METHODS),
            (ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS),
            (ACCESS_CONTROL_MAX_AGE, MAX_AGE),
        ]
    } else {
        &[(ACCESS_CONTROL_EXPOSE_HEADERS, RESPONSE_HEADERS)]
    };
    for (name, value) in more {
        headers.insert(name.clone(), HeaderValue::from_static(value));
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_as_browsers_write_them() {
        for (text, expected) in [
            ("*", Some("*")),
            ("https://bi.example", Some("https://bi.example")),
            (" https://BI.example/ ", Some("https://bi.example")),
            ("https://bi.example:443", Some("https://bi.example")),
            ("http://bi.example:443", Some("http://bi.example:443")),
            ("http://localhost:5173", Some("http://localhost:5173")),
            ("http://[::1]:80", Some("http://[::1]")),
            ("bi.example", None),
            ("null", None),
            ("", None),
            ("ftp://bi.example", None),
            ("https://bi.example/app", None),
            ("https://bi.example?a", None),
            ("https://bi.example/#a", None),
            ("https://me:secret@bi.example", None),
            ("https://*.bi.example, https://b", None),
        ] {
            let found = text.parse::<Origin>().ok().map(|origin| match origin {
                Origin::Any => "*".to_owned(),
                Origin::One(one) => one,
            });
            assert_eq!(found.as_deref(), expected, "{text}");
        }
    }
}
