//! The statements of the same random requests, on the same database, for callers of one account and of several:
//! their text is a function of the shape alone, its names are the model's, and each table reference has its scope.

use super::generate::{Generator, Request};
use super::{A, B, random, world};
use identifiers::identifiers;
use liveagent_odata::check;
use liveagent_odata::config::Config;
use liveagent_odata::entities::model;
use odata_core::edm::{JoinPath, ResolveOptions, Schema, Scope, ScopeRule, Severity, Source};
use odata_core::format::sort_outputs;
use odata_core::limits::Limits;
use odata_core::plan::{self, Answer, Bound, Page, Plan};
use odata_core::sql::{self, Param, Remembered, Statement};
use odata_core::uri::{self, ODataUri};
use scoped::scoped_references;
use std::collections::BTreeSet;

#[path = "../../../../odata-core/tests/golden/identifiers.rs"]
#[allow(unreachable_pub, reason = "the golden cases share it")]
mod identifiers;
#[path = "../../../../odata-core/tests/golden/mutate.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    missing_docs,
    reason = "the golden cases share it"
)]
mod mutate;
#[path = "../../../../odata-core/tests/golden/scoped.rs"]
#[allow(unreachable_pub, missing_docs, reason = "the golden cases share it")]
mod scoped;

/// The accounts of a caller who has several; the first is that of a caller of one. No other parameter has their
/// values.
const ACCOUNTS: [i64; 2] = [424_242_424_242, 535_353_535_353];

fn scopes() -> [Scope; 2] {
    [vec![ACCOUNTS[0]], ACCOUNTS.to_vec()].map(Scope::of)
}

/// Names that requests give; none of them is a part of the service's own text.
const GIVEN: &[&str] = &[
    "computed", "nested1", "nested2", "added1", "added2", "joined",
];

/// The model with the indexes of the database that the requests are sent to: they have a say in the order.
async fn schema() -> Schema {
    let world = world().await;
    let config = Config::new(world.connection_string().parse().unwrap());
    let catalogue = check::open(&config).unwrap().catalogue("public").await;
    let options = ResolveOptions::default();
    let (schema, findings) = Schema::resolve(&model(), Some(&catalogue.unwrap()), &options);
    assert!(
        findings.iter().all(|it| it.severity < Severity::Error),
        "{findings:?}"
    );
    schema
}

fn parse(request: &Request) -> ODataUri {
    let (path, query) = request.url.split_once('?').unwrap_or((&request.url, ""));
    match uri::parse(path, query, &Limits::default()) {
        Ok(uri) => uri,
        Err(error) => panic!("{}: {error}", request.url),
    }
}

/// The statements of a URL; none where it is refused.
fn statements(
    schema: &Schema,
    uri: &ODataUri,
    page: Option<usize>,
    scope: &Scope,
) -> Option<Vec<Statement>> {
    let page = Page::first(page.unwrap_or(10_000) as u64);
    let (plan, keys) = plan::bind(schema, uri, &Limits::default()).ok()?;
    let select = |data: &plan::Data| sql::select(schema, data.within(scope), &keys, scope, &page);
    // That which reads the row of a next link again, where no sort value is known and where all are.
    let again = |data: &plan::Data, known: bool| {
        let data = data.within(scope);
        let values: Vec<_> = sort_outputs(schema, &data.query)
            .iter()
            .map(|sort| match known {
                false => Remembered::Hash(sort.ty, vec![0; 16]),
                true => Remembered::Value(Bound {
                    ty: sort.ty,
                    value: Some(vec![0; 16]),
                }),
            })
            .collect();
        sql::sort_values(schema, data, &keys, scope, &values)
    };
    match plan {
        Plan::Data(data) if data.answer == Answer::Count => Some(vec![select(&data)]),
        Plan::Data(data) => Some(vec![select(&data), again(&data, false), again(&data, true)]),
        Plan::All(all) => Some(all.iter().map(select).collect()),
        Plan::ServiceDocument | Plan::Metadata => Some(Vec::new()),
    }
}

/// The requests.
fn requests() -> impl Iterator<Item = (Request, ODataUri)> {
    let mut generator = Generator::new(random::seed(), A.keys.0, B.keys.0);
    (0..random::queries()).map(move |_| {
        let request = generator.request();
        let uri = parse(&request);
        (request, uri)
    })
}

/// Those that are not refused, with their statements for each caller.
fn each(schema: &Schema, mut check: impl FnMut(&Request, &ODataUri, &Scope, &[Statement])) {
    let mut refused = 0;
    let scopes = scopes();
    for (request, uri) in requests() {
        for scope in &scopes {
            match statements(schema, &uri, request.page, scope) {
                Some(statements) => check(&request, &uri, scope, &statements),
                None => refused += 1,
            }
        }
    }
    assert!(
        refused * 20 < scopes.len() * random::queries(),
        "{refused} are refused"
    );
}

/// The text and the types of its parameters.
fn shape(statements: &[Statement]) -> Vec<(&str, Vec<(u32, sql::Wire)>)> {
    let types = |params: &[Param]| params.iter().map(|it| (it.oid(), it.wire)).collect();
    let all = statements.iter();
    all.map(|statement| (&*statement.text, types(&statement.params)))
        .collect()
}

/// An index behind the account gives the order of the rows of one, and not of several: both statements are looked at
/// here, and `random` sends the same requests for one account.
#[tokio::test]
async fn there_are_requests_whose_order_depends_on_the_number_of_accounts() {
    let schema = schema().await;
    let depends = |(_, uri): &(Request, ODataUri)| {
        let plan = plan::bind(&schema, uri, &Limits::default());
        matches!(plan, Ok((Plan::Data(data), _)) if data.depends_on_scope())
    };
    let met = requests().filter(depends).count();
    println!("{met} requests");
    assert!(met * 500 >= random::queries(), "{met}");
}

#[tokio::test]
async fn the_text_is_a_function_of_the_shape() {
    let schema = schema().await;
    let other = mutate::Other {
        number: 987_654_321,
        text: "zq' OR 1=1 -- \\ $1 {0} \"zq".to_owned(),
    };
    let (mut all, mut compared) = (0, 0);
    each(&schema, |request, uri, scope, statements_of_it| {
        all += 1;
        // A pattern is written anew, and what is put for it may be none.
        if request.url.contains("matchesPattern") {
            return;
        }
        let mut changed = uri.clone();
        other.uri(&mut changed);
        // A number that is out of range is refused.
        let Some(others) = statements(&schema, &changed, request.page, scope) else {
            return;
        };
        compared += usize::from(changed != *uri);
        let url = &request.url;
        assert_eq!(shape(statements_of_it), shape(&others), "{url}");
        for statement in &others {
            for trace in other.traces() {
                assert!(!statement.text.contains(&trace), "'{trace}' of {url}");
            }
        }
    });
    println!("{compared} of {all} compared");
    assert!(compared * 3 > all * 2, "{compared} of {all}");
}

/// All that a statement may name.
fn names(schema: &Schema) -> BTreeSet<&str> {
    let mut names: BTreeSet<&str> = ["C", "default", "und-x-icu"].into();
    for set in schema.sets() {
        names.extend(identifiers(set.table.as_sql()));
        for property in &set.properties {
            if let Source::Column { name, .. } = property.source {
                names.insert(name);
            }
        }
        match &set.scope {
            ScopeRule::Unscoped => {}
            ScopeRule::Column(column) => names.extend([*column]),
            ScopeRule::Via { table, on, column } => {
                names.extend(identifiers(table.as_sql()));
                names.extend(on.iter().map(|(theirs, _)| *theirs));
                names.insert(column);
            }
        }
        for navigation in &set.navigation {
            if let JoinPath::Links {
                tables,
                first,
                last,
                ..
            } = &navigation.path
            {
                names.extend(first.iter().chain(last).map(|(_, column)| *column));
                for link in tables {
                    names.extend(identifiers(link.table.as_sql()));
                    names.extend(link.on.iter().flat_map(|(one, other)| [*one, *other]));
                    names.extend(link.when.iter().map(|(column, _)| *column));
                }
            }
        }
    }
    names
}

#[tokio::test]
async fn the_names_are_the_models() {
    let schema = schema().await;
    let known = names(&schema);
    each(&schema, |request, _, _, statements| {
        for statement in statements {
            for name in identifiers(&statement.text) {
                assert!(known.contains(name), "'{name}' of {}", request.url);
            }
            for name in GIVEN {
                assert!(
                    !statement.text.contains(name),
                    "'{name}' of {}",
                    request.url
                );
            }
        }
    });
}

#[tokio::test]
async fn every_table_reference_has_its_scope() {
    let schema = schema().await;
    let mut checked = 0;
    each(&schema, |request, _, scope, statements| {
        for statement in statements {
            checked += scoped_references(&schema, statement, scope)
                .unwrap_or_else(|none| panic!("{}: {none}", request.url));
        }
    });
    println!("{checked} table references");
    assert!(checked > 4 * random::queries(), "{checked}");
}

#[test]
fn every_transformation_has_a_hole() {
    let table = include_str!("../../../../docs/wall.md");
    for name in odata_core::functions::aggregation::TRANSFORMATIONS {
        let row = format!("| `apply_{name}` |");
        assert!(table.contains(&row), "{row}");
    }
}
