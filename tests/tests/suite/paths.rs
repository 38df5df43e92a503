//! Resource paths: the document's examples word for word, keys in every form, navigation, `/$value`,
//! `/$count`, `/$ref`; what is not found and what is null.

use crate::asking::{HOST, answer, get, ids, refusal, small};
use expect_test::{Expect, expect};
use tests::sales;

#[tokio::test]
async fn the_published_examples_word_for_word() {
    let server = small().await;
    let ask = |url: &str| server.client().get_with(url, &[HOST]).expect(200);
    expect![[r#"{"@odata.context":"http://127.0.0.1/v1.0/odata/$metadata#Conversation(inbox_id,account_id)/$entity","@odata.id":"http://127.0.0.1/v1.0/odata/Conversation(1)","account_id":1,"inbox_id":1}"#]].assert_eq(
        ask("/v1.0/odata/Conversation(1)?$select=inbox_id,account_id&apikey=KEY").text(),
    );
    expect![[r#"{"@odata.context":"http://127.0.0.1/v1.0/odata/$metadata#Conversation(id,account_id)","value":[{"id":1,"account_id":1},{"id":2,"account_id":1},{"id":3,"account_id":1},{"id":4,"account_id":1},{"id":5,"account_id":1},{"id":6,"account_id":1},{"id":9,"account_id":1}]}"#]]
        .assert_eq(ask("/v1.0/odata/Conversation?$select=id,account_id&apikey=KEY").text());
    expect![[r#"{"@odata.context":"http://127.0.0.1/v1.0/odata/$metadata#Conversation(id,account_id)","value":[{"id":1,"account_id":1},{"id":2,"account_id":1},{"id":6,"account_id":1}]}"#]].assert_eq(
        ask("/v1.0/odata/Conversation?$select=id,account_id&$filter=created_at le '2021-11-23T00:00:00'&apikey=KEY")
            .text(),
    );
    for example in [
        "Message?",
        "Conversation?",
        "Inbox?",
        "Label?",
        "User?",
        "ReportingEvent?$top=10",
    ] {
        let response = server
            .of("KEY")
            .get_with(&format!("/v1.0/odata/{example}"), &[HOST]);
        assert!(!response.rows().is_empty(), "{example}");
    }
}

#[tokio::test]
async fn a_key_has_many_forms() {
    let server = small().await;
    let expected = answer(server, "Conversation(1)?$select=id,uuid");
    for form in [
        "Conversation(id=1)",
        "Conversation( 1 )",
        "Conversation(1L)",
        "Conversation(id=1L)",
        "Conversation(001)",
        "Conversation%281%29",
        "Conversation%28id%3D1%29",
        "Conversation(@key)",
        "Conversation(id=@key)",
        "/v1.0/odata/Conversation(1)",
        "Conversation/1",
        "Inbox/1/conversations/1",
        "Message(1)/conversation",
        "Inbox(1)/conversations(1)",
        "Inbox(1)/conversations(id=1)",
        "Inbox(1)/members(2)/inboxes(1)/conversations(1)",
    ] {
        let alias = if form.contains('@') { "&@key=1" } else { "" };
        let url = format!("{form}?$select=id,uuid{alias}");
        assert_eq!(answer(server, &url), expected, "{url}");
    }
}

/// A key of text is a segment as well as others, though it look like a name.
#[tokio::test]
async fn a_key_of_text_may_be_a_segment() {
    let server = sales::server().await;
    for (segment, key) in [
        ("Categories/PG1", "Categories('PG1')"),
        ("Categories/PG1/Products", "Categories('PG1')/Products"),
        ("Categories/PG1/Products/P1/Name", "Products('P1')/Name"),
    ] {
        let by_segment = get(&server, segment, &[]).expect(200).json();
        let by_key = get(&server, key, &[]).expect(200).json();
        assert_eq!(by_segment["value"], by_key["value"], "{segment}");
        assert_eq!(by_segment["ID"], by_key["ID"], "{segment}");
    }
    let unknown = (404, "ResourceNotFound".to_owned());
    assert_eq!(refusal(&server, "Categories/no.such"), unknown);
    // A member's name is a mistake, not a key.
    let member = (404, "UnknownSegment".to_owned());
    assert_eq!(refusal(&server, "Categories/Name"), member);
}

/// An id is absolute, or relative to the service root (URL Conventions 4.3.4).
#[tokio::test]
async fn an_id_leads_to_its_entity() {
    let server = small().await;
    let whole = answer(server, "Conversation(1)");
    let part = answer(
        server,
        "Conversation(1)?$select=id&$expand=inbox($select=id)",
    );
    for (path, expected) in [
        ("$entity?$id=Conversation(1)", &whole),
        ("$entity?id=Conversation(1)", &whole),
        ("$entity?$id=Conversation%281%29", &whole),
        (
            "$entity?$id=http://127.0.0.1/v1.0/odata/Conversation(1)",
            &whole,
        ),
        ("$entity/LiveAgent.Conversation?$id=Conversation(1)", &whole),
        (
            "$entity/LiveAgent.Conversation?$id=Conversation(1)&$select=id&$expand=inbox($select=id)",
            &part,
        ),
    ] {
        assert_eq!(answer(server, path), *expected, "{path}");
    }
    // Nobody's, another account's.
    for path in [
        "$entity?$id=Conversation(99)",
        "$entity?$id=Conversation(7)",
    ] {
        let gone = (404, "ResourceNotFound".to_owned());
        assert_eq!(refusal(server, path), gone, "{path}");
    }
}

#[track_caller]
fn check(server: &tests::Server, path: &str, expected: Expect) {
    expected.assert_eq(&answer(server, path));
}

#[tokio::test]
async fn every_kind_of_segment() {
    let server = small().await;
    check(
        server,
        "Label(1)",
        expect![[r#"
        200
        {"@odata.context":"http://127.0.0.1/v1.0/odata/$metadata#Label/$entity","id":1,"title":"late-delivery","description":"the parcel took too long","color":"red","show_on_sidebar":true,"account_id":1,"created_at":"2021-01-01T00:00:00.000000Z","updated_at":"2021-01-01T00:00:00.000000Z"}"#]],
    );
    check(
        server,
        "Label(1)/title",
        expect![[r#"
        200
        {"@odata.context":"http://127.0.0.1/v1.0/odata/$metadata#Label(1)/title","value":"late-delivery"}"#]],
    );
    check(
        server,
        "Label(1)/title/$value",
        expect![[r#"
        200
        late-delivery"#]],
    );
    check(
        server,
        "Label(1)/id/$value",
        expect![[r#"
        200
        1"#]],
    );
    check(
        server,
        "Label(1)/show_on_sidebar/$value",
        expect![[r#"
        200
        true"#]],
    );
    check(
        server,
        "Label(1)/created_at/$value",
        expect![[r#"
        200
        2021-01-01T00:00:00.000000Z"#]],
    );
    check(
        server,
        "Conversation(1)/uuid/$value",
        expect![[r#"
        200
        89f20666-e17d-427c-9283-268ba7870201"#]],
    );
    check(
        server,
        "ReportingEvent(1)/value/$value",
        expect![[r#"
        200
        0.5"#]],
    );
    check(
        server,
        "ReportingEvent(8)/value/$value",
        expect![[r#"
        200
        NaN"#]],
    );
    check(
        server,
        "Message(13)/content/$value",
        expect![[r#"
        200
        Say "hi", then	go
        home"#]],
    );
    check(
        server,
        "Conversation(3)/inbox/name",
        expect![[r#"
        200
        {"@odata.context":"http://127.0.0.1/v1.0/odata/$metadata#Inbox(2)/name","value":"O'Hara & Söhne"}"#]],
    );
    check(
        server,
        "Conversation(3)/inbox/name/$value",
        expect![[r#"
        200
        O'Hara & Söhne"#]],
    );
    check(
        server,
        "Conversation(3)/labels?$select=title",
        expect![[r#"
            200
            {"@odata.context":"http://127.0.0.1/v1.0/odata/$metadata#Label(title)","value":[{"@odata.id":"http://127.0.0.1/v1.0/odata/Label(3)","title":"VIP"}]}"#]],
    );
    check(
        server,
        "Conversation(1)/messages(2)?$select=content",
        expect![[r#"
            200
            {"@odata.context":"http://127.0.0.1/v1.0/odata/$metadata#Message(content)/$entity","@odata.id":"http://127.0.0.1/v1.0/odata/Message(2)","content":"hello"}"#]],
    );
    check(
        server,
        "Conversation(1)/messages(2)/sender_id",
        expect![[r#"
            200
            {"@odata.context":"http://127.0.0.1/v1.0/odata/$metadata#Message(2)/sender_id","value":3}"#]],
    );
    check(
        server,
        "Conversation(1)/messages/$count",
        expect![[r#"
        200
        4"#]],
    );
    check(
        server,
        "Conversation(1)/messages/$count?$filter=message_type lt 2&$search=hello",
        expect![[r#"
            200
            2"#]],
    );
    check(
        server,
        "Conversation/$count",
        expect![[r#"
        200
        7"#]],
    );
    check(
        server,
        "Inbox(3)/conversations/$count",
        expect![[r#"
        200
        0"#]],
    );
    check(
        server,
        "Inbox(3)/conversations",
        expect![[r#"
        200
        {"@odata.context":"http://127.0.0.1/v1.0/odata/$metadata#Conversation","value":[]}"#]],
    );
    check(
        server,
        "Label/$ref",
        expect![[r#"
        200
        {"@odata.context":"http://127.0.0.1/v1.0/odata/$metadata#Collection($ref)","value":[{"@odata.id":"http://127.0.0.1/v1.0/odata/Label(1)"},{"@odata.id":"http://127.0.0.1/v1.0/odata/Label(2)"},{"@odata.id":"http://127.0.0.1/v1.0/odata/Label(3)"},{"@odata.id":"http://127.0.0.1/v1.0/odata/Label(6)"}]}"#]],
    );
    check(
        server,
        "Label(1)/$ref",
        expect![[r#"
        200
        {"@odata.context":"http://127.0.0.1/v1.0/odata/$metadata#$ref","@odata.id":"http://127.0.0.1/v1.0/odata/Label(1)"}"#]],
    );
    check(
        server,
        "Conversation(1)/inbox/$ref",
        expect![[r#"
        200
        {"@odata.context":"http://127.0.0.1/v1.0/odata/$metadata#$ref","@odata.id":"http://127.0.0.1/v1.0/odata/Inbox(1)"}"#]],
    );
    check(
        server,
        "Conversation(3)/labels/$ref",
        expect![[r#"
        200
        {"@odata.context":"http://127.0.0.1/v1.0/odata/$metadata#Collection($ref)","value":[{"@odata.id":"http://127.0.0.1/v1.0/odata/Label(3)"}]}"#]],
    );
    check(
        server,
        "Message(3)/sender/assigned_conversations(4)/inbox/name/$value",
        expect![[r#"
            200
            O'Hara & Söhne"#]],
    );
    check(
        server,
        "User(2)/inboxes?$select=name",
        expect![[r#"
        200
        {"@odata.context":"http://127.0.0.1/v1.0/odata/$metadata#Inbox(name)","value":[{"@odata.id":"http://127.0.0.1/v1.0/odata/Inbox(1)","name":"Web Chat"},{"@odata.id":"http://127.0.0.1/v1.0/odata/Inbox(2)","name":"O'Hara & Söhne"}]}"#]],
    );
}

#[tokio::test]
async fn what_is_null_is_no_content_and_what_is_not_there_is_not_found() {
    let server = small().await;
    let gone = "ResourceNotFound";
    let unknown = "UnknownSegment";
    for path in [
        // A null property, in both forms.
        "Label(2)/description",
        "Label(2)/description/$value",
        "Message(4)/content",
        // Nobody is assigned, or nobody whom the caller sees.
        "Conversation(2)/assignee",
        "Conversation(2)/assignee/$ref",
        "Conversation(9)/assignee",
        "Conversation(9)/inbox",
        "Message(18)/conversation",
        "Message(2)/sender",
        // A secret.
        "User(1)/encrypted_password",
        "User(1)/tokens/$value",
    ] {
        let response = get(server, path, &[]);
        assert_eq!((response.status, response.text()), (204, ""), "{path}");
    }
    for (path, code) in [
        ("Conversation(99)", gone),
        // Another account's, and one that is nobody's.
        ("Conversation(7)", gone),
        ("Conversation(7)/messages", gone),
        ("Conversation(7)/messages/$count", gone),
        ("Conversation(7)/inbox", gone),
        ("Inbox(4)", gone),
        ("User(6)", gone),
        ("User(5)", gone),
        ("Label(5)", gone),
        ("Conversation(99)/id", gone),
        ("Conversation(99)/$ref", gone),
        ("Conversation(99)/messages", gone),
        ("Conversation(99)/messages/$count", gone),
        ("Conversation(99)/messages(1)", gone),
        // A message of another conversation.
        ("Conversation(1)/messages(5)", gone),
        ("Conversation(1)/messages(15)", gone),
        // A property behind nobody.
        ("Conversation(2)/assignee/name", gone),
        ("Conversation(2)/assignee/name/$value", gone),
        ("Conversation(2)/assignee/inboxes", gone),
        // Numbers that no id can be.
        ("Conversation(9223372036854775807)", gone),
        ("Conversation(-1)", gone),
        ("Nothing", unknown),
        ("conversation", unknown),
        ("Conversation(1)/nothing", unknown),
        ("Conversation(1)/inbox/nothing", unknown),
        ("Conversation/messages", unknown),
        ("Label(1)/title/more", unknown),
        ("/v1.0/other", gone),
        ("/nothing", gone),
    ] {
        assert_eq!(refusal(server, path), (404, code.to_owned()), "{path}");
    }
}

#[tokio::test]
async fn segments_where_they_do_not_belong() {
    let server = small().await;
    for (path, status, code) in [
        ("Label(1)/$value", 400, "OptionNotAllowed"),
        ("Label/$value", 400, "OptionNotAllowed"),
        ("Label(1)/$count", 400, "OptionNotAllowed"),
        ("Label(1)/title/$count", 400, "OptionNotAllowed"),
        ("Label(1)/title/$ref", 404, "UnknownSegment"),
        ("Label/$count/$count", 404, "UnknownSegment"),
        ("Label(x)", 400, "SyntaxError"),
        ("Label('1')", 400, "TypeMismatch"),
        ("Label()", 400, "SyntaxError"),
        ("Label(title='VIP')", 400, "SyntaxError"),
        ("Label(id=1,id=1)", 400, "SyntaxError"),
        ("Label(99999999999999999999)", 404, "ResourceNotFound"),
        ("Label(nosuch=1)", 400, "UnknownProperty"),
        ("Label(id=1,nosuch=1)", 400, "UnknownProperty"),
        ("Label(1)/conversations(nosuch=1)", 400, "UnknownProperty"),
        ("/v1.0/odata//Label", 404, "UnknownSegment"),
        ("Label//title", 404, "UnknownSegment"),
        ("Label(1)//title", 404, "UnknownSegment"),
        ("$metadata/Label", 404, "UnknownSegment"),
        ("$crossjoin(Label,Inbox)/Label", 404, "UnknownSegment"),
        ("Label%2F1", 404, "UnknownSegment"),
        ("Label(1.5)", 404, "ResourceNotFound"),
        ("Label(null)", 400, "SyntaxError"),
        ("Label(@nothing)", 400, "InvalidLiteral"),
        ("Label(1)?$top=1", 400, "OptionNotAllowed"),
        ("Label(1)/title?$select=id", 400, "OptionNotAllowed"),
        ("Label%zz", 400, "SyntaxError"),
        ("Label%ff", 400, "SyntaxError"),
        ("$batch", 404, "UnknownSegment"),
        // A to-one navigation takes no key.
        ("Message(1)/conversation(1)/inbox", 400, "OptionNotAllowed"),
    ] {
        assert_eq!(refusal(server, path), (status, code.to_owned()), "{path}");
    }
}

#[tokio::test]
async fn a_navigation_collection_takes_the_options_of_a_collection() {
    let server = small().await;
    for (path, expected) in [
        ("Conversation(1)/messages", &[1, 2, 3, 4][..]),
        ("Conversation(1)/messages?$orderby=id desc&$top=2", &[4, 3]),
        ("Conversation(1)/messages?$skip=1&$top=2", &[2, 3]),
        (
            "Conversation(1)/messages?$filter=sender/name eq 'Ruth'",
            &[3],
        ),
        (
            "Conversation(1)/messages?$filter=conversation/inbox_id eq 1&$search=hello",
            &[2, 3],
        ),
        (
            "Inbox(2)/conversations?$filter=messages/any(m:m/private)",
            &[3],
        ),
        ("Inbox(1)/members", &[1, 2]),
        ("User(1)/sent_messages", &[3, 13]),
        ("User(1)/assigned_conversations", &[1, 4]),
        ("Label(2)/conversations", &[1]),
        ("Conversation(1)/labels", &[1, 2]),
    ] {
        assert_eq!(ids(server, path), expected, "{path}");
    }
}

/// A condition before a key narrows what the key may find.
#[tokio::test]
async fn a_key_behind_a_condition() {
    let server = small().await;
    for end in ["", "/title", "/title/$value", "/$ref"] {
        let path = |id: i64| format!("Label/$filter(id gt {id})(2){end}");
        assert_eq!(get(server, &path(1), &[]).status, 200, "{end}");
        assert_eq!(get(server, &path(2), &[]).status, 404, "{end}");
    }
    let path = |id: i64| format!("Inbox(1)/conversations/$filter(id gt {id})(2)");
    assert_eq!(get(server, &path(1), &[]).status, 200);
    assert_eq!(get(server, &path(2), &[]).status, 404);
}
