//! Entities in expressions, and the paths that lead to them: each finds the rows that SQL finds.

use crate::asking::{answer, ids, rows, small};
use crate::filter::{CONVERSATIONS, check};
use expect_test::expect;

#[tokio::test]
async fn entities_are_compared_with_null_and_with_each_other() {
    let any = |condition: &str| {
        format!(
            "EXISTS (SELECT FROM messages x
             LEFT JOIN users w ON w.id = x.sender_id AND x.sender_type = 'User'
                 AND EXISTS (SELECT FROM account_users a WHERE a.user_id = w.id AND a.account_id = 1)
             WHERE x.conversation_id = m.id AND x.account_id = 1 AND ({condition}))"
        )
    };
    check(
        CONVERSATIONS,
        &[
            ("$it eq null", "false"),
            ("null ne $it", "true"),
            ("$this ne null", "true"),
            ("messages/any(m:m ne null)", &any("true")),
            ("messages/any(m:m eq null)", "false"),
            ("messages/any(m:m/sender eq null)", &any("w.id IS NULL")),
            ("$root/Conversation(999) eq null", "true"),
            ("$root/Conversation(1) eq null", "false"),
            // Another account's.
            ("$root/Conversation(7) ne null", "false"),
            ("$root/Conversation(1)/assignee ne null", "true"),
            ("assignee eq @p", "s.id IS NULL"),
            ("assignee ne @p&@p=null", "s.id IS NOT NULL"),
            ("assignee in (null)", "s.id IS NULL"),
            ("assignee in ()", "false"),
            (
                "assignee in (@a,@b)&@a=$root/User(1)&@b=$root/User(3)",
                "s.id IN (1,3)",
            ),
            ("assignee in @p&@p=[null]", "s.id IS NULL"),
            ("assignee/LiveAgent.User ne null", "s.id IS NOT NULL"),
            ("assignee gt null", "false"),
            ("assignee eq $root/User(1)", "s.id = 1"),
            ("not (assignee eq $root/User(1))", "s.id IS DISTINCT FROM 1"),
            ("assignee ne $root/User(1)", "s.id IS DISTINCT FROM 1"),
            ("assignee eq $root/User(999)", "s.id IS NULL"),
            ("$it eq $root/Conversation(3)", "m.id = 3"),
            ("assignee eq @p&@p=$root/User(2)", "s.id = 2"),
            (
                "messages/any(m:m/sender eq assignee)",
                &any("w.id IS NOT DISTINCT FROM s.id"),
            ),
            ("messages/any(m:m/conversation eq $it)", &any("true")),
            ("messages/any(m:m/conversation ne $it)", "false"),
        ],
    )
    .await;
    let server = small().await;
    expect![[r#"
        400
        {"error":{"code":"TypeMismatch","message":"cannot compare an entity of 'User' with one of 'Inbox'","target":"$filter","innererror":{"position":0,"length":21}}}"#]].assert_eq(&answer(server, "Conversation?$filter=assignee eq inbox"));
    expect![[r#"
        400
        {"error":{"code":"TypeMismatch","message":"an entity takes 'eq' and 'ne' alone","target":"$filter","innererror":{"position":0,"length":24}}}"#]].assert_eq(&answer(server, "Conversation?$filter=assignee lt assignee"));
    expect![[r#"
        400
        {"error":{"code":"TypeMismatch","message":"cannot compare the entity 'assignee' with Edm.Int32; compare a property of it, as in assignee/..","target":"$filter","innererror":{"position":19,"length":17,"hint":"compare a property of it, as in assignee/.."}}}"#]].assert_eq(&answer(
        server,
        "Conversation?$filter=id eq 1 or assignee eq 1",
    ));
    expect![[r#"
        400
        {"error":{"code":"TypeMismatch","message":"expected a property behind 'm'; an entity can only be compared with null, or with an entity of its set","target":"$filter","innererror":{"position":15,"length":1,"hint":"an entity can only be compared with null, or with an entity of its set"}}}"#]].assert_eq(&answer(server, "Conversation?$filter=messages/any(m:m)"));
}

#[tokio::test]
async fn members_are_found_by_their_key() {
    check(
        CONVERSATIONS,
        &[
            ("messages(8)/content ne null", "m.id = 3"),
            ("messages(id=8)/id eq 8", "m.id = 3"),
            ("messages(8)/id eq null", "m.id <> 3"),
            ("messages(8) ne null", "m.id = 3"),
            ("messages(id=8) eq null", "m.id <> 3"),
            ("messages(@k) ne null&@k=8", "m.id = 3"),
            ("messages(8)/conversation/id eq id", "m.id = 3"),
            ("messages(9)/sender eq messages(999)/sender", "m.id <> 3"),
            ("messages(8)/conversation/messages/$count gt 0", "m.id = 3"),
            ("messages(8)/conversation/messages/$count eq 0", "m.id <> 3"),
            ("messages(8)/conversation/messages/any()", "m.id = 3"),
            (
                "messages(8)/conversation/messages/all(m:false)",
                "m.id <> 3",
            ),
            ("messages/$filter(id gt 7)(8) ne null", "m.id = 3"),
            ("messages/$filter(id gt 8)(8) ne null", "false"),
            ("$root/Conversation(4)/status eq status", "m.status = 2"),
            ("$root/Conversation(1)/messages(2)/id eq id", "m.id = 2"),
            ("$root/Conversation(1)/messages(8)/id eq null", "true"),
            ("inbox/conversations(1)/id eq 1", "m.inbox_id = 1"),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_set_behind_the_root_is_a_collection() {
    check(
        CONVERSATIONS,
        &[
            ("$root/Message/$count gt 14", "true"),
            ("$root/Message/$count($filter=id lt 4) eq id", "m.id = 3"),
            ("$root/Label/any(l:l/id eq id)", "m.id IN (1,2,3,6)"),
            ("$root/Label/all(l:l/id ne id)", "m.id NOT IN (1,2,3,6)"),
            ("$root/Label/any(l:l/title eq 'nobodys')", "false"),
            (
                "$root/Label/$filter(id gt 2)/any(l:l/id eq id)",
                "m.id IN (3,6)",
            ),
            ("$root/Label/LiveAgent.Label/$count eq id", "m.id = 4"),
            ("$root/User(999)/assigned_conversations/any()", "false"),
            (
                "$root/User(999)/assigned_conversations/all(c:false)",
                "true",
            ),
            ("$root/User(999)/assigned_conversations/$count eq 0", "true"),
            (
                "$root/User(1)/assigned_conversations/any(c:c/id eq id)",
                "s.id = 1",
            ),
        ],
    )
    .await;
    let server = small().await;
    expect![[r#"
        400
        {"error":{"code":"UnknownProperty","message":"there is no collection 'Nosuch'","target":"$filter","innererror":{"position":6,"length":6}}}"#]].assert_eq(&answer(server, "Label?$filter=$root/Nosuch(1)/id eq 1"));
    expect![[r#"
        400
        {"error":{"code":"TypeMismatch","message":"'Label' is a collection, expected 'any', 'all' or '$count' behind it; for example $root/Label/any(x:x/id eq 1)","target":"$filter","innererror":{"position":6,"length":5,"hint":"for example $root/Label/any(x:x/id eq 1)"}}}"#]].assert_eq(&answer(server, "Label?$filter=$root/Label eq null"));
}

#[tokio::test]
async fn a_type_that_the_entities_have_anyway() {
    check(
        CONVERSATIONS,
        &[
            ("messages/LiveAgent.Message/any(m:m/id eq 8)", "m.id = 3"),
            ("messages/LiveAgent.Message/$count eq 0", "m.id IN (5,9)"),
            (
                "messages/LiveAgent.Message(8)/LiveAgent.Message/id eq 8",
                "m.id = 3",
            ),
            ("isof(LiveAgent.Conversation)", "true"),
            ("isof(LiveAgent.Label)", "false"),
            ("isof($it,LiveAgent.Conversation)", "true"),
            ("isof(assignee,LiveAgent.User)", "s.id IS NOT NULL"),
            ("isof(assignee,LiveAgent.Label)", "false"),
            ("isof(assignee,Edm.String)", "false"),
            ("isof(id,LiveAgent.User)", "false"),
            (
                "messages/any(m:isof(m,LiveAgent.Message) and m/id eq 8)",
                "m.id = 3",
            ),
            ("cast(assignee,LiveAgent.User) eq null", "s.id IS NULL"),
            ("cast(assignee,LiveAgent.Label) eq null", "true"),
            ("cast(LiveAgent.Conversation) ne null", "true"),
        ],
    )
    .await;
    let server = small().await;
    expect![[r#"
        400
        {"error":{"code":"UnknownType","message":"there is no type 'LiveAgent.Label' derived from 'Message'","target":"$filter","innererror":{"position":9,"length":15}}}"#]].assert_eq(&answer(
        server,
        "Conversation?$filter=messages/LiveAgent.Label/any()",
    ));
    expect![[r#"
        400
        {"error":{"code":"UnknownType","message":"there is no type 'id'; the type stands behind the operand: (id,Edm.String)","target":"$filter","innererror":{"position":5,"length":2,"hint":"the type stands behind the operand: (id,Edm.String)"}}}"#]].assert_eq(&answer(server, "Conversation?$filter=isof(id)"));
    expect![[r#"
        400
        {"error":{"code":"UnknownType","message":"there is no type 'content'; the type stands behind the operand: (content,Edm.String)","target":"$filter","innererror":{"position":5,"length":7,"hint":"the type stands behind the operand: (content,Edm.String)"}}}"#]].assert_eq(&answer(
        server,
        "Conversation?$filter=cast(content) eq null",
    ));
    expect![[r#"
        400
        {"error":{"code":"TypeMismatch","message":"cannot cast Edm.Int64 to LiveAgent.User","target":"$filter","innererror":{"position":0,"length":23}}}"#]].assert_eq(&answer(
        server,
        "Conversation?$filter=cast(id,LiveAgent.User) eq null",
    ));
}

#[tokio::test]
async fn a_path_goes_on_from_an_alias() {
    check(
        CONVERSATIONS,
        &[
            ("@x/status eq 1&@x=$it", "m.status = 1"),
            ("@x/name eq 'Ruth'&@x=assignee", "s.name = 'Ruth'"),
            ("@x/name eq 'Ruth'&@x=@y&@y=assignee", "s.name = 'Ruth'"),
            ("@x/name eq 'Ruth'&@x=$root/User(1)", "true"),
            ("@x/id eq 8&@x=messages(8)", "m.id = 3"),
            ("@x/id eq 8&@x=messages(id=8)", "m.id = 3"),
            ("@x/name eq null", "true"),
            ("@x/name eq null&@x=null", "true"),
            (
                "@x/messages/any(m:m/conversation eq @x and m/id eq 8)&@x=$it",
                "m.id = 3",
            ),
        ],
    )
    .await;
    let server = small().await;
    expect![[r#"
        400
        {"error":{"code":"UnknownProperty","message":"'User' has no property 'nme'; did you mean 'name'?","target":"$filter","innererror":{"position":3,"length":3,"hint":"did you mean 'name'?"}}}"#]].assert_eq(&answer(
        server,
        "Conversation?$filter=@x/nme eq 1&@x=assignee",
    ));
    expect![[r#"
        400
        {"error":{"code":"UnknownProperty","message":"'Conversation' has no property 'asignee'; did you mean 'assignee'?","target":"@x","innererror":{"position":0,"length":7,"hint":"did you mean 'assignee'?"}}}"#]].assert_eq(&answer(
        server,
        "Conversation?$filter=@x/name eq 1&@x=asignee",
    ));
    expect![[r#"
        400
        {"error":{"code":"TypeMismatch","message":"a path can follow an alias only where that is an entity","target":"@x","innererror":{"position":0,"length":2}}}"#]].assert_eq(&answer(server, "Conversation?$filter=@x/name eq 1&@x=id"));
}

#[tokio::test]
async fn what_is_computed_is_behind_it_too() {
    let server = small().await;
    for (query, expected) in [
        ("$compute=id add 1 as x&$filter=$it/x eq 2", &[1][..]),
        ("$compute=id add 1 as x&$filter=$this/x eq 2", &[1]),
        (
            "$compute=id add 1 as x,$it/x mul 2 as y&$filter=$it/y eq 6",
            &[2],
        ),
        (
            "$compute=id add 1 as x&$filter=messages/any(m:m/id eq $it/x)",
            &[1],
        ),
        ("$compute=id add 1 as x&$filter=@a/x eq 3&@a=$it", &[2]),
        ("$compute=-id as x&$orderby=$it/x&$top=2", &[9, 6]),
    ] {
        let found = ids(server, &format!("Conversation?{query}"));
        assert_eq!(found, expected, "{query}");
    }
    let request =
        "Conversation?$compute=id add 1 as x&$expand=messages($filter=id eq $it/x)&$filter=id lt 3";
    let expanded: Vec<usize> = rows(server, request)
        .iter()
        .map(|row| row["messages"].as_array().map_or(0, Vec::len))
        .collect();
    assert_eq!(expanded, [1, 0]);
}
