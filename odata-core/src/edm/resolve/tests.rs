//! A library's model on databases that fit it more or less.

mod library;
mod unreadable;
mod wrong_models;

use crate::edm::*;
use expect_test::{Expect, expect};
use library::*;
use odata_derive::ODataEntity;

#[test]
fn a_fitting_database_is_served_whole() {
    let schema = check(&[], expect![[""]]);
    expect![[r#"
        Books = "public"."books", key [0], scope Column("library_id")
          indexed ["isbn", "author_id"], in a scope ["pages"]
          id Int64 = id int8!
          title String null = title text
          isbn String = isbn varchar!
          author_id Int64 null = author_id int4
          pages Int32 null = pages int2
          extra Json null = extra jsonb
          pin String null hidden = pin text
          holder_type String null = holder_type varchar
          holder_id Int64 null = holder_id int8
          author -> Author (books) [(3, 0)] near [] far []
          holder -> Author (held) [(8, 0)] near [(7, "Author")] far []
          topics -> Topic (books) [(0, "book_id")] "public"."taggings" [] [("kind", "topic")]; "public"."tags" [("id", "tag_id")] [] [(1, "name")]
        Author = "public"."authors", key [0], scope "public"."members".library_id by [("author_id", 0)]
          indexed [], in a scope []
          id Int64 = id int4!
          teacher_id Int64 null = teacher_id int4
          books -> Books (author) [(0, 3)] near [] far []
          held -> Books (holder) [(0, 8)] near [] far [(7, "Author")]
          teacher -> Author (pupils) [(1, 0)] near [] far []
          pupils -> Author (teacher) [(0, 1)] near [] far []
        Topic = "public"."topics", key [0, 1], scope Unscoped
          indexed [], in a scope []
          language String = language text!
          name String = name text!
          broader_language String null = broader_language text
          broader_name String null = broader_name text
          books -> Books (topics) [(0, "book_id")] "public"."taggings" [] [("kind", "topic")]; "public"."tags" [("id", "tag_id")] [] [(1, "name")] reversed
          broader -> Topic (narrower) [(2, 0), (3, 1)] near [] far []
          narrower -> Topic (broader) [(0, 2), (1, 3)] near [] far []
    "#]].assert_eq(&print(&schema));
}

#[test]
fn without_a_database_it_is_the_declared_model() {
    let (schema, findings) = resolve(&library(), None);
    expect![[""]].assert_eq(&findings);
    expect![[r#"
        Books = "public"."books", key [0], scope Column("library_id")
          indexed [], in a scope []
          id Int64 = id int8!
          title String null = title text
          isbn String = isbn text!
          author_id Int64 null = author_id int8
          pages Int32 null = pages int4
          extra Json null = extra text
          pin String null hidden = pin text
          holder_type String null = holder_type text
          holder_id Int64 null = holder_id int8
          author -> Author (books) [(3, 0)] near [] far []
          holder -> Author (held) [(8, 0)] near [(7, "Author")] far []
          topics -> Topic (books) [(0, "book_id")] "public"."taggings" [] [("kind", "topic")]; "public"."tags" [("id", "tag_id")] [] [(1, "name")]
        Author = "public"."authors", key [0], scope "public"."members".library_id by [("author_id", 0)]
          indexed [], in a scope []
          id Int64 = id int8!
          teacher_id Int64 null = teacher_id int8
          books -> Books (author) [(0, 3)] near [] far []
          held -> Books (holder) [(0, 8)] near [] far [(7, "Author")]
          teacher -> Author (pupils) [(1, 0)] near [] far []
          pupils -> Author (teacher) [(0, 1)] near [] far []
        Topic = "public"."topics", key [0, 1], scope Unscoped
          indexed [], in a scope []
          language String = language text!
          name String = name text!
          broader_language String null = broader_language text
          broader_name String null = broader_name text
          books -> Books (topics) [(0, "book_id")] "public"."taggings" [] [("kind", "topic")]; "public"."tags" [("id", "tag_id")] [] [(1, "name")] reversed
          broader -> Topic (narrower) [(2, 0), (3, 1)] near [] far []
          narrower -> Topic (broader) [(0, 2), (1, 3)] near [] far []
    "#]].assert_eq(&print(&schema));
}

#[test]
fn the_first_candidate_that_exists_is_read() {
    let schema = check(
        &[
            ("title text", "name text"),
            ("\n    books:", "\n    old_books:"),
            ("index books", "index old_books"),
            ("index books", "index old_books"),
            ("index books", "index old_books"),
            ("index books", "index old_books"),
        ],
        expect![[""]],
    );
    let books = schema.set_named("Books").unwrap();
    assert_eq!(books.table.as_sql(), r#""public"."old_books""#);
    assert!(matches!(
        books.properties[1].source,
        Source::Column { name: "name", .. }
    ));
    let both = check(&[("title text", "name text, title text")], expect![[""]]);
    let books = both.set_named("Books").unwrap();
    assert!(matches!(
        books.properties[1].source,
        Source::Column { name: "title", .. }
    ));
}

#[test]
fn a_nullable_column_that_is_missing_or_unreadable_is_null() {
    let schema = check(
        &[
            ("title text, ", ""),
            ("pages int2", "pages int2-"),
            ("author_id int4, ", ""),
        ],
        expect![[r#"
            Warning Book.title: column 'books.title' or 'books.name' does not exist; served as null
            Warning Book.author_id: column 'books.author_id' does not exist; served as null
            Warning Book.pages: the role may not read column 'books.pages'; served as null
        "#]],
    );
    let books = schema.set_named("Books").unwrap();
    assert_eq!(books.properties[1].source, Source::Null);
    assert_eq!(books.properties[4].source, Source::Null);
    assert_eq!(books.properties[4].ty, PrimitiveType::Int32);
    // Null equals nothing: the navigation property is there, and empty.
    assert!(books.navigation("author").is_some());
}

#[test]
fn a_secret_that_the_role_may_not_read_is_no_finding() {
    let schema = check(&[("pin text", "pin text-")], expect![[""]]);
    let pin = &schema.set_named("Books").unwrap().properties[6];
    assert!(pin.hidden && pin.source == Source::Null);
    check(
        &[("pin text, ", "")],
        expect![[r#"
        Warning Book.pin: column 'books.pin' does not exist; served as null
    "#]],
    );
}

#[test]
fn a_published_secret_is_a_property_like_others() {
    let options = ResolveOptions {
        database_schema: "odd\"name".to_owned(),
        publish_secrets: true,
    };
    let unreadable = FITTING.replace("pin text", "pin text-");
    let (schema, findings) = Schema::resolve(&library(), Some(&catalogue(&unreadable)), &options);
    let books = schema.set_named("Books").unwrap();
    assert!(books.properties.iter().all(|property| !property.hidden));
    assert_eq!(books.table.as_sql(), r#""odd""name"."books""#);
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].severity, Severity::Warning);
}

#[test]
fn a_column_is_quoted_whatever_its_name() {
    #[derive(ODataEntity)]
    #[odata(table = "things", unscoped)]
    struct Thing {
        #[odata(key, column = "odd\"; name")]
        id: i64,
    }
    let (schema, _) = resolve(&Model::new("L").with::<Thing>(), None);
    let id = &schema.sets()[0].properties[0];
    assert_eq!(id.as_sql(), r#""odd""; name""#);
}

#[test]
fn every_fault_that_stops_the_start_is_said_at_once() {
    check(
        &[
            ("id int8!, library_id int4!", "library_id int4!-"),
            ("isbn varchar!", "isbn varchar!-"),
            ("authors: id int4!", "no_authors: id int4!"),
            ("language text!, name text!", "name text!"),
        ],
        expect![[r#"
            Error Book.id: column 'books.id' does not exist, and it is the key
            Error Book.isbn: the role may not read column 'books.isbn', and it can't be null
            Error Book: the role may not read column 'books.library_id'; it is the scope
            Error Author: table 'authors' does not exist
            Error Topic.language: column 'topics.language' does not exist, and it is the key
        "#]],
    );
    check(
        &[("members:", "no_members:")],
        expect![[r#"
            Error Author: table 'members' does not exist; the scope needs it
        "#]],
    );
    check(
        &[(
            "author_id int4!, library_id int4!",
            "author_id text!-, library_id text!",
        )],
        expect![[r#"
            Error Author: column 'members.library_id', the scope, is text; expected a whole number
        "#]],
    );
    check(
        &[(
            "author_id int4!, library_id int4!",
            "author_id int4!-, library_id int4!-",
        )],
        expect![[r#"
            Error Author: the role may not read table 'members'; the scope needs it
        "#]],
    );
    check(
        &[(
            "author_id int4!, library_id int4!",
            "author_id text!, library_id int4!",
        )],
        expect![[r#"
            Error Author: column 'authors.id' is int4 and column 'members.author_id' is text, which can't be compared; the scope needs it
        "#]],
    );
    check(
        &[("library_id int4!", "library_id text!")],
        expect![[r#"
            Error Book: column 'books.library_id', the scope, is text; expected a whole number
        "#]],
    );
}

#[test]
fn a_property_follows_a_column_that_its_type_can_not_hold() {
    let schema = check(
        &[
            ("pages int2", "pages int8"),
            ("isbn varchar!", "isbn ean13!?"),
            ("extra jsonb", "extra hstore?"),
            ("title text", "title uuid"),
            ("author_id int4,", "author_id varchar,"),
        ],
        expect![[r#"
            Warning Book.title: column 'books.title' is uuid, which Edm.String can't hold; served as Edm.Guid
            Warning Book.author_id: column 'books.author_id' is varchar, which Edm.Int64 can't hold; served as Edm.String
            Warning Book.pages: column 'books.pages' is int8, which Edm.Int32 can't hold; served as Edm.Int64
            Warning Book.extra: column 'books.extra' is hstore, which JSON can't hold; served as Edm.String
            Warning Book.author: column 'books.author_id' is varchar and column 'authors.id' is int4, which can't be compared; not served
            Warning Author.books: column 'books.author_id' is varchar and column 'authors.id' is int4, which can't be compared; not served
        "#]],
    );
    let types = schema.set_named("Books").unwrap().properties.iter();
    let types: Vec<_> = types.map(|property| property.ty).collect();
    use PrimitiveType::*;
    assert_eq!(
        types,
        [
            Int64, Guid, String, String, Int64, String, String, String, Int64
        ]
    );
}

#[test]
fn nullability_is_declared_or_found() {
    let schema = check(
        &[
            ("isbn varchar!", "isbn varchar"),
            ("id int8!", "id int8"),
            ("title text", "title text!"),
        ],
        expect![[r#"
            Notice Book.id: column 'books.id' may be null, and is the key; a row without it can't be addressed
            Notice Book.isbn: column 'books.isbn' may be null; so may the property
        "#]],
    );
    let properties = &schema.set_named("Books").unwrap().properties;
    let nullable: Vec<_> = properties[..3]
        .iter()
        .map(|it| (it.nullable, it.may_be_null()))
        .collect();
    assert_eq!(nullable, [(false, true), (true, false), (true, true)]);
}

#[test]
fn a_condition_on_a_column_that_is_no_text_takes_its_navigation_property_away() {
    check(
        &[("holder_type varchar", "holder_type int4")],
        expect![[r#"
            Warning Book.holder_type: column 'books.holder_type' is int4, which Edm.String can't hold; served as Edm.Int32
            Warning Book.holder: column 'books.holder_type' is int4, which can't be compared with a text; not served
            Warning Author.held: column 'books.holder_type' is int4, which can't be compared with a text; not served
        "#]],
    );
    check(
        &[("holder_type varchar", "holder_type kind?")],
        expect![[""]],
    );
}
