//! What stands in for the implementation while a struct has errors, so that code that uses it as an
//! entity has none because of that.

use proc_macro2::TokenStream;
use quote::quote;
use syn::ext::IdentExt;
use syn::{DeriveInput, GenericParam};

/// An implementation without properties. The checks of `odata_core` pass over a type without a key.
pub(crate) fn implementation(input: &DeriveInput) -> TokenStream {
    let ident = &input.ident;
    let name = ident.unraw().to_string();
    let where_clause = &input.generics.where_clause;
    let mut parameters = Vec::new();
    let mut arguments = Vec::new();
    for parameter in &input.generics.params {
        // An entity lives for 'static.
        match parameter {
            GenericParam::Lifetime(_) => arguments.push(quote!('static)),
            GenericParam::Type(ty) => {
                let (name, bounds) = (&ty.ident, &ty.bounds);
                parameters.push(quote!(#name: 'static + #bounds));
                arguments.push(quote!(#name));
            }
            GenericParam::Const(constant) => {
                let (name, ty) = (&constant.ident, &constant.ty);
                parameters.push(quote!(const #name: #ty));
                arguments.push(quote!(#name));
            }
        }
    }
    quote! {
        #[automatically_derived]
        impl<#(#parameters),*> ::odata_core::edm::ODataEntity for #ident<#(#arguments),*> #where_clause {
            const PROPERTIES: &'static [::odata_core::edm::Property] = &[];
            const KEY: &'static [&'static str] = &[];

            fn entity_type() -> &'static ::odata_core::edm::EntityType {
                static ENTITY_TYPE: ::odata_core::edm::EntityType = ::odata_core::edm::EntityType {
                    name: #name,
                    entity_set: #name,
                    description: "",
                    tables: &[],
                    scope: ::odata_core::edm::Scoping::Unspecified,
                    key: &[],
                    properties: &[],
                    navigation_properties: &[],
                };
                &ENTITY_TYPE
            }
        }
    }
}
