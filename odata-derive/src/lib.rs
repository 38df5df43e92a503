//! `#[derive(ODataEntity)]`.

use proc_macro::TokenStream;

/// Makes an entity type of a plain struct.
#[proc_macro_derive(ODataEntity, attributes(odata))]
pub fn derive_odata_entity(_input: TokenStream) -> TokenStream {
    TokenStream::new()
}
