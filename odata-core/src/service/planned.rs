//! Requests that were understood before: feeds are refreshed with the same URLs, and the pages of a walk
//! differ in their skip token alone.

use super::Served;
use super::audit::{self, Shape};
use super::auth::is_query_token;
use super::habit::Habit;
use crate::edm::Schema;
use crate::error::Result;
use crate::limits::Limits;
use crate::plan::{self, Answer, Keys, Plan};
use crate::uri::ast::{PathSegment, ResourcePath, SegmentKind};
use crate::uri::{self, ODataUri, print};
use moka::future::Cache;
use percent_encoding::percent_decode_str;
use std::borrow::Cow;
use std::sync::Arc;

/// URLs that are remembered.
const URLS: u64 = 256;
/// Bytes of a URL that is worth it: what a refresh repeats is short.
const LONGEST: usize = 2048;

/// A request and what it means. No caller and no page is in it. Requests that differ in some keys of their
/// path alone share it: the tree is that of the first, the plan has none of those keys.
pub(super) struct Planned {
    pub(super) uri: ODataUri,
    pub(super) plan: Plan,
    /// How many keys stand beside the plan.
    keys: usize,
    /// What of it may be written down, where it is for data.
    pub(super) shape: Option<Arc<Shape>>,
    pub(super) habit: Habit,
}

/// What is a request's own.
pub(super) struct Own {
    pub(super) keys: Keys,
    pub(super) skip_token: Option<String>,
}

/// The plans of the URLs that were asked for most.
pub(super) type Plans = Cache<String, Arc<Planned>>;

/// Nothing is remembered yet.
pub(super) fn plans() -> Plans {
    Cache::new(URLS)
}

/// What a request means, and what is its own. `adapt` changes the tree by what else is known of the
/// request, where that has an `$id`.
pub(super) async fn understand(
    served: &Served,
    (resource, raw_query): (&str, &str),
    limits: &Limits,
    adapt: impl FnOnce(&mut ODataUri),
) -> Result<(Arc<Planned>, Own)> {
    let pairs = || raw_query.split('&').filter(|pair| !is_query_token(pair));
    let mut tokens = pairs().filter(|pair| is_skip_token(pair));
    let (token, others) = (tokens.next(), tokens.next());
    let bytes = resource.len() + raw_query.len();
    let short = bytes <= LONGEST && bytes < limits.url_bytes;
    // Any other spelling is left to the parser.
    let is_spelt = |pair: &str| pair.starts_with("$skiptoken=") || pair.starts_with("skiptoken=");
    // A token is no part of what is asked for, unless it is malformed, which the parser says.
    let mut credentials = raw_query.split('&').filter(|pair| is_query_token(pair));
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"=-_.~".contains(&byte);
    let usual = credentials.all(|pair| pair.bytes().all(plain));
    let usual = usual && token.is_none_or(is_spelt) && others.is_none();
    let (path, keys) = match without_keys(resource) {
        Some((path, keys)) => (Cow::Owned(path), Keys::of(keys)),
        None => (Cow::Borrowed(resource), Keys::default()),
    };
    let key = (short && usual).then(|| {
        let rest = pairs().filter(|pair| !is_skip_token(pair));
        let mark = if token.is_some() { "\n" } else { "?" };
        let mut key = format!("{path}{mark}");
        for pair in rest {
            key.push_str(pair);
            key.push('&');
        }
        key
    });
    let known = match &key {
        Some(key) => served.plans.get(key).await,
        None => None,
    };
    if let Some(planned) = known.filter(|planned| planned.keys == keys.len()) {
        let value = token.and_then(|pair| pair.split_once('='));
        let value = value.map(|(_, value)| percent_decode_str(value).decode_utf8_lossy());
        let skip_token = value.map(Cow::into_owned);
        return Ok((planned, Own { keys, skip_token }));
    }
    let mut uri = uri::parse(resource, raw_query, limits)?;
    adapt(&mut uri);
    let (plan, bound) = plan::bind(&served.schema, &uri, limits)?;
    let shape = audit::is_written().then(|| shape(&served.schema, &uri, &plan));
    let shape = shape.flatten().map(Arc::new);
    let skip_token = uri.options.skip_token.take();
    // Custom options mean nothing, and one of them may be a token: what is remembered has no caller.
    uri.options.custom.clear();
    let planned = Arc::new(Planned {
        uri,
        plan,
        keys: bound.len(),
        shape,
        habit: Habit::new(),
    });
    // Keys of another spelling are left to the parser.
    if let Some(key) = key.filter(|_| bound == keys && is_worth_it(&planned, &keys)) {
        served.plans.insert(key, planned.clone()).await;
    }
    let keys = bound;
    Ok((planned, Own { keys, skip_token }))
}

/// The path without the keys of `Name(123)`, and these; nothing where there is none, or where a segment is
/// neither that nor a mere name: what is in parentheses may be no key then.
fn without_keys(resource: &str) -> Option<(String, Vec<i64>)> {
    if !resource.contains('(') {
        return None;
    }
    let (mut path, mut keys) = (String::with_capacity(resource.len()), Vec::new());
    for segment in resource.strip_prefix('/').unwrap_or(resource).split('/') {
        let (name, key) = match segment.strip_suffix(')').map(|rest| rest.split_once('(')) {
            None => (segment, None),
            Some(None) => return None,
            Some(Some((name, key))) => (name, Some(key)),
        };
        let is_name = name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if !is_name && !matches!(name, "$count" | "$ref" | "$value") {
            return None;
        }
        path.push('/');
        path.push_str(name);
        if let Some(key) = key {
            // A longer number may be of another type.
            let is_key =
                (1..=9).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_digit());
            keys.push(is_key.then(|| key.parse().ok()).flatten()?);
            // No URL has this character: `Name()` is another path.
            path.push_str("(\r)");
        }
    }
    Some((path, keys))
}

/// Whether the same request is likely to come again. What is asked of one entity is asked of another
/// one the next time: where its key is a part of the plan, to remember that costs as much as to understand
/// it. An `$id` may be of this host alone.
fn is_worth_it(planned: &Planned, keys: &Keys) -> bool {
    let is_of_one = matches!(&planned.plan, Plan::Data(data) if data.is_of_one());
    (!is_of_one || !keys.is_empty()) && planned.uri.options.id.is_none()
}

/// Whether a pair of the query is the skip token of a next link.
pub(super) fn is_skip_token(raw_pair: &str) -> bool {
    let name = raw_pair.split_once('=').map_or(raw_pair, |(name, _)| name);
    let name = percent_decode_str(name).decode_utf8_lossy();
    name.trim_start_matches('$')
        .eq_ignore_ascii_case("skiptoken")
}

/// What of a request for data may be written down.
fn shape(schema: &Schema, uri: &ODataUri, plan: &Plan) -> Option<Shape> {
    let set = match (plan, &uri.path) {
        (Plan::All(_), _) => "$all",
        (Plan::Data(_), ResourcePath::CrossJoin(..)) => "$crossjoin",
        (Plan::Data(data), _) => schema.set(data.query.shape.set).declared.entity_set,
        (Plan::ServiceDocument | Plan::Metadata, _) => return None,
    };
    let mut path = uri.path.clone();
    if let ResourcePath::Resource(segments) = &mut path {
        segments
            .iter_mut()
            .for_each(|segment| tell_keys_from_names(schema, segment));
    }
    // What a number does not depend on is not looked at, and may hold anything.
    let without: &[&str] = match plan {
        Plan::Data(data) if data.answer == Answer::Count => &["$orderby", "$expand"],
        _ => &[],
    };
    let query = print::shape(&path, &uri.options, without);
    Some(Shape { set, query })
}

/// A segment by itself may be a key that is spelt like a name. What the model does not know is one.
fn tell_keys_from_names(schema: &Schema, segment: &mut PathSegment) {
    let SegmentKind::Name(name) = &segment.kind else {
        return;
    };
    let is_known = schema.set_of_type(name).is_some()
        || schema
            .sets()
            .iter()
            .any(|set| set.declared.entity_set == name || set.names().any(|known| known == name));
    if !is_known {
        segment.kind = SegmentKind::Key(name.clone());
    }
}
