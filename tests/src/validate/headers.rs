//! The rules over headers, and over errors.

use super::Exchange;
use super::json::{Json, Members, twice};
use super::rules::{Fault, Rule};

/// What is wrong with the headers of an answer of the service.
pub(super) fn faults(exchange: &Exchange<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    if is_no_request(exchange) {
        return faults;
    }
    faults.extend(one_version(exchange));
    faults.extend(version_asked(exchange));
    faults.extend(media_type(exchange));
    let response = exchange.response;
    if response.status >= 400 {
        faults.extend(error_language(exchange));
        let is_plain = response.header("content-encoding").is_none();
        if exchange.method != "HEAD" && response.complete && is_plain {
            faults.extend(error_form(&String::from_utf8_lossy(&response.body)));
        }
    } else {
        faults.extend(metadata_parameter(exchange));
    }
    faults
}

/// What HTTP's own reader refuses never reaches the service, and gets a status alone (RFC 9112, 3.2).
fn is_no_request(exchange: &Exchange<'_>) -> bool {
    let response = exchange.response;
    let is_bare = response.header("odata-version").is_none() && response.body.is_empty();
    let is_url = |byte: u8| byte.is_ascii_graphic() && !b"\"<>".contains(&byte);
    let target = exchange.target.replace(' ', "%20");
    let is_url = target.len() < 1 << 16 && target.bytes().all(is_url);
    response.status == 400 && is_bare && !is_url
}

fn one_version(exchange: &Exchange<'_>) -> Option<Fault> {
    let headers = exchange.response.headers.iter();
    let versions: Vec<&str> = headers
        .filter(|(name, _)| name == "odata-version")
        .map(|(_, value)| value.as_str())
        .collect();
    let is_one = matches!(versions.as_slice(), ["4.0" | "4.01"]);
    (!is_one).then(|| Fault::new(Rule::OneVersion, "OData-Version", format!("{versions:?}")))
}

fn version_asked(exchange: &Exchange<'_>) -> Option<Fault> {
    let is_new = exchange.response.header("odata-version") == Some("4.01");
    let mut versions = exchange.asked.versions.iter();
    let is_asked = versions.any(|version| version.trim() != "4.0");
    let at = "OData-Version";
    (is_new && !is_asked).then(|| Fault::new(Rule::VersionAsked, at, "4.01, and nobody asked"))
}

fn media_type(exchange: &Exchange<'_>) -> Option<Fault> {
    let response = exchange.response;
    let media_type = response.header("content-type").unwrap_or_default();
    let is_right = match media_type.split(';').next().unwrap_or_default() {
        "application/json" => true,
        "application/xml" => exchange.asked.path == "$metadata",
        "text/csv" | "application/x-ndjson" | "text/plain" => response.status == 200,
        "" => response.body.is_empty(),
        _ => false,
    };
    (!is_right).then(|| Fault::new(Rule::MediaType, "Content-Type", media_type))
}

fn metadata_parameter(exchange: &Exchange<'_>) -> Option<Fault> {
    let response = exchange.response;
    let media_type = response.header("content-type").unwrap_or_default();
    if !media_type.starts_with("application/json") || exchange.is_description() {
        return None;
    }
    let prefix = match response.header("odata-version") {
        Some("4.0") => "odata.",
        _ => "",
    };
    let levels = ["none", "minimal", "full"];
    let mut parameters = media_type.split(';').skip(1).map(str::trim);
    let is_there = parameters.any(|parameter| {
        let level = parameter.strip_prefix(prefix);
        let level = level.and_then(|rest| rest.strip_prefix("metadata="));
        level.is_some_and(|level| levels.contains(&level))
    });
    let at = "Content-Type";
    (!is_there).then(|| Fault::new(Rule::MetadataParameter, at, media_type))
}

fn error_language(exchange: &Exchange<'_>) -> Option<Fault> {
    let language = exchange.response.header("content-language");
    let at = "Content-Language";
    (language.is_none()).then(|| Fault::new(Rule::ErrorLanguage, at, "none"))
}

fn error_form(body: &str) -> Option<Fault> {
    let what = what_is_no_error(body)?;
    Some(Fault::new(Rule::ErrorForm, "error", what))
}

fn what_is_no_error(body: &str) -> Option<String> {
    let outer = match Json::read(body) {
        Ok(Json::Object(outer)) => outer,
        Ok(_) => return Some("no object".to_owned()),
        Err(error) => return Some(error),
    };
    let [(name, Json::Object(inner))] = outer.as_slice() else {
        return Some("not one object 'error' alone".to_owned());
    };
    if name != "error" {
        return Some(format!("'{name}' instead"));
    }
    for name in ["code", "message"] {
        if !is_text(inner, name) {
            return Some(format!("no '{name}'"));
        }
    }
    if let Some(name) = twice(inner) {
        return Some(format!("'{name}' twice"));
    }
    let wrong = inner.iter().find(|(name, value)| !match (&**name, value) {
        ("code" | "message" | "target", Json::Text(_)) => true,
        ("details", Json::Array(details)) => details.iter().all(|detail| match detail {
            Json::Object(detail) => is_text(detail, "code") && is_text(detail, "message"),
            _ => false,
        }),
        ("innererror", Json::Object(_)) => true,
        _ => false,
    });
    wrong.map(|(name, _)| format!("member '{name}'"))
}

/// Whether a member is a text, and not empty.
fn is_text(members: &Members<'_>, name: &str) -> bool {
    let mut members = members.iter();
    members.any(|(known, value)| known == name && value.text().is_some_and(|text| !text.is_empty()))
}
