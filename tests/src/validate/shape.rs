//! The rules over the names in an entity: which stand there, and in which order. Rows that have the
//! same names are the same to them, so that each shape is looked at once in an answer.

use super::context::{ANY_STRUCTURE, Item};
use super::json::{Json, Members, member, twice};
use super::model::{EntityType, Navigation, Set};
use super::payload::{Level, Payload, Wanted};
use super::rules::{At, Rule};
use super::scalar::Property;
use std::borrow::Cow;
use std::rc::Rc;

/// The shapes of an answer.
#[derive(Default)]
pub(super) struct Shapes<'a>(Vec<Rc<Shape<'a>>>);

/// Names in their order, what is known of each, and what they were looked at for.
pub(super) struct Shape<'a> {
    purpose: Purpose,
    names: Vec<String>,
    pub(super) members: Vec<Member<'a>>,
}

/// What a shape depends on besides its names: the type, the list and its end by their addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Purpose {
    ty: usize,
    wanted: (usize, usize, usize),
    transient: bool,
}

/// What a member is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Member<'a> {
    /// What is right by its name alone.
    Named,
    Id,
    ReadLink,
    TypeOfEntity,
    /// What is told of the property behind it.
    TypeOf,
    ContextOf,
    Count,
    NextLink,
    /// What stands behind the entity's URL.
    Link(&'static str),
    Property(&'a Property),
    Navigation(&'a Navigation),
    Dynamic,
}

/// The control information of an entity, in its order.
const OF_ENTITY: &[&str] = &["context", "type", "id", "readLink"];

impl<'a> Payload<'a> {
    /// The shape of an entity; its rules are asked where it is new.
    pub(super) fn shape(
        &mut self,
        set: Option<Set<'a>>,
        wanted: Wanted<'_>,
        members: &Members<'_>,
        at: At<'_>,
    ) -> Rc<Shape<'a>> {
        let id = members.iter().find(|(name, _)| name == self.names.id);
        let purpose = Purpose {
            ty: set.map_or(0, |set| std::ptr::from_ref(set.ty).addr()),
            wanted: match wanted {
                Wanted::Unknown => (0, 0, 0),
                Wanted::Reference => (0, 0, 1),
                Wanted::List(items, again) => (
                    items.as_ptr().addr(),
                    items.len(),
                    again.map_or(0, |again| std::ptr::from_ref(again).addr()),
                ),
            },
            transient: id.is_some_and(|(_, id)| *id == Json::Null),
        };
        let known = self.shapes.0.iter().find(|shape| {
            shape.purpose == purpose
                && shape.names.len() == members.len()
                && shape
                    .names
                    .iter()
                    .zip(members)
                    .all(|(known, (name, _))| known == name)
        });
        if let Some(known) = known {
            return known.clone();
        }
        if let Some(name) = twice(members) {
            self.fault(Rule::NamesOnce, at, name);
        }
        let ty = set.map(|set| set.ty);
        let names: Vec<&str> = members.iter().map(|(name, _)| &**name).collect();
        let shape = Rc::new(Shape {
            purpose,
            members: self.members(ty, &names, at),
            names: names.iter().map(|name| (*name).to_owned()).collect(),
        });
        self.none_has_none(wanted, &names, at);
        match (ty, wanted) {
            (Some(ty), Wanted::List(..) | Wanted::Unknown) => {
                self.has_id(ty, purpose.transient, &names, at);
                self.presence(ty, wanted, purpose.transient, members, at);
                if self.level == Level::Full && !purpose.transient && !self.combined {
                    self.full_has_all(ty, wanted, &names, at);
                }
            }
            _ if names != [self.names.id] => {
                self.fault(Rule::ReferenceForm, at, format!("{names:?}"));
            }
            _ => {}
        }
        self.shapes.0.push(shape.clone());
        shape
    }

    /// What each member is, by the names and places of control information.
    fn members(
        &mut self,
        ty: Option<&'a EntityType>,
        names: &[&str],
        at: At<'_>,
    ) -> Vec<Member<'a>> {
        let mut of_entity = OF_ENTITY.iter();
        let mut behind_links = false;
        let mut found = Vec::new();
        for (i, name) in names.iter().enumerate() {
            let (of, control) = match name.split_once('@') {
                Some((of, control)) => (of, Some(control)),
                None => (*name, None),
            };
            let navigation = ty.and_then(|ty| ty.navigation.get(of));
            let property = ty.and_then(|ty| ty.properties.get(of));
            // The order that a reader of a 4.0 stream relies on.
            let is_control_of_navigation = control.is_some() && navigation.is_some();
            if self.old && behind_links && property.is_some() {
                self.fault(Rule::ControlPlace, at, format!("'{name}' behind links"));
            }
            behind_links |= is_control_of_navigation;
            if !of.is_empty() {
                of_entity = [].iter();
            }
            let Some(control) = control else {
                found.push(match (navigation, property) {
                    (Some(navigation), _) => Member::Navigation(navigation),
                    (_, Some(property)) => Member::Property(property),
                    _ => Member::Dynamic,
                });
                continue;
            };
            let bare = match self.old {
                true => control.strip_prefix("odata.").unwrap_or(""),
                false => control,
            };
            if of.is_empty() {
                // Each in its place, and all before any property.
                if !of_entity.any(|known| *known == bare) {
                    let rule = match OF_ENTITY.contains(&bare) {
                        true => Rule::ControlPlace,
                        false => Rule::ControlKnown,
                    };
                    self.fault(rule, at, format!("'{name}'"));
                }
                found.push(match bare {
                    "id" => Member::Id,
                    "readLink" => Member::ReadLink,
                    "type" => Member::TypeOfEntity,
                    _ => Member::Named,
                });
                continue;
            }
            let member = match bare {
                "type" => Member::TypeOf,
                "context" => Member::ContextOf,
                "count" => Member::Count,
                "nextLink" => Member::NextLink,
                "associationLink" => Member::Link("/$ref"),
                "navigationLink" => Member::Link(""),
                _ => {
                    self.fault(Rule::ControlKnown, at, format!("'{name}'"));
                    Member::Named
                }
            };
            if !is_beside(names, i, of, bare, property.is_none()) {
                self.fault(Rule::ControlPlace, at, format!("'{name}' apart"));
            }
            found.push(member);
        }
        found
    }

    fn none_has_none(&mut self, wanted: Wanted<'_>, names: &[&str], at: At<'_>) {
        if self.level != Level::None || matches!(wanted, Wanted::Reference) {
            return;
        }
        for name in names {
            let control = name.split_once('@').map(|(_, control)| control);
            let control = control.map(|control| control.trim_start_matches("odata."));
            if control.is_some_and(|control| !["count", "nextLink"].contains(&control)) {
                self.fault(Rule::NoneHasNone, at, format!("'{name}'"));
            }
        }
    }

    /// An id where the key is not shown, and one that is null where there is none.
    fn has_id(&mut self, ty: &EntityType, transient: bool, names: &[&str], at: At<'_>) {
        // What `$apply` makes in a combined row is none of the entities (A 4, example 2).
        let is_complex = self.combined && self.asked.applies();
        if self.level == Level::None || transient || is_complex || names.contains(&self.names.id) {
            return;
        }
        let has_key = ty.key.iter().all(|part| names.contains(&part.as_str()));
        if self.level == Level::Minimal && has_key {
            return;
        }
        match self.asked.applies() {
            // A transient entity of 4.01 need not say so.
            true if !self.old => {}
            true => self.fault(Rule::TransientId, at, "neither a key nor an id"),
            false => self.fault(Rule::HasId, at, "no id"),
        }
    }

    /// What is selected is there, and nothing that neither the type nor the request knows.
    fn presence(
        &mut self,
        ty: &EntityType,
        wanted: Wanted<'_>,
        transient: bool,
        members: &Members<'_>,
        at: At<'_>,
    ) {
        let asked = self.asked;
        let has = |name: &str| member(members, name).is_some();
        let is_property = |(name, _): &&(Cow<'_, str>, Json<'_>)| !name.contains('@');
        let properties = members.iter().filter(is_property);
        let is_made = |name: &str| asked.computes() && asked.names(name);
        let Wanted::List(list, again) = wanted else {
            for (name, _) in properties {
                if !ty.declares(name) && !is_made(name) {
                    self.fault(Rule::AllDeclared, at, format!("'{name}'"));
                }
            }
            return;
        };
        let plain = list.iter().filter(|item| item.inside.is_none());
        let selected: Vec<&str> = plain.map(|item| item.name.as_str()).collect();
        let any = selected.contains(&ANY_STRUCTURE);
        let all = selected.is_empty() || selected.contains(&"*");
        // What is aggregated has what it is grouped by and aggregates alone, even where its context has
        // no other list than that (A 3.2, 3.5.1). In 4.01 it need not say that it is transient.
        let is_entity = has(self.names.id) || ty.key.iter().all(|part| has(part));
        let is_aggregated = asked.applies() && (transient || !is_entity);
        let whole = all && !is_aggregated;
        let missing = match asked.applies() {
            true => Rule::OfAll,
            false => Rule::AllPresent,
        };
        for (name, property) in &ty.properties {
            let is_wanted = whole || selected.contains(&name.as_str());
            let may_lack = self.omits_nulls && property.nullable;
            if is_wanted && !may_lack && !has(name) {
                self.fault(missing, at, format!("'{name}' is missing"));
            }
        }
        for item in list {
            let name = item.name.as_str();
            if name.ends_with('*') || name == ANY_STRUCTURE || ty.properties.contains_key(name) {
                continue;
            }
            let is_navigation = ty.navigation.contains_key(name);
            if !is_navigation && !is_made(name) {
                self.fault(Rule::ContextKnown, "context", format!("'{name}'"));
            }
            // What is selected of a navigation property is its link, which may be computed; what goes
            // on at every depth has an end.
            let is_link = is_navigation && item.inside.is_none();
            let may_lack = is_link || item.recursive || self.omits_nulls;
            if !may_lack && !has(name) {
                self.fault(missing, at, format!("'{name}' is missing"));
            }
        }
        for (name, value) in properties {
            let is_listed = list.iter().chain(again).any(|item| item.name == *name);
            let is_known = ty.declares(name) || is_made(name);
            // 4.0 does not list what is expanded as a whole, and what is declared says so itself.
            let is_expanded = match ty.declares(name) {
                true => ty.navigation.contains_key(&**name),
                false => self.old && asked.applies() && !is_scalar(value),
            };
            let may_be = all || any || asked.mixes() || is_listed || is_expanded;
            if !is_known || !may_be {
                self.fault(Rule::AllDeclared, at, format!("'{name}' is not listed"));
            }
        }
    }

    /// Type, links and tags that a client would else compute.
    fn full_has_all(&mut self, ty: &EntityType, wanted: Wanted<'_>, names: &[&str], at: At<'_>) {
        for name in [self.names.ty, self.names.id, self.names.read_link] {
            if !names.contains(&name) {
                self.fault(Rule::FullHasAll, at, format!("no '{name}'"));
            }
        }
        let Wanted::List(list, _) = wanted else {
            return;
        };
        let mut plain = list.iter().filter(|item| item.inside.is_none());
        let all = plain.clone().next().is_none() || plain.any(|item| item.name == "*");
        for name in ty.navigation.keys() {
            let is_selected = |item: &Item| item.name == *name && item.inside.is_none();
            if !all && !list.iter().any(is_selected) {
                continue;
            }
            for control in ["associationLink", "navigationLink"] {
                let control = format!("{name}@{}{control}", self.names.prefix);
                if !names.contains(&control.as_str()) {
                    self.fault(Rule::FullHasAll, at, format!("no '{control}'"));
                }
            }
        }
    }
}

/// Whether it is a value of a structural property.
fn is_scalar(value: &Json<'_>) -> bool {
    !matches!(value, Json::Null | Json::Object(_) | Json::Array(_))
}

/// Whether the control information at a place stands with its property: before it with nothing else
/// between, its next link behind it. Links and counts may stand alone.
fn is_beside(names: &[&str], place: usize, of: &str, control: &str, may_be_alone: bool) -> bool {
    let Some(property) = names.iter().position(|name| *name == of) else {
        return may_be_alone && control != "nextLink";
    };
    if control == "nextLink" {
        return property + 1 == place;
    }
    property > place
        && names[place..property]
            .iter()
            .all(|name| name.split('@').next() == Some(of))
}
