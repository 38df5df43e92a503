//! Text to the inside of a JSON string, and bytes of unknown origin to UTF-8.
//!
//! A database in `SQL_ASCII` may hold any bytes in its texts. What is no UTF-8 becomes U+FFFD, so
//! that one odd row never fails a page.

/// Writes `text` as a JSON string, quotes included.
pub fn write_json_string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    escape(out, text.as_bytes());
    out.push(b'"');
}

/// Writes text as the inside of a JSON string.
pub(super) fn escape_lossy(out: &mut Vec<u8>, text: &[u8]) {
    // Most of it is plain ASCII, often all: that is UTF-8, and is looked at once.
    let (plain, rest) = text.split_at(plain_prefix(text, NOT_ASCII));
    out.extend_from_slice(plain);
    if !rest.is_empty() {
        lossy(out, rest, escape);
    }
}

/// Writes text as it is.
pub(super) fn copy_lossy(out: &mut Vec<u8>, text: &[u8]) {
    lossy(out, text, Vec::extend_from_slice);
}

fn lossy(out: &mut Vec<u8>, text: &[u8], put: fn(&mut Vec<u8>, &[u8])) {
    if std::str::from_utf8(text).is_ok() {
        return put(out, text);
    }
    for chunk in text.utf8_chunks() {
        put(out, chunk.valid().as_bytes());
        if !chunk.invalid().is_empty() {
            out.extend_from_slice("\u{fffd}".as_bytes());
        }
    }
}

/// Copies runs of plain bytes, found eight at a time, and escapes the byte after each run. Only what
/// JSON demands is escaped: quote, backslash and the control characters below U+0020 (RFC 8259, 7).
fn escape(out: &mut Vec<u8>, text: &[u8]) {
    out.reserve(text.len());
    let mut rest = text;
    loop {
        let plain = plain_prefix(rest, 0);
        let (run, tail) = rest.split_at(plain);
        out.extend_from_slice(run);
        let Some((byte, tail)) = tail.split_first() else {
            return;
        };
        escape_byte(out, *byte);
        rest = tail;
    }
}

/// The high bit, which no byte of ASCII has.
const NOT_ASCII: u8 = 0x80;

/// The number of bytes before the first one that has to be escaped, or has this bit.
fn plain_prefix(text: &[u8], bit: u8) -> usize {
    let (words, tail) = text.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let marks = marks(word) | (word & (ONES * u64::from(bit)));
        if marks != 0 {
            return index * 8 + marks.trailing_zeros() as usize / 8;
        }
    }
    let before = words.len() * 8;
    let is_marked = |byte: &u8| must_be_escaped(*byte) || byte & bit != 0;
    let plain = tail.iter().position(is_marked);
    before + plain.unwrap_or(tail.len())
}

const ONES: u64 = u64::from_ne_bytes([1; 8]);

/// A word whose lowest set bit is the high bit of the first byte to escape. A borrow may mark
/// bytes above that one wrongly, never one below.
fn marks(word: u64) -> u64 {
    const HIGH: u64 = ONES * 0x80;
    let zero_in = |x: u64| x.wrapping_sub(ONES) & !x;
    let control = word.wrapping_sub(ONES * 0x20) & !word;
    let quote = zero_in(word ^ (ONES * b'"' as u64));
    let backslash = zero_in(word ^ (ONES * b'\\' as u64));
    (control | quote | backslash) & HIGH
}

fn must_be_escaped(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

#[cold]
fn escape_byte(out: &mut Vec<u8>, byte: u8) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let short = match byte {
        b'"' | b'\\' => byte,
        0x08 => b'b',
        0x09 => b't',
        0x0a => b'n',
        0x0c => b'f',
        0x0d => b'r',
        _ => {
            let digit = |n: u8| HEX[usize::from(n & 15)];
            out.extend_from_slice(&[b'\\', b'u', b'0', b'0', digit(byte >> 4), digit(byte)]);
            return;
        }
    };
    out.extend_from_slice(&[b'\\', short]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(text: &[u8]) -> String {
        let mut out = vec![b'"'];
        escape_lossy(&mut out, text);
        out.push(b'"');
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn every_character_of_the_first_planes_is_written_as_serde_json_writes_it() {
        for c in ('\0'..='\u{2fff}').chain('\u{fff0}'..='\u{1000f}') {
            for text in [c.to_string(), format!("1234567{c}9{c}{c}")] {
                assert_eq!(
                    written(text.as_bytes()),
                    serde_json::to_string(&text).unwrap()
                );
            }
        }
    }

    proptest! {
        #[test]
        fn any_text_is_written_as_serde_json_writes_it(
            text in prop_oneof![any::<String>(), "[\\x00-\\x7f]{0,64}", "[a\"\\\\\\x1f\\x20é]{0,40}"]
        ) {
            prop_assert_eq!(written(text.as_bytes()), serde_json::to_string(&text).unwrap());
        }

        #[test]
        fn any_bytes_are_read_as_their_lossy_text(bytes: Vec<u8>) {
            let text = String::from_utf8_lossy(&bytes);
            prop_assert_eq!(written(&bytes), serde_json::to_string(&text).unwrap());
            let mut copy = Vec::new();
            copy_lossy(&mut copy, &bytes);
            prop_assert_eq!(copy, text.as_bytes());
        }
    }
}
