//! Who may ask: every kind of token, every way to send one, and what a caller then sees.

use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tests::fixture::{self, AGENT, KEY, OTHER};
use tests::{Response, Server, WAITING_FOR_LOCKS};

const INBOX: &str = "/v1.0/odata/Inbox?$select=id";

fn ids(response: Response) -> Vec<Value> {
    let rows = response.rows();
    rows.into_iter().map(|mut row| row["id"].take()).collect()
}

fn error(response: &Response) -> Value {
    response.json()["error"]["code"].clone()
}

#[tokio::test]
async fn every_kind_of_token_has_its_answer() {
    let server = Server::small().await;
    let longest = "x".repeat(5000);
    for (what, token, status) in [
        ("an administrator's", KEY, 200),
        (
            "administrator of one account and agent of another",
            OTHER,
            200,
        ),
        ("an agent's", AGENT, 403),
        ("administrator of a suspended account", "SUSPENDED", 403),
        ("of a user who is deleted", "DELETED", 401),
        ("of a bot with a user's id", "BOT", 401),
        ("of a platform app with a user's id", "PLATFORM", 401),
        ("nobody's", "nobody", 401),
        ("of other letters", "key", 401),
        ("longer than any", &longest, 401),
    ] {
        let response = server.of(token).get(INBOX);
        assert_eq!(response.status, status, "{what}: {}", response.text());
        assert!(response.complete);
        let expected = match status {
            401 => json!("Unauthorized"),
            403 => json!("Forbidden"),
            _ => Value::Null,
        };
        assert_eq!(error(&response), expected, "{what}");
        let challenges = response
            .headers
            .iter()
            .filter(|(name, _)| name == "www-authenticate");
        assert_eq!(
            challenges.count(),
            if status == 401 { 2 } else { 0 },
            "{what}"
        );
        assert_eq!(response.header("cache-control"), Some("no-store"));
        assert!(!response.text().contains(token), "{what}");
    }
    // What there is no token for looks like what is nobody's.
    let bodies =
        ["DELETED", "BOT", "PLATFORM", "nobody"].map(|token| server.of(token).get(INBOX).body);
    assert!(bodies.iter().all(|body| *body == bodies[0]));
}

#[tokio::test]
async fn the_scope_is_the_accounts_that_are_administered() {
    let server = Server::small().await;
    assert_eq!(ids(server.get("Inbox")), [1, 2, 3]);
    // Also an agent of account 1, which gives nothing.
    assert_eq!(ids(server.get_as(OTHER, "Inbox")), [4]);
    // Users by any role in the scope, each once; a super administrator's token gives no more.
    assert_eq!(ids(server.get("User")), [1, 2, 3, 4]);
    assert_eq!(ids(server.get_as(OTHER, "User")), [2, 4]);

    let database = fixture::small().await;
    let client = database.connect().await;
    client
        .batch_execute(
            "DROP INDEX uniq_user_id_per_account_id;
             UPDATE account_users SET role = 1 WHERE user_id = 4;
             INSERT INTO account_users (account_id, user_id, role, created_at, updated_at)
             VALUES (3, 4, 1, now(), now()), (99, 4, 1, now(), now()), (2, 4, 1, now(), now())",
        )
        .await
        .unwrap();
    let server = Server::start(&database, |_| {});
    // Not the suspended one, nor the one that is gone; memberships that are there twice do no harm.
    assert_eq!(ids(server.get_as(OTHER, "Inbox")), [1, 2, 3, 4]);
    assert_eq!(ids(server.get_as(OTHER, "User")), [1, 2, 3, 4]);
}

#[tokio::test]
async fn a_token_comes_in_five_ways() {
    let server = Server::small().await;
    let client = server.client();
    let check = |path: &str, headers: &[(&str, &str)], status: u16| {
        let response = client.get_with(path, headers);
        assert_eq!(
            response.status,
            status,
            "{path} {headers:?} {}",
            response.text()
        );
    };
    check(INBOX, &[("Authorization", "Bearer KEY")], 200);
    check(INBOX, &[("Authorization", "bearer  KEY")], 200);
    check(INBOX, &[("Authorization", "Basic dXNlcjpLRVk=")], 200);
    check(INBOX, &[("Authorization", "Basic OktFWQ==")], 200);
    check(INBOX, &[("apikey", "KEY")], 200);
    check(INBOX, &[("ApiKey", "KEY")], 200);
    check("/v1.0/odata/Inbox?apikey=KEY", &[], 200);
    check("/v1.0/odata/Inbox?%61pikey=%4bEY", &[], 200);
    check("/v1.0/odata/Inbox?apikey=KEY", &[("apikey", "KEY")], 200);
    // None.
    check(INBOX, &[], 401);
    check("/v1.0/odata/Inbox?apikey=", &[], 401);
    check("/v1.0/odata/Inbox?apikey=%ff", &[], 401);
    check(INBOX, &[("apikey", "")], 401);
    check(INBOX, &[("Authorization", "Bearer")], 401);
    check(INBOX, &[("Authorization", "Basic a2V5")], 401);
    check(INBOX, &[("Authorization", "Digest KEY")], 401);
    check("/v1.0/odata/Inbox?apiKey=KEY", &[], 401);
    // No URL may hold that character.
    check("/v1.0/odata/Inbox?apikey=%00", &[], 400);
    // Several that differ.
    check("/v1.0/odata/Inbox?apikey=KEY", &[("apikey", "OTHER")], 400);
    check("/v1.0/odata/Inbox?apikey=KEY&apikey=OTHER", &[], 400);
    let both = [("Authorization", "Bearer KEY"), ("apikey", "OTHER")];
    check(INBOX, &both, 400);
    // A request that is wrong takes no look at the token's owner, and none is told what is wrong
    // without one.
    check("/v1.0/odata/Inbox?$top=x", &[], 401);
    check("/v1.0/odata/Inbox?$top=x&apikey=KEY", &[], 400);
}

#[tokio::test]
async fn descriptions_are_open_unless_they_are_private() {
    let server = Server::small().await;
    for path in ["/v1.0/odata", "/v1.0/odata/", "/v1.0/odata/$metadata"] {
        server.client().get(path).expect(200);
        server
            .client()
            .get(&format!("{path}?apikey=KEY"))
            .expect(200);
    }
    let database = fixture::small_shared().await;
    let private = Server::start(&database, |config| config.settings.private_metadata = true);
    for path in ["/v1.0/odata", "/v1.0/odata/", "/v1.0/odata/$metadata"] {
        private.client().get(path).expect(401);
        private.of("nobody").get(path).expect(401);
        private.of(AGENT).get(path).expect(403);
        private.of(KEY).get(path).expect(200);
    }
}

#[tokio::test]
async fn a_next_link_has_the_token_only_where_the_url_had_it() {
    let server = Server::small().await;
    let small = ("Prefer", "odata.maxpagesize=1");
    let next = |response: Response| {
        let page = response.expect(200).json();
        page["@odata.nextLink"].as_str().unwrap().to_owned()
    };
    let path = |link: &str| {
        link.split_once(&server.address().to_string())
            .unwrap()
            .1
            .to_owned()
    };

    let link = next(server.get_with("Inbox?$select=id", &[small]));
    assert!(!link.contains("apikey") && !link.contains(KEY), "{link}");
    assert_eq!(ids(server.of(KEY).get(&path(&link))), [2]);

    let link = next(
        server
            .client()
            .get_with("/v1.0/odata/Inbox?apikey=KEY&$select=id", &[small]),
    );
    assert!(link.contains("apikey=KEY"), "{link}");
    assert_eq!(ids(server.client().get(&path(&link))), [2]);

    // By both: the header goes on carrying it.
    let both = [small, ("apikey", KEY)];
    let link = next(
        server
            .client()
            .get_with("/v1.0/odata/Inbox?apikey=KEY&$select=id", &both),
    );
    assert!(!link.contains("apikey"), "{link}");

    // It dies with the token, and is nobody else's.
    let link = next(server.get_with("Inbox?$select=id", &[small]));
    server.of(OTHER).get(&path(&link)).expect(400);
    server.of("nobody").get(&path(&link)).expect(401);
}

#[tokio::test]
async fn another_accounts_rows_are_not_there() {
    let server = Server::small().await;
    for path in [
        "Conversation(7)",
        "Conversation(7)/messages",
        "Message(15)",
        "Inbox(4)",
        "Label(4)",
        "Label(5)",
        "ReportingEvent(10)",
        "ReportingEvent(12)",
        "User(5)",
        "User(6)",
        "Conversation(7)/inbox/name",
        "Conversation(7)/messages/$count",
    ] {
        let response = server.get(path).expect(404);
        assert_eq!(error(&response), "ResourceNotFound", "{path}");
    }
    assert_eq!(ids(server.get("Conversation(1)/messages")), [1, 2, 3, 4]);
    for filter in [
        "account_id eq 2",
        "inbox/account_id eq 2",
        "messages/any(m: m/account_id eq 2)",
        "messages/any(m: m/id eq 15)",
        "inbox/id eq 4",
        "labels/any(l: l/id eq 4)",
    ] {
        let rows = ids(server.get(&format!("Conversation?$filter={filter}")));
        assert_eq!(rows, [0; 0], "{filter}");
    }
    let count = server.get("Message/$count").expect(200);
    assert_eq!(count.text(), "16");
    let message = server
        .get("Message(17)?$expand=conversation,inbox,sender")
        .expect(200)
        .json();
    assert_eq!(message["conversation"], Value::Null);
    assert_eq!(message["inbox"], Value::Null);
    // Account 2's administrator is an agent of account 1 too, and so a user that it sees.
    assert_eq!(message["sender"]["id"], 4);
}

const CREDENTIALS: [&str; 5] = [
    "encrypted_password",
    "reset_password_token",
    "confirmation_token",
    "tokens",
    "pubsub_tokens",
];

#[tokio::test]
async fn credentials_are_null_and_out_of_reach() {
    let server = Server::small().await;
    let user = server.get("User(1)").expect(200);
    assert!(!user.text().contains("secret-1") && !user.text().contains("t-1"));
    for name in CREDENTIALS {
        assert_eq!(user.json()[name], Value::Null, "{name}");
        for path in [
            format!("User?$filter={name} ne null"),
            format!("User?$orderby={name}"),
            format!("User?$filter=startswith({name},'a')"),
            format!("Conversation?$filter=assignee/{name} ge 'a'"),
            format!("Conversation?$orderby=assignee/{name}"),
            format!("Inbox?$filter=members/any(m: m/{name} ne null)"),
            format!("Inbox?$expand=members($filter={name} ne null)"),
            format!("User?$apply=groupby(({name}))"),
        ] {
            let response = server.get(&path);
            assert!(
                matches!(response.status, 400 | 501),
                "{path}: {}",
                response.text()
            );
        }
    }
    let metadata = server.client().get("/v1.0/odata/$metadata");
    for name in CREDENTIALS {
        let property = format!("<Property Name=\"{name}\"");
        assert!(metadata.text().contains(&property), "{name}");
    }
    let database = fixture::small_shared().await;
    let published = Server::start(&database, |config| config.resolve.publish_secrets = true);
    let user = published.get("User(1)").expect(200).json();
    assert_eq!(user["encrypted_password"], "$2a$11$secret-1");
    assert_eq!(user["pubsub_tokens"], "pubsub-1");
    assert_eq!(
        ids(published.get("User?$filter=pubsub_tokens eq 'pubsub-1'")),
        [1]
    );
}

#[tokio::test]
async fn what_changes_is_seen_within_the_time_of_the_cache() {
    let database = fixture::small().await;
    let client = database.connect().await;
    let server = Server::start(&database, |_| {});
    server.get(INBOX).expect(200);
    server.get_as("LATER", INBOX).expect(401);
    client
        .batch_execute(
            "UPDATE access_tokens SET token = 'LATER' WHERE token = 'KEY';
             DELETE FROM account_users WHERE user_id = 4 AND role = 1",
        )
        .await
        .unwrap();
    let since = Instant::now();
    // When the last request began that was answered as before.
    let last_before = |token: &str, status: u16| {
        let mut last = Duration::ZERO;
        loop {
            let begun = since.elapsed();
            if server.get_as(token, INBOX).status == status {
                return last;
            }
            last = begun;
            assert!(last < Duration::from_secs(13), "{token}");
            std::thread::sleep(Duration::from_millis(50));
        }
    };
    server.get_as(OTHER, INBOX).expect(403);
    // An unknown token is asked for again soon, a known one is believed a little longer.
    let unknown = last_before("LATER", 200);
    assert!(unknown < Duration::from_secs(4), "{unknown:?}");
    let known = last_before(KEY, 401);
    assert!(
        known > unknown && known < Duration::from_secs(12),
        "{known:?}"
    );
}

#[tokio::test]
async fn of_many_requests_with_one_token_one_asks_and_no_stream_keeps_it_waiting() {
    let database = fixture::small().await;
    let url = database.connection_string() + WAITING_FOR_LOCKS;
    let server = Server::start_anyway(&url, |config| config.pool.size = 1);
    let mut client = database.connect().await;
    let watcher = database.connect().await;
    // The one connection for answers waits for this lock.
    let lock = client.transaction().await.unwrap();
    lock.batch_execute("LOCK TABLE labels").await.unwrap();
    server.get("Inbox").expect(200);
    let waiting = server.of(KEY);
    let waiting = std::thread::spawn(move || waiting.get("/v1.0/odata/Label"));
    let waits = async |what: &str| {
        let sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
                   AND wait_event_type = 'Lock' AND query LIKE $1";
        let row = watcher.query_one(sql, &[&what]).await.unwrap();
        row.get::<_, i64>(0)
    };
    let until_one_waits = async |what: &str| {
        let since = Instant::now();
        while waits(what).await == 0 {
            assert!(since.elapsed() < Duration::from_secs(20), "{what}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    until_one_waits("%labels%").await;
    server.get_as("nobody", INBOX).expect(401);
    server.get("Inbox(1)").expect(200);
    assert!(!waiting.is_finished());
    lock.rollback().await.unwrap();
    waiting.join().unwrap().expect(200);

    let lock = client.transaction().await.unwrap();
    lock.batch_execute("LOCK TABLE access_tokens")
        .await
        .unwrap();
    let asking: Vec<_> = (0..20)
        .map(|_| {
            let client = server.of(OTHER);
            std::thread::spawn(move || client.get("/v1.0/odata/Inbox(4)"))
        })
        .collect();
    until_one_waits("%access_tokens%").await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    // There are two connections for it: more than one look-up would show.
    assert_eq!(waits("%access_tokens%").await, 1);
    lock.rollback().await.unwrap();
    for response in asking {
        response.join().unwrap().expect(200);
    }
}
