//! That what is right passes, and that each rule catches what breaks it.

use super::*;
use serde_json::json;
use std::collections::BTreeSet;

fn model() -> Model {
    let int64 = json!({"$Type": "Edm.Int64"});
    let parent = json!({"$Kind": "NavigationProperty", "$Type": "S.Node", "$Nullable": true});
    let children = json!({"$Kind": "NavigationProperty", "$Type": "S.Node", "$Collection": true});
    let node = json!({
        "$Kind": "EntityType", "$Key": ["id"], "id": int64, "name": {"$Nullable": true},
        "at": {"$Type": "Edm.DateTimeOffset", "$Nullable": true, "$Precision": 6},
        "price": {"$Type": "Edm.Decimal", "$Nullable": true},
        "parent": parent, "children": children,
    });
    let tag = json!({"$Kind": "EntityType", "$Key": ["a", "b"], "a": {}, "b": int64});
    let csdl = json!({
        "$EntityContainer": "S.Container",
        "S": {
            "Node": node, "Tag": tag,
            "Container": {"$Kind": "EntityContainer", "Nodes": {"$Type": "S.Node"}, "Tags": {"$Type": "S.Tag"}},
        },
    });
    Model::read(&csdl).unwrap()
}

/// A whole exchange: target and headers of the request, status, headers and content of the answer.
struct Case<'a> {
    target: &'a str,
    asked: &'a [(&'a str, &'a str)],
    status: u16,
    headers: Vec<(&'a str, &'a str)>,
    body: &'a str,
}

impl<'a> Case<'a> {
    /// An answer of this media type, or these parameters of JSON, in which `~` is the root.
    fn data(target: &'a str, media_type: &'a str, body: &'a str) -> Case<'a> {
        let new = !media_type.contains("odata.") && !media_type.contains('/');
        Case {
            target,
            asked: if new { &[("OData-MaxVersion", "4.01")] } else { &[] },
            status: 200,
            headers: vec![("content-type", media_type), ("odata-version", if new { "4.01" } else { "4.0" })],
            body,
        }
    }

    fn faults(&self) -> Vec<Fault> {
        let headers = self.headers.iter().map(|(name, value)| {
            let is_short = *name == "content-type" && !value.contains('/');
            let value = if is_short { format!("application/json;{value}") } else { (*value).to_owned() };
            ((*name).to_owned(), value)
        });
        let response = Response {
            status: self.status,
            headers: headers.collect(),
            body: self.body.replace('~', "http://h/odata/").into_bytes(),
            complete: true,
        };
        let address = SocketAddr::from(([127, 0, 0, 1], 1));
        let exchange = Exchange::new(address, ("GET", self.target, self.asked), &response);
        check(&exchange, Some(&model()))
    }
}

const OLD: &str = "odata.metadata=minimal";
const NEW: &str = "metadata=minimal";
const FULL: &str = "odata.metadata=full";
const NONE: &str = "odata.metadata=none";
const STREAM: &str = "odata.metadata=minimal;odata.streaming=true";
const TEXTS: &str = "odata.metadata=minimal;ieee754compatible=true";
const EXPONENTS: &str = "odata.metadata=minimal;exponentialdecimals=true";
const CSV: &str = "text/csv;header=present";
const XML: &str = "application/xml";

/// One answer a line: its request, its media type, its content.
const RIGHT: &[(&str, &str, &str)] = &[
    ("/odata/", OLD, r#"{"@odata.context":"~$metadata","value":[{"name":"Nodes","kind":"EntitySet","url":"Nodes"},{"name":"Tags","kind":"EntitySet","url":"Tags"}]}"#),
    ("/odata/", NONE, r#"{"value":[{"name":"Nodes","kind":"EntitySet","url":"Nodes"},{"name":"Tags","kind":"EntitySet","url":"Tags"}]}"#),
    ("/odata/Nodes", OLD, r#"{"@odata.context":"~$metadata#Nodes","value":[]}"#),
    ("/odata/Nodes?$count=true&top=2&a=b%20c", OLD, r#"{"@odata.context":"~$metadata#Nodes","value":[{"id":1,"name":"a","at":null,"price":1.50}],"@odata.count":1,"@odata.nextLink":"~Nodes?$count=true&$top=2&a=b+c&$skiptoken=x"}"#),
    ("/odata/Nodes?$count=true", STREAM, r#"{"@odata.context":"~$metadata#Nodes","@odata.count":1,"value":[{"id":1,"name":"a","at":null,"price":null}]}"#),
    ("/odata/Nodes?$count=true", TEXTS, r#"{"@odata.context":"~$metadata#Nodes","value":[{"id":"1","name":"a","at":null,"price":"1"}],"@odata.count":"1"}"#),
    ("/odata/Nodes", EXPONENTS, r#"{"@odata.context":"~$metadata#Nodes","value":[{"id":1,"name":"a","at":null,"price":1e30}]}"#),
    ("/odata/Nodes(1)", NEW, r#"{"@context":"~$metadata#Nodes/$entity","id":1,"name":"a","at":"2021-01-01T00:00:00Z","price":"NaN"}"#),
    ("/odata/Nodes(1)", NONE, r#"{"id":1,"name":"a","at":"2021-01-01T00:00:00Z","price":1}"#),
    ("/odata/Nodes(1)/name", OLD, r#"{"@odata.context":"~$metadata#Nodes(1)/name","value":"a"}"#),
    ("/odata/Nodes(1)/at", FULL, r##"{"@odata.context":"~$metadata#Nodes(1)/at","@odata.type":"#DateTimeOffset","@odata.metadataEtag":"W/\"x\"","value":"2021-01-01T00:00:00Z"}"##),
    ("/odata/Nodes(1)/at", NONE, r#"{"value":"2021-01-01T00:00:00Z"}"#),
    ("/odata/Nodes?$select=name", OLD, r#"{"@odata.context":"~$metadata#Nodes(name)","value":[{"@odata.id":"~Nodes(1)","name":"a"}]}"#),
    ("/odata/Nodes?$select=id,S.*", OLD, r#"{"@odata.context":"~$metadata#Nodes(id,S.*)","value":[{"id":1}]}"#),
    ("/odata/Nodes?$select=id,parent", OLD, r#"{"@odata.context":"~$metadata#Nodes(id,parent)","value":[{"id":1,"parent@odata.navigationLink":"~Nodes(1)/parent"}]}"#),
    ("/odata/Nodes/$ref", OLD, r#"{"@odata.context":"~$metadata#Collection($ref)","value":[{"@odata.id":"~Nodes(1)"}]}"#),
    ("/odata/Nodes/$ref", NONE, r#"{"value":[{"@odata.id":"~Nodes(1)"}]}"#),
    ("/odata/Nodes(1)/parent/$ref", OLD, r#"{"@odata.context":"~$metadata#$ref","@odata.id":"~Nodes(1)"}"#),
    ("/odata/Nodes?$select=id&$expand=parent,children/$ref", OLD, r#"{"@odata.context":"~$metadata#Nodes(id)","value":[{"id":1,"parent":{"id":2,"name":null,"at":null,"price":null},"children":[{"@odata.id":"~Nodes(3)"}]}]}"#),
    ("/odata/Nodes?$select=id&$expand=parent", NEW, r#"{"@context":"~$metadata#Nodes(id,parent())","value":[{"id":1,"parent":null}]}"#),
    ("/odata/Nodes?$expand=children($levels=2;$select=id)&$select=id", NEW, r#"{"@context":"~$metadata#Nodes(id,children+(id))","value":[{"id":1,"children@count":1,"children":[{"id":2,"children":[{"id":3}],"children@nextLink":"~Nodes(2)/children"}]}]}"#),
    ("/odata/Tags", FULL, r##"{"@odata.context":"~$metadata#Tags","@odata.metadataEtag":"W/\"x\"","value":[{"@odata.type":"#S.Tag","@odata.id":"~Tags(a='o''%2F%25',b=1)","@odata.readLink":"~Tags(a='o''%2F%25',b=1)","a":"o'/%","b@odata.type":"#Int64","b":1}]}"##),
    ("/odata/Nodes?$compute=id div 2 as half", OLD, r##"{"@odata.context":"~$metadata#Nodes","value":[{"id":1,"name":"a","at":null,"price":null,"half@odata.type":"#Int64","half":0}]}"##),
    ("/odata/Nodes?$compute=cast(price,Edm.String) as text&$select=id,text", OLD, r##"{"@odata.context":"~$metadata#Nodes(id,text)","value":[{"id":1,"text":"NaN"}]}"##),
    ("/odata/Nodes?$apply=groupby((name),aggregate(id with max as m))", OLD, r##"{"@odata.context":"~$metadata#Nodes(name,m)","value":[{"@odata.id":null,"name":"a","m@odata.type":"#Double","m":"NaN"}]}"##),
    ("/odata/Nodes?$apply=groupby((parent/name))", NEW, r##"{"@context":"~$metadata#Nodes(parent(name))","value":[{"parent":{"name":"a"}}]}"##),
    ("/odata/Nodes?$apply=concat(filter(id eq 1),aggregate($count as n))", OLD, r##"{"@odata.context":"~$metadata#Nodes(@Core.AnyStructure)","value":[{"id":1,"name":"a","at":null,"price":null},{"@odata.id":null,"n@odata.type":"#Decimal","n":1}]}"##),
    ("/odata/Nodes?$apply=groupby((rollup(name,price)))", OLD, r##"{"@odata.context":"~$metadata#Nodes(name)","value":[{"@odata.id":null,"name":"a","price":1},{"@odata.id":null,"name":"a"}]}"##),
    ("/odata/Nodes?$apply=addnested(children,aggregate(id with max as m) as c)&$select=id", OLD, r##"{"@odata.context":"~$metadata#Nodes(id)","value":[{"id":1,"c@odata.context":"~$metadata#Nodes(m)","c":[{"@odata.id":null,"m@odata.type":"#Int64","m":1}]}]}"##),
    ("/odata/Nodes?$apply=outerjoin(children as c)&$select=id&$expand=c($select=id)", NEW, r##"{"@context":"~$metadata#Nodes(id,c(id))","value":[{"id":1,"c":{"@context":"~$metadata#Nodes(id)/$entity","id":2}},{"id":2,"c":null}]}"##),
    ("/odata/Nodes?$apply=nest(aggregate(id with max as m) as c)", NEW, r##"{"@context":"~$metadata#Nodes(c())","value":[{"@id":null,"c@context":"~$metadata#Nodes(m)","c":[{"@id":null,"m@type":"Int64","m":1}]}]}"##),
    ("/odata/Nodes?$expand=children($apply=aggregate(id with max as m))&$select=id", OLD, r##"{"@odata.context":"~$metadata#Nodes(id,children(m))","value":[{"id":1,"children":[{"@odata.id":null,"m@odata.type":"#Int64","m":1}]}]}"##),
    ("/odata/$crossjoin(Nodes,Tags)?$expand=Tags", OLD, r#"{"@odata.context":"~$metadata#Collection(Edm.ComplexType)","value":[{"Nodes@odata.navigationLink":"~Nodes(1)","Tags":{"a":"x","b":1}}]}"#),
    ("/odata/Nodes/$filter($root/Tags/any() and name ne '(/')", NONE, r#"{"value":[{"id":1,"name":"a","at":null,"price":null}]}"#),
    ("/odata/$crossjoin(Nodes,Tags)", NONE, r#"{"value":[{}]}"#),
    ("/odata/$crossjoin(Nodes,Tags)?$apply=groupby((Tags/a),aggregate(Nodes/id with sum as n))", OLD, r##"{"@odata.context":"~$metadata#Collection(Edm.ComplexType)","value":[{"Tags":{"a":"x"},"n@odata.type":"#Decimal","n":1}]}"##),
    ("/odata/$all", OLD, r#"{"@odata.context":"~$metadata#Collection(Edm.EntityType)","value":[{"@odata.context":"~$metadata#Tags/$entity","a":"x","b":1}]}"#),
    ("/odata/Nodes(1)?$select=id,parent", FULL, r##"{"@odata.context":"~$metadata#Nodes(id,parent)/$entity","@odata.type":"#S.Node","@odata.id":"~Nodes(1)","@odata.readLink":"~Nodes(1)","@odata.metadataEtag":"W/\"x\"","id@odata.type":"#Int64","id":1,"parent@odata.associationLink":"~Nodes(1)/parent/$ref","parent@odata.navigationLink":"~Nodes(1)/parent"}"##),
    ("/odata/Nodes", LINES, "{\"id\":1,\"name\":\"a\",\"at\":null,\"price\":1}\n{\"id\":2,\"name\":\"a\",\"at\":null,\"price\":1}\n"),
    ("/odata/Nodes", LINES, ""),
    ("/odata/Nodes?$expand=parent($select=name),children/$count", CSV, "id,name,at,price,parent/name,children/$count\r\n1,\"a\"\"\r\n,\",2021-01-01T00:00:00Z,-1.5,\"\",2\r\n2,,,,,0\r\n"),
    ("/odata/Nodes?$compute=id as x&$select=x", CSV, "x\r\n\"\"\r\n"),
    ("/odata/Nodes/$count", "text/plain", "12"),
    ("/odata/Nodes(1)/at/$value", "text/plain", "2021-01-01T00:00:00Z"),
    ("/odata/$metadata", "application/json", "{}"),
    ("/odata/$metadata", XML, r#"<Edmx><Schema><EntityType Name="A"><Property Name="a" Type="Edm.Decimal" Precision="3" Scale="1"/><Property Name="b" Type="Edm.Binary" MaxLength="1"/><Annotation><Collection><String>a</String></Collection></Annotation><Annotation><EnumMember>a</EnumMember></Annotation></EntityType><EntityContainer/></Schema></Edmx>"#),
];

/// Each rule, with an answer that breaks it.
const WRONG: &[(Rule, &str, &str, &str)] = &[
    (Rule::MediaType, "/odata/Nodes", "application/atom+xml", "<feed/>"),
    (Rule::MediaType, "/odata/Nodes", XML, "<feed/>"),
    (Rule::MetadataParameter, "/odata/Nodes", "charset=utf-8", r#"{"@context":"~$metadata#Nodes","value":[]}"#),
    (Rule::MetadataParameter, "/odata/Nodes", "application/json;metadata=minimal", r#"{"@odata.context":"~$metadata#Nodes","value":[]}"#),
    (Rule::JsonForm, "/odata/Nodes", OLD, r#"{"@odata.context":"~$metadata#Nodes","value":[]} "#),
    (Rule::JsonForm, "/odata/Nodes", OLD, r#"{"@odata.context":"~$metadata#Nodes","value":[]"#),
    (Rule::JsonForm, "/odata/Nodes", OLD, "[]"),
    (Rule::NamesOnce, "/odata/Nodes", OLD, r#"{"@odata.context":"~$metadata#Nodes","value":[{"id":1,"id":1,"name":"a","at":null,"price":1}]}"#),
    (Rule::NamesOnce, "/odata/Nodes", OLD, r#"{"@odata.context":"~$metadata#Nodes","value":[],"value":[]}"#),
    (Rule::ContextFirst, "/odata/Nodes", OLD, r#"{"value":[],"@odata.context":"~$metadata#Nodes"}"#),
    (Rule::ContextFirst, "/odata/Nodes", OLD, r#"{"@context":"~$metadata#Nodes","value":[]}"#),
    (Rule::ContextGrammar, "/odata/Nodes", OLD, r#"{"@odata.context":"~$metadata#Nodes(","value":[]}"#),
    (Rule::ContextGrammar, "/odata/Nodes", OLD, r#"{"@odata.context":"~$metadata?x#Nodes","value":[]}"#),
    (Rule::ContextUnencoded, "/odata/Tags(a='%2F',b=1)/a", OLD, r#"{"@odata.context":"~$metadata#Tags(a='%2F',b=1)/a","value":"/"}"#),
    (Rule::ContextKnown, "/odata/Nodes", OLD, r#"{"@odata.context":"~$metadata#Others","value":[]}"#),
    (Rule::ContextKnown, "/odata/Nodes?$select=id", OLD, r#"{"@odata.context":"~$metadata#Nodes(id,y)","value":[{"id":1,"y":1}]}"#),
    (Rule::NoEmptyList, "/odata/Nodes?$expand=parent", OLD, r#"{"@odata.context":"~$metadata#Nodes(parent())","value":[]}"#),
    (Rule::NoEmptyList, "/odata/Nodes?$expand=parent", OLD, r#"{"@odata.context":"~$metadata#Nodes(parent(parent()))","value":[]}"#),
    (Rule::ContextOfExpanded, "/odata/Nodes?$select=id&$expand=parent", NEW, r#"{"@context":"~$metadata#Nodes(id)","value":[{"id":1,"parent":{"id":1,"name":null,"at":null,"price":1}}]}"#),
    (Rule::ContextOfEach, "/odata/$all", OLD, r#"{"@odata.context":"~$metadata#Collection(Edm.EntityType)","value":[{"a":"x","b":1}]}"#),
    (Rule::ContextOfEach, "/odata/$all", OLD, r#"{"@odata.context":"~$metadata#Collection(Edm.EntityType)","value":[{"@odata.context":"~$metadata#Tags","a":"x","b":1}]}"#),
    (Rule::ContextOfEach, "/odata/Nodes?$apply=nest(identity as c)", OLD, r#"{"@odata.context":"~$metadata#Nodes(c)","value":[{"@odata.id":null,"c":[]}]}"#),
    (Rule::MetadataTag, "/odata/Nodes", FULL, r#"{"@odata.context":"~$metadata#Nodes","value":[]}"#),
    (Rule::MetadataTag, "/odata/Nodes", FULL, r#"{"@odata.context":"~$metadata#Nodes","@odata.metadataEtag":"x","value":[]}"#),
    (Rule::AbsoluteLinks, "/odata/Nodes", OLD, r#"{"@odata.context":"$metadata#Nodes","value":[]}"#),
    (Rule::AbsoluteLinks, "/odata/Nodes", OLD, r#"{"@odata.context":"~$metadata#Nodes","value":[],"@odata.nextLink":"Nodes?$skiptoken=x"}"#),
    (Rule::AbsoluteLinks, "/odata/Nodes", NONE, r#"{"value":[],"@odata.nextLink":"Nodes?$skiptoken=x"}"#),
    (Rule::OneRoot, "/odata/Nodes", OLD, r#"{"@odata.context":"https://h/odata/$metadata#Nodes","value":[],"@odata.nextLink":"~Nodes?$skiptoken=x"}"#),
    (Rule::OneRoot, "/odata/Nodes", OLD, r#"{"@odata.context":"http://h:80/odata/$metadata#Nodes","value":[],"@odata.nextLink":"~Nodes?$skiptoken=x"}"#),
    (Rule::OneRoot, "/odata/Nodes?$expand=children", NONE, r#"{"value":[{"id":1,"name":"a","at":null,"price":1,"children":[],"children@odata.nextLink":"~Nodes(1)/children"}],"@odata.nextLink":"https://h/odata/Nodes?$expand=children&$skiptoken=x"}"#),
    (Rule::OneRoot, "/odata/$all", OLD, r#"{"@odata.context":"~$metadata#Collection(Edm.EntityType)","value":[{"@odata.context":"http://i/odata/$metadata#Tags/$entity","a":"x","b":1}]}"#),
    (Rule::LinkTaken, "/odata/Nodes", OLD, r#"{"@odata.context":"~$metadata#Nodes","value":[],"@odata.nextLink":"~Nodes?$skip=a"}"#),
    (Rule::LinkTaken, "/odata/Nodes?$select=id,parent", OLD, r#"{"@odata.context":"~$metadata#Nodes(id,parent)","value":[{"id":1,"parent@odata.navigationLink":"~Nodes(2)/parent"}]}"#),
    (Rule::LinkKeepsOptions, "/odata/Nodes?apikey=a", OLD, r#"{"@odata.context":"~$metadata#Nodes","value":[],"@odata.nextLink":"~Nodes?$skiptoken=x"}"#),
    (Rule::LinkKeepsOptions, "/odata/Nodes?$filter=id%20eq%201", OLD, r#"{"@odata.context":"~$metadata#Nodes","value":[],"@odata.nextLink":"~Nodes?$filter=id%20eq%202&$skiptoken=x"}"#),
    (Rule::CollectionForm, "/odata/Nodes", OLD, r#"{"@odata.context":"~$metadata#Nodes","value":[],"more":1}"#),
    (Rule::CollectionForm, "/odata/Nodes", OLD, r#"{"@odata.context":"~$metadata#Nodes","value":[1]}"#),
    (Rule::CollectionForm, "/odata/Nodes", OLD, r#"{"@odata.context":"~$metadata#Nodes"}"#),
    (Rule::CollectionForm, "/odata/Nodes", OLD, r#"{"@odata.context":"~$metadata#Nodes","@odata.metadataEtag":"W/\"x\"","value":[]}"#),
    (Rule::CountForm, "/odata/Nodes", OLD, r#"{"@odata.context":"~$metadata#Nodes","value":[],"@odata.count":"0"}"#),
    (Rule::CountForm, "/odata/Nodes", TEXTS, r#"{"@odata.context":"~$metadata#Nodes","value":[],"@odata.count":0}"#),
    (Rule::CountForm, "/odata/Nodes", OLD, r#"{"@odata.context":"~$metadata#Nodes","value":[],"@odata.count":-1}"#),
    (Rule::StreamOrder, "/odata/Nodes", STREAM, r#"{"@odata.context":"~$metadata#Nodes","value":[],"@odata.count":0}"#),
    (Rule::StreamOrder, "/odata/Nodes", OLD, r#"{"@odata.context":"~$metadata#Nodes","@odata.nextLink":"~Nodes?$skiptoken=x","value":[]}"#),
    (Rule::AllPresent, "/odata/Nodes", OLD, r#"{"@odata.context":"~$metadata#Nodes","value":[{"id":1,"name":"a","price":1}]}"#),
    (Rule::AllPresent, "/odata/Nodes", NONE, r#"{"value":[{"id":1,"name":"a","price":1}]}"#),
    (Rule::AllPresent, "/odata/Nodes", LINES, "{\"id\":1,\"name\":\"a\",\"price\":1}\n"),
    (Rule::AllPresent, "/odata/Nodes?$select=id&$expand=parent", OLD, r#"{"@odata.context":"~$metadata#Nodes(id)","value":[{"id":1,"parent":{"id":2,"name":"a"}}]}"#),
    (Rule::AllPresent, "/odata/Nodes?$select=id&$expand=parent", NEW, r#"{"@context":"~$metadata#Nodes(id,parent())","value":[{"id":1}]}"#),
    (Rule::AllPresent, "/odata/Nodes?$compute=id as x&$select=id,x", OLD, r#"{"@odata.context":"~$metadata#Nodes(id,x)","value":[{"id":1}]}"#),
    (Rule::AllDeclared, "/odata/Nodes", OLD, r#"{"@odata.context":"~$metadata#Nodes","value":[{"id":1,"name":"a","at":null,"price":1,"x":1}]}"#),
    (Rule::AllDeclared, "/odata/Nodes?$compute=id as y", OLD, r#"{"@odata.context":"~$metadata#Nodes","value":[{"id":1,"name":"a","at":null,"price":1,"x":1}]}"#),
    (Rule::AllDeclared, "/odata/Nodes?$select=id", NONE, r#"{"value":[{"id":1,"x":1}]}"#),
    (Rule::AllDeclared, "/odata/Nodes?$select=id", OLD, r#"{"@odata.context":"~$metadata#Nodes(id)","value":[{"id":1,"name":"a"}]}"#),
    (Rule::AllDeclared, "/odata/Nodes?$apply=groupby((name),aggregate(id with max as m))", OLD, r##"{"@odata.context":"~$metadata#Nodes(name)","value":[{"@odata.id":null,"name":"a","m@odata.type":"#Int64","m":1}]}"##),
    (Rule::OfAll, "/odata/Nodes?$apply=groupby((rollup(name,price)))", OLD, r##"{"@odata.context":"~$metadata#Nodes(name,price)","value":[{"@odata.id":null,"name":"a"}]}"##),
    (Rule::ControlKnown, "/odata/Nodes?$select=id&$expand=children", OLD, r#"{"@odata.context":"~$metadata#Nodes(id)","value":[{"id":1,"children@count":0,"children":[]}]}"#),
    (Rule::ControlKnown, "/odata/Nodes?$select=id", OLD, r#"{"@odata.context":"~$metadata#Nodes(id)","value":[{"@odata.etag":"x","id":1}]}"#),
    (Rule::ControlPlace, "/odata/Nodes?$select=name", OLD, r#"{"@odata.context":"~$metadata#Nodes(name)","value":[{"name":"a","@odata.id":"~Nodes(1)"}]}"#),
    (Rule::ControlPlace, "/odata/Nodes?$select=id&$expand=children", OLD, r#"{"@odata.context":"~$metadata#Nodes(id)","value":[{"id":1,"children":[],"children@odata.count":0}]}"#),
    (Rule::ControlPlace, "/odata/Nodes?$select=id,parent", OLD, r#"{"@odata.context":"~$metadata#Nodes(id,parent)","value":[{"parent@odata.navigationLink":"~Nodes(1)/parent","id":1}]}"#),
    (Rule::ControlPlace, "/odata/Nodes?$compute=id as x&$select=id,x", OLD, r##"{"@odata.context":"~$metadata#Nodes(id,x)","value":[{"x@odata.type":"#Int64","id":1,"x":1}]}"##),
    (Rule::ControlPlace, "/odata/Nodes(1)?$select=id", FULL, r##"{"@odata.context":"~$metadata#Nodes(id)/$entity","@odata.metadataEtag":"W/\"x\"","@odata.id":"~Nodes(1)","@odata.type":"#S.Node","@odata.readLink":"~Nodes(1)","id@odata.type":"#Int64","id":1}"##),
    (Rule::NoneHasNone, "/odata/Nodes", NONE, r#"{"@odata.context":"~$metadata#Nodes","value":[]}"#),
    (Rule::NoneHasNone, "/odata/Nodes?$select=name", NONE, r#"{"value":[{"@odata.id":"~Nodes(1)","name":"a"}]}"#),
    (Rule::NoneHasNone, "/odata/Nodes?$select=id,parent", NONE, r#"{"value":[{"id":1,"parent@odata.navigationLink":"~Nodes(1)/parent"}]}"#),
    (Rule::FullHasAll, "/odata/Nodes(1)?$select=id", FULL, r##"{"@odata.context":"~$metadata#Nodes(id)/$entity","@odata.type":"#S.Node","@odata.id":"~Nodes(1)","@odata.metadataEtag":"W/\"x\"","id@odata.type":"#Int64","id":1}"##),
    (Rule::FullHasAll, "/odata/Nodes(1)?$select=id", FULL, r##"{"@odata.context":"~$metadata#Nodes(id)/$entity","@odata.type":"#S.Node","@odata.id":"~Nodes(1)","@odata.readLink":"~Nodes(1)","@odata.metadataEtag":"W/\"x\"","id":1}"##),
    (Rule::FullHasAll, "/odata/Nodes(1)?$select=id,parent", FULL, r##"{"@odata.context":"~$metadata#Nodes(id,parent)/$entity","@odata.type":"#S.Node","@odata.id":"~Nodes(1)","@odata.readLink":"~Nodes(1)","@odata.metadataEtag":"W/\"x\"","id@odata.type":"#Int64","id":1,"parent@odata.navigationLink":"~Nodes(1)/parent"}"##),
    (Rule::HasId, "/odata/Nodes?$select=name", OLD, r#"{"@odata.context":"~$metadata#Nodes(name)","value":[{"name":"a"}]}"#),
    (Rule::HasId, "/odata/Nodes(1)?$select=id", FULL, r##"{"@odata.context":"~$metadata#Nodes(id)/$entity","@odata.type":"#S.Node","@odata.metadataEtag":"W/\"x\"","@odata.readLink":"~Nodes(1)","id@odata.type":"#Int64","id":1}"##),
    (Rule::IdOfKey, "/odata/Nodes?$select=name", OLD, r#"{"@odata.context":"~$metadata#Nodes(name)","value":[{"@odata.id":"~Tags(1)","name":"a"}]}"#),
    (Rule::IdOfKey, "/odata/Nodes(1)?$select=id", FULL, r##"{"@odata.context":"~$metadata#Nodes(id)/$entity","@odata.type":"#S.Node","@odata.id":"~Nodes(2)","@odata.readLink":"~Nodes(1)","@odata.metadataEtag":"W/\"x\"","id@odata.type":"#Int64","id":1}"##),
    (Rule::TransientId, "/odata/Nodes?$apply=groupby((name))", OLD, r#"{"@odata.context":"~$metadata#Nodes(name)","value":[{"name":"a"}]}"#),
    (Rule::TransientId, "/odata/Nodes?$select=name", OLD, r#"{"@odata.context":"~$metadata#Nodes(name)","value":[{"@odata.id":null,"name":"a"}]}"#),
    (Rule::TransientId, "/odata/Nodes?$apply=join(children as c)/groupby((c/name))", OLD, r#"{"@odata.context":"~$metadata#Nodes(c(name))","value":[{"@odata.id":null,"c":{"name":"a"}}]}"#),
    (Rule::ReferenceForm, "/odata/Nodes/$ref", OLD, r#"{"@odata.context":"~$metadata#Collection($ref)","value":[{"@odata.id":"~Nodes(1)","id":1}]}"#),
    (Rule::ReferenceForm, "/odata/Nodes/$ref", OLD, r#"{"@odata.context":"~$metadata#Collection($ref)","value":[{}]}"#),
    (Rule::ExpandedForm, "/odata/Nodes?$select=id&$expand=children", OLD, r#"{"@odata.context":"~$metadata#Nodes(id)","value":[{"id":1,"children":{}}]}"#),
    (Rule::ExpandedForm, "/odata/Nodes?$select=id&$expand=children", OLD, r#"{"@odata.context":"~$metadata#Nodes(id)","value":[{"id":1,"children":null}]}"#),
    (Rule::ExpandedForm, "/odata/Nodes?$select=id&$expand=children", OLD, r#"{"@odata.context":"~$metadata#Nodes(id)","value":[{"id":1,"children":[null]}]}"#),
    (Rule::PropertyForm, "/odata/Nodes(1)/name", OLD, r#"{"@odata.context":"~$metadata#Nodes(1)/name","name":"a"}"#),
    (Rule::PropertyForm, "/odata/Nodes(1)/name", OLD, r#"{"@odata.context":"~$metadata#Nodes(1)/name","value":null}"#),
    (Rule::CrossJoinForm, "/odata/$crossjoin(Nodes,Tags)", OLD, r#"{"@odata.context":"~$metadata#Collection(Edm.ComplexType)","value":[{"Nodes@odata.navigationLink":"~Nodes(1)"}]}"#),
    (Rule::CrossJoinForm, "/odata/$crossjoin(Nodes,Tags)", OLD, r#"{"@odata.context":"~$metadata#Collection(Edm.ComplexType)","value":[{"Nodes@odata.navigationLink":"~Nodes(1)","Tags":null}]}"#),
    (Rule::ServiceDocument, "/odata/", OLD, r#"{"@odata.context":"~$metadata","value":[{"name":"Nodes","kind":"EntitySet","url":"Nodes"}]}"#),
    (Rule::ServiceDocument, "/odata/", OLD, r#"{"@odata.context":"~$metadata","value":[{"name":"Nodes","kind":"EntitySet"},{"name":"Tags","kind":"EntitySet","url":"Tags"}]}"#),
    (Rule::ScalarForm, "/odata/Nodes", TEXTS, r#"{"@odata.context":"~$metadata#Nodes","value":[{"id":1,"name":null,"at":null,"price":null}]}"#),
    (Rule::ScalarForm, "/odata/Nodes?$select=id,at", OLD, r#"{"@odata.context":"~$metadata#Nodes(id,at)","value":[{"id":1,"at":"2021-01-01"}]}"#),
    (Rule::ScalarForm, "/odata/Nodes?$select=id,at", OLD, r#"{"@odata.context":"~$metadata#Nodes(id,at)","value":[{"id":1,"at":"2021-01-01T00:00:00.1234567Z"}]}"#),
    (Rule::ScalarForm, "/odata/Nodes?$compute=id as x&$select=id,x", OLD, r##"{"@odata.context":"~$metadata#Nodes(id,x)","value":[{"id":1,"x@odata.type":"#Int64","x":1.5}]}"##),
    (Rule::ScalarForm, "/odata/Nodes(1)/name", OLD, r#"{"@odata.context":"~$metadata#Nodes(1)/name","value":1}"#),
    (Rule::ScalarForm, "/odata/Nodes(1)/at", NONE, r#"{"value":"a"}"#),
    (Rule::ScalarForm, "/odata/Nodes(1)/at/$value", "text/plain", "a"),
    (Rule::ScalarForm, "/odata/Nodes?$select=id", LINES, "{\"id\":\"1\"}\n"),
    (Rule::ScalarForm, "/odata/Nodes?$select=id", CSV, "id\r\n1.5\r\n"),
    (Rule::Nullable, "/odata/Nodes", OLD, r#"{"@odata.context":"~$metadata#Nodes","value":[{"id":null,"name":"a","at":null,"price":1}]}"#),
    (Rule::TimesInUtc, "/odata/Nodes?$select=id,at", OLD, r#"{"@odata.context":"~$metadata#Nodes(id,at)","value":[{"id":1,"at":"2021-01-01T00:00:00+01:00"}]}"#),
    (Rule::NoExponent, "/odata/Nodes?$select=id,price", OLD, r#"{"@odata.context":"~$metadata#Nodes(id,price)","value":[{"id":1,"price":1e-7}]}"#),
    (Rule::DynamicType, "/odata/Nodes?$compute=id as x&$select=id,x", OLD, r#"{"@odata.context":"~$metadata#Nodes(id,x)","value":[{"id":1,"x":"NaN"}]}"#),
    (Rule::TypeForm, "/odata/Nodes?$compute=id as x&$select=id,x", OLD, r#"{"@odata.context":"~$metadata#Nodes(id,x)","value":[{"id":1,"x@odata.type":"Int64","x":1}]}"#),
    (Rule::TypeForm, "/odata/Nodes?$compute=id as x&$select=id,x", NEW, r##"{"@context":"~$metadata#Nodes(id,x)","value":[{"id":1,"x@type":"#Int64","x":1}]}"##),
    (Rule::TypeForm, "/odata/Nodes?$compute=id as x&$select=id,x", OLD, r##"{"@odata.context":"~$metadata#Nodes(id,x)","value":[{"id":1,"x@odata.type":"#Edm.Int64","x":1}]}"##),
    (Rule::TypeForm, "/odata/Nodes(1)?$select=id", FULL, r##"{"@odata.context":"~$metadata#Nodes(id)/$entity","@odata.type":"#S.Tag","@odata.id":"~Nodes(1)","@odata.readLink":"~Nodes(1)","@odata.metadataEtag":"W/\"x\"","id@odata.type":"#Int64","id":1}"##),
    (Rule::TypeForm, "/odata/Nodes(1)?$select=id", FULL, r##"{"@odata.context":"~$metadata#Nodes(id)/$entity","@odata.type":"#S.Node","@odata.id":"~Nodes(1)","@odata.readLink":"~Nodes(1)","@odata.metadataEtag":"W/\"x\"","id@odata.type":"#Int32","id":1}"##),
    (Rule::LineForm, "/odata/Nodes?$select=id", LINES, "{\"id\":1}"),
    (Rule::LineForm, "/odata/Nodes?$select=id", LINES, "[1]\n"),
    (Rule::LineForm, "/odata/Nodes?$select=id", LINES, "{\"id\":1}\n\n"),
    (Rule::CsvForm, "/odata/Nodes?$select=id", CSV, "id\n1\n"),
    (Rule::CsvForm, "/odata/Nodes?$select=id", CSV, "id\r\n1"),
    (Rule::CsvForm, "/odata/Nodes?$select=id", CSV, "id\r\n1,2\r\n"),
    (Rule::CsvForm, "/odata/Nodes?$select=name", CSV, "name\r\n\r\n"),
    (Rule::CsvForm, "/odata/Nodes?$select=name", CSV, "name\r\n\"a\r\n"),
    (Rule::CsvForm, "/odata/Nodes?$select=name", CSV, "name\r\na\"b\r\n"),
    (Rule::CsvNames, "/odata/Nodes?$select=id", CSV, "id,x\r\n1,2\r\n"),
    (Rule::CsvNames, "/odata/Nodes", CSV, "id\r\n1\r\n"),
    (Rule::CountText, "/odata/Nodes/$count", "text/plain", ""),
    (Rule::CountText, "/odata/Nodes/$count", "text/plain", "-1"),
    (Rule::MetadataForm, "/odata/$metadata", XML, "<Edmx><Schema></Edmx>"),
    (Rule::MetadataForm, "/odata/$metadata", XML, "<Schema><EntityContainer/></Schema>"),
    (Rule::MetadataForm, "/odata/$metadata", XML, "<Edmx>"),
    (Rule::MetadataForm, "/odata/$metadata", "application/json", "{"),
    (Rule::FacetsFit, "/odata/$metadata", XML, r#"<Edmx><Schema><EntityType><Property Name="a" Type="Edm.Int64" Precision="3"/></EntityType><EntityContainer/></Schema></Edmx>"#),
    (Rule::FacetsFit, "/odata/$metadata", XML, r#"<Edmx><Schema><EntityType><Property Name="a" Type="Edm.DateTimeOffset" MaxLength="3"/></EntityType><EntityContainer/></Schema></Edmx>"#),
    (Rule::FacetsFit, "/odata/$metadata", XML, r#"<Edmx><Schema><EntityType><Property Name="a" Type="Edm.String" Scale="variable"/></EntityType><EntityContainer/></Schema></Edmx>"#),
    (Rule::PlainTypes, "/odata/$metadata", XML, r#"<Edmx><Schema><EntityType><Property Name="a" Type="Edm.Untyped"/></EntityType><EntityContainer/></Schema></Edmx>"#),
    (Rule::PlainTypes, "/odata/$metadata", XML, r#"<Edmx><Schema><EntityType><Property Name="a" Type="Edm.Stream"/></EntityType><EntityContainer/></Schema></Edmx>"#),
    (Rule::PlainTypes, "/odata/$metadata", XML, r#"<Edmx><Schema><EntityType Name="A" OpenType="true"/><EntityContainer/></Schema></Edmx>"#),
    (Rule::OneSchema, "/odata/$metadata", XML, r#"<Edmx><Schema/><Schema><EntityContainer/></Schema></Edmx>"#),
    (Rule::OneSchema, "/odata/$metadata", XML, r#"<Edmx><Schema><EntityContainer/><EntityContainer/></Schema></Edmx>"#),
    (Rule::NoEnumCollections, "/odata/$metadata", XML, r#"<Edmx><Schema><EntityContainer><Annotation Term="T"><Collection><EnumMember>A/B</EnumMember></Collection></Annotation></EntityContainer></Schema></Edmx>"#),
];

#[track_caller]
fn check_broken(rule: Rule, case: &Case<'_>) {
    let found = case.faults();
    let seen = found.iter().any(|fault| fault.rule == rule);
    assert!(seen, "{rule:?} {} {}: {found:?}", case.target, case.body);
}

#[test]
fn what_is_right_passes() {
    for (target, media_type, body) in RIGHT {
        let found = Case::data(target, media_type, body).faults();
        assert!(found.is_empty(), "{target} {body}: {found:?}");
    }
}

#[test]
fn each_rule_catches_what_breaks_it() {
    let mut shown: BTreeSet<Rule> = WRONG.iter().map(|(rule, ..)| *rule).collect();
    for (rule, target, media_type, body) in WRONG {
        check_broken(*rule, &Case::data(target, media_type, body));
    }
    for (rule, case) in headers() {
        check_broken(rule, &case);
        shown.insert(rule);
    }
    let not_shown: Vec<&Rule> = Rule::ALL.iter().filter(|rule| !shown.contains(rule)).collect();
    assert!(not_shown.is_empty(), "no answer breaks {not_shown:?}");
}

const ERROR: &str = r#"{"error":{"code":"A","message":"b","target":"c","details":[{"code":"A","message":"b"}],"innererror":{}}}"#;

/// Rules over headers and errors.
fn headers() -> Vec<(Rule, Case<'static>)> {
    let json = ("content-type", "odata.metadata=minimal");
    let (old, new) = (("odata-version", "4.0"), ("odata-version", "4.01"));
    let english = ("content-language", "en");
    let case = |status, headers: &[(&'static str, &'static str)], body| Case {
        target: "/odata/Nodes",
        asked: &[],
        status,
        headers: headers.to_vec(),
        body,
    };
    let error = |body| (Rule::ErrorForm, case(400, &[json, old, english], body));
    vec![
        (Rule::OneVersion, case(200, &[json], "{}")),
        (Rule::OneVersion, case(200, &[json, ("odata-version", "4.2")], "{}")),
        (Rule::OneVersion, case(204, &[old, old], "")),
        (Rule::OneVersion, case(400, &[json, english], ERROR)),
        (Rule::OneVersion, case(400, &[], "")),
        (Rule::VersionAsked, case(204, &[new], "")),
        (Rule::VersionAsked, Case { asked: &[("odata-maxversion", "4.0")], ..case(204, &[new], "") }),
        (Rule::MediaType, case(503, &[("content-type", "text/plain"), old, english], "starting")),
        (Rule::ErrorLanguage, case(400, &[json, old], ERROR)),
        error("{}"),
        error("error"),
        error(r#"{"fault":{"code":"A","message":"b"}}"#),
        error(r#"{"error":{"code":"","message":"b"}}"#),
        error(r#"{"error":{"code":"A"}}"#),
        error(r#"{"error":{"code":"A","message":"b","message":"b"}}"#),
        error(r#"{"error":{"code":"A","message":"b","more":1}}"#),
        error(r#"{"error":{"code":"A","message":"b"},"more":1}"#),
        error(r#"{"error":{"code":"A","message":"b","details":[{}]}}"#),
    ]
}

#[test]
fn headers_that_are_right_pass() {
    let json = ("content-type", "odata.metadata=minimal");
    let headers = vec![json, ("odata-version", "4.0"), ("content-language", "en")];
    let error = Case { target: "/odata/Nodes", asked: &[], status: 400, headers, body: ERROR };
    assert_eq!(error.faults(), []);
    // What HTTP's reader refuses is no answer of the service.
    let refused = Case { target: "/odata/Nodes?<", asked: &[], status: 400, headers: Vec::new(), body: "" };
    assert_eq!(refused.faults(), []);
    let right = r#"{"@odata.context":"~$metadata#Nodes","value":[],"@odata.nextLink":"~Nodes?$skiptoken=x"}"#;
    let case = Case::data("/odata/Nodes?apikey=a", OLD, right);
    // The key is in a header, too.
    let case = Case { asked: &[("Authorization", "Bearer a")], ..case };
    assert_eq!(case.faults(), []);
}
