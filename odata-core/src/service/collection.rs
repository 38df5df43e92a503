//! An answer of rows: sent at once where they are few, streamed where they are many.

use super::answer::{Asked, Failed, check_types, entities_fragment, not_found, of_row};
use super::auth::token_key;
use super::body::{CollectionBody, Lines, LinesBody, NextLink, Part, Progress, RowsBody};
use super::habit::{self, Habit};
use super::produce::stream;
use super::revoked::still_allowed;
use super::{continuation, processor, respond};
use crate::db::{Little, RowStream};
use crate::error::Result;
use crate::format::{Context, CsvWriter, EntityWriter, Format, MetadataLevel};
use crate::limits::Limits;
use crate::plan::{Answer, Data, Page};
use crate::sql;
use actix_web::HttpResponse;
use actix_web::body::{BodyStream, BoxBody};
use actix_web::http::header::CONTENT_DISPOSITION;
use bytes::Bytes;
use futures_util::FutureExt;
use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Bytes of a chunk.
pub(super) const CHUNK: usize = 64 * 1024;
/// Bytes that an answer begins with which may be long and can't fail.
const EARLY_CHUNK: usize = 8 * 1024;
/// What a chunk needs, whose last row may be longer than what is left.
pub(super) const ROOM: usize = CHUNK + CHUNK / 8;
/// What an answer begins with: most are short. When it is nearly full there is room for a chunk.
const LITTLE_ROOM: usize = 16 * 1024;
/// How long rows wait for others to fill a chunk.
pub(super) const FLUSH_AFTER: Duration = Duration::from_secs(1);
/// Rows of a result that isn't paged: more than there are.
const WHOLE: u64 = i64::MAX as u64 - 1;

/// A page of rows, of `$all` those of one set.
pub(super) async fn collection(
    asked: &Asked<'_>,
    data: &Data,
    part: Option<Part>,
) -> Result<HttpResponse, Failed> {
    let schema = asked.schema();
    let settings = &asked.service.settings;
    let wish = continuation::Wish {
        skip_token: asked.own.skip_token.as_deref(),
        max_page_size: asked.negotiated.preferences.max_page_size,
    };
    let database = &asked.service.database;
    let key = token_key(asked.credentials);
    let deadline = settings.limits.statement_timeout();
    let means = (&key, &settings.limits, deadline);
    let continuation::Asked { mut page, size } = continuation::page(
        database,
        schema,
        (data, &asked.own.keys),
        asked.caller,
        wish,
        means,
    )
    .await?;
    page.count_first = asked.negotiated.parameters.streaming;
    let format = asked.negotiated.format;
    let data = if format == Format::Json {
        data.with_pages_of(size)
    } else {
        // Lines are never paged: they have no place for a next link, nor for a count.
        page.size = WHOLE;
        Cow::Owned(without_count(data))
    };
    let data = &*data;
    let context = asked.context(size);
    // What `$all` answers is of several plans; a HEAD ends with the first row.
    let habit = Some(asked.habit).filter(|_| part.is_none() && !asked.head);
    let is_little = data.is_little(&page) || habit.is_some_and(Habit::is_little);
    let _before_streams = is_little.then(|| asked.service.precedence.short());
    let is_early = begins_early(format, data, &page, &settings.limits) && !asked.head;
    let started = Instant::now();
    let mut rows = rows_of(asked, data, &page, (habit, is_early)).await?;
    let confirmed = still_allowed(asked).await?;
    check_types(schema, data, &page, rows.columns())?;
    let fragment = match data.answer {
        Answer::References => "Collection($ref)".to_owned(),
        _ if part.is_some() => "Collection(Edm.EntityType)".to_owned(),
        _ => entities_fragment(asked, data),
    };
    let next = NextLink {
        url: asked.next_url.clone(),
        request: asked.request(data).into_owned(),
        given: page.given,
        page_size: size,
        implicit_order: data.query.implicit_order(schema),
    };
    let mut writer: Box<dyn RowsBody> = match lines(asked, data, &page)? {
        Some(lines) => Box::new(lines),
        None => {
            let top = asked.top(&fragment);
            Box::new(CollectionBody::new(
                schema, data, &page, &context, top, next, part,
            ))
        }
    };
    let mut buffer = Vec::with_capacity(LITTLE_ROOM);
    let mut first = true;
    let mut response = respond::agreed(200, asked.negotiated, size);
    if format == Format::Csv {
        let name = schema.set(data.query.shape.set).declared.entity_set;
        response.insert_header((
            CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}.csv\""),
        ));
    }
    let is_more = loop {
        // What is there goes out before long: a client must not wait for rows that are hard to find.
        let next = match rows.advance().now_or_never() {
            Some(next) => Ok(next),
            None if is_early && buffer.len() >= EARLY_CHUNK => break true,
            None => tokio::time::timeout(FLUSH_AFTER, rows.advance()).await,
        };
        let row = match next {
            Ok(Ok(true)) => rows.row(),
            Ok(Ok(false)) => break false,
            Ok(Err(failure)) => return Err(failure.into()),
            Err(_) if first || asked.head => continue,
            Err(_) => break true,
        };
        if std::mem::take(&mut first) {
            let present = sql::layout(data, &page).present;
            if present.is_some_and(|place| row.cell(place) == Some(&[0])) {
                return Err(not_found(data, schema).into());
            }
        }
        if writer.row(&mut buffer, row).map_err(of_row)? == Progress::Full || asked.head {
            break false;
        }
        if buffer.len() >= CHUNK {
            break true;
        }
        if buffer.len() >= LITTLE_ROOM / 4 * 3 && buffer.capacity() < ROOM {
            buffer.reserve_exact(ROOM - buffer.len());
        }
    };
    if is_more {
        if let Some(habit) = habit {
            habit.answered(u64::MAX, Duration::ZERO);
        }
        let times = (started, confirmed);
        return Ok(stream(asked, response, buffer, rows, writer, times).await);
    }
    if first && data.anchor.is_some() {
        return Err(not_found(data, schema).into());
    }
    if asked.head {
        return Ok(head_response(response));
    }
    rows.finish(deadline).await?;
    if let (Some(habit), Some(took)) = (habit, rows.took()) {
        habit.answered(writer.rows(), took);
    }
    writer.tail(&mut buffer);
    asked.record.rows(writer.rows());
    Ok(response.body(BoxBody::new(Bytes::from(buffer))))
}

/// The rows of a page. Where the answers of its plan are little, by habit, they are looked for among little pages
/// first: if all are there, that was it.
async fn rows_of(
    asked: &Asked<'_>,
    data: &Data,
    page: &Page,
    (habit, is_early): (Option<&Habit>, bool),
) -> Result<RowStream, Failed> {
    let database = &asked.service.database;
    let scope = &asked.caller.scope;
    let select = |page: &Page| sql::select(asked.schema(), data, &asked.own.keys, scope, page);
    if habit.is_some_and(Habit::is_little) && !page.counts(&data.query) {
        let little = page.of_at_most(habit::ROWS);
        // A page that is cut short has more than these; one that is not has a row more, which tells that there is a next.
        let is_cut = little.size < page.size;
        let most = habit::ROWS + u64::from(!is_cut);
        match database.query_little(select(&little), most).await? {
            Little::Rows(rows) => {
                asked.habit.worked();
                return Ok(rows);
            }
            // The stream's answer will say what it is like.
            Little::Busy | Little::More => {}
            Little::Unfit => asked.habit.failed(),
        }
    }
    let deadline = asked.service.settings.limits.statement_timeout();
    let statement = select(page);
    if is_early && asked.service.precedence.is_without_streams() {
        processor::take_anew();
    }
    let rows = database.query(&statement, &asked.caller.name, deadline);
    Ok(rows.await?)
}

/// Whether more may come than a page of the service's own holds, and no row of it can fail: then the first rows are
/// answered as soon as they are there. A row that fails within the first whole chunk is an error with its status. Not so
/// lines, which are never paged: most are few, and have a length.
fn begins_early(format: Format, data: &Data, page: &Page, limits: &Limits) -> bool {
    let is_long = page.window(&data.query, false).rows > limits.page_size;
    format == Format::Json && is_long && data.never_fails()
}

/// The writer of lines, where those were asked for.
fn lines(asked: &Asked<'_>, data: &Data, page: &Page) -> Result<Option<LinesBody>> {
    let schema = asked.schema();
    let first = sql::layout(data, page).first;
    let parameters = &asked.negotiated.parameters;
    let lines = match asked.negotiated.format {
        Format::Csv => Lines::Csv(CsvWriter::new(
            schema,
            &data.query,
            first,
            parameters.escape_formulas,
        )?),
        Format::NdJson => {
            let bare = Context {
                level: MetadataLevel::None,
                ..Context::clone(&asked.context(None))
            };
            Lines::NdJson(EntityWriter::new(
                schema,
                &data.query,
                first,
                &Arc::new(bare),
            ))
        }
        _ => return Ok(None),
    };
    let key = first + data.query.shape.key.first().copied().unwrap_or_default();
    Ok(Some(LinesBody::new(lines, key)))
}

fn without_count(data: &Data) -> Data {
    let mut data = data.clone();
    data.query.count = false;
    data
}

/// A HEAD answer has the headers of the GET, and says nothing of a length that isn't known: a body
/// of no known size, which is not sent.
fn head_response(mut response: actix_web::HttpResponseBuilder) -> HttpResponse {
    response.body(BodyStream::new(futures_util::stream::empty::<
        Result<Bytes, std::convert::Infallible>,
    >()))
}
