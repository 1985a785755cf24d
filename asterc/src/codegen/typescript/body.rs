//! The lines of a function of generated code, as they are printed one after the other.

use super::layout::{Doc, concat, group, indent, print, text};

/// Lines, each with the indentation it stands at.
pub(super) struct Body {
    pub(super) lines: Vec<String>,
    indent: usize,
}

impl Body {
    pub(super) fn new(indent: usize) -> Self {
        Self {
            lines: Vec::new(),
            indent,
        }
    }

    pub(super) fn indent(&self) -> usize {
        self.indent
    }

    /// A statement in one line.
    pub(super) fn line(&mut self, line: impl AsRef<str>) {
        self.lines
            .push(format!("{:1$}{2}", "", self.indent, line.as_ref()));
    }

    /// A statement that may be too long for a line; a semicolon follows.
    pub(super) fn statement(&mut self, doc: Doc) {
        self.doc(&concat([doc, text(";")]));
    }

    /// Code that may be too long for a line.
    pub(super) fn doc(&mut self, doc: &Doc) {
        let printed = print(doc, self.indent);
        self.line(printed);
    }

    /// `if (condition) statement;`
    pub(super) fn when(&mut self, condition: &str, statement: Doc) {
        let head = text(format!("if ({condition})"));
        self.doc(&group([head, indent([Doc::Line, statement, text(";")])]));
    }

    /// A line behind which lines stand deeper, until `close`.
    pub(super) fn open(&mut self, line: impl AsRef<str>) {
        self.line(line);
        self.indent += 2;
    }

    /// The same where the line may be too long.
    pub(super) fn open_doc(&mut self, doc: &Doc) {
        self.doc(doc);
        self.indent += 2;
    }

    pub(super) fn close(&mut self, line: impl AsRef<str>) {
        self.indent -= 2;
        self.line(line);
    }

    /// Ends what is open where nothing says so.
    pub(super) fn close_silently(&mut self) {
        self.indent -= 2;
    }

    /// Ends what is open and opens what follows.
    pub(super) fn next(&mut self, line: impl AsRef<str>) {
        self.close(line);
        self.indent += 2;
    }
}
