//! `groupby` and `aggregate` (Data Aggregation 3.2.1 and 3.2.3).

use super::aggregate::{aggregated, method};
use super::relation::{Presence, RowKind, Shapes};
use super::{Base, Column, Item, Made, Names, Stage, plain};
use crate::error::{Code, Error, Result, Span};
use crate::limits::Limits;
use crate::plan::bind::{Binder, condition, segment_text};
use crate::plan::path::data_path;
use crate::plan::{Expr, ExprKind, Input, Layer};
use crate::uri::ast::{AggregateExpr, GroupingItem, PathExpr, Transformation, TransformationKind};

/// A path that rows are grouped by.
pub(super) type Grouping<'a> = (&'a PathExpr, Span);

impl<'a> Binder<'a> {
    /// `groupby` over one list of paths.
    pub(super) fn group_by(
        &mut self,
        base: Base,
        mut stage: Stage,
        groups: &[Grouping<'a>],
        then: &'a [Transformation],
        span: Span,
    ) -> Result<Made> {
        use TransformationKind::{Identity, Rank};
        let is_rank = |step: &&Transformation| matches!(step.kind, Identity | Rank { .. });
        let (ranks, rest) = then.split_at(then.iter().take_while(is_rank).count());
        let mut kept: Option<Expr> = None;
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
            let parts = (partition.collect::<Result<_>>()?, kept);
            let call = (*function, amount, by);
            let (ranked, condition) = self.rank_parts(base, stage, parts, call, step.span)?;
            (stage, kept) = (ranked, Some(condition));
            self.look_at(&stage);
        }
        let (conditions, aggregates) = self.group_sequence(rest)?;
        if let (Some(step), true, true) = (ranks.last(), kept.is_some(), aggregates.is_empty()) {
            let what = "'groupby' that ranks without an 'aggregate'";
            return Err(Error::not_implemented(what).at(step.span));
        }
        let filter = Expr::all(kept.into_iter().chain(conditions).collect());
        self.group(base, stage, groups, aggregates, filter, span)
    }

    /// What stands behind the paths of a `groupby`: conditions on the rows of a group, then one
    /// `aggregate`.
    fn group_sequence(
        &mut self,
        then: &'a [Transformation],
    ) -> Result<(Vec<Expr>, &'a [AggregateExpr])> {
        let mut conditions = Vec::new();
        let mut filtered: Option<Span> = None;
        let mut aggregates: &[AggregateExpr] = &[];
        for (i, transformation) in then.iter().enumerate() {
            match &transformation.kind {
                TransformationKind::Filter(filter) => {
                    let bound = self.bind_expr(filter)?;
                    conditions.push(condition(bound, filter.span)?);
                    filtered.get_or_insert(transformation.span);
                }
                TransformationKind::Identity => {}
                TransformationKind::Aggregate(items) if i + 1 == then.len() => aggregates = items,
                _ => {
                    let what = "this transformation inside 'groupby'";
                    return Err(Error::not_implemented(what).at(transformation.span));
                }
            }
        }
        if let (Some(span), []) = (filtered, aggregates) {
            let what = "'groupby' that filters without an 'aggregate'";
            return Err(Error::not_implemented(what).at(span));
        }
        Ok((conditions, aggregates))
    }

    /// `groupby` and, without groups, `aggregate`. A condition counts for the aggregates alone: a
    /// group stays, even if nothing of it is left.
    pub(super) fn group(
        &mut self,
        base: Base,
        stage: Stage,
        groups: &[Grouping<'a>],
        aggregates: &'a [AggregateExpr],
        filter: Option<Expr>,
        span: Span,
    ) -> Result<Made> {
        if let Some(item) = aggregates.iter().find(|item| !item.from.is_empty()) {
            if aggregates.len() > 1 {
                let what = "'from' beside other aggregates";
                return Err(Error::not_implemented(what).at(item.span));
            }
            return self.group_from(base, stage, groups, item, filter);
        }
        let mut columns: Vec<Item> = Vec::new();
        for group in groups {
            let column = self.grouping(*group)?;
            if columns.iter().any(|(known, _)| known.path == column.0.path) {
                let message = format!("'{}' is grouped by twice", column.0.path.join("/"));
                return Err(Error::new(Code::DuplicateOption, message).at(group.1));
            }
            columns.push(column);
        }
        let mut results: Vec<Item> = Vec::new();
        for item in aggregates {
            let alias = self.aggregate_alias(item)?;
            let beside = columns.iter().chain(&results).map(|(column, _)| column);
            self.check_alias(base.frame, beside, alias)?;
            let expr = self.bind_aggregate(base.frame, item, filter.as_ref())?;
            results.push(result(&alias.text, expr));
        }
        self.group_layer(base, stage, columns, results, span)
    }

    /// `aggregate(a with m from g with n as x)`: grouped by `g` first, and what that gives aggregated
    /// again (Data Aggregation 3.2.1.4). Several `from` are left out one after the other.
    fn group_from(
        &mut self,
        base: Base,
        stage: Stage,
        groups: &[Grouping<'a>],
        item: &'a AggregateExpr,
        filter: Option<Expr>,
    ) -> Result<Made> {
        let span = item.span;
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
        let beside = outer.iter().map(|(column, _)| column);
        self.check_alias(base.frame, beside, alias)?;
        let first = self.bind_aggregate(base.frame, item, filter.as_ref())?;
        // What is grouped by, the outermost first; a path that is named twice counts once.
        let mut columns: Vec<Item> = outer;
        let mut lengths = vec![columns.len()];
        for level in inner.into_iter().rev() {
            for column in level {
                if !columns.iter().any(|(known, _)| known.path == column.0.path) {
                    columns.push(column);
                }
            }
            lengths.push(columns.len());
        }
        let results = vec![result(&alias.text, first)];
        let mut made = self.group_layer(base, stage, columns, results, span)?;
        for (from, length) in item.from.iter().zip(lengths.into_iter().rev().skip(1)) {
            let Some(name) = &from.method else {
                let what = "'from' without a method";
                return Err(Error::not_implemented(what).at(span));
            };
            let relation = &made.relation;
            let columns = relation.names.columns.iter().cloned();
            let mut columns: Vec<Item> = columns.zip(relation.all()).collect();
            // The last is the result so far.
            let value = columns.pop().map(|(_, value)| value);
            let expr = aggregated(method(name)?, value, None, span)?;
            columns.truncate(length);
            let (kept, results) = (columns, vec![result(&alias.text, expr)]);
            made = self.group_layer(base, Stage::Made(made), kept, results, span)?;
        }
        Ok(made)
    }

    /// What a path of `groupby` says.
    fn grouping(&mut self, (path, span): Grouping<'a>) -> Result<Item> {
        let names = path_names(path, span)?;
        if self.bind_entity_path(path)?.is_some() {
            let what = "grouping by a navigation property";
            let hint = format!("name a property of it, as in {}/..", names.join("/"));
            return Err(Error::not_implemented(what).at(span).hint(hint));
        }
        self.count_nodes(1, span)?;
        let expr = self.bind_path(path, span)?;
        let column = self.derived.as_ref().and_then(|rows| rows.column_of(&expr));
        let (declared, presence) = match column {
            Some(column) => (column.declared, column.presence.clone()),
            // A property; or a name that is not known, of which an error is noted.
            None => (
                matches!(expr.kind, ExprKind::Property(..)),
                Presence::default(),
            ),
        };
        let column = Column {
            path: names,
            ty: expr.ty_or_string(),
            nullable: expr.nullable,
            declared,
            presence,
            related: None,
        };
        Ok((column, expr))
    }

    /// The same where it may lead to an entity: grouped by its key, which nobody will see.
    fn finest_grouping(&mut self, (path, span): Grouping<'a>) -> Result<Vec<Item>> {
        let Some(source) = self.bind_entity_path(path)? else {
            return Ok(vec![self.grouping((path, span))?]);
        };
        let names = path_names(path, span)?;
        let set = self.set(source);
        let key = set.key.iter().map(|place| {
            let name = set.properties[*place].declared.name.to_owned();
            let expr = self.property(0, source, *place, span)?;
            let path = names.iter().cloned().chain([name]).collect();
            let (column, expr) = result("", expr);
            Ok((Column { path, ..column }, expr))
        });
        key.collect()
    }

    /// The rows, grouped by columns. What is absent in a row makes it one of another group than null
    /// would, so that the shape of what a row has of the columns is grouped by, too.
    fn group_layer(
        &mut self,
        base: Base,
        stage: Stage,
        groups: Vec<Item>,
        results: Vec<Item>,
        span: Span,
    ) -> Result<Made> {
        let weight = stage.weight();
        let mut shapes = Shapes::one(RowKind::Transient);
        let mut columns: Vec<Column> = Vec::new();
        let mut select: Vec<Expr> = Vec::new();
        let input = match stage {
            Stage::Entities(entities) => {
                let rows = self.rows(base.frame, base.via, entities.conditions);
                self.frames[base.frame].joins.clear();
                (columns, select) = groups.into_iter().unzip();
                Input::Rows(rows)
            }
            Stage::Made(made) => {
                let patterns = Patterns::of(&groups, made.relation.names.shapes.kinds.len());
                shapes.kinds = vec![RowKind::Transient; patterns.distinct.len()];
                for (i, (column, expr)) in groups.into_iter().enumerate() {
                    let presence = patterns.presence(i);
                    columns.push(Column { presence, ..column });
                    select.push(expr);
                }
                if shapes.kinds.len() > 1 {
                    let shape = made.relation.by_shape(&patterns.numbers);
                    shapes.column = Some(columns.len());
                    columns.push(Column::hidden(&shape));
                    select.push(shape);
                }
                Input::Derived(Box::new(made.derived))
            }
        };
        let group = columns.len();
        for (column, expr) in results {
            columns.push(column);
            select.push(expr);
        }
        let layer = Layer {
            group: Some(group),
            ..plain(input, select)
        };
        let names = Names {
            columns,
            unique: (0..group).collect(),
            shapes,
        };
        self.relation(vec![layer], names, weight, span)
    }
}

/// Which of some columns the rows of each shape have: the same for several shapes maybe.
struct Patterns {
    distinct: Vec<Vec<bool>>,
    /// For each shape the number of its pattern.
    numbers: Vec<usize>,
}

impl Patterns {
    fn of(columns: &[Item], shapes: usize) -> Patterns {
        let mut distinct: Vec<Vec<bool>> = Vec::new();
        let mut numbers = Vec::new();
        for shape in 0..shapes {
            let pattern = columns
                .iter()
                .map(|(column, _)| column.presence.is_in(shape));
            let pattern: Vec<bool> = pattern.collect();
            let known = distinct.iter().position(|known| *known == pattern);
            numbers.push(known.unwrap_or_else(|| {
                distinct.push(pattern);
                distinct.len() - 1
            }));
        }
        Patterns { distinct, numbers }
    }

    /// Which patterns have the column at this place.
    fn presence(&self, place: usize) -> Presence {
        Presence::where_it_holds(self.distinct.len(), |pattern| {
            let pattern = self.distinct.get(pattern);
            pattern.and_then(|columns| columns.get(place)) == Some(&true)
        })
    }
}

/// The paths that rows are grouped by: several lists where there is a `rollup`, whose paths are left
/// out from the last to the second (Data Aggregation 3.2.3.2).
pub(super) fn group_sets<'a>(
    groups: &'a [GroupingItem],
    limits: &Limits,
    span: Span,
) -> Result<Vec<Vec<Grouping<'a>>>> {
    // Counted before they are made: each rollup multiplies them.
    let levels = groups.iter().map(|group| match group {
        GroupingItem::Rollup(paths) => paths.len(),
        _ => 1,
    });
    if levels.fold(1, usize::saturating_mul) > limits.apply_layers {
        return Err(limits.exceeded("apply_layers").at(span));
    }
    let mut sets: Vec<Vec<Grouping<'_>>> = vec![Vec::new()];
    for group in groups {
        sets = match group {
            GroupingItem::Path(path, span) => {
                sets.iter_mut().for_each(|set| set.push((path, *span)));
                sets
            }
            GroupingItem::Rollup(paths) => {
                if let [(path, span)] = paths.as_slice() {
                    return Err(no_hierarchy(path, *span));
                }
                // Each level of the first with all levels of the next (Data Aggregation 3.2.3.2).
                let roll = |set: &Vec<Grouping<'a>>| {
                    let set = set.clone();
                    (1..=paths.len()).rev().map(move |level| {
                        let level = paths.iter().take(level).map(|(path, span)| (path, *span));
                        set.iter().copied().chain(level).collect()
                    })
                };
                sets.iter().flat_map(roll).collect()
            }
            GroupingItem::RollupRecursive(..) => {
                return Err(Error::not_implemented("'rolluprecursive'").at(span));
            }
        };
    }
    Ok(sets)
}

/// The error for a rollup of one name: that of a leveled hierarchy, and no model has any.
fn no_hierarchy(path: &PathExpr, span: Span) -> Error {
    let names: Vec<&str> = path.segments.iter().map(segment_text).collect();
    let message = format!("there is no leveled hierarchy '{}'", names.join("/"));
    let error = Error::new(Code::UnknownProperty, message).at(span);
    error.hint("roll up two properties or more: rollup(a,b)")
}

/// A result with its name.
fn result(name: &str, expr: Expr) -> Item {
    (Column::dynamic(name, &expr), expr)
}

fn path_names(path: &PathExpr, span: Span) -> Result<Vec<String>> {
    match data_path(path) {
        Some(names) => Ok(names.into_iter().map(str::to_owned).collect()),
        None => Err(Error::not_implemented("grouping by such a path").at(span)),
    }
}
