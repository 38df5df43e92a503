//! The order of what `$apply` gives (Data Aggregation 3.1.2, 3.3): it lasts to the response, and pages
//! keep it.

use crate::aggregation::{check_in_order, check_order_of_ids, server};
use crate::asking::{ids, ids_by_sql, rows, small};
use serde_json::json;

#[tokio::test]
async fn orderby_lasts_to_the_response() {
    let server = server().await;
    let totals = "groupby((Product/Name),aggregate(Amount with sum as Total))";
    let product = |name: &str, total: i64| json!({"Product": {"Name": name}, "Total": total});
    let (coffee, paper, sugar) = (
        product("Coffee", 12),
        product("Paper", 8),
        product("Sugar", 4),
    );
    for (apply, expected) in [
        ("orderby(Total desc)", json!([coffee, paper, sugar])),
        ("orderby(Total)", json!([sugar, paper, coffee])),
        ("orderby(Total)/filter(Total gt 4)", json!([paper, coffee])),
        ("orderby(Total desc)/top(3)/top(1)", json!([coffee])),
        ("orderby(Total desc)/skip(1)/skip(1)", json!([sugar])),
        ("orderby(Total mul -1)/skip(1)/top(1)", json!([paper])),
        // A rank chooses, and does not sort.
        (
            "orderby(Product/Name desc)/topcount(2,Total)",
            json!([paper, coffee]),
        ),
    ] {
        let path = format!("Sales?$apply={totals}/{apply}");
        check_in_order(server, &path, expected);
    }
    check_in_order(
        server,
        &format!("Sales?$apply={totals}/orderby(Total desc)/compute(Total mul 2 as D)/top(1)"),
        json!([{"Product": {"Name": "Coffee"}, "Total": 12, "D": 24}]),
    );
    // $orderby sorts what is sorted already, and $top takes the first.
    let path = |options: &str| format!("Sales?$apply={totals}/orderby(Total desc){options}");
    check_in_order(server, &path("&$top=1"), json!([coffee]));
    check_in_order(server, &path("&$skip=1"), json!([paper, sugar]));
    let by_length = path("&$orderby=length(Product/Name) desc");
    check_in_order(server, &by_length, json!([coffee, paper, sugar]));
    let by_length = format!("Sales?$apply={totals}/orderby(Total)&$orderby=length(Product/Name)");
    check_in_order(server, &by_length, json!([sugar, paper, coffee]));
}

#[tokio::test]
async fn orderby_of_entities_lasts_to_the_response() {
    let server = server().await;
    for (apply, expected) in [
        ("orderby(Amount desc,ID)", &[4, 3, 5, 2, 6, 8, 1, 7][..]),
        ("orderby(Customer/Name desc)/skip(2)/top(2)", &[6, 7]),
        ("orderby(Customer/Name desc)/top(2)", &[4, 5]),
        ("orderby(Customer/Name)/skip(1)/top(2)", &[2, 3]),
        ("orderby(Customer/Name,ID desc)/top(2)", &[3, 2]),
        ("orderby(ID)/skip(6)", &[7, 8]),
        ("skip(6)", &[7, 8]),
        // Those that the later does not tell apart stay as they were.
        (
            "orderby(ID desc)/orderby(Amount)",
            &[7, 1, 8, 6, 2, 5, 3, 4],
        ),
        ("orderby(ID desc)/filter(Amount eq 2)", &[8, 6, 2]),
        (
            "orderby(ID desc)/compute(Amount add 1 as A)/orderby(A)/top(3)",
            &[7, 1, 8],
        ),
    ] {
        check_order_of_ids(server, apply, expected);
    }
    check_order_of_ids(
        server,
        "orderby(ID desc)&$orderby=Amount",
        &[7, 1, 8, 6, 2, 5, 3, 4],
    );
    check_order_of_ids(
        server,
        "orderby(ID desc)&$orderby=Amount&$top=2&$skip=1",
        &[1, 8],
    );
}

#[tokio::test]
async fn the_largest_comes_first() {
    let server = small().await;
    let sql = "SELECT id::int8 FROM messages WHERE account_id = 1 ORDER BY conversation_id DESC NULLS LAST, id DESC";
    let expected = ids_by_sql(sql).await;
    let ordered = "Message?$apply=orderby(conversation_id desc)";
    assert_eq!(ids(server, ordered), expected);
    assert_eq!(ids(server, &format!("{ordered}&$top=1")), expected[..1]);
    assert_eq!(ids(server, &format!("{ordered}/top(1)")).len(), 1);
    let combined = rows(
        server,
        "$crossjoin(Inbox,Label)?$apply=orderby(Inbox/name desc)&$expand=Inbox",
    );
    let names: Vec<&str> = combined
        .iter()
        .filter_map(|row| row["Inbox"]["name"].as_str())
        .collect();
    assert!(
        names.is_sorted_by(|a, b| a >= b) && names.len() > 3,
        "{names:?}"
    );
}

#[tokio::test]
async fn concat_keeps_the_order_of_its_parameters() {
    let server = server().await;
    let total = "aggregate(Amount with sum as Total)";
    check_in_order(
        server,
        &format!("Sales?$apply=concat({total},groupby((Product/Name),{total}))"),
        json!([
            {"Total": 24},
            {"Product": {"Name": "Coffee"}, "Total": 12},
            {"Product": {"Name": "Paper"}, "Total": 8},
            {"Product": {"Name": "Sugar"}, "Total": 4},
        ]),
    );
    // Each in its own order.
    let by = |order: &str| format!("groupby((Product/Name),{total})/orderby({order})");
    let expected = json!([
        {"Product": {"Name": "Sugar"}, "Total": 4},
        {"Product": {"Name": "Paper"}, "Total": 8},
        {"Product": {"Name": "Coffee"}, "Total": 12},
        {"Total": 24},
        {"Product": {"Name": "Sugar"}, "Total": 4},
        {"Product": {"Name": "Paper"}, "Total": 8},
        {"Product": {"Name": "Coffee"}, "Total": 12},
    ]);
    let apply = format!(
        "concat({},concat({total},{}))",
        by("Total"),
        by("Product/Name desc")
    );
    check_in_order(server, &format!("Sales?$apply={apply}"), expected);
    check_in_order(
        server,
        &format!(
            "Sales?$apply=concat({},{total})/filter(Total gt 8)",
            by("Total")
        ),
        json!([{"Product": {"Name": "Coffee"}, "Total": 12}, {"Total": 24}]),
    );
    check_in_order(
        server,
        &format!("Sales?$apply=concat({},{total})/skip(2)", by("Total")),
        json!([{"Product": {"Name": "Coffee"}, "Total": 12}, {"Total": 24}]),
    );
    // A sort goes before the order of the parameters.
    check_in_order(
        server,
        &format!(
            "Sales?$apply=concat({},{total})&$orderby=Total desc&$top=2",
            by("Total")
        ),
        json!([{"Total": 24}, {"Product": {"Name": "Coffee"}, "Total": 12}]),
    );
}

#[tokio::test]
async fn rollup_goes_from_the_finest_to_the_coarsest() {
    let server = server().await;
    let country = |name: &str| json!({"Country": name});
    let customer = |country: &str, name: &str| json!({"Country": country, "Name": name});
    check_in_order(
        server,
        "Sales?$apply=groupby((rollup(Customer/Country,Customer/Name)),aggregate(Amount with sum as Total))",
        json!([
            {"Customer": customer("Netherlands", "Sue"), "Total": 5},
            {"Customer": customer("USA", "Joe"), "Total": 7},
            {"Customer": customer("USA", "Sue"), "Total": 12},
            {"Customer": country("Netherlands"), "Total": 5},
            {"Customer": country("USA"), "Total": 19},
        ]),
    );
    // Each level of the first with all of the second.
    let product =
        |category: &str, name: &str| json!({"Category": {"Name": category}, "Name": name});
    let category = |name: &str| json!({"Category": {"Name": name}});
    check_in_order(
        server,
        "Sales?$apply=filter(Customer/Country eq 'Netherlands')/groupby((\
         rollup(Customer/Country,Customer/Name),rollup(Product/Category/Name,Product/Name)))",
        json!([
            {"Customer": customer("Netherlands", "Sue"), "Product": product("Food", "Sugar")},
            {"Customer": customer("Netherlands", "Sue"), "Product": product("Non-Food", "Paper")},
            {"Customer": customer("Netherlands", "Sue"), "Product": category("Food")},
            {"Customer": customer("Netherlands", "Sue"), "Product": category("Non-Food")},
            {"Customer": country("Netherlands"), "Product": product("Food", "Sugar")},
            {"Customer": country("Netherlands"), "Product": product("Non-Food", "Paper")},
            {"Customer": country("Netherlands"), "Product": category("Food")},
            {"Customer": country("Netherlands"), "Product": category("Non-Food")},
        ]),
    );
}
