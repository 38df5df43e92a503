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
        content-security-policy: default-src 'none'; frame-ancestors 'none'; sandbox
        etag: W/".."
        odata-version: 4.0
        referrer-policy: no-referrer
        vary: Accept, OData-MaxVersion, Prefer
        x-content-type-options: nosniff
    "#]]
    .assert_eq(&headers(&get(server, "", &wishes)));
}

#[tokio::test]
async fn a_document_must_be_what_the_client_says() {
    let server = small().await;
    for path in ["", "$metadata", "$metadata?$format=json"] {
        let tag = get(server, path, &[])
            .expect(200)
            .header("etag")
            .unwrap()
            .to_owned();
        for (wanted, known, status) in [
            (Some(&*tag), None, 200),
            (Some("*"), None, 200),
            (Some(&*format!("{OTHER}, {tag}")), None, 200),
            (Some(OTHER), None, 412),
            // It comes before 'If-None-Match'.
            (Some(OTHER), Some(&*tag), 412),
            (Some(&*tag), Some(&*tag), 304),
            (Some(&*tag), Some(OTHER), 200),
        ] {
            let wanted = wanted.map(|tag| ("If-Match", tag));
            let known = known.map(|tag| ("If-None-Match", tag));
            let asked: Vec<(&str, &str)> = wanted.into_iter().chain(known).collect();
            let response = get(server, path, &asked);
            assert_eq!(response.status, status, "{path} {asked:?}");
            if status == 412 {
                let error = &response.json()["error"];
                assert_eq!(error["code"], "PreconditionFailed");
                assert_eq!(error["target"], "If-Match");
            }
        }
    }
}

#[tokio::test]
async fn data_has_no_tag_to_match() {
    let server = small().await;
    for (path, status) in [
        ("Label", 200),
        ("Label?$format=csv", 200),
        ("Label(1)", 200),
        ("Label(1)/title", 200),
        ("Label(1)/title/$value", 200),
        ("Label(2)/description", 204),
        ("Label/$count", 200),
        ("$all", 200),
        // What is not there, or wrong, is that first.
        ("Label(99)", 404),
        ("Label?$filter=(", 400),
        ("Label?$format=xml", 406),
    ] {
        assert_eq!(
            get(server, path, &[("If-Match", "*")]).status,
            status,
            "{path}"
        );
        let failed = if status < 300 { 412 } else { status };
        let response = get(server, path, &[("If-Match", OTHER)]);
        assert_eq!(response.status, failed, "{path}");
        // Nothing is known of data, so that it is always sent.
        let response = get(server, path, &[("If-None-Match", OTHER)]);
        assert_eq!(response.status, status, "{path}");
    }
}

/// The tag of `$metadata` stands in every answer that has all control information (JSON Format 4.5.2).
#[tokio::test]
async fn the_tag_of_the_metadata_is_told_at_the_full_level() {
    let server = small().await;
    let document = get(server, "$metadata", &[]).expect(200);
    let tag = document.header("etag").unwrap();
    for path in [
        "",
        "Inbox",
        "Inbox?$filter=false&$count=true",
        "Inbox(1)",
        "Inbox(1)?$expand=conversations,members",
        "Inbox(1)/name",
        "Inbox(1)/conversations/$ref",
        "Conversation(1)/inbox/$ref",
        "Inbox?$apply=groupby((name))",
        "$crossjoin(Inbox,Label)",
        "$all",
    ] {
        let tags = |version: &str, level: &str| -> Vec<String> {
            let accept = format!("application/json;metadata={level}");
            let headers = [("Accept", &*accept), ("OData-MaxVersion", version)];
            let response = get(server, path, &headers).expect(200);
            let found = response.text().split("metadataEtag\":").skip(1);
            found
                .map(|rest| {
                    let (tag, _) = rest.split_once([',', '}']).unwrap();
                    serde_json::from_str(tag).unwrap()
                })
                .collect()
        };
        for version in ["4.0", "4.01"] {
            assert_eq!(tags(version, "full"), [tag], "{path} {version}");
            assert!(tags(version, "minimal").is_empty(), "{path} {version}");
            assert!(tags(version, "none").is_empty(), "{path} {version}");
        }
    }
    let full = [("Accept", "application/json;odata.metadata=full")];
    let inbox = get(server, "Inbox(1)?$select=id", &full).json();
    assert_eq!(inbox["@odata.metadataEtag"], tag);
    assert!(inbox["@odata.metadataEtag"].is_string());
}
