//! Paths in expressions: from an instance over properties and navigations to a value or an entity (URL
//! Conventions 5.1.1.14 to 16).

use super::bind::{Binder, segment_text};
use super::entity::Found;
use super::members::{Key, Members};
use super::{Expr, Scoped, Via};
use crate::edm::EntitySet;
use crate::error::{Code, Error, Result, Span};
use crate::uri::ast::{self, PathExpr, PathRoot, PathSegment, SegmentKind};

/// Where a path has come to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) frame: usize,
    pub(super) source: Scoped,
}

/// What becomes of the entity that a path leads to.
pub(super) type Then<'t, 'a> = &'t mut dyn FnMut(&mut Binder<'a>, Place) -> Result<Found>;

impl<'a> Binder<'a> {
    /// A path that must end in a value.
    pub(super) fn bind_path(&mut self, path: &'a PathExpr, span: Span) -> Result<Expr> {
        self.find(path, span)?.into_value(span)
    }

    /// What follows an entity, which must end in a value.
    pub(super) fn bind_path_from(
        &mut self,
        frame: usize,
        source: Scoped,
        segments: &'a [PathSegment],
        span: Span,
    ) -> Result<Expr> {
        let place = Place { frame, source };
        let mut then = |binder: &mut Self, place| binder.found(place, "$this");
        let found = self.walk(place, segments, span, &mut then)?;
        found.into_value(span)
    }

    /// What a path leads to.
    pub(super) fn find(&mut self, path: &'a PathExpr, span: Span) -> Result<Found> {
        let root = match path.root {
            PathRoot::It => "$it",
            PathRoot::This => "$this",
            _ => "",
        };
        let mut name = path.segments.iter().rev().map(segment_text);
        let name = name.find(|text| !text.starts_with('('));
        let name = name.unwrap_or(root);
        self.follow(path, span, &mut |binder, place| binder.found(place, name))
    }

    /// The instance that names without a prefix belong to.
    pub(super) fn find_origin(&mut self, span: Span) -> Result<Found> {
        if self.derived.is_some() {
            let what = "a type cast of a row that is no entity";
            return Err(Error::not_implemented(what).at(span));
        }
        let (place, _) = self
            .start_at(self.origin, &[])
            .map_err(|error| error.at(span))?;
        self.found(place, "$this")
    }

    pub(super) fn found(&self, place: Place, name: &str) -> Result<Found> {
        Ok(Found::Entity(self.entity(place, name.to_owned())))
    }

    /// Follows a path to a value, or to an entity and on.
    fn follow(&mut self, path: &'a PathExpr, span: Span, then: Then<'_, 'a>) -> Result<Found> {
        let segments = path.segments.as_slice();
        match (path.root, segments) {
            (PathRoot::Root, _) => return self.follow_root(segments, span, then),
            (PathRoot::These, _) => return self.bind_these(segments, span).map(Found::value),
            (PathRoot::It | PathRoot::This, _) if self.inside_these => {
                let what = "another instance beside those of $these";
                return Err(Error::not_implemented(what).at(span));
            }
            (PathRoot::Implicit, [first, rest @ ..]) => {
                if let SegmentKind::Annotation(name) = &first.kind
                    && !name.contains(['.', '#'])
                {
                    return self.follow_alias((name, first.span), rest, span, then);
                }
            }
            _ => {}
        }
        if let Some(expr) = self.bind_derived_path(path, span)? {
            return Ok(Found::value(expr));
        }
        let (place, segments) = self.start(path).map_err(|error| error.at(span))?;
        self.walk(place, segments, span, then)
    }

    /// `@p/status`: on from the entity that the alias stands for.
    fn follow_alias(
        &mut self,
        (name, at): (&'a str, Span),
        rest: &'a [PathSegment],
        span: Span,
        then: Then<'_, 'a>,
    ) -> Result<Found> {
        let outer = self.target.clone();
        self.with_alias(name, at, |binder, value| {
            let Some(value) = value else {
                return Ok(Found::value(Expr::null()));
            };
            // What follows stands where the alias does: it may name the alias again.
            binder.follow_expr(value, &mut |binder, place| {
                let open = binder.open_aliases.pop();
                let mut behind = |binder: &mut Self| binder.walk(place, rest, span, &mut *then);
                let found = match &outer {
                    Some(outer) => binder.with_target(outer, behind),
                    None => behind(binder),
                };
                binder.open_aliases.extend(open);
                found
            })
        })
    }

    fn follow_expr(&mut self, expr: &'a ast::Expr, then: Then<'_, 'a>) -> Result<Found> {
        use ast::ExprKind as A;
        self.count_nodes(1, expr.span)?;
        match &expr.kind {
            A::Literal(ast::Literal::Null) => Ok(Found::value(Expr::null())),
            A::Alias(name) => self.with_alias(name, expr.span, |binder, value| match value {
                Some(value) => binder.follow_expr(value, then),
                None => Ok(Found::value(Expr::null())),
            }),
            A::Path(path) => {
                let mut reached = false;
                let found = self.follow(path, expr.span, &mut |binder, place| {
                    reached = true;
                    then(binder, place)
                })?;
                match reached {
                    true => Ok(found),
                    false => Err(no_entity(expr.span)),
                }
            }
            A::Call(name, values) => self
                .follow_keyed(name, Key::Values(values), expr.span, then)?
                .ok_or_else(|| no_entity(expr.span)),
            A::NamedCall(name, arguments) => self
                .follow_keyed(name, Key::Arguments(arguments), expr.span, then)?
                .ok_or_else(|| no_entity(expr.span)),
            _ => Err(no_entity(expr.span)),
        }
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

    /// Whether a path of the page's entities goes through a collection.
    pub(super) fn leads_to_many(&mut self, path: &'a PathExpr) -> Result<bool> {
        if path.root == PathRoot::Root || self.derived.is_some() {
            return Ok(false);
        }
        let (Place { source, .. }, segments) = self.start(path)?;
        let (navigations, _) = self.navigations(source, segments);
        let mut set = self.set(source);
        for navigation in navigations {
            let navigation = &set.navigation[navigation];
            if navigation.declared.many {
                return Ok(true);
            }
            set = self.schema.set(navigation.target);
        }
        Ok(false)
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
                        |frame: &super::bind::Frame<'_>| frame.variable.as_deref() == Some(name);
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
    pub(super) fn start_at(
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

    /// Walks from an entity to a value, or to another entity and on.
    pub(super) fn walk(
        &mut self,
        start: Place,
        segments: &'a [PathSegment],
        span: Span,
        then: Then<'_, 'a>,
    ) -> Result<Found> {
        let Place { frame, mut source } = start;
        if segments.len() > self.limits.path_segments {
            return Err(self.limits.exceeded("path_segments").at(span));
        }
        for (i, segment) in segments.iter().enumerate() {
            let rest = &segments[i + 1..];
            let set = self.set(source);
            let SegmentKind::Name(name) = &segment.kind else {
                let before = i.checked_sub(1).and_then(|before| segments.get(before));
                let before = before.map_or(set.declared.name, segment_text);
                return Err(misplaced(segment, Some(before)));
            };
            let mut computed = self.frames[frame].computed.iter();
            let computed = computed.find(|(of, alias, _)| i == 0 && *of == source && alias == name);
            if let Some((_, _, expr)) = computed {
                let expr = expr.clone();
                self.count_nodes(expr.size(), segment.span)?;
                return at_end(expr, rest);
            }
            if let Some(place) = set.property(name) {
                let expr = self.property(frame, source, place, segment.span)?;
                return at_end(expr, rest);
            }
            if let Some(navigation) = set.navigation(name) {
                let declared = &set.navigation[navigation];
                if !declared.declared.many {
                    source = self.join(frame, source, navigation);
                    continue;
                }
                let members = Members {
                    set: declared.target,
                    via: Some(Via {
                        near: source,
                        navigation,
                    }),
                    segment,
                };
                return self.members(&members, rest, span, then);
            }
            if name.contains('.') {
                self.own_type(set, name, segment.span)?;
                continue;
            }
            let error = self.no_property(set, name, segment.span);
            return Ok(Found::value(self.unknown_name(error)));
        }
        then(self, Place { frame, source })
    }

    /// A cast to the type that the entities have anyway: none is derived from another.
    pub(super) fn own_type(&self, set: &EntitySet, name: &str, span: Span) -> Result<()> {
        let named = self.schema.set_of_type(name);
        if named.is_some_and(|named| named.id == set.id) {
            return Ok(());
        }
        Err(self.not_derived(Code::UnknownType, set, name, span))
    }
}

fn at_end(expr: Expr, rest: &[PathSegment]) -> Result<Found> {
    match rest.first() {
        None => Ok(Found::value(expr)),
        Some(segment) if matches!(segment.kind, SegmentKind::Annotation(_)) => {
            Err(misplaced(segment, None))
        }
        Some(segment) => Err(behind_primitive(segment)),
    }
}

/// The error for what follows a property that has nothing in it.
pub(super) fn behind_primitive(segment: &PathSegment) -> Error {
    let message = format!(
        "'/{}' cannot follow a primitive property",
        segment_text(segment)
    );
    Error::new(Code::TypeMismatch, message).at(segment.span)
}

/// The error for a segment that has no place behind a single entity of this name.
fn misplaced(segment: &PathSegment, entity: Option<&str>) -> Error {
    use SegmentKind::{Aggregate, All, Annotation, Any, Count, Filter};
    let text = segment_text(segment);
    match (&segment.kind, entity) {
        (Annotation(_), _) => Error::not_implemented("an annotation in an expression"),
        (Any(_) | All(_) | Count(_) | Filter(_) | Aggregate(_), Some(entity)) => {
            let message =
                format!("'{text}' needs a collection before it, '{entity}' is a single entity");
            Error::new(Code::TypeMismatch, message)
        }
        _ => Error::new(Code::TypeMismatch, format!("'{text}' cannot stand here")),
    }
    .at(segment.span)
}

fn no_entity(span: Span) -> Error {
    Error::new(
        Code::TypeMismatch,
        "a path can follow an alias only where that is an entity",
    )
    .at(span)
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
