//! A list of entity types: everything that a service declares.

use super::{EntityType, ODataEntity};

/// The declared model of a service.
#[derive(Debug, Clone)]
pub struct Model {
    /// The namespace of the schema.
    pub namespace: &'static str,
    /// The name of the entity container.
    pub container: &'static str,
    /// The entity types, in the order of the service document.
    pub entity_types: Vec<&'static EntityType>,
}

impl Model {
    /// An empty model. The container is named `Container`.
    pub fn new(namespace: &'static str) -> Model {
        Model {
            namespace,
            container: "Container",
            entity_types: Vec::new(),
        }
    }

    /// The model with one more collection.
    pub fn with<E: ODataEntity>(mut self) -> Model {
        self.entity_types.push(E::entity_type());
        self
    }
}
