//! Days, instants, times and durations as numbers, and their texts (ABNF `dateValue` and its like).

const DAY: i64 = 86_400_000_000;
/// 0001-01-01 and 9999-12-31, in days since 1970-01-01.
pub(super) const DAYS: std::ops::RangeInclusive<i64> = -719_162..=2_932_896;

/// The days since 1970-01-01 of a day of the proleptic Gregorian calendar.
pub(super) fn days_of(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Year, month and day.
pub(super) fn date_of(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

/// Day and microseconds of the day of an instant, in UTC.
pub(super) fn split(micros: i64) -> (i64, i64) {
    (micros.div_euclid(DAY), micros.rem_euclid(DAY))
}

/// Whether the instant's year is one that can be written.
pub(super) fn is_in_range(micros: i64) -> bool {
    DAYS.contains(&split(micros).0)
}

/// The instant of a day's midnight.
pub(super) fn midnight(days: i64) -> i64 {
    days * DAY
}

pub(super) fn date_text(days: i64) -> String {
    let (year, month, day) = date_of(days);
    format!("{year:04}-{month:02}-{day:02}")
}

pub(super) fn time_text(micros: i64) -> String {
    let (seconds, micros) = (micros / 1_000_000, micros % 1_000_000);
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    format!("{hour:02}:{minute:02}:{second:02}.{micros:06}")
}

pub(super) fn date_time_text(micros: i64) -> String {
    let (days, clock) = split(micros);
    format!("{}T{}Z", date_text(days), time_text(clock))
}

/// `2021-11-23`.
pub(super) fn parse_date(text: &str) -> Option<i64> {
    let (year, rest) = text.split_at_checked(4)?;
    let rest = rest.strip_prefix('-')?;
    let (month, day) = rest.split_once('-')?;
    let (year, month, day) = (number(year, 4)?, number(month, 2)?, number(day, 2)?);
    let days = days_of(year, month, day);
    (date_of(days) == (year, month, day) && DAYS.contains(&days)).then_some(days)
}

/// `12:41`, `12:41:26`, `12:41:26.745`.
pub(super) fn parse_time(text: &str) -> Option<i64> {
    let mut parts = text.splitn(3, ':');
    let (hour, minute) = (number(parts.next()?, 2)?, number(parts.next()?, 2)?);
    let micros = parts.next().map_or(Some(0), parse_seconds)?;
    (hour < 24 && minute < 60 && micros < 60_000_000)
        .then_some((hour * 60 + minute) * 60_000_000 + micros)
}

/// `26.745` in microseconds.
fn parse_seconds(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = format!("{fraction:0<6}");
    Some(number(whole, whole.len())? * 1_000_000 + number(digits.get(..6)?, 6)?)
}

/// An instant; one without an offset is in UTC (5.1.1.10.1, rule 11).
pub(super) fn parse_date_time(text: &str) -> Option<i64> {
    let text = text.to_uppercase();
    let (date, rest) = text.split_once('T')?;
    let days = parse_date(date)?;
    let at = rest.find(['Z', '+', '-']).unwrap_or(rest.len());
    let (clock, offset) = rest.split_at(at);
    let micros = midnight(days) + parse_time(clock)?;
    let minutes = match offset {
        "" | "Z" => 0,
        _ => {
            let (hours, minutes) = offset[1..].split_once(':')?;
            let minutes = number(hours, 2)? * 60 + number(minutes, 2)?;
            if offset.starts_with('-') {
                -minutes
            } else {
                minutes
            }
        }
    };
    let micros = micros - minutes * 60_000_000;
    is_in_range(micros).then_some(micros)
}

/// `-P1DT2H3M4.5S` in microseconds.
pub(super) fn parse_duration(text: &str) -> Option<i64> {
    let (negative, text) = match text.strip_prefix('-') {
        Some(text) => (true, text),
        None => (false, text),
    };
    let text = text.strip_prefix('P')?;
    let (days, clock) = text.split_once('T').unwrap_or((text, ""));
    let mut micros = match days.strip_suffix('D') {
        Some(days) => number(days, days.len())?.checked_mul(DAY)?,
        None if days.is_empty() && !clock.is_empty() => 0,
        None => return None,
    };
    let mut rest = clock;
    for (unit, size) in [('H', 3_600_000_000), ('M', 60_000_000), ('S', 1)] {
        if let Some((amount, behind)) = rest.split_once(unit) {
            let amount = if unit == 'S' {
                parse_seconds(amount)?
            } else {
                number(amount, amount.len())?
            };
            micros = micros.checked_add(amount.checked_mul(size)?)?;
            rest = behind;
        }
    }
    (rest.is_empty()).then_some(if negative { -micros } else { micros })
}

fn number(text: &str, digits: usize) -> Option<i64> {
    let all = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    (all && text.len() == digits)
        .then(|| text.parse().ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_numbers_lead_to_each_other() {
        for text in ["0001-01-01", "1970-01-01", "2000-02-29", "9999-12-31"] {
            assert_eq!(date_text(parse_date(text).unwrap()), text);
        }
        for text in ["2021-02-29", "1900-02-29", "0000-01-01", "2021-13-01"] {
            assert_eq!(parse_date(text), None, "{text}");
        }
        let text = "2021-11-23T23:59:59.999999Z";
        assert_eq!(date_time_text(parse_date_time(text).unwrap()), text);
        assert_eq!(
            parse_date_time("2021-11-23T01:30:00+02:00"),
            parse_date_time("2021-11-22T23:30Z")
        );
        assert_eq!(parse_duration("-P1DT1M0.5S"), Some(-86_460_500_000));
        assert_eq!(parse_duration("P"), None);
    }
}
