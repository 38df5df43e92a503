//! What the tests load: the small world of `fixtures/small.sql`, and the rows that the shared facts
//! speak of.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Map, Value};
use tokio_postgres::Client;

use crate::Database;
use crate::postgres::say;

/// The token of account 1's administrator, in [`small`] and in [`facts`].
pub const KEY: &str = "KEY";
/// The token of account 2's administrator.
pub const OTHER: &str = "OTHER";
/// The token of an agent, who administers nothing.
pub const AGENT: &str = "AGENT";

/// A copy of the small world, to change.
pub async fn small() -> Database {
    Database::from_template("small", load_small).await
}

/// The small world, for those who only read.
pub async fn small_shared() -> Arc<Database> {
    Database::shared("small", load_small).await
}

/// The rows of the shared `conformance/fixture.json`, for those who only read; none, and a line
/// that says so, where that file is absent.
pub async fn facts() -> Option<Arc<Database>> {
    let path = shared_file("conformance/fixture.json")?;
    let text = std::fs::read_to_string(&path).unwrap();
    let fixture: Value = serde_json::from_str(&text).unwrap();
    Some(Database::shared("facts", async |client| load_facts(client, &fixture).await).await)
}

/// A file of the shared folder (`ODATA_SHARED`, or `../shared` beside the workspace); none, and a
/// line that says so, where it is absent.
pub fn shared_file(name: &str) -> Option<PathBuf> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent()?;
    let shared =
        std::env::var_os("ODATA_SHARED").map_or_else(|| workspace.join("../shared"), PathBuf::from);
    let path = shared.join(name);
    if path.is_file() {
        return Some(path);
    }
    say(&format!(
        "tests: no '{name}' in '{}' (ODATA_SHARED): what needs it is not tested",
        shared.display()
    ));
    None
}

/// Loads the demo's schema, the small world, and the indexes.
pub async fn load_small(client: &Client) {
    load(
        client,
        &[
            liveagent_odata::demo::schema_sql(),
            include_str!("../fixtures/small.sql"),
            liveagent_odata::demo::indexes_sql(),
            "ANALYZE",
        ],
    )
    .await;
}

async fn load(client: &Client, scripts: &[&str]) {
    for script in scripts {
        if let Err(error) = client.batch_execute(script).await {
            panic!("{error:?}");
        }
    }
}

/// The table of each collection in the fixture.
const TABLES: [(&str, &str); 6] = [
    ("Message", "messages"),
    ("Conversation", "conversations"),
    ("Inbox", "inboxes"),
    ("User", "users"),
    ("ReportingEvent", "reporting_events"),
    ("Label", "labels"),
];

async fn load_facts(client: &Client, fixture: &Value) {
    load(client, &[liveagent_odata::demo::schema_sql()]).await;
    for (collection, table) in TABLES {
        insert(client, table, &fixture["rows"][collection]).await;
    }
    for table in ["accounts", "account_users", "access_tokens"] {
        insert(client, table, &fixture[table]).await;
    }
    load(client, &[liveagent_odata::demo::indexes_sql(), "ANALYZE"]).await;
}

/// Inserts JSON objects; a column that a row leaves out gets its default.
async fn insert(client: &Client, table: &str, rows: &Value) {
    for row in rows.as_array().expect("the fixture's rows are arrays") {
        let mut row: Map<String, Value> = row.as_object().expect("a row is an object").clone();
        // Every table has them, and not every row of the fixture.
        for time in ["created_at", "updated_at"] {
            row.entry(time)
                .or_insert_with(|| "2021-01-01T00:00:00Z".into());
        }
        let columns: Vec<&str> = row.keys().map(String::as_str).collect();
        let columns = columns.join(", ");
        let sql = format!(
            "INSERT INTO {table} ({columns})
             SELECT {columns} FROM json_populate_record(NULL::{table}, $1::text::json)"
        );
        let text = Value::Object(row.clone()).to_string();
        if let Err(error) = client.execute(&sql, &[&text]).await {
            panic!("{table}: {error:?}");
        }
    }
}
