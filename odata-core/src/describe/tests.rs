use super::*;
use crate::edm::{Version, fixture};
use crate::limits::Limits;
use expect_test::{expect, expect_file};

#[test]
fn the_service_document() {
    let schema = fixture::schema();
    let check = |version, context, expect: expect_test::Expect| {
        expect.assert_eq(&service_document(&schema, version, context, None));
    };
    let context = Some("https://host/odata/$metadata");
    check(
        Version::V4_0,
        context,
        expect![[
            r#"{"@odata.context":"https://host/odata/$metadata","value":[{"name":"Tickets","kind":"EntitySet","url":"Tickets"},{"name":"People","kind":"EntitySet","url":"People"},{"name":"Rates","kind":"EntitySet","url":"Rates"}]}"#
        ]],
    );
    check(
        Version::V4_01,
        context,
        expect![[
            r#"{"@context":"https://host/odata/$metadata","value":[{"name":"Tickets","kind":"EntitySet","url":"Tickets"},{"name":"People","kind":"EntitySet","url":"People"},{"name":"Rates","kind":"EntitySet","url":"Rates"}]}"#
        ]],
    );
    check(
        Version::V4_0,
        None,
        expect![[
            r#"{"value":[{"name":"Tickets","kind":"EntitySet","url":"Tickets"},{"name":"People","kind":"EntitySet","url":"People"},{"name":"Rates","kind":"EntitySet","url":"Rates"}]}"#
        ]],
    );
}

#[test]
fn metadata_as_xml() {
    let xml = csdl_xml(&fixture::schema(), &Limits::default(), Version::V4_0);
    expect_file!["tests/metadata.xml"].assert_eq(&xml);
    let later = csdl_xml(&fixture::schema(), &Limits::default(), Version::V4_01);
    assert_eq!(later, xml.replacen("\"4.0\"", "\"4.01\"", 1));
}

#[test]
fn metadata_as_json() {
    let text = csdl_json(&fixture::schema(), &Limits::default(), Version::V4_0);
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let pretty = serde_json::to_string_pretty(&json).unwrap() + "\n";
    expect_file!["tests/metadata.json"].assert_eq(&pretty);
}

/// Strict readers fail on them.
#[test]
fn there_is_no_collection_of_enumeration_members() {
    let xml = csdl_xml(&fixture::schema(), &Limits::default(), Version::V4_0);
    assert!(xml.contains(" EnumMember=\""));
    assert!(!xml.contains("<EnumMember>"));
}

#[test]
fn an_openapi_document() {
    let document = openapi(&fixture::schema(), &Limits::default(), true);
    let text = document.text("https://host/odata/");
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let pretty = serde_json::to_string_pretty(&json).unwrap() + "\n";
    expect_file!["tests/openapi.json"].assert_eq(&pretty);
    let again = openapi(&fixture::schema(), &Limits::default(), true);
    assert_eq!(again.text("https://host/odata/"), text);
    // Where the documents take a token, nothing is left open.
    let closed = openapi(&fixture::schema(), &Limits::default(), false);
    assert!(text.contains("\"security\":[]"));
    assert!(
        !closed
            .text("https://host/odata/")
            .contains("\"security\":[]")
    );
}
