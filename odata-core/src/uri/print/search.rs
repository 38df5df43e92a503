//! `$search` as text.

use super::{Out, Values};
use crate::uri::ast::SearchExpr;

impl Out {
    /// The value of `$search`.
    pub(crate) fn search(&mut self, search: &SearchExpr) {
        let start = self.text.len();
        self.search_part(search);
        // A quote at the start would make one string of all.
        let is_word = self
            .text
            .get(start..)
            .is_some_and(|text| text.starts_with("%27"));
        if is_word {
            self.text.insert(start, '(');
            self.push(")");
        }
    }

    fn search_part(&mut self, search: &SearchExpr) {
        match search {
            _ if self.values == Values::Hidden && is_term(search) => self.push("?"),
            SearchExpr::Incomplete(term) => self.quoted(&term.text),
            SearchExpr::Term(term) if term.phrase => {
                self.push("\"");
                self.data(&term.text);
                self.push("\"");
            }
            // A word that is spelt as an operator.
            SearchExpr::Term(term) if matches!(term.text.as_str(), "AND" | "OR" | "NOT") => {
                self.push("(");
                self.push(&term.text);
                self.push(")");
            }
            SearchExpr::Term(term) => self.search_word(&term.text),
            SearchExpr::And(terms) => self.search_chain(terms, " AND ", |term| {
                matches!(term, SearchExpr::And(_) | SearchExpr::Or(_))
            }),
            SearchExpr::Or(terms) => {
                self.search_chain(terms, " OR ", |term| matches!(term, SearchExpr::Or(_)));
            }
            SearchExpr::Not(term) => {
                self.push("NOT ");
                let inside = matches!(**term, SearchExpr::And(_) | SearchExpr::Or(_));
                self.search_operand(term, inside);
            }
        }
    }

    fn search_word(&mut self, word: &str) {
        let quote = usize::from(word.starts_with('\''));
        self.encoded(word.get(..quote).unwrap_or(""), "'");
        self.encoded(word.get(quote..).unwrap_or(""), ";&#[]{}\\^`|<>");
    }

    fn search_chain(
        &mut self,
        terms: &[SearchExpr],
        between: &str,
        inside: fn(&SearchExpr) -> bool,
    ) {
        for (index, term) in terms.iter().enumerate() {
            if index > 0 {
                self.push(between);
            }
            self.search_operand(term, inside(term));
        }
    }

    fn search_operand(&mut self, term: &SearchExpr, parentheses: bool) {
        if !parentheses {
            return self.search_part(term);
        }
        self.push("(");
        self.search_part(term);
        self.push(")");
    }
}

fn is_term(search: &SearchExpr) -> bool {
    matches!(search, SearchExpr::Term(_) | SearchExpr::Incomplete(_))
}
