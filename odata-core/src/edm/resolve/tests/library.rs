//! A library's model, a database that fits it, and what is found where that is another.

use crate::edm::*;
use expect_test::Expect;
use odata_derive::ODataEntity;

#[derive(ODataEntity)]
#[odata(
    table("books", "old_books"),
    entity_set = "Books",
    scope = "library_id"
)]
pub(super) struct Book {
    #[odata(key)]
    id: i64,
    #[odata(column("title", "name"))]
    title: Option<String>,
    isbn: String,
    author_id: Option<i64>,
    pages: Option<i32>,
    extra: Option<Json>,
    #[odata(secret)]
    pin: Option<String>,
    holder_type: Option<String>,
    holder_id: Option<i64>,
    #[odata(foreign_key = author_id)]
    author: Option<Author>,
    #[odata(foreign_key = holder_id, when("holder_type" = "Author"))]
    holder: Option<Author>,
    #[odata(
        through("taggings", on("book_id" = id), when("kind" = "topic")),
        through("tags", on("id" = "tag_id")),
        to(name = "name")
    )]
    topics: Vec<Topic>,
}

#[derive(ODataEntity)]
#[odata(
    table = "authors",
    scope(via = "members", on("author_id" = id), column = "library_id")
)]
pub(super) struct Author {
    #[odata(key)]
    id: i64,
    #[odata(foreign_key = author_id)]
    books: Vec<Book>,
    #[odata(foreign_key = holder_id, when("holder_type" = "Author"))]
    held: Vec<Book>,
    teacher_id: Option<i64>,
    #[odata(foreign_key = teacher_id)]
    teacher: Option<Box<Author>>,
    #[odata(foreign_key = teacher_id)]
    pupils: Vec<Author>,
}

#[derive(ODataEntity)]
#[odata(table = "topics", unscoped)]
pub(super) struct Topic {
    #[odata(key)]
    language: String,
    #[odata(key)]
    name: String,
    #[odata(inverse = topics)]
    books: Vec<Book>,
    broader_language: Option<String>,
    broader_name: Option<String>,
    #[odata(foreign_key(broader_language, broader_name))]
    broader: Option<Box<Topic>>,
    #[odata(inverse = broader)]
    narrower: Vec<Topic>,
}

pub(super) fn library() -> Model {
    Model::new("Library")
        .with::<Book>()
        .with::<Author>()
        .with::<Topic>()
}

/// A database that fits. `!` is not null, `-` not readable, `?` a type that is read by its text.
pub(super) const FITTING: &str = "
    books: id int8!, library_id int4!, title text, isbn varchar!, author_id int4, pages int2, extra jsonb, pin text, holder_type varchar, holder_id int8
    index books: author_id, id
    index books: library_id
    index books: isbn, holder_id
    index books: library_id, pages
    authors: id int4!, teacher_id int4
    topics: language text!, name text!, broader_language text, broader_name text
    members: author_id int4!, library_id int4!
    taggings: tag_id int4!, book_id int4!, kind varchar!
    tags: id int4!, name varchar
";

pub(super) fn catalogue(text: &str) -> Catalogue {
    let mut catalogue = Catalogue::default();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (table, items) = line.split_once(": ").unwrap();
        let items = items.split(", ").map(str::to_owned);
        if let Some(table) = table.strip_prefix("index ") {
            let table = catalogue.tables.get_mut(table).unwrap();
            table.indexes.insert(items.collect());
            continue;
        }
        let mut found = CatalogueTable::default();
        for item in items {
            let (name, ty) = item.split_once(' ').unwrap();
            let type_name = ty.trim_end_matches(['!', '-', '?']).to_owned();
            let known = PgType::ALL.iter().find(|it| it.sql_name() == type_name);
            assert_eq!(known.is_none(), ty.contains('?'), "{item}");
            let column = CatalogueColumn {
                ty: known.copied(),
                not_null: ty.contains('!'),
                readable: !ty.contains('-'),
                type_name,
            };
            found.readable |= column.readable;
            found.columns.insert(name.to_owned(), column);
        }
        catalogue.tables.insert(table.to_owned(), found);
    }
    catalogue
}

pub(super) fn resolve(model: &Model, database: Option<&str>) -> (Schema, String) {
    let catalogue = database.map(catalogue);
    let options = ResolveOptions::default();
    let (schema, findings) = Schema::resolve(model, catalogue.as_ref(), &options);
    let lines = findings.iter().map(|finding| {
        let Finding {
            severity,
            what,
            message,
        } = finding;
        format!("{severity:?} {what}: {message}\n")
    });
    (schema, lines.collect())
}

/// What is found where the fitting database is another in these places.
#[track_caller]
pub(super) fn check(changes: &[(&str, &str)], expect: Expect) -> Schema {
    let mut database = FITTING.to_owned();
    for (from, to) in changes {
        assert!(database.contains(from), "{from}");
        database = database.replacen(from, to, 1);
    }
    let (schema, findings) = resolve(&library(), Some(&database));
    expect.assert_eq(&findings);
    schema
}

/// A schema in lines.
pub(super) fn print(schema: &Schema) -> String {
    let mut text = String::new();
    for set in schema.sets() {
        let scope = match &set.scope {
            ScopeRule::Via { table, on, column } => {
                format!("{}.{column} by {on:?}", table.as_sql())
            }
            other => format!("{other:?}"),
        };
        let (name, table) = (set.declared.entity_set, set.table.as_sql());
        text += &format!("{name} = {table}, key {:?}, scope {scope}\n", set.key);
        let (indexed, in_scope) = (&set.indexed, &set.indexed_in_scope);
        text += &format!("  indexed {indexed:?}, in a scope {in_scope:?}\n");
        for property in &set.properties {
            let null = if property.nullable { " null" } else { "" };
            let hidden = if property.hidden { " hidden" } else { "" };
            let source = match property.source {
                Source::Null => "nowhere".to_owned(),
                Source::Column { name, ty, not_null } => {
                    let ty = ty.map_or("text of it", PgType::sql_name);
                    format!("{name} {ty}{}", if not_null { "!" } else { "" })
                }
            };
            let name = property.declared.name;
            text += &format!("  {name} {:?}{null}{hidden} = {source}\n", property.ty);
        }
        for navigation in &set.navigation {
            let target = schema.set(navigation.target);
            let partner = navigation
                .partner
                .map(|place| target.navigation[place].declared.name);
            let path = match &navigation.path {
                JoinPath::Keys { pairs, near, far } => {
                    format!("{pairs:?} near {near:?} far {far:?}")
                }
                JoinPath::Links {
                    tables,
                    first,
                    last,
                    reversed,
                } => {
                    let tables = tables
                        .iter()
                        .map(|it| format!("{} {:?} {:?}", it.table.as_sql(), it.on, it.when));
                    let tables: Vec<String> = tables.collect();
                    let reversed = if *reversed { " reversed" } else { "" };
                    format!("{first:?} {} {last:?}{reversed}", tables.join("; "))
                }
            };
            let name = navigation.declared.name;
            text += &format!(
                "  {name} -> {} ({}) {path}\n",
                target.declared.entity_set,
                partner.unwrap_or("-")
            );
        }
    }
    text
}
