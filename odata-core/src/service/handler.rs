//! The line of one request.

use super::answer::{self, Asked};
use super::audit::{Record, RequestId};
use super::auth::{self, Caller, Credentials};
use super::habit::Habit;
use super::planned::{Own, Planned, is_skip_token, understand};
use super::{Inner, Served, Service, condition, documents, host, respond};
use crate::edm::{Scope, Version};
use crate::error::{Code, Error, Result};
use crate::format::{self, Format, Headers, Negotiated, Resource};
use crate::plan::{Answer, Plan};
use crate::uri::{ODataUri, system_options};
use actix_web::http::header::{ACCEPT, ACCEPT_CHARSET, ALLOW, HeaderMap, HeaderValue, USER_AGENT};
use actix_web::http::{ConnectionType, Method, Version as HttpVersion};
use actix_web::{HttpRequest, HttpResponse};
use percent_encoding::percent_decode_str;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use tracing::Instrument as _;

/// Answers whatever comes.
pub(super) async fn handle(service: &Service, request: HttpRequest) -> HttpResponse {
    let inner = &service.0;
    let path = request.uri().path();
    match path {
        "/health/live" => {
            return respond::start(200, Version::V4_0)
                .content_type("text/plain")
                .body("alive\n");
        }
        "/health/ready" => return ready(service).await,
        _ => {}
    }
    let begun = Instant::now();
    let version = version(request.headers());
    let id = RequestId::new();
    let record = Record::new(id, &inner.alive);
    // Whatever is said of a request in the log has its number, and nothing else of it.
    let span = tracing::error_span!("request", %id);
    let mut response = async {
        match answer(service, &request, path, &record).await {
            Ok(response) => response,
            Err(error) => {
                record.refused(&error);
                tell_of_refusal(&request, &error);
                if error.code() == Code::ResourceNotFound {
                    even_out(begun).await;
                }
                respond::error(&error, version.unwrap_or_default(), &inner.settings.realm)
            }
        }
    }
    .instrument(span)
    .await;
    if let Ok(value) = HeaderValue::from_str(&id.to_string()) {
        response.headers_mut().insert(respond::REQUEST_ID, value);
    }
    if inner.draining.load(Ordering::Relaxed) {
        let head = response.head_mut();
        head.set_connection_type(ConnectionType::Close);
    }
    record.follow(response, *request.method() == Method::HEAD)
}

/// Answers that nothing is there leave at the end of a step of this length.
const STEP: Duration = Duration::from_millis(2);

/// Waits for the end of the step. PostgreSQL takes a little longer to leave out a row of another account than
/// to find none: who measures that must not learn which keys others have.
async fn even_out(begun: Instant) {
    let steps = begun.elapsed().as_micros() / STEP.as_micros() + 1;
    let steps = u32::try_from(steps).unwrap_or(u32::MAX);
    tokio::time::sleep_until((begun + STEP.saturating_mul(steps)).into()).await;
}

/// Power Query answers a refusal by reading the whole collection instead: whoever runs the service
/// wonders why, unless the log says it. What was asked for is not said: it may hold a secret.
fn tell_of_refusal(request: &HttpRequest, error: &Error) {
    let code = error.code().name();
    let agent = request.headers().get(USER_AGENT);
    let agent = agent.and_then(|value| value.to_str().ok()).unwrap_or("");
    let is_about_the_query = !matches!(error.code(), Code::Unauthorized | Code::Forbidden);
    if agent.contains("Microsoft.Data.Mashup") && is_about_the_query {
        let target = error.target_name();
        let option = target.and_then(|target| system_options().find(|known| *known == target));
        tracing::warn!(
            code,
            option,
            "a request of Power Query (Microsoft.Data.Mashup) was refused: it will read more instead"
        );
    } else {
        tracing::debug!(code, "a request was refused");
    }
}

/// From a request to its response, stage by stage.
async fn answer(
    service: &Service,
    request: &HttpRequest,
    path: &str,
    record: &Record,
) -> Result<HttpResponse> {
    let inner = &service.0;
    let settings = &inner.settings;
    let headers = request.headers();
    let raw_query = request.uri().query().unwrap_or("");
    let head = method(request)?;
    if request.method() == Method::OPTIONS {
        return Ok(respond::start(204, Version::V4_0)
            .insert_header((ALLOW, respond::METHODS))
            .finish());
    }
    let resource = resource_path(path, &settings.service_path)?;
    if !is_description(resource) {
        record.is_for_data();
    }
    if inner.refusing.load(Ordering::Relaxed) {
        let message = "the service is stopping";
        return Err(Error::new(Code::Unavailable, message).retry_after(2));
    }
    check_no_token(resource)?;
    let root = host::root(&settings.hosts, request, &settings.service_path)?;
    let credentials = auth::credentials(headers, raw_query, settings.allow_query_token)?;
    let open = is_description(resource) && !settings.private_metadata;
    if credentials.is_none() && !open {
        return Err(auth::missing(settings.allow_query_token));
    }
    if let Some(credentials) = &credentials {
        inner
            .rate
            .check(&credentials.token, &settings.limits)
            .await?;
    }
    let served = service.served().ok_or_else(unavailable)?;
    let adapt = |uri: &mut ODataUri| relative_id(uri, &root, &settings.service_path);
    // No path of OData, but a document with the options of the service document.
    let is_openapi = is_openapi(resource);
    let asked_for = (if is_openapi { "" } else { resource }, raw_query);
    let (planned, own) = understand(&served, asked_for, &settings.limits, adapt).await?;
    let Planned {
        uri,
        plan,
        shape,
        habit,
        ..
    } = &*planned;
    record.asked(shape.clone());
    let kind = match is_openapi {
        true => Resource::OpenApi,
        false => kind(plan),
    };
    let negotiated = negotiate(headers, uri, kind)?;
    check_framing(request, &negotiated)?;
    let caller = match &credentials {
        Some(credentials) => {
            let caller = inner.authenticate.authenticate(&credentials.token).await;
            caller.inspect_err(|error| {
                // The statement that knows tokens may no longer fit the database.
                if error.code() == Code::Unavailable {
                    inner.changed.notify_one();
                }
            })?
        }
        None => Caller {
            name: String::new(),
            scope: Scope::none(),
        },
    };
    let authenticated = Instant::now();
    record.caller(&caller);
    let asked = || {
        asked(
            inner,
            &served,
            (uri, own, habit),
            &negotiated,
            (credentials.as_ref(), &caller, authenticated),
            (&root, resource, raw_query),
            (head, record),
        )
    };
    let response = match plan {
        Plan::ServiceDocument if is_openapi => {
            return documents::openapi(&served, &negotiated, &root, (headers, head)).await;
        }
        Plan::ServiceDocument => {
            let headers = (headers, head);
            return documents::service_document(&served, &negotiated, &root, headers).await;
        }
        Plan::Metadata => return documents::metadata(&served, &negotiated, (headers, head)),
        Plan::Data(data) => answer::data(&asked(), data).await,
        Plan::All(parts) => answer::all(&asked(), parts).await,
    }?;
    // What is not there is not found, whatever is said of its tag.
    condition::check_match(headers, None)?;
    Ok(response)
}

#[allow(clippy::type_complexity)]
fn asked<'a>(
    service: &'a Arc<Inner>,
    served: &'a Served,
    (uri, own, habit): (&'a ODataUri, Own, &'a Habit),
    negotiated: &'a Negotiated,
    (credentials, caller, authenticated): (Option<&'a Credentials>, &'a Caller, Instant),
    (root, resource, raw_query): (&'a str, &str, &str),
    (head, record): (bool, &'a Record),
) -> Asked<'a> {
    let in_query = credentials.is_some_and(|credentials| credentials.in_query);
    // A next link keeps every option of the request, the token of the caller only where it was used.
    let kept = raw_query
        .split('&')
        .filter(|pair| !pair.is_empty() && !is_skip_token(pair));
    let kept: Vec<&str> = kept
        .filter(|pair| in_query || !auth::is_query_token(pair))
        .collect();
    let mut next_url = format!(
        "{root}{}?{}",
        resource.trim_start_matches('/'),
        kept.join("&")
    );
    if !kept.is_empty() {
        next_url.push('&');
    }
    let token = kept.iter().find(|pair| auth::is_query_token(pair));
    Asked {
        service,
        served,
        uri,
        habit,
        own,
        negotiated,
        credentials,
        caller,
        authenticated,
        root,
        next_url,
        link_suffix: token.map(|pair| format!("&{pair}")).unwrap_or_default(),
        head,
        record,
    }
}

/// Whether it is a HEAD; other methods than the three are refused.
fn method(request: &HttpRequest) -> Result<bool> {
    match *request.method() {
        Method::GET | Method::OPTIONS => Ok(false),
        Method::HEAD => Ok(true),
        _ => {
            let error = Error::new(
                Code::MethodNotAllowed,
                format!("the service answers {} alone", respond::METHODS),
            );
            Err(if request.path().ends_with("$batch") {
                error.hint("turn batching off in the client (UI5: groupId \"$direct\", others: useBatch false)")
            } else {
                error
            })
        }
    }
}

/// What follows the service root: empty, or with a slash before it.
fn resource_path<'a>(path: &'a str, service_path: &str) -> Result<&'a str> {
    match path.strip_prefix(service_path) {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => Ok(rest),
        _ => Err(
            Error::new(Code::ResourceNotFound, "there is nothing at this path")
                .hint(format!("the service root is {service_path}/")),
        ),
    }
}

/// A token in the path, where an `&` stands for the `?`: no error may repeat it.
fn check_no_token(resource: &str) -> Result<()> {
    let once = percent_decode_str(resource).decode_utf8_lossy();
    let decoded = percent_decode_str(&once).decode_utf8_lossy();
    // What stands in quotes is data, unless a quote is left open.
    let parts: Vec<&str> = decoded.split('\'').collect();
    let step = if parts.len() % 2 == 1 { 2 } else { 1 };
    let outside = parts.into_iter().step_by(step);
    let mut pieces = outside.flat_map(|part| part.split(['&', '?', ';', '/', '(', ',']));
    let is_token = |piece: &str| {
        let name = piece.split('=').next().unwrap_or("").trim();
        name.eq_ignore_ascii_case("apikey") && piece.contains('=')
    };
    if !pieces.any(is_token) {
        return Ok(());
    }
    let message = "the path holds the option 'apikey', expected '?' before the first option";
    Err(Error::new(Code::SyntaxError, message).hint("the others follow with '&'"))
}

/// An id may be absolute, with or without its host: then it must lead here.
fn relative_id(uri: &mut ODataUri, root: &str, service_path: &str) {
    if let Some(id) = &mut uri.options.id {
        let path = root.split_once("://").map_or("", |(_, rest)| rest);
        let path = path.find('/').map_or("", |start| &path[start..]);
        let here = id
            .strip_prefix(root)
            .or_else(|| id.strip_prefix(path))
            .or_else(|| id.strip_prefix(service_path));
        if let Some(relative) = here {
            *id = relative.trim_start_matches('/').to_owned();
        }
    }
}

fn is_description(resource: &str) -> bool {
    let decoded = percent_decode_str(resource).decode_utf8_lossy();
    matches!(
        decoded.trim_matches('/'),
        "" | "$metadata" | documents::OPENAPI
    )
}

fn is_openapi(resource: &str) -> bool {
    let decoded = percent_decode_str(resource).decode_utf8_lossy();
    decoded.trim_matches('/') == documents::OPENAPI
}

fn unavailable() -> Error {
    Error::new(Code::Unavailable, "the database has not been read yet").retry_after(2)
}

/// What the formats of the answer depend on.
fn kind(plan: &Plan) -> Resource {
    match plan {
        Plan::ServiceDocument => Resource::Data,
        Plan::Metadata => Resource::Metadata,
        Plan::All(_) => Resource::Data,
        Plan::Data(data) => match data.answer {
            Answer::Count | Answer::Value => Resource::Text,
            Answer::Collection => Resource::Rows,
            _ => Resource::Data,
        },
    }
}

fn negotiate(headers: &HeaderMap, uri: &ODataUri, kind: Resource) -> Result<Negotiated> {
    let all = |name: &str| {
        headers
            .get_all(name)
            .filter_map(|value| value.to_str().ok())
            .collect::<Vec<_>>()
    };
    let one = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let headers = Headers {
        accept: all(ACCEPT.as_str()),
        accept_charset: all(ACCEPT_CHARSET.as_str()),
        max_version: one("odata-maxversion"),
        version: one("odata-version"),
        isolation: one("odata-isolation").or_else(|| one("isolation")),
        prefer: all("prefer"),
    };
    format::negotiate(kind, uri.options.format.as_deref(), &headers)
}

/// HTTP/1.0 has no frame for an answer whose length is not known: it ends where the connection does.
/// Half of a JSON document tells that it is one, half of its lines does not.
fn check_framing(request: &HttpRequest, negotiated: &Negotiated) -> Result<()> {
    let is_lines = matches!(negotiated.format, Format::Csv | Format::NdJson);
    if !is_lines || request.version() >= HttpVersion::HTTP_11 {
        return Ok(());
    }
    let message = "an answer of lines over HTTP/1.0 could be cut without notice";
    Err(Error::new(Code::NotAcceptable, message)
        .target("$format")
        .hint("ask by HTTP/1.1 (nginx: 'proxy_http_version 1.1;'), or for JSON"))
}

/// The version in which an error is told.
fn version(headers: &HeaderMap) -> Result<Version> {
    format::version(
        headers
            .get("odata-maxversion")
            .and_then(|value| value.to_str().ok()),
    )
}

/// Whether requests for data would be answered.
async fn ready(service: &Service) -> HttpResponse {
    let draining = service.0.draining.load(Ordering::Relaxed);
    let reason = if draining {
        Some("stopping\n")
    } else if service.served().is_none() {
        Some("the database has not been read yet\n")
    } else if service.0.database.ping().await.is_err() {
        Some("the database does not answer\n")
    } else {
        None
    };
    let status = if reason.is_some() { 503 } else { 200 };
    respond::start(status, Version::V4_0)
        .content_type("text/plain")
        .body(reason.unwrap_or("ready\n"))
}
