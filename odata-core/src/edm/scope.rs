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
}
