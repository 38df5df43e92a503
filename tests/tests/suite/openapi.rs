//! The OpenAPI document: what it says is so. Every path is answered, every example too, and what comes
//! back has the form that it says.

use crate::asking::{HOST, get, refusal, small};
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use tests::{Server, fixture, sales};

/// Entities of each set that the paths are tried with.
const ENTITIES: usize = 4;

fn document(server: &Server) -> Value {
    get(server, "openapi.json", &[]).expect(200).json()
}

/// What a `$ref` leads to, or the object itself.
fn resolve<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    match value["$ref"].as_str() {
        Some(target) => {
            let pointer = target.strip_prefix('#').unwrap();
            document
                .pointer(pointer)
                .unwrap_or_else(|| panic!("{target} leads nowhere"))
        }
        None => value,
    }
}

/// Where a value is not what a schema says. A keyword that is not known here is a fault, so that no part
/// of a schema goes unread.
fn fault(document: &Value, schema: &Value, value: &Value) -> Option<String> {
    let schema = resolve(document, schema).as_object().unwrap();
    schema.iter().find_map(|(keyword, of)| {
        let holds = match &**keyword {
            "type" => match of {
                Value::Array(types) => types.iter().any(|ty| is(ty, value)),
                ty => is(ty, value),
            },
            "enum" => of.as_array().unwrap().contains(value),
            "minimum" => value.as_i64() >= of.as_i64(),
            "anyOf" => {
                let mut choices = of.as_array().unwrap().iter();
                choices.any(|choice| fault(document, choice, value).is_none())
            }
            "items" => {
                let mut items = value.as_array().into_iter().flatten();
                return items.find_map(|item| fault(document, of, item));
            }
            "required" => {
                let mut names = of.as_array().unwrap().iter();
                names.all(|name| value.get(name.as_str().unwrap()).is_some())
            }
            "properties" => {
                let known = of.as_object().unwrap();
                return value
                    .as_object()
                    .into_iter()
                    .flatten()
                    .find_map(|(name, member)| {
                        let found = fault(document, known.get(name)?, member)?;
                        Some(format!("{name}: {found}"))
                    });
            }
            // The validator of the suite knows the form of each type of text.
            "title" | "description" | "examples" | "format" | "pattern" | "contentMediaType" => {
                true
            }
            _ => return Some(format!("the keyword '{keyword}' is not known")),
        };
        (!holds).then(|| format!("{value} is not '{keyword}': {of}"))
    })
}

fn is(ty: &Value, value: &Value) -> bool {
    match ty.as_str().unwrap() {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("no type of JSON is called {other}"),
    }
}

/// A path of the document with the key of an entity in it, or as it is.
fn filled(template: &str, entity: &Value) -> String {
    let segments = template.split('/').map(|segment| {
        let name = segment
            .strip_prefix('{')
            .and_then(|it| it.strip_suffix('}'));
        match name.map(|name| &entity[name]) {
            Some(Value::String(text)) => text.replace(' ', "%20"),
            Some(value) => value.to_string(),
            None => segment.to_owned(),
        }
    });
    segments
        .collect::<Vec<_>>()
        .join("/")
        .trim_start_matches('/')
        .to_owned()
}

/// Asks, and holds the answer against the operation; its status.
#[track_caller]
fn ask(server: &Server, document: &Value, (path, operation): (&str, &Value), query: &str) -> u16 {
    let response = get(server, &format!("{path}{query}"), &[]);
    let status = response.status.to_string();
    let said = &operation["responses"][&status];
    assert!(
        !said.is_null(),
        "{path}{query}: {status} {}",
        response.text()
    );
    let content = &resolve(document, said)["content"];
    if response.status != 200 {
        assert!(
            content.is_null() && response.body.is_empty(),
            "{path}{query}"
        );
        return response.status;
    }
    let media_type = response.header("content-type").unwrap();
    let media_type = media_type.split(';').next().unwrap();
    let said = &content[media_type];
    assert!(
        said.is_object(),
        "{path}{query}: {media_type} is not announced"
    );
    if let Some(schema) = said.get("schema") {
        let body = match media_type {
            "application/json" => response.json(),
            _ => Value::String(response.text().to_owned()),
        };
        assert_eq!(fault(document, schema, &body), None, "{path}{query}");
    }
    200
}

/// The query options of an operation with their examples, and with every name that they may name.
fn queries(document: &Value, operation: &Value) -> Vec<String> {
    let mut queries = vec![String::new()];
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    for parameter in parameters.map(|it| resolve(document, it)) {
        let name = parameter["name"].as_str().unwrap();
        let mut values: Vec<Value> = parameter.get("example").cloned().into_iter().collect();
        let examples = parameter["examples"].as_object().into_iter().flatten();
        values.extend(examples.map(|(_, example)| example["value"].clone()));
        assert!(!values.is_empty(), "{name} has no example");
        for value in &values {
            assert_eq!(
                fault_of_parameter(document, parameter, value),
                None,
                "{name}"
            );
        }
        let schema = &parameter["schema"];
        if let Some(names) = schema["items"]["enum"].as_array() {
            let most = schema["maxItems"]
                .as_u64()
                .map_or(names.len(), |most| most as usize);
            values.extend(names.chunks(most).map(|names| Value::Array(names.to_vec())));
        }
        let names = schema["enum"].as_array().into_iter().flatten();
        values.extend(names.cloned());
        queries.extend(values.iter().map(|value| match value {
            Value::String(text) => format!("?{name}={text}"),
            Value::Array(items) => {
                let items: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
                format!("?{name}={}", items.join(","))
            }
            other => format!("?{name}={other}"),
        }));
    }
    queries
}

/// The same for the schema of a parameter, which may bound an array.
fn fault_of_parameter(document: &Value, parameter: &Value, value: &Value) -> Option<String> {
    let mut schema = parameter["schema"].as_object().unwrap().clone();
    for keyword in ["uniqueItems", "maxItems", "maximum"] {
        schema.remove(keyword);
    }
    fault(document, &Value::Object(schema), value)
}

#[track_caller]
fn check(server: &Server) -> BTreeSet<u16> {
    let document = document(server);
    let mut seen = BTreeSet::new();
    for (template, item) in document["paths"].as_object().unwrap() {
        let methods: Vec<&String> = item.as_object().unwrap().keys().collect();
        assert!(
            methods
                .iter()
                .all(|name| matches!(&***name, "get" | "parameters")),
            "{template}"
        );
        let operation = &item["get"];
        let queries = queries(&document, operation);
        let set = template.split('/').nth(1).unwrap();
        let entities = match template.contains('{') {
            true => get(server, set, &[]).rows(),
            false => vec![Value::Null],
        };
        assert!(!entities.is_empty(), "{set} is empty");
        for (place, entity) in entities.iter().take(ENTITIES).enumerate() {
            let path = filled(template, entity);
            // What an option does hangs on no entity.
            let queries = if place == 0 {
                &queries[..]
            } else {
                &queries[..1]
            };
            for query in queries {
                seen.insert(ask(server, &document, (&path, operation), query));
            }
        }
    }
    seen
}

#[tokio::test]
async fn every_path_and_every_example_is_answered_as_the_document_says() {
    // A relation that leads nowhere is among them.
    assert_eq!(check(small().await), BTreeSet::from([200, 204]));
    // Keys of text and of dates, Decimals, a relation to the type itself.
    let sales = sales::server().await;
    assert_eq!(check(&sales), BTreeSet::from([200, 204]));
}

#[tokio::test]
async fn the_document_has_what_metadata_has() {
    let sales = sales::server().await;
    for server in [small().await, &sales] {
        let csdl = get(server, "$metadata?$format=json", &[])
            .expect(200)
            .json();
        let document = document(server);
        let container = csdl["$EntityContainer"].as_str().unwrap();
        let (namespace, container) = container.rsplit_once('.').unwrap();
        let members = |value: &Value| -> Map<String, Value> {
            let members = value.as_object().unwrap().clone();
            let own = members
                .into_iter()
                .filter(|(name, _)| !name.contains(['$', '@']));
            own.collect()
        };
        let mut paths = BTreeSet::from(["/".to_owned(), "/$metadata".to_owned()]);
        for (set, declared) in members(&csdl[namespace][container]) {
            let (_, name) = declared["$Type"]
                .as_str()
                .unwrap()
                .rsplit_once('.')
                .unwrap();
            let ty = &csdl[namespace][name];
            let schema = &document["components"]["schemas"][format!("{namespace}.{name}")];
            let names: Vec<String> = members(ty).into_iter().map(|(name, _)| name).collect();
            let said: Vec<String> = members(&schema["properties"])
                .into_iter()
                .map(|(name, _)| name)
                .collect();
            assert_eq!(names, said, "{set}");
            let key = ty["$Key"].as_array().unwrap().iter();
            let key: String = key
                .map(|name| format!("/{{{}}}", name.as_str().unwrap()))
                .collect();
            paths.extend([
                format!("/{set}"),
                format!("/{set}/$count"),
                format!("/{set}{key}"),
            ]);
            for (name, declared) in members(ty) {
                if declared["$Kind"] != "NavigationProperty" {
                    let nullable = declared["$Nullable"] == true;
                    let null = fault(&document, &schema["properties"][&name], &Value::Null);
                    assert_eq!(null.is_none(), nullable, "{set}/{name}");
                    continue;
                }
                paths.insert(format!("/{set}{key}/{name}"));
                if declared["$Collection"] == true {
                    paths.insert(format!("/{set}{key}/{name}/$count"));
                }
            }
        }
        let said = document["paths"].as_object().unwrap().keys().cloned();
        assert_eq!(said.collect::<BTreeSet<_>>(), paths);
        let ids = document["paths"].as_object().unwrap().values();
        let ids: BTreeSet<&str> = ids
            .filter_map(|item| item["get"]["operationId"].as_str())
            .collect();
        assert_eq!(ids.len(), paths.len(), "an operationId stands there twice");
    }
}

/// It is a document as the other two are: open, with a tag, and of this host.
#[tokio::test]
async fn it_is_served_as_the_other_documents_are() {
    let server = small().await;
    let path = "/v1.0/odata/openapi.json";
    let open = server.client().get_with(path, &[HOST]).expect(200);
    let metadata = get(server, "$metadata", &[]);
    for name in [
        "cache-control",
        "vary",
        "odata-version",
        "x-content-type-options",
    ] {
        assert_eq!(open.header(name), metadata.header(name), "{name}");
    }
    assert_eq!(open.header("content-type"), Some("application/json"));
    assert_eq!(
        open.json()["servers"][0]["url"],
        "http://127.0.0.1/v1.0/odata"
    );
    assert_eq!(open.json()["openapi"], "3.1.0");
    assert_eq!(get(server, "openapi.json", &[]).body, open.body);
    let tag = open.header("etag").unwrap();
    let known = get(server, "openapi.json", &[("If-None-Match", tag)]);
    assert_eq!((known.status, known.header("etag")), (304, Some(tag)));
    let head = server.client().request("HEAD", path, &[HOST]);
    let length = open.body.len().to_string();
    assert_eq!(
        (head.status, head.header("content-length")),
        (200, Some(&*length))
    );
    // Another host is another document.
    let elsewhere = server
        .client()
        .get_with(path, &[("Host", "localhost"), ("If-None-Match", tag)]);
    assert_eq!(elsewhere.status, 200);
    let newer = get(server, "openapi.json", &[("OData-MaxVersion", "4.01")]);
    assert_eq!(newer.header("odata-version"), Some("4.01"));
    for (query, status, code) in [
        ("?$filter=id eq 1", 400, "OptionNotAllowed"),
        ("?$format=xml", 406, "NotAcceptable"),
        ("?$schemaversion=2", 404, "ResourceNotFound"),
        ("/info", 400, "SyntaxError"),
    ] {
        let expected = (status, code.to_owned());
        assert_eq!(
            refusal(server, &format!("openapi.json{query}")),
            expected,
            "{query}"
        );
    }
    assert_eq!(
        get(server, "openapi.json/?custom=1&$format=json", &[]).body,
        open.body
    );
    assert_eq!(server.client().request("POST", path, &[]).status, 405);
    let private = Server::start(&*fixture::small_shared().await, |config| {
        config.settings.private_metadata = true;
    });
    let closed = document(&private);
    assert!(closed["paths"]["/$metadata"]["get"]["security"].is_null());
}
