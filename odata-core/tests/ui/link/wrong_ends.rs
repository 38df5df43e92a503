use odata_core::ODataEntity;

#[derive(ODataEntity)]
#[odata(table = "books")]
struct Book {
    #[odata(key)]
    id: i64,
    #[odata(through("loans", on("book_id" = number)), to(id = "reader_id"))]
    readers: Vec<Reader>,
}

#[derive(ODataEntity)]
#[odata(table = "readers")]
struct Reader {
    #[odata(key)]
    id: i64,
    #[odata(
        through("loans", on("reader_id" = "id")),
        through("members", on("id" = member_id)),
        to(id = "book_id"),
    )]
    books: Vec<Book>,
    #[odata(through("loans", on("reader_id" = id)), to(number = "book_id"))]
    numbered: Vec<Book>,
}

fn main() {}
