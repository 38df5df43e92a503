//! Which Rust types are properties: the traits by which the derive reads a field's type.

use super::check::End;
use super::{EntityType, PrimitiveType, Property};

// Beside our own, so that a service needs no other dependency to declare its model.
pub use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
pub use uuid::Uuid;

/// A struct that is an entity type. `#[derive(ODataEntity)]` writes it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an OData entity",
    label = "not an entity",
    note = "add `#[derive(ODataEntity)]` to it"
)]
pub trait ODataEntity: Sized + 'static {
    /// The structural properties, in the order of the struct.
    const PROPERTIES: &'static [Property];

    /// The names of the key properties.
    const KEY: &'static [&'static str];

    /// Everything the struct declares.
    fn entity_type() -> &'static EntityType;

    /// For the derive's checks.
    #[doc(hidden)]
    const END: End = End {
        many: false,
        properties: Self::PROPERTIES,
        key: Self::KEY,
    };
}

/// Text that holds JSON. To the client it is an `Edm.String`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Json(pub String);

/// A decimal number of any size, by its digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decimal(pub String);

/// A Rust type that can be a structural property.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a structural property",
    label = "not a primitive type",
    note = "expected one of String, Json, bool, i16, i32, i64, f32, f64, Decimal, DateTime<Utc>, NaiveDate, NaiveTime, TimeDelta, Uuid, Vec<u8>, or an Option of one; a navigation property needs `foreign_key`, `through` or `inverse`"
)]
pub trait PrimitiveValue {
    /// The row of the type table.
    const TYPE: PrimitiveType;
    /// Whether null is a value.
    const NULLABLE: bool = false;
}

macro_rules! primitive_values {
    ($($rust:ty => $edm:ident;)*) => {
        // A wrong type is told what is expected by the trait, not by a list of these.
        $(#[diagnostic::do_not_recommend]
        impl PrimitiveValue for $rust {
            const TYPE: PrimitiveType = PrimitiveType::$edm;
        })*
    };
}

primitive_values! {
    String => String;
    Json => Json;
    bool => Boolean;
    i16 => Int16;
    i32 => Int32;
    i64 => Int64;
    f32 => Single;
    f64 => Double;
    Decimal => Decimal;
    DateTime<Utc> => DateTimeOffset;
    NaiveDate => Date;
    NaiveTime => TimeOfDay;
    TimeDelta => Duration;
    Uuid => Guid;
    Vec<u8> => Binary;
}

#[diagnostic::do_not_recommend]
impl<T: PrimitiveValue> PrimitiveValue for Option<T> {
    const TYPE: PrimitiveType = T::TYPE;
    const NULLABLE: bool = true;
}

/// A Rust type that can be a navigation property: `Option<Entity>`, or `Vec<Entity>`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a navigation property",
    label = "neither an entity in an `Option` nor in a `Vec`",
    note = "expected `Option<Entity>` or `Vec<Entity>`, where the entity derives `ODataEntity`"
)]
pub trait NavigationValue {
    /// The entity at the other end.
    type Target: ODataEntity;
    /// Whether it is a collection.
    const MANY: bool;

    /// The entity type at the other end. It is a function, since types lead to each other in circles.
    const TARGET: fn() -> &'static EntityType = Self::Target::entity_type;

    /// For the derive's checks.
    #[doc(hidden)]
    const END: End = End {
        many: Self::MANY,
        properties: Self::Target::PROPERTIES,
        key: Self::Target::KEY,
    };
}

impl<E: ODataEntity> NavigationValue for Option<E> {
    type Target = E;
    const MANY: bool = false;
}

impl<E: ODataEntity> NavigationValue for Vec<E> {
    type Target = E;
    const MANY: bool = true;
}

/// So that a to-one navigation property may lead back to its own struct.
impl<E: ODataEntity> ODataEntity for Box<E> {
    const PROPERTIES: &'static [Property] = E::PROPERTIES;
    const KEY: &'static [&'static str] = E::KEY;

    fn entity_type() -> &'static EntityType {
        E::entity_type()
    }
}
