//! What is wrong with defaults and constants.

use super::with_article;
use crate::ast::{self, Declaration, Kind};
use crate::diagnostic::{Code, Diagnostic};
use crate::parse::shorten;
use crate::source::Span;

pub(in crate::resolve) fn default_on_optional(span: Span) -> Diagnostic {
    Diagnostic::error(Code::DefaultOnOptional, span, "an optional field has no default")
        .label("left out, it is absent")
        .help("remove the default, or the `?`")
}

pub(in crate::resolve) fn default_not_allowed(span: Span, declared: &Declaration) -> Diagnostic {
    let kind = match declared.kind {
        Kind::Union { .. } => "union",
        _ => "message",
    };
    Diagnostic::error(
        Code::DefaultNotAllowed,
        span,
        format!("a field that holds a {kind} has no default"),
    )
    .label("defaults are for scalars, enums and empty containers")
    .at(
        declared.name.span,
        format!("`{}` is a {kind}", declared.name.text),
    )
    .help("make the field optional instead")
}

pub(in crate::resolve) fn container_default(span: Span, ty: &str, form: &str) -> Diagnostic {
    Diagnostic::error(
        Code::WrongType,
        span,
        format!("the only default of a `{ty}` is `{form}`"),
    )
    .label("not an empty container")
    .edit(span, form)
}

pub(in crate::resolve) fn invalid_constant(span: Span, what: &str) -> Diagnostic {
    Diagnostic::error(
        Code::InvalidConstant,
        span,
        format!("a constant cannot be a `{what}`"),
    )
    .label("not a scalar or an enum")
    .help("constants are scalars and enums, and never optional")
}

pub(in crate::resolve) fn constant_type(
    span: Span,
    path: &str,
    is: &str,
    wanted: &str,
    declared: Span,
) -> Diagnostic {
    let (is, wanted) = (with_article(is), with_article(wanted));
    Diagnostic::error(Code::WrongType, span, format!("`{path}` is {is}, not {wanted}"))
        .label(format!("{wanted} is needed here"))
        .at(declared, "the constant is declared here")
        .help("write a literal, or use a constant of this type")
}

pub(in crate::resolve) fn enum_literal(span: Span, name: &str, named: Option<&str>) -> Diagnostic {
    let diagnostic = Diagnostic::error(
        Code::WrongType,
        span,
        format!("the value of an enum is named, for `{name}` too"),
    )
    .label(format!("not the name of a value of `{name}`"));
    match named {
        Some(value) => diagnostic.help(format!("write `{value}`")).edit(span, value),
        None => diagnostic.help("write one of its value names, without quotes"),
    }
}

/// Why a literal does not fit its type.
pub(in crate::resolve) enum Mismatch {
    /// Something else was needed.
    Kind(&'static str),
    /// The range that was left.
    Range(String),
    /// A duration without its unit.
    Unit,
    /// Not a timestamp, and why.
    Timestamp(String),
    /// Not a date, and why.
    Date(String),
}

pub(in crate::resolve) fn mismatch(
    span: Span,
    ty: &str,
    found: &str,
    value: &ast::Value,
    mismatch: Mismatch,
) -> Diagnostic {
    let found = shorten(found);
    match mismatch {
        Mismatch::Kind(needed) => {
            let is = match value {
                ast::Value::Int(_) => "an integer",
                ast::Value::Float(_) => "a float",
                ast::Value::Duration(_) => "a duration",
                ast::Value::String(_) => "a string",
                ast::Value::Bool(_) => "a bool",
                ast::Value::List(_) => "a list",
                ast::Value::EmptyMap => "a map",
                ast::Value::Path(_) | ast::Value::Invalid => "something else",
            };
            let diagnostic = Diagnostic::error(
                Code::WrongType,
                span,
                format!("`{found}` is {is}, not a value of `{ty}`"),
            )
            .label(format!("{} takes {needed}", with_article(ty)));
            match otherwise_quoted(value, needed, &found) {
                Some(text) => diagnostic.help(format!("write `{text}`")).edit(span, text),
                None => diagnostic.help(format!("write {needed}, or change the type")),
            }
        }
        Mismatch::Range(range) => {
            Diagnostic::error(Code::OutOfRange, span, format!("{found} does not fit `{ty}`"))
                .label(format!("the range is {range}"))
                .help(match wider(ty) {
                    Some(wider) => {
                        format!("write a value in that range, or use a wider type such as `{wider}`")
                    }
                    None => "write a value in that range".to_owned(),
                })
        }
        Mismatch::Unit => Diagnostic::error(Code::WrongType, span, format!("`{found}` has no unit"))
            .label("a duration needs one")
            .help(format!("write `{found}s` for seconds, or `ms`, `m`, `h`")),
        Mismatch::Timestamp(why) => Diagnostic::error(
            Code::InvalidTimestamp,
            span,
            format!("{found} is not a timestamp"),
        )
        .label(why)
        .help("write it as in `\"2026-01-31T12:00:00Z\"`"),
        Mismatch::Date(why) => Diagnostic::error(Code::InvalidDate, span, format!("{found} is not a date"))
            .label(why)
            .help("write it as in `\"2026-01-31\"`"),
    }
}

/// The value with its quotes taken off, or put on, where that is what was meant.
fn otherwise_quoted(value: &ast::Value, needed: &str, found: &str) -> Option<String> {
    match value {
        ast::Value::String(text) => {
            let number = text.parse::<f64>().is_ok() && text.bytes().all(|b| !b.is_ascii_alphabetic());
            let fits = match needed {
                "an integer" => text.parse::<i128>().is_ok(),
                "a number" => number,
                "`true` or `false`" => matches!(text.as_str(), "true" | "false"),
                _ => false,
            };
            fits.then(|| text.clone())
        }
        ast::Value::Int(_) | ast::Value::Float(_) | ast::Value::Duration(_) | ast::Value::Bool(_)
            if needed.starts_with("a string") =>
        {
            Some(format!("\"{found}\""))
        }
        _ => None,
    }
}

/// The next type that holds more.
fn wider(ty: &str) -> Option<&'static str> {
    Some(match ty {
        "int8" => "int16",
        "int16" => "int32",
        "int32" | "fixed_int32" => "int64",
        "uint8" => "uint16",
        "uint16" => "uint32",
        "uint32" | "fixed_uint32" => "uint64",
        "float32" => "float64",
        _ => return None,
    })
}
