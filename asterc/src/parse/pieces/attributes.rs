//! Attributes of a declaration that is wrong somewhere: those that can be read, and where all of them end.

use super::KEYWORDS;
use crate::ast::Attribute;
use crate::parse::Parser;
use crate::parse::errors::What;
use crate::parse::grammar::{Grammar, Rule};
use pest::Parser as _;
use std::ops::Range;

impl Parser<'_> {
    /// Attributes at the start of a range, and where they end. A malformed one is reported and skipped.
    pub(super) fn attributes(&mut self, range: Range<usize>) -> (Vec<Attribute>, usize) {
        if self.text.as_bytes().get(range.start) != Some(&b'@') {
            return (Vec::new(), range.start);
        }
        match Grammar::parse(Rule::attributes, &self.text[range.clone()]) {
            Ok(mut pairs) => {
                let Some(pair) = pairs.next() else {
                    return (Vec::new(), range.start);
                };
                self.origins.set(range.start);
                let end = self.trimmed_end(range.start + pair.as_span().end());
                (self.lower_attributes(pair), self.skip_blanks(end))
            }
            Err(error) => {
                let start = range.start;
                let (at, _) = self.syntax_error(&error, range.clone(), What::Attribute);
                (Vec::new(), self.after_attributes(start, at, range.end))
            }
        }
    }

    /// Steps over attributes by their brackets alone; `wrong` is where they were not understood.
    fn after_attributes(&self, start: usize, wrong: usize, end: usize) -> usize {
        let bytes = self.text.as_bytes();
        let mut at = start;
        while at < end && bytes[at] == b'@' {
            at = self.attribute_name(at + 1);
            while at < end
                && (bytes[at].is_ascii_alphanumeric()
                    || matches!(bytes[at], b'_' | b'.')
                    || bytes[at] >= 0x80)
            {
                at += 1;
            }
            let open = self.skip_blanks(at);
            if open < end && bytes[open] == b'(' {
                at = match self.after_parenthesis(open, end) {
                    Some(after) => after,
                    // the `)` is missing in front of what it cannot hold
                    None if wrong > open && !self.word(wrong).is_empty() => return wrong,
                    None => self.line_after(open, end),
                };
            }
            at = self.skip_blanks(at).min(end);
        }
        at
    }

    /// `@ name` is a name after a blank; in `@ name: type`, it is the field's.
    fn attribute_name(&self, at: usize) -> usize {
        let name = self.skip_blanks(at);
        let behind = self.skip_blanks(name + self.word(name).len());
        let of_field = matches!(self.text.as_bytes().get(behind), None | Some(b':' | b'='));
        let keyword = KEYWORDS.contains(&self.word(name)) || self.word(name) == "rpc";
        if of_field || keyword { at } else { name }
    }

    /// The end of what the `(` at `open` begins, when it ends.
    fn after_parenthesis(&self, open: usize, end: usize) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let (mut at, mut depth, mut quoted) = (open, 0_usize, false);
        while at < end {
            match bytes[at] {
                b'\\' if quoted => at += 1,
                b'"' => quoted = !quoted,
                b'\n' if quoted => return Some(at),
                b'(' if !quoted => depth += 1,
                b')' if !quoted => {
                    depth -= 1;
                    if depth == 0 {
                        return Some(at + 1);
                    }
                }
                b'{' | b';' if !quoted => break,
                _ => {}
            }
            at += 1;
        }
        None
    }

    fn line_after(&self, at: usize, end: usize) -> usize {
        let rest = &self.source.as_bytes()[at..end];
        rest.iter().position(|&b| b == b'\n').map_or(end, |n| at + n)
    }
}
