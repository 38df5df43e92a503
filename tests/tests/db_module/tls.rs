//! TLS to the database.

use super::*;
use local_postgres::Tls;

/// Two servers that speak TLS and want a password.
struct TlsServers {
    /// Its certificate has the names `localhost` and `127.0.0.1`.
    here: TlsServer,
    /// Its certificate has another name.
    elsewhere: TlsServer,
}

struct TlsServer {
    port: u16,
    /// It runs as long as the value is there.
    _server: Option<Server>,
}

const PASSWORD: &str = "s3cret";

fn tls_server(certificate: &str) -> TlsServer {
    let settings = Settings {
        tcp: true,
        password: Some(PASSWORD.to_owned()),
        tls: Some(Tls {
            certificate: file(&format!("{certificate}.crt")).into(),
            key: file(&format!("{certificate}.key")).into(),
        }),
        ..Settings::default()
    };
    let server = Postgres::own(&settings);
    TlsServer {
        port: server.tcp_port().expect("it has a TCP port"),
        _server: Some(server),
    }
}

fn file(name: &str) -> String {
    format!("{}/fixtures/tls/{name}", env!("CARGO_MANIFEST_DIR"))
}

impl TlsServer {
    fn config(&self, host: &str, rest: &str) -> String {
        format!(
            "host={host} port={} user=postgres password={PASSWORD} dbname=postgres {rest}",
            self.port
        )
    }
}

/// Whether the database answers, and over TLS.
async fn is_encrypted(config: &str) -> Result<bool, Failure> {
    let database = open(config, PoolOptions::default());
    let statement = sql("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()");
    let answer = one(&database, &statement).await?;
    Ok(answer == [1])
}

#[tokio::test]
async fn sslmode_means_what_it_means_to_libpq() {
    let servers = TlsServers {
        here: tls_server("server"),
        elsewhere: tls_server("elsewhere"),
    };
    let rooted = |mode: &str, root: &str| format!("sslmode={mode} sslrootcert={}", file(root));
    let (ca, other) = ("ca.crt", "other-ca.crt");
    let client = format!(
        "sslmode=require sslcert={} sslkey={}",
        file("server.crt"),
        file("server.key")
    );
    for (here, host, rest, expect) in [
        (true, "localhost", "sslmode=disable".to_owned(), Some(false)),
        (true, "localhost", String::new(), Some(true)),
        (true, "127.0.0.1", "sslmode=prefer".to_owned(), Some(true)),
        (true, "127.0.0.1", "sslmode=require".to_owned(), Some(true)),
        (
            true,
            "127.0.0.1",
            "sslmode=require channel_binding=require".to_owned(),
            Some(true),
        ),
        (true, "127.0.0.1", rooted("require", ca), Some(true)),
        (true, "127.0.0.1", rooted("require", other), None),
        (true, "127.0.0.1", rooted("verify-ca", ca), Some(true)),
        (
            true,
            "127.0.0.1",
            rooted("verify-ca", "server.crt"),
            Some(true),
        ),
        (true, "127.0.0.1", rooted("verify-ca", other), None),
        (true, "127.0.0.1", "sslmode=verify-ca".to_owned(), None),
        (true, "localhost", rooted("verify-full", ca), Some(true)),
        (true, "127.0.0.1", rooted("verify-full", ca), Some(true)),
        (
            true,
            "localhost",
            rooted("verify-full", "server.crt"),
            Some(true),
        ),
        (true, "localhost", rooted("verify-full", other), None),
        // Signed by the same, for another name.
        (false, "localhost", rooted("verify-ca", ca), Some(true)),
        (false, "localhost", rooted("verify-full", ca), None),
        (false, "127.0.0.1", rooted("verify-full", ca), None),
        (
            false,
            "localhost",
            rooted("verify-full", "elsewhere.crt"),
            None,
        ),
        (
            false,
            "localhost",
            rooted("verify-full", "server.crt"),
            None,
        ),
        (true, "localhost", client, Some(true)),
        (
            true,
            "localhost",
            format!("hostaddr=127.0.0.1 {}", rooted("verify-full", ca)),
            Some(true),
        ),
    ] {
        let server = if here {
            &servers.here
        } else {
            &servers.elsewhere
        };
        let answer = is_encrypted(&server.config(host, &rest)).await;
        match expect {
            Some(expect) => assert_eq!(answer, Ok(expect), "{host} {rest}"),
            None => {
                let failure = answer.expect_err(&rest);
                assert_eq!(failure.reason, Reason::Unavailable, "{host} {rest}");
            }
        }
    }
    let server = &servers.here;
    for (rest, expect) in [
        (
            "sslmode=verify-ca sslrootcert=/nonexistent",
            "'/nonexistent'",
        ),
        ("sslcert=/nonexistent sslkey=/nonexistent", "'/nonexistent'"),
    ] {
        let config = server.config("localhost", rest).parse().unwrap();
        let error = Pool::open(config, PoolOptions::default()).err().unwrap();
        assert!(error.message().contains(expect), "{error}");
    }
}

#[tokio::test]
async fn cancel_requests_are_encrypted_too() {
    let server = tls_server("server");
    let ca = file("ca.crt");
    let config = server.config(
        "localhost",
        &format!("sslmode=verify-full sslrootcert={ca}"),
    );
    let database = open(&config, PoolOptions::default());
    assert_eq!(text(&database, "SELECT 'open'").await, "open");
    for place in 1..=5 {
        let failure = database
            .query(
                &sql("SELECT pg_sleep(20)"),
                "a caller",
                Duration::from_millis(500),
            )
            .await
            .err()
            .unwrap();
        assert_eq!(failure.reason, Reason::Timeout);
        assert_eq!(text(&database, "SELECT 'fine'").await, "fine");
        until_all_are_back(&database).await;
        assert_eq!(database.status().cancelled, place);
        assert_eq!(database.status().discarded, 0);
    }
}

/// How a server that has no TLS, or one that works badly, answers the request for it.
#[derive(Clone, Copy)]
enum Answer {
    Refuses,
    BreaksOff,
    /// It says more before TLS has begun.
    SpeaksOn,
}

/// A way to the server that answers the request for TLS in its place. Its port.
async fn without_tls(server: &TlsServer, answer: Answer) -> u16 {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let to = server.port;
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut head = [0; 8];
                client.read_exact(&mut head).await?;
                let mut server = tokio::net::TcpStream::connect(("127.0.0.1", to)).await?;
                // SSLRequest: its length, then 80877103.
                if head == [0, 0, 0, 8, 4, 210, 22, 47] {
                    match answer {
                        Answer::Refuses => client.write_all(b"N").await?,
                        Answer::BreaksOff => return client.write_all(b"S").await,
                        Answer::SpeaksOn => client.write_all(b"SR\0\0\0\x08\0\0\0\0").await?,
                    }
                } else {
                    server.write_all(&head).await?;
                }
                tokio::io::copy_bidirectional(&mut client, &mut server)
                    .await
                    .map(drop)
            });
        }
    });
    port
}

#[tokio::test]
async fn prefer_does_without_tls_where_there_is_none() {
    let server = tls_server("server");
    for answer in [Answer::Refuses, Answer::BreaksOff] {
        let way = TlsServer {
            port: without_tls(&server, answer).await,
            _server: None,
        };
        let encrypted = is_encrypted(&way.config("localhost", "sslmode=prefer")).await;
        assert_eq!(encrypted, Ok(false));
        for rest in [
            "sslmode=require".to_owned(),
            format!("sslmode=verify-full sslrootcert={}", file("ca.crt")),
        ] {
            let failure = is_encrypted(&way.config("localhost", &rest))
                .await
                .unwrap_err();
            assert_eq!(failure.reason, Reason::Unavailable);
        }
    }
}

#[tokio::test]
async fn what_comes_unencrypted_behind_the_answer_is_refused() {
    let server = tls_server("server");
    let way = TlsServer {
        port: without_tls(&server, Answer::SpeaksOn).await,
        _server: None,
    };
    for rest in ["sslmode=prefer", "sslmode=require"] {
        let failure = is_encrypted(&way.config("localhost", rest)).await;
        assert_eq!(failure.unwrap_err().reason, Reason::Unavailable, "{rest}");
    }
}

#[tokio::test]
async fn each_stream_has_its_own_rows_over_tls_too() {
    let server = tls_server("server");
    let options = PoolOptions {
        size: 3,
        ..PoolOptions::default()
    };
    let config = server.config("localhost", "sslmode=require");
    super::apart::read_many(&open(&config, options)).await;
}
