//! Stopping a statement, so that its connection can be used again.
//!
//! A cancel request travels over a connection of its own, names only the backend, and is neither
//! numbered nor answered. Sent and forgotten, it hits the *next* statement of that backend; sent
//! early, it hits none and the statement runs in full. So the cancel connection is read to its end
//! (by then the signal has been sent), a `Sync` is queued behind the statement, and the request is
//! repeated until that is answered.

use super::connect::{Connector, Session};
use super::socket::Socket;
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use tokio::sync::oneshot;
use tokio_postgres::tls::MakeTlsConnect;

/// A statement that ends by itself in this time needs no cancel request.
const GRACE: Duration = Duration::from_millis(2);
/// How long the answer to `Sync` may take before the request is repeated.
const REPEAT: Duration = Duration::from_millis(50);
/// How long all of it may take before the connection is given up.
const PATIENCE: Duration = Duration::from_secs(2);

/// What became of a connection whose statement was to be stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The statement had ended by itself.
    Ended,
    /// It was cancelled; the connection is clean.
    Cancelled,
    /// The connection cannot be used again.
    Lost,
}

/// Stops what runs on that connection.
pub(super) async fn stop(connector: &Connector, session: &Session) -> Outcome {
    let stopped = async {
        match cancel(connector, session).await {
            Outcome::Lost => Outcome::Lost,
            // What a request that has gone let the driver ask may go on behind that.
            outcome => match session.wait_for_answers().await {
                Ok(()) => outcome,
                Err(_) => Outcome::Lost,
            },
        }
    };
    let stopped = tokio::time::timeout(PATIENCE, stopped).await;
    stopped.unwrap_or(Outcome::Lost)
}

/// Sends cancel requests until the server answers what was queued behind the statement.
async fn cancel(connector: &Connector, session: &Session) -> Outcome {
    let mut answered = pin!(session.client.check_connection());
    if let Ok(answer) = tokio::time::timeout(GRACE, &mut answered).await {
        if answer.is_err() {
            // Its thread may have ended, and the server not know yet.
            let _ = request(connector, session).await;
        }
        return answer.map_or(Outcome::Lost, |()| Outcome::Ended);
    }
    loop {
        if let Err(error) = request(connector, session).await {
            tracing::debug!(error = %error, "a cancel request did not reach the database");
        }
        if let Ok(answer) = tokio::time::timeout(REPEAT, &mut answered).await {
            return answer.map_or(Outcome::Lost, |()| Outcome::Cancelled);
        }
    }
}

/// Sends one cancel request and waits until the server has dealt with it.
async fn request(connector: &Connector, session: &Session) -> io::Result<()> {
    let stream = session
        .peer
        .address
        .connect(&connector.config.driver)
        .await?;
    let (give_back, back) = oneshot::channel();
    let stream = Lent {
        stream: Some(stream),
        give_back: Some(give_back),
    };
    let mut tls = connector.tls.clone();
    let Ok(tls) = MakeTlsConnect::<Lent>::make_tls_connect(&mut tls, &session.peer.name);
    session
        .client
        .cancel_token()
        .cancel_query_raw(stream, tls)
        .await
        .map_err(io::Error::other)?;
    if let Ok(mut stream) = back.await {
        // The server answers nothing and closes when the signal is on its way. What a TLS server
        // says at its end is of no interest.
        let mut rest = [0; 64];
        while stream.read(&mut rest).await? > 0 {}
    }
    Ok(())
}

/// A stream that comes back when whoever took it is done: the driver drops what it writes a cancel
/// request to.
struct Lent {
    stream: Option<Socket>,
    give_back: Option<oneshot::Sender<Socket>>,
}

impl Lent {
    fn stream(&mut self) -> io::Result<Pin<&mut Socket>> {
        let stream = self.stream.as_mut();
        stream
            .map(Pin::new)
            .ok_or_else(|| io::ErrorKind::NotConnected.into())
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let (Some(stream), Some(give_back)) = (self.stream.take(), self.give_back.take()) {
            // Nobody waits for it when the cancelling itself was given up.
            let _ = give_back.send(stream);
        }
    }
}

impl AsyncRead for Lent {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.stream()?.poll_read(cx, buf)
    }
}

impl AsyncWrite for Lent {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.stream()?.poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream()?.poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream()?.poll_shutdown(cx)
    }
}
