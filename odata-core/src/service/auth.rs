//! Who asks: credentials as a client may send them, and what a service makes of them.

use crate::edm::Scope;
use crate::error::{Code, Error, Result};
use crate::format::TokenKey;
use actix_web::http::header::{AUTHORIZATION, HeaderMap};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::future::BoxFuture;
use percent_encoding::percent_decode_str;
use std::fmt;

/// A text that no log shows.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// A secret of this text.
    pub fn new(text: impl Into<String>) -> Secret {
        Secret(text.into())
    }

    /// The text, for the one place that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// An access token and how it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The token.
    pub token: Secret,
    /// Whether it stood in the URL: next links then carry it too.
    pub in_query: bool,
}

/// Whom a service knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// What the log calls them: never the token.
    pub name: String,
    /// What they may see.
    pub scope: Scope,
}

/// Decides who may ask.
pub trait Authenticate: Send + Sync + 'static {
    /// The caller behind a token: 401 for one that nobody has, 403 for one whose holder may see
    /// nothing here.
    fn authenticate<'a>(&'a self, token: &'a Secret) -> BoxFuture<'a, Result<Caller>>;
}

/// The credentials of a request: `Authorization: Bearer`, `Authorization: Basic` with the token as
/// password, the header `apikey`, the query option `apikey` where that is allowed. None are none;
/// several must agree.
pub(super) fn credentials(
    headers: &HeaderMap,
    raw_query: &str,
    allow_query: bool,
) -> Result<Option<Credentials>> {
    if !allow_query && raw_query.split('&').any(is_query_token) {
        let message = "an access token in the URL ('apikey=') is not taken by this service";
        return Err(Error::new(Code::Unauthorized, message)
            .target("apikey")
            .hint(WITHOUT_URL));
    }
    let mut found: Vec<Credentials> = Vec::new();
    for value in headers.get_all(AUTHORIZATION) {
        found.push(from_header(authorization(value.as_bytes())?));
    }
    for value in headers.get_all("apikey") {
        let token =
            std::str::from_utf8(value.as_bytes()).map_err(|_| malformed("the header 'apikey'"))?;
        found.push(from_header(token.trim().to_owned()));
    }
    for token in query_tokens(raw_query) {
        found.push(Credentials {
            token: Secret(token?),
            in_query: true,
        });
    }
    let Some(first) = found.first().cloned() else {
        return Ok(None);
    };
    if found.iter().any(|other| other.token != first.token) {
        let message = "the request has several credentials that differ";
        return Err(Error::new(Code::AmbiguousCredentials, message).hint("send one of them"));
    }
    if first.token.0.is_empty() {
        return Err(malformed("the access token is empty: this"));
    }
    // The URL is what a next link is made of: a token there must stand there again.
    Ok(Some(Credentials {
        in_query: found.iter().all(|credentials| credentials.in_query),
        ..first
    }))
}

/// The error for those who sent nothing.
pub(super) fn missing(allow_query: bool) -> Error {
    Error::new(Code::Unauthorized, "the request has no access token").hint(match allow_query {
        true => {
            "paste the collection's URL, or use Basic with the token as password; the URL ends in \
             '?apikey=<access token>', a script sends 'Authorization: Bearer <access token>'"
        }
        false => WITHOUT_URL,
    })
}

/// The ways that no URL remembers.
const WITHOUT_URL: &str = "use Basic with the token as password; a script sends 'Authorization: \
                           Bearer <access token>' or the header 'apikey'";

/// The key under which a caller's next links are sealed.
pub(super) fn token_key(credentials: Option<&Credentials>) -> TokenKey {
    TokenKey::derive(credentials.map_or("", |credentials| credentials.token.expose()))
}

fn from_header(token: String) -> Credentials {
    Credentials {
        token: Secret(token),
        in_query: false,
    }
}

fn malformed(what: &str) -> Error {
    Error::new(Code::Unauthorized, format!("{what} is no access token"))
}

fn authorization(value: &[u8]) -> Result<String> {
    let text = std::str::from_utf8(value)
        .map_err(|_| malformed("the header 'Authorization'"))?
        .trim();
    let (scheme, rest) = text.split_once(' ').unwrap_or((text, ""));
    let rest = rest.trim();
    if scheme.eq_ignore_ascii_case("bearer") {
        return Ok(rest.to_owned());
    }
    if scheme.eq_ignore_ascii_case("basic") {
        let decoded = STANDARD
            .decode(rest)
            .ok()
            .and_then(|bytes| String::from_utf8(bytes).ok());
        // The user's name does not matter: the token is the password.
        let token = decoded
            .as_deref()
            .and_then(|pair| pair.split_once(':'))
            .map(|(_, password)| password.to_owned());
        return token.ok_or_else(|| malformed("what 'Authorization: Basic' holds"));
    }
    Err(Error::new(
        Code::Unauthorized,
        "the scheme of 'Authorization' is not known, expected 'Bearer' or 'Basic'",
    ))
}

/// The values of the query option `apikey`, decoded.
fn query_tokens(raw_query: &str) -> impl Iterator<Item = Result<String>> {
    raw_query.split('&').filter_map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let name = percent_decode_str(name).decode_utf8().ok()?;
        (name == "apikey").then(|| {
            let spaced = value.replace('+', " ");
            let decoded = percent_decode_str(&spaced)
                .decode_utf8()
                .map(std::borrow::Cow::into_owned);
            decoded.map_err(|_| malformed("what 'apikey' holds"))
        })
    })
}

/// Whether a raw query option is the one that holds the token.
pub(super) fn is_query_token(raw_pair: &str) -> bool {
    let name = raw_pair.split_once('=').map_or(raw_pair, |(name, _)| name);
    percent_decode_str(name)
        .decode_utf8()
        .is_ok_and(|name| name == "apikey")
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::{HeaderName, HeaderValue};

    #[track_caller]
    fn check(
        headers: &[(&'static str, &str)],
        query: &str,
        expected: std::result::Result<Option<&str>, Code>,
    ) {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(
                HeaderName::from_static(name),
                HeaderValue::from_str(value).unwrap(),
            );
        }
        let found = credentials(&map, query, true);
        let found = found
            .map(|found| found.map(|found| found.token.0))
            .map_err(|error| error.code());
        assert_eq!(found, expected.map(|token| token.map(str::to_owned)));
    }

    #[test]
    fn every_form_is_read() {
        check(&[], "", Ok(None));
        check(&[("authorization", "Bearer abc")], "", Ok(Some("abc")));
        check(&[("authorization", "bearer  abc ")], "", Ok(Some("abc")));
        check(
            &[("authorization", "Basic dXNlcjphYmM=")],
            "",
            Ok(Some("abc")),
        );
        check(&[("apikey", "abc")], "", Ok(Some("abc")));
        check(&[], "$top=1&apikey=a%2Bb%2Fc%3D", Ok(Some("a+b/c=")));
        check(&[], "%61pikey=abc", Ok(Some("abc")));
        check(
            &[("authorization", "Bearer abc")],
            "apikey=abc",
            Ok(Some("abc")),
        );
    }

    #[test]
    fn what_is_wrong_is_refused() {
        check(&[("authorization", "Bearer")], "", Err(Code::Unauthorized));
        check(
            &[("authorization", "Digest x")],
            "",
            Err(Code::Unauthorized),
        );
        check(&[("authorization", "Basic !")], "", Err(Code::Unauthorized));
        check(&[], "apikey=", Err(Code::Unauthorized));
        check(&[], "apikey=%ff", Err(Code::Unauthorized));
        check(
            &[("authorization", "Bearer abc")],
            "apikey=abd",
            Err(Code::AmbiguousCredentials),
        );
    }

    #[test]
    fn the_form_in_the_url_can_be_turned_off() {
        let map = HeaderMap::new();
        for query in ["apikey=abc", "$top=1&%61pikey=abc", "apikey", "apikey=%ff"] {
            let error = credentials(&map, query, false).unwrap_err();
            assert_eq!(error.code(), Code::Unauthorized, "{query}");
            assert_eq!(error.target_name(), Some("apikey"));
        }
        assert_eq!(credentials(&map, "$top=1", false), Ok(None));
    }

    #[test]
    fn no_debug_output_shows_a_token() {
        let credentials = Credentials {
            token: Secret::new("s3cret"),
            in_query: true,
        };
        assert!(!format!("{credentials:?}").contains("s3cret"));
    }
}
