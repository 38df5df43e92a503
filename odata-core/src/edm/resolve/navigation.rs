//! Navigation properties: which set is at the other end, and by which columns.

use super::column::place_of;
use super::{Resolver, Table};
use crate::edm::{
    Condition, EntitySet, Join, JoinPath, Link, LinkTable, Model, Navigation, NavigationProperty,
    Severity, Source, StructuralProperty,
};

/// Why a navigation property is not served.
struct Fault(Severity, String);

impl Fault {
    /// The model is wrong, whatever the database.
    fn of_model(message: String) -> Fault {
        Fault(Severity::Error, message)
    }

    /// The database lacks something.
    fn of_database(message: String) -> Fault {
        Fault(Severity::Warning, format!("{message}; not served"))
    }
}

/// The navigation properties of each set. One whose other end is not served is not served either.
pub(super) fn resolve(
    resolver: &mut Resolver<'_>,
    model: &Model,
    sets: &[EntitySet],
) -> Vec<Vec<Navigation>> {
    let of_set = |set: &EntitySet| {
        let mut served = Vec::new();
        for declared in set.declared.navigation_properties {
            match navigation(resolver, model, sets, set, declared) {
                Ok(navigation) => served.extend(navigation),
                Err(Fault(severity, message)) => {
                    let what = format!("{}.{}", set.declared.name, declared.name);
                    resolver.find(severity, what, message);
                }
            }
        }
        served
    };
    sets.iter().map(of_set).collect()
}

fn navigation(
    resolver: &Resolver<'_>,
    model: &Model,
    sets: &[EntitySet],
    near: &EntitySet,
    declared: &'static NavigationProperty,
) -> Result<Option<Navigation>, Fault> {
    let target = (declared.target)();
    if !model
        .entity_types
        .iter()
        .any(|it| std::ptr::eq(*it, target))
    {
        let message = format!("its type '{}' is not registered in the model", target.name);
        return Err(Fault::of_model(message));
    }
    let far = sets.iter().find(|set| std::ptr::eq(set.declared, target));
    let Some(far) = far else {
        // A set that is not there because of an error has been reported with it.
        if let Some((_, Some(table))) = resolver.existing_table(target)
            && !table.readable
        {
            let message = format!("the role may not read the table of '{}'", target.name);
            return Err(Fault::of_database(message));
        }
        return Ok(None);
    };
    let path = match declared.join {
        Join::Inverse(name) => {
            let original = original(near, far, declared, name)?;
            let path = join_path(resolver, far, near, original).map_err(|Fault(severity, _)| {
                let message = format!("it is the reverse of '{}.{name}'", far.declared.name);
                Fault(severity, format!("{message}, which is not served"))
            })?;
            reverse(path)
        }
        _ => join_path(resolver, near, far, declared)?,
    };
    Ok(Some(Navigation {
        declared,
        target: far.id,
        partner: None,
        path,
    }))
}

/// The navigation property of the far type of which this is the reverse.
fn original(
    near: &EntitySet,
    far: &EntitySet,
    declared: &NavigationProperty,
    name: &str,
) -> Result<&'static NavigationProperty, Fault> {
    let (near, far) = (near.declared, far.declared);
    let found = far.navigation_properties.iter().find(|it| it.name == name);
    let Some(original) = found else {
        let message = format!("'{}' has no navigation property '{name}'", far.name);
        return Err(Fault::of_model(message));
    };
    let why = match original.join {
        _ if !std::ptr::eq((original.target)(), near) => {
            format!("leads to '{}'", (original.target)().name)
        }
        Join::Inverse(_) => "is an inverse itself".to_owned(),
        Join::ForeignKey { .. } if original.many && declared.many => {
            "is a collection by a foreign key, so that its reverse is an `Option`".to_owned()
        }
        _ => return Ok(original),
    };
    let message = format!("it is the reverse of '{}.{name}', which {why}", far.name);
    Err(Fault::of_model(message))
}

fn reverse(path: JoinPath) -> JoinPath {
    match path {
        JoinPath::Keys { pairs, near, far } => JoinPath::Keys {
            pairs: pairs.into_iter().map(|(a, b)| (b, a)).collect(),
            near: far,
            far: near,
        },
        JoinPath::Links {
            tables,
            first,
            last,
            reversed,
        } => JoinPath::Links {
            tables,
            first,
            last,
            reversed: !reversed,
        },
    }
}

/// How a navigation property that says so itself connects its ends.
fn join_path(
    resolver: &Resolver<'_>,
    near: &EntitySet,
    far: &EntitySet,
    declared: &NavigationProperty,
) -> Result<JoinPath, Fault> {
    match declared.join {
        Join::ForeignKey { properties, when } => {
            foreign_key(resolver, near, far, declared.many, properties, when)
        }
        Join::Through { links, to } => through(resolver, near, far, links, to),
        Join::Inverse(name) => Err(Fault::of_model(format!("'{name}' is an inverse itself"))),
    }
}

fn foreign_key(
    resolver: &Resolver<'_>,
    near: &EntitySet,
    far: &EntitySet,
    many: bool,
    properties: &[&'static str],
    when: &[Condition],
) -> Result<JoinPath, Fault> {
    let (dependent, principal) = if many { (far, near) } else { (near, far) };
    if properties.len() != principal.key.len() {
        let message = format!(
            "a foreign key of {} properties can't hold the key of '{}', which has {}",
            properties.len(),
            principal.declared.name,
            principal.key.len()
        );
        return Err(Fault::of_model(message));
    }
    let dependent_table = table_of(resolver, dependent);
    let principal_table = table_of(resolver, principal);
    let mut pairs = Vec::new();
    for (name, key) in properties.iter().zip(&principal.key) {
        let place = place_of(&dependent.properties, name).map_err(Fault::of_model)?;
        let columns = (
            dependent.properties[place].source,
            principal.properties[*key].source,
        );
        if let (Source::Column { name: a, .. }, Source::Column { name: b, .. }) = columns {
            resolver
                .comparable((dependent_table, a), (principal_table, b))
                .map_err(Fault::of_database)?;
        }
        pairs.push(if many { (*key, place) } else { (place, *key) });
    }
    let mut conditions = Vec::new();
    for condition in when {
        let Some(place) = property_of_column(&dependent.properties, condition.column) else {
            let message = format!(
                "its condition names the column '{}', which no property of '{}' has",
                condition.column, dependent.declared.name
            );
            return Err(Fault::of_model(message));
        };
        if let Source::Column { name, .. } = dependent.properties[place].source {
            resolver
                .condition_column(dependent_table, name)
                .map_err(Fault::of_database)?;
        }
        conditions.push((place, condition.equals));
    }
    let (near, far) = match many {
        true => (Vec::new(), conditions),
        false => (conditions, Vec::new()),
    };
    Ok(JoinPath::Keys { pairs, near, far })
}

fn through(
    resolver: &Resolver<'_>,
    near: &EntitySet,
    far: &EntitySet,
    links: &'static [Link],
    to: &[(&'static str, &'static str)],
) -> Result<JoinPath, Fault> {
    let mut tables = Vec::new();
    let mut first = Vec::new();
    let mut before: Option<Table<'_>> = None;
    for link in links {
        let table = resolver
            .other_table(link.table)
            .map_err(Fault::of_database)?;
        let mut on = Vec::new();
        for (column, other) in link.on {
            match before {
                None => first.push(end(resolver, near, other, table, column)?),
                Some(before) => {
                    resolver
                        .comparable((table, column), (before, other))
                        .map_err(Fault::of_database)?;
                    on.push((*column, *other));
                }
            }
        }
        for condition in link.when {
            resolver
                .condition_column(table, condition.column)
                .map_err(Fault::of_database)?;
        }
        tables.push(LinkTable {
            table: resolver.qualified(link.table),
            on,
            when: link.when.iter().map(|it| (it.column, it.equals)).collect(),
        });
        before = Some(table);
    }
    let Some(table) = before else {
        return Err(Fault::of_model("it goes through no table".to_owned()));
    };
    let mut last = Vec::new();
    for (property, column) in to {
        last.push(end(resolver, far, property, table, column)?);
    }
    Ok(JoinPath::Links {
        tables,
        first,
        last,
        reversed: false,
    })
}

/// A property of an end and the column of a link table that it equals.
fn end(
    resolver: &Resolver<'_>,
    set: &EntitySet,
    property: &str,
    link: Table<'_>,
    column: &'static str,
) -> Result<(usize, &'static str), Fault> {
    place_of(&set.properties, property).map_err(Fault::of_model)?;
    let own = table_of(resolver, set);
    let place = resolver.column_with_property(link, column, &set.properties, property, own);
    Ok((place.map_err(Fault::of_database)?, column))
}

/// The table that a served set is read from.
fn table_of<'a>(resolver: &Resolver<'a>, set: &EntitySet) -> Table<'a> {
    resolver.existing_table(set.declared).unwrap_or(("", None))
}

/// The property that has this column, or would have it in another database.
fn property_of_column(properties: &[StructuralProperty], column: &str) -> Option<usize> {
    let has = |it: &StructuralProperty| matches!(it.source, Source::Column { name, .. } if name == column);
    let declares = |it: &StructuralProperty| it.declared.columns.contains(&column);
    let found = properties.iter().position(has);
    found.or_else(|| properties.iter().position(declares))
}
