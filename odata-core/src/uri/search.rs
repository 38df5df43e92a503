//! `$search` (URL Conventions 5.1.7).
//!
//! In: the cursor at the first word. Out: the tree of words, phrases and operators, where NOT binds
//! tighter than AND, and AND tighter than OR. What is searched is not known here.

use super::ast::{SearchExpr, SearchTerm};
use super::parser::Parser;
use super::token::Token;
use crate::error::Result;

/// What stands at a place of a search expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece {
    /// A word or an operator, up to this byte.
    Word(usize),
    /// `"..."`, up to this byte.
    Phrase(usize),
    Open,
    /// A closing parenthesis, the end, or what can't stand here.
    End,
}

impl Parser<'_> {
    /// The value of `$search`.
    pub(crate) fn search(&mut self) -> Result<SearchExpr> {
        self.skip_space();
        let start = self.position();
        if self.peek() == Token::String {
            let text = self.string()?;
            let span = self.span_from(start);
            self.skip_space();
            if matches!(self.peek(), Token::End | Token::Close | Token::Semicolon) {
                let term = SearchTerm {
                    text,
                    phrase: false,
                    span,
                };
                return Ok(SearchExpr::Incomplete(term));
            }
            // A word may start with a quote that is percent-encoded.
            self.set_position(start);
        }
        self.search_or()
    }

    pub(crate) fn search_or(&mut self) -> Result<SearchExpr> {
        let mut operands = vec![self.search_and()?];
        while self.search_operator("OR") {
            operands.push(self.search_and()?);
        }
        Ok(one_or(operands, SearchExpr::Or))
    }

    fn search_and(&mut self) -> Result<SearchExpr> {
        let mut operands = vec![self.search_not()?];
        loop {
            let before = self.position();
            let spaced = self.skip_space();
            let word = self.search_word();
            let is_or =
                matches!(word, Piece::Word(end) if self.slice(self.position(), end) == "OR");
            let ends = word == Piece::End || (is_or && self.has_operand_behind(word));
            if ends || !spaced {
                self.set_position(before);
                break;
            }
            self.set_position(before);
            self.search_operator("AND");
            self.skip_space();
            operands.push(self.search_not()?);
        }
        Ok(one_or(operands, SearchExpr::And))
    }

    /// `NOT a`, or one operand. A `NOT` that nothing follows is a word.
    fn search_not(&mut self) -> Result<SearchExpr> {
        self.skip_space();
        let start = self.position();
        let word = self.search_word();
        let span = self.span_from(start);
        self.count_node(span)?;
        match word {
            Piece::Open => {
                self.next();
                let inner = self.nested(Parser::search_or)?;
                self.close("a word, 'AND', 'OR' or ')'")?;
                Ok(inner)
            }
            Piece::Word(end) => {
                if self.slice(start, end) == "NOT" && self.has_operand_behind(word) {
                    self.set_position(end);
                    let operand = self.nested(Parser::search_not)?;
                    return Ok(SearchExpr::Not(Box::new(operand)));
                }
                self.set_position(end);
                let span = self.span_from(start);
                self.check("string_bytes", self.limits.string_bytes, end - start, span)?;
                Ok(SearchExpr::Term(SearchTerm {
                    text: self.slice(start, end).to_owned(),
                    phrase: false,
                    span,
                }))
            }
            Piece::Phrase(end) => {
                self.set_position(end);
                let span = self.span_from(start);
                let text = self.slice(start + 1, end.saturating_sub(1));
                self.check("string_bytes", self.limits.string_bytes, text.len(), span)?;
                Ok(SearchExpr::Term(SearchTerm {
                    text: text.to_owned(),
                    phrase: true,
                    span,
                }))
            }
            Piece::End => Err(self.unexpected("a word, a phrase in double quotes, 'NOT' or '('")),
        }
    }

    /// Takes `AND` or `OR` where an operand follows; without one it is a word.
    fn search_operator(&mut self, operator: &str) -> bool {
        let before = self.position();
        self.skip_space();
        let word = self.search_word();
        if let Piece::Word(end) = word
            && self.slice(self.position(), end) == operator
            && self.has_operand_behind(word)
        {
            self.set_position(end);
            return true;
        }
        self.set_position(before);
        false
    }

    /// Whether, behind this word and white space, another operand starts.
    fn has_operand_behind(&mut self, word: Piece) -> bool {
        let Piece::Word(end) = word else {
            return false;
        };
        let before = self.position();
        self.set_position(end);
        let answer = self.skip_space() && self.search_word() != Piece::End;
        self.set_position(before);
        answer
    }

    /// What stands here; nothing is taken.
    fn search_word(&mut self) -> Piece {
        let start = self.position();
        let rest = self.rest();
        match rest.chars().next() {
            Some('(') => return Piece::Open,
            Some('"') => {
                let closing = rest.get(1..).and_then(|inner| inner.find('"'));
                return match closing {
                    Some(length) if length > 0 => Piece::Phrase(start + length + 2),
                    _ => Piece::End,
                };
            }
            _ => {}
        }
        let length = rest
            .char_indices()
            .find(|(at, c)| !self.is_search_char(start + at, *c, *at == 0))
            .map_or(rest.len(), |(at, _)| at);
        match length {
            0 => Piece::End,
            _ => Piece::Word(start + length),
        }
    }

    /// `searchChar`: what would have a meaning of its own has to be percent-encoded.
    fn is_search_char(&self, byte: usize, c: char, is_first: bool) -> bool {
        match c {
            ' ' | '\t' | '(' | ')' | '"' => false,
            '\'' => !is_first || self.is_encoded(byte),
            ';' => self.is_encoded(byte) && !self.starts_option(byte + 1),
            '&' | '#' | '[' | ']' | '{' | '}' | '\\' | '^' | '`' | '|' | '<' | '>' | '%' => {
                self.is_encoded(byte)
            }
            _ => true,
        }
    }

    /// Whether, in nested options, an option's name and `=` stand here. A client that encodes all
    /// of a value encodes its `;` as well.
    fn starts_option(&self, byte: usize) -> bool {
        if !self.in_options {
            return false;
        }
        let rest = self.text_from(byte).trim_start();
        let behind = rest.trim_start_matches(|c: char| c.is_ascii_alphabetic() || "$@".contains(c));
        behind.len() < rest.len() && behind.starts_with('=')
    }
}

fn one_or(mut operands: Vec<SearchExpr>, many: fn(Vec<SearchExpr>) -> SearchExpr) -> SearchExpr {
    match (operands.len(), operands.pop()) {
        (1, Some(only)) => only,
        (_, Some(last)) => {
            operands.push(last);
            many(operands)
        }
        (_, None) => many(operands),
    }
}
