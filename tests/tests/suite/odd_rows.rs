//! Rows that databases hold and OData has no form for: they never fail a page, and what stands for
//! them is always the same.

mod rows;

use rows::{JSON, LONG, NUMBERS, TEXTS, TIMES, odd};
use serde_json::{Value, json};
use tests::{Server, fixture};

#[track_caller]
fn check(server: &Server, set: &str, id: usize, property: &str, expect: &str) {
    let expect: Value = serde_json::from_str(expect).unwrap();
    let row = server.get(&format!("{set}({id})")).expect(200).json();
    assert_eq!(row[property], expect, "{set}({id})/{property}");
    let rows = server
        .get(&format!("{set}?$filter=id eq {id}&$select={property}"))
        .rows();
    assert_eq!(rows[0][property], expect, "{set}?$filter=id eq {id}");
    let alone = server.get(&format!("{set}({id})/{property}"));
    let raw = server.get(&format!("{set}({id})/{property}/$value"));
    if expect.is_null() {
        assert_eq!(
            (alone.status, raw.status),
            (204, 204),
            "{set}({id})/{property}"
        );
        return;
    }
    assert_eq!(alone.expect(200).json()["value"], expect);
    let text = expect
        .as_str()
        .map_or_else(|| expect.to_string(), str::to_owned);
    let raw = raw.expect(200);
    let same_number = expect.is_number() && raw.text().parse().ok() == expect.as_f64();
    assert!(same_number || raw.text() == text, "{}", raw.text());
}

/// At the full level a number that is a text tells that it is one.
#[track_caller]
fn check_type(server: &Server, id: usize, expect: &str) {
    let full = "?$format=application/json;odata.metadata=full";
    let told = json!("#Double");
    let told = expect.starts_with('"').then_some(&told);
    let row = server.get(&format!("ReportingEvent({id}){full}")).json();
    assert_eq!(row.get("value@odata.type"), told, "ReportingEvent({id})");
    if expect != "null" {
        let alone = server.get(&format!("ReportingEvent({id})/value{full}"));
        assert_eq!(alone.json().get("@odata.type"), told, "value of {id}");
    }
}

#[tokio::test]
async fn each_has_one_form() {
    let server = Server::start(&*odd().await, |_| {});
    for (id, (_, expect)) in (1..).zip(NUMBERS) {
        check(&server, "ReportingEvent", id, "value", expect);
        check_type(&server, id, expect);
        check(
            &server,
            "ReportingEvent",
            id,
            "created_at",
            r#""9999-12-31T23:59:59.999999Z""#,
        );
    }
    for (id, (_, null, nearest)) in (1..).zip(TIMES) {
        check(&server, "Conversation", id, "snoozed_until", null);
        check(&server, "Conversation", id, "created_at", nearest);
    }
    for (id, (_, expect)) in (1..).zip(JSON) {
        check(
            &server,
            "Message",
            id,
            "content_attributes",
            &json!(expect).to_string(),
        );
    }
    for (id, expect) in (JSON.len() + 1..).zip(TEXTS) {
        check(
            &server,
            "Message",
            id,
            "content",
            &json!(expect).to_string(),
        );
    }
    let id = JSON.len() + TEXTS.len() + 1;
    let long = "\"\\é😀\n".repeat(LONG);
    check(&server, "Message", id, "content", &json!(long).to_string());
    check(
        &server,
        "Message",
        id,
        "content_attributes",
        &json!(json!({ "a": long }).to_string()).to_string(),
    );
    check(&server, "Inbox", 1, "name", &json!(long).to_string());
}

#[tokio::test]
async fn what_is_served_finds_its_row() {
    let server = Server::start(&*odd().await, |_| {});
    let encoded = |text: &str| -> String {
        let bytes = text.replace('\'', "''").into_bytes();
        bytes.iter().map(|byte| format!("%{byte:02X}")).collect()
    };
    let finds = |set: &str, property: &str, text: &str, id: usize| {
        let rows = server
            .get(&format!(
                "{set}?$filter={property} eq '{}'&$select=id",
                encoded(text)
            ))
            .rows();
        assert!(
            rows.iter().any(|row| row["id"] == id),
            "{property} eq {text:?}: {rows:?}"
        );
        let not = server
            .get(&format!(
                "{set}?$filter={property} ne '{}'&$select=id",
                encoded(text)
            ))
            .rows();
        assert!(
            !not.iter().any(|row| row["id"] == id),
            "{property} ne {text:?}"
        );
    };
    for (id, (_, served)) in (1..).zip(JSON) {
        finds("Message", "content_attributes", served, id);
    }
    for (id, text) in (JSON.len() + 1..).zip(TEXTS) {
        finds("Message", "content", text, id);
    }
    // What may be addressed at all is found by its value.
    for (id, (_, null, _)) in (1..).zip(TIMES) {
        if *null != "null" {
            let rows = server
                .get(&format!(
                    "Conversation?$filter=snoozed_until eq {}",
                    null.trim_matches('"')
                ))
                .rows();
            assert_eq!(rows.iter().map(|row| &row["id"]).collect::<Vec<_>>(), [id]);
        }
    }
}

/// Every set in every way: no page fails, and pages of one row concatenated are the whole.
#[tokio::test]
async fn no_page_fails() {
    let server = Server::start(&*odd().await, |_| {});
    for url in [
        "Message?$expand=*",
        "Conversation?$expand=*",
        "Inbox?$expand=*",
        "Label?$expand=*",
        "User?$expand=*",
        "ReportingEvent?$expand=*",
        "Conversation?$expand=messages($expand=conversation),labels,reporting_events($expand=conversation,user)",
        "Message?$filter=conversation/snoozed_until eq null&$expand=conversation",
    ] {
        server.get(url).expect(200).json();
    }
    for url in [
        "ReportingEvent?$orderby=value",
        "ReportingEvent?$orderby=value desc",
        "ReportingEvent?$orderby=value add 1,value div 0",
        "ReportingEvent?$orderby=created_at desc,value",
        "ReportingEvent?$orderby=conversation/snoozed_until",
        "Conversation?$orderby=snoozed_until",
        "Conversation?$orderby=snoozed_until desc",
        "Conversation?$orderby=created_at",
        "Conversation?$orderby=created_at desc",
        "Conversation?$orderby=year(created_at),snoozed_until",
        "Conversation?$orderby=assignee/created_at,inbox/name desc",
        "Message?$orderby=content_attributes&$select=id,content_attributes",
        "Message?$orderby=content_attributes desc&$select=id",
        "Message?$orderby=content&$select=id",
        "Message?$orderby=tolower(content) desc&$select=id",
        "Message?$orderby=updated_at,conversation/created_at&$select=id",
        "Inbox?$orderby=name&$select=id",
        "User?$orderby=created_at,email&$select=id",
    ] {
        let whole = server.get(url).rows();
        assert!(whole.len() > 1, "{url}");
        let mut rows = Vec::new();
        let mut link = url.to_owned();
        loop {
            let page = server.get_with(&link, &[("Prefer", "odata.maxpagesize=2")]);
            assert_eq!(page.status, 200, "{link}: {}", page.text());
            let page = page.json();
            rows.extend(page["value"].as_array().unwrap().iter().cloned());
            let Some(next) = page["@odata.nextLink"].as_str() else {
                break;
            };
            assert!(
                next.len() < 900 + server.root().len() + url.len() * 3,
                "{next}"
            );
            link = next[next.find("/v1.0").unwrap()..].to_owned();
        }
        let ids = |rows: &[Value]| rows.iter().map(|row| row["id"].clone()).collect::<Vec<_>>();
        assert_eq!(ids(&rows), ids(&whole), "{url}");
        assert_eq!(rows, whole, "{url}");
    }
}

#[tokio::test]
async fn no_condition_on_them_fails() {
    let server = Server::start(&*odd().await, |_| {});
    let ids = |url: &str| -> Vec<i64> {
        let response = server.get(url);
        assert_eq!(response.status, 200, "{url}: {}", response.text());
        response
            .rows()
            .iter()
            .map(|row| row["id"].as_i64().unwrap())
            .collect()
    };
    let all = i64::try_from(NUMBERS.len()).unwrap();
    for (filter, expect) in [
        ("value eq NaN", vec![]),
        ("value ne NaN", (1..=all).collect()),
        ("value eq INF", vec![2]),
        ("value eq -INF", vec![3]),
        ("value gt 0", vec![2, 5, 6, 7]),
        ("value le 0", vec![3, 4]),
        ("not (value gt 0)", vec![1, 3, 4, 8]),
        ("value eq value", vec![2, 3, 4, 5, 6, 7, 8]),
        ("value eq null", vec![8]),
        ("value eq 0", vec![4]),
        ("value in (INF,0.1)", vec![2]),
        ("round(value) eq INF", vec![2]),
        ("value sub value eq 0", vec![4, 5, 6, 7]),
        ("value div 0 eq INF", vec![2, 5, 6, 7]),
        ("created_at gt 9999-12-31T23:59:59Z", (1..=all).collect()),
    ] {
        assert_eq!(
            ids(&format!("ReportingEvent?$filter={filter}&$select=id")),
            expect,
            "{filter}"
        );
    }
    for filter in [
        "floor(value) ge 1",
        "ceiling(value) lt 5",
        "value mod 3 eq 1",
        "value mul value gt 1",
        "cast(value,Edm.String) eq 'INF'",
        "cast(value,Edm.Int32) eq 1",
        "cast(value,Edm.Int64) gt 1",
        "cast(value,Edm.Decimal) gt 1",
    ] {
        let response = server.get(&format!("ReportingEvent?$filter={filter}"));
        // An overflow is the request's own fault.
        assert!(
            matches!(response.status, 200 | 400),
            "{filter}: {} {}",
            response.status,
            response.text()
        );
    }
    for property in ["created_at", "snoozed_until"] {
        for filter in [
            "year({}) gt 2000",
            "month({}) eq 12",
            "day({}) lt 10",
            "hour({}) eq 23",
            "minute({}) eq 59",
            "second({}) eq 59",
            "fractionalseconds({}) gt 0",
            "date({}) lt 2021-01-01",
            "time({}) gt 12:00:00",
            "totaloffsetminutes({}) eq 0",
            "{} lt 2021-01-01T00:00:00Z",
            "{} ge 0001-01-01T00:00:00Z",
            "{} eq maxdatetime()",
            "{} gt mindatetime()",
            "{} lt now()",
            "{} sub {} eq duration'PT0S'",
            "cast({},Edm.String) ne 'x'",
            "cast({},Edm.Date) gt 2021-01-01",
            "{} eq null",
            "not ({} gt 2021-01-01T00:00:00Z)",
            "{} in (2021-01-01T00:00:00Z,null)",
        ] {
            let filter = filter.replace("{}", property);
            let response = server.get(&format!("Conversation?$filter={filter}"));
            assert_eq!(response.status, 200, "{filter}: {}", response.text());
        }
        // What leaves the calendar is the request's own fault.
        let filter = format!("{property} add duration'P1D' gt 2021-01-01T00:00:00Z");
        let response = server.get(&format!("Conversation?$filter={filter}"));
        let text = response.text();
        assert!(
            matches!(response.status, 200 | 400),
            "{filter}: {} {text}",
            response.status
        );
    }
    for filter in [
        "contains(content_attributes,'u0000')",
        "startswith(content_attributes,'{')",
        "length(content_attributes) gt 3",
        "tolower(content_attributes) eq 'null'",
        "content_attributes gt '[' and content_attributes lt '}'",
        "indexof(content_attributes,'a') ge 0",
        "substring(content_attributes,1) ne ''",
        "trim(content) eq ''",
        "contains(content,'😀')",
        "concat(content,content_attributes) ne 'x'",
        "matchesPattern(content_attributes,'^\\[')",
        "sender/created_at lt 2021-01-01T00:00:00Z",
        "conversation/inbox/name eq null",
    ] {
        let response = server.get(&format!(
            "Message?$select=id&$filter={}",
            filter
                .replace('😀', "%F0%9F%98%80")
                .replace('^', "%5E")
                .replace('\\', "%5C")
                .replace('[', "%5B")
        ));
        assert!(
            matches!(response.status, 200 | 501),
            "{filter}: {} {}",
            response.status,
            response.text()
        );
    }
    for apply in [
        "ReportingEvent?$apply=aggregate(value with max as m,value with min as l,value with countdistinct as n)",
        "ReportingEvent?$apply=groupby((value),aggregate($count as n))",
        "ReportingEvent?$apply=groupby((created_at))",
        "Conversation?$apply=aggregate(created_at with max as m,snoozed_until with min as l)",
        "Conversation?$apply=groupby((snoozed_until),aggregate($count as n))",
        "Message?$apply=groupby((content_attributes),aggregate($count as n))",
        "Message?$apply=groupby((content),aggregate(content_attributes with max as m))",
        "Message?$search=NOT x",
    ] {
        let response = server.get(apply);
        assert_eq!(response.status, 200, "{apply}: {}", response.text());
        response.json();
    }
}

/// The small world holds some of each kind too: it is served as a whole.
#[tokio::test]
async fn the_small_world_is_served_as_a_whole() {
    let server = Server::start(&*fixture::small_shared().await, |_| {});
    for set in liveagent_odata::entities::model().entity_types {
        for token in [fixture::KEY, fixture::OTHER] {
            assert!(
                !server
                    .get_as(token, &format!("{}?$expand=*", set.entity_set))
                    .rows()
                    .is_empty()
            );
        }
    }
}
