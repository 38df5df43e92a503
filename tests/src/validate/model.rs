//! What `$metadata` declares, from its CSDL JSON.

use super::asked::segments;
use super::scalar::{Primitive, Property};
use serde_json::Value;
use std::collections::BTreeMap;

/// The types and sets of a service.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Model {
    types: BTreeMap<String, EntityType>,
    /// The qualified type of each set.
    sets: BTreeMap<String, String>,
}

/// An entity type.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct EntityType {
    /// Its qualified name.
    pub(super) name: String,
    pub(super) key: Vec<String>,
    pub(super) properties: BTreeMap<String, Property>,
    pub(super) navigation: BTreeMap<String, Navigation>,
}

/// A navigation property.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Navigation {
    target: String,
    pub(super) many: bool,
}

/// A set with its type.
#[derive(Debug, Clone, Copy)]
pub(super) struct Set<'a> {
    pub(super) name: &'a str,
    pub(super) ty: &'a EntityType,
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
                    let name = format!("{schema}.{name}");
                    let ty = EntityType::read(name.clone(), item)?;
                    model.types.insert(name, ty);
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

    pub(super) fn set(&self, name: &str) -> Option<Set<'_>> {
        let (name, ty) = self.sets.get_key_value(name)?;
        let ty = self.types.get(ty)?;
        Some(Set { name, ty })
    }

    pub(super) fn sets(&self) -> impl Iterator<Item = &str> {
        self.sets.keys().map(String::as_str)
    }

    /// The set that a navigation property leads to.
    pub(super) fn target(&self, navigation: &Navigation) -> Option<Set<'_>> {
        let mut sets = self.sets.iter();
        let (name, _) = sets.find(|(_, of)| **of == navigation.target)?;
        self.set(name)
    }

    /// The set to which a path leads: the last set or navigation property in it.
    pub(super) fn set_of_path(&self, path: &str) -> Option<Set<'_>> {
        let names = segments(path)
            .into_iter()
            .filter_map(|segment| segment.split('(').next());
        let mut found: Option<Set<'_>> = None;
        for name in names {
            let navigation = found.and_then(|set| set.ty.navigation.get(name));
            if let Some(navigation) = navigation {
                found = self.target(navigation);
            } else if let Some(set) = self.set(name) {
                found = Some(set);
            }
        }
        found
    }
}

impl EntityType {
    fn read(name: String, item: &Value) -> Option<EntityType> {
        let mut ty = EntityType {
            name,
            key: Vec::new(),
            properties: BTreeMap::new(),
            navigation: BTreeMap::new(),
        };
        for part in item["$Key"].as_array()? {
            ty.key.push(part.as_str()?.to_owned());
        }
        let members = item.as_object()?.iter();
        for (name, member) in members.filter(|(name, _)| !name.contains(['$', '@'])) {
            let target = member["$Type"].as_str();
            if member["$Kind"] == "NavigationProperty" {
                let navigation = Navigation {
                    target: target?.to_owned(),
                    many: member["$Collection"] == true,
                };
                ty.navigation.insert(name.clone(), navigation);
                continue;
            }
            let number = |facet: &str| usize::try_from(member[facet].as_u64()?).ok();
            let primitive = Primitive::named(target.unwrap_or("Edm.String"))?;
            let property = Property {
                ty: primitive,
                nullable: member["$Nullable"] == true,
                // Absent it means that times have no fraction (CSDL 7.2.3).
                precision: number("$Precision").or(primitive.is_temporal().then_some(0)),
                scale: number("$Scale"),
                max_length: number("$MaxLength"),
            };
            ty.properties.insert(name.clone(), property);
        }
        Some(ty)
    }

    /// Whether a name is one of its properties, of whatever kind.
    pub(super) fn declares(&self, name: &str) -> bool {
        self.properties.contains_key(name) || self.navigation.contains_key(name)
    }
}
