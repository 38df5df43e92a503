//! What the service does about the client's preferences (Protocol 8.2.8): wishes that a service may
//! ignore. What is unknown or makes no sense is ignored and never an error.

use super::Format;
use crate::uri::preference::{self, Preference};
use std::mem::discriminant;

/// The wishes of a request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Preferences {
    /// `maxpagesize`: the most rows that a page should have, at least 1.
    pub max_page_size: Option<u64>,
    /// `omit-values=nulls`: properties that are null may be left out.
    pub omit_nulls: bool,
    /// Each preference once, with whether its name was written with `odata.` before it.
    given: Vec<(bool, Preference)>,
}

impl Preferences {
    /// Reads the values of all `Prefer` headers. Of a preference given twice the first counts
    /// (RFC 7240, 2), but one without `odata.` before one with it.
    pub fn parse<'a>(values: impl IntoIterator<Item = &'a str>) -> Preferences {
        let mut all: Vec<_> = values
            .into_iter()
            .flat_map(preference::preferences)
            .collect();
        all.sort_by_key(|(prefixed, _)| *prefixed);
        let mut preferences = Preferences::default();
        for (prefixed, preference) in all {
            let kind = discriminant(&preference);
            let mut given = preferences.given.iter();
            if given.any(|(_, other)| discriminant(other) == kind) {
                continue;
            }
            match preference {
                Preference::MaxPageSize(size) => preferences.max_page_size = Some(size),
                Preference::OmitValues { defaults } => preferences.omit_nulls = !defaults,
                _ => {}
            }
            preferences.given.push((prefixed, preference));
        }
        preferences
    }

    /// The value of `Preference-Applied`: what was honoured in an answer of this format, in the
    /// client's spelling. `page_size` is the size that a page had room for, where the client's wish
    /// decided about it.
    pub fn applied(&self, format: Format, page_size: Option<u64>) -> Option<String> {
        let applied = self.given.iter().filter_map(|(prefixed, preference)| {
            let prefix = if *prefixed { "odata." } else { "" };
            let honoured = honoured(preference, format, page_size)?;
            Some(format!("{prefix}{honoured}"))
        });
        let applied: Vec<String> = applied.collect();
        (!applied.is_empty()).then(|| applied.join(", "))
    }
}

/// A preference as far as it was honoured.
fn honoured(preference: &Preference, format: Format, page_size: Option<u64>) -> Option<Preference> {
    match (preference, format) {
        // Lines are never paged.
        (Preference::MaxPageSize(_), Format::Json) => page_size.map(Preference::MaxPageSize),
        (Preference::OmitValues { defaults: false }, Format::Json | Format::NdJson) => {
            Some(preference.clone())
        }
        // No instance has an annotation: all that were asked for are there, and no other.
        (Preference::IncludeAnnotations(_), Format::Json) => Some(preference.clone()),
        // The description has all of its annotations, whatever was asked for.
        (Preference::IncludeAnnotations(_), Format::CsdlXml | Format::CsdlJson) => {
            Some(Preference::IncludeAnnotations(vec!["*".to_owned()]))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(prefer: &str, size: Option<u64>, applied: Option<&str>) {
        let preferences = Preferences::parse([prefer]);
        assert_eq!(preferences.max_page_size, size, "{prefer}");
        assert_eq!(
            preferences.applied(Format::Json, size).as_deref(),
            applied,
            "{prefer}"
        );
    }

    #[test]
    fn what_is_understood_is_applied_and_the_rest_ignored() {
        check("odata.maxpagesize=5", Some(5), Some("odata.maxpagesize=5"));
        check("maxpagesize=5", Some(5), Some("maxpagesize=5"));
        check("MaxPageSize = \"5\" ; x=y", Some(5), Some("maxpagesize=5"));
        check(
            "maxpagesize=99999999999999999999",
            Some(u64::MAX),
            Some("maxpagesize=18446744073709551615"),
        );
        for invalid in [
            "maxpagesize=0",
            "maxpagesize=-1",
            "maxpagesize=abc",
            "maxpagesize=+5",
            "maxpagesize=1.5",
            "maxpagesize=",
            "maxpagesize",
            "",
            "nonsense=1, return=representation, wait=5, respond-async",
            "omit-values=defaults",
            "odata.omit-values=nulls",
        ] {
            check(invalid, None, None);
        }
        check("omit-values=nulls", None, Some("omit-values=nulls"));
        check(
            "odata.include-annotations=\"display.*,-x.y\", omit-values=\"nulls\", maxpagesize=2",
            Some(2),
            Some("omit-values=nulls, maxpagesize=2, odata.include-annotations=\"display.*,-x.y\""),
        );
    }

    #[test]
    fn of_two_the_first_counts_and_the_name_of_today_before_that_of_old() {
        check(
            "maxpagesize=5, maxpagesize=6",
            Some(5),
            Some("maxpagesize=5"),
        );
        check(
            "odata.maxpagesize=6, maxpagesize=5",
            Some(5),
            Some("maxpagesize=5"),
        );
        check("omit-values=defaults, omit-values=nulls", None, None);
    }

    #[test]
    fn annotations_are_asked_for_by_names_and_patterns() {
        for right in [
            "*",
            "-*",
            "*#q",
            "display.*",
            "display.subject",
            "-display.*#tablet",
            "a.b.c,-a.b.*",
        ] {
            let prefer = format!("include-annotations=\"{right}\"");
            check(&prefer, None, Some(&prefer));
        }
        for wrong in [
            "", "subject", "display.", "a.b c", "a.*.b", "-", "a.b,", "a.b#",
        ] {
            check(&format!("include-annotations=\"{wrong}\""), None, None);
        }
        check("include-annotations", None, None);
    }

    #[test]
    fn what_the_format_has_no_place_for_is_not_said_to_be_applied() {
        let all = "maxpagesize=5, omit-values=nulls, include-annotations=\"-*\"";
        let preferences = Preferences::parse([all]);
        for (format, applied) in [
            (Format::Json, Some(all)),
            (Format::NdJson, Some("omit-values=nulls")),
            (Format::Csv, None),
            (Format::Text, None),
            (Format::CsdlXml, Some("include-annotations=\"*\"")),
            (Format::CsdlJson, Some("include-annotations=\"*\"")),
            (Format::OpenApi, None),
        ] {
            assert_eq!(preferences.applied(format, Some(5)).as_deref(), applied);
        }
        // The wish did not decide about the size.
        let preferences = Preferences::parse(["maxpagesize=5"]);
        assert_eq!(preferences.applied(Format::Json, None), None);
    }
}
