//! What is not there, and who may not ask.

use super::check;
use crate::asking::small;
use expect_test::expect;

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
            {"error":{"code":"TypeMismatch","message":"the key 'id' is Edm.Int64, found Edm.String; write it without quotes: 1","target":"Label('1')","innererror":{"position":7,"length":3,"hint":"write it without quotes: 1"}}}"#]],
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
