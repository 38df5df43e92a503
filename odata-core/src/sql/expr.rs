//! Expressions in SQL, with OData's null logic (URL Conventions 5.1.1.1).
//!
//! A condition of a WHERE keeps a row where it is true, so there null may stand for false; that is
//! the form an index can serve. Everywhere else (under `not`, as a value) the printed text is exact:
//! `eq` and `ne` never null, `gt ge lt le` false for null, the logical operators three-valued.

use super::Param;
use super::writer::Writer;
use crate::edm::{PgType, PrimitiveType as T, Source};
use crate::functions::{Function, Sql};
use crate::plan::{ArithmeticOp, Comparison, Expr, ExprKind, Scoped, Value};

/// Where a condition stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Position {
    /// Null counts as false.
    Condition,
    /// Null shows.
    Value,
}

impl Writer<'_> {
    /// A condition of a WHERE or an ON.
    pub(super) fn condition(&mut self, expr: &Expr) {
        self.logical(expr, Position::Condition);
    }

    /// A value: of an output, an operand, a sort item.
    pub(super) fn operand(&mut self, expr: &Expr) {
        self.logical(expr, Position::Value);
    }

    /// An output that isn't a property as it is stored.
    pub(super) fn output_expr(&mut self, expr: &Expr) {
        self.typed(expr, expr.pg(self.schema));
    }

    /// A property as a row shows it: its column, or its text where the type has no binary form here.
    pub(super) fn output_property(&mut self, source: Scoped, place: usize) {
        let property = &self.set(source).properties[place];
        match property.source {
            _ if property.hidden => self.null(property.ty.pg()),
            Source::Column { ty: None, .. } => {
                self.stored(source, place);
                self.sql("::text");
            }
            _ => self.stored(source, place),
        }
    }

    fn null(&mut self, ty: PgType) {
        self.sql("NULL::");
        self.sql(ty.sql_name());
    }

    /// The operand, cast where SQL would give it another type.
    pub(super) fn typed(&mut self, expr: &Expr, ty: PgType) {
        let has = expr.pg(self.schema);
        self.operand(expr);
        if has != ty && !matches!(expr.kind, ExprKind::Null) {
            self.sql("::");
            self.sql(ty.sql_name());
        }
    }

    fn logical(&mut self, expr: &Expr, position: Position) {
        match &expr.kind {
            ExprKind::And(operands) => self.joined(operands, " AND ", position),
            ExprKind::Or(operands) => self.joined(operands, " OR ", position),
            ExprKind::Not(operand) => match &operand.kind {
                ExprKind::Present(source) => {
                    self.absent(*source);
                }
                _ => {
                    self.sql("NOT (");
                    self.logical(operand, Position::Value);
                    self.sql(")");
                }
            },
            ExprKind::Compare(op, left, right) => self.compare(*op, left, right, position),
            ExprKind::In(operand, values, null) => self.in_list(operand, values, *null, position),
            _ => self.plain(expr),
        }
    }

    fn joined(&mut self, operands: &[Expr], between: &'static str, position: Position) {
        self.sql("(");
        self.list(operands, between, |writer, operand| {
            writer.logical(operand, position);
        });
        self.sql(")");
    }

    fn absent(&mut self, source: Scoped) {
        if let Some(place) = self.set(source).key.first().copied() {
            self.stored(source, place);
            self.sql(" IS NULL");
        } else {
            self.sql("FALSE");
        }
    }

    /// Everything that isn't printed differently in a condition.
    fn plain(&mut self, expr: &Expr) {
        let pg = expr.pg(self.schema);
        match &expr.kind {
            ExprKind::Null => self.null(pg),
            ExprKind::Value(value) => self.value(value),
            ExprKind::Property(source, place) => self.property(*source, *place),
            ExprKind::Present(source) => self.present(*source),
            ExprKind::Arithmetic(op, left, right) => {
                self.arithmetic(*op, left, right, expr.ty_or_string());
            }
            ExprKind::Negate(operand) => {
                self.sql("(- ");
                self.operand(operand);
                self.sql(")");
            }
            ExprKind::Call(function, operands) => self.call(function, operands),
            ExprKind::Convert(operand) => self.convert(operand, pg),
            ExprKind::Cast(operand) => self.cast(operand, expr.ty_or_string()),
            ExprKind::Case(branches) => {
                self.sql("CASE");
                for (condition, value) in branches {
                    self.sql(" WHEN ");
                    self.condition(condition);
                    self.sql(" THEN ");
                    self.typed(value, pg);
                }
                self.sql(" END");
            }
            ExprKind::Any(rows) => {
                self.sql("EXISTS (SELECT 1");
                self.rows_clause(rows, |_, _| {});
                self.sql(")");
            }
            ExprKind::All(rows, predicate) => {
                // `all` wants true of every member: a null breaks it.
                self.sql("NOT EXISTS (SELECT 1");
                self.rows_clause(rows, |writer, conditions| {
                    conditions.next(writer);
                    writer.sql("(");
                    writer.operand(predicate);
                    writer.sql(") IS NOT TRUE");
                });
                self.sql(")");
            }
            ExprKind::Count(rows) => self.count(rows),
            ExprKind::Column(id, place) => self.derived_column(*id, *place),
            ExprKind::Aggregate(method, operand, filter) => self.aggregate(
                *method,
                operand.as_deref(),
                filter.as_deref(),
                expr.ty_or_string(),
            ),
            ExprKind::Over(over) => self.over(over),
            ExprKind::Among(values, layer) => self.among(values, layer),
            ExprKind::Scalar(rows, value) => {
                self.sql("(SELECT ");
                self.operand(value);
                self.rows_clause(rows, |_, _| {});
                self.sql(")");
            }
            ExprKind::Search(text, term) => {
                self.sql("COALESCE(");
                self.unicode(text);
                self.sql(" ILIKE ");
                self.value(&Value::Text(like_pattern(term, true, true)));
                self.sql(", FALSE)");
            }
            ExprKind::And(_)
            | ExprKind::Or(_)
            | ExprKind::Not(_)
            | ExprKind::Compare(..)
            | ExprKind::In(..) => {
                self.operand(expr);
            }
        }
    }

    /// A property as expressions see it: text is text, JSON is the text that the row shows.
    pub(super) fn property(&mut self, source: Scoped, place: usize) {
        let property = &self.set(source).properties[place];
        let Source::Column { ty, .. } = property.source else {
            self.null(property.ty.pg());
            return;
        };
        let column = self.piece(|writer| writer.stored(source, place));
        match (property.ty, ty) {
            (T::Json, Some(PgType::Json)) => self.template(JSON_TEXT, &[column]),
            (T::Json, Some(PgType::Jsonb)) => self.template(JSONB_TEXT, &[column]),
            (_, None)
            | (T::String, Some(PgType::Bpchar | PgType::Name | PgType::Json | PgType::Jsonb)) => {
                self.write_piece(&column);
                self.sql("::text");
            }
            _ => self.write_piece(&column),
        }
    }

    /// A text under the collation that knows more than ASCII.
    fn unicode(&mut self, text: &Expr) {
        self.operand(text);
        if self.schema.unicode_collation.is_some() {
            self.sql(" COLLATE pg_catalog.\"und-x-icu\"");
        }
    }

    fn compare(&mut self, op: Comparison, left: &Expr, right: &Expr, position: Position) {
        let null = |expr: &Expr| matches!(expr.kind, ExprKind::Null);
        let nan =
            |expr: &Expr| matches!(&expr.kind, ExprKind::Value(Value::Double(x)) if x.is_nan());
        let exact = !left.nullable && !right.nullable;
        // Only a column or a computed value can turn out to be NaN, which PostgreSQL holds equal to
        // itself and larger than all else.
        let may_be_nan = |expr: &Expr| {
            matches!(expr.ty, Some(T::Double | T::Single | T::Decimal)) && !expr.is_value()
        };
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
                let operator = match (op, plain) {
                    (Comparison::Eq, true) => " = ",
                    (Comparison::Eq, false) => " IS NOT DISTINCT FROM ",
                    (_, true) => " <> ",
                    (_, false) => " IS DISTINCT FROM ",
                };
                self.sql("(");
                self.operand(left);
                self.sql(operator);
                self.operand(right);
                if guard {
                    self.sql(if op == Comparison::Eq {
                        " AND "
                    } else {
                        " OR "
                    });
                    self.operand(left);
                    self.sql(if op == Comparison::Eq {
                        " IS DISTINCT FROM 'NaN'"
                    } else {
                        " IS NOT DISTINCT FROM 'NaN'"
                    });
                }
                self.sql(")");
            }
            _ if null(left) || null(right) || nan(left) || nan(right) => self.sql("FALSE"),
            _ => {
                let larger = matches!(op, Comparison::Gt | Comparison::Ge);
                let shows = position == Position::Value && !exact;
                self.sql(if shows { "COALESCE(" } else { "(" });
                self.operand(left);
                self.sql(match op {
                    Comparison::Gt => " > ",
                    Comparison::Ge => " >= ",
                    Comparison::Lt => " < ",
                    _ => " <= ",
                });
                self.operand(right);
                let large = if larger { left } else { right };
                if may_be_nan(large) {
                    self.sql(" AND ");
                    self.operand(large);
                    self.sql(" <> 'NaN'");
                }
                self.sql(if shows { ", FALSE)" } else { ")" });
            }
        }
    }

    /// The whole list is one parameter.
    fn in_list(&mut self, operand: &Expr, values: &[Value], null: bool, position: Position) {
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
        self.sql(if shows { "COALESCE(" } else { "(" });
        self.operand(operand);
        self.sql(" = ANY(");
        self.param(array(first, values));
        self.sql(")");
        if null {
            self.sql(" OR ");
            self.operand(operand);
            self.sql(" IS NULL");
        }
        self.sql(if shows { ", FALSE)" } else { ")" });
    }

    fn arithmetic(&mut self, op: ArithmeticOp, left: &Expr, right: &Expr, ty: T) {
        let pieces = if ty.is_numeric() {
            let pg = ty.pg();
            [
                self.piece(|writer| writer.typed(left, pg)),
                self.piece(|writer| writer.typed(right, pg)),
            ]
        } else {
            [
                self.piece(|writer| writer.operand(left)),
                self.piece(|writer| writer.operand(right)),
            ]
        };
        let floats = matches!(ty, T::Double | T::Single);
        let template = match (op, ty) {
            (ArithmeticOp::Add, T::Date) => "({0} + {1})::date",
            (ArithmeticOp::Sub, T::Date) => "({0} - {1})::date",
            (ArithmeticOp::Sub, T::Duration) if left.ty == Some(T::Date) => {
                "make_interval(days => {0} - {1})"
            }
            (ArithmeticOp::Add, _) => "({0} + {1})",
            (ArithmeticOp::Sub, _) => "({0} - {1})",
            (ArithmeticOp::Mul, _) => "({0} * {1})",
            (ArithmeticOp::Div | ArithmeticOp::DivBy, _) if floats => DIVIDE_FLOATS,
            (ArithmeticOp::DivBy, T::Decimal) => DIVIDE_BY,
            (ArithmeticOp::Div | ArithmeticOp::DivBy, _) => "({0} / {1})",
            (ArithmeticOp::Mod, _) if floats => MOD_FLOATS,
            (ArithmeticOp::Mod, _) => "({0} % {1})",
        };
        self.template(template, &pieces);
    }

    fn call(&mut self, function: &Function, operands: &[Expr]) {
        let literal = match operands.get(1).map(|operand| &operand.kind) {
            Some(ExprKind::Value(Value::Text(text))) => Some(text),
            _ => None,
        };
        match (function.sql, literal) {
            (Sql::Like { before, behind, .. }, Some(text)) => {
                self.sql("(");
                self.operand(&operands[0]);
                self.sql(" LIKE ");
                self.value(&Value::Text(like_pattern(text, before, behind)));
                self.sql(")");
            }
            (
                Sql::Template(template)
                | Sql::Like {
                    otherwise: template,
                    ..
                },
                _,
            ) => {
                let pieces: Vec<_> = operands
                    .iter()
                    .map(|operand| self.piece(|writer| writer.operand(operand)))
                    .collect();
                self.sql("(");
                self.template(template, &pieces);
                self.sql(")");
            }
            (Sql::Case(name), _) => {
                self.sql(name);
                self.sql("(");
                if let Some(operand) = operands.first() {
                    self.unicode(operand);
                }
                self.sql(")");
            }
            (Sql::Pattern, _) => {
                self.sql("(");
                self.list(operands, " ~ ", super::writer::Writer::operand);
                self.sql(")");
            }
        }
    }

    fn convert(&mut self, operand: &Expr, ty: PgType) {
        self.sql("(");
        self.operand(operand);
        self.sql(")::");
        self.sql(ty.sql_name());
    }

    /// A cast that fails gives null (URL Conventions 5.1.1.10.1).
    fn cast(&mut self, operand: &Expr, to: T) {
        let from = operand.ty_or_string();
        let piece = self.piece(|writer| writer.operand(operand));
        self.template(cast_template(from, to), &[piece]);
    }
}

/// The text that a row shows of a JSON column: its text, or, where it is a JSON string that holds an
/// object or array as text, that text. The guard keeps out what PostgreSQL cannot unescape.
const JSON_TEXT: &str = "CASE WHEN json_typeof({0}) = 'string' AND {0}::text ~ '^[ \\t\\n\\r]*\"[ ]*[{[]' AND {0}::text !~ '\\\\u(0000|[dD][89abAB])' THEN {0} #>> '{}' ELSE {0}::text END";
const JSONB_TEXT: &str = "CASE WHEN jsonb_typeof({0}) = 'string' AND {0}::text ~ '^[ \\t\\n\\r]*\"[ ]*[{[]' AND {0}::text !~ '\\\\u(0000|[dD][89abAB])' THEN {0} #>> '{}' ELSE {0}::text END";

const DIVIDE_FLOATS: &str = "CASE WHEN {1} = 0 THEN CASE WHEN {0} = 'NaN' OR {0} = 0 THEN 'NaN' WHEN ({0} > 0) = ({1}::text = '0') THEN 'Infinity' WHEN {0} IS NOT NULL THEN '-Infinity' END::float8 ELSE {0} / {1} END";
const DIVIDE_BY: &str = "CASE WHEN {1} = 0 THEN CASE WHEN {0} = 'NaN' OR {0} = 0 THEN 'NaN' WHEN {0} > 0 THEN 'Infinity' WHEN {0} < 0 THEN '-Infinity' END::numeric ELSE {0} / {1} END";
const MOD_FLOATS: &str =
    "CASE WHEN {1} = 0 THEN 'NaN'::float8 ELSE ({0}::numeric % {1}::numeric)::float8 END";

/// Which SQL casts a value of one type to another, null where it can't be.
fn cast_template(from: T, to: T) -> &'static str {
    match (from, to) {
        (T::DateTimeOffset, T::String) => "to_char({0}, 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')",
        (T::Double | T::Single, T::String) => {
            "CASE {0} WHEN 'Infinity' THEN 'INF' WHEN '-Infinity' THEN '-INF' ELSE {0}::text END"
        }
        (_, T::String | T::Json) => "{0}::text",
        (T::String | T::Json, T::Boolean) => {
            "CASE lower({0}) WHEN 'true' THEN TRUE WHEN 'false' THEN FALSE END"
        }
        (T::String | T::Json, T::SByte) => {
            "CASE WHEN {0} ~ '^[+-]?[0-9]{1,9}$' AND {0}::int8 BETWEEN -128 AND 127 THEN {0}::int2 END"
        }
        (T::String | T::Json, T::Byte) => {
            "CASE WHEN {0} ~ '^[+-]?[0-9]{1,9}$' AND {0}::int8 BETWEEN 0 AND 255 THEN {0}::int2 END"
        }
        (T::String | T::Json, T::Int16) => {
            "CASE WHEN {0} ~ '^[+-]?[0-9]{1,18}$' AND {0}::int8 BETWEEN -32768 AND 32767 THEN {0}::int2 END"
        }
        (T::String | T::Json, T::Int32) => {
            "CASE WHEN {0} ~ '^[+-]?[0-9]{1,18}$' AND {0}::int8 BETWEEN -2147483648 AND 2147483647 THEN {0}::int4 END"
        }
        (T::String | T::Json, T::Int64) => {
            "CASE WHEN {0} ~ '^[+-]?[0-9]{1,19}$' AND {0}::numeric BETWEEN -9223372036854775808 AND 9223372036854775807 THEN {0}::int8 END"
        }
        (T::String | T::Json, T::Decimal) => {
            "CASE WHEN {0} ~ '^[+-]?[0-9]+(\\.[0-9]+)?$' THEN {0}::numeric END"
        }
        (T::String | T::Json, T::Double | T::Single) => {
            "CASE WHEN {0} ~ '^[+-]?[0-9]{1,300}(\\.[0-9]+)?([eE][+-]?[0-9]{1,2})?$' THEN {0}::float8 WHEN {0} = 'INF' THEN 'Infinity' WHEN {0} = '-INF' THEN '-Infinity' WHEN {0} = 'NaN' THEN 'NaN' END"
        }
        (T::String | T::Json, T::Guid) => {
            "CASE WHEN {0} ~* '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$' THEN {0}::uuid END"
        }
        (_, T::SByte) => "CASE WHEN trunc({0}) BETWEEN -128 AND 127 THEN trunc({0})::int2 END",
        (_, T::Byte) => "CASE WHEN trunc({0}) BETWEEN 0 AND 255 THEN trunc({0})::int2 END",
        (_, T::Int16) => "CASE WHEN trunc({0}) BETWEEN -32768 AND 32767 THEN trunc({0})::int2 END",
        (_, T::Int32) => {
            "CASE WHEN trunc({0}) BETWEEN -2147483648 AND 2147483647 THEN trunc({0})::int4 END"
        }
        (_, T::Int64) => {
            "CASE WHEN trunc({0}::numeric) BETWEEN -9223372036854775808 AND 9223372036854775807 THEN trunc({0}::numeric)::int8 END"
        }
        (_, T::Decimal) => "{0}::numeric",
        (_, T::Double) => "{0}::float8",
        (_, T::Single) => "{0}::float4",
        (_, T::Date) => "{0}::date",
        (_, T::TimeOfDay) => "{0}::time",
        (_, T::DateTimeOffset) => "{0}::timestamp",
        _ => "{0}",
    }
}

/// A LIKE pattern for a text, in which `%`, `_` and `\` are ordinary characters.
fn like_pattern(text: &str, before: bool, behind: bool) -> String {
    let mut pattern = String::with_capacity(text.len() + 2);
    if before {
        pattern.push('%');
    }
    for c in text.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    if behind {
        pattern.push('%');
    }
    pattern
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
