//! Percent-decoding, with the way back.
//!
//! In: one piece of a URL as the client wrote it (a query option's name or value, or the path). Out:
//! its text, decoded exactly once, and for each byte of it the character of the piece that it came
//! from, so that an error points at what the client wrote. What the text means is not known here.

use crate::error::{Code, Error, Result, Span};
use std::borrow::Cow;

/// A decoded piece of a URL.
#[derive(Debug, Clone)]
pub(crate) struct Text<'a> {
    /// The decoded text.
    text: Cow<'a, str>,
    places: Places,
}

/// Where the bytes of a text come from.
#[derive(Debug, Clone)]
enum Places {
    /// The text is what the client wrote, in ASCII: its first byte is this character.
    From(usize),
    /// For each byte of the text, and for its end, the character of the raw piece; the highest bit says
    /// that it was percent-encoded there.
    Each(Vec<u32>),
}

const ENCODED: u32 = 1 << 31;

impl<'a> Text<'a> {
    /// Decodes a piece of the query, where `+` is a space. Positions are counted from `base`.
    pub(crate) fn query(raw: &'a str, base: usize) -> Result<Text<'a>> {
        decode(raw, base, true)
    }

    /// Decodes the path, where `+` is itself.
    pub(crate) fn path(raw: &'a str, base: usize) -> Result<Text<'a>> {
        decode(raw, base, false)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// The raw range that the bytes `start..end` came from.
    pub(crate) fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.raw(start), self.raw(end))
    }

    /// Whether the byte was written percent-encoded.
    pub(crate) fn is_encoded(&self, byte: usize) -> bool {
        match &self.places {
            Places::From(_) => false,
            Places::Each(map) => map.get(byte).is_some_and(|raw| raw & ENCODED != 0),
        }
    }

    fn raw(&self, byte: usize) -> usize {
        match &self.places {
            Places::From(base) => base + byte.min(self.text.len()),
            Places::Each(map) => {
                let raw = map.get(byte).or(map.last()).copied();
                (raw.unwrap_or(0) & !ENCODED) as usize
            }
        }
    }
}

fn decode(raw: &str, base: usize, plus_is_space: bool) -> Result<Text<'_>> {
    // What stands before the first character that may need decoding is itself.
    let plain = |byte: &u8| byte.is_ascii() && !matches!(byte, b'%' | b'+' | b'\0');
    let same = raw.bytes().take_while(|byte| plain(byte)).count();
    let (same, rest) = raw.split_at(same);
    if rest.is_empty() {
        return Ok(Text {
            text: Cow::Borrowed(same),
            places: Places::From(base),
        });
    }
    let mut bytes = Vec::with_capacity(raw.len());
    let mut map = Vec::with_capacity(raw.len() + 1);
    let mut position = base;
    bytes.extend_from_slice(same.as_bytes());
    map.extend((position..).take(same.len()).map(place));
    position += same.len();
    let mut rest = rest.chars();
    while let Some(c) = rest.next() {
        let at = place(position);
        position += 1;
        match c {
            '%' => {
                let digits: Option<Vec<u32>> =
                    rest.clone().take(2).map(|c| c.to_digit(16)).collect();
                let Some([high, low]) = digits.as_deref() else {
                    return Err(bad_escape(&rest, at));
                };
                let byte = u8::try_from(high * 16 + low).unwrap_or(0);
                if byte == 0 {
                    return Err(Error::new(
                        Code::SyntaxError,
                        "the character '%00' is not allowed",
                    )
                    .at(Span::new(position - 1, position + 2)));
                }
                bytes.push(byte);
                map.push(at | ENCODED);
                position += 2;
                rest.nth(1);
            }
            '\0' => {
                return Err(
                    Error::new(Code::SyntaxError, "the character NUL is not allowed")
                        .at(Span::new(position - 1, position)),
                );
            }
            '+' if plus_is_space => {
                bytes.push(b' ');
                map.push(at);
            }
            _ => {
                let mut buffer = [0; 4];
                for byte in c.encode_utf8(&mut buffer).bytes() {
                    bytes.push(byte);
                    map.push(at);
                }
            }
        }
    }
    map.push(place(position));
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Text {
            text: Cow::Owned(text),
            places: Places::Each(map),
        }),
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let start = map.get(at).map_or(0, |raw| (raw & !ENCODED) as usize);
            Err(Error::new(
                Code::SyntaxError,
                "the percent-encoded bytes are not valid UTF-8",
            )
            .at(Span::new(start, start + 3)))
        }
    }
}

/// A character's number, as the map holds it.
fn place(position: usize) -> u32 {
    u32::try_from(position).unwrap_or(0) & !ENCODED
}

fn bad_escape(rest: &std::str::Chars<'_>, at: u32) -> Error {
    let written: String = rest.clone().take(2).collect();
    let start = at as usize;
    Error::new(
        Code::SyntaxError,
        format!("expected two hexadecimal digits behind '%', found '%{written}'"),
    )
    .at(Span::new(start, start + 1 + written.chars().count()))
    .hint("a percent sign itself is written '%25'")
}
