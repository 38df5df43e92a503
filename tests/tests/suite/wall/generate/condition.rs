//! Conditions: comparisons, lists, lambdas, entities as operands.

use super::{Generator, Place, census};
use odata_core::edm::{EntityType, NavigationProperty, PrimitiveType as T};

impl Generator {
    /// A condition on an instance.
    pub(super) fn condition(&mut self, place: Place<'_>, depth: usize) -> String {
        if depth > 0 && self.dice.chance(35) {
            let operator = self.dice.pick(&["and", "or", "or", "not"]);
            self.note("operator", operator);
            let left = self.condition(place, depth - 1);
            return if operator == "not" {
                format!("not ({left})")
            } else {
                let right = self.condition(place, depth - 1);
                format!("({left}) {operator} ({right})")
            };
        }
        let made = match self.dice.below(20) {
            0..=5 => self.lambda(place, depth),
            6..=7 => self.count_compared(place),
            8 => self.of_entities(place),
            9 => self.of_a_set(depth),
            10 => self.of_a_member(place, depth),
            11 => Some(self.of_type(place)),
            _ => None,
        };
        made.unwrap_or_else(|| self.comparison(place, depth))
    }

    /// A condition without collections.
    pub(super) fn comparison(&mut self, place: Place<'_>, depth: usize) -> String {
        let ty = self.some_type();
        let depth = depth.min(2);
        match self.dice.below(10) {
            0 => {
                if let Some(path) = self.path(ty, place) {
                    let operator = self.dice.pick(&["eq", "ne"]);
                    self.note("operator", operator);
                    return format!("{path} {operator} null");
                }
            }
            1..=2 => {
                if let Some(call) = self.call_giving(T::Boolean, place, depth) {
                    return call;
                }
            }
            3 => {
                self.note("operator", "in");
                let left = self.value(ty, place, depth);
                let items = [self.literal(ty), self.literal(ty), self.literal(ty)];
                return format!("{left} in ({})", items.join(","));
            }
            _ => {}
        }
        let (left, ty) = match self.dice.chance(15) {
            true => self.any_call(place, depth.min(1)),
            false => (self.value(ty, place, depth), ty),
        };
        let operators: &[&str] = match ty {
            T::Boolean => &["eq", "ne"],
            _ => &["eq", "ne", "ne", "gt", "ge", "lt", "le"],
        };
        let operator = self.dice.pick(operators);
        self.note("operator", operator);
        let right = match self.dice.chance(20) {
            true => self.value(ty, place, depth.saturating_sub(1)),
            false => self.constant(ty),
        };
        format!("{left} {operator} {right}")
    }

    /// From a value on, or up to one, of what rows may be ordered by then; sometimes with something else.
    pub(super) fn range(&mut self, place: Place<'_>) -> String {
        let properties: Vec<_> = census::ranged(place.entity).collect();
        let property = self.dice.pick(&properties);
        self.note("range", &census::property(place.entity, property));
        let operator = self.dice.pick(&["gt", "ge", "lt", "le"]);
        self.note("operator", operator);
        let bound = self.constant(property.ty);
        let range = format!("{}{} {operator} {bound}", place.prefix, property.name);
        if self.dice.chance(60) {
            return range;
        }
        self.note("operator", "and");
        format!("{range} and ({})", self.condition(place, 1))
    }

    fn lambda(&mut self, place: Place<'_>, depth: usize) -> Option<String> {
        if depth == 0 || self.lambdas >= 2 {
            return None;
        }
        let (path, navigation) = self.collection(place)?;
        self.lambdas += 1;
        self.census.note_depth("lambda", self.lambdas);
        let operator = self.dice.pick(&["any", "any", "all"]);
        self.note("operator", operator);
        let variable = format!("x{}", self.lambdas);
        let inside = Place {
            entity: (navigation.target)(),
            prefix: &format!("{variable}/"),
        };
        let lambda = if operator == "any" && self.dice.chance(20) {
            format!("{path}/any()")
        } else if operator == "any" && self.dice.chance(12) {
            self.note("head", "nav/$filter");
            let filter = self.comparison(Place::of(inside.entity), 1);
            format!("{path}/$filter({filter})/any()")
        } else {
            let condition = self.condition(inside, depth - 1);
            format!("{path}/{operator}({variable}:{condition})")
        };
        self.lambdas -= 1;
        Some(lambda)
    }

    /// The number of a collection's members.
    pub(super) fn count_of(&mut self, place: Place<'_>) -> Option<String> {
        let (path, navigation) = self.collection(place)?;
        let inside = Place::of((navigation.target)());
        Some(match self.dice.below(6) {
            0 if self.lambdas == 0 => {
                self.note("head", "nav/$count($filter)");
                self.lambdas += 1;
                let condition = self.comparison(inside, 1);
                self.lambdas -= 1;
                format!("{path}/$count($filter={condition})")
            }
            1 if is_searchable(inside.entity) => {
                self.note("head", "nav/$count($search)");
                let search = self.search_words();
                format!("{path}/$count($search={search})")
            }
            _ => {
                self.note("head", "nav/$count");
                format!("{path}/$count")
            }
        })
    }

    fn count_compared(&mut self, place: Place<'_>) -> Option<String> {
        let count = self.count_of(place)?;
        let operator = self.dice.pick(&["eq", "ne", "gt", "ge", "lt", "le"]);
        self.note("operator", operator);
        Some(format!("{count} {operator} {}", self.dice.below(4)))
    }

    /// A path to a collection, maybe by way of one entity.
    pub(super) fn collection(
        &mut self,
        place: Place<'_>,
    ) -> Option<(String, &'static NavigationProperty)> {
        let navigation = self.dice.pick_ref(place.entity.navigation_properties);
        let path = format!("{}{}", place.prefix, navigation.name);
        if navigation.many {
            self.note_navigation("lambda", place.entity, navigation);
            return Some((path, navigation));
        }
        let far = (navigation.target)();
        let next = self.dice.pick_ref(far.navigation_properties);
        next.many.then(|| {
            self.note_navigation("joined", place.entity, navigation);
            self.note_navigation("lambda", far, next);
            (format!("{path}/{}", next.name), next)
        })
    }

    /// An entity that is there or not, or is one of its set's.
    fn of_entities(&mut self, place: Place<'_>) -> Option<String> {
        let all = place.entity.navigation_properties.iter();
        let ones: Vec<_> = all.filter(|it| !it.many).collect();
        if ones.is_empty() {
            return None;
        }
        let navigation = self.dice.pick(&ones);
        self.note_navigation("joined", place.entity, navigation);
        let path = format!("{}{}", place.prefix, navigation.name);
        let operator = self.dice.pick(&["eq", "ne"]);
        self.note("operator", operator);
        Some(if self.dice.chance(50) {
            self.note("head", "entity eq null");
            format!("{path} {operator} null")
        } else {
            self.note("head", "entity eq entity");
            let set = (navigation.target)().entity_set;
            format!("{path} {operator} $root/{set}({})", self.key())
        })
    }

    /// Of a whole set, or of one of its entities.
    fn of_a_set(&mut self, depth: usize) -> Option<String> {
        if self.lambdas > 0 {
            return None;
        }
        let entity = self.set();
        let set = entity.entity_set;
        Some(match self.dice.below(4) {
            0 => {
                self.note("head", "$root $count");
                format!("$root/{set}/$count gt {}", self.dice.below(20))
            }
            1 => {
                self.note("head", "$root any");
                self.lambdas += 1;
                let inside = Place {
                    entity,
                    prefix: "r/",
                };
                let condition = self.comparison(inside, depth.min(1));
                self.lambdas -= 1;
                format!("$root/{set}/any(r:{condition})")
            }
            2 => {
                self.note("head", "alias of an entity");
                let value = format!("$root/{set}({})", self.key());
                let alias = self.alias(value);
                let ty = self.stored_type();
                let name = self.property(entity, ty)?;
                format!("{alias}/{name} ne {}", self.literal(ty))
            }
            _ => {
                self.note("head", "$root by key");
                let ty = self.stored_type();
                let name = self.property(entity, ty)?;
                let key = self.key();
                format!("$root/{set}({key})/{name} ne {}", self.literal(ty))
            }
        })
    }

    /// Of one of a collection's members.
    fn of_a_member(&mut self, place: Place<'_>, _: usize) -> Option<String> {
        let all = place.entity.navigation_properties.iter();
        let many: Vec<_> = all.filter(|it| it.many).collect();
        if many.is_empty() {
            return None;
        }
        let navigation = self.dice.pick(&many);
        self.note("head", "member by key");
        let member = format!("{}{}({})", place.prefix, navigation.name, self.key());
        if self.dice.chance(50) {
            return Some(format!("{member} ne null"));
        }
        let ty = self.stored_type();
        let name = self.property((navigation.target)(), ty)?;
        Some(format!("{member}/{name} ne {}", self.literal(ty)))
    }

    /// `isof`, `isdefined`.
    fn of_type(&mut self, place: Place<'_>) -> String {
        let ty = self.stored_type();
        let Some(path) = self.path(ty, place) else {
            return "true".to_owned();
        };
        if self.dice.chance(50) && !path.starts_with('$') && place.prefix.is_empty() {
            self.note("operator", "isdefined");
            format!("isdefined({path})")
        } else {
            self.note("operator", "isof");
            format!("isof({path},{})", ty.edm_name())
        }
    }

    /// `$search`.
    pub(super) fn search_words(&mut self) -> String {
        const WORDS: &[&str] = &[
            "mark-of-a",
            "mark-of-b",
            "content",
            "label",
            "inbox",
            "\"of-a\"",
            "1",
            "event",
            "NOT none",
            "identifier",
            "mark",
        ];
        let mut search = self.dice.pick(WORDS).to_owned();
        for _ in 0..self.dice.below(3) {
            let operator = self.dice.pick(&[" AND ", " OR ", " OR ", " "]);
            search = format!("{search}{operator}{}", self.dice.pick(WORDS));
        }
        search
    }
}

pub(super) fn is_searchable(entity: &EntityType) -> bool {
    entity.properties.iter().any(|property| property.searchable)
}
