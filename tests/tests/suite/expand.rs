//! `$expand`: nested options, the bounds of arrays and the links that continue them.

use crate::asking::{answer, complete, get, ids_by_sql, refusal, small};
use expect_test::{Expect, expect};
use serde_json::Value;
use tests::{Server, fixture};

#[track_caller]
fn check(server: &Server, path: &str, expected: Expect) {
    expected.assert_eq(&answer(server, path));
}

#[tokio::test]
async fn each_option_works_inside() {
    let server = small().await;
    let to = |path: &str| format!("Conversation({path}&$select=id");
    check(
        server,
        &to("1)?$expand=inbox($select=name)"),
        expect![[r#"
        200
        {"@odata.context":"http://127.0.0.1/v1.0/odata/$metadata#Conversation(id,inbox(name))/$entity","id":1,"inbox":{"@odata.id":"http://127.0.0.1/v1.0/odata/Inbox(1)","name":"Web Chat"}}"#]],
    );
    check(
        server,
        &to("2)?$expand=assignee($select=name),inbox($select=id)"),
        expect![[r#"
            200
            {"@odata.context":"http://127.0.0.1/v1.0/odata/$metadata#Conversation(id,assignee(name),inbox(id))/$entity","id":2,"assignee":null,"inbox":{"id":1}}"#]],
    );
    check(
        server,
        &to("5)?$expand=messages,labels"),
        expect![[r#"
        200
        {"@odata.context":"http://127.0.0.1/v1.0/odata/$metadata#Conversation(id)/$entity","id":5,"messages":[],"labels":[]}"#]],
    );
    check(
        server,
        &to("1)?$expand=messages($select=id;$orderby=id desc;$top=2)"),
        expect![[r#"
            200
            {"@odata.context":"http://127.0.0.1/v1.0/odata/$metadata#Conversation(id,messages(id))/$entity","id":1,"messages":[{"id":4},{"id":3}]}"#]],
    );
    check(
        server,
        &to("1)?$expand=messages($select=id;$orderby=content desc,id;$skip=1)"),
        expect![[r#"
            200
            {"@odata.context":"http://127.0.0.1/v1.0/odata/$metadata#Conversation(id,messages(id))/$entity","id":1,"messages":[{"id":1},{"id":3},{"id":4}]}"#]],
    );
    check(
        server,
        &to("1)?$expand=messages($select=id;$filter=message_type lt 2;$count=true;$top=1)"),
        expect![[r#"
            200
            {"@odata.context":"http://127.0.0.1/v1.0/odata/$metadata#Conversation(id,messages(id))/$entity","id":1,"messages@odata.count":2,"messages":[{"id":2}]}"#]],
    );
    check(
        server,
        &to("1)?$expand=messages($count=true;$top=0)"),
        expect![[r#"
            200
            {"@odata.context":"http://127.0.0.1/v1.0/odata/$metadata#Conversation(id)/$entity","id":1,"messages@odata.count":4,"messages":[]}"#]],
    );
    check(
        server,
        &to("1)?$expand=messages($select=id;$search=hello)"),
        expect![[r#"
            200
            {"@odata.context":"http://127.0.0.1/v1.0/odata/$metadata#Conversation(id,messages(id))/$entity","id":1,"messages":[{"id":2},{"id":3}]}"#]],
    );
    check(
        server,
        &to("1)?$expand=messages($select=id,n;$compute=id mul 2 as n;$orderby=n desc;$top=2)"),
        expect![[r##"
            200
            {"@odata.context":"http://127.0.0.1/v1.0/odata/$metadata#Conversation(id,messages(id,n))/$entity","id":1,"messages":[{"id":4,"n@odata.type":"#Int64","n":8},{"id":3,"n@odata.type":"#Int64","n":6}]}"##]],
    );
    check(
        server,
        &to("1)?$expand=messages/$ref"),
        expect![[r#"
        200
        {"@odata.context":"http://127.0.0.1/v1.0/odata/$metadata#Conversation(id)/$entity","id":1,"messages":[{"@odata.id":"http://127.0.0.1/v1.0/odata/Message(1)"},{"@odata.id":"http://127.0.0.1/v1.0/odata/Message(2)"},{"@odata.id":"http://127.0.0.1/v1.0/odata/Message(3)"},{"@odata.id":"http://127.0.0.1/v1.0/odata/Message(4)"}]}"#]],
    );
    check(
        server,
        &to("1)?$expand=messages/$ref($top=1;$orderby=id desc)"),
        expect![[r#"
            200
            {"@odata.context":"http://127.0.0.1/v1.0/odata/$metadata#Conversation(id)/$entity","id":1,"messages":[{"@odata.id":"http://127.0.0.1/v1.0/odata/Message(4)"}]}"#]],
    );
    check(
        server,
        &to("1)?$expand=messages/$count"),
        expect![[r#"
        200
        {"@odata.context":"http://127.0.0.1/v1.0/odata/$metadata#Conversation(id)/$entity","id":1,"messages@odata.count":4}"#]],
    );
    check(
        server,
        &to("1)?$expand=messages/$count($filter=message_type eq 0)"),
        expect![[r#"
            200
            {"@odata.context":"http://127.0.0.1/v1.0/odata/$metadata#Conversation(id)/$entity","id":1,"messages@odata.count":1}"#]],
    );
    check(
        server,
        &to("1)?$expand=inbox/$ref"),
        expect![[r#"
        200
        {"@odata.context":"http://127.0.0.1/v1.0/odata/$metadata#Conversation(id)/$entity","id":1,"inbox":{"@odata.id":"http://127.0.0.1/v1.0/odata/Inbox(1)"}}"#]],
    );
    check(
        server,
        &to("1)?$expand=messages($select=id;$filter=id eq $it/id)"),
        expect![[r#"
            200
            {"@odata.context":"http://127.0.0.1/v1.0/odata/$metadata#Conversation(id,messages(id))/$entity","id":1,"messages":[{"id":1}]}"#]],
    );
    check(
        server,
        &to("1)?$expand=messages($select=id;$filter=id gt @least)&@least=2"),
        expect![[r#"
            200
            {"@odata.context":"http://127.0.0.1/v1.0/odata/$metadata#Conversation(id,messages(id))/$entity","id":1,"messages":[{"id":3},{"id":4}]}"#]],
    );
    check(
        server,
        &to("1)?$expand=inbox($select=id;$expand=members($select=name;$orderby=name))"),
        expect![[r#"
            200
            {"@odata.context":"http://127.0.0.1/v1.0/odata/$metadata#Conversation(id,inbox(id,members(name)))/$entity","id":1,"inbox":{"id":1,"members":[{"@odata.id":"http://127.0.0.1/v1.0/odata/User(2)","name":"Jan"},{"@odata.id":"http://127.0.0.1/v1.0/odata/User(1)","name":"Ruth"}]}}"#]],
    );
    check(
        server,
        &to("1)?$expand=messages($select=id;$filter=id gt @least;@least=3)&@least=1"),
        expect![[r#"
            200
            {"@odata.context":"http://127.0.0.1/v1.0/odata/$metadata#Conversation(id,messages(id))/$entity","id":1,"messages":[{"id":4}]}"#]],
    );
    // Each parent has its own, and stays where it has none.
    check(
        server,
        "Conversation?$filter=id le 3&$select=id&$expand=messages($select=id;$filter=private)",
        expect![[r#"
            200
            {"@odata.context":"http://127.0.0.1/v1.0/odata/$metadata#Conversation(id,messages(id))","value":[{"id":1,"messages":[]},{"id":2,"messages":[{"id":6}]},{"id":3,"messages":[{"id":10}]}]}"#]],
    );
    check(
        server,
        "Conversation?$filter=id le 3&$select=id&$expand=messages($select=id;$orderby=id desc;$count=true;$skip=1;$top=1)",
        expect![[r#"
            200
            {"@odata.context":"http://127.0.0.1/v1.0/odata/$metadata#Conversation(id,messages(id))","value":[{"id":1,"messages@odata.count":4,"messages":[{"id":3}]},{"id":2,"messages@odata.count":3,"messages":[{"id":6}]},{"id":3,"messages@odata.count":3,"messages":[{"id":9}]}]}"#]],
    );
    // 4.01 names, white space.
    check(
        server,
        &to("1)?EXPAND= messages(select=id;Top=1) , inbox(select=id)"),
        expect![[r#"
            200
            {"@odata.context":"http://127.0.0.1/v1.0/odata/$metadata#Conversation(id,messages(id),inbox(id))/$entity","id":1,"messages":[{"id":1}],"inbox":{"id":1}}"#]],
    );
}

#[tokio::test]
async fn a_star_expands_every_navigation() {
    let server = small().await;
    let body = get(server, "Message(3)?$select=id&$expand=*", &[])
        .expect(200)
        .json();
    let names: Vec<&String> = body.as_object().unwrap().keys().collect();
    assert_eq!(
        names,
        ["@odata.context", "conversation", "id", "inbox", "sender"]
    );
    let body = get(server, "Label(1)?$select=id&$expand=*/$ref", &[])
        .expect(200)
        .json();
    assert!(body["conversations"][0]["@odata.id"].is_string(), "{body}");
    assert_eq!(
        get(server, "Message(3)?$expand=*,sender($select=name)", &[])
            .expect(200)
            .json()["sender"]["name"],
        "Ruth"
    );
    for twice in ["*,*", "*/$ref,*", "*,inbox,*/$ref"] {
        let refused = refusal(server, &format!("Message?$expand={twice}"));
        assert_eq!(refused, (400, "DuplicateOption".to_owned()), "{twice}");
    }
}

/// The only entities of a navigation property are those of its own type.
#[tokio::test]
async fn a_cast_is_to_the_type_itself() {
    let server = small().await;
    for (cast, plain) in [
        ("inbox/LiveAgent.Inbox($select=id)", "inbox($select=id)"),
        ("messages/LiveAgent.Message/$ref", "messages/$ref"),
        (
            "LiveAgent.Conversation/messages/LiveAgent.Message/$count",
            "messages/$count",
        ),
    ] {
        let ask = |item: &str| answer(server, &format!("Conversation(1)?$expand={item}"));
        assert!(ask(plain).starts_with("200"), "{plain}");
        assert_eq!(ask(cast), ask(plain), "{cast}");
    }
    for (item, status, code) in [
        ("inbox/LiveAgent.Label", 501, "NotImplemented"),
        ("inbox/LiveAgent.Nothing", 400, "UnknownType"),
        ("inbox/members", 400, "UnknownNavigation"),
        ("inbox,inbox/LiveAgent.Inbox", 400, "DuplicateOption"),
        ("LiveAgent.Label/inbox", 400, "UnknownType"),
    ] {
        let refused = refusal(server, &format!("Conversation?$expand={item}"));
        assert_eq!(refused, (status, code.to_owned()), "{item}");
    }
}

#[tokio::test]
async fn an_expanded_null_and_another_accounts_entity_are_null() {
    let server = small().await;
    for (path, name) in [
        ("Conversation(2)", "assignee"),
        ("Conversation(9)", "assignee"),
        ("Conversation(9)", "inbox"),
        ("Message(2)", "sender"),
        ("Message(17)", "conversation"),
        ("Message(18)", "conversation"),
        ("ReportingEvent(9)", "user"),
    ] {
        let body = get(server, &format!("{path}?$expand={name}"), &[])
            .expect(200)
            .json();
        assert_eq!(body.get(name), Some(&Value::Null), "{path}/{name}");
    }
}

/// A service whose arrays are this long.
async fn bounded(page: u64, product: u64) -> Server {
    let database = fixture::small_shared().await;
    Server::start(&database, |config| {
        config.settings.limits.expand_page_size = page;
        config.settings.limits.expand_product = product;
    })
}

/// What is read in small arrays, completed, is what is read at once.
#[tokio::test]
async fn nested_links_followed_to_the_end_give_every_member_once() {
    let whole = small().await;
    for (page, product) in [(1, 10_000), (2, 10_000), (3, 4), (1000, 2)] {
        let server = bounded(page, product).await;
        for (path, least) in [
            (
                "Conversation?$expand=messages($select=id,content)&$select=id",
                1,
            ),
            (
                "Conversation(1)?$expand=messages($select=id;$orderby=content desc)",
                1,
            ),
            (
                "Conversation?$select=id&$expand=messages/$ref($orderby=id desc)",
                1,
            ),
            (
                "Conversation(1)?$expand=messages($select=id;$orderby=sender/name,status desc;$filter=id ne 2)",
                1,
            ),
            (
                "Conversation(1)?$expand=messages($select=id;$top=3;$skip=1)",
                1,
            ),
            (
                "Inbox?$select=id&$expand=conversations($select=id;$expand=messages($select=id))",
                2,
            ),
            (
                "Inbox?$select=id&$expand=conversations($select=id;$expand=messages($select=id;$orderby=id desc),labels($select=title))",
                2,
            ),
            (
                "Inbox(1)?$select=id&$expand=members($select=name),conversations($select=id;$orderby=created_at desc)",
                1,
            ),
            (
                "User?$select=id&$expand=sent_messages($select=id;$expand=conversation($select=id;$expand=messages($select=id)))",
                2,
            ),
            (
                "Inbox(1)/conversations?$select=id&$expand=messages($select=id)",
                1,
            ),
            (
                "Label?$select=id&$expand=conversations($select=id;$expand=labels($select=id))",
                0,
            ),
        ] {
            let mut links = 0;
            let small_arrays = get(&server, path, &[]).expect(200).json();
            let follow = |link: &str| get(&server, link, &[]).expect(200).json();
            let completed = complete(&follow, small_arrays, &mut links);
            let at_once = complete(&follow, get(whole, path, &[]).expect(200).json(), &mut 0);
            assert_eq!(
                completed, at_once,
                "{path} in arrays of {page}, {product} in all"
            );
            if page < 3 {
                assert!(links >= least, "{path}: {links} links");
            }
        }
    }
}

/// The size of a page that a client asks for is that of each collection in the answer, and of those
/// that the links lead to (Protocol 8.2.8.5).
#[tokio::test]
async fn a_page_size_is_that_of_every_collection() {
    fn longest(value: &Value) -> usize {
        match value {
            Value::Array(rows) => rows.iter().map(longest).max().max(Some(rows.len())),
            Value::Object(members) => members.values().map(longest).max(),
            _ => None,
        }
        .unwrap_or(0)
    }
    let server = small().await;
    let follow = |link: &str| get(server, link, &[]).expect(200).json();
    for path in [
        "Conversation(1)?$expand=messages($select=id;$count=true)&$select=id",
        "Conversation(1)?$expand=messages($select=id;$top=3;$skip=1)",
        "Conversation?$expand=messages($select=id;$orderby=content desc),labels/$ref&$select=id",
        "Inbox(1)?$select=id&$expand=conversations($select=id;$expand=messages($select=id))",
        "User?$select=id&$expand=sent_messages($select=id;$expand=conversation($select=id;$expand=messages($select=id)))",
        "Inbox(1)/conversations?$select=id&$expand=messages($select=id)",
    ] {
        let whole = get(server, path, &[]).expect(200).json();
        let whole = complete(&follow, whole, &mut 0);
        for size in [1, 2, 3] {
            let prefer = format!("odata.maxpagesize={size}");
            let response = get(server, path, &[("Prefer", &prefer)]).expect(200);
            let applied = response.header("preference-applied");
            assert_eq!(applied, Some(&*prefer), "{path}");
            assert_eq!(longest(&response.json()), size, "{path} in pages of {size}");
            let mut links = 0;
            let completed = complete(&follow, response.json(), &mut links);
            assert!(links > 0 || size == 3, "{path} in pages of {size}");
            assert_eq!(completed, whole, "{path} in pages of {size}");
        }
    }
    let prefer = [("Prefer", "maxpagesize=2")];
    let path = "Conversation(1)?$expand=messages($select=id;$count=true)&$select=id";
    let mut body = get(server, path, &prefer).expect(200).json();
    let link = body["messages@odata.nextLink"].take();
    assert_eq!(body["messages@odata.count"], 4);
    // The link carries the size on.
    let body = get(server, link.as_str().unwrap(), &[]).expect(200).json();
    assert_eq!(body["value"].as_array().unwrap().len(), 2);
    assert_eq!(body.get("@odata.nextLink"), None);
    // Where nothing is in pages, nothing is said of them; lines have none.
    for path in [
        "Conversation(1)?$expand=inbox",
        "Conversation?$expand=messages($select=id)&$format=ndjson",
    ] {
        let response = get(server, path, &[("Prefer", "maxpagesize=1")]).expect(200);
        assert!(!response.text().contains("nextLink"), "{path}");
    }
    let alone = get(server, "Conversation(1)?$expand=inbox", &prefer);
    assert_eq!(alone.header("preference-applied"), None);
}

#[tokio::test]
async fn the_links_continue_with_the_same_options() {
    let server = bounded(2, 10_000).await;
    let path =
        "Conversation(1)?$select=id&$expand=messages($select=id;$orderby=id desc;$filter=id gt 1)";
    let body = get(&server, path, &[]).expect(200).json();
    let link = body["messages@odata.nextLink"].as_str().unwrap();
    let (before, token) = link.split_once("$skiptoken=").unwrap();
    expect!["http://127.0.0.1/v1.0/odata/Conversation(1)/messages?$select=id&$orderby=id%20desc&$filter=id%20gt%201&"].assert_eq(before);
    assert!(token.len() < 200, "{token}");
    let next = get(&server, link, &[]).expect(200);
    expect![[r#"{"@odata.context":"http://127.0.0.1/v1.0/odata/$metadata#Message(id)","value":[{"id":2}]}"#]].assert_eq(next.text());
}

#[tokio::test]
async fn top_does_not_lift_the_bound_and_the_product_is_bounded() {
    let server = bounded(2, 10_000).await;
    let lengths = |server: &Server, path: &str| -> Vec<usize> {
        let body = get(server, path, &[]).expect(200).json();
        let inboxes = body["value"].as_array().unwrap();
        let conversations = inboxes
            .iter()
            .flat_map(|inbox| inbox["conversations"].as_array().unwrap());
        let messages = conversations
            .clone()
            .filter_map(|conversation| conversation["messages"].as_array());
        let longest = |lengths: &mut dyn Iterator<Item = usize>| lengths.max().unwrap_or(0);
        vec![
            longest(
                &mut inboxes
                    .iter()
                    .map(|inbox| inbox["conversations"].as_array().unwrap().len()),
            ),
            longest(&mut messages.map(Vec::len)),
        ]
    };
    let top = "Inbox?$expand=conversations($top=100;$expand=messages($top=100))";
    assert_eq!(lengths(&server, top), [2, 2]);
    let nested = "Inbox?$expand=conversations($expand=messages)";
    assert_eq!(lengths(small().await, nested), [3, 4]);
    // What the outer arrays leave: 3 for each of at most 3, of 10 in all.
    assert_eq!(lengths(&bounded(3, 10).await, nested), [3, 3]);
    assert_eq!(lengths(&bounded(3, 6).await, nested), [3, 2]);
    assert_eq!(lengths(&bounded(1000, 1000).await, nested), [3, 1]);
    // A small '$top' outside leaves more inside.
    let small_top = "Inbox?$expand=conversations($top=1;$expand=messages)";
    assert_eq!(lengths(&bounded(3, 4).await, small_top), [1, 3]);
}

#[tokio::test]
async fn depth_and_number_are_bounded() {
    let server = small().await;
    let four = "Label?$expand=conversations($expand=inbox($expand=members($expand=inboxes)))";
    assert_eq!(get(server, four, &[]).status, 200);
    let five = "Label?$expand=conversations($expand=inbox($expand=members($expand=inboxes($expand=messages))))";
    assert_eq!(refusal(server, five), (400, "LimitExceeded".to_owned()));
    let of = |count: usize| {
        let three = "conversation,inbox,sender";
        let nested = format!("messages($expand={three}),labels,inbox,assignee,reporting_events");
        let mut items = [
            format!("conversations($expand={nested})"),
            "messages($expand=conversation,inbox,sender)".to_owned(),
            "members".to_owned(),
            "reporting_events".to_owned(),
        ];
        // 9 + 4 + 1 + 1 = 15, and what is missing.
        if count > 15 {
            items[2] = "members($expand=inboxes)".to_owned();
        }
        if count > 16 {
            items[3] = "reporting_events($expand=user)".to_owned();
        }
        format!("Inbox?$expand={}", items.join(","))
    };
    assert_eq!(get(server, &of(16), &[]).status, 200, "{}", of(16));
    assert_eq!(refusal(server, &of(17)), (400, "LimitExceeded".to_owned()));
}

#[tokio::test]
async fn an_expanded_array_holds_what_sql_finds() {
    let server = small().await;
    let rows = crate::asking::rows(
        server,
        "User?$expand=inboxes($select=id),sent_messages($select=id),assigned_conversations($select=id)",
    );
    for row in rows {
        let id = crate::asking::id(&row);
        for (name, sql) in [
            (
                "inboxes",
                "SELECT DISTINCT i.id::int8 FROM inboxes i JOIN inbox_members m ON m.inbox_id = i.id AND m.user_id = $ WHERE i.account_id = 1 ORDER BY 1",
            ),
            (
                "sent_messages",
                "SELECT id::int8 FROM messages WHERE sender_type = 'User' AND sender_id = $ AND account_id = 1 ORDER BY 1",
            ),
            (
                "assigned_conversations",
                "SELECT id::int8 FROM conversations WHERE assignee_id = $ AND account_id = 1 ORDER BY 1",
            ),
        ] {
            let expected = ids_by_sql(&sql.replace('$', &id.to_string())).await;
            let found: Vec<i64> = row[name]
                .as_array()
                .unwrap()
                .iter()
                .map(crate::asking::id)
                .collect();
            assert_eq!(found, expected, "User({id})/{name}");
        }
    }
}
