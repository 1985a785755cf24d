//! What brackets mean nothing in: strings and comments.

use super::{Doc, MAX_OPEN, Scanner};
use crate::parse::errors;
use crate::source::Span;
use memchr::memchr;

impl Scanner<'_> {
    /// `at` is on the opening quote; afterwards it is behind the closing one, or at the end of the line.
    pub(super) fn string(&mut self) {
        let start = self.at;
        self.at += 1;
        loop {
            match self.source.get(self.at) {
                None | Some(b'\n') => break,
                Some(b'"') => {
                    self.at += 1;
                    self.open_string = false;
                    return;
                }
                // The escaped character may be longer than a byte; its other bytes mean nothing here.
                Some(b'\\') if !matches!(self.source.get(self.at + 1), None | Some(b'\n')) => self.at += 2,
                Some(_) => self.at += 1,
            }
        }
        self.damage.push(start);
        if std::mem::take(&mut self.open_string) && self.ends_a_statement(start + 1) {
            // the other end of a string over several lines, which was reported where it begins
            self.blank[start] = b' ';
            self.at = start + 1;
            return;
        }
        self.problem(errors::unterminated_string(Span::new(
            self.file,
            start,
            self.line_end(start),
        )));
        self.open_string = true;
        self.broken_string = true;
        let rest = self.behind_open_string(start);
        if rest < self.at {
            self.at = rest;
        } else {
            self.drop_to_brace();
        }
    }

    /// Where a string without its end probably ended: in front of what closes the statement, and the block when that began
    /// on this line.
    fn behind_open_string(&self, start: usize) -> usize {
        let one_line = self
            .stack
            .iter()
            .any(|(open, at)| *open == b'{' && *at >= self.line_start);
        let line = &self.source[start..self.line_end(start)];
        let closes =
            |byte: &u8| matches!(byte, b';' | b')' | b']' | b' ' | b'\t') || *byte == b'}' && one_line;
        let length = line.iter().rev().take_while(|byte| closes(byte)).count();
        start + (line.len() - length).max(1)
    }

    /// Whether the line goes on with nothing but what stands behind a value.
    fn ends_a_statement(&self, from: usize) -> bool {
        let rest = self.source.get(from..self.line_end(from)).unwrap_or_default();
        rest.iter()
            .all(|byte| matches!(byte, b';' | b',' | b')' | b']' | b' ' | b'\t'))
    }

    /// The end of the line without its `\r`.
    pub(super) fn line_end(&self, from: usize) -> usize {
        let end = memchr(b'\n', &self.source[from..]).map_or(self.source.len(), |n| from + n);
        if end > from && self.source[end - 1] == b'\r' {
            end - 1
        } else {
            end
        }
    }

    pub(super) fn line_comment(&mut self) {
        let start = self.at;
        let end = memchr(b'\n', &self.source[start..]).map_or(self.source.len(), |n| start + n);
        let body = &self.source[start + 2..end];
        let of_file = body.first() == Some(&b'!');
        if of_file || (body.first() == Some(&b'/') && body.get(1) != Some(&b'/')) {
            self.docs.push(Doc {
                start,
                end: self.line_end(start),
                of_file,
                trails: !self.first_on_line,
            });
        }
        self.blank[start..end].fill(b' ');
        self.comments.push(start..end);
        self.at = end;
    }

    pub(super) fn block_comment(&mut self) {
        let start = self.at;
        let mut depth = 0_usize;
        let mut reported = false;
        loop {
            let rest = &self.source[self.at..];
            match rest {
                [b'/', b'*', ..] => {
                    depth += 1;
                    if depth > MAX_OPEN && !reported {
                        reported = true;
                        self.problem(errors::nesting(
                            Span::new(self.file, self.at, self.at + 2),
                            MAX_OPEN,
                        ));
                    }
                    self.at += 2;
                }
                [b'*', b'/', ..] => {
                    depth -= 1;
                    self.at += 2;
                    if depth == 0 {
                        break;
                    }
                }
                [b'\n', ..] => {
                    self.at += 1;
                    self.line_start = self.at;
                    self.first_on_line = true;
                }
                [_, ..] => self.at += 1,
                [] => {
                    if !reported {
                        self.problem(errors::unterminated_comment(Span::new(
                            self.file,
                            start,
                            start + 2,
                        )));
                    }
                    self.damage.push(start);
                    self.damage.push(self.source.len());
                    self.lost.push(start..self.source.len());
                    break;
                }
            }
        }
        self.blank[start..self.at].fill(b' ');
        self.comments.push(start..self.at);
    }
}
