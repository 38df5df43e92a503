//! Which segment of a resource path a place is in: an error there is about that segment.
//!
//! In: the path, as text or as tree, and a place in it. Out: the segment with its parentheses, decoded.

use super::ast::{PathSegment, ResourcePath, SegmentKind};
use super::print;
use super::raw::Text;
use crate::error::Span;

/// The segment of a path that parses, in its canonical spelling.
pub fn segment_at(path: &ResourcePath, place: Span) -> String {
    let (first, cast, segments) = match path {
        ResourcePath::Resource(segments) => (None, None, segments.as_slice()),
        ResourcePath::CrossJoin(names, segments) => {
            let first = ResourcePath::CrossJoin(names.clone(), Vec::new());
            (Some(first), None, segments.as_slice())
        }
        ResourcePath::All(cast, segments) => {
            let first = ResourcePath::All(None, Vec::new());
            (Some(first), cast.as_ref(), segments.as_slice())
        }
        ResourcePath::Entity(cast) => (Some(ResourcePath::Entity(None)), cast.as_ref(), &[][..]),
        ResourcePath::ServiceDocument | ResourcePath::Metadata | ResourcePath::Batch => {
            (Some(path.clone()), None, &[][..])
        }
    };
    let cast = cast.filter(|cast| cast.span.start <= place.start);
    segment_of(segments, place)
        .or_else(|| cast.map(|cast| cast.text.clone()))
        .or_else(|| first.map(|first| print::path(&first)))
        .unwrap_or_default()
}

/// The same among the segments that names lead to.
pub fn segment_of(segments: &[PathSegment], place: Span) -> Option<String> {
    // Parentheses belong to what stands before them.
    let is_arguments = |segment: &PathSegment| matches!(segment.kind, SegmentKind::Arguments(_));
    let is_it = |segment: &PathSegment| segment.span.start <= place.start && !is_arguments(segment);
    let (segment, rest) = segments
        .get(segments.iter().rposition(is_it)?..)?
        .split_first()?;
    let arguments = rest.first().filter(|next| is_arguments(next));
    let whole = [segment].into_iter().chain(arguments);
    let whole: String = whole.map(print::segment).collect();
    Some(decoded(&whole))
}

/// The segment of a path that may not parse, which the client wrote like this. A slash in
/// parentheses separates nothing.
pub(crate) fn segment_of_text(raw: &str, at: usize) -> String {
    let (mut depth, mut in_string) = (0_usize, false);
    let (mut start, mut end) = (0, raw.len());
    for (place, (byte, c)) in raw.char_indices().enumerate() {
        let rest = raw.get(byte..).unwrap_or("");
        let is = |plain: char, encoded: &str| c == plain || rest.starts_with(encoded);
        if depth > 0 && is('\'', "%27") {
            in_string = !in_string;
        } else if in_string {
        } else if is('(', "%28") {
            depth += 1;
        } else if is(')', "%29") {
            depth = depth.saturating_sub(1);
        } else if c == '/' && depth == 0 {
            if place >= at {
                end = byte;
                break;
            }
            start = byte + 1;
        }
    }
    decoded(raw.get(start..end).unwrap_or(""))
}

fn decoded(segment: &str) -> String {
    match Text::path(segment, 0) {
        Ok(text) => text.as_str().to_owned(),
        Err(_) => segment.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;
    use crate::uri::parse;

    /// The segment that `^` stands in.
    fn check(path: &str, expected: &str) {
        let at = path.find('^').unwrap_or_default();
        let raw = path.replace('^', "");
        assert_eq!(segment_of_text(&raw, at), expected, "{path}, as text");
        if let Ok(uri) = parse(&raw, "", &Limits::default()) {
            let place = Span::new(at, at);
            assert_eq!(segment_at(&uri.path, place), expected, "{path}, as tree");
        }
    }

    #[test]
    fn the_segment_of_a_place() {
        check("^A", "A");
        check("A(1)/^b/c", "b");
        check("^A(1)/b", "A(1)");
        check("A(^1)/b", "A(1)");
        check("A(1)/b/^c", "c");
        check("A/$filter(b/^c eq 1)/$count", "$filter(b/c eq 1)");
        check(
            "A/$filter(b%20eq%20%27x%2F%27 and ^c)(2)",
            "$filter(b eq 'x/' and c)(2)",
        );
        check("A/$filter(b eq (^", "$filter(b eq (");
        check("A('x)/y')/^b", "b");
        check("A(%27^x", "A('x");
        check("$crossjoin(A,^B)", "$crossjoin(A,B)");
        check("$all/^N.T", "N.T");
        check("^$all/N.T", "$all");
        check("A//^b", "b");
        check("A(%zz^", "A(%zz");
    }
}
