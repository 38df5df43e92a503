use odata_core::ODataEntity;

#[derive(ODataEntity)]
#[odata(tabel = "books")]
struct Book {
    #[odata(key)]
    id: i64,
}

fn main() {}
