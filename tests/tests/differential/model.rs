//! One table with a column for each primitive type, a parent and children: the model, its tables, and
//! the same rows for both sides.

use super::random::Random;
use odata_core::ODataEntity;
use odata_core::edm::{DateTime, Decimal, Json, Model, NaiveDate, NaiveTime, TimeDelta, Utc, Uuid};
use tests::oracle::{Nav, Table, Type, Value, World};

#[derive(ODataEntity)]
#[odata(table = "things", entity_set = "Things", unscoped)]
#[allow(dead_code, reason = "its fields are read by the derive alone")]
struct Thing {
    #[odata(key)]
    id: i64,
    b: Option<bool>,
    bn: bool,
    i2: Option<i16>,
    i2n: i16,
    i4: Option<i32>,
    i4n: i32,
    i8: Option<i64>,
    i8n: i64,
    f4: Option<f32>,
    f4n: f32,
    f8: Option<f64>,
    f8n: f64,
    n: Option<Decimal>,
    nn: Decimal,
    s: Option<String>,
    sn: String,
    ts: Option<DateTime<Utc>>,
    tsn: DateTime<Utc>,
    tz: Option<DateTime<Utc>>,
    d: Option<NaiveDate>,
    dn: NaiveDate,
    t: Option<NaiveTime>,
    tn: NaiveTime,
    iv: Option<TimeDelta>,
    ivn: TimeDelta,
    g: Option<Uuid>,
    gn: Uuid,
    x: Option<Vec<u8>>,
    xn: Vec<u8>,
    j: Option<Json>,
    jb: Option<Json>,
    parent_id: Option<i64>,
    #[odata(foreign_key = parent_id)]
    parent: Option<Parent>,
    #[odata(foreign_key = thing_id)]
    kids: Vec<Kid>,
}

#[derive(ODataEntity)]
#[odata(table = "parents", entity_set = "Parents", unscoped)]
#[allow(dead_code, reason = "its fields are read by the derive alone")]
struct Parent {
    #[odata(key)]
    id: i64,
    name: Option<String>,
    num: Option<i32>,
    score: Option<f64>,
    at: Option<DateTime<Utc>>,
    open: bool,
    up_id: Option<i64>,
    #[odata(foreign_key = up_id)]
    up: Option<Box<Parent>>,
    #[odata(foreign_key = parent_id)]
    things: Vec<Thing>,
}

#[derive(ODataEntity)]
#[odata(table = "kids", entity_set = "Kids", unscoped)]
#[allow(dead_code, reason = "its fields are read by the derive alone")]
struct Kid {
    #[odata(key)]
    id: i64,
    thing_id: Option<i64>,
    text: Option<String>,
    num: Option<i32>,
    score: Option<f64>,
    ok: Option<bool>,
    on: Option<NaiveDate>,
    #[odata(foreign_key = thing_id)]
    thing: Option<Thing>,
}

/// What the service declares.
pub(super) fn model() -> Model {
    Model::new("Test")
        .with::<Thing>()
        .with::<Parent>()
        .with::<Kid>()
}

const DDL: &str = "
CREATE TABLE parents (id int8 PRIMARY KEY, name text, num int4, score float8, at timestamp,
    open bool NOT NULL, up_id int8);
CREATE TABLE things (id int8 PRIMARY KEY, b bool, bn bool NOT NULL, i2 int2, i2n int2 NOT NULL,
    i4 int4, i4n int4 NOT NULL, i8 int8, i8n int8 NOT NULL, f4 float4, f4n float4 NOT NULL,
    f8 float8, f8n float8 NOT NULL, n numeric, nn numeric NOT NULL, s text, sn varchar NOT NULL,
    ts timestamp, tsn timestamp NOT NULL, tz timestamptz, d date, dn date NOT NULL, t time,
    tn time NOT NULL, iv interval, ivn interval NOT NULL, g uuid, gn uuid NOT NULL, x bytea,
    xn bytea NOT NULL, j json, jb jsonb, parent_id int8);
CREATE TABLE kids (id int8 PRIMARY KEY, thing_id int8, text text, num int4, score float8, ok bool,
    \"on\" date);
";

/// The tables and their rows, as SQL.
pub(super) fn script(world: &World) -> String {
    let mut script = DDL.to_owned();
    for table in &world.tables {
        let columns: Vec<String> = table
            .columns
            .iter()
            .map(|column| format!("\"{}\"", column.name))
            .collect();
        let rows: Vec<String> = (0..table.rows.len())
            .map(|row| {
                let cells = table.columns.iter().zip(&table.rows[row]);
                let cells: Vec<String> = cells
                    .map(|(column, value)| match value.to_sql_text() {
                        None => "NULL".to_owned(),
                        Some(text) => {
                            let text = stored(column.name, &text);
                            format!("'{}'", text.replace('\'', "''"))
                        }
                    })
                    .collect();
                format!("({})", cells.join(", "))
            })
            .collect();
        script.push_str(&format!(
            "INSERT INTO {} ({}) VALUES {};\n",
            table.name.to_lowercase(),
            columns.join(", "),
            rows.join(",\n")
        ));
    }
    script.push_str("ANALYZE;");
    script
}

/// JSON as it is stored, with the text that a row shows: the same, but for a JSON string that holds
/// an object or an array.
const JSON: [(&str, &str); 7] = [
    (r#"{"a":1}"#, r#"{"a":1}"#),
    (r#"{"b": [true,  null]}"#, r#"{"b": [true,  null]}"#),
    ("[1,2]", "[1,2]"),
    (r#""plain""#, r#""plain""#),
    (r#"{"u":"ß"}"#, r#""{\"u\":\"ß\"}""#),
    ("null", "null"),
    ("1.50", "1.50"),
];
/// The same of jsonb, which writes a JSON text in its own way.
const JSONB: [(&str, &str); 6] = [
    (r#"{"a": 1}"#, r#"{"a":1}"#),
    ("[1, 2]", "[1,2]"),
    (r#""plain""#, r#""plain""#),
    ("[1,2]", r#""[1,2]""#),
    ("null", "null"),
    ("1.50", "1.50"),
];

fn stored(column: &str, shown: &str) -> String {
    let pool: &[(&str, &str)] = match column {
        "j" => &JSON,
        "jb" => &JSONB,
        _ => &[],
    };
    let found = pool.iter().find(|(text, _)| *text == shown);
    found.map_or(shown, |(_, stored)| stored).to_owned()
}

/// Values of a type that meet its edges. `calm` values are those that arithmetic doesn't break on.
pub(super) fn pool(ty: Type, calm: bool) -> &'static [&'static str] {
    match (ty, calm) {
        (Type::Boolean, _) => &["true", "false"],
        (Type::Int16, true) => &["0", "1", "2", "-3", "7", "100"],
        (Type::Int16, false) => &["0", "1", "-1", "32767", "-32768", "7"],
        (Type::Int32, true) => &["0", "1", "-1", "2", "5", "-7", "10"],
        (Type::Int32, false) => &["0", "3", "-3", "2147483647", "-2147483648", "16777217"],
        (Type::Int64, true) => &["0", "1", "-2", "3", "42", "1000"],
        (Type::Int64, false) => &[
            "0",
            "5",
            "9223372036854775807",
            "-9223372036854775808",
            "9007199254740993",
            "4294967296",
        ],
        (Type::Single, true) => &["0", "0.5", "-1.5", "2.25", "0.1", "16777216"],
        (Type::Single, false) => &[
            "0",
            "0.1",
            "NaN",
            "INF",
            "-INF",
            "3.4028235e38",
            "1e-30",
            "-2.5",
        ],
        (Type::Double, true) => &[
            "0", "0.5", "1.5", "-0.5", "2.5", "-2.5", "100.25", "3", "0.1",
        ],
        (Type::Double, false) => &[
            "0",
            "NaN",
            "INF",
            "-INF",
            "1.7976931348623157e308",
            "5e-324",
            "0.1",
            "0.30000000000000004",
            "-7",
            "9007199254740992",
            "4503599627370497.5",
        ],
        (Type::Decimal, true) => &["0", "0.5", "-0.5", "1.5", "2.5", "-2.5", "10.00", "3"],
        (Type::Decimal, false) => &[
            "0",
            "0.1",
            "NaN",
            "123456789012345678901234567890.123456789",
            "-0.000000000000000000001",
            "1.50",
            "9223372036854775808",
            "-7",
        ],
        (Type::String, _) => &[
            "",
            "a",
            "A",
            "abc",
            "ABC",
            "a%b",
            "a_b",
            "axb",
            "\\",
            "a\\%",
            "%",
            "_",
            "ß",
            "Straße",
            "STRASSE",
            "İstanbul",
            "ıI",
            "e\u{301}",
            "é",
            "😀",
            "a😀b",
            "  padded\u{a0}",
            "\t\n",
            "it's",
            "ΑΣ",
            "ǆ",
            "true",
            "12",
            "-5",
            "1e3",
            "2021-11-23",
            "{\"a\":1}",
            "\"q\"",
        ],
        (Type::DateTimeOffset, _) => &[
            "2021-11-23T00:00:00Z",
            "2021-11-22T23:59:59.999999Z",
            "2020-02-29T12:30:15.5Z",
            "1969-12-31T23:59:59.999999Z",
            "0001-01-01T00:00:00Z",
            "9999-12-31T23:59:59.999999Z",
            "1900-01-01T00:00:00Z",
            "2000-01-01T00:00:00Z",
        ],
        (Type::Date, _) => &[
            "2021-11-23",
            "2020-02-29",
            "0001-01-01",
            "9999-12-31",
            "1969-12-31",
            "2000-01-01",
        ],
        (Type::TimeOfDay, _) => &["00:00:00", "23:59:59.999999", "12:30:15.5", "06:00:00"],
        (Type::Duration, true) => &[
            "PT0S",
            "P1D",
            "-P2D",
            "PT12H",
            "PT1.5S",
            "-PT0.000001S",
            "P400D",
        ],
        (Type::Duration, false) => &["PT0S", "P1D", "PT24H", "-P36525D", "PT1H", "P100000DT0.25S"],
        (Type::Guid, _) => &[
            "00000000-0000-0000-0000-000000000000",
            "89f20666-e17d-427c-9283-268ba7870283",
            "ffffffff-ffff-ffff-ffff-ffffffffffff",
        ],
        (Type::Binary, _) => &["", "AA", "_-8", "AQID"],
        _ => &[],
    }
}

fn value(ty: Type, text: &str) -> Value {
    if text == "NaN" && ty == Type::Decimal {
        return Value::Decimal(tests::oracle::Decimal::NAN);
    }
    Value::from_json(ty, &text.into()).unwrap_or_else(|| panic!("'{text}' is no {ty:?}"))
}

/// The names of properties whose values arithmetic doesn't break on.
pub(super) fn is_calm(name: &str) -> bool {
    matches!(
        name,
        "i2n" | "i4n" | "i8n" | "f4n" | "f8n" | "nn" | "ivn" | "num" | "score" | "id"
    )
}

/// The rows: always the same.
pub(super) fn world() -> World {
    let mut random = Random::new(20_211_123);
    let nav = |name, to, many, near, far| Nav {
        name,
        to,
        many,
        near,
        far,
        near_is: None,
        far_is: None,
    };
    let mut things = Table::of(
        Thing::entity_type(),
        vec![
            nav("parent", "Parents", false, "parent_id", "id"),
            nav("kids", "Kids", true, "id", "thing_id"),
        ],
    );
    let mut parents = Table::of(
        Parent::entity_type(),
        vec![
            nav("up", "Parents", false, "up_id", "id"),
            nav("things", "Things", true, "id", "parent_id"),
        ],
    );
    let mut kids = Table::of(
        Kid::entity_type(),
        vec![nav("thing", "Things", false, "thing_id", "id")],
    );
    fill(&mut random, &mut things, 60);
    fill(&mut random, &mut parents, 7);
    fill(&mut random, &mut kids, 90);
    World {
        tables: vec![things, parents, kids],
        now: 1_800_000_000_000_000,
    }
}

fn fill(random: &mut Random, table: &mut Table, rows: i64) {
    for id in 1..=rows {
        let mut row = Vec::new();
        for column in &table.columns {
            let number = |n: usize| Value::Integer(i64::try_from(n).unwrap());
            // Some lead nowhere.
            let cell = match column.name {
                "id" => Value::Integer(id),
                _ if column.nullable && random.below(5) == 0 => Value::Null,
                "parent_id" => number(1 + random.below(8)),
                "up_id" => number(1 + random.below(7)),
                "thing_id" => number(1 + random.below(45)),
                "j" => Value::String(random.choose(&JSON).0.to_owned()),
                "jb" => Value::String(random.choose(&JSONB).0.to_owned()),
                name => {
                    let text: &&str = random.choose(pool(column.ty, is_calm(name)));
                    value(column.ty, text)
                }
            };
            row.push(cell);
        }
        table.rows.push(row);
    }
}
