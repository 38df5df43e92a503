//! What an expression is evaluated over: an entity, or a row that `$apply` made.

use super::value::Typed;
use std::collections::BTreeMap;

/// An entity with what was computed beside it, or a row of `$apply`.
#[derive(Debug, Clone)]
pub enum Instance {
    /// A row of a table.
    Entity {
        /// The table.
        table: usize,
        /// The row; `None` at the end of a navigation that leads nowhere.
        row: Option<usize>,
        /// Computed properties.
        computed: BTreeMap<String, Typed>,
    },
    /// What `$apply` made, by the paths of its properties.
    Shape(BTreeMap<Vec<String>, Typed>),
}

impl Instance {
    /// A row of a table.
    pub fn entity(table: usize, row: usize) -> Instance {
        Instance::Entity {
            table,
            row: Some(row),
            computed: BTreeMap::new(),
        }
    }

    /// The row's number, if it is an entity.
    pub fn row(&self) -> Option<usize> {
        match self {
            Instance::Entity { row, .. } => *row,
            Instance::Shape(_) => None,
        }
    }

    /// A computed property, or one of a shape.
    pub fn computed(&self, name: &str) -> Option<&Typed> {
        match self {
            Instance::Entity { computed, .. } => computed.get(name),
            Instance::Shape(members) => members.get([name.to_owned()].as_slice()),
        }
    }

    /// Whether there is such a property beside those of the type.
    pub(super) fn has(&self, name: &str) -> bool {
        match self {
            Instance::Entity { computed, .. } => computed.contains_key(name),
            Instance::Shape(members) => members.keys().any(|path| path[0] == name),
        }
    }

    pub(super) fn add(&mut self, name: &str, value: Typed) {
        match self {
            Instance::Entity { computed, .. } => {
                computed.insert(name.to_owned(), value);
            }
            Instance::Shape(members) => {
                members.insert(vec![name.to_owned()], value);
            }
        }
    }
}
