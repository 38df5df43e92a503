//! What HTTP's own reader refuses before the service sees it: a status, and no more.

use crate::asking::{HOST, get, small};

/// A target is ASCII without quotes and angle brackets, and at most 64 KiB long (RFC 9112, 3.2). Where
/// it isn't, there is no request to answer, and so no error body either. What other characters
/// RFC 3986 wants encoded is read all the same.
#[tokio::test]
async fn what_is_no_request_of_http_is_400_without_content() {
    let server = small().await;
    let long = format!("Label?x={}", "x".repeat(70_000));
    for (target, status) in [
        ("Label?$filter=title%20eq%20\"x\"", 400),
        ("Label?$filter=title%20eq%20'<b>'", 400),
        ("Label?$filter=title%20eq%20'>'", 400),
        ("Label?$filter=title%20eq%20'é'", 400),
        (long.as_str(), 400),
        ("Label?$filter=title%20eq%20'a\\b'", 200),
        ("Label?$filter=title%20eq%20'a^b'", 200),
        ("Label?$filter=title%20eq%20'`{|}'", 200),
    ] {
        let response = server.get_with(&format!("/v1.0/odata/{target}"), &[HOST]);
        let short = target.get(..40).unwrap_or(target);
        assert_eq!(response.status, status, "{short}: {}", response.text());
        assert_eq!(response.text().is_empty(), status == 400, "{short}");
    }
    assert_eq!(get(server, "Label/$count", &[]).expect(200).text(), "4");
}
