//! The values of options that are no expressions: numbers, words, tokens.
//!
//! In: the cursor behind an option's `=`. Out: its value, and the cursor at its end.

use super::ast::Number;
use super::parser::Parser;
use crate::error::{Code, Error, Result, Span};

impl Parser<'_> {
    /// The text of a value that is no expression, up to where it ends; nothing is taken.
    pub(crate) fn word(&mut self) -> String {
        let rest = self.rest();
        let end = match self.in_options {
            true => rest.find([';', ')', ',']).unwrap_or(rest.len()),
            false => rest.len(),
        };
        rest.get(..end).unwrap_or("").to_owned()
    }

    fn take_word(&mut self) -> (String, Span) {
        let start = self.position();
        let word = self.word();
        self.set_position(start + word.len());
        (word, self.span_from(start))
    }

    pub(crate) fn text(&mut self, expected: &str) -> Result<String> {
        let (word, span) = self.take_word();
        if word.is_empty() {
            return Err(invalid(expected, &word, span));
        }
        Ok(word)
    }

    pub(crate) fn whole_number(&mut self) -> Result<Number> {
        let (word, span) = self.take_word();
        match digits(&word) {
            // There are no more rows than PostgreSQL counts: a larger number is as good as that.
            Some(value) => Ok(Number {
                value: value.min(i64::MAX as u64),
                span,
            }),
            None => Err(invalid("a whole number, 0 or more", &word, span)),
        }
    }

    pub(crate) fn boolean(&mut self) -> Result<(bool, Span)> {
        let (word, span) = self.take_word();
        match word.to_ascii_lowercase().as_str() {
            "true" => Ok((true, span)),
            "false" => Ok((false, span)),
            _ => Err(invalid("'true' or 'false'", &word, span)),
        }
    }

    pub(crate) fn levels(&mut self) -> Result<(Option<u64>, Span)> {
        let (word, span) = self.take_word();
        if word.eq_ignore_ascii_case("max") {
            return Ok((None, span));
        }
        match digits(&word) {
            Some(levels) if !word.starts_with('0') => Ok((Some(levels), span)),
            _ => Err(invalid("a whole number, 1 or more, or 'max'", &word, span)),
        }
    }

    pub(crate) fn index(&mut self) -> Result<(i64, Span)> {
        let (word, span) = self.take_word();
        let bare = word.strip_prefix('-').unwrap_or(&word);
        match (digits(bare), word.parse()) {
            (Some(_), Ok(index)) => Ok((index, span)),
            _ => Err(invalid("a whole number", &word, span)),
        }
    }

    pub(crate) fn schema_version(&mut self) -> Result<String> {
        let (word, span) = self.take_word();
        let is_unreserved = |c: char| c.is_ascii_alphanumeric() || "-._~".contains(c);
        let right = word == "*" || (!word.is_empty() && word.chars().all(is_unreserved));
        match right {
            true => Ok(word),
            false => Err(invalid("a version, or '*'", &word, span)),
        }
    }
}

/// The number that these digits, and only digits, are: the largest, where it is larger still.
fn digits(word: &str) -> Option<u64> {
    let only_digits = !word.is_empty() && word.chars().all(|c| c.is_ascii_digit());
    only_digits.then(|| word.parse().unwrap_or(u64::MAX))
}

fn invalid(expected: &str, word: &str, span: Span) -> Error {
    let found = match word {
        "" => "nothing".to_owned(),
        _ => format!("'{word}'"),
    };
    Error::new(
        Code::InvalidOptionValue,
        format!("expected {expected}, found {found}"),
    )
    .at(span)
}
