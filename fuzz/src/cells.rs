//! Cells as PostgreSQL might send them: written as JSON and as CSV.

use crate::{Bytes, SCHEMA};
use odata_core::edm::{PgType, PrimitiveType, Version};
use odata_core::format::{
    CellOptions, CellWriter, Cells, Context, CsvWriter, EntityWriter, MetadataLevel, TokenKey,
};
use odata_core::limits::Limits;
use odata_core::plan::{self, Data, Plan};
use odata_core::uri;
use serde::de::IgnoredAny;
use std::sync::LazyLock;

/// Requests whose rows the bytes are.
const REQUESTS: &[&str] = &[
    "Conversation",
    "Message?$expand=conversation,sender,inbox",
    "User?$select=id,name&$expand=sent_messages($select=id;$count=true),inboxes($expand=members)",
    "ReportingEvent?$apply=groupby((inbox/name),aggregate(value with sum as s,$count as n))",
    "Inbox/$ref",
];

static PLANS: LazyLock<Vec<Data>> = LazyLock::new(|| {
    let plans = REQUESTS.iter().map(|request| {
        let (path, query) = request.split_once('?').unwrap_or((request, ""));
        let tree = uri::parse(path, query, &Limits::default()).unwrap();
        match plan::bind(&SCHEMA, &tree, &Limits::default()).unwrap() {
            (Plan::Data(data), _) => *data,
            other => panic!("{other:?}"),
        }
    });
    plans.collect()
});

/// Whatever a column holds, as whatever type it is read: no panic; what is written is one JSON value
/// and one field of CSV, and where the bytes are refused, nothing is.
pub fn cells(data: &[u8]) {
    let mut bytes = Bytes(data);
    if bytes.flag() {
        one(&mut bytes);
    } else {
        row(&mut bytes);
    }
}

fn one(bytes: &mut Bytes<'_>) {
    let column = match bytes.byte() {
        255 => None,
        at => Some(PgType::ALL[usize::from(at) % PgType::ALL.len()]),
    };
    let ty = bytes.pick(PrimitiveType::ALL);
    let options = CellOptions {
        ieee754_compatible: bytes.flag(),
    };
    let writer = CellWriter::new(column, ty, true, options);
    let cell = bytes.0;
    let mut out = b"before".to_vec();
    if writer.write_json(&mut out, Some(cell)).is_ok() {
        let written = &out[b"before".len()..];
        let value = serde_json::from_slice::<IgnoredAny>(written);
        assert!(value.is_ok(), "{column:?} {ty:?} {cell:?}: {written:?}");
    } else {
        assert_eq!(out, b"before", "{column:?} {ty:?} {cell:?}");
    }
    let mut out = b"before".to_vec();
    if writer.write_text(&mut out, Some(cell)).is_err() {
        assert_eq!(out, b"before", "{column:?} {ty:?} {cell:?}");
    }
}

/// The cells of a row; those that are not there are null.
struct Row<'a>(Vec<Option<&'a [u8]>>);

impl Cells for Row<'_> {
    fn cell(&self, place: usize) -> Option<&[u8]> {
        self.0.get(place).copied().flatten()
    }
}

fn row(bytes: &mut Bytes<'_>) {
    let data = &PLANS[usize::from(bytes.byte()) % PLANS.len()];
    let levels = [
        MetadataLevel::None,
        MetadataLevel::Minimal,
        MetadataLevel::Full,
    ];
    let context = Context {
        root: "http://127.0.0.1/v1.0/odata/".into(),
        level: bytes.pick(&levels),
        version: bytes.pick(&[Version::V4_0, Version::V4_01]),
        cells: CellOptions::default(),
        omit_nulls: bytes.flag(),
        token_key: TokenKey::derive("token"),
        page_size: None,
        link_suffix: "".into(),
    };
    let escape_formulas = bytes.flag();
    let columns = data.query.outputs.len();
    let row = Row((0..columns).map(|_| bytes.cell()).collect());

    let mut out = Vec::new();
    let writer = EntityWriter::new(&SCHEMA, &data.query, 0, &context.into());
    if writer.write(&mut out, &row, None).is_ok() {
        let value = serde_json::from_slice::<IgnoredAny>(&out);
        assert!(value.is_ok(), "{:?}: {out:?}", row.0);
    }
    let Ok(csv) = CsvWriter::new(&SCHEMA, &data.query, 0, escape_formulas) else {
        return;
    };
    let (mut header, mut line) = (Vec::new(), Vec::new());
    csv.header(&mut header);
    if csv.line(&mut line, &row, &mut Vec::new()).is_ok() {
        assert_eq!(fields(&header), fields(&line), "{:?}: {line:?}", row.0);
    }
}

/// The number of fields in a record (RFC 4180); none where it is not one record.
fn fields(record: &[u8]) -> Option<usize> {
    let mut rest = record.strip_suffix(b"\r\n")?;
    let mut fields = 1;
    loop {
        rest = match rest.first() {
            Some(b'"') => {
                let mut at = 1;
                // A quote inside is doubled.
                while rest.get(at..at + 2) == Some(b"\"\"") || *rest.get(at)? != b'"' {
                    at += if rest[at] == b'"' { 2 } else { 1 };
                }
                &rest[at + 1..]
            }
            _ => {
                let end = rest.iter().position(|byte| b",\"\r\n".contains(byte));
                &rest[end.unwrap_or(rest.len())..]
            }
        };
        match rest.split_first() {
            None => return Some(fields),
            Some((b',', behind)) => (fields, rest) = (fields + 1, behind),
            Some(_) => return None,
        }
    }
}
