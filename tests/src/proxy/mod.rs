//! A TCP proxy that stands between a service and its PostgreSQL and breaks what goes through it.
//!
//! What comes in: connections on a port of 127.0.0.1, and a [`Fault`]. What goes out: the same
//! connections on the server's Unix socket. It reads what the server says message by message, so that
//! a fault can be put at a place in the protocol; TLS would hide them (`sslmode=disable`).

mod frames;

use frames::Frames;
use local_postgres::Server;
use socket2::SockRef;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::unix;
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::runtime::Runtime;
use tokio::sync::Notify;

/// The tag of a row's message (PostgreSQL, 55.7 "Message Formats").
pub const DATA_ROW: u8 = b'D';

/// What happens to every connection, or to one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Both ends are closed there.
    Cut(At),
    /// The service's end is reset there (RST).
    Reset(At),
    /// The service hears there that the server says nothing more; the server goes on listening.
    HalfClose(At),
    /// From there on nothing comes through in either direction, and nothing is closed: for the
    /// connections that it hits, for good.
    BlackHole(At),
    /// These bits of the byte there are turned over.
    Flip(At, u8),
    /// Everything that the server says waits for so long.
    Delay(Duration),
    /// The server is heard at so many bytes in a second.
    Throttle(usize),
    /// New connections are closed at once.
    Refuse,
    /// New connections are taken, and nothing is ever said on them.
    Silent,
}

/// A place in what the server says on one connection after the fault was set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// Before this byte.
    Byte(u64),
    /// At a byte of the n-th message with this tag, both counted from 0: byte 0 is the tag, the next
    /// four are the length.
    Message {
        /// The tag.
        tag: u8,
        /// Messages with it before this one.
        number: u64,
        /// The byte within the message.
        byte: u64,
    },
}

/// The place at which a row begins; rows are counted from 0.
pub fn row(number: u64) -> At {
    At::Message {
        tag: DATA_ROW,
        number,
        byte: 0,
    }
}

/// A running proxy. It ends with the value, and all its connections with it.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    runtime: Option<Runtime>,
}

#[derive(Debug)]
struct Shared {
    upstream: PathBuf,
    setting: Mutex<Setting>,
    /// Connections of the service that are open.
    open: AtomicUsize,
    /// Connections that the fault has hit since it was set.
    hits: AtomicU64,
}

#[derive(Debug, Clone, Copy, Default)]
struct Setting {
    fault: Option<Fault>,
    /// Whether it ends with the first connection that it hits.
    once: bool,
    /// Told apart by it, a fault that is set again counts anew.
    generation: u64,
}

impl Proxy {
    /// A proxy to that server, on threads of its own: tests block theirs.
    pub fn start(server: &Server) -> Proxy {
        let name = format!(".s.PGSQL.{}", server.port());
        Proxy::to(server.socket_dir().join(name))
    }

    fn to(upstream: PathBuf) -> Proxy {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            upstream,
            setting: Mutex::default(),
            open: AtomicUsize::new(0),
            hits: AtomicU64::new(0),
        });
        runtime.spawn(listen(listener, shared.clone()));
        Proxy {
            address,
            shared,
            runtime: Some(runtime),
        }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A connection string in key-value form, for the superuser.
    pub fn connection_string(&self, database: &str) -> String {
        format!(
            "host=127.0.0.1 port={} user=postgres dbname={database} sslmode=disable",
            self.address.port()
        )
    }

    /// From now on every connection has this fault, the open ones too.
    pub fn set(&self, fault: Fault) {
        self.shared.set(Some(fault), false);
    }

    /// The same, until it has hit one connection.
    pub fn set_once(&self, fault: Fault) {
        self.shared.set(Some(fault), true);
    }

    /// From now on no connection gets a fault. What was hit stays as it is.
    pub fn heal(&self) {
        self.shared.set(None, false);
    }

    /// How often the fault has hit since it was set.
    pub fn hits(&self) -> u64 {
        self.shared.hits.load(Ordering::Relaxed)
    }

    /// Connections that the service has not closed, nor the proxy.
    pub fn open(&self) -> usize {
        self.shared.open.load(Ordering::Relaxed)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // Also in a test's own runtime, where waiting is forbidden.
            runtime.shutdown_background();
        }
    }
}

impl Shared {
    fn set(&self, fault: Option<Fault>, once: bool) {
        let mut setting = self.lock();
        self.hits.store(0, Ordering::Relaxed);
        *setting = Setting {
            fault,
            once,
            generation: setting.generation + 1,
        };
    }

    fn setting(&self) -> Setting {
        *self.lock()
    }

    /// A connection is at the place of this setting's fault. Whether it is hit: another may have been
    /// the one.
    fn hit(&self, setting: Setting) -> bool {
        let mut now = self.lock();
        let hit = now.generation == setting.generation && now.fault.is_some();
        if hit {
            self.hits.fetch_add(1, Ordering::Relaxed);
            if now.once {
                now.fault = None;
            }
        }
        hit
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Setting> {
        self.setting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn listen(listener: std::net::TcpListener, shared: Arc<Shared>) {
    let listener = TcpListener::from_std(listener).unwrap();
    loop {
        let Ok((client, _)) = listener.accept().await else {
            // Out of file handles, for instance: those that end give some back.
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        let shared = shared.clone();
        tokio::spawn(async move {
            shared.open.fetch_add(1, Ordering::Relaxed);
            serve(client, &shared, Open(&shared)).await;
        });
    }
}

/// Counts a connection as long as the service has it open.
struct Open<'a>(&'a Shared);

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}

async fn serve(mut client: TcpStream, shared: &Shared, open: Open<'_>) {
    let setting = shared.setting();
    match setting.fault {
        Some(Fault::Refuse) if shared.hit(setting) => return,
        Some(Fault::Silent) if shared.hit(setting) => {
            let _ = tokio::io::copy(&mut client, &mut tokio::io::sink()).await;
            return;
        }
        _ => {}
    }
    let Ok(server) = UnixStream::connect(&shared.upstream).await else {
        return;
    };
    let _ = client.set_nodelay(true);
    let (client_reads, client_writes) = client.into_split();
    let (server_reads, server_writes) = server.into_split();
    let is_hole = Notify::new();
    let up = up(client_reads, server_writes, &is_hole, open);
    let down = down(server_reads, client_writes, shared, &is_hole);
    let (up, down) = (std::pin::pin!(up), std::pin::pin!(down));
    // The server has the last word, but in a black hole: there the service alone can end it.
    tokio::select! {
        () = up => {}
        () = down => {}
    }
}

/// What the service says, until it hangs up. Whoever asks to cancel a statement says no more and waits
/// until the server has hung up, too: the request has had its effect then.
async fn up(
    mut client: OwnedReadHalf,
    mut server: unix::OwnedWriteHalf,
    is_hole: &Notify,
    open: Open<'_>,
) {
    let heard = async {
        let _ = tokio::io::copy(&mut client, &mut server).await;
        let _ = server.shutdown().await;
    };
    tokio::select! {
        () = heard => {
            drop(open);
            is_hole.notified().await;
            return;
        }
        () = is_hole.notified() => {}
    }
    let _ = tokio::io::copy(&mut client, &mut tokio::io::sink()).await;
}

/// What the server says, with the fault in it.
async fn down(
    mut server: unix::OwnedReadHalf,
    mut client: OwnedWriteHalf,
    shared: &Shared,
    is_hole: &Notify,
) {
    let mut frames = Frames::default();
    let mut buffer = vec![0; 16 * 1024];
    let mut generation = 0;
    let mut done = true;
    loop {
        let Ok(length @ 1..) = server.read(&mut buffer).await else {
            return;
        };
        let piece = &mut buffer[..length];
        let setting = shared.setting();
        if setting.generation != generation {
            generation = setting.generation;
            done = false;
            frames.begin();
        }
        let fault = setting.fault.filter(|_| !done);
        let place = frames.read(piece, fault.and_then(place));
        let place = place.filter(|_| shared.hit(setting));
        let (Some(fault), Some(place)) = (fault, place) else {
            if pass(&mut client, piece, fault).await.is_err() {
                return;
            }
            continue;
        };
        done = true;
        if let Fault::Flip(_, bits) = fault {
            piece[place] ^= bits;
        }
        let passed = if matches!(fault, Fault::Flip(..)) {
            length
        } else {
            place
        };
        if client.write_all(&piece[..passed]).await.is_err() {
            return;
        }
        match fault {
            Fault::Cut(_) => return,
            Fault::Reset(_) => {
                let _ = SockRef::from(client.as_ref()).set_linger(Some(Duration::ZERO));
                // Dropped, it would end in good order.
                client.forget();
                return;
            }
            Fault::HalfClose(_) => {
                let _ = client.shutdown().await;
                // The server talks on, to nobody.
                let _ = tokio::io::copy(&mut server, &mut tokio::io::sink()).await;
                return;
            }
            Fault::BlackHole(_) => {
                is_hole.notify_one();
                std::future::pending::<()>().await;
            }
            Fault::Flip(..)
            | Fault::Delay(_)
            | Fault::Throttle(_)
            | Fault::Refuse
            | Fault::Silent => {}
        }
    }
}

fn place(fault: Fault) -> Option<At> {
    match fault {
        Fault::Cut(at)
        | Fault::Reset(at)
        | Fault::HalfClose(at)
        | Fault::BlackHole(at)
        | Fault::Flip(at, _) => Some(at),
        Fault::Delay(_) | Fault::Throttle(_) | Fault::Refuse | Fault::Silent => None,
    }
}

/// How often in a second a throttled connection hears something.
const SIPS: usize = 50;

async fn pass(
    client: &mut OwnedWriteHalf,
    piece: &[u8],
    fault: Option<Fault>,
) -> std::io::Result<()> {
    match fault {
        Some(Fault::Delay(time)) => tokio::time::sleep(time).await,
        Some(Fault::Throttle(rate)) => {
            for sip in piece.chunks((rate / SIPS).max(1)) {
                client.write_all(sip).await?;
                tokio::time::sleep(Duration::from_secs(1) / SIPS as u32).await;
            }
            return Ok(());
        }
        _ => {}
    }
    client.write_all(piece).await
}

#[cfg(test)]
mod tests;
