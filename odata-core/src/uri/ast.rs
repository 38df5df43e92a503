//! The tree of a request's URL, as the grammar sees it (OData ABNF, 4.01).
//!
//! Names are not resolved here: a `Name` may be a property, a navigation property or a mistake.
//! Every node that can be wrong has a [`Span`], in characters of the raw text of its option or path.

mod apply;
mod expr;

pub use apply::*;
pub use expr::*;

use crate::error::Span;

/// A name with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// The identifier, decoded; dotted where the grammar allows a qualified name.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

/// One request: what is asked for, and how.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ODataUri {
    /// The resource path, relative to the service root.
    pub path: ResourcePath,
    /// The query options.
    pub options: QueryOptions,
    /// Whether `$these` may stand in it: only then the rows that it stands for are kept at hand.
    pub names_these: bool,
}

/// The resource path (URL Conventions 4).
#[derive(Debug, Clone, PartialEq, Default)]
pub enum ResourcePath {
    /// The service root.
    #[default]
    ServiceDocument,
    /// `$metadata`.
    Metadata,
    /// `$batch`.
    Batch,
    /// `$entity`, with its type cast segment if any. The entity stands in the option `$id`.
    Entity(Option<Name>),
    /// `$all`, with its type cast segment if any, and the segments behind it.
    All(Option<Name>, Vec<PathSegment>),
    /// `$crossjoin(A,B)` and the segments behind it.
    CrossJoin(Vec<Name>, Vec<PathSegment>),
    /// An entity set, singleton, function import or action import, and what is behind it.
    Resource(Vec<PathSegment>),
}

/// One segment of a path, in a resource path or an expression.
#[derive(Debug, Clone, PartialEq)]
pub struct PathSegment {
    /// What stands there.
    pub kind: SegmentKind,
    /// Where.
    pub span: Span,
}

/// What a path segment may be.
#[derive(Debug, Clone, PartialEq)]
pub enum SegmentKind {
    /// An identifier or a qualified name: an entity set, a property, a type cast, a function. In a
    /// resource path also a key by itself (key-as-segment), which only names can tell.
    Name(String),
    /// `@Namespace.Term#qualifier`. The first segment may also be a parameter alias (`@p/Price`): one
    /// without dot and `#` can be either, which only names can tell.
    Annotation(String),
    /// Parentheses behind a name: a key predicate or the parameters of a function.
    Arguments(Vec<Argument>),
    /// `$count`, with the options in parentheses that an expression allows.
    Count(Box<QueryOptions>),
    /// `$ref`.
    Ref,
    /// `$value`.
    Value,
    /// `$filter(expr)`.
    Filter(Box<Expr>),
    /// `$each`.
    Each,
    /// `$query`.
    Query,
    /// `any(x:expr)` or `any()`.
    Any(Option<Lambda>),
    /// `all(x:expr)`.
    All(Lambda),
    /// `aggregate(expr with method)`, in an expression (Data Aggregation).
    Aggregate(Box<AggregateExpr>),
    /// A segment of a resource path that is no identifier: `1` in `Conversation/1`, decoded.
    Key(String),
}

/// An argument in parentheses: `1`, `id=1`, `id=@p`.
#[derive(Debug, Clone, PartialEq)]
pub struct Argument {
    /// The name before `=`.
    pub name: Option<Name>,
    /// The value.
    pub value: Expr,
}

/// `x:expr`.
#[derive(Debug, Clone, PartialEq)]
pub struct Lambda {
    /// The range variable.
    pub variable: Name,
    /// The predicate.
    pub predicate: Box<Expr>,
}

/// The query options of a request, or of one expand item (URL Conventions 5).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct QueryOptions {
    /// `$filter`.
    pub filter: Option<Expr>,
    /// `$orderby`.
    pub order_by: Option<Vec<OrderByItem>>,
    /// `$select`.
    pub select: Option<Vec<SelectItem>>,
    /// `$expand`.
    pub expand: Option<Vec<ExpandItem>>,
    /// `$top`.
    pub top: Option<Number>,
    /// `$skip`.
    pub skip: Option<Number>,
    /// `$count`.
    pub count: Option<(bool, Span)>,
    /// `$search`.
    pub search: Option<SearchExpr>,
    /// `$compute`.
    pub compute: Option<Vec<ComputeItem>>,
    /// `$apply`.
    pub apply: Option<Vec<Transformation>>,
    /// `$levels`, in an expand item: `None` inside for `max`.
    pub levels: Option<(Option<u64>, Span)>,
    /// `$format`, raw.
    pub format: Option<String>,
    /// `$id`, decoded.
    pub id: Option<String>,
    /// `$index`.
    pub index: Option<(i64, Span)>,
    /// `$schemaversion`.
    pub schema_version: Option<String>,
    /// `$skiptoken`, decoded.
    pub skip_token: Option<String>,
    /// `$deltatoken`, decoded.
    pub delta_token: Option<String>,
    /// Values of parameter aliases (`@p=1`), the name with its `@`.
    pub aliases: Vec<(Name, Expr)>,
    /// Custom options, decoded, in order.
    pub custom: Vec<(String, String)>,
    /// The system options that are present, in order.
    pub present: Vec<Present>,
}

/// A system option that is present.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Present {
    /// Its canonical name (`$filter`).
    pub name: &'static str,
    /// Where its name stands: in the query itself, or in the value of the option it is nested in.
    pub span: Span,
}

impl QueryOptions {
    /// Whether the system option of this canonical name is present.
    pub fn has(&self, name: &str) -> bool {
        self.present.iter().any(|option| option.name == name)
    }
}

/// A whole number that an option holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Number {
    /// Its value.
    pub value: u64,
    /// Where it stands.
    pub span: Span,
}

/// One item of `$orderby`.
#[derive(Debug, Clone, PartialEq)]
pub struct OrderByItem {
    /// What is sorted by.
    pub expr: Expr,
    /// Whether `desc` was said.
    pub descending: bool,
}

/// One item of `$select`.
#[derive(Debug, Clone, PartialEq)]
pub struct SelectItem {
    /// `*`, `Namespace.*`, or a path.
    pub kind: SelectKind,
    /// Options in parentheses (4.01).
    pub options: QueryOptions,
    /// Where it stands.
    pub span: Span,
}

/// What an item of `$select` names.
#[derive(Debug, Clone, PartialEq)]
pub enum SelectKind {
    /// `*`: all structural properties.
    Star,
    /// `Namespace.*`: all operations of a schema.
    AllOperations(String),
    /// A path of names (and annotations).
    Path(Vec<PathSegment>),
}

/// One item of `$expand`.
#[derive(Debug, Clone, PartialEq)]
pub struct ExpandItem {
    /// `*`, `$value`, or a path.
    pub kind: ExpandKind,
    /// What follows the path.
    pub suffix: ExpandSuffix,
    /// Options in parentheses.
    pub options: QueryOptions,
    /// Where it stands.
    pub span: Span,
}

/// What an item of `$expand` names.
#[derive(Debug, Clone, PartialEq)]
pub enum ExpandKind {
    /// `*`: all navigation properties.
    Star,
    /// `path/*`: all navigation properties of what the path leads to.
    StarOf(Vec<PathSegment>),
    /// `$value`: the media stream.
    Value,
    /// A path of names and casts, the navigation property last.
    Path(Vec<PathSegment>),
}

/// What follows the path of an expand item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExpandSuffix {
    /// Nothing: the entities.
    Entities,
    /// `/$ref`: their references.
    Ref,
    /// `/$count`: their number.
    Count,
}

/// `expr as name`, in `$compute`.
#[derive(Debug, Clone, PartialEq)]
pub struct ComputeItem {
    /// What is computed.
    pub expr: Expr,
    /// The name of the result.
    pub alias: Name,
}
