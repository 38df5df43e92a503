//! What the program is told by its command line and its environment, and what it says by its codes,
//! its output and its log.

use super::changed;
use crate::program::{Program, run};
use std::net::TcpListener;
use tests::fixture;

#[tokio::test]
async fn what_is_wrong_with_the_command_line_is_64_and_a_port_that_is_taken_69() {
    for words in [
        &["serve"][..],
        &[
            "serve",
            "--database-url=postgres://me:s3cret@db/chat",
            "--page-size=0",
        ],
        &[
            "serve",
            "--database-url=postgres://me:s3cret@db/chat",
            "--log-level=a=loud",
        ],
        &["serve", "--database-url=postgres://me:s3cret@db:port/chat"],
        &[
            "check",
            "--database-url=postgres://me:s3cret@db/chat?sslrootcert=/no/such&sslmode=verify-ca",
        ],
        &["metadata", "--format=yaml"],
        &["fly"],
        &[],
    ] {
        let ended = run(words);
        assert_eq!(ended.code, Some(64), "{words:?}: {}", ended.stderr);
        assert!(
            !ended.stderr.is_empty() && !ended.stderr.contains("s3cret"),
            "{words:?}"
        );
    }
    let help = run(&["serve", "--help"]);
    assert_eq!(help.code, Some(0));
    assert!(help.stdout.contains("[default: 127.0.0.1:8080]"));

    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let database = fixture::small_shared().await;
    let url = database.connection_string();
    let program = Program::start(&["serve", "--listen", &address], &[("DATABASE_URL", &url)]);
    let ended = program.end();
    assert_eq!(ended.code, Some(69), "{}", ended.stderr);
    assert!(
        ended
            .stderr
            .contains(&format!("error: cannot listen on {address}: "))
    );
}

#[tokio::test]
async fn the_declared_model_is_printed_without_a_database() {
    let ended = run(&["metadata"]);
    assert_eq!(ended.code, Some(0));
    assert!(ended.stdout.starts_with("<?xml") && ended.stdout.ends_with("</edmx:Edmx>\n"));
    assert!(
        ended
            .stdout
            .contains("<Property Name=\"cognigy_organization_id\" Type=\"Edm.Int64\"")
    );
    assert!(ended.stderr.contains("this is the declared model"));
    let ended = run(&["metadata", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(json["$Version"], "4.01");
}

#[tokio::test]
async fn options_come_from_the_environment_and_the_command_line_counts_more() {
    let database = fixture::small_shared().await;
    let url = database.connection_string();
    let variables = [
        ("DATABASE_URL", &*url),
        ("ODATA_LISTEN", "127.0.0.1:0"),
        ("ODATA_PAGE_SIZE", "2"),
        ("ODATA_PRIVATE_METADATA", "true"),
        ("ODATA_PUBLIC_URL", "https://bi.example/chat/"),
        ("ODATA_LOG_FORMAT", "json"),
    ];
    let program = Program::start(&["serve", "--page-size=1"], &variables);
    program.wait_for("serving http://");
    let client = program.client();
    client.get("/v1.0/odata/$metadata").expect(401);
    let page = client
        .token("KEY")
        .get("/v1.0/odata/Inbox")
        .expect(200)
        .json();
    assert_eq!(page["value"].as_array().unwrap().len(), 1);
    let link = page["@odata.nextLink"].as_str().unwrap();
    assert!(
        link.starts_with("https://bi.example/chat/v1.0/odata/Inbox?"),
        "{link}"
    );
    program.signal("INT");
    let ended = program.end();
    assert_eq!(ended.code, Some(0));
    for line in ended.stderr.lines() {
        assert!(
            serde_json::from_str::<serde_json::Value>(line).is_ok(),
            "{line}"
        );
    }
}

#[tokio::test]
async fn no_log_at_any_level_has_a_token() {
    let database =
        changed("UPDATE access_tokens SET token = 'T0ken/+T0ken' WHERE token = 'KEY'").await;
    let url = database.connection_string();
    let words = ["--log-level=trace", "--log-format=json"];
    let program = Program::serve(&url, &words);
    program.wait_for("serving http://");
    let client = program.client();
    for path in [
        "/v1.0/odata/Inbox?apikey=T0ken%2F%2BT0ken",
        "/v1.0/odata/Inbox?%61pikey=T0ken/%2bT0ken",
        "/v1.0/odata/Inbox?$top=x&apikey=T0ken%2F%2BT0ken",
        "/v1.0/odata/Inbox?apikey=T0ken-unknown",
        "/v1.0/odata/Conversation(1)?apikey=T0ken%2F%2BT0ken&$expand=messages",
    ] {
        client.get(path);
    }
    client
        .clone()
        .token("T0ken/+T0ken")
        .get("/v1.0/odata/Inbox")
        .expect(200);
    client
        .get_with("/v1.0/odata/Inbox", &[("apikey", "T0ken/+T0ken")])
        .expect(200);
    let basic = [("Authorization", "Basic OlQwa2VuLytUMGtlbg==")];
    client.get_with("/v1.0/odata/Inbox", &basic).expect(200);
    program.signal("TERM");
    let ended = program.end();
    assert_eq!(ended.code, Some(0));
    assert!(
        ended.stderr.contains("\"set\":\"Inbox\""),
        "requests are logged at this level"
    );
    for secret in ["T0ken", "apikey", "OlQwa2Vu"] {
        let lines: Vec<&str> = ended
            .stderr
            .lines()
            .filter(|line| line.contains(secret))
            .collect();
        assert!(lines.is_empty(), "{secret}: {lines:#?}");
    }
}
