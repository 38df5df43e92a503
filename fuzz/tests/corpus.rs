//! What fuzzing found, replayed: every file of a corpus passes its target.
#![allow(
    clippy::unwrap_used,
    reason = "a test fails by a panic, and says which file it is"
)]

use odata_fuzz::TARGETS;
use std::path::Path;

/// A worker of the service has no more.
const STACK: usize = 2 * 1024 * 1024;

#[test]
fn every_corpus_passes() {
    let corpora = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    for (name, target) in TARGETS {
        let mut files: Vec<_> = std::fs::read_dir(corpora.join(name))
            .unwrap_or_else(|error| panic!("{name}: {error}"))
            .map(|entry| entry.unwrap().path())
            .collect();
        files.sort();
        assert!(files.len() >= 20, "{name}: {} files", files.len());
        let replay = move || {
            for file in files {
                let bytes = std::fs::read(&file).unwrap();
                let passed = std::panic::catch_unwind(|| target(&bytes));
                assert!(passed.is_ok(), "{}", file.display());
            }
        };
        let thread = std::thread::Builder::new().stack_size(STACK).spawn(replay);
        assert!(thread.unwrap().join().is_ok(), "{name}");
    }
}
