//! A client that costs little beside what it measures: HTTP/1.1 on one connection, bodies thrown
//! away but for their end.

use crate::Failed;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// Bytes of a body's end that are kept: a next link fits.
const KEPT: usize = 4096;

/// A client of one service with one token.
pub(crate) struct Client {
    address: String,
    pub(crate) token: String,
    connection: Option<TcpStream>,
    buffer: Vec<u8>,
    /// Bytes a second that it reads at most.
    pub(crate) throttle: Option<usize>,
}

/// What came back.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Bytes of the body as it came, compressed or not.
    pub(crate) bytes: u64,
    /// The last bytes of the body.
    pub(crate) end: Vec<u8>,
    /// Until the first byte of the body.
    pub(crate) first_byte: Duration,
}

impl Client {
    pub(crate) fn new(address: &str, token: &str) -> Client {
        Client {
            address: address.to_owned(),
            token: token.to_owned(),
            connection: None,
            buffer: vec![0; 256 * 1024],
            throttle: None,
        }
    }

    /// GET, to the end of the body or until `each`, which sees every piece of it, has had enough.
    pub(crate) fn get_with(
        &mut self,
        path: &str,
        headers: &[(&str, &str)],
        mut each: impl FnMut(&[u8]) -> ControlFlow<()>,
    ) -> Result<Answer, Failed> {
        let request = request(&self.address, &self.token, path, headers);
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => {
                let connection = TcpStream::connect(&self.address)?;
                connection.set_nodelay(true)?;
                connection
            }
        };
        let started = Instant::now();
        connection.write_all(request.as_bytes())?;
        let mut filled = 0;
        let Head {
            status,
            mut body,
            end: mut start,
        } = loop {
            let read = connection.read(&mut self.buffer[filled..])?;
            if read == 0 {
                return Err("the connection was closed before the answer".into());
            }
            filled += read;
            if let Some(head) = Head::read(&self.buffer[..filled])? {
                break head;
            }
        };
        let mut answer = Answer {
            status,
            ..Answer::default()
        };
        let mut flow = ControlFlow::Continue(());
        loop {
            let piece = &self.buffer[start..filled];
            if !piece.is_empty() && answer.bytes == 0 {
                answer.first_byte = started.elapsed();
            }
            body.take(piece, |data| {
                answer.bytes += data.len() as u64;
                answer
                    .end
                    .extend_from_slice(&data[data.len().saturating_sub(KEPT)..]);
                if answer.end.len() > 2 * KEPT {
                    answer.end.drain(..answer.end.len() - KEPT);
                }
                flow = each(data);
            })?;
            if body.is_complete() {
                break;
            }
            if flow.is_break() {
                // The connection is no good any more.
                return Ok(answer);
            }
            if let Some(throttle) = self.throttle {
                let due = Duration::from_secs_f64(answer.bytes as f64 / throttle as f64);
                std::thread::sleep(due.saturating_sub(started.elapsed()));
            }
            let room = self.throttle.map_or(self.buffer.len(), |_| 16 * 1024);
            filled = connection.read(&mut self.buffer[..room])?;
            start = 0;
            if filled == 0 {
                return Err("the answer was cut".into());
            }
        }
        self.connection = Some(connection);
        Ok(answer)
    }

    pub(crate) fn get(&mut self, path: &str, headers: &[(&str, &str)]) -> Result<Answer, Failed> {
        self.get_with(path, headers, |_| ControlFlow::Continue(()))
    }

    /// The same for a collection of the service; an error where it is refused.
    pub(crate) fn read(&mut self, path: &str, headers: &[(&str, &str)]) -> Result<Answer, Failed> {
        let answer = self.get(&format!("/v1.0/odata/{path}"), headers)?;
        if answer.status != 200 {
            let end = String::from_utf8_lossy(&answer.end);
            return Err(format!("{path}: {} {end}", answer.status).into());
        }
        Ok(answer)
    }
}

/// Several connections on one thread, as `pgbench` has them: each asks for one path after the other, as long as
/// `next` says which, and `told` hears how long each took. Another status than 200 is an error.
pub(crate) async fn ask(
    address: &str,
    token: &str,
    mut next: impl FnMut() -> Option<String>,
    mut told: impl FnMut(Duration),
) -> Result<(), Failed> {
    let mut connection = tokio::net::TcpStream::connect(address).await?;
    connection.set_nodelay(true)?;
    let mut buffer = vec![0; 256 * 1024];
    while let Some(path) = next() {
        let request = request(address, token, &path, &[]);
        let started = Instant::now();
        connection.write_all(request.as_bytes()).await?;
        let mut filled = 0;
        let mut head: Option<Head> = None;
        loop {
            let read = connection.read(&mut buffer[filled..]).await?;
            if read == 0 {
                return Err("the answer was cut".into());
            }
            filled += read;
            let start = match &mut head {
                Some(_) => 0,
                None => match Head::read(&buffer[..filled])? {
                    Some(found) => head.insert(found).end,
                    None => continue,
                },
            };
            let Some(Head { status, body, .. }) = &mut head else {
                continue;
            };
            if *status != 200 {
                return Err(format!("{path}: {status}").into());
            }
            body.take(&buffer[start..filled], |_| {})?;
            filled = 0;
            if body.is_complete() {
                break;
            }
        }
        told(started.elapsed());
    }
    Ok(())
}

/// The bytes of a request.
fn request(address: &str, token: &str, path: &str, headers: &[(&str, &str)]) -> String {
    let path = path.replace(' ', "%20");
    let mut request =
        format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n");
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str("\r\n");
    request
}

/// What stands before the body.
struct Head {
    status: u16,
    body: Body,
    /// Bytes of it.
    end: usize,
}

impl Head {
    /// The head at the start of these bytes, if all of it is there.
    fn read(bytes: &[u8]) -> Result<Option<Head>, Failed> {
        let Some(end) = find(bytes, b"\r\n\r\n") else {
            return Ok(None);
        };
        let text = std::str::from_utf8(&bytes[..end])?;
        let length = |line: &str| {
            let (name, value) = line.split_once(':')?;
            let is_length = name.eq_ignore_ascii_case("content-length");
            is_length.then(|| value.trim().parse::<u64>())
        };
        Ok(Some(Head {
            // What is left of the body before stands first.
            status: text.trim_start().get(9..12).unwrap_or("0").parse()?,
            body: Body::new(text.lines().find_map(length).transpose()?),
            end: end + 4,
        }))
    }
}

impl Answer {
    /// The path of the next link.
    pub(crate) fn next(&self) -> Option<String> {
        next_link(&self.end)
    }
}

/// The path of the next link at the end of a body.
pub(crate) fn next_link(end: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(end);
    let (_, link) = text.rsplit_once("\"@odata.nextLink\":\"")?;
    let (link, _) = link.split_once('"')?;
    link.split_once("/v1.0/odata/")
        .map(|(_, path)| path.to_owned())
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

/// A body of known length or in chunks.
enum Body {
    Length(u64),
    /// Bytes left of a chunk with its end, or the size's digits so far.
    Chunk {
        left: usize,
        digits: String,
        ended: bool,
    },
}

impl Body {
    fn new(length: Option<u64>) -> Body {
        match length {
            Some(length) => Body::Length(length),
            None => Body::Chunk {
                left: 0,
                digits: String::new(),
                ended: false,
            },
        }
    }

    fn is_complete(&self) -> bool {
        match self {
            Body::Length(left) => *left == 0,
            Body::Chunk { ended, .. } => *ended,
        }
    }

    fn take(&mut self, mut piece: &[u8], mut each: impl FnMut(&[u8])) -> Result<(), Failed> {
        match self {
            Body::Length(left) => {
                *left = left.saturating_sub(piece.len() as u64);
                each(piece);
            }
            Body::Chunk {
                left,
                digits,
                ended,
            } => {
                while !piece.is_empty() && !*ended {
                    if *left > 0 {
                        let here = piece.len().min(*left);
                        // The two last bytes are the line's end, not data.
                        let data = here.min(left.saturating_sub(2));
                        if data > 0 {
                            each(&piece[..data]);
                        }
                        *left -= here;
                        piece = &piece[here..];
                        continue;
                    }
                    let (byte, rest) = (piece[0], &piece[1..]);
                    piece = rest;
                    if byte == b'\n' {
                        let size = usize::from_str_radix(digits.trim(), 16)?;
                        digits.clear();
                        *ended = size == 0;
                        *left = size + 2;
                    } else {
                        digits.push(char::from(byte));
                    }
                }
            }
        }
        Ok(())
    }
}
