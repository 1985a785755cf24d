//! One statement: on one line where it fits, else broken at its outermost lists first.

use super::gap::{Apart, Gap};
use super::token::{Kind, Sort};
use super::{INDENT, Printer, WIDTH};
use std::ops::Range;

/// What the commas of a statement separate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Items of lists in brackets, which may have a line each.
    Lists,
    /// The items of `reserved`, which fill lines.
    Fill,
    /// Nothing that is known: a parameter list behind `stream`, which means nothing.
    Unknown,
}

impl Printer<'_> {
    /// Prints the tokens as one or more lines; the first begins where the output is.
    pub(super) fn statement(&mut self, range: Range<usize>, indent: usize, form: Form) {
        if !self.one_line(range.clone(), form) {
            self.lines(range, indent, form);
        }
    }

    /// Prints the tokens on the line that has begun. When they do not fit, or a comment stands between them, prints
    /// nothing and says so.
    pub(super) fn one_line(&mut self, range: Range<usize>, form: Form) -> bool {
        let tokens = self.tokens;
        if tokens.has_comments_in(&range) {
            return false;
        }
        let mark = self.out.mark();
        for at in range.clone() {
            if form != Form::Unknown && tokens.is_trailing_comma(at) {
                continue;
            }
            if at > range.start && tokens.is_spaced(at) {
                self.out.space();
            }
            self.token(at);
            if self.out.column() > WIDTH {
                self.out.back(mark);
                return false;
            }
        }
        true
    }

    /// As [`Self::one_line`], but with line breaks in lists that do not fit and around comments. Brackets are counted, not
    /// followed: a list on one line holds no list that is broken.
    fn lines(&mut self, range: Range<usize>, indent: usize, form: Form) {
        let tokens = self.tokens;
        // For each list that is broken, whether a comma may stand behind its last item.
        let mut broken: Vec<bool> = Vec::new();
        // Open brackets of lists that stay on one line, and of type arguments.
        let (mut flat, mut angles) = (0_usize, 0_usize);
        for at in range.clone() {
            let kind = tokens.kind(at);
            let before = (at > range.start).then(|| tokens.kind(at - 1));
            let level = indent + INDENT * broken.len();
            if flat == 0
                && form == Form::Lists
                && kind.closes()
                && let Some(comma) = broken.pop()
            {
                if comma && before.is_some_and(|before| before != Kind::Comma && !before.opens()) {
                    self.out.write(",", 1);
                }
                self.gap(
                    at,
                    Gap {
                        comments: level,
                        token: level - INDENT,
                        apart: Apart::AsWritten,
                        first: before.is_some_and(Kind::opens),
                        last: true,
                    },
                );
                self.token(at);
                continue;
            }
            let begins_item =
                before.is_some_and(|before| before.opens() || before == Kind::Comma && angles == 0);
            if flat == 0 && !broken.is_empty() && begins_item {
                let first = before != Some(Kind::Comma);
                self.gap(
                    at,
                    Gap {
                        first,
                        ..Gap::between(level, Apart::AsWritten)
                    },
                );
            } else if before.is_some() {
                if form == Form::Fill && before == Some(Kind::Comma) && !self.fills(at) {
                    self.out.line(level + INDENT);
                }
                self.inner_gap(at, level);
            }
            if form != Form::Unknown && (flat > 0 || broken.is_empty()) && tokens.is_trailing_comma(at) {
                continue;
            }
            self.token(at);
            match kind {
                Kind::OpenAngle => angles += 1,
                Kind::CloseAngle => angles = angles.saturating_sub(1),
                kind if kind.closes() => flat = flat.saturating_sub(1),
                kind if kind.opens() && form == Form::Lists => {
                    if flat > 0 || self.is_empty_list(at) || self.fits(at, range.end) {
                        flat += 1;
                    } else {
                        broken.push(self.may_end_in_comma(at));
                    }
                }
                _ => {}
            }
        }
    }

    /// Whether the list that was just opened fits on this line, with what follows it up to where the line can be broken
    /// next. Looks at no more tokens than a line has columns.
    fn fits(&self, open: usize, end: usize) -> bool {
        let tokens = self.tokens;
        let mut column = self.out.column();
        // Open lists, and open type arguments outside of them.
        let (mut lists, mut angles) = (1_usize, 0_usize);
        for at in open + 1..end {
            let kind = tokens.kind(at);
            if lists > 0 {
                if !tokens.gap(at).is_empty() {
                    return false;
                }
                if tokens.is_trailing_comma(at) {
                    continue;
                }
            } else if kind.closes() {
                // The comma that goes here stands before the comments.
                return column < WIDTH;
            } else {
                for &comment in tokens.gap(at) {
                    let text = tokens.comment(comment);
                    if comment.sort != Sort::Block || text.contains('\n') {
                        return true;
                    }
                    column += 1 + text.chars().take(WIDTH).count();
                }
            }
            column += usize::from(tokens.is_spaced(at)) + tokens.get(at).width as usize;
            if column > WIDTH {
                return false;
            }
            match kind {
                kind if kind.opens() && lists == 0 && !self.is_empty_list(at) => return true,
                kind if kind.opens() => lists += 1,
                kind if kind.closes() => lists -= 1,
                Kind::OpenAngle => angles += 1,
                Kind::CloseAngle => angles = angles.saturating_sub(1),
                Kind::Comma if lists == 0 && angles == 0 => return true,
                _ => {}
            }
        }
        true
    }

    /// Whether a list that opens here has nothing in it, not even a comment.
    fn is_empty_list(&self, at: usize) -> bool {
        let tokens = self.tokens;
        tokens.kind(at).opens() && tokens.kind(at + 1).closes() && tokens.gap(at + 1).is_empty()
    }

    /// Whether the item of `reserved` at `at` and the mark behind it fit on this line. Comments before it decide for
    /// themselves.
    fn fills(&self, at: usize) -> bool {
        let (tokens, kind) = (self.tokens, self.tokens.kind(at));
        let width = tokens.get(at).width as usize;
        kind == Kind::Semicolon || !tokens.gap(at).is_empty() || self.out.column() + 2 + width <= WIDTH
    }

    /// Whether the grammar allows a comma behind the last item of this list: not behind the one type of a request.
    fn may_end_in_comma(&self, open: usize) -> bool {
        let tokens = self.tokens;
        let is_request = tokens.kind(open) == Kind::OpenParen
            && open
                .checked_sub(1)
                .is_some_and(|before| tokens.kind(before) == Kind::Word);
        let is_parameter = tokens.kind(open + 1) == Kind::Attribute || tokens.kind(open + 2) == Kind::Colon;
        !is_request || is_parameter
    }

    fn token(&mut self, at: usize) {
        let width = self.tokens.get(at).width as usize;
        self.out.write(self.tokens.text(at), width);
    }
}

#[cfg(test)]
mod tests {
    use crate::fmt::{WIDTH, format};
    use crate::source::FileId;

    fn lines(source: &str) -> Vec<String> {
        let text = format(FileId(0), &format!("package a;\n{source}")).unwrap_or_default();
        text.lines().skip(2).map(str::to_owned).collect()
    }

    #[test]
    fn a_line_has_a_hundred_characters_and_not_one_more() {
        for letter in ["x", "é"] {
            let method = |length: usize| {
                let rest = "  rpc (a: int32) -> ();".len();
                lines(&format!(
                    "service S {{ rpc {}(a: int32) -> (); }}",
                    letter.repeat(length - rest)
                ))
            };
            let (fits, broken) = (method(WIDTH), method(WIDTH + 1));
            assert_eq!((fits.len(), fits[1].chars().count()), (3, WIDTH));
            assert_eq!(broken[2..], ["    a: int32,", "  ) -> ();", "}"]);
        }
    }

    #[test]
    fn the_comma_behind_a_list_that_is_the_last_item_counts() {
        let attribute = |length: usize| {
            let rest = "  b: [, 1],".len();
            lines(&format!(
                "@a.b(c: 1, b: [{}, 1]) message M {{}}",
                "x".repeat(length - rest)
            ))
        };
        assert_eq!(attribute(WIDTH)[2].len(), WIDTH);
        assert_eq!(attribute(WIDTH + 1)[2], "  b: [");
    }
}
