//! The rest of an answer, produced while it is sent.

use super::Inner;
use super::answer::Asked;
use super::audit::{Cause, Record};
use super::body::{Progress, RowsBody};
use super::collection::{CHUNK, FLUSH_AFTER, ROOM};
use super::pace::Pace;
use super::pipe::{Body, Sender, Stopped, pipe};
use super::precedence::Stream;
use super::processor;
use super::revoked::until_revoked;
use crate::db::{Failure, Reason, RowStream};
use crate::error::Error;
use actix_web::HttpResponse;
use bytes::Bytes;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;
use tracing::Instrument as _;

/// What the log says where an answer is cut by the stream time-out, whoever looks at the clock first.
const TOO_LONG: &str = "it took longer than the stream time-out";

/// The rest of a page, produced while it is sent. It was begun at the first of the two times, and what its
/// token gives was confirmed at the second.
pub(super) async fn stream(
    asked: &Asked<'_>,
    mut response: actix_web::HttpResponseBuilder,
    buffer: Vec<u8>,
    rows: RowStream,
    writer: Box<dyn RowsBody>,
    (started, confirmed): (Instant, tokio::time::Instant),
) -> HttpResponse {
    let service = asked.service.clone();
    let settings = &service.settings;
    let (sender, body): (Sender, Body) = pipe(
        service.budget.clone(),
        settings.limits.page_drain_bytes,
        settings.stall_timeout,
    );
    let mut producer = Producer {
        service: service.clone(),
        sender,
        rows,
        writer,
        buffer,
        sent: 0,
        record: asked.record.clone(),
    };
    // What is there leaves with the head. There is room for it, and nobody who could have gone.
    let _ = producer.flush().await;
    let record = asked.record.clone();
    let revoked = until_revoked(asked, confirmed);
    let deadline = tokio::time::Instant::from_std(started) + settings.stream_timeout;
    let count = service.clone();
    // What ends it from outside says so before the body finds that nobody writes on.
    let ended = async move {
        let (cause, why) = tokio::select! {
            () = tokio::time::sleep_until(deadline) => (Cause::TimeOut, TOO_LONG),
            () = revoked => (Cause::Revoked, "its token no longer gives what it gave"),
        };
        record.cut(cause);
        count.interrupted.fetch_add(1, Ordering::Relaxed);
        tracing::warn!("an answer was cut: {why}");
    };
    let production = async move {
        let stream = producer.service.precedence.stream();
        if stream.is_alone() {
            processor::leave_to_the_reader();
        }
        tokio::select! {
            () = producer.run(stream) => {}
            () = ended => {}
        }
    };
    // On the thread that the rows come to.
    tokio::spawn(production.in_current_span());
    response.body(body)
}

struct Producer {
    service: Arc<Inner>,
    sender: Sender,
    rows: RowStream,
    writer: Box<dyn RowsBody>,
    buffer: Vec<u8>,
    sent: usize,
    record: Record,
}

impl Producer {
    /// Produces to the end. Whatever ends it before leaves the body unfinished.
    async fn run(mut self, stream: Stream) {
        // It is dropped before the sender: the body finds that nobody writes on after that was said.
        let _panicking = Panicking {
            service: self.service.clone(),
            record: self.record.clone(),
        };
        match self.produce(stream).await {
            Ok(()) => {
                // The connection is free; what is left is between the memory and the client.
                let Producer {
                    service,
                    sender,
                    rows,
                    record,
                    ..
                } = self;
                drop(rows);
                if let Err(stopped) = sender.drained(service.settings.drained_timeout).await {
                    service.interrupted.fetch_add(1, Ordering::Relaxed);
                    stopped.tell(&record);
                }
                return;
            }
            // Nobody was answered: the request was refused after all.
            Err(Cut::Client(Stopped::Gone)) if !self.sender.is_begun() => return,
            Err(Cut::Client(stopped)) => stopped.tell(&self.record),
            Err(Cut::TimeOut) => {
                self.record.cut(Cause::TimeOut);
                tracing::warn!("an answer was cut: {TOO_LONG}");
            }
            Err(Cut::Database(failure)) => {
                self.record.cut(Cause::Database);
                if failure.reason == Reason::Mismatch {
                    self.service.changed.notify_one();
                }
                tracing::warn!(reason = ?failure.reason, rows = self.writer.rows(), "an answer was cut");
            }
            Err(Cut::Row(error)) => {
                self.record.cut(Cause::Row);
                self.service.changed.notify_one();
                tracing::error!(
                    code = error.code().name(),
                    rows = self.writer.rows(),
                    "an answer was cut"
                );
            }
        }
        self.service.interrupted.fetch_add(1, Ordering::Relaxed);
    }

    async fn produce(&mut self, stream: Stream) -> Result<(), Cut> {
        let mut pace = Pace::new();
        let pause = tokio::time::sleep(FLUSH_AFTER);
        tokio::pin!(pause);
        loop {
            if self.buffer.len() >= CHUNK {
                pace.meanwhile(self.flush()).await?;
                pace.pause().await;
                // With the turn: those behind it would write a chunk each before they stand still as well.
                stream.may_go_on().await;
            }
            let is_there = tokio::select! {
                biased;
                is_there = pace.advance(&mut self.rows) => is_there,
                () = &mut pause => {
                    pause.as_mut().reset(tokio::time::Instant::now() + FLUSH_AFTER);
                    pace.meanwhile(self.flush()).await?;
                    continue;
                }
                () = self.sender.closed() => return Err(Cut::Client(Stopped::Gone)),
            };
            if !is_there.map_err(Cut::of_row)? {
                break;
            }
            if self.should_end() {
                self.writer.cut();
                break;
            }
            tokio::select! {
                biased;
                () = pace.turn() => {}
                () = self.sender.closed() => return Err(Cut::Client(Stopped::Gone)),
            }
            if self.write()? == Progress::Full {
                let patience = self.service.settings.limits.statement_timeout();
                let finished = pace.meanwhile(self.rows.finish(patience)).await;
                finished.map_err(Cut::Database)?;
                break;
            }
        }
        drop((pace, stream));
        self.writer.tail(&mut self.buffer);
        self.flush().await?;
        self.sender.finish();
        Ok(())
    }

    /// Writes the row that is there, and those that came with it, to the end of a chunk.
    fn write(&mut self) -> Result<Progress, Cut> {
        loop {
            let row = self.rows.row();
            let progress = self.writer.row(&mut self.buffer, row).map_err(Cut::Row)?;
            let is_full = progress == Progress::Full || self.buffer.len() >= CHUNK;
            if is_full || !self.rows.advance_at_once() {
                if progress == Progress::More {
                    self.writer.may_end_behind(self.rows.row());
                }
                return Ok(progress);
            }
        }
    }

    /// While memory is short a page ends early: the next link leads on.
    fn should_end(&self) -> bool {
        let bytes = self.sent + self.buffer.len();
        bytes >= self.service.settings.limits.short_page_bytes
            && self.service.budget.is_short()
            && self.writer.can_be_cut()
    }

    async fn flush(&mut self) -> Result<(), Cut> {
        let end = self.buffer.len().saturating_sub(self.writer.kept_back());
        if end == 0 {
            return Ok(());
        }
        let mut rest = Vec::with_capacity(ROOM);
        rest.extend_from_slice(&self.buffer[end..]);
        let mut chunk = std::mem::replace(&mut self.buffer, rest);
        chunk.truncate(end);
        let chunk = Bytes::from(chunk);
        self.sent += chunk.len();
        self.record.rows(self.writer.rows());
        self.sender.send(chunk).await.map_err(Cut::Client)
    }
}

/// Says of an answer that it was a panic which ended it.
struct Panicking {
    service: Arc<Inner>,
    record: Record,
}

impl Drop for Panicking {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.record.cut(Cause::Service);
            self.service.interrupted.fetch_add(1, Ordering::Relaxed);
            tracing::error!("an answer was cut: the service failed on it");
        }
    }
}

impl Stopped {
    /// Tells the log, and the audit what that can't see by itself.
    fn tell(self, record: &Record) {
        match self {
            Stopped::Gone => tracing::debug!("a client hung up"),
            Stopped::Stalled => {
                record.cut(Cause::ClientStalled);
                tracing::info!("an answer was cut: its client stopped reading");
            }
        }
    }
}

/// Why an answer ends before its end.
enum Cut {
    Client(Stopped),
    /// The server keeps the stream time-out as well.
    TimeOut,
    Database(Failure),
    Row(Error),
}

impl Cut {
    /// Why the next row does not come.
    fn of_row(failure: Failure) -> Cut {
        match failure.reason {
            Reason::Timeout => Cut::TimeOut,
            _ => Cut::Database(failure),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_time_out_of_the_server_is_the_streams() {
        let cut = Cut::of_row(Failure::timeout(Duration::from_secs(1)));
        assert!(matches!(cut, Cut::TimeOut));
        let busy = Failure {
            reason: Reason::Lost,
            ..Failure::timeout(Duration::from_secs(1))
        };
        assert!(matches!(Cut::of_row(busy), Cut::Database(_)));
    }
}
