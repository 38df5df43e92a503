//! Comparisons in SQL, null and NaN included (URL Conventions 5.1.1.1).

use super::Param;
use super::expr::Position;
use super::writer::Writer;
use crate::edm::{PgType, PrimitiveType as T};
use crate::plan::{ArithmeticOp, Comparison, Expr, ExprKind, Value};

impl Writer<'_> {
    pub(super) fn compare(
        &mut self,
        op: Comparison,
        left: &Expr,
        right: &Expr,
        position: Position,
    ) {
        let null = |expr: &Expr| matches!(expr.kind, ExprKind::Null);
        let nan =
            |expr: &Expr| matches!(&expr.kind, ExprKind::Value(Value::Double(x)) if x.is_nan());
        let exact = !left.nullable && !right.nullable;
        match op {
            Comparison::Eq | Comparison::Ne if null(left) || null(right) => {
                self.sql("(");
                self.operand(if null(right) { left } else { right });
                self.sql(if op == Comparison::Eq {
                    " IS NULL)"
                } else {
                    " IS NOT NULL)"
                });
            }
            Comparison::Eq if nan(left) || nan(right) => self.sql("FALSE"),
            Comparison::Ne if nan(left) || nan(right) => self.sql("TRUE"),
            Comparison::Eq | Comparison::Ne => {
                let guard = may_be_nan(left) && may_be_nan(right);
                let plain = exact
                    || (op == Comparison::Eq
                        && position == Position::Condition
                        && !(left.nullable && right.nullable));
                let pieces = [self.operand_piece(left), self.operand_piece(right)];
                self.sql("(");
                self.template(equality(op, plain, guard), &pieces);
                self.sql(")");
            }
            _ if null(left) || null(right) || nan(left) || nan(right) => self.sql("FALSE"),
            _ => {
                let large = match op {
                    Comparison::Gt | Comparison::Ge => left,
                    _ => right,
                };
                let guard = match (may_be_nan(large), self.is_short(large)) {
                    (false, _) => Guard::None,
                    (true, true) => Guard::Apart,
                    (true, false) => Guard::Null,
                };
                let shows = position == Position::Value && (!exact || guard == Guard::Null);
                let pieces = [self.operand_piece(left), self.operand_piece(right)];
                self.sql(if shows { "COALESCE(" } else { "(" });
                self.template(relation(op, guard), &pieces);
                self.sql(if shows { ", FALSE)" } else { ")" });
            }
        }
    }

    /// The whole list is one parameter.
    pub(super) fn in_list(
        &mut self,
        operand: &Expr,
        values: &[Value],
        null: bool,
        position: Position,
    ) {
        let Some(first) = values.first() else {
            if null {
                self.sql("(");
                self.operand(operand);
                self.sql(" IS NULL)");
            } else {
                self.sql("FALSE");
            }
            return;
        };
        let shows = position == Position::Value && operand.nullable && !null;
        let pieces = [
            self.operand_piece(operand),
            self.piece(|writer| writer.param(array(first, values))),
        ];
        self.sql(if shows { "COALESCE(" } else { "(" });
        self.template(
            if null {
                "{0} = ANY({1}) OR {0} IS NULL"
            } else {
                "{0} = ANY({1})"
            },
            &pieces,
        );
        self.sql(if shows { ", FALSE)" } else { ")" });
    }
}

/// `eq` or `ne`; `guard` where both sides may be NaN, which equals nothing.
fn equality(op: Comparison, plain: bool, guard: bool) -> &'static str {
    match (op, plain, guard) {
        (Comparison::Eq, true, false) => "{0} = {1}",
        (Comparison::Eq, true, true) => "{0} = {1} AND {0} <> 'NaN'",
        (Comparison::Eq, false, false) => "{0} IS NOT DISTINCT FROM {1}",
        (Comparison::Eq, false, true) => {
            "{0} IS NOT DISTINCT FROM {1} AND {0} IS DISTINCT FROM 'NaN'"
        }
        (_, true, false) => "{0} <> {1}",
        (_, true, true) => "{0} <> {1} OR {0} = 'NaN'",
        (_, false, false) => "{0} IS DISTINCT FROM {1}",
        (_, false, true) => "{0} IS DISTINCT FROM {1} OR {0} IS NOT DISTINCT FROM 'NaN'",
    }
}

/// How a comparison is kept from NaN on its larger side, which PostgreSQL holds larger than all else.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Guard {
    /// It can't be NaN.
    None,
    /// By a condition of its own, so that an index serves the comparison.
    Apart,
    /// A computed value is null instead, and computed once.
    Null,
}

/// `gt ge lt le`.
fn relation(op: Comparison, guard: Guard) -> &'static str {
    match (op, guard) {
        (Comparison::Gt, Guard::None) => "{0} > {1}",
        (Comparison::Gt, Guard::Apart) => "{0} > {1} AND {0} <> 'NaN'",
        (Comparison::Gt, Guard::Null) => "NULLIF({0}, 'NaN') > {1}",
        (Comparison::Ge, Guard::None) => "{0} >= {1}",
        (Comparison::Ge, Guard::Apart) => "{0} >= {1} AND {0} <> 'NaN'",
        (Comparison::Ge, Guard::Null) => "NULLIF({0}, 'NaN') >= {1}",
        (Comparison::Lt, Guard::None) => "{0} < {1}",
        (Comparison::Lt, Guard::Apart) => "{0} < {1} AND {1} <> 'NaN'",
        (Comparison::Lt, Guard::Null) => "{0} < NULLIF({1}, 'NaN')",
        (_, Guard::None) => "{0} <= {1}",
        (_, Guard::Apart) => "{0} <= {1} AND {1} <> 'NaN'",
        (_, Guard::Null) => "{0} <= NULLIF({1}, 'NaN')",
    }
}

/// Whether a value can turn out to be NaN: a column can hold one, and a division make one.
fn may_be_nan(expr: &Expr) -> bool {
    may_be_special(expr, false)
}

/// The same, or to be infinite where that is asked.
fn may_be_special(expr: &Expr, infinite: bool) -> bool {
    if !matches!(expr.ty, Some(T::Double | T::Single | T::Decimal)) {
        return false;
    }
    let inside = |expr: &Expr| may_be_special(expr, infinite);
    match &expr.kind {
        ExprKind::Value(Value::Double(x)) => x.is_nan() || infinite && x.is_infinite(),
        ExprKind::Null | ExprKind::Value(_) => false,
        // A Double can be too small for what it is made of.
        ExprKind::Convert(operand) => inside(operand) || infinite && operand.ty == Some(T::Decimal),
        ExprKind::Negate(operand) => inside(operand),
        ExprKind::Call(_, operands) => operands.iter().any(inside),
        ExprKind::Case(branches) => branches.iter().any(|(_, value)| inside(value)),
        // Two infinities can make one.
        ExprKind::Arithmetic(
            ArithmeticOp::Add | ArithmeticOp::Sub | ArithmeticOp::Mul,
            left,
            right,
        ) => may_be_special(left, true) || may_be_special(right, true),
        _ => true,
    }
}

/// Literals of one kind as one array parameter.
fn array(first: &Value, values: &[Value]) -> Param {
    let params: Vec<Param> = values.iter().map(Param::from).collect();
    let ty = Param::from(first).ty;
    if ty == PgType::Numeric {
        // Numbers travel by their text: so does their array.
        let texts: Vec<String> = params
            .iter()
            .map(|param| {
                String::from_utf8_lossy(param.value.as_deref().unwrap_or_default()).into_owned()
            })
            .collect();
        return Param {
            array: true,
            ..Param::text(ty, format!("{{{}}}", texts.join(",")))
        };
    }
    let elements: Vec<&[u8]> = params
        .iter()
        .map(|param| param.value.as_deref().unwrap_or_default())
        .collect();
    Param::array(ty, &elements)
}
