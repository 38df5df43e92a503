//! Text to tree: the URL of a request, parsed whole before any name is resolved.
//!
//! In: the path behind the service root and the query, as the client wrote them. Out: [`ODataUri`].
//! The grammar is that of the OData ABNF 4.01 and of Data Aggregation 4.0, for GET; the names of the
//! model are not known here, so a wrong one is found by `plan`. The order is that of URL Conventions
//! 2.1: the query is cut at `&` and the first `=`, then each piece is percent-decoded exactly once,
//! then it is parsed.

mod apply;
pub mod ast;
mod context;
mod depth;
mod expr;
mod geo;
mod hierarchy;
mod hint;
mod literal;
mod member;
mod operand;
mod option_value;
mod options;
mod order_by;
mod parser;
mod path;
pub mod preference;
pub mod print;
mod raw;
mod rules;
mod search;
mod segment;
mod select_expand;
mod token;

pub use ast::ODataUri;
pub use options::system_options;
pub use rules::parse_rule;
pub use segment::{segment_at, segment_of};

use ast::{Present, ResourcePath};
use options::{Origin, parse_query};
use parser::Parser;
use raw::Text;
use segment::segment_of_text;

use crate::error::{Code, Error, Result};
use crate::limits::Limits;
use percent_encoding::percent_decode_str;

/// The tree of a request's URL. `raw_path` is what follows the service root, `raw_query` what follows
/// `?`; both still percent-encoded, both may be empty.
///
/// Every error names the query option or path segment it is about, and its place there.
pub fn parse(raw_path: &str, raw_query: &str, limits: &Limits) -> Result<ODataUri> {
    if raw_path.len() + raw_query.len() > limits.url_bytes {
        return Err(limits.exceeded("url_bytes"));
    }
    let uri = ODataUri {
        path: parse_path(raw_path, limits, 0)?,
        options: parse_query(raw_query, limits, Origin::Value)?,
        names_these: names_these(raw_path) || names_these(raw_query),
    };
    check_resource_options(&uri)?;
    Ok(uri)
}

fn names_these(raw: &str) -> bool {
    let names = |text: &str| text.contains("$these");
    match raw.as_bytes().contains(&b'%') {
        true => names(&percent_decode_str(raw).decode_utf8_lossy()),
        false => names(raw),
    }
}

/// The resource path, with or without its first slash. Positions are counted from `base`.
fn parse_path(raw: &str, limits: &Limits, base: usize) -> Result<ResourcePath> {
    let (inner, base) = match raw.strip_prefix('/') {
        Some(inner) => (inner, base + 1),
        None => (raw, base),
    };
    let path = Text::path(inner, base).and_then(|text| Parser::new(&text, limits).resource_path());
    path.map_err(|error| {
        error.target_at(|place| segment_of_text(inner, (place.start as usize).saturating_sub(base)))
    })
}

/// The options that the grammar itself allows for the resources that are no data.
fn check_resource_options(uri: &ODataUri) -> Result<()> {
    let (resource, allowed): (_, &[&str]) = match &uri.path {
        ResourcePath::Metadata => ("$metadata", &["$format", "$schemaversion"]),
        ResourcePath::Batch => ("$batch", &["$format"]),
        ResourcePath::ServiceDocument => ("the service document", &["$format", "$schemaversion"]),
        ResourcePath::Entity(None) => ("$entity without a type", &["$format", "$id"]),
        ResourcePath::Entity(Some(_)) => ("$entity", &["$expand", "$format", "$id", "$select"]),
        _ => return Ok(()),
    };
    let wrong = uri
        .options
        .present
        .iter()
        .find(|option| !allowed.contains(&option.name));
    if let Some(Present { name, .. }) = wrong {
        let error = Error::option_not_allowed(name, format_args!("on {resource}")).target(*name);
        return Err(match uri.path {
            ResourcePath::Entity(None) if matches!(*name, "$expand" | "$select") => {
                error.hint("name the type: $entity/Namespace.Type?$id=..")
            }
            _ => error,
        });
    }
    if matches!(uri.path, ResourcePath::Entity(_)) && uri.options.id.is_none() {
        let message = "expected the query option '$id' for $entity";
        let error = Error::new(Code::SyntaxError, message).target("$id");
        return Err(error.hint("as in $entity?$id=Collection(1)"));
    }
    Ok(())
}

#[cfg(test)]
#[rustfmt::skip] // One case a line.
mod tests;
