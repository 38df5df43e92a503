//! The body of an answer: its content type, its context, and what it is a representation of.

use super::context::{Content, Context, Item};
use super::json::Json;
use super::model::{EntityType, Model};
use super::scalar::{self, Numbers};
use super::{Exchange, LINES, once};
use odata_core::limits::Limits;
use odata_core::uri;

/// How much control information there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    None,
    Minimal,
    Full,
}

/// What is known of a body before it is read.
pub(super) struct Payload<'a> {
    pub(super) model: Option<&'a Model>,
    pub(super) old: bool,
    pub(super) level: Level,
    pub(super) numbers: Numbers,
    pub(super) streaming: bool,
    /// Whether nulls may be left out.
    pub(super) omits_nulls: bool,
    /// Whether the request makes properties of its own.
    pub(super) computes: bool,
    /// Whether the rows are what `$apply` made.
    pub(super) applies: bool,
    pub(super) root: Option<String>,
    pub(super) media_type: String,
    pub(super) names: &'static Names,
    faults: Vec<String>,
}

/// How control information is named.
pub(super) struct Names {
    pub(super) context: &'static str,
    pub(super) count: &'static str,
    pub(super) next_link: &'static str,
    pub(super) id: &'static str,
    pub(super) ty: &'static str,
    pub(super) read_link: &'static str,
}

const OLD: Names = Names {
    context: "@odata.context",
    count: "@odata.count",
    next_link: "@odata.nextLink",
    id: "@odata.id",
    ty: "@odata.type",
    read_link: "@odata.readLink",
};

const NEW: Names = Names {
    context: "@context",
    count: "@count",
    next_link: "@nextLink",
    id: "@id",
    ty: "@type",
    read_link: "@readLink",
};

/// The members of an entity that are wanted: what the context lists, or nothing is known of it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Wanted<'a> {
    Unknown,
    References,
    List(&'a [Item]),
}

impl<'a> Payload<'a> {
    pub(super) fn new(
        exchange: &Exchange<'_>,
        version: &str,
        model: Option<&'a Model>,
    ) -> Payload<'a> {
        let response = exchange.response;
        let header = |name| response.header(name).unwrap_or_default();
        let media_type = header("content-type").to_ascii_lowercase();
        let parameters: Vec<&str> = media_type.split(';').skip(1).map(str::trim).collect();
        let has = |parameter: &str| parameters.contains(&parameter);
        let old = version == "4.0";
        let prefix = if old { "odata." } else { "" };
        let level = [
            ("none", Level::None),
            ("minimal", Level::Minimal),
            ("full", Level::Full),
        ]
        .into_iter()
        .find(|(name, _)| has(&format!("{prefix}metadata={name}")));
        let query = exchange
            .target
            .split_once('?')
            .map_or("", |(_, query)| query);
        let query = query.to_ascii_lowercase().replace("%3d", "=");
        let mut payload = Payload {
            model,
            old,
            level: level.map_or(Level::Minimal, |(_, level)| level),
            numbers: Numbers {
                as_text: has("ieee754compatible=true"),
                exponential: has("exponentialdecimals=true"),
            },
            streaming: has(&format!("{prefix}streaming=true")),
            omits_nulls: header("preference-applied").contains("omit-values=nulls"),
            computes: query.contains("compute="),
            applies: query.contains("apply="),
            root: None,
            media_type: media_type.clone(),
            names: if old { &OLD } else { &NEW },
            faults: Vec::new(),
        };
        if media_type.starts_with(LINES) {
            payload.level = Level::None;
        } else if level.is_none() {
            let fault = format!("no '{prefix}metadata' in '{media_type}'");
            payload.fault("Content-Type", fault);
        }
        payload
    }

    pub(super) fn into_faults(self) -> Vec<String> {
        self.faults
    }

    pub(super) fn fault(&mut self, at: &str, text: impl Into<String>) {
        self.faults.push(format!("{at}: {}", text.into()));
    }

    /// Objects on lines, without anything around them.
    pub(super) fn check_lines(&mut self, body: &str, target: &str) {
        let path = target.split('?').next().unwrap_or_default();
        let set = self.model.and_then(|model| model.set_of_path(path));
        let ty = set.and_then(|set| self.known_type(set));
        if !body.is_empty() && !body.ends_with('\n') {
            self.fault("body", "the last line has no end");
        }
        for (i, line) in body.lines().enumerate() {
            let at = format!("line {i}");
            match Json::read(line) {
                Ok(Json::Object(members)) if ty.is_some() => {
                    self.entity(ty, Wanted::Unknown, &members, &at);
                }
                Ok(Json::Object(_)) => {}
                Ok(_) => self.fault(&at, "no object"),
                Err(error) => self.fault(&at, error),
            }
        }
    }

    pub(super) fn check(&mut self, body: &str, target: &str) {
        let body = match Json::read(body) {
            Ok(body @ Json::Object(_)) => body,
            Ok(_) => return self.fault("body", "no object"),
            Err(error) => return self.fault("body", error),
        };
        let Json::Object(members) = &body else {
            return;
        };
        let context = self.names.context;
        let first = members.first().filter(|(name, _)| name == context);
        let content = match (self.level, first) {
            (Level::None, None) => self.content_of_path(&body, target),
            (Level::None, Some(_)) => return self.fault("body", "a context where none is wanted"),
            (_, None) => return self.fault("body", "the first member is no context"),
            (_, Some((_, url))) => match Context::read(url.text().unwrap_or_default()) {
                Ok(Context { root, content }) => {
                    self.root = Some(root);
                    Some(content)
                }
                Err(error) => return self.fault("context", error),
            },
        };
        let rest = &members[usize::from(first.is_some())..];
        let wanted = match (&content, self.level) {
            (_, Level::None) => Wanted::Unknown,
            (Some(Content::Collection(_, list) | Content::Entity(_, list)), _) => {
                if self.old && has_empty(list) {
                    self.fault("context", "'()' in a context of 4.0");
                }
                Wanted::List(list)
            }
            _ => Wanted::References,
        };
        match &content {
            None => {}
            Some(Content::ServiceDocument) => self.service_document(rest),
            Some(Content::Property(set, name)) => self.property(rest, set, name),
            Some(Content::Reference) => self.entity(None, wanted, rest, "body"),
            Some(Content::References) => self.collection(rest, None, wanted),
            Some(Content::Entity(set, _)) => {
                if let Some(ty) = self.known_type(set) {
                    self.entity(Some(ty), wanted, rest, "body");
                }
            }
            Some(Content::Collection(set, _)) => {
                if let Some(ty) = self.known_type(set) {
                    self.collection(rest, Some(ty), wanted);
                }
            }
        }
    }

    /// The set and its type.
    fn known_type(&mut self, set: &str) -> Option<(&'a str, &'a EntityType)> {
        let model = self.model?;
        let known = model.sets.get_key_value(set);
        let ty = known.and_then(|(set, _)| Some((set.as_str(), model.entity_type(set)?)));
        if ty.is_none() {
            self.fault("context", format!("there is no set '{set}'"));
        }
        ty
    }

    /// Without a context the path alone tells what the content is.
    fn content_of_path(&self, body: &Json<'_>, target: &str) -> Option<Content> {
        let path = target.split('?').next().unwrap_or_default();
        let path = path.replace("%28", "(").replace("%29", ")");
        let set = self.model?.set_of_path(&path)?.to_owned();
        let last = path.trim_end_matches('/').rsplit('/').next()?;
        Some(match body.member("value") {
            Some(Json::Array(_)) if last == "$ref" => Content::References,
            Some(Json::Array(_)) => Content::Collection(set, Vec::new()),
            Some(_) if last.chars().all(|c| c.is_alphanumeric() || c == '_') => {
                Content::Property(set, last.to_owned())
            }
            _ if last == "$ref" => Content::Reference,
            _ => Content::Entity(set, Vec::new()),
        })
    }

    fn service_document(&mut self, members: &[(String, Json<'_>)]) {
        let [(name, Json::Array(items))] = members else {
            return self.fault("service document", "not 'value' alone");
        };
        if name != "value" {
            self.fault("service document", "no 'value'");
        }
        for item in items {
            let text = |name| item.member(name).and_then(Json::text);
            let set = text("name").unwrap_or_default();
            let known = self.model.is_none_or(|model| model.sets.contains_key(set));
            if !known || text("url").is_none() || text("kind") != Some("EntitySet") {
                self.fault("service document", format!("item {item:?}"));
            }
        }
    }

    fn property(&mut self, members: &[(String, Json<'_>)], set: &str, name: &str) {
        let [(member, value)] = members else {
            return self.fault("property", "not 'value' alone");
        };
        if member != "value" {
            self.fault("property", "no 'value'");
        }
        let Some((_, ty)) = self.known_type(set) else {
            return;
        };
        match ty.property(name) {
            Some(property) => {
                if let Some(fault) = scalar::fault(value, property, self.numbers) {
                    self.fault(name, fault);
                }
            }
            None => self.fault("context", format!("'{set}' has no property '{name}'")),
        }
    }

    fn collection(
        &mut self,
        members: &[(String, Json<'_>)],
        ty: Option<(&'a str, &'a EntityType)>,
        wanted: Wanted<'_>,
    ) {
        let (count, next) = (self.names.count, self.names.next_link);
        let place = |wanted: &str| members.iter().position(|(name, _)| name == wanted);
        let Some(rows) = place("value") else {
            return self.fault("body", "no 'value'");
        };
        if self.streaming && place(count).is_some_and(|count| count > rows) {
            self.fault("body", "the count of a stream stands behind its rows");
        }
        if place(next).is_some_and(|next| next != members.len() - 1) {
            self.fault("body", "the next link is not the last member");
        }
        for (name, value) in members {
            match (name, value) {
                (name, Json::Array(rows)) if name == "value" => {
                    for (i, row) in rows.iter().enumerate() {
                        let at = format!("value[{i}]");
                        match row {
                            Json::Object(members) => self.entity(ty, wanted, members, &at),
                            _ => self.fault(&at, "no object"),
                        }
                    }
                }
                (name, value) if name == count => self.count(value, name),
                (name, value) if name == next => self.link(value, name),
                _ => self.fault("body", format!("member '{name}'")),
            }
        }
    }

    /// An `Edm.Int64`, none below zero.
    pub(super) fn count(&mut self, value: &Json<'_>, at: &str) {
        let text = match value {
            Json::Number(text) if !self.numbers.as_text => text,
            Json::Text(text) if self.numbers.as_text => text.as_str(),
            _ => "",
        };
        if !text.parse::<i64>().is_ok_and(|count| count >= 0) {
            self.fault(at, format!("{value:?} is no count"));
        }
    }

    /// An absolute URL of this service, which its parser takes.
    pub(super) fn link(&mut self, value: &Json<'_>, at: &str) {
        let url = value.text().unwrap_or_default();
        let absolute = url.starts_with("http://") || url.starts_with("https://");
        let relative = match &self.root {
            Some(root) => url.strip_prefix(root.as_str()),
            // A body without a context doesn't tell the root.
            None if absolute => return,
            None => None,
        };
        let Some(relative) = relative.filter(|_| absolute) else {
            return self.fault(at, format!("no absolute URL of this service: '{url}'"));
        };
        let (path, query) = relative.split_once('?').unwrap_or((relative, ""));
        if !once(relative, || {
            uri::parse(path, query, &Limits::default()).is_ok()
        }) {
            self.fault(at, format!("the parser does not take {url}"));
        }
    }
}

fn has_empty(list: &[Item]) -> bool {
    list.iter()
        .filter_map(|item| item.inside.as_deref())
        .any(|inside| inside.is_empty() || has_empty(inside))
}
