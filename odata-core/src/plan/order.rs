//! `$orderby`: the order in which rows come, total, so that a page can continue behind any row.

use super::apply::Order;
use super::bind::Binder;
use super::projection::Outputs;
use super::{Expr, ExprKind, OrderItem, Output, Scoped};
use crate::edm::{EntitySet, PgType, PrimitiveType, Source};
use crate::error::{Code, Error, Result};
use crate::uri::ast::{self, OrderByItem};

impl<'a> Binder<'a> {
    /// What a client sorts by. A constant changes no order.
    pub(super) fn bind_order_items(&mut self, items: &'a [OrderByItem]) -> Result<Order> {
        let mut order = Order::new();
        for item in items {
            if let ast::ExprKind::Array(_) | ast::ExprKind::List(_) = item.expr.kind {
                let message = "a collection has no order, expected a single value";
                return Err(Error::new(Code::TypeMismatch, message).at(item.expr.span));
            }
            let expr = self.bind_expr(&item.expr)?;
            if expr.ty == Some(PrimitiveType::Binary) {
                let message = "Edm.Binary has no order";
                return Err(Error::new(Code::TypeMismatch, message).at(item.expr.span));
            }
            if expr.ty.is_some() && !expr.is_value() {
                order.push((expr, item.descending));
            }
        }
        Ok(order)
    }

    /// The sort order: what the client asked for, then the key in the direction of the last item,
    /// so that it is total. `range`, where nothing is asked for, comes first: a filter ranges over it, and
    /// the index that finds the rows gives them in its order.
    pub(super) fn total_order(
        &mut self,
        sources: &[Scoped],
        asked: Order,
        range: Option<Expr>,
        outputs: &mut Outputs,
    ) -> (Vec<OrderItem>, usize) {
        let mut order: Vec<OrderItem> = Vec::new();
        let mut keys_left: Vec<(Scoped, usize)> = Vec::new();
        for source in sources {
            let key = self.set(*source).key.iter();
            keys_left.extend(key.map(|place| (*source, *place)));
        }
        for (expr, descending) in asked {
            // Nothing behind the whole key changes the order.
            if keys_left.is_empty() {
                continue;
            }
            if let ExprKind::Property(source, place) = expr.kind {
                keys_left.retain(|key| *key != (source, place));
            }
            order.push(OrderItem {
                output: self.sort_output(&expr, outputs),
                expr,
                descending,
            });
        }
        let asked = order.len();
        if let Some(expr) = range {
            order.push(OrderItem {
                output: self.sort_output(&expr, outputs),
                expr,
                descending: false,
            });
        }
        let descending = order.last().is_some_and(|item| item.descending);
        for (source, place) in keys_left {
            let property = &self.set(source).properties[place];
            let kind = ExprKind::Property(source, place);
            let expr = Expr {
                kind,
                ty: Some(property.ty),
                nullable: property.may_be_null(),
            };
            order.push(OrderItem {
                output: self.sort_output(&expr, outputs),
                expr,
                descending,
            });
        }
        (order, asked)
    }

    /// The output that holds a sort value: the property's own where SQL sorts by the very same.
    fn sort_output(&self, expr: &Expr, outputs: &mut Outputs) -> usize {
        if let ExprKind::Property(source, place) = expr.kind {
            let property = &self.set(source).properties[place];
            let same = matches!(property.source, Source::Column { ty: Some(ty), .. } if ty == expr.pg(self.schema));
            if same && !property.hidden {
                return outputs.property(source, place);
            }
        }
        outputs.push(Output::Expr(expr.clone()))
    }

    /// What rows come by where the client asks for no order: a property that the conditions bound from
    /// one side, if an index gives the rows in its order. They have a value there, whatever the column
    /// says.
    pub(super) fn indexed_range(&mut self, from: Scoped, conditions: &[Expr]) -> Option<Expr> {
        let set = self.set(from);
        let by = |indexed| range(set, indexed, from, conditions);
        by(&set.indexed).or_else(|| {
            let range = by(&set.indexed_in_scope);
            self.depends_on_scope |= range.is_some();
            range.filter(|_| self.is_in_one_scope)
        })
    }
}

/// The property that the conditions bound from one side, if it is of these columns and immutable, or the key.
fn range(
    set: &EntitySet,
    indexed: &[&'static str],
    from: Scoped,
    conditions: &[Expr],
) -> Option<Expr> {
    use super::Comparison::{Ge, Gt, Le, Lt};
    let bounded = |condition: &Expr| {
        let ExprKind::Compare(Gt | Ge | Lt | Le, left, right) = &condition.kind else {
            return None;
        };
        [(left, right), (right, left)]
            .into_iter()
            .find_map(|(property, bound)| {
                let place = match property.kind {
                    // A place in another set says nothing of this one.
                    ExprKind::Property(source, place) if source == from => place,
                    _ => return None,
                };
                let Source::Column {
                    name, ty: Some(ty), ..
                } = set.properties[place].source
                else {
                    return None;
                };
                let as_stored = !set.properties[place].ty.is_text()
                    || matches!(ty, PgType::Text | PgType::Varchar);
                let same = as_stored && bound.sources().is_empty();
                let is_indexed =
                    set.properties[place].declared.immutable && indexed.contains(&name);
                (same && (is_indexed || set.key.contains(&place))).then_some((place, property.ty))
            })
    };
    let found = conditions
        .iter()
        .find_map(|condition| match &condition.kind {
            ExprKind::And(operands) => operands.iter().find_map(bounded),
            _ => bounded(condition),
        });
    let (place, ty) = found?;
    // The key is the order anyway.
    (!set.key.contains(&place)).then_some(Expr {
        kind: ExprKind::Property(from, place),
        ty,
        nullable: false,
    })
}
