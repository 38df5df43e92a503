//! What stands before a value.

use super::super::{CellError, CellWriter};
use super::Context;
use super::build::{json_tells, type_name};
use crate::edm::PrimitiveType;

/// The name of a property, with what is said of its type.
pub(super) struct Name {
    /// `,"name":`, behind its type where that is always written.
    prefix: Short,
    /// The type, where it is written before a text alone: a Double is a number, but `INF`.
    type_of_text: Option<String>,
}

impl Name {
    /// `with_type`: whether the type is written where the value does not tell it.
    pub(super) fn new(context: &Context, name: &str, ty: PrimitiveType, with_type: bool) -> Name {
        let annotation = || {
            let control = context.version.prefix();
            let ty = type_name(context.version, ty);
            format!("\"{name}@{control}type\":\"{ty}\",")
        };
        // A name has no character that would be escaped.
        let typed = (with_type && !json_tells(ty)).then(annotation);
        let prefix = [",", typed.as_deref().unwrap_or(""), "\"", name, "\":"];
        let number = with_type && ty == PrimitiveType::Double;
        Name {
            prefix: Short::new(&prefix),
            type_of_text: number.then(annotation),
        }
    }

    /// Writes the value behind its name, and says whether it is one and not null.
    #[inline]
    pub(super) fn write(
        &self,
        out: &mut Vec<u8>,
        is_first: bool,
        cell: &CellWriter,
        value: Option<&[u8]>,
    ) -> Result<bool, CellError> {
        let start = out.len();
        self.prefix.write(out);
        if is_first {
            out.remove(start);
        }
        let place = out.len();
        let written = cell.write_json(out, value)?;
        if let Some(annotation) = &self.type_of_text
            && out.get(place) == Some(&b'"')
        {
            let name = start + usize::from(!is_first);
            out.splice(name..name, annotation.bytes());
        }
        Ok(written)
    }
}

/// A text that is most often short. It is copied as a block of a fixed size, of which the end is taken back: that is
/// two instructions, where the copy of some length is a call.
struct Short {
    block: [u8; Short::BLOCK],
    length: usize,
    /// What does not fit.
    rest: Box<[u8]>,
}

impl Short {
    const BLOCK: usize = 32;

    fn new(parts: &[&str]) -> Short {
        let (mut block, mut length, mut rest) = ([0; Short::BLOCK], 0, Vec::new());
        for part in parts {
            let fits = part.len().min(Short::BLOCK - length);
            let (start, end) = part.as_bytes().split_at(fits);
            block[length..length + fits].copy_from_slice(start);
            length += fits;
            rest.extend_from_slice(end);
        }
        Short {
            block,
            length,
            rest: rest.into(),
        }
    }

    #[inline]
    fn write(&self, out: &mut Vec<u8>) {
        let end = out.len() + self.length;
        out.extend_from_slice(&self.block);
        out.truncate(end);
        if !self.rest.is_empty() {
            out.extend_from_slice(&self.rest);
        }
    }
}
