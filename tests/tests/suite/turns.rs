//! Callers take turns for the database's connections.

use crate::large::Large;
use std::io::Read;
use std::net::TcpStream;
use std::thread;
use std::time::Duration;
use tests::Client;

/// A second administrator of the account.
const SECOND: &str = "
    INSERT INTO users (id, name, created_at, updated_at) VALUES (2, 'Ivo', now(), now());
    INSERT INTO account_users (account_id, user_id, role, created_at, updated_at) VALUES (1, 2, 1, now(), now());
    INSERT INTO access_tokens (owner_type, owner_id, token, created_at, updated_at) VALUES ('User', 2, 'OTHER', now(), now())";

const FEW: &str = "/v1.0/odata/Message?$top=2";

/// An answer that holds a connection: it is longer than what is read ahead, and nobody reads on.
fn held(client: &Client) -> TcpStream {
    let mut stream = client.begin(
        "GET",
        "/v1.0/odata/Message?$expand=sender",
        &[("Prefer", "odata.maxpagesize=1000000")],
    );
    stream.read_exact(&mut [0; 10_000]).unwrap();
    stream
}

#[tokio::test]
async fn one_caller_never_has_all_connections() {
    let large = Large::new(200_000).await;
    large.owner.batch_execute(SECOND).await.unwrap();
    let server = large.server(|config| {
        config.pool.size = 4;
        config.pool.wait = Duration::from_millis(500);
    });
    let (first, second) = (server.of("KEY"), server.of("OTHER"));
    let streams: Vec<TcpStream> = (0..3).map(|_| held(&first)).collect();

    let refused = first.get(FEW).expect(429);
    assert_eq!(refused.json()["error"]["code"], "TooManyRequests");
    assert_eq!(refused.header("retry-after"), Some("2"));
    // What is read by its key needs no turn, and the other caller's has not come last.
    first.get("/v1.0/odata/Message(1)").expect(200);
    second.get(FEW).expect(200);
    assert_eq!(server.status().waiting, 0);

    drop(streams);
    server.until_none_is_lent();
    first.get(FEW).expect(200);
}

#[tokio::test]
async fn many_walks_of_one_caller_refuse_nobody() {
    let large = Large::new(20_000).await;
    large.owner.batch_execute(SECOND).await.unwrap();
    // Fewer connections than walks, so that turns are taken all the time.
    let server = large.server(|config| config.pool.size = 4);
    let walks: Vec<_> = (0..12)
        .map(|_| {
            let client = server.of("KEY");
            thread::spawn(move || {
                let mut next = Some("/v1.0/odata/Message?$select=id".to_owned());
                let mut rows = 0;
                while let Some(url) = next {
                    let page = client
                        .get_with(&url, &[("Prefer", "odata.maxpagesize=1000")])
                        .expect(200)
                        .json();
                    rows += page["value"].as_array().map_or(0, Vec::len);
                    let link = page["@odata.nextLink"].as_str();
                    next = link.and_then(|link| Some(link[link.find("/v1.0")?..].to_owned()));
                }
                rows
            })
        })
        .collect();
    let second = server.of("OTHER");
    while !walks.iter().all(thread::JoinHandle::is_finished) {
        second.get(FEW).expect(200);
        second.get("/v1.0/odata/Message(1)").expect(200);
    }
    for walk in walks {
        assert_eq!(walk.join().unwrap(), 20_000);
    }
    let status = server.status();
    assert!(status.open <= 4, "{status:?}");
}
