//! An entity of a body: its values, after its names are right.

use super::context::{Content, Item};
use super::json::{Json, Members, member};
use super::model::{Navigation, Set};
use super::payload::{Level, Payload, Wanted};
use super::rules::{At, Rule};
use super::shape::Member;

impl<'a> Payload<'a> {
    /// An entity of a set; without one, a reference.
    pub(super) fn entity(
        &mut self,
        set: Option<Set<'a>>,
        wanted: Wanted<'_>,
        members: &Members<'_>,
        at: At<'_>,
    ) {
        let shape = self.shape(set, wanted, members, at);
        let own = |name: &str| member(members, name);
        // Its URL: what the id says, or else the key.
        let path = set.and_then(|set| self.path_by_key(set, members));
        let mut before: Option<&Json<'_>> = None;
        for (what, (name, value)) in shape.members.iter().zip(members) {
            let at = at.name(name);
            match what {
                Member::Named | Member::TypeOf | Member::ContextOf => {}
                Member::Id if *value == Json::Null => {
                    if !self.asked.applies() {
                        self.fault(Rule::TransientId, at, "null, and nothing was aggregated");
                    }
                }
                Member::Id | Member::ReadLink => match (&path, set) {
                    (Some(path), _) => self.link_to(value, path, Rule::IdOfKey, at),
                    (None, Some(set)) => {
                        self.link(value, at);
                        let url = value.text().unwrap_or_default();
                        let is_of_set = url.contains(&format!("/{}(", set.name));
                        if !is_of_set {
                            self.fault(Rule::IdOfKey, at, format!("of another set: '{url}'"));
                        }
                    }
                    _ => self.link(value, at),
                },
                Member::TypeOfEntity => {
                    let told = value.text().and_then(|told| told.strip_prefix('#'));
                    if set.is_some_and(|set| told != Some(&set.ty.name)) {
                        self.fault(Rule::TypeForm, at, format!("{value:?}"));
                    }
                }
                Member::Count => self.count(value, at),
                Member::NextLink => self.link(value, at),
                Member::Link(suffix) => {
                    let id = own(self.names.id).and_then(Json::text);
                    let root = self.root.as_deref().unwrap_or_default();
                    let id = id.and_then(|id| id.strip_prefix(root));
                    let property = name.split('@').next().unwrap_or_default();
                    match id.map(str::to_owned).or_else(|| path.clone()) {
                        Some(path) => {
                            let expected = format!("{path}/{property}{suffix}");
                            self.link_to(value, &expected, Rule::LinkTaken, at);
                        }
                        None => self.link(value, at),
                    }
                }
                Member::Property(property) => {
                    let told = before.and_then(Json::text);
                    self.declared(property, told, value, at);
                }
                Member::Navigation(navigation) => {
                    let item = item(wanted, name);
                    self.related(navigation, item, value, at);
                }
                Member::Dynamic => match value {
                    Json::Array(_) | Json::Object(_) => self.nested(before, value, at),
                    value => self.dynamic(before.and_then(Json::text), value, at),
                },
            }
            let is_of_next = matches!(what, Member::TypeOf | Member::ContextOf);
            let is_of_both = matches!(what, Member::Count) && before.is_some();
            if !is_of_both {
                before = is_of_next.then_some(value);
            }
        }
    }

    /// An expanded navigation property.
    fn related(
        &mut self,
        navigation: &Navigation,
        item: Option<&Item>,
        value: &Json<'_>,
        at: At<'_>,
    ) {
        let Some(set) = self.model.and_then(|model| model.target(navigation)) else {
            return self.fault(Rule::ExpandedForm, at, "there is no set of these");
        };
        let entities = match value {
            Json::Array(entities) if navigation.many => entities.as_slice(),
            Json::Null if !navigation.many => return,
            Json::Object(_) if !navigation.many => std::slice::from_ref(value),
            _ => return self.fault(Rule::ExpandedForm, at, format!("{value:?}")),
        };
        let wanted = match item {
            Some(item) => {
                let inside = item.inside.as_deref().unwrap_or_default();
                Wanted::List(inside, item.recursive.then_some(item))
            }
            None if self.level == Level::None || self.combined => self.unsaid(),
            None => Wanted::List(&[], None),
        };
        for (i, entity) in entities.iter().enumerate() {
            let at = at.row(i);
            let Json::Object(members) = entity else {
                self.fault(Rule::ExpandedForm, at, "no object");
                continue;
            };
            // References are not in the context.
            let is_reference = item.is_none() && is_id_alone(members, self.names.id);
            if is_reference {
                self.entity(Some(set), Wanted::Reference, members, at);
                continue;
            }
            let is_told = item.is_some() || self.combined || self.asked.mixes();
            if !is_told && !self.old && self.level != Level::None {
                self.fault(Rule::ContextOfExpanded, at, "the context does not name it");
            }
            self.entity(Some(set), wanted, members, at);
        }
    }

    /// What `$apply` puts under a name of its own: entities, whose context tells which.
    fn nested(&mut self, context: Option<&Json<'_>>, value: &Json<'_>, at: At<'_>) {
        if self.level == Level::None {
            // Nothing tells what they are.
            return;
        }
        let first = match value {
            Json::Object(members) => members.first(),
            _ => None,
        };
        let first = first.filter(|(name, _)| name == self.names.context);
        let Some(url) = context.or(first.map(|(_, url)| url)) else {
            return self.group(value, at);
        };
        let context = self.context(url, at);
        let Some(context) = context.as_deref() else {
            return;
        };
        let (set, list, entities) = match (&context.content, value) {
            (Content::Entity(set, list), Json::Object(_)) => {
                (set, list, std::slice::from_ref(value))
            }
            (Content::Collection(set, list), Json::Array(entities)) => (set, list, &**entities),
            _ => return self.fault(Rule::ContextOfEach, at, format!("{url:?}")),
        };
        self.no_empty_list(list);
        let Some(set) = self.model.and_then(|model| model.set(set)) else {
            return self.fault(Rule::ContextKnown, at, format!("{url:?}"));
        };
        for (i, entity) in entities.iter().enumerate() {
            match entity {
                Json::Object(members) => {
                    self.entity(Some(set), Wanted::List(list, None), members, at.row(i));
                }
                _ => self.fault(Rule::ExpandedForm, at.row(i), "no object"),
            }
        }
    }

    /// What is left of a joined entity that was grouped by: no context tells its set, and it is one
    /// of what `$apply` names alone.
    fn group(&mut self, value: &Json<'_>, at: At<'_>) {
        let Json::Object(members) = value else {
            return self.fault(Rule::ContextOfEach, at, "a collection without a context");
        };
        let id = member(members, self.names.id);
        if self.old && !self.combined && id != Some(&Json::Null) {
            self.fault(
                Rule::TransientId,
                at,
                "a group that does not say that it has no id",
            );
        }
    }
}

fn is_id_alone(members: &Members<'_>, id: &str) -> bool {
    matches!(members.as_slice(), [(name, _)] if name == id)
}

/// What the context says of an expanded navigation property.
fn item<'w>(wanted: Wanted<'w>, name: &str) -> Option<&'w Item> {
    let Wanted::List(list, again) = wanted else {
        return None;
    };
    let mut items = list.iter().chain(again);
    items.find(|item| item.name == name && item.inside.is_some())
}
