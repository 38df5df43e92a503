//! What may fail for some values: a division by zero, a number out of range. It is evaluated for rows in the caller's
//! scope alone, since a failure over a row of somebody else's would tell of that row.

use super::cast::cast_template;
use super::rows::Conditions;
use super::writer::Writer;
use crate::edm::{PrimitiveType as T, ScopeRule};
use crate::plan::{Aggregate, Aggregation, Expr, ExprKind, Scoped, Value, Via};

impl Writer<'_> {
    /// What may fail for some values (a division by zero, a number out of range), evaluated for rows
    /// in the caller's scope alone. PostgreSQL evaluates conditions in the order that it likes, also
    /// below a join, and a failure over a row of somebody else's would tell of that row, as would one over
    /// what hangs on it or is compared with it. Nor does it fail over a row that no row of the result leads to.
    pub(super) fn in_scope_only(&mut self, expr: &Expr, write: impl FnOnce(&mut Self)) {
        let mut sources = Vec::new();
        expr.sources_here(&mut sources);
        let (from, mut joined) = self.root.clone().unzip();
        let joined = joined.get_or_insert_default();
        // What reads nothing, or what a row leads to, is asked of that row.
        let asks = sources.is_empty() || sources.iter().any(|source| joined.contains(source));
        let root = from.filter(|_| asks);
        for source in &self.undecided {
            if !sources.contains(source) {
                sources.push(*source);
            }
        }
        let is_scoped = |writer: &Self, source| writer.set(source).scope != ScopeRule::Unscoped;
        joined.retain(|source| !sources.contains(source) && is_scoped(self, *source));
        sources.retain(|source| Some(*source) != root && is_scoped(self, *source));
        if sources.is_empty() && joined.is_empty() && root.is_none() {
            write(self);
            return;
        }
        self.sql("CASE WHEN ");
        let mut conditions = Conditions::new("");
        if let Some(root) = root {
            match self.set(root).scope {
                ScopeRule::Unscoped => {
                    conditions.next(self);
                    self.present(root);
                }
                _ => self.scope_condition(root, &mut conditions),
            }
        }
        for source in sources {
            self.scope_condition(source, &mut conditions);
        }
        // Of an entity that is not there, or not the caller's, the row may come all the same.
        for source in joined.iter().copied() {
            conditions.next(self);
            self.sql("(");
            self.absent(source);
            self.scope_condition(source, &mut Conditions::new(" OR "));
            self.sql(")");
        }
        self.sql(" THEN ");
        write(self);
        self.sql(" END");
    }

    /// A sub-select over rows that hang on a row at hand, or on none: that is evaluated once, as soon as a row asks.
    pub(super) fn sub_select(
        &mut self,
        expr: &Expr,
        via: Option<Via>,
        write: impl FnOnce(&mut Self),
    ) {
        match via {
            Some(via) => self.among_undecided([via.near], write),
            None if fails_within(expr) => {
                self.in_scope_only(expr, |writer| writer.apart(write));
            }
            None => self.apart(write),
        }
    }

    /// While this is written, what may fail asks for the scope of these, too.
    pub(super) fn among_undecided(
        &mut self,
        sources: impl IntoIterator<Item = Scoped>,
        write: impl FnOnce(&mut Self),
    ) {
        let before = self.undecided.len();
        for source in sources {
            if matches!(self.set(source).scope, ScopeRule::Via { .. }) {
                self.undecided.push(source);
            }
        }
        write(self);
        self.undecided.truncate(before);
    }

    /// While this is written, no row is at hand: it is evaluated for none, or where all are decided on.
    pub(super) fn apart(&mut self, write: impl FnOnce(&mut Self)) {
        let around = (self.root.take(), std::mem::take(&mut self.undecided));
        write(self);
        (self.root, self.undecided) = around;
    }
}

/// Whether it fails for some values of its operands.
pub(super) fn may_fail(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Arithmetic(_, left, right) => !is_near_now(left, right),
        // The least whole number has no opposite; a number with a sign of its own always has.
        ExprKind::Negate(_) => !matches!(expr.ty, Some(T::Decimal | T::Single | T::Double)),
        // A number of characters may turn out to be negative, unless it is known beforehand.
        ExprKind::Call(_, operands) => operands
            .get(2)
            .is_some_and(|count| !matches!(&count.kind, ExprKind::Convert(of) if of.is_value())),
        // A cast that asks nothing of the value fails for none.
        ExprKind::Cast(operand) => {
            cast_template(operand.ty_or_string(), expr.ty_or_string()).contains("CASE")
        }
        _ => false,
    }
}

/// Whether something in it may fail.
pub(super) fn fails_within(expr: &Expr) -> bool {
    let mut fails = false;
    let mut look = |inside: &Expr| {
        fails |= match &inside.kind {
            ExprKind::Aggregate(aggregation) => overflows(aggregation),
            _ => may_fail(inside),
        };
    };
    match &expr.kind {
        ExprKind::Among(_, layer) => layer.each(&mut look),
        _ => expr.each(&mut look),
    }
    fails
}

/// `now() sub duration'P7D'`: it stays within the calendar. Conditions on it find their index.
fn is_near_now(left: &Expr, right: &Expr) -> bool {
    const NEAR: i64 = 1_000 * 365 * 86_400_000_000;
    let is_now =
        |expr: &Expr| matches!(&expr.kind, ExprKind::Call(function, _) if function.name == "now");
    let is_near = |expr: &Expr| matches!(expr.kind, ExprKind::Value(Value::Duration(by)) if (-NEAR..=NEAR).contains(&by));
    is_now(left) && is_near(right) || is_near(left) && is_now(right)
}

/// Whether it fails where its number becomes too large.
pub(super) fn overflows(aggregation: &Aggregation) -> bool {
    let of = aggregation.operand.as_ref().map(Expr::ty_or_string);
    matches!(aggregation.method, Aggregate::Sum | Aggregate::Average)
        && matches!(of, Some(T::Double | T::Single | T::Duration))
}
