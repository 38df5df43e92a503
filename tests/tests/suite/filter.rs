//! `$filter`: each expression finds the rows that the same condition finds in SQL, written by hand
//! with three-valued logic spelled out.

mod navigation;

use crate::asking::{ids, ids_by_sql, small};

/// The tables, their rows in account 1 and the joins that a path in a filter means.
pub(crate) const MESSAGES: &str = "messages m
    LEFT JOIN conversations c ON c.id = m.conversation_id AND c.account_id = 1
    LEFT JOIN users s ON s.id = m.sender_id AND m.sender_type = 'User'
        AND EXISTS (SELECT FROM account_users a WHERE a.user_id = s.id AND a.account_id = 1)
    WHERE m.account_id = 1";
pub(crate) const CONVERSATIONS: &str = "conversations m
    LEFT JOIN inboxes i ON i.id = m.inbox_id AND i.account_id = 1
    LEFT JOIN users s ON s.id = m.assignee_id
        AND EXISTS (SELECT FROM account_users a WHERE a.user_id = s.id AND a.account_id = 1)
    WHERE m.account_id = 1";
pub(crate) const EVENTS: &str = "reporting_events m WHERE m.account_id = 1";
pub(crate) const INBOXES: &str = "inboxes m WHERE m.account_id = 1";
pub(crate) const USERS: &str = "users m WHERE EXISTS (SELECT FROM account_users a WHERE a.user_id = m.id AND a.account_id = 1)";
pub(crate) const LABELS: &str = "labels m WHERE m.account_id = 1";

pub(crate) async fn check(table: &str, cases: &[(&str, &str)]) {
    let set = match table {
        MESSAGES => "Message",
        CONVERSATIONS => "Conversation",
        EVENTS => "ReportingEvent",
        INBOXES => "Inbox",
        USERS => "User",
        _ => "Label",
    };
    let server = small().await;
    let (mut some, mut all) = (false, 0);
    for (filter, condition) in cases {
        let sql = format!("SELECT m.id::int8 FROM {table} AND ({condition}) ORDER BY m.id");
        let expected = ids_by_sql(&sql).await;
        // Aliases stand behind the condition.
        let (condition, aliases) = filter.split_at(filter.find("&@").unwrap_or(filter.len()));
        let escaped = condition
            .replace('%', "%25")
            .replace('&', "%26")
            .replace('+', "%2B")
            + aliases;
        let found = ids(
            server,
            &format!("{set}?$select=id&$orderby=id&$filter={escaped}"),
        );
        assert_eq!(found, expected, "{set}?$filter={filter}");
        let counted = crate::asking::get(server, &format!("{set}/$count?$filter={escaped}"), &[]);
        assert_eq!(
            counted.text(),
            expected.len().to_string(),
            "{set}/$count {filter}"
        );
        some |= !expected.is_empty();
        all += 1;
    }
    assert!(some && all > 0);
}

#[tokio::test]
async fn comparison_and_null() {
    check(
        CONVERSATIONS,
        &[
            ("id eq 1", "m.id = 1"),
            ("1 eq id", "m.id = 1"),
            ("id ne 1", "m.id <> 1"),
            ("id gt 2 and id le 5", "m.id > 2 AND m.id <= 5"),
            ("status ge 1 and status lt 3", "m.status BETWEEN 1 AND 2"),
            ("assignee_id eq null", "m.assignee_id IS NULL"),
            ("assignee_id ne null", "m.assignee_id IS NOT NULL"),
            ("assignee_id ne 1", "m.assignee_id IS DISTINCT FROM 1"),
            ("not (assignee_id eq 1)", "m.assignee_id IS DISTINCT FROM 1"),
            ("assignee_id gt 1", "m.assignee_id > 1"),
            (
                "not (assignee_id gt 1)",
                "m.assignee_id IS NULL OR m.assignee_id <= 1",
            ),
            (
                "not (assignee_id ge 2)",
                "m.assignee_id IS NULL OR m.assignee_id < 2",
            ),
            (
                "not (assignee_id lt 2)",
                "m.assignee_id IS NULL OR m.assignee_id >= 2",
            ),
            (
                "not (assignee_id le 1)",
                "m.assignee_id IS NULL OR m.assignee_id > 1",
            ),
            (
                "team_id eq campaign_id",
                "m.team_id IS NOT DISTINCT FROM m.campaign_id",
            ),
            (
                "team_id ne campaign_id",
                "m.team_id IS DISTINCT FROM m.campaign_id",
            ),
            (
                "(assignee_id gt 1) eq false",
                "coalesce(m.assignee_id > 1, false) = false",
            ),
            (
                "assignee_id in (1,null)",
                "m.assignee_id = 1 OR m.assignee_id IS NULL",
            ),
            (
                "not (assignee_id in (1,2))",
                "m.assignee_id IS NULL OR m.assignee_id NOT IN (1,2)",
            ),
            ("id in (1,3,99)", "m.id IN (1,3)"),
            ("id in ()", "false"),
            ("null eq null", "true"),
            ("true", "true"),
            ("null", "false"),
            ("not null", "false"),
            ("null or id eq 1", "m.id = 1"),
            ("id eq 9223372036854775807", "false"),
            ("id lt 9223372036854775807", "true"),
            ("id lt 99999999999999999999", "true"),
            ("id eq 1.0", "m.id = 1"),
            ("id lt 2.5", "m.id < 3"),
            ("status eq 1L or status eq 2", "m.status IN (1,2)"),
        ],
    )
    .await;
}

#[tokio::test]
async fn logic_and_precedence() {
    check(
        CONVERSATIONS,
        &[
            ("id eq 1 or id eq 2 and status eq 9", "m.id = 1"),
            ("(id eq 1 or id eq 2) and status eq 1", "m.id = 2"),
            ("not (id eq 1) and id lt 3", "m.id = 2"),
            (
                "not contains(identifier,'X')",
                "strpos(m.identifier, 'X') = 0",
            ),
            (
                "contains(identifier,'X') ne true",
                "coalesce(strpos(m.identifier, 'X') = 0, true)",
            ),
            // Else what is no text at all would be found.
            (
                "not contains(identifier,'X') eq true",
                "strpos(m.identifier, 'X') = 0",
            ),
            ("id eq 1 OR NOT (id LT 9)", "m.id IN (1,9)"),
            (
                "CONTAINS(identifier,'X') And Length(identifier) EQ 3",
                "strpos(m.identifier, 'X') > 0 AND char_length(m.identifier) = 3",
            ),
            ("10 sub 4 sub 3 eq id", "m.id = 3"),
            ("id add 2 mul 3 eq 7", "m.id = 1"),
            ("-id lt -5", "m.id > 5"),
            ("id mod 2 eq 1", "m.id % 2 = 1"),
            ("-7 mod 4 eq -3 and id eq 1", "m.id = 1"),
            ("id div 2 eq 2", "m.id IN (4,5)"),
            ("-7 div 2 eq -3 and id eq 1", "m.id = 1"),
            ("id divby 2 eq 2.5", "m.id = 5"),
            ("(status gt 0) eq (id gt 2)", "(m.status > 0) = (m.id > 2)"),
        ],
    )
    .await;
}

#[tokio::test]
async fn texts() {
    check(
        MESSAGES,
        &[
            ("content eq 'hello'", "m.content = 'hello'"),
            ("content eq 'HELLO'", "false"),
            ("content eq ''", "m.content = ''"),
            (
                "content eq 'it''s 100% sure'",
                "m.content = 'it''s 100% sure'",
            ),
            ("content ne 'hello'", "m.content IS DISTINCT FROM 'hello'"),
            ("content gt 'hello'", "m.content > 'hello'"),
            ("contains(content,'%')", "strpos(m.content, '%') > 0"),
            ("contains(content,'_')", "strpos(m.content, '_') > 0"),
            ("contains(content,'\\')", "strpos(m.content, '\\') > 0"),
            ("contains(content,'')", "m.content IS NOT NULL"),
            ("contains(content,null)", "false"),
            ("startswith(content,'a%')", "left(m.content, 2) = 'a%'"),
            ("startswith(content,'a_')", "left(m.content, 2) = 'a_'"),
            ("endswith(content,'b')", "right(m.content, 1) = 'b'"),
            ("endswith(content,'%b')", "right(m.content, 2) = '%b'"),
            ("endswith(content,'_b')", "right(m.content, 2) = '_b'"),
            (
                "startswith(content,sender_type)",
                "starts_with(m.content, m.sender_type)",
            ),
            (
                "contains('hello world',content)",
                "strpos('hello world', m.content) > 0",
            ),
            ("indexof(content,'l') eq 2", "strpos(m.content, 'l') = 3"),
            ("indexof(content,'~') eq -1", "strpos(m.content, '~') = 0"),
            ("length(content) eq 7", "char_length(m.content) = 7"),
            ("length(content) gt 1000", "char_length(m.content) > 1000"),
            ("substring(content,1) eq 'ello'", "m.content = 'hello'"),
            (
                "substring(content,1,2) eq 'el'",
                "substr(m.content, 2, 2) = 'el'",
            ),
            (
                "substring(content,500) eq ''",
                "char_length(m.content) <= 500",
            ),
            (
                "tolower(content) eq 'hello world'",
                "lower(m.content) = 'hello world'",
            ),
            ("tolower(content) eq 'grüße 😀'", "m.id = 11"),
            ("toupper(content) eq 'HELLO'", "upper(m.content) = 'HELLO'"),
            ("toupper(substring(content,0,3)) eq 'GRÜ'", "m.id = 11"),
            ("trim(content) eq 'padded'", "btrim(m.content) = 'padded'"),
            (
                "concat(content,'!') eq 'hello!'",
                "m.content || '!' = 'hello!'",
            ),
            (
                "concat(concat(sender_type,':'),content) eq 'Contact:hello'",
                "m.sender_type || ':' || m.content = 'Contact:hello'",
            ),
            ("contains(content,'😀')", "strpos(m.content, '😀') > 0"),
            ("content eq 'plus+plus & ampersand # hash'", "m.id = 14"),
            ("contains(content,'\t')", "strpos(m.content, chr(9)) > 0"),
            (
                "content in ('hello','axb',null)",
                "m.content IN ('hello','axb') OR m.content IS NULL",
            ),
        ],
    )
    .await;
}

/// What Unicode calls white space is taken from both ends, and nothing else is (URL Conventions 5.1.1.7).
#[tokio::test]
async fn trim_takes_all_white_space_of_unicode() {
    let around = |c: char| format!("trim(concat(concat('{c}',content),'{c}')) eq 'hello'");
    let white_space = (char::MIN..=char::MAX).filter(|c| c.is_whitespace());
    let mut cases: Vec<(String, &str)> = white_space
        .map(|c| (around(c), "m.content = 'hello'"))
        .collect();
    assert_eq!(cases.len(), 25);
    // They have no width, and are no white space all the same.
    for c in ['\u{180E}', '\u{200B}', '\u{2060}', '\u{FEFF}'] {
        cases.push((around(c), "false"));
    }
    cases.push((
        "trim('\u{3000}a\u{3000}b\t') eq 'a\u{3000}b'".to_owned(),
        "true",
    ));
    let cases: Vec<(&str, &str)> = cases
        .iter()
        .map(|(filter, sql)| (&**filter, *sql))
        .collect();
    check(MESSAGES, &cases).await;
}

#[tokio::test]
async fn times() {
    check(
        CONVERSATIONS,
        &[
            (
                "created_at eq 2021-11-23T00:00:00Z",
                "m.created_at = '2021-11-23'",
            ),
            (
                "created_at lt 2021-11-23T00:00:00.001Z",
                "m.created_at < '2021-11-23 00:00:00.001'",
            ),
            ("created_at eq 2021-12-31T23:59:59.999999Z", "m.id = 9"),
            (
                "created_at ge 2021-11-23T01:00:00+01:00",
                "m.created_at >= '2021-11-23'",
            ),
            (
                "created_at le '2021-11-23T00:00:00'",
                "m.created_at <= '2021-11-23'",
            ),
            ("created_at le '2021-11-23'", "m.created_at <= '2021-11-23'"),
            (
                "year(created_at) eq 2021",
                "extract(year FROM m.created_at) = 2021",
            ),
            (
                "month(created_at) eq 2 and day(created_at) eq 29",
                "m.id = 6",
            ),
            (
                "hour(created_at) eq 23",
                "extract(hour FROM m.created_at) = 23",
            ),
            (
                "minute(created_at) eq 59",
                "extract(minute FROM m.created_at) = 59",
            ),
            (
                "second(created_at) eq 59",
                "trunc(extract(second FROM m.created_at)) = 59",
            ),
            ("fractionalseconds(created_at) eq 0.745", "m.id = 4"),
            (
                "date(created_at) eq 2021-11-23",
                "m.created_at::date = '2021-11-23'",
            ),
            (
                "time(created_at) eq 00:00:00",
                "m.created_at::time = '00:00'",
            ),
            ("totaloffsetminutes(created_at) eq 0", "true"),
            (
                "last_activity_at sub created_at gt duration'PT12H'",
                "m.last_activity_at - m.created_at > '12 hours'",
            ),
            (
                "last_activity_at sub created_at gt 'PT12H'",
                "m.last_activity_at - m.created_at > '12 hours'",
            ),
            (
                "-(last_activity_at sub created_at) lt -duration'PT12H'",
                "m.last_activity_at - m.created_at > '12 hours'",
            ),
            (
                "totalseconds(last_activity_at sub created_at) eq 36000.001",
                "m.id = 1",
            ),
            (
                "created_at add duration'P1D' gt 2021-12-12T00:00:00Z",
                "m.created_at + interval '1 day' > '2021-12-12'",
            ),
            ("created_at lt now()", "true"),
            ("now() eq now()", "true"),
            (
                "created_at gt mindatetime() and created_at lt maxdatetime()",
                "true",
            ),
            ("snoozed_until eq null", "m.snoozed_until IS NULL"),
            (
                "snoozed_until gt 2021-01-01T00:00:00Z",
                "m.snoozed_until > '2021-01-01'",
            ),
            ("uuid eq 89f20666-e17d-427c-9283-268ba7870203", "m.id = 3"),
            ("uuid eq '89F20666-E17D-427C-9283-268BA7870203'", "m.id = 3"),
        ],
    )
    .await;
}

#[tokio::test]
async fn numbers() {
    check(
        EVENTS,
        &[
            ("value eq 0.5", "m.value = 0.5"),
            ("value gt 1", "m.value > 1 AND m.value <> 'NaN'"),
            ("value lt 0", "m.value < 0"),
            ("value eq -7", "m.value = -7"),
            ("value eq INF", "m.value = 'Infinity'"),
            // NaN equals nothing, not even itself, and no comparison with it holds.
            ("value eq NaN", "false"),
            ("value ne NaN", "true"),
            ("value eq value", "m.value IS NULL OR m.value <> 'NaN'"),
            ("value gt 1e300", "m.value > 1e300 AND m.value <> 'NaN'"),
            (
                "not (value gt 1)",
                "m.value IS NULL OR m.value = 'NaN' OR m.value <= 1",
            ),
            ("round(value) eq 1", "m.value = 0.5"),
            ("round(value) eq -1", "m.value = -0.5"),
            ("floor(value) eq 2", "m.value = 2.5"),
            ("ceiling(value) eq 3", "m.value = 2.5"),
            ("value add 0.5 eq 2", "m.value = 1.5"),
            ("value mul 2 eq 84.5", "m.value = 42.25"),
            ("value div 2 eq 0.25", "m.value = 0.5"),
            ("cast(value,Edm.String) eq '0.5'", "m.id = 1"),
            ("conversation_id in (1,3)", "m.conversation_id IN (1,3)"),
        ],
    )
    .await;
}

#[tokio::test]
async fn booleans() {
    check(
        MESSAGES,
        &[
            ("private", "m.private"),
            ("private eq true", "m.private"),
            ("not private", "NOT m.private"),
            (
                "private eq false and message_type eq 1",
                "NOT m.private AND m.message_type = 1",
            ),
            ("private ne null", "m.private IS NOT NULL"),
        ],
    )
    .await;
    check(
        LABELS,
        &[
            ("show_on_sidebar", "m.show_on_sidebar"),
            (
                "show_on_sidebar ne true",
                "m.show_on_sidebar IS DISTINCT FROM true",
            ),
            ("not show_on_sidebar", "NOT m.show_on_sidebar"),
            ("show_on_sidebar eq null", "m.show_on_sidebar IS NULL"),
            (
                "title eq null or color eq 'RED'",
                "m.title IS NULL OR m.color = 'RED'",
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn aliases_casts_and_cases() {
    let server = small().await;
    for (query, expected) in [
        ("$filter=id eq @p&@p=3", &[3][..]),
        ("$filter=id in @list&@list=[1,2]", &[1, 2]),
        ("$filter=assignee_id eq @nobody", &[2, 5]),
        ("$filter=identifier eq @x&@x='X-1'", &[2]),
        ("$filter=id lt @limit add 1&@limit=2", &[1, 2]),
        (
            "$filter=created_at lt cast('2021-01-01T00:00:00',Edm.DateTimeOffset)",
            &[6],
        ),
        ("$filter=isof(id,Edm.Int64) and id lt 3", &[1, 2]),
        ("$filter=isof(uuid,Edm.Int64)", &[]),
        ("$filter=case(id lt 3:true,true:false)", &[1, 2]),
        ("$filter=case(id lt 3:'a',id lt 4:'b') eq 'b'", &[3]),
        ("%24filter=id%20eq%201", &[1]),
        ("$FILTER=id EQ 1", &[1]),
        ("filter=ID eq 1".replace("ID", "id").leak(), &[1]),
        ("$filter=id+eq+1", &[1]),
        ("$filter=created_at eq 2021-11-23T01:00:00+01:00", &[2]),
        ("$filter=(id eq 1)", &[1]),
        ("$filter=   id eq 1  ", &[1]),
        ("$filter=$it/id eq 1", &[1]),
    ] {
        assert_eq!(
            ids(server, &format!("Conversation?{query}")),
            expected,
            "{query}"
        );
    }
}
