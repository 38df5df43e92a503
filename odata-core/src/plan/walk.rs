//! What an expression is made of: its size, and the table references that it reads.

use super::{Answer, Data, Derived, Expr, ExprKind, Input, Join, Layer, Output, Rows, Scoped};
use std::collections::HashSet;

impl Expr {
    /// Calls `visit` with this expression and everything inside it, the rows of lambdas included.
    pub fn each(&self, visit: &mut impl FnMut(&Expr)) {
        visit(self);
        let rows = |rows: &Rows, visit: &mut _| {
            if let Some(filter) = &rows.filter {
                filter.each(visit);
            }
        };
        match &self.kind {
            ExprKind::Null
            | ExprKind::Value(_)
            | ExprKind::Key(_)
            | ExprKind::Property(..)
            | ExprKind::Present(_)
            | ExprKind::Column(..) => {}
            ExprKind::Aggregate(aggregation) => {
                for inside in aggregation.operand.iter().chain(&aggregation.filter) {
                    inside.each(visit);
                }
            }
            ExprKind::Gathered { value, key, filter } => {
                for inside in [value, key].into_iter().chain(filter) {
                    inside.each(visit);
                }
            }
            ExprKind::Over(over) => over.operands().for_each(|operand| operand.each(visit)),
            // The layer reads rows of its own.
            ExprKind::Among(values, _) => values.iter().for_each(|value| value.each(visit)),
            ExprKind::Compare(_, left, right) | ExprKind::Arithmetic(_, left, right) => {
                left.each(visit);
                right.each(visit);
            }
            ExprKind::In(operand, ..)
            | ExprKind::Not(operand)
            | ExprKind::Negate(operand)
            | ExprKind::Convert(operand)
            | ExprKind::Cast(operand) => operand.each(visit),
            ExprKind::And(operands)
            | ExprKind::Or(operands)
            | ExprKind::Call(_, operands)
            | ExprKind::Search(operands, _) => {
                operands.iter().for_each(|operand| operand.each(visit));
            }
            ExprKind::Case(branches) => {
                for (condition, value) in branches {
                    condition.each(visit);
                    value.each(visit);
                }
            }
            ExprKind::Any(members) | ExprKind::Count(members) => rows(members, visit),
            ExprKind::All(members, inside) | ExprKind::Scalar(members, inside) => {
                rows(members, visit);
                inside.each(visit);
            }
            ExprKind::Whole(input, inside) => {
                input.each(visit);
                inside.each(visit);
            }
        }
    }

    /// Whether it reads rows of other tables, which may take its time.
    fn reads_rows(&self) -> bool {
        let mut reads = false;
        self.each(&mut |expr| {
            reads |= matches!(
                expr.kind,
                ExprKind::Any(_)
                    | ExprKind::All(..)
                    | ExprKind::Count(_)
                    | ExprKind::Scalar(..)
                    | ExprKind::Whole(..)
                    | ExprKind::Among(..)
            );
        });
        reads
    }

    /// Whether it has a value for each row, as far as is known: it compares what is stored.
    fn never_fails(&self) -> bool {
        let mut never = true;
        self.each(&mut |expr| {
            never &= matches!(
                expr.kind,
                ExprKind::Null
                    | ExprKind::Value(_)
                    | ExprKind::Key(_)
                    | ExprKind::Property(..)
                    | ExprKind::Present(_)
                    | ExprKind::Compare(..)
                    | ExprKind::In(..)
                    | ExprKind::Not(_)
                    | ExprKind::And(_)
                    | ExprKind::Or(_)
                    | ExprKind::Search(..)
            );
        });
        never
    }

    /// The number of expressions in it.
    pub fn size(&self) -> usize {
        let mut size = 0;
        self.each(&mut |_| size += 1);
        size
    }

    /// The table references that it reads, those of its own lambdas among them.
    pub fn sources(&self) -> HashSet<Scoped> {
        let mut sources = HashSet::new();
        self.each(&mut |expr| match &expr.kind {
            ExprKind::Property(source, _) | ExprKind::Present(source) => {
                sources.insert(*source);
            }
            ExprKind::Any(rows)
            | ExprKind::Count(rows)
            | ExprKind::All(rows, _)
            | ExprKind::Scalar(rows, _) => {
                let joined = rows.joins.iter().map(|join| join.via);
                sources.extend(rows.via.into_iter().chain(joined).map(|via| via.near));
            }
            _ => {}
        });
        sources
    }

    /// Adds the table references of the rows that it is evaluated for, each once: those whose
    /// properties it reads, and those that the rows of its sub-selects hang on, but not these.
    pub fn sources_here(&self, found: &mut Vec<Scoped>) {
        let mut add = |source: Scoped| {
            if !found.contains(&source) {
                found.push(source);
            }
        };
        match &self.kind {
            ExprKind::Property(source, _) | ExprKind::Present(source) => add(*source),
            ExprKind::And(operands)
            | ExprKind::Or(operands)
            | ExprKind::Call(_, operands)
            | ExprKind::Search(operands, _) => {
                operands
                    .iter()
                    .for_each(|operand| operand.sources_here(found));
            }
            ExprKind::Compare(_, left, right) | ExprKind::Arithmetic(_, left, right) => {
                left.sources_here(found);
                right.sources_here(found);
            }
            ExprKind::In(operand, ..)
            | ExprKind::Not(operand)
            | ExprKind::Negate(operand)
            | ExprKind::Convert(operand)
            | ExprKind::Cast(operand) => operand.sources_here(found),
            ExprKind::Case(branches) => {
                for (condition, value) in branches {
                    condition.sources_here(found);
                    value.sources_here(found);
                }
            }
            ExprKind::Among(values, _) => values.iter().for_each(|value| value.sources_here(found)),
            ExprKind::Over(over) => over
                .operands()
                .for_each(|operand| operand.sources_here(found)),
            ExprKind::Gathered { value, .. } => value.sources_here(found),
            ExprKind::Any(rows) | ExprKind::Count(rows) => rows.sources_around(None, found),
            ExprKind::All(rows, inside) | ExprKind::Scalar(rows, inside) => {
                rows.sources_around(Some(inside), found);
            }
            ExprKind::Null
            | ExprKind::Value(_)
            | ExprKind::Key(_)
            | ExprKind::Whole(..)
            | ExprKind::Column(..)
            | ExprKind::Aggregate(..) => {}
        }
    }
}

impl Input {
    /// Calls `visit` with every expression in it.
    fn each(&self, visit: &mut impl FnMut(&Expr)) {
        match self {
            Input::Rows(rows) => {
                rows.filter.iter().for_each(|filter| filter.each(visit));
                if let Some(lateral) = &rows.lateral {
                    lateral.derived.each(visit);
                }
            }
            Input::Derived(derived) => derived.each(visit),
            Input::One => {}
        }
    }
}

impl Derived {
    fn each(&self, visit: &mut impl FnMut(&Expr)) {
        self.layers.iter().for_each(|layer| layer.each(visit));
        self.filter.iter().for_each(|filter| filter.each(visit));
    }
}

impl Layer {
    /// Calls `visit` with every expression in it.
    pub fn each(&self, visit: &mut impl FnMut(&Expr)) {
        self.input.each(visit);
        let order = self.order.iter().map(|(expr, _)| expr);
        let exprs = self.select.iter().chain(order);
        exprs.for_each(|expr| expr.each(visit));
    }
}

impl Data {
    /// Whether no row of it can fail, as far as is known: what is stored is answered as it is. The columns of a view,
    /// which may compute, count as stored.
    pub fn never_fails(&self) -> bool {
        let outputs = self.query.outputs.iter().all(|output| match output {
            Output::Property(..) => true,
            Output::Expr(expr) => expr.never_fails(),
            Output::Array(..) | Output::Count(_) => false,
        });
        let is_stored = |rows: &Rows| {
            let mut order = self.query.order.iter().map(|item| &item.expr);
            rows.lateral.is_none()
                && rows.filter.iter().all(Expr::never_fails)
                && order.all(Expr::never_fails)
        };
        outputs && self.query.rows().is_some_and(is_stored)
    }

    /// Whether one row of it is found by keys alone.
    pub fn is_short(&self) -> bool {
        let keys = self.anchor.iter().flat_map(|anchor| {
            let steps = anchor.steps.iter().filter_map(|(_, key)| key.as_ref());
            steps.chain(&anchor.first.filter)
        });
        let outputs = self.query.outputs.iter().all(|output| match output {
            Output::Property(..) => true,
            Output::Expr(expr) => !expr.reads_rows(),
            Output::Array(..) | Output::Count(_) => false,
        });
        let Some(rows) = self.query.rows() else {
            return false;
        };
        let mut conditions = keys.chain(&rows.filter);
        outputs && self.answer != Answer::Count && !conditions.any(Expr::reads_rows)
    }
}

impl Rows {
    /// Adds the table references that these rows, and an expression over them, have from around.
    fn sources_around(&self, inside: Option<&Expr>, found: &mut Vec<Scoped>) {
        let joined = self.joins.iter().map(|join| join.via);
        let hang_on = self.via.into_iter().chain(joined).map(|via| via.near);
        let mut read: Vec<Scoped> = hang_on.collect();
        for expr in self.filter.iter().chain(inside) {
            expr.sources_here(&mut read);
        }
        let is_own = |source: &Scoped| {
            self.has(*source) || self.joins.iter().any(|join| join.source == *source)
        };
        for source in read {
            if !is_own(&source) && !found.contains(&source) {
                found.push(source);
            }
        }
    }

    /// Whether its rows are, or combine, entities of this table reference.
    pub fn has(&self, source: Scoped) -> bool {
        self.from == source || self.crossed.contains(&source)
    }

    /// The same rows where only their number counts: without the joins that no condition reads. A
    /// to-one navigation neither adds a row nor drops one.
    pub fn to_count(&self) -> Rows {
        let mut read = self.filter.as_ref().map(Expr::sources).unwrap_or_default();
        let mut joins: Vec<Join> = Vec::new();
        // A join stands behind the one that it starts from.
        for join in self.joins.iter().rev() {
            if read.contains(&join.source) {
                read.insert(join.via.near);
                joins.push(*join);
            }
        }
        joins.reverse();
        Rows {
            joins,
            ..self.clone()
        }
    }
}
