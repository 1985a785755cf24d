//! Types and values of other languages.

use super::{Advice, Statement, Token, aster_type};
use std::ops::Range;

impl Statement<'_> {
    /// Types and values, in whatever statement they stand.
    pub(super) fn typed(&self) -> Option<Advice> {
        let found = self.found();
        let ty = self.before(1).filter(Token::is_word);
        match (found.text, ty) {
            ("<", Some(name)) => Some(self.generic(name)),
            ("[", Some(name)) if self.word(self.at + 1) == "]" => {
                let text = format!("list<{}>", aster_type(name.text));
                let end = self.tokens.get(self.at + 1)?.end();
                Some(Advice::new(format!("a list is written `{text}`")).edit(name.at..end, text))
            }
            ("[", _) => {
                let inner = self.type_at(self.at + 1)?;
                let close = self.tokens.get(inner.end).filter(|token| token.text == "]")?;
                let text = format!("list<{}>", inner.text);
                Some(Advice::new(format!("a list is written `{text}`")).edit(found.at..close.end(), text))
            }
            ("|", Some(name)) => {
                let null = matches!(self.word(self.at + 1), "null" | "None" | "undefined" | "nil");
                if !null {
                    return Some(Advice::new(
                        "one of several types is a `union`, declared on its own",
                    ));
                }
                let text = format!("{}?", aster_type(name.text));
                let end = self.tokens.get(self.at + 1)?.end();
                Some(Advice::new(format!("an optional type is written `{text}`")).edit(name.at..end, text))
            }
            ("!", Some(_)) => Some(
                Advice::new("types are required unless marked `?`: remove the `!`").edit(found.range(), ""),
            ),
            _ => self.value(),
        }
    }

    /// Values of other spellings.
    pub(super) fn value(&self) -> Option<Advice> {
        let found = self.found();
        let next = self.tokens.get(self.at + 1);
        match found.text {
            "." if next.is_some_and(|next| next.is_number() && next.at == found.end()) => Some(
                Advice::new(format!(
                    "a digit stands before the point: `0.{}`",
                    self.word(self.at + 1)
                ))
                .edit(found.at..found.at, "0"),
            ),
            "." if self
                .before(1)
                .is_some_and(|token| token.is_number() && token.end() == found.at) =>
            {
                Some(
                    Advice::new(format!(
                        "a digit stands behind the point: `{}.0`",
                        self.word(self.at - 1)
                    ))
                    .edit(found.end()..found.end(), "0"),
                )
            }
            "+" => Some(Advice::new("numbers have no `+`: remove it").edit(found.range(), "")),
            "'" => self.single_quotes(),
            "-" if self.before(1).is_some_and(|token| token.is_number()) => self.date(),
            _ if found.text.starts_with('-') && self.before(1).is_some_and(|token| token.is_number()) => {
                self.date()
            }
            _ => None,
        }
    }

    /// `2026-01-31` or `2026-01-31T12:00:00Z` without quotes.
    fn date(&self) -> Option<Advice> {
        let start = self.before(1)?;
        let rest = self.text.get(start.at..)?;
        let end = rest.find([';', ',', ')', ']', ' ', '\n']).unwrap_or(rest.len());
        let text = rest.get(..end)?;
        let like = text.len() >= 10 && text.bytes().take(10).all(|b| b.is_ascii_digit() || b == b'-');
        like.then(|| {
            Advice::new(format!(
                "dates and timestamps are written in quotes: `\"{text}\"`"
            ))
            .edit(start.at..start.at + end, format!("\"{text}\""))
            .at(start.at..start.at + end)
            .message(format!("`{text}` is not in quotes"))
            .discard()
        })
    }

    fn single_quotes(&self) -> Option<Advice> {
        let found = self.found();
        let advice = Advice::new("strings are written in double quotes");
        let rest = self.text.get(found.end()..)?;
        let line = rest.find('\n').unwrap_or(rest.len());
        match rest.get(..line)?.find('\'') {
            Some(end) if !rest[..end].contains(['"', '\\']) => {
                let text = format!("\"{}\"", &rest[..end]);
                Some(advice.edit(found.at..found.end() + end + 1, text))
            }
            _ => Some(advice),
        }
    }

    /// `Vec<string>`, `Optional<string>`, `Map<string, int32>`, or a type that takes nothing.
    fn generic(&self, name: Token<'_>) -> Advice {
        let container = match name.text {
            "Vec" | "vector" | "List" | "Array" | "array" | "Sequence" | "sequence" | "repeated"
            | "Iterable" => Some("list"),
            "Set" | "HashSet" | "BTreeSet" | "FrozenSet" => Some("set"),
            "Map" | "HashMap" | "BTreeMap" | "Dict" | "dict" | "Record" => Some("map"),
            "Option" | "Optional" | "optional" | "Nullable" | "Maybe" => Some("?"),
            _ => None,
        };
        let inner = self.type_at(self.at + 1);
        let second = inner
            .as_ref()
            .filter(|first| self.word(first.end) == ",")
            .and_then(|first| self.type_at(first.end + 1));
        let last = second.as_ref().or(inner.as_ref());
        let close = last
            .and_then(|last| self.tokens.get(last.end))
            .filter(|token| token.text == ">");
        let shown = close.and_then(|close| self.text.get(name.at..close.end()));
        let advice = |help: String| {
            let advice = Advice::new(help).discard();
            match close {
                Some(close) => advice.at(name.at..close.end()),
                None => advice.at(name.range()),
            }
            .message(format!("there is no type `{}`", shown.unwrap_or(name.text)))
        };
        let meant = match (container, &inner, &second, close) {
            (Some("map"), Some(key), Some(value), Some(_)) => format!("map<{}, {}>", key.text, value.text),
            (Some("?"), Some(inner), None, Some(_)) => format!("{}?", inner.text),
            (Some(container @ ("list" | "set")), Some(inner), None, Some(_)) => {
                format!("{container}<{}>", inner.text)
            }
            (Some("?"), ..) => return advice("an optional type is marked `?`, as in `string?`".to_owned()),
            (Some(container), ..) => return advice(format!("the container is called `{container}` here")),
            (None, ..) => {
                return advice(format!(
                    "only `list`, `set` and `map` take types in angle brackets; `{}` does not",
                    name.text
                ));
            }
        };
        let end = close.map_or(name.end(), Token::end);
        advice(format!("write `{meant}`")).edit(name.at..end, meant)
    }

    /// The type that begins at a token, as it is written here.
    pub(super) fn type_at(&self, at: usize) -> Option<Type> {
        let first = self.tokens.get(at).filter(|token| token.is_word())?;
        let mut text = first.text.to_owned();
        let mut end = at + 1;
        while self.word(end) == "." && self.tokens.get(end + 1).is_some_and(Token::is_word) {
            text.push('.');
            text.push_str(self.word(end + 1));
            end += 2;
        }
        text = aster_type(&text).to_owned();
        if self.word(end) == "<" {
            let mut parts = Vec::new();
            loop {
                // containers in containers go on to the next word; deeper than this nobody writes
                let part = (parts.len() < 2 && at < 8)
                    .then(|| self.type_at(end + 1))
                    .flatten()?;
                end = part.end;
                parts.push(part.text);
                match self.word(end) {
                    "," => {}
                    ">" => break,
                    _ => return None,
                }
            }
            end += 1;
            text = format!("{}<{}>", container(first.text), parts.join(", "));
        }
        while self.word(end) == "[" && self.word(end + 1) == "]" {
            text = format!("list<{text}>");
            end += 2;
        }
        if self.word(end) == "?" {
            text.push('?');
            end += 1;
        }
        let bytes = first.at..self.tokens.get(end - 1)?.end();
        Some(Type { text, end, bytes })
    }
}

/// A type as it is written here.
pub(super) struct Type {
    pub(super) text: String,
    /// The token behind it.
    pub(super) end: usize,
    pub(super) bytes: Range<usize>,
}

fn container(name: &str) -> &str {
    match name {
        "Vec" | "vector" | "List" | "Array" => "list",
        "Set" | "HashSet" => "set",
        "Map" | "HashMap" | "Dict" => "map",
        other => other,
    }
}
