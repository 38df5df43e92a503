//! Every number that bounds a request, once, with its default.
//!
//! An error that a limit causes names the limit by the text of this table.

use crate::error::{Code, Error};

macro_rules! limits {
    ($($(#[$doc:meta])* $name:ident: $ty:ty = $default:expr, $text:literal;)*) => {
        /// What one request may ask for. `Limits::default()` holds the documented defaults.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct Limits {
            $($(#[$doc])* pub $name: $ty,)*
        }

        impl Default for Limits {
            fn default() -> Limits {
                Limits { $($name: $default,)* }
            }
        }

        impl Limits {
            /// Name, what it bounds, and its value here: the rows of the documentation's table.
            pub fn table(&self) -> Vec<(&'static str, &'static str, u64)> {
                vec![$((stringify!($name), $text, self.$name as u64),)*]
            }
        }
    };
}

impl Limits {
    /// The error of the limit of this name, with the words of the table.
    pub fn exceeded(&self, name: &str) -> Error {
        let row = self.table().into_iter().find(|row| row.0 == name);
        let (_, text, most) = row.unwrap_or(("", "of this", 0));
        let code = match name {
            "url_bytes" => Code::UriTooLong,
            _ => Code::LimitExceeded,
        };
        Error::new(
            code,
            format!("expected at most {most} {text} (limit '{name}')"),
        )
    }
}

limits! {
    /// Bytes of path and query together.
    url_bytes: usize = 60 * 1024, "bytes of the URL";
    /// Nodes of one option's expression tree.
    nodes: usize = 500, "nodes in one expression";
    /// Levels of parentheses, operators, calls and nested options.
    depth: usize = 64, "levels of nesting";
    /// Lambdas inside lambdas.
    lambda_depth: usize = 2, "lambda expressions inside each other";
    /// Items of one `$orderby`.
    order_items: usize = 8, "items in $orderby";
    /// Levels of `$expand`.
    expand_depth: usize = 4, "levels of $expand";
    /// Expand items in all.
    expands: usize = 16, "expand items in all";
    /// Values of one list of `in`.
    list_items: usize = 10_000, "values in one list";
    /// Bytes of one string literal.
    string_bytes: usize = 8 * 1024, "bytes of a string literal";
    /// Characters of a regular expression.
    pattern_chars: usize = 256, "characters of a regular expression";
    /// Segments of the resource path, and of one path in an expression.
    path_segments: usize = 16, "segments of a path";
    /// Sets of one `$crossjoin`.
    crossjoin_sets: usize = 4, "sets in $crossjoin";
    /// Transformations of one `$apply`.
    apply_steps: usize = 16, "transformations in $apply";
    /// SELECTs that one `$apply` becomes: rollups and `concat` repeat what stands before them.
    apply_layers: usize = 64, "sub-selects of $apply";
    /// Query options in one request.
    options: usize = 128, "query options";
    /// The largest `$skip`.
    skip: u64 = 10_000_000, "rows in $skip";
    /// Rows of a page when the client does not say.
    page_size: u64 = 10_000, "rows in a page by default";
    /// Rows of a page that `Prefer: odata.maxpagesize` may ask for.
    max_page_size: u64 = 1_000_000, "rows in a page at most";
    /// Rows of an expanded collection, for each parent.
    expand_page_size: u64 = 1_000, "rows in an expanded collection";
    /// Rows that expanded collections inside each other may have for one row of the page.
    expand_product: u64 = 10_000, "rows of nested expanded collections for one parent";
    /// Bytes of a page that are drained at once, so that the connection is free.
    page_drain_bytes: usize = 8 * 1024 * 1024, "bytes of a page that are read ahead";
    /// Bytes that all answers together may hold in memory.
    drain_budget_bytes: usize = 256 * 1024 * 1024, "bytes read ahead by all requests";
    /// Bytes after which a page ends while the budget is short.
    short_page_bytes: usize = 1024 * 1024, "bytes of a page while memory is short";
}
