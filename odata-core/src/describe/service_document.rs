//! The service document: the list of the entity sets (JSON Format 5).

use super::json::Json;
use crate::edm::{Schema, Version};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What stands in a URL as it is (RFC 3986, 2.3).
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The service document. `context` is the URL of `$metadata`, `tag` its entity tag; `None` where the
/// client asked for less control information.
pub fn service_document(
    schema: &Schema,
    version: Version,
    context: Option<&str>,
    tag: Option<&str>,
) -> String {
    let sets = schema.sets().iter().map(|set| {
        let name = set.declared.entity_set;
        Json::object([
            ("name", Json::string(name)),
            ("kind", Json::string("EntitySet")),
            (
                "url",
                Json::string(utf8_percent_encode(name, SEGMENT).to_string()),
            ),
        ])
    });
    let control = |name: &str| format!("@{}{name}", version.prefix());
    let (context_name, tag_name) = (control("context"), control("metadataEtag"));
    let context = context.map(|context| (context_name.as_str(), Json::string(context)));
    let tag = tag.map(|tag| (tag_name.as_str(), Json::string(tag)));
    let value = ("value", Json::Array(sets.collect()));
    Json::object(context.into_iter().chain(tag).chain([value])).text()
}
