//! What can be read: each set, each entity by its key, and what that leads to.

use super::super::facts::description;
use super::super::json::Json;
use super::responses::{content, of_operation};
use super::{one, parameters, reference};
use crate::edm::{EntitySet, Navigation, Schema};

/// Every path, the documents first.
pub(super) fn paths(schema: &Schema, open: bool) -> Json {
    let mut paths = vec![
        ("/".to_owned(), service_document(open)),
        ("/$metadata".to_owned(), metadata(open)),
    ];
    for set in schema.sets() {
        paths.extend(of_set(schema, set));
    }
    Json::Object(paths)
}

/// An operation, in the order in which people read it.
struct Operation<'a> {
    tag: Option<&'a str>,
    id: String,
    summary: String,
    description: Option<String>,
    parameters: Vec<Json>,
    ok: Json,
    may_be_nothing: bool,
}

impl Operation<'_> {
    fn json(self) -> Json {
        let mut members = vec![
            ("summary", Json::string(self.summary)),
            ("operationId", Json::string(self.id)),
        ];
        members.extend(
            self.description
                .map(|text| ("description", Json::string(text))),
        );
        members.extend(
            self.tag
                .map(|tag| ("tags", Json::Array(vec![Json::string(tag)]))),
        );
        if !self.parameters.is_empty() {
            members.push(("parameters", Json::Array(self.parameters)));
        }
        members.push(("responses", of_operation(self.ok, self.may_be_nothing)));
        Json::object(members)
    }
}

fn of_set(schema: &Schema, set: &EntitySet) -> Vec<(String, Json)> {
    let name = set.declared.entity_set;
    let key = key(set);
    let ok = |form: &str| {
        let name = format!("{}.{form}", set.declared.name);
        reference("responses", &name)
    };
    let operation = |action: &str, summary: String, parameters: Vec<Json>, ok: Json| Operation {
        tag: Some(name),
        id: format!("{name}.{action}"),
        summary,
        description: None,
        parameters,
        ok,
        may_be_nothing: false,
    };
    let list = operation(
        "list",
        format!("Get entities from {name}"),
        parameters::of_collection(set),
        ok("collection"),
    );
    let count = operation(
        "count",
        format!("Get the number of entities in {name}"),
        parameters::of_count(set),
        reference("responses", "count"),
    );
    let get = operation(
        "get",
        format!("Get an entity from {name} by its key"),
        parameters::of_entity(set),
        ok("entity"),
    );
    let mut paths = vec![
        (format!("/{name}"), one("get", list.json())),
        (format!("/{name}/$count"), one("get", count.json())),
        (format!("/{name}{key}"), with_key(set, get)),
    ];
    for navigation in &set.navigation {
        paths.extend(of_navigation(schema, set, &key, navigation));
    }
    paths
}

fn of_navigation(
    schema: &Schema,
    set: &EntitySet,
    key: &str,
    navigation: &Navigation,
) -> Vec<(String, Json)> {
    let target = schema.set(navigation.target);
    let (name, many) = (navigation.declared.name, navigation.declared.many);
    let set_name = set.declared.entity_set;
    let operation = |action: &str, summary: String, parameters: Vec<Json>, ok: Json| Operation {
        tag: Some(set_name),
        id: format!("{set_name}.{name}.{action}"),
        summary,
        description: description(navigation.declared.description),
        parameters,
        ok,
        may_be_nothing: !many,
    };
    let ok = |form: &str| {
        let name = format!("{}.{form}", target.declared.name);
        reference("responses", &name)
    };
    let path = format!("/{set_name}{key}/{name}");
    if !many {
        let summary = format!("Get the related {name}");
        let get = operation("get", summary, parameters::of_entity(target), ok("entity"));
        return vec![(path, with_key(set, get))];
    }
    let summary = format!("Get related {name}");
    let list = parameters::of_collection(target);
    let list = operation("list", summary, list, ok("collection"));
    let count = operation(
        "count",
        format!("Get the number of related {name}"),
        parameters::of_count(target),
        reference("responses", "count"),
    );
    let count_path = format!("{path}/$count");
    vec![
        (path, with_key(set, list)),
        (count_path, with_key(set, count)),
    ]
}

/// One value is a segment, several stand in parentheses.
fn key(set: &EntitySet) -> String {
    let properties = parameters::key_properties(set);
    if let [property] = properties[..] {
        return format!("/{{{}}}", property.declared.name);
    }
    let pairs = properties.iter().map(|property| {
        let name = property.declared.name;
        match property.ty.is_text() {
            true => format!("{name}='{{{name}}}'"),
            false => format!("{name}={{{name}}}"),
        }
    });
    format!("({})", pairs.collect::<Vec<_>>().join(","))
}

fn with_key(set: &EntitySet, operation: Operation<'_>) -> Json {
    Json::object([
        ("parameters", parameters::of_key(set)),
        ("get", operation.json()),
    ])
}

fn service_document(open: bool) -> Json {
    let ok = Json::object([
        ("description", Json::string("The service document")),
        (
            "content",
            content([("application/json", reference("schemas", "serviceDocument"))]),
        ),
    ]);
    document("service", "Get the list of the collections", ok, open)
}

fn metadata(open: bool) -> Json {
    // No schema: of XML there is none.
    let types = Json::object([
        ("application/xml", Json::Object(vec![])),
        (
            "application/json",
            one("schema", one("type", Json::string("object"))),
        ),
    ]);
    let ok = Json::object([
        (
            "description",
            Json::string("The model as CSDL, in XML or JSON"),
        ),
        ("content", types),
    ]);
    document("metadata", "Get the model", ok, open)
}

fn document(id: &str, summary: &str, ok: Json, open: bool) -> Json {
    let operation = Operation {
        tag: None,
        id: id.to_owned(),
        summary: summary.to_owned(),
        description: None,
        parameters: vec![],
        ok,
        may_be_nothing: false,
    };
    let Json::Object(mut members) = operation.json() else {
        return Json::Object(vec![]);
    };
    if open {
        members.push(("security".to_owned(), Json::Array(vec![])));
    }
    one("get", Json::Object(members))
}
