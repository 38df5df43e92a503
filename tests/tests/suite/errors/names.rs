//! Names that the model does not have, or the service does not offer.

use super::check;
use crate::asking::small;
use expect_test::expect;

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
