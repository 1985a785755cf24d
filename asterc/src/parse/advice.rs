//! What people mean who are used to another language: a statement that the grammar refuses goes in, advice comes out.

mod statements;
mod types;

use super::errors::What;
use super::literal;
use crate::model::primitive_name;
use aster_contract::model::Primitive;
use std::cmp::Ordering;
use std::ops::Range;

/// What to say of a statement besides what was expected.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Advice {
    /// What to do.
    pub(super) help: String,
    /// The change that does it: bytes of the statement, and what to put there.
    pub(super) edit: Option<(Range<usize>, String)>,
    /// What to point at, where that is not the first token that did not fit.
    pub(super) at: Option<Range<usize>>,
    /// A better sentence than what was expected.
    pub(super) message: Option<String>,
    /// What was read of the statement says nothing that was meant.
    pub(super) discard: bool,
}

impl Advice {
    fn new(help: impl Into<String>) -> Self {
        Self {
            help: help.into(),
            ..Self::default()
        }
    }

    fn edit(mut self, range: Range<usize>, text: impl Into<String>) -> Self {
        self.edit = Some((range, text.into()));
        self
    }

    fn at(mut self, range: Range<usize>) -> Self {
        self.at = Some(range);
        self
    }

    fn message(mut self, message: impl Into<String>) -> Self {
        self.message = Some(message.into());
        self
    }

    fn discard(mut self) -> Self {
        self.discard = true;
        self
    }
}

/// A token and where it begins in the statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Token<'s> {
    at: usize,
    text: &'s str,
}

impl Token<'_> {
    fn end(&self) -> usize {
        self.at + self.text.len()
    }

    fn range(&self) -> Range<usize> {
        self.at..self.end()
    }

    fn is_word(&self) -> bool {
        self.text
            .starts_with(|c: char| c == '_' || unicode_ident::is_xid_start(c))
    }

    fn is_number(&self) -> bool {
        self.text.starts_with(|c: char| c.is_ascii_digit())
    }
}

/// Advice comes from the first tokens of a statement; nobody writes a longer one by hand.
const LOOKED_AT: usize = 200;

/// The statement is `text`; the token that did not fit begins at `found`.
pub(super) fn advise(what: What, text: &str, found: usize) -> Option<Advice> {
    let tokens = tokens(text);
    let at = tokens.iter().position(|token| token.at >= found)?;
    let statement = Statement {
        text,
        tokens: &tokens,
        at,
    };
    match what {
        What::Field => statement.field().or_else(|| statement.typed()),
        What::Case => statement.case().or_else(|| statement.typed()),
        What::EnumValue => statement.enum_value(),
        What::Method => statement.method().or_else(|| statement.typed()),
        What::Alias => statement.alias().or_else(|| statement.typed()),
        What::Constant => statement.constant().or_else(|| statement.typed()),
        What::Reserved => statement.reserved(),
        What::Import => statement.import(),
        What::Package => statement.package(),
        What::Message | What::Enum | What::Union | What::Service => statement.block(what),
        What::Attribute => statement.value(),
    }
    .or_else(|| statement.terminator(what))
}

struct Statement<'s> {
    text: &'s str,
    tokens: &'s [Token<'s>],
    /// The token that did not fit.
    at: usize,
}

impl<'s> Statement<'s> {
    fn found(&self) -> Token<'s> {
        self.tokens[self.at]
    }

    fn before(&self, back: usize) -> Option<Token<'s>> {
        self.at
            .checked_sub(back)
            .and_then(|at| self.tokens.get(at))
            .copied()
    }

    fn word(&self, at: usize) -> &'s str {
        self.tokens.get(at).map_or("", |token| token.text)
    }

    /// Whether a bracket is open in front of the token that did not fit.
    fn is_inside(&self) -> bool {
        let before = &self.tokens[..self.at];
        let count = |mark: &[&str]| before.iter().filter(|token| mark.contains(&token.text)).count();
        count(&["(", "<", "["]) > count(&[")", ">", "]"])
    }

    /// Statements that end with something else, or not at all.
    fn terminator(&self, what: What) -> Option<Advice> {
        let found = self.found();
        let ends = found.text == "," && self.at > 0 && what != What::Attribute && !self.is_inside();
        ends.then(|| {
            Advice::new(format!("statements end with `;`, not `,`: {}", what.form())).edit(found.range(), ";")
        })
    }
}

/// The name that a type of another language has here.
fn aster_type(name: &str) -> &str {
    literal::foreign_type(name).unwrap_or(name)
}

/// How much a word is the name of a type: here 2, in another language 1.
fn likeness(word: &str) -> u8 {
    let built_in = Primitive::ALL
        .iter()
        .any(|primitive| primitive_name(*primitive) == word);
    if built_in || matches!(word, "list" | "set" | "map") {
        return 2;
    }
    u8::from(literal::foreign_type(word).is_some())
}

/// Of two words with nothing between them, whether the first is the name and the second its type.
fn name_first(first: &str, second: &str) -> bool {
    let capital = |word: &str| word.starts_with(char::is_uppercase);
    match likeness(second).cmp(&likeness(first)) {
        Ordering::Greater => true,
        Ordering::Equal => capital(second) && !capital(first),
        Ordering::Less => false,
    }
}

/// The first tokens of a statement.
fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(first) = text.get(at..).and_then(|rest| rest.chars().next()) {
        if out.len() == LOOKED_AT {
            break;
        }
        let rest = &text[at..];
        let length = if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        } else if first == '"' {
            let line = rest.find('\n').unwrap_or(rest.len());
            rest[1..line].find('"').map_or(line, |end| end + 2)
        } else if first.is_ascii_digit() || first == '_' || unicode_ident::is_xid_start(first) {
            let part = |c: char| unicode_ident::is_xid_continue(c);
            rest.find(|c| !part(c)).unwrap_or(rest.len())
        } else if rest.starts_with("->") {
            2
        } else {
            first.len_utf8()
        };
        out.push(Token {
            at,
            text: &rest[..length],
        });
        at += length;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mended(what: What, text: &str, found: &str) -> String {
        let at = text.find(found).expect("the token is there");
        let advice = advise(what, text, at).unwrap_or_else(|| panic!("no advice on {text}"));
        assert!(!advice.help.is_empty());
        let Some((range, replacement)) = advice.edit else {
            return advice.help;
        };
        format!("{}{replacement}{}", &text[..range.start], &text[range.end..])
    }

    #[test]
    fn fields_of_other_languages_are_turned_around() {
        for (text, found, right) in [
            ("string id = 1;", "id", "id: string;"),
            ("repeated double values = 4;", "double", "values: list<float64>;"),
            (
                "optional google.protobuf.Timestamp at = 2;",
                "google",
                "at: timestamp?;",
            ),
            (
                "map<string, int32> counts = 5;",
                "<",
                "counts: map<string, int32>;",
            ),
            ("1: required string id,", "1", "id: string;"),
            ("2: list<i64> ids;", "2", "ids: list<int64>;"),
            ("id?: string;", "?", "id: string?;"),
            ("names: string[];", "[", "names: list<string>;"),
            ("names: [string];", "[string", "names: list<string>;"),
            ("name: string | null;", "|", "name: string?;"),
            ("a: Vec<string>;", "<", "a: list<string>;"),
            ("a: Optional<Order>;", "<", "a: Order?;"),
            ("a: HashMap<String, i32>;", "<", "a: map<string, int32>;"),
            ("a: string = 'x';", "'", "a: string = \"x\";"),
            ("a: float64 = .5;", ".", "a: float64 = 0.5;"),
            ("a: float64 = 5.;", ".", "a: float64 = 5.0;"),
            ("a: int32 = +5;", "+", "a: int32 = 5;"),
            ("a: date = 2026-01-31;", "-01", "a: date = \"2026-01-31\";"),
            ("a: int32,", ",", "a: int32;"),
            ("text string;", "string", "text: string;"),
            ("home Address;", "Address", "home: Address;"),
            ("Address home;", "home", "home: Address;"),
        ] {
            assert_eq!(mended(What::Field, text, found), right, "{text}");
        }
    }

    #[test]
    fn methods_of_other_languages_are_turned_around() {
        for (text, found, right) in [
            (
                "find(Query) returns (stream Reply);",
                "returns",
                "find(Query) -> stream Reply;",
            ),
            ("find(Query): Reply;", ":", "find(Query) -> Reply;"),
            ("find(Query) -> (Reply);", "Reply", "find(Query) -> Reply;"),
            ("find(Query)) -> ();", ") ->", "find(Query) -> ();"),
            ("find(Query);", ";", "find(Query) -> ();"),
            ("find(string id) -> Reply;", "id", "find(id: string) -> Reply;"),
            (
                "find(id string) -> Reply;",
                "string",
                "find(id: string) -> Reply;",
            ),
        ] {
            assert_eq!(mended(What::Method, text, found), right, "{text}");
        }
    }

    #[test]
    fn heads_of_other_languages_are_turned_around() {
        for (what, text, found, right) in [
            (What::Alias, "UserId: string;", ":", "UserId = string;"),
            (What::Alias, "string UserId;", "UserId", "UserId = string;"),
            (What::Alias, "UserId string;", "string", "UserId = string;"),
            (What::Constant, "LIMIT int32 = 5;", "int32", "LIMIT: int32 = 5;"),
            (What::Constant, "LIMIT = 5;", "=", "LIMIT: int32 = 5;"),
            (
                What::Constant,
                "WAIT: duration = 5 s;",
                "s;",
                "WAIT: duration = 5s;",
            ),
            (What::Constant, "WAIT = 5s;", "=", "WAIT: duration = 5s;"),
            (What::Constant, "i32 LIMIT = 5;", "LIMIT", "LIMIT: int32 = 5;"),
            (What::Reserved, "old, \"older\";", "old", "\"old\", \"older\";"),
            (What::Import, "shop.orders;", "shop", "\"shop/orders.aster\";"),
            (
                What::Import,
                "shop/orders.aster;",
                "shop",
                "\"shop/orders.aster\";",
            ),
            (What::Package, "\"shop/orders\";", "\"", "shop.orders;"),
            (What::EnumValue, "LOW: 0;", ":", "LOW = 0;"),
            (What::Message, "Order = {", "=", "Order  {"),
        ] {
            assert_eq!(mended(what, text, found), right, "{text}");
        }
    }

    #[test]
    fn any_statement_is_answered() {
        let pieces = [
            "a", ":", "<", "[", "]", ">", "=", ",", ";", "'", "\"", ".", "1", "-", "?", "(", ")", "optional",
            "returns", "é", "->", "|",
        ];
        for first in pieces {
            for second in pieces {
                for third in pieces {
                    let text = format!("{first}{second} {third}{first}{second}");
                    for at in (0..text.len()).filter(|at| text.is_char_boundary(*at)) {
                        for what in [
                            What::Field,
                            What::Case,
                            What::Method,
                            What::Constant,
                            What::Import,
                            What::Reserved,
                        ] {
                            let advice = advise(what, &text, at);
                            let ranges = advice.iter().flat_map(|advice| {
                                advice.edit.iter().map(|(range, _)| range).chain(&advice.at)
                            });
                            for range in ranges {
                                assert!(text.get(range.clone()).is_some(), "{text} {range:?}");
                            }
                        }
                    }
                }
            }
        }
        let nested = "list<".repeat(5_000);
        assert!(advise(What::Field, &format!("a: {nested}"), 3).is_none());
    }
}
