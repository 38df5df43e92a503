use odata_core::ODataEntity;

#[derive(ODataEntity)]
#[odata(table = books, entity_set, scope(via = "members", column = "library_id"))]
struct Book {
    #[odata(key = true)]
    id: i64,
    #[odata(column())]
    a: i64,
    #[odata(column = "")]
    b: i64,
    #[odata(values("open" = 0))]
    c: i64,
    #[odata(name = "not a name")]
    d: i64,
    #[odata]
    e: i64,
    #[odata(foreign_key = "id")]
    f: Vec<Book>,
    #[odata(values(0 = "open", 0 = "closed"))]
    g: i64,
}

fn main() {}
