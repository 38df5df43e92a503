//! Checks of what `#[derive(ODataEntity)]` can't see, since it reads tokens and not types. The expansion
//! evaluates them at compile time; each panics, with the text that the macro made, at its caller, which
//! the macro puts at the place of the mistake.
//!
//! A type without a key is one whose own errors are reported already; nothing is said about it here.

use super::{PrimitiveType, Property};

/// A key property is not null and of a type that a key may have (CSDL 6.5).
#[track_caller]
pub const fn key(ty: PrimitiveType, nullable: bool, null: &str, wrong_type: &str) {
    use PrimitiveType::*;
    if nullable {
        panic!("{}", null);
    }
    if matches!(ty, Single | Double | Binary | Json) {
        panic!("{}", wrong_type);
    }
}

/// A secret can be null.
#[track_caller]
pub const fn secret(_: PrimitiveType, nullable: bool, message: &str) {
    if !nullable {
        panic!("{}", message);
    }
}

/// `$search` looks at text.
#[track_caller]
pub const fn searchable(ty: PrimitiveType, _: bool, message: &str) {
    if !ty.is_text() {
        panic!("{}", message);
    }
}

/// A code table is of whole numbers.
#[track_caller]
pub const fn values(ty: PrimitiveType, _: bool, message: &str) {
    if !ty.is_integer() {
        panic!("{}", message);
    }
}

/// A foreign key has as many properties as the key that it holds.
#[track_caller]
pub const fn foreign_key_length(near: End, far: End, count: usize, message: &str) {
    let ends = Ends::of(near, far);
    if !ends.key.is_empty() && ends.key.len() != count {
        panic!("{}", message);
    }
}

/// A property of a foreign key exists, in the type that must have it, and has the type of the key
/// property in the same place.
#[track_caller]
pub const fn foreign_key(
    near: End,
    far: End,
    index: usize,
    name: &str,
    absent_here: &str,
    absent_there: &str,
    other_type: &str,
) {
    let ends = Ends::of(near, far);
    let Some(property) = find(ends.dependent, name) else {
        if !ends.dependent.is_empty() {
            panic!("{}", if far.many { absent_there } else { absent_here });
        }
        return;
    };
    if index < ends.key.len()
        && let Some(key) = find(ends.principal, ends.key[index])
        && property.ty as u8 != key.ty as u8
    {
        panic!("{}", other_type);
    }
}

/// The column of a condition belongs to a property of the type that has the foreign key.
#[track_caller]
pub const fn condition(near: End, far: End, column: &str, absent_here: &str, absent_there: &str) {
    let properties = Ends::of(near, far).dependent;
    let mut index = 0;
    while index < properties.len() {
        if contains(properties[index].columns, column) {
            return;
        }
        index += 1;
    }
    if !properties.is_empty() {
        panic!("{}", if far.many { absent_there } else { absent_here });
    }
}

/// The far end has this property.
#[track_caller]
pub const fn far_property(_: End, far: End, name: &str, absent: &str) {
    let properties = far.properties;
    if !properties.is_empty() && find(properties, name).is_none() {
        panic!("{}", absent);
    }
}

/// What the checks know of an end of a navigation property.
#[derive(Clone, Copy)]
pub struct End {
    pub(super) many: bool,
    pub(super) properties: &'static [Property],
    pub(super) key: &'static [&'static str],
}

/// The two ends of a foreign key: in a to-one navigation property the near type has it, in a to-many
/// the far one.
struct Ends {
    dependent: &'static [Property],
    principal: &'static [Property],
    key: &'static [&'static str],
}

impl Ends {
    const fn of(near: End, far: End) -> Ends {
        let (dependent, principal) = if far.many { (far, near) } else { (near, far) };
        Ends {
            dependent: dependent.properties,
            principal: principal.properties,
            key: principal.key,
        }
    }
}

const fn find(properties: &'static [Property], name: &str) -> Option<&'static Property> {
    let mut index = 0;
    while index < properties.len() {
        if same(properties[index].name, name) {
            return Some(&properties[index]);
        }
        index += 1;
    }
    None
}

const fn contains(names: &[&str], name: &str) -> bool {
    let mut index = 0;
    while index < names.len() {
        if same(names[index], name) {
            return true;
        }
        index += 1;
    }
    false
}

const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    let mut index = 0;
    while index < a.len() {
        if a[index] != b[index] {
            return false;
        }
        index += 1;
    }
    true
}
