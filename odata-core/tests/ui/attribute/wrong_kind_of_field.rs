use odata_core::ODataEntity;

#[derive(ODataEntity)]
#[odata(table = "books")]
struct Book {
    #[odata(key, when("kind" = "novel"), to(id = "id"))]
    id: i64,
    #[odata(secret, foreign_key = id, column = "x")]
    same: Option<Box<Book>>,
    #[odata(foreign_key = id, inverse = same)]
    others: Vec<Book>,
}

fn main() {}
