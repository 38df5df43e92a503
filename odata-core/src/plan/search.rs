//! `$search`: text in the searchable properties, in any case (URL Conventions 5.1.7).

use super::bind::Binder;
use super::{Expr, ExprKind, Value};
use crate::edm::PrimitiveType as T;
use crate::error::{Error, Result};
use crate::uri::ast::SearchExpr;

impl Binder<'_> {
    /// The condition that a search puts on the rows of a frame. It is never null, so that `NOT` is
    /// the complement.
    pub(super) fn bind_search(&mut self, frame: usize, search: &SearchExpr) -> Result<Expr> {
        let from = self.frames[frame].from;
        let set = self.set(from);
        let searchable = |place: &usize| {
            let property = &set.properties[*place];
            property.declared.searchable && !property.hidden && property.ty.is_text()
        };
        let places: Vec<usize> = (0..set.properties.len()).filter(searchable).collect();
        if places.is_empty() {
            let what = format!(
                "$search of '{}', which has no searchable property,",
                set.declared.entity_set
            );
            return Err(Error::not_implemented(what).at(search.span()));
        }
        let text = |place: &usize| Expr {
            kind: ExprKind::Property(from, *place),
            ty: Some(T::String),
            nullable: set.properties[*place].may_be_null(),
        };
        let texts: Vec<Expr> = places.iter().map(text).collect();
        Ok(condition(search, &texts))
    }
}

fn condition(search: &SearchExpr, texts: &[Expr]) -> Expr {
    let each = |operands: &[SearchExpr]| {
        operands
            .iter()
            .map(|operand| condition(operand, texts))
            .collect()
    };
    let certain = |expr: Option<Expr>| {
        expr.unwrap_or_else(|| Expr::certain(ExprKind::Value(Value::Boolean(false)), T::Boolean))
    };
    match search {
        SearchExpr::Term(term) | SearchExpr::Incomplete(term) => Expr::certain(
            ExprKind::Search(texts.to_vec(), term.text.clone()),
            T::Boolean,
        ),
        SearchExpr::And(operands) => certain(Expr::all(each(operands))),
        SearchExpr::Or(operands) => certain(Expr::one_of(each(operands))),
        SearchExpr::Not(operand) => Expr::certain(
            ExprKind::Not(Box::new(condition(operand, texts))),
            T::Boolean,
        ),
    }
}
