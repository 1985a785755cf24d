//! Values and attributes as they are written in a schema.

use crate::model::{ForeignAttribute, Literal};
use aster_contract::graph::{Leaf, Shape, Value};
use aster_contract::model::Primitive;
use std::fmt::Write;

/// The literal, one spelling for each value.
pub(crate) fn literal(value: &Literal, ty: &Value) -> String {
    match value {
        Literal::Bool(value) => value.to_string(),
        Literal::Int(value) => value.to_string(),
        Literal::Float(value) => format!("{value:?}"),
        Literal::Decimal { unscaled, scale } => decimal(unscaled, *scale),
        Literal::String(text) => string(text),
        Literal::Bytes(bytes) => string(&String::from_utf8_lossy(bytes)),
        Literal::Duration { milliseconds } => duration(*milliseconds),
        Literal::Timestamp { seconds, nanoseconds } => timestamp(*seconds, *nanoseconds),
        Literal::Date { days } => date(*days),
        Literal::EnumValue { name, .. } => name.clone(),
        Literal::Empty => match ty.shape {
            Shape::Map(..) => "{}".to_owned(),
            _ => "[]".to_owned(),
        },
        Literal::List(items) => {
            let items: Vec<String> = items.iter().map(|item| literal(item, ty)).collect();
            format!("[{}]", items.join(", "))
        }
    }
}

/// The literal of a constant, which is never a container.
pub(crate) fn constant(value: &Literal, ty: Leaf) -> String {
    let ty = Value {
        shape: Shape::Leaf(ty),
        optional: false,
    };
    literal(value, &ty)
}

/// `@acme.index("by name", unique: true)`
pub(crate) fn attribute(attribute: &ForeignAttribute) -> String {
    // of the types only containers matter, and an attribute has lists alone
    let value = |value| constant(value, Leaf::Primitive(Primitive::String));
    let arguments: Vec<String> = attribute
        .arguments
        .iter()
        .map(|(name, argument)| match name.as_str() {
            "" => value(argument),
            name => format!("{name}: {}", value(argument)),
        })
        .collect();
    match arguments.as_slice() {
        [] => format!("@{}", attribute.name),
        arguments => format!("@{}({})", attribute.name, arguments.join(", ")),
    }
}

fn string(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            '\0' => out.push_str("\\0"),
            c if c.is_control() => _ = write!(out, "\\u{{{:X}}}", u32::from(c)),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// The digits with their point; an exponent where the scale leaves no other way.
fn decimal(unscaled: &str, scale: i32) -> String {
    let (sign, digits) = unscaled
        .strip_prefix('-')
        .map_or(("", unscaled), |digits| ("-", digits));
    match usize::try_from(scale) {
        Ok(0) => unscaled.to_owned(),
        Ok(places) if places < 32 => {
            let padded = format!("{digits:0>width$}", width = places + 1);
            let (whole, fraction) = padded.split_at(padded.len() - places);
            format!("{sign}{whole}.{fraction}")
        }
        _ => format!("{unscaled}e{}", -i64::from(scale)),
    }
}

fn duration(milliseconds: i64) -> String {
    let sign = if milliseconds < 0 { "-" } else { "" };
    let mut rest = milliseconds.unsigned_abs();
    if rest == 0 {
        return "0s".to_owned();
    }
    let mut out = sign.to_owned();
    for (unit, size) in [("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)] {
        if rest >= size {
            _ = write!(out, "{}{unit}", rest / size);
            rest %= size;
        }
    }
    out
}

fn timestamp(seconds: i64, nanoseconds: u32) -> String {
    let at = i32::try_from(nanoseconds)
        .ok()
        .and_then(|nanoseconds| jiff::Timestamp::new(seconds, nanoseconds).ok());
    match at {
        Some(at) => format!("\"{at}\""),
        None => format!("{seconds}.{nanoseconds:09}"),
    }
}

fn date(days: i32) -> String {
    let date = jiff::civil::date(1970, 1, 1).saturating_add(jiff::Span::new().days(i64::from(days)));
    format!("\"{date}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_a_schema_has_them() {
        assert_eq!(decimal("150", 2), "1.50");
        assert_eq!(decimal("-5", 3), "-0.005");
        assert_eq!(decimal("7", 0), "7");
        assert_eq!(decimal("1", -5), "1e5");
        assert_eq!(decimal("1", 40), "1e-40");
        assert_eq!(duration(90_000), "1m30s");
        assert_eq!(duration(-3_600_500), "-1h500ms");
        assert_eq!(duration(0), "0s");
        assert_eq!(date(-719_162), "\"0001-01-01\"");
        assert_eq!(timestamp(-1, 500_000_000), "\"1969-12-31T23:59:59.5Z\"");
    }

    #[test]
    fn no_text_breaks_out_of_its_quotes() {
        assert_eq!(string("a\"b\\c\n\u{1}é"), "\"a\\\"b\\\\c\\n\\u{1}é\"");
    }
}
