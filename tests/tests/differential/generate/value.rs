//! Numbers, texts, dates and durations.

use super::{FLOATS, Generator, INTEGERS, Names};
use crate::node::{Kind, Node};
use tests::oracle::Type;

impl Generator<'_> {
    pub(super) fn integer(&mut self, ty: Type, depth: usize, names: &Names) -> Node {
        let kind = Kind::Expr(ty);
        // What has a type of its own counts for the wider types alone.
        match self.random.below(10) {
            0..4 => self.arithmetic(ty, depth, names),
            4 if ty != Type::Int16 => {
                let inner = self.expr(Type::String, depth, names);
                Node::new(kind, "length({})", vec![inner])
            }
            5 if ty != Type::Int16 => {
                let text = self.expr(Type::String, depth, names);
                let part = self.leaf(Type::String, names, false);
                Node::new(kind, "indexof({},{})", vec![text, part])
            }
            6 if ty != Type::Int16 => {
                let (name, of) = *self.random.choose(&[
                    ("year", Type::DateTimeOffset),
                    ("month", Type::DateTimeOffset),
                    ("day", Type::Date),
                    ("year", Type::Date),
                    ("hour", Type::DateTimeOffset),
                    ("minute", Type::TimeOfDay),
                    ("second", Type::DateTimeOffset),
                    ("second", Type::TimeOfDay),
                    ("totaloffsetminutes", Type::DateTimeOffset),
                ]);
                let inner = self.expr(of, depth, names);
                Node::new(kind, &format!("{name}({{}})"), vec![inner])
            }
            7 if ty == Type::Int64 && self.lambdas == 0 && !names.many.is_empty() => {
                let (path, table) = self.random.choose(&names.many).clone();
                if self.random.percent(50) {
                    return Node::leaf(kind, format!("{path}/$count"));
                }
                let mut inside = Names::default();
                inside.add(self.world, table, "", 1);
                let filter = self.expr(Type::Boolean, depth, &inside);
                Node::new(kind, &format!("{path}/$count($filter={{}})"), vec![filter])
            }
            8 => {
                let from =
                    *self
                        .random
                        .choose(&[Type::String, Type::Int64, Type::Decimal, Type::Double]);
                let inner = self.expr(from, depth, names);
                let name = match ty {
                    Type::Int16 => "Edm.Int16",
                    Type::Int32 => "Edm.Int32",
                    _ => "Edm.Int64",
                };
                Node::new(kind, &format!("cast({{}},{name})"), vec![inner])
            }
            9 => self.case(ty, depth.min(1), names),
            _ => self.leaf(ty, names, false),
        }
    }

    /// `add` to `mod` and unary minus, over calm operands mostly.
    pub(super) fn arithmetic(&mut self, ty: Type, depth: usize, names: &Names) -> Node {
        let kind = Kind::Expr(ty);
        let narrower: &[Type] = match ty {
            Type::Int16 => &[Type::Int16],
            Type::Int32 => &[Type::Int16, Type::Int32],
            Type::Int64 => &INTEGERS,
            Type::Decimal => &[Type::Int32, Type::Int64, Type::Decimal],
            Type::Single => &FLOATS,
            _ => &[Type::Int32, Type::Decimal, Type::Single, Type::Double],
        };
        if self.random.percent(12) {
            let inner = self.operand(ty, depth, names);
            return Node::new(kind, "-({})", vec![inner]);
        }
        let (mut a, mut b) = (ty, *self.random.choose(narrower));
        if self.random.percent(40) {
            std::mem::swap(&mut a, &mut b);
        }
        let op = *self
            .random
            .choose(&["add", "sub", "mul", "div", "mod", "add", "sub", "mul"]);
        let a = self.operand(a, depth, names);
        let b = if matches!(op, "div" | "mod") && self.random.percent(85) {
            let text = match b {
                Type::Decimal => *self.random.choose(&["0.5", "-1.5", "4.0", "3.0"]),
                Type::Single | Type::Double => *self.random.choose(&["2e0", "-5e-1", "0e0"]),
                _ => *self.random.choose(&["1", "2", "3", "-4", "7"]),
            };
            Node::leaf(Kind::Expr(b), text)
        } else {
            self.operand(b, depth, names)
        };
        Node::new(kind, &format!("({{}} {op} {{}})"), vec![a, b])
    }

    pub(super) fn operand(&mut self, ty: Type, depth: usize, names: &Names) -> Node {
        if depth > 0 && self.random.percent(40) {
            self.expr(ty, depth, names)
        } else {
            let calm = self.random.percent(92);
            self.leaf(ty, names, calm)
        }
    }

    pub(super) fn calm(&mut self, ty: Type, names: &Names) -> Node {
        self.leaf(ty, names, true)
    }

    pub(super) fn string(&mut self, depth: usize, names: &Names) -> Node {
        let kind = Kind::Expr(Type::String);
        let text = |me: &mut Self| me.expr(Type::String, depth, names);
        match self.random.below(13) {
            0..2 => {
                let (a, b) = (text(self), self.leaf(Type::String, names, false));
                Node::new(kind, "concat({},{})", vec![a, b])
            }
            2..5 => {
                let name = *self.random.choose(&["tolower", "toupper", "trim"]);
                let inner = text(self);
                Node::new(kind, &format!("{name}({{}})"), vec![inner])
            }
            5..8 => {
                let inner = text(self);
                let start = *self.random.choose(&["0", "1", "2", "5", "-1", "-2", "-9"]);
                Node::new(kind, &format!("substring({{}},{start})"), vec![inner])
            }
            8..10 => {
                let inner = text(self);
                let start = *self.random.choose(&["0", "1", "3", "-2", "-9"]);
                let length = *self.random.choose(&["0", "1", "2", "100", "100"]);
                let template = format!("substring({{}},{start},{length})");
                Node::new(kind, &template, vec![inner])
            }
            10 => {
                let from =
                    *self
                        .random
                        .choose(&[Type::Int64, Type::Boolean, Type::Date, Type::Guid]);
                let inner = self.expr(from, depth.min(1), names);
                Node::new(kind, "cast({},Edm.String)", vec![inner])
            }
            11 => self.case(Type::String, depth.min(1), names),
            _ => self.leaf(Type::String, names, false),
        }
    }

    pub(super) fn temporal(&mut self, ty: Type, depth: usize, names: &Names) -> Node {
        let kind = Kind::Expr(ty);
        let new = |template: &str, inner| Node::new(kind, template, inner);
        match (ty, self.random.below(6)) {
            (Type::DateTimeOffset, 0..2) => {
                let op = *self.random.choose(&["add", "sub"]);
                let a = self.expr(ty, depth, names);
                let b = self.calm(Type::Duration, names);
                new(&format!("({{}} {op} {{}})"), vec![a, b])
            }
            (Type::DateTimeOffset, 2) => {
                let inner = self.expr(Type::Date, depth, names);
                new("cast({},Edm.DateTimeOffset)", vec![inner])
            }
            (Type::DateTimeOffset, 3) => Node::leaf(
                kind,
                *self.random.choose(&["mindatetime()", "maxdatetime()"]),
            ),
            (Type::Date, 0..2) => {
                let inner = self.expr(Type::DateTimeOffset, depth, names);
                let template = *self.random.choose(&["date({})", "cast({},Edm.Date)"]);
                new(template, vec![inner])
            }
            (Type::Date, 2..=3) => {
                let inner = self.expr(ty, depth, names);
                let by = *self.random.choose(&[
                    "add duration'P1D'",
                    "sub duration'P31D'",
                    "add duration'-P1D'",
                ]);
                new(&format!("({{}} {by})"), vec![inner])
            }
            (Type::TimeOfDay, 0..=3) => {
                let inner = self.expr(Type::DateTimeOffset, depth, names);
                new("time({})", vec![inner])
            }
            (Type::Duration, 0..2) => {
                let of = *self.random.choose(&[Type::DateTimeOffset, Type::Date]);
                let inner = vec![self.expr(of, depth, names), self.leaf(of, names, false)];
                new("({} sub {})", inner)
            }
            (Type::Duration, 2) => {
                let inner = vec![self.expr(ty, depth, names), self.calm(ty, names)];
                let op = *self.random.choose(&["add", "sub"]);
                new(&format!("({{}} {op} {{}})"), inner)
            }
            (Type::Duration, 3) => {
                let inner = self.expr(ty, depth, names);
                new("-({})", vec![inner])
            }
            (Type::Duration, 4) => {
                let inner = vec![self.calm(ty, names), self.calm(Type::Int32, names)];
                new("({} mul {})", inner)
            }
            (Type::Guid, 0) => {
                let inner = self.expr(Type::String, depth, names);
                new("cast({},Edm.Guid)", vec![inner])
            }
            (_, 5) if ty != Type::Binary => self.case(ty, depth.min(1), names),
            _ => self.leaf(ty, names, false),
        }
    }
}
