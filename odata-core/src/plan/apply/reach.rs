//! The entities that a path of `aggregate` reaches (Data Aggregation 3.2.1.1): each counts once, in
//! however many rows the path starts.

use super::aggregate::aggregated;
use super::{among, plain};
use crate::edm::PrimitiveType as T;
use crate::error::{Code, Error, Result, Span};
use crate::plan::bind::Binder;
use crate::plan::{Aggregate, Expr, ExprKind, Input, Join, Rows, Scoped, Via};
use crate::uri::ast::{PathExpr, PathRoot, PathSegment, SegmentKind};

/// Where a path leads.
pub(super) struct Reach<'a> {
    frame: usize,
    /// The last entity that to-one navigations alone lead to, from each row.
    near: Scoped,
    /// The navigations from there, the first of which is to a collection.
    further: Vec<usize>,
    /// The property of the last entity; nothing for the entity itself.
    property: &'a [PathSegment],
    span: Span,
}

impl<'a> Binder<'a> {
    /// Where a path over navigation properties leads from the rows of a frame; `None` for a property
    /// of the row itself, or another expression.
    pub(super) fn reach(
        &mut self,
        frame: usize,
        path: &'a PathExpr,
        span: Span,
    ) -> Result<Option<Reach<'a>>> {
        let starts_here = matches!(
            path.root,
            PathRoot::Implicit | PathRoot::It | PathRoot::This
        );
        if !starts_here || self.derived.is_some() {
            return Ok(None);
        }
        let (place, segments) = self.start(path)?;
        let (navigations, property) = self.navigations(place.source, segments);
        let is_name = |segment: &PathSegment| matches!(segment.kind, SegmentKind::Name(_));
        // A row of a cross join has the entities behind navigation properties, too.
        let crossed = !self.frames[place.frame].crossed.is_empty();
        if navigations.is_empty() && !crossed || !property.iter().all(is_name) {
            return Ok(None);
        }
        if place.frame != frame {
            let what = "an aggregate over what another instance leads to";
            return Err(Error::not_implemented(what).at(span));
        }
        self.count_nodes(1, span)?;
        let mut near = place.source;
        let mut further = navigations.into_iter().peekable();
        let is_one = |set: &crate::edm::EntitySet, navigation: &usize| {
            !set.navigation[*navigation].declared.many
        };
        while let Some(navigation) = further.next_if(|one| is_one(self.set(near), one)) {
            near = self.join(frame, near, navigation);
        }
        Ok(Some(Reach {
            frame,
            near,
            further: further.collect(),
            property,
            span,
        }))
    }

    /// A method over what a path reaches, or the number of the entities at its end.
    pub(super) fn bind_reached(
        &mut self,
        reach: Reach<'a>,
        method: Aggregate,
        filter: Option<&Expr>,
    ) -> Result<Expr> {
        use Aggregate::{Average, Count, CountDistinct, Max, Min, Sum};
        let span = reach.span;
        match (method, reach.property) {
            (Sum | Average | Min | Max, []) => {
                let message = "an entity can only be counted, expected 'countdistinct'";
                Err(Error::new(Code::TypeMismatch, message).at(span))
            }
            (Count, [_, ..]) => {
                let what = "a count of the values of a property";
                Err(Error::not_implemented(what).at(span))
            }
            (Count | CountDistinct, []) if reach.further.is_empty() => {
                let key = self.key_of(reach.near, span)?;
                aggregated(CountDistinct, Some(key), filter, span)
            }
            // It does not matter how often the same value comes.
            (Min | Max | CountDistinct, property) if reach.further.is_empty() => {
                let value = self.bind_path_from(reach.frame, reach.near, property, span)?;
                aggregated(method, Some(value), filter, span)
            }
            _ => self.aggregate_distinct(reach, method, filter),
        }
    }

    /// A sub-select over the entities at the end of a path, of which each is one row. It gathers the
    /// keys of those from which they are reached out of the rows of the group.
    fn aggregate_distinct(
        &mut self,
        reach: Reach<'a>,
        method: Aggregate,
        filter: Option<&Expr>,
    ) -> Result<Expr> {
        let span = reach.span;
        let key = self.key_of(reach.near, span)?;
        let gathered = |value: Expr| {
            let kind = ExprKind::Gathered {
                value: Box::new(value),
                key: Box::new(key),
                filter: filter.cloned().map(Box::new),
            };
            Expr::certain(kind, T::Boolean)
        };
        // From a table reference of its own on, through all navigations.
        let start = self.scoped(reach.near.set());
        let mut joins: Vec<Join> = Vec::new();
        let mut end = start;
        for navigation in reach.further {
            let via = Via {
                near: end,
                navigation,
            };
            end = self.scoped(self.set(end).navigation[navigation].target);
            joins.push(Join { source: end, via });
        }
        let frame = self.push_frame(end.set());
        let from = self.frames[frame].from;
        let value = match reach.property {
            [] => Ok(None),
            property => self.bind_path_from(frame, from, property, span).map(Some),
        };
        let own_key = self.key_of(from, span);
        let condition = if joins.is_empty() {
            gathered(own_key?)
        } else {
            self.count_layers(1, span)?;
            let rows = Rows {
                from: start,
                via: None,
                crossed: Vec::new(),
                lateral: None,
                joins,
                filter: Some(gathered(self.key_of(start, span)?)),
            };
            let layer = plain(Input::Rows(rows), vec![self.key_of(end, span)?]);
            among(vec![own_key?], layer)
        };
        let rows = self.pop_frame(None, Some(condition));
        let value = value?;
        let method = match value {
            Some(_) => method,
            None => Aggregate::Count,
        };
        let total = aggregated(method, value, None, span)?;
        Ok(Expr {
            ty: total.ty,
            nullable: total.nullable,
            kind: ExprKind::Scalar(Box::new(rows), Box::new(total)),
        })
    }

    /// The key of an entity.
    fn key_of(&self, source: Scoped, span: Span) -> Result<Expr> {
        match self.set(source).key.as_slice() {
            [place] => Ok(Expr {
                kind: ExprKind::Property(source, *place),
                ty: Some(self.set(source).properties[*place].ty),
                nullable: true,
            }),
            _ => {
                let what = "an aggregate over entities whose key has several parts";
                Err(Error::not_implemented(what).at(span))
            }
        }
    }
}
