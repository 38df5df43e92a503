//! `groupby` (Data Aggregation 3.2.3): what is grouped by.

use crate::error::{Result, Span};
use crate::uri::ast::{GroupingItem, PathExpr, SegmentKind, TransformationKind};
use crate::uri::parser::Parser;
use crate::uri::token::Token;

impl Parser<'_> {
    pub(super) fn group_by(&mut self) -> Result<TransformationKind> {
        self.expect(Token::Open, "'(' before the grouping properties")?;
        let groups = self.items(Parser::grouping_item)?;
        self.close("',' or ')' behind the grouping properties")
            .map_err(|error| match self.peek() {
                Token::Open => error.hint("compute it first: compute(year(a) as y)/groupby((y))"),
                _ => error,
            })?;
        let then = match self.eat_comma() {
            true => self.apply()?,
            false => Vec::new(),
        };
        Ok(TransformationKind::GroupBy { groups, then })
    }

    pub(crate) fn grouping_item(&mut self) -> Result<GroupingItem> {
        let is_call = self.peek() == Token::Name && self.peek_second() == Token::Open;
        match self.peek_text() {
            "rollup" if is_call => {
                self.next();
                self.next();
                let paths = self.items(Parser::grouping_property)?;
                // One name alone is the qualifier of a levelled hierarchy.
                if let [(path, _)] = paths.as_slice()
                    && path.segments.len() > 1
                {
                    return Err(self.unexpected("',' and another grouping property"));
                }
                self.close("',' or ')'")?;
                Ok(GroupingItem::Rollup(paths))
            }
            "rolluprecursive" if is_call => {
                self.next();
                self.next();
                let hierarchy = self.hierarchy()?;
                let then = match self.eat_comma() {
                    true => self.hierarchy_sequence()?,
                    false => Vec::new(),
                };
                self.close("',' or ')'")?;
                Ok(GroupingItem::RollupRecursive(hierarchy, then))
            }
            _ => self
                .grouping_property()
                .map(|(path, span)| GroupingItem::Path(path, span)),
        }
    }

    /// A path of names that doesn't end in a type.
    pub(crate) fn grouping_property(&mut self) -> Result<(PathExpr, Span)> {
        let start = self.position();
        let path = self.data_path(false)?;
        let span = self.span_from(start);
        if let Some(last) = path.segments.last()
            && matches!(&last.kind, SegmentKind::Name(name) if name.contains('.'))
        {
            return Err(self.unexpected("'/' and a property behind the type"));
        }
        Ok((path, span))
    }
}
