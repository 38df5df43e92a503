//! What a database has, as plain data. `db` fills it.

use super::PgType;
use std::collections::{BTreeMap, BTreeSet};

/// The tables of one schema of a database, as the service's role sees them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Catalogue {
    /// The tables and views by name.
    pub tables: BTreeMap<String, CatalogueTable>,
    /// Whether text can be lowered by a collation that knows more than ASCII, and its name: the
    /// database's own (`None` needed) or an ICU collation.
    pub unicode_collation: Option<String>,
}

/// One table or view.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CatalogueTable {
    /// The columns by name.
    pub columns: BTreeMap<String, CatalogueColumn>,
    /// Whether the role may read at least one column of it.
    pub readable: bool,
    /// The indexes: for each btree index without a predicate its plain columns, in order, up to the
    /// first expression.
    pub indexes: BTreeSet<Vec<String>>,
    /// The planner's estimate of its rows.
    pub estimated_rows: u64,
}

/// One column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogueColumn {
    /// Its type, a domain's base type included; `None` for one that is read by its text.
    pub ty: Option<PgType>,
    /// The type's name, for people.
    pub type_name: String,
    /// Whether it is declared `NOT NULL`.
    pub not_null: bool,
    /// Whether the role may read it.
    pub readable: bool,
}

impl CatalogueTable {
    /// Whether some index starts with these columns.
    pub fn has_index_on(&self, columns: &[&str]) -> bool {
        self.indexes.iter().any(|index| {
            let first = index.iter().map(String::as_str).take(columns.len());
            first.eq(columns.iter().copied())
        })
    }
}
