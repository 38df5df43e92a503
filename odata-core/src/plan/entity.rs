//! Entities as operands: with null (4.01), with each other, and as what a path goes on from.

use super::bind::Binder;
use super::path::Place;
use super::{Comparison, Expr, ExprKind, Rows, Scoped, Value, operand};
use crate::edm::{PrimitiveType as T, SetId};
use crate::error::{Code, Error, Result, Span};
use crate::functions::OTHERWISE;

/// What an expression comes to.
pub(super) enum Found {
    /// A value, and what it is where the entity that it is of is absent, if that isn't null.
    Value(Expr, Option<Value>),
    /// A single entity.
    Entity(Entity),
}

/// A single entity, which may be absent.
#[derive(Clone)]
pub(super) struct Entity {
    set: SetId,
    /// Its table reference; `None` where it is found by a sub-select.
    source: Option<Scoped>,
    /// The parts of its key, null where it is absent.
    key: Vec<Expr>,
    /// How the request calls it.
    name: String,
}

impl Found {
    pub(super) fn value(expr: Expr) -> Found {
        Found::Value(expr, None)
    }

    /// The value, where one has to stand.
    pub(super) fn into_value(self, span: Span) -> Result<Expr> {
        match self {
            Found::Value(expr, _) => Ok(expr),
            Found::Entity(entity) => {
                let message = format!("expected a property behind '{}'", entity.name);
                Err(Error::new(Code::TypeMismatch, message)
                    .at(span)
                    .hint("an entity can only be compared with null, or with an entity of its set"))
            }
        }
    }

    /// The same of the one row among `rows`, if there is one.
    pub(super) fn of_one(self, rows: Rows) -> Found {
        match self {
            Found::Value(value, None) => Found::value(of_one(rows, value)),
            // A collection of nothing is empty.
            Found::Value(value, Some(absent)) => {
                let ty = value.ty;
                let operands = vec![of_one(rows, value), Expr::value(absent.clone())];
                let kind = ExprKind::Call(&OTHERWISE, operands);
                let expr = Expr {
                    kind,
                    ty,
                    nullable: false,
                };
                Found::Value(expr, Some(absent))
            }
            Found::Entity(entity) => {
                let key = entity.key.into_iter();
                Found::Entity(Entity {
                    source: None,
                    key: key.map(|part| of_one(rows.clone(), part)).collect(),
                    ..entity
                })
            }
        }
    }
}

fn of_one(rows: Rows, value: Expr) -> Expr {
    Expr {
        ty: value.ty,
        nullable: true,
        kind: ExprKind::Scalar(Box::new(rows), Box::new(value)),
    }
}

impl Binder<'_> {
    /// The entity at a place.
    pub(super) fn entity(&self, Place { frame, source }: Place, name: String) -> Entity {
        let set = self.set(source);
        let nullable = !self.is_combined(frame, source);
        let part = |place: &usize| Expr {
            kind: ExprKind::Property(source, *place),
            ty: Some(set.properties[*place].ty),
            nullable,
        };
        Entity {
            set: set.id,
            source: Some(source),
            key: set.key.iter().map(part).collect(),
            name,
        }
    }

    /// A comparison in which entities may stand.
    pub(super) fn compare(
        &self,
        op: Comparison,
        (left, left_span): (Found, Span),
        (right, right_span): (Found, Span),
        span: Span,
    ) -> Result<Expr> {
        match (left, right) {
            (Found::Value(left, _), Found::Value(right, _)) => {
                let (left_ty, right_ty) = (left.ty, right.ty);
                let left = operand::read_as(left, right_ty, left_span)?;
                let right = operand::read_as(right, left_ty, right_span)?;
                let hint = self.compare_hint(&left, &right);
                operand::compare(op, left, right, span).map_err(|error| error.or_hint(hint))
            }
            (Found::Entity(entity), Found::Value(value, _))
            | (Found::Value(value, _), Found::Entity(entity)) => match value.kind {
                ExprKind::Null => Ok(match op {
                    Comparison::Eq => entity.absent(),
                    Comparison::Ne => entity.present(),
                    _ => constant(false),
                }),
                _ => {
                    let ty = value.ty_or_string().edm_name();
                    let message = format!("cannot compare the entity '{}' with {ty}", entity.name);
                    Err(Error::new(Code::TypeMismatch, message)
                        .at(span)
                        .hint(format!(
                            "compare a property of it, as in {}/..",
                            entity.name
                        )))
                }
            },
            (Found::Entity(left), Found::Entity(right)) => {
                self.compare_entities(op, left, right, span)
            }
        }
    }

    /// Entities of one set are equal by their keys, and where both are absent.
    fn compare_entities(
        &self,
        op: Comparison,
        left: Entity,
        right: Entity,
        span: Span,
    ) -> Result<Expr> {
        let mismatch = |message: String| Error::new(Code::TypeMismatch, message).at(span);
        if left.set != right.set {
            let name = |entity: &Entity| self.schema.set(entity.set).declared.name;
            let (a, b) = (name(&left), name(&right));
            return Err(mismatch(format!(
                "cannot compare an entity of '{a}' with one of '{b}'"
            )));
        }
        if !matches!(op, Comparison::Eq | Comparison::Ne) {
            return Err(mismatch("an entity takes 'eq' and 'ne' alone".to_owned()));
        }
        let pairs = left.key.into_iter().zip(right.key);
        let mut parts = pairs.collect::<Vec<_>>().into_iter();
        match (parts.next(), parts.len()) {
            (Some((a, b)), 0) => operand::compare(op, a, b, span),
            (first, _) => {
                let equal = first.into_iter().chain(parts);
                let equal = equal.map(|(a, b)| operand::compare(Comparison::Eq, a, b, span));
                let equal =
                    Expr::all(equal.collect::<Result<_>>()?).unwrap_or_else(|| constant(true));
                Ok(match op {
                    Comparison::Eq => equal,
                    _ => not(equal),
                })
            }
        }
    }
}

impl Entity {
    /// Whether it is of this set.
    pub(super) fn is_of(&self, set: SetId) -> bool {
        self.set == set
    }

    pub(super) fn present(self) -> Expr {
        match (self.source, self.key.into_iter().next()) {
            (Some(source), _) => Expr::certain(ExprKind::Present(source), T::Boolean),
            (None, Some(key)) => is(Comparison::Ne, key),
            (None, None) => constant(true),
        }
    }

    fn absent(self) -> Expr {
        match (self.source, self.key.first().cloned()) {
            (None, Some(key)) => is(Comparison::Eq, key),
            _ => not(self.present()),
        }
    }
}

/// Whether a part of a key is null.
fn is(op: Comparison, key: Expr) -> Expr {
    let null = Expr {
        ty: key.ty,
        ..Expr::null()
    };
    Expr::certain(
        ExprKind::Compare(op, Box::new(key), Box::new(null)),
        T::Boolean,
    )
}

fn not(condition: Expr) -> Expr {
    Expr::certain(ExprKind::Not(Box::new(condition)), T::Boolean)
}

/// A truth value that is known beforehand.
pub(super) fn constant(value: bool) -> Expr {
    Expr::certain(ExprKind::Value(Value::Boolean(value)), T::Boolean)
}
