//! Keys of a path: requests that differ in them alone share a plan, and nothing else.

use crate::asking::{answer, get, refusal};
use tests::Server;

/// Paths with `#` for each key, and options behind them.
const PATHS: &[&str] = &[
    "Conversation(#)",
    "Message(#)?$select=id,content",
    "Conversation(#)/inbox",
    "Conversation(#)/inbox/name",
    "Conversation(#)/inbox/name/$value",
    "Conversation(#)/messages",
    "Conversation(#)/messages?$orderby=created_at desc&$top=2",
    "Conversation(#)/messages?$filter=id gt 3",
    "Conversation(#)/messages/$count",
    "Conversation(#)/messages/$ref",
    "Conversation(#)/$ref",
    "Conversation(#)?$expand=messages($top=1)",
    "Conversation(#)?$apply=identity",
    "Conversation(#)/messages?$apply=aggregate($count as n)",
    "Conversation(#)/messages?$apply=nest(filter(id gt 2) as more)",
    "Inbox(#)/conversations(#)",
    "Inbox(#)/conversations(#)/messages",
    "Inbox(#)/members(#)/inboxes(#)/conversations",
    "User(#)/name",
    "Label(#)/conversations?$count=true",
];

/// The same with these keys, the last for all that are left; `named` as a client writes them whose URL has
/// a plan of its own.
fn with_keys(path: &str, keys: &[i64], named: bool) -> String {
    let mut parts = path.split('#');
    let mut text = parts.next().unwrap().to_owned();
    for (place, part) in parts.enumerate() {
        let key = keys.get(place).or(keys.last()).unwrap();
        text.push_str(&if named {
            format!("id={key}")
        } else {
            key.to_string()
        });
        text.push_str(part);
    }
    text
}

#[tokio::test]
async fn each_request_has_its_own() {
    let server = Server::small().await;
    // Of the account, of others, of none, the longest that is told apart and one that is longer.
    let keys: &[&[i64]] = &[
        &[2],
        &[1],
        &[1, 2],
        &[2, 1],
        &[7],
        &[6, 9, 1],
        &[0],
        &[999_999_999],
        &[4_294_967_296],
    ];
    let mut found = 0;
    for path in PATHS {
        for keys in keys {
            let url = with_keys(path, keys, false);
            let alone = with_keys(path, keys, true);
            let expected = answer(&server, &alone).replace("(id=", "(");
            // The first may make the plan, the second finds it.
            for _ in 0..2 {
                assert_eq!(answer(&server, &url), expected, "{url}");
            }
            found += usize::from(expected.starts_with("200"));
        }
    }
    assert!(found > 60, "{found} were found");
}

/// A link is bound to the keys, though its plan is not.
#[tokio::test]
async fn a_link_is_good_for_its_keys_alone() {
    let server = Server::small().await;
    let page = [("Prefer", "odata.maxpagesize=1")];
    let link = |path: &str| {
        let body = get(&server, path, &page).expect(200).json();
        body["@odata.nextLink"].as_str().unwrap().to_owned()
    };
    for _ in 0..2 {
        let (one, two) = (
            link("Conversation(1)/messages"),
            link("Conversation(2)/messages"),
        );
        for next in [&one, &two] {
            assert_eq!(get(&server, next, &page).status, 200, "{next}");
        }
        let (_, token) = one.split_once('?').unwrap();
        let of_another = format!("Conversation(2)/messages?{token}");
        let expected = (400, "InvalidOptionValue".to_owned());
        assert_eq!(refusal(&server, &of_another), expected);
        // Written in another way it is the same request.
        let same = format!("Conversation(0001)/messages?{token}");
        assert_eq!(get(&server, &same, &page).status, 200);
        // No key is none.
        let none = (400, "SyntaxError".to_owned());
        assert_eq!(refusal(&server, "Conversation()/messages"), none);
    }
}

/// What looks like a key in a text is none: it stays a part of the plan.
#[tokio::test]
async fn what_looks_like_a_key_is_none() {
    let server = Server::small().await;
    let count = |path: &str| answer(&server, path);
    // The parenthesis is a part of the query here.
    let whole = "Conversation(1)?$select=id";
    let wrong = (400, "SyntaxError".to_owned());
    assert!(count(whole).starts_with("200"));
    assert_eq!(
        refusal(&server, "Conversation(?)?$select=id&$skiptoken=x"),
        wrong
    );
    for (one, other) in [
        (
            "Conversation(id=1)/messages/$filter(contains('a/Foo(1)/b','Foo(1)'))/$count",
            "Conversation(id=1)/messages/$filter(contains('a/Foo(2)/b','Foo(1)'))/$count",
        ),
        (
            "Conversation(@k)/messages/$filter(id ge (1))/$count?@k=1",
            "Conversation(@k)/messages/$filter(id ge (3))/$count?@k=1",
        ),
    ] {
        let (first, second) = (count(one), count(other));
        assert!(first.starts_with("200"), "{one}: {first}");
        assert_ne!(first, second, "{one}");
        assert_eq!((count(one), count(other)), (first, second), "{one}");
    }
}
