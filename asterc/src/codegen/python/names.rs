//! Names of a schema as Python spells them.
//!
//! A declared name stays as it is where it is idiomatic; otherwise it is converted. What Python has for itself gets a `_`
//! behind it. No name begins with a `_`, for that is private: such names are the generated code's own.

use heck::{ToShoutySnakeCase, ToSnakeCase, ToUpperCamelCase};
use unicode_normalization::UnicodeNormalization;

/// A field or a segment of a package: `snake_case`.
pub(super) fn value(name: &str) -> String {
    let name = public(name, "n_");
    let converted = if is_snake(&name) {
        None
    } else {
        Some(name.to_snake_case())
    };
    match escape(identifier(name, converted)) {
        // what a method has first
        name if name == "self" => name + "_",
        name => name,
    }
}

/// A method: as [`value`], and none that the classes of the runtime have.
pub(super) fn method(name: &str) -> String {
    match value(name) {
        name if name == "per_session" => name + "_",
        name => name,
    }
}

/// A parameter of a client's method: as [`value`], and none that every method of a client has.
pub(super) fn parameter(name: &str) -> String {
    match value(name) {
        name if matches!(name.as_str(), "timeout" | "metadata") => name + "_",
        name => name,
    }
}

/// A message, enum, union or service: `CamelCase`.
pub(super) fn type_name(name: &str) -> String {
    let acronym = name.chars().count() > 2 && is_shouted(name);
    escape(camel(name, acronym))
}

/// The end of the name of a union's case, behind the one of the union: `CamelCase`, also for `SHOUTED` names.
pub(super) fn case(name: &str) -> String {
    camel(name, name.chars().count() > 1 && is_shouted(name))
}

/// A constant, or a value of an enum: `SHOUTING_SNAKE_CASE`.
pub(super) fn constant(name: &str) -> String {
    let name = public(name, "N_");
    let lower = name.chars().any(char::is_lowercase);
    let converted = lower.then(|| name.to_shouty_snake_case());
    escape(identifier(name, converted))
}

fn camel(name: &str, shouted: bool) -> String {
    let name = public(name, "N");
    let first = name.chars().next();
    let is_camel = !name.trim_end_matches('_').contains('_') && !first.is_some_and(char::is_lowercase);
    let converted = (!is_camel || shouted).then(|| name.to_upper_camel_case());
    identifier(name, converted)
}

fn is_shouted(name: &str) -> bool {
    name.chars().any(char::is_uppercase) && !name.chars().any(char::is_lowercase)
}

fn is_snake(name: &str) -> bool {
    !name.trim_end_matches('_').contains("__") && !name.chars().any(char::is_uppercase)
}

/// The name as Python's parser reads it, in NFKC, without what makes it private; `letters` go in front of what is no name
/// then.
fn public(name: &str, letters: &str) -> String {
    let name: String = name.nfkc().collect();
    let rest = name.trim_start_matches('_');
    match rest.chars().next() {
        Some(first) if unicode_ident::is_xid_start(first) => rest.to_owned(),
        _ => format!("{letters}{rest}"),
    }
}

/// The converted name if it is still an identifier, else the one that was there.
fn identifier(name: String, converted: Option<String>) -> String {
    let Some(converted) = converted else {
        return name;
    };
    let converted: String = converted.nfkc().collect();
    let starts = converted.starts_with(unicode_ident::is_xid_start);
    if starts && converted.chars().all(unicode_ident::is_xid_continue) {
        converted
    } else {
        name
    }
}

fn escape(name: String) -> String {
    if is_keyword(&name) { name + "_" } else { name }
}

/// Whether Python has the word for itself, everywhere.
#[rustfmt::skip]
pub(super) fn is_keyword(name: &str) -> bool {
    matches!(
        name,
        "False" | "None" | "True" | "and" | "as" | "assert" | "async" | "await" | "break" | "class" | "continue" | "def"
            | "del" | "elif" | "else" | "except" | "finally" | "for" | "from" | "global" | "if" | "import" | "in" | "is"
            | "lambda" | "nonlocal" | "not" | "or" | "pass" | "raise" | "return" | "try" | "while" | "with" | "yield"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn idiomatic_names_stay() {
        assert_eq!(value("from_node"), "from_node");
        assert_eq!(value("straße"), "straße");
        assert_eq!(value("match"), "match");
        assert_eq!(type_name("HTTPServer"), "HTTPServer");
        assert_eq!(type_name("V2"), "V2");
        assert_eq!(type_name("名"), "名");
        assert_eq!(case("NotFound"), "NotFound");
        assert_eq!(constant("MAX_LINES"), "MAX_LINES");
    }

    #[test]
    fn other_names_are_converted() {
        assert_eq!(value("getURL"), "get_url");
        assert_eq!(value("a__b"), "a_b");
        assert_eq!(type_name("order_line"), "OrderLine");
        assert_eq!(type_name("HTTP"), "Http");
        assert_eq!(case("NOT_FOUND"), "NotFound");
        assert_eq!(case("none"), "None");
        assert_eq!(case("A"), "A");
        assert_eq!(constant("maxLines"), "MAX_LINES");
        assert_eq!(constant("notFound"), "NOT_FOUND");
    }

    #[test]
    fn words_of_python_are_escaped() {
        assert_eq!(value("from"), "from_");
        assert_eq!(value("From"), "from_");
        assert_eq!(value("self"), "self_");
        assert_eq!(type_name("None"), "None_");
        assert_eq!(parameter("timeout"), "timeout_");
        assert_eq!(value("timeout"), "timeout");
        assert_eq!(method("per_session"), "per_session_");
    }

    #[test]
    fn no_name_is_private() {
        assert_eq!(value("_leading"), "leading");
        assert_eq!(value("__init__"), "init__");
        assert_eq!(value("_"), "n_");
        assert_eq!(value("_9"), "n_9");
        assert_eq!(constant("_3D"), "N_3D");
        assert_eq!(type_name("_3d"), "N3d");
    }

    #[test]
    fn names_are_what_the_parser_of_python_makes_of_them() {
        assert_eq!(value("ﬁeld"), "field");
        assert_eq!(value("ｉｎ"), "in_");
        assert_eq!(type_name("Ⅷ"), "VIII");
    }

    #[test]
    fn every_name_is_an_identifier_afterwards() {
        for name in [
            "_", "__", "_9A", "ʼN", "ßA", "ŉ", "A_", "_A_", "İ", "ǆ", "A__9", "ͅ_", "ªb",
        ] {
            for convert in [value, method, parameter, type_name, constant] {
                let found = convert(name);
                assert!(
                    found.starts_with(unicode_ident::is_xid_start),
                    "{name} -> {found}"
                );
                assert!(
                    found.chars().all(unicode_ident::is_xid_continue),
                    "{name} -> {found}"
                );
            }
        }
    }
}
