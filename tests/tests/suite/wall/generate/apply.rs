//! `$apply`: each transformation, in sequences.

use super::{Generator, Place};
use odata_core::edm::{EntityType, PrimitiveType as T};

/// The transformations that choose some rows by a value.
const RANKS: &[&str] = &[
    "topcount",
    "bottomcount",
    "topsum",
    "bottomsum",
    "toppercent",
    "bottompercent",
];

impl Generator {
    /// Transformations of a set's entities.
    pub(super) fn apply(&mut self, entity: &'static EntityType) -> String {
        self.note("option", "$apply");
        match self.dice.below(12) {
            0 => self.nest(entity),
            1 => {
                let steps = self.choosing(entity, 1);
                let added = self.add_nested(entity, 2);
                format!("{steps}{added}")
            }
            2 => self.join(entity),
            3 => self.concat(entity),
            4 => {
                let steps = self.choosing(entity, 3);
                let end = self.step("identity", String::new());
                format!("{steps}{end}")
            }
            5 => self.beside_all(entity),
            _ => self.aggregation(entity),
        }
    }

    /// Each entity beside what all of them are.
    fn beside_all(&mut self, entity: &'static EntityType) -> String {
        self.note("head", "$these");
        let before = self.choosing(entity, 1);
        let method = self.dice.pick(&["min", "max", "average", "countdistinct"]);
        let items = format!("$these/$count as number,$these/aggregate(id with {method}) as whole");
        let compute = self.step("compute", items);
        format!("{before}{compute}")
    }

    /// Transformations that end in an aggregation, of which the result may be asked on.
    pub(super) fn aggregation(&mut self, entity: &'static EntityType) -> String {
        let steps = self.choosing(entity, 2);
        let mut apply = format!("{steps}{}", self.grouping(entity));
        let mut length = apply.matches('/').count().min(1) + 1;
        // Every grouping has `n`.
        if self.dice.chance(12) {
            let least = self.dice.below(3);
            let filter = self.step("filter", format!("n ge {least}"));
            apply = format!("{apply}/{filter}");
            length += 1;
        }
        if self.dice.chance(12) {
            let compute = self.step("compute", "n add 1 as n1".to_owned());
            apply = format!("{apply}/{compute}");
            length += 1;
        }
        if self.dice.chance(8) {
            let order = self.step("orderby", "n desc".to_owned());
            let rows = 1 + self.dice.below(4);
            let top = self.step("top", rows.to_string());
            apply = format!("{apply}/{order}/{top}");
            length += 2;
        }
        self.census.note_depth("$apply", length.min(4));
        apply
    }

    /// Some transformations that leave entities, each with a `/` behind it.
    fn choosing(&mut self, entity: &'static EntityType, most: usize) -> String {
        let mut steps = String::new();
        for _ in 0..self.dice.below(most + 1) {
            let place = Place::of(entity);
            let step = match self.dice.below(9) {
                0..=2 => {
                    let condition = self.condition(place, 2);
                    self.step("filter", condition)
                }
                3 => {
                    let name = self.dice.pick(RANKS);
                    let by = if name.ends_with("count") {
                        T::Int64
                    } else {
                        T::Double
                    };
                    let by = self.path(by, place).unwrap_or_else(|| "id".to_owned());
                    let amount = 1 + self.dice.below(40);
                    self.step(name, format!("{amount},{by}"))
                }
                4 => {
                    let items = self.order_items(place);
                    self.step("orderby", items)
                }
                5 => {
                    let rows = 1 + self.dice.below(50);
                    self.step("top", rows.to_string())
                }
                6 => {
                    let rows = self.dice.below(4);
                    self.step("skip", rows.to_string())
                }
                7 if super::condition::is_searchable(entity) => {
                    let words = self.search_words();
                    self.step("search", words)
                }
                _ => self.step("identity", String::new()),
            };
            steps = format!("{steps}{step}/");
        }
        steps
    }

    /// One transformation with what it is of.
    fn step(&mut self, name: &'static str, of: String) -> String {
        self.note("step", name);
        match name {
            "identity" => name.to_owned(),
            name => format!("{name}({of})"),
        }
    }

    pub(super) fn grouped(&mut self, of: String) -> String {
        self.step("groupby", of)
    }

    pub(super) fn aggregated(&mut self, items: &[String]) -> String {
        self.step("aggregate", items.join(","))
    }

    /// `nest(.. as a,.. as b)`, with something nested in what is nested.
    fn nest(&mut self, entity: &'static EntityType) -> String {
        let before = self.choosing(entity, 1);
        let one = self.aggregation(entity);
        let other = match self.dice.chance(50) {
            true => self.add_nested(entity, 2),
            false => self.step("topcount", "3,id".to_owned()),
        };
        let nest = self.step("nest", format!("{one} as nested1,{other} as nested2"));
        format!("{before}{nest}")
    }

    /// `addnested(navigation,.. as a)`, in itself as often as asked for.
    fn add_nested(&mut self, entity: &'static EntityType, depth: usize) -> String {
        let navigation = self.dice.pick_ref(entity.navigation_properties);
        self.note_navigation("expanded", entity, navigation);
        let far = (navigation.target)();
        let inside = if !navigation.many {
            self.step("identity", String::new())
        } else if depth > 1 && self.dice.chance(40) {
            self.add_nested(far, depth - 1)
        } else {
            self.aggregation(far)
        };
        self.step(
            "addnested",
            format!("{},{inside} as added{depth}", navigation.name),
        )
    }

    /// `join(navigation as a,..)`.
    fn join(&mut self, entity: &'static EntityType) -> String {
        let name = self.dice.pick(&["join", "outerjoin"]);
        let all = entity.navigation_properties.iter();
        let many: Vec<_> = all.filter(|it| it.many).collect();
        if many.is_empty() {
            return self.aggregation(entity);
        }
        let navigation = self.dice.pick(&many);
        self.note_navigation("expanded", entity, navigation);
        let far = (navigation.target)();
        let then = match self.dice.chance(50) {
            true => format!(",{}", self.grouping(far)),
            false => format!(",{}", self.step("topcount", "2,id".to_owned())),
        };
        let join = self.step(name, format!("{} as joined{then}", navigation.name));
        let before = self.choosing(entity, 1);
        let behind = self.aggregated(&["$count as n".to_owned(), "id with max as most".to_owned()]);
        match self.dice.chance(50) {
            true => format!("{before}{join}/{}", self.step("top", "20".to_owned())),
            false => format!("{before}{join}/{behind}"),
        }
    }

    fn concat(&mut self, entity: &'static EntityType) -> String {
        let before = self.choosing(entity, 1);
        let (one, other) = match self.dice.chance(60) {
            // A name has one type in both.
            true => {
                let one = self.aggregation(entity);
                (one, self.aggregated(&["$count as n".to_owned()]))
            }
            false => {
                let most = self.step("topcount", "3,id".to_owned());
                (most, self.step("bottomcount", "2,id".to_owned()))
            }
        };
        let concat = self.step("concat", format!("{one},{other}"));
        format!("{before}{concat}")
    }
}
