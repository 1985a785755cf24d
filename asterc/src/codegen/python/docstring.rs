//! Documentation of a schema as docstrings.

use super::layout::new_line;
use crate::codegen::declared::Package;
use crate::codegen::docs::plain;
use crate::codegen::notes::foreign;
use crate::model::{Deprecated, Notes};

/// The lines as a docstring at an indentation of `indent`; there is at least one line.
pub(super) fn print(lines: &[String], indent: usize) -> String {
    let mut out = "\"\"\"".to_owned();
    let start = out.len();
    for (index, line) in lines.iter().enumerate() {
        if index > 0 {
            new_line(&mut out, if line.is_empty() { 0 } else { indent });
        }
        escape(line, &mut out);
    }
    if out[start..].starts_with('"') {
        out.insert(start, '\\');
    }
    if lines.len() > 1 {
        new_line(&mut out, indent);
    } else if out.len() > start && out.ends_with('"') && !out.ends_with("\\\"") {
        out.insert(out.len() - 1, '\\');
    }
    out + "\"\"\""
}

/// What ends a docstring, or means something else in it.
fn escape(line: &str, out: &mut String) {
    let mut quotes = 0;
    for c in line.chars() {
        quotes = if c == '"' { quotes + 1 } else { 0 };
        if c == '\\' {
            out.push('\\');
        } else if quotes == 3 {
            out.push('\\');
            quotes = 0;
        }
        out.push(c);
    }
}

/// The documentation of a package: of all its files.
pub(super) fn of_package(name: &str, package: &Package<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    for file in &package.files {
        paragraph(&mut lines, plain(&file.docs));
    }
    if lines.is_empty() {
        lines.push(format!("Package `{name}`."));
    }
    lines
}

/// The documentation of a declaration, with what else its notes say; none where they say nothing.
pub(super) fn of(notes: &Notes) -> Vec<String> {
    let mut lines = plain(&notes.docs);
    if let Some(attributes) = foreign(notes) {
        paragraph(&mut lines, plain(&attributes));
    }
    if let Some(deprecated) = &notes.deprecated {
        paragraph(&mut lines, deprecation(deprecated));
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

fn paragraph(lines: &mut Vec<String>, more: Vec<String>) {
    if !lines.is_empty() && !more.is_empty() {
        lines.push(String::new());
    }
    lines.extend(more);
}

fn deprecation(deprecated: &Deprecated) -> Vec<String> {
    plain(&match (deprecated.note.trim(), deprecated.since) {
        ("", None) => "Deprecated.".to_owned(),
        ("", Some(since)) => format!("Deprecated since version {since}."),
        (note, None) => format!("Deprecated: {note}"),
        (note, Some(since)) => format!("Deprecated: {note} (since version {since})"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn docstring(text: &str) -> String {
        print(&plain(text), 4)
    }

    #[test]
    fn no_text_ends_its_docstring() {
        assert_eq!(docstring("a \"b\" c"), r#""""a "b" c""""#);
        assert_eq!(docstring("say \"b\""), r#""""say "b\"""""#);
        assert_eq!(docstring("\"b\" c"), r#""""\"b" c""""#);
        assert_eq!(docstring("a \"\"\"\"\"\" b"), r#""""a ""\"""\" b""""#);
        assert_eq!(docstring("a\\"), r#""""a\\""""#);
    }

    #[test]
    fn lines_stand_below_the_first() {
        assert_eq!(
            docstring("a\n\n  b\n    c"),
            "\"\"\"a\n\n    b\n      c\n    \"\"\""
        );
    }
}
