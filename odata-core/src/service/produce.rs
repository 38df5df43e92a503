//! The rest of an answer, produced while it is sent.

use super::Inner;
use super::answer::{Asked, CHUNK, FLUSH_AFTER};
use super::body::{Progress, RowsBody};
use super::pipe::{Body, Sender, Stopped, pipe};
use crate::db::{Failure, Reason, RowStream};
use crate::error::Error;
use actix_web::HttpResponse;
use bytes::Bytes;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

/// Reads the end of a statement whose last row was taken, so that its connection is free.
pub(super) async fn finish(rows: &mut RowStream) -> Result<(), Failure> {
    match rows.next().await {
        Some(Err(failure)) => Err(failure),
        Some(Ok(_)) | None => Ok(()),
    }
}

/// The rest of a page, produced while it is sent.
pub(super) fn stream(
    asked: &Asked<'_>,
    mut response: actix_web::HttpResponseBuilder,
    buffer: Vec<u8>,
    rows: RowStream,
    writer: Box<dyn RowsBody>,
    started: Instant,
) -> HttpResponse {
    let service = asked.service.clone();
    let settings = &service.settings;
    let (sender, body): (Sender, Body) = pipe(
        service.budget.clone(),
        settings.limits.page_drain_bytes,
        settings.stall_timeout,
    );
    let producer = Producer {
        service: service.clone(),
        sender,
        rows,
        writer,
        buffer,
        sent: 0,
    };
    let deadline = tokio::time::Instant::from_std(started) + settings.stream_timeout;
    let count = service.clone();
    service.runtime.spawn(async move {
        if tokio::time::timeout_at(deadline, producer.run())
            .await
            .is_err()
        {
            count.interrupted.fetch_add(1, Ordering::Relaxed);
            tracing::warn!("an answer was cut: it took longer than the stream time-out");
        }
    });
    response.body(body)
}

struct Producer {
    service: Arc<Inner>,
    sender: Sender,
    rows: RowStream,
    writer: Box<dyn RowsBody>,
    buffer: Vec<u8>,
    sent: usize,
}

impl Producer {
    /// Produces to the end. Whatever ends it before leaves the body unfinished.
    async fn run(mut self) {
        match self.produce().await {
            Ok(()) => {
                // The connection is free; what is left is between the memory and the client.
                let Producer {
                    service,
                    sender,
                    rows,
                    ..
                } = self;
                drop(rows);
                if let Err(stopped) = sender.drained(service.settings.drained_timeout).await {
                    service.interrupted.fetch_add(1, Ordering::Relaxed);
                    stopped.log();
                }
                return;
            }
            Err(Cut::Client(stopped)) => stopped.log(),
            Err(Cut::Database(failure)) => {
                if failure.reason == Reason::Mismatch {
                    self.service.changed.notify_one();
                }
                tracing::warn!(reason = ?failure.reason, rows = self.writer.rows(), "an answer was cut");
            }
            Err(Cut::Row(error)) => {
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

    async fn produce(&mut self) -> Result<(), Cut> {
        let pause = tokio::time::sleep(FLUSH_AFTER);
        tokio::pin!(pause);
        // It is due, and with it the answer has begun.
        self.flush().await?;
        loop {
            if self.buffer.len() >= CHUNK {
                self.flush().await?;
            }
            let row = tokio::select! {
                biased;
                row = self.rows.next() => row,
                () = &mut pause => {
                    pause.as_mut().reset(tokio::time::Instant::now() + FLUSH_AFTER);
                    self.flush().await?;
                    continue;
                }
                () = self.sender.closed() => return Err(Cut::Client(Stopped::Gone)),
            };
            let Some(row) = row else { break };
            let row = row.map_err(Cut::Database)?;
            if self.should_end() {
                self.writer.cut();
                break;
            }
            if self.writer.row(&mut self.buffer, row).map_err(Cut::Row)? == Progress::Full {
                finish(&mut self.rows).await.map_err(Cut::Database)?;
                break;
            }
        }
        self.writer.tail(&mut self.buffer);
        self.flush().await?;
        self.sender.finish();
        Ok(())
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
        let mut rest = Vec::with_capacity(CHUNK + CHUNK / 8);
        rest.extend_from_slice(&self.buffer[end..]);
        let mut chunk = std::mem::replace(&mut self.buffer, rest);
        chunk.truncate(end);
        let chunk = Bytes::from(chunk);
        self.sent += chunk.len();
        self.sender.send(chunk).await.map_err(Cut::Client)
    }
}

impl Stopped {
    fn log(self) {
        match self {
            Stopped::Gone => tracing::debug!("a client hung up"),
            Stopped::Stalled => tracing::info!("an answer was cut: its client stopped reading"),
        }
    }
}

/// Why an answer ends before its end.
enum Cut {
    Client(Stopped),
    Database(Failure),
    Row(Error),
}
