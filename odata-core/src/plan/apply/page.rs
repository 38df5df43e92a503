//! The page over a derived relation: the query options behind `$apply` see its columns alone.

use super::{DerivedColumn, DerivedNames, Stage, no_column};
use crate::edm::PrimitiveType as T;
use crate::error::{Code, Error, Result};
use crate::plan::bind::{Binder, segment_text};
use crate::plan::{
    Branches, Derived, Expr, ExprKind, Input, Links, Member, OrderItem, Output, Query, SelectList,
    Shape, ShapeKind, Value,
};
use crate::uri::ast::{QueryOptions, SelectKind};

impl<'a> Binder<'a> {
    /// The page over a derived relation: `$filter`, `$orderby`, `$top`, `$skip`, `$count`, `$select`
    /// see its columns alone.
    pub(in crate::plan) fn bind_derived_page(
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
        let present = Expr::certain(ExprKind::Value(Value::Boolean(true)), T::Boolean);
        outputs.push(Output::Expr(present));
        let mut operations = SelectList::default();
        let wanted = self.in_option("$select", |binder| {
            binder.bind_derived_select(&names, options, &mut operations)
        })?;
        let is_wanted = |place: &usize| wanted.contains(place) && Some(*place) != names.branch;
        let wanted_columns = (0..names.columns.len()).filter(is_wanted);
        let mut members = Vec::new();
        let mut select_list = SelectList::default();
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
                &mut select_list,
                &column.path,
                column,
                (place, branches),
            );
        }
        select_list.0.extend(operations.0);
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
                kind: if self.frames[frame].crossed.is_empty() {
                    ShapeKind::Transient
                } else {
                    ShapeKind::Complex
                },
                members,
                links: Links::default(),
                select_list,
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
        operations: &mut SelectList,
    ) -> Result<Vec<usize>> {
        let Some(items) = &options.select else {
            return Ok((0..names.columns.len()).collect());
        };
        let mut wanted = Vec::new();
        for item in items {
            let path = match &item.kind {
                SelectKind::Path(path) => path,
                SelectKind::Star => return Ok((0..names.columns.len()).collect()),
                SelectKind::AllOperations(namespace) => {
                    self.bind_operations(namespace, item.span, operations)?;
                    continue;
                }
            };
            let path: Vec<&str> = path.iter().map(segment_text).collect();
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

/// Puts a column where its path leads: `inbox/name` inside `inbox`.
fn add_member(
    members: &mut Vec<Member>,
    select_list: &mut SelectList,
    path: &[String],
    column: &DerivedColumn,
    (output, branches): (usize, Option<Branches>),
) {
    let [name, rest @ ..] = path else { return };
    let place = match select_list.0.iter().position(|item| item.name == *name) {
        Some(place) => place,
        None => {
            members.push(if rest.is_empty() {
                select_list.name(name);
                Member::Computed {
                    name: name.clone(),
                    ty: column.ty,
                    output,
                    declared: column.declared,
                    branches: branches.clone(),
                }
            } else {
                select_list.expanded(name, SelectList::default());
                Member::Group {
                    name: name.clone(),
                    members: Vec::new(),
                }
            });
            select_list.0.len() - 1
        }
    };
    if let (Member::Group { members, .. }, Some(inside)) =
        (&mut members[place], &mut select_list.0[place].inside)
    {
        add_member(members, inside, rest, column, (output, branches));
    }
}
