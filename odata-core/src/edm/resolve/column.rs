//! Columns: which one holds a property, of which type, and what can be compared with what.

use super::{Resolver, Table, alternatives};
use crate::edm::{
    CatalogueColumn, EntityType, PgType, PrimitiveType, Property, Severity, Source,
    StructuralProperty,
};

/// Types between which PostgreSQL has `=`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Class {
    WholeNumber,
    Number,
    Text,
    Instant,
    /// Another type that is known, comparable only with itself.
    Only(PgType),
    /// A type that is not known, by its name.
    ReadAsText(String),
    /// A type without `=`.
    Incomparable,
}

impl Class {
    fn of(column: &CatalogueColumn) -> Class {
        match column.ty {
            Some(PgType::Int2 | PgType::Int4 | PgType::Int8) => Class::WholeNumber,
            Some(PgType::Float4 | PgType::Float8 | PgType::Numeric) => Class::Number,
            Some(ty) if ty.is_text() => Class::Text,
            Some(PgType::Timestamp | PgType::Timestamptz) => Class::Instant,
            Some(PgType::Json) => Class::Incomparable,
            Some(ty) => Class::Only(ty),
            None => Class::ReadAsText(column.type_name.clone()),
        }
    }

    fn comparable(&self, other: &Class) -> bool {
        use Class::{Incomparable, Number, WholeNumber};
        match (self, other) {
            (Incomparable, _) | (_, Incomparable) => false,
            (WholeNumber | Number, WholeNumber | Number) => true,
            _ => self == other,
        }
    }
}

impl Resolver<'_> {
    /// A property with its source: the first of its columns that exists.
    pub(super) fn property(
        &mut self,
        entity: &'static EntityType,
        declared: &'static Property,
        (table_name, table): Table<'_>,
    ) -> StructuralProperty {
        let hidden = declared.secret && !self.options.publish_secrets;
        let served =
            |source, ty, nullable| StructuralProperty::new(declared, source, ty, nullable, hidden);
        let key = entity.key.contains(&declared.name);
        let what = format!("{}.{}", entity.name, declared.name);
        let Some(table) = table else {
            let first = declared.columns.first().copied();
            let source = first.map_or(Source::Null, |name| Source::Column {
                name,
                ty: Some(declared.ty.pg()),
                not_null: !declared.nullable,
            });
            return served(source, declared.ty, declared.nullable);
        };

        // A null in every row is a value of a nullable property only.
        let nowhere = |resolver: &mut Self, message: String| {
            if declared.nullable {
                let message = format!("{message}; served as null");
                resolver.find(Severity::Warning, what.as_str(), message);
            } else {
                let why = if key {
                    "it is the key"
                } else {
                    "it can't be null"
                };
                resolver.find(
                    Severity::Error,
                    what.as_str(),
                    format!("{message}, and {why}"),
                );
            }
            served(Source::Null, declared.ty, declared.nullable)
        };
        let found = declared
            .columns
            .iter()
            .find_map(|name| Some((*name, table.columns.get(*name)?)));
        let Some((name, column)) = found else {
            let columns = alternatives(&format!("{table_name}."), declared.columns);
            return nowhere(self, format!("column {columns} does not exist"));
        };
        if !column.readable {
            // To keep a secret from the role is what a careful operator does.
            if hidden {
                return served(Source::Null, declared.ty, declared.nullable);
            }
            let message = format!("the role may not read column '{table_name}.{name}'");
            return nowhere(self, message);
        }

        let ty = served_type(declared.ty, column.ty);
        if ty != declared.ty {
            let message = format!(
                "column '{table_name}.{name}' is {}, which {} can't hold; served as {}",
                column.type_name,
                name_of(declared.ty),
                name_of(ty)
            );
            self.find(Severity::Warning, what.as_str(), message);
        }
        if !column.not_null && !declared.nullable {
            let message = if key {
                format!(
                    "column '{table_name}.{name}' may be null, and is the key; a row without it can't be addressed"
                )
            } else {
                format!("column '{table_name}.{name}' may be null; so may the property")
            };
            self.find(Severity::Notice, what.as_str(), message);
        }
        let source = Source::Column {
            name,
            ty: column.ty,
            not_null: column.not_null,
        };
        // A key property is never nullable (CSDL 6.5), whatever the column says.
        let nullable = declared.nullable || (!column.not_null && !key);
        served(source, ty, nullable)
    }

    /// What a column can be compared with; `None` where no catalogue says so. The error says why it
    /// can't be read.
    pub(super) fn class_of(
        &self,
        (table_name, table): Table<'_>,
        column: &str,
    ) -> Result<Option<Class>, String> {
        let Some(table) = table else {
            return Ok(None);
        };
        match table.columns.get(column) {
            None => Err(format!("column '{table_name}.{column}' does not exist")),
            Some(found) if !found.readable => Err(format!(
                "the role may not read column '{table_name}.{column}'"
            )),
            Some(found) => Ok(Some(Class::of(found))),
        }
    }

    /// The type of a column, for people.
    pub(super) fn type_name(&self, (_, table): Table<'_>, column: &str) -> String {
        let column = table.and_then(|table| table.columns.get(column));
        column.map_or_else(String::new, |column| column.type_name.clone())
    }

    /// Whether two columns can be compared; the error says why not.
    pub(super) fn comparable(
        &self,
        (a_table, a): (Table<'_>, &str),
        (b_table, b): (Table<'_>, &str),
    ) -> Result<(), String> {
        match (self.class_of(a_table, a)?, self.class_of(b_table, b)?) {
            (Some(a_class), Some(b_class)) if !a_class.comparable(&b_class) => Err(format!(
                "column '{}.{a}' is {} and column '{}.{b}' is {}, which can't be compared",
                a_table.0,
                self.type_name(a_table, a),
                b_table.0,
                self.type_name(b_table, b)
            )),
            _ => Ok(()),
        }
    }

    /// The place of a property whose column can be compared with a column of a table that is not
    /// published. A property that is null everywhere can be compared with anything.
    pub(super) fn column_with_property(
        &self,
        other: Table<'_>,
        column: &str,
        properties: &[StructuralProperty],
        property: &str,
        table: Table<'_>,
    ) -> Result<usize, String> {
        let place = place_of(properties, property)?;
        self.class_of(other, column)?;
        if let Source::Column { name, .. } = properties[place].source {
            self.comparable((table, name), (other, column))?;
        }
        Ok(place)
    }

    /// A condition's column can be compared with a text.
    pub(super) fn condition_column(&self, table: Table<'_>, column: &str) -> Result<(), String> {
        match self.class_of(table, column)? {
            // A type that is read by its text is compared by it.
            None | Some(Class::Text | Class::ReadAsText(_)) => Ok(()),
            Some(_) => Err(format!(
                "column '{}.{column}' is {}, which can't be compared with a text",
                table.0,
                self.type_name(table, column)
            )),
        }
    }
}

/// The place of the property of that name.
pub(super) fn place_of(properties: &[StructuralProperty], name: &str) -> Result<usize, String> {
    let found = properties.iter().position(|it| it.declared.name == name);
    found.ok_or_else(|| format!("there is no property '{name}'"))
}

/// The declared type if it holds every value of the column, else the column's own.
fn served_type(declared: PrimitiveType, column: Option<PgType>) -> PrimitiveType {
    match column {
        Some(column) if declared.columns().contains(&column) => declared,
        Some(column) => column.edm(),
        // Read by its text.
        None => PrimitiveType::String,
    }
}

/// A type for people, who would take JSON for any text by its name in `$metadata`.
fn name_of(ty: PrimitiveType) -> &'static str {
    match ty {
        PrimitiveType::Json => "JSON",
        ty => ty.edm_name(),
    }
}
