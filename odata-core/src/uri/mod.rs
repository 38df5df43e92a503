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
mod parser;
mod path;
pub mod preference;
pub mod print;
mod raw;
mod rules;
mod search;
mod select_expand;
mod token;

pub use ast::ODataUri;
pub use options::system_options;
pub use rules::parse_rule;

use ast::ResourcePath;
use options::{Origin, parse_query};
use parser::Parser;
use raw::Text;

use crate::error::{Code, Error, Result, Span};
use crate::limits::Limits;

/// The tree of a request's URL. `raw_path` is what follows the service root, `raw_query` what follows
/// `?`; both still percent-encoded, both may be empty.
///
/// Every error names the query option or path segment it is about, and its place there.
pub fn parse(raw_path: &str, raw_query: &str, limits: &Limits) -> Result<ODataUri> {
    if raw_path.len() + raw_query.len() > limits.url_bytes {
        return Err(parser::exceeded(limits, "url_bytes"));
    }
    let uri = ODataUri {
        path: parse_path(raw_path, limits, 0)?,
        options: parse_query(raw_query, limits, Origin::Value)?,
    };
    check_resource_options(&uri)?;
    Ok(uri)
}

/// The resource path, with or without its first slash. Positions are counted from `base`.
fn parse_path(raw: &str, limits: &Limits, base: usize) -> Result<ResourcePath> {
    let (inner, base) = match raw.strip_prefix('/') {
        Some(inner) => (inner, base + 1),
        None => (raw, base),
    };
    let path = Text::path(inner, base).and_then(|text| Parser::new(&text, limits).resource_path());
    path.map_err(|error| {
        let at = error.span().map_or(0, |span| span.start as usize);
        error.target(segment_at(inner, at.saturating_sub(base)))
    })
}

/// The segment of the raw path that holds this character.
fn segment_at(raw: &str, at: usize) -> &str {
    let mut end = 0;
    let segment = raw.split('/').find(|segment| {
        end += segment.chars().count() + 1;
        at < end
    });
    segment.unwrap_or("")
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
        .find(|name| !allowed.contains(name));
    if let Some(name) = wrong {
        let message = format!("the query option '{name}' is not allowed for {resource}");
        return Err(Error::new(Code::OptionNotAllowed, message)
            .at(Span::default())
            .target(*name));
    }
    if matches!(uri.path, ResourcePath::Entity(_)) && uri.options.id.is_none() {
        return Err(Error::new(
            Code::SyntaxError,
            "expected the query option '$id' for $entity",
        )
        .at(Span::default())
        .target("$id"));
    }
    Ok(())
}

#[cfg(test)]
#[rustfmt::skip] // One case a line.
mod tests;
