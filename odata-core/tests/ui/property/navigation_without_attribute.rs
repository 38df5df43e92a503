use odata_core::ODataEntity;

#[derive(ODataEntity)]
#[odata(table = "authors")]
struct Author {
    #[odata(key)]
    id: i64,
}

#[derive(ODataEntity)]
#[odata(table = "books")]
struct Book {
    #[odata(key)]
    id: i64,
    author: Option<Author>,
    readers: Vec<Author>,
}

fn main() {}
