#![deny(warnings)]

use odata_core::ODataEntity;

fn main() {
    #[derive(ODataEntity)]
    #[odata(table = "authors")]
    struct Author {
        #[odata(key)]
        id: i64,
        #[odata(foreign_key = author_id)]
        books: Vec<Book>,
    }

    #[derive(ODataEntity)]
    #[odata(table = "books")]
    struct Book {
        #[odata(key)]
        id: i64,
        author_id: i64,
        #[odata(foreign_key = author_id)]
        author: Option<Author>,
    }

    assert_eq!(Book::entity_type().navigation_properties[0].name, "author");
    assert_eq!(Author::entity_type().navigation_properties[0].name, "books");
}
