//! What is computed in expressions, to the ends of each type, and what is said where it can't be.

use crate::asking::{answer, get, ids, rows, small};
use crate::filter::{CONVERSATIONS, EVENTS, MESSAGES, check};
use expect_test::expect;

#[tokio::test]
async fn numbers_of_characters() {
    check(
        MESSAGES,
        &[
            // A negated literal is a literal, of whatever width an argument has.
            (
                "substring(content,-(2)) eq 'lo'",
                "right(m.content, 2) = 'lo'",
            ),
            (
                "substring(content,-(-1)) eq 'ello'",
                "substr(m.content, 2) = 'ello'",
            ),
            (
                "substring(content,- 2) eq 'lo'",
                "right(m.content, 2) = 'lo'",
            ),
            (
                "substring(content,--2) eq 'llo'",
                "substr(m.content, 3) = 'llo'",
            ),
            (
                "substring(content,-cast('2',Edm.Int32)) eq 'lo'",
                "right(m.content, 2) = 'lo'",
            ),
            (
                "substring(content,-cast('2',Edm.Int16),1) eq 'l'",
                "substr(right(m.content, 2), 1, 1) = 'l'",
            ),
            (
                "substring(content,-@p) eq 'lo'&@p=2",
                "right(m.content, 2) = 'lo'",
            ),
            (
                "substring(content,1,-@p) eq 'el'&@p=-2",
                "substr(m.content, 2, 2) = 'el'",
            ),
            ("-(9223372036854775807) lt id", "true"),
            ("-(1.5) lt -id", "m.id < 1.5"),
            ("-(1e0) eq -id", "m.id = 1"),
            // Beyond the last character there is nothing, however far.
            (
                "substring(content,2147483647) eq ''",
                "m.content IS NOT NULL",
            ),
            (
                "substring(content,2147483646) eq ''",
                "m.content IS NOT NULL",
            ),
            (
                "substring(content,9223372036854775807) eq ''",
                "m.content IS NOT NULL",
            ),
            (
                "substring(content,-2147483648) eq 'hello'",
                "m.content = 'hello'",
            ),
            (
                "substring(content,-9223372036854775808) eq 'hello'",
                "m.content = 'hello'",
            ),
            (
                "substring(content,1,2147483647) eq 'ello'",
                "m.content = 'hello'",
            ),
            (
                "substring(content,0,9223372036854775807) eq 'hello'",
                "m.content = 'hello'",
            ),
            (
                "substring(content,id mul 1000000000000) eq ''",
                "m.content IS NOT NULL",
            ),
            (
                "substring(content,id mul -1000000000000) eq 'hello'",
                "m.content = 'hello'",
            ),
            (
                "substring(content,1,id mul 1000000000000) eq 'ello'",
                "m.content = 'hello'",
            ),
            (
                "substring(content,id sub id add 1) eq 'ello'",
                "m.content = 'hello'",
            ),
            (
                "substring(content,sender_id mul 0) eq 'hello'",
                "m.content = 'hello' AND m.sender_id IS NOT NULL",
            ),
            ("substring(content,null) eq null", "true"),
        ],
    )
    .await;
}

#[tokio::test]
async fn the_rest_of_a_division_by_zero_fails() {
    check(
        EVENTS,
        &[
            ("value mod null eq null", "true"),
            ("null mod 0 eq null", "true"),
            ("value div 0 eq INF", "m.value > 0 AND m.value <> 'NaN'"),
            ("cast(value,Edm.Single) div 0 eq -INF", "m.value < 0"),
            // Of numbers 'divby' never fails.
            ("id divby 0 eq INF", "true"),
            ("-id divby (id sub id) eq -INF", "true"),
        ],
    )
    .await;
    let server = small().await;
    for (condition, refused) in [
        // Known beforehand: the place is told.
        ("value mod 0 eq 1", true),
        ("value mod 0.0 eq 1", true),
        ("value mod -0e0 eq 1", true),
        ("id mod 0e0 eq 1", true),
        ("id mod 0 eq 1", true),
        ("id div 0 eq 1", true),
        ("cast(id,Edm.Decimal) div 0 eq 1", true),
        ("cast(value,Edm.Single) mod 0 eq 1", true),
        ("duration'P1D' div 0 eq null", true),
        ("duration'P1D' divby 0.0 eq null", true),
        ("-9223372036854775808 div -1 eq id", true),
        ("9223372036854775807 add 1 eq id", true),
        ("2147483647 mul 2 eq id", true),
        // Found in a row.
        ("id div (id sub id) eq 1", false),
        ("value mod (id sub id) eq 1", false),
        ("id mod (value sub value) eq 1", false),
        ("cast(value,Edm.Single) mod (id sub id) eq 1", false),
        ("cast(id,Edm.Decimal) mod (id sub id) eq 1", false),
    ] {
        let body = answer(server, &format!("ReportingEvent?$filter={condition}"));
        let wanted = if refused {
            "\"position\":0,"
        } else {
            "division by zero"
        };
        assert!(
            body.starts_with("400") && body.contains(wanted),
            "{condition}: {body}"
        );
    }
    expect![[r#"
        400
        {"error":{"code":"InvalidLiteral","message":"division by zero","target":"$filter","innererror":{"position":20,"length":23}}}"#]]
    .assert_eq(&answer(server, "ReportingEvent?$filter=id eq 1 and duration'P1D' div 0 ne null"));
}

#[tokio::test]
async fn what_a_row_makes_fail_is_told_of_the_only_option_with_expressions() {
    let server = small().await;
    expect![[r#"
        400
        {"error":{"code":"InvalidOptionValue","message":"division by zero","target":"$filter"}}"#]]
    .assert_eq(&answer(server, "Label?$filter=id mod (id sub id) eq 1"));
    for (request, target) in [
        ("Label?$filter=id div (id sub id) eq 1&$search=b", "$filter"),
        ("Label/$count?$filter=id div (id sub id) eq 1", "$filter"),
        (
            "Label/$filter(id div (id sub id) eq 1)",
            "$filter(id div (id sub id) eq 1)",
        ),
        ("Label?$orderby=id div (id sub id)&$select=id", "$orderby"),
        ("Label?$compute=id div (id sub id) as x", "$compute"),
        ("Label(1)?$compute=id div (id sub id) as x", "$compute"),
        ("Label?$apply=compute(id div (id sub id) as x)", "$apply"),
        (
            "Inbox?$expand=conversations($filter=id div (id sub id) eq 1)",
            "$expand",
        ),
        (
            "Inbox?$expand=conversations($filter=id div (id sub id) eq 1)&$orderby=id",
            "",
        ),
        ("Label?$filter=id div (id sub id) eq 1&$orderby=id", ""),
    ] {
        let response = get(server, request, &[]);
        assert_eq!(response.status, 400, "{request}: {}", response.text());
        let found = response.json()["error"]["target"].take();
        assert_eq!(found.as_str().unwrap_or(""), target, "{request}");
    }
}

#[tokio::test]
async fn a_duration_is_cast_to_the_text_that_a_row_shows() {
    let server = small().await;
    for duration in [
        "P1D",
        "-P1D",
        "PT1S",
        "P1DT2H3M4.5S",
        "-PT0.000001S",
        "PT12H",
        "PT59M59.99S",
        "P999DT23H",
        "PT10S",
    ] {
        let condition = format!("cast(duration'{duration}',Edm.String) eq '{duration}'");
        let found = ids(server, &format!("Label?$filter=id eq 1 and {condition}"));
        assert_eq!(found, [1], "{duration}");
    }
    let request = "Conversation?$compute=last_activity_at sub created_at as d,cast(last_activity_at sub created_at,Edm.String) as t";
    for row in rows(server, request) {
        assert_eq!(row["d"], row["t"], "{row}");
    }
    let same =
        "cast(duration'PT0S',Edm.String) eq 'PT0S' and cast(duration'PT48H',Edm.String) eq 'P2D'";
    assert_eq!(
        ids(server, &format!("Label?$filter=id eq 1 and {same}")),
        [1]
    );
}

#[tokio::test]
async fn a_time_that_is_moved_out_of_the_calendar_fails() {
    let server = small().await;
    for condition in [
        "created_at add duration'P3000000D' gt created_at",
        "duration'P3000000D' add created_at gt created_at",
        "created_at sub duration'P800000D' lt created_at",
        "created_at add duration'P99999999D' gt created_at",
        "created_at sub duration'P99999999D' lt created_at",
        "date(created_at) add duration'P3000000D' gt 2021-11-23",
        "date(created_at) sub duration'P800000D' lt 2021-11-23",
        "date(created_at) add duration'P99999999D' gt 2021-11-23",
        "year(created_at add duration'P3000000D') gt 9999",
        "9999-12-31 add duration'P1D' gt 2021-11-23",
        "duration'P1D' add 9999-12-31 gt 2021-11-23",
        "0001-01-01 sub duration'PT1S' lt 2021-11-23",
        "9999-12-31T23:59:59Z add duration'PT1S' gt created_at",
        "0001-01-01T00:00:00Z sub duration'PT0.000001S' lt created_at",
        "maxdatetime() add duration'PT1S' gt created_at",
        "mindatetime() sub duration'PT1S' lt created_at",
    ] {
        for request in [
            format!("Conversation?$filter={condition}"),
            format!("Conversation?$compute={condition} as x"),
            format!("Conversation?$orderby={condition}"),
        ] {
            let response = get(server, &request, &[]);
            assert_eq!(response.status, 400, "{request}: {}", response.text());
        }
    }
    // What is null fails nothing, nor does what stays inside.
    check(
        CONVERSATIONS,
        &[
            (
                "$it/messages(999)/created_at add duration'P3000000D' eq null",
                "true",
            ),
            (
                "9999-12-30 add duration'P1D' eq 9999-12-31 and id eq 1",
                "m.id = 1",
            ),
            (
                "2021-11-23 add duration'PT36H' eq 2021-11-24 and id eq 1",
                "m.id = 1",
            ),
            (
                "2021-11-23 sub duration'PT1H' eq 2021-11-22 and id eq 1",
                "m.id = 1",
            ),
            (
                "2021-11-23T12:00:00Z sub duration'PT13H' eq 2021-11-22T23:00:00Z and id eq 1",
                "m.id = 1",
            ),
            (
                "created_at add duration'P1D' sub duration'P1D' eq created_at",
                "true",
            ),
        ],
    )
    .await;
    expect![[r#"
        400
        {"error":{"code":"InvalidLiteral","message":"the result is out of range for Edm.Date","target":"$filter","innererror":{"position":19,"length":32}}}"#]].assert_eq(&answer(
        server,
        "Label?$filter=id eq 1 or 9999-12-31 add duration'P1D' gt 2021-11-23",
    ));
    expect![[r#"
        400
        {"error":{"code":"InvalidOptionValue","message":"a date or time is out of range","target":"$filter"}}"#]].assert_eq(&answer(
        server,
        "Conversation?$filter=created_at add duration'P3000000D' gt created_at",
    ));
}
