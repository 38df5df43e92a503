//! Request headers: through the whole service, as far as it goes without a database.

use crate::{Bytes, SCHEMA};
use actix_web::body::to_bytes;
use actix_web::dev::ServiceResponse;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::test::{TestRequest, init_service};
use actix_web::{App, rt};
use futures_util::future::{BoxFuture, LocalBoxFuture};
use odata_core::db::{Database, DatabaseConfig, PoolOptions};
use odata_core::edm::Scope;
use odata_core::error::Result;
use odata_core::format::{Headers, Resource, negotiate};
use odata_core::service::{Authenticate, Caller, HostRules, Secret, Service, Settings};
use std::net::SocketAddr;

/// What is asked for; no rows, for there is no database.
const PATHS: &[&str] = &[
    "/odata/",
    "/odata/$metadata",
    "/odata/$metadata?$format=json",
    "/odata/?$format=json;metadata=none",
    "/odata/Nothing",
    "/odata/Message?$filter=nothing%20eq%201",
    "/elsewhere",
];

/// The names of headers that a byte stands for.
const NAMES: &[&str] = &[
    "host",
    "forwarded",
    "x-forwarded-host",
    "x-forwarded-proto",
    "accept",
    "accept-charset",
    "accept-encoding",
    "odata-maxversion",
    "odata-version",
    "odata-isolation",
    "prefer",
    "if-match",
    "if-none-match",
    "authorization",
    "apikey",
    "content-type",
];

/// Hosts that the service answers for besides addresses and the names of this machine.
const HOST: &str = "odata.example";

struct Anybody;

impl Authenticate for Anybody {
    fn authenticate<'a>(&'a self, token: &'a Secret) -> BoxFuture<'a, Result<Caller>> {
        let name = format!("the holder of {} characters", token.expose().len());
        Box::pin(async move {
            Ok(Caller {
                name,
                scope: Scope::of(vec![1]),
            })
        })
    }
}

type Asked = LocalBoxFuture<'static, ServiceResponse>;

/// The service, and the runtime that it lives in.
struct Served {
    runtime: rt::Runtime,
    ask: Box<dyn Fn(TestRequest) -> Asked>,
}

thread_local! {
    // It is never dropped: its connections end with the process, not with the thread's other locals.
    static SERVED: &'static Served = Box::leak(Box::new(Served::new()));
}

impl Served {
    fn new() -> Served {
        let runtime = rt::Runtime::new().unwrap();
        let ask = runtime.block_on(async {
            let config: DatabaseConfig = "postgres://nobody@127.0.0.1:1/nothing".parse().unwrap();
            let database = Database::open(config, PoolOptions::default()).unwrap();
            let settings = Settings {
                hosts: HostRules {
                    public_url: None,
                    allowed_hosts: vec![HOST.to_owned()],
                    trusted_proxies: vec!["10.0.0.0/8".parse().unwrap()],
                },
                ..Settings::default()
            };
            let service = Service::new(settings, database, Anybody);
            service.serve(SCHEMA.clone());
            let app = App::new().configure(|app| service.configure(app));
            let app = std::rc::Rc::new(init_service(app).await);
            Box::new(move |request: TestRequest| -> Asked {
                let app = app.clone();
                Box::pin(
                    async move { actix_web::test::call_service(&*app, request.to_request()).await },
                )
            })
        });
        Served { runtime, ask }
    }
}

/// Whatever the headers say: no panic, an answer with a status of the protocol, and absolute URLs on
/// no host but those that the service answers for.
pub fn headers(data: &[u8]) {
    let mut bytes = Bytes(data);
    let path = bytes.pick(PATHS);
    let trusted = bytes.flag();
    let mut sent: Vec<(&str, HeaderValue)> = Vec::new();
    while !bytes.0.is_empty() && sent.len() < 24 {
        let name = bytes.pick(NAMES);
        let end = bytes.0.iter().position(|byte| *byte == b'\n');
        let value = bytes.take(end.unwrap_or(bytes.0.len()));
        bytes.byte();
        if let Ok(value) = HeaderValue::from_bytes(value) {
            sent.push((name, value));
        }
    }
    negotiated(&sent);

    let peer: SocketAddr = match trusted {
        true => "10.1.2.3:4".parse().unwrap(),
        false => "192.0.2.1:5".parse().unwrap(),
    };
    let mut request = TestRequest::get().uri(path).peer_addr(peer);
    for (name, value) in &sent {
        request = request.append_header((HeaderName::from_static(name), value.clone()));
    }
    let (status, text) = SERVED.with(|served| {
        served.runtime.block_on(async {
            let response = (served.ask)(request).await;
            let status = response.status().as_u16();
            let body = to_bytes(response.into_body()).await.unwrap_or_default();
            (status, String::from_utf8_lossy(&body).into_owned())
        })
    });
    let known = [200, 304, 400, 401, 404, 406, 412];
    assert!(known.contains(&status), "{status} {sent:?}: {text}");
    if let Some((_, behind)) = text.split_once("context\":\"http") {
        let host = behind.trim_start_matches('s').trim_start_matches("://");
        let host = host.split(['/', '"']).next().unwrap_or_default();
        let name = host.rsplit_once(':').map_or(host, |(name, port)| {
            match port.bytes().all(|byte| byte.is_ascii_digit()) {
                true => name,
                false => host,
            }
        });
        let address = name.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
        let name = name.to_ascii_lowercase();
        let local = name == "localhost" || name.ends_with(".localhost");
        let ours = name == HOST;
        assert!(
            ours || local || address.is_ok(),
            "'{host}' {sent:?}: {text}"
        );
    }
}

/// The representations of rows and texts, for which a database would be needed.
fn negotiated(sent: &[(&str, HeaderValue)]) {
    let all = |name: &str| -> Vec<&str> {
        let values = sent.iter().filter(|(known, _)| *known == name);
        values
            .filter_map(|(_, value)| value.to_str().ok())
            .collect()
    };
    let first = |name: &str| all(name).first().copied();
    let headers = Headers {
        accept: all("accept"),
        accept_charset: all("accept-charset"),
        max_version: first("odata-maxversion"),
        version: first("odata-version"),
        isolation: first("odata-isolation"),
        prefer: all("prefer"),
    };
    let resources = [
        Resource::Data,
        Resource::Rows,
        Resource::Metadata,
        Resource::Text,
    ];
    for (resource, format) in resources
        .into_iter()
        .zip([None, first("content-type"), None, None])
    {
        let Ok(negotiated) = negotiate(resource, format, &headers) else {
            continue;
        };
        let content_type = negotiated.content_type();
        assert!(
            HeaderValue::from_str(&content_type).is_ok(),
            "{content_type:?}"
        );
        let applied = negotiated.preferences.applied(negotiated.format, Some(7));
        let applied = applied.unwrap_or_default();
        assert!(HeaderValue::from_str(&applied).is_ok(), "{applied:?}");
    }
}
