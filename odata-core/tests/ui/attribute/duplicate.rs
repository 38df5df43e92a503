use odata_core::ODataEntity;

#[derive(ODataEntity)]
#[odata(table = "books", table = "old_books")]
struct Book {
    #[odata(key, column = "a")]
    #[odata(column = "b")]
    id: i64,
}

fn main() {}
