use odata_core::ODataEntity;

#[derive(ODataEntity)]
#[odata(table = "books")]
struct Book {
    #[odata(key)]
    id: i64,
    #[odata(through("loans"), to(id = "reader_id"))]
    readers: Vec<Reader>,
    #[odata(through("loans", on("book_id")), to(id = "reader_id"))]
    other_readers: Vec<Reader>,
    #[odata(through("loans", on("book_id" = id)))]
    more_readers: Vec<Reader>,
    #[odata(through("loans", on("book_id" = id)), through("members"), to(id = "reader_id"))]
    members: Vec<Reader>,
}

#[derive(ODataEntity)]
#[odata(table = "readers")]
struct Reader {
    #[odata(key)]
    id: i64,
}

fn main() {}
