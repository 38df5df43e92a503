//! The files of the page to one document.
//!
//! They are ES modules, so that they can be checked and tested one by one. In the document they are
//! one script, each file behind those that it needs at once: the lines that import are dropped, and
//! what is exported is simply there.

use crate::About;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

const HTML: &str = include_str!("../page/index.html");
const STYLE: &str = include_str!("../page/style.css");

macro_rules! modules {
    ($($name:literal)*) => {
        &[$(($name, include_str!(concat!("../page/", $name, ".js")))),*]
    };
}

/// Each with its text.
const MODULES: &[(&str, &str)] = modules!(
    "text" "conditions" "apply" "query" "model" "otherside" "api" "dom" "popover" "format" "app" "complete"
    "address" "phrases" "filter" "choices" "builder" "table" "json" "detail" "chart" "plot" "counts" "results"
    "sidebar" "token" "share" "odc" "sharing" "main"
);

/// The document, and the policy that holds for it.
pub(crate) struct Page {
    pub(crate) document: String,
    pub(crate) policy: String,
}

pub(crate) fn page(about: &About) -> Page {
    let script: String = MODULES
        .iter()
        .map(|(_, text)| without_modules(text))
        .collect();
    // In a script element only `<` can end what it is part of.
    let about = serde_json::to_string(about)
        .expect("strings and lists of them are always JSON")
        .replace('<', "\\u003c");
    let policy = format!(
        "default-src 'none'; script-src 'sha256-{}'; style-src 'sha256-{}'; connect-src 'self'; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        hash(script.as_bytes()),
        hash(STYLE.as_bytes()),
    );
    let mut document = String::new();
    let mut rest = HTML;
    // What is filled in may itself look like a place to fill.
    for (place, text) in [
        ("/*style*/", STYLE),
        ("/*config*/", &about),
        ("/*script*/", &script),
    ] {
        let (before, behind) = rest
            .split_once(place)
            .expect("the document has each place once, in this order");
        document.extend([before, text]);
        rest = behind;
    }
    document.push_str(rest);
    Page { document, policy }
}

pub(crate) fn hash(bytes: &[u8]) -> String {
    STANDARD.encode(Sha256::digest(bytes))
}

fn without_modules(text: &str) -> String {
    let kept = text.lines().filter(|line| !line.starts_with("import "));
    kept.flat_map(|line| [line.strip_prefix("export ").unwrap_or(line), "\n"])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Question;
    use std::collections::{BTreeMap, BTreeSet};

    fn about() -> About {
        About {
            root: "/odata/".to_owned(),
            title: "</script><script>alert(1)</script>".to_owned(),
            token_hint: String::new(),
            query_token: true,
            questions: vec![Question {
                title: "/*script*/",
                text: "",
                url: "A?$filter=b eq '<'",
            }],
        }
    }

    #[test]
    fn the_policy_names_exactly_the_style_and_the_script_of_the_document() {
        let page = page(&about());
        let inside = |start: &str, end: &str| {
            let (_, rest) = page.document.split_once(start).expect(start);
            let (text, rest) = rest.split_once(end).expect(end);
            assert!(!rest.contains(start), "{start} occurs twice");
            hash(text.as_bytes())
        };
        let style = inside("<style>", "</style>");
        let script = inside("<script type=\"module\">", "</script>");
        assert_eq!(
            page.policy,
            format!(
                "default-src 'none'; script-src 'sha256-{script}'; style-src 'sha256-{style}'; \
                 connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
            )
        );
        assert_eq!(page.document.matches("<script").count(), 2);
    }

    #[test]
    fn the_document_asks_for_nothing_from_elsewhere() {
        for wrong in ["src=", "href=", "url(", "@import", " style=", " onclick="] {
            assert!(!HTML.contains(wrong), "{wrong} in the document");
            assert!(!STYLE.contains(wrong), "{wrong} in the style");
        }
        for (name, text) in MODULES {
            for wrong in [
                "innerHTML",
                "outerHTML",
                "insertAdjacentHTML",
                "document.write",
                "eval(",
                "srcdoc",
            ] {
                assert!(!text.contains(wrong), "{wrong} in {name}");
            }
        }
    }

    /// What the document has of a file's modules is one scope.
    #[test]
    fn the_modules_become_one_script() {
        let mut owners = BTreeMap::new();
        for (name, text) in MODULES {
            for (number, line) in text.lines().enumerate() {
                let at = format!("{name}.js:{}", number + 1);
                if line.starts_with([' ', '}', '*', '/']) {
                    continue;
                }
                let words = line.strip_prefix("export ").unwrap_or(line);
                if line.starts_with("import") {
                    let form = line.starts_with("import { ") && line.contains(" } from './");
                    assert!(
                        form && line.ends_with(".js';"),
                        "{at}: an import on one line"
                    );
                    assert!(!line.contains(" as "), "{at}: an import by its own name");
                }
                assert!(
                    !line.starts_with("export {") && !line.starts_with("export default"),
                    "{at}"
                );
                let mut words = words
                    .split([' ', '(', '=', ';'])
                    .filter(|it| !it.is_empty());
                let mut word = words.next();
                if word == Some("async") {
                    word = words.next();
                }
                if matches!(word, Some("const" | "let" | "function" | "class")) {
                    let declared = words.next().unwrap_or_default();
                    let before = owners.insert(declared, at.clone());
                    assert_eq!(before, None, "{at}: '{declared}' is declared twice");
                }
            }
        }
    }

    #[test]
    fn every_file_of_the_page_is_in_it_and_holds_one_thing() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/page");
        let mut there = BTreeSet::new();
        for file in std::fs::read_dir(folder).unwrap() {
            let path = file.unwrap().path();
            let lines = std::fs::read_to_string(&path).unwrap().lines().count();
            assert!(lines < 500, "{} has {lines} lines", path.display());
            if path.extension().is_some_and(|it| it == "js") {
                there.insert(path.file_stem().unwrap().to_str().unwrap().to_owned());
            }
        }
        let named = MODULES.iter().map(|(name, _)| (*name).to_owned());
        assert_eq!(there, named.collect());
    }
}
