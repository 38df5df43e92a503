//! Counts: what the service counts is what SQL counts over the rows that the caller may see.

use super::{CALLERS, world};
use serde_json::Value;
use tests::Server;

/// A URL and what it counts.
const COUNTS: &[(&str, &str)] = &[
    ("Message/$count", "messages"),
    ("Conversation/$count", "conversations"),
    ("Inbox/$count", "inboxes"),
    ("Label/$count", "labels"),
    ("ReportingEvent/$count", "reporting_events"),
    ("User/$count", "users"),
    ("Message/$count?$filter=conversation/id ne null",
     "messages m JOIN conversations c ON c.id = m.conversation_id AND c.account_id = m.account_id"),
    ("Message/$count?$filter=inbox/id ne null and conversation/inbox/id ne null",
     "messages m JOIN inboxes i ON i.id = m.inbox_id AND i.account_id = m.account_id
      JOIN conversations c ON c.id = m.conversation_id AND c.account_id = m.account_id
      JOIN inboxes ci ON ci.id = c.inbox_id AND ci.account_id = c.account_id"),
    ("Message/$count?$filter=sender/id ne null",
     "messages m JOIN users u ON u.id = m.sender_id AND m.sender_type = 'User'"),
    ("Message/$count?$filter=conversation/id eq null",
     "messages m WHERE NOT EXISTS (SELECT FROM conversations c WHERE c.id = m.conversation_id AND c.account_id = m.account_id)"),
    ("Message/$count?$search=content",
     "messages m WHERE content ILIKE '%content%'"),
    ("Conversation/$count?$filter=messages/any()",
     "conversations c WHERE EXISTS (SELECT FROM messages m WHERE m.conversation_id = c.id AND m.account_id = c.account_id)"),
    ("Conversation/$count?$filter=messages/any(m: m/private eq true)",
     "conversations c WHERE EXISTS (SELECT FROM messages m WHERE m.conversation_id = c.id AND m.account_id = c.account_id AND m.private)"),
    ("Conversation/$count?$filter=messages/all(m: m/private eq false)",
     "conversations c WHERE NOT EXISTS (SELECT FROM messages m WHERE m.conversation_id = c.id AND m.account_id = c.account_id AND m.private)"),
    ("Conversation/$count?$filter=messages/$count gt 2",
     "conversations c WHERE (SELECT count(*) FROM messages m WHERE m.conversation_id = c.id AND m.account_id = c.account_id) > 2"),
    ("Conversation/$count?$filter=messages/any(m: m/sender/id ne null)",
     "conversations c WHERE EXISTS (SELECT FROM messages m JOIN users u ON u.id = m.sender_id AND m.sender_type = 'User'
      WHERE m.conversation_id = c.id AND m.account_id = c.account_id)"),
    ("Conversation/$count?$filter=assignee/id ne null", "conversations c JOIN users u ON u.id = c.assignee_id"),
    ("Conversation/$count?$filter=inbox/members/any()",
     "conversations c JOIN inboxes i ON i.id = c.inbox_id AND i.account_id = c.account_id
      WHERE EXISTS (SELECT FROM public.inbox_members m JOIN users u ON u.id = m.user_id WHERE m.inbox_id = i.id)"),
    ("Conversation/$count?$filter=labels/any()",
     "conversations c WHERE EXISTS (SELECT FROM public.taggings g JOIN public.tags t ON t.id = g.tag_id
      JOIN labels l ON l.title = t.name AND l.account_id = c.account_id
      WHERE g.taggable_id = c.id AND g.taggable_type = 'Conversation' AND g.context = 'labels')"),
    ("Conversation/$count?$filter=labels/$count eq 2",
     "conversations c WHERE (SELECT count(DISTINCT l.id) FROM public.taggings g JOIN public.tags t ON t.id = g.tag_id
      JOIN labels l ON l.title = t.name AND l.account_id = c.account_id
      WHERE g.taggable_id = c.id AND g.taggable_type = 'Conversation' AND g.context = 'labels') = 2"),
    ("Conversation/$count?$filter=reporting_events/any(e: e/value gt 0)",
     "conversations c WHERE EXISTS (SELECT FROM reporting_events e WHERE e.conversation_id = c.id AND e.account_id = c.account_id AND e.value > 0)"),
    ("Label/$count?$filter=conversations/any(c: c/status eq 0)",
     "labels l WHERE EXISTS (SELECT FROM conversations c JOIN public.taggings g ON g.taggable_id = c.id
      JOIN public.tags t ON t.id = g.tag_id WHERE t.name = l.title AND c.account_id = l.account_id AND c.status = 0
      AND g.taggable_type = 'Conversation' AND g.context = 'labels')"),
    ("Inbox/$count?$filter=members/$count ge 3",
     "inboxes i WHERE (SELECT count(DISTINCT u.id) FROM public.inbox_members m JOIN users u ON u.id = m.user_id WHERE m.inbox_id = i.id) >= 3"),
    ("User/$count?$filter=assigned_conversations/any()",
     "users u WHERE EXISTS (SELECT FROM conversations c WHERE c.assignee_id = u.id)"),
    ("User/$count?$filter=sent_messages/$count gt 1",
     "users u WHERE (SELECT count(*) FROM messages m WHERE m.sender_id = u.id AND m.sender_type = 'User') > 1"),
    ("User/$count?$filter=inboxes/any(i: i/conversations/any())",
     "users u WHERE EXISTS (SELECT FROM inboxes i JOIN public.inbox_members m ON m.inbox_id = i.id
      JOIN conversations c ON c.inbox_id = i.id AND c.account_id = i.account_id WHERE m.user_id = u.id)"),
    ("User/$count?$filter=reporting_events/any()",
     "users u WHERE EXISTS (SELECT FROM reporting_events e WHERE e.user_id = u.id)"),
    ("ReportingEvent/$count?$filter=conversation/id ne null and user/id ne null",
     "reporting_events e JOIN conversations c ON c.id = e.conversation_id AND c.account_id = e.account_id
      JOIN users u ON u.id = e.user_id"),
];

/// An expand whose arrays hold as many rows as SQL joins.
const EXPANDS: &[(&str, &str, &str)] = &[
    ("Conversation", "messages", "conversations c JOIN messages m ON m.conversation_id = c.id AND m.account_id = c.account_id"),
    ("Conversation", "reporting_events",
     "conversations c JOIN reporting_events m ON m.conversation_id = c.id AND m.account_id = c.account_id"),
    ("Conversation", "labels",
     "(SELECT DISTINCT c.id, l.id FROM conversations c JOIN public.taggings g ON g.taggable_id = c.id
       AND g.taggable_type = 'Conversation' AND g.context = 'labels' JOIN public.tags t ON t.id = g.tag_id
       JOIN labels l ON l.title = t.name AND l.account_id = c.account_id) x"),
    ("Label", "conversations",
     "(SELECT DISTINCT c.id, l.id FROM conversations c JOIN public.taggings g ON g.taggable_id = c.id
       AND g.taggable_type = 'Conversation' AND g.context = 'labels' JOIN public.tags t ON t.id = g.tag_id
       JOIN labels l ON l.title = t.name AND l.account_id = c.account_id) x"),
    ("Inbox", "conversations", "inboxes i JOIN conversations c ON c.inbox_id = i.id AND c.account_id = i.account_id"),
    ("Inbox", "messages", "inboxes i JOIN messages c ON c.inbox_id = i.id AND c.account_id = i.account_id"),
    ("Inbox", "reporting_events", "inboxes i JOIN reporting_events c ON c.inbox_id = i.id AND c.account_id = i.account_id"),
    ("Inbox", "members",
     "(SELECT DISTINCT i.id, u.id FROM inboxes i JOIN public.inbox_members m ON m.inbox_id = i.id JOIN users u ON u.id = m.user_id) x"),
    ("User", "inboxes",
     "(SELECT DISTINCT i.id, u.id FROM inboxes i JOIN public.inbox_members m ON m.inbox_id = i.id JOIN users u ON u.id = m.user_id) x"),
    ("User", "assigned_conversations", "users u JOIN conversations c ON c.assignee_id = u.id"),
    ("User", "sent_messages", "users u JOIN messages m ON m.sender_id = u.id AND m.sender_type = 'User'"),
    ("User", "reporting_events", "users u JOIN reporting_events e ON e.user_id = u.id"),
];

#[tokio::test]
async fn counts_are_those_of_sql_under_the_scope() {
    let database = world().await;
    let server = Server::start(&database, |_| {});
    let client = database.connect().await;
    for caller in CALLERS {
        client
            .batch_execute(&format!("SET search_path = {}", caller.view))
            .await
            .unwrap();
        let count = async |from: &str| -> i64 {
            client
                .query_one(&format!("SELECT count(*) FROM {from}"), &[])
                .await
                .unwrap()
                .get(0)
        };
        for (url, from) in COUNTS {
            let expect = count(from).await;
            let answer = server.get_as(caller.token, url).expect(200);
            assert_eq!(answer.text(), expect.to_string(), "{} {url}", caller.token);
            assert!(expect > 0 || caller.token != "KEY", "{url} counts nothing");
            // The same number by other ways.
            let (path, filter) = url.split_once("/$count").unwrap();
            let filter = filter.trim_start_matches('?');
            let inline = server
                .get_as(caller.token, &format!("{path}?$count=true&$top=1&{filter}"))
                .expect(200);
            assert_eq!(
                inline.json()["@odata.count"],
                expect,
                "{} {url}",
                caller.token
            );
            let all = server.get_as(caller.token, &format!("{path}?$select=id&{filter}"));
            assert_eq!(
                all.rows().len(),
                usize::try_from(expect).unwrap(),
                "{} {url}",
                caller.token
            );
            if let Some(condition) = filter.strip_prefix("$filter=") {
                let url = format!("{path}?$apply=filter({condition})/aggregate($count as n)");
                let rows = server.get_as(caller.token, &url).rows();
                assert_eq!(rows[0]["n"], expect, "{} {url}", caller.token);
            }
        }
        for (set, navigation, from) in EXPANDS {
            let expect = count(from).await;
            let counted = server
                .get_as(
                    caller.token,
                    &format!("{set}?$expand={navigation}($count=true;$top=0)"),
                )
                .rows();
            let member = format!("{navigation}@odata.count");
            let sum: i64 = counted
                .iter()
                .map(|row| row[&member].as_i64().unwrap())
                .sum();
            assert_eq!(sum, expect, "{} {set}/{navigation}", caller.token);
            let rows = server
                .get_as(caller.token, &format!("{set}?$expand={navigation}"))
                .rows();
            let sum: usize = rows
                .iter()
                .map(|row| row[navigation].as_array().unwrap().len())
                .sum();
            assert_eq!(
                sum,
                usize::try_from(expect).unwrap(),
                "{} {set}/{navigation}",
                caller.token
            );
            for row in rows.iter().take(3) {
                let id = &row["id"];
                let url = format!("{set}({id})/{navigation}/$count");
                let answer = server.get_as(caller.token, &url).expect(200);
                let expect = row[navigation].as_array().map_or(0, Vec::len);
                assert_eq!(answer.text(), expect.to_string(), "{} {url}", caller.token);
            }
        }
    }
}

/// Sums, extremes and groups over one's own rows alone.
#[tokio::test]
async fn aggregates_are_those_of_sql_under_the_scope() {
    const AGGREGATES: &[(&str, &str)] = &[
        ("ReportingEvent?$apply=groupby((name),aggregate(value with sum as s,value with max as m,$count as n))&$orderby=name",
         "SELECT json_agg(json_build_object('name', name, 's', s, 'm', m, 'n', n) ORDER BY name COLLATE \"C\") FROM
          (SELECT name, sum(value) s, max(value) m, count(*) n FROM reporting_events GROUP BY name) x"),
        ("Message?$apply=groupby((inbox/name),aggregate($count as n))&$orderby=inbox/name",
         "SELECT json_agg(json_build_object('inbox', json_build_object('name', name), 'n', n)
                          ORDER BY name COLLATE \"C\" NULLS FIRST) FROM
          (SELECT i.name, count(*) n FROM messages m LEFT JOIN inboxes i ON i.id = m.inbox_id AND i.account_id = m.account_id
           GROUP BY i.name) x"),
        ("Conversation?$apply=groupby((assignee/name,status),aggregate(display_id with min as least))&$orderby=least",
         "SELECT json_agg(json_build_object('assignee', json_build_object('name', name),
                          'status', status, 'least', least) ORDER BY least) FROM
          (SELECT u.name, c.status, min(c.display_id) least FROM conversations c LEFT JOIN users u ON u.id = c.assignee_id
           GROUP BY u.name, c.status) x"),
        ("User?$apply=aggregate(sign_in_count with max as m,$count as n)",
         "SELECT json_build_array(json_build_object('m', max(sign_in_count), 'n', count(*))) FROM users"),
    ];
    let database = world().await;
    let server = Server::start(&database, |_| {});
    let client = database.connect().await;
    for caller in CALLERS {
        client
            .batch_execute(&format!("SET search_path = {}", caller.view))
            .await
            .unwrap();
        for (url, sql) in AGGREGATES {
            let row = client
                .query_one(&format!("SELECT ({sql})::text"), &[])
                .await
                .unwrap();
            let expect: Vec<Value> = serde_json::from_str(row.get(0)).unwrap();
            let rows = server.get_as(caller.token, url).rows();
            assert_eq!(numbers(rows), numbers(expect), "{} {url}", caller.token);
        }
    }
}

/// Rows whose numbers are alike however they are written, without control information.
fn numbers(rows: Vec<Value>) -> Vec<Value> {
    fn plain(value: Value) -> Value {
        match value {
            Value::Number(number) => serde_json::json!(number.as_f64()),
            Value::Object(members) => members
                .into_iter()
                .filter(|(name, _)| !name.contains('@'))
                .map(|(name, value)| (name, plain(value)))
                .collect(),
            other => other,
        }
    }
    rows.into_iter().map(plain).collect()
}
