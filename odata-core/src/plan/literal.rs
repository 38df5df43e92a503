//! A literal's text becomes a value of its type, or an error that says why not.

use super::Value;
use crate::edm::PrimitiveType;
use crate::error::{Code, Error, Result, Span};
use crate::uri::ast::Literal;
use base64::Engine;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};

/// Microseconds between 1970-01-01 and 2000-01-01, PostgreSQL's epoch.
const EPOCH_MICROS: i64 = 946_684_800_000_000;
/// Days between the same.
const EPOCH_DAYS: i64 = 10_957;

/// The value of a literal by itself; `None` for null.
pub(super) fn value(literal: &Literal, span: Span) -> Result<Option<Value>> {
    let value = match literal {
        Literal::Null => return Ok(None),
        Literal::Boolean(b) => Value::Boolean(*b),
        Literal::Integer(text) => match text.parse() {
            Ok(n) => Value::Integer(n),
            // Wider than Int64: a Decimal (URL Conventions 5.1.1.11).
            Err(_) => Value::Decimal(text.trim_start_matches('+').to_owned()),
        },
        Literal::Decimal(text) if text.contains(['e', 'E']) => double(text, span)?,
        Literal::Decimal(text) => Value::Decimal(text.trim_start_matches('+').to_owned()),
        Literal::Double(text) => double(text, span)?,
        Literal::String(text) => Value::Text(text.clone()),
        Literal::Date(text) => {
            date(text).ok_or_else(|| invalid(PrimitiveType::Date, text, span))?
        }
        Literal::DateTimeOffset(text) => {
            date_time(text).ok_or_else(|| invalid(PrimitiveType::DateTimeOffset, text, span))?
        }
        Literal::TimeOfDay(text) => {
            time(text).ok_or_else(|| invalid(PrimitiveType::TimeOfDay, text, span))?
        }
        Literal::Duration(text) => {
            duration(text).ok_or_else(|| invalid(PrimitiveType::Duration, text, span))?
        }
        Literal::Guid(text) => {
            guid(text).ok_or_else(|| invalid(PrimitiveType::Guid, text, span))?
        }
        Literal::Binary(text) => {
            binary(text).ok_or_else(|| invalid(PrimitiveType::Binary, text, span))?
        }
        Literal::Enum(name, _) => {
            return Err(Error::new(
                Code::UnknownType,
                format!("there is no enumeration type '{name}'"),
            )
            .at(span));
        }
        Literal::Geo(..) => return Err(Error::not_implemented("geo literals").at(span)),
    };
    Ok(Some(value))
}

/// A quoted literal read as another type: what a comparison with a date, a time or a Guid does
/// (the product's own example), and what `cast` does. `None`: the text is no value of that type.
pub(super) fn from_text(text: &str, ty: PrimitiveType) -> Option<Value> {
    match ty {
        PrimitiveType::String | PrimitiveType::Json => Some(Value::Text(text.to_owned())),
        PrimitiveType::Boolean if text.eq_ignore_ascii_case("true") => Some(Value::Boolean(true)),
        PrimitiveType::Boolean if text.eq_ignore_ascii_case("false") => Some(Value::Boolean(false)),
        PrimitiveType::Boolean => None,
        PrimitiveType::SByte => integer(text, -128, 127),
        PrimitiveType::Byte => integer(text, 0, 255),
        PrimitiveType::Int16 => integer(text, i16::MIN.into(), i16::MAX.into()),
        PrimitiveType::Int32 => integer(text, i32::MIN.into(), i32::MAX.into()),
        PrimitiveType::Int64 => integer(text, i64::MIN, i64::MAX),
        PrimitiveType::Decimal => decimal(text),
        PrimitiveType::Single => parse_double(text).and_then(as_single),
        PrimitiveType::Double => parse_double(text),
        PrimitiveType::DateTimeOffset => date_time(text),
        PrimitiveType::Date => date(text),
        PrimitiveType::TimeOfDay => time(text),
        PrimitiveType::Duration => duration(text),
        PrimitiveType::Guid => guid(text),
        PrimitiveType::Binary => binary(text),
    }
}

/// An error for a text that is no value of the type.
pub(super) fn invalid(ty: PrimitiveType, text: &str, span: Span) -> Error {
    let expected = match ty {
        PrimitiveType::DateTimeOffset => {
            "a date and time such as 2021-11-23T00:00:00Z, years 0001 to 9999"
        }
        PrimitiveType::Date => "a date such as 2021-11-23, years 0001 to 9999",
        PrimitiveType::TimeOfDay => "a time such as 12:41:26.745",
        PrimitiveType::Duration => "a duration such as P1DT2H3M4.5S",
        PrimitiveType::Guid => "a Guid such as 89f20666-e17d-427c-9283-268ba7870283",
        PrimitiveType::Binary => "base64url text",
        _ => "a value that the type can hold",
    };
    let shown: String = text.chars().take(40).collect();
    Error::new(
        Code::InvalidLiteral,
        format!("'{shown}' is not an {}, expected {expected}", ty.edm_name()),
    )
    .at(span)
}

fn integer(text: &str, least: i64, most: i64) -> Option<Value> {
    let n: i64 = text.parse().ok()?;
    (least..=most).contains(&n).then_some(Value::Integer(n))
}

fn decimal(text: &str) -> Option<Value> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    (is_number(whole) && is_number(fraction))
        .then(|| Value::Decimal(text.trim_start_matches('+').to_owned()))
}

fn double(text: &str, span: Span) -> Result<Value> {
    parse_double(text).ok_or_else(|| {
        Error::new(
            Code::InvalidLiteral,
            format!("'{text}' is out of range for Edm.Double"),
        )
        .at(span)
    })
}

fn parse_double(text: &str) -> Option<Value> {
    match text {
        "INF" => Some(Value::Double(f64::INFINITY)),
        "-INF" => Some(Value::Double(f64::NEG_INFINITY)),
        "NaN" => Some(Value::Double(f64::NAN)),
        _ if text
            .bytes()
            .any(|b| b.is_ascii_alphabetic() && !matches!(b, b'e' | b'E')) =>
        {
            None
        }
        _ => text
            .parse()
            .ok()
            .filter(|x: &f64| x.is_finite())
            .map(Value::Double),
    }
}

/// The nearest Single; none of what is finite and too large.
fn as_single(value: Value) -> Option<Value> {
    let Value::Double(x) = value else { return None };
    let near = f64::from(x as f32);
    (near.is_finite() || !x.is_finite()).then_some(Value::Double(near))
}

fn in_range(date: NaiveDate) -> bool {
    use chrono::Datelike;
    (1..=9999).contains(&date.year())
}

fn date(text: &str) -> Option<Value> {
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d")
        .ok()
        .filter(|date| in_range(*date))?;
    let days = date
        .signed_duration_since(NaiveDate::from_ymd_opt(1970, 1, 1)?)
        .num_days()
        - EPOCH_DAYS;
    Some(Value::Date(i32::try_from(days).ok()?))
}

/// Seconds and the offset may be left out; without an offset it is UTC (rule 11 of casts).
fn date_time(text: &str) -> Option<Value> {
    let upper = text.to_ascii_uppercase();
    let (date, rest) = upper
        .split_once('T')
        .or_else(|| upper.split_once(' '))
        .unwrap_or((&upper, ""));
    let date = NaiveDate::parse_from_str(date, "%Y-%m-%d").ok()?;
    let split = rest.find(['Z', '+', '-']).unwrap_or(rest.len());
    let (clock, offset) = rest.split_at(split);
    let clock = if clock.is_empty() {
        NaiveTime::MIN
    } else {
        parse_clock(clock)?
    };
    let minutes = match offset {
        "" | "Z" => 0,
        _ => parse_offset(offset)?,
    };
    let local = NaiveDateTime::new(date, clock);
    let utc = local.checked_sub_signed(TimeDelta::minutes(minutes))?;
    in_range(utc.date()).then_some(())?;
    let instant = DateTime::from_timestamp(
        utc.and_utc().timestamp(),
        utc.and_utc().timestamp_subsec_nanos(),
    )?;
    Some(Value::DateTimeOffset(
        instant.timestamp_micros() - EPOCH_MICROS,
    ))
}

fn parse_offset(text: &str) -> Option<i64> {
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let (hours, minutes) = text.get(1..)?.split_once(':')?;
    let (hours, minutes): (i64, i64) = (digits(hours)?, digits(minutes)?);
    (hours <= 14 && minutes < 60).then_some(sign * (hours * 60 + minutes))
}

/// A number of digits alone: `parse` would take a sign, too.
fn digits<N: std::str::FromStr>(text: &str) -> Option<N> {
    let all = text.bytes().all(|byte| byte.is_ascii_digit());
    all.then(|| text.parse().ok()).flatten()
}

/// `12:41`, `12:41:26`, `12:41:26.745`: digits beyond microseconds are dropped.
fn parse_clock(text: &str) -> Option<NaiveTime> {
    let mut parts = text.splitn(3, ':');
    let hour: u32 = digits(parts.next()?)?;
    let minute: u32 = digits(parts.next()?)?;
    let (second, micro) = match parts.next() {
        None => (0, 0),
        Some(second) => {
            let (whole, fraction) = second.split_once('.').unwrap_or((second, ""));
            (digits(whole)?, micros_of(fraction)?)
        }
    };
    NaiveTime::from_hms_micro_opt(hour, minute, second, micro).filter(|_| second < 60)
}

/// The digits behind the point of a second, as microseconds; those beyond are dropped.
fn micros_of(fraction: &str) -> Option<u32> {
    let six: String = fraction.chars().chain("000000".chars()).take(6).collect();
    let all = fraction.bytes().all(|byte| byte.is_ascii_digit());
    all.then(|| digits(&six)).flatten()
}

fn time(text: &str) -> Option<Value> {
    let time = parse_clock(text)?;
    Some(Value::TimeOfDay(
        time.signed_duration_since(NaiveTime::MIN)
            .num_microseconds()?,
    ))
}

/// `P1DT2H3M4.5S`, with a sign before the `P`.
fn duration(text: &str) -> Option<Value> {
    let (negative, rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let rest = rest.strip_prefix(['P', 'p'])?;
    let (days, clock) = match rest.split_once(['T', 't']) {
        Some((days, clock)) if !clock.is_empty() => (days, clock),
        Some(_) => return None,
        None => (rest, ""),
    };
    if days.is_empty() && clock.is_empty() {
        return None;
    }
    let mut micros: i64 = 0;
    if !days.is_empty() {
        let days: i64 = digits(days.strip_suffix(['D', 'd'])?)?;
        micros = days.checked_mul(86_400_000_000)?;
    }
    let mut rest = clock;
    for (unit, size) in [('H', 3_600_000_000i64), ('M', 60_000_000), ('S', 1_000_000)] {
        let Some((number, after)) = rest.split_once([unit, unit.to_ascii_lowercase()]) else {
            continue;
        };
        let part = if unit == 'S' {
            let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
            digits::<i64>(whole)?
                .checked_mul(size)?
                .checked_add(micros_of(fraction)?.into())?
        } else {
            digits::<i64>(number)?.checked_mul(size)?
        };
        micros = micros.checked_add(part)?;
        rest = after;
    }
    rest.is_empty().then_some(())?;
    Some(Value::Duration(if negative { -micros } else { micros }))
}

fn guid(text: &str) -> Option<Value> {
    // The hyphenated form alone: the standard has no other.
    (text.len() == 36).then_some(())?;
    uuid::Uuid::try_parse(text)
        .ok()
        .map(|guid| Value::Guid(guid.into_bytes()))
}

fn binary(text: &str) -> Option<Value> {
    const LENIENT: GeneralPurpose = GeneralPurpose::new(
        &base64::alphabet::URL_SAFE,
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
    );
    LENIENT.decode(text).ok().map(Value::Binary)
}

#[cfg(test)]
mod tests {
    use super::*;
    use PrimitiveType::*;

    #[track_caller]
    fn check(text: &str, ty: PrimitiveType, expected: Option<Value>) {
        assert_eq!(from_text(text, ty), expected, "{text}");
    }

    #[test]
    fn instants() {
        let at = |micros| Some(Value::DateTimeOffset(micros));
        check("2000-01-01T00:00:00Z", DateTimeOffset, at(0));
        check("2000-01-01T00:00:00", DateTimeOffset, at(0));
        check("2000-01-01T00:00Z", DateTimeOffset, at(0));
        check("2000-01-01", DateTimeOffset, at(0));
        check("2000-01-01T01:00:00.5+01:00", DateTimeOffset, at(500_000));
        check("1999-12-31T23:59:59.999999999Z", DateTimeOffset, at(-1));
        for wrong in [
            "2021-02-30T00:00:00Z",
            "0000-01-01T00:00:00Z",
            "99999-01-01T00:00:00Z",
            "2021-01-01T24:00Z",
        ] {
            check(wrong, DateTimeOffset, None);
        }
        check("2021-01-01T23:59:60Z", DateTimeOffset, None);
        check("2021-01-01T00:00:00+99:00", DateTimeOffset, None);
    }

    #[test]
    fn durations() {
        check(
            "P1DT2H3M4.5S",
            Duration,
            Some(Value::Duration(93_784_500_000)),
        );
        check("-PT12H", Duration, Some(Value::Duration(-43_200_000_000)));
        check("P", Duration, None);
        check("PT", Duration, None);
        check("P1Y", Duration, None);
        check("PT1S2H", Duration, None);
    }

    #[test]
    fn numbers() {
        check("127", SByte, Some(Value::Integer(127)));
        check("128", SByte, None);
        check("1.50", Decimal, Some(Value::Decimal("1.50".into())));
        check("1e5", Decimal, None);
        check("INF", Double, Some(Value::Double(f64::INFINITY)));
        check("infinity", Double, None);
        check("1e400", Double, None);
        check("1e39", Single, None);
        check("0.1", Single, Some(Value::Double(f64::from(0.1f32))));
        check("-INF", Single, Some(Value::Double(f64::NEG_INFINITY)));
    }

    #[test]
    fn a_number_wider_than_int64_is_a_decimal() {
        let literal = Literal::Integer("99999999999999999999".into());
        let expected = Value::Decimal("99999999999999999999".into());
        assert_eq!(value(&literal, Span::default()), Ok(Some(expected)));
    }
}
