//! Context URL fragments (Protocol 10, ABNF section 3): what stands behind `$metadata#`.
//!
//! In: the fragment. Out: the same, in its canonical spelling. No request is made of one; it is read
//! so that the ones that this service writes can be checked against the grammar.

use super::parser::Parser;
use super::print::{Out, Place};
use super::token::Token;
use crate::error::Result;

/// The segments that may end a fragment.
const SUFFIXES: &[&str] = &[
    "$deletedEntity",
    "$deletedLink",
    "$delta",
    "$entity",
    "$link",
    "$ref",
];

impl Parser<'_> {
    /// The whole fragment, without its `#`.
    pub(crate) fn context_fragment(&mut self) -> Result<String> {
        let mut out = Out::new(Place::Query);
        if self.peek_text() == "$ref" {
            self.next();
            out.push("$ref");
            self.end("the end")?;
            return Ok(out.text);
        }
        if self.peek_text() == "Collection" && self.peek_second() == Token::Open {
            self.collection(&mut out)?;
        } else {
            let name = self.qualified("the name of a set, a singleton or a type")?;
            out.data(&name.text);
        }
        self.context_rest(&mut out)?;
        self.end("'/', '(' or the end")?;
        Ok(out.text)
    }

    /// `Collection($ref)` or `Collection(Namespace.Type)`.
    fn collection(&mut self, out: &mut Out) -> Result<()> {
        self.next();
        self.next();
        out.push("Collection(");
        if self.peek_text() == "$ref" {
            self.next();
            out.push("$ref");
        } else {
            let name = self.qualified("the name of a type, or '$ref'")?;
            out.data(&name.text);
        }
        self.expect(Token::Close, "')'")?;
        out.push(")");
        Ok(())
    }

    fn context_rest(&mut self, out: &mut Out) -> Result<()> {
        let mut after_key = false;
        loop {
            match self.peek() {
                Token::Open if !after_key && self.is_key() => {
                    let start = self.position();
                    let arguments = self.arguments()?;
                    self.check_key(&arguments, start)?;
                    out.arguments(&arguments);
                    after_key = true;
                    // A key is followed by what it is the key for.
                    if self.peek() != Token::Slash {
                        return Err(self.unexpected("'/' and a property"));
                    }
                }
                Token::Open => {
                    self.nested(|p| p.select_list(out))?;
                    if self.peek() == Token::Slash {
                        return self.suffix(&["$delta", "$entity"], out);
                    }
                    return Ok(());
                }
                Token::Slash if self.peek_second() == Token::Dollar => {
                    return self.suffix(SUFFIXES, out);
                }
                Token::Slash => {
                    self.next();
                    let name = self.qualified("the name of a property or type")?;
                    out.push("/");
                    out.data(&name.text);
                    after_key = false;
                }
                _ => return Ok(()),
            }
        }
    }

    fn suffix(&mut self, known: &[&str], out: &mut Out) -> Result<()> {
        self.next();
        let word = self.peek_text();
        if !known.contains(&word) {
            return Err(self.unexpected("'$entity' or '$delta'"));
        }
        self.next();
        out.push("/");
        out.push(word);
        Ok(())
    }

    /// Whether the parentheses here hold a key, not a list of properties.
    fn is_key(&mut self) -> bool {
        let before = self.position();
        self.next();
        let is_pair = self.peek() == Token::Name && self.peek_second() == Token::Equals;
        let is_key = is_pair || matches!(self.literal(), Ok(Some(_)));
        self.set_position(before);
        is_key
    }

    /// `(item,..)`.
    fn select_list(&mut self, out: &mut Out) -> Result<()> {
        self.next();
        out.push("(");
        if self.eat(Token::Close) {
            out.push(")");
            return Ok(());
        }
        loop {
            self.select_list_item(out)?;
            if !self.eat(Token::Comma) {
                break;
            }
            out.push(",");
        }
        self.expect(Token::Close, "',' or ')'")?;
        out.push(")");
        Ok(())
    }

    fn select_list_item(&mut self, out: &mut Out) -> Result<()> {
        if self.eat(Token::Star) {
            out.push("*");
            return Ok(());
        }
        loop {
            let name = match self.peek() {
                Token::At => self.at_name()?,
                _ => self.qualified("the name of a property, or '*'")?,
            };
            out.data(&name.text);
            if self.peek() == Token::Dot && self.peek_second() == Token::Star {
                self.next();
                self.next();
                out.push(".*");
                return Ok(());
            }
            if !self.eat(Token::Slash) {
                break;
            }
            out.push("/");
        }
        if self.peek_text() == "+" {
            self.next();
            // Recursive: the property is expanded at every depth.
            out.text.push('+');
        }
        match self.peek() {
            Token::Open => self.nested(|p| p.select_list(out)),
            _ => Ok(()),
        }
    }
}
