//! `aggregate` (Data Aggregation 3.2.1): its expressions, their methods and their steps.

use super::METHODS;
use crate::error::{Code, Error, Result};
use crate::uri::ast::{
    AggregateExpr, AggregateFrom, AggregateKind, Argument, Expr, ExprKind, Name, PathExpr,
    PathRoot, SegmentKind,
};
use crate::uri::hint;
use crate::uri::parser::Parser;
use crate::uri::token::Token;

/// An expression in `aggregate`, or in a path: there without an alias.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Alias {
    Allowed,
    None,
}

impl Parser<'_> {
    /// `(expr with method)`, as a segment of a path.
    pub(crate) fn aggregate_function(&mut self) -> Result<AggregateExpr> {
        self.expect(Token::Open, "'('")?;
        let expr = self.enclosed(|p| p.aggregate_expr(Alias::None))?;
        self.close("an operator or ')'")?;
        Ok(expr)
    }

    pub(super) fn aggregate_expr(&mut self, alias: Alias) -> Result<AggregateExpr> {
        self.skip_space();
        let start = self.position();
        let kind = self.aggregate_kind()?;
        let needs_method = matches!(
            kind,
            AggregateKind::Count(_) | AggregateKind::Value(_, Some(_))
        );
        let from = self.aggregate_from(needs_method)?;
        let is_custom = matches!(kind, AggregateKind::Value(_, None));
        let alias = match alias {
            Alias::None => None,
            Alias::Allowed => {
                let before = self.position();
                let has_alias = self.eat_word("as");
                self.set_position(before);
                // Only a custom aggregate has a name of its own.
                match is_custom && from.is_empty() && !has_alias {
                    true => None,
                    false => Some(self.alias()?),
                }
            }
        };
        let span = self.span_from(start);
        Ok(AggregateExpr {
            kind,
            alias,
            from,
            span,
        })
    }

    fn aggregate_kind(&mut self) -> Result<AggregateKind> {
        if self.peek() == Token::Dollar && self.peek_text() == "$count" {
            self.next();
            return Ok(AggregateKind::Count(None));
        }
        let expr = self.expr()?;
        if self.eat_word("with") {
            return Ok(AggregateKind::Value(expr, Some(self.method()?)));
        }
        let Expr {
            kind: ExprKind::Path(mut path),
            span,
        } = expr
        else {
            return Err(self.unexpected("an operator, or 'with' and a method"));
        };
        if path.root == PathRoot::Implicit
            && matches!(path.segments.last(), Some(last) if matches!(last.kind, SegmentKind::Count(_)))
        {
            path.segments.pop();
            return Ok(AggregateKind::Count(Some(path)));
        }
        let is_names = path.root == PathRoot::Implicit && is_plain(&path);
        let last_is_type = matches!(
            path.segments.last().map(|last| &last.kind),
            Some(SegmentKind::Name(name)) if name.contains('.')
        );
        if !is_names || last_is_type {
            return Err(self.unexpected("an operator, or 'with' and a method"));
        }
        let kind = ExprKind::Path(path);
        Ok(AggregateKind::Value(Expr { kind, span }, None))
    }

    pub(crate) fn method(&mut self) -> Result<Name> {
        let name = self.qualified("a method: sum, min, max, average or countdistinct")?;
        if name.text.contains('.') || METHODS.contains(&name.text.as_str()) {
            return Ok(name);
        }
        let message = format!(
            "expected sum, min, max, average, countdistinct or a qualified method, found '{}'",
            name.text
        );
        Err(Error::new(Code::SyntaxError, message)
            .at(name.span)
            .or_hint(hint::method(&name.text))
            .or_did_you_mean(&name.text, METHODS.iter().copied()))
    }

    /// ` from property,.. with method`, none or more.
    fn aggregate_from(&mut self, needs_method: bool) -> Result<Vec<AggregateFrom>> {
        let mut from = Vec::new();
        while self.eat_word("from") {
            let groups = self.items(Parser::grouping_property)?;
            let method = match self.eat_word("with") {
                true => Some(self.method()?),
                false if needs_method => {
                    return Err(self.unexpected("'/', or 'with' and a method"));
                }
                false => None,
            };
            from.push(AggregateFrom { groups, method });
        }
        Ok(from)
    }
}

/// Whether a path is of names alone, or of names with keys.
fn is_plain(path: &PathExpr) -> bool {
    path.segments.iter().all(|segment| match &segment.kind {
        SegmentKind::Name(_) => true,
        SegmentKind::Arguments(arguments) => !arguments.iter().any(is_empty_argument),
        _ => false,
    })
}

fn is_empty_argument(argument: &Argument) -> bool {
    matches!(argument.value.kind, ExprKind::Path(_))
}
