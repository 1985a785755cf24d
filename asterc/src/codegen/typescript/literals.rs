//! Values of a schema as TypeScript expressions.

use super::layout::{Doc, call, text};
use super::scope::Scope;
use crate::codegen::numbers::{date, integer};
use crate::model::Literal;
use aster_contract::model::Primitive;
use std::fmt::Write as _;

/// A string literal: what is not plainly readable is escaped, so that no text can look like other text. In single quotes
/// where those are fewer to escape.
pub(super) fn string(text: &str) -> String {
    let count = |quote| text.chars().filter(|c| *c == quote).count();
    let quote = if count('"') > count('\'') { '\'' } else { '"' };
    let mut out = String::from(quote);
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            _ if c == quote => out.extend(['\\', c]),
            ' '..='~' => out.push(c),
            _ if c.is_alphanumeric() => out.push(c),
            _ => match u32::from(c) {
                code @ 0..=0xff => _ = write!(out, "\\x{code:02x}"),
                code @ 0x100..=0xffff => _ = write!(out, "\\u{code:04x}"),
                code => _ = write!(out, "\\u{{{code:x}}}"),
            },
        }
    }
    out.push(quote);
    out
}

/// Bytes as a string literal in base64 (RFC 4648, section 4).
pub(super) fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4 + 2);
    out.push('"');
    for three in bytes.chunks(3) {
        let bits = (0..3).fold(0, |bits, index| {
            bits << 8 | u32::from(three.get(index).copied().unwrap_or(0))
        });
        for index in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * index) & 0x3f) as usize];
            out.push(if index > three.len() {
                '='
            } else {
                char::from(letter)
            });
        }
    }
    out.push('"');
    out
}

/// The value of a scalar.
pub(super) enum Scalar {
    /// As JavaScript writes it.
    Literal(String),
    /// What a function of the runtime makes of a literal.
    Made { function: String, argument: String },
}

impl Scalar {
    /// The expression.
    pub(super) fn doc(self) -> Doc {
        match self {
            Self::Literal(literal) => text(literal),
            Self::Made { function, argument } => call(function, [text(argument)]),
        }
    }
}

/// The value of a scalar.
pub(super) fn scalar(literal: &Literal, primitive: Primitive, scope: &Scope<'_>) -> Scalar {
    let made = |function: &str, value: &str| Scalar::Made {
        function: scope.v1(function),
        argument: string(value),
    };
    let is_float = matches!(primitive, Primitive::Float32 | Primitive::Float64);
    Scalar::Literal(match literal {
        Literal::Bool(value) => value.to_string(),
        Literal::Int(value) if primitive == Primitive::Decimal => {
            return made("Decimal.parse", &value.to_string());
        }
        Literal::Int(value) if is_float => float(*value as f64, primitive),
        Literal::Int(value) => integer(*value) + if is_wide(primitive) { "n" } else { "" },
        Literal::Float(value) => float(*value, primitive),
        Literal::Decimal { unscaled, scale } => {
            return made("Decimal.parse", &decimal(unscaled, *scale));
        }
        Literal::String(text) => string(text),
        Literal::Bytes(value) => return made("utf8", &String::from_utf8_lossy(value)),
        Literal::Duration { milliseconds } => return made("Duration.parse", &duration(*milliseconds)),
        Literal::Timestamp { seconds, nanoseconds } => {
            return made("Timestamp.parse", &timestamp(*seconds, *nanoseconds));
        }
        Literal::Date { days } => return made("PlainDate.parse", &day(*days)),
        Literal::EnumValue { .. } | Literal::Empty | Literal::List(_) => {
            unreachable!("resolve: a scalar has the literal of a scalar")
        }
    })
}

/// Whether values have 64 bits, and are a `bigint`.
fn is_wide(primitive: Primitive) -> bool {
    matches!(
        primitive,
        Primitive::Varint64 | Primitive::Int64 | Primitive::VarUint64 | Primitive::Uint64
    )
}

/// A number as it is after it was on the wire.
fn float(value: f64, primitive: Primitive) -> String {
    let value = match primitive {
        Primitive::Float32 => f64::from(value as f32),
        _ => value,
    };
    let digits = format!("{value:?}");
    digits.strip_suffix(".0").map_or(digits.clone(), str::to_owned)
}

/// `90s`, `-0.5s`
fn duration(milliseconds: i64) -> String {
    let (sign, rest) = if milliseconds < 0 {
        ("-", milliseconds.unsigned_abs())
    } else {
        ("", milliseconds.unsigned_abs())
    };
    format!("{sign}{}{}s", rest / 1_000, fraction(rest % 1_000, 3))
}

/// Digits behind a dot, unless they are all 0.
fn fraction(value: u64, places: usize) -> String {
    if value == 0 {
        return String::new();
    }
    format!(".{value:0places$}").trim_end_matches('0').to_owned()
}

/// `1970-01-01T00:00:00Z`
fn timestamp(seconds: i64, nanoseconds: u32) -> String {
    let days = i32::try_from(seconds.div_euclid(86_400)).expect("resolve: a timestamp is in range");
    let time = seconds.rem_euclid(86_400);
    format!(
        "{}T{:02}:{:02}:{:02}{}Z",
        day(days),
        time / 3_600,
        time / 60 % 60,
        time % 60,
        fraction(u64::from(nanoseconds), 9)
    )
}

fn day(days: i32) -> String {
    let (year, month, day) = date(days);
    format!("{year:04}-{month:02}-{day:02}")
}

/// The number as it is written, where that is short.
fn decimal(unscaled: &str, scale: i32) -> String {
    let (sign, digits) = unscaled
        .strip_prefix('-')
        .map_or(("", unscaled), |rest| ("-", rest));
    match usize::try_from(scale) {
        Ok(0) => unscaled.to_owned(),
        Ok(places) if places < digits.len() => {
            let (whole, fraction) = digits.split_at(digits.len() - places);
            format!("{sign}{whole}.{fraction}")
        }
        Ok(places) if places <= 12 => format!("{sign}0.{digits:0>places$}"),
        _ => format!("{unscaled}e{}", -i64::from(scale)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_breaks_out_of_its_literal() {
        assert_eq!(string("a\\c\n\u{202e}é\0"), r#""a\\c\n\u202eé\x00""#);
        assert_eq!(string("say \"hi\""), r#"'say "hi"'"#);
        assert_eq!(string("'\""), r#""'\"""#);
        assert_eq!(string("\u{1f600}\u{2028}"), r#""\u{1f600}\u2028""#);
    }

    #[test]
    fn bytes_are_padded_to_four_letters() {
        let encoded = [&b""[..], b"f", b"fo", b"foo", b"\xff\xfe\xfd\xfc"].map(base64);
        assert_eq!(
            encoded,
            ["\"\"", "\"Zg==\"", "\"Zm8=\"", "\"Zm9v\"", "\"//79/A==\""]
        );
    }

    #[test]
    fn numbers_are_what_the_wire_makes_of_them() {
        assert_eq!(float(0.1, Primitive::Float32), "0.10000000149011612");
        assert_eq!(float(0.1, Primitive::Float64), "0.1");
        assert_eq!(float(-0.0, Primitive::Float64), "-0");
        assert_eq!(float(1e300, Primitive::Float64), "1e300");
    }

    #[test]
    fn times_are_written_as_people_do() {
        assert_eq!(duration(90_000), "90s");
        assert_eq!(duration(-500), "-0.5s");
        assert_eq!(duration(1), "0.001s");
        assert_eq!(timestamp(-1, 500_000_000), "1969-12-31T23:59:59.5Z");
        assert_eq!(day(-719_162), "0001-01-01");
    }

    #[test]
    fn decimals_keep_their_scale() {
        assert_eq!(decimal("1250", 2), "12.50");
        assert_eq!(decimal("-5", 1), "-0.5");
        assert_eq!(decimal("7", -3), "7e3");
        assert_eq!(decimal("7", 40), "7e-40");
    }
}
