//! The words of an expression.
//!
//! In: decoded text. Out: one token at a time, the longest that matches. What a name means (an
//! operator, a literal, a property) depends on its place and is not known here.

use logos::Logos;

/// A token of paths, expressions and option values.
#[derive(Logos, Debug, Clone, Copy, PartialEq, Eq)]
#[logos(subpattern year = r"-?(0[0-9]{3}|[1-9][0-9]{3,})")]
#[logos(subpattern date = r"(?&year)-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])")]
#[logos(subpattern hour = r"([01][0-9]|2[0-3])")]
#[logos(subpattern minute = r"[0-5][0-9]")]
#[logos(subpattern time = r"(?&hour):(?&minute)(:([0-5][0-9]|60)(\.[0-9]{1,12})?)?")]
pub(crate) enum Token {
    #[regex(r"[ \t]+")]
    Space,
    /// `odataIdentifier`, without its limit of 128 characters.
    #[regex(r"[\p{L}\p{Nl}_][\p{L}\p{Nl}\p{Nd}\p{Mn}\p{Mc}\p{Pc}\p{Cf}]*")]
    Name,
    #[regex(r"\$[A-Za-z]*")]
    Dollar,
    #[regex(r"[+-]?[0-9]+")]
    Integer,
    #[regex(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?", priority = 1)]
    Number,
    /// A number with the suffix of OData 2 and 3.
    #[regex(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?[LlDdFfMm]")]
    Suffixed,
    #[regex(r"(?&date)", priority = 20)]
    Date,
    /// Without offset it means UTC; a space before the offset was a `+` in a query.
    #[regex(r"(?&date)[Tt](?&time)([Zz]|[+ -](?&hour):(?&minute))?", priority = 20)]
    DateTimeOffset,
    #[regex(r"(?&time)")]
    TimeOfDay,
    /// What looks like a date and isn't one.
    #[regex(r"[+-]?[0-9]+-[0-9]+-[0-9]+([Tt][0-9:.]*[Zz]?)?", priority = 2)]
    BadDate,
    #[regex(
        r"[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}",
        priority = 30
    )]
    Guid,
    #[regex(r"'([^']|'')*'")]
    String,
    /// A string without its closing quote.
    #[regex(r"'([^']|'')*", priority = 1)]
    OpenString,
    #[regex(r#""([^"\\]|\\.)*""#)]
    JsonString,
    /// A string in double quotes that isn't closed.
    #[regex(r#""([^"\\]|\\.)*"#, priority = 1)]
    OpenJsonString,
    #[token("(")]
    Open,
    #[token(")")]
    Close,
    #[token("[")]
    OpenBracket,
    #[token("]")]
    CloseBracket,
    #[token("{")]
    OpenBrace,
    #[token("}")]
    CloseBrace,
    #[token(",")]
    Comma,
    #[token(";")]
    Semicolon,
    #[token(":")]
    Colon,
    #[token(".")]
    Dot,
    #[token("/")]
    Slash,
    #[token("*")]
    Star,
    #[token("@")]
    At,
    #[token("#")]
    Hash,
    #[token("-")]
    Minus,
    #[token("=")]
    Equals,
    /// The operators of other languages, for the hint.
    #[regex(r"==|!=|<>|<=|>=|<|>|&&|\|\||!")]
    Sign,
    /// Any other character.
    #[regex(r"(?s:.)", priority = 0)]
    Other,
    End,
}

impl Token {
    /// The token at the start of `text`, and its length in bytes.
    pub(crate) fn first(text: &str) -> (Token, usize) {
        let mut lexer = Token::lexer(text);
        match lexer.next() {
            None => (Token::End, 0),
            Some(Ok(token)) => (token, lexer.span().end),
            Some(Err(())) => (Token::Other, text.chars().next().map_or(0, char::len_utf8)),
        }
    }
}
