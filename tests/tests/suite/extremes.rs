//! Values at the ends of their types: what is read is what is stored, and the value that an answer shows
//! finds its row again. Values that OData has no form for are told of in `odd_rows`.

use crate::own_model::Served;
use odata_core::ODataEntity;
use odata_core::edm::{DateTime, Decimal, Model, NaiveDate, NaiveTime, TimeDelta, Utc, Uuid};
use tests::Database;

/// A row has one value that counts.
#[derive(ODataEntity)]
#[odata(table = "extremes", entity_set = "Extremes")]
#[allow(dead_code, reason = "the struct is a declaration")]
struct Extreme {
    #[odata(key)]
    id: i64,
    i2: Option<i16>,
    i4: Option<i32>,
    i8: Option<i64>,
    f4: Option<f32>,
    f8: Option<f64>,
    n: Option<Decimal>,
    b: Option<bool>,
    d: Option<NaiveDate>,
    t: Option<NaiveTime>,
    ts: Option<DateTime<Utc>>,
    iv: Option<TimeDelta>,
    s: Option<String>,
    bytes: Option<Vec<u8>>,
    u: Option<Uuid>,
}

const TABLE: &str = "CREATE TABLE extremes (id int8 PRIMARY KEY, i2 int2, i4 int4, i8 int8, f4 float4,
    f8 float8, n numeric, b bool, d date, t time, ts timestamptz, iv interval, s text, bytes bytea, u uuid)";

/// A column, a value in SQL, as JSON, and as a literal of OData; none where the JSON is the literal.
const VALUES: &[(&str, &str, &str, Option<&str>)] = &[
    ("i2", "-32768", "-32768", None),
    ("i2", "32767", "32767", None),
    ("i4", "-2147483648", "-2147483648", None),
    ("i4", "2147483647", "2147483647", None),
    ("i8", "-9223372036854775808", "-9223372036854775808", None),
    ("i8", "9223372036854775807", "9223372036854775807", None),
    ("f4", "'1e-45'", "1e-45", None),
    ("f4", "'3.4028235e38'", "3.4028235e38", None),
    ("f4", "'-3.4028235e38'", "-3.4028235e38", None),
    ("f4", "'16777217'", "16777216.0", None),
    ("f8", "'5e-324'", "5e-324", None),
    (
        "f8",
        "'2.2250738585072014e-308'",
        "2.2250738585072014e-308",
        None,
    ),
    (
        "f8",
        "'1.7976931348623157e308'",
        "1.7976931348623157e308",
        None,
    ),
    (
        "f8",
        "'-1.7976931348623157e308'",
        "-1.7976931348623157e308",
        None,
    ),
    ("f8", "'9007199254740993'", "9007199254740992.0", None),
    ("f8", "'0.1'", "0.1", None),
    ("n", "0.1", "0.1", None),
    ("n", "12.5000", "12.5000", None),
    (
        "n",
        "123456789012345678901234567890.123456789",
        "123456789012345678901234567890.123456789",
        None,
    ),
    (
        "n",
        "-0.000000000000000000000000000000000000000000000000000000000000000001",
        "-0.000000000000000000000000000000000000000000000000000000000000000001",
        None,
    ),
    (
        "n",
        "99999999999999999999999999999999999999999999999999999999999999999999",
        "99999999999999999999999999999999999999999999999999999999999999999999",
        None,
    ),
    ("b", "true", "true", None),
    ("b", "false", "false", None),
    ("d", "'0001-01-01'", "\"0001-01-01\"", Some("0001-01-01")),
    ("d", "'9999-12-31'", "\"9999-12-31\"", Some("9999-12-31")),
    ("d", "'2000-02-29'", "\"2000-02-29\"", Some("2000-02-29")),
    (
        "t",
        "'00:00:00'",
        "\"00:00:00.000000\"",
        Some("00:00:00.000000"),
    ),
    (
        "t",
        "'23:59:59.999999'",
        "\"23:59:59.999999\"",
        Some("23:59:59.999999"),
    ),
    (
        "ts",
        "'0001-01-01 00:00:00+00'",
        "\"0001-01-01T00:00:00.000000Z\"",
        Some("0001-01-01T00:00:00.000000Z"),
    ),
    (
        "ts",
        "'9999-12-31 23:59:59.999999+00'",
        "\"9999-12-31T23:59:59.999999Z\"",
        Some("9999-12-31T23:59:59.999999Z"),
    ),
    (
        "ts",
        "'1969-12-31 23:59:59.999999+00'",
        "\"1969-12-31T23:59:59.999999Z\"",
        Some("1969-12-31T23:59:59.999999Z"),
    ),
    (
        "ts",
        "'2016-12-31 23:59:60+00'",
        "\"2017-01-01T00:00:00.000000Z\"",
        Some("2017-01-01T00:00:00Z"),
    ),
    (
        "iv",
        "'0.000001 s'",
        "\"PT0.000001S\"",
        Some("duration'PT0.000001S'"),
    ),
    (
        "iv",
        "'-0.000001 s'",
        "\"-PT0.000001S\"",
        Some("duration'-PT0.000001S'"),
    ),
    (
        "iv",
        "'99999 days 23:59:59.999999'",
        "\"P99999DT23H59M59.999999S\"",
        Some("duration'P99999DT23H59M59.999999S'"),
    ),
    ("s", "''", "\"\"", Some("''")),
    ("s", "''''", "\"'\"", Some("''''")),
    (
        "s",
        "E'\\t\\n\\r\\b\\f\\x01\\x1f\\x7f\\\\\"/'",
        "\"\\t\\n\\r\\b\\f\\u0001\\u001f\u{7f}\\\\\\\"/\"",
        Some("'%09%0A%0D%08%0C%01%1F%7F%5C%22%2F'"),
    ),
    (
        "s",
        "E'\\u2028\\u2029\\uFEFF\\uFFFD\\uFFFF'",
        "\"\u{2028}\u{2029}\u{feff}\u{fffd}\u{ffff}\"",
        Some("'%E2%80%A8%E2%80%A9%EF%BB%BF%EF%BF%BD%EF%BF%BF'"),
    ),
    (
        "s",
        "E'\\U0010FFFF\\U0001F600'",
        "\"\u{10ffff}😀\"",
        Some("'%F4%8F%BF%BF%F0%9F%98%80'"),
    ),
    ("s", "'null'", "\"null\"", Some("'null'")),
    ("s", "'100%_\\'", "\"100%_\\\\\"", Some("'100%25_%5C'")),
    ("bytes", "''", "\"\"", Some("binary''")),
    ("bytes", "'\\x00'", "\"AA\"", Some("binary'AA'")),
    (
        "bytes",
        "'\\xfffefdfc00'",
        "\"__79_AA\"",
        Some("binary'__79_AA'"),
    ),
    (
        "u",
        "'00000000-0000-0000-0000-000000000000'",
        "\"00000000-0000-0000-0000-000000000000\"",
        Some("00000000-0000-0000-0000-000000000000"),
    ),
    (
        "u",
        "'FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF'",
        "\"ffffffff-ffff-ffff-ffff-ffffffffffff\"",
        Some("ffffffff-ffff-ffff-ffff-ffffffffffff"),
    ),
];

#[tokio::test]
async fn what_is_read_is_what_is_stored_and_finds_its_row() {
    let database = Database::empty().await;
    let client = database.connect().await;
    client.batch_execute(TABLE).await.unwrap();
    // The rows' own ids are at the ends, too.
    let ids: Vec<i64> = (0..VALUES.len() as i64)
        .map(|place| {
            if place % 2 == 0 {
                i64::MIN + place
            } else {
                i64::MAX - place
            }
        })
        .collect();
    for (id, (column, value, ..)) in ids.iter().zip(VALUES) {
        let sql = format!("INSERT INTO extremes (id, {column}) VALUES ({id}, {value})");
        if let Err(error) = client.batch_execute(&sql).await {
            panic!("{sql}: {error:?}");
        }
    }
    let model = Model::new("Ends").with::<Extreme>();
    let served = Served::start(&database, model, &[("reader", &[])]);
    let mut wrong = Vec::new();
    for (id, (column, value, json, literal)) in ids.iter().zip(VALUES) {
        let shown = format!("\"{column}\":{json}}}");
        let query = format!("$select=id,{column}");
        let whole = format!("{{\"id\":{id},{shown}");
        let mut check = |path: &str, expected: &str| {
            let body = served.answer("reader", path);
            if !body.starts_with("200") || body.matches(expected).count() != 1 {
                wrong.push(format!("{column} {value}: {path}: {body}"));
            }
        };
        check(&format!("Extremes?{query}"), &whole);
        check(&format!("Extremes({id})?$select={column}"), &shown);
        let literal = literal.unwrap_or(json);
        check(
            &format!("Extremes?{query}&$filter={column} eq {literal}"),
            &whole,
        );
        check(
            &format!("Extremes?{query}&$filter={column} in ({literal})"),
            &whole,
        );
        // Binary values have no order.
        if *column != "bytes" {
            check(
                &format!(
                    "Extremes?{query}&$filter={column} ge {literal} and {column} le {literal}&$orderby={column} desc"
                ),
                &whole,
            );
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
