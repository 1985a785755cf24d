//! Scalars that JSON has no type for, as text. Each has one form when it is written; what is read is that form, up to zeros
//! at the end of a fraction and the exponent of a decimal.

use crate::codec::scalar::{MAX_MAGNITUDE, MAX_SCALE};
use bigdecimal::BigDecimal;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use num_bigint::BigInt;
use std::fmt::{self, Write as _};

/// A text that is no scalar of its type.
pub(super) enum Wrong {
    /// It has another form.
    Form,
    /// It is outside the range of the language.
    Range,
}

const NANOS: u32 = 1_000_000_000;

/// An integer: digits without leading zeros, after a `-` if it is negative. Not `-0`.
pub(super) fn is_integer(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    match digits.as_bytes() {
        [b'0'] => digits.len() == text.len(),
        [b'1'..=b'9', rest @ ..] => rest.iter().all(u8::is_ascii_digit),
        _ => false,
    }
}

/// `2024-02-29T12:00:00.5Z`
pub(super) fn timestamp(text: &str) -> Result<Timestamp, Wrong> {
    let text = text.strip_suffix('Z').ok_or(Wrong::Form)?;
    let (day, time) = text.split_once('T').ok_or(Wrong::Form)?;
    let (time, fraction) = match time.split_once('.') {
        Some((time, digits)) => (time, nanos(digits)?),
        None => (time, 0),
    };
    let [hour, minute, second] = numbers(time, ':', [2, 2, 2])?;
    let day = date(day)?;
    let fields = (i8::try_from(hour), i8::try_from(minute), i8::try_from(second));
    let (Ok(hour), Ok(minute), Ok(second)) = fields else {
        return Err(Wrong::Range);
    };
    let time = Time::new(hour, minute, second, fraction.cast_signed()).map_err(|_| Wrong::Range)?;
    let utc = DateTime::from_parts(day, time).to_zoned(TimeZone::UTC);
    utc.map(|zoned| zoned.timestamp()).map_err(|_| Wrong::Range)
}

/// `2024-02-29`
pub(super) fn date(text: &str) -> Result<Date, Wrong> {
    let [year, month, day] = numbers(text, '-', [4, 2, 2])?;
    let fields = (i16::try_from(year), i8::try_from(month), i8::try_from(day));
    let (Ok(year), Ok(month), Ok(day)) = fields else {
        return Err(Wrong::Range);
    };
    Date::new(year, month, day).map_err(|_| Wrong::Range)
}

/// Three numbers of so many digits.
fn numbers(text: &str, separator: char, widths: [usize; 3]) -> Result<[u32; 3], Wrong> {
    let mut parts = text.split(separator);
    let mut found = [0; 3];
    for (number, width) in found.iter_mut().zip(widths) {
        let part = parts.next().ok_or(Wrong::Form)?;
        if part.len() != width || !is_digits(part) {
            return Err(Wrong::Form);
        }
        *number = part.parse().map_err(|_| Wrong::Range)?;
    }
    match parts.next() {
        None => Ok(found),
        Some(_) => Err(Wrong::Form),
    }
}

/// Nanoseconds of one to nine digits of a fraction.
fn nanos(digits: &str) -> Result<u32, Wrong> {
    if digits.is_empty() || digits.len() > 9 || !is_digits(digits) {
        return Err(Wrong::Form);
    }
    let number: u32 = digits.parse().map_err(|_| Wrong::Form)?;
    Ok(number * 10_u32.pow(9 - digits.len() as u32))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// `-1.5s`
pub(super) fn duration(text: &str) -> Result<SignedDuration, Wrong> {
    let text = text.strip_suffix('s').ok_or(Wrong::Form)?;
    let (text, sign) = match text.strip_prefix('-') {
        Some(text) => (text, -1),
        None => (text, 1),
    };
    let (seconds, fraction) = match text.split_once('.') {
        Some((seconds, digits)) => (seconds, nanos(digits)?),
        None => (text, 0),
    };
    if !is_integer(seconds) || seconds.starts_with('-') {
        return Err(Wrong::Form);
    }
    let seconds: i64 = seconds.parse().map_err(|_| Wrong::Range)?;
    Ok(SignedDuration::new(
        sign * seconds,
        sign as i32 * fraction.cast_signed(),
    ))
}

pub(super) fn write_duration(out: &mut String, value: SignedDuration) -> fmt::Result {
    if value.is_negative() {
        out.push('-');
    }
    let nanos = value.subsec_nanos().unsigned_abs() % NANOS;
    write!(out, "{}", value.as_secs().unsigned_abs())?;
    if nanos != 0 {
        let digits = format!("{nanos:09}");
        write!(out, ".{}", digits.trim_end_matches('0'))?;
    }
    out.push('s');
    Ok(())
}

/// Decimal digits of the largest magnitude.
const MAX_DIGITS: usize = MAX_MAGNITUDE * 8 * 31 / 100;

/// `-12.50`, `125E3`: the digits are the unscaled value, and their fraction less the exponent is the scale.
pub(super) fn decimal(text: &str) -> Result<BigDecimal, Wrong> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, parse_exponent(exponent)?),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let negative = whole.starts_with('-');
    let digits = whole.strip_prefix('-').unwrap_or(whole);
    let plain = digits == "0" || (is_digits(digits) && !digits.starts_with('0'));
    if !plain || (mantissa.len() > whole.len() && !is_digits(fraction)) {
        return Err(Wrong::Form);
    }
    let scale = fraction.len() as i64 - exponent;
    let digits = format!("{digits}{fraction}");
    let digits = digits.trim_start_matches('0');
    // parsing takes more than linear time
    if digits.len() > MAX_DIGITS || !(-MAX_SCALE..=MAX_SCALE).contains(&scale) {
        return Err(Wrong::Range);
    }
    let unscaled: BigInt = match digits {
        "" => BigInt::ZERO,
        digits => digits.parse().map_err(|_| Wrong::Form)?,
    };
    Ok(BigDecimal::new(
        if negative { -unscaled } else { unscaled },
        scale,
    ))
}

fn parse_exponent(text: &str) -> Result<i64, Wrong> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if !is_digits(digits) {
        return Err(Wrong::Form);
    }
    let digits = digits.trim_start_matches('0');
    if digits.len() > 6 {
        return Err(Wrong::Range);
    }
    let value: i64 = if digits.is_empty() {
        0
    } else {
        digits.parse().map_err(|_| Wrong::Form)?
    };
    Ok(if text.starts_with('-') { -value } else { value })
}

/// Digits behind a point when there are not too many of them, else an exponent.
const PLAIN_SCALE: i64 = 40;

pub(super) fn write_decimal(out: &mut String, value: &BigDecimal) -> fmt::Result {
    let (unscaled, scale) = value.as_bigint_and_scale();
    if !(0..=PLAIN_SCALE).contains(&scale) {
        return write!(out, "{unscaled}E{}", -scale);
    }
    let scale = scale as usize;
    if scale == 0 {
        return write!(out, "{unscaled}");
    }
    let digits = format!("{:0>width$}", unscaled.magnitude().to_string(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    let sign = if unscaled.sign() == num_bigint::Sign::Minus {
        "-"
    } else {
        ""
    };
    write!(out, "{sign}{whole}.{fraction}")
}
