//! System query options, those of the outermost level and those inside of `$expand`.

use super::condition::is_searchable;
use super::{Generator, Place, census};
use odata_core::edm::{EntityType, PrimitiveType as T};

/// Writes one option for rows of a type, at this level of `$expand`; nothing where it has none to say.
pub(super) type Write = fn(&mut Generator, &'static EntityType, usize) -> String;

/// What a collection of entities takes, at any level.
pub(super) const OF_COLLECTIONS: &[Write] = &[
    Generator::filter_of_all,
    Generator::compute,
    Generator::select,
    Generator::expand,
    Generator::order,
    Generator::top,
    Generator::skip,
    Generator::count,
    Generator::search,
];

/// What a collection of references takes.
pub(super) const OF_REFERENCES: &[Write] = &[
    Generator::filter,
    Generator::order,
    Generator::top,
    Generator::skip,
    Generator::count,
    Generator::search,
];

/// What a number of rows takes.
pub(super) const OF_COUNTS: &[Write] = &[Generator::filter, Generator::search];

/// What one entity takes.
pub(super) const OF_ENTITIES: &[Write] =
    &[Generator::compute, Generator::select, Generator::expand];

impl Generator {
    /// Some of these options, each at most once.
    pub(super) fn options(
        &mut self,
        entity: &'static EntityType,
        of: &[Write],
        depth: usize,
    ) -> Vec<String> {
        let mut options = Vec::new();
        let around = std::mem::take(&mut self.computed);
        for option in of {
            if self.dice.chance(30) {
                options.push(option(self, entity, depth));
            }
        }
        self.computed = around;
        options.retain(|option| !option.is_empty());
        options
    }

    /// A condition on the entities of a set, maybe beside all of them.
    fn filter_of_all(&mut self, entity: &'static EntityType, depth: usize) -> String {
        if depth > 1 || !self.dice.chance(8) {
            return self.filter(entity, depth);
        }
        self.note("option", "$filter");
        self.note("head", "$these");
        let method = self.dice.pick(&["min", "max", "average"]);
        format!("$filter=id ge $these/aggregate(id with {method})")
    }

    fn filter(&mut self, entity: &'static EntityType, _: usize) -> String {
        self.note("option", "$filter");
        let place = Place::of(entity);
        let condition = match self.dice.chance(25) {
            true => self.range(place),
            false => self.condition(place, 3),
        };
        format!("$filter={condition}")
    }

    fn compute(&mut self, entity: &'static EntityType, _: usize) -> String {
        if self.dice.chance(50) {
            return String::new();
        }
        self.note("option", "$compute");
        self.computed = true;
        let ty = self.some_type();
        let value = self.shown(|me| me.value(ty, Place::of(entity), 2));
        format!("$compute={value} as computed")
    }

    fn select(&mut self, entity: &'static EntityType, _: usize) -> String {
        self.note("option", "$select");
        if self.dice.chance(10) {
            return "$select=*".to_owned();
        }
        let mut names: Vec<&str> = Vec::new();
        if self.computed {
            names.push("computed");
        }
        for _ in 0..=self.dice.below(3) {
            let name = self.dice.pick_ref(entity.properties).name;
            if !names.contains(&name) {
                names.push(name);
            }
        }
        if self.dice.chance(8) {
            names.push(self.dice.pick_ref(entity.navigation_properties).name);
        }
        format!("$select={}", names.join(","))
    }

    pub(super) fn order(&mut self, entity: &'static EntityType, _: usize) -> String {
        self.order_at(Place::of(entity))
    }

    pub(super) fn order_at(&mut self, place: Place<'_>) -> String {
        self.note("option", "$orderby");
        format!("$orderby={}", self.order_items(place))
    }

    pub(super) fn order_items(&mut self, place: Place<'_>) -> String {
        let mut items: Vec<String> = Vec::new();
        for _ in 0..=self.dice.below(2) {
            let ty = self.some_type();
            let item = match self.dice.below(10) {
                0 => self.count_of(place),
                // A next link has its value.
                1..=2 => Some(self.shown(|me| me.value(ty, place, 2))),
                _ => self.path(ty, place),
            };
            let Some(item) = item else { continue };
            let direction = self.dice.pick(&["", " asc", " desc"]);
            if !items.iter().any(|other| other.starts_with(&item)) {
                items.push(format!("{item}{direction}"));
            }
        }
        match items.is_empty() {
            true => format!("{}id", place.prefix),
            false => items.join(","),
        }
    }

    pub(super) fn top(&mut self, _: &'static EntityType, _: usize) -> String {
        self.note("option", "$top");
        format!("$top={}", self.dice.below(12))
    }

    pub(super) fn skip(&mut self, _: &'static EntityType, _: usize) -> String {
        self.note("option", "$skip");
        format!("$skip={}", self.dice.below(4))
    }

    pub(super) fn count(&mut self, _: &'static EntityType, _: usize) -> String {
        self.note("option", "$count");
        "$count=true".to_owned()
    }

    pub(super) fn search(&mut self, entity: &'static EntityType, _: usize) -> String {
        if !is_searchable(entity) || self.dice.chance(50) {
            return String::new();
        }
        self.note("option", "$search");
        format!("$search={}", self.search_words())
    }

    /// How the rows of a collection are to be shown.
    pub(super) fn format(&mut self, of: &[&'static str]) -> String {
        if self.dice.chance(80) {
            return String::new();
        }
        let format = self.dice.pick(of);
        self.note("option", "$format");
        self.note("format", format);
        format!("$format={format}")
    }

    /// The version of the schema, of which there is one.
    pub(super) fn schema_version(&mut self) -> String {
        if self.dice.chance(95) {
            return String::new();
        }
        self.note("option", "$schemaversion");
        "$schemaversion=*".to_owned()
    }

    /// A condition that two sets are combined under.
    pub(super) fn pair(&mut self, one: &'static EntityType, other: &'static EntityType) -> String {
        let (set, with) = (one.entity_set, other.entity_set);
        let ty = self.dice.pick(&[T::Int64, T::String]);
        let left = self.property(one, ty).unwrap_or("id");
        let right = self.property(other, ty).unwrap_or("id");
        format!("{set}/{left} ne {with}/{right}")
    }
}

/// The formats of rows, and of what is not rows.
pub(super) fn json_formats() -> Vec<&'static str> {
    let all = census::FORMATS.iter().copied();
    all.filter(|format| format.contains("json") && !format.contains("nd"))
        .collect()
}
