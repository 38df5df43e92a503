//! Bits that turn over in what the server says. In a value nobody can see it: so these are the heads
//! of messages, and the lengths and counts within.

use super::formats::Form;
use super::{PATIENCE, World, comes_back, is_cut, of};
use std::time::{Duration, Instant};
use tests::Client;
use tests::proxy::{At, Fault};

const ROWS: usize = 1_000;

/// Tags of the messages of one statement, which of them, and how many bytes frame what follows.
const MESSAGES: [(u8, u64, u64); 8] = [
    // ParseComplete, ParameterDescription, RowDescription, BindComplete
    (b'1', 0, 5),
    (b't', 0, 7),
    (b'T', 0, 7),
    (b'2', 0, 5),
    // Rows: their heads, the number of their values, the length of the first one.
    (b'D', 0, 11),
    (b'D', ROWS as u64 - 100, 11),
    // CommandComplete, ReadyForQuery
    (b'C', 0, 5),
    (b'Z', 0, 5),
];

#[tokio::test]
async fn a_frame_that_is_wrong_is_never_a_whole_answer_of_another_kind() {
    let world = World::new(ROWS).await;
    let server = world.server(|config| {
        config.pool.size = 1;
        // So that the other statement in between makes it be prepared again.
        config.pool.statements = 1;
        config.settings.limits.statement_ms = 400;
        config.settings.stream_timeout = Duration::from_millis(800);
    });
    let client = of(&server);
    let form = Form::Csv;
    let since = Instant::now();
    let whole = loop {
        let response = form.ask(&client);
        if response.status == 200 && response.complete {
            break response;
        }
        assert!(since.elapsed() < PATIENCE, "it is not answered in time");
    };
    let (mut seen, mut hits) = (Vec::new(), 0);
    for (tag, number, bytes) in MESSAGES {
        for byte in 0..bytes {
            for bits in [0x01, 0x80] {
                let since = Instant::now();
                // A connection that is being cleaned is the only one.
                while client.get("/v1.0/odata/Label/$count").status != 200 {
                    assert!(since.elapsed() < PATIENCE);
                }
                world
                    .proxy
                    .set(Fault::Flip(At::Message { tag, number, byte }, bits));
                let response = form.ask(&client);
                hits += world.proxy.hits();
                world.proxy.heal();
                let what = format!("{} {number}, byte {byte}, {bits:#x}", char::from(tag));
                match response.status {
                    200 if response.complete => assert_eq!(response.body, whole.body, "{what}"),
                    200 => is_cut(&response, form, &whole),
                    500 | 503 | 504 => {
                        assert!(response.complete, "{what}");
                        assert!(response.json()["error"]["code"].is_string(), "{what}");
                    }
                    other => panic!("{what}: {other}"),
                }
                seen.push(what);
            }
        }
    }
    // Some come to nothing: the flip before had broken the connection, and this was said at once.
    assert!(hits > seen.len() as u64 / 2, "{hits} of {}", seen.len());
    // The last connection may be found wrong by the next statement alone.
    let since = Instant::now();
    while form.ask(&client).body != whole.body {
        assert!(since.elapsed() < PATIENCE);
    }
}

/// Rows are counted: where the server sent more than came, some are lost or somebody else's.
#[tokio::test]
async fn another_number_of_rows_is_never_a_whole_answer() {
    let world = World::new(ROWS).await;
    let server = world.server(|config| config.pool.size = 1);
    let client = of(&server);
    let form = Form::Csv;
    let digits = ROWS.to_string().len() as u64;
    for digit in 0..digits {
        // The connection is there and told how to plan, so that no other command completes.
        let whole = form.ask(&client).expect(200);
        let at = At::Message {
            tag: b'C',
            number: 0,
            byte: 5 + "SELECT ".len() as u64 + digit,
        };
        world.proxy.set(Fault::Flip(at, 0x01));
        let response = form.ask(&client);
        assert_eq!(world.proxy.hits(), 1, "{digit}");
        world.proxy.heal();
        is_cut(&response, form, &whole);
    }
}

/// What is wrong on the connection that little pages share is nobody's answer, and nothing that comes behind it.
#[tokio::test]
async fn what_is_wrong_among_little_pages_ends_their_connection() {
    let world = World::new(ROWS).await;
    let server = world.server(|config| {
        config.pool.size = 1;
        config.workers = Some(1);
    });
    let client = of(&server);
    let path = "/v1.0/odata/Message?$top=3&$select=id";
    // A row with another number of cells, another number of rows.
    for (tag, byte) in [(b'D', 6), (b'C', 5 + "SELECT ".len() as u64)] {
        // More than make a habit.
        for _ in 0..9 {
            client.get(path).expect(200);
        }
        assert!(ends_its_connection(&world, &client, path, (tag, byte)).await);
    }
}

/// Nor is it where a statement is prepared.
#[tokio::test]
async fn what_is_wrong_of_a_preparation_ends_its_connection() {
    let world = World::new(ROWS).await;
    let server = world.server(|config| {
        config.pool.size = 1;
        config.workers = Some(1);
    });
    let client = of(&server);
    // Each of them is another statement.
    let mut paths = subsets(&[
        "status",
        "content",
        "inbox_id",
        "created_at",
        "updated_at",
        "sender_id",
        "sender_type",
        "message_type",
        "content_type",
    ])
    .map(|names| format!("/v1.0/odata/Message?$top=3&$select={names}"));
    // Another number of columns.
    let columns = (b'T', 5);
    let of_stream = paths.next().unwrap();
    client.get("/v1.0/odata/Message?$top=3").expect(200);
    assert!(ends_its_connection(&world, &client, &of_stream, columns).await);
    // Where the machine is busy an answer takes too long to make a habit.
    let since = Instant::now();
    for (round, path) in paths.take_while(|_| since.elapsed() < PATIENCE).enumerate() {
        // The first, which is prepared, may be the slow one; then it takes one more.
        for _ in 0..4 + round % 2 {
            client.get(&path).expect(200);
        }
        if ends_its_connection(&world, &client, &path, columns).await {
            return;
        }
    }
    panic!("none was prepared on the connection of little pages");
}

/// Each choice of these names but none.
fn subsets<'a>(names: &'a [&str]) -> impl Iterator<Item = String> + 'a {
    (1..1 << names.len()).map(|choice: u32| {
        let chosen = (0..names.len()).filter(|place| choice >> place & 1 == 1);
        chosen
            .map(|place| names[place])
            .collect::<Vec<_>>()
            .join(",")
    })
}

/// Whether the answer has such a message, whose byte is wrong. Then it is an error, and one of the connections is used
/// no more.
async fn ends_its_connection(
    world: &World,
    client: &Client,
    path: &str,
    (tag, byte): (u8, u64),
) -> bool {
    let before = connections(world).await;
    let at = At::Message {
        tag,
        number: 0,
        byte,
    };
    world.proxy.set(Fault::Flip(at, 0x01));
    let response = client.get(path);
    let hits = world.proxy.hits();
    world.proxy.heal();
    if hits == 0 {
        return false;
    }
    assert_eq!(response.status, 500, "{}", response.text());
    let whole = comes_back(client, path, &[503]);
    let since = Instant::now();
    while connections(world).await.starts_with(&before) {
        assert!(since.elapsed() < PATIENCE, "it is still in use");
        assert_eq!(comes_back(client, path, &[503]).body, whole.body);
    }
    true
}

/// The process of each of the service's connections.
async fn connections(world: &World) -> Vec<i32> {
    let sql = "SELECT pid FROM pg_stat_activity WHERE application_name = 'liveagent-odata'
               ORDER BY backend_start";
    let rows = world.large.owner.query(sql, &[]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}
