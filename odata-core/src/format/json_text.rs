//! The text of a JSON column, as the property's value.
//!
//! An application may store its JSON twice encoded: a JSON *string* that holds an object or array as
//! text. Then the property's value is that text (one unwrap); otherwise it is the column's text. A
//! statement that filters or sorts has to see exactly what the row shows, so the rule is one that
//! SQL can follow too, over the text alone:
//!
//! unwrap when the text matches `^[ \t\n\r]*"[ ]*[{[]` and not `\\u(0000|[dD][89a-fA-F])`, where
//! `\u0000` and surrogates are what PostgreSQL can't unwrap.

/// Writes the value of the JSON text `raw`, by pieces. `put` writes one: as it is, or escaped.
pub(super) fn write_json_text(out: &mut Vec<u8>, raw: &[u8], put: fn(&mut Vec<u8>, &[u8])) {
    match wrapped(raw) {
        Some(content) => unescape(out, content, put),
        None => put(out, raw),
    }
}

/// What follows the opening quote, where the text is to be unwrapped.
fn wrapped(raw: &[u8]) -> Option<&[u8]> {
    let content = raw.trim_ascii_start().strip_prefix(b"\"")?;
    let opens = content.trim_ascii_start().first()?;
    (matches!(opens, b'{' | b'[') && !has_unwrappable_escape(content)).then_some(content)
}

/// Whether there is `\u0000` or half a surrogate pair. A backslash that is itself escaped counts
/// too: the expression in SQL doesn't tell them apart either.
fn has_unwrappable_escape(text: &[u8]) -> bool {
    let mut rest = text;
    while let Some(at) = rest.iter().position(|byte| *byte == b'\\') {
        rest = rest.get(at + 1..).unwrap_or_default();
        if let [b'u', digits @ ..] = rest
            && matches!(
                digits,
                [b'0', b'0', b'0', b'0', ..]
                    | [b'd' | b'D', b'8' | b'9' | b'a'..=b'f' | b'A'..=b'F', ..]
            )
        {
            return true;
        }
    }
    false
}

/// Writes the inside of a JSON string up to its closing quote. The database has checked it; text
/// that is no JSON string after all is written as it stands.
fn unescape(out: &mut Vec<u8>, content: &[u8], put: fn(&mut Vec<u8>, &[u8])) {
    let mut rest = content;
    loop {
        let special = rest
            .iter()
            .position(|byte| matches!(byte, b'"' | b'\\'))
            .unwrap_or(rest.len());
        let (run, tail) = rest.split_at(special);
        put(out, run);
        let [b'\\', escape, tail @ ..] = tail else {
            return;
        };
        rest = tail;
        let plain = match escape {
            b'b' => 0x08,
            b'f' => 0x0c,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'u' => {
                let (c, tail) = hex_character(rest);
                put(out, c.encode_utf8(&mut [0; 4]).as_bytes());
                rest = tail;
                continue;
            }
            _ => *escape,
        };
        put(out, &[plain]);
    }
}

/// The character of four hexadecimal digits, and what follows them.
fn hex_character(text: &[u8]) -> (char, &[u8]) {
    let Some((digits, rest)) = text.split_first_chunk::<4>() else {
        return (char::REPLACEMENT_CHARACTER, &[]);
    };
    let number = digits.iter().try_fold(0, |number, digit| {
        Some(number * 16 + char::from(*digit).to_digit(16)?)
    });
    let c = number.and_then(char::from_u32);
    (c.unwrap_or(char::REPLACEMENT_CHARACTER), rest)
}

#[cfg(test)]
mod tests {
    use super::super::escape::{copy_lossy, escape_lossy};
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

    fn value(raw: &str) -> String {
        let mut out = Vec::new();
        write_json_text(&mut out, raw.as_bytes(), copy_lossy);
        let mut escaped = vec![b'"'];
        write_json_text(&mut escaped, raw.as_bytes(), escape_lossy);
        escaped.push(b'"');
        let text = String::from_utf8(out).unwrap();
        let back: String = serde_json::from_slice(&escaped).unwrap();
        assert_eq!(back, text, "both forms are one value");
        text
    }

    #[test]
    fn one_unwrap_of_an_object_or_array_in_a_string() {
        let check = |raw: &str, expect: &str| assert_eq!(value(raw), expect, "{raw}");
        check(r#"{"a": 1}"#, r#"{"a": 1}"#);
        check(r#""{\"a\": \"\u00e9\\n\"}""#, r#"{"a": "é\n"}"#);
        check(" \n\"  [1,\\t2]\" ", "  [1,\t2]");
        check(r#""plain""#, r#""plain""#);
        check(r#""""#, r#""""#);
        check("null", "null");
        check("", "");
        check("\"", "\"");
        // Not twice.
        check(r#""[\"{\\\"a\\\":1}\"]""#, r#"["{\"a\":1}"]"#);
        // Not where PostgreSQL can't.
        check(r#""{\"a\":\"\u0000\"}""#, r#""{\"a\":\"\u0000\"}""#);
        check(r#""{\"a\":\"\uD83d\"}""#, r#""{\"a\":\"\uD83d\"}""#);
        check(r#""{\"a\":\"\uDe00\"}""#, r#""{\"a\":\"\uDe00\"}""#);
        check(r#""[\\u0000]""#, r#""[\\u0000]""#);
        // Whitespace that is escaped is no whitespace to the expression.
        check(r#""\n{}""#, r#""\n{}""#);
        check(r#"{"a":"\ud800\u0000"}"#, r#"{"a":"\ud800\u0000"}"#);
    }

    #[test]
    fn a_megabyte() {
        let inner = format!("{{\"a\":\"{}\"}}", "x\\\"é".repeat(250_000));
        let raw = serde_json::to_string(&inner).unwrap();
        assert_eq!(value(&raw), inner);
    }

    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<i64>().prop_map(Value::from),
            "[ -~é\\n\u{1f600}]{0,12}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 16, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("[a-z\"]{0,3}", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn stored_twice_encoded_it_reads_as_if_stored_once(json in json()) {
            // A string that only looks like an object or array inside is unwrapped too: the rule asks
            // for no more than its first character.
            let looks = json.as_str().is_some_and(|text| text.trim_start().starts_with(['{', '[']));
            prop_assume!(!looks);
            let once = json.to_string();
            let twice = Value::from(once.clone()).to_string();
            prop_assert_eq!(value(&once), once.clone());
            let container = json.is_object() || json.is_array();
            // The text has `\u0000` only where a string says so by itself.
            let lower = twice.to_lowercase();
            let mut halves = lower.match_indices("\\ud").map(|(at, found)| at + found.len());
            let is_half = |at: usize| lower[at..].starts_with(|c: char| matches!(c, '8' | '9' | 'a'..='f'));
            let guarded = twice.contains("\\u0000") || halves.any(is_half);
            let unwraps = container && !guarded;
            prop_assert_eq!(value(&twice), if unwraps { once } else { twice });
        }

        #[test]
        fn any_text_has_a_value(raw in "[\"{\\[\\\\u0dD8a \\n]{0,24}") {
            value(&raw);
        }
    }
}
