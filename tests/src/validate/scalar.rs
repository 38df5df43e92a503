//! The JSON form of each primitive type (JSON Format 7.1, by the grammar of its values).

use super::json::Json;
use super::rules::Rule;

/// How numbers are written in this answer.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Numbers {
    /// `IEEE754Compatible=true`: `Edm.Int64` and `Edm.Decimal` are strings.
    pub(super) as_text: bool,
    /// `ExponentialDecimals=true`.
    pub(super) exponential: bool,
}

/// What is declared of a structural property, or told of a computed one.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Property {
    pub(super) ty: Primitive,
    pub(super) nullable: bool,
    pub(super) precision: Option<usize>,
    pub(super) scale: Option<usize>,
    pub(super) max_length: Option<usize>,
}

impl Property {
    /// One that has a type and no bounds.
    pub(super) fn of_type(ty: Primitive) -> Property {
        Property {
            ty,
            nullable: true,
            precision: None,
            scale: None,
            max_length: None,
        }
    }
}

macro_rules! primitives {
    ($($name:ident)*) => {
        /// A primitive type.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Primitive {
            $($name,)*
        }

        impl Primitive {
            /// By its name, with or without `Edm.`.
            pub(super) fn named(name: &str) -> Option<Primitive> {
                match name.strip_prefix("Edm.").unwrap_or(name) {
                    $(stringify!($name) => Some(Primitive::$name),)*
                    _ => None,
                }
            }

            /// Its name without `Edm.`.
            pub(super) fn name(self) -> &'static str {
                match self {
                    $(Primitive::$name => stringify!($name),)*
                }
            }
        }
    };
}

primitives! {
    String Boolean Byte SByte Int16 Int32 Int64 Decimal Double Single
    Guid Date DateTimeOffset TimeOfDay Duration Binary
}

impl Primitive {
    pub(super) fn is_temporal(self) -> bool {
        use Primitive::{DateTimeOffset, Duration, TimeOfDay};
        matches!(self, DateTimeOffset | TimeOfDay | Duration)
    }

    /// Whether a value tells its type by itself (JSON Format 4.5.3).
    pub(super) fn is_told(self, value: &Json<'_>) -> bool {
        match self {
            Primitive::String | Primitive::Boolean => true,
            Primitive::Double => matches!(value, Json::Number(_) | Json::Null),
            _ => *value == Json::Null,
        }
    }
}

/// Which rule a value breaks as one of a property's.
pub(super) fn broken(value: &Json<'_>, property: &Property, numbers: Numbers) -> Option<Rule> {
    use Primitive as P;
    let is_right = match (property.ty, value) {
        (_, Json::Null) => return (!property.nullable).then_some(Rule::Nullable),
        (P::String, Json::Text(text)) => {
            let most = property.max_length.unwrap_or(usize::MAX);
            text.len() <= most || text.chars().count() <= most
        }
        (P::Boolean, Json::Boolean(_)) => true,
        (P::Byte, Json::Number(text)) => integer(text, 0, u8::MAX.into()),
        (P::SByte, Json::Number(text)) => integer(text, i8::MIN.into(), i8::MAX.into()),
        (P::Int16, Json::Number(text)) => integer(text, i16::MIN.into(), i16::MAX.into()),
        (P::Int32, Json::Number(text)) => integer(text, i32::MIN.into(), i32::MAX.into()),
        (P::Int64, value) => number(value, numbers.as_text)
            .is_some_and(|text| integer(text, i64::MIN.into(), i64::MAX.into())),
        // Where the scale is not fixed it may be what no number is.
        (P::Decimal, Json::Text(text)) if property.scale.is_none() && is_special(text) => true,
        (P::Decimal, value) => {
            let Some(text) = number(value, numbers.as_text) else {
                return Some(Rule::ScalarForm);
            };
            if text.contains(['e', 'E']) && !numbers.exponential {
                return Some(Rule::NoExponent);
            }
            decimal(text, property)
        }
        (P::Double | P::Single, Json::Number(text)) => text.parse().is_ok_and(f64::is_finite),
        (P::Double | P::Single, Json::Text(text)) => is_special(text),
        (P::Guid, Json::Text(text)) => guid(text),
        (P::Date, Json::Text(text)) => day(text),
        (P::DateTimeOffset, Json::Text(text)) => match text.split_once('T') {
            Some((date, time)) if day(date) => match time.strip_suffix('Z') {
                Some(time) => time_of_day(time, property),
                None => {
                    let (time, zone) = time.split_at_checked(time.len() - 6).unwrap_or(("", ""));
                    let is_zone = pattern(zone, "+00:00") || pattern(zone, "-00:00");
                    let is_time = is_zone && time_of_day(time, property);
                    return Some(if is_time {
                        Rule::TimesInUtc
                    } else {
                        Rule::ScalarForm
                    });
                }
            },
            _ => false,
        },
        (P::TimeOfDay, Json::Text(text)) => time_of_day(text, property),
        (P::Duration, Json::Text(text)) => duration(text, property),
        (P::Binary, Json::Text(text)) => binary(text),
        _ => false,
    };
    (!is_right).then_some(Rule::ScalarForm)
}

/// Whether it is one of the numbers that JSON has none for.
pub(super) fn is_special(text: &str) -> bool {
    ["INF", "-INF", "NaN"].contains(&text)
}

fn number<'a>(value: &'a Json<'_>, as_text: bool) -> Option<&'a str> {
    match value {
        Json::Text(text) if as_text => Some(text),
        Json::Number(text) if !as_text => Some(text),
        _ => None,
    }
}

fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn integer(text: &str, least: i128, most: i128) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    all_digits(digits)
        && (digits == "0" || !digits.starts_with('0'))
        && text
            .parse()
            .is_ok_and(|number| (least..=most).contains(&number))
}

fn decimal(text: &str, property: &Property) -> bool {
    let (mantissa, _) = text.split_once(['e', 'E']).unwrap_or((text, ""));
    let digits = mantissa.strip_prefix('-').unwrap_or(mantissa);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let scale = property.scale.unwrap_or(usize::MAX);
    let precision = property.precision.unwrap_or(usize::MAX);
    let behind = fraction.trim_end_matches('0').len();
    all_digits(whole)
        && all_digits(fraction)
        && (whole == "0" || !whole.starts_with('0'))
        && behind <= scale
        && whole.trim_start_matches('0').len() + behind <= precision
}

/// Whether a text has digits where the pattern has, and else the same characters.
fn pattern(text: &str, pattern: &str) -> bool {
    let is_same = |(byte, wanted): (u8, u8)| match wanted {
        b'0' => byte.is_ascii_digit(),
        b'h' => byte.is_ascii_hexdigit(),
        _ => byte == wanted,
    };
    text.len() == pattern.len() && text.bytes().zip(pattern.bytes()).all(is_same)
}

fn guid(text: &str) -> bool {
    pattern(text, "hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh")
}

/// A day of the calendar, between the years 0001 and 9999.
fn day(text: &str) -> bool {
    if !pattern(text, "0000-00-00") {
        return false;
    }
    let number = |from, to| text[from..to].parse().unwrap_or(0);
    let (year, month, day): (u32, u32, u32) = (number(0, 4), number(5, 7), number(8, 10));
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => 31,
    };
    year > 0 && (1..=12).contains(&month) && (1..=days).contains(&day)
}

/// `hh:mm:ss` with as many digits of a second as the precision says, twelve at most.
fn time_of_day(text: &str, property: &Property) -> bool {
    let (time, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let most = property.precision.unwrap_or(12);
    pattern(time, "00:00:00")
        && &time[..2] < "24"
        && &time[3..5] < "60"
        && &time[6..] < "60"
        && all_digits(fraction)
        && (fraction.len() <= most || !text.contains('.'))
}

/// `-P1DT2H3M4.5S`, of which one part is enough.
fn duration(text: &str, property: &Property) -> bool {
    let Some(rest) = text.strip_prefix('-').unwrap_or(text).strip_prefix('P') else {
        return false;
    };
    let (days, time) = rest.split_once('T').unwrap_or((rest, ""));
    if rest.ends_with('T') || rest.is_empty() {
        return false;
    }
    let is_days = days.is_empty() || days.strip_suffix('D').is_some_and(all_digits);
    let mut rest = time;
    for unit in ['H', 'M'] {
        if let Some((number, behind)) = rest.split_once(unit) {
            if !all_digits(number) {
                return false;
            }
            rest = behind;
        }
    }
    let Some(seconds) = rest.strip_suffix('S') else {
        return is_days && rest.is_empty();
    };
    let (whole, fraction) = seconds.split_once('.').unwrap_or((seconds, "0"));
    let most = property.precision.unwrap_or(12).max(1);
    is_days && all_digits(whole) && all_digits(fraction) && fraction.len() <= most
}

/// Base64 with `-` and `_`.
fn binary(text: &str) -> bool {
    let digits = text.trim_end_matches('=');
    let is_digit = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    let padding = text.len() - digits.len();
    digits.bytes().all(is_digit)
        && digits.len() % 4 != 1
        && (padding == 0 || text.len().is_multiple_of(4) && padding < 3)
}

#[cfg(test)]
#[rustfmt::skip] // One type a line.
mod tests {
    use super::*;

    #[track_caller]
    fn check(ty: Primitive, right: &[&str], wrong: &[&str], numbers: Numbers) {
        let property = Property {
            nullable: false,
            precision: (ty != Primitive::String).then_some(6),
            scale: (ty == Primitive::Decimal).then_some(3),
            max_length: Some(3),
            ..Property::of_type(ty)
        };
        let broken = |text: &&str| super::broken(&Json::read(text).unwrap(), &property, numbers);
        for text in right {
            assert_eq!(broken(text), None, "{ty:?}: {text}");
        }
        for text in wrong.iter().chain(&["null", "[]", "{}"]) {
            assert!(broken(text).is_some(), "{ty:?}: {text}");
        }
    }

    #[test]
    fn each_type_has_its_form() {
        use Primitive as P;
        let plain = Numbers::default();
        let text = Numbers { as_text: true, exponential: true };
        check(P::String, &[r#""""#, r#""äöü""#], &["1", "true", r#""abcd""#], plain);
        check(P::Boolean, &["true", "false"], &[r#""true""#, "1"], plain);
        check(P::Byte, &["0", "255"], &["-1", "256"], plain);
        check(P::SByte, &["-128", "127"], &["-129", "128"], plain);
        check(P::Int16, &["0", "-32768"], &["32768", "1.0", "1e2", "\"1\"", "-0.5"], plain);
        check(P::Int32, &["2147483647"], &["2147483648"], plain);
        check(P::Int64, &["9223372036854775807", "-9223372036854775808"], &["9223372036854775808", "\"1\""], plain);
        check(P::Int64, &["\"1\"", "\"-1\""], &["1", "\"01\"", "\"\"", "\"+1\"", "\"-\""], text);
        check(P::Decimal, &["0", "-1.5", "123.456", "1.500000"], &["1e3", "\"1\"", "1.2345", "1234567", "\"NaN\""], plain);
        check(P::Decimal, &["\"1.5\"", "\"1e3\""], &["1.5", "\".5\"", "\"5.\"", "\"01\""], text);
        check(P::Double, &["1", "-1.5e-30", "\"INF\"", "\"-INF\"", "\"NaN\""], &["\"1\"", "\"inf\"", "\"Infinity\""], plain);
        check(P::Guid, &["\"89f20666-e17d-427c-9283-268ba7870283\""], &["\"89f20666\"", "\"{89f20666-e17d-427c-9283-268ba7870283}\"", "\"89f20666-e17d-427c-9283-268ba787028g\""], plain);
        check(P::Date, &["\"2021-02-28\"", "\"2000-02-29\"", "\"0001-01-01\""], &["\"2021-02-30\"", "\"1900-02-29\"", "\"2021-2-1\"", "\"2021-13-01\"", "\"0000-01-01\"", "\"2021-01-01T00:00:00Z\""], plain);
        check(
            P::DateTimeOffset,
            &["\"2021-11-23T00:00:00Z\"", "\"2021-11-23T00:00:00.123456Z\""],
            &[
                "\"2021-11-23T00:00:00\"", "\"2021-11-23 00:00:00Z\"", "\"2021-11-23t00:00:00Z\"", "\"2021-11-23T24:00:00Z\"",
                "\"2021-11-23T00:60:00Z\"", "\"2021-11-23T00:00:00.1234567Z\"", "\"2021-11-31T00:00:00Z\"", "\"infinity\"",
                "\"2021-11-23T00:00:00+01:00\"", "\"2021-11-23T00:00:00.Z\"", "\"2021-11-23TZ\"",
            ],
            plain,
        );
        check(P::TimeOfDay, &["\"23:59:59.999999\"", "\"00:00:00\""], &["\"24:00:00\"", "\"1:00\"", "\"00:00:60\"", "\"00:00:00.1234567\""], plain);
        check(
            P::Duration,
            &["\"P1D\"", "\"-PT0.5S\"", "\"PT0S\"", "\"P1DT1H1M1.5S\"", "\"PT5M\""],
            &["\"P1Y\"", "\"1 day\"", "\"P\"", "\"P1DT\"", "\"pt1s\"", "\"PT1.1234567S\"", "\"PT1\"", "\"PTHS\"", "1"],
            plain,
        );
        check(P::Binary, &["\"\"", "\"AP8Q\"", "\"_-8\"", "\"_-8=\""], &["\"+/8=\"", "\"A\"", "\"AP8Q=\"", "1"], plain);
        let utc = |text: &str| super::broken(&Json::Text(text.into()), &Property::of_type(P::DateTimeOffset), plain);
        assert_eq!(utc("2021-11-23T00:00:00+01:00"), Some(Rule::TimesInUtc));
        assert_eq!(utc("2021-11-23T00:00:00.123456789012Z"), None);
        let special = Json::Text("NaN".into());
        assert_eq!(super::broken(&special, &Property::of_type(P::Decimal), plain), None);
    }
}
