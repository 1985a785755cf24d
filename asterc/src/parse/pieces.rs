//! A declaration that is wrong somewhere, read piece by piece: each mistake is reported and costs its statement alone.

mod attributes;

use super::advice;
use super::errors::{self, Expected, What};
use super::grammar::{Grammar, Rule};
use super::scan::{Body, Chunk, MAX_ERRORS};
use super::{Items, Parser, shorten};
use crate::ast::{Attribute, Declaration, Expression, Kind};
use crate::diagnostic::{Diagnostic, nearest};
use crate::source::Span;
use pest::Parser as _;
use pest::error::{ErrorVariant, InputLocation};
use pest::iterators::Pair;
use std::ops::Range;

impl<'s> Parser<'s> {
    /// Several declarations can be in a chunk when a `;` is missing. What is in braces belongs to the last.
    pub(super) fn pieces(&mut self, chunk: &Chunk) {
        let heads_end = chunk.body.as_ref().map_or(chunk.range.end, |body| body.open);
        let mut at = chunk.range.start;
        loop {
            let next = self.declaration(at, chunk).max(at + 1);
            at = self.skip_blanks(next);
            if at >= heads_end || self.full() {
                break;
            }
        }
        self.skip_docs(chunk.range.end);
    }

    /// Reads one declaration and tells where it ends.
    fn declaration(&mut self, start: usize, chunk: &Chunk) -> usize {
        let head_end = chunk.body.as_ref().map_or(chunk.range.end, |body| body.open + 1);
        let end = chunk.range.end;
        if self.text.as_bytes().get(start) == Some(&b';') {
            self.report(
                start..end,
                errors::unneeded_semicolon(
                    self.span(start, start + 1),
                    self.text[..start].trim_end().ends_with(';'),
                ),
            );
            return start + 1;
        }
        let (attributes, at) = self.attributes(start..head_end);
        let at = self.modifier(at, head_end);
        let word = self.word(at);
        let after = at + word.len();
        let Some(keyword) = self.declaration_keyword(at, word, head_end) else {
            self.lose(start..end);
            return end;
        };
        match keyword {
            "package" => self.package_piece(attributes, at, after..head_end),
            "import" => self.import_piece(attributes, at, after..head_end),
            "type" => self.alias(attributes, after..head_end),
            "const" => self.constant(attributes, after..head_end),
            _ => {
                self.block(keyword, attributes, after..head_end, chunk);
                end
            }
        }
    }

    /// Steps over `public` and its like in front of a keyword, and reports it.
    fn modifier(&mut self, at: usize, end: usize) -> usize {
        let word = self.word(at);
        let after = self.skip_blanks(at + word.len());
        let next = self.word(after);
        let modifies = matches!(
            word,
            "public"
                | "private"
                | "protected"
                | "internal"
                | "pub"
                | "export"
                | "abstract"
                | "final"
                | "sealed"
                | "open"
                | "data"
                | "extern"
                | "default"
                | "static"
        );
        if !modifies || !KEYWORDS.contains(&next) {
            return at;
        }
        let span = self.span(at, at + word.len());
        self.report(at..end, errors::modifier(span, self.span(at, after), word));
        after
    }

    /// The keyword at `at`, or the one that was meant.
    fn declaration_keyword(&mut self, at: usize, word: &str, end: usize) -> Option<&'static str> {
        if let Some(keyword) = KEYWORDS.into_iter().find(|keyword| *keyword == word) {
            return Some(keyword);
        }
        let after = self.skip_blanks(at + word.len());
        let next = self.text.as_bytes().get(after).copied();
        let span = self.span(at, at + word.len());
        let nowhere = match (word, next) {
            ("rpc", _) => Some(errors::method_outside(span)),
            ("reserved", _) => Some(errors::reserved_outside(span)),
            ("syntax" | "edition", Some(b'=')) => {
                Some(errors::no_such_line(span, word, "the language has one syntax"))
            }
            ("option", _) => Some(errors::no_such_line(
                span,
                word,
                "what tools need stands in attributes such as `@acme.index(unique: true)`",
            )),
            _ => None,
        };
        if let Some(nowhere) = nowhere {
            self.report(at..end, nowhere);
            return None;
        }
        let names = next.is_some_and(|b| b == b'_' || b == b'"' || b.is_ascii_alphabetic() || b >= 0x80);
        if word.is_empty() || !names {
            let found_end = self.token_end(at);
            let found = self.found(at, end);
            self.report(
                at..end,
                errors::not_a_declaration(self.span(at, found_end), &found),
            );
            return None;
        }
        let meant = match word {
            "struct" | "class" | "record" | "error" | "exception" | "input" => Some("message"),
            "interface" | "protocol" => Some("service"),
            "oneof" | "variant" => Some("union"),
            "alias" | "typedef" | "newtype" => Some("type"),
            "let" | "define" | "static" => Some("const"),
            "namespace" | "module" => Some("package"),
            "include" | "use" | "using" => Some("import"),
            _ => nearest(word, KEYWORDS),
        };
        self.report(at..end, errors::unknown_keyword(span, &shorten(word), meant));
        // what does not look like the declaration that was meant is no second mistake
        let meant = KEYWORDS.into_iter().find(|keyword| Some(*keyword) == meant)?;
        self.looks_like(meant, after).then_some(meant)
    }

    /// Whether what stands at `at` may follow a keyword.
    fn looks_like(&self, keyword: &str, at: usize) -> bool {
        let name = self.word(at);
        let behind = self
            .text
            .as_bytes()
            .get(self.skip_blanks(at + name.len()))
            .copied();
        match keyword {
            "import" => self.text[at..].starts_with('"'),
            "package" => !name.is_empty() && matches!(behind, Some(b';' | b'.')),
            "type" => !name.is_empty() && behind == Some(b'='),
            "const" => !name.is_empty() && behind == Some(b':'),
            _ => !name.is_empty() && behind == Some(b'{'),
        }
    }

    fn package_piece(&mut self, attributes: Vec<Attribute>, keyword: usize, range: Range<usize>) -> usize {
        self.package_tried = true;
        let start = range.start;
        let (pair, next) = self.piece(Rule::package, Rule::package_body, range, What::Package);
        match pair {
            Some(pair) => self.package(attributes, keyword, pair),
            None => self.lose(start..next),
        }
        next
    }

    fn import_piece(&mut self, attributes: Vec<Attribute>, keyword: usize, range: Range<usize>) -> usize {
        let (pair, next) = self.piece(Rule::import, Rule::import_body, range, What::Import);
        match pair {
            Some(pair) => self.import(attributes, keyword, pair),
            None => self.ast.incomplete = true,
        }
        next
    }

    fn alias(&mut self, attributes: Vec<Attribute>, range: Range<usize>) -> usize {
        let start = range.start;
        let (pair, next) = self.piece(Rule::alias, Rule::alias_body, range, What::Alias);
        match pair {
            Some(pair) => {
                let (name, ty) = self.lower_alias(pair);
                self.declare(name, attributes, Kind::Alias { ty }, false);
            }
            None => self.lost(start..next),
        }
        next
    }

    fn constant(&mut self, attributes: Vec<Attribute>, range: Range<usize>) -> usize {
        let start = range.start;
        let (pair, next) = self.piece(Rule::constant, Rule::constant_body, range, What::Constant);
        match pair {
            Some(pair) => {
                let (name, ty, mut value) = self.lower_constant(pair);
                if self.cut_short || self.is_damaged(&(start..next)) {
                    value = value.unread();
                }
                self.declare(name, attributes, Kind::Constant { ty, value }, false);
            }
            None => self.lost(start..next),
        }
        next
    }

    /// An alias or constant could not be read: uses of its name are no mistakes of their own.
    fn lost(&mut self, range: Range<usize>) {
        self.skip_docs(range.start);
        self.lose(range);
    }

    fn block(&mut self, keyword: &str, attributes: Vec<Attribute>, range: Range<usize>, chunk: &Chunk) {
        let what = match keyword {
            "message" => What::Message,
            "enum" => What::Enum,
            "union" => What::Union,
            _ => What::Service,
        };
        let errors_before = self.syntax_errors;
        let damaged = self.is_damaged(&chunk.range);
        let head = range.clone();
        let (pair, _) = self.piece(Rule::block, Rule::block_body, range, what);
        let Some(pair) = pair else {
            // without any word, what it should have been called is not known
            self.ast.incomplete |= self.word(self.skip_blanks(head.start)).is_empty();
            self.lose(head);
            return;
        };
        let name = self.inner_name(pair);
        let marks = self.marks(attributes, name.span);
        let mut items = Items::default();
        if let Some(body) = &chunk.body {
            self.body(what, name.span, body, &mut items);
        }
        let broken = items.broken || damaged || self.syntax_errors > errors_before;
        let rule = match what {
            What::Message => Rule::whole_message,
            What::Enum => Rule::whole_enum,
            What::Union => Rule::whole_union,
            _ => Rule::whole_service,
        };
        self.ast.declarations.push(Declaration {
            name,
            marks,
            kind: items.kind(rule),
            broken,
        });
    }

    fn body(&mut self, what: What, outer: Span, body: &Body, items: &mut Items) {
        for range in &self.statements[body.statements.clone()] {
            let mut at = range.start;
            while at < range.end && !self.full() {
                let next = self.statement(what, outer, at..range.end, items);
                at = self.skip_blanks(next.max(at + 1));
            }
            self.skip_docs(range.end);
        }
        self.drop_docs(body.close);
    }

    /// Reads one statement of a body and tells where it ends.
    fn statement(&mut self, block: What, outer: Span, range: Range<usize>, items: &mut Items) -> usize {
        let end = range.end;
        if self.text.as_bytes().get(range.start) == Some(&b';') {
            let double = self.text[..range.start].trim_end().ends_with(';');
            self.report(
                range.clone(),
                errors::unneeded_semicolon(self.span(range.start, range.start + 1), double),
            );
            return range.start + 1;
        }
        let errors_before = self.syntax_errors;
        let (attributes, at) = self.attributes(range);
        if at >= end && self.syntax_errors > errors_before {
            // the attributes took what they belong to
            items.broken = true;
            return end;
        }
        let word = self.word(at);
        let after = self.skip_blanks(at + word.len());
        let follows = self.text.as_bytes().get(after).copied();
        let next = if self.is_nested(word, follows) {
            let name = self.word(after);
            let span = self.span(at, after + name.len());
            self.report(at..end, errors::nested(span, word, &shorten(name), outer));
            // Its name may be used, and is no second mistake then.
            self.lose_nested(at..end);
            end
        } else if word == "import" && follows == Some(b'"') {
            let span = self.span(at, self.token_end(after));
            self.report(at..end, errors::misplaced_import(span));
            self.ast.incomplete = true;
            end
        } else if word == "reserved" && block != What::Service && !matches!(follows, Some(b':' | b'=')) {
            self.drop_docs(at);
            self.refuse_attributes(attributes, "a `reserved` statement");
            let (pair, next) = self.piece(Rule::reserved, Rule::reserved_body, after..end, What::Reserved);
            if let Some(pair) = pair {
                let reserved = self.lower_reserved(pair);
                items.reserved.extend(reserved);
            }
            next
        } else {
            match block {
                What::Message => {
                    let (pair, next) = self.piece(Rule::field, Rule::field_body, at..end, What::Field);
                    if let Some(pair) = pair {
                        let mut field = self.lower_field(pair, attributes);
                        if self.cut_short || self.is_damaged(&(at..next)) {
                            field.default = field.default.map(Expression::unread);
                        }
                        items.fields.push(field);
                    }
                    next
                }
                What::Enum => {
                    let (pair, next) =
                        self.piece(Rule::enum_value, Rule::enum_value_body, at..end, What::EnumValue);
                    if let Some(pair) = pair {
                        let value = self.lower_enum_value(pair, attributes);
                        items.values.push(value);
                    }
                    next
                }
                What::Union => {
                    let (pair, next) = self.piece(Rule::case, Rule::case_body, at..end, What::Case);
                    if let Some(pair) = pair {
                        let case = self.lower_case(pair, attributes);
                        items.cases.push(case);
                    }
                    next
                }
                _ => self.method(attributes, at..end, items),
            }
        };
        items.broken |= self.syntax_errors > errors_before;
        next
    }

    /// The names of declarations inside another one.
    fn lose_nested(&mut self, range: Range<usize>) {
        let mut at = range.start;
        while at < range.end {
            let word = self.word(at);
            let after = at + word.len();
            let name = self.skip_blanks(after);
            if self.is_nested(word, self.text.as_bytes().get(name).copied()) {
                self.lose(name..name + self.word(name).len());
            }
            at = if word.is_empty() {
                self.token_end(at).max(at + 1)
            } else {
                after
            };
        }
    }

    fn is_nested(&self, word: &str, follows: Option<u8>) -> bool {
        matches!(
            word,
            "message" | "enum" | "union" | "service" | "oneof" | "struct" | "interface" | "extend"
        ) && follows.is_some_and(|b| b == b'_' || b.is_ascii_alphabetic() || b >= 0x80)
    }

    fn method(&mut self, attributes: Vec<Attribute>, range: Range<usize>, items: &mut Items) -> usize {
        let (at, end) = (range.start, range.end);
        let word = self.word(at);
        let after = self.skip_blanks(at + word.len());
        let span = self.span(at, at + word.len());
        let start = match (word, self.text.as_bytes().get(after)) {
            ("rpc", _) => after,
            ("", _) => {
                let found_end = self.token_end(at);
                let found = self.found(at, end);
                self.report(range, errors::not_a_method(self.span(at, found_end), &found));
                return end;
            }
            (name, Some(b'(')) => {
                self.report(range, errors::method_keyword(span, &shorten(name), true));
                at
            }
            (word, next) => {
                let names = next.is_some_and(|b| *b == b'_' || b.is_ascii_alphabetic() || *b >= 0x80);
                // `Order find(…)` is the result in front, not a misspelt `rpc`
                let called = self.word(after);
                let behind = self.skip_blanks(after + called.len());
                let result_first =
                    self.text.as_bytes().get(behind) == Some(&b'(') && nearest(word, ["rpc"]).is_none();
                if result_first && !is_habit(word) {
                    self.report(
                        range,
                        errors::result_first(span, &shorten(word), &shorten(called)),
                    );
                    return end;
                }
                if !names {
                    let found = self.found(at, end);
                    self.report(range, errors::not_a_method(span, &found));
                    return end;
                }
                self.report(range, errors::method_keyword(span, &shorten(word), false));
                after
            }
        };
        let (pair, next) = self.piece(Rule::method, Rule::method_body, start..end, What::Method);
        if let Some(pair) = pair {
            let method = self.lower_method(pair, attributes);
            items.methods.push(method);
        }
        next
    }

    /// Parses a range as `full`, which is `body` and its terminator. When only the terminator is
    /// missing, the body is kept. Tells also where the next statement begins.
    fn piece(
        &mut self,
        full: Rule,
        body: Rule,
        range: Range<usize>,
        what: What,
    ) -> (Option<Pair<'s, Rule>>, usize) {
        let text = self.text;
        let start = self.skip_blanks(range.start).min(range.end);
        let range = start..range.end;
        self.origins.set(range.start);
        self.cut_short = false;
        let error = match Grammar::parse(full, &text[range.clone()]) {
            Ok(mut pairs) => {
                let pair = pairs.next();
                // The terminator is the last thing in its rule.
                let end = pairs
                    .next()
                    .map_or(range.end, |terminator| range.start + terminator.as_span().end());
                return (pair, end);
            }
            Err(error) => error,
        };
        let (at, missing_terminator) = self.syntax_error(&error, range.clone(), what);
        if !missing_terminator {
            return (None, range.end);
        }
        self.origins.set(range.start);
        let pair = Grammar::parse(body, &text[range.clone()])
            .ok()
            .and_then(|mut pairs| pairs.next());
        let newline = self.source[self.trimmed_end(at)..at].contains('\n');
        self.cut_short = !newline && text.as_bytes().get(at).is_some_and(|byte| *byte != b'}');
        (pair, if newline { at } else { range.end })
    }

    /// Reports what pest did not like. Tells where it was, and whether only the terminator was missing.
    fn syntax_error(
        &mut self,
        error: &pest::error::Error<Rule>,
        range: Range<usize>,
        what: What,
    ) -> (usize, bool) {
        let offset = match error.location {
            InputLocation::Pos(at) | InputLocation::Span((at, _)) => at,
        };
        let at = range.start + offset;
        let rules = match &error.variant {
            ErrorVariant::ParsingError { positives, .. } => positives.as_slice(),
            ErrorVariant::CustomError { .. } => &[],
        };
        let terminator =
            rules.contains(&Rule::semicolon) || rules.contains(&Rule::open_brace) && what.is_block();
        let before_end = self.trimmed_end(at);
        let before_start = self.token_start(before_end);
        let found_end = self.token_end(at).min(range.end.max(at));
        let byte = self.text.as_bytes().get(at).copied();
        let breaks = at >= range.end || byte == Some(b'}') || self.source[before_end..at].contains('\n');
        let ends_here = breaks && rules.contains(&Rule::semicolon);
        let statement = self.text.get(range.clone()).unwrap_or_default();
        let advice = if ends_here {
            None
        } else {
            advice::advise(what, statement, offset)
        };
        let terminator = terminator && !advice.as_ref().is_some_and(|advice| advice.discard);
        let diagnostic = errors::expected(&Expected {
            found_at: self.span(at, found_end),
            found: self.found(at, range.end),
            before: (before_end > 0).then(|| {
                (
                    self.span(before_start, before_end),
                    &self.source[before_start..before_end],
                )
            }),
            breaks: breaks && at > range.start,
            rules,
            what,
            start: range.start,
            advice,
        });
        self.report(range, diagnostic);
        (at, terminator)
    }

    /// Reports a syntax error, unless the scan has already reported one in the same piece.
    fn report(&mut self, range: Range<usize>, diagnostic: Diagnostic) {
        self.syntax_errors += 1;
        if self.is_damaged(&range) {
            return;
        }
        if self.full() {
            self.ast.incomplete = true;
            self.out
                .push(errors::too_many(diagnostic.primary.span, MAX_ERRORS));
            return;
        }
        self.out.push(diagnostic);
    }
}

const KEYWORDS: [&str; 8] = [
    "message", "enum", "union", "service", "type", "const", "import", "package",
];

/// What methods begin with in other languages.
fn is_habit(word: &str) -> bool {
    matches!(
        word,
        "fn" | "func"
            | "fun"
            | "function"
            | "def"
            | "method"
            | "async"
            | "call"
            | "procedure"
            | "proc"
            | "operation"
            | "public"
            | "query"
            | "mutation"
            | "oneway"
    )
}

impl What {
    fn is_block(self) -> bool {
        matches!(self, Self::Message | Self::Enum | Self::Union | Self::Service)
    }
}
