use odata_core::ODataEntity;

type Number = Option<i64>;

#[derive(ODataEntity)]
#[odata(table = "books")]
struct Book {
    #[odata(key)]
    id: Number,
}

fn main() {}
