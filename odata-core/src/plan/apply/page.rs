//! The page over a derived relation: the query options behind `$apply` see its columns alone.

use super::relation::Related;
use super::stage::add_order;
use super::{Column, Made, Order, Relation};
use crate::edm::EntitySet;
use crate::edm::PrimitiveType as T;
use crate::error::{Code, Error, Result, Span};
use crate::plan::bind::{Binder, allow_only_nested, segment_text};
use crate::plan::{
    Branches, EntityRows, Expr, ExprKind, Input, Links, Member, OrderItem, Output, Query, Selected,
    Shape, ShapeKind, Value,
};
use crate::uri::ast::{ExpandKind, QueryOptions, SelectKind};

impl<'a> Binder<'a> {
    /// The page over a derived relation: `$filter`, `$orderby`, `$top`, `$skip`, `$count`, `$select`
    /// see its columns alone.
    pub(in crate::plan) fn bind_derived_page(
        &mut self,
        frame: usize,
        mut made: Made,
        options: &'a QueryOptions,
    ) -> Result<Query> {
        if let Some(search) = &options.search {
            let error = Error::not_implemented("'$search' on the result of $apply");
            return self.in_option("$search", |_| Err(error.at(search.span())));
        }
        if let Some(items) = &options.compute {
            made = self.in_option("$compute", |binder| {
                binder.compute_columns(frame, made, items, Span::default())
            })?;
        }
        self.look_at_made(frame, &made);
        if let Some(filter) = &options.filter {
            made.restrict(self.in_option("$filter", |binder| binder.bind_condition(filter))?);
        }
        self.look_at_made(frame, &made);
        let Made {
            derived,
            relation,
            order,
            ..
        } = made;
        let mut outputs: Vec<Output> = relation.all().into_iter().map(Output::Expr).collect();
        let (order, asked_order) = self.in_option("$orderby", |binder| {
            binder.bind_derived_order(&relation, order, options, &mut outputs)
        })?;
        // Every row has one output that is never null: where there is none, there is no row.
        let present = Expr::certain(ExprKind::Value(Value::Boolean(true)), T::Boolean);
        outputs.push(Output::Expr(present));
        let mut operations = Vec::new();
        let wanted = self.in_option("$select", |binder| {
            binder.bind_derived_select(&relation, options, &mut operations)
        })?;
        let expanded = self.in_option("$expand", |binder| {
            binder.bind_derived_expand(frame, &relation, options)
        })?;
        let skip = self.bind_skip(options)?;
        let mut members = Vec::new();
        let mut joined: Vec<(&str, Related, Vec<Member>)> = Vec::new();
        let columns = relation.names.columns.iter().enumerate();
        for (place, column) in columns.filter(|(_, column)| column.has_name()) {
            let output = (place, relation.branches(&column.presence));
            match (column.related, column.path.as_slice()) {
                // Joined instances are shown where they are expanded, as related ones are.
                (Some(related), [alias, inside @ ..]) if expanded.contains(&place) => {
                    match joined.iter_mut().find(|(known, ..)| known == alias) {
                        Some((_, _, members)) => add_member(members, inside, column, output),
                        None => {
                            let mut members = Vec::new();
                            add_member(&mut members, inside, column, output);
                            joined.push((alias, related, members));
                        }
                    }
                }
                (None, path) if wanted.contains(&place) => {
                    add_member(&mut members, path, column, output);
                }
                _ => {}
            }
        }
        for (alias, related, inside) in joined {
            members.push(self.joined_member(&relation, alias, related, inside));
        }
        let mut context = selection(&members);
        context.extend(operations);
        let set = self.set(self.frames[frame].from);
        let crossed = !self.frames[frame].crossed.is_empty();
        let entities = (!crossed).then(|| entity_rows(&relation, set, &wanted));
        Ok(Query {
            input: Input::Derived(Box::new(derived)),
            order,
            asked_order,
            skip,
            top: options.top.map(|top| top.value),
            count: options.count.is_some_and(|(count, _)| count),
            shape: Shape {
                set: set.id,
                key: vec![outputs.len() - 1],
                key_selected: true,
                kind: if crossed {
                    ShapeKind::Complex
                } else {
                    ShapeKind::Transient
                },
                links: Links {
                    named: Vec::new(),
                    all: options.select.is_none(),
                },
                entities: entities.flatten(),
                selection: context,
                members,
            },
            outputs,
        })
    }

    /// A joined instance. It says which it is where it is an entity still.
    fn joined_member(
        &self,
        relation: &Relation,
        alias: &str,
        related: Related,
        members: Vec<Member>,
    ) -> Member {
        let set = self.schema.set(related.set);
        let is_shown = |name: &str| {
            let named = |member: &Member| matches!(member, Member::Computed { name: known, .. } if known == name);
            members.iter().any(named)
        };
        let names = |places: &[usize]| -> Vec<&str> {
            let names = places.iter().map(|place| &set.properties[*place]);
            names.map(|property| property.declared.name).collect()
        };
        let keys = names(&set.key);
        let key: Option<Vec<usize>> = keys
            .iter()
            .map(|name| relation.place(&[alias, name]))
            .collect();
        let entities = key.filter(|_| related.is_entity).map(|key| EntityRows {
            branches: None,
            key,
            key_selected: keys.iter().all(|name| is_shown(name)),
        });
        let visible: Vec<usize> = (0..set.properties.len())
            .filter(|place| !set.properties[*place].hidden)
            .collect();
        let whole = related.is_entity && names(&visible).into_iter().all(is_shown);
        Member::One {
            name: alias.to_owned(),
            dynamic: true,
            shape: Shape {
                set: set.id,
                key: vec![related.present],
                key_selected: true,
                kind: ShapeKind::Transient,
                entities,
                links: Links {
                    named: Vec::new(),
                    all: whole,
                },
                selection: if whole {
                    Vec::new()
                } else {
                    common_members(&members)
                },
                members,
            },
        }
    }

    /// The order: what `$orderby` asks for, then that of the rows, then what tells them apart.
    fn bind_derived_order(
        &mut self,
        relation: &Relation,
        order: Order,
        options: &'a QueryOptions,
        outputs: &mut Vec<Output>,
    ) -> Result<(Vec<OrderItem>, usize)> {
        let mut sorted = self.bind_order_items(options.order_by.as_deref().unwrap_or_default())?;
        add_order(&mut sorted, order);
        let asked = sorted.len();
        let descending = sorted.last().is_some_and(|(_, descending)| *descending);
        let unique = relation.names.unique.iter();
        let unique = unique.map(|place| (relation.column(*place), descending));
        add_order(&mut sorted, unique.collect());
        let item = |(expr, descending): (Expr, bool)| OrderItem {
            output: match expr.kind {
                ExprKind::Column(_, place) => place,
                _ => {
                    outputs.push(Output::Expr(expr.clone()));
                    outputs.len() - 1
                }
            },
            expr,
            descending,
        };
        Ok((sorted.into_iter().map(item).collect(), asked))
    }

    /// The columns of joined instances that `$expand` wants.
    fn bind_derived_expand(
        &mut self,
        frame: usize,
        relation: &Relation,
        options: &'a QueryOptions,
    ) -> Result<Vec<usize>> {
        let columns = &relation.names.columns;
        let mut wanted = Vec::new();
        for item in options.expand.iter().flatten() {
            let ExpandKind::Path(path) = &item.kind else {
                return Err(Error::not_implemented("such an item in $expand").at(item.span));
            };
            let path: Vec<&str> = path.iter().map(segment_text).collect();
            let inside = |place: &usize| {
                let column = &columns[*place];
                column.related.is_some()
                    && column.path.first().map(String::as_str) == path.first().copied()
            };
            let joined: Vec<usize> = (0..columns.len()).filter(inside).collect();
            if joined.is_empty() || path.len() > 1 {
                let set = self.set(self.frames[frame].from);
                let first = path.first().copied().unwrap_or_default();
                if set.navigation(first).is_some() {
                    let what = "a navigation property on the result of $apply";
                    return Err(Error::not_implemented(what).at(item.span));
                }
                let error = no_navigation(relation, &path.join("/"), item.span);
                self.unknown_name(error);
                continue;
            }
            let what = format!("'{}', a joined instance", path.join("/"));
            allow_only_nested(&item.options, &["$select"], &what)?;
            match &item.options.select {
                None => wanted.extend(joined),
                Some(items) => {
                    for item in items {
                        let SelectKind::Path(names) = &item.kind else {
                            wanted.extend(&joined);
                            continue;
                        };
                        let names: Vec<&str> = names.iter().map(segment_text).collect();
                        let is_named = |place: &&usize| {
                            let path = columns[**place].path.iter().skip(1);
                            path.map(String::as_str).eq(names.iter().copied())
                        };
                        match joined.iter().find(is_named) {
                            Some(place) => wanted.push(*place),
                            None => {
                                let error = self.no_column(relation, &names, item.span)?;
                                self.unknown_name(error);
                            }
                        }
                    }
                }
            }
        }
        Ok(wanted)
    }

    /// The columns that `$select` wants.
    fn bind_derived_select(
        &mut self,
        relation: &Relation,
        options: &'a QueryOptions,
        operations: &mut Vec<Selected>,
    ) -> Result<Vec<usize>> {
        let columns = &relation.names.columns;
        let named = (0..columns.len()).filter(|place| columns[*place].has_name());
        let Some(items) = &options.select else {
            return Ok(named.collect());
        };
        let mut wanted = Vec::new();
        for item in items {
            let path = match &item.kind {
                SelectKind::Path(path) => path,
                SelectKind::Star => return Ok(named.collect()),
                SelectKind::AllOperations(namespace) => {
                    operations.push(self.bind_operations(namespace, item.span)?);
                    continue;
                }
            };
            let path: Vec<&str> = path.iter().map(segment_text).collect();
            let starts = |place: &usize| {
                let names = columns[*place].path.iter().map(String::as_str);
                names.take(path.len()).eq(path.iter().copied())
            };
            let found: Vec<usize> = named.clone().filter(starts).collect();
            if found.is_empty() {
                let error = self.no_column(relation, &path, item.span)?;
                self.unknown_name(error);
            }
            wanted.extend(found);
        }
        Ok(wanted)
    }
}

/// The error for a name that is no joined instance.
fn no_navigation(relation: &Relation, path: &str, span: Span) -> Error {
    let message = format!("the result of $apply has no navigation property '{path}'");
    let error = Error::new(Code::UnknownNavigation, message).at(span);
    match relation.place(&[path]) {
        Some(_) => error.hint("use $select for it"),
        None => {
            let columns = relation.names.columns.iter();
            let joined = columns.filter(|column| column.related.is_some());
            let joined = joined.filter_map(|column| column.path.first());
            error.did_you_mean(path, joined.map(String::as_str))
        }
    }
}

/// Which of the rows are entities, where some are.
fn entity_rows(relation: &Relation, set: &EntitySet, wanted: &[usize]) -> Option<EntityRows> {
    let names = set
        .key
        .iter()
        .map(|place| set.properties[*place].declared.name);
    let key: Option<Vec<usize>> = names.map(|name| relation.place(&[name])).collect();
    let key = key.filter(|_| relation.names.shapes.has_entities())?;
    Some(EntityRows {
        branches: relation.branches(&relation.names.shapes.entities()),
        key_selected: key.iter().all(|place| wanted.contains(place)),
        key,
    })
}

/// Puts a column where its path leads: `inbox/name` inside `inbox`.
fn add_member(
    members: &mut Vec<Member>,
    path: &[String],
    column: &Column,
    (output, branches): (usize, Option<Branches>),
) {
    let [name, rest @ ..] = path else { return };
    if rest.is_empty() {
        members.push(Member::Computed {
            name: name.clone(),
            ty: column.ty,
            output,
            declared: column.declared,
            branches,
        });
        return;
    }
    for member in members.iter_mut() {
        if let Member::Group {
            name: known,
            members,
        } = member
            && known == name
        {
            return add_member(members, rest, column, (output, branches));
        }
    }
    let mut inside = Vec::new();
    add_member(&mut inside, rest, column, (output, branches));
    members.push(Member::Group {
        name: name.clone(),
        members: inside,
    });
}

/// The members that all rows have, as the context URL lists them (Data Aggregation 3.1.1).
fn selection(members: &[Member]) -> Vec<Selected> {
    let common = common_members(members);
    if common.is_empty() {
        return vec![Selected::Name("@Core.AnyStructure".to_owned())];
    }
    common
}

fn common_members(members: &[Member]) -> Vec<Selected> {
    let common = |member: &Member| match member {
        Member::Computed {
            name,
            branches: None,
            ..
        } => Some(Selected::Name(name.clone())),
        Member::One { name, shape, .. } => Some(Selected::Expanded {
            name: name.clone(),
            recursive: false,
            inside: shape.selection.clone(),
        }),
        Member::Group { name, members } => {
            let inside = common_members(members);
            (!inside.is_empty()).then(|| Selected::Expanded {
                name: name.clone(),
                recursive: false,
                inside,
            })
        }
        _ => None,
    };
    members.iter().filter_map(common).collect()
}
