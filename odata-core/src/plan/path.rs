//! Paths in expressions: properties, navigations, lambdas, counts (URL Conventions 5.1.1.13 to 16).

use super::bind::{Binder, segment_text};
use super::{Expr, ExprKind, Rows, Scoped, Via, resource};
use crate::edm::PrimitiveType as T;
use crate::error::{Code, Error, Result, Span};
use crate::uri::ast::{Lambda, PathExpr, PathRoot, PathSegment, SegmentKind};

/// Where a path has come to.
pub(super) struct Place {
    pub(super) frame: usize,
    pub(super) source: Scoped,
}

impl<'a> Binder<'a> {
    /// A path that must end in a value.
    pub(super) fn bind_path(&mut self, path: &'a PathExpr, span: Span) -> Result<Expr> {
        match path.root {
            PathRoot::Root => return self.bind_root(&path.segments, span),
            PathRoot::These => return self.bind_these(&path.segments, span),
            PathRoot::It | PathRoot::This if self.inside_these => {
                let what = "another instance beside those of $these";
                return Err(Error::not_implemented(what).at(span));
            }
            PathRoot::It | PathRoot::This | PathRoot::Implicit => {}
        }
        if let Some(expr) = self.bind_derived_path(path, span)? {
            return Ok(expr);
        }
        let (place, segments) = self.start(path)?;
        self.bind_segments(place, segments, path.root == PathRoot::Implicit, span)
    }

    /// What follows an entity, which must end in a value.
    pub(super) fn bind_path_from(
        &mut self,
        frame: usize,
        source: Scoped,
        segments: &'a [PathSegment],
        span: Span,
    ) -> Result<Expr> {
        self.bind_segments(Place { frame, source }, segments, false, span)
    }

    /// A path to a column of the rows that `$apply` made.
    fn bind_derived_path(&mut self, path: &'a PathExpr, span: Span) -> Result<Option<Expr>> {
        let Some(names) = &self.derived else {
            return Ok(None);
        };
        let texts: Vec<&str> = match data_path(path) {
            Some(names) => names,
            None => path.segments.iter().map(segment_text).collect(),
        };
        match names.resolve(&texts) {
            Some(expr) => Ok(Some(expr)),
            None => {
                let error = self.no_column(names, &texts, span)?;
                Ok(Some(self.unknown_name(error)))
            }
        }
    }

    /// The entity that a path of to-one navigations ends in, or `None` where it ends in a value.
    pub(super) fn bind_entity_path(&mut self, path: &'a PathExpr) -> Result<Option<Scoped>> {
        if path.root == PathRoot::Root || self.derived.is_some() {
            return Ok(None);
        }
        let (Place { frame, source }, segments) = self.start(path)?;
        // Look before binding: a path to a value must leave no join behind here.
        let (navigations, rest) = self.navigations(source, segments);
        let mut set = self.set(source);
        for navigation in &navigations {
            let navigation = &set.navigation[*navigation];
            if navigation.declared.many {
                return Ok(None);
            }
            set = self.schema.set(navigation.target);
        }
        if navigations.is_empty() || !rest.is_empty() {
            return Ok(None);
        }
        let join = |near, navigation| self.join(frame, near, navigation);
        Ok(Some(navigations.into_iter().fold(source, join)))
    }

    /// The navigation properties that a path starts with, and what follows them. Casts to the type
    /// that an entity has anyway are left out.
    pub(super) fn navigations(
        &self,
        source: Scoped,
        segments: &'a [PathSegment],
    ) -> (Vec<usize>, &'a [PathSegment]) {
        let mut set = self.set(source);
        let mut found = Vec::new();
        for (i, segment) in segments.iter().enumerate() {
            let SegmentKind::Name(name) = &segment.kind else {
                return (found, &segments[i..]);
            };
            let cast = self.schema.set_of_type(name);
            if cast.is_some_and(|cast| cast.id == set.id) {
                continue;
            }
            let Some(navigation) = set.navigation(name) else {
                return (found, &segments[i..]);
            };
            found.push(navigation);
            set = self.schema.set(set.navigation[navigation].target);
        }
        (found, &[])
    }

    /// Where the path starts, and what follows.
    pub(super) fn start(&mut self, path: &'a PathExpr) -> Result<(Place, &'a [PathSegment])> {
        let segments = path.segments.as_slice();
        match path.root {
            PathRoot::These => Err(Error::not_implemented("an entity of $these")),
            PathRoot::It => self.start_at(None, segments),
            PathRoot::This => self.start_at(self.origin, segments),
            PathRoot::Implicit | PathRoot::Root => {
                if let Some(PathSegment {
                    kind: SegmentKind::Name(name),
                    ..
                }) = segments.first()
                {
                    // A range variable hides a property of that name.
                    let is_variable =
                        |frame: &super::bind::Frame| frame.variable.as_deref() == Some(name);
                    if let Some(frame) = self.frames.iter().rposition(is_variable) {
                        return Ok((
                            Place {
                                frame,
                                source: self.frames[frame].from,
                            },
                            &segments[1..],
                        ));
                    }
                }
                self.start_at(self.origin, segments)
            }
        }
    }

    /// The instance at an origin; without one it is that of the page, which in a cross join has the
    /// names of the sets.
    fn start_at(
        &mut self,
        origin: Option<(usize, Scoped)>,
        segments: &'a [PathSegment],
    ) -> Result<(Place, &'a [PathSegment])> {
        if let Some((frame, source)) = origin {
            return Ok((Place { frame, source }, segments));
        }
        let page = |source| Place { frame: 0, source };
        match segments {
            _ if self.frames[0].crossed.is_empty() => Ok((page(self.frames[0].from), segments)),
            [
                PathSegment {
                    kind: SegmentKind::Name(name),
                    span,
                },
                rest @ ..,
            ] => match self.combined_set(0, name) {
                Some(source) => Ok((page(source), rest)),
                None => Err(self.not_combined(0, name).at(*span)),
            },
            _ => {
                let message = "expected the name of a set of the cross join";
                Err(Error::new(Code::TypeMismatch, message))
            }
        }
    }

    fn bind_segments(
        &mut self,
        start: Place,
        segments: &'a [PathSegment],
        bare: bool,
        span: Span,
    ) -> Result<Expr> {
        let Place { frame, mut source } = start;
        if segments.len() > self.limits.path_segments {
            let message = format!(
                "a path of {} segments, the limit is {}",
                segments.len(),
                self.limits.path_segments
            );
            return Err(Error::new(Code::LimitExceeded, message).at(span));
        }
        for (i, segment) in segments.iter().enumerate() {
            let rest = &segments[i + 1..];
            let SegmentKind::Name(name) = &segment.kind else {
                return Err(self.misplaced(segment));
            };
            let set = self.set(source);
            if let (true, 0) = (bare, i) {
                let computed = self.frames[frame]
                    .computed
                    .iter()
                    .find(|(of, alias, _)| *of == source && alias == name);
                if let Some((_, _, expr)) = computed {
                    let expr = expr.clone();
                    self.count_nodes(expr.size(), segment.span)?;
                    return self.at_end(expr, rest);
                }
            }
            if let Some(place) = set.property(name) {
                let expr = self.property(frame, source, place, segment.span)?;
                return self.at_end(expr, rest);
            }
            if let Some(place) = set.navigation(name) {
                if set.navigation[place].declared.many {
                    return self.bind_members(
                        Via {
                            near: source,
                            navigation: place,
                        },
                        segment,
                        rest,
                    );
                }
                source = self.join(frame, source, place);
                continue;
            }
            if name.contains('.') {
                if self
                    .schema
                    .set_of_type(name)
                    .is_some_and(|cast| cast.id == source.set())
                {
                    continue;
                }
                let message = format!(
                    "there is no type '{name}' derived from '{}'",
                    set.declared.name
                );
                return Err(Error::new(Code::UnknownType, message).at(segment.span));
            }
            let error = self.no_property(set, name, segment.span);
            return Ok(self.unknown_name(error));
        }
        let message = format!(
            "expected a property behind '{}'",
            segments.last().map_or("$it", segment_text)
        );
        Err(Error::new(Code::TypeMismatch, message)
            .at(span)
            .hint("an entity can only be compared with null"))
    }

    fn at_end(&self, expr: Expr, rest: &[PathSegment]) -> Result<Expr> {
        match rest.first() {
            None => Ok(expr),
            Some(segment) if matches!(segment.kind, SegmentKind::Annotation(_)) => {
                Err(self.misplaced(segment))
            }
            Some(segment) => {
                let message = format!(
                    "'/{}' cannot follow a primitive property",
                    segment_text(segment)
                );
                Err(Error::new(Code::TypeMismatch, message).at(segment.span))
            }
        }
    }

    fn misplaced(&self, segment: &PathSegment) -> Error {
        match &segment.kind {
            SegmentKind::Annotation(_) => Error::not_implemented("an annotation in an expression"),
            _ => {
                let message = format!("'{}' cannot stand here", segment_text(segment));
                Error::new(Code::TypeMismatch, message)
            }
        }
        .at(segment.span)
    }

    /// What follows a collection: `any`, `all`, `$count`, `aggregate`, behind `$filter(..)` if need
    /// be.
    fn bind_members(
        &mut self,
        via: Via,
        collection: &PathSegment,
        rest: &'a [PathSegment],
    ) -> Result<Expr> {
        let target = self.set(via.near).navigation[via.navigation].target;
        let frame = self.push_frame(target);
        let mut conditions = Vec::new();
        let mut rest = rest;
        while let Some((
            PathSegment {
                kind: SegmentKind::Filter(expr),
                ..
            },
            behind,
        )) = rest.split_first()
        {
            conditions.push(self.bind_member_condition(frame, expr)?);
            rest = behind;
        }
        let Some((last, behind)) = rest.split_first() else {
            return Err(self.needs_lambda(collection));
        };
        if let Some(segment) = behind.first() {
            let message = format!(
                "'/{}' cannot follow '{}'",
                segment_text(segment),
                segment_text(last)
            );
            return Err(Error::new(Code::TypeMismatch, message).at(segment.span));
        }
        match &last.kind {
            SegmentKind::Count(options) => {
                if let Some(filter) = &options.filter {
                    conditions.push(self.bind_member_condition(frame, filter)?);
                }
                if let Some(search) = &options.search {
                    conditions.push(self.bind_search(frame, search)?);
                }
                let rows = self.pop_frame(Some(via), Expr::all(conditions));
                Ok(Expr::certain(ExprKind::Count(Box::new(rows)), T::Int64))
            }
            SegmentKind::Any(lambda) => {
                if let Some(lambda) = lambda {
                    conditions.push(self.bind_lambda(frame, lambda)?);
                }
                let rows = self.pop_frame(Some(via), Expr::all(conditions));
                Ok(Expr::certain(ExprKind::Any(Box::new(rows)), T::Boolean))
            }
            SegmentKind::All(lambda) => {
                let predicate = self.bind_lambda(frame, lambda)?;
                let rows = self.pop_frame(Some(via), Expr::all(conditions));
                Ok(Expr::certain(
                    ExprKind::All(Box::new(rows), Box::new(predicate)),
                    T::Boolean,
                ))
            }
            SegmentKind::Aggregate(item) => {
                let from = self.frames[frame].from;
                let total = self.for_each_member(last.span, |binder| {
                    binder.with_origin((frame, from), |binder| {
                        binder.bind_aggregate_function(frame, item)
                    })
                })?;
                let rows = self.pop_frame(Some(via), Expr::all(conditions));
                Ok(Expr {
                    ty: total.ty,
                    nullable: total.nullable,
                    kind: ExprKind::Scalar(Box::new(rows), Box::new(total)),
                })
            }
            _ => Err(self.needs_lambda(collection)),
        }
    }

    fn needs_lambda(&self, collection: &PathSegment) -> Error {
        let name = segment_text(collection);
        let message =
            format!("'{name}' is a collection, expected 'any', 'all' or '$count' behind it");
        Error::new(Code::TypeMismatch, message)
            .at(collection.span)
            .hint(format!("for example {name}/any(x:x/id eq 1)"))
    }

    /// A condition on the members themselves: names without a prefix are theirs.
    pub(super) fn bind_member_condition(
        &mut self,
        frame: usize,
        expr: &'a crate::uri::ast::Expr,
    ) -> Result<Expr> {
        let from = self.frames[frame].from;
        self.with_origin((frame, from), |binder| binder.bind_condition(expr))
    }

    /// The predicate of `any` or `all`. Names without a prefix still belong to the instance at the
    /// origin of the path (URL Conventions 5.1.1.13).
    fn bind_lambda(&mut self, frame: usize, lambda: &'a Lambda) -> Result<Expr> {
        self.for_each_member(lambda.variable.span, |binder| {
            binder.frames[frame].variable = Some(lambda.variable.text.clone());
            binder.bind_condition(&lambda.predicate)
        })
    }

    /// What is evaluated for each member of a collection is bounded in its depth.
    fn for_each_member<R>(
        &mut self,
        span: Span,
        then: impl FnOnce(&mut Self) -> Result<R>,
    ) -> Result<R> {
        if self.lambdas == self.limits.lambda_depth {
            let message = format!(
                "more than {} lambda expressions inside each other",
                self.limits.lambda_depth
            );
            return Err(Error::new(Code::LimitExceeded, message).at(span));
        }
        self.lambdas += 1;
        let result = then(self);
        self.lambdas -= 1;
        result
    }

    /// `$root/Set(key)/property`: one value of another entity.
    fn bind_root(&mut self, segments: &'a [PathSegment], span: Span) -> Result<Expr> {
        let [
            PathSegment {
                kind: SegmentKind::Name(name),
                span: at,
            },
            rest @ ..,
        ] = segments
        else {
            return Err(
                Error::new(Code::SyntaxError, "expected an entity set behind '$root/'").at(span),
            );
        };
        let Some(set) = self.schema.set_named(name) else {
            return Err(resource::no_set(self.schema, name).at(*at));
        };
        let [
            PathSegment {
                kind: SegmentKind::Arguments(arguments),
                ..
            },
            rest @ ..,
        ] = rest
        else {
            return Err(Error::not_implemented("a collection behind '$root'").at(*at));
        };
        let frame = self.push_frame(set.id);
        let from = self.frames[frame].from;
        let key = self.bind_key(from, arguments, *at)?;
        let value = self.bind_segments(
            Place {
                frame,
                source: from,
            },
            rest,
            false,
            span,
        )?;
        let rows: Rows = self.pop_frame(None, Some(key));
        Ok(Expr {
            ty: value.ty,
            nullable: true,
            kind: ExprKind::Scalar(Box::new(rows), Box::new(value)),
        })
    }
}

/// The names of a path of properties. Casts are not among them: no row shows one.
pub(super) fn data_path(path: &PathExpr) -> Option<Vec<&str>> {
    let mut names = Vec::new();
    for segment in &path.segments {
        match &segment.kind {
            SegmentKind::Name(name) if name.contains('.') => {}
            SegmentKind::Name(name) => names.push(name.as_str()),
            _ => return None,
        }
    }
    let starts_here = matches!(
        path.root,
        PathRoot::Implicit | PathRoot::It | PathRoot::This
    );
    starts_here.then_some(names)
}
