//! The one type that writes SQL. It takes `'static` text, names of the schema and parameters: none
//! of its methods takes a string of a request.

use super::{Param, Plans, Statement};
use crate::edm::{PgType, QualifiedName, Schema, Scope, StructuralProperty};
use crate::plan::{Keys, Scoped, Value};

/// A statement under construction.
pub(super) struct Writer<'a> {
    pub(super) schema: &'a Schema,
    pub(super) scope: &'a Scope,
    keys: &'a Keys,
    text: String,
    params: Vec<Param>,
    scope_param: Option<usize>,
    /// The rows that conditions are asked of here, and where joins lead on to from them.
    pub(super) root: Option<(Scoped, Vec<Scoped>)>,
    /// The table references that an expression may meet before PostgreSQL has asked whether their rows are the
    /// caller's: another table says so, which is a join to it.
    pub(super) undecided: Vec<Scoped>,
    /// The to-one navigations of the rows around, which may be absent.
    pub(super) led_to: Vec<Scoped>,
}

/// A piece of text that this writer wrote before, to be written again.
pub(super) struct Piece {
    text: String,
    short: bool,
}

impl Piece {
    /// The same, which may be written several times in one expression: a column or a parameter.
    pub(super) fn short(self) -> Piece {
        Piece {
            short: true,
            ..self
        }
    }

    /// Whether it is a truth value as it stands.
    pub(super) fn is_truth_value(&self) -> bool {
        matches!(self.text.as_str(), "FALSE" | "TRUE")
    }
}

impl<'a> Writer<'a> {
    pub(super) fn new(schema: &'a Schema, scope: &'a Scope, keys: &'a Keys) -> Writer<'a> {
        Writer {
            schema,
            scope,
            keys,
            text: String::with_capacity(1024),
            params: Vec::with_capacity(4),
            scope_param: None,
            root: None,
            undecided: Vec::new(),
            led_to: Vec::new(),
        }
    }

    pub(super) fn finish(self, plans: Plans) -> Statement {
        Statement {
            text: self.text,
            params: self.params,
            plans,
        }
    }

    /// Text of the service itself.
    pub(super) fn sql(&mut self, text: &'static str) {
        self.text.push_str(text);
    }

    /// A name of the model, quoted.
    pub(super) fn name(&mut self, name: &'static str) {
        self.text.push('"');
        self.doubled(name, '"');
        self.text.push('"');
    }

    /// A table with its schema.
    pub(super) fn table(&mut self, table: &QualifiedName) {
        self.text.push_str(table.as_sql());
    }

    /// The alias of a table reference.
    pub(super) fn alias(&mut self, source: Scoped) {
        self.numbered("t", source.id());
    }

    /// A text of the model, as a literal.
    pub(super) fn text_literal(&mut self, text: &'static str) {
        self.text.push('\'');
        self.doubled(text, '\'');
        self.text.push('\'');
    }

    /// A text whose quotes are doubled.
    fn doubled(&mut self, text: &'static str, quote: char) {
        // Names are short and have none: to look at each byte is the fastest search.
        if !text.bytes().any(|byte| char::from(byte) == quote) {
            self.text.push_str(text);
            return;
        }
        for (i, part) in text.split(quote).enumerate() {
            if i > 0 {
                self.text.extend([quote, quote]);
            }
            self.text.push_str(part);
        }
    }

    /// A column of a table reference.
    pub(super) fn column(&mut self, source: Scoped, column: &'static str) {
        self.alias(source);
        self.text.push('.');
        self.name(column);
    }

    /// The column of a property.
    pub(super) fn property_column(&mut self, source: Scoped, property: &StructuralProperty) {
        self.alias(source);
        self.text.push('.');
        self.text.push_str(property.as_sql());
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

    /// A key of the path.
    pub(super) fn key(&mut self, place: usize) {
        let value = self.keys.get(place);
        debug_assert!(value.is_some(), "the keys are those of the plan's requests");
        self.param(value.map_or_else(|| Param::null(PgType::Int8), Param::int8));
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
        // Most are a column, a parameter or a comparison.
        let before = std::mem::replace(&mut self.text, String::with_capacity(64));
        write(self);
        Piece {
            text: std::mem::replace(&mut self.text, before),
            short: false,
        }
    }

    pub(super) fn write_piece(&mut self, piece: &Piece) {
        self.text.push_str(&piece.text);
    }

    /// A template of the function table, with pieces for `{0}`, `{1}`, ..
    ///
    /// A piece that isn't short and is wanted more than once is computed in a sub-select and named:
    /// written out each time, functions of functions would make a text that doubles with every level.
    /// `OFFSET 0` keeps PostgreSQL from writing it out itself.
    pub(super) fn template(&mut self, template: &'static str, pieces: &[Piece]) {
        let named = |place: usize| {
            let wanted = parts(template, pieces.len()).filter(|part| *part == Part::Piece(place));
            pieces.get(place).is_some_and(|piece| !piece.short) && wanted.count() > 1
        };
        let any = (0..pieces.len()).any(named);
        if any {
            self.sql("(SELECT ");
        }
        for part in parts(template, pieces.len()) {
            match part {
                Part::Text(text) => self.sql(text),
                Part::Piece(place) if named(place) => self.numbered("v.a", place),
                Part::Piece(place) => {
                    if let Some(piece) = pieces.get(place) {
                        self.write_piece(piece);
                    }
                }
            }
        }
        if any {
            self.sql(" FROM");
            let pieces = pieces.iter().enumerate();
            let named = pieces.filter(|(place, _)| named(*place));
            for (i, (place, piece)) in named.enumerate() {
                self.sql(if i == 0 { " (SELECT " } else { ", " });
                self.write_piece(piece);
                self.numbered(" AS a", place);
            }
            self.sql(" OFFSET 0) v)");
        }
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

/// A part of a template.
#[derive(PartialEq, Eq)]
enum Part {
    Text(&'static str),
    Piece(usize),
}

/// The parts of a template for so many pieces, in order. A brace that isn't a placeholder belongs to
/// the SQL: a regular expression has some.
fn parts(template: &'static str, pieces: usize) -> impl Iterator<Item = Part> {
    let mut rest = template;
    std::iter::from_fn(move || {
        if let [b'{', digit @ b'0'..=b'9', b'}', ..] = rest.as_bytes() {
            let place = usize::from(digit - b'0');
            if place < pieces {
                rest = &rest[3..];
                return Some(Part::Piece(place));
            }
        }
        let brace = |from: usize| rest[from..].find('{').map(|place| place + from);
        let end = match rest.as_bytes().first()? {
            b'{' => brace(1),
            _ => brace(0),
        };
        let (text, behind) = rest.split_at(end.unwrap_or(rest.len()));
        rest = behind;
        Some(Part::Text(text))
    })
}
