//! `eq` to `le`, `in` (5.1.1.1), and the sort order (Protocol 11.2.6.2).

use super::eval::{Fault, Result};
use super::value::{Type, Typed, Value};
use odata_core::uri::ast::BinaryOp;
use std::cmp::Ordering;

/// The keys of a row in the order of the items, each with its direction.
pub type Order = Vec<(Typed, bool)>;

/// The outcome of a comparison, null and NaN included: `None` where the two don't compare.
pub(super) fn compare(op: BinaryOp, left: &Typed, right: &Typed) -> Result<bool> {
    if let (Some(a), Some(b)) = (left.ty, right.ty) {
        if a.common(b).is_none() {
            return Err(Fault::fails(format!("{a:?} and {b:?} don't compare")));
        }
        let ordering = matches!(
            op,
            BinaryOp::Gt | BinaryOp::Ge | BinaryOp::Lt | BinaryOp::Le
        );
        if ordering && a == Type::Binary {
            return Err(Fault::fails("Edm.Binary has no order"));
        }
    }
    // Null is equal to itself and to nothing else, and neither larger nor smaller than anything.
    let equal = match (&left.value, &right.value) {
        (Value::Null, Value::Null) => Some(true),
        (Value::Null, _) | (_, Value::Null) => Some(false),
        _ => None,
    };
    if let Some(equal) = equal {
        return Ok(match op {
            BinaryOp::Eq => equal,
            BinaryOp::Ne => !equal,
            _ => false,
        });
    }
    let (a, b) = promote(left, right);
    if let (Value::Decimal(a), Value::Decimal(b)) = (&a, &b)
        && a.is_too_near(b)
    {
        return Err(Fault::open("a comparison of rounded quotients"));
    }
    // NaN is equal to nothing, not even to itself.
    let found = partial(&a, &b);
    check_single(left, right, found)?;
    Ok(match op {
        BinaryOp::Eq => found == Some(Ordering::Equal),
        BinaryOp::Ne => found != Some(Ordering::Equal),
        BinaryOp::Gt => found == Some(Ordering::Greater),
        BinaryOp::Ge => matches!(found, Some(Ordering::Greater | Ordering::Equal)),
        BinaryOp::Lt => found == Some(Ordering::Less),
        _ => matches!(found, Some(Ordering::Less | Ordering::Equal)),
    })
}

/// A Single beside another number: this service compares it with a literal as a Single, so that a
/// value that was read is found again, and with anything else as a Double, which can't overflow.
fn check_single(left: &Typed, right: &Typed, found: Option<Ordering>) -> Result<()> {
    let singles = [left.ty, right.ty].map(|ty| ty == Some(Type::Single));
    if singles[0] == singles[1] {
        return Ok(());
    }
    let double = |value: &Typed| {
        let value = super::cast::promoted(&value.value, Type::Double);
        match value {
            Value::Double(x) => x,
            _ => f64::NAN,
        }
    };
    let (a, b) = (double(left), double(right));
    let (wide, narrow) = (a.partial_cmp(&b), (a as f32).partial_cmp(&(b as f32)));
    if wide == found && narrow == found {
        Ok(())
    } else {
        Err(Fault::open("how a Single is promoted"))
    }
}

/// Both in the type that they have in common.
pub(super) fn promote(left: &Typed, right: &Typed) -> (Value, Value) {
    let common = match (left.ty, right.ty) {
        (Some(a), Some(b)) => a.common(b),
        _ => None,
    };
    match common {
        Some(ty) => (
            super::cast::promoted(&left.value, ty),
            super::cast::promoted(&right.value, ty),
        ),
        None => (left.value.clone(), right.value.clone()),
    }
}

fn partial(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::Boolean(a), Value::Boolean(b)) => Some(a.cmp(b)),
        (Value::Integer(a), Value::Integer(b))
        | (Value::DateTimeOffset(a), Value::DateTimeOffset(b))
        | (Value::Date(a), Value::Date(b))
        | (Value::TimeOfDay(a), Value::TimeOfDay(b))
        | (Value::Duration(a), Value::Duration(b)) => Some(a.cmp(b)),
        (Value::Decimal(a), Value::Decimal(b)) => a.compare(b),
        (Value::Single(a), Value::Single(b)) => a.partial_cmp(b),
        (Value::Double(a), Value::Double(b)) => a.partial_cmp(b),
        (Value::String(a), Value::String(b)) | (Value::Guid(a), Value::Guid(b)) => Some(a.cmp(b)),
        (Value::Binary(a), Value::Binary(b)) => Some(a.cmp(b)),
        _ => None,
    }
}

/// The order of two rows by their keys: null before everything else, false before true. The place
/// of NaN is not given by the standard; here it is behind every number.
pub fn order(a: &Order, b: &Order) -> Ordering {
    let mut items = a.iter().zip(b);
    let found = items.find_map(|((a, descending), (b, _))| {
        let found = total(&a.value, &b.value);
        let found = if *descending { found.reverse() } else { found };
        (found != Ordering::Equal).then_some(found)
    });
    found.unwrap_or(Ordering::Equal)
}

/// Whether the order of two rows hangs on digits that nobody promises.
pub(super) fn is_too_near(a: &Order, b: &Order) -> bool {
    a.iter()
        .zip(b)
        .any(|((a, _), (b, _))| match (&a.value, &b.value) {
            (Value::Decimal(a), Value::Decimal(b)) => a.is_too_near(b),
            _ => false,
        })
}

fn total(a: &Value, b: &Value) -> Ordering {
    if let Some(found) = partial(a, b) {
        return found;
    }
    let rank = |value: &Value| match value {
        Value::Null => 0,
        Value::Single(x) if x.is_nan() => 2,
        Value::Double(x) if x.is_nan() => 2,
        Value::Decimal(x) if x.is_nan() => 2,
        _ => 1,
    };
    rank(a).cmp(&rank(b))
}
