//! One item of `Accept`.

use crate::uri::preference::split_outside_quotes;

/// A range of media types, one item of `Accept` (RFC 9110, 12.5.1). All names in lower case.
#[derive(Debug)]
pub(super) struct MediaRange {
    ty: String,
    subtype: String,
    pub(super) parameters: Vec<(String, String)>,
    /// Thousandths.
    pub(super) q: u16,
}

impl MediaRange {
    /// The quality of a range that says none.
    pub(super) const BEST: u16 = 1000;

    pub(super) fn parse(text: &str) -> Option<MediaRange> {
        let mut parts = split_outside_quotes(text, ';');
        let name = parts.next()?.trim().to_ascii_lowercase();
        // Java's default is `*; q=.2`.
        let (ty, subtype) = match name.split_once('/') {
            Some((ty, subtype)) => (ty, subtype),
            None if name == "*" => ("*", "*"),
            None => return None,
        };
        if ty.is_empty() || subtype.is_empty() {
            return None;
        }
        let mut range = MediaRange {
            ty: ty.to_owned(),
            subtype: subtype.to_owned(),
            parameters: Vec::new(),
            q: MediaRange::BEST,
        };
        for (name, value) in parts.map(parameter).filter(|(name, _)| !name.is_empty()) {
            let value = value.trim_matches('"').to_ascii_lowercase();
            if name == "q" {
                range.q = thousandths(&value);
            } else {
                range.parameters.push((name, value));
            }
        }
        Some(range)
    }

    pub(super) fn names(&self, ty: &str, subtype: &str) -> bool {
        self.ty == ty && self.subtype == subtype
    }

    /// Whether it is met by XML of some kind.
    pub(super) fn takes_xml(&self) -> bool {
        let xml = match self.subtype.as_str() {
            "*" => matches!(self.ty.as_str(), "*" | "application" | "text"),
            subtype => subtype == "xml" || subtype.ends_with("+xml"),
        };
        self.q > 0 && xml
    }

    /// Makes the charset that it asks for UTF-8.
    pub(super) fn be_utf_8(&mut self) {
        for (name, value) in &mut self.parameters {
            if name == "charset" {
                "utf-8".clone_into(value);
            }
        }
    }

    /// Makes it one of plain text.
    pub(super) fn be_text(&mut self) {
        "text".clone_into(&mut self.ty);
        "plain".clone_into(&mut self.subtype);
        self.parameters.clear();
    }

    /// How exactly it names the media type: not at all, by `*/*`, by `type/*`, by its name.
    pub(super) fn exactness(&self, name: &str) -> Option<u8> {
        let (ty, subtype) = name.split_once('/')?;
        match (self.ty.as_str(), self.subtype.as_str()) {
            ("*", "*") => Some(1),
            (t, "*") if t == ty => Some(2),
            (t, s) if t == ty && s == subtype => Some(3),
            _ => None,
        }
    }
}

/// `name = value`: the name in lower case, the value as it stands.
fn parameter(text: &str) -> (String, &str) {
    let (name, value) = text.split_once('=').unwrap_or((text, ""));
    (name.trim().to_ascii_lowercase(), value.trim())
}

/// A quality; one that is none counts as 1.
fn thousandths(text: &str) -> u16 {
    match text.parse::<f32>() {
        Ok(q) if (0.0..=1.0).contains(&q) => (q * 1000.0).round() as u16,
        _ => MediaRange::BEST,
    }
}
