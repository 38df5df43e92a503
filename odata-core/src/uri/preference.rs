//! The `Prefer` header and the other headers of OData (Protocol 8, ABNF section 8).
//!
//! In: a header's value. Out: the preferences that the standard knows. What the service does about
//! one is not known here.

use std::fmt;

use super::token::Token;
use crate::error::{Code, Error, Result};

/// A preference that the standard knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Preference {
    /// `odata.allow-entityreferences`.
    AllowEntityReferences,
    /// `odata.callback; url=".."`.
    Callback(String),
    /// `odata.continue-on-error`.
    ContinueOnError(bool),
    /// `odata.include-annotations=".."`: the patterns, in order.
    IncludeAnnotations(Vec<String>),
    /// `odata.maxpagesize=n`, at least 1.
    MaxPageSize(u64),
    /// `omit-values=nulls` or, where true, `omit-values=defaults`.
    OmitValues {
        /// Whether defaults are meant, not nulls.
        defaults: bool,
    },
    /// `respond-async`.
    RespondAsync,
    /// `return=representation` or, where true, `return=minimal`.
    Return {
        /// Whether nothing is wanted, not the representation.
        minimal: bool,
    },
    /// `odata.track-changes`.
    TrackChanges,
    /// `wait=n`, in seconds.
    Wait(u64),
}

/// The preferences of a `Prefer` header, each with whether its name was written with `odata.` before
/// it. Unknown and malformed ones are left out, as the standard asks (Protocol 8.2.8). The syntax is
/// that of RFC 7240, 2: a value may stand in quotes, and parameters that mean nothing are ignored.
pub fn preferences(header: &str) -> impl Iterator<Item = (bool, Preference)> {
    split_outside_quotes(header, ',').filter_map(|text| {
        let item = Item::read(text);
        Some((item.is_prefixed(), item.preference().ok()?))
    })
}

/// One preference, as the grammar has it: quotes only where it says so, and no parameter without a
/// meaning.
pub fn parse_preference(text: &str) -> Result<Preference> {
    let item = Item::read(text);
    let preference = item.preference()?;
    let may_have_parameters = matches!(preference, Preference::Callback(_));
    let is_quoted = item.value.is_some_and(|value| value.starts_with('"'));
    let has_quotes = matches!(preference, Preference::IncludeAnnotations(_));
    if is_quoted != has_quotes || !(may_have_parameters || item.parameters.is_empty()) {
        return Err(item.bad("the form of the standard"));
    }
    Ok(preference)
}

const SPACE: [char; 2] = [' ', '\t'];

/// One item of the header: `name=value;parameter`.
struct Item<'a> {
    text: &'a str,
    /// In lower case.
    name: String,
    /// As it was written, quotes included.
    value: Option<&'a str>,
    parameters: Vec<&'a str>,
}

impl<'a> Item<'a> {
    fn read(text: &'a str) -> Item<'a> {
        let mut parts = split_outside_quotes(text, ';').map(|part| part.trim_matches(SPACE));
        let first = parts.next().unwrap_or("");
        let (name, value) = match first.split_once('=') {
            Some((name, value)) => (name, Some(value.trim_start_matches(SPACE))),
            None => (first, None),
        };
        Item {
            text,
            name: name.trim_end_matches(SPACE).to_ascii_lowercase(),
            value,
            parameters: parts.collect(),
        }
    }

    fn is_prefixed(&self) -> bool {
        self.name.starts_with("odata.")
    }

    fn bad(&self, expected: &str) -> Error {
        let message = format!("expected {expected}, found '{}'", self.text);
        Error::new(Code::SyntaxError, message)
    }

    fn preference(&self) -> Result<Preference> {
        let bare = self.name.strip_prefix("odata.").unwrap_or(&self.name);
        // These have no prefix in any version.
        let name = match bare {
            "omit-values" | "respond-async" | "return" | "wait" => self.name.as_str(),
            _ => bare,
        };
        let value = self.value.map(|value| unquoted(value).unwrap_or(value));
        let number = value.filter(|value| is_number(value));
        let lower = value.map(str::to_ascii_lowercase);
        match (name, lower.as_deref()) {
            ("allow-entityreferences", None) => Ok(Preference::AllowEntityReferences),
            ("callback", None) => match self.parameters.as_slice() {
                [parameter] => callback_url(parameter).map(Preference::Callback),
                _ => None,
            }
            .ok_or_else(|| self.bad("'callback; url=\"..\"'")),
            ("respond-async", None) => Ok(Preference::RespondAsync),
            ("track-changes", None) => Ok(Preference::TrackChanges),
            ("continue-on-error", None | Some("true")) => Ok(Preference::ContinueOnError(true)),
            ("continue-on-error", Some("false")) => Ok(Preference::ContinueOnError(false)),
            ("continue-on-error", _) => Err(self.bad("'true' or 'false'")),
            ("include-annotations", Some(_)) => value
                .and_then(annotations)
                .ok_or_else(|| self.bad("names of terms in double quotes, or patterns of them")),
            ("maxpagesize", Some(_)) => number
                .filter(|digits| !digits.starts_with('0'))
                // One beyond 64 bits is as good as the largest.
                .map(|digits| Preference::MaxPageSize(digits.parse().unwrap_or(u64::MAX)))
                .ok_or_else(|| self.bad("a whole number, 1 or more")),
            ("omit-values", Some("nulls")) => Ok(Preference::OmitValues { defaults: false }),
            ("omit-values", Some("defaults")) => Ok(Preference::OmitValues { defaults: true }),
            ("omit-values", _) => Err(self.bad("'nulls' or 'defaults'")),
            ("return", Some("representation")) => Ok(Preference::Return { minimal: false }),
            ("return", Some("minimal")) => Ok(Preference::Return { minimal: true }),
            ("return", _) => Err(self.bad("'representation' or 'minimal'")),
            ("wait", Some(_)) => number
                .and_then(|digits| digits.parse().ok())
                .map(Preference::Wait)
                .ok_or_else(|| self.bad("a whole number")),
            _ => Err(self.bad("a preference of the standard")),
        }
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// `url=".."`.
fn callback_url(parameter: &str) -> Option<String> {
    let (name, value) = parameter.split_once('=')?;
    let is_url = name.trim_end_matches(SPACE).eq_ignore_ascii_case("url");
    let url = unquoted(value.trim_start_matches(SPACE))?;
    let (scheme, rest) = url.split_once(':')?;
    let scheme_is_right = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    let rest_is_right = !rest.is_empty()
        && rest
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-._~%!$&'()*+,;=:@/?#[]".contains(c));
    (is_url && scheme_is_right && rest_is_right).then(|| url.to_owned())
}

/// `pattern,..`.
fn annotations(value: &str) -> Option<Preference> {
    let patterns: Vec<String> = value.split(',').map(str::to_owned).collect();
    let right = patterns.iter().all(|pattern| is_pattern(pattern));
    right.then_some(Preference::IncludeAnnotations(patterns))
}

/// `annotationIdentifier`: `-Namespace.*#qualifier`.
fn is_pattern(pattern: &str) -> bool {
    let pattern = pattern.strip_prefix('-').unwrap_or(pattern);
    let (term, qualifier) = match pattern.split_once('#') {
        Some((term, qualifier)) => (term, Some(qualifier)),
        None => (pattern, None),
    };
    let names = match term.rsplit_once('.') {
        _ if term == "*" => return qualifier.is_none_or(is_name),
        Some((namespace, "*")) => namespace,
        Some(_) => term,
        None => return false,
    };
    names.split('.').all(is_name) && qualifier.is_none_or(is_name)
}

fn is_name(text: &str) -> bool {
    Token::first(text) == (Token::Name, text.len())
}

fn unquoted(value: &str) -> Option<&str> {
    let inner = value.strip_prefix('"')?.strip_suffix('"')?;
    (!inner.contains('"')).then_some(inner)
}

/// The parts between `separator`, which may also stand in quotes, as in every header of HTTP.
pub fn split_outside_quotes(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let (mut quoted, mut escaped) = (false, false);
    text.split(move |c| {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ => return c == separator && !quoted,
        }
        false
    })
}

impl fmt::Display for Preference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Preference::AllowEntityReferences => f.write_str("allow-entityreferences"),
            Preference::Callback(url) => write!(f, "callback;url=\"{url}\""),
            Preference::ContinueOnError(on) => write!(f, "continue-on-error={on}"),
            Preference::IncludeAnnotations(patterns) => {
                write!(f, "include-annotations=\"{}\"", patterns.join(","))
            }
            Preference::MaxPageSize(size) => write!(f, "maxpagesize={size}"),
            Preference::OmitValues { defaults: true } => f.write_str("omit-values=defaults"),
            Preference::OmitValues { defaults: false } => f.write_str("omit-values=nulls"),
            Preference::RespondAsync => f.write_str("respond-async"),
            Preference::Return { minimal: true } => f.write_str("return=minimal"),
            Preference::Return { minimal: false } => f.write_str("return=representation"),
            Preference::TrackChanges => f.write_str("track-changes"),
            Preference::Wait(seconds) => write!(f, "wait={seconds}"),
        }
    }
}

/// A whole header line of the standard, in its canonical spelling.
pub(crate) fn parse_header(line: &str) -> Result<String> {
    let bad = |expected: &str| {
        Error::new(
            Code::SyntaxError,
            format!("expected {expected}, found '{line}'"),
        )
    };
    let (name, value) = line
        .split_once(':')
        .ok_or_else(|| bad("':' behind a header's name"))?;
    let value = value.trim_start_matches(SPACE);
    let visible = |c: char| c.is_ascii_graphic() || !c.is_ascii();
    let (name, right) = match name.to_ascii_lowercase().as_str() {
        "asyncresult" => ("AsyncResult", value.len() == 3 && is_number(value)),
        "content-id" => (
            "Content-ID",
            !value.is_empty()
                && value
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || "-._~".contains(c)),
        ),
        "isolation" | "odata-isolation" => {
            return match value.eq_ignore_ascii_case("snapshot") {
                true => Ok("OData-Isolation: snapshot".to_owned()),
                false => Err(bad("'snapshot'")),
            };
        }
        "odata-entityid" => (
            "OData-EntityID",
            !value.is_empty() && value.chars().all(visible),
        ),
        "odata-error" => (
            "OData-Error",
            value.starts_with("{\"code\":") && value.chars().all(|c| visible(c) || c == ' '),
        ),
        "odata-maxversion" => {
            let right = value
                .split_once('.')
                .is_some_and(|(a, b)| is_number(a) && is_number(b));
            ("OData-MaxVersion", right)
        }
        "odata-version" => {
            let minor = value.strip_prefix("4.0");
            let right = minor.is_some_and(|minor| {
                minor.is_empty() || (minor.len() == 1 && is_number(minor) && minor != "0")
            });
            ("OData-Version", right)
        }
        "prefer" => {
            let preferences: Result<Vec<String>> = split_outside_quotes(value, ',')
                .map(|text| parse_preference(text).map(|p| p.to_string()))
                .collect();
            return Ok(format!("Prefer: {}", preferences?.join(",")));
        }
        _ => return Err(bad("a header of OData")),
    };
    match right {
        true => Ok(format!("{name}: {value}")),
        false => Err(bad("a value of this header")),
    }
}
