//! The HTTP server: what of actix-web's defaults is changed, and why.

use crate::config::SERVICE_PATH;
use crate::cors::{self, Origin};
use crate::gzip;
use actix_web::body::MessageBody;
use actix_web::dev::{Server, ServiceRequest, ServiceResponse};
use actix_web::http::Uri;
use actix_web::http::uri::PathAndQuery;
use actix_web::http::{ConnectionType, Method, Version};
use actix_web::middleware::{Next, from_fn};
use actix_web::rt::net::TcpStream;
use actix_web::{App, HttpServer};
use odata_core::service::Service;
use odata_explorer::Explorer;
use std::any::Any;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a client may take to send the head of a request.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a connection is kept for the next request.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// Seconds that connections have to end when the server stops, which it does after all answers.
const SHUTDOWN_TIMEOUT: u64 = 5;
/// Bytes of an answer that the system may hold for a client that does not read; by itself it takes
/// megabytes, which a thousand such clients would have of it.
const SEND_BUFFER: usize = 256 * 1024;

/// What stands around the service.
#[derive(Debug, Clone, Default)]
pub struct Outside {
    /// The page at `/`.
    pub explorer: Option<Explorer>,
    /// The origins whose pages may read answers.
    pub cors_origins: Vec<Origin>,
    /// A path that a proxy may leave in front of others: `/analytics`.
    pub prefix: String,
    /// How long a client may take nothing before its connection is closed.
    pub unread_for: Duration,
}

/// Listens on the address. The server runs while it is polled; it does not listen to signals.
pub fn listen(
    service: &Service,
    outside: &Outside,
    address: impl ToSocketAddrs,
    workers: Option<usize>,
) -> io::Result<(Server, Vec<SocketAddr>)> {
    let service = service.clone();
    let outside = Arc::new(outside.clone());
    let unread_for = outside.unread_for;
    let server = HttpServer::new(move || {
        let service = service.clone();
        let (at_the_edge, at_the_door) = (outside.clone(), outside.clone());
        App::new()
            // The one that is named last sees a request first.
            .wrap(from_fn(gzip::answer))
            .wrap(from_fn(move |request: ServiceRequest, next: Next<_>| {
                let outside = at_the_door.clone();
                async move { cors::answer(&outside.cors_origins, request, next).await }
            }))
            .wrap(from_fn(move |request: ServiceRequest, next: Next<_>| {
                let outside = at_the_edge.clone();
                async move { observe(&outside.prefix, request, next).await }
            }))
            .configure(|app| {
                if let Some(explorer) = &outside.explorer {
                    explorer.configure(app);
                }
                service.configure(app);
            })
    });
    let server = match workers {
        Some(workers) => server.workers(workers),
        None => server,
    };
    let server = server
        // A client that hangs up while it waits is noticed at once, and its statement cancelled.
        .h1_allow_half_closed(false)
        .client_request_timeout(REQUEST_TIMEOUT)
        .keep_alive(KEEP_ALIVE)
        .shutdown_timeout(SHUTDOWN_TIMEOUT)
        .disable_signals()
        .on_connect(move |connection: &dyn Any, _| prepare(connection, unread_for))
        // HTTP/1.1 alone: without TLS, sniffing for HTTP/2 would wait for silent clients forever.
        .bind(address)?;
    let addresses = server.addrs();
    Ok((server.run(), addresses))
}

/// The end of an answer goes out at once: it is a few bytes, which the system would keep back until the
/// client has acknowledged what was before them, and clients wait with that for 40 ms. And a client that reads
/// no more loses its connection: the server itself waits for it for good, be its answer cut or not.
fn prepare(connection: &dyn Any, unread_for: Duration) {
    let Some(stream) = connection.downcast_ref::<TcpStream>() else {
        return;
    };
    let socket = socket2::SockRef::from(stream);
    let limited = socket.set_send_buffer_size(SEND_BUFFER);
    #[cfg(target_os = "linux")]
    let limited = limited.and(socket.set_tcp_user_timeout(Some(unread_for)));
    if let Err(error) = stream.set_nodelay(true).and(limited) {
        tracing::debug!(%error, "a connection keeps the system's buffering");
    }
}

/// A line for each request, without its URL, which may hold a token, a name or a key.
async fn observe<B: MessageBody>(
    prefix: &str,
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    let started = Instant::now();
    drop_prefix(prefix, &mut request);
    // Any word may stand there, a secret too.
    let method = match *request.method() {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        _ => "another",
    };
    let version = request.version();
    let mut response = next.call(request).await?;
    if version < Version::HTTP_11 {
        // Of an answer of no known length there it has no other end than that of the connection.
        let head = response.response_mut().head_mut();
        head.no_chunking(true);
        head.set_connection_type(ConnectionType::Close);
    }
    tracing::debug!(
        method,
        status = response.status().as_u16(),
        milliseconds = started.elapsed().as_millis(),
        "answered"
    );
    Ok(response)
}

/// Takes the prefix of the public URL away, which some proxies do and others leave to the service. What
/// is no path of this service without it stays as it is.
fn drop_prefix(prefix: &str, request: &mut ServiceRequest) {
    let (path, query) = (request.uri().path(), request.uri().query());
    let Some(rest) = path.strip_prefix(prefix).filter(|_| !prefix.is_empty()) else {
        return;
    };
    let below = rest.strip_prefix(SERVICE_PATH);
    let is_service = below.is_some_and(|below| below.is_empty() || below.starts_with('/'));
    if !is_service && rest != "/" {
        return;
    }
    let target = match query {
        Some(query) => format!("{rest}?{query}"),
        None => rest.to_owned(),
    };
    let mut parts = request.uri().clone().into_parts();
    parts.path_and_query = PathAndQuery::from_maybe_shared(target).ok();
    if let Ok(uri) = Uri::from_parts(parts) {
        request.match_info_mut().get_mut().update(&uri);
        request.head_mut().uri = uri;
    }
}
