//! Values and types that do not go together.

use super::check;
use crate::asking::{get, small};
use expect_test::expect;

#[tokio::test]
async fn values_and_types() {
    let server = small().await;
    check(
        server,
        "Conversation?$top=-1",
        expect![[r#"
        400
        {"error":{"code":"InvalidOptionValue","message":"expected a whole number, 0 or more, found '-1'","target":"$top","innererror":{"position":0,"length":2}}}"#]],
    );
    check(
        server,
        "Conversation?$top=1.5",
        expect![[r#"
        400
        {"error":{"code":"InvalidOptionValue","message":"expected a whole number, 0 or more, found '1.5'","target":"$top","innererror":{"position":0,"length":3}}}"#]],
    );
    check(
        server,
        "Conversation?$skip=x",
        expect![[r#"
        400
        {"error":{"code":"InvalidOptionValue","message":"expected a whole number, 0 or more, found 'x'","target":"$skip","innererror":{"position":0,"length":1}}}"#]],
    );
    check(
        server,
        "Conversation?$count=maybe",
        expect![[r#"
        400
        {"error":{"code":"InvalidOptionValue","message":"expected 'true' or 'false', found 'maybe'","target":"$count","innererror":{"position":0,"length":5}}}"#]],
    );
    check(
        server,
        "Conversation?$format=csvx",
        expect![[r#"
            406
            {"error":{"code":"NotAcceptable","message":"there is no representation 'csvx' of this resource, expected 'application/json' or 'text/csv' or 'application/x-ndjson'","target":"$format"}}"#]],
    );
    check(
        server,
        "Conversation?$filter=id eq 'x'",
        expect![[r#"
        400
        {"error":{"code":"TypeMismatch","message":"cannot compare Edm.Int64 with Edm.String","target":"$filter","innererror":{"position":0,"length":13}}}"#]],
    );
    check(
        server,
        "Conversation?$filter=identifier eq 1",
        expect![[r#"
            400
            {"error":{"code":"TypeMismatch","message":"cannot compare Edm.String with Edm.Int32; text stands in single quotes: '1'","target":"$filter","innererror":{"position":0,"length":19,"hint":"text stands in single quotes: '1'"}}}"#]],
    );
    check(
        server,
        "Conversation?$filter=identifier add 1 eq 2",
        expect![[r#"
            400
            {"error":{"code":"TypeMismatch","message":"'add' does not take Edm.String and Edm.Int32","target":"$filter","innererror":{"position":0,"length":20}}}"#]],
    );
    check(
        server,
        "Conversation?$filter=status",
        expect![[r#"
        400
        {"error":{"code":"TypeMismatch","message":"expected a condition (Edm.Boolean), found Edm.Int32","target":"$filter","innererror":{"position":0,"length":6}}}"#]],
    );
    check(
        server,
        "Conversation?$filter=not status",
        expect![[r#"
            400
            {"error":{"code":"TypeMismatch","message":"expected a condition (Edm.Boolean), found Edm.Int32; 'not' binds first: write not (a eq 1)","target":"$filter","innererror":{"position":6,"length":6,"hint":"'not' binds first: write not (a eq 1)"}}}"#]],
    );
    check(
        server,
        "Conversation?$filter=created_at ge '2021-13-01'",
        expect![[r#"
            400
            {"error":{"code":"InvalidLiteral","message":"'2021-13-01' is not an Edm.DateTimeOffset, expected a date and time such as 2021-11-23T00:00:00Z, years 0001 to 9999","target":"$filter","innererror":{"position":18,"length":12}}}"#]],
    );
    check(
        server,
        "Conversation?$filter=created_at ge 2021-02-30T00:00:00Z",
        expect![[r#"
            400
            {"error":{"code":"InvalidLiteral","message":"'2021-02-30T00:00:00Z' is not an Edm.DateTimeOffset, expected a date and time such as 2021-11-23T00:00:00Z, years 0001 to 9999","target":"$filter","innererror":{"position":18,"length":20}}}"#]],
    );
    check(
        server,
        "Conversation?$filter=uuid eq 'not-a-guid'",
        expect![[r#"
            400
            {"error":{"code":"InvalidLiteral","message":"'not-a-guid' is not an Edm.Guid, expected a Guid such as 89f20666-e17d-427c-9283-268ba7870283","target":"$filter","innererror":{"position":12,"length":12}}}"#]],
    );
    check(
        server,
        "Conversation?$filter=id in ('x')",
        expect![[r#"
        400
        {"error":{"code":"TypeMismatch","message":"cannot compare Edm.Int64 with Edm.String","target":"$filter","innererror":{"position":11,"length":3}}}"#]],
    );
    check(
        server,
        "Conversation?$filter=inbox eq 1",
        expect![[r#"
        400
        {"error":{"code":"TypeMismatch","message":"cannot compare the entity 'inbox' with Edm.Int32; compare a property of it, as in inbox/..","target":"$filter","innererror":{"position":0,"length":14,"hint":"compare a property of it, as in inbox/.."}}}"#]],
    );
    check(
        server,
        "Conversation?$filter=messages eq null",
        expect![[r#"
            400
            {"error":{"code":"TypeMismatch","message":"'messages' is a collection, expected 'any', 'all' or '$count' behind it; for example messages/any(x:x/id eq 1)","target":"$filter","innererror":{"position":0,"length":8,"hint":"for example messages/any(x:x/id eq 1)"}}}"#]],
    );
    check(
        server,
        "Conversation?$filter=messages/content eq 'x'",
        expect![[r#"
            400
            {"error":{"code":"TypeMismatch","message":"'messages' is a collection, expected 'any', 'all' or '$count' behind it; for example messages/any(x:x/id eq 1)","target":"$filter","innererror":{"position":0,"length":8,"hint":"for example messages/any(x:x/id eq 1)"}}}"#]],
    );
    check(
        server,
        "Conversation?$filter=id div 0 eq 1",
        expect![[r#"
        400
        {"error":{"code":"InvalidLiteral","message":"division by zero","target":"$filter","innererror":{"position":0,"length":12}}}"#]],
    );
    check(
        server,
        "Conversation?$filter=substring(identifier,0,-1) eq ''",
        expect![[r#"
            400
            {"error":{"code":"InvalidLiteral","message":"the length of 'substring' is negative, expected 0 or more","target":"$filter","innererror":{"position":23,"length":2}}}"#]],
    );
    check(
        server,
        "Conversation?$filter=matchesPattern(identifier,'(')",
        expect![[r#"
            400
            {"error":{"code":"InvalidLiteral","message":"the regular expression is not valid: unclosed group","target":"$filter","innererror":{"position":26,"length":3}}}"#]],
    );
    check(
        server,
        "Conversation?$orderby=messages",
        expect![[r#"
            400
            {"error":{"code":"TypeMismatch","message":"'messages' is a collection, expected 'any', 'all' or '$count' behind it; for example messages/$count","target":"$orderby","innererror":{"position":0,"length":8,"hint":"for example messages/$count"}}}"#]],
    );
    check(
        server,
        "Conversation?$select=inbox/name",
        expect![[r#"
            400
            {"error":{"code":"UnknownProperty","message":"'inbox' is a related entity, expected a property; use $expand=inbox($select=name)","target":"$select","innererror":{"position":0,"length":10,"hint":"use $expand=inbox($select=name)"}}}"#]],
    );
    check(
        server,
        "Conversation?$expand=id",
        expect![[r#"
        400
        {"error":{"code":"UnknownNavigation","message":"'id' is a structural property, expected a navigation property; use $select for it","target":"$expand","innererror":{"position":0,"length":2,"hint":"use $select for it"}}}"#]],
    );
    check(
        server,
        "Conversation?$filter=id/name eq 1",
        expect![[r#"
        400
        {"error":{"code":"TypeMismatch","message":"'/name' cannot follow a primitive property","target":"$filter","innererror":{"position":3,"length":4}}}"#]],
    );
}

#[tokio::test]
async fn a_value_that_fails_names_its_option() {
    let server = small().await;
    let large = "id mul 9223372036854775807";
    for (query, target) in [
        (format!("$filter={large} gt 1"), Some("$filter")),
        (format!("$apply=compute({large} as a)"), Some("$apply")),
        (format!("$compute={large} as a&$select=a"), Some("$compute")),
        (format!("$orderby={large}&$top=1"), Some("$orderby")),
        (format!("$orderby={large}&$filter=id gt 0"), None),
    ] {
        let path = format!("ReportingEvent?{query}");
        let error = get(server, &path, &[]).expect(400).json();
        assert_eq!(error["error"]["code"], "InvalidOptionValue", "{path}");
        assert_eq!(error["error"]["target"].as_str(), target, "{path}");
    }
}
