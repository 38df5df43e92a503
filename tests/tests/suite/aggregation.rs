//! The examples of "OData Extension for Data Aggregation" with their results, on its own model and
//! data (`tests::sales`). The sections are those of its version 4.0.

mod asking;

pub(crate) use asking::{check, check_ids, check_in_order, check_order_of_ids, server};

use crate::asking::{get, refusal, rows};
use odata_core::functions::aggregation::{NOT_OFFERED, TRANSFORMATIONS};
use serde_json::{Value, json};
use std::collections::BTreeSet;

#[tokio::test]
async fn aggregate() {
    let server = server().await;
    check(
        server,
        "Sales?$apply=aggregate(Amount with sum as Total,Amount with max as MxA)",
        json!([{"Total": 24, "MxA": 8}]),
    );
    check(
        server,
        "Sales?$apply=aggregate(Amount mul Product/TaxRate with sum as Tax)",
        json!([{"Tax": 2.08}]),
    );
    check(
        server,
        "Sales?$apply=aggregate(Amount with min as MinAmount)",
        json!([{"MinAmount": 1}]),
    );
    check(
        server,
        "Sales?$apply=aggregate(Amount with average as AverageAmount)",
        json!([{"AverageAmount": 3}]),
    );
    check(
        server,
        "Sales?$apply=aggregate(Product with countdistinct as DistinctProducts)",
        json!([{"DistinctProducts": 3}]),
    );
    check(
        server,
        "Sales?$apply=aggregate(Customer/Country with countdistinct as Countries)",
        json!([{"Countries": 2}]),
    );
    check(
        server,
        "Sales?$apply=aggregate($count as SalesCount)",
        json!([{"SalesCount": 8}]),
    );
    // Of nothing there is one row.
    check(
        server,
        "Sales?$apply=filter(Amount gt 100)/aggregate(Amount with sum as Total,$count as N)",
        json!([{"Total": null, "N": 0}]),
    );
}

#[tokio::test]
async fn aggregate_over_a_collection() {
    let server = server().await;
    check(
        server,
        "Products?$apply=groupby((Name),aggregate(Sales/Amount with sum as Total))",
        json!([
            {"Name": "Coffee", "Total": 12},
            {"Name": "Paper", "Total": 8},
            {"Name": "Pencil", "Total": null},
            {"Name": "Sugar", "Total": 4},
        ]),
    );
    check(
        server,
        "Products?$apply=groupby((Category/Name),aggregate(Sales/Amount with average as A,\
         Sales/Amount with max as M,Sales/$count as N))",
        json!([
            {"Category": {"Name": "Food"}, "A": 4, "M": 8, "N": 4},
            {"Category": {"Name": "Non-Food"}, "A": 2, "M": 4, "N": 4},
        ]),
    );
    check(
        server,
        "Customers?$apply=groupby((Country),aggregate(Sales/Product/TaxRate with min as Least,\
         Sales/Amount with sum as Total,$count as Customers))",
        json!([
            {"Country": "France", "Least": null, "Total": null, "Customers": 1},
            {"Country": "Netherlands", "Least": 0.06, "Total": 5, "Customers": 1},
            {"Country": "USA", "Least": 0.06, "Total": 19, "Customers": 2},
        ]),
    );
    check(
        server,
        "Products?$apply=aggregate(Sales/Amount with countdistinct as N,Sales with countdistinct as S,\
         Category/Products/Sales/Amount with sum as T)",
        json!([{"N": 4, "S": 8, "T": 24}]),
    );
    let entities = "Products?$apply=aggregate(Sales with sum as N)";
    assert_eq!(refusal(server, entities), (400, "TypeMismatch".to_owned()));
}

#[tokio::test]
async fn aggregate_from() {
    let server = server().await;
    check(
        server,
        "Sales?$apply=aggregate(Amount with sum from Time with average as DailyAverage)",
        json!([{"DailyAverage": 24.0 / 7.0}]),
    );
    check(
        server,
        "Sales?$apply=groupby((Customer/Country),aggregate(Amount with sum from Time/Month \
         with max as Best))",
        json!([
            {"Customer": {"Country": "Netherlands"}, "Best": 2},
            {"Customer": {"Country": "USA"}, "Best": 9},
        ]),
    );
    // The sums of a country's products, the largest of a country, and of those the average.
    check(
        server,
        "Sales?$apply=aggregate(Amount with sum from Product/Name with max \
         from Customer/Country with average as A)",
        json!([{"A": 7.5}]),
    );
    check(
        server,
        "Sales?$apply=groupby((Product/Name),aggregate(Amount with sum as S))\
         /aggregate(S with sum from Product/Name with max as M)",
        json!([{"M": 12}]),
    );
    let beside = "Sales?$apply=aggregate(Amount with sum from Time with max as A,$count as N)";
    assert_eq!(refusal(server, beside).0, 501);
    let taken = "Sales?$apply=aggregate(Amount with sum from Time with max as Amount)";
    assert_eq!(refusal(server, taken).0, 400);
}

#[tokio::test]
async fn groupby() {
    let server = server().await;
    let totals = json!([
        {"Customer": {"Country": "Netherlands"}, "Product": {"Name": "Paper"}, "Total": 3},
        {"Customer": {"Country": "Netherlands"}, "Product": {"Name": "Sugar"}, "Total": 2},
        {"Customer": {"Country": "USA"}, "Product": {"Name": "Coffee"}, "Total": 12},
        {"Customer": {"Country": "USA"}, "Product": {"Name": "Paper"}, "Total": 5},
        {"Customer": {"Country": "USA"}, "Product": {"Name": "Sugar"}, "Total": 2},
    ]);
    check(
        server,
        "Sales?$apply=groupby((Customer/Country,Product/Name),aggregate(Amount with sum as Total))",
        totals.clone(),
    );
    let Value::Array(mut combinations) = totals else {
        return;
    };
    for row in &mut combinations {
        row.as_object_mut().unwrap().remove("Total");
    }
    check(
        server,
        "Sales?$apply=groupby((Customer/Country,Product/Name))",
        combinations.into(),
    );
    check(
        server,
        "Sales?$apply=groupby((Product/Name,Amount))",
        json!([
            {"Product": {"Name": "Coffee"}, "Amount": 4},
            {"Product": {"Name": "Coffee"}, "Amount": 8},
            {"Product": {"Name": "Paper"}, "Amount": 1},
            {"Product": {"Name": "Paper"}, "Amount": 2},
            {"Product": {"Name": "Paper"}, "Amount": 4},
            {"Product": {"Name": "Sugar"}, "Amount": 2},
        ]),
    );
    check(
        server,
        "Products?$apply=groupby((Color))",
        json!([{"Color": "Black"}, {"Color": "Brown"}, {"Color": "White"}]),
    );
    // Several paths behind one navigation property are one object.
    check(
        server,
        "Sales?$apply=groupby((Customer/Country,Customer/Name),aggregate($count as N))",
        json!([
            {"Customer": {"Country": "Netherlands", "Name": "Sue"}, "N": 3},
            {"Customer": {"Country": "USA", "Name": "Joe"}, "N": 3},
            {"Customer": {"Country": "USA", "Name": "Sue"}, "N": 2},
        ]),
    );
    let entity = "Sales?$apply=groupby((Product),aggregate(Amount with sum as Total))";
    assert_eq!(refusal(server, entity), (501, "NotImplemented".to_owned()));
}

#[tokio::test]
async fn groupby_with_a_sequence() {
    let server = server().await;
    // The best of each country, and what they are together.
    check(
        server,
        "Sales?$apply=groupby((Customer/Country),topcount(1,Amount)/aggregate(Amount with sum as T))",
        json!([
            {"Customer": {"Country": "Netherlands"}, "T": 2},
            {"Customer": {"Country": "USA"}, "T": 8},
        ]),
    );
    check(
        server,
        "Sales?$apply=groupby((Customer/Country),bottomcount(2,Amount)\
         /aggregate(Amount with sum as T,$count as N))",
        json!([
            {"Customer": {"Country": "Netherlands"}, "T": 3, "N": 2},
            {"Customer": {"Country": "USA"}, "T": 3, "N": 2},
        ]),
    );
    check(
        server,
        "Sales?$apply=groupby((Customer/Country),toppercent(60,Amount)\
         /aggregate(Amount with sum as T))",
        json!([
            {"Customer": {"Country": "Netherlands"}, "T": 4},
            {"Customer": {"Country": "USA"}, "T": 12},
        ]),
    );
    // A filter leaves the group.
    check(
        server,
        "Sales?$apply=groupby((Customer/Country),filter(Amount gt 2)/aggregate($count as N))",
        json!([
            {"Customer": {"Country": "Netherlands"}, "N": 0},
            {"Customer": {"Country": "USA"}, "N": 3},
        ]),
    );
    // The rows of an earlier grouping can be ranked too.
    check(
        server,
        "Sales?$apply=groupby((Customer/Country,Product/Name),aggregate(Amount with sum as S))\
         /groupby((Customer/Country),topcount(1,S)/aggregate(S with max as Best))",
        json!([
            {"Customer": {"Country": "Netherlands"}, "Best": 3},
            {"Customer": {"Country": "USA"}, "Best": 12},
        ]),
    );
    let alone = "Sales?$apply=groupby((Customer/Country),topcount(1,Amount))";
    assert_eq!(refusal(server, alone).0, 501);
}

#[tokio::test]
async fn rollup() {
    let server = server().await;
    check(
        server,
        "Sales?$apply=groupby((rollup(Customer/Country,Customer/Name)),\
         aggregate(Amount with sum as Total))",
        json!([
            {"Customer": {"Country": "USA", "Name": "Joe"}, "Total": 7},
            {"Customer": {"Country": "USA", "Name": "Sue"}, "Total": 12},
            {"Customer": {"Country": "Netherlands", "Name": "Sue"}, "Total": 5},
            {"Customer": {"Country": "USA"}, "Total": 19},
            {"Customer": {"Country": "Netherlands"}, "Total": 5},
        ]),
    );
    // Two of them: every level of one with every level of the other.
    check(
        server,
        "Sales?$apply=groupby((rollup(Customer/Country,Customer/Name),\
         rollup(Product/Category/Name,Product/Name),Currency/Code),\
         aggregate(Amount with sum as Total))/filter(Currency/Code eq 'EUR')",
        json!([
            eur("Sue", "Food", "Sugar", 2),
            eur("Sue", "Non-Food", "Paper", 3),
            eur("Sue", "Food", "", 2),
            eur("Sue", "Non-Food", "", 3),
            eur("", "Food", "Sugar", 2),
            eur("", "Non-Food", "Paper", 3),
            eur("", "Food", "", 2),
            eur("", "Non-Food", "", 3),
        ]),
    );
}

/// A row of the rollups over the one country that pays in euros; what is empty is rolled up.
fn eur(customer: &str, category: &str, product: &str, total: i64) -> Value {
    let mut row = json!({
        "Customer": {"Country": "Netherlands"},
        "Product": {"Category": {"Name": category}},
        "Currency": {"Code": "EUR"},
        "Total": total,
    });
    if !customer.is_empty() {
        row["Customer"]["Name"] = customer.into();
    }
    if !product.is_empty() {
        row["Product"]["Name"] = product.into();
    }
    row
}

#[tokio::test]
async fn what_is_chosen_and_ordered() {
    let server = server().await;
    check_ids(server, "filter(Amount gt 3)", &[3, 4, 5]);
    check_ids(server, "identity", &[1, 2, 3, 4, 5, 6, 7, 8]);
    check(
        server,
        "Products?$apply=search(coffee)/groupby((Name))",
        json!([{"Name": "Coffee"}]),
    );
    check(
        server,
        "Products?$apply=search(white)/aggregate($count as N)",
        json!([{"N": 2}]),
    );
    let behind = "Products?$apply=groupby((Name))/search(coffee)";
    assert_eq!(refusal(server, behind), (501, "NotImplemented".to_owned()));
    check(
        server,
        "Sales?$apply=compute(Amount mul Product/TaxRate as Tax)&$select=Tax&$filter=ID lt 3",
        json!([{"Tax": 0.14}, {"Tax": 0.12}]),
    );
    check(
        server,
        "Sales?$apply=groupby((Product/Name),aggregate(Amount with sum as S))\
         /compute(S div 2 as Half)&$orderby=Half desc&$top=1",
        json!([{"Product": {"Name": "Coffee"}, "S": 12, "Half": 6}]),
    );
}

#[tokio::test]
async fn concat() {
    let server = server().await;
    check(
        server,
        "Sales?$apply=concat(topcount(2,Amount)/groupby((ID,Amount)),\
         aggregate(Amount with sum as Total))",
        json!([{"ID": 4, "Amount": 8}, {"ID": 3, "Amount": 4}, {"Total": 24}]),
    );
    check(
        server,
        "Sales?$apply=groupby((Customer/Country,Product/Name),aggregate(Amount with sum as S))\
         /concat(groupby((Customer/Country),aggregate(S with sum as Total)),\
         aggregate(S with sum as Total))",
        json!([
            {"Customer": {"Country": "Netherlands"}, "Total": 5},
            {"Customer": {"Country": "USA"}, "Total": 19},
            {"Total": 24},
        ]),
    );
}

/// The query options behind `$apply` see its result.
#[tokio::test]
async fn the_result_is_queried() {
    let server = server().await;
    let totals = "Sales?$apply=groupby((Customer/Country),aggregate(Amount with sum as Total))";
    check(
        server,
        &format!("{totals}&$filter=Total ge 10"),
        json!([{"Customer": {"Country": "USA"}, "Total": 19}]),
    );
    check_in_order(
        server,
        &format!("{totals}&$orderby=Total desc&$select=Total"),
        json!([{"Total": 19}, {"Total": 5}]),
    );
    let counted = get(server, &totals.replace('?', "/$count?"), &[]).expect(200);
    assert_eq!(counted.text(), "2");
}

#[tokio::test]
async fn a_sequence_has_its_length() {
    let server = server().await;
    let sequence = |length: usize| format!("Sales?$apply={}", vec!["identity"; length].join("/"));
    assert_eq!(rows(server, &sequence(16)).len(), 8);
    let refused = refusal(server, &sequence(17));
    assert_eq!(refused, (400, "LimitExceeded".to_owned()));
}

/// What multiplies in a short request is counted before it is made.
#[tokio::test]
async fn a_sequence_has_its_breadth() {
    let server = server().await;
    let rollup = "rollup(Customer/Country,Customer/Name)";
    let groups = |count: usize| format!("groupby(({}))", vec![rollup; count].join(","));
    for apply in [
        groups(40),
        format!("groupby((rollup({})))", ["ID"; 100].join(",")),
        vec![groups(1); 16].join("/"),
        ["concat(identity,identity,identity)"; 4].join("/"),
        ["concat(topcount(1,ID),topcount(2,ID))"; 5].join("/"),
    ] {
        let refused = refusal(server, &format!("Sales?$apply={apply}"));
        assert_eq!(refused, (400, "LimitExceeded".to_owned()), "{apply:.80}");
    }
}

/// What the standard has beyond this: refused by name, never misunderstood.
#[tokio::test]
async fn what_is_not_offered_says_so() {
    let server = server().await;
    let hierarchy = "$root/SalesOrganizations,SalesOrgHierarchy,ID";
    for (name, apply) in [
        (
            "ancestors",
            format!("ancestors({hierarchy},filter(ID eq 'US'))"),
        ),
        (
            "descendants",
            format!("descendants({hierarchy},filter(ID eq 'US'))"),
        ),
        ("traverse", format!("traverse({hierarchy},preorder)")),
        (
            "rolluprecursive",
            format!("groupby((rolluprecursive({hierarchy})))"),
        ),
        (
            "custom method",
            "aggregate(Name with Custom.concat as Names)".to_owned(),
        ),
    ] {
        let path = format!("Products?$apply={apply}");
        let expected = (501, "NotImplemented".to_owned());
        assert_eq!(refusal(server, &path), expected, "{name}");
    }
    let known: BTreeSet<_> = TRANSFORMATIONS.iter().chain(NOT_OFFERED).collect();
    assert_eq!(known.len(), TRANSFORMATIONS.len() + NOT_OFFERED.len());
}
