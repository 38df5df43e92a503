//! Relations that `$apply` makes of others: rows that are no entities.

use super::{Expr, Rows};
use crate::edm::PrimitiveType;

/// What a query reads.
#[derive(Debug, Clone)]
pub enum Input {
    /// Entities of a set.
    Rows(Rows),
    /// What `$apply` made.
    Derived(Box<Derived>),
}

/// A relation in parentheses, with a number of its own in the plan.
#[derive(Debug, Clone)]
pub struct Derived {
    /// Its number.
    pub id: u16,
    /// What it is made of: the rows of all of them, each with the same columns.
    pub layers: Vec<Layer>,
    /// A condition on its columns.
    pub filter: Option<Expr>,
}

/// One SELECT over an input.
#[derive(Debug, Clone)]
pub struct Layer {
    /// What it reads.
    pub input: Input,
    /// Its columns, over the input.
    pub select: Vec<Expr>,
    /// How many of the first columns the rows are grouped by; `None` for rows as they are.
    pub group: Option<usize>,
    /// The order by which `limit` and `skip` choose, over the input; each with whether it descends.
    pub order: Vec<(Expr, bool)>,
    /// Rows to skip.
    pub skip: u64,
    /// Rows to keep.
    pub limit: Option<u64>,
}

/// The aggregation methods (Data Aggregation 3.2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // The names are the standard's own.
pub enum Aggregate {
    Sum,
    Min,
    Max,
    Average,
    CountDistinct,
    Count,
}

/// The methods by their names in the URL.
pub(super) const METHODS: &[(&str, Aggregate)] = &[
    ("sum", Aggregate::Sum),
    ("min", Aggregate::Min),
    ("max", Aggregate::Max),
    ("average", Aggregate::Average),
    ("countdistinct", Aggregate::CountDistinct),
];

impl Aggregate {
    /// The type of the result over values of a type; `None` where the method doesn't take them. A
    /// sum of whole numbers is a Decimal, which no number of rows overflows.
    pub fn result(self, of: PrimitiveType) -> Option<PrimitiveType> {
        use PrimitiveType as T;
        match self {
            Aggregate::Count | Aggregate::CountDistinct => Some(T::Int64),
            Aggregate::Sum | Aggregate::Average if of == T::Duration => Some(T::Duration),
            Aggregate::Sum if of.is_integer() => Some(T::Decimal),
            Aggregate::Sum | Aggregate::Average if matches!(of, T::Single | T::Double) => {
                Some(T::Double)
            }
            Aggregate::Average if of.is_integer() => Some(T::Double),
            Aggregate::Sum | Aggregate::Average if of == T::Decimal => Some(T::Decimal),
            Aggregate::Sum | Aggregate::Average => None,
            Aggregate::Min | Aggregate::Max if of == T::Binary => None,
            Aggregate::Min | Aggregate::Max => Some(of),
        }
    }
}
