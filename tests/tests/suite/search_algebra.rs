//! `$search` as an algebra of sets: every expression of a few words finds what the words' own matches make.

use crate::asking::get;
use std::collections::BTreeSet;
use tests::{Server, fixture};

/// Every expression of two of these, so that no pair of matches is special.
const TERMS: [&str; 10] = [
    "hello", "world", "axb", "Welcome", "sure", "plus", "padded", "Live", "hash", "nothere",
];

#[tokio::test]
async fn search_is_an_algebra_of_sets() {
    let Some(database) = fixture::facts().await else {
        return;
    };
    let server = Server::start(&database, |_| {});
    let mut phrases = BTreeSet::new();
    for (place, a) in TERMS.iter().enumerate() {
        check_algebra(&server, &format!("NOT {a}"), "");
        check_algebra(&server, &format!("NOT NOT {a}"), "");
        for b in &TERMS[place + 1..] {
            for expression in [
                format!("{a} AND {b}"),
                format!("{a} {b}"),
                format!("{a} OR {b}"),
                format!("{a} AND NOT {b}"),
                format!("NOT {a} OR {b} AND hello"),
                format!("NOT ({b} OR {a})"),
            ] {
                check_algebra(&server, &expression, "");
            }
            // A phrase is found where its words are, and perhaps not everywhere there.
            for (first, second) in [(a, b), (b, a)] {
                let found = |search: &str| matches(&server, Some(search), "").unwrap();
                let phrase = found(&format!("\"{first} {second}\""));
                let words = found(&format!("{first} AND {second}"));
                assert!(phrase.is_subset(&words), "\"{first} {second}\": {phrase:?}");
                let without = found(&format!("{first} {second} NOT \"{first} {second}\""));
                let rest: BTreeSet<i64> = words.difference(&phrase).copied().collect();
                assert_eq!(without, rest, "\"{first} {second}\"");
                phrases.extend(phrase);
            }
        }
        check_algebra(&server, &format!("{a} OR hello"), "id gt 2");
    }
    assert!(!phrases.is_empty(), "no phrase is found at all");
}

#[track_caller]
fn check_algebra(server: &Server, expression: &str, filter: &str) {
    if let Err(why) = algebra(server, expression, filter) {
        panic!("$search={expression}: {why}");
    }
}

/// Whether the matches of an expression are made of the matches of its words as sets are.
pub(crate) fn algebra(server: &Server, expression: &str, filter: &str) -> Result<(), String> {
    let all = matches(server, None, "")?;
    let within = matches(server, None, filter)?;
    let mut words = Words {
        server,
        rest: tokens(expression),
        all: &all,
    };
    let expected: BTreeSet<i64> = words.or()?.intersection(&within).copied().collect();
    let found = matches(server, Some(expression), filter)?;
    if found == expected {
        Ok(())
    } else {
        Err(format!("finds {found:?}, its words {expected:?}"))
    }
}

fn matches(server: &Server, search: Option<&str>, filter: &str) -> Result<BTreeSet<i64>, String> {
    let mut url = "Message?$select=id".to_owned();
    if let Some(search) = search {
        url += &format!("&$search={search}");
    }
    if !filter.is_empty() {
        url += &format!("&$filter={filter}");
    }
    let response = get(server, &url, &[]);
    if response.status != 200 {
        return Err(format!("{url}: {} {}", response.status, response.text()));
    }
    let body = response.json();
    let rows = body["value"].as_array().ok_or("no array")?;
    Ok(rows.iter().filter_map(|row| row["id"].as_i64()).collect())
}

fn tokens(expression: &str) -> Vec<String> {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ");
    spaced.split_whitespace().rev().map(str::to_owned).collect()
}

/// NOT before AND (or nothing) before OR, over the matches of single words.
struct Words<'a> {
    server: &'a Server,
    /// The words that are left, the next one last.
    rest: Vec<String>,
    all: &'a BTreeSet<i64>,
}

impl Words<'_> {
    fn or(&mut self) -> Result<BTreeSet<i64>, String> {
        let mut set = self.and()?;
        while self.rest.last().is_some_and(|word| word == "OR") {
            self.rest.pop();
            set.extend(self.and()?);
        }
        Ok(set)
    }

    fn and(&mut self) -> Result<BTreeSet<i64>, String> {
        let mut set = self.not()?;
        loop {
            match self.rest.last().map(String::as_str) {
                None | Some("OR" | ")") => return Ok(set),
                Some("AND") => {
                    self.rest.pop();
                }
                Some(_) => {}
            }
            let other = self.not()?;
            set.retain(|id| other.contains(id));
        }
    }

    fn not(&mut self) -> Result<BTreeSet<i64>, String> {
        match self.rest.pop().as_deref() {
            None => Err("the expression ends too early".to_owned()),
            Some("NOT") => {
                let set = self.not()?;
                Ok(self.all.difference(&set).copied().collect())
            }
            Some("(") => {
                let set = self.or()?;
                self.rest.pop();
                Ok(set)
            }
            Some(word) => matches(self.server, Some(word), ""),
        }
    }
}
