//! Two servers with the same data, of which one breaks.

use super::{PATIENCE, is_error, of};
use crate::health::until_ready;
use crate::large::Large;
use std::time::Instant;
use tests::Server;
use tests::proxy::{Fault, Proxy, row};

const TERMINATE: &str = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
                         WHERE application_name = 'liveagent-odata'";

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
    two.owner.execute(TERMINATE, &[]).await.unwrap();
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
    two.owner.execute(TERMINATE, &[]).await.unwrap();
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
