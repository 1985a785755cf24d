//! What is wrong with names, and with what they stand for.

use super::{SHOWN, quoted, quoted_or, simple};
use crate::ast::{Declaration, Kind, Name, Path};
use crate::diagnostic::{Code, Diagnostic};
use crate::parse::shorten;
use crate::source::Span;

pub(in crate::resolve) fn keyword_as_name(span: Span, name: &str, what: &str) -> Diagnostic {
    Diagnostic::error(Code::KeywordAsName, span, format!("{what} cannot be named `{name}`, which is a keyword"))
        .label("a keyword of the language, or kept for later")
        .help("choose another name; only fields, parameters, methods, enum values and cases may be named like keywords")
}

pub(in crate::resolve) fn builtin_as_name(span: Span, name: &str, what: &str) -> Diagnostic {
    Diagnostic::error(
        Code::BuiltinAsName,
        span,
        format!("{what} cannot be named `{name}`, which is a built-in type"),
    )
    .label("a built-in type")
    .help("choose another name")
}

pub(in crate::resolve) fn duplicate_name(
    second: &Name,
    first: &Name,
    what: &str,
    package: &str,
) -> Diagnostic {
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

pub(in crate::resolve) fn ambiguous(span: Span, path: &str, candidates: &[(String, Span)]) -> Diagnostic {
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

pub(in crate::resolve) fn unknown_type(
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

pub(in crate::resolve) fn not_a_type(path: &Path, declared: &Declaration) -> Diagnostic {
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

pub(in crate::resolve) fn unknown_constant(
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

pub(in crate::resolve) fn not_a_constant(span: Span, path: &str, declared: &Declaration) -> Diagnostic {
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

pub(in crate::resolve) fn qualified_enum_value(span: Span, path: &str, value: &str) -> Diagnostic {
    Diagnostic::error(
        Code::UnknownConstant,
        span,
        format!("there is no constant named `{}`", shorten(path)),
    )
    .label("an enum's value is written without the enum's name")
    .help(format!("write `{value}`"))
    .edit(span, value)
}

pub(in crate::resolve) fn unquoted(span: Span, path: &str) -> Diagnostic {
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
