//! Values with their types (CSDL 3.3).

use super::decimal::Decimal;
use super::{literal, temporal};
use odata_core::edm::PrimitiveType;

/// A primitive type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // The names are the standard's own.
pub enum Type {
    Boolean,
    SByte,
    Byte,
    Int16,
    Int32,
    Int64,
    Decimal,
    Single,
    Double,
    String,
    DateTimeOffset,
    Date,
    TimeOfDay,
    Duration,
    Guid,
    Binary,
}

impl Type {
    /// The type of a declared property.
    pub fn of(declared: PrimitiveType) -> Type {
        Type::named(declared.edm_name()).expect("every type of the table is known here")
    }

    /// The type of that qualified name.
    pub fn named(name: &str) -> Option<Type> {
        Some(match name {
            "Edm.Boolean" => Type::Boolean,
            "Edm.SByte" => Type::SByte,
            "Edm.Byte" => Type::Byte,
            "Edm.Int16" => Type::Int16,
            "Edm.Int32" => Type::Int32,
            "Edm.Int64" => Type::Int64,
            "Edm.Decimal" => Type::Decimal,
            "Edm.Single" => Type::Single,
            "Edm.Double" => Type::Double,
            "Edm.String" => Type::String,
            "Edm.DateTimeOffset" => Type::DateTimeOffset,
            "Edm.Date" => Type::Date,
            "Edm.TimeOfDay" => Type::TimeOfDay,
            "Edm.Duration" => Type::Duration,
            "Edm.Guid" => Type::Guid,
            "Edm.Binary" => Type::Binary,
            _ => return None,
        })
    }

    /// The least and the largest value of a whole number.
    pub fn range(self) -> Option<(i64, i64)> {
        Some(match self {
            Type::SByte => (i8::MIN.into(), i8::MAX.into()),
            Type::Byte => (0, u8::MAX.into()),
            Type::Int16 => (i16::MIN.into(), i16::MAX.into()),
            Type::Int32 => (i32::MIN.into(), i32::MAX.into()),
            Type::Int64 => (i64::MIN, i64::MAX),
            _ => return None,
        })
    }

    /// Whether it is a whole number.
    pub fn is_integer(self) -> bool {
        self.range().is_some()
    }

    /// Whether arithmetic applies.
    pub fn is_numeric(self) -> bool {
        self.is_integer() || matches!(self, Type::Decimal | Type::Single | Type::Double)
    }

    /// The type to which two operands are promoted (5.1.1.11), or the one that both have.
    pub fn common(self, other: Type) -> Option<Type> {
        const ORDER: [Type; 8] = [
            Type::Double,
            Type::Single,
            Type::Decimal,
            Type::Int64,
            Type::Int32,
            Type::Int16,
            Type::Byte,
            Type::SByte,
        ];
        if self.is_numeric() && other.is_numeric() {
            return ORDER.into_iter().find(|ty| *ty == self || *ty == other);
        }
        (self == other).then_some(self)
    }
}

/// A value.
#[derive(Debug, Clone)]
#[allow(missing_docs)] // The names are the standard's own.
pub enum Value {
    Null,
    Boolean(bool),
    Integer(i64),
    Decimal(Decimal),
    Single(f32),
    Double(f64),
    String(String),
    /// Microseconds since 1970-01-01T00:00:00Z.
    DateTimeOffset(i64),
    /// Days since 1970-01-01.
    Date(i64),
    /// Microseconds since midnight.
    TimeOfDay(i64),
    /// Microseconds.
    Duration(i64),
    /// In lower case.
    Guid(String),
    Binary(Vec<u8>),
}

impl Value {
    /// Whether it is null.
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    /// Whether two values are the same one: null is the same as null, NaN as NaN.
    pub fn is_same(&self, other: &Value) -> bool {
        match (self, other) {
            (Value::Null, Value::Null) => true,
            (Value::Null, _) | (_, Value::Null) => false,
            (Value::Single(a), Value::Single(b)) => a == b || a.is_nan() && b.is_nan(),
            (Value::Double(a), Value::Double(b)) => a == b || a.is_nan() && b.is_nan(),
            (Value::Decimal(a), Value::Decimal(b)) => {
                a.is_nan() && b.is_nan() || a.compare(b) == Some(std::cmp::Ordering::Equal)
            }
            (Value::Boolean(a), Value::Boolean(b)) => a == b,
            (Value::Integer(a), Value::Integer(b))
            | (Value::DateTimeOffset(a), Value::DateTimeOffset(b))
            | (Value::Date(a), Value::Date(b))
            | (Value::TimeOfDay(a), Value::TimeOfDay(b))
            | (Value::Duration(a), Value::Duration(b)) => a == b,
            (Value::String(a), Value::String(b)) | (Value::Guid(a), Value::Guid(b)) => a == b,
            (Value::Binary(a), Value::Binary(b)) => a == b,
            _ => false,
        }
    }

    /// The value of that type which a JSON payload writes; `None` if it is none.
    pub fn from_json(ty: Type, json: &serde_json::Value) -> Option<Value> {
        match json {
            serde_json::Value::Null => Some(Value::Null),
            serde_json::Value::String(text) => literal::parse(text, ty),
            serde_json::Value::Bool(b) => (ty == Type::Boolean).then_some(Value::Boolean(*b)),
            serde_json::Value::Number(number) => literal::parse(&number.to_string(), ty),
            _ => None,
        }
    }

    /// The value as a payload shows it, numbers as numbers.
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Value::Null => serde_json::Value::Null,
            Value::Boolean(b) => (*b).into(),
            Value::Integer(n) => (*n).into(),
            Value::Decimal(d) => match d.to_i64().filter(|_| d.is_whole()) {
                Some(n) => n.into(),
                None => d.to_f64().into(),
            },
            Value::Single(x) => f64::from(*x).into(),
            Value::Double(x) => (*x).into(),
            Value::DateTimeOffset(micros) => temporal::date_time_text(*micros).into(),
            Value::Date(days) => temporal::date_text(*days).into(),
            Value::TimeOfDay(micros) => temporal::time_text(*micros).into(),
            Value::Duration(micros) => format!("{micros} microseconds").into(),
            Value::String(text) | Value::Guid(text) => text.as_str().into(),
            Value::Binary(bytes) => format!("{bytes:?}").into(),
        }
    }

    /// The value as a text that PostgreSQL reads: what a test inserts.
    pub fn to_sql_text(&self) -> Option<String> {
        let special = |x: f64, text: String| match x {
            x if x.is_nan() => "NaN".to_owned(),
            x if x == f64::INFINITY => "Infinity".to_owned(),
            x if x == f64::NEG_INFINITY => "-Infinity".to_owned(),
            _ => text,
        };
        Some(match self {
            Value::Null => return None,
            Value::Boolean(b) => b.to_string(),
            Value::Integer(n) => n.to_string(),
            Value::Decimal(d) => d.to_string(),
            Value::Single(x) => special((*x).into(), x.to_string()),
            Value::Double(x) => special(*x, format!("{x:e}")),
            Value::String(text) | Value::Guid(text) => text.clone(),
            Value::DateTimeOffset(micros) => temporal::date_time_text(*micros),
            Value::Date(days) => temporal::date_text(*days),
            Value::TimeOfDay(micros) => temporal::time_text(*micros),
            Value::Duration(micros) => format!("{micros} microseconds"),
            Value::Binary(bytes) => {
                let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
                format!("\\x{hex}")
            }
        })
    }
}

/// A value with the type that its expression has, which a null keeps.
#[derive(Debug, Clone)]
pub struct Typed {
    /// `None` for a null that nothing gives a type.
    pub ty: Option<Type>,
    /// The value.
    pub value: Value,
}

impl Typed {
    /// A value of that type.
    pub fn new(ty: Type, value: Value) -> Typed {
        Typed {
            ty: Some(ty),
            value,
        }
    }

    /// A Boolean.
    pub fn boolean(b: bool) -> Typed {
        Typed::new(Type::Boolean, Value::Boolean(b))
    }

    /// Null of that type.
    pub fn null(ty: Option<Type>) -> Typed {
        Typed {
            ty,
            value: Value::Null,
        }
    }
}
