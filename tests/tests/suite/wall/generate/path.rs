//! Resource paths: every form, and the options that each takes.

use super::option::{OF_COLLECTIONS, OF_COUNTS, OF_ENTITIES, OF_REFERENCES, json_formats};
use super::{Generator, Place, census};
use odata_core::edm::EntityType;

impl Generator {
    /// A path, and options that it takes.
    pub(super) fn resource(&mut self) -> (String, Vec<String>) {
        match self.dice.below(50) {
            0..=1 => self.all(),
            2..=4 => self.crossjoin(),
            5..=7 => self.by_id(),
            _ => self.rows_of_set(),
        }
    }

    fn rows_of_set(&mut self) -> (String, Vec<String>) {
        let mut entity = self.set();
        self.note("set", entity.entity_set);
        self.note("path", "set");
        self.it = Some(entity);
        let mut path = entity.entity_set.to_owned();
        let mut many = true;
        for _ in 0..2 {
            if many && self.dice.chance(30) {
                path += &self.key_of("key");
                many = false;
            }
            if many || !self.dice.chance(60) {
                break;
            }
            let navigation = self.dice.pick_ref(entity.navigation_properties);
            self.note("path", if navigation.many { "to many" } else { "to one" });
            self.note_navigation("segment", entity, navigation);
            path = format!("{path}/{}", navigation.name);
            entity = (navigation.target)();
            many = navigation.many;
            self.it = Some(entity);
            if many && self.dice.chance(10) {
                path += &self.key_of("member by key");
                many = false;
            }
        }
        if many {
            self.of_many(path, entity)
        } else {
            self.of_one(path, entity)
        }
    }

    /// A key behind a collection, in one of its forms.
    fn key_of(&mut self, form: &'static str) -> String {
        let key = self.key();
        let (form, text) = match self.dice.below(10) {
            0..=1 => ("key by name", format!("(id={key})")),
            2 => ("key as segment", format!("/{key}")),
            3 => ("key by alias", format!("({})", self.alias(key.to_string()))),
            _ => (form, format!("({key})")),
        };
        self.note("path", form);
        text
    }

    fn of_many(&mut self, mut path: String, entity: &'static EntityType) -> (String, Vec<String>) {
        if self.dice.chance(6) {
            self.note("path", "type");
            path = format!("{path}/LiveAgent.{}", entity.name);
        }
        if self.dice.chance(6) {
            self.note("path", "$filter");
            let condition = self.condition(Place::of(entity), 1);
            path = format!("{path}/$filter({condition})");
        }
        match self.dice.below(20) {
            0..=1 => {
                self.note("path", "$count");
                let options = self.options(entity, OF_COUNTS, 1);
                (format!("{path}/$count"), options)
            }
            2 => {
                self.note("path", "$ref of many");
                let options = self.options(entity, OF_REFERENCES, 1);
                (format!("{path}/$ref"), options)
            }
            3..=7 => {
                self.it = None;
                let apply = format!("$apply={}", self.apply(entity));
                if self.dice.chance(4) && !apply.contains("nest") {
                    self.note("path", "$count?$apply");
                    return (format!("{path}/$count"), vec![apply]);
                }
                let format = match apply.contains("nest") {
                    true => String::new(),
                    false => self.format(&json_formats()),
                };
                (path, vec![apply, format])
            }
            _ => {
                let mut options = self.options(entity, OF_COLLECTIONS, 1);
                let has_collections = options.iter().any(|option| option.contains("$expand"));
                options.push(match has_collections {
                    true => self.format(&json_formats()),
                    false => self.format(census::FORMATS),
                });
                options.push(self.schema_version());
                (path, options)
            }
        }
    }

    fn of_one(&mut self, path: String, entity: &'static EntityType) -> (String, Vec<String>) {
        match self.dice.below(10) {
            0..=2 => {
                let ty = self.stored_type();
                let name = self.property(entity, ty).unwrap_or("id");
                let value = if self.dice.chance(50) { "/$value" } else { "" };
                let form = if value.is_empty() {
                    "property"
                } else {
                    "$value"
                };
                self.note("path", form);
                (format!("{path}/{name}{value}"), Vec::new())
            }
            3 => {
                self.note("path", "$ref of one");
                (format!("{path}/$ref"), Vec::new())
            }
            _ => {
                let mut options = self.options(entity, OF_ENTITIES, 1);
                options.push(self.format(&json_formats()));
                (path, options)
            }
        }
    }

    fn by_id(&mut self) -> (String, Vec<String>) {
        let entity = self.set();
        self.note("set", entity.entity_set);
        self.note("option", "$id");
        let mut options = vec![format!("$id={}({})", entity.entity_set, self.key())];
        if self.dice.chance(50) {
            self.note("path", "$entity");
            return ("$entity".to_owned(), options);
        }
        self.note("path", "$entity of a type");
        self.it = Some(entity);
        options.extend(self.options(entity, &OF_ENTITIES[1..], 1));
        (format!("$entity/LiveAgent.{}", entity.name), options)
    }

    fn all(&mut self) -> (String, Vec<String>) {
        if self.dice.chance(50) {
            self.note("path", "$all");
            return ("$all".to_owned(), Vec::new());
        }
        self.note("path", "$all of a type");
        let entity = self.set();
        self.note("set", entity.entity_set);
        self.it = Some(entity);
        let options = self.options(entity, OF_COLLECTIONS, 1);
        (format!("$all/LiveAgent.{}", entity.name), options)
    }

    fn crossjoin(&mut self) -> (String, Vec<String>) {
        self.note("path", "$crossjoin");
        let (one, other) = loop {
            let (one, other) = (self.set(), self.set());
            if one.entity_set != other.entity_set {
                break (one, other);
            }
        };
        self.note("set", one.entity_set);
        self.note("set", other.entity_set);
        let path = format!("$crossjoin({},{})", one.entity_set, other.entity_set);
        let prefix = format!("{}/", one.entity_set);
        let place = Place {
            entity: one,
            prefix: &prefix,
        };
        let mut conditions = vec![self.pair(one, other)];
        if self.dice.chance(50) {
            conditions.push(self.condition(place, 1));
        }
        let condition = conditions.join(" and ");
        if self.dice.chance(30) {
            self.note("option", "$apply");
            self.note("step", "filter");
            let (ty, far) = (self.stored_type(), other.entity_set);
            let group = self
                .path(ty, place)
                .unwrap_or_else(|| format!("{prefix}id"));
            let aggregates = ["$count as n".to_owned(), format!("{far}/id with max as m")];
            let aggregate = self.aggregated(&aggregates);
            let grouped = self.grouped(format!("({group}),{aggregate}"));
            return (path, vec![format!("$apply=filter({condition})/{grouped}")]);
        }
        self.note("option", "$filter");
        self.note("option", "$top");
        let mut options = vec![format!("$filter={condition}"), "$top=8".to_owned()];
        if self.dice.chance(50) {
            options.push(self.order_at(place));
        }
        if self.dice.chance(50) {
            self.note("option", "$expand");
            options.push(format!("$expand={}", other.entity_set));
        }
        if self.dice.chance(30) {
            options.push(self.count(one, 1));
        }
        (path, options)
    }
}
