//! A plan and a page become a response: one statement, whose first row is there before the status
//! line is sent.

use super::audit::Record;
use super::auth::{Caller, Credentials, token_key};
use super::blame::only_expression;
use super::body::Part;
use super::collection::collection;
use super::habit::Habit;
use super::planned::Own;
use super::single::single;
use super::{Inner, Served};
use crate::db::{ColumnInfo, Failure, Reason};
use crate::edm::Schema;
use crate::error::{Code, Error, Result};
use crate::format::{CellOptions, Context, MetadataLevel, Negotiated, SkipToken, Top, select_list};
use crate::limits::Limits;
use crate::plan::{self, Answer, Data, Output, Page, Plan, ShapeKind};
use crate::sql;
use crate::uri::ODataUri;
use actix_web::HttpResponse;
use std::borrow::Cow;
use std::sync::Arc;
use std::time::Instant;

/// Rows of an expanded collection when larger ones did not fit into a row.
const SMALL_ARRAY: u64 = 10;

/// Everything that is known of a request for rows.
pub(super) struct Asked<'a> {
    pub(super) service: &'a Arc<Inner>,
    pub(super) served: &'a Served,
    pub(super) uri: &'a ODataUri,
    /// What other answers of the plan were like.
    pub(super) habit: &'a Habit,
    /// Keys and skip token of the URL: the tree and its plan may be those of another request.
    pub(super) own: Own,
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
            let (plan, _) = plan::bind(&asked.served.schema, asked.uri, &limits)?;
            match plan {
                // Seldom: in a box of its own.
                Plan::Data(small) => Box::pin(answer(asked, &small)).await,
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
pub(super) fn check_types(
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
pub(super) fn of_row(error: Error) -> Failed {
    match error.code() {
        Code::Unavailable => Failed::Changed(error),
        _ => Failed::Other(error),
    }
}

/// Answers a request for the entities of every set: one page of one of them.
pub(super) async fn all(asked: &Asked<'_>, parts: &[Data]) -> Result<HttpResponse> {
    let key = token_key(asked.credentials);
    // Each set's tokens are bound to it, so that only one of them is theirs.
    let place = match asked.own.skip_token.as_deref() {
        None => Some(0),
        Some(token) => parts
            .iter()
            .position(|data| SkipToken::open(token, &key, &asked.request(data)).is_ok()),
    };
    let place = place.unwrap_or(0);
    let data = parts
        .get(place)
        .ok_or_else(|| Error::new(Code::UnknownSegment, "there is no collection"))?;
    let fragment = format!("{}/$entity", entities_fragment(asked, data));
    let part = Part {
        context_url: asked.context_url(&fragment),
        then: parts
            .get(place + 1)
            .map(|then| asked.request(then).into_owned()),
    };
    let answer = collection(asked, data, Some(part)).await;
    answer.map_err(|failed| failed.told(asked))
}

async fn answer(asked: &Asked<'_>, data: &Data) -> Result<HttpResponse, Failed> {
    let data = asked.plan(data);
    match data.answer {
        Answer::Collection | Answer::References => collection(asked, data, None).await,
        Answer::Entity | Answer::Reference | Answer::Property | Answer::Value | Answer::Count => {
            single(asked, data).await
        }
    }
}

impl Asked<'_> {
    /// The plan for this caller. A link goes on in the order of its walk: the caller may see other scopes by
    /// now, or another server may know of them sooner.
    fn plan<'a>(&self, data: &'a Data) -> &'a Data {
        let token = match self.own.skip_token.as_deref() {
            Some(token) if data.depends_on_scope() => token,
            _ => return data.within(&self.caller.scope),
        };
        let key = token_key(self.credentials);
        let token = SkipToken::open(token, &key, &self.request(data)).ok();
        let begun = token
            .and_then(|token| token.order)
            .and_then(|order| data.in_order(&order, self.schema()));
        begun.unwrap_or_else(|| data.within(&self.caller.scope))
    }

    pub(super) fn schema(&self) -> &Schema {
        &self.served.schema
    }

    /// What the tokens of a plan's next links are bound to.
    pub(super) fn request<'d>(&self, data: &'d Data) -> Cow<'d, str> {
        data.request(&self.own.keys)
    }

    /// `page_size` is the size that the client asked for, as far as it gets it.
    pub(super) fn context(&self, page_size: Option<u64>) -> Arc<Context> {
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
    pub(super) fn top(&self, fragment: &str) -> Top {
        let is_full = self.negotiated.parameters.metadata == MetadataLevel::Full;
        Top {
            context_url: self.context_url(fragment),
            metadata_tag: is_full.then(|| self.served.csdl_xml.tag.clone()),
        }
    }

    /// The context URL with this fragment, unless none is wanted (Protocol 10).
    pub(super) fn context_url(&self, fragment: &str) -> Option<String> {
        (self.negotiated.parameters.metadata != MetadataLevel::None)
            .then(|| format!("{}$metadata#{fragment}", self.root))
    }
}

/// The fragment for a set's entities: `Conversation(id,inbox(name))`.
pub(super) fn entities_fragment(asked: &Asked<'_>, data: &Data) -> String {
    let shape = &data.query.shape;
    if shape.kind == ShapeKind::Complex {
        return "Collection(Edm.ComplexType)".to_owned();
    }
    let name = asked.schema().set(shape.set).declared.entity_set;
    let list = select_list(&shape.selection, asked.negotiated.version);
    format!("{name}{list}")
}

pub(super) fn not_found(data: &Data, schema: &Schema) -> Error {
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

/// What is said where it is not known which entity of a path is missing.
pub(super) const NOT_ON_THE_WAY: &str =
    "an entity of this path is not there, or you may not see it";
