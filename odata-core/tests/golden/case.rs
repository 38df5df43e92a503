//! The golden cases: files of requests, each with the statement that it becomes.
//!
//! A case is a line `> /Tickets?$filter=..` and what follows it up to the next one. The URL is
//! written as people read it; words in braces before it say what else the statement depends on:
//! `{desks 7,8}` the caller's scope (7 alone where nothing is said), `{after 5,null}` the sort values
//! that a page continues behind, `{size 2}` rows of a page, `{stream}` an answer that is read as a
//! stream, `{icu}` a database whose own collation knows ASCII alone. Lines that begin with `#` are remarks.

use super::model;
use odata_core::edm::{PgType, Schema, Scope};
use odata_core::error::Error;
use odata_core::limits::Limits;
use odata_core::plan::{self, Bound, Data, Keys, Page, Plan};
use odata_core::sql::{self, Param, Statement, Wire};
use odata_core::uri::{self, ODataUri};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// One case, as its first line says.
#[derive(Debug, Clone)]
pub struct Case {
    pub line: String,
    pub url: String,
    pub desks: Vec<i64>,
    pub after: Option<Vec<String>>,
    pub size: u64,
    pub stream: bool,
    pub icu: bool,
}

/// What a case becomes.
#[derive(Debug)]
pub struct Prepared {
    pub schema: &'static Schema,
    pub data: Data,
    pub keys: Keys,
    pub scope: Scope,
    pub page: Page,
    pub statement: Statement,
}

/// The files with cases, and what they hold.
pub fn files(directory: &Path) -> Vec<(PathBuf, String)> {
    let mut found: Vec<_> = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
        .map(|path| {
            let text = std::fs::read_to_string(&path).unwrap();
            (path, text)
        })
        .collect();
    found.sort();
    assert!(!found.is_empty(), "no cases in {}", directory.display());
    found
}

/// The cases of a file's text.
pub fn cases(text: &str) -> Vec<Case> {
    let lines = text.lines().filter_map(|line| line.strip_prefix("> "));
    lines.map(Case::read).collect()
}

impl Case {
    pub fn read(line: &str) -> Case {
        let mut case = Case {
            line: line.to_owned(),
            url: String::new(),
            desks: vec![7],
            after: None,
            size: 100,
            stream: false,
            icu: false,
        };
        let mut rest = line;
        while let Some((word, behind)) = rest
            .strip_prefix('{')
            .and_then(|rest| rest.split_once("} "))
        {
            let (name, value) = word.split_once(' ').unwrap_or((word, ""));
            match name {
                "desks" => case.desks = value.split(',').map(|id| id.parse().unwrap()).collect(),
                "after" => case.after = Some(value.split(',').map(str::to_owned).collect()),
                "size" => case.size = value.parse().unwrap(),
                "stream" => case.stream = true,
                "icu" => case.icu = true,
                _ => panic!("'{name}' in {line}"),
            }
            rest = behind;
        }
        case.url = rest.to_owned();
        case
    }

    pub fn schema(&self) -> &'static Schema {
        static PLAIN: LazyLock<Schema> = LazyLock::new(|| model::schema(false));
        static ICU: LazyLock<Schema> = LazyLock::new(|| model::schema(true));
        if self.icu { &ICU } else { &PLAIN }
    }

    /// The URL's tree.
    pub fn parse(&self) -> Result<ODataUri, Error> {
        let (path, query) = self.url.split_once('?').unwrap_or((&self.url, ""));
        uri::parse(path, query, &Limits::default())
    }

    /// The statement.
    pub fn bind(&self) -> Result<Prepared, Error> {
        self.bind_tree(&self.parse()?)
    }

    /// The statement for another tree in the URL's place.
    pub fn bind_tree(&self, tree: &ODataUri) -> Result<Prepared, Error> {
        let schema = self.schema();
        let (Plan::Data(data), keys) = plan::bind(schema, tree, &Limits::default())? else {
            panic!("no rows are asked for by {}", self.line);
        };
        let scope = Scope::of(self.desks.clone());
        let data = data.within(&scope).clone();
        let mut page = Page::first(self.size);
        page.count_first = self.stream;
        page.after = self.after.as_ref().map(|values| {
            assert_eq!(values.len(), data.query.order.len(), "{}", self.line);
            let items = data.query.order.iter().zip(values);
            items
                .map(|(item, value)| {
                    let (ty, _) = data.query.outputs[item.output].value_type(schema);
                    bound(ty.unwrap(), value)
                })
                .collect()
        });
        let statement = sql::select(schema, &data, &keys, &scope, &page);
        Ok(Prepared {
            schema,
            data,
            keys,
            scope,
            page,
            statement,
        })
    }

    /// What the file says of the case.
    pub fn show(&self) -> String {
        match self.bind() {
            Ok(bound) => show(&bound.statement),
            Err(error) => {
                let at = error.span().map_or(String::new(), |span| {
                    format!(" at {}+{}", span.start, span.len)
                });
                let target = error.target_name().unwrap_or("-");
                let code = error.code();
                format!("{} {code:?} {target}{at}: {error}\n", error.status())
            }
        }
    }
}

/// A sort value, by its text.
fn bound(ty: PgType, text: &str) -> Bound {
    let value = match ty {
        _ if text == "null" => None,
        PgType::Int2 => Some(text.parse::<i16>().unwrap().to_be_bytes().to_vec()),
        PgType::Int4 | PgType::Date => Some(text.parse::<i32>().unwrap().to_be_bytes().to_vec()),
        PgType::Int8 | PgType::Timestamp | PgType::Timestamptz | PgType::Time => {
            Some(text.parse::<i64>().unwrap().to_be_bytes().to_vec())
        }
        PgType::Float4 => Some(text.parse::<f32>().unwrap().to_be_bytes().to_vec()),
        PgType::Float8 => Some(text.parse::<f64>().unwrap().to_be_bytes().to_vec()),
        PgType::Bool => Some(vec![u8::from(text == "true")]),
        PgType::Text | PgType::Varchar => Some(text.as_bytes().to_vec()),
        _ => panic!("no sort value of {ty:?} here"),
    };
    Bound { ty, value }
}

/// A statement over several lines, and its parameters.
pub fn show(statement: &Statement) -> String {
    let mut text = pretty(&statement.text);
    for (i, param) in statement.params.iter().enumerate() {
        let array = if param.array { "[]" } else { "" };
        let ty = param.ty.sql_name();
        text += &format!("${} {ty}{array} {}\n", i + 1, value(param));
    }
    text
}

fn value(param: &Param) -> String {
    let Some(bytes) = &param.value else {
        return "null".to_owned();
    };
    if param.wire == Wire::Text {
        return String::from_utf8(bytes.clone()).unwrap();
    }
    if !param.array {
        return scalar(param.ty, bytes);
    }
    // Dimensions, flag, type, length and lower bound; then each element behind its length.
    let mut rest = bytes.get(20..).unwrap_or_default();
    let mut items = Vec::new();
    while let Some((len, behind)) = rest.split_first_chunk::<4>() {
        let (item, behind) = behind.split_at(i32::from_be_bytes(*len) as usize);
        items.push(scalar(param.ty, item));
        rest = behind;
    }
    format!("[{}]", items.join(", "))
}

fn scalar(ty: PgType, bytes: &[u8]) -> String {
    let number = |bytes: &[u8]| match bytes.len() {
        2 => i64::from(i16::from_be_bytes(bytes.try_into().unwrap())),
        4 => i64::from(i32::from_be_bytes(bytes.try_into().unwrap())),
        _ => i64::from_be_bytes(bytes.try_into().unwrap()),
    };
    match ty {
        PgType::Bool => (bytes == [1]).to_string(),
        PgType::Float4 => f32::from_be_bytes(bytes.try_into().unwrap()).to_string(),
        PgType::Float8 => f64::from_be_bytes(bytes.try_into().unwrap()).to_string(),
        PgType::Interval => number(&bytes[..8]).to_string(),
        PgType::Uuid => odata_core::edm::Uuid::from_slice(bytes)
            .unwrap()
            .to_string(),
        PgType::Bytea => format!("{bytes:?}"),
        _ if ty.is_text() => format!("'{}'", String::from_utf8_lossy(bytes)),
        _ => number(bytes).to_string(),
    }
}

/// Words that begin a line.
const CLAUSES: &[&str] = &[
    " FROM ",
    " LEFT JOIN ",
    " WHERE ",
    " ORDER BY ",
    " LIMIT ",
    " AND ",
    " OR ",
];

/// The text over several lines: each clause of each SELECT on its own.
fn pretty(sql: &str) -> String {
    let mut out = String::new();
    // For each open parenthesis whether it holds a SELECT, and the CASEs that are open in it.
    let mut open: Vec<(bool, i32)> = vec![(true, 0)];
    let mut quote: Option<char> = None;
    let mut rest = sql;
    while let Some(c) = rest.chars().next() {
        let inside = open.last_mut().unwrap();
        if quote.is_none() && inside.0 {
            inside.1 += i32::from(rest.starts_with("CASE "));
            inside.1 -= i32::from(rest.starts_with(" END"));
            let in_case = inside.1 > 0;
            let clause = CLAUSES.iter().find(|clause| rest.starts_with(**clause));
            let is_clause = !in_case && !out.ends_with(" DISTINCT");
            if let (true, Some(clause)) = (is_clause, clause) {
                let depth = open.iter().filter(|(select, _)| *select).count() - 1;
                let more = usize::from(matches!(*clause, " AND " | " OR "));
                out.push('\n');
                out.push_str(&"  ".repeat(depth + more));
                out.push_str(clause.trim_start());
                rest = &rest[clause.len()..];
                continue;
            }
        }
        match (quote, c) {
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            (None, '(') => open.push((rest.starts_with("(SELECT"), 0)),
            (None, ')') => {
                open.pop();
            }
            _ => {}
        }
        out.push(c);
        rest = &rest[c.len_utf8()..];
    }
    out.push('\n');
    out
}
