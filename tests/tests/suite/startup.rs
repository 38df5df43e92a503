//! The program meets a database: one that fits, one that lacks this or that, one that is not there.
//! `check` and `serve` say the same about each.

mod command_line;

use crate::grants::grant;
use crate::program::Program;
use local_postgres::Settings;
use std::time::{Duration, Instant};
use tests::{Database, Postgres, Server, fixture};

#[track_caller]
fn check(database: &str, words: &[&str], code: i32) -> String {
    let all = [&["check"], words].concat();
    let ended = Program::start(&all, &[("DATABASE_URL", database)]).end();
    assert_eq!(ended.code, Some(code), "{}{}", ended.stdout, ended.stderr);
    match code {
        0 => ended.stdout,
        _ => ended.stderr,
    }
}

async fn changed(sql: &str) -> Database {
    let database = fixture::small().await;
    database.connect().await.batch_execute(sql).await.unwrap();
    database
}

#[tokio::test]
async fn a_database_that_fits_is_served() {
    // Live Agent's document says that these are numbers.
    let database = changed(
        "ALTER TABLE inboxes DROP COLUMN cognigy_organization_id, DROP COLUMN cognigy_project_id,
             ADD COLUMN cognigy_organization_id bigint, ADD COLUMN cognigy_project_id bigint",
    )
    .await;
    let report = check(&database.connection_string(), &["--strict-schema"], 0);
    assert!(
        report.starts_with("the database matches the model"),
        "{report}"
    );
    assert!(
        report.contains("\n6 of 6 entity sets are served\n"),
        "{report}"
    );
    assert!(
        !report.contains("warning ") && !report.contains("notice "),
        "{report}"
    );
}

#[tokio::test]
async fn indexes_that_a_large_table_lacks_are_recommended() {
    let large = "UPDATE pg_class SET reltuples = 1000000
         WHERE oid IN ('messages'::regclass, 'conversations'::regclass, 'users'::regclass)";
    let index = "CREATE INDEX ON messages (account_id, updated_at, id);";
    let database = changed(&format!("{index}{large}")).await;
    let report = check(&database.connection_string(), &[], 0);
    let advice: Vec<&str> = report
        .lines()
        .filter_map(|line| line.strip_prefix("  advice  "))
        .collect();
    assert_eq!(
        advice,
        [
            r#"CREATE INDEX CONCURRENTLY ON "public"."messages" (account_id, id); -- for pages of Message"#,
            r#"CREATE INDEX CONCURRENTLY ON "public"."messages" (account_id, created_at); -- for filters by time of Message"#,
            r#"CREATE INDEX CONCURRENTLY ON "public"."conversations" (account_id, id); -- for pages of Conversation"#,
            r#"CREATE INDEX CONCURRENTLY ON "public"."conversations" (account_id, created_at); -- for filters by time of Conversation"#,
            r#"CREATE INDEX CONCURRENTLY ON "public"."conversations" (account_id, updated_at); -- for incremental refreshes of Conversation"#,
            "the role may read encrypted_password, reset_password_token, confirmation_token, tokens, pubsub_token of \"public\".\"users\", which are not published; deploy/grants.sql makes one that may not",
        ]
    );
    // They are followed as they are written.
    let client = database.connect().await;
    for advice in &advice[..5] {
        let statement = advice.replace(" CONCURRENTLY", "");
        client.batch_execute(&statement).await.unwrap();
    }
    client.batch_execute(large).await.unwrap();
    let report = check(&database.connection_string(), &[], 0);
    assert!(!report.contains("CREATE INDEX"), "{report}");
}

#[tokio::test]
async fn a_missing_nullable_column_is_null_and_said() {
    let database = changed(
        "ALTER TABLE messages DROP COLUMN source_id; ALTER TABLE accounts DROP COLUMN status",
    )
    .await;
    let url = database.connection_string();
    let report = check(&url, &[], 0);
    assert!(
        report.contains("\n  warning Message.source_id: "),
        "{report}"
    );
    let report = check(&url, &["--strict-schema"], 78);
    assert!(
        report.starts_with("error: the database does not match the model"),
        "{report}"
    );
    assert!(
        report.contains("without --strict-schema the service would start"),
        "{report}"
    );

    let server = Server::start(&database, |_| {});
    let row = server.get("Message(2)").expect(200).json();
    assert!(row["source_id"].is_null() && row.get("source_id").is_some());
    assert_eq!(
        server.get("Message?$filter=source_id eq null").rows().len(),
        16
    );
    assert_eq!(
        server.get("Message?$filter=source_id ne null").rows().len(),
        0
    );
    assert_eq!(
        server.get("Message?$filter=source_id eq 'a'").rows().len(),
        0
    );
    server.get("Message?$orderby=source_id desc,id").expect(200);
    // An old version has no suspended accounts.
    server.get_as("SUSPENDED", "Inbox").expect(200);
}

#[tokio::test]
async fn everything_that_stops_the_start_is_said_at_once() {
    let database = changed(
        "ALTER TABLE labels DROP COLUMN id; ALTER TABLE conversations DROP COLUMN display_id;
         DROP TABLE reporting_events; DROP TABLE access_tokens;
         ALTER TABLE inboxes DROP COLUMN account_id",
    )
    .await;
    let url = database.connection_string();
    let report = check(&url, &[], 78);
    for what in [
        "error   Label",
        "error   Conversation.display_id: ",
        "error   ReportingEvent: ",
        "error   Inbox",
        "error   access tokens: table 'access_tokens' does not exist",
    ] {
        assert!(report.contains(what), "{what}: {report}");
    }
    let program = Program::serve(&url, &[]);
    let ended = program.end();
    assert_eq!(ended.code, Some(78), "{}", ended.stderr);
    let (_, said) = ended.stderr.split_once("error: ").unwrap();
    assert_eq!(format!("error: {said}"), report);
}

#[tokio::test]
async fn another_database_is_told_in_one_line() {
    let database = Database::empty().await;
    let report = check(&database.connection_string(), &[], 78);
    assert_eq!(report.lines().count(), 2, "{report}");
    assert!(report.contains("error   public: there is no such schema, or it has no tables"));
    let database = fixture::small_shared().await;
    let report = check(
        &database.connection_string(),
        &["--database-schema=chat"],
        78,
    );
    assert!(
        report.contains("error   chat: there is no such schema"),
        "{report}"
    );
}

#[tokio::test]
async fn tables_in_another_schema_are_served() {
    let database = changed("ALTER SCHEMA public RENAME TO \"live \"\"agent\"").await;
    let name = "live \"agent";
    let url = database.connection_string();
    check(&url, &["--database-schema", name], 0);
    let server = Server::start(&database, |config| {
        config.resolve.database_schema = name.into();
    });
    assert_eq!(
        server
            .get("Conversation?$expand=labels,messages")
            .rows()
            .len(),
        7
    );
}

#[tokio::test]
async fn a_role_that_may_read_what_is_needed_is_enough() {
    let postgres = Postgres::own(&Settings::default());
    let owner = postgres.connection_string("postgres");
    let (owner, connection) = tokio_postgres::connect(&owner, tokio_postgres::NoTls)
        .await
        .unwrap();
    tokio::spawn(connection);
    fixture::load_small(&owner).await;
    grant(&postgres, "reader");
    let url = postgres.connection_string_as("reader", "postgres");
    let report = check(&url, &[], 0);
    assert!(report.contains("6 of 6 entity sets are served"), "{report}");
    // What it may not read of the credentials is no finding.
    assert!(
        !report.contains("encrypted_password") && !report.contains("advice"),
        "{report}"
    );
    let report = check(&url, &["--publish-credentials"], 0);
    assert!(report.contains("User.encrypted_password"), "{report}");
    {
        let server = Server::start_anyway(&url, |_| {});
        for path in [
            "Message?$expand=conversation,inbox,sender",
            "Conversation?$expand=messages,inbox,assignee,labels,reporting_events",
            "Inbox?$expand=members,conversations,messages,reporting_events",
            "Label?$expand=conversations",
            "ReportingEvent?$expand=conversation,inbox,user",
            "User?$expand=assigned_conversations,sent_messages,inboxes,reporting_events",
        ] {
            assert!(!server.get(path).rows().is_empty(), "{path}");
        }
    }

    // A set whose table may not be read is not there, nor what leads to it.
    owner
        .batch_execute("REVOKE ALL ON labels FROM reader")
        .await
        .unwrap();
    let report = check(&url, &[], 0);
    assert!(
        report.contains("warning Label: the role may not read table 'labels'"),
        "{report}"
    );
    assert!(report.contains("5 of 6 entity sets are served"), "{report}");
    let server = Server::start_anyway(&url, |_| {});
    server.get("Label").expect(404);
    server.get("Conversation?$expand=labels").expect(400);
    server.get("Conversation?$filter=labels/any()").expect(400);
    assert!(!server.get("").expect(200).text().contains("Label"));
    let metadata = server.get("$metadata").expect(200);
    assert!(!metadata.text().contains("Label\"") && !metadata.text().contains("\"labels\""));

    // Who may not see whether an account is suspended lets nobody in.
    owner
        .batch_execute("REVOKE SELECT (status) ON accounts FROM reader")
        .await
        .unwrap();
    let report = check(&url, &[], 78);
    assert!(
        report.contains(
            "error   access tokens: column 'accounts.status' may not be read by the role"
        ),
        "{report}"
    );
}

#[tokio::test]
async fn a_database_that_is_not_there_is_waited_for() {
    let url = "host=127.0.0.1 port=1 user=me password=s3cret dbname=chat";
    let report = check(url, &[], 75);
    assert!(
        report.contains("error: cannot read the database host=127.0.0.1:1 user=me dbname=chat: "),
        "{report}"
    );
    assert!(!report.contains("s3cret"), "{report}");

    // A server that is there, whose database comes later.
    let postgres = Postgres::own(&Settings::default());
    let program = Program::serve(&postgres.connection_string("later"), &[]);
    let client = program.client();
    client.get("/health/live").expect(200);
    client.get("/health/ready").expect(503);
    program.wait_for("the next attempt is in");
    let connect = async |name: &str| {
        let url = postgres.connection_string(name);
        let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls)
            .await
            .unwrap();
        tokio::spawn(connection);
        client
    };
    let owner = connect("postgres").await;
    owner
        .batch_execute("CREATE DATABASE filling")
        .await
        .unwrap();
    let filling = connect("filling").await;
    fixture::load_small(&filling).await;
    drop(filling);
    while owner
        .batch_execute("ALTER DATABASE filling RENAME TO later")
        .await
        .is_err()
    {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    program.wait_for("serving http://");
    client.get("/health/ready").expect(200);
    client
        .clone()
        .token("KEY")
        .get("/v1.0/odata/Inbox")
        .expect(200);
    program.signal("TERM");
    assert_eq!(program.end().code, Some(0));

    // One that comes and does not fit.
    let program = Program::serve(&postgres.connection_string("other"), &[]);
    program.wait_for("the next attempt is in");
    owner.batch_execute("CREATE DATABASE other").await.unwrap();
    let ended = program.end();
    assert_eq!(ended.code, Some(78), "{}", ended.stderr);
}

#[tokio::test]
async fn a_database_that_changes_is_read_again() {
    let database = fixture::small().await;
    let program = Program::serve(&database.connection_string(), &[]);
    program.wait_for("serving http://");
    let client = program.client().token("KEY");
    client.get("/v1.0/odata/Message").expect(200);
    let owner = database.connect().await;
    owner
        .batch_execute("ALTER TABLE messages DROP COLUMN source_id")
        .await
        .unwrap();
    let response = client.get("/v1.0/odata/Message").expect(503);
    assert!(response.header("retry-after").is_some());
    assert!(!response.text().contains("source_id"));
    program.wait_for("Message.source_id");
    let rows = client.get("/v1.0/odata/Message").rows();
    assert!(rows[0]["source_id"].is_null());

    // What no longer fits is no longer served; what fits again is.
    owner
        .batch_execute("ALTER TABLE messages RENAME COLUMN id TO key")
        .await
        .unwrap();
    let until = |status: u16| {
        let since = Instant::now();
        while client.get("/health/ready").status != status {
            client.get("/v1.0/odata/Message");
            assert!(
                since.elapsed() < Duration::from_secs(25),
                "{}",
                program.said()
            );
            std::thread::sleep(Duration::from_millis(100));
        }
    };
    until(503);
    owner
        .batch_execute("ALTER TABLE messages RENAME COLUMN key TO id")
        .await
        .unwrap();
    until(200);
    client.get("/v1.0/odata/Message").expect(200);
}
