//! Paths in expressions (ABNF `firstMemberExpr`, `functionExpr`, `rootExpr`).
//!
//! In: the cursor at or behind a path's first name. Out: its segments. Names are not resolved: a
//! segment may be a property, a type, a function or a mistake.

use super::ast::{
    Argument, Expr, ExprKind, Lambda, Name, PathExpr, PathRoot, PathSegment, SegmentKind,
};
use super::options::Place;
use super::parser::Parser;
use super::token::Token;
use crate::error::Result;

impl Parser<'_> {
    /// `@p`, `@Namespace.Term`, `$it`, `$this`, `$root/..`, `$these/..`, with the path behind it.
    pub(crate) fn rooted(&mut self, start: usize) -> Result<Expr> {
        if self.peek() == Token::At {
            let name = self.at_name()?;
            let is_alias = !name.text.contains(['.', '#']);
            if is_alias && self.peek() != Token::Slash {
                return self.node(ExprKind::Alias(name.text), start);
            }
            let first = PathSegment {
                kind: SegmentKind::Annotation(name.text),
                span: name.span,
            };
            return self.path_behind(PathRoot::Implicit, vec![first], start);
        }
        let root = match self.peek_text() {
            "$it" => PathRoot::It,
            "$this" => PathRoot::This,
            "$root" => PathRoot::Root,
            "$these" => PathRoot::These,
            word => {
                let error = self.unexpected("an operand");
                return Err(error.did_you_mean(word, ["$it", "$this", "$root", "$these"]));
            }
        };
        self.next();
        if matches!(root, PathRoot::Root | PathRoot::These) && self.peek() != Token::Slash {
            return Err(self.unexpected("'/' and a segment"));
        }
        self.path_behind(root, Vec::new(), start)
    }

    /// What follows a name and `(`: a call, or a path whose first segment has arguments.
    pub(crate) fn call_or_path(&mut self, name: Name, start: usize) -> Result<Expr> {
        let from = self.position();
        if matches!(name.text.as_str(), "any" | "all") {
            self.lambda_needs_path(&name)?;
        }
        let arguments = self.arguments()?;
        let dotted = name.text.contains('.');
        let is_geo = name
            .text
            .get(..4)
            .is_some_and(|p| p.eq_ignore_ascii_case("geo."));
        let named = arguments.first().is_some_and(|first| first.name.is_some());
        if dotted && !is_geo && !named && !arguments.is_empty() {
            let end = self.position();
            return Err(self.error(
                from,
                end,
                format!("expected 'parameter=value' in the call of '{}'", name.text),
            ));
        }
        if matches!(self.peek(), Token::Slash | Token::Open) {
            let mut segments = Vec::new();
            self.push_named(&mut segments, name, Some((arguments, from)))?;
            return self.path_behind(PathRoot::Implicit, segments, start);
        }
        let kind = if named || (dotted && !is_geo) {
            ExprKind::NamedCall(name, arguments)
        } else {
            let values = arguments
                .into_iter()
                .map(|argument| argument.value)
                .collect();
            ExprKind::Call(name, values)
        };
        self.node(kind, start)
    }

    /// A path whose first segment is this name.
    pub(crate) fn path_from(&mut self, name: Name, start: usize) -> Result<Expr> {
        let first = PathSegment {
            kind: SegmentKind::Name(name.text),
            span: name.span,
        };
        self.path_behind(PathRoot::Implicit, vec![first], start)
    }

    /// The segments behind those already read.
    fn path_behind(
        &mut self,
        root: PathRoot,
        mut segments: Vec<PathSegment>,
        start: usize,
    ) -> Result<Expr> {
        while self.peek() == Token::Slash {
            self.next();
            let ends = self.segment(&mut segments)?;
            let span = self.span_from(start);
            self.check(
                "path_segments",
                self.limits.path_segments,
                segments.len(),
                span,
            )?;
            if ends {
                break;
            }
        }
        self.node(ExprKind::Path(PathExpr { root, segments }), start)
    }

    /// One segment behind `/`; true if none can follow it.
    fn segment(&mut self, segments: &mut Vec<PathSegment>) -> Result<bool> {
        let start = self.position();
        match self.peek() {
            Token::At => {
                let name = self.at_name()?;
                segments.push(PathSegment {
                    kind: SegmentKind::Annotation(name.text),
                    span: name.span,
                });
                Ok(false)
            }
            Token::Dollar => match self.peek_text() {
                "$count" => {
                    segments.push(self.count_segment()?);
                    Ok(true)
                }
                "$filter" => {
                    segments.push(self.filter_segment()?);
                    self.key_behind(segments)?;
                    Ok(false)
                }
                word => {
                    let error = self.unexpected("a segment of a path");
                    Err(error.did_you_mean(word, ["$count", "$filter"]))
                }
            },
            Token::Name => {
                let name = self.qualified("a segment of a path")?;
                if self.peek() != Token::Open {
                    segments.push(PathSegment {
                        kind: SegmentKind::Name(name.text),
                        span: name.span,
                    });
                    return Ok(false);
                }
                let kind = match name.text.to_ascii_lowercase().as_str() {
                    "any" => SegmentKind::Any(self.any()?),
                    "all" => SegmentKind::All(self.all()?),
                    _ if name.text == "aggregate" => {
                        SegmentKind::Aggregate(Box::new(self.aggregate_function()?))
                    }
                    _ => {
                        let from = self.position();
                        let arguments = self.arguments()?;
                        self.push_named(segments, name, Some((arguments, from)))?;
                        return Ok(false);
                    }
                };
                let span = self.span_from(start);
                self.count_node(span)?;
                segments.push(PathSegment { kind, span });
                Ok(true)
            }
            _ => Err(self.unexpected("a segment of a path")),
        }
    }

    /// `$count`, with its options. (Here and not above: in a debug build options are large on the
    /// stack of whoever holds them.)
    fn count_segment(&mut self) -> Result<PathSegment> {
        let start = self.next().start;
        let options = match self.peek() {
            Token::Open => Box::new(self.nested_options(Place::CountInExpr)?),
            _ => Box::default(),
        };
        Ok(PathSegment {
            kind: SegmentKind::Count(options),
            span: self.span_from(start),
        })
    }

    /// A name, its arguments, and a key behind them.
    fn push_named(
        &mut self,
        segments: &mut Vec<PathSegment>,
        name: Name,
        arguments: Option<(Vec<Argument>, usize)>,
    ) -> Result<()> {
        segments.push(PathSegment {
            kind: SegmentKind::Name(name.text),
            span: name.span,
        });
        let Some((arguments, from)) = arguments else {
            return Ok(());
        };
        let is_key = arguments.first().is_some_and(|first| first.name.is_none());
        if is_key {
            self.check_key(&arguments, from)?;
        }
        segments.push(PathSegment {
            kind: SegmentKind::Arguments(arguments),
            span: self.span_from(from),
        });
        if !is_key {
            self.key_behind(segments)?;
        }
        Ok(())
    }

    /// A key predicate, where `(` follows.
    pub(crate) fn key_behind(&mut self, segments: &mut Vec<PathSegment>) -> Result<()> {
        if self.peek() != Token::Open {
            return Ok(());
        }
        let from = self.position();
        let arguments = self.arguments()?;
        self.check_key(&arguments, from)?;
        segments.push(PathSegment {
            kind: SegmentKind::Arguments(arguments),
            span: self.span_from(from),
        });
        Ok(())
    }

    /// A key predicate is one value, or `name=value` pairs; each value a literal or an alias.
    pub(crate) fn check_key(&self, arguments: &[Argument], from: usize) -> Result<()> {
        let simple = arguments.first().is_some_and(|first| first.name.is_none());
        let wrong = match arguments {
            [] => true,
            [_] => false,
            _ => simple,
        };
        let right = arguments
            .iter()
            .all(|argument| is_key_value(&argument.value));
        if !wrong && right {
            return Ok(());
        }
        let message = "expected a key: one literal or alias, or 'property=value' pairs";
        let error = self.error(from, self.position(), message);
        Err(match arguments {
            [one] if matches!(one.value.kind, ExprKind::Path(_)) => {
                let text = self
                    .slice(from, self.position())
                    .trim_matches(['(', ')', ' ']);
                error.hint(format!("text stands in single quotes: ('{text}')"))
            }
            _ => error,
        })
    }

    /// `$filter(expr)`.
    pub(crate) fn filter_segment(&mut self) -> Result<PathSegment> {
        let start = self.next().start;
        self.expect(Token::Open, "'(' behind '$filter'")?;
        let expr = self.enclosed(Parser::expr)?;
        self.close("an operator or ')'")?;
        Ok(PathSegment {
            kind: SegmentKind::Filter(Box::new(expr)),
            span: self.span_from(start),
        })
    }

    /// `([x:expr])`, behind `any`.
    pub(crate) fn any(&mut self) -> Result<Option<Lambda>> {
        self.expect(Token::Open, "'('")?;
        self.skip_space();
        if self.eat(Token::Close) {
            return Ok(None);
        }
        self.lambda().map(Some)
    }

    /// `(x:expr)`, behind `all`.
    pub(crate) fn all(&mut self) -> Result<Lambda> {
        self.expect(Token::Open, "'('")?;
        self.skip_space();
        self.lambda()
    }

    fn lambda(&mut self) -> Result<Lambda> {
        let variable = self.identifier("a range variable, as in 'any(x:x/id eq 1)'")?;
        self.skip_space();
        self.expect(Token::Colon, "':' behind the range variable")?;
        self.lambda_depth += 1;
        self.check(
            "lambda_depth",
            self.limits.lambda_depth,
            self.lambda_depth,
            variable.span,
        )?;
        let predicate = self.enclosed(Parser::expr)?;
        self.lambda_depth -= 1;
        self.close("an operator or ')'")?;
        Ok(Lambda {
            variable,
            predicate: Box::new(predicate),
        })
    }

    /// `any(x:..)` without a collection before it is a mistake that deserves its own words.
    fn lambda_needs_path(&mut self, name: &Name) -> Result<()> {
        let before = self.position();
        self.next();
        self.skip_space();
        let is_lambda = self.eat(Token::Name) && {
            self.skip_space();
            self.peek() == Token::Colon
        };
        let end = self.position();
        self.set_position(before);
        if !is_lambda {
            return Ok(());
        }
        let text = format!("expected a collection and '/' before '{}'", name.text);
        Err(self
            .error(before, end, text)
            .hint(format!("as in 'items/{}(x:..)'", name.text)))
    }
}

/// Whether a value may stand in a key predicate.
fn is_key_value(value: &Expr) -> bool {
    use super::ast::Literal;
    match &value.kind {
        ExprKind::Alias(_) => true,
        ExprKind::Literal(literal) => !matches!(
            literal,
            Literal::Null | Literal::Binary(_) | Literal::Geo(..)
        ),
        _ => false,
    }
}
