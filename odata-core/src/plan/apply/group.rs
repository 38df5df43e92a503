//! `groupby` and `aggregate` (Data Aggregation 3.2.1 and 3.2.3).

use super::{DerivedColumn, Stage, plain};
use crate::edm::PrimitiveType as T;
use crate::error::{Code, Error, Result, Span};
use crate::plan::bind::{Binder, condition};
use crate::plan::derived::METHODS;
use crate::plan::{Aggregate, Expr, ExprKind, Input, Layer, Rows, Via};
use crate::uri::ast::{
    self, AggregateExpr, AggregateKind, GroupingItem, Name, PathExpr, PathRoot, SegmentKind,
    Transformation, TransformationKind,
};

impl<'a> Binder<'a> {
    /// What stands behind the paths of a `groupby`: conditions on the rows of a group, then one
    /// `aggregate`.
    pub(super) fn group_sequence(
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
}

/// The paths that rows are grouped by: several lists where there is a `rollup`, whose paths are left
/// out from the last to the second (Data Aggregation 3.2.3.2).
pub(super) fn group_sets<'a>(
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
