//! What is wrong with packages and imports.

use super::quoted;
use crate::diagnostic::{Code, Diagnostic};
use crate::parse::shorten;
use crate::source::Span;

pub(in crate::resolve) fn invalid_import_path(span: Span, path: &str, problem: &str) -> Diagnostic {
    Diagnostic::error(
        Code::InvalidImportPath,
        span,
        format!("`{}` cannot be imported: {problem}", shorten(path)),
    )
    .label("not a path below an import root")
    .help("write the path from an import root (`-I`) down, as in `import \"shop/orders.aster\";`")
}

pub(in crate::resolve) fn import_not_found(
    span: Span,
    path: &str,
    searched: &[String],
    similar: &[&str],
) -> Diagnostic {
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
pub(in crate::resolve) fn import_below_another_root(
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

pub(in crate::resolve) fn duplicate_import(second: Span, first: Span, path: &str) -> Diagnostic {
    Diagnostic::warning(
        Code::DuplicateImport,
        second,
        format!("`{path}` is imported twice"),
    )
    .label("this import adds nothing")
    .at(first, "imported here first")
    .help("remove one of them")
}

pub(in crate::resolve) fn duplicate_import_alias(second: Span, first: Span, alias: &str) -> Diagnostic {
    Diagnostic::error(
        Code::DuplicateImportAlias,
        second,
        format!("two imports are called `{alias}`"),
    )
    .label("the same alias again")
    .at(first, "first used here")
    .help("give one of them another name behind `as`")
}

pub(in crate::resolve) fn unused_import(span: Span, path: &str) -> Diagnostic {
    Diagnostic::warning(Code::UnusedImport, span, format!("nothing of `{path}` is used"))
        .label("unused import")
        .help("remove it; imports are not transitive, so no other file needs it")
        .edit(span, "")
}

pub(in crate::resolve) fn uppercase_package(span: Span, package: &str, lower: Option<String>) -> Diagnostic {
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
