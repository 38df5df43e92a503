//! Lengths of time on the command line.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// A length of time as people write it: `500ms`, `30s`, `5m`, `1h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Time(pub Duration);

const UNITS: &[(&str, u64)] = &[("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

/// PostgreSQL's time-outs are milliseconds in 31 bits.
const LONGEST_TIME: u64 = 24 * 24 * 3_600_000;

impl FromStr for Time {
    type Err = String;

    fn from_str(text: &str) -> Result<Time, String> {
        let digits = text
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(text.len());
        let (number, unit) = text.split_at(digits);
        let unit = UNITS.iter().find(|(name, _)| *name == unit.trim());
        let millis = number
            .parse::<u64>()
            .ok()
            .zip(unit)
            .and_then(|(number, (_, millis))| number.checked_mul(*millis))
            .ok_or("expected a number with its unit, such as 500ms, 30s, 5m or 1h")?;
        match millis {
            0 => Err("expected more than nothing".to_owned()),
            1..=LONGEST_TIME => Ok(Time(Duration::from_millis(millis))),
            _ => Err("expected at most 576h".to_owned()),
        }
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = self.0.as_millis();
        let (unit, size) = UNITS
            .iter()
            .find(|(_, size)| millis.is_multiple_of(u128::from(*size)))
            .unwrap_or(&("ms", 1));
        write!(f, "{}{unit}", millis / u128::from(*size))
    }
}
