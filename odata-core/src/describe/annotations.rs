//! What the vocabularies say about a schema: each annotation once, for XML and JSON.
//!
//! Some strict readers fail on a collection of enumeration members; there is none here.

use super::facts::{aggregatable, codes, description, hidden, is_searchable, visible};
use crate::edm::{EntitySet, Navigation, Schema, StructuralProperty, Version};
use crate::functions::{self, aggregation};
use crate::limits::Limits;

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
    Vocabulary {
        alias: "Aggregation",
        namespace: "Org.OData.Aggregation.V1",
    },
];

/// What is true of the whole service, whatever it serves.
const CONTAINER_TAGS: &[(&str, bool)] = &[
    ("Capabilities.KeyAsSegmentSupported", true),
    ("Capabilities.CrossJoinSupported", true),
    ("Capabilities.BatchSupported", false),
    ("Capabilities.AsynchronousRequestsSupported", false),
    ("Core.ConventionalIDs", true),
    ("Core.DereferenceableIDs", true),
];

/// What is true of every set.
const SET_TAGS: &[(&str, bool)] = &[
    ("Capabilities.TopSupported", true),
    ("Capabilities.SkipSupported", true),
    ("Capabilities.ComputeSupported", true),
    ("Capabilities.IndexableByKey", true),
];

/// The formats of data, with all parameters that they take.
const FORMATS: &[&str] = &[
    "application/json;odata.metadata=full;odata.streaming=true;IEEE754Compatible=true;ExponentialDecimals=true",
    "text/csv;header=present;formulas=escape",
    "application/x-ndjson",
];

/// The formats of `$metadata`.
const METADATA_FORMATS: &[&str] = &["application/xml", "application/json"];

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
    fn strings<'a>(texts: impl IntoIterator<Item = &'a str>) -> Expression {
        let texts = texts.into_iter();
        Expression::Collection(
            texts
                .map(|text| Expression::String(text.to_owned()))
                .collect(),
        )
    }

    fn paths(names: &[&'static str]) -> Expression {
        let names = names.iter().copied();
        Expression::Collection(names.map(Expression::PropertyPath).collect())
    }

    fn number(limit: usize) -> Expression {
        Expression::Int(i64::try_from(limit).unwrap_or(i64::MAX))
    }

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
    let code_tables = properties().any(|property| !codes(property).is_empty());
    VOCABULARIES
        .iter()
        .filter(move |vocabulary| vocabulary.alias != "Validation" || code_tables)
}

/// What holds for the whole service.
pub(super) fn of_container() -> Vec<Annotation> {
    let versions: Vec<&str> = Version::ALL.iter().map(|version| version.name()).collect();
    let functions = functions::names().map(functions::spelling);
    let functions = functions::OPERATORS.iter().copied().chain(functions);
    let mut annotations = vec![
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
            term: "Capabilities.SupportedFormats",
            value: Expression::strings(FORMATS.iter().copied()),
        },
        Annotation {
            term: "Capabilities.SupportedMetadataFormats",
            value: Expression::strings(METADATA_FORMATS.iter().copied()),
        },
        Annotation {
            term: "Capabilities.FilterFunctions",
            value: Expression::strings(functions),
        },
        Annotation {
            term: "Capabilities.SelectSupport",
            value: Expression::record([("Supported", Expression::Bool(true))]),
        },
    ];
    annotations.extend(tags(CONTAINER_TAGS));
    annotations
}

/// What can be done with a set: read it.
pub(super) fn of_set(set: &EntitySet, limits: &Limits) -> Vec<Annotation> {
    let mut annotations = vec![Annotation {
        term: "Core.Permissions",
        value: Expression::EnumMember {
            ty: "Org.OData.Core.V1.Permission",
            member: "Read",
        },
    }];
    let hidden = hidden(set);
    let but_hidden = |property| {
        let paths = (!hidden.is_empty()).then(|| Expression::paths(&hidden));
        paths.map(|paths| (property, paths))
    };
    let searchable = is_searchable(set);
    let yes_or_no = [
        ("Capabilities.InsertRestrictions", "Insertable", false, None),
        ("Capabilities.UpdateRestrictions", "Updatable", false, None),
        ("Capabilities.DeleteRestrictions", "Deletable", false, None),
        (
            "Capabilities.FilterRestrictions",
            "Filterable",
            true,
            but_hidden("NonFilterableProperties"),
        ),
        (
            "Capabilities.SortRestrictions",
            "Sortable",
            true,
            but_hidden("NonSortableProperties"),
        ),
        (
            "Capabilities.ExpandRestrictions",
            "Expandable",
            !set.navigation.is_empty(),
            Some(("MaxLevels", Expression::number(limits.expand_depth))),
        ),
        ("Capabilities.CountRestrictions", "Countable", true, None),
        (
            "Capabilities.SearchRestrictions",
            "Searchable",
            searchable,
            None,
        ),
    ];
    annotations.extend(yes_or_no.map(|(term, property, value, more)| {
        Annotation {
            term,
            value: Expression::Record {
                values: [(property, Expression::Bool(value))]
                    .into_iter()
                    .chain(more)
                    .collect(),
                annotations: Vec::new(),
            },
        }
    }));
    annotations.extend(tags(SET_TAGS));
    annotations.push(apply_supported(set, !hidden.is_empty()));
    annotations
}

/// What `$apply` may do with a set. Without restrictions every property takes every method that takes
/// its type; with a secret among them, those that are left are listed.
fn apply_supported(set: &EntitySet, restricted: bool) -> Annotation {
    let transformations = aggregation::TRANSFORMATIONS.iter().copied();
    let mut values = vec![
        ("Transformations", Expression::strings(transformations)),
        (
            "Rollup",
            Expression::EnumMember {
                ty: "Org.OData.Aggregation.V1.RollupType",
                member: "MultipleHierarchies",
            },
        ),
        ("PropertyRestrictions", Expression::Bool(restricted)),
    ];
    if restricted {
        let aggregatable = aggregatable(set).into_iter().map(|(name, methods)| {
            Expression::record([
                ("Property", Expression::PropertyPath(name)),
                ("SupportedAggregationMethods", Expression::strings(methods)),
            ])
        });
        values.push(("GroupableProperties", Expression::paths(&visible(set))));
        values.push((
            "AggregatableProperties",
            Expression::Collection(aggregatable.collect()),
        ));
    }
    Annotation {
        term: "Aggregation.ApplySupported",
        value: Expression::Record {
            values,
            annotations: Vec::new(),
        },
    }
}

fn tags(table: &'static [(&str, bool)]) -> impl Iterator<Item = Annotation> {
    table.iter().map(|(term, value)| Annotation {
        term,
        value: Expression::Bool(*value),
    })
}

/// What an entity type is.
pub(super) fn of_type(set: &EntitySet) -> Vec<Annotation> {
    described(set.declared.description).into_iter().collect()
}

/// What a structural property is, and which numbers it may hold.
pub(super) fn of_property(property: &StructuralProperty) -> Vec<Annotation> {
    let values = codes(property);
    let allowed = values.iter().map(|(value, name)| Expression::Record {
        values: vec![("Value", Expression::Int(*value))],
        annotations: described(name).into_iter().collect(),
    });
    let allowed = (!values.is_empty()).then(|| Annotation {
        term: "Validation.AllowedValues",
        value: Expression::Collection(allowed.collect()),
    });
    let description = described(property.declared.description);
    description.into_iter().chain(allowed).collect()
}

/// What a navigation property is.
pub(super) fn of_navigation(navigation: &Navigation) -> Vec<Annotation> {
    let description = described(navigation.declared.description);
    description.into_iter().collect()
}

fn described(comment: &str) -> Option<Annotation> {
    description(comment).map(|text| Annotation {
        term: "Core.Description",
        value: Expression::String(text),
    })
}
