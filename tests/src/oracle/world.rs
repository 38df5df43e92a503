//! The tables that are evaluated over.

use super::value::{Type, Value};
use odata_core::edm::EntityType;

/// Every entity set.
#[derive(Debug, Clone, Default)]
pub struct World {
    /// The sets.
    pub tables: Vec<Table>,
    /// What `now()` gives, in microseconds since 1970.
    pub now: i64,
}

/// One entity set with its rows.
#[derive(Debug, Clone)]
pub struct Table {
    /// The name of the set.
    pub name: &'static str,
    /// Its properties.
    pub columns: Vec<Column>,
    /// Its navigation properties.
    pub navs: Vec<Nav>,
    /// Its rows, a value for each property.
    pub rows: Vec<Vec<Value>>,
}

/// A property.
#[derive(Debug, Clone)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub ty: Type,
    /// Whether null is a value of it.
    pub nullable: bool,
}

/// A navigation property: the rows of the other set whose property equals one of ours.
#[derive(Debug, Clone)]
pub struct Nav {
    /// Its name.
    pub name: &'static str,
    /// The set at its other end.
    pub to: &'static str,
    /// Whether it is a collection.
    pub many: bool,
    /// The property here.
    pub near: &'static str,
    /// The property there.
    pub far: &'static str,
    /// A property here that must have this text.
    pub near_is: Option<(&'static str, &'static str)>,
    /// A property there that must have this text.
    pub far_is: Option<(&'static str, &'static str)>,
}

impl World {
    /// The set of that name.
    pub fn table(&self, name: &str) -> Option<usize> {
        self.tables.iter().position(|table| table.name == name)
    }

    /// The rows that a navigation property leads to.
    pub(super) fn related(&self, nav: &Nav, table: usize, row: usize) -> Vec<usize> {
        let here = &self.tables[table];
        let Some(to) = self.table(nav.to) else {
            return Vec::new();
        };
        let there = &self.tables[to];
        let is = |table: &Table, row: usize, condition: Option<(&str, &str)>| {
            condition.is_none_or(|(name, text)| {
                matches!(table.value(row, name), Some(Value::String(found)) if found == text)
            })
        };
        let near = here.value(row, nav.near);
        let near = near.filter(|value| !value.is_null() && is(here, row, nav.near_is));
        let Some(near) = near else { return Vec::new() };
        (0..there.rows.len())
            .filter(|far| {
                let value = there.value(*far, nav.far);
                value.is_some_and(|value| value.is_same(near)) && is(there, *far, nav.far_is)
            })
            .collect()
    }
}

impl Table {
    /// An empty set with the properties of an entity type.
    pub fn of(declared: &EntityType, navs: Vec<Nav>) -> Table {
        let column = |property: &odata_core::edm::Property| Column {
            name: property.name,
            ty: Type::of(property.ty),
            nullable: property.nullable,
        };
        Table {
            name: declared.entity_set,
            columns: declared.properties.iter().map(column).collect(),
            navs,
            rows: Vec::new(),
        }
    }

    /// The place of a property.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }

    pub(super) fn nav(&self, name: &str) -> Option<&Nav> {
        self.navs.iter().find(|nav| nav.name == name)
    }

    /// A value of a row.
    pub fn value(&self, row: usize, name: &str) -> Option<&Value> {
        self.rows.get(row)?.get(self.column(name)?)
    }
}
