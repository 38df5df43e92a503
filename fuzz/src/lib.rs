//! Fuzz targets: arbitrary bytes at each place where the service reads bytes that somebody else wrote.
//! A target panics where a promise is broken. `run` searches with libFuzzer; `cargo test` replays what
//! it found (`corpus/`). `docs/wall.md` has what they promise and how long they ran.
#![allow(
    clippy::unwrap_used,
    reason = "a target fails by a panic, and so does what it stands on"
)]

mod cells;
mod headers;
mod skip_token;
mod url;

pub use cells::cells;
pub use headers::headers;
pub use skip_token::skip_token;
pub use url::url;

use odata_core::edm::{ResolveOptions, Schema};
use std::sync::LazyLock;

/// Takes any bytes.
pub type Target = fn(&[u8]);

/// Every target, by the name of its corpus.
pub const TARGETS: &[(&str, Target)] = &[
    ("cells", cells),
    ("headers", headers),
    ("skiptoken", skip_token),
    ("url", url),
];

/// The published model, as without a database.
static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
    let options = ResolveOptions::default();
    let (schema, findings) = Schema::resolve(&liveagent_odata::entities::model(), None, &options);
    assert_eq!(findings, []);
    schema
});

/// Bytes that are taken from the front; nothing where there are no more.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn byte(&mut self) -> u8 {
        match self.0.split_first() {
            Some((first, rest)) => {
                self.0 = rest;
                *first
            }
            None => 0,
        }
    }

    fn flag(&mut self) -> bool {
        self.byte().is_multiple_of(2)
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[usize::from(self.byte()) % of.len()]
    }

    /// So many, or as many as there are.
    fn take(&mut self, length: usize) -> &'a [u8] {
        let (head, rest) = self.0.split_at(length.min(self.0.len()));
        self.0 = rest;
        head
    }

    /// As many as the next byte says.
    fn piece(&mut self) -> &'a [u8] {
        let length = usize::from(self.byte());
        self.take(length)
    }

    /// A cell: `None` for null.
    fn cell(&mut self) -> Option<&'a [u8]> {
        match self.byte() {
            255 => None,
            length => Some(self.take(usize::from(length))),
        }
    }
}
