//! Names of a schema as Rust spells them.
//!
//! A declared name stays as it is where the compiler and clippy find it idiomatic; otherwise it is
//! converted. What cannot be an identifier is escaped, with `r#` where that is allowed.

use heck::{ToShoutySnakeCase, ToSnakeCase, ToUpperCamelCase};
use unicode_normalization::UnicodeNormalization;

/// A field, a parameter or a method: `snake_case`.
pub(super) fn value(name: &str) -> String {
    if name.chars().all(|c| c == '_' || c.is_ascii_digit()) {
        // clippy finds nothing to read in such a name
        return format!("n{name}");
    }
    if is_snake(name) {
        escape(name)
    } else {
        converted(name, &name.to_snake_case())
    }
}

/// A method of a generated client: as [`value`], and not one the client already has.
pub(super) fn method(name: &str) -> String {
    let name = value(name);
    match name.as_str() {
        // `new` makes the client, `clone` copies it; clippy takes `cmp` for the one of `Ord`. A call of the others would
        // find what every value or every `Arc` has of that name.
        "new" | "clone" | "cmp" | "drop" | "into" | "try_into" | "as_ref" | "to_owned" => name + "_",
        _ => name,
    }
}

/// A segment of a package: the name of a module and of its file.
pub(super) fn module(segment: &str) -> String {
    match segment {
        // `mod.rs` is the file of the folder's own module
        "mod" => "mod_".to_owned(),
        _ => value(segment),
    }
}

/// A message, enum, union or service: `CamelCase`.
pub(super) fn type_name(name: &str) -> String {
    let acronym = name.chars().count() > 2 && !name.chars().any(char::is_lowercase) && has_case(name);
    if is_camel(name) && !acronym {
        escape(name)
    } else {
        converted(name, &name.to_upper_camel_case())
    }
}

/// A value of an enum or a case of a union: `CamelCase`, also for `SHOUTED` names.
pub(super) fn variant(name: &str) -> String {
    let shouted = name.chars().count() > 1 && !name.chars().any(char::is_lowercase) && has_case(name);
    if is_camel(name) && !shouted {
        escape(name)
    } else {
        converted(name, &name.to_upper_camel_case())
    }
}

/// A constant: `SCREAMING_SNAKE_CASE`.
pub(super) fn constant(name: &str) -> String {
    if name.chars().any(char::is_lowercase) {
        converted(name, &name.to_shouty_snake_case())
    } else {
        escape(name)
    }
}

/// `name` without `r#`: for names made of several and for file names.
pub(super) fn bare(name: &str) -> &str {
    name.strip_prefix("r#").unwrap_or(name)
}

/// As the lint `non_snake_case` sees it.
fn is_snake(name: &str) -> bool {
    if name.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()) {
        return true;
    }
    let inner = name.trim_matches('_');
    !inner.contains("__") && !inner.chars().any(char::is_uppercase)
}

/// Stricter than the lint `non_camel_case_types`: no `_` between letters at all.
fn is_camel(name: &str) -> bool {
    let inner = name.trim_matches('_');
    !inner.contains('_') && !inner.chars().next().is_some_and(char::is_lowercase)
}

fn has_case(name: &str) -> bool {
    name.chars().any(char::is_uppercase)
}

/// The converted name if it is still an identifier, else the declared one.
fn converted(declared: &str, converted: &str) -> String {
    let mut name: String = converted.nfc().collect();
    if name.starts_with(|first: char| !unicode_ident::is_xid_start(first)) {
        name.insert(0, '_');
    }
    let mut rest = name.chars().skip_while(|&c| c == '_');
    let valid = rest.next().is_some() && name.chars().all(unicode_ident::is_xid_continue);
    escape(if valid { &name } else { declared })
}

fn escape(name: &str) -> String {
    match name {
        // these cannot be raw
        "_" | "self" | "Self" | "super" | "crate" => format!("{name}_"),
        _ if is_raw(name) => format!("r#{name}"),
        _ => name.to_owned(),
    }
}

/// Whether Rust has the word for itself.
pub fn is_keyword(name: &str) -> bool {
    matches!(name, "self" | "Self" | "super" | "crate") || is_raw(name)
}

/// Strict and reserved keywords of every edition, but those that cannot be raw. (`matches!` tells by the length first.)
#[rustfmt::skip]
fn is_raw(name: &str) -> bool {
    matches!(
        name,
        "abstract" | "as" | "async" | "await" | "become" | "box" | "break" | "const" | "continue" | "do" | "dyn"
            | "else" | "enum" | "extern" | "false" | "final" | "fn" | "for" | "gen" | "if" | "impl" | "in" | "let"
            | "loop" | "macro" | "match" | "mod" | "move" | "mut" | "override" | "priv" | "pub" | "ref" | "return"
            | "static" | "struct" | "trait" | "true" | "try" | "type" | "typeof" | "unsafe" | "unsized" | "use"
            | "virtual" | "where" | "while" | "yield"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn idiomatic_names_stay() {
        assert_eq!(value("from_node"), "from_node");
        assert_eq!(value("_1a"), "_1a");
        assert_eq!(value("straße"), "straße");
        assert_eq!(type_name("HTTPServer"), "HTTPServer");
        assert_eq!(type_name("V2"), "V2");
        assert_eq!(type_name("名"), "名");
        assert_eq!(variant("NotFound"), "NotFound");
        assert_eq!(constant("MAX_LINES"), "MAX_LINES");
    }

    #[test]
    fn other_names_are_converted() {
        assert_eq!(value("getURL"), "get_url");
        assert_eq!(value("a__b"), "a_b");
        assert_eq!(type_name("order_line"), "OrderLine");
        assert_eq!(type_name("HTTP"), "Http");
        assert_eq!(variant("NOT_FOUND"), "NotFound");
        assert_eq!(variant("DEBUG"), "Debug");
        assert_eq!(variant("done"), "Done");
        assert_eq!(variant("A"), "A");
        assert_eq!(variant("_3D"), "_3d");
        assert_eq!(constant("maxLines"), "MAX_LINES");
    }

    #[test]
    fn keywords_are_escaped() {
        assert_eq!(value("type"), "r#type");
        assert_eq!(value("Type"), "r#type");
        assert_eq!(value("gen"), "r#gen");
        assert_eq!(value("yield"), "r#yield");
        assert_eq!(value("self"), "self_");
        assert_eq!(value("_"), "n_");
        assert_eq!(value("_1"), "n_1");
        assert_eq!(variant("SELF"), "Self_");
        assert_eq!(method("new"), "new_");
        assert_eq!(module("mod"), "mod_");
        assert_eq!(bare(&module("type")), "type");
    }

    #[test]
    fn every_name_is_an_identifier_afterwards() {
        for name in ["_", "__", "_9A", "ʼN", "ßA", "ŉ", "A_", "_A_", "İ", "ǆ", "A__9"] {
            for convert in [value, method, module, type_name, variant, constant] {
                let found = convert(name);
                let bare = bare(&found);
                let mut chars = bare.chars();
                let first = chars.next().unwrap();
                assert!(
                    unicode_ident::is_xid_start(first) || first == '_',
                    "{name} -> {found}"
                );
                assert!(chars.all(unicode_ident::is_xid_continue), "{name} -> {found}");
                assert_ne!(bare, "_");
            }
        }
    }
}
