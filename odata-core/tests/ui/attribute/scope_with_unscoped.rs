use odata_core::ODataEntity;

#[derive(ODataEntity)]
#[odata(table = "books", scope = "library_id", unscoped)]
struct Book {
    #[odata(key)]
    id: i64,
}

fn main() {}
