//! The rules over values: of what is declared, and of what the request made.

use super::json::{Json, Members};
use super::model::Set;
use super::payload::{Level, Payload};
use super::rules::{At, Rule};
use super::scalar::{self, Primitive, Property};

impl Payload<'_> {
    /// A property that is asked for alone.
    pub(super) fn property(&mut self, members: &Members<'_>, set: Set<'_>, name: &str) {
        let at = At::of(name);
        let (told, value) = match members.as_slice() {
            [(ty, told), (member, value)] if ty == self.names.ty && member == "value" => {
                (told.text(), value)
            }
            [(member, value)] if member == "value" => (None, value),
            _ => return self.fault(Rule::PropertyForm, at, "not 'value' alone"),
        };
        if *value == Json::Null {
            return self.fault(Rule::PropertyForm, at, "null, which is no content");
        }
        match set.ty.properties.get(name) {
            Some(property) => self.declared(property, told, value, at),
            None => {
                let text = format!("'{}' has no property '{name}'", set.name);
                self.fault(Rule::ContextKnown, "context", text);
            }
        }
    }

    /// A value of a property of this type, and how it is told.
    pub(super) fn declared(
        &mut self,
        property: &Property,
        told: Option<&str>,
        value: &Json<'_>,
        at: At<'_>,
    ) {
        let hash = if self.old { "#" } else { "" };
        if let Some(told) = told {
            if told.strip_prefix(hash) != Some(property.ty.name()) {
                let text = format!("the type is '{told}', not '{hash}{}'", property.ty.name());
                self.fault(Rule::TypeForm, at, text);
            }
        } else if self.level == Level::Full && !property.ty.is_told(value) {
            self.fault(Rule::FullHasAll, at, "no type");
        }
        if *value == Json::Null && self.asked.applies() {
            // A total of a rollup has no value of what it sums up.
            return;
        }
        if let Some(rule) = scalar::broken(value, property, self.numbers) {
            let text = format!("{value:?} is no {}", property.ty.name());
            self.fault(rule, at, text);
        }
    }

    /// A value of a property that the request made.
    pub(super) fn dynamic(&mut self, told: Option<&str>, value: &Json<'_>, at: At<'_>) {
        let Some(told) = told else {
            // Without its type a number is a Double, and a text a String; nothing else is told by
            // itself, and without metadata nothing is.
            let is_told = match value {
                Json::Array(_) | Json::Object(_) | Json::Unread => false,
                Json::Text(text) if scalar::is_special(text) => self.asked.casts_to_text(),
                _ => true,
            };
            if !is_told && self.level != Level::None {
                self.fault(Rule::DynamicType, at, format!("{value:?} without its type"));
            }
            return;
        };
        let bare = told.strip_prefix('#');
        let name = match self.old {
            true => bare,
            false => bare.is_none().then_some(told),
        };
        match name.and_then(Primitive::named) {
            Some(ty) if !told.contains("Edm.") => {
                let property = Property::of_type(ty);
                if let Some(rule) = scalar::broken(value, &property, self.numbers) {
                    self.fault(rule, at, format!("{value:?} is no {told}"));
                }
            }
            _ => self.fault(Rule::TypeForm, at, format!("the type is '{told}'")),
        }
    }
}
