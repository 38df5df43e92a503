//! Random requests, well typed.

use super::model::{is_calm, pool};
use super::node::{Kind, Node};
use super::random::Random;
use tests::oracle::{Type, World};

/// A name that an expression may use.
#[derive(Debug, Clone)]
struct Named {
    path: String,
    ty: Type,
    calm: bool,
}

/// What names there are at a place.
#[derive(Debug, Clone, Default)]
struct Names {
    values: Vec<Named>,
    /// Collections, each with its table.
    many: Vec<(String, usize)>,
    /// Single entities.
    one: Vec<String>,
}

impl Names {
    /// The names of a table's rows, through to-one navigations as far as `hops`.
    fn add(&mut self, world: &World, table: usize, prefix: &str, hops: usize) {
        let table = &world.tables[table];
        for column in &table.columns {
            self.values.push(Named {
                path: format!("{prefix}{}", column.name),
                ty: column.ty,
                calm: is_calm(column.name),
            });
        }
        for nav in &table.navs {
            let (path, to) = (
                format!("{prefix}{}", nav.name),
                world.table(nav.to).unwrap(),
            );
            if nav.many {
                self.many.push((path, to));
            } else if hops > 0 {
                self.add(world, to, &format!("{path}/"), hops - 1);
                self.one.push(path);
            }
        }
    }
}

/// One request at a time.
pub(super) struct Generator<'a> {
    world: &'a World,
    random: Random,
    lambdas: usize,
}

const INTEGERS: [Type; 3] = [Type::Int16, Type::Int32, Type::Int64];
const FLOATS: [Type; 2] = [Type::Single, Type::Double];
/// Types whose expressions can be computed, with how often.
const COMPUTED: [(Type, usize); 11] = [
    (Type::Boolean, 3),
    (Type::Int64, 4),
    (Type::Decimal, 4),
    (Type::Double, 4),
    (Type::String, 5),
    (Type::DateTimeOffset, 2),
    (Type::Date, 2),
    (Type::TimeOfDay, 1),
    (Type::Duration, 2),
    (Type::Guid, 1),
    (Type::Binary, 1),
];

impl<'a> Generator<'a> {
    pub(super) fn new(world: &'a World, seed: u64) -> Generator<'a> {
        Generator {
            world,
            random: Random::new(seed),
            lambdas: 0,
        }
    }

    /// A request of any kind.
    pub(super) fn request(&mut self) -> Node {
        let table = *self.random.choose(&[0, 0, 0, 0, 0, 1, 2]);
        let set = self.world.tables[table].name;
        let mut names = Names::default();
        names.add(self.world, table, "", 2);
        let depth = 1 + self.random.below(4);
        match self.random.below(20) {
            0..10 => {
                let filter = self.expr(Type::Boolean, depth, &names);
                request(&format!("{set}?$filter={{}}&$select=id"), vec![filter])
            }
            10..13 => self.ordered(set, depth, &names),
            13..16 => {
                let ty = self.computed_type();
                let value = self.expr(ty, depth, &names);
                request(
                    &format!("{set}?$compute={{}} as v&$select=id,v"),
                    vec![value],
                )
            }
            _ => self.apply(set, depth, names),
        }
    }

    fn computed_type(&mut self) -> Type {
        let all: usize = COMPUTED.iter().map(|(_, weight)| weight).sum();
        let mut at = self.random.below(all);
        for (ty, weight) in COMPUTED {
            if at < weight {
                return ty;
            }
            at -= weight;
        }
        Type::String
    }

    fn sortable_type(&mut self) -> Type {
        loop {
            let ty = self.computed_type();
            if ty != Type::Binary {
                return ty;
            }
        }
    }

    fn ordered(&mut self, set: &str, depth: usize, names: &Names) -> Node {
        let mut inner = Vec::new();
        let mut items = Vec::new();
        for _ in 0..1 + self.random.below(2) {
            let ty = self.sortable_type();
            inner.push(self.expr(ty, depth.min(2), names));
            items.push(if self.random.percent(50) {
                "{} desc"
            } else {
                "{}"
            });
        }
        let mut query = format!("{set}?$orderby={}&$select=id", items.join(","));
        if self.random.percent(40) {
            query.push_str(&format!("&$top={}", self.random.below(12)));
        }
        if self.random.percent(25) {
            query.push_str(&format!("&$skip={}", self.random.below(12)));
        }
        if self.random.percent(30) {
            query.push_str("&$filter={}");
            inner.push(self.expr(Type::Boolean, depth.min(2), names));
        }
        request(&query, inner)
    }

    fn apply(&mut self, set: &str, depth: usize, mut names: Names) -> Node {
        let mut steps = Vec::new();
        let mut shaped = false;
        for _ in 0..1 + self.random.below(3) {
            let step = self.step(depth.min(2), &mut names, &mut shaped);
            steps.push(step);
        }
        let places = vec!["{}"; steps.len()].join("/");
        let mut query = format!("{set}?$apply={places}");
        if shaped && self.random.percent(25) {
            query.push_str("&$filter={}");
            steps.push(self.expr(Type::Boolean, depth.min(2), &names));
        }
        if !shaped {
            query.push_str("&$select=id");
        }
        request(&query, steps)
    }

    fn step(&mut self, depth: usize, names: &mut Names, shaped: &mut bool) -> Node {
        let step = |template: &str, inner| Node::new(Kind::Step, template, inner);
        match self.random.below(12) {
            0..2 => {
                let filter = self.expr(Type::Boolean, depth, names);
                step("filter({})", vec![filter])
            }
            2 => {
                let ty = self.sortable_type();
                let by = self.expr(ty, depth.min(1), names);
                let name = *self.random.choose(&["topcount", "bottomcount"]);
                step(
                    &format!("{name}({},{{}})", 1 + self.random.below(9)),
                    vec![by],
                )
            }
            3 => {
                let ty = self.computed_type();
                let value = self.expr(ty, depth, names);
                let path = format!("c{}", names.values.len());
                let step = step(&format!("compute({{}} as {path})"), vec![value]);
                names.values.push(Named {
                    path,
                    ty,
                    calm: false,
                });
                step
            }
            4 => Node::leaf(Kind::Step, "identity"),
            5 => {
                let (ty, rows) = (self.sortable_type(), self.random.below(9));
                let by = self.expr(ty, 1, names);
                // The key, where there is one, makes the order total.
                let key = if *shaped { "" } else { ",id" };
                step(&format!("orderby({{}} desc{key})/top({rows})"), vec![by])
            }
            6 => {
                let (mut left, mut right) = (names.clone(), names.clone());
                let (mut a, mut b) = (*shaped, *shaped);
                let one = self.step(depth, &mut left, &mut a);
                let other = self.step(depth, &mut right, &mut b);
                // Behind it there is what both sides have.
                let both = |named: &Named| {
                    let same = |other: &Named| other.path == named.path && other.ty == named.ty;
                    right.values.iter().any(same)
                };
                left.values.retain(both);
                if a || b {
                    (left.many, left.one) = Default::default();
                    *shaped = true;
                }
                *names = left;
                step("concat({},{})", vec![one, other])
            }
            7..9 => {
                let mut found = Names::default();
                let (items, inner) = self.aggregates(depth, names, &mut found);
                (*names, *shaped) = (found, true);
                step(&format!("aggregate({items})"), inner)
            }
            _ if names.values.is_empty() => Node::leaf(Kind::Step, "identity"),
            _ => {
                let mut found = Names::default();
                for _ in 0..1 + self.random.below(2) {
                    let named = self.random.choose(&names.values).clone();
                    if !found.values.iter().any(|other| other.path == named.path) {
                        found.values.push(named);
                    }
                }
                let paths: Vec<String> = found
                    .values
                    .iter()
                    .map(|named| named.path.clone())
                    .collect();
                let groups = paths.join(",");
                let node = if self.random.percent(20) {
                    Node::leaf(Kind::Step, format!("groupby(({groups}))"))
                } else {
                    let (items, mut inner) = self.aggregates(depth, names, &mut found);
                    let mut template = format!("groupby(({groups}),aggregate({items}))");
                    if self.random.percent(20) {
                        template = format!("groupby(({groups}),filter({{}})/aggregate({items}))");
                        inner.insert(0, self.expr(Type::Boolean, depth.min(1), names));
                    }
                    step(&template, inner)
                };
                (*names, *shaped) = (found, true);
                node
            }
        }
    }

    /// The items of `aggregate`, with the names that they make.
    fn aggregates(
        &mut self,
        depth: usize,
        names: &Names,
        found: &mut Names,
    ) -> (String, Vec<Node>) {
        let (mut items, mut inner) = (Vec::new(), Vec::new());
        for place in 0..1 + self.random.below(3) {
            let path = format!("a{}_{place}", names.values.len());
            let (item, ty) = match self.random.below(6) {
                0 => (format!("$count as {path}"), Type::Int64),
                1 => {
                    let ty = self.computed_type();
                    inner.push(self.expr(ty, depth.min(1), names));
                    (format!("{{}} with countdistinct as {path}"), Type::Int64)
                }
                2..4 => {
                    let ty = self.sortable_type();
                    let method = *self.random.choose(&["min", "max"]);
                    inner.push(self.expr(ty, depth.min(1), names));
                    (format!("{{}} with {method} as {path}"), ty)
                }
                _ => {
                    let types = [Type::Int32, Type::Int64, Type::Decimal, Type::Double];
                    let ty = *self.random.choose(&types);
                    let method = *self.random.choose(&["sum", "average"]);
                    inner.push(self.expr(ty, depth.min(1), names));
                    // A sum is a number of some wider type: only compared behind this.
                    (format!("{{}} with {method} as {path}"), Type::Double)
                }
            };
            found.values.push(Named {
                path,
                ty,
                calm: false,
            });
            items.push(item);
        }
        (items.join(","), inner)
    }

    fn expr(&mut self, ty: Type, depth: usize, names: &Names) -> Node {
        if depth == 0 {
            return self.leaf(ty, names, false);
        }
        let kind = Kind::Expr(ty);
        let deeper = depth - 1;
        match ty {
            Type::Boolean => self.condition(deeper, names),
            Type::Int16 | Type::Int32 | Type::Int64 => self.integer(ty, deeper, names),
            Type::Decimal => match self.random.below(8) {
                0 => {
                    let name = *self.random.choose(&["round", "floor", "ceiling"]);
                    let inner = self.expr(Type::Decimal, deeper, names);
                    Node::new(kind, &format!("{name}({{}})"), vec![inner])
                }
                1 => {
                    let inner = self.expr(Type::Duration, deeper, names);
                    Node::new(kind, "totalseconds({})", vec![inner])
                }
                2 => {
                    let ty = *self.random.choose(&[Type::DateTimeOffset, Type::TimeOfDay]);
                    let inner = self.expr(ty, deeper, names);
                    Node::new(kind, "fractionalseconds({})", vec![inner])
                }
                3 => {
                    let (a, b) = (self.calm(INTEGERS[1], names), self.calm(INTEGERS[2], names));
                    Node::new(kind, "{} divby {}", vec![a, b]).wrapped()
                }
                4..7 => self.arithmetic(ty, deeper, names),
                _ => self.leaf(ty, names, false),
            },
            Type::Single | Type::Double => match self.random.below(6) {
                0..2 => {
                    let name = *self.random.choose(&["round", "floor", "ceiling"]);
                    let inner = self.expr(ty, deeper, names);
                    Node::new(kind, &format!("{name}({{}})"), vec![inner])
                }
                2..5 => self.arithmetic(ty, deeper, names),
                _ => self.leaf(ty, names, false),
            },
            Type::String => self.string(deeper, names),
            _ => self.temporal(ty, deeper, names),
        }
    }

    fn case(&mut self, ty: Type, depth: usize, names: &Names) -> Node {
        let inner = vec![
            self.expr(Type::Boolean, depth, names),
            self.expr(ty, depth, names),
            self.expr(Type::Boolean, depth, names),
            self.expr(ty, depth, names),
        ];
        Node::new(Kind::Expr(ty), "case({}:{},{}:{})", inner)
    }

    fn condition(&mut self, depth: usize, names: &Names) -> Node {
        let kind = Kind::Expr(Type::Boolean);
        let two = |me: &mut Self, template| {
            let inner = vec![
                me.expr(Type::Boolean, depth, names),
                me.expr(Type::Boolean, depth, names),
            ];
            Node::new(kind, template, inner)
        };
        match self.random.below(22) {
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
            21 => self.case(Type::Boolean, depth.min(1), names),
            _ => self.leaf(Type::Boolean, names, false),
        }
    }

    /// `eq` to `le`, of two numbers or of two values of one type, or with null.
    fn comparison(&mut self, depth: usize, names: &Names) -> Node {
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

    fn member(&mut self, depth: usize, names: &Names) -> Node {
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

    fn lambda(&mut self, depth: usize, names: &Names) -> Node {
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

    fn integer(&mut self, ty: Type, depth: usize, names: &Names) -> Node {
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
    fn arithmetic(&mut self, ty: Type, depth: usize, names: &Names) -> Node {
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

    fn operand(&mut self, ty: Type, depth: usize, names: &Names) -> Node {
        if depth > 0 && self.random.percent(40) {
            self.expr(ty, depth, names)
        } else {
            let calm = self.random.percent(92);
            self.leaf(ty, names, calm)
        }
    }

    fn calm(&mut self, ty: Type, names: &Names) -> Node {
        self.leaf(ty, names, true)
    }

    fn string(&mut self, depth: usize, names: &Names) -> Node {
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

    fn temporal(&mut self, ty: Type, depth: usize, names: &Names) -> Node {
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

    fn leaf(&mut self, ty: Type, names: &Names, calm: bool) -> Node {
        let fits = |named: &&Named| named.ty == ty && (!calm || named.calm);
        let own: Vec<&Named> = names.values.iter().filter(fits).collect();
        // Names of the instance itself more often than those of others.
        let near: Vec<&&Named> = own.iter().filter(|named| named.path.len() < 6).collect();
        if !near.is_empty() && self.random.percent(55) {
            let path = &self.random.choose(&near).path;
            return Node::leaf(Kind::Expr(ty), path.clone());
        }
        if !own.is_empty() && self.random.percent(40) {
            let path = &self.random.choose(&own).path;
            return Node::leaf(Kind::Expr(ty), path.clone());
        }
        if calm {
            let text = *self.random.choose(pool(ty, true));
            return Node::leaf(Kind::Expr(ty), literal(ty, text));
        }
        self.literal(ty)
    }

    fn literal(&mut self, ty: Type) -> Node {
        let calm = self.random.percent(50);
        let text = *self.random.choose(pool(ty, calm));
        Node::leaf(Kind::Expr(ty), literal(ty, text))
    }
}

impl Node {
    fn wrapped(self) -> Node {
        let kind = self.kind;
        Node::new(kind, "({})", vec![self])
    }
}

fn request(template: &str, inner: Vec<Node>) -> Node {
    Node::new(Kind::Request, template, inner)
}

/// A value's text as a literal in a URL.
fn literal(ty: Type, text: &str) -> String {
    match ty {
        Type::String => {
            let mut literal = String::from("'");
            for c in text.chars() {
                match c {
                    '\'' => literal.push_str("''"),
                    '%' | '&' | '#' | '+' => literal.push_str(&format!("%{:02X}", c as u32)),
                    _ => literal.push(c),
                }
            }
            literal.push('\'');
            literal
        }
        Type::Single | Type::Double if !text.contains(['e', 'N']) => format!("{text}e0"),
        Type::Decimal if text == "NaN" => "0.25".to_owned(),
        Type::Decimal if !text.contains('.') => format!("{text}.0"),
        Type::Duration => format!("duration'{text}'"),
        Type::Binary => format!("binary'{text}'"),
        _ => text.to_owned(),
    }
}
