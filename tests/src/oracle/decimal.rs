//! Decimal numbers of any size, exact but for quotients that don't end.

use num_bigint::BigInt;
use std::cmp::Ordering;
use std::fmt;

/// A number by its digits: `digits / 10^scale`, or one of the special values.
#[derive(Debug, Clone)]
pub struct Decimal {
    kind: Kind,
    /// Whether it is a rounded quotient: its last digits are nobody's promise.
    pub approximate: bool,
}

#[derive(Debug, Clone)]
enum Kind {
    Finite { digits: BigInt, scale: u32 },
    NaN,
    Infinite { negative: bool },
}

/// Digits of a quotient behind the point.
const QUOTIENT_DIGITS: u32 = 60;
/// A quotient of more significant digits than these may be rounded by anybody.
const CERTAIN_DIGITS: usize = 15;

impl Decimal {
    /// Not a number.
    pub const NAN: Decimal = Decimal {
        kind: Kind::NaN,
        approximate: false,
    };

    fn finite(digits: BigInt, scale: u32) -> Decimal {
        Decimal {
            kind: Kind::Finite { digits, scale },
            approximate: false,
        }
    }

    /// Infinity of that sign.
    pub fn infinite(negative: bool) -> Decimal {
        Decimal {
            kind: Kind::Infinite { negative },
            approximate: false,
        }
    }

    /// The number that this text writes, with an exponent or without; `INF`, `-INF`, `NaN` too.
    pub fn parse(text: &str) -> Option<Decimal> {
        match text {
            "NaN" => return Some(Decimal::NAN),
            "INF" => return Some(Decimal::infinite(false)),
            "-INF" => return Some(Decimal::infinite(true)),
            _ => {}
        }
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits: BigInt = format!("{whole}{fraction}").parse().ok()?;
        let scale = i32::try_from(fraction.len()).ok()? - exponent;
        Some(match u32::try_from(scale) {
            Ok(scale) => Decimal::finite(digits, scale),
            Err(_) => Decimal::finite(digits * power(scale.unsigned_abs()), 0),
        })
    }

    /// The number that a Double is nearest to, by its shortest text; not promised to the last digit.
    pub fn from_f64(x: f64) -> Decimal {
        if x.is_nan() {
            return Decimal::NAN;
        }
        if x.is_infinite() {
            return Decimal::infinite(x < 0.0);
        }
        let decimal = Decimal::parse(&format!("{x}")).expect("a finite number is written so");
        Decimal {
            approximate: true,
            ..decimal
        }
    }

    /// The nearest Double.
    pub fn to_f64(&self) -> f64 {
        self.to_string()
            .parse()
            .expect("a decimal is written as a Double is read")
    }

    /// The nearest Single.
    pub fn to_f32(&self) -> f32 {
        self.to_string()
            .parse()
            .expect("a decimal is written as a Single is read")
    }

    /// Whether it is not a number.
    pub fn is_nan(&self) -> bool {
        matches!(self.kind, Kind::NaN)
    }

    /// Whether it is zero.
    pub fn is_zero(&self) -> bool {
        matches!(&self.kind, Kind::Finite { digits, .. } if *digits == BigInt::ZERO)
    }

    /// Whether it is a number of finite size.
    pub fn is_finite(&self) -> bool {
        matches!(self.kind, Kind::Finite { .. })
    }

    fn is_negative(&self) -> bool {
        match &self.kind {
            Kind::Finite { digits, .. } => *digits < BigInt::ZERO,
            Kind::Infinite { negative } => *negative,
            Kind::NaN => false,
        }
    }

    /// Whether it has no fraction.
    pub fn is_whole(&self) -> bool {
        self.is_finite() && self.compare(&self.truncate()) == Some(Ordering::Equal)
    }

    /// As a whole number of 64 bits, its fraction cut off.
    pub fn to_i64(&self) -> Option<i64> {
        match self.truncate().kind {
            Kind::Finite { digits, scale } => i64::try_from(digits / power(scale)).ok(),
            _ => None,
        }
    }

    /// `None` where one is not a number.
    pub fn compare(&self, other: &Decimal) -> Option<Ordering> {
        match (&self.kind, &other.kind) {
            (Kind::NaN, _) | (_, Kind::NaN) => None,
            (Kind::Infinite { negative: a }, Kind::Infinite { negative: b }) => Some(b.cmp(a)),
            (Kind::Infinite { negative }, _) => Some(if *negative {
                Ordering::Less
            } else {
                Ordering::Greater
            }),
            (_, Kind::Infinite { negative }) => Some(if *negative {
                Ordering::Greater
            } else {
                Ordering::Less
            }),
            (
                Kind::Finite {
                    digits: a,
                    scale: x,
                },
                Kind::Finite {
                    digits: b,
                    scale: y,
                },
            ) => {
                let scale = *x.max(y);
                Some((a * power(scale - x)).cmp(&(b * power(scale - y))))
            }
        }
    }

    /// Whether a comparison of the two hangs on digits that nobody promises.
    pub fn is_too_near(&self, other: &Decimal) -> bool {
        if !(self.approximate || other.approximate) {
            return false;
        }
        if !self.is_finite() || !other.is_finite() {
            return false;
        }
        let difference = self.subtract(other).to_f64().abs();
        difference <= 1e-11 * self.to_f64().abs().max(other.to_f64().abs())
    }

    /// The sum.
    pub fn add(&self, other: &Decimal) -> Decimal {
        let approximate = self.approximate || other.approximate;
        let sum = match (&self.kind, &other.kind) {
            (
                Kind::Finite {
                    digits: a,
                    scale: x,
                },
                Kind::Finite {
                    digits: b,
                    scale: y,
                },
            ) => {
                let scale = *x.max(y);
                Decimal::finite(a * power(scale - x) + b * power(scale - y), scale)
            }
            (Kind::NaN, _) | (_, Kind::NaN) => Decimal::NAN,
            (Kind::Infinite { negative: a }, Kind::Infinite { negative: b }) if a != b => {
                Decimal::NAN
            }
            (Kind::Infinite { negative }, _) | (_, Kind::Infinite { negative }) => {
                Decimal::infinite(*negative)
            }
        };
        Decimal { approximate, ..sum }
    }

    /// The number with the other sign.
    pub fn negate(&self) -> Decimal {
        let kind = match &self.kind {
            Kind::Finite { digits, scale } => Kind::Finite {
                digits: -digits,
                scale: *scale,
            },
            Kind::NaN => Kind::NaN,
            Kind::Infinite { negative } => Kind::Infinite {
                negative: !negative,
            },
        };
        Decimal {
            kind,
            approximate: self.approximate,
        }
    }

    /// The difference.
    pub fn subtract(&self, other: &Decimal) -> Decimal {
        self.add(&other.negate())
    }

    /// The product.
    pub fn multiply(&self, other: &Decimal) -> Decimal {
        let approximate = self.approximate || other.approximate;
        let product = match (&self.kind, &other.kind) {
            (
                Kind::Finite {
                    digits: a,
                    scale: x,
                },
                Kind::Finite {
                    digits: b,
                    scale: y,
                },
            ) => Decimal::finite(a * b, x + y),
            (Kind::NaN, _) | (_, Kind::NaN) => Decimal::NAN,
            _ if self.is_zero() || other.is_zero() => Decimal::NAN,
            _ => Decimal::infinite(self.is_negative() != other.is_negative()),
        };
        Decimal {
            approximate,
            ..product
        }
    }

    /// The quotient; `None` for a divisor of zero.
    pub fn divide(&self, other: &Decimal) -> Option<Decimal> {
        if other.is_zero() {
            return None;
        }
        let approximate = self.approximate || other.approximate;
        Some(match (&self.kind, &other.kind) {
            (
                Kind::Finite {
                    digits: a,
                    scale: x,
                },
                Kind::Finite {
                    digits: b,
                    scale: y,
                },
            ) => {
                let numerator = a * power(QUOTIENT_DIGITS + y);
                let (quotient, rest) = (&numerator / b, &numerator % b);
                let significant = quotient.to_string();
                let significant = significant.trim_start_matches('-').trim_end_matches('0');
                Decimal {
                    approximate: approximate
                        || rest != BigInt::ZERO
                        || significant.len() > CERTAIN_DIGITS,
                    ..Decimal::finite(quotient, QUOTIENT_DIGITS + x)
                }
            }
            (Kind::NaN, _) | (_, Kind::NaN) => Decimal::NAN,
            (Kind::Infinite { .. }, Kind::Infinite { .. }) => Decimal::NAN,
            (Kind::Infinite { .. }, _) => {
                Decimal::infinite(self.is_negative() != other.is_negative())
            }
            (_, Kind::Infinite { .. }) => Decimal::finite(BigInt::ZERO, 0),
        })
    }

    /// What is left of the first behind whole multiples of the second, with the sign of the first;
    /// `None` for a divisor of zero.
    pub fn remainder(&self, other: &Decimal) -> Option<Decimal> {
        if other.is_zero() {
            return None;
        }
        let approximate = self.approximate || other.approximate;
        let rest = match (&self.kind, &other.kind) {
            (
                Kind::Finite {
                    digits: a,
                    scale: x,
                },
                Kind::Finite {
                    digits: b,
                    scale: y,
                },
            ) => {
                let scale = *x.max(y);
                Decimal::finite((a * power(scale - x)) % (b * power(scale - y)), scale)
            }
            (Kind::Finite { .. }, Kind::Infinite { .. }) => self.clone(),
            _ => Decimal::NAN,
        };
        Some(Decimal {
            approximate,
            ..rest
        })
    }

    /// Without its fraction.
    pub fn truncate(&self) -> Decimal {
        self.rounded(|whole, _, _| whole)
    }

    /// The largest whole number that is not larger.
    pub fn floor(&self) -> Decimal {
        self.rounded(|whole, rest, _| {
            if rest < BigInt::ZERO {
                whole - 1
            } else {
                whole
            }
        })
    }

    /// The smallest whole number that is not smaller.
    pub fn ceiling(&self) -> Decimal {
        self.rounded(|whole, rest, _| {
            if rest > BigInt::ZERO {
                whole + 1
            } else {
                whole
            }
        })
    }

    /// The nearest whole number, half away from zero.
    pub fn round(&self) -> Decimal {
        self.rounded(|whole, rest, unit| {
            let twice = &rest * 2;
            if twice >= unit {
                whole + 1
            } else if twice <= -unit {
                whole - 1
            } else {
                whole
            }
        })
    }

    fn rounded(&self, to: impl FnOnce(BigInt, BigInt, BigInt) -> BigInt) -> Decimal {
        match &self.kind {
            Kind::Finite { digits, scale } => {
                let unit = power(*scale);
                let whole = to(digits / &unit, digits % &unit, unit);
                Decimal {
                    approximate: self.approximate,
                    ..Decimal::finite(whole, 0)
                }
            }
            _ => self.clone(),
        }
    }
}

impl From<i64> for Decimal {
    fn from(n: i64) -> Decimal {
        Decimal::finite(n.into(), 0)
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::NaN => f.write_str("NaN"),
            Kind::Infinite { negative: false } => f.write_str("INF"),
            Kind::Infinite { negative: true } => f.write_str("-INF"),
            Kind::Finite { digits, scale } => {
                let text = digits.magnitude().to_string();
                let scale = *scale as usize;
                let text = format!("{text:0>width$}", width = scale + 1);
                let (whole, fraction) = text.split_at(text.len() - scale);
                let sign = if *digits < BigInt::ZERO { "-" } else { "" };
                let fraction = fraction.trim_end_matches('0');
                if fraction.is_empty() {
                    write!(f, "{sign}{whole}")
                } else {
                    write!(f, "{sign}{whole}.{fraction}")
                }
            }
        }
    }
}

fn power(exponent: u32) -> BigInt {
    BigInt::from(10).pow(exponent)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Decimal {
        Decimal::parse(text).unwrap()
    }

    #[test]
    fn numbers_are_exact() {
        assert_eq!(of("0.1").add(&of("0.2")).to_string(), "0.3");
        assert_eq!(of("-1.5e3").to_string(), "-1500");
        assert_eq!(of("1e-3").multiply(&of("-7")).to_string(), "-0.007");
        assert_eq!(of("7").divide(&of("8")).unwrap().to_string(), "0.875");
        assert!(of("1").divide(&of("3")).unwrap().approximate);
        assert_eq!(of("-7.5").remainder(&of("2")).unwrap().to_string(), "-1.5");
        assert!(of("1").divide(&of("0.00")).is_none());
    }

    #[test]
    fn rounding_is_half_away_from_zero() {
        for (number, floor, ceiling, round) in [
            ("2.5", "2", "3", "3"),
            ("-2.5", "-3", "-2", "-3"),
            ("-0.4", "-1", "0", "0"),
            ("7", "7", "7", "7"),
        ] {
            let number = of(number);
            assert_eq!(number.floor().to_string(), floor);
            assert_eq!(number.ceiling().to_string(), ceiling);
            assert_eq!(number.round().to_string(), round);
        }
    }

    #[test]
    fn nothing_compares_with_nan() {
        assert_eq!(of("NaN").compare(&of("NaN")), None);
        assert_eq!(of("-INF").compare(&of("-1")), Some(Ordering::Less));
        assert_eq!(of("1.0").compare(&of("1")), Some(Ordering::Equal));
    }
}
