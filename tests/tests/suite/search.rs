//! `$search`: a text somewhere in the searchable properties, in any case; nothing of a database's
//! patterns means anything in it.

use crate::asking::{get, ids, ids_by_sql, refusal, small};

#[tokio::test]
async fn words_are_looked_for_in_every_searchable_property() {
    let server = small().await;
    for (set, table, columns) in [
        ("Message", "messages", &["content"][..]),
        ("Conversation", "conversations", &["identifier"]),
        ("Inbox", "inboxes", &["name"]),
        ("Label", "labels", &["title", "description"]),
        ("ReportingEvent", "reporting_events", &["name"]),
    ] {
        for word in [
            "hello", "HELLO", "a_b", "a%25b", "x", "late", "parcel", "söhne", "resolved", "é",
            "nowhere", "\\",
        ] {
            let text = word.replace("%25", "%").to_lowercase();
            let text = text.replace('\'', "''");
            let each: Vec<String> = columns
                .iter()
                .map(|column| format!("coalesce(strpos(lower({column}), '{text}') > 0, false)"))
                .collect();
            let condition = each.join(" OR ");
            let sql = format!(
                "SELECT id::int8 FROM {table} WHERE account_id = 1 AND ({condition}) ORDER BY id"
            );
            let expected = ids_by_sql(&sql).await;
            let found = ids(
                server,
                &format!("{set}?$search=\"{word}\"&$orderby=id&$select=id"),
            );
            assert_eq!(found, expected, "{set} {word}");
            let sql = format!(
                "SELECT id::int8 FROM {table} WHERE account_id = 1 AND NOT ({condition}) ORDER BY id"
            );
            let others = ids(
                server,
                &format!("{set}?$search=NOT \"{word}\"&$orderby=id&$select=id"),
            );
            assert_eq!(others, ids_by_sql(&sql).await, "{set} NOT {word}");
        }
    }
}

#[tokio::test]
async fn every_form_and_place_of_a_search() {
    let server = small().await;
    for (query, expected) in [
        ("Message?$search=hello", &[2, 3][..]),
        ("Message?$search=hello world", &[3]),
        ("Message?$search=\"hello world\"", &[3]),
        ("Message?$search=\"world hello\"", &[]),
        ("Message?$search=world hello", &[3]),
        ("Message?$search=hello AND NOT world", &[2]),
        ("Message?$search=axb OR hello AND world", &[3, 12]),
        ("Message?$search=(axb OR hello) AND NOT world", &[2, 12]),
        ("Message?$search=hello and world", &[]),
        ("Message?search=hello", &[2, 3]),
        ("Message?$search=hello%20AND%20world", &[3]),
        ("Message?$search=hello+world", &[3]),
        ("Message?$search=\"plus%2Bplus\"", &[14]),
        ("Message?$search=\"%26\"", &[14]),
        ("Message?$search=😀", &[11]),
        ("Message?$search=grüsse", &[]),
        ("Message?$search=GRÜßE", &[11]),
        // Two words that end as operators are words.
        ("Message?$search=AND", &[14]),
        ("Message?$search=a AND", &[14]),
        ("Message?$search=hello&$filter=id gt 2", &[3]),
        ("Message?$search=hello&$orderby=id desc", &[3, 2]),
        ("Message?$search=hello&$skip=1", &[3]),
        ("Conversation(1)/messages?$search=o", &[1, 2, 3]),
        ("Inbox(2)/conversations?$search=x", &[3]),
        ("User?$search=jan", &[2]),
        ("User?$search=harbour.example", &[1, 2, 3]),
        // Never in a secret.
        ("User?$search=secret", &[]),
        ("User?$search=pubsub", &[]),
    ] {
        assert_eq!(ids(server, query), expected, "{query}");
    }
    assert_eq!(
        get(server, "Message/$count?$search=hello", &[])
            .expect(200)
            .text(),
        "2"
    );
    let counted = get(server, "Message?$search=hello&$count=true&$top=1", &[])
        .expect(200)
        .json();
    assert_eq!(counted["@odata.count"], 2);
    for query in [
        "Message?$search=",
        "Message?$search=(a",
        "Message?$search=\"a",
        "Message?$search=a)",
    ] {
        assert_eq!(
            refusal(server, query),
            (400, "SyntaxError".to_owned()),
            "{query}"
        );
    }
    assert_eq!(
        refusal(server, "Message(1)?$search=a"),
        (400, "OptionNotAllowed".to_owned())
    );
}
