//! `$apply`.

use super::{Generator, Named, Names, request};
use crate::node::{Kind, Node};
use tests::oracle::Type;

impl Generator<'_> {
    pub(super) fn apply(&mut self, set: &str, depth: usize, mut names: Names) -> Node {
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

    pub(super) fn step(&mut self, depth: usize, names: &mut Names, shaped: &mut bool) -> Node {
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
    pub(super) fn aggregates(
        &mut self,
        depth: usize,
        names: &Names,
        found: &mut Names,
    ) -> (String, Vec<Node>) {
        let (mut items, mut inner) = (Vec::new(), Vec::new());
        for place in 0..1 + self.random.below(3) {
            let path = format!("a{}_{place}", names.values.len());
            let (item, ty) = match self.random.below(8) {
                6 if !names.many.is_empty() => {
                    let (collection, table) = self.random.choose(&names.many).clone();
                    let columns = self.world.tables[table].columns.iter();
                    let numbers = columns.filter(|column| column.ty.is_numeric());
                    let numbers: Vec<&str> = numbers.map(|column| column.name).collect();
                    let number = *self.random.choose(&numbers);
                    let methods = ["sum", "average", "min", "max", "countdistinct"];
                    let method = *self.random.choose(&methods);
                    let item = match self.random.percent(20) {
                        true => format!("{collection}/$count as {path}"),
                        false => format!("{collection}/{number} with {method} as {path}"),
                    };
                    (item, Type::Double)
                }
                7 if !names.one.is_empty() => {
                    let entity = self.random.choose(&names.one).clone();
                    let methods = ["sum", "average", "min", "max", "countdistinct"];
                    let method = *self.random.choose(&methods);
                    let own = format!("{entity}/");
                    let of = |named: &&Named| {
                        let behind = named.path.strip_prefix(&own);
                        named.ty.is_numeric() && behind.is_some_and(|name| !name.contains('/'))
                    };
                    let numbers: Vec<&Named> = names.values.iter().filter(of).collect();
                    match numbers.is_empty() {
                        true => (format!("$count as {path}"), Type::Decimal),
                        false => {
                            let number = &self.random.choose(&numbers).path;
                            (format!("{number} with {method} as {path}"), Type::Double)
                        }
                    }
                }
                0 => (format!("$count as {path}"), Type::Decimal),
                1 | 6 => {
                    let ty = self.computed_type();
                    inner.push(self.expr(ty, depth.min(1), names));
                    (format!("{{}} with countdistinct as {path}"), Type::Decimal)
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
}
