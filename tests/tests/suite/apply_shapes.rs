//! The shapes of the rows that `$apply` gives (Data Aggregation 3.1.1): what a row does not have is
//! absent, which is not null, and the context URL lists what all rows have.

use crate::aggregation::{check, check_in_order, server};
use crate::asking::{ROOT, get, refusal, small};
use serde_json::{Value, json};
use tests::Server;

/// What the context URL says of a result's rows.
#[track_caller]
fn context(server: &Server, path: &str) -> String {
    let body = get(server, path, &[]).expect(200).json();
    let url = body["@odata.context"].as_str().unwrap();
    url.split_once('#').unwrap().1.to_owned()
}

const TOTAL: &str = "aggregate(Amount with sum as Total)";

#[tokio::test]
async fn what_is_absent_stays_absent() {
    let server = server().await;
    let names = format!("groupby((Product/Name),{TOTAL})");
    let expected = json!([
        {"Total": 24},
        {"N": 8},
        {"Product": {"Name": "Coffee"}, "Total": 12},
        {"Product": {"Name": "Paper"}, "Total": 8},
        {"Product": {"Name": "Sugar"}, "Total": 4},
    ]);
    let nested = format!("concat(concat({TOTAL},aggregate($count as N)),{names})");
    let path = format!("Sales?$apply={nested}");
    check_in_order(server, &path, expected.clone());
    let kept = [
        "filter(true)",
        "orderby(1)",
        "skip(0)",
        "top(10)",
        "identity",
    ];
    for then in kept {
        check_in_order(server, &format!("{path}/{then}"), expected.clone());
    }
    check(
        server,
        &format!(
            "{path}/compute(Total mul 2 as D)/filter(Total ge 12)/concat(identity,aggregate($count as N2))"
        ),
        json!([
            {"Total": 24, "D": 48},
            {"Product": {"Name": "Coffee"}, "Total": 12, "D": 24},
            {"N2": 2},
        ]),
    );
    // A rollup inside.
    check(
        server,
        &format!(
            "Sales?$apply=concat(groupby((rollup(Customer/Country,Customer/Name)),{TOTAL}),{TOTAL})/filter(Total gt 12)"
        ),
        json!([{"Customer": {"Country": "USA"}, "Total": 19}, {"Total": 24}]),
    );
    // Null is there.
    check(
        server,
        "Products?$apply=concat(groupby((Name),aggregate(Sales/Amount with sum as T)),groupby((Color)))\
         /filter(T eq null)",
        json!([
            {"Name": "Pencil", "T": null},
            {"Color": "Black"}, {"Color": "Brown"}, {"Color": "White"},
        ]),
    );
}

#[tokio::test]
async fn what_is_absent_is_a_group_of_its_own() {
    let server = server().await;
    let rollup = format!("groupby((rollup(Customer/Country,Customer/Name)),{TOTAL})");
    check(
        server,
        &format!(
            "Sales?$apply={rollup}/groupby((Customer/Name),aggregate(Total with sum as S,$count as N))"
        ),
        json!([
            {"Customer": {"Name": "Joe"}, "S": 7, "N": 1},
            {"Customer": {"Name": "Sue"}, "S": 17, "N": 2},
            {"S": 24, "N": 2},
        ]),
    );
    check(
        server,
        &format!("Sales?$apply={rollup}/groupby((Customer/Name))"),
        json!([{"Customer": {"Name": "Joe"}}, {"Customer": {"Name": "Sue"}}, {}]),
    );
    // Null and absent are two.
    check(
        server,
        "Products?$apply=groupby((Name),aggregate(Sales/Amount with sum as T))\
         /concat(identity,aggregate($count as N))/groupby((T),aggregate($count as M))",
        json!([
            {"T": 12, "M": 1}, {"T": 8, "M": 1}, {"T": 4, "M": 1}, {"T": null, "M": 1}, {"M": 1},
        ]),
    );
    let unknown = format!("Sales?$apply={rollup}/groupby((Customer/Nope))");
    assert_eq!(
        refusal(server, &unknown),
        (400, "UnknownProperty".to_owned())
    );
    // From a finer level.
    check(
        server,
        &format!(
            "Sales?$apply={rollup}/aggregate(Total with sum from Customer/Name with max as M)"
        ),
        json!([{"M": 24}]),
    );
}

/// What comes through `concat` as it is, is the entity that it was.
#[tokio::test]
async fn an_entity_keeps_its_id() {
    let server = small().await;
    let rows = |query: &str, level: &str| {
        let accept = format!("application/json;odata.metadata={level}");
        get(server, query, &[("Accept", &accept)])
            .expect(200)
            .rows()
    };
    let concat = "Label?$apply=filter(id eq 1)/concat(identity,aggregate($count as n))";
    for (query, level, key) in [
        ("", "minimal", json!(null)),
        (
            "&$select=title,n",
            "minimal",
            json!(format!("{ROOT}Label(1)")),
        ),
        ("", "full", json!(format!("{ROOT}Label(1)"))),
        (
            "/compute(1 as one)/filter(true)/top(5)&$select=one",
            "minimal",
            json!(format!("{ROOT}Label(1)")),
        ),
        ("/groupby((id))", "minimal", json!("transient")),
    ] {
        let found = rows(&format!("{concat}{query}"), level);
        let id = |row: &Value| match &row["@odata.id"] {
            Value::Null if row.get("@odata.id").is_some() => json!("transient"),
            id => id.clone(),
        };
        assert_eq!(id(&found[0]), key, "{query}");
        assert_eq!(id(&found[1]), json!("transient"), "{query}");
    }
    for level in ["none", "minimal", "full"] {
        let alone = rows("Label?$filter=id eq 1", level);
        let twice = "Label?$apply=filter(id eq 1)/concat(identity,identity)";
        assert_eq!(
            rows(twice, level),
            [alone.clone(), alone].concat(),
            "{level}"
        );
    }
}

#[tokio::test]
async fn the_context_lists_what_all_rows_have() {
    let server = server().await;
    let names = format!("groupby((Product/Name),{TOTAL})");
    for (apply, expected) in [
        (format!("concat({names},{TOTAL})"), "Sales(Total)"),
        (
            format!("concat({names},{names})"),
            "Sales(Product(Name),Total)",
        ),
        (
            format!("groupby((rollup(Customer/Country,Product/Name)),{TOTAL})"),
            "Sales(Customer(Country),Total)",
        ),
        (
            format!("groupby((rollup(Customer/Country,Customer/Name)),{TOTAL})"),
            "Sales(Customer(Country),Total)",
        ),
        (
            format!("concat({TOTAL},aggregate($count as N))"),
            "Sales(@Core.AnyStructure)",
        ),
        (
            format!("concat({names},{TOTAL})&$select=Product"),
            "Sales(@Core.AnyStructure)",
        ),
        (
            format!("concat({names},{TOTAL})/compute(1 as A)"),
            "Sales(Total,A)",
        ),
        // Entities, with what was computed beside them.
        ("compute(Amount mul 2 as D)".to_owned(), "Sales(*,D)"),
        (
            "compute(Amount mul 2 as D)&$select=D".to_owned(),
            "Sales(D)",
        ),
        ("filter(Amount gt 2)".to_owned(), "Sales"),
    ] {
        let path = format!("Sales?$apply={apply}");
        assert_eq!(context(server, &path), expected, "{path}");
    }
}

/// Rows of any shapes, in any transformation: an answer, or a refusal that says what is wrong.
#[tokio::test]
async fn rows_of_several_shapes_never_break_what_follows() {
    let server = small().await;
    let one = |path: &str| get(server, &format!("Message?$apply={path}"), &[]);
    // This was out of bounds.
    let path =
        "concat(identity,top(1))/groupby((inbox/name),aggregate(content with countdistinct as n))";
    assert_eq!(one(path).status, 501, "{}", one(path).text());
    let shapes = [
        "identity",
        "top(1)",
        "compute(id add 1 as x)",
        "groupby((inbox/name))",
        "groupby((rollup(inbox_id,sender/name)),aggregate($count as n))",
        "aggregate(id with max as n)",
        "concat(groupby((status)),aggregate($count as n))",
    ];
    let following = [
        "groupby((inbox/name),aggregate(content with countdistinct as m))",
        "groupby((x,n),aggregate($count as m))",
        "groupby((rollup(inbox_id,status)),aggregate(id with sum as m))",
        "groupby((inbox_id),topcount(1,id)/aggregate(n with max as m))",
        "aggregate(id with max from inbox with average as m)",
        "aggregate(n with max from inbox/name with min from status with max as m)",
        "filter(isdefined(n) and isdefined(inbox/name) or isdefined(x))",
        "orderby(inbox/name,n desc)/skip(1)/compute(n add 1 as m)",
        "topsum(5,n)/concat(identity,aggregate(n with sum as m))",
        "join(attachments as a)",
        "nest(groupby((inbox/name)) as m)",
        "identity&$orderby=inbox/name&$filter=n ge 0&$select=inbox,n,x&$count=true",
    ];
    for left in shapes {
        for right in shapes {
            for then in following {
                let path = format!("concat({left},{right})/{then}");
                let response = one(&path);
                let known = matches!(response.status, 200 | 400 | 501);
                assert!(known && response.complete, "{path}: {}", response.text());
            }
        }
    }
}
