//! `Accept-Charset` (Protocol 8.2.2): everything is UTF-8.

use crate::error::{Code, Error, Result};

/// Whether the client says which charsets it takes. One that takes no UTF-8 is refused.
pub(super) fn check_charset(values: &[&str]) -> Result<bool> {
    let items = values.iter().flat_map(|value| value.split(','));
    let mut exact = None;
    let mut any = None;
    let mut given = false;
    for item in items {
        let mut parts = item.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default().to_ascii_lowercase();
        given |= !name.is_empty();
        let quality = parts.find_map(|part| part.strip_prefix("q="));
        let taken = quality.is_none_or(|quality| quality.parse() != Ok(0.0_f32));
        match name.as_str() {
            "utf-8" | "utf8" => exact = Some(taken),
            "*" => any = Some(taken),
            _ => {}
        }
    }
    if !given || exact.or(any) == Some(true) {
        return Ok(given);
    }
    let message = "'Accept-Charset' does not take 'utf-8', and there is no other charset";
    Err(Error::new(Code::NotAcceptable, message).target("Accept-Charset"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_utf_8() {
        for (value, expect) in [
            ("", Ok(false)),
            (" , ", Ok(false)),
            ("utf-8", Ok(true)),
            ("UTF-8", Ok(true)),
            ("iso-8859-1, utf-8;q=0.5", Ok(true)),
            ("iso-8859-1;q=0.9, *;q=0.1", Ok(true)),
            ("*", Ok(true)),
            ("utf-8;q=nonsense", Ok(true)),
            ("iso-8859-1", Err(406)),
            ("utf-8;q=0", Err(406)),
            ("utf-8; q=0.000, *", Err(406)),
            ("*;q=0", Err(406)),
        ] {
            let found = check_charset(&[value]).map_err(|error| error.status());
            assert_eq!(found, expect, "{value}");
        }
    }
}
