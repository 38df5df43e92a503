//! Expressions with their types.

use super::{Aggregate, Input, Layer, Rows, Scoped};
use crate::edm::{PgType, PrimitiveType, Schema, Source};
use crate::functions::Function;

/// An expression of a known type.
#[derive(Debug, Clone)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Its type; `None` for a null that nothing gives a type.
    pub ty: Option<PrimitiveType>,
    /// Whether it may be null.
    pub nullable: bool,
}

/// The kinds of expressions.
#[derive(Debug, Clone)]
pub enum ExprKind {
    /// Null.
    Null,
    /// A literal of the request.
    Value(Value),
    /// The key at this place of those that stand beside the plan.
    Key(usize),
    /// A property of a table reference.
    Property(Scoped, usize),
    /// Whether there is an entity at the far end of a to-one navigation.
    Present(Scoped),
    /// `eq`, `ne`, `gt`, ..
    Compare(Comparison, Box<Expr>, Box<Expr>),
    /// Whether an expression equals one of these values, or is null where the flag says so.
    In(Box<Expr>, Vec<Value>, bool),
    /// All of these.
    And(Vec<Expr>),
    /// One of these.
    Or(Vec<Expr>),
    /// `not`.
    Not(Box<Expr>),
    /// `add`, `sub`, ..
    Arithmetic(ArithmeticOp, Box<Expr>, Box<Expr>),
    /// Unary minus.
    Negate(Box<Expr>),
    /// A function of the table.
    Call(&'static Function, Vec<Expr>),
    /// The operand as a value of this expression's type, which can hold it.
    Convert(Box<Expr>),
    /// `cast`: the operand as a value of this expression's type, or null.
    Cast(Box<Expr>),
    /// `case`: the value of the first condition that is true, or null.
    Case(Vec<(Expr, Expr)>),
    /// Whether there is such a row.
    Any(Box<Rows>),
    /// Whether the second is true for each of the rows.
    All(Box<Rows>, Box<Expr>),
    /// The number of rows.
    Count(Box<Rows>),
    /// An expression over the one row, or null.
    Scalar(Box<Rows>, Box<Expr>),
    /// An aggregate over rows that are the same wherever this stands.
    Whole(Box<Input>, Box<Expr>),
    /// A column of a derived relation: its number and the column's.
    Column(usize, usize),
    /// An aggregate over the rows of a group.
    Aggregate(Box<Aggregation>),
    /// Whether a value is among those that a key has in the rows of a group: those of the first
    /// SELECT around this one that the key is of.
    Gathered {
        /// The value.
        value: Box<Expr>,
        /// The key.
        key: Box<Expr>,
        /// Which of the rows count, if not all.
        filter: Option<Box<Expr>>,
    },
    /// A number that a row has among the others.
    Over(Box<Over>),
    /// Whether these values are a row of the layer.
    Among(Vec<Expr>, Box<Layer>),
    /// Whether one of the texts contains this one, in any case; false for null.
    Search(Vec<Expr>, String),
}

/// An aggregate over the rows of a group.
#[derive(Debug, Clone)]
pub struct Aggregation {
    /// The method.
    pub method: Aggregate,
    /// What it is applied to; nothing for the rows themselves.
    pub operand: Option<Expr>,
    /// Whether the same value counts once.
    pub distinct: bool,
    /// Which of the rows count, if not all.
    pub filter: Option<Expr>,
}

/// A number that a row has among those that are like it in some expressions, in an order.
#[derive(Debug, Clone)]
pub struct Over {
    /// The number.
    pub number: OverNumber,
    /// What rows must have in common; empty: all rows are one part.
    pub partition: Vec<Expr>,
    /// The order, total; each with whether it descends.
    pub order: Vec<(Expr, bool)>,
}

impl Over {
    /// The expressions that it is made of.
    pub fn operands(&self) -> impl Iterator<Item = &Expr> {
        let summed = match &self.number {
            OverNumber::Place => None,
            OverNumber::SumBefore(operand)
            | OverNumber::Sum(operand)
            | OverNumber::Ever(operand) => Some(operand),
        };
        let ordered = self.order.iter().map(|(expr, _)| expr);
        summed.into_iter().chain(&self.partition).chain(ordered)
    }
}

/// The numbers of [`Over`].
#[derive(Debug, Clone)]
pub enum OverNumber {
    /// The place of the row, from 1.
    Place,
    /// The sum over the rows before it, 0 where there are none.
    SumBefore(Expr),
    /// The sum over all rows.
    Sum(Expr),
    /// Whether a condition holds for it, or held for a row before it.
    Ever(Expr),
}

/// A literal, ready to be bound.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A Boolean.
    Boolean(bool),
    /// A whole number of any width.
    Integer(i64),
    /// A decimal number, by its digits.
    Decimal(String),
    /// A Double.
    Double(f64),
    /// Text.
    Text(String),
    /// Microseconds since 2000-01-01T00:00:00Z.
    DateTimeOffset(i64),
    /// Days since 2000-01-01.
    Date(i32),
    /// Microseconds since midnight.
    TimeOfDay(i64),
    /// Microseconds.
    Duration(i64),
    /// The bytes of a Guid.
    Guid([u8; 16]),
    /// Bytes.
    Binary(Vec<u8>),
}

/// The comparisons (URL Conventions 5.1.1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // The names are the standard's own.
pub enum Comparison {
    Eq,
    Ne,
    Gt,
    Ge,
    Lt,
    Le,
}

/// The arithmetic operators (URL Conventions 5.1.1.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // The names are the standard's own.
pub enum ArithmeticOp {
    Add,
    Sub,
    Mul,
    Div,
    DivBy,
    Mod,
}

impl Expr {
    /// An expression that is never null.
    pub fn certain(kind: ExprKind, ty: PrimitiveType) -> Expr {
        Expr {
            kind,
            ty: Some(ty),
            nullable: false,
        }
    }

    /// Null, of no type yet.
    pub fn null() -> Expr {
        Expr {
            kind: ExprKind::Null,
            ty: None,
            nullable: true,
        }
    }

    /// A literal.
    pub fn value(value: Value) -> Expr {
        let ty = value.natural_type();
        Expr::certain(ExprKind::Value(value), ty)
    }

    /// All of these conditions; `None` for none.
    pub fn all(conditions: Vec<Expr>) -> Option<Expr> {
        Expr::joined(conditions, ExprKind::And)
    }

    /// One of these conditions; `None` for none.
    pub fn one_of(conditions: Vec<Expr>) -> Option<Expr> {
        Expr::joined(conditions, ExprKind::Or)
    }

    fn joined(mut conditions: Vec<Expr>, kind: fn(Vec<Expr>) -> ExprKind) -> Option<Expr> {
        if conditions.len() < 2 {
            return conditions.pop();
        }
        let nullable = conditions.iter().any(|condition| condition.nullable);
        Some(Expr {
            kind: kind(conditions),
            ty: Some(PrimitiveType::Boolean),
            nullable,
        })
    }

    /// Its type; text where nothing gives one.
    pub fn ty_or_string(&self) -> PrimitiveType {
        self.ty.unwrap_or(PrimitiveType::String)
    }

    /// Whether both are one property of one instance, or one column.
    pub(super) fn is_same_place(&self, other: &Expr) -> bool {
        match (&self.kind, &other.kind) {
            (ExprKind::Property(a, b), ExprKind::Property(c, d)) => (a, b) == (c, d),
            (ExprKind::Column(a, b), ExprKind::Column(c, d)) => (a, b) == (c, d),
            _ => false,
        }
    }

    /// Whether it is a literal that isn't null.
    pub fn is_value(&self) -> bool {
        matches!(self.kind, ExprKind::Value(_))
    }

    /// Whether it is a literal that is zero.
    pub fn is_zero(&self) -> bool {
        match &self.kind {
            ExprKind::Value(Value::Double(x)) => *x == 0.0,
            ExprKind::Value(Value::Integer(n)) => *n == 0,
            ExprKind::Value(Value::Decimal(text)) => {
                text.bytes().all(|b| matches!(b, b'0' | b'.' | b'-'))
            }
            _ => false,
        }
    }

    /// The PostgreSQL type that it has in SQL.
    pub fn pg(&self, schema: &Schema) -> PgType {
        match &self.kind {
            ExprKind::Property(source, place) => {
                let property = &schema.set(source.set()).properties[*place];
                match property.source {
                    Source::Column { ty: Some(ty), .. }
                        if !property.ty.is_text() || ty == PgType::Varchar =>
                    {
                        ty
                    }
                    _ => property.ty.pg(),
                }
            }
            ExprKind::Value(value) => value.pg(),
            ExprKind::Key(_) => PgType::Int8,
            ExprKind::Negate(operand)
            | ExprKind::Scalar(_, operand)
            | ExprKind::Whole(_, operand) => operand.pg(schema),
            _ => self.ty_or_string().pg(),
        }
    }
}

impl Value {
    /// The type of its parameter: that of an integer has all widths.
    pub fn pg(&self) -> PgType {
        match self {
            Value::Integer(_) => PgType::Int8,
            value => value.natural_type().pg(),
        }
    }

    /// The type that the literal has by itself.
    pub fn natural_type(&self) -> PrimitiveType {
        match self {
            Value::Boolean(_) => PrimitiveType::Boolean,
            Value::Integer(n) if i32::try_from(*n).is_ok() => PrimitiveType::Int32,
            Value::Integer(_) => PrimitiveType::Int64,
            Value::Decimal(_) => PrimitiveType::Decimal,
            Value::Double(_) => PrimitiveType::Double,
            Value::Text(_) => PrimitiveType::String,
            Value::DateTimeOffset(_) => PrimitiveType::DateTimeOffset,
            Value::Date(_) => PrimitiveType::Date,
            Value::TimeOfDay(_) => PrimitiveType::TimeOfDay,
            Value::Duration(_) => PrimitiveType::Duration,
            Value::Guid(_) => PrimitiveType::Guid,
            Value::Binary(_) => PrimitiveType::Binary,
        }
    }
}
