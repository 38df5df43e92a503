//! `$select`: what of a row is there, in which order, and what the context says of it.

use crate::asking::{ROOT, answer, answer_with, get, small};
use expect_test::{Expect, expect};
use serde_json::Value;

#[track_caller]
fn check(server: &tests::Server, path: &str, expected: Expect) {
    expected.assert_eq(&answer(server, path));
}

#[tokio::test]
async fn what_is_selected_is_there_and_nothing_else() {
    let server = small().await;
    check(
        server,
        "Label?$select=title&$top=1",
        expect![[r#"
        200
        {"@odata.context":"http://127.0.0.1/v1.0/odata/$metadata#Label(title)","value":[{"@odata.id":"http://127.0.0.1/v1.0/odata/Label(1)","title":"late-delivery"}]}"#]],
    );
    check(
        server,
        "Label?$select=title,id&$top=1",
        expect![[r#"
        200
        {"@odata.context":"http://127.0.0.1/v1.0/odata/$metadata#Label(title,id)","value":[{"id":1,"title":"late-delivery"}]}"#]],
    );
    check(
        server,
        "Label(3)?$select=*",
        expect![[r#"
        200
        {"@odata.context":"http://127.0.0.1/v1.0/odata/$metadata#Label(*)/$entity","id":3,"title":"VIP","description":"","color":"RED","show_on_sidebar":true,"account_id":1,"created_at":"2021-01-01T00:00:00.000000Z","updated_at":"2021-01-01T00:00:00.000000Z"}"#]],
    );
    check(
        server,
        "Label(3)?$select=id,title,id",
        expect![[r#"
        200
        {"@odata.context":"http://127.0.0.1/v1.0/odata/$metadata#Label(id,title)/$entity","id":3,"title":"VIP"}"#]],
    );
    check(
        server,
        "Label(3)?select= id , color ",
        expect![[r#"
        200
        {"@odata.context":"http://127.0.0.1/v1.0/odata/$metadata#Label(id,color)/$entity","id":3,"color":"RED"}"#]],
    );
    check(
        server,
        "Label(3)?$select=id,conversations",
        expect![[r#"
            200
            {"@odata.context":"http://127.0.0.1/v1.0/odata/$metadata#Label(id,conversations)/$entity","id":3,"conversations@odata.navigationLink":"http://127.0.0.1/v1.0/odata/Label(3)/conversations"}"#]],
    );
    check(
        server,
        "Label(3)?$select=id&$expand=conversations($select=id)",
        expect![[r#"
            200
            {"@odata.context":"http://127.0.0.1/v1.0/odata/$metadata#Label(id,conversations(id))/$entity","id":3,"conversations":[{"id":3}]}"#]],
    );
    check(
        server,
        "Label(3)?$select=id,conversations&$expand=conversations($select=id)",
        expect![[r#"
            200
            {"@odata.context":"http://127.0.0.1/v1.0/odata/$metadata#Label(id,conversations,conversations(id))/$entity","id":3,"conversations":[{"id":3}]}"#]],
    );
    check(
        server,
        "Message(3)?$select=sender_id&$expand=sender($select=name)",
        expect![[r#"
            200
            {"@odata.context":"http://127.0.0.1/v1.0/odata/$metadata#Message(sender_id,sender(name))/$entity","@odata.id":"http://127.0.0.1/v1.0/odata/Message(3)","sender_id":1,"sender":{"@odata.id":"http://127.0.0.1/v1.0/odata/User(1)","name":"Ruth"}}"#]],
    );
    check(
        server,
        "Message(3)?$expand=sender($select=name),inbox($select=name)&$select=id",
        expect![[r#"
            200
            {"@odata.context":"http://127.0.0.1/v1.0/odata/$metadata#Message(id,sender(name),inbox(name))/$entity","id":3,"sender":{"@odata.id":"http://127.0.0.1/v1.0/odata/User(1)","name":"Ruth"},"inbox":{"@odata.id":"http://127.0.0.1/v1.0/odata/Inbox(1)","name":"Web Chat"}}"#]],
    );
    check(
        server,
        "User(1)?$select=id,encrypted_password,tokens",
        expect![[r#"
            200
            {"@odata.context":"http://127.0.0.1/v1.0/odata/$metadata#User(id,encrypted_password,tokens)/$entity","id":1,"encrypted_password":null,"tokens":null}"#]],
    );
}

#[tokio::test]
async fn metadata_levels_and_versions() {
    let server = small().await;
    let url = "Label(3)?$select=id,created_at&$expand=conversations($select=id)";
    let full = ("Accept", "application/json;odata.metadata=full");
    let none = ("Accept", "application/json;odata.metadata=none");
    expect![[r##"
        200
        {"@odata.context":"http://127.0.0.1/v1.0/odata/$metadata#Label(id,created_at,conversations(id))/$entity","@odata.type":"#LiveAgent.Label","@odata.id":"http://127.0.0.1/v1.0/odata/Label(3)","@odata.readLink":"http://127.0.0.1/v1.0/odata/Label(3)","@odata.metadataEtag":"W/\"..\"","id@odata.type":"#Int64","id":3,"created_at@odata.type":"#DateTimeOffset","created_at":"2021-01-01T00:00:00.000000Z","conversations@odata.associationLink":"http://127.0.0.1/v1.0/odata/Label(3)/conversations/$ref","conversations@odata.navigationLink":"http://127.0.0.1/v1.0/odata/Label(3)/conversations","conversations":[{"@odata.type":"#LiveAgent.Conversation","@odata.id":"http://127.0.0.1/v1.0/odata/Conversation(3)","@odata.readLink":"http://127.0.0.1/v1.0/odata/Conversation(3)","id@odata.type":"#Int64","id":3}]}"##]].assert_eq(&answer_with(server, url, &[full]));
    expect![[r#"
        200
        {"id":3,"created_at":"2021-01-01T00:00:00.000000Z","conversations":[{"id":3}]}"#]]
    .assert_eq(&answer_with(server, url, &[none]));
    expect![[r#"
        200
        {"@context":"http://127.0.0.1/v1.0/odata/$metadata#Label(id,created_at,conversations(id))/$entity","id":3,"created_at":"2021-01-01T00:00:00.000000Z","conversations":[{"id":3}]}"#]].assert_eq(&answer_with(server, url, &[("OData-MaxVersion", "4.01")]));
    let full = ("Accept", "application/json;metadata=full");
    expect![[r##"
        200
        {"@context":"http://127.0.0.1/v1.0/odata/$metadata#Label(id,created_at,conversations(id))/$entity","@type":"#LiveAgent.Label","@id":"http://127.0.0.1/v1.0/odata/Label(3)","@readLink":"http://127.0.0.1/v1.0/odata/Label(3)","@metadataEtag":"W/\"..\"","id@type":"Int64","id":3,"created_at@type":"DateTimeOffset","created_at":"2021-01-01T00:00:00.000000Z","conversations@associationLink":"http://127.0.0.1/v1.0/odata/Label(3)/conversations/$ref","conversations@navigationLink":"http://127.0.0.1/v1.0/odata/Label(3)/conversations","conversations":[{"@type":"#LiveAgent.Conversation","@id":"http://127.0.0.1/v1.0/odata/Conversation(3)","@readLink":"http://127.0.0.1/v1.0/odata/Conversation(3)","id@type":"Int64","id":3}]}"##]].assert_eq(&answer_with(
        server,
        url,
        &[full, ("OData-MaxVersion", "4.01")],
    ));
    let many = "ReportingEvent?$select=id,value,event_start_time&$top=2&$count=true";
    expect![[r##"
        200
        {"@odata.context":"http://127.0.0.1/v1.0/odata/$metadata#ReportingEvent(id,value,event_start_time)","@odata.metadataEtag":"W/\"..\"","value":[{"@odata.type":"#LiveAgent.ReportingEvent","@odata.id":"http://127.0.0.1/v1.0/odata/ReportingEvent(1)","@odata.readLink":"http://127.0.0.1/v1.0/odata/ReportingEvent(1)","id@odata.type":"#Int64","id":1,"event_start_time@odata.type":"#DateTimeOffset","event_start_time":"2021-11-23T00:00:00.000000Z","value":0.5},{"@odata.type":"#LiveAgent.ReportingEvent","@odata.id":"http://127.0.0.1/v1.0/odata/ReportingEvent(2)","@odata.readLink":"http://127.0.0.1/v1.0/odata/ReportingEvent(2)","id@odata.type":"#Int64","id":2,"event_start_time@odata.type":"#DateTimeOffset","event_start_time":"2021-11-23T00:00:00.000000Z","value":1.5}],"@odata.count":10}"##]].assert_eq(&answer_with(
        server,
        many,
        &[("Accept", "application/json;odata.metadata=full")],
    ));
    expect![[r#"
        200
        {"value":[{"id":1,"event_start_time":"2021-11-23T00:00:00.000000Z","value":0.5},{"id":2,"event_start_time":"2021-11-23T00:00:00.000000Z","value":1.5}],"@odata.count":10}"#]].assert_eq(&answer_with(server, many, &[none]));
}

/// A property on its own tells its type at the full level, where JSON doesn't (JSON Format 11).
#[tokio::test]
async fn a_property_on_its_own_tells_its_type() {
    let server = small().await;
    for (path, level, version, expected) in [
        (
            "Inbox(1)/created_at",
            "full",
            "4.0",
            r##"{"@odata.context":"CONTEXT","@odata.type":"#DateTimeOffset","@odata.metadataEtag":"TAG","value":"2021-01-05T08:00:00.000000Z"}"##,
        ),
        (
            "Inbox(1)/created_at",
            "full",
            "4.01",
            r#"{"@context":"CONTEXT","@type":"DateTimeOffset","@metadataEtag":"TAG","value":"2021-01-05T08:00:00.000000Z"}"#,
        ),
        (
            "Inbox(1)/created_at",
            "minimal",
            "4.0",
            r#"{"@odata.context":"CONTEXT","value":"2021-01-05T08:00:00.000000Z"}"#,
        ),
        (
            "Inbox(1)/created_at",
            "none",
            "4.0",
            r#"{"value":"2021-01-05T08:00:00.000000Z"}"#,
        ),
        (
            "Inbox(1)/id",
            "full",
            "4.0",
            r##"{"@odata.context":"CONTEXT","@odata.type":"#Int64","@odata.metadataEtag":"TAG","value":1}"##,
        ),
        (
            "Inbox(1)/name",
            "full",
            "4.0",
            r#"{"@odata.context":"CONTEXT","@odata.metadataEtag":"TAG","value":"Web Chat"}"#,
        ),
        (
            "ReportingEvent(1)/value",
            "full",
            "4.0",
            r#"{"@odata.context":"CONTEXT","@odata.metadataEtag":"TAG","value":0.5}"#,
        ),
    ] {
        let accept = format!("application/json;odata.metadata={level}");
        let headers = [("Accept", &*accept), ("OData-MaxVersion", version)];
        let expected = expected.replace("CONTEXT", &format!("{ROOT}$metadata#{path}"));
        let expected = format!("200\n{}", expected.replace("TAG", r#"W/\"..\""#));
        assert_eq!(answer_with(server, path, &headers), expected);
    }
}

/// What the context URL says, in 4.0 and in 4.01.
#[tokio::test]
async fn the_context_tells_what_is_selected_and_expanded() {
    let server = small().await;
    for (query, in_4_0, in_4_01) in [
        ("$select=id,inbox", "(id,inbox)", "(id,inbox)"),
        ("$expand=inbox", "", "(inbox())"),
        ("$expand=messages,inbox", "", "(messages(),inbox())"),
        ("$select=id&$expand=inbox", "(id)", "(id,inbox())"),
        ("$select=*&$expand=inbox", "(*)", "(*,inbox())"),
        (
            "$select=id,inbox&$expand=inbox",
            "(id,inbox)",
            "(id,inbox,inbox())",
        ),
        (
            "$select=id,inbox&$expand=inbox($select=name)",
            "(id,inbox,inbox(name))",
            "(id,inbox,inbox(name))",
        ),
        (
            "$select=messages&$expand=messages($select=id)",
            "(messages,messages(id))",
            "(messages,messages(id))",
        ),
        (
            "$expand=inbox($select=name)",
            "(inbox(name))",
            "(inbox(name))",
        ),
        ("$expand=inbox($expand=members)", "", "(inbox(members()))"),
        (
            "$expand=inbox($select=id;$expand=members)",
            "(inbox(id))",
            "(inbox(id,members()))",
        ),
        (
            "$expand=inbox($expand=members($select=id))",
            "(inbox(members(id)))",
            "(inbox(members(id)))",
        ),
        ("$expand=inbox/$ref,messages/$count", "", ""),
        ("$select=id&$expand=messages/$ref", "(id)", "(id)"),
        (
            "$expand=*",
            "",
            "(messages(),inbox(),assignee(),labels(),reporting_events())",
        ),
        (
            "$expand=*/$ref,inbox($select=id)",
            "(inbox(id))",
            "(inbox(id))",
        ),
    ] {
        for (path, end) in [("Conversation(1)", "/$entity"), ("Conversation", "")] {
            for (version, name, expected) in [
                ("4.0", "@odata.context", in_4_0),
                ("4.01", "@context", in_4_01),
            ] {
                let url = format!("{path}?{query}");
                let body = get(server, &url, &[("OData-MaxVersion", version)]).expect(200);
                let expected = format!("{ROOT}$metadata#Conversation{expected}{end}");
                assert_eq!(body.json()[name], expected, "{url} in {version}");
            }
        }
    }
}

/// The names of the links in a row and in what is expanded in it.
fn links(row: &Value) -> Vec<String> {
    let members = row.as_object().into_iter().flatten();
    let links = members.flat_map(|(name, value)| {
        let inside = match value {
            Value::Array(rows) => rows.iter().take(1).flat_map(links).collect(),
            inside => links(inside),
        };
        let inside = inside.into_iter().map(move |link| format!("{name}/{link}"));
        let link = name
            .ends_with("Link")
            .then(|| name.replace("@odata.", " ").replace("Link", ""));
        link.filter(|link| link != " read")
            .into_iter()
            .chain(inside)
    });
    links.collect()
}

/// A navigation property that is selected is its link; at the full level so are all that are wanted
/// (Protocol 11.2.5.1, URL Conventions 5.1.4).
#[tokio::test]
async fn links_are_those_of_what_is_selected() {
    let server = small().await;
    let all = "assignee association,assignee navigation,inbox association,inbox navigation,\
               labels association,labels navigation,messages association,messages navigation,\
               reporting_events association,reporting_events navigation";
    for (query, minimal, full) in [
        ("$select=*", "", all),
        (
            "$select=inbox",
            "inbox navigation",
            "inbox association,inbox navigation",
        ),
        (
            "$select=*,inbox,messages",
            "inbox navigation,messages navigation",
            all,
        ),
        ("$select=id", "", ""),
        ("$select=LiveAgent.*", "", ""),
        (
            "$select=id&$expand=inbox($select=id)",
            "",
            "inbox association,inbox navigation",
        ),
        (
            "$select=id,inbox&$expand=inbox($select=id)",
            "",
            "inbox association,inbox navigation",
        ),
        (
            "$select=id,labels&$expand=inbox($select=members)",
            "inbox/members navigation,labels navigation",
            "inbox/members association,inbox/members navigation,inbox association,\
             inbox navigation,labels association,labels navigation",
        ),
        (
            "$select=id&$expand=messages($select=sender)",
            "messages/sender navigation",
            "messages/sender association,messages/sender navigation,messages association,\
             messages navigation",
        ),
    ] {
        for (level, expected) in [("none", ""), ("minimal", minimal), ("full", full)] {
            let accept = format!("application/json;odata.metadata={level}");
            let url = format!("Conversation(1)?{query}");
            let row = get(server, &url, &[("Accept", &accept)]).expect(200).json();
            assert_eq!(links(&row).join(","), expected, "{query} {level}: {row}");
        }
    }
    check(
        server,
        "Conversation(1)?$select=inbox",
        expect![[r#"
        200
        {"@odata.context":"http://127.0.0.1/v1.0/odata/$metadata#Conversation(inbox)/$entity","@odata.id":"http://127.0.0.1/v1.0/odata/Conversation(1)","inbox@odata.navigationLink":"http://127.0.0.1/v1.0/odata/Conversation(1)/inbox"}"#]],
    );
    let newer = ("OData-MaxVersion", "4.01");
    expect![[r#"
        200
        {"@context":"http://127.0.0.1/v1.0/odata/$metadata#Label(id,conversations)/$entity","id":3,"conversations@navigationLink":"http://127.0.0.1/v1.0/odata/Label(3)/conversations"}"#]].assert_eq(&answer_with(
        server,
        "Label(3)?$select=id,conversations",
        &[newer],
    ));
}

/// `$select=Namespace.*` asks for the operations of a schema, of which there are none.
#[tokio::test]
async fn the_operations_of_a_schema() {
    let server = small().await;
    check(
        server,
        "Label(3)?$select=id,LiveAgent.*",
        expect![[r#"
        200
        {"@odata.context":"http://127.0.0.1/v1.0/odata/$metadata#Label(id,LiveAgent.*)/$entity","id":3}"#]],
    );
    check(
        server,
        "Label(3)?$select=LiveAgent.*",
        expect![[r#"
        200
        {"@odata.context":"http://127.0.0.1/v1.0/odata/$metadata#Label(LiveAgent.*)/$entity","@odata.id":"http://127.0.0.1/v1.0/odata/Label(3)"}"#]],
    );
    check(
        server,
        "Label?$select=id,Nothing.*",
        expect![[r#"
        400
        {"error":{"code":"UnknownType","message":"there is no schema 'Nothing'","target":"$select","innererror":{"position":3,"length":9}}}"#]],
    );
    check(
        server,
        "Label?$select=Liveagent.*",
        expect![[r#"
        400
        {"error":{"code":"UnknownType","message":"there is no schema 'Liveagent'; did you mean 'LiveAgent'?","target":"$select","innererror":{"position":0,"length":11,"hint":"did you mean 'LiveAgent'?"}}}"#]],
    );
    check(
        server,
        "Label?$apply=groupby((color))&$select=Nothing.*",
        expect![[r#"
            400
            {"error":{"code":"UnknownType","message":"there is no schema 'Nothing'","target":"$select","innererror":{"position":0,"length":9}}}"#]],
    );
    check(
        server,
        "Label?$apply=groupby((color))&$select=color,LiveAgent.*&$top=1",
        expect![[r#"
            200
            {"@odata.context":"http://127.0.0.1/v1.0/odata/$metadata#Label(color,LiveAgent.*)","value":[{"@odata.id":null,"color":"RED"}]}"#]],
    );
}
