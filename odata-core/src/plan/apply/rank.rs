//! `topcount`, `bottomsum`, `toppercent` and their like (Data Aggregation 3.3.1), over all rows or
//! over those of each group.

use super::relation::{Column, Names, RowKind, Shapes};
use super::{Base, Cut, Entities, Made, Order, Stage, among, plain};
use crate::edm::PrimitiveType as T;
use crate::error::{Code, Error, Result, Span};
use crate::plan::bind::Binder;
use crate::plan::operand::convert;
use crate::plan::{
    Aggregate, ArithmeticOp, Comparison, Expr, ExprKind, Input, Over, OverNumber, Value,
};
use crate::uri::ast::{self, RankFunction};

/// What bounds the rows that are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Measure {
    Count,
    Sum,
    Percent,
}

/// What a function of the standard ranks by, and whether it starts from the largest.
fn meaning(function: RankFunction) -> (Measure, bool) {
    match function {
        RankFunction::TopCount => (Measure::Count, true),
        RankFunction::BottomCount => (Measure::Count, false),
        RankFunction::TopSum => (Measure::Sum, true),
        RankFunction::BottomSum => (Measure::Sum, false),
        RankFunction::TopPercent => (Measure::Percent, true),
        RankFunction::BottomPercent => (Measure::Percent, false),
    }
}

/// A function of the standard with its parameters.
pub(super) type Call<'a> = (RankFunction, &'a ast::Expr, &'a ast::Expr);

/// The same, resolved: the first rows in an order are kept, until their number or the sum of what
/// they are ranked by reaches the limit.
struct Rank {
    measure: Measure,
    limit: Expr,
    key: Expr,
    /// What the rows of one part have in common.
    partition: Vec<Expr>,
    /// Total.
    order: Order,
}

impl<'a> Binder<'a> {
    /// Keeps the first rows by an expression: so many of them, or as few as reach a sum or a
    /// percentage of the whole.
    pub(super) fn rank(
        &mut self,
        base: Base,
        stage: Stage,
        call: Call<'a>,
        span: Span,
    ) -> Result<Stage> {
        let rank = self.bind_rank(base, &stage, Vec::new(), call)?;
        if let (Measure::Count, ExprKind::Value(Value::Integer(count))) =
            (rank.measure, &rank.limit.kind)
        {
            let cut = Cut {
                skip: 0,
                limit: Some(u64::try_from(*count).unwrap_or_default()),
            };
            return self.cut(base, stage, (cut, rank.order), span);
        }
        let (mut stage, kept) = self.keep(base, stage, rank, None, span)?;
        stage.restrict(kept);
        Ok(stage)
    }

    /// The same in each part of those rows that an earlier rank kept. No row is dropped: the
    /// condition tells which are kept.
    pub(super) fn rank_parts(
        &mut self,
        base: Base,
        stage: Stage,
        (partition, before): (Vec<Expr>, Option<Expr>),
        call: Call<'a>,
        span: Span,
    ) -> Result<(Stage, Expr)> {
        let rank = self.bind_rank(base, &stage, partition, call)?;
        self.keep(base, stage, rank, before, span)
    }

    fn bind_rank(
        &mut self,
        base: Base,
        stage: &Stage,
        partition: Vec<Expr>,
        (function, amount, by): Call<'a>,
    ) -> Result<Rank> {
        let (measure, descending) = meaning(function);
        let limit = self.bind_amount(measure, amount)?;
        let key = self.bind_expr(by)?;
        let mut order: Order = vec![(key.clone(), descending)];
        order.extend(self.tie_breakers(base, stage));
        let of = key.ty_or_string();
        let key = match measure {
            Measure::Count => key,
            Measure::Sum | Measure::Percent => {
                let ty = Aggregate::Sum.result(of).filter(|ty| ty.is_numeric());
                let ty = ty.ok_or_else(|| {
                    let message = format!("expected a number to rank by, found {}", of.edm_name());
                    Error::new(Code::TypeMismatch, message).at(by.span)
                })?;
                convert(key, ty)
            }
        };
        Ok(Rank {
            measure,
            limit,
            key,
            partition,
            order,
        })
    }

    /// The first parameter: a number that no single row determines, whole and positive for a number
    /// of rows, above 0 and at most 100 for a percentage.
    fn bind_amount(&mut self, measure: Measure, amount: &'a ast::Expr) -> Result<Expr> {
        let expr = self.bind_expr(amount)?;
        let fits = |fits: fn(f64) -> bool| value_of(&expr).is_none_or(fits);
        let is_number = expr.ty.is_some_and(T::is_numeric) && is_constant(&expr);
        let (valid, expected) = match measure {
            Measure::Count => (
                expr.ty.is_some_and(T::is_integer) && fits(|n| n > 0.0),
                "a positive whole number of rows",
            ),
            Measure::Sum => (fits(f64::is_finite), "a number"),
            Measure::Percent => (
                fits(|n| n > 0.0 && n <= 100.0),
                "a percentage, above 0 and up to 100",
            ),
        };
        if is_number && valid {
            return Ok(expr);
        }
        let message = format!("expected {expected}");
        Err(Error::new(Code::InvalidOptionValue, message).at(amount.span))
    }

    /// Which rows a rank keeps, of those that an earlier one kept.
    fn keep(
        &mut self,
        base: Base,
        stage: Stage,
        mut rank: Rank,
        before: Option<Expr>,
        span: Span,
    ) -> Result<(Stage, Expr)> {
        match stage {
            Stage::Entities(entities) => {
                let keys = self.keys(base.frame);
                let conditions = entities.conditions.iter().cloned().chain(before);
                let rows = self.rows(base.frame, base.via, conditions.collect());
                let first = keys.len();
                let select: Vec<Expr> = keys.iter().cloned().chain(rank.numbers()).collect();
                let shapes = Shapes::one(RowKind::Transient);
                let hidden = select.iter().map(Column::hidden);
                let names = Names {
                    columns: hidden.collect(),
                    unique: (0..first).collect(),
                    shapes,
                };
                let layer = plain(Input::Rows(rows), select);
                let made = self.relation(vec![layer], names, entities.weight, span)?;
                let (mut made, kept) = self.kept(made, first, &rank, span)?;
                made.restrict(kept);
                let columns = (0..first)
                    .map(|place| made.relation.column(place))
                    .collect();
                let weight = made.weight + self.count_layers(1, span)?;
                let layer = plain(Input::Derived(Box::new(made.derived)), columns);
                let stage = Stage::Entities(Entities { weight, ..entities });
                Ok((stage, among(keys, layer)))
            }
            Stage::Made(made) => {
                // Those that are out make a part of their own.
                rank.partition.extend(before.clone());
                let numbers = rank.numbers();
                let hidden = |expr: Expr| (Column::hidden(&expr), expr);
                let numbers = numbers.into_iter().map(hidden).collect();
                let first = made.relation.names.columns.len();
                let made = self.extend(made, numbers, None, span)?;
                let (made, kept) = self.kept(made, first, &rank, span)?;
                let before = before.map(|before| made.relation.again(&before));
                let kept = Expr::all(before.into_iter().chain([kept.clone()]).collect());
                Ok((Stage::Made(made), kept.unwrap_or_else(Expr::null)))
            }
        }
    }

    /// The condition, where the rank's numbers are columns from this place on.
    fn kept(&mut self, made: Made, first: usize, rank: &Rank, span: Span) -> Result<(Made, Expr)> {
        let relation = &made.relation;
        let column = |place: usize| relation.column(first + place);
        if rank.measure == Measure::Count {
            let kept = column(0);
            return Ok((made, kept));
        }
        let (before, all) = (column(0), column(1));
        let parts = rank.partition.len();
        let over = Over {
            number: OverNumber::Ever(rank.is_reached(before, all)),
            partition: (2..2 + parts).map(column).collect(),
            order: (rank.order.iter().enumerate())
                .map(|(i, (_, descending))| (column(2 + parts + i), *descending))
                .collect(),
        };
        let reached = Expr::certain(ExprKind::Over(Box::new(over)), T::Boolean);
        let kept = Expr::certain(ExprKind::Not(Box::new(reached)), T::Boolean);
        let place = made.relation.names.columns.len();
        let hidden = Column::hidden(&kept);
        let made = self.extend(made, vec![(hidden, kept)], None, span)?;
        let kept = made.relation.column(place);
        Ok((made, kept))
    }
}

impl Rank {
    /// What is computed of each row: whether it is among the first, or the sum before it and that of
    /// all, with what tells the parts and the order.
    fn numbers(&self) -> Vec<Expr> {
        let over = |number| {
            ExprKind::Over(Box::new(Over {
                number,
                partition: self.partition.clone(),
                order: self.order.clone(),
            }))
        };
        if self.measure == Measure::Count {
            let place = Expr::certain(over(OverNumber::Place), T::Int64);
            return vec![compare(Comparison::Le, place, self.limit.clone())];
        }
        let ty = self.key.ty_or_string();
        let before = Expr::certain(over(OverNumber::SumBefore(self.key.clone())), ty);
        let all = Expr {
            kind: over(OverNumber::Sum(self.key.clone())),
            ty: Some(ty),
            nullable: true,
        };
        let order = self.order.iter().map(|(expr, _)| expr);
        let told = self.partition.iter().chain(order).cloned();
        [before, all].into_iter().chain(told).collect()
    }

    /// Whether the rows before one suffice, by their sum and that of all. A ratio to nothing never
    /// does; one to less than nothing is reached from the other side.
    fn is_reached(&self, before: Expr, all: Expr) -> Expr {
        let ty = before.ty_or_string();
        let limit = || convert(self.limit.clone(), ty);
        if self.measure == Measure::Sum {
            return compare(Comparison::Ge, before, limit());
        }
        let times = |a: &Expr, b: Expr| Expr {
            nullable: a.nullable,
            ty: Some(ty),
            kind: ExprKind::Arithmetic(ArithmeticOp::Mul, Box::new(a.clone()), Box::new(b)),
        };
        let number = |n| convert(Expr::value(Value::Integer(n)), ty);
        let side = |sign, reached| {
            let part = times(&before, number(100));
            let whole = times(&all, limit());
            ExprKind::And(vec![
                compare(sign, all.clone(), number(0)),
                compare(reached, part, whole),
            ])
        };
        let above = Expr::certain(side(Comparison::Gt, Comparison::Ge), T::Boolean);
        let below = Expr::certain(side(Comparison::Lt, Comparison::Le), T::Boolean);
        Expr::certain(ExprKind::Or(vec![above, below]), T::Boolean)
    }
}

fn compare(op: Comparison, left: Expr, right: Expr) -> Expr {
    let kind = ExprKind::Compare(op, Box::new(left), Box::new(right));
    Expr::certain(kind, T::Boolean)
}

/// Whether no single row determines the value.
fn is_constant(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Value(_) | ExprKind::Whole(..) => true,
        ExprKind::Negate(operand) | ExprKind::Convert(operand) | ExprKind::Cast(operand) => {
            is_constant(operand)
        }
        ExprKind::Arithmetic(_, left, right) => is_constant(left) && is_constant(right),
        ExprKind::Call(_, operands) => operands.iter().all(is_constant),
        _ => false,
    }
}

/// The number that is known before the database is asked.
fn value_of(expr: &Expr) -> Option<f64> {
    use ArithmeticOp::{Add, Div, DivBy, Mod, Mul, Sub};
    match &expr.kind {
        ExprKind::Value(Value::Integer(n)) => Some(*n as f64),
        ExprKind::Value(Value::Decimal(digits)) => digits.parse().ok(),
        ExprKind::Value(Value::Double(n)) => Some(*n),
        ExprKind::Convert(operand) => value_of(operand),
        ExprKind::Negate(operand) => Some(-value_of(operand)?),
        ExprKind::Arithmetic(op, left, right) => {
            let (left, right) = (value_of(left)?, value_of(right)?);
            let whole = expr.ty.is_some_and(T::is_integer);
            Some(match op {
                Add => left + right,
                Sub => left - right,
                Mul => left * right,
                Div if whole => (left / right).trunc(),
                Div | DivBy => left / right,
                Mod => left % right,
            })
        }
        _ => None,
    }
}
