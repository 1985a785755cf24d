//! Names of a schema as TypeScript spells them.
//!
//! A declared name stays as it is where it is idiomatic; otherwise it is converted. What JavaScript has for itself gets a
//! `_` behind it. No name of a schema has a `$`: such names are the generated code's own.

use heck::{ToLowerCamelCase, ToShoutySnakeCase, ToUpperCamelCase};

/// A field or a case: `camelCase`. None that every object has, for a field that is left out would be found there.
pub(super) fn property(name: &str) -> String {
    let interior = name.trim_end_matches('_').contains('_');
    let converted = (interior || name.starts_with(char::is_uppercase)).then(|| name.to_lower_camel_case());
    match identifier(name, converted) {
        name if is_inherited(&name) => name + "_",
        name => name,
    }
}

/// A method: as [`property`], and none that clients have, that makes a promise of them, or that an interface takes for
/// something else.
pub(super) fn method(name: &str) -> String {
    match property(name) {
        name if matches!(name.as_str(), "new" | "stub" | "then") => name + "_",
        name => name,
    }
}

/// The path of the module of a package.
pub(super) fn module(package: &str) -> Vec<String> {
    let mut module: Vec<String> = package.split('.').map(str::to_owned).collect();
    if let [only] = module.as_mut_slice()
        && only == super::DEFINITIONS
    {
        only.push('_');
    }
    module
}

/// A message, enum, union or service: `PascalCase`.
pub(super) fn type_name(name: &str) -> String {
    let shouted = name.chars().any(char::is_uppercase) && !name.chars().any(char::is_lowercase);
    let acronym = shouted && name.chars().count() > 2;
    let is_pascal = !name.trim_end_matches('_').contains('_') && !name.starts_with(char::is_lowercase);
    let converted = (!is_pascal || acronym).then(|| name.to_upper_camel_case());
    escape(identifier(name, converted))
}

/// A constant, or a value of an enum: `SHOUTING_SNAKE_CASE`.
pub(super) fn constant(name: &str) -> String {
    let lower = name.chars().any(char::is_lowercase);
    escape(identifier(name, lower.then(|| name.to_shouty_snake_case())))
}

/// The converted name if it is still an identifier, else the one that was there.
fn identifier(name: &str, converted: Option<String>) -> String {
    match converted {
        Some(converted) if is_identifier(&converted) => converted,
        _ => name.to_owned(),
    }
}

fn is_identifier(name: &str) -> bool {
    name.starts_with(|c| c == '_' || unicode_ident::is_xid_start(c))
        && name.chars().all(unicode_ident::is_xid_continue)
}

fn escape(name: String) -> String {
    if is_reserved(&name) { name + "_" } else { name }
}

/// Whether no variable of a module can be called so.
#[rustfmt::skip]
pub(super) fn is_reserved(name: &str) -> bool {
    matches!(
        name,
        "arguments" | "await" | "break" | "case" | "catch" | "class" | "const" | "continue" | "debugger" | "default"
            | "delete" | "do" | "else" | "enum" | "eval" | "export" | "extends" | "false" | "finally" | "for" | "function"
            | "if" | "implements" | "import" | "in" | "instanceof" | "interface" | "let" | "new" | "null" | "package"
            | "private" | "protected" | "public" | "return" | "static" | "super" | "switch" | "this" | "throw" | "true"
            | "try" | "typeof" | "undefined" | "var" | "void" | "while" | "with" | "yield"
    )
}

/// Whether every object has a property that is called so.
#[rustfmt::skip]
fn is_inherited(name: &str) -> bool {
    matches!(
        name,
        "__proto__" | "constructor" | "hasOwnProperty" | "isPrototypeOf" | "propertyIsEnumerable" | "toLocaleString"
            | "toString" | "valueOf"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn idiomatic_names_stay() {
        assert_eq!(property("fromNode"), "fromNode");
        assert_eq!(property("from"), "from");
        assert_eq!(property("from_"), "from_");
        assert_eq!(property("straße"), "straße");
        assert_eq!(type_name("HTTPServer"), "HTTPServer");
        assert_eq!(type_name("V2"), "V2");
        assert_eq!(type_name("名"), "名");
        assert_eq!(constant("MAX_LINES"), "MAX_LINES");
        assert_eq!(constant("_3D"), "_3D");
    }

    #[test]
    fn other_names_are_converted() {
        assert_eq!(property("from_node"), "fromNode");
        assert_eq!(property("a__b"), "aB");
        assert_eq!(property("_leading"), "leading");
        assert_eq!(property("NOT_FOUND"), "notFound");
        assert_eq!(property("URL"), "url");
        assert_eq!(type_name("order_line"), "OrderLine");
        assert_eq!(type_name("HTTP"), "Http");
        assert_eq!(constant("maxLines"), "MAX_LINES");
    }

    #[test]
    fn words_of_javascript_are_escaped_where_they_mean_something() {
        assert_eq!(property("default"), "default");
        assert_eq!(property("to_string"), "toString_");
        assert_eq!(property("constructor"), "constructor_");
        assert_eq!(property("__proto__"), "proto");
        assert_eq!(property("then"), "then");
        assert_eq!(method("then"), "then_");
        assert_eq!(method("new"), "new_");
        assert_eq!(method("delete"), "delete");
    }

    #[test]
    fn every_name_is_an_identifier_afterwards() {
        for name in [
            "_", "__", "_9A", "ʼN", "ßA", "ŉ", "A_", "_A_", "İ", "ǆ", "A__9", "ªb", "ⅷ", "ﬁt",
        ] {
            for convert in [property, method, type_name, constant] {
                let found = convert(name);
                assert!(is_identifier(&found), "{name} -> {found}");
            }
        }
    }
}
