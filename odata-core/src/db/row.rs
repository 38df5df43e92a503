//! A row as it came from the wire.

use bytes::Bytes;
use tokio_postgres::Row;
use tokio_postgres::types::{FromSql, Type};

/// The first byte of a message that holds a row.
pub(super) const DATA_ROW: u8 = b'D';
/// Bytes before what a message holds: what it is, and its length without that.
pub(super) const HEADER: usize = 5;

/// What the first of these messages is and how long in all, if so much of it is there.
pub(super) fn header(messages: &[u8]) -> Option<(u8, usize)> {
    let [kind, length @ ..] = *messages.first_chunk::<HEADER>()?;
    let length = usize::try_from(u32::from_be_bytes(length)).ok()?;
    // One that is shorter than its own header is for others to refuse.
    Some((kind, 1 + length.max(HEADER - 1)))
}

/// One row, in the server's binary format.
#[derive(Debug, Default)]
pub struct RawRow {
    /// The messages that it stands in, with others before and behind.
    bytes: Bytes,
    cells: Vec<Place>,
    /// How many cells each row has.
    columns: usize,
    /// Where its message ends.
    end: usize,
}

/// Where a cell is, and how long; a negative length is null.
#[derive(Debug, Clone, Copy)]
struct Place {
    start: usize,
    length: i32,
}

/// Bytes that are no row.
#[derive(Debug)]
pub(super) struct Malformed;

/// Said of those.
pub(super) const NO_ROW: &str = "what came is no row";
/// Said of rows that are not the statement's, or not all of them.
pub(super) const MISCOUNTED: &str = "other rows came than the statement gave";

impl RawRow {
    /// The bytes of the column at this place, as `typsend` wrote them; `None` for null, or where
    /// there is no such column.
    #[inline]
    pub fn cell(&self, place: usize) -> Option<&[u8]> {
        let Place { start, length } = *self.cells.get(place)?;
        let length = usize::try_from(length).ok()?;
        self.bytes.get(start..start + length)
    }

    /// Before the first row of so many columns.
    pub(super) fn none(columns: usize) -> RawRow {
        RawRow {
            columns,
            ..RawRow::default()
        }
    }

    /// Stands before the first of these messages, all of which hold a row.
    pub(super) fn stand_before(&mut self, messages: Bytes) {
        self.bytes = messages;
        self.cells.clear();
        self.end = 0;
    }

    /// The rows of these messages, all of which hold one of so many columns.
    pub(super) fn all(columns: usize, messages: Bytes) -> Result<Vec<RawRow>, Malformed> {
        let (mut row, mut rows) = (RawRow::none(columns), Vec::new());
        row.stand_before(messages);
        while row.advance()? {
            rows.push(row.clone());
        }
        Ok(rows)
    }

    /// Goes on to the next of its messages, if there is one; not beyond one that is malformed.
    pub(super) fn advance(&mut self) -> Result<bool, Malformed> {
        let Some((_, length)) = header(self.bytes.get(self.end..).unwrap_or_default()) else {
            return Ok(false);
        };
        let (start, end) = (self.end + HEADER, self.end + length);
        self.cells.clear();
        let body = self.bytes.get(start..end).ok_or(Malformed)?;
        let (count, mut rest) = body.split_first_chunk().ok_or(Malformed)?;
        if usize::from(u16::from_be_bytes(*count)) != self.columns {
            return Err(Malformed);
        }
        for _ in 0..self.columns {
            let (length, cell) = rest.split_first_chunk().ok_or(Malformed)?;
            let length = i32::from_be_bytes(*length);
            self.cells.push(Place {
                start: end - cell.len(),
                length,
            });
            let bytes = usize::try_from(length).unwrap_or(0);
            rest = cell.get(bytes..).ok_or(Malformed)?;
        }
        if !rest.is_empty() {
            return Err(Malformed);
        }
        self.end = end;
        Ok(true)
    }
}

impl Clone for RawRow {
    fn clone(&self) -> RawRow {
        let mut copy = RawRow::default();
        copy.clone_from(self);
        copy
    }

    /// Allocates nothing where the row before had as many cells.
    fn clone_from(&mut self, other: &RawRow) {
        self.bytes.clone_from(&other.bytes);
        self.cells.clone_from(&other.cells);
        (self.columns, self.end) = (other.columns, other.end);
    }
}

/// Writes the driver's row as the message that it came in.
pub(super) fn write_message(out: &mut Vec<u8>, row: &Row) {
    let length = |bytes: usize| i32::try_from(bytes).unwrap_or(-1).to_be_bytes();
    out.push(DATA_ROW);
    let start = out.len();
    out.extend([0; 4]);
    // No more columns than 1,664 are in a row.
    out.extend(u16::try_from(row.len()).unwrap_or(u16::MAX).to_be_bytes());
    for place in 0..row.len() {
        let cell: Option<Cell<'_>> = row.try_get(place).ok().flatten();
        out.extend(cell.as_ref().map_or([0xff; 4], |cell| length(cell.0.len())));
        out.extend(cell.map_or(&[][..], |cell| cell.0));
    }
    let bytes = length(out.len() - start);
    out[start..start + 4].copy_from_slice(&bytes);
}

/// A cell of the driver's, whatever its type.
struct Cell<'a>(&'a [u8]);

impl<'a> FromSql<'a> for Cell<'a> {
    fn from_sql(
        _: &Type,
        bytes: &'a [u8],
    ) -> Result<Cell<'a>, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Cell(bytes))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The message of a row.
    fn message(cells: &[Option<&[u8]>]) -> Vec<u8> {
        let mut body = u16::try_from(cells.len()).unwrap().to_be_bytes().to_vec();
        for cell in cells {
            let length = cell.map_or(-1, |cell| i32::try_from(cell.len()).unwrap());
            body.extend(length.to_be_bytes());
            body.extend(cell.unwrap_or_default());
        }
        let length = u32::try_from(body.len() + 4).unwrap();
        [&[DATA_ROW][..], &length.to_be_bytes(), &body].concat()
    }

    fn row(columns: usize, messages: Vec<u8>) -> RawRow {
        let mut row = RawRow::none(columns);
        row.stand_before(messages.into());
        row
    }

    #[test]
    fn rows_are_read_one_behind_the_other() {
        let messages = [
            message(&[Some(b"a"), None, Some(b"")]),
            message(&[None, None, None]),
            message(&[Some(b"bc"), None, None]),
        ];
        let mut row = row(3, messages.concat());
        assert_eq!(row.cell(0), None);
        assert!(row.advance().unwrap());
        let cells = [0, 1, 2, 3].map(|place| row.cell(place).map(<[u8]>::to_vec));
        assert_eq!(cells, [Some(b"a".to_vec()), None, Some(vec![]), None]);
        let copy = row.clone();
        assert!(row.advance().unwrap());
        assert_eq!(row.cell(0), None);
        assert!(row.advance().unwrap());
        assert_eq!(row.cell(0), Some(&b"bc"[..]));
        assert!(!row.advance().unwrap());
        assert_eq!(copy.cell(0), Some(&b"a"[..]));
    }

    #[test]
    fn a_row_that_does_not_fill_its_message_is_an_error() {
        let whole = message(&[Some(b"abc"), None]);
        for columns in [0, 1, 3] {
            assert!(row(columns, whole.clone()).advance().is_err(), "{columns}");
        }
        for length in HEADER..whole.len() {
            assert!(
                row(2, whole[..length].to_vec()).advance().is_err(),
                "{length}"
            );
        }
        // The number of cells, the length of the first, that of the message.
        for (place, wrong) in [(6, 1), (6, 3), (10, 2), (10, 4), (4, 13), (4, 18)] {
            let mut bytes = [&whole[..], &whole].concat();
            bytes[place] = wrong;
            let mut row = row(2, bytes);
            assert!(row.advance().is_err(), "{place} {wrong}");
            assert!(row.advance().is_err(), "{place} {wrong}");
        }
    }
}
