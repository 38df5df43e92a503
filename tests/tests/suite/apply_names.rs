//! The names of what `$apply` gives, and those that it does not give any more (Data Aggregation 3.1.1
//! and 3.7).

use crate::aggregation::{check, server};
use crate::asking::{get, refusal, rows, small};
use serde_json::json;

#[tokio::test]
async fn an_alias_is_a_name_that_the_rows_do_not_have() {
    let server = server().await;
    let names = "groupby((Product/Name),aggregate(Amount with sum as T))";
    for apply in [
        "aggregate(Amount with sum as Amount)".to_owned(),
        "aggregate(Amount with sum as Product)".to_owned(),
        "aggregate(Amount with sum as A,$count as A)".to_owned(),
        "compute(Amount add 1 as A)/aggregate(A with sum as A)".to_owned(),
        "compute(Amount add 1 as A)/compute(1 as A)".to_owned(),
        format!("{names}/aggregate(T with sum as T)"),
        format!("{names}/groupby((Product/Name),aggregate($count as T))"),
        format!("{names}/compute(1 as T)"),
        format!("{names}/compute(1 as Product)"),
        format!("{names}/aggregate(T with sum from Product/Name with max as T)"),
        format!("{names}&$compute=1 as T"),
    ] {
        let path = format!("Sales?$apply={apply}");
        let expected = (400, "InvalidOptionValue".to_owned());
        assert_eq!(refusal(server, &path), expected, "{apply}");
    }
    // What was aggregated away is free again.
    check(
        server,
        &format!("Sales?$apply={names}/groupby((Product/Name))/aggregate($count as T)"),
        json!([{"T": 3}]),
    );
    check(
        server,
        "Sales?$apply=concat(aggregate($count as T),aggregate(Amount with sum as T))",
        json!([{"T": 8}, {"T": 24}]),
    );
}

#[tokio::test]
async fn a_cast_is_no_name() {
    let server = small().await;
    let ask = |path: &str| get(server, path, &[]).expect(200).json();
    for (with, without) in [
        (
            "groupby((LiveAgent.ReportingEvent/name),aggregate(LiveAgent.ReportingEvent/id with sum as s))",
            "groupby((name),aggregate(id with sum as s))",
        ),
        (
            "groupby((inbox/LiveAgent.Inbox/name))/groupby((inbox/LiveAgent.Inbox/name))",
            "groupby((inbox/name))/groupby((inbox/name))",
        ),
        (
            "aggregate(inbox/LiveAgent.Inbox/id with sum as s,LiveAgent.ReportingEvent/inbox with countdistinct as n)",
            "aggregate(inbox/id with sum as s,inbox with countdistinct as n)",
        ),
    ] {
        let path = |apply: &str| format!("ReportingEvent?$apply={apply}");
        assert_eq!(ask(&path(with)), ask(&path(without)), "{with}");
    }
    let other = "ReportingEvent?$apply=groupby((LiveAgent.Inbox/name))";
    assert_eq!(refusal(server, other), (400, "UnknownType".to_owned()));
}

#[tokio::test]
async fn what_is_aggregated_away_says_so() {
    let server = small().await;
    let totals = "ReportingEvent?$apply=groupby((name,user/name),aggregate(id with sum as T))";
    for (options, status, code, hint) in [
        (
            "&$filter=value gt 1",
            400,
            "UnknownProperty",
            "what 'groupby' and 'aggregate' do not name is no property of their result, which has name, user/name, T",
        ),
        (
            "&$orderby=inbox/name",
            400,
            "UnknownProperty",
            "what 'groupby' and 'aggregate' do not name is no property of their result, which has name, user/name, T",
        ),
        (
            "&$filter=nam eq 'a'",
            400,
            "UnknownProperty",
            "did you mean 'name'?",
        ),
        (
            "&$select=user/nam",
            400,
            "UnknownProperty",
            "did you mean 'user/name'?",
        ),
        ("&$expand=nosuch", 400, "UnknownNavigation", ""),
        (
            "&$expand=name",
            400,
            "UnknownNavigation",
            "use $select for it",
        ),
        ("&$expand=user", 501, "NotImplemented", ""),
        ("&$filter=user eq null", 501, "NotImplemented", ""),
        ("/groupby((user))", 501, "NotImplemented", ""),
        (
            "/aggregate(user with countdistinct as n)",
            501,
            "NotImplemented",
            "",
        ),
    ] {
        let path = format!("{totals}{options}");
        let body = get(server, &path, &[]);
        assert_eq!(refusal(server, &path), (status, code.to_owned()), "{path}");
        let body: serde_json::Value = serde_json::from_slice(&body.body).unwrap();
        let found = body["error"]["innererror"]["hint"]
            .as_str()
            .unwrap_or_default();
        assert_eq!(found, hint, "{path}");
    }
}

#[tokio::test]
async fn a_rollup_has_at_least_two_levels() {
    let server = server().await;
    for apply in [
        "groupby((rollup(Amount)))",
        "groupby((rollup(Nope)))",
        "groupby((rollup(Amount),rollup(ID,Amount)))",
    ] {
        let refused = refusal(server, &format!("Sales?$apply={apply}"));
        assert_eq!(refused, (400, "UnknownProperty".to_owned()), "{apply}");
    }
}

/// Entities behind a `concat` are rows of their properties: where they lead is not known there.
#[tokio::test]
async fn a_path_from_entities_behind_concat_is_not_offered() {
    let server = server().await;
    let concat = "concat(topcount(1,Amount),bottomcount(1,Amount))";
    for then in [
        "groupby((Product/Name))",
        "filter(Product/Name eq 'Sugar')",
        "filter(Product eq null)",
        "orderby(Customer/Name)",
        "aggregate(Product/TaxRate with sum as T)",
        "aggregate(Product with countdistinct as T)",
        "aggregate(Product/$count as T)",
    ] {
        let refused = refusal(server, &format!("Sales?$apply={concat}/{then}"));
        assert_eq!(refused, (501, "NotImplemented".to_owned()), "{then}");
    }
    let nope = refusal(
        server,
        &format!("Sales?$apply={concat}/filter(Produkt/Name eq 'a')"),
    );
    assert_eq!(nope, (400, "UnknownProperty".to_owned()));
    assert_eq!(
        rows(
            server,
            &format!("Sales?$apply={concat}&$filter=Amount gt 1")
        )
        .len(),
        1
    );
}

/// The collection that a transformation or an option works on (3.6).
#[tokio::test]
async fn these_are_the_rows_at_hand() {
    let server = server().await;
    let ids = |path: &str| -> Vec<i64> {
        let rows = rows(server, path).into_iter();
        rows.map(|row| row["ID"].as_i64().unwrap()).collect()
    };
    for (query, expected) in [
        (
            "$filter=Amount mul 3 ge $these/aggregate(Amount with sum)",
            &[4][..],
        ),
        (
            "$filter=Amount gt $these/aggregate(Amount with average)",
            &[3, 4, 5],
        ),
        ("$apply=topcount($these/$count div 3,Amount)", &[3, 4]),
        (
            "$apply=filter(ID lt 4)/filter(Amount eq $these/aggregate(Amount with max))",
            &[3],
        ),
        (
            "$apply=filter(ID lt 4)&$filter=Amount eq $these/aggregate(Amount with max)",
            &[3],
        ),
        ("$apply=top(2)/filter($these/$count eq 2)", &[1, 2]),
        (
            "$filter=ID lt 4&$orderby=ID mul (2 sub $these/$count)",
            &[3, 2, 1],
        ),
        (
            "$filter=Product/TaxRate gt $these/aggregate(Product/TaxRate with average)",
            &[1, 5, 7, 8],
        ),
        (
            "$filter=Customer/Sales/any(s:s/Amount eq $these/aggregate(Amount with max))",
            &[4, 5],
        ),
    ] {
        assert_eq!(ids(&format!("Sales?{query}")), expected, "{query}");
    }
    let totals = "groupby((Product/Name),aggregate(Amount with sum as T))";
    check(
        server,
        &format!("Sales?$apply={totals}/filter(T gt $these/aggregate(T with average))"),
        json!([{"Product": {"Name": "Coffee"}, "T": 12}]),
    );
    check(
        server,
        &format!(
            "Sales?$apply={totals}/compute(T mul 100 div $these/aggregate(T with sum) as P)/filter(P gt 40)&$filter=$these/$count eq 1"
        ),
        json!([{"Product": {"Name": "Coffee"}, "T": 12, "P": 50}]),
    );
    check(
        server,
        "Sales?$apply=compute(Amount div $these/aggregate(Amount with sum) as P)/aggregate(P with sum as S)",
        json!([{"S": 1}]),
    );
    for query in [
        "$apply=groupby((Product/Name),filter(Amount eq $these/aggregate(Amount with max))/aggregate($count as N))",
        "$filter=$these/aggregate(Amount mul $it/Amount with sum) gt 1",
        "$expand=Product($expand=Sales($filter=Amount gt $these/aggregate(Amount with average)))",
        "$filter=Customer/Sales/$filter(Amount gt $these/$count)/$count gt 1",
    ] {
        let refused = refusal(server, &format!("Sales?{query}"));
        assert_eq!(refused, (501, "NotImplemented".to_owned()), "{query}");
    }
    for query in [
        "$filter=$these/aggregate(Nope with sum) gt 1",
        "$apply=compute($these/aggregate(Nope with sum) as N)",
    ] {
        let refused = refusal(server, &format!("Sales?{query}"));
        assert_eq!(refused, (400, "UnknownProperty".to_owned()), "{query}");
    }
}

#[tokio::test]
async fn isdefined_tells_absent_from_null() {
    let server = server().await;
    let rollup =
        "groupby((rollup(Customer/Country,Customer/Name)),aggregate(Amount with sum as T))";
    for (query, expected) in [
        ("$apply=aggregate(Amount with sum as T)&$filter=isdefined(Product)".to_owned(), json!([])),
        ("$apply=aggregate(Amount with sum as T)&$filter=isdefined(T)".to_owned(), json!([{"T": 24}])),
        (
            format!("$apply={rollup}/filter(not isdefined(Customer/Name))"),
            json!([
                {"Customer": {"Country": "Netherlands"}, "T": 5},
                {"Customer": {"Country": "USA"}, "T": 19},
            ]),
        ),
        (
            format!("$apply={rollup}/filter(isdefined(Customer/Name) and isdefined(Customer) and T gt 10)"),
            json!([{"Customer": {"Country": "USA", "Name": "Sue"}, "T": 12}]),
        ),
        (
            format!("$apply={rollup}/groupby((Customer/Name))/compute(isdefined(Customer) as D)"),
            json!([
                {"Customer": {"Name": "Joe"}, "D": true},
                {"Customer": {"Name": "Sue"}, "D": true},
                {"D": false},
            ]),
        ),
        (
            format!("$apply={rollup}/aggregate(case(isdefined(Customer/Name):0,true:T) with sum as S)"),
            json!([{"S": 24}]),
        ),
        ("$apply=concat(topcount(1,Amount),aggregate($count as N))/filter(isdefined(Product))/aggregate($count as M)".to_owned(), json!([{"M": 1}])),
        // An entity has what its type has.
        (
            "$filter=isdefined(Product) and isdefined(Product/Category/Name) and isdefined(ID)&$select=ID&$top=1".to_owned(),
            json!([{"ID": 1}]),
        ),
        ("$apply=compute(1 as A)/filter(isdefined(A))/aggregate($count as N)".to_owned(), json!([{"N": 8}])),
    ] {
        check(server, &format!("Sales?{query}"), expected);
    }
    let totals = "$apply=aggregate(Amount with sum as T)&";
    for (options, path, code) in [
        ("", "Nope", "UnknownProperty"),
        (totals, "Nope", "UnknownProperty"),
        ("", "Product/Nope", "UnknownProperty"),
        ("", "Product/Sales", "TypeMismatch"),
        ("", "1", "TypeMismatch"),
        (totals, "1", "TypeMismatch"),
        ("", "ID,Amount", "TypeMismatch"),
    ] {
        let path = format!("Sales?{options}$filter=isdefined({path})");
        assert_eq!(refusal(server, &path), (400, code.to_owned()), "{path}");
    }
}
