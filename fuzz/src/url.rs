//! A URL: parsed, printed and parsed again, bound, and made a statement.

use crate::SCHEMA;
use odata_core::edm::Scope;
use odata_core::limits::Limits;
use odata_core::plan::{self, Data, Page, Plan};
use odata_core::sql::{self, Param, Wire};
use odata_core::uri::{self, ODataUri, print};

#[path = "../../odata-core/tests/golden/mutate.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    missing_docs,
    reason = "the golden cases share it"
)]
mod mutate;

/// Whatever the client writes: no panic, limits that hold, a print that is read as what was printed,
/// and a statement whose text no literal changes.
pub fn url(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (path, query) = text.split_once('?').unwrap_or((&text, ""));
    let limits = Limits::default();
    let Ok(tree) = uri::parse(path, query, &limits) else {
        return;
    };
    // With wide limits: what is printed may be longer than what was read.
    let wide = Limits {
        url_bytes: 16 * limits.url_bytes,
        nodes: 16 * limits.nodes,
        depth: 2 * limits.depth,
        ..limits.clone()
    };
    let printed = print::to_url(&print::uri(&tree));
    let (path, query) = printed.split_once('?').unwrap_or((&printed, ""));
    let again = uri::parse(path, query, &wide);
    let again = again.unwrap_or_else(|error| panic!("'{printed}' of '{text}': {error}"));
    assert_eq!(print::uri(&again), print::uri(&tree), "'{text}'");

    let Some(statements) = statements(&tree, &limits) else {
        return;
    };
    let other = mutate::Other {
        number: 987_654_321,
        text: "zq' OR 1=1 -- $1 zq".to_owned(),
    };
    let mut changed = tree.clone();
    other.uri(&mut changed);
    if has_pattern(&text) {
        return;
    }
    // A literal that is out of range is refused.
    if let Some(others) = self::statements(&changed, &limits) {
        assert_eq!(statements, others, "'{text}'");
    }
}

/// A pattern is written anew, and what is put for it may be none.
fn has_pattern(text: &str) -> bool {
    text.to_ascii_lowercase().contains("pattern")
}

type Shape = (String, Vec<(u32, Wire)>);

fn statements(tree: &ODataUri, limits: &Limits) -> Option<Vec<Shape>> {
    let (page, scope) = (Page::first(100), Scope::of(vec![1]));
    let (plan, keys) = plan::bind(&SCHEMA, tree, limits).ok()?;
    let select = |data: &Data| {
        let statement = sql::select(&SCHEMA, data, &keys, &scope, &page);
        let types = |params: &[Param]| params.iter().map(|it| (it.oid(), it.wire)).collect();
        let types = types(&statement.params);
        (statement.text, types)
    };
    match plan {
        Plan::Data(data) => Some(vec![select(&data)]),
        Plan::All(all) => Some(all.iter().map(select).collect()),
        Plan::ServiceDocument | Plan::Metadata => Some(Vec::new()),
    }
}
