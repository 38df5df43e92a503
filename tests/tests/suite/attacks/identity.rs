//! Credentials that are none, guessed or sent in a way that is turned off (the list A1 to A8; what each
//! token may see is the business of `auth`, `wall` and `credentials`).

use super::{ask, code, without_database};
use crate::asking::{HOST, small};
use tests::fixture::{self, KEY};
use tests::{Response, Server};

const LABELS: &str = "/v1.0/odata/Label";

type Headers = &'static [(&'static str, &'static str)];

/// A way to send credentials that are none (A1): headers, query, status. No database is asked.
const NONE: &[(Headers, &str, u16)] = &[
    (&[], "", 401),
    (&[("Authorization", "")], "", 401),
    (&[("Authorization", "Bearer")], "", 401),
    (&[("Authorization", "Bearer ")], "", 401),
    (&[("Authorization", "Digest username=\"x\"")], "", 401),
    (&[("Authorization", "Negotiate abc")], "", 401),
    (&[("Authorization", "Basic")], "", 401),
    (&[("Authorization", "Basic !!!")], "", 401),
    (&[("Authorization", "Basic eA==")], "", 401),
    (&[("Authorization", "KEY")], "", 401),
    (&[("apikey", "")], "", 401),
    (&[], "?apikey=", 401),
    (&[], "?apikey", 401),
    (&[], "?apikey=%ff", 401),
    (&[], "?APIKEY=KEY", 401),
    (&[], "?$apikey=KEY", 401),
    (&[], "?api_key=KEY", 401),
    (&[("Cookie", "apikey=KEY")], "", 401),
    (&[("X-Api-Key", "KEY")], "", 401),
    (&[("Authorization", "Bearer KEY")], "?apikey=OTHER", 400),
    (
        &[
            ("Authorization", "Bearer KEY"),
            ("Authorization", "Bearer OTHER"),
        ],
        "",
        400,
    ),
    (&[("apikey", "KEY"), ("apikey", "OTHER")], "", 400),
    (&[("apikey", "KEY")], "?apikey=OTHER", 400),
];

#[tokio::test]
async fn what_is_no_token_is_refused_without_a_look_at_the_database() {
    let (server, bare) = (small().await, without_database().await);
    for (headers, query, status) in NONE {
        let what = format!("{headers:?} {query}");
        let headers = [&[HOST][..], *headers].concat();
        let path = format!("{LABELS}{query}");
        let response = server.client().get_with(&path, &headers);
        assert_eq!(response.status, *status, "{what}: {}", response.text());
        code(&what, &response);
        assert!(
            !response.text().contains(KEY) && !response.text().contains("OTHER"),
            "{what}"
        );
        let challenges: Vec<&str> = challenges(&response);
        match status {
            401 => assert!(
                challenges.iter().any(|it| it.starts_with("Bearer ")),
                "{what}"
            ),
            _ => assert!(challenges.is_empty(), "{what}"),
        }
        let without = bare.client().get_with(&path, &headers);
        assert_eq!(
            (without.status, without.body),
            (*status, response.body),
            "{what}"
        );
    }
}

fn challenges(response: &Response) -> Vec<&str> {
    let headers = response.headers.iter();
    let challenges = headers.filter(|(name, _)| name == "www-authenticate");
    challenges.map(|(_, value)| &**value).collect()
}

/// A guess is refused again without a question (A3): while nobody can read the tokens, it is all the
/// same, and so is a token that was known a moment ago.
#[tokio::test]
async fn who_guesses_again_is_not_looked_for_again() {
    let database = fixture::small().await;
    let mut client = database.connect().await;
    let server = Server::start(&database, |_| {});
    for _ in 0..3 {
        server.get_as("guess", LABELS).expect(401);
        server.get("Label(1)").expect(200);
        let lock = client.transaction().await.unwrap();
        lock.batch_execute("LOCK TABLE access_tokens")
            .await
            .unwrap();
        for _ in 0..4 {
            server.get_as("guess", LABELS).expect(401);
            server.get("Label(1)").expect(200);
        }
        lock.rollback().await.unwrap();
    }
}

/// With the form in the URL turned off, it is refused and named, whether the token is right or not and
/// whatever else is sent; and no link has one.
#[tokio::test]
async fn the_form_in_the_url_can_be_turned_off() {
    let database = fixture::small_shared().await;
    let server = Server::start(&database, |config| {
        config.settings.allow_query_token = false;
    });
    let client = server.client();
    for (path, headers) in [
        ("Label?apikey=KEY", &[][..]),
        ("Label?$top=1&apikey=nobody", &[]),
        ("Label?%61pikey=KEY", &[]),
        ("Label?apikey=KEY", &[("Authorization", "Bearer KEY")]),
        ("$metadata?apikey=KEY", &[]),
        ("?apikey=", &[]),
    ] {
        let response = client.get_with(&format!("/v1.0/odata/{path}"), headers);
        assert_eq!(response.status, 401, "{path}");
        let text = response.text();
        assert!(text.contains("in the URL"), "{path}: {text}");
        assert!(text.contains("Authorization: Bearer"), "{path}: {text}");
        assert!(
            !text.contains("KEY") && !text.contains("nobody"),
            "{path}: {text}"
        );
    }
    let bare = client.get(LABELS).expect(401);
    assert!(!bare.text().contains("?apikey"), "{}", bare.text());
    let page = server
        .get_with("Label", &[("Prefer", "maxpagesize=1")])
        .expect(200);
    let link = page.json()["@odata.nextLink"].as_str().unwrap().to_owned();
    assert!(!link.contains("apikey"), "{link}");
    server.get("$metadata").expect(200);
}

/// An error that a row's value makes says what went wrong, and nothing of the row (A8).
#[tokio::test]
async fn errors_that_rows_make_tell_nothing_of_them() {
    let server = small().await;
    for path in [
        "Message?$filter=1 div (id sub 5) eq 1",
        "Message?$filter=id mod (id sub 7) eq 1",
        "Message?$compute=1 div (length(content) sub 5) as n",
        "Message?$orderby=1 div (id sub 5)",
        "Message?$filter=id mul 9223372036854775807 gt 0",
        "Message?$filter=substring(content,-1) eq 'x'",
        "Message?$filter=created_at add duration'P9000000D' gt created_at",
        "Message?$apply=compute(1 div (id sub 5) as n)/aggregate(n with sum as s)",
    ] {
        let response = ask(server, path);
        let code = code(path, &response);
        assert!(
            matches!(response.status, 200 | 400),
            "{path}: {}",
            response.text()
        );
        if response.status == 400 {
            assert!(
                ["InvalidOptionValue", "InvalidLiteral"].contains(&&*code),
                "{path}: {code}"
            );
            // The places of a request have numbers; a row's own would be beside them.
            let message = response.json()["error"]["message"]
                .as_str()
                .unwrap()
                .to_owned();
            assert!(
                !message.contains(|c: char| c.is_ascii_digit()),
                "{path}: {message}"
            );
        }
    }
}
