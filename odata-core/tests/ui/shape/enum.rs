use odata_core::ODataEntity;

#[derive(ODataEntity)]
#[odata(table = "books")]
enum Book {
    Novel,
}

fn main() {}
