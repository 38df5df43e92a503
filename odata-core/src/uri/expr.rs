//! Expressions (URL Conventions 5.1.1, ABNF `commonExpr`).
//!
//! In: the cursor before an expression. Out: its tree, by the precedence of URL Conventions 5.1.1.17,
//! and the cursor behind it. The ABNF encodes no precedence; here each operator has its power, as in
//! Pratt's parser. Names are not resolved: whether a function exists is not known here.

use super::ast::{BinaryOp, Expr, ExprKind, Literal};
use super::depth::too_deep;
use super::parser::Parser;
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

/// What no operand starts with: an operator before it has none.
fn ends(token: Token) -> bool {
    use Token::{Close, CloseBracket, Comma, End, Semicolon};
    matches!(token, Close | CloseBracket | Comma | End | Semicolon)
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
                return Err(self.limits.exceeded("depth").at(span));
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
                && (matches!(behind, Token::Space | Token::Open) || ends(behind))
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
            if op.is_some() && (behind == Token::Space || ends(behind) || is_list) {
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
}
