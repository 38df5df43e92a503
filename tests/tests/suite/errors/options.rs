//! Options twice, and where they do not belong.

use super::check;
use crate::asking::small;
use expect_test::expect;

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
