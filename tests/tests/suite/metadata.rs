//! The service document and `$metadata`: what they say, and in which form to whom.

use crate::asking::{HOST, answer, get, pages, refusal, rows, small};
use expect_test::{expect, expect_file};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use serde_json::Value;
use std::collections::BTreeMap;
use tests::Server;

#[tokio::test]
async fn the_service_document_lists_the_six() {
    let server = small().await;
    let expected = expect![[
        r#"{"@odata.context":"http://127.0.0.1/v1.0/odata/$metadata","value":[{"name":"Message","kind":"EntitySet","url":"Message"},{"name":"Conversation","kind":"EntitySet","url":"Conversation"},{"name":"Inbox","kind":"EntitySet","url":"Inbox"},{"name":"Label","kind":"EntitySet","url":"Label"},{"name":"ReportingEvent","kind":"EntitySet","url":"ReportingEvent"},{"name":"User","kind":"EntitySet","url":"User"}]}"#
    ]];
    let with_slash = get(server, "", &[]).expect(200);
    expected.assert_eq(with_slash.text());
    let without = server.client().get_with("/v1.0/odata", &[HOST]);
    assert_eq!(without.expect(200).body, with_slash.body);
    // An option of the client's own changes nothing, and needs no token.
    let custom = server
        .client()
        .get_with("/v1.0/odata/?subscription-key=1", &[HOST]);
    assert_eq!(custom.expect(200).body, with_slash.body);
    let bare = get(server, "?$format=application/json;odata.metadata=none", &[]);
    expect![[r#"{"value":[{"name":"Message","kind":"EntitySet","url":"Message"},{"name":"Conversation","kind":"EntitySet","url":"Conversation"},{"name":"Inbox","kind":"EntitySet","url":"Inbox"},{"name":"Label","kind":"EntitySet","url":"Label"},{"name":"ReportingEvent","kind":"EntitySet","url":"ReportingEvent"},{"name":"User","kind":"EntitySet","url":"User"}]}"#]].assert_eq(bare.expect(200).text());
    let newer = get(server, "", &[("OData-MaxVersion", "4.01")]).expect(200);
    assert_eq!(
        newer.json()["@context"],
        "http://127.0.0.1/v1.0/odata/$metadata"
    );
}

#[tokio::test]
async fn the_metadata_documents_are_these() {
    let server = small().await;
    let xml = get(server, "$metadata", &[]).expect(200);
    expect_file!["metadata/live_agent.xml"].assert_eq(xml.text());
    let json = get(server, "$metadata?$format=json", &[]).expect(200);
    let json = serde_json::to_string_pretty(&json.json()).unwrap();
    expect_file!["metadata/live_agent.json"].assert_eq(&(json + "\n"));
}

#[tokio::test]
async fn accept_and_format_decide() {
    let server = small().await;
    let xml = "application/xml";
    let json = "application/json;odata.metadata=minimal";
    let csdl_json = "application/json";
    for (path, accept, expected) in [
        // XML unless JSON is asked for in so many words.
        ("$metadata", None, xml),
        ("$metadata", Some("*/*"), xml),
        ("$metadata", Some("application/*"), xml),
        ("$metadata", Some("application/xml"), xml),
        (
            "$metadata",
            Some("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
            xml,
        ),
        ("$metadata", Some("application/json,application/xml"), xml),
        ("$metadata", Some("application/json;q=0.9, */*;q=0.1"), xml),
        ("$metadata", Some("application/json"), csdl_json),
        (
            "$metadata",
            Some("application/json;odata.metadata=minimal"),
            csdl_json,
        ),
        ("$metadata?$format=json", Some("application/xml"), csdl_json),
        ("$metadata?$format=application/json", None, csdl_json),
        ("$metadata?$format=xml", Some("application/json"), xml),
        ("$metadata?$format=application/xml", None, xml),
        ("$metadata?$format=atom", None, "406"),
        ("$metadata", Some("text/csv"), "406"),
        ("$metadata", Some("image/png"), "406"),
        ("$metadata", Some("application/xml;x=y"), "406"),
        (
            "$metadata",
            Some("application/xml;q=0.5,application/json"),
            csdl_json,
        ),
        (
            "$metadata",
            Some(
                "application/json;odata.metadata=minimal;q=1.0,application/atomsvc+xml;q=0.8,application/atom+xml;q=0.8,application/xml;q=0.7,text/plain;q=0.7",
            ),
            xml,
        ),
        // Power Query's and DevExtreme's lists.
        (
            "",
            Some(
                "application/json;odata.metadata=minimal;q=1.0,application/json;odata=minimalmetadata;q=0.9,application/atomsvc+xml;q=0.8,application/atom+xml;q=0.8,application/xml;q=0.7,text/plain;q=0.7",
            ),
            json,
        ),
        (
            "Label",
            Some("application/json;odata=verbose,text/plain, */*; q=0.01"),
            json,
        ),
        ("Label", Some("application/atom+xml,application/json"), json),
        (
            "Label",
            Some("application/json;odata.metadata=none"),
            "application/json;odata.metadata=none",
        ),
        (
            "Label",
            Some("application/json;odata.metadata=full"),
            "application/json;odata.metadata=full",
        ),
        (
            "Label",
            Some("application/json;odata.metadata=minimal;IEEE754Compatible=true"),
            "application/json;odata.metadata=minimal;IEEE754Compatible=true",
        ),
        ("Label", Some("application/xml"), "406"),
        ("Label", Some("application/json;q=0"), "406"),
        ("Label?$format=json", Some("application/xml"), json),
        ("Label?$format=JSON", None, json),
        ("Label?format=json", None, json),
        ("Label?$format=xml", None, "406"),
        ("Label?$format=atom", None, "406"),
        ("Label", Some("application/atom+xml"), "406"),
        (
            "Label?$format=application/json;odata.metadata=none",
            None,
            "application/json;odata.metadata=none",
        ),
        (
            "Label?$format=application/json;odata.metadata=bogus",
            None,
            "406",
        ),
        ("Label/$count", Some("application/json"), "text/plain"),
        ("Label/$count", Some("text/plain"), "text/plain"),
        ("Label(1)/title/$value", Some("*/*"), "text/plain"),
        (
            "Label(1)/title/$value",
            Some("application/json;odata.metadata=none"),
            "text/plain",
        ),
        ("Label(1)/title/$value", Some("image/png"), "406"),
        ("Label/$count", Some("text/plain;q=0"), "406"),
        ("Label/$count", Some("application/xml"), "406"),
        ("Label/$count", Some("text/plain;x=y"), "406"),
    ] {
        let headers: Vec<(&str, &str)> = accept
            .map(|accept| ("Accept", accept))
            .into_iter()
            .collect();
        let response = get(server, path, &headers);
        let found = match response.status {
            200 => response.header("content-type").unwrap_or("none").to_owned(),
            status => status.to_string(),
        };
        let holds = found == expected || expected == "text/plain" && found.starts_with(expected);
        assert!(holds, "{path} {accept:?}: {found}, not {expected}");
    }
}

/// The elements below one, by their names.
#[derive(Default)]
struct Types {
    /// Properties and whether they may be null, of each type.
    properties: BTreeMap<String, BTreeMap<String, bool>>,
    /// Navigation properties of each type.
    navigation: BTreeMap<String, Vec<String>>,
    /// Bindings of each set.
    bindings: BTreeMap<String, Vec<String>>,
}

fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = element.try_get_attribute(name).unwrap()?;
    Some(found.value.into_owned())
}

fn read(server: &Server) -> Types {
    let document = get(server, "$metadata", &[]).expect(200);
    let mut reader = Reader::from_str(document.text());
    let mut types = Types::default();
    let mut around = String::new();
    loop {
        match reader.read_event().unwrap() {
            Event::Start(element) | Event::Empty(element) => {
                let name = attribute(&element, "Name").unwrap_or_default();
                match element.name().as_ref() {
                    "EntityType" | "EntitySet" => around = name,
                    "Property" => {
                        let nullable = attribute(&element, "Nullable").as_deref() != Some("false");
                        types
                            .properties
                            .entry(around.clone())
                            .or_default()
                            .insert(name, nullable);
                    }
                    "NavigationProperty" => types
                        .navigation
                        .entry(around.clone())
                        .or_default()
                        .push(name),
                    "NavigationPropertyBinding" => {
                        let path = attribute(&element, "Path").unwrap();
                        types.bindings.entry(around.clone()).or_default().push(path);
                    }
                    _ => {}
                }
            }
            Event::Eof => return types,
            _ => {}
        }
    }
}

#[tokio::test]
async fn rows_have_what_is_declared_and_nothing_else() {
    let server = small().await;
    let types = read(server);
    assert_eq!(types.properties.len(), 6);
    for (set, declared) in &types.properties {
        let rows = rows(server, set);
        assert!(!rows.is_empty(), "{set}");
        for row in rows {
            let row: BTreeMap<String, Value> = serde_json::from_value(row).unwrap();
            let names: Vec<&String> = row.keys().collect();
            assert_eq!(names, declared.keys().collect::<Vec<_>>(), "{set}");
            for (name, value) in &row {
                assert!(declared[name] || !value.is_null(), "{set}/{name} is null");
            }
        }
        assert_eq!(types.bindings[set], types.navigation[set], "{set}");
    }
}

#[tokio::test]
async fn private_metadata_asks_for_a_token() {
    let database = tests::fixture::small_shared().await;
    let private = Server::start(&database, |config| config.settings.private_metadata = true);
    for path in [
        "/v1.0/odata/",
        "/v1.0/odata",
        "/v1.0/odata/$metadata",
        "/v1.0/odata/openapi.json",
    ] {
        assert_eq!(private.client().get(path).status, 401, "{path}");
        assert_eq!(private.get(path).status, 200, "{path}");
        // A wrong token is wrong on the open documents too.
        for wrong in ["nobody's", ""] {
            assert_eq!(
                small().await.of(wrong).get(path).status,
                401,
                "{path} {wrong:?}"
            );
        }
        assert_eq!(small().await.client().get(path).status, 200, "{path}");
    }
}

#[tokio::test]
async fn there_is_one_version_of_the_schema() {
    let server = small().await;
    for path in [
        "",
        "$metadata",
        "Label",
        "Label(1)",
        "Label(1)/title",
        "Label(1)/title/$value",
        "Label/$count",
        "Label/$ref",
        "Label(1)/conversations",
    ] {
        let current = get(server, &format!("{path}?$schemaversion=*"), &[]).expect(200);
        let unversioned = get(server, path, &[]).expect(200);
        assert_eq!(current.text(), unversioned.text(), "{path}");
        assert_eq!(
            answer(server, &format!("{path}?$schemaversion=1.0")),
            "404\n{\"error\":{\"code\":\"ResourceNotFound\",\"message\":\"there is no version '1.0' of the \
             schema, expected '*', the current one\",\"target\":\"$schemaversion\"}}",
            "{path}"
        );
    }
    let first = "Label?$schemaversion=*&$orderby=title";
    let pages = pages(server, first, &[("Prefer", "maxpagesize=3")]);
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [3, 1]);
    for wrong in ["$schemaversion=a b", "$schemaversion="] {
        let expected = (400, "InvalidOptionValue".to_owned());
        assert_eq!(refusal(server, &format!("Label?{wrong}")), expected);
    }
}
