//! The query options: which there are, where each may stand, and how its value is read.
//!
//! In: the query as the client wrote it, or the cursor at the `(` of nested options. Out:
//! [`QueryOptions`]. Whether a resource allows an option is not known here.

use super::ast::{Present, QueryOptions};
use super::expr::operator_names;
use super::hint;
use super::parser::Parser;
use super::raw::Text;
use super::token::Token;
use crate::error::{Code, Error, Result, Span, nearest};
use crate::limits::Limits;

/// A system query option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SystemOption {
    Apply,
    Compute,
    Count,
    DeltaToken,
    Expand,
    Filter,
    Format,
    Id,
    Index,
    Levels,
    OrderBy,
    SchemaVersion,
    Search,
    Select,
    Skip,
    SkipToken,
    Top,
}

use SystemOption as O;

/// Every system query option by its canonical name.
const OPTIONS: &[(&str, SystemOption)] = &[
    ("$apply", O::Apply),
    ("$compute", O::Compute),
    ("$count", O::Count),
    ("$deltatoken", O::DeltaToken),
    ("$expand", O::Expand),
    ("$filter", O::Filter),
    ("$format", O::Format),
    ("$id", O::Id),
    ("$index", O::Index),
    ("$levels", O::Levels),
    ("$orderby", O::OrderBy),
    ("$schemaversion", O::SchemaVersion),
    ("$search", O::Search),
    ("$select", O::Select),
    ("$skip", O::Skip),
    ("$skiptoken", O::SkipToken),
    ("$top", O::Top),
];

/// The names of the system query options, with their `$`.
pub fn system_options() -> impl Iterator<Item = &'static str> {
    OPTIONS.iter().map(|(name, _)| *name)
}

/// Where options stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// Behind `?`.
    Query,
    /// `$expand=nav(..)`.
    Expand,
    /// `$expand=nav/$ref(..)`.
    ExpandRef,
    /// `$expand=nav/$count(..)`.
    ExpandCount,
    /// `$expand=*(..)`.
    ExpandStar,
    /// `$select=property(..)`.
    Select,
    /// `nav/$count(..)` in an expression.
    CountInExpr,
}

impl Place {
    fn allows(self, option: SystemOption) -> bool {
        let of_count = matches!(option, O::Filter | O::Search);
        let of_ref = of_count || matches!(option, O::OrderBy | O::Skip | O::Top | O::Count);
        match self {
            Place::Query => option != O::Levels,
            Place::ExpandCount | Place::CountInExpr => of_count,
            Place::ExpandRef => of_ref,
            Place::ExpandStar => option == O::Levels,
            Place::Select => of_ref || matches!(option, O::Compute | O::Select),
            Place::Expand => {
                of_ref
                    || matches!(
                        option,
                        O::Compute | O::Select | O::Expand | O::Levels | O::Apply
                    )
            }
        }
    }

    fn allows_aliases(self) -> bool {
        matches!(self, Place::Query | Place::Expand | Place::Select)
    }

    fn name(self) -> &'static str {
        match self {
            Place::Query => "the query",
            Place::Expand => "$expand",
            Place::ExpandRef => "$expand of '$ref'",
            Place::ExpandCount | Place::CountInExpr => "'$count'",
            Place::ExpandStar => "$expand of '*'",
            Place::Select => "$select",
        }
    }
}

/// Where the positions in errors and spans are counted from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The value of each option.
    Value,
    /// The whole text, whose first character has this position.
    Text(usize),
}

impl Origin {
    /// An error in an option's name, which no value has a place for.
    fn of_name(self, error: Error) -> Error {
        match self {
            Origin::Value => error.of_whole(),
            Origin::Text(_) => error,
        }
    }
}

/// The name of an option as it stands before its `=`.
#[derive(Clone, Copy)]
struct OptionName<'a> {
    text: &'a Text<'a>,
    origin: Origin,
}

impl OptionName<'_> {
    fn span(self) -> Span {
        self.text.span(0, self.text.as_str().len())
    }

    /// An error about the name itself.
    fn error(self, error: Error) -> Error {
        self.origin.of_name(error.at(self.span()))
    }
}

/// The option of this name: with or without `$`, in any case.
fn lookup(name: &str) -> Option<(&'static str, SystemOption)> {
    let bare = name.strip_prefix('$').unwrap_or(name);
    let is_it = |row: &&(&'static str, SystemOption)| {
        row.0
            .get(1..)
            .is_some_and(|known| known.eq_ignore_ascii_case(bare))
    };
    OPTIONS.iter().find(is_it).copied()
}

/// Reads the text behind `?`.
pub(crate) fn parse_query(raw: &str, limits: &Limits, origin: Origin) -> Result<QueryOptions> {
    let mut options = QueryOptions::default();
    let mut count = 0;
    let mut position = 0;
    for piece in raw.split('&') {
        let start = position;
        position += piece.chars().count() + 1;
        if piece.is_empty() {
            continue;
        }
        let (name, value) = match piece.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (piece, None),
        };
        count += 1;
        if count > limits.options {
            return Err(limits.exceeded("options").target(name));
        }
        if piece.len() > limits.option_bytes {
            // A long name would make a long error.
            let named = lookup(name).map_or("", |(canonical, _)| canonical);
            return Err(limits.exceeded("option_bytes").target(named));
        }
        let (name_base, value_base) = match origin {
            Origin::Value => (0, 0),
            Origin::Text(base) => (
                base + start,
                base + start + name.chars().count() + usize::from(value.is_some()),
            ),
        };
        let text = Text::query(name, name_base).map_err(|e| origin.of_name(e).target(name))?;
        let name = OptionName {
            text: &text,
            origin,
        };
        read_piece(&mut options, name, value, value_base, limits)?;
    }
    Ok(options)
}

fn read_piece(
    options: &mut QueryOptions,
    name: OptionName<'_>,
    value: Option<&str>,
    base: usize,
    limits: &Limits,
) -> Result<()> {
    let text = name.text.as_str();
    if text.starts_with('@') {
        let value = value_of(name, text, value)?;
        let value = Text::query(value, base).map_err(|e| e.target(text))?;
        let mut parser = Parser::new(name.text, limits);
        let alias = parser.alias_name().and_then(|alias| {
            parser.end("'='")?;
            Ok(alias)
        });
        let alias = alias.map_err(|e| name.error(e).target(text))?;
        return read_alias(options, alias, &mut Parser::new(&value, limits))
            .map_err(|e| e.target(text));
    }
    let Some((canonical, option)) = lookup(text) else {
        if text.starts_with('$') {
            return Err(name.error(unknown(text, Place::Query)).target(text));
        }
        return read_custom(options, name, value, base);
    };
    if !Place::Query.allows(option) {
        if text.starts_with('$') {
            return Err(name
                .error(not_allowed(canonical, Place::Query))
                .target(canonical));
        }
        return read_custom(options, name, value, base);
    }
    let value = value_of(name, canonical, value)?;
    let decoded = match option {
        // A media type and a token may hold a `+` of their own.
        O::Format | O::SkipToken | O::DeltaToken | O::Id => Text::path(value, base),
        _ => Text::query(value, base),
    };
    decoded
        .and_then(|value| {
            let mut parser = Parser::new(&value, limits);
            let present = Present {
                name: canonical,
                span: name.span(),
            };
            parser.option(options, present, option, text)?;
            parser.end(match option {
                O::Filter => "an operator or the end",
                O::OrderBy => "an operator, ',' or the end",
                O::Select | O::Expand | O::Compute => "',' or the end",
                O::Search => "a word, 'AND', 'OR' or the end",
                O::Apply => "'/' or the end",
                _ => "the end",
            })
        })
        .map_err(|e| e.target(canonical))
}

/// An option that OData knows nothing of.
fn read_custom(
    options: &mut QueryOptions,
    name: OptionName<'_>,
    value: Option<&str>,
    base: usize,
) -> Result<()> {
    let text = name.text.as_str();
    // The rest of `$filter=a eq 1 & b eq 2`: who wrote it would get rows that b is not 2 of.
    let mut words = text.split_ascii_whitespace().skip(1);
    if value.is_none() && words.any(|word| operator_names().any(|name| name == word)) {
        let message = format!(
            "expected the name of a query option, found '{}'",
            text.trim()
        );
        let error = name
            .error(Error::new(Code::SyntaxError, message))
            .target(text.trim());
        return Err(
            error.hint("combine conditions with 'and'; inside a string '&' is written '%26'")
        );
    }
    let value = Text::query(value.unwrap_or(""), base).map_err(|e| e.target(text))?;
    let custom = (text.to_owned(), value.as_str().to_owned());
    options.custom.push(custom);
    Ok(())
}

fn value_of<'v>(name: OptionName<'_>, target: &str, value: Option<&'v str>) -> Result<&'v str> {
    value.ok_or_else(|| {
        let end = name.text.as_str().len();
        let message = format!("expected '=' and a value behind '{target}'");
        let error = Error::new(Code::SyntaxError, message).at(name.text.span(end, end));
        name.error(error).target(target)
    })
}

fn read_alias(
    options: &mut QueryOptions,
    alias: super::ast::Name,
    parser: &mut Parser<'_>,
) -> Result<()> {
    if options
        .aliases
        .iter()
        .any(|(known, _)| known.text == alias.text)
    {
        let message = format!("the alias '{}' is given twice", alias.text);
        let error = Error::new(Code::DuplicateOption, message);
        return Err(match parser.in_options {
            true => error.at(alias.span),
            false => error,
        });
    }
    let value = parser.expr()?;
    if !parser.in_options {
        parser.end("an operator or the end")?;
    }
    options.aliases.push((alias, value));
    Ok(())
}

fn unknown(name: &str, place: Place) -> Error {
    let message = format!("unknown query option '{name}' in {}", place.name());
    let error = Error::new(Code::OptionNotAllowed, message);
    let bare = name.trim_start_matches('$');
    if let Some(here) = hint::option(bare) {
        return error.hint(format!("did you mean '{here}'?"));
    }
    if name.contains('=') {
        return error.hint("between an option and its value stands '=', not '%3D'");
    }
    let known = OPTIONS
        .iter()
        .filter(|row| place.allows(row.1))
        .map(|row| row.0);
    match nearest(name, known) {
        Some(near) => error.hint(format!("did you mean '{near}'?")),
        None => error,
    }
}

fn not_allowed(name: &str, place: Place) -> Error {
    let error = Error::option_not_allowed(name, format_args!("in {}", place.name()));
    match name {
        "$levels" => error.hint("as in $expand=items($levels=2)"),
        _ => error,
    }
}

impl Parser<'_> {
    /// `@p`.
    pub(crate) fn alias_name(&mut self) -> Result<super::ast::Name> {
        let start = self.expect(Token::At, "'@'")?.start;
        self.identifier("a name behind '@'")?;
        Ok(self.name_unchecked(start, self.position()))
    }

    /// `(option;option)`.
    pub(crate) fn nested_options(&mut self, place: Place) -> Result<QueryOptions> {
        self.expect(Token::Open, "'('")?;
        let outer = std::mem::replace(&mut self.in_options, true);
        let options = self.nested(|p| p.enclosed(|p| p.options_inside(place)))?;
        self.in_options = outer;
        Ok(options)
    }

    fn options_inside(&mut self, place: Place) -> Result<QueryOptions> {
        let mut options = QueryOptions::default();
        loop {
            self.skip_space();
            if self.peek() == Token::At && place.allows_aliases() {
                let alias = self.alias_name()?;
                self.expect(Token::Equals, "'=' behind the alias")?;
                read_alias(&mut options, alias, self)?;
            } else {
                self.nested_option(&mut options, place)?;
            }
            self.skip_space();
            if self.eat(Token::Semicolon) {
                continue;
            }
            let is_comma = self.peek() == Token::Comma;
            self.expect(Token::Close, "';' or ')'")
                .map_err(|e| match is_comma {
                    true => e.hint("options in parentheses are separated by ';'"),
                    false => e,
                })?;
            return Ok(options);
        }
    }

    /// `option=value`, one of those that may stand here.
    fn nested_option(&mut self, options: &mut QueryOptions, place: Place) -> Result<()> {
        if !matches!(self.peek(), Token::Dollar | Token::Name) {
            return Err(self.unexpected("the name of an option"));
        }
        let found = self.next();
        let name = self.slice(found.start, found.end);
        let span = self.span(found.start, found.end);
        let Some((canonical, option)) = lookup(name) else {
            let error = unknown(name, place).at(span);
            return Err(match self.peek() {
                Token::Equals => error,
                _ => error.hint("options stand here, as in ($filter=id eq 1)"),
            });
        };
        if !place.allows(option) {
            return Err(not_allowed(canonical, place).at(span));
        }
        self.expect(Token::Equals, "'=' behind the option's name")?;
        let present = Present {
            name: canonical,
            span,
        };
        self.option(options, present, option, name)
    }

    /// One nested option by itself.
    pub(crate) fn one_option(&mut self, place: Place) -> Result<QueryOptions> {
        let mut options = QueryOptions::default();
        self.nested_option(&mut options, place)?;
        Ok(options)
    }

    /// The value of an option, up to its end.
    fn option(
        &mut self,
        options: &mut QueryOptions,
        present: Present,
        option: SystemOption,
        written: &str,
    ) -> Result<()> {
        let canonical = present.name;
        if options.has(canonical) {
            let message = match written == canonical {
                true => format!("the option '{canonical}' is given twice"),
                false => format!("the option '{canonical}' is given twice, once as '{written}'"),
            };
            let error = Error::new(Code::DuplicateOption, message);
            return Err(match self.in_options {
                true => error.at(present.span),
                false => error,
            });
        }
        options.present.push(present);
        match option {
            O::Filter => options.filter = Some(self.expr()?),
            O::OrderBy => options.order_by = Some(self.order_by()?),
            O::Select => options.select = Some(self.select()?),
            O::Expand => options.expand = Some(self.expand()?),
            O::Compute => options.compute = Some(self.compute()?),
            O::Search => options.search = Some(self.search()?),
            O::Apply => options.apply = Some(self.apply()?),
            O::Top => options.top = Some(self.whole_number()?),
            O::Skip => options.skip = Some(self.whole_number()?),
            O::Count => options.count = Some(self.boolean()?),
            O::Levels => options.levels = Some(self.levels()?),
            O::Index => options.index = Some(self.index()?),
            O::Format => options.format = Some(self.text("a media type")?),
            O::Id => options.id = Some(self.text("the id of an entity")?),
            O::SkipToken => options.skip_token = Some(self.text("a token")?),
            O::DeltaToken => options.delta_token = Some(self.text("a token")?),
            O::SchemaVersion => options.schema_version = Some(self.schema_version()?),
        }
        Ok(())
    }
}
