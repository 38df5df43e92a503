//! Calls of canonical functions, `cast` and `isof` (URL Conventions 5.1.1.5 to 5.1.1.10).

use super::bind::Binder;
use super::entity::{Found, constant};
use super::operand::convert;
use super::{Expr, ExprKind, Value, hint, literal, pattern};
use crate::edm::{PrimitiveType as T, SetId};
use crate::error::{Code, Error, Result, Span};
use crate::functions::{self, Function, Operand, Sql};
use crate::uri::ast::{self, Name, TypeName};

impl<'a> Binder<'a> {
    pub(super) fn bind_call(
        &mut self,
        name: &'a Name,
        arguments: &'a [ast::Expr],
        span: Span,
    ) -> Result<Expr> {
        let lower = name.text.to_ascii_lowercase();
        if lower == "isdefined" {
            return self.bind_is_defined(arguments, span);
        }
        if functions::NOT_OFFERED.contains(&lower.as_str()) {
            return Err(
                Error::not_implemented(format_args!("the function '{lower}'")).at(name.span),
            );
        }
        if let ("matchespattern", [_, _, flags]) = (lower.as_str(), arguments) {
            let what = "a third argument of 'matchesPattern'";
            return Err(Error::not_implemented(what).at(flags.span));
        }
        let mut bound = Vec::new();
        for (place, argument) in arguments.iter().enumerate() {
            let known = self.unknown_names();
            bound.push(self.bind_expr(argument)?);
            let mut overloads = functions::overloads(&lower);
            let is_text =
                overloads.any(|function| function.parameters.get(place) == Some(&Operand::Text));
            if let (Some(name), true) = (hint::bare_name(argument), is_text && place > 0) {
                self.hint_unknown(known, &hint::as_text(name));
            }
        }
        if functions::overloads(&lower).next().is_none() {
            return Ok(self.unknown_name(unknown(name)));
        }
        let function =
            choose(&lower, &bound).ok_or_else(|| no_overload(name, &lower, &bound, span))?;
        self.check_arguments(function, &bound, arguments)?;
        if function.sql == functions::Sql::Pattern {
            self.translate_pattern(&mut bound, arguments)?;
        }
        let operands = bound
            .into_iter()
            .zip(function.parameters)
            .map(|(expr, operand)| as_operand(expr, *operand));
        let operands: Vec<Expr> = operands.collect();
        let nullable = operands.iter().any(|operand| operand.nullable)
            || matches!(function.sql, Sql::Partial(_));
        Ok(Expr {
            kind: ExprKind::Call(function, operands),
            ty: Some(function.result),
            nullable,
        })
    }

    /// A pattern must be known beforehand: only what was understood reaches the database.
    fn translate_pattern(&self, bound: &mut [Expr], arguments: &[ast::Expr]) -> Result<()> {
        let span = arguments
            .get(1)
            .map(|argument| argument.span)
            .unwrap_or_default();
        match bound.get_mut(1).map(|pattern| &mut pattern.kind) {
            Some(ExprKind::Value(Value::Text(text))) => {
                *text = pattern::translate(text, self.limits, span)?;
                Ok(())
            }
            Some(ExprKind::Null) => Ok(()),
            _ => Err(Error::not_implemented("a pattern that is no literal").at(span)),
        }
    }

    /// What a literal operand can already tell.
    fn check_arguments(
        &self,
        function: &Function,
        bound: &[Expr],
        arguments: &[ast::Expr],
    ) -> Result<()> {
        let span = |i: usize| {
            arguments
                .get(i)
                .map(|argument| argument.span)
                .unwrap_or_default()
        };
        match (function.name, bound) {
            (
                "substring",
                [
                    _,
                    _,
                    Expr {
                        kind: ExprKind::Value(Value::Integer(n)),
                        ..
                    },
                ],
            ) if *n < 0 => Err(Error::new(
                Code::InvalidLiteral,
                "the length of 'substring' is negative, expected 0 or more",
            )
            .at(span(2))),
            // This service keeps instants in UTC: the parts of a literal in another zone are lost
            // (URL Conventions 5.1.1.8 makes such a request fail).
            (
                "year" | "month" | "day" | "hour" | "minute" | "date" | "time"
                | "totaloffsetminutes",
                [_],
            ) => match arguments.first().map(|argument| &argument.kind) {
                Some(ast::ExprKind::Literal(ast::Literal::DateTimeOffset(text)))
                    if has_other_offset(text) =>
                {
                    let message = format!(
                        "'{}' takes an instant in UTC, this literal has another offset",
                        function.name
                    );
                    Err(Error::new(Code::InvalidLiteral, message).at(span(0)))
                }
                _ => Ok(()),
            },
            _ => Ok(()),
        }
    }

    /// `cast`, of the instance itself where no operand is said.
    pub(super) fn bind_cast(
        &mut self,
        operand: Option<&'a ast::Expr>,
        name: &'a TypeName,
        span: Span,
    ) -> Result<Found> {
        let ty = self.named_type(name, operand.is_none())?;
        let mismatch = |from: &str| Err(cannot_cast(from, &name.name.text, span));
        match (self.find_operand(operand, span)?, ty) {
            (Found::Entity(entity), Named::Entity(set)) => Ok(match entity.is_of(set) {
                true => Found::Entity(entity),
                // No type is derived from another: it fails.
                false => Found::value(Expr::null()),
            }),
            (_, Named::Unknown) => Ok(Found::value(Expr::null())),
            (Found::Entity(_), Named::Primitive(_)) => mismatch("an entity"),
            (Found::Value(value, _), Named::Entity(_)) => match value.ty {
                None => Ok(Found::value(value)),
                Some(from) => mismatch(from.edm_name()),
            },
            (Found::Value(value, _), Named::Primitive(ty)) => {
                cast_value(value, ty, span).map(Found::value)
            }
        }
    }

    /// Whether the operand is of the type: known beforehand, but for null.
    pub(super) fn bind_is_of(
        &mut self,
        operand: Option<&'a ast::Expr>,
        name: &'a TypeName,
        span: Span,
    ) -> Result<Expr> {
        let ty = self.named_type(name, operand.is_none())?;
        match (self.find_operand(operand, span)?, ty) {
            (Found::Entity(entity), Named::Entity(set)) if entity.is_of(set) => {
                Ok(entity.present())
            }
            (Found::Value(value, _), Named::Primitive(ty)) => match value.ty {
                Some(from) if widening(from, ty) => {
                    let null = Expr {
                        ty: value.ty,
                        ..Expr::null()
                    };
                    super::operand::compare(super::Comparison::Ne, value, null, span)
                }
                _ => Ok(constant(false)),
            },
            _ => Ok(constant(false)),
        }
    }

    /// The operand of a cast; without one it is the instance itself.
    fn find_operand(&mut self, operand: Option<&'a ast::Expr>, span: Span) -> Result<Found> {
        match operand {
            Some(operand) => self.find_expr(operand),
            None => self.find_origin(span),
        }
    }

    fn named_type(&mut self, name: &TypeName, alone: bool) -> Result<Named> {
        let (text, span) = (&name.name.text, name.name.span);
        if name.collection {
            return Err(Error::not_implemented("a cast to a collection").at(span));
        }
        if let Some(ty) = T::from_edm_name(text) {
            return Ok(Named::Primitive(ty));
        }
        if let Some(set) = self.schema.set_of_type(text) {
            return Ok(Named::Entity(set.id));
        }
        if is_other_type(text) {
            return Err(Error::not_implemented(format_args!("a cast to '{text}'")).at(span));
        }
        let error = self.no_type(text, span);
        self.unknown_name(match alone && !text.contains('.') {
            true => error.or_hint(Some(format!(
                "the type stands behind the operand: ({text},Edm.String)"
            ))),
            false => error,
        });
        Ok(Named::Unknown)
    }
}

/// What the name of a type stands for.
enum Named {
    Primitive(T),
    Entity(SetId),
    /// It was noted already.
    Unknown,
}

fn cast_value(value: Expr, ty: T, span: Span) -> Result<Expr> {
    let null = Expr {
        kind: ExprKind::Null,
        ty: Some(ty),
        nullable: true,
    };
    match (&value.kind, value.ty) {
        (_, None) => Ok(null),
        (ExprKind::Value(Value::Text(text)), _) => {
            Ok(literal::from_text(text, ty).map_or(null, |value| Expr {
                ty: Some(ty),
                ..Expr::value(value)
            }))
        }
        (_, Some(from)) if castable(from, ty) => {
            let nullable = value.nullable || !cast_succeeds(from, ty);
            Ok(Expr {
                kind: ExprKind::Cast(Box::new(value)),
                ty: Some(ty),
                nullable,
            })
        }
        (_, Some(from)) => Err(cannot_cast(from.edm_name(), ty.edm_name(), span)),
    }
}

fn cannot_cast(from: &str, to: &str, span: Span) -> Error {
    Error::new(Code::TypeMismatch, format!("cannot cast {from} to {to}")).at(span)
}

/// Whether it is a type of OData that no property can have here (CSDL 3.3, 3.5).
fn is_other_type(name: &str) -> bool {
    let Some(name) = name.strip_prefix("Edm.") else {
        return false;
    };
    name.starts_with("Geography") || name.starts_with("Geometry") || ABSTRACT_TYPES.contains(&name)
}

const ABSTRACT_TYPES: [&str; 5] = [
    "Stream",
    "PrimitiveType",
    "ComplexType",
    "EntityType",
    "Untyped",
];

/// Whether there is no such function.
pub(super) fn is_unknown(name: &Name) -> bool {
    let lower = name.text.to_ascii_lowercase();
    functions::overloads(&lower).next().is_none()
        && !functions::NOT_OFFERED.contains(&lower.as_str())
}

/// An error for a call with the names of parameters, which functions of a model have.
pub(super) fn named(name: &Name) -> Error {
    if is_unknown(name) {
        return unknown(name);
    }
    let message = format!("'{}' takes its arguments without names", name.text);
    Error::new(Code::UnknownFunction, message).at(name.span)
}

/// An error for a function that nobody knows.
pub(super) fn unknown(name: &Name) -> Error {
    let error = Error::new(
        Code::UnknownFunction,
        format!("there is no function '{}'", name.text),
    )
    .at(name.span);
    error
        .or_hint(hint::function(&name.text))
        .or_did_you_mean(&name.text, functions::names())
}

fn no_overload(name: &Name, lower: &str, bound: &[Expr], span: Span) -> Error {
    let list = |types: &[&str]| format!("({})", types.join(", "));
    let takes: Vec<String> = functions::overloads(lower)
        .map(|function| {
            list(
                &function
                    .parameters
                    .iter()
                    .map(|operand| operand.ty().edm_name())
                    .collect::<Vec<_>>(),
            )
        })
        .collect();
    let found = list(
        &bound
            .iter()
            .map(|expr| expr.ty.map_or("null", T::edm_name))
            .collect::<Vec<_>>(),
    );
    let counts = functions::overloads(lower).map(|function| function.parameters.len());
    let mut counts: Vec<usize> = counts.collect();
    counts.dedup();
    if counts.contains(&bound.len()) {
        let takes = takes.join(" or ");
        let message = format!("'{}' takes {takes}, found {found}", name.text);
        return Error::new(Code::TypeMismatch, message).at(span);
    }
    let expected = match counts.as_slice() {
        [0] => "no arguments".to_owned(),
        [1] => "1 argument".to_owned(),
        _ => {
            let counts = counts.iter().map(usize::to_string).collect::<Vec<_>>();
            format!("{} arguments", counts.join(" or "))
        }
    };
    let message = format!("'{}' takes {expected}, found {}", name.text, bound.len());
    let error = Error::new(Code::UnknownFunction, message).at(span);
    match counts.as_slice() {
        [0] => error,
        _ => error.hint(format!("its arguments are {}", takes.join(" or "))),
    }
}

/// The overload that takes operands of these types. A null fits everywhere, a quoted literal where
/// a date or a time is taken too.
fn choose(name: &str, bound: &[Expr]) -> Option<&'static Function> {
    let fits = |expr: &Expr, operand: Operand| match (expr.ty, &expr.kind) {
        (None, _) => true,
        (Some(ty), _) if operand.takes(ty) => true,
        (_, ExprKind::Value(Value::Text(text))) => {
            matches!(
                operand,
                Operand::DateTimeOffset | Operand::Date | Operand::TimeOfDay | Operand::Duration
            ) && literal::from_text(text, operand.ty()).is_some()
        }
        _ => false,
    };
    functions::overloads(name).find(|function| {
        function.parameters.len() == bound.len()
            && bound
                .iter()
                .zip(function.parameters)
                .all(|(expr, operand)| fits(expr, *operand))
    })
}

fn as_operand(expr: Expr, operand: Operand) -> Expr {
    let ty = operand.ty();
    match (&expr.kind, operand) {
        (ExprKind::Value(Value::Text(text)), operand) if operand != Operand::Text => {
            literal::from_text(text, ty).map_or(expr, Expr::value)
        }
        (_, Operand::Text) => match expr.ty {
            None => Expr {
                ty: Some(ty),
                ..expr
            },
            Some(_) => expr,
        },
        // No text has so many characters: what is beyond is as good as the last of them.
        (ExprKind::Value(Value::Integer(n)), Operand::Integer) => {
            let n = (*n).clamp(1 - i64::from(i32::MAX), i64::from(i32::MAX) - 1);
            Expr::certain(
                ExprKind::Convert(Box::new(Expr::value(Value::Integer(n)))),
                ty,
            )
        }
        (_, Operand::Integer) if expr.ty.is_some() => expr,
        _ => convert(expr, ty),
    }
}

fn has_other_offset(text: &str) -> bool {
    let clock = text.split_once(['T', 't']).map_or("", |(_, clock)| clock);
    match clock.find(['+', '-']) {
        Some(sign) => clock[sign + 1..]
            .bytes()
            .any(|b| b.is_ascii_digit() && b != b'0'),
        None => false,
    }
}

/// Whether every value of `from` is one of `to`.
fn widening(from: T, to: T) -> bool {
    match (from.numeric_rank(), to.numeric_rank()) {
        (Some(a), Some(b)) => a <= b,
        _ => from.edm_name() == to.edm_name(),
    }
}

/// Whether a cast gives a value for every value. A date or time beyond what a row can show has no
/// text, and a Decimal may be larger than any Double.
fn cast_succeeds(from: T, to: T) -> bool {
    match (from, to) {
        (T::DateTimeOffset | T::Date | T::TimeOfDay | T::Duration, T::String) => false,
        (_, T::String) => true,
        (T::Decimal, T::Single | T::Double) => false,
        _ => widening(from, to),
    }
}

/// Whether a value of `from` can become one of `to` (URL Conventions 5.1.1.10.1).
fn castable(from: T, to: T) -> bool {
    from == to
        || to == T::String
        || from.is_text()
        || from.is_numeric() && to.is_numeric()
        || matches!(
            (from, to),
            (T::DateTimeOffset, T::Date | T::TimeOfDay) | (T::Date, T::DateTimeOffset)
        )
}
