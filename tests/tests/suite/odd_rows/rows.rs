//! The odd rows: what is stored, and what is served for it.

use serde_json::json;
use std::sync::Arc;
use tests::Database;
use tokio_postgres::Client;

/// A megabyte and more, of characters that JSON escapes, and of such that take several bytes.
pub(super) const LONG: usize = 120_000;

/// The `value` of an event and what is served for it.
pub(super) const NUMBERS: &[(&str, &str)] = &[
    ("'NaN'", r#""NaN""#),
    ("'Infinity'", r#""INF""#),
    ("'-Infinity'", r#""-INF""#),
    ("'-0'", "-0.0"),
    ("1e308", "1e308"),
    ("5e-324", "5e-324"),
    ("0.1::float4", "0.10000000149011612"),
    ("NULL", "null"),
];

/// A timestamp, and what is served for it where it may be null, and where it may not.
pub(super) const TIMES: &[(&str, &str, &str)] = &[
    ("infinity", "null", r#""9999-12-31T23:59:59.999999Z""#),
    ("-infinity", "null", r#""0001-01-01T00:00:00.000000Z""#),
    (
        "0044-03-15 12:00:00 BC",
        "null",
        r#""0001-01-01T00:00:00.000000Z""#,
    ),
    (
        "4713-01-01 00:00:00 BC",
        "null",
        r#""0001-01-01T00:00:00.000000Z""#,
    ),
    (
        "10000-01-01 00:00:00",
        "null",
        r#""9999-12-31T23:59:59.999999Z""#,
    ),
    (
        "294276-12-31 23:59:59",
        "null",
        r#""9999-12-31T23:59:59.999999Z""#,
    ),
    (
        "0001-01-01 00:00:00",
        r#""0001-01-01T00:00:00.000000Z""#,
        r#""0001-01-01T00:00:00.000000Z""#,
    ),
    (
        "9999-12-31 23:59:59.999999",
        r#""9999-12-31T23:59:59.999999Z""#,
        r#""9999-12-31T23:59:59.999999Z""#,
    ),
    (
        "2000-02-29 23:59:59.000001",
        r#""2000-02-29T23:59:59.000001Z""#,
        r#""2000-02-29T23:59:59.000001Z""#,
    ),
];

/// A text in a column of type `json`, and the text that is served for it.
pub(super) const JSON: &[(&str, &str)] = &[
    (
        r#"{"text":"nul \u0000 inside"}"#,
        r#"{"text":"nul \u0000 inside"}"#,
    ),
    (r#"{"half":"\ud83d"}"#, r#"{"half":"\ud83d"}"#),
    (r#"{"other half":"\ude00"}"#, r#"{"other half":"\ude00"}"#),
    (
        r#"{"turned":"\ude00\ud83d"}"#,
        r#"{"turned":"\ude00\ud83d"}"#,
    ),
    (
        r#""{\"text\":\"nul \\u0000 inside\"}""#,
        r#""{\"text\":\"nul \\u0000 inside\"}""#,
    ),
    (r#""{\"half\":\"\\ud83d\"}""#, r#""{\"half\":\"\\ud83d\"}""#),
    (r#""{\"nul\":\"\u0000\"}""#, r#""{\"nul\":\"\u0000\"}""#),
    (r#""{\"in_reply_to\":2}""#, r#"{"in_reply_to":2}"#),
    (r#""[1, 2]""#, "[1, 2]"),
    (r#""  {\"spaced\" : 1}""#, r#"  {"spaced" : 1}"#),
    (r#"  {"spaced" : [1, 2 ] } "#, r#"  {"spaced" : [1, 2 ] } "#),
    (r#"{"twice":1,"twice":2}"#, r#"{"twice":1,"twice":2}"#),
    (r#""{\"\\u00e9\":\"\u00e9\"}""#, r#"{"\u00e9":"é"}"#),
    // A pair of surrogates is text, and kept as it is all the same: the guard does not tell it
    // from half of one.
    (
        r#""{\"a\":\"\ud83d\ude00\"}""#,
        r#""{\"a\":\"\ud83d\ude00\"}""#,
    ),
    (r#""plain text""#, r#""plain text""#),
    (r#""""#, r#""""#),
    ("null", "null"),
    ("[]", "[]"),
    ("1e400", "1e400"),
    ("true", "true"),
];

pub(super) const TEXTS: &[&str] = &[
    "",
    " ",
    "\t\r\n",
    "\u{1}\u{1f}\u{7f}",
    "\u{feff}\u{202e}\u{2028}",
    "it's \"quoted\" \\ / </script>",
    "Grüße 😀",
    "e\u{301}",
];

async fn load(client: &Client) {
    client
        .batch_execute(liveagent_odata::demo::schema_sql())
        .await
        .unwrap();
    client
        .batch_execute(&format!(
            "INSERT INTO accounts (id, name, created_at, updated_at) VALUES (1, '', now(), now());
             INSERT INTO users (id, name, uid, email, created_at, updated_at) VALUES
                 (1, '', 'a', '', '-infinity', 'infinity'), (2, 'two', 'b', NULL, '2021-01-01', '2021-01-01');
             INSERT INTO account_users (account_id, user_id, role, created_at, updated_at) VALUES (1, 1, 1, now(), now()), (1, 2, 0, now(), now());
             INSERT INTO access_tokens (owner_type, owner_id, token, created_at, updated_at) VALUES ('User', 1, 'KEY', now(), now());
             INSERT INTO inboxes (id, channel_id, account_id, name, created_at, updated_at)
                 VALUES (1, 1, 1, repeat(E'\\\"\\\\é😀\\n', {LONG}), 'infinity', '-infinity'), (2, 2, 1, '', now(), now());
             INSERT INTO labels (id, title, color, account_id, created_at, updated_at) VALUES (1, '', '', 1, 'infinity', now());
             INSERT INTO tags (id, name) VALUES (1, ''), (2, NULL);
             INSERT INTO taggings (tag_id, taggable_type, taggable_id, context) VALUES
                 (1, 'Conversation', 1, 'labels'), (2, 'Conversation', 1, 'labels'), (99, 'Conversation', 1, 'labels'), (NULL, 'Conversation', NULL, 'labels');
             INSERT INTO inbox_members (inbox_id, user_id, created_at, updated_at) VALUES (1, 1, now(), now()), (1, 99, now(), now()), (99, 1, now(), now());"
        ))
        .await
        .unwrap();
    for (id, (number, _)) in (1..).zip(NUMBERS) {
        // In a conversation that is there, by a user who is gone.
        let sql = format!(
            "INSERT INTO reporting_events (id, value, name, account_id, conversation_id, inbox_id, user_id, created_at, updated_at)
             VALUES ({id}, {number}, '', 1, 1, 99, 99, 'infinity', now())"
        );
        client.batch_execute(&sql).await.unwrap();
    }
    for (id, (time, ..)) in (1..).zip(TIMES) {
        let sql = format!(
            "INSERT INTO conversations (id, account_id, inbox_id, assignee_id, display_id, created_at, updated_at, last_activity_at, snoozed_until, identifier)
             VALUES ({id}, 1, {id} % 2 * 98 + 1, {id} % 3, {id}, '{time}', '{time}', '{time}', '{time}', '')"
        );
        client.batch_execute(&sql).await.unwrap();
    }
    let mut id = 0;
    let insert = "INSERT INTO messages (id, content, content_attributes, account_id, inbox_id, conversation_id,
                  message_type, sender_type, sender_id, created_at, updated_at)
                  VALUES ($1, $2, $3::text::json, 1, CASE WHEN $1 % 9 = 0 THEN 1 ELSE 2 END, $1 % 12, 0, 'User', $1 % 4, '2021-01-01', '-infinity')";
    for (stored, _) in JSON {
        id += 1;
        client.execute(insert, &[&id, &"", stored]).await.unwrap();
    }
    for text in TEXTS {
        id += 1;
        client.execute(insert, &[&id, text, &"{}"]).await.unwrap();
    }
    let long = "\"\\é😀\n".repeat(LONG);
    let json = json!(json!({ "a": long }).to_string()).to_string();
    id += 1;
    client.execute(insert, &[&id, &long, &json]).await.unwrap();
    client
        .batch_execute(liveagent_odata::demo::indexes_sql())
        .await
        .unwrap();
}

pub(super) async fn odd() -> Arc<Database> {
    Database::shared("odd rows", load).await
}
