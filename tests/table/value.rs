//! A value of any type, with a sink that makes it of a payload and a source that makes a payload of it.

use aster_contract::model::Primitive;
use aster_runtime::codec::table::{
    Case, EnumType, EnumValue, Field, Key, MessageType, Sequence, Sink, Source, UnionType,
};
use aster_runtime::codec::{CodecError, CodecErrorKind, CodecResult};
use bigdecimal::BigDecimal;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use std::borrow::Cow;

/// Floats by their bits, so that NaN is equal to itself.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    Signed(i64),
    Unsigned(u64),
    Float32(u32),
    Float64(u64),
    Text(String),
    Bytes(Vec<u8>),
    Timestamp(Timestamp),
    Duration(SignedDuration),
    Date(Date),
    Decimal(BigDecimal),
    Enum(String),
    Message(Vec<(String, Value)>),
    Case(String, Box<Value>),
    List(Vec<Value>),
    Map(Vec<(Value, Value)>),
}

impl Value {
    fn kind(&self) -> String {
        let text = format!("{self:?}");
        let end = text.find(|character: char| !character.is_alphanumeric());
        text[..end.unwrap_or(text.len())].to_lowercase()
    }
}

/// Makes a [`Value`].
pub(crate) struct Values;

type Entries = (Vec<(Value, Value)>, Option<Value>);

impl Sink for Values {
    type Value = Value;
    type Message = Vec<(String, Value)>;
    type List = Vec<Value>;
    type Map = Entries;

    fn bool(&mut self, value: bool) -> CodecResult<Value> {
        Ok(Value::Bool(value))
    }

    fn signed(&mut self, _: Primitive, value: i64) -> CodecResult<Value> {
        Ok(Value::Signed(value))
    }

    fn unsigned(&mut self, _: Primitive, value: u64) -> CodecResult<Value> {
        Ok(Value::Unsigned(value))
    }

    fn float32(&mut self, value: f32) -> CodecResult<Value> {
        Ok(Value::Float32(value.to_bits()))
    }

    fn float64(&mut self, value: f64) -> CodecResult<Value> {
        Ok(Value::Float64(value.to_bits()))
    }

    fn string(&mut self, value: &str) -> CodecResult<Value> {
        Ok(Value::Text(value.to_owned()))
    }

    fn bytes(&mut self, value: &[u8]) -> CodecResult<Value> {
        Ok(Value::Bytes(value.to_vec()))
    }

    fn timestamp(&mut self, value: Timestamp) -> CodecResult<Value> {
        Ok(Value::Timestamp(value))
    }

    fn duration(&mut self, value: SignedDuration) -> CodecResult<Value> {
        Ok(Value::Duration(value))
    }

    fn date(&mut self, value: Date) -> CodecResult<Value> {
        Ok(Value::Date(value))
    }

    fn decimal(&mut self, value: BigDecimal) -> CodecResult<Value> {
        Ok(Value::Decimal(value))
    }

    fn enumeration(&mut self, _: &EnumType, value: &EnumValue) -> CodecResult<Value> {
        Ok(Value::Enum(value.name().to_owned()))
    }

    fn null(&mut self) -> CodecResult<Value> {
        Ok(Value::Null)
    }

    fn begin_message(&mut self, of: &MessageType) -> CodecResult<Self::Message> {
        Ok(Vec::with_capacity(of.fields().len().min(16)))
    }

    fn absent(&mut self, _: &mut Self::Message, _: &Field) -> CodecResult<()> {
        Ok(())
    }

    fn begin_field(&mut self, _: &mut Self::Message, _: &Field) -> CodecResult<()> {
        Ok(())
    }

    fn field(&mut self, message: &mut Self::Message, field: &Field, value: Value) -> CodecResult<()> {
        message.push((field.name().to_owned(), value));
        Ok(())
    }

    fn end_message(&mut self, _: &MessageType, message: Self::Message) -> CodecResult<Value> {
        Ok(Value::Message(message))
    }

    fn begin_case(&mut self, _: &UnionType, _: &Case) -> CodecResult<()> {
        Ok(())
    }

    fn end_case(&mut self, _: &UnionType, case: &Case, value: Value) -> CodecResult<Value> {
        Ok(Value::Case(case.name().to_owned(), Box::new(value)))
    }

    fn begin_list(&mut self, _: Sequence, count: usize) -> CodecResult<Vec<Value>> {
        Ok(Vec::with_capacity(count))
    }

    fn begin_element(&mut self, _: &mut Vec<Value>) -> CodecResult<()> {
        Ok(())
    }

    fn element(&mut self, list: &mut Vec<Value>, value: Value) -> CodecResult<()> {
        list.push(value);
        Ok(())
    }

    fn end_list(&mut self, list: Vec<Value>) -> CodecResult<Value> {
        Ok(Value::List(list))
    }

    fn begin_map(&mut self, _: usize) -> CodecResult<Entries> {
        Ok((Vec::new(), None))
    }

    fn key(&mut self, map: &mut Entries, key: &Key<'_>) -> CodecResult<()> {
        map.1 = Some(match key {
            Key::Bool(value) => Value::Bool(*value),
            Key::Signed(value) => Value::Signed(*value),
            Key::Unsigned(value) => Value::Unsigned(*value),
            Key::Text(value) => Value::Text(value.to_string()),
            Key::Enum(value) => Value::Enum(value.name().to_owned()),
            other => panic!("{other:?}"),
        });
        Ok(())
    }

    fn entry(&mut self, map: &mut Entries, value: Value) -> CodecResult<()> {
        let key = map.1.take().expect("a key comes first");
        map.0.push((key, value));
        Ok(())
    }

    fn end_map(&mut self, map: Entries) -> CodecResult<Value> {
        Ok(Value::Map(map.0))
    }
}

macro_rules! scalars {
    ($($name:ident: $variant:ident, $type:ty, $value:ident => $made:expr;)+) => {$(
        fn $name(&self) -> CodecResult<$type> {
            match self.0 {
                Value::$variant($value) => Ok($made),
                _ => Err(self.is_not(stringify!($name))),
            }
        }
    )+};
}

/// A value that is written.
#[derive(Clone, Copy)]
pub(crate) struct Of<'v>(pub(crate) &'v Value);

impl Of<'_> {
    /// As if a caller's object had another type.
    fn is_not(&self, expected: &'static str) -> CodecError {
        CodecError::new(CodecErrorKind::WrongType, expected, self.0.kind())
    }
}

impl<'v> Source for Of<'v> {
    const DISTINCT: bool = false;
    type Fields = &'v [(String, Value)];
    type Elements = std::iter::Map<std::slice::Iter<'v, Value>, fn(&'v Value) -> Self>;
    type Entries =
        std::iter::Map<std::slice::Iter<'v, (Value, Value)>, fn(&'v (Value, Value)) -> (Self, Self)>;

    scalars! {
        bool: Bool, bool, value => *value;
        float32: Float32, f32, value => f32::from_bits(*value);
        float64: Float64, f64, value => f64::from_bits(*value);
        string: Text, Cow<'_, str>, value => Cow::Borrowed(value);
        bytes: Bytes, Cow<'_, [u8]>, value => Cow::Borrowed(value);
        timestamp: Timestamp, Timestamp, value => *value;
        duration: Duration, SignedDuration, value => *value;
        date: Date, Date, value => *value;
        decimal: Decimal, BigDecimal, value => value.clone();
    }

    fn is_null(&self) -> bool {
        *self.0 == Value::Null
    }

    fn signed(&self, _: Primitive) -> CodecResult<i64> {
        match self.0 {
            Value::Signed(value) => Ok(*value),
            _ => Err(self.is_not("signed")),
        }
    }

    fn unsigned(&self, _: Primitive) -> CodecResult<u64> {
        match self.0 {
            Value::Unsigned(value) => Ok(*value),
            _ => Err(self.is_not("unsigned")),
        }
    }

    fn enumeration<'t>(&self, of: &'t EnumType) -> CodecResult<&'t EnumValue> {
        match self.0 {
            Value::Enum(name) => Ok(of.value_named(name).expect("a value of the enum")),
            _ => Err(self.is_not("enum")),
        }
    }

    fn message(&self, _: &MessageType) -> CodecResult<Self::Fields> {
        match self.0 {
            Value::Message(fields) => Ok(fields),
            _ => Err(self.is_not("message")),
        }
    }

    fn field(&self, fields: &Self::Fields, of: &MessageType, index: usize) -> CodecResult<Option<Self>> {
        let name = of.fields()[index].name();
        let mut fields = fields.iter();
        Ok(fields
            .find(|(field, _)| field == name)
            .map(|(_, value)| Of(value)))
    }

    fn case<'t>(&self, of: &'t UnionType) -> CodecResult<(&'t Case, Self)> {
        match self.0 {
            Value::Case(name, value) => Ok((of.case_named(name).expect("a case of the union"), Of(value))),
            _ => Err(self.is_not("union")),
        }
    }

    fn elements(&self, _: Sequence) -> CodecResult<Self::Elements> {
        match self.0 {
            Value::List(values) => Ok(values.iter().map(Of)),
            _ => Err(self.is_not("list")),
        }
    }

    fn entries(&self) -> CodecResult<Self::Entries> {
        match self.0 {
            Value::Map(entries) => Ok(entries.iter().map(|(key, value)| (Of(key), Of(value)))),
            _ => Err(self.is_not("map")),
        }
    }
}
