//! Which option an error is about that the database found: it tells of a value, not of whose.

use crate::uri::ODataUri;
use crate::uri::ast::{ExpandItem, QueryOptions, ResourcePath, SegmentKind};
use crate::uri::segment_of;

/// The one option, or segment of the path, that has expressions; `None` where there are several.
pub(super) fn only_expression(uri: &ODataUri) -> Option<String> {
    let options = &uri.options;
    let segments = match &uri.path {
        ResourcePath::Resource(segments) => segments.as_slice(),
        _ => &[],
    };
    let filters = segments
        .iter()
        .filter(|segment| matches!(segment.kind, SegmentKind::Filter(_)))
        .filter_map(|segment| segment_of(segments, segment.span));
    let candidates = [
        (options.apply.is_some(), "$apply"),
        (options.compute.is_some(), "$compute"),
        (options.filter.is_some(), "$filter"),
        (options.order_by.is_some(), "$orderby"),
        (expands_with_expressions(options), "$expand"),
    ];
    let found = candidates.iter().filter(|(is_there, _)| *is_there);
    let found = found.map(|(_, option)| (*option).to_owned());
    let mut all = filters.chain(found);
    all.next().filter(|_| all.next().is_none())
}

fn expands_with_expressions(options: &QueryOptions) -> bool {
    let has = |item: &ExpandItem| {
        let nested = &item.options;
        nested.filter.is_some()
            || nested.order_by.is_some()
            || nested.compute.is_some()
            || nested.apply.is_some()
            || expands_with_expressions(nested)
    };
    options.expand.iter().flatten().any(has)
}
