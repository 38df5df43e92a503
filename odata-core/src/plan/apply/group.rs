//! `groupby` and `aggregate` (Data Aggregation 3.2.1 and 3.2.3).

use super::aggregate::{aggregated, method};
use super::{DerivedColumn, Stage, plain};
use crate::error::{Code, Error, Result, Span};
use crate::plan::bind::{Binder, condition};
use crate::plan::{Expr, ExprKind, Input, Layer, Via};
use crate::uri::ast::{
    self, AggregateExpr, GroupingItem, PathExpr, PathRoot, SegmentKind, Transformation,
    TransformationKind,
};

/// A path that rows are grouped by.
pub(super) type Grouping<'a> = (&'a PathExpr, Span);
/// A column with its expression over the rows below.
type Column = (DerivedColumn, Expr);

impl<'a> Binder<'a> {
    /// `groupby` over one list of paths.
    pub(super) fn group_by(
        &mut self,
        frame: usize,
        via: Option<Via>,
        mut stage: Stage,
        groups: &[Grouping<'a>],
        then: &'a [Transformation],
    ) -> Result<Stage> {
        use TransformationKind::{Identity, Rank};
        let is_rank = |step: &&Transformation| matches!(step.kind, Identity | Rank { .. });
        let (ranks, rest) = then.split_at(then.iter().take_while(is_rank).count());
        let mut ranked = None;
        for step in ranks {
            let Rank {
                function,
                amount,
                by,
            } = &step.kind
            else {
                continue;
            };
            let partition = groups.iter().map(|group| Ok(self.grouping(*group)?.1));
            let partition = partition.collect::<Result<_>>()?;
            stage = self.rank(frame, via, stage, partition, (*function, amount, by))?;
            if let Stage::Derived(_, names) = &stage {
                self.derived = Some(names.clone());
            }
            ranked = Some(step.span);
        }
        let (conditions, aggregates) = self.group_sequence(rest)?;
        if let (Some(span), true) = (ranked, aggregates.is_empty()) {
            let what = "'groupby' that ranks without an 'aggregate'";
            return Err(Error::not_implemented(what).at(span));
        }
        let filter = Expr::all(conditions);
        self.group(frame, via, stage, groups, aggregates, filter)
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
    pub(super) fn group(
        &mut self,
        frame: usize,
        via: Option<Via>,
        stage: Stage,
        groups: &[Grouping<'a>],
        aggregates: &'a [AggregateExpr],
        filter: Option<Expr>,
    ) -> Result<Stage> {
        if let Some(item) = aggregates.iter().find(|item| !item.from.is_empty()) {
            if aggregates.len() > 1 {
                let what = "'from' beside other aggregates";
                return Err(Error::not_implemented(what).at(item.span));
            }
            return self.group_from(frame, via, stage, groups, item, filter);
        }
        let mut columns: Vec<Column> = Vec::new();
        for group in groups {
            let column = self.grouping(*group)?;
            if columns.iter().any(|(known, _)| known.path == column.0.path) {
                let message = format!("'{}' is grouped by twice", column.0.path.join("/"));
                return Err(Error::new(Code::DuplicateOption, message).at(group.1));
            }
            columns.push(column);
        }
        let group = columns.len();
        for item in aggregates {
            let alias = self.aggregate_alias(item)?;
            self.check_alias(columns.iter().map(|(column, _)| column), alias)?;
            let expr = self.bind_aggregate(item, filter.as_ref())?;
            columns.push((result_column(&alias.text, &expr), expr));
        }
        Ok(self.group_layer(frame, via, stage, columns, group))
    }

    /// `aggregate(a with m from g with n as x)`: grouped by `g` first, and what that gives aggregated
    /// again (Data Aggregation 3.2.1.4). Several `from` are left out one after the other.
    fn group_from(
        &mut self,
        frame: usize,
        via: Option<Via>,
        stage: Stage,
        groups: &[Grouping<'a>],
        item: &'a AggregateExpr,
        filter: Option<Expr>,
    ) -> Result<Stage> {
        let alias = self.aggregate_alias(item)?;
        let mut outer = Vec::new();
        for group in groups {
            outer.push(self.grouping(*group)?);
        }
        let mut inner = Vec::new();
        for from in &item.from {
            let mut columns = Vec::new();
            for (path, span) in &from.groups {
                columns.extend(self.finest_grouping((path, *span))?);
            }
            inner.push(columns);
        }
        self.check_alias(outer.iter().map(|(column, _)| column), alias)?;
        let first = self.bind_aggregate(item, filter.as_ref())?;
        // What is grouped by, the outermost first; a path that is named twice counts once.
        let mut columns: Vec<Column> = outer;
        let mut lengths = vec![columns.len()];
        for level in inner.into_iter().rev() {
            for column in level {
                if !columns.iter().any(|(known, _)| known.path == column.0.path) {
                    columns.push(column);
                }
            }
            lengths.push(columns.len());
        }
        let finest = columns.len();
        columns.push((result_column(&alias.text, &first), first));
        let mut stage = self.group_layer(frame, via, stage, columns, finest);
        for (from, length) in item.from.iter().zip(lengths.into_iter().rev().skip(1)) {
            let Stage::Derived(_, names) = &stage else {
                break;
            };
            let Some(name) = &from.method else {
                let what = "'from' without a method";
                return Err(Error::not_implemented(what).at(item.span));
            };
            let value = names.column(names.columns.len() - 1);
            let expr = aggregated(method(name)?, Some(value), None, item.span)?;
            let kept = (0..length).map(|place| (names.columns[place].clone(), names.column(place)));
            let result = (result_column(&alias.text, &expr), expr);
            let columns = kept.chain([result]).collect();
            stage = self.group_layer(frame, via, stage, columns, length);
        }
        Ok(stage)
    }

    /// What a path of `groupby` says.
    fn grouping(&mut self, (path, span): Grouping<'a>) -> Result<Column> {
        let names = path_names(path, span)?;
        if self.bind_entity_path(path)?.is_some() {
            let what = "grouping by a navigation property";
            let hint = format!("name a property of it, as in {}/..", names.join("/"));
            return Err(Error::not_implemented(what).at(span).hint(hint));
        }
        let expr = self.bind_path(path, span)?;
        let column = DerivedColumn {
            declared: self.is_declared(&expr, &names),
            path: names,
            ty: expr.ty_or_string(),
            nullable: expr.nullable,
            in_branch: Vec::new(),
        };
        Ok((column, expr))
    }

    /// The same where it may lead to an entity: grouped by its key, which nobody will see.
    fn finest_grouping(&mut self, (path, span): Grouping<'a>) -> Result<Vec<Column>> {
        let Some(source) = self.bind_entity_path(path)? else {
            return Ok(vec![self.grouping((path, span))?]);
        };
        let names = path_names(path, span)?;
        let set = self.set(source);
        let key = set.key.iter().map(|place| {
            let name = set.properties[*place].declared.name.to_owned();
            let expr = self.property(0, source, *place, span)?;
            let path = names.iter().cloned().chain([name]).collect();
            let column = DerivedColumn {
                path,
                ..result_column("", &expr)
            };
            Ok((column, expr))
        });
        key.collect()
    }

    /// The rows, grouped by the first columns.
    fn group_layer(
        &mut self,
        frame: usize,
        via: Option<Via>,
        stage: Stage,
        columns: Vec<Column>,
        group: usize,
    ) -> Stage {
        let (columns, select) = columns.into_iter().unzip();
        let input = match stage {
            Stage::Entities(conditions) => {
                let rows = self.rows(frame, via, conditions);
                self.frames[frame].joins.clear();
                Input::Rows(rows)
            }
            Stage::Derived(derived, _) => Input::Derived(Box::new(derived)),
        };
        let layer = Layer {
            group: Some(group),
            ..plain(input, select)
        };
        self.layer(layer, columns, (0..group).collect())
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
}

/// The paths that rows are grouped by: several lists where there is a `rollup`, whose paths are left
/// out from the last to the second (Data Aggregation 3.2.3.2).
pub(super) fn group_sets<'a>(
    groups: &'a [GroupingItem],
    span: Span,
) -> Result<Vec<Vec<Grouping<'a>>>> {
    let mut sets: Vec<Vec<Grouping<'_>>> = vec![Vec::new()];
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

fn result_column(name: &str, expr: &Expr) -> DerivedColumn {
    DerivedColumn {
        path: vec![name.to_owned()],
        ty: expr.ty_or_string(),
        nullable: expr.nullable,
        declared: false,
        in_branch: Vec::new(),
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
