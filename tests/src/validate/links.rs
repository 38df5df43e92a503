//! The URLs in a body: absolute, of one root, and such that the service takes them.

use super::asked::{decoded, options};
use super::json::{Json, Members, member};
use super::model::Set;
use super::payload::Payload;
use super::rules::{At, Rule};
use super::scalar::Primitive;
use odata_core::limits::Limits;
use odata_core::uri;
use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

impl Payload<'_> {
    /// What follows the root in an absolute URL of this service.
    fn relative<'u>(&mut self, value: &'u Json<'_>, at: At<'_>) -> Option<&'u str> {
        let url = value.text().unwrap_or_default();
        if !(url.starts_with("http://") || url.starts_with("https://")) {
            self.fault(Rule::AbsoluteLinks, at, format!("'{url}'"));
            return None;
        }
        let root = match &self.root {
            Some(root) => root.clone(),
            // A body without a context: its first URL tells the root.
            None => {
                let path = self.asked.root.as_deref()?;
                let end = url.find(path)? + path.len();
                self.root.insert(url[..end].to_owned()).clone()
            }
        };
        let relative = url.strip_prefix(&root);
        if relative.is_none() {
            self.fault(Rule::OneRoot, at, format!("'{url}' is not of {root}"));
        }
        relative
    }

    /// A URL that can be followed.
    pub(super) fn link(&mut self, value: &Json<'_>, at: At<'_>) {
        if let Some(relative) = self.relative(value, at) {
            let (path, query) = relative.split_once('?').unwrap_or((relative, ""));
            if !is_taken(path, query) {
                self.fault(Rule::LinkTaken, at, relative);
            }
        }
    }

    /// The link to the next page of the whole answer.
    pub(super) fn next_link(&mut self, value: &Json<'_>, at: At<'_>) {
        self.link(value, at);
        let url = value.text().unwrap_or_default();
        let (_, query) = url.split_once('?').unwrap_or((url, ""));
        let kept: Vec<(String, String)> = options(query).collect();
        let asked = self.asked;
        for (name, value) in &asked.options {
            let is_kept = kept.iter().any(|kept| (&kept.0, &kept.1) == (name, value));
            // A key that a header has too need not stand in a link: the client sends it again.
            let may_go = name == "skiptoken" || name == "apikey" && asked.has_credentials;
            if !may_go && !is_kept {
                self.fault(Rule::LinkKeepsOptions, at, format!("{name}={value}"));
            }
        }
    }

    /// A URL that is known: the same, or the same percent-encoded.
    pub(super) fn link_to(&mut self, value: &Json<'_>, expected: &str, rule: Rule, at: At<'_>) {
        if let Some(relative) = self.relative(value, at)
            && relative != expected
            && decoded(relative) != decoded(expected)
        {
            self.fault(rule, at, format!("'{relative}', not '{expected}'"));
        }
    }

    /// The entity's path by its key, where all of that is shown.
    pub(super) fn path_by_key(&self, set: Set<'_>, members: &Members<'_>) -> Option<String> {
        let mut parts = Vec::new();
        for name in &set.ty.key {
            let ty = set.ty.properties.get(name)?.ty;
            let literal = match member(members, name)? {
                Json::Number(text) => (*text).to_owned(),
                Json::Boolean(value) => value.to_string(),
                Json::Text(text) if ty == Primitive::String => {
                    format!("'{}'", text.replace('\'', "''").replace('%', "%25"))
                }
                Json::Text(text) => text.clone().into_owned(),
                _ => return None,
            };
            parts.push(match set.ty.key.len() {
                1 => literal,
                _ => format!("{name}={literal}"),
            });
        }
        Some(format!("{}({})", set.name, parts.join(",")))
    }
}

/// Whether the service's own parser takes it; each is asked once.
fn is_taken(path: &str, query: &str) -> bool {
    static TAKEN: LazyLock<Mutex<HashMap<String, bool>>> = LazyLock::new(Mutex::default);
    let taken = || TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
    let link = format!("{path}?{query}");
    if let Some(is_taken) = taken().get(&link) {
        return *is_taken;
    }
    let is_taken = uri::parse(path, query, &Limits::default()).is_ok();
    taken().insert(link, is_taken);
    is_taken
}
