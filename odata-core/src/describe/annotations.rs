//! What the vocabularies say about a schema: each annotation once, for XML and JSON.
//!
//! Some strict readers fail on a collection of enumeration members; there is none here.

use super::facts::hidden;
use crate::edm::{EntitySet, Navigation, Schema, StructuralProperty, Version};

/// A vocabulary that terms are taken from.
pub(super) struct Vocabulary {
    pub(super) alias: &'static str,
    pub(super) namespace: &'static str,
}

pub(super) const VOCABULARIES: &[Vocabulary] = &[
    Vocabulary {
        alias: "Core",
        namespace: "Org.OData.Core.V1",
    },
    Vocabulary {
        alias: "Capabilities",
        namespace: "Org.OData.Capabilities.V1",
    },
    Vocabulary {
        alias: "Validation",
        namespace: "Org.OData.Validation.V1",
    },
];

impl Vocabulary {
    /// Where the vocabulary can be read, as `xml` or `json`.
    pub(super) fn uri(&self, format: &str) -> String {
        format!(
            "https://oasis-tcs.github.io/odata-vocabularies/vocabularies/{}.{format}",
            self.namespace
        )
    }
}

/// `@term: value`; the term begins with its vocabulary's alias.
pub(super) struct Annotation {
    pub(super) term: &'static str,
    pub(super) value: Expression,
}

/// The value of an annotation (CSDL 14.3, 14.4).
pub(super) enum Expression {
    Bool(bool),
    Int(i64),
    String(String),
    EnumMember {
        /// The qualified name of the enumeration type.
        ty: &'static str,
        member: &'static str,
    },
    PropertyPath(&'static str),
    Collection(Vec<Expression>),
    Record {
        values: Vec<(&'static str, Expression)>,
        annotations: Vec<Annotation>,
    },
}

impl Expression {
    fn record<const N: usize>(values: [(&'static str, Expression); N]) -> Expression {
        Expression::Record {
            values: values.into(),
            annotations: Vec::new(),
        }
    }
}

/// The vocabularies that this schema's annotations need.
pub(super) fn vocabularies(schema: &Schema) -> impl Iterator<Item = &'static Vocabulary> {
    let properties = || schema.sets().iter().flat_map(|set| &set.properties);
    let code_tables = properties().any(|property| !property.declared.values.is_empty());
    VOCABULARIES
        .iter()
        .filter(move |vocabulary| vocabulary.alias != "Validation" || code_tables)
}

/// What holds for the whole service.
pub(super) fn of_container() -> Vec<Annotation> {
    let versions: Vec<&str> = Version::ALL.iter().map(|version| version.name()).collect();
    vec![
        Annotation {
            term: "Capabilities.ConformanceLevel",
            value: Expression::EnumMember {
                ty: "Org.OData.Capabilities.V1.ConformanceLevelType",
                member: "Intermediate",
            },
        },
        Annotation {
            term: "Core.ODataVersions",
            value: Expression::String(versions.join(" ")),
        },
        Annotation {
            term: "Capabilities.BatchSupported",
            value: Expression::Bool(false),
        },
        Annotation {
            term: "Capabilities.AsynchronousRequestsSupported",
            value: Expression::Bool(false),
        },
    ]
}

/// What can be done with a set: read it.
pub(super) fn of_set(set: &EntitySet) -> Vec<Annotation> {
    let no = |term, property| Annotation {
        term,
        value: Expression::record([(property, Expression::Bool(false))]),
    };
    let mut annotations = vec![
        no("Capabilities.InsertRestrictions", "Insertable"),
        no("Capabilities.UpdateRestrictions", "Updatable"),
        no("Capabilities.DeleteRestrictions", "Deletable"),
    ];
    let hidden = hidden(set);
    if !hidden.is_empty() {
        let paths = || {
            let paths = hidden.iter().copied().map(Expression::PropertyPath);
            Expression::Collection(paths.collect())
        };
        annotations.push(Annotation {
            term: "Capabilities.FilterRestrictions",
            value: Expression::record([("NonFilterableProperties", paths())]),
        });
        annotations.push(Annotation {
            term: "Capabilities.SortRestrictions",
            value: Expression::record([("NonSortableProperties", paths())]),
        });
    }
    let mut properties = set.properties.iter();
    if !properties.any(|property| property.declared.searchable) {
        annotations.push(no("Capabilities.SearchRestrictions", "Searchable"));
    }
    annotations
}

/// What an entity type is.
pub(super) fn of_type(set: &EntitySet) -> Vec<Annotation> {
    description(set.declared.description).into_iter().collect()
}

/// What a structural property is, and which numbers it may hold.
pub(super) fn of_property(property: &StructuralProperty) -> Vec<Annotation> {
    let values = property.declared.values;
    let allowed = values.iter().map(|(value, name)| Expression::Record {
        values: vec![("Value", Expression::Int(*value))],
        annotations: description(name).into_iter().collect(),
    });
    let allowed = (!values.is_empty()).then(|| Annotation {
        term: "Validation.AllowedValues",
        value: Expression::Collection(allowed.collect()),
    });
    let description = description(property.declared.description);
    description.into_iter().chain(allowed).collect()
}

/// What a navigation property is.
pub(super) fn of_navigation(navigation: &Navigation) -> Vec<Annotation> {
    let description = description(navigation.declared.description);
    description.into_iter().collect()
}

/// A doc comment as one line: an XML attribute knows no other.
fn description(comment: &str) -> Option<Annotation> {
    let words: Vec<&str> = comment.split_whitespace().collect();
    (!words.is_empty()).then(|| Annotation {
        term: "Core.Description",
        value: Expression::String(words.join(" ")),
    })
}
