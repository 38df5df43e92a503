//! Walls with a hole: with `--cfg wall_mutant` the scope is left out where `WALL_MUTANT` says, so that
//! the tests of the wall can be seen to find it (`docs/wall.md`). No build has this otherwise, and a
//! release refuses it.

#[cfg(not(debug_assertions))]
compile_error!("a wall with a hole is nothing to be released");

use crate::edm::{JoinPath, Schema, ScopeRule};
use crate::plan::{
    Answer, Data, Derived, Expr, ExprKind, Input, Keys, Layer, Output, Page, Query, Rows, Scoped,
};
use std::cell::RefCell;
use std::collections::HashSet;
use std::sync::LazyLock;

static CHOSEN: LazyLock<String> =
    LazyLock::new(|| std::env::var("WALL_MUTANT").unwrap_or_default());

thread_local! {
    /// The table references of the statement at hand that have no scope.
    static HOLES: RefCell<HashSet<Scoped>> = RefCell::default();
}

/// Whether the scope of this table reference is left out.
pub(super) fn leaves_out(source: Scoped) -> bool {
    HOLES.with_borrow(|holes| holes.contains(&source))
}

/// Whether the far end of a join may be of another account than the near end.
pub(super) fn leaves_account_out(far: Scoped) -> bool {
    *CHOSEN == "same_account" || leaves_out(far)
}

/// Finds the holes that a plan's statement is to have.
pub(super) fn select(schema: &Schema, data: &Data, page: &Page) {
    let mut finder = Finder::new(schema);
    let root = match finder.is_root(data, page) {
        true => finder.chosen,
        false => "",
    };
    finder.query(root, &data.query);
    if let Some(anchor) = &data.anchor {
        finder.rows(if root.is_empty() { "key_read" } else { "" }, &anchor.first);
        for (join, key) in &anchor.steps {
            finder.source("path_segment", join.source);
            key.iter().for_each(|key| finder.expr(key));
        }
    }
    HOLES.set(finder.holes);
}

/// Finds the holes of the statement that reads the row of a next link again.
pub(super) fn sort_values(schema: &Schema, data: &Data) {
    let mut finder = Finder::new(schema);
    finder.query("read_again", &data.query);
    if let Some(anchor) = &data.anchor {
        finder.rows("read_again", &anchor.first);
    }
    HOLES.set(finder.holes);
}

struct Finder<'a> {
    schema: &'a Schema,
    chosen: &'static str,
    holes: HashSet<Scoped>,
}

impl<'a> Finder<'a> {
    fn new(schema: &'a Schema) -> Finder<'a> {
        Finder {
            schema,
            chosen: &CHOSEN,
            holes: HashSet::new(),
        }
    }

    /// Whether it is the rows that are asked for themselves which have no scope.
    fn is_root(&self, data: &Data, page: &Page) -> bool {
        let query = &data.query;
        let filter = query.rows().and_then(|rows| rows.filter.as_ref());
        let is_path = data.anchor.is_some();
        match self.chosen {
            "set" => !is_path && !data.by_key && data.answer == Answer::Collection,
            "references" => data.answer == Answer::References,
            "key_read" => data.by_key && !is_path,
            "path_segment" => is_path,
            "count" => data.answer == Answer::Count,
            "inline_count" => query.count,
            "next_link" => page.after.is_some(),
            "search" => filter.is_some_and(|filter| {
                let mut searches = false;
                filter.each(&mut |expr| searches |= matches!(expr.kind, ExprKind::Search(..)));
                searches
            }),
            step => step.strip_prefix("apply_").is_some_and(|step| {
                let request = data.request(&Keys::default());
                let (_, apply) = request.split_once("$apply=").unwrap_or_default();
                let calls = |name: &str| {
                    ["", "/", "(", ","].iter().any(|before| {
                        let call = format!("{before}{name}");
                        let found = apply.match_indices(&call);
                        found.into_iter().any(|(at, _)| {
                            let behind = apply[at + call.len()..].chars().next();
                            let is_first = !before.is_empty() || at == 0;
                            is_first && !behind.is_some_and(|c| c.is_ascii_alphanumeric())
                        })
                    })
                };
                calls(step)
            }),
        }
    }

    fn source(&mut self, kind: &str, source: Scoped) {
        let by_users = matches!(self.schema.set(source.set()).scope, ScopeRule::Via { .. });
        if kind == self.chosen || (self.chosen == "users" && by_users) {
            self.holes.insert(source);
        }
    }

    fn query(&mut self, kind: &str, query: &Query) {
        self.input(kind, &query.input);
        query.order.iter().for_each(|item| self.expr(&item.expr));
        for output in &query.outputs {
            match output {
                Output::Property(..) => {}
                Output::Expr(expr) => self.expr(expr),
                // What 'nest' makes is made of the rows themselves.
                Output::Array(nested, _) if matches!(query.input, Input::One) => {
                    self.query(kind, nested);
                }
                Output::Array(query, _) => self.query("to_many_array", query),
                Output::Count(input) => self.input("expand_count", input),
            }
        }
    }

    fn input(&mut self, kind: &str, input: &Input) {
        match input {
            Input::Rows(rows) => self.rows(kind, rows),
            Input::Derived(derived) => self.derived(kind, derived),
            Input::One => {}
        }
    }

    fn derived(&mut self, kind: &str, derived: &Derived) {
        derived
            .layers
            .iter()
            .for_each(|layer| self.layer(kind, layer));
        derived.filter.iter().for_each(|filter| self.expr(filter));
    }

    fn layer(&mut self, kind: &str, layer: &Layer) {
        self.input(kind, &layer.input);
        let order = layer.order.iter().map(|(expr, _)| expr);
        layer
            .select
            .iter()
            .chain(order)
            .for_each(|expr| self.expr(expr));
    }

    fn rows(&mut self, kind: &str, rows: &Rows) {
        self.source(kind, rows.from);
        if let Some(via) = rows.via {
            let near = self.schema.set(via.near.set());
            if matches!(near.navigation[via.navigation].path, JoinPath::Links { .. }) {
                self.source("link_relation", rows.from);
            }
        }
        for source in &rows.crossed {
            self.source("crossjoin", *source);
        }
        for join in &rows.joins {
            self.source("to_one_join", join.source);
        }
        if let Some(lateral) = &rows.lateral {
            self.derived("joined_rows", &lateral.derived);
        }
        rows.filter.iter().for_each(|filter| self.expr(filter));
    }

    fn expr(&mut self, expr: &Expr) {
        expr.each(&mut |expr| match &expr.kind {
            ExprKind::Any(rows) | ExprKind::All(rows, _) => self.rows("lambda", rows),
            ExprKind::Count(rows) => self.rows("nav_count", rows),
            ExprKind::Scalar(rows, _) => self.rows("member_by_key", rows),
            ExprKind::Whole(input, _) => self.input("these", input),
            ExprKind::Among(_, layer) => self.layer("chosen_rows", layer),
            _ => {}
        });
    }
}
