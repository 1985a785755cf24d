//! Numbers as every language writes them.

/// Digits in groups of three from five digits on.
pub(super) fn integer(value: i128) -> String {
    let digits = value.unsigned_abs().to_string();
    let sign = if value < 0 { "-" } else { "" };
    if digits.len() < 6 {
        return format!("{sign}{digits}");
    }
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push('_');
        }
        grouped.push(digit);
    }
    format!("{sign}{grouped}")
}

/// Year, month and day of a day since 1970-01-01.
pub(super) fn date(days: i32) -> (i16, i8, i8) {
    let date = jiff::civil::date(1970, 1, 1).saturating_add(jiff::Span::new().days(i64::from(days)));
    (date.year(), date.month(), date.day())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_numbers_are_grouped() {
        assert_eq!(integer(i128::from(i64::MIN)), "-9_223_372_036_854_775_808");
        assert_eq!(integer(99_999), "99999");
    }

    #[test]
    fn days_become_dates() {
        assert_eq!(date(0), (1970, 1, 1));
        assert_eq!(date(-719_162), (1, 1, 1));
        assert_eq!(date(2_932_896), (9999, 12, 31));
    }
}
