//! The modules of this crate are stages, from left to right: one imports only from its left, and
//! some crates are named by one stage alone (ARCHITECTURE.md).

#![allow(
    clippy::unwrap_used,
    reason = "a test fails by a panic, and so do its helpers"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Each module with what it may import.
const STAGES: &[(&str, &[&str])] = &[
    ("error", &[]),
    ("limits", &["error"]),
    ("edm", &["error"]),
    ("functions", &["edm"]),
    ("describe", &["edm", "functions", "limits"]),
    ("uri", &["error", "limits"]),
    ("plan", &["edm", "functions", "uri", "error", "limits"]),
    ("sql", &["edm", "functions", "plan"]),
    ("db", &["edm", "sql", "error", "limits"]),
    ("format", &["edm", "uri", "plan", "db", "error"]),
    (
        "service",
        &[
            "edm",
            "describe",
            "functions",
            "uri",
            "plan",
            "sql",
            "db",
            "format",
            "error",
            "limits",
        ],
    ),
];

/// Each crate that one module alone may name.
const ALONE: &[(&str, &str)] = &[
    ("logos", "uri"),
    ("quick_xml", "describe"),
    ("tokio_postgres", "db"),
    ("deadpool_postgres", "db"),
    ("deadpool", "db"),
    ("rustls", "db"),
    ("socket2", "db"),
    ("tokio_postgres_rustls", "db"),
    ("tokio_util", "db"),
    ("actix_web", "service"),
];

/// What odata-core knows nothing of.
const FOREIGN: &[&str] = &[
    "live agent",
    "liveagent",
    "chatwoot",
    "account_users",
    "access_tokens",
];

fn sources() -> Vec<(String, PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let relative = path.strip_prefix(&root).unwrap().to_owned();
                let first = relative.components().next().unwrap().as_os_str();
                let module = first.to_str().unwrap().trim_end_matches(".rs").to_owned();
                if module != "lib" {
                    found.push((module, relative, code(&fs::read_to_string(&path).unwrap())));
                }
            }
        }
    }
    assert!(found.len() > 50, "the sources are here");
    found
}

/// The text without comments, and without the tests, which may use more.
fn code(text: &str) -> String {
    let text = text
        .split("#[cfg(test)]\nmod tests {")
        .next()
        .unwrap_or(text);
    let lines = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

/// The names behind `path::`, those of a group in braces too.
fn imported<'a>(text: &'a str, path: &str) -> BTreeSet<&'a str> {
    let word = |text: &'a str| {
        text.split(|c: char| !c.is_alphanumeric() && c != '_')
            .next()
            .unwrap_or("")
    };
    let mut names = BTreeSet::new();
    for (at, _) in text.match_indices(path) {
        let before = text[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':') {
            continue;
        }
        let rest = &text[at + path.len()..];
        match rest.strip_prefix('{') {
            None => {
                names.insert(word(rest));
            }
            Some(group) => {
                let mut depth = 0;
                let mut start = true;
                for (i, c) in group.char_indices() {
                    match c {
                        '{' => depth += 1,
                        '}' if depth == 0 => break,
                        '}' => depth -= 1,
                        ',' if depth == 0 => start = true,
                        _ if start && !c.is_whitespace() => {
                            names.insert(word(&group[i..]));
                            start = false;
                        }
                        _ => {}
                    }
                }
            }
        }
    }
    names
}

#[test]
fn a_module_imports_only_from_its_left() {
    let mut wrong = Vec::new();
    for (module, file, text) in sources() {
        let stage = STAGES.iter().find(|(name, _)| *name == module);
        let (_, allowed) = stage.unwrap_or_else(|| panic!("{module} is no stage: {file:?}"));
        for name in imported(&text, "crate::") {
            let is_stage = STAGES.iter().any(|(stage, _)| *stage == name);
            if is_stage && name != module && !allowed.contains(&name) {
                wrong.push(format!(
                    "{}: `{module}` must not import `{name}`",
                    file.display()
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn some_crates_are_named_by_one_module_alone() {
    let mut wrong = Vec::new();
    for (module, file, text) in sources() {
        for (name, alone) in ALONE {
            let path = format!("{name}::");
            if module != *alone && !imported(&text, &path).is_empty() {
                wrong.push(format!(
                    "{}: only `{alone}` may name `{name}`",
                    file.display()
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn nothing_of_one_service_is_known_here() {
    for (_, file, text) in sources() {
        let lower = text.to_lowercase();
        for word in FOREIGN {
            assert!(!lower.contains(word), "{}: {word}", file.display());
        }
    }
}

#[test]
fn the_check_itself_sees_imports() {
    let text = "use crate::{edm::{A, B}, sql};\nlet x = crate::db::query;\nuse actix_web::web;";
    assert_eq!(
        imported(text, "crate::"),
        BTreeSet::from(["edm", "sql", "db"])
    );
    assert_eq!(imported(text, "actix_web::"), BTreeSet::from(["web"]));
}
