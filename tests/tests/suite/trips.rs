//! How often anybody waits for a wire: a warm request asks the database once, and a client's connection
//! serves one request after the other.

use crate::large::Large;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};
use tests::proxy::{At, Fault, Proxy};
use tests::{Server, fixture};

const PATIENCE: Duration = Duration::from_secs(20);

/// Counts the connections on which the server says more than `number` messages with this tag: a flip that turns no
/// bit over.
fn seen(tag: u8, number: u64) -> Fault {
    let at = At::Message {
        tag,
        number,
        byte: 0,
    };
    Fault::Flip(at, 0)
}

#[tokio::test]
async fn a_warm_request_is_one_round_trip() {
    let large = Large::new(20_000).await;
    let proxy = Proxy::start(&large.postgres);
    let server = Server::start_anyway(&proxy.connection_string("postgres"), |config| {
        config.workers = Some(1);
        config.pool.size = 1;
    });
    let client = server.of(fixture::KEY);
    let first = client.get("/v1.0/odata/Message?$select=id").expect(200);
    let link = first.json()["@odata.nextLink"].as_str().unwrap().to_owned();
    let next = &link[link.find("/v1.0").unwrap()..];
    for path in [
        "/v1.0/odata/Message(1)",
        "/v1.0/odata/Message(1)/content/$value",
        "/v1.0/odata/Conversation(1)/messages",
        "/v1.0/odata/Message?$top=2",
        "/v1.0/odata/Message?$filter=message_type%20eq%201&$count=true",
        "/v1.0/odata/Message/$count",
        "/v1.0/odata/Conversation?$expand=messages($top=2),inbox",
        "/v1.0/odata/Message?$apply=groupby((message_type),aggregate($count%20as%20n))",
        next,
    ] {
        let connections = |tag, number| {
            // What ends the statement before may come behind its answer.
            thread::sleep(Duration::from_millis(20));
            proxy.set(seen(tag, number));
            client.get(path).expect(200);
            thread::sleep(Duration::from_millis(20));
            proxy.hits()
        };
        // No second ReadyForQuery, nothing is prepared (ParseComplete), one ReadyForQuery on one connection.
        let is_one =
            || connections(b'Z', 1) == 0 && connections(b'1', 0) == 0 && connections(b'Z', 0) == 1;
        // It is warm when the token is known, the statement prepared, and habit says on which connection.
        let since = Instant::now();
        while !(0..3).all(|_| is_one()) {
            assert!(since.elapsed() < PATIENCE, "{path}");
        }
        proxy.heal();
    }
}

/// An answer's status, and its body as it was sent. The next byte is that of the next one.
fn read(stream: &mut BufReader<TcpStream>, has_body: bool) -> (u16, Vec<u8>) {
    let line = |stream: &mut BufReader<TcpStream>| {
        let mut line = String::new();
        assert_ne!(stream.read_line(&mut line).unwrap(), 0, "it was closed");
        line.trim_end().to_ascii_lowercase()
    };
    let status = line(stream).split(' ').nth(1).unwrap().parse().unwrap();
    let (mut length, mut in_chunks) = (0, false);
    loop {
        let header = line(stream);
        if header.is_empty() {
            break;
        }
        assert_ne!(header, "connection: close");
        match header.split_once(": ") {
            Some(("content-length", value)) => length = value.parse().unwrap(),
            Some(("transfer-encoding", "chunked")) => in_chunks = true,
            _ => {}
        }
    }
    let mut body = Vec::new();
    if !has_body {
        return (status, body);
    }
    loop {
        if in_chunks {
            length = usize::from_str_radix(&line(stream), 16).unwrap();
        }
        let mut piece = vec![0; length];
        stream.read_exact(&mut piece).unwrap();
        body.extend(piece);
        if in_chunks {
            assert_eq!(line(stream), "");
        }
        if !in_chunks || length == 0 {
            return (status, body);
        }
    }
}

#[tokio::test]
async fn a_connection_serves_one_request_after_the_other() {
    let large = Large::new(20_000).await;
    let server = large.server(|_| {});
    let stream = TcpStream::connect(server.address()).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut stream = BufReader::new(stream);
    let token = format!("Authorization: Bearer {}\r\n", fixture::KEY);
    let gzip = format!("{token}Accept-Encoding: gzip\r\n");
    for _ in 0..2 {
        for (method, path, headers, status, size) in [
            ("GET", "Message(1)", &token, 200, 100..1_000),
            // In chunks, and in compressed ones.
            ("GET", "Message", &token, 200, 1_000_000..10_000_000),
            ("GET", "Message", &gzip, 200, 10_000..1_000_000),
            ("HEAD", "Message(1)", &token, 200, 0..1),
            ("HEAD", "Message", &gzip, 200, 0..1),
            ("GET", "Message(0)", &token, 404, 10..1_000),
            ("GET", "Message?$filter=1", &token, 400, 10..1_000),
            ("GET", "Message", &String::new(), 401, 10..1_000),
            ("OPTIONS", "Message", &token, 204, 0..1),
        ] {
            let what = format!("{method} {path} {headers}");
            let request =
                format!("{method} /v1.0/odata/{path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{headers}\r\n");
            stream.get_mut().write_all(request.as_bytes()).unwrap();
            let (found, body) = read(&mut stream, method == "GET");
            assert_eq!(found, status, "{what}");
            assert!(size.contains(&body.len()), "{what}: {} bytes", body.len());
        }
    }
}
