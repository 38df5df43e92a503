//! The expansion leans on no name of the module that it stands in.
#![deny(warnings)]
#![allow(dead_code, non_camel_case_types)]

mod core {}
mod std {}
struct Option;
struct Some;
struct i8;
struct Property;
struct EntityType;
trait PrimitiveValue {}

#[derive(::odata_core::ODataEntity)]
#[odata(table = "authors")]
pub struct Author {
    #[odata(key)]
    id: i64,
    name: ::std::option::Option<String>,
}

fn main() {}
