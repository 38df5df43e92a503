//! The writers of a response, made from its plan.

use super::super::{CellWriter, MetadataLevel, cell::CellOptions, select_list::select_list};
use super::many::{Array, ManyWriter};
use super::{Context, EntityWriter, Id, MemberWriter, Name, SortOutput};
use crate::edm::{EntitySet, PgType, PrimitiveType, Schema, Version};
use crate::plan::{Branches, Member, OrderItem, Output, Page, Query, Shape, ShapeKind};
use std::sync::Arc;

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
        let is_full = context.level == MetadataLevel::Full
            && (shape.kind == ShapeKind::Entity || shape.entities.is_some());
        let builder = Builder {
            is_full,
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
        let said = shape.members.iter().filter(said);
        // Their number is hardly smaller: a filter does not tell it, and each growth moves them all.
        let mut members = Vec::with_capacity(shape.members.len());
        members.extend(said.map(|member| builder.member(member)));
        EntityWriter {
            context: context.clone(),
            set: set.declared.entity_set,
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
                let id = Id::of_entity(context.level, entities.key_selected);
                (branches, id)
            }),
            full: is_full.then(|| format!("#{}.{}", schema.namespace, set.declared.name)),
            links: links(set, shape, context.level),
            members,
        }
    }
}

/// What the writers of an entity's members are made of.
struct Builder<'a> {
    /// Whether all links are written.
    is_full: bool,
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

    /// The context URL of entities that hang on a property which `$metadata` does not know.
    fn context_url(&self, shape: &Shape, end: &str) -> Option<String> {
        let Builder {
            schema, context, ..
        } = *self;
        let set = schema.set(shape.set).declared.entity_set;
        let list = select_list(&shape.selection, context.version);
        let url = || format!("{}$metadata#{set}{list}{end}", context.root);
        (context.level != MetadataLevel::None).then(url)
    }

    fn member(&self, member: &Member) -> MemberWriter {
        let Builder {
            schema,
            set,
            outputs,
            first,
            context,
            ..
        } = *self;
        let full = context.level == MetadataLevel::Full;
        match member {
            Member::Property { property, output } => {
                let property = &set.properties[*property];
                MemberWriter::Value {
                    name: Name::new(context, property.declared.name, property.ty, full),
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
                name: Name::new(context, name, *ty, type_shows(context, *declared)),
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
            Member::One {
                name,
                dynamic,
                shape,
            } => MemberWriter::One {
                name: name.clone(),
                context: dynamic
                    .then(|| self.context_url(shape, "/$entity"))
                    .flatten(),
                key: first + shape.key.first().copied().unwrap_or_default(),
                entity: Box::new(EntityWriter::of_shape(
                    schema, shape, outputs, first, context,
                )),
            },
            Member::Many {
                name,
                at,
                dynamic,
                output,
                count,
                options,
                canonical,
            } => MemberWriter::Many(Box::new(ManyWriter {
                name: name.clone(),
                at: at.clone(),
                context: output
                    .filter(|_| *dynamic)
                    .and_then(|output| match &outputs[output] {
                        Output::Array(query, _) => self.context_url(&query.shape, ""),
                        _ => None,
                    }),
                links: self.is_full && !dynamic,
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
        suffix: match query.shape.kind {
            ShapeKind::Reference => "/$ref",
            _ => "",
        },
        entity: EntityWriter::new(schema, query, 0, context),
        rows: window.rows,
        pages: window.pages,
        order: sort_outputs(schema, query),
        implicit_order: query.implicit_order(schema),
    })
}

/// The name of a primitive type as control information (JSON Format 4.5.3).
pub(super) fn type_name(version: Version, ty: PrimitiveType) -> String {
    let hash = if version == Version::V4_0 { "#" } else { "" };
    format!("{hash}{}", ty.edm_name().trim_start_matches("Edm."))
}

/// Whether a JSON value tells the type by itself (JSON Format 4.5.3).
pub(super) fn json_tells(ty: PrimitiveType) -> bool {
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

/// The navigation properties that aren't expanded, but whose links are written: where each can be
/// computed, those alone that are selected by name (Protocol 11.2.5.1).
fn links(set: &EntitySet, shape: &Shape, level: MetadataLevel) -> Vec<&'static str> {
    let is_expanded = |place: usize| {
        let name = set.navigation[place].declared.name;
        shape.members.iter().any(|member| match member {
            Member::One { name: expanded, .. } => *expanded == name,
            Member::Many { name: expanded, .. } => *expanded == name,
            _ => false,
        })
    };
    let asked = |place: &usize| match level {
        _ if shape.kind != ShapeKind::Entity && shape.entities.is_none() => false,
        MetadataLevel::None => false,
        MetadataLevel::Minimal => shape.links.named.contains(place),
        MetadataLevel::Full => shape.links.all || shape.links.named.contains(place),
    };
    (0..set.navigation.len())
        .filter(|place| asked(place) && !is_expanded(*place))
        .map(|place| set.navigation[place].declared.name)
        .collect()
}
