//! What may fail for some values: a division by zero, a number out of range. It is evaluated for rows in the caller's
//! scope alone, since a failure over a row of somebody else's would tell of that row.

use super::cast::cast_template;
use super::rows::Conditions;
use super::writer::Writer;
use crate::edm::{PrimitiveType as T, ScopeRule};
use crate::plan::{
    Aggregate, Aggregation, ArithmeticOp, Expr, ExprKind, Input, Join, Over, OverNumber, Scoped,
    Value, Via,
};

impl Writer<'_> {
    /// What may fail for some values (a division by zero, a number out of range), evaluated for rows
    /// in the caller's scope alone. PostgreSQL evaluates conditions in the order that it likes, also
    /// below a join, and a failure over a row of somebody else's would tell of that row, as would one over
    /// what hangs on it or is compared with it. Nor does it fail over a row that no row of the result leads to.
    pub(super) fn in_scope_only(&mut self, expr: &Expr, write: impl FnOnce(&mut Self)) {
        let mut read = Vec::new();
        expr.sources_here(&mut read);
        let (from, joined) = self.root.clone().unzip();
        let joined = joined.unwrap_or_default();
        let reads_joined = read.iter().any(|source| joined.contains(source));
        // What reads nothing, or what the row leads to, is asked of the row.
        let is_asked = |from: &Scoped| read.is_empty() || reads_joined || read.contains(from);
        let own = from.filter(is_asked);

        let mut conditions = Conditions::new("CASE WHEN ");
        if let Some(own) = own {
            if reads_joined && self.set(own).scope == ScopeRule::Unscoped {
                conditions.next(self);
                self.present(own);
            }
            self.scope_condition(own, &mut conditions);
        }
        let mut asked: Vec<Scoped> = own.into_iter().collect();
        for source in self.undecided.clone() {
            if !asked.contains(&source) {
                self.scope_condition(source, &mut conditions);
                asked.push(source);
            }
        }
        for source in read.into_iter().chain(joined) {
            let is_scoped = self.set(source).scope != ScopeRule::Unscoped;
            if !is_scoped || asked.contains(&source) {
                continue;
            }
            asked.push(source);
            if self.led_to.contains(&source) {
                // Where it is not there, or not the caller's, the row may be of the result all the same.
                conditions.next(self);
                self.sql("(");
                self.absent(source);
                self.scope_condition(source, &mut Conditions::new(" OR "));
                self.sql(")");
            } else {
                self.scope_condition(source, &mut conditions);
            }
        }
        match conditions.are_there() {
            true => {
                self.sql(" THEN ");
                write(self);
                self.sql(" END");
            }
            false => write(self),
        }
    }

    /// A sub-select that gives one value: it is evaluated as soon as a row asks, whoever's that is.
    pub(super) fn value_of_rows(&mut self, expr: &Expr, write: impl FnOnce(&mut Self)) {
        match fails_within(expr) {
            true => self.in_scope_only(expr, |writer| writer.apart(write)),
            false => self.apart(write),
        }
    }

    /// Whether there are such rows: where they hang on a row at hand, PostgreSQL may make a join of it.
    pub(super) fn whether_rows(
        &mut self,
        expr: &Expr,
        via: Option<Via>,
        write: impl FnOnce(&mut Self),
    ) {
        match via {
            Some(via) => self.among_undecided([via.near], write),
            None => self.value_of_rows(expr, write),
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

    /// While this is written, to-one navigations lead on from its rows.
    pub(super) fn led_on(&mut self, input: &Input, write: impl FnOnce(&mut Self)) {
        match input {
            Input::Rows(rows) => self.led_by(&rows.joins, write),
            Input::Derived(_) | Input::One => write(self),
        }
    }

    pub(super) fn led_by(&mut self, joins: &[Join], write: impl FnOnce(&mut Self)) {
        let before = self.led_to.len();
        self.led_to.extend(joins.iter().map(|join| join.source));
        write(self);
        self.led_to.truncate(before);
    }

    /// While this is written, no row is at hand: it is evaluated for none, or where all are decided on, or can't fail.
    pub(super) fn apart(&mut self, write: impl FnOnce(&mut Self)) {
        let around = (self.root.take(), std::mem::take(&mut self.undecided));
        write(self);
        (self.root, self.undecided) = around;
    }
}

/// Whether it fails for some values of its operands.
pub(super) fn may_fail(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Arithmetic(op, left, right) => {
            !is_near_now(left, right) && !has_digits(*op, right, expr.ty_or_string())
        }
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
    expr.each(&mut |inside| fails |= is_failing(inside));
    fails
}

/// Whether it may fail by itself; rows that are chosen may fail to be.
fn is_failing(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Aggregate(aggregation) => overflows(aggregation),
        ExprKind::Over(over) => sum_overflows(over),
        ExprKind::Among(_, layer) => {
            let mut fails = false;
            layer.each(&mut |inside| fails |= is_failing(inside));
            fails
        }
        _ => may_fail(expr),
    }
}

/// Whether a Decimal is multiplied or divided by a literal that is no longer than people write it: PostgreSQL has
/// 131,072 digits for the result.
fn has_digits(op: ArithmeticOp, right: &Expr, ty: T) -> bool {
    use ArithmeticOp::{Div, DivBy, Mul};
    let is_short = match &right.kind {
        ExprKind::Value(Value::Integer(_)) => true,
        ExprKind::Value(Value::Decimal(digits)) => digits.len() <= 40,
        _ => false,
    };
    let is_safe = op == Mul || matches!(op, Div | DivBy) && !right.is_zero();
    ty == T::Decimal && is_short && is_safe
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
fn overflows(aggregation: &Aggregation) -> bool {
    matches!(aggregation.method, Aggregate::Sum | Aggregate::Average)
        && aggregation.operand.as_ref().is_some_and(is_bounded)
}

fn sum_overflows(over: &Over) -> bool {
    match &over.number {
        OverNumber::Sum(operand) | OverNumber::SumBefore(operand) => is_bounded(operand),
        OverNumber::Place | OverNumber::Ever(_) => false,
    }
}

/// Whether there is a largest value of its type that sums of others pass.
fn is_bounded(operand: &Expr) -> bool {
    matches!(operand.ty_or_string(), T::Double | T::Single | T::Duration)
}
