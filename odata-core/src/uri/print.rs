//! stub
use super::ast::{PathSegment, QueryOptions};
/// stub
pub fn link_options(_o: &QueryOptions, _a: &[&QueryOptions]) -> String {
    String::new()
}
/// stub
pub fn link_request(_p: &[PathSegment], _o: &QueryOptions) -> String {
    String::new()
}
/// stub
pub fn encode(s: &str) -> String {
    s.into()
}
