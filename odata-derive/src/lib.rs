//! `#[derive(ODataEntity)]`: a plain struct becomes an entity type.
//!
//! Tokens of a struct come in, `impl odata_core::edm::ODataEntity` goes out, as `'static` data. What a
//! field's type is (`i64`, an alias of it, another entity) is not known here: the expansion asks
//! the traits of `odata_core`, and checks by constant evaluation what only they can tell.
//!
//! The stages: [`attr`] reads attributes, [`ast`] makes an entity of the struct, [`valid`] checks what
//! needs more than one attribute, [`expand`] prints, [`fallback`] prints what stands in while the
//! struct has errors. Errors are collected in a [`ctxt::Ctxt`], so that all of a struct's are reported
//! at once.

mod ast;
mod attr;
mod ctxt;
mod expand;
mod fallback;
mod valid;

use proc_macro::TokenStream;

/// Makes an entity type of a struct with named fields.
///
/// ```ignore
/// /// A book that can be lent.
/// #[derive(ODataEntity)]
/// #[odata(table = "books", scope = "library_id")]
/// pub struct Book {
///     /// Its number.
///     #[odata(key)]
///     pub id: i64,
///     /// Who wrote it.
///     pub author_id: Option<i64>,
///     /// The author.
///     #[odata(foreign_key = author_id)]
///     pub author: Option<Author>,
/// }
/// ```
/// The struct's name is the entity type and the entity set, a field's name is the property and the
/// column, `Option` is nullability, the doc comment is the description in `$metadata`. Quotes mean
/// PostgreSQL (or a text), no quotes mean a property.
///
/// On the struct:
///
/// | attribute | meaning |
/// |---|---|
/// | `table = "books"`, `table("books", "old_books")` | the table; of several the first that exists |
/// | `entity_set = "Books"` | the name of the entity set, if not the struct's |
/// | `scope = "library_id"` | the column that names the scope (tenant) a row belongs to |
/// | `scope(via = "readers", on("user_id" = id), column = "library_id")` | the scopes that rows of another table connect a row with |
/// | `unscoped` | every caller sees every row |
///
/// On a structural property:
///
/// | attribute | meaning |
/// |---|---|
/// | `key` | part of the key |
/// | `column = "isbn"`, `column("isbn", "ean")` | the column, if not the field's name; of several the first that exists |
/// | `name = "ISBN"` | the property's name, if not the field's |
/// | `immutable` | its value stays as it is once the row is there, so that pages may come in its order |
/// | `secret` | null, and not usable, unless the operator publishes secrets |
/// | `searchable` | `$search` looks at it |
/// | `values(0 = "open", 1 = "closed")` | what the numbers mean |
///
/// On a navigation property (`Option<Entity>` or `Vec<Entity>`):
///
/// | attribute | meaning |
/// |---|---|
/// | `foreign_key = author_id`, `foreign_key(a, b)` | the properties that hold the key of the other end: of this struct for `Option`, of the far one for `Vec` |
/// | `when("kind" = "person")` | with `foreign_key`: columns beside it that must have these values |
/// | `through("book_tags", on("book_id" = id), when("kind" = "topic"))` | a table between, once for each; the first is connected with a property, the others with a column of the one before, in quotes |
/// | `to(id = "tag_id")` | a property of the far end, and the column of the last table that it equals |
/// | `inverse = books` | the reverse of that navigation property of the far end |
/// | `name = "Author"` | the property's name, if not the field's |
#[proc_macro_derive(ODataEntity, attributes(odata))]
pub fn derive_odata_entity(input: TokenStream) -> TokenStream {
    let input = syn::parse_macro_input!(input as syn::DeriveInput);
    expand::derive(&input).into()
}
