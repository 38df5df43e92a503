//! A small schema made by hand: every kind of property and navigation once.

use super::schema::{EntitySet, Navigation, QualifiedName, SetId, StructuralProperty};
use super::{
    Condition, EntityType, Join, JoinPath, Link, LinkTable, NavigationProperty, PrimitiveType,
    Property, Schema, ScopeRule, Scoping, Source,
};

const PROPERTY: Property = Property {
    name: "",
    ty: PrimitiveType::String,
    nullable: true,
    columns: &[],
    description: "",
    immutable: false,
    secret: false,
    searchable: false,
    values: &[],
};

static TICKET: EntityType = EntityType {
    name: "Ticket",
    entity_set: "Tickets",
    description: "A question of a customer,\nwith <its> \"answers\" & more.",
    tables: &["tickets"],
    scope: Scoping::Unscoped,
    key: &["id"],
    properties: &[
        Property {
            name: "id",
            ty: PrimitiveType::Int64,
            nullable: false,
            description: "Unique ticket ID.",
            ..PROPERTY
        },
        Property {
            name: "subject",
            nullable: false,
            searchable: true,
            ..PROPERTY
        },
        Property {
            name: "status",
            ty: PrimitiveType::Int32,
            nullable: false,
            description: "Where it stands.",
            values: &[(0, "open"), (1, "resolved")],
            ..PROPERTY
        },
        Property {
            name: "assignee_id",
            ty: PrimitiveType::Int64,
            ..PROPERTY
        },
        Property {
            name: "created_at",
            ty: PrimitiveType::DateTimeOffset,
            nullable: false,
            ..PROPERTY
        },
        Property {
            name: "attributes",
            ty: PrimitiveType::Json,
            ..PROPERTY
        },
        Property {
            name: "price",
            ty: PrimitiveType::Decimal,
            ..PROPERTY
        },
        Property {
            name: "took",
            ty: PrimitiveType::Duration,
            ..PROPERTY
        },
    ],
    navigation_properties: &[
        NavigationProperty {
            name: "assignee",
            target: || &PERSON,
            many: false,
            description: "Who answers.",
            join: Join::ForeignKey {
                properties: &["assignee_id"],
                when: &[],
            },
        },
        NavigationProperty {
            name: "reporter",
            target: || &PERSON,
            many: false,
            description: "",
            join: Join::ForeignKey {
                properties: &["assignee_id"],
                when: &[Condition {
                    column: "kind",
                    equals: "Person",
                }],
            },
        },
        NavigationProperty {
            name: "watchers",
            target: || &PERSON,
            many: true,
            description: "",
            join: Join::Through {
                links: &[Link {
                    table: "watchers",
                    on: &[("ticket_id", "id")],
                    when: &[],
                }],
                to: &[("id", "person_id")],
            },
        },
    ],
};

static PERSON: EntityType = EntityType {
    name: "Person",
    entity_set: "People",
    description: "",
    tables: &["people"],
    scope: Scoping::Unscoped,
    key: &["id"],
    properties: &[
        Property {
            name: "id",
            ty: PrimitiveType::Int64,
            nullable: false,
            ..PROPERTY
        },
        Property {
            name: "password",
            secret: true,
            ..PROPERTY
        },
    ],
    navigation_properties: &[NavigationProperty {
        name: "tickets",
        target: || &TICKET,
        many: true,
        description: "What the person answers.",
        join: Join::Inverse("assignee"),
    }],
};

static RATE: EntityType = EntityType {
    name: "Rate",
    entity_set: "Rates",
    description: "A price on a day.",
    tables: &["rates"],
    scope: Scoping::Unscoped,
    key: &["currency", "day"],
    properties: &[
        Property {
            name: "day",
            ty: PrimitiveType::Date,
            nullable: false,
            ..PROPERTY
        },
        Property {
            name: "currency",
            nullable: false,
            ..PROPERTY
        },
        Property {
            name: "fixed_at",
            ty: PrimitiveType::TimeOfDay,
            ..PROPERTY
        },
    ],
    navigation_properties: &[],
};

/// Tickets, people and rates.
pub(crate) fn schema() -> Schema {
    let person = SetId(1);
    let navigation = |place: usize, partner, path| Navigation {
        declared: &TICKET.navigation_properties[place],
        target: person,
        partner,
        path,
    };
    let mut sets = vec![set(0, &TICKET), set(1, &PERSON), set(2, &RATE)];
    sets[0].navigation = vec![
        navigation(0, Some(0), keys((3, 0), &[])),
        navigation(1, None, keys((3, 0), &[(2, "Person")])),
        navigation(
            2,
            None,
            JoinPath::Links {
                tables: vec![LinkTable {
                    table: QualifiedName::new("public", "watchers"),
                    on: vec![],
                    when: vec![],
                }],
                first: vec![(0, "ticket_id")],
                last: vec![(0, "person_id")],
                reversed: false,
            },
        ),
    ];
    sets[1].navigation = vec![Navigation {
        declared: &PERSON.navigation_properties[0],
        target: SetId(0),
        partner: Some(0),
        path: keys((0, 3), &[]),
    }];
    Schema {
        namespace: "Desk",
        container: "Container",
        sets,
        unicode_collation: None,
    }
}

fn keys(pair: (usize, usize), near: &[(usize, &'static str)]) -> JoinPath {
    JoinPath::Keys {
        pairs: vec![pair],
        near: near.to_vec(),
        far: vec![],
    }
}

fn set(id: u16, declared: &'static EntityType) -> EntitySet {
    let properties = declared.properties.iter();
    let places = declared.key.iter().map(|name| {
        let mut properties = declared.properties.iter();
        properties.position(|property| property.name == *name)
    });
    EntitySet {
        id: SetId(id),
        declared,
        table: QualifiedName::new("public", declared.tables[0]),
        properties: properties
            .map(|property| {
                let source = Source::Column {
                    name: property.name,
                    ty: Some(property.ty.pg()),
                    not_null: !property.nullable,
                };
                let (ty, nullable) = (property.ty, property.nullable);
                StructuralProperty::new(property, source, ty, nullable, property.secret)
            })
            .collect(),
        key: places.map(Option::unwrap).collect(),
        navigation: vec![],
        scope: ScopeRule::Unscoped,
        indexed: vec![],
        indexed_in_scope: vec![],
    }
}
