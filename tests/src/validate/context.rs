//! A context URL and what it says of the content (Protocol 10).

use super::rules::Rule;
use odata_core::uri::parse_rule;

/// A context URL.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Context {
    /// The service root, with a slash at its end.
    pub(super) root: String,
    pub(super) content: Content,
}

/// What the content is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Content {
    ServiceDocument,
    Collection(String, Vec<Item>),
    Entity(String, Vec<Item>),
    Property(String, String),
    /// Entities of all sets.
    AnyEntities,
    /// Combined rows.
    Combined,
    References,
    Reference,
}

/// One item of a list of what is selected.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Item {
    pub(super) name: String,
    /// `name+`
    pub(super) recursive: bool,
    /// What is in the parentheses, where there are some.
    pub(super) inside: Option<Vec<Item>>,
}

/// What stands alone in a list where the instances have no property in common (Core.AnyStructure).
pub(super) const ANY_STRUCTURE: &str = "@Core.AnyStructure";

type Read<T> = Result<T, (Rule, String)>;

impl Context {
    pub(super) fn read(url: &str) -> Read<Context> {
        let wrong = |what: &str| Err((Rule::ContextGrammar, format!("{what}: {url}")));
        let Some((root, fragment)) = url.split_once("$metadata") else {
            return wrong("a context without '$metadata'");
        };
        let absolute = root.starts_with("http://") || root.starts_with("https://");
        if !absolute {
            return Err((
                Rule::AbsoluteLinks,
                format!("a context without a root: {url}"),
            ));
        }
        if !root.ends_with('/') {
            return wrong("a context without a root");
        }
        let content = match fragment.strip_prefix('#') {
            Some(fragment) => content(fragment)?,
            None if fragment.is_empty() => Content::ServiceDocument,
            None => return wrong("a context with more than a fragment"),
        };
        Ok(Context {
            root: root.to_owned(),
            content,
        })
    }
}

fn content(fragment: &str) -> Read<Content> {
    // The parser reads what is percent-encoded. That no key of the suite holds what looks so is as
    // good as the rule.
    let hex = |text: &str| text.chars().take(2).filter(char::is_ascii_hexdigit).count() == 2;
    if fragment.split('%').skip(1).any(hex) {
        return Err((Rule::ContextUnencoded, format!("'{fragment}'")));
    }
    let wrong = |what: String| (Rule::ContextGrammar, format!("'{fragment}': {what}"));
    parse_rule("contextFragment", &fragment.replace('%', "%25"))
        .map_err(|error| wrong(error.to_string()))?;
    match fragment {
        "$ref" => return Ok(Content::Reference),
        "Collection($ref)" => return Ok(Content::References),
        "Collection(Edm.EntityType)" => return Ok(Content::AnyEntities),
        "Collection(Edm.ComplexType)" => return Ok(Content::Combined),
        _ => {}
    }
    let name = word(fragment);
    let (set, rest) = (&fragment[..name], &fragment[name..]);
    if let Some(behind) = behind_key(rest) {
        return Ok(Content::Property(set.to_owned(), behind.to_owned()));
    }
    let mut rest = rest;
    let list = match rest.strip_prefix('(') {
        Some(inside) => {
            rest = inside;
            items(&mut rest).map_err(wrong)?
        }
        None => Vec::new(),
    };
    match rest {
        "" => Ok(Content::Collection(set.to_owned(), list)),
        "/$entity" => Ok(Content::Entity(set.to_owned(), list)),
        _ => Err(wrong(format!("what is '{rest}'"))),
    }
}

/// The property behind a key: `(1)/name`.
fn behind_key(rest: &str) -> Option<&str> {
    let mut quoted = false;
    let close = rest.strip_prefix('(')?.find(|c| {
        quoted ^= c == '\'';
        c == ')' && !quoted
    })?;
    let behind = rest[close + 2..].strip_prefix('/')?;
    (!behind.starts_with('$')).then_some(behind)
}

/// The items up to the parenthesis that closes their list.
fn items(rest: &mut &str) -> Result<Vec<Item>, String> {
    let mut found = Vec::new();
    if let Some(behind) = rest.strip_prefix(')') {
        *rest = behind;
        return Ok(found);
    }
    loop {
        let end = if rest.starts_with('*') { 1 } else { word(rest) };
        // All operations of a schema: `Namespace.*`.
        let is_schema = rest[..end].ends_with('.') && rest[end..].starts_with('*');
        let end = end + usize::from(is_schema);
        let name = rest[..end].to_owned();
        *rest = &rest[end..];
        let recursive = rest.starts_with('+');
        *rest = rest.trim_start_matches('+');
        let inside = match rest.strip_prefix('(') {
            Some(behind) => {
                *rest = behind;
                Some(items(rest)?)
            }
            None => None,
        };
        found.push(Item {
            name,
            recursive,
            inside,
        });
        if let Some(behind) = rest.strip_prefix(')') {
            *rest = behind;
            return Ok(found);
        }
        *rest = rest
            .strip_prefix(',')
            .ok_or_else(|| format!("no list at '{rest}'"))?;
    }
}

/// Whether a list has `()` somewhere.
pub(super) fn has_empty(list: &[Item]) -> bool {
    let mut insides = list.iter().filter_map(|item| item.inside.as_deref());
    insides.any(|inside| inside.is_empty() || has_empty(inside))
}

/// The length of the name at the start, which may be that of an annotation.
fn word(text: &str) -> usize {
    text.find(|c: char| !(c.is_alphanumeric() || "_.@".contains(c)))
        .unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(url: &str, expected: Content) {
        let context = Context::read(url).unwrap();
        assert_eq!(
            (context.root.as_str(), context.content),
            ("http://h/s/", expected)
        );
    }

    #[test]
    fn a_context_is_read() {
        let name = |name: &str| Item {
            name: name.to_owned(),
            recursive: false,
            inside: None,
        };
        let set = || "Set".to_owned();
        check("http://h/s/$metadata", Content::ServiceDocument);
        check(
            "http://h/s/$metadata#Set",
            Content::Collection(set(), Vec::new()),
        );
        let list = vec![
            name("a"),
            name("*"),
            name("N.*"),
            Item {
                recursive: true,
                inside: Some(vec![name("c")]),
                ..name("b")
            },
            Item {
                inside: Some(Vec::new()),
                ..name("d")
            },
        ];
        check(
            "http://h/s/$metadata#Set(a,*,N.*,b+(c),d())/$entity",
            Content::Entity(set(), list),
        );
        check(
            "http://h/s/$metadata#Set(@Core.AnyStructure)",
            Content::Collection(set(), vec![name(ANY_STRUCTURE)]),
        );
        check(
            "http://h/s/$metadata#Set(1)/name",
            Content::Property(set(), "name".to_owned()),
        );
        check(
            "http://h/s/$metadata#Set('a)%''/ü')/name",
            Content::Property(set(), "name".to_owned()),
        );
        check("http://h/s/$metadata#$ref", Content::Reference);
        check("http://h/s/$metadata#Collection($ref)", Content::References);
        check(
            "http://h/s/$metadata#Collection(Edm.EntityType)",
            Content::AnyEntities,
        );
        check(
            "http://h/s/$metadata#Collection(Edm.ComplexType)",
            Content::Combined,
        );
        for wrong in [
            "$metadata#Set",
            "/s/$metadata#Set",
            "http://h/s/metadata#Set",
            "http://h/s/$metadata#",
            "http://h/s/$metadata?x#Set",
            "http://h/s/$metadata#Set(",
            "http://h/s/$metadata#Set(a,)",
            "http://h/s/$metadata#Set(a",
            "http://h/s/$metadata#Set/$ent",
            "http://h/s/$metadata#Set(1)",
            "http://h/s/$metadata#Set%20",
        ] {
            assert!(Context::read(wrong).is_err(), "{wrong}");
        }
    }
}
