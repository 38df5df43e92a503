//! Literals (5.1.1.14.1), and texts read as values of a type (5.1.1.10.1).

use super::decimal::Decimal;
use super::eval::Fault;
use super::temporal;
use super::value::{Type, Typed, Value};
use odata_core::uri::ast::Literal;

pub(super) fn literal(literal: &Literal) -> Result<Typed, Fault> {
    let read = |ty, text: &str| {
        parse(text, ty)
            .map(|value| Typed::new(ty, value))
            .ok_or_else(|| Fault::fails(format!("'{text}' is no {ty:?}")))
    };
    match literal {
        Literal::Null => Ok(Typed::null(None)),
        Literal::Boolean(b) => Ok(Typed::boolean(*b)),
        Literal::Integer(text) => {
            let narrow = [Type::Int32, Type::Int64];
            let found = narrow.into_iter().find_map(|ty| read(ty, text).ok());
            found.map_or_else(|| read(Type::Decimal, text), Ok)
        }
        Literal::Decimal(text) if text.contains(['e', 'E']) => read(Type::Double, text),
        Literal::Decimal(text) => read(Type::Decimal, text),
        Literal::Double(text) => read(Type::Double, text),
        Literal::String(text) => Ok(Typed::new(Type::String, Value::String(text.clone()))),
        Literal::Date(text) => read(Type::Date, text),
        Literal::DateTimeOffset(text) => read(Type::DateTimeOffset, text),
        Literal::TimeOfDay(text) => read(Type::TimeOfDay, text),
        Literal::Duration(text) => read(Type::Duration, text),
        Literal::Guid(text) => read(Type::Guid, text),
        Literal::Binary(text) => read(Type::Binary, text),
        Literal::Enum(..) => Err(Fault::fails("there is no enumeration")),
        Literal::Geo(..) => Err(Fault::unsupported("geo")),
    }
}

/// The value that a text writes, as payloads and casts write it; `None` if it is none.
pub(super) fn parse(text: &str, ty: Type) -> Option<Value> {
    if let Some((least, most)) = ty.range() {
        let n = text.parse().ok().filter(|n| (least..=most).contains(n))?;
        return Some(Value::Integer(n));
    }
    Some(match ty {
        Type::Boolean => match text.to_ascii_lowercase().as_str() {
            "true" => Value::Boolean(true),
            "false" => Value::Boolean(false),
            _ => return None,
        },
        Type::Decimal => {
            let digits = text.trim_start_matches(['-', '+']);
            digits
                .starts_with(|c: char| c.is_ascii_digit())
                .then_some(())?;
            Value::Decimal(Decimal::parse(text)?)
        }
        Type::Double => Value::Double(parse_float(text)?),
        Type::Single => {
            let wide = parse_float(text)?;
            let narrow = wide as f32;
            (narrow.is_finite() == wide.is_finite()).then_some(Value::Single(narrow))?
        }
        Type::String => Value::String(text.to_owned()),
        Type::DateTimeOffset => Value::DateTimeOffset(temporal::parse_date_time(text)?),
        Type::Date => Value::Date(temporal::parse_date(text)?),
        Type::TimeOfDay => Value::TimeOfDay(temporal::parse_time(text)?),
        Type::Duration => Value::Duration(temporal::parse_duration(text)?),
        Type::Guid => {
            let hyphen = |place| matches!(place, 8 | 13 | 18 | 23);
            let right = text.len() == 36
                && text.bytes().enumerate().all(|(place, byte)| {
                    if hyphen(place) {
                        byte == b'-'
                    } else {
                        byte.is_ascii_hexdigit()
                    }
                });
            right.then(|| Value::Guid(text.to_ascii_lowercase()))?
        }
        Type::Binary => Value::Binary(parse_base64url(text)?),
        _ => return None,
    })
}

fn parse_float(text: &str) -> Option<f64> {
    match text {
        "INF" => Some(f64::INFINITY),
        "-INF" => Some(f64::NEG_INFINITY),
        "NaN" => Some(f64::NAN),
        _ => {
            let plain = |c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | '+' | 'e' | 'E');
            text.chars()
                .all(plain)
                .then(|| text.parse().ok())
                .flatten()
                .filter(|x: &f64| x.is_finite())
        }
    }
}

fn parse_base64url(text: &str) -> Option<Vec<u8>> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let (mut bits, mut have, mut bytes) = (0u32, 0, Vec::new());
    for byte in text.trim_end_matches('=').bytes() {
        let six = ALPHABET.iter().position(|letter| *letter == byte)?;
        bits = bits << 6 | u32::try_from(six).ok()?;
        have += 6;
        if have >= 8 {
            have -= 8;
            bytes.push(u8::try_from(bits >> have & 0xff).ok()?);
        }
    }
    Some(bytes)
}
