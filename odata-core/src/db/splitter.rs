//! The bytes of a connection, from which the rows of a stream are split off before the driver.
//!
//! The driver makes a value of its own of each row and hands it from task to task, which takes as long as to write the
//! row. So it gets a stream that sorts the server's messages (PostgreSQL 55.2.3): while somebody reads from the
//! connection's [`RowQueue`], those that hold a row go there, as many at a time as have come. All others are the driver's,
//! untouched, and so are all bytes while nobody reads.

use super::row::{DATA_ROW, HEADER, header};
use super::row_queue::{ReaderId, RowQueue};
use super::socket::Socket;
use bytes::{Buf, BytesMut};
use std::error::Error;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use tokio_postgres::tls::{ChannelBinding, TlsConnect, TlsStream};

/// Bytes that are read at once, if they are there: two of the pieces that PostgreSQL sends. More are read no faster, and
/// leave holes between the chunks that wait for slow readers.
const READ: usize = 16 * 1024;
/// What PostgreSQL can build of a row (`MaxAllocSize`), behind the head of its message. What is said to be longer is
/// the driver's, as all is that is no row: it refuses what is longer than 2 GiB.
const LONGEST_ROW: usize = HEADER + (1 << 30);

/// A stream to a server, as the driver sees it.
pub(super) struct Splitter<S> {
    stream: S,
    rows: Arc<RowQueue>,
    /// What was read and not sorted yet.
    read: BytesMut,
    /// Bytes to come that are the driver's whatever they are: the rest of a message.
    passing: usize,
    /// Whose rows come next: who read when the statement was bound, until anything else is said than rows and what
    /// comes at any time. Rows elsewhere are the driver's, which knows what to make of them in their order.
    answer_of: Option<ReaderId>,
}

/// `BindComplete`: the rows of the statement stand behind it.
const BIND_COMPLETE: u8 = b'2';
/// `NoticeResponse`, `NotificationResponse` and `ParameterStatus`, which come at any time (PostgreSQL 55.2.7).
const ASYNCHRONOUS: [u8; 3] = *b"NAS";

impl<S> Splitter<S> {
    /// The stream from its first message on, before which so many bytes stand.
    pub(super) fn new(stream: S, rows: Arc<RowQueue>, before: usize) -> Splitter<S> {
        Splitter {
            stream,
            rows,
            read: BytesMut::new(),
            passing: before,
            answer_of: None,
        }
    }

    /// Gives the driver what is its own of what was read, and the reader the rows, if there is one. More has to be read
    /// when nothing is done.
    fn sort(&mut self, out: &mut ReadBuf<'_>, reader: Option<ReaderId>) {
        loop {
            if self.passing > 0 {
                let bytes = self.passing.min(self.read.len()).min(out.remaining());
                if bytes == 0 {
                    return;
                }
                out.put_slice(&self.read[..bytes]);
                self.read.advance(bytes);
                self.passing -= bytes;
                continue;
            }
            let reads = self
                .answer_of
                .filter(|answer_of| reader == Some(*answer_of));
            if let Some(reader) = reads {
                let rows = whole_rows(&self.read);
                if rows > 0 {
                    self.rows.put(reader, self.read.split_to(rows).freeze());
                }
            }
            match header(&self.read) {
                // There may be others behind it.
                Some((DATA_ROW, length)) if reads.is_some() && length <= LONGEST_ROW => {
                    self.read.reserve(length - self.read.len() + READ);
                    return;
                }
                Some((kind, length)) => {
                    self.passing = length;
                    if !ASYNCHRONOUS.contains(&kind) {
                        self.answer_of = reader.filter(|_| kind == BIND_COMPLETE);
                    }
                }
                None => return,
            }
        }
    }
}

/// Bytes of the rows at the beginning, up to the first that is not whole.
fn whole_rows(bytes: &[u8]) -> usize {
    let mut end = 0;
    while let Some((DATA_ROW, length)) = header(&bytes[end..])
        && length <= bytes.len() - end
        && length <= LONGEST_ROW
    {
        end += length;
    }
    end
}

impl<S: AsyncRead + Unpin> AsyncRead for Splitter<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let splitter = &mut *self;
        let before = out.filled().len();
        loop {
            let reader = ready!(splitter.rows.poll_room(cx));
            splitter.sort(out, reader);
            if out.filled().len() > before || out.remaining() == 0 {
                return Poll::Ready(Ok(()));
            }
            splitter.read.reserve(READ);
            // What a long row needed is not kept, nor got back when that is gone.
            if splitter.read.is_empty() && splitter.read.capacity() > 2 * READ {
                splitter.read = BytesMut::with_capacity(READ);
            }
            let bytes = ready!(pin!(splitter.stream.read_buf(&mut splitter.read)).poll(cx))?;
            if bytes == 0 {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Splitter<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl<S: TlsStream + Unpin> TlsStream for Splitter<S> {
    fn channel_binding(&self) -> ChannelBinding {
        self.stream.channel_binding()
    }
}

/// Puts TLS between the socket and what sorts its messages.
pub(super) struct TlsBelow<T>(pub(super) T);

impl<T> TlsConnect<Splitter<Socket>> for TlsBelow<T>
where
    T: TlsConnect<Socket> + Send + 'static,
    T::Future: Send,
    T::Stream: Send,
{
    type Stream = Splitter<T::Stream>;
    type Error = Box<dyn Error + Send + Sync>;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Stream, Self::Error>> + Send>>;

    fn connect(self, splitter: Splitter<Socket>) -> Self::Future {
        let Splitter {
            stream, rows, read, ..
        } = splitter;
        Box::pin(async move {
            // Who stands in between may have put it there: nothing of it is for this session.
            if !read.is_empty() {
                let message =
                    "the server sent unencrypted data behind its answer to the request for TLS";
                return Err(io::Error::new(io::ErrorKind::InvalidData, message).into());
            }
            let stream = self.0.connect(stream).await.map_err(Into::into)?;
            Ok(Splitter::new(stream, rows, 0))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::VecDeque;
    use std::future::poll_fn;
    use std::task::Waker;
    use tokio::io::AsyncWriteExt;

    /// A server that has said so much, in these pieces.
    struct Server(VecDeque<Vec<u8>>);

    impl AsyncRead for Server {
        fn poll_read(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            out: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            let Some(piece) = self.0.front_mut() else {
                return Poll::Pending;
            };
            let rest = piece.split_off(piece.len().min(out.remaining()));
            out.put_slice(&std::mem::replace(piece, rest));
            if piece.is_empty() {
                self.0.pop_front();
            }
            Poll::Ready(Ok(()))
        }
    }

    fn message_of(kind: u8, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len() + 4).unwrap();
        [&[kind][..], &length.to_be_bytes(), body].concat()
    }

    /// What the driver and a reader get of these bytes, which come in pieces of these lengths, where the driver reads so
    /// much at a time. The reader goes when it has taken rows so often.
    fn sorted(bytes: &[u8], pieces: &[usize], room: usize, takes: usize) -> (Vec<u8>, Vec<u8>) {
        let mut rest = bytes;
        let mut lengths = pieces.iter().copied().cycle();
        let server = std::iter::from_fn(|| {
            let length = lengths.next()?.min(rest.len());
            let (piece, others) = rest.split_at(length);
            rest = others;
            (length > 0).then(|| piece.to_vec())
        });
        let rows = Arc::<RowQueue>::default();
        let mut splitter = Splitter::new(Server(server.collect()), rows.clone(), 0);
        let mut cx = Context::from_waker(Waker::noop());
        let (mut driver, mut found) = (Vec::new(), Vec::new());
        let mut reader = (takes > 0).then(|| rows.reader());
        let mut left = takes;
        loop {
            let mut buffer = vec![0; room];
            let mut out = ReadBuf::new(&mut buffer);
            let is_ready = Pin::new(&mut splitter)
                .poll_read(&mut cx, &mut out)
                .is_ready();
            driver.extend_from_slice(out.filled());
            let taken = reader.as_ref().map(|reader| reader.poll_take(&cx));
            let is_taken = if let Some(Poll::Ready(rows)) = taken {
                found.extend_from_slice(&rows);
                left -= 1;
                reader.take_if(|_| left == 0);
                true
            } else {
                false
            };
            if !is_ready && !is_taken {
                return (driver, found);
            }
        }
    }

    /// What is the driver's of these messages, and the rows of answers.
    fn apart(mut bytes: &[u8]) -> (Vec<u8>, Vec<u8>) {
        let (mut driver, mut rows) = (Vec::new(), Vec::new());
        let mut last = b'Z';
        while let Some((kind, length)) = header(bytes) {
            let (message, rest) = bytes.split_at(length);
            bytes = rest;
            match (last, kind) {
                (BIND_COMPLETE, DATA_ROW) => rows.extend_from_slice(message),
                _ => driver.extend_from_slice(message),
            }
            if !b"DNSA".contains(&kind) {
                last = kind;
            }
        }
        (driver, rows)
    }

    /// No piece of these is longer.
    const PIECE: usize = 20_000;

    fn messages() -> impl Strategy<Value = Vec<(u8, Vec<u8>)>> {
        let kind = prop_oneof![4 => Just(DATA_ROW), 1 => prop::sample::select(&b"CZNSE222"[..])];
        let body = prop_oneof![
            8 => prop::collection::vec(any::<u8>(), 0..40),
            1 => prop::collection::vec(any::<u8>(), 40_000..70_000),
        ];
        prop::collection::vec((kind, body), 0..30)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn rows_are_the_readers_and_all_else_the_drivers(
            messages in messages(),
            pieces in prop::collection::vec(1..PIECE, 1..5),
            small in prop::collection::vec(1usize..12, 1..5),
            room in 1usize..9_000,
        ) {
            let all: Vec<u8> = messages.iter().flat_map(|(kind, body)| message_of(*kind, body)).collect();
            let (others, rows) = apart(&all);
            let pieces = if all.len() < 5_000 { [&pieces, &small] } else { [&pieces, &pieces] };
            for pieces in pieces {
                prop_assert_eq!(sorted(&all, pieces, room, 0), (all.clone(), vec![]));
                prop_assert_eq!(sorted(&all, pieces, room, usize::MAX), (others.clone(), rows.clone()));
                // What comes when the reader has gone is the driver's again; what came together with the last that it
                // took is nobody's.
                let (driver, found) = sorted(&all, pieces, room, 2);
                let (others_again, left) = apart(&driver);
                prop_assert_eq!(&others_again, &others);
                prop_assert!(rows.starts_with(&found));
                prop_assert!(rows[found.len()..].ends_with(&left));
                prop_assert!(rows.len() - found.len() - left.len() < READ + PIECE);
            }
        }
    }

    #[test]
    fn what_a_long_row_needed_is_not_kept() {
        let all = [
            message_of(BIND_COMPLETE, b""),
            message_of(DATA_ROW, &vec![1; 10 << 20]),
            message_of(b'C', b"SELECT 1"),
        ];
        let (all, rows) = (all.concat(), Arc::<RowQueue>::default());
        let pieces = all.chunks(200_000).map(<[u8]>::to_vec);
        let mut splitter = Splitter::new(Server(pieces.collect()), rows.clone(), 0);
        let reader = rows.reader();
        let mut cx = Context::from_waker(Waker::noop());
        let (mut taken, mut buffer) = (0, [0; 64]);
        loop {
            let mut out = ReadBuf::new(&mut buffer);
            let is_ready = Pin::new(&mut splitter)
                .poll_read(&mut cx, &mut out)
                .is_ready();
            match reader.poll_take(&cx) {
                Poll::Ready(rows) => taken += rows.len(),
                Poll::Pending if !is_ready => break,
                Poll::Pending => {}
            }
        }
        assert!(taken > 10 << 20, "{taken}");
        assert!(splitter.read.capacity() <= 2 * READ);
    }

    /// The connection on one thread, its reader on another: whoever waits is woken.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn rows_pass_from_thread_to_thread() {
        const ROWS: usize = 20_000;
        let row = message_of(DATA_ROW, b"a row");
        let (end, mut server) = tokio::io::duplex(1_000);
        let rows = Arc::<RowQueue>::default();
        let reader = rows.reader();
        let mut splitter = Splitter::new(end, rows, 0);
        let all = [
            message_of(BIND_COMPLETE, b""),
            row.repeat(ROWS),
            message_of(b'C', b"SELECT"),
        ];
        let others = [&all[0][..], &all[2]].concat();
        tokio::spawn(async move { server.write_all(&all.concat()).await });
        let mut driver = Vec::new();
        let connection = tokio::spawn(async move {
            splitter.read_to_end(&mut driver).await.unwrap();
            driver
        });
        let mut taken = 0;
        while taken < ROWS * row.len() {
            taken += poll_fn(|cx| reader.poll_take(cx)).await.len();
        }
        assert_eq!(connection.await.unwrap(), others);
        assert_eq!(taken, ROWS * row.len());
    }
}
