use odata_core::ODataEntity;

#[derive(ODataEntity)]
#[odata(table = "books", scope(via = "members", on("book_id" = number), column = "library_id"))]
struct Book {
    #[odata(key)]
    id: i64,
    title: String,
}

fn main() {}
