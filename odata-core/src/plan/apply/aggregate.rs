//! What `aggregate` says of the rows of a group (Data Aggregation 3.2.1).

use crate::edm::PrimitiveType as T;
use crate::error::{Code, Error, Result, Span};
use crate::functions::aggregation::METHODS;
use crate::plan::bind::Binder;
use crate::plan::hint;
use crate::plan::path::data_path;
use crate::plan::{Aggregate, Aggregation, Expr, ExprKind, Scoped};
use crate::uri::ast::{self, AggregateExpr, AggregateKind, Name, PathExpr};

impl<'a> Binder<'a> {
    pub(super) fn aggregate_alias(&self, item: &'a AggregateExpr) -> Result<&'a Name> {
        item.alias
            .as_ref()
            .ok_or_else(|| no_custom_aggregate(&item.kind, item.span))
    }

    /// The function `aggregate` over the members of a frame (3.6.1).
    pub(in crate::plan) fn bind_aggregate_function(
        &mut self,
        frame: usize,
        item: &'a AggregateExpr,
    ) -> Result<Expr> {
        if !item.from.is_empty() {
            let what = "'from' in an expression";
            return Err(Error::not_implemented(what).at(item.span));
        }
        let total = self.bind_aggregate(frame, item, None)?;
        // PostgreSQL gives an aggregate to the SELECT whose rows it reads.
        let frame = &self.frames[frame];
        let joined = frame.joins.iter().map(|join| join.source);
        let own: Vec<Scoped> = joined.chain([frame.from]).collect();
        let reads_own = match &total.kind {
            ExprKind::Aggregate(aggregation) => {
                let read = aggregation.operand.as_ref().map(Expr::sources);
                read.is_none_or(|read| read.is_empty() || own.iter().any(|own| read.contains(own)))
            }
            _ => true,
        };
        if !reads_own {
            let what = "an aggregate that reads nothing of its collection";
            return Err(Error::not_implemented(what).at(item.span));
        }
        Ok(total)
    }

    /// An item of `aggregate` over the rows of a frame, without its `from`.
    pub(super) fn bind_aggregate(
        &mut self,
        frame: usize,
        item: &'a AggregateExpr,
        filter: Option<&Expr>,
    ) -> Result<Expr> {
        let span = item.span;
        match &item.kind {
            AggregateKind::Count(None) => aggregated(Aggregate::Count, None, filter, span),
            AggregateKind::Count(Some(path)) => {
                if self.derived.is_some() {
                    let what = "a count behind a path of aggregated rows";
                    return Err(Error::not_implemented(what).at(span));
                }
                match self.reach(frame, path, span)? {
                    Some(reach) => self.bind_reached(reach, Aggregate::Count, filter),
                    None => Err(Error::not_implemented("a count behind such a path").at(span)),
                }
            }
            AggregateKind::Value(_, None) => Err(no_custom_aggregate(&item.kind, span)),
            AggregateKind::Value(expr, Some(name)) => {
                let method = method(name)?;
                let mut distinct = false;
                if let ast::ExprKind::Path(path) = &expr.kind {
                    if let Some(reach) = self.reach(frame, path, expr.span)? {
                        return self.bind_reached(reach, method, filter);
                    }
                    distinct = self.counts_once(path, method, expr.span)?;
                }
                let operand = self.bind_expr(expr)?;
                let mut total = aggregated(method, Some(operand), filter, span)?;
                if let ExprKind::Aggregate(aggregation) = &mut total.kind {
                    aggregation.distinct = distinct;
                }
                Ok(total)
            }
        }
    }

    /// Whether a column stands for entities behind a navigation property, those that earlier rows
    /// were grouped by: the same one counts once (3.2.1.1). It is known by what is left of it.
    fn counts_once(&self, path: &'a PathExpr, method: Aggregate, span: Span) -> Result<bool> {
        let (Some(relation), Some(names)) = (&self.derived, data_path(path)) else {
            return Ok(false);
        };
        let adds = matches!(method, Aggregate::Sum | Aggregate::Average);
        let [entity @ .., _] = names.as_slice() else {
            return Ok(false);
        };
        let Some(place) = relation.place(&names).filter(|_| adds) else {
            return Ok(false);
        };
        let related = relation.names.columns[place].related;
        if entity.is_empty() || related.is_some_and(|related| !related.shared) {
            return Ok(false);
        }
        if relation.below(entity).count() > 1 {
            let what = "a sum over entities of which several properties are left";
            return Err(Error::not_implemented(what).at(span));
        }
        Ok(true)
    }
}

/// The error for a path without a method: a model may declare aggregates of its own (Data
/// Aggregation 5.2), and here there is none.
fn no_custom_aggregate(kind: &AggregateKind, span: Span) -> Error {
    let message = "there is no custom aggregate, expected 'with', a method, 'as' and a name";
    let error = Error::new(Code::UnknownProperty, message).at(span);
    match kind {
        AggregateKind::Value(expr, _) if hint::bare_name(expr) == Some("count") => {
            error.hint("rows are counted by '$count as n'")
        }
        _ => error.hint("the methods are sum, min, max, average and countdistinct"),
    }
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
    let counts = matches!(method, Aggregate::Count | Aggregate::CountDistinct);
    let aggregation = Aggregation {
        method,
        operand,
        distinct: false,
        filter: filter.cloned(),
    };
    Ok(Expr {
        kind: ExprKind::Aggregate(Box::new(aggregation)),
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
