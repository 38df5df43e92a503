//! What `$apply` puts inside of an instance: joined instances, and collections by `addnested`, `nest`
//! and by `$apply` inside `$expand` (Data Aggregation 3.4.3, 3.5).

use crate::aggregation::{check, check_in_order, server};
use crate::asking::{complete, get, refusal, rows};
use serde_json::{Value, json};

#[tokio::test]
async fn addnested() {
    let server = server().await;
    check(
        server,
        "Customers?$apply=addnested(Sales,filter(Amount gt 3) as FilteredSales)&$select=ID",
        json!([
            {"ID": "C1", "FilteredSales": [sale(3)]},
            {"ID": "C2", "FilteredSales": [sale(4), sale(5)]},
            {"ID": "C3", "FilteredSales": []}, {"ID": "C4", "FilteredSales": []},
        ]),
    );
    // Several at once, of which each is over the same collection; and what comes behind sees none.
    check(
        server,
        "Customers?$apply=addnested(Sales,groupby((Product/Name)) as Names,aggregate(Amount with sum as T) as Sums)\
         /filter(Country eq 'USA')&$select=ID&$orderby=ID desc",
        json!([
            {"ID": "C2", "Names": products(&["Coffee", "Paper"]), "Sums": [{"T": 12}]},
            {"ID": "C1", "Names": products(&["Coffee", "Paper", "Sugar"]), "Sums": [{"T": 7}]},
        ]),
    );
    // Inside of what is nested, too.
    check(
        server,
        "Customers?$apply=filter(ID eq 'C1')/addnested(Sales,filter(Amount gt 3)/addnested(Product,identity as P) as S)&$select=ID",
        json!([{"ID": "C1", "S": [with(sale(3), "P", json!({
            "ID": "P2", "CategoryID": "PG1", "Name": "Coffee", "Color": "Brown", "TaxRate": 0.06,
        }))]}]),
    );
    // A single entity stays one.
    check(
        server,
        "Sales?$apply=filter(ID eq 1)/addnested(Product,compute(length(Name) as L) as P)&$select=ID",
        json!([{"ID": 1, "P": {
            "ID": "P3", "CategoryID": "PG2", "Name": "Paper", "Color": "White", "TaxRate": 0.14, "L": 5,
        }}]),
    );
    // It is shown unless '$expand' names others.
    let shown = |path: &str| -> Vec<String> {
        let row = rows(server, path).remove(0);
        let names = row.as_object().unwrap().keys().cloned();
        names.filter(|name| !name.contains('@')).collect()
    };
    let apply = "Customers?$select=ID&$apply=addnested(Sales,top(1) as S)";
    assert_eq!(shown(apply), ["ID", "S"]);
    assert_eq!(shown(&format!("{apply}&$expand=S")), ["ID", "S"]);
    assert_eq!(shown(&format!("{apply}&$expand=Sales")), ["ID", "Sales"]);
    check(
        server,
        "Customers?$apply=addnested(Sales,identity as S)/groupby((Country),aggregate($count as n))",
        json!([{"Country": "France", "n": 1}, {"Country": "Netherlands", "n": 1}, {"Country": "USA", "n": 2}]),
    );
    for (apply, status, code) in [
        (
            "addnested(Sales,identity as Name)",
            400,
            "InvalidOptionValue",
        ),
        (
            "addnested(Sales,identity as S,top(1) as S)",
            400,
            "InvalidOptionValue",
        ),
        ("addnested(Name,identity as S)", 400, "UnknownNavigation"),
        ("addnested(Sale,identity as S)", 400, "UnknownNavigation"),
        (
            "addnested(Sales,filter(Nothing eq 1) as S)",
            400,
            "UnknownProperty",
        ),
        (
            "addnested(Sales,identity as S)/filter(S/$count gt 3)",
            501,
            "NotImplemented",
        ),
        (
            "addnested(Sales,identity as S)/aggregate(S/Amount with sum as T)",
            501,
            "NotImplemented",
        ),
        (
            "addnested(Sales,identity as S)/concat(identity,top(1))",
            501,
            "NotImplemented",
        ),
        (
            "groupby((Name))/addnested(Sales,identity as S)",
            501,
            "NotImplemented",
        ),
        (
            "addnested(Sales,nest(identity as N) as S)",
            501,
            "NotImplemented",
        ),
        // Each member of a thousand would have a thousand.
        (
            "addnested(Sales,identity as S)/nest(identity as N)",
            501,
            "NotImplemented",
        ),
        (
            "addnested(Sales,identity as S)/compute(ID as S)",
            400,
            "InvalidOptionValue",
        ),
        (
            "addnested(Sales,identity as S)&$compute=ID as S",
            400,
            "InvalidOptionValue",
        ),
        (
            "addnested(Sales,identity as S)&$expand=S/$count",
            501,
            "NotImplemented",
        ),
        (
            "addnested(Sales,identity as S)&$expand=S($top=1)",
            501,
            "NotImplemented",
        ),
        (
            "addnested(Sales,identity as S)&$expand=S,S",
            400,
            "DuplicateOption",
        ),
        (
            "addnested(Sales,identity as S)&$expand=Sales($select=S)",
            400,
            "UnknownProperty",
        ),
    ] {
        let path = format!("Customers?$apply={apply}");
        assert_eq!(refusal(server, &path), (status, code.to_owned()), "{path}");
    }
    let path = "Sales?$apply=addnested(Product,filter(true) as P)";
    assert_eq!(
        refusal(server, path),
        (400, "InvalidOptionValue".to_owned())
    );
}

#[tokio::test]
async fn nest() {
    let server = server().await;
    check(
        server,
        "Sales?$apply=nest(groupby((Customer/ID)) as Customers)",
        json!([{"Customers": [
            {"Customer": {"ID": "C1"}}, {"Customer": {"ID": "C2"}}, {"Customer": {"ID": "C3"}},
        ]}]),
    );
    let apply = "filter(Amount gt 3)/nest(aggregate(Amount with sum as T) as Sums,identity as All,topcount(1,Amount) as Top)";
    let all = json!([sale(3), sale(4), sale(5)]);
    check(
        server,
        &format!("Sales?$apply={apply}"),
        json!([{"Sums": [{"T": 16}], "All": all, "Top": [sale(4)]}]),
    );
    check(
        server,
        &format!("Sales?$apply={apply}&$select=Sums"),
        json!([{"Sums": [{"T": 16}]}]),
    );
    // It makes an instance even of nothing, and one alone.
    check(
        server,
        "Sales?$apply=filter(false)/nest(identity as All)",
        json!([{"All": []}]),
    );
    check(
        server,
        "Sales?$apply=nest(identity as All)&$skip=1",
        json!([]),
    );
    let counted = get(server, "Sales?$apply=nest(top(1) as A)&$count=true", &[]);
    assert_eq!(counted.json()["@odata.count"], 1);
    let number = get(server, "Sales/$count?$apply=nest(identity as A)", &[]);
    assert_eq!(number.text(), "1");
    check(
        server,
        "Customers('C2')/Sales?$apply=nest(identity as A)",
        json!([{"A": [sale(4), sale(5)]}]),
    );
    for (path, status, code) in [
        (
            "Sales?$apply=nest(identity as Amount)",
            400,
            "InvalidOptionValue",
        ),
        (
            "Sales?$apply=nest(identity as A,top(1) as A)",
            400,
            "InvalidOptionValue",
        ),
        (
            "Sales?$apply=nest(identity as A)&$select=B",
            400,
            "UnknownProperty",
        ),
        (
            "Sales?$apply=nest(identity as A)&$filter=true",
            501,
            "NotImplemented",
        ),
        (
            "Sales?$apply=nest(identity as A)&$format=csv",
            501,
            "NotImplemented",
        ),
        (
            "Sales?$apply=nest(identity as A)/filter(true)",
            501,
            "NotImplemented",
        ),
        (
            "Sales?$apply=concat(nest(identity as A),identity)",
            501,
            "NotImplemented",
        ),
        (
            "$crossjoin(Sales,Products)?$apply=nest(identity as A)",
            501,
            "NotImplemented",
        ),
    ] {
        assert_eq!(refusal(server, path), (status, code.to_owned()), "{path}");
    }
}

#[tokio::test]
async fn apply_inside_expand() {
    let server = server().await;
    let totals = "$apply=groupby((Product/Name),aggregate(Amount with sum as T))";
    check(
        server,
        &format!("Customers?$select=ID&$expand=Sales({totals})&$filter=ID ne 'C3'"),
        json!([
            {"ID": "C1", "Sales": [total("Coffee", 4), total("Paper", 1), total("Sugar", 2)]},
            {"ID": "C2", "Sales": [total("Coffee", 8), total("Paper", 4)]},
            {"ID": "C4", "Sales": []},
        ]),
    );
    // The other options see what '$apply' makes.
    check_in_order(
        server,
        &format!(
            "Customers?$select=ID&$expand=Sales({totals};$filter=T gt 1;$orderby=T desc;$top=1)&$orderby=Name,ID"
        ),
        json!([
            {"ID": "C1", "Sales": [total("Coffee", 4)]}, {"ID": "C4", "Sales": []},
            {"ID": "C2", "Sales": [total("Coffee", 8)]}, {"ID": "C3", "Sales": [total("Paper", 3)]},
        ]),
    );
    let counted = rows(
        server,
        &format!("Customers?$expand=Sales({totals};$count=true)"),
    );
    let counts: Vec<&Value> = counted
        .iter()
        .map(|row| &row["Sales@odata.count"])
        .collect();
    assert_eq!(counts, [3, 2, 2, 0]);
    // Names outside of it don't lead to what it makes.
    check_in_order(
        server,
        "Customers?$select=ID&$expand=Sales($apply=aggregate($count as Name);$count=true)&$orderby=Name desc,ID&$top=1",
        json!([{"ID": "C2", "Sales": [{"Name": 2}]}]),
    );
    let path = "Sales?$expand=Product($apply=identity)";
    assert_eq!(refusal(server, path), (400, "OptionNotAllowed".to_owned()));
}

/// The context of what is nested is that of what it was made of; 4.0 has no empty parentheses.
#[tokio::test]
async fn nested_contexts() {
    let server = server().await;
    let contexts = |path: &str, headers: &[(&str, &str)]| {
        let body = get(server, path, headers).json();
        let row = &body["value"][0];
        let mut found = Vec::new();
        for member in body
            .as_object()
            .unwrap()
            .iter()
            .chain(row.as_object().unwrap())
        {
            let (name, value) = match member {
                (name, Value::Object(inside)) => match inside.iter().next() {
                    Some((first, value)) if first.ends_with("context") => (name, value),
                    _ => continue,
                },
                (name, value) if name.ends_with("context") => (name, value),
                _ => continue,
            };
            let context = value.as_str().unwrap().split_once('#').unwrap().1;
            let name = name.split('@').next().unwrap();
            found.push(format!("{name}#{context}"));
        }
        found
    };
    for (path, old, new) in [
        (
            "Customers?$apply=addnested(Sales,groupby((Product/Name)) as S)",
            ["#Customers", "S#Sales(Product(Name))"],
            ["#Customers(S())", "S#Sales(Product(Name))"],
        ),
        (
            "Sales?$apply=nest(groupby((Customer/ID)) as C)",
            ["#Sales(C)", "C#Sales(Customer(ID))"],
            ["#Sales(C())", "C#Sales(Customer(ID))"],
        ),
        (
            "Products?$apply=join(Sales as Sale)&$select=ID&$expand=Sale",
            ["#Products(ID)", "Sale#Sales/$entity"],
            ["#Products(ID,Sale())", "Sale#Sales/$entity"],
        ),
    ] {
        assert_eq!(contexts(path, &[]), old, "{path}");
        assert_eq!(
            contexts(path, &[("OData-MaxVersion", "4.01")]),
            new,
            "{path}"
        );
        let none = [("Accept", "application/json;odata.metadata=none")];
        assert!(contexts(path, &none).is_empty(), "{path}");
    }
}

/// What is nested goes on in pages, whose rows are those of the whole.
#[tokio::test]
async fn nested_pages() {
    let server = server().await;
    for path in [
        "Customers?$apply=addnested(Sales,identity as S)",
        "Customers?$apply=addnested(Sales,groupby((Product/Name),aggregate(Amount with sum as T)) as S)",
        "Customers?$apply=addnested(Sales,filter(Amount gt @a) as S)&@a=1",
        "Sales?$apply=filter(Amount gt @a)/nest(groupby((Customer/Name,ID)) as A,orderby(Amount desc) as B)&@a=1",
        "Customers('C1')/Sales?$apply=nest(groupby((Product/Name)) as A)",
        "Customers?$expand=Sales($apply=groupby((Product/Name)))",
        // What a link says of '$it' is the entity that the collection hangs on, no member of it.
        "Customers?$expand=Sales($filter=Amount gt length($it/Name) sub 3 or CustomerID eq $it/ID)",
        "Customers?$apply=addnested(Sales,filter(CustomerID eq $it/ID and Amount ge length($it/Name) sub 2) as S)",
        "Sales?$apply=nest(filter($it/Amount gt 1) as A)",
    ] {
        let whole = get(server, path, &[]).json();
        let first = get(server, path, &[("Prefer", "maxpagesize=1")]);
        assert_eq!(first.status, 200, "{}", first.text());
        let follow = |link: &str| get(server, link, &[]).json();
        let mut links = 0;
        let paged = complete(&follow, first.json(), &mut links);
        assert!(links > 1, "{path}");
        assert_eq!(paged, complete(&follow, whole, &mut 0), "{path}");
    }
}

/// The joined instance and the one that it is joined to are the entities that they were.
#[tokio::test]
async fn joined_entities_keep_their_ids() {
    let server = server().await;
    let ids = |path: &str| {
        let row = rows(server, path).remove(0);
        let id = |value: &Value| {
            value["@odata.id"]
                .as_str()
                .map(|id| id.rsplit_once('/').unwrap().1.to_owned())
        };
        (id(&row), id(&row["Sale"]))
    };
    let some = |id: &str| Some(id.to_owned());
    assert_eq!(
        ids("Products?$apply=join(Sales as Sale)&$select=Name&$expand=Sale($select=Amount)"),
        (some("Products('P1')"), some("Sales(2)"))
    );
    let row = rows(server, "Products?$apply=join(Sales as Sale)&$expand=Sale").remove(0);
    assert!(
        row.get("@odata.id").is_none() && row["Sale"].get("@odata.id").is_none(),
        "{row}"
    );
    let path = "Products?$apply=join(Sales as Sale,aggregate(Amount with sum as T))&$expand=Sale";
    let row = rows(server, path).remove(0);
    assert_eq!(row["Sale"].get("@odata.id"), Some(&Value::Null), "{row}");
}

#[tokio::test]
async fn joins() {
    let server = server().await;
    check(
        server,
        "Products?$apply=join(Sales as Sale)&$select=ID&$expand=Sale($select=ID)&$orderby=Sale/ID",
        json!([
            {"ID": "P3", "Sale": {"ID": 1}}, {"ID": "P1", "Sale": {"ID": 2}},
            {"ID": "P2", "Sale": {"ID": 3}}, {"ID": "P2", "Sale": {"ID": 4}},
            {"ID": "P3", "Sale": {"ID": 5}}, {"ID": "P1", "Sale": {"ID": 6}},
            {"ID": "P3", "Sale": {"ID": 7}}, {"ID": "P3", "Sale": {"ID": 8}},
        ]),
    );
    // Who has nothing is kept by an outer join alone, even where an aggregate makes a row of nothing.
    let totals = "aggregate(Amount with sum as Total))/groupby((Name,TotalSales/Total))";
    check(
        server,
        &format!("Products?$apply=outerjoin(Sales as TotalSales,{totals}"),
        json!([
            {"Name": "Coffee", "TotalSales": {"Total": 12}}, {"Name": "Paper", "TotalSales": {"Total": 8}},
            {"Name": "Pencil", "TotalSales": {"Total": null}}, {"Name": "Sugar", "TotalSales": {"Total": 4}},
        ]),
    );
    check(
        server,
        &format!("Products?$apply=join(Sales as TotalSales,{totals}"),
        json!([
            {"Name": "Coffee", "TotalSales": {"Total": 12}}, {"Name": "Paper", "TotalSales": {"Total": 8}},
            {"Name": "Sugar", "TotalSales": {"Total": 4}},
        ]),
    );
    let filtered = "(Sales as Sale,filter(Amount gt 3))&$select=Name&$expand=Sale($select=Amount)&$orderby=Name,Sale/Amount";
    check(
        server,
        &format!("Products?$apply=outerjoin{filtered}"),
        json!([
            {"Name": "Coffee", "Sale": {"Amount": 4}}, {"Name": "Coffee", "Sale": {"Amount": 8}},
            {"Name": "Paper", "Sale": {"Amount": 4}}, {"Name": "Pencil", "Sale": null}, {"Name": "Sugar", "Sale": null},
        ]),
    );
    check(
        server,
        &format!("Products?$apply=join{filtered}"),
        json!([
            {"Name": "Coffee", "Sale": {"Amount": 4}}, {"Name": "Coffee", "Sale": {"Amount": 8}},
            {"Name": "Paper", "Sale": {"Amount": 4}},
        ]),
    );
    check(
        server,
        "Products?$apply=filter(Color eq 'White')/join(Sales as Sale)/filter(Sale/Amount lt 3)/aggregate($count as n,Sale/Amount with sum as s)",
        json!([{"n": 5, "s": 8}]),
    );
    // A joined instance is shown where it is expanded.
    let rows = rows(server, "Products?$apply=join(Sales as Sale)&$top=1");
    assert!(
        rows[0]["Sale"].is_null() && rows[0]["Name"].is_string(),
        "{rows:?}"
    );
    for (apply, code) in [
        ("join(Nothing as N)", "UnknownNavigation"),
        ("join(Category as C)", "TypeMismatch"),
        ("join(Sales as Name)", "InvalidOptionValue"),
        ("join(Sales as S)&$expand=T", "UnknownNavigation"),
        ("join(Sales as S)&$expand=S($select=T)", "UnknownProperty"),
        ("join(Sales as S)&$expand=S($top=1)", "OptionNotAllowed"),
    ] {
        let path = format!("Products?$apply={apply}");
        assert_eq!(refusal(server, &path), (400, code.to_owned()), "{path}");
    }
}

/// A sale of the sample data, whole.
fn sale(id: i64) -> Value {
    let (customer, date, product, organization, currency, amount) = match id {
        3 => ("C1", "2022-08-07", "P2", "US West", "USD", 4),
        4 => ("C2", "2022-01-03", "P2", "US East", "USD", 8),
        5 => ("C2", "2022-11-09", "P3", "US East", "USD", 4),
        other => panic!("the sale {other} is not described"),
    };
    json!({
        "ID": id, "CustomerID": customer, "Date": date, "ProductID": product,
        "SalesOrganizationID": organization, "CurrencyCode": currency, "Amount": amount,
    })
}

fn with(mut object: Value, name: &str, value: Value) -> Value {
    object[name] = value;
    object
}

fn products(names: &[&str]) -> Value {
    names
        .iter()
        .map(|name| json!({"Product": {"Name": name}}))
        .collect()
}

fn total(product: &str, total: i64) -> Value {
    json!({"Product": {"Name": product}, "T": total})
}
