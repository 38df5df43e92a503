//! What an annotated struct declares, as `'static` data (CSDL 6 to 8).

use super::PrimitiveType;

/// One entity type and its entity set, as `#[derive(ODataEntity)]` writes it.
#[derive(Debug)]
pub struct EntityType {
    /// The name of the type.
    pub name: &'static str,
    /// The name of the entity set, the same unless said otherwise.
    pub entity_set: &'static str,
    /// The struct's doc comment, for people who read `$metadata`.
    pub description: &'static str,
    /// The tables that may hold it, the first that exists is read.
    pub tables: &'static [&'static str],
    /// Which rows a caller may see.
    pub scope: Scoping,
    /// The names of the key properties, in order (CSDL 6.5).
    pub key: &'static [&'static str],
    /// The structural properties, in the order of the struct.
    pub properties: &'static [Property],
    /// The navigation properties, in the order of the struct.
    pub navigation_properties: &'static [NavigationProperty],
}

/// Which rows of a table belong to which scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scoping {
    /// The struct does not say: allowed only in a model where no struct says `scope`.
    Unspecified,
    /// `unscoped`: every caller sees every row.
    Unscoped,
    /// `scope = "account_id"`: a column of the table names the scope that a row belongs to.
    Column(&'static str),
    /// `scope(via = "account_users", on("user_id" = id), column = "account_id")`: a row belongs to
    /// every scope that a row of another table connects it with.
    Via {
        /// The table between.
        table: &'static str,
        /// Pairs of a column of that table and a property of this type.
        on: &'static [(&'static str, &'static str)],
        /// The column of that table that names the scope.
        column: &'static str,
    },
}

/// A structural property with a primitive type (CSDL 7).
#[derive(Debug)]
pub struct Property {
    /// Its name.
    pub name: &'static str,
    /// Its declared type.
    pub ty: PrimitiveType,
    /// Whether the field is an `Option`.
    pub nullable: bool,
    /// The columns that may hold it, the first that exists is read.
    pub columns: &'static [&'static str],
    /// The field's doc comment.
    pub description: &'static str,
    /// Whether its value stays as it is once the row is there, as `Core.Immutable` means it: a walk in its
    /// order shows no row twice, however the rows change meanwhile.
    pub immutable: bool,
    /// Null, and not usable in any option, unless the operator publishes secrets.
    pub secret: bool,
    /// Whether `$search` looks at it.
    pub searchable: bool,
    /// The code table of a number: each value with its name.
    pub values: &'static [(i64, &'static str)],
}

/// A navigation property (CSDL 8).
#[derive(Debug)]
pub struct NavigationProperty {
    /// Its name.
    pub name: &'static str,
    /// The entity type at its other end.
    pub target: fn() -> &'static EntityType,
    /// Whether it is a collection.
    pub many: bool,
    /// The field's doc comment.
    pub description: &'static str,
    /// How the rows of the two ends are connected.
    pub join: Join,
}

/// How the rows of a navigation property's two ends are connected.
#[derive(Debug, Clone, Copy)]
pub enum Join {
    /// The foreign key stands in one of the two tables: in this one for a to-one navigation
    /// property, in the far one for a to-many. It is compared with the key of the other.
    ForeignKey {
        /// Properties of the dependent type, one for each key property of the principal.
        properties: &'static [&'static str],
        /// Conditions on columns of the dependent table, all of which must hold.
        when: &'static [Condition],
    },
    /// The rows are connected through link tables that are not published themselves.
    Through {
        /// The link tables, from this end to the far one.
        links: &'static [Link],
        /// Pairs of a property of the far type and a column of the last link.
        to: &'static [(&'static str, &'static str)],
    },
    /// The reverse of a navigation property of the far type.
    Inverse(&'static str),
}

/// A table between two entity types.
#[derive(Debug, Clone, Copy)]
pub struct Link {
    /// Its name.
    pub table: &'static str,
    /// Pairs of a column of this table and, for the first link, a property of the near type, for
    /// the others a column of the link before.
    pub on: &'static [(&'static str, &'static str)],
    /// Conditions on columns of this table, all of which must hold.
    pub when: &'static [Condition],
}

/// `column = 'value'`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Condition {
    /// The column.
    pub column: &'static str,
    /// The text that it must equal.
    pub equals: &'static str,
}
