//! Expressions that a tester writes and few others: each finds the rows that SQL finds.

use crate::asking::{answer, get, small};
use crate::filter::{EVENTS, MESSAGES, check};
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
        ("cast(value,Edm.Single) mod 0 eq 1", true),
        ("duration'P1D' div 0 eq null", true),
        ("duration'P1D' divby 0.0 eq null", true),
        ("-9223372036854775808 div -1 eq id", true),
        ("9223372036854775807 add 1 eq id", true),
        ("2147483647 mul 2 eq id", true),
        // Found in a row.
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
        ("Label/$filter(id div (id sub id) eq 1)", "$filter(..)"),
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
