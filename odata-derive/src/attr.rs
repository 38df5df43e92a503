//! Reads `#[odata(..)]`. An error in one attribute does not hide those after it.

use crate::ctxt::Ctxt;
use proc_macro2::{Span, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Expr, ExprLit, Ident, Lit, LitInt, LitStr, Meta, Result, Token};

/// Where an attribute belongs.
#[derive(Clone, Copy, PartialEq)]
enum Level {
    Struct,
    Field,
}

/// Every attribute: where it belongs and how it is written.
const ATTRIBUTES: &[(&str, Level, &str)] = &[
    (
        "table",
        Level::Struct,
        r#"`table = "name"` or `table("name", "older_name")`"#,
    ),
    ("entity_set", Level::Struct, r#"`entity_set = "Name"`"#),
    (
        "scope",
        Level::Struct,
        r#"`scope = "column"` or `scope(via = "table", on("column" = property), column = "column")`"#,
    ),
    ("unscoped", Level::Struct, "`unscoped`"),
    ("key", Level::Field, "`key`"),
    (
        "column",
        Level::Field,
        r#"`column = "name"` or `column("name", "older_name")`"#,
    ),
    ("name", Level::Field, r#"`name = "PropertyName"`"#),
    ("immutable", Level::Field, "`immutable`"),
    ("secret", Level::Field, "`secret`"),
    ("searchable", Level::Field, "`searchable`"),
    (
        "values",
        Level::Field,
        r#"`values(0 = "first", 1 = "second")`"#,
    ),
    (
        "foreign_key",
        Level::Field,
        "`foreign_key = property` or `foreign_key(property, other_property)`",
    ),
    ("when", Level::Field, r#"`when("column" = "value")`"#),
    (
        "through",
        Level::Field,
        r#"`through("table", on("column" = property))`"#,
    ),
    ("to", Level::Field, r#"`to(property = "column")`"#),
    ("inverse", Level::Field, "`inverse = navigation_property`"),
];

/// The attributes of a struct, as written.
#[derive(Default)]
pub(crate) struct StructAttributes {
    pub(crate) table: Option<Vec<LitStr>>,
    pub(crate) entity_set: Option<LitStr>,
    pub(crate) scope: Option<Scope>,
    pub(crate) unscoped: Option<Ident>,
}

/// `scope`.
pub(crate) enum Scope {
    Column(LitStr),
    Via {
        table: LitStr,
        on: Vec<(LitStr, Ident)>,
        column: LitStr,
    },
}

/// The attributes of a field, as written.
#[derive(Default)]
pub(crate) struct FieldAttributes {
    pub(crate) key: Option<Ident>,
    pub(crate) column: Option<(Ident, Vec<LitStr>)>,
    pub(crate) name: Option<LitStr>,
    pub(crate) immutable: Option<Ident>,
    pub(crate) secret: Option<Ident>,
    pub(crate) searchable: Option<Ident>,
    pub(crate) values: Option<(Ident, Vec<(i64, LitStr)>)>,
    pub(crate) foreign_key: Option<(Ident, Vec<Ident>)>,
    pub(crate) when: Option<(Ident, Vec<(LitStr, LitStr)>)>,
    pub(crate) through: Vec<Through>,
    pub(crate) to: Option<(Ident, Vec<(Ident, LitStr)>)>,
    pub(crate) inverse: Option<(Ident, Ident)>,
}

/// `through`: one link table.
pub(crate) struct Through {
    pub(crate) attribute: Ident,
    pub(crate) table: LitStr,
    pub(crate) on: Vec<(LitStr, Other)>,
    pub(crate) when: Vec<(LitStr, LitStr)>,
}

/// The other side of a link's pair.
pub(crate) enum Other {
    /// A property of the struct, without quotes.
    Property(Ident),
    /// A column of the link before, in quotes.
    Column(LitStr),
}

/// The attributes of a struct.
pub(crate) fn of_struct(ctxt: &mut Ctxt, attributes: &[Attribute]) -> StructAttributes {
    let mut found = StructAttributes::default();
    read(ctxt, attributes, Level::Struct, |name, input| {
        match name.to_string().as_str() {
            "table" => found.table = Some(strings(input)?),
            "entity_set" => found.entity_set = Some(string(input)?),
            "scope" => found.scope = Some(scope(name, input)?),
            _ => found.unscoped = Some(flag(name, input)?),
        }
        Ok(())
    });
    found
}

/// The attributes of a field.
pub(crate) fn of_field(ctxt: &mut Ctxt, attributes: &[Attribute]) -> FieldAttributes {
    let mut found = FieldAttributes::default();
    read(ctxt, attributes, Level::Field, |name, input| {
        let attribute = name.clone();
        match name.to_string().as_str() {
            "key" => found.key = Some(flag(name, input)?),
            "column" => found.column = Some((attribute, strings(input)?)),
            "name" => found.name = Some(string(input)?),
            "immutable" => found.immutable = Some(flag(name, input)?),
            "secret" => found.secret = Some(flag(name, input)?),
            "searchable" => found.searchable = Some(flag(name, input)?),
            "values" => found.values = Some((attribute, pairs(input, integer, text)?)),
            "foreign_key" => found.foreign_key = Some((attribute, properties(input)?)),
            "when" => {
                found.when = Some((attribute, pairs(input, quoted_name, text)?));
            }
            "through" => found.through.push(through(name, input)?),
            "to" => found.to = Some((attribute, pairs(input, property, quoted_name)?)),
            _ => found.inverse = Some((attribute, one_property(input)?)),
        }
        Ok(())
    });
    found
}

/// The doc comment: lines joined by spaces, an empty line as a line break.
pub(crate) fn description(attributes: &[Attribute]) -> String {
    let mut text = String::new();
    for attribute in attributes {
        let Meta::NameValue(meta) = &attribute.meta else {
            continue;
        };
        let Expr::Lit(ExprLit {
            lit: Lit::Str(doc), ..
        }) = &meta.value
        else {
            continue;
        };
        if !meta.path.is_ident("doc") {
            continue;
        }
        for line in doc.value().split('\n').map(str::trim) {
            if !text.is_empty() && !text.ends_with('\n') {
                text.push(if line.is_empty() { '\n' } else { ' ' });
            }
            text.push_str(line);
        }
    }
    text.trim().to_owned()
}

/// Goes through the items of every `#[odata(..)]` and gives those that are known here to `item`.
fn read(
    ctxt: &mut Ctxt,
    attributes: &[Attribute],
    level: Level,
    mut item: impl FnMut(&Ident, ParseStream<'_>) -> Result<()>,
) {
    let mut seen: Vec<String> = Vec::new();
    for attribute in attributes {
        if !attribute.path().is_ident("odata") {
            continue;
        }
        let Meta::List(list) = &attribute.meta else {
            ctxt.error(attribute.path(), "expected `#[odata(..)]`");
            continue;
        };
        let all_items = |input: ParseStream<'_>| {
            while !input.is_empty() {
                if let Err(error) = one_item(input, level, &mut seen, &mut item) {
                    ctxt.push(error);
                }
                skip_item(input);
            }
            Ok(())
        };
        if let Err(error) = all_items.parse2(list.tokens.clone()) {
            ctxt.push(error);
        }
    }
}

fn one_item(
    input: ParseStream<'_>,
    level: Level,
    seen: &mut Vec<String>,
    item: &mut impl FnMut(&Ident, ParseStream<'_>) -> Result<()>,
) -> Result<()> {
    let name = input.call(Ident::parse_any)?;
    let text = name.to_string();
    let Some(&(_, belongs, format)) = ATTRIBUTES.iter().find(|(known, ..)| *known == text) else {
        let known = ATTRIBUTES
            .iter()
            .filter(|(_, belongs, _)| *belongs == level)
            .map(|(known, ..)| format!("`{known}`"))
            .collect::<Vec<_>>();
        let message = format!(
            "unknown attribute `{text}`, expected one of {}",
            known.join(", ")
        );
        return Err(syn::Error::new(name.span(), message));
    };
    if belongs != level {
        let place = match belongs {
            Level::Struct => "on the struct, not on a field",
            Level::Field => "on a field, not on the struct",
        };
        let message = format!("`{text}` belongs {place}");
        return Err(syn::Error::new(name.span(), message));
    }
    if text != "through" && seen.contains(&text) {
        let message = format!("duplicate attribute `{text}`");
        return Err(syn::Error::new(name.span(), message));
    }
    seen.push(text);
    let at_comma = |input: ParseStream<'_>| input.is_empty() || input.peek(Token![,]);
    let result = item(&name, input).and_then(|()| match at_comma(input) {
        true => Ok(()),
        false => Err(input.error("unexpected token")),
    });
    result.map_err(|error| {
        let message = format!("{error}; the correct format is {format}");
        syn::Error::new(place_of(&error, &name), message)
    })
}

/// The place of an error; where the tokens ended, it is the attribute's name, not the whole macro.
fn place_of(error: &syn::Error, name: &Ident) -> Span {
    let at_end = error.to_string().starts_with("unexpected end of input");
    if at_end { name.span() } else { error.span() }
}

/// Goes behind the next comma that is not in parentheses.
fn skip_item(input: ParseStream<'_>) {
    while !input.is_empty() {
        if input
            .parse::<Option<Token![,]>>()
            .is_ok_and(|comma| comma.is_some())
        {
            return;
        }
        // A tree can be read wherever there is one.
        if input.parse::<TokenTree>().is_err() {
            return;
        }
    }
}

/// `name` alone.
fn flag(name: &Ident, input: ParseStream<'_>) -> Result<Ident> {
    if input.is_empty() || input.peek(Token![,]) {
        return Ok(name.clone());
    }
    Err(input.error(format!("`{name}` takes no value")))
}

/// `= "text"`.
fn string(input: ParseStream<'_>) -> Result<LitStr> {
    input.parse::<Token![=]>()?;
    quoted_name(input)
}

/// `= "text"` or `("text", ..)`.
fn strings(input: ParseStream<'_>) -> Result<Vec<LitStr>> {
    if input.peek(syn::token::Paren) {
        list(input, quoted_name)
    } else {
        Ok(vec![string(input)?])
    }
}

/// `= property`.
fn one_property(input: ParseStream<'_>) -> Result<Ident> {
    input.parse::<Token![=]>()?;
    property(input)
}

/// `= property` or `(property, ..)`.
fn properties(input: ParseStream<'_>) -> Result<Vec<Ident>> {
    if input.peek(syn::token::Paren) {
        list(input, property)
    } else {
        Ok(vec![one_property(input)?])
    }
}

/// A property, without quotes.
fn property(input: ParseStream<'_>) -> Result<Ident> {
    if input.peek(LitStr) {
        return Err(input.error("expected a property's name, without quotes"));
    }
    Ok(input.call(Ident::parse_any)?.unraw())
}

/// A whole number.
fn integer(input: ParseStream<'_>) -> Result<i64> {
    let minus = input.parse::<Option<Token![-]>>()?.is_some();
    let number = input.parse::<LitInt>()?.base10_parse::<i64>()?;
    Ok(if minus { -number } else { number })
}

/// `(a, b, ..)`, at least one.
fn list<T>(
    input: ParseStream<'_>,
    mut item: impl FnMut(ParseStream<'_>) -> Result<T>,
) -> Result<Vec<T>> {
    let content;
    let parentheses = syn::parenthesized!(content in input);
    let mut found = Vec::new();
    while !content.is_empty() {
        let one = item(&content).and_then(|one| {
            if !content.is_empty() {
                content.parse::<Token![,]>()?;
            }
            Ok(one)
        });
        match one {
            Ok(one) => found.push(one),
            Err(error) => {
                // What is left in the parentheses would be a second error.
                content.parse::<proc_macro2::TokenStream>()?;
                return Err(error);
            }
        }
    }
    if found.is_empty() {
        let place = parentheses.span.join();
        return Err(syn::Error::new(place, "expected at least one item"));
    }
    Ok(found)
}

/// `(left = right, ..)`, at least one.
fn pairs<L, R>(
    input: ParseStream<'_>,
    left: fn(ParseStream<'_>) -> Result<L>,
    right: fn(ParseStream<'_>) -> Result<R>,
) -> Result<Vec<(L, R)>> {
    list(input, |input| {
        let left = left(input)?;
        input.parse::<Token![=]>()?;
        Ok((left, right(input)?))
    })
}

/// A name of PostgreSQL's or an OData name, in quotes.
fn quoted_name(input: ParseStream<'_>) -> Result<LitStr> {
    if input.peek(Ident::peek_any) {
        return Err(input.error("expected a name in quotes"));
    }
    let name: LitStr = input.parse()?;
    if name.value().is_empty() {
        return Err(syn::Error::new(name.span(), "a name can't be empty"));
    }
    Ok(name)
}

/// Any text in quotes.
fn text(input: ParseStream<'_>) -> Result<LitStr> {
    input.parse()
}

/// The other side of a pair in a link's `on`.
fn other(input: ParseStream<'_>) -> Result<Other> {
    if input.peek(LitStr) {
        quoted_name(input).map(Other::Column)
    } else {
        property(input).map(Other::Property)
    }
}

/// `= "column"` or `(via = "table", on("column" = property), column = "column")`.
fn scope(attribute: &Ident, input: ParseStream<'_>) -> Result<Scope> {
    if !input.peek(syn::token::Paren) {
        return string(input).map(Scope::Column);
    }
    let (mut table, mut on, mut column) = (None, None, None);
    list(input, |input| {
        let name = input.call(Ident::parse_any)?;
        match name.to_string().as_str() {
            "via" => table = Some(string(input)?),
            "on" => on = Some(pairs(input, quoted_name, property)?),
            "column" => column = Some(string(input)?),
            _ => {
                let message = "expected one of `via`, `on`, `column`";
                return Err(syn::Error::new(name.span(), message));
            }
        }
        Ok(())
    })?;
    let missing = |name: &str| {
        let message = format!("`scope(..)` lacks `{name}`");
        syn::Error::new(attribute.span(), message)
    };
    Ok(Scope::Via {
        table: table.ok_or_else(|| missing("via"))?,
        on: on.ok_or_else(|| missing("on"))?,
        column: column.ok_or_else(|| missing("column"))?,
    })
}

/// `("table", on("column" = property), when("column" = "value"))`.
fn through(attribute: &Ident, input: ParseStream<'_>) -> Result<Through> {
    let (mut table, mut on, mut when) = (None, None, Vec::new());
    list(input, |input| {
        if table.is_none() {
            table = Some(quoted_name(input)?);
            return Ok(());
        }
        let name = input.call(Ident::parse_any)?;
        match name.to_string().as_str() {
            "on" => on = Some(pairs(input, quoted_name, other)?),
            "when" => when = pairs(input, quoted_name, text)?,
            _ => {
                let message = "expected one of `on`, `when`";
                return Err(syn::Error::new(name.span(), message));
            }
        }
        Ok(())
    })?;
    let Some(table) = table else {
        let message = "`through` lacks its table";
        return Err(syn::Error::new(attribute.span(), message));
    };
    let Some(on) = on else {
        let message = format!(
            "the link table \"{}\" lacks `on(..)`: the columns by which it is connected",
            table.value()
        );
        return Err(syn::Error::new(table.span(), message));
    };
    Ok(Through {
        attribute: attribute.clone(),
        table,
        on,
        when,
    })
}
