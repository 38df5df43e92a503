//! What a filter reaches over navigation properties: related entities, lambdas and counts.

use super::{CONVERSATIONS, INBOXES, MESSAGES, USERS, check};

#[tokio::test]
async fn paths_over_to_one_navigations() {
    check(
        MESSAGES,
        &[
            ("conversation/status eq 0", "c.status = 0"),
            ("conversation/status ne 0", "c.status IS DISTINCT FROM 0"),
            ("conversation eq null", "c.id IS NULL"),
            ("conversation ne null", "c.id IS NOT NULL"),
            ("conversation/id eq null", "c.id IS NULL"),
            ("sender/name eq 'Jan'", "s.name = 'Jan'"),
            ("sender/name ne 'Jan'", "s.name IS DISTINCT FROM 'Jan'"),
            ("sender ne null and conversation/inbox/name eq 'Web Chat'", "s.id IS NOT NULL AND c.inbox_id = 1"),
            ("conversation/inbox/name eq inbox/name", "(c.inbox_id = m.inbox_id AND m.inbox_id IN (1,2,3)) OR (c.id IS NULL AND m.inbox_id NOT IN (1,2,3))"),
            ("conversation/assignee/name eq sender/name", "(SELECT u.name FROM users u WHERE u.id = c.assignee_id AND u.id <> 999) IS NOT DISTINCT FROM s.name"),
            ("startswith(conversation/cognigy_session_id,'session-d')", "c.cognigy_session_id = 'session-d'"),
        ],
    )
    .await;
    check(
        CONVERSATIONS,
        &[
            (
                "assignee/name eq 'Ruth' and inbox/timezone eq 'UTC'",
                "s.name = 'Ruth' AND i.timezone = 'UTC'",
            ),
            ("assignee eq null", "s.id IS NULL"),
            // What may fail has its value where there is no assignee, too.
            (
                "10 div case(assignee eq null:1,true:5) eq 10",
                "s.id IS NULL",
            ),
            (
                "assignee/assigned_conversations/$count add 1 eq 1",
                "s.id IS NULL",
            ),
            // Another account's inbox, which is not there for the caller.
            ("inbox eq null", "i.id IS NULL"),
            ("contains(inbox/name,'&')", "i.id = 2"),
        ],
    )
    .await;
}

#[tokio::test]
async fn lambdas_and_counts() {
    let any = |condition: &str| {
        format!(
            "EXISTS (SELECT FROM messages x WHERE x.conversation_id = m.id AND x.account_id = 1 AND ({condition}))"
        )
    };
    let all = |condition: &str| {
        format!(
            "NOT EXISTS (SELECT FROM messages x WHERE x.conversation_id = m.id AND x.account_id = 1 AND ({condition}) IS NOT TRUE)"
        )
    };
    let label = |condition: &str| {
        format!(
            "EXISTS (SELECT FROM labels l JOIN tags t ON t.name = l.title JOIN taggings g ON g.tag_id = t.id
             WHERE l.account_id = 1 AND g.taggable_type = 'Conversation' AND g.context = 'labels'
               AND g.taggable_id = m.id AND ({condition}))"
        )
    };
    let found = |condition: &str, number: usize| {
        format!(
            "(SELECT count(*) FROM messages x WHERE x.conversation_id = m.id AND x.account_id = 1
              AND strpos(lower(x.content), 'hello') > 0 AND {condition}) = {number}"
        )
    };
    let count =
        "(SELECT count(*) FROM messages x WHERE x.conversation_id = m.id AND x.account_id = 1)";
    let many = format!("{count} > 3");
    let none = format!("{count} = 0");
    let private = "(SELECT count(*) FROM messages x WHERE x.conversation_id = m.id AND x.account_id = 1 AND x.private) > 0";
    check(
        CONVERSATIONS,
        &[
            ("messages/any()", &any("true")),
            ("not messages/any()", &format!("NOT {}", any("true"))),
            ("messages/any(m:m/private)", &any("x.private")),
            ("messages/any(m:m/content eq null)", &any("x.content IS NULL")),
            ("messages/any(m:contains(m/content,'a'))", &any("strpos(x.content, 'a') > 0")),
            ("messages/all(m:contains(m/content,'a'))", &all("strpos(x.content, 'a') > 0")),
            ("messages/all(m:m/inbox_id eq 2)", &all("x.inbox_id = 2")),
            // What is null breaks it alone: nothing has a tilde.
            ("messages/all(m:not contains(m/content,'~'))", &all("strpos(x.content, '~') = 0")),
            // A name without the variable is the conversation's.
            ("messages/any(m:m/status eq status)", &any("x.status IS NOT DISTINCT FROM m.status")),
            ("messages/any(m:m/sender/name eq 'Jan')", &any("x.sender_type = 'User' AND x.sender_id = 2")),
            (
                "messages/any(m:m/sender/name eq 'Jan' and m/conversation/messages/any(n:n/id gt m/id))",
                &any("x.sender_type = 'User' AND x.sender_id = 2 AND EXISTS (SELECT FROM messages n WHERE n.conversation_id = x.conversation_id AND n.account_id = 1 AND n.id > x.id)"),
            ),
            ("labels/any(l:l/title eq 'billing')", &label("l.title = 'billing'")),
            ("labels/any()", &label("true")),
            ("messages/$count gt 3", &many),
            ("messages/$count eq 0", &none),
            ("messages/$count($filter=private) gt 0", private),
            ("messages/$count($search=hello) eq 2", &found("true", 2)),
            ("messages/$count($search=hello AND NOT world) eq 1", &found("strpos(lower(x.content), 'world') = 0", 1)),
            ("messages/$count($filter=id gt 2;$search=hello) eq 1", &found("x.id > 2", 1)),
            ("labels/$count eq 2", "m.id = 1"),
            ("inbox/members/any(u:u/name eq 'Ruth')", "m.inbox_id = 1"),
            ("inbox/conversations/$count gt 3", "false"),
            ("messages/any(m:m/private) and not labels/any()", &format!("{} AND NOT {}", any("x.private"), label("true"))),
        ],
    )
    .await;
}

#[tokio::test]
async fn link_relations_count_each_once_and_stay_in_the_account() {
    check(
        INBOXES,
        &[
            ("members/$count eq 2", "m.id = 1"),
            ("members/$count eq 1", "m.id = 2"),
            (
                "conversations/aggregate(10 div case(assignee eq null:1,true:5) with max) eq 10",
                "EXISTS (SELECT FROM conversations c LEFT JOIN users u ON u.id = c.assignee_id AND u.id <> 999
                 WHERE c.inbox_id = m.id AND c.account_id = 1 AND u.id IS NULL)",
            ),
            ("members/any(u:u/name eq 'Lost')", "false"),
            (
                "conversations/any(c:c/assignee/name eq 'Ruth')",
                "m.id IN (1,2)",
            ),
            ("name eq 'O''Hara & Söhne'", "m.id = 2"),
            ("out_of_office_enabled eq 'Back on Monday'", "m.id = 2"),
        ],
    )
    .await;
    check(
        USERS,
        &[
            ("inboxes/$count eq 2", "m.id = 2"),
            (
                "assigned_conversations/any(c:c/account_id eq 1)",
                "m.id IN (1,2,3)",
            ),
            ("sent_messages/$count ge 2", "m.id IN (1,2)"),
            (
                "sent_messages/any(m:m/content eq 'secret of account 2')",
                "false",
            ),
            ("reporting_events/any(e:e/value gt 40)", "m.id = 3"),
        ],
    )
    .await;
}
