//! Which option an error is about that the database found: it tells of a value, not of whose.

use crate::uri::ODataUri;
use crate::uri::ast::{ExpandItem, QueryOptions, ResourcePath, SegmentKind};

/// The one option, or segment of the path, that has expressions; `None` where there are several.
pub(super) fn only_expression(uri: &ODataUri) -> Option<&'static str> {
    let options = &uri.options;
    let filters = match &uri.path {
        ResourcePath::Resource(segments) => segments.as_slice(),
        _ => &[],
    };
    let in_path = filters
        .iter()
        .any(|segment| matches!(segment.kind, SegmentKind::Filter(_)));
    let candidates = [
        (in_path, "$filter(..)"),
        (options.apply.is_some(), "$apply"),
        (options.compute.is_some(), "$compute"),
        (options.filter.is_some(), "$filter"),
        (options.order_by.is_some(), "$orderby"),
        (expands_with_expressions(options), "$expand"),
    ];
    let mut found = candidates.iter().filter(|(is_there, _)| *is_there);
    match (found.next(), found.next()) {
        (Some((_, only)), None) => Some(only),
        _ => None,
    }
}

fn expands_with_expressions(options: &QueryOptions) -> bool {
    let has = |item: &ExpandItem| {
        let nested = &item.options;
        nested.filter.is_some()
            || nested.order_by.is_some()
            || nested.compute.is_some()
            || expands_with_expressions(nested)
    };
    options.expand.iter().flatten().any(has)
}
