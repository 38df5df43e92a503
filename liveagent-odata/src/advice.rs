//! What would make a database better to serve from: indexes that large tables lack, and a role that
//! may read no credentials. None of it keeps the service from starting.

use odata_core::edm::{Catalogue, EntitySet, Schema, ScopeRule, Source};

/// Rows from which an index is worth a word.
const LARGE: u64 = 100_000;

/// Columns that reports range over: pages go by the key, the published example and every
/// incremental refresh by a time. No version of the tables has these behind the account.
const RANGES: &[(&str, &str)] = &[
    ("id", "pages"),
    ("created_at", "filters by time"),
    ("updated_at", "incremental refreshes"),
];

/// Sentences and statements for whoever owns the database.
pub fn advice(schema: &Schema, catalogue: &Catalogue) -> Vec<String> {
    let mut advice: Vec<String> = schema
        .sets()
        .iter()
        .flat_map(|set| indexes(set, catalogue))
        .collect();
    advice.extend(schema.sets().iter().filter_map(readable_secrets));
    advice
}

fn indexes(set: &EntitySet, catalogue: &Catalogue) -> Vec<String> {
    let ScopeRule::Column(scope) = &set.scope else {
        return Vec::new();
    };
    let tables = set.declared.tables.iter();
    let Some(table) = tables.filter_map(|name| catalogue.tables.get(*name)).next() else {
        return Vec::new();
    };
    if table.estimated_rows < LARGE {
        return Vec::new();
    }
    RANGES
        .iter()
        .filter(|(column, _)| {
            table.columns.contains_key(*column) && !table.has_index_on(&[scope, column])
        })
        .map(|(column, what)| {
            format!(
                "CREATE INDEX CONCURRENTLY ON {} ({scope}, {column}); -- for {what} of {}",
                set.table.as_sql(),
                set.declared.entity_set
            )
        })
        .collect()
}

/// The service gives no secret out, but a role that can't read one is a second lock on that door.
fn readable_secrets(set: &EntitySet) -> Option<String> {
    let names: Vec<&str> = set
        .properties
        .iter()
        .filter(|property| property.hidden)
        .filter_map(|property| match property.source {
            Source::Column { name, .. } => Some(name),
            Source::Null => None,
        })
        .collect();
    (!names.is_empty()).then(|| {
        format!(
            "the role may read {} of {}, which are not published; deploy/grants.sql makes one that may not",
            names.join(", "),
            set.table.as_sql()
        )
    })
}
