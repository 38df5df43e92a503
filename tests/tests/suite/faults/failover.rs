//! Two servers with the same data, of which one breaks; a standby, which takes over.

use super::{PATIENCE, is_error, of};
use crate::health::until_ready;
use crate::large::Large;
use local_postgres::{Server as Postgres, Settings};
use serde_json::Value;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use tests::Server;
use tests::proxy::{Fault, Proxy, row};

fn both(first: &Proxy, second: &Proxy, rest: &str) -> String {
    format!(
        "host=127.0.0.1,127.0.0.1 port={},{} user=postgres dbname=postgres sslmode=disable {rest}",
        first.address().port(),
        second.address().port()
    )
}

#[tokio::test]
async fn the_other_server_takes_over() {
    let (mut one, two) = tokio::join!(Large::new(3_000), Large::new(3_000));
    let (first, second) = (Proxy::start(&one.postgres), Proxy::start(&two.postgres));
    let server = Server::start_anyway(&both(&first, &second, "connect_timeout=2"), |config| {
        config.settings.limits.statement_ms = 20_000;
    });
    let client = of(&server);
    let get = || client.get("/v1.0/odata/Message");
    let whole = get().expect(200);
    assert_eq!(second.open(), 0);

    // It dies within an answer: that one is cut, the next comes from the other server.
    first.set(Fault::Cut(row(2_000)));
    let response = get();
    assert_eq!((response.status, response.complete), (200, false));
    one.postgres.kill();
    first.heal();
    let since = Instant::now();
    let response = loop {
        let response = get();
        if response.status == 200 {
            break response;
        }
        is_error(&response, 503, true);
        assert!(since.elapsed() < PATIENCE);
    };
    assert_eq!(response.body, whole.body);
    assert!(second.open() > 0);

    // It is there again, and says nothing: a connection is taken, but no word comes.
    one.postgres.start_again().unwrap();
    first.set(Fault::Silent);
    second.set(Fault::Cut(row(2_000)));
    assert!(!get().complete);
    second.heal();
    two.end_sessions("TRUE").await;
    let response = get();
    assert_eq!(response.status, 200, "{}", response.text());
    assert!(first.hits() > 0, "the first server was not tried");
}

/// Whoever asks whether it is ready waits for less than it takes to give the first server up.
#[tokio::test]
async fn it_is_ready_behind_a_silent_first_server() {
    let (one, two) = tokio::join!(Large::new(10), Large::new(10));
    let (first, second) = (Proxy::start(&one.postgres), Proxy::start(&two.postgres));
    first.set(Fault::Silent);
    let server = Server::start_anyway(&both(&first, &second, "connect_timeout=4"), |_| {});
    two.end_sessions("TRUE").await;
    until_ready(&server.client(), 200);
    assert!(first.hits() > 0, "the first server was not tried");
}

/// Its sessions never write, which is no reason to take a primary for a standby.
#[tokio::test]
async fn the_kind_of_server_that_is_asked_for_is_the_one_that_is_taken() {
    let large = Large::new(10).await;
    let url = large.url();
    for (kind, is_served) in [
        ("any", true),
        ("read-write", true),
        ("primary", true),
        ("read-only", false),
        ("standby", false),
    ] {
        let server = Server::start_anyway(&format!("{url} target_session_attrs={kind}"), |_| {});
        let response = of(&server).get("/v1.0/odata/Inbox");
        if is_served {
            assert_eq!(response.status, 200, "{kind}: {}", response.text());
        } else {
            is_error(&response, 503, true);
        }
    }
}

/// The rows, once there are some.
fn served_by(server: &Server, path: &str) -> Vec<Value> {
    let since = Instant::now();
    loop {
        let response = of(server).get(path);
        if response.status == 200 {
            return response.rows();
        }
        is_error(&response, 503, true);
        assert!(since.elapsed() < PATIENCE, "{path} is not served");
    }
}

/// A standby of this server, made from a backup of it, that takes in what is written there.
fn standby_of(primary: &Postgres) -> Postgres {
    let from = format!(
        "host='{}' port={} user={}",
        primary.socket_dir().display(),
        primary.port(),
        primary.user()
    );
    let mut standby = tests::Postgres::own(&Settings {
        parameters: vec![("primary_conninfo".to_owned(), from.clone())],
        ..Settings::default()
    });
    standby.stop();
    let is_data = |path: &PathBuf| path.join("PG_VERSION").is_file();
    let inside = std::fs::read_dir(standby.directory()).unwrap();
    let data = inside.map(|entry| entry.unwrap().path()).find(is_data);
    let data = data.expect("it has data");
    let owner = std::fs::metadata(&data).unwrap();
    std::fs::remove_dir_all(&data).unwrap();
    let program = primary.installation().bin_dir().join("pg_basebackup");
    let made = Command::new(program)
        .args(["--checkpoint=fast", "--no-sync", "--write-recovery-conf"])
        .args(["--dbname", &from, "--pgdata"])
        .arg(&data)
        .output()
        .expect("pg_basebackup is beside the server's programs");
    assert!(made.status.success(), "{made:?}");
    give(&data, owner.uid(), owner.gid());
    standby.start_again().unwrap();
    standby
}

/// Gives a folder and all that is in it to the user that the server runs as.
fn give(path: &Path, user: u32, group: u32) {
    chown(path, Some(user), Some(group)).unwrap();
    if path.is_dir() {
        for entry in std::fs::read_dir(path).unwrap() {
            give(&entry.unwrap().path(), user, group);
        }
    }
}

#[tokio::test]
async fn a_standby_is_read_and_takes_over() {
    let mut primary = Large::new(2_000).await;
    let standby = standby_of(&primary.postgres);
    let (one, two) = (Proxy::start(&primary.postgres), Proxy::start(&standby));
    let served = |kind: &str| {
        let rest = format!("connect_timeout=5 target_session_attrs={kind}");
        Server::start_anyway(&both(&one, &two, &rest), |_| {})
    };
    let (of_primary, of_standby) = (served("primary"), served("standby"));
    let path = "/v1.0/odata/Message?$orderby=id desc&$select=id,content";
    let rows = |server: &Server| served_by(server, path);
    let whole = rows(&of_primary);
    assert_eq!(rows(&of_standby), whole);

    // What is written comes to both.
    let write = "UPDATE messages SET content = 'written later' WHERE id = 2000";
    primary.owner.execute(write, &[]).await.unwrap();
    let written = rows(&of_primary);
    assert_ne!(written, whole);
    let since = Instant::now();
    while rows(&of_standby) != written {
        assert!(since.elapsed() < PATIENCE, "the standby does not follow");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }

    // The primary dies: its readers hear of it, until the standby is one; that one's do not.
    primary.postgres.kill();
    is_error(&of(&of_primary).get(path), 503, true);
    assert_eq!(rows(&of_standby), written);
    let client = crate::large::connect(&standby).await;
    client.execute("SELECT pg_promote()", &[]).await.unwrap();
    assert_eq!(rows(&of_primary), written);
}
