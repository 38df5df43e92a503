//! `topcount` and the others that rank: which rows are chosen, and where the bound ends them.

use crate::aggregation::{check, check_ids, server};
use crate::asking::refusal;
use serde_json::json;
use std::collections::BTreeSet;

#[tokio::test]
async fn ranks() {
    let server = server().await;
    check_ids(server, "topcount(2,Amount)", &[3, 4]);
    check_ids(server, "topcount(3,Amount)", &[3, 4, 5]);
    check_ids(server, "topsum(15,Amount)", &[3, 4, 5]);
    check_ids(server, "topsum(12,Amount)", &[3, 4]);
    check_ids(server, "topsum(1000,Amount)", &[1, 2, 3, 4, 5, 6, 7, 8]);
    check_ids(server, "toppercent(50,Amount)", &[3, 4]);
    check_ids(server, "toppercent(100,Amount)", &[1, 2, 3, 4, 5, 6, 7, 8]);
    check_ids(server, "bottomcount(2,Amount)", &[1, 7]);
    check_ids(server, "bottomsum(7,Amount)", &[1, 2, 6, 7, 8]);
    check_ids(server, "bottompercent(50,Amount)", &[1, 2, 3, 6, 7, 8]);
    check_ids(
        server,
        "topsum(3.5,Amount mul Product/TaxRate)",
        &[1, 2, 3, 4, 5, 6, 7, 8],
    );
    // In a sequence, over rows that were chosen, or made, before.
    check_ids(server, "filter(Amount lt 8)/topsum(5,Amount)", &[3, 5]);
    check_ids(server, "topsum(12,Amount)/bottomcount(1,Amount)", &[3]);
    check(
        server,
        "Sales?$apply=groupby((Product/Name),aggregate(Amount with sum as S))/toppercent(50,S)",
        json!([{"Product": {"Name": "Coffee"}, "S": 12}]),
    );
    check(
        server,
        "Sales?$apply=topsum(15,Amount)/aggregate(Amount with sum as Total)",
        json!([{"Total": 16}]),
    );
    let mut pages = BTreeSet::new();
    let top = "Sales?$apply=topsum(15,Amount)&$orderby=ID";
    for page in crate::asking::pages(server, top, &[("Prefer", "maxpagesize=1")]) {
        pages.extend(page.iter().filter_map(|row| row["ID"].as_i64()));
    }
    assert_eq!(pages, BTreeSet::from([3, 4, 5]));
    for wrong in [
        "topcount(0,Amount)",
        "topcount(1 sub 1,Amount)",
        "topcount(1.5,Amount)",
        "topcount(ID,Amount)",
        "topcount('1',Amount)",
        "topsum(Amount,Amount)",
        "topsum(INF,Amount)",
        "topsum(null,Amount)",
        "toppercent(101,Amount)",
        "toppercent(50 add 51,Amount)",
        "topsum(1,Customer/Name)",
    ] {
        assert_eq!(
            refusal(server, &format!("Sales?$apply={wrong}")).0,
            400,
            "{wrong}"
        );
    }
}

/// The first rows that reach the bound, whatever the others would add (3.3.1).
#[tokio::test]
async fn ranks_end_where_the_bound_is_reached() {
    let server = server().await;
    check_ids(server, "topsum(6,Amount sub 3)", &[3, 4]);
    check_ids(server, "topsum(8,Amount sub 3)", &[1, 2, 3, 4, 5, 6, 7, 8]);
    check_ids(
        server,
        "bottomsum(1,Amount sub 3)",
        &[1, 2, 3, 4, 5, 6, 7, 8],
    );
    check_ids(server, "bottomsum(-4,Amount sub 3)", &[]);
    check_ids(server, "topsum(0,Amount)", &[]);
    check_ids(server, "topsum(-1,Amount)", &[]);
    // Of less than nothing a part is less than nothing, and of nothing there is none.
    check_ids(
        server,
        "toppercent(50,Amount sub 4)",
        &[1, 2, 3, 4, 5, 6, 8],
    );
    check_ids(server, "bottompercent(50,Amount sub 4)", &[1, 7]);
    check_ids(
        server,
        "toppercent(50,Amount sub 3)",
        &[1, 2, 3, 4, 5, 6, 7, 8],
    );
    check_ids(server, "topcount(1 add 1,Amount)", &[3, 4]);
    check_ids(
        server,
        "topcount(length('ab'),Amount)/filter(true)",
        &[3, 4],
    );
    check_ids(server, "toppercent(25 mul 2,Amount)", &[3, 4]);
    // No group vanishes, nor does what it is grouped by.
    check(
        server,
        "Sales?$apply=groupby((Customer/Country),topsum(0,Amount)/aggregate(Amount with sum as T,$count as N))",
        json!([
            {"Customer": {"Country": "Netherlands"}, "T": null, "N": 0},
            {"Customer": {"Country": "USA"}, "T": null, "N": 0},
        ]),
    );
    let sums = "groupby((Customer/Country,Product/Name),aggregate(Amount with sum as S))";
    check(
        server,
        &format!(
            "Sales?$apply={sums}/groupby((Customer/Country),topsum(6,S sub 4)/bottomcount(1,S)\
             /filter(S lt 100)/aggregate(S with sum as T,$count as N))"
        ),
        json!([
            {"Customer": {"Country": "Netherlands"}, "T": 2, "N": 1},
            {"Customer": {"Country": "USA"}, "T": 12, "N": 1},
        ]),
    );
    check(
        server,
        "Sales?$apply=groupby((Customer/Country),topcount(3,Amount)/topsum(-1,ID)/topcount(1,ID)\
         /aggregate(Amount with sum as T,$count as N))",
        json!([
            {"Customer": {"Country": "Netherlands"}, "T": null, "N": 0},
            {"Customer": {"Country": "USA"}, "T": null, "N": 0},
        ]),
    );
    check(
        server,
        "Sales?$apply=groupby((Customer/Country),topcount(3,Amount)/bottomcount(2,ID)/topcount(1,ID)\
         /aggregate(ID with max as I,$count as N))",
        json!([
            {"Customer": {"Country": "Netherlands"}, "I": 7, "N": 1},
            {"Customer": {"Country": "USA"}, "I": 4, "N": 1},
        ]),
    );
    check(
        server,
        &format!(
            "Sales?$apply={sums}/groupby((Customer/Country),topcount(3,S)/bottomcount(2,S)/topcount(1,S)\
             /aggregate(S with max as M,$count as N))"
        ),
        json!([
            {"Customer": {"Country": "Netherlands"}, "M": 3, "N": 1},
            {"Customer": {"Country": "USA"}, "M": 5, "N": 1},
        ]),
    );
}
