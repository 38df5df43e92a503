//! Lays a model on a database: [`Schema::resolve`].
//!
//! A model (what the structs declare) and a catalogue (what the database has) come in; the schema that
//! is served goes out, with everything that was found on the way. Nothing stops at the first fault, so
//! that all of them are read at once; a schema beside an [`Severity::Error`] is not to be served.
//!
//! Without a catalogue the schema is the declared model, as if a database fitted it exactly.

mod column;
mod navigation;
mod partner;
#[cfg(test)]
mod tests;

use super::{
    Catalogue, CatalogueTable, EntitySet, EntityType, Finding, Model, QualifiedName, Schema,
    ScopeRule, Scoping, SetId, Severity, Source, StructuralProperty,
};
use column::{Class, place_of};
use std::collections::BTreeSet;

/// What the operator decides about a schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolveOptions {
    /// The schema of the database that has the tables.
    pub database_schema: String,
    /// Whether secrets are served like any other property.
    pub publish_secrets: bool,
}

impl Default for ResolveOptions {
    fn default() -> ResolveOptions {
        ResolveOptions {
            database_schema: "public".to_owned(),
            publish_secrets: false,
        }
    }
}

impl Schema {
    /// The schema that serves this model from this database, and what is worth saying about it.
    pub fn resolve(
        model: &Model,
        catalogue: Option<&Catalogue>,
        options: &ResolveOptions,
    ) -> (Schema, Vec<Finding>) {
        let mut resolver = Resolver {
            catalogue,
            options,
            findings: Vec::new(),
        };
        resolver.check_model(model);

        let mut sets: Vec<EntitySet> = Vec::new();
        for declared in &model.entity_types {
            let id = u16::try_from(sets.len()).map(SetId);
            let id = id.expect("a program declares fewer than 65,536 types");
            sets.extend(resolver.entity_set(id, declared));
        }
        let navigation = navigation::resolve(&mut resolver, model, &sets);
        for (set, navigation) in sets.iter_mut().zip(navigation) {
            set.navigation = navigation;
        }
        partner::deduce(&mut sets);

        let schema = Schema {
            namespace: model.namespace,
            container: model.container,
            sets,
            unicode_collation: catalogue.and_then(|it| it.unicode_collation.clone()),
        };
        (schema, resolver.findings)
    }
}

/// What is at hand while a model is resolved.
struct Resolver<'a> {
    catalogue: Option<&'a Catalogue>,
    options: &'a ResolveOptions,
    findings: Vec<Finding>,
}

/// A table of a set or a link: `None` beside the name where no catalogue says what it has.
type Table<'a> = (&'static str, Option<&'a CatalogueTable>);

impl<'a> Resolver<'a> {
    fn find(&mut self, severity: Severity, what: impl Into<String>, message: impl Into<String>) {
        self.findings.push(Finding {
            severity,
            what: what.into(),
            message: message.into(),
        });
    }

    fn qualified(&self, table: &str) -> QualifiedName {
        QualifiedName::new(&self.options.database_schema, table)
    }

    /// What is wrong with a model whatever the database.
    fn check_model(&mut self, model: &Model) {
        let types = &model.entity_types;
        let (mut names, mut sets) = (BTreeSet::new(), BTreeSet::new());
        for declared in types {
            if !names.insert(declared.name) {
                let message = "two entity types have this name";
                self.find(Severity::Error, declared.name, message);
            }
            if !sets.insert(declared.entity_set) {
                let message = "two entity sets have this name";
                self.find(Severity::Error, declared.entity_set, message);
            }
        }
        let scoped = types
            .iter()
            .find(|declared| matches!(declared.scope, Scoping::Column(_) | Scoping::Via { .. }));
        let Some(scoped) = scoped else { return };
        for declared in types {
            if declared.scope == Scoping::Unspecified {
                let message = format!(
                    "says neither 'scope' nor 'unscoped', while '{}' has a scope; every type must say which rows a caller may see",
                    scoped.name
                );
                self.find(Severity::Error, declared.name, message);
            }
        }
    }

    /// One set without its navigation properties; `None` where its table can't be served.
    fn entity_set(&mut self, id: SetId, declared: &'static EntityType) -> Option<EntitySet> {
        let table = self.table_of(declared)?;
        let properties: Vec<_> = declared
            .properties
            .iter()
            .map(|property| self.property(declared, property, table))
            .collect();
        let mut key = Vec::new();
        for name in declared.key {
            match place_of(&properties, name) {
                Ok(place) => key.push(place),
                Err(why) => self.find(Severity::Error, declared.name, format!("{why}, the key")),
            }
        }
        let scope = self.scope_rule(declared, &properties, table)?;
        let [indexed, indexed_in_scope] = indexed(&properties, &scope, table.1);
        Some(EntitySet {
            id,
            declared,
            table: self.qualified(table.0),
            key,
            navigation: Vec::new(),
            scope,
            indexed,
            indexed_in_scope,
            properties,
        })
    }

    /// The first of the declared tables that exists, if it can be read.
    fn table_of(&mut self, declared: &'static EntityType) -> Option<Table<'a>> {
        let Some((name, table)) = self.existing_table(declared) else {
            let message = format!("table {} does not exist", alternatives("", declared.tables));
            self.find(Severity::Error, declared.name, message);
            return None;
        };
        if table.is_some_and(|table| !table.readable) {
            let message = format!(
                "the role may not read table '{name}'; the entity set '{}' is not served",
                declared.entity_set
            );
            self.find(Severity::Warning, declared.name, message);
            return None;
        }
        Some((name, table))
    }

    fn existing_table(&self, declared: &EntityType) -> Option<Table<'a>> {
        let mut names = declared.tables.iter().copied();
        match self.catalogue {
            None => names.next().map(|name| (name, None)),
            Some(catalogue) => {
                names.find_map(|name| Some((name, Some(catalogue.tables.get(name)?))))
            }
        }
    }

    /// Which rows a caller sees. `None` only beside an error.
    fn scope_rule(
        &mut self,
        declared: &'static EntityType,
        properties: &[StructuralProperty],
        table: Table<'a>,
    ) -> Option<ScopeRule> {
        match declared.scope {
            Scoping::Unspecified | Scoping::Unscoped => Some(ScopeRule::Unscoped),
            Scoping::Column(column) => {
                self.scope_column(declared, column, table)?;
                Some(ScopeRule::Column(column))
            }
            Scoping::Via {
                table: between,
                on,
                column,
            } => {
                let between = match self.other_table(between) {
                    Ok(between) => between,
                    Err(why) => {
                        let message = format!("{why}; the scope needs it");
                        self.find(Severity::Error, declared.name, message);
                        return None;
                    }
                };
                self.scope_column(declared, column, between)?;
                let mut pairs = Vec::new();
                for (column, property) in on {
                    match self.column_with_property(between, column, properties, property, table) {
                        Ok(place) => pairs.push((*column, place)),
                        Err(why) => {
                            let message = format!("{why}; the scope needs it");
                            self.find(Severity::Error, declared.name, message);
                        }
                    }
                }
                Some(ScopeRule::Via {
                    table: self.qualified(between.0),
                    on: pairs,
                    column,
                })
            }
        }
    }

    /// A scope column exists, can be read and holds ids.
    fn scope_column(
        &mut self,
        declared: &EntityType,
        column: &'static str,
        table: Table<'a>,
    ) -> Option<()> {
        let class = match self.class_of(table, column) {
            Ok(class) => class,
            Err(why) => {
                let message = format!("{why}; it is the scope");
                self.find(Severity::Error, declared.name, message);
                return None;
            }
        };
        if !matches!(class, None | Some(Class::WholeNumber)) {
            let message = format!(
                "column '{}.{column}', the scope, is {}; expected a whole number",
                table.0,
                self.type_name(table, column)
            );
            self.find(Severity::Error, declared.name, message);
            return None;
        }
        Some(())
    }

    /// A table that is read but not published.
    fn other_table(&self, name: &'static str) -> Result<Table<'a>, String> {
        let Some(catalogue) = self.catalogue else {
            return Ok((name, None));
        };
        match catalogue.tables.get(name) {
            None => Err(format!("table '{name}' does not exist")),
            Some(table) if !table.readable => Err(format!("the role may not read table '{name}'")),
            Some(table) => Ok((name, Some(table))),
        }
    }
}

/// The columns of properties that some index starts with, and those that stand behind the scope's in
/// one.
fn indexed(
    properties: &[StructuralProperty],
    scope: &ScopeRule,
    table: Option<&CatalogueTable>,
) -> [Vec<&'static str>; 2] {
    let mut columns: Vec<&'static str> = Vec::new();
    for property in properties {
        if let Source::Column { name, .. } = property.source
            && !columns.contains(&name)
        {
            columns.push(name);
        }
    }
    let is_first = |column: &&str| table.is_some_and(|table| table.has_index_on(&[column]));
    let is_behind_scope = |column: &&str| match (scope, table) {
        (ScopeRule::Column(scope), Some(table)) => table.has_index_on(&[scope, column]),
        _ => false,
    };
    let (first, others): (Vec<_>, Vec<_>) = columns.into_iter().partition(is_first);
    [first, others.into_iter().filter(is_behind_scope).collect()]
}

/// `'a'`, or `'a' or 'b'`, each behind a prefix.
fn alternatives(prefix: &str, names: &[&str]) -> String {
    let names: Vec<String> = names
        .iter()
        .map(|name| format!("'{prefix}{name}'"))
        .collect();
    names.join(" or ")
}
