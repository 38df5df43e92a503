//! `concat`: the rows of several sequences, one after the other (Data Aggregation 3.2.2).

use super::relation::{Column, Names, Presence, RowKind, Shapes, number};
use super::{Base, Made, Order, Stage, plain};
use crate::edm::PrimitiveType as T;
use crate::error::{Code, Error, Result, Span};
use crate::plan::bind::Binder;
use crate::plan::operand::{common_type, convert};
use crate::plan::{Expr, ExprKind, Input};

impl Binder<'_> {
    /// Binds one of several sequences over the same input: what it does to names ends with it.
    pub(super) fn branch<R>(
        &mut self,
        frame: usize,
        then: impl FnOnce(&mut Self) -> Result<R>,
    ) -> Result<R> {
        let derived = self.derived.clone();
        let joins = self.frames[frame].joins.clone();
        let computed = self.frames[frame].computed.clone();
        let nested = self.frames[frame].nested.clone();
        let result = then(self);
        self.derived = derived;
        self.frames[frame].joins = joins;
        self.frames[frame].computed = computed;
        self.frames[frame].nested = nested;
        result
    }

    /// The rows of several sequences, one after the other, each with the shape and in the order that
    /// it has in its own.
    pub(super) fn union(&mut self, mut branches: Vec<Made>, span: Span) -> Result<Made> {
        if branches.len() == 1
            && let Some(only) = branches.pop()
        {
            return Ok(only);
        }
        let mut columns = common_columns(&branches, span)?;
        let named = columns.len();
        let mut shapes = Shapes {
            kinds: Vec::new(),
            column: Some(named),
        };
        let mut branch_of: Vec<usize> = Vec::new();
        for (i, made) in branches.iter().enumerate() {
            let kinds = &made.relation.names.shapes.kinds;
            shapes.kinds.extend(kinds);
            branch_of.extend(kinds.iter().map(|_| i));
        }
        columns.push(Column::hidden(&number(0)));
        let slots = Slots::of(branches.iter().map(|made| &made.order));
        for (ty, _) in &slots.kinds {
            columns.push(Column::hidden(&null(*ty)));
        }
        let mut unique = Vec::new();
        let (mut layers, mut below, mut shape) = (Vec::new(), Default::default(), 0);
        for (made, places) in branches.into_iter().zip(&slots.places) {
            let relation = &made.relation;
            let mut select = Vec::new();
            for (place, column) in columns.iter().take(named).enumerate() {
                let own = relation.place(&column.path);
                if own.is_some_and(|own| relation.names.unique.contains(&own))
                    && !unique.contains(&place)
                {
                    unique.push(place);
                }
                select.push(match own {
                    Some(own) => convert(relation.column(own), column.ty),
                    None => null(column.ty),
                });
            }
            let count = relation.names.shapes.kinds.len();
            let numbers: Vec<usize> = (shape..shape + count).collect();
            shape += count;
            select.push(relation.by_shape(&numbers));
            for (slot, (ty, _)) in slots.kinds.iter().enumerate() {
                let item = places.iter().position(|place| *place == slot);
                let item = item.and_then(|item| made.order.get(item));
                select.push(item.map_or_else(|| null(*ty), |(expr, _)| expr.clone()));
            }
            below = below + made.weight;
            layers.push(plain(Input::Derived(Box::new(made.derived)), select));
        }
        unique.push(named);
        let names = Names {
            columns,
            unique,
            shapes,
        };
        let mut made = self.relation(layers, names, below, span)?;
        let in_slot = |(slot, (_, descending)): (usize, &(T, bool))| {
            (made.relation.column(named + 1 + slot), *descending)
        };
        let slots = slots.kinds.iter().enumerate().map(in_slot);
        let branches = (made.relation.by_shape(&branch_of), false);
        made.order = [branches].into_iter().chain(slots).collect();
        Ok(made)
    }

    /// Entities as rows of their structural and computed properties.
    pub(super) fn as_made(&mut self, base: Base, stage: Stage, span: Span) -> Result<Made> {
        let frame = base.frame;
        let entities = match stage {
            Stage::Made(made) => return Ok(made),
            Stage::Entities(entities) => entities,
        };
        self.check_nothing_nested(frame, span)?;
        let sources = self.combined(frame);
        let shapes = Shapes::one(match sources.len() {
            1 => RowKind::Entity,
            _ => RowKind::Transient,
        });
        let mut select: Vec<Expr> = Vec::new();
        let mut columns: Vec<Column> = Vec::new();
        let mut unique = Vec::new();
        for source in &sources {
            let set = self.set(*source);
            for (place, property) in set.properties.iter().enumerate() {
                if property.hidden {
                    continue;
                }
                let prefix = (sources.len() > 1).then_some(set.declared.entity_set);
                let path = prefix.into_iter().chain([property.declared.name]);
                let expr = self.property(frame, *source, place, Span::default())?;
                if set.key.contains(&place) {
                    unique.push(columns.len());
                }
                columns.push(Column {
                    path: path.map(str::to_owned).collect(),
                    declared: true,
                    ..Column::dynamic("", &expr)
                });
                select.push(expr);
            }
        }
        let from = self.frames[frame].from;
        for (of, name, expr) in &self.frames[frame].computed {
            if *of == from {
                columns.push(Column {
                    nullable: true,
                    ..Column::dynamic(name, expr)
                });
                select.push(expr.clone());
            }
        }
        let mut order: Vec<(usize, bool)> = Vec::new();
        for (expr, descending) in entities.order {
            let known = select.iter().position(|known| known.is_same_place(&expr));
            let place = known.unwrap_or_else(|| {
                columns.push(Column::hidden(&expr));
                select.push(expr);
                select.len() - 1
            });
            order.push((place, descending));
        }
        let input = Input::Rows(self.rows(frame, base.via, entities.conditions));
        let names = Names {
            columns,
            unique,
            shapes,
        };
        let layers = vec![plain(input, select)];
        let mut made = self.relation(layers, names, entities.weight, span)?;
        let column = |(place, descending)| (made.relation.column(place), descending);
        made.order = order.into_iter().map(column).collect();
        Ok(made)
    }
}

/// The columns that any of the branches has, by their paths.
fn common_columns(branches: &[Made], span: Span) -> Result<Vec<Column>> {
    let count = |made: &Made| made.relation.names.shapes.kinds.len();
    let shapes: usize = branches.iter().map(count).sum();
    // The path leads on from an entity, while its row here ends in its own properties.
    let leads_on = |column: &Column| column.path.len() > 1;
    let named = |made: &Made| -> Vec<Column> {
        let columns = made.relation.names.columns.iter();
        columns
            .filter(|column| column.has_name())
            .cloned()
            .collect()
    };
    let has_entities = |made: &Made| made.relation.names.shapes.has_entities();
    if branches.iter().any(has_entities)
        && branches.iter().any(|made| named(made).iter().any(leads_on))
    {
        let what = "'concat' of entities and of rows grouped by a path";
        return Err(Error::not_implemented(what).at(span));
    }
    if branches
        .iter()
        .any(|made| named(made).iter().any(|column| column.related.is_some()))
    {
        let what = "'concat' of joined instances";
        return Err(Error::not_implemented(what).at(span));
    }
    let mut columns: Vec<Column> = Vec::new();
    let mut shape = 0;
    for made in branches {
        let count = count(made);
        for column in named(made) {
            let own = shape..shape + count;
            let Some(known) = columns.iter_mut().find(|known| known.path == column.path) else {
                let mut presence = Presence::where_it_holds(shapes, |_| false);
                presence.also_in(own, &column.presence);
                columns.push(Column {
                    nullable: true,
                    presence,
                    ..column
                });
                continue;
            };
            known.ty = common_type(known.ty, column.ty).ok_or_else(|| {
                let path = column.path.join("/");
                let message = format!("'{path}' has another type in another sequence");
                Error::new(Code::TypeMismatch, message).at(span)
            })?;
            known.presence.also_in(own, &column.presence);
        }
        shape += count;
    }
    Ok(columns)
}

/// Columns for the orders of several branches: what an item sorts by stands in one of its type, and
/// items of several branches share it where they sort alike. In the rows of other branches it is null.
struct Slots {
    kinds: Vec<(T, bool)>,
    /// For each branch the slots of its items.
    places: Vec<Vec<usize>>,
}

impl Slots {
    fn of<'o>(orders: impl Iterator<Item = &'o Order>) -> Slots {
        let mut slots = Slots {
            kinds: Vec::new(),
            places: Vec::new(),
        };
        for order in orders {
            let mut places: Vec<usize> = Vec::new();
            for (expr, descending) in order {
                let kind = (expr.ty_or_string(), *descending);
                // Behind the items before it.
                let free = places.last().map_or(0, |last| last + 1);
                let behind = slots.kinds.iter().enumerate().skip(free);
                let mut alike = behind.filter(|(_, known)| **known == kind);
                let found = alike.next().map(|(slot, _)| slot);
                places.push(found.unwrap_or_else(|| {
                    slots.kinds.push(kind);
                    slots.kinds.len() - 1
                }));
            }
            slots.places.push(places);
        }
        slots
    }
}

fn null(ty: T) -> Expr {
    Expr {
        kind: ExprKind::Null,
        ty: Some(ty),
        nullable: true,
    }
}
