//! Tree to text: the canonical spelling.
//!
//! In: a tree. Out: text that parses to the same tree, with as little percent-encoding as that takes.
//! Options come with `$` and in lower case, in the order in which they were given; then the aliases,
//! then the custom options. [`to_url`] makes a URL of it that any client reads.

mod apply;
mod expr;

use std::fmt;

use super::ast::{
    ComputeItem, ExpandItem, ExpandKind, ExpandSuffix, Expr, ODataUri, OrderByItem, PathSegment,
    QueryOptions, ResourcePath, SearchExpr, SegmentKind, SelectItem, SelectKind,
};

/// The path, relative to the service root, and the query.
pub fn uri(uri: &ODataUri) -> String {
    let path = path(&uri.path);
    match query(&uri.options) {
        query if query.is_empty() => path,
        query => format!("{path}?{query}"),
    }
}

/// One segment of a path.
pub(super) fn segment(segment: &PathSegment) -> String {
    let mut out = Out::new(Place::Path);
    out.segment(&segment.kind);
    out.text
}

/// The resource path, without a slash before it.
pub fn path(path: &ResourcePath) -> String {
    let mut out = Out::new(Place::Path);
    match path {
        ResourcePath::ServiceDocument => {}
        ResourcePath::Metadata => out.push("$metadata"),
        ResourcePath::Batch => out.push("$batch"),
        ResourcePath::Entity(cast) => {
            out.push("$entity");
            if let Some(cast) = cast {
                out.push("/");
                out.data(&cast.text);
            }
        }
        ResourcePath::All(cast, segments) => {
            out.push("$all");
            if let Some(cast) = cast {
                out.push("/");
                out.data(&cast.text);
            }
            out.segments(segments, true);
        }
        ResourcePath::CrossJoin(names, segments) => {
            out.push("$crossjoin(");
            out.list(names, |out, name| out.data(&name.text));
            out.push(")");
            out.segments(segments, true);
        }
        ResourcePath::Resource(segments) => out.segments(segments, false),
    }
    out.text
}

/// The segments of a resource path, without a slash before them.
pub fn segments(segments: &[PathSegment]) -> String {
    let mut out = Out::new(Place::Path);
    out.segments(segments, false);
    out.text
}

/// The system options but some, and the aliases, with `&` between.
pub fn system_options(options: &QueryOptions, without: &[&str]) -> String {
    let mut out = Out::new(Place::Query);
    out.options(options, "&", without);
    out.text
}

/// The same, with another word for `$it`.
pub fn system_options_of(options: &QueryOptions, without: &[&str], it: &'static str) -> String {
    let mut out = Out::new(Place::Query);
    out.it = it;
    out.options(options, "&", without);
    out.text
}

/// The query options, with `&` between.
pub fn query(options: &QueryOptions) -> String {
    let mut out = Out::new(Place::Query);
    let mut first = out.options(options, "&", &[]);
    for (name, value) in &options.custom {
        out.separate("&", &mut first);
        out.custom_name(name);
        out.push("=");
        out.data(value);
    }
    out.text
}

/// The value of one option (`$filter`), if it is present.
pub fn option(options: &QueryOptions, name: &str) -> Option<String> {
    let mut out = Out::new(Place::Query);
    out.option(options, name);
    (!out.text.is_empty()).then_some(out.text)
}

/// A text of the client's in the query: what would mean something else is percent-encoded.
pub fn data(text: &str) -> String {
    let mut out = Out::new(Place::Query);
    out.data(text);
    out.text
}

/// An expression.
pub fn expr(expr: &Expr) -> String {
    let mut out = Out::new(Place::Query);
    out.expr(expr);
    out.text
}

/// Canonical text with everything percent-encoded that a URL can't hold.
pub fn to_url(canonical: &str) -> String {
    let mut out = String::with_capacity(canonical.len());
    for byte in canonical.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => out.push(char::from(byte)),
            _ if b"-._~!$&'()*+,;=:@/?%".contains(&byte) => out.push(char::from(byte)),
            _ => escape(&mut out, byte),
        }
    }
    out
}

impl fmt::Display for ODataUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&uri(self))
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&expr(self))
    }
}

fn escape(out: &mut String, byte: u8) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    out.push('%');
    for digit in [byte >> 4, byte & 15] {
        out.push(
            DIGITS
                .get(usize::from(digit))
                .map_or('0', |d| char::from(*d)),
        );
    }
}

/// Where text is written: what a slash means depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Path,
    Query,
}

/// The text so far.
pub(crate) struct Out {
    pub(crate) text: String,
    place: Place,
    /// What `$it` is called.
    pub(crate) it: &'static str,
}

impl Out {
    pub(crate) fn new(place: Place) -> Out {
        Out {
            text: String::new(),
            place,
            it: "$it",
        }
    }

    /// Text of the grammar.
    pub(crate) fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Text of the client: what would mean something else is percent-encoded.
    pub(crate) fn data(&mut self, text: &str) {
        self.encoded(text, "");
    }

    /// The same, with these characters percent-encoded as well.
    fn encoded(&mut self, text: &str, more: &str) {
        for c in text.chars() {
            let special = c.is_control()
                || matches!(c, '%' | '#')
                || match self.place {
                    Place::Query => matches!(c, '&' | '+'),
                    Place::Path => matches!(c, '/' | '?'),
                }
                || more.contains(c);
            if !special {
                self.text.push(c);
                continue;
            }
            let mut buffer = [0; 4];
            for byte in c.encode_utf8(&mut buffer).bytes() {
                escape(&mut self.text, byte);
            }
        }
    }

    fn custom_name(&mut self, name: &str) {
        self.encoded(name, "=");
    }

    /// `between`, unless this is the first.
    fn separate(&mut self, between: &str, first: &mut bool) {
        if !std::mem::replace(first, false) {
            self.push(between);
        }
    }

    /// Items with commas between.
    pub(crate) fn list<T>(&mut self, items: &[T], mut item: impl FnMut(&mut Out, &T)) {
        for (index, value) in items.iter().enumerate() {
            if index > 0 {
                self.push(",");
            }
            item(self, value);
        }
    }

    /// Segments with slashes between, and one before the first where `behind` something.
    pub(crate) fn segments(&mut self, segments: &[PathSegment], behind: bool) {
        for (index, segment) in segments.iter().enumerate() {
            let is_arguments = matches!(segment.kind, SegmentKind::Arguments(_));
            if !is_arguments && (behind || index > 0) {
                self.push("/");
            }
            self.segment(&segment.kind);
        }
    }

    pub(crate) fn segment(&mut self, segment: &SegmentKind) {
        match segment {
            SegmentKind::Name(name) | SegmentKind::Annotation(name) | SegmentKind::Key(name) => {
                self.data(name);
            }
            SegmentKind::Arguments(arguments) => self.arguments(arguments),
            SegmentKind::Count(options) => {
                self.push("$count");
                self.nested(options);
            }
            SegmentKind::Ref => self.push("$ref"),
            SegmentKind::Value => self.push("$value"),
            SegmentKind::Filter(expr) => {
                self.push("$filter(");
                self.expr(expr);
                self.push(")");
            }
            SegmentKind::Each => self.push("$each"),
            SegmentKind::Query => self.push("$query"),
            SegmentKind::Any(None) => self.push("any()"),
            SegmentKind::Any(Some(lambda)) => self.lambda("any", lambda),
            SegmentKind::All(lambda) => self.lambda("all", lambda),
            SegmentKind::Aggregate(expr) => {
                self.push("aggregate(");
                self.aggregate_expr(expr);
                self.push(")");
            }
        }
    }

    /// `(option;option)`, or nothing.
    fn nested(&mut self, options: &QueryOptions) {
        if options.present.is_empty() && options.aliases.is_empty() {
            return;
        }
        self.push("(");
        self.options(options, ";", &[]);
        self.push(")");
    }

    /// The system options and aliases; true if there was none.
    fn options(&mut self, options: &QueryOptions, between: &str, without: &[&str]) -> bool {
        let mut first = true;
        let present = options.present.iter();
        for option in present.filter(|option| !without.contains(&option.name)) {
            self.separate(between, &mut first);
            self.push(option.name);
            self.push("=");
            self.option(options, option.name);
        }
        for (name, value) in &options.aliases {
            self.separate(between, &mut first);
            self.data(&name.text);
            self.push("=");
            self.expr(value);
        }
        first
    }

    /// The value of the option of this canonical name.
    fn option(&mut self, options: &QueryOptions, name: &str) {
        let o = options;
        match name {
            "$apply" => o.apply.iter().for_each(|steps| self.sequence(steps)),
            "$compute" => o
                .compute
                .iter()
                .for_each(|items| self.list(items, Out::compute_item)),
            "$count" => o
                .count
                .iter()
                .for_each(|(count, _)| self.push(&count.to_string())),
            "$deltatoken" => o.delta_token.iter().for_each(|token| self.data(token)),
            "$expand" => o
                .expand
                .iter()
                .for_each(|items| self.list(items, Out::expand_item)),
            "$filter" => o.filter.iter().for_each(|expr| self.expr(expr)),
            "$format" => o.format.iter().for_each(|format| self.data(format)),
            "$id" => o.id.iter().for_each(|id| self.data(id)),
            "$index" => o
                .index
                .iter()
                .for_each(|(index, _)| self.push(&index.to_string())),
            "$levels" => o.levels.iter().for_each(|(levels, _)| match levels {
                Some(levels) => self.push(&levels.to_string()),
                None => self.push("max"),
            }),
            "$orderby" => o
                .order_by
                .iter()
                .for_each(|items| self.list(items, Out::order_by_item)),
            "$schemaversion" => o
                .schema_version
                .iter()
                .for_each(|version| self.data(version)),
            "$search" => o.search.iter().for_each(|search| self.search(search)),
            "$select" => o
                .select
                .iter()
                .for_each(|items| self.list(items, Out::select_item)),
            "$skip" => o
                .skip
                .iter()
                .for_each(|skip| self.push(&skip.value.to_string())),
            "$skiptoken" => o.skip_token.iter().for_each(|token| self.data(token)),
            "$top" => o
                .top
                .iter()
                .for_each(|top| self.push(&top.value.to_string())),
            _ => {}
        }
    }

    pub(crate) fn order_by_item(&mut self, item: &OrderByItem) {
        self.expr(&item.expr);
        if item.descending {
            self.push(" desc");
        }
    }

    pub(crate) fn compute_item(&mut self, item: &ComputeItem) {
        self.expr(&item.expr);
        self.push(" as ");
        self.data(&item.alias.text);
    }

    pub(crate) fn select_item(&mut self, item: &SelectItem) {
        match &item.kind {
            SelectKind::Star => self.push("*"),
            SelectKind::AllOperations(namespace) => {
                self.data(namespace);
                self.push(".*");
            }
            SelectKind::Path(segments) => self.segments(segments, false),
        }
        self.nested(&item.options);
    }

    pub(crate) fn expand_item(&mut self, item: &ExpandItem) {
        match &item.kind {
            ExpandKind::Star => self.push("*"),
            ExpandKind::StarOf(segments) => {
                self.segments(segments, false);
                self.push("/*");
            }
            ExpandKind::Value => self.push("$value"),
            ExpandKind::Path(segments) => self.segments(segments, false),
        }
        match item.suffix {
            ExpandSuffix::Entities => {}
            ExpandSuffix::Ref => self.push("/$ref"),
            ExpandSuffix::Count => self.push("/$count"),
        }
        self.nested(&item.options);
    }

    /// The value of `$search`.
    pub(crate) fn search(&mut self, search: &SearchExpr) {
        let start = self.text.len();
        self.search_part(search);
        // A quote at the start would make one string of all.
        let is_word = self
            .text
            .get(start..)
            .is_some_and(|text| text.starts_with("%27"));
        if is_word {
            self.text.insert(start, '(');
            self.push(")");
        }
    }

    fn search_part(&mut self, search: &SearchExpr) {
        match search {
            SearchExpr::Incomplete(term) => self.quoted(&term.text),
            SearchExpr::Term(term) if term.phrase => {
                self.push("\"");
                self.data(&term.text);
                self.push("\"");
            }
            // A word that is spelt as an operator.
            SearchExpr::Term(term) if matches!(term.text.as_str(), "AND" | "OR" | "NOT") => {
                self.push("(");
                self.push(&term.text);
                self.push(")");
            }
            SearchExpr::Term(term) => self.search_word(&term.text),
            SearchExpr::And(terms) => self.search_chain(terms, " AND ", |term| {
                matches!(term, SearchExpr::And(_) | SearchExpr::Or(_))
            }),
            SearchExpr::Or(terms) => {
                self.search_chain(terms, " OR ", |term| matches!(term, SearchExpr::Or(_)));
            }
            SearchExpr::Not(term) => {
                self.push("NOT ");
                let inside = matches!(**term, SearchExpr::And(_) | SearchExpr::Or(_));
                self.search_operand(term, inside);
            }
        }
    }

    fn search_word(&mut self, word: &str) {
        let quote = usize::from(word.starts_with('\''));
        self.encoded(word.get(..quote).unwrap_or(""), "'");
        self.encoded(word.get(quote..).unwrap_or(""), ";&#[]{}\\^`|<>");
    }

    fn search_chain(
        &mut self,
        terms: &[SearchExpr],
        between: &str,
        inside: fn(&SearchExpr) -> bool,
    ) {
        for (index, term) in terms.iter().enumerate() {
            if index > 0 {
                self.push(between);
            }
            self.search_operand(term, inside(term));
        }
    }

    fn search_operand(&mut self, term: &SearchExpr, parentheses: bool) {
        if !parentheses {
            return self.search_part(term);
        }
        self.push("(");
        self.search_part(term);
        self.push(")");
    }
}
