//! The headers of every kind of response; versions and preferences.

use crate::asking::{HOST, get, headers, small};
use expect_test::{Expect, expect};
use flate2::read::GzDecoder;
use std::io::Read as _;
use tests::{Server, fixture};

#[track_caller]
fn check(server: &Server, path: &str, asked: &[(&str, &str)], expected: Expect) {
    let response = get(server, path, asked);
    expected.assert_eq(&format!("{}\n{}", response.status, headers(&response)));
}

#[tokio::test]
async fn each_kind_of_response_has_its_headers() {
    let server = small().await;
    check(
        server,
        "",
        &[],
        expect![[r#"
            200
            cache-control: private, no-cache
            connection: close
            content-security-policy: default-src 'none'; frame-ancestors 'none'; sandbox
            content-type: application/json;odata.metadata=minimal
            etag: W/".."
            odata-version: 4.0
            referrer-policy: no-referrer
            vary: Accept, OData-MaxVersion, Prefer
            x-content-type-options: nosniff
        "#]],
    );
    check(
        server,
        "$metadata",
        &[],
        expect![[r#"
            200
            cache-control: private, no-cache
            connection: close
            content-security-policy: default-src 'none'; frame-ancestors 'none'; sandbox
            content-type: application/xml
            etag: W/".."
            odata-version: 4.0
            referrer-policy: no-referrer
            vary: Accept, OData-MaxVersion, Prefer
            x-content-type-options: nosniff
        "#]],
    );
    check(
        server,
        "Label",
        &[],
        expect![[r#"
            200
            cache-control: no-store
            connection: close
            content-security-policy: default-src 'none'; frame-ancestors 'none'; sandbox
            content-type: application/json;odata.metadata=minimal
            odata-version: 4.0
            referrer-policy: no-referrer
            vary: Accept, OData-MaxVersion, Prefer
            x-content-type-options: nosniff
        "#]],
    );
    check(
        server,
        "Label(1)",
        &[],
        expect![[r#"
            200
            cache-control: no-store
            connection: close
            content-security-policy: default-src 'none'; frame-ancestors 'none'; sandbox
            content-type: application/json;odata.metadata=minimal
            odata-version: 4.0
            referrer-policy: no-referrer
            vary: Accept, OData-MaxVersion, Prefer
            x-content-type-options: nosniff
        "#]],
    );
    check(
        server,
        "Label(1)/title",
        &[],
        expect![[r#"
            200
            cache-control: no-store
            connection: close
            content-security-policy: default-src 'none'; frame-ancestors 'none'; sandbox
            content-type: application/json;odata.metadata=minimal
            odata-version: 4.0
            referrer-policy: no-referrer
            vary: Accept, OData-MaxVersion, Prefer
            x-content-type-options: nosniff
        "#]],
    );
    check(
        server,
        "Label(1)/title/$value",
        &[],
        expect![[r#"
            200
            cache-control: no-store
            connection: close
            content-security-policy: default-src 'none'; frame-ancestors 'none'; sandbox
            content-type: text/plain;charset=utf-8
            odata-version: 4.0
            referrer-policy: no-referrer
            vary: Accept, OData-MaxVersion, Prefer
            x-content-type-options: nosniff
        "#]],
    );
    check(
        server,
        "Label/$count",
        &[],
        expect![[r#"
            200
            cache-control: no-store
            connection: close
            content-security-policy: default-src 'none'; frame-ancestors 'none'; sandbox
            content-type: text/plain;charset=utf-8
            odata-version: 4.0
            referrer-policy: no-referrer
            vary: Accept, OData-MaxVersion, Prefer
            x-content-type-options: nosniff
        "#]],
    );
    check(
        server,
        "Label/$ref",
        &[],
        expect![[r#"
            200
            cache-control: no-store
            connection: close
            content-security-policy: default-src 'none'; frame-ancestors 'none'; sandbox
            content-type: application/json;odata.metadata=minimal
            odata-version: 4.0
            referrer-policy: no-referrer
            vary: Accept, OData-MaxVersion, Prefer
            x-content-type-options: nosniff
        "#]],
    );
    check(
        server,
        "Label(2)/description",
        &[],
        expect![[r#"
            204
            cache-control: no-store
            connection: close
            content-security-policy: default-src 'none'; frame-ancestors 'none'; sandbox
            odata-version: 4.0
            referrer-policy: no-referrer
            vary: Accept, OData-MaxVersion, Prefer
            x-content-type-options: nosniff
        "#]],
    );
    check(
        server,
        "Label(99)",
        &[],
        expect![[r#"
            404
            cache-control: no-store
            connection: close
            content-language: en
            content-security-policy: default-src 'none'; frame-ancestors 'none'; sandbox
            content-type: application/json;odata.metadata=minimal
            odata-version: 4.0
            referrer-policy: no-referrer
            vary: Accept, OData-MaxVersion, Prefer
            x-content-type-options: nosniff
        "#]],
    );
    check(
        server,
        "Label?$filter=(",
        &[],
        expect![[r#"
            400
            cache-control: no-store
            connection: close
            content-language: en
            content-security-policy: default-src 'none'; frame-ancestors 'none'; sandbox
            content-type: application/json;odata.metadata=minimal
            odata-version: 4.0
            referrer-policy: no-referrer
            vary: Accept, OData-MaxVersion, Prefer
            x-content-type-options: nosniff
        "#]],
    );
    check(
        server,
        "Label?$deltatoken=1",
        &[],
        expect![[r#"
            501
            cache-control: no-store
            connection: close
            content-language: en
            content-security-policy: default-src 'none'; frame-ancestors 'none'; sandbox
            content-type: application/json;odata.metadata=minimal
            odata-version: 4.0
            referrer-policy: no-referrer
            vary: Accept, OData-MaxVersion, Prefer
            x-content-type-options: nosniff
        "#]],
    );
    check(
        server,
        "Label",
        &[("Accept", "application/atom+xml")],
        expect![[r#"
            406
            cache-control: no-store
            connection: close
            content-language: en
            content-security-policy: default-src 'none'; frame-ancestors 'none'; sandbox
            content-type: application/json;odata.metadata=minimal
            odata-version: 4.0
            referrer-policy: no-referrer
            vary: Accept, OData-MaxVersion, Prefer
            x-content-type-options: nosniff
        "#]],
    );
    check(
        server,
        "Label",
        &[("Accept", "text/csv")],
        expect![[r#"
            200
            cache-control: no-store
            connection: close
            content-disposition: attachment; filename="Label.csv"
            content-security-policy: default-src 'none'; frame-ancestors 'none'; sandbox
            content-type: text/csv;header=present;charset=utf-8
            odata-version: 4.0
            referrer-policy: no-referrer
            vary: Accept, OData-MaxVersion, Prefer
            x-content-type-options: nosniff
        "#]],
    );
    check(
        server,
        "Label",
        &[("OData-Isolation", "snapshot")],
        expect![[r#"
            412
            cache-control: no-store
            connection: close
            content-language: en
            content-security-policy: default-src 'none'; frame-ancestors 'none'; sandbox
            content-type: application/json;odata.metadata=minimal
            odata-version: 4.0
            referrer-policy: no-referrer
            vary: Accept, OData-MaxVersion, Prefer
            x-content-type-options: nosniff
        "#]],
    );
    check(
        server,
        "Label",
        &[("OData-MaxVersion", "3.0")],
        expect![[r#"
            400
            cache-control: no-store
            connection: close
            content-language: en
            content-security-policy: default-src 'none'; frame-ancestors 'none'; sandbox
            content-type: application/json;odata.metadata=minimal
            odata-version: 4.0
            referrer-policy: no-referrer
            vary: Accept, OData-MaxVersion, Prefer
            x-content-type-options: nosniff
        "#]],
    );
    check(
        server,
        "Label",
        &[("OData-MaxVersion", "4.01")],
        expect![[r#"
            200
            cache-control: no-store
            connection: close
            content-security-policy: default-src 'none'; frame-ancestors 'none'; sandbox
            content-type: application/json;metadata=minimal
            odata-version: 4.01
            referrer-policy: no-referrer
            vary: Accept, OData-MaxVersion, Prefer
            x-content-type-options: nosniff
        "#]],
    );
    check(
        server,
        "Label?$top=x",
        &[("OData-MaxVersion", "4.01")],
        expect![[r#"
            400
            cache-control: no-store
            connection: close
            content-language: en
            content-security-policy: default-src 'none'; frame-ancestors 'none'; sandbox
            content-type: application/json;metadata=minimal
            odata-version: 4.01
            referrer-policy: no-referrer
            vary: Accept, OData-MaxVersion, Prefer
            x-content-type-options: nosniff
        "#]],
    );
    check(
        server,
        "Message",
        &[("Accept-Encoding", "gzip")],
        expect![[r#"
            200
            cache-control: no-store
            connection: close
            content-encoding: gzip
            content-security-policy: default-src 'none'; frame-ancestors 'none'; sandbox
            content-type: application/json;odata.metadata=minimal
            odata-version: 4.0
            referrer-policy: no-referrer
            vary: Accept, OData-MaxVersion, Prefer
            vary: accept-encoding
            x-content-type-options: nosniff
        "#]],
    );

    let refused = server.client().get_with("/v1.0/odata/Label", &[HOST]);
    expect![[r#"
        401
        cache-control: no-store
        connection: close
        content-language: en
        content-security-policy: default-src 'none'; frame-ancestors 'none'; sandbox
        content-type: application/json;odata.metadata=minimal
        odata-version: 4.0
        referrer-policy: no-referrer
        vary: Accept, OData-MaxVersion, Prefer
        www-authenticate: Basic realm="Live Agent", charset="UTF-8"
        www-authenticate: Bearer realm="Live Agent"
        x-content-type-options: nosniff
    "#]]
    .assert_eq(&format!("{}\n{}", refused.status, headers(&refused)));
    let forbidden = server
        .of(fixture::AGENT)
        .get_with("/v1.0/odata/Label", &[HOST]);
    expect![[r#"
        403
        cache-control: no-store
        connection: close
        content-language: en
        content-security-policy: default-src 'none'; frame-ancestors 'none'; sandbox
        content-type: application/json;odata.metadata=minimal
        odata-version: 4.0
        referrer-policy: no-referrer
        vary: Accept, OData-MaxVersion, Prefer
        x-content-type-options: nosniff
    "#]]
    .assert_eq(&format!("{}\n{}", forbidden.status, headers(&forbidden)));
}

#[tokio::test]
async fn versions() {
    let server = small().await;
    for (max, status, version, context) in [
        (None, 200, "4.0", "@odata.context"),
        (Some("4.0"), 200, "4.0", "@odata.context"),
        (Some("4.01"), 200, "4.01", "@context"),
        (Some("4.02"), 200, "4.01", "@context"),
        (Some("5.0"), 200, "4.01", "@context"),
        (Some("3.0"), 400, "4.0", "error"),
        (Some("x"), 400, "4.0", "error"),
    ] {
        let asked: Vec<(&str, &str)> = max
            .map(|max| ("OData-MaxVersion", max))
            .into_iter()
            .collect();
        let response = get(server, "Label?$top=1&$count=true", &asked);
        assert_eq!(response.status, status, "{max:?}");
        assert_eq!(response.header("odata-version"), Some(version), "{max:?}");
        assert!(
            response.text().starts_with(&format!("{{\"{context}\"")),
            "{max:?}: {}",
            response.text()
        );
        if status == 400 {
            let code = response.json()["error"]["code"].take();
            assert_eq!(code, "UnsupportedVersion", "{max:?}");
        }
    }
    // The syntax of 4.01 is read whatever version the answer has.
    let response = get(
        server,
        "Label?FILTER=id IN (1,2)&top=1",
        &[("OData-MaxVersion", "4.0")],
    );
    assert_eq!(response.rows().len(), 1);
}

#[tokio::test]
async fn compressed_content_is_the_same_content() {
    let server = small().await;
    let plain = get(server, "Message", &[]).expect(200);
    assert_eq!(plain.header("content-encoding"), None);
    let gzip = [("Accept-Encoding", "gzip")];
    let packed = get(server, "Message", &gzip).expect(200);
    assert_eq!(packed.header("content-encoding"), Some("gzip"));
    assert!(headers(&packed).contains("vary: accept-encoding\n"));
    let mut unpacked = Vec::new();
    GzDecoder::new(&*packed.body)
        .read_to_end(&mut unpacked)
        .unwrap();
    assert_eq!(unpacked, plain.body);
    // A short answer would become longer.
    let short = get(server, "Label?$top=1", &gzip).expect(200);
    assert_eq!(short.header("content-encoding"), None);
}

#[tokio::test]
async fn a_charset_that_is_not_there_is_refused() {
    let server = small().await;
    for path in [
        "",
        "$metadata",
        "Label",
        "Label?$format=json",
        "Label/$count",
    ] {
        for (charset, status) in [("utf-8", 200), ("latin1, *;q=0.1", 200), ("latin1", 406)] {
            let response = get(server, path, &[("Accept-Charset", charset)]);
            assert_eq!(response.status, status, "{path} {charset}");
        }
    }
}

#[tokio::test]
async fn numbers_are_texts_for_those_who_ask() {
    let server = small().await;
    let accept = "application/json;IEEE754Compatible=true";
    let response = get(
        server,
        "Label?$top=1&$count=true&$select=id,title",
        &[("Accept", accept)],
    );
    expect![[r#"{"@odata.context":"http://127.0.0.1/v1.0/odata/$metadata#Label(id,title)","value":[{"id":"1","title":"late-delivery"}],"@odata.count":"4"}"#]].assert_eq(response.expect(200).text());
}

#[tokio::test]
async fn health_has_no_token() {
    let server = small().await;
    for (path, text) in [("/health/live", "alive\n"), ("/health/ready", "ready\n")] {
        assert_eq!(server.client().get(path).expect(200).text(), text);
    }
}
