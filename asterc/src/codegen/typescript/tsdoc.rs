//! Documentation of a schema as TSDoc.

use crate::codegen::declared::Package;
use crate::codegen::docs::tsdoc;
use crate::codegen::notes::{deprecation, foreign};
use crate::model::{Deprecated, Notes};

/// The lines as a comment at an indentation of `indent`.
pub(super) fn print(lines: &[String], indent: usize) -> String {
    if let [line] = lines {
        return format!("/** {line} */");
    }
    let mut out = "/**".to_owned();
    for line in lines {
        out.push_str(&format!("\n{:indent$} *", ""));
        if !line.is_empty() {
            out.push(' ');
            out.push_str(line);
        }
    }
    out + &format!("\n{:indent$} */", "")
}

/// The documentation of a package: of all its files.
pub(super) fn of_package(name: &str, package: &Package<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    for file in &package.files {
        paragraph(&mut lines, tsdoc(&file.docs));
    }
    if lines.is_empty() {
        lines.push(format!("Package `{name}`."));
    }
    paragraph(&mut lines, vec!["@packageDocumentation".to_owned()]);
    lines
}

/// The documentation of a declaration, with what else its notes say; none where they say nothing.
pub(super) fn of(notes: &Notes) -> Vec<String> {
    let mut lines = tsdoc(&notes.docs);
    if let Some(attributes) = foreign(notes) {
        paragraph(&mut lines, tsdoc(&attributes));
    }
    if let Some(deprecated) = &notes.deprecated {
        tag(&mut lines, deprecated_tag(deprecated));
    }
    lines
}

/// As [`of`]; `fallback` says something where the schema does not.
pub(super) fn or(notes: &Notes, fallback: impl FnOnce() -> String) -> Vec<String> {
    let mut lines = of(notes);
    if notes.docs.trim().is_empty() {
        let rest = std::mem::replace(&mut lines, vec![fallback()]);
        paragraph(&mut lines, rest);
    }
    lines
}

/// A block tag, behind what is there.
pub(super) fn tag(lines: &mut Vec<String>, tag: Vec<String>) {
    let is_tag = lines.last().is_some_and(|last| last.starts_with('@'));
    if is_tag {
        lines.extend(tag);
    } else {
        paragraph(lines, tag);
    }
}

fn paragraph(lines: &mut Vec<String>, more: Vec<String>) {
    if !lines.is_empty() && !more.is_empty() {
        lines.push(String::new());
    }
    lines.extend(more);
}

fn deprecated_tag(deprecated: &Deprecated) -> Vec<String> {
    let text = deprecation(deprecated).unwrap_or_default();
    let mut lines = tsdoc(&text);
    match lines.first_mut() {
        Some(first) => first.insert_str(0, "@deprecated "),
        None => lines.push("@deprecated".to_owned()),
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn comment(text: &str) -> String {
        print(&tsdoc(text), 2)
    }

    #[test]
    fn no_text_ends_its_comment() {
        assert_eq!(comment("a */ b"), "/** a *\\/ b */");
        assert_eq!(comment("`a */ b`"), "/** `a *\\/ b` */");
        assert_eq!(
            comment("```\n*/\n```"),
            "/**\n   * ```text\n   * *\\/\n   * ```\n   */"
        );
        assert_eq!(comment("a *\\/ b"), "/** a *\\/ b */");
    }

    #[test]
    fn no_text_is_a_tag() {
        assert_eq!(
            comment("@deprecated {@link X}"),
            "/** \\@deprecated \\{\\@link X\\} */"
        );
        assert_eq!(comment("`@a {b}`"), "/** `@a {b}` */");
    }

    #[test]
    fn lines_stand_behind_stars() {
        assert_eq!(comment("a\n\nb"), "/**\n   * a\n   *\n   * b\n   */");
    }
}
