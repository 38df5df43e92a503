//! A plan's rows as one statement.

use super::rows::Conditions;
use super::writer::Writer;
use super::{Param, Plans, Statement};
use crate::edm::{PgType, Schema, Scope};
use crate::plan::{
    Anchor, Answer, Bound, Data, Expr, ExprKind, Input, Keys, OrderItem, Output, Page, Query, Rows,
    Scoped, Window,
};

/// Where a statement's columns are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// Whether the entity that the rows hang on exists: the first column, where there is one.
    pub present: Option<usize>,
    /// The first of the query's outputs.
    pub first: usize,
    /// The number of all rows: the last column, where it is asked for. Null in every row that does
    /// not need to tell it.
    pub count: Option<usize>,
}

/// Where the columns of [`select`]'s statement are.
pub fn layout(data: &Data, page: &Page) -> Layout {
    let first = usize::from(data.anchor.is_some());
    let counts =
        matches!(data.answer, Answer::Collection | Answer::References) && page.counts(&data.query);
    Layout {
        present: data.anchor.is_some().then_some(0),
        first,
        count: counts.then(|| first + data.query.outputs.len()),
    }
}

/// The statement that reads one page of a plan's rows, as this caller may see them. The keys are those of
/// the request's path.
pub fn select(schema: &Schema, data: &Data, keys: &Keys, scope: &Scope, page: &Page) -> Statement {
    #[cfg(wall_mutant)]
    super::mutant::select(schema, data, page);
    let mut writer = Writer::new(schema, scope, keys);
    match data.answer {
        Answer::Count => writer.count_statement(data),
        _ => writer.rows_statement(data, page),
    }
    writer.finish(plans(data.is_little(page)))
}

/// To plan what is little takes longer than to read it.
fn plans(is_little: bool) -> Plans {
    match is_little {
        true => Plans::Auto,
        false => Plans::ForceCustom,
    }
}

/// A sort value of the row that a next link continues from, as far as the link knows it.
#[derive(Debug, Clone)]
pub enum Remembered {
    /// The value.
    Value(Bound),
    /// The first half of the SHA-256 of its binary form.
    Hash(PgType, Vec<u8>),
}

/// The statement that reads the sort values of one row again: a next link does not carry long texts.
/// An entity is known by its key; a row of an aggregation by all that is known of it.
pub fn sort_values(
    schema: &Schema,
    data: &Data,
    keys: &Keys,
    scope: &Scope,
    remembered: &[Remembered],
) -> Statement {
    #[cfg(wall_mutant)]
    super::mutant::sort_values(schema, data);
    let mut writer = Writer::new(schema, scope, keys);
    let by_key = data.query.rows().is_some();
    match &data.anchor {
        // `$these` and what `$apply` made are of the rows that hang on the entity.
        Some(anchor) => {
            writer.sql("SELECT t.*");
            writer.anchor_from(anchor, |writer| {
                writer.sql(" CROSS JOIN LATERAL (");
                writer.sort_values(&data.query, remembered);
                writer.sql(") t");
            });
        }
        None => writer.sort_values(&data.query, remembered),
    }
    writer.finish(plans(by_key))
}

/// The function that makes the binary form of a value, of the types whose values may be long.
fn send(ty: PgType) -> &'static str {
    match ty {
        PgType::Numeric => "numeric_send",
        PgType::Bytea => "byteasend",
        _ => "textsend",
    }
}

impl Writer<'_> {
    fn sort_values(&mut self, query: &Query, remembered: &[Remembered]) {
        self.led_on(&query.input, |writer| {
            writer.sort_values_of(query, remembered);
        });
    }

    fn sort_values_of(&mut self, query: &Query, remembered: &[Remembered]) {
        self.sql("SELECT ");
        self.list(&query.order, ", ", |writer, item| {
            writer.output_expr(&item.expr);
        });
        let input = match &query.input {
            Input::Rows(rows) => Input::Rows(Rows {
                via: None,
                filter: None,
                ..rows.clone()
            }),
            derived => derived.clone(),
        };
        let by_key = query.rows().is_some();
        self.input(&input, |writer, conditions| {
            for (item, remembered) in query.order.iter().zip(remembered) {
                match remembered {
                    Remembered::Value(Bound {
                        ty,
                        value: Some(value),
                    }) => {
                        conditions.next(writer);
                        writer.operand(&item.expr);
                        writer.sql(" = ");
                        writer.param(Param::binary(*ty, value.clone()));
                    }
                    _ if by_key => {}
                    Remembered::Value(Bound { value: None, .. }) => {
                        conditions.next(writer);
                        writer.operand(&item.expr);
                        writer.sql(" IS NULL");
                    }
                    Remembered::Hash(ty, hash) => {
                        conditions.next(writer);
                        writer.sql("substr(sha256(");
                        writer.sql(send(*ty));
                        writer.sql("(");
                        writer.operand(&item.expr);
                        writer.sql(")), 1, 16) = ");
                        writer.param(Param::binary(PgType::Bytea, hash.clone()));
                    }
                }
            }
        });
    }

    fn count_statement(&mut self, data: &Data) {
        match &data.anchor {
            None => {
                self.sql("SELECT count(*)");
                self.input(&data.query.input, |_, _| {});
            }
            Some(anchor) => {
                self.sql("SELECT ");
                self.present(anchor.last());
                self.sql(", ");
                self.count_input(&data.query.input);
                self.anchor_from(anchor, |_| {});
            }
        }
    }

    fn rows_statement(&mut self, data: &Data, page: &Page) {
        let query = &data.query;
        let layout = layout(data, page);
        let many = matches!(data.answer, Answer::Collection | Answer::References);
        let window = page.window(query, layout.count.is_some());
        let skips = many && window.skip > 0;
        if data.anchor.is_none() && layout.count.is_none() {
            self.page(query, page, many.then_some(window), false);
            return;
        }
        self.sql("SELECT ");
        if let Some(anchor) = &data.anchor {
            self.present(anchor.last());
            self.sql(", ");
        }
        for i in 0..query.outputs.len() {
            if i > 0 {
                self.sql(", ");
            }
            self.numbered("t.c", i);
        }
        if layout.count.is_some() {
            // A page that isn't full tells the number by itself: the sub-select runs only where a
            // row beyond the page was found, or where the rows that were skipped hide it; for a
            // stream with its first row.
            self.sql(", CASE WHEN row_number() OVER () = ");
            let row = i64::try_from(window.count_row).unwrap_or(i64::MAX);
            self.param(Param::int8(row));
            if skips && let Some(key) = query.shape.key.first() {
                self.numbered(" OR t.c", *key);
                self.sql(" IS NULL");
            }
            self.sql(" THEN ");
            self.count_input(&query.input);
            self.sql(" END");
        }
        match &data.anchor {
            Some(anchor) => self.anchor_from(anchor, |writer| {
                writer.sql(" LEFT JOIN LATERAL (");
                writer.page(query, page, many.then_some(window), true);
                if !many {
                    // Nothing is made of the row before it is known that the path leads to it.
                    writer.sql(" OFFSET 0");
                }
                writer.sql(") t ON TRUE");
            }),
            None if skips => {
                self.sql(" FROM (VALUES (1)) v LEFT JOIN LATERAL (");
                self.page(query, page, many.then_some(window), true);
                self.sql(") t ON TRUE");
            }
            None => {
                self.sql(" FROM (");
                self.page(query, page, many.then_some(window), true);
                self.sql(") t");
            }
        }
    }

    /// The chain of entities that the rows hang on.
    fn anchor_from(&mut self, anchor: &Anchor, then: impl FnOnce(&mut Self)) {
        self.from(&anchor.first);
        for (join, key) in &anchor.steps {
            self.left_join_where(join, |writer, conditions| {
                if let Some(key) = key {
                    conditions.next(writer);
                    writer.condition(key);
                }
            });
        }
        then(self);
        let mut conditions = Conditions::new(" WHERE ");
        self.scope_condition_first(anchor.first.from, &mut conditions);
        if let Some(key) = &anchor.first.filter {
            conditions.next(self);
            self.condition(key);
        }
    }

    /// Whether there is an entity at a table reference.
    pub(super) fn present(&mut self, source: Scoped) {
        let key = self.set(source).key.first().copied();
        match key {
            Some(place) => {
                self.stored(source, place);
                self.sql(" IS NOT NULL");
            }
            None => self.sql("TRUE"),
        }
    }

    fn count_input(&mut self, input: &Input) {
        self.sql("(SELECT count(*)");
        match input {
            Input::Rows(rows) => self.rows_clause(&rows.to_count(), |_, _| {}),
            made => self.input(made, |_, _| {}),
        }
        self.sql(")");
    }

    /// `(SELECT count(*) ..)`.
    pub(super) fn count(&mut self, rows: &Rows) {
        self.sql("(SELECT count(*)");
        self.rows_clause(rows, |_, _| {});
        self.sql(")");
    }

    /// The rows of one page, their columns named `c0`, `c1`, .. where something stands around it.
    fn page(&mut self, query: &Query, page: &Page, window: Option<Window>, named: bool) {
        self.led_on(&query.input, |writer| {
            writer.page_of(query, page, window, named);
        });
    }

    fn page_of(&mut self, query: &Query, page: &Page, window: Option<Window>, named: bool) {
        self.sql("SELECT ");
        for (i, output) in query.outputs.iter().enumerate() {
            if i > 0 {
                self.sql(", ");
            }
            self.output(output);
            if named {
                self.numbered(" AS c", i);
            }
        }
        self.input(&query.input, |writer, conditions| {
            if let Some(bounds) = &page.after {
                conditions.next(writer);
                writer.after(&query.order, bounds);
            }
        });
        if let Some(window) = window {
            self.order_by(&query.order, |item| match query.outputs.get(item.output) {
                // What is computed for the row already isn't written out a second time.
                Some(
                    Output::Expr(Expr {
                        kind: ExprKind::Property(..) | ExprKind::Column(..),
                        ..
                    })
                    | Output::Property(..),
                )
                | None => None,
                Some(_) => Some(item.output),
            });
            self.limit(window.read, window.skip);
        }
    }

    fn output(&mut self, output: &Output) {
        match output {
            Output::Property(source, place) => self.output_property(*source, *place),
            Output::Expr(expr) => self.output_expr(expr),
            Output::Array(query, bound) => self.array(query, *bound),
            Output::Count(input) => self.count_input(input),
        }
    }

    /// An expanded collection: the rows in the binary form that `record_send` gives them, which is
    /// the form of a row of its own, and nests.
    fn array(&mut self, query: &Query, bound: u64) {
        let window = Page::first(bound).window(query, false);
        self.led_on(&query.input, |writer| {
            writer.sql("ARRAY(SELECT record_send(ROW(");
            writer.list(&query.outputs, ", ", Writer::output);
            writer.sql("))");
            writer.input(&query.input, |_, _| {});
            writer.order_by(&query.order, |_| None);
            writer.limit(window.read, window.skip);
            writer.sql(")");
        });
    }

    /// `place` says of an item whether it is a column of the SELECT.
    fn order_by(&mut self, order: &[OrderItem], place: impl Fn(&OrderItem) -> Option<usize>) {
        if order.is_empty() {
            return;
        }
        self.sql(" ORDER BY ");
        self.list(order, ", ", |writer, item| match place(item) {
            Some(place) => {
                writer.numbered("", place + 1);
                writer.direction(&item.expr, item.descending);
            }
            None => writer.sort_item(&item.expr, item.descending),
        });
    }

    pub(super) fn sort_item(&mut self, expr: &Expr, descending: bool) {
        self.sort_operand(expr);
        self.direction(expr, descending);
    }

    /// Nulls come first when ascending and last when descending (Protocol 11.2.6.2), the reverse of
    /// PostgreSQL's; said only where there may be one, or no index serves the order.
    fn direction(&mut self, expr: &Expr, descending: bool) {
        self.sql(match (descending, expr.nullable) {
            (false, false) => "",
            (false, true) => " NULLS FIRST",
            (true, false) => " DESC",
            (true, true) => " DESC NULLS LAST",
        });
    }

    pub(super) fn limit(&mut self, rows: u64, skip: u64) {
        self.sql(" LIMIT ");
        self.param(Param::int8(i64::try_from(rows).unwrap_or(i64::MAX)));
        if skip > 0 {
            self.offset(skip);
        }
    }

    pub(super) fn offset(&mut self, skip: u64) {
        self.sql(" OFFSET ");
        self.param(Param::int8(i64::try_from(skip).unwrap_or(i64::MAX)));
    }
}
