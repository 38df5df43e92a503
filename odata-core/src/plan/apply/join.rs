//! `join` and `outerjoin`: each entity once for each of its related ones (Data Aggregation 3.5).

use super::relation::{Column, Presence, Related, RowKind, Shapes, number};
use super::{Base, Entities, Made, Names, Order, Stage, Weight};
use crate::edm::{JoinPath, PrimitiveType as T};
use crate::error::{Code, Error, Result, Span};
use crate::plan::bind::{Binder, segment_text};
use crate::plan::{Expr, ExprKind, Input, Lateral, Rows, Via};
use crate::uri::ast::{Name, PathExpr, Transformation};
use std::rc::Rc;

/// What a `join` says, besides whether it is an outer one.
pub(super) struct Joined<'a> {
    pub(super) outer: bool,
    pub(super) path: &'a PathExpr,
    pub(super) alias: &'a Name,
    pub(super) then: &'a [Transformation],
}

impl<'a> Binder<'a> {
    /// Entities as rows of their properties and, under the alias, those of what a sequence of
    /// transformations makes of the related entities of each.
    pub(super) fn join_related(
        &mut self,
        base: Base,
        stage: Stage,
        joined: &Joined<'a>,
        span: Span,
    ) -> Result<Made> {
        let name = if joined.outer { "outerjoin" } else { "join" };
        let mut entities = match stage {
            Stage::Entities(entities) if self.frames[base.frame].crossed.is_empty() => entities,
            _ => {
                let what = format!("'{name}' of rows that are no entities");
                return Err(Error::not_implemented(what).at(span));
            }
        };
        self.check_alias(base.frame, std::iter::empty(), joined.alias)?;
        let via = self.joined_collection(base, joined.path, span)?;
        if !joined.outer && !joined.then.is_empty() {
            // An aggregate makes a row even of nothing, but who has nothing is not joined.
            let target = self.set(via.near).navigation[via.navigation].target;
            self.push_frame(target);
            let related: Rows = self.pop_frame(Some(via), None);
            let any = ExprKind::Any(Box::new(related));
            entities.conditions.push(Expr::certain(any, T::Boolean));
        }
        let far = self.related(via, joined.then, span)?;
        let Made {
            mut derived,
            relation: near,
            order,
            weight,
        } = self.as_made(base, Stage::Entities(entities), span)?;
        let id = near.id;
        let Names {
            mut columns,
            mut unique,
            ..
        } = Rc::unwrap_or_clone(near.names);
        let shapes = Shapes::one(RowKind::Entity);
        // An entity that one other owns is joined to that alone.
        let navigation = &self.set(via.near).navigation[via.navigation];
        let owned = matches!(navigation.path, JoinPath::Keys { .. });
        let is_entity = far.relation.names.shapes.has_entities();
        let [layer] = derived.layers.as_mut_slice() else {
            return Err(Error::new(Code::Internal, "entities are one SELECT"));
        };
        let Input::Rows(rows) = &mut layer.input else {
            return Err(Error::new(Code::Internal, "entities are rows of a table"));
        };
        // The last column of the related rows says that there is one.
        let related = Related {
            set: navigation.target,
            is_entity,
            present: columns.len() + far.relation.names.columns.len() - 1,
            shared: !owned || !is_entity,
        };
        for (place, column) in far.relation.names.columns.iter().enumerate() {
            if far.relation.names.unique.contains(&place) {
                unique.push(columns.len());
            }
            let path = [joined.alias.text.clone()]
                .into_iter()
                .chain(column.path.clone());
            columns.push(Column {
                path: if column.has_name() {
                    path.collect()
                } else {
                    Vec::new()
                },
                nullable: column.nullable || joined.outer,
                presence: Presence::default(),
                related: Some(related),
                ..column.clone()
            });
            layer.select.push(far.relation.column(place));
        }
        // Of the related rows each has its own place; an order of theirs is theirs alone.
        rows.lateral = Some(Box::new(Lateral {
            outer: joined.outer,
            derived: far.derived,
        }));
        let names = Names {
            columns,
            unique,
            shapes,
        };
        Ok(Made {
            derived,
            relation: super::Relation::new(id, names),
            order,
            weight: weight + far.weight,
        })
    }

    /// The rows that a sequence makes of the entities behind a navigation property.
    fn related(&mut self, via: Via, then: &'a [Transformation], span: Span) -> Result<Made> {
        let target = self.set(via.near).navigation[via.navigation].target;
        self.in_frame_of(target, |binder, frame| {
            let base = Base {
                frame,
                via: Some(via),
            };
            let stage = Stage::Entities(Entities {
                conditions: Vec::new(),
                order: Order::new(),
                weight: Weight::default(),
            });
            let stage = binder.sequence(base, stage, then)?;
            let made = binder.as_made(base, stage, span)?;
            if made.relation.names.shapes.kinds.len() > 1 {
                let what = "a join with rows of several shapes";
                return Err(Error::not_implemented(what).at(span));
            }
            let item = (Column::hidden(&number(1)), number(1));
            binder.extend(made, vec![item], None, span)
        })
    }

    /// The collection that a join goes through: one navigation property of the entities.
    fn joined_collection(&self, base: Base, path: &PathExpr, span: Span) -> Result<Via> {
        let near = self.frames[base.frame].from;
        let set = self.set(near);
        let [segment] = path.segments.as_slice() else {
            return Err(Error::not_implemented("a cast in the path of a join").at(span));
        };
        let name = segment_text(segment);
        match set.navigation(name) {
            Some(navigation) if set.navigation[navigation].declared.many => {
                Ok(Via { near, navigation })
            }
            Some(_) => {
                let message = format!("'{name}' is a single entity, expected a collection");
                Err(Error::new(Code::TypeMismatch, message).at(segment.span))
            }
            None => {
                let message = format!("'{}' has no collection '{name}'", set.declared.name);
                let collections = set.navigation.iter().filter(|it| it.declared.many);
                let error = Error::new(Code::UnknownNavigation, message).at(segment.span);
                Err(error.did_you_mean(name, collections.map(|it| it.declared.name)))
            }
        }
    }
}
