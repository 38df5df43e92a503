//! `$orderby`: the order that SQL gives with OData's place for null: before every value, so first
//! ascending and last descending.

use crate::asking::{ids, ids_by_sql, small};

#[tokio::test]
async fn rows_come_in_the_order_that_sql_gives() {
    let server = small().await;
    let sender = "(SELECT u.name FROM users u WHERE u.id = m.sender_id AND m.sender_type = 'User'
        AND EXISTS (SELECT FROM account_users a WHERE a.user_id = u.id AND a.account_id = 1))";
    let conversation = "(SELECT c.created_at FROM conversations c WHERE c.id = m.conversation_id AND c.account_id = 1)";
    let assignee = "(SELECT u.name FROM conversations c JOIN users u ON u.id = c.assignee_id
        WHERE c.id = m.conversation_id AND c.account_id = 1
          AND EXISTS (SELECT FROM account_users a WHERE a.user_id = u.id AND a.account_id = 1))";
    for (set, query, order) in [
        ("Message", "id", "id".to_owned()),
        ("Message", "id desc", "id DESC".to_owned()),
        ("Message", "created_at", "created_at, id".to_owned()),
        ("Message", "created_at desc", "created_at DESC, id DESC".to_owned()),
        ("Message", "content", "content NULLS FIRST, id".to_owned()),
        ("Message", "content asc", "content NULLS FIRST, id".to_owned()),
        ("Message", "content desc", "content DESC NULLS LAST, id DESC".to_owned()),
        ("Message", "status,id desc", "status NULLS FIRST, id DESC".to_owned()),
        ("Message", "status desc,private,id", "status DESC NULLS LAST, private NULLS FIRST, id".to_owned()),
        ("Message", "private desc,status", "private DESC NULLS LAST, status NULLS FIRST, id".to_owned()),
        ("Message", "sender/name", format!("{sender} NULLS FIRST, id")),
        ("Message", "sender/name desc,id", format!("{sender} DESC NULLS LAST, id")),
        ("Message", "conversation/created_at desc", format!("{conversation} DESC NULLS LAST, id DESC")),
        ("Message", "conversation/assignee/name,id desc", format!("{assignee} NULLS FIRST, id DESC")),
        ("Message", "length(content)", "char_length(content) NULLS FIRST, id".to_owned()),
        ("Message", "id mod 3,id", "id % 3, id".to_owned()),
        ("Message", "tolower(content) desc", "lower(content) DESC NULLS LAST, id DESC".to_owned()),
        ("Message", "message_type eq 1 desc,id", "(message_type = 1) DESC, id".to_owned()),
        (
            "Conversation",
            "messages/$count desc,id",
            "(SELECT count(*) FROM messages x WHERE x.conversation_id = m.id AND x.account_id = 1) DESC, id".to_owned(),
        ),
        ("Conversation", "assignee_id,team_id desc", "assignee_id NULLS FIRST, team_id DESC NULLS LAST, id DESC".to_owned()),
        ("Conversation", "assignee_id add team_id", "assignee_id + team_id NULLS FIRST, id".to_owned()),
        ("ReportingEvent", "value", "value NULLS FIRST, id".to_owned()),
        ("ReportingEvent", "value desc", "value DESC NULLS LAST, id DESC".to_owned()),
        ("ReportingEvent", "event_end_time", "event_end_time NULLS FIRST, id".to_owned()),
        ("Label", "title", "title NULLS FIRST, id".to_owned()),
        ("Label", "color desc,title", "color DESC, title NULLS FIRST, id".to_owned()),
        ("Label", "show_on_sidebar,id", "show_on_sidebar NULLS FIRST, id".to_owned()),
    ] {
        let table = match set {
            "Message" => "messages",
            "Conversation" => "conversations",
            "Label" => "labels",
            _ => "reporting_events",
        };
        let sql = format!("SELECT m.id::int8 FROM {table} m WHERE m.account_id = 1 ORDER BY {order}");
        let expected = ids_by_sql(&sql).await;
        assert!(expected.len() > 3);
        assert_eq!(ids(server, &format!("{set}?$select=id&$orderby={query}")), expected, "{set} {query}");
    }
}

#[tokio::test]
async fn without_an_order_the_key_decides() {
    let server = small().await;
    for set in [
        "Message",
        "Conversation",
        "Inbox",
        "Label",
        "User",
        "ReportingEvent",
    ] {
        let found = ids(server, set);
        assert!(found.is_sorted(), "{set}: {found:?}");
    }
}

#[tokio::test]
async fn names_in_any_case_and_space() {
    let server = small().await;
    for query in [
        "$orderby=id desc",
        "$orderby= id  desc ",
        "orderby=id DESC",
        "$ORDERBY=id Desc",
        "$orderby=id%20desc",
        "$orderby=id+desc",
    ] {
        assert_eq!(
            ids(server, &format!("Label?{query}")),
            [6, 3, 2, 1],
            "{query}"
        );
    }
}
