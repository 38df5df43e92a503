//! Arithmetic (5.1.1.2) over numbers, dates and durations.

use super::compare::promote;
use super::decimal::Decimal;
use super::eval::{Fault, Result};
use super::temporal;
use super::value::{Type, Typed, Value};
use odata_core::uri::ast::BinaryOp as Op;

pub(super) fn arithmetic(op: Op, left: &Typed, right: &Typed) -> Result<Typed> {
    let (Some(a), Some(b)) = (left.ty, right.ty) else {
        return Ok(Typed::null(None));
    };
    if a.is_numeric() && b.is_numeric() {
        return numeric(op, left, right, a.common(b).unwrap_or(Type::Decimal));
    }
    let ty = match (a, op, b) {
        (Type::DateTimeOffset | Type::Date, Op::Add | Op::Sub, Type::Duration) => a,
        (Type::Duration, Op::Add, Type::DateTimeOffset | Type::Date) => b,
        (Type::Duration, Op::Add | Op::Sub, Type::Duration)
        | (Type::DateTimeOffset, Op::Sub, Type::DateTimeOffset)
        | (Type::Date, Op::Sub, Type::Date) => Type::Duration,
        (Type::Duration, Op::Mul | Op::Div | Op::DivBy, _) if b.is_numeric() => Type::Duration,
        (_, Op::Mul, Type::Duration) if a.is_numeric() => Type::Duration,
        _ => return Err(Fault::fails(format!("{} of {a:?} and {b:?}", op.name()))),
    };
    let value = match (&left.value, &right.value) {
        (Value::Null, _) | (_, Value::Null) => Value::Null,
        (Value::DateTimeOffset(x), Value::DateTimeOffset(y)) => Value::Duration(x - y),
        (Value::Date(x), Value::Date(y)) => Value::Duration(temporal::midnight(x - y)),
        (Value::Duration(x), Value::Duration(y)) => {
            let found = if op == Op::Add {
                x.checked_add(*y)
            } else {
                x.checked_sub(*y)
            };
            Value::Duration(found.ok_or_else(|| Fault::open("a duration beyond measure"))?)
        }
        (Value::DateTimeOffset(x), Value::Duration(y))
        | (Value::Duration(y), Value::DateTimeOffset(x)) => {
            let found = if op == Op::Sub {
                x.checked_sub(*y)
            } else {
                x.checked_add(*y)
            };
            let found = found.filter(|micros| temporal::is_in_range(*micros));
            Value::DateTimeOffset(found.ok_or_else(|| Fault::fails("a year that nobody writes"))?)
        }
        (Value::Date(x), Value::Duration(y)) | (Value::Duration(y), Value::Date(x)) => {
            let (days, rest) = temporal::split(*y);
            if rest != 0 {
                return Err(Fault::open("a date and a part of a day"));
            }
            let found = if op == Op::Sub { x - days } else { x + days };
            if !temporal::DAYS.contains(&found) {
                return Err(Fault::fails("a year that nobody writes"));
            }
            Value::Date(found)
        }
        (Value::Duration(x), number) | (number, Value::Duration(x)) => scale(op, *x, number)?,
        _ => return Err(Fault::unsupported("arithmetic")),
    };
    Ok(Typed::new(ty, value))
}

/// A duration times a number or divided by it.
fn scale(op: Op, micros: i64, number: &Value) -> Result<Value> {
    let Value::Integer(n) = number else {
        return Err(Fault::open("how a part of a duration rounds"));
    };
    let found = match op {
        Op::Mul => micros.checked_mul(*n),
        _ if *n != 0 && micros % n == 0 => Some(micros / n),
        _ => None,
    };
    // Beyond the whole numbers of a Double a service may round.
    let found = found.filter(|found| found.abs() < 1 << 52 && n.abs() < 1 << 52);
    Ok(Value::Duration(found.ok_or_else(|| {
        Fault::open("how a part of a duration rounds")
    })?))
}

fn numeric(op: Op, left: &Typed, right: &Typed, common: Type) -> Result<Typed> {
    let ty = match op {
        Op::DivBy if common.is_integer() => Type::Decimal,
        _ => common,
    };
    if left.value.is_null() || right.value.is_null() {
        return Ok(Typed::null(Some(ty)));
    }
    let (a, b) = promote(left, right);
    let decimal = |value: &Value| super::cast::promoted(value, Type::Decimal);
    let value = match (&a, &b) {
        (Value::Integer(_), Value::Integer(_)) if op == Op::DivBy => {
            let (Value::Decimal(a), Value::Decimal(b)) = (decimal(&a), decimal(&b)) else {
                return Err(Fault::unsupported("divby"));
            };
            Value::Decimal(decimals(op, &a, &b)?)
        }
        (Value::Integer(a), Value::Integer(b)) => Value::Integer(integers(op, *a, *b, ty)?),
        (Value::Decimal(a), Value::Decimal(b)) => Value::Decimal(decimals(op, a, b)?),
        (Value::Single(a), Value::Single(b)) => {
            let (x, y) = (f64::from(*a), f64::from(*b));
            let found = floats(op, x, y)? as f32;
            check_float(x, y, found.into(), op)?;
            Value::Single(found)
        }
        (Value::Double(a), Value::Double(b)) => {
            let found = floats(op, *a, *b)?;
            check_float(*a, *b, found, op)?;
            Value::Double(found)
        }
        _ => return Err(Fault::unsupported("arithmetic")),
    };
    Ok(Typed::new(ty, value))
}

fn integers(op: Op, a: i64, b: i64, ty: Type) -> Result<i64> {
    if matches!(op, Op::Div | Op::Mod) && b == 0 {
        return Err(Fault::fails("division by zero"));
    }
    let found = match op {
        Op::Add => a.checked_add(b),
        Op::Sub => a.checked_sub(b),
        Op::Mul => a.checked_mul(b),
        Op::Div => a.checked_div(b),
        _ => a.checked_rem(b).or(Some(0)),
    };
    in_range(found, ty)
}

fn in_range(found: Option<i64>, ty: Type) -> Result<i64> {
    let (least, most) = ty.range().unwrap_or((i64::MIN, i64::MAX));
    found
        .filter(|n| (least..=most).contains(n))
        .ok_or_else(|| Fault::fails(format!("an overflow of {ty:?}")))
}

fn decimals(op: Op, a: &Decimal, b: &Decimal) -> Result<Decimal> {
    Ok(match op {
        Op::Add => a.add(b),
        Op::Sub => a.subtract(b),
        Op::Mul => a.multiply(b),
        Op::DivBy if b.is_zero() => match a.compare(&Decimal::from(0)) {
            Some(std::cmp::Ordering::Greater) => Decimal::infinite(false),
            Some(std::cmp::Ordering::Less) => Decimal::infinite(true),
            _ => Decimal::NAN,
        },
        Op::Div | Op::Mod if b.is_zero() && !a.is_finite() => {
            return Err(Fault::open("a special value divided by zero"));
        }
        Op::Div | Op::DivBy => a
            .divide(b)
            .ok_or_else(|| Fault::fails("division by zero"))?,
        _ if a.approximate || b.approximate => {
            return Err(Fault::open("the rest of a rounded quotient"));
        }
        _ => a
            .remainder(b)
            .ok_or_else(|| Fault::fails("division by zero"))?,
    })
}

fn floats(op: Op, a: f64, b: f64) -> Result<f64> {
    Ok(match op {
        Op::Add => a + b,
        Op::Sub => a - b,
        Op::Mul => a * b,
        Op::Div | Op::DivBy => a / b,
        _ if b == 0.0 => return Err(Fault::fails("the rest of a division by zero")),
        _ => {
            // The rest of a division hangs on the last digit; a service may compute it in decimals.
            let exact = |x: f64| !x.is_finite() || (x * 1024.0).fract() == 0.0 && x.abs() < 1e9;
            if !(exact(a) && exact(b)) {
                return Err(Fault::open("the rest of a number that is no exact decimal"));
            }
            a % b
        }
    })
}

/// A service may refuse what leaves the range of its numbers.
fn check_float(a: f64, b: f64, found: f64, op: Op) -> Result<()> {
    let finite = a.is_finite() && b.is_finite();
    let divides = matches!(op, Op::Div | Op::DivBy | Op::Mod);
    if finite && !found.is_finite() && !(divides && b == 0.0) {
        return Err(Fault::open("a Double that overflows"));
    }
    let product = matches!(op, Op::Mul | Op::Div | Op::DivBy);
    if finite && found == 0.0 && a != 0.0 && b != 0.0 && product {
        return Err(Fault::open("a Double that underflows"));
    }
    Ok(())
}

/// Unary minus (5.1.1.2.2).
pub(super) fn negate(operand: &Typed) -> Result<Typed> {
    let Some(ty) = operand.ty else {
        return Ok(operand.clone());
    };
    let value = match &operand.value {
        _ if !ty.is_numeric() && ty != Type::Duration => {
            return Err(Fault::fails(format!("the negative of {ty:?}")));
        }
        Value::Null => Value::Null,
        Value::Integer(n) => Value::Integer(in_range(n.checked_neg(), ty)?),
        Value::Decimal(d) => Value::Decimal(d.negate()),
        Value::Single(x) => Value::Single(-x),
        Value::Double(x) => Value::Double(-x),
        Value::Duration(micros) => Value::Duration(-micros),
        _ => return Err(Fault::unsupported("negation")),
    };
    Ok(Typed::new(ty, value))
}
