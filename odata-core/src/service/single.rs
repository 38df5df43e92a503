//! An answer of at most one row: an entity, a property of one, a reference, a number.

use super::answer::{
    Asked, Failed, NOT_ON_THE_WAY, check_types, entities_fragment, not_found, of_row,
};
use super::body::broken_cell;
use super::respond;
use super::revoked::still_allowed;
use crate::db::RawRow;
use crate::edm::{PgType, PrimitiveType};
use crate::error::{Code, Error, Result};
use crate::format::{CellOptions, CellWriter, EntityWriter, PropertyWriter};
use crate::plan::{Answer, Data, Page};
use crate::sql;
use actix_web::HttpResponse;
use actix_web::body::BoxBody;
use bytes::Bytes;

/// At most one row.
pub(super) async fn single(asked: &Asked<'_>, data: &Data) -> Result<HttpResponse, Failed> {
    let schema = asked.schema();
    let limit = asked.service.settings.limits.max_page_size;
    let size = asked.negotiated.preferences.max_page_size;
    let size = size
        .filter(|_| data.query.has_arrays())
        .map(|size| size.min(limit));
    let data = &*data.with_pages_of(size);
    let page = Page::first(1);
    let statement = sql::select(schema, data, &asked.own.keys, &asked.caller.scope, &page);
    let deadline = asked.service.settings.limits.statement_timeout();
    let database = &asked.service.database;
    // A row that is found by its key may share a connection; all else may take long.
    let row = if data.is_short() {
        let _before_streams = asked.service.precedence.short();
        let found = database.read_all(&statement, deadline).await?;
        check_types(schema, data, &page, found.columns())?;
        found.rows.into_iter().next()
    } else {
        let mut rows = database
            .query(&statement, &asked.caller.name, deadline)
            .await?;
        still_allowed(asked).await?;
        check_types(schema, data, &page, rows.columns())?;
        let row = rows.advance().await?.then(|| rows.row().clone());
        rows.finish(deadline).await?;
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
            Some(PgType::Int8),
            PrimitiveType::Int64,
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
