//! `$apply`: a sequence of transformations, each over the result of the one before (Data
//! Aggregation 3).
//!
//! As long as only entities are chosen (`filter`, `top`) the result are entities, and the page goes on
//! as without `$apply`. With the first grouping the rows become a derived relation, whose columns
//! are all that later names may refer to.

mod aggregate;
mod concat;
mod defined;
mod group;
mod join;
mod nested;
mod page;
mod rank;
mod reach;
mod relation;
mod stage;
mod these;

use super::bind::Binder;
use super::{Expr, ExprKind, Input, Layer, Scoped, Via};
use crate::edm::PrimitiveType as T;
use crate::error::{Code, Error, Result, Span};
use crate::functions::aggregation::TRANSFORMATIONS;
use crate::uri::ast::{ComputeItem, Name, Transformation, TransformationKind};
use group::group_sets;
use join::Joined;
pub(in crate::plan) use nested::Nested;
use nested::{NestedCollection, last_nest};
pub(in crate::plan) use relation::Relation;
use relation::{Column, Item, Names};
use stage::{Cut, Entities, Stage, Weight, add_order};
pub(in crate::plan) use stage::{Made, Order};
pub(in crate::plan) use these::These;

/// The entities that `$apply` starts from: those of a frame, behind a navigation property if any.
#[derive(Debug, Clone, Copy)]
struct Base {
    frame: usize,
    via: Option<Via>,
}

/// What `$apply` leads to.
pub(in crate::plan) enum Applied {
    /// Still entities, under these conditions and in this order.
    Entities(Vec<Expr>, Order),
    /// Rows of their own kind.
    Made(Made),
    /// One instance with these collections.
    Nested(Vec<NestedCollection>),
}

impl From<Stage> for Applied {
    fn from(stage: Stage) -> Applied {
        match stage {
            Stage::Entities(entities) => Applied::Entities(entities.conditions, entities.order),
            Stage::Made(made) => Applied::Made(made),
        }
    }
}

impl<'a> Binder<'a> {
    /// Runs the transformations over the rows of a frame.
    pub(in crate::plan) fn bind_apply(
        &mut self,
        frame: usize,
        via: Option<Via>,
        conditions: Vec<Expr>,
        transformations: &'a [Transformation],
    ) -> Result<Applied> {
        let base = Base { frame, via };
        self.frames[frame].applied = true;
        let stage = Stage::Entities(Entities {
            conditions,
            order: Order::new(),
            weight: Weight::default(),
        });
        if let Some((nest, items)) = last_nest(transformations) {
            let (before, behind) = transformations.split_at(nest);
            let stage = self.sequence(base, stage, before)?;
            let nested = self.nest(base, stage, before, items, behind[0].span)?;
            return Ok(Applied::Nested(nested));
        }
        self.sequence(base, stage, transformations)
            .map(Applied::from)
    }

    fn sequence(
        &mut self,
        base: Base,
        mut stage: Stage,
        transformations: &'a [Transformation],
    ) -> Result<Stage> {
        for transformation in transformations {
            self.look_at(&stage);
            self.these = self.names_these.then(|| These::of(base, &stage));
            stage = self.transform(base, stage, transformation)?;
        }
        self.these = None;
        Ok(stage)
    }

    fn transform(
        &mut self,
        base: Base,
        mut stage: Stage,
        transformation: &'a Transformation,
    ) -> Result<Stage> {
        use TransformationKind as K;
        let span = transformation.span;
        match &transformation.kind {
            K::Identity => Ok(stage),
            K::Filter(filter) => {
                let condition = self.bind_condition(filter)?;
                stage.restrict(condition);
                Ok(stage)
            }
            K::Search(search) => match &mut stage {
                Stage::Entities(_) if !self.frames[base.frame].crossed.is_empty() => {
                    Err(Error::not_implemented("a search in a cross join").at(span))
                }
                Stage::Entities(_) => {
                    let condition = self.bind_search(base.frame, search)?;
                    stage.restrict(condition);
                    Ok(stage)
                }
                Stage::Made(_) => {
                    Err(Error::not_implemented("a search in aggregated rows").at(span))
                }
            },
            K::OrderBy(items) => {
                let order = self.bind_order_items(items)?;
                stage.sort(order);
                Ok(stage)
            }
            K::Skip(number) => {
                let skip = self.rows_to_skip(number)?;
                self.window(base, stage, Cut { skip, limit: None }, span)
            }
            K::Top(number) => {
                let limit = Some(number.value);
                self.window(base, stage, Cut { skip: 0, limit }, span)
            }
            K::Rank {
                function,
                amount,
                by,
            } => self.rank(base, stage, (*function, amount, by), span),
            K::Compute(items) => self.compute(base, stage, items, span),
            K::Aggregate(items) => {
                let made = self.group(base, stage, &[], items, None, span)?;
                Ok(Stage::Made(made))
            }
            K::GroupBy { groups, then } => {
                let sets = group_sets(groups, self.limits, span)?;
                let mut branches = Vec::new();
                for (stage, groups) in self.copies(stage, sets.len(), span)?.into_iter().zip(sets) {
                    branches.push(self.branch(base.frame, |binder| {
                        // Inside, the rows at hand are those of each group.
                        binder.these = None;
                        binder.look_at(&stage);
                        binder.group_by(base, stage, &groups, then, span)
                    })?);
                }
                self.union(branches, span).map(Stage::Made)
            }
            K::Concat(sequences) => {
                let mut branches = Vec::new();
                let copies = self.copies(stage, sequences.len(), span)?;
                for (stage, sequence) in copies.into_iter().zip(sequences) {
                    // Entities become rows before the branch's joins and computed names end.
                    branches.push(self.branch(base.frame, |binder| {
                        let stage = binder.sequence(base, stage, sequence)?;
                        binder.as_made(base, stage, span)
                    })?);
                }
                self.union(branches, span).map(Stage::Made)
            }
            K::Join {
                outer,
                path,
                alias,
                then,
            } => {
                let joined = Joined {
                    outer: *outer,
                    path,
                    alias,
                    then,
                };
                self.join_related(base, stage, &joined, span)
                    .map(Stage::Made)
            }
            K::Nest(_) => {
                let what = "'nest' that is not the last transformation of '$apply'";
                Err(Error::not_implemented(what).at(span))
            }
            K::AddNested { path, nested } => {
                self.add_nested(base, &stage, path, nested, span)?;
                Ok(stage)
            }
            K::Custom(name, _) => {
                let message = format!("there is no transformation '{}'", name.text);
                Err(Error::new(Code::UnknownFunction, message)
                    .at(name.span)
                    .did_you_mean(&name.text, TRANSFORMATIONS.iter().copied()))
            }
            _ => Err(Error::not_implemented("a transformation of hierarchies").at(span)),
        }
    }

    /// `compute(expr as name)`.
    fn compute(
        &mut self,
        base: Base,
        stage: Stage,
        items: &'a [ComputeItem],
        span: Span,
    ) -> Result<Stage> {
        let made = match stage {
            Stage::Entities(entities) if self.frames[base.frame].crossed.is_empty() => {
                let from = self.frames[base.frame].from;
                self.bind_compute(base.frame, from, items)?;
                return Ok(Stage::Entities(entities));
            }
            // The rows of a cross join have no names of their own.
            stage => self.as_made(base, stage, span)?,
        };
        let made = self.compute_columns(base.frame, made, items, span)?;
        Ok(Stage::Made(made))
    }

    fn compute_columns(
        &mut self,
        frame: usize,
        made: Made,
        items: &'a [ComputeItem],
        span: Span,
    ) -> Result<Made> {
        self.look_at_made(frame, &made);
        let mut computed: Vec<Item> = Vec::new();
        for item in items {
            let expr = self.bind_expr(&item.expr)?;
            let beside = computed.iter().map(|(column, _)| column);
            self.check_alias(frame, beside, &item.alias)?;
            let column = Column {
                nullable: true,
                ..Column::dynamic(&item.alias.text, &expr)
            };
            computed.push((column, expr));
        }
        self.extend(made, computed, None, span)
    }

    /// `skip`, `top`: a part of the rows in their order, which is total from here on, so that the
    /// same rows are chosen for every page.
    fn window(&mut self, base: Base, mut stage: Stage, cut: Cut, span: Span) -> Result<Stage> {
        let ties = self.tie_breakers(base, &stage);
        add_order(stage.order_mut(), ties);
        let order = stage.order_mut().clone();
        self.cut(base, stage, (cut, order), span)
    }

    /// A part of the rows in some order; their own stays.
    fn cut(
        &mut self,
        base: Base,
        stage: Stage,
        (cut, by): (Cut, Order),
        span: Span,
    ) -> Result<Stage> {
        let entities = match stage {
            Stage::Entities(entities) => entities,
            Stage::Made(made) => {
                let made = self.extend(made, Vec::new(), Some((cut, by)), span)?;
                return Ok(Stage::Made(made));
            }
        };
        let keys = self.keys(base.frame);
        let rows = self.rows(base.frame, base.via, entities.conditions);
        let layer = Layer {
            order: by,
            skip: cut.skip,
            limit: cut.limit,
            ..plain(Input::Rows(rows), keys.clone())
        };
        let weight = entities.weight + self.count_layers(1, span)?;
        Ok(Stage::Entities(Entities {
            conditions: vec![among(keys, layer)],
            order: entities.order,
            weight,
        }))
    }

    /// The key properties of a frame's entities.
    fn keys(&self, frame: usize) -> Vec<Expr> {
        let key = |source: Scoped| {
            let set = self.set(source);
            set.key.iter().map(move |place| Expr {
                kind: ExprKind::Property(source, *place),
                ty: Some(set.properties[*place].ty),
                nullable: set.properties[*place].may_be_null(),
            })
        };
        self.combined(frame).into_iter().flat_map(key).collect()
    }

    /// A name for what is computed: the input type, the rows so far and what is computed beside it
    /// must not have it (Data Aggregation 3.1.1).
    fn check_alias<'c>(
        &self,
        frame: usize,
        beside: impl IntoIterator<Item = &'c Column>,
        alias: &Name,
    ) -> Result<()> {
        let from = self.frames[frame].from;
        let is_taken = |column: &Column| column.path.first() == Some(&alias.text);
        let mut rows = self.derived.iter().flat_map(|rows| &rows.names.columns);
        if self.declares(frame, &alias.text)
            || self.is_added(frame, from, &alias.text)
            || rows.any(is_taken)
            || beside.into_iter().any(is_taken)
        {
            let message = format!(
                "the name '{}' is taken, expected one that neither the type nor the rows have",
                alias.text
            );
            return Err(Error::new(Code::InvalidOptionValue, message).at(alias.span));
        }
        Ok(())
    }

    /// Whether the input type has a property of this name.
    fn declares(&self, frame: usize, name: &str) -> bool {
        let rows = &self.frames[frame];
        match rows.crossed.is_empty() {
            true => self.set(rows.from).names().any(|known| known == name),
            false => self.combined_set(frame, name).is_some(),
        }
    }

    /// The error for a name that the rows don't have, to be noted among unknown names; or that
    /// nothing can be said of it.
    pub(in crate::plan) fn no_column(
        &self,
        relation: &Relation,
        path: &[&str],
        span: Span,
    ) -> Result<Error> {
        if relation.below(path).next().is_some() {
            let what = "an entity of aggregated rows as a whole";
            return Err(Error::not_implemented(what).at(span));
        }
        let first = path.first().copied().unwrap_or_default();
        let frame = self.origin.map_or(0, |(frame, _)| frame);
        let set = self.set(self.frames[frame].from);
        if relation.names.shapes.has_entities() && set.navigation(first).is_some() {
            let what = "a path from entities behind 'concat'";
            return Err(Error::not_implemented(what).at(span));
        }
        let known = relation.paths();
        let text = path.join("/");
        let message = format!("the result of $apply has no property '{text}'");
        let error = Error::new(Code::UnknownProperty, message).at(span);
        let error = error.did_you_mean(&text, known.iter().map(String::as_str));
        if error.hint_text().is_some() || !self.declares(frame, first) {
            return Ok(error);
        }
        Ok(error.hint(format!(
            "what 'groupby' and 'aggregate' do not name is no property of their result, which has {}",
            known.join(", ")
        )))
    }
}

/// Whether these values are a row of the layer.
fn among(values: Vec<Expr>, layer: Layer) -> Expr {
    Expr::certain(ExprKind::Among(values, Box::new(layer)), T::Boolean)
}

fn plain(input: Input, select: Vec<Expr>) -> Layer {
    Layer {
        input,
        select,
        group: None,
        order: Vec::new(),
        skip: 0,
        limit: None,
    }
}
