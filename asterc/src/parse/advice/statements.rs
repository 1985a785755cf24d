//! Statements of other languages, turned around.

use super::{Advice, Statement, Token, aster_type, likeness, name_first};
use crate::parse::errors::What;

impl Statement<'_> {
    pub(super) fn field(&self) -> Option<Advice> {
        if let Some(advice) = self.blank_in_duration() {
            return Some(advice);
        }
        if self.at == 0 && self.found().is_number() {
            let rest = self.name_last(1 + usize::from(self.word(1) == ":"), false);
            let help = match &rest {
                Some(rest) => format!("fields have no numbers: write `{}`", rest.1),
                None => "fields have no numbers: a field is written `name: type;`".to_owned(),
            };
            let advice = Advice::new(help)
                .message("fields have no numbers")
                .at(self.found().range());
            return Some(match rest {
                Some((end, text)) => advice.edit(0..end, text),
                None => advice,
            });
        }
        if self.found().text == "?" && self.at == 1 {
            return Some(self.question_behind_the_name());
        }
        let first = self.word(0);
        let named = self.tokens.get(2).is_some_and(Token::is_word);
        if self.at == 1 && !named && self.found().is_word() && name_first(first, self.found().text) {
            let text = format!("{first}: {}", aster_type(self.found().text));
            let advice = Advice::new(format!("a colon stands between name and type: write `{text}`"));
            return Some(advice.edit(0..self.found().end(), text));
        }
        match self.name_last(0, false) {
            Some((end, text)) => {
                let help = match first {
                    "optional" => format!("an optional field is marked `?`: write `{text}`"),
                    "repeated" => format!("a repeated field is a list: write `{text}`"),
                    "required" => format!("fields are required unless marked `?`: write `{text}`"),
                    _ => format!("the name comes first: write `{text}`"),
                };
                Some(Advice::new(help).edit(0..end, text))
            }
            None => match first {
                "optional" => Some(Advice::new("an optional field is written `name: type?;`")),
                "required" => Some(Advice::new(
                    "fields are required unless marked `?`: `name: type;`",
                )),
                "repeated" => Some(Advice::new("a repeated field is a list: `name: list<type>;`")),
                "extensions" | "option" => Some(Advice::new(
                    "there are no options here: what tools need stands in attributes such as `@acme.index(unique: true)`",
                )),
                _ if self.at == 1 && self.tokens.len() > 1 && self.found().text == "=" => Some(Advice::new(
                    "a field's type stands behind a colon: `name: type = value;`",
                )),
                _ => None,
            },
        }
    }

    /// `= 5 s`
    fn blank_in_duration(&self) -> Option<Advice> {
        let (number, unit) = (self.before(1)?, self.found());
        let is_unit = matches!(unit.text, "ms" | "s" | "m" | "h");
        (is_unit && number.is_number()).then(|| {
            let text = format!("{}{}", number.text, unit.text);
            Advice::new(format!("a duration has no blanks: write `{text}`")).edit(number.at..unit.end(), text)
        })
    }

    pub(super) fn case(&self) -> Option<Advice> {
        if let Some((end, text)) = self.name_last(0, true) {
            return Some(Advice::new(format!("the name comes first: write `{text}`")).edit(0..end, text));
        }
        let numbered = self.tokens.iter().any(|token| token.text == "=");
        if self.found().text == ";" && !numbered && self.tokens.len() > 3 {
            let end = self.before(1)?.end();
            return Some(Advice::new(format!(
                "every case has its number: `{} = 1;`",
                self.text.get(..end).unwrap_or_default().trim()
            )));
        }
        None
    }

    pub(super) fn enum_value(&self) -> Option<Advice> {
        let name = self.word(0);
        match self.found().text {
            ":" if self.at == 1 && self.tokens.get(2).is_some_and(Token::is_number) => Some(
                Advice::new(format!("an enum value is written `{name} = {};`", self.word(2)))
                    .edit(self.found().range(), " ="),
            ),
            ";" | "," | "}" if self.at == 1 => Some(Advice::new(format!(
                "every enum value has its number: `{name} = 0;`"
            ))),
            _ => None,
        }
    }

    pub(super) fn method(&self) -> Option<Advice> {
        let found = self.found();
        let closed = self.before(1).is_some_and(|token| token.text == ")");
        match found.text {
            "returns" | ":" | "=>" | "=" if closed => {
                // `returns (Reply)` and `: Reply`
                let next = self.at + 1 + usize::from(found.text == "=" && self.word(self.at + 1) == ">");
                let parenthesis = self.word(next) == "(";
                let inner = next + usize::from(parenthesis);
                let stream = usize::from(self.word(inner) == "stream");
                let ty = self.type_at(inner + stream)?;
                let close = self.tokens.get(ty.end).filter(|token| parenthesis && token.text == ")");
                let text = format!("-> {}{}", if stream == 1 { "stream " } else { "" }, ty.text);
                let end = close.map_or(ty.bytes.end, Token::end);
                let blank = if self.before(1)?.end() == found.at { " " } else { "" };
                Some(
                    Advice::new(format!("what a method answers stands behind an arrow: `{text}`"))
                        .edit(found.at..end, format!("{blank}{text}")),
                )
            }
            ")" if closed => {
                Some(Advice::new("there is one `)` too many: remove it").edit(found.range(), ""))
            }
            "throws" | "raises" => Some(Advice::new(
                "methods do not declare what can fail: every call may end with a status, which has a code and details",
            )),
            "{" => Some(
                Advice::new("a method has no body and ends with `;`; options are attributes in front of it, as in `@timeout(5s)`")
                    .discard(),
            ),
            "," if self.is_inside() => Some(Advice::new(
                "a method takes one message, or named parameters: `rpc name(a: string, b: int32) -> Reply;`",
            )),
            ";" if closed && !self.tokens.iter().any(|token| token.text == "->") => Some(
                Advice::new("a method that answers nothing is written with `-> ()`").edit(found.at..found.at, " -> ()"),
            ),
            _ if self.before(1).is_some_and(|token| token.text == "(") && found.is_word() => {
                // `-> (Reply)` and `-> (stream Reply)`
                let arrow = self.before(2).filter(|token| token.text == "->")?;
                let streams = found.text == "stream";
                let ty = self.type_at(self.at + usize::from(streams))?;
                let close = self.tokens.get(ty.end).filter(|token| token.text == ")")?;
                let text = format!("-> {}{}", if streams { "stream " } else { "" }, ty.text);
                Some(
                    Advice::new(format!("what a method answers stands without parentheses: `{text}`"))
                        .edit(arrow.at..close.end(), text),
                )
            }
            _ if self.before(1).is_some_and(|token| token.is_word()) && found.is_word() => {
                // `(string id)` and `(id string)`
                let before = self.before(1)?;
                let (help, text) = if name_first(before.text, found.text) {
                    let text = format!("{}: {}", before.text, aster_type(found.text));
                    ("a colon stands between name and type", text)
                } else {
                    let text = format!("{}: {}", found.text, aster_type(before.text));
                    ("a parameter's name comes first", text)
                };
                Some(Advice::new(format!("{help}: write `{text}`")).edit(before.at..found.end(), text))
            }
            _ => None,
        }
    }

    pub(super) fn alias(&self) -> Option<Advice> {
        let found = self.found();
        if self.at == 1 && found.text == ":" {
            return Some(
                Advice::new("an alias is written with `=`: `type UserId = string;`")
                    .edit(found.range(), " ="),
            );
        }
        // `type UserId string` and `typedef string UserId`
        if self.at == 1 && found.is_word() && self.word(2) == ";" {
            let first = self.word(0);
            let text = if likeness(first) > likeness(found.text) {
                format!("{} = {}", found.text, aster_type(first))
            } else {
                format!("{first} = {}", aster_type(found.text))
            };
            return Some(Advice::new(format!("write `type {text};`")).edit(0..found.end(), text));
        }
        None
    }

    pub(super) fn constant(&self) -> Option<Advice> {
        let found = self.found();
        if let Some(advice) = self.blank_in_duration() {
            return Some(advice);
        }
        if self.at == 1 && found.text == "=" {
            let ty = match self.word(2) {
                "true" | "false" => "bool",
                value if value.starts_with('"') => "string",
                value if value.contains('.') => "float64",
                value
                    if value.ends_with(|c: char| c.is_ascii_alphabetic())
                        && self.tokens.get(2)?.is_number() =>
                {
                    "duration"
                }
                _ => "int32",
            };
            let name = self.word(0);
            return Some(
                Advice::new(format!(
                    "a constant has a type: `const {name}: {ty} = {};`",
                    self.word(2)
                ))
                .edit(self.tokens[0].end()..found.at, format!(": {ty} ")),
            );
        }
        // `const int32 LIMIT = 5`
        if self.at == 1 && found.is_word() && self.word(2) == "=" {
            let first = self.word(0);
            let (help, text) = if likeness(found.text) > likeness(first) {
                let text = format!("{first}: {}", aster_type(found.text));
                ("a colon stands between name and type", text)
            } else {
                let text = format!("{}: {}", found.text, aster_type(first));
                ("the name comes first", text)
            };
            return Some(
                Advice::new(format!("{help}: write `const {text} = …;`")).edit(0..found.end(), text),
            );
        }
        None
    }

    pub(super) fn reserved(&self) -> Option<Advice> {
        let found = self.found();
        if found.is_word() && self.before(1).is_some_and(|token| token.is_number()) {
            return Some(Advice::new(
                "ranges are not reserved: list the numbers, as in `reserved 2, 3, 4;`",
            ));
        }
        if found.is_word() {
            // all of them at once: each would be the next mistake
            let words = self.tokens[self.at..].iter();
            let items: Vec<Token<'_>> = words
                .take_while(|token| token.is_word() || token.text == "," || token.text.starts_with('"'))
                .copied()
                .collect();
            let quoted = |token: &Token<'_>| match token.text {
                "," => ", ".to_owned(),
                word if token.is_word() => format!("\"{word}\""),
                text => text.to_owned(),
            };
            let text: String = items.iter().map(quoted).collect();
            let end = items.last().map_or(found.end(), Token::end);
            return Some(
                Advice::new(format!("reserved names are written in quotes: `{text}`"))
                    .edit(found.at..end, text),
            );
        }
        None
    }

    pub(super) fn import(&self) -> Option<Advice> {
        let found = self.found();
        if self.at > 0 || !found.is_word() {
            return None;
        }
        if matches!(found.text, "public" | "weak") {
            return Some(
                Advice::new("imports are not handed on: every file imports what it uses")
                    .edit(found.at..self.tokens.get(1)?.at, ""),
            );
        }
        let end = self.tokens.iter().position(|token| token.text == ";")?;
        let plain = |token: &Token<'_>| token.is_word() || matches!(token.text, "." | "/" | "::");
        let path = self.tokens.get(..end)?;
        if !path.iter().all(plain) {
            return None;
        }
        let words: Vec<&str> = path
            .iter()
            .filter(|token| token.is_word())
            .map(|token| token.text)
            .collect();
        let text = match words.as_slice() {
            [folders @ .., "aster"] if !folders.is_empty() => format!("\"{}.aster\"", folders.join("/")),
            words => format!("\"{}.aster\"", words.join("/")),
        };
        Some(
            Advice::new(format!(
                "a file is imported by its path in quotes: `import {text};`"
            ))
            .edit(0..path.last()?.end(), text),
        )
    }

    pub(super) fn package(&self) -> Option<Advice> {
        let found = self.found();
        let name = found.text.strip_prefix('"')?.strip_suffix('"')?;
        Some(
            Advice::new("a package is written without quotes")
                .edit(found.range(), name.replace(['/', ':'], ".")),
        )
    }

    pub(super) fn block(&self, what: What) -> Option<Advice> {
        let found = self.found();
        let parent = self.tokens.get(self.at + 1).filter(|token| token.is_word());
        match (found.text, what) {
            ("extends" | ":" | "implements" | "<:", What::Message | What::Service) => {
                Some(Advice::new(match parent {
                    Some(parent) if what == What::Message => {
                        format!(
                            "messages do not inherit: add a field of the type `{}`",
                            parent.text
                        )
                    }
                    _ => "there is no inheritance: say what belongs to it in its body".to_owned(),
                }))
            }
            (":", What::Enum) => Some(Advice::new(
                "an enum has no type of its own: its numbers are 0 … 2147483647",
            )),
            ("=", _) => {
                Some(Advice::new("the body follows the name at once: remove the `=`").edit(found.range(), ""))
            }
            ("(" | "<", _) => Some(Advice::new("there are no generic or positional declarations")),
            _ => None,
        }
    }

    /// `id?: string`
    fn question_behind_the_name(&self) -> Advice {
        let name = self.word(0);
        let typed = (self.word(2) == ":").then(|| self.type_at(3)).flatten();
        match typed {
            Some(ty) => {
                let text = format!("{name}: {}?", ty.text.trim_end_matches('?'));
                Advice::new(format!("the `?` stands behind the type: write `{text}`"))
                    .edit(0..ty.bytes.end, text)
            }
            None => Advice::new(format!("the `?` stands behind the type: `{name}: type?;`")),
        }
    }

    /// `string id = 1;` as `id: string;`, from the token at `from` on; and where the statement ends. A case keeps its number.
    fn name_last(&self, from: usize, is_case: bool) -> Option<(usize, String)> {
        let rule = self.word(from);
        let marked = matches!(rule, "optional" | "required" | "repeated");
        let ty = self.type_at(from + usize::from(marked))?;
        let name = self.tokens.get(ty.end).filter(|token| token.is_word())?;
        let mut next = ty.end + 1;
        let mut number = String::new();
        if self.word(next) == "=" && self.tokens.get(next + 1).is_some_and(Token::is_number) {
            if is_case {
                number = format!(" = {}", self.word(next + 1));
            }
            next += 2;
        }
        if self.word(next) == "[" {
            let close = self
                .tokens
                .iter()
                .skip(next)
                .position(|token| token.text == "]")?;
            next += close + 1;
        }
        let end = self
            .tokens
            .get(next)
            .filter(|token| matches!(token.text, ";" | ","))?;
        let ty = match rule {
            "optional" => format!("{}?", ty.text),
            "repeated" => format!("list<{}>", ty.text),
            _ => ty.text,
        };
        Some((end.end(), format!("{}: {ty}{number};", name.text)))
    }
}
