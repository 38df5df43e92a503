//! What a service is, as an OpenAPI 3.1 document: for generators of clients, fuzzers, and people who
//! know no OData. It follows OASIS' "OData to OpenAPI Mapping 1.0", and where that leaves a choice, what
//! its converter `odata-openapi` does.
//!
//! It describes JSON of OData 4.0, which is what a client gets that says nothing: 64-bit integers are
//! numbers, control information begins with `@odata.`. It says less than the service can: lists of names
//! stand where the language has expressions, which no schema can describe.

mod examples;
mod parameters;
mod paths;
mod responses;
mod schemas;
mod values;

use super::facts::description;
use super::json::Json;
use crate::edm::Schema;
use crate::limits::Limits;

/// The version of the specification.
const VERSION: &str = "3.1.0";

/// An OpenAPI document without the URL of its service, which each request sees for itself.
#[derive(Debug, Clone)]
pub struct OpenApi {
    /// Every member but `servers`, without the braces around.
    members: String,
}

impl OpenApi {
    /// The document of a service whose root is this URL.
    pub fn text(&self, root: &str) -> String {
        // A path of the document begins with a slash.
        let root = Json::string(root.trim_end_matches('/')).text();
        format!("{{\"servers\":[{{\"url\":{root}}}],{}}}", self.members)
    }
}

/// The OpenAPI document of this schema, as it can be read within these limits. `open` says that the
/// service document and `$metadata` take no credentials.
pub fn openapi(schema: &Schema, limits: &Limits, open: bool) -> OpenApi {
    let tags = schema.sets().iter().map(|set| {
        let description = description(set.declared.description);
        let description = description.map(|text| ("description", Json::string(text)));
        let name = ("name", Json::string(set.declared.entity_set));
        Json::object([name].into_iter().chain(description))
    });
    let document = Json::object([
        ("openapi", Json::string(VERSION)),
        ("info", info(schema, limits)),
        ("tags", Json::Array(tags.collect())),
        ("security", responses::security()),
        ("paths", paths::paths(schema, open)),
        ("components", components(schema, limits)),
    ]);
    let text = document.text();
    let members = text.strip_prefix('{').and_then(|it| it.strip_suffix('}'));
    OpenApi {
        members: members.unwrap_or_default().to_owned(),
    }
}

fn info(schema: &Schema, limits: &Limits) -> Json {
    let description = format!(
        "Collections of {name}, read by [OData](https://docs.oasis-open.org/odata/odata/v4.01/) and by \
         nothing else than GET. What this document lists is a part of it: `$filter`, `$orderby`, \
         `$compute` and `$apply` take whole expressions, `$select` and `$expand` paths and options in \
         parentheses. `$metadata` has the model in OData's own words.\n\n\
         A long result comes in pages of {page} rows: read `@odata.nextLink` until there is none. \
         `Prefer: odata.maxpagesize` asks for other pages, of {most} rows at most; `text/csv` and \
         `application/x-ndjson` have no pages.\n\n\
         Rows take an access token, in one of four places.",
        name = schema.namespace,
        page = limits.page_size,
        most = limits.max_page_size,
    );
    Json::object([
        (
            "title",
            Json::string(format!("Service for namespace {}", schema.namespace)),
        ),
        ("description", Json::string(description)),
        ("version", Json::string(env!("CARGO_PKG_VERSION"))),
    ])
}

fn components(schema: &Schema, limits: &Limits) -> Json {
    Json::object([
        ("schemas", schemas::schemas(schema)),
        ("parameters", parameters::parameters(schema, limits)),
        ("responses", responses::responses(schema)),
        ("securitySchemes", responses::security_schemes()),
    ])
}

/// A name as the key of a component: other characters than OpenAPI's are their codes there.
fn component(name: &str) -> String {
    let mut key = String::new();
    for character in name.chars() {
        if character.is_ascii_alphanumeric() || "._".contains(character) {
            key.push(character);
        } else {
            key += &format!("-{:x}-", u32::from(character));
        }
    }
    key
}

fn reference(section: &str, name: &str) -> Json {
    let target = format!("#/components/{section}/{}", component(name));
    Json::object([("$ref", Json::string(target))])
}

/// An object with one member.
fn one(name: &str, value: Json) -> Json {
    Json::object([(name, value)])
}
