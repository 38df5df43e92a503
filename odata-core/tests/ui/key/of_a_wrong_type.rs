use odata_core::ODataEntity;

#[derive(ODataEntity)]
#[odata(table = "books")]
struct Book {
    #[odata(key)]
    weight: f64,
    #[odata(key, secret)]
    pin: Option<String>,
}

fn main() {}
