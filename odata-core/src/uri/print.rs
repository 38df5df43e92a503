//! Tree to text: the canonical spelling.
//!
//! In: a tree. Out: text that parses to the same tree, with as little percent-encoding as that takes.
//! Options come with `$` and in lower case, in the order in which they were given; then the aliases,
//! then the custom options. [`shape`] is the same text with every value as `?`. [`to_url`] makes a URL
//! of it that any client reads.

mod apply;
mod expr;
mod search;

use crate::error::Span;
use std::fmt;

use super::ast::{
    ComputeItem, ExpandItem, ExpandKind, ExpandSuffix, Expr, ODataUri, OrderByItem, PathSegment,
    QueryOptions, ResourcePath, SegmentKind, SelectItem, SelectKind,
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
    out.resource(path);
    out.text
}

/// Path and query with `?` for every value: what may be written down of a request whose values are
/// nobody's business. Custom options, which mean nothing here, are left out.
pub fn shape(path: &ResourcePath, options: &QueryOptions, without: &[&str]) -> String {
    let mut of_path = Out::new(Place::Path);
    of_path.values = Values::Hidden;
    of_path.resource(path);
    let mut of_query = Out::new(Place::Query);
    of_query.values = Values::Hidden;
    of_query.options(options, "&", without);
    match of_query.text {
        query if query.is_empty() => of_path.text,
        query => format!("{}?{query}", of_path.text),
    }
}

/// The segments of a resource path, without a slash before them.
pub fn segments(segments: &[PathSegment]) -> String {
    let mut out = Out::new(Place::Path);
    out.segments(segments, false);
    out.text
}

/// The same with `mark` in the place of these literals.
pub fn segments_without(
    segments: &[PathSegment],
    literals: Vec<Span>,
    mark: &'static str,
) -> String {
    let mut out = Out::new(Place::Path);
    out.without = (literals, mark);
    out.segments(segments, false);
    out.text
}

/// Adds the system options but some, and the aliases, with `&` between.
pub(crate) fn push_system_options(text: &mut String, options: &QueryOptions, without: &[&str]) {
    let mut out = Out::behind(std::mem::take(text), Place::Query);
    out.options(options, "&", without);
    *text = out.text;
}

/// The system options but some, and the aliases, with another word for `$it`.
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
    push_url(&mut out, canonical);
    out
}

/// Adds it.
pub(crate) fn push_url(out: &mut String, canonical: &str) {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/?%".contains(&byte);
    let mut rest = canonical;
    while let Some(place) = rest.bytes().position(|byte| !fits(byte)) {
        let (same, from) = rest.split_at(place);
        out.push_str(same);
        let end = from.chars().next().map_or(0, char::len_utf8);
        let (strange, behind) = from.split_at(end);
        strange.bytes().for_each(|byte| escape(out, byte));
        rest = behind;
    }
    out.push_str(rest);
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

/// What stands for a value of the client's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Values {
    /// The value.
    Shown,
    /// A `?`.
    Hidden,
}

/// The text so far.
pub(crate) struct Out {
    pub(crate) text: String,
    place: Place,
    values: Values,
    /// What `$it` is called.
    pub(crate) it: &'static str,
    /// Literals that are left out, by their places, and what stands for each.
    pub(crate) without: (Vec<Span>, &'static str),
}

impl Out {
    pub(crate) fn new(place: Place) -> Out {
        Out::behind(String::with_capacity(128), place)
    }

    /// Goes on behind this text.
    fn behind(text: String, place: Place) -> Out {
        Out {
            text,
            place,
            values: Values::Shown,
            it: "$it",
            without: (Vec::new(), ""),
        }
    }

    /// A resource path, without a slash before it.
    fn resource(&mut self, path: &ResourcePath) {
        match path {
            ResourcePath::ServiceDocument => {}
            ResourcePath::Metadata => self.push("$metadata"),
            ResourcePath::Batch => self.push("$batch"),
            ResourcePath::Entity(cast) => {
                self.push("$entity");
                if let Some(cast) = cast {
                    self.push("/");
                    self.data(&cast.text);
                }
            }
            ResourcePath::All(cast, segments) => {
                self.push("$all");
                if let Some(cast) = cast {
                    self.push("/");
                    self.data(&cast.text);
                }
                self.segments(segments, true);
            }
            ResourcePath::CrossJoin(names, segments) => {
                self.push("$crossjoin(");
                self.list(names, |out, name| out.data(&name.text));
                self.push(")");
                self.segments(segments, true);
            }
            ResourcePath::Resource(segments) => self.segments(segments, false),
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
        // Names and most values need nothing.
        if text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        {
            self.text.push_str(text);
            return;
        }
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

    /// A value of the client's, or what stands for it.
    pub(crate) fn value(&mut self, write: impl FnOnce(&mut Out)) {
        match self.values {
            Values::Shown => write(self),
            Values::Hidden => self.push("?"),
        }
    }

    /// The same for a number.
    pub(crate) fn number(&mut self, number: impl itoa::Integer) {
        self.value(|out| out.push(itoa::Buffer::new().format(number)));
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
            SegmentKind::Name(name) | SegmentKind::Annotation(name) => self.data(name),
            SegmentKind::Key(key) => self.value(|out| out.data(key)),
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
            // One that nobody refers to was understood by nobody: its names may be anything.
            self.value(|out| out.expr(value));
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
                .for_each(|(count, _)| self.push(if *count { "true" } else { "false" })),
            "$deltatoken" => self.texts(&o.delta_token),
            "$expand" => o
                .expand
                .iter()
                .for_each(|items| self.list(items, Out::expand_item)),
            "$filter" => o.filter.iter().for_each(|expr| self.expr(expr)),
            "$format" => self.texts(&o.format),
            "$id" => self.texts(&o.id),
            "$index" => o.index.iter().for_each(|(index, _)| self.number(*index)),
            "$levels" => o.levels.iter().for_each(|(levels, _)| match levels {
                Some(levels) => self.number(*levels),
                None => self.push("max"),
            }),
            "$orderby" => o
                .order_by
                .iter()
                .for_each(|items| self.list(items, Out::order_by_item)),
            "$schemaversion" => self.texts(&o.schema_version),
            "$search" => o.search.iter().for_each(|search| self.search(search)),
            "$select" => o
                .select
                .iter()
                .for_each(|items| self.list(items, Out::select_item)),
            "$skip" => o.skip.iter().for_each(|skip| self.number(skip.value)),
            "$skiptoken" => self.texts(&o.skip_token),
            "$top" => o.top.iter().for_each(|top| self.number(top.value)),
            _ => {}
        }
    }

    /// The text of an option, if it is present.
    fn texts(&mut self, text: &Option<String>) {
        text.iter()
            .for_each(|text| self.value(|out| out.data(text)));
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
}
