//! `Prefer`: what is honoured is said, and the rest ignored.

use crate::asking::{get, small};
use expect_test::expect;

#[tokio::test]
async fn they_are_applied_or_ignored() {
    let server = small().await;
    for (prefer, applied) in [
        ("odata.maxpagesize=2", Some("odata.maxpagesize=2")),
        ("maxpagesize=2", Some("maxpagesize=2")),
        ("maxpagesize=2; x=y, wait=5", Some("maxpagesize=2")),
        ("omit-values=nulls", Some("omit-values=nulls")),
        (
            "maxpagesize=2,omit-values=nulls",
            Some("maxpagesize=2, omit-values=nulls"),
        ),
        (
            "odata.include-annotations=\"*\"",
            Some("odata.include-annotations=\"*\""),
        ),
        (
            "include-annotations=\"display.*,-a.b#q\", odata.maxpagesize=2",
            Some("include-annotations=\"display.*,-a.b#q\", odata.maxpagesize=2"),
        ),
        ("odata.maxpagesize=3, maxpagesize=2", Some("maxpagesize=2")),
        ("include-annotations=\"no namespace\"", None),
        ("include-annotations=\"\"", None),
        ("maxpagesize=0", None),
        ("maxpagesize=-1", None),
        ("maxpagesize=abc", None),
        (
            "return=representation, respond-async, odata.track-changes",
            None,
        ),
        ("=;,,\"", None),
    ] {
        let response = get(server, "Label", &[("Prefer", prefer)]).expect(200);
        assert_eq!(response.header("preference-applied"), applied, "{prefer}");
        let rows = response.json()["value"].as_array().map_or(0, Vec::len);
        let expected = if prefer.contains("maxpagesize=2") {
            2
        } else {
            4
        };
        assert_eq!(rows, expected, "{prefer}");
    }
    // Each answer says what was honoured in it.
    let all = "maxpagesize=2, omit-values=nulls, include-annotations=\"-*\"";
    for (path, applied) in [
        ("Label", Some(all)),
        (
            "Label(2)",
            Some("omit-values=nulls, include-annotations=\"-*\""),
        ),
        ("Label?$format=ndjson", Some("omit-values=nulls")),
        ("Label?$format=csv", None),
        ("Label/$count", None),
        ("Label(2)/title/$value", None),
        ("$metadata", Some("include-annotations=\"*\"")),
        ("Nothing", None),
    ] {
        let response = get(server, path, &[("Prefer", all)]);
        assert_eq!(response.header("preference-applied"), applied, "{path}");
        let varies = response.header("vary").unwrap();
        assert!(varies.contains("Prefer"), "{path}: {varies}");
    }
    let omitted = get(server, "Label(2)", &[("Prefer", "omit-values=nulls")]).expect(200);
    expect![[r#"{"@odata.context":"http://127.0.0.1/v1.0/odata/$metadata#Label/$entity","id":2,"title":"billing","color":"blue","show_on_sidebar":false,"account_id":1,"created_at":"2021-01-01T00:00:00.000000Z","updated_at":"2021-01-01T00:00:00.000000Z"}"#]].assert_eq(omitted.text());
}
