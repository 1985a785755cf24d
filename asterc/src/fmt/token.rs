//! Cuts a text into tokens, with the comments and line breaks before each.
//!
//! The text has no syntax error, so nothing is judged here. What the grammar has yet let pass (the inside of
//! `stream a: T`) becomes tokens of one byte or one word, which are printed with a blank between them.

use std::ops::Range;

/// What a token is, as far as its layout needs to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A keyword, a name, or a name with dots.
    Word,
    /// `@name`, without its arguments.
    Attribute,
    Number,
    String,
    Colon,
    Semicolon,
    Comma,
    Equals,
    Arrow,
    Question,
    OpenAngle,
    CloseAngle,
    OpenParen,
    CloseParen,
    OpenBracket,
    CloseBracket,
    OpenBrace,
    CloseBrace,
    Other,
    /// The end of the text: the last comments stand before it.
    End,
}

impl Kind {
    /// Whether it opens a list that may be broken into lines.
    pub(super) fn opens(self) -> bool {
        matches!(self, Self::OpenParen | Self::OpenBracket)
    }

    pub(super) fn closes(self) -> bool {
        matches!(self, Self::CloseParen | Self::CloseBracket)
    }
}

/// A token, and where what stands before it begins.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub(super) kind: Kind,
    /// Line breaks between it and what stands before it, a comment or a token; two stand for more.
    pub(super) breaks: u8,
    start: u32,
    end: u32,
    /// In characters.
    pub(super) width: u32,
    /// How many comments come before the ones in front of this token.
    comments: u32,
}

/// The sorts of comment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    /// `// …`, and `/// …` behind something else on its line.
    Line,
    /// `/// …`
    Docs,
    /// `//! …`
    FileDocs,
    /// `/* … */`
    Block,
}

impl Sort {
    /// Whether it says nothing that reaches the generated code.
    pub(super) fn is_remark(self) -> bool {
        matches!(self, Self::Line | Self::Block)
    }
}

/// A comment, without the blanks at its end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Comment {
    pub(super) sort: Sort,
    /// As [`Token::breaks`].
    pub(super) breaks: u8,
    start: u32,
    end: u32,
}

/// A text as tokens.
#[derive(Debug)]
pub(super) struct Tokens<'s> {
    source: &'s str,
    tokens: Vec<Token>,
    comments: Vec<Comment>,
}

impl<'s> Tokens<'s> {
    /// The token at an index; behind the last one, the end.
    pub(super) fn get(&self, at: usize) -> Token {
        self.tokens[at.min(self.tokens.len() - 1)]
    }

    pub(super) fn kind(&self, at: usize) -> Kind {
        self.get(at).kind
    }

    pub(super) fn text(&self, at: usize) -> &'s str {
        let token = self.get(at);
        self.slice(token.start, token.end)
    }

    pub(super) fn comment(&self, comment: Comment) -> &'s str {
        self.slice(comment.start, comment.end)
    }

    fn slice(&self, start: u32, end: u32) -> &'s str {
        self.source.get(start as usize..end as usize).unwrap_or_default()
    }

    /// The comments between the token before this one and this one.
    pub(super) fn gap(&self, at: usize) -> &[Comment] {
        let end = self
            .tokens
            .get(at + 1)
            .map_or(self.comments.len(), |next| next.comments as usize);
        self.comments
            .get(self.get(at).comments as usize..end)
            .unwrap_or_default()
    }

    /// Whether a comment stands between two of these tokens.
    pub(super) fn has_comments_in(&self, range: &Range<usize>) -> bool {
        self.get(range.start + 1).comments != self.get(range.end).comments
    }

    /// The index behind the attribute at `at` and its arguments.
    pub(super) fn after_attribute(&self, at: usize) -> usize {
        let mut at = at + 1;
        if self.kind(at) != Kind::OpenParen {
            return at;
        }
        let mut open = 0_usize;
        loop {
            match self.kind(at) {
                Kind::OpenParen => open += 1,
                Kind::CloseParen => open -= 1,
                Kind::End => return at,
                _ => {}
            }
            at += 1;
            if open == 0 {
                return at;
            }
        }
    }

    /// The index behind the next `;`.
    pub(super) fn after_semicolon(&self, at: usize) -> usize {
        let mut at = at;
        loop {
            match self.kind(at) {
                Kind::Semicolon => return at + 1,
                Kind::End => return at,
                _ => at += 1,
            }
        }
    }

    /// Whether this comma stands before the bracket or `;` that ends its list.
    pub(super) fn is_trailing_comma(&self, at: usize) -> bool {
        let next = self.kind(at + 1);
        self.kind(at) == Kind::Comma && (next.closes() || next == Kind::Semicolon)
    }

    /// Whether a blank stands between the token before this one and this one, when they share a line.
    pub(super) fn is_spaced(&self, at: usize) -> bool {
        let (before, kind) = (self.kind(at - 1), self.kind(at));
        match (before, kind) {
            // Bytes that mean nothing must not begin to mean something.
            (Kind::Other, _) | (_, Kind::Other) => true,
            (Kind::OpenParen | Kind::OpenBracket | Kind::OpenAngle, _) => false,
            (_, kind) if is_tight(kind) => false,
            (_, Kind::OpenAngle) => false,
            (Kind::OpenBrace, Kind::CloseBrace) => false,
            (Kind::Word, Kind::OpenParen) => self.is_stream_keyword(at - 1),
            (Kind::Attribute, Kind::OpenParen) => false,
            _ => true,
        }
    }

    /// `stream` after an arrow or a parenthesis, not the name of a method.
    fn is_stream_keyword(&self, at: usize) -> bool {
        let place = at.checked_sub(1).map(|before| self.kind(before));
        matches!(place, Some(Kind::Arrow | Kind::OpenParen)) && self.text(at) == "stream"
    }
}

/// Whether it follows what stands before it without a blank.
pub(super) fn is_tight(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Colon
            | Kind::Semicolon
            | Kind::Comma
            | Kind::Question
            | Kind::CloseAngle
            | Kind::CloseParen
            | Kind::CloseBracket
    )
}

/// Cuts a text into tokens. Total and linear.
pub(super) fn tokens(source: &str) -> Tokens<'_> {
    let mut lexer = Lexer {
        source,
        bytes: source.as_bytes(),
        at: 0,
        breaks: 0,
        line_is_fresh: true,
        before: 0,
        tokens: Vec::with_capacity(source.len() / 8),
        comments: Vec::new(),
    };
    lexer.run();
    Tokens {
        source,
        tokens: lexer.tokens,
        comments: lexer.comments,
    }
}

struct Lexer<'s> {
    source: &'s str,
    bytes: &'s [u8],
    at: usize,
    /// Line breaks since the last token or comment.
    breaks: u8,
    /// Whether no token stands on this line yet.
    line_is_fresh: bool,
    /// Comments before the last token.
    before: u32,
    tokens: Vec<Token>,
    comments: Vec<Comment>,
}

impl Lexer<'_> {
    fn run(&mut self) {
        while let Some(&byte) = self.bytes.get(self.at) {
            match byte {
                b'\n' => {
                    self.breaks = (self.breaks + 1).min(2);
                    self.line_is_fresh = true;
                    self.at += 1;
                }
                b' ' | b'\t' | b'\r' => self.at += 1,
                b'/' if self.byte(1) == Some(b'/') => self.line_comment(),
                b'/' if self.byte(1) == Some(b'*') => self.block_comment(),
                _ => self.token(byte),
            }
        }
        self.push(Kind::End, self.at);
    }

    fn byte(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at + ahead).copied()
    }

    fn token(&mut self, byte: u8) {
        let start = self.at;
        let kind = match byte {
            b'"' => {
                self.string();
                Kind::String
            }
            b'0'..=b'9' => self.number(),
            b'-' if self.byte(1).is_some_and(|next| next.is_ascii_digit()) => self.number(),
            b'-' if self.byte(1) == Some(b'>') => {
                self.at += 2;
                Kind::Arrow
            }
            b'@' if self.byte(1).is_some_and(is_word) => {
                self.at += 1;
                self.word();
                Kind::Attribute
            }
            byte if is_word(byte) => {
                self.word();
                Kind::Word
            }
            byte => {
                self.at += 1;
                mark(byte)
            }
        };
        self.push(kind, start);
        self.line_is_fresh = false;
    }

    fn push(&mut self, kind: Kind, start: usize) {
        let text = self.source.get(start..self.at).unwrap_or_default();
        let width = if text.is_ascii() {
            text.len()
        } else {
            text.chars().count()
        };
        self.tokens.push(Token {
            kind,
            breaks: std::mem::take(&mut self.breaks),
            start: offset(start),
            end: offset(self.at),
            width: offset(width),
            comments: std::mem::replace(&mut self.before, offset(self.comments.len())),
        });
    }

    /// A name with its dots.
    fn word(&mut self) {
        while let Some(byte) = self.byte(0) {
            if is_word(byte) || byte == b'.' && self.byte(1).is_some_and(is_word) {
                self.at += 1;
            } else {
                break;
            }
        }
    }

    fn number(&mut self) -> Kind {
        self.at += 1;
        while let Some(byte) = self.byte(0) {
            let digit = |ahead| self.byte(ahead).is_some_and(|byte| byte.is_ascii_digit());
            match byte {
                b'e' | b'E' if matches!(self.byte(1), Some(b'+' | b'-')) && digit(2) => self.at += 2,
                b'.' if digit(1) => self.at += 1,
                byte if is_word(byte) => self.at += 1,
                _ => break,
            }
        }
        Kind::Number
    }

    fn string(&mut self) {
        self.at += 1;
        while let Some(byte) = self.byte(0) {
            match byte {
                b'"' => {
                    self.at += 1;
                    return;
                }
                b'\\' if self.byte(1).is_some() => self.at += 2,
                _ => self.at += 1,
            }
        }
    }

    fn line_comment(&mut self) {
        let start = self.at;
        let rest = &self.bytes[start..];
        self.at += rest.iter().position(|&b| b == b'\n').unwrap_or(rest.len());
        let sort = match &self.bytes[start + 2..self.at] {
            [b'!', ..] => Sort::FileDocs,
            [b'/', b'/', ..] => Sort::Line,
            // Behind something on its line it was meant for that, and in front of the next item nobody would see it was.
            [b'/', ..] if self.line_is_fresh => Sort::Docs,
            _ => Sort::Line,
        };
        self.comment(sort, start);
    }

    fn block_comment(&mut self) {
        let start = self.at;
        let mut open = 0_usize;
        loop {
            match (self.byte(0), self.byte(1)) {
                (Some(b'/'), Some(b'*')) => {
                    open += 1;
                    self.at += 2;
                }
                (Some(b'*'), Some(b'/')) => {
                    open -= 1;
                    self.at += 2;
                    if open == 0 {
                        break;
                    }
                }
                (Some(byte), _) => {
                    self.line_is_fresh |= byte == b'\n';
                    self.at += 1;
                }
                (None, _) => break,
            }
        }
        self.comment(Sort::Block, start);
    }

    fn comment(&mut self, sort: Sort, start: usize) {
        let text = self.source.get(start..self.at).unwrap_or_default();
        self.comments.push(Comment {
            sort,
            breaks: std::mem::take(&mut self.breaks),
            start: offset(start),
            end: offset(start + text.trim_end().len()),
        });
    }
}

/// Names may hold more than ASCII; which characters they are made of, the grammar has checked.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

fn mark(byte: u8) -> Kind {
    match byte {
        b':' => Kind::Colon,
        b';' => Kind::Semicolon,
        b',' => Kind::Comma,
        b'=' => Kind::Equals,
        b'?' => Kind::Question,
        b'<' => Kind::OpenAngle,
        b'>' => Kind::CloseAngle,
        b'(' => Kind::OpenParen,
        b')' => Kind::CloseParen,
        b'[' => Kind::OpenBracket,
        b']' => Kind::CloseBracket,
        b'{' => Kind::OpenBrace,
        b'}' => Kind::CloseBrace,
        _ => Kind::Other,
    }
}

/// Offsets fit: a file is at most [`MAX_FILE`](crate::source::MAX_FILE) bytes.
fn offset(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(source: &str) -> Vec<&str> {
        let tokens = tokens(source);
        (0..tokens.tokens.len() - 1).map(|at| tokens.text(at)).collect()
    }

    #[test]
    fn names_with_dots_numbers_and_strings_are_one_token_each() {
        assert_eq!(
            texts(r#"a.b:list<T?>= -1.5e-3 0xFF 1m30s "a\"//" ->@x.y(größe,)"#),
            [
                "a.b",
                ":",
                "list",
                "<",
                "T",
                "?",
                ">",
                "=",
                "-1.5e-3",
                "0xFF",
                "1m30s",
                r#""a\"//""#,
                "->",
                "@x.y",
                "(",
                "größe",
                ",",
                ")"
            ]
        );
    }

    #[test]
    fn comments_belong_to_the_token_after_them() {
        let tokens = tokens("// a\n\n\n/* b /* c */ */ x /* \n */ /// d  \n//// e\n//!f\n; /// g");
        let sorts = |at: usize| tokens.gap(at).iter().map(|c| c.sort).collect::<Vec<_>>();
        assert_eq!(sorts(0), [Sort::Line, Sort::Block]);
        assert_eq!(sorts(1), [Sort::Block, Sort::Docs, Sort::Line, Sort::FileDocs]);
        assert_eq!(sorts(2), [Sort::Line]);
        let breaks = tokens.comments.iter().map(|c| c.breaks).collect::<Vec<_>>();
        assert_eq!(breaks, [0, 2, 0, 0, 1, 1, 0]);
        assert_eq!(tokens.comment(tokens.comments[3]), "/// d");
        assert!(!tokens.has_comments_in(&(0..1)));
        assert!(tokens.has_comments_in(&(0..2)));
    }
}
