//! `$apply`: each result is what SQL computes, as a set of rows of the same JSON.

use crate::asking::{get, refusal, rows, small};
use expect_test::expect;
use serde_json::{Map, Value};
use tests::fixture;

/// A row without control information, a number by its value.
fn plain(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let own = members.iter().filter(|(name, _)| !name.contains('@'));
            Value::Object(
                own.map(|(name, member)| (name.clone(), plain(member)))
                    .collect::<Map<_, _>>(),
            )
        }
        Value::Array(rows) => rows.iter().map(plain).collect(),
        Value::Number(number) => number.as_f64().map_or(Value::Null, Value::from),
        scalar => scalar.clone(),
    }
}

fn sorted(rows: Vec<Value>) -> Vec<String> {
    let mut texts: Vec<String> = rows.iter().map(|row| plain(row).to_string()).collect();
    texts.sort();
    texts
}

/// The rows that a statement finds, each a column of JSON.
async fn by_sql(sql: &str) -> Vec<Value> {
    let database = fixture::small_shared().await;
    let client = database.connect().await;
    let sql = format!("SELECT to_json(t)::text FROM ({sql}) t");
    match client.query(&sql, &[]).await {
        Ok(rows) => rows
            .iter()
            .map(|row| serde_json::from_str(row.get(0)).unwrap())
            .collect(),
        Err(error) => panic!("{sql}: {error:?}"),
    }
}

const MESSAGES: &str = "(SELECT * FROM messages WHERE account_id = 1) m";
const CONVERSATIONS: &str = "(SELECT * FROM conversations WHERE account_id = 1) c";
const USERS: &str =
    "(SELECT * FROM users WHERE id IN (SELECT user_id FROM account_users WHERE account_id = 1)) u";
/// Those whose value JSON can say.
const EVENTS: &str = "(SELECT * FROM reporting_events WHERE account_id = 1 AND id < 8) e";

#[tokio::test]
async fn results_are_those_of_sql() {
    let server = small().await;
    let inbox = "CASE WHEN i.id IS NULL THEN json_build_object('name', NULL) ELSE json_build_object('name', i.name) END AS inbox";
    let with_inbox = "LEFT JOIN inboxes i ON i.id = c.inbox_id AND i.account_id = 1";
    for (query, sql) in [
        ("Message?$apply=aggregate($count as n)", format!("SELECT count(*) AS n FROM {MESSAGES}")),
        (
            "Message?$apply=aggregate(id with sum as s,id with min as lo,id with max as hi,id with average as mean)",
            format!("SELECT sum(id) AS s, min(id) AS lo, max(id) AS hi, avg(id)::float8 AS mean FROM {MESSAGES}"),
        ),
        (
            "Message?$apply=aggregate(sender_id with countdistinct as senders)",
            format!("SELECT count(DISTINCT sender_id) AS senders FROM {MESSAGES}"),
        ),
        ("Message?$apply=groupby((message_type))", format!("SELECT DISTINCT message_type FROM {MESSAGES}")),
        (
            "Message?$apply=groupby((private,status),aggregate($count as n))",
            format!("SELECT private, status, count(*) AS n FROM {MESSAGES} GROUP BY private, status"),
        ),
        (
            "Conversation?$apply=groupby((assignee_id),aggregate($count as n,id with max as last))",
            format!("SELECT assignee_id, count(*) AS n, max(id) AS last FROM {CONVERSATIONS} GROUP BY assignee_id"),
        ),
        (
            "Conversation?$apply=groupby((inbox/name,status),aggregate($count as n))",
            format!("SELECT {inbox}, c.status, count(*) AS n FROM {CONVERSATIONS} {with_inbox} GROUP BY i.id, i.name, c.status"),
        ),
        (
            "ReportingEvent?$apply=filter(id lt 8)/groupby((name),aggregate(value with sum as total,value with average as mean,$count as n))",
            format!("SELECT name, sum(value) AS total, avg(value) AS mean, count(*) AS n FROM {EVENTS} GROUP BY name"),
        ),
        (
            "ReportingEvent?$apply=filter(name eq 'conversation_resolved' and id lt 8)/groupby((inbox_id),aggregate(value with max as slowest))",
            format!("SELECT inbox_id, max(value) AS slowest FROM {EVENTS} WHERE name = 'conversation_resolved' GROUP BY inbox_id"),
        ),
        // Of nothing: one row without groups, none with.
        (
            "Message?$apply=filter(false)/aggregate($count as n,id with sum as s,id with max as hi)",
            "SELECT 0 AS n, NULL AS s, NULL AS hi".to_owned(),
        ),
        (
            "Message?$apply=filter(false)/groupby((status),aggregate($count as n))",
            "SELECT 1 AS status, 0 AS n WHERE false".to_owned(),
        ),
        (
            "Conversation?$apply=filter(false)/aggregate(messages/$count as n)",
            "SELECT 0 AS n".to_owned(),
        ),
        (
            "Conversation?$apply=groupby((status),filter(false)/aggregate(messages/$count as n))",
            format!("SELECT DISTINCT status, 0 AS n FROM {CONVERSATIONS}"),
        ),
        (
            "Message?$apply=compute(length(content) as size)/groupby((message_type),aggregate(size with sum as total))",
            format!("SELECT message_type, sum(char_length(content)) AS total FROM {MESSAGES} GROUP BY message_type"),
        ),
        (
            "Message?$apply=groupby((message_type),aggregate($count as n))/filter(n gt 2)",
            format!("SELECT message_type, count(*) AS n FROM {MESSAGES} GROUP BY message_type HAVING count(*) > 2"),
        ),
        (
            "Message?$apply=groupby((message_type),aggregate($count as n))/compute(n mul 2 as twice)",
            format!("SELECT message_type, count(*) AS n, count(*) * 2 AS twice FROM {MESSAGES} GROUP BY message_type"),
        ),
        // Numbers of rows are Decimals, whose quotients are exact.
        (
            "Message?$apply=groupby((message_type),aggregate($count as n,status with countdistinct as k))/compute(n div 2 as half,k div 4 as quarter)",
            format!(
                "SELECT message_type, count(*) AS n, count(DISTINCT status) AS k, count(*) / 2.0 AS half, count(DISTINCT status) / 4.0 AS quarter FROM {MESSAGES} GROUP BY 1"
            ),
        ),
        (
            "Message?$apply=groupby((conversation_id,message_type),aggregate($count as n))/groupby((message_type),aggregate(n with max as most))",
            format!(
                "SELECT message_type, max(n) AS most FROM (SELECT conversation_id, message_type, count(*) AS n FROM {MESSAGES} GROUP BY 1, 2) x GROUP BY message_type"
            ),
        ),
        (
            "Message?$apply=topcount(3,id)/aggregate(id with min as lo,$count as n)",
            format!("SELECT min(id) AS lo, 3 AS n FROM (SELECT id FROM {MESSAGES} ORDER BY id DESC LIMIT 3) x"),
        ),
        (
            "Message?$apply=bottomcount(3,id)/aggregate(id with max as hi)",
            format!("SELECT max(id) AS hi FROM (SELECT id FROM {MESSAGES} ORDER BY id LIMIT 3) x"),
        ),
        (
            "ReportingEvent?$apply=filter(id lt 8)/topsum(40,value)/aggregate($count as n,id with max as i)",
            "SELECT 1 AS n, 7 AS i".to_owned(),
        ),
        (
            "Message?$apply=search(hello)/aggregate($count as n)",
            format!("SELECT count(*) AS n FROM {MESSAGES} WHERE content ILIKE '%hello%'"),
        ),
        (
            "Message?$apply=identity/aggregate($count as n)",
            format!("SELECT count(*) AS n FROM {MESSAGES}"),
        ),
        (
            "Message?$apply=filter(id le 10)/orderby(id desc)/top(4)/aggregate(id with min as lo)",
            "SELECT 7 AS lo".to_owned(),
        ),
        (
            "Conversation(1)/messages?$apply=groupby((message_type),aggregate($count as n))",
            format!("SELECT message_type, count(*) AS n FROM {MESSAGES} WHERE conversation_id = 1 GROUP BY 1"),
        ),
        (
            "Message?$apply=groupby((status),aggregate($count as n))&$filter=n gt 3",
            format!("SELECT status, count(*) AS n FROM {MESSAGES} GROUP BY 1 HAVING count(*) > 3"),
        ),
        (
            "Message?$filter=n eq 16&$apply=aggregate($count as n)",
            "SELECT 16 AS n".to_owned(),
        ),
        (
            "Conversation?$apply=groupby((inbox/name),aggregate(messages/$count as n))",
            format!(
                "SELECT {inbox}, sum((SELECT count(*) FROM messages m WHERE m.conversation_id = c.id AND m.account_id = 1)) AS n
                 FROM {CONVERSATIONS} {with_inbox} GROUP BY i.id, i.name"
            ),
        ),
        // Each entity that a path reaches counts once (3.2.1.1).
        (
            "ReportingEvent?$apply=aggregate(inbox/id with sum as s,inbox/id with average as a,inbox/$count as n)",
            "SELECT sum(id) AS s, avg(id)::float8 AS a, count(*) AS n FROM inboxes i WHERE account_id = 1
             AND EXISTS (SELECT FROM reporting_events e WHERE e.inbox_id = i.id AND e.account_id = 1)".to_owned(),
        ),
        (
            "ReportingEvent?$apply=groupby((name),aggregate(user/sign_in_count with sum as s,user/sign_in_count with average as a,user/id with max as m))",
            format!(
                "SELECT name, sum(sign_in_count) AS s, avg(sign_in_count)::float8 AS a, max(u) AS m FROM
                 (SELECT DISTINCT e.name, u.id AS u, u.sign_in_count FROM reporting_events e LEFT JOIN {USERS} ON u.id = e.user_id WHERE e.account_id = 1) x
                 GROUP BY name"
            ),
        ),
        (
            "ReportingEvent?$apply=groupby((name),filter(id gt 2)/aggregate(inbox/id with sum as s))",
            "SELECT name, sum(i) AS s FROM
             (SELECT DISTINCT e.name, i.id AS i FROM reporting_events e LEFT JOIN inboxes i ON i.id = e.inbox_id AND i.account_id = 1 AND e.id > 2 WHERE e.account_id = 1) x
             GROUP BY name".to_owned(),
        ),
        (
            "ReportingEvent?$apply=aggregate(inbox/id add 0 with sum as s)",
            "SELECT sum(i.id) AS s FROM reporting_events e JOIN inboxes i ON i.id = e.inbox_id AND i.account_id = 1 WHERE e.account_id = 1".to_owned(),
        ),
        (
            "Inbox?$apply=aggregate(conversations/assignee/sign_in_count with sum as s,conversations/assignee with countdistinct as n)",
            format!(
                "SELECT sum(sign_in_count) AS s, count(*) AS n FROM {USERS} WHERE EXISTS
                 (SELECT FROM conversations c JOIN inboxes i ON i.id = c.inbox_id WHERE c.assignee_id = u.id AND c.account_id = 1 AND i.account_id = 1)"
            ),
        ),
        (
            "Conversation?$apply=aggregate(inbox/conversations/id with sum as s,inbox/conversations/$count as n)",
            "SELECT sum(c.id) AS s, count(*) AS n FROM conversations c JOIN inboxes i ON i.id = c.inbox_id WHERE c.account_id = 1 AND i.account_id = 1".to_owned(),
        ),
        (
            "Inbox?$apply=groupby((id),aggregate(conversations/messages/id with max as m,conversations/messages/$count as n,conversations with countdistinct as c))",
            "SELECT i.id, max(m.id) AS m, count(m.id) AS n, count(DISTINCT c.id) AS c FROM inboxes i
             LEFT JOIN conversations c ON c.inbox_id = i.id AND c.account_id = 1 LEFT JOIN messages m ON m.conversation_id = c.id AND m.account_id = 1
             WHERE i.account_id = 1 GROUP BY i.id".to_owned(),
        ),
        (
            "Inbox?$apply=aggregate(members/$count as n,members/sign_in_count with sum as s,members/name with countdistinct as d)",
            format!(
                "SELECT count(*) AS n, sum(sign_in_count) AS s, count(DISTINCT name) AS d FROM {USERS} WHERE EXISTS
                 (SELECT FROM inbox_members x JOIN inboxes i ON i.id = x.inbox_id WHERE x.user_id = u.id AND i.account_id = 1)"
            ),
        ),
        (
            "Conversation?$apply=filter(false)/aggregate(inbox/id with sum as s,messages/$count as n,messages/id with max as m)",
            "SELECT NULL AS s, 0 AS n, NULL AS m".to_owned(),
        ),
        (
            "Inbox(1)/conversations?$apply=aggregate(messages/id with sum as s,assignee/id with sum as a)",
            format!(
                "SELECT (SELECT sum(m.id) FROM {MESSAGES} JOIN conversations c ON c.id = m.conversation_id AND c.account_id = 1 WHERE c.inbox_id = 1) AS s,
                 (SELECT sum(u.id) FROM {USERS} WHERE u.id IN (SELECT assignee_id FROM conversations c WHERE c.account_id = 1 AND inbox_id = 1)) AS a"
            ),
        ),
        (
            "Conversation?$apply=groupby((inbox/id,status),aggregate($count as c))/aggregate(inbox/id with sum as s)",
            format!("SELECT sum(i) AS s FROM (SELECT DISTINCT i.id AS i FROM {CONVERSATIONS} JOIN inboxes i ON i.id = c.inbox_id AND i.account_id = 1) x"),
        ),
        (
            "$crossjoin(Inbox,Label)?$apply=aggregate(Inbox/id with sum as s,Label/id with sum as l,$count as n)",
            "SELECT (SELECT sum(id) FROM inboxes WHERE account_id = 1) AS s, (SELECT sum(id) FROM labels WHERE account_id = 1) AS l,
             (SELECT count(*) FROM inboxes i, labels l WHERE i.account_id = 1 AND l.account_id = 1) AS n".to_owned(),
        ),
    ] {
        let response = get(server, query, &[]);
        if response.status == 501 {
            // Said by name, and not silently something else.
            assert!(NOT_THERE_YET.contains(&query), "{query}: {}", response.text());
            continue;
        }
        assert!(!NOT_THERE_YET.contains(&query), "{query} is there now: {}", response.text());
        assert_eq!(response.status, 200, "{query}: {}", response.text());
        assert_eq!(sorted(response.rows()), sorted(by_sql(&sql).await), "{query}");
    }
}

/// What of the above is 501.
const NOT_THERE_YET: &[&str] = &[];

#[tokio::test]
async fn the_body_of_a_result() {
    let server = small().await;
    let ask = |path: &str| get(server, path, &[]).expect(200).text().to_owned();
    expect![[r##"{"@odata.context":"http://127.0.0.1/v1.0/odata/$metadata#Conversation(inbox(name),status,n)","value":[{"@odata.id":null,"inbox":{"@odata.id":null,"name":null},"status":1,"n@odata.type":"#Decimal","n":1},{"@odata.id":null,"inbox":{"@odata.id":null,"name":"O'Hara & Söhne"},"status":0,"n@odata.type":"#Decimal","n":1}],"@odata.count":7}"##]].assert_eq(&ask(
        "Conversation?$apply=groupby((inbox/name,status),aggregate($count as n))&$orderby=n desc,inbox/name&$top=2&$count=true",
    ));
    expect![[r##"{"@odata.context":"http://127.0.0.1/v1.0/odata/$metadata#Message(n,mean,last)","value":[{"@odata.id":null,"n@odata.type":"#Decimal","n":16,"mean":8.75,"last@odata.type":"#DateTimeOffset","last":"2021-12-11T13:00:00.000000Z"}]}"##]].assert_eq(&ask(
        "Message?$apply=aggregate($count as n,id with average as mean,created_at with max as last)",
    ));
    // Exact, though no whole number of the column's type is so large.
    expect![[r##"{"@odata.context":"http://127.0.0.1/v1.0/odata/$metadata#Label(s)","value":[{"@odata.id":null,"s@odata.type":"#Decimal","s":36893488147419100012}]}"##]].assert_eq(&ask(
        "Label?$apply=aggregate(id add 9223372036854775000 with sum as s)",
    ));
    expect![[r#"{"@odata.context":"http://127.0.0.1/v1.0/odata/$metadata#Message(id)","value":[{"id":1},{"id":2}]}"#]].assert_eq(&ask("Message?$apply=filter(id lt 3)&$select=id"));
    expect!["4"].assert_eq(&ask("Message/$count?$apply=groupby((message_type))"));
}

#[tokio::test]
async fn pages_of_a_result_are_the_whole() {
    let server = small().await;
    for query in [
        "Message?$apply=groupby((conversation_id,status),aggregate($count as n))",
        "Message?$apply=groupby((conversation_id,status),aggregate($count as n))&$orderby=n desc",
        "Message?$apply=groupby((sender_type),aggregate($count as n))&$orderby=sender_type desc",
        "Conversation?$apply=groupby((inbox/name,assignee/name))&$orderby=assignee/name desc",
        "Message?$apply=filter(id gt 3)&$orderby=status",
    ] {
        let whole = rows(server, query);
        let pages = crate::asking::pages(server, query, &[("Prefer", "maxpagesize=2")]);
        assert!(pages.iter().all(|page| page.len() <= 2));
        assert_eq!(pages.concat(), whole, "{query}");
    }
}

#[tokio::test]
async fn what_is_wrong_is_refused() {
    let server = small().await;
    for (query, code) in [
        (
            "Message(1)?$apply=aggregate($count as n)",
            "OptionNotAllowed",
        ),
        (
            "Message?$apply=aggregate(id with sum as content)",
            "InvalidOptionValue",
        ),
        (
            "Message?$apply=aggregate(content with sum as s)",
            "TypeMismatch",
        ),
        (
            "Message?$apply=aggregate(nothing with sum as s)",
            "UnknownProperty",
        ),
        (
            "Message?$apply=groupby((status),aggregate($count as n))&$select=content",
            "UnknownProperty",
        ),
        (
            "Message?$apply=groupby((status),aggregate($count as n))&$filter=content eq 'x'",
            "UnknownProperty",
        ),
        (
            "Message?$apply=groupby((status),aggregate($count as n))&$orderby=id",
            "UnknownProperty",
        ),
        ("Message?$apply=aggregate($count)", "SyntaxError"),
        ("Message?$apply=topcount(0,id)", "InvalidOptionValue"),
        ("Message?$apply=", "SyntaxError"),
    ] {
        let (status, found) = refusal(server, query);
        assert_eq!((status, &*found), (400, code), "{query}");
    }
    let expanded = refusal(server, "Message?$apply=groupby((status))&$expand=inbox");
    assert_eq!(expanded, (501, "NotImplemented".to_owned()));
}

/// `collection/aggregate(..)` and `$these/..` in expressions (Data Aggregation 3.6).
#[tokio::test]
async fn a_collection_is_aggregated_in_an_expression() {
    let server = small().await;
    for (query, sql) in [
        (
            "Inbox?$filter=conversations/aggregate(id with sum) gt 5",
            "SELECT id FROM inboxes i WHERE account_id = 1 AND (SELECT sum(id) FROM conversations c WHERE c.inbox_id = i.id AND c.account_id = 1) > 5",
        ),
        (
            "Inbox?$filter=conversations/$filter(status eq 0)/aggregate($count) ge 2",
            "SELECT id FROM inboxes i WHERE account_id = 1 AND (SELECT count(*) FROM conversations c WHERE c.inbox_id = i.id AND c.account_id = 1 AND status = 0) >= 2",
        ),
        (
            "Inbox?$filter=conversations/aggregate(id mul $it/id with max) gt 5",
            "SELECT id FROM inboxes i WHERE account_id = 1 AND (SELECT max(id * i.id) FROM conversations c WHERE c.inbox_id = i.id AND c.account_id = 1) > 5",
        ),
        (
            "Inbox?$filter=conversations/aggregate(assignee/sign_in_count with sum) gt 0",
            "SELECT id FROM inboxes i WHERE account_id = 1 AND (SELECT sum(sign_in_count) FROM users u WHERE id IN (SELECT user_id FROM account_users WHERE account_id = 1) AND EXISTS (SELECT FROM conversations c WHERE c.assignee_id = u.id AND c.inbox_id = i.id AND c.account_id = 1)) > 0",
        ),
        (
            "Inbox?$filter=conversations/any(c:c/id eq conversations/aggregate(id with max))",
            "SELECT id FROM inboxes i WHERE account_id = 1 AND EXISTS (SELECT FROM conversations c WHERE c.inbox_id = i.id AND c.account_id = 1)",
        ),
        (
            "Inbox?$filter=conversations/aggregate(1 with sum) eq conversations/$count and conversations/$count gt 0",
            "SELECT id FROM inboxes i WHERE account_id = 1 AND EXISTS (SELECT FROM conversations c WHERE c.inbox_id = i.id AND c.account_id = 1)",
        ),
        (
            "Message?$filter=conversation/messages/aggregate(id with min) eq id",
            "SELECT min(m.id) AS id FROM messages m JOIN conversations c ON c.id = m.conversation_id AND c.account_id = 1 WHERE m.account_id = 1 GROUP BY c.id",
        ),
    ] {
        let path = format!("{query}&$select=id");
        assert_eq!(
            sorted(rows(server, &path)),
            sorted(by_sql(sql).await),
            "{query}"
        );
    }
    let sql = "SELECT i.id, (SELECT sum(id) FROM conversations c WHERE c.inbox_id = i.id AND c.account_id = 1) AS s FROM inboxes i WHERE account_id = 1";
    for query in [
        "Inbox?$compute=conversations/aggregate(id with sum) as s&$select=id,s",
        "Inbox?$apply=compute(conversations/aggregate(id with sum) as s)&$select=id,s",
        "Inbox?$apply=groupby((id),aggregate(conversations/aggregate(id with sum) with max as s))",
    ] {
        assert_eq!(
            sorted(rows(server, query)),
            sorted(by_sql(sql).await),
            "{query}"
        );
    }
    for (query, code) in [
        (
            "Inbox?$filter=conversations/aggregate(nope with sum) gt 1",
            (400, "UnknownProperty"),
        ),
        (
            "Inbox?$filter=conversations/aggregate(uuid with sum) gt 1",
            (400, "TypeMismatch"),
        ),
        (
            "Inbox?$filter=conversations/aggregate(nope) gt 1",
            (400, "UnknownProperty"),
        ),
        (
            "Inbox?$filter=conversations/aggregate(id with sum)/id gt 1",
            (400, "SyntaxError"),
        ),
        (
            "Inbox?$filter=name/aggregate(id with sum) gt 1",
            (400, "TypeMismatch"),
        ),
        // What an aggregate reads is of its own rows: nothing of another instance's alone.
        (
            "Inbox?$filter=conversations/aggregate($it/id with sum) gt 1",
            (501, "NotImplemented"),
        ),
        (
            "Message?$filter=conversation/messages/aggregate($it/conversation/id with sum) gt 1",
            (501, "NotImplemented"),
        ),
        (
            "Inbox?$filter=conversations/aggregate(id with sum from status with max) gt 1",
            (501, "NotImplemented"),
        ),
    ] {
        assert_eq!(
            refusal(server, query),
            (code.0, code.1.to_owned()),
            "{query}"
        );
    }
}
