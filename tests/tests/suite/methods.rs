//! HEAD, OPTIONS, and the methods that are refused.

use crate::asking::{HOST, get, headers, small};
use expect_test::expect;
use tests::fixture;

/// A URL of every kind of response.
const KINDS: [&str; 17] = [
    "",
    "$metadata",
    "$metadata?$format=json",
    "Message",
    "Message?$count=true&$top=0",
    "Message?$filter=id eq -1",
    "Message(1)",
    "Message(1)/content",
    "Message(4)/content",
    "Message(1)/content/$value",
    "Message/$count",
    "Message/$ref",
    "Message(1)/$ref",
    "Message(99)",
    "Message(1)/nothing",
    "Message?$filter=nothing eq 1",
    "$all",
];

#[tokio::test]
async fn head_has_the_headers_of_get_and_no_content() {
    let server = small().await;
    let client = server.of(fixture::KEY);
    for path in KINDS {
        let path = crate::asking::encoded(&format!("/v1.0/odata/{path}"));
        let get = client.get_with(&path, &[HOST]);
        // The client itself fails on content here.
        let head = client.request("HEAD", &path, &[HOST]);
        assert_eq!(head.status, get.status, "{path}");
        assert_eq!(headers(&head), headers(&get), "{path}");
        if let Some(length) = head.header("content-length") {
            assert_eq!(length, get.body.len().to_string(), "{path}");
        }
    }
}

#[tokio::test]
async fn other_methods_are_refused_with_what_is_allowed() {
    let server = small().await;
    let client = server.of(fixture::KEY);
    for (method, path, status) in [
        ("OPTIONS", "/v1.0/odata/Label", 204),
        ("OPTIONS", "/v1.0/odata/", 204),
        ("POST", "/v1.0/odata/Label", 405),
        ("POST", "/v1.0/odata/$batch", 405),
        ("POST", "/v1.0/odata/Label/$query", 405),
        ("PUT", "/v1.0/odata/Label(1)", 405),
        ("PATCH", "/v1.0/odata/Label(1)", 405),
        ("DELETE", "/v1.0/odata/Label(1)", 405),
        ("MERGE", "/v1.0/odata/Label(1)", 405),
    ] {
        let response = client.request(method, path, &[HOST, ("Content-Length", "0")]);
        assert_eq!(response.status, status, "{method} {path}");
        assert_eq!(
            response.header("allow"),
            Some("GET, HEAD, OPTIONS"),
            "{method} {path}"
        );
        assert_eq!(
            response.header("odata-version"),
            Some("4.0"),
            "{method} {path}"
        );
        if status == 405 {
            assert_eq!(
                response.json()["error"]["code"],
                "MethodNotAllowed",
                "{method} {path}"
            );
        }
    }
    let batch = client.request(
        "POST",
        "/v1.0/odata/$batch",
        &[HOST, ("Content-Length", "0")],
    );
    expect![[r#"{"error":{"code":"MethodNotAllowed","message":"the service answers GET, HEAD, OPTIONS alone; turn batching off in the client (UI5: groupId \"$direct\", others: useBatch false)","innererror":{"hint":"turn batching off in the client (UI5: groupId \"$direct\", others: useBatch false)"}}}"#]].assert_eq(batch.text());
    // Nothing was changed, and the connection to the database is as it was.
    assert_eq!(get(server, "Label/$count", &[]).expect(200).text(), "4");
}
