//! Dates, times and durations, from PostgreSQL's counts to the texts of the ABNF.
//!
//! PostgreSQL counts days and microseconds from 2000-01-01. It holds infinities, years before Christ
//! and beyond 9999, and 24:00, for which OData has no text. Those are null where null is allowed,
//! and otherwise the nearest value that has one, so that one such row never fails a page.

const MICROS_PER_SECOND: i64 = 1_000_000;
const MICROS_PER_DAY: i64 = 86_400 * MICROS_PER_SECOND;

/// 0001-01-01 and 9999-12-31, in days from 2000-01-01.
const FIRST_DAY: i64 = -730_119;
const LAST_DAY: i64 = 2_921_939;

/// A month as PostgreSQL counts it where an interval has to be a number (`interval_cmp`).
const DAYS_PER_MONTH: i64 = 30;

/// The value itself where it is in the range; else nothing, or the nearest that is.
fn within(value: i64, first: i64, last: i64, nullable: bool) -> Option<i64> {
    if (first..=last).contains(&value) {
        Some(value)
    } else if nullable {
        None
    } else {
        Some(value.clamp(first, last))
    }
}

/// Writes an `Edm.DateTimeOffset`, always with six digits and in UTC. Returns false, and writes
/// nothing, for null.
pub(super) fn write_timestamp(out: &mut Vec<u8>, micros: i64, nullable: bool) -> bool {
    const FIRST: i64 = FIRST_DAY * MICROS_PER_DAY;
    const LAST: i64 = (LAST_DAY + 1) * MICROS_PER_DAY - 1;
    let Some(micros) = within(micros, FIRST, LAST, nullable) else {
        return false;
    };
    let mut text = *b"0000-00-00T00:00:00.000000Z";
    let (day, time) = text.split_at_mut(11);
    put_day(day, micros.div_euclid(MICROS_PER_DAY));
    put_time(time, micros.rem_euclid(MICROS_PER_DAY));
    out.extend_from_slice(&text);
    true
}

/// Writes an `Edm.Date`. Returns false, and writes nothing, for null.
pub(super) fn write_date(out: &mut Vec<u8>, days: i32, nullable: bool) -> bool {
    let Some(days) = within(i64::from(days), FIRST_DAY, LAST_DAY, nullable) else {
        return false;
    };
    let mut text = *b"0000-00-00";
    put_day(&mut text, days);
    out.extend_from_slice(&text);
    true
}

/// Writes an `Edm.TimeOfDay`, always with six digits. Returns false, and writes nothing, for null.
pub(super) fn write_time(out: &mut Vec<u8>, micros: i64, nullable: bool) -> bool {
    let Some(micros) = within(micros, 0, MICROS_PER_DAY - 1, nullable) else {
        return false;
    };
    let mut text = *b"00:00:00.000000";
    put_time(&mut text, micros);
    out.extend_from_slice(&text);
    true
}

/// Writes an `Edm.Duration` in days, hours, minutes and seconds. A month counts 30 days, as it does
/// when PostgreSQL compares intervals. Returns false, and writes nothing, for an infinite one that
/// may be null.
pub(super) fn write_duration(
    out: &mut Vec<u8>,
    micros: i64,
    days: i32,
    months: i32,
    nullable: bool,
) -> bool {
    // PostgreSQL 17 marks an infinite interval by the extremes of all three fields.
    let infinite = [
        (i64::MAX, i32::MAX, i32::MAX),
        (i64::MIN, i32::MIN, i32::MIN),
    ];
    if nullable && infinite.contains(&(micros, days, months)) {
        return false;
    }
    let days = i64::from(days) + i64::from(months) * DAYS_PER_MONTH;
    let total = i128::from(days) * i128::from(MICROS_PER_DAY) + i128::from(micros);
    if total < 0 {
        out.push(b'-');
    }
    out.push(b'P');
    let total = total.unsigned_abs();
    let day = u128::from(MICROS_PER_DAY.unsigned_abs());
    let (days, micros) = ((total / day) as u64, (total % day) as u64);
    let (seconds, fraction) = (micros / 1_000_000, (micros % 1_000_000) as u32);
    put_part(out, days, b'D');
    if micros == 0 {
        if days == 0 {
            out.extend_from_slice(b"T0S");
        }
        return true;
    }
    out.push(b'T');
    put_part(out, seconds / 3600, b'H');
    put_part(out, seconds / 60 % 60, b'M');
    if fraction == 0 {
        put_part(out, seconds % 60, b'S');
        return true;
    }
    super::numeric::write_integer(out, seconds % 60);
    let mut digits = *b".000000";
    put_six(&mut digits[1..], fraction);
    let zeros = digits.iter().rev().take_while(|digit| **digit == b'0');
    let length = digits.len() - zeros.count();
    out.extend_from_slice(&digits[..length]);
    out.push(b'S');
    true
}

fn put_part(out: &mut Vec<u8>, number: u64, unit: u8) {
    if number > 0 {
        super::numeric::write_integer(out, number);
        out.push(unit);
    }
}

/// Puts a day between the first and the last into `0000-00-00`, by the proleptic Gregorian calendar.
///
/// Years are counted from the 1st of March, so that the leap day is a year's last. Quotients and remainders
/// of a year and of a month are taken by one multiplication each, which is exact for as many days as a century
/// and a year have (Neri and Schneider, Euclidean affine functions and their application to calendar algorithms).
fn put_day(text: &mut [u8], days: i64) {
    const DAYS_OF_400_YEARS: u32 = 146_097;
    /// From 0000-03-01 to 2000-01-01.
    const DAYS_BEFORE_2000: i64 = 730_425;
    /// The days of March to December.
    const DAYS_TO_JANUARY: u32 = 306;
    let quarters = 4 * u32::try_from(days + DAYS_BEFORE_2000).unwrap_or(0) + 3;
    let century = quarters / DAYS_OF_400_YEARS;
    // 2^32 / 2_939_745 are the 1461 days of four years.
    let years = 2_939_745 * u64::from((quarters % DAYS_OF_400_YEARS) | 3);
    let (year, day) = ((years >> 32) as u32, years as u32 / 2_939_745 / 4);
    // 2^16 / 2141 are the 153 days of five months, by five.
    let months = 2141 * day + 197_913;
    let (month, day_of_month) = (months >> 16, (months & 0xffff) / 2141 + 1);
    let is_next_year = day >= DAYS_TO_JANUARY;
    let month = if is_next_year { month - 12 } else { month };
    put_four(
        &mut text[..4],
        century * 100 + year + u32::from(is_next_year),
    );
    put_two(&mut text[5..7], month);
    put_two(&mut text[8..10], day_of_month);
}

/// Puts a time of the day into `00:00:00.000000`.
fn put_time(text: &mut [u8], micros: i64) {
    let seconds = (micros / MICROS_PER_SECOND) as u32;
    put_two(&mut text[..2], seconds / 3600);
    put_two(&mut text[3..5], seconds / 60 % 60);
    put_two(&mut text[6..8], seconds % 60);
    put_six(&mut text[9..15], (micros % MICROS_PER_SECOND) as u32);
}

/// The numbers from 0 to 99.
const PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[0; 2]; 100];
    let mut number = 0;
    while number < 100 {
        pairs[number] = [b'0' + number as u8 / 10, b'0' + number as u8 % 10];
        number += 1;
    }
    pairs
};

fn put_six(text: &mut [u8], number: u32) {
    put_two(&mut text[..2], number / 10_000);
    put_four(&mut text[2..6], number % 10_000);
}

fn put_four(text: &mut [u8], number: u32) {
    put_two(&mut text[..2], number / 100);
    put_two(&mut text[2..4], number % 100);
}

/// Puts a number below 100.
fn put_two(text: &mut [u8], number: u32) {
    text.copy_from_slice(&PAIRS[number as usize % 100]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
    use proptest::prelude::*;

    fn epoch() -> DateTime<Utc> {
        NaiveDate::from_ymd_opt(2000, 1, 1)
            .unwrap()
            .and_time(NaiveTime::MIN)
            .and_utc()
    }

    fn text(write: impl FnOnce(&mut Vec<u8>) -> bool) -> Option<String> {
        let mut out = Vec::new();
        let some = write(&mut out);
        assert!(some || out.is_empty());
        some.then(|| String::from_utf8(out).unwrap())
    }

    #[test]
    fn every_day_of_400_years_and_one_in_eleven_of_the_others() {
        let all = FIRST_DAY..=LAST_DAY;
        let era = all.clone().skip(1800 * 365).take(146_097);
        for days in era.chain(all.clone().step_by(11)).chain([LAST_DAY]) {
            let expect = epoch().date_naive() + TimeDelta::days(days);
            let mut out = [0; 10];
            out.copy_from_slice(b"0000-00-00");
            put_day(&mut out, days);
            assert_eq!(
                std::str::from_utf8(&out).unwrap(),
                expect.to_string(),
                "{days}"
            );
        }
    }

    #[test]
    fn what_has_no_text_is_null_or_the_nearest() {
        let check = |micros: i64, nearest: &str| {
            assert_eq!(text(|out| write_timestamp(out, micros, true)), None);
            let clamped = text(|out| write_timestamp(out, micros, false));
            assert_eq!(clamped.as_deref(), Some(nearest));
        };
        check(i64::MAX, "9999-12-31T23:59:59.999999Z");
        check(i64::MIN, "0001-01-01T00:00:00.000000Z");
        check(
            FIRST_DAY * MICROS_PER_DAY - 1,
            "0001-01-01T00:00:00.000000Z",
        );
        check(
            (LAST_DAY + 1) * MICROS_PER_DAY,
            "9999-12-31T23:59:59.999999Z",
        );
        assert_eq!(text(|out| write_date(out, i32::MAX, true)), None);
        let last = text(|out| write_date(out, i32::MAX, false));
        assert_eq!(last.as_deref(), Some("9999-12-31"));
        assert_eq!(text(|out| write_time(out, MICROS_PER_DAY, true)), None);
        let last = text(|out| write_time(out, MICROS_PER_DAY, false));
        assert_eq!(last.as_deref(), Some("23:59:59.999999"));
    }

    #[test]
    fn durations() {
        let check = |micros: i64, days: i32, months: i32, expect: &str| {
            let found = text(|out| write_duration(out, micros, days, months, true));
            assert_eq!(found.as_deref(), Some(expect));
        };
        check(0, 0, 0, "PT0S");
        check(7_384_500_000, 1, 0, "P1DT2H3M4.5S");
        check(0, 0, 2, "P60D");
        check(0, -1, 0, "-P1D");
        check(1, -1, 0, "-PT23H59M59.999999S");
        check(129_600_000_000, 0, 0, "P1DT12H");
        check(60_000_000, 0, 0, "PT1M");
        check(1, 0, 0, "PT0.000001S");
        check(i64::MAX, i32::MIN, i32::MAX, "P62383777753DT4H54.775807S");
        let infinite =
            |nullable| text(|out| write_duration(out, i64::MAX, i32::MAX, i32::MAX, nullable));
        assert_eq!(infinite(true), None);
        assert!(infinite(false).is_some());
    }

    proptest! {
        #[test]
        fn timestamps_are_those_of_chrono(
            micros in FIRST_DAY * MICROS_PER_DAY..(LAST_DAY + 1) * MICROS_PER_DAY
        ) {
            let time = epoch() + TimeDelta::microseconds(micros);
            let expect = time.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string();
            prop_assert_eq!(text(|out| write_timestamp(out, micros, true)), Some(expect));
        }

        #[test]
        fn times_are_those_of_chrono(micros in 0..MICROS_PER_DAY) {
            let time = NaiveTime::MIN + TimeDelta::microseconds(micros);
            let expect = time.format("%H:%M:%S%.6f").to_string();
            prop_assert_eq!(text(|out| write_time(out, micros, true)), Some(expect));
        }

        #[test]
        fn a_duration_adds_up(micros: i64, days: i32, months in -100_000i32..100_000) {
            let text = text(|out| write_duration(out, micros, days, months, true)).unwrap();
            let expect = i128::from(micros)
                + (i128::from(days) + i128::from(months) * 30) * i128::from(MICROS_PER_DAY);
            prop_assert_eq!(read_duration(&text), expect, "{}", text);
        }
    }

    /// A naive reader: the sum of its parts in microseconds.
    fn read_duration(text: &str) -> i128 {
        let (sign, text) = match text.strip_prefix('-') {
            Some(text) => (-1, text),
            None => (1, text),
        };
        let mut total = 0;
        let mut number = String::new();
        for c in text.strip_prefix('P').unwrap().chars() {
            let unit: i128 = match c {
                'T' => continue,
                'D' => 86_400,
                'H' => 3600,
                'M' => 60,
                'S' => 1,
                _ => {
                    number.push(c);
                    continue;
                }
            };
            let (whole, fraction) = number.split_once('.').unwrap_or((&number, ""));
            let micros: i128 = format!("{whole}{fraction:0<6}").parse().unwrap();
            total += micros * unit;
            number.clear();
        }
        assert!(number.is_empty());
        sign * total
    }
}
