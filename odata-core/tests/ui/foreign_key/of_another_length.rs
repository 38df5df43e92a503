use odata_core::ODataEntity;

#[derive(ODataEntity)]
#[odata(table = "books")]
struct Book {
    #[odata(key)]
    language: String,
    #[odata(key)]
    number: i64,
    #[odata(foreign_key(language, number))]
    editions: Vec<Edition>,
}

#[derive(ODataEntity)]
#[odata(table = "editions")]
struct Edition {
    #[odata(key)]
    id: i64,
    language: String,
    number: i64,
    #[odata(foreign_key = number)]
    book: Option<Book>,
}

fn main() {}
