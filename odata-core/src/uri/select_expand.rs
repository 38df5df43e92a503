//! `$select`, `$expand` and `$compute` (URL Conventions 5.1.3 to 5.1.5).
//!
//! In: the cursor at the first item. Out: the items. Which names are properties, navigation
//! properties or types is not known here.

use super::ast::{
    Argument, ComputeItem, ExpandItem, ExpandKind, ExpandSuffix, Expr, ExprKind, PathExpr,
    PathRoot, PathSegment, QueryOptions, SegmentKind, SelectItem, SelectKind,
};
use super::options::Place;
use super::parser::Parser;
use super::token::Token;
use crate::error::Result;

impl Parser<'_> {
    /// The items of `$select`.
    pub(crate) fn select(&mut self) -> Result<Vec<SelectItem>> {
        self.nested(|p| p.items(Parser::select_item))
    }

    /// The items of `$expand`.
    pub(crate) fn expand(&mut self) -> Result<Vec<ExpandItem>> {
        self.expand_depth += 1;
        let span = self.span(self.position(), self.position());
        self.check(
            "expand_depth",
            self.limits.expand_depth,
            self.expand_depth,
            span,
        )?;
        let items = self.nested(|p| p.items(Parser::expand_item))?;
        self.expand_depth -= 1;
        Ok(items)
    }

    /// `expr as name,..`.
    pub(crate) fn compute(&mut self) -> Result<Vec<ComputeItem>> {
        self.items(Parser::compute_item)
    }

    pub(crate) fn compute_item(&mut self) -> Result<ComputeItem> {
        self.computed(true)
    }

    /// An item of `compute` in `$apply`, where `as` has one spelling.
    pub(crate) fn apply_compute(&mut self) -> Result<Vec<ComputeItem>> {
        self.items(|p| p.computed(false))
    }

    fn computed(&mut self, in_any_case: bool) -> Result<ComputeItem> {
        let expr = self.expr()?;
        if !self.eat_word_in("as", in_any_case) {
            return Err(self.unexpected("an operator, or 'as' and a name"));
        }
        let alias = self.identifier("the name of the computed property")?;
        Ok(ComputeItem { expr, alias })
    }

    /// One or more items with commas between.
    pub(crate) fn items<T>(&mut self, item: impl Fn(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        self.skip_space();
        let mut items = vec![item(self)?];
        while self.eat_comma() {
            items.push(item(self)?);
        }
        Ok(items)
    }

    fn select_item(&mut self) -> Result<SelectItem> {
        let start = self.position();
        self.count_node(self.span(start, start))?;
        if self.eat(Token::Star) {
            return Ok(SelectItem {
                kind: SelectKind::Star,
                options: QueryOptions::default(),
                span: self.span_from(start),
            });
        }
        let mut segments = Vec::new();
        loop {
            let segment = self.name_or_annotation("the name of a property, or '*'")?;
            if self.peek() == Token::Dot && self.peek_second() == Token::Star {
                return self.all_operations(segment, segments.is_empty(), start);
            }
            segments.push(segment);
            let span = self.span_from(start);
            self.check(
                "path_segments",
                self.limits.path_segments,
                segments.len(),
                span,
            )?;
            if !self.eat(Token::Slash) {
                break;
            }
        }
        let options = match self.peek() {
            Token::Open if self.is_parameter_names() => {
                segments.push(self.parameter_names()?);
                QueryOptions::default()
            }
            Token::Open => self.nested_options(Place::Select)?,
            _ => QueryOptions::default(),
        };
        Ok(SelectItem {
            kind: SelectKind::Path(segments),
            options,
            span: self.span_from(start),
        })
    }

    /// `Namespace.*`, at the dot.
    fn all_operations(
        &mut self,
        namespace: PathSegment,
        is_first: bool,
        start: usize,
    ) -> Result<SelectItem> {
        let SegmentKind::Name(namespace) = namespace.kind else {
            return Err(self.unexpected("',' or the end"));
        };
        if !is_first {
            return Err(self.unexpected("',', '/' or the end"));
        }
        self.next();
        self.next();
        Ok(SelectItem {
            kind: SelectKind::AllOperations(namespace),
            options: QueryOptions::default(),
            span: self.span_from(start),
        })
    }

    /// Whether the parentheses here hold the names of a function's parameters, not options.
    fn is_parameter_names(&mut self) -> bool {
        let before = self.position();
        self.next();
        self.skip_space();
        let is_name = self.eat(Token::Name);
        self.skip_space();
        let behind = self.peek();
        self.set_position(before);
        is_name && matches!(behind, Token::Comma | Token::Close)
    }

    /// `(a,b)`: names without values.
    fn parameter_names(&mut self) -> Result<PathSegment> {
        let start = self.next().start;
        let names = self.items(|p| p.identifier("the name of a parameter"))?;
        self.close("',' or ')'")?;
        let argument = |name: super::ast::Name| {
            let span = name.span;
            let segments = vec![PathSegment {
                kind: SegmentKind::Name(name.text),
                span,
            }];
            let kind = ExprKind::Path(PathExpr {
                root: PathRoot::Implicit,
                segments,
            });
            Argument {
                name: None,
                value: Expr { kind, span },
            }
        };
        Ok(PathSegment {
            kind: SegmentKind::Arguments(names.into_iter().map(argument).collect()),
            span: self.span_from(start),
        })
    }

    fn name_or_annotation(&mut self, expected: &str) -> Result<PathSegment> {
        if self.peek() == Token::At {
            let name = self.at_name()?;
            return Ok(PathSegment {
                kind: SegmentKind::Annotation(name.text),
                span: name.span,
            });
        }
        let name = self.qualified(expected)?;
        Ok(PathSegment {
            kind: SegmentKind::Name(name.text),
            span: name.span,
        })
    }

    fn expand_item(&mut self) -> Result<ExpandItem> {
        let start = self.position();
        self.expands += 1;
        let span = self.span(start, start);
        self.check("expands", self.limits.expands, self.expands, span)?;
        let (kind, mut suffix, mut place) = self.expand_path(start)?;
        if suffix == ExpandSuffix::Entities && self.peek() == Token::Slash {
            self.next();
            (suffix, place) = self.expand_suffix(&kind)?;
        }
        let has_options = self.peek() == Token::Open
            && match kind {
                ExpandKind::Value => false,
                ExpandKind::Star | ExpandKind::StarOf(_) => suffix == ExpandSuffix::Entities,
                ExpandKind::Path(_) => true,
            };
        let options = match has_options {
            true => self.nested_options(place)?,
            false => QueryOptions::default(),
        };
        Ok(ExpandItem {
            kind,
            suffix,
            options,
            span: self.span_from(start),
        })
    }

    /// The path of an expand item, up to `/$ref`, `/$count` or its options.
    fn expand_path(&mut self, start: usize) -> Result<(ExpandKind, ExpandSuffix, Place)> {
        let entities = ExpandSuffix::Entities;
        if self.peek() == Token::Dollar && self.peek_text() == "$value" {
            self.next();
            return Ok((ExpandKind::Value, entities, Place::Expand));
        }
        if self.eat(Token::Star) {
            return Ok((ExpandKind::Star, entities, Place::ExpandStar));
        }
        let mut segments: Vec<PathSegment> = Vec::new();
        loop {
            if !segments.is_empty() && self.eat(Token::Star) {
                return Ok((ExpandKind::StarOf(segments), entities, Place::ExpandStar));
            }
            segments.push(self.name_or_annotation("the name of a navigation property, or '*'")?);
            let span = self.span_from(start);
            self.check(
                "path_segments",
                self.limits.path_segments,
                segments.len(),
                span,
            )?;
            if self.peek() != Token::Slash || self.peek_second() == Token::Dollar {
                break;
            }
            self.next();
        }
        let is_type = |segment: &PathSegment| matches!(&segment.kind, SegmentKind::Name(name) if name.contains('.'));
        if segments.iter().all(is_type) {
            return Err(self.unexpected("'/' and a navigation property behind the type"));
        }
        Ok((ExpandKind::Path(segments), entities, Place::Expand))
    }

    /// `$ref` or `$count`.
    fn expand_suffix(&mut self, kind: &ExpandKind) -> Result<(ExpandSuffix, Place)> {
        let is_path = matches!(kind, ExpandKind::Path(_));
        let suffix = match self.peek_text() {
            "$ref" if *kind != ExpandKind::Value => (ExpandSuffix::Ref, Place::ExpandRef),
            "$count" if is_path => (ExpandSuffix::Count, Place::ExpandCount),
            _ if is_path => return Err(self.unexpected("'$ref' or '$count'")),
            _ => return Err(self.unexpected("'$ref'")),
        };
        self.next();
        Ok(suffix)
    }
}
