//! One cell to bytes: PostgreSQL's binary format to the text of an OData primitive value.
//!
//! A [`CellWriter`] is chosen once for a column; then each cell is written without an allocation of
//! its own. Decoding goes by the column's type, since a property of type `Edm.Int64` may be read
//! from an `integer`. Names, separators and rows are not known here.

use super::escape::{copy_lossy, escape_lossy};
use super::json_text::write_json_text;
use super::numeric::{Numeric, Special, write_float, write_integer};
use super::temporal::{write_date, write_duration, write_time, write_timestamp};
use crate::edm::{PgType, PrimitiveType};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::fmt;

/// Writes the cells of one column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CellWriter {
    kind: Kind,
    nullable: bool,
    /// Whether JSON holds it as a string.
    quoted: bool,
}

/// What a client asked about numbers. `ExponentialDecimals` is not here: it allows an exponent and
/// does not ask for one, so that decimals are written alike with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CellOptions {
    /// `Edm.Int64` and `Edm.Decimal` are strings (JSON Format 3.2).
    pub ieee754_compatible: bool,
}

/// A cell that its type can't have sent: the statement and the reader disagree about the column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CellError {
    /// `None`: a record or an array of them.
    kind: Option<Kind>,
    len: usize,
}

impl fmt::Display for CellError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            Some(kind) => write!(f, "a cell of {} bytes is no value of {kind:?}", self.len),
            None => write!(f, "{} bytes are no record", self.len),
        }
    }
}

impl std::error::Error for CellError {}

impl CellError {
    /// A record or an array that isn't one.
    pub(super) fn record(len: usize) -> CellError {
        CellError { kind: None, len }
    }
}

/// How the bytes of a cell are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Bool,
    Int2,
    Int4,
    Int8,
    Float4,
    /// A `real` that is served as `Edm.Double`: the double that it is, so that a client which asks
    /// for that number again finds it.
    Float4AsDouble,
    Float8,
    Numeric,
    Text,
    /// `character(n)`: its padding is no part of the value, as in a cast to `text`.
    Bpchar,
    /// JSON by its text, with the one unwrap.
    Json,
    /// The same behind a version byte.
    Jsonb,
    /// `jsonb` served as plain text.
    JsonbText,
    Uuid,
    Timestamp,
    Date,
    Time,
    Interval,
    Bytea,
}

impl Kind {
    fn of(column: Option<PgType>, ty: PrimitiveType) -> Kind {
        let json = ty == PrimitiveType::Json;
        let Some(column) = column else {
            return Kind::Text;
        };
        match column {
            PgType::Bool => Kind::Bool,
            PgType::Int2 => Kind::Int2,
            PgType::Int4 => Kind::Int4,
            PgType::Int8 => Kind::Int8,
            PgType::Float4 if ty == PrimitiveType::Double => Kind::Float4AsDouble,
            PgType::Float4 => Kind::Float4,
            PgType::Float8 => Kind::Float8,
            PgType::Numeric => Kind::Numeric,
            PgType::Json if json => Kind::Json,
            PgType::Jsonb if json => Kind::Jsonb,
            PgType::Jsonb => Kind::JsonbText,
            // A text column that holds JSON is shown as it is: whether it is JSON at all, SQL can't
            // ask, and the row has to show what a filter sees.
            PgType::Text | PgType::Varchar | PgType::Name | PgType::Json => Kind::Text,
            PgType::Bpchar => Kind::Bpchar,
            PgType::Uuid => Kind::Uuid,
            PgType::Timestamp | PgType::Timestamptz => Kind::Timestamp,
            PgType::Date => Kind::Date,
            PgType::Time => Kind::Time,
            PgType::Interval => Kind::Interval,
            PgType::Bytea => Kind::Bytea,
        }
    }

    fn is_number(self) -> bool {
        matches!(
            self,
            Kind::Int2
                | Kind::Int4
                | Kind::Int8
                | Kind::Float4
                | Kind::Float4AsDouble
                | Kind::Float8
                | Kind::Numeric
        )
    }

    fn is_text(self) -> bool {
        matches!(
            self,
            Kind::Text | Kind::Bpchar | Kind::Json | Kind::Jsonb | Kind::JsonbText
        )
    }
}

impl CellWriter {
    /// Whether its values are text, which stands in quotes in a URL.
    pub(super) fn is_text(&self) -> bool {
        self.kind.is_text()
    }

    /// The writer for cells that come as `column` (`None`: as text) and are served as `ty`.
    pub fn new(
        column: Option<PgType>,
        ty: PrimitiveType,
        nullable: bool,
        options: CellOptions,
    ) -> CellWriter {
        let kind = Kind::of(column, ty);
        let wide = matches!(ty, PrimitiveType::Int64 | PrimitiveType::Decimal);
        CellWriter {
            kind,
            nullable,
            quoted: if kind.is_number() {
                wide && options.ieee754_compatible
            } else {
                kind != Kind::Bool
            },
        }
    }

    /// Writes the cell as a JSON value. Returns false when that is `null`. Nothing is written when
    /// it fails.
    #[inline]
    pub fn write_json(&self, out: &mut Vec<u8>, cell: Option<&[u8]>) -> Result<bool, CellError> {
        let Some(cell) = cell else {
            out.extend_from_slice(b"null");
            return Ok(false);
        };
        // What most columns are, first.
        match self.kind {
            Kind::Int4 if !self.quoted => {
                write_integer(out, i32::from_be_bytes(self.fixed(cell)?));
                Ok(true)
            }
            Kind::Text => {
                out.push(b'"');
                escape_lossy(out, cell);
                out.push(b'"');
                Ok(true)
            }
            _ => self.write_json_other(out, cell),
        }
    }

    fn write_json_other(&self, out: &mut Vec<u8>, cell: &[u8]) -> Result<bool, CellError> {
        let start = out.len();
        let written = if self.kind.is_text() {
            out.push(b'"');
            let written = self.write_characters(out, cell, escape_lossy);
            out.push(b'"');
            written
        } else {
            self.write_json_simple(out, cell)
        };
        if written != Ok(true) {
            out.truncate(start);
        }
        if written == Ok(false) {
            out.extend_from_slice(b"null");
        }
        written
    }

    /// Writes the cell as it stands behind `/$value`, in CSV and, with the quotes and escapes of its
    /// place, in a URL. Returns false, and writes nothing, for null. Nothing is written when it fails.
    pub fn write_text(&self, out: &mut Vec<u8>, cell: Option<&[u8]>) -> Result<bool, CellError> {
        let start = out.len();
        let written = match cell {
            None => Ok(false),
            Some(cell) if self.kind.is_text() => self.write_characters(out, cell, copy_lossy),
            Some(cell) => self
                .write_simple(out, cell)
                .map(|value| value != Value::Null),
        };
        if written != Ok(true) {
            out.truncate(start);
        }
        written
    }

    fn write_json_simple(&self, out: &mut Vec<u8>, cell: &[u8]) -> Result<bool, CellError> {
        if self.quoted {
            out.push(b'"');
        }
        let start = out.len();
        let value = self.write_simple(out, cell)?;
        if self.quoted {
            out.push(b'"');
        } else if let Value::Special(special) = value {
            out.truncate(start);
            out.push(b'"');
            out.extend_from_slice(special.text().as_bytes());
            out.push(b'"');
        }
        Ok(value != Value::Null)
    }

    fn write_characters(
        &self,
        out: &mut Vec<u8>,
        cell: &[u8],
        put: fn(&mut Vec<u8>, &[u8]),
    ) -> Result<bool, CellError> {
        match self.kind {
            Kind::Json => write_json_text(out, cell, put),
            Kind::Jsonb => write_json_text(out, self.jsonb(cell)?, put),
            Kind::JsonbText => put(out, self.jsonb(cell)?),
            Kind::Bpchar => {
                let padding = cell.iter().rev().take_while(|byte| **byte == b' ');
                let end = cell.len() - padding.count();
                put(out, &cell[..end]);
            }
            _ => put(out, cell),
        }
        Ok(true)
    }

    /// `jsonb_send` puts a version before the text; there is one version.
    fn jsonb<'a>(&self, cell: &'a [u8]) -> Result<&'a [u8], CellError> {
        match cell {
            [1, text @ ..] => Ok(text),
            _ => Err(self.error(cell)),
        }
    }

    /// Writes a value that needs no escaping anywhere.
    fn write_simple(&self, out: &mut Vec<u8>, cell: &[u8]) -> Result<Value, CellError> {
        let some = |some: bool| if some { Value::Plain } else { Value::Null };
        Ok(match self.kind {
            Kind::Bool => {
                let [byte] = self.fixed(cell)?;
                let text: &[u8] = if byte != 0 { b"true" } else { b"false" };
                out.extend_from_slice(text);
                Value::Plain
            }
            Kind::Int2 => integer(out, i16::from_be_bytes(self.fixed(cell)?)),
            Kind::Int4 => integer(out, i32::from_be_bytes(self.fixed(cell)?)),
            Kind::Int8 => integer(out, i64::from_be_bytes(self.fixed(cell)?)),
            Kind::Float4 => {
                let value = f32::from_be_bytes(self.fixed(cell)?);
                float(out, value, f64::from(value))
            }
            Kind::Float4AsDouble => {
                let value = f64::from(f32::from_be_bytes(self.fixed(cell)?));
                float(out, value, value)
            }
            Kind::Float8 => {
                let value = f64::from_be_bytes(self.fixed(cell)?);
                float(out, value, value)
            }
            Kind::Numeric => match Numeric::read(cell).ok_or_else(|| self.error(cell))? {
                Numeric::Finite(digits) => {
                    digits.write(out);
                    Value::Plain
                }
                Numeric::Special(special) => special_value(out, special),
            },
            Kind::Uuid => {
                let uuid = uuid::Uuid::from_bytes(self.fixed(cell)?);
                let mut buffer = uuid::Uuid::encode_buffer();
                out.extend_from_slice(uuid.hyphenated().encode_lower(&mut buffer).as_bytes());
                Value::Plain
            }
            Kind::Timestamp => {
                let micros = i64::from_be_bytes(self.fixed(cell)?);
                some(write_timestamp(out, micros, self.nullable))
            }
            Kind::Date => {
                let days = i32::from_be_bytes(self.fixed(cell)?);
                some(write_date(out, days, self.nullable))
            }
            Kind::Time => {
                let micros = i64::from_be_bytes(self.fixed(cell)?);
                some(write_time(out, micros, self.nullable))
            }
            Kind::Interval => {
                let bytes: [u8; 16] = self.fixed(cell)?;
                let number = i128::from_be_bytes(bytes);
                // Microseconds, days and months, in this order (`interval_send`).
                let (micros, days, months) = ((number >> 64) as i64, (number >> 32) as i32, number);
                some(write_duration(
                    out,
                    micros,
                    days,
                    months as i32,
                    self.nullable,
                ))
            }
            Kind::Bytea => {
                let start = out.len();
                let len = base64::encoded_len(cell.len(), false);
                out.resize(start + len.ok_or_else(|| self.error(cell))?, 0);
                URL_SAFE_NO_PAD
                    .encode_slice(cell, &mut out[start..])
                    .map_err(|_| self.error(cell))?;
                Value::Plain
            }
            Kind::Text | Kind::Bpchar | Kind::Json | Kind::Jsonb | Kind::JsonbText => {
                copy_lossy(out, cell);
                Value::Plain
            }
        })
    }

    fn fixed<const N: usize>(&self, cell: &[u8]) -> Result<[u8; N], CellError> {
        cell.try_into().map_err(|_| self.error(cell))
    }

    fn error(&self, cell: &[u8]) -> CellError {
        CellError {
            kind: Some(self.kind),
            len: cell.len(),
        }
    }
}

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Value {
    Plain,
    Special(Special),
    Null,
}

fn integer(out: &mut Vec<u8>, value: impl itoa::Integer) -> Value {
    write_integer(out, value);
    Value::Plain
}

fn float(out: &mut Vec<u8>, value: impl zmij::Float, wide: f64) -> Value {
    match Special::of(wide) {
        Some(special) => special_value(out, special),
        None => {
            write_float(out, value);
            Value::Plain
        }
    }
}

fn special_value(out: &mut Vec<u8>, special: Special) -> Value {
    out.extend_from_slice(special.text().as_bytes());
    Value::Special(special)
}

#[cfg(test)]
mod tests;
