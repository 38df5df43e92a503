//! A generated text as a tree, so that a failing one can be made smaller.

use tests::oracle::Type;

/// What a part of a request is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// An expression of a type.
    Expr(Type),
    /// A transformation of `$apply`.
    Step,
    /// The whole.
    Request,
}

/// A text with parts that can be replaced.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) kind: Kind,
    parts: Vec<Part>,
}

#[derive(Debug, Clone)]
enum Part {
    Text(String),
    Inner(Node),
}

impl Node {
    /// A text without parts.
    pub(super) fn leaf(kind: Kind, text: impl Into<String>) -> Node {
        Node {
            kind,
            parts: vec![Part::Text(text.into())],
        }
    }

    /// A template in which each `{}` stands for the next of the parts.
    pub(super) fn new(kind: Kind, template: &str, inner: Vec<Node>) -> Node {
        let mut parts = Vec::new();
        let mut inner = inner.into_iter();
        for (place, text) in template.split("{}").enumerate() {
            if place > 0 {
                parts.push(Part::Inner(inner.next().expect("a part for each place")));
            }
            parts.push(Part::Text(text.to_owned()));
        }
        Node { kind, parts }
    }

    pub(super) fn text(&self) -> String {
        let part = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Inner(node) => node.text(),
        };
        self.parts.iter().map(part).collect()
    }

    fn inner(&self) -> impl Iterator<Item = &Node> {
        self.parts.iter().filter_map(|part| match part {
            Part::Inner(node) => Some(node),
            Part::Text(_) => None,
        })
    }

    fn descendants<'a>(&'a self, found: &mut Vec<&'a Node>) {
        for node in self.inner() {
            found.push(node);
            node.descendants(found);
        }
    }

    /// Smaller requests: each part replaced by one of its own parts of the same kind, or by something
    /// simple.
    pub(super) fn smaller(&self) -> Vec<Node> {
        let mut found = Vec::new();
        let mut inside = Vec::new();
        self.descendants(&mut inside);
        found.extend(
            inside
                .iter()
                .filter(|node| node.kind == self.kind)
                .map(|node| (*node).clone()),
        );
        if !inside.is_empty() || self.parts.len() > 1 {
            found.extend(simple(self.kind));
        }
        for (place, part) in self.parts.iter().enumerate() {
            let Part::Inner(node) = part else { continue };
            for smaller in node.smaller() {
                let mut whole = self.clone();
                whole.parts[place] = Part::Inner(smaller);
                found.push(whole);
            }
        }
        let length = self.text().len();
        found.retain(|node| node.text().len() < length);
        found
    }
}

fn simple(kind: Kind) -> Option<Node> {
    let text = match kind {
        Kind::Step => "identity",
        Kind::Expr(Type::Boolean) => "true",
        Kind::Expr(Type::Int16 | Type::Int32 | Type::Int64) => "1",
        Kind::Expr(Type::Decimal) => "0.5",
        Kind::Expr(Type::Double | Type::Single) => "1e0",
        Kind::Expr(Type::String) => "'a'",
        _ => return None,
    };
    Some(Node::leaf(kind, text))
}
