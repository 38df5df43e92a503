//! An expanded collection: its count, its members, and the link to those that are left.

use super::super::records::{Cells, Record, elements};
use super::super::skip_token::SkipToken;
use super::super::{CellError, CellWriter, write_json_string};
use super::{EntityWriter, Object, SortOutput};
use crate::plan::{CollectionAt, IT};
use crate::uri::print;
use std::borrow::Cow;

pub(super) struct ManyWriter {
    pub(super) name: String,
    pub(super) at: CollectionAt,
    /// Its context URL, where `$metadata` does not know the property.
    pub(super) context: Option<String>,
    /// Whether its links are written.
    pub(super) links: bool,
    pub(super) array: Option<Array>,
    pub(super) count: Option<(CellWriter, usize)>,
    /// The options of a next link, percent-encoded, and what its token is bound to.
    pub(super) options: String,
    pub(super) canonical: String,
}

pub(super) struct Array {
    pub(super) output: usize,
    /// What follows the navigation property in a link: `/$ref` where the members are references.
    pub(super) suffix: &'static str,
    pub(super) entity: EntityWriter,
    /// Members that are answered at most; one more means that there are others.
    pub(super) rows: u64,
    pub(super) pages: bool,
    pub(super) order: Vec<SortOutput>,
    /// The order that the service chose, where the client chose none.
    pub(super) implicit_order: Option<String>,
}

impl EntityWriter {
    pub(super) fn write_many(
        &self,
        out: &mut Vec<u8>,
        many: &ManyWriter,
        cells: &impl Cells,
        object: &mut Object,
    ) -> Result<(), CellError> {
        let version = self.context.version;
        if let Some(url) = &many.context {
            object.annotation(out, &many.name, version, "context");
            write_json_string(out, url);
        }
        if let Some((cell, output)) = &many.count {
            object.annotation(out, &many.name, version, "count");
            cell.write_json(out, cells.cell(*output))?;
        }
        let Some(array) = &many.array else {
            return Ok(());
        };
        object.name(out, &many.name);
        out.push(b'[');
        // One for all: behind the loop it is the last that was written.
        let mut record = Record::default();
        let mut written = 0;
        let mut more = false;
        for element in elements(cells.cell(array.output)) {
            let element = element?;
            if written == array.rows {
                more = array.pages;
                break;
            }
            if written > 0 {
                out.push(b',');
            }
            record.read(element)?;
            array.entity.write(out, &record, None)?;
            written += 1;
        }
        out.push(b']');
        if more && written > 0 {
            object.annotation(out, &many.name, version, "nextLink");
            let path = match &many.at {
                CollectionAt::Navigation(name) => {
                    let mut path = Vec::new();
                    self.write_path(&mut path, cells)?;
                    let path = String::from_utf8_lossy(&path);
                    format!("{path}/{name}{}", array.suffix)
                }
                CollectionAt::Path(path) => path.clone(),
            };
            let implicit = array.implicit_order.clone();
            let size = self.context.page_size;
            let token = SkipToken::behind(&record, 0, &array.order, written, size, implicit);
            let (options, canonical) = many.options_of(|| self.it(cells))?;
            let request = format!("{path}?{canonical}");
            let separator = if options.is_empty() { "" } else { "&" };
            let link = format!(
                "{}{path}?{}{separator}$skiptoken={}{}",
                self.context.root,
                options,
                token.seal(&self.context.token_key, &request),
                self.context.link_suffix,
            );
            write_json_string(out, &link);
        }
        Ok(())
    }

    /// The entity as a canonical expression of another request names it.
    fn it(&self, cells: &impl Cells) -> Result<String, CellError> {
        let mut path = Vec::new();
        self.write_fragment(&mut path, cells)?;
        let path = String::from_utf8_lossy(&path);
        Ok(format!("$root/{}", print::data(&path)))
    }
}

impl ManyWriter {
    /// The options of a link, percent-encoded, and as its token is bound to them.
    fn options_of(
        &self,
        it: impl FnOnce() -> Result<String, CellError>,
    ) -> Result<(Cow<'_, str>, Cow<'_, str>), CellError> {
        if !self.canonical.contains(IT) {
            return Ok((self.options.as_str().into(), self.canonical.as_str().into()));
        }
        let canonical = self.canonical.replace(IT, &it()?);
        Ok((print::to_url(&canonical).into(), canonical.into()))
    }
}
