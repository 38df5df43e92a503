//! What might help somebody whose request does not fit the model: a sentence, where one is near.

use super::bind::{Binder, segment_text};
use super::operand::common_type;
use super::{Expr, ExprKind, Value, literal};
use crate::edm::{EntitySet, PrimitiveType as T};
use crate::error::nearest;
use crate::uri::ast::{self, PathRoot, PathSegment};

/// Functions of other languages, and what the standard has for them.
const OTHER_FUNCTIONS: &[(&str, &str)] = &[
    (
        "any",
        "it stands behind a collection: items/any(x:x/id eq 1)",
    ),
    (
        "all",
        "it stands behind a collection: items/all(x:x/id eq 1)",
    ),
    ("coalesce", "as in case(a ne null:a,true:b)"),
    (
        "count",
        "the members of a collection are counted by items/$count",
    ),
    ("dateadd", "add a duration: a add duration'P1D'"),
    (
        "datediff",
        "subtract one time from the other: a sub b is a duration",
    ),
    ("getdate", "did you mean 'now'?"),
    ("if", "as in case(a gt 1:b,true:c)"),
    ("ifnull", "as in case(a ne null:a,true:b)"),
    ("iif", "as in case(a gt 1:b,true:c)"),
    ("isnull", "compare with null: a eq null"),
    ("isnotnull", "compare with null: a ne null"),
    ("left", "as in substring(a,0,3)"),
    ("len", "did you mean 'length'?"),
    ("lower", "did you mean 'tolower'?"),
    ("lcase", "did you mean 'tolower'?"),
    ("nvl", "as in case(a ne null:a,true:b)"),
    (
        "substringof",
        "did you mean 'contains', with its operands the other way round?",
    ),
    ("today", "as in date(now())"),
    ("ucase", "did you mean 'toupper'?"),
    ("upper", "did you mean 'toupper'?"),
];

/// What a function of another language is here.
pub(super) fn function(name: &str) -> Option<&'static str> {
    let mut others = OTHER_FUNCTIONS.iter();
    let found = others.find(|other| other.0.eq_ignore_ascii_case(name));
    found.map(|(_, hint)| *hint)
}

/// A name that stands alone: what somebody may have meant as text.
pub(super) fn bare_name(expr: &ast::Expr) -> Option<&str> {
    match &expr.kind {
        ast::ExprKind::Path(path) if path.root == PathRoot::Implicit => {
            match path.segments.as_slice() {
                [segment] => Some(segment_text(segment)).filter(|name| !name.contains('.')),
                _ => None,
            }
        }
        _ => None,
    }
}

/// What looks like a name or a number, as text.
pub(super) fn as_text(text: &str) -> String {
    format!("text stands in single quotes: '{text}'")
}

/// A path through a related entity, as options in each other: `inbox($select=name)`.
pub(super) fn nested(name: &str, related: &EntitySet, rest: &[PathSegment]) -> String {
    let names: Vec<&str> = rest.iter().map(segment_text).collect();
    let option = match names.as_slice() {
        [property] if related.property(property).is_some() => "$select",
        _ => "$expand",
    };
    format!("{name}({option}={})", names.join("/"))
}

impl Binder<'_> {
    /// For two operands that are compared, and can't be.
    pub(super) fn compare_hint(&self, left: &Expr, right: &Expr) -> Option<String> {
        if common_type(left.ty?, right.ty?).is_some() {
            return None;
        }
        self.literal_hint(left, right)
            .or_else(|| self.literal_hint(right, left))
    }

    /// How a literal that is beside an operand might be written.
    fn literal_hint(&self, operand: &Expr, literal: &Expr) -> Option<String> {
        let (ExprKind::Value(value), Some(ty)) = (&literal.kind, operand.ty) else {
            return None;
        };
        let number = match value {
            _ if operand.is_value() => return None,
            // Nobody meant a number of so many digits, and nobody would read it.
            Value::Text(text) | Value::Decimal(text) if text.len() > 40 => return None,
            Value::Text(text) => {
                return self.value_hint(operand, text).or_else(|| {
                    literal::from_text(text, ty).map(|_| format!("write it without quotes: {text}"))
                });
            }
            Value::Integer(number) => number.to_string(),
            Value::Decimal(number) => number.clone(),
            _ => return None,
        };
        match ty {
            T::Boolean => Some("compare with true or false".to_owned()),
            _ if ty.is_text() => Some(as_text(&number)),
            _ => None,
        }
    }

    /// For a property that holds numbers for what has names: what a name is written as.
    pub(super) fn value_hint(&self, operand: &Expr, name: &str) -> Option<String> {
        let ExprKind::Property(source, place) = operand.kind else {
            return None;
        };
        let values = self.set(source).properties.get(place)?.declared.values;
        if values.is_empty() {
            return None;
        }
        let near = nearest(name, values.iter().map(|(_, known)| *known));
        let found = values.iter().find(|(_, known)| Some(*known) == near);
        if let Some((number, known)) = found {
            return Some(format!("'{known}' is written {number}"));
        }
        let values = values
            .iter()
            .map(|(number, known)| format!("{number} ({known})"));
        let values: Vec<String> = values.take(12).collect();
        Some(format!("its values are {}", values.join(", ")))
    }
}
