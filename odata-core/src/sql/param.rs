//! The values that go beside a statement's text.

use crate::edm::PgType;
use crate::plan::Value;
use std::fmt;

/// In which of PostgreSQL's two formats a value's bytes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Wire {
    /// As `typsend` writes them.
    Binary,
    /// As `typoutput` writes them.
    Text,
}

/// A value bound to a `$n`. Its `Debug` shows no value: it may be a token or a customer's text.
#[derive(Clone, PartialEq, Eq)]
pub struct Param {
    /// Its type; of the elements, where `array`.
    pub ty: PgType,
    /// Whether it is a one-dimensional array.
    pub array: bool,
    /// The format of `value`.
    pub wire: Wire,
    /// Its bytes, `None` for null.
    pub value: Option<Vec<u8>>,
}

impl Param {
    /// A value in binary format.
    pub fn binary(ty: PgType, value: impl Into<Vec<u8>>) -> Param {
        Param {
            ty,
            array: false,
            wire: Wire::Binary,
            value: Some(value.into()),
        }
    }

    /// A value by its text.
    pub fn text(ty: PgType, value: impl Into<String>) -> Param {
        Param {
            ty,
            array: false,
            wire: Wire::Text,
            value: Some(value.into().into_bytes()),
        }
    }

    /// A `bigint`.
    pub fn int8(value: i64) -> Param {
        Param::binary(PgType::Int8, value.to_be_bytes())
    }

    /// A null.
    pub fn null(ty: PgType) -> Param {
        Param {
            ty,
            array: false,
            wire: Wire::Binary,
            value: None,
        }
    }

    /// An array of non-null elements, each in binary format.
    pub fn array<E: AsRef<[u8]>>(ty: PgType, elements: &[E]) -> Param {
        let count = |n: usize| i32::try_from(n).unwrap_or(i32::MAX).to_be_bytes();
        let mut bytes = Vec::new();
        // Dimensions, a flag for nulls, the element type, then length and lower bound of the one
        // dimension (array_recv).
        bytes.extend(count(usize::from(!elements.is_empty())));
        bytes.extend(0i32.to_be_bytes());
        bytes.extend(ty.oid().to_be_bytes());
        if !elements.is_empty() {
            bytes.extend(count(elements.len()));
            bytes.extend(1i32.to_be_bytes());
        }
        for element in elements {
            bytes.extend(count(element.as_ref().len()));
            bytes.extend_from_slice(element.as_ref());
        }
        Param {
            ty,
            array: true,
            wire: Wire::Binary,
            value: Some(bytes),
        }
    }

    /// The OID of its type.
    pub fn oid(&self) -> u32 {
        if self.array {
            self.ty.array_oid()
        } else {
            self.ty.oid()
        }
    }
}

impl From<&Value> for Param {
    fn from(value: &Value) -> Param {
        match value {
            Value::Boolean(b) => Param::binary(PgType::Bool, [u8::from(*b)]),
            Value::Integer(n) => Param::int8(*n),
            Value::Decimal(digits) => Param::text(PgType::Numeric, digits.clone()),
            Value::Double(x) => Param::binary(PgType::Float8, x.to_be_bytes()),
            Value::Text(text) => Param::binary(PgType::Text, text.as_bytes()),
            Value::DateTimeOffset(micros) => Param::binary(PgType::Timestamp, micros.to_be_bytes()),
            Value::Date(days) => Param::binary(PgType::Date, days.to_be_bytes()),
            Value::TimeOfDay(micros) => Param::binary(PgType::Time, micros.to_be_bytes()),
            // Microseconds, days, months (interval_recv).
            Value::Duration(micros) => Param::binary(
                PgType::Interval,
                [&micros.to_be_bytes()[..], &[0; 8]].concat(),
            ),
            Value::Guid(bytes) => Param::binary(PgType::Uuid, *bytes),
            Value::Binary(bytes) => Param::binary(PgType::Bytea, bytes.clone()),
        }
    }
}

impl fmt::Debug for Param {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let array = if self.array { "[]" } else { "" };
        write!(f, "{}{array}", self.ty.sql_name())
    }
}
