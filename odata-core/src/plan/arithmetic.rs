//! Arithmetic over numbers, dates and durations (URL Conventions 5.1.1.2).

use super::operand::{common_type, convert, mismatch};
use super::{ArithmeticOp, Expr, ExprKind, Value};
use crate::edm::PrimitiveType as T;
use crate::error::{Code, Error, Result, Span};

/// Unary minus (URL Conventions 5.1.1.2.2). That of a literal is a literal.
pub(super) fn negate(operand: Expr, span: Span) -> Result<Expr> {
    let Some(ty) = operand.ty else {
        return Ok(operand);
    };
    if !ty.is_numeric() && ty != T::Duration {
        let message = format!("'-' takes a number or a duration, not {}", ty.edm_name());
        return Err(mismatch(message, span));
    }
    let nullable = operand.nullable;
    let kind = match operand.kind {
        ExprKind::Value(value) => ExprKind::Value(negative(value, ty, span)?),
        kind => ExprKind::Negate(Box::new(Expr { kind, ..operand })),
    };
    Ok(Expr {
        kind,
        ty: Some(ty),
        nullable,
    })
}

fn negative(value: Value, ty: T, span: Span) -> Result<Value> {
    let beyond = || out_of_range(ty, span);
    Ok(match value {
        Value::Integer(n) => {
            let found = n.checked_neg().filter(|n| holds(ty, *n));
            Value::Integer(found.ok_or_else(beyond)?)
        }
        Value::Decimal(digits) => Value::Decimal(match digits.strip_prefix('-') {
            Some(positive) => positive.to_owned(),
            None => format!("-{digits}"),
        }),
        Value::Double(x) => Value::Double(-x),
        Value::Duration(micros) => Value::Duration(micros.checked_neg().ok_or_else(beyond)?),
        value => value,
    })
}

/// The result for two literals, where it is a whole number. The divisor is not 0.
fn whole(op: ArithmeticOp, x: i64, y: i64, ty: T, span: Span) -> Result<Value> {
    let found = match op {
        ArithmeticOp::Add => x.checked_add(y),
        ArithmeticOp::Sub => x.checked_sub(y),
        ArithmeticOp::Mul => x.checked_mul(y),
        ArithmeticOp::Div | ArithmeticOp::DivBy => x.checked_div(y),
        ArithmeticOp::Mod => x.checked_rem(y).or(Some(0)),
    };
    let found = found.filter(|n| holds(ty, *n));
    found
        .map(Value::Integer)
        .ok_or_else(|| out_of_range(ty, span))
}

/// Whether a whole number is one of this type; those that are no whole numbers hold any.
fn holds(ty: T, n: i64) -> bool {
    match ty {
        T::SByte => i8::try_from(n).is_ok(),
        T::Byte => u8::try_from(n).is_ok(),
        T::Int16 => i16::try_from(n).is_ok(),
        T::Int32 => i32::try_from(n).is_ok(),
        _ => true,
    }
}

fn out_of_range(ty: T, span: Span) -> Error {
    let message = format!("the result is out of range for {}", ty.edm_name());
    Error::new(Code::InvalidLiteral, message).at(span)
}

/// The result of an operator: its type by those of its operands.
pub(super) fn arithmetic(op: ArithmeticOp, left: Expr, right: Expr, span: Span) -> Result<Expr> {
    use ArithmeticOp::{Add, Div, DivBy, Mod, Mul, Sub};
    let (Some(a), Some(b)) = (left.ty, right.ty) else {
        return Ok(Expr::null());
    };
    let nullable = left.nullable || right.nullable;
    let of = |left, right, ty| {
        Ok(Expr {
            kind: ExprKind::Arithmetic(op, Box::new(left), Box::new(right)),
            ty: Some(ty),
            nullable,
        })
    };
    if let (true, true) = (a.is_numeric(), b.is_numeric()) {
        let common = common_type(a, b).unwrap_or(T::Decimal);
        let ty = match op {
            DivBy if common.is_integer() => T::Decimal,
            _ => common,
        };
        // Only a Double, or a Single, has a quotient by zero, but no rest of it either.
        let exact = ty.numeric_rank() <= T::Decimal.numeric_rank();
        if (op == Mod || op == Div && exact) && right.is_zero() {
            return Err(by_zero(span));
        }
        if let (ExprKind::Value(Value::Integer(x)), ExprKind::Value(Value::Integer(y))) =
            (&left.kind, &right.kind)
            && ty.is_integer()
        {
            let kind = ExprKind::Value(whole(op, *x, *y, ty, span)?);
            return Ok(Expr::certain(kind, ty));
        }
        return of(convert(left, ty), convert(right, ty), ty);
    }
    // Times that are infinite or beyond the calendar give null.
    let of_times = |left, right, ty| {
        of(left, right, ty).map(|expr: Expr| Expr {
            nullable: true,
            ..expr
        })
    };
    if let Some(moved) = moved(op, &left.kind, &right.kind) {
        return moved
            .map(Expr::value)
            .ok_or_else(|| out_of_range(if a == T::Duration { b } else { a }, span));
    }
    match (a, op, b) {
        (T::DateTimeOffset | T::Date, Add | Sub, T::Duration) => of_times(left, right, a),
        (T::Duration, Add, T::DateTimeOffset | T::Date) => of_times(left, right, b),
        (T::Duration, Add | Sub, T::Duration) => of(left, right, T::Duration),
        (T::DateTimeOffset, Sub, T::DateTimeOffset) | (T::Date, Sub, T::Date) => {
            of_times(left, right, T::Duration)
        }
        (T::Duration, Div | DivBy, _) if b.is_numeric() && right.is_zero() => Err(by_zero(span)),
        (T::Duration, Mul | Div | DivBy, _) if b.is_numeric() => {
            of(left, convert(right, T::Double), T::Duration)
        }
        (_, Mul, T::Duration) if a.is_numeric() => of(convert(left, T::Double), right, T::Duration),
        _ => {
            let name = match op {
                Add => "add",
                Sub => "sub",
                Mul => "mul",
                Div => "div",
                DivBy => "divby",
                Mod => "mod",
            };
            let (a_name, b_name) = (a.edm_name(), b.edm_name());
            let message = format!("'{name}' does not take {a_name} and {b_name}");
            let is_time = matches!(a, T::DateTimeOffset | T::Date);
            let hint = match op {
                Add if a.is_text() && b.is_text() => Some("join texts with concat(a,b)"),
                Add | Sub if is_time && b.is_numeric() => {
                    Some("a number of days is written duration'P7D'")
                }
                _ => None,
            };
            Err(mismatch(message, span).or_hint(hint))
        }
    }
}

/// A literal time and a literal duration: the time moved by it, or `None` inside where it leaves the
/// calendar; `None` outside for all else.
fn moved(op: ArithmeticOp, left: &ExprKind, right: &ExprKind) -> Option<Option<Value>> {
    const DAY: i64 = 86_400_000_000;
    let (ExprKind::Value(left), ExprKind::Value(right)) = (left, right) else {
        return None;
    };
    let (time, by) = match (left, op, right) {
        (time, ArithmeticOp::Add, Value::Duration(by))
        | (Value::Duration(by), ArithmeticOp::Add, time) => (time, Some(*by)),
        (time, ArithmeticOp::Sub, Value::Duration(by)) => (time, by.checked_neg()),
        _ => return None,
    };
    let (from, is_date) = match time {
        Value::DateTimeOffset(micros) => (*micros, false),
        Value::Date(days) => (i64::from(*days) * DAY, true),
        _ => return None,
    };
    let to = by.and_then(|by| from.checked_add(by));
    let to = to.filter(|to| CALENDAR.contains(&to.div_euclid(DAY)));
    Some(to.and_then(|to| match is_date {
        true => i32::try_from(to.div_euclid(DAY)).ok().map(Value::Date),
        false => Some(Value::DateTimeOffset(to)),
    }))
}

/// 0001-01-01 to 9999-12-31, in days since 2000-01-01.
const CALENDAR: std::ops::RangeInclusive<i64> = -730_119..=2_921_939;

fn by_zero(span: Span) -> Error {
    Error::new(Code::InvalidLiteral, "division by zero").at(span)
}
