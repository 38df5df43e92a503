//! JSON columns: the text that a row shows is the text by which it is found, sorted and grouped, in
//! both forms in which it is stored, hostile ones too.

use crate::asking::{get, id, ids, pages, rows, small};
use serde_json::Value;
use tests::{Server, fixture};

#[tokio::test]
async fn the_text_of_each_stored_form() {
    let server = small().await;
    for (id, expected) in [
        (1, None),
        (2, Some("{}")),
        (3, Some("{\"in_reply_to\":2}")),
        // A JSON string that holds JSON: unwrapped once.
        (4, Some("{\"in_reply_to\":2}")),
        // What PostgreSQL can't unwrap stays as it is.
        (5, Some("{\"text\":\"nul \\u0000 inside\"}")),
        (6, Some("\"{\\\"half\\\":\\\"\\\\ud83d\\\"}\"")),
        (7, Some("{\"half\":\"\\ud83d\"}")),
        (8, Some(" {\"spaced\" : [1, 2 ] } ")),
        (9, Some("[]")),
        (10, Some("\"text\"")),
        (11, Some("null")),
    ] {
        let row = get(server, &format!("Message({id})"), &[])
            .expect(200)
            .json();
        assert_eq!(
            row["content_attributes"].as_str(),
            expected,
            "Message({id})"
        );
        let value = get(
            server,
            &format!("Message({id})/content_attributes/$value"),
            &[],
        );
        assert_eq!(
            (value.status, value.text()),
            expected.map_or((204, ""), |text| (200, text))
        );
    }
}

/// Every row is found by its own text, and no other row but those with the same.
async fn check(server: &Server, set: &str, property: &str) {
    let all = rows(server, set);
    for row in &all {
        let shown = &row[property];
        let literal = match shown {
            Value::Null => "null".to_owned(),
            Value::String(text) => format!(
                "'{}'",
                text.replace('\'', "''")
                    .replace('%', "%25")
                    .replace('&', "%26")
                    .replace('+', "%2B")
            ),
            other => panic!("{set}/{property} is {other}"),
        };
        let expected: Vec<i64> = all
            .iter()
            .filter(|other| other[property] == *shown)
            .map(id)
            .collect();
        let found = ids(
            server,
            &format!("{set}?$filter={property} eq {literal}&$orderby=id"),
        );
        assert_eq!(found, expected, "{set}?$filter={property} eq {literal}");
        let others = ids(
            server,
            &format!("{set}?$filter={property} ne {literal}&$orderby=id"),
        );
        assert_eq!(
            others.len(),
            all.len() - expected.len(),
            "{set}?$filter={property} ne {literal}"
        );
        if let Value::String(text) = shown {
            let found = ids(
                server,
                &format!(
                    "{set}?$filter=length({property}) eq {}",
                    text.chars().count()
                ),
            );
            assert!(found.contains(&id(row)), "the length of {text}");
            let found = ids(
                server,
                &format!("{set}?$filter=contains({property},{literal})"),
            );
            assert!(found.contains(&id(row)), "{text} in itself");
        }
    }
    // Groups are those of the texts.
    let mut groups: Vec<(Value, i64)> = Vec::new();
    for row in &all {
        match groups.iter_mut().find(|(text, _)| *text == row[property]) {
            Some((_, count)) => *count += 1,
            None => groups.push((row[property].clone(), 1)),
        }
    }
    let grouped = rows(
        server,
        &format!("{set}?$apply=groupby(({property}),aggregate($count as n))"),
    );
    assert_eq!(grouped.len(), groups.len(), "{grouped:?}");
    for (text, count) in &groups {
        assert!(
            grouped
                .iter()
                .any(|row| row[property] == *text && row["n"] == *count),
            "{text}: {count}"
        );
    }
    // The order is that of the texts, null first; descending the reverse; pages are the whole.
    let up = rows(
        server,
        &format!("{set}?$orderby={property},id&$select=id,{property}"),
    );
    let down = rows(
        server,
        &format!("{set}?$orderby={property} desc,id desc&$select=id,{property}"),
    );
    assert!(up.iter().eq(down.iter().rev()));
    let nulls = all.iter().filter(|row| row[property].is_null()).count();
    assert!(up[..nulls].iter().all(|row| row[property].is_null()));
    let paged = pages(
        server,
        &format!("{set}?$orderby={property},id&$select=id,{property}"),
        &[("Prefer", "maxpagesize=2")],
    );
    assert_eq!(paged.concat(), up);
}

#[tokio::test]
async fn rows_are_found_sorted_and_grouped_by_the_text_that_they_show() {
    let server = small().await;
    check(server, "Message", "content_attributes").await;
    check(server, "Message", "external_source_ids").await;
    check(server, "Conversation", "additional_attributes").await;
    check(server, "Conversation", "custom_attributes").await;
}

#[tokio::test]
async fn hostile_json_fails_no_page() {
    let database = fixture::small().await;
    let client = database.connect().await;
    // In the column of type json, which keeps any text that is JSON.
    for (place, text) in [
        r#""{\u0022a\u0022:1}""#,
        r#"" {\"a\":1}""#,
        r#""\u007b\"a\":1}""#,
        r#""[1,2"#.trim_end(),
        r#""{not json""#,
        r#""{\"a\":\"\\u0000\"}""#,
        r#""{\"a\":\"\u0000\"}""#,
        r#""{\ud83d\ude00}""#,
        r#""{\ud83d}""#,
        r#""{\ude00}""#,
        r#""{\uD83D\uDE00 '' \\ % _}""#,
        r#""\n{\"a\":1}""#,
        r#""\u000a{\"a\":1}""#,
        r#""""#,
        r#""{""#,
        r#""[""#,
        r#""{\"a\":\"<script>&amp;+\"}""#,
        "1e400",
        "-0.0",
        "123456789012345678901234567890",
        "true",
        "\t[\n1 ]\r\n",
        "\" \u{a0}{\"",
        "\"{\u{feff}\u{1f600}\"",
    ]
    .iter()
    .enumerate()
    {
        let sql = "INSERT INTO messages (id, content, conversation_id, inbox_id, account_id, message_type, content_type,
                content_attributes, created_at, updated_at)
            VALUES (100 + $2::text::int4, $2, 1, 1, 1, 0, 0, $1::text::json, '2021-01-01', '2021-01-01')";
        let name = place.to_string();
        let done = client.execute(sql, &[text, &name]).await;
        // One is no JSON at all: the database itself refuses it.
        assert_eq!(
            done.is_err(),
            serde_json::from_str::<serde::de::IgnoredAny>(text).is_err(),
            "{text}: {done:?}"
        );
    }
    let deep = format!("\"{}{}\"", "[".repeat(1000), "]".repeat(1000));
    let sql = "UPDATE messages SET content_attributes = $1::text::json WHERE id = 1";
    client.execute(sql, &[&deep]).await.unwrap();
    let server = Server::start(&database, |_| {});
    check(&server, "Message", "content_attributes").await;
    let row = get(&server, "Message(1)?$select=content_attributes", &[])
        .expect(200)
        .json();
    assert_eq!(row["content_attributes"].as_str().map(str::len), Some(2000));
}
