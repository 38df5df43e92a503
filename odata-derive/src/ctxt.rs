//! The errors of a struct, collected, so that all of them are seen in one compilation.

use proc_macro2::TokenStream;
use quote::ToTokens;
use std::fmt::Display;
use syn::spanned::Spanned;

/// Collects errors.
#[derive(Default)]
pub(crate) struct Ctxt {
    errors: Vec<syn::Error>,
}

impl Ctxt {
    /// Adds an error at this place.
    pub(crate) fn error(&mut self, place: impl Spanned, message: impl Display) {
        self.push(syn::Error::new(place.span(), message));
    }

    /// Adds an error about all of these tokens.
    pub(crate) fn error_about(&mut self, tokens: impl ToTokens, message: impl Display) {
        self.push(syn::Error::new_spanned(tokens, message));
    }

    /// Adds an error.
    pub(crate) fn push(&mut self, error: syn::Error) {
        self.errors.push(error);
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.errors.len()
    }

    /// The errors as `compile_error!`s.
    pub(crate) fn into_compile_errors(self) -> TokenStream {
        self.errors
            .iter()
            .map(syn::Error::to_compile_error)
            .collect()
    }
}
