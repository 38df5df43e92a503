//! A property as a response of its own (JSON Format 11).

use super::super::records::Cells;
use super::super::{CellError, CellWriter, MetadataLevel, write_json_string};
use super::build::{json_tells, type_name};
use super::{Context, Object, Top};
use crate::edm::{PrimitiveType, Schema};
use crate::plan::{Member, Query};
use std::sync::Arc;

/// Writes the one property that is asked for.
pub struct PropertyWriter {
    context: Arc<Context>,
    name: &'static str,
    ty: PrimitiveType,
    cell: CellWriter,
    output: usize,
}

impl PropertyWriter {
    /// The writer of the first member of a query's rows, whose outputs start at column `first`.
    pub fn new(
        schema: &Schema,
        query: &Query,
        first: usize,
        context: &Arc<Context>,
    ) -> Option<PropertyWriter> {
        let Member::Property { property, output } = query.shape.members.first()? else {
            return None;
        };
        let property = &schema.set(query.shape.set).properties[*property];
        let (column, ty) = query.outputs.get(*output)?.value_type(schema);
        Some(PropertyWriter {
            context: context.clone(),
            name: property.declared.name,
            ty: property.ty,
            // A raw value has no nearest one: null where the type has no form for it.
            cell: CellWriter::new(column, ty, property.nullable, context.cells),
            output: first + output,
        })
    }

    /// The property's name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Writes the value as text; `false` where it is null.
    pub fn write_text(&self, out: &mut Vec<u8>, cells: &impl Cells) -> Result<bool, CellError> {
        self.cell.write_text(out, cells.cell(self.output))
    }

    /// Writes the value as an object; `false` where it is null.
    pub fn write(
        &self,
        out: &mut Vec<u8>,
        cells: &impl Cells,
        top: &Top,
    ) -> Result<bool, CellError> {
        let mut value = Vec::new();
        if !self.cell.write_json(&mut value, cells.cell(self.output))? {
            return Ok(false);
        }
        let version = self.context.version;
        out.push(b'{');
        let mut object = Object { first: true };
        if let Some(url) = &top.context_url {
            object.control(out, version, "context");
            write_json_string(out, url);
        }
        let is_text = value.starts_with(b"\"");
        let tells = json_tells(self.ty) && !(is_text && self.ty == PrimitiveType::Double);
        if self.context.level == MetadataLevel::Full && !tells {
            object.control(out, version, "type");
            write_json_string(out, &type_name(version, self.ty));
        }
        if let Some(tag) = &top.metadata_tag {
            object.control(out, version, "metadataEtag");
            write_json_string(out, tag);
        }
        object.name(out, "value");
        out.extend_from_slice(&value);
        out.push(b'}');
        Ok(true)
    }
}
