//! What a caller may see.

/// The ids of the scopes (tenants) whose rows the caller may see. There is no "everything": a
/// caller without ids sees no row of a scoped type.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Scope(Vec<i64>);

impl Scope {
    /// The scope of these ids. Their order and repetitions don't matter.
    pub fn of(mut ids: Vec<i64>) -> Scope {
        ids.sort_unstable();
        ids.dedup();
        Scope(ids)
    }

    /// No id: the scope for a model that has no scoped type.
    pub fn none() -> Scope {
        Scope(Vec::new())
    }

    /// The ids, ascending, each once.
    pub fn ids(&self) -> &[i64] {
        &self.0
    }

    /// Whether it is one id: an index that starts with the scope's column gives all rows in the order
    /// of the next.
    pub fn is_one(&self) -> bool {
        self.0.len() == 1
    }
}
