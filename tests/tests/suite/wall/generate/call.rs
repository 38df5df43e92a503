//! Values that are computed: calls of the function table's functions, arithmetic, casts, cases.

use super::{Generator, Place, census};
use odata_core::edm::PrimitiveType as T;
use odata_core::functions::{FUNCTIONS, Function, Operand};

/// Patterns that are short and that some texts match.
const PATTERNS: &[&str] = &["'^mark-of-[ab]'", "'[0-9]$'", "'two|none'", "'.*content.*'"];

impl Generator {
    /// An expression of that type.
    pub(super) fn value(&mut self, ty: T, place: Place<'_>, depth: usize) -> String {
        if depth > 0 {
            let made = match self.dice.below(10) {
                0..=2 => self.call_giving(ty, place, depth - 1),
                3..=4 => self.arithmetic(ty, place, depth - 1),
                5 if self.dice.chance(40) => Some(self.case(ty, place, depth - 1)),
                6 if self.dice.chance(40) => self.cast(ty, place, depth - 1),
                _ => None,
            };
            if let Some(made) = made {
                return made;
            }
        }
        let path = match ty {
            // No property has these types: they are made of some that have others.
            T::Decimal => self.path(T::Int64, place),
            T::Date | T::TimeOfDay => {
                let of = self.path(T::DateTimeOffset, place);
                let function = if ty == T::Date { "date" } else { "time" };
                of.map(|of| self.call(overload_of(function), &[of]))
            }
            T::Duration => {
                let of = self.path(T::DateTimeOffset, place);
                let from = self.path(T::DateTimeOffset, place);
                self.note("operator", "sub");
                of.zip(from).map(|(of, from)| format!("({of} sub {from})"))
            }
            ty => self.path(ty, place),
        };
        path.unwrap_or_else(|| self.constant(ty))
    }

    /// A call of any function, with the type that it gives.
    pub(super) fn any_call(&mut self, place: Place<'_>, depth: usize) -> (String, T) {
        let function = self.dice.pick_ref(FUNCTIONS);
        (self.call_of(function, place, depth), function.result)
    }

    /// A call of some function that gives that type.
    pub(super) fn call_giving(&mut self, ty: T, place: Place<'_>, depth: usize) -> Option<String> {
        let gives = |function: &&Function| {
            function.result == ty || (function.result.is_integer() && ty.is_integer())
        };
        let fits: Vec<&'static Function> = FUNCTIONS.iter().filter(gives).collect();
        if fits.is_empty() {
            return None;
        }
        let function = self.dice.pick(&fits);
        Some(self.call_of(function, place, depth))
    }

    /// A call of this function.
    fn call_of(&mut self, function: &'static Function, place: Place<'_>, depth: usize) -> String {
        let last = function.parameters.len().saturating_sub(1);
        let mut operands = Vec::new();
        for (at, parameter) in function.parameters.iter().enumerate() {
            operands.push(match parameter {
                Operand::Text if function.name == "matchespattern" && at == last => {
                    self.dice.pick(PATTERNS).to_owned()
                }
                Operand::Text if at > 0 && self.dice.chance(70) => self.word(),
                // Where in a text, and how much of it.
                Operand::Integer if self.dice.chance(80) => self.dice.below(8).to_string(),
                parameter => self.value(parameter.ty(), place, depth),
            });
        }
        self.call(function, &operands)
    }

    pub(super) fn call(&mut self, function: &'static Function, operands: &[String]) -> String {
        self.note("function", &census::overload(function));
        let name = odata_core::functions::spelling(function.name);
        format!("{name}({})", operands.join(","))
    }

    fn arithmetic(&mut self, ty: T, place: Place<'_>, depth: usize) -> Option<String> {
        let operator = match ty {
            T::DateTimeOffset => self.dice.pick(&["add", "sub"]),
            T::Int64 | T::Double | T::Decimal => self
                .dice
                .pick(&["add", "sub", "mul", "div", "divby", "mod", "-"]),
            _ => return None,
        };
        let left = self.value(ty, place, depth);
        if operator == "-" {
            return Some(format!("(-({left}))"));
        }
        self.note("operator", operator);
        let right = match (ty, operator) {
            (T::DateTimeOffset, _) => self.literal(T::Duration),
            // No product of the largest keys is too large, and little is divided by nothing.
            (_, "mul" | "div" | "mod" | "divby") if self.dice.chance(97) => {
                self.dice.pick(&["2", "3", "7"]).to_owned()
            }
            _ => self.value(ty, place, 0),
        };
        Some(format!("({left} {operator} {right})"))
    }

    fn case(&mut self, ty: T, place: Place<'_>, depth: usize) -> String {
        self.note("operator", "case");
        let condition = self.comparison(place, depth);
        let (one, other) = (self.value(ty, place, depth), self.value(ty, place, depth));
        format!("case({condition}:{one},true:{other})")
    }

    fn cast(&mut self, ty: T, place: Place<'_>, depth: usize) -> Option<String> {
        let from = match ty {
            T::String => self.stored_type(),
            T::Int64 | T::Double | T::Decimal => {
                self.dice
                    .pick(&[T::String, T::Int64, T::Double, T::Decimal])
            }
            T::Date => T::DateTimeOffset,
            T::DateTimeOffset | T::Guid | T::Boolean => T::String,
            _ => return None,
        };
        self.note("operator", "cast");
        let value = self.value(from, place, depth);
        Some(format!("cast({value},{})", ty.edm_name()))
    }
}

/// The first overload of this name.
fn overload_of(name: &str) -> &'static Function {
    odata_core::functions::overloads(name)
        .next()
        .expect("the function is in the table")
}
