//! Each kind of bad input has an answer that helps: its code, the option, the place in it, a hint.

mod limits;
mod names;
mod options;
mod places;
mod requests;
mod syntax;
mod values;

use crate::asking::answer;
use expect_test::Expect;
use tests::Server;

/// Words of a database that no client may read.
const INSIDE: [&str; 12] = [
    "SELECT",
    "FROM ",
    "WHERE",
    "JOIN",
    "LIMIT",
    "\\\"public\\\"",
    "pg_",
    "$1",
    "relation",
    "postgres",
    "int8",
    "panicked",
];

#[track_caller]
fn check(server: &Server, path: &str, expected: Expect) {
    let found = answer(server, path);
    check_words(path, &found);
    expected.assert_eq(&found);
}

/// Nothing of the database is in an answer.
#[track_caller]
fn check_words(path: &str, answer: &str) {
    for word in INSIDE {
        assert!(!answer.contains(word), "{path}: {answer}");
    }
}
