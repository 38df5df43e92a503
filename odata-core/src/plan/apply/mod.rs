//! `$apply`: a sequence of transformations, each over the result of the one before (Data
//! Aggregation 3).
//!
//! As long as only entities are chosen (`filter`, `top`) the result are entities, and the page goes on
//! as without `$apply`. With the first grouping the rows become a [`Derived`] relation, whose columns
//! are all that later names may refer to.

mod aggregate;
mod concat;
mod group;
mod page;
mod rank;

use super::bind::Binder;
use super::{Derived, Expr, ExprKind, Input, Layer, Scoped, Via};
use crate::edm::PrimitiveType as T;
use crate::error::{Code, Error, Result, Span};
use crate::functions::aggregation::TRANSFORMATIONS;
use crate::uri::ast::{ComputeItem, Name, OrderByItem, Transformation, TransformationKind};
use group::group_sets;

/// The columns of a derived relation, as names refer to them.
#[derive(Debug, Clone)]
pub(in crate::plan) struct DerivedNames {
    pub(in crate::plan) id: u16,
    pub(in crate::plan) columns: Vec<DerivedColumn>,
    /// The columns that tell any two rows apart.
    unique: Vec<usize>,
    /// The column that tells which sequence of a `concat` a row comes from: it has no name.
    branch: Option<usize>,
}

/// A column and the path that names it.
#[derive(Debug, Clone)]
pub(in crate::plan) struct DerivedColumn {
    pub(in crate::plan) path: Vec<String>,
    ty: T,
    nullable: bool,
    /// Whether `$metadata` tells its type.
    declared: bool,
    /// For each sequence of a `concat` whether its rows have the property; empty: all have it.
    in_branch: Vec<bool>,
}

/// The result so far.
#[derive(Clone)]
enum Stage {
    /// Entities of the frame, under these conditions.
    Entities(Vec<Expr>),
    Derived(Derived, DerivedNames),
}

/// The order that an `orderby` gave to the transformations behind it.
type Order = Vec<(Expr, bool)>;

/// What `$apply` leads to.
pub(in crate::plan) enum Applied {
    /// Still entities, under these conditions.
    Entities(Vec<Expr>),
    /// Rows of their own kind.
    Derived(Derived, DerivedNames),
}

impl DerivedNames {
    fn column(&self, place: usize) -> Expr {
        let column = &self.columns[place];
        Expr {
            kind: ExprKind::Column(self.id, place),
            ty: Some(column.ty),
            nullable: column.nullable,
        }
    }

    fn all(&self) -> Vec<Expr> {
        (0..self.columns.len())
            .map(|place| self.column(place))
            .collect()
    }

    /// The column that a path names.
    pub(in crate::plan) fn resolve(&self, path: &[&str]) -> Option<Expr> {
        self.columns
            .iter()
            .position(|column| column.path == path)
            .map(|place| self.column(place))
    }

    /// All paths, for hints.
    pub(in crate::plan) fn paths(&self) -> Vec<String> {
        self.columns
            .iter()
            .map(|column| column.path.join("/"))
            .collect()
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
        if transformations.len() > self.limits.apply_steps {
            let message = format!("more than {} transformations", self.limits.apply_steps);
            return Err(Error::new(Code::LimitExceeded, message));
        }
        Ok(
            match self.sequence(frame, via, Stage::Entities(conditions), transformations)? {
                Stage::Entities(conditions) => Applied::Entities(conditions),
                Stage::Derived(derived, names) => Applied::Derived(derived, names),
            },
        )
    }

    fn sequence(
        &mut self,
        frame: usize,
        via: Option<Via>,
        mut stage: Stage,
        transformations: &'a [Transformation],
    ) -> Result<Stage> {
        let mut order = Order::new();
        for transformation in transformations {
            stage = self.transform(frame, via, stage, &mut order, transformation)?;
            if let Stage::Derived(_, names) = &stage {
                self.derived = Some(names.clone());
            }
        }
        Ok(stage)
    }

    fn transform(
        &mut self,
        frame: usize,
        via: Option<Via>,
        stage: Stage,
        order: &mut Order,
        transformation: &'a Transformation,
    ) -> Result<Stage> {
        use TransformationKind as K;
        let span = transformation.span;
        match &transformation.kind {
            K::Identity => Ok(stage),
            K::Filter(filter) => {
                let condition = self.bind_condition(filter)?;
                Ok(restrict(stage, condition))
            }
            K::Search(search) => match stage {
                Stage::Entities(_) if !self.frames[frame].crossed.is_empty() => {
                    Err(Error::not_implemented("a search in a cross join").at(span))
                }
                Stage::Entities(mut conditions) => {
                    conditions.push(self.bind_search(frame, search)?);
                    Ok(Stage::Entities(conditions))
                }
                Stage::Derived(..) => {
                    Err(Error::not_implemented("a search in aggregated rows").at(span))
                }
            },
            K::OrderBy(items) => {
                *order = self.bind_transient_order(items)?;
                Ok(stage)
            }
            K::Skip(number) => self.window(frame, via, stage, order.clone(), number.value, None),
            K::Top(number) => self.window(frame, via, stage, order.clone(), 0, Some(number.value)),
            K::Rank {
                function,
                amount,
                by,
            } => self.rank(frame, via, stage, Vec::new(), (*function, amount, by)),
            K::Compute(items) => self.compute(frame, stage, items),
            K::Aggregate(items) => {
                order.clear();
                self.group(frame, via, stage, &[], items, None)
            }
            K::GroupBy { groups, then } => {
                order.clear();
                let mut branches = Vec::new();
                for groups in group_sets(groups, span)? {
                    let stage = stage.clone();
                    branches.push(self.branch(frame, |binder| {
                        binder.group_by(frame, via, stage, &groups, then)
                    })?);
                }
                self.union(frame, via, branches, &[], span)
            }
            K::Concat(sequences) => {
                order.clear();
                let (mut branches, mut entities) = (Vec::new(), Vec::new());
                for sequence in sequences {
                    let start = stage.clone();
                    branches.push(
                        // Entities become rows before the branch's joins and computed names end.
                        self.branch(frame, |binder| {
                            let stage = binder.sequence(frame, via, start, sequence)?;
                            entities.push(matches!(stage, Stage::Entities(_)));
                            binder.as_derived(frame, via, stage)
                        })?,
                    );
                }
                self.union(frame, via, branches, &entities, span)
            }
            K::Join { .. } => Err(Error::not_implemented("the transformation 'join'").at(span)),
            K::Nest(_) => Err(Error::not_implemented("the transformation 'nest'").at(span)),
            K::AddNested { .. } => {
                Err(Error::not_implemented("the transformation 'addnested'").at(span))
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
    fn compute(&mut self, frame: usize, stage: Stage, items: &'a [ComputeItem]) -> Result<Stage> {
        let stage = match stage {
            // The rows of a cross join have no names of their own.
            Stage::Entities(_) if !self.frames[frame].crossed.is_empty() => {
                let stage = self.as_derived(frame, None, stage)?;
                if let Stage::Derived(_, names) = &stage {
                    self.derived = Some(names.clone());
                }
                stage
            }
            stage => stage,
        };
        match stage {
            Stage::Entities(conditions) => {
                let from = self.frames[frame].from;
                self.bind_compute(frame, from, items)?;
                Ok(Stage::Entities(conditions))
            }
            Stage::Derived(derived, names) => {
                let mut select = names.all();
                let mut columns = names.columns.clone();
                for item in items {
                    let expr = self.bind_expr(&item.expr)?;
                    self.check_alias(columns.iter(), &item.alias)?;
                    columns.push(DerivedColumn {
                        path: vec![item.alias.text.clone()],
                        ty: expr.ty_or_string(),
                        nullable: true,
                        declared: false,
                        in_branch: Vec::new(),
                    });
                    select.push(expr);
                }
                let input = Input::Derived(Box::new(derived));
                Ok(self.layer_on(plain(input, select), columns, names))
            }
        }
    }

    /// `skip`, `top`: a part of the rows in their order.
    fn window(
        &mut self,
        frame: usize,
        via: Option<Via>,
        stage: Stage,
        mut order: Order,
        skip: u64,
        limit: Option<u64>,
    ) -> Result<Stage> {
        match stage {
            Stage::Entities(conditions) => {
                let keys = self.keys(frame);
                // The order is total, so that the same rows are chosen for every page.
                order.extend(keys.iter().map(|key| (key.clone(), false)));
                let input = Input::Rows(self.rows(frame, via, conditions));
                let layer = Layer {
                    input,
                    select: keys.clone(),
                    group: None,
                    order,
                    skip,
                    limit,
                };
                let kind = ExprKind::Among(keys, Box::new(layer));
                Ok(Stage::Entities(vec![Expr::certain(kind, T::Boolean)]))
            }
            Stage::Derived(derived, names) => {
                order.extend(
                    names
                        .unique
                        .iter()
                        .map(|place| (names.column(*place), false)),
                );
                let input = Input::Derived(Box::new(derived));
                let layer = Layer {
                    order,
                    skip,
                    limit,
                    ..plain(input, names.all())
                };
                Ok(self.layer_on(layer, names.columns.clone(), names))
            }
        }
    }

    /// The key properties of a frame's entities.
    fn keys(&self, frame: usize) -> Vec<Expr> {
        let key = |source: Scoped| {
            let set = self.set(source);
            set.key.iter().map(move |place| Expr {
                kind: ExprKind::Property(source, *place),
                ty: Some(set.properties[*place].ty),
                nullable: false,
            })
        };
        self.combined(frame).into_iter().flat_map(key).collect()
    }

    fn bind_transient_order(&mut self, items: &'a [OrderByItem]) -> Result<Order> {
        items
            .iter()
            .map(|item| Ok((self.bind_expr(&item.expr)?, item.descending)))
            .collect()
    }

    fn check_alias<'c>(
        &self,
        mut columns: impl Iterator<Item = &'c DerivedColumn>,
        alias: &Name,
    ) -> Result<()> {
        let declared = match self.combined(0).as_slice() {
            [source] => self.set(*source).names().any(|name| name == alias.text),
            _ => self.combined_set(0, &alias.text).is_some(),
        };
        if declared || columns.any(|column| column.path.first() == Some(&alias.text)) {
            let message = format!(
                "the name '{}' is taken, expected one that the type does not have",
                alias.text
            );
            return Err(Error::new(Code::InvalidOptionValue, message).at(alias.span));
        }
        Ok(())
    }

    /// A layer that keeps the rows of the relation below, which come first among the columns.
    fn layer_on(
        &mut self,
        layer: Layer,
        columns: Vec<DerivedColumn>,
        below: DerivedNames,
    ) -> Stage {
        match self.layer(layer, columns, below.unique) {
            Stage::Derived(derived, names) => Stage::Derived(
                derived,
                DerivedNames {
                    branch: below.branch,
                    ..names
                },
            ),
            entities @ Stage::Entities(_) => entities,
        }
    }

    /// A new relation of one layer.
    fn layer(&mut self, layer: Layer, columns: Vec<DerivedColumn>, unique: Vec<usize>) -> Stage {
        let id = self.next_id();
        let derived = Derived {
            id,
            layers: vec![layer],
            filter: None,
        };
        Stage::Derived(
            derived,
            DerivedNames {
                id,
                columns,
                unique,
                branch: None,
            },
        )
    }
}

/// The error for a name that the aggregated rows don't have.
pub(in crate::plan) fn no_column(names: &DerivedNames, path: &str, span: Span) -> Error {
    let known = names.paths();
    let message = format!("the result of $apply has no property '{path}'");
    Error::new(Code::UnknownProperty, message)
        .at(span)
        .did_you_mean(path, known.iter().map(String::as_str))
}

fn restrict(stage: Stage, condition: Expr) -> Stage {
    match stage {
        Stage::Entities(mut conditions) => {
            conditions.push(condition);
            Stage::Entities(conditions)
        }
        Stage::Derived(derived, names) => {
            let filter = Expr::all(derived.filter.into_iter().chain([condition]).collect());
            Stage::Derived(Derived { filter, ..derived }, names)
        }
    }
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
