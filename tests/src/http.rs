//! A client that sends exactly what a test says and reads exactly what comes back: a connection for
//! each request, no redirects, no decoding, and an answer that was cut is told from one that ended.

use crate::validate::{self, Exchange};
use serde_json::Value;
use std::borrow::Cow;
use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// No answer of the suite takes longer.
const PATIENCE: Duration = Duration::from_secs(60);

/// A client of one server.
#[derive(Debug, Clone)]
pub struct Client {
    address: SocketAddr,
    /// Sent with every request.
    headers: Vec<(String, String)>,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// Names in lower case, in their order.
    pub headers: Vec<(String, String)>,
    /// The content, without the frame of its chunks.
    pub body: Vec<u8>,
    /// Whether it came to its end: the last chunk, or as many bytes as were announced.
    pub complete: bool,
}

impl Client {
    /// A client without a token.
    pub fn new(address: SocketAddr) -> Client {
        Client {
            address,
            headers: Vec::new(),
        }
    }

    /// The same with this header in every request.
    pub fn with(mut self, name: &str, value: &str) -> Client {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same with this token in every request (`Authorization: Bearer`).
    pub fn token(self, token: &str) -> Client {
        self.with("Authorization", &format!("Bearer {token}"))
    }

    /// Where it asks.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// GET: `path` is sent as it is, spaces excepted, which become `%20`.
    #[track_caller]
    pub fn get(&self, path: &str) -> Response {
        self.request("GET", path, &[])
    }

    /// GET with more headers.
    #[track_caller]
    pub fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Response {
        self.request("GET", path, headers)
    }

    /// Any method.
    #[track_caller]
    pub fn request(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Response {
        let response = self.send(method, path, headers);
        let all = self.all_headers(headers);
        let exchange = Exchange::new(self.address, (method, path, &all), &response);
        let faults = validate::faults(&exchange, |root| self.metadata(root, path, headers));
        assert!(
            faults.is_empty(),
            "{method} {path}: the answer breaks the standard: {faults:#?}\n{}",
            shown(&response.body)
        );
        response
    }

    /// `$metadata` of the service whose root has this path, with the credentials of a request.
    fn metadata(&self, root: &str, path: &str, headers: &[(&str, &str)]) -> Option<Response> {
        TcpStream::connect(self.address).ok()?;
        let token = path
            .split(['?', '&'])
            .find(|pair| pair.starts_with("apikey="));
        let token = token.map(|token| format!("&{token}")).unwrap_or_default();
        let kept = ["authorization", "host"];
        let headers: Vec<(&str, &str)> = headers
            .iter()
            .filter(|(name, _)| kept.iter().any(|kept| name.eq_ignore_ascii_case(kept)))
            .copied()
            .collect();
        let path = format!("{root}$metadata?$format=json{token}");
        Some(self.send("GET", &path, &headers))
    }

    /// Those of the client and those of a request.
    fn all_headers<'a>(&'a self, headers: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
        let own = self.headers.iter().map(|(name, value)| (&**name, &**value));
        own.chain(headers.iter().copied()).collect()
    }

    #[track_caller]
    fn send(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Response {
        let mut stream = self.begin(method, path, headers);
        let mut bytes = Vec::new();
        match stream.read_to_end(&mut bytes) {
            Ok(_) => {}
            // An answer that was cut may end in a reset.
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => {}
            Err(error) => panic!("{method} {path}: {error} after {} bytes", bytes.len()),
        }
        Response::parse(&bytes, method == "HEAD").unwrap_or_else(|| {
            panic!(
                "{method} {path}: no HTTP response: {:?}",
                String::from_utf8_lossy(&bytes)
            )
        })
    }

    /// Sends a request and leaves the connection to the caller, to read slowly or hang up.
    #[track_caller]
    pub fn begin(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> TcpStream {
        let mut head = format!("{method} {} HTTP/1.1\r\n", path.replace(' ', "%20"));
        let all = self.all_headers(headers);
        if !all
            .iter()
            .any(|(name, _)| name.eq_ignore_ascii_case("host"))
        {
            head += &format!("Host: {}\r\n", self.address);
        }
        for (name, value) in all {
            head += &format!("{name}: {value}\r\n");
        }
        head += "Connection: close\r\n\r\n";
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(head.as_bytes()).unwrap();
        stream
    }
}

impl Response {
    /// The value of the header; of the first, if there are several.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| &**value)
    }

    /// The content as text.
    #[track_caller]
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// The content as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| {
            panic!(
                "{} is not JSON: {error}: {}",
                self.status,
                String::from_utf8_lossy(&self.body)
            )
        })
    }

    /// The same response, if its status is this one and it is complete.
    #[track_caller]
    pub fn expect(self, status: u16) -> Response {
        let body = String::from_utf8_lossy(&self.body);
        assert_eq!(self.status, status, "{body}");
        assert!(self.complete, "the answer was cut: {body}");
        self
    }

    /// The rows of a collection that was answered with 200.
    #[track_caller]
    pub fn rows(self) -> Vec<Value> {
        match self.expect(200).json()["value"].take() {
            Value::Array(rows) => rows,
            other => panic!("'value' is no array: {other}"),
        }
    }

    fn parse(bytes: &[u8], head: bool) -> Option<Response> {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
        let text = std::str::from_utf8(&bytes[..end]).ok()?;
        let mut lines = text.split("\r\n");
        let status = lines.next()?.strip_prefix("HTTP/1.1 ")?.get(..3)?;
        let mut response = Response {
            status: status.parse().ok()?,
            headers: Vec::new(),
            body: Vec::new(),
            complete: true,
        };
        for line in lines {
            let (name, value) = line.split_once(':')?;
            let value = value.trim().to_owned();
            response.headers.push((name.to_ascii_lowercase(), value));
        }
        let content = &bytes[end + 4..];
        if head || response.status == 204 || response.status == 304 {
            assert_eq!(content, b"", "content where there must be none");
        } else if response.header("transfer-encoding") == Some("chunked") {
            (response.body, response.complete) = chunks(content)?;
        } else {
            let length: Option<usize> = response.header("content-length")?.parse().ok();
            response.body = content.to_owned();
            response.complete = length == Some(content.len());
        }
        Some(response)
    }
}

/// The start of a body: a fault is told by its place, and nobody reads megabytes.
fn shown(body: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(body.get(..4096).unwrap_or(body))
}

/// The content of chunks (RFC 9112, 7.1), and whether the last one was there.
fn chunks(mut rest: &[u8]) -> Option<(Vec<u8>, bool)> {
    let mut content = Vec::new();
    loop {
        let Some(end) = rest.windows(2).position(|two| two == b"\r\n") else {
            return Some((content, false));
        };
        let size = std::str::from_utf8(&rest[..end]).ok()?;
        let size = usize::from_str_radix(size, 16).ok()?;
        rest = &rest[end + 2..];
        if size == 0 {
            return Some((content, rest == b"\r\n"));
        }
        let Some(chunk) = rest.get(..size) else {
            content.extend_from_slice(rest);
            return Some((content, false));
        };
        content.extend_from_slice(chunk);
        rest = rest.get(size + 2..).unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(bytes: &str, body: &str, complete: bool) {
        let response = Response::parse(bytes.as_bytes(), false).unwrap();
        assert_eq!((response.text(), response.complete), (body, complete));
    }

    #[test]
    fn a_cut_answer_is_told_from_one_that_ended() {
        check("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nab", "ab", true);
        check(
            "HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nab",
            "ab",
            false,
        );
        let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        check(
            &format!("{chunked}2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"),
            "abc",
            true,
        );
        check(&format!("{chunked}2\r\nab\r\n"), "ab", false);
        check(&format!("{chunked}A\r\nab"), "ab", false);
        check(&format!("{chunked}2\r\nab\r\n0\r\n"), "ab", false);
        assert_eq!(Response::parse(b"", false), None);
    }
}
