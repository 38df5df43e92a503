//! Numbers: floating point by the shortest text that reads back, `numeric` from its base-10000 digits.

/// A number that is no number: JSON holds these as strings (JSON Format 7.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Special {
    Nan,
    Infinity,
    NegativeInfinity,
}

impl Special {
    /// Its text in OData (ABNF `nanInfinity`).
    pub(super) fn text(self) -> &'static str {
        match self {
            Special::Nan => "NaN",
            Special::Infinity => "INF",
            Special::NegativeInfinity => "-INF",
        }
    }

    /// What this float is, when it is not finite.
    pub(super) fn of(value: f64) -> Option<Special> {
        if value.is_finite() {
            None
        } else if value.is_nan() {
            Some(Special::Nan)
        } else if value > 0.0 {
            Some(Special::Infinity)
        } else {
            Some(Special::NegativeInfinity)
        }
    }
}

/// Writes the shortest text that reads back as this finite float.
pub(super) fn write_float(out: &mut Vec<u8>, value: impl zmij::Float) {
    let mut buffer = zmij::Buffer::new();
    let text = buffer.format_finite(value).as_bytes();
    // `1e+16` is valid, but in a URL its plus is a space. Without it the text is the same literal
    // in a body and in a URL.
    match text.iter().position(|byte| *byte == b'+') {
        Some(plus) => {
            out.extend_from_slice(&text[..plus]);
            out.extend_from_slice(&text[plus + 1..]);
        }
        None => out.extend_from_slice(text),
    }
}

/// Writes an integer.
pub(super) fn write_integer(out: &mut Vec<u8>, value: impl itoa::Integer) {
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

/// What a `numeric` holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Numeric<'a> {
    Finite(Digits<'a>),
    Special(Special),
}

/// The digits of a `numeric`: value = sum of `groups[i] * 10000^(weight - i)`, shown with `scale`
/// digits after the point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Digits<'a> {
    groups: &'a [[u8; 2]],
    weight: i16,
    negative: bool,
    scale: u16,
}

impl<'a> Numeric<'a> {
    /// Reads what `numeric_send` writes; `None` for bytes that it can't have written.
    pub(super) fn read(cell: &'a [u8]) -> Option<Numeric<'a>> {
        let (header, rest) = cell.split_first_chunk::<8>()?;
        let (groups, odd) = rest.as_chunks::<2>();
        let field = |at: usize| [header[at], header[at + 1]];
        let count = usize::from(u16::from_be_bytes(field(0)));
        if !odd.is_empty() || groups.len() != count {
            return None;
        }
        let negative = match u16::from_be_bytes(field(4)) {
            0x0000 => false,
            0x4000 => true,
            0xC000 => return Some(Numeric::Special(Special::Nan)),
            0xD000 => return Some(Numeric::Special(Special::Infinity)),
            0xF000 => return Some(Numeric::Special(Special::NegativeInfinity)),
            _ => return None,
        };
        let scale = u16::from_be_bytes(field(6));
        let weight = i16::from_be_bytes(field(2));
        // The first digits are none that could be left out: JSON has no `0000001`.
        if weight > 0 && groups.first().is_none_or(|first| *first == [0, 0]) {
            return None;
        }
        let digits_are_digits = groups
            .iter()
            .all(|group| u16::from_be_bytes(*group) < 10_000);
        (digits_are_digits && scale <= 0x3FFF).then_some(Numeric::Finite(Digits {
            groups,
            weight,
            negative,
            scale,
        }))
    }
}

impl Digits<'_> {
    /// Writes it as PostgreSQL shows it: every digit, no exponent.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        if self.negative {
            out.push(b'-');
        }
        let weight = i32::from(self.weight);
        if weight < 0 {
            out.push(b'0');
        } else {
            write_integer(out, self.group(0));
            for index in 1..=weight {
                out.extend_from_slice(&four_digits(self.group(index)));
            }
        }
        if self.scale == 0 {
            return;
        }
        out.push(b'.');
        let mut missing = usize::from(self.scale);
        let mut index = weight + 1;
        while missing > 0 {
            let digits = four_digits(self.group(index));
            let taken = missing.min(4);
            out.extend_from_slice(&digits[..taken]);
            missing -= taken;
            index += 1;
        }
    }

    /// The group of that index; those before the first and after the last are zero.
    fn group(&self, index: i32) -> u16 {
        let group = usize::try_from(index)
            .ok()
            .and_then(|index| self.groups.get(index));
        group.map_or(0, |group| u16::from_be_bytes(*group))
    }
}

fn four_digits(group: u16) -> [u8; 4] {
    let digit = |n: u16| b'0' + (n % 10) as u8;
    [
        digit(group / 1000),
        digit(group / 100),
        digit(group / 10),
        digit(group),
    ]
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What `numeric_send` writes for a number that is written as `text`, by the rules of
    /// `numeric.c`: groups of four digits on both sides of the point, zero groups at the ends cut.
    pub(in super::super) fn numeric_cell(text: &str) -> Vec<u8> {
        let (sign, digits) = match text.strip_prefix('-') {
            Some(digits) => (0x4000u16, digits),
            None => (0, text),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let whole = format!("{whole:0>width$}", width = whole.len().div_ceil(4) * 4);
        let padded = format!(
            "{fraction:0<width$}",
            width = fraction.len().div_ceil(4) * 4
        );
        let all = whole.clone() + &padded;
        let mut groups: Vec<u16> = (0..all.len() / 4)
            .map(|i| all[i * 4..i * 4 + 4].parse().unwrap())
            .collect();
        let mut weight = whole.len() as i16 / 4 - 1;
        while groups.first() == Some(&0) {
            groups.remove(0);
            weight -= 1;
        }
        while groups.last() == Some(&0) {
            groups.pop();
        }
        let zero = groups.is_empty();
        let mut cell = (groups.len() as u16).to_be_bytes().to_vec();
        cell.extend(if zero { 0 } else { weight }.to_be_bytes());
        cell.extend(if zero { 0 } else { sign }.to_be_bytes());
        cell.extend((fraction.len() as u16).to_be_bytes());
        groups
            .iter()
            .for_each(|group| cell.extend(group.to_be_bytes()));
        cell
    }

    fn shown(cell: &[u8]) -> Option<String> {
        let mut out = Vec::new();
        match Numeric::read(cell)? {
            Numeric::Finite(digits) => digits.write(&mut out),
            Numeric::Special(special) => out.extend(special.text().bytes()),
        }
        Some(String::from_utf8(out).unwrap())
    }

    #[test]
    fn a_cell_as_postgresql_sends_it() {
        // SELECT numeric_send(1234567.8900), numeric_send(-0.00001), numeric_send('NaN')
        let check = |cell: &[u8], expect: Option<&str>| assert_eq!(shown(cell).as_deref(), expect);
        check(
            b"\x00\x03\x00\x01\x00\x00\x00\x04\x00\x7b\x11\xd7\x22\xc4",
            Some("1234567.8900"),
        );
        check(
            b"\x00\x01\xff\xfe\x40\x00\x00\x05\x03\xe8",
            Some("-0.00001"),
        );
        check(b"\x00\x00\x00\x00\xc0\x00\x00\x00", Some("NaN"));
        check(b"\x00\x00\x00\x00\xd0\x00\x00\x20", Some("INF"));
        check(b"\x00\x00\x00\x00\xf0\x00\x00\x20", Some("-INF"));
        check(b"\x00\x00\x00\x00\x00\x00\x00\x02", Some("0.00"));
        check(b"", None);
        check(b"\x00\x01\x00\x00\x00\x00\x00\x00", None);
        check(b"\x00\x01\x00\x00\x00\x00\x00\x00\x27\x10", None);
        check(b"\x00\x01\x00\x00\x12\x34\x00\x00\x00\x01", None);
        check(b"\x00\x00\x00\x01\x00\x00\x00\x00", None);
        check(b"\x00\x02\x00\x01\x00\x00\x00\x00\x00\x00\x00\x01", None);
    }

    #[test]
    fn floats_are_literals_of_the_grammar() {
        let check = |value: f64, expect: &str| {
            let mut out = Vec::new();
            write_float(&mut out, value);
            assert_eq!(String::from_utf8(out).unwrap(), expect);
        };
        check(1.0, "1.0");
        check(-0.0, "-0.0");
        check(0.1, "0.1");
        check(1e16, "1e16");
        check(1.5e300, "1.5e300");
        check(1e-7, "1e-7");
        check(f64::MAX, "1.7976931348623157e308");
        check(5e-324, "5e-324");
    }

    proptest! {
        #[test]
        fn every_digit_of_a_numeric_is_shown(
            text in "-?(0|[1-9][0-9]{0,30}|[1-9]0{1,40})(\\.[0-9]{1,30}|\\.0{1,20}[0-9])?"
        ) {
            // PostgreSQL has no negative zero.
            let zero = !text.bytes().any(|byte| (b'1'..=b'9').contains(&byte));
            let expect = if zero { text.trim_start_matches('-') } else { &text };
            prop_assert_eq!(shown(&numeric_cell(&text)), Some(expect.to_owned()));
        }

        #[test]
        fn a_float_reads_back(value in prop::num::f64::ANY) {
            prop_assume!(value.is_finite());
            let mut out = Vec::new();
            write_float(&mut out, value);
            let text = String::from_utf8(out).unwrap();
            prop_assert!(!text.contains('+'));
            prop_assert_eq!(text.parse::<f64>().unwrap().to_bits(), value.to_bits());
            prop_assert!(serde_json::from_str::<f64>(&text).is_ok());
        }

        #[test]
        fn any_bytes_are_a_number_or_refused(cell in prop::collection::vec(any::<u8>(), 0..40)) {
            if let Some(text) = shown(&cell) {
                let digits = text.trim_start_matches('-');
                prop_assert!(!digits.starts_with('0') || !digits[1..].starts_with(|c: char| c.is_ascii_digit()));
            }
        }
    }
}
