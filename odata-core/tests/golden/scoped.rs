//! Whether a statement keeps each of its table references in the caller's scope.

use odata_core::edm::{EntitySet, PgType, Schema, Scope, ScopeRule};
use odata_core::sql::{Param, Statement};

/// The number of references to tables that have a scope, or one that has none.
pub fn scoped_references(
    schema: &Schema,
    statement: &Statement,
    scope: &Scope,
) -> Result<usize, String> {
    let in_scope = in_scope(statement, scope);
    let mut count = 0;
    for set in schema.sets() {
        if set.scope == ScopeRule::Unscoped {
            continue;
        }
        for alias in references(&statement.text, set.table.as_sql()) {
            let mut conditions = in_scope
                .iter()
                .flat_map(|compared| conditions(set, alias, compared));
            if !conditions.any(|condition| stands(&statement.text, &condition)) {
                let table = set.table.as_sql();
                return Err(format!("no scope on {table} {alias} in {}", statement.text));
            }
            count += 1;
        }
    }
    Ok(count)
}

/// How a column is compared with the caller's ids: no other parameter may have their values.
fn in_scope(statement: &Statement, scope: &Scope) -> Vec<String> {
    let (param, [before, behind]) = match scope.ids() {
        [id] => (Param::int8(*id), [" = $", ""]),
        ids => {
            let ids: Vec<_> = ids.iter().map(|id| id.to_be_bytes()).collect();
            (Param::array(PgType::Int8, &ids), [" = ANY($", ")"])
        }
    };
    let params = statement.params.iter().zip(1..);
    params
        .filter(|(found, _)| **found == param)
        .map(|(_, number)| format!("{before}{number}{behind}"))
        .collect()
}

/// The condition on a reference, in each of its forms.
fn conditions(set: &EntitySet, alias: &str, in_scope: &str) -> Vec<String> {
    match &set.scope {
        ScopeRule::Unscoped => Vec::new(),
        ScopeRule::Column(column) => vec![format!("{alias}.\"{column}\"{in_scope}")],
        ScopeRule::Via { table, on, column } => {
            let (theirs, ours) = on[0];
            let ours = set.properties[ours].declared.columns[0];
            let table = table.as_sql();
            let exists = format!(
                "EXISTS (SELECT 1 FROM {table} s WHERE s.\"{theirs}\" = {alias}.\"{ours}\" AND s.\"{column}\"{in_scope}"
            );
            vec![format!("{exists})"), format!("{exists} OFFSET 0)")]
        }
    }
}

/// Whether it is a condition of its own there, not a part of another: of what may fail, for one.
fn stands(sql: &str, condition: &str) -> bool {
    const BEHIND: &[&str] = &[
        " AND ",
        " ORDER BY ",
        " LEFT JOIN ",
        " JOIN ",
        " CROSS JOIN ",
        " WHERE ",
        " LIMIT ",
        " OFFSET ",
        " GROUP BY ",
        ")",
    ];
    [" WHERE ", " ON ", " AND "].iter().any(|word| {
        let whole = format!("{word}{condition}");
        sql.match_indices(&whole).any(|(at, found)| {
            let behind = &sql[at + found.len()..];
            let ends = behind.is_empty() || BEHIND.iter().any(|next| behind.starts_with(next));
            ends && !is_in_a_guard(&sql[..at])
        })
    })
}

/// Whether what comes behind this is asked before something that may fail: `CASE WHEN a AND b THEN`.
fn is_in_a_guard(before: &str) -> bool {
    let Some(at) = before.rfind("CASE WHEN ") else {
        return false;
    };
    let guard = &before[at..];
    let depth = guard.bytes().fold(0_i32, |depth, byte| match byte {
        b'(' => depth + 1,
        b')' => depth - 1,
        _ => depth,
    });
    depth == 0 && !guard.contains(" THEN ")
}

/// The aliases behind each mention of a table.
fn references<'a>(sql: &'a str, table: &str) -> Vec<&'a str> {
    let words = sql
        .match_indices(table)
        .map(|(at, _)| &sql[at + table.len()..]);
    words
        .map(|behind| {
            let alias = behind.strip_prefix(' ').unwrap_or_default();
            let end = alias.find(|c: char| !c.is_ascii_alphanumeric());
            &alias[..end.unwrap_or(alias.len())]
        })
        .collect()
}
