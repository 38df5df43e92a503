use odata_core::ODataEntity;

struct Author {
    id: i64,
}

#[derive(ODataEntity)]
#[odata(table = "books")]
struct Book {
    #[odata(key)]
    id: i64,
    author_id: i64,
    #[odata(foreign_key = author_id)]
    author: Option<Author>,
    #[odata(foreign_key = author_id)]
    number: Option<i64>,
    #[odata(foreign_key = author_id)]
    itself: Box<Book>,
}

fn main() {}
