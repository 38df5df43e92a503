use odata_core::ODataEntity;

#[derive(ODataEntity)]
#[odata(table = "books")]
struct Book {
    #[odata(key)]
    id: u64,
    tags: std::collections::HashMap<String, String>,
    words: Option<Vec<String>>,
}

fn main() {}
