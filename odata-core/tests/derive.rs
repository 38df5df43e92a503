//! What `#[derive(ODataEntity)]` makes of a struct, and what it says about a wrong one.

use odata_core::ODataEntity;
use odata_core::edm::{
    Condition, DateTime, Decimal, EntityType, Join, Json, Link, NaiveDate, PrimitiveType, Scoping,
    Utc, Uuid,
};

/// A book that can be lent.
///
/// By anyone.
#[derive(ODataEntity)]
#[odata(
    table("books", "old_books"),
    entity_set = "Books",
    scope = "library_id"
)]
struct Book {
    /// Its number,
    /// unique.
    #[odata(key)]
    id: i64,
    title: Option<String>,
    #[odata(column("author", "author_id"), name = "author_number")]
    author: Number,
    #[odata(values(0 = "new", -1 = "lost"))]
    state: i16,
    #[odata(secret)]
    pin: Option<String>,
    #[odata(searchable, immutable)]
    blurb: String,
    r#type: Option<Uuid>,
    extra: Option<Json>,
    price: Decimal,
    bought: NaiveDate,
    lent_at: Option<DateTime<Utc>>,

    /// Who wrote it.
    #[odata(foreign_key = author_number, when("blurb" = "x", "title" = "y"), name = "Author")]
    writer: Option<Author>,
    #[odata(
        through("taggings", on("book_id" = id), when("kind" = "topic")),
        through("tags", on("id" = "tag_id", "kind" = "kind")),
        to(name = "name", language = "language"),
    )]
    topics: Vec<Topic>,
}

type Number = Option<i64>;

#[derive(ODataEntity)]
#[odata(
    table = "authors",
    scope(via = "members", on("author_id" = id), column = "library_id")
)]
struct Author {
    #[odata(key)]
    id: i64,
    #[odata(foreign_key = author_number)]
    books: Vec<Book>,
    teacher_id: Option<i64>,
    /// An `Option` of itself needs a box.
    #[odata(foreign_key = teacher_id)]
    teacher: Option<Box<Author>>,
    #[odata(foreign_key = teacher_id)]
    pupils: Vec<Author>,
}

/// A key of two texts.
#[derive(ODataEntity)]
#[odata(table = "topics", unscoped)]
struct Topic {
    #[odata(key)]
    language: String,
    #[odata(key)]
    name: String,
    #[odata(inverse = topics)]
    books: Vec<Book>,
    general_language: Option<String>,
    general_name: Option<String>,
    #[odata(foreign_key(general_language, general_name))]
    general: Option<Box<Topic>>,
}

#[track_caller]
fn check_columns(entity: &EntityType, expect: &[(&str, PrimitiveType, bool, &[&str])]) {
    let found: Vec<_> = entity
        .properties
        .iter()
        .map(|property| {
            (
                property.name,
                property.ty,
                property.nullable,
                property.columns,
            )
        })
        .collect();
    assert_eq!(found, expect);
}

#[test]
fn names_tables_and_texts_come_from_the_struct() {
    let book = Book::entity_type();
    assert_eq!((book.name, book.entity_set), ("Book", "Books"));
    assert_eq!(book.tables, ["books", "old_books"]);
    assert_eq!(book.description, "A book that can be lent.\nBy anyone.");
    assert_eq!(book.properties[0].description, "Its number, unique.");
    assert_eq!(book.properties[1].description, "");
    assert_eq!(book.key, ["id"]);
    assert_eq!(Author::entity_type().entity_set, "Author");
    assert_eq!(Topic::entity_type().key, ["language", "name"]);
}

#[test]
fn types_nullability_and_columns_come_from_the_fields() {
    use PrimitiveType::*;
    check_columns(
        Book::entity_type(),
        &[
            ("id", Int64, false, &["id"]),
            ("title", String, true, &["title"]),
            ("author_number", Int64, true, &["author", "author_id"]),
            ("state", Int16, false, &["state"]),
            ("pin", String, true, &["pin"]),
            ("blurb", String, false, &["blurb"]),
            ("type", Guid, true, &["type"]),
            ("extra", Json, true, &["extra"]),
            ("price", Decimal, false, &["price"]),
            ("bought", Date, false, &["bought"]),
            ("lent_at", DateTimeOffset, true, &["lent_at"]),
        ],
    );
    let book = Book::entity_type();
    assert_eq!(book.properties[3].values, [(0, "new"), (-1, "lost")]);
    let secrets = book.properties.iter().filter(|property| property.secret);
    assert_eq!(
        secrets.map(|property| property.name).collect::<Vec<_>>(),
        ["pin"]
    );
    let immutable = book.properties.iter().filter(|property| property.immutable);
    assert_eq!(
        immutable.map(|property| property.name).collect::<Vec<_>>(),
        ["blurb"]
    );
    let searchable = book
        .properties
        .iter()
        .filter(|property| property.searchable);
    assert_eq!(
        searchable.map(|property| property.name).collect::<Vec<_>>(),
        ["blurb"]
    );
}

#[test]
fn scopes() {
    let via = Scoping::Via {
        table: "members",
        on: &[("author_id", "id")],
        column: "library_id",
    };
    assert_eq!(Book::entity_type().scope, Scoping::Column("library_id"));
    assert_eq!(Author::entity_type().scope, via);
    assert_eq!(Topic::entity_type().scope, Scoping::Unscoped);
}

#[test]
fn navigation_leads_round_and_back_to_the_same_data() {
    let book = Book::entity_type();
    let [writer, topics] = book.navigation_properties else {
        panic!("two navigation properties");
    };
    assert_eq!(
        (writer.name, writer.many, writer.description),
        ("Author", false, "Who wrote it.")
    );
    let author = (writer.target)();
    let [books, teacher, pupils] = author.navigation_properties else {
        panic!("three navigation properties");
    };
    assert!(books.many && pupils.many && !teacher.many);
    assert!(std::ptr::eq((books.target)(), book));
    assert!(std::ptr::eq((teacher.target)(), author));
    assert!(std::ptr::eq((pupils.target)(), author));
    assert!(topics.many);
    assert!(matches!(
        (topics.target)().navigation_properties[0].join,
        Join::Inverse("topics")
    ));
}

#[test]
fn joins_are_as_written() {
    let book = Book::entity_type();
    let Join::ForeignKey { properties, when } = book.navigation_properties[0].join else {
        panic!("a foreign key");
    };
    assert_eq!(properties, ["author_number"]);
    let condition = |column, equals| Condition { column, equals };
    assert_eq!(when, [condition("blurb", "x"), condition("title", "y")]);

    let Join::Through { links, to } = book.navigation_properties[1].join else {
        panic!("link tables");
    };
    let of_link = |link: &'static Link| (link.table, link.on, link.when);
    assert_eq!(of_link(&links[0]).0, "taggings");
    assert_eq!(of_link(&links[0]).1, [("book_id", "id")]);
    assert_eq!(of_link(&links[0]).2, [condition("kind", "topic")]);
    assert_eq!(of_link(&links[1]).0, "tags");
    assert_eq!(of_link(&links[1]).1, [("id", "tag_id"), ("kind", "kind")]);
    assert_eq!(of_link(&links[1]).2, []);
    assert_eq!(to, [("name", "name"), ("language", "language")]);
}

#[test]
fn mistakes_are_said_where_they_are() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/ui/pass/*.rs");
    for folder in [
        "attribute",
        "key",
        "property",
        "foreign_key",
        "link",
        "shape",
    ] {
        cases.compile_fail(format!("tests/ui/{folder}/*.rs"));
    }
}
