//! `isdefined`: whether a row has a property, be it null (Data Aggregation 3.7).

use super::Relation;
use super::relation::Presence;
use crate::edm::PrimitiveType as T;
use crate::error::{Code, Error, Result, Span};
use crate::plan::bind::Binder;
use crate::plan::path::data_path;
use crate::plan::{Expr, ExprKind, Value};
use crate::uri::ast::{self, PathExpr};

impl<'a> Binder<'a> {
    /// `isdefined(path)`. What an entity has, its type says; what else a row has, its shape does.
    pub(in crate::plan) fn bind_is_defined(
        &mut self,
        arguments: &'a [ast::Expr],
        span: Span,
    ) -> Result<Expr> {
        let path = match arguments {
            [argument] => match &argument.kind {
                ast::ExprKind::Path(path) => data_path(path).map(|names| (path, names)),
                _ => None,
            },
            _ => None,
        };
        let Some((path, names)) = path else {
            let message = "'isdefined' takes the path of a property";
            return Err(Error::new(Code::TypeMismatch, message).at(span));
        };
        match self.derived.take() {
            None => self.bind_defined_property(path, span),
            Some(relation) => {
                let defined = self.bind_defined_column(&relation, &names, span);
                self.derived = Some(relation);
                defined
            }
        }
    }

    fn bind_defined_property(&mut self, path: &'a PathExpr, span: Span) -> Result<Expr> {
        if self.bind_entity_path(path)?.is_none() {
            self.bind_path(path, span)?;
        }
        Ok(Expr::certain(
            ExprKind::Value(Value::Boolean(true)),
            T::Boolean,
        ))
    }

    fn bind_defined_column(
        &mut self,
        relation: &Relation,
        names: &[&str],
        span: Span,
    ) -> Result<Expr> {
        let frame = self.origin.map_or(0, |(frame, _)| frame);
        let set = self.set(self.frames[frame].from);
        let is_navigation = |name: &&str| set.navigation(name).is_some();
        let leads_on = matches!(names, [name] if is_navigation(name));
        let columns = &relation.names.columns;
        let places: Vec<usize> = relation
            .place(names)
            .into_iter()
            .chain(relation.below(names))
            .collect();
        if places.is_empty() && !leads_on {
            let error = self.no_column(relation, names, span)?;
            if !self.declares(frame, names.first().copied().unwrap_or_default()) {
                return Ok(self.unknown_name(error));
            }
        }
        let shapes = &relation.names.shapes;
        let entities = shapes.entities();
        let present = Presence::where_it_holds(shapes.kinds.len(), |shape| {
            let mut columns = places.iter().filter_map(|place| columns.get(*place));
            leads_on && entities.is_in(shape) || columns.any(|column| column.presence.is_in(shape))
        });
        Ok(relation.is_among(&present))
    }
}
