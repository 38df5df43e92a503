//! The tree of a request's URL, as the grammar sees it (OData ABNF, 4.01).
//!
//! Names are not resolved here: a `Name` may be a property, a navigation property or a mistake.
//! Every node that can be wrong has a [`Span`], in characters of the raw text of its option or path.

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

/// An expression with its place (URL Conventions 5.1.1).
#[derive(Debug, Clone, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it stands.
    pub span: Span,
}

/// The kinds of expressions.
#[derive(Debug, Clone, PartialEq)]
pub enum ExprKind {
    /// A literal.
    Literal(Literal),
    /// `@p`.
    Alias(String),
    /// `[1,2]`, in a URL a collection literal.
    Array(Vec<Expr>),
    /// `{"a":1}`.
    Object(Vec<(String, Expr)>),
    /// `(1,2)` behind `in`, or parameters.
    List(Vec<Expr>),
    /// A path from a root.
    Path(PathExpr),
    /// `a and b and c`: two or more.
    And(Vec<Expr>),
    /// `a or b or c`: two or more.
    Or(Vec<Expr>),
    /// `not a`.
    Not(Box<Expr>),
    /// `-a`.
    Negate(Box<Expr>),
    /// An operator between two operands.
    Binary(BinaryOp, Box<Expr>, Box<Expr>),
    /// A function call by its name, qualified or not, in the client's spelling.
    Call(Name, Vec<Expr>),
    /// A call with named parameters: a function of the model.
    NamedCall(Name, Vec<Argument>),
    /// `cast(expr,type)`; without `expr`, of the current instance.
    Cast(Option<Box<Expr>>, TypeName),
    /// `isof(expr,type)`; without `expr`, of the current instance.
    IsOf(Option<Box<Expr>>, TypeName),
    /// `case(condition:value,..)`.
    Case(Vec<(Expr, Expr)>),
}

/// A type's name as an operand: `Edm.Int32`, `Collection(Edm.String)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeName {
    /// The qualified name.
    pub name: Name,
    /// Whether `Collection(..)` was around it.
    pub collection: bool,
}

/// A path in an expression.
#[derive(Debug, Clone, PartialEq)]
pub struct PathExpr {
    /// Where it starts.
    pub root: PathRoot,
    /// What follows.
    pub segments: Vec<PathSegment>,
}

/// Where a path in an expression starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathRoot {
    /// At the instance itself, or at a range variable: only names can tell.
    Implicit,
    /// `$it`.
    It,
    /// `$this`.
    This,
    /// `$root`.
    Root,
    /// `$these`: the collection that a transformation works on (Data Aggregation).
    These,
}

/// The operators between two operands, the loosest first (URL Conventions 5.1.1.17); those of one
/// line bind alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // The names are the standard's own.
pub enum BinaryOp {
    Eq,
    Ne,
    Gt,
    Ge,
    Lt,
    Le,
    Add,
    Sub,
    Mul,
    Div,
    DivBy,
    Mod,
    Has,
    In,
}

impl BinaryOp {
    /// The operator as the standard spells it.
    pub const fn name(self) -> &'static str {
        match self {
            BinaryOp::Eq => "eq",
            BinaryOp::Ne => "ne",
            BinaryOp::Gt => "gt",
            BinaryOp::Ge => "ge",
            BinaryOp::Lt => "lt",
            BinaryOp::Le => "le",
            BinaryOp::Add => "add",
            BinaryOp::Sub => "sub",
            BinaryOp::Mul => "mul",
            BinaryOp::Div => "div",
            BinaryOp::DivBy => "divby",
            BinaryOp::Mod => "mod",
            BinaryOp::Has => "has",
            BinaryOp::In => "in",
        }
    }
}

/// A literal (ABNF `primitiveLiteral`). Numbers keep their text, so that nothing is lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Literal {
    /// `null`.
    Null,
    /// `true`, `false`, in any case.
    Boolean(bool),
    /// A whole number without exponent, with its sign; a suffix (`1L`) is read and dropped.
    Integer(String),
    /// A number with a fraction or an exponent.
    Decimal(String),
    /// `INF`, `-INF`, `NaN`, and what else can only be a Double.
    Double(String),
    /// `'..'`, its quotes removed.
    String(String),
    /// `2021-11-23`.
    Date(String),
    /// `2021-11-23T00:00:00Z`; without offset it means UTC.
    DateTimeOffset(String),
    /// `12:34:56.789`.
    TimeOfDay(String),
    /// `duration'P1D'` or `'P1D'` behind that prefix: the text between the quotes.
    Duration(String),
    /// A Guid, 36 characters.
    Guid(String),
    /// `binary'..'`: the base64url text.
    Binary(String),
    /// `Namespace.Type'member'`.
    Enum(String, String),
    /// `geography'..'` (true) or `geometry'..'`: the text between the quotes.
    Geo(bool, String),
}

/// `$search` (URL Conventions 5.1.7).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SearchExpr {
    /// `'..'`: what a person is still typing, with the quotes removed (4.01).
    Incomplete(SearchTerm),
    /// A word or, without its quotes, a phrase.
    Term(SearchTerm),
    /// All of these.
    And(Vec<SearchExpr>),
    /// One of these.
    Or(Vec<SearchExpr>),
    /// Not this.
    Not(Box<SearchExpr>),
}

impl SearchExpr {
    /// Where it stands, from its first word to its last.
    pub fn span(&self) -> Span {
        match self {
            SearchExpr::Incomplete(term) | SearchExpr::Term(term) => term.span,
            SearchExpr::Not(operand) => operand.span(),
            SearchExpr::And(operands) | SearchExpr::Or(operands) => {
                let spans = operands.iter().map(SearchExpr::span);
                spans.reduce(Span::to).unwrap_or_default()
            }
        }
    }
}

/// A word or a phrase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchTerm {
    /// Its text.
    pub text: String,
    /// Whether it was quoted.
    pub phrase: bool,
    /// Where it stands.
    pub span: Span,
}

/// One transformation of `$apply` (Data Aggregation 3).
#[derive(Debug, Clone, PartialEq)]
pub struct Transformation {
    /// What it does.
    pub kind: TransformationKind,
    /// Where it stands.
    pub span: Span,
}

/// The transformations.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)] // The names are the standard's own.
pub enum TransformationKind {
    Aggregate(Vec<AggregateExpr>),
    GroupBy {
        groups: Vec<GroupingItem>,
        then: Vec<Transformation>,
    },
    Filter(Expr),
    Compute(Vec<ComputeItem>),
    Search(SearchExpr),
    OrderBy(Vec<OrderByItem>),
    Skip(Number),
    Top(Number),
    /// `topcount`, `bottomsum` and their like: the function, its number, what it ranks by.
    Rank {
        function: RankFunction,
        amount: Expr,
        by: Expr,
    },
    Identity,
    Concat(Vec<Vec<Transformation>>),
    /// `join(path as alias,..)` or, where `outer`, `outerjoin`.
    Join {
        outer: bool,
        path: PathExpr,
        alias: Name,
        then: Vec<Transformation>,
    },
    /// `nest(..)`: each sequence with its alias.
    Nest(Vec<(Vec<Transformation>, Name)>),
    /// `addnested(path,.. as alias)`.
    AddNested {
        path: PathExpr,
        nested: Vec<(Vec<Transformation>, Name)>,
    },
    /// `ancestors` or `descendants` of the nodes that `start` (one sequence or two) selects.
    Relatives {
        ancestors: bool,
        hierarchy: HierarchyReference,
        start: Vec<Vec<Transformation>>,
        distance: Option<Number>,
        keep_start: bool,
    },
    /// `traverse`: `preorder` or, where `post_order`, `postorder`.
    Traverse {
        hierarchy: HierarchyReference,
        post_order: bool,
        start: Vec<Transformation>,
        order_by: Vec<OrderByItem>,
    },
    /// A set transformation of the model.
    Custom(Name, Vec<Argument>),
}

/// A recursive hierarchy: its nodes (a path from `$root`), its qualifier, the path of a node's id.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)] // The names are the standard's own.
pub struct HierarchyReference {
    pub nodes: Box<Expr>,
    pub qualifier: Name,
    pub path: PathExpr,
}

/// The transformations that rank.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // The names are the standard's own.
pub enum RankFunction {
    TopCount,
    BottomCount,
    TopSum,
    BottomSum,
    TopPercent,
    BottomPercent,
}

/// One item of `groupby`.
#[derive(Debug, Clone, PartialEq)]
pub enum GroupingItem {
    /// A path.
    Path(PathExpr, Span),
    /// `rollup(..)`: two or more levels, or the qualifier of a levelled hierarchy.
    Rollup(Vec<(PathExpr, Span)>),
    /// `rolluprecursive(..)`, with the transformations of the hierarchy if any.
    RollupRecursive(HierarchyReference, Vec<Transformation>),
}

/// One item of `aggregate`.
#[derive(Debug, Clone, PartialEq)]
pub struct AggregateExpr {
    /// What is aggregated.
    pub kind: AggregateKind,
    /// The name of the result.
    pub alias: Option<Name>,
    /// `from property with method` steps, in order.
    pub from: Vec<AggregateFrom>,
    /// Where it stands.
    pub span: Span,
}

/// `from property,.. with method`: one step of an aggregation in several.
#[derive(Debug, Clone, PartialEq)]
pub struct AggregateFrom {
    /// What the step groups by.
    pub groups: Vec<(PathExpr, Span)>,
    /// Its method; a custom aggregate has its own.
    pub method: Option<Name>,
}

/// What is aggregated.
#[derive(Debug, Clone, PartialEq)]
pub enum AggregateKind {
    /// `$count`, of the path before it if any.
    Count(Option<PathExpr>),
    /// An expression with its method; without one, a custom aggregate.
    Value(Expr, Option<Name>),
}
