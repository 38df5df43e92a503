//! What is more than the service does for one request.

use super::check;
use crate::asking::{refusal, small};
use expect_test::expect;

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
    assert_eq!(refusal(server, &url), (414, "UriTooLong".to_owned()));
}
