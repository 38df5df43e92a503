//! Each kind of bad input has an answer that helps: its code, the option, the place in it, a hint.

use crate::asking::{answer, get, small};
use expect_test::{Expect, expect};
use tests::Server;

/// Words of a database that no client may read.
const INSIDE: [&str; 12] = [
    "SELECT",
    "FROM ",
    "WHERE",
    "JOIN",
    "LIMIT",
    "\\\"public\\\"",
    "pg_",
    "$1",
    "relation",
    "postgres",
    "int8",
    "panicked",
];

#[track_caller]
fn check(server: &Server, path: &str, expected: Expect) {
    let found = answer(server, path);
    for word in INSIDE {
        assert!(!found.contains(word), "{path}: {found}");
    }
    expected.assert_eq(&found);
}

#[tokio::test]
async fn names_that_are_not_known_are_all_listed() {
    let server = small().await;
    check(
        server,
        "Conversation?$filter=inboxid eq 1",
        expect![[r#"
        400
        {"error":{"code":"UnknownProperty","message":"'Conversation' has no property 'inboxid'; did you mean 'inbox_id'?","target":"$filter","innererror":{"position":0,"length":7,"hint":"did you mean 'inbox_id'?"}}}"#]],
    );
    check(
        server,
        "Conversation?$filter=foo eq 1 and inbox/nme eq 'x' and messages/any(m:m/contnt eq 'y' or bar eq 2)",
        expect![[r#"
            400
            {"error":{"code":"UnknownProperty","message":"'Conversation' has no property 'foo'","target":"$filter","details":[{"code":"UnknownProperty","message":"'Conversation' has no property 'foo'","target":"$filter","innererror":{"position":0,"length":3}},{"code":"UnknownProperty","message":"'Inbox' has no property 'nme'; did you mean 'name'?","target":"$filter","innererror":{"position":27,"length":3,"hint":"did you mean 'name'?"}},{"code":"UnknownProperty","message":"'Message' has no property 'contnt'; did you mean 'content'?","target":"$filter","innererror":{"position":67,"length":6,"hint":"did you mean 'content'?"}},{"code":"UnknownProperty","message":"'Conversation' has no property 'bar'","target":"$filter","innererror":{"position":92,"length":3}}],"innererror":{"position":0,"length":3}}}"#]],
    );
    check(
        server,
        "Conversation?$select=id,foo,inbox_di",
        expect![[r#"
            400
            {"error":{"code":"UnknownProperty","message":"'Conversation' has no property 'foo'","target":"$select","details":[{"code":"UnknownProperty","message":"'Conversation' has no property 'foo'","target":"$select","innererror":{"position":3,"length":3}},{"code":"UnknownProperty","message":"'Conversation' has no property 'inbox_di'; did you mean 'inbox_id'?","target":"$select","innererror":{"position":7,"length":8,"hint":"did you mean 'inbox_id'?"}}],"innererror":{"position":3,"length":3}}}"#]],
    );
    check(
        server,
        "Conversation?$expand=inbx,messages($expand=sendr;$filter=x eq 1)",
        expect![[r#"
            400
            {"error":{"code":"UnknownNavigation","message":"'Conversation' has no navigation property 'inbx'; did you mean 'inbox'?","target":"$expand","details":[{"code":"UnknownNavigation","message":"'Conversation' has no navigation property 'inbx'; did you mean 'inbox'?","target":"$expand","innererror":{"position":0,"length":4,"hint":"did you mean 'inbox'?"}},{"code":"UnknownProperty","message":"'Message' has no property 'x'","target":"$expand","innererror":{"position":36,"length":1}},{"code":"UnknownNavigation","message":"'Message' has no navigation property 'sendr'; did you mean 'sender'?","target":"$expand","innererror":{"position":22,"length":5,"hint":"did you mean 'sender'?"}}],"innererror":{"position":0,"length":4,"hint":"did you mean 'inbox'?"}}}"#]],
    );
    check(
        server,
        "Conversation?$orderby=foo,assignee/bar desc",
        expect![[r#"
            400
            {"error":{"code":"UnknownProperty","message":"'Conversation' has no property 'foo'","target":"$orderby","details":[{"code":"UnknownProperty","message":"'Conversation' has no property 'foo'","target":"$orderby","innererror":{"position":0,"length":3}},{"code":"UnknownProperty","message":"'User' has no property 'bar'","target":"$orderby","innererror":{"position":13,"length":3}}],"innererror":{"position":0,"length":3}}}"#]],
    );
    check(
        server,
        "Conversation?$filter=nofunction(id)",
        expect![[r#"
        400
        {"error":{"code":"UnknownFunction","message":"there is no function 'nofunction'","target":"$filter","innererror":{"position":0,"length":10}}}"#]],
    );
    check(
        server,
        "Conversation?$filter=contain(identifier,'x')",
        expect![[r#"
            400
            {"error":{"code":"UnknownFunction","message":"there is no function 'contain'; did you mean 'contains'?","target":"$filter","innererror":{"position":0,"length":7,"hint":"did you mean 'contains'?"}}}"#]],
    );
    check(
        server,
        "Conversation?$filter=contains(identifier)",
        expect![[r#"
            400
            {"error":{"code":"UnknownFunction","message":"'contains' takes 2 arguments, found 1; its arguments are (Edm.String, Edm.String)","target":"$filter","innererror":{"position":0,"length":20,"hint":"its arguments are (Edm.String, Edm.String)"}}}"#]],
    );
    check(
        server,
        "Conversation?$filter=cast(id,Edm.Strin) eq '1'",
        expect![[r#"
            400
            {"error":{"code":"UnknownType","message":"there is no type 'Edm.Strin'; did you mean 'Edm.String'?","target":"$filter","innererror":{"position":8,"length":9,"hint":"did you mean 'Edm.String'?"}}}"#]],
    );
    check(
        server,
        "Conversation?$filter=cast(id,Edm.Stream) eq null",
        expect![[r#"
            501
            {"error":{"code":"NotImplemented","message":"a cast to 'Edm.Stream' is not implemented by this service","target":"$filter","innererror":{"position":8,"length":10}}}"#]],
    );
    check(
        server,
        "Conversation(1)/mesages",
        expect![[r#"
        404
        {"error":{"code":"UnknownSegment","message":"'Conversation' has no 'mesages'; did you mean 'messages'?","target":"mesages","innererror":{"position":17,"length":7,"hint":"did you mean 'messages'?"}}}"#]],
    );
    check(
        server,
        "Conversatio",
        expect![[r#"
        404
        {"error":{"code":"UnknownSegment","message":"there is no collection 'Conversatio'; did you mean 'Conversation'?","target":"Conversatio","innererror":{"position":1,"length":11,"hint":"did you mean 'Conversation'?"}}}"#]],
    );
    check(
        server,
        "Conversation?$top=1&$fliter=id eq 1",
        expect![[r#"
            400
            {"error":{"code":"OptionNotAllowed","message":"unknown query option '$fliter' in the query; did you mean '$filter'?","target":"$fliter","innererror":{"hint":"did you mean '$filter'?"}}}"#]],
    );
    check(
        server,
        "Conversation?$apply=groupby((inboxid),aggregate(foo with sum as s))",
        expect![[r#"
            400
            {"error":{"code":"UnknownProperty","message":"'Conversation' has no property 'inboxid'; did you mean 'inbox_id'?","target":"$apply","details":[{"code":"UnknownProperty","message":"'Conversation' has no property 'inboxid'; did you mean 'inbox_id'?","target":"$apply","innererror":{"position":9,"length":7,"hint":"did you mean 'inbox_id'?"}},{"code":"UnknownProperty","message":"'Conversation' has no property 'foo'","target":"$apply","innererror":{"position":28,"length":3}}],"innererror":{"position":9,"length":7,"hint":"did you mean 'inbox_id'?"}}}"#]],
    );
    check(
        server,
        "Conversation?$compute=foo add 1 as x",
        expect![[r#"
            400
            {"error":{"code":"UnknownProperty","message":"'Conversation' has no property 'foo'","target":"$compute","innererror":{"position":0,"length":3}}}"#]],
    );
    check(
        server,
        "Conversation?$filter=@p eq 1&@p=foo",
        expect![[r#"
        400
        {"error":{"code":"UnknownProperty","message":"'Conversation' has no property 'foo'","target":"@p","innererror":{"position":0,"length":3}}}"#]],
    );
}

#[tokio::test]
async fn syntax() {
    let server = small().await;
    check(
        server,
        "Conversation?$filter=id eq",
        expect![[r#"
        400
        {"error":{"code":"SyntaxError","message":"expected an operand, found the end","target":"$filter","innererror":{"position":7,"length":0}}}"#]],
    );
    check(
        server,
        "Conversation?$filter=id = 1",
        expect![[r#"
        400
        {"error":{"code":"SyntaxError","message":"expected an operator or the end, found '='; compare with 'eq'","target":"$filter","innererror":{"position":5,"length":1,"hint":"compare with 'eq'"}}}"#]],
    );
    check(
        server,
        "Conversation?$filter=(id eq 1",
        expect![[r#"
        400
        {"error":{"code":"SyntaxError","message":"expected an operator or ')', found the end","target":"$filter","innererror":{"position":12,"length":0}}}"#]],
    );
    check(
        server,
        "Conversation?$filter=identifier eq 'x",
        expect![[r#"
            400
            {"error":{"code":"SyntaxError","message":"expected a literal, found a string without its closing quote; close the string with a single quote; inside it a single quote is doubled, and '&' is written '%26'","target":"$filter","innererror":{"position":18,"length":2,"hint":"close the string with a single quote; inside it a single quote is doubled, and '&' is written '%26'"}}}"#]],
    );
    check(
        server,
        "Conversation?$filter=",
        expect![[r#"
        400
        {"error":{"code":"SyntaxError","message":"expected an operand, found the end","target":"$filter","innererror":{"position":0,"length":0}}}"#]],
    );
    check(
        server,
        "Conversation?$filter=id eq 1 1",
        expect![[r#"
        400
        {"error":{"code":"SyntaxError","message":"expected an operator or the end, found '1'","target":"$filter","innererror":{"position":14,"length":1}}}"#]],
    );
    check(
        server,
        "Conversation?$filter=id eq 1 and or id eq 2",
        expect![[r#"
            400
            {"error":{"code":"SyntaxError","message":"expected an operator or the end, found 'id'; did you mean 'in'?","target":"$filter","innererror":{"position":25,"length":2,"hint":"did you mean 'in'?"}}}"#]],
    );
    check(
        server,
        "Conversation?$filter=messages/any(m:)",
        expect![[r#"
            400
            {"error":{"code":"SyntaxError","message":"expected an operand, found ')'","target":"$filter","innererror":{"position":15,"length":1}}}"#]],
    );
    check(
        server,
        "Conversation?$filter=messages/all()",
        expect![[r#"
        400
        {"error":{"code":"SyntaxError","message":"expected a range variable, as in 'any(x:x/id eq 1)', found ')'","target":"$filter","innererror":{"position":13,"length":1}}}"#]],
    );
    check(
        server,
        "Conversation?$select=id,,uuid",
        expect![[r#"
        400
        {"error":{"code":"SyntaxError","message":"expected the name of a property, or '*', found ','","target":"$select","innererror":{"position":3,"length":1}}}"#]],
    );
    check(
        server,
        "Conversation?$expand=messages($top=1",
        expect![[r#"
            400
            {"error":{"code":"SyntaxError","message":"expected ';' or ')', found the end","target":"$expand","innererror":{"position":15,"length":0}}}"#]],
    );
    check(
        server,
        "Conversation?$orderby=id descending",
        expect![[r#"
        400
        {"error":{"code":"SyntaxError","message":"expected an operator, 'asc', 'desc' or ',', found 'descending'","target":"$orderby","innererror":{"position":5,"length":10}}}"#]],
    );
    check(
        server,
        "Conversation?$apply=groupby(inbox_id)",
        expect![[r#"
            400
            {"error":{"code":"SyntaxError","message":"expected '(' before the grouping properties, found 'inbox_id'","target":"$apply","innererror":{"position":8,"length":8}}}"#]],
    );
    check(
        server,
        "Conversation?$filter=identifier eq 'ü' and %zz",
        expect![[r#"
            400
            {"error":{"code":"SyntaxError","message":"expected two hexadecimal digits behind '%', found '%zz'; a percent sign itself is written '%25'","target":"$filter","innererror":{"position":35,"length":3,"hint":"a percent sign itself is written '%25'"}}}"#]],
    );
}

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
            {"error":{"code":"TypeMismatch","message":"cannot compare Edm.String with Edm.Int32","target":"$filter","innererror":{"position":0,"length":19}}}"#]],
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
        {"error":{"code":"TypeMismatch","message":"expected a condition (Edm.Boolean), found Edm.Int32","target":"$filter","innererror":{"position":6,"length":6}}}"#]],
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
        {"error":{"code":"TypeMismatch","message":"'messages' is a collection, expected 'any', 'all' or '$count' behind it; for example messages/any(x:x/id eq 1)","target":"$orderby","innererror":{"position":0,"length":8,"hint":"for example messages/any(x:x/id eq 1)"}}}"#]],
    );
    check(
        server,
        "Conversation?$select=inbox/name",
        expect![[r#"
        400
        {"error":{"code":"UnknownProperty","message":"a path in '$select' runs through complex properties, and the model has none; for a property of a related entity use $expand=nav($select=property)","target":"$select","innererror":{"position":0,"length":10,"hint":"for a property of a related entity use $expand=nav($select=property)"}}}"#]],
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
async fn options_twice_and_where_they_do_not_belong() {
    let server = small().await;
    check(
        server,
        "Conversation?$top=1&$top=1",
        expect![[r#"
            400
            {"error":{"code":"DuplicateOption","message":"the option '$top' is given twice","target":"$top"}}"#]],
    );
    check(
        server,
        "Conversation?$top=1&TOP=2",
        expect![[r#"
            400
            {"error":{"code":"DuplicateOption","message":"the option '$top' is given twice, once as 'TOP'","target":"$top"}}"#]],
    );
    check(
        server,
        "Conversation?$filter=@p eq 1&@p=1&@p=2",
        expect![[r#"
            400
            {"error":{"code":"DuplicateOption","message":"the alias '@p' is given twice","target":"@p"}}"#]],
    );
    check(
        server,
        "Conversation?$expand=inbox,inbox",
        expect![[r#"
        400
        {"error":{"code":"DuplicateOption","message":"'inbox' is expanded twice","target":"$expand","innererror":{"position":6,"length":5}}}"#]],
    );
    check(
        server,
        "Conversation?$expand=messages($top=1;$top=2)",
        expect![[r#"
            400
            {"error":{"code":"DuplicateOption","message":"the option '$top' is given twice","target":"$expand","innererror":{"position":16,"length":4}}}"#]],
    );
    check(
        server,
        "Conversation?$nosuch=1",
        expect![[r#"
            400
            {"error":{"code":"OptionNotAllowed","message":"unknown query option '$nosuch' in the query","target":"$nosuch"}}"#]],
    );
    check(
        server,
        "Conversation(1)?$filter=id eq 1",
        expect![[r#"
        400
        {"error":{"code":"OptionNotAllowed","message":"'$filter' is not allowed on a single entity","target":"$filter"}}"#]],
    );
    check(
        server,
        "Conversation/$count?$orderby=id",
        expect![[r#"
        200
        7"#]],
    );
    check(
        server,
        "Conversation?$skiptoken=x",
        expect![[r#"
        400
        {"error":{"code":"InvalidOptionValue","message":"'$skiptoken' is not one that this service made for this request; follow '@odata.nextLink' as it is, with the credential that it was made for","target":"$skiptoken","innererror":{"hint":"follow '@odata.nextLink' as it is, with the credential that it was made for"}}}"#]],
    );
    check(
        server,
        "User?$filter=encrypted_password ne null",
        expect![[r#"
            400
            {"error":{"code":"OptionNotAllowed","message":"'encrypted_password' is a secret and cannot be used in a query","target":"$filter","innererror":{"position":0,"length":18}}}"#]],
    );
    check(
        server,
        "$metadata?$top=1",
        expect![[r#"
            400
            {"error":{"code":"OptionNotAllowed","message":"'$top' is not allowed on $metadata","target":"$top"}}"#]],
    );
    check(
        server,
        "?$filter=id eq 1",
        expect![[r#"
            400
            {"error":{"code":"OptionNotAllowed","message":"'$filter' is not allowed on the service document","target":"$filter"}}"#]],
    );
}

#[tokio::test]
async fn limits() {
    let server = small().await;
    let deep = format!(
        "Label?$filter={}id eq 1{}",
        "(".repeat(100),
        ")".repeat(100)
    );
    check(
        server,
        &deep,
        expect![[r#"
        400
        {"error":{"code":"LimitExceeded","message":"expected at most 64 levels of nesting (limit 'depth')","target":"$filter","innererror":{"position":64,"length":1}}}"#]],
    );
    let long = format!("Label?$filter=id eq 1{}", " or id eq 1".repeat(400));
    check(
        server,
        &long,
        expect![[r#"
        400
        {"error":{"code":"LimitExceeded","message":"expected at most 500 nodes in one expression (limit 'nodes')","target":"$filter","innererror":{"position":3154,"length":11}}}"#]],
    );
    check(
        server,
        &format!("Label?$filter=title eq '{}'", "x".repeat(9000)),
        expect![[r#"
            400
            {"error":{"code":"LimitExceeded","message":"expected at most 8192 bytes of a string literal (limit 'string_bytes')","target":"$filter","innererror":{"position":13,"length":9002}}}"#]],
    );
    check(
        server,
        &format!("Label?$orderby={}", ["id"; 9].join(",")),
        expect![[r#"
            400
            {"error":{"code":"LimitExceeded","message":"expected at most 8 items in $orderby (limit 'order_items')","target":"$orderby","innererror":{"position":24,"length":2}}}"#]],
    );
    check(
        server,
        "Label?$skip=10000001",
        expect![[r#"
            400
            {"error":{"code":"LimitExceeded","message":"expected at most 10000000 rows in $skip (limit 'skip'); follow '@odata.nextLink', which is fast at any depth","target":"$skip","innererror":{"position":0,"length":8,"hint":"follow '@odata.nextLink', which is fast at any depth"}}}"#]],
    );
    check(
        server,
        "Label?$skip=99999999999999999999",
        expect![[r#"
            400
            {"error":{"code":"LimitExceeded","message":"expected at most 10000000 rows in $skip (limit 'skip'); follow '@odata.nextLink', which is fast at any depth","target":"$skip","innererror":{"position":0,"length":20,"hint":"follow '@odata.nextLink', which is fast at any depth"}}}"#]],
    );
    let lambdas = "Inbox?$filter=conversations/any(a:a/messages/any(b:b/conversation/messages/any(c:c/id eq 1)))";
    check(
        server,
        lambdas,
        expect![[r#"
        400
        {"error":{"code":"LimitExceeded","message":"expected at most 2 lambda expressions inside each other (limit 'lambda_depth')","target":"$filter","innererror":{"position":65,"length":1}}}"#]],
    );
    check(
        server,
        "Inbox?$expand=messages($expand=conversation($expand=inbox($expand=members($expand=inboxes))))",
        expect![[r#"
            400
            {"error":{"code":"LimitExceeded","message":"expected at most 4 levels of $expand (limit 'expand_depth')","target":"$expand","innererror":{"position":68,"length":0}}}"#]],
    );
    let path = format!("Inbox(1){}", "/conversations(1)/inbox".repeat(10));
    check(
        server,
        &path,
        expect![[r#"
        400
        {"error":{"code":"LimitExceeded","message":"expected at most 16 segments of a path (limit 'path_segments')","target":"inbox","innererror":{"position":119,"length":5}}}"#]],
    );
    let options: Vec<String> = (0..200).map(|place| format!("x{place}=1")).collect();
    check(
        server,
        &format!("Label?{}", options.join("&")),
        expect![[r#"
            400
            {"error":{"code":"LimitExceeded","message":"expected at most 128 query options (limit 'options')","target":"x128"}}"#]],
    );
    let pattern = format!("Label?$filter=matchesPattern(title,'{}')", "x".repeat(300));
    check(
        server,
        &pattern,
        expect![[r#"
            400
            {"error":{"code":"LimitExceeded","message":"expected at most 256 characters of a regular expression (limit 'pattern_chars')","target":"$filter","innererror":{"position":21,"length":302}}}"#]],
    );
    // Longer than the service reads.
    let url = format!("Label?x={}", "x".repeat(62 * 1024));
    assert_eq!(get(server, &url, &[]).status, 414);
}

#[tokio::test]
async fn what_is_not_found() {
    let server = small().await;
    check(
        server,
        "Conversation(1)/messages(5)",
        expect![[r#"
        404
        {"error":{"code":"ResourceNotFound","message":"an entity of this path is not there, or you may not see it"}}"#]],
    );
    check(
        server,
        "Conversation(99)",
        expect![[r#"
        404
        {"error":{"code":"ResourceNotFound","message":"there is no such Conversation, or none that you may see"}}"#]],
    );
    check(
        server,
        "Conversation(99)/messages",
        expect![[r#"
        404
        {"error":{"code":"ResourceNotFound","message":"there is no such Conversation, or none that you may see"}}"#]],
    );
    check(
        server,
        "Conversation(2)/assignee/name",
        expect![[r#"
        404
        {"error":{"code":"ResourceNotFound","message":"an entity of this path is not there, or you may not see it"}}"#]],
    );
    check(
        server,
        "Conversation(2)/assignee/inboxes",
        expect![[r#"
        404
        {"error":{"code":"ResourceNotFound","message":"an entity of this path is not there, or you may not see it"}}"#]],
    );
    check(
        server,
        "Label('1')",
        expect![[r#"
            400
            {"error":{"code":"TypeMismatch","message":"cannot compare Edm.Int64 with Edm.String","target":"Label('1')","innererror":{"position":7,"length":3}}}"#]],
    );
    check(
        server,
        "Conversation/messages",
        expect![[r#"
        404
        {"error":{"code":"UnknownSegment","message":"'messages' is not a member of a collection; name one entity first: Conversation(1)/messages","target":"messages","innererror":{"position":14,"length":8,"hint":"name one entity first: Conversation(1)/messages"}}}"#]],
    );
    check(
        server,
        "$batch",
        expect![[r#"
            404
            {"error":{"code":"UnknownSegment","message":"'$batch' takes POST, which this service does not answer; turn batching off in the client (UI5: groupId \"$direct\")","target":"$batch","innererror":{"hint":"turn batching off in the client (UI5: groupId \"$direct\")"}}}"#]],
    );
}

#[tokio::test]
async fn what_is_not_there_yet_says_its_name() {
    let server = small().await;
    check(
        server,
        "Label?$filter=geo.intersects(id,id)",
        expect![[r#"
        501
        {"error":{"code":"NotImplemented","message":"the function 'geo.intersects' is not implemented by this service","target":"$filter","innererror":{"position":0,"length":14}}}"#]],
    );
    check(
        server,
        "Label?$filter=geo.length(geography'SRID=0;Point(1 2)') gt 1",
        expect![[r#"
            501
            {"error":{"code":"NotImplemented","message":"the function 'geo.length' is not implemented by this service","target":"$filter","innererror":{"position":0,"length":10}}}"#]],
    );
    check(
        server,
        "Label?$deltatoken=1",
        expect![[r#"
        501
        {"error":{"code":"NotImplemented","message":"$deltatoken is not implemented by this service","target":"$deltatoken"}}"#]],
    );
    check(
        server,
        "Inbox?$apply=traverse($root/Inbox,h,id,preorder)",
        expect![[r#"
            501
            {"error":{"code":"NotImplemented","message":"a transformation of hierarchies is not implemented by this service","target":"$apply","innererror":{"position":0,"length":35}}}"#]],
    );
}

#[tokio::test]
async fn hosts_and_credentials() {
    let server = small().await;
    let ask = |headers: &[(&str, &str)]| {
        let response = server.client().get_with("/v1.0/odata/Label", headers);
        format!("{}\n{}", response.status, response.text())
    };
    let host = ("Host", "127.0.0.1");
    expect![[r#"
        401
        {"error":{"code":"Unauthorized","message":"the request has no access token; paste the collection's URL, or use Basic with the token as password; the URL ends in '?apikey=<access token>', a script sends 'Authorization: Bearer <access token>'","innererror":{"hint":"paste the collection's URL, or use Basic with the token as password; the URL ends in '?apikey=<access token>', a script sends 'Authorization: Bearer <access token>'"}}}"#]].assert_eq(&ask(&[host]));
    expect![[r#"
        401
        {"error":{"code":"Unauthorized","message":"the access token is not known"}}"#]]
    .assert_eq(&ask(&[host, ("Authorization", "Bearer nobody's")]));
    expect![[r#"
        403
        {"error":{"code":"Forbidden","message":"the access token's user administers no account; only users with the role of an administrator may ask","innererror":{"hint":"only users with the role of an administrator may ask"}}}"#]].assert_eq(&ask(&[host, ("Authorization", "Bearer AGENT")]));
    expect![[r#"
        400
        {"error":{"code":"AmbiguousCredentials","message":"the request has several credentials that differ; send one of them","innererror":{"hint":"send one of them"}}}"#]].assert_eq(&ask(&[
        host,
        ("Authorization", "Bearer KEY"),
        ("apikey", "OTHER"),
    ]));
    expect![[r#"
        401
        {"error":{"code":"Unauthorized","message":"the scheme of 'Authorization' is not known, expected 'Bearer' or 'Basic'"}}"#]].assert_eq(&ask(&[host, ("Authorization", "Negotiate abc")]));
    expect![[r#"
        400
        {"error":{"code":"InvalidHost","message":"the host of this request is not one that the service answers for; start the service with --public-url, or name the host in --allowed-hosts","target":"Host","innererror":{"hint":"start the service with --public-url, or name the host in --allowed-hosts"}}}"#]].assert_eq(&ask(&[
        ("Host", "evil.example"),
        ("Authorization", "Bearer KEY"),
    ]));
}

/// What fails for a value is about the one option that computes.
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
