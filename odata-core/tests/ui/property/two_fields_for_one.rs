use odata_core::ODataEntity;

#[derive(ODataEntity)]
#[odata(table = "books")]
struct Book {
    #[odata(key)]
    id: i64,
    #[odata(name = "id")]
    number: i64,
    #[odata(name = "Id")]
    other: i64,
}

fn main() {}
