//! Table references: FROM, joins, scope and conditions.

use super::writer::Writer;
use crate::edm::{EntitySet, JoinPath, LinkTable, ScopeRule, Source};
use crate::plan::{Join, Rows, Scoped, Via};

impl<'a> Writer<'a> {
    pub(super) fn set(&self, source: Scoped) -> &'a EntitySet {
        self.schema.set(source.set())
    }

    /// `FROM .. LEFT JOIN .. WHERE ..`, with what `more` adds to the conditions.
    pub(super) fn rows_clause(
        &mut self,
        rows: &Rows,
        more: impl FnOnce(&mut Self, &mut Conditions),
    ) {
        let joined = rows.joins.iter().map(|join| join.source);
        let around = self.root.replace((rows.from, joined.collect()));
        self.from(rows);
        let mut conditions = Conditions::new(" WHERE ");
        match rows.lateral {
            Some(_) => self.scope_condition_first(rows.from, &mut conditions),
            None => self.scope_condition(rows.from, &mut conditions),
        }
        for source in &rows.crossed {
            self.scope_condition(*source, &mut conditions);
        }
        if let Some(via) = rows.via {
            self.join_condition(via, rows.from, &mut conditions);
        }
        let combined = rows.crossed.iter().chain([&rows.from]).copied();
        self.led_by(&rows.joins, |writer| {
            writer.among_undecided(combined, |writer| {
                if let Some(filter) = &rows.filter {
                    conditions.next(writer);
                    writer.condition(filter);
                }
                more(writer, &mut conditions);
            });
        });
        self.root = around;
    }

    /// `FROM` a table, those that are combined with it, and the to-one navigations from them.
    pub(super) fn from(&mut self, rows: &Rows) {
        self.sql(" FROM ");
        self.table_reference(rows.from);
        for source in &rows.crossed {
            self.sql(" CROSS JOIN ");
            self.table_reference(*source);
        }
        for join in &rows.joins {
            self.left_join(join);
        }
        if let Some(lateral) = &rows.lateral {
            self.lateral(lateral);
        }
    }

    fn table_reference(&mut self, source: Scoped) {
        let set = self.set(source);
        self.table(&set.table);
        self.sql(" ");
        self.alias(source);
    }

    /// A left join under the far end's own scope: an entity that the caller may not see is absent.
    pub(super) fn left_join(&mut self, join: &Join) {
        self.left_join_where(join, |_, _| {});
    }

    pub(super) fn left_join_where(
        &mut self,
        join: &Join,
        more: impl FnOnce(&mut Self, &mut Conditions),
    ) {
        self.sql(" LEFT JOIN ");
        self.table_reference(join.source);
        let mut conditions = Conditions::new(" ON ");
        self.join_condition(join.via, join.source, &mut conditions);
        self.scope_condition(join.source, &mut conditions);
        more(self, &mut conditions);
    }

    /// The caller's scope on a table reference. Every one of them gets it, here or nowhere.
    pub(super) fn scope_condition(&mut self, source: Scoped, conditions: &mut Conditions) {
        self.scope_by(source, "", conditions);
    }

    /// The same on rows of each of which something is made that may fail: over somebody else's row, that would tell of
    /// it. A scope by another table is a join to PostgreSQL, which it may leave for later; with an `OFFSET` it is a
    /// condition on the row alone, and decided first.
    pub(super) fn scope_condition_first(&mut self, source: Scoped, conditions: &mut Conditions) {
        self.scope_by(source, " OFFSET 0", conditions);
    }

    fn scope_by(&mut self, source: Scoped, end: &'static str, conditions: &mut Conditions) {
        #[cfg(wall_mutant)]
        if super::mutant::leaves_out(source) {
            conditions.next(self);
            self.sql("TRUE");
            return;
        }
        match &self.set(source).scope {
            ScopeRule::Unscoped => {}
            ScopeRule::Column(column) => {
                conditions.next(self);
                self.column(source, column);
                self.in_scope();
            }
            ScopeRule::Via { table, on, column } => {
                conditions.next(self);
                self.sql("EXISTS (SELECT 1 FROM ");
                self.table(table);
                self.sql(" s WHERE ");
                for (theirs, ours) in on {
                    self.sql("s.");
                    self.name(theirs);
                    self.sql(" = ");
                    self.stored(source, *ours);
                    self.sql(" AND ");
                }
                self.sql("s.");
                self.name(column);
                self.in_scope();
                self.sql(end);
                self.sql(")");
            }
        }
    }

    /// What connects the two ends of a navigation property; the scope column too, where both have
    /// one.
    fn join_condition(&mut self, via: Via, far: Scoped, conditions: &mut Conditions) {
        let near_set = self.set(via.near);
        match &near_set.navigation[via.navigation].path {
            JoinPath::Keys {
                pairs,
                near,
                far: far_conditions,
            } => {
                for (ours, theirs) in pairs {
                    conditions.next(self);
                    self.stored(far, *theirs);
                    self.sql(" = ");
                    self.stored(via.near, *ours);
                }
                for (source, list) in [(via.near, near), (far, far_conditions)] {
                    for (place, text) in list {
                        conditions.next(self);
                        self.stored(source, *place);
                        let source = self.set(source).properties[*place].source;
                        if matches!(source, Source::Column { ty: None, .. }) {
                            self.sql("::text");
                        }
                        self.constant(text);
                    }
                }
            }
            JoinPath::Links {
                tables,
                first,
                last,
                reversed,
            } => {
                let (start, end) = if *reversed {
                    (far, via.near)
                } else {
                    (via.near, far)
                };
                conditions.next(self);
                self.links(tables, (start, first), (end, last));
            }
        }
        #[cfg(wall_mutant)]
        if super::mutant::leaves_account_out(far) {
            return;
        }
        if let (ScopeRule::Column(ours), ScopeRule::Column(theirs)) =
            (&near_set.scope, &self.set(far).scope)
        {
            conditions.next(self);
            self.column(far, theirs);
            self.sql(" = ");
            self.column(via.near, ours);
        }
    }

    /// `EXISTS` a chain of link tables between the two ends: each row of an end once.
    fn links(
        &mut self,
        tables: &[LinkTable],
        (start, first): (Scoped, &[(usize, &'static str)]),
        (end, last): (Scoped, &[(usize, &'static str)]),
    ) {
        let link = |writer: &mut Self, number: usize, column: &'static str| {
            writer.numbered("l", number);
            writer.sql(".");
            writer.name(column);
        };
        self.sql("EXISTS (SELECT 1 FROM ");
        for (i, link_table) in tables.iter().enumerate() {
            if i > 0 {
                self.sql(" JOIN ");
            }
            self.table(&link_table.table);
            self.numbered(" l", i);
            for (j, (column, before)) in link_table.on.iter().enumerate() {
                self.sql(if j == 0 { " ON " } else { " AND " });
                link(self, i, column);
                self.sql(" = ");
                link(self, i.saturating_sub(1), before);
            }
        }
        let mut conditions = Conditions::new(" WHERE ");
        for (source, number, pairs) in [(start, 0, first), (end, tables.len() - 1, last)] {
            for (place, column) in pairs {
                conditions.next(self);
                link(self, number, column);
                self.sql(" = ");
                self.stored(source, *place);
            }
        }
        for (i, link_table) in tables.iter().enumerate() {
            for (column, text) in &link_table.when {
                conditions.next(self);
                link(self, i, column);
                // It may be of an enumeration, which need not have the text. A `varchar` stays what
                // an index finds.
                self.sql("::text");
                self.constant(text);
            }
        }
        self.sql(")");
    }

    /// `= 'text'`, a text of the model.
    fn constant(&mut self, text: &'static str) {
        self.sql(" = ");
        self.text_literal(text);
    }

    /// A property's column as it is stored.
    pub(super) fn stored(&mut self, source: Scoped, place: usize) {
        let property = &self.set(source).properties[place];
        match property.source {
            Source::Column { .. } => self.property_column(source, property),
            Source::Null => {
                self.sql("NULL::");
                self.sql(property.ty.pg().sql_name());
            }
        }
    }
}

/// Conditions joined by AND, behind a word that stands only before the first.
pub(super) struct Conditions {
    word: &'static str,
}

impl Conditions {
    pub(super) fn new(word: &'static str) -> Conditions {
        Conditions { word }
    }

    /// Whether one was written.
    pub(super) fn are_there(&self) -> bool {
        self.word == " AND "
    }

    /// To be called before each condition is written.
    pub(super) fn next(&mut self, writer: &mut Writer<'_>) {
        writer.sql(self.word);
        self.word = " AND ";
    }
}
