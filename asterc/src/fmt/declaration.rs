//! The statements of a file and the items of its blocks, each in its place.

use super::gap::{Apart, Gap};
use super::statement::Form;
use super::token::{Kind, Sort};
use super::{INDENT, Printer};
use std::ops::Range;

/// What a declaration is to its neighbours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Neighbour {
    Import,
    /// An alias or constant without documentation and attributes: it may stand with others of its kind.
    Short,
    Other,
}

impl Printer<'_> {
    /// Prints the whole text.
    pub(super) fn file(&mut self) {
        let tokens = self.tokens;
        let mut at = 0;
        let mut before = None;
        while tokens.kind(at) != Kind::End {
            let this = self.neighbour(at);
            let apart = match (before, this) {
                (None, _) => Apart::AsWritten,
                (Some(before), this) if before == this && this != Neighbour::Other => Apart::AsWritten,
                _ => Apart::Always,
            };
            self.leading_comments(at, Gap::between(0, apart));
            at = match this {
                Neighbour::Import => self.imports(at),
                _ => self.declaration(at),
            };
            before = Some(this);
        }
        self.leading_comments(at, Gap::between(0, Apart::AsWritten));
    }

    fn neighbour(&self, at: usize) -> Neighbour {
        let tokens = self.tokens;
        let is_documented = || tokens.gap(at).iter().any(|comment| comment.sort == Sort::Docs);
        match tokens.text(at) {
            "import" => Neighbour::Import,
            "type" | "const" if !is_documented() => Neighbour::Short,
            _ => Neighbour::Other,
        }
    }

    /// Prints an import and those that follow it closely, in the order of their paths and with the comments behind them;
    /// tells where the next statement begins.
    fn imports(&mut self, at: usize) -> usize {
        let tokens = self.tokens;
        let first = at..tokens.after_semicolon(at);
        let mut end = first.end;
        let moves = self.can_move(&first);
        let mut run = vec![first];
        while moves && tokens.text(end) == "import" && self.follows_closely(end) {
            let next = end..tokens.after_semicolon(end);
            if tokens.has_comments_in(&next) {
                break;
            }
            end = next.end;
            run.push(next);
        }
        run.sort_by_key(|import| tokens.text(import.start + 1).trim_matches('"'));
        for (number, import) in run.into_iter().enumerate() {
            if number > 0 {
                self.out.line(0);
            }
            self.statement(import.clone(), 0, Form::Lists);
            self.trailing_comments(import.end);
        }
        end
    }

    /// Whether no comment stands in the import, or before it on its line.
    fn can_move(&self, import: &Range<usize>) -> bool {
        let gap = self.tokens.gap(import.start);
        let shares_line =
            self.tokens.get(import.start).breaks == 0 && gap.len() > self.count_trailing(import.start);
        !shares_line && !self.tokens.has_comments_in(import)
    }

    /// Whether neither an empty line nor a comment with its own line stands before the statement.
    fn follows_closely(&self, at: usize) -> bool {
        self.tokens.get(at).breaks < 2 && self.tokens.gap(at).len() == self.count_trailing(at)
    }

    /// Prints a declaration and the comments behind it; tells where the next one begins.
    fn declaration(&mut self, at: usize) -> usize {
        let tokens = self.tokens;
        let at = self.attributes(at, 0);
        let keyword = tokens.text(at);
        let end = if matches!(keyword, "message" | "enum" | "union" | "service") {
            let open = self.after_head(at);
            self.statement(at..open, 0, Form::Lists);
            self.items(open, keyword == "service")
        } else {
            let end = tokens.after_semicolon(at);
            self.statement(at..end, 0, Form::Lists);
            end
        };
        self.trailing_comments(end);
        end
    }

    /// The index behind the `{` of a block.
    fn after_head(&self, at: usize) -> usize {
        let mut at = at;
        while !matches!(self.tokens.kind(at), Kind::OpenBrace | Kind::End) {
            at += 1;
        }
        at + usize::from(self.tokens.kind(at) == Kind::OpenBrace)
    }

    /// Prints the items of a block and its `}`.
    fn items(&mut self, open: usize, methods: bool) -> usize {
        let tokens = self.tokens;
        let mut at = open;
        while !matches!(tokens.kind(at), Kind::CloseBrace | Kind::End) {
            let first = at == open;
            self.gap(
                at,
                Gap {
                    first,
                    ..Gap::between(INDENT, Apart::AsWritten)
                },
            );
            at = if methods { self.method(at) } else { self.member(at) };
        }
        if at > open || !tokens.gap(at).is_empty() {
            let first = at == open;
            self.gap(
                at,
                Gap {
                    token: 0,
                    first,
                    last: true,
                    ..Gap::between(INDENT, Apart::AsWritten)
                },
            );
        }
        self.out.write("}", 1);
        at + 1
    }

    /// Prints a field, an enum value, a case or a `reserved` statement.
    fn member(&mut self, at: usize) -> usize {
        let tokens = self.tokens;
        let body = self.after_attributes(at);
        let end = tokens.after_semicolon(body);
        let is_reserved =
            tokens.text(body) == "reserved" && !matches!(tokens.kind(body + 1), Kind::Colon | Kind::Equals);
        let form = if is_reserved { Form::Fill } else { Form::Lists };
        if self.one_line(at..end, form) {
            return end;
        }
        self.attributes_above(at..body, INDENT);
        self.statement(body..end, INDENT, form);
        end
    }

    fn method(&mut self, at: usize) -> usize {
        let tokens = self.tokens;
        let body = self.after_attributes(at);
        let end = tokens.after_semicolon(body);
        self.attributes_above(at..body, INDENT);
        let streams_parameters = tokens.text(body + 3) == "stream"
            && tokens.kind(body + 4) == Kind::Word
            && tokens.kind(body + 5) == Kind::Colon;
        let form = if streams_parameters {
            Form::Unknown
        } else {
            Form::Lists
        };
        self.statement(body..end, INDENT, form);
        end
    }

    /// Prints attributes above what they are for: on one line, or a line each.
    fn attributes_above(&mut self, range: Range<usize>, indent: usize) {
        if range.is_empty() {
            return;
        }
        if self.one_line(range.clone(), Form::Lists) {
            self.gap(range.end, Gap::between(indent, Apart::Never));
        } else {
            self.attributes(range.start, indent);
        }
    }

    /// Prints attributes, a line each; tells where what they are for begins.
    fn attributes(&mut self, at: usize, indent: usize) -> usize {
        let mut at = at;
        while self.tokens.kind(at) == Kind::Attribute {
            let end = self.tokens.after_attribute(at);
            self.statement(at..end, indent, Form::Lists);
            self.gap(end, Gap::between(indent, Apart::Never));
            at = end;
        }
        at
    }

    fn after_attributes(&self, at: usize) -> usize {
        let mut at = at;
        while self.tokens.kind(at) == Kind::Attribute {
            at = self.tokens.after_attribute(at);
        }
        at
    }
}
