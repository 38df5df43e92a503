//! Rows and rows inside rows: what `record_send` and `array_send` write, read in place.

use super::CellError;
use crate::db::RawRow;

/// The cells of a row, wherever it comes from.
pub trait Cells {
    /// The cell at this place, `None` for null.
    fn cell(&self, place: usize) -> Option<&[u8]>;
}

impl Cells for RawRow {
    fn cell(&self, place: usize) -> Option<&[u8]> {
        RawRow::cell(self, place)
    }
}

/// A row in the form of `record_send`: the number of columns, then for each the OID of its type, its
/// length (-1 for null) and its bytes.
#[derive(Default)]
pub(super) struct Record<'a> {
    cells: Vec<Option<&'a [u8]>>,
}

impl<'a> Record<'a> {
    /// Reads another one in its place, into the memory that it has.
    pub(super) fn read(&mut self, mut bytes: &'a [u8]) -> Result<(), CellError> {
        let length = bytes.len();
        let malformed = || CellError::record(length);
        let count = usize::try_from(take_i32(&mut bytes).ok_or_else(malformed)?)
            .map_err(|_| malformed())?;
        self.cells.clear();
        // Each column takes eight bytes at least: a count that lies allocates nothing.
        self.cells.reserve(count.min(length / 8));
        for _ in 0..count {
            take_i32(&mut bytes).ok_or_else(malformed)?;
            let cell = take_sized(&mut bytes).ok_or_else(malformed)?;
            self.cells.push(cell);
        }
        Ok(())
    }
}

impl Cells for Record<'_> {
    fn cell(&self, place: usize) -> Option<&[u8]> {
        self.cells.get(place).copied().flatten()
    }
}

/// The elements of a one-dimensional array in the form of `array_send`; none for null.
pub(super) fn elements(array: Option<&[u8]>) -> impl Iterator<Item = Result<&[u8], CellError>> {
    let length = array.map_or(0, <[u8]>::len);
    let (mut rest, mut left) = match array.map(header) {
        None => (&[][..], Ok(0)),
        Some(Some((rest, count))) => (rest, Ok(count)),
        Some(None) => (&[][..], Err(CellError::record(length))),
    };
    std::iter::from_fn(move || match left {
        Ok(0) => None,
        Ok(count) => {
            let element = take_sized(&mut rest)
                .flatten()
                .ok_or_else(|| CellError::record(length));
            left = if element.is_ok() {
                Ok(count - 1)
            } else {
                Ok(0)
            };
            Some(element)
        }
        Err(error) => {
            left = Ok(0);
            Some(Err(error))
        }
    })
}

/// Dimensions, a flag for nulls, the type of the elements; then length and lower bound of the one
/// dimension.
fn header(mut bytes: &[u8]) -> Option<(&[u8], i32)> {
    let dimensions = take_i32(&mut bytes)?;
    take_i32(&mut bytes)?;
    take_i32(&mut bytes)?;
    match dimensions {
        0 => Some((bytes, 0)),
        1 => {
            let count = take_i32(&mut bytes)?;
            take_i32(&mut bytes)?;
            (count >= 0).then_some((bytes, count))
        }
        _ => None,
    }
}

fn take_i32(bytes: &mut &[u8]) -> Option<i32> {
    let (head, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(i32::from_be_bytes(*head))
}

/// A length and so many bytes; -1 is null.
fn take_sized<'a>(bytes: &mut &'a [u8]) -> Option<Option<&'a [u8]>> {
    let length = take_i32(bytes)?;
    if length == -1 {
        return Some(None);
    }
    let (head, rest) = bytes.split_at_checked(usize::try_from(length).ok()?)?;
    *bytes = rest;
    Some(Some(head))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_read_and_a_cut_one_is_an_error() {
        let mut bytes = Vec::new();
        bytes.extend(2i32.to_be_bytes());
        bytes.extend(25i32.to_be_bytes());
        bytes.extend(1i32.to_be_bytes());
        bytes.push(b'x');
        bytes.extend(25i32.to_be_bytes());
        bytes.extend((-1i32).to_be_bytes());
        let mut record = Record::default();
        record.read(&bytes).unwrap();
        assert_eq!(record.cell(0), Some(&b"x"[..]));
        assert_eq!(record.cell(1), None);
        for cut in 0..bytes.len() {
            assert!(record.read(&bytes[..cut]).is_err(), "{cut}");
        }
        let many = i32::MAX.to_be_bytes();
        assert!(record.read(&many).is_err());
        // Nothing of the one before is left.
        let short = [&1i32.to_be_bytes()[..], &bytes[4..13]].concat();
        record.read(&short).unwrap();
        assert_eq!((record.cell(0), record.cell(1)), (Some(&b"x"[..]), None));
        assert_eq!(record.cells.len(), 1);
    }

    #[test]
    fn an_array_without_dimensions_is_empty() {
        assert_eq!(elements(None).count(), 0);
        assert_eq!(elements(Some(&[0; 12])).count(), 0);
        assert!(elements(Some(&[0; 11])).next().unwrap().is_err());
    }
}
