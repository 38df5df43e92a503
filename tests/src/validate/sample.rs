//! Which rows of a large answer are looked at: to look at all of them would double the time of the
//! suite, and they are written by the same writer.

/// Above it, the first rows are looked at and then one here and there.
const LARGE: usize = 2 << 20;
/// The first rows: these have what is rare in a chunk, its begin and its end.
const HEAD: usize = 200;
/// Not a divisor of a page's size, nor of what tests repeat their rows by.
const STRIDE: usize = 97;

/// Whether the row at this place of an answer of so many bytes is looked at.
pub(super) fn is_read(bytes: usize, row: usize) -> bool {
    bytes <= LARGE || row < HEAD || row.is_multiple_of(STRIDE)
}
