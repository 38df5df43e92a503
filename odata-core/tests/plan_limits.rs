//! The numbers of `limits.rs` hold for the tree that a URL means, not only for its text: aliases and
//! computed properties stand for more than their names.
#![allow(
    missing_docs,
    unreachable_pub,
    dead_code,
    clippy::unwrap_used,
    reason = "a test fails by a panic, and is named after what it proves"
)]

#[path = "golden/case.rs"]
#[allow(dead_code, reason = "each of the tests that share it uses a part")]
mod case;
#[path = "golden/model.rs"]
#[allow(dead_code, reason = "each of the tests that share it uses a part")]
mod model;

use case::Case;
use odata_core::error::Code;
use odata_core::limits::Limits;
use odata_core::plan::{self, Output, Plan};
use odata_core::uri;

/// Binds a text that was parsed under some limits; `None` where one is exceeded.
#[track_caller]
fn bind(parsed: &Limits, limits: &Limits, url: &str) -> Option<Box<plan::Data>> {
    let case = Case::read(url);
    let (path, query) = case.url.split_once('?').unwrap();
    let plan =
        uri::parse(path, query, parsed).and_then(|tree| plan::bind(case.schema(), &tree, limits));
    match plan {
        Ok((Plan::Data(data), _)) => Some(data),
        Ok(_) => panic!("no rows"),
        Err(error) => {
            assert_eq!(error.code(), Code::LimitExceeded, "{error}");
            None
        }
    }
}

/// Binds under limits that the text is within: what is tested is the plan.
#[track_caller]
fn within(limits: &Limits, url: &str) -> Option<Box<plan::Data>> {
    bind(&Limits::default(), limits, url)
}

/// So many are allowed by the plan, one fewer is not.
#[track_caller]
fn check(set: impl Fn(&mut Limits, usize), most: usize, url: &str) {
    let mut limits = Limits::default();
    set(&mut limits, most);
    assert!(within(&limits, url).is_some(), "{most} are enough: {url}");
    set(&mut limits, most - 1);
    assert!(
        within(&limits, url).is_none(),
        "{} are too few: {url}",
        most - 1
    );
}

/// The same for what the text alone tells: whoever refuses it.
#[track_caller]
fn check_request(set: impl Fn(&mut Limits, usize), most: usize, url: &str) {
    let mut limits = Limits::default();
    set(&mut limits, most);
    assert!(
        bind(&limits, &limits, url).is_some(),
        "{most} are enough: {url}"
    );
    set(&mut limits, most - 1);
    assert!(
        bind(&limits, &limits, url).is_none(),
        "{} are too few: {url}",
        most - 1
    );
}

#[test]
fn aliases_count_as_what_they_stand_for() {
    let nodes = |limits: &mut Limits, n| limits.nodes = n;
    // And; twice the alias, the comparison, the path, the literal.
    check(nodes, 9, "/Tickets?$filter=@a and @a&@a=status eq 1");
    check(
        nodes,
        5,
        "/Tickets?$filter=status eq 1 or urgent&$orderby=id",
    );
    // Each name and what it stands for: three and one.
    check(
        nodes,
        6,
        "/Tickets?$orderby=a,b&$compute=votes add 1 as a,2 as b",
    );
    // Each stands for two of the next: 2^40 in all.
    let aliases: String = (0..40)
        .map(|i| format!("&@a{i}=@a{} or @a{}", i + 1, i + 1))
        .collect();
    assert!(
        within(
            &Limits::default(),
            &format!("/Tickets?$filter=@a0{aliases}&@a40=urgent")
        )
        .is_none()
    );
    let computed: String = (1..40)
        .map(|i| format!(",a{} add a{} as a{i}", i - 1, i - 1))
        .collect();
    let url = format!("/Tickets?$compute=votes as a0{computed}&$select=a39");
    assert!(within(&Limits::default(), &url).is_none());
}

#[test]
fn aliases_are_no_deeper_than_expressions() {
    let depth = |limits: &mut Limits, n| limits.depth = n;
    check(depth, 5, "/Tickets?$filter=not @a&@a=not (status eq 1)");
    let nots = "not ".repeat(30);
    let aliases: String = (0..20)
        .map(|i| format!("&@a{i}={nots}@a{}", i + 1))
        .collect();
    assert!(
        within(
            &Limits::default(),
            &format!("/Tickets?$filter=@a0{aliases}&@a20=urgent")
        )
        .is_none()
    );
    // What the parser lets through is not too deep here.
    let deepest = "(".repeat(50) + "urgent" + &")".repeat(50);
    assert!(within(&Limits::default(), &format!("/Tickets?$filter={deepest}")).is_some());
    let chain = vec!["1"; 30].join(" add ");
    assert!(
        within(
            &Limits::default(),
            &format!("/Tickets?$filter={chain} gt 1")
        )
        .is_some()
    );
    let calls = "round(".repeat(50) + "ratio" + &")".repeat(50);
    assert!(
        within(
            &Limits::default(),
            &format!("/Tickets?$filter={calls} gt 1")
        )
        .is_some()
    );
}

#[test]
fn lambdas_are_counted_through_aliases() {
    let lambdas = |limits: &mut Limits, n| limits.lambda_depth = n;
    check(
        lambdas,
        2,
        "/Tickets?$filter=children/any(a:a/comments/any(c:c/private))",
    );
    check(
        lambdas,
        2,
        "/Tickets?$filter=children/any(a:@b)&@b=comments/all(c:c/private)",
    );
    check(
        lambdas,
        1,
        "/Tickets?$filter=comments/any(c:c/private) or children/any(c:c/urgent)",
    );
    check(
        lambdas,
        2,
        "/Tickets?$filter=children/aggregate(comments/aggregate(id with sum) with max) gt 1",
    );
}

#[test]
fn expands_are_counted_with_what_a_star_stands_for() {
    let expands = |limits: &mut Limits, n| limits.expands = n;
    check(expands, 9, "/Tickets?$expand=*");
    check(expands, 3, "/Tickets?$expand=inbox($expand=owner),comments");
    let depth = |limits: &mut Limits, n| limits.expand_depth = n;
    check(depth, 2, "/Tickets?$expand=inbox($expand=owner),comments");
    check(
        depth,
        3,
        "/Tickets?$expand=inbox($expand=tickets($expand=*))",
    );
}

#[test]
fn other_numbers_hold_at_every_level() {
    check(|limits, n| limits.skip = n as u64, 5, "/Tickets?$skip=5");
    check(
        |limits, n| limits.skip = n as u64,
        5,
        "/Tickets?$expand=comments($skip=5)",
    );
    check_request(
        |limits, n| limits.path_segments = n,
        3,
        "/Tickets?$filter=parent/inbox/name eq 'a'",
    );
    check_request(
        |limits, n| limits.path_segments = n,
        3,
        "/Tickets?$filter=comments/any(c:c/author/name eq 'a')",
    );
    check_request(
        |limits, n| limits.path_segments = n,
        3,
        "/Tickets?$filter=parent/parent/inbox eq null",
    );
    check_request(
        |limits, n| limits.order_items = n,
        2,
        "/Tickets?$orderby=status,votes",
    );
    check_request(
        |limits, n| limits.order_items = n,
        2,
        "/Inboxes?$expand=tickets($orderby=status,votes)",
    );
    check_request(
        |limits, n| limits.list_items = n,
        3,
        "/Tickets?$filter=id in (1,2,3)",
    );
    check_request(
        |limits, n| limits.list_items = n,
        3,
        "/Tickets?$filter=id in @a&@a=[1,2,3]",
    );
}

#[test]
fn layers_are_counted_with_those_that_copies_repeat() {
    let layers = |limits: &mut Limits, n| limits.apply_layers = n;
    check(layers, 1, "/Tickets?$apply=aggregate($count as n)");
    check(layers, 1, "/Tickets?$apply=topcount(2,votes)");
    // The numbers, the condition on them, and the keys of those for which it holds.
    check(layers, 3, "/Tickets?$apply=topsum(2,votes)");
    // Two groupings, each in its part of the union.
    check(layers, 4, "/Tickets?$apply=groupby((rollup(kind,status)))");
    check(
        layers,
        12,
        "/Tickets?$apply=groupby((status))/concat(identity,aggregate($count as n))\
         /concat(identity,identity)",
    );
    check(
        layers,
        6,
        "/Tickets?$apply=topcount(2,votes)/concat(identity,identity)",
    );
    let rollups = vec!["rollup(kind,status)"; 40].join(",");
    let url = format!("/Tickets?$apply=groupby(({rollups}))");
    assert!(within(&Limits::default(), &url).is_none());
    let sixteen = vec!["groupby((rollup(kind,status)))"; 16].join("/");
    assert!(within(&Limits::default(), &format!("/Tickets?$apply={sixteen}")).is_none());
}

/// The bounds of the arrays, the outer ones first.
fn bounds(data: &plan::Data) -> Vec<u64> {
    fn walk(outputs: &[Output], found: &mut Vec<u64>) {
        for output in outputs {
            if let Output::Array(query, bound) = output {
                found.push(*bound);
                walk(&query.outputs, found);
            }
        }
    }
    let mut found = Vec::new();
    walk(&data.query.outputs, &mut found);
    found
}

#[test]
fn arrays_share_the_product() {
    #[track_caller]
    fn check(size: u64, product: u64, url: &str, expected: &[u64]) {
        let limits = Limits {
            expand_page_size: size,
            expand_product: product,
            ..Limits::default()
        };
        assert_eq!(bounds(&within(&limits, url).unwrap()), expected, "{url}");
    }
    check(1000, 10_000, "/Tickets?$expand=comments", &[1000]);
    check(20, 10_000, "/Tickets?$expand=comments,tags", &[20, 20]);
    check(1000, 500, "/Tickets?$expand=comments", &[500]);
    let nested = "/Inboxes?$expand=tickets($expand=comments,tags)";
    check(1000, 10_000, nested, &[1000, 10, 10]);
    check(100, 10_000, nested, &[100, 100, 100]);
    check(1000, 100, nested, &[100, 1, 1]);
    check(
        1000,
        10_000,
        "/Inboxes?$expand=tickets($top=20;$expand=comments)",
        &[1000, 500],
    );
    check(
        1000,
        10_000,
        "/Inboxes?$expand=tickets($top=0;$expand=comments)",
        &[1000, 1000],
    );
    check(
        1000,
        10_000,
        "/Comments?$expand=ticket($expand=tags)",
        &[1000],
    );
}

/// The text of nested functions and operators, whose templates name an operand several times.
#[test]
fn the_text_grows_with_the_request_alone() {
    let length = |url: String| Case::read(&url).bind().unwrap().statement.text.len();
    let nested = |open: &str, close: &str, inner: &str, times: usize| {
        format!("{}{inner}{}", open.repeat(times), close.repeat(times))
    };
    for (open, inner, close) in [
        ("round(", "ratio", ")"),
        ("substring(", "body", ",1)"),
        ("trim(", "extra", ")"),
        ("cast(cast(", "body", ",Edm.Int32),Edm.String)"),
        ("(1e0 div ", "ratio", ")"),
        ("(1 divby ", "votes", ")"),
        ("(1e0 mod ", "ratio", ")"),
        ("case(1e0 gt ", "ratio", ":ratio)"),
        ("case(ratio eq ", "ratio", ":ratio)"),
    ] {
        let at = |times| {
            length(format!(
                "/Tickets?$select=a&$compute={} as a",
                nested(open, close, inner, times)
            ))
        };
        let (short, long) = (at(4), at(20));
        assert!(
            long < short * 6,
            "{open}: {short} bytes for 4, {long} for 20"
        );
    }
}
