//! A literal goes in; the value of a type comes out, or why it is none.

use super::errors::Mismatch;
use crate::ast::Value as Written;
use crate::model::Literal;
use aster_contract::model::Primitive;
use bigdecimal::num_bigint::BigInt;

/// The range of an integer type.
pub(super) fn integer_range(primitive: Primitive) -> Option<(i128, i128)> {
    Some(match primitive {
        Primitive::Int8 => (i8::MIN.into(), i8::MAX.into()),
        Primitive::Int16 => (i16::MIN.into(), i16::MAX.into()),
        Primitive::Varint32 | Primitive::Int32 => (i32::MIN.into(), i32::MAX.into()),
        Primitive::Varint64 | Primitive::Int64 => (i64::MIN.into(), i64::MAX.into()),
        Primitive::Uint8 => (0, u8::MAX.into()),
        Primitive::Uint16 => (0, u16::MAX.into()),
        Primitive::VarUint32 | Primitive::Uint32 => (0, u32::MAX.into()),
        Primitive::VarUint64 | Primitive::Uint64 => (0, u64::MAX.into()),
        _ => return None,
    })
}

/// What was written, as a value of a scalar type.
pub(super) fn literal(value: &Written, primitive: Primitive) -> Result<Literal, Mismatch> {
    if let Some((low, high)) = integer_range(primitive) {
        return match value {
            Written::Int(integer) => match integer.value().filter(|value| (low..=high).contains(value)) {
                Some(value) => Ok(Literal::Int(value)),
                None => Err(Mismatch::Range(format!("{low} … {high}"))),
            },
            _ => Err(Mismatch::Kind("an integer")),
        };
    }
    match (primitive, value) {
        (Primitive::Bool, Written::Bool(value)) => Ok(Literal::Bool(*value)),
        (Primitive::Bool, _) => Err(Mismatch::Kind("`true` or `false`")),
        (Primitive::String, Written::String(text)) => Ok(Literal::String(text.clone())),
        (Primitive::String, _) => Err(Mismatch::Kind("a string in quotes")),
        (Primitive::Binary, Written::String(text)) => Ok(Literal::Bytes(text.clone().into_bytes())),
        (Primitive::Binary, _) => Err(Mismatch::Kind("a string in quotes, whose UTF-8 it is")),
        (Primitive::Float32 | Primitive::Float64, Written::Int(integer)) => {
            float(&integer.digits_for_float(), primitive)
        }
        (Primitive::Float32 | Primitive::Float64, Written::Float(text)) => float(text, primitive),
        (Primitive::Float32 | Primitive::Float64, _) => Err(Mismatch::Kind("a number")),
        (Primitive::Decimal, Written::Int(integer)) => decimal(&integer.digits_for_float()),
        (Primitive::Decimal, Written::Float(text)) => decimal(text),
        (Primitive::Decimal, _) => Err(Mismatch::Kind("a number")),
        (Primitive::Duration, Written::Duration(milliseconds)) => duration(*milliseconds),
        (Primitive::Duration, Written::Int(_)) => Err(Mismatch::Unit),
        (Primitive::Duration, _) => Err(Mismatch::Kind("a duration such as `1m30s`")),
        (Primitive::Timestamp, Written::String(text)) => timestamp(text),
        (Primitive::Timestamp, _) => Err(Mismatch::Kind(
            "a timestamp in quotes, such as `\"2026-01-31T12:00:00Z\"`",
        )),
        (Primitive::Date, Written::String(text)) => date(text),
        (Primitive::Date, _) => Err(Mismatch::Kind("a date in quotes, such as `\"2026-01-31\"`")),
        _ => Err(Mismatch::Kind("another value")),
    }
}

impl crate::ast::Integer {
    /// Digits in base ten, also of a hexadecimal literal.
    fn digits_for_float(&self) -> String {
        self.value()
            .map_or_else(|| self.0.clone(), |value| value.to_string())
    }
}

fn float(text: &str, primitive: Primitive) -> Result<Literal, Mismatch> {
    let range = || match primitive {
        Primitive::Float32 => Mismatch::Range("±3.4028235e38".to_owned()),
        _ => Mismatch::Range("±1.7976931348623157e308".to_owned()),
    };
    let value: f64 = text.parse().map_err(|_| range())?;
    let fits = match primitive {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "whether it becomes infinite is the question"
        )]
        Primitive::Float32 => (value as f32).is_finite(),
        _ => value.is_finite(),
    };
    if fits {
        Ok(Literal::Float(value))
    } else {
        Err(range())
    }
}

/// |scale| ≤ 10,000 and 4,096 bytes of magnitude.
fn decimal(text: &str) -> Result<Literal, Mismatch> {
    const MAX_SCALE: i64 = 10_000;
    const MAX_BITS: u64 = 4096 * 8;
    /// More digits than this are more than [`MAX_BITS`].
    const MAX_DIGITS: usize = 9_865;
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let (sign, whole) = whole.strip_prefix('-').map_or(("", whole), |rest| ("-", rest));
    let digits = format!("{whole}{fraction}");
    let significant = digits.trim_start_matches('0');
    let too_large = || Mismatch::Range("4,096 bytes of digits".to_owned());
    if significant.len() > MAX_DIGITS {
        return Err(too_large());
    }
    let unscaled = if significant.is_empty() {
        "0".to_owned()
    } else {
        format!("{sign}{significant}")
    };
    let magnitude: BigInt = unscaled.parse().map_err(|_| too_large())?;
    if magnitude.bits() > MAX_BITS {
        return Err(too_large());
    }
    let scale_range = || Mismatch::Range("a scale of -10000 … 10000".to_owned());
    let exponent: i64 = exponent.parse().map_err(|_| scale_range())?;
    let places = i64::try_from(fraction.len()).map_err(|_| scale_range())?;
    let scale = places
        .checked_sub(exponent)
        .filter(|scale| scale.abs() <= MAX_SCALE)
        .ok_or_else(scale_range)?;
    let scale = i32::try_from(scale).map_err(|_| scale_range())?;
    Ok(Literal::Decimal { unscaled, scale })
}

/// ± 9·10¹² s
fn duration(milliseconds: Option<i64>) -> Result<Literal, Mismatch> {
    const MAX: i64 = 9_000_000_000_000_000;
    match milliseconds.filter(|value| (-MAX..=MAX).contains(value)) {
        Some(milliseconds) => Ok(Literal::Duration { milliseconds }),
        None => Err(Mismatch::Range("±9000000000000s".to_owned())),
    }
}

fn timestamp(text: &str) -> Result<Literal, Mismatch> {
    let bad = |why: String| Err(Mismatch::Timestamp(why));
    if !is_rfc3339(text) {
        return bad(
            "it is not written as RFC 3339 says, `2026-01-31T12:00:00Z` or with an offset `+02:00`"
                .to_owned(),
        );
    }
    if text.as_bytes().get(17..19) == Some(b"60") {
        return bad("leap seconds have no timestamp".to_owned());
    }
    let range = || Mismatch::Range("0001-01-01T00:00:00Z … 9999-12-30T22:00:00Z".to_owned());
    if text
        .get(..19)
        .and_then(|civil| civil.to_ascii_uppercase().parse::<jiff::civil::DateTime>().ok())
        .is_none()
    {
        return bad("there is no such day or time".to_owned());
    }
    let parsed: jiff::Timestamp = text.to_ascii_uppercase().parse().map_err(|_| range())?;
    // 0001-01-01T00:00:00Z … 9999-12-30T22:00:00Z
    const FIRST: i64 = -62_135_596_800;
    const LAST: i64 = 253_402_207_200;
    let (mut seconds, mut nanoseconds) = (parsed.as_second(), parsed.subsec_nanosecond());
    if nanoseconds < 0 {
        seconds -= 1;
        nanoseconds += 1_000_000_000;
    }
    let beyond = seconds > LAST || (seconds == LAST && nanoseconds > 0);
    if seconds < FIRST || beyond {
        return Err(range());
    }
    Ok(Literal::Timestamp {
        seconds,
        nanoseconds: nanoseconds.unsigned_abs(),
    })
}

/// `YYYY-MM-DDThh:mm:ss`, a fraction, and `Z` or `±hh:mm`.
fn is_rfc3339(text: &str) -> bool {
    let shape = |part: &str, pattern: &str| {
        part.len() == pattern.len()
            && part.bytes().zip(pattern.bytes()).all(|(byte, p)| match p {
                b'0' => byte.is_ascii_digit(),
                b'T' => byte.eq_ignore_ascii_case(&b'T'),
                _ => byte == p,
            })
    };
    let Some((head, rest)) = text.split_at_checked(19) else {
        return false;
    };
    let rest = match rest.strip_prefix('.') {
        Some(fraction) => {
            let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
            if !(1..=9).contains(&digits) {
                return false;
            }
            &fraction[digits..]
        }
        None => rest,
    };
    let zone = rest.eq_ignore_ascii_case("z") || shape(rest, "+00:00") || shape(rest, "-00:00");
    shape(head, "0000-00-00T00:00:00") && zone
}

fn date(text: &str) -> Result<Literal, Mismatch> {
    let form = text.len() == 10
        && text.bytes().enumerate().all(|(at, byte)| {
            if at == 4 || at == 7 {
                byte == b'-'
            } else {
                byte.is_ascii_digit()
            }
        });
    if !form {
        return Err(Mismatch::Date(
            "it is not written as RFC 3339 says, `2026-01-31`".to_owned(),
        ));
    }
    let parsed: jiff::civil::Date = text
        .parse()
        .map_err(|_: jiff::Error| Mismatch::Date("there is no such day".to_owned()))?;
    if parsed.year() < 1 {
        return Err(Mismatch::Range("0001-01-01 … 9999-12-31".to_owned()));
    }
    let epoch = jiff::civil::Date::constant(1970, 1, 1);
    let days = parsed.since((jiff::Unit::Day, epoch)).map(|span| span.get_days());
    match days {
        Ok(days) => Ok(Literal::Date { days }),
        Err(error) => Err(Mismatch::Date(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_are_rfc_3339_within_range() {
        let at = |text: &str| timestamp(text).ok();
        assert_eq!(
            at("1970-01-01T00:00:01Z"),
            Some(Literal::Timestamp {
                seconds: 1,
                nanoseconds: 0
            })
        );
        assert_eq!(
            at("1969-12-31T23:59:59.5Z"),
            Some(Literal::Timestamp {
                seconds: -1,
                nanoseconds: 500_000_000
            })
        );
        assert_eq!(
            at("1970-01-01T02:00:00+02:00"),
            Some(Literal::Timestamp {
                seconds: 0,
                nanoseconds: 0
            })
        );
        assert!(at("0001-01-01T00:00:00Z").is_some() && at("9999-12-30T22:00:00Z").is_some());
        for text in [
            "9999-12-30T22:00:00.000000001Z",
            "0000-12-31T23:59:59Z",
            "2026-01-31",
            "2026-01-31 12:00:00Z",
            "2026-02-30T00:00:00Z",
            "2026-01-31T12:00:60Z",
            "2026-01-31T12:00:00",
            "2026-01-31T12:00:00Z[UTC]",
            "2026-01-31T12:00Z",
            "",
        ] {
            assert!(at(text).is_none(), "{text}");
        }
    }

    #[test]
    fn dates_count_days() {
        assert_eq!(date("1970-01-02").ok(), Some(Literal::Date { days: 1 }));
        assert_eq!(date("0001-01-01").ok(), Some(Literal::Date { days: -719_162 }));
        assert_eq!(date("9999-12-31").ok(), Some(Literal::Date { days: 2_932_896 }));
        assert!(date("0000-01-01").is_err() && date("2026-02-29").is_err() && date("26-1-1").is_err());
    }

    #[test]
    fn decimals_keep_their_scale() {
        let of = |text: &str| decimal(text).ok();
        assert_eq!(
            of("1.50"),
            Some(Literal::Decimal {
                unscaled: "150".to_owned(),
                scale: 2
            })
        );
        assert_eq!(
            of("-0.001e2"),
            Some(Literal::Decimal {
                unscaled: "-1".to_owned(),
                scale: 1
            })
        );
        assert_eq!(
            of("1e5"),
            Some(Literal::Decimal {
                unscaled: "1".to_owned(),
                scale: -5
            })
        );
        assert!(of("1e10001").is_none() && of("1e99999999999999999999").is_none());
        assert!(of(&"9".repeat(9_864)).is_some() && of(&"9".repeat(9_865)).is_none());
    }
}
