//! Expressions of the URL become expressions with types (URL Conventions 5.1.1).

use super::arithmetic::{arithmetic, negate};
use super::bind::{Binder, condition};
use super::entity::{Entity, Found, constant};
use super::members::Key;
use super::{ArithmeticOp, Comparison, Expr, ExprKind, Value, function, literal};
use crate::edm::PrimitiveType as T;
use crate::error::{Code, Error, Result, Span};
use crate::uri::ast::{self, BinaryOp};

impl<'a> Binder<'a> {
    /// A condition: `$filter`, the predicate of a lambda.
    pub(super) fn bind_condition(&mut self, expr: &'a ast::Expr) -> Result<Expr> {
        let bound = self.bind_expr(expr)?;
        condition(bound, expr.span)
    }

    /// Any expression. The values of aliases and of computed properties stand in the place of their
    /// names, so that a short request can mean a tree of any size: it is bounded here once more.
    pub(super) fn bind_expr(&mut self, expr: &'a ast::Expr) -> Result<Expr> {
        self.find_expr(expr)?.into_value(expr.span)
    }

    /// The same where an entity may stand.
    pub(super) fn find_expr(&mut self, expr: &'a ast::Expr) -> Result<Found> {
        self.count_nodes(1, expr.span)?;
        if self.depth == self.limits.depth {
            return Err(self.limits.exceeded("depth").at(expr.span));
        }
        self.depth += 1;
        let found = self.find_kind(expr);
        self.depth -= 1;
        found
    }

    fn find_kind(&mut self, expr: &'a ast::Expr) -> Result<Found> {
        use ast::ExprKind as A;
        let span = expr.span;
        let value = match &expr.kind {
            A::Alias(name) => {
                return self.with_alias(name, span, |binder, value| match value {
                    Some(value) => binder.find_expr(value),
                    // An alias without a value is null (URL Conventions 5.3).
                    None => Ok(Found::value(Expr::null())),
                });
            }
            A::Path(path) => return self.find(path, span),
            A::Call(name, arguments) => {
                if function::is_unknown(name)
                    && let Some(found) = self.find_keyed(name, Key::Values(arguments), span)?
                {
                    return Ok(found);
                }
                self.bind_call(name, arguments, span)
            }
            A::NamedCall(name, arguments) => {
                return match self.find_keyed(name, Key::Arguments(arguments), span)? {
                    Some(found) => Ok(found),
                    None => Ok(Found::value(self.unknown_name(function::named(name)))),
                };
            }
            A::Cast(operand, ty) => return self.bind_cast(operand.as_deref(), ty, span),
            A::IsOf(operand, ty) => self.bind_is_of(operand.as_deref(), ty, span),
            A::Literal(text) => {
                Ok(literal::value(text, span)?.map_or_else(Expr::null, Expr::value))
            }
            A::And(operands) | A::Or(operands) => {
                let operands = operands.iter().map(|operand| self.bind_condition(operand));
                let operands = operands.collect::<Result<Vec<_>>>()?;
                let joined = if matches!(expr.kind, A::And(_)) {
                    Expr::all(operands)
                } else {
                    Expr::one_of(operands)
                };
                joined.ok_or_else(|| Error::new(Code::SyntaxError, "expected an operand").at(span))
            }
            A::Not(operand) => {
                let operand = self.bind_condition(operand)?;
                let nullable = operand.nullable;
                Ok(Expr {
                    kind: ExprKind::Not(Box::new(operand)),
                    ty: Some(T::Boolean),
                    nullable,
                })
            }
            A::Negate(operand) => negate(self.bind_expr(operand)?, span),
            A::Binary(op, left, right) => self.bind_binary(*op, left, right, span),
            A::Case(branches) => self.bind_case(branches),
            A::Array(_) | A::List(_) => {
                Err(Error::not_implemented("a collection as an operand").at(span))
            }
            A::Object(_) => Err(Error::not_implemented("an object as an operand").at(span)),
        };
        value.map(Found::value)
    }

    /// Binds the value of a parameter alias in the scope that gives it.
    pub(super) fn with_alias<R>(
        &mut self,
        name: &str,
        span: Span,
        then: impl FnOnce(&mut Self, Option<&'a ast::Expr>) -> Result<R>,
    ) -> Result<R> {
        if self.open_aliases.iter().any(|open| open == name) {
            let message = format!("the parameter alias '{name}' leads to itself");
            return Err(Error::new(Code::InvalidOptionValue, message).at(span));
        }
        let scopes = self.alias_scopes.iter().enumerate().rev();
        let mut found = scopes.filter_map(|(scope, options)| {
            let mut aliases = options.aliases.iter();
            let (_, value) = aliases.find(|(alias, _)| alias.text == name)?;
            Some((scope, value))
        });
        let found = found.next();
        self.open_aliases.push(name.to_owned());
        let result = match found {
            // The value has positions of its own option, which nested options are a part of.
            Some((scope, value)) => {
                let option = self.option.filter(|_| scope > 0);
                self.with_target(option.unwrap_or(name), |binder| then(binder, Some(value)))
            }
            None => then(self, None),
        };
        self.open_aliases.pop();
        result
    }

    fn bind_binary(
        &mut self,
        op: BinaryOp,
        left: &'a ast::Expr,
        right: &'a ast::Expr,
        span: Span,
    ) -> Result<Expr> {
        let comparison = |comparison| Some(comparison);
        let comparison = match op {
            BinaryOp::Eq => comparison(Comparison::Eq),
            BinaryOp::Ne => comparison(Comparison::Ne),
            BinaryOp::Gt => comparison(Comparison::Gt),
            BinaryOp::Ge => comparison(Comparison::Ge),
            BinaryOp::Lt => comparison(Comparison::Lt),
            BinaryOp::Le => comparison(Comparison::Le),
            _ => None,
        };
        if let Some(comparison) = comparison {
            let left = (self.find_expr(left)?, left.span);
            let right = (self.find_expr(right)?, right.span);
            return self.compare(comparison, left, right, span);
        }
        match op {
            BinaryOp::In => self.bind_in(left, right),
            BinaryOp::Has => Err(mismatch(
                "'has' takes an enumeration, and the model has none".into(),
                span,
            )),
            _ => {
                let (left, right) = (self.bind_expr(left)?, self.bind_expr(right)?);
                let op = match op {
                    BinaryOp::Add => ArithmeticOp::Add,
                    BinaryOp::Sub => ArithmeticOp::Sub,
                    BinaryOp::Mul => ArithmeticOp::Mul,
                    BinaryOp::Div => ArithmeticOp::Div,
                    BinaryOp::DivBy => ArithmeticOp::DivBy,
                    _ => ArithmeticOp::Mod,
                };
                arithmetic(op, left, right, span)
            }
        }
    }

    /// `in` is `eq` with any of the list's values.
    fn bind_in(&mut self, left: &'a ast::Expr, right: &'a ast::Expr) -> Result<Expr> {
        match self.find_expr(left)? {
            Found::Value(operand, _) => self.bind_in_list(operand, right),
            Found::Entity(entity) => self.bind_in_entities(&entity, right),
        }
    }

    fn bind_in_entities(&mut self, entity: &Entity, list: &'a ast::Expr) -> Result<Expr> {
        let items = match &list.kind {
            ast::ExprKind::List(items) | ast::ExprKind::Array(items) => items,
            ast::ExprKind::Alias(name) => {
                return self.with_alias(name, list.span, |binder, value| match value {
                    Some(value) => binder.bind_in_entities(entity, value),
                    None => Ok(constant(false)),
                });
            }
            _ => return Err(no_list(list.span)),
        };
        let mut equal = Vec::new();
        for item in items {
            let left = (Found::Entity(entity.clone()), item.span);
            let right = (self.find_expr(item)?, item.span);
            equal.push(self.compare(Comparison::Eq, left, right, item.span)?);
        }
        Ok(Expr::one_of(equal).unwrap_or_else(|| constant(false)))
    }

    fn bind_in_list(&mut self, operand: Expr, list: &'a ast::Expr) -> Result<Expr> {
        let span = list.span;
        let items = match &list.kind {
            ast::ExprKind::List(items) | ast::ExprKind::Array(items) => items,
            ast::ExprKind::Alias(name) => {
                return self.with_alias(name, span, |binder, value| match value {
                    Some(value) => binder.bind_in_list(operand, value),
                    None => Ok(constant(false)),
                });
            }
            _ => return Err(no_list(span)),
        };
        let (mut values, mut others, mut null) = (Vec::new(), Vec::new(), false);
        // A literal, or a null, is no operand of a list: PostgreSQL finds no operator for its type.
        let constant = operand.is_value() || matches!(operand.kind, ExprKind::Null);
        for item in items {
            let bound = match &item.kind {
                ast::ExprKind::Literal(text) => {
                    literal::value(text, item.span)?.map_or_else(Expr::null, Expr::value)
                }
                _ => self.bind_expr(item)?,
            };
            let is_literal = bound.is_value() || matches!(bound.kind, ExprKind::Null);
            if constant || !is_literal {
                self.count_nodes(operand.size(), item.span)?;
                others.push(compare(Comparison::Eq, operand.clone(), bound, item.span)?);
                continue;
            }
            let literal = compared_literal(bound, operand.ty, item.span)?;
            match &literal.kind {
                ExprKind::Null => null = true,
                ExprKind::Value(Value::Double(x)) if x.is_nan() => {}
                // A Decimal beside a Double becomes one, which `=` of the list would not see to.
                ExprKind::Value(value)
                    if !(operand.ty == Some(T::Decimal) && matches!(value, Value::Double(_)))
                        && values.first().is_none_or(|first| same_kind(first, value)) =>
                {
                    values.push(value.clone());
                }
                _ => {
                    self.count_nodes(operand.size(), item.span)?;
                    others.push(compare(
                        Comparison::Eq,
                        operand.clone(),
                        literal,
                        item.span,
                    )?);
                }
            }
        }
        if !values.is_empty() || null || others.is_empty() {
            others.push(Expr::certain(
                ExprKind::In(Box::new(operand), values, null),
                T::Boolean,
            ));
        }
        Expr::one_of(others)
            .ok_or_else(|| Error::new(Code::SyntaxError, "expected a list").at(span))
    }

    fn bind_case(&mut self, branches: &'a [(ast::Expr, ast::Expr)]) -> Result<Expr> {
        let mut bound = Vec::new();
        let mut ty: Option<T> = None;
        for (condition, value) in branches {
            let condition = self.bind_condition(condition)?;
            let branch = self.bind_expr(value)?;
            ty = match (ty, branch.ty) {
                (None, found) => found,
                (found, None) => found,
                (Some(a), Some(b)) => Some(common_type(a, b).ok_or_else(|| {
                    let message = format!(
                        "the branches of 'case' are {} and {}, expected one type",
                        a.edm_name(),
                        b.edm_name()
                    );
                    mismatch(message, value.span)
                })?),
            };
            bound.push((condition, branch));
        }
        let Some(ty) = ty else {
            return Ok(Expr::null());
        };
        let branches = bound
            .into_iter()
            .map(|(condition, value)| (condition, convert(value, ty)))
            .collect();
        Ok(Expr {
            kind: ExprKind::Case(branches),
            ty: Some(ty),
            nullable: true,
        })
    }
}

fn no_list(span: Span) -> Error {
    mismatch("'in' takes a list such as (1,2,3)".into(), span)
}

pub(super) fn mismatch(message: String, span: Span) -> Error {
    Error::new(Code::TypeMismatch, message).at(span)
}

fn same_kind(a: &Value, b: &Value) -> bool {
    std::mem::discriminant(a) == std::mem::discriminant(b)
}

/// The type that values of two types have in common: by numeric promotion, or the same.
pub(super) fn common_type(a: T, b: T) -> Option<T> {
    match (a.numeric_rank(), b.numeric_rank()) {
        (Some(x), Some(y)) if x >= y => Some(a),
        (Some(_), Some(_)) => Some(b),
        _ if a.is_text() && b.is_text() => Some(T::String),
        _ => (a == b).then_some(a),
    }
}

/// The operand as a value of this type, which can hold it.
pub(super) fn convert(expr: Expr, ty: T) -> Expr {
    let Expr {
        kind,
        ty: from,
        nullable,
    } = expr;
    let kind = match kind {
        ExprKind::Null => ExprKind::Null,
        ExprKind::Value(value) => match number_as(value, ty) {
            Ok(value) => ExprKind::Value(value),
            Err(value) if from == Some(ty) => ExprKind::Value(value),
            Err(value) => ExprKind::Convert(Box::new(Expr::value(value))),
        },
        kind if from == Some(ty) => kind,
        kind => ExprKind::Convert(Box::new(Expr {
            kind,
            ty: from,
            nullable,
        })),
    };
    Expr {
        kind,
        ty: Some(ty),
        nullable,
    }
}

/// A numeric literal as one of the wider type, or the literal back.
fn number_as(value: Value, ty: T) -> std::result::Result<Value, Value> {
    match (value, ty) {
        (Value::Integer(n), ty) if ty.is_integer() => Ok(Value::Integer(n)),
        (Value::Integer(n), T::Double) => Ok(Value::Double(n as f64)),
        (Value::Integer(n), T::Single) => Ok(Value::Double(single(n as f64))),
        (Value::Integer(n), T::Decimal) => Ok(Value::Decimal(n.to_string())),
        (Value::Decimal(text), T::Double | T::Single) => match text.parse() {
            Ok(x) if ty == T::Single => Ok(Value::Double(single(x))),
            Ok(x) => Ok(Value::Double(x)),
            Err(_) => Err(Value::Decimal(text)),
        },
        (Value::Double(x), T::Single) => Ok(Value::Double(single(x))),
        (value, _) => Err(value),
    }
}

/// The Single nearest to a number, so that a value is found by what is shown of it; the number itself
/// where no Single is near.
fn single(x: f64) -> f64 {
    let near = f64::from(x as f32);
    if near.is_finite() { near } else { x }
}

/// A comparison of two operands whose types go together.
pub(super) fn compare(op: Comparison, left: Expr, right: Expr, span: Span) -> Result<Expr> {
    let (left, right) = align(left, right, span)?;
    let (Some(a), Some(b)) = (left.ty, right.ty) else {
        let (left, right) = (retype(left, right.ty), right);
        let ty = left.ty;
        let right = retype(right, ty);
        return Ok(Expr::certain(
            ExprKind::Compare(op, Box::new(left), Box::new(right)),
            T::Boolean,
        ));
    };
    let common = comparable(a, b, span)?;
    if matches!(
        op,
        Comparison::Gt | Comparison::Ge | Comparison::Lt | Comparison::Le
    ) && common == T::Binary
    {
        return Err(mismatch(
            "Edm.Binary takes 'eq' and 'ne' alone".into(),
            span,
        ));
    }
    // A literal takes the common type. PostgreSQL itself compares columns of two numeric types, but
    // fails over a Decimal that no Double is near.
    let side = |expr: Expr, other: T| {
        if expr.is_value() {
            convert(expr, literal_type(common, other))
        } else if expr.ty == Some(T::Decimal) && is_float(other) {
            convert(expr, T::Double)
        } else {
            expr
        }
    };
    let kind = ExprKind::Compare(op, Box::new(side(left, b)), Box::new(side(right, a)));
    Ok(Expr::certain(kind, T::Boolean))
}

fn is_float(ty: T) -> bool {
    matches!(ty, T::Single | T::Double)
}

/// A literal as it is compared with an operand of this type; a null as it is.
fn compared_literal(literal: Expr, other: Option<T>, span: Span) -> Result<Expr> {
    let literal = read_as(literal, other, span)?;
    let (Some(a), Some(b)) = (other, literal.ty) else {
        return Ok(literal);
    };
    let common = comparable(a, b, span)?;
    Ok(convert(literal, literal_type(common, a)))
}

/// The type in which values of two types are compared.
fn comparable(a: T, b: T, span: Span) -> Result<T> {
    common_type(a, b).ok_or_else(|| {
        let message = format!("cannot compare {} with {}", a.edm_name(), b.edm_name());
        match (a, b) {
            (T::DateTimeOffset, T::Date) | (T::Date, T::DateTimeOffset) => mismatch(message, span)
                .hint("write a time behind the date (2021-11-23T00:00:00Z), or compare date(..) with it"),
            _ => mismatch(message, span),
        }
    })
}

/// The type that a literal takes beside an operand: beside a Single a Single always, since what a row
/// shows of one may read as a Double.
fn literal_type(common: T, other: T) -> T {
    if other == T::Single { other } else { common }
}

fn retype(expr: Expr, ty: Option<T>) -> Expr {
    match expr.ty {
        None => Expr { ty, ..expr },
        Some(_) => expr,
    }
}

/// Reads a quoted literal as the type of the other side, where that is a date, a time or a Guid:
/// the product's own example quotes its date.
fn align(left: Expr, right: Expr, span: Span) -> Result<(Expr, Expr)> {
    let (left_ty, right_ty) = (left.ty, right.ty);
    Ok((
        read_as(left, right_ty, span)?,
        read_as(right, left_ty, span)?,
    ))
}

pub(super) fn read_as(expr: Expr, other: Option<T>, span: Span) -> Result<Expr> {
    match (&expr.kind, other) {
        (
            ExprKind::Value(Value::Text(text)),
            Some(ty @ (T::DateTimeOffset | T::Date | T::TimeOfDay | T::Duration | T::Guid)),
        ) => match literal::from_text(text, ty) {
            Some(value) => Ok(Expr::value(value)),
            None => Err(literal::invalid(ty, text, span)),
        },
        _ => Ok(expr),
    }
}
