//! `$all`: the entities of every set, one set after the other (URL Conventions 4.16).

use super::bind::{Binder, allow_only};
use super::{Data, Keys, Plan, link, resource, unknown};
use crate::edm::{EntitySet, Schema};
use crate::error::{Error, Result, Span};
use crate::limits::Limits;
use crate::uri::ast::{Name, ODataUri, PathSegment, ResourcePath, SegmentKind};
use crate::uri::print;

/// What `$all` takes: entities of unlike types have no property in common.
const ALLOWED: &[&str] = &["$skiptoken", "$format"];

/// `$all`, or `$all/Type`: the entities of that type, which are those of its set.
pub(super) fn bind_all(
    schema: &Schema,
    cast: Option<&Name>,
    segments: &[PathSegment],
    uri: &ODataUri,
    limits: &Limits,
) -> Result<(Plan, Keys)> {
    let part = |set: &EntitySet, name: Name, uri: &ODataUri| {
        let path = segment(set, &name)
            .chain(segments.iter().cloned())
            .collect();
        let path: Vec<PathSegment> = path;
        let mut binder = Binder::new(schema, uri, limits);
        let bound = resource::bind_resource(&mut binder, &path, &uri.options);
        let (data, keys) = binder.finish(bound)?;
        let path = ResourcePath::All(Some(name), segments.to_vec());
        let canonical = link::request(&print::path(&path), &uri.options);
        Ok::<_, Error>((Data { canonical, ..data }, keys))
    };
    if let Some(cast) = cast {
        let set = schema
            .set_of_type(&cast.text)
            .ok_or_else(|| unknown::no_entity_type(schema, &cast.text, cast.span))?;
        let part = part(set, cast.clone(), uri);
        return part.map(|(data, keys)| (Plan::of_data(data), keys));
    }
    allow_only(&uri.options, ALLOWED, "'$all'").map_err(|error| {
        error.hint("name a type, whose set takes the options of a collection: $all/Namespace.Type")
    })?;
    let whole = ODataUri::default();
    let parts = schema.sets().iter().map(|set| {
        let name = Name {
            text: format!("{}.{}", schema.namespace, set.declared.name),
            span: Span::default(),
        };
        part(set, name, &whole).map(|(data, _)| data)
    });
    let parts = parts.collect::<Result<_>>();
    parts.map(|parts| (Plan::All(parts), Keys::default()))
}

/// The first segment of the set's own path.
fn segment(set: &EntitySet, name: &Name) -> impl Iterator<Item = PathSegment> {
    let kind = SegmentKind::Name(set.declared.entity_set.to_owned());
    let span = name.span;
    std::iter::once(PathSegment { kind, span })
}
