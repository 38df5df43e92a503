//! A small world for the golden cases: a help desk. Desks are the scopes; tickets, comments, inboxes
//! and tags belong to one, people to several, countries and rates to all.
//!
//! [`TABLES`] says once what the database has: the catalogue of the tests and the tables of a real
//! server are made of it.

use odata_core::ODataEntity;
use odata_core::edm::{
    Catalogue, CatalogueColumn, CatalogueTable, DateTime, Decimal, Json, Model, NaiveDate,
    NaiveTime, PgType, ResolveOptions, Schema, Severity, TimeDelta, Utc, Uuid,
};

/// A question of a customer: one property of each primitive type.
#[derive(ODataEntity)]
#[odata(table = "tickets", entity_set = "Tickets", scope = "desk_id")]
pub struct Ticket {
    #[odata(key)]
    pub id: i64,
    pub desk_id: i64,
    pub inbox_id: i64,
    pub assignee_id: Option<i64>,
    pub sender_type: Option<String>,
    pub sender_id: Option<i64>,
    pub handler_id: Option<i64>,
    pub parent_id: Option<i64>,
    pub country_code: Option<String>,
    #[odata(searchable)]
    pub subject: String,
    #[odata(searchable)]
    pub body: Option<String>,
    pub code: Option<String>,
    /// An enumeration of the database, which is read by its text.
    pub kind: String,
    pub mood: Option<String>,
    pub status: i32,
    pub priority: Option<i32>,
    pub small: i16,
    pub votes: Option<i64>,
    pub price: Decimal,
    pub discount: Option<Decimal>,
    pub ratio: Option<f64>,
    /// A `real` that is declared wider.
    pub score: f64,
    pub weight: f32,
    pub height: Option<f32>,
    pub urgent: bool,
    pub archived: Option<bool>,
    #[odata(immutable)]
    pub created_at: DateTime<Utc>,
    /// Known from the beginning, or never.
    #[odata(immutable)]
    pub closed_at: Option<DateTime<Utc>>,
    /// A `timestamptz`.
    pub seen_at: Option<DateTime<Utc>>,
    pub due_on: Option<NaiveDate>,
    pub due_at: Option<NaiveTime>,
    pub took: Option<TimeDelta>,
    pub uid: Uuid,
    pub attachment: Option<Vec<u8>>,
    pub extra: Option<Json>,
    pub meta: Option<Json>,
    pub raw: Option<Json>,
    #[odata(secret)]
    pub pin: Option<String>,
    /// A column that this database does not have.
    pub gone_text: Option<String>,
    pub gone_number: Option<i64>,
    pub gone_at: Option<DateTime<Utc>>,

    #[odata(foreign_key = inbox_id)]
    pub inbox: Option<Inbox>,
    #[odata(foreign_key = assignee_id)]
    pub assignee: Option<Person>,
    #[odata(foreign_key = sender_id, when("sender_type" = "Person"))]
    pub sender: Option<Person>,
    /// The condition is on a column that is read by its text.
    #[odata(foreign_key = handler_id, when("kind" = "bug"))]
    pub handler: Option<Person>,
    #[odata(foreign_key = parent_id)]
    pub parent: Option<Box<Ticket>>,
    #[odata(foreign_key = parent_id)]
    pub children: Vec<Ticket>,
    #[odata(foreign_key = country_code)]
    pub country: Option<Country>,
    #[odata(foreign_key = ticket_id)]
    pub comments: Vec<Comment>,
    #[odata(
        through("taggings", on("ticket_id" = id), when("context" = "tags")),
        through("tag_names", on("id" = "tag_id")),
        to(title = "name"),
    )]
    pub tags: Vec<Tag>,
}

#[derive(ODataEntity)]
#[odata(table = "comments", entity_set = "Comments", scope = "desk_id")]
pub struct Comment {
    #[odata(key)]
    pub id: i64,
    pub desk_id: i64,
    pub ticket_id: i64,
    pub author_id: Option<i64>,
    #[odata(searchable)]
    pub text: Option<String>,
    pub private: Option<bool>,
    pub value: Option<f64>,
    pub written_at: DateTime<Utc>,
    #[odata(foreign_key = ticket_id)]
    pub ticket: Option<Ticket>,
    #[odata(foreign_key = author_id)]
    pub author: Option<Person>,
}

#[derive(ODataEntity)]
#[odata(table = "inboxes", entity_set = "Inboxes", scope = "desk_id")]
pub struct Inbox {
    #[odata(key)]
    pub id: i64,
    pub desk_id: i64,
    #[odata(searchable)]
    pub name: String,
    #[odata(immutable)]
    pub size: Option<i64>,
    pub owner_id: Option<i64>,
    #[odata(foreign_key = owner_id)]
    pub owner: Option<Person>,
    #[odata(foreign_key = inbox_id)]
    pub tickets: Vec<Ticket>,
}

#[derive(ODataEntity)]
#[odata(
    table = "people",
    entity_set = "People",
    scope(via = "memberships", on("person_id" = id), column = "desk_id")
)]
pub struct Person {
    #[odata(key)]
    pub id: i64,
    pub name: Option<String>,
    pub chief_id: Option<i64>,
    #[odata(secret)]
    pub password: Option<String>,
    #[odata(foreign_key = chief_id)]
    pub chief: Option<Box<Person>>,
    #[odata(foreign_key = assignee_id)]
    pub assigned: Vec<Ticket>,
}

#[derive(ODataEntity)]
#[odata(table = "tags", entity_set = "Tags", scope = "desk_id")]
pub struct Tag {
    #[odata(key)]
    pub id: i64,
    pub desk_id: Option<i64>,
    #[odata(searchable)]
    pub title: Option<String>,
    #[odata(inverse = tags)]
    pub tickets: Vec<Ticket>,
}

/// A key of text, in a table of all.
#[derive(ODataEntity)]
#[odata(table = "countries", entity_set = "Countries", unscoped)]
pub struct Country {
    #[odata(key)]
    pub code: String,
    pub name: Option<String>,
    #[odata(foreign_key = country_code)]
    pub tickets: Vec<Ticket>,
}

/// A key of two.
#[derive(ODataEntity)]
#[odata(table = "rates", entity_set = "Rates", unscoped)]
pub struct Rate {
    #[odata(key)]
    pub currency: String,
    #[odata(key)]
    pub day: NaiveDate,
    pub value: Option<Decimal>,
}

/// A column: its name, its type, `NOT NULL`.
pub type Column = (&'static str, &'static str, bool);
/// A table: its name, its columns, the columns of its indexes.
pub type Table = (&'static str, &'static [Column], &'static [&'static str]);

/// What the database has.
pub const TABLES: &[Table] = &[
    (
        "tickets",
        &[
            ("id", "int4", true),
            ("desk_id", "int4", true),
            ("inbox_id", "int4", true),
            ("assignee_id", "int4", false),
            ("sender_type", "varchar", false),
            ("sender_id", "int8", false),
            ("handler_id", "int8", false),
            ("parent_id", "int4", false),
            ("country_code", "varchar", false),
            ("subject", "text", true),
            ("body", "varchar", false),
            ("code", "bpchar", false),
            ("kind", "ticket_kind", true),
            ("mood", "ticket_mood", false),
            ("status", "int4", true),
            ("priority", "int2", false),
            ("small", "int2", true),
            ("votes", "int8", false),
            ("price", "numeric", true),
            ("discount", "numeric", false),
            ("ratio", "float8", false),
            ("score", "float4", true),
            ("weight", "float4", true),
            ("height", "float4", false),
            ("urgent", "bool", true),
            ("archived", "bool", false),
            ("created_at", "timestamp", true),
            ("closed_at", "timestamp", false),
            ("seen_at", "timestamptz", false),
            ("due_on", "date", false),
            ("due_at", "time", false),
            ("took", "interval", false),
            ("uid", "uuid", true),
            ("attachment", "bytea", false),
            ("extra", "jsonb", false),
            ("meta", "json", false),
            ("raw", "text", false),
            ("pin", "varchar", false),
        ],
        &[
            "id",
            "desk_id",
            "inbox_id",
            "created_at",
            "closed_at",
            "status",
        ],
    ),
    (
        "comments",
        &[
            ("id", "int8", true),
            ("desk_id", "int4", true),
            ("ticket_id", "int4", true),
            ("author_id", "int8", false),
            ("text", "text", false),
            ("private", "bool", false),
            ("value", "float8", false),
            ("written_at", "timestamp", true),
        ],
        &["id", "ticket_id", "written_at"],
    ),
    (
        "inboxes",
        &[
            ("id", "int4", true),
            ("desk_id", "int4", true),
            ("name", "varchar", true),
            ("size", "int8", false),
            ("owner_id", "int4", false),
        ],
        &["id", "desk_id, size"],
    ),
    (
        "people",
        &[
            ("id", "int8", true),
            ("name", "varchar", false),
            ("chief_id", "int8", false),
            ("password", "varchar", false),
        ],
        &["id"],
    ),
    (
        "memberships",
        &[("person_id", "int8", true), ("desk_id", "int4", true)],
        &["person_id"],
    ),
    (
        "tags",
        &[
            ("id", "int8", true),
            ("desk_id", "int8", false),
            ("title", "varchar", false),
        ],
        &["id"],
    ),
    (
        "taggings",
        &[
            ("ticket_id", "int4", true),
            ("tag_id", "int4", true),
            ("context", "tagging_context", true),
        ],
        &["ticket_id"],
    ),
    (
        "tag_names",
        &[("id", "int4", true), ("name", "varchar", true)],
        &["id"],
    ),
    (
        "countries",
        &[("code", "varchar", true), ("name", "varchar", false)],
        &["code"],
    ),
    (
        "rates",
        &[
            ("currency", "text", true),
            ("day", "date", true),
            ("value", "numeric", false),
        ],
        &["currency"],
    ),
];

/// Types of the database's own, which are read by their text.
pub const ENUMERATIONS: &[(&str, &[&str])] = &[
    // A condition of the model names 'bug'; this one has it, the other lacks 'tags'.
    ("ticket_kind", &["question", "bug"]),
    ("ticket_mood", &["happy", "sad"]),
    ("tagging_context", &["tags", "skills"]),
];

/// What a server with these tables has.
pub fn catalogue() -> Catalogue {
    let column = |(name, ty, not_null): &Column| {
        let ty_of = PgType::ALL.iter().copied().find(|pg| pg.sql_name() == *ty);
        let column = CatalogueColumn {
            ty: ty_of,
            type_name: (*ty).to_owned(),
            not_null: *not_null,
            readable: true,
        };
        ((*name).to_owned(), column)
    };
    let table = |(name, columns, indexes): &Table| {
        let table = CatalogueTable {
            columns: columns.iter().map(column).collect(),
            readable: true,
            indexes: indexes
                .iter()
                .map(|index| index.split(", ").map(str::to_owned).collect())
                .collect(),
            estimated_rows: 0,
        };
        ((*name).to_owned(), table)
    };
    Catalogue {
        tables: TABLES.iter().map(table).collect(),
        unicode_collation: None,
    }
}

/// The schema that the cases are bound to; where `icu`, of a database whose own collation knows ASCII
/// alone.
pub fn schema(icu: bool) -> Schema {
    let model = Model::new("Desk")
        .with::<Ticket>()
        .with::<Comment>()
        .with::<Inbox>()
        .with::<Person>()
        .with::<Tag>()
        .with::<Country>()
        .with::<Rate>();
    let mut catalogue = catalogue();
    catalogue.unicode_collation = icu.then(|| "und-x-icu".to_owned());
    let options = ResolveOptions::default();
    let (schema, findings) = Schema::resolve(&model, Some(&catalogue), &options);
    let errors: Vec<_> = findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error)
        .collect();
    assert!(errors.is_empty(), "{errors:?}");
    schema
}
