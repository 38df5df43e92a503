//! Expressions, literals and searches.

use super::{Argument, Name, PathSegment};
use crate::error::Span;

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
