//! Plan to text and parameters. What comes in is resolved and scoped; this stage can't fail.

mod arithmetic;
mod cast;
mod comparison;
mod derived;
mod expr;
mod guard;
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
    /// Whether PostgreSQL may use one plan for all of those.
    pub plans: Plans,
}

/// PostgreSQL's `plan_cache_mode` for a statement that was prepared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Plans {
    /// As the session began: one for all values, where PostgreSQL finds it as good as one for each. To plan
    /// takes longer than to read what a key leads to.
    #[default]
    Auto,
    /// One for each: an account of middling size, for which the other would be made, needs another plan than
    /// a large one, and a rare value another than a frequent one.
    ForceCustom,
}
