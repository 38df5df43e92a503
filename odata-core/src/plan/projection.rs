//! `$select` and `$compute`: what of a row is read.

use super::apply::{Applied, Order, These};
use super::bind::Binder;
use super::hint;
use super::levels::Expansion;
use super::path::behind_primitive;
use super::{Expr, Input, Links, Member, Output, Query, Scoped, Selected, Shape, ShapeKind, Via};
use crate::edm::{EntitySet, SetId};
use crate::error::{Code, Error, Result, Span};
use crate::limits::Limits;
use crate::uri::ast::{
    ComputeItem, Number, PathSegment, QueryOptions, SegmentKind, SelectItem, SelectKind,
};

/// Which members of an entity are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Selection {
    /// What `$select` says.
    Selected,
    /// The key alone, for references.
    Reference,
}

/// What `$select` names.
struct Wanted<'a> {
    names: Vec<&'a str>,
    /// Whether everything is wanted: there is no `$select`, or it has a star.
    all: bool,
}

impl Wanted<'_> {
    fn has(&self, name: &str) -> bool {
        self.all || self.names.contains(&name)
    }
}

/// Around a collection: the depth of expansion, and how many rows its arrays may have for one row
/// of the page.
#[derive(Debug, Clone, Copy)]
pub(super) struct Around<'a> {
    pub(super) depth: usize,
    pub(super) product: u64,
    /// The set from which an expansion leads here, and the expansion.
    pub(super) inside: Option<(SetId, Expansion<'a>)>,
}

impl<'a> Around<'a> {
    /// What the expansion around expands again in the entities of this set.
    pub(super) fn again(&self, binder: &Binder<'_>, set: &EntitySet) -> Vec<Expansion<'a>> {
        let again = |(from, expansion): (SetId, Expansion<'a>)| {
            expansion.again(binder.schema.set(from), set)
        };
        self.inside.map(again).unwrap_or_default()
    }
}

impl Around<'_> {
    /// Around the page itself there is nothing.
    pub(super) fn page() -> Self {
        Around {
            depth: 0,
            product: 1,
            inside: None,
        }
    }

    /// The members that an array here may have. Arrays inside arrays multiply: the bound of one is
    /// what the ones around it leave.
    pub(super) fn bound(&self, limits: &Limits) -> u64 {
        let left = limits.expand_product / self.product.max(1);
        limits.expand_page_size.min(left).max(1)
    }

    /// Around what is inside of an array of so many rows.
    pub(super) fn within(self, rows: u64) -> Self {
        Around {
            product: self.product.saturating_mul(rows.max(1)),
            ..self
        }
    }
}

/// The columns of a row, each once.
#[derive(Default)]
pub(super) struct Outputs(Vec<Output>);

impl Outputs {
    pub(super) fn property(&mut self, source: Scoped, place: usize) -> usize {
        self.property_among(self.0.len(), source, place)
    }

    /// The same where only the first so many outputs can be this one.
    fn property_among(&mut self, first: usize, source: Scoped, place: usize) -> usize {
        let same = |output: &Output| matches!(output, Output::Property(s, p) if *s == source && *p == place);
        match self.0.iter().take(first).position(same) {
            Some(output) => output,
            None => self.push(Output::Property(source, place)),
        }
    }

    /// The key of an entity.
    pub(super) fn key(&mut self, set: &EntitySet, source: Scoped) -> Vec<usize> {
        let places = set.key.iter();
        places.map(|place| self.property(source, *place)).collect()
    }

    pub(super) fn into_vec(self) -> Vec<Output> {
        self.0
    }

    pub(super) fn push(&mut self, output: Output) -> usize {
        self.0.push(output);
        self.0.len() - 1
    }
}

impl<'a> Binder<'a> {
    /// The query over the rows of a frame, which stays open: `filter` is what the path says.
    pub(super) fn bind_page(
        &mut self,
        frame: usize,
        via: Option<Via>,
        conditions: Vec<Expr>,
        options: &'a QueryOptions,
        selection: Selection,
    ) -> Result<Query> {
        self.bind_query(frame, via, conditions, options, selection, Around::page())
    }

    /// The conditions that `$filter` and `$search` add.
    pub(super) fn bind_conditions(
        &mut self,
        frame: usize,
        options: &'a QueryOptions,
    ) -> Result<Vec<Expr>> {
        let mut conditions = Vec::new();
        if let Some(filter) = &options.filter {
            let condition = |binder: &mut Self| binder.bind_member_condition(frame, filter);
            conditions.push(self.in_option("$filter", condition)?);
        }
        if let Some(search) = &options.search {
            let condition = |binder: &mut Self| binder.bind_search(frame, search);
            conditions.push(self.in_option("$search", condition)?);
        }
        Ok(conditions)
    }

    /// The query over the rows of a frame: `conditions` are those of the path.
    pub(super) fn bind_query(
        &mut self,
        frame: usize,
        via: Option<Via>,
        conditions: Vec<Expr>,
        options: &'a QueryOptions,
        selection: Selection,
        around: Around<'a>,
    ) -> Result<Query> {
        let from = self.frames[frame].from;
        self.frames[frame].around = around;
        self.with_origin((frame, from), |binder| {
            let applied = match &options.apply {
                Some(transformations) => binder.in_option("$apply", |binder| {
                    binder.bind_apply(frame, via, conditions, transformations)
                })?,
                None => Applied::Entities(conditions, Order::new()),
            };
            binder.bind_applied(frame, via, applied, options, selection, around)
        })
    }

    /// The query over what `$apply` leads to, which is evaluated before the other options.
    pub(super) fn bind_applied(
        &mut self,
        frame: usize,
        via: Option<Via>,
        applied: Applied,
        options: &'a QueryOptions,
        selection: Selection,
        around: Around<'a>,
    ) -> Result<Query> {
        let from = self.frames[frame].from;
        let skip = self.bind_skip(options)?;
        let (mut conditions, then) = match applied {
            Applied::Entities(chosen, order) => (chosen, order),
            Applied::Made(made) => return self.bind_derived_page(frame, made, options),
            Applied::Nested(nested) => return self.bind_nested_page(frame, nested, options),
        };
        let may_ask = self.names_these && around.depth == 0;
        let these = |conditions: &[Expr]| may_ask.then(|| These::entities(frame, via, conditions));
        self.these = these(&conditions);
        self.in_option("$compute", |binder| {
            let items = options.compute.as_deref().unwrap_or_default();
            binder.bind_compute(frame, from, items)
        })?;
        conditions.extend(self.bind_conditions(frame, options)?);
        self.these = None;
        let mut outputs = Outputs::default();
        let shape = self.bind_shape(frame, from, options, selection, around, &mut outputs)?;
        self.these = these(&conditions);
        let (order, asked_order) = self.in_option("$orderby", |binder| {
            let asked = options.order_by.as_deref().unwrap_or_default();
            let order = binder.bind_order_items(asked)?.into_iter().chain(then);
            let order: Order = order.collect();
            // The members of one entity are few, and are found by its key.
            let range = match via {
                None if order.is_empty() => binder.indexed_range(from, &conditions),
                _ => None,
            };
            Ok(binder.total_order(&[from], order, range, &mut outputs))
        })?;
        self.these = None;
        Ok(Query {
            input: Input::Rows(self.rows(frame, via, conditions)),
            order,
            asked_order,
            skip,
            top: options.top.map(|top| top.value),
            count: options.count.is_some_and(|(count, _)| count),
            outputs: outputs.into_vec(),
            shape,
        })
    }

    pub(super) fn bind_skip(&mut self, options: &QueryOptions) -> Result<u64> {
        let Some(skip) = &options.skip else {
            return Ok(0);
        };
        self.in_option("$skip", |binder| binder.rows_to_skip(skip))
    }

    /// A number of rows to skip, in `$skip` or in `$apply`.
    pub(super) fn rows_to_skip(&self, skip: &Number) -> Result<u64> {
        if skip.value <= self.limits.skip {
            return Ok(skip.value);
        }
        let error = self.limits.exceeded("skip").at(skip.span);
        Err(error.hint("follow '@odata.nextLink', which is fast at any depth"))
    }

    pub(super) fn bind_compute(
        &mut self,
        frame: usize,
        source: Scoped,
        items: &'a [ComputeItem],
    ) -> Result<()> {
        for item in items {
            let alias = &item.alias;
            let set = self.set(source);
            let taken = set.property(&alias.text).is_some()
                || set.navigation(&alias.text).is_some()
                || self.is_added(frame, source, &alias.text);
            if taken {
                let message = format!(
                    "'{}' already has a property '{}'",
                    set.declared.name, alias.text
                );
                let error = Error::new(Code::InvalidOptionValue, message).at(alias.span);
                return Err(error.hint("expected a name that the type does not have"));
            }
            let expr = self.bind_expr(&item.expr)?;
            self.frames[frame]
                .computed
                .push((source, alias.text.clone(), expr));
        }
        Ok(())
    }

    /// The members of one entity, and of those that are expanded in it.
    pub(super) fn bind_shape(
        &mut self,
        frame: usize,
        source: Scoped,
        options: &'a QueryOptions,
        selection: Selection,
        around: Around<'a>,
        outputs: &mut Outputs,
    ) -> Result<Shape> {
        let set = self.set(source);
        let reference = selection == Selection::Reference;
        let mut context = Vec::new();
        let wanted = self.in_option("$select", |binder| {
            binder.bind_select(frame, source, options.select.as_deref(), &mut context)
        })?;
        let about = match wanted.all {
            true => set.properties.len(),
            false => wanted.names.len(),
        };
        outputs.0.reserve(about + set.key.len());
        let key = outputs.key(set, source);
        let mut members = Vec::with_capacity(about);
        let computed = self.frames[frame].computed.iter();
        let computed: Vec<&String> = computed
            .filter(|(of, ..)| *of == source)
            .map(|(_, name, _)| name)
            .collect();
        // What $apply computed is a property of all rows (Data Aggregation 3.4.2).
        if self.frames[frame].applied && options.select.is_none() && !computed.is_empty() {
            context.push(Selected::Name("*".to_owned()));
            context.extend(computed.into_iter().cloned().map(Selected::Name));
        }
        let selected = |name: &str| !reference && wanted.has(name);
        // Each property comes once: it can only be one of what is there before them.
        let before = outputs.0.len();
        for (place, property) in set.properties.iter().enumerate() {
            if selected(property.declared.name) {
                members.push(Member::Property {
                    property: place,
                    output: outputs.property_among(before, source, place),
                });
            }
        }
        for (of, name, expr) in &self.frames[frame].computed {
            if *of == source && selected(name) {
                let output = outputs.push(Output::Expr(expr.clone()));
                members.push(Member::Computed {
                    name: name.clone(),
                    ty: expr.ty_or_string(),
                    output,
                    declared: false,
                    branches: None,
                });
            }
        }
        let key_selected = !reference
            && set
                .key
                .iter()
                .all(|place| selected(set.properties[*place].declared.name));
        if !reference && source == self.frames[frame].from {
            let added = self.nested_members(frame, options, outputs, &mut context)?;
            members.extend(added);
        }
        self.in_option("$expand", |binder| {
            for item in binder.expand_items(set, options, around)? {
                members.push(binder.bind_expand(
                    frame,
                    source,
                    item,
                    around,
                    outputs,
                    &mut context,
                )?);
            }
            Ok(())
        })?;
        Ok(Shape {
            set: set.id,
            key,
            key_selected,
            kind: if reference {
                ShapeKind::Reference
            } else {
                ShapeKind::Entity
            },
            entities: None,
            members,
            links: Links {
                named: (0..set.navigation.len())
                    .filter(|place| wanted.names.contains(&set.navigation[*place].declared.name))
                    .collect(),
                all: wanted.all,
            },
            selection: context,
        })
    }

    /// What `$select` wants. `context` gets what the context URL says.
    fn bind_select(
        &mut self,
        frame: usize,
        source: Scoped,
        items: Option<&'a [SelectItem]>,
        context: &mut Vec<Selected>,
    ) -> Result<Wanted<'a>> {
        let mut wanted = Wanted {
            names: Vec::new(),
            all: items.is_none(),
        };
        let set = self.set(source);
        for item in items.unwrap_or_default() {
            let path = match &item.kind {
                SelectKind::Star => {
                    wanted.all = true;
                    context.push(Selected::Name("*".to_owned()));
                    continue;
                }
                SelectKind::AllOperations(namespace) => {
                    context.push(self.bind_operations(namespace, item.span)?);
                    continue;
                }
                SelectKind::Path(path) => path.as_slice(),
            };
            let (path, at) = (strip_casts(self, set, path), item.span);
            let (segment, rest) = match path {
                [segment] => (segment, None),
                [segment, next, ..] => (segment, Some(next)),
                [] => continue,
            };
            let SegmentKind::Name(name) = &segment.kind else {
                return Err(Error::not_implemented("an annotation in $select").at(segment.span));
            };
            if let Some(next) = rest {
                self.check_selected_path(set, name, path, next, at)?;
                continue;
            }
            if !item.options.present.is_empty() {
                let message = format!(
                    "'{name}' takes no options here: it is neither complex nor a collection"
                );
                let error = Error::new(Code::OptionNotAllowed, message).at(at);
                let related = set.navigation(name);
                return Err(error.or_hint(related.map(|_| "its options stand in $expand")));
            }
            let computed = self.frames[frame]
                .computed
                .iter()
                .any(|(of, alias, _)| *of == source && alias == name);
            if computed || set.property(name).is_some() || set.navigation(name).is_some() {
                if !wanted.names.contains(&name.as_str()) {
                    context.push(Selected::Name(name.clone()));
                    wanted.names.push(name);
                }
            } else if !self.is_nested(name) {
                let error = self.no_property(set, name, segment.span);
                self.unknown_name(error);
            }
        }
        Ok(wanted)
    }

    /// The error for a path of several segments: the model has no complex properties.
    fn check_selected_path(
        &mut self,
        set: &EntitySet,
        name: &str,
        path: &[PathSegment],
        next: &PathSegment,
        span: Span,
    ) -> Result<()> {
        if name.contains('.') {
            return Err(self.not_derived(Code::UnknownType, set, name, span));
        }
        if let Some(place) = set.navigation(name) {
            let related = self.schema.set(set.navigation[place].target);
            let nested = hint::nested(name, related, path.get(1..).unwrap_or_default());
            let message = format!("'{name}' is a related entity, expected a property");
            let error = Error::new(Code::UnknownProperty, message).at(span);
            return Err(error.hint(format!("use $expand={nested}")));
        }
        if set.property(name).is_some() {
            return Err(behind_primitive(next));
        }
        let error = self.no_property(set, name, span);
        self.unknown_name(error);
        Ok(())
    }

    /// `Namespace.*`: the operations of a schema, of which there are none.
    pub(super) fn bind_operations(&self, namespace: &str, at: Span) -> Result<Selected> {
        let known = self.schema.namespace;
        if namespace != known {
            let message = format!("there is no schema '{namespace}'");
            let error = Error::new(Code::UnknownType, message).at(at);
            return Err(error.did_you_mean(namespace, [known]));
        }
        Ok(Selected::Name(format!("{namespace}.*")))
    }
}

/// A path without the casts to the type that the entity has anyway.
pub(super) fn strip_casts<'p>(
    binder: &Binder<'_>,
    set: &EntitySet,
    path: &'p [PathSegment],
) -> &'p [PathSegment] {
    let is_cast = |segment: &PathSegment| match &segment.kind {
        SegmentKind::Name(name) => binder
            .schema
            .set_of_type(name)
            .is_some_and(|cast| cast.id == set.id),
        _ => false,
    };
    match path {
        [first, rest @ ..] if !rest.is_empty() && is_cast(first) => rest,
        _ => path,
    }
}
