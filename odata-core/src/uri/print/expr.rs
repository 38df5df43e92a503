//! Expressions as text: parentheses only where the precedence asks for them.

use super::Out;
use crate::uri::ast::{Argument, Expr, ExprKind, Lambda, Literal, PathExpr, PathRoot, TypeName};
use crate::uri::expr::{Power, power};

impl Out {
    /// An expression by itself.
    pub(crate) fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Literal(_) if self.without.0.contains(&expr.span) => {
                self.push(self.without.1);
            }
            ExprKind::Literal(literal) => self.literal(literal),
            ExprKind::Alias(name) => self.data(name),
            ExprKind::Array(items) => {
                self.push("[");
                self.list(items, Out::expr);
                self.push("]");
            }
            ExprKind::Object(members) => {
                self.push("{");
                self.list(members, |out, (name, value)| {
                    out.value(|out| out.json_string(name));
                    out.push(":");
                    out.expr(value);
                });
                self.push("}");
            }
            ExprKind::List(items) => self.in_parentheses(|out| out.list(items, Out::expr)),
            ExprKind::Path(path) => self.path(path),
            ExprKind::And(operands) => self.chain(operands, " and ", Power::Equality),
            ExprKind::Or(operands) => self.chain(operands, " or ", Power::And),
            ExprKind::Not(operand) => {
                self.push("not ");
                self.operand(operand, Power::Unary);
            }
            ExprKind::Negate(operand) => self.negate(operand),
            ExprKind::Binary(op, left, right) => {
                let of = power(*op);
                self.operand(left, of);
                self.push(" ");
                self.push(op.name());
                self.push(" ");
                self.operand(right, of.tighter());
            }
            ExprKind::Call(name, arguments) => {
                self.data(&name.text);
                self.in_parentheses(|out| out.list(arguments, Out::expr));
            }
            ExprKind::NamedCall(name, arguments) => {
                self.data(&name.text);
                self.arguments(arguments);
            }
            ExprKind::Cast(operand, to) => self.type_call("cast", operand.as_deref(), to),
            ExprKind::IsOf(operand, of) => self.type_call("isof", operand.as_deref(), of),
            ExprKind::Case(branches) => {
                self.push("case");
                self.in_parentheses(|out| out.list(branches, Out::branch));
            }
        }
    }

    /// A part of an expression, in parentheses where it binds less tightly than `least`.
    fn operand(&mut self, expr: &Expr, least: Power) {
        match level(&expr.kind) < least {
            true => self.in_parentheses(|out| out.expr(expr)),
            false => self.expr(expr),
        }
    }

    fn in_parentheses(&mut self, inside: impl FnOnce(&mut Out)) {
        self.push("(");
        inside(self);
        self.push(")");
    }

    fn chain(&mut self, operands: &[Expr], between: &str, least: Power) {
        for (index, operand) in operands.iter().enumerate() {
            if index > 0 {
                self.push(between);
            }
            self.operand(operand, least);
        }
    }

    /// `-a`; in parentheses where the minus would else be taken as a number's sign.
    fn negate(&mut self, operand: &Expr) {
        self.push("-");
        let start = self.text.len();
        self.operand(operand, Power::Unary);
        let printed = self.text.get(start..).unwrap_or("");
        if printed.starts_with(|c: char| c.is_ascii_digit()) || printed.starts_with("INF") {
            self.text.insert(start, '(');
            self.push(")");
        }
    }

    fn branch(&mut self, (condition, value): &(Expr, Expr)) {
        self.expr(condition);
        // `10:20` would be a time of day.
        if self.text.ends_with(|c: char| c.is_ascii_digit()) {
            self.push(" ");
        }
        self.push(":");
        self.expr(value);
    }

    fn type_call(&mut self, function: &str, operand: Option<&Expr>, to: &TypeName) {
        self.push(function);
        self.in_parentheses(|out| {
            if let Some(operand) = operand {
                out.expr(operand);
                out.push(",");
            }
            out.type_name(to);
        });
    }

    pub(crate) fn type_name(&mut self, name: &TypeName) {
        match name.collection {
            true => {
                self.push("Collection");
                self.in_parentheses(|out| out.data(&name.name.text));
            }
            false => self.data(&name.name.text),
        }
    }

    pub(crate) fn path(&mut self, path: &PathExpr) {
        let behind = match path.root {
            PathRoot::Implicit => false,
            PathRoot::It => {
                self.push(self.it);
                true
            }
            PathRoot::This => {
                self.push("$this");
                true
            }
            PathRoot::Root => {
                self.push("$root");
                true
            }
            PathRoot::These => {
                self.push("$these");
                true
            }
        };
        self.segments(&path.segments, behind);
    }

    pub(crate) fn arguments(&mut self, arguments: &[Argument]) {
        self.in_parentheses(|out| {
            out.list(arguments, |out, argument| {
                if let Some(name) = &argument.name {
                    out.data(&name.text);
                    out.push("=");
                }
                out.expr(&argument.value);
            });
        });
    }

    pub(crate) fn lambda(&mut self, name: &str, lambda: &Lambda) {
        self.push(name);
        self.in_parentheses(|out| {
            out.data(&lambda.variable.text);
            out.push(":");
            out.expr(&lambda.predicate);
        });
    }

    pub(crate) fn literal(&mut self, literal: &Literal) {
        self.value(|out| out.shown_literal(literal));
    }

    fn shown_literal(&mut self, literal: &Literal) {
        match literal {
            Literal::Null => self.push("null"),
            Literal::Boolean(value) => self.push(&value.to_string()),
            Literal::Decimal(text) => {
                self.data(text);
                // Without fraction and exponent only the suffix tells it from an integer.
                if !text.contains(['.', 'e', 'E']) {
                    self.push("m");
                }
            }
            Literal::Double(text) => {
                self.data(text);
                if text.ends_with(|c: char| c.is_ascii_digit()) {
                    self.push("d");
                }
            }
            Literal::String(text) => self.quoted(text),
            Literal::Integer(text)
            | Literal::Date(text)
            | Literal::DateTimeOffset(text)
            | Literal::TimeOfDay(text)
            | Literal::Guid(text) => self.data(text),
            Literal::Duration(text) => self.prefixed("duration", text),
            Literal::Binary(text) => self.prefixed("binary", text),
            Literal::Enum(of, text) => self.prefixed(of, text),
            Literal::Geo(true, text) => self.prefixed("geography", text),
            Literal::Geo(false, text) => self.prefixed("geometry", text),
        }
    }

    fn prefixed(&mut self, prefix: &str, text: &str) {
        self.data(prefix);
        self.quoted(text);
    }

    /// A string in single quotes.
    pub(crate) fn quoted(&mut self, text: &str) {
        self.push("'");
        self.data(&text.replace('\'', "''"));
        self.push("'");
    }

    fn json_string(&mut self, text: &str) {
        self.push("\"");
        for c in text.chars() {
            match c {
                '"' => self.push("\\\""),
                '\\' => self.push("\\\\"),
                _ if c.is_control() => self.push(&format!("\\u{:04X}", u32::from(c))),
                _ => self.data(c.encode_utf8(&mut [0; 4])),
            }
        }
        self.push("\"");
    }
}

/// How tightly an expression holds together.
fn level(kind: &ExprKind) -> Power {
    match kind {
        ExprKind::Or(_) => Power::Or,
        ExprKind::And(_) => Power::And,
        ExprKind::Binary(op, ..) => power(*op),
        ExprKind::Not(_) | ExprKind::Negate(_) => Power::Unary,
        _ => Power::Operand,
    }
}
