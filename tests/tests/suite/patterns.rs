//! `matchesPattern`: what of ECMAScript's regular expressions is run, and what is said of the rest.

use crate::asking::{answer, get, small};
use crate::filter::{MESSAGES, check};
use expect_test::expect;

#[tokio::test]
async fn patterns_mean_what_they_mean_in_ecmascript() {
    check(
        MESSAGES,
        &[
            ("matchesPattern(content,'^hello$')", "m.content = 'hello'"),
            ("matchesPattern(content,'')", "m.content IS NOT NULL"),
            ("matchesPattern(content,'[]')", "false"),
            (
                "matchesPattern(content,'a|[]')",
                "strpos(m.content, 'a') > 0",
            ),
            (
                "matchesPattern(content,'[^]')",
                "char_length(m.content) > 0",
            ),
            (
                "matchesPattern(content,'^[^]{5}$')",
                "char_length(m.content) = 5",
            ),
            (
                "matchesPattern(content,'^[\\s\\S]{5}$')",
                "char_length(m.content) = 5",
            ),
            (
                "matchesPattern(content,'^[\\d\\D]*$')",
                "m.content IS NOT NULL",
            ),
            (
                "matchesPattern(content,'^[\\w\\W]{7}$')",
                "char_length(m.content) = 7",
            ),
            (
                "matchesPattern(content,'^[^\\D]+$')",
                "m.content ~ '^[0-9]+$'",
            ),
            (
                "matchesPattern(content,'[^\\W_]')",
                "m.content ~ '[A-Za-z0-9]'",
            ),
            (
                "matchesPattern(content,'[\\S]')",
                "m.content ~ '[^[:space:]]'",
            ),
            (
                "matchesPattern(content,'\\cI')",
                "strpos(m.content, chr(9)) > 0",
            ),
            (
                "matchesPattern(content,'\\x68\\u0065llo')",
                "strpos(m.content, 'hello') > 0",
            ),
            (
                "matchesPattern(content,'\\uD83D\\uDE00')",
                "strpos(m.content, '😀') > 0",
            ),
            (
                "matchesPattern(content,'\\u{1F600}')",
                "strpos(m.content, '😀') > 0",
            ),
            (
                "matchesPattern(content,'[😀[&&]')",
                "m.content ~ '[😀&]' OR strpos(m.content, '[') > 0",
            ),
            (
                "matchesPattern(content,'(?<first>h)ello')",
                "strpos(m.content, 'hello') > 0",
            ),
            (
                "matchesPattern(content,'\\bworld\\b')",
                "strpos(m.content, 'world') > 0",
            ),
            (
                "matchesPattern(content,@p)&@p='%5Eh'",
                "left(m.content, 1) = 'h'",
            ),
            ("matchesPattern(content,null)", "false"),
        ],
    )
    .await;
}

#[tokio::test]
async fn what_cannot_be_run_is_not_called_wrong() {
    let server = small().await;
    for (pattern, code) in [
        ("(?=a)", "NotImplemented"),
        ("(?<!a)", "NotImplemented"),
        (r"(a)\1", "NotImplemented"),
        (r"(?<n>a)\k<n>", "NotImplemented"),
        (r"\p{L}", "NotImplemented"),
        ("(?i:a)", "NotImplemented"),
        ("(", "InvalidLiteral"),
        ("*", "InvalidLiteral"),
        ("[b-a]", "InvalidLiteral"),
        ("a{300}", "LimitExceeded"),
    ] {
        let request = format!("Label?$filter=matchesPattern(title,'{pattern}')");
        let response = get(server, &request, &[]);
        let found = response.json()["error"]["code"].take();
        assert_eq!(found, code, "{pattern}: {}", response.text());
    }
    expect![[r#"
        501
        {"error":{"code":"NotImplemented","message":"look-around in a regular expression is not implemented by this service","target":"$filter","innererror":{"position":21,"length":7}}}"#]].assert_eq(&answer(
        server,
        "Label?$filter=matchesPattern(title,'(?=a)')",
    ));
    expect![[r#"
        501
        {"error":{"code":"NotImplemented","message":"a third argument of 'matchesPattern' is not implemented by this service","target":"$filter","innererror":{"position":25,"length":3}}}"#]].assert_eq(&answer(
        server,
        "Label?$filter=matchesPattern(title,'a','i')",
    ));
    expect![[r#"
        400
        {"error":{"code":"InvalidLiteral","message":"the regular expression is not valid: unclosed group","target":"$filter","innererror":{"position":21,"length":3}}}"#]].assert_eq(&answer(server, "Label?$filter=matchesPattern(title,'(')"));
    expect![[r#"
        400
        {"error":{"code":"LimitExceeded","message":"expected at most 255 repetitions in a regular expression, and 10000 in all","target":"$filter","innererror":{"position":21,"length":12}}}"#]].assert_eq(&answer(
        server,
        "Label?$filter=matchesPattern(title,'a{300}')",
    ));
}
