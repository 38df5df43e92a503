//! The body of an answer: its context, and what it is a representation of.

use super::asked::Asked;
use super::context::{Content, Context, Item, has_empty};
use super::json::{Json, Members, member, twice};
use super::model::{Model, Set};
use super::rules::{At, Fault, Rule};
use super::scalar::Numbers;
use super::shape::Shapes;
use super::{Exchange, LINES};
use std::collections::HashMap;
use std::fmt::Display;
use std::rc::Rc;

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
    pub(super) asked: &'a Asked,
    pub(super) old: bool,
    pub(super) level: Level,
    pub(super) numbers: Numbers,
    pub(super) streaming: bool,
    /// Whether nulls may be left out.
    pub(super) omits_nulls: bool,
    /// Whether the rows are combined ones: what is in them is no entity of its own.
    pub(super) combined: bool,
    /// The service root, once a URL has told it.
    pub(super) root: Option<String>,
    pub(super) names: &'static Names,
    pub(super) shapes: Shapes<'a>,
    contexts: HashMap<String, Option<Rc<Context>>>,
    faults: Vec<Fault>,
}

/// How control information is named.
pub(super) struct Names {
    pub(super) prefix: &'static str,
    pub(super) context: &'static str,
    pub(super) count: &'static str,
    pub(super) next_link: &'static str,
    pub(super) id: &'static str,
    pub(super) ty: &'static str,
    pub(super) read_link: &'static str,
    pub(super) metadata_tag: &'static str,
}

const OLD: Names = Names {
    prefix: "odata.",
    context: "@odata.context",
    count: "@odata.count",
    next_link: "@odata.nextLink",
    id: "@odata.id",
    ty: "@odata.type",
    read_link: "@odata.readLink",
    metadata_tag: "@odata.metadataEtag",
};

const NEW: Names = Names {
    prefix: "",
    context: "@context",
    count: "@count",
    next_link: "@nextLink",
    id: "@id",
    ty: "@type",
    read_link: "@readLink",
    metadata_tag: "@metadataEtag",
};

/// The members of an entity that are wanted.
#[derive(Debug, Clone, Copy)]
pub(super) enum Wanted<'w> {
    /// Nothing tells.
    Unknown,
    /// An id.
    Reference,
    /// What the context lists, and a property that is expanded again at every depth.
    List(&'w [Item], Option<&'w Item>),
}

/// All that is declared.
pub(super) const ALL: Wanted<'static> = Wanted::List(&[], None);

impl<'a> Payload<'a> {
    pub(super) fn new(exchange: &'a Exchange<'_>, model: Option<&'a Model>) -> Payload<'a> {
        let response = exchange.response;
        let header = |name| response.header(name).unwrap_or_default();
        let media_type = header("content-type").to_ascii_lowercase();
        let parameters: Vec<&str> = media_type.split(';').skip(1).map(str::trim).collect();
        let has = |parameter: &str| parameters.contains(&parameter);
        let old = header("odata-version") != "4.01";
        let names = if old { &OLD } else { &NEW };
        let is_level = |level: &str| has(&format!("{}metadata={level}", names.prefix));
        Payload {
            model,
            asked: &exchange.asked,
            old,
            level: if is_level("none") || media_type.starts_with(LINES) {
                Level::None
            } else if is_level("full") {
                Level::Full
            } else {
                Level::Minimal
            },
            numbers: Numbers {
                as_text: has("ieee754compatible=true"),
                exponential: has("exponentialdecimals=true"),
            },
            streaming: has(&format!("{}streaming=true", names.prefix)),
            omits_nulls: header("preference-applied").contains("omit-values=nulls"),
            combined: false,
            root: None,
            names,
            shapes: Shapes::default(),
            contexts: HashMap::new(),
            faults: Vec::new(),
        }
    }

    pub(super) fn into_faults(self) -> Vec<Fault> {
        self.faults
    }

    pub(super) fn fault(&mut self, rule: Rule, at: impl Display, text: impl Display) {
        self.faults.push(Fault::new(rule, at, text));
    }

    /// What is wanted of an entity that no context is about: all that is declared, unless the request
    /// selects.
    pub(super) fn unsaid(&self) -> Wanted<'static> {
        match self.asked.has("select") || self.asked.applies() {
            true => Wanted::Unknown,
            false => ALL,
        }
    }

    /// One JSON object: everything but lines.
    pub(super) fn check(&mut self, body: &str) {
        let at = At::of("body");
        let mut members = match Json::read(body) {
            Ok(Json::Object(members)) => members,
            Ok(_) => return self.fault(Rule::JsonForm, at, "no object"),
            Err(error) => return self.fault(Rule::JsonForm, at, error),
        };
        if let Some(name) = twice(&members) {
            self.fault(Rule::NamesOnce, at, name);
        }
        let Some(content) = self.content(&mut members) else {
            return;
        };
        self.metadata_tag(&mut members);
        let (set, wanted) = match &content {
            Content::Collection(set, list) | Content::Entity(set, list) => {
                self.no_empty_list(list);
                let wanted = match self.level {
                    Level::None => self.unsaid(),
                    _ => Wanted::List(list, None),
                };
                (self.known_set(set), wanted)
            }
            Content::Property(set, _) => (self.known_set(set), Wanted::Unknown),
            _ => (None, Wanted::Unknown),
        };
        match (&content, set) {
            (Content::ServiceDocument, _) => self.service_document(&members),
            (Content::Reference, _) => self.entity(None, Wanted::Reference, &members, at),
            (Content::References, _) => self.collection(&members, |payload, row, at| {
                payload.entity(None, Wanted::Reference, row, at);
            }),
            (Content::AnyEntities, _) => self.collection(&members, Payload::entity_of_any_set),
            (Content::Combined, _) => {
                self.combined = true;
                self.collection(&members, Payload::combined_row);
            }
            (Content::Property(_, name), Some(set)) => self.property(&members, set, name),
            (Content::Entity(..), Some(set)) => self.entity(Some(set), wanted, &members, at),
            (Content::Collection(..), Some(set)) => {
                self.collection(&members, |payload, row, at| {
                    payload.entity(Some(set), wanted, row, at);
                });
            }
            (_, None) => {}
        }
    }

    /// What the context says that this is, without it the path. The context is taken away.
    fn content(&mut self, members: &mut Members<'_>) -> Option<Content> {
        let at = At::of("context");
        let first = members.first();
        let has_context = first.is_some_and(|(name, _)| name == self.names.context);
        match (self.level, has_context) {
            (Level::None, false) => return self.content_of_path(members),
            (Level::None, true) => {
                self.fault(Rule::NoneHasNone, at, "one where none is wanted");
                return None;
            }
            (_, false) => {
                self.fault(Rule::ContextFirst, at, "the first member is none");
                return None;
            }
            (_, true) => {}
        }
        let (_, url) = members.remove(0);
        let context = self.context(&url, at)?;
        self.root = Some(context.root.clone());
        Some(context.content.clone())
    }

    /// Reads a context URL, each once.
    pub(super) fn context(&mut self, url: &Json<'_>, at: At<'_>) -> Option<Rc<Context>> {
        let url = url.text().unwrap_or_default();
        if let Some(known) = self.contexts.get(url) {
            return known.clone();
        }
        let read = match Context::read(url) {
            Ok(context) => Some(Rc::new(context)),
            Err((rule, text)) => {
                self.fault(rule, at, text);
                None
            }
        };
        if let (Some(root), Some(context)) = (&self.root, &read)
            && *root != context.root
        {
            self.fault(Rule::OneRoot, at, url);
        }
        self.contexts.insert(url.to_owned(), read.clone());
        read
    }

    pub(super) fn no_empty_list(&mut self, list: &[Item]) {
        if self.old && has_empty(list) {
            self.fault(Rule::NoEmptyList, "context", format!("{list:?}"));
        }
    }

    /// The tag of `$metadata`, which is taken away.
    fn metadata_tag(&mut self, members: &mut Members<'_>) {
        let name = self.names.metadata_tag;
        let place = members.iter().position(|(known, _)| known == name);
        match (self.level, place) {
            (Level::Full, Some(place)) => {
                let (_, tag) = members.remove(place);
                let text = tag.text().unwrap_or_default();
                if !text.trim_start_matches("W/").starts_with('"') || !text.ends_with('"') {
                    self.fault(Rule::MetadataTag, name, format!("{tag:?}"));
                }
            }
            (Level::Full, None) => self.fault(Rule::MetadataTag, "body", "none"),
            // Elsewhere it is no member that is known.
            _ => {}
        }
    }

    fn known_set(&mut self, name: &str) -> Option<Set<'a>> {
        let model = self.model?;
        let set = model.set(name);
        if set.is_none() {
            let text = format!("there is no set '{name}'");
            self.fault(Rule::ContextKnown, "context", text);
        }
        set
    }

    /// Without a context the path alone tells what the content is.
    fn content_of_path(&self, members: &Members<'_>) -> Option<Content> {
        let last = self.asked.last_segment();
        let value = member(members, "value");
        let is_collection = matches!(value, Some(Json::Array(_)));
        match self.asked.path.as_str() {
            "" => return Some(Content::ServiceDocument),
            path if path.starts_with("$crossjoin") => return Some(Content::Combined),
            // Nothing tells what a row is.
            path if path.starts_with("$all") => return None,
            _ if last == "$ref" && is_collection => return Some(Content::References),
            _ if last == "$ref" => return Some(Content::Reference),
            _ => {}
        }
        let set = self.model?.set_of_path(&self.asked.path)?;
        let name = set.name.to_owned();
        Some(match value {
            _ if is_collection => Content::Collection(name, Vec::new()),
            Some(_) if set.ty.properties.contains_key(last) => {
                Content::Property(name, last.to_owned())
            }
            _ => Content::Entity(name, Vec::new()),
        })
    }

    fn service_document(&mut self, members: &Members<'_>) {
        let at = At::of("service document");
        let [(name, Json::Array(items))] = members.as_slice() else {
            return self.fault(Rule::ServiceDocument, at, "not 'value' alone");
        };
        let mut named = Vec::new();
        for item in items {
            let text = |name| item.member(name).and_then(Json::text);
            if text("url").is_none() || text("kind") != Some("EntitySet") {
                self.fault(Rule::ServiceDocument, at, format!("{item:?}"));
            }
            named.extend(text("name"));
        }
        named.sort_unstable();
        let declared = self.model.map(|model| model.sets().collect::<Vec<_>>());
        if name != "value" || declared.is_some_and(|declared| declared != named) {
            self.fault(Rule::ServiceDocument, at, format!("{named:?}"));
        }
    }

    /// Rows, and what is said of them all.
    fn collection(
        &mut self,
        members: &Members<'_>,
        mut row: impl FnMut(&mut Payload<'a>, &Members<'_>, At<'_>),
    ) {
        let (count, next) = (self.names.count, self.names.next_link);
        let body = At::of("body");
        let place = |wanted: &str| members.iter().position(|(name, _)| name == wanted);
        let Some(rows) = place("value") else {
            return self.fault(Rule::CollectionForm, body, "no 'value'");
        };
        let is_late = |name: &str| place(name).is_some_and(|place| place > rows);
        if self.streaming && is_late(count) {
            self.fault(Rule::StreamOrder, body, "the count stands behind the rows");
        }
        if place(next).is_some() && !is_late(next) {
            self.fault(
                Rule::StreamOrder,
                body,
                "the next link stands before the rows",
            );
        }
        for (name, value) in members {
            let at = At::of(name);
            match (&**name, value) {
                ("value", Json::Array(rows)) => {
                    for (i, value) in rows.iter().enumerate() {
                        match value {
                            Json::Object(members) => row(self, members, at.row(i)),
                            Json::Unread => {}
                            _ => self.fault(Rule::CollectionForm, at.row(i), "no object"),
                        }
                    }
                }
                (name, value) if name == count => self.count(value, at),
                (name, value) if name == next => self.next_link(value, at),
                _ => self.fault(Rule::CollectionForm, body, format!("member '{name}'")),
            }
        }
    }

    /// An `Edm.Int64`, none below zero.
    pub(super) fn count(&mut self, value: &Json<'_>, at: At<'_>) {
        let text = match value {
            Json::Number(text) if !self.numbers.as_text => text,
            Json::Text(text) if self.numbers.as_text => &**text,
            _ => "",
        };
        if !text.parse::<i64>().is_ok_and(|count| count >= 0) {
            self.fault(Rule::CountForm, at, format!("{value:?}"));
        }
    }

    /// An entity of `$all`, which tells its set.
    fn entity_of_any_set(&mut self, members: &Members<'_>, at: At<'_>) {
        let first = members.first();
        let context = first.filter(|(name, _)| name == self.names.context);
        let Some((_, url)) = context else {
            return self.fault(Rule::ContextOfEach, at, "an entity without its context");
        };
        let context = self.context(url, at);
        if let Some(Content::Entity(set, list)) = context.as_deref().map(|it| &it.content)
            && let Some(set) = self.known_set(set)
        {
            self.no_empty_list(list);
            self.entity(Some(set), Wanted::List(list, None), members, at);
        } else if context.is_some() {
            self.fault(Rule::ContextOfEach, at, "the context of no entity");
        }
    }

    /// A row of a cross join: each set as a link, or as an entity where it is expanded. `$apply` makes
    /// other rows of them, which have what it names.
    fn combined_row(&mut self, members: &Members<'_>, at: At<'_>) {
        let asked = self.asked;
        let sets = asked.combined();
        if let Some(name) = twice(members) {
            self.fault(Rule::NamesOnce, at, name);
        }
        for set in &sets {
            let is_there = members
                .iter()
                .any(|(name, _)| name.split('@').next() == Some(*set));
            if !is_there && !asked.applies() && self.level != Level::None {
                self.fault(Rule::CrossJoinForm, at, format!("nothing of '{set}'"));
            }
        }
        let mut told = None;
        for (name, value) in members {
            let at = at.name(name);
            let (of, control) = name.split_once('@').unwrap_or((name, ""));
            let control = control.strip_prefix(self.names.prefix).unwrap_or(control);
            let set = sets.contains(&of).then_some(of);
            match (control, set, value) {
                ("navigationLink", Some(_), link) => self.link(link, at),
                ("", Some(set), Json::Object(members)) => {
                    if let Some(set) = self.known_set(set) {
                        let wanted = self.unsaid();
                        self.entity(Some(set), wanted, members, at);
                    }
                }
                ("type", None, Json::Text(ty)) => told = Some(&**ty),
                ("", None, value) if asked.applies() && asked.names(of) => {
                    self.dynamic(told.take(), value, at);
                }
                _ => self.fault(Rule::CrossJoinForm, at, format!("{value:?}")),
            }
        }
    }
}
