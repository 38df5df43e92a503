use odata_core::ODataEntity;

#[derive(ODataEntity)]
#[odata(tabel = "books", scope = library_id)]
struct Book {
    #[odata(key)]
    id: Option<i64>,
    #[odata(colunm = "name")]
    title: String,
    #[odata(secret)]
    pin: String,
    tags: Vec<String>,
    #[odata(foreign_key = writer_id)]
    books: Vec<Author>,
}

#[derive(ODataEntity)]
#[odata(table = "authors")]
struct Author {
    #[odata(key)]
    id: i64,
    book_id: i64,
    /// What is wrong with `Book` is not said again here.
    #[odata(foreign_key = book_id)]
    book: Option<Book>,
}

fn main() {}
