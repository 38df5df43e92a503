//! The version of a response, by what the client understands (Protocol 8.1.5, 8.2.7).

use super::shorten;
use crate::edm::Version;
use crate::error::{Code, Error, Result};

/// The version of the response: the greatest that is spoken here and not above `OData-MaxVersion`
/// (Protocol 8.2.7); 4.0 without that header, since most clients stumble over 4.01.
pub fn version(max: Option<&str>) -> Result<Version> {
    let Some(text) = max else {
        return Ok(Version::V4_0);
    };
    let max = VersionNumber::parse("OData-MaxVersion", text)?;
    let spoken = Version::ALL.iter().rev().copied();
    let mut fitting = spoken.filter(|version| VersionNumber::of(*version) <= max);
    fitting
        .next()
        .ok_or_else(|| unsupported_version("OData-MaxVersion", text, "'4.0' or higher"))
}

/// A client may say which version its request is written in (Protocol 8.1.5). Every 4.0 request is
/// a 4.01 one.
pub(super) fn check_request_version(version: Option<&str>) -> Result<()> {
    let Some(text) = version else {
        return Ok(());
    };
    let number = VersionNumber::parse("OData-Version", text)?;
    let mut spoken = Version::ALL.iter().copied();
    if spoken.any(|version| VersionNumber::of(version) == number) {
        return Ok(());
    }
    Err(unsupported_version(
        "OData-Version",
        text,
        "'4.0' or '4.01'",
    ))
}

/// `4.01` is the number 4.01: its minor part is a decimal fraction.
#[derive(Debug, PartialEq, PartialOrd)]
struct VersionNumber(u32, Vec<u8>);

impl VersionNumber {
    fn of(version: Version) -> VersionNumber {
        let name = version.name();
        VersionNumber::read(name).unwrap_or(VersionNumber(0, Vec::new()))
    }

    fn parse(header: &str, text: &str) -> Result<VersionNumber> {
        // Old clients of Microsoft's add their name: `4.0;NetFx`.
        let number = text.split(';').next().unwrap_or_default().trim();
        VersionNumber::read(number)
            .ok_or_else(|| unsupported_version(header, text, "a number such as '4.0' or '4.01'"))
    }

    fn read(text: &str) -> Option<VersionNumber> {
        let (major, minor) = text.split_once('.')?;
        let digits =
            |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(major) || !digits(minor) {
            return None;
        }
        let minor = minor.trim_end_matches('0').as_bytes().to_vec();
        Some(VersionNumber(major.parse().ok()?, minor))
    }
}

fn unsupported_version(header: &str, text: &str, expected: &str) -> Error {
    Error::new(
        Code::UnsupportedVersion,
        format!(
            "version '{}' in '{header}' is not supported, expected {expected}",
            shorten(text)
        ),
    )
    .target(header)
}
