//! Key predicates: the conditions that they stand for (URL Conventions 4.3).

use super::bind::Binder;
use super::{Comparison, Expr, ExprKind, Scoped, Value, literal, operand};
use crate::error::{Code, Error, Result, Span};
use crate::uri::ast::{self, Argument, Literal};
use std::borrow::Cow;

/// Stands in a plan's canonical path where a key of [`Keys`] does. No text of a client has this character there:
/// it would be percent-encoded.
pub(super) const KEY: &str = "\u{2}";

/// The whole numbers in parentheses that a path names entities by, in order: `Conversation(1)/messages(2)` has
/// two. Parts of longer keys, texts and other types are none of them.
///
/// They stand beside the plan, not in it: requests that differ in nothing else have one plan. Whoever makes
/// a statement of a plan has to bring the keys of the request at hand.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Keys(Vec<i64>);

impl Keys {
    /// These keys.
    pub fn of(keys: Vec<i64>) -> Keys {
        Keys(keys)
    }

    /// Whether the path names no entity by a whole number.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The key at this place.
    pub fn get(&self, place: usize) -> Option<i64> {
        self.0.get(place).copied()
    }

    /// A canonical text of the plan with the keys at their places.
    pub(super) fn fill<'a>(&self, canonical: &'a str) -> Cow<'a, str> {
        if self.0.is_empty() {
            return canonical.into();
        }
        let mut parts = canonical.split(KEY);
        let mut text = parts.next().unwrap_or_default().to_owned();
        for (part, key) in parts.zip(&self.0) {
            text.push_str(itoa::Buffer::new().format(*key));
            text.push_str(part);
        }
        text.into()
    }
}

impl<'a> Binder<'a> {
    /// A key predicate as a condition (URL Conventions 4.3.1).
    pub(super) fn bind_key(
        &mut self,
        from: Scoped,
        arguments: &'a [Argument],
        span: Span,
    ) -> Result<Expr> {
        let set = self.set(from);
        let names = || {
            set.key
                .iter()
                .map(|place| set.properties[*place].declared.name)
        };
        let expected = || {
            names()
                .map(|name| format!("{name}=.."))
                .collect::<Vec<_>>()
                .join(",")
        };
        let wrong = || {
            let message = format!(
                "expected the key of '{}': ({})",
                set.declared.name,
                expected()
            );
            Error::new(Code::SyntaxError, message).at(span)
        };
        let mut named = arguments
            .iter()
            .filter_map(|argument| argument.name.as_ref());
        if let Some(name) = named.find(|name| set.property(&name.text).is_none()) {
            return Err(self.no_property(set, &name.text, name.span));
        }
        if arguments.len() != set.key.len() {
            return Err(wrong());
        }
        let mut conditions = Vec::new();
        for place in &set.key {
            let name = set.properties[*place].declared.name;
            let argument = match arguments {
                [single] if single.name.is_none() => single,
                _ => arguments
                    .iter()
                    .find(|argument| {
                        argument
                            .name
                            .as_ref()
                            .is_some_and(|found| found.text == name)
                    })
                    .ok_or_else(wrong)?,
            };
            conditions.push(self.bind_key_value(from, *place, &argument.value)?);
        }
        Expr::all(conditions).ok_or_else(wrong)
    }

    /// The value of a key of one part.
    pub(super) fn bind_only_key(
        &mut self,
        from: Scoped,
        value: &'a ast::Expr,
        span: Span,
    ) -> Result<Expr> {
        match self.set(from).key[..] {
            [place] => self.bind_key_value(from, place, value),
            _ => self.bind_key(from, &[], span),
        }
    }

    fn bind_key_value(&mut self, from: Scoped, place: usize, value: &'a ast::Expr) -> Result<Expr> {
        if let ast::ExprKind::Alias(name) = &value.kind {
            return self.with_alias(name, value.span, |binder, aliased| match aliased {
                Some(aliased) => binder.bind_key_value(from, place, aliased),
                None => {
                    Err(key_is_null(value.span).hint(format!("give the alias a value: &{name}=1")))
                }
            });
        }
        let ast::ExprKind::Literal(literal) = &value.kind else {
            let message = "expected a literal as key";
            return Err(Error::new(Code::SyntaxError, message)
                .at(value.span)
                .hint("text stands in single quotes"));
        };
        if matches!(literal, Literal::Null) {
            return Err(key_is_null(value.span));
        }
        let value_expr = literal::value(literal, value.span)?.map_or_else(Expr::null, Expr::value);
        self.key_equals(from, place, value_expr, value.span)
    }

    /// The same for a segment of the path: a key of one part stands beside the plan, where it is a whole
    /// number. What `$apply` makes of a path may tell it again, and an alias is an option.
    pub(super) fn bind_key_of_path(
        &mut self,
        from: Scoped,
        arguments: &'a [Argument],
        span: Span,
    ) -> Result<Expr> {
        let mut condition = self.bind_key(from, arguments, span)?;
        if let [Argument { value: written, .. }] = arguments
            && matches!(written.kind, ast::ExprKind::Literal(_))
            && let ExprKind::Compare(_, _, value) = &mut condition.kind
            && let ExprKind::Value(Value::Integer(key)) = value.kind
            && !self.applies
        {
            value.kind = ExprKind::Key(self.keys.len());
            self.keys.push((written.span, key));
        }
        Ok(condition)
    }

    /// `Conversation/1`: the segment's text is the key, without quotes.
    pub(super) fn bind_key_segment(
        &mut self,
        from: Scoped,
        text: &str,
        span: Span,
    ) -> Result<Expr> {
        let set = self.set(from);
        let [place] = set.key[..] else {
            let message = format!(
                "'{}' has a key of several parts, expected them in parentheses",
                set.declared.name
            );
            return Err(Error::new(Code::UnknownSegment, message).at(span));
        };
        let value = literal::from_text(text, set.properties[place].ty).ok_or_else(|| {
            let message = format!("'{text}' is not a key of '{}'", set.declared.name);
            Error::new(Code::UnknownSegment, message).at(span)
        })?;
        self.key_equals(from, place, Expr::value(value), span)
    }

    fn key_equals(&self, from: Scoped, place: usize, value: Expr, span: Span) -> Result<Expr> {
        let property = &self.set(from).properties[place];
        let kind = ExprKind::Property(from, place);
        let key = Expr {
            kind,
            ty: Some(property.ty),
            nullable: false,
        };
        let value = operand::read_as(value, key.ty, span)?;
        if let Some(found) = value.ty
            && operand::common_type(property.ty, found).is_none()
        {
            let (name, ty) = (property.declared.name, property.ty.edm_name());
            let message = format!("the key '{name}' is {ty}, found {}", found.edm_name());
            let hint = self.compare_hint(&key, &value);
            return Err(operand::mismatch(message, span).or_hint(hint));
        }
        operand::compare(Comparison::Eq, key, value, span)
    }
}

fn key_is_null(span: Span) -> Error {
    Error::new(Code::InvalidLiteral, "a key is never null").at(span)
}
