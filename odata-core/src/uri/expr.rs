//! Expressions (URL Conventions 5.1.1, ABNF `commonExpr`).
//!
//! In: the cursor before an expression. Out: its tree, by the precedence of URL Conventions 5.1.1.17,
//! and the cursor behind it. The ABNF encodes no precedence; here each operator has its power, as in
//! Pratt's parser. Names are not resolved: whether a function exists is not known here.

use super::ast::{Argument, BinaryOp, Expr, ExprKind, Literal, TypeName};
use super::depth::too_deep;
use super::parser::{Parser, exceeded};
use super::token::Token;
use crate::error::Result;

/// How tightly an operator binds, the loosest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Power {
    Or,
    And,
    Equality,
    Relational,
    Additive,
    Multiplicative,
    Unary,
    /// `has` and `in`.
    Primary,
    /// What has no operator around it.
    Operand,
}

impl Power {
    /// What the right operand of an operator needs: they all associate to the left.
    pub(crate) fn tighter(self) -> Power {
        match self {
            Power::Or => Power::And,
            Power::And => Power::Equality,
            Power::Equality => Power::Relational,
            Power::Relational => Power::Additive,
            Power::Additive => Power::Multiplicative,
            Power::Multiplicative => Power::Unary,
            Power::Unary => Power::Primary,
            Power::Primary | Power::Operand => Power::Operand,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Or,
    And,
    Binary(BinaryOp),
}

const OPERATORS: &[Operator] = &[
    Operator::Or,
    Operator::And,
    Operator::Binary(BinaryOp::Eq),
    Operator::Binary(BinaryOp::Ne),
    Operator::Binary(BinaryOp::Gt),
    Operator::Binary(BinaryOp::Ge),
    Operator::Binary(BinaryOp::Lt),
    Operator::Binary(BinaryOp::Le),
    Operator::Binary(BinaryOp::Add),
    Operator::Binary(BinaryOp::Sub),
    Operator::Binary(BinaryOp::Mul),
    Operator::Binary(BinaryOp::Div),
    Operator::Binary(BinaryOp::DivBy),
    Operator::Binary(BinaryOp::Mod),
    Operator::Binary(BinaryOp::Has),
    Operator::Binary(BinaryOp::In),
];

/// An operator and what is left of it: one operand, or those of a chain so far.
struct Waiting {
    operator: Operator,
    operands: Vec<Expr>,
    start: usize,
    levels: usize,
}

/// An operand that is whole, with its place and the levels of operators in it.
struct Done {
    expr: Expr,
    start: usize,
    end: usize,
    levels: usize,
}

impl Waiting {
    /// Whether this is complete before `operator`, or the end, comes: they associate to the left.
    fn binds_before(&self, operator: Option<Operator>) -> bool {
        let power = self.operator.power();
        operator.is_none_or(|next| {
            power > next.power() || (power == next.power() && !self.operator.is_chain())
        })
    }
}

impl Operator {
    fn name(self) -> &'static str {
        match self {
            Operator::Or => "or",
            Operator::And => "and",
            Operator::Binary(op) => op.name(),
        }
    }

    fn power(self) -> Power {
        match self {
            Operator::Or => Power::Or,
            Operator::And => Power::And,
            Operator::Binary(op) => power(op),
        }
    }

    /// Whether several of it make one node.
    fn is_chain(self) -> bool {
        matches!(self, Operator::And | Operator::Or)
    }
}

/// How tightly a binary operator binds.
pub(crate) fn power(op: BinaryOp) -> Power {
    match op {
        BinaryOp::Eq | BinaryOp::Ne => Power::Equality,
        BinaryOp::Gt | BinaryOp::Ge | BinaryOp::Lt | BinaryOp::Le => Power::Relational,
        BinaryOp::Add | BinaryOp::Sub => Power::Additive,
        BinaryOp::Mul | BinaryOp::Div | BinaryOp::DivBy | BinaryOp::Mod => Power::Multiplicative,
        BinaryOp::Has | BinaryOp::In => Power::Primary,
    }
}

/// The names of all operators between two operands.
pub(crate) fn operator_names() -> impl Iterator<Item = &'static str> {
    OPERATORS.iter().map(|operator| operator.name())
}

impl Parser<'_> {
    /// An expression, one level deeper than what it stands in.
    pub(crate) fn expr(&mut self) -> Result<Expr> {
        self.skip_space();
        let outermost = !std::mem::replace(&mut self.in_expr, true);
        let expr = self.nested(Parser::operators)?;
        if outermost {
            self.in_expr = false;
            if let Some(span) = too_deep(&expr, self.limits.depth) {
                return Err(exceeded(self.limits, "depth").at(span));
            }
        }
        Ok(expr)
    }

    /// Operands with operators between. What waits for its right operand stands in a list of its own,
    /// not on the stack.
    fn operators(&mut self) -> Result<Expr> {
        let mut waiting: Vec<Waiting> = Vec::new();
        loop {
            let start = self.position();
            let expr = self.unary()?;
            let mut done = Done {
                expr,
                start,
                end: self.position(),
                levels: 0,
            };
            let operator = self.operator();
            while let Some(left) = waiting.pop_if(|left| left.binds_before(operator)) {
                done = self.combine(left, done)?;
            }
            let Some(operator) = operator else {
                return Ok(done.expr);
            };
            match waiting.last_mut() {
                // `a and b and` goes on.
                Some(left) if left.operator == operator && operator.is_chain() => {
                    left.levels = left.levels.max(done.levels);
                    left.operands.push(done.expr);
                }
                _ => waiting.push(Waiting {
                    operator,
                    operands: vec![done.expr],
                    start: done.start,
                    levels: done.levels,
                }),
            }
        }
    }

    /// An operator with its last operand. Each turn puts one more level around what is left of it.
    fn combine(&mut self, left: Waiting, right: Done) -> Result<Done> {
        let levels = left.levels.max(right.levels) + 1;
        self.check_depth(levels)?;
        let mut operands = left.operands;
        let kind = match left.operator {
            Operator::Binary(op) => match operands.pop() {
                Some(first) => ExprKind::Binary(op, Box::new(first), Box::new(right.expr)),
                None => right.expr.kind,
            },
            Operator::And | Operator::Or => {
                operands.push(right.expr);
                match left.operator {
                    Operator::Or => ExprKind::Or(operands),
                    _ => ExprKind::And(operands),
                }
            }
        };
        let (start, end) = (left.start, right.end);
        let span = self.span(start, end);
        self.count_node(span)?;
        Ok(Done {
            expr: Expr { kind, span },
            start,
            end,
            levels,
        })
    }

    /// An operator, with the white space around it.
    fn operator(&mut self) -> Option<Operator> {
        let before = self.position();
        let closed = self.slice(0, before).ends_with([')', ']', '}']);
        let spaced = self.skip_space();
        if (spaced || closed) && self.peek() == Token::Name {
            let word = self.peek_text();
            let known = OPERATORS
                .iter()
                .find(|op| op.name().eq_ignore_ascii_case(word));
            let behind = self.peek_second();
            if let Some(operator) = known
                && matches!(behind, Token::Space | Token::Open | Token::End)
                && operator.power() < Power::Primary
            {
                self.next();
                self.skip_space();
                return Some(*operator);
            }
        }
        self.set_position(before);
        None
    }

    /// `not a`, `-a`, or an operand with `has` or `in` behind it.
    fn unary(&mut self) -> Result<Expr> {
        let start = self.position();
        let is_not = self.peek() == Token::Name
            && self.peek_text().eq_ignore_ascii_case("not")
            && matches!(self.peek_second(), Token::Space | Token::Open);
        if is_not {
            self.next();
            self.skip_space();
            if self.peek() == Token::End {
                return Err(self.unexpected("an operand of 'not'"));
            }
            let operand = self.nested(Parser::unary)?;
            return self.node(ExprKind::Not(Box::new(operand)), start);
        }
        if self.peek() == Token::Minus && self.peek_minus_is_operator()? {
            self.next();
            self.skip_space();
            let operand = self.nested(Parser::unary)?;
            return self.node(ExprKind::Negate(Box::new(operand)), start);
        }
        let mut left = self.operand()?;
        let mut levels = 0;
        while let Some(op) = self.tight_operator() {
            levels += 1;
            self.check_depth(levels)?;
            let right = match op {
                BinaryOp::In => self.list_or_operand()?,
                _ => self.enum_operand()?,
            };
            let kind = ExprKind::Binary(op, Box::new(left), Box::new(right));
            left = self.node(kind, start)?;
        }
        Ok(left)
    }

    fn peek_minus_is_operator(&mut self) -> Result<bool> {
        let before = self.position();
        let is_literal = self.literal()?.is_some();
        self.set_position(before);
        Ok(!is_literal)
    }

    /// `has` or `in`.
    fn tight_operator(&mut self) -> Option<BinaryOp> {
        let before = self.position();
        if self.skip_space() && self.peek() == Token::Name {
            let word = self.peek_text();
            let op = [BinaryOp::Has, BinaryOp::In]
                .into_iter()
                .find(|op| op.name().eq_ignore_ascii_case(word));
            let behind = self.peek_second();
            let is_list = behind == Token::Open && op == Some(BinaryOp::In);
            if op.is_some() && (matches!(behind, Token::Space | Token::End) || is_list) {
                self.next();
                self.skip_space();
                return op;
            }
        }
        self.set_position(before);
        None
    }

    /// What stands behind `has`: an enumeration literal, or an alias of one.
    fn enum_operand(&mut self) -> Result<Expr> {
        let found = self.peek_found();
        let operand = self.operand()?;
        match operand.kind {
            ExprKind::Literal(Literal::Enum(..) | Literal::String(_) | Literal::Null)
            | ExprKind::Alias(_) => Ok(operand),
            _ => Err(self.error(
                found.start,
                self.position(),
                "expected an enumeration literal behind 'has', as in Sales.Pattern'Yellow'",
            )),
        }
    }

    /// What stands behind `in`: a list, or an operand that is a collection.
    pub(crate) fn list_or_operand(&mut self) -> Result<Expr> {
        let start = self.position();
        if !self.eat(Token::Open) {
            return self.operand();
        }
        self.enclosed(|p| p.list(start))
    }

    /// A list or an expression in parentheses, behind `(`.
    fn list(&mut self, start: usize) -> Result<Expr> {
        self.skip_space();
        if self.eat(Token::Close) {
            return self.node(ExprKind::List(Vec::new()), start);
        }
        let first = self.item()?;
        if !is_list_item(&first) {
            self.close("')', for only literals can stand in a list")?;
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
    fn item(&mut self) -> Result<Expr> {
        let item = self.expr()?;
        if matches!(item.kind, ExprKind::Literal(_)) {
            self.nodes = self.nodes.saturating_sub(1);
        }
        Ok(item)
    }

    /// One operand, without operators.
    fn operand(&mut self) -> Result<Expr> {
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
    fn array(&mut self, start: usize) -> Result<Expr> {
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
    fn object(&mut self, start: usize) -> Result<Expr> {
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

    fn json_string(&mut self, expected: &str) -> Result<String> {
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
    fn named(&mut self, start: usize) -> Result<Expr> {
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
    fn type_call(&mut self) -> Result<(Option<Box<Expr>>, TypeName)> {
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
    fn case(&mut self, start: usize) -> Result<Expr> {
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
