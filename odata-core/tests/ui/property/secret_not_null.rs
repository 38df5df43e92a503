use odata_core::ODataEntity;

#[derive(ODataEntity)]
#[odata(table = "books")]
struct Book {
    #[odata(key)]
    id: i64,
    #[odata(secret)]
    pin: String,
    #[odata(searchable)]
    state: i32,
    #[odata(values(0 = "open"))]
    title: String,
}

fn main() {}
