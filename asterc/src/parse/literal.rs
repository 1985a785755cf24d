//! Numbers, durations and strings: from the token's text to its value.

use crate::ast::{Integer, Value};
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// Why a number is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BadNumber {
    /// What is wrong.
    pub(crate) message: String,
    /// What to do.
    pub(crate) help: Option<String>,
}

/// A name in NFC.
pub(crate) fn nfc(text: &str) -> String {
    if text.is_ascii() || is_nfc_quick(text.chars()) == IsNormalized::Yes {
        return text.to_owned();
    }
    text.nfc().collect()
}

/// The value of a `number` token.
pub(crate) fn number(token: &str) -> Result<Value, BadNumber> {
    let (negative, digits) = match token.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, token),
    };
    if let Some(hex) = digits.strip_prefix("0x") {
        return hexadecimal(token, hex, negative);
    }
    if digits.starts_with("0X") {
        return Err(BadNumber {
            message: format!("`{}` begins with `0X`, not with `0x`", shorten(token)),
            help: Some(format!("write `{}`", shorten(&token.replace('X', "x")))),
        });
    }
    let Some(plain) = without_separators(digits) else {
        return Err(BadNumber {
            message: format!("`{}` has a `_` that is not between two digits", shorten(token)),
            help: Some(format!("write `{}`", shorten(&token.replace('_', "")))),
        });
    };
    let end = plain.bytes().take_while(u8::is_ascii_digit).count();
    let sign = if negative { "-" } else { "" };
    match plain.as_bytes().get(end) {
        None => Ok(Value::Int(Integer(format!("{sign}{plain}")))),
        Some(b'.' | b'e' | b'E') => {
            if is_float(&plain[end..]) {
                Ok(Value::Float(format!("{sign}{plain}")))
            } else {
                Err(not_a_float(token, &plain))
            }
        }
        Some(_) => duration(token, &plain, negative),
    }
}

/// `1.5s`, `1.2.3`, `1e`
fn not_a_float(token: &str, plain: &str) -> BadNumber {
    let unit = plain.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    let help = match unit {
        "ms" | "s" | "m" | "h" => "a duration is a sum of whole numbers, as in `1s500ms` or `1m30s`",
        "f" | "d" | "F" | "D" => "a float has no suffix: its type is told by the field",
        _ => "a float is written `1.5`, `0.25` or `1e9`",
    };
    BadNumber {
        message: format!("`{}` is not a number", shorten(token)),
        help: Some(help.to_owned()),
    }
}

fn hexadecimal(token: &str, hex: &str, negative: bool) -> Result<Value, BadNumber> {
    let bad = |message: String| Err(BadNumber { message, help: None });
    let Some(digits) = without_separators_hex(hex) else {
        return bad(format!(
            "`{}` has a `_` that is not between two digits",
            shorten(token)
        ));
    };
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return bad(format!("`{}` is not a hexadecimal number", shorten(token)));
    }
    let significant = digits.trim_start_matches('0');
    let magnitude = if significant.is_empty() {
        Some(0)
    } else {
        i128::from_str_radix(significant, 16).ok()
    };
    let value = magnitude.map(|magnitude| if negative { -magnitude } else { magnitude });
    let digits = value.map_or_else(|| token.to_owned(), |value| value.to_string());
    Ok(Value::Int(Integer(digits)))
}

/// The digits without `_`, which must stand between digits.
fn without_separators(text: &str) -> Option<String> {
    separated(text, |b| b.is_ascii_digit())
}

fn without_separators_hex(text: &str) -> Option<String> {
    separated(text, |b| b.is_ascii_hexdigit())
}

fn separated(text: &str, digit: impl Fn(u8) -> bool) -> Option<String> {
    let bytes = text.as_bytes();
    let between = |at: usize| {
        let before = at.checked_sub(1).and_then(|before| bytes.get(before)).copied();
        let after = bytes.get(at + 1).copied();
        before.is_some_and(&digit) && after.is_some_and(&digit)
    };
    let fits = bytes
        .iter()
        .enumerate()
        .all(|(at, &byte)| byte != b'_' || between(at));
    fits.then(|| text.replace('_', ""))
}

/// Whether this is what may follow the digits of a float: `.5`, `e10`, `.5e-3`.
fn is_float(rest: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let exponent = |text: &str| digits(text.strip_prefix(['+', '-']).unwrap_or(text));
    match rest.strip_prefix('.') {
        Some(fraction) => match fraction.split_once(['e', 'E']) {
            Some((fraction, power)) => digits(fraction) && exponent(power),
            None => digits(fraction),
        },
        None => rest.strip_prefix(['e', 'E']).is_some_and(exponent),
    }
}

/// `1m30s`: a sum of whole numbers with the units `ms`, `s`, `m`, `h`.
fn duration(token: &str, plain: &str, negative: bool) -> Result<Value, BadNumber> {
    let mut rest = plain;
    let mut total = Some(0_i64);
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (number, after) = rest.split_at(digits);
        let letters = after.bytes().take_while(|b| !b.is_ascii_digit()).count();
        let (unit, after) = after.split_at(letters);
        let milliseconds = match unit {
            "ms" => 1,
            "s" => 1000,
            "m" => 60_000,
            "h" => 3_600_000,
            _ => return Err(bad_unit(token, unit, negative)),
        };
        let part = number
            .parse::<i64>()
            .ok()
            .and_then(|number| number.checked_mul(milliseconds));
        total = total.zip(part).and_then(|(total, part)| total.checked_add(part));
        rest = after;
    }
    Ok(Value::Duration(
        total.map(|total| if negative { -total } else { total }),
    ))
}

fn bad_unit(token: &str, unit: &str, negative: bool) -> BadNumber {
    let token = shorten(token);
    if token
        .trim_start_matches('-')
        .starts_with(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'])
        && unit.is_empty()
    {
        return BadNumber {
            message: format!("`{token}` is not a duration: a number in it has no unit"),
            help: Some("the units are `ms`, `s`, `m` and `h`, as in `1m30s`".to_owned()),
        };
    }
    let help = match unit {
        "b" | "o" | "B" | "O" if token.starts_with('0') => "numbers are decimal, or hexadecimal as in `0xFF`".to_owned(),
        "u" | "i" | "l" | "L" | "n" | "U" => "a number has no suffix: its type is told by the field".to_owned(),
        "d" | "day" | "days" => "the largest unit is `h`: a day is `24h`".to_owned(),
        "us" | "µs" | "ns" => "the smallest unit is `ms`".to_owned(),
        _ if negative => "a number is followed by nothing, or is a duration with `ms`, `s`, `m` or `h`".to_owned(),
        _ => "durations have the units `ms`, `s`, `m` and `h`, as in `1m30s`; a name does not begin with a digit".to_owned(),
    };
    BadNumber {
        message: format!("`{token}` is neither a number nor a duration"),
        help: Some(help),
    }
}

/// Where an escape is wrong, in bytes from the string's opening quote, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BadEscape {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) message: String,
}

/// The value of a `string` token, quotes included, or every escape in it that is wrong.
pub(crate) fn string(token: &str) -> Result<String, Vec<BadEscape>> {
    let inner = token
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        .unwrap_or(token);
    if !inner.contains('\\') {
        return Ok(inner.to_owned());
    }
    let mut out = String::with_capacity(inner.len());
    let mut wrong = Vec::new();
    let mut rest = inner;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let (length, meant) = escape(&rest[at + 1..]);
        match meant {
            Ok(c) => out.push(c),
            Err(message) => {
                // the quote is one byte
                let start = inner.len() - rest.len() + at + 1;
                wrong.push(BadEscape {
                    start,
                    end: start + 1 + length,
                    message,
                });
            }
        }
        rest = rest.get(at + 1 + length..).unwrap_or_default();
    }
    out.push_str(rest);
    if wrong.is_empty() { Ok(out) } else { Err(wrong) }
}

/// What stands behind a `\\`: how long it is, and the character it means or why it means none.
fn escape(rest: &str) -> (usize, Result<char, String>) {
    let Some(first) = rest.chars().next() else {
        return (0, Err("`\\` means nothing at the end of a string".to_owned()));
    };
    let plain = match first {
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        '0' => '\0',
        '"' | '\\' => first,
        'u' => return code_point(rest),
        other => {
            return (
                other.len_utf8(),
                Err(format!("`\\{other}` means nothing in a string")),
            );
        }
    };
    (1, Ok(plain))
}

/// `u{1F600}`
fn code_point(rest: &str) -> (usize, Result<char, String>) {
    let digits = rest
        .strip_prefix("u{")
        .and_then(|inner| inner.split_once('}'))
        .map(|(digits, _)| digits);
    let Some(digits) = digits else {
        let message = "`\\u` needs its code point in braces, as in `\\u{1F600}`";
        return (1, Err(message.to_owned()));
    };
    let is_short = digits.len() <= 6 && digits.bytes().all(|b| b.is_ascii_hexdigit());
    let code = u32::from_str_radix(digits, 16).ok().filter(|_| is_short);
    let meant = code
        .and_then(char::from_u32)
        .ok_or_else(|| format!("`\\u{{{}}}` is not a code point", shorten(digits)));
    ("u{}".len() + digits.len(), meant)
}

/// A text that is short enough for a message.
pub(crate) fn shorten(text: &str) -> String {
    const LONGEST: usize = 40;
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    text.chars().take(LONGEST - 1).chain(['…']).collect()
}

/// What a type of another language is called here.
pub(crate) fn foreign_type(name: &str) -> Option<&'static str> {
    Some(match name {
        "google.protobuf.Timestamp" => "timestamp",
        "google.protobuf.Duration" => "duration",
        "uuid" | "UUID" | "Uuid" | "guid" => "string",
        "int" | "i32" | "sint32" | "integer" | "Int" | "Int32" => "int32",
        "long" | "i64" | "sint64" | "Long" | "Int64" => "int64",
        "short" | "i16" => "int16",
        "i8" | "sbyte" => "int8",
        "byte" | "u8" | "uchar" => "uint8",
        "u16" | "ushort" => "uint16",
        "u32" | "uint" | "unsigned" => "uint32",
        "u64" | "ulong" => "uint64",
        "fixed32" => "fixed_uint32",
        "fixed64" => "fixed_uint64",
        "sfixed32" => "fixed_int32",
        "sfixed64" => "fixed_int64",
        "float" | "f32" | "single" => "float32",
        "double" | "f64" | "number" | "Double" => "float64",
        "str" | "text" | "String" | "char" => "string",
        "boolean" | "Boolean" | "Bool" => "bool",
        "binary" | "blob" | "buffer" | "bytearray" => "bytes",
        "datetime" | "time" | "instant" | "DateTime" | "Timestamp" => "timestamp",
        "timedelta" | "interval" | "Duration" => "duration",
        "Decimal" | "money" | "numeric" | "BigDecimal" => "decimal",
        "array" | "vector" | "vec" | "Vec" | "List" | "sequence" => "list",
        "dict" | "hashmap" | "HashMap" | "Map" | "record" => "map",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn int(token: &str) -> i128 {
        match number(token) {
            Ok(Value::Int(integer)) => integer.value().unwrap(),
            other => panic!("{token}: {other:?}"),
        }
    }

    #[test]
    fn integers_are_decimal_or_hexadecimal_with_separators() {
        assert_eq!(int("0"), 0);
        assert_eq!(int("-1_000"), -1000);
        assert_eq!(int("0xFF_ff"), 0xFFFF);
        assert_eq!(int("-0x10"), -16);
        assert_eq!(int("007"), 7);
        assert_eq!(int(&format!("{}7", "0".repeat(60))), 7);
        let large = Integer("9".repeat(60));
        assert_eq!(large.value(), None);
        assert_eq!(number(&"9".repeat(60)), Ok(Value::Int(large)));
        let large = number(&format!("0x{}", "F".repeat(40))).unwrap();
        assert!(matches!(large, Value::Int(large) if large.value().is_none()));
    }

    #[test]
    fn floats_need_a_dot_or_an_exponent() {
        for token in ["1.5", "-0.25", "1e9", "1.5E-3", "1e+9"] {
            assert_eq!(number(token), Ok(Value::Float(token.to_owned())));
        }
    }

    #[test]
    fn durations_are_sums() {
        for (token, milliseconds) in [
            ("500ms", 500),
            ("5s", 5000),
            ("2m", 120_000),
            ("1h", 3_600_000),
            ("1m30s", 90_000),
            ("-5s", -5000),
        ] {
            assert_eq!(number(token), Ok(Value::Duration(Some(milliseconds))));
        }
        assert_eq!(number("99999999999999999999h"), Ok(Value::Duration(None)));
    }

    #[test]
    fn refuses_what_is_no_number() {
        for token in [
            "1_", "1__0", "0x", "0xg", "1s5", "5sec", "1.5s", "12abc", "0x_1", "1e5x", "1.2.3",
        ] {
            assert!(number(token).is_err(), "{token}");
        }
    }

    #[test]
    fn strings_have_seven_escapes() {
        assert_eq!(
            string(r#""a\n\t\r\0\"\\\u{1F600}\u{e9}b""#),
            Ok("a\n\t\r\0\"\\😀éb".to_owned())
        );
        assert_eq!(
            string(r#""ab\q\a""#)
                .map_err(|bad| bad.iter().map(|bad| (bad.start, bad.end)).collect::<Vec<_>>()),
            Err(vec![(3, 5), (5, 7)])
        );
        for token in [
            r#""\u41""#,
            r#""\u{}""#,
            r#""\u{D800}""#,
            r#""\u{110000}""#,
            r#""\u{0000041}""#,
            r#""\u{+1}""#,
        ] {
            assert!(string(token).is_err(), "{token}");
        }
    }
}
