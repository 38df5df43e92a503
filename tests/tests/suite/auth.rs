//! Who may ask: every kind of token, every way to send one, and what a caller then sees.

use serde_json::Value;
use tests::{Server, fixture};

#[tokio::test]
async fn a_service_answers() {
    let server = Server::small().await;
    let rows = server.get("Inbox?$select=id").rows();
    let ids: Vec<Value> = rows.into_iter().map(|mut row| row["id"].take()).collect();
    assert_eq!(ids, [1, 2, 3]);
    let rows = server.get_as(fixture::OTHER, "Inbox?$select=id").rows();
    assert_eq!(rows.len(), 1);
}
