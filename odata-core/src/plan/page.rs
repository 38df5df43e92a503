//! Which part of a result is read: what the client asked for, what a page may hold, where a next
//! link continues.

use super::{Answer, Data, Output, Query};
use crate::edm::PgType;
use std::borrow::Cow;

/// One page of a result. It isn't part of the plan: the page size comes from a preference, the
/// bounds from a next link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Rows of a page.
    pub size: u64,
    /// Rows that earlier pages gave.
    pub given: u64,
    /// The sort values of the last row given, one for each item of the order.
    pub after: Option<Vec<Bound>>,
    /// Whether the number of all rows, where it is asked for, comes with the first row: a reader of a
    /// stream wants it before them. Else it comes with the row that shows that it isn't known anyway.
    pub count_first: bool,
}

/// A sort value, as PostgreSQL sent it: nothing is lost by rendering.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bound {
    /// Its type.
    pub ty: PgType,
    /// Its binary form, `None` for null.
    pub value: Option<Vec<u8>>,
}

/// What a page reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Rows to skip: of the first page alone.
    pub skip: u64,
    /// Rows to answer at most.
    pub rows: u64,
    /// Rows to read: one more than are answered, where that one tells that there is a next page or
    /// that the number of all rows is needed.
    pub read: u64,
    /// Whether a row beyond the answered ones means a next page.
    pub pages: bool,
    /// The row that tells the number of all rows, where that is asked for, counted from 1.
    pub count_row: u64,
}

impl Data {
    /// Whether this page is little by what is asked for: an entity is, and what hangs on one. Not so where more is read than
    /// is answered, for a number, an aggregation, a condition, an order or a `$skip` of the client's, nor where a
    /// next link tells that there is much.
    pub fn is_little(&self, page: &Page) -> bool {
        let query = &self.query;
        match self.answer {
            Answer::Count => false,
            Answer::Collection | Answer::References => {
                let is_bare = query.rows().is_some_and(|rows| rows.filter.is_none());
                let is_first = page.after.is_none() && query.skip == 0;
                let as_it_comes = query.asked_order == 0 && !page.counts(query);
                self.is_of_one() && is_bare && is_first && as_it_comes
            }
            Answer::Entity | Answer::Property | Answer::Value | Answer::Reference => {
                self.is_of_one()
            }
        }
    }

    /// The same with at most so many members in each expanded collection: the size that a client
    /// asks for holds for every collection of the response (Protocol 8.2.8.5).
    pub fn with_pages_of(&self, size: Option<u64>) -> Cow<'_, Data> {
        match size {
            Some(size) if self.query.has_arrays() => {
                let mut data = self.clone();
                data.query.bound_arrays(size);
                Cow::Owned(data)
            }
            _ => Cow::Borrowed(self),
        }
    }
}

impl Query {
    /// Whether a collection is expanded in its rows.
    pub fn has_arrays(&self) -> bool {
        let is_array = |output: &Output| matches!(output, Output::Array(..));
        self.outputs.iter().any(is_array)
    }

    fn bound_arrays(&mut self, size: u64) {
        for output in &mut self.outputs {
            if let Output::Array(query, bound) = output {
                *bound = size.min(*bound);
                query.bound_arrays(size);
            }
        }
    }
}

impl Page {
    /// The first page, of this size.
    pub fn first(size: u64) -> Page {
        Page {
            size,
            given: 0,
            after: None,
            count_first: false,
        }
    }

    /// The same page, of so many rows at most.
    pub fn of_at_most(&self, rows: u64) -> Page {
        Page {
            size: self.size.min(rows),
            ..self.clone()
        }
    }

    /// What this page reads of the query; one row more, where the number of all rows hangs on it.
    pub fn window(&self, query: &Query, counts: bool) -> Window {
        let left = query.top.map(|top| top.saturating_sub(self.given));
        let rows = left.map_or(self.size, |left| left.min(self.size));
        let pages = left.is_none_or(|left| left > self.size);
        let skip = if self.after.is_some() { 0 } else { query.skip };
        let read = if pages || counts { rows + 1 } else { rows };
        Window {
            skip,
            rows,
            read,
            pages,
            count_row: if self.count_first { 1 } else { read },
        }
    }

    /// Whether the number of all rows is answered: with the first page alone.
    pub fn counts(&self, query: &Query) -> bool {
        query.count && self.after.is_none()
    }
}
