//! Every limit of the table: a request just within it is answered, one beyond it is refused by the
//! limit's name, wherever in a request it is.

use crate::asking::{get, rows, small};
use odata_core::limits::Limits;
use std::collections::BTreeSet;
use std::io::Read as _;
use tests::{Server, fixture};

/// A limit, its value, what is within it and what is beyond, and the status of that.
struct Case {
    limit: &'static str,
    value: u64,
    within: &'static [&'static str],
    beyond: &'static [&'static str],
    status: u16,
}

const fn case(
    limit: &'static str,
    value: u64,
    within: &'static [&'static str],
    beyond: &'static [&'static str],
) -> Case {
    Case {
        limit,
        value,
        within,
        beyond,
        status: 400,
    }
}

const CASES: &[Case] = &[
    Case {
        status: 414,
        ..case(
            "url_bytes",
            30,
            &["Label?$top=1", "Label?x=234567890123456789012"],
            &[
                "Label?x=23456789012345678901234",
                "Label(1)?$select=id,title,color",
                "Label?@p=12345678901234567890123",
            ],
        )
    },
    case(
        "option_bytes",
        20,
        &["Label?$filter=id eq 1", "Label?$top=1&$skip=1&$count=true"],
        &[
            "Label?$filter=id eq 100",
            "Label?$filter=id eq @p&@p=12345678901234567890",
            "Label?custom=12345678901234567890",
            "Label?$compute=1 add id as a",
            "Label?$skiptoken=12345678901234567890",
        ],
    ),
    case(
        "nodes",
        8,
        &[
            "Label?$filter=id eq 1 or id eq 2",
            "Label?$compute=id add 1 as n",
        ],
        &[
            "Label?$filter=id eq 1 or id eq 2 or id eq 3",
            "Label?$orderby=id add 1 add 1 add 1 add 1 add 1",
            "Label?$compute=id add 1 add 1 add 1 add 1 add 1 as n",
            "Label?$filter=@p&@p=id eq 1 or id eq 2 or id eq 3",
            "Label?$apply=filter(id eq 1 or id eq 2 or id eq 3)",
            "Label?$apply=compute(id add 1 add 1 add 1 add 1 add 1 as n)",
            "Inbox?$expand=conversations($filter=id eq 1 or id eq 2 or id eq 3)",
            "Inbox?$filter=conversations/any(c:c/id eq 1 or c/id eq 2 or c/id eq 3)",
        ],
    ),
    case(
        "depth",
        6,
        &["Label?$filter=((id eq 1))"],
        &[
            "Label?$filter=(((((((id eq 1)))))))",
            "Label?$filter=not not not not not not not (id eq 1)",
            "Label?$filter=id eq 1 add 1 add 1 add 1 add 1 add 1 add 1 add 1",
            "Label?$filter=@p&@p=(((((((id eq 1)))))))",
            "Label?$orderby=(((((((id)))))))",
            "Label?$compute=(((((((id))))))) as n",
            "Label?$apply=filter((((((((id eq 1))))))))",
            "Label?$search=(((((((a)))))))",
            "Inbox?$expand=conversations($filter=(((((((id eq 1))))))))",
        ],
    ),
    case(
        "lambda_depth",
        1,
        &["Inbox?$filter=conversations/any(c:c/id eq 1)"],
        &[
            "Inbox?$filter=conversations/any(c:c/messages/any(m:m/id eq 1))",
            "Inbox?$filter=@p&@p=conversations/any(c:c/messages/any(m:m/id eq 1))",
            "Inbox?$apply=filter(conversations/any(c:c/messages/any(m:m/id eq 1)))",
            "User?$expand=assigned_conversations($filter=inbox/conversations/any(c:c/messages/any(m:m/id eq 1)))",
        ],
    ),
    case(
        "order_items",
        2,
        &["Label?$orderby=title,id", "Label?$apply=orderby(title,id)"],
        &[
            "Label?$orderby=title,color,id",
            "Label?$apply=orderby(title,color,id)",
            "Inbox?$expand=conversations($orderby=status,uuid,id)",
        ],
    ),
    case(
        "expand_depth",
        1,
        &["Inbox?$expand=conversations,messages"],
        &["Inbox?$expand=conversations($expand=messages)"],
    ),
    case(
        "expands",
        2,
        &["Inbox?$expand=conversations,messages"],
        &[
            "Inbox?$expand=conversations,messages,members",
            "Inbox?$expand=conversations($expand=messages,assignee)",
            "Message?$expand=*",
        ],
    ),
    case(
        "list_items",
        2,
        &["Label?$filter=id in (1,2)"],
        &[
            "Label?$filter=id in (1,2,3)",
            "Label?$filter=id in @p&@p=[1,2,3]",
            "Label?$apply=filter(id in (1,2,3))",
            "Label?$compute=id in (1,2,3) as n",
            "Inbox?$expand=conversations($filter=id in (1,2,3))",
        ],
    ),
    case(
        "string_bytes",
        4,
        &["Label?$filter=title eq 'four'", "Label?$search=four"],
        &[
            "Label?$filter=title eq 'fives'",
            "Label?$filter=title eq 'éé1'",
            "Label?$filter=title eq @p&@p='fives'",
            "Label?$search=fives",
            "Label?$search=\"fives\"",
            "Label?$compute=concat(title,'fives') as n",
            "Label?$apply=filter(title eq 'fives')",
            "Label?$apply=search(fives)",
            "Inbox?$expand=conversations($filter=uuid eq 'fives')",
        ],
    ),
    case(
        "pattern_chars",
        3,
        &["Label?$filter=matchesPattern(title,'abc')"],
        &[
            "Label?$filter=matchesPattern(title,'abcd')",
            "Label?$filter=matchesPattern(title,@p)&@p='abcd'",
            "Label?$apply=filter(matchesPattern(title,'abcd'))",
            "Label?$compute=matchesPattern(title,'abcd') as n",
        ],
    ),
    case(
        "path_segments",
        2,
        &["Label/$count", "Message?$filter=inbox/name eq 'x'"],
        &[
            "Conversation(1)/inbox/conversations/$count",
            "Message?$filter=conversation/inbox/name eq 'x'",
            "Message?$filter=@p eq 'x'&@p=conversation/inbox/name",
            "Message?$orderby=conversation/inbox/name",
            "Message?$compute=conversation/inbox/name as n",
            "Message?$apply=groupby((conversation/inbox/name))",
            "Inbox?$expand=messages($filter=conversation/inbox/name eq 'x')",
        ],
    ),
    case(
        "crossjoin_sets",
        2,
        &["$crossjoin(Label,Inbox)"],
        &["$crossjoin(Label,Inbox,User)"],
    ),
    case(
        "apply_steps",
        2,
        &["Label?$apply=identity/filter(id eq 1)"],
        &[
            "Label?$apply=identity/identity/identity",
            "Label?$apply=groupby((title),identity/identity/identity)",
            "Label?$apply=concat(identity,identity/identity/identity)",
        ],
    ),
    case(
        "apply_layers",
        8,
        &["Label?$apply=concat(identity,identity)"],
        &[
            "Label?$apply=concat(identity,identity)/concat(identity,identity)/concat(identity,identity)/concat(identity,identity)",
        ],
    ),
    case(
        "options",
        2,
        &["Label?$top=1&x=1"],
        &["Label?$top=1&x=1&y=2", "Label?$filter=id eq @a&@a=1&@b=1"],
    ),
    case(
        "skip",
        5,
        &["Label?$skip=5"],
        &[
            "Label?$skip=6",
            "Inbox?$expand=conversations($skip=6)",
            "Label?$apply=skip(6)",
            "Label?$apply=filter(id gt 0)&$skip=6",
            "Label?$apply=groupby((title))&$skip=6",
        ],
    ),
];

/// Limits that refuse nothing by themselves: a page, an array or a memory is made no larger; and how long
/// a statement may take, which is a matter of time (`endings`).
const BOUNDS: [&str; 9] = [
    "page_size",
    "max_page_size",
    "expand_page_size",
    "expand_product",
    "page_drain_bytes",
    "drain_budget_bytes",
    "short_page_bytes",
    "statement_ms",
    // Below.
    "requests_per_minute",
];

#[tokio::test]
async fn each_limit_is_settable_and_named_in_its_error() {
    let database = fixture::small_shared().await;
    let defaults = small().await;
    let mut wrong = Vec::new();
    for case in CASES {
        let server = Server::start(&database, |config| {
            config.settings.limits.set(case.limit, case.value).unwrap();
        });
        let named = format!("(limit '{}')", case.limit);
        let mut check = |path: &str, is_right: &dyn Fn(u16, &str) -> bool, server: &Server| {
            let response = get(server, path, &[]);
            if !is_right(response.status, response.text()) {
                wrong.push(format!("{}: {path}: {}", case.limit, response.text()));
            }
        };
        for path in case.within {
            check(path, &|status, _| status == 200, &server);
        }
        let is_refused = |status: u16, text: &str| status == case.status && text.contains(&named);
        for path in case.beyond {
            check(path, &is_refused, &server);
            // Else it would be refused anyway.
            check(path, &|_, text| !text.contains("(limit '"), defaults);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// So many requests of a token a minute, whether anybody has it or not; others are not touched.
#[tokio::test]
async fn a_token_has_its_rate() {
    let database = fixture::small_shared().await;
    let server = Server::start(&database, |config| {
        config.settings.limits.requests_per_minute = 3;
    });
    // As they are: who holds an answer against the standard asks more than once.
    let ask = |token: &str, path: &str| {
        let client = server.of(token);
        let mut stream = client.begin("GET", &format!("/v1.0/odata/{path}"), &[]);
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    for (token, first) in [
        ("KEY", "200 OK"),
        ("nobody", "401 Unauthorized"),
        ("AGENT", "403 Forbidden"),
    ] {
        for path in ["Label", "Label(1)", "Inbox?$top=1"] {
            let answer = ask(token, path);
            assert!(
                answer.starts_with(&format!("HTTP/1.1 {first}")),
                "{token}: {answer}"
            );
        }
        // Wrong ones count, too.
        for path in ["Label", "Label(", "$metadata"] {
            let answer = ask(token, path);
            assert!(answer.starts_with("HTTP/1.1 429 "), "{token}: {answer}");
            assert!(answer.contains("\"TooManyRequests\""), "{answer}");
            assert!(answer.contains("(limit 'requests_per_minute')"), "{answer}");
            let wait = answer.split("retry-after: ").nth(1).unwrap();
            let wait: u32 = wait.split("\r\n").next().unwrap().parse().unwrap();
            assert!((1..=21).contains(&wait), "{answer}");
        }
    }
    assert!(ask("OTHER", "Label").starts_with("HTTP/1.1 200 "));
}

#[test]
fn each_row_of_the_table_has_its_case() {
    let table: BTreeSet<_> = Limits::default()
        .table()
        .into_iter()
        .map(|row| row.0)
        .collect();
    let cases = CASES.iter().map(|case| case.limit);
    let known: BTreeSet<_> = cases.chain(BOUNDS).collect();
    assert_eq!(known, table);
}

/// Whatever a client wishes, a page has its bound; without a wish it has the default.
#[tokio::test]
async fn no_preference_lifts_the_bound_of_a_page() {
    let database = fixture::small_shared().await;
    let server = Server::start(&database, |config| {
        let limits = &mut config.settings.limits;
        (limits.page_size, limits.max_page_size) = (3, 5);
        (limits.expand_page_size, limits.expand_product) = (2, 4);
    });
    for (prefer, size) in [
        ("", 3),
        ("maxpagesize=2", 2),
        ("odata.maxpagesize=5", 5),
        ("odata.maxpagesize=6", 5),
        ("maxpagesize=0", 3),
        ("maxpagesize=-1", 3),
        ("maxpagesize=abc", 3),
        ("maxpagesize=", 3),
        ("maxpagesize", 3),
        ("maxpagesize=999999999", 5),
        ("maxpagesize=18446744073709551616", 5),
        (
            "maxpagesize=99999999999999999999999999999999999999999999",
            5,
        ),
        ("maxpagesize=1e9", 3),
        ("maxpagesize=2, maxpagesize=5", 2),
    ] {
        let response = get(&server, "Message", &[("Prefer", prefer)]).expect(200);
        let applied = response.header("preference-applied").map(str::to_owned);
        assert_eq!(response.rows().len(), size, "{prefer}");
        let wished = applied.is_some_and(|applied| applied.contains(&format!("={size}")));
        assert_eq!(wished, prefer.contains('=') && size != 3, "{prefer}");
    }
    // Rows of arrays, each and together.
    for row in rows(&server, "Inbox?$expand=conversations($expand=messages)") {
        let conversations = row["conversations"].as_array().unwrap();
        assert!(conversations.len() <= 2);
        let messages = conversations
            .iter()
            .map(|one| one["messages"].as_array().unwrap().len());
        assert!(messages.sum::<usize>() <= 4);
    }
    let wish = [("Prefer", "odata.maxpagesize=999999999")];
    let inbox = get(&server, "Inbox(1)?$expand=messages", &wish)
        .expect(200)
        .json();
    assert!(inbox["messages"].as_array().unwrap().len() <= 5);
}

/// The documentation has the table as it is.
#[test]
fn the_documentation_has_every_limit_with_its_default() {
    let text = include_str!("../../../docs/security.md");
    let rows = text.lines().filter(|line| line.starts_with("| `"));
    let rows: Vec<&str> = rows.collect();
    let table = Limits::default().table().into_iter();
    let expected: Vec<String> = table
        .map(|(name, text, value)| format!("| `{name}` | {value} | {text} |"))
        .collect();
    assert_eq!(rows, expected);
}
