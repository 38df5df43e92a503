//! The condition that continues behind a row: by its sort values, not by their number.

use super::Param;
use super::writer::{Piece, Writer};
use crate::plan::{Bound, OrderItem};

/// Where an item of the order stands against the value of the last row given.
struct Item<'a> {
    order: &'a OrderItem,
    expr: Piece,
    /// `$n`, or nothing for null.
    bound: Option<Piece>,
}

impl Writer<'_> {
    /// Rows behind these sort values.
    pub(super) fn after(&mut self, order: &[OrderItem], bounds: &[Bound]) {
        let items: Vec<Item<'_>> = order
            .iter()
            .zip(bounds)
            .map(|(order, bound)| {
                let expr = self.piece(|writer| writer.operand(&order.expr));
                let bound = bound.value.as_ref().map(|value| {
                    let param = Param::binary(bound.ty, value.clone());
                    self.piece(|writer| writer.param(param))
                });
                Item { order, expr, bound }
            })
            .collect();
        let descending = items.first().map(|item| item.order.descending);
        let one_way = items
            .iter()
            .all(|item| Some(item.order.descending) == descending);
        let never_null = items
            .iter()
            .all(|item| !item.order.expr.nullable && item.bound.is_some());
        if one_way && never_null {
            self.row_comparison(&items);
        } else {
            self.step_by_step(&items);
        }
    }

    /// `(a, b) > ($1, $2)`, which a btree serves.
    fn row_comparison(&mut self, items: &[Item<'_>]) {
        let open = |many: bool| if many { "(" } else { "" };
        let close = |many: bool| if many { ")" } else { "" };
        let many = items.len() > 1;
        self.sql(open(many));
        self.list(items, ", ", |writer, item| writer.write_piece(&item.expr));
        self.sql(close(many));
        self.sql(if items.first().is_some_and(|item| item.order.descending) {
            " < "
        } else {
            " > "
        });
        self.sql(open(many));
        self.list(items, ", ", |writer, item| {
            if let Some(bound) = &item.bound {
                writer.write_piece(bound);
            }
        });
        self.sql(close(many));
    }

    /// Behind in the first item, or equal there and behind in the second, ..; before it a bound on
    /// the first item that an index can start from.
    fn step_by_step(&mut self, items: &[Item<'_>]) {
        if let Some(first) = items.first() {
            self.leading_bound(first);
        }
        self.sql("(");
        let mut some = false;
        for (i, item) in items.iter().enumerate() {
            if item.order.descending && item.bound.is_none() {
                // Nulls come last: nothing is behind them in this item.
                continue;
            }
            if some {
                self.sql(" OR ");
            }
            some = true;
            self.sql("(");
            for equal in items.iter().take(i) {
                self.equal(equal);
                self.sql(" AND ");
            }
            self.behind(item);
            self.sql(")");
        }
        self.sql(if some { ")" } else { "FALSE)" });
    }

    fn leading_bound(&mut self, item: &Item<'_>) {
        let Some(bound) = &item.bound else {
            if item.order.descending {
                self.write_piece(&item.expr);
                self.sql(" IS NULL AND ");
            }
            return;
        };
        match (item.order.descending, item.order.expr.nullable) {
            (false, _) => {
                self.write_piece(&item.expr);
                self.sql(" >= ");
                self.write_piece(bound);
            }
            (true, false) => {
                self.write_piece(&item.expr);
                self.sql(" <= ");
                self.write_piece(bound);
            }
            (true, true) => {
                self.sql("(");
                self.write_piece(&item.expr);
                self.sql(" <= ");
                self.write_piece(bound);
                self.sql(" OR ");
                self.write_piece(&item.expr);
                self.sql(" IS NULL)");
            }
        }
        self.sql(" AND ");
    }

    fn equal(&mut self, item: &Item<'_>) {
        self.write_piece(&item.expr);
        match &item.bound {
            Some(bound) => {
                self.sql(" = ");
                self.write_piece(bound);
            }
            None => self.sql(" IS NULL"),
        }
    }

    /// Nulls come first when ascending, last when descending.
    fn behind(&mut self, item: &Item<'_>) {
        match (&item.bound, item.order.descending) {
            (None, false) => {
                self.write_piece(&item.expr);
                self.sql(" IS NOT NULL");
            }
            (None, true) => self.sql("FALSE"),
            (Some(bound), false) => {
                self.write_piece(&item.expr);
                self.sql(" > ");
                self.write_piece(bound);
            }
            (Some(bound), true) => {
                self.sql("(");
                self.write_piece(&item.expr);
                self.sql(" < ");
                self.write_piece(bound);
                if item.order.expr.nullable {
                    self.sql(" OR ");
                    self.write_piece(&item.expr);
                    self.sql(" IS NULL");
                }
                self.sql(")");
            }
        }
    }
}
