//! Every number that bounds a request, once, with its default.
//!
//! An error that a limit causes names the limit by the text of this table.

use crate::error::{Code, Error, nearest};
use std::time::Duration;

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

            /// Sets the limit of this name. What is wrong names what there is.
            pub fn set(&mut self, name: &str, value: u64) -> std::result::Result<(), String> {
                match name {
                    $(stringify!($name) => {
                        self.$name = value.try_into().map_err(|_| "too large".to_owned())?;
                    })*
                    _ => {
                        let names = [$(stringify!($name),)*];
                        let near = nearest(name, names)
                            .map(|near| format!(", did you mean '{near}'?"))
                            .unwrap_or_default();
                        return Err(format!("there is no limit '{name}'{near}"));
                    }
                }
                Ok(())
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
            "requests_per_minute" => Code::TooManyRequests,
            "statement_ms" => Code::Timeout,
            _ => Code::LimitExceeded,
        };
        Error::new(
            code,
            format!("expected at most {most} {text} (limit '{name}')"),
        )
    }

    /// `statement_ms` as a length of time.
    pub fn statement_timeout(&self) -> Duration {
        Duration::from_millis(self.statement_ms)
    }
}

limits! {
    /// Bytes of path and query together.
    url_bytes: usize = 60 * 1024, "bytes of the URL";
    /// Bytes of one query option, its name included, as they stand in the URL.
    option_bytes: usize = 60 * 1024, "bytes of one query option";
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
    /// Milliseconds that the database may take to the first row, regular expressions and all.
    statement_ms: u64 = 30_000, "milliseconds to the first row";
    /// Requests that one token may send in a minute, known or not; 0 for any number.
    requests_per_minute: u64 = 0, "requests a minute with one access token";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_of_the_table_is_set_by_its_name() {
        let mut limits = Limits::default();
        for (place, (name, ..)) in Limits::default().table().into_iter().enumerate() {
            limits.set(name, place as u64 + 1).unwrap();
        }
        for (place, (name, text, value)) in limits.table().into_iter().enumerate() {
            assert_eq!(value, place as u64 + 1, "{name}");
            let error = limits.exceeded(name);
            let expected = format!("expected at most {value} {text} (limit '{name}')");
            assert_eq!(error.message(), expected);
        }
        let wrong = limits.set("node", 1).unwrap_err();
        assert_eq!(wrong, "there is no limit 'node', did you mean 'nodes'?");
    }
}
