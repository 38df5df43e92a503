//! The rows that `$apply` made, as names refer to them: their columns, and which rows have which.

use crate::edm::{PrimitiveType as T, SetId};
use crate::plan::{Branches, Expr, ExprKind, Value};
use std::collections::BTreeSet;
use std::ops::Range;
use std::rc::Rc;

/// A derived relation: its number in the plan, and its columns.
#[derive(Debug, Clone)]
pub(in crate::plan) struct Relation {
    pub(super) id: usize,
    pub(super) names: Rc<Names>,
}

/// The columns of a relation, which need no number yet.
#[derive(Debug, Clone)]
pub(in crate::plan) struct Names {
    pub(super) columns: Vec<Column>,
    /// The columns that tell any two rows apart.
    pub(super) unique: Vec<usize>,
    pub(super) shapes: Shapes,
}

/// A column and the path that names it.
#[derive(Debug, Clone)]
pub(in crate::plan) struct Column {
    /// Empty for a column that nobody sees.
    pub(super) path: Vec<String>,
    pub(super) ty: T,
    pub(super) nullable: bool,
    /// Whether `$metadata` tells its type.
    pub(super) declared: bool,
    pub(super) presence: Presence,
    /// For a property of a joined instance the column that says whether there is one.
    pub(super) related: Option<Related>,
}

/// Of which joined instance a column is a property.
#[derive(Debug, Clone, Copy)]
pub(super) struct Related {
    /// The set whose entities are joined.
    pub(super) set: SetId,
    /// Whether the instance is an entity still, and no row that was made of some.
    pub(super) is_entity: bool,
    /// The column that is null where there is no instance.
    pub(super) present: usize,
    /// Whether several rows may have the same instance.
    pub(super) shared: bool,
}

/// A column with its expression over the rows below.
pub(super) type Item = (Column, Expr);

/// Which rows have a property: those of all shapes but these. There it is absent, which is not null.
/// What all rows have says nothing of their shapes, so that it is right for any relation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Presence {
    absent: BTreeSet<usize>,
}

/// The shapes of a relation's rows: behind a `concat` not all have the same properties.
#[derive(Debug, Clone)]
pub(super) struct Shapes {
    /// What the rows of each shape are: at least one.
    pub(super) kinds: Vec<RowKind>,
    /// The column that holds the number of a row's shape, where there are several.
    pub(super) column: Option<usize>,
}

/// What rows are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RowKind {
    /// Entities, all of whose properties are there.
    Entity,
    /// What no URL leads to.
    Transient,
}

impl Relation {
    pub(super) fn new(id: usize, names: Names) -> Relation {
        let names = Rc::new(names);
        Relation { id, names }
    }

    pub(super) fn column(&self, place: usize) -> Expr {
        let column = &self.names.columns[place];
        Expr {
            kind: ExprKind::Column(self.id, place),
            ty: Some(column.ty),
            nullable: column.nullable,
        }
    }

    pub(super) fn all(&self) -> Vec<Expr> {
        let places = 0..self.names.columns.len();
        places.map(|place| self.column(place)).collect()
    }

    /// The place of the column that a path names.
    pub(super) fn place<S: AsRef<str>>(&self, path: &[S]) -> Option<usize> {
        let is_named = |column: &Column| {
            let names = column.path.iter().map(String::as_str);
            column.has_name() && names.eq(path.iter().map(AsRef::as_ref))
        };
        self.names.columns.iter().position(is_named)
    }

    /// The column that a path names.
    pub(in crate::plan) fn resolve(&self, path: &[&str]) -> Option<Expr> {
        self.place(path).map(|place| self.column(place))
    }

    /// The columns behind a path.
    pub(super) fn below<S: AsRef<str>>(&self, path: &[S]) -> impl Iterator<Item = usize> {
        let is_below = |column: &Column| {
            let names = column.path.iter().map(String::as_str);
            column.path.len() > path.len()
                && names.take(path.len()).eq(path.iter().map(AsRef::as_ref))
        };
        let columns = self.names.columns.iter().enumerate();
        columns
            .filter(move |(_, column)| is_below(column))
            .map(|(place, _)| place)
    }

    /// All paths, for hints.
    pub(in crate::plan) fn paths(&self) -> Vec<String> {
        let named = self.names.columns.iter().filter(|column| column.has_name());
        named.map(|column| column.path.join("/")).collect()
    }

    /// A condition on columns of the relation below, each of which is at the same place here.
    pub(super) fn again(&self, below: &Expr) -> Expr {
        match &below.kind {
            ExprKind::Column(_, place) => self.column(*place),
            ExprKind::And(operands) => {
                let operands = operands.iter().map(|operand| self.again(operand));
                Expr::certain(ExprKind::And(operands.collect()), T::Boolean)
            }
            _ => below.clone(),
        }
    }

    /// A number for each row by its shape.
    pub(super) fn by_shape(&self, numbers: &[usize]) -> Expr {
        let Some(place) = self.names.shapes.column else {
            return number(numbers.first().copied().unwrap_or_default());
        };
        let shape = self.column(place);
        if numbers.iter().enumerate().all(|(i, number)| i == *number) {
            return shape;
        }
        let mut distinct: Vec<usize> = numbers.to_vec();
        distinct.sort_unstable();
        distinct.dedup();
        if let [only] = distinct.as_slice() {
            return number(*only);
        }
        let branch = |found: usize| {
            let is_one = self.is_shape(&shape, |shape| numbers.get(shape) == Some(&found));
            (is_one, number(found))
        };
        let branches = distinct.into_iter().map(branch).collect();
        Expr::certain(ExprKind::Case(branches), T::Int32)
    }

    /// Which rows these are, by their shapes; `None` for all.
    pub(super) fn branches(&self, rows: &Presence) -> Option<Branches> {
        let output = self.names.shapes.column?;
        let shapes = 0..self.names.shapes.kinds.len();
        let present: Vec<bool> = shapes.map(|shape| rows.is_in(shape)).collect();
        present
            .contains(&false)
            .then_some(Branches { output, present })
    }

    /// The column that an expression is, if it is one of this relation.
    pub(super) fn column_of(&self, expr: &Expr) -> Option<&Column> {
        match expr.kind {
            ExprKind::Column(id, place) if id == self.id => self.names.columns.get(place),
            _ => None,
        }
    }

    /// Whether a row is one of these.
    pub(super) fn is_among(&self, rows: &Presence) -> Expr {
        let mut shapes = 0..self.names.shapes.kinds.len();
        let (some, all) = (
            shapes.clone().any(|shape| rows.is_in(shape)),
            shapes.all(|shape| rows.is_in(shape)),
        );
        match self.names.shapes.column {
            Some(place) if some && !all => {
                self.is_shape(&self.column(place), |shape| rows.is_in(shape))
            }
            _ => Expr::certain(ExprKind::Value(Value::Boolean(all)), T::Boolean),
        }
    }

    fn is_shape(&self, shape: &Expr, wanted: impl Fn(usize) -> bool) -> Expr {
        let shapes = (0..self.names.shapes.kinds.len()).filter(|shape| wanted(*shape));
        let shapes = shapes.map(integer).collect();
        let kind = ExprKind::In(Box::new(shape.clone()), shapes, false);
        Expr::certain(kind, T::Boolean)
    }
}

impl Column {
    /// What a transformation computes for all rows, by its alias.
    pub(super) fn dynamic(alias: &str, expr: &Expr) -> Column {
        Column {
            path: vec![alias.to_owned()],
            ty: expr.ty_or_string(),
            nullable: expr.nullable,
            declared: false,
            presence: Presence::default(),
            related: None,
        }
    }

    /// What only the plan itself refers to.
    pub(super) fn hidden(expr: &Expr) -> Column {
        Column {
            path: Vec::new(),
            ..Column::dynamic("", expr)
        }
    }

    pub(super) fn has_name(&self) -> bool {
        !self.path.is_empty()
    }
}

impl Presence {
    /// In the rows of those of so many shapes for which this holds.
    pub(super) fn where_it_holds(shapes: usize, holds: impl Fn(usize) -> bool) -> Presence {
        Presence {
            absent: (0..shapes).filter(|shape| !holds(*shape)).collect(),
        }
    }

    /// Whether the rows of this shape have it.
    pub(super) fn is_in(&self, shape: usize) -> bool {
        !self.absent.contains(&shape)
    }

    /// In the rows of these shapes as well, as far as `other` says so, which counts from the first.
    pub(super) fn also_in(&mut self, shapes: Range<usize>, other: &Presence) {
        let first = shapes.start;
        let present = shapes.filter(|shape| other.is_in(shape - first));
        for shape in present {
            self.absent.remove(&shape);
        }
    }
}

impl Shapes {
    pub(super) fn has_entities(&self) -> bool {
        self.kinds.contains(&RowKind::Entity)
    }

    /// The rows that are entities.
    pub(super) fn entities(&self) -> Presence {
        let is_entity = |shape| self.kinds.get(shape) == Some(&RowKind::Entity);
        Presence::where_it_holds(self.kinds.len(), is_entity)
    }

    /// All rows are alike.
    pub(super) fn one(kind: RowKind) -> Shapes {
        Shapes {
            kinds: vec![kind],
            column: None,
        }
    }
}

/// A whole number of the plan's own, as it is stored in a column.
pub(super) fn number(value: usize) -> Expr {
    Expr {
        ty: Some(T::Int32),
        ..Expr::value(integer(value))
    }
}

fn integer(value: usize) -> Value {
    Value::Integer(i64::try_from(value).unwrap_or(i64::MAX))
}
