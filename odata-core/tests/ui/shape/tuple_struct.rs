use odata_core::ODataEntity;

#[derive(ODataEntity)]
#[odata(table = "books")]
struct Book(i64);

#[derive(ODataEntity)]
#[odata(table = "nothing")]
struct Nothing;

fn main() {}
