//! Text to tree: the URL of a request, parsed whole before any name is resolved.

pub mod ast;
pub mod print;
