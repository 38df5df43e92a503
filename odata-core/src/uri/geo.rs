//! The text of geo literals: `SRID=4326;Point(8.6 49.3)` (ABNF section 7).
//!
//! In: the text between the quotes. Out: whether it is one. Its depth of nesting is bounded.

/// The deepest nesting of collections that is read.
const DEEPEST: usize = 16;

/// The shapes, each with the levels of parentheses around its positions, and how many positions or
/// parts its innermost level has at least.
const SHAPES: &[(&str, usize, usize)] = &[
    ("Point", 1, 1),
    ("LineString", 1, 2),
    ("Polygon", 2, 1),
    ("MultiPoint", 2, 1),
    ("MultiLineString", 2, 2),
    ("MultiPolygon", 3, 1),
];

/// Whether `text` is `sridLiteral` and a shape.
pub(crate) fn is_geo(text: &str) -> bool {
    is_geo_of(text, None)
}

/// The same, of this shape only (`Point`, `GeometryCollection`).
pub(crate) fn is_geo_of(text: &str, shape: Option<&str>) -> bool {
    let Some(rest) = strip_word(text, "SRID=") else {
        return false;
    };
    let Some(behind) = super::literal::digits(rest) else {
        return false;
    };
    let count = rest.len() - behind.len();
    let Some(body) = behind.strip_prefix(';') else {
        return false;
    };
    let is_shape = shape.is_none_or(|shape| {
        let bare = shape.strip_prefix("Geometry").unwrap_or(shape);
        [shape, bare]
            .into_iter()
            .any(|name| strip_word(body, name).is_some_and(|rest| rest.starts_with('(')))
    });
    count <= 5 && is_shape && geo_literal(body, DEEPEST) == Some("")
}

/// What is behind one shape.
fn geo_literal(text: &str, depth: usize) -> Option<&str> {
    let depth = depth.checked_sub(1)?;
    // The name without `Geometry` is that of OData 4.0.
    for name in ["GeometryCollection(", "Collection("] {
        if let Some(rest) = strip_word(text, name) {
            return list(rest, 1, |part| geo_literal(part, depth));
        }
    }
    SHAPES.iter().find_map(|(name, levels, least)| {
        let rest = strip_word(text, name)?.strip_prefix('(')?;
        // Multi-shapes may be empty.
        let few = if name.starts_with("Multi") { 0 } else { 1 };
        match levels {
            1 => positions(rest, *least, *least == 1),
            2 => list(rest, few, |part| {
                positions(part.strip_prefix('(')?, *least, *name == "MultiPoint")
            }),
            _ => list(rest, few, |part| {
                list(part.strip_prefix('(')?, 1, |ring| {
                    positions(ring.strip_prefix('(')?, *least, false)
                })
            }),
        }
    })
}

/// Parts with commas between, up to the closing parenthesis, which is taken.
fn list<'t>(
    mut text: &'t str,
    least: usize,
    part: impl Fn(&'t str) -> Option<&'t str>,
) -> Option<&'t str> {
    if least == 0
        && let Some(rest) = text.strip_prefix(')')
    {
        return Some(rest);
    }
    let mut count = 0;
    loop {
        text = part(text)?;
        count += 1;
        match text.strip_prefix(',') {
            Some(rest) => text = rest,
            None => break,
        }
    }
    text.strip_prefix(')').filter(|_| count >= least)
}

/// Positions, up to the closing parenthesis.
fn positions(text: &str, least: usize, only_one: bool) -> Option<&str> {
    let inner = text.split(')').next()?;
    let parts: Vec<&str> = inner.split(',').collect();
    let right = parts.iter().all(|part| is_position(part))
        && parts.len() >= least
        && !(only_one && parts.len() > 1);
    right.then(|| text.get(inner.len() + 1..)).flatten()
}

/// Two to four numbers with one space between.
fn is_position(text: &str) -> bool {
    let numbers: Vec<&str> = text.split(' ').collect();
    (2..=4).contains(&numbers.len()) && numbers.iter().all(|number| is_double(number))
}

/// `doubleValue`.
fn is_double(text: &str) -> bool {
    use super::token::Token;
    if matches!(text, "NaN" | "INF" | "-INF") {
        return true;
    }
    let (token, length) = Token::first(text);
    matches!(token, Token::Integer | Token::Number) && length == text.len()
}

/// `text` without `word` before it, in any case.
fn strip_word<'t>(text: &'t str, word: &str) -> Option<&'t str> {
    let start = text.get(..word.len())?;
    start
        .eq_ignore_ascii_case(word)
        .then(|| text.get(word.len()..))
        .flatten()
}
