//! TLS to the database.

use super::*;

cases!(tls_server =>
    sslmode_means_what_it_means_to_libpq,
    cancel_requests_are_encrypted_too,
    prefer_does_without_tls_where_there_is_none
);

impl TlsServer {
    fn config(&self, host: &str, rest: &str) -> String {
        format!(
            "host={host} port={} user=postgres password={} dbname=postgres {rest}",
            self.port, self.password
        )
    }

    fn file(&self, name: &str) -> String {
        format!("{}/{name}", self.folder)
    }
}

/// Whether the database answers, and over TLS.
async fn is_encrypted(config: &str) -> Result<bool, Failure> {
    let database = open(config, PoolOptions::default());
    let statement = sql("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()");
    let answer = one(&database, &statement).await?;
    Ok(answer == [1])
}

async fn sslmode_means_what_it_means_to_libpq(server: &TlsServer) {
    let (ca, own, other) = (
        server.file("ca.crt"),
        server.file("server.crt"),
        server.file("other.crt"),
    );
    for (host, rest, expect) in [
        ("localhost", "sslmode=disable".to_owned(), Some(false)),
        ("localhost", String::new(), Some(true)),
        ("127.0.0.1", "sslmode=prefer".to_owned(), Some(true)),
        ("127.0.0.1", "sslmode=require".to_owned(), Some(true)),
        (
            "127.0.0.1",
            "sslmode=require channel_binding=require".to_owned(),
            Some(true),
        ),
        (
            "127.0.0.1",
            format!("sslmode=require sslrootcert={ca}"),
            Some(true),
        ),
        (
            "127.0.0.1",
            format!("sslmode=require sslrootcert={other}"),
            None,
        ),
        (
            "127.0.0.1",
            format!("sslmode=verify-ca sslrootcert={ca}"),
            Some(true),
        ),
        (
            "127.0.0.1",
            format!("sslmode=verify-ca sslrootcert={own}"),
            Some(true),
        ),
        (
            "127.0.0.1",
            format!("sslmode=verify-ca sslrootcert={other}"),
            None,
        ),
        ("127.0.0.1", "sslmode=verify-ca".to_owned(), None),
        (
            "localhost",
            format!("sslmode=verify-full sslrootcert={ca}"),
            Some(true),
        ),
        (
            "localhost",
            format!("sslmode=verify-full sslrootcert={own}"),
            Some(true),
        ),
        (
            "localhost",
            format!("sslmode=verify-full sslrootcert={other}"),
            None,
        ),
        (
            "127.0.0.1",
            format!("sslmode=verify-full sslrootcert={ca}"),
            None,
        ),
        (
            "127.0.0.1",
            format!("sslmode=verify-full sslrootcert={own}"),
            None,
        ),
        (
            "localhost",
            format!(
                "sslmode=require sslcert={} sslkey={}",
                server.file("client.crt"),
                server.file("client.key")
            ),
            Some(true),
        ),
        (
            "localhost",
            format!("hostaddr=127.0.0.1 sslmode=verify-full sslrootcert={ca}"),
            Some(true),
        ),
    ] {
        let answer = is_encrypted(&server.config(host, &rest)).await;
        match expect {
            Some(expect) => assert_eq!(answer, Ok(expect), "{host} {rest}"),
            None => {
                let failure = answer.expect_err(&rest);
                assert_eq!(failure.reason, Reason::Unavailable, "{host} {rest}");
            }
        }
    }
    for (rest, expect) in [
        (
            "sslmode=verify-ca sslrootcert=/nonexistent",
            "'/nonexistent'",
        ),
        ("sslcert=/nonexistent sslkey=/nonexistent", "'/nonexistent'"),
    ] {
        let config = server.config("localhost", rest).parse().unwrap();
        let error = Database::open(config, PoolOptions::default())
            .err()
            .unwrap();
        assert!(error.message().contains(expect), "{error}");
    }
}

async fn cancel_requests_are_encrypted_too(server: &TlsServer) {
    let ca = server.file("ca.crt");
    let config = server.config(
        "localhost",
        &format!("sslmode=verify-full sslrootcert={ca}"),
    );
    let database = open(&config, PoolOptions::default());
    assert_eq!(text(&database, "SELECT 'open'").await, "open");
    for place in 1..=5 {
        let failure = database
            .query(&sql("SELECT pg_sleep(20)"), Duration::from_millis(500))
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

async fn prefer_does_without_tls_where_there_is_none(server: &TlsServer) {
    for answer in [Answer::Refuses, Answer::BreaksOff] {
        let port = without_tls(server, answer).await;
        let way = TlsServer {
            port,
            password: server.password.clone(),
            folder: server.folder.clone(),
        };
        let encrypted = is_encrypted(&way.config("localhost", "sslmode=prefer")).await;
        assert_eq!(encrypted, Ok(false));
        for rest in [
            "sslmode=require".to_owned(),
            format!("sslmode=verify-full sslrootcert={}", way.file("ca.crt")),
        ] {
            let failure = is_encrypted(&way.config("localhost", &rest))
                .await
                .unwrap_err();
            assert_eq!(failure.reason, Reason::Unavailable);
        }
    }
}
