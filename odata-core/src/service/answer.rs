//! A plan and a page become a response: one statement, whose first row is there before the status
//! line is sent.

use super::audit::Record;
use super::auth::{Caller, Credentials, token_key};
use super::blame::only_expression;
use super::body::{
    CollectionBody, Lines, LinesBody, NextLink, Part, Progress, RowsBody, broken_cell,
};
use super::produce::{finish, stream};
use super::revoked::still_allowed;
use super::{Inner, Served, continuation, respond};
use crate::db::{ColumnInfo, Failure, RawRow, Reason};
use crate::edm::Schema;
use crate::error::{Code, Error, Result};
use crate::format::{
    CellOptions, CellWriter, Context, CsvWriter, EntityWriter, Format, MetadataLevel, Negotiated,
    PropertyWriter, SkipToken, Top, select_list,
};
use crate::limits::Limits;
use crate::plan::{self, Answer, Data, Output, Page, Plan, ShapeKind};
use crate::sql;
use crate::uri::ODataUri;
use actix_web::HttpResponse;
use actix_web::body::{BodyStream, BoxBody};
use actix_web::http::header::CONTENT_DISPOSITION;
use bytes::Bytes;
use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Bytes of a chunk.
pub(super) const CHUNK: usize = 64 * 1024;
/// How long rows wait for others to fill a chunk.
pub(super) const FLUSH_AFTER: Duration = Duration::from_secs(1);
/// Rows of a result that isn't paged: more than there are.
const WHOLE: u64 = i64::MAX as u64 - 1;
/// Rows of an expanded collection when larger ones did not fit into a row.
const SMALL_ARRAY: u64 = 10;

/// Everything that is known of a request for rows.
pub(super) struct Asked<'a> {
    pub(super) service: &'a Arc<Inner>,
    pub(super) served: &'a Served,
    pub(super) uri: &'a ODataUri,
    /// The skip token of the URL: the tree and its plan know nothing of it.
    pub(super) skip_token: Option<String>,
    pub(super) negotiated: &'a Negotiated,
    pub(super) credentials: Option<&'a Credentials>,
    pub(super) caller: &'a Caller,
    /// When that was found.
    pub(super) authenticated: Instant,
    /// The absolute URL of the service root, with a slash at its end.
    pub(super) root: &'a str,
    /// The URL of this request with all its options but a skip token, and a separator behind it.
    pub(super) next_url: String,
    /// What every link carries: `&apikey=..` or nothing.
    pub(super) link_suffix: String,
    pub(super) head: bool,
    /// What the log will say of it.
    pub(super) record: &'a Record,
}

/// Answers a request for rows.
pub(super) async fn data(asked: &Asked<'_>, data: &Data) -> Result<HttpResponse> {
    let answer = answer_or_smaller(asked, data).await;
    answer.map_err(|failed| failed.told(asked))
}

async fn answer_or_smaller(asked: &Asked<'_>, data: &Data) -> Result<HttpResponse, Failed> {
    match answer(asked, data).await {
        Err(Failed::TooLarge(_)) => {
            // An array that is larger than PostgreSQL builds: the same plan with small ones.
            let limits = Limits {
                expand_page_size: SMALL_ARRAY,
                ..asked.service.settings.limits.clone()
            };
            match plan::bind(&asked.served.schema, asked.uri, &limits)? {
                Plan::Data(small) => answer(asked, &small).await,
                _ => Err(Error::new(Code::Internal, "a plan changed its kind").into()),
            }
        }
        result => result,
    }
}

/// Why there is no answer, as far as it matters to what is done about it.
pub(super) enum Failed {
    TooLarge(Error),
    /// The database is not what the schema says.
    Changed(Error),
    /// A value that the database can't compute with.
    Value(Error),
    Other(Error),
}

impl Failed {
    /// The error, after whoever reads the database anew was told to.
    fn told(self, asked: &Asked<'_>) -> Error {
        if matches!(self, Failed::Changed(_)) {
            asked.service.changed.notify_one();
        }
        match self {
            Failed::Value(error) => match only_expression(asked.uri) {
                Some(option) => error.target(option),
                None => error,
            },
            Failed::TooLarge(error) | Failed::Changed(error) | Failed::Other(error) => error,
        }
    }
}

impl From<Error> for Failed {
    fn from(error: Error) -> Failed {
        Failed::Other(error)
    }
}

impl From<Failure> for Failed {
    fn from(failure: Failure) -> Failed {
        match failure.reason {
            Reason::TooLarge => Failed::TooLarge(failure.error),
            Reason::Mismatch => Failed::Changed(failure.error),
            Reason::Data => Failed::Value(failure.error),
            _ => Failed::Other(failure.error),
        }
    }
}

/// The columns must still be of the types that the schema says: a statement that was prepared anew
/// after a change would be read wrongly.
fn check_types(
    schema: &Schema,
    data: &Data,
    page: &Page,
    columns: &[ColumnInfo],
) -> Result<(), Failed> {
    if data.answer == Answer::Count {
        return Ok(());
    }
    let columns = columns
        .get(sql::layout(data, page).first..)
        .unwrap_or_default();
    let changed = data
        .query
        .outputs
        .iter()
        .zip(columns)
        .any(|(output, column)| {
            let stored = matches!(output, Output::Property(..));
            let (expected, _) = output.value_type(schema);
            stored && expected.is_some() && expected != column.ty
        });
    if changed {
        let message = "a column has another type than before";
        return Err(Failed::Changed(
            Error::new(Code::Unavailable, message).retry_after(2),
        ));
    }
    Ok(())
}

/// A row that can't be read has been changed under the service.
fn of_row(error: Error) -> Failed {
    match error.code() {
        Code::Unavailable => Failed::Changed(error),
        _ => Failed::Other(error),
    }
}

/// Answers a request for the entities of every set: one page of one of them.
pub(super) async fn all(asked: &Asked<'_>, parts: &[Data]) -> Result<HttpResponse> {
    let key = token_key(asked.credentials);
    // Each set's tokens are bound to it, so that only one of them is theirs.
    let place = match asked.skip_token.as_deref() {
        None => Some(0),
        Some(token) => parts
            .iter()
            .position(|data| SkipToken::open(token, &key, &data.canonical).is_ok()),
    };
    let place = place.unwrap_or(0);
    let data = parts
        .get(place)
        .ok_or_else(|| Error::new(Code::UnknownSegment, "there is no collection"))?;
    let fragment = format!("{}/$entity", entities_fragment(asked, data));
    let part = Part {
        context_url: asked.context_url(&fragment),
        then: parts.get(place + 1).map(|then| then.canonical.clone()),
    };
    let answer = collection(asked, data, Some(part)).await;
    answer.map_err(|failed| failed.told(asked))
}

async fn answer(asked: &Asked<'_>, data: &Data) -> Result<HttpResponse, Failed> {
    match data.answer {
        Answer::Collection | Answer::References => collection(asked, data, None).await,
        Answer::Entity | Answer::Reference | Answer::Property | Answer::Value | Answer::Count => {
            single(asked, data).await
        }
    }
}

impl Asked<'_> {
    fn schema(&self) -> &Schema {
        &self.served.schema
    }

    /// `page_size` is the size that the client asked for, as far as it gets it.
    fn context(&self, page_size: Option<u64>) -> Arc<Context> {
        let parameters = &self.negotiated.parameters;
        Arc::new(Context {
            root: self.root.into(),
            level: parameters.metadata,
            version: self.negotiated.version,
            cells: CellOptions {
                ieee754_compatible: parameters.ieee754_compatible,
            },
            omit_nulls: self.negotiated.preferences.omit_nulls,
            token_key: token_key(self.credentials),
            page_size,
            link_suffix: self.link_suffix.as_str().into(),
        })
    }

    /// What stands at the top of an answer whose context has this fragment.
    fn top(&self, fragment: &str) -> Top {
        let is_full = self.negotiated.parameters.metadata == MetadataLevel::Full;
        Top {
            context_url: self.context_url(fragment),
            metadata_tag: is_full.then(|| self.served.csdl_xml.tag.clone()),
        }
    }

    /// The context URL with this fragment, unless none is wanted (Protocol 10).
    fn context_url(&self, fragment: &str) -> Option<String> {
        (self.negotiated.parameters.metadata != MetadataLevel::None)
            .then(|| format!("{}$metadata#{fragment}", self.root))
    }
}

/// The fragment for a set's entities: `Conversation(id,inbox(name))`.
fn entities_fragment(asked: &Asked<'_>, data: &Data) -> String {
    let shape = &data.query.shape;
    if shape.kind == ShapeKind::Complex {
        return "Collection(Edm.ComplexType)".to_owned();
    }
    let name = asked.schema().set(shape.set).declared.entity_set;
    let list = select_list(&shape.selection, asked.negotiated.version);
    format!("{name}{list}")
}

fn not_found(data: &Data, schema: &Schema) -> Error {
    let message = match &data.anchor {
        // Which of them it is, nobody knows: they are read together.
        Some(anchor) if !anchor.steps.is_empty() => NOT_ON_THE_WAY.to_owned(),
        anchor => {
            let set = anchor
                .as_ref()
                .map_or(data.query.shape.set, |anchor| anchor.first.from.set());
            let name = schema.set(set).declared.name;
            format!("there is no such {name}, or none that you may see")
        }
    };
    Error::new(Code::ResourceNotFound, message)
}

const NOT_ON_THE_WAY: &str = "an entity of this path is not there, or you may not see it";

/// At most one row.
async fn single(asked: &Asked<'_>, data: &Data) -> Result<HttpResponse, Failed> {
    let schema = asked.schema();
    let limit = asked.service.settings.limits.max_page_size;
    let size = asked.negotiated.preferences.max_page_size;
    let size = size
        .filter(|_| data.query.has_arrays())
        .map(|size| size.min(limit));
    let data = &*data.with_pages_of(size);
    let page = Page::first(1);
    let statement = sql::select(schema, data, &asked.caller.scope, &page);
    let deadline = asked.service.settings.limits.statement_timeout();
    let database = &asked.service.database;
    // A row that is found by its key may share a connection; all else may take long.
    let row = if data.is_short() {
        let found = database.read_all(&statement, deadline).await?;
        check_types(schema, data, &page, found.columns())?;
        found.rows.into_iter().next()
    } else {
        let mut rows = database
            .query(&statement, &asked.caller.name, deadline)
            .await?;
        still_allowed(asked).await?;
        check_types(schema, data, &page, rows.columns())?;
        let row = rows.next().await.transpose()?;
        finish(&mut rows, deadline).await?;
        row
    };
    let row = row.ok_or_else(|| not_found(data, schema))?;
    let layout = sql::layout(data, &page);
    if layout
        .present
        .is_some_and(|place| row.cell(place) == Some(&[0]))
    {
        return Err(not_found(data, schema).into());
    }
    single_row(asked, data, &row, (layout.first, size)).map_err(of_row)
}

fn single_row(
    asked: &Asked<'_>,
    data: &Data,
    row: &RawRow,
    (first, size): (usize, Option<u64>),
) -> Result<HttpResponse> {
    let negotiated = asked.negotiated;
    let respond = |body: Vec<u8>| {
        asked.record.rows(u64::from(!asked.head));
        let mut response = respond::agreed(200, negotiated, size);
        let body = Bytes::from(body);
        if asked.head {
            response.no_chunking(body.len() as u64);
        }
        response.body(BoxBody::new(body))
    };
    // What most entities fit into.
    let mut out = Vec::with_capacity(1024);
    if data.answer == Answer::Count {
        let writer = CellWriter::new(
            Some(crate::edm::PgType::Int8),
            crate::edm::PrimitiveType::Int64,
            false,
            CellOptions::default(),
        );
        writer
            .write_text(&mut out, row.cell(first))
            .map_err(|error| broken_cell(&error))?;
        return Ok(respond(out));
    }
    let key = first + data.query.shape.key.first().copied().unwrap_or_default();
    if row.cell(key).is_none() {
        // The entity before it is there, but nothing is at this end.
        return match data.answer {
            Answer::Property | Answer::Value => {
                Err(Error::new(Code::ResourceNotFound, NOT_ON_THE_WAY))
            }
            _ if data.by_key => Err(Error::new(Code::ResourceNotFound, NOT_ON_THE_WAY)),
            _ => Ok(respond::no_content(negotiated)),
        };
    }
    let context = asked.context(size);
    let entity = EntityWriter::new(asked.schema(), &data.query, first, &context);
    let broken = |error| broken_cell(&error);
    match data.answer {
        Answer::Property | Answer::Value => {
            let writer = PropertyWriter::new(asked.schema(), &data.query, first, &context);
            let Some(writer) = writer else {
                return Ok(respond::no_content(negotiated));
            };
            let is_value = if data.answer == Answer::Value {
                writer.write_text(&mut out, row)
            } else {
                let mut member = Vec::new();
                entity.write_fragment(&mut member, row).map_err(broken)?;
                let member = String::from_utf8_lossy(&member);
                let top = asked.top(&format!("{member}/{}", writer.name()));
                writer.write(&mut out, row, &top)
            };
            if !is_value.map_err(broken)? {
                return Ok(respond::no_content(negotiated));
            }
        }
        Answer::Reference => {
            let top = asked.top("$ref");
            entity.write_answer(&mut out, row, &top).map_err(broken)?;
        }
        _ => {
            let fragment = format!("{}/$entity", entities_fragment(asked, data));
            let top = asked.top(&fragment);
            entity.write_answer(&mut out, row, &top).map_err(broken)?;
        }
    }
    Ok(respond(out))
}

/// A page of rows, of `$all` those of one set.
async fn collection(
    asked: &Asked<'_>,
    data: &Data,
    part: Option<Part>,
) -> Result<HttpResponse, Failed> {
    let schema = asked.schema();
    let settings = &asked.service.settings;
    let wish = continuation::Wish {
        skip_token: asked.skip_token.as_deref(),
        max_page_size: asked.negotiated.preferences.max_page_size,
    };
    let database = &asked.service.database;
    let key = token_key(asked.credentials);
    let deadline = settings.limits.statement_timeout();
    let means = (&key, &settings.limits, deadline);
    let continuation::Asked { mut page, size } =
        continuation::page(database, schema, data, asked.caller, wish, means).await?;
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
    let statement = sql::select(schema, data, &asked.caller.scope, &page);
    let started = Instant::now();
    let mut rows = database
        .query(&statement, &asked.caller.name, deadline)
        .await?;
    let confirmed = still_allowed(asked).await?;
    check_types(schema, data, &page, rows.columns())?;
    let fragment = match data.answer {
        Answer::References => "Collection($ref)".to_owned(),
        _ if part.is_some() => "Collection(Edm.EntityType)".to_owned(),
        _ => entities_fragment(asked, data),
    };
    let next = NextLink {
        url: asked.next_url.clone(),
        request: data.canonical.clone(),
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
    let mut buffer = Vec::with_capacity(CHUNK + CHUNK / 8);
    let mut first = true;
    let mut response = respond::agreed(200, asked.negotiated, size);
    if format == Format::Csv {
        let name = schema.set(data.query.shape.set).declared.entity_set;
        response.insert_header((
            CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}.csv\""),
        ));
    }
    loop {
        // What is there goes out before long: a client must not wait for rows that are hard to find.
        let row = match tokio::time::timeout(FLUSH_AFTER, rows.next()).await {
            Ok(Some(row)) => row?,
            Ok(None) => break,
            Err(_) if first || asked.head => continue,
            Err(_) => {
                return Ok(stream(
                    asked,
                    response,
                    buffer,
                    rows,
                    writer,
                    (started, confirmed),
                ));
            }
        };
        if std::mem::take(&mut first) {
            let present = sql::layout(data, &page).present;
            if present.is_some_and(|place| row.cell(place) == Some(&[0])) {
                return Err(not_found(data, schema).into());
            }
        }
        if writer.row(&mut buffer, row).map_err(of_row)? == Progress::Full || asked.head {
            break;
        }
        if buffer.len() >= CHUNK {
            return Ok(stream(
                asked,
                response,
                buffer,
                rows,
                writer,
                (started, confirmed),
            ));
        }
    }
    if first && data.anchor.is_some() {
        return Err(not_found(data, schema).into());
    }
    if asked.head {
        return Ok(head_response(response));
    }
    finish(&mut rows, deadline).await?;
    writer.tail(&mut buffer);
    asked.record.rows(writer.rows());
    Ok(response.body(BoxBody::new(Bytes::from(buffer))))
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
