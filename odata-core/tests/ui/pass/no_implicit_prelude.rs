#![no_implicit_prelude]
#![deny(warnings)]

#[derive(::odata_core::ODataEntity)]
#[odata(table = "authors", scope(via = "members", on("author_id" = id), column = "library_id"))]
struct Author {
    #[odata(key)]
    id: i64,
    #[odata(searchable)]
    name: ::std::string::String,
    #[odata(secret)]
    pin: ::core::option::Option<::std::string::String>,
    #[odata(values(0 = "alive", 1 = "dead"))]
    state: i32,
    #[odata(foreign_key = author_id, when("kind" = "novel"))]
    books: ::std::vec::Vec<Book>,
}

#[derive(::odata_core::ODataEntity)]
#[odata(table = "books", unscoped)]
struct Book {
    #[odata(key)]
    id: i64,
    kind: ::std::string::String,
    author_id: ::core::option::Option<i64>,
    #[odata(foreign_key = author_id)]
    author: ::core::option::Option<::std::boxed::Box<Author>>,
    #[odata(through("loans", on("book_id" = id), when("kind" = "first")), to(id = "author_id"))]
    readers: ::std::vec::Vec<Author>,
}

fn main() {}
