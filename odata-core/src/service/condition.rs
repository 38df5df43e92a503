//! Conditional requests (Protocol 8.2.4, 8.2.5; RFC 9110, 13). Documents have an entity tag, data has
//! none.

use crate::error::{Code, Error, Result};
use actix_web::http::header::{HeaderMap, HeaderName, IF_MATCH, IF_NONE_MATCH};

/// Refuses a request whose `If-Match` names other tags than that of its resource; `*` is any. Tags
/// are compared weakly, as the standard wants it.
pub(super) fn check_match(headers: &HeaderMap, tag: Option<&str>) -> Result<()> {
    let mut named = tags(headers, &IF_MATCH).peekable();
    if named.peek().is_none() || named.any(|named| is_same(named, tag)) {
        return Ok(());
    }
    let message = match tag {
        Some(_) => "the resource is no longer what 'If-Match' names",
        None => "the resource has no entity tag, expected no 'If-Match' but '*'",
    };
    Err(Error::new(Code::PreconditionFailed, message).target("If-Match"))
}

/// Whether `If-None-Match` names the tag: the client has what it would get.
pub(super) fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    tags(headers, &IF_NONE_MATCH).any(|named| is_same(named, Some(tag)))
}

fn tags<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    let values = headers
        .get_all(name)
        .filter_map(|value| value.to_str().ok());
    let tags = values.flat_map(|value| value.split(',')).map(str::trim);
    tags.filter(|tag| !tag.is_empty())
}

fn is_same(named: &str, tag: Option<&str>) -> bool {
    let opaque = |tag: &'_ str| tag.trim_start_matches("W/").to_owned();
    named == "*" || tag.is_some_and(|tag| opaque(named) == opaque(tag))
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::HeaderValue;

    const TAG: &str = "W/\"1\"";

    #[test]
    fn a_tag_is_known_in_every_form() {
        for (value, same) in [
            ("W/\"1\"", true),
            ("\"1\"", true),
            ("*", true),
            ("\"a\", W/\"1\"", true),
            ("W/\"other\"", false),
            ("1", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(IF_NONE_MATCH, HeaderValue::from_static(value));
            headers.insert(IF_MATCH, HeaderValue::from_static(value));
            assert_eq!(is_known(&headers, TAG), same, "{value}");
            assert_eq!(check_match(&headers, Some(TAG)).is_ok(), same, "{value}");
            assert_eq!(check_match(&headers, None).is_ok(), value == "*", "{value}");
        }
        assert!(check_match(&HeaderMap::new(), None).is_ok());
        assert!(!is_known(&HeaderMap::new(), TAG));
    }
}
