//! Operands of expressions: literals, lists, arrays, objects, calls (ABNF sections 4 and 5).
//!
//! In: the cursor before an operand. Out: its node, and the cursor behind it. What starts a path goes
//! on in `member`. Whether a function exists is not known here.

use super::ast::{Argument, Expr, ExprKind, Literal, TypeName};
use super::parser::Parser;
use super::token::Token;
use crate::error::Result;

impl Parser<'_> {
    /// What stands behind `in`: a list, or an operand that is a collection.
    pub(crate) fn list_or_operand(&mut self) -> Result<Expr> {
        let start = self.position();
        if !self.eat(Token::Open) {
            return self.operand();
        }
        self.enclosed(|p| p.list(start))
    }

    /// A list or an expression in parentheses, behind `(`.
    pub(crate) fn list(&mut self, start: usize) -> Result<Expr> {
        self.skip_space();
        if self.eat(Token::Close) {
            return self.node(ExprKind::List(Vec::new()), start);
        }
        let first = self.item()?;
        if !is_list_item(&first) {
            let text = "text stands in single quotes: ('a','b')";
            self.close("')', for only literals can stand in a list")
                .map_err(|error| match self.peek() {
                    Token::Comma => error.or_hint(Some(text)),
                    _ => error,
                })?;
            return Ok(first);
        }
        let mut items = vec![first];
        while self.eat_comma() {
            let from = self.position();
            let item = self.item()?;
            if !is_list_item(&item) {
                let to = self.position();
                return Err(self.error(from, to, "expected a literal in the list of 'in'"));
            }
            items.push(item);
            let span = self.span_from(start);
            self.check("list_items", self.limits.list_items, items.len(), span)?;
        }
        self.close("',' or ')' in the list")?;
        match (items.len(), items.pop()) {
            // `(@p)` is an expression in parentheses.
            (
                1,
                Some(Expr {
                    kind: kind @ ExprKind::Alias(_),
                    span,
                }),
            ) => Ok(Expr { kind, span }),
            (_, Some(last)) => {
                items.push(last);
                self.node(ExprKind::List(items), start)
            }
            (_, None) => self.node(ExprKind::List(items), start),
        }
    }

    /// One item of a list or an array: a literal there is no node, the list's own limit bounds them.
    pub(crate) fn item(&mut self) -> Result<Expr> {
        let item = self.expr()?;
        if matches!(item.kind, ExprKind::Literal(_)) {
            self.nodes = self.nodes.saturating_sub(1);
        }
        Ok(item)
    }

    /// One operand, without operators.
    pub(crate) fn operand(&mut self) -> Result<Expr> {
        let start = self.position();
        if let Some(literal) = self.literal()? {
            return self.node(ExprKind::Literal(literal), start);
        }
        match self.peek() {
            Token::Open => self.enclosed(Parser::parenthesised),
            Token::OpenBracket => self.enclosed(|p| p.array(start)),
            Token::OpenBrace => self.enclosed(|p| p.object(start)),
            Token::Name => self.named(start),
            Token::At | Token::Dollar => self.rooted(start),
            _ => Err(self.unexpected("an operand")),
        }
    }

    /// `(expr)`.
    fn parenthesised(&mut self) -> Result<Expr> {
        self.next();
        let inner = self.expr()?;
        let before = self.position();
        if self.eat_comma() {
            let text = "expected an operator or ')', found ',', as a list stands only behind 'in'";
            return Err(self.error(before, before + 1, text));
        }
        self.close("an operator or ')'")?;
        Ok(inner)
    }

    /// `[1,2]`.
    pub(crate) fn array(&mut self, start: usize) -> Result<Expr> {
        self.next();
        self.skip_space();
        let mut items = Vec::new();
        if !self.eat(Token::CloseBracket) {
            loop {
                items.push(self.json_value()?);
                let span = self.span_from(start);
                self.check("list_items", self.limits.list_items, items.len(), span)?;
                if !self.eat_comma() {
                    break;
                }
            }
            self.skip_space();
            self.expect(Token::CloseBracket, "',' or ']'")?;
        }
        self.node(ExprKind::Array(items), start)
    }

    /// `{"a":1}`.
    pub(crate) fn object(&mut self, start: usize) -> Result<Expr> {
        self.next();
        self.skip_space();
        let mut members = Vec::new();
        if !self.eat(Token::CloseBrace) {
            loop {
                let name = self.json_string("the name of a member in double quotes")?;
                self.skip_space();
                self.expect(Token::Colon, "':'")?;
                self.skip_space();
                members.push((name, self.json_value()?));
                let span = self.span_from(start);
                self.check("list_items", self.limits.list_items, members.len(), span)?;
                if !self.eat_comma() {
                    break;
                }
            }
            self.skip_space();
            self.expect(Token::CloseBrace, "',' or '}'")?;
        }
        self.node(ExprKind::Object(members), start)
    }

    /// A string in double quotes, or an expression (`valueInUrl`).
    fn json_value(&mut self) -> Result<Expr> {
        let start = self.position();
        if matches!(self.peek(), Token::JsonString | Token::OpenJsonString) {
            let text = self.json_string("a value")?;
            let span = self.span_from(start);
            return Ok(Expr {
                kind: ExprKind::Literal(Literal::String(text)),
                span,
            });
        }
        self.item()
    }

    pub(crate) fn json_string(&mut self, expected: &str) -> Result<String> {
        let found = self.expect(Token::JsonString, expected)?;
        let span = self.span(found.start, found.end);
        self.check(
            "string_bytes",
            self.limits.string_bytes,
            found.end - found.start,
            span,
        )?;
        let text = self.slice(found.start + 1, found.end.saturating_sub(1));
        unescape(text).ok_or_else(|| {
            self.error(
                found.start,
                found.end,
                "expected a JSON string, found a wrong '\\' escape",
            )
        })
    }

    /// What starts with a name: a call, a literal with a prefix, or a path.
    pub(crate) fn named(&mut self, start: usize) -> Result<Expr> {
        let name = self.qualified("an operand")?;
        match self.peek() {
            Token::String => {
                let literal = self.prefixed_literal(&name.text, start)?;
                self.node(ExprKind::Literal(literal), start)
            }
            Token::Open => {
                let lower = name.text.to_ascii_lowercase();
                match lower.as_str() {
                    "cast" => {
                        let (expr, of) = self.enclosed(Parser::type_call)?;
                        self.node(ExprKind::Cast(expr, of), start)
                    }
                    "isof" => {
                        let (expr, of) = self.enclosed(Parser::type_call)?;
                        self.node(ExprKind::IsOf(expr, of), start)
                    }
                    "case" => self.case(start),
                    _ => self.call_or_path(name, start),
                }
            }
            _ => self.path_from(name, start),
        }
    }

    /// `([expr,]type)`, behind `cast` and `isof`.
    pub(crate) fn type_call(&mut self) -> Result<(Option<Box<Expr>>, TypeName)> {
        self.expect(Token::Open, "'('")?;
        self.skip_space();
        let before = self.position();
        if self.peek() == Token::Name
            && let Ok(name) = self.type_name()
        {
            self.skip_space();
            if self.eat(Token::Close) {
                return Ok((None, name));
            }
        }
        self.set_position(before);
        let expr = self.expr()?;
        self.skip_space();
        self.expect(Token::Comma, "an operator, or ',' and a type")?;
        self.skip_space();
        let name = self.type_name()?;
        self.close("')' behind the type")?;
        Ok((Some(Box::new(expr)), name))
    }

    /// `optionallyQualifiedTypeName`.
    pub(crate) fn type_name(&mut self) -> Result<TypeName> {
        let collection = self.peek() == Token::Name
            && self.peek_text() == "Collection"
            && self.peek_second() == Token::Open;
        if collection {
            self.next();
            self.next();
        }
        let name = self.qualified("the name of a type")?;
        if collection {
            self.expect(Token::Close, "')' behind the type")?;
        }
        Ok(TypeName { name, collection })
    }

    /// `(condition:value,..)`, behind `case`.
    pub(crate) fn case(&mut self, start: usize) -> Result<Expr> {
        self.expect(Token::Open, "'('")?;
        let mut branches = Vec::new();
        loop {
            let condition = self.with_case(true, Parser::expr)?;
            self.skip_space();
            self.expect(
                Token::Colon,
                "an operator, or ':' and the value of this condition",
            )?;
            let value = self.enclosed(Parser::expr)?;
            branches.push((condition, value));
            if !self.eat_comma() {
                break;
            }
        }
        self.close("an operator, ',' or ')'")?;
        self.node(ExprKind::Case(branches), start)
    }

    /// Arguments in parentheses: all with names, or all without.
    pub(crate) fn arguments(&mut self) -> Result<Vec<Argument>> {
        self.enclosed(Parser::arguments_inside)
    }

    fn arguments_inside(&mut self) -> Result<Vec<Argument>> {
        self.expect(Token::Open, "'('")?;
        self.skip_space();
        let mut arguments: Vec<Argument> = Vec::new();
        if self.eat(Token::Close) {
            return Ok(arguments);
        }
        loop {
            let named = self.peek() == Token::Name && self.peek_second() == Token::Equals;
            let mixed = arguments
                .first()
                .is_some_and(|first| first.name.is_some() != named);
            if mixed {
                return Err(self.unexpected(if named {
                    "an argument without a name, as before"
                } else {
                    "an argument 'name=value', as before"
                }));
            }
            let name = match named {
                true => {
                    let name = self.identifier("the name of a parameter")?;
                    self.next();
                    Some(name)
                }
                false => None,
            };
            let value = self.expr()?;
            arguments.push(Argument { name, value });
            if !self.eat_comma() {
                break;
            }
        }
        self.close("an operator, ',' or ')'")?;
        Ok(arguments)
    }
}

/// What may stand in a list: a literal, or an alias of one.
fn is_list_item(item: &Expr) -> bool {
    matches!(item.kind, ExprKind::Literal(_) | ExprKind::Alias(_))
}

/// The text of a JSON string, its escapes resolved.
fn unescape(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars();
    let mut units: Vec<u16> = Vec::new();
    while let Some(c) = rest.next() {
        let escaped = match c {
            '\\' => rest.next()?,
            _ => '\0',
        };
        if escaped == 'u' {
            let digits: String = rest.by_ref().take(4).collect();
            let is_hex = digits.len() == 4 && digits.chars().all(|c| c.is_ascii_hexdigit());
            units.push(u16::from_str_radix(&digits, 16).ok().filter(|_| is_hex)?);
            continue;
        }
        if !units.is_empty() {
            out.push_str(&String::from_utf16(&units).ok()?);
            units.clear();
        }
        out.push(match escaped {
            '\0' => c,
            '"' | '\\' | '/' => escaped,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            _ => return None,
        });
    }
    if !units.is_empty() {
        out.push_str(&String::from_utf16(&units).ok()?);
    }
    Some(out)
}
