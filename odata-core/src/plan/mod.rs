//! Names and types resolved: a tree of text becomes a [`Plan`].
//!
//! A plan is made of the schema and the URL alone; no caller is in it, so it may be cached by URL. Where the
//! order that serves one scope best would sort the rows of several, it holds both.
//! Every table reference in it is a [`Scoped`] node, which the SQL printer can't print without a
//! scope.

mod all;
mod apply;
mod arithmetic;
mod bind;
mod crossjoin;
mod derived;
mod ecmascript;
mod entity;
mod expand;
mod expr;
mod function;
mod hint;
mod key;
mod levels;
mod link;
mod literal;
mod members;
mod operand;
mod order;
mod page;
mod path;
mod pattern;
mod projection;
mod resource;
mod search;
mod unknown;
mod walk;

pub use crate::functions::aggregation::Aggregate;
pub use bind::bind;
pub use derived::{Derived, Input, Lateral, Layer};
pub use expr::{Aggregation, ArithmeticOp, Comparison, Expr, ExprKind, Over, OverNumber, Value};
pub use key::Keys;
pub use link::IT;
pub use page::{Bound, Page, Window};

use crate::edm::{PgType, PrimitiveType, Schema, Scope, SetId};
use std::borrow::Cow;

/// What a request asks for, resolved.
#[derive(Debug, Clone)]
pub enum Plan {
    /// The service document.
    ServiceDocument,
    /// The metadata document.
    Metadata,
    /// Rows of the database.
    Data(Box<Data>),
    /// The entities of every set, one set after the other.
    All(Vec<Data>),
}

impl Plan {
    fn of_data(data: Data) -> Plan {
        Plan::Data(Box::new(data))
    }
}

/// A request for rows.
#[derive(Debug, Clone)]
pub struct Data {
    /// The entity behind the last key of the path, where the rows hang on one.
    pub anchor: Option<Anchor>,
    /// The rows.
    pub query: Query,
    /// In which form they are answered.
    pub answer: Answer,
    /// Whether the path names the last entity by its key: then its absence is an error, and not
    /// null as that of a to-one navigation is.
    pub by_key: bool,
    /// The path without the keys that stand beside the plan, and the options that matter to a next link,
    /// canonical.
    canonical: String,
    /// The same for a caller of one scope, where rows are ordered by another property, those of an inner
    /// collection perhaps.
    in_one_scope: Option<Box<Data>>,
}

impl Data {
    /// The plan for a caller: an index behind the scope's column gives the rows of one scope in its
    /// order; those of several would be sorted, all of them for each page.
    pub fn within(&self, scope: &Scope) -> &Data {
        match &self.in_one_scope {
            Some(data) if scope.is_one() => data,
            _ => self,
        }
    }

    /// The plan that has this implicit order, if one of the two has it and the other has not: a link may have
    /// been made when the caller saw fewer scopes, or more.
    pub fn in_order(&self, order: &str, schema: &Schema) -> Option<&Data> {
        let plans = [Some(self), self.in_one_scope.as_deref()];
        let has_it = |data: &&Data| data.query.implicit_order(schema).as_deref() == Some(order);
        let mut plans = plans.into_iter().flatten().filter(has_it);
        // Both have it where they differ in an inner collection alone.
        plans.next().filter(|_| plans.next().is_none())
    }

    /// Whether there is another plan for a caller of one scope.
    pub fn depends_on_scope(&self) -> bool {
        self.in_one_scope.is_some()
    }

    /// Whether all of it hangs on one entity that a key names.
    pub fn is_of_one(&self) -> bool {
        self.anchor.is_some() || self.by_key
    }

    /// The path and the options that matter to a next link, canonical: its token is bound to them.
    pub fn request<'a>(&'a self, keys: &Keys) -> Cow<'a, str> {
        keys.fill(&self.canonical)
    }
}

/// In which form rows are answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// A collection of entities.
    Collection,
    /// One entity.
    Entity,
    /// One property of one entity: the query's only output.
    Property,
    /// The same, raw.
    Value,
    /// The number of rows.
    Count,
    /// References to a collection's entities.
    References,
    /// A reference to one entity.
    Reference,
}

/// A chain of entities from a set by key: `Conversation(1)/inbox`.
#[derive(Debug, Clone)]
pub struct Anchor {
    /// The first entity: its key stands in the filter.
    pub first: Rows,
    /// The entities behind it, each by a navigation property of the one before and, where that is a
    /// collection, a key.
    pub steps: Vec<(Join, Option<Expr>)>,
}

impl Anchor {
    /// The last entity.
    pub fn last(&self) -> Scoped {
        self.steps
            .last()
            .map_or(self.first.from, |(join, _)| join.source)
    }
}

/// A table reference, by a number of its own in the plan. Only [`bind()`] makes one, and only with a
/// set; the SQL printer adds the caller's scope to each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Scoped {
    id: usize,
    set: SetId,
}

impl Scoped {
    /// Its number in the plan.
    pub fn id(self) -> usize {
        self.id
    }

    /// The set whose rows it ranges over.
    pub fn set(self) -> SetId {
        self.set
    }
}

/// A navigation property of a table reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Via {
    /// The near end.
    pub near: Scoped,
    /// The place of the navigation property in the near end's set.
    pub navigation: usize,
}

/// A to-one navigation: a left join.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Join {
    /// The far end.
    pub source: Scoped,
    /// The navigation property that leads to it.
    pub via: Via,
}

/// Rows of a set: those of a navigation property or all, that a condition holds for.
#[derive(Debug, Clone)]
pub struct Rows {
    /// The set's table reference.
    pub from: Scoped,
    /// The navigation property on which the rows hang.
    pub via: Option<Via>,
    /// Further sets, each of whose entities is combined with each of the others (`$crossjoin`).
    pub crossed: Vec<Scoped>,
    /// The to-one navigations that expressions go through, in the order in which they are joined.
    pub joins: Vec<Join>,
    /// What a `join` makes of the entities that are related to each.
    pub lateral: Option<Box<Lateral>>,
    /// The condition.
    pub filter: Option<Expr>,
}

/// Rows with what is read of them. An expanded collection is a query inside a query.
#[derive(Debug, Clone)]
pub struct Query {
    /// The rows.
    pub input: Input,
    /// The sort order, total: it ends in the key. Empty where there is at most one row, or where
    /// only the number counts.
    pub order: Vec<OrderItem>,
    /// How many sort items the client gave: those before the tie-breaker.
    pub asked_order: usize,
    /// `$skip`.
    pub skip: u64,
    /// `$top`.
    pub top: Option<u64>,
    /// `$count=true`.
    pub count: bool,
    /// What is selected, in order: the SQL printer prints it, the row writer reads it.
    pub outputs: Vec<Output>,
    /// How the outputs become an entity.
    pub shape: Shape,
}

impl Query {
    /// The entities that it reads, unless they are rows that `$apply` made.
    pub fn rows(&self) -> Option<&Rows> {
        match &self.input {
            Input::Rows(rows) => Some(rows),
            Input::Derived(_) | Input::One => None,
        }
    }

    /// The order that the service chose, where the client chose none: the names of its properties.
    /// Rows that are no entities have none of such a name.
    pub fn implicit_order(&self, schema: &Schema) -> Option<String> {
        let order = (self.asked_order == 0).then(|| {
            let properties = &schema.set(self.shape.set).properties;
            let names = self.order.iter().filter_map(|item| match item.expr.kind {
                ExprKind::Property(_, place) => Some(properties.get(place)?.declared.name),
                _ => None,
            });
            names.collect::<Vec<_>>().join(",")
        });
        order.filter(|names| !names.is_empty())
    }

    /// Whether an item of the order sorts by a part of the row's key.
    pub fn is_key(&self, schema: &Schema, item: &OrderItem) -> bool {
        match item.expr.kind {
            ExprKind::Property(source, place) => {
                self.rows().is_some_and(|rows| rows.has(source))
                    && schema.set(source.set()).key.contains(&place)
            }
            _ => false,
        }
    }
}

/// One item of the sort order.
#[derive(Debug, Clone)]
pub struct OrderItem {
    /// What is sorted by.
    pub expr: Expr,
    /// `desc`.
    pub descending: bool,
    /// The output that holds its value, for next links.
    pub output: usize,
}

/// One column of a row as it is read.
#[derive(Debug, Clone)]
pub enum Output {
    /// A property as it is stored.
    Property(Scoped, usize),
    /// An expression.
    Expr(Expr),
    /// An expanded collection: an array of rows.
    Array(Box<Query>, u64),
    /// The number of a collection's members.
    Count(Box<Input>),
}

impl Output {
    /// The type in which the column arrives, if it is a value: `None` is text.
    pub fn value_type(&self, schema: &Schema) -> (Option<PgType>, PrimitiveType) {
        match self {
            Output::Property(source, place) => {
                let property = &schema.set(source.set()).properties[*place];
                match property.source {
                    crate::edm::Source::Column { ty, .. } if !property.hidden => (ty, property.ty),
                    _ => (Some(property.ty.pg()), property.ty),
                }
            }
            Output::Expr(expr) => (Some(expr.pg(schema)), expr.ty_or_string()),
            Output::Array(..) => (Some(PgType::Bytea), PrimitiveType::Binary),
            Output::Count(_) => (Some(PgType::Int8), PrimitiveType::Int64),
        }
    }
}

/// How outputs become an entity.
#[derive(Debug, Clone)]
pub struct Shape {
    /// The entity's set.
    pub set: SetId,
    /// The outputs that hold the key.
    pub key: Vec<usize>,
    /// Whether every key property is among the members.
    pub key_selected: bool,
    /// What the rows are.
    pub kind: ShapeKind,
    /// Those of the rows that are entities all the same.
    pub entities: Option<EntityRows>,
    /// The members, in order.
    pub members: Vec<Member>,
    /// The navigation properties whose links are asked for.
    pub links: Links,
    /// What the context URL says of the selection.
    pub selection: Vec<Selected>,
}

/// Which navigation properties are asked for by name, so that their links are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Links {
    /// The places of those that `$select` names.
    pub named: Vec<usize>,
    /// Whether all others are asked for too: there is no `$select`, or it has a star.
    pub all: bool,
}

/// One item of the context URL's list of what is selected (Protocol 10.7 to 10.10).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selected {
    /// A property, a navigation property whose link is wanted, or `*`.
    Name(String),
    /// A collection that `nest` makes: its own context URL says what is in it.
    Collection(String),
    /// An expanded navigation property.
    Expanded {
        /// Its name.
        name: String,
        /// Whether it is expanded again inside.
        recursive: bool,
        /// What is selected inside.
        inside: Vec<Selected>,
    },
}

impl Selected {
    /// The name.
    pub fn name(&self) -> &str {
        match self {
            Selected::Name(name) | Selected::Collection(name) | Selected::Expanded { name, .. } => {
                name
            }
        }
    }
}

/// What rows are written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShapeKind {
    /// Entities.
    Entity,
    /// References to entities: `@odata.id` alone.
    Reference,
    /// Entities that no URL leads to: what `$apply` made.
    Transient,
    /// No entities at all: a `$crossjoin` combines some in each.
    Complex,
}

/// Rows that came through `$apply` as the entities that they were.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntityRows {
    /// Which they are; `None`: all.
    pub branches: Option<Branches>,
    /// The outputs that hold their key.
    pub key: Vec<usize>,
    /// Whether every key property is among the members.
    pub key_selected: bool,
}

/// Which rows of a `concat` have a property.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Branches {
    /// The output that holds the number of a row's sequence, an `int4`.
    pub output: usize,
    /// For each sequence whether its rows have the property.
    pub present: Vec<bool>,
}

/// One member of an entity.
#[derive(Debug, Clone)]
pub enum Member {
    /// A structural property.
    Property {
        /// Its place in the set.
        property: usize,
        /// The output that holds it.
        output: usize,
    },
    /// A computed property.
    Computed {
        /// Its name.
        name: String,
        /// Its type.
        ty: PrimitiveType,
        /// The output that holds it.
        output: usize,
        /// Whether `$metadata` tells its type.
        declared: bool,
        /// Which rows have it at all; `None`: all.
        branches: Option<Branches>,
    },
    /// Properties that are grouped by, of a related entity.
    Group {
        /// The navigation property.
        name: String,
        /// What is inside.
        members: Vec<Member>,
    },
    /// An expanded entity; absent where its key is null.
    One {
        /// The name of the navigation property.
        name: String,
        /// Whether `$apply` added it: `$metadata` does not know it.
        dynamic: bool,
        /// The entity.
        shape: Shape,
    },
    /// The link to an entity that a `$crossjoin` combines with others.
    Link {
        /// The name of its set.
        name: &'static str,
        /// The entity.
        shape: Shape,
    },
    /// An expanded collection.
    Many {
        /// The name of the navigation property.
        name: String,
        /// Where the collection is read on its own.
        at: CollectionAt,
        /// Whether `$apply` added it: `$metadata` does not know it.
        dynamic: bool,
        /// The output that holds the array, if members are wanted.
        output: Option<usize>,
        /// The output that holds the number of all members, if it is wanted.
        count: Option<usize>,
        /// The nested options for a next link, percent-encoded, without `?`.
        options: String,
        /// The same as a next link's token is bound to them.
        canonical: String,
    },
}

/// Where a nested collection is read on its own, as its next link does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CollectionAt {
    /// Behind the entity, by this navigation property.
    Navigation(&'static str),
    /// At this path below the service root, percent-encoded.
    Path(String),
}
