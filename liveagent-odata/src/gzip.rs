//! Answers compressed by gzip, for those who take it (RFC 9110, 8.4).
//!
//! A short answer stays as it is: it would become longer, or save less than a packet. A long one is compressed
//! as it comes, at the cheapest level, and whenever nothing follows at once, what was compressed goes out: rows
//! that are hard to find must not wait for others in a buffer.

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{
    ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, HeaderMap, HeaderValue, VARY,
};
use actix_web::middleware::Next;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::error::Error;
use std::io::Write;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Bytes of an answer that is worth it.
const WORTH_IT: u64 = 1024;
/// Compressed bytes of a chunk.
const CHUNK: usize = 16 * 1024;

/// Compresses an answer, where the client takes that and it is worth it.
pub(crate) async fn answer<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let is_wanted = takes_gzip(request.headers()) && *request.method() != Method::HEAD;
    let mut response = next.call(request).await?.map_into_boxed_body();
    let is_worth_it = match response.response().body().size() {
        BodySize::None => false,
        BodySize::Sized(bytes) => bytes >= WORTH_IT,
        BodySize::Stream => true,
    };
    if !is_wanted || !is_worth_it || response.headers().contains_key(CONTENT_ENCODING) {
        return Ok(response);
    }
    let headers = response.headers_mut();
    headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    headers.append(VARY, HeaderValue::from_static("accept-encoding"));
    headers.remove(CONTENT_LENGTH);
    Ok(response.map_body(|_, body| {
        BoxBody::new(Compressed {
            body,
            encoder: Some(GzEncoder::new(Vec::new(), Compression::fast())),
            state: State::Empty,
        })
    }))
}

struct Compressed {
    body: BoxBody,
    /// None once the end was written.
    encoder: Option<GzEncoder<Vec<u8>>>,
    state: State,
}

/// What became of that which went in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Some of it may be in the encoder.
    Written,
    /// It came out, since nothing followed: the caller must hear of that, too.
    Flushed,
    /// It came out.
    Empty,
}

impl MessageBody for Compressed {
    type Error = Box<dyn Error>;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let this = &mut *self;
        if this.state == State::Flushed {
            // Whoever sends it does so once nothing is there, and not before an error that comes next.
            this.state = State::Empty;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        while let Some(encoder) = &mut this.encoder {
            match Pin::new(&mut this.body).poll_next(cx) {
                Poll::Ready(Some(Ok(chunk))) => {
                    encoder.write_all(&chunk)?;
                    this.state = State::Written;
                    if encoder.get_ref().len() < CHUNK {
                        continue;
                    }
                }
                // It has no end then, by which the client knows that it was cut.
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Some(Err(error))),
                Poll::Ready(None) => {
                    encoder.try_finish()?;
                    let rest = std::mem::take(encoder.get_mut());
                    this.encoder = None;
                    return Poll::Ready(Some(Ok(rest.into())));
                }
                Poll::Pending if this.state == State::Empty => return Poll::Pending,
                Poll::Pending => {
                    encoder.flush()?;
                    this.state = State::Flushed;
                }
            }
            return Poll::Ready(Some(Ok(std::mem::take(encoder.get_mut()).into())));
        }
        Poll::Ready(None)
    }
}

/// Whether `Accept-Encoding` allows gzip (RFC 9110, 12.5.3). Without the header nothing is
/// compressed: many a client that says nothing can't read it.
fn takes_gzip(headers: &HeaderMap) -> bool {
    let mut named = None;
    let mut any = None;
    for value in headers.get_all(ACCEPT_ENCODING) {
        for item in value.to_str().unwrap_or("").split(',') {
            let (coding, weight) = item.split_once(';').unwrap_or((item, ""));
            let weight = weight.trim().trim_start_matches(['q', 'Q']).trim_start();
            let refused = weight
                .strip_prefix('=')
                .is_some_and(|weight| weight.trim().parse() == Ok(0f32));
            match coding.trim().to_ascii_lowercase().as_str() {
                "gzip" | "x-gzip" => named = Some(!refused),
                "*" => any = Some(!refused),
                _ => {}
            }
        }
    }
    named.or(any).unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::body::BodyStream;
    use flate2::write::GzDecoder;
    use futures_util::{Stream, StreamExt as _, stream};
    use std::task::Waker;

    /// What a client reads of the chunks of a body, and whether it sees the end.
    fn read(compressed: &mut Compressed) -> (String, bool) {
        let mut client = GzDecoder::new(Vec::new());
        let mut cx = Context::from_waker(Waker::noop());
        let mut is_waiting = false;
        loop {
            match Pin::new(&mut *compressed).poll_next(&mut cx) {
                Poll::Ready(Some(Ok(chunk))) => client.write_all(&chunk).unwrap(),
                // The second time in a row nobody wakes it.
                Poll::Pending if !is_waiting => {
                    is_waiting = true;
                    continue;
                }
                _ => break,
            }
            is_waiting = false;
        }
        client.flush().unwrap();
        let text = String::from_utf8(client.get_ref().clone()).unwrap();
        (text, client.try_finish().is_ok())
    }

    fn compressed(
        chunks: &[&'static str],
        then: impl Stream<Item = Result<Bytes, Box<dyn Error>>> + 'static,
    ) -> Compressed {
        let chunks: Vec<_> = chunks.iter().map(|chunk| Ok(Bytes::from(*chunk))).collect();
        Compressed {
            body: BoxBody::new(BodyStream::new(stream::iter(chunks).chain(then))),
            encoder: Some(GzEncoder::new(Vec::new(), Compression::fast())),
            state: State::Empty,
        }
    }

    #[test]
    fn what_is_there_is_read_before_more_comes() {
        let mut waiting = compressed(&["{\"value\":[", "{\"id\":1}"], stream::pending());
        assert_eq!(
            read(&mut waiting),
            ("{\"value\":[{\"id\":1}".to_owned(), false)
        );
        let mut whole = compressed(&["{\"value\":[", "]}"], stream::empty());
        assert_eq!(read(&mut whole), ("{\"value\":[]}".to_owned(), true));
    }

    #[test]
    fn what_is_cut_has_no_end() {
        let cut = stream::iter([Err("the database has gone".into())]);
        let mut cut = compressed(&["{\"value\":["], cut);
        assert!(!read(&mut cut).1);
    }

    #[test]
    fn gzip_is_for_those_who_take_it() {
        for (value, expected) in [
            (None, false),
            (Some(""), false),
            (Some("gzip"), true),
            (Some("gzip, deflate, br"), true),
            (Some("deflate;q=1.0, GZIP;q=0.5"), true),
            (Some("gzip;q=0"), false),
            (Some("gzip; q=0.000"), false),
            (Some("*"), true),
            (Some("*;q=0"), false),
            (Some("*, gzip;q=0"), false),
            (Some("*;q=0, gzip;q=0.1"), true),
            (Some("identity;q=0"), false),
            (Some("br"), false),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(value) = value {
                headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(value));
            }
            assert_eq!(takes_gzip(&headers), expected, "{value:?}");
        }
    }
}
