//! That what is right passes, and what is wrong is seen.

use super::*;
use serde_json::json;

fn model() -> Model {
    let int64 = json!({"$Type": "Edm.Int64"});
    let parent = json!({"$Kind": "NavigationProperty", "$Type": "S.Node", "$Nullable": true});
    let children = json!({"$Kind": "NavigationProperty", "$Type": "S.Node", "$Collection": true});
    let node = json!({
        "$Kind": "EntityType", "$Key": ["id"], "id": int64, "name": {"$Nullable": true},
        "at": {"$Type": "Edm.DateTimeOffset", "$Nullable": true, "$Precision": 6},
        "parent": parent, "children": children,
    });
    let csdl = json!({
        "$EntityContainer": "S.Container",
        "S": {"Node": node, "Container": {"$Kind": "EntityContainer", "Nodes": {"$Type": "S.Node"}}},
    });
    Model::read(&csdl).unwrap()
}

/// What is wrong with an answer of this media type.
fn faults(target: &str, media_type: &str, body: &str) -> Vec<String> {
    let version = if media_type.contains("odata.") { "4.0" } else { "4.01" };
    let response = Response {
        status: 200,
        headers: vec![
            ("content-type".to_owned(), match media_type.contains('/') {
                true => media_type.to_owned(),
                false => format!("application/json;{media_type}"),
            }),
            ("odata-version".to_owned(), version.to_owned()),
        ],
        body: body.replace("~", "http://h/odata/").into_bytes(),
        complete: true,
    };
    let exchange = Exchange {
        address: SocketAddr::from(([127, 0, 0, 1], 1)),
        method: "GET",
        target,
        response: &response,
    };
    check(&exchange, Some(&model()))
}

const OLD: &str = "odata.metadata=minimal";
const NEW: &str = "metadata=minimal";
const FULL: &str = "odata.metadata=full";
const NONE: &str = "odata.metadata=none";
const STREAM: &str = "odata.metadata=minimal;odata.streaming=true";
const TEXTS: &str = "odata.metadata=minimal;ieee754compatible=true";

/// One answer a line: its request, its media type, its body.
const RIGHT: &[(&str, &str, &str)] = &[
    ("/odata/", OLD, r#"{"@odata.context":"~$metadata","value":[{"name":"Nodes","kind":"EntitySet","url":"Nodes"}]}"#),
    ("/odata/Nodes", OLD, r#"{"@odata.context":"~$metadata#Nodes","value":[]}"#),
    ("/odata/Nodes?$count=true", OLD, r#"{"@odata.context":"~$metadata#Nodes","value":[{"id":1,"name":"a","at":null}],"@odata.count":1,"@odata.nextLink":"~Nodes?$count=true&$skiptoken=x"}"#),
    ("/odata/Nodes?$count=true", STREAM, r#"{"@odata.context":"~$metadata#Nodes","@odata.count":1,"value":[{"id":1,"name":"a","at":null}]}"#),
    ("/odata/Nodes?$count=true", TEXTS, r#"{"@odata.context":"~$metadata#Nodes","value":[{"id":"1","name":"a","at":null}],"@odata.count":"1"}"#),
    ("/odata/Nodes(1)", NEW, r#"{"@context":"~$metadata#Nodes/$entity","id":1,"name":"a","at":"2021-01-01T00:00:00Z"}"#),
    ("/odata/Nodes(1)", NONE, r#"{"id":1,"name":"a","at":"2021-01-01T00:00:00Z"}"#),
    ("/odata/Nodes(1)/name", OLD, r#"{"@odata.context":"~$metadata#Nodes(1)/name","value":"a"}"#),
    ("/odata/Nodes(1)/at", NONE, r#"{"value":"2021-01-01T00:00:00Z"}"#),
    ("/odata/Nodes?$select=name", OLD, r#"{"@odata.context":"~$metadata#Nodes(name)","value":[{"@odata.id":"~Nodes(1)","name":"a"}]}"#),
    ("/odata/Nodes/$ref", OLD, r#"{"@odata.context":"~$metadata#Collection($ref)","value":[{"@odata.id":"~Nodes(1)"}]}"#),
    ("/odata/Nodes(1)/parent/$ref", OLD, r#"{"@odata.context":"~$metadata#$ref","@odata.id":"~Nodes(1)"}"#),
    ("/odata/Nodes?$select=id&$expand=parent,children/$ref", OLD, r#"{"@odata.context":"~$metadata#Nodes(id)","value":[{"id":1,"parent":{"id":2,"name":null,"at":null},"children":[{"@odata.id":"~Nodes(3)"}]}]}"#),
    ("/odata/Nodes?$select=id&$expand=parent", NEW, r#"{"@context":"~$metadata#Nodes(id,parent())","value":[{"id":1,"parent":null}]}"#),
    ("/odata/Nodes?$expand=children($levels=2;$select=id)&$select=id", NEW, r#"{"@context":"~$metadata#Nodes(id,children+(id))","value":[{"id":1,"children@count":1,"children":[{"id":2,"children":[{"id":3}],"children@nextLink":"~Nodes(2)/children"}]}]}"#),
    ("/odata/Nodes?$compute=id div 2 as half", OLD, r##"{"@odata.context":"~$metadata#Nodes","value":[{"id":1,"name":"a","at":null,"half@odata.type":"#Int64","half":0}]}"##),
    ("/odata/Nodes?$apply=groupby((name),aggregate(id with max as m))", OLD, r##"{"@odata.context":"~$metadata#Nodes(name,m)","value":[{"@odata.id":null,"name":"a","m@odata.type":"#Double","m":"NaN"}]}"##),
    ("/odata/Nodes(1)?$select=id", FULL, r##"{"@odata.context":"~$metadata#Nodes(id)/$entity","@odata.type":"#S.Node","@odata.id":"~Nodes(1)","@odata.readLink":"~Nodes(1)","id@odata.type":"#Int64","id":1,"parent@odata.associationLink":"~Nodes(1)/parent/$ref","parent@odata.navigationLink":"~Nodes(1)/parent"}"##),
    ("/odata/Nodes", "application/x-ndjson", "{\"id\":1,\"name\":\"a\",\"at\":null}\n{\"id\":2,\"name\":\"a\",\"at\":null}\n"),
    ("/odata/Nodes", "application/x-ndjson", ""),
];

/// The same, each with what has to be said about it.
const WRONG: &[(&str, &str, &str, &str)] = &[
    ("/odata/Nodes", OLD, r#"{"@odata.context":"~$metadata#Nodes","value":[]} "#, "no JSON"),
    ("/odata/Nodes", OLD, r#"{"value":[],"@odata.context":"~$metadata#Nodes"}"#, "the first member is no context"),
    ("/odata/Nodes", OLD, r#"{"@context":"~$metadata#Nodes","value":[]}"#, "the first member is no context"),
    ("/odata/Nodes", NONE, r#"{"@odata.context":"~$metadata#Nodes","value":[]}"#, "a context where none is wanted"),
    ("/odata/Nodes", "charset=utf-8", r#"{"@context":"~$metadata#Nodes","value":[]}"#, "no 'metadata'"),
    ("/odata/Nodes", OLD, r#"{"@odata.context":"~$metadata#Others","value":[]}"#, "there is no set 'Others'"),
    ("/odata/Nodes", OLD, r#"{"@odata.context":"$metadata#Nodes","value":[]}"#, "without a root"),
    ("/odata/Nodes?$expand=parent", OLD, r#"{"@odata.context":"~$metadata#Nodes(parent())","value":[]}"#, "'()' in a context of 4.0"),
    ("/odata/Nodes('a')/name", OLD, r#"{"@odata.context":"~$metadata#Nodes('%2F')/name","value":"a"}"#, "percent-encoded"),
    ("/odata/Nodes", OLD, r#"{"@odata.context":"~$metadata#Nodes","value":[],"more":1}"#, "member 'more'"),
    ("/odata/Nodes", OLD, r#"{"@odata.context":"~$metadata#Nodes","@odata.nextLink":"~Nodes","value":[]}"#, "not the last"),
    ("/odata/Nodes", OLD, r#"{"@odata.context":"~$metadata#Nodes","value":[],"@odata.nextLink":"Nodes?$skiptoken=x"}"#, "no absolute URL"),
    ("/odata/Nodes", NONE, r#"{"value":[],"@odata.nextLink":"Nodes?$skiptoken=x"}"#, "no absolute URL"),
    ("/odata/Nodes", OLD, r#"{"@odata.context":"~$metadata#Nodes","value":[],"@odata.nextLink":"~Nodes?$skip=a"}"#, "nextLink"),
    ("/odata/Nodes", STREAM, r#"{"@odata.context":"~$metadata#Nodes","value":[],"@odata.count":0}"#, "the count of a stream"),
    ("/odata/Nodes", OLD, r#"{"@odata.context":"~$metadata#Nodes","value":[],"@odata.count":"0"}"#, "is no count"),
    ("/odata/Nodes", TEXTS, r#"{"@odata.context":"~$metadata#Nodes","value":[{"id":1,"name":null,"at":null}]}"#, "is no Int64"),
    ("/odata/Nodes", OLD, r#"{"@odata.context":"~$metadata#Nodes","value":[{"id":1,"name":"a"}]}"#, "'at' is missing"),
    ("/odata/Nodes", OLD, r#"{"@odata.context":"~$metadata#Nodes","value":[{"id":1,"name":"a","at":null,"x":1}]}"#, "'x' is not declared"),
    ("/odata/Nodes", NONE, r#"{"value":[{"id":1,"x":1}]}"#, "'x' is not declared"),
    ("/odata/Nodes", OLD, r#"{"@odata.context":"~$metadata#Nodes","value":[{"id":null,"name":"a","at":null}]}"#, "not nullable"),
    ("/odata/Nodes", OLD, r#"{"@odata.context":"~$metadata#Nodes","value":[{"id":1,"id":1,"name":"a","at":null}]}"#, "given twice"),
    ("/odata/Nodes", OLD, r#"{"@odata.context":"~$metadata#Nodes","value":[{"id":1,"name":"a","at":"2021-01-01"}]}"#, "is no DateTimeOffset"),
    ("/odata/Nodes?$select=name", OLD, r#"{"@odata.context":"~$metadata#Nodes(name)","value":[{"name":"a"}]}"#, "no id"),
    ("/odata/Nodes?$select=name", OLD, r#"{"@odata.context":"~$metadata#Nodes(name)","value":[{"@odata.id":"~Others(1)","name":"a"}]}"#, "the id is of another set"),
    ("/odata/Nodes?$select=name", OLD, r#"{"@odata.context":"~$metadata#Nodes(name)","value":[{"name":"a","@odata.id":"~Nodes(1)"}]}"#, "'@odata.id' does not belong here"),
    ("/odata/Nodes?$select=id", OLD, r#"{"@odata.context":"~$metadata#Nodes(id)","value":[{"id":1,"name":"a"}]}"#, "'name' is not selected"),
    ("/odata/Nodes?$select=id", OLD, r#"{"@odata.context":"~$metadata#Nodes(id,y)","value":[{"id":1,"y":1}]}"#, "in the context and not declared"),
    ("/odata/Nodes/$ref", OLD, r#"{"@odata.context":"~$metadata#Collection($ref)","value":[{"@odata.id":"~Nodes(1)","id":1}]}"#, "more than its id"),
    ("/odata/Nodes/$ref", OLD, r#"{"@odata.context":"~$metadata#Collection($ref)","value":[{}]}"#, "without an id"),
    ("/odata/Nodes(1)/name", OLD, r#"{"@odata.context":"~$metadata#Nodes(1)/name","value":1}"#, "is no String"),
    ("/odata/Nodes(1)/at", NONE, r#"{"value":"a"}"#, "is no DateTimeOffset"),
    ("/odata/Nodes?$select=id&$expand=parent", NEW, r#"{"@context":"~$metadata#Nodes(id)","value":[{"id":1,"parent":{"id":1,"name":null,"at":null}}]}"#, "does not name"),
    ("/odata/Nodes?$select=id&$expand=parent", NEW, r#"{"@context":"~$metadata#Nodes(id,parent())","value":[{"id":1}]}"#, "'parent' is not expanded"),
    ("/odata/Nodes?$select=id&$expand=children", OLD, r#"{"@odata.context":"~$metadata#Nodes(id)","value":[{"id":1,"children":{}}]}"#, "children"),
    ("/odata/Nodes?$select=id&$expand=children", OLD, r#"{"@odata.context":"~$metadata#Nodes(id)","value":[{"children":[],"id":1}]}"#, "behind a navigation property"),
    ("/odata/Nodes?$select=id&$expand=children", OLD, r#"{"@odata.context":"~$metadata#Nodes(id)","value":[{"id":1,"children":[],"children@odata.count":0}]}"#, "stands apart"),
    ("/odata/Nodes?$select=id&$expand=children", OLD, r#"{"@odata.context":"~$metadata#Nodes(id)","value":[{"id":1,"children@count":0,"children":[]}]}"#, "is not known"),
    ("/odata/Nodes?$compute=id as x", OLD, r#"{"@odata.context":"~$metadata#Nodes","value":[{"id":1,"name":"a","at":null,"x":"NaN"}]}"#, "'NaN' without its type"),
    ("/odata/Nodes?$compute=id as x", OLD, r#"{"@odata.context":"~$metadata#Nodes","value":[{"id":1,"name":"a","at":null,"x@odata.type":"Int64","x":1}]}"#, "the type is Int64"),
    ("/odata/Nodes?$compute=id as x", OLD, r##"{"@odata.context":"~$metadata#Nodes","value":[{"id":1,"name":"a","at":null,"x@odata.type":"#Int64","x":1.5}]}"##, "is no Int64"),
    ("/odata/Nodes(1)?$select=id", FULL, r##"{"@odata.context":"~$metadata#Nodes(id)/$entity","@odata.type":"#S.Other","@odata.id":"~Nodes(1)","@odata.readLink":"~Nodes(1)","id@odata.type":"#Int64","id":1}"##, "the type is"),
    ("/odata/Nodes(1)?$select=id", FULL, r##"{"@odata.context":"~$metadata#Nodes(id)/$entity","@odata.type":"#S.Node","@odata.id":"~Nodes(1)","id@odata.type":"#Int64","id":1}"##, "no read link"),
    ("/odata/Nodes(1)?$select=id", FULL, r##"{"@odata.context":"~$metadata#Nodes(id)/$entity","@odata.type":"#S.Node","@odata.id":"~Nodes(1)","@odata.readLink":"~Nodes(1)","id":1}"##, "no type at the full level"),
    ("/odata/Nodes(1)?$select=id", FULL, r##"{"@odata.context":"~$metadata#Nodes(id)/$entity","@odata.type":"#S.Node","@odata.id":"~Nodes(1)","@odata.readLink":"~Nodes(1)","id@odata.type":"#Int32","id":1}"##, "not #Int64"),
    ("/odata/Nodes", "application/x-ndjson", "{\"id\":\"1\"}\n", "is no Int64"),
    ("/odata/Nodes", "application/x-ndjson", "{\"id\":1}", "has no end"),
    ("/odata/", OLD, r#"{"@odata.context":"~$metadata","value":[{"name":"Others","kind":"EntitySet","url":"Others"}]}"#, "service document"),
];

#[test]
fn what_is_right_passes_and_what_is_wrong_is_seen() {
    for (target, media_type, body) in RIGHT {
        let found = faults(target, media_type, body);
        assert!(found.is_empty(), "{body}: {found:?}");
    }
    for (target, media_type, body, expected) in WRONG {
        let found = faults(target, media_type, body);
        let seen = found.iter().any(|fault| fault.contains(expected));
        assert!(seen, "{body}: {found:?}");
    }
}

#[test]
fn headers_and_errors_have_their_form() {
    let check = |status: u16, headers: &[(&str, &str)], body: &str| {
        let headers = headers.iter();
        let response = Response {
            status,
            headers: headers.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            body: body.as_bytes().to_vec(),
            complete: true,
        };
        let exchange = Exchange {
            address: SocketAddr::from(([127, 0, 0, 1], 1)),
            method: "GET",
            target: "/odata/Nodes",
            response: &response,
        };
        super::check(&exchange, None)
    };
    let json = ("content-type", "application/json;odata.metadata=minimal");
    let version = ("odata-version", "4.0");
    let english = ("content-language", "en");
    let right = r#"{"error":{"code":"A","message":"b","target":"c","details":[{"code":"A","message":"b"}],"innererror":{}}}"#;
    assert_eq!(check(400, &[json, version, english], right), [""; 0]);
    assert_eq!(check(503, &[("content-type", "text/plain"), version], "starting"), [""; 0]);
    for (status, headers, body) in [
        (200, vec![json], "{}"),
        (200, vec![json, ("odata-version", "4.2")], "{}"),
        (204, vec![version, version], ""),
        (400, vec![json, version], right),
        (400, vec![json, version, english], "{}"),
        (400, vec![json, version, english], r#"{"error":{"code":"","message":"b"}}"#),
        (400, vec![json, version, english], r#"{"error":{"code":"A"}}"#),
        (400, vec![json, version, english], r#"{"error":{"code":"A","message":"b","more":1}}"#),
        (400, vec![json, version, english], r#"{"error":{"code":"A","message":"b"},"more":1}"#),
        (400, vec![json, version, english], r#"{"error":{"code":"A","message":"b","details":[{}]}}"#),
        (400, vec![json, version, english], "error"),
    ] {
        assert!(!check(status, &headers, body).is_empty(), "{headers:?} {body}");
    }
}
