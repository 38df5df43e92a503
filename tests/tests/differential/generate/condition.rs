//! Conditions: comparisons, texts, lists, lambdas.

use super::{Generator, Names};
use crate::node::{Kind, Node};
use tests::oracle::Type;

impl Generator<'_> {
    pub(super) fn condition(&mut self, depth: usize, names: &Names) -> Node {
        let kind = Kind::Expr(Type::Boolean);
        let two = |me: &mut Self, template| {
            let inner = vec![
                me.expr(Type::Boolean, depth, names),
                me.expr(Type::Boolean, depth, names),
            ];
            Node::new(kind, template, inner)
        };
        match self.random.below(23) {
            0..2 => two(self, "({} and {})"),
            2..4 => two(self, "({} or {})"),
            4..7 => {
                let inner = self.expr(Type::Boolean, depth, names);
                Node::new(kind, "not ({})", vec![inner])
            }
            7..13 => self.comparison(depth, names),
            13..16 => {
                let name = *self.random.choose(&["contains", "startswith", "endswith"]);
                let text = self.expr(Type::String, depth, names);
                let part = self.leaf(Type::String, names, false);
                Node::new(kind, &format!("{name}({{}},{{}})"), vec![text, part])
            }
            16 => self.member(depth, names),
            17..20 if self.lambdas < 2 && !names.many.is_empty() => self.lambda(depth, names),
            20 if !names.one.is_empty() => {
                let path = self.random.choose(&names.one).clone();
                let op = *self.random.choose(&["eq", "ne"]);
                Node::leaf(kind, format!("({path} {op} null)"))
            }
            22 if !names.values.is_empty() => {
                let path = self.random.choose(&names.values).path.clone();
                Node::leaf(kind, format!("isdefined({path})"))
            }
            21 => self.case(Type::Boolean, depth.min(1), names),
            _ => self.leaf(Type::Boolean, names, false),
        }
    }

    /// `eq` to `le`, of two numbers or of two values of one type, or with null.
    pub(super) fn comparison(&mut self, depth: usize, names: &Names) -> Node {
        let kind = Kind::Expr(Type::Boolean);
        let mut left = self.computed_type();
        if self.random.percent(20) {
            left = *self
                .random
                .choose(&[Type::Int16, Type::Int32, Type::Single]);
        }
        let ops: &[&str] = match left {
            Type::Binary | Type::Guid => &["eq", "ne"],
            _ => &["eq", "ne", "gt", "ge", "lt", "le"],
        };
        let op = *self.random.choose(ops);
        let a = self.expr(left, depth, names);
        if self.random.percent(12) {
            return Node::new(kind, &format!("({{}} {op} null)"), vec![a]);
        }
        // With itself: only NaN is not equal to that.
        if self.random.percent(6) {
            let b = a.clone();
            return Node::new(kind, &format!("({{}} {op} {{}})"), vec![a, b]);
        }
        let numbers = [
            Type::Int16,
            Type::Int32,
            Type::Int64,
            Type::Decimal,
            Type::Single,
            Type::Double,
        ];
        let right = if numbers.contains(&left) && self.random.percent(60) {
            *self.random.choose(&numbers)
        } else {
            left
        };
        let depth = if self.random.percent(60) { 0 } else { depth };
        let b = self.expr(right, depth, names);
        Node::new(kind, &format!("({{}} {op} {{}})"), vec![a, b])
    }

    pub(super) fn member(&mut self, depth: usize, names: &Names) -> Node {
        let ty = self.computed_type();
        let mut inner = vec![self.expr(ty, depth.min(1), names)];
        let mut items = Vec::new();
        for _ in 0..1 + self.random.below(4) {
            if self.random.percent(15) {
                items.push("null");
            } else {
                inner.push(self.literal(ty));
                items.push("{}");
            }
        }
        let template = format!("({{}} in ({}))", items.join(","));
        Node::new(Kind::Expr(Type::Boolean), &template, inner)
    }

    pub(super) fn lambda(&mut self, depth: usize, names: &Names) -> Node {
        let kind = Kind::Expr(Type::Boolean);
        let (path, table) = self.random.choose(&names.many).clone();
        let variable = ["m", "k"][self.lambdas.min(1)];
        let mut inside = Names {
            one: Vec::new(),
            ..names.clone()
        };
        // The members' own names are what is mostly asked for.
        if self.random.percent(70) {
            inside = Names::default();
        }
        inside.add(self.world, table, &format!("{variable}/"), 1);
        self.lambdas += 1;
        let node = match self.random.below(7) {
            0 => Node::leaf(kind, format!("{path}/any()")),
            1..4 => {
                let inner = self.expr(Type::Boolean, depth, &inside);
                Node::new(kind, &format!("{path}/any({variable}:{{}})"), vec![inner])
            }
            _ => {
                let inner = self.expr(Type::Boolean, depth, &inside);
                Node::new(kind, &format!("{path}/all({variable}:{{}})"), vec![inner])
            }
        };
        self.lambdas -= 1;
        node
    }
}
