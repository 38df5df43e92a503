//! The prepared statements of one connection, the least recently used of them closed first.
//!
//! The shapes of requests are unbounded (each `$select` is one), so an unbounded cache would fill
//! the backend's memory.

use super::stream::ColumnInfo;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A prepared statement of one connection. The server forgets it when the last clone is dropped.
#[derive(Clone)]
pub(super) struct Prepared {
    pub(super) statement: tokio_postgres::Statement,
    pub(super) columns: Arc<[ColumnInfo]>,
}

/// A bounded map from a statement's text and parameter types to what was prepared of it.
pub(super) struct StatementCache<P = Prepared> {
    limit: usize,
    entries: Mutex<Entries<P>>,
}

struct Entries<P> {
    /// By text; the few that differ in their types alone stand beside each other, so that a look-up
    /// needs no owned key.
    by_text: HashMap<String, Vec<Entry<P>>>,
    count: usize,
    clock: u64,
}

struct Entry<P> {
    types: Vec<u32>,
    prepared: P,
    used: u64,
}

impl<P: Clone> StatementCache<P> {
    /// An empty cache for at most `limit` statements, at least one.
    pub(super) fn new(limit: usize) -> StatementCache<P> {
        StatementCache {
            limit: limit.max(1),
            entries: Mutex::new(Entries {
                by_text: HashMap::new(),
                count: 0,
                clock: 0,
            }),
        }
    }

    /// The statement of this text and these parameter types, now the most recently used one.
    pub(super) fn get(&self, text: &str, types: impl Iterator<Item = u32> + Clone) -> Option<P> {
        let mut entries = self.lock();
        entries.clock += 1;
        let clock = entries.clock;
        let entry = entries
            .by_text
            .get_mut(text)?
            .iter_mut()
            .find(|entry| entry.types.iter().copied().eq(types.clone()))?;
        entry.used = clock;
        Some(entry.prepared.clone())
    }

    /// Keeps a statement. One of the same text and types gives way to it; when the cache is full,
    /// the one that was not used for longest does.
    pub(super) fn insert(&self, text: &str, types: Vec<u32>, prepared: P) {
        self.remove(text, types.iter().copied());
        let mut entries = self.lock();
        let mut evicted = Vec::new();
        while entries.count >= self.limit {
            match entries.evict() {
                Some(oldest) => evicted.push(oldest),
                None => break,
            }
        }
        entries.clock += 1;
        entries.count += 1;
        let used = entries.clock;
        entries
            .by_text
            .entry(text.to_owned())
            .or_default()
            .push(Entry {
                types,
                prepared,
                used,
            });
        // Dropping a statement sends a message to the server; not under the lock.
        drop(entries);
        drop(evicted);
    }

    /// Forgets the statement of this text and these types.
    pub(super) fn remove(&self, text: &str, types: impl Iterator<Item = u32> + Clone) {
        let removed = {
            let mut entries = self.lock();
            let Some(same_text) = entries.by_text.get_mut(text) else {
                return;
            };
            let place = same_text
                .iter()
                .position(|entry| entry.types.iter().copied().eq(types.clone()));
            let removed = place.map(|place| same_text.swap_remove(place));
            if same_text.is_empty() {
                entries.by_text.remove(text);
            }
            entries.count -= usize::from(removed.is_some());
            removed
        };
        drop(removed);
    }

    /// How many statements it holds.
    #[cfg(test)]
    fn len(&self) -> usize {
        self.lock().count
    }

    fn lock(&self) -> MutexGuard<'_, Entries<P>> {
        // The map is whole between two statements of this file, so a panic elsewhere spoils nothing.
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<P> Entries<P> {
    /// Takes out the entry that was not used for longest. It looks at every entry: there are a few
    /// hundred, and a statement is about to be prepared, which takes a hundred times longer.
    fn evict(&mut self) -> Option<P> {
        let (text, place) = self
            .by_text
            .iter()
            .flat_map(|(text, same_text)| {
                same_text
                    .iter()
                    .enumerate()
                    .map(move |(place, entry)| (entry.used, text, place))
            })
            .min_by_key(|(used, _, _)| *used)
            .map(|(_, text, place)| (text.clone(), place))?;
        let same_text = self.by_text.get_mut(&text)?;
        let entry = same_text.swap_remove(place);
        if same_text.is_empty() {
            self.by_text.remove(&text);
        }
        self.count -= 1;
        Some(entry.prepared)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get(cache: &StatementCache<u32>, text: &str, types: &[u32]) -> Option<u32> {
        cache.get(text, types.iter().copied())
    }

    #[test]
    fn the_least_recently_used_gives_way() {
        let cache = StatementCache::new(2);
        cache.insert("a", vec![], 1);
        cache.insert("b", vec![], 2);
        assert_eq!(get(&cache, "a", &[]), Some(1));
        cache.insert("c", vec![], 3);
        assert_eq!(get(&cache, "b", &[]), None);
        assert_eq!(get(&cache, "a", &[]), Some(1));
        assert_eq!(get(&cache, "c", &[]), Some(3));
        assert_eq!(cache.len(), 2);
    }

    #[test]
    fn the_same_text_with_other_types_is_another_statement() {
        let cache = StatementCache::new(8);
        cache.insert("a", vec![20], 1);
        cache.insert("a", vec![25], 2);
        assert_eq!(get(&cache, "a", &[20]), Some(1));
        assert_eq!(get(&cache, "a", &[25]), Some(2));
        assert_eq!(get(&cache, "a", &[]), None);
        cache.remove("a", [20].into_iter());
        assert_eq!(get(&cache, "a", &[20]), None);
        assert_eq!(get(&cache, "a", &[25]), Some(2));
        cache.insert("a", vec![25], 3);
        assert_eq!(get(&cache, "a", &[25]), Some(3));
        assert_eq!(cache.len(), 1);
    }

    #[test]
    fn it_never_holds_more_than_its_limit() {
        let cache = StatementCache::new(16);
        for n in 0..1_000u32 {
            cache.insert(&n.to_string(), vec![n % 3], n);
            assert!(cache.len() <= 16);
        }
        assert_eq!(cache.len(), 16);
        assert_eq!(get(&cache, "999", &[0]), Some(999));
    }
}
