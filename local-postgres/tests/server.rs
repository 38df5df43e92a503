//! Real servers, started and ended in every way that a caller can.
#![allow(
    clippy::unwrap_used,
    reason = "a test fails by a panic, its helpers too"
)]

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use local_postgres::{Directory, Error, Installation, Options, Server, Settings, Tls, discover};
use tokio_postgres::{Client, NoTls};

/// The programs of this machine. `INSTALL_POSTGRES=1` brings them.
fn installation() -> Installation {
    discover(&Options::from_env()).unwrap_or_else(|error| panic!("{}", error.report(&[])))
}

fn temporary() -> Server {
    installation()
        .start(&Directory::Temporary, &Settings::default())
        .unwrap()
}

/// A directory of this test's own, that goes away with the value.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Place {
        let path = std::env::temp_dir().join(format!("lpg-test-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        Place(path)
    }

    fn kept(&self) -> Directory {
        Directory::Kept {
            path: self.0.clone(),
            fresh: false,
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

async fn connect(config: &str) -> Result<Client, tokio_postgres::Error> {
    let (client, connection) = tokio_postgres::connect(config, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

async fn text(client: &Client, sql: &str) -> String {
    client.query_one(sql, &[]).await.unwrap().get(0)
}

fn within(seconds: u64, done: impl Fn() -> bool) -> bool {
    let until = Instant::now() + Duration::from_secs(seconds);
    while !done() {
        if Instant::now() > until {
            return false;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    true
}

fn alive(pid: u32) -> bool {
    let raw = i32::try_from(pid).unwrap();
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(raw), None).is_ok()
}

#[tokio::test]
async fn a_temporary_server_answers_and_leaves_nothing() {
    let server = temporary();
    let client = connect(&server.connection_string("postgres"))
        .await
        .unwrap();
    let version = text(&client, "SELECT current_setting('server_version')").await;
    assert!(version.starts_with(server.version()), "{version}");
    for (sql, expect) in [
        ("SELECT current_user::text", "postgres"),
        ("SELECT current_setting('TimeZone')", "UTC"),
        ("SELECT current_setting('server_encoding')", "UTF8"),
        ("SELECT current_setting('listen_addresses')", ""),
        ("SELECT current_setting('fsync')", "off"),
    ] {
        assert_eq!(text(&client, sql).await, expect, "{sql}");
    }
    let (pid, directory) = (server.pid().unwrap(), server.directory().to_owned());
    let dir_mode = {
        use std::os::unix::fs::PermissionsExt as _;
        fs::metadata(server.socket_dir())
            .unwrap()
            .permissions()
            .mode()
            & 0o777
    };
    assert_eq!(dir_mode, 0o700);
    drop(server);
    assert!(!alive(pid) && !directory.exists());
}

#[tokio::test]
async fn the_data_stays_and_comes_back_fast() {
    let place = Place::new("kept");
    let installation = installation();
    let server = installation
        .start(&place.kept(), &Settings::default())
        .unwrap();
    let client = connect(&server.connection_string("postgres"))
        .await
        .unwrap();
    client
        .batch_execute("CREATE TABLE t AS SELECT 'here'::text AS word")
        .await
        .unwrap();
    // The fastest of a few times: the machine may be busy.
    let mut server = server;
    let mut fastest = Duration::MAX;
    for _ in 0..10 {
        drop(server);
        let again = Instant::now();
        server = installation
            .start(&place.kept(), &Settings::default())
            .unwrap();
        fastest = fastest.min(again.elapsed());
        if fastest < Duration::from_secs(1) {
            break;
        }
    }
    let client = connect(&server.connection_string("postgres"))
        .await
        .unwrap();
    assert_eq!(text(&client, "SELECT word FROM t").await, "here");
    assert!(fastest < Duration::from_secs(1), "{fastest:?}");
    drop(server);
    let fresh = Directory::Kept {
        path: place.0.clone(),
        fresh: true,
    };
    let server = installation.start(&fresh, &Settings::default()).unwrap();
    let client = connect(&server.connection_string("postgres"))
        .await
        .unwrap();
    assert_eq!(
        text(
            &client,
            "SELECT count(*)::text FROM pg_class WHERE relname = 't'"
        )
        .await,
        "0"
    );
}

#[tokio::test]
async fn a_second_one_in_the_same_place_shares_the_first() {
    let place = Place::new("shared");
    let installation = installation();
    let first = installation
        .start(&place.kept(), &Settings::default())
        .unwrap();
    let second = installation
        .start(&place.kept(), &Settings::default())
        .unwrap();
    assert!(!first.is_shared() && second.is_shared());
    assert_eq!(first.pid(), second.pid());
    drop(second);
    connect(&first.connection_string("postgres")).await.unwrap();
    let fresh = Directory::Kept {
        path: place.0.clone(),
        fresh: true,
    };
    let error = installation
        .start(&fresh, &Settings::default())
        .unwrap_err();
    assert!(matches!(error, Error::InUse { .. }), "{error}");
    assert_eq!(error.exit_code(), 75);
}

/// A process that holds a server: the program of this package.
struct Holder {
    child: Child,
    config: String,
    server: u32,
}

fn hold(directory: Option<&Path>) -> Holder {
    let mut child = Command::new(env!("CARGO_BIN_EXE_local-postgres"))
        .args(directory)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let config = lines.next().unwrap().unwrap();
    let server = lines.next().unwrap().unwrap().parse().unwrap();
    Holder {
        child,
        config,
        server,
    }
}

#[tokio::test]
async fn it_dies_with_a_holder_that_is_killed() {
    let mut holder = hold(None);
    let client = connect(&holder.config).await.unwrap();
    let data = text(&client, "SELECT current_setting('data_directory')").await;
    let data = PathBuf::from(data);
    assert!(data.exists());
    // SIGKILL: nothing in the holder runs any more.
    holder.child.kill().unwrap();
    holder.child.wait().unwrap();
    assert!(within(10, || !alive(holder.server)), "the server lives on");
    let base = data.parent().unwrap();
    assert!(within(10, || !base.exists()), "{} is left", base.display());
}

#[tokio::test]
async fn what_a_killed_holder_left_can_be_started_at_once() {
    let place = Place::new("killed");
    let mut holder = hold(Some(&place.0));
    let client = connect(&holder.config).await.unwrap();
    client.batch_execute("CREATE TABLE t ()").await.unwrap();
    holder.child.kill().unwrap();
    holder.child.wait().unwrap();
    let server = installation()
        .start(&place.kept(), &Settings::default())
        .unwrap();
    assert!(!server.is_shared());
    let client = connect(&server.connection_string("postgres"))
        .await
        .unwrap();
    client.batch_execute("DROP TABLE t").await.unwrap();
}

#[tokio::test]
async fn a_stale_pid_file_is_no_obstacle() {
    let place = Place::new("stale");
    let installation = installation();
    let server = installation
        .start(&place.kept(), &Settings::default())
        .unwrap();
    let data = place.0.join(format!("data-{}", installation.major()));
    let file = fs::read_to_string(data.join("postmaster.pid")).unwrap();
    drop(server);
    // The number now belongs to a process that lives and is no server: this one.
    let (_, rest) = file.split_once('\n').unwrap();
    let stale = format!("{}\n{rest}", std::process::id());
    fs::write(data.join("postmaster.pid"), stale).unwrap();
    let server = installation
        .start(&place.kept(), &Settings::default())
        .unwrap();
    connect(&server.connection_string("postgres"))
        .await
        .unwrap();
}

#[tokio::test]
async fn faults_on_demand() {
    let mut server = temporary();
    let client = connect(&server.connection_string("postgres"))
        .await
        .unwrap();
    client
        .batch_execute("CREATE TABLE t AS SELECT 'here'::text AS word; CHECKPOINT")
        .await
        .unwrap();
    for fault in [Server::stop, Server::stop_immediately, Server::kill] {
        let config = server.connection_string("postgres");
        let before = connect(&config).await.unwrap();
        fault(&mut server);
        assert!(server.pid().is_none());
        assert!(connect(&config).await.is_err());
        assert!(before.query_one("SELECT 1", &[]).await.is_err());
        server.start_again().unwrap();
        let after = connect(&config).await.unwrap();
        assert_eq!(text(&after, "SELECT word FROM t").await, "here");
    }
    let client = connect(&server.connection_string("postgres"))
        .await
        .unwrap();
    server.pause();
    let answer = tokio::time::timeout(
        Duration::from_millis(300),
        client.query_one("SELECT 'late'::text", &[]),
    )
    .await;
    assert!(answer.is_err(), "a frozen server answered");
    server.resume();
    assert_eq!(text(&client, "SELECT 'late'::text").await, "late");
}

#[tokio::test]
async fn over_tcp_a_password_is_asked() {
    let settings = Settings {
        tcp: true,
        password: Some("it's secret".to_owned()),
        parameters: vec![("max_connections".to_owned(), "7".to_owned())],
        ..Settings::default()
    };
    let server = installation()
        .start(&Directory::Temporary, &settings)
        .unwrap();
    let port = server.tcp_port().unwrap();
    let with =
        |password: &str| format!("host=127.0.0.1 port={port} user=postgres password='{password}'");
    assert!(connect(&with("wrong")).await.is_err());
    let client = connect(&with("it\\'s secret")).await.unwrap();
    assert_eq!(
        text(&client, "SELECT current_setting('max_connections')").await,
        "7"
    );
    // The socket asks nobody, and is closed to everybody else.
    connect(&server.connection_string("postgres"))
        .await
        .unwrap();
}

#[tokio::test]
async fn tls_with_a_certificate_of_the_callers() {
    let certificates = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/tls");
    let settings = Settings {
        tcp: true,
        tls: Some(Tls {
            certificate: certificates.join("server.crt"),
            key: certificates.join("server.key"),
        }),
        ..Settings::default()
    };
    let server = installation()
        .start(&Directory::Temporary, &settings)
        .unwrap();
    let client = connect(&server.connection_string("postgres"))
        .await
        .unwrap();
    assert_eq!(text(&client, "SELECT current_setting('ssl')").await, "on");
}

#[test]
fn a_long_path_gets_a_socket_elsewhere() {
    let place = Place::new(&"long".repeat(30));
    let server = installation()
        .start(&place.kept(), &Settings::default())
        .unwrap();
    assert!(!server.socket_dir().starts_with(&place.0));
    let sockets = server.socket_dir().to_owned();
    drop(server);
    assert!(!sockets.exists() && place.0.exists());
}

#[test]
fn a_bad_setting_is_said_with_the_log() {
    let settings = Settings {
        parameters: vec![("no_such_parameter".to_owned(), "1".to_owned())],
        ..Settings::default()
    };
    let begun = Instant::now();
    let error = installation()
        .start(&Directory::Temporary, &settings)
        .unwrap_err();
    assert!(
        error.to_string().contains("\"no_such_parameter\""),
        "{error}"
    );
    assert_eq!(error.exit_code(), 70);
    assert!(begun.elapsed() < Duration::from_secs(10));
}

#[test]
fn places_that_are_not_ours_are_refused() {
    let place = Place::new("refused");
    fs::create_dir_all(&place.0).unwrap();
    std::os::unix::fs::symlink("/tmp", place.0.join("link")).unwrap();
    fs::write(place.0.join("file"), "").unwrap();
    let check = |name: &str, why: &str| {
        let path = place.0.join(name);
        let error = installation()
            .start(
                &Directory::Kept {
                    path: path.clone(),
                    fresh: false,
                },
                &Settings::default(),
            )
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("can't keep a database in '{}': {why}", path.display())
        );
        assert_eq!(error.exit_code(), 73);
    };
    check("link", "it is a symbolic link");
    check("file", "it is not a directory");
}
