//! The resource path (URL Conventions 4).
//!
//! In: the path behind the service root, decoded as a whole; a `/` that was percent-encoded is data.
//! (A path isn't cut at `/` before it is decoded, because the expression of `$filter(..)` has
//! slashes of its own; the map of what was encoded gives the same answer.) Out: [`ResourcePath`].
//! Which name is a set, a property, a type or a key is not known here.

use super::ast::{Argument, ExprKind, Name, PathSegment, ResourcePath, SegmentKind};
use super::parser::Parser;
use super::token::Token;
use crate::error::{Code, Error, Result};

/// The segments that start with `$`, behind the first.
const SYSTEM_SEGMENTS: &[&str] = &["$count", "$each", "$filter", "$query", "$ref", "$value"];

/// The segments that start with `$`, at the start of a path.
const FIRST_SEGMENTS: &[&str] = &["$all", "$batch", "$crossjoin", "$entity", "$metadata"];

impl Parser<'_> {
    /// The whole path.
    pub(crate) fn resource_path(&mut self) -> Result<ResourcePath> {
        if self.peek() == Token::End {
            return Ok(ResourcePath::ServiceDocument);
        }
        let path = match self.peek() {
            Token::Dollar => self.system_path()?,
            _ => ResourcePath::Resource(self.segments()?),
        };
        self.path_end()?;
        Ok(path)
    }

    fn path_end(&mut self) -> Result<()> {
        // A slash at the end says nothing.
        if self.at_slash() && self.peek_second() == Token::End {
            self.next();
        }
        match self.peek() {
            Token::End => Ok(()),
            Token::Slash => Err(self.no_segment("the end of the path")),
            _ => Err(self.unexpected("the end of the path")),
        }
    }

    fn system_path(&mut self) -> Result<ResourcePath> {
        let found = self.peek_found();
        let word = self.slice(found.start, found.end);
        match word {
            "$metadata" => {
                self.next();
                Ok(ResourcePath::Metadata)
            }
            "$batch" => {
                self.next();
                Ok(ResourcePath::Batch)
            }
            "$entity" => {
                self.next();
                Ok(ResourcePath::Entity(self.type_segment()?))
            }
            "$all" => {
                self.next();
                Ok(ResourcePath::All(self.type_segment()?, Vec::new()))
            }
            "$crossjoin" => {
                self.next();
                self.expect(Token::Open, "'(' behind '$crossjoin'")?;
                let names = self.items(|p| p.identifier("the name of an entity set"))?;
                self.close("',' or ')'")?;
                let mut segments = Vec::new();
                if self.at_slash() && self.text_from(self.position() + 1) == "$query" {
                    self.next();
                    let found = self.next();
                    let span = self.span(found.start, found.end);
                    segments.push(PathSegment {
                        kind: SegmentKind::Query,
                        span,
                    });
                }
                Ok(ResourcePath::CrossJoin(names, segments))
            }
            _ => Err(self.unknown_segment(word, FIRST_SEGMENTS)),
        }
    }

    /// The error for a slash where the path has no place for one: nothing is there.
    fn no_segment(&mut self, expected: &str) -> Error {
        let found = self.peek_found();
        Error::new(
            Code::UnknownSegment,
            format!("expected {expected}, found '/'"),
        )
        .at(self.span(found.start, found.end))
    }

    fn unknown_segment(&mut self, word: &str, known: &[&'static str]) -> Error {
        let found = self.peek_found();
        Error::new(
            Code::UnknownSegment,
            format!("no such segment '{word}' here"),
        )
        .at(self.span(found.start, found.end))
        .did_you_mean(word, known.iter().copied())
    }

    /// `/Namespace.Type`, where it stands.
    fn type_segment(&mut self) -> Result<Option<Name>> {
        if !self.at_slash() || self.peek_second() == Token::End {
            return Ok(None);
        }
        self.next();
        self.qualified("the name of an entity type").map(Some)
    }

    fn segments(&mut self) -> Result<Vec<PathSegment>> {
        let mut segments = Vec::new();
        loop {
            let start = self.position();
            let ends = self.resource_segment(&mut segments)?;
            let span = self.span_from(start);
            self.check(
                "path_segments",
                self.limits.path_segments,
                segments.len(),
                span,
            )?;
            if ends || !self.at_slash() || self.peek_second() == Token::End {
                return Ok(segments);
            }
            self.next();
        }
    }

    /// One segment; true if none can follow it.
    fn resource_segment(&mut self, segments: &mut Vec<PathSegment>) -> Result<bool> {
        let start = self.position();
        let first = segments.is_empty();
        let after_each = matches!(segments.last(), Some(last) if last.kind == SegmentKind::Each);
        match self.peek() {
            Token::Name => {
                let name = self.qualified("a segment")?;
                if first && name.text.contains('.') {
                    let text = "expected the name of an entity set, singleton or function, found";
                    let end = self.position();
                    return Err(self.error(start, end, format!("{text} '{}'", name.text)));
                }
                if self.peek() == Token::Open {
                    self.set_position(start);
                    return self.segment_with_arguments(segments);
                }
                if self.at_segment_end() {
                    let kind = SegmentKind::Name(name.text);
                    segments.push(PathSegment {
                        kind,
                        span: name.span,
                    });
                    return Ok(false);
                }
                if first && self.peek() == Token::Slash {
                    return Err(self.no_segment("'(' or the end of an entity set's name"));
                }
                if first {
                    return Err(self.unexpected("'/', '(' or the end of the path"));
                }
                self.set_position(start);
                self.key_segment(segments)
            }
            Token::Dollar if !first => self.system_segment(segments, after_each),
            Token::Slash if first => Err(self
                .no_segment("the name of an entity set")
                .hint("one slash alone stands before it")),
            _ if first => Err(self.unexpected("the name of an entity set")),
            _ if after_each => Err(self.unexpected("the name of an action or function")),
            _ => self.key_segment(segments),
        }
    }

    fn segment_with_arguments(&mut self, segments: &mut Vec<PathSegment>) -> Result<bool> {
        let name = self.qualified("a segment")?;
        segments.push(PathSegment {
            kind: SegmentKind::Name(name.text),
            span: name.span,
        });
        let start = self.position();
        let arguments = self.arguments()?;
        self.check_slashes(start)?;
        let is_key = arguments.first().is_some_and(|first| first.name.is_none());
        if is_key {
            self.check_key(&arguments, start)?;
        } else {
            self.check_parameters(&arguments, start)?;
        }
        let span = self.span_from(start);
        segments.push(PathSegment {
            kind: SegmentKind::Arguments(arguments),
            span,
        });
        if !is_key {
            let start = self.position();
            self.key_behind(segments)?;
            self.check_slashes(start)?;
        }
        if !self.at_segment_end() {
            return Err(self.unexpected("'/' or the end of the path"));
        }
        Ok(false)
    }

    fn system_segment(
        &mut self,
        segments: &mut Vec<PathSegment>,
        after_each: bool,
    ) -> Result<bool> {
        let found = self.peek_found();
        let word = self.slice(found.start, found.end);
        if !SYSTEM_SEGMENTS.contains(&word) {
            return Err(self.unknown_segment(word, SYSTEM_SEGMENTS));
        }
        if after_each {
            return Err(self.unexpected("the name of an action or function"));
        }
        if word == "$filter" {
            segments.push(self.filter_segment()?);
            let start = self.position();
            self.key_behind(segments)?;
            self.check_slashes(start)?;
        } else {
            self.next();
            let kind = match word {
                "$count" => SegmentKind::Count(Box::default()),
                "$each" => SegmentKind::Each,
                "$query" => SegmentKind::Query,
                "$ref" => SegmentKind::Ref,
                _ => SegmentKind::Value,
            };
            segments.push(PathSegment {
                kind,
                span: self.span(found.start, found.end),
            });
        }
        if !self.at_segment_end() {
            return Err(self.unexpected("'/' or the end of the path"));
        }
        Ok(!matches!(word, "$filter" | "$each"))
    }

    /// A key by itself: whatever stands before the next slash.
    fn key_segment(&mut self, segments: &mut Vec<PathSegment>) -> Result<bool> {
        let start = self.position();
        let rest = self.rest();
        let length = rest
            .char_indices()
            .find(|(at, c)| *c == '/' && !self.is_encoded(start + at))
            .map_or(rest.len(), |(at, _)| at);
        if length == 0 {
            return Err(Error::new(
                Code::UnknownSegment,
                "expected a segment, found an empty one",
            )
            .at(self.span(start, start + 1)));
        }
        let key = rest.get(..length).unwrap_or("").to_owned();
        self.set_position(start + length);
        segments.push(PathSegment {
            kind: SegmentKind::Key(key),
            span: self.span_from(start),
        });
        Ok(false)
    }

    /// Whether a slash stands here that separates segments.
    fn at_slash(&mut self) -> bool {
        self.peek() == Token::Slash && !self.is_encoded(self.position())
    }

    fn at_segment_end(&mut self) -> bool {
        self.at_slash() || self.peek() == Token::End
    }

    /// Parameters of a function in a path are literals or aliases.
    pub(crate) fn check_parameters(&self, arguments: &[Argument], start: usize) -> Result<()> {
        let right = |argument: &Argument| {
            matches!(
                argument.value.kind,
                ExprKind::Literal(_) | ExprKind::Alias(_)
            )
        };
        if arguments.iter().all(right) {
            return Ok(());
        }
        Err(self
            .error(
                start,
                self.position(),
                "expected literals or aliases as arguments in a path",
            )
            .hint("give the value as an alias: (name=@p) and &@p=.. in the query"))
    }

    /// A slash inside a key's string has to be percent-encoded.
    fn check_slashes(&self, start: usize) -> Result<()> {
        let inside = self.slice(start, self.position());
        let slash = inside
            .char_indices()
            .find(|(at, c)| *c == '/' && !self.is_encoded(start + at));
        match slash {
            None => Ok(()),
            Some((at, _)) => Err(self
                .error(
                    start + at,
                    start + at + 1,
                    "expected no '/' between parentheses",
                )
                .hint("a slash inside a string of the path is written '%2F'")),
        }
    }
}
