//! A token that is revoked while its answer is sent.

use crate::audit::many;
use std::io::Read as _;
use std::time::Duration;
use tests::fixture::KEY;
use tests::{Server, fixture};

/// Reads with rests, so that the answer is not over before anything can happen to it.
pub(crate) fn read_slowly(stream: &mut impl std::io::Read) -> Vec<u8> {
    let (mut answer, mut buffer) = (Vec::new(), [0; 4 * 1024]);
    loop {
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => return answer,
            Ok(n) => answer.extend_from_slice(&buffer[..n]),
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// The token goes, its user's role goes, the account is suspended: in each case the answer ends, and is
/// none. It is longer than what is read ahead, and its reader would take it all.
#[tokio::test]
async fn a_running_answer_ends_with_the_right_to_it() {
    for revoke in [
        "DELETE FROM access_tokens WHERE token = 'KEY'",
        "UPDATE accounts SET status = 1 WHERE id = 1",
    ] {
        let database = many().await;
        let client = database.connect().await;
        let server = Server::start(&database, |config| {
            config.settings.recheck_interval = Duration::from_millis(500);
        });
        let path = "/v1.0/odata/Message?$expand=sender,conversation";
        let whole = [("Prefer", "odata.maxpagesize=1000000")];
        let mut stream = server.of(KEY).begin("GET", path, &whole);
        stream.read_exact(&mut [0; 4096]).unwrap();
        client.batch_execute(revoke).await.unwrap();
        let answer = read_slowly(&mut stream);
        assert!(
            !answer.ends_with(b"0\r\n\r\n"),
            "{revoke}: it was sent to its end"
        );
        assert!(server.of(KEY).get(path).status >= 401, "{revoke}");
    }
}

/// While nothing changes it is sent to its end, and other users' tokens have no part in it.
#[tokio::test]
async fn a_token_that_stays_is_no_reason_to_end() {
    let database = fixture::small().await;
    let client = database.connect().await;
    client
        .batch_execute(&crate::audit::MANY.replace("60000", "10000"))
        .await
        .unwrap();
    let server = Server::start(&database, |config| {
        config.settings.recheck_interval = Duration::from_millis(20);
    });
    let path = "/v1.0/odata/Message?$expand=sender";
    let mut stream = server
        .of(KEY)
        .begin("GET", path, &[("Prefer", "odata.maxpagesize=1000000")]);
    client
        .batch_execute("DELETE FROM access_tokens WHERE token <> 'KEY'")
        .await
        .unwrap();
    let answer = read_slowly(&mut stream);
    assert!(answer.ends_with(b"]}\r\n0\r\n\r\n"), "it was cut");
}

/// While a request waits for its turn its token is forgotten as known, and the answer that holds the
/// connection ends; the turn that it gets then gives it nothing.
#[tokio::test]
async fn who_waits_longer_than_the_right_lasts_gets_nothing() {
    let database = many().await;
    let client = database.connect().await;
    let server = Server::start(&database, |config| {
        config.pool.size = 1;
        config.settings.recheck_interval = Duration::from_millis(500);
    });
    let path = "/v1.0/odata/Message?$expand=sender,conversation";
    let whole = [("Prefer", "odata.maxpagesize=1000000")];
    let mut stream = server.of(KEY).begin("GET", path, &whole);
    stream.read_exact(&mut [0; 4096]).unwrap();
    let waiting = server.of(KEY);
    let waiting = std::thread::spawn(move || waiting.get("/v1.0/odata/Message?$top=2"));
    while server.status().waiting == 0 {
        assert!(!waiting.is_finished(), "it had its turn at once");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let revoke = "DELETE FROM access_tokens WHERE token = 'KEY'";
    client.batch_execute(revoke).await.unwrap();
    waiting.join().unwrap().expect(401);
}
