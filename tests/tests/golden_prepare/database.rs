//! The tables of the golden model with a few rows, and statements that run as the service runs them.

use crate::model::{ENUMERATIONS, TABLES};
use odata_core::sql::{Param, Statement, Wire};
use std::sync::Arc;
use tests::Database;
use tokio_postgres::types::{Format, FromSql, IsNull, ToSql, Type, private::BytesMut};
use tokio_postgres::{Client, Row};

/// A parameter as it stands.
#[derive(Debug)]
struct Raw<'a>(&'a Param);

impl ToSql for Raw<'_> {
    fn to_sql(
        &self,
        _: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match &self.0.value {
            None => Ok(IsNull::Yes),
            Some(bytes) => {
                out.extend_from_slice(bytes);
                Ok(IsNull::No)
            }
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn encode_format(&self, _: &Type) -> Format {
        match self.0.wire {
            Wire::Binary => Format::Binary,
            Wire::Text => Format::Text,
        }
    }

    tokio_postgres::types::to_sql_checked!();
}

/// A cell as it stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Cell(pub(crate) Option<Vec<u8>>);

impl<'a> FromSql<'a> for Cell {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Cell, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Cell(Some(raw.to_vec())))
    }

    fn from_sql_null(_: &Type) -> Result<Cell, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Cell(None))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

fn cells(row: &Row) -> Vec<Cell> {
    (0..row.len()).map(|place| row.get(place)).collect()
}

/// The tables of the model with a few rows, most of them odd.
async fn load(client: &Client) {
    for (name, labels) in ENUMERATIONS {
        let labels: Vec<String> = labels.iter().map(|label| format!("'{label}'")).collect();
        let sql = format!("CREATE TYPE {name} AS ENUM ({})", labels.join(", "));
        client.batch_execute(&sql).await.unwrap();
    }
    for (name, columns, indexes) in TABLES {
        let columns: Vec<String> = columns
            .iter()
            .map(|(column, ty, not_null)| {
                let ty = if *ty == "bpchar" { "char(4)" } else { ty };
                format!(
                    "\"{column}\" {ty}{}",
                    if *not_null { " NOT NULL" } else { "" }
                )
            })
            .collect();
        let sql = format!("CREATE TABLE {name} ({})", columns.join(", "));
        client.batch_execute(&sql).await.unwrap();
        for index in *indexes {
            let sql = format!("CREATE INDEX ON {name} ({index})");
            client.batch_execute(&sql).await.unwrap();
        }
    }
    let rows = include_str!("../../fixtures/golden.sql");
    client.batch_execute(rows).await.unwrap();
}

async fn world() -> Arc<Database> {
    Database::shared("golden", load).await
}

/// The same with rows that nobody may see who asks, on which a great deal fails.
pub(crate) async fn world_with_foreign_rows() -> Arc<Database> {
    let load = async |client: &Client| {
        load(client).await;
        let rows = include_str!("../../fixtures/foreign.sql");
        client.batch_execute(rows).await.unwrap();
    };
    Database::shared("golden with foreign rows", load).await
}

pub(crate) async fn connect() -> (Arc<Database>, Client) {
    connect_to(world().await).await
}

pub(crate) async fn connect_to(world: Arc<Database>) -> (Arc<Database>, Client) {
    let client = world.connect().await;
    client.batch_execute("SET TimeZone = 'UTC'").await.unwrap();
    (world, client)
}

pub(crate) async fn prepare(
    client: &Client,
    statement: &Statement,
) -> Result<tokio_postgres::Statement, String> {
    let types: Vec<Type> = statement
        .params
        .iter()
        .map(|param| Type::from_oid(param.oid()).unwrap())
        .collect();
    client
        .prepare_typed(&statement.text, &types)
        .await
        .map_err(|error| format!("{error:?}"))
}

pub(crate) async fn run(client: &Client, statement: &Statement) -> Result<Vec<Vec<Cell>>, String> {
    let prepared = prepare(client, statement).await?;
    let raw: Vec<Raw<'_>> = statement.params.iter().map(Raw).collect();
    let params: Vec<&(dyn ToSql + Sync)> = raw.iter().map(|raw| raw as _).collect();
    match client.query(&prepared, &params).await {
        Ok(rows) => Ok(rows.iter().map(cells).collect()),
        Err(error) => Err(format!("{error:?}")),
    }
}
