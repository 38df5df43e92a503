//! What `aggregate` says of the rows of a group (Data Aggregation 3.2.1).

use crate::edm::{JoinPath, PrimitiveType as T};
use crate::error::{Code, Error, Result, Span};
use crate::functions::aggregation::METHODS;
use crate::plan::bind::Binder;
use crate::plan::operand::convert;
use crate::plan::path::Place;
use crate::plan::{Aggregate, ArithmeticOp, Expr, ExprKind, Via};
use crate::uri::ast::{
    self, AggregateExpr, AggregateKind, Name, PathExpr, PathRoot, PathSegment, SegmentKind,
};

impl<'a> Binder<'a> {
    pub(super) fn aggregate_alias(&self, item: &'a AggregateExpr) -> Result<&'a Name> {
        item.alias
            .as_ref()
            .ok_or_else(|| no_custom_aggregate(item.span))
    }

    /// An item of `aggregate`, without its `from`.
    pub(super) fn bind_aggregate(
        &mut self,
        item: &'a AggregateExpr,
        filter: Option<&Expr>,
    ) -> Result<Expr> {
        let span = item.span;
        match &item.kind {
            AggregateKind::Count(None) => aggregated(Aggregate::Count, None, filter, span),
            AggregateKind::Count(Some(path)) => {
                let counted = self.bind_count_path(path, span)?;
                aggregated(Aggregate::CountSum, Some(counted), filter, span)
            }
            AggregateKind::Value(_, None) => Err(no_custom_aggregate(span)),
            AggregateKind::Value(expr, Some(name)) => {
                let method = method(name)?;
                if let ast::ExprKind::Path(path) = &expr.kind {
                    if let Some(key) = self.bind_entity_key(path, method, expr.span)? {
                        return aggregated(method, Some(key), filter, span);
                    }
                    if let Some((via, rest)) = self.collection_on(path) {
                        return self.bind_member_aggregate(via, rest, method, filter, span);
                    }
                }
                let operand = self.bind_expr(expr)?;
                aggregated(method, Some(operand), filter, span)
            }
        }
    }

    /// Entities can be counted: by their key.
    fn bind_entity_key(
        &mut self,
        path: &'a PathExpr,
        method: Aggregate,
        span: Span,
    ) -> Result<Option<Expr>> {
        let Some(source) = self.bind_entity_path(path)? else {
            return Ok(None);
        };
        match self.set(source).key.as_slice() {
            [place] if method == Aggregate::CountDistinct => {
                self.property(0, source, *place, span).map(Some)
            }
            [_] => {
                let message = "an entity can only be counted, expected 'countdistinct'";
                Err(Error::new(Code::TypeMismatch, message).at(span))
            }
            _ => Err(Error::not_implemented("counting entities with several keys").at(span)),
        }
    }

    /// The collection on a path of names, and what follows it.
    fn collection_on(&mut self, path: &'a PathExpr) -> Option<(Via, &'a [PathSegment])> {
        if path.root != PathRoot::Implicit || self.derived.is_some() {
            return None;
        }
        let (Place { frame, source }, segments) = self.start(path).ok()?;
        let mut near = source;
        for (i, segment) in segments.iter().enumerate() {
            let SegmentKind::Name(name) = &segment.kind else {
                return None;
            };
            let set = self.set(near);
            let navigation = set.navigation(name)?;
            if set.navigation[navigation].declared.many {
                let rest = segments.get(i + 1..).filter(|rest| !rest.is_empty())?;
                return Some((Via { near, navigation }, rest));
            }
            near = self.join(frame, near, navigation);
        }
        None
    }

    /// An aggregate over the members of the collections of all rows: each collection's own first,
    /// then the whole (Data Aggregation 3.2.1.1). A member of several collections would count
    /// several times, so that only a collection that owns its members will do.
    fn bind_member_aggregate(
        &mut self,
        via: Via,
        rest: &'a [PathSegment],
        method: Aggregate,
        filter: Option<&Expr>,
        span: Span,
    ) -> Result<Expr> {
        let navigation = &self.set(via.near).navigation[via.navigation];
        if matches!(navigation.path, JoinPath::Links { .. }) {
            let what = "an aggregate over collections that share members";
            return Err(Error::not_implemented(what).at(span));
        }
        let target = navigation.target;
        let frame = self.push_frame(target);
        let from = self.frames[frame].from;
        let value = self.bind_path_from(frame, from, rest, span);
        let rows = self.pop_frame(Some(via), None);
        let value = value?;
        let of_each = |method| {
            let each = aggregated(method, Some(value.clone()), None, span)?;
            Ok::<_, Error>(Expr {
                ty: each.ty,
                nullable: true,
                kind: ExprKind::Scalar(Box::new(rows.clone()), Box::new(each)),
            })
        };
        match method {
            Aggregate::Sum | Aggregate::Min | Aggregate::Max => {
                aggregated(method, Some(of_each(method)?), filter, span)
            }
            Aggregate::Average => {
                let average = aggregated(method, Some(value.clone()), None, span)?.ty_or_string();
                if !average.is_numeric() {
                    let what = "an average of durations of a collection";
                    return Err(Error::not_implemented(what).at(span));
                }
                let total = |method| {
                    let all = aggregated(Aggregate::Sum, Some(of_each(method)?), filter, span)?;
                    Ok::<_, Error>(Box::new(convert(all, average)))
                };
                let (sum, count) = (total(Aggregate::Sum)?, total(Aggregate::Count)?);
                Ok(Expr {
                    kind: ExprKind::Arithmetic(ArithmeticOp::DivBy, sum, count),
                    ty: Some(average),
                    nullable: true,
                })
            }
            Aggregate::CountDistinct | Aggregate::Count | Aggregate::CountSum => {
                let what = "'countdistinct' over a collection";
                Err(Error::not_implemented(what).at(span))
            }
        }
    }

    /// `path/$count`: how many there are behind a path.
    fn bind_count_path(&mut self, path: &'a PathExpr, span: Span) -> Result<Expr> {
        let Some(frame) = self.frames.first().filter(|_| self.derived.is_none()) else {
            return Err(
                Error::not_implemented("a count behind a path of aggregated rows").at(span),
            );
        };
        let set = self.set(frame.from);
        let from = frame.from;
        if let [
            ast::PathSegment {
                kind: SegmentKind::Name(name),
                ..
            },
        ] = path.segments.as_slice()
            && let Some(place) = set
                .navigation(name)
                .filter(|place| set.navigation[*place].declared.many)
        {
            let target = set.navigation[place].target;
            self.push_frame(target);
            let rows = self.pop_frame(
                Some(Via {
                    near: from,
                    navigation: place,
                }),
                None,
            );
            return Ok(Expr::certain(ExprKind::Count(Box::new(rows)), T::Int64));
        }
        Err(Error::not_implemented("a count behind such a path").at(span))
    }
}

/// The error for a path without a method: a model may declare aggregates of its own (Data
/// Aggregation 5.2), and here there is none.
fn no_custom_aggregate(span: Span) -> Error {
    let message = "there is no custom aggregate, expected 'with', a method, 'as' and a name";
    Error::new(Code::UnknownProperty, message)
        .at(span)
        .hint("the methods are sum, min, max, average and countdistinct")
}

/// A method over values, or `$count` over rows.
pub(super) fn aggregated(
    method: Aggregate,
    operand: Option<Expr>,
    filter: Option<&Expr>,
    span: Span,
) -> Result<Expr> {
    let ty = match &operand {
        None => T::Decimal,
        Some(Expr { ty: None, .. }) => T::String,
        Some(Expr { ty: Some(of), .. }) => method.result(*of).ok_or_else(|| {
            let row = METHODS.iter().find(|(_, known)| *known == method);
            let name = row.map_or("", |(name, _)| name);
            let message = format!("'{name}' does not take {}", of.edm_name());
            Error::new(Code::TypeMismatch, message).at(span)
        })?,
    };
    // A number of rows is never null; everything else is, over nothing.
    let counts = matches!(
        method,
        Aggregate::Count | Aggregate::CountDistinct | Aggregate::CountSum
    );
    let kind = ExprKind::Aggregate(method, operand.map(Box::new), filter.cloned().map(Box::new));
    Ok(Expr {
        kind,
        ty: Some(ty),
        nullable: !counts,
    })
}

/// The method of that name.
pub(super) fn method(name: &Name) -> Result<Aggregate> {
    let known = METHODS.iter().map(|(known, _)| *known);
    match METHODS.iter().find(|(known, _)| *known == name.text) {
        Some((_, method)) => Ok(*method),
        None if name.text.contains('.') => Err(Error::not_implemented(format_args!(
            "the aggregation method '{}'",
            name.text
        ))
        .at(name.span)),
        None => {
            let message = format!("there is no aggregation method '{}'", name.text);
            Err(Error::new(Code::UnknownFunction, message)
                .at(name.span)
                .did_you_mean(&name.text, known))
        }
    }
}
