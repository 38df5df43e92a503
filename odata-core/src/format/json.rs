//! Rows to OData JSON (JSON Format 4.5): an entity straight from the cells of its row.
//!
//! An [`EntityWriter`] is made once for a response; then each row is written without a struct, a
//! value or a string of its own in between.

mod build;
mod many;
mod name;
mod object;
mod property;

pub use build::sort_outputs;
pub use property::PropertyWriter;

use super::records::Cells;
use super::skip_token::TokenKey;
use super::{CellError, CellWriter, MetadataLevel, write_json_string};
use super::{cell::CellOptions, key};
use crate::edm::{PgType, Version};
use crate::plan::Branches;
use many::ManyWriter;
use name::Name;
use object::Object;
use std::sync::Arc;

/// What a response's rows have in common.
#[derive(Debug, Clone)]
pub struct Context {
    /// The absolute URL of the service root, with a slash at its end.
    pub root: Arc<str>,
    /// How much control information is wanted.
    pub level: MetadataLevel,
    /// The version of the payload.
    pub version: Version,
    /// How numbers are written.
    pub cells: CellOptions,
    /// Whether nulls are left out.
    pub omit_nulls: bool,
    /// The key under which next links are sealed.
    pub token_key: TokenKey,
    /// The page size that the client asked for: links of expanded collections carry it on.
    pub page_size: Option<u64>,
    /// What next links carry besides their own options: `&apikey=..`, percent-encoded, or nothing.
    pub link_suffix: Arc<str>,
}

/// What stands at the top of an answer.
#[derive(Debug, Clone, Default)]
pub struct Top {
    /// Where the content is described; nothing where no control information is wanted.
    pub context_url: Option<String>,
    /// The entity tag of `$metadata`, at the full level alone (JSON Format 4.5.2).
    pub metadata_tag: Option<Arc<str>>,
}

/// Writes the entities of one collection.
pub struct EntityWriter {
    context: Arc<Context>,
    /// The name of its set.
    set: &'static str,
    key: Vec<(&'static str, CellWriter, usize)>,
    id: Id,
    /// Which rows are entities all the same, and what is said of the id of those.
    entities: Option<(Option<Branches>, Id)>,
    /// `#Namespace.Type`, where types and all links are written, of entities.
    full: Option<String>,
    /// The navigation properties that aren't expanded, but whose links are written.
    links: Vec<&'static str>,
    members: Vec<MemberWriter>,
}

/// What is said of an entity's id (JSON Format 4.5.8).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Id {
    /// Nothing: the client can compute it.
    Unsaid,
    /// That it has none: the entity is transient.
    Null,
    /// Its canonical URL.
    Url,
}

impl Id {
    fn of_entity(level: MetadataLevel, key_selected: bool) -> Id {
        match level {
            MetadataLevel::None => Id::Unsaid,
            MetadataLevel::Minimal if key_selected => Id::Unsaid,
            _ => Id::Url,
        }
    }
}

enum MemberWriter {
    Value {
        name: Name,
        cell: CellWriter,
        output: usize,
        /// Which rows have it, if not all.
        branches: Option<Branches>,
    },
    /// Properties that are grouped by, of a related entity.
    Group {
        name: String,
        members: Vec<MemberWriter>,
    },
    One {
        name: String,
        key: usize,
        entity: Box<EntityWriter>,
        /// Its context URL, where `$metadata` does not know the property.
        context: Option<String>,
    },
    Link {
        name: &'static str,
        entity: Box<EntityWriter>,
    },
    Many(Box<ManyWriter>),
}

/// Where a sort value of a row is.
#[derive(Debug, Clone, Copy)]
pub struct SortOutput {
    /// The output.
    pub output: usize,
    /// Its type on the wire.
    pub ty: PgType,
    /// Whether it is part of the key: a next link always carries that.
    pub key: bool,
}

impl EntityWriter {
    /// Writes one entity as an object. `context_url` is written as its first member.
    pub fn write(
        &self,
        out: &mut Vec<u8>,
        cells: &impl Cells,
        context_url: Option<&str>,
    ) -> Result<(), CellError> {
        self.write_with(out, cells, context_url, None)
    }

    /// Writes an entity that is an answer of its own.
    pub fn write_answer(
        &self,
        out: &mut Vec<u8>,
        cells: &impl Cells,
        top: &Top,
    ) -> Result<(), CellError> {
        let tag = top.metadata_tag.as_deref();
        self.write_with(out, cells, top.context_url.as_deref(), tag)
    }

    fn write_with(
        &self,
        out: &mut Vec<u8>,
        cells: &impl Cells,
        context_url: Option<&str>,
        metadata_tag: Option<&str>,
    ) -> Result<(), CellError> {
        out.push(b'{');
        let mut object = Object { first: true };
        if let Some(url) = context_url {
            object.control(out, self.context.version, "context");
            write_json_string(out, url);
        }
        let id = self.id(cells);
        match id {
            Id::Unsaid => {}
            Id::Null => object.null_id(out, self.context.version),
            Id::Url => self.write_id(out, cells, &mut object)?,
        }
        // Behind the type, which nothing may stand before but the context (JSON Format 4.4).
        if let Some(tag) = metadata_tag {
            object.control(out, self.context.version, "metadataEtag");
            write_json_string(out, tag);
        }
        self.write_members(out, &self.members, cells, &mut object)?;
        for name in self.links.iter().filter(|_| id != Id::Null) {
            self.write_links(out, name, cells, &mut object)?;
        }
        out.push(b'}');
        Ok(())
    }

    /// What is said of a row's id.
    fn id(&self, cells: &impl Cells) -> Id {
        match &self.entities {
            Some((branches, id)) if !branches.as_ref().is_some_and(|is| is_absent(is, cells)) => {
                *id
            }
            _ => self.id,
        }
    }

    fn write_members(
        &self,
        out: &mut Vec<u8>,
        members: &[MemberWriter],
        cells: &impl Cells,
        object: &mut Object,
    ) -> Result<(), CellError> {
        for member in members {
            match member {
                MemberWriter::Value {
                    name,
                    cell,
                    output,
                    branches,
                } => {
                    if branches
                        .as_ref()
                        .is_some_and(|branches| is_absent(branches, cells))
                    {
                        continue;
                    }
                    let start = out.len();
                    let written = name.write(out, object.first, cell, cells.cell(*output))?;
                    if !written && self.context.omit_nulls {
                        out.truncate(start);
                    } else {
                        object.first = false;
                    }
                }
                MemberWriter::Group { members, .. } if are_absent(members, cells) => {}
                MemberWriter::Group { name, members } => {
                    object.name(out, name);
                    out.push(b'{');
                    let mut inside = Object { first: true };
                    if self.id == Id::Null {
                        inside.null_id(out, self.context.version);
                    }
                    self.write_members(out, members, cells, &mut inside)?;
                    out.push(b'}');
                }
                MemberWriter::One {
                    name,
                    key,
                    entity,
                    context,
                } => {
                    if self.full.is_some() && context.is_none() {
                        self.write_links(out, name, cells, object)?;
                    }
                    object.name(out, name);
                    match cells.cell(*key) {
                        Some(_) => entity.write(out, cells, context.as_deref())?,
                        None => out.extend_from_slice(b"null"),
                    }
                }
                MemberWriter::Link { name, entity } => {
                    object.annotation(out, name, self.context.version, "navigationLink");
                    out.push(b'"');
                    entity.write_url(out, cells)?;
                    out.push(b'"');
                }
                MemberWriter::Many(many) => {
                    if many.links {
                        self.write_links(out, &many.name, cells, object)?;
                    }
                    self.write_many(out, many, cells, object)?;
                }
            }
        }
        Ok(())
    }

    /// Writes the entity's canonical URL.
    pub fn write_url(&self, out: &mut Vec<u8>, cells: &impl Cells) -> Result<(), CellError> {
        out.extend_from_slice(self.context.root.as_bytes());
        self.write_path(out, cells)
    }

    /// Writes the entity's canonical path: `Conversation(1)`.
    pub fn write_path(&self, out: &mut Vec<u8>, cells: &impl Cells) -> Result<(), CellError> {
        self.write_member(out, cells, true)
    }

    /// Writes the same for a context URL, where nothing is percent-encoded.
    pub fn write_fragment(&self, out: &mut Vec<u8>, cells: &impl Cells) -> Result<(), CellError> {
        self.write_member(out, cells, false)
    }

    fn write_member(
        &self,
        out: &mut Vec<u8>,
        cells: &impl Cells,
        encoded: bool,
    ) -> Result<(), CellError> {
        out.extend_from_slice(self.set.as_bytes());
        let parts = self.key.iter();
        let parts = parts.map(|(name, writer, output)| (*name, writer, cells.cell(*output)));
        key::write(out, encoded, parts)
    }

    fn write_id(
        &self,
        out: &mut Vec<u8>,
        cells: &impl Cells,
        object: &mut Object,
    ) -> Result<(), CellError> {
        let version = self.context.version;
        if let Some(full_type) = &self.full {
            object.control(out, version, "type");
            write_json_string(out, full_type);
        }
        object.control(out, version, "id");
        out.push(b'"');
        self.write_url(out, cells)?;
        out.push(b'"');
        if self.full.is_some() {
            object.control(out, version, "readLink");
            out.push(b'"');
            self.write_url(out, cells)?;
            out.push(b'"');
        }
        Ok(())
    }

    /// The links of a navigation property; that to its references at the full level alone.
    fn write_links(
        &self,
        out: &mut Vec<u8>,
        name: &str,
        cells: &impl Cells,
        object: &mut Object,
    ) -> Result<(), CellError> {
        let links = [("associationLink", "/$ref"), ("navigationLink", "")];
        for (control, suffix) in links.into_iter().skip(usize::from(self.full.is_none())) {
            object.annotation(out, name, self.context.version, control);
            out.push(b'"');
            self.write_url(out, cells)?;
            out.push(b'/');
            out.extend_from_slice(name.as_bytes());
            out.extend_from_slice(suffix.as_bytes());
            out.push(b'"');
        }
        Ok(())
    }
}

/// Whether a row has no such property: it comes from a sequence without it.
fn is_absent(branches: &Branches, cells: &impl Cells) -> bool {
    let number = cells
        .cell(branches.output)
        .and_then(|cell| cell.try_into().ok())
        .map(i32::from_be_bytes);
    let number = number.and_then(|number| usize::try_from(number).ok());
    !number
        .and_then(|number| branches.present.get(number))
        .is_some_and(|present| *present)
}

/// Whether a row has none of these properties.
fn are_absent(members: &[MemberWriter], cells: &impl Cells) -> bool {
    members.iter().all(|member| match member {
        MemberWriter::Value {
            branches: Some(branches),
            ..
        } => is_absent(branches, cells),
        MemberWriter::Group { members, .. } => are_absent(members, cells),
        _ => false,
    })
}
