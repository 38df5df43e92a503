//! `groupby` and `aggregate`: what rows are grouped by, and what is made of each group.

use super::{Generator, Place};
use odata_core::edm::{EntityType, PrimitiveType as T};
use odata_core::functions::aggregation::METHODS;

impl Generator {
    /// One transformation that sums up: its rows have `n`.
    pub(super) fn grouping(&mut self, entity: &'static EntityType) -> String {
        let place = Place::of(entity);
        let aggregates = self.aggregates(place);
        let aggregate = self.aggregated(&aggregates);
        if self.dice.chance(25) {
            self.note("grouping", "nothing");
            return aggregate;
        }
        let mut groups: Vec<String> = Vec::new();
        for _ in 0..=self.dice.below(2) {
            let ty = self.stored_type();
            if let Some(path) = self.path(ty, place)
                && !groups.contains(&path)
            {
                groups.push(path);
            }
        }
        if groups.is_empty() {
            groups.push("id".to_owned());
        }
        if groups.len() > 1 && self.dice.chance(25) {
            self.note("grouping", "rollup");
            let rollup = format!("(rollup({})),{aggregate}", groups.join(","));
            return self.grouped(rollup);
        }
        self.note("grouping", "paths");
        let chosen = match self.dice.chance(10) {
            true => format!("{}/", self.within(place)),
            false => String::new(),
        };
        let grouping = format!("({}),{chosen}{aggregate}", groups.join(","));
        self.grouped(grouping)
    }

    /// A condition inside of a group.
    fn within(&mut self, place: Place<'_>) -> String {
        self.note("step", "filter");
        format!("filter({})", self.comparison(place, 1))
    }

    /// The items of `aggregate`; the first is `n`.
    fn aggregates(&mut self, place: Place<'_>) -> Vec<String> {
        self.note("method", "$count");
        let mut items = vec!["$count as n".to_owned()];
        if self.dice.chance(15)
            && let Some((path, navigation)) = self.collection(place)
        {
            self.note("grouping", "many");
            items.push(if self.dice.chance(50) {
                self.note("method", "path/$count");
                format!("{path}/$count as m")
            } else {
                let ty = self.stored_type();
                let far = (navigation.target)();
                let name = self.property(far, ty).unwrap_or("id");
                self.note("method", "countdistinct");
                format!("{path}/{name} with countdistinct as m")
            });
        }
        for alias in ["p", "q"] {
            if !self.dice.chance(50) {
                continue;
            }
            let (method, _) = self.dice.pick(METHODS);
            let ty = match method {
                "sum" | "average" => self.dice.pick(&[T::Int64, T::Double, T::Decimal]),
                _ => self.stored_type(),
            };
            let value = self.shown(|me| me.value(ty, place, 1));
            self.note("method", method);
            items.push(format!("{value} with {method} as {alias}"));
        }
        items
    }
}
