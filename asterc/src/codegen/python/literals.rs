//! Values of a schema as Python expressions.

use super::layout::{Argument, Expr};
use super::scope::Scope;
use crate::codegen::numbers::{date, integer};
use crate::model::Literal;
use aster_contract::model::Primitive;
use std::fmt::Write as _;

/// A string literal: what is not plainly readable is escaped, so that no text can look like other text.
pub(super) fn string(text: &str) -> String {
    quoted("", text.chars(), |c, out| match c {
        ' '..='~' => out.push(c),
        _ if c.is_alphanumeric() => out.push(c),
        _ => match u32::from(c) {
            code @ 0..=0xff => _ = write!(out, "\\x{code:02x}"),
            code @ 0x100..=0xffff => _ = write!(out, "\\u{code:04x}"),
            code => _ = write!(out, "\\U{code:08x}"),
        },
    })
}

/// A literal in double quotes, or in single ones where those are fewer to escape.
fn quoted(
    prefix: &str,
    text: impl Iterator<Item = char> + Clone,
    other: impl Fn(char, &mut String),
) -> String {
    let count = |quote| text.clone().filter(|c| *c == quote).count();
    let quote = if count('"') > count('\'') { '\'' } else { '"' };
    let mut out = prefix.to_owned();
    out.push(quote);
    for c in text {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            _ if c == quote => out.extend(['\\', c]),
            _ => other(c, &mut out),
        }
    }
    out.push(quote);
    out
}

/// A literal of bytes in which text can be read.
fn piece(bytes: &[u8]) -> String {
    quoted(
        "b",
        bytes.iter().map(|byte| char::from(*byte)),
        |c, out| match c {
            ' '..='~' => out.push(c),
            _ => _ = write!(out, "\\x{:02x}", u32::from(c)),
        },
    )
}

/// Bytes as literals of `columns` at most.
pub(super) fn bytes(bytes: &[u8], columns: usize) -> Expr {
    let mut pieces = Vec::new();
    let mut start = 0;
    // the letter and both quotes
    let mut used = 3;
    for (at, byte) in bytes.iter().enumerate() {
        let columns_of = match byte {
            b'"' | b'\'' | b'\\' | b'\n' | b'\t' | b'\r' => 2,
            b' '..=b'~' => 1,
            _ => 4,
        };
        if used + columns_of > columns && at > start {
            pieces.push(piece(&bytes[start..at]));
            (start, used) = (at, 3);
        }
        used += columns_of;
    }
    pieces.push(piece(&bytes[start..]));
    Expr::Pieces(pieces)
}

/// The value of a scalar.
pub(super) fn scalar(literal: &Literal, primitive: Primitive, scope: &Scope<'_>, columns: usize) -> Expr {
    let text = match literal {
        Literal::Bool(true) => "True".to_owned(),
        Literal::Bool(false) => "False".to_owned(),
        Literal::Int(value) if primitive == Primitive::Decimal => {
            return decimal(&value.to_string(), 0, scope);
        }
        Literal::Int(value) if matches!(primitive, Primitive::Float32 | Primitive::Float64) => {
            float(*value as f64, primitive)
        }
        Literal::Int(value) => integer(*value),
        Literal::Float(value) => float(*value, primitive),
        Literal::Decimal { unscaled, scale } => return decimal(unscaled, *scale, scope),
        Literal::String(text) => string(text),
        Literal::Bytes(value) => return bytes(value, columns),
        Literal::Duration { milliseconds } => return duration(*milliseconds, scope),
        Literal::Timestamp { seconds, nanoseconds } => return timestamp(*seconds, *nanoseconds, scope),
        Literal::Date { days } => {
            let (year, month, day) = date(*days);
            let numbers = [i32::from(year), i32::from(month), i32::from(day)];
            let numbers = numbers.map(|number| Argument::plain(Expr::text(number.to_string())));
            return Expr::call(scope.module("datetime") + ".date", numbers.into());
        }
        Literal::EnumValue { .. } | Literal::Empty | Literal::List(_) => {
            unreachable!("resolve: a scalar has the literal of a scalar")
        }
    };
    Expr::Text(text)
}

fn float(value: f64, primitive: Primitive) -> String {
    match primitive {
        Primitive::Float32 => format!("{:?}", value as f32),
        _ => format!("{value:?}"),
    }
}

/// A duration in the largest unit that has no fraction: `datetime.timedelta(seconds=90)`.
fn duration(milliseconds: i64, scope: &Scope<'_>) -> Expr {
    const UNITS: [(i64, &str); 3] = [(3_600_000, "hours"), (60_000, "minutes"), (1_000, "seconds")];
    let whole = |(unit, _): &&(i64, &str)| milliseconds != 0 && milliseconds % unit == 0;
    let (unit, name) = UNITS.iter().find(whole).unwrap_or(&(1, "milliseconds"));
    let amount = integer(i128::from(milliseconds / unit));
    Expr::call(
        scope.module("datetime") + ".timedelta",
        vec![Argument::named(*name, Expr::Text(amount))],
    )
}

/// An instant in UTC; what is less than a microsecond is dropped, as decoding does.
fn timestamp(seconds: i64, nanoseconds: u32, scope: &Scope<'_>) -> Expr {
    let days = seconds.div_euclid(86_400);
    let (year, month, day) = date(i32::try_from(days).expect("resolve: a timestamp is in range"));
    let of_day = seconds.rem_euclid(86_400);
    let microseconds = i64::from(nanoseconds / 1_000);
    let mut numbers = vec![i64::from(year), i64::from(month), i64::from(day)];
    let time = [of_day / 3_600, of_day / 60 % 60, of_day % 60, microseconds];
    let used = time
        .iter()
        .rposition(|part| *part != 0)
        .map_or(0, |last| last + 1);
    numbers.extend(&time[..used]);
    let numbers = numbers
        .iter()
        .map(|number| Argument::plain(Expr::text(number.to_string())));
    let module = scope.module("datetime");
    let utc = Argument::named("tzinfo", Expr::text(format!("{module}.timezone.utc")));
    Expr::call(module + ".datetime", numbers.chain([utc]).collect())
}

fn decimal(unscaled: &str, scale: i32, scope: &Scope<'_>) -> Expr {
    let value = match decimal_text(unscaled, scale) {
        text if text.bytes().all(|c| c.is_ascii_digit() || c == b'-') => text,
        text => string(&text),
    };
    Expr::call(
        scope.module("decimal") + ".Decimal",
        vec![Argument::plain(Expr::Text(value))],
    )
}

/// The number as it is written, where that is short.
fn decimal_text(unscaled: &str, scale: i32) -> String {
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
        _ => format!("{unscaled}E{}", -i64::from(scale)),
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
        assert_eq!(string("\u{1f600}"), r#""\U0001f600""#);
        assert_eq!(piece("ü\"'".as_bytes()), r#"b"\xc3\xbc\"'""#);
    }

    #[test]
    fn long_bytes_are_several_literals() {
        let Expr::Pieces(pieces) = bytes(b"abc\0def\\", 8) else {
            panic!("bytes are pieces")
        };
        assert_eq!(pieces, [r#"b"abc""#, r#"b"\x00d""#, r#"b"ef\\""#]);
    }

    #[test]
    fn decimals_are_written_as_people_do() {
        assert_eq!(decimal_text("1250", 2), "12.50");
        assert_eq!(decimal_text("-5", 1), "-0.5");
        assert_eq!(decimal_text("5", 3), "0.005");
        assert_eq!(decimal_text("7", 0), "7");
        assert_eq!(decimal_text("7", -3), "7E3");
        assert_eq!(decimal_text("7", 40), "7E-40");
    }
}
