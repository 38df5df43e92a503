use odata_core::ODataEntity;

#[derive(ODataEntity)]
#[odata(table = "books")]
struct Book {
    #[odata(key)]
    id: i64,
    #[odata(foreign_key = author_id)]
    author: Option<Author>,
}

#[derive(ODataEntity)]
#[odata(table = "authors")]
struct Author {
    #[odata(key)]
    id: i64,
}

fn main() {}
