//! Literals (ABNF section 7).
//!
//! In: the cursor at a token that can only be a literal, or behind a name that is a literal's prefix.
//! Out: a [`Literal`] whose text has been checked by the grammar. Whether February has a 30th day,
//! or a number fits its type, is not known here.

use super::ast::Literal;
use super::parser::Parser;
use super::token::Token;
use crate::error::Result;

/// How many tokens are looked at for the colon of a condition.
const FAR: usize = 1000;

impl Parser<'_> {
    /// A literal at the next token; `None`, and nothing taken, where none stands.
    pub(crate) fn literal(&mut self) -> Result<Option<Literal>> {
        let found = self.peek_found();
        let text = self.slice(found.start, found.end);
        let literal = match found.token {
            Token::Integer => Literal::Integer(number(text)),
            Token::Number => decimal(text),
            Token::Suffixed => suffixed(text),
            Token::Date => Literal::Date(text.to_owned()),
            Token::DateTimeOffset => Literal::DateTimeOffset(date_time_offset(text)),
            Token::TimeOfDay if self.in_case && !self.time_in_case() => {
                return self.number_before_colon().map(Some);
            }
            Token::TimeOfDay => Literal::TimeOfDay(text.to_owned()),
            Token::Guid => Literal::Guid(text.to_owned()),
            Token::String => Literal::String(self.string()?),
            Token::Minus => {
                let rest = self.rest().get(1..).unwrap_or("");
                let is_inf = rest.starts_with("INF") && Token::first(rest) == (Token::Name, 3);
                if !is_inf || is_path_behind(Token::first(self.text_from(found.end + 3)).0) {
                    return Ok(None);
                }
                self.set_position(found.end + 3);
                return Ok(Some(Literal::Double("-INF".to_owned())));
            }
            Token::Name => return self.literal_word(text),
            Token::BadDate | Token::OpenString => return Err(self.unexpected("a literal")),
            _ => return Ok(None),
        };
        if found.token != Token::String {
            self.next();
        }
        Ok(Some(literal))
    }

    /// `null`, `true`, `INF` and their like, which aren't names unless a path or call follows.
    fn literal_word(&mut self, text: &str) -> Result<Option<Literal>> {
        let literal = match text {
            "null" => Literal::Null,
            "INF" | "NaN" => Literal::Double(text.to_owned()),
            _ if text.eq_ignore_ascii_case("true") => Literal::Boolean(true),
            _ if text.eq_ignore_ascii_case("false") => Literal::Boolean(false),
            _ => return Ok(None),
        };
        let behind = self.peek_second();
        if is_path_behind(behind) {
            return Ok(None);
        }
        self.next();
        Ok(Some(literal))
    }

    /// A string literal, its quotes removed.
    pub(crate) fn string(&mut self) -> Result<String> {
        let found = self.expect(Token::String, "a string in single quotes")?;
        let span = self.span(found.start, found.end);
        let inner = self.slice(found.start + 1, found.end.saturating_sub(1));
        self.check("string_bytes", self.limits.string_bytes, inner.len(), span)?;
        Ok(inner.replace("''", "'"))
    }

    /// A string behind the name `prefix` that starts at `start`: a literal with a prefix, or of an
    /// enumeration type.
    pub(crate) fn prefixed_literal(&mut self, prefix: &str, start: usize) -> Result<Literal> {
        let quoted = self.string()?;
        let end = self.position();
        let lower = prefix.to_ascii_lowercase();
        let checked = |valid: bool, literal: Literal| valid.then_some(literal);
        let (what, literal) = match lower.as_str() {
            "duration" => (
                "a duration such as duration'P1DT12H'",
                checked(is_duration(&quoted), Literal::Duration(quoted.clone())),
            ),
            "binary" => (
                "base64url text, as in binary'T0RhdGE='",
                checked(is_binary(&quoted), Literal::Binary(quoted.clone())),
            ),
            "geography" | "geometry" => (
                "a geo literal such as geography'SRID=4326;Point(8.6 49.3)'",
                checked(
                    super::geo::is_geo(&quoted),
                    Literal::Geo(lower == "geography", quoted.clone()),
                ),
            ),
            "datetime" | "datetimeoffset" => (
                "a date and time such as 2021-11-23T09:30:00Z",
                quoted_time(&quoted),
            ),
            "guid" => (
                "a Guid of 36 characters",
                whole(&quoted, Token::Guid).map(Literal::Guid),
            ),
            "time" => (
                "a time of day such as 09:30:00, or a duration",
                whole(&quoted, Token::TimeOfDay)
                    .map(Literal::TimeOfDay)
                    .or_else(|| checked(is_duration(&quoted), Literal::Duration(quoted.clone()))),
            ),
            _ if prefix.contains('.') => (
                "members of an enumeration, as in Sales.Pattern'Yellow,Red'",
                checked(
                    is_enum(&quoted),
                    Literal::Enum(prefix.to_owned(), quoted.clone()),
                ),
            ),
            _ => {
                return Err(self.error(
                    start,
                    end,
                    format!(
                        "expected 'duration', 'binary', 'geography', 'geometry' or the qualified \
                         name of an enumeration type before the string, found '{prefix}'"
                    ),
                ));
            }
        };
        literal.ok_or_else(|| self.error(start, end, format!("expected {what}, found '{quoted}'")))
    }

    /// Whether a time of day that stands in the condition of `case` is one: another colon has to
    /// follow before the condition's value ends.
    fn time_in_case(&mut self) -> bool {
        let before = self.position();
        self.next();
        let mut depth = 0usize;
        let mut answer = false;
        for _ in 0..FAR {
            match self.next().token {
                Token::Open | Token::OpenBracket | Token::OpenBrace => depth += 1,
                Token::Close | Token::CloseBracket | Token::CloseBrace if depth > 0 => depth -= 1,
                Token::Colon if depth == 0 => {
                    answer = true;
                    break;
                }
                Token::Comma if depth == 0 => break,
                Token::Close | Token::End => break,
                _ => {}
            }
        }
        self.set_position(before);
        answer
    }

    fn number_before_colon(&mut self) -> Result<Literal> {
        let found = self.peek_found();
        let text = self.slice(found.start, found.start + 2);
        self.set_position(found.start + 2);
        Ok(Literal::Integer(text.to_owned()))
    }
}

/// Whether a token makes a name of the word before it.
fn is_path_behind(token: Token) -> bool {
    matches!(
        token,
        Token::Open | Token::Slash | Token::Dot | Token::String | Token::Equals
    )
}

/// A number without the `+` that it may start with.
fn number(text: &str) -> String {
    text.strip_prefix('+').unwrap_or(text).to_owned()
}

fn decimal(text: &str) -> Literal {
    Literal::Decimal(number(text))
}

/// A number with the suffix of OData 2 and 3: `1L`, `1d`, `1f`, `1m`.
fn suffixed(text: &str) -> Literal {
    let digits = number(text.get(..text.len().saturating_sub(1)).unwrap_or(""));
    match text.chars().last() {
        Some('d' | 'D' | 'f' | 'F') => Literal::Double(digits),
        _ if digits.contains(['.', 'e', 'E']) => Literal::Decimal(digits),
        Some('m' | 'M') => Literal::Decimal(digits),
        _ => Literal::Integer(digits),
    }
}

/// The text of a date and time as the standard writes it: the `+` that a query made a space is back.
fn date_time_offset(text: &str) -> String {
    text.replace(' ', "+").to_ascii_uppercase()
}

fn quoted_time(text: &str) -> Option<Literal> {
    whole(text, Token::DateTimeOffset)
        .map(|text| Literal::DateTimeOffset(date_time_offset(&text)))
        .or_else(|| whole(text, Token::Date).map(Literal::Date))
}

/// `text` if it is one token of this kind and nothing else.
fn whole(text: &str, token: Token) -> Option<String> {
    (Token::first(text) == (token, text.len())).then(|| text.to_owned())
}

/// `durationValue`: days to seconds, no years or months.
pub(crate) fn is_duration(text: &str) -> bool {
    let text = text.strip_prefix('-').unwrap_or(text);
    let Some(text) = text.strip_prefix(['P', 'p']) else {
        return false;
    };
    let (days, time) = match text.find(['T', 't']) {
        Some(at) => (
            text.get(..at).unwrap_or(""),
            Some(text.get(at + 1..).unwrap_or("")),
        ),
        None => (text, None),
    };
    let days_are_right = days.is_empty() || part(days, "Dd") == Some("");
    let time_is_right = time.is_none_or(|mut time| {
        for unit in ["Hh", "Mm"] {
            time = part(time, unit).unwrap_or(time);
        }
        time.is_empty() || part(time, "Ss") == Some("") || fraction(time).is_some()
    });
    days_are_right && time_is_right
}

/// What is behind one or more digits and one of `units`.
fn part<'t>(text: &'t str, units: &str) -> Option<&'t str> {
    let rest = digits(text)?;
    rest.strip_prefix(|c| units.contains(c))
}

/// Seconds with a fraction, to the end.
fn fraction(text: &str) -> Option<()> {
    let rest = digits(text)?.strip_prefix('.')?;
    matches!(digits(rest)?, "S" | "s").then_some(())
}

/// What is behind one or more digits.
pub(crate) fn digits(text: &str) -> Option<&str> {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    (rest.len() < text.len()).then_some(rest)
}

/// `binaryValue`: base64url, with its padding or without.
pub(crate) fn is_binary(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    let padding = text.len() - body.len();
    let is_base64 = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if !body.chars().all(is_base64) {
        return false;
    }
    let last = body.chars().last().unwrap_or('A');
    match body.len() % 4 {
        0 => padding == 0,
        2 => (padding == 0 || padding == 2) && "AQgw".contains(last),
        3 => (padding == 0 || padding == 1) && "AEIMQUYcgkosw048".contains(last),
        _ => false,
    }
}

/// `enumValue`: members or numbers, with commas between.
pub(crate) fn is_enum(text: &str) -> bool {
    text.split(',').all(|member| {
        let (token, length) = Token::first(member);
        let is_number = token == Token::Integer && digit_count(member) <= 19;
        length == member.len() && (token == Token::Name || is_number)
    })
}

/// The number of digits in an integer with or without sign.
pub(crate) fn digit_count(text: &str) -> usize {
    text.chars().filter(char::is_ascii_digit).count()
}
