//! `$select`, `$expand`, `$compute` and `$orderby`: what of a row is read, and in which order the
//! rows come.

use super::apply::Applied;
use super::bind::{Binder, allow_only};
use super::{
    Expr, ExprKind, Input, Member, OrderItem, Output, Query, Rows, Scoped, Shape, Via, link,
};
use crate::edm::{EntitySet, PgType, PrimitiveType, Source};
use crate::error::{Code, Error, Result};
use crate::uri::ast::{
    ComputeItem, ExpandItem, ExpandKind, ExpandSuffix, OrderByItem, QueryOptions, SegmentKind,
    SelectItem, SelectKind,
};
use crate::uri::print;

/// Which members of an entity are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Selection {
    /// What `$select` says.
    Selected,
    /// The key alone, for references.
    Reference,
}

/// Around a collection: the depth of expansion, and how many rows its arrays may have for one row
/// of the page.
#[derive(Debug, Clone, Copy)]
struct Around {
    depth: usize,
    product: u64,
}

/// The columns of a row, each once.
#[derive(Default)]
struct Outputs(Vec<Output>);

impl Outputs {
    fn property(&mut self, source: Scoped, place: usize) -> usize {
        let same = |output: &Output| matches!(output, Output::Property(s, p) if *s == source && *p == place);
        match self.0.iter().position(same) {
            Some(output) => output,
            None => self.push(Output::Property(source, place)),
        }
    }

    fn push(&mut self, output: Output) -> usize {
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
        self.bind_query(
            frame,
            via,
            conditions,
            options,
            selection,
            Around {
                depth: 0,
                product: 1,
            },
        )
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

    fn bind_query(
        &mut self,
        frame: usize,
        via: Option<Via>,
        mut conditions: Vec<Expr>,
        options: &'a QueryOptions,
        selection: Selection,
        around: Around,
    ) -> Result<Query> {
        let from = self.frames[frame].from;
        let skip = options.skip.map_or(0, |skip| skip.value);
        if let Some(number) = options.skip.filter(|skip| skip.value > self.limits.skip) {
            let message = format!("'$skip' is larger than {}", self.limits.skip);
            let error = Error::new(Code::LimitExceeded, message)
                .at(number.span)
                .target("$skip");
            return Err(error.hint("follow '@odata.nextLink', which is fast at any depth"));
        }
        self.with_origin((frame, from), |binder| {
            if let Some(transformations) = &options.apply {
                let applied = binder.in_option("$apply", |binder| {
                    if around.depth > 0 {
                        return Err(Error::not_implemented("$apply inside $expand"));
                    }
                    let given = std::mem::take(&mut conditions);
                    binder.bind_apply(frame, via, given, transformations)
                })?;
                match applied {
                    Applied::Entities(chosen) => conditions = chosen,
                    Applied::Derived(derived, names) => {
                        return binder.bind_derived_page(frame, derived, names, options);
                    }
                }
            }
            binder.in_option("$compute", |binder| {
                let items = options.compute.as_deref().unwrap_or_default();
                binder.bind_compute(frame, from, items)
            })?;
            conditions.extend(binder.bind_conditions(frame, options)?);
            let mut outputs = Outputs::default();
            let shape = binder.bind_shape(frame, from, options, selection, around, &mut outputs)?;
            let (order, asked_order) = binder.in_option("$orderby", |binder| {
                let range = match via {
                    None => indexed_range(binder.set(from), from, &conditions),
                    // The members of one entity are few, and are found by its key.
                    Some(_) => None,
                };
                binder.bind_order(from, options.order_by.as_deref(), range, &mut outputs)
            })?;
            let filter = Expr::all(conditions);
            let joins = std::mem::take(&mut binder.frames[frame].joins);
            Ok(Query {
                input: Input::Rows(Rows {
                    from,
                    via,
                    joins,
                    filter,
                }),
                order,
                asked_order,
                skip,
                top: options.top.map(|top| top.value),
                count: options.count.is_some_and(|(count, _)| count),
                outputs: outputs.0,
                shape,
            })
        })
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
                || self.frames[frame]
                    .computed
                    .iter()
                    .any(|(of, name, _)| *of == source && *name == alias.text);
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
    fn bind_shape(
        &mut self,
        frame: usize,
        source: Scoped,
        options: &'a QueryOptions,
        selection: Selection,
        around: Around,
        outputs: &mut Outputs,
    ) -> Result<Shape> {
        let set = self.set(source);
        let key: Vec<usize> = set
            .key
            .iter()
            .map(|place| outputs.property(source, *place))
            .collect();
        let reference = selection == Selection::Reference;
        let mut members = Vec::new();
        let mut context = Vec::new();
        let wanted = self.in_option("$select", |binder| {
            binder.bind_select(frame, source, options.select.as_deref(), &mut context)
        })?;
        let selected =
            |name: &str| !reference && wanted.as_ref().is_none_or(|names| names.contains(&name));
        for (place, property) in set.properties.iter().enumerate() {
            if selected(property.declared.name) {
                members.push(Member::Property {
                    property: place,
                    output: outputs.property(source, place),
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
        self.in_option("$expand", |binder| {
            for item in binder.expand_items(set, options)? {
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
        let selection = (!context.is_empty()).then(|| context.join(","));
        Ok(Shape {
            set: set.id,
            key,
            key_selected,
            reference,
            transient: false,
            members,
            selection,
        })
    }

    /// The names that `$select` wants: `None` for all. `context` gets what the context URL says.
    fn bind_select(
        &mut self,
        frame: usize,
        source: Scoped,
        items: Option<&'a [SelectItem]>,
        context: &mut Vec<String>,
    ) -> Result<Option<Vec<&'a str>>> {
        let Some(items) = items else { return Ok(None) };
        let set = self.set(source);
        let mut names = Vec::new();
        let mut star = false;
        for item in items {
            let path = match &item.kind {
                SelectKind::Star => {
                    star = true;
                    context.push("*".to_owned());
                    continue;
                }
                SelectKind::AllOperations(_) => continue,
                SelectKind::Path(path) => path.as_slice(),
            };
            let (path, at) = (strip_casts(self, set, path), item.span);
            let [segment] = path else {
                let message =
                    "a path in '$select' runs through complex properties, and the model has none";
                let error = Error::new(Code::UnknownProperty, message).at(at);
                return Err(error
                    .hint("for a property of a related entity use $expand=nav($select=property)"));
            };
            let SegmentKind::Name(name) = &segment.kind else {
                return Err(Error::not_implemented("an annotation in $select").at(segment.span));
            };
            if !item.options.present.is_empty() {
                let message = format!(
                    "'{name}' takes no options here: it is neither complex nor a collection"
                );
                return Err(Error::new(Code::OptionNotAllowed, message).at(at));
            }
            let computed = self.frames[frame]
                .computed
                .iter()
                .any(|(of, alias, _)| *of == source && alias == name);
            if computed || set.property(name).is_some() || set.navigation(name).is_some() {
                if !names.contains(&name.as_str()) {
                    context.push(name.clone());
                    names.push(name);
                }
            } else {
                let error = self.no_property(set, name, segment.span);
                self.unknown_name(error);
            }
        }
        Ok((!star).then_some(names))
    }

    /// The expand items with `*` written out, each navigation property at most once.
    fn expand_items(
        &mut self,
        set: &'a EntitySet,
        options: &'a QueryOptions,
    ) -> Result<Vec<(usize, &'a ExpandItem)>> {
        let mut items: Vec<(usize, &ExpandItem)> = Vec::new();
        let mut stars: Vec<&ExpandItem> = Vec::new();
        for item in options.expand.iter().flatten() {
            let target = |error: Error| error.at(item.span);
            let path = match &item.kind {
                ExpandKind::Star => {
                    stars.push(item);
                    continue;
                }
                ExpandKind::StarOf(_) => {
                    return Err(target(Error::not_implemented(
                        "a path before '*' in $expand",
                    )));
                }
                ExpandKind::Value => return Err(target(Error::not_implemented("a media stream"))),
                ExpandKind::Path(path) => strip_casts(self, set, path),
            };
            let (name, span) = match path {
                [segment] => match &segment.kind {
                    SegmentKind::Name(name) => (name, segment.span),
                    _ => return Err(target(Error::not_implemented("such a segment in $expand"))),
                },
                _ => {
                    let message = "expected one navigation property";
                    let error = Error::new(Code::UnknownNavigation, message);
                    return Err(target(
                        error.hint("nest the options instead: $expand=a($expand=b)"),
                    ));
                }
            };
            let Some(place) = set.navigation(name) else {
                let error = if set.property(name).is_some() {
                    let message = format!(
                        "'{name}' is a structural property, expected a navigation property"
                    );
                    Error::new(Code::UnknownNavigation, message).hint("use $select for it")
                } else {
                    let message = format!(
                        "'{}' has no navigation property '{name}'",
                        set.declared.name
                    );
                    let known = set
                        .navigation
                        .iter()
                        .map(|navigation| navigation.declared.name);
                    Error::new(Code::UnknownNavigation, message).did_you_mean(name, known)
                };
                self.unknown_name(error.at(span));
                continue;
            };
            if items.iter().any(|(other, _)| *other == place) {
                let message = format!("'{name}' is expanded twice");
                return Err(target(Error::new(Code::DuplicateOption, message)));
            }
            items.push((place, item));
        }
        for star in stars {
            for place in 0..set.navigation.len() {
                if !items.iter().any(|(other, _)| *other == place) {
                    items.push((place, star));
                }
            }
        }
        Ok(items)
    }

    fn bind_expand(
        &mut self,
        frame: usize,
        source: Scoped,
        (navigation, item): (usize, &'a ExpandItem),
        around: Around,
        outputs: &mut Outputs,
        context: &mut Vec<String>,
    ) -> Result<Member> {
        self.expands += 1;
        let limits = self.limits;
        let too_much =
            |message: String| Err(Error::new(Code::LimitExceeded, message).at(item.span));
        if self.expands > limits.expands {
            return too_much(format!("more than {} expand items in all", limits.expands));
        }
        if around.depth == limits.expand_depth {
            return too_much(format!(
                "more than {} levels of $expand",
                limits.expand_depth
            ));
        }
        let declared = self.set(source).navigation[navigation].declared;
        let options = &item.options;
        if let Some((levels, span)) = options.levels {
            match levels {
                Some(0) => {
                    let message = "'$levels' is 0, expected a positive number or 'max'";
                    return Err(Error::new(Code::InvalidOptionValue, message).at(span));
                }
                Some(1) => {}
                _ => return Err(Error::not_implemented("$levels beyond 1").at(span)),
            }
        }
        self.alias_scopes.push(options);
        let around = Around {
            depth: around.depth + 1,
            ..around
        };
        let via = Via {
            near: source,
            navigation,
        };
        let member = if declared.many {
            self.bind_many(via, item, around, outputs, context)
        } else {
            self.bind_one(frame, via, item, around, outputs, context)
        };
        self.alias_scopes.pop();
        member
    }

    fn bind_one(
        &mut self,
        frame: usize,
        via: Via,
        item: &'a ExpandItem,
        around: Around,
        outputs: &mut Outputs,
        context: &mut Vec<String>,
    ) -> Result<Member> {
        let name = self.set(via.near).navigation[via.navigation].declared.name;
        let what = format!("'{name}', a single entity");
        let selection = match item.suffix {
            ExpandSuffix::Entities => {
                allow_only(
                    &item.options,
                    &["$select", "$expand", "$compute", "$levels"],
                    &what,
                )?;
                Selection::Selected
            }
            ExpandSuffix::Ref => {
                allow_only(&item.options, &[], &what)?;
                Selection::Reference
            }
            ExpandSuffix::Count => {
                let message =
                    format!("'{name}' is a single entity, expected a collection before '/$count'");
                return Err(Error::new(Code::OptionNotAllowed, message).at(item.span));
            }
        };
        let far = self.join(frame, via.near, via.navigation);
        let options = &item.options;
        let shape = self.with_origin((frame, far), |binder| {
            binder.in_option("$compute", |binder| {
                let items = options.compute.as_deref().unwrap_or_default();
                binder.bind_compute(frame, far, items)
            })?;
            binder.bind_shape(frame, far, options, selection, around, outputs)
        })?;
        add_context(context, name, &shape);
        Ok(Member::One {
            navigation: via.navigation,
            shape,
        })
    }

    fn bind_many(
        &mut self,
        via: Via,
        item: &'a ExpandItem,
        around: Around,
        outputs: &mut Outputs,
        context: &mut Vec<String>,
    ) -> Result<Member> {
        const COLLECTION: &[&str] = &[
            "$filter", "$search", "$orderby", "$skip", "$top", "$count", "$select", "$expand",
            "$compute", "$levels", "$apply",
        ];
        let navigation = &self.set(via.near).navigation[via.navigation];
        let (name, target) = (navigation.declared.name, navigation.target);
        let options = &item.options;
        let frame = self.push_frame(target);
        if item.suffix == ExpandSuffix::Count {
            allow_only(
                options,
                &["$filter", "$search"],
                &format!("'{name}/$count'"),
            )?;
            let conditions = self.bind_conditions(frame, options)?;
            let rows = self.pop_frame(Some(via), Expr::all(conditions));
            let count = outputs.push(Output::Count(Box::new(rows)));
            return Ok(Member::Many {
                navigation: via.navigation,
                output: None,
                count: Some(count),
                options: String::new(),
                canonical: String::new(),
            });
        }
        let selection = match item.suffix {
            ExpandSuffix::Ref => {
                let allowed = &["$filter", "$search", "$orderby", "$skip", "$top", "$count"];
                allow_only(options, allowed, &format!("'{name}/$ref'"))?;
                Selection::Reference
            }
            _ => {
                allow_only(options, COLLECTION, &format!("'{name}'"))?;
                Selection::Selected
            }
        };
        // Arrays inside arrays multiply: the bound of one is what the ones around it leave.
        let limits = self.limits;
        let bound = limits
            .expand_page_size
            .min(limits.expand_product / around.product.max(1))
            .max(1);
        let rows = options.top.map_or(bound, |top| top.value.min(bound));
        let inside = Around {
            product: around.product.saturating_mul(rows.max(1)),
            ..around
        };
        let query = self.bind_query(frame, Some(via), Vec::new(), options, selection, inside)?;
        self.pop_frame(None, None);
        let counted = query.rows().filter(|_| query.count).map(Rows::to_count);
        let count = counted.map(|rows| outputs.push(Output::Count(Box::new(rows))));
        add_context(context, name, &query.shape);
        let output = outputs.push(Output::Array(Box::new(query), bound));
        let canonical = link::nested(options, &self.alias_scopes);
        let options = print::to_url(&canonical);
        Ok(Member::Many {
            navigation: via.navigation,
            output: Some(output),
            count,
            options,
            canonical,
        })
    }

    /// The sort order: what the client asked for, then the key in the direction of the last item,
    /// so that it is total. Where nothing is asked for, `range` comes first: a filter ranges over it,
    /// and the index that finds the rows gives them in its order.
    fn bind_order(
        &mut self,
        from: Scoped,
        items: Option<&'a [OrderByItem]>,
        range: Option<Expr>,
        outputs: &mut Outputs,
    ) -> Result<(Vec<OrderItem>, usize)> {
        let set = self.set(from);
        let mut order: Vec<OrderItem> = Vec::new();
        let mut keys_left: Vec<usize> = set.key.clone();
        for item in items.into_iter().flatten() {
            let expr = self.bind_expr(&item.expr)?;
            if expr.ty == Some(PrimitiveType::Binary) {
                let message = "Edm.Binary has no order";
                return Err(Error::new(Code::TypeMismatch, message).at(item.expr.span));
            }
            // Nothing behind the whole key changes the order, nor does a constant.
            if expr.ty.is_none() || expr.is_value() || keys_left.is_empty() {
                continue;
            }
            if let ExprKind::Property(source, place) = expr.kind
                && source == from
            {
                keys_left.retain(|key| *key != place);
            }
            order.push(OrderItem {
                output: self.sort_output(&expr, outputs),
                expr,
                descending: item.descending,
            });
        }
        let asked = order.len();
        if let (Some(expr), true) = (range, asked == 0) {
            order.push(OrderItem {
                output: self.sort_output(&expr, outputs),
                expr,
                descending: false,
            });
        }
        let descending = order.last().is_some_and(|item| item.descending);
        for place in keys_left {
            let property = &set.properties[place];
            let kind = ExprKind::Property(from, place);
            let expr = Expr {
                kind,
                ty: Some(property.ty),
                nullable: property.may_be_null(),
            };
            order.push(OrderItem {
                output: self.sort_output(&expr, outputs),
                expr,
                descending,
            });
        }
        Ok((order, asked))
    }

    /// The output that holds a sort value: the property's own where SQL sorts by the very same.
    fn sort_output(&self, expr: &Expr, outputs: &mut Outputs) -> usize {
        if let ExprKind::Property(source, place) = expr.kind {
            let property = &self.set(source).properties[place];
            let same = matches!(property.source, Source::Column { ty: Some(ty), .. } if ty == expr.pg(self.schema));
            if same && !property.hidden {
                return outputs.property(source, place);
            }
        }
        outputs.push(Output::Expr(expr.clone()))
    }
}

/// The property that the conditions bound from one side, if it has an index. The rows that they let
/// through have a value there, whatever the column says.
fn indexed_range(set: &EntitySet, from: Scoped, conditions: &[Expr]) -> Option<Expr> {
    use super::Comparison::{Ge, Gt, Le, Lt};
    let bounded = |condition: &Expr| {
        let ExprKind::Compare(Gt | Ge | Lt | Le, left, right) = &condition.kind else {
            return None;
        };
        [(left, right), (right, left)]
            .into_iter()
            .find_map(|(property, bound)| {
                let place = match property.kind {
                    // A place in another set says nothing of this one.
                    ExprKind::Property(source, place) if source == from => place,
                    _ => return None,
                };
                let Source::Column {
                    name, ty: Some(ty), ..
                } = set.properties[place].source
                else {
                    return None;
                };
                let as_stored = !set.properties[place].ty.is_text()
                    || matches!(ty, PgType::Text | PgType::Varchar);
                let same = as_stored && bound.sources().is_empty();
                (same && (set.indexed.contains(&name) || set.key.contains(&place)))
                    .then_some((place, property.ty))
            })
    };
    let found = conditions
        .iter()
        .find_map(|condition| match &condition.kind {
            ExprKind::And(operands) => operands.iter().find_map(bounded),
            _ => bounded(condition),
        });
    let (place, ty) = found?;
    // The key is the order anyway.
    (!set.key.contains(&place)).then_some(Expr {
        kind: ExprKind::Property(from, place),
        ty,
        nullable: false,
    })
}

/// A path without the casts to the type that the entity has anyway.
fn strip_casts<'p>(
    binder: &Binder<'_>,
    set: &EntitySet,
    path: &'p [crate::uri::ast::PathSegment],
) -> &'p [crate::uri::ast::PathSegment] {
    let is_cast = |segment: &crate::uri::ast::PathSegment| match &segment.kind {
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

/// `nav(..)` in the context URL, only where something inside is selected: `nav()` breaks Excel.
fn add_context(context: &mut Vec<String>, name: &str, shape: &Shape) {
    if let Some(selection) = &shape.selection {
        let nested = format!("{name}({selection})");
        match context.iter_mut().find(|part| *part == name) {
            Some(part) => *part = nested,
            None => context.push(nested),
        }
    }
}
