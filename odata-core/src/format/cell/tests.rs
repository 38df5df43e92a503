use super::super::numeric::tests::numeric_cell;
use super::*;
use proptest::prelude::*;

const PLAIN: CellOptions = CellOptions {
    ieee754_compatible: false,
};
const IEEE754: CellOptions = CellOptions {
    ieee754_compatible: true,
};

fn json(
    column: Option<PgType>,
    ty: PrimitiveType,
    options: CellOptions,
    cell: &[u8],
) -> Result<String, CellError> {
    let writer = CellWriter::new(column, ty, true, options);
    let mut out = b"before".to_vec();
    let written = writer.write_json(&mut out, Some(cell));
    let json = String::from_utf8(out).unwrap().split_off("before".len());
    match written {
        Ok(some) => {
            assert_eq!(some, json != "null");
            Ok(json)
        }
        Err(error) => {
            assert_eq!(json, "", "a failed cell leaves nothing behind");
            Err(error)
        }
    }
}

fn text(column: Option<PgType>, ty: PrimitiveType, cell: &[u8]) -> String {
    let mut out = Vec::new();
    let writer = CellWriter::new(column, ty, true, PLAIN);
    writer.write_text(&mut out, Some(cell)).unwrap();
    String::from_utf8(out).unwrap()
}

/// A cell of every type, as JSON and as text.
#[test]
fn one_of_each_type() {
    use PrimitiveType as Ty;
    let uuid = 0x67e5_5044_10b1_426f_9247_bb68_0e5f_e0c8_u128.to_be_bytes();
    let interval = [
        &7_384_500_000i64.to_be_bytes()[..],
        &1i32.to_be_bytes(),
        &1i32.to_be_bytes(),
    ]
    .concat();
    let tenth = 0.1f32.to_be_bytes();
    let rows: &[(PgType, Ty, &[u8], &str, &str)] = &[
        (PgType::Bool, Ty::Boolean, &[1], "true", "true"),
        (PgType::Bool, Ty::Boolean, &[0], "false", "false"),
        (PgType::Int2, Ty::Int16, &(-7i16).to_be_bytes(), "-7", "-7"),
        (PgType::Int2, Ty::Byte, &255i16.to_be_bytes(), "255", "255"),
        (
            PgType::Int8,
            Ty::Int64,
            &i64::MIN.to_be_bytes(),
            "-9223372036854775808",
            "-9223372036854775808",
        ),
        (PgType::Int4, Ty::Int64, &12i32.to_be_bytes(), "12", "12"),
        (PgType::Float4, Ty::Single, &tenth, "0.1", "0.1"),
        (
            PgType::Float4,
            Ty::Double,
            &tenth,
            "0.10000000149011612",
            "0.10000000149011612",
        ),
        (
            PgType::Float8,
            Ty::Double,
            &1e21f64.to_be_bytes(),
            "1e21",
            "1e21",
        ),
        (
            PgType::Float8,
            Ty::Double,
            &f64::NAN.to_be_bytes(),
            "\"NaN\"",
            "NaN",
        ),
        (
            PgType::Float8,
            Ty::Double,
            &f64::INFINITY.to_be_bytes(),
            "\"INF\"",
            "INF",
        ),
        (
            PgType::Float4,
            Ty::Single,
            &f32::NEG_INFINITY.to_be_bytes(),
            "\"-INF\"",
            "-INF",
        ),
        (
            PgType::Numeric,
            Ty::Decimal,
            &numeric_cell("-10.50"),
            "-10.50",
            "-10.50",
        ),
        (
            PgType::Numeric,
            Ty::Decimal,
            b"\0\0\0\0\xc0\0\0\0",
            "\"NaN\"",
            "NaN",
        ),
        (PgType::Text, Ty::String, b"a\"\n", "\"a\\\"\\n\"", "a\"\n"),
        (
            PgType::Varchar,
            Ty::String,
            b"a\xff",
            "\"a\u{fffd}\"",
            "a\u{fffd}",
        ),
        (PgType::Bpchar, Ty::String, b" ab  ", "\" ab\"", " ab"),
        (PgType::Name, Ty::String, b"", "\"\"", ""),
        (PgType::Json, Ty::Json, b"\"[1]\"", "\"[1]\"", "[1]"),
        (
            PgType::Json,
            Ty::String,
            b"\"[1]\"",
            "\"\\\"[1]\\\"\"",
            "\"[1]\"",
        ),
        (PgType::Jsonb, Ty::Json, b"\x01\"{}\"", "\"{}\"", "{}"),
        (PgType::Jsonb, Ty::String, b"\x01{}", "\"{}\"", "{}"),
        (
            PgType::Text,
            Ty::Json,
            b"\"[1]\"",
            "\"\\\"[1]\\\"\"",
            "\"[1]\"",
        ),
        (
            PgType::Uuid,
            Ty::Guid,
            &uuid,
            "\"67e55044-10b1-426f-9247-bb680e5fe0c8\"",
            "67e55044-10b1-426f-9247-bb680e5fe0c8",
        ),
        (
            PgType::Timestamp,
            Ty::DateTimeOffset,
            &0i64.to_be_bytes(),
            "\"2000-01-01T00:00:00.000000Z\"",
            "2000-01-01T00:00:00.000000Z",
        ),
        (
            PgType::Timestamptz,
            Ty::DateTimeOffset,
            &(-1i64).to_be_bytes(),
            "\"1999-12-31T23:59:59.999999Z\"",
            "1999-12-31T23:59:59.999999Z",
        ),
        (
            PgType::Timestamp,
            Ty::DateTimeOffset,
            &i64::MAX.to_be_bytes(),
            "null",
            "",
        ),
        (
            PgType::Date,
            Ty::Date,
            &60i32.to_be_bytes(),
            "\"2000-03-01\"",
            "2000-03-01",
        ),
        (
            PgType::Time,
            Ty::TimeOfDay,
            &1i64.to_be_bytes(),
            "\"00:00:00.000001\"",
            "00:00:00.000001",
        ),
        (
            PgType::Interval,
            Ty::Duration,
            &interval,
            "\"P31DT2H3M4.5S\"",
            "P31DT2H3M4.5S",
        ),
        (
            PgType::Bytea,
            Ty::Binary,
            b"OData",
            "\"T0RhdGE\"",
            "T0RhdGE",
        ),
        (PgType::Bytea, Ty::Binary, b"\xfb\xff", "\"-_8\"", "-_8"),
        (PgType::Bytea, Ty::Binary, b"", "\"\"", ""),
    ];
    for (column, ty, cell, as_json, as_text) in rows {
        let found = json(Some(*column), *ty, PLAIN, cell);
        assert_eq!(found.as_deref(), Ok(*as_json), "{column:?}");
        assert_eq!(text(Some(*column), *ty, cell), *as_text, "{column:?}");
    }
    for column in PgType::ALL {
        assert!(
            rows.iter().any(|row| row.0 == *column),
            "{column:?} has no row in this test"
        );
    }
    // A column of another type comes as its text.
    assert_eq!(
        json(None, Ty::String, PLAIN, b"10.0.0.1").as_deref(),
        Ok("\"10.0.0.1\"")
    );
}

#[test]
fn null_is_null() {
    for column in PgType::ALL {
        for nullable in [true, false] {
            let writer = CellWriter::new(Some(*column), column.edm(), nullable, IEEE754);
            let mut out = Vec::new();
            assert_eq!(writer.write_json(&mut out, None), Ok(false));
            assert_eq!(out, b"null");
            assert_eq!(writer.write_text(&mut out, None), Ok(false));
            assert_eq!(out, b"null");
        }
    }
}

#[test]
fn wide_numbers_are_strings_for_readers_that_have_only_doubles() {
    use PrimitiveType as Ty;
    let check = |column, ty, cell: &[u8], expect: &str| {
        assert_eq!(json(Some(column), ty, IEEE754, cell).as_deref(), Ok(expect));
    };
    let max = i64::MAX.to_be_bytes();
    check(PgType::Int8, Ty::Int64, &max, "\"9223372036854775807\"");
    check(PgType::Int4, Ty::Int64, &1i32.to_be_bytes(), "\"1\"");
    check(PgType::Int4, Ty::Int32, &1i32.to_be_bytes(), "1");
    check(
        PgType::Numeric,
        Ty::Decimal,
        &numeric_cell("1.50"),
        "\"1.50\"",
    );
    check(
        PgType::Numeric,
        Ty::Decimal,
        b"\0\0\0\0\xc0\0\0\0",
        "\"NaN\"",
    );
    check(PgType::Float8, Ty::Double, &2f64.to_be_bytes(), "2.0");
    check(PgType::Bool, Ty::Boolean, &[1], "true");
}

#[test]
fn a_cell_of_a_wrong_length_is_an_error() {
    for column in PgType::ALL {
        let any_length = column.is_text() || matches!(column, PgType::Json | PgType::Bytea);
        for len in 0..40 {
            // Zeros are one valid cell of each fixed type, and 0.00 as a numeric of eight bytes.
            let cell = vec![0; len];
            let size = match column {
                PgType::Bool => 1,
                PgType::Int2 => 2,
                PgType::Int4 | PgType::Float4 | PgType::Date => 4,
                PgType::Interval | PgType::Uuid => 16,
                PgType::Jsonb => usize::MAX,
                _ => 8,
            };
            let found = json(Some(*column), column.edm(), PLAIN, &cell);
            assert_eq!(found.is_ok(), any_length || len == size, "{column:?} {len}");
        }
    }
}

fn column() -> impl Strategy<Value = PgType> {
    prop::sample::select(PgType::ALL)
}

proptest! {
    #[test]
    fn any_bytes_are_a_json_value_or_an_error(
        column in column(),
        ty in prop::sample::select(PrimitiveType::ALL),
        nullable: bool,
        cell in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..24),
            prop::collection::vec(any::<u8>(), 8..=8),
            prop::collection::vec(any::<u8>(), 16..=16),
        ],
    ) {
        for options in [PLAIN, IEEE754] {
            let writer = CellWriter::new(Some(column), ty, nullable, options);
            let mut out = Vec::new();
            if let Ok(some) = writer.write_json(&mut out, Some(&cell)) {
                let value: serde_json::Value = serde_json::from_slice(&out).unwrap();
                prop_assert_eq!(some, !value.is_null());
                prop_assert!(some || nullable);
            } else {
                prop_assert!(out.is_empty());
            }
        }
    }

    #[test]
    fn integers_read_back(value: i64, narrow: i32) {
        let written = json(Some(PgType::Int8), PrimitiveType::Int64, PLAIN, &value.to_be_bytes());
        prop_assert_eq!(written.unwrap().parse::<i64>().unwrap(), value);
        let written = json(Some(PgType::Int4), PrimitiveType::Int64, PLAIN, &narrow.to_be_bytes());
        prop_assert_eq!(written.unwrap().parse::<i32>().unwrap(), narrow);
    }

    #[test]
    fn singles_read_back(value in prop::num::f32::ANY) {
        prop_assume!(value.is_finite());
        let written = json(Some(PgType::Float4), PrimitiveType::Single, PLAIN, &value.to_be_bytes());
        prop_assert_eq!(written.unwrap().parse::<f32>().unwrap().to_bits(), value.to_bits());
    }

    #[test]
    fn bytes_read_back(value: Vec<u8>) {
        let written = text(Some(PgType::Bytea), PrimitiveType::Binary, &value);
        prop_assert_eq!(URL_SAFE_NO_PAD.decode(written).unwrap(), value);
    }

    #[test]
    fn guids_are_those_of_the_uuid_crate(value: u128) {
        let written = text(Some(PgType::Uuid), PrimitiveType::Guid, &value.to_be_bytes());
        prop_assert_eq!(written, uuid::Uuid::from_u128(value).to_string());
    }
}

#[test]
fn the_extremes_of_int64() {
    for value in [i64::MIN, -1, 0, i64::MAX] {
        let cell = value.to_be_bytes();
        let written = json(Some(PgType::Int8), PrimitiveType::Int64, PLAIN, &cell);
        assert_eq!(written.unwrap(), value.to_string());
    }
}
