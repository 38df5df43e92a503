//! Arithmetic in SQL (URL Conventions 5.1.1.2).

use super::writer::Writer;
use crate::edm::PrimitiveType as T;
use crate::plan::{ArithmeticOp, Expr};

// Databases hold times that no date can be added to. OData has no form for them, and a row of them
// fails no page: what is computed of them is null. A time of the calendar that is moved out of it fails,
// as a number does that leaves its type: so many years more are more than PostgreSQL has.
macro_rules! shifted {
    ($from:literal, $sum:literal) => {
        concat!(
            "CASE WHEN ",
            $from,
            " >= '0001-01-01' AND ",
            $from,
            " < '10000-01-01' THEN ",
            $sum,
            " + CASE WHEN ",
            $sum,
            " >= '0001-01-01' AND ",
            $sum,
            " < '10000-01-01' THEN interval '0' ELSE interval '300000 years' END END"
        )
    };
}

impl Writer<'_> {
    pub(super) fn arithmetic(&mut self, op: ArithmeticOp, left: &Expr, right: &Expr, ty: T) {
        // Each in the type of its own that the result is made of: a `timestamptz` would stay one.
        let pg = |operand: &Expr| match ty.is_numeric() {
            true => ty.pg(),
            false => operand.ty_or_string().pg(),
        };
        let pieces = [
            self.typed_piece(left, pg(left)),
            self.typed_piece(right, pg(right)),
        ];
        let floats = matches!(ty, T::Double | T::Single);
        // What a literal is needs no question.
        let by_some = right.is_value() && !right.is_zero();
        let template = match (op, ty) {
            (ArithmeticOp::Add, T::Date) if left.ty == Some(T::Duration) => {
                concat!("(", shifted!("{1}", "{0} + {1}"), ")::date")
            }
            (ArithmeticOp::Add, T::Date) => concat!("(", shifted!("{0}", "{0} + {1}"), ")::date"),
            (ArithmeticOp::Sub, T::Date) => concat!("(", shifted!("{0}", "{0} - {1}"), ")::date"),
            (ArithmeticOp::Add, T::DateTimeOffset) if left.ty == Some(T::Duration) => {
                shifted!("{1}", "{0} + {1}")
            }
            (ArithmeticOp::Add, T::DateTimeOffset) => shifted!("{0}", "{0} + {1}"),
            (ArithmeticOp::Sub, T::DateTimeOffset) => shifted!("{0}", "{0} - {1}"),
            (ArithmeticOp::Sub, T::Duration) if left.ty == Some(T::Date) => DAYS_BETWEEN,
            (ArithmeticOp::Sub, T::Duration) if left.ty == Some(T::DateTimeOffset) => TIME_BETWEEN,
            (ArithmeticOp::Add, _) => "({0} + {1})",
            (ArithmeticOp::Sub, _) => "({0} - {1})",
            (ArithmeticOp::Mul, _) => "({0} * {1})",
            (ArithmeticOp::Div | ArithmeticOp::DivBy, _) if by_some => "({0} / {1})",
            (ArithmeticOp::Div | ArithmeticOp::DivBy, _) if floats => DIVIDE_FLOATS,
            (ArithmeticOp::DivBy, T::Decimal) => DIVIDE_BY,
            (ArithmeticOp::Div | ArithmeticOp::DivBy, _) => "({0} / {1})",
            (ArithmeticOp::Mod, _) if floats && by_some => MOD_FLOAT,
            (ArithmeticOp::Mod, _) if floats => MOD_FLOATS,
            (ArithmeticOp::Mod, _) => "({0} % {1})",
        };
        self.template(template, &pieces);
        if ty == T::Single && [DIVIDE_FLOATS, MOD_FLOATS, MOD_FLOAT].contains(&template) {
            self.sql("::float4");
        }
    }
}

const DAYS_BETWEEN: &str =
    "CASE WHEN isfinite({0}) AND isfinite({1}) THEN make_interval(days => {0} - {1}) END";
const TIME_BETWEEN: &str = "CASE WHEN isfinite({0}) AND isfinite({1}) THEN {0} - {1} END";

const DIVIDE_FLOATS: &str = "CASE WHEN {1} = 0 THEN CASE WHEN {0} = 'NaN' OR {0} = 0 THEN 'NaN' WHEN ({0} > 0) = ({1}::text = '0') THEN 'Infinity' WHEN {0} IS NOT NULL THEN '-Infinity' END::float8 ELSE {0} / {1} END";
const DIVIDE_BY: &str = "CASE WHEN {1} = 0 THEN CASE WHEN {0} = 'NaN' OR {0} = 0 THEN 'NaN' WHEN {0} > 0 THEN 'Infinity' WHEN {0} < 0 THEN '-Infinity' END::numeric ELSE {0} / {1} END";
/// By the digits of their texts, which PostgreSQL's own conversion drops some of.
const MOD_FLOAT: &str = "({0}::text::numeric % {1}::text::numeric)::float8";
/// By zero it fails (URL Conventions 5.1.1.2.6).
const MOD_FLOATS: &str = "CASE WHEN {1} = 0 AND {0} IS NOT NULL THEN 0 / {1} WHEN {1} <> 0 THEN ({0}::text::numeric % {1}::text::numeric)::float8 END";
