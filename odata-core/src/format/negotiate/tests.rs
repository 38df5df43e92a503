use super::*;
use Resource::{Data, Metadata, OpenApi, Text};

fn accept(resource: Resource, accept: &[&str]) -> Result<String> {
    let headers = Headers {
        accept: accept.to_vec(),
        ..Headers::default()
    };
    negotiate(resource, None, &headers).map(|negotiated| negotiated.content_type())
}

/// The content type, or the status.
#[track_caller]
fn check_accept(resource: Resource, value: &str, expect: std::result::Result<&str, u16>) {
    let found = accept(resource, &[value]);
    let found = found.as_deref().map_err(Error::status);
    assert_eq!(found, expect, "{value}");
}

#[track_caller]
fn check_format(resource: Resource, value: &str, expect: std::result::Result<&str, u16>) {
    // `$format` wins, whatever stands in Accept.
    let headers = Headers {
        accept: vec!["application/json;q=0, text/html"],
        ..Headers::default()
    };
    let found = negotiate(resource, Some(value), &headers).map(|found| found.content_type());
    let found = found.as_deref().map_err(Error::status);
    assert_eq!(found, expect, "{value}");
}

const MINIMAL: std::result::Result<&str, u16> = Ok("application/json;odata.metadata=minimal");
const NONE: std::result::Result<&str, u16> = Ok("application/json;odata.metadata=none");
const FULL: std::result::Result<&str, u16> = Ok("application/json;odata.metadata=full");
const XML: std::result::Result<&str, u16> = Ok("application/xml");
const CSDL_JSON: std::result::Result<&str, u16> = Ok("application/json");

#[test]
fn accept_for_data() {
    for any in [
        "",
        " ",
        "*/*",
        "*",
        "application/*",
        "application/json",
        "application/json; charset=UTF-8; odata.metadata=bogus, */*",
        "application/json;odata.metadata=minimal",
        "application/json;odata.streaming=false;IEEE754Compatible=false",
        "APPLICATION/JSON;ODATA.METADATA=MINIMAL",
        "application/json;odata.metadata=\"minimal\"",
        "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2",
        "application/json, text/javascript, */*; q=0.01",
        "application/json;q=0.9, */*;q=0.1",
        "application/json;odata=verbose,text/plain, */*; q=0.01",
        "application/atom+xml;q=1, application/json;q=0.1",
        "application/json;odata.metadata=full;q=0.1, application/json;odata.metadata=minimal",
        "application/json;odata.metadata=none;q=0, */*",
        "nonsense, application/json",
        // Power Query.
        "application/json;odata.metadata=minimal;q=1.0,application/json;odata=minimalmetadata;q=0.9,\
         application/atomsvc+xml;q=0.8,application/atom+xml;q=0.8,application/xml;q=0.7,text/plain;q=0.7",
    ] {
        check_accept(Data, any, MINIMAL);
    }
    for none in [
        "application/json;odata.metadata=none",
        "application/json;metadata=none",
        "application/json ; Metadata = None",
        "application/json;q=0.5, application/json;odata.metadata=none",
        "*/*, application/json;odata.metadata=none",
    ] {
        check_accept(Data, none, NONE);
    }
    check_accept(Data, "application/json;odata.metadata=full", FULL);
    check_accept(
        Data,
        "application/json;q=0, application/json;odata.metadata=full",
        FULL,
    );
    check_accept(
        Data,
        "application/json;charset=utf-8",
        Ok("application/json;odata.metadata=minimal;charset=utf-8"),
    );
    check_accept(
        Data,
        "application/json;IEEE754Compatible=true;odata.streaming=true;ExponentialDecimals=true",
        Ok(
            "application/json;odata.metadata=minimal;odata.streaming=true;\
             IEEE754Compatible=true;ExponentialDecimals=true",
        ),
    );
    for refused in [
        "application/xml",
        "application/atom+xml",
        "text/*",
        "nonsense",
        "/",
        "application/json;q=0",
        "application/json;q=0.000, */*",
        "*/*;q=0",
        "application/json;odata.metadata=bogus",
        "application/json;odata.metadata=minimalmetadata",
        "application/json;odata.metadata=",
        "application/json;foo=bar",
        "application/json;odata=verbose",
        "application/json;charset=iso-8859-1",
        "application/json;IEEE754Compatible=maybe",
    ] {
        check_accept(Data, refused, Err(406));
    }
    let two_headers = accept(Data, &["text/html", "*/*"]);
    assert_eq!(two_headers.as_deref().map_err(Error::status), MINIMAL);
}

#[test]
fn accept_for_metadata_is_xml_unless_json_is_asked_for_in_so_many_words() {
    for xml in [
        "",
        "*/*",
        "application/xml",
        "text/xml",
        "application/atomsvc+xml",
        "application/json, text/plain, */*",
        "application/xml, application/json",
        "application/json;odata.metadata=minimal, application/xml",
        "application/json, application/xml;q=0.1, application/atom+xml;q=0.1",
        "application/json;odata.metadata=bogus, application/xml;q=0.1",
        // Power Query.
        "application/json;odata.metadata=minimal;q=1.0,application/json;odata=minimalmetadata;q=0.9,\
         application/atomsvc+xml;q=0.8,application/atom+xml;q=0.8,application/xml;q=0.7,text/plain;q=0.7",
        "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    ] {
        check_accept(Metadata, xml, XML);
    }
    check_accept(Metadata, "application/json", CSDL_JSON);
    check_accept(
        Metadata,
        "application/json;odata.metadata=minimal",
        CSDL_JSON,
    );
    check_accept(Metadata, "application/xml;q=0, */*", CSDL_JSON);
    for json in [
        "application/xml;q=0.5,application/json",
        "application/json;q=0.2,application/xml;q=0.1",
        "application/xml;foo=bar,application/json",
    ] {
        check_accept(Metadata, json, CSDL_JSON);
    }
    check_accept(
        Metadata,
        "application/xml;charset=utf-8",
        Ok("application/xml;charset=utf-8"),
    );
    for refused in [
        "application/xml;q=0",
        "application/json;foo=bar",
        "application/xml;foo=bar",
        "text/csv",
        "text/plain",
        "image/png",
        "image/*",
        "nonsense",
    ] {
        check_accept(Metadata, refused, Err(406));
    }
}

#[test]
fn text_is_asked_for_as_text_or_as_json() {
    let text = Ok("text/plain;charset=utf-8");
    for any in [
        "",
        "*/*",
        "text/*",
        "text/plain",
        "text/plain;charset=utf-8",
        "application/json",
        "application/json;odata=verbose, application/xml",
        "application/json;IEEE754Compatible=true",
        "application/json;q=0, */*",
        "application/json;odata.metadata=minimal;q=1.0,application/atom+xml;q=0.8,text/plain;q=0.7",
    ] {
        check_accept(Text, any, text);
    }
    for refused in [
        "image/png",
        "application/xml",
        "application/*",
        "text/plain;q=0",
        "text/plain;q=0, application/json",
        "text/plain;q=0, */*",
        "text/plain;foo=bar",
        "text/plain;charset=iso-8859-1",
        "application/json;q=0",
    ] {
        check_accept(Text, refused, Err(406));
    }
    check_format(Text, "text/plain", text);
    check_format(Text, "json", Err(406));
}

#[test]
fn a_charset_of_its_own_header_wins() {
    let check = |accept: &str, charset: &str, expect: std::result::Result<&str, u16>| {
        let headers = Headers {
            accept: vec![accept],
            accept_charset: vec![charset],
            ..Headers::default()
        };
        let found = negotiate(Data, None, &headers).map(|found| found.content_type());
        let found = found.as_deref().map_err(Error::status);
        assert_eq!(found, expect, "{accept} {charset}");
    };
    let with_charset = Ok("application/json;odata.metadata=minimal;charset=utf-8");
    // It is named only to those who name one with the type.
    check("application/json", "utf-8", MINIMAL);
    check("", "utf-8", MINIMAL);
    check("application/json;charset=iso-8859-1", "utf-8", with_charset);
    check("application/json;charset=iso-8859-1", "", Err(406));
    check("application/json;charset=utf-8", "iso-8859-1", Err(406));
    check("", "iso-8859-1", Err(406));
}

#[test]
fn the_format_option() {
    check_format(Data, "json", MINIMAL);
    check_format(Data, "JSON", MINIMAL);
    check_format(Data, "application/json", MINIMAL);
    check_format(Data, "application/json;odata.metadata=none", NONE);
    check_format(Data, "application/json; metadata=FULL", FULL);
    check_format(Data, "application/json;q=0", MINIMAL);
    check_format(Metadata, "xml", XML);
    check_format(Metadata, "application/xml", XML);
    check_format(Metadata, "json", CSDL_JSON);
    check_format(Metadata, "application/json", CSDL_JSON);
    for refused in [
        "xml",
        "atom",
        "nonsense",
        "json;odata.metadata=full",
        "application/json;odata.metadata=bogus",
        "application/xml,application/json",
        "application/",
    ] {
        check_format(Data, refused, Err(406));
    }
    check_format(Metadata, "atom", Err(406));
    check_format(Data, "", Err(400));
}

#[test]
fn versions() {
    let check = |max: Option<&str>, expect: std::result::Result<Version, u16>| {
        assert_eq!(
            version(max).map_err(|error| error.status()),
            expect,
            "{max:?}"
        );
    };
    check(None, Ok(Version::V4_0));
    for max in ["4.0", "4.00", " 4.0 ", "4.001", "4.0;NetFx"] {
        check(Some(max), Ok(Version::V4_0));
    }
    for max in ["4.01", "4.02", "4.1", "5.0", "10.0"] {
        check(Some(max), Ok(Version::V4_01));
    }
    for max in [
        "3.0",
        "1.0",
        "3.99",
        "",
        "abc",
        "4",
        "4.",
        ".4",
        "4.0.1",
        "-4.0",
        "99999999999.0",
    ] {
        check(Some(max), Err(400));
    }
}

#[test]
fn a_request_says_its_version_and_isolation() {
    let status = |version, isolation| {
        let headers = Headers {
            version,
            isolation,
            ..Headers::default()
        };
        negotiate(Data, None, &headers).map_or_else(|error| error.status(), |_| 200)
    };
    assert_eq!(status(Some("4.0"), None), 200);
    assert_eq!(status(Some("4.01"), None), 200);
    assert_eq!(status(Some("3.0"), None), 400);
    assert_eq!(status(Some("5.0"), None), 400);
    assert_eq!(status(Some("x"), None), 400);
    assert_eq!(status(None, Some("snapshot")), 412);
}

#[test]
fn the_content_type_of_a_later_version_has_no_prefix() {
    let headers = Headers {
        accept: vec!["application/json;odata.metadata=full;odata.streaming=true"],
        max_version: Some("4.01"),
        prefer: vec!["maxpagesize=3"],
        ..Headers::default()
    };
    let negotiated = negotiate(Data, None, &headers).unwrap();
    assert_eq!(
        negotiated.content_type(),
        "application/json;metadata=full;streaming=true"
    );
    assert_eq!(negotiated.preferences.max_page_size, Some(3));
}

#[test]
fn errors_say_what_was_expected() {
    let check = |value: &str, expect: &str| {
        assert_eq!(accept(Data, &[value]).unwrap_err().message(), expect);
    };
    check(
        "text/html",
        "there is no representation 'text/html' of this resource, expected 'application/json'",
    );
    check(
        "application/json;odata.metadata=bogus",
        "format parameter 'odata.metadata=bogus' is not supported, expected 'none', 'minimal' or 'full'",
    );
    let error = version(Some("3.0")).unwrap_err();
    assert_eq!(
        error.message(),
        "version '3.0' in 'OData-MaxVersion' is not supported, expected '4.0' or higher"
    );
    assert_eq!(error.target_name(), Some("OData-MaxVersion"));
}

proptest::proptest! {
    #[test]
    fn no_header_is_too_odd(value: String, format: String) {
        let headers = Headers {
            accept: vec![&value],
            accept_charset: vec![&value],
            max_version: Some(&value),
            prefer: vec![&value],
            ..Headers::default()
        };
        for resource in [Data, Metadata, OpenApi, Text] {
            let _ = negotiate(resource, Some(&format), &headers);
            let _ = accept(resource, &[&value]);
        }
    }
}
