//! Rows to CSV (RFC 4180): a header, then a line for each row, straight from its cells.
//!
//! Null is an empty field, empty text a pair of quotes. Where there is one column alone each field is in
//! quotes, null too: readers skip an empty line, and a line that was cut is told from a whole one. An expanded entity's properties stand beside the others, as
//! `inbox/name`; a collection has no form here, nor has a reference.

use super::cell::CellOptions;
use super::records::Cells;
use super::{CellError, CellWriter};
use crate::edm::{EntitySet, Schema};
use crate::error::{Error, Result};
use crate::plan::{Member, Output, Query, ShapeKind};

/// Writes the lines of one result.
pub struct CsvWriter {
    columns: Vec<Column>,
    /// Whether text that a spreadsheet would run gets a `'` before it.
    escape_formulas: bool,
}

struct Column {
    name: String,
    cell: CellWriter,
    output: usize,
}

impl CsvWriter {
    /// The writer of a query's rows, whose outputs start at column `first`. 501 where something is
    /// asked for that has no form here, or nothing else.
    pub fn new(
        schema: &Schema,
        query: &Query,
        first: usize,
        escape_formulas: bool,
    ) -> Result<CsvWriter> {
        let mut columns = Vec::new();
        let set = schema.set(query.shape.set);
        let mut builder = Builder {
            schema,
            outputs: &query.outputs,
            first,
            columns: &mut columns,
        };
        builder.members(&query.shape.members, set, "")?;
        if columns.is_empty() {
            return Err(Error::not_implemented("CSV without a column")
                .target("$select")
                .hint("select a structural property, or ask for JSON"));
        }
        Ok(CsvWriter {
            columns,
            escape_formulas,
        })
    }

    /// The header.
    pub fn header(&self, out: &mut Vec<u8>) {
        for (i, column) in self.columns.iter().enumerate() {
            if i > 0 {
                out.push(b',');
            }
            field(out, column.name.as_bytes(), false);
        }
        out.extend_from_slice(b"\r\n");
    }

    /// The line of a row. `scratch` is used and left behind, so that no cell allocates. Where in `out`
    /// the line may be cut, so that nobody takes what is before for a line.
    pub fn line(
        &self,
        out: &mut Vec<u8>,
        cells: &impl Cells,
        scratch: &mut Vec<u8>,
    ) -> std::result::Result<usize, CellError> {
        let mut last = out.len();
        for (i, column) in self.columns.iter().enumerate() {
            if i > 0 {
                last = out.len();
                out.push(b',');
            }
            let cell = cells.cell(column.output);
            let is_text = column.cell.is_text();
            if !is_text && self.columns.len() > 1 {
                // Nothing in it would need quotes.
                column.cell.write_text(out, cell)?;
                continue;
            }
            scratch.clear();
            let is_there = column.cell.write_text(scratch, cell)?;
            let formula = is_text && is_there && self.escape_formulas && is_formula(scratch);
            if self.columns.len() == 1 {
                quoted(out, scratch, formula);
            } else if is_there {
                field(out, scratch, formula);
                if scratch.is_empty() {
                    out.extend_from_slice(b"\"\"");
                }
            }
        }
        out.extend_from_slice(b"\r\n");
        // One field alone is open behind its first quote.
        Ok(last + usize::from(self.columns.len() == 1))
    }
}

struct Builder<'a> {
    schema: &'a Schema,
    outputs: &'a [Output],
    first: usize,
    columns: &'a mut Vec<Column>,
}

impl Builder<'_> {
    fn members(&mut self, members: &[Member], set: &EntitySet, prefix: &str) -> Result<()> {
        for member in members {
            match member {
                Member::Property { property, output } => {
                    self.column(
                        format!("{prefix}{}", set.properties[*property].declared.name),
                        *output,
                        set.properties[*property].nullable,
                    );
                }
                Member::Computed { name, output, .. } => {
                    self.column(format!("{prefix}{name}"), *output, true);
                }
                Member::Group { name, members } => {
                    self.members(members, set, &format!("{prefix}{name}/"))?;
                }
                // A link is control information, of which CSV has none.
                Member::Link { .. } => {}
                Member::One { shape, .. } if shape.kind == ShapeKind::Reference => {
                    return Err(Error::not_implemented("an expanded reference in CSV")
                        .target("$expand")
                        .hint("expand the entity itself, or ask for JSON"));
                }
                Member::One { name, shape, .. } => {
                    let far = self.schema.set(shape.set);
                    self.members(&shape.members, far, &format!("{prefix}{name}/"))?;
                }
                Member::Many {
                    name,
                    output: None,
                    count: Some(count),
                    ..
                } => {
                    self.column(format!("{prefix}{name}/$count"), *count, false);
                }
                Member::Many { .. } => {
                    return Err(Error::not_implemented("an expanded collection in CSV")
                        .target("$expand")
                        .hint("ask for the collection itself, or for JSON"));
                }
            }
        }
        Ok(())
    }

    fn column(&mut self, name: String, output: usize, nullable: bool) {
        let (column, ty) = self.outputs[output].value_type(self.schema);
        let cell = CellWriter::new(column, ty, nullable, CellOptions::default());
        self.columns.push(Column {
            name,
            cell,
            output: self.first + output,
        });
    }
}

/// Whether a spreadsheet may run the text: it looks behind space, and takes full-width signs for the
/// others.
fn is_formula(text: &[u8]) -> bool {
    let text = String::from_utf8_lossy(text);
    let rest = text.trim_start();
    let space = text.len() - rest.len();
    text.bytes()
        .take(space)
        .any(|byte| matches!(byte, b'\t' | b'\r' | b'\n'))
        || rest.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠'])
}

/// One field, in quotes where it needs them; a formula is escaped.
fn field(out: &mut Vec<u8>, text: &[u8], formula: bool) {
    let is_special = |byte: &u8| matches!(byte, b'"' | b',' | b'\r' | b'\n');
    if text.iter().any(is_special) {
        return quoted(out, text, formula);
    }
    if formula {
        out.push(b'\'');
    }
    out.extend_from_slice(text);
}

fn quoted(out: &mut Vec<u8>, text: &[u8], formula: bool) {
    out.push(b'"');
    if formula {
        out.push(b'\'');
    }
    for part in text.split_inclusive(|byte| *byte == b'"') {
        out.extend_from_slice(part);
        if part.ends_with(b"\"") {
            out.push(b'"');
        }
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, escape: bool, expected: &str) {
        let mut out = Vec::new();
        let formula = escape && is_formula(text.as_bytes());
        field(&mut out, text.as_bytes(), formula);
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn fields_are_quoted_where_they_must_be() {
        check("plain", false, "plain");
        check("a,b", false, "\"a,b\"");
        check("say \"hi\"", false, "\"say \"\"hi\"\"\"");
        check("two\r\nlines", false, "\"two\r\nlines\"");
        check("=1+1", false, "=1+1");
        check("=1+1", true, "'=1+1");
        check("=\"x\"", true, "\"'=\"\"x\"\"\"");
        for formula in [
            "+1",
            "-1",
            "@x",
            "\t=1",
            "\tx",
            "  =1",
            " \u{a0}@x",
            "＝1",
            "＋1",
            "－1",
            "＠x",
            " ＝1",
        ] {
            check(formula, false, formula);
            check(formula, true, &format!("'{formula}"));
        }
        for formula in ["\nx", "\rx", "\r\n", " \n"] {
            check(formula, true, &format!("\"'{formula}\""));
        }
        for text in ["", "x=1", "1-1", "a@b", " x", "'=1", "ü=1"] {
            check(text, true, text);
        }
    }
}
