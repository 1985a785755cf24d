//! A source over the tokens of a JSON text.

use super::tape::{Kind, Tape, Token};
use super::text::{self, Wrong};
use crate::codec::error::brief;
use crate::codec::table::{Case, EnumType, EnumValue, MessageType, Sequence, Source, UnionType};
use crate::codec::{CodecError, CodecErrorKind, CodecResult, scalar};
use aster_contract::model::Primitive;
use bigdecimal::BigDecimal;
use data_encoding::BASE64;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use std::borrow::Cow;

/// A value of a text. The key of a map is a text also where it stands for something else.
#[derive(Clone, Copy)]
pub(super) struct Json<'a> {
    tape: &'a Tape<'a>,
    at: u32,
    key: bool,
}

/// No field has this place: the root has it.
const ABSENT: u32 = 0;

impl<'a> Json<'a> {
    pub(super) fn root(tape: &'a Tape<'a>) -> Self {
        Self {
            tape,
            at: 0,
            key: false,
        }
    }

    fn token(self) -> Token {
        self.tape.token(self.at)
    }

    /// The token, if it is of `kind`.
    fn of(self, kind: Kind, expected: &'static str) -> CodecResult<Token> {
        match self.token() {
            token if token.kind == kind => Ok(token),
            _ => Err(self.wrong_type(expected)),
        }
    }

    fn text(self, expected: &'static str) -> CodecResult<Cow<'a, str>> {
        let token = self.token();
        match token.kind {
            Kind::String => Ok(Cow::Borrowed(self.tape.text(token))),
            Kind::Escaped => unescape(self.tape.text(token)).map(Cow::Owned),
            _ => Err(self.wrong_type(expected)),
        }
    }

    /// The text of a number: of the token itself, or of a string where `text` says so or this is a key.
    fn number(self, expected: &'static str, text: bool) -> CodecResult<Cow<'a, str>> {
        let token = self.token();
        match token.kind {
            Kind::Number if !self.key => Ok(Cow::Borrowed(self.tape.text(token))),
            Kind::String | Kind::Escaped if text || self.key => self.text(expected),
            _ => Err(self.wrong_type(expected)),
        }
    }

    fn integer(self, primitive: Primitive) -> CodecResult<Cow<'a, str>> {
        let wide = matches!(
            primitive,
            Primitive::Varint64 | Primitive::Int64 | Primitive::VarUint64 | Primitive::Uint64
        );
        let text = self.number("an integer", wide)?;
        if text::is_integer(&text) {
            Ok(text)
        } else {
            Err(self.wrong_type("an integer"))
        }
    }

    /// A number that JSON has, or one of the three that it has not.
    fn float<F: std::str::FromStr>(self, not: [F; 3], is_finite: fn(&F) -> bool) -> CodecResult<F> {
        const EXPECTED: &str = "a number, `NaN`, `Infinity` or `-Infinity`";
        let token = self.token();
        if token.kind == Kind::Number {
            return match self.tape.text(token).parse() {
                Ok(value) if is_finite(&value) => Ok(value),
                _ => Err(self.out_of_range("a number that is not beyond the largest one")),
            };
        }
        let [nan, infinity, minus_infinity] = not;
        match &*self.text(EXPECTED)? {
            "NaN" => Ok(nan),
            "Infinity" => Ok(infinity),
            "-Infinity" => Ok(minus_infinity),
            _ => Err(self.wrong_type(EXPECTED)),
        }
    }

    fn scalar<T>(
        self,
        parse: fn(&str) -> Result<T, Wrong>,
        form: &'static str,
        range: &'static str,
    ) -> CodecResult<T> {
        let text = self.text(form)?;
        parse(&text).map_err(|wrong| match wrong {
            Wrong::Form => self.wrong_type(form),
            Wrong::Range => self.out_of_range(range),
        })
    }

    /// What stands here, short enough for an error.
    fn found(self) -> String {
        let token = self.token();
        match token.kind {
            Kind::Null => "null".to_owned(),
            Kind::Array => "an array".to_owned(),
            Kind::Object => "an object".to_owned(),
            Kind::String | Kind::Escaped => brief(&self.tape.text(token)),
            Kind::True | Kind::False | Kind::Number => brief(&format_args!("{}", self.tape.text(token))),
        }
    }

    #[cold]
    fn wrong_type(self, expected: &'static str) -> CodecError {
        let kind = match self.token().kind {
            Kind::Null => CodecErrorKind::UnexpectedNull,
            _ => CodecErrorKind::WrongType,
        };
        CodecError::new(kind, expected, self.found())
    }

    #[cold]
    fn out_of_range(self, expected: impl Into<Cow<'static, str>>) -> CodecError {
        CodecError::new(CodecErrorKind::OutOfRange, expected, self.found())
    }
}

impl<'a> Source for Json<'a> {
    const DISTINCT: bool = false;
    /// Where the value of each field is, or [`ABSENT`].
    type Fields = Vec<u32>;
    type Elements = Elements<'a>;
    type Entries = Entries<'a>;

    fn is_null(&self) -> bool {
        self.token().kind == Kind::Null
    }

    fn bool(&self) -> CodecResult<bool> {
        let token = self.token();
        match (token.kind, self.key) {
            (Kind::True, false) => Ok(true),
            (Kind::False, false) => Ok(false),
            (Kind::String | Kind::Escaped, true) => match &*self.text("true or false")? {
                "true" => Ok(true),
                "false" => Ok(false),
                _ => Err(self.wrong_type("true or false")),
            },
            _ => Err(self.wrong_type("true or false")),
        }
    }

    fn signed(&self, primitive: Primitive) -> CodecResult<i64> {
        let text = self.integer(primitive)?;
        text.parse()
            .map_err(|_| self.out_of_range(format!("a number in the range of {primitive}")))
    }

    fn unsigned(&self, primitive: Primitive) -> CodecResult<u64> {
        let text = self.integer(primitive)?;
        text.parse()
            .map_err(|_| self.out_of_range(format!("a number in the range of {primitive}")))
    }

    fn float32(&self) -> CodecResult<f32> {
        self.float([f32::NAN, f32::INFINITY, f32::NEG_INFINITY], |value| {
            value.is_finite()
        })
    }

    fn float64(&self) -> CodecResult<f64> {
        self.float([f64::NAN, f64::INFINITY, f64::NEG_INFINITY], |value| {
            value.is_finite()
        })
    }

    fn string(&self) -> CodecResult<Cow<'_, str>> {
        self.text("a string")
    }

    fn bytes(&self) -> CodecResult<Cow<'_, [u8]>> {
        const EXPECTED: &str = "bytes in padded base64";
        let text = self.text(EXPECTED)?;
        let bytes = BASE64.decode(text.as_bytes());
        bytes.map(Cow::Owned).map_err(|_| self.wrong_type(EXPECTED))
    }

    fn timestamp(&self) -> CodecResult<Timestamp> {
        self.scalar(
            text::timestamp,
            "a timestamp such as 2024-02-29T12:00:00.5Z",
            scalar::TIMESTAMP_RANGE,
        )
    }

    fn duration(&self) -> CodecResult<SignedDuration> {
        self.scalar(text::duration, "a duration such as -1.5s", scalar::DURATION_RANGE)
    }

    fn date(&self) -> CodecResult<Date> {
        self.scalar(text::date, "a date such as 2024-02-29", scalar::DATE_RANGE)
    }

    fn decimal(&self) -> CodecResult<BigDecimal> {
        const EXPECTED: &str = "a decimal such as -12.50";
        let text = self.number(EXPECTED, true)?;
        text::decimal(&text).map_err(|wrong| match wrong {
            Wrong::Form => self.wrong_type(EXPECTED),
            Wrong::Range => self.out_of_range(scalar::DECIMAL_RANGE),
        })
    }

    fn enumeration<'t>(&self, of: &'t EnumType) -> CodecResult<&'t EnumValue> {
        let name = self.text("the name of an enum's value")?;
        of.value_named(&name).ok_or_else(|| {
            let expected = format!("the name of a value of `{}`", of.name());
            CodecError::new(CodecErrorKind::UnknownName, expected, self.found())
        })
    }

    fn message(&self, of: &MessageType) -> CodecResult<Vec<u32>> {
        self.of(Kind::Object, "an object")?;
        let mut fields = vec![ABSENT; of.fields().len()];
        for (key, value) in self.entries()? {
            let name = key.text("a key")?;
            let Some(field) = of.field_named(&name) else {
                let expected = format!("a field of `{}`", of.name());
                let error = CodecError::new(CodecErrorKind::UnknownName, expected, "a key that is none");
                return Err(error.in_named(&name));
            };
            if fields[field] != ABSENT {
                let error = CodecError::new(CodecErrorKind::Repeated, "each key once", "the same again");
                return Err(error.in_named(&name));
            }
            fields[field] = value.at;
        }
        Ok(fields)
    }

    fn field(&self, fields: &Vec<u32>, of: &MessageType, index: usize) -> CodecResult<Option<Self>> {
        let value = Self {
            at: fields[index],
            ..*self
        };
        let absent = value.at == ABSENT || (of.fields()[index].is_optional() && value.is_null());
        Ok((!absent).then_some(value))
    }

    fn case<'t>(&self, of: &'t UnionType) -> CodecResult<(&'t Case, Self)> {
        const EXPECTED: &str = "an object with one key, the name of a case";
        let token = self.of(Kind::Object, EXPECTED)?;
        if token.count() != 1 {
            let found = format!("{} keys", token.count());
            return Err(CodecError::new(CodecErrorKind::WrongType, EXPECTED, found));
        }
        let mut entries = self.entries()?;
        let (key, value) = entries.next().ok_or_else(|| self.wrong_type(EXPECTED))?;
        let name = key.text("a key")?;
        match of.case_named(&name) {
            Some(case) => Ok((case, value)),
            None => {
                let expected = format!("a case of `{}`", of.name());
                let error = CodecError::new(CodecErrorKind::UnknownName, expected, "a key that is none");
                Err(error.in_named(&name))
            }
        }
    }

    fn elements(&self, _: Sequence) -> CodecResult<Elements<'a>> {
        let token = self.of(Kind::Array, "an array")?;
        Ok(Elements {
            tape: self.tape,
            at: self.at + 1,
            left: token.count(),
        })
    }

    fn entries(&self) -> CodecResult<Entries<'a>> {
        let token = self.of(Kind::Object, "an object")?;
        Ok(Entries {
            tape: self.tape,
            at: self.at + 1,
            left: token.count(),
        })
    }
}

/// The elements of an array.
#[derive(Clone)]
pub(super) struct Elements<'a> {
    tape: &'a Tape<'a>,
    at: u32,
    left: u32,
}

impl<'a> Iterator for Elements<'a> {
    type Item = Json<'a>;

    fn next(&mut self) -> Option<Json<'a>> {
        self.left = self.left.checked_sub(1)?;
        let value = Json {
            tape: self.tape,
            at: self.at,
            key: false,
        };
        self.at = self.tape.behind(self.at);
        Some(value)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left as usize, Some(self.left as usize))
    }
}

impl ExactSizeIterator for Elements<'_> {}

/// Keys and values of an object.
#[derive(Clone)]
pub(super) struct Entries<'a> {
    tape: &'a Tape<'a>,
    at: u32,
    left: u32,
}

impl<'a> Iterator for Entries<'a> {
    type Item = (Json<'a>, Json<'a>);

    fn next(&mut self) -> Option<(Json<'a>, Json<'a>)> {
        self.left = self.left.checked_sub(1)?;
        let (tape, key) = (self.tape, self.at);
        self.at = tape.behind(key + 1);
        let value = |at, key| Json { tape, at, key };
        Some((value(key, true), value(key + 1, false)))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left as usize, Some(self.left as usize))
    }
}

impl ExactSizeIterator for Entries<'_> {}

/// A string without its escapes, which the tokens have checked but for surrogates.
fn unescape(text: &str) -> CodecResult<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((plain, escape)) = rest.split_once('\\') {
        out.push_str(plain);
        let (character, length) = match escape.as_bytes().first() {
            Some(b'b') => ('\u{8}', 1),
            Some(b'f') => ('\u{c}', 1),
            Some(b'n') => ('\n', 1),
            Some(b'r') => ('\r', 1),
            Some(b't') => ('\t', 1),
            Some(b'u') => unicode(escape).ok_or_else(lone_surrogate)?,
            Some(byte) => (char::from(*byte), 1),
            None => break,
        };
        out.push(character);
        rest = &escape[length..];
    }
    out.push_str(rest);
    Ok(out)
}

/// The character of `uXXXX`, or of two of them that are a pair, and how long that is.
fn unicode(escape: &str) -> Option<(char, usize)> {
    let unit = |at: usize| u32::from_str_radix(escape.get(at..at + 4)?, 16).ok();
    let first = unit(1)?;
    if let Some(character) = char::from_u32(first) {
        return Some((character, 5));
    }
    if !(0xd800..0xdc00).contains(&first) || escape.get(5..7)? != "\\u" {
        return None;
    }
    let second = unit(7).filter(|second| (0xdc00..0xe000).contains(second))?;
    let character = char::from_u32(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00))?;
    Some((character, 11))
}

#[cold]
fn lone_surrogate() -> CodecError {
    CodecError::new(CodecErrorKind::InvalidText, "text", "a lone surrogate")
}
