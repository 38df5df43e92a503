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

/// The service document. `context` is the URL of `$metadata`; `None` where the client asked for no
/// control information.
pub fn service_document(schema: &Schema, version: Version, context: Option<&str>) -> String {
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
    let context_name = format!("@{}context", version.prefix());
    let context = context.map(|context| (context_name.as_str(), Json::string(context)));
    let value = ("value", Json::Array(sets.collect()));
    Json::object(context.into_iter().chain([value])).text()
}
