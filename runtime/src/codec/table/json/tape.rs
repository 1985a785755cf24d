//! A JSON text as a list of its tokens, each knowing where the next one of its level is. Nothing recurses, and a token takes
//! twelve bytes for two of the text at least.
//!
//! Source: RFC 8259; no byte order mark, no value twice the same way around: what it leaves open is refused.

use super::{MAX_JSON_BYTES, MAX_JSON_DEPTH, over_limit};
use crate::codec::{CodecError, CodecErrorKind, CodecResult};

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Null,
    True,
    False,
    Number,
    /// Without an escape.
    String,
    /// With one.
    Escaped,
    Array,
    Object,
}

/// A token: for a scalar, where its text is, a string's without the quotes; for a container, how many elements or members it
/// has, and the place of the token behind it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub(super) kind: Kind,
    a: u32,
    b: u32,
}

/// A text and its tokens. A member of an object is two of them.
pub(super) struct Tape<'a> {
    text: &'a str,
    tokens: Vec<Token>,
}

impl<'a> Tape<'a> {
    pub(super) fn parse(bytes: &'a [u8]) -> CodecResult<Self> {
        if bytes.len() > MAX_JSON_BYTES {
            return Err(over_limit(MAX_JSON_BYTES));
        }
        let text = match str::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => return Err(wrong("UTF-8", bytes, error.valid_up_to())),
        };
        let mut parser = Parser {
            bytes,
            at: 0,
            tokens: Vec::new(),
            open: Vec::new(),
        };
        parser.document()?;
        Ok(Self {
            text,
            tokens: parser.tokens,
        })
    }

    pub(super) fn token(&self, at: u32) -> Token {
        self.tokens[at as usize]
    }

    /// The text of a scalar, a string's as it is written.
    pub(super) fn text(&self, token: Token) -> &'a str {
        &self.text[token.a as usize..token.b as usize]
    }

    /// The place behind the token at `at` and all that is in it.
    pub(super) fn behind(&self, at: u32) -> u32 {
        let token = self.token(at);
        match token.kind {
            Kind::Array | Kind::Object => token.b,
            _ => at + 1,
        }
    }
}

impl Token {
    /// Elements of an array, members of an object.
    pub(super) fn count(self) -> u32 {
        self.a
    }
}

struct Parser<'a> {
    bytes: &'a [u8],
    at: usize,
    tokens: Vec<Token>,
    /// The containers that are open, as places of their tokens.
    open: Vec<u32>,
}

impl Parser<'_> {
    fn document(&mut self) -> CodecResult<()> {
        self.space();
        self.value()?;
        // behind a value: what its container, if any, goes on with
        while let Some(container) = self.open.last().copied() {
            self.space();
            let object = self.tokens[container as usize].kind == Kind::Object;
            let close = if object { b'}' } else { b']' };
            match self.peek() {
                Some(b',') => {
                    self.at += 1;
                    self.space();
                    self.element(container)?;
                }
                Some(found) if found == close => {
                    self.at += 1;
                    self.open.pop();
                    self.tokens[container as usize].b = self.tokens.len() as u32;
                }
                _ if object => return Err(self.wrong("`,` or `}`")),
                _ => return Err(self.wrong("`,` or `]`")),
            }
        }
        self.space();
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(self.wrong("the end of the text")),
        }
    }

    /// An element of an array or a member of an object.
    fn element(&mut self, container: u32) -> CodecResult<()> {
        let token = &mut self.tokens[container as usize];
        token.a += 1;
        if token.kind == Kind::Object {
            self.key()?;
        }
        self.value()
    }

    /// A key and its colon.
    fn key(&mut self) -> CodecResult<()> {
        if self.peek() != Some(b'"') {
            return Err(self.wrong("a key"));
        }
        self.string()?;
        self.space();
        if self.peek() != Some(b':') {
            return Err(self.wrong("`:`"));
        }
        self.at += 1;
        self.space();
        Ok(())
    }

    /// A scalar, or the beginning of a container and of all those at its front.
    fn value(&mut self) -> CodecResult<()> {
        loop {
            let (kind, close) = match self.peek() {
                Some(b'"') => return self.string(),
                Some(b'-' | b'0'..=b'9') => return self.number(),
                Some(b'n') => return self.word("null", Kind::Null),
                Some(b't') => return self.word("true", Kind::True),
                Some(b'f') => return self.word("false", Kind::False),
                Some(b'[') => (Kind::Array, b']'),
                Some(b'{') => (Kind::Object, b'}'),
                _ => return Err(self.wrong("a value")),
            };
            if self.open.len() == MAX_JSON_DEPTH {
                return Err(CodecError::new(
                    CodecErrorKind::TooDeep,
                    format!("at most {MAX_JSON_DEPTH} arrays and objects inside each other"),
                    "one more",
                ));
            }
            let container = self.tokens.len() as u32;
            self.push(kind, 0, container as usize + 1);
            self.at += 1;
            self.space();
            if self.peek() == Some(close) {
                self.at += 1;
                return Ok(());
            }
            self.open.push(container);
            self.tokens[container as usize].a = 1;
            if kind == Kind::Object {
                self.key()?;
            }
        }
    }

    fn word(&mut self, word: &'static str, kind: Kind) -> CodecResult<()> {
        if !self.bytes[self.at..].starts_with(word.as_bytes()) {
            return Err(self.wrong("a value"));
        }
        self.push(kind, self.at, self.at + word.len());
        self.at += word.len();
        Ok(())
    }

    fn number(&mut self) -> CodecResult<()> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.digits()?;
        }
        self.push(Kind::Number, start, self.at);
        Ok(())
    }

    fn digits(&mut self) -> CodecResult<()> {
        let rest = &self.bytes[self.at..];
        match rest.iter().take_while(|byte| byte.is_ascii_digit()).count() {
            0 => Err(self.wrong("a digit")),
            count => {
                self.at += count;
                Ok(())
            }
        }
    }

    fn string(&mut self) -> CodecResult<()> {
        self.at += 1;
        let start = self.at;
        let mut kind = Kind::String;
        loop {
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => {
                    kind = Kind::Escaped;
                    self.at += 1;
                    self.escape()?;
                }
                Some(0x20..) => self.at += 1,
                _ => return Err(self.wrong("a string to its end, control characters escaped")),
            }
        }
        self.push(kind, start, self.at);
        self.at += 1;
        Ok(())
    }

    fn escape(&mut self) -> CodecResult<()> {
        let length = match self.peek() {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => 1,
            Some(b'u') => {
                let digits = self.bytes.get(self.at + 1..self.at + 5);
                if !digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)) {
                    return Err(self.wrong("`u` and four hexadecimal digits"));
                }
                5
            }
            _ => return Err(self.wrong("an escape")),
        };
        self.at += length;
        Ok(())
    }

    fn space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    #[inline]
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    // A text is at most `MAX_JSON_BYTES` long, so that places fit.
    fn push(&mut self, kind: Kind, a: usize, b: usize) {
        self.tokens.push(Token {
            kind,
            a: a as u32,
            b: b as u32,
        });
    }

    #[cold]
    fn wrong(&self, expected: &'static str) -> CodecError {
        wrong(expected, self.bytes, self.at)
    }
}

#[cold]
fn wrong(expected: &'static str, bytes: &[u8], at: usize) -> CodecError {
    let found = match bytes.get(at) {
        None => "the end of the text".to_owned(),
        Some(byte @ 0x21..0x7f) => format!("`{}` at byte {at}", char::from(*byte)),
        Some(byte) => format!("{byte:02x} at byte {at}"),
    };
    CodecError::new(CodecErrorKind::Syntax, expected, found)
}
