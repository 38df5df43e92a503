//! What an answer shows that its caller may not see.

use super::{Caller, NOBODYS};
use serde_json::Value;
use std::borrow::Cow;
use tests::Response;

/// Panics where an answer shows what its caller may not see.
#[track_caller]
pub(super) fn inspect(caller: Caller, url: &str, response: &Response) {
    let found = foreign(caller, url, response);
    assert!(
        found.is_none(),
        "{} sees '{}' of {url}: {}",
        caller.token,
        found.unwrap_or_default(),
        response.text()
    );
}

/// What an answer shows that its caller may not see. What the request says itself comes back in
/// links and error texts, and is no news.
fn foreign(caller: Caller, url: &str, response: &Response) -> Option<String> {
    let text = &*keyed(response);
    let marks = || caller.foreign.iter().chain(NOBODYS);
    let mut shown = None;
    if marks().any(|mark| shows(text, mark)) {
        let decoded = decoded(url);
        let without_links = match serde_json::from_str::<Value>(text) {
            Ok(_) => without_links(text),
            // A row in each line, or no JSON at all.
            Err(_) => text.lines().map(without_links).collect(),
        };
        let said = |mark: &str| response.status >= 400 && decoded.contains(mark);
        shown = marks().find(|mark| shows(&without_links, mark) && !said(mark));
    }
    let in_token = || {
        let tokens = text
            .split("skiptoken=")
            .skip(1)
            .map(|rest| rest.split(['"', '&']).next().unwrap_or(""));
        let tokens: Vec<String> = tokens
            .map(|token| String::from_utf8_lossy(&base64(token)).into_owned())
            .collect();
        marks().find(|mark| tokens.iter().any(|token| token.contains(**mark)))
    };
    shown.or_else(in_token).map(|mark| (*mark).to_owned())
}

/// Whether a mark stands in a text. One of digits means nothing behind a decimal point: no value has it there, but
/// of a hundred thousand averages one does.
fn shows(text: &str, mark: &str) -> bool {
    let is_number = mark.bytes().all(|byte| byte.is_ascii_digit());
    let mut places = text.match_indices(mark).map(|(place, _)| &text[..place]);
    places.any(|before| {
        let whole = before.trim_end_matches(|c: char| c.is_ascii_digit());
        let is_fraction = whole
            .strip_suffix('.')
            .is_some_and(|whole| whole.ends_with(|c: char| c.is_ascii_digit()));
        !(is_number && is_fraction)
    })
}

#[test]
fn the_digits_of_an_average_are_no_mark() {
    for (text, expected) in [
        (r#"{"a":2.4489795918367347}"#, false),
        (r#"{"a":5918367}"#, true),
        (r#"{"a":15918367.25,"b":2.5}"#, true),
        (r#"{"a":2.5,"b":59183670}"#, true),
        (r#"{"a":"v.5918367"}"#, true),
    ] {
        assert_eq!(shows(text, "5918367"), expected, "{text}");
    }
}

/// The answer's text, where CSV begins with keys as JSON would have them.
fn keyed(response: &Response) -> Cow<'_, str> {
    let text = response.text();
    match response.header("content-type") {
        Some(ty) if ty.starts_with("text/csv") && text.starts_with("id") => {
            Cow::Owned(text.replace("\r\n", "\r\n\"id\":"))
        }
        _ => Cow::Borrowed(text),
    }
}

fn without_links(text: &str) -> String {
    match serde_json::from_str(text) {
        Ok(mut value) => {
            drop_links(&mut value);
            value.to_string()
        }
        Err(_) => text.to_owned(),
    }
}

fn drop_links(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|name, _| {
                !name.ends_with("nextLink")
                    && !name.ends_with(".context")
                    && !name.ends_with("@context")
            });
            members.values_mut().for_each(drop_links);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_links),
        _ => {}
    }
}

/// The bytes of a text in base64url; what isn't that is left out.
fn base64(text: &str) -> Vec<u8> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let (mut bits, mut count, mut bytes) = (0u32, 0, Vec::new());
    for digit in text
        .bytes()
        .filter_map(|byte| DIGITS.iter().position(|it| *it == byte))
    {
        bits = bits << 6 | u32::try_from(digit).unwrap();
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
        }
    }
    bytes
}

fn decoded(url: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = url.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let hex = tail.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        match hex.and_then(|two| u8::from_str_radix(two, 16).ok()) {
            Some(byte) if *first == b'%' => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
