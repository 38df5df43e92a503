use odata_core::ODataEntity;

#[derive(ODataEntity)]
#[odata(table = "books")]
struct Book {
    #[odata(key, partner = author)]
    id: i64,
}

fn main() {}
