//! Hostile requests (the list of 27): what each is answered with, and that what is wrong is refused
//! without a look into the database.

use super::{ask, code, short, without_database};
use crate::asking::{get, ids, small};

/// What a request is answered with.
enum Is {
    /// 200 with so many rows.
    Rows(usize),
    /// 200 with any.
    Answered,
    /// The status of an error and its code, without the database.
    Refused(u16, &'static str),
    /// The same, with the database.
    Fails(u16, &'static str),
}

use Is::{Answered, Fails, Refused, Rows};

const SYNTAX: Is = Refused(400, "SyntaxError");
const PROPERTY: Is = Refused(400, "UnknownProperty");
const LIMIT: Is = Refused(400, "LimitExceeded");
const LITERAL: Is = Refused(400, "InvalidLiteral");
const OPTION: Is = Refused(400, "InvalidOptionValue");

/// The number of the list, the request, what it is.
fn cases() -> Vec<(u8, String, Is)> {
    let many = |text: &str, times: usize| text.repeat(times);
    let calls = |open: &str, inside: &str, close: &str, times: usize| {
        format!("{}{inside}{}", open.repeat(times), close.repeat(times))
    };
    let cases: Vec<(u8, String, Is)> = vec![
        (1, "Inbox?$filter=name eq 'x'' or 1=1--'".into(), Rows(0)),
        (1, "Inbox?$filter=name eq 'x' or 1 eq 1".into(), Rows(3)),
        (
            2,
            "Label?$filter=id eq 1);select pg_sleep(5)--".into(),
            SYNTAX,
        ),
        (2, "Label?$orderby=id;drop table".into(), SYNTAX),
        (2, "Label?$select=id%22".into(), SYNTAX),
        (2, "Inbox?$expand=inbox%22)".into(), SYNTAX),
        (3, "Label?$orderby=(select 1)".into(), SYNTAX),
        (
            3,
            "Label?$orderby=pg_sleep(1)".into(),
            Refused(400, "UnknownFunction"),
        ),
        (
            3,
            "Label?$filter=pg_sleep(1) eq null".into(),
            Refused(400, "UnknownFunction"),
        ),
        (3, "Label?$orderby=ctid".into(), PROPERTY),
        (3, "Label?$filter=xmin eq 1".into(), PROPERTY),
        (3, "Label?$select=tableoid".into(), PROPERTY),
        (4, "Message?$search=\"a' OR 1=1\"".into(), Rows(0)),
        (4, "Message?$search=\"%25' \"".into(), Rows(0)),
        (
            4,
            "Message?$search=\"_____________________\"".into(),
            Rows(0),
        ),
        (
            5,
            "Label?$skiptoken=Id-2) or (1 eq 1".into(),
            Fails(400, "InvalidOptionValue"),
        ),
        (
            5,
            "Label?$skiptoken=AAAA".into(),
            Fails(400, "InvalidOptionValue"),
        ),
        (
            5,
            format!("Label?$skiptoken={}", many("A", 50_000)),
            Fails(400, "InvalidOptionValue"),
        ),
        (6, "Label?$filter=title eq '%00'".into(), SYNTAX),
        (6, "Label%00".into(), SYNTAX),
        (6, "Label?x%00=1".into(), SYNTAX),
        (6, "Label?$filter=title eq '%ff%fe'".into(), SYNTAX),
        (6, "Label?$filter=title eq '%C0%AF'".into(), SYNTAX),
        (6, "Label?$filter=title eq '%ED%A0%80'".into(), SYNTAX),
        (6, "Label%C0%AF".into(), SYNTAX),
        (6, "Label?$filter=title eq '%zz'".into(), SYNTAX),
        (6, "Label?$filter=title eq '%2".into(), SYNTAX),
        (6, "Label?%C0%AE=1".into(), SYNTAX),
        (7, "Label('a%2Fb')".into(), Refused(400, "TypeMismatch")),
        (7, "..%2f..%2fetc/passwd".into(), SYNTAX),
        (7, "/v1.0/odata/Label;jsessionid=1".into(), SYNTAX),
        (
            7,
            "/v1.0/odata//Label".into(),
            Refused(404, "UnknownSegment"),
        ),
        (
            8,
            format!("Label?$filter={}", calls("(", "id eq 1", ")", 10_000)),
            LIMIT,
        ),
        (
            8,
            format!("Label?$filter={}id eq 1", many("not ", 7_000)),
            LIMIT,
        ),
        (
            8,
            format!("Label?$filter={}id eq 1", many("-", 10_000)),
            LIMIT,
        ),
        (
            8,
            format!("Label?$filter={}a eq 1", many("a/", 10_000)),
            LIMIT,
        ),
        (
            8,
            format!(
                "Label?$filter={}",
                calls("concat(title,", "title", ")", 1_000)
            ),
            LIMIT,
        ),
        (
            8,
            format!(
                "Label?$filter={}",
                calls("cast(", "id", ",Edm.Int64)", 1_000)
            ),
            LIMIT,
        ),
        (
            8,
            format!("Label?$search={}", calls("(", "a", ")", 10_000)),
            LIMIT,
        ),
        (
            8,
            format!(
                "Label?$filter=title in @p&@p={}",
                calls("[", "1", "]", 10_000)
            ),
            LIMIT,
        ),
        (
            8,
            format!(
                "Label?$apply={}",
                calls("groupby((title),", "identity", ")", 1_000)
            ),
            LIMIT,
        ),
        (
            8,
            format!(
                "Label?$apply={}",
                calls("concat(identity,", "identity", ")", 1_000)
            ),
            LIMIT,
        ),
        (
            9,
            format!("Label?$filter=id eq 1{}", many(" or id eq 1", 2_500)),
            LIMIT,
        ),
        (
            9,
            format!("Label?$filter=id eq 1{}", many(" or id eq 1", 40)),
            Rows(1),
        ),
        (
            10,
            format!("Label?$filter=id in (1{})", many(",1", 9_999)),
            Rows(1),
        ),
        (
            10,
            format!("Label?$filter=id in (1{})", many(",1", 10_000)),
            LIMIT,
        ),
        (
            10,
            format!("Label?$filter=id in (1{})", many(",1000000", 7_800)),
            Refused(414, "UriTooLong"),
        ),
        (11, format!("Label?$orderby=id{}", many(",id", 199)), LIMIT),
        (
            11,
            "Label?$filter=id eq 1&$filter=id eq 2".into(),
            Refused(400, "DuplicateOption"),
        ),
        (
            11,
            "Label?$top=1&top=2".into(),
            Refused(400, "DuplicateOption"),
        ),
        (
            11,
            "Label?$TOP=1&$top=2".into(),
            Refused(400, "DuplicateOption"),
        ),
        (
            12,
            format!(
                "Conversation?$expand={}",
                calls("messages($expand=conversation($expand=", "inbox", "))", 50)
            ),
            LIMIT,
        ),
        (
            12,
            "Inbox?$expand=*($expand=*($expand=*))".into(),
            Refused(400, "OptionNotAllowed"),
        ),
        (
            12,
            "Conversation?$expand=messages($levels=999)".into(),
            Answered,
        ),
        (
            14,
            format!("Label?x={}", many("x", 62 * 1024)),
            Refused(414, "UriTooLong"),
        ),
        (14, format!("Label?x={}", many("x", 20 * 1024)), Answered),
        (16, "Label?$top=-1".into(), OPTION),
        (16, "Label?$top=1e3".into(), OPTION),
        (16, "Label?$top=".into(), OPTION),
        (16, "Label?$top=99999999999999999999".into(), Rows(4)),
        (16, "Label?$top=0".into(), Rows(0)),
        (16, "Label?$skip=-1".into(), OPTION),
        (16, "Label?$skip=9000000000000000000".into(), LIMIT),
        (
            18,
            "Label?$filter=id eq 9223372036854775808".into(),
            Rows(0),
        ),
        (
            18,
            "Conversation?$filter=status eq 2147483648".into(),
            Rows(0),
        ),
        (18, "ReportingEvent?$filter=value eq 1e400".into(), LITERAL),
        (
            18,
            format!("ReportingEvent?$filter=value eq {}", many("9", 1_000)),
            Answered,
        ),
        (18, "ReportingEvent?$filter=value eq -0".into(), Answered),
        (
            18,
            "Label(9223372036854775808)".into(),
            Fails(404, "ResourceNotFound"),
        ),
        (19, "ReportingEvent?$filter=value eq NaN".into(), Answered),
        (
            19,
            "ReportingEvent?$filter=value eq INF or value eq -INF".into(),
            Answered,
        ),
        (
            20,
            "Message?$filter=created_at le 300000-01-01T00:00:00Z".into(),
            LITERAL,
        ),
        (
            20,
            "Message?$filter=created_at le 2021-02-30T00:00:00Z".into(),
            LITERAL,
        ),
        (
            20,
            "Message?$filter=created_at le '2021-11-23T00:00:00'".into(),
            Answered,
        ),
        (
            20,
            "Message?$filter=created_at le 2021-11-23T00:00:60Z".into(),
            LITERAL,
        ),
        (
            20,
            "Message?$filter=created_at le 2021-11-23T00:00:00%2B99:00".into(),
            SYNTAX,
        ),
        (
            21,
            "Message?$filter=contains(content,'%25%25%25')".into(),
            Rows(0),
        ),
        (21, "Inbox?$filter=contains(name,'_')".into(), Rows(1)),
        (21, "Inbox?$filter=contains(name,'\\')".into(), Rows(1)),
        (21, "Inbox?$filter=startswith(name,'\\')".into(), Rows(0)),
        (21, "Inbox?$filter=endswith(name,'\\')".into(), Rows(0)),
        (
            21,
            format!("Inbox?$filter=contains(name,'{}')", many("x", 5_000)),
            Rows(0),
        ),
        (
            22,
            "Label?$filter=matchesPattern(title,'(a%2B)%2B$')".into(),
            Answered,
        ),
        (
            22,
            "Label?$filter=matchesPattern(title,'(x{200}){200}')".into(),
            LIMIT,
        ),
        (
            22,
            "Label?$filter=matchesPattern(title,'(a)\\1')".into(),
            Refused(501, "NotImplemented"),
        ),
        (
            22,
            "Label?$filter=matchesPattern(title,'***=a')".into(),
            LITERAL,
        ),
        (
            22,
            "Label?$filter=matchesPattern(title,'(?i)a')".into(),
            Refused(400, "InvalidLiteral"),
        ),
        (
            22,
            format!("Label?$filter=matchesPattern(title,'{}')", many("x", 8_000)),
            LIMIT,
        ),
        (23, "Message?$filter=length(content) gt 0".into(), Answered),
        (
            24,
            "Label?$format=json%0d%0aX: y".into(),
            Refused(406, "NotAcceptable"),
        ),
        (
            26,
            "Label?$format=xml".into(),
            Refused(406, "NotAcceptable"),
        ),
        (
            27,
            "Message(1)/content/$value/x".into(),
            Refused(404, "UnknownSegment"),
        ),
        (
            27,
            "$crossjoin(Label,Label)".into(),
            Refused(404, "UnknownSegment"),
        ),
        (27, "$entity".into(), SYNTAX),
        (27, "$root".into(), Refused(404, "UnknownSegment")),
        (27, "$it".into(), Refused(404, "UnknownSegment")),
        (27, "Label?$filter=@p&@p=@p".into(), OPTION),
        (27, "Label?$filter=@p&@p=@q&@q=@p".into(), OPTION),
        (
            27,
            format!(
                "Label?{}",
                (0..1_000)
                    .map(|n| format!("@p{n}=1"))
                    .collect::<Vec<_>>()
                    .join("&")
            ),
            LIMIT,
        ),
        (8, "Message?$filter=id div 0 eq 1".into(), LITERAL),
    ];
    cases
}

#[tokio::test]
async fn hostile_requests_are_answered_as_listed() {
    let (server, bare) = (small().await, without_database().await);
    let mut wrong = Vec::new();
    assert_eq!(ask(bare, "Label").status, 503);
    for (number, path, expected) in cases() {
        let what = format!("{number}: {}", short(&path));
        let response = ask(server, &path);
        let found = (response.status, code(&what, &response));
        let is_right = match &expected {
            Rows(count) => {
                response.status == 200
                    && response.json()["value"].as_array().unwrap().len() == *count
            }
            Answered => response.status == 200,
            Refused(status, code) | Fails(status, code) => found == (*status, (*code).to_owned()),
        };
        if !is_right {
            wrong.push(format!("{what}: {found:?} {}", short(response.text())));
        }
        if let Refused(..) = expected {
            let without = ask(bare, &path);
            if without.body != response.body {
                wrong.push(format!(
                    "{what}: asks the database: {}",
                    short(without.text())
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(ids(server, "Label"), [1, 2, 3, 6]);
}

/// A token is good for its request and its caller alone, and no part of it may be changed.
#[tokio::test]
async fn a_token_that_was_changed_opens_nothing() {
    let server = small().await;
    let page = get(
        server,
        "Message?$orderby=status",
        &[("Prefer", "maxpagesize=2")],
    )
    .expect(200);
    let link = page.json()["@odata.nextLink"].as_str().unwrap().to_owned();
    let (before, token) = link.split_once("$skiptoken=").unwrap();
    get(server, &link, &[]).expect(200);
    for place in 0..token.len() {
        let mut changed = token.as_bytes().to_owned();
        changed[place] = if changed[place] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).unwrap();
        let response = get(server, &format!("{before}$skiptoken={changed}"), &[]);
        assert_eq!(response.status, 400, "{place}: {}", response.text());
    }
    for place in 0..token.len() {
        let cut = format!("{before}$skiptoken={}", &token[..place]);
        assert_eq!(get(server, &cut, &[]).status, 400, "{place}");
    }
}

/// No other method does anything, and none is smuggled in by a header.
#[tokio::test]
async fn methods_that_change_something_are_refused() {
    let server = small().await;
    let client = server.of("KEY");
    for method in [
        "POST", "PUT", "PATCH", "DELETE", "QUERY", "TRACE", "MERGE", "PROPFIND",
    ] {
        let response = client.request(method, "/v1.0/odata/Label(1)", &[]);
        assert_eq!(response.status, 405, "{method}");
        assert_eq!(
            response.header("allow"),
            Some("GET, HEAD, OPTIONS"),
            "{method}"
        );
    }
    for header in [
        "X-HTTP-Method-Override",
        "X-HTTP-Method",
        "X-Method-Override",
    ] {
        let response = client.get_with("/v1.0/odata/Label/$count", &[(header, "DELETE")]);
        assert_eq!(response.expect(200).text(), "4");
    }
    let response = client.request("POST", "/v1.0/odata/$batch", &[]);
    assert_eq!(response.status, 405);
}

/// What a client accepts is a wish: however it is spelt, there is an answer or a 406.
#[tokio::test]
async fn absurd_wishes_are_answered() {
    let server = small().await;
    let long = vec!["a/b"; 2_000].join(",");
    for (name, value) in [
        ("Accept", "*/*;q=0"),
        ("Accept", "text/html"),
        ("Accept", ",,,;;;==="),
        ("Accept", "application/json;q=2;odata.metadata=\"\""),
        ("Accept", long.as_str()),
        ("Accept-Encoding", "*;q=0"),
        ("Accept-Encoding", "identity;q=0, *;q=0"),
        ("Accept-Charset", "utf-7"),
        ("Accept-Language", "x"),
        ("OData-MaxVersion", "9"),
        ("OData-MaxVersion", "-1"),
        ("OData-Version", "1e9"),
        ("Prefer", ";;;,,,==\"\""),
        ("If-None-Match", "*"),
        ("Range", "bytes=0-1"),
        ("Content-Type", "multipart/mixed"),
    ] {
        let response = get(server, "Label", &[(name, value)]);
        assert!(
            matches!(response.status, 200 | 400 | 406 | 412 | 304),
            "{name}: {}: {}",
            short(value),
            response.status
        );
        // What is told of a wish is short.
        assert!(
            response.status == 200 || response.text().len() < 500,
            "{name}"
        );
    }
}
