//! Conditional requests: documents have an entity tag, data has none.

use crate::asking::{get, headers, small};
use expect_test::expect;

const OTHER: &str = "W/\"other\"";

#[tokio::test]
async fn a_document_that_the_client_has_is_not_sent_again() {
    let server = small().await;
    for path in ["", "$metadata", "$metadata?$format=json"] {
        let tag = get(server, path, &[])
            .expect(200)
            .header("etag")
            .unwrap()
            .to_owned();
        let strong = tag.trim_start_matches("W/").to_owned();
        for (known, status) in [
            (&*tag, 304),
            (&*strong, 304),
            (&*format!("\"a\", {tag}"), 304),
            ("*", 304),
            (OTHER, 200),
        ] {
            let response = get(server, path, &[("If-None-Match", known)]);
            assert_eq!(response.status, status, "{path} {known}");
        }
    }
    let tag = get(server, "", &[]).header("etag").unwrap().to_owned();
    let wishes = [("If-None-Match", &*tag), ("Prefer", "omit-values=nulls")];
    expect![[r#"
        cache-control: private, no-cache
        connection: close
        etag: W/".."
        odata-version: 4.0
        referrer-policy: no-referrer
        vary: Accept, OData-MaxVersion, Prefer
        x-content-type-options: nosniff
    "#]]
    .assert_eq(&headers(&get(server, "", &wishes)));
}
