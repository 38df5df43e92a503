//! The bytes of a collection: head, rows, and a tail with the next link. The count stands in the head
//! where it is known by then, else in the tail.

use crate::db::RawRow;
use crate::edm::{Schema, Version};
use crate::error::{Code, Error, Result};
use crate::format::{
    CellError, Context, CsvWriter, EntityWriter, SkipToken, SortOutput, Top, sort_outputs,
    write_json_string,
};
use crate::plan::{Data, Page, Window};
use crate::sql::{self, Layout};
use std::sync::Arc;

/// Writes an answer row by row.
pub(super) trait RowsBody: Send {
    /// Writes a row, the first behind what stands before it; or notes what it tells of the rows that
    /// aren't written.
    fn row(&mut self, out: &mut Vec<u8>, row: &RawRow) -> Result<Progress>;
    /// This row was the last for now: the page may have to end behind it.
    fn may_end_behind(&mut self, _: &RawRow) {}
    /// Whether the page may be ended before it is full.
    fn can_be_cut(&self) -> bool;
    /// Ends the page here, with a next link, although it could hold more rows.
    fn cut(&mut self);
    /// What stands behind the last row.
    fn tail(&mut self, out: &mut Vec<u8>);
    /// Rows that were written.
    fn rows(&self) -> u64;
    /// Bytes at the end of what was written that are kept back until more is there: without them what
    /// stands before is nothing whole, wherever the answer is cut.
    fn kept_back(&self) -> usize;
}

/// Writes the answer of one page as OData JSON.
pub(super) struct CollectionBody {
    context: Arc<Context>,
    entity: EntityWriter,
    layout: Layout,
    window: Window,
    key: usize,
    order: Vec<SortOutput>,
    top: Top,
    next: NextLink,
    part: Option<Part>,
    skip: u64,
    written: u64,
    begun: bool,
    count: Count,
    more: bool,
    /// The last row that was written, where the page is full or may end behind it.
    last: RawRow,
    /// Which one that is, counted from 1.
    kept: u64,
}

/// A set's entities as a part of `$all`.
pub(super) struct Part {
    /// The context URL of each entity.
    pub(super) context_url: Option<String>,
    /// What the token of the next part is bound to.
    pub(super) then: Option<String>,
}

/// What is known of the number of all rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Count {
    /// Nobody asked.
    Unasked,
    /// Nothing so far. A page that isn't full tells it by itself.
    Unknown,
    Known(u64),
    Written,
}

/// What a next link is made of.
pub(super) struct NextLink {
    /// The URL with all options but the skip token, and a separator behind it.
    pub(super) url: String,
    /// What the token is bound to.
    pub(super) request: String,
    /// Rows that earlier pages gave.
    pub(super) given: u64,
    /// The page size that the client asked for.
    pub(super) page_size: Option<u64>,
    /// The order that the service chose, where the client chose none.
    pub(super) implicit_order: Option<String>,
}

/// Whether more rows are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    /// They are.
    More,
    /// The page is full.
    Full,
}

impl CollectionBody {
    pub(super) fn new(
        schema: &Schema,
        data: &Data,
        page: &Page,
        context: &Arc<Context>,
        top: Top,
        next: NextLink,
        part: Option<Part>,
    ) -> CollectionBody {
        let layout = sql::layout(data, page);
        let query = &data.query;
        CollectionBody {
            context: context.clone(),
            entity: EntityWriter::new(schema, query, layout.first, context),
            window: page.window(query, layout.count.is_some()),
            key: layout.first + query.shape.key.first().copied().unwrap_or_default(),
            order: sort_outputs(schema, query),
            layout,
            top,
            next,
            part,
            skip: query.skip,
            written: 0,
            begun: false,
            count: match layout.count {
                Some(_) => Count::Unknown,
                None => Count::Unasked,
            },
            more: false,
            last: RawRow::default(),
            kept: 0,
        }
    }

    /// Where the next page starts, and the request that its token is bound to.
    fn next_token(&self) -> Option<(SkipToken, &str)> {
        let next = &self.next;
        if self.more && self.written > 0 {
            let token = SkipToken::behind(
                &self.last,
                self.layout.first,
                &self.order,
                next.given.saturating_add(self.written),
                next.page_size,
                next.implicit_order.clone(),
            );
            return Some((token, &next.request));
        }
        let then = self.part.as_ref()?.then.as_deref()?;
        Some((SkipToken::start(next.page_size), then))
    }

    /// What stands before the first row, once.
    fn head(&mut self, out: &mut Vec<u8>) {
        if std::mem::replace(&mut self.begun, true) {
            return;
        }
        out.push(b'{');
        let Top {
            context_url,
            metadata_tag,
        } = &self.top;
        let top = [
            ("context", context_url.as_deref()),
            ("metadataEtag", metadata_tag.as_deref()),
        ];
        for (name, value) in top {
            if let Some(value) = value {
                control(out, self.context.version, name);
                write_json_string(out, value);
                out.push(b',');
            }
        }
        if let Count::Known(count) = self.count {
            self.write_count(out, count);
            out.push(b',');
        }
        out.extend_from_slice(b"\"value\":[");
    }

    fn write_count(&mut self, out: &mut Vec<u8>, count: u64) {
        self.count = Count::Written;
        control(out, self.context.version, "count");
        let quote: &[u8] = if self.context.cells.ieee754_compatible {
            b"\""
        } else {
            b""
        };
        out.extend_from_slice(quote);
        out.extend_from_slice(itoa::Buffer::new().format(count).as_bytes());
        out.extend_from_slice(quote);
    }
}

impl RowsBody for CollectionBody {
    fn row(&mut self, out: &mut Vec<u8>, row: &RawRow) -> Result<Progress> {
        let told = self.layout.count.and_then(|place| row.cell(place));
        if let (Count::Unknown, Some(Ok(count))) = (self.count, told.map(TryInto::try_into)) {
            self.count = Count::Known(u64::from_be_bytes(count));
        }
        // A row without a key stands for no row: it is there for the entity before it, or for the
        // count.
        if row.cell(self.key).is_none() {
            return Ok(Progress::More);
        }
        if self.written == self.window.rows {
            self.more = self.window.pages;
            return Ok(Progress::Full);
        }
        self.head(out);
        if self.written > 0 {
            out.push(b',');
        }
        let context_url = self
            .part
            .as_ref()
            .and_then(|part| part.context_url.as_deref());
        self.entity
            .write(out, row, context_url)
            .map_err(|error| broken_cell(&error))?;
        self.written += 1;
        if self.written == self.window.rows {
            self.may_end_behind(row);
        }
        Ok(Progress::More)
    }

    fn may_end_behind(&mut self, row: &RawRow) {
        if row.cell(self.key).is_some() {
            self.last.clone_from(row);
            self.kept = self.written;
        }
    }

    fn cut(&mut self) {
        self.more = true;
    }

    fn can_be_cut(&self) -> bool {
        let is_counted = matches!(self.count, Count::Unasked | Count::Written);
        let is_full = self.written == self.window.rows;
        is_counted && !is_full && self.written > 0 && self.kept == self.written
    }

    fn tail(&mut self, out: &mut Vec<u8>) {
        if self.count == Count::Unknown {
            self.count = Count::Known(self.skip.saturating_add(self.written));
        }
        self.head(out);
        out.push(b']');
        if let Count::Known(count) = self.count {
            out.push(b',');
            self.write_count(out, count);
        }
        if let Some((token, request)) = self.next_token() {
            let token = token.seal(&self.context.token_key, request);
            let link = format!("{}$skiptoken={token}", self.next.url);
            out.push(b',');
            control(out, self.context.version, "nextLink");
            write_json_string(out, &link);
        }
        out.push(b'}');
    }

    fn rows(&self) -> u64 {
        self.written
    }

    fn kept_back(&self) -> usize {
        // The object is open until its last byte.
        0
    }
}

/// Writes the whole result as lines: never paged, since nothing in it could lead on. Lines that are
/// whole would be a whole answer of fewer rows: so the last one stays open until the next is there.
pub(super) struct LinesBody {
    lines: Lines,
    /// The column of the key: a row without one stands for no row.
    key: usize,
    written: u64,
    /// Bytes of the last line behind the place where it may be cut.
    kept_back: usize,
    scratch: Vec<u8>,
}

/// The formats of lines.
pub(super) enum Lines {
    /// CSV.
    Csv(CsvWriter),
    /// NDJSON.
    NdJson(EntityWriter),
}

impl LinesBody {
    pub(super) fn new(lines: Lines, key: usize) -> LinesBody {
        LinesBody {
            lines,
            key,
            written: 0,
            kept_back: 0,
            scratch: Vec::new(),
        }
    }

    /// What stands before the first line.
    fn head(&self, out: &mut Vec<u8>) {
        match &self.lines {
            Lines::Csv(writer) if self.written == 0 => writer.header(out),
            _ => {}
        }
    }
}

impl RowsBody for LinesBody {
    fn row(&mut self, out: &mut Vec<u8>, row: &RawRow) -> Result<Progress> {
        if row.cell(self.key).is_none() {
            return Ok(Progress::More);
        }
        self.head(out);
        let cut = match &self.lines {
            Lines::Csv(writer) => writer.line(out, row, &mut self.scratch),
            Lines::NdJson(entity) => {
                let brace = out.len();
                let written = entity.write(out, row, None);
                out.push(b'\n');
                written.map(|()| brace + 1)
            }
        };
        let cut = cut.map_err(|error| broken_cell(&error))?;
        self.kept_back = out.len() - cut;
        self.written += 1;
        Ok(Progress::More)
    }

    fn can_be_cut(&self) -> bool {
        false
    }

    fn cut(&mut self) {}

    fn tail(&mut self, out: &mut Vec<u8>) {
        self.head(out);
        self.kept_back = 0;
    }

    fn rows(&self) -> u64 {
        self.written
    }

    fn kept_back(&self) -> usize {
        self.kept_back
    }
}

/// `"@odata.name":`
pub(super) fn control(out: &mut Vec<u8>, version: Version, name: &str) {
    out.extend_from_slice(b"\"@");
    out.extend_from_slice(version.prefix().as_bytes());
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\":");
}

/// The statement and its reader disagree about a column: a fault of this service, or a column that
/// was changed under it.
pub(super) fn broken_cell(error: &CellError) -> Error {
    tracing::error!(%error, "a cell cannot be read");
    Error::new(
        Code::Unavailable,
        "the database has changed, the service has to look at it again",
    )
    .retry_after(5)
}
