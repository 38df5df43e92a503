//! The Entity Data Model: what a service declares, and what of it a database really has.
//!
//! Declared facts are `'static` data that the derive writes ([`EntityType`]). A [`Model`] is a list
//! of them. At start the database's [`Catalogue`] is read, and [`Schema::resolve`] lays the one on
//! the other; everything right of this module takes `&Schema`. No I/O, no SQL, no HTTP here.

mod catalogue;
#[doc(hidden)]
pub mod check;
mod entity;
#[cfg(test)]
pub(crate) mod fixture;
mod model;
mod primitive;
mod resolve;
mod schema;
mod scope;
mod value;
mod version;

pub use catalogue::{Catalogue, CatalogueColumn, CatalogueTable};
pub use entity::{Condition, EntityType, Join, Link, NavigationProperty, Property, Scoping};
pub use model::Model;
pub use primitive::{PgType, PrimitiveType};
pub use resolve::ResolveOptions;
pub use schema::{
    EntitySet, Finding, JoinPath, LinkTable, Navigation, QualifiedName, Schema, ScopeRule, SetId,
    Severity, Source, StructuralProperty,
};
pub use scope::Scope;
pub use value::{
    DateTime, Decimal, Json, NaiveDate, NaiveTime, NavigationValue, ODataEntity, PrimitiveValue,
    TimeDelta, Utc, Uuid,
};
pub use version::Version;
