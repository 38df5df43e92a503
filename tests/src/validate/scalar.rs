//! The JSON form of each primitive type (JSON Format 7.1).

use super::json::Json;
use super::model::Property;
use super::once;
use odata_core::edm::NaiveDate;
use odata_core::uri::parse_rule;

/// How numbers are written in this answer.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Numbers {
    /// `IEEE754Compatible=true`: `Edm.Int64` and `Edm.Decimal` are strings.
    pub(super) as_text: bool,
    /// `ExponentialDecimals=true`.
    pub(super) exponential: bool,
}

/// Why a value is none of a property's; nothing where it is one.
pub(super) fn fault(value: &Json<'_>, property: &Property, numbers: Numbers) -> Option<String> {
    if *value == Json::Null {
        return (!property.nullable).then(|| "null, and not nullable".to_owned());
    }
    let ty = property.ty.strip_prefix("Edm.").unwrap_or(&property.ty);
    let right = match (ty, value) {
        ("String", Json::Text(text)) => {
            let most = property.max_length.unwrap_or(usize::MAX);
            return (text.chars().count() > most)
                .then(|| format!("longer than {most} characters: {text:?}"));
        }
        ("Boolean", Json::Boolean(_)) => true,
        ("Byte", Json::Number(text)) => integer(text, 0, u8::MAX.into()),
        ("SByte", Json::Number(text)) => integer(text, i8::MIN.into(), i8::MAX.into()),
        ("Int16", Json::Number(text)) => integer(text, i16::MIN.into(), i16::MAX.into()),
        ("Int32", Json::Number(text)) => integer(text, i32::MIN.into(), i32::MAX.into()),
        ("Int64", value) => number(value, numbers.as_text)
            .is_some_and(|text| integer(text, i64::MIN.into(), i64::MAX.into())),
        // Where the scale is not fixed it may be what no number is.
        ("Decimal", Json::Text(text)) if property.scale.is_none() && is_special(text) => true,
        ("Decimal", value) => number(value, numbers.as_text)
            .is_some_and(|text| decimal(text, property, numbers.exponential)),
        ("Double" | "Single", Json::Number(text)) => text.parse().is_ok_and(f64::is_finite),
        ("Double" | "Single", Json::Text(text)) => is_special(text),
        (_, Json::Text(text)) => once(&format!("{ty} {:?} {text}", property.precision), || {
            is_of_grammar(ty, text) && seconds(text, property)
        }),
        _ => false,
    };
    (!right).then(|| format!("{value:?} is no {ty}"))
}

/// Whether it is one of the numbers that JSON has none for.
pub(super) fn is_special(text: &str) -> bool {
    ["INF", "-INF", "NaN"].contains(&text)
}

/// Whether a text is in the grammar's form of a type, and makes sense.
fn is_of_grammar(ty: &str, text: &str) -> bool {
    let of_rule = |rule| parse_rule(rule, text).is_ok();
    match ty {
        "Guid" => of_rule("guidValue"),
        "Date" => of_rule("dateValue") && is_day(text),
        "DateTimeOffset" => {
            let is_day = text.split('T').next().is_some_and(is_day);
            let upper = !text.contains(['t', 'z']);
            upper && is_day && of_rule("dateTimeOffsetValue")
        }
        "TimeOfDay" => of_rule("timeOfDayValue"),
        // The grammar takes it without a number, and in any case.
        "Duration" => {
            let upper = !text.contains(|c: char| c.is_ascii_lowercase());
            upper && !text.ends_with(['P', 'T']) && of_rule("durationValue")
        }
        "Binary" => text.is_empty() || of_rule("binaryValue"),
        _ => false,
    }
}

/// Whether the calendar has it: the grammar knows no lengths of months.
fn is_day(text: &str) -> bool {
    text.parse::<NaiveDate>().is_ok()
}

fn number<'a>(value: &'a Json<'_>, as_text: bool) -> Option<&'a str> {
    match value {
        Json::Text(text) if as_text => Some(text),
        Json::Number(text) if !as_text => Some(text),
        _ => None,
    }
}

fn integer(text: &str, least: i128, most: i128) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = digits == "0" || digits.starts_with(|c: char| c != '0');
    plain
        && digits.chars().all(|c| c.is_ascii_digit())
        && text
            .parse()
            .is_ok_and(|number| (least..=most).contains(&number))
}

fn decimal(text: &str, property: &Property, exponential: bool) -> bool {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, ""));
    let digits = mantissa.strip_prefix('-').unwrap_or(mantissa);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit());
    let plain = whole == "0" || !whole.starts_with('0');
    let scale = property.scale.unwrap_or(usize::MAX);
    let precision = property.precision.unwrap_or(usize::MAX);
    let significant = whole.trim_start_matches('0').len() + fraction.trim_end_matches('0').len();
    all_digits(whole)
        && all_digits(fraction)
        && plain
        && (exponent.is_empty() || exponential)
        && fraction.trim_end_matches('0').len() <= scale
        && significant <= precision
}

/// No more digits of a second than the precision says.
fn seconds(text: &str, property: &Property) -> bool {
    let fraction = text.split_once('.').map_or("", |(_, rest)| rest);
    let digits = fraction
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(fraction.len());
    digits <= property.precision.unwrap_or(12)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(ty: &str, right: &[&str], wrong: &[&str], numbers: Numbers) {
        let property = Property {
            ty: format!("Edm.{ty}"),
            nullable: false,
            precision: (ty != "Duration" && ty != "String").then_some(6),
            scale: (ty == "Decimal").then_some(3),
            max_length: Some(3),
        };
        let fault = |text: &&str| super::fault(&Json::read(text).unwrap(), &property, numbers);
        for text in right {
            assert_eq!(fault(text), None, "{ty}: {text}");
        }
        for text in wrong.iter().chain(&["null", "[]", "{}"]) {
            assert!(fault(text).is_some(), "{ty}: {text}");
        }
    }

    #[test]
    fn each_type_has_its_form() {
        let plain = Numbers::default();
        let text = Numbers {
            as_text: true,
            exponential: true,
        };
        check(
            "String",
            &["\"\"", "\"äöü\""],
            &["1", "true", "\"abcd\""],
            plain,
        );
        check("Boolean", &["true", "false"], &["\"true\"", "1"], plain);
        check(
            "Int16",
            &["0", "-32768"],
            &["32768", "1.0", "1e2", "\"1\""],
            plain,
        );
        check("Int32", &["2147483647"], &["2147483648", "-0.5"], plain);
        let int64 = ["9223372036854775807", "-9223372036854775808"];
        check("Int64", &int64, &["9223372036854775808", "\"1\""], plain);
        check(
            "Int64",
            &["\"1\"", "\"-1\""],
            &["1", "\"01\"", "\"\"", "\"+1\""],
            text,
        );
        check(
            "Decimal",
            &["0", "-1.5", "123.456", "1.500000"],
            &["1e3", "\"1\"", "1.2345", "1234567"],
            plain,
        );
        check(
            "Decimal",
            &["\"1.5\"", "\"1e3\""],
            &["1.5", "\".5\"", "\"5.\"", "\"01\""],
            text,
        );
        check(
            "Double",
            &["1", "-1.5e-30", "\"INF\"", "\"-INF\"", "\"NaN\""],
            &["\"1\"", "\"inf\"", "\"Infinity\""],
            plain,
        );
        check(
            "Guid",
            &["\"89f20666-e17d-427c-9283-268ba7870283\""],
            &["\"89f20666\"", "\"{89f20666-e17d-427c-9283-268ba7870283}\""],
            plain,
        );
        check(
            "Date",
            &["\"2021-02-28\"", "\"0001-01-01\""],
            &["\"2021-02-30\"", "\"2021-2-1\"", "\"2021-01-01T00:00:00Z\""],
            plain,
        );
        check(
            "DateTimeOffset",
            &[
                "\"2021-11-23T00:00:00Z\"",
                "\"2021-11-23T00:00:00.123456Z\"",
                "\"2021-11-23T00:00:00+01:00\"",
            ],
            &[
                "\"2021-11-23T00:00:00\"",
                "\"2021-11-23 00:00:00Z\"",
                "\"2021-11-23t00:00:00Z\"",
                "\"2021-11-23T24:00:00Z\"",
                "\"2021-11-23T00:00:00.1234567Z\"",
                "\"infinity\"",
            ],
            plain,
        );
        check(
            "TimeOfDay",
            &["\"23:59:59.999999\"", "\"00:00:00\""],
            &["\"24:00:00\"", "\"1:00\"", "\"00:00:00.1234567\""],
            plain,
        );
        check(
            "Duration",
            &["\"P1D\"", "\"-PT0.5S\"", "\"PT0S\"", "\"P1DT1H1M1.5S\""],
            &["\"P1Y\"", "\"1 day\"", "\"P\"", "\"pt1s\"", "1"],
            plain,
        );
        check(
            "Binary",
            &["\"\"", "\"AP8Q\"", "\"_-8\""],
            &["\"+/8=\"", "\"A\"", "1"],
            plain,
        );
        check("Nothing", &[], &["1"], plain);
    }
}
