//! What `$metadata` says that clients may ask for, asked for.

use crate::asking::{get, refusal, rows, small};
use serde_json::Value;
use tests::Server;

/// The container of `$metadata`, and its sets by their names.
fn container(server: &Server) -> Value {
    let headers = [("Accept", "application/json")];
    let mut csdl = get(server, "$metadata", &headers).expect(200).json();
    csdl["LiveAgent"]["Container"].take()
}

fn sets(container: &Value) -> impl Iterator<Item = (&String, &Value)> {
    let members = container.as_object().unwrap().iter();
    members.filter(|(name, _)| !name.starts_with(['$', '@']))
}

fn texts(value: &Value) -> Vec<&str> {
    let items = value
        .as_array()
        .unwrap_or_else(|| panic!("no array: {value}"));
    items.iter().map(|item| item.as_str().unwrap()).collect()
}

#[tokio::test]
async fn every_format_is_answered() {
    let server = small().await;
    let container = container(server);
    let check = |path: &str, formats: &Value| {
        for format in texts(formats) {
            let response = get(server, path, &[("Accept", format)]).expect(200);
            let (kind, _) = format.split_once(';').unwrap_or((format, ""));
            let answered = response.header("content-type").unwrap();
            assert!(answered.starts_with(kind), "{format}: {answered}");
        }
    };
    check("Inbox", &container["@Capabilities.SupportedFormats"]);
    check(
        "$metadata",
        &container["@Capabilities.SupportedMetadataFormats"],
    );
}

/// A use of each operator.
const OPERATORS: &[(&str, &str)] = &[
    ("eq", "id eq 1"),
    ("ne", "id ne 1"),
    ("gt", "id gt 1"),
    ("ge", "id ge 1"),
    ("lt", "id lt 1"),
    ("le", "id le 1"),
    ("in", "id in (1,2)"),
    ("and", "true and true"),
    ("or", "true or false"),
    ("not", "not false"),
    ("add", "id add 1 eq 2"),
    ("sub", "id sub 1 eq 2"),
    ("mul", "id mul 1 eq 2"),
    ("div", "id div 1 eq 2"),
    ("divby", "id divby 1 eq 2"),
    ("mod", "id mod 2 eq 0"),
    ("any", "conversation/messages/any(m:m/id eq 1)"),
    ("all", "conversation/messages/all(m:m/id eq 1)"),
    ("cast", "cast(id,Edm.String) eq '1'"),
    ("isof", "isof(id,Edm.Int64)"),
    ("case", "case(id eq 1:true,true:false)"),
    ("isdefined", "isdefined(content)"),
];

#[tokio::test]
async fn every_function_and_operator_is_known() {
    let server = small().await;
    let container = container(server);
    let said = texts(&container["@Capabilities.FilterFunctions"]);
    let (functions, operators): (Vec<&str>, Vec<&str>) = said
        .iter()
        .partition(|name| !OPERATORS.iter().any(|(known, _)| known == *name));
    assert_eq!(operators.len(), OPERATORS.len());
    for (_, example) in OPERATORS {
        rows(server, &format!("Message?$top=1&$filter={example}"));
    }
    assert!(functions.len() > 20, "{functions:?}");
    for name in functions {
        let message = call(server, name);
        assert!(message.contains("takes"), "{name}: {message}");
    }
    let message = call(server, "nosuch");
    assert_eq!(message, "there is no function 'nosuch'");
}

/// What is said of a call with five operands, which no function has.
fn call(server: &Server, name: &str) -> String {
    let path = format!("Message?$filter={name}(1,2,3,4,5)");
    let error = get(server, &path, &[]).expect(400).json();
    error["error"]["message"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn what_is_restricted_is_refused_and_the_rest_is_not() {
    let server = small().await;
    let container = container(server);
    for (set, facts) in sets(&container) {
        let of = |term: &str, property: &str| {
            let term = format!("@Capabilities.{term}Restrictions");
            facts[term][format!("Non{property}ableProperties")].clone()
        };
        for (option, hidden) in [
            ("$filter={} eq null", of("Filter", "Filter")),
            ("$orderby={}", of("Sort", "Sort")),
        ] {
            for name in hidden.as_array().into_iter().flatten() {
                let asked = format!("{set}?{}", option.replace("{}", name.as_str().unwrap()));
                assert_eq!(refusal(server, &asked).1, "OptionNotAllowed", "{asked}");
            }
        }
        let searchable = &facts["@Capabilities.SearchRestrictions"]["Searchable"];
        let search = get(server, &format!("{set}?$search=a"), &[]);
        assert_eq!(search.status == 200, searchable.as_bool().unwrap(), "{set}");
        let tags = "$top=1&$skip=1&$compute=1 add 1 as two&$count=true&$select=two";
        assert!(rows(server, &format!("{set}?{tags}")).len() < 2);
        check_apply(server, set, &facts["@Aggregation.ApplySupported"]);
    }
}

/// Each listed property can be grouped by, and takes each method that is listed with it.
fn check_apply(server: &Server, set: &str, facts: &Value) {
    for name in facts["GroupableProperties"]
        .as_array()
        .into_iter()
        .flatten()
    {
        let name = name.as_str().unwrap();
        rows(server, &format!("{set}?$apply=groupby(({name}))"));
    }
    for property in facts["AggregatableProperties"]
        .as_array()
        .into_iter()
        .flatten()
    {
        let name = property["Property"].as_str().unwrap();
        for method in texts(&property["SupportedAggregationMethods"]) {
            rows(
                server,
                &format!("{set}?$apply=aggregate({name} with {method} as x)"),
            );
        }
    }
    for transformation in texts(&facts["Transformations"]) {
        let collection = match set {
            "Conversation" => "messages",
            "Inbox" | "Label" => "conversations",
            "User" => "inboxes",
            // No collection hangs on these.
            _ if transformation.ends_with("join") || transformation == "addnested" => continue,
            _ => "",
        };
        let asked = format!("{set}?$apply={}", example(transformation, collection));
        let response = get(server, &asked, &[]);
        let unsearchable = transformation == "search" && response.status == 501;
        assert!(
            response.status == 200 || unsearchable,
            "{asked}: {}",
            response.text()
        );
    }
}

/// A use of each transformation that suits every set, with a collection of it.
fn example(transformation: &str, collection: &str) -> String {
    let inside = match transformation {
        "join" | "outerjoin" => return format!("{transformation}({collection} as other)"),
        "addnested" => return format!("addnested({collection},identity as other)"),
        "nest" => "identity as all",
        "identity" => return "identity".to_owned(),
        "aggregate" => "$count as n",
        "groupby" => "(created_at),aggregate($count as n)",
        "filter" => "id gt 0",
        "compute" => "id add 1 as next",
        "search" => "a",
        "orderby" => "id desc",
        "skip" | "top" => "1",
        "concat" => "identity,aggregate($count as n)",
        "topcount" | "bottomcount" | "toppercent" | "bottompercent" | "topsum" | "bottomsum" => {
            "10,id"
        }
        other => panic!("no example of '{other}'"),
    };
    format!("{transformation}({inside})")
}

#[tokio::test]
async fn an_expand_deeper_than_said_is_refused() {
    let server = small().await;
    let container = container(server);
    let levels = &container["Conversation"]["@Capabilities.ExpandRestrictions"]["MaxLevels"];
    let levels = usize::try_from(levels.as_u64().unwrap()).unwrap();
    let chain = |depth: usize| {
        let names = ["messages", "conversation"].iter().cycle().take(depth);
        let open = names
            .map(|name| format!("$expand={name}("))
            .collect::<String>();
        let open = open.trim_end_matches('(').to_owned();
        format!("Conversation?$top=1&{open}{}", ")".repeat(depth - 1))
    };
    rows(server, &chain(levels));
    let (_, code) = refusal(server, &chain(levels + 1));
    assert_eq!(code, "LimitExceeded");
}
