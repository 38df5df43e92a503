//! Values: literals that the rows of both accounts have, and paths to properties.

use super::{Generator, Place};
use odata_core::edm::{EntityType, PrimitiveType as T};

/// The types that expressions are made of, each as often as its properties matter.
const TYPES: &[T] = &[
    T::String,
    T::String,
    T::String,
    T::Int64,
    T::Int64,
    T::Int64,
    T::Double,
    T::Decimal,
    T::DateTimeOffset,
    T::DateTimeOffset,
    T::Date,
    T::TimeOfDay,
    T::Duration,
    T::Boolean,
    T::Guid,
];

/// Whether a value of one type stands for one of the other: whole numbers are all alike.
fn is_alike(one: T, other: T) -> bool {
    one == other || (one.is_integer() && other.is_integer())
}

impl Generator {
    pub(super) fn some_type(&mut self) -> T {
        self.dice.pick(TYPES)
    }

    /// A type that properties have.
    pub(super) fn stored_type(&mut self) -> T {
        loop {
            match self.some_type() {
                T::Decimal | T::Date | T::TimeOfDay | T::Duration => {}
                ty => return ty,
            }
        }
    }

    /// A path to a property of that type: of the instance, or of one that it leads to.
    pub(super) fn path(&mut self, ty: T, place: Place<'_>) -> Option<String> {
        let mut entity = place.entity;
        let mut path = place.prefix.to_owned();
        let outer = self.it.filter(|_| self.dice.chance(6));
        if let Some(it) = outer {
            self.note("head", "$it");
            (entity, path) = (it, "$it/".to_owned());
        } else if place.prefix.is_empty() && self.it.is_some() && self.dice.chance(3) {
            self.note("head", "$this");
            path = "$this/".to_owned();
        }
        for depth in 1..=2 {
            let all = entity.navigation_properties.iter();
            let ones: Vec<_> = all.filter(|it| !it.many).collect();
            if ones.is_empty() || !self.dice.chance(30) {
                break;
            }
            let navigation = self.dice.pick(&ones);
            self.note_navigation("joined", entity, navigation);
            self.census.note_depth("path", depth);
            path = format!("{path}{}/", navigation.name);
            entity = (navigation.target)();
        }
        Some(format!("{path}{}", self.property(entity, ty)?))
    }

    /// The name of a property of that type which may be asked for.
    pub(super) fn property(&mut self, entity: &'static EntityType, ty: T) -> Option<&'static str> {
        let fits = entity.properties.iter().filter(|property| {
            // What is documented as a number and may be stored as text has either type.
            let of_two_types = property.name.starts_with("cognigy_");
            !property.secret && !of_two_types && is_alike(property.ty, ty)
        });
        let fits: Vec<_> = fits.collect();
        (!fits.is_empty()).then(|| self.dice.pick(&fits).name)
    }

    /// A text to look for in texts.
    pub(super) fn word(&mut self) -> String {
        if self.shown {
            return format!(
                "'{}'",
                self.dice.pick(&["e", "1", "%", "_", "", "shared-1"])
            );
        }
        let words = [
            "mark-of-",
            "mark-of-a",
            "mark-of-b",
            "a",
            "1",
            "of-two",
            "e",
            "label",
            "%",
            "_",
            "",
            "shared-1",
        ];
        format!("'{}'", self.dice.pick(&words))
    }

    pub(super) fn literal(&mut self, ty: T) -> String {
        if self.shown {
            return self.unmarked(ty);
        }
        let dice = &mut self.dice;
        match ty {
            T::Int32 | T::Int64 => match dice.below(4) {
                0 => dice.below(5).to_string(),
                1 => (264_197_500 + dice.below(10)).to_string(),
                2 => (873_654_100 + dice.below(10)).to_string(),
                _ => self.key().to_string(),
            },
            T::Decimal => dice
                .pick(&["0.5", "1.25", "264197502.25", "873654105.25", "-3.0"])
                .to_owned(),
            T::Double => dice
                .pick(&[
                    "264197502.25e0",
                    "873654105.25e0",
                    "1e9",
                    "NaN",
                    "INF",
                    "-5e-1",
                ])
                .to_owned(),
            T::DateTimeOffset => {
                let (month, day, hour) = (1 + dice.below(6), dice.below(9), dice.below(9));
                let year = dice.pick(&["2021", "2031", "2025"]);
                format!("{year}-0{month}-1{day}T0{hour}:00:00Z")
            }
            T::Date => {
                let (month, day) = (1 + dice.below(6), dice.below(9));
                format!("{}-0{month}-1{day}", dice.pick(&["2021", "2031", "2025"]))
            }
            T::TimeOfDay => format!("0{}:0{}:00", dice.below(9), dice.below(9)),
            T::Duration => format!(
                "duration'{}'",
                dice.pick(&["PT1H", "P3D", "-PT1M", "P3650D", "PT0S"])
            ),
            T::Boolean => dice.pick(&["true", "false"]).to_owned(),
            T::Guid => {
                let start = dice.pick(&["11", "77"]);
                format!("{start}000000-0000-4000-8000-{:012}", 1 + dice.below(40))
            }
            _ if dice.chance(15) => "'shared-1'".to_owned(),
            _ => {
                let mark = dice.pick(&["mark-of-a", "mark-of-b", "mark-of-two"]);
                let rests = [
                    "",
                    " content 3",
                    " identifier 2",
                    " user 2",
                    " inbox 3",
                    " label 4",
                    " event 1",
                    " zone",
                ];
                format!("'{mark}{}'", dice.pick(&rests))
            }
        }
    }

    /// A literal that no account's rows have.
    fn unmarked(&mut self, ty: T) -> String {
        let dice = &mut self.dice;
        let number = dice.below(50);
        match ty {
            T::Int32 | T::Int64 => number.to_string(),
            T::Decimal => format!("{number}.5"),
            T::Double => format!("{number}.25e0"),
            T::DateTimeOffset => format!("20{}-01-01T00:00:00Z", 50 + number),
            T::Date => format!("20{}-01-01", 50 + number),
            T::TimeOfDay => format!("01:{number:02}:00"),
            T::Duration => format!("duration'PT{number}M'"),
            T::Boolean => dice.pick(&["true", "false"]).to_owned(),
            T::Guid => format!("55000000-0000-4000-8000-{number:012}"),
            _ => format!("'text {number}'"),
        }
    }

    /// A literal, or an alias that stands for one.
    pub(super) fn constant(&mut self, ty: T) -> String {
        let literal = self.literal(ty);
        if !self.dice.chance(6) {
            return literal;
        }
        self.note("head", "alias");
        self.alias(literal)
    }

    /// An alias for an expression.
    pub(super) fn alias(&mut self, value: String) -> String {
        let alias = format!("@p{}", self.aliases.len());
        self.aliases.push(format!("{alias}={value}"));
        alias
    }
}
