//! JSON as credentials and revocations have it: one object, whose members are texts, numbers, or texts by key.
//!
//! Nothing is read that would not be written, but for spaces, escapes and the order of keys.

use super::{Attributes, MAX_TIME, from_hex, shown};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::error::Category;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;
use std::marker::PhantomData;

/// Why a text is not the JSON that it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JsonError {
    /// It has more bytes than it may have.
    #[error("it has {size} bytes, and {most} at most are read")]
    Large {
        /// How many it has.
        size: usize,
        /// How many are read.
        most: usize,
    },
    /// It is no JSON from that place on.
    #[error("it is no JSON at line {line}, column {column}")]
    Syntax {
        /// The line, from 1.
        line: usize,
        /// The column, in bytes from 1.
        column: usize,
    },
    /// A value is neither a text, nor a natural number, nor an object of texts.
    #[error("at line {line}, column {column} is a value that has no place there")]
    Value {
        /// The line, from 1.
        line: usize,
        /// The column, in bytes from 1.
        column: usize,
    },
    /// A key is there twice.
    #[error("the key `{}` is there twice", shown(.0))]
    Duplicate(String),
    /// A key that nothing has.
    #[error("the key `{}` is unknown", shown(.0))]
    Unknown(String),
    /// A key that is not there.
    #[error("the key `{0}` is missing")]
    Missing(&'static str),
    /// The value of a key is of another kind.
    #[error("`{key}` is not {expected}")]
    Kind {
        /// The key.
        key: &'static str,
        /// What it should be.
        expected: &'static str,
    },
    /// The value of a key is not so many bytes in lower-case hexadecimal digits.
    #[error("`{key}` is not {length} bytes in lower-case hexadecimal digits")]
    Hex {
        /// The key.
        key: &'static str,
        /// How many bytes it should be.
        length: usize,
    },
    /// A number is too large to be exact in every JSON.
    #[error("`{key}` is {number}, and {MAX_TIME} at most")]
    Number {
        /// The key.
        key: &'static str,
        /// The number.
        number: u64,
    },
}

/// An object whose members are taken out one by one, until none is left.
#[derive(Debug)]
pub(super) struct Object(BTreeMap<String, Member>);

#[derive(Debug)]
enum Member {
    Text(String),
    Number(u64),
    Texts(Vec<(String, String)>),
}

impl Object {
    /// Reads a text of so many bytes at most.
    pub(super) fn parse(text: &str, most: usize) -> Result<Self, JsonError> {
        if text.len() > most {
            let size = text.len();
            return Err(JsonError::Large { size, most });
        }
        let Pairs(members) = serde_json::from_str(text).map_err(|error| syntax(&error))?;
        unique(members).map(Self)
    }

    pub(super) fn text(&mut self, key: &'static str) -> Result<String, JsonError> {
        match self.0.remove(key) {
            Some(Member::Text(text)) => Ok(text),
            other => Err(wrong(key, other.as_ref(), "a text")),
        }
    }

    pub(super) fn bytes<const N: usize>(&mut self, key: &'static str) -> Result<[u8; N], JsonError> {
        from_hex(&self.text(key)?).ok_or(JsonError::Hex { key, length: N })
    }

    /// As [`bytes`](Self::bytes), of a key that may be absent.
    pub(super) fn optional<const N: usize>(
        &mut self,
        key: &'static str,
    ) -> Result<Option<[u8; N]>, JsonError> {
        let is_there = self.0.contains_key(key);
        is_there.then(|| self.bytes(key)).transpose()
    }

    pub(super) fn number(&mut self, key: &'static str) -> Result<u64, JsonError> {
        match self.0.remove(key) {
            Some(Member::Number(number @ ..=MAX_TIME)) => Ok(number),
            Some(Member::Number(number)) => Err(JsonError::Number { key, number }),
            other => Err(wrong(key, other.as_ref(), "a number")),
        }
    }

    pub(super) fn texts(&mut self, key: &'static str) -> Result<Attributes, JsonError> {
        match self.0.remove(key) {
            Some(Member::Texts(texts)) => unique(texts),
            other => Err(wrong(key, other.as_ref(), "an object of texts")),
        }
    }

    /// Ends the reading.
    pub(super) fn finish(mut self) -> Result<(), JsonError> {
        match self.0.pop_first() {
            None => Ok(()),
            Some((key, _)) => Err(JsonError::Unknown(key)),
        }
    }
}

/// The place alone: the rest of the error shows what stands there, and that may be long.
fn syntax(error: &serde_json::Error) -> JsonError {
    let (line, column) = (error.line(), error.column());
    match error.classify() {
        Category::Data => JsonError::Value { line, column },
        Category::Syntax | Category::Eof | Category::Io => JsonError::Syntax { line, column },
    }
}

fn wrong(key: &'static str, found: Option<&Member>, expected: &'static str) -> JsonError {
    match found {
        None => JsonError::Missing(key),
        Some(_) => JsonError::Kind { key, expected },
    }
}

fn unique<T>(pairs: Vec<(String, T)>) -> Result<BTreeMap<String, T>, JsonError> {
    let mut map = BTreeMap::new();
    for (key, value) in pairs {
        match map.entry(key) {
            Entry::Vacant(place) => {
                place.insert(value);
            }
            Entry::Occupied(place) => return Err(JsonError::Duplicate(place.key().clone())),
        }
    }
    Ok(map)
}

/// An object with all that stands in it, keys that are there twice as well. Never an array, as serde's structs may be.
struct Pairs<T>(Vec<(String, T)>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Pairs<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(PairsVisitor(PhantomData))
    }
}

struct PairsVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for PairsVisitor<T> {
    type Value = Pairs<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = map.next_entry()? {
            pairs.push(pair);
        }
        Ok(Pairs(pairs))
    }
}

impl<'de> Deserialize<'de> for Member {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(MemberVisitor)
    }
}

struct MemberVisitor;

impl<'de> Visitor<'de> for MemberVisitor {
    type Value = Member;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, a natural number or an object of texts")
    }

    fn visit_str<E>(self, text: &str) -> Result<Member, E> {
        Ok(Member::Text(text.to_owned()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Member, E> {
        Ok(Member::Number(number))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Member, A::Error> {
        let Pairs(texts) = PairsVisitor(PhantomData).visit_map(map)?;
        Ok(Member::Texts(texts))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Object, JsonError> {
        Object::parse(text, 1000)
    }

    #[test]
    fn takes_members_out_until_none_is_left() {
        let text =
            r#"{"c": {"x": "1", "a": "é"}, "b": "00ff", "a": 9007199254740991, "d": "0a", "\u0065": "!"}"#;
        let mut object = parse(text).unwrap();
        assert_eq!(object.number("a"), Ok(MAX_TIME));
        assert_eq!(object.bytes("b"), Ok([0, 255]));
        let texts = object.texts("c").unwrap();
        assert_eq!((texts["a"].as_str(), texts["x"].as_str()), ("é", "1"));
        assert_eq!(object.optional("d"), Ok(Some([10])));
        assert_eq!(object.optional::<1>("nothing"), Ok(None));
        assert_eq!(object.text("e"), Ok("!".to_owned()));
        assert_eq!(object.finish(), Ok(()));
    }

    #[test]
    fn says_what_is_wrong_with_a_member() {
        let object = |value: &str| parse(&format!(r#"{{"k": {value}}}"#)).unwrap();
        let kind = |expected| JsonError::Kind { key: "k", expected };
        assert_eq!(object("1").text("k"), Err(kind("a text")));
        assert_eq!(object("{}").text("k"), Err(kind("a text")));
        assert_eq!(object(r#""1""#).number("k"), Err(kind("a number")));
        assert_eq!(object("1").texts("k"), Err(kind("an object of texts")));
        assert_eq!(object("1").text("j"), Err(JsonError::Missing("j")));
        let number = 1 << 53;
        let large = JsonError::Number { key: "k", number };
        assert_eq!(object("9007199254740992").number("k"), Err(large));
        for hex in ["0", "000", "0G", "0A", "00 ", "0x00", ""] {
            let wrong = JsonError::Hex { key: "k", length: 1 };
            assert_eq!(object(&format!("\"{hex}\"")).bytes::<1>("k"), Err(wrong.clone()));
            assert_eq!(object(&format!("\"{hex}\"")).optional::<1>("k"), Err(wrong));
        }
        assert_eq!(object("1").finish(), Err(JsonError::Unknown("k".to_owned())));
    }

    #[test]
    fn no_key_is_there_twice_however_it_is_written() {
        let twice = |key: &str| JsonError::Duplicate(key.to_owned());
        assert_eq!(parse(r#"{"k": 1, "\u006b": 1}"#).unwrap_err(), twice("k"));
        let mut inner = parse(r#"{"k": {"a": "", "b": "", "a": ""}}"#).unwrap();
        assert_eq!(inner.texts("k"), Err(twice("a")));
    }

    #[test]
    fn nothing_else_is_json_here() {
        let deep = format!(r#"{{"k": {}"#, "[".repeat(900));
        for text in [
            "",
            r#"{"k": 1} {}"#,
            r#"{"k": 1,}"#,
            "{k: 1}",
            r#"{"k": 01}"#,
            r#"{"k": "\ud800"}"#,
            "\u{feff}{}",
            r#"{"k": "a"#,
            r#"{"k": 1e999}"#,
        ] {
            assert!(matches!(parse(text), Err(JsonError::Syntax { .. })), "{text}");
        }
        for text in [
            "[]",
            "null",
            r#""k""#,
            r#"{"k": null}"#,
            r#"{"k": true}"#,
            r#"{"k": ["a"]}"#,
            r#"{"k": 1.0}"#,
            r#"{"k": 1e3}"#,
            r#"{"k": -0}"#,
            r#"{"k": -1}"#,
            r#"{"k": 18446744073709551616}"#,
            r#"{"k": {"a": 1}}"#,
            r#"{"k": {"a": {}}}"#,
            &deep,
        ] {
            assert!(matches!(parse(text), Err(JsonError::Value { .. })), "{text}");
        }
        assert_eq!(
            parse("{\n \"k\": +1}").unwrap_err().to_string(),
            "it is no JSON at line 2, column 7"
        );
        assert_eq!(
            Object::parse("{}  ", 3).unwrap_err(),
            JsonError::Large { size: 4, most: 3 }
        );
    }
}
