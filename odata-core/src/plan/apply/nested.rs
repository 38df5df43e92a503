//! `addnested` and `nest`: what a sequence of transformations makes of a collection becomes a property
//! (Data Aggregation 3.4.3 and 3.5.2).
//!
//! Such a collection is a query inside a query, as an expanded one is, and goes on in pages of its own.

use super::{Applied, Base, Stage};
use crate::edm::PrimitiveType as T;
use crate::error::{Code, Error, Result, Span};
use crate::plan::bind::{Binder, segment_text};
use crate::plan::projection::{Around, Outputs, Selection};
use crate::plan::{
    CollectionAt, Expr, ExprKind, Input, Join, Links, Member, Output, Query, Scoped, Selected,
    Shape, ShapeKind, Value, Via, link,
};
use crate::uri::ast::{
    ExpandItem, ExpandKind, Name, PathExpr, PathRoot, Present, QueryOptions, SelectKind,
    Transformation, TransformationKind,
};
use crate::uri::print;
use std::sync::LazyLock;

/// A property that `addnested` adds.
#[derive(Debug, Clone)]
pub(in crate::plan) struct Nested {
    name: String,
    value: NestedValue,
}

#[derive(Debug, Clone)]
enum NestedValue {
    Many(NestedCollection),
    /// A related entity, at a table reference of its own.
    One(Scoped),
}

/// What a sequence makes of a collection.
#[derive(Debug, Clone)]
pub(in crate::plan) struct NestedCollection {
    name: String,
    query: Box<Query>,
    bound: u64,
    at: CollectionAt,
    /// The options under which it is read on its own.
    canonical: String,
}

impl NestedCollection {
    fn into_member(self, outputs: &mut Outputs) -> Member {
        Member::Many {
            name: self.name,
            at: self.at,
            dynamic: true,
            output: Some(outputs.push(Output::Array(self.query, self.bound))),
            count: None,
            options: print::to_url(&self.canonical),
            canonical: self.canonical,
        }
    }
}

/// No option at all: what `$apply` nests has none.
static NO_OPTIONS: LazyLock<QueryOptions> = LazyLock::new(QueryOptions::default);

/// A sequence of transformations and the name of what it makes.
type Sequence = (Vec<Transformation>, Name);

/// The place of a `nest` that ends the transformations, and its sequences.
pub(super) fn last_nest(transformations: &[Transformation]) -> Option<(usize, &[Sequence])> {
    let last = transformations.len().checked_sub(1)?;
    match &transformations[last].kind {
        TransformationKind::Nest(sequences) => Some((last, sequences)),
        _ => None,
    }
}

impl<'a> Binder<'a> {
    /// `addnested(path,.. as name)`: the frame's entities have these properties from here on.
    pub(super) fn add_nested(
        &mut self,
        base: Base,
        stage: &Stage,
        path: &'a PathExpr,
        sequences: &'a [Sequence],
        span: Span,
    ) -> Result<()> {
        let crossed = !self.frames[base.frame].crossed.is_empty();
        if crossed || matches!(stage, Stage::Made(_)) {
            let what = "'addnested' to rows that are no entities";
            return Err(Error::not_implemented(what).at(span));
        }
        let via = self.nested_path(base, path, span)?;
        let many = self.set(via.near).navigation[via.navigation].declared.many;
        for (then, alias) in sequences {
            self.check_alias(base.frame, std::iter::empty(), alias)?;
            let value = if many {
                NestedValue::Many(self.nested_collection(base, via, (then, alias), span)?)
            } else {
                NestedValue::One(self.nested_instance(base, via, then)?)
            };
            self.frames[base.frame].nested.push(Nested {
                name: alias.text.clone(),
                value,
            });
        }
        Ok(())
    }

    /// The navigation property that `addnested` starts from; the model has no complex ones.
    fn nested_path(&self, base: Base, path: &PathExpr, span: Span) -> Result<Via> {
        let near = self.frames[base.frame].from;
        let set = self.set(near);
        let (PathRoot::Implicit, Some((segment, casts))) = (path.root, path.segments.split_first())
        else {
            let what = "such a path in 'addnested'";
            return Err(Error::not_implemented(what).at(span));
        };
        let name = segment_text(segment);
        let Some(navigation) = set.navigation(name) else {
            return Err(self.no_navigation(set, name, segment.span));
        };
        self.check_casts(set.navigation[navigation].target, casts)?;
        Ok(Via { near, navigation })
    }

    fn nested_collection(
        &mut self,
        base: Base,
        via: Via,
        (then, alias): (&'a [Transformation], &Name),
        span: Span,
    ) -> Result<NestedCollection> {
        let (around, bound) = self.nest_deeper(base.frame, span)?;
        let navigation = &self.set(via.near).navigation[via.navigation];
        let (name, target) = (navigation.declared.name, navigation.target);
        let query = self.in_frame_of(target, |binder, frame| {
            binder.frames[frame].around = around;
            let applied = binder.bind_apply(frame, Some(via), Vec::new(), then)?;
            let selection = Selection::Selected;
            binder.bind_applied(frame, Some(via), applied, &NO_OPTIONS, selection, around)
        })?;
        let canonical = self.nested_options(then.to_vec());
        link::check_it(&canonical, around.depth, span)?;
        Ok(NestedCollection {
            name: alias.text.clone(),
            query: Box::new(query),
            bound,
            at: CollectionAt::Navigation(name),
            canonical,
        })
    }

    /// A single related entity. Only what leaves one instance one instance is allowed.
    fn nested_instance(
        &mut self,
        base: Base,
        via: Via,
        then: &'a [Transformation],
    ) -> Result<Scoped> {
        let source = self.scoped(self.set(via.near).navigation[via.navigation].target);
        self.frames[base.frame].joins.push(Join { source, via });
        // The rows at hand are others than this instance.
        let these = self.these.take();
        let instance = self.with_origin((base.frame, source), |binder| {
            for transformation in then {
                match &transformation.kind {
                    TransformationKind::Identity => {}
                    TransformationKind::Compute(items) => {
                        binder.bind_compute(base.frame, source, items)?;
                    }
                    TransformationKind::AddNested { .. } => {
                        let what = "'addnested' inside a single entity";
                        return Err(Error::not_implemented(what).at(transformation.span));
                    }
                    _ => {
                        let message = "expected 'identity' or 'compute', the path leads to a \
                                       single entity";
                        let error = Error::new(Code::InvalidOptionValue, message);
                        return Err(error.at(transformation.span));
                    }
                }
            }
            Ok(source)
        });
        self.these = these;
        instance
    }

    /// `nest(.. as name)`, which ends the transformations: what each sequence makes of the rows so far.
    pub(super) fn nest(
        &mut self,
        base: Base,
        stage: Stage,
        before: &'a [Transformation],
        sequences: &'a [Sequence],
        span: Span,
    ) -> Result<Vec<NestedCollection>> {
        let frame = &self.frames[base.frame];
        if !frame.crossed.is_empty() || frame.around.depth > 0 {
            let what = "'nest' of a cross join, or inside of another collection";
            return Err(Error::not_implemented(what).at(span));
        }
        // What is nested already would multiply with each collection, unbounded by the product.
        self.check_nothing_nested(base.frame, span)?;
        let path = print::to_url(&print::segments(self.path));
        let copies = self.copies(stage, sequences.len(), span)?;
        let mut nested: Vec<NestedCollection> = Vec::new();
        for (stage, (then, alias)) in copies.into_iter().zip(sequences) {
            self.look_at(&stage);
            self.check_alias(base.frame, std::iter::empty(), alias)?;
            check_distinct(nested.iter().map(|nested| &nested.name), alias)?;
            let (around, bound) = self.nest_deeper(base.frame, span)?;
            let query = self.branch(base.frame, |binder| {
                binder.frames[base.frame].around = around;
                let via = base.via;
                let applied = Applied::from(binder.sequence(base, stage, then)?);
                let selection = Selection::Selected;
                binder.bind_applied(base.frame, via, applied, &NO_OPTIONS, selection, around)
            });
            self.frames[base.frame].around = Around::page();
            let apply = before.iter().chain(then).cloned().collect();
            nested.push(NestedCollection {
                name: alias.text.clone(),
                query: Box::new(query?),
                bound,
                at: CollectionAt::Path(path.clone()),
                // The link leads to the same rows, each of which is its own `$it`.
                canonical: self.nested_options(apply).replace(link::IT, "$it"),
            });
        }
        Ok(nested)
    }

    /// Around a collection in an entity of this frame, and how many members it may have: one level
    /// of `$expand` more.
    fn nest_deeper(&mut self, frame: usize, span: Span) -> Result<(Around<'a>, u64)> {
        let around = self.frames[frame].around;
        self.count_expand(around.depth, span)?;
        let bound = around.bound(self.limits);
        let around = Around {
            depth: around.depth + 1,
            inside: None,
            ..around
        };
        Ok((around.within(bound), bound))
    }

    fn nested_options(&self, apply: Vec<Transformation>) -> String {
        let options = QueryOptions {
            apply: Some(apply),
            present: vec![Present {
                name: "$apply",
                span: Span::default(),
            }],
            ..QueryOptions::default()
        };
        link::nested(&options, None, &self.alias_scopes)
    }

    /// The members that `addnested` adds to the frame's entities: all, or those that `$expand` names.
    pub(in crate::plan) fn nested_members(
        &mut self,
        frame: usize,
        options: &QueryOptions,
        outputs: &mut Outputs,
        context: &mut Vec<Selected>,
    ) -> Result<Vec<Member>> {
        let mut members = Vec::new();
        for Nested { name, value } in self.frames[frame].nested.clone() {
            let is_wanted = |items: &Vec<ExpandItem>| items.iter().any(|item| names(item, &name));
            if !options.expand.as_ref().is_none_or(is_wanted) {
                continue;
            }
            let (member, inside) = match value {
                NestedValue::One(source) => {
                    let (options, selection) = (&*NO_OPTIONS, Selection::Selected);
                    let around = Around::page();
                    let shape =
                        self.bind_shape(frame, source, options, selection, around, outputs)?;
                    let inside = shape.selection.clone();
                    let name = name.clone();
                    let dynamic = true;
                    (
                        Member::One {
                            name,
                            dynamic,
                            shape,
                        },
                        inside,
                    )
                }
                NestedValue::Many(collection) => (collection.into_member(outputs), Vec::new()),
            };
            context.push(Selected::Expanded {
                name,
                recursive: false,
                inside,
            });
            members.push(member);
        }
        Ok(members)
    }

    /// Whether `addnested` adds a property of this name to the entities that names belong to.
    pub(in crate::plan) fn is_nested(&self, name: &str) -> bool {
        self.origin
            .is_some_and(|(frame, source)| self.nests(frame, source, name))
    }

    /// Whether `$compute`, `compute` or `addnested` adds a property of this name to an entity.
    pub(in crate::plan) fn is_added(&self, frame: usize, source: Scoped, name: &str) -> bool {
        let mut computed = self.frames[frame].computed.iter();
        computed.any(|(of, known, _)| *of == source && known == name)
            || self.nests(frame, source, name)
    }

    fn nests(&self, frame: usize, source: Scoped, name: &str) -> bool {
        let frame = &self.frames[frame];
        frame.from == source && frame.nested.iter().any(|nested| nested.name == name)
    }

    /// Refuses what would lose the properties that `addnested` added.
    pub(super) fn check_nothing_nested(&self, frame: usize, span: Span) -> Result<()> {
        if self.frames[frame].nested.is_empty() {
            return Ok(());
        }
        let what = "this transformation behind 'addnested'";
        Err(Error::not_implemented(what).at(span))
    }

    /// The one instance that `nest` makes.
    pub(in crate::plan) fn bind_nested_page(
        &mut self,
        frame: usize,
        nested: Vec<NestedCollection>,
        options: &'a QueryOptions,
    ) -> Result<Query> {
        const HERE: &[&str] = &["$apply", "$select", "$top", "$skip", "$count"];
        const ANYWHERE: &[&str] = &["$format", "$schemaversion", "$skiptoken"];
        let known =
            |option: &&Present| !HERE.contains(&option.name) && !ANYWHERE.contains(&option.name);
        if let Some(option) = options.present.iter().find(known) {
            let what = format!("'{}' on the result of 'nest'", option.name);
            return Err(self.of_option(*option, Error::not_implemented(what)));
        }
        let wanted = self.in_option("$select", |binder| binder.select_nested(&nested, options))?;
        let mut outputs = Outputs::default();
        let mut members = Vec::new();
        let mut selection = Vec::new();
        for (collection, _) in nested.into_iter().zip(wanted).filter(|(_, is)| *is) {
            selection.push(Selected::Collection(collection.name.clone()));
            members.push(collection.into_member(&mut outputs));
        }
        let present = Expr::certain(ExprKind::Value(Value::Boolean(true)), T::Boolean);
        let present = outputs.push(Output::Expr(present));
        Ok(Query {
            input: Input::One,
            order: Vec::new(),
            asked_order: 0,
            skip: self.bind_skip(options)?,
            top: options.top.map(|top| top.value),
            count: options.count.is_some_and(|(count, _)| count),
            outputs: outputs.into_vec(),
            shape: Shape {
                set: self.frames[frame].from.set(),
                key: vec![present],
                key_selected: true,
                kind: ShapeKind::Transient,
                entities: None,
                members,
                links: Links::default(),
                selection,
            },
        })
    }

    /// For each nested collection whether `$select` wants it.
    fn select_nested(
        &mut self,
        nested: &[NestedCollection],
        options: &QueryOptions,
    ) -> Result<Vec<bool>> {
        let Some(items) = &options.select else {
            return Ok(vec![true; nested.len()]);
        };
        let mut wanted = vec![false; nested.len()];
        for item in items {
            match &item.kind {
                SelectKind::Star => wanted.fill(true),
                SelectKind::AllOperations(_) => {}
                SelectKind::Path(path) => {
                    let name = path.first().map(segment_text).unwrap_or_default();
                    match nested.iter().position(|nested| nested.name == name) {
                        Some(place) if path.len() == 1 => wanted[place] = true,
                        _ => {
                            let message = format!("the result of 'nest' has no property '{name}'");
                            let error = Error::new(Code::UnknownProperty, message).at(item.span);
                            let known = nested.iter().map(|nested| nested.name.as_str());
                            self.unknown_name(error.did_you_mean(name, known));
                        }
                    }
                }
            }
        }
        Ok(wanted)
    }
}

/// Whether an item of `$expand` is this name alone.
fn names(item: &ExpandItem, name: &str) -> bool {
    match &item.kind {
        ExpandKind::Path(path) => {
            matches!(path.as_slice(), [segment] if segment_text(segment) == name)
        }
        _ => false,
    }
}

fn check_distinct<'n>(mut known: impl Iterator<Item = &'n String>, alias: &Name) -> Result<()> {
    if known.all(|known| *known != alias.text) {
        return Ok(());
    }
    let message = format!("the name '{}' is given twice", alias.text);
    Err(Error::new(Code::InvalidOptionValue, message).at(alias.span))
}
