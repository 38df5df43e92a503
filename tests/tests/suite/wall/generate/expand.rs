//! `$expand`: each form of its items, in each other as deep as they may be.

use super::Generator;
use super::option::{OF_COLLECTIONS, OF_COUNTS, OF_ENTITIES, OF_REFERENCES};
use odata_core::edm::{EntityType, NavigationProperty};

/// The levels that the service allows.
const DEEPEST: usize = 4;

impl Generator {
    pub(super) fn expand(&mut self, entity: &'static EntityType, depth: usize) -> String {
        if depth > DEEPEST || self.expands > 6 {
            return String::new();
        }
        self.note("option", "$expand");
        self.census.note_depth("$expand", depth);
        if self.dice.chance(8) && self.expands == 0 {
            self.note("item", "*");
            self.expands += entity.navigation_properties.len();
            return format!("$expand=*{}", self.star_levels(depth));
        }
        let mut items: Vec<String> = Vec::new();
        let mut names = Vec::new();
        for _ in 0..=self.dice.below(2) {
            let navigation = self.dice.pick_ref(entity.navigation_properties);
            if names.contains(&navigation.name) {
                continue;
            }
            names.push(navigation.name);
            self.expands += 1;
            self.note_navigation("expanded", entity, navigation);
            items.push(self.item(navigation, depth));
        }
        format!("$expand={}", items.join(","))
    }

    fn star_levels(&mut self, depth: usize) -> &'static str {
        if depth > 1 || !self.dice.chance(40) {
            return "";
        }
        self.note("option", "$levels");
        self.note("item", "$levels");
        self.dice.pick(&["($levels=1)", "($levels=2)"])
    }

    fn item(&mut self, navigation: &'static NavigationProperty, depth: usize) -> String {
        let far = (navigation.target)();
        let name = navigation.name;
        let form = self.dice.below(20);
        if form == 0 {
            self.note("item", "$ref");
            let of = if navigation.many { OF_REFERENCES } else { &[] };
            let options = self.options(far, of, depth + 1);
            return format!("{name}/$ref{}", enclosed(&options));
        }
        if form == 1 && navigation.many {
            self.note("item", "$count");
            let options = self.options(far, OF_COUNTS, depth + 1);
            return format!("{name}/$count{}", enclosed(&options));
        }
        if form == 2 && navigation.many && depth < DEEPEST {
            self.note("option", "$apply");
            self.note("item", "$apply");
            let it = self.it.take();
            let apply = self.aggregation(far);
            self.it = it;
            return format!("{name}($apply={apply})");
        }
        self.note("item", "nav");
        let of = if navigation.many {
            OF_COLLECTIONS
        } else {
            OF_ENTITIES
        };
        // '$it' in a collection inside of what is expanded is not offered.
        let it = self.it;
        self.it = it.filter(|_| navigation.many && depth == 1);
        let mut options = self.options(far, of, depth + 1);
        self.it = it;
        if form == 3 {
            self.note("option", "$levels");
            self.note("item", "$levels");
            options.push(format!("$levels={}", self.dice.pick(&["1", "max"])));
        }
        if !options.is_empty() {
            self.note("item", "options");
        }
        let cast = match form {
            4 => {
                self.note("item", "type");
                format!("/LiveAgent.{}", far.name)
            }
            _ => String::new(),
        };
        format!("{name}{cast}{}", enclosed(&options))
    }
}

fn enclosed(options: &[String]) -> String {
    match options {
        [] => String::new(),
        options => format!("({})", options.join(";")),
    }
}
