//! An entity of a body: which members it must and may have, in which order, and their values.

use super::context::Item;
use super::json::Json;
use super::model::{EntityType, Navigation, Property};
use super::payload::{Level, Payload, Wanted};
use super::scalar;
use std::collections::BTreeMap;

/// The members of an entity, and where each stands.
struct Members<'m> {
    all: &'m [(String, Json<'m>)],
    places: BTreeMap<&'m str, usize>,
}

impl<'m> Members<'m> {
    fn new(all: &'m [(String, Json<'m>)]) -> Members<'m> {
        let names = all.iter().map(|(name, _)| name.as_str());
        Members {
            all,
            places: names.zip(0..).collect(),
        }
    }

    fn has(&self, name: &str) -> bool {
        self.places.contains_key(name)
    }

    fn get(&self, name: &str) -> Option<&'m Json<'m>> {
        Some(&self.all.get(*self.places.get(name)?)?.1)
    }

    /// Those that are no annotations.
    fn properties(&self) -> impl Iterator<Item = (&'m str, &'m Json<'m>)> {
        let all = self.all.iter().map(|(name, value)| (name.as_str(), value));
        all.filter(|(name, _)| !name.contains('@'))
    }
}

/// The control information that the service writes, for an object or a property.
const OF_OBJECT: &[&str] = &["type", "id", "readLink"];
const OF_PROPERTY: &[&str] = &[
    "type",
    "associationLink",
    "navigationLink",
    "count",
    "nextLink",
];

impl<'a> Payload<'a> {
    pub(super) fn entity(
        &mut self,
        ty: Option<(&'a str, &'a EntityType)>,
        wanted: Wanted<'_>,
        members: &[(String, Json<'_>)],
        at: &str,
    ) {
        let members = &Members::new(members);
        self.order(ty.map(|(_, ty)| ty), members, at);
        self.identity(ty, wanted, members, at);
        let Some((_, ty)) = ty else {
            if members.properties().next().is_some() {
                self.fault(at, "a reference with more than its id");
            }
            return;
        };
        self.presence(ty, wanted, members, at);
        for (name, value) in members.properties() {
            if let Some(navigation) = ty.navigation(name) {
                let at = format!("{at}.{name}");
                self.related(navigation, item(wanted, name), value, &at);
                continue;
            }
            let written = members.get(&[name, self.names.ty].concat());
            let written = written.and_then(Json::text);
            let fault = self.value(ty.property(name), written, value);
            if let Some(fault) = fault {
                self.fault(&format!("{at}.{name}"), fault);
            }
        }
    }

    /// The order that a reader of a stream relies on (JSON Format 4.4).
    fn order(&mut self, ty: Option<&EntityType>, members: &Members<'_>, at: &str) {
        let (mut named, mut related) = (false, false);
        for (i, (name, value)) in members.all.iter().enumerate() {
            let (of, control) = match name.split_once('@') {
                Some((of, control)) => (of, Some(control)),
                None => (name.as_str(), None),
            };
            let bare = control.map(|control| match self.old {
                true => control.strip_prefix("odata.").unwrap_or("?"),
                false => control,
            });
            let is_structural = ty.is_some_and(|ty| ty.navigation(of).is_none());
            match bare {
                Some(bare) if of.is_empty() => {
                    if named || !OF_OBJECT.contains(&bare) {
                        self.fault(at, format!("'{name}' does not belong here"));
                    }
                    if bare == "type" && i > 0 {
                        self.fault(at, "the type is not the first");
                    }
                    continue;
                }
                Some(bare) => {
                    if !OF_PROPERTY.contains(&bare) {
                        self.fault(at, format!("'{name}' is not known"));
                    }
                    let place = members.places.get(of).copied();
                    let group = |place: usize| {
                        let mut between = members.all[i..place].iter();
                        between.all(|(name, _)| name.split('@').next() == Some(of))
                    };
                    let right = match place {
                        Some(place) if bare == "nextLink" => place + 1 == i,
                        Some(place) => place > i && group(place),
                        None => !is_structural && bare != "nextLink",
                    };
                    if !right {
                        self.fault(at, format!("'{name}' stands apart from its property"));
                    }
                    match bare {
                        "count" => self.count(value, name),
                        "nextLink" | "associationLink" | "navigationLink" => self.link(value, name),
                        _ => {}
                    }
                    let none_has = ["count", "nextLink"].contains(&bare);
                    if self.level == Level::None && !none_has {
                        self.fault(at, format!("'{name}' where no metadata is wanted"));
                    }
                }
                None => {}
            }
            named = true;
            if self.old && related && is_structural && !self.applies {
                self.fault(at, format!("'{name}' stands behind a navigation property"));
            }
            related |= !is_structural;
        }
    }

    /// Its id, type and read link.
    fn identity(
        &mut self,
        ty: Option<(&str, &EntityType)>,
        wanted: Wanted<'_>,
        members: &Members<'_>,
        at: &str,
    ) {
        let id = members.get(self.names.id);
        let has_key = ty.is_some_and(|(_, ty)| ty.key.iter().all(|part| members.has(part)));
        let is_reference = matches!(wanted, Wanted::References) || ty.is_none();
        match id {
            Some(Json::Null) if self.applies => {}
            Some(id) => {
                self.link(id, &format!("{at} id"));
                let root = self.root.clone().unwrap_or_default();
                let path = id.text().and_then(|url| url.strip_prefix(root.as_str()));
                let set = path.and_then(|path| path.split('(').next());
                if !root.is_empty() && ty.is_some_and(|(of, _)| set != Some(of)) {
                    self.fault(at, format!("the id is of another set: {id:?}"));
                }
                if self.level == Level::None && !is_reference {
                    self.fault(at, "an id where no metadata is wanted");
                }
            }
            None if self.applies && !self.old => {}
            None if is_reference => self.fault(at, "a reference without an id"),
            None if self.level == Level::None => {}
            None if self.level == Level::Full || !has_key => self.fault(at, "no id"),
            None => {}
        }
        if self.level != Level::Full || is_reference || self.applies {
            return;
        }
        let model = self.model.map(|model| &model.sets);
        let qualified = ty.and_then(|(set, _)| model?.get(set));
        let written = members.get(self.names.ty).and_then(Json::text);
        if written != qualified.map(|name| format!("#{name}")).as_deref() {
            self.fault(at, format!("the type is {written:?}"));
        }
        match members.get(self.names.read_link) {
            Some(link) => self.link(link, &format!("{at} read link")),
            None => self.fault(at, "no read link"),
        }
    }

    /// What is selected is there, and nothing that the type or the request does not know.
    fn presence(&mut self, ty: &EntityType, wanted: Wanted<'_>, members: &Members<'_>, at: &str) {
        let has = |name: &str| members.has(name);
        let list = match wanted {
            Wanted::List(list) => list,
            Wanted::Unknown => &[],
            Wanted::References => return,
        };
        let known = matches!(wanted, Wanted::List(_));
        let selected: Vec<&str> = list
            .iter()
            .filter(|item| item.inside.is_none())
            .map(|item| item.name.as_str())
            .collect();
        let all = selected.is_empty() || selected.contains(&"*");
        let must = known && !self.omits_nulls && !self.applies;
        for (name, _) in &ty.properties {
            let wanted = all || selected.contains(&name.as_str());
            match has(name) {
                true if known && !wanted => self.fault(at, format!("'{name}' is not selected")),
                false if must && wanted => self.fault(at, format!("'{name}' is missing")),
                _ => {}
            }
        }
        for name in selected.iter().filter(|name| **name != "*") {
            let declared = ty.property(name).is_some() || ty.navigation(name).is_some();
            if !declared && must && !has(name) {
                self.fault(at, format!("'{name}' is selected and missing"));
            }
            if !declared && !self.computes && !self.applies {
                self.fault(at, format!("'{name}' is in the context and not declared"));
            }
        }
        for item in list.iter().filter(|item| item.inside.is_some()) {
            if ty.navigation(&item.name).is_none() {
                self.fault(at, format!("'{}' is no navigation property", item.name));
            } else if must && !item.recursive && !has(&item.name) {
                self.fault(at, format!("'{}' is not expanded", item.name));
            }
        }
        for (name, _) in members.properties() {
            let declared = ty.property(name).is_some() || ty.navigation(name).is_some();
            let computed = self.computes || self.applies;
            if !declared && !(computed && (!known || all || selected.contains(&name))) {
                self.fault(at, format!("'{name}' is not declared"));
            }
        }
    }

    /// An expanded navigation property.
    fn related(
        &mut self,
        navigation: &Navigation,
        item: Option<&Item>,
        value: &Json<'_>,
        at: &str,
    ) {
        let Some(model) = self.model else { return };
        let set = model.set_of_type(&navigation.target);
        let ty = set.and_then(|set| Some((set, model.entity_type(set)?)));
        let Some(ty) = ty else {
            return self.fault(at, "a navigation property without a set");
        };
        let entities = match value {
            Json::Array(entities) if navigation.many => entities.as_slice(),
            Json::Null if !navigation.many => return,
            Json::Object(_) if !navigation.many => std::slice::from_ref(value),
            _ => return self.fault(at, format!("{value:?}")),
        };
        // What is recursive holds itself, and need not.
        let own;
        let wanted = match item {
            Some(item) if item.recursive => {
                own = [
                    item.inside.as_deref().unwrap_or_default(),
                    std::slice::from_ref(item),
                ]
                .concat();
                Wanted::List(&own)
            }
            Some(item) => Wanted::List(item.inside.as_deref().unwrap_or_default()),
            None if self.level == Level::None => Wanted::Unknown,
            None => Wanted::List(&[]),
        };
        for (i, entity) in entities.iter().enumerate() {
            let at = format!("{at}[{i}]");
            let Json::Object(members) = entity else {
                self.fault(&at, "no object");
                continue;
            };
            let is_reference = matches!(members.as_slice(), [(name, _)] if name == self.names.id);
            if is_reference && item.is_none() {
                self.entity(Some(ty), Wanted::References, members, &at);
                continue;
            }
            if item.is_none() && !self.old && self.level != Level::None {
                self.fault(
                    &at,
                    "an expanded property that the context of 4.01 does not name",
                );
            }
            self.entity(Some(ty), wanted, members, &at);
        }
    }

    /// Why a value is none of its structural or computed property.
    fn value(
        &self,
        declared: Option<&Property>,
        written: Option<&str>,
        value: &Json<'_>,
    ) -> Option<String> {
        let hash = if self.old { "#" } else { "" };
        match (declared, written) {
            (Some(property), written) => {
                let bare = property.ty.trim_start_matches("Edm.");
                let told = ["String", "Boolean", "Double"].contains(&bare);
                match written.map(|written| written.strip_prefix(hash)) {
                    Some(written) if written != Some(bare) => {
                        return Some(format!("the type is {written:?}, not {hash}{bare}"));
                    }
                    None if self.level == Level::Full && !told => {
                        return Some("no type at the full level".to_owned());
                    }
                    _ => {}
                }
                // A total of a rollup has no value of what it sums up.
                match value {
                    Json::Null if self.applies => None,
                    value => scalar::fault(value, property, self.numbers),
                }
            }
            (None, Some(written)) => {
                let property = Property {
                    ty: format!("Edm.{}", written.trim_start_matches('#')),
                    nullable: true,
                    precision: None,
                    scale: None,
                    max_length: None,
                };
                if written.starts_with('#') != self.old {
                    return Some(format!("the type is {written}"));
                }
                scalar::fault(value, &property, self.numbers)
            }
            // Without metadata nothing tells; else a number is a Double, a text a String.
            (None, None) => match value {
                Json::Array(_) | Json::Object(_) => Some(format!("{value:?}")),
                Json::Text(text) if self.level != Level::None && scalar::is_special(text) => {
                    Some(format!("'{text}' without its type"))
                }
                _ => None,
            },
        }
    }
}

/// What the context says of an expanded navigation property.
fn item<'w>(wanted: Wanted<'w>, name: &str) -> Option<&'w Item> {
    match wanted {
        Wanted::List(list) => list
            .iter()
            .find(|item| item.name == name && item.inside.is_some()),
        _ => None,
    }
}
