//! Values of a schema as Rust expressions.

use super::layout::new_line;
use super::scope::Scope;
use crate::codegen::numbers::date;
use crate::model::Literal;
use aster_contract::model::Primitive;
use std::f64::consts;
use std::fmt::Write as _;

pub(super) use crate::codegen::numbers::integer;

/// A string literal: what is not plainly readable is escaped, so that no text can look like other text.
pub(super) fn string(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    let plain = |c: u8| matches!(c, b' '..=b'~') && !matches!(c, b'"' | b'\\');
    if text.bytes().all(plain) {
        out.push_str(text);
        out.push('"');
        return out;
    }
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            '\0' => out.push_str("\\0"),
            ' '..='~' => out.push(c),
            _ if c.is_alphanumeric() => out.push(c),
            _ => _ = write!(out, "\\u{{{:x}}}", u32::from(c)),
        }
    }
    out.push('"');
    out
}

/// A byte string literal.
pub(super) fn bytes(bytes: &[u8]) -> String {
    format!("b\"{}\"", bytes.escape_ascii().to_string().replace("\\'", "'"))
}

/// A byte string literal of binary data over several lines of `width`, each but the first indented.
pub(super) fn data(bytes: &[u8], indent: usize, width: usize) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let per_line = ((width - indent - 3) / 4).max(1);
    let lines = bytes.len().div_ceil(per_line);
    let mut out = String::with_capacity(3 + 4 * bytes.len() + lines * (indent + 2));
    out.push_str("b\"");
    for (index, byte) in bytes.iter().enumerate() {
        if index > 0 && index.is_multiple_of(per_line) {
            out.push('\\');
            new_line(&mut out, indent);
        }
        out.push_str("\\x");
        out.push(char::from(DIGITS[usize::from(byte >> 4)]));
        out.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    out.push('"');
    out
}

/// A byte string literal of data in which text can be read, behind `before` characters of its line, and over several lines of
/// `width`, each but the first indented.
pub(super) fn mostly_text(bytes: &[u8], before: usize, indent: usize, width: usize) -> String {
    let mut out = "b\"".to_owned();
    let mut column = before + 2;
    for &byte in bytes {
        let text = if byte == b'\'' {
            "'".to_owned()
        } else {
            byte.escape_ascii().to_string()
        };
        // the backslash of a break, or the end, comes behind it
        let breaks = column + text.len() + 1 > width;
        if breaks {
            out.push('\\');
            new_line(&mut out, indent);
            column = indent;
        }
        // blanks behind a break are none of the literal
        let text = if breaks && byte == b' ' { "\\x20" } else { &text };
        out.push_str(text);
        column += text.len();
    }
    out.push('"');
    out
}

/// A float literal of `bits` (32 or 64) bits.
fn float(value: f64, single: bool) -> String {
    if NAMED.iter().any(|named| (value.abs() - named).abs() < 0.01) {
        // clippy refuses a literal that is nearly a named constant; the schema's value stands all the same
        return quotient(value, single);
    }
    let text = if single {
        format!("{:?}", value as f32)
    } else {
        format!("{value:?}")
    };
    group_float(&text)
}

/// The float as a quotient of two numbers that are exact, or as its bits: no literal.
fn quotient(value: f64, single: bool) -> String {
    let text = if single {
        format!("{:?}", value as f32)
    } else {
        format!("{value:?}")
    };
    if let Some((whole, fraction)) = text.split_once('.')
        && let Ok(dividend) = format!("{whole}{fraction}").parse::<i64>()
        && let Some(divisor) = 10_i64.checked_pow(u32::try_from(fraction.len()).unwrap_or(u32::MAX))
    {
        let exact = match single {
            true => dividend as f32 / divisor as f32 == value as f32 && dividend.unsigned_abs() < 1 << 24,
            false => dividend as f64 / divisor as f64 == value && dividend.unsigned_abs() < 1 << 53,
        };
        if exact {
            return format!(
                "{}.0 / {}.0",
                integer(i128::from(dividend)),
                integer(i128::from(divisor))
            );
        }
    }
    let (name, bits, digits) = match single {
        true => ("f32", u64::from((value as f32).to_bits()), 8),
        false => ("f64", value.to_bits(), 16),
    };
    let digits = format!("{bits:0digits$x}");
    let groups: Vec<&str> = (0..digits.len())
        .step_by(4)
        .map(|at| &digits[at..at + 4])
        .collect();
    format!("{name}::from_bits(0x{})", groups.join("_"))
}

/// `1234567.0` as `1_234_567.0`, `0.123456` as `0.123_456`: clippy wants digits in threes, on both sides of the point, where
/// more than five are on one.
fn group_float(text: &str) -> String {
    let (sign, rest) = text.strip_prefix('-').map_or(("", text), |rest| ("-", rest));
    let (digits, exponent) = rest.split_at(rest.find('e').unwrap_or(rest.len()));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.len() <= 5 && fraction.len() <= 5 {
        return text.to_owned();
    }
    let (whole, fraction) = (threes(whole, whole.len() % 3), threes(fraction, 0));
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{sign}{whole}{point}{fraction}{exponent}")
}

/// The digits in threes, behind so many.
fn threes(digits: &str, first: usize) -> String {
    let mut grouped = String::with_capacity(digits.len() * 4 / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && place % 3 == first % 3 {
            grouped.push('_');
        }
        grouped.push(digit);
    }
    grouped
}

/// What clippy's `approx_constant` looks for.
const NAMED: [f64; 17] = [
    consts::E,
    consts::FRAC_1_PI,
    consts::FRAC_1_SQRT_2,
    consts::FRAC_2_PI,
    consts::FRAC_2_SQRT_PI,
    consts::FRAC_PI_2,
    consts::FRAC_PI_3,
    consts::FRAC_PI_4,
    consts::FRAC_PI_6,
    consts::FRAC_PI_8,
    consts::LN_2,
    consts::LN_10,
    consts::LOG10_2,
    consts::LOG2_E,
    consts::PI,
    consts::SQRT_2,
    consts::TAU,
];

/// A scalar as an expression that is as `const` as its type allows: strings are `&str`, bytes `&[u8]`.
pub(super) fn scalar(literal: &Literal, primitive: Primitive, scope: &Scope<'_>) -> String {
    match literal {
        Literal::Bool(value) => value.to_string(),
        Literal::Int(value) if primitive == Primitive::Decimal => decimal(&value.to_string(), 0, scope),
        Literal::Int(value) if matches!(primitive, Primitive::Float32 | Primitive::Float64) => {
            float(*value as f64, primitive == Primitive::Float32)
        }
        Literal::Int(value) => integer(*value),
        Literal::Float(value) => float(*value, primitive == Primitive::Float32),
        Literal::Decimal { unscaled, scale } => decimal(unscaled, *scale, scope),
        Literal::String(text) => string(text),
        Literal::Bytes(value) => bytes(value),
        Literal::Duration { milliseconds } => {
            duration(&scope.v1("SignedDuration"), i128::from(*milliseconds))
        }
        Literal::Timestamp { seconds, nanoseconds } => format!(
            "{}({}, {})",
            scope.v1("Timestamp::constant"),
            integer(i128::from(*seconds)),
            integer(i128::from(*nanoseconds))
        ),
        Literal::Date { days } => {
            let (year, month, day) = date(*days);
            format!("{}({year}, {month}, {day})", scope.v1("Date::constant"))
        }
        Literal::EnumValue { .. } | Literal::Empty | Literal::List(_) => {
            unreachable!("resolve: a scalar has the literal of a scalar")
        }
    }
}

/// A duration in the largest unit that has no fraction: `Duration::from_secs(90)`.
pub(super) fn duration(ty: &str, milliseconds: i128) -> String {
    const UNITS: [(i128, &str); 3] = [
        (3_600_000, "from_hours"),
        (60_000, "from_mins"),
        (1_000, "from_secs"),
    ];
    let whole = |(unit, _): &&(i128, &str)| milliseconds != 0 && milliseconds % unit == 0;
    let (unit, make) = UNITS.iter().find(whole).unwrap_or(&(1, "from_millis"));
    format!("{ty}::{make}({})", integer(milliseconds / unit))
}

fn decimal(unscaled: &str, scale: i32, scope: &Scope<'_>) -> String {
    format!("{}({}, {scale})", scope.v1("decimal"), string(unscaled))
}

#[cfg(test)]
#[expect(clippy::approx_constant, reason = "what is tested")]
mod tests {
    use super::*;

    #[test]
    fn no_text_breaks_out_of_its_literal() {
        assert_eq!(string("a\"b\\c\n\u{202e}é"), "\"a\\\"b\\\\c\\n\\u{202e}é\"");
        assert_eq!(string("\u{200b}\u{ad}"), "\"\\u{200b}\\u{ad}\"");
        assert_eq!(bytes("ü\"'".as_bytes()), "b\"\\xc3\\xbc\\\"'\"");
    }

    #[test]
    fn long_numbers_are_grouped() {
        assert_eq!(float(1_234_567.5, false), "1_234_567.5");
        assert_eq!(float(-0.1, true), "-0.1");
        assert_eq!(float(1e300, false), "1e300");
        assert_eq!(float(f64::MAX, false), "1.797_693_134_862_315_7e308");
        assert_eq!(float(f64::from(f32::MAX), true), "3.402_823_5e38");
        assert_eq!(float(-1_234.567_891, false), "-1_234.567_891");
        assert_eq!(float(1_234_567.125, false), "1_234_567.125");
        assert_eq!(float(2.0, false), "2.0");
    }

    #[test]
    fn durations_are_in_their_largest_whole_unit() {
        assert_eq!(duration("D", 90_000), "D::from_secs(90)");
        assert_eq!(duration("D", -7_200_000), "D::from_hours(-2)");
        assert_eq!(duration("D", 60_001), "D::from_millis(60001)");
        assert_eq!(duration("D", 0), "D::from_millis(0)");
    }

    #[test]
    fn a_float_near_a_named_constant_is_not_a_literal() {
        assert_eq!(float(3.14, false), "314.0 / 100.0");
        assert_eq!(float(-2.718, true), "-2718.0 / 1000.0");
        assert_eq!(
            float(-consts::PI, false),
            "-3_141_592_653_589_793.0 / 1_000_000_000_000_000.0"
        );
        assert_eq!(
            float(0.318_309_886_183_790_64, false),
            "f64::from_bits(0x3fd4_5f30_6dc9_c882)"
        );
    }
}
