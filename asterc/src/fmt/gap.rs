//! What stands between two tokens: comments and empty lines. Each comment is printed where it was, once.

use super::Printer;
use super::token::{Comment, Kind, Sort, is_tight};

/// How far the lines of a continued statement stand behind its first.
const CONTINUED: usize = 2;

/// How the items on both sides of a gap are to be kept apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Apart {
    /// Never by an empty line.
    Never,
    /// By one where there was one.
    AsWritten,
    /// By one in any case.
    Always,
}

/// A gap between items that each have their own lines.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gap {
    /// The indentation of the comments in it.
    pub(super) comments: usize,
    /// The indentation of the token behind it.
    pub(super) token: usize,
    pub(super) apart: Apart,
    /// Nothing but the opening bracket stands before it.
    pub(super) first: bool,
    /// Nothing but the closing bracket follows.
    pub(super) last: bool,
}

impl Gap {
    /// Between neighbours of one indentation.
    pub(super) fn between(indent: usize, apart: Apart) -> Self {
        Self {
            comments: indent,
            token: indent,
            apart,
            first: false,
            last: false,
        }
    }
}

impl Printer<'_> {
    /// Prints the comments before the token at `at`, which begins an item or ends the list of items, up to where it stands.
    pub(super) fn gap(&mut self, at: usize, gap: Gap) {
        self.trailing_comments(at);
        self.leading_comments(at, gap);
    }

    /// The comments that stand behind the token before `at`, on its line.
    pub(super) fn trailing_comments(&mut self, at: usize) {
        let tokens = self.tokens;
        for &comment in &tokens.gap(at)[..self.count_trailing(at)] {
            self.comment_behind(comment);
        }
    }

    /// How many of the comments before `at` are printed by [`Self::trailing_comments`]. Documentation never is: it is
    /// about what follows.
    pub(super) fn count_trailing(&self, at: usize) -> usize {
        let behind = |comment: &&Comment| at > 0 && comment.breaks == 0 && comment.sort.is_remark();
        self.tokens.gap(at).iter().take_while(behind).count()
    }

    /// The other comments before the token at `at`, up to where it stands itself.
    pub(super) fn leading_comments(&mut self, at: usize, gap: Gap) {
        let tokens = self.tokens;
        let token = tokens.get(at);
        // The comment before, when it was written on this gap's own lines.
        let mut before: Option<Sort> = None;
        for &comment in &tokens.gap(at)[self.count_trailing(at)..] {
            let shares_line = before == Some(Sort::Block) && comment.breaks == 0 && comment.sort.is_remark();
            if shares_line {
                self.comment_behind(comment);
            } else {
                let leaves_docs = at == 0 && before == Some(Sort::FileDocs) && comment.sort != Sort::FileDocs;
                self.begin(comment.breaks, gap.comments, gap, before, leaves_docs);
                self.comment(comment);
            }
            before = Some(comment.sort);
        }
        if token.kind == Kind::End {
            return;
        }
        if gap.last {
            self.out.line(gap.token);
        } else if before == Some(Sort::Block) && token.breaks == 0 {
            self.out.space();
        } else {
            let leaves_docs = at == 0 && before == Some(Sort::FileDocs);
            self.begin(token.breaks, gap.token, gap, before, leaves_docs);
        }
    }

    /// Begins a line in a gap, behind an empty one where that is asked for.
    fn begin(&mut self, breaks: u8, indent: usize, gap: Gap, before: Option<Sort>, leaves_docs: bool) {
        let written = breaks >= 2 && !(gap.first && before.is_none());
        let blank = match gap.apart {
            Apart::Never => false,
            Apart::AsWritten => written || leaves_docs,
            Apart::Always => written || before.is_none(),
        };
        if blank {
            self.out.blank_line(indent);
        } else {
            self.out.line(indent);
        }
    }

    /// Prints the comments before the token at `at`, which continues a statement, and the blank before the token.
    pub(super) fn inner_gap(&mut self, at: usize, indent: usize) {
        let tokens = self.tokens;
        let gap = tokens.gap(at);
        let continued = indent + CONTINUED;
        for &comment in gap {
            let comment = self.as_read_again(comment);
            let behind = comment.sort == Sort::Block || comment.sort == Sort::Line && comment.breaks == 0;
            if behind && !self.out.is_at_line_start() {
                if comment.sort == Sort::Block && tokens.kind(at - 1) == Kind::OpenAngle {
                    self.comment(comment);
                } else {
                    self.comment_behind(comment);
                }
            } else {
                self.out.line(continued);
                self.comment(comment);
            }
            if comment.sort != Sort::Block {
                self.out.line(continued);
            }
        }
        let spaced = if gap.is_empty() {
            tokens.is_spaced(at)
        } else {
            !is_tight(tokens.kind(at))
        };
        if spaced {
            self.out.space();
        }
    }

    /// A `///` that stood behind a comma, which is gone, is documentation where nothing is left on its line, or nothing but
    /// the end of a comment.
    fn as_read_again(&self, mut comment: Comment) -> Comment {
        let text = self.tokens.comment(comment);
        let is_docs = text.starts_with("///") && !text.starts_with("////");
        let alone = self.out.is_at_line_start() || self.out.is_behind_comment_alone();
        if comment.sort == Sort::Line && is_docs && alone {
            comment.sort = Sort::Docs;
        }
        comment
    }

    /// A comment behind something else on its line.
    fn comment_behind(&mut self, comment: Comment) {
        self.out.space();
        if comment.sort == Sort::Line {
            self.out.space();
        }
        self.comment(comment);
    }

    fn comment(&mut self, comment: Comment) {
        let text = self.tokens.comment(comment);
        let marker = match comment.sort {
            // Such a comment ends its line, so nobody asks for its width.
            Sort::Line => return self.out.write(text, 0),
            Sort::Block => return self.out.write_lines(text),
            Sort::Docs => "///",
            Sort::FileDocs => "//!",
        };
        // The documentation is what follows the marker and one blank.
        let line = text.strip_prefix(marker).unwrap_or(text);
        let line = line.strip_prefix(' ').unwrap_or(line);
        self.out.write(marker, 0);
        if !line.is_empty() {
            self.out.space();
            self.out.write(line, 0);
        }
    }
}
