//! Every answer that the suite gets, held against the standard: the client asks here by default.
//!
//! In: a request, its response, and what `$metadata` declares. Out: what is wrong. Looked at are the
//! version, the content type, context URLs by the grammar, the members that must and may be there,
//! their order, the form of every scalar by its type, ids and links, and the shape of errors. What a
//! request should find is for the tests to say.

mod context;
mod entity;
mod json;
mod model;
mod payload;
mod scalar;

use crate::http::Response;
use json::Json;
use model::Model;
use payload::Payload;
use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

/// More is not read: an answer of this size repeats what a small one shows.
const MOST_BYTES: usize = 4 << 20;

/// The media type of objects on lines.
const LINES: &str = "application/x-ndjson";

/// A request and its response.
pub(crate) struct Exchange<'a> {
    pub(crate) address: SocketAddr,
    pub(crate) method: &'a str,
    /// Path and query as they were sent.
    pub(crate) target: &'a str,
    pub(crate) response: &'a Response,
}

/// What is declared at an address and the path of a root.
type Models = HashMap<(SocketAddr, String), Arc<Model>>;

/// What is wrong with a response. `metadata` gets the CSDL JSON document of a service by the path of
/// its root; it is remembered, and asked for again before a fault is told: a port may have passed to
/// another service.
pub(crate) fn faults(
    exchange: &Exchange<'_>,
    metadata: impl Fn(&str) -> Option<Response>,
) -> Vec<String> {
    static MODELS: LazyLock<Mutex<Models>> = LazyLock::new(Mutex::default);
    let models = || MODELS.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(root) = root_path(exchange.target) else {
        return check(exchange, None);
    };
    let place = (exchange.address, root.to_owned());
    let known = models().get(&place).cloned();
    if let Some(model) = &known
        && check(exchange, Some(model)).is_empty()
    {
        return Vec::new();
    }
    if !is_payload(exchange) {
        return check(exchange, None);
    }
    let fresh = metadata(root)
        .filter(|response| response.status == 200)
        .and_then(|response| Model::read(&serde_json::from_slice(&response.body).ok()?))
        .map(Arc::new);
    if let Some(model) = &fresh {
        models().insert(place, model.clone());
    }
    check(exchange, fresh.as_deref())
}

/// The path of the service root in that of a request.
fn root_path(target: &str) -> Option<&str> {
    let path = target.split('?').next().unwrap_or_default();
    let end = path.find("/odata/")? + "/odata/".len();
    Some(&path[..end])
}

/// Whether the response is one whose members the model declares.
fn is_payload(exchange: &Exchange<'_>) -> bool {
    let Exchange {
        method,
        target,
        response,
        ..
    } = exchange;
    let path = target.split('?').next().unwrap_or_default();
    let media_type = response.header("content-type").unwrap_or_default();
    *method == "GET"
        && response.status == 200
        && response.complete
        && response.body.len() <= MOST_BYTES
        && response.header("content-encoding").is_none()
        && (media_type.starts_with("application/json") || media_type.starts_with(LINES))
        && !path.trim_end_matches('/').ends_with("metadata")
}

fn check(exchange: &Exchange<'_>, model: Option<&Model>) -> Vec<String> {
    let response = exchange.response;
    let mut faults = Vec::new();
    let versions: Vec<&str> = response
        .headers
        .iter()
        .filter(|(name, _)| name == "odata-version")
        .map(|(_, value)| value.as_str())
        .collect();
    if versions.len() > 1 {
        faults.push(format!("OData-Version is given {} times", versions.len()));
    }
    let version = versions.first().copied();
    if version.is_some_and(|version| !["4.0", "4.01"].contains(&version)) {
        faults.push(format!("OData-Version: {version:?}"));
    }
    if response.status >= 400 && version.is_some() && exchange.method != "HEAD" {
        faults.extend(error(response));
    }
    if !is_payload(exchange) {
        return faults;
    }
    let Some(version) = version else {
        faults.push("no OData-Version".to_owned());
        return faults;
    };
    let mut payload = Payload::new(exchange, version, model);
    match std::str::from_utf8(&response.body) {
        Ok(body) => match payload.media_type.starts_with(LINES) {
            true => payload.check_lines(body, exchange.target),
            false => payload.check(body, exchange.target),
        },
        Err(error) => payload.fault("body", error.to_string()),
    }
    faults.extend(payload.into_faults());
    faults
}

/// Whether a text is right, looked at once: the answers of the suite repeat their times and ids.
fn once(text: &str, is_right: impl FnOnce() -> bool) -> bool {
    static RIGHT: LazyLock<Mutex<HashSet<String>>> = LazyLock::new(Mutex::default);
    let right = || RIGHT.lock().unwrap_or_else(PoisonError::into_inner);
    if right().contains(text) {
        return true;
    }
    let is_right = is_right();
    if is_right {
        right().insert(text.to_owned());
    }
    is_right
}

/// What is wrong with an error response (Protocol 9.4, JSON Format 21).
fn error(response: &Response) -> Vec<String> {
    let mut faults = Vec::new();
    let mut fault = |text: &str| faults.push(format!("error: {text}"));
    let text = std::str::from_utf8(&response.body).unwrap_or_default();
    let Ok(Json::Object(outer)) = Json::read(text) else {
        // Health is told as text.
        if !response
            .header("content-type")
            .is_some_and(|media_type| media_type.starts_with("text/plain"))
        {
            fault("no JSON object");
        }
        return faults;
    };
    if response.header("content-language").is_none() {
        fault("no Content-Language");
    }
    let [(name, inner)] = outer.as_slice() else {
        fault("not exactly one member");
        return faults;
    };
    if name != "error" {
        fault("the member is not 'error'");
    }
    for name in ["code", "message"] {
        if inner
            .member(name)
            .and_then(Json::text)
            .unwrap_or("")
            .is_empty()
        {
            fault(&format!("no '{name}'"));
        }
    }
    if let Json::Object(members) = inner {
        for (name, value) in members {
            let right = match (name.as_str(), value) {
                ("code" | "message" | "target", Json::Text(_)) => true,
                ("details", Json::Array(details)) => details.iter().all(|detail| {
                    let text = |name| detail.member(name).and_then(Json::text);
                    text("code").is_some() && text("message").is_some()
                }),
                ("innererror", Json::Object(_)) => true,
                _ => false,
            };
            if !right {
                fault(&format!("member '{name}'"));
            }
        }
    }
    faults
}

#[cfg(test)]
#[rustfmt::skip] // One case a line.
mod tests;
