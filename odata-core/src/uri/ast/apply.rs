//! The transformations of `$apply`.

use super::{Argument, ComputeItem, Expr, Name, Number, OrderByItem, PathExpr, SearchExpr};
use crate::error::Span;

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
