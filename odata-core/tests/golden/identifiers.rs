//! The quoted identifiers of a statement's text.

/// Those outside of its string constants, which are the service's own.
pub fn identifiers(sql: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = sql;
    while let Some(start) = rest.find(['\'', '"']) {
        let quote = rest.as_bytes()[start];
        let inside = &rest[start + 1..];
        let end = inside.find(char::from(quote)).unwrap();
        if quote == b'"' {
            found.push(&inside[..end]);
        }
        rest = &inside[end + 1..];
    }
    found
}
