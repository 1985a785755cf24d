//! Prints diagnostics for programs: one JSON object a line.

use super::{Diagnostic, Label};
use crate::source::{SourceMap, Span};
use serde::Serialize;

#[derive(Serialize)]
struct Report<'a> {
    code: &'static str,
    level: &'static str,
    message: &'a str,
    #[serde(flatten)]
    place: Place<'a>,
    label: &'a str,
    labels: Vec<Labelled<'a>>,
    help: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    edit: Option<Replacement<'a>>,
}

/// Bytes from 0, lines and columns from 1.
#[derive(Serialize)]
struct Place<'a> {
    file: &'a str,
    path: &'a str,
    start: u32,
    end: u32,
    line: usize,
    column: usize,
    column_utf16: usize,
    end_line: usize,
    end_column: usize,
}

#[derive(Serialize)]
struct Labelled<'a> {
    text: &'a str,
    #[serde(flatten)]
    place: Place<'a>,
}

#[derive(Serialize)]
struct Replacement<'a> {
    #[serde(flatten)]
    place: Place<'a>,
    replacement: &'a str,
}

/// The diagnostics in their order, one object a line.
pub fn lines(diagnostics: &[Diagnostic], sources: &SourceMap) -> String {
    let mut out = String::new();
    for diagnostic in diagnostics {
        let report = report(diagnostic, sources);
        if let Ok(line) = serde_json::to_string(&report) {
            out.push_str(&line);
            out.push('\n');
        }
    }
    out
}

fn report<'a>(diagnostic: &'a Diagnostic, sources: &'a SourceMap) -> Report<'a> {
    Report {
        code: diagnostic.code.as_str(),
        level: diagnostic.level.as_str(),
        message: &diagnostic.message,
        place: place(diagnostic.primary.span, sources),
        label: &diagnostic.primary.text,
        labels: diagnostic
            .labels
            .iter()
            .map(|Label { span, text }| Labelled {
                text,
                place: place(*span, sources),
            })
            .collect(),
        help: &diagnostic.help,
        edit: diagnostic.edit.as_ref().map(|edit| Replacement {
            place: place(edit.span, sources),
            replacement: &edit.replacement,
        }),
    }
}

fn place(span: Span, sources: &SourceMap) -> Place<'_> {
    let file = sources.file(span.file);
    let (line, column) = file.line_column(span.start);
    let (end_line, end_column) = file.line_column(span.end);
    Place {
        file: &file.name,
        path: &file.path,
        start: span.start,
        end: span.end,
        line,
        column,
        column_utf16: file.column_utf16(span.start),
        end_line,
        end_column,
    }
}
