//! stub
use super::ast::QueryOptions;
/// stub
pub fn encoded_options(_o: &QueryOptions, _a: Option<&QueryOptions>) -> String {
    String::new()
}
