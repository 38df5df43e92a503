//! The function table: one row for each overload of a canonical function (URL Conventions 5.1.1.5
//! to 5.1.1.12). Adding a function is adding a row, its golden SQL case and its line in
//! `docs/conformance.md`.
//!
//! All functions are strict: an operand that is null makes the result null. Nothing else does, but
//! where [`Sql::Partial`] says so.

pub mod aggregation;

use crate::edm::PrimitiveType;

/// One overload of a function.
#[derive(Debug, PartialEq, Eq)]
pub struct Function {
    /// Its name, in lower case; clients may write it in any.
    pub name: &'static str,
    /// What it takes.
    pub parameters: &'static [Operand],
    /// What it gives.
    pub result: ResultType,
    /// How it is said in SQL.
    pub sql: Sql,
}

/// What a parameter takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operand {
    /// Text.
    Text,
    /// A whole number.
    Integer,
    /// A whole number, or a Decimal: as Decimal.
    Decimal,
    /// A Single or a Double: as Double.
    Double,
    /// A DateTimeOffset.
    DateTimeOffset,
    /// A Date.
    Date,
    /// A TimeOfDay.
    TimeOfDay,
    /// A Duration.
    Duration,
}

impl Operand {
    /// The type that an operand has when the function sees it.
    pub const fn ty(self) -> PrimitiveType {
        match self {
            Operand::Text => PrimitiveType::String,
            Operand::Integer => PrimitiveType::Int32,
            Operand::Decimal => PrimitiveType::Decimal,
            Operand::Double => PrimitiveType::Double,
            Operand::DateTimeOffset => PrimitiveType::DateTimeOffset,
            Operand::Date => PrimitiveType::Date,
            Operand::TimeOfDay => PrimitiveType::TimeOfDay,
            Operand::Duration => PrimitiveType::Duration,
        }
    }

    /// Whether a value of this type may stand there.
    pub const fn takes(self, ty: PrimitiveType) -> bool {
        match self {
            Operand::Text => ty.is_text(),
            Operand::Integer => ty.is_integer(),
            Operand::Decimal => ty.is_integer() || matches!(ty, PrimitiveType::Decimal),
            Operand::Double => matches!(ty, PrimitiveType::Double | PrimitiveType::Single),
            Operand::DateTimeOffset => matches!(ty, PrimitiveType::DateTimeOffset),
            Operand::Date => matches!(ty, PrimitiveType::Date),
            Operand::TimeOfDay => matches!(ty, PrimitiveType::TimeOfDay),
            Operand::Duration => matches!(ty, PrimitiveType::Duration),
        }
    }
}

/// What a function gives.
pub type ResultType = PrimitiveType;

/// How a function is said in SQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sql {
    /// `{0}`, `{1}`, .. stand for the operands.
    Template(&'static str),
    /// The same, null for some operands that aren't: the parts of an infinite date.
    Partial(&'static str),
    /// A search for text in text. For a literal a `LIKE` pattern, so that an index can serve it;
    /// with `%` before or behind it as said; else the template.
    Like {
        /// `%` before the text.
        before: bool,
        /// `%` behind the text.
        behind: bool,
        /// For a text that isn't known beforehand.
        otherwise: &'static str,
    },
    /// A change of case, by the collation that knows more than ASCII.
    Case(&'static str),
    /// A regular expression, translated from ECMAScript's.
    Pattern,
}

const fn row(
    name: &'static str,
    parameters: &'static [Operand],
    result: ResultType,
    sql: Sql,
) -> Function {
    Function {
        name,
        parameters,
        result,
        sql,
    }
}

use Operand::*;
use PrimitiveType as T;
use Sql::{Case, Like, Partial, Pattern, Template};

/// Every character with the Unicode property White_Space.
const TRIM: &str = "btrim({0}, E' \\t\\n\\u000B\\f\\r\\u0085\\u00A0\\u1680\\u2000\\u2001\\u2002\\u2003\\u2004\\u2005\\u2006\\u2007\\u2008\\u2009\\u200A\\u2028\\u2029\\u202F\\u205F\\u3000')";
/// Half away from zero, exact: PostgreSQL's `round(float8)` rounds half to even.
const ROUND_DOUBLE: &str =
    "CASE WHEN abs({0} - trunc({0})) >= 0.5 THEN trunc({0}) + sign({0}) ELSE trunc({0}) END";
/// Negative starts count from the end (4.01).
const SUBSTRING: &str = "CASE WHEN {1} < 0 THEN right({0}, -{1}) ELSE substr({0}, {1} + 1) END";
const SUBSTRING_LENGTH: &str =
    "CASE WHEN {1} < 0 THEN substr(right({0}, -{1}), 1, {2}) ELSE substr({0}, {1} + 1, {2}) END";

/// The table.
pub static FUNCTIONS: &[Function] = &[
    row(
        "contains",
        &[Text, Text],
        T::Boolean,
        Like {
            before: true,
            behind: true,
            otherwise: "strpos({0}, {1}) > 0",
        },
    ),
    row(
        "startswith",
        &[Text, Text],
        T::Boolean,
        Like {
            before: false,
            behind: true,
            otherwise: "starts_with({0}, {1})",
        },
    ),
    row(
        "endswith",
        &[Text, Text],
        T::Boolean,
        Like {
            before: true,
            behind: false,
            otherwise: "right({0}, length({1})) = {1}",
        },
    ),
    row("concat", &[Text, Text], T::String, Template("{0} || {1}")),
    row(
        "indexof",
        &[Text, Text],
        T::Int32,
        Template("strpos({0}, {1}) - 1"),
    ),
    row("length", &[Text], T::Int32, Template("length({0})")),
    row(
        "substring",
        &[Text, Integer],
        T::String,
        Template(SUBSTRING),
    ),
    row(
        "substring",
        &[Text, Integer, Integer],
        T::String,
        Template(SUBSTRING_LENGTH),
    ),
    row("tolower", &[Text], T::String, Case("lower")),
    row("toupper", &[Text], T::String, Case("upper")),
    row("trim", &[Text], T::String, Template(TRIM)),
    row("matchespattern", &[Text, Text], T::Boolean, Pattern),
    row(
        "year",
        &[DateTimeOffset],
        T::Int32,
        Partial("CASE WHEN isfinite({0}) THEN extract(year FROM {0})::int4 END"),
    ),
    row(
        "year",
        &[Date],
        T::Int32,
        Partial("CASE WHEN isfinite({0}) THEN extract(year FROM {0})::int4 END"),
    ),
    row(
        "month",
        &[DateTimeOffset],
        T::Int32,
        Partial("CASE WHEN isfinite({0}) THEN extract(month FROM {0})::int4 END"),
    ),
    row(
        "month",
        &[Date],
        T::Int32,
        Partial("CASE WHEN isfinite({0}) THEN extract(month FROM {0})::int4 END"),
    ),
    row(
        "day",
        &[DateTimeOffset],
        T::Int32,
        Partial("CASE WHEN isfinite({0}) THEN extract(day FROM {0})::int4 END"),
    ),
    row(
        "day",
        &[Date],
        T::Int32,
        Partial("CASE WHEN isfinite({0}) THEN extract(day FROM {0})::int4 END"),
    ),
    row(
        "hour",
        &[DateTimeOffset],
        T::Int32,
        Partial("CASE WHEN isfinite({0}) THEN extract(hour FROM {0})::int4 END"),
    ),
    row(
        "hour",
        &[TimeOfDay],
        T::Int32,
        Template("extract(hour FROM {0})::int4"),
    ),
    row(
        "minute",
        &[DateTimeOffset],
        T::Int32,
        Partial("CASE WHEN isfinite({0}) THEN extract(minute FROM {0})::int4 END"),
    ),
    row(
        "minute",
        &[TimeOfDay],
        T::Int32,
        Template("extract(minute FROM {0})::int4"),
    ),
    row(
        "second",
        &[DateTimeOffset],
        T::Int32,
        Partial("CASE WHEN isfinite({0}) THEN floor(extract(second FROM {0}))::int4 END"),
    ),
    row(
        "second",
        &[TimeOfDay],
        T::Int32,
        Template("floor(extract(second FROM {0}))::int4"),
    ),
    row(
        "fractionalseconds",
        &[DateTimeOffset],
        T::Decimal,
        Partial(
            "CASE WHEN isfinite({0}) THEN mod(extract(microseconds FROM {0})::numeric, 1000000) * 0.000001 END",
        ),
    ),
    row(
        "fractionalseconds",
        &[TimeOfDay],
        T::Decimal,
        Template("mod(extract(microseconds FROM {0})::numeric, 1000000) * 0.000001"),
    ),
    row("date", &[DateTimeOffset], T::Date, Template("{0}::date")),
    row(
        "time",
        &[DateTimeOffset],
        T::TimeOfDay,
        Partial("{0}::time"),
    ),
    row(
        "totaloffsetminutes",
        &[DateTimeOffset],
        T::Int32,
        Template("CASE WHEN {0} IS NOT NULL THEN 0 END"),
    ),
    row(
        "totalseconds",
        &[Duration],
        T::Decimal,
        Template("extract(epoch FROM {0})::numeric"),
    ),
    row(
        "now",
        &[],
        T::DateTimeOffset,
        Template("timezone('UTC', now())"),
    ),
    row(
        "mindatetime",
        &[],
        T::DateTimeOffset,
        Template("'0001-01-01'::timestamp"),
    ),
    row(
        "maxdatetime",
        &[],
        T::DateTimeOffset,
        Template("'9999-12-31 23:59:59.999999'::timestamp"),
    ),
    row("round", &[Decimal], T::Decimal, Template("round({0})")),
    row("round", &[Double], T::Double, Template(ROUND_DOUBLE)),
    row("floor", &[Decimal], T::Decimal, Template("floor({0})")),
    row("floor", &[Double], T::Double, Template("floor({0})")),
    row("ceiling", &[Decimal], T::Decimal, Template("ceiling({0})")),
    row("ceiling", &[Double], T::Double, Template("ceiling({0})")),
];

/// No function of the standard: the second operand where the first is null. It is what a count, `any`
/// and `all` are of the members of an entity that is absent.
pub static OTHERWISE: Function = row("", &[], T::Boolean, Template("COALESCE({0}, {1})"));

/// What stands between operands or looks like a function but is none of the table: it takes
/// conditions, types or members of a collection.
pub static OPERATORS: &[&str] = &[
    "eq",
    "ne",
    "gt",
    "ge",
    "lt",
    "le",
    "in",
    "and",
    "or",
    "not",
    "add",
    "sub",
    "mul",
    "div",
    "divby",
    "mod",
    "any",
    "all",
    "cast",
    "isof",
    "case",
    "isdefined",
];

/// The spelling of a function's name in the standard, which clients of 4.0 have to keep to.
pub fn spelling(name: &'static str) -> &'static str {
    match name {
        "matchespattern" => "matchesPattern",
        name => name,
    }
}

/// Functions that the standard names and this service does not offer.
pub static NOT_OFFERED: &[&str] = &[
    "hassubset",
    "hassubsequence",
    "geo.distance",
    "geo.intersects",
    "geo.length",
];

/// The overloads of that name, in any case.
pub fn overloads(name: &str) -> impl Iterator<Item = &'static Function> {
    let name = name.to_ascii_lowercase();
    FUNCTIONS
        .iter()
        .filter(move |function| function.name == name)
}

/// The names in the table, each once.
pub fn names() -> impl Iterator<Item = &'static str> {
    let starts_a_name = |i: &usize| *i == 0 || FUNCTIONS[*i - 1].name != FUNCTIONS[*i].name;
    (0..FUNCTIONS.len())
        .filter(starts_a_name)
        .map(|i| FUNCTIONS[i].name)
}
