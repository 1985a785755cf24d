//! Declarations at the margin: one that begins there ends what is before it, which lacks its end.

use super::{Scanner, begins_declaration, is_declaration_keyword, is_word};
use crate::parse::errors;
use crate::source::Span;

/// A line that begins with attributes.
struct Margin {
    line: usize,
    start: usize,
}

impl Scanner<'_> {
    /// Whether a declaration begins here, at the margin, although the last one has not ended.
    pub(super) fn begins_at_margin(&self) -> bool {
        let Some(current) = &self.current else {
            return false;
        };
        let garbage = !begins_declaration(self.source[current.start]);
        if (current.body.is_none() && !current.keyword && !garbage)
            || self.at - self.line_start > current.column
        {
            return false;
        }
        let rest = &self.source[self.at..];
        let length = rest.iter().take_while(|&&b| is_word(b)).count();
        let (word, rest) = rest.split_at(length);
        let blanks = rest.iter().take_while(|&&b| b == b' ' || b == b'\t').count();
        let next = rest.get(blanks).copied();
        match word {
            b"import" => next == Some(b'"'),
            _ => is_declaration_keyword(word) && blanks > 0 && next.is_some_and(is_word),
        }
    }

    /// A body without its `}` is reported here; a missing `;` is left to the grammar.
    pub(super) fn end_before_margin(&mut self) {
        let current = self.current.as_ref();
        let open = current
            .filter(|current| begins_declaration(self.source[current.start]))
            .and_then(|current| current.body);
        if let Some(open) = open {
            let word = self.source[self.at..].iter().take_while(|&&b| is_word(b)).count();
            self.problem(errors::missing_brace(
                Span::new(self.file, open, open + 1),
                Span::new(self.file, self.at, self.at + word),
            ));
        }
        self.stack.clear();
        self.beyond = 0;
        if let Some(attributes) = self.attributes_at_margin() {
            self.go_back(&attributes);
        }
        // documentation above belongs to what begins here
        let end = self.blank[..self.at].trim_ascii_end().len();
        if open.is_some() {
            self.damage.push(end.saturating_sub(1));
        }
        self.end_statement(end);
        self.end_chunk(end);
    }

    /// The attributes that were taken for a part of the body belong to the declaration behind them.
    fn attributes_at_margin(&self) -> Option<Margin> {
        let current = self.current.as_ref()?;
        let start = current.statement.filter(|&start| self.source[start] == b'@')?;
        let before = &self.source[..start];
        let line = before.iter().rposition(|&b| b == b'\n').map_or(0, |at| at + 1);
        let is_damaged = self.damage.last().is_some_and(|&at| at > start);
        (start - line <= current.column && !is_damaged).then_some(Margin { line, start })
    }

    /// Reads from there again.
    fn go_back(&mut self, to: &Margin) {
        while self.comments.pop_if(|comment| comment.start > to.start).is_some() {}
        while self.docs.pop_if(|doc| doc.start > to.start).is_some() {}
        if let Some(current) = &mut self.current {
            current.statement = None;
        }
        self.at = to.start;
        self.line_start = to.line;
    }
}
