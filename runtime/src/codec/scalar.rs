//! Times and decimals: the ranges of the language, and Fory's representation of them.
//!
//! What enters is a value of `jiff` or `bigdecimal`, or the numbers of a payload; what leaves is the other, or `None`
//! when it is outside the range of the language. `jiff` counts towards zero, Fory downwards.

use bigdecimal::BigDecimal;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

pub(super) const TIMESTAMP_RANGE: &str = "a timestamp from 0001-01-01T00:00:00Z to 9999-12-30T22:00:00Z";
pub(super) const DURATION_RANGE: &str = "a duration of at most 9,000,000,000,000 seconds either way";
pub(super) const DATE_RANGE: &str = "a date from 0001-01-01 to 9999-12-31";
pub(super) const DECIMAL_RANGE: &str =
    "a decimal with a scale from -10,000 to 10,000 and at most 4,096 bytes of magnitude";

const FIRST_SECOND: i64 = -62_135_596_800;
const LAST_SECOND: i64 = 253_402_207_200;
const MAX_DURATION: i64 = 9_000_000_000_000;
const FIRST_DAY: i64 = -719_162;
const LAST_DAY: i64 = 2_932_896;
pub(super) const MAX_SCALE: i64 = 10_000;
pub(super) const MAX_MAGNITUDE: usize = 4_096;
const SECOND: i32 = 1_000_000_000;

/// Seconds since the epoch, rounded down, and nanoseconds from there.
#[inline]
pub(super) fn split_timestamp(value: Timestamp) -> Option<(i64, u32)> {
    let (seconds, nanos) = floor(value.as_second(), value.subsec_nanosecond());
    timestamp_in_range(seconds, nanos).then_some((seconds, nanos))
}

#[inline]
pub(super) fn timestamp(seconds: i64, nanos: u32) -> Option<Timestamp> {
    if !timestamp_in_range(seconds, nanos) {
        return None;
    }
    Timestamp::new(seconds, i32::try_from(nanos).ok()?).ok()
}

#[inline]
fn timestamp_in_range(seconds: i64, nanos: u32) -> bool {
    nanos < SECOND.unsigned_abs()
        && (FIRST_SECOND..=LAST_SECOND).contains(&seconds)
        && (seconds < LAST_SECOND || nanos == 0)
}

/// Seconds, rounded down, and nanoseconds from there.
#[inline]
pub(super) fn split_duration(value: SignedDuration) -> Option<(i64, i32)> {
    let (seconds, nanos) = floor(value.as_secs(), value.subsec_nanos());
    let nanos = nanos.cast_signed();
    duration_in_range(seconds, nanos).then_some((seconds, nanos))
}

#[inline]
pub(super) fn duration(seconds: i64, nanos: i32) -> Option<SignedDuration> {
    if !duration_in_range(seconds, nanos) {
        return None;
    }
    // Both have one sign afterwards; neither step can overflow inside the range.
    let (seconds, nanos) = if seconds < 0 && nanos > 0 {
        (seconds + 1, nanos - SECOND)
    } else {
        (seconds, nanos)
    };
    Some(SignedDuration::new(seconds, nanos))
}

#[inline]
fn duration_in_range(seconds: i64, nanos: i32) -> bool {
    (0..SECOND).contains(&nanos)
        && (-MAX_DURATION..=MAX_DURATION).contains(&seconds)
        && (seconds < MAX_DURATION || nanos == 0)
}

/// Seconds and nanoseconds of one sign, as seconds rounded down and nanoseconds from there.
#[inline]
fn floor(seconds: i64, nanos: i32) -> (i64, u32) {
    if nanos < 0 {
        (seconds.saturating_sub(1), (nanos + SECOND).unsigned_abs())
    } else {
        (seconds, nanos.unsigned_abs())
    }
}

/// Days since 1970-01-01.
#[inline]
pub(super) fn split_date(value: Date) -> Option<i64> {
    let days = days_from_civil(
        i64::from(value.year()),
        i64::from(value.month()),
        i64::from(value.day()),
    );
    (FIRST_DAY..=LAST_DAY).contains(&days).then_some(days)
}

#[inline]
pub(super) fn date(days: i64) -> Option<Date> {
    if !(FIRST_DAY..=LAST_DAY).contains(&days) {
        return None;
    }
    let (year, month, day) = civil_from_days(days);
    Date::new(
        i16::try_from(year).ok()?,
        i8::try_from(month).ok()?,
        i8::try_from(day).ok()?,
    )
    .ok()
}

// `jiff` has no public conversion to a day number. Both functions count in years that begin with March, so that the
// leap day is the last one, and in eras of 400 such years.
const ERA_DAYS: i64 = 146_097;
const MARCH_OF_YEAR_0: i64 = 719_468;

fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    year.div_euclid(400) * ERA_DAYS + day_of_era - MARCH_OF_YEAR_0
}

fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + MARCH_OF_YEAR_0;
    let day_of_era = days.rem_euclid(ERA_DAYS);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    let year = year_of_era + days.div_euclid(ERA_DAYS) * 400 + i64::from(month <= 2);
    (year, month, day)
}

/// An unscaled value as it is written: in the header itself, or as a sign and a little-endian magnitude.
pub(super) enum Unscaled {
    Small(u64),
    Large { header: u64, magnitude: Vec<u8> },
}

/// The scale and the unscaled value.
pub(super) fn split_decimal(value: &BigDecimal) -> Option<(i32, Unscaled)> {
    let (unscaled, scale) = value.as_bigint_and_scale();
    if !(-MAX_SCALE..=MAX_SCALE).contains(&scale) || unscaled.bits() > MAX_MAGNITUDE as u64 * 8 {
        return None;
    }
    let scale = i32::try_from(scale).ok()?;
    if let Ok(small) = i64::try_from(&*unscaled)
        && let zigzag = (small << 1 ^ small >> 63).cast_unsigned()
        && zigzag >> 63 == 0
    {
        return Some((scale, Unscaled::Small(zigzag << 1)));
    }
    let (sign, magnitude) = unscaled.to_bytes_le();
    let negative = u64::from(sign == num_bigint::Sign::Minus);
    let header = ((magnitude.len() as u64) << 1 | negative) << 1 | 1;
    Some((scale, Unscaled::Large { header, magnitude }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_of_the_range_converts_both_ways_as_jiff_counts() {
        let mut expected = Date::new(1, 1, 1).unwrap();
        for days in FIRST_DAY..=LAST_DAY {
            let found = date(days).unwrap();
            assert_eq!(found, expected);
            assert_eq!(split_date(found), Some(days));
            if days < LAST_DAY {
                expected = expected.tomorrow().unwrap();
            }
        }
        assert_eq!(expected, Date::new(9999, 12, 31).unwrap());
        assert_eq!(date(0), Date::new(1970, 1, 1).ok());
    }

    #[test]
    fn refuses_what_is_one_step_outside() {
        assert_eq!(date(FIRST_DAY - 1), None);
        assert_eq!(date(LAST_DAY + 1), None);
        assert_eq!(split_date(Date::new(0, 12, 31).unwrap()), None);
        assert!(timestamp(FIRST_SECOND, 0).is_some());
        assert_eq!(timestamp(FIRST_SECOND - 1, 999_999_999), None);
        assert!(timestamp(LAST_SECOND, 0).is_some());
        assert_eq!(timestamp(LAST_SECOND, 1), None);
        assert_eq!(timestamp(0, 1_000_000_000), None);
        assert_eq!(split_timestamp(Timestamp::MAX), None);
        assert_eq!(split_timestamp(Timestamp::MIN), None);
        assert!(duration(MAX_DURATION, 0).is_some());
        assert_eq!(duration(MAX_DURATION, 1), None);
        assert!(duration(-MAX_DURATION, 0).is_some());
        assert_eq!(duration(-MAX_DURATION - 1, 999_999_999), None);
        assert_eq!(duration(0, -1), None);
        assert_eq!(split_duration(SignedDuration::MIN), None);
        assert_eq!(split_duration(SignedDuration::MAX), None);
    }

    #[test]
    fn negative_times_are_counted_downwards() {
        assert_eq!(
            split_duration(SignedDuration::from_millis(-500)),
            Some((-1, 500_000_000))
        );
        assert_eq!(duration(-1, 500_000_000), Some(SignedDuration::from_millis(-500)));
        let before = Timestamp::from_nanosecond(-1).unwrap();
        assert_eq!(split_timestamp(before), Some((-1, 999_999_999)));
        assert_eq!(timestamp(-1, 999_999_999), Some(before));
    }
}
