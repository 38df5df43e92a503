//! An entity as the struct declares it. Attributes are read, types are not.

use crate::attr::{self, FieldAttributes, Scope, StructAttributes, Through};
use crate::ctxt::Ctxt;
use crate::valid;
use syn::ext::IdentExt;
use syn::{Data, DeriveInput, Fields, Ident, LitStr, Type};

/// A struct.
pub(crate) struct Entity<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) entity_set: String,
    pub(crate) description: String,
    pub(crate) tables: Vec<LitStr>,
    pub(crate) scope: Option<Scope>,
    pub(crate) unscoped: bool,
    pub(crate) fields: Vec<Field<'a>>,
}

/// A field.
pub(crate) struct Field<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) ty: &'a Type,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) kind: Kind,
    /// Whether nothing is wrong with its attributes, so that its type is worth a check.
    pub(crate) valid: bool,
}

/// What a field is.
pub(crate) enum Kind {
    Structural(Structural),
    Navigation(Join),
}

/// A structural property.
pub(crate) struct Structural {
    pub(crate) key: bool,
    pub(crate) columns: Vec<LitStr>,
    pub(crate) immutable: bool,
    pub(crate) secret: bool,
    pub(crate) searchable: Option<Ident>,
    pub(crate) values: Option<(Ident, Vec<(i64, LitStr)>)>,
}

/// How a navigation property's ends are connected.
pub(crate) enum Join {
    ForeignKey {
        attribute: Ident,
        properties: Vec<Ident>,
        when: Vec<(LitStr, LitStr)>,
    },
    Through {
        links: Vec<Through>,
        to: Vec<(Ident, LitStr)>,
    },
    Inverse(Ident),
}

impl<'a> Entity<'a> {
    /// The entity of a struct with named fields; `None` for anything else.
    pub(crate) fn from_syn(ctxt: &mut Ctxt, input: &'a DeriveInput) -> Option<Entity<'a>> {
        let fields = match &input.data {
            Data::Struct(data) => match &data.fields {
                Fields::Named(fields) => &fields.named,
                Fields::Unnamed(fields) => {
                    ctxt.error_about(fields, "expected a struct with named fields");
                    return None;
                }
                Fields::Unit => {
                    ctxt.error(&input.ident, "expected a struct with named fields");
                    return None;
                }
            },
            Data::Enum(data) => {
                ctxt.error(data.enum_token, "expected a struct, found an enum");
                return None;
            }
            Data::Union(data) => {
                ctxt.error(data.union_token, "expected a struct, found a union");
                return None;
            }
        };
        if !input.generics.params.is_empty() {
            ctxt.error_about(&input.generics, "an entity type can't be generic");
            return None;
        }
        let errors_before = ctxt.len();
        let StructAttributes {
            table,
            entity_set,
            scope,
            unscoped,
        } = attr::of_struct(ctxt, &input.attrs);
        if let Some(name) = &entity_set {
            valid::odata_name(ctxt, &name.value(), name.span());
        }
        if let (Some(_), Some(unscoped)) = (&scope, &unscoped) {
            ctxt.error(unscoped, "`scope` and `unscoped` exclude each other");
        }
        if table.is_none() && ctxt.len() == errors_before {
            let message = "an entity type needs its table: `#[odata(table = \"name\")]`";
            ctxt.error(&input.ident, message);
        }
        Some(Entity {
            ident: &input.ident,
            entity_set: match entity_set {
                Some(name) => name.value(),
                None => input.ident.unraw().to_string(),
            },
            description: attr::description(&input.attrs),
            tables: table.unwrap_or_default(),
            scope,
            unscoped: unscoped.is_some(),
            fields: fields
                .iter()
                .filter_map(|field| Field::from_syn(ctxt, field))
                .collect(),
        })
    }
}

impl<'a> Field<'a> {
    fn from_syn(ctxt: &mut Ctxt, field: &'a syn::Field) -> Option<Field<'a>> {
        let ident = field.ident.as_ref()?;
        let errors_before = ctxt.len();
        let attributes = attr::of_field(ctxt, &field.attrs);
        let name = match &attributes.name {
            Some(name) => name.value(),
            None => ident.unraw().to_string(),
        };
        let place = attributes
            .name
            .as_ref()
            .map_or_else(|| ident.span(), LitStr::span);
        valid::odata_name(ctxt, &name, place);
        // What could not be read would be missed by these checks.
        if ctxt.len() == errors_before {
            valid::one_kind(ctxt, &attributes);
        }
        let kind = Kind::from_attributes(ident, attributes);
        Some(Field {
            ident,
            ty: &field.ty,
            name,
            description: attr::description(&field.attrs),
            kind,
            valid: ctxt.len() == errors_before,
        })
    }
}

impl Kind {
    /// `foreign_key`, `through` or `inverse` make a navigation property.
    fn from_attributes(ident: &Ident, attributes: FieldAttributes) -> Kind {
        let FieldAttributes {
            key,
            column,
            name: _,
            immutable,
            secret,
            searchable,
            values,
            foreign_key,
            when,
            through,
            to,
            inverse,
        } = attributes;
        if let Some((attribute, properties)) = foreign_key {
            Kind::Navigation(Join::ForeignKey {
                attribute,
                properties,
                when: when.map(|(_, when)| when).unwrap_or_default(),
            })
        } else if !through.is_empty() {
            Kind::Navigation(Join::Through {
                links: through,
                to: to.map(|(_, to)| to).unwrap_or_default(),
            })
        } else if let Some((_, inverse)) = inverse {
            Kind::Navigation(Join::Inverse(inverse))
        } else {
            Kind::Structural(Structural {
                key: key.is_some(),
                columns: match column {
                    Some((_, columns)) => columns,
                    None => vec![LitStr::new(&ident.unraw().to_string(), ident.span())],
                },
                immutable: immutable.is_some(),
                secret: secret.is_some(),
                searchable,
                values,
            })
        }
    }
}
