//! The canonical functions (5.1.1.5 to 5.1.1.9). All give null for a null operand.

use super::eval::{Fault, Result};
use super::temporal;
use super::value::{Type, Typed, Value};

pub(super) fn call(name: &str, operands: &[Typed], now: i64) -> Result<Typed> {
    use Type::{
        Boolean, Date, DateTimeOffset, Decimal, Double, Duration, Int32, Int64, Single, String,
        TimeOfDay,
    };
    const INTEGERS: &[Type] = &[Type::SByte, Type::Byte, Type::Int16, Int32, Int64];
    let text: &[Type] = &[String];
    let numbers: &[Type] = &[
        Type::SByte,
        Type::Byte,
        Type::Int16,
        Int32,
        Int64,
        Decimal,
        Single,
        Double,
    ];
    let (takes, ty): (&[&[Type]], Type) = match (name, operands.len()) {
        ("contains" | "startswith" | "endswith", 2) => (&[text, text], Boolean),
        ("concat", 2) => (&[text, text], String),
        ("indexof", 2) => (&[text, text], Int32),
        ("length", 1) => (&[text], Int32),
        ("substring", 2) => (&[text, INTEGERS], String),
        ("substring", 3) => (&[text, INTEGERS, INTEGERS], String),
        ("tolower" | "toupper" | "trim", 1) => (&[text], String),
        ("year" | "month" | "day", 1) => (&[&[DateTimeOffset, Date]], Int32),
        ("hour" | "minute" | "second", 1) => (&[&[DateTimeOffset, TimeOfDay]], Int32),
        ("fractionalseconds", 1) => (&[&[DateTimeOffset, TimeOfDay]], Decimal),
        ("date", 1) => (&[&[DateTimeOffset]], Date),
        ("time", 1) => (&[&[DateTimeOffset]], TimeOfDay),
        ("totaloffsetminutes", 1) => (&[&[DateTimeOffset]], Int32),
        ("totalseconds", 1) => (&[&[Duration]], Decimal),
        ("now" | "mindatetime" | "maxdatetime", 0) => (&[], DateTimeOffset),
        ("round" | "floor" | "ceiling", 1) => match operands[0].ty {
            Some(Single | Double) => (&[numbers], Double),
            _ => (&[numbers], Decimal),
        },
        ("matchespattern" | "hassubset" | "hassubsequence", 2) => {
            return Err(Fault::unsupported(name));
        }
        _ => return Err(Fault::fails(format!("there is no function '{name}'"))),
    };
    for (operand, takes) in operands.iter().zip(takes) {
        if operand.ty.is_some_and(|ty| !takes.contains(&ty)) {
            return Err(Fault::fails(format!("'{name}' of {:?}", operand.ty)));
        }
    }
    if operands.iter().any(|operand| operand.value.is_null()) {
        return Ok(Typed::null(Some(ty)));
    }
    let values: Vec<&Value> = operands.iter().map(|operand| &operand.value).collect();
    let value = value(name, &values, now)?;
    Ok(Typed::new(ty, value))
}

fn value(name: &str, operands: &[&Value], now: i64) -> Result<Value> {
    Ok(match (name, operands) {
        ("contains", [Value::String(text), Value::String(part)]) => {
            Value::Boolean(text.contains(part.as_str()))
        }
        ("startswith", [Value::String(text), Value::String(part)]) => {
            Value::Boolean(text.starts_with(part.as_str()))
        }
        ("endswith", [Value::String(text), Value::String(part)]) => {
            Value::Boolean(text.ends_with(part.as_str()))
        }
        ("concat", [Value::String(a), Value::String(b)]) => Value::String(format!("{a}{b}")),
        ("indexof", [Value::String(text), Value::String(part)]) => {
            // In characters, from zero.
            let found = text.find(part.as_str());
            Value::Integer(found.map_or(-1, |at| count(&text[..at])))
        }
        ("length", [Value::String(text)]) => Value::Integer(count(text)),
        ("substring", [Value::String(text), Value::Integer(start), rest @ ..]) => {
            let length = match rest {
                [Value::Integer(length)] => Some(*length),
                _ => None,
            };
            Value::String(substring(text, *start, length)?)
        }
        ("tolower", [Value::String(text)]) => Value::String(text.to_lowercase()),
        ("toupper", [Value::String(text)]) => Value::String(text.to_uppercase()),
        ("trim", [Value::String(text)]) => Value::String(text.trim().to_owned()),
        ("now", []) => Value::DateTimeOffset(now),
        ("mindatetime", []) => Value::DateTimeOffset(temporal::midnight(*temporal::DAYS.start())),
        ("maxdatetime", []) => {
            Value::DateTimeOffset(temporal::midnight(*temporal::DAYS.end() + 1) - 1)
        }
        ("totaloffsetminutes", _) => Value::Integer(0),
        ("date", [Value::DateTimeOffset(micros)]) => Value::Date(temporal::split(*micros).0),
        ("time", [Value::DateTimeOffset(micros)]) => Value::TimeOfDay(temporal::split(*micros).1),
        ("totalseconds", [Value::Duration(micros)]) => Value::Decimal(millionths(*micros)),
        ("round" | "floor" | "ceiling", [number]) => rounded(name, number)?,
        (_, [Value::DateTimeOffset(micros)]) => {
            let (days, clock) = temporal::split(*micros);
            part(name, days, clock)?
        }
        (_, [Value::Date(days)]) => part(name, *days, 0)?,
        (_, [Value::TimeOfDay(clock)]) => part(name, 0, *clock)?,
        _ => return Err(Fault::unsupported(name)),
    })
}

fn count(text: &str) -> i64 {
    i64::try_from(text.chars().count()).unwrap_or(i64::MAX)
}

/// From a zero-based start, which counts from the end where it is negative (4.01).
fn substring(text: &str, start: i64, length: Option<i64>) -> Result<String> {
    if length.is_some_and(|length| length < 0) {
        return Err(Fault::fails("a negative length"));
    }
    let start = if start < 0 {
        (count(text) + start).max(0)
    } else {
        start
    };
    let start = usize::try_from(start).unwrap_or(usize::MAX);
    let length = length.map_or(usize::MAX, |length| {
        usize::try_from(length).unwrap_or(usize::MAX)
    });
    Ok(text.chars().skip(start).take(length).collect())
}

fn part(name: &str, days: i64, clock: i64) -> Result<Value> {
    let (year, month, day) = temporal::date_of(days);
    Ok(Value::Integer(match name {
        "year" => year,
        "month" => month,
        "day" => day,
        "hour" => clock / 3_600_000_000,
        "minute" => clock / 60_000_000 % 60,
        "second" => clock / 1_000_000 % 60,
        "fractionalseconds" => return Ok(Value::Decimal(millionths(clock % 1_000_000))),
        _ => return Err(Fault::unsupported(name)),
    }))
}

fn millionths(micros: i64) -> super::decimal::Decimal {
    super::decimal::Decimal::parse(&format!("{micros}e-6")).expect("a whole number and an exponent")
}

/// Half away from zero (5.1.1.9.1).
fn rounded(name: &str, number: &Value) -> Result<Value> {
    let float = |x: f64| match name {
        "round" => x.round(),
        "floor" => x.floor(),
        _ => x.ceil(),
    };
    Ok(match super::cast::promoted(number, Type::Decimal) {
        Value::Single(x) => Value::Double(float(x.into())),
        Value::Double(x) => Value::Double(float(x)),
        Value::Decimal(d) => {
            let found = match name {
                "round" => d.round(),
                "floor" => d.floor(),
                _ => d.ceiling(),
            };
            if d.approximate {
                return Err(Fault::open("how a rounded quotient is rounded"));
            }
            Value::Decimal(found)
        }
        _ => return Err(Fault::unsupported(name)),
    })
}
