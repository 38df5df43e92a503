//! Plan to text and parameters. What comes in is resolved and scoped; this stage can't fail.

mod param;

pub use param::{Param, Wire};

/// One SQL statement: its text depends on the shape of the request alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The text, with `$1`, `$2`, ..
    pub text: String,
    /// A value for each of them.
    pub params: Vec<Param>,
}
