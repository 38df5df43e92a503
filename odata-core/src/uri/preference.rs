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

/// The preferences of a `Prefer` header. Unknown and malformed ones are left out, as the standard
/// asks (Protocol 8.2.8).
pub fn preferences(header: &str) -> Vec<Preference> {
    split(header, ',')
        .into_iter()
        .filter_map(|text| parse_preference(text.trim_matches(SPACE)).ok())
        .collect()
}

const SPACE: [char; 2] = [' ', '\t'];

/// One preference.
pub fn parse_preference(text: &str) -> Result<Preference> {
    let bad = |expected: &str| {
        let message = format!("expected {expected}, found '{text}'");
        Error::new(Code::SyntaxError, message)
    };
    let parts = split(text, ';');
    let (first, parameters) = match parts.split_first() {
        Some((first, rest)) => (first.trim_matches(SPACE), rest),
        None => ("", parts.as_slice()),
    };
    let (name, value) = match first.split_once('=') {
        Some((name, value)) => (
            name.trim_end_matches(SPACE),
            Some(value.trim_start_matches(SPACE)),
        ),
        None => (first, None),
    };
    let lower = name.to_ascii_lowercase();
    let bare = lower.strip_prefix("odata.").unwrap_or(&lower);
    if bare == "callback" {
        let url = match parameters {
            [parameter] => callback_url(parameter.trim_matches(SPACE)),
            _ => None,
        };
        return url
            .filter(|_| value.is_none())
            .map(Preference::Callback)
            .ok_or_else(|| bad("'callback; url=\"..\"'"));
    }
    if !parameters.is_empty() {
        return Err(bad("no parameter"));
    }
    // These two have no prefix in any version.
    let name = match bare {
        "omit-values" | "respond-async" | "return" | "wait" => lower.as_str(),
        _ => bare,
    };
    let number =
        value.filter(|value| !value.is_empty() && value.chars().all(|c| c.is_ascii_digit()));
    let value = value.map(|value| (value, value.to_ascii_lowercase()));
    match (name, value) {
        ("allow-entityreferences", None) => Ok(Preference::AllowEntityReferences),
        ("respond-async", None) => Ok(Preference::RespondAsync),
        ("track-changes", None) => Ok(Preference::TrackChanges),
        ("continue-on-error", None) => Ok(Preference::ContinueOnError(true)),
        ("continue-on-error", Some((_, value))) => match value.as_str() {
            "true" => Ok(Preference::ContinueOnError(true)),
            "false" => Ok(Preference::ContinueOnError(false)),
            _ => Err(bad("'true' or 'false'")),
        },
        ("include-annotations", Some((value, _))) => {
            annotations(value).ok_or_else(|| bad("patterns in double quotes"))
        }
        ("maxpagesize", Some(_)) => number
            .filter(|digits| !digits.starts_with('0'))
            .and_then(|digits| digits.parse().ok())
            .map(Preference::MaxPageSize)
            .ok_or_else(|| bad("a whole number, 1 or more")),
        ("omit-values", Some((_, value))) => match value.as_str() {
            "nulls" => Ok(Preference::OmitValues { defaults: false }),
            "defaults" => Ok(Preference::OmitValues { defaults: true }),
            _ => Err(bad("'nulls' or 'defaults'")),
        },
        ("return", Some((value, _))) => match value {
            "representation" => Ok(Preference::Return { minimal: false }),
            "minimal" => Ok(Preference::Return { minimal: true }),
            _ => Err(bad("'representation' or 'minimal'")),
        },
        ("wait", Some(_)) => number
            .and_then(|digits| digits.parse().ok())
            .map(Preference::Wait)
            .ok_or_else(|| bad("a whole number")),
        _ => Err(bad("a preference of the standard")),
    }
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

/// `"pattern,.."`.
fn annotations(value: &str) -> Option<Preference> {
    let patterns: Vec<String> = unquoted(value)?.split(',').map(str::to_owned).collect();
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

/// The parts between `separator`, which may also stand in quotes.
fn split(text: &str, separator: char) -> Vec<&str> {
    let mut quoted = false;
    text.split(|c: char| {
        quoted ^= c == '"';
        c == separator && !quoted
    })
    .collect()
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
    let digits = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
    let (name, right) = match name.to_ascii_lowercase().as_str() {
        "asyncresult" => ("AsyncResult", value.len() == 3 && digits(value)),
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
                .is_some_and(|(a, b)| digits(a) && digits(b));
            ("OData-MaxVersion", right)
        }
        "odata-version" => {
            let minor = value.strip_prefix("4.0");
            let right = minor.is_some_and(|minor| {
                minor.is_empty() || (minor.len() == 1 && digits(minor) && minor != "0")
            });
            ("OData-Version", right)
        }
        "prefer" => {
            let preferences: Result<Vec<String>> = split(value, ',')
                .into_iter()
                .map(|text| parse_preference(text.trim_matches(SPACE)).map(|p| p.to_string()))
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
