//! Databases unlike the demo's: other versions of Chatwoot, other widths and types, roles that may
//! read less. What they have is served as the demo's would be.

use crate::grants::grant;
use crate::wall;
use local_postgres::Settings;
use odata_core::edm::Severity;
use serde_json::Value;
use tests::{Postgres, Server, fixture};

/// Every set and navigation.
const PATHS: &[&str] = &[
    "Message?$expand=conversation,inbox,sender",
    "Conversation?$expand=messages,inbox,assignee,labels,reporting_events",
    "Inbox?$expand=members,conversations,messages,reporting_events",
    "Label?$expand=conversations",
    "ReportingEvent?$expand=conversation,inbox,user",
    "User?$expand=assigned_conversations,sent_messages,inboxes,reporting_events",
    "Message?$filter=created_at ge 2021-11-23T00:00:00Z and sender/id eq 1",
    "Conversation?$filter=created_at eq 2021-11-23T00:00:00Z or snoozed_until gt 2021-01-01T00:00:00Z",
    "Conversation?$filter=id in (1,3) or inbox/id eq 2&$orderby=updated_at desc",
    "Conversation?$filter=labels/any(l: l/title eq 'billing')",
    "ReportingEvent?$apply=groupby((inbox_id,name),aggregate(value with sum as s,$count as n))&$orderby=inbox_id,name",
    "Inbox(1)/members",
    "User(1)/sent_messages/$count",
];

/// The answers of a service, without where it stands.
fn answers(server: &Server) -> Vec<(u16, String)> {
    let root = server.root();
    let answer = |path: &&str| {
        let response = server.get(path);
        (response.status, response.text().replace(&root, ""))
    };
    PATHS.iter().map(answer).collect()
}

/// What is said about the small world after a change: each finding's severity and subject.
async fn changed(sql: &str) -> (Server, Vec<(Severity, String)>, tests::Database) {
    let database = fixture::small().await;
    database.connect().await.batch_execute(sql).await.unwrap();
    let server = Server::start_anyway(&database.connection_string(), |_| {});
    let findings = server.report().expect("it is read").findings.clone();
    (
        server,
        findings
            .into_iter()
            .map(|found| (found.severity, found.what))
            .collect(),
        database,
    )
}

/// What is said about the small world as it is.
async fn usual() -> Vec<(Severity, String)> {
    changed("").await.1
}

#[tokio::test]
async fn other_names_and_widths_change_no_answer() {
    let expect = answers(&Server::small().await);
    for (what, sql) in [
        (
            "the names of the published document",
            "ALTER TABLE inboxes RENAME COLUMN out_of_office_message TO out_of_office_enabled;
             ALTER TABLE users RENAME COLUMN reset_password_sent_at TO reset_password_send_at;
             ALTER TABLE users RENAME COLUMN pubsub_token TO pubsub_tokens",
        ),
        (
            "an old version, without what Live Agent does not publish",
            "ALTER TABLE reporting_events RENAME TO events;
             ALTER TABLE users DROP COLUMN type, DROP COLUMN message_signature, DROP COLUMN otp_secret,
                 DROP COLUMN consumed_timestep, DROP COLUMN otp_required_for_login, DROP COLUMN otp_backup_codes;
             ALTER TABLE messages DROP COLUMN additional_attributes, DROP COLUMN sentiment, DROP COLUMN processed_message_content;
             ALTER TABLE conversations DROP COLUMN first_reply_created_at, DROP COLUMN priority, DROP COLUMN waiting_since,
                 DROP COLUMN cached_label_list; DROP TABLE teams",
        ),
        (
            "wide keys",
            "ALTER TABLE messages ALTER id TYPE int8, ALTER account_id TYPE int8, ALTER inbox_id TYPE int8, ALTER conversation_id TYPE int8;
             ALTER TABLE conversations ALTER id TYPE int8, ALTER account_id TYPE int8, ALTER inbox_id TYPE int8, ALTER assignee_id TYPE int8;
             ALTER TABLE inboxes ALTER id TYPE int8, ALTER account_id TYPE int8, ALTER channel_id TYPE int8;
             ALTER TABLE users ALTER id TYPE int8;
             ALTER TABLE reporting_events ALTER account_id TYPE int8, ALTER inbox_id TYPE int8, ALTER user_id TYPE int8, ALTER conversation_id TYPE int8;
             ALTER TABLE taggings ALTER taggable_id TYPE int8, ALTER tag_id TYPE int8; ALTER TABLE tags ALTER id TYPE int8;
             ALTER TABLE inbox_members ALTER inbox_id TYPE int8, ALTER user_id TYPE int8; ALTER TABLE accounts ALTER id TYPE int8",
        ),
        (
            "narrow keys",
            "ALTER TABLE labels ALTER id TYPE int4, ALTER account_id TYPE int4; ALTER TABLE reporting_events ALTER id TYPE int4;
             ALTER TABLE messages ALTER sender_id TYPE int4, ALTER status TYPE int2, ALTER content_type TYPE int2;
             ALTER TABLE conversations ALTER contact_id TYPE int2, ALTER team_id TYPE int4, ALTER display_id TYPE int2;
             ALTER TABLE account_users ALTER account_id TYPE int4, ALTER user_id TYPE int4; ALTER TABLE access_tokens ALTER owner_id TYPE int4",
        ),
        (
            "times with a time zone, texts of other types",
            "SET TimeZone = 'UTC';
             ALTER TABLE messages ALTER created_at TYPE timestamptz, ALTER updated_at TYPE timestamp(6);
             ALTER TABLE conversations ALTER created_at TYPE timestamptz, ALTER updated_at TYPE timestamptz, ALTER snoozed_until TYPE timestamptz;
             ALTER TABLE reporting_events ALTER event_start_time TYPE timestamptz;
             ALTER TABLE inboxes ALTER name TYPE text; ALTER TABLE labels ALTER title TYPE text;
             ALTER TABLE messages ALTER content TYPE varchar; ALTER TABLE tags ALTER name TYPE text;
             ALTER TABLE users ALTER availability TYPE int2, ALTER ui_settings TYPE jsonb USING ui_settings",
        ),
    ] {
        let (server, findings, _database) = changed(sql).await;
        assert_eq!(findings, usual().await, "{what}: {}", server.report().unwrap());
        for ((path, answer), expect) in PATHS.iter().zip(answers(&server)).zip(&expect) {
            assert_eq!(answer, *expect, "{what}: {path}");
        }
    }
}

#[tokio::test]
async fn what_an_old_version_lacks_is_null() {
    let (server, findings, _database) = changed(
        "ALTER TABLE reporting_events RENAME TO events; ALTER TABLE accounts DROP COLUMN status;
         ALTER TABLE users DROP COLUMN cognigy_user_id, DROP COLUMN custom_attributes, DROP COLUMN pubsub_token;
         ALTER TABLE conversations DROP COLUMN cognigy_session_id, DROP COLUMN snoozed_until, DROP COLUMN team_id,
             DROP COLUMN campaign_id, DROP COLUMN assignee_last_seen_at;
         ALTER TABLE messages DROP COLUMN external_source_ids, DROP COLUMN sender_type, DROP COLUMN private;
         ALTER TABLE inboxes DROP COLUMN conversation_show_all, DROP COLUMN cognigy_project_id",
    )
    .await;
    let usual = usual().await;
    let new: Vec<&str> = findings
        .iter()
        .filter(|found| !usual.contains(found))
        .map(|(_, what)| &**what)
        .collect();
    for what in [
        "User.cognigy_user_id",
        "User.custom_attributes",
        "Conversation.cognigy_session_id",
        "Conversation.snoozed_until",
        "Conversation.team_id",
        "Conversation.campaign_id",
        "Conversation.assignee_last_seen_at",
        "Message.external_source_ids",
        "Message.sender_type",
        "Message.private",
        "Inbox.conversation_show_all",
    ] {
        assert!(new.contains(&what), "{what}: {}", server.report().unwrap());
    }
    assert!(
        findings
            .iter()
            .all(|(severity, _)| *severity <= Severity::Warning)
    );
    for path in PATHS {
        server.get(path).expect(200);
    }
    let ids = |url: &str| -> Vec<i64> {
        server
            .get(url)
            .rows()
            .iter()
            .map(|row| row["id"].as_i64().unwrap())
            .collect()
    };
    // Null in rows is null in expressions, of the declared type.
    let all = ids("Conversation");
    assert!(
        server
            .get("Conversation")
            .rows()
            .iter()
            .all(|row| row["snoozed_until"] == Value::Null && row["team_id"] == Value::Null)
    );
    for (filter, expect) in [
        ("snoozed_until eq null", &all),
        ("snoozed_until ne null", &vec![]),
        ("snoozed_until gt 2021-01-01T00:00:00Z", &vec![]),
        ("not (snoozed_until gt 2021-01-01T00:00:00Z)", &all),
        ("year(snoozed_until) eq 2021", &vec![]),
        ("team_id eq 1", &vec![]),
        ("team_id ne 1", &all),
        ("team_id add 1 eq null", &all),
        ("team_id in (1,2)", &vec![]),
        ("team_id in (1,null)", &all),
        ("contains(cognigy_session_id,'a')", &vec![]),
        ("concat(cognigy_session_id,'a') eq null", &all),
        ("length(cognigy_session_id) eq null", &all),
        ("assignee/custom_attributes eq null", &all),
        ("messages/any(m: m/private eq true)", &vec![]),
    ] {
        assert_eq!(
            &ids(&format!("Conversation?$filter={filter}&$select=id")),
            expect,
            "{filter}"
        );
    }
    assert_eq!(
        ids("Conversation?$orderby=team_id desc,snoozed_until,id&$select=id"),
        all
    );
    for url in [
        "Conversation?$apply=groupby((team_id,snoozed_until),aggregate($count as n))",
        "Conversation?$apply=aggregate(team_id with sum as s)",
        "Message?$filter=sender/id eq 1",
        "Message?$apply=groupby((private))",
        "Conversation(1)/snoozed_until",
        "Message?$expand=sender",
    ] {
        let response = server.get(url);
        assert!(
            matches!(response.status, 200 | 204 | 400),
            "{url}: {}",
            response.text()
        );
    }
}

#[tokio::test]
async fn properties_follow_types_that_hold_more() {
    let (server, findings, _database) = changed(
        "ALTER TABLE conversations ALTER display_id TYPE int8, ALTER team_id TYPE varchar;
         ALTER TABLE reporting_events ALTER value TYPE numeric USING round(nullif(value, 'Infinity')::numeric, 2);
         ALTER TABLE inboxes DROP COLUMN cognigy_project_id, ADD COLUMN cognigy_project_id int8;
         UPDATE inboxes SET cognigy_project_id = 9007199254740993",
    )
    .await;
    let has = |severity, what: &str| findings.contains(&(severity, what.to_owned()));
    // In fact hex strings: that the document says Number is reported.
    assert!(
        has(Severity::Warning, "Inbox.cognigy_organization_id"),
        "{findings:?}"
    );
    assert!(
        !has(Severity::Warning, "Inbox.cognigy_project_id"),
        "{findings:?}"
    );
    assert!(
        has(Severity::Warning, "Conversation.team_id")
            && has(Severity::Warning, "ReportingEvent.value"),
        "{findings:?}"
    );
    let metadata = server.get("$metadata").expect(200);
    for property in [
        r#"Name="cognigy_organization_id" Type="Edm.String""#,
        r#"Name="cognigy_project_id" Type="Edm.Int64""#,
        r#"Name="team_id" Type="Edm.String""#,
        r#"Name="value" Type="Edm.Decimal""#,
        r#"Name="display_id" Type="Edm.Int64""#,
    ] {
        assert!(metadata.text().contains(property), "{property}");
    }
    assert_eq!(
        server
            .get("Inbox?$filter=cognigy_organization_id eq '610beacff0a1'")
            .rows()
            .len(),
        1
    );
    assert_eq!(
        server
            .get("Inbox?$filter=cognigy_project_id eq 9007199254740993")
            .rows()
            .len(),
        3
    );
    assert!(
        server
            .get("Inbox(1)")
            .text()
            .contains("\"cognigy_project_id\":9007199254740993")
    );
    assert_eq!(
        server.get("Conversation?$filter=team_id eq '1'").rows()[0]["team_id"],
        "1"
    );
    server.get("Conversation?$filter=team_id eq 1").expect(400);
    assert!(
        server
            .get("ReportingEvent(7)")
            .text()
            .contains("\"value\":42.25")
    );
}

#[tokio::test]
async fn every_fault_is_listed_and_nothing_is_served() {
    let (server, findings, _database) = changed(
        "ALTER TABLE messages DROP COLUMN id; ALTER TABLE labels DROP COLUMN account_id; ALTER TABLE conversations DROP COLUMN uuid;
         DROP TABLE account_users; ALTER TABLE users DROP COLUMN name; ALTER TABLE inboxes ALTER account_id TYPE varchar;
         DROP TABLE reporting_events; ALTER TABLE access_tokens DROP COLUMN owner_type",
    )
    .await;
    let errors: Vec<&str> = findings
        .iter()
        .filter(|(severity, _)| *severity == Severity::Error)
        .map(|(_, what)| &**what)
        .collect();
    for what in [
        "Message.id",
        "Label",
        "Conversation.uuid",
        "User",
        "User.name",
        "Inbox",
        "ReportingEvent",
        "access tokens",
    ] {
        assert!(
            errors.contains(&what),
            "{what}: {}",
            server.report().unwrap()
        );
    }
    for path in ["Message", "Conversation", "$metadata"] {
        server.get(path).expect(503);
    }
    server.client().get("/health/ready").expect(503);
    server.client().get("/health/live").expect(200);
}

/// The role of deploy/grants.sql gets the answers that the owner gets, over everything that the
/// tenant's wall asks.
#[tokio::test]
async fn the_granted_role_gets_the_owners_answers() {
    let postgres = Postgres::own(&Settings::default());
    let (owner, connection) = tokio_postgres::connect(
        &postgres.connection_string("postgres"),
        tokio_postgres::NoTls,
    )
    .await
    .unwrap();
    tokio::spawn(connection);
    wall::load(&owner).await;
    grant(&postgres, "reader");
    let mine = Server::start_anyway(&postgres.connection_string("postgres"), |_| {});
    let theirs = Server::start_anyway(&postgres.connection_string_as("reader", "postgres"), |_| {});
    let severities = |server: &Server| {
        server
            .report()
            .unwrap()
            .findings
            .iter()
            .map(|found| (found.severity, found.what.clone()))
            .collect::<Vec<_>>()
    };
    assert_eq!(severities(&mine), severities(&theirs));
    for url in wall::urls::urls(wall::A) {
        let (one, other) = (mine.get(&url), theirs.get(&url));
        assert_eq!(other.status, one.status, "{url}: {}", other.text());
        assert_eq!(
            other.text().replace(&theirs.root(), ""),
            one.text().replace(&mine.root(), ""),
            "{url}"
        );
    }

    // Less than that: a column that may be null, link tables.
    owner
        .batch_execute(
            "REVOKE SELECT (content) ON messages FROM reader; REVOKE ALL ON inbox_members FROM reader; REVOKE ALL ON tags FROM reader",
        )
        .await
        .unwrap();
    let less = Server::start_anyway(&postgres.connection_string_as("reader", "postgres"), |_| {});
    let report = less.report().unwrap();
    assert!(report.fits(), "{report}");
    let said = report.to_string();
    for what in [
        "Message.content",
        "Inbox.members",
        "User.inboxes",
        "Conversation.labels",
        "Label.conversations",
    ] {
        assert!(
            said.contains(&format!("warning {what}: ")),
            "{what}: {said}"
        );
    }
    assert!(
        less.get("Message")
            .rows()
            .iter()
            .all(|row| row["content"].is_null())
    );
    assert_eq!(
        less.get("Message/$count?$filter=content eq null").text(),
        "150"
    );
    less.get("Inbox?$expand=members").expect(400);
    less.get("Inbox?$expand=*").expect(200);
    less.get("Conversation?$expand=*").expect(200);
    assert!(!less.get("$metadata").text().contains("Name=\"members\""));

    // Less than the service can do without.
    owner.batch_execute("REVOKE SELECT (id) ON conversations FROM reader; REVOKE SELECT (account_id) ON messages FROM reader").await.unwrap();
    let none = Server::start_anyway(&postgres.connection_string_as("reader", "postgres"), |_| {});
    let report = none.report().unwrap();
    assert!(!report.fits());
    let said = report.to_string();
    assert!(
        said.contains("error   Conversation.id: ") && said.contains("error   Message"),
        "{said}"
    );
    none.get("Inbox").expect(503);
}

#[tokio::test]
async fn a_column_that_changes_its_type_is_never_read_as_what_it_was() {
    let (server, _, database) = changed("").await;
    let client = database.connect().await;
    let path = "Conversation?$select=additional_attributes,status&$top=1";
    for path in [path, "Conversation(1)?$select=additional_attributes,status"] {
        server.get(path).expect(200);
    }
    for change in [
        "ALTER TABLE conversations ALTER additional_attributes TYPE json USING additional_attributes::json",
        "ALTER TABLE conversations ALTER additional_attributes TYPE jsonb USING additional_attributes::jsonb,
             ALTER status TYPE int8",
    ] {
        client.batch_execute(change).await.unwrap();
        for path in [path, "Conversation(1)?$select=additional_attributes,status"] {
            let response = server.get(path);
            assert_eq!(response.status, 503, "{change}: {}", response.text());
        }
    }
}
