//! The five secrets: in every row, null, and of no use in any option, unless the operator publishes
//! them.

use crate::asking::{HOST, get, ids, refusal, small};
use serde_json::Value;
use tests::{Server, fixture};

const SECRETS: [&str; 5] = [
    "encrypted_password",
    "reset_password_token",
    "confirmation_token",
    "tokens",
    "pubsub_tokens",
];

/// Every place of a URL in which a property can stand.
const PLACES: [&str; 27] = [
    "User?$filter=$ ne null",
    "User?$filter=$ eq null",
    "User?$filter=startswith($,'a')",
    "User?$filter=length($) gt 3",
    "User?$filter=$ in ('a','b')",
    "User?$filter=$ gt name",
    "User?$filter=case($ eq 'x':true,true:false)",
    "User?$filter=@p eq 'x'&@p=$",
    "User?$filter=$it/$ eq 'x'",
    "User?$orderby=$",
    "User?$orderby=name,length($) desc",
    "User?$compute=$ as s&$select=s",
    "User?$compute=concat($,'x') as s",
    "User?$apply=groupby(($))",
    "User?$apply=aggregate($ with max as m)",
    "User?$apply=aggregate($ with countdistinct as m)",
    "User?$apply=filter($ ne null)/aggregate($count as n)",
    "User?$apply=compute($ as s)/groupby((s))",
    "User?$apply=topcount(1,length($))",
    "Message?$filter=sender/$ ne null",
    "Message?$orderby=sender/$",
    "Message?$compute=sender/$ as s",
    "Message?$apply=groupby((sender/$))",
    "Inbox?$filter=members/any(u:u/$ eq 'x')",
    "Inbox?$filter=members/$count($filter=$ ne null) gt 0",
    "Inbox?$expand=members($filter=$ ne null)",
    "Inbox?$expand=members($orderby=$)",
];

#[tokio::test]
async fn secrets_are_of_no_use_anywhere() {
    let server = small().await;
    for secret in SECRETS {
        for place in PLACES {
            let path = in_place(place, secret);
            let (status, code) = refusal(server, &path);
            assert_eq!((status, &*code), (400, "OptionNotAllowed"), "{path}");
            assert!(
                get(server, &path, &[]).text().contains("is a secret"),
                "{path}"
            );
        }
    }
}

/// `$` alone stands for the secret; `$filter` and its like stay.
fn in_place(place: &str, secret: &str) -> String {
    let mut out = String::new();
    let mut rest = place.chars().peekable();
    while let Some(c) = rest.next() {
        if c == '$' && !rest.peek().is_some_and(char::is_ascii_alphabetic) {
            out.push_str(secret);
        } else {
            out.push(c);
        }
    }
    out
}

/// Texts that only secrets hold.
const INSIDE: [&str; 6] = [
    "$2a$11$",
    "reset-1",
    "confirm-1",
    "t-1",
    "pubsub-1",
    "secret-",
];

#[tokio::test]
async fn no_answer_holds_one() {
    let server = small().await;
    for path in [
        "User",
        "User(1)",
        "User?$select=encrypted_password,tokens,pubsub_tokens",
        "User?$apply=filter(id eq 1)",
        "Message?$expand=sender",
        "Conversation(1)/assignee",
        "Inbox?$expand=members($expand=assigned_conversations($expand=assignee))",
        "User?$search=pubsub",
        "User?$search=\"$2a$11$\"",
        "User/$count?$search=confirm",
    ] {
        let text = get(server, path, &[]).expect(200);
        for inside in INSIDE {
            assert!(!text.text().contains(inside), "{path} holds {inside}");
        }
    }
    let row = get(server, "User(1)", &[]).expect(200).json();
    for secret in SECRETS {
        assert_eq!(row.get(secret), Some(&Value::Null), "{secret}");
        for path in [
            format!("User(1)/{secret}"),
            format!("User(1)/{secret}/$value"),
            format!("Message(3)/sender/{secret}"),
        ] {
            assert_eq!(get(server, &path, &[]).status, 204, "{path}");
        }
    }
    // They are declared all the same.
    let metadata = get(server, "$metadata", &[]).expect(200);
    for secret in SECRETS {
        assert!(
            metadata
                .text()
                .contains(&format!("<Property Name=\"{secret}\" Type=\"Edm.String\"")),
            "{secret}"
        );
    }
}

#[tokio::test]
async fn the_operator_may_publish_them() {
    let database = fixture::small_shared().await;
    let server = Server::start(&database, |config| config.resolve.publish_secrets = true);
    let row = get(&server, "User(1)", &[]).expect(200).json();
    for (secret, value) in [
        ("encrypted_password", "$2a$11$secret-1"),
        ("reset_password_token", "reset-1"),
        ("confirmation_token", "confirm-1"),
        ("tokens", "{\"a\":{\"token\":\"t-1\"}}"),
        ("pubsub_tokens", "pubsub-1"),
    ] {
        assert_eq!(row[secret], value);
        assert_eq!(
            get(&server, &format!("User(1)/{secret}/$value"), &[])
                .expect(200)
                .text(),
            value
        );
        assert_eq!(
            ids(&server, &format!("User?$filter={secret} eq '{value}'")),
            [1],
            "{secret}"
        );
        for place in PLACES {
            let path = in_place(place, secret);
            let response = get(&server, &path, &[]);
            assert_eq!(response.status, 200, "{path}: {}", response.text());
        }
    }
    // The wall stands as before.
    assert_eq!(
        ids(&server, "User?$filter=encrypted_password ne null"),
        [1, 2, 3, 4]
    );
    let other = server
        .of(fixture::OTHER)
        .get_with("/v1.0/odata/User(1)", &[HOST]);
    assert_eq!(other.status, 404);
}
