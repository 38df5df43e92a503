//! A model laid on a database: what is served, from which table and column.

use super::{EntityType, NavigationProperty, PgType, PrimitiveType, Property};

/// A quoted name of a table, with its schema: `"public"."messages"`. Made here alone, from the model
/// and the operator's configuration, so that no text of a request can be one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QualifiedName(String);

impl QualifiedName {
    pub(super) fn new(schema: &str, table: &str) -> QualifiedName {
        QualifiedName(format!("{}.{}", quote(schema), quote(table)))
    }

    /// The text for SQL.
    pub fn as_sql(&self) -> &str {
        &self.0
    }
}

fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// An entity set of a [`Schema`], by its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SetId(pub(super) u16);

/// What a service serves.
#[derive(Debug, Clone)]
pub struct Schema {
    /// The namespace of the types.
    pub namespace: &'static str,
    /// The name of the entity container.
    pub container: &'static str,
    pub(super) sets: Vec<EntitySet>,
    /// The collation by which `tolower` and `toupper` know more than ASCII, where the database's own
    /// doesn't.
    pub unicode_collation: Option<String>,
}

/// One entity set and its type.
#[derive(Debug, Clone)]
pub struct EntitySet {
    /// Its place in the schema.
    pub id: SetId,
    /// What the struct declares.
    pub declared: &'static EntityType,
    /// The table that is read.
    pub table: QualifiedName,
    /// The structural properties, in the order of the struct.
    pub properties: Vec<StructuralProperty>,
    /// The places of the key properties.
    pub key: Vec<usize>,
    /// The navigation properties that are served.
    pub navigation: Vec<Navigation>,
    /// Which rows a caller sees.
    pub scope: ScopeRule,
    /// Columns that some index starts with.
    pub indexed: Vec<&'static str>,
    /// Other columns that stand behind the scope's in an index: it gives the rows of one scope in
    /// their order.
    pub indexed_in_scope: Vec<&'static str>,
}

/// A structural property as it is served.
#[derive(Debug, Clone)]
pub struct StructuralProperty {
    /// What the field declares.
    pub declared: &'static Property,
    /// Where its values come from.
    pub source: Source,
    /// The type in `$metadata`.
    pub ty: PrimitiveType,
    /// Whether `$metadata` says that it may be null: declared, or found.
    pub nullable: bool,
    /// A secret that is not published: null in every row, and not usable in any option.
    pub hidden: bool,
    /// Its column, quoted.
    quoted: String,
}

/// Where the values of a property come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A column. `ty` is `None` for a type that is read by its text.
    Column {
        /// Its name.
        name: &'static str,
        /// Its type.
        ty: Option<PgType>,
        /// Whether the database says `NOT NULL`.
        not_null: bool,
    },
    /// Nowhere: null in every row.
    Null,
}

/// Which rows of a set a caller sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScopeRule {
    /// Every row.
    Unscoped,
    /// Those whose column is one of the caller's ids.
    Column(&'static str),
    /// Those that a row of another table connects with one of the caller's ids.
    Via {
        /// The table between.
        table: QualifiedName,
        /// Pairs of its column and the place of a property of this set.
        on: Vec<(&'static str, usize)>,
        /// Its column that holds the id.
        column: &'static str,
    },
}

/// A navigation property as it is served.
#[derive(Debug, Clone)]
pub struct Navigation {
    /// What the field declares.
    pub declared: &'static NavigationProperty,
    /// The set at the other end.
    pub target: SetId,
    /// The place of the partner in the target's navigation, if it has one.
    pub partner: Option<usize>,
    /// How the rows are connected.
    pub path: JoinPath,
}

/// How the rows of the two ends are connected.
#[derive(Debug, Clone)]
pub enum JoinPath {
    /// `near.a = far.b` for each pair, and conditions on either side.
    Keys {
        /// Places of properties: this end's and the far end's.
        pairs: Vec<(usize, usize)>,
        /// Conditions on columns of this end.
        near: Vec<(usize, &'static str)>,
        /// Conditions on columns of the far end.
        far: Vec<(usize, &'static str)>,
    },
    /// Through link tables, each row of the far end once.
    Links {
        /// The tables in their own order, which is from the declaring end to the other.
        tables: Vec<LinkTable>,
        /// Pairs of a property of the declaring end and a column of the first table.
        first: Vec<(usize, &'static str)>,
        /// Pairs of a property of the other end and a column of the last table.
        last: Vec<(usize, &'static str)>,
        /// Whether this end is the other one.
        reversed: bool,
    },
}

/// A table between two ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkTable {
    /// The table.
    pub table: QualifiedName,
    /// Pairs of its column and a column of the table before; empty for the first.
    pub on: Vec<(&'static str, &'static str)>,
    /// Conditions on its columns.
    pub when: Vec<(&'static str, &'static str)>,
}

/// Something that the start-up comparison found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// `Conversation.snoozed_until`.
    pub what: String,
    /// `column conversations.snoozed_until does not exist; served as null`.
    pub message: String,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing.
    Notice,
    /// Something is served as null, or not at all; `--strict-schema` refuses to start.
    Warning,
    /// The service can't start.
    Error,
}

impl Schema {
    /// The entity sets, in the order of the service document.
    pub fn sets(&self) -> &[EntitySet] {
        &self.sets
    }

    /// One set.
    pub fn set(&self, id: SetId) -> &EntitySet {
        &self.sets[usize::from(id.0)]
    }

    /// The set of that name.
    pub fn set_named(&self, name: &str) -> Option<&EntitySet> {
        self.sets.iter().find(|set| set.declared.entity_set == name)
    }

    /// The set of that qualified entity type.
    pub fn set_of_type(&self, qualified: &str) -> Option<&EntitySet> {
        let name = qualified.strip_prefix(self.namespace)?.strip_prefix('.')?;
        self.sets.iter().find(|set| set.declared.name == name)
    }
}

impl EntitySet {
    /// The place of the structural property of that name.
    pub fn property(&self, name: &str) -> Option<usize> {
        self.properties
            .iter()
            .position(|property| property.declared.name == name)
    }

    /// The place of the navigation property of that name.
    pub fn navigation(&self, name: &str) -> Option<usize> {
        self.navigation
            .iter()
            .position(|navigation| navigation.declared.name == name)
    }

    /// The names of all properties, structural ones first.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        let structural = self
            .properties
            .iter()
            .map(|property| property.declared.name);
        structural.chain(
            self.navigation
                .iter()
                .map(|navigation| navigation.declared.name),
        )
    }
}

impl StructuralProperty {
    pub(super) fn new(
        declared: &'static Property,
        source: Source,
        ty: PrimitiveType,
        nullable: bool,
        hidden: bool,
    ) -> StructuralProperty {
        StructuralProperty {
            declared,
            source,
            ty,
            nullable,
            hidden,
            quoted: match source {
                Source::Column { name, .. } => quote(name),
                Source::Null => String::new(),
            },
        }
    }

    /// Its column for SQL, behind the alias of its table; nothing where it has none.
    pub fn as_sql(&self) -> &str {
        &self.quoted
    }

    /// Whether a row may have null here, as the database sees it.
    pub fn may_be_null(&self) -> bool {
        !matches!(self.source, Source::Column { not_null: true, .. }) || self.hidden
    }
}
