//! Request headers and `$format` to the representation that the client gets (Protocol 7, 8).
//!
//! What comes in is text, as the client wrote it; what goes out says the format, the version and the
//! wishes that count. Whether the request makes sense otherwise is not known here.

mod charset;
mod parameters;
mod version;

pub use version::version;

use super::media_range::MediaRange;
use super::preferences::Preferences;
use crate::edm::Version;
use crate::error::{Code, Error, Result};
use crate::uri::preference::split_outside_quotes;
use charset::check_charset;
use version::check_request_version;

/// What a client may choose between depends on the kind of its resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Resource {
    /// A single entity, properties, references, the service document.
    Data,
    /// A collection of entities, or what `$apply` makes of one.
    Rows,
    /// `$metadata`.
    Metadata,
    /// The OpenAPI document.
    OpenApi,
    /// `/$count` and `/$value`.
    Text,
}

/// A format of a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// OData JSON.
    Json,
    /// Comma-separated values, the whole result.
    Csv,
    /// A JSON object on each line, the whole result.
    NdJson,
    /// CSDL in XML.
    CsdlXml,
    /// CSDL in JSON.
    CsdlJson,
    /// An OpenAPI document in JSON.
    OpenApi,
    /// Text alone.
    Text,
}

struct MediaType {
    format: Format,
    resource: Resource,
    name: &'static str,
    /// Its short name in `$format`.
    short: Option<&'static str>,
}

/// Every representation. Of those that a client likes equally, the first is sent.
const MEDIA_TYPES: &[MediaType] = &[
    MediaType {
        format: Format::Json,
        resource: Resource::Data,
        name: "application/json",
        short: Some("json"),
    },
    MediaType {
        format: Format::Json,
        resource: Resource::Rows,
        name: "application/json",
        short: Some("json"),
    },
    MediaType {
        format: Format::Csv,
        resource: Resource::Rows,
        name: "text/csv",
        short: Some("csv"),
    },
    MediaType {
        format: Format::NdJson,
        resource: Resource::Rows,
        name: "application/x-ndjson",
        short: Some("ndjson"),
    },
    MediaType {
        format: Format::CsdlXml,
        resource: Resource::Metadata,
        name: "application/xml",
        short: Some("xml"),
    },
    MediaType {
        format: Format::CsdlJson,
        resource: Resource::Metadata,
        name: "application/json",
        short: Some("json"),
    },
    MediaType {
        format: Format::OpenApi,
        resource: Resource::OpenApi,
        name: "application/json",
        short: Some("json"),
    },
    MediaType {
        format: Format::Text,
        resource: Resource::Text,
        name: "text/plain",
        short: None,
    },
];

/// How much control information a JSON response holds (JSON Format 3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum MetadataLevel {
    /// Counts and next links.
    None,
    /// What a client can't compute by itself.
    #[default]
    Minimal,
    /// Everything.
    Full,
}

impl MetadataLevel {
    const ALL: [MetadataLevel; 3] = [
        MetadataLevel::None,
        MetadataLevel::Minimal,
        MetadataLevel::Full,
    ];

    /// The value of the format parameter.
    pub const fn name(self) -> &'static str {
        match self {
            MetadataLevel::None => "none",
            MetadataLevel::Minimal => "minimal",
            MetadataLevel::Full => "full",
        }
    }
}

/// The parameters of a media type (JSON Format 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct FormatParameters {
    /// `odata.metadata`
    pub metadata: MetadataLevel,
    /// `IEEE754Compatible`: 64-bit integers and decimals are strings.
    pub ieee754_compatible: bool,
    /// `ExponentialDecimals`: decimals may have an exponent.
    pub exponential_decimals: bool,
    /// `odata.streaming`: control information stands where a reader needs it.
    pub streaming: bool,
    /// `formulas=escape`, of CSV: text that a spreadsheet would run gets a `'` before it.
    pub escape_formulas: bool,
    /// Whether the client asked for a charset. It gets UTF-8 in any case.
    pub charset: bool,
}

/// The headers that matter here, as they came.
#[derive(Debug, Clone, Default)]
pub struct Headers<'a> {
    /// All values of `Accept`.
    pub accept: Vec<&'a str>,
    /// All values of `Accept-Charset`.
    pub accept_charset: Vec<&'a str>,
    /// `OData-MaxVersion`.
    pub max_version: Option<&'a str>,
    /// `OData-Version`.
    pub version: Option<&'a str>,
    /// `OData-Isolation` or `Isolation`.
    pub isolation: Option<&'a str>,
    /// All values of `Prefer`.
    pub prefer: Vec<&'a str>,
}

/// What was agreed upon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Negotiated {
    /// The format.
    pub format: Format,
    /// Its parameters.
    pub parameters: FormatParameters,
    /// The version of the response.
    pub version: Version,
    /// The client's wishes.
    pub preferences: Preferences,
}

/// The headers that a response depends on: the value of `Vary` (Protocol 8.3.8).
pub const VARY: &str = "Accept, OData-MaxVersion, Prefer";

/// Agrees on a representation. `format` is the decoded value of `$format`, which wins over `Accept`
/// (Protocol 11.2.12).
pub fn negotiate(
    resource: Resource,
    format: Option<&str>,
    headers: &Headers<'_>,
) -> Result<Negotiated> {
    let version = version(headers.max_version)?;
    check_request_version(headers.version)?;
    check_isolation(headers.isolation)?;
    let charset = check_charset(&headers.accept_charset)?;
    let (format, parameters) = match format {
        Some(format) => by_format_option(resource, format)?,
        None => by_accept(resource, &headers.accept, charset)?,
    };
    Ok(Negotiated {
        format,
        parameters,
        version,
        preferences: Preferences::parse(headers.prefer.iter().copied()),
    })
}

/// Snapshot isolation across requests is not offered, and must then be refused (Protocol 8.2.6).
fn check_isolation(isolation: Option<&str>) -> Result<()> {
    match isolation {
        None => Ok(()),
        Some(isolation) => Err(Error::new(
            Code::PreconditionFailed,
            format!(
                "isolation '{}' is not offered, expected no 'OData-Isolation' header",
                shorten(isolation)
            ),
        )
        .target("OData-Isolation")),
    }
}

impl Negotiated {
    /// The value of `Content-Type`: what JSON Format 4.1 demands, what the client asked for, and
    /// nothing else.
    pub fn content_type(&self) -> String {
        let name = media_type(self.format).name;
        let prefix = self.version.prefix();
        let parameters = &self.parameters;
        let mut text = name.to_owned();
        if self.format == Format::Json {
            text += &format!(";{prefix}metadata={}", parameters.metadata.name());
            if parameters.streaming {
                text += &format!(";{prefix}streaming=true");
            }
            if parameters.ieee754_compatible {
                text += ";IEEE754Compatible=true";
            }
            if parameters.exponential_decimals {
                text += ";ExponentialDecimals=true";
            }
        }
        if self.format == Format::Csv {
            text += ";header=present";
            if parameters.escape_formulas {
                text += ";formulas=escape";
            }
        }
        // Without it, readers take plain text for ASCII or Latin-1.
        if parameters.charset || matches!(self.format, Format::Text | Format::Csv) {
            text += ";charset=utf-8";
        }
        text
    }
}

fn media_type(format: Format) -> &'static MediaType {
    let mut rows = MEDIA_TYPES.iter();
    rows.find(|row| row.format == format)
        .unwrap_or(&MEDIA_TYPES[0])
}

fn offers(resource: Resource) -> impl Iterator<Item = &'static MediaType> + Clone {
    MEDIA_TYPES
        .iter()
        .filter(move |row| row.resource == resource)
}

/// `$format=json`, or one whole media type with its parameters.
fn by_format_option(resource: Resource, format: &str) -> Result<(Format, FormatParameters)> {
    let format = format.trim();
    if format.is_empty() {
        return Err(Error::new(
            Code::InvalidOptionValue,
            format!("'$format' is empty, expected {}", expected(resource)),
        )
        .target("$format"));
    }
    let by_short_name = offers(resource).find(|row| {
        row.short
            .is_some_and(|short| short.eq_ignore_ascii_case(format))
    });
    if let Some(row) = by_short_name {
        return Ok((row.format, FormatParameters::default()));
    }
    let mut range = MediaRange::parse(format).filter(|_| !format.contains(','));
    if let Some(range) = &mut range {
        range.q = MediaRange::BEST;
    }
    let ranges: Vec<MediaRange> = range.into_iter().collect();
    best(resource, &ranges).map_err(|fault| fault.error(resource, "$format", format))
}

/// The representation that `Accept` likes best. A client that sends none takes anything. What it says
/// of a charset does not count beside `Accept-Charset` (Protocol 8.2.1).
fn by_accept(
    resource: Resource,
    accept: &[&str],
    charset: bool,
) -> Result<(Format, FormatParameters)> {
    let default = offers(resource)
        .next()
        .map_or(Format::Json, |row| row.format);
    let default = (default, FormatParameters::default());
    if accept.iter().all(|value| value.trim().is_empty()) {
        return Ok(default);
    }
    let mut ranges: Vec<MediaRange> = accept
        .iter()
        .flat_map(|value| split_outside_quotes(value, ','))
        .filter_map(MediaRange::parse)
        .collect();
    if charset {
        ranges.iter_mut().for_each(MediaRange::be_utf_8);
    }
    match resource {
        Resource::Data | Resource::Rows | Resource::OpenApi => {}
        Resource::Text => {
            // Clients ask for text with the Accept of their other requests.
            ranges.retain(|range| range.q > 0 || !range.names("application", "json"));
            let json = |range: &&mut MediaRange| range.names("application", "json");
            ranges.iter_mut().filter(json).for_each(MediaRange::be_text);
        }
        Resource::Metadata => {
            // XML for everyone but a client that asks for JSON in so many words: many name JSON
            // first, and Atom, or everything, in each request, and read `$metadata` as XML only.
            let xml = |range: &MediaRange| range.names("application", "xml");
            let lenient = |range: &MediaRange| range.takes_xml() && !xml(range);
            let refused = |range: &MediaRange| range.q == 0 && xml(range);
            if ranges.iter().any(lenient) && !ranges.iter().any(refused) {
                return Ok(default);
            }
            let liked = |subtype: &str, format: Format| {
                let of = ranges.iter().filter(|range| {
                    range.names("application", subtype)
                        && FormatParameters::read(format, &range.parameters).is_ok()
                });
                of.map(|range| range.q).max().unwrap_or(0)
            };
            let q = liked("xml", Format::CsdlXml);
            if q > 0 && q >= liked("json", Format::CsdlJson) {
                ranges.retain(|range| !range.names("application", "json"));
            }
        }
    }
    best(resource, &ranges).map_err(|fault| fault.error(resource, "Accept", &accept.join(", ")))
}

/// Why no range was good enough.
struct Fault {
    /// A parameter that is not known, and what would be.
    parameter: Option<(String, String)>,
}

impl Fault {
    fn error(self, resource: Resource, target: &str, asked: &str) -> Error {
        let message = match self.parameter {
            Some((parameter, expected)) => format!(
                "format parameter '{}' is not supported, expected {expected}",
                shorten(&parameter)
            ),
            None => format!(
                "there is no representation '{}' of this resource, expected {}",
                shorten(asked),
                expected(resource)
            ),
        };
        Error::new(Code::NotAcceptable, message).target(target)
    }
}

/// The best of what is offered: the highest quality, then the most exact range, then the first.
/// The quality of a representation is that of the most exact range that matches it.
fn best(
    resource: Resource,
    ranges: &[MediaRange],
) -> std::result::Result<(Format, FormatParameters), Fault> {
    let mut unknown = None;
    let mut found: Option<((u16, u8, usize), Format, FormatParameters)> = None;
    for range in ranges.iter().filter(|range| range.q > 0) {
        for row in offers(resource) {
            let Some(exactness) = range.exactness(row.name) else {
                continue;
            };
            let parameters = match FormatParameters::read(row.format, &range.parameters) {
                Ok(parameters) => parameters,
                Err(parameter) => {
                    unknown.get_or_insert(parameter);
                    continue;
                }
            };
            let refused = ranges.iter().any(|other| {
                let rank = |exactness| (exactness, other.parameters.len());
                other.q == 0
                    && other.exactness(row.name).map(rank)
                        >= Some((exactness, range.parameters.len()))
                    && other
                        .parameters
                        .iter()
                        .all(|parameter| range.parameters.contains(parameter))
            });
            let rank = (range.q, exactness, range.parameters.len());
            if !refused && found.as_ref().is_none_or(|(best, ..)| rank > *best) {
                found = Some((rank, row.format, parameters));
            }
        }
    }
    match found {
        Some((_, format, parameters)) => Ok((format, parameters)),
        None => Err(Fault { parameter: unknown }),
    }
}

fn expected(resource: Resource) -> String {
    let names: Vec<String> = offers(resource)
        .map(|row| format!("'{}'", row.name))
        .collect();
    names.join(" or ")
}

/// A client's text as it may stand in a message.
fn shorten(text: &str) -> String {
    const LONGEST: usize = 100;
    let mut short: String = text.chars().take(LONGEST).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests;
