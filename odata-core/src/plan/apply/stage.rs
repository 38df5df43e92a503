//! The result so far: rows with their order, and how many SELECTs it takes to print them.

use super::{Base, Column, Item, Names, Relation, plain};
use crate::error::{Result, Span};
use crate::plan::bind::Binder;
use crate::plan::{Derived, Expr, ExprKind, Input, Layer};
use std::rc::Rc;

/// An order: expressions over the rows, each with whether it descends.
pub(in crate::plan) type Order = Vec<(Expr, bool)>;

/// The result so far. It has no `Clone`: [`Binder::copies`] counts what each copy costs.
pub(super) enum Stage {
    Entities(Entities),
    Made(Made),
}

/// Entities of the frame that `$apply` starts from.
pub(super) struct Entities {
    /// The conditions that chose them.
    pub(super) conditions: Vec<Expr>,
    pub(super) order: Order,
    pub(super) weight: Weight,
}

/// Rows of their own kind.
pub(in crate::plan) struct Made {
    pub(super) derived: Derived,
    pub(super) relation: Relation,
    /// Over the relation's columns.
    pub(super) order: Order,
    pub(super) weight: Weight,
}

/// So many SELECTs of `$apply`. Only [`Binder::count_layers`] makes some, which bounds them.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Weight(usize);

impl Weight {
    pub(super) fn selects(self) -> usize {
        self.0
    }
}

impl std::ops::Add for Weight {
    type Output = Weight;

    fn add(self, other: Weight) -> Weight {
        Weight(self.0 + other.0)
    }
}

/// Which rows of an order are left.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Cut {
    pub(super) skip: u64,
    pub(super) limit: Option<u64>,
}

impl Stage {
    pub(super) fn order_mut(&mut self) -> &mut Order {
        match self {
            Stage::Entities(entities) => &mut entities.order,
            Stage::Made(made) => &mut made.order,
        }
    }

    /// The same rows, as far as a condition holds for them.
    pub(super) fn restrict(&mut self, condition: Expr) {
        match self {
            Stage::Entities(entities) => entities.conditions.push(condition),
            Stage::Made(made) => made.restrict(condition),
        }
    }

    /// The same rows, sorted; what was their order tells those apart that are equal now.
    pub(super) fn sort(&mut self, by: Order) {
        let before = std::mem::replace(self.order_mut(), by);
        add_order(self.order_mut(), before);
    }

    pub(super) fn weight(&self) -> Weight {
        match self {
            Stage::Entities(entities) => entities.weight,
            Stage::Made(made) => made.weight,
        }
    }

    /// The same again; who prints both counts them.
    pub(super) fn copy(&self) -> Stage {
        match self {
            Stage::Entities(entities) => Stage::Entities(Entities {
                conditions: entities.conditions.clone(),
                order: entities.order.clone(),
                weight: entities.weight,
            }),
            Stage::Made(made) => Stage::Made(made.copy()),
        }
    }
}

impl Made {
    pub(super) fn copy(&self) -> Made {
        Made {
            derived: self.derived.clone(),
            relation: self.relation.clone(),
            order: self.order.clone(),
            weight: self.weight,
        }
    }

    pub(in crate::plan) fn restrict(&mut self, condition: Expr) {
        let before = self.derived.filter.take();
        self.derived.filter = Expr::all(before.into_iter().chain([condition]).collect());
    }
}

/// Sorts further by what does not sort already.
pub(super) fn add_order(order: &mut Order, then: Order) {
    for (expr, descending) in then {
        if !order.iter().any(|(known, _)| known.is_same_place(&expr)) {
            order.push((expr, descending));
        }
    }
}

impl Binder<'_> {
    /// So many SELECTs more in `$apply`, those that copies repeat among them.
    pub(super) fn count_layers(&mut self, more: usize, span: Span) -> Result<Weight> {
        self.apply_layers = self.apply_layers.saturating_add(more);
        if self.apply_layers > self.limits.apply_layers {
            return Err(self.limits.exceeded("apply_layers").at(span));
        }
        Ok(Weight(more))
    }

    /// The same rows so many times, to be transformed each in its own way.
    pub(super) fn copies(&mut self, stage: Stage, count: usize, span: Span) -> Result<Vec<Stage>> {
        let weight = stage.weight().selects();
        let more = count.saturating_sub(1);
        self.count_layers(more.saturating_mul(weight), span)?;
        let mut copies: Vec<Stage> = (0..more).map(|_| stage.copy()).collect();
        copies.push(stage);
        Ok(copies)
    }

    /// Names lead to what this stage has.
    pub(super) fn look_at(&mut self, stage: &Stage) {
        self.derived = match stage {
            Stage::Entities(_) => None,
            Stage::Made(made) => Some(made.relation.clone()),
        };
    }

    /// A new relation, of these SELECTs over rows that weigh so much. Nothing orders it yet.
    pub(super) fn relation(
        &mut self,
        layers: Vec<Layer>,
        names: Names,
        below: Weight,
        span: Span,
    ) -> Result<Made> {
        let weight = below + self.count_layers(layers.len(), span)?;
        let id = self.next_id();
        Ok(Made {
            derived: Derived {
                id,
                layers,
                filter: None,
            },
            relation: Relation::new(id, names),
            order: Order::new(),
            weight,
        })
    }

    /// One SELECT more, which keeps the rows' columns, first, and their order: what an order or a
    /// name means below is found at the same place of the new relation.
    pub(super) fn extend(
        &mut self,
        made: Made,
        more: Vec<Item>,
        cut: Option<(Cut, Order)>,
        span: Span,
    ) -> Result<Made> {
        let Made {
            derived,
            relation,
            order,
            weight,
        } = made;
        let mut select = relation.all();
        let Relation { id: below, names } = relation;
        let Names {
            mut columns,
            unique,
            shapes,
        } = Rc::unwrap_or_clone(names);
        for (column, expr) in more {
            columns.push(column);
            select.push(expr);
        }
        let mut carried = Vec::new();
        for (expr, descending) in order {
            let place = match expr.kind {
                ExprKind::Column(id, place) if id == below => place,
                _ => {
                    columns.push(Column::hidden(&expr));
                    select.push(expr);
                    select.len() - 1
                }
            };
            carried.push((place, descending));
        }
        let input = Input::Derived(Box::new(derived));
        let layer = match cut {
            None => plain(input, select),
            Some((Cut { skip, limit }, order)) => Layer {
                order,
                skip,
                limit,
                ..plain(input, select)
            },
        };
        let names = Names {
            columns,
            unique,
            shapes,
        };
        let mut made = self.relation(vec![layer], names, weight, span)?;
        let column = |(place, descending)| (made.relation.column(place), descending);
        made.order = carried.into_iter().map(column).collect();
        Ok(made)
    }

    /// What tells any two rows apart, to make an order total.
    pub(super) fn tie_breakers(&self, base: Base, stage: &Stage) -> Order {
        let ascending = |expr| (expr, false);
        match stage {
            Stage::Entities(_) => self.keys(base.frame).into_iter().map(ascending).collect(),
            Stage::Made(made) => {
                let unique = made.relation.names.unique.iter();
                let columns = unique.map(|place| made.relation.column(*place));
                columns.map(ascending).collect()
            }
        }
    }
}
