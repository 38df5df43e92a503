//! `$apply`: a sequence of transformations, each over the result of the one before (Data
//! Aggregation 3).
//!
//! As long as only entities are chosen (`filter`, `top`) the result are entities, and the page goes on
//! as without `$apply`. With the first grouping the rows become a [`Derived`] relation, whose columns
//! are all that later names may refer to.

use super::bind::{Binder, condition};
use super::derived::METHODS;
use super::operand::{common_type, convert};
use super::{
    Aggregate, Branches, Derived, Expr, ExprKind, Input, Layer, Member, OrderItem, Output, Query,
    Rows, Shape, Via,
};
use crate::edm::PrimitiveType as T;
use crate::error::{Code, Error, Result, Span};
use crate::uri::ast::{
    self, AggregateExpr, AggregateKind, ComputeItem, GroupingItem, Name, OrderByItem, PathExpr,
    PathRoot, QueryOptions, RankFunction, SegmentKind, SelectKind, Transformation,
    TransformationKind,
};

/// The columns of a derived relation, as names refer to them.
#[derive(Debug, Clone)]
pub(super) struct DerivedNames {
    pub(super) id: u16,
    pub(super) columns: Vec<DerivedColumn>,
    /// The columns that tell any two rows apart.
    unique: Vec<usize>,
    /// The column that tells which sequence of a `concat` a row comes from: it has no name.
    branch: Option<usize>,
}

/// A column and the path that names it.
#[derive(Debug, Clone)]
pub(super) struct DerivedColumn {
    pub(super) path: Vec<String>,
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
pub(super) enum Applied {
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
    pub(super) fn resolve(&self, path: &[&str]) -> Option<Expr> {
        self.columns
            .iter()
            .position(|column| column.path == path)
            .map(|place| self.column(place))
    }

    /// All paths, for hints.
    pub(super) fn paths(&self) -> Vec<String> {
        self.columns
            .iter()
            .map(|column| column.path.join("/"))
            .collect()
    }
}

impl<'a> Binder<'a> {
    /// Runs the transformations over the rows of a frame.
    pub(super) fn bind_apply(
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

    /// Binds one of several sequences over the same input: what it does to names ends with it.
    fn branch(
        &mut self,
        frame: usize,
        then: impl FnOnce(&mut Self) -> Result<Stage>,
    ) -> Result<Stage> {
        let derived = self.derived.clone();
        let joins = self.frames[frame].joins.clone();
        let computed = self.frames[frame].computed.clone();
        let stage = then(self);
        self.derived = derived;
        self.frames[frame].joins = joins;
        self.frames[frame].computed = computed;
        stage
    }

    /// The rows of several sequences, one after the other (Data Aggregation 3.2.4).
    fn union(
        &mut self,
        frame: usize,
        via: Option<Via>,
        branches: Vec<Stage>,
        span: Span,
    ) -> Result<Stage> {
        let mut relations = Vec::new();
        for branch in branches {
            relations.push(self.branch(frame, |binder| binder.as_derived(frame, via, branch))?);
        }
        let mut relations: Vec<(Derived, DerivedNames)> = relations
            .into_iter()
            .filter_map(|stage| match stage {
                Stage::Derived(derived, names) => Some((derived, names)),
                Stage::Entities(_) => None,
            })
            .collect();
        if relations.len() == 1 {
            return Ok(relations.pop().map_or_else(
                || Stage::Entities(Vec::new()),
                |(d, n)| Stage::Derived(d, n),
            ));
        }
        let mut columns: Vec<DerivedColumn> = Vec::new();
        for (i, (_, names)) in relations.iter().enumerate() {
            for column in names
                .columns
                .iter()
                .filter(|column| !column.path.is_empty())
            {
                match columns.iter_mut().find(|known| known.path == column.path) {
                    Some(known) => {
                        let message = || {
                            format!(
                                "'{}' has another type in another sequence",
                                column.path.join("/")
                            )
                        };
                        known.ty = common_type(known.ty, column.ty)
                            .ok_or_else(|| Error::new(Code::TypeMismatch, message()).at(span))?;
                        known.in_branch[i] = true;
                    }
                    None => {
                        let mut in_branch = vec![false; relations.len()];
                        in_branch[i] = true;
                        columns.push(DerivedColumn {
                            in_branch,
                            nullable: true,
                            ..column.clone()
                        });
                    }
                }
            }
        }
        let mut unique: Vec<usize> = Vec::new();
        let mut layers = Vec::new();
        for (i, (derived, names)) in relations.into_iter().enumerate() {
            let mut select = Vec::new();
            for (place, column) in columns.iter().enumerate() {
                let own = names.columns.iter().position(|own| own.path == column.path);
                select.push(match own {
                    Some(own) => {
                        if names.unique.contains(&own) && !unique.contains(&place) {
                            unique.push(place);
                        }
                        convert(names.column(own), column.ty)
                    }
                    None => Expr {
                        ty: Some(column.ty),
                        ..Expr::null()
                    },
                });
            }
            let number = super::Value::Integer(i64::try_from(i).unwrap_or_default());
            select.push(Expr {
                ty: Some(T::Int32),
                ..Expr::value(number)
            });
            layers.push(plain(Input::Derived(Box::new(derived)), select));
        }
        let branch = columns.len();
        unique.push(branch);
        columns.push(DerivedColumn {
            path: Vec::new(),
            ty: T::Int32,
            nullable: false,
            declared: false,
            in_branch: Vec::new(),
        });
        let id = self.next_id();
        let names = DerivedNames {
            id,
            columns,
            unique,
            branch: Some(branch),
        };
        Ok(Stage::Derived(
            Derived {
                id,
                layers,
                filter: None,
            },
            names,
        ))
    }

    /// Entities as rows of their structural and computed properties.
    fn as_derived(&mut self, frame: usize, via: Option<Via>, stage: Stage) -> Result<Stage> {
        let Stage::Entities(conditions) = stage else {
            return Ok(stage);
        };
        let from = self.frames[frame].from;
        let set = self.set(from);
        let visible = (0..set.properties.len()).filter(|place| !set.properties[*place].hidden);
        let mut select = Vec::new();
        let mut columns = Vec::new();
        for place in visible {
            let expr = self.property(frame, from, place, Span::default())?;
            columns.push(DerivedColumn {
                path: vec![set.properties[place].declared.name.to_owned()],
                ty: expr.ty_or_string(),
                nullable: expr.nullable,
                declared: true,
                in_branch: Vec::new(),
            });
            select.push(expr);
        }
        let is_key = |column: &DerivedColumn| {
            set.key.iter().any(|place| {
                column
                    .path
                    .first()
                    .is_some_and(|name| name == set.properties[*place].declared.name)
            })
        };
        let unique = (0..columns.len())
            .filter(|place| is_key(&columns[*place]))
            .collect();
        for (of, name, expr) in self.frames[frame].computed.clone() {
            if of == from {
                columns.push(DerivedColumn {
                    path: vec![name],
                    ty: expr.ty_or_string(),
                    nullable: true,
                    declared: false,
                    in_branch: Vec::new(),
                });
                select.push(expr);
            }
        }
        let joins = self.frames[frame].joins.clone();
        let input = Input::Rows(Rows {
            from,
            via,
            joins,
            filter: Expr::all(conditions),
        });
        Ok(self.layer(plain(input, select), columns, unique))
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
            } => self.rank(frame, via, stage, (*function, amount, by), span),
            K::Compute(items) => self.compute(frame, stage, items),
            K::Aggregate(items) => {
                order.clear();
                self.group(frame, via, stage, &[], items, Vec::new())
            }
            K::GroupBy { groups, then } => {
                order.clear();
                let (conditions, aggregates) = self.group_sequence(then)?;
                let mut branches = Vec::new();
                for groups in group_sets(groups, span)? {
                    let branch = self.branch(frame, |binder| {
                        binder.group(
                            frame,
                            via,
                            stage.clone(),
                            &groups,
                            aggregates,
                            conditions.clone(),
                        )
                    });
                    branches.push(branch?);
                }
                self.union(frame, via, branches, span)
            }
            K::Concat(sequences) => {
                order.clear();
                let mut branches = Vec::new();
                for sequence in sequences {
                    let start = stage.clone();
                    branches.push(
                        self.branch(frame, |binder| binder.sequence(frame, via, start, sequence))?,
                    );
                }
                self.union(frame, via, branches, span)
            }
            K::Join { .. } => Err(Error::not_implemented("the transformation 'join'").at(span)),
            K::Nest(_) => Err(Error::not_implemented("the transformation 'nest'").at(span)),
            K::AddNested { .. } => {
                Err(Error::not_implemented("the transformation 'addnested'").at(span))
            }
            K::Custom(name, _) => {
                let message = format!("there is no transformation '{}'", name.text);
                let known = [
                    "aggregate",
                    "groupby",
                    "filter",
                    "compute",
                    "search",
                    "orderby",
                    "skip",
                    "top",
                    "topcount",
                    "bottomcount",
                    "identity",
                ];
                Err(Error::new(Code::UnknownFunction, message)
                    .at(name.span)
                    .did_you_mean(&name.text, known))
            }
            _ => Err(Error::not_implemented("a transformation of hierarchies").at(span)),
        }
    }

    /// `compute(expr as name)`.
    fn compute(&mut self, frame: usize, stage: Stage, items: &'a [ComputeItem]) -> Result<Stage> {
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
                    self.check_alias(&columns, &item.alias)?;
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
                let from = self.frames[frame].from;
                let set = self.set(from);
                let key = |place: &usize| Expr {
                    kind: ExprKind::Property(from, *place),
                    ty: Some(set.properties[*place].ty),
                    nullable: false,
                };
                let keys: Vec<Expr> = set.key.iter().map(key).collect();
                // The order is total, so that the same rows are chosen for every page.
                order.extend(keys.iter().map(|key| (key.clone(), false)));
                let joins = self.frames[frame].joins.clone();
                let input = Input::Rows(Rows {
                    from,
                    via,
                    joins,
                    filter: Expr::all(conditions),
                });
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

    fn rank(
        &mut self,
        frame: usize,
        via: Option<Via>,
        stage: Stage,
        (function, amount, by): (RankFunction, &'a ast::Expr, &'a ast::Expr),
        span: Span,
    ) -> Result<Stage> {
        let descending = match function {
            RankFunction::TopCount => true,
            RankFunction::BottomCount => false,
            _ => return Err(Error::not_implemented("ranking by a sum or a percentage").at(span)),
        };
        let amount_expr = self.bind_expr(amount)?;
        let limit = match amount_expr.kind {
            ExprKind::Value(super::Value::Integer(n)) if n > 0 => {
                u64::try_from(n).unwrap_or_default()
            }
            _ => {
                let message = "expected a positive whole number of rows";
                return Err(Error::new(Code::InvalidOptionValue, message).at(amount.span));
            }
        };
        let by = self.bind_expr(by)?;
        self.window(frame, via, stage, vec![(by, descending)], 0, Some(limit))
    }

    fn bind_transient_order(&mut self, items: &'a [OrderByItem]) -> Result<Order> {
        items
            .iter()
            .map(|item| Ok((self.bind_expr(&item.expr)?, item.descending)))
            .collect()
    }

    /// What stands behind the paths of a `groupby`: conditions on the rows of a group, then one
    /// `aggregate`.
    fn group_sequence(
        &mut self,
        then: &'a [Transformation],
    ) -> Result<(Vec<Expr>, &'a [AggregateExpr])> {
        let mut conditions = Vec::new();
        let mut aggregates: &[AggregateExpr] = &[];
        for (i, transformation) in then.iter().enumerate() {
            match &transformation.kind {
                TransformationKind::Filter(filter) => {
                    let bound = self.bind_expr(filter)?;
                    conditions.push(condition(bound, filter.span)?);
                }
                TransformationKind::Identity => {}
                TransformationKind::Aggregate(items) if i + 1 == then.len() => aggregates = items,
                _ => {
                    let what = "this transformation inside 'groupby'";
                    return Err(Error::not_implemented(what).at(transformation.span));
                }
            }
        }
        if !conditions.is_empty() && aggregates.is_empty() {
            return Err(
                Error::not_implemented("'groupby' that filters without an 'aggregate'")
                    .at(then[0].span),
            );
        }
        Ok((conditions, aggregates))
    }

    /// `groupby` and, without groups, `aggregate`. A condition counts for the aggregates alone: a
    /// group stays, even if nothing of it is left.
    fn group(
        &mut self,
        frame: usize,
        via: Option<Via>,
        stage: Stage,
        groups: &[(&'a PathExpr, Span)],
        aggregates: &'a [AggregateExpr],
        conditions: Vec<Expr>,
    ) -> Result<Stage> {
        let mut select = Vec::new();
        let mut columns: Vec<DerivedColumn> = Vec::new();
        for (path, span) in groups {
            let names = path_names(path, *span)?;
            let expr = self.bind_path(path, *span)?;
            if columns.iter().any(|column| column.path == names) {
                let message = format!("'{}' is grouped by twice", names.join("/"));
                return Err(Error::new(Code::DuplicateOption, message).at(*span));
            }
            columns.push(DerivedColumn {
                declared: self.is_declared(&expr, &names),
                path: names,
                ty: expr.ty_or_string(),
                nullable: expr.nullable,
                in_branch: Vec::new(),
            });
            select.push(expr);
        }
        let group = select.len();
        let filter = Expr::all(conditions);
        for item in aggregates {
            let alias = self.aggregate_alias(item)?;
            self.check_alias(&columns, alias)?;
            let expr = self.bind_aggregate(item, filter.as_ref())?;
            columns.push(DerivedColumn {
                path: vec![alias.text.clone()],
                ty: expr.ty_or_string(),
                nullable: expr.nullable,
                declared: false,
                in_branch: Vec::new(),
            });
            select.push(expr);
        }
        let input = match stage {
            Stage::Entities(conditions) => {
                let from = self.frames[frame].from;
                let joins = std::mem::take(&mut self.frames[frame].joins);
                Input::Rows(Rows {
                    from,
                    via,
                    joins,
                    filter: Expr::all(conditions),
                })
            }
            Stage::Derived(derived, _) => Input::Derived(Box::new(derived)),
        };
        let layer = Layer {
            group: Some(group),
            ..plain(input, select)
        };
        Ok(self.layer(layer, columns, (0..group).collect()))
    }

    fn is_declared(&self, expr: &Expr, names: &[String]) -> bool {
        match expr.kind {
            ExprKind::Property(..) => true,
            ExprKind::Column(..) => self.derived.as_ref().is_some_and(|derived| {
                derived
                    .columns
                    .iter()
                    .any(|column| column.path == names && column.declared)
            }),
            _ => false,
        }
    }

    fn aggregate_alias(&self, item: &'a AggregateExpr) -> Result<&'a Name> {
        item.alias.as_ref().ok_or_else(|| {
            let message = "expected 'as' and a name behind the aggregate";
            Error::new(Code::SyntaxError, message)
                .at(item.span)
                .hint("for example $count as n")
        })
    }

    fn check_alias(&self, columns: &[DerivedColumn], alias: &Name) -> Result<()> {
        let set = self.frames.first().map(|frame| self.set(frame.from));
        let declared = set.is_some_and(|set| set.names().any(|name| name == alias.text));
        if declared
            || columns
                .iter()
                .any(|column| column.path.first() == Some(&alias.text))
        {
            let message = format!(
                "the name '{}' is taken, expected one that the type does not have",
                alias.text
            );
            return Err(Error::new(Code::InvalidOptionValue, message).at(alias.span));
        }
        Ok(())
    }

    fn bind_aggregate(&mut self, item: &'a AggregateExpr, filter: Option<&Expr>) -> Result<Expr> {
        if !item.from.is_empty() {
            return Err(Error::not_implemented("'from' in 'aggregate'").at(item.span));
        }
        let (method, operand) = match &item.kind {
            AggregateKind::Count(None) => (Aggregate::Count, None),
            AggregateKind::Count(Some(path)) => {
                let counted = self.bind_count_path(path, item.span)?;
                (Aggregate::Sum, Some(counted))
            }
            AggregateKind::Value(_, None) => {
                let message = "expected 'with' and a method";
                let error = Error::new(Code::SyntaxError, message).at(item.span);
                return Err(error.hint("the methods are sum, min, max, average and countdistinct"));
            }
            AggregateKind::Value(expr, Some(name)) => (method(name)?, Some(self.bind_expr(expr)?)),
        };
        let ty = match &operand {
            None => T::Int64,
            Some(Expr { ty: None, .. }) => T::String,
            Some(Expr { ty: Some(of), .. }) => method.result(*of).ok_or_else(|| {
                let name = METHODS
                    .iter()
                    .find(|(_, known)| *known == method)
                    .map_or("", |(name, _)| name);
                let message = format!("'{name}' does not take {}", of.edm_name());
                Error::new(Code::TypeMismatch, message).at(item.span)
            })?,
        };
        // A number of rows is never null; everything else is, over nothing.
        let counts = matches!(method, Aggregate::Count | Aggregate::CountDistinct);
        let kind =
            ExprKind::Aggregate(method, operand.map(Box::new), filter.cloned().map(Box::new));
        Ok(Expr {
            kind,
            ty: Some(ty),
            nullable: !counts,
        })
    }

    /// `path/$count`: how many there are behind a path.
    fn bind_count_path(&mut self, path: &'a PathExpr, span: Span) -> Result<Expr> {
        let Some(frame) = self.frames.first().filter(|_| self.derived.is_none()) else {
            return Err(
                Error::not_implemented("a count behind a path of aggregated rows").at(span),
            );
        };
        let set = self.set(frame.from);
        let from = frame.from;
        if let [
            ast::PathSegment {
                kind: SegmentKind::Name(name),
                ..
            },
        ] = path.segments.as_slice()
            && let Some(place) = set
                .navigation(name)
                .filter(|place| set.navigation[*place].declared.many)
        {
            let target = set.navigation[place].target;
            self.push_frame(target);
            let rows = self.pop_frame(
                Some(Via {
                    near: from,
                    navigation: place,
                }),
                None,
            );
            return Ok(Expr::certain(ExprKind::Count(Box::new(rows)), T::Int64));
        }
        Err(Error::not_implemented("a count behind such a path").at(span))
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

    /// The page over a derived relation: `$filter`, `$orderby`, `$top`, `$skip`, `$count`, `$select`
    /// see its columns alone.
    pub(super) fn bind_derived_page(
        &mut self,
        frame: usize,
        mut derived: Derived,
        mut names: DerivedNames,
        options: &'a QueryOptions,
    ) -> Result<Query> {
        for option in ["$expand", "$search"] {
            if options.present.contains(&option) {
                return Err(Error::not_implemented(format_args!(
                    "'{option}' on the result of $apply"
                ))
                .target(option));
            }
        }
        if let Some(items) = &options.compute {
            let stage = Stage::Derived(derived, names);
            match self.in_option("$compute", |binder| binder.compute(frame, stage, items))? {
                Stage::Derived(computed, columns) => (derived, names) = (computed, columns),
                Stage::Entities(_) => {
                    return Err(Error::new(Code::Internal, "a relation became entities"));
                }
            }
            self.derived = Some(names.clone());
        }
        if let Some(filter) = &options.filter {
            let condition = self.in_option("$filter", |binder| binder.bind_condition(filter))?;
            derived.filter = Expr::all(
                derived
                    .filter
                    .take()
                    .into_iter()
                    .chain([condition])
                    .collect(),
            );
        }
        let mut outputs: Vec<Output> = names.all().into_iter().map(Output::Expr).collect();
        let (order, asked_order) = self.in_option("$orderby", |binder| {
            binder.bind_derived_order(&names, options, &mut outputs)
        })?;
        // Every row has one output that is never null: where there is none, there is no row.
        let present = Expr::certain(ExprKind::Value(super::Value::Boolean(true)), T::Boolean);
        outputs.push(Output::Expr(present));
        let wanted = self.in_option("$select", |binder| {
            binder.bind_derived_select(&names, options)
        })?;
        let is_wanted = |place: &usize| wanted.contains(place) && Some(*place) != names.branch;
        let wanted_columns = (0..names.columns.len()).filter(is_wanted);
        let mut members = Vec::new();
        let mut selection = Vec::new();
        for place in wanted_columns {
            let column = &names.columns[place];
            let branches = names
                .branch
                .filter(|_| !column.in_branch.is_empty())
                .map(|output| Branches {
                    output,
                    present: column.in_branch.clone(),
                });
            add_member(
                &mut members,
                &mut selection,
                &column.path,
                column,
                (place, branches),
            );
        }
        let set = self.set(self.frames[frame].from);
        Ok(Query {
            input: Input::Derived(Box::new(derived)),
            order,
            asked_order,
            skip: options.skip.map_or(0, |skip| skip.value),
            top: options.top.map(|top| top.value),
            count: options.count.is_some_and(|(count, _)| count),
            shape: Shape {
                set: set.id,
                key: vec![outputs.len() - 1],
                key_selected: true,
                reference: false,
                transient: true,
                members,
                selection: Some(render_selection(&selection)),
            },
            outputs,
        })
    }

    fn bind_derived_order(
        &mut self,
        names: &DerivedNames,
        options: &'a QueryOptions,
        outputs: &mut Vec<Output>,
    ) -> Result<(Vec<OrderItem>, usize)> {
        let mut order: Vec<OrderItem> = Vec::new();
        for item in options.order_by.iter().flatten() {
            let expr = self.bind_expr(&item.expr)?;
            if expr.ty.is_none() || expr.is_value() {
                continue;
            }
            let output = match expr.kind {
                ExprKind::Column(_, place) => place,
                _ => {
                    outputs.push(Output::Expr(expr.clone()));
                    outputs.len() - 1
                }
            };
            order.push(OrderItem {
                expr,
                descending: item.descending,
                output,
            });
        }
        let asked = order.len();
        let descending = order.last().is_some_and(|item| item.descending);
        for place in &names.unique {
            let same = |item: &OrderItem| matches!(item.expr.kind, ExprKind::Column(_, column) if column == *place);
            if !order.iter().any(same) {
                order.push(OrderItem {
                    expr: names.column(*place),
                    descending,
                    output: *place,
                });
            }
        }
        Ok((order, asked))
    }

    fn bind_derived_select(
        &mut self,
        names: &DerivedNames,
        options: &'a QueryOptions,
    ) -> Result<Vec<usize>> {
        let Some(items) = &options.select else {
            return Ok((0..names.columns.len()).collect());
        };
        let mut wanted = Vec::new();
        for item in items {
            let SelectKind::Path(path) = &item.kind else {
                return Ok((0..names.columns.len()).collect());
            };
            let path: Vec<&str> = path.iter().map(super::bind::segment_text).collect();
            let starts = |place: &usize| {
                names.columns[*place]
                    .path
                    .iter()
                    .map(String::as_str)
                    .take(path.len())
                    .eq(path.iter().copied())
            };
            let found: Vec<usize> = (0..names.columns.len()).filter(starts).collect();
            if found.is_empty() {
                let error = no_column(names, &path.join("/"), item.span);
                self.unknown_name(error);
            }
            wanted.extend(found);
        }
        Ok(wanted)
    }
}

/// The error for a name that the aggregated rows don't have.
pub(super) fn no_column(names: &DerivedNames, path: &str, span: Span) -> Error {
    let known = names.paths();
    let message = format!("the result of $apply has no property '{path}'");
    Error::new(Code::UnknownProperty, message)
        .at(span)
        .did_you_mean(path, known.iter().map(String::as_str))
}

/// The paths that rows are grouped by: several lists where there is a `rollup`, whose paths are left
/// out from the last to the second (Data Aggregation 3.2.3.2).
fn group_sets<'a>(
    groups: &'a [GroupingItem],
    span: Span,
) -> Result<Vec<Vec<(&'a PathExpr, Span)>>> {
    let mut sets: Vec<Vec<(&PathExpr, Span)>> = vec![Vec::new()];
    for group in groups {
        sets = match group {
            GroupingItem::Path(path, span) => {
                sets.iter_mut().for_each(|set| set.push((path, *span)));
                sets
            }
            GroupingItem::Rollup(paths) => {
                let levels = (1..=paths.len()).rev();
                let rolled = levels.flat_map(|level| {
                    let level = paths[..level].iter().map(|(path, span)| (path, *span));
                    sets.iter()
                        .map(move |set| set.iter().copied().chain(level.clone()).collect())
                });
                rolled.collect()
            }
            GroupingItem::RollupRecursive(..) => {
                return Err(Error::not_implemented("'rolluprecursive'").at(span));
            }
        };
    }
    Ok(sets)
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

fn method(name: &Name) -> Result<Aggregate> {
    let known = METHODS.iter().map(|(known, _)| *known);
    match METHODS.iter().find(|(known, _)| *known == name.text) {
        Some((_, method)) => Ok(*method),
        None if name.text.contains('.') => Err(Error::not_implemented(format_args!(
            "the aggregation method '{}'",
            name.text
        ))
        .at(name.span)),
        None => {
            let message = format!("there is no aggregation method '{}'", name.text);
            Err(Error::new(Code::UnknownFunction, message)
                .at(name.span)
                .did_you_mean(&name.text, known))
        }
    }
}

fn path_names(path: &PathExpr, span: Span) -> Result<Vec<String>> {
    let name = |segment: &ast::PathSegment| match &segment.kind {
        SegmentKind::Name(name) => Some(name.clone()),
        _ => None,
    };
    let names: Option<Vec<String>> = path.segments.iter().map(name).collect();
    match names {
        Some(names) if path.root == PathRoot::Implicit => Ok(names),
        _ => Err(Error::not_implemented("grouping by such a path").at(span)),
    }
}

/// A selection as the context URL shows it: names, each with what is inside.
struct Selected {
    name: String,
    inside: Vec<Selected>,
}

/// Puts a column where its path leads: `inbox/name` inside `inbox`.
fn add_member(
    members: &mut Vec<Member>,
    selection: &mut Vec<Selected>,
    path: &[String],
    column: &DerivedColumn,
    (output, branches): (usize, Option<Branches>),
) {
    let [name, rest @ ..] = path else { return };
    let place = match selection.iter().position(|selected| selected.name == *name) {
        Some(place) => place,
        None => {
            selection.push(Selected {
                name: name.clone(),
                inside: Vec::new(),
            });
            members.push(if rest.is_empty() {
                Member::Computed {
                    name: name.clone(),
                    ty: column.ty,
                    output,
                    declared: column.declared,
                    branches: branches.clone(),
                }
            } else {
                Member::Group {
                    name: name.clone(),
                    members: Vec::new(),
                }
            });
            selection.len() - 1
        }
    };
    if let Member::Group { members, .. } = &mut members[place] {
        add_member(
            members,
            &mut selection[place].inside,
            rest,
            column,
            (output, branches),
        );
    }
}

fn render_selection(selection: &[Selected]) -> String {
    let render = |selected: &Selected| match selected.inside.as_slice() {
        [] => selected.name.clone(),
        inside => format!("{}({})", selected.name, render_selection(inside)),
    };
    selection.iter().map(render).collect::<Vec<_>>().join(",")
}
