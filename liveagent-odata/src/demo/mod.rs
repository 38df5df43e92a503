//! Sample data, and a PostgreSQL of its own to hold it.

/// The tables, without indexes.
pub fn schema_sql() -> &'static str {
    include_str!("schema.sql")
}

/// The indexes that every Chatwoot has, to be made when the rows are there.
pub fn indexes_sql() -> &'static str {
    include_str!("indexes.sql")
}
