//! Rows to OData JSON (JSON Format 4.5): an entity straight from the cells of its row.
//!
//! An [`EntityWriter`] is made once for a response; then each row is written without a struct, a
//! value or a string of its own in between.

use super::records::{Cells, Record, elements};
use super::skip_token::{SkipToken, TokenKey};
use super::{CellError, CellWriter, MetadataLevel, write_json_string};
use super::{cell::CellOptions, key};
use crate::edm::{EntitySet, PgType, PrimitiveType, Schema, Version};
use crate::plan::{Branches, Member, OrderItem, Output, Page, Query, Shape, ShapeKind};
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
    /// What next links carry besides their own options: `&apikey=..`, percent-encoded, or nothing.
    pub link_suffix: Arc<str>,
}

/// Writes the entities of one collection.
pub struct EntityWriter {
    context: Arc<Context>,
    set: EntityNames,
    key: Vec<(&'static str, CellWriter, usize)>,
    id: Id,
    /// Which rows are entities all the same, and what is said of the id of those.
    entities: Option<(Option<Branches>, Id)>,
    /// Whether types and links are written, of entities.
    full: bool,
    /// The navigation properties, whose links the full level writes.
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

struct EntityNames {
    set: &'static str,
    qualified_type: String,
}

enum MemberWriter {
    Value {
        /// `"name":`, behind its type where that is written.
        prefix: Vec<u8>,
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
        name: &'static str,
        key: usize,
        entity: Box<EntityWriter>,
    },
    Link {
        name: &'static str,
        entity: Box<EntityWriter>,
    },
    Many(Box<ManyWriter>),
}

struct ManyWriter {
    name: &'static str,
    array: Option<Array>,
    count: Option<(CellWriter, usize)>,
    /// The options of a next link, percent-encoded, and what its token is bound to.
    options: String,
    canonical: String,
}

struct Array {
    output: usize,
    entity: EntityWriter,
    /// Members that are answered at most; one more means that there are others.
    rows: u64,
    pages: bool,
    order: Vec<SortOutput>,
    /// The order that the service chose, where the client chose none.
    implicit_order: Option<String>,
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

/// The outputs that hold the sort values of a query's rows.
pub fn sort_outputs(schema: &Schema, query: &Query) -> Vec<SortOutput> {
    let sort_output = |item: &OrderItem| {
        let (ty, _) = query.outputs.get(item.output)?.value_type(schema);
        Some(SortOutput {
            output: item.output,
            ty: ty.unwrap_or(PgType::Text),
            key: query.is_key(schema, item),
        })
    };
    query.order.iter().filter_map(sort_output).collect()
}

impl EntityWriter {
    /// The writer of a query's rows, whose outputs start at column `first`.
    pub fn new(
        schema: &Schema,
        query: &Query,
        first: usize,
        context: &Arc<Context>,
    ) -> EntityWriter {
        EntityWriter::of_shape(schema, &query.shape, &query.outputs, first, context)
    }

    fn of_shape(
        schema: &Schema,
        shape: &Shape,
        outputs: &[Output],
        first: usize,
        context: &Arc<Context>,
    ) -> EntityWriter {
        let set = schema.set(shape.set);
        let builder = Builder {
            schema,
            set,
            outputs,
            first,
            context,
        };
        let key = match (shape.kind, &shape.entities) {
            (ShapeKind::Entity | ShapeKind::Reference, _) => shape.key.as_slice(),
            (_, Some(entities)) => &entities.key,
            _ => &[],
        };
        let key = set.key.iter().zip(key);
        let key = key.map(|(place, output)| {
            let (column, ty) = outputs[*output].value_type(schema);
            let writer = CellWriter::new(column, ty, false, CellOptions::default());
            (set.properties[*place].declared.name, writer, first + output)
        });
        // Without control information nothing is said of entities that are only linked to.
        let said = |member: &&Member| {
            context.level != MetadataLevel::None || !matches!(member, Member::Link { .. })
        };
        let members = shape.members.iter().filter(said);
        EntityWriter {
            context: context.clone(),
            set: EntityNames {
                set: set.declared.entity_set,
                qualified_type: format!("{}.{}", schema.namespace, set.declared.name),
            },
            key: key.collect(),
            id: match (shape.kind, context.level) {
                (ShapeKind::Reference, _) => Id::Url,
                (_, MetadataLevel::None) | (ShapeKind::Complex, _) => Id::Unsaid,
                (ShapeKind::Transient, _) => Id::Null,
                (ShapeKind::Entity, level) => Id::of_entity(level, shape.key_selected),
            },
            entities: shape.entities.as_ref().map(|entities| {
                let branches = entities.branches.clone().map(|branches| Branches {
                    output: first + branches.output,
                    ..branches
                });
                (
                    branches,
                    Id::of_entity(context.level, entities.key_selected),
                )
            }),
            full: context.level == MetadataLevel::Full
                && (shape.kind == ShapeKind::Entity || shape.entities.is_some()),
            links: link_names(set),
            members: members.map(|member| builder.member(member)).collect(),
        }
    }

    /// Writes one entity as an object. `context_url` is written as its first member.
    pub fn write(
        &self,
        out: &mut Vec<u8>,
        cells: &impl Cells,
        context_url: Option<&str>,
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
        self.write_members(out, &self.members, cells, &mut object)?;
        if self.full && id != Id::Null {
            self.write_remaining_links(out, cells, &mut object)?;
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
                    prefix,
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
                    let start = (out.len(), object.first);
                    object.comma(out);
                    out.extend_from_slice(prefix);
                    let written = cell.write_json(out, cells.cell(*output))?;
                    if !written && self.context.omit_nulls {
                        out.truncate(start.0);
                        object.first = start.1;
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
                MemberWriter::One { name, key, entity } => {
                    self.write_links(out, name, cells, object)?;
                    object.name(out, name);
                    match cells.cell(*key) {
                        Some(_) => entity.write(out, cells, None)?,
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
                    self.write_links(out, many.name, cells, object)?;
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
        out.extend_from_slice(self.set.set.as_bytes());
        key::write(
            out,
            self.key
                .iter()
                .map(|(name, writer, output)| (*name, writer, cells.cell(*output))),
        )
    }

    fn write_id(
        &self,
        out: &mut Vec<u8>,
        cells: &impl Cells,
        object: &mut Object,
    ) -> Result<(), CellError> {
        let version = self.context.version;
        if self.full {
            object.control(out, version, "type");
            let hash = format!("#{}", self.set.qualified_type);
            write_json_string(out, &hash);
        }
        object.control(out, version, "id");
        out.push(b'"');
        self.write_url(out, cells)?;
        out.push(b'"');
        if self.full {
            object.control(out, version, "readLink");
            out.push(b'"');
            self.write_url(out, cells)?;
            out.push(b'"');
        }
        Ok(())
    }

    /// The links of a navigation property, at the full level.
    fn write_links(
        &self,
        out: &mut Vec<u8>,
        name: &str,
        cells: &impl Cells,
        object: &mut Object,
    ) -> Result<(), CellError> {
        if !self.full {
            return Ok(());
        }
        for (control, suffix) in [("associationLink", "/$ref"), ("navigationLink", "")] {
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

    fn write_remaining_links(
        &self,
        out: &mut Vec<u8>,
        cells: &impl Cells,
        object: &mut Object,
    ) -> Result<(), CellError> {
        for name in self.unexpanded() {
            self.write_links(out, name, cells, object)?;
        }
        Ok(())
    }

    fn unexpanded(&self) -> impl Iterator<Item = &'static str> {
        let expanded: Vec<&'static str> = self
            .members
            .iter()
            .filter_map(|member| match member {
                MemberWriter::One { name, .. } => Some(*name),
                MemberWriter::Many(many) => Some(many.name),
                MemberWriter::Value { .. }
                | MemberWriter::Group { .. }
                | MemberWriter::Link { .. } => None,
            })
            .collect();
        self.links
            .iter()
            .copied()
            .filter(move |name| !expanded.contains(name))
    }

    fn write_many(
        &self,
        out: &mut Vec<u8>,
        many: &ManyWriter,
        cells: &impl Cells,
        object: &mut Object,
    ) -> Result<(), CellError> {
        let version = self.context.version;
        if let Some((cell, output)) = &many.count {
            object.annotation(out, many.name, version, "count");
            cell.write_json(out, cells.cell(*output))?;
        }
        let Some(array) = &many.array else {
            return Ok(());
        };
        object.name(out, many.name);
        out.push(b'[');
        let mut last: Option<Record<'_>> = None;
        let mut written = 0;
        let mut more = false;
        for element in elements(cells.cell(array.output)) {
            let record = Record::read(element?)?;
            if written == array.rows {
                more = array.pages;
                break;
            }
            if written > 0 {
                out.push(b',');
            }
            array.entity.write(out, &record, None)?;
            written += 1;
            last = Some(record);
        }
        out.push(b']');
        if let (true, Some(last)) = (more, last) {
            object.annotation(out, many.name, version, "nextLink");
            let mut path = Vec::new();
            self.write_path(&mut path, cells)?;
            let path = format!("{}/{}", String::from_utf8_lossy(&path), many.name);
            let implicit = array.implicit_order.clone();
            let token = SkipToken::behind(&last, 0, &array.order, written, None, implicit);
            let request = format!("{path}?{}", many.canonical);
            let separator = if many.options.is_empty() { "" } else { "&" };
            let link = format!(
                "{}{path}?{}{separator}$skiptoken={}{}",
                self.context.root,
                many.options,
                token.seal(&self.context.token_key, &request),
                self.context.link_suffix,
            );
            write_json_string(out, &link);
        }
        Ok(())
    }
}

/// What the writers of an entity's members are made of.
struct Builder<'a> {
    schema: &'a Schema,
    set: &'a EntitySet,
    outputs: &'a [Output],
    first: usize,
    context: &'a Arc<Context>,
}

impl Builder<'_> {
    fn cell(&self, output: usize, nullable: bool) -> CellWriter {
        let (column, ty) = self.outputs[output].value_type(self.schema);
        CellWriter::new(column, ty, nullable, self.context.cells)
    }

    fn member(&self, member: &Member) -> MemberWriter {
        let Builder {
            schema,
            set,
            outputs,
            first,
            context,
        } = *self;
        let full = context.level == MetadataLevel::Full;
        match member {
            Member::Property { property, output } => {
                let property = &set.properties[*property];
                MemberWriter::Value {
                    prefix: value_prefix(context, property.declared.name, property.ty, full),
                    cell: self.cell(*output, property.nullable),
                    output: first + output,
                    branches: None,
                }
            }
            Member::Computed {
                name,
                ty,
                output,
                declared,
                branches,
            } => MemberWriter::Value {
                prefix: value_prefix(context, name, *ty, type_shows(context, *declared)),
                cell: self.cell(*output, true),
                output: first + output,
                branches: branches.clone().map(|branches| Branches {
                    output: first + branches.output,
                    ..branches
                }),
            },
            Member::Group { name, members } => MemberWriter::Group {
                name: name.clone(),
                members: members.iter().map(|member| self.member(member)).collect(),
            },
            Member::Link { name, shape } => MemberWriter::Link {
                name,
                entity: Box::new(EntityWriter::of_shape(
                    schema, shape, outputs, first, context,
                )),
            },
            Member::One { name, shape } => MemberWriter::One {
                name,
                key: first + shape.key.first().copied().unwrap_or_default(),
                entity: Box::new(EntityWriter::of_shape(
                    schema, shape, outputs, first, context,
                )),
            },
            Member::Many {
                navigation,
                output,
                count,
                options,
                canonical,
            } => MemberWriter::Many(Box::new(ManyWriter {
                name: set.navigation[*navigation].declared.name,
                array: output.and_then(|output| array(schema, outputs, output, first, context)),
                count: count.map(|output| (self.cell(output, false), first + output)),
                options: options.clone(),
                canonical: canonical.clone(),
            })),
        }
    }
}

fn array(
    schema: &Schema,
    outputs: &[Output],
    output: usize,
    first: usize,
    context: &Arc<Context>,
) -> Option<Array> {
    let Output::Array(query, bound) = outputs.get(output)? else {
        return None;
    };
    let window = Page::first(*bound).window(query, false);
    Some(Array {
        output: first + output,
        entity: EntityWriter::new(schema, query, 0, context),
        rows: window.rows,
        pages: window.pages,
        order: sort_outputs(schema, query),
        implicit_order: query.implicit_order(schema),
    })
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

/// `"name":`, behind its type where that is written.
fn value_prefix(context: &Context, name: &str, ty: PrimitiveType, with_type: bool) -> Vec<u8> {
    let mut prefix = Vec::new();
    if with_type && !json_tells(ty) {
        let edm = ty.edm_name().trim_start_matches("Edm.");
        let hash = if context.version == Version::V4_0 {
            "#"
        } else {
            ""
        };
        prefix.extend_from_slice(
            format!(
                "\"{name}@{}type\":\"{hash}{edm}\",",
                context.version.prefix()
            )
            .as_bytes(),
        );
    }
    write_json_string(&mut prefix, name);
    prefix.push(b':');
    prefix
}

/// Whether a JSON value tells the type by itself (JSON Format 4.5.3).
fn json_tells(ty: PrimitiveType) -> bool {
    matches!(
        ty,
        PrimitiveType::String
            | PrimitiveType::Json
            | PrimitiveType::Boolean
            | PrimitiveType::Double
    )
}

/// Whether the type of a computed property is written: always where the client can't know it.
fn type_shows(context: &Context, declared: bool) -> bool {
    match context.level {
        MetadataLevel::None => false,
        MetadataLevel::Minimal => !declared,
        MetadataLevel::Full => true,
    }
}

/// The members of an object under construction.
struct Object {
    first: bool,
}

impl Object {
    fn comma(&mut self, out: &mut Vec<u8>) {
        if self.first {
            self.first = false;
        } else {
            out.push(b',');
        }
    }

    /// `"@odata.id":null`
    fn null_id(&mut self, out: &mut Vec<u8>, version: Version) {
        self.control(out, version, "id");
        out.extend_from_slice(b"null");
    }

    /// `"name":`
    fn name(&mut self, out: &mut Vec<u8>, name: &str) {
        self.comma(out);
        write_json_string(out, name);
        out.push(b':');
    }

    /// `"@odata.context":`
    fn control(&mut self, out: &mut Vec<u8>, version: Version, name: &str) {
        self.annotation(out, "", version, name);
    }

    /// `"name@odata.count":`
    fn annotation(&mut self, out: &mut Vec<u8>, of: &str, version: Version, name: &str) {
        self.comma(out);
        out.push(b'"');
        out.extend_from_slice(of.as_bytes());
        out.push(b'@');
        out.extend_from_slice(version.prefix().as_bytes());
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(b"\":");
    }
}

/// The names of a set's navigation properties.
fn link_names(set: &EntitySet) -> Vec<&'static str> {
    set.navigation
        .iter()
        .map(|navigation| navigation.declared.name)
        .collect()
}
