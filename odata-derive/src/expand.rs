//! Prints the implementation of `ODataEntity`, and the checks that need types.

use crate::ast::{Entity, Field, Join, Kind, Structural};
use crate::attr::{Other, Scope, Through};
use crate::ctxt::Ctxt;
use crate::{fallback, valid};
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::{DeriveInput, Ident, LitStr};

/// The expansion of the derive.
pub(crate) fn derive(input: &DeriveInput) -> TokenStream {
    let mut ctxt = Ctxt::default();
    let entity = Entity::from_syn(&mut ctxt, input);
    if let Some(entity) = &entity {
        valid::check(&mut ctxt, entity);
    }
    let implementation = match &entity {
        Some(entity) if ctxt.len() == 0 => implementation(entity),
        _ => fallback::implementation(input),
    };
    let checks = entity.iter().map(checks);
    let errors = ctxt.into_compile_errors();
    quote! {
        #[doc(hidden)]
        const _: () = {
            #implementation
            #(#checks)*
        };
        #errors
    }
}

fn implementation(entity: &Entity<'_>) -> TokenStream {
    let ident = entity.ident;
    let name = ident.unraw().to_string();
    let Entity {
        entity_set,
        description,
        tables,
        ..
    } = entity;
    let scope = scoping(entity);
    let mut key = Vec::new();
    let mut properties = Vec::new();
    let mut navigation_properties = Vec::new();
    for field in &entity.fields {
        match &field.kind {
            Kind::Structural(structural) => {
                if structural.key {
                    key.push(&field.name);
                }
                properties.push(property(field, structural));
            }
            Kind::Navigation(join) => navigation_properties.push(navigation_property(field, join)),
        }
    }
    quote! {
        #[automatically_derived]
        impl ::odata_core::edm::ODataEntity for #ident {
            const PROPERTIES: &'static [::odata_core::edm::Property] = &[#(#properties),*];
            const KEY: &'static [&'static str] = &[#(#key),*];

            fn entity_type() -> &'static ::odata_core::edm::EntityType {
                static ENTITY_TYPE: ::odata_core::edm::EntityType = ::odata_core::edm::EntityType {
                    name: #name,
                    entity_set: #entity_set,
                    description: #description,
                    tables: &[#(#tables),*],
                    scope: #scope,
                    key: <#ident as ::odata_core::edm::ODataEntity>::KEY,
                    properties: <#ident as ::odata_core::edm::ODataEntity>::PROPERTIES,
                    navigation_properties: &[#(#navigation_properties),*],
                };
                &ENTITY_TYPE
            }
        }
    }
}

fn scoping(entity: &Entity<'_>) -> TokenStream {
    match &entity.scope {
        None if entity.unscoped => quote!(::odata_core::edm::Scoping::Unscoped),
        None => quote!(::odata_core::edm::Scoping::Unspecified),
        Some(Scope::Column(column)) => quote!(::odata_core::edm::Scoping::Column(#column)),
        Some(Scope::Via { table, on, column }) => {
            let on = on.iter().map(|(column, property)| {
                let property = property.to_string();
                quote!((#column, #property))
            });
            quote! {
                ::odata_core::edm::Scoping::Via {
                    table: #table,
                    on: &[#(#on),*],
                    column: #column,
                }
            }
        }
    }
}

fn property(field: &Field<'_>, structural: &Structural) -> TokenStream {
    let Field {
        ty,
        name,
        description,
        ..
    } = field;
    let Structural {
        columns,
        immutable,
        secret,
        ..
    } = structural;
    let searchable = structural.searchable.is_some();
    let values = structural.values.iter().flat_map(|(_, values)| values);
    let values = values.map(|(number, name)| quote!((#number, #name)));
    quote! {
        ::odata_core::edm::Property {
            name: #name,
            ty: <#ty as ::odata_core::edm::PrimitiveValue>::TYPE,
            nullable: <#ty as ::odata_core::edm::PrimitiveValue>::NULLABLE,
            columns: &[#(#columns),*],
            description: #description,
            immutable: #immutable,
            secret: #secret,
            searchable: #searchable,
            values: &[#(#values),*],
        }
    }
}

fn navigation_property(field: &Field<'_>, join: &Join) -> TokenStream {
    let Field {
        ty,
        name,
        description,
        ..
    } = field;
    let join = match join {
        Join::ForeignKey {
            properties, when, ..
        } => {
            let properties = properties.iter().map(Ident::to_string);
            let when = when.iter().map(condition);
            quote! {
                ::odata_core::edm::Join::ForeignKey {
                    properties: &[#(#properties),*],
                    when: &[#(#when),*],
                }
            }
        }
        Join::Through { links, to } => {
            let links = links.iter().map(link);
            let to = to.iter().map(|(property, column)| {
                let property = property.to_string();
                quote!((#property, #column))
            });
            quote! {
                ::odata_core::edm::Join::Through {
                    links: &[#(#links),*],
                    to: &[#(#to),*],
                }
            }
        }
        Join::Inverse(of) => {
            let of = of.to_string();
            quote!(::odata_core::edm::Join::Inverse(#of))
        }
    };
    quote! {
        ::odata_core::edm::NavigationProperty {
            name: #name,
            target: <#ty as ::odata_core::edm::NavigationValue>::TARGET,
            many: <#ty as ::odata_core::edm::NavigationValue>::MANY,
            description: #description,
            join: #join,
        }
    }
}

fn link(link: &Through) -> TokenStream {
    let table = &link.table;
    let on = link.on.iter().map(|(column, other)| {
        let other = match other {
            Other::Property(property) => property.to_string(),
            Other::Column(column) => column.value(),
        };
        quote!((#column, #other))
    });
    let when = link.when.iter().map(condition);
    quote! {
        ::odata_core::edm::Link {
            table: #table,
            on: &[#(#on),*],
            when: &[#(#when),*],
        }
    }
}

fn condition((column, equals): &(LitStr, LitStr)) -> TokenStream {
    quote!(::odata_core::edm::Condition { column: #column, equals: #equals })
}

/// The checks that need types. They stand beside the implementation, also where that is a fallback,
/// so that a mistake in one field hides none in another.
fn checks(entity: &Entity<'_>) -> TokenStream {
    let ident = entity.ident;
    // Rows are written from PostgreSQL's bytes, so nobody reads the fields; this does, for rustc.
    let fields = entity.fields.iter().map(|field| field.ident);
    let read = quote! {
        #[allow(deprecated)]
        const _: fn(&#ident) = |entity| { #(let _ = &entity.#fields;)* };
    };
    let of_fields = entity
        .fields
        .iter()
        .filter(|field| field.valid)
        .map(|field| match &field.kind {
            Kind::Structural(structural) => structural_checks(field, structural),
            Kind::Navigation(join) => navigation_checks(entity, field, join),
        });
    quote!(#read #(#of_fields)*)
}

fn structural_checks(field: &Field<'_>, structural: &Structural) -> TokenStream {
    let Field { ident, ty, .. } = field;
    let mut checks = quote! {
        const _: ::odata_core::edm::PrimitiveType = <#ty as ::odata_core::edm::PrimitiveValue>::TYPE;
    };
    let of_type = quote! {
        <#ty as ::odata_core::edm::PrimitiveValue>::TYPE,
        <#ty as ::odata_core::edm::PrimitiveValue>::NULLABLE
    };
    let mut check = |place: &dyn ToTokens, function: &str, messages: &[&str]| {
        checks.extend(at(place, function, quote!(#of_type #(, #messages)*)));
    };
    if structural.key {
        check(
            ty,
            "key",
            &[
                "a key property can't be null: expected a type without `Option`",
                "a key property can't be of this type: expected a number without fraction, a decimal, text, bool, a date or time, or Uuid",
            ],
        );
    }
    if structural.secret {
        check(
            ty,
            "secret",
            &["a secret is null until it is published: expected an `Option`"],
        );
    }
    if let Some(searchable) = &structural.searchable {
        let message = format!("`{ident}` can't be searched: expected text");
        check(searchable, "searchable", &[&message]);
    }
    if let Some((values, _)) = &structural.values {
        let message = format!("`{ident}` has no code table: expected i16, i32 or i64");
        check(values, "values", &[&message]);
    }
    checks
}

fn navigation_checks(entity: &Entity<'_>, field: &Field<'_>, join: &Join) -> TokenStream {
    let (near, far) = (entity.ident, field.ty);
    let ends = quote! {
        <#near as ::odata_core::edm::ODataEntity>::END,
        <#far as ::odata_core::edm::NavigationValue>::END
    };
    let far_text = type_text(field);
    let mut checks = TokenStream::new();
    match join {
        Join::ForeignKey {
            attribute,
            properties,
            when,
        } => {
            let count = properties.len();
            let message = "expected one property for each key property of the other end";
            let arguments = quote!(#ends, #count, #message);
            checks.extend(at(attribute, "foreign_key_length", arguments));
            for (index, property) in properties.iter().enumerate() {
                let name = property.to_string();
                let here = format!(
                    "no structural property `{name}` in `{near}`, which must hold the key of `{far_text}`"
                );
                let there = format!(
                    "no structural property `{name}` in `{far_text}`, which must hold the key of `{near}`"
                );
                let other_type =
                    format!("`{name}` is not of the type of the key that it must hold");
                let arguments = quote!(#ends, #index, #name, #here, #there, #other_type);
                checks.extend(at(property, "foreign_key", arguments));
            }
            for (column, _) in when {
                let name = column.value();
                let here = format!(
                    "no property of `{near}`, which has the foreign key, has the column \"{name}\""
                );
                let there = format!(
                    "no property of `{far_text}`, which has the foreign key, has the column \"{name}\""
                );
                let arguments = quote!(#ends, #column, #here, #there);
                checks.extend(at(column, "condition", arguments));
            }
        }
        Join::Through { to, .. } => {
            for (property, _) in to {
                let name = property.to_string();
                let message = format!("no structural property `{name}` in `{far_text}`");
                let arguments = quote!(#ends, #name, #message);
                checks.extend(at(property, "far_property", arguments));
            }
        }
        Join::Inverse(_) => checks.extend(quote! {
            const _: bool = <#far as ::odata_core::edm::NavigationValue>::MANY;
        }),
    }
    checks
}

/// A call of one of the functions of `odata_core::edm::check`, evaluated at compile time. They panic at
/// their caller, which is put at `place`.
fn at(place: &(impl ToTokens + ?Sized), function: &str, arguments: TokenStream) -> TokenStream {
    let mut spans = place
        .to_token_stream()
        .into_iter()
        .map(|token| token.span());
    let start = spans.next().unwrap_or_else(Span::call_site);
    let end = spans.last().unwrap_or(start);
    let function = Ident::new(function, start);
    let call = quote_spanned!(start=> ::odata_core::edm::check::#function);
    let arguments = quote_spanned!(end=> (#arguments));
    quote_spanned!(start=> const _: () = #call #arguments;)
}

/// The field's type as people write it: the entity, without `Option` and `Vec`.
fn type_text(field: &Field<'_>) -> String {
    let text = field.ty.to_token_stream().to_string().replace(' ', "");
    let inner = text.split(['<', '>']).rfind(|part| !part.is_empty());
    inner.unwrap_or(&text).to_owned()
}
