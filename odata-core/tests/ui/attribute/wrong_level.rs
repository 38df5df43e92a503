use odata_core::ODataEntity;

#[derive(ODataEntity)]
#[odata(table = "books", key)]
struct Book {
    #[odata(key, scope = "library_id")]
    id: i64,
}

fn main() {}
