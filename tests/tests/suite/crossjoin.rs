//! `$crossjoin`: each entity of a set combined with each of the others (URL Conventions 4.15), and
//! `$all` (4.16).

use crate::asking::{ROOT, get, ids_by_sql, pages, refusal, rows, small};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tests::Server;

/// The ids of the combined entities, from their links.
#[track_caller]
fn pairs(server: &Server, path: &str) -> Vec<Vec<i64>> {
    rows(server, path).iter().map(linked).collect()
}

fn linked(row: &Value) -> Vec<i64> {
    let links = row.as_object().unwrap().iter();
    let id = |(name, link): (&String, &Value)| {
        let set = name.strip_suffix("@odata.navigationLink").unwrap();
        let link = link.as_str().unwrap().strip_prefix(ROOT).unwrap();
        let id = link.strip_prefix(set).unwrap();
        id.trim_matches(['(', ')']).parse::<i64>().unwrap()
    };
    links.map(id).collect()
}

/// The same by SQL, each pair as one number.
async fn pairs_by_sql(from_where: &str, order: &str) -> Vec<Vec<i64>> {
    let sql = format!(
        "SELECT (a.id * 1000000 + b.id)::int8 FROM {from_where} AND a.account_id = 1 AND b.account_id = 1 \
         ORDER BY {order}"
    );
    let found = ids_by_sql(&sql).await.into_iter();
    found
        .map(|pair| vec![pair / 1_000_000, pair % 1_000_000])
        .collect()
}

#[tokio::test]
async fn each_entity_is_combined_with_each_that_the_caller_may_see() {
    let server = small().await;
    let all = pairs_by_sql("conversations a, inboxes b WHERE TRUE", "a.id, b.id").await;
    assert_eq!(pairs(server, "$crossjoin(Conversation,Inbox)"), all);
    let cases = [
        (
            "$filter=Conversation/inbox_id eq Inbox/id",
            "a.inbox_id = b.id",
            "a.id, b.id",
        ),
        (
            "$filter=Conversation/inbox_id eq Inbox/id and Conversation/status ne 0&$orderby=Inbox/name desc,Conversation/id",
            "a.inbox_id = b.id AND a.status <> 0",
            "b.name COLLATE \"C\" DESC, a.id",
        ),
        (
            "$filter=Conversation/messages/any(m:m/inbox_id eq Inbox/id)",
            "EXISTS (SELECT 1 FROM messages m WHERE m.conversation_id = a.id AND m.account_id = 1 AND m.inbox_id = b.id)",
            "a.id, b.id",
        ),
        (
            "$filter=Conversation/inbox/name eq Inbox/name&$top=2&$skip=1",
            "(SELECT i.name FROM inboxes i WHERE i.id = a.inbox_id AND i.account_id = 1) = b.name",
            "a.id, b.id LIMIT 2 OFFSET 1",
        ),
    ];
    for (query, condition, order) in cases {
        let from = format!("conversations a, inboxes b WHERE {condition}");
        let expected = pairs_by_sql(&from, order).await;
        assert!(!expected.is_empty(), "{query}");
        let path = format!("$crossjoin(Conversation,Inbox)?{query}");
        assert_eq!(pairs(server, &path), expected, "{query}");
    }
    let counted = get(
        server,
        "$crossjoin(Conversation,Inbox)?$count=true&$top=1",
        &[],
    )
    .json();
    assert_eq!(counted["@odata.count"], json!(all.len()));
    let walked = pages(
        server,
        "$crossjoin(Conversation,Inbox)?$orderby=Inbox/name",
        &[("Prefer", "odata.maxpagesize=2")],
    );
    assert!(walked.len() > 2);
    let walked: Vec<Vec<i64>> = walked.concat().iter().map(linked).collect();
    let expected = pairs_by_sql(
        "conversations a, inboxes b WHERE TRUE",
        "b.name COLLATE \"C\", a.id, b.id",
    );
    assert_eq!(walked, expected.await);
}

#[tokio::test]
async fn an_expanded_set_is_the_entity_itself() {
    let server = small().await;
    let path = "$crossjoin(Conversation,Inbox)?$filter=Conversation/inbox_id eq Inbox/id&$top=1\
                &$expand=Conversation($select=id;$expand=messages($select=id;$top=1)),Inbox($select=id,name)";
    let body = get(server, path, &[]).expect(200).json();
    let context = format!("{ROOT}$metadata#Collection(Edm.ComplexType)");
    assert_eq!(body["@odata.context"], json!(context));
    let row = &body["value"][0];
    let inbox = row["Inbox"]["id"].as_i64().unwrap();
    let alone = get(server, &format!("Inbox({inbox})?$select=id,name"), &[]).json();
    assert_eq!(row["Inbox"]["name"], alone["name"]);
    assert_eq!(row["Conversation"]["messages"].as_array().unwrap().len(), 1);
    let one = rows(
        server,
        "$crossjoin(Conversation,Inbox)?$expand=Inbox&$top=1",
    );
    assert!(one[0]["Conversation@odata.navigationLink"].is_string());
    assert!(one[0]["Inbox"].is_object());
}

#[tokio::test]
async fn combined_rows_are_aggregated() {
    let server = small().await;
    let path = "$crossjoin(Conversation,Inbox)?$apply=filter(Conversation/inbox_id eq Inbox/id)\
                /groupby((Inbox/name),aggregate($count as n))&$orderby=Inbox/name";
    let found = rows(server, path);
    let found: Vec<i64> = found.iter().map(|row| row["n"].as_i64().unwrap()).collect();
    let expected = ids_by_sql(
        "SELECT count(*) FROM conversations a JOIN inboxes b ON a.inbox_id = b.id \
         WHERE a.account_id = 1 AND b.account_id = 1 GROUP BY b.name ORDER BY b.name COLLATE \"C\"",
    );
    assert_eq!(found, expected.await);
}

#[tokio::test]
async fn what_a_cross_join_does_not_have() {
    let server = small().await;
    for (path, status, code) in [
        ("$crossjoin(Conversation,Nope)", 404, "UnknownSegment"),
        ("$crossjoin(Inbox,Inbox)", 404, "UnknownSegment"),
        (
            "$crossjoin(Inbox,Label)?$filter=name eq 'a'",
            400,
            "UnknownNavigation",
        ),
        (
            "$crossjoin(Inbox,Label)?$filter=Inbox/nam eq 'a'",
            400,
            "UnknownProperty",
        ),
        (
            "$crossjoin(Inbox,Label)?$expand=User",
            400,
            "UnknownNavigation",
        ),
        (
            "$crossjoin(Inbox,Label)?$expand=Inbox/$count",
            400,
            "OptionNotAllowed",
        ),
        (
            "$crossjoin(Inbox,Label)?$select=Inbox",
            400,
            "OptionNotAllowed",
        ),
        (
            "$crossjoin(Inbox,Label)?$filter=User/id eq 1",
            400,
            "UnknownNavigation",
        ),
        (
            "$crossjoin(User,Label)?$filter=User/encrypted_password eq 'a'",
            400,
            "OptionNotAllowed",
        ),
        (
            "$crossjoin(User,Label,Inbox,Message,Conversation)",
            400,
            "LimitExceeded",
        ),
    ] {
        assert_eq!(refusal(server, path), (status, code.to_owned()), "{path}");
    }
}

#[tokio::test]
async fn all_is_every_set_one_after_the_other() {
    let server = small().await;
    let first = get(server, "$all", &[]).expect(200).json();
    let context = format!("{ROOT}$metadata#Collection(Edm.EntityType)");
    assert_eq!(first["@odata.context"], json!(context));
    let walked = pages(server, "$all", &[("Prefer", "odata.maxpagesize=4")]).concat();
    let mut by_set: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for mut row in walked {
        let context = row
            .as_object_mut()
            .unwrap()
            .remove("@odata.context")
            .unwrap();
        let context = context.as_str().unwrap().strip_prefix(ROOT).unwrap();
        let set = context
            .strip_prefix("$metadata#")
            .unwrap()
            .strip_suffix("/$entity")
            .unwrap();
        by_set.entry(set.to_owned()).or_default().push(row);
    }
    assert_eq!(by_set.len(), 6);
    for (set, found) in by_set {
        assert_eq!(found, rows(server, &set), "{set}");
    }
    assert_eq!(
        rows(
            server,
            "$all/LiveAgent.Inbox?$filter=id ge 1&$select=id,name"
        ),
        rows(server, "Inbox?$filter=id ge 1&$select=id,name"),
    );
    for (path, status, code) in [
        ("$all/LiveAgent.Nope", 404, "UnknownSegment"),
        ("$all?$top=1", 400, "OptionNotAllowed"),
        ("$all?$skiptoken=abc", 400, "InvalidOptionValue"),
    ] {
        assert_eq!(refusal(server, path), (status, code.to_owned()), "{path}");
    }
}
