//! What `$metadata` declares, from its CSDL JSON.

use serde_json::Value;
use std::collections::BTreeMap;

/// The types and sets of a service.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Model {
    pub(super) types: BTreeMap<String, EntityType>,
    /// The qualified type of each set.
    pub(super) sets: BTreeMap<String, String>,
}

/// An entity type.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct EntityType {
    pub(super) key: Vec<String>,
    pub(super) properties: Vec<(String, Property)>,
    pub(super) navigation: Vec<(String, Navigation)>,
}

/// A structural property.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Property {
    /// `Edm.Int64`
    pub(super) ty: String,
    pub(super) nullable: bool,
    pub(super) precision: Option<usize>,
    pub(super) scale: Option<usize>,
    pub(super) max_length: Option<usize>,
}

/// A navigation property.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Navigation {
    pub(super) target: String,
    pub(super) many: bool,
}

impl Model {
    pub(super) fn read(csdl: &Value) -> Option<Model> {
        let (schema, _) = csdl["$EntityContainer"].as_str()?.rsplit_once('.')?;
        let mut model = Model {
            types: BTreeMap::new(),
            sets: BTreeMap::new(),
        };
        for (name, item) in csdl[schema].as_object()? {
            match item["$Kind"].as_str() {
                Some("EntityType") => {
                    let qualified = format!("{schema}.{name}");
                    model.types.insert(qualified, EntityType::read(item)?);
                }
                Some("EntityContainer") => {
                    for (name, set) in item.as_object()? {
                        if let Some(ty) = set["$Type"].as_str() {
                            model.sets.insert(name.clone(), ty.to_owned());
                        }
                    }
                }
                _ => {}
            }
        }
        Some(model)
    }

    /// The set or type that a name of the context leads to.
    pub(super) fn entity_type(&self, set: &str) -> Option<&EntityType> {
        self.types.get(self.sets.get(set)?)
    }

    /// The set to which a path leads: the last set or navigation property in it.
    pub(super) fn set_of_path(&self, path: &str) -> Option<&str> {
        let names = path
            .split('/')
            .filter_map(|segment| segment.split('(').next());
        let mut found: Option<&str> = None;
        for name in names {
            let navigation = found
                .and_then(|set| self.entity_type(set))
                .and_then(|ty| ty.navigation(name));
            if let Some(navigation) = navigation {
                found = self.set_of_type(&navigation.target);
            } else if let Some((set, _)) = self.sets.get_key_value(name) {
                found = Some(set);
            }
        }
        found
    }

    pub(super) fn set_of_type(&self, ty: &str) -> Option<&str> {
        let mut sets = self.sets.iter();
        sets.find(|(_, of)| *of == ty).map(|(set, _)| &**set)
    }
}

impl EntityType {
    fn read(item: &Value) -> Option<EntityType> {
        let mut ty = EntityType::default();
        for part in item["$Key"].as_array()? {
            ty.key.push(part.as_str()?.to_owned());
        }
        let members = item.as_object()?.iter();
        for (name, member) in members.filter(|(name, _)| !name.starts_with(['$', '@'])) {
            if name.contains('@') {
                continue;
            }
            let target = member["$Type"].as_str();
            if member["$Kind"] == "NavigationProperty" {
                let navigation = Navigation {
                    target: target?.to_owned(),
                    many: member["$Collection"] == true,
                };
                ty.navigation.push((name.clone(), navigation));
                continue;
            }
            let number = |facet: &str| usize::try_from(member[facet].as_u64()?).ok();
            let property = Property {
                ty: target.unwrap_or("Edm.String").to_owned(),
                nullable: member["$Nullable"] == true,
                precision: number("$Precision"),
                scale: number("$Scale"),
                max_length: number("$MaxLength"),
            };
            ty.properties.push((name.clone(), property));
        }
        Some(ty)
    }

    pub(super) fn property(&self, name: &str) -> Option<&Property> {
        let mut properties = self.properties.iter();
        properties
            .find(|(known, _)| known == name)
            .map(|(_, property)| property)
    }

    pub(super) fn navigation(&self, name: &str) -> Option<&Navigation> {
        let mut navigation = self.navigation.iter();
        navigation
            .find(|(known, _)| known == name)
            .map(|(_, navigation)| navigation)
    }
}
