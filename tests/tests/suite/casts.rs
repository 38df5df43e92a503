//! `cast` (URL Conventions 5.1.1.10): a value that has none of the type is null and fails no page, and
//! text is what a row shows.

use crate::own_model::Served;
use odata_core::ODataEntity;
use odata_core::edm::{DateTime, Decimal, Model, NaiveDate, NaiveTime, Utc};
use tests::Database;

/// One value.
#[derive(ODataEntity)]
#[odata(table = "cells", entity_set = "Cells")]
#[allow(dead_code, reason = "the struct is a declaration")]
struct Cell {
    #[odata(key)]
    id: i64,
    text: Option<String>,
    decimal: Option<Decimal>,
    double: Option<f64>,
    single: Option<f32>,
    /// A `real` that is declared wider.
    real: Option<f64>,
    date: Option<NaiveDate>,
    time: Option<NaiveTime>,
    instant: Option<DateTime<Utc>>,
}

const TABLE: &str = "
    CREATE TABLE cells (id int8 PRIMARY KEY, text text, decimal numeric, double float8, single float4,
        real float4, date date, time time, instant timestamp);";

/// A property, what is stored in it, a type, and the value of the cast as JSON.
const CASES: &[(&str, &str, &str, &str)] = &[
    // The digits that a row shows, and no others.
    (
        "double",
        "0.30000000000000004",
        "Decimal",
        "0.30000000000000004",
    ),
    ("double", "1e22", "Decimal", "10000000000000000000000"),
    ("double", "'NaN'", "Decimal", r#""NaN""#),
    ("double", "'-Infinity'", "Decimal", r#""-INF""#),
    ("single", "16777216", "Decimal", "16777216"),
    ("single", "0.1", "Decimal", "0.1"),
    ("real", "0.1", "Decimal", "0.10000000149011612"),
    // What is too small is 0, what is too large is nothing, what is infinite stays so.
    ("decimal", "1e-400", "Double", "0.0"),
    ("decimal", "5e-324", "Double", "5e-324"),
    (
        "decimal",
        "-1.7976931348623157e308",
        "Double",
        "-1.7976931348623157e308",
    ),
    ("decimal", "1.8e308", "Double", "null"),
    ("decimal", "-1e400", "Double", "null"),
    ("decimal", "'Infinity'", "Double", r#""INF""#),
    ("decimal", "'NaN'", "Double", r#""NaN""#),
    ("decimal", "1e-50", "Single", "0.0"),
    ("decimal", "3.4028235e38", "Single", "3.4028235e38"),
    ("decimal", "3.41e38", "Single", "null"),
    ("decimal", "'-Infinity'", "Single", r#""-INF""#),
    ("double", "1e-300", "Single", "0.0"),
    ("double", "3.4028235e38", "Single", "3.4028235e38"),
    ("double", "-1e300", "Single", "null"),
    ("double", "'Infinity'", "Single", r#""INF""#),
    ("double", "'NaN'", "Single", r#""NaN""#),
    ("double", "1e300", "Int64", "null"),
    ("decimal", "'Infinity'", "Int32", "null"),
    // Days that no instant can be at, and those that no row can show.
    (
        "date",
        "'2021-11-23'",
        "DateTimeOffset",
        r#""2021-11-23T00:00:00.000000Z""#,
    ),
    ("date", "'5874897-12-31'", "DateTimeOffset", "null"),
    ("date", "'10000-01-01'", "DateTimeOffset", "null"),
    ("date", "'0044-03-15 BC'", "DateTimeOffset", "null"),
    ("date", "'infinity'", "DateTimeOffset", "null"),
    ("instant", "'infinity'", "TimeOfDay", "null"),
    // Text that is a number, of any length and size.
    ("text", "'-12.50'", "Decimal", "-12.50"),
    ("text", "repeat('9', 200000)", "Decimal", "null"),
    ("text", "'0.' || repeat('1', 20000)", "Decimal", "null"),
    ("text", "'1e300'", "Double", "1e300"),
    (
        "text",
        "'1.7976931348623157e308'",
        "Double",
        "1.7976931348623157e308",
    ),
    ("text", "'5e-324'", "Double", "5e-324"),
    (
        "text",
        "'0.' || repeat('0', 299) || '1'",
        "Double",
        "1e-300",
    ),
    ("text", "'1e-400'", "Double", "0.0"),
    ("text", "'1e400'", "Double", "null"),
    ("text", "'1e99999'", "Double", "null"),
    ("text", "repeat('9', 200000)", "Double", "null"),
    ("text", "'-INF'", "Double", r#""-INF""#),
    ("text", "'3.4028235e38'", "Single", "3.4028235e38"),
    ("text", "'1e-45'", "Single", "1e-45"),
    ("text", "'1e-100'", "Single", "0.0"),
    ("text", "'1e39'", "Single", "null"),
    ("text", "'NaN'", "Single", r#""NaN""#),
    // Text that is a time: digits beyond microseconds are dropped, as those of literals are.
    ("text", "'12:41'", "TimeOfDay", r#""12:41:00.000000""#),
    (
        "text",
        "'23:59:59.9999999'",
        "TimeOfDay",
        r#""23:59:59.999999""#,
    ),
    ("text", "'24:00'", "TimeOfDay", "null"),
    (
        "text",
        "'9999-12-31T23:59:59.9999999Z'",
        "DateTimeOffset",
        r#""9999-12-31T23:59:59.999999Z""#,
    ),
    (
        "text",
        "'2021-11-23T00:00:00.123456789+01:00'",
        "DateTimeOffset",
        r#""2021-11-22T23:00:00.123456Z""#,
    ),
    (
        "text",
        "'0001-01-01T05:00:00+01:00'",
        "DateTimeOffset",
        r#""0001-01-01T04:00:00.000000Z""#,
    ),
    (
        "text",
        "'0001-01-01T00:30:00+01:00'",
        "DateTimeOffset",
        "null",
    ),
    (
        "text",
        "'9999-12-31T23:30:00-01:00'",
        "DateTimeOffset",
        "null",
    ),
    ("text", "'-PT1.9999999S'", "Duration", r#""-PT1.999999S""#),
    // What no row can show has no text.
    ("time", "'24:00'", "String", "null"),
    (
        "time",
        "'23:59:59.999999'",
        "String",
        r#""23:59:59.999999""#,
    ),
    ("instant", "'10000-01-01'", "String", "null"),
];

/// Numbers, and the properties that hold them: their text is what the row shows.
const NUMBERS: &[(&str, &str)] = &[
    ("decimal", "0, 1.50, -0.001, 1e30, 1e-20, 'NaN', 'Infinity', '-Infinity'"),
    (
        "double",
        "0, '-0', 3, -3, 0.1, 1e15, 1e16, 123456789012345680, -1.5e15, 0.00001, 0.000015, 1e-6, 1.5e-7, 1e100,
         -2.5e-100, 1.7976931348623157e308, 5e-324, 'NaN', 'Infinity', '-Infinity'",
    ),
    (
        "single",
        "0, '-0', 3, 0.1, 16777216, 1e6, 1e12, 1e13, -1.5e12, 0.000001, 0.0000015, 1e-7, 1e30, -2.5e-30,
         3.4028235e38, 1e-45, 'NaN', 'Infinity', '-Infinity'",
    ),
    ("real", "0, 3, 0.1, 1e-6, 1e13, 1e30, 3.4028235e38, 'NaN', '-Infinity'"),
];

async fn served(rows: &str) -> (Database, Served) {
    let database = Database::empty().await;
    let client = database.connect().await;
    client.batch_execute(TABLE).await.unwrap();
    client.batch_execute(rows).await.unwrap();
    let model = Model::new("Casts").with::<Cell>();
    let served = Served::start(&database, model, &[("reader", &[])]);
    (database, served)
}

/// The value of a member in an answer, as it is written.
fn member<'a>(answer: &'a str, name: &str) -> &'a str {
    let (_, behind) = answer.split_once(&format!("\"{name}\":")).unwrap();
    let end = if behind.starts_with('"') {
        behind[1..].find('"').unwrap() + 2
    } else {
        behind.find([',', '}']).unwrap()
    };
    &behind[..end]
}

#[tokio::test]
async fn a_cast_gives_the_value_or_null() {
    let insert = |(id, (property, stored, ..)): (usize, &(&str, &str, &str, &str))| {
        format!("INSERT INTO cells (id, {property}) VALUES ({id}, {stored});")
    };
    let rows: String = CASES.iter().enumerate().map(insert).collect();
    let (_database, served) = served(&rows).await;
    let mut wrong = Vec::new();
    for (id, (property, stored, ty, expected)) in CASES.iter().enumerate() {
        let cast = format!("cast({property},Edm.{ty})");
        let path = format!("Cells?$filter=id eq {id}&$compute={cast} as v&$select=v");
        let answer = served.answer("reader", &path);
        let found = if answer.starts_with("200") {
            member(&answer, "v")
        } else {
            &answer
        };
        // A condition says the same.
        let null = format!("Cells/$count?$filter=id eq {id} and {cast} eq null");
        let null = served.answer("reader", &null) == "200\n1";
        if found != *expected || null != (*expected == "null") {
            wrong.push(format!(
                "{stored} to {ty}: {found}, expected {expected}; null {null}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn the_text_of_a_number_is_what_a_row_shows() {
    let insert = |(property, values): &(&str, &str)| {
        let values = values.split(',').map(|value| value.trim().to_owned());
        let made = (0..400u32).map(|n| match *property {
            // Of all sizes, with up to 17 digits.
            "decimal" => format!("{}.{}", n * n, n),
            "double" => format!("sin({n}) * 10 ^ ({n} * 1.5 - 300)"),
            _ => format!("sin({n}) * 10 ^ ({n} * 0.18 - 36)"),
        });
        let insert =
            |value| format!("INSERT INTO cells (id, {property}) VALUES (nextval('ids'), {value});");
        values.chain(made).map(insert).collect::<String>()
    };
    let rows: String = NUMBERS.iter().map(insert).collect();
    let (_database, served) = served(&format!("CREATE SEQUENCE ids; {rows}")).await;
    let mut compared = 0;
    for (property, _) in NUMBERS {
        let path = format!(
            "Cells?$filter={property} ne null&$compute=cast({property},Edm.String) as v&$select={property},v"
        );
        let answer = served.answer("reader", &path);
        for row in answer
            .split("{\"@")
            .skip(1)
            .flat_map(|rows| rows.split("},{"))
        {
            if !row.contains("\"v\":") {
                continue;
            }
            let shown = member(row, property).trim_matches('"');
            let text = member(row, "v");
            assert_eq!(text, format!("\"{shown}\""), "{property}");
            compared += 1;
        }
    }
    assert!(compared > 1_600, "{compared}");
}
