//! Which page a request asks for: the first, or the one that a next link continues with.

use super::answer::Failed;
use super::auth::Caller;
use crate::db::Database;
use crate::edm::Schema;
use crate::error::{Code, Error, Result};
use crate::format::{SkipToken, SortValue, TokenKey, sort_outputs};
use crate::limits::Limits;
use crate::plan::{Bound, Data, Keys, Page};
use crate::sql::{self, Remembered};
use std::time::Duration;

/// What a client says about pages.
pub(super) struct Wish<'a> {
    /// The text of `$skiptoken`.
    pub(super) skip_token: Option<&'a str>,
    /// `Prefer: odata.maxpagesize`.
    pub(super) max_page_size: Option<u64>,
}

/// A page, and the size that the client asked for, as far as it got it.
pub(super) struct Asked {
    pub(super) page: Page,
    pub(super) size: Option<u64>,
}

/// The page that a request asks for. A sort value that is too long for a link is read again from its
/// row, which may be gone.
pub(super) async fn page(
    database: &Database,
    schema: &Schema,
    (data, keys): (&Data, &Keys),
    caller: &Caller,
    wish: Wish<'_>,
    (key, limits, deadline): (&TokenKey, &Limits, Duration),
) -> Result<Asked, Failed> {
    let Some(text) = wish.skip_token else {
        let size = wish
            .max_page_size
            .map(|size| size.min(limits.max_page_size));
        return Ok(Asked {
            page: Page::first(size.unwrap_or(limits.page_size)),
            size,
        });
    };
    let token = SkipToken::open(text, key, &data.request(keys))?;
    let size = wish
        .max_page_size
        .or(token.page_size)
        .map(|size| size.min(limits.max_page_size));
    if token.values.is_empty() {
        return Ok(Asked {
            page: Page::first(size.unwrap_or(limits.page_size)),
            size,
        });
    }
    let sort = sort_outputs(schema, &data.query);
    let same_order = token.values.len() == sort.len()
        && token.order == data.query.implicit_order(schema)
        && token
            .values
            .iter()
            .zip(&sort)
            .all(|(value, sort)| match value {
                SortValue::Known(bound) => bound.ty == sort.ty,
                SortValue::Hashed(ty, _) => *ty == sort.ty,
            });
    if !same_order {
        let message = "the order that this link continues is no longer served";
        return Err(gone(message).into());
    }
    let remembered: Vec<Remembered> = token
        .values
        .iter()
        .map(|value| match value {
            SortValue::Known(bound) => Remembered::Value(bound.clone()),
            SortValue::Hashed(ty, hash) => Remembered::Hash(*ty, hash.to_vec()),
        })
        .collect();
    let known = remembered.iter().map(|value| match value {
        Remembered::Value(bound) => Some(bound.clone()),
        Remembered::Hash(..) => None,
    });
    let after = if let Some(bounds) = known.collect::<Option<Vec<Bound>>>() {
        bounds
    } else {
        let statement = sql::sort_values(schema, data, keys, &caller.scope, &remembered);
        // An entity is found by its key; what $apply made is made once more.
        let row = if data.query.rows().is_some() {
            let found = database.read_all(&statement, deadline).await?;
            found.rows.into_iter().next()
        } else {
            // Seldom: in a box of its own.
            let rows = Box::pin(database.query(&statement, &caller.name, deadline));
            let mut rows = rows.await?;
            rows.advance().await?.then(|| rows.row().clone())
        };
        let row = row.ok_or_else(|| gone("the row that this link continues from is gone"))?;
        let mut after = Vec::new();
        for (place, (value, sort)) in token.values.iter().zip(&sort).enumerate() {
            if !value.is_of(row.cell(place)) {
                return Err(gone("the row that this link continues from has changed").into());
            }
            after.push(Bound {
                ty: sort.ty,
                value: row.cell(place).map(<[u8]>::to_vec),
            });
        }
        after
    };
    let page = Page {
        size: size.unwrap_or(limits.page_size),
        given: token.given,
        after: Some(after),
        count_first: false,
    };
    Ok(Asked { page, size })
}

fn gone(message: &str) -> Error {
    Error::new(Code::Gone, message)
        .target("$skiptoken")
        .hint("start again from the first page")
}
