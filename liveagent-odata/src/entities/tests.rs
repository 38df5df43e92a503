//! The structs against the published tables.

use super::model;
use odata_core::edm::{EntityType, PrimitiveType, ResolveOptions, Schema, Scoping};
use std::path::{Path, PathBuf};

/// The published document. It lies beside the repository, not in it.
fn published_document() -> Option<String> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let shared = std::env::var_os("ODATA_SHARED").map_or_else(
        || workspace.join("../shared"),
        |folder| workspace.join(PathBuf::from(folder)),
    );
    let path = shared.join("reference/liveagent-odata-endpoint.txt");
    match std::fs::read_to_string(&path) {
        Ok(text) => Some(text),
        Err(error) => {
            eprintln!("not compared with the published document: {path:?}: {error}");
            None
        }
    }
}

/// The rows of the field table behind each heading: name, description, type.
fn published_tables(document: &str) -> Vec<Vec<(String, String, String)>> {
    let mut tables: Vec<Vec<_>> = Vec::new();
    for line in document.lines() {
        if line.starts_with("Field Name |") {
            tables.push(Vec::new());
        }
        let cells: Vec<&str> = line.split(" | ").map(str::trim).collect();
        let row = match cells[..] {
            ["Field Name", ..] => continue,
            [name, description, ty, ..]
                if ["Number", "String", "string", "Date", "Boolean", "JSON"].contains(&ty) =>
            {
                (name, description, ty)
            }
            // The document lost the name of one row.
            [description, ty, ..] if description == "User Email" => ("email", description, ty),
            _ => continue,
        };
        let (name, description, ty) = row;
        if let Some(table) = tables.last_mut() {
            table.push((name.to_owned(), description.to_owned(), ty.to_owned()));
        }
    }
    tables
}

fn published_type(ty: PrimitiveType) -> &'static str {
    use PrimitiveType::*;
    match ty {
        Int32 | Int64 | Double => "Number",
        String | Guid => "String",
        DateTimeOffset => "Date",
        Boolean => "Boolean",
        Json => "JSON",
        other => panic!("{other:?} is no type of the published tables"),
    }
}

#[test]
fn every_published_field_is_there_with_its_text_and_type_in_its_order() {
    let Some(document) = published_document() else {
        return;
    };
    let tables = published_tables(&document);
    let types = model().entity_types;
    assert_eq!(tables.len(), types.len());
    for (entity, table) in types.into_iter().zip(tables) {
        let declared: Vec<_> = entity
            .properties
            .iter()
            .map(|property| property.name)
            .collect();
        let published: Vec<_> = table.iter().map(|(name, ..)| name.as_str()).collect();
        assert_eq!(declared, published, "{}", entity.name);
        for (property, (name, description, ty)) in entity.properties.iter().zip(table) {
            let place = format!("{}.{name}", entity.name);
            let text = property.description;
            assert!(
                text.starts_with(description.trim_end_matches(':')),
                "{place}: {text}"
            );
            assert_eq!(
                published_type(property.ty),
                ty.replace("string", "String"),
                "{place}"
            );
        }
    }
}

fn names(types: &[&EntityType], of: impl Fn(&EntityType) -> Vec<&'static str>) -> Vec<String> {
    let all = types.iter().flat_map(|entity| {
        let names = of(entity);
        names
            .into_iter()
            .map(|name| format!("{}.{name}", entity.name))
    });
    all.collect()
}

#[test]
fn the_secrets_are_these_five() {
    let secrets = names(&model().entity_types, |entity| {
        let secrets = entity.properties.iter().filter(|property| property.secret);
        secrets.map(|property| property.name).collect()
    });
    let expect = [
        "encrypted_password",
        "reset_password_token",
        "confirmation_token",
        "tokens",
        "pubsub_tokens",
    ];
    assert_eq!(secrets, expect.map(|name| format!("User.{name}")));
}

#[test]
fn every_type_is_scoped_and_described() {
    for entity in model().entity_types {
        assert!(matches!(
            entity.scope,
            Scoping::Column("account_id") | Scoping::Via { .. }
        ));
        let texts = entity
            .properties
            .iter()
            .map(|property| property.description);
        let texts = texts.chain(
            entity
                .navigation_properties
                .iter()
                .map(|navigation| navigation.description),
        );
        for text in texts.chain([entity.description]) {
            assert!(!text.is_empty(), "{}", entity.name);
        }
    }
}

#[test]
fn ids_are_int64() {
    for entity in model().entity_types {
        for property in entity.properties {
            let number = published_type(property.ty) == "Number";
            let id = property.name == "id" || property.name.ends_with("_id");
            if number && id && property.name != "display_id" {
                assert_eq!(
                    property.ty,
                    PrimitiveType::Int64,
                    "{}.{}",
                    entity.name,
                    property.name
                );
            }
        }
    }
}

#[test]
fn navigation_properties_lead_to_their_partners() {
    let (schema, findings) = Schema::resolve(&model(), None, &ResolveOptions::default());
    assert_eq!(findings, []);
    let mut lines = Vec::new();
    for set in schema.sets() {
        for navigation in &set.navigation {
            let target = schema.set(navigation.target);
            let many = if navigation.declared.many { "*" } else { "1" };
            let partner = navigation
                .partner
                .map(|place| target.navigation[place].declared.name);
            lines.push(format!(
                "{}.{} {many} {}.{}",
                set.declared.name,
                navigation.declared.name,
                target.declared.name,
                partner.unwrap_or("-")
            ));
        }
    }
    let expect = [
        "Message.conversation 1 Conversation.messages",
        "Message.inbox 1 Inbox.messages",
        "Message.sender 1 User.sent_messages",
        "Conversation.messages * Message.conversation",
        "Conversation.inbox 1 Inbox.conversations",
        "Conversation.assignee 1 User.assigned_conversations",
        "Conversation.labels * Label.conversations",
        "Conversation.reporting_events * ReportingEvent.conversation",
        "Inbox.conversations * Conversation.inbox",
        "Inbox.messages * Message.inbox",
        "Inbox.reporting_events * ReportingEvent.inbox",
        "Inbox.members * User.inboxes",
        "Label.conversations * Conversation.labels",
        "ReportingEvent.conversation 1 Conversation.reporting_events",
        "ReportingEvent.inbox 1 Inbox.reporting_events",
        "ReportingEvent.user 1 User.reporting_events",
        "User.assigned_conversations * Conversation.assignee",
        "User.sent_messages * Message.sender",
        "User.inboxes * Inbox.members",
        "User.reporting_events * ReportingEvent.user",
    ];
    assert_eq!(lines, expect);
}
