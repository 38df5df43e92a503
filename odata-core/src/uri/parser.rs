//! The cursor that all parts of the grammar share: tokens, white space, bounds and error texts.
//!
//! In: one decoded piece of a URL. Out: the tokens that the grammar asks for, or an error with its
//! place, what was expected, what was found, and a hint where one is near.

use super::ast::{Expr, ExprKind, Name};
use super::hint::hint;
use super::raw::Text;
use super::token::Token;
use crate::error::{Code, Error, Result, Span};
use crate::limits::Limits;

/// The longest `odataIdentifier`, in characters.
const LONGEST_NAME: usize = 128;

/// A place in one decoded piece, and what has been spent of the limits.
pub(crate) struct Parser<'a> {
    text: &'a Text<'a>,
    pub(crate) limits: &'a Limits,
    position: usize,
    peeked: Option<(usize, Token, usize)>,
    depth: usize,
    pub(crate) nodes: usize,
    pub(crate) expands: usize,
    pub(crate) expand_depth: usize,
    pub(crate) lambda_depth: usize,
    pub(crate) apply_steps: usize,
    /// Inside the condition of `case`, where `10:20` may be two numbers.
    pub(crate) in_case: bool,
    /// Inside an expression, whose depth is checked when it is whole.
    pub(crate) in_expr: bool,
    /// Between the parentheses of nested options, where `;` and `,` end a value.
    pub(crate) in_options: bool,
}

/// One token with its place, in bytes of the decoded text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Found {
    pub(crate) token: Token,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl<'a> Parser<'a> {
    pub(crate) fn new(text: &'a Text<'a>, limits: &'a Limits) -> Parser<'a> {
        Parser {
            text,
            limits,
            position: 0,
            peeked: None,
            depth: 0,
            nodes: 0,
            expands: 0,
            expand_depth: 0,
            lambda_depth: 0,
            apply_steps: 0,
            in_case: false,
            in_expr: false,
            in_options: false,
        }
    }

    // Places.

    pub(crate) fn position(&self) -> usize {
        self.position
    }

    pub(crate) fn set_position(&mut self, position: usize) {
        self.position = position;
    }

    /// The decoded text from here on.
    pub(crate) fn rest(&self) -> &'a str {
        self.text_from(self.position)
    }

    pub(crate) fn text_from(&self, start: usize) -> &'a str {
        self.text.as_str().get(start..).unwrap_or("")
    }

    pub(crate) fn slice(&self, start: usize, end: usize) -> &'a str {
        self.text.as_str().get(start..end).unwrap_or("")
    }

    pub(crate) fn is_encoded(&self, byte: usize) -> bool {
        self.text.is_encoded(byte)
    }

    pub(crate) fn span(&self, start: usize, end: usize) -> Span {
        self.text.span(start, end)
    }

    /// The range from `start` to here.
    pub(crate) fn span_from(&self, start: usize) -> Span {
        self.text.span(start, self.position)
    }

    // Tokens.

    /// The next token, which stays.
    pub(crate) fn peek(&mut self) -> Token {
        self.peek_found().token
    }

    pub(crate) fn peek_found(&mut self) -> Found {
        if let Some((start, token, end)) = self.peeked
            && start == self.position
        {
            return Found { token, start, end };
        }
        let (token, length) = Token::first(self.rest());
        let (start, end) = (self.position, self.position + length);
        self.peeked = Some((start, token, end));
        Found { token, start, end }
    }

    /// The text of the next token.
    pub(crate) fn peek_text(&mut self) -> &'a str {
        let found = self.peek_found();
        self.slice(found.start, found.end)
    }

    /// The token behind the next one.
    pub(crate) fn peek_second(&mut self) -> Token {
        let end = self.peek_found().end;
        Token::first(self.text_from(end)).0
    }

    pub(crate) fn next(&mut self) -> Found {
        let found = self.peek_found();
        self.position = found.end;
        found
    }

    /// Takes the next token if it is this one.
    pub(crate) fn eat(&mut self, token: Token) -> bool {
        let found = self.peek_found();
        if found.token == token {
            self.position = found.end;
        }
        found.token == token
    }

    pub(crate) fn expect(&mut self, token: Token, expected: &str) -> Result<Found> {
        let found = self.peek_found();
        if found.token != token {
            return Err(self.unexpected(expected));
        }
        self.position = found.end;
        Ok(found)
    }

    /// White space that may stand here (`BWS`).
    pub(crate) fn skip_space(&mut self) -> bool {
        self.eat(Token::Space)
    }

    /// The closing parenthesis, with white space before it.
    pub(crate) fn close(&mut self, expected: &str) -> Result<()> {
        self.skip_space();
        self.expect(Token::Close, expected)?;
        Ok(())
    }

    /// A comma with white space around it, or the end of the list.
    pub(crate) fn eat_comma(&mut self) -> bool {
        let before = self.position;
        self.skip_space();
        if self.eat(Token::Comma) {
            self.skip_space();
            return true;
        }
        self.position = before;
        false
    }

    /// The end of the piece; `expected` says what else could have stood here.
    pub(crate) fn end(&mut self, expected: &str) -> Result<()> {
        self.skip_space();
        if self.peek() == Token::End {
            return Ok(());
        }
        Err(self.unexpected(expected))
    }

    /// The word `word`, with white space before and behind it; nothing is taken if it isn't there.
    pub(crate) fn eat_word(&mut self, word: &str) -> bool {
        self.eat_word_in(word, false)
    }

    /// The same, in any case or as it stands here.
    pub(crate) fn eat_word_in(&mut self, word: &str, any_case: bool) -> bool {
        let before = self.position;
        if self.skip_space()
            && self.peek() == Token::Name
            && (self.peek_text() == word || any_case && self.peek_text().eq_ignore_ascii_case(word))
            && self.peek_second() == Token::Space
        {
            self.next();
            self.skip_space();
            return true;
        }
        self.position = before;
        false
    }

    // Names.

    /// An `odataIdentifier`.
    pub(crate) fn identifier(&mut self, expected: &str) -> Result<Name> {
        let found = self.expect(Token::Name, expected)?;
        self.name(found.start, found.end)
    }

    /// An identifier, or several with dots between.
    pub(crate) fn qualified(&mut self, expected: &str) -> Result<Name> {
        let start = self.expect(Token::Name, expected)?.start;
        self.check_length(start)?;
        while self.peek() == Token::Dot && self.peek_second() == Token::Name {
            self.next();
            let part = self.next().start;
            self.check_length(part)?;
        }
        Ok(self.name_unchecked(start, self.position))
    }

    /// The text of `@Namespace.Term#qualifier`, or of `@p`.
    pub(crate) fn at_name(&mut self) -> Result<Name> {
        let start = self.expect(Token::At, "'@'")?.start;
        self.qualified("a name behind '@'")?;
        if self.eat(Token::Hash) {
            self.identifier("a qualifier behind '#'")?;
        }
        Ok(self.name_unchecked(start, self.position))
    }

    fn name(&self, start: usize, end: usize) -> Result<Name> {
        self.check_length_of(start, end)?;
        Ok(self.name_unchecked(start, end))
    }

    pub(crate) fn name_unchecked(&self, start: usize, end: usize) -> Name {
        Name {
            text: self.slice(start, end).to_owned(),
            span: self.span(start, end),
        }
    }

    fn check_length(&self, start: usize) -> Result<()> {
        self.check_length_of(start, self.position)
    }

    fn check_length_of(&self, start: usize, end: usize) -> Result<()> {
        let length = self.slice(start, end).chars().count();
        if length <= LONGEST_NAME {
            return Ok(());
        }
        Err(Error::new(
            Code::SyntaxError,
            format!("expected a name of at most {LONGEST_NAME} characters, found {length}"),
        )
        .at(self.span(start, end)))
    }

    // Bounds.

    /// Runs `inner` one level deeper.
    pub(crate) fn nested<T>(&mut self, inner: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.check_depth(1)?;
        self.depth += 1;
        let result = inner(self);
        self.depth -= 1;
        result
    }

    /// Runs `inner` between brackets, where `:` ends no condition.
    pub(crate) fn enclosed<T>(&mut self, inner: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.with_case(false, inner)
    }

    pub(crate) fn with_case<T>(
        &mut self,
        in_case: bool,
        inner: impl FnOnce(&mut Self) -> Result<T>,
    ) -> Result<T> {
        let outer = std::mem::replace(&mut self.in_case, in_case);
        let result = inner(self);
        self.in_case = outer;
        result
    }

    /// Fails where `more` levels would be too many.
    pub(crate) fn check_depth(&mut self, more: usize) -> Result<()> {
        if self.depth + more <= self.limits.depth {
            return Ok(());
        }
        let found = self.peek_found();
        Err(self.exceeded("depth", self.span(found.start, found.end)))
    }

    /// One more node of the tree.
    pub(crate) fn node(&mut self, kind: ExprKind, start: usize) -> Result<Expr> {
        let span = self.span_from(start);
        self.count_node(span)?;
        Ok(Expr { kind, span })
    }

    pub(crate) fn count_node(&mut self, span: Span) -> Result<()> {
        self.nodes += 1;
        self.check("nodes", self.limits.nodes, self.nodes, span)
    }

    /// Fails where `count` is more than `most`, the limit of this name.
    pub(crate) fn check(&self, limit: &str, most: usize, count: usize, span: Span) -> Result<()> {
        if count <= most {
            return Ok(());
        }
        Err(self.exceeded(limit, span))
    }

    fn exceeded(&self, limit: &str, span: Span) -> Error {
        self.limits.exceeded(limit).at(span)
    }

    // Errors.

    pub(crate) fn error(&self, start: usize, end: usize, message: impl Into<String>) -> Error {
        Error::new(Code::SyntaxError, message).at(self.span(start, end))
    }

    /// The error at the next token, white space skipped.
    pub(crate) fn unexpected(&mut self, expected: &str) -> Error {
        self.skip_space();
        let found = self.peek_found();
        if let Some(word) = self.word_instead_of_operand(found) {
            return word;
        }
        let text = self.slice(found.start, found.end);
        let what = describe(found.token, text);
        let error = self.error(
            found.start,
            found.end,
            format!("expected {expected}, found {what}"),
        );
        match hint(self, found, expected) {
            Some(hint) => error.hint(hint),
            None => error,
        }
    }

    /// The error where a word of the grammar was read as an operand, since that is missing:
    /// `value mul as total`.
    fn word_instead_of_operand(&self, found: Found) -> Option<Error> {
        let before = self.slice(0, found.start).trim_end();
        let is_operator = |word: &str| super::expr::operator_names().any(|name| name == word);
        let start = before.rfind([' ', '\t', '(', ',', ':', '=']);
        let start = start.map_or(0, |behind| behind + 1);
        let (rest, word) = before.split_at_checked(start)?;
        let rest = rest.trim_end();
        let last = rest.rsplit([' ', '\t']).next().unwrap_or("");
        let wants_operand = rest.is_empty() || rest.ends_with(['(', ',', ':', '=']);
        let is_word = match is_operator(last) {
            true => is_operator(word) || ["as", "with", "from"].contains(&word),
            false => wants_operand && is_operator(word),
        };
        if !is_word || super::expr::ends(found.token) {
            return None;
        }
        let message = format!("expected an operand, found '{word}'");
        Some(self.error(start, before.len(), message))
    }
}

/// A token for a person.
fn describe(token: Token, text: &str) -> String {
    const LONGEST: usize = 40;
    match token {
        Token::End => "the end".to_owned(),
        Token::OpenString => "a string without its closing quote".to_owned(),
        Token::OpenJsonString => "a string in double quotes that isn't closed".to_owned(),
        Token::JsonString => "a string in double quotes".to_owned(),
        Token::Space => "white space".to_owned(),
        _ if text.chars().any(char::is_control) => "a control character".to_owned(),
        _ if text.chars().count() > LONGEST => {
            let start: String = text.chars().take(LONGEST).collect();
            format!("'{start}..'")
        }
        _ => format!("'{text}'"),
    }
}
