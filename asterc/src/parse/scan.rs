//! A text goes in; declarations, cut out and freed from comments, come out.
//!
//! One linear pass with a bounded stack. It stands before the grammar so that pest only ever sees
//! one statement, whose brackets are balanced or nearly so and nest at most [`MAX_OPEN`] deep.

mod lexemes;
mod margin;

use super::errors;
use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Span};
use std::ops::Range;

/// How many brackets or comments may be open at once.
pub(crate) const MAX_OPEN: usize = 128;
/// Words and marks of one declaration, at most: each costs a hundred times its bytes while it is parsed.
pub(crate) const MAX_TOKENS: usize = 1 << 18;
/// A file with more errors than this is not looked at further, and says so.
pub(crate) const MAX_ERRORS: usize = 1000;

/// What one pass over a text found.
pub(crate) struct Scanned {
    /// The text with every byte of a comment, and every other white space, replaced by a blank; only a line break that ends
    /// an unterminated string stays.
    pub(crate) text: String,
    /// Comments of every sort in order.
    pub(crate) comments: Vec<Range<usize>>,
    /// Documentation comments in order.
    pub(crate) docs: Vec<Doc>,
    /// Declarations in order.
    pub(crate) chunks: Vec<Chunk>,
    /// The statements of all bodies, in order.
    pub(crate) statements: Vec<Range<usize>>,
    /// What is wrong already.
    pub(crate) problems: Vec<Diagnostic>,
    /// Offsets, ascending, where something was reported: the piece around each is not reported again.
    pub(crate) damage: Vec<usize>,
    /// What is no declaration at all, or inside a comment that does not end.
    pub(crate) lost: Vec<Range<usize>>,
    /// The rest was not looked at.
    pub(crate) incomplete: bool,
}

/// A line of documentation.
pub(crate) struct Doc {
    /// Where the comment begins.
    pub(crate) start: usize,
    /// Where its line ends.
    pub(crate) end: usize,
    /// Whether it is `//!`.
    pub(crate) of_file: bool,
    /// Whether something stands before it on its line: it is meant for that, but documentation goes to what follows.
    pub(crate) trails: bool,
}

/// A declaration: from its first token to its `;` or `}`.
pub(crate) struct Chunk {
    pub(crate) range: Range<usize>,
    /// The `{` of its body and the statements in it.
    pub(crate) body: Option<Body>,
}

/// The body of a message, enum, union or service.
pub(crate) struct Body {
    /// Where the `{` is.
    pub(crate) open: usize,
    /// Where the `}` is, or would be.
    pub(crate) close: usize,
    /// Indices into [`Scanned::statements`].
    pub(crate) statements: Range<usize>,
}

/// Cuts a text into declarations. Total: any text gives a result, in linear time.
pub(crate) fn scan(file: FileId, source: &str) -> Scanned {
    let mut scanner = Scanner {
        file,
        source: source.as_bytes(),
        blank: source.as_bytes().to_vec(),
        at: 0,
        tokens: 0,
        line_start: 0,
        first_on_line: true,
        broken_string: false,
        open_string: false,
        stack: Vec::new(),
        beyond: 0,
        current: None,
        comments: Vec::new(),
        docs: Vec::new(),
        chunks: Vec::new(),
        statements: Vec::new(),
        problems: Vec::new(),
        damage: Vec::new(),
        too_deep: false,
        given_up: false,
        lost: Vec::new(),
    };
    scanner.run();
    let text = String::from_utf8(scanner.blank).unwrap_or_default();
    scanner.damage.sort_unstable();
    Scanned {
        text,
        comments: scanner.comments,
        docs: scanner.docs,
        chunks: scanner.chunks,
        statements: scanner.statements,
        problems: scanner.problems,
        damage: scanner.damage,
        lost: scanner.lost,
        incomplete: scanner.given_up,
    }
}

/// The declaration that is being read.
struct Current {
    start: usize,
    /// Words and marks before it.
    first_token: usize,
    /// Column of its first token.
    column: usize,
    /// A `=` came before any `{`: then the braces are a value.
    equals: bool,
    /// The keyword was read: another one at the margin begins something else.
    keyword: bool,
    body: Option<usize>,
    first_statement: usize,
    statement: Option<usize>,
    /// The statement holds a block of its own and ends with it.
    nested: bool,
}

struct Scanner<'s> {
    file: FileId,
    source: &'s [u8],
    blank: Vec<u8>,
    at: usize,
    /// Words and marks so far.
    tokens: usize,
    line_start: usize,
    first_on_line: bool,
    /// The line ends inside a string.
    broken_string: bool,
    /// A string was not closed on its line, and no other one began: it may end on a later line.
    open_string: bool,
    stack: Vec<(u8, usize)>,
    /// Open brackets that the stack does not hold any more.
    beyond: usize,
    current: Option<Current>,
    comments: Vec<Range<usize>>,
    docs: Vec<Doc>,
    chunks: Vec<Chunk>,
    statements: Vec<Range<usize>>,
    problems: Vec<Diagnostic>,
    damage: Vec<usize>,
    too_deep: bool,
    given_up: bool,
    lost: Vec<Range<usize>>,
}

impl Scanner<'_> {
    /// Keeps a problem; when there are too many, the rest of the text is given up, and that is said.
    fn problem(&mut self, problem: Diagnostic) {
        if self.given_up {
            return;
        }
        if self.problems.len() >= MAX_ERRORS {
            self.given_up = true;
            self.problems
                .push(errors::too_many(problem.primary.span, MAX_ERRORS));
            return;
        }
        self.problems.push(problem);
    }

    fn run(&mut self) {
        while let Some(&byte) = self.source.get(self.at) {
            if self.given_up {
                return;
            }
            match byte {
                b'\n' => {
                    if !std::mem::take(&mut self.broken_string) {
                        self.blank[self.at] = b' ';
                    }
                    self.at += 1;
                    self.line_start = self.at;
                    self.first_on_line = true;
                    continue;
                }
                b' ' => {
                    self.at += 1;
                    continue;
                }
                b'\t' | b'\r' => {
                    self.blank[self.at] = b' ';
                    self.at += 1;
                    continue;
                }
                b'/' if self.next() == Some(b'/') => {
                    self.line_comment();
                    continue;
                }
                b'/' if self.next() == Some(b'*') => {
                    self.block_comment();
                    continue;
                }
                _ => {}
            }
            self.token(byte);
            self.tokens += 1;
            self.first_on_line = false;
        }
        self.finish();
    }

    fn next(&self) -> Option<u8> {
        self.source.get(self.at + 1).copied()
    }

    fn token(&mut self, byte: u8) {
        if is_word(byte) {
            if self.first_on_line && self.begins_at_margin() {
                self.end_before_margin();
            }
            self.begin();
            let start = self.at;
            while self.source.get(self.at).copied().is_some_and(is_word) {
                self.at += 1;
            }
            self.mark_nested(start);
            return;
        }
        match byte {
            b'"' => {
                self.begin();
                self.string();
            }
            b';' => self.semicolon(),
            b'{' | b'(' | b'[' | b'<' => {
                self.begin();
                self.open(byte);
                self.at += 1;
            }
            b'}' => self.close_brace(),
            b')' | b']' | b'>' => {
                self.begin();
                self.close(byte);
                self.at += 1;
            }
            b'-' if self.next() == Some(b'>') => {
                self.begin();
                self.at += 2;
            }
            _ => {
                self.begin();
                if byte == b'='
                    && self.stack.is_empty()
                    && let Some(current) = &mut self.current
                {
                    current.equals = true;
                }
                self.at += 1;
            }
        }
    }

    /// The token at `at` belongs to a declaration, and to a statement when inside a body.
    fn begin(&mut self) {
        let at = self.at;
        let column = at - self.line_start;
        let first_statement = self.statements.len();
        let current = self.current.get_or_insert(Current {
            start: at,
            first_token: self.tokens,
            column,
            equals: false,
            keyword: false,
            body: None,
            first_statement,
            statement: None,
            nested: false,
        });
        if current.body.is_some() && self.stack.len() == 1 && current.statement.is_none() {
            current.statement = Some(at);
            current.nested = false;
        }
    }

    /// Notices `message B {` as the first words of a statement, and `rpc name` in one: a method ends with the block that it
    /// has in other languages.
    fn mark_nested(&mut self, start: usize) {
        let word = &self.source[start..self.at];
        let next_is_name = || {
            let rest = &self.source[self.at..];
            let blanks = rest.iter().take_while(|&&b| b == b' ' || b == b'\t').count();
            blanks > 0 && rest.get(blanks).copied().is_some_and(is_word)
        };
        if let Some(current) = &mut self.current {
            let nests = match word {
                b"rpc" => current.statement.is_some() && self.stack.len() == 1,
                _ => current.statement == Some(start) && is_block_keyword(word),
            };
            if nests && next_is_name() {
                current.nested = true;
            }
            if current.body.is_none() && (is_declaration_keyword(word) || word == b"import") {
                current.keyword = true;
            }
        }
    }

    fn open(&mut self, byte: u8) {
        if self.stack.len() >= MAX_OPEN || self.beyond > 0 {
            if !self.too_deep {
                self.too_deep = true;
                self.problem(errors::nesting(
                    Span::new(self.file, self.at, self.at + 1),
                    MAX_OPEN,
                ));
            }
            self.damage.push(self.at);
            // The grammar, which recurses, never sees it.
            self.blank[self.at] = b' ';
            self.beyond += 1;
            return;
        }
        if byte == b'{' && self.stack.is_empty() {
            let first_statement = self.statements.len();
            if let Some(current) = &mut self.current
                && !current.equals
                && current.body.is_none()
            {
                current.body = Some(self.at);
                current.first_statement = first_statement;
            }
        }
        self.stack.push((byte, self.at));
    }

    /// Closes the innermost bracket of this sort, and those left open inside it, but never a brace.
    fn close(&mut self, byte: u8) {
        if self.beyond > 0 {
            self.blank[self.at] = b' ';
            self.beyond -= 1;
            return;
        }
        let opener = match byte {
            b')' => b'(',
            b']' => b'[',
            _ => b'<',
        };
        let inner = self.stack.iter().rev().take_while(|(open, _)| *open != b'{');
        if let Some(back) = inner.map(|(open, _)| *open).position(|open| open == opener) {
            self.stack.truncate(self.stack.len() - back - 1);
        }
    }

    /// Drops open brackets that are not braces: a `;` or `}` ends what they are in.
    fn drop_to_brace(&mut self) {
        while self.stack.last().is_some_and(|(open, _)| *open != b'{') {
            self.stack.pop();
        }
    }

    fn semicolon(&mut self) {
        self.begin();
        self.at += 1;
        if self.beyond > 0 {
            return;
        }
        self.drop_to_brace();
        let in_body = self
            .current
            .as_ref()
            .is_some_and(|current| current.body.is_some());
        match self.stack.len() {
            0 => self.end_chunk(self.at),
            1 if in_body => self.end_statement(self.at),
            _ => {}
        }
    }

    fn close_brace(&mut self) {
        if self.beyond > 0 {
            self.blank[self.at] = b' ';
            self.beyond -= 1;
            self.at += 1;
            return;
        }
        let at = self.at;
        let ends_statement = self.is_before_semicolon();
        if ends_statement
            && self
                .stack
                .last()
                .is_some_and(|&(open, at)| open != b'{' && at >= self.line_start)
        {
            // `(a: T};` has the wrong bracket, and is no end of a body
            self.begin();
            self.stack.pop();
            self.at += 1;
            return;
        }
        self.drop_to_brace();
        if self.stack.pop().is_none() {
            // Nothing is open: the brace is one too many, and ends whatever was begun.
            self.problem(errors::unmatched_brace(Span::new(self.file, at, at + 1)));
            self.damage.push(at);
            self.end_chunk(at);
            self.at += 1;
            return;
        }
        self.at += 1;
        let Some(current) = &self.current else { return };
        match (self.stack.len(), current.body) {
            (0, Some(_)) => {
                self.end_statement(at);
                self.end_chunk(self.at);
            }
            (1, Some(_)) if current.nested && !ends_statement => self.end_statement(self.at),
            _ => {}
        }
    }

    /// Whether a `;` follows the mark at `at`.
    fn is_before_semicolon(&self) -> bool {
        let mut rest = self.source[self.at + 1..].iter();
        rest.find(|byte| !byte.is_ascii_whitespace()) == Some(&b';')
    }

    fn end_statement(&mut self, end: usize) {
        if let Some(start) = self.current.as_mut().and_then(|current| current.statement.take()) {
            self.statements.push(start..end);
        }
    }

    fn end_chunk(&mut self, end: usize) {
        let Some(current) = self.current.take() else {
            return;
        };
        // What no declaration begins with is reported here: by the million it would be many chunks.
        let first = self.source[current.start];
        if !begins_declaration(first) {
            let token = Span::new(self.file, current.start, current.start + 1);
            self.problem(match first {
                b';' => {
                    let before = self.source[..current.start].trim_ascii_end();
                    errors::unneeded_semicolon(token, before.last() == Some(&b';'))
                }
                _ => errors::not_a_declaration(token, &format!("`{}`", char::from(first))),
            });
            self.lost.push(current.start..end);
            self.statements.truncate(current.first_statement);
            return;
        }
        if self.tokens - current.first_token >= MAX_TOKENS {
            let word = self.source[current.start..end].iter().skip(1);
            let length = 1 + word.take_while(|&&b| is_word(b)).count();
            let span = Span::new(self.file, current.start, current.start + length);
            self.problem(errors::declaration_too_large(span, MAX_TOKENS));
            self.lost.push(current.start..current.body.unwrap_or(end));
            self.statements.truncate(current.first_statement);
            return;
        }
        let statements = current.first_statement..self.statements.len();
        let closed = end > current.start && self.source.get(end - 1) == Some(&b'}');
        let close = if closed { end - 1 } else { end };
        self.chunks.push(Chunk {
            range: current.start..end,
            body: current.body.map(|open| Body {
                open,
                close,
                statements,
            }),
        });
    }

    fn finish(&mut self) {
        let end = self.source.len();
        // The outermost brace is the one to show: what is inside it was cut well.
        let open = self
            .stack
            .iter()
            .find(|(open, _)| *open == b'{')
            .map(|&(_, at)| at);
        let declares = self
            .current
            .as_ref()
            .is_some_and(|current| begins_declaration(self.source[current.start]));
        if let Some(open) = open.filter(|_| declares && !self.ends_in_open_string()) {
            self.problem(errors::unclosed(Span::new(self.file, open, open + 1)));
        }
        if open.is_some() {
            self.damage.push(end.saturating_sub(1));
            self.damage.push(end);
        }
        self.end_statement(end);
        self.end_chunk(end);
    }

    /// Whether a string without its end took the last line: the brackets that are open may be closed in it.
    fn ends_in_open_string(&self) -> bool {
        let line = self.source.trim_ascii_end();
        let line = line.iter().rposition(|&b| b == b'\n').map_or(0, |at| at + 1);
        self.open_string && self.damage.last().is_some_and(|&at| at >= line)
    }
}

/// Whether a declaration can begin with this byte.
fn begins_declaration(byte: u8) -> bool {
    is_word(byte) || byte == b'@'
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

fn is_block_keyword(word: &[u8]) -> bool {
    matches!(
        word,
        b"message" | b"enum" | b"union" | b"service" | b"oneof" | b"extend" | b"struct" | b"interface"
    )
}

fn is_declaration_keyword(word: &[u8]) -> bool {
    matches!(
        word,
        b"message" | b"enum" | b"union" | b"service" | b"type" | b"const" | b"package"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(source: &str) -> (Vec<&str>, Vec<&str>, usize) {
        let scanned = scan(FileId(0), source);
        let chunks = scanned
            .chunks
            .iter()
            .map(|chunk| &source[chunk.range.clone()])
            .collect();
        let statements = scanned
            .statements
            .iter()
            .map(|range| &source[range.clone()])
            .collect();
        (chunks, statements, scanned.problems.len())
    }

    #[test]
    fn cuts_declarations_and_statements() {
        let (chunks, statements, problems) = pieces(
            "package a; message M { a: list<int8> = []; b: map<string, M> = {}; }\nconst A: int8 = 1;",
        );
        assert_eq!(chunks.len(), 3);
        assert_eq!(statements, ["a: list<int8> = [];", "b: map<string, M> = {};"]);
        assert_eq!(problems, 0);
    }

    #[test]
    fn blanks_comments_and_keeps_offsets() {
        let source = "a /* ü /* x */ \n */ b // c\n/// d\nd";
        let scanned = scan(FileId(0), source);
        let words: Vec<&str> = scanned.text.split_whitespace().collect();
        assert_eq!((scanned.text.len(), words), (source.len(), vec!["a", "b", "d"]));
        assert_eq!(scanned.text.find('b'), source.find('b'));
        assert_eq!(scanned.text.matches('\n').count(), 0);
        assert_eq!(scanned.docs.len(), 1);
    }

    #[test]
    fn a_declaration_at_the_margin_ends_an_open_body() {
        let (chunks, _, problems) = pieces("message A {\n  a: int8;\n\nmessage B { }\n");
        assert_eq!(chunks.len(), 2);
        assert_eq!(problems, 1);
    }

    #[test]
    fn a_nested_block_is_one_statement() {
        let (chunks, statements, problems) = pieces("message A { message B { a: int8; } c: int8; }");
        assert_eq!((chunks.len(), problems), (1, 0));
        assert_eq!(statements, ["message B { a: int8; }", "c: int8;"]);
    }

    #[test]
    fn an_unterminated_string_ends_with_its_line() {
        let (chunks, _, problems) = pieces("@a(\"x)\nmessage M {}\nmessage N {}");
        assert_eq!((chunks.len(), problems), (2, 1));
    }

    #[test]
    fn a_string_over_several_lines_is_one_mistake_and_two_strings_are_two() {
        for (text, expected) in [
            ("const A: string = \"a\nb\";\nconst B: int8 = 1;", 1),
            ("const A: string = \"a\n\";\nconst B: string = \"b\n\";", 2),
            ("const A: string = \"a;\nconst B: string = \"b;", 2),
            (
                "const A: string = \"a;\nconst B: string = \"b\";\nconst C: string = \";",
                2,
            ),
        ] {
            assert_eq!(pieces(text).2, expected, "{text}");
        }
    }
}
