//! Expressions in SQL, with OData's null logic (URL Conventions 5.1.1.1).
//!
//! A condition of a WHERE keeps a row where it is true, so there null may stand for false; that is
//! the form an index can serve. Everywhere else (under `not`, as a value) the printed text is exact:
//! `eq` and `ne` never null, `gt ge lt le` false for null, the logical operators three-valued.

use super::cast::{cast_template, promotion};
use super::guard::{fails_within, may_fail};
use super::writer::{Piece, Writer};
use crate::edm::{PgType, PrimitiveType as T, Source};
use crate::functions::{Function, Operand, Sql};
use crate::plan::{Expr, ExprKind, Scoped, Value};

/// Where a condition stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Position {
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
            ExprKind::Search(texts, term) => self.search(texts, term, position),
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

    pub(super) fn absent(&mut self, source: Scoped) {
        if let Some(place) = self.set(source).key.first().copied() {
            self.stored(source, place);
            self.sql(" IS NULL");
        } else {
            self.sql("FALSE");
        }
    }

    /// Everything that isn't printed differently in a condition.
    fn plain(&mut self, expr: &Expr) {
        match may_fail(expr) {
            true => self.in_scope_only(expr, |writer| writer.evaluated(expr)),
            false => self.evaluated(expr),
        }
    }

    fn evaluated(&mut self, expr: &Expr) {
        let pg = expr.pg(self.schema);
        match &expr.kind {
            ExprKind::Null => self.null(pg),
            ExprKind::Value(value) => self.value(value),
            ExprKind::Key(place) => self.key(*place),
            ExprKind::Property(source, place) => self.property(*source, *place),
            ExprKind::Present(source) => {
                self.sql("(");
                self.present(*source);
                self.sql(")");
            }
            ExprKind::Arithmetic(op, left, right) => {
                self.arithmetic(*op, left, right, expr.ty_or_string());
            }
            ExprKind::Negate(operand) => self.negate(operand),
            ExprKind::Call(function, operands) => self.call(function, operands),
            ExprKind::Convert(operand) => self.convert(operand, pg),
            ExprKind::Cast(operand) => {
                let template = cast_template(operand.ty_or_string(), expr.ty_or_string());
                self.cast(operand, template);
            }
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
            ExprKind::Any(rows) => self.whether_rows(expr, rows.via, |writer| {
                writer.sql("EXISTS (SELECT 1");
                writer.rows_clause(rows, |_, _| {});
                writer.sql(")");
            }),
            ExprKind::All(rows, predicate) => self.whether_rows(expr, rows.via, |writer| {
                // `all` wants true of every member: a null breaks it.
                writer.sql("(NOT EXISTS (SELECT 1");
                writer.rows_clause(rows, |writer, conditions| {
                    conditions.next(writer);
                    writer.condition(predicate);
                    writer.sql(" IS NOT TRUE");
                });
                writer.sql("))");
            }),
            ExprKind::Count(rows) => self.value_of_rows(expr, |writer| writer.count(rows)),
            ExprKind::Column(id, place) => self.derived_column(*id, *place),
            ExprKind::Aggregate(aggregation) => self.aggregate(aggregation, expr.ty_or_string()),
            ExprKind::Gathered { value, key, filter } => {
                self.gathered(value, key, filter.as_deref());
            }
            ExprKind::Over(over) => self.over(over),
            ExprKind::Among(values, layer) if fails_within(expr) => {
                self.in_scope_only(expr, |writer| writer.among(values, layer));
            }
            ExprKind::Among(values, layer) => self.among(values, layer),
            ExprKind::Scalar(rows, value) => self.value_of_rows(expr, |writer| {
                writer.sql("(SELECT ");
                writer.led_by(&rows.joins, |writer| writer.operand(value));
                writer.rows_clause(rows, |_, _| {});
                writer.sql(")");
            }),
            ExprKind::Whole(input, value) => self.value_of_rows(expr, |writer| {
                writer.sql("(SELECT ");
                writer.led_on(input, |writer| writer.operand(value));
                writer.input(input, |_, _| {});
                writer.sql(")");
            }),
            ExprKind::And(_)
            | ExprKind::Or(_)
            | ExprKind::Not(_)
            | ExprKind::Compare(..)
            | ExprKind::In(..)
            | ExprKind::Search(..) => {
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

    /// In a condition as an index of trigrams serves it, whose collation is that of the condition.
    fn search(&mut self, texts: &[Expr], term: &str, position: Position) {
        let shows = position == Position::Value && texts.iter().any(|text| text.nullable);
        let pattern = Value::Text(like_pattern(term, true, true));
        let pattern = self.piece(|writer| writer.value(&pattern));
        self.sql(if shows { "COALESCE(" } else { "(" });
        self.list(texts, " OR ", |writer, text| {
            writer.unicode(text);
            writer.sql(" ILIKE ");
            writer.write_piece(&pattern);
        });
        self.sql(if shows { ", FALSE)" } else { ")" });
    }

    /// An operand for a template.
    pub(super) fn operand_piece(&mut self, expr: &Expr) -> Piece {
        self.typed_piece(expr, expr.pg(self.schema))
    }

    /// The same, cast where SQL would give it another type.
    pub(super) fn typed_piece(&mut self, expr: &Expr, ty: PgType) -> Piece {
        let piece = self.piece(|writer| writer.typed(expr, ty));
        if self.is_short(expr) {
            piece.short()
        } else {
            piece
        }
    }

    /// Whether it is a column, a parameter or a null, as it is or cast.
    pub(super) fn is_short(&self, expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::Null | ExprKind::Value(_) | ExprKind::Key(_) | ExprKind::Column(..) => true,
            ExprKind::Property(source, place) => {
                let property = &self.set(*source).properties[*place];
                !(property.ty == T::Json && json_text(property.source).is_some())
            }
            ExprKind::Convert(operand) => {
                self.is_short(operand)
                    && promotion(operand.pg(self.schema), expr.pg(self.schema)).is_none()
            }
            ExprKind::Negate(operand) => self.is_short(operand),
            _ => false,
        }
    }

    fn call(&mut self, function: &Function, operands: &[Expr]) {
        let literal = match operands {
            [operand, second, ..] => match &second.kind {
                ExprKind::Value(Value::Text(text)) => Some((operand, text)),
                _ => None,
            },
            _ => None,
        };
        match (function.sql, literal) {
            (Sql::Like { before, behind, .. }, Some((operand, text))) => {
                self.sql("(");
                self.operand(operand);
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
                let integer = |place| function.parameters.get(place) == Some(&Operand::Integer);
                let operands = operands.iter().enumerate();
                let pieces: Vec<_> = operands
                    .map(|(place, operand)| match integer(place) {
                        true => self.number_of_characters(operand),
                        false => self.operand_piece(operand),
                    })
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

    /// A number of characters, which PostgreSQL's functions take as `int4`: one beyond that is as good
    /// as the last, whose neighbours are numbers, too.
    fn number_of_characters(&mut self, operand: &Expr) -> Piece {
        let literal = matches!(&operand.kind, ExprKind::Convert(of) if of.is_value());
        if literal || operand.pg(self.schema) == PgType::Int2 {
            return self.typed_piece(operand, PgType::Int4);
        }
        let piece = self.operand_piece(operand);
        self.piece(|writer| writer.template(NUMBER_OF_CHARACTERS, &[piece]))
    }

    fn convert(&mut self, operand: &Expr, ty: PgType) {
        if let Some(template) = promotion(operand.pg(self.schema), ty) {
            let piece = self.operand_piece(operand);
            self.template(template, &[piece]);
            return;
        }
        self.sql("(");
        self.operand(operand);
        self.sql(")::");
        self.sql(ty.sql_name());
    }

    fn negate(&mut self, operand: &Expr) {
        self.sql("(- ");
        self.operand(operand);
        self.sql(")");
    }

    /// A cast that fails gives null (URL Conventions 5.1.1.10.1).
    fn cast(&mut self, operand: &Expr, template: &'static str) {
        let from = operand.ty_or_string();
        // A `real` is the Double that a row shows of it.
        let piece = if from == T::Double {
            self.typed_piece(operand, from.pg())
        } else {
            self.operand_piece(operand)
        };
        self.template(template, &[piece]);
    }
}

const NUMBER_OF_CHARACTERS: &str = "CASE WHEN {0} > 2147483646 THEN 2147483646 WHEN {0} < -2147483646 THEN -2147483646 ELSE {0}::int4 END";

/// The text that a row shows of a JSON column: its text, or, where it is a JSON string that holds an
/// object or array as text, that text. The guard keeps out what PostgreSQL cannot unescape.
const JSON_TEXT: &str = "CASE WHEN json_typeof({0}) = 'string' AND {0}::text ~ '^[ \\t\\n\\r]*\"[ ]*[{[]' AND {0}::text !~ '\\\\u(0000|[dD][89a-fA-F])' THEN {0} #>> '{}' ELSE {0}::text END";
const JSONB_TEXT: &str = "CASE WHEN jsonb_typeof({0}) = 'string' AND {0}::text ~ '^[ \\t\\n\\r]*\"[ ]*[{[]' AND {0}::text !~ '\\\\u(0000|[dD][89a-fA-F])' THEN {0} #>> '{}' ELSE {0}::text END";

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
