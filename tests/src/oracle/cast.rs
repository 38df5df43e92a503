//! Promotion (5.1.1.11), `cast` and `isof` (5.1.1.10).

use super::decimal::Decimal;
use super::eval::{Fault, Result};
use super::literal;
use super::temporal;
use super::value::{Type, Typed, Value};

/// A number as one of a wider type.
pub(super) fn promoted(value: &Value, ty: Type) -> Value {
    match (value, ty) {
        (Value::Integer(n), Type::Decimal) => Value::Decimal((*n).into()),
        (Value::Integer(n), Type::Single) => Value::Single(*n as f32),
        (Value::Integer(n), Type::Double) => Value::Double(*n as f64),
        (Value::Decimal(d), Type::Single) => Value::Single(d.to_f32()),
        (Value::Decimal(d), Type::Double) => Value::Double(d.to_f64()),
        (Value::Single(x), Type::Double) => Value::Double((*x).into()),
        (value, _) => value.clone(),
    }
}

/// `cast(operand,ty)`: null where it fails.
pub(super) fn cast(operand: &Typed, ty: Type) -> Result<Typed> {
    let null = Typed::null(Some(ty));
    let Some(from) = operand.ty else {
        return Ok(null);
    };
    let mismatch = || Fault::fails(format!("no cast from {from:?} to {ty:?}"));
    let possible = from == ty
        || from == Type::String
        || ty == Type::String
        || from.is_numeric() && ty.is_numeric()
        || matches!(
            (from, ty),
            (Type::DateTimeOffset, Type::Date | Type::TimeOfDay)
                | (Type::Date, Type::DateTimeOffset)
        );
    if !possible {
        return Err(mismatch());
    }
    if from == ty {
        return Ok(operand.clone());
    }
    let value = match (&operand.value, ty) {
        (Value::Null, _) => return Ok(null),
        (Value::String(text), _) => match literal::parse(text, ty) {
            Some(value) => value,
            None => return Ok(null),
        },
        (Value::Integer(n), Type::String) => Value::String(n.to_string()),
        (Value::Boolean(b), Type::String) => Value::String(b.to_string()),
        (Value::Guid(text), Type::String) => Value::String(text.clone()),
        (Value::Date(days), Type::String) => Value::String(temporal::date_text(*days)),
        (_, Type::String) => return Err(Fault::open("how many digits a text has")),
        (Value::DateTimeOffset(micros), Type::Date) => Value::Date(temporal::split(*micros).0),
        (Value::DateTimeOffset(micros), Type::TimeOfDay) => {
            Value::TimeOfDay(temporal::split(*micros).1)
        }
        (Value::Date(days), Type::DateTimeOffset) => {
            Value::DateTimeOffset(temporal::midnight(*days))
        }
        (value, _) => match number(value, ty)? {
            Some(value) => value,
            None => return Ok(null),
        },
    };
    Ok(Typed::new(ty, value))
}

/// A number as one of another type; `None` where that can't hold it.
fn number(value: &Value, ty: Type) -> Result<Option<Value>> {
    let decimal = match value {
        Value::Integer(n) => Decimal::from(*n),
        Value::Decimal(d) => d.clone(),
        Value::Single(x) => Decimal::from_f64((*x).into()),
        Value::Double(x) => Decimal::from_f64(*x),
        _ => return Ok(None),
    };
    if let Some((least, most)) = ty.range() {
        if decimal.is_finite() && !decimal.is_whole() {
            return Err(Fault::open("how a cast to a whole number rounds"));
        }
        let n = decimal.to_i64().filter(|n| (least..=most).contains(n));
        return Ok(n.map(Value::Integer));
    }
    Ok(match ty {
        Type::Decimal if !decimal.is_finite() => {
            return Err(Fault::open("whether a Decimal can be infinite"));
        }
        Type::Decimal => Some(Value::Decimal(decimal)),
        Type::Single => {
            let (wide, narrow) = match value {
                Value::Double(x) => (*x, *x as f32),
                _ => (decimal.to_f64(), decimal.to_f32()),
            };
            if wide != 0.0 && narrow == 0.0 {
                return Err(Fault::open("whether a cast may lose a tiny number"));
            }
            (wide.is_finite() == narrow.is_finite()).then_some(Value::Single(narrow))
        }
        _ => match value {
            Value::Single(x) => Some(Value::Double((*x).into())),
            _ => {
                let wide = decimal.to_f64();
                (wide.is_finite() == decimal.is_finite()).then_some(Value::Double(wide))
            }
        },
    })
}

/// `isof(operand,ty)`.
pub(super) fn is_of(operand: &Typed, ty: Type) -> Result<Typed> {
    match operand.ty {
        Some(from) if from == ty && !operand.value.is_null() => Ok(Typed::boolean(true)),
        // Null can be cast to any type, and is an instance of none.
        _ if operand.value.is_null() => Err(Fault::open("isof of null")),
        Some(from) if from.is_numeric() && ty.is_numeric() => {
            Err(Fault::open("whether a number is of a wider type"))
        }
        _ if ty == Type::String => Err(Fault::open("whether everything is a text")),
        _ => Ok(Typed::boolean(false)),
    }
}
