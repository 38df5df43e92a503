//! The rules of what an answer has: its headers, its form, its rows and its links.

use super::all;
use crate::asking::{HOST, ROOT, get, id, ids, pages, rows, small};
use serde_json::Value;
use std::collections::BTreeSet;
use tests::{Server, fixture};

/// What Power Query sends first.
const ATOM_FIRST: &str = "application/json;odata.metadata=minimal;q=1.0,\
     application/json;odata=minimalmetadata;q=0.9,application/atomsvc+xml;q=0.8,\
     application/atom+xml;q=0.8,application/xml;q=0.7,text/plain;q=0.7";
const DEV_EXTREME: &str = "application/json;odata=verbose,text/plain, */*; q=0.01";

#[tokio::test]
async fn rule_01_the_answer_is_4_0_unless_4_01_is_asked_for() {
    let server = small().await;
    for asked in [
        &[][..],
        &[("OData-MaxVersion", "4.0")],
        &[("OData-Version", "4.0")],
        &[
            ("MaxDataServiceVersion", "3.0"),
            ("DataServiceVersion", "1.0"),
        ],
    ] {
        let headers = [asked, &[("Prefer", "odata.maxpagesize=1")]].concat();
        let response = get(server, "Message?$count=true", &headers).expect(200);
        assert_eq!(all(&response, "odata-version"), ["4.0"]);
        let body = response.json();
        for name in ["@odata.context", "@odata.count", "@odata.nextLink"] {
            assert!(!body[name].is_null(), "{asked:?}: {name}");
        }
    }
    for path in [
        "",
        "$metadata",
        "openapi.json",
        "Message(0)",
        "Nothing",
        "Message/$count",
    ] {
        assert_eq!(
            all(&get(server, path, &[]), "odata-version"),
            ["4.0"],
            "{path}"
        );
    }
    let newer = get(server, "Message", &[("OData-MaxVersion", "4.01")]).expect(200);
    assert_eq!(all(&newer, "odata-version"), ["4.01"]);
    assert!(newer.json()["@context"].is_string());
}

#[tokio::test]
async fn rule_02_metadata_is_xml_and_data_is_json_whatever_else_is_listed() {
    let server = small().await;
    for (path, accept, expected) in [
        ("$metadata", ATOM_FIRST, "application/xml"),
        ("$metadata", DEV_EXTREME, "application/xml"),
        (
            "$metadata",
            "application/json,application/xml",
            "application/xml",
        ),
        ("$metadata", "application/json", "application/json"),
        ("$metadata?$format=json", ATOM_FIRST, "application/json"),
        ("Message", ATOM_FIRST, "application/json"),
        ("Message", DEV_EXTREME, "application/json"),
        ("", ATOM_FIRST, "application/json"),
    ] {
        let response = get(server, path, &[("Accept", accept)]).expect(200);
        let found = response.header("content-type").unwrap();
        assert_eq!(found.split(';').next(), Some(expected), "{path} {accept}");
    }
}

#[tokio::test]
async fn rule_03_contexts_and_next_links_are_absolute() {
    let server = small().await;
    // A header that nobody vouches for changes nothing.
    let forged = [
        ("Prefer", "odata.maxpagesize=1"),
        ("X-Forwarded-Host", "evil.example"),
        ("X-Forwarded-Proto", "https"),
    ];
    let body = get(server, "Message?$expand=conversation", &forged).json();
    for name in ["@odata.context", "@odata.nextLink"] {
        assert!(body[name].as_str().unwrap().starts_with(ROOT), "{body}");
    }
}

#[tokio::test]
async fn rule_04_no_context_has_empty_parentheses() {
    let server = small().await;
    for (query, fragment) in [
        ("$expand=inbox", "Conversation"),
        ("$expand=inbox,messages($expand=sender)", "Conversation"),
        (
            "$select=id&$expand=inbox($select=name)",
            "Conversation(id,inbox(name))",
        ),
    ] {
        let body = get(server, &format!("Conversation?{query}"), &[]).json();
        assert_eq!(
            body["@odata.context"],
            format!("{ROOT}$metadata#{fragment}"),
            "{query}"
        );
    }
    let body = get(server, "Conversation?$select=id&$expand=inbox", &[]).json();
    let context = body["@odata.context"].as_str().unwrap();
    assert!(!context.contains("()"), "{context}");
}

#[tokio::test]
async fn rule_07_a_next_link_has_every_option_and_the_key_that_came_so() {
    let server = small().await;
    let client = server.client();
    let key = fixture::KEY;
    let url = format!("/v1.0/odata/Message?$select=id&custom=7&$orderby=id%20desc&apikey={key}");
    let headers = [HOST, ("Prefer", "odata.maxpagesize=1")];
    let first = client.get_with(&url, &headers).expect(200).json();
    let next = first["@odata.nextLink"].as_str().unwrap();
    for option in [
        "$select=id",
        "custom=7",
        "$orderby=id%20desc",
        &format!("apikey={key}"),
    ] {
        assert!(next.contains(option), "{next}");
    }
    let path = next.strip_prefix("http://127.0.0.1").unwrap();
    let second = client.get_with(path, &[HOST]).expect(200).rows();
    assert!(id(&second[0]) < id(&first["value"][0]));
    let error = client
        .get_with(&format!("{url}&$filter=no"), &[HOST])
        .expect(400);
    assert!(!error.text().contains(key), "{}", error.text());
}

#[tokio::test]
async fn rule_09_a_column_of_json_is_text_that_is_encoded_once() {
    let server = small().await;
    let metadata = get(server, "$metadata", &[]).expect(200);
    assert!(
        metadata
            .text()
            .contains("Name=\"custom_attributes\" Type=\"Edm.String\"")
    );
    let mut objects = 0;
    for row in rows(server, "Conversation?$filter=custom_attributes ne null") {
        let text = row["custom_attributes"].as_str().unwrap();
        let value: Value = serde_json::from_str(text).unwrap();
        // A text may stand there; it is no object again.
        let again = value.as_str().map(serde_json::from_str::<Value>);
        let is_object = |again: &Result<Value, _>| again.as_ref().is_ok_and(Value::is_object);
        assert!(
            !again.as_ref().is_some_and(is_object),
            "{text} is encoded twice"
        );
        objects += usize::from(value.is_object());
    }
    assert!(objects > 0);
}

#[tokio::test]
async fn rule_10_a_page_is_large_unless_the_client_wants_it_smaller() {
    assert_eq!(odata_core::limits::Limits::default().page_size, 10_000);
    let server = small().await;
    let whole = get(server, "Message", &[]).expect(200).json();
    assert!(whole["@odata.nextLink"].is_null());
    let all = whole["value"].as_array().unwrap();
    let prefer = ("Prefer", "odata.maxpagesize=2");
    let first = get(server, "Message", &[prefer]);
    let applied = first.header("preference-applied");
    assert_eq!(applied, Some("odata.maxpagesize=2"));
    let paged = pages(server, "Message", &[prefer]);
    assert!(paged.iter().all(|page| page.len() <= 2));
    assert_eq!(&paged.concat(), all);
}

#[tokio::test]
async fn rule_12_a_relation_that_leads_nowhere_is_204_and_may_be_selected_where_it_is_expanded() {
    let server = small().await;
    let free = ids(server, "Conversation?$filter=assignee_id eq null");
    let path = format!("Conversation({})/assignee", free[0]);
    let nothing = get(server, &path, &[]);
    assert_eq!((nothing.status, nothing.body.len()), (204, 0));
    let url = "Conversation?$select=id,inbox&$expand=inbox($select=name)";
    let rows = rows(server, url);
    assert!(rows.iter().all(|row| row.get("inbox").is_some()));
    assert!(rows.iter().any(|row| row["inbox"]["name"].is_string()));
}

#[tokio::test]
async fn rule_13_every_row_has_every_property_and_no_other() {
    let server = small().await;
    let csdl = get(server, "$metadata?$format=json", &[]).json();
    let mut times = 0;
    for set in [
        "Message",
        "Conversation",
        "Inbox",
        "Label",
        "ReportingEvent",
        "User",
    ] {
        let declared = csdl["LiveAgent"][set].as_object().unwrap().iter();
        let structural = declared.filter(|(name, value)| {
            !name.starts_with(['$', '@']) && value["$Kind"] != "NavigationProperty"
        });
        let declared: BTreeSet<&String> = structural.map(|(name, _)| name).collect();
        let mut nulls = 0;
        for row in rows(server, set) {
            let row = row.as_object().unwrap();
            assert_eq!(row.keys().collect::<BTreeSet<_>>(), declared, "{set}");
            for (name, value) in row {
                nulls += usize::from(value.is_null());
                if name.ends_with("_at") && value.is_string() {
                    assert!(value.as_str().unwrap().ends_with('Z'), "{name}: {value}");
                    times += 1;
                }
            }
        }
        let omit = ("Prefer", "omit-values=nulls");
        let lean = get(server, set, &[omit]).expect(200);
        assert_eq!(lean.header("preference-applied"), Some("omit-values=nulls"));
        let lean = lean.rows();
        assert!(
            lean.iter()
                .flat_map(|row| row.as_object().unwrap().values())
                .all(|it| !it.is_null())
        );
        assert!(
            set == "Label" || nulls > 0,
            "{set} has no null to leave out"
        );
    }
    assert!(times > 0);
}

#[tokio::test]
async fn rule_14_retry_after_is_a_whole_number_of_seconds() {
    let server = Server::start_anyway("host=127.0.0.1 port=1 connect_timeout=1", |_| {});
    let response = server.get("Label").expect(503);
    let seconds: u64 = response.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=120).contains(&seconds), "{seconds}");
}

#[tokio::test]
async fn rule_15_facets_stand_where_their_type_has_them() {
    let server = small().await;
    let response = get(server, "$metadata", &[]).expect(200);
    let text = response.text();
    let mut precise = 0;
    for property in text.split("<Property ").skip(1) {
        let property = &property[..property.find('>').unwrap()];
        let ty = property
            .split("Type=\"")
            .nth(1)
            .and_then(|it| it.split('"').next())
            .unwrap();
        let may = |facet: &str, types: &[&str]| {
            assert!(
                !property.contains(facet) || types.contains(&ty),
                "{property}"
            );
        };
        let temporal = [
            "Edm.DateTimeOffset",
            "Edm.TimeOfDay",
            "Edm.Duration",
            "Edm.Decimal",
        ];
        may("Precision=", &temporal);
        may("Scale=", &["Edm.Decimal"]);
        may("MaxLength=", &["Edm.String", "Edm.Binary"]);
        may("Unicode=", &["Edm.String"]);
        may("SRID=", &[]);
        precise += usize::from(property.contains("Precision="));
    }
    assert!(precise > 0);
    for never in [
        "Edm.Untyped",
        "Edm.Stream",
        "OpenType",
        "<EnumMember>",
        "<ComplexType",
    ] {
        assert!(!text.contains(never), "{never}");
    }
    assert_eq!(text.matches("<Schema ").count(), 1);
    assert_eq!(text.matches("<EntityContainer ").count(), 1);
}

#[tokio::test]
async fn rule_18_large_numbers_are_texts_for_those_who_ask() {
    let server = small().await;
    let accept = "application/json;odata.metadata=minimal;IEEE754Compatible=true";
    let response = get(server, "Conversation?$count=true", &[("Accept", accept)]).expect(200);
    assert_eq!(response.header("content-type"), Some(accept));
    let body = response.json();
    assert!(body["@odata.count"].is_string(), "{body}");
    let row = &body["value"][0];
    assert!(row["id"].is_string() && row["display_id"].is_i64(), "{row}");
    let plain = get(server, "Conversation", &[]).rows();
    assert!(plain[0]["id"].is_i64());
}
