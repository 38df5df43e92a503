//! Expressions in SQL, with OData's null logic (URL Conventions 5.1.1.1).
//!
//! A condition of a WHERE keeps a row where it is true, so there null may stand for false; that is
//! the form an index can serve. Everywhere else (under `not`, as a value) the printed text is exact:
//! `eq` and `ne` never null, `gt ge lt le` false for null, the logical operators three-valued.

use super::Param;
use super::cast::cast_template;
use super::rows::Conditions;
use super::writer::{Piece, Writer};
use crate::edm::{PgType, PrimitiveType as T, ScopeRule, Source};
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

    /// An item of ORDER BY, which takes no bare constant.
    pub(super) fn sort_operand(&mut self, expr: &Expr) {
        let piece = self.piece(|writer| writer.operand(expr));
        self.write_piece(&piece);
        if piece.is_truth_value() {
            self.sql("::bool");
        }
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
            // In parentheses of their own: NOT and IS bind more loosely than what may stand around.
            ExprKind::Not(operand) => {
                self.sql("(");
                match &operand.kind {
                    ExprKind::Present(source) => self.absent(*source),
                    _ => {
                        self.sql("NOT ");
                        self.logical(operand, Position::Value);
                    }
                }
                self.sql(")");
            }
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
            ExprKind::Present(source) => {
                self.sql("(");
                self.present(*source);
                self.sql(")");
            }
            ExprKind::Arithmetic(op, left, right) => self.in_scope_only(expr, |writer| {
                writer.arithmetic(*op, left, right, expr.ty_or_string());
            }),
            ExprKind::Negate(operand) => self.in_scope_only(expr, |writer| {
                writer.sql("(- ");
                writer.operand(operand);
                writer.sql(")");
            }),
            ExprKind::Call(function, operands) if may_fail(operands) => {
                self.in_scope_only(expr, |writer| writer.call(function, operands));
            }
            ExprKind::Call(function, operands) => self.call(function, operands),
            ExprKind::Convert(operand) => self.convert(operand, pg),
            ExprKind::Cast(operand) => self.in_scope_only(expr, |writer| {
                writer.cast(operand, expr.ty_or_string());
            }),
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
                self.sql("(NOT EXISTS (SELECT 1");
                self.rows_clause(rows, |writer, conditions| {
                    conditions.next(writer);
                    writer.condition(predicate);
                    writer.sql(" IS NOT TRUE");
                });
                self.sql("))");
            }
            ExprKind::Count(rows) => self.count(rows),
            ExprKind::Column(id, place) => self.derived_column(*id, *place),
            ExprKind::Aggregate(aggregation) => self.aggregate(aggregation, expr.ty_or_string()),
            ExprKind::Gathered { value, key, filter } => {
                self.gathered(value, key, filter.as_deref());
            }
            ExprKind::Over(over) => self.over(over),
            ExprKind::Among(values, layer) => self.among(values, layer),
            ExprKind::Scalar(rows, value) => {
                self.sql("(SELECT ");
                self.operand(value);
                self.rows_clause(rows, |_, _| {});
                self.sql(")");
            }
            ExprKind::Whole(input, value) => {
                self.sql("(SELECT ");
                self.operand(value);
                self.input(input, |_, _| {});
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
        let column = self.piece(|writer| writer.stored(source, place)).short();
        if let (T::Json, Some(template)) = (property.ty, json_text(property.source)) {
            self.template(template, &[column]);
            return;
        }
        match (property.ty, ty) {
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

    /// What may fail for some values (a division by zero, a number out of range), evaluated for rows
    /// in the caller's scope alone. PostgreSQL evaluates conditions in the order that it likes, also
    /// below a join, and a failure over a row of somebody else's would tell of that row.
    fn in_scope_only(&mut self, expr: &Expr, write: impl FnOnce(&mut Self)) {
        let mut sources = Vec::new();
        expr.sources_here(&mut sources);
        sources.retain(|source| self.set(*source).scope != ScopeRule::Unscoped);
        if sources.is_empty() {
            write(self);
            return;
        }
        self.sql("CASE WHEN ");
        let mut conditions = Conditions::new("");
        for source in sources {
            self.scope_condition(source, &mut conditions);
        }
        self.sql(" THEN ");
        write(self);
        self.sql(" END");
    }

    /// An operand for a template.
    fn operand_piece(&mut self, expr: &Expr) -> Piece {
        self.typed_piece(expr, expr.pg(self.schema))
    }

    /// The same, cast where SQL would give it another type.
    fn typed_piece(&mut self, expr: &Expr, ty: PgType) -> Piece {
        let piece = self.piece(|writer| writer.typed(expr, ty));
        if self.is_short(expr) {
            piece.short()
        } else {
            piece
        }
    }

    /// Whether it is a column, a parameter or a null, as it is or cast.
    fn is_short(&self, expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::Null | ExprKind::Value(_) | ExprKind::Column(..) => true,
            ExprKind::Property(source, place) => {
                let property = &self.set(*source).properties[*place];
                !(property.ty == T::Json && json_text(property.source).is_some())
            }
            ExprKind::Convert(operand) | ExprKind::Negate(operand) => self.is_short(operand),
            _ => false,
        }
    }

    fn arithmetic(&mut self, op: ArithmeticOp, left: &Expr, right: &Expr, ty: T) {
        // Each in the type of its own that the result is made of: a `timestamptz` would stay one.
        let pg = |operand: &Expr| match ty.is_numeric() {
            true => ty.pg(),
            false => operand.ty_or_string().pg(),
        };
        let pieces = [
            self.typed_piece(left, pg(left)),
            self.typed_piece(right, pg(right)),
        ];
        let floats = matches!(ty, T::Double | T::Single);
        let template = match (op, ty) {
            (ArithmeticOp::Add, T::Date) if left.ty == Some(T::Duration) => SHIFTED_DATE_BEHIND,
            (ArithmeticOp::Add, T::Date) => SHIFTED_DATE,
            (ArithmeticOp::Sub, T::Date) => SHIFTED_DATE_BACK,
            (ArithmeticOp::Add, T::DateTimeOffset) if left.ty == Some(T::Duration) => {
                SHIFTED_TIME_BEHIND
            }
            (ArithmeticOp::Add, T::DateTimeOffset) => SHIFTED_TIME,
            (ArithmeticOp::Sub, T::DateTimeOffset) => SHIFTED_TIME_BACK,
            (ArithmeticOp::Sub, T::Duration) if left.ty == Some(T::Date) => DAYS_BETWEEN,
            (ArithmeticOp::Sub, T::Duration) if left.ty == Some(T::DateTimeOffset) => TIME_BETWEEN,
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
        if ty == T::Single && template.starts_with("CASE") {
            self.sql("::float4");
        }
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
                | Sql::Partial(template)
                | Sql::Like {
                    otherwise: template,
                    ..
                },
                _,
            ) => {
                let pieces: Vec<_> = operands
                    .iter()
                    .map(|operand| self.operand_piece(operand))
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
                // Its result is compared and sorted like any other text.
                if self.schema.unicode_collation.is_some() {
                    self.sql(" COLLATE pg_catalog.\"default\"");
                }
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
        let piece = self.operand_piece(operand);
        self.template(cast_template(from, to), &[piece]);
    }
}

/// Whether a function fails for some values: those that count characters do, for numbers that are
/// not known beforehand.
fn may_fail(operands: &[Expr]) -> bool {
    operands
        .iter()
        .skip(1)
        .any(|operand| operand.ty_or_string().is_integer() && !operand.is_value())
}

/// The text that a row shows of a JSON column: its text, or, where it is a JSON string that holds an
/// object or array as text, that text. The guard keeps out what PostgreSQL cannot unescape.
const JSON_TEXT: &str = "CASE WHEN json_typeof({0}) = 'string' AND {0}::text ~ '^[ \\t\\n\\r]*\"[ ]*[{[]' AND {0}::text !~ '\\\\u(0000|[dD][89a-fA-F])' THEN {0} #>> '{}' ELSE {0}::text END";
const JSONB_TEXT: &str = "CASE WHEN jsonb_typeof({0}) = 'string' AND {0}::text ~ '^[ \\t\\n\\r]*\"[ ]*[{[]' AND {0}::text !~ '\\\\u(0000|[dD][89a-fA-F])' THEN {0} #>> '{}' ELSE {0}::text END";

// Databases hold times that no date can be added to. OData has no form for them, and a row of them
// fails no page: what is computed of them is null.
const SHIFTED_DATE: &str =
    "CASE WHEN {0} BETWEEN '0001-01-01' AND '9999-12-31' THEN ({0} + {1})::date END";
const SHIFTED_DATE_BACK: &str =
    "CASE WHEN {0} BETWEEN '0001-01-01' AND '9999-12-31' THEN ({0} - {1})::date END";
const SHIFTED_DATE_BEHIND: &str =
    "CASE WHEN {1} BETWEEN '0001-01-01' AND '9999-12-31' THEN ({0} + {1})::date END";
const SHIFTED_TIME: &str =
    "CASE WHEN {0} >= '0001-01-01' AND {0} < '10000-01-01' THEN {0} + {1} END";
const SHIFTED_TIME_BACK: &str =
    "CASE WHEN {0} >= '0001-01-01' AND {0} < '10000-01-01' THEN {0} - {1} END";
const SHIFTED_TIME_BEHIND: &str =
    "CASE WHEN {1} >= '0001-01-01' AND {1} < '10000-01-01' THEN {0} + {1} END";
const DAYS_BETWEEN: &str =
    "CASE WHEN isfinite({0}) AND isfinite({1}) THEN make_interval(days => {0} - {1}) END";
const TIME_BETWEEN: &str = "CASE WHEN isfinite({0}) AND isfinite({1}) THEN {0} - {1} END";

/// How a column of JSON is said as text.
fn json_text(source: Source) -> Option<&'static str> {
    match source {
        Source::Column {
            ty: Some(PgType::Json),
            ..
        } => Some(JSON_TEXT),
        Source::Column {
            ty: Some(PgType::Jsonb),
            ..
        } => Some(JSONB_TEXT),
        _ => None,
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
    if !matches!(expr.ty, Some(T::Double | T::Single | T::Decimal)) {
        return false;
    }
    match &expr.kind {
        // Two infinities can make one.
        ExprKind::Value(Value::Double(x)) => !x.is_finite(),
        ExprKind::Null | ExprKind::Value(_) => false,
        ExprKind::Convert(operand) | ExprKind::Negate(operand) => may_be_nan(operand),
        ExprKind::Call(_, operands) => operands.iter().any(may_be_nan),
        ExprKind::Case(branches) => branches.iter().any(|(_, value)| may_be_nan(value)),
        ExprKind::Arithmetic(
            ArithmeticOp::Add | ArithmeticOp::Sub | ArithmeticOp::Mul,
            left,
            right,
        ) => may_be_nan(left) || may_be_nan(right),
        _ => true,
    }
}

const DIVIDE_FLOATS: &str = "CASE WHEN {1} = 0 THEN CASE WHEN {0} = 'NaN' OR {0} = 0 THEN 'NaN' WHEN ({0} > 0) = ({1}::text = '0') THEN 'Infinity' WHEN {0} IS NOT NULL THEN '-Infinity' END::float8 ELSE {0} / {1} END";
const DIVIDE_BY: &str = "CASE WHEN {1} = 0 THEN CASE WHEN {0} = 'NaN' OR {0} = 0 THEN 'NaN' WHEN {0} > 0 THEN 'Infinity' WHEN {0} < 0 THEN '-Infinity' END::numeric ELSE {0} / {1} END";
const MOD_FLOATS: &str = "CASE WHEN {1} = 0 AND {0} IS NOT NULL THEN 'NaN'::float8 WHEN {1} <> 0 THEN ({0}::numeric % {1}::numeric)::float8 END";

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
