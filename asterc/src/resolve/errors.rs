//! What resolving has to say about names, types and values: one function for each diagnostic.

mod services;

pub(super) use services::*;

use crate::ast::{self, Declaration, Kind, Name, Path};
use crate::diagnostic::{Code, Diagnostic};
use crate::parse::shorten;
use crate::source::Span;

/// More names than this in one sentence do not help.
const SHOWN: usize = 8;

pub(super) fn invalid_import_path(span: Span, path: &str, problem: &str) -> Diagnostic {
    Diagnostic::error(
        Code::InvalidImportPath,
        span,
        format!("`{}` cannot be imported: {problem}", shorten(path)),
    )
    .label("not a path below an import root")
    .help("write the path from an import root (`-I`) down, as in `import \"shop/orders.aster\";`")
}

pub(super) fn import_not_found(span: Span, path: &str, searched: &[String], similar: &[&str]) -> Diagnostic {
    let mut diagnostic = no_file(span, path, searched);
    if let [one] = similar {
        diagnostic = diagnostic
            .help(format!("did you mean `{one}`?"))
            .edit(span, format!("\"{one}\""));
    } else if !similar.is_empty() {
        diagnostic = diagnostic.help(format!("did you mean {}?", quoted(similar.iter().copied())));
    }
    diagnostic.help("imports are looked for below the import roots, never beside the importing file; add a root with `-I DIR`")
}

/// `root` is a folder that has the file.
pub(super) fn import_below_another_root(
    span: Span,
    path: &str,
    searched: &[String],
    root: &str,
) -> Diagnostic {
    no_file(span, path, searched).help(format!(
        "the file is below `{root}`: imports are looked for below the import roots, so add that one with `-I {root}`"
    ))
}

fn no_file(span: Span, path: &str, searched: &[String]) -> Diagnostic {
    let roots: Vec<String> = searched.iter().map(|root| format!("`{root}`")).collect();
    Diagnostic::error(
        Code::ImportNotFound,
        span,
        format!("there is no file `{}`", shorten(path)),
    )
    .label(format!("looked for below {}", roots.join(", ")))
}

pub(super) fn duplicate_import(second: Span, first: Span, path: &str) -> Diagnostic {
    Diagnostic::warning(
        Code::DuplicateImport,
        second,
        format!("`{path}` is imported twice"),
    )
    .label("this import adds nothing")
    .at(first, "imported here first")
    .help("remove one of them")
}

pub(super) fn duplicate_import_alias(second: Span, first: Span, alias: &str) -> Diagnostic {
    Diagnostic::error(
        Code::DuplicateImportAlias,
        second,
        format!("two imports are called `{alias}`"),
    )
    .label("the same alias again")
    .at(first, "first used here")
    .help("give one of them another name behind `as`")
}

pub(super) fn unused_import(span: Span, path: &str) -> Diagnostic {
    Diagnostic::warning(Code::UnusedImport, span, format!("nothing of `{path}` is used"))
        .label("unused import")
        .help("remove it; imports are not transitive, so no other file needs it")
        .edit(span, "")
}

pub(super) fn uppercase_package(span: Span, package: &str, lower: Option<String>) -> Diagnostic {
    let diagnostic = Diagnostic::error(
        Code::UppercasePackage,
        span,
        format!("the package `{package}` has upper-case letters"),
    )
    .label("packages are lower case");
    match lower {
        Some(lower) => diagnostic.help(format!("write `{lower}`")).edit(span, lower),
        None => diagnostic.help("use letters that are lower case or have no case"),
    }
}

pub(super) fn keyword_as_name(span: Span, name: &str, what: &str) -> Diagnostic {
    Diagnostic::error(Code::KeywordAsName, span, format!("{what} cannot be named `{name}`, which is a keyword"))
        .label("a keyword of the language, or kept for later")
        .help("choose another name; only fields, parameters, methods, enum values and cases may be named like keywords")
}

pub(super) fn builtin_as_name(span: Span, name: &str, what: &str) -> Diagnostic {
    Diagnostic::error(
        Code::BuiltinAsName,
        span,
        format!("{what} cannot be named `{name}`, which is a built-in type"),
    )
    .label("a built-in type")
    .help("choose another name")
}

pub(super) fn duplicate_name(second: &Name, first: &Name, what: &str, package: &str) -> Diagnostic {
    let diagnostic = Diagnostic::error(
        Code::DuplicateName,
        second.span,
        format!("`{}` is declared twice in the package `{package}`", second.text),
    )
    .label("declared again")
    .at(first.span, format!("first declared here, as {what}"));
    if first.span.file == second.span.file {
        diagnostic.help("rename one of them")
    } else {
        diagnostic.help("rename one of them, or give one of the files another package")
    }
}

pub(super) fn ambiguous(span: Span, path: &str, candidates: &[(String, Span)]) -> Diagnostic {
    let names: Vec<&str> = candidates.iter().map(|(name, _)| name.as_str()).collect();
    let diagnostic = Diagnostic::error(
        Code::AmbiguousName,
        span,
        format!("`{path}` could be {}", quoted_or(&names)),
    )
    .label("more than one import has this name");
    let diagnostic = candidates
        .iter()
        .take(SHOWN)
        .fold(diagnostic, |diagnostic, (name, span)| {
            diagnostic.at(*span, format!("`{name}` is declared here"))
        });
    let first = names.first().copied().unwrap_or_default();
    diagnostic.help(format!(
        "write the full name, as in `{first}`, or import one file with `as`"
    ))
}

pub(super) fn unknown_type(
    path: &Path,
    foreign: Option<&'static str>,
    near: &[String],
    importable: &[(String, String)],
    import_place: Option<Span>,
    keyword: bool,
) -> Diagnostic {
    let name = &path.text;
    let diagnostic = Diagnostic::error(
        Code::UnknownType,
        path.span,
        format!("there is no type named `{}`", shorten(name)),
    );
    if keyword {
        return diagnostic
            .label("a keyword, not a type")
            .help("write the name of a type");
    }
    let diagnostic = diagnostic.label("not found in this file or its imports");
    let exact = importable
        .iter()
        .filter(|(_, full)| simple(full) == simple(name))
        .count();
    if exact > 0 {
        return importing(diagnostic, importable, import_place);
    }
    if matches!(
        simple(name),
        "void" | "Void" | "Empty" | "Unit" | "None" | "Nothing" | "nil"
    ) && near.is_empty()
    {
        return diagnostic
            .help("there is no type for nothing: a method that answers nothing is written with `-> ()`");
    }
    if let Some(foreign) = foreign {
        return diagnostic
            .help(format!("the type is called `{foreign}` here"))
            .edit(path.span, foreign);
    }
    match near {
        [] if importable.is_empty() => diagnostic.help(format!(
            "declare it, as in `message {} {{ … }}`, or import the file that does",
            simple(name)
        )),
        [] => importing(diagnostic, importable, import_place),
        [one] => diagnostic
            .help(format!("did you mean `{one}`?"))
            .edit(path.span, one.clone()),
        several => diagnostic.help(format!(
            "did you mean {}?",
            quoted_or(&several.iter().map(String::as_str).collect::<Vec<_>>())
        )),
    }
}

fn importing(diagnostic: Diagnostic, importable: &[(String, String)], place: Option<Span>) -> Diagnostic {
    let diagnostic = importable.iter().fold(diagnostic, |diagnostic, (path, full)| {
        diagnostic.help(format!(
            "`{full}` is declared in another file: add `import \"{path}\";` to use it"
        ))
    });
    match (importable, place) {
        ([(path, _)], Some(place)) => diagnostic.edit(place, format!("\nimport \"{path}\";")),
        _ => diagnostic,
    }
}

pub(super) fn not_a_type(path: &Path, declared: &Declaration) -> Diagnostic {
    let what = declared.kind.describe();
    Diagnostic::error(
        Code::NotAType,
        path.span,
        format!("`{}` is {what}, not a type", path.text),
    )
    .label("a type is needed here")
    .at(declared.name.span, format!("{what} is declared here"))
    .help("use a message, enum, union, alias or built-in type")
}

pub(super) fn unknown_constant(
    span: Span,
    path: &str,
    of: Option<&str>,
    values: &[&str],
    near: &[String],
    importable: &[(String, String)],
    import_place: Option<Span>,
) -> Diagnostic {
    let message = match of {
        Some(of) => format!("`{of}` has no value named `{}`", shorten(path)),
        None => format!("there is no constant named `{}`", shorten(path)),
    };
    let diagnostic = Diagnostic::error(Code::UnknownConstant, span, message);
    let diagnostic = match of {
        Some(_) => diagnostic.label("neither a value of the enum nor a constant"),
        None => diagnostic.label("not found in this file or its imports"),
    };
    if matches!(path, "null" | "None" | "nil" | "undefined" | "Null") {
        return diagnostic
            .help("there is no value for nothing: mark the type with `?` instead, as in `name: string?;`");
    }
    match near {
        [one] => diagnostic
            .help(format!("did you mean `{one}`?"))
            .edit(span, one.clone()),
        [] if !importable.is_empty() => importing(diagnostic, importable, import_place),
        [] if !values.is_empty() => {
            let more = if values.len() > SHOWN {
                format!(" and {} more", values.len() - SHOWN)
            } else {
                String::new()
            };
            diagnostic.help(format!(
                "its values are {}{more}",
                quoted(values.iter().copied().take(SHOWN))
            ))
        }
        [] => diagnostic.help(format!(
            "declare it, as in `const {}: int32 = 1;`; strings are written in quotes",
            simple(path)
        )),
        several => diagnostic.help(format!(
            "did you mean {}?",
            quoted_or(&several.iter().map(String::as_str).collect::<Vec<_>>())
        )),
    }
}

/// What stands for nothing in other languages.
fn is_null(path: &str) -> bool {
    matches!(path, "null" | "None" | "nil" | "undefined" | "Null")
}

fn no_null(diagnostic: Diagnostic) -> Diagnostic {
    diagnostic.help("there is no value for nothing: mark the type with `?` instead, as in `name: string?;`")
}

pub(super) fn not_a_constant(span: Span, path: &str, declared: &Declaration) -> Diagnostic {
    let what = declared.kind.describe();
    let diagnostic = Diagnostic::error(
        Code::NotAConstant,
        span,
        format!("`{path}` is {what}, not a constant"),
    )
    .label("a value or a constant is needed here")
    .at(declared.name.span, format!("{what} is declared here"));
    match &declared.kind {
        Kind::Enum { values, .. } if !values.is_empty() => {
            let names = values.iter().take(SHOWN).map(|value| value.name.text.as_str());
            diagnostic.help(format!("write one of its values: {}", quoted(names)))
        }
        _ => diagnostic.help("write a literal, or the name of a `const`"),
    }
}

pub(super) fn qualified_enum_value(span: Span, path: &str, value: &str) -> Diagnostic {
    Diagnostic::error(
        Code::UnknownConstant,
        span,
        format!("there is no constant named `{}`", shorten(path)),
    )
    .label("an enum's value is written without the enum's name")
    .help(format!("write `{value}`"))
    .edit(span, value)
}

pub(super) fn unquoted(span: Span, path: &str) -> Diagnostic {
    if is_null(path) {
        return no_null(Diagnostic::error(
            Code::UnknownConstant,
            span,
            format!("there is no constant named `{path}`"),
        ));
    }
    Diagnostic::error(
        Code::UnknownConstant,
        span,
        format!("there is no constant named `{}`", shorten(path)),
    )
    .label("neither a string nor a constant")
    .help(format!("a string is written in quotes: `\"{path}\"`"))
    .edit(span, format!("\"{path}\""))
}

pub(super) fn optional_twice(second: Span, first: Span) -> Diagnostic {
    Diagnostic::error(
        Code::OptionalTwice,
        second,
        "a type is optional once: `?` stands here twice",
    )
    .label("the second `?`")
    .at(first, "it is optional already")
    .help("remove one `?`")
    .edit(second, "")
}

pub(super) fn optional_alias(mark: Span, alias: &str, declared: Option<Span>) -> Diagnostic {
    let diagnostic = Diagnostic::error(
        Code::OptionalTwice,
        mark,
        format!("`{alias}?` would be optional twice"),
    )
    .label("this `?` is the second one")
    .help("remove this `?`: the alias is optional itself")
    .edit(mark, "");
    match declared {
        Some(span) => diagnostic.at(span, format!("`{alias}` stands for an optional type")),
        None => diagnostic,
    }
}

pub(super) fn optional_key(span: Span, marked: bool, element: bool) -> Diagnostic {
    let (code, what) = if element {
        (Code::OptionalElement, "a set's element")
    } else {
        (Code::OptionalKey, "a map's key")
    };
    let diagnostic = Diagnostic::error(code, span, format!("{what} cannot be optional"));
    if marked {
        diagnostic.label("remove this `?`").edit(span, "")
    } else {
        diagnostic.label("this alias stands for an optional type")
    }
    .help("list elements and map values may be optional")
}

pub(super) fn invalid_key(span: Span, what: &str, element: bool) -> Diagnostic {
    let noun = if element { "a set's element" } else { "a map's key" };
    let diagnostic = Diagnostic::error(Code::InvalidKey, span, format!("{noun} cannot be `{what}`"))
        .label("not a type that every language can compare");
    if element {
        diagnostic.help(format!(
            "use `bool`, an integer, `string` or an enum; or a `list<{what}>`"
        ))
    } else {
        diagnostic.help("use `bool`, an integer, `string` or an enum")
    }
}

pub(super) fn type_too_deep(span: Span, depth: usize, limit: usize) -> Diagnostic {
    Diagnostic::error(
        Code::TypeTooDeep,
        span,
        format!("{depth} containers are inside each other here, aliases resolved"),
    )
    .label(format!("at most {limit} may be"))
    .help("put a message in between")
}

pub(super) fn recursive_alias(cycle: &[&Name]) -> Diagnostic {
    circle(
        Code::RecursiveAlias,
        cycle,
        "an alias stands for itself",
        "aliases are only names: use a message for a recursive type",
    )
}

pub(super) fn recursive_constant(cycle: &[&Name]) -> Diagnostic {
    circle(
        Code::RecursiveConstant,
        cycle,
        "a constant is defined by itself",
        "give one of them a literal value",
    )
}

fn circle(code: Code, cycle: &[&Name], message: &str, help: &str) -> Diagnostic {
    let Some(first) = cycle.first() else {
        unreachable!("a circle has a member");
    };
    let names: Vec<&str> = cycle.iter().map(|name| name.text.as_str()).collect();
    let mut diagnostic = Diagnostic::error(code, first.span, format!("{message}: {}", way(&names)))
        .label("the circle begins here");
    for name in cycle.iter().skip(1).take(SHOWN) {
        diagnostic = diagnostic.at(name.span, format!("`{}` is part of it", name.text));
    }
    diagnostic.help(help)
}

/// `A → B → A`, shortened in the middle.
fn way(names: &[&str]) -> String {
    let count = names.len();
    let first = names.first().copied().unwrap_or_default();
    let shown: Vec<String> = names.iter().take(SHOWN).map(|name| format!("`{name}`")).collect();
    let mut text = shown.join(" → ");
    if count > SHOWN {
        text.push_str(&format!(" → … ({} more)", count - SHOWN));
    }
    format!("{text} → `{first}`")
}

/// `steps` are the types of the members that lead on, and the members' names.
pub(super) fn infinite_type(names: &[&str], steps: &[(Span, &str)], union: bool) -> Option<Diagnostic> {
    let (span, member) = steps.first()?;
    let message = format!("`{}` can only be infinite: {}", names.first()?, way(names));
    let next = names.get(1).or(names.first())?;
    let mut diagnostic = Diagnostic::error(Code::InfiniteType, *span, message)
        .label(format!("a `{}` needs a `{next}` here", names.first()?));
    for (at, (span, _)) in steps.iter().enumerate().skip(1).take(SHOWN) {
        let next = names.get(at + 1).or(names.first())?;
        diagnostic = diagnostic.at(*span, format!("and that needs a `{next}`"));
    }
    Some(if union {
        diagnostic.help("add a case that ends it, for example a scalar")
    } else {
        diagnostic.help(format!(
            "make `{member}` optional (`{member}: {next}?`) or a list: then the value can end"
        ))
    })
}

pub(super) fn duplicate_field(second: &Name, first: Span, owner: &Name) -> Diagnostic {
    duplicate(Code::DuplicateField, "fields", second, first, owner)
}

pub(super) fn duplicate_parameter(second: &Name, first: Span, owner: &Name) -> Diagnostic {
    duplicate(Code::DuplicateParameter, "parameters", second, first, owner)
}

pub(super) fn duplicate_method(second: &Name, first: Span, owner: &Name) -> Diagnostic {
    duplicate(Code::DuplicateMethod, "methods", second, first, owner)
}

pub(super) fn duplicate_value(second: &Name, first: Span, owner: &Name) -> Diagnostic {
    duplicate(Code::DuplicateValue, "values", second, first, owner)
}

pub(super) fn duplicate_case(second: &Name, first: Span, owner: &Name) -> Diagnostic {
    duplicate(Code::DuplicateCase, "cases", second, first, owner)
}

fn duplicate(code: Code, what: &str, second: &Name, first: Span, owner: &Name) -> Diagnostic {
    Diagnostic::error(
        code,
        second.span,
        format!("`{}` has two {what} named `{}`", owner.text, second.text),
    )
    .label("the same name again")
    .at(first, "first used here")
    .help("rename or remove one of them")
}

pub(super) fn duplicate_number(span: Span, number: i32, first: &Name, owner: &Name) -> Diagnostic {
    Diagnostic::error(
        Code::DuplicateNumber,
        span,
        format!("`{}` uses the number {number} twice", owner.text),
    )
    .label("the same number again")
    .at(first.span, format!("`{}` has it already", first.text))
    .help("every number stands for one thing")
}

pub(super) fn empty_enum(name: &Name) -> Diagnostic {
    Diagnostic::error(
        Code::EmptyEnum,
        name.span,
        format!("the enum `{}` has no values", name.text),
    )
    .label("no value of this type could exist")
    .help("add a value, as in `NONE = 0;`")
}

pub(super) fn empty_union(name: &Name) -> Diagnostic {
    Diagnostic::error(
        Code::EmptyUnion,
        name.span,
        format!("the union `{}` has no cases", name.text),
    )
    .label("no value of this type could exist")
    .help("add a case, as in `text: string = 1;`")
}

pub(super) fn number_kind(span: Span, what: &str) -> Diagnostic {
    Diagnostic::error(Code::WrongType, span, format!("{what} needs an integer")).label("not an integer")
}

pub(super) fn number_range(span: Span, what: &str, least: i32) -> Diagnostic {
    Diagnostic::error(
        Code::NumberOutOfRange,
        span,
        format!("{what} has a number of {least} … 2147483647"),
    )
    .label("outside that range")
    .help("choose a number in that range; numbers may be sparse, and their order means nothing")
}

pub(super) fn invalid_case(span: Span, what: &str) -> Diagnostic {
    Diagnostic::error(Code::InvalidCase, span, format!("a case cannot hold {what}"))
        .label("a case holds one message, enum or scalar")
        .help("declare a message with one field of this type, and use the message")
}

pub(super) fn too_many(span: Span, limit: usize) -> Diagnostic {
    Diagnostic::error(
        Code::TooManyErrors,
        span,
        format!("there are more than {limit} errors"),
    )
    .label("what was found from here on is not reported")
    .help("mend the first ones and run again")
}

pub(super) fn too_many_fields(span: Span, owner: &Name, count: usize, limit: usize) -> Diagnostic {
    Diagnostic::error(
        Code::TooManyFields,
        span,
        format!("`{}` has {count} fields; {limit} are possible", owner.text),
    )
    .label(format!("number {}", limit + 1))
    .help("group some of them into a message of their own")
}

pub(super) fn reserved_name(name: &Name, reserved: Span) -> Diagnostic {
    Diagnostic::error(
        Code::ReservedName,
        name.span,
        format!("`{}` is reserved", name.text),
    )
    .label("this name must not come back")
    .at(reserved, "reserved here")
    .help("choose another name")
}

pub(super) fn reserved_number(span: Span, number: i32, reserved: Span) -> Diagnostic {
    Diagnostic::error(
        Code::ReservedNumber,
        span,
        format!("the number {number} is reserved"),
    )
    .label("this number must not come back")
    .at(reserved, "reserved here")
    .help("choose another number")
}

pub(super) fn reserved_twice(second: Span, first: Span) -> Diagnostic {
    Diagnostic::error(Code::InvalidReserved, second, "this is reserved twice")
        .label("reserved again")
        .at(first, "first reserved here")
        .edit(second, "")
}

pub(super) fn reserved_number_in_message(span: Span) -> Diagnostic {
    Diagnostic::error(
        Code::InvalidReserved,
        span,
        "fields have no numbers, so none can be reserved",
    )
    .label("a field's name in quotes is expected here")
    .help("fields are matched by name: `reserved \"old_name\";`")
}

pub(super) fn invalid_name(span: Span, text: &str, what: &str) -> Diagnostic {
    let code = if what == "a reserved name" {
        Code::InvalidReserved
    } else {
        Code::InvalidArgument
    };
    Diagnostic::error(code, span, format!("`{}` cannot be {what}", shorten(text)))
        .label("not a name")
        .help("a name begins with a letter or `_`, has letters, digits and `_`, and is no keyword where a type is named")
}

pub(super) fn default_on_optional(span: Span) -> Diagnostic {
    Diagnostic::error(Code::DefaultOnOptional, span, "an optional field has no default")
        .label("left out, it is absent")
        .help("remove the default, or the `?`")
}

pub(super) fn default_not_allowed(span: Span, declared: &Declaration) -> Diagnostic {
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

pub(super) fn container_default(span: Span, ty: &str, form: &str) -> Diagnostic {
    Diagnostic::error(
        Code::WrongType,
        span,
        format!("the only default of a `{ty}` is `{form}`"),
    )
    .label("not an empty container")
    .edit(span, form)
}

pub(super) fn invalid_constant(span: Span, what: &str) -> Diagnostic {
    Diagnostic::error(
        Code::InvalidConstant,
        span,
        format!("a constant cannot be a `{what}`"),
    )
    .label("not a scalar or an enum")
    .help("constants are scalars and enums, and never optional")
}

pub(super) fn constant_type(span: Span, path: &str, is: &str, wanted: &str, declared: Span) -> Diagnostic {
    let (is, wanted) = (with_article(is), with_article(wanted));
    Diagnostic::error(Code::WrongType, span, format!("`{path}` is {is}, not {wanted}"))
        .label(format!("{wanted} is needed here"))
        .at(declared, "the constant is declared here")
        .help("write a literal, or use a constant of this type")
}

/// `an `int32``, `a `string``
fn with_article(ty: &str) -> String {
    let vowel = ty.starts_with(['a', 'e', 'i', 'o', 'A', 'E', 'I', 'O']);
    format!("{} `{ty}`", if vowel { "an" } else { "a" })
}

pub(super) fn enum_literal(span: Span, name: &str, named: Option<&str>) -> Diagnostic {
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
pub(super) enum Mismatch {
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

pub(super) fn mismatch(
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

fn simple(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}

fn quoted<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

fn quoted_or(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => format!("`{one}`"),
        [most @ .., last] => format!("{} or `{last}`", quoted(most.iter().copied())),
    }
}
