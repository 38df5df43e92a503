//! What the database has, in one query over its catalogue.

use super::database::Database;
use super::failure::Failure;
use super::row::RawRow;
use crate::edm::{Catalogue, CatalogueColumn, CatalogueTable, PgType};
use crate::sql::{Param, Plans, Statement};
use std::time::Duration;

/// How long the catalogue may take; it is read at start and when a statement says that it changed.
const PATIENCE: Duration = Duration::from_secs(30);

/// A collation of PostgreSQL's own that knows every script, where it was built with ICU.
const ICU_COLLATION: &str = "und-x-icu";

/// Three kinds of rows in one answer: `t` a table with one of its columns, `i` a column of an index,
/// `c` what the collations can.
///
/// * A domain counts as its base type, at any depth: that is what its values look like.
/// * An index column counts as plain while it sorts as `ORDER BY column` does: the type's own
///   operators, the column's collation, the direction of the index's first column.
/// * A partitioned table has no rows of its own; its leaves are counted.
const QUERY: &str = "
WITH RECURSIVE tables AS (
    SELECT c.oid, c.relname, c.relkind,
        has_schema_privilege(n.oid, 'USAGE') AS usable,
        CASE c.relkind
            WHEN 'p' THEN (
                SELECT sum(greatest(leaf.reltuples, 0))
                FROM pg_partition_tree(c.oid) p JOIN pg_class leaf ON leaf.oid = p.relid
                WHERE p.isleaf)
            ELSE greatest(c.reltuples, 0)
        END::int8 AS estimate
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = $1 AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
), base (oid, base) AS (
    SELECT oid, oid FROM pg_type WHERE typtype <> 'd'
    UNION ALL
    SELECT d.oid, base.base FROM pg_type d JOIN base ON base.oid = d.typbasetype
    WHERE d.typtype = 'd'
)
SELECT 't' AS kind, t.relname::text AS table_name, a.attname::text AS column_name,
    base.base::int8 AS number, format_type(a.atttypid, a.atttypmod) AS type_name,
    a.attnotnull AS not_null,
    t.usable AND has_column_privilege(t.oid, a.attnum, 'SELECT') AS readable,
    coalesce(t.estimate, 0) AS estimate
FROM tables t
LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN base ON base.oid = a.atttypid
UNION ALL
SELECT 'i', t.relname::text, a.attname::text, i.indexrelid::int8, NULL,
    coalesce(a.attnum IS NOT NULL AND op.opcdefault
        AND i.indcollation[k] = a.attcollation
        AND i.indoption[k] & 1 = i.indoption[0] & 1, false),
    NULL, k
FROM tables t
JOIN pg_index i ON i.indrelid = t.oid AND i.indisvalid AND i.indpred IS NULL
JOIN pg_class ic ON ic.oid = i.indexrelid
JOIN pg_am am ON am.oid = ic.relam AND am.amname = 'btree'
CROSS JOIN generate_series(0, i.indnkeyatts - 1) k
JOIN pg_opclass op ON op.oid = i.indclass[k]
LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = i.indkey[k] AND a.attnum > 0
UNION ALL
SELECT 'c', NULL, NULL, NULL, NULL, upper('ß') = 'SS',
    EXISTS (SELECT FROM pg_collation
        WHERE collname = $2 AND collnamespace = 'pg_catalog'::regnamespace), NULL
ORDER BY 1, 2, 4, 8";

impl Database {
    /// The tables, views and indexes of that schema as the service's role sees them.
    pub async fn catalogue(&self, schema: &str) -> Result<Catalogue, Failure> {
        // A server may fall silent between two rows; the first has its own time, behind that of a turn.
        let (read, longest) = (self.read_catalogue(schema), 3 * PATIENCE);
        tokio::time::timeout(longest, read)
            .await
            .unwrap_or_else(|_| Err(Failure::timeout(longest)))
    }

    async fn read_catalogue(&self, schema: &str) -> Result<Catalogue, Failure> {
        let statement = Statement {
            text: QUERY.to_owned(),
            params: vec![
                Param::text(PgType::Name, schema),
                Param::text(PgType::Name, ICU_COLLATION),
            ],
            plans: Plans::Auto,
        };
        let mut rows = self.query(&statement, "the catalogue", PATIENCE).await?;
        let mut catalogue = Catalogue::default();
        let mut indexes = Indexes::default();
        while rows.advance().await? {
            let cells = Cells(rows.row());
            match cells.text(KIND).as_str() {
                "t" => add_column(&mut catalogue, &cells),
                "i" => indexes.add(&mut catalogue, &cells),
                _ if cells.flag(NOT_NULL) => catalogue.unicode_collation = None,
                _ if cells.flag(READABLE) => {
                    catalogue.unicode_collation = Some(ICU_COLLATION.to_owned());
                }
                _ => tracing::warn!(
                    "the database has no rules of Unicode: tolower and toupper change letters one by one or ASCII alone"
                ),
            }
        }
        indexes.finish(&mut catalogue);
        Ok(catalogue)
    }
}

fn add_column(catalogue: &mut Catalogue, cells: &Cells<'_>) {
    let table = catalogue.tables.entry(cells.text(TABLE)).or_default();
    table.estimated_rows = u64::try_from(cells.number(ESTIMATE)).unwrap_or(0);
    // A table may have no columns.
    if cells.0.cell(COLUMN).is_none() {
        return;
    }
    let readable = cells.flag(READABLE);
    table.readable |= readable;
    table.columns.insert(
        cells.text(COLUMN),
        CatalogueColumn {
            ty: u32::try_from(cells.number(NUMBER))
                .ok()
                .and_then(PgType::from_oid),
            type_name: cells.text(TYPE_NAME),
            not_null: cells.flag(NOT_NULL),
            readable,
        },
    );
}

/// The index whose columns are coming in.
#[derive(Default)]
struct Indexes {
    table: String,
    index: i64,
    columns: Vec<String>,
    /// Whether a column has come that does not sort by itself alone.
    cut: bool,
}

impl Indexes {
    fn add(&mut self, catalogue: &mut Catalogue, cells: &Cells<'_>) {
        let index = cells.number(NUMBER);
        if index != self.index {
            self.finish(catalogue);
            *self = Indexes {
                table: cells.text(TABLE),
                index,
                ..Indexes::default()
            };
        }
        self.cut |= !cells.flag(NOT_NULL);
        if !self.cut {
            self.columns.push(cells.text(COLUMN));
        }
    }

    fn finish(&mut self, catalogue: &mut Catalogue) {
        let columns = std::mem::take(&mut self.columns);
        if columns.is_empty() {
            return;
        }
        // The order of the answer by kind has indexes before tables.
        let table: &mut CatalogueTable = catalogue.tables.entry(self.table.clone()).or_default();
        table.indexes.insert(columns);
    }
}

// The places of the query's columns.
const KIND: usize = 0;
const TABLE: usize = 1;
const COLUMN: usize = 2;
const NUMBER: usize = 3;
const TYPE_NAME: usize = 4;
const NOT_NULL: usize = 5;
const READABLE: usize = 6;
const ESTIMATE: usize = 7;

struct Cells<'a>(&'a RawRow);

impl Cells<'_> {
    fn text(&self, place: usize) -> String {
        let bytes = self.0.cell(place).unwrap_or_default();
        String::from_utf8_lossy(bytes).into_owned()
    }

    fn number(&self, place: usize) -> i64 {
        let bytes = self.0.cell(place).unwrap_or_default();
        bytes.try_into().map_or(0, i64::from_be_bytes)
    }

    fn flag(&self, place: usize) -> bool {
        self.0.cell(place) == Some(&[1])
    }
}
