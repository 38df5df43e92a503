use odata_core::ODataEntity;

#[derive(ODataEntity)]
struct Book {
    #[odata(key)]
    id: i64,
}

fn main() {}
