use odata_core::ODataEntity;

#[derive(ODataEntity)]
#[odata(table = "loans")]
struct Loan {
    #[odata(key)]
    id: i64,
    holder_id: i64,
    #[odata(column("holder_type", "kind"))]
    holder: String,
    #[odata(foreign_key = holder_id, when("kind" = "Reader", "holder" = "Reader"))]
    reader: Option<Reader>,
}

#[derive(ODataEntity)]
#[odata(table = "readers")]
struct Reader {
    #[odata(key)]
    id: i64,
    #[odata(foreign_key = holder_id, when("holder_type" = "Reader", "reader_kind" = "x"))]
    loans: Vec<Loan>,
}

fn main() {}
