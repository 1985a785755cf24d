//! What pest reads of a declaration: its text without comments, and where in the source each part of it stands.

use super::BLANKS;
use std::cell::Cell;
use std::ops::Range;

/// Offsets of the text that pest reads, told as offsets of the source.
#[derive(Default)]
pub(super) struct Origins {
    /// Where a part begins, in the text and in the source; ascending, the first at 0 of the text.
    parts: Vec<(usize, usize)>,
    /// The part that was asked for last: the next question is mostly about the same or the next one.
    last: Cell<usize>,
}

impl Origins {
    /// A text that is in one piece.
    pub(super) fn set(&mut self, source: usize) {
        self.parts.clear();
        self.last.set(0);
        self.parts.push((0, source));
    }

    /// Fills `text` with the range of `source`, in which comments are blanks already: a single blank stays of each.
    pub(super) fn excerpt(
        &mut self,
        text: &mut String,
        source: &str,
        range: &Range<usize>,
        comments: &[Range<usize>],
    ) {
        text.clear();
        self.set(range.start);
        let first = comments.partition_point(|comment| comment.start < range.start);
        let mut at = range.start;
        for comment in comments[first..]
            .iter()
            .take_while(|comment| comment.end <= range.end)
        {
            // the blanks behind another comment were skipped to their end
            if comment.start < at {
                continue;
            }
            text.push_str(source[at..comment.start].trim_end_matches(BLANKS));
            text.push(' ');
            let rest = &source[comment.end..range.end];
            at = range.end - rest.trim_start_matches(BLANKS).len();
            self.parts.push((text.len(), at));
        }
        text.push_str(source.get(at..range.end).unwrap_or_default());
    }

    /// Where in the source the byte at `at` of the text is.
    pub(super) fn of(&self, at: usize) -> usize {
        let mut part = self.last.get();
        if self.parts.get(part).is_none_or(|(start, _)| at < *start) {
            part = self
                .parts
                .partition_point(|(start, _)| *start <= at)
                .saturating_sub(1);
        }
        while self.parts.get(part + 1).is_some_and(|(start, _)| *start <= at) {
            part += 1;
        }
        self.last.set(part);
        self.parts
            .get(part)
            .map_or(at, |(start, source)| source + (at - start))
    }

    /// Where in the source the range of the text is. Its end is behind its last byte, not before what follows.
    pub(super) fn of_range(&self, range: Range<usize>) -> Range<usize> {
        let start = self.of(range.start);
        if range.is_empty() {
            return start..start;
        }
        start..self.of(range.end - 1) + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_those_of_the_source() {
        let source = "xx message         M {\n       \n  a: bool; } yy";
        let comments = [11..14, 15..18, 25..30];
        let (mut origins, mut text) = (Origins::default(), String::new());
        origins.excerpt(&mut text, source, &(3..source.len() - 3), &comments);
        assert_eq!(text, "message M { a: bool; }");
        for word in ["message", "M", "{", "a:", "bool", "}", "message"] {
            let start = text.find(word).expect("a word of the text");
            let at = source.find(word).expect("a word of the source");
            let found = origins.of_range(start..start + word.len());
            assert_eq!(found, at..at + word.len(), "{word}");
        }
    }
}
