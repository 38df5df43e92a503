//! `topcount`, `bottomsum`, `toppercent` and their like (Data Aggregation 3.3.1), over all rows or
//! over those of each group.

use super::{Order, Stage, plain};
use crate::edm::PrimitiveType as T;
use crate::error::{Code, Error, Result};
use crate::plan::bind::Binder;
use crate::plan::operand::convert;
use crate::plan::{
    Aggregate, ArithmeticOp, Comparison, Derived, Expr, ExprKind, Input, Over, OverNumber, Value,
    Via,
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

impl<'a> Binder<'a> {
    /// Keeps the first rows by an expression, of each part of the rows that have `partition` in
    /// common: so many of them, or as few as reach a sum or a percentage of the whole.
    pub(super) fn rank(
        &mut self,
        frame: usize,
        via: Option<Via>,
        stage: Stage,
        partition: Vec<Expr>,
        (function, amount, by): (RankFunction, &'a ast::Expr, &'a ast::Expr),
    ) -> Result<Stage> {
        let (measure, descending) = meaning(function);
        let limit = self.bind_amount(measure, amount)?;
        let key = self.bind_expr(by)?;
        let mut order: Order = vec![(key.clone(), descending)];
        if let (Measure::Count, true, ExprKind::Value(Value::Integer(count))) =
            (measure, partition.is_empty(), &limit.kind)
        {
            let count = u64::try_from(*count).unwrap_or_default();
            return self.window(frame, via, stage, order, 0, Some(count));
        }
        order.extend(self.tie_breakers(frame, &stage));
        let over = |number| Over {
            number,
            partition: partition.clone(),
            order: order.clone(),
        };
        let numbers = match measure {
            Measure::Count => vec![number(over(OverNumber::Place), T::Int64, false)],
            Measure::Sum | Measure::Percent => {
                let of = key.ty_or_string();
                let ty = Aggregate::Sum.result(of).filter(|ty| ty.is_numeric());
                let ty = ty.ok_or_else(|| {
                    let message = format!("expected a number to rank by, found {}", of.edm_name());
                    Error::new(Code::TypeMismatch, message).at(by.span)
                })?;
                let operand = convert(key, ty);
                let before = number(over(OverNumber::SumBefore(operand.clone())), ty, false);
                let all = number(over(OverNumber::Sum(operand)), ty, true);
                vec![before, all]
            }
        };
        self.keep_where(frame, via, stage, numbers, |numbers| {
            let [first, rest @ ..] = numbers.as_slice() else {
                return None;
            };
            let (op, left, right) = match measure {
                Measure::Count => (Comparison::Le, first.clone(), limit),
                Measure::Sum => (
                    Comparison::Lt,
                    first.clone(),
                    convert(limit, first.ty_or_string()),
                ),
                Measure::Percent => {
                    let ty = first.ty_or_string();
                    let hundred = Expr::value(Value::Integer(100));
                    let times = |a: &Expr, b: Expr| Expr {
                        nullable: a.nullable,
                        ty: Some(ty),
                        kind: ExprKind::Arithmetic(
                            ArithmeticOp::Mul,
                            Box::new(a.clone()),
                            Box::new(convert(b, ty)),
                        ),
                    };
                    (
                        Comparison::Lt,
                        times(first, hundred),
                        times(rest.first()?, limit),
                    )
                }
            };
            let kind = ExprKind::Compare(op, Box::new(left), Box::new(right));
            Some(Expr::certain(kind, T::Boolean))
        })
    }

    /// The first parameter: a positive number, whole for a number of rows, at most 100 for a
    /// percentage.
    fn bind_amount(&mut self, measure: Measure, amount: &'a ast::Expr) -> Result<Expr> {
        let expr = self.bind_expr(amount)?;
        let number = match &expr.kind {
            ExprKind::Value(Value::Integer(n)) => Some(*n as f64),
            ExprKind::Value(Value::Decimal(digits)) => digits.parse().ok(),
            ExprKind::Value(Value::Double(n)) => Some(*n),
            _ => None,
        };
        let is_whole = matches!(expr.kind, ExprKind::Value(Value::Integer(_)));
        let (fits, expected): (fn(f64) -> bool, _) = match measure {
            Measure::Count => (|n| n > 0.0, "a positive whole number of rows"),
            Measure::Sum => (|n| n > 0.0 && n.is_finite(), "a positive number"),
            Measure::Percent => (
                |n| n > 0.0 && n <= 100.0,
                "a percentage, above 0 and up to 100",
            ),
        };
        match number {
            Some(number) if fits(number) && (is_whole || measure != Measure::Count) => Ok(expr),
            _ => {
                let message = format!("expected {expected}");
                Err(Error::new(Code::InvalidOptionValue, message).at(amount.span))
            }
        }
    }

    /// What tells any two rows apart, to make an order total.
    fn tie_breakers(&self, frame: usize, stage: &Stage) -> Order {
        match stage {
            Stage::Entities(_) => {
                let keys = self.keys(frame).into_iter();
                keys.map(|key| (key, false)).collect()
            }
            Stage::Derived(_, names) => {
                let unique = names.unique.iter();
                unique.map(|place| (names.column(*place), false)).collect()
            }
        }
    }

    /// The rows for which a condition on more columns holds.
    fn keep_where(
        &mut self,
        frame: usize,
        via: Option<Via>,
        stage: Stage,
        more: Vec<Expr>,
        condition: impl FnOnce(Vec<Expr>) -> Option<Expr>,
    ) -> Result<Stage> {
        let id = self.next_id();
        let column = |expr: &Expr, place: usize| Expr {
            kind: ExprKind::Column(id, place),
            ty: expr.ty,
            nullable: expr.nullable,
        };
        let (input, own, below) = match stage {
            Stage::Entities(conditions) => {
                let rows = self.rows(frame, via, conditions);
                (Input::Rows(rows), self.keys(frame), None)
            }
            Stage::Derived(derived, names) => {
                (Input::Derived(Box::new(derived)), names.all(), Some(names))
            }
        };
        let places = own.len()..own.len() + more.len();
        let numbers = more
            .iter()
            .zip(places)
            .map(|(expr, place)| column(expr, place));
        let filter = condition(numbers.collect());
        let select: Vec<Expr> = own.iter().cloned().chain(more).collect();
        let columns = own
            .iter()
            .enumerate()
            .map(|(place, expr)| column(expr, place));
        let derived = Derived {
            id,
            layers: vec![plain(input, select)],
            filter,
        };
        let layer = plain(Input::Derived(Box::new(derived)), columns.collect());
        Ok(match below {
            None => {
                let kind = ExprKind::Among(own, Box::new(layer));
                Stage::Entities(vec![Expr::certain(kind, T::Boolean)])
            }
            Some(names) => self.layer_on(layer, names.columns.clone(), names),
        })
    }
}

fn number(over: Over, ty: T, nullable: bool) -> Expr {
    Expr {
        kind: ExprKind::Over(Box::new(over)),
        ty: Some(ty),
        nullable,
    }
}
