//! The depth of an expression's tree.
//!
//! In: a finished expression. Out: where it is deeper than allowed. Parentheses and calls are counted
//! while they are read; a chain of operators (`1 add 1 add ..`) reads without recursion and still
//! makes a deep tree, over which later stages recurse.

use super::ast::{Argument, Expr, ExprKind, PathSegment, SegmentKind};
use crate::error::Span;

/// The place of a node that lies deeper than `levels`.
pub(crate) fn too_deep(expr: &Expr, levels: usize) -> Option<Span> {
    let Some(levels) = levels.checked_sub(1) else {
        return Some(expr.span);
    };
    let deep = |expr: &Expr| too_deep(expr, levels);
    match &expr.kind {
        ExprKind::Literal(_) | ExprKind::Alias(_) => None,
        ExprKind::Array(items)
        | ExprKind::List(items)
        | ExprKind::And(items)
        | ExprKind::Or(items)
        | ExprKind::Call(_, items) => items.iter().find_map(deep),
        ExprKind::Object(members) => members.iter().find_map(|(_, value)| deep(value)),
        ExprKind::Path(path) => segments(&path.segments, levels),
        ExprKind::Not(operand) | ExprKind::Negate(operand) => deep(operand),
        ExprKind::Binary(_, left, right) => deep(left).or_else(|| deep(right)),
        ExprKind::NamedCall(_, arguments) => values(arguments, levels),
        ExprKind::Cast(operand, _) | ExprKind::IsOf(operand, _) => {
            operand.as_deref().and_then(deep)
        }
        ExprKind::Case(branches) => branches
            .iter()
            .find_map(|(condition, value)| deep(condition).or_else(|| deep(value))),
    }
}

fn values(arguments: &[Argument], levels: usize) -> Option<Span> {
    arguments
        .iter()
        .find_map(|argument| too_deep(&argument.value, levels))
}

fn segments(segments: &[PathSegment], levels: usize) -> Option<Span> {
    segments.iter().find_map(|segment| match &segment.kind {
        SegmentKind::Arguments(arguments) => values(arguments, levels),
        SegmentKind::Filter(expr) => too_deep(expr, levels),
        SegmentKind::Any(Some(lambda)) | SegmentKind::All(lambda) => {
            too_deep(&lambda.predicate, levels)
        }
        SegmentKind::Count(options) => options
            .filter
            .as_ref()
            .and_then(|filter| too_deep(filter, levels)),
        // What it aggregates was checked as an expression of its own.
        _ => None,
    })
}
