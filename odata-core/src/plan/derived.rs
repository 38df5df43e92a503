//! Relations that `$apply` makes of others: rows that are no entities.

use super::{Expr, Rows};

/// What a query reads.
#[derive(Debug, Clone)]
pub enum Input {
    /// Entities of a set.
    Rows(Rows),
    /// What `$apply` made.
    Derived(Box<Derived>),
    /// One row of nothing: what `nest` hangs its collections on.
    One,
}

/// A relation in parentheses, with a number of its own in the plan.
#[derive(Debug, Clone)]
pub struct Derived {
    /// Its number.
    pub id: usize,
    /// What it is made of: the rows of all of them, each with the same columns.
    pub layers: Vec<Layer>,
    /// A condition on its columns.
    pub filter: Option<Expr>,
}

/// Rows that are made anew for each row before them (`LATERAL`).
#[derive(Debug, Clone)]
pub struct Lateral {
    /// Whether a row without any stays, with nulls.
    pub outer: bool,
    /// What is made.
    pub derived: Derived,
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
