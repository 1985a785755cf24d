//! Formats files and folders of files. Everything is read and formatted before the first file is written.

use super::disk::Disk;
use super::load::{BOM, keep, not_found, shown};
use super::{DriverError, FileSystem, Input, operands, output};
use crate::diagnostic::{self, Diagnostic};
use crate::fmt;
use crate::source::{MAX_FILE, SourceMap};
use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

/// What formatting found out; nothing is written yet.
#[derive(Debug, Default)]
pub struct Formatted {
    /// Every text that was read.
    pub sources: SourceMap,
    /// Syntax errors, by file and offset.
    pub diagnostics: Vec<Diagnostic>,
    /// The inputs without syntax errors, each file once, in the order they were given.
    pub files: Vec<File>,
}

/// A formatted file.
#[derive(Debug)]
pub struct File {
    /// The path as given, or what the text is called.
    pub name: String,
    /// Where it was read, links resolved; `None` for a text that was read elsewhere.
    path: Option<PathBuf>,
    /// The formatted text.
    pub text: String,
    /// Where the file differs from it first.
    pub difference: Option<Difference>,
}

/// A line of a file, and what it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// From 1.
    pub line: usize,
    /// The line, or the part of it that differs; control characters are written as escapes. `None` behind the end.
    pub found: Option<String>,
    /// The same of the formatted text.
    pub expected: Option<String>,
}

/// Reads and formats files; a folder means every `.aster` file below it.
///
/// # Errors
/// An input is not there or cannot be read, or a folder has no `.aster` file.
pub fn format(inputs: &[Input]) -> Result<Formatted, DriverError> {
    let mut formatted = Formatted::default();
    let mut known = HashSet::new();
    for input in inputs {
        match input {
            Input::Text { name, bytes } => formatted.add(name.clone(), None, bytes.clone()),
            Input::Path(path) => {
                for path in files(path)? {
                    let read = |source| DriverError::Read {
                        path: path.clone(),
                        source,
                    };
                    let place = fs::canonicalize(&path).map_err(read)?;
                    if known.insert(place.clone()) {
                        let bytes = Disk.read(&place, MAX_FILE + 1).map_err(read)?;
                        formatted.add(shown(&path), Some(place), bytes);
                    }
                }
            }
        }
    }
    diagnostic::sort(&mut formatted.diagnostics, &formatted.sources);
    Ok(formatted)
}

/// The files a path stands for.
fn files(path: &Path) -> Result<Vec<PathBuf>, DriverError> {
    if Disk.is_folder(path) {
        return operands::below(&Disk, path);
    }
    if !Disk.is_file(path) {
        return Err(not_found(&Disk, path));
    }
    Ok(vec![path.to_path_buf()])
}

impl File {
    /// Whether it was read elsewhere, and its text is what the caller wants.
    pub fn is_text(&self) -> bool {
        self.path.is_none()
    }
}

impl Formatted {
    fn add(&mut self, name: String, path: Option<PathBuf>, bytes: Vec<u8>) {
        let marked = bytes.starts_with(BOM);
        let (id, problem) = keep(&mut self.sources, &name, &name, bytes);
        if let Some(problem) = problem {
            return self.diagnostics.push(problem);
        }
        let source = &self.sources.file(id).text;
        match fmt::format(id, source) {
            Ok(text) => self.files.push(File {
                difference: difference(source, &text, marked),
                name,
                path,
                text,
            }),
            Err(problems) => self.diagnostics.extend(problems),
        }
    }

    /// Writes the files that differ, each whole or not at all. Links stay links, and permissions stay what they are.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn write(&self) -> Result<(), DriverError> {
        for file in self.files.iter().filter(|file| file.difference.is_some()) {
            let Some(path) = &file.path else { continue };
            output::replace(path, &file.text).map_err(|source| DriverError::Write {
                path: PathBuf::from(&file.name),
                source,
            })?;
        }
        Ok(())
    }
}

/// The first line in which two texts differ; one that begins with a BOM does so in its first.
fn difference(source: &str, text: &str, marked: bool) -> Option<Difference> {
    if !marked && source == text {
        return None;
    }
    let (mut found, mut expected) = (source.split_inclusive('\n'), text.split_inclusive('\n'));
    let mut line = 1;
    loop {
        let (mut left, right) = (found.next(), expected.next());
        let whole;
        if marked && line == 1 {
            whole = format!("\u{FEFF}{}", left.unwrap_or_default());
            left = Some(&whole);
        }
        if left != right {
            let (found, expected) = visible(left, right);
            return Some(Difference {
                line,
                found,
                expected,
            });
        }
        left?;
        line += 1;
    }
}

/// Two lines from shortly before their difference on, as they can be shown in a report.
fn visible(found: Option<&str>, expected: Option<&str>) -> (Option<String>, Option<String>) {
    /// Characters that are shown before the difference, and in all.
    const BEFORE: usize = 24;
    const LONGEST: usize = 60;
    let ends = |line: Option<&str>| line.is_none_or(|line| line.ends_with('\n'));
    // The line break is shown where it makes the difference.
    let shown = |line: &str| match line.strip_suffix('\n') {
        Some(inner) if ends(found) && ends(expected) => inner.to_owned(),
        _ => line.to_owned(),
    };
    let (found, expected) = (found.map(shown), expected.map(shown));
    let same = found.iter().flat_map(|line| line.chars());
    let same = same.zip(expected.iter().flat_map(|line| line.chars()));
    let skipped = same.take_while(|(a, b)| a == b).count().saturating_sub(BEFORE);
    let part = |line: String| {
        let mut out = String::from(if skipped > 0 { "…" } else { "" });
        let mut characters = line.chars().skip(skipped);
        for character in characters.by_ref().take(LONGEST) {
            if character.is_control() || character == '\u{FEFF}' {
                out.extend(character.escape_default());
            } else {
                out.push(character);
            }
        }
        if characters.next().is_some() {
            out.push('…');
        }
        out
    };
    (found.map(part), expected.map(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(source: &str, text: &str, marked: bool) -> Option<(usize, Option<String>, Option<String>)> {
        difference(source, text, marked).map(|found| (found.line, found.found, found.expected))
    }

    #[test]
    fn the_first_line_that_differs_is_shown_so_that_the_difference_is_seen() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(told("a\nb\n", "a\nb\n", false), None);
        assert_eq!(told("a\nb \n", "a\nb\n", false), Some((2, some("b "), some("b"))));
        assert_eq!(told("a\r\n", "a\n", false), Some((1, some("a\\r"), some("a"))));
        assert_eq!(told("a", "a\n", false), Some((1, some("a"), some("a\\n"))));
        assert_eq!(told("a\n\n\n", "a\n", false), Some((2, some(""), None)));
        assert_eq!(told("a\n", "a\n", true), Some((1, some("\\u{feff}a"), some("a"))));
        let long = "é".repeat(5_000_000);
        let (line, found, expected) =
            told(&format!("{long}x{long}\n"), &format!("{long}\n"), false).unwrap_or_default();
        let begin = format!("…{}", "é".repeat(24));
        assert_eq!((line, expected), (1, some(&begin)));
        assert_eq!(found, some(&format!("{begin}x{}…", "é".repeat(35))));
    }
}
