//! Every answer that the suite gets, held against the standard and against what Excel and Power BI
//! refuse: the client asks here by default.
//!
//! In: a request, its response, and what `$metadata` declares. Out: which of the [`rules`] are broken.
//! What a request should find is for the tests to say.
//!
//! What is not looked at is named where it is left out: an answer that was cut, one that is compressed
//! (its content is the same, as `headers::compressed_content_is_the_same_content` shows), most rows of
//! a large one ([`sample`]), and what is not of the service, such as its health.

mod asked;
mod context;
mod csdl;
mod entity;
mod headers;
mod json;
mod lines;
mod links;
mod model;
mod payload;
mod rules;
mod sample;
mod scalar;
mod shape;
mod values;

use crate::http::Response;
use asked::Asked;
use model::Model;
use payload::Payload;
use rules::{Fault, Rule};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

/// The media type of objects on lines.
const LINES: &str = "application/x-ndjson";

/// A request and its response.
pub(crate) struct Exchange<'a> {
    address: SocketAddr,
    method: &'a str,
    /// Path and query as they were sent.
    target: &'a str,
    asked: Asked,
    response: &'a Response,
}

impl<'a> Exchange<'a> {
    pub(crate) fn new(
        address: SocketAddr,
        (method, target, headers): (&'a str, &'a str, &[(&str, &str)]),
        response: &'a Response,
    ) -> Exchange<'a> {
        Exchange {
            address,
            method,
            target,
            asked: Asked::new(target, headers),
            response,
        }
    }
}

/// What is declared at an address and the path of a root.
type Models = HashMap<(SocketAddr, String), Arc<Model>>;

/// What is wrong with a response. `metadata` gets the CSDL JSON document of a service by the path of
/// its root; it is remembered, and asked for again before a fault is told: a port may have passed to
/// another service.
pub(crate) fn faults(
    exchange: &Exchange<'_>,
    metadata: impl Fn(&str) -> Option<Response>,
) -> Vec<Fault> {
    static MODELS: LazyLock<Mutex<Models>> = LazyLock::new(Mutex::default);
    let models = || MODELS.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(root) = &exchange.asked.root else {
        return Vec::new();
    };
    if !exchange.needs_model() {
        return check(exchange, None);
    }
    let place = (exchange.address, root.clone());
    let known = models().get(&place).cloned();
    if let Some(model) = &known
        && check(exchange, Some(model)).is_empty()
    {
        return Vec::new();
    }
    let fresh = metadata(root).and_then(|response| model(&response));
    if let Some(model) = &fresh {
        models().insert(place, model.clone());
    }
    check(exchange, fresh.as_deref())
}

/// The model of a document; each is read once, as most services of the suite have the same.
fn model(response: &Response) -> Option<Arc<Model>> {
    static READ: LazyLock<Mutex<HashMap<Vec<u8>, Arc<Model>>>> = LazyLock::new(Mutex::default);
    if response.status != 200 {
        return None;
    }
    let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = read.get(&response.body) {
        return Some(known.clone());
    }
    let model = Arc::new(Model::read(&serde_json::from_slice(&response.body).ok()?)?);
    read.insert(response.body.clone(), model.clone());
    Some(model)
}

impl Exchange<'_> {
    /// Whether the content is there as it was made.
    fn has_content(&self) -> bool {
        let response = self.response;
        let is_plain = response.header("content-encoding").is_none();
        self.method == "GET" && response.status == 200 && response.complete && is_plain
    }

    /// Whether the response is one whose members the model declares.
    fn needs_model(&self) -> bool {
        self.has_content() && !self.is_description()
    }

    /// Whether the resource is a description of the service, and none that JSON Format knows.
    fn is_description(&self) -> bool {
        matches!(
            self.asked.path.trim_end_matches('/'),
            "$metadata" | "openapi.json"
        )
    }

    fn media_type(&self) -> &str {
        let media_type = self.response.header("content-type").unwrap_or_default();
        media_type.split(';').next().unwrap_or_default()
    }
}

fn check(exchange: &Exchange<'_>, model: Option<&Model>) -> Vec<Fault> {
    let mut faults = headers::faults(exchange);
    if !exchange.has_content() {
        return faults;
    }
    let Ok(body) = std::str::from_utf8(&exchange.response.body) else {
        faults.push(Fault::new(Rule::JsonForm, "body", "no UTF-8"));
        return faults;
    };
    let is_metadata = exchange.asked.path == "$metadata";
    let mut payload = Payload::new(exchange, model);
    match exchange.media_type() {
        "application/xml" if is_metadata => faults.extend(csdl::faults(body)),
        "application/json" if exchange.is_description() => {
            if let Err(error) = serde_json::from_str::<serde_json::Value>(body) {
                faults.push(Fault::new(Rule::MetadataForm, &exchange.asked.path, error));
            }
        }
        "application/json" => payload.check(body),
        LINES => payload.check_lines(body),
        "text/csv" => payload.check_csv(body),
        "text/plain" => payload.check_text(body),
        _ => {}
    }
    faults.extend(payload.into_faults());
    faults
}

#[cfg(test)]
#[rustfmt::skip] // One case a line.
mod tests;
