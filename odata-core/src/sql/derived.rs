//! What `$apply` makes: relations over relations, and aggregates.

use super::rows::Conditions;
use super::writer::Writer;
use crate::edm::{PgType, PrimitiveType as T, Source};
use crate::plan::{
    Aggregate, Aggregation, Derived, Expr, ExprKind, Input, Lateral, Layer, Over, OverNumber,
};

impl Writer<'_> {
    /// `FROM .. WHERE ..` of what a query reads.
    pub(super) fn input(&mut self, input: &Input, more: impl FnOnce(&mut Self, &mut Conditions)) {
        match input {
            Input::Rows(rows) => self.rows_clause(rows, more),
            Input::One => more(self, &mut Conditions::new(" WHERE ")),
            Input::Derived(derived) => {
                self.sql(" FROM ");
                self.derived(derived);
                let mut conditions = Conditions::new(" WHERE ");
                if let Some(filter) = &derived.filter {
                    conditions.next(self);
                    self.condition(filter);
                }
                more(self, &mut conditions);
            }
        }
    }

    fn derived(&mut self, derived: &Derived) {
        self.sql("(");
        self.list(&derived.layers, " UNION ALL ", |writer, layer| {
            writer.layer(layer);
            // No condition on the result comes before the scope of its rows: it may fail over rows
            // of somebody else's, which would tell of them.
            if matches!(layer.input, Input::Rows(_)) && layer.limit.is_none() && layer.skip == 0 {
                writer.sql(" OFFSET 0");
            }
        });
        self.numbered(") d", derived.id);
    }

    /// What is made of the related entities of each row before it.
    pub(super) fn lateral(&mut self, lateral: &Lateral) {
        self.sql(if lateral.outer {
            " LEFT JOIN LATERAL "
        } else {
            " JOIN LATERAL "
        });
        // The row before it is decided on.
        self.apart(|writer| writer.derived(&lateral.derived));
        self.sql(" ON ");
        match &lateral.derived.filter {
            Some(filter) => self.condition(filter),
            None => self.sql("TRUE"),
        }
    }

    /// A column of a derived relation.
    pub(super) fn derived_column(&mut self, id: usize, place: usize) {
        self.numbered("d", id);
        self.numbered(".c", place);
    }

    /// One SELECT, its columns named `c0`, `c1`, .. Later layers know them by their OData types alone.
    pub(super) fn layer(&mut self, layer: &Layer) {
        self.layer_columns(layer, |writer, expr| {
            writer.typed(expr, expr.ty_or_string().pg());
        });
    }

    fn layer_columns(&mut self, layer: &Layer, column: impl Fn(&mut Self, &Expr)) {
        self.led_on(&layer.input, |writer| writer.columns_of(layer, column));
    }

    fn columns_of(&mut self, layer: &Layer, column: impl Fn(&mut Self, &Expr)) {
        self.sql("SELECT ");
        if layer.select.is_empty() {
            self.sql("TRUE AS c0");
        }
        for (i, expr) in layer.select.iter().enumerate() {
            if i > 0 {
                self.sql(", ");
            }
            column(self, expr);
            self.numbered(" AS c", i);
        }
        self.input(&layer.input, |_, _| {});
        match layer.group {
            // Without groups all rows are one, even if there is none.
            Some(0) if layer.select.is_empty() => self.sql(" LIMIT 1"),
            Some(groups) if groups > 0 => {
                self.sql(" GROUP BY ");
                for (i, expr) in layer.select.iter().take(groups).enumerate() {
                    if i > 0 {
                        self.sql(", ");
                    }
                    if self.is_widened(expr) {
                        self.operand(expr);
                    } else {
                        self.numbered("", i + 1);
                    }
                }
            }
            _ => {}
        }
        if !layer.order.is_empty() {
            self.sql(" ");
            self.layer_order(&layer.order);
        }
        if let Some(limit) = layer.limit {
            self.limit(limit, layer.skip);
        } else if layer.skip > 0 {
            self.offset(layer.skip);
        }
    }

    /// Whether it is a stored column of whole numbers that the list widens: what is equal is so before, and
    /// PostgreSQL then widens one of each group, not every row.
    fn is_widened(&self, expr: &Expr) -> bool {
        let ExprKind::Property(source, place) = expr.kind else {
            return false;
        };
        let property = &self.set(source).properties[place];
        matches!(property.source, Source::Column { ty: Some(_), .. })
            && property.ty.is_integer()
            && expr.pg(self.schema) != property.ty.pg()
    }

    fn layer_order(&mut self, order: &[(Expr, bool)]) {
        self.sql("ORDER BY ");
        self.list(order, ", ", |writer, (expr, descending)| {
            writer.sort_item(expr, *descending);
        });
    }

    /// A window function. The sum of the rows before is over rows, not over peers, so that the order
    /// alone says which row is the last one that counts.
    pub(super) fn over(&mut self, over: &Over) {
        const UP_TO_HERE: &str = " ROWS UNBOUNDED PRECEDING)";
        const BEFORE: &str = " ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)";
        // The call before its operand, whether the order matters, and what ends it.
        let (call, operand, ordered, end) = match &over.number {
            OverNumber::Place => ("row_number(", None, true, ")"),
            OverNumber::SumBefore(operand) => ("COALESCE(sum(", Some(operand), true, BEFORE),
            OverNumber::Sum(operand) => ("sum(", Some(operand), false, ")"),
            OverNumber::Ever(condition) => ("bool_or(", Some(condition), true, UP_TO_HERE),
        };
        self.sql(call);
        if let Some(operand) = operand {
            self.typed(operand, operand.ty_or_string().pg());
        }
        self.sql(") OVER (");
        if !over.partition.is_empty() {
            self.sql("PARTITION BY ");
            self.list(&over.partition, ", ", super::writer::Writer::operand);
            self.sql(" ");
        }
        if ordered {
            self.layer_order(&over.order);
        }
        self.sql(end);
    }

    /// `(a, b) IN (SELECT ..)`.
    pub(super) fn among(&mut self, values: &[Expr], layer: &Layer) {
        self.sql("(");
        self.list(values, ", ", super::writer::Writer::operand);
        self.sql(") IN (");
        self.apart(|writer| writer.layer_columns(layer, Self::operand));
        self.sql(")");
    }

    /// `a IN (SELECT unnest(array_agg(b)))`: the aggregate is of the SELECT that `b` is of.
    pub(super) fn gathered(&mut self, value: &Expr, key: &Expr, filter: Option<&Expr>) {
        self.operand(value);
        self.sql(" IN (SELECT unnest(array_agg(DISTINCT ");
        self.apart(|writer| {
            writer.operand(key);
            writer.sql(")");
            writer.aggregate_filter(filter);
        });
        self.sql("))");
    }

    /// An aggregate of PostgreSQL, over exact types.
    pub(super) fn aggregate(&mut self, aggregation: &Aggregation, ty: T) {
        let filter = aggregation.filter.as_ref();
        let Some(operand) = &aggregation.operand else {
            self.sql("count(*)");
            self.aggregate_filter(filter);
            if ty == T::Decimal {
                self.sql("::numeric");
            }
            return;
        };
        let of = operand.ty_or_string();
        // The method, the operand's type inside it, and the result's around it.
        let (call, inside, around): (&'static str, Option<PgType>, Option<PgType>) =
            match aggregation.method {
                Aggregate::Count => ("count(", None, Some(PgType::Numeric)),
                Aggregate::CountDistinct => ("count(DISTINCT ", None, Some(PgType::Numeric)),
                // PostgreSQL's sum of whole numbers is exact; only its type is narrower.
                Aggregate::Sum if of.is_integer() => ("sum(", None, Some(PgType::Numeric)),
                Aggregate::Sum => ("sum(", Some(ty.pg()), None),
                Aggregate::Average if of.is_integer() => {
                    ("avg(", Some(PgType::Numeric), Some(PgType::Float8))
                }
                Aggregate::Average => ("avg(", Some(ty.pg()), None),
                // PostgreSQL has no minimum of these.
                Aggregate::Min if of == T::Boolean => ("bool_and(", None, None),
                Aggregate::Max if of == T::Boolean => ("bool_or(", None, None),
                Aggregate::Min if of == T::Guid => ("min(", Some(PgType::Text), Some(PgType::Uuid)),
                Aggregate::Max if of == T::Guid => ("max(", Some(PgType::Text), Some(PgType::Uuid)),
                Aggregate::Min => ("min(", Some(ty.pg()), None),
                Aggregate::Max => ("max(", Some(ty.pg()), None),
            };
        self.sql(call);
        if aggregation.distinct {
            self.sql("DISTINCT ");
        }
        self.operand(operand);
        if let Some(ty) = inside.filter(|ty| *ty != operand.pg(self.schema)) {
            self.sql("::");
            self.sql(ty.sql_name());
        }
        self.sql(")");
        self.aggregate_filter(filter);
        if let Some(ty) = around {
            self.sql("::");
            self.sql(ty.sql_name());
        }
    }

    fn aggregate_filter(&mut self, filter: Option<&Expr>) {
        if let Some(filter) = filter {
            self.sql(" FILTER (WHERE ");
            self.condition(filter);
            self.sql(")");
        }
    }
}
