//! A text goes in, an AST comes out, with everything that is wrong with the text.
//!
//! `scan` cuts the text into declarations and statements; pest parses the declarations one by one; `lower`
//! turns its pairs into the AST. A declaration that pest refuses is read again in `pieces`: a syntax error
//! costs its statement, and what the statement's head still tells is kept, so that it has no consequences.

mod advice;
mod ahead;
mod errors;
mod excerpt;
mod literal;
mod lower;
mod pieces;
mod scan;

pub(crate) use ahead::imports;
pub(crate) use literal::{foreign_type, nfc, shorten};

use crate::ast::{Attribute, Case, Declaration, EnumValue, Expression, Field, File, Kind, Method, Name};
use crate::diagnostic::{Diagnostic, Level};
use crate::source::{FileId, SourceMap, Span};
use excerpt::Origins;
use grammar::{Grammar, Rule};
use pest::Parser as _;
use pest::iterators::{Pair, Pairs};
use scan::{Chunk, Doc, MAX_ERRORS};
use std::collections::BTreeSet;
use std::num::NonZero;
use std::ops::Range;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// What the derive makes of the grammar.
mod grammar {
    #[derive(pest_derive::Parser)]
    #[grammar = "parse/aster.pest"]
    pub(super) struct Grammar;
}

/// What the scan leaves of white space. A form feed or a space of another width is none, and reported as what it is.
const BLANKS: [char; 2] = [' ', '\n'];

/// More than 128 open brackets take in a build without optimisation.
const STACK: usize = 4 << 20;

/// Parses one file. Total and linear: any text gives a file and the diagnostics it deserves.
pub fn parse(file: FileId, source: &str) -> (File, Vec<Diagnostic>) {
    stacker::maybe_grow(STACK, 2 * STACK, || parse_here(file, source))
}

/// Parses files on as many threads as there are processors; the results come in the order of the files.
pub fn parse_all(files: &[FileId], sources: &SourceMap) -> Vec<(File, Vec<Diagnostic>)> {
    /// A thread is not worth less than this many bytes.
    const SHARE: usize = 64 << 10;
    let one = |file: FileId| parse(file, &sources.file(file).text);
    let bytes: usize = files.iter().map(|file| sources.file(*file).text.len()).sum();
    let processors = thread::available_parallelism().map_or(1, NonZero::get);
    let threads = processors.min(files.len()).min(bytes.div_ceil(SHARE));
    if threads < 2 {
        return files.iter().copied().map(one).collect();
    }
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            match files.get(at) {
                Some(file) => done.push((at, one(*file))),
                None => return done,
            }
        }
    };
    let mut done = thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let mut done = work();
        for other in others {
            match other.join() {
                Ok(theirs) => done.extend(theirs),
                Err(panic) => resume_unwind(panic),
            }
        }
        done
    });
    done.sort_unstable_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, parsed)| parsed).collect()
}

fn parse_here(file: FileId, source: &str) -> (File, Vec<Diagnostic>) {
    let scanned = scan::scan(file, source);
    let mut parser = Parser {
        file,
        source,
        text: &scanned.text,
        docs: &scanned.docs,
        next_doc: 0,
        statements: &scanned.statements,
        damage: &scanned.damage,
        comments: &scanned.comments,
        origins: Origins::default(),
        excerpt: String::new(),
        malformed: false,
        cut_short: false,
        syntax_errors: 0,
        out: scanned.problems,
        ast: File {
            id: file,
            docs: String::new(),
            package: None,
            imports: Vec::new(),
            declarations: Vec::new(),
            incomplete: scanned.incomplete,
            lost: BTreeSet::new(),
        },
        package_tried: false,
    };
    for range in &scanned.lost {
        parser.lose(range.clone());
    }
    parser.file_docs();
    for chunk in &scanned.chunks {
        if parser.full() {
            break;
        }
        if !parser.whole(chunk) {
            parser.pieces(chunk);
        }
    }
    if !parser.full() {
        parser.drop_docs(source.len() + 1);
    }
    if parser.ast.package.is_none() && !parser.package_tried {
        // What is wrong at the top of the file was said already.
        let first = scanned.chunks.first().map(|chunk| chunk.range.start);
        let at = first.unwrap_or_default();
        let told = parser.out.iter().any(|problem| {
            problem.level == Level::Error && first.is_none_or(|at| problem.primary.span.start as usize <= at)
        });
        if !told {
            let end = parser.token_end(at);
            parser.out.push(errors::missing_package(parser.span(at, end)));
        }
    }
    (parser.ast, parser.out)
}

struct Parser<'s> {
    file: FileId,
    source: &'s str,
    /// The source with its comments blanked, and everything blank a blank: line breaks are looked for in the source.
    text: &'s str,
    docs: &'s [Doc],
    next_doc: usize,
    statements: &'s [Range<usize>],
    damage: &'s [usize],
    comments: &'s [Range<usize>],
    /// Where what pest parsed stands.
    origins: Origins,
    /// The declaration that pest parses: kept for the next one.
    excerpt: String,
    /// A type was `list` without what it holds, or another one with it: the pieces will say.
    malformed: bool,
    /// Something else follows the last piece on its line: its value may be half of what was meant.
    cut_short: bool,
    syntax_errors: usize,
    out: Vec<Diagnostic>,
    ast: File,
    package_tried: bool,
}

impl<'s> Parser<'s> {
    fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.file, start, end)
    }

    fn full(&self) -> bool {
        self.syntax_errors > MAX_ERRORS
    }

    /// Reads a chunk that is one declaration and right; tells whether it is.
    fn whole(&mut self, chunk: &Chunk) -> bool {
        let range = chunk.range.clone();
        if self.is_damaged(&range) {
            return false;
        }
        let mut text = std::mem::take(&mut self.excerpt);
        self.origins.excerpt(&mut text, self.text, &range, self.comments);
        let right = match Grammar::parse(Rule::whole, &text) {
            Ok(pairs) => self.lower_whole(pairs, chunk),
            Err(_) => false,
        };
        self.excerpt = text;
        if right {
            self.skip_docs(range.end);
        }
        right
    }

    /// Tells whether the declaration is right after all.
    fn lower_whole(&mut self, pairs: Pairs<'_, Rule>, chunk: &Chunk) -> bool {
        self.malformed = false;
        let before = (self.out.len(), self.next_doc, self.ast.declarations.len());
        let mut attributes = Vec::new();
        for pair in pairs {
            match pair.as_rule() {
                Rule::attributes => attributes = self.lower_attributes(pair),
                Rule::EOI => {}
                _ => self.whole_declaration(std::mem::take(&mut attributes), pair, chunk),
            }
        }
        if self.malformed {
            self.out.truncate(before.0);
            self.next_doc = before.1;
            self.ast.declarations.truncate(before.2);
            return false;
        }
        true
    }

    fn whole_declaration(&mut self, attributes: Vec<Attribute>, pair: Pair<'_, Rule>, chunk: &Chunk) {
        let rule = pair.as_rule();
        let keyword = self.origins.of(pair.as_span().start());
        // the keyword, then what it declares
        let mut inner = pair.into_inner().skip(1);
        let first = inner.next().expect(lower::CHILD);
        match rule {
            Rule::whole_package => self.package(attributes, keyword, first),
            Rule::whole_import => self.import(attributes, keyword, first),
            Rule::whole_alias => {
                let (name, ty) = self.lower_alias(first);
                self.declare(name, attributes, Kind::Alias { ty }, false);
            }
            Rule::whole_constant => {
                let (name, ty, value) = self.lower_constant(first);
                self.declare(name, attributes, Kind::Constant { ty, value }, false);
            }
            _ => {
                let name = self.name(&first);
                let marks = self.marks(attributes, name.span);
                let items = self.lower_items(inner);
                if let Some(body) = &chunk.body {
                    self.drop_docs(body.close);
                }
                self.ast.declarations.push(Declaration {
                    name,
                    marks,
                    kind: items.kind(rule),
                    broken: false,
                });
            }
        }
    }

    fn package(&mut self, attributes: Vec<Attribute>, keyword: usize, body: Pair<'_, Rule>) {
        self.package_tried = true;
        self.drop_docs(keyword);
        self.refuse_attributes(attributes, "the package line");
        let path = self.inner_path(body);
        let whole = Span::new(self.file, keyword, path.span.end as usize);
        if let Some(first) = &self.ast.package {
            self.out.push(errors::duplicate_package(path.span, first.span));
            return;
        }
        if !self.ast.imports.is_empty() || !self.ast.declarations.is_empty() {
            self.out.push(errors::misplaced_package(whole));
        }
        self.ast.package = Some(path);
    }

    fn import(&mut self, attributes: Vec<Attribute>, keyword: usize, body: Pair<'_, Rule>) {
        self.drop_docs(keyword);
        self.refuse_attributes(attributes, "an import");
        let import = self.lower_import(body, keyword);
        if !self.ast.declarations.is_empty() {
            self.out.push(errors::misplaced_import(import.span));
        }
        self.ast.imports.push(import);
    }

    fn declare(&mut self, name: Name, attributes: Vec<Attribute>, kind: Kind, broken: bool) {
        let marks = self.marks(attributes, name.span);
        self.ast.declarations.push(Declaration {
            name,
            marks,
            kind,
            broken,
        });
    }

    fn refuse_attributes(&mut self, attributes: Vec<Attribute>, what: &str) {
        for attribute in attributes {
            self.out
                .push(errors::attribute_on(attribute.span, &attribute.name.text, what));
        }
    }

    /// Remembers the words of what could not be read: each may have been a name.
    fn lose(&mut self, range: Range<usize>) {
        let text = self.source.get(range).unwrap_or_default();
        let words = text.split(|c: char| c != '_' && !unicode_ident::is_xid_continue(c));
        let names =
            words.filter(|word| word.starts_with(|c: char| c == '_' || unicode_ident::is_xid_start(c)));
        self.ast.lost.extend(names.map(nfc));
    }

    fn is_damaged(&self, range: &Range<usize>) -> bool {
        let first = self.damage.partition_point(|&at| at < range.start);
        self.damage
            .get(first)
            .is_some_and(|&at| at < range.end || at >= self.text.len())
    }

    fn skip_blanks(&self, at: usize) -> usize {
        let rest = self.text.as_bytes().get(at..).unwrap_or_default();
        at + rest
            .iter()
            .take_while(|&&byte| BLANKS.contains(&char::from(byte)))
            .count()
    }

    /// `at`, moved back over blanks.
    fn trimmed_end(&self, at: usize) -> usize {
        let before = self.text.as_bytes().get(..at).unwrap_or_default();
        at - before
            .iter()
            .rev()
            .take_while(|&&byte| BLANKS.contains(&char::from(byte)))
            .count()
    }

    /// The identifier at `at`, or nothing.
    fn word(&self, at: usize) -> &'s str {
        let rest = self.text.get(at..).unwrap_or_default();
        let starts = rest.starts_with(|c: char| c == '_' || unicode_ident::is_xid_start(c));
        let end = rest
            .find(|c: char| !unicode_ident::is_xid_continue(c))
            .unwrap_or(rest.len());
        if starts { &rest[..end] } else { "" }
    }

    /// The end of the token at `at`.
    fn token_end(&self, at: usize) -> usize {
        let rest = self.text.get(at..).unwrap_or_default();
        let Some(first) = rest.chars().next() else {
            return at;
        };
        let is_part = |c: char| unicode_ident::is_xid_continue(c);
        let length = if rest.starts_with("->") {
            2
        } else if first == '"' {
            let line = self.source[at..].find('\n').unwrap_or(rest.len());
            rest[1..line].find('"').map_or(line, |end| end + 2)
        } else if is_part(first) {
            rest.find(|c| !is_part(c)).unwrap_or(rest.len())
        } else {
            first.len_utf8()
        };
        at + length
    }

    /// The start of the token that ends at `end`.
    fn token_start(&self, end: usize) -> usize {
        let before = self.text.get(..end).unwrap_or_default();
        let part = before.trim_end_matches(unicode_ident::is_xid_continue).len();
        if part < end {
            return part;
        }
        if before.ends_with("->") {
            return end - 2;
        }
        if let Some(inner) = before.strip_suffix('"') {
            let line = self.source[..inner.len()].rfind('\n').map_or(0, |at| at + 1);
            if let Some(open) = inner[line..].rfind('"') {
                return line + open;
            }
        }
        end - before.chars().next_back().map_or(0, char::len_utf8)
    }

    /// The token at `at` as it is named in a message.
    fn found(&self, at: usize, end: usize) -> String {
        let token = self.text.get(at..self.token_end(at)).unwrap_or_default();
        if token.is_empty() || at >= self.text.len() {
            return "the end of the file".to_owned();
        }
        if at >= end && token != "}" {
            return format!("`{}`", shorten(token));
        }
        match token.chars().next() {
            Some(c) if c.is_control() => format!("the control character U+{:04X}", u32::from(c)),
            _ => format!("`{}`", shorten(token)),
        }
    }
}

/// What a body holds.
#[derive(Default)]
struct Items {
    fields: Vec<Field>,
    values: Vec<EnumValue>,
    cases: Vec<Case>,
    methods: Vec<Method>,
    reserved: Vec<Expression>,
    broken: bool,
}

impl Items {
    /// As the body of a block of this sort.
    fn kind(self, rule: Rule) -> Kind {
        let Self {
            mut fields,
            values,
            mut cases,
            mut methods,
            reserved,
            ..
        } = self;
        // Most have few: room for more would be the larger part of the tree.
        fields.shrink_to_fit();
        cases.shrink_to_fit();
        methods.shrink_to_fit();
        match rule {
            Rule::whole_message => Kind::Message { fields, reserved },
            Rule::whole_enum => Kind::Enum { values, reserved },
            Rule::whole_union => Kind::Union { cases, reserved },
            _ => Kind::Service { methods },
        }
    }
}
