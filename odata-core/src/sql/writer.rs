//! The one type that writes SQL. It takes `'static` text, names of the schema and parameters: none
//! of its methods takes a string of a request.

use super::{Param, Statement};
use crate::edm::{PgType, QualifiedName, Schema, Scope};
use crate::plan::{Scoped, Value};

/// A statement under construction.
pub(super) struct Writer<'a> {
    pub(super) schema: &'a Schema,
    pub(super) scope: &'a Scope,
    text: String,
    params: Vec<Param>,
    scope_param: Option<usize>,
}

/// A piece of text that this writer wrote before, to be written again.
pub(super) struct Piece(String);

impl<'a> Writer<'a> {
    pub(super) fn new(schema: &'a Schema, scope: &'a Scope) -> Writer<'a> {
        Writer {
            schema,
            scope,
            text: String::with_capacity(1024),
            params: Vec::new(),
            scope_param: None,
        }
    }

    pub(super) fn finish(self) -> Statement {
        Statement {
            text: self.text,
            params: self.params,
        }
    }

    /// Text of the service itself.
    pub(super) fn sql(&mut self, text: &'static str) {
        self.text.push_str(text);
    }

    /// A name of the model, quoted.
    pub(super) fn name(&mut self, name: &'static str) {
        self.text.push('"');
        self.text.push_str(&name.replace('"', "\"\""));
        self.text.push('"');
    }

    /// A table with its schema.
    pub(super) fn table(&mut self, table: &QualifiedName) {
        self.text.push_str(table.as_sql());
    }

    /// The alias of a table reference.
    pub(super) fn alias(&mut self, source: Scoped) {
        self.numbered("t", usize::from(source.id()));
    }

    /// A text of the model, as a literal.
    pub(super) fn text_literal(&mut self, text: &'static str) {
        self.text.push('\'');
        self.text.push_str(&text.replace('\'', "''"));
        self.text.push('\'');
    }

    /// A column of a table reference.
    pub(super) fn column(&mut self, source: Scoped, column: &'static str) {
        self.alias(source);
        self.text.push('.');
        self.name(column);
    }

    /// A name that the service makes: `c3`, `l0`.
    pub(super) fn numbered(&mut self, prefix: &'static str, number: usize) {
        self.text.push_str(prefix);
        self.text.push_str(itoa::Buffer::new().format(number));
    }

    /// `$n`.
    pub(super) fn param(&mut self, param: Param) {
        self.params.push(param);
        self.numbered("$", self.params.len());
    }

    /// A literal.
    pub(super) fn value(&mut self, value: &Value) {
        self.param(Param::from(value));
    }

    /// `= $n` or `= ANY($n)`: one of the caller's ids. It is one parameter in the whole statement.
    pub(super) fn in_scope(&mut self) {
        let ids = self.scope.ids();
        let number = match self.scope_param {
            Some(number) => number,
            None => {
                self.params.push(match ids {
                    [id] => Param::int8(*id),
                    ids => Param::array(
                        PgType::Int8,
                        &ids.iter().map(|id| id.to_be_bytes()).collect::<Vec<_>>(),
                    ),
                });
                self.params.len()
            }
        };
        self.scope_param = Some(number);
        if ids.len() == 1 {
            self.numbered(" = $", number);
        } else {
            self.numbered(" = ANY($", number);
            self.sql(")");
        }
    }

    /// What `write` writes, kept for later instead.
    pub(super) fn piece(&mut self, write: impl FnOnce(&mut Self)) -> Piece {
        let before = std::mem::take(&mut self.text);
        write(self);
        Piece(std::mem::replace(&mut self.text, before))
    }

    pub(super) fn write_piece(&mut self, piece: &Piece) {
        self.text.push_str(&piece.0);
    }

    /// A template of the function table, with pieces for `{0}`, `{1}`, ..
    pub(super) fn template(&mut self, template: &'static str, pieces: &[Piece]) {
        let mut rest = template;
        while let Some(open) = rest.find('{') {
            self.text.push_str(&rest[..open]);
            // A brace that isn't a placeholder belongs to the SQL: a regular expression has some.
            let piece = match rest.as_bytes()[open..] {
                [b'{', digit @ b'0'..=b'9', b'}', ..] => pieces.get(usize::from(digit - b'0')),
                _ => None,
            };
            match piece {
                Some(piece) => self.write_piece(piece),
                None => self.text.push('{'),
            }
            rest = &rest[open + if piece.is_some() { 3 } else { 1 }..];
        }
        self.text.push_str(rest);
    }

    /// The items with this between them.
    pub(super) fn list<T>(
        &mut self,
        items: &[T],
        between: &'static str,
        mut write: impl FnMut(&mut Self, &T),
    ) {
        for (i, item) in items.iter().enumerate() {
            if i > 0 {
                self.sql(between);
            }
            write(self, item);
        }
    }
}
