//! Collections on a path of an expression, and what follows them: `any`, `all`, `$count`, a key (URL
//! Conventions 5.1.1.13 to 16).

use super::bind::{Binder, segment_text};
use super::entity::Found;
use super::path::{Place, Then};
use super::unknown::no_set;
use super::{Expr, ExprKind, Value, Via};
use crate::edm::{PrimitiveType as T, SetId};
use crate::error::{Code, Error, Result, Span};
use crate::uri::ast::{self, Lambda, PathSegment, SegmentKind};

/// A collection on a path.
pub(super) struct Members<'p> {
    pub(super) set: SetId,
    /// The navigation property that they hang on; `None` for all of a set.
    pub(super) via: Option<Via>,
    /// Where the path names them.
    pub(super) segment: &'p PathSegment,
}

impl<'a> Binder<'a> {
    /// What follows a collection: `any`, `all`, `$count`, `aggregate`, a key; behind `$filter(..)` if
    /// need be.
    pub(super) fn members(
        &mut self,
        members: &Members<'_>,
        mut rest: &'a [PathSegment],
        span: Span,
        then: Then<'_, 'a>,
    ) -> Result<Found> {
        let frame = self.push_frame(members.set);
        let mut conditions = Vec::new();
        while let Some((segment, behind)) = rest.split_first() {
            match &segment.kind {
                SegmentKind::Filter(expr) => {
                    conditions.push(self.bind_member_condition(frame, expr)?);
                }
                SegmentKind::Name(name) if name.contains('.') => {
                    self.own_type(self.schema.set(members.set), name, segment.span)?;
                }
                _ => break,
            }
            rest = behind;
        }
        let Some((last, behind)) = rest.split_first() else {
            return Err(self.needs_lambda(members, rest));
        };
        if let SegmentKind::Arguments(arguments) = &last.kind {
            let source = self.frames[frame].from;
            conditions.push(self.bind_key(source, arguments, last.span)?);
            let found = self.walk(Place { frame, source }, behind, span, then)?;
            return Ok(found.of_one(self.pop_frame(members.via, Expr::all(conditions))));
        }
        if let (Some(_), SegmentKind::Name(_)) = (behind.first(), &last.kind) {
            return Err(self.needs_lambda(members, rest));
        }
        if let Some(segment) = behind.first() {
            let message = format!(
                "'/{}' cannot follow '{}'",
                segment_text(segment),
                segment_text(last)
            );
            return Err(Error::new(Code::TypeMismatch, message).at(segment.span));
        }
        if let SegmentKind::Aggregate(item) = &last.kind {
            let from = self.frames[frame].from;
            let total = self.for_each_member(last.span, |binder| {
                binder.with_origin((frame, from), |binder| {
                    binder.bind_aggregate_function(frame, item)
                })
            })?;
            let rows = self.pop_frame(members.via, Expr::all(conditions));
            return Ok(Found::value(Expr {
                ty: total.ty,
                nullable: total.nullable,
                kind: ExprKind::Scalar(Box::new(rows), Box::new(total)),
            }));
        }
        let predicate = match &last.kind {
            SegmentKind::Count(options) => {
                if let Some(filter) = &options.filter {
                    conditions.push(self.bind_member_condition(frame, filter)?);
                }
                if let Some(search) = &options.search {
                    conditions.push(self.bind_search(frame, search)?);
                }
                None
            }
            SegmentKind::Any(lambda) => {
                if let Some(lambda) = lambda {
                    conditions.push(self.bind_lambda(frame, lambda)?);
                }
                None
            }
            SegmentKind::All(lambda) => Some(self.bind_lambda(frame, lambda)?),
            _ => return Err(self.needs_lambda(members, rest)),
        };
        let rows = Box::new(self.pop_frame(members.via, Expr::all(conditions)));
        let (kind, ty, of_none) = match (&last.kind, predicate) {
            (_, Some(predicate)) => {
                let kind = ExprKind::All(rows, Box::new(predicate));
                (kind, T::Boolean, Value::Boolean(true))
            }
            (SegmentKind::Any(_), _) => (ExprKind::Any(rows), T::Boolean, Value::Boolean(false)),
            _ => (ExprKind::Count(rows), T::Int64, Value::Integer(0)),
        };
        Ok(Found::Value(Expr::certain(kind, ty), Some(of_none)))
    }

    /// `messages(8)`, which the grammar takes for the call of a function: the member with this key;
    /// `None` where the name is no collection of the origin.
    pub(super) fn find_keyed(
        &mut self,
        name: &'a ast::Name,
        key: Key<'a>,
        span: Span,
    ) -> Result<Option<Found>> {
        let then = &mut |binder: &mut Self, place| binder.found(place, &name.text);
        self.follow_keyed(name, key, span, then)
    }

    pub(super) fn follow_keyed(
        &mut self,
        name: &'a ast::Name,
        key: Key<'a>,
        span: Span,
        then: Then<'_, 'a>,
    ) -> Result<Option<Found>> {
        if self.derived.is_some() || self.origin.is_none() && !self.frames[0].crossed.is_empty() {
            return Ok(None);
        }
        let (Place { source: near, .. }, _) = self.start_at(self.origin, &[])?;
        let set = self.set(near);
        let navigation = set.navigation(&name.text);
        let Some(navigation) = navigation.filter(|place| set.navigation[*place].declared.many)
        else {
            return Ok(None);
        };
        let frame = self.push_frame(set.navigation[navigation].target);
        let source = self.frames[frame].from;
        let condition = match key {
            Key::Arguments(arguments) => self.bind_key(source, arguments, span)?,
            Key::Values([value]) => self.bind_only_key(source, value, span)?,
            Key::Values(_) => self.bind_key(source, &[], span)?,
        };
        let found = then(self, Place { frame, source })?;
        let rows = self.pop_frame(Some(Via { near, navigation }), Some(condition));
        Ok(Some(found.of_one(rows)))
    }

    fn needs_lambda(&self, members: &Members<'_>, rest: &[PathSegment]) -> Error {
        let name = segment_text(members.segment);
        let root = if members.via.is_some() { "" } else { "$root/" };
        let message =
            format!("'{name}' is a collection, expected 'any', 'all' or '$count' behind it");
        let example = match rest.first().map(segment_text) {
            Some("count") => "$count",
            _ if self.option == Some("$orderby") => "$count",
            _ => "any(x:x/id eq 1)",
        };
        Error::new(Code::TypeMismatch, message)
            .at(members.segment.span)
            .hint(format!("for example {root}{name}/{example}"))
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
            return Err(self.limits.exceeded("lambda_depth").at(span));
        }
        self.lambdas += 1;
        let result = then(self);
        self.lambdas -= 1;
        result
    }

    /// `$root/Set`: an entity of the set by its key, or all that the caller may see.
    pub(super) fn follow_root(
        &mut self,
        segments: &'a [PathSegment],
        span: Span,
        then: Then<'_, 'a>,
    ) -> Result<Found> {
        let Some((segment, rest)) = segments.split_first() else {
            let message = "expected an entity set behind '$root/'";
            return Err(Error::new(Code::SyntaxError, message).at(span));
        };
        let name = segment_text(segment);
        let Some(set) = self.schema.set_named(name) else {
            let error = no_set(self.schema, Code::UnknownProperty, name, segment.span);
            return Ok(Found::value(self.unknown_name(error)));
        };
        let members = Members {
            set: set.id,
            via: None,
            segment,
        };
        self.members(&members, rest, span, then)
    }
}

/// A key predicate, as the grammar reads it behind a name.
#[derive(Clone, Copy)]
pub(super) enum Key<'a> {
    /// Values alone, of which it takes one.
    Values(&'a [ast::Expr]),
    /// Values with their names.
    Arguments(&'a [ast::Argument]),
}
