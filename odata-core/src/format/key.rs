//! Key predicates of canonical URLs (URL Conventions 4.3.1): `(1)`, `(name='x',id=2)`.

use super::{CellError, CellWriter};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

/// What can't stand in a path segment: everything but the characters that a URL may hold as they are.
const SEGMENT: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'/')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// Writes a key predicate from the cells of a row: percent-encoded, as the path of a URL has it, or as
/// it is, as a context URL does (Protocol 10).
pub(super) fn write<'a>(
    out: &mut Vec<u8>,
    encoded: bool,
    parts: impl ExactSizeIterator<Item = (&'static str, &'a CellWriter, Option<&'a [u8]>)>,
) -> Result<(), CellError> {
    let single = parts.len() == 1;
    out.push(b'(');
    for (i, (name, writer, cell)) in parts.enumerate() {
        if i > 0 {
            out.push(b',');
        }
        if !single {
            out.extend_from_slice(name.as_bytes());
            out.push(b'=');
        }
        if !writer.is_text() {
            writer.write_text(out, cell)?;
            continue;
        }
        out.push(b'\'');
        let start = out.len();
        writer.write_text(out, cell)?;
        // Most keys are names or codes, which stay as they are.
        if !out[start..].iter().all(u8::is_ascii_alphanumeric) {
            let text = out.split_off(start);
            let text = String::from_utf8_lossy(&text).replace('\'', "''");
            if encoded {
                out.extend(utf8_percent_encode(&text, SEGMENT).flat_map(str::bytes));
            } else {
                out.extend_from_slice(text.as_bytes());
            }
        }
        out.push(b'\'');
    }
    out.push(b')');
    Ok(())
}
