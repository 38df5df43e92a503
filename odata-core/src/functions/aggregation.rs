//! The tables of `$apply`: the transformations that are offered, and the aggregation methods with
//! what they take and give (Data Aggregation 3).
//!
//! The grammar knows all names of the standard; what stands here is what has a meaning.

use crate::edm::PrimitiveType;

/// The transformations that are offered, by their names in the URL.
pub const TRANSFORMATIONS: &[&str] = &[
    "addnested",
    "aggregate",
    "bottomcount",
    "bottompercent",
    "bottomsum",
    "compute",
    "concat",
    "filter",
    "groupby",
    "identity",
    "join",
    "nest",
    "orderby",
    "outerjoin",
    "search",
    "skip",
    "top",
    "topcount",
    "toppercent",
    "topsum",
];

/// Transformations that the standard names and this service does not offer.
pub const NOT_OFFERED: &[&str] = &["ancestors", "descendants", "traverse"];

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
pub const METHODS: &[(&str, Aggregate)] = &[
    ("sum", Aggregate::Sum),
    ("min", Aggregate::Min),
    ("max", Aggregate::Max),
    ("average", Aggregate::Average),
    ("countdistinct", Aggregate::CountDistinct),
];

impl Aggregate {
    /// The type of the result over values of a type; `None` where the method doesn't take them.
    /// Numbers of rows are Decimals (Data Aggregation 3.2.1.3.5, 3.2.1.4), and so is a sum of whole
    /// numbers, which no number of rows overflows.
    pub fn result(self, of: PrimitiveType) -> Option<PrimitiveType> {
        use PrimitiveType as T;
        match self {
            Aggregate::Count | Aggregate::CountDistinct => Some(T::Decimal),
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
