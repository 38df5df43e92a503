//! The `Prefer` header (RFC 7240, Protocol 8.2.8): wishes that a service may ignore. What is unknown
//! or makes no sense is ignored and never an error.

use super::media_range::{parameter, split_outside_quotes};

/// The wishes that are understood.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Preferences {
    /// `maxpagesize`: the most rows that a page should have, at least 1.
    pub max_page_size: Option<u64>,
    /// `omit-values=nulls`: properties that are null may be left out.
    pub omit_nulls: bool,
    /// The value of `include-annotations`, as the client wrote it.
    pub include_annotations: Option<String>,
    /// The names that the client wrote with `odata.` before them.
    prefixed: Vec<&'static str>,
}

const MAX_PAGE_SIZE: &str = "maxpagesize";
const OMIT_VALUES: &str = "omit-values";
const INCLUDE_ANNOTATIONS: &str = "include-annotations";

impl Preferences {
    /// Reads the values of all `Prefer` headers. Of a preference given twice the first counts
    /// (RFC 7240, 2).
    pub fn parse<'a>(values: impl IntoIterator<Item = &'a str>) -> Preferences {
        let mut preferences = Preferences::default();
        let mut seen: Vec<&'static str> = Vec::new();
        let items = values
            .into_iter()
            .flat_map(|value| split_outside_quotes(value, ','));
        for item in items {
            let Some((name, raw)) = split_outside_quotes(item, ';').next().map(parameter) else {
                continue;
            };
            let bare = name.strip_prefix("odata.").unwrap_or(&name);
            let known = [MAX_PAGE_SIZE, OMIT_VALUES, INCLUDE_ANNOTATIONS];
            let Some(known) = known.into_iter().find(|known| *known == bare) else {
                continue;
            };
            if seen.contains(&known) {
                continue;
            }
            seen.push(known);
            if bare != name {
                preferences.prefixed.push(known);
            }
            let value = raw.trim_matches('"');
            match known {
                MAX_PAGE_SIZE => preferences.max_page_size = positive(value),
                OMIT_VALUES => preferences.omit_nulls = value.eq_ignore_ascii_case("nulls"),
                _ if value.is_empty() => {}
                _ => preferences.include_annotations = Some(raw.to_owned()),
            }
        }
        preferences
    }

    /// The value of `Preference-Applied`: what was honoured, in the client's spelling. `page_size`
    /// is the size that a page had room for, where the client's wish decided about it.
    pub fn applied(&self, page_size: Option<u64>) -> Option<String> {
        let mut applied = Vec::new();
        let mut push = |name: &'static str, value: &str| {
            let prefix = if self.prefixed.contains(&name) {
                "odata."
            } else {
                ""
            };
            applied.push(format!("{prefix}{name}={value}"));
        };
        if let (Some(_), Some(size)) = (self.max_page_size, page_size) {
            push(MAX_PAGE_SIZE, &size.to_string());
        }
        if self.omit_nulls {
            push(OMIT_VALUES, "nulls");
        }
        if let Some(annotations) = &self.include_annotations {
            push(INCLUDE_ANNOTATIONS, annotations);
        }
        (!applied.is_empty()).then(|| applied.join(", "))
    }
}

/// A whole number above zero. One beyond 64 bits is as good as the largest.
fn positive(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = digits.then(|| text.parse().unwrap_or(u64::MAX))?;
    (number > 0).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_understood_is_applied_and_the_rest_ignored() {
        let check = |prefer: &str, size: Option<u64>, applied: Option<&str>| {
            let preferences = Preferences::parse([prefer]);
            assert_eq!(preferences.max_page_size, size, "{prefer}");
            assert_eq!(preferences.applied(size).as_deref(), applied, "{prefer}");
        };
        check("odata.maxpagesize=5", Some(5), Some("odata.maxpagesize=5"));
        check("maxpagesize=5", Some(5), Some("maxpagesize=5"));
        check("MaxPageSize = \"5\" ; x=y", Some(5), Some("maxpagesize=5"));
        check(
            "maxpagesize=5, odata.maxpagesize=6",
            Some(5),
            Some("maxpagesize=5"),
        );
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
        ] {
            check(invalid, None, None);
        }
        check(
            "nonsense=1, return=representation, wait=5, respond-async",
            None,
            None,
        );
        check("omit-values=nulls", None, Some("omit-values=nulls"));
        check("omit-values=defaults", None, None);
        check(
            "odata.include-annotations=\"display.*,-x\", omit-values=\"nulls\", maxpagesize=2",
            Some(2),
            Some("maxpagesize=2, omit-values=nulls, odata.include-annotations=\"display.*,-x\""),
        );
    }

    #[test]
    fn a_wish_that_did_not_decide_is_not_said_to_be_applied() {
        assert_eq!(Preferences::parse(["maxpagesize=5"]).applied(None), None);
    }
}
