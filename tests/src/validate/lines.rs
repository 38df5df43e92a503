//! What is no JSON of OData: objects on lines, CSV, and values as text.

use super::asked::segments;
use super::json::Json;
use super::model::Set;
use super::payload::Payload;
use super::rules::{At, Rule};
use super::sample::is_read;
use super::scalar::{self, Primitive, Property};
use std::borrow::Cow;

/// A field: its text, and whether it stood in quotes. Nothing without quotes is null.
type Field<'a> = (Cow<'a, str>, bool);

impl Payload<'_> {
    /// Objects on lines, without anything around them.
    pub(super) fn check_lines(&mut self, body: &str) {
        let set = self.set_of_path();
        let wanted = self.unsaid();
        if !body.is_empty() && !body.ends_with('\n') {
            self.fault(Rule::LineForm, "body", "the last line has no end");
        }
        let lines = At::of("line");
        for (i, line) in body.lines().enumerate() {
            if !is_read(body.len(), i) {
                continue;
            }
            let at = lines.row(i);
            match (Json::read(line), set) {
                (Ok(Json::Object(members)), Some(set)) => {
                    self.entity(Some(set), wanted, &members, at);
                }
                (Ok(Json::Object(_)), None) => {}
                (Ok(_), _) => self.fault(Rule::LineForm, at, "no object"),
                (Err(error), _) => self.fault(Rule::LineForm, at, error),
            }
        }
    }

    /// A header and lines of fields.
    pub(super) fn check_csv(&mut self, body: &str) {
        let mut rest = body;
        let header = match record(&mut rest) {
            Ok(header) => header,
            Err(error) => return self.fault(Rule::CsvForm, "header", error),
        };
        let columns: Vec<Option<Property>> = header
            .iter()
            .map(|(name, _)| self.column(name, At::of(name)))
            .collect();
        self.all_columns(&header);
        let lines = At::of("line");
        let mut place = 0;
        while !rest.is_empty() {
            let at = lines.row(place);
            if !is_read(body.len(), place) {
                skip_record(&mut rest);
            } else {
                match record(&mut rest) {
                    Err(error) => return self.fault(Rule::CsvForm, at, error),
                    Ok(fields) => self.fields(&fields, &columns, at),
                }
            }
            place += 1;
        }
    }

    fn fields(&mut self, fields: &[Field<'_>], columns: &[Option<Property>], at: At<'_>) {
        if fields.len() != columns.len() {
            let text = format!("{} fields of {}", fields.len(), columns.len());
            self.fault(Rule::CsvForm, at, text);
        }
        if let [(text, false)] = fields
            && text.is_empty()
        {
            self.fault(Rule::CsvForm, at, "an empty line, which readers skip");
        }
        for ((text, quoted), property) in fields.iter().zip(columns) {
            let Some(property) = property else { continue };
            // A lone column writes null in quotes, too.
            if text.is_empty() && (!quoted || columns.len() == 1) {
                continue;
            }
            self.raw(property, text, at);
        }
    }

    /// A value as text, as it would be in JSON.
    fn raw(&mut self, property: &Property, text: &str, at: At<'_>) {
        use Primitive as P;
        let value = match property.ty {
            P::Boolean if text == "true" => Json::Boolean(true),
            P::Boolean if text == "false" => Json::Boolean(false),
            _ if scalar::is_special(text) => Json::Text(text.into()),
            P::Byte | P::SByte | P::Int16 | P::Int32 | P::Int64 => Json::Number(text),
            P::Decimal | P::Double | P::Single => Json::Number(text),
            _ => Json::Text(text.into()),
        };
        let numbers = scalar::Numbers {
            as_text: false,
            exponential: false,
        };
        if let Some(rule) = scalar::broken(&value, property, numbers) {
            self.fault(rule, at, format!("'{text}' is no {}", property.ty.name()));
        }
    }

    /// What is declared of a column, whose name is a path; nothing where the request made it.
    fn column(&mut self, name: &str, at: At<'_>) -> Option<Property> {
        let mut set = self.set_of_path()?;
        let mut found = None;
        for segment in name.split('/') {
            let navigation = set.ty.navigation.get(segment);
            found = set.ty.properties.get(segment).cloned();
            match navigation.and_then(|navigation| self.model?.target(navigation)) {
                Some(target) => set = target,
                None if segment == "$count" => found = Some(Property::of_type(Primitive::Int64)),
                None if found.is_none() && !self.asked.names(segment) => {
                    self.fault(Rule::CsvNames, at, "not declared");
                }
                None => {}
            }
        }
        found
    }

    /// Without a selection there is a column for each property.
    fn all_columns(&mut self, header: &[Field<'_>]) {
        let Some(set) = self.set_of_path() else {
            return;
        };
        if self.asked.has("select") || self.asked.applies() {
            return;
        }
        for name in set.ty.properties.keys() {
            if !header.iter().any(|(known, _)| known == name) {
                self.fault(Rule::CsvNames, "header", format!("no '{name}'"));
            }
        }
    }

    /// A count, or a value, without anything around it.
    pub(super) fn check_text(&mut self, body: &str) {
        let last = self.asked.last_segment();
        let is_number = !body.is_empty() && body.bytes().all(|byte| byte.is_ascii_digit());
        if last == "$count" && !is_number {
            self.fault(Rule::CountText, "body", format!("'{body}'"));
        }
        if last != "$value" {
            return;
        }
        let segments = segments(&self.asked.path);
        let name = segments.iter().rev().nth(1).copied().unwrap_or_default();
        let set = self.set_of_path();
        if let Some(property) = set.and_then(|set| set.ty.properties.get(name)) {
            self.raw(&property.clone(), body, At::of(name));
        }
    }
}

impl<'a> Payload<'a> {
    fn set_of_path(&self) -> Option<Set<'a>> {
        match self.asked.combined().is_empty() {
            true => self.model?.set_of_path(&self.asked.path),
            false => None,
        }
    }
}

/// The fields of the line at the start.
fn record<'a>(rest: &mut &'a str) -> Result<Vec<Field<'a>>, String> {
    let mut fields = Vec::new();
    loop {
        let (field, behind) = match rest.strip_prefix('"') {
            Some(inside) => quoted(inside)?,
            None => {
                let end = rest.find([',', '\r', '\n', '"']).unwrap_or(rest.len());
                ((Cow::Borrowed(&rest[..end]), false), &rest[end..])
            }
        };
        fields.push(field);
        if let Some(behind) = behind.strip_prefix(',') {
            *rest = behind;
            continue;
        }
        let Some(behind) = behind.strip_prefix("\r\n") else {
            let found: String = behind.chars().take(20).collect();
            return Err(format!("expected ',' or the end of the line at {found:?}"));
        };
        *rest = behind;
        return Ok(fields);
    }
}

/// A field whose quote is open, and what follows it.
fn quoted(inside: &str) -> Result<(Field<'_>, &str), String> {
    let mut end = 0;
    loop {
        let quote = inside[end..].find('"').ok_or("a quote without its end")?;
        end += quote;
        if !inside[end + 1..].starts_with('"') {
            break;
        }
        end += 2;
    }
    let text = &inside[..end];
    let text = match text.contains('"') {
        true => Cow::Owned(text.replace("\"\"", "\"")),
        false => Cow::Borrowed(text),
    };
    Ok(((text, true), &inside[end + 1..]))
}

/// Goes over the line at the start: its end stands in no quotes.
fn skip_record(rest: &mut &str) {
    let mut end = 0;
    while let Some(line) = rest[end..].find('\n') {
        end += line + 1;
        if rest[..end].matches('"').count().is_multiple_of(2) {
            break;
        }
    }
    *rest = match end {
        0 => "",
        end => &rest[end..],
    };
}
