//! The table of casts (URL Conventions 5.1.1.10.1): a cast that fails gives null, so that the text is
//! looked at before PostgreSQL reads it. Text is read in the form that a row shows.

use crate::edm::{PgType, PrimitiveType as T};

// PostgreSQL refuses to make a floating-point number of what rounds to 0 or to infinity. These are the
// smallest and the largest number that round to neither.
macro_rules! least_double {
    () => {
        "2.5e-324"
    };
}
macro_rules! most_double {
    () => {
        "1.7976931348623158e308"
    };
}
macro_rules! least_single {
    () => {
        "7.1e-46"
    };
}
macro_rules! most_single {
    () => {
        "3.40282356e38"
    };
}

/// The nearest number of another type, infinity included.
macro_rules! nearest {
    ($least:expr, $most:expr, $ty:literal) => {
        concat!(
            "CASE WHEN abs({0}) < ",
            $least,
            " THEN 0 WHEN abs({0}) > ",
            $most,
            " THEN sign({0})::",
            $ty,
            " * 'Infinity' ELSE {0}::",
            $ty,
            " END"
        )
    };
}

/// The same, null for what is finite and too large. NaN counts as larger than infinity.
macro_rules! in_range {
    ($least:expr, $most:expr, $ty:literal) => {
        concat!(
            "CASE WHEN abs({0}) < ",
            $least,
            " THEN 0 WHEN abs({0}) <= ",
            $most,
            " OR abs({0}) >= 'Infinity' THEN {0}::",
            $ty,
            " END"
        )
    };
}

/// The same of a text. As a Decimal it has no range that matters.
macro_rules! float_text {
    ($least:expr, $most:expr, $ty:literal) => {
        concat!(
            "CASE WHEN length({0}) <= 1000 AND {0} ~ '^[+-]?[0-9]+(\\.[0-9]+)?([eE][+-]?[0-9]{1,4})?$' THEN CASE WHEN abs({0}::numeric) < ",
            $least,
            " THEN 0 WHEN abs({0}::numeric) <= ",
            $most,
            " THEN {0}::",
            $ty,
            " END WHEN {0} IN ('INF', '-INF', 'NaN') THEN replace({0}, 'INF', 'Infinity')::",
            $ty,
            " END"
        )
    };
}

/// The text of a floating-point number: with a point where it is between these two, with an exponent
/// elsewhere (`format::numeric`). Of some numbers above 2^53 PostgreSQL writes a digit more.
macro_rules! float_to_text {
    ($least:literal, $more:literal) => {
        concat!(
            "CASE WHEN {0} = 0 THEN {0}::text || '.0' WHEN abs({0}) >= ",
            $least,
            " AND abs({0}) < ",
            $more,
            " THEN regexp_replace({0}::text::numeric::text, '^(-?[0-9]+)$', '\\1.0') ELSE replace(regexp_replace({0}::text, 'e[+]?(-?)0*', 'e\\1'), 'Infinity', 'INF') END"
        )
    };
}

/// Which SQL promotes a number to a wider type (URL Conventions 5.1.1.11) where PostgreSQL's own
/// conversion fails for some: it is rounded, as floating-point numbers are, and fails for no value,
/// whoever's row it is in.
pub(super) fn promotion(from: PgType, to: PgType) -> Option<&'static str> {
    match (from, to) {
        (PgType::Numeric, PgType::Float8) => {
            Some(nearest!(least_double!(), most_double!(), "float8"))
        }
        (PgType::Numeric, PgType::Float4) => {
            Some(nearest!(least_single!(), most_single!(), "float4"))
        }
        _ => None,
    }
}

/// Which SQL casts a value of one type to another, null where it can't be. The result has the type
/// of [`T::pg`].
pub(super) fn cast_template(from: T, to: T) -> &'static str {
    match (from, to) {
        (from, T::String | T::Json) => to_text(from),
        (T::String | T::Json, to) => from_text(to),
        (_, T::SByte) => "CASE WHEN trunc({0}) BETWEEN -128 AND 127 THEN trunc({0})::int2 END",
        (_, T::Byte) => "CASE WHEN trunc({0}) BETWEEN 0 AND 255 THEN trunc({0})::int2 END",
        (_, T::Int16) => "CASE WHEN trunc({0}) BETWEEN -32768 AND 32767 THEN trunc({0})::int2 END",
        (_, T::Int32) => {
            "CASE WHEN trunc({0}) BETWEEN -2147483648 AND 2147483647 THEN trunc({0})::int4 END"
        }
        // The largest Int64 is no Double: the next one above it is the first that is too large.
        (T::Double | T::Single, T::Int64) => {
            "CASE WHEN {0} >= -9223372036854775808 AND {0} < 9223372036854775808 THEN trunc({0})::int8 END"
        }
        (T::Decimal, T::Int64) => {
            "CASE WHEN trunc({0}) BETWEEN -9223372036854775808 AND 9223372036854775807 THEN trunc({0})::int8 END"
        }
        (_, T::Int64) => "{0}::int8",
        // By its text, which is the value's own: PostgreSQL's conversion drops digits.
        (T::Double | T::Single, T::Decimal) => "{0}::text::numeric",
        (_, T::Decimal) => "{0}::numeric",
        (T::Decimal, T::Double) => in_range!(least_double!(), most_double!(), "float8"),
        (_, T::Double) => "{0}::float8",
        (T::Double | T::Decimal, T::Single) => {
            in_range!(least_single!(), most_single!(), "float4")
        }
        (_, T::Single) => "{0}::float4",
        (_, T::Date) => "{0}::date",
        (_, T::TimeOfDay) => "{0}::time",
        // PostgreSQL's dates go further than its timestamps, and both further than a row shows.
        (T::Date, T::DateTimeOffset) => {
            "CASE WHEN {0} BETWEEN '0001-01-01' AND '9999-12-31' THEN {0}::timestamp END"
        }
        _ => "{0}",
    }
}

/// Its text as a row shows it.
fn to_text(from: T) -> &'static str {
    match from {
        T::DateTimeOffset => {
            "CASE WHEN {0} >= '0001-01-01' AND {0} < '10000-01-01' THEN to_char({0}, 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') END"
        }
        T::Date => {
            "CASE WHEN {0} >= '0001-01-01' AND {0} < '10000-01-01' THEN to_char({0}, 'YYYY-MM-DD') END"
        }
        // 24:00 is none.
        T::TimeOfDay => "CASE WHEN {0} < '24:00' THEN to_char({0}, 'HH24:MI:SS.US') END",
        T::Double => float_to_text!("1e-5::float8", "1e16::float8"),
        T::Single => float_to_text!("1e-6::float4", "1e13::float4"),
        T::Decimal => "replace({0}::text, 'Infinity', 'INF')",
        // In microseconds, a month as 30 days, and of those the days, hours, minutes and seconds.
        T::Duration => concat!(
            "CASE WHEN isfinite({0}) THEN (SELECT CASE WHEN w.m < 0 THEN '-P' ELSE 'P' END",
            " || COALESCE(NULLIF(div(abs(w.m), 86400000000), 0) || 'D', '')",
            " || CASE WHEN w.m = 0 THEN 'T0S' WHEN w.m % 86400000000 = 0 THEN '' ELSE 'T'",
            " || COALESCE(NULLIF(div(abs(w.m), 3600000000) % 24, 0) || 'H', '')",
            " || COALESCE(NULLIF(div(abs(w.m), 60000000) % 60, 0) || 'M', '')",
            " || COALESCE(NULLIF(trim_scale(abs(w.m) % 60000000 * 0.000001), 0) || 'S', '') END",
            " FROM (SELECT ((extract(year FROM {0})::numeric * 12 + extract(month FROM {0})::numeric) * 30",
            " + extract(day FROM {0})::numeric) * 86400000000 + extract(hour FROM {0})::numeric * 3600000000",
            " + extract(minute FROM {0})::numeric * 60000000 + extract(microseconds FROM {0})::numeric",
            " AS m OFFSET 0) w) END"
        ),
        // RFC 4648's base64url without padding.
        T::Binary => "translate(encode({0}, 'base64'), E'+/=\\n', '-_')",
        _ => "{0}::text",
    }
}

/// What a text says, if it says a value of the type.
fn from_text(to: T) -> &'static str {
    match to {
        T::Boolean => "CASE lower({0}) WHEN 'true' THEN TRUE WHEN 'false' THEN FALSE END",
        T::SByte => {
            "CASE WHEN {0} ~ '^[+-]?[0-9]{1,9}$' AND {0}::int8 BETWEEN -128 AND 127 THEN {0}::int2 END"
        }
        T::Byte => {
            "CASE WHEN {0} ~ '^[+-]?[0-9]{1,9}$' AND {0}::int8 BETWEEN 0 AND 255 THEN {0}::int2 END"
        }
        T::Int16 => {
            "CASE WHEN {0} ~ '^[+-]?[0-9]{1,18}$' AND {0}::int8 BETWEEN -32768 AND 32767 THEN {0}::int2 END"
        }
        T::Int32 => {
            "CASE WHEN {0} ~ '^[+-]?[0-9]{1,18}$' AND {0}::int8 BETWEEN -2147483648 AND 2147483647 THEN {0}::int4 END"
        }
        T::Int64 => {
            "CASE WHEN {0} ~ '^[+-]?[0-9]{1,19}$' AND {0}::numeric BETWEEN -9223372036854775808 AND 9223372036854775807 THEN {0}::int8 END"
        }
        // Of no more digits than a `numeric` has behind its point.
        T::Decimal => {
            "CASE WHEN length({0}) <= 16383 AND {0} ~ '^[+-]?[0-9]+(\\.[0-9]+)?$' THEN {0}::numeric END"
        }
        T::Double => float_text!(least_double!(), most_double!(), "float8"),
        T::Single => float_text!(least_single!(), most_single!(), "float4"),
        T::Guid => {
            "CASE WHEN {0} ~* '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$' THEN {0}::uuid END"
        }
        // Digits beyond microseconds are dropped here and below: rounded up they could make 24:00.
        // The day is compared with the last one of the month.
        T::Date => {
            "CASE WHEN {0} ~ '^(?!0000)[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$' THEN CASE WHEN substr({0}, 9, 2)::int4 <= extract(day FROM (substr({0}, 1, 7) || '-01')::date + interval '1 month -1 day') THEN {0}::date END END"
        }
        T::DateTimeOffset => {
            "CASE WHEN {0} ~ '^(?!0000)[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\\.[0-9]{1,12})?)?(Z|[+-](0[0-9]|1[0-3]):[0-5][0-9]|[+-]14:00)?$' THEN CASE WHEN substr({0}, 9, 2)::int4 <= extract(day FROM (substr({0}, 1, 7) || '-01')::date + interval '1 month -1 day') THEN (SELECT CASE WHEN w.t >= '0001-01-01' AND w.t < '10000-01-01' THEN w.t END FROM (SELECT timezone('UTC', (regexp_replace({0}, '([.][0-9]{6})[0-9]+', '\\1') || CASE WHEN {0} ~ '(Z|[+-][0-9:]{5})$' THEN '' ELSE 'Z' END)::timestamptz) AS t OFFSET 0) w) END END"
        }
        T::TimeOfDay => {
            "CASE WHEN {0} ~ '^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\\.[0-9]{1,12})?)?$' THEN left({0}, 15)::time END"
        }
        // PostgreSQL takes a sign before each part, not before the P.
        T::Duration => {
            "CASE WHEN {0} ~ '^[+-]?P(?!$)([0-9]{1,7}D)?(T(?!$)([0-9]{1,7}H)?([0-9]{1,7}M)?([0-9]{1,7}(\\.[0-9]{1,12})?S)?)?$' THEN CASE WHEN {0} LIKE '-%' THEN - regexp_replace(substr({0}, 2), '([.][0-9]{6})[0-9]+', '\\1')::interval ELSE regexp_replace(ltrim({0}, '+'), '([.][0-9]{6})[0-9]+', '\\1')::interval END END"
        }
        T::Binary => {
            "CASE WHEN {0} ~ '^([A-Za-z0-9_-]{4})*([A-Za-z0-9_-]{2,3})?={0,2}$' THEN decode(rpad(translate(rtrim({0}, '='), '-_', '+/'), (length(rtrim({0}, '=')) + 3) / 4 * 4, '='), 'base64') END"
        }
        T::String | T::Json => "{0}::text",
    }
}
