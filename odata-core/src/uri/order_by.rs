//! `$orderby` and its like (URL Conventions 5.1.5).

use super::ast::OrderByItem;
use super::parser::Parser;
use super::token::Token;
use crate::error::Result;

impl Parser<'_> {
    /// `expr [asc|desc],..`.
    pub(crate) fn order_by(&mut self) -> Result<Vec<OrderByItem>> {
        self.skip_space();
        let mut items = Vec::new();
        loop {
            let start = self.position();
            items.push(self.order_by_item()?);
            let span = self.span_from(start);
            self.check("order_items", self.limits.order_items, items.len(), span)?;
            if !self.eat_comma() {
                break;
            }
        }
        Ok(items)
    }

    /// Behind a direction an item is over.
    fn item_ends(&mut self) -> Result<()> {
        let before = self.position();
        self.skip_space();
        if matches!(self.peek(), Token::Name | Token::Integer | Token::Dollar) {
            return Err(self.unexpected("',' or the end"));
        }
        self.set_position(before);
        Ok(())
    }

    fn order_by_item(&mut self) -> Result<OrderByItem> {
        let expr = self.expr()?;
        let before = self.position();
        if self.skip_space() && self.peek() == Token::Name {
            let word = self.peek_text();
            for (direction, descending) in [("asc", false), ("desc", true)] {
                if word.eq_ignore_ascii_case(direction) {
                    self.next();
                    self.item_ends()?;
                    return Ok(OrderByItem { expr, descending });
                }
            }
            return Err(self.unexpected("an operator, 'asc', 'desc' or ','"));
        }
        self.set_position(before);
        Ok(OrderByItem {
            expr,
            descending: false,
        })
    }
}
