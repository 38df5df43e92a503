//! What a next link is bound to, and what the link of an expanded collection is made of.

use super::key::KEY;
use super::levels::Expansion;
use crate::error::{Error, Result, Span};
use crate::uri::ast::{Present, QueryOptions};
use crate::uri::print;

/// Options that change neither which rows come nor in which order.
const UNBOUND: &[&str] = &["$skiptoken", "$format", "$levels", "$schemaversion"];

/// Stands for `$it` in the options of an expanded collection: in a link of its own, `$it` would be one of
/// the members. No canonical text has this character, each is percent-encoded there.
pub const IT: &str = "\u{1}";

/// The path and the options of a request, canonical: its tokens are of no use elsewhere.
pub(super) fn request(path: &str, options: &QueryOptions) -> String {
    // Percent-encoded, but for what stands for a key.
    let mut request = String::with_capacity(256);
    for (place, part) in path.split(KEY).enumerate() {
        if place > 0 {
            request.push_str(KEY);
        }
        print::push_url(&mut request, part);
    }
    request.push('?');
    print::push_system_options(&mut request, options, UNBOUND);
    request
}

/// The options of an expanded collection as those of a request for it: with what `$levels` expands
/// again in its members, and with the aliases of all the options around them, the innermost last.
pub(super) fn nested(
    options: &QueryOptions,
    again: Option<&Expansion<'_>>,
    around: &[&QueryOptions],
) -> String {
    let has_aliases = around.iter().any(|scope| !scope.aliases.is_empty());
    if again.is_none() && !has_aliases {
        return print::system_options_of(options, UNBOUND, IT);
    }
    let mut options = options.clone();
    if let Some(expansion) = again {
        let mut item = expansion.item.clone();
        if let Some((levels, _)) = &mut item.options.levels {
            *levels = u64::try_from(expansion.levels).ok();
        }
        options.expand.get_or_insert_default().push(item);
        if !options.has("$expand") {
            options.present.push(Present {
                name: "$expand",
                span: Span::default(),
            });
        }
    }
    for (name, value) in around.iter().rev().flat_map(|scope| &scope.aliases) {
        if !options
            .aliases
            .iter()
            .any(|(known, _)| known.text == name.text)
        {
            options.aliases.push((name.clone(), value.clone()));
        }
    }
    print::system_options_of(&options, UNBOUND, IT)
}

/// Refuses `$it` where a link could not say which entity it is: only around the collections of the
/// result's own entities it is the entity that they hang on.
pub(super) fn check_it(canonical: &str, depth: usize, span: Span) -> Result<()> {
    if depth <= 1 || !canonical.contains(IT) {
        return Ok(());
    }
    let what = "'$it' in a collection that is expanded inside of an expanded entity";
    Err(Error::not_implemented(what).at(span))
}
