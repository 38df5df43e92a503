//! Random requests, well typed.

mod apply;
mod condition;
mod value;

use crate::model::{is_calm, pool};
use crate::node::{Kind, Node};
use crate::random::Random;
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
pub(super) struct Names {
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

    pub(super) fn expr(&mut self, ty: Type, depth: usize, names: &Names) -> Node {
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

    pub(super) fn case(&mut self, ty: Type, depth: usize, names: &Names) -> Node {
        let inner = vec![
            self.expr(Type::Boolean, depth, names),
            self.expr(ty, depth, names),
            self.expr(Type::Boolean, depth, names),
            self.expr(ty, depth, names),
        ];
        Node::new(Kind::Expr(ty), "case({}:{},{}:{})", inner)
    }

    pub(super) fn leaf(&mut self, ty: Type, names: &Names, calm: bool) -> Node {
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

    pub(super) fn literal(&mut self, ty: Type) -> Node {
        let calm = self.random.percent(50);
        let text = *self.random.choose(pool(ty, calm));
        Node::leaf(Kind::Expr(ty), literal(ty, text))
    }
}

impl Node {
    pub(super) fn wrapped(self) -> Node {
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
