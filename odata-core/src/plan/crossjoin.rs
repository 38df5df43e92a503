//! `$crossjoin`: each entity of a set combined with each of the others (URL Conventions 4.15).
//!
//! The rows are no entities. Names start with that of a set, as if each row had a navigation property
//! to one entity of each.

use super::apply::{Applied, Order};
use super::bind::{Binder, allow_only, segment_text};
use super::expand::expanded_twice;
use super::hint;
use super::projection::{Around, Outputs};
use super::unknown::no_set;
use super::{Answer, Data, Input, Links, Member, Query, Scoped, Shape, ShapeKind, link};
use crate::edm::EntitySet;
use crate::error::{Code, Error, Result};
use crate::uri::ast::{
    ExpandItem, ExpandKind, ExpandSuffix, Name, PathSegment, QueryOptions, ResourcePath,
};
use crate::uri::print;

/// What a cross join takes. Its rows have no properties of their own to select.
const ALLOWED: &[&str] = &[
    "$filter",
    "$orderby",
    "$skip",
    "$top",
    "$count",
    "$expand",
    "$skiptoken",
    "$format",
];
/// What it takes when it is aggregated.
const APPLIED: &[&str] = &[
    "$apply",
    "$filter",
    "$orderby",
    "$skip",
    "$top",
    "$count",
    "$select",
    "$compute",
    "$expand",
    "$skiptoken",
    "$format",
];

/// The rows that `$crossjoin(A,B)` and its options ask for.
pub(super) fn bind_crossjoin<'a>(
    binder: &mut Binder<'a>,
    names: &'a [Name],
    segments: &'a [PathSegment],
    options: &'a QueryOptions,
) -> Result<Data> {
    let mut sets: Vec<&EntitySet> = Vec::new();
    for name in names {
        let set = binder.schema.set_named(&name.text);
        let code = Code::UnknownSegment;
        let set = set.ok_or_else(|| no_set(binder.schema, code, &name.text, name.span))?;
        if sets.iter().any(|known| known.id == set.id) {
            let message = format!("'{}' is combined with itself, expected another", name.text);
            return Err(Error::new(Code::UnknownSegment, message).at(name.span));
        }
        sets.push(set);
    }
    if sets.len() > binder.limits.crossjoin_sets {
        let span = names.last().map(|name| name.span).unwrap_or_default();
        return Err(binder.limits.exceeded("crossjoin_sets").at(span));
    }
    if let Some(segment) = segments.first() {
        let text = segment_text(segment);
        let message = format!("'{text}' cannot follow '$crossjoin'");
        let error = Error::new(Code::UnknownSegment, message).at(segment.span);
        return Err(error.hint("use $filter and $expand"));
    }
    match options.apply {
        None => allow_only(options, ALLOWED, "a cross join")?,
        Some(_) => allow_only(options, APPLIED, "an aggregated cross join")?,
    }
    let (first, others) = sets
        .split_first()
        .ok_or_else(|| Error::new(Code::SyntaxError, "expected the name of an entity set"))?;
    let frame = binder.push_frame(first.id);
    let crossed: Vec<Scoped> = others.iter().map(|set| binder.scoped(set.id)).collect();
    binder.frames[frame].crossed = crossed;
    let query = binder.bind_combined(frame, options)?;
    let path = ResourcePath::CrossJoin(names.to_vec(), segments.to_vec());
    Ok(Data {
        anchor: None,
        query,
        answer: Answer::Collection,
        by_key: false,
        canonical: link::request(&print::path(&path), options),
        in_one_scope: None,
    })
}

impl<'a> Binder<'a> {
    /// The page over the combined rows. No instance is the origin of its names.
    fn bind_combined(&mut self, frame: usize, options: &'a QueryOptions) -> Result<Query> {
        let skip = self.bind_skip(options)?;
        let (mut conditions, mut then) = (Vec::new(), Order::new());
        if let Some(transformations) = &options.apply {
            let applied = self.in_option("$apply", |binder| {
                binder.bind_apply(frame, None, Vec::new(), transformations)
            })?;
            match applied {
                Applied::Entities(chosen, order) => (conditions, then) = (chosen, order),
                Applied::Made(made) => return self.bind_derived_page(frame, made, options),
                Applied::Nested(nested) => return self.bind_nested_page(frame, nested, options),
            }
        }
        if let Some(filter) = &options.filter {
            conditions.push(self.in_option("$filter", |binder| binder.bind_condition(filter))?);
        }
        let mut outputs = Outputs::default();
        let shape = self.bind_combined_shape(frame, options, &mut outputs)?;
        let (order, asked_order) = self.in_option("$orderby", |binder| {
            let sources = binder.combined(frame);
            let asked = options.order_by.as_deref().unwrap_or_default();
            let order = binder.bind_order_items(asked)?.into_iter().chain(then);
            Ok(binder.total_order(&sources, order.collect(), None, &mut outputs))
        })?;
        Ok(Query {
            input: Input::Rows(self.rows(frame, None, conditions)),
            order,
            asked_order,
            skip,
            top: options.top.map(|top| top.value),
            count: options.count.is_some_and(|(count, _)| count),
            outputs: outputs.into_vec(),
            shape,
        })
    }

    /// The sets of a frame, in the order in which they were named.
    pub(super) fn combined(&self, frame: usize) -> Vec<Scoped> {
        let frame = &self.frames[frame];
        let first = [frame.from];
        first.iter().chain(&frame.crossed).copied().collect()
    }

    /// Whether it is one of those.
    pub(super) fn is_combined(&self, frame: usize, source: Scoped) -> bool {
        let frame = &self.frames[frame];
        frame.from == source || frame.crossed.contains(&source)
    }

    fn bind_combined_shape(
        &mut self,
        frame: usize,
        options: &'a QueryOptions,
        outputs: &mut Outputs,
    ) -> Result<Shape> {
        let mut expanded: Vec<(Scoped, &'a ExpandItem)> = Vec::new();
        self.in_option("$expand", |binder| {
            for item in options.expand.iter().flatten() {
                expanded.extend(binder.expanded_sets(frame, item)?);
            }
            Ok(())
        })?;
        let mut members = Vec::new();
        for source in self.combined(frame) {
            let set = self.set(source);
            let name = set.declared.entity_set;
            let mut items = expanded.iter().filter(|(of, _)| *of == source);
            let member = match (items.next(), items.next()) {
                (Some((_, item)), None) => {
                    let expand = |binder: &mut Self| {
                        let around = Around::page();
                        binder.bind_single(frame, (name, source), item, around, outputs)
                    };
                    let shape = self.in_option("$expand", expand)?;
                    Member::One {
                        name: name.to_owned(),
                        dynamic: false,
                        shape,
                    }
                }
                (Some(_), Some((_, item))) => {
                    let error = expanded_twice(name).at(item.span);
                    return Err(error.target("$expand"));
                }
                (None, _) => Member::Link {
                    name,
                    shape: reference(set, source, outputs),
                },
            };
            members.push(member);
        }
        let set = self.set(self.frames[frame].from);
        let key = reference(set, self.frames[frame].from, outputs).key;
        Ok(Shape {
            set: set.id,
            key,
            key_selected: true,
            kind: ShapeKind::Complex,
            entities: None,
            members,
            links: Links::default(),
            selection: Vec::new(),
        })
    }

    /// The sets that an item of `$expand` names.
    fn expanded_sets(
        &mut self,
        frame: usize,
        item: &'a ExpandItem,
    ) -> Result<Vec<(Scoped, &'a ExpandItem)>> {
        let sources = self.combined(frame);
        if item.suffix == ExpandSuffix::Count {
            let message = "a cross join has single entities, '/$count' needs a collection";
            return Err(Error::new(Code::OptionNotAllowed, message).at(item.span));
        }
        match &item.kind {
            ExpandKind::Star => Ok(sources.into_iter().map(|source| (source, item)).collect()),
            ExpandKind::Path(path) => {
                let Some((segment, rest)) = path.split_first() else {
                    return Ok(Vec::new());
                };
                if !rest.is_empty() {
                    let message = "expected one set of the cross join";
                    let error = Error::new(Code::UnknownNavigation, message).at(item.span);
                    let name = segment_text(segment);
                    let set = self
                        .combined_set(frame, name)
                        .map(|source| self.set(source));
                    let nested = set.map(|set| hint::nested(name, set, rest));
                    let nested = nested.map(|nested| format!("nest the options instead: {nested}"));
                    return Err(error.or_hint(nested));
                }
                let name = segment_text(segment);
                let found = self.combined_set(frame, name);
                if found.is_none() {
                    let error = self.not_combined(frame, name).at(segment.span);
                    self.unknown_name(error);
                }
                Ok(found.into_iter().map(|source| (source, item)).collect())
            }
            _ => Err(Error::not_implemented("such an item in $expand").at(item.span)),
        }
    }

    /// The set of a cross join that a name stands for.
    pub(super) fn combined_set(&self, frame: usize, name: &str) -> Option<Scoped> {
        let mut sources = self.combined(frame).into_iter();
        sources.find(|source| self.set(*source).declared.entity_set == name)
    }

    /// The error for a name that is no set of the cross join.
    pub(super) fn not_combined(&self, frame: usize, name: &str) -> Error {
        let sources = self.combined(frame).into_iter();
        let known: Vec<&str> = sources
            .map(|source| self.set(source).declared.entity_set)
            .collect();
        let message = format!("'{name}' is no set of this cross join");
        Error::new(Code::UnknownNavigation, message)
            .hint(format!("a path starts with one of {}", known.join(", ")))
    }
}

/// What a link to an entity is made of: its key.
fn reference(set: &EntitySet, source: Scoped, outputs: &mut Outputs) -> Shape {
    Shape {
        set: set.id,
        key: outputs.key(set, source),
        key_selected: false,
        kind: ShapeKind::Reference,
        entities: None,
        members: Vec::new(),
        links: Links::default(),
        selection: Vec::new(),
    }
}
