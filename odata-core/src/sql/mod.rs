//! Plan to text and parameters. What comes in is resolved and scoped; this stage can't fail.

mod arithmetic;
mod cast;
mod comparison;
mod derived;
mod expr;
mod keyset;
#[cfg(wall_mutant)]
mod mutant;
mod param;
mod rows;
mod select;
mod writer;

pub use param::{Param, Wire};
pub use select::{Layout, Remembered, layout, select, sort_values};

/// One SQL statement: its text depends on the shape of the request alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The text, with `$1`, `$2`, ..
    pub text: String,
    /// A value for each of them.
    pub params: Vec<Param>,
}
