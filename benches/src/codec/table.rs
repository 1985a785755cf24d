//! The table codec on the same types: a tree of values in, a tree of values out.

use aster_contract::described::Described;
use aster_contract::encode::Encode;
use aster_contract::graph::Service;
use aster_contract::identity;
use aster_contract::model::{Primitive, Scope, SerializationMode};
use aster_runtime::codec::table::{
    Case, EnumType, EnumValue, Field, Key, MessageType, Sequence, Sink, Source, Table, UnionType,
};
use aster_runtime::codec::{CodecError, CodecResult, unknown_case};
use aster_runtime::codegen::v1::{BigDecimal, Date, SignedDuration, Timestamp};
use asterc::driver::disk::Disk;
use asterc::driver::{Input, Options, compile};
use std::borrow::Cow;

/// The table of the benchmark's schema, as a peer would describe it.
///
/// # Panics
/// If the schema is not what it is.
#[must_use]
pub fn table() -> Table {
    let input = Input::Text {
        name: "bench.aster".into(),
        bytes: include_bytes!("../../schema/bench.aster").into(),
    };
    let compiled = compile(&[input], &Options::default(), &Disk).expect("the schema is in memory");
    let contracts = compiled.contracts().expect("a schema has an identity");
    let types = contracts.expect("the schema is right").types;
    let service = Service {
        name: "Bench".into(),
        version: 1,
        methods: Vec::new(),
        modes: vec![SerializationMode::Xlang],
        scope: Scope::Shared,
        requires: None,
    };
    let contract = identity::contract(&service, &types).expect("a service without methods");
    let nested: Vec<Vec<u8>> = types
        .types()
        .iter()
        .flat_map(|ty| &ty.nested)
        .map(Encode::encode)
        .collect();
    let described = Described {
        contract: &contract.canonical,
        types: types.types().iter().map(|ty| ty.canonical.as_slice()).collect(),
        nested: nested.iter().map(Vec::as_slice).collect(),
    };
    Table::build(contract.id, &described).expect("the description is true")
}

/// A value of the benchmark's types.
#[derive(Debug)]
pub enum Value {
    /// No value.
    Null,
    /// `bool`
    Bool(bool),
    /// Signed integers.
    Signed(i64),
    /// Unsigned integers.
    Unsigned(u64),
    /// `float32`
    Float32(f32),
    /// `float64`
    Float64(f64),
    /// `string`
    Text(String),
    /// `bytes`
    Bytes(Vec<u8>),
    /// An enum, by its number.
    Enum(u32),
    /// Fields by their place; what is absent is [`Null`](Value::Null).
    Message(Vec<Value>),
    /// Elements.
    List(Vec<Value>),
    /// Entries.
    Map(Vec<(Value, Value)>),
}

/// Makes a [`Value`].
#[derive(Debug)]
pub struct Values;

/// A map, and the key whose value has not come.
type Entries = (Vec<(Value, Value)>, Value);

/// The benchmark has no such type.
fn none<T>() -> CodecResult<T> {
    Err(unused())
}

#[cold]
fn unused() -> CodecError {
    unknown_case("the benchmark", 0)
}

impl Sink for Values {
    type Value = Value;
    type Message = Vec<Value>;
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
        Ok(Value::Float32(value))
    }

    fn float64(&mut self, value: f64) -> CodecResult<Value> {
        Ok(Value::Float64(value))
    }

    fn string(&mut self, value: &str) -> CodecResult<Value> {
        Ok(Value::Text(value.to_owned()))
    }

    fn bytes(&mut self, value: &[u8]) -> CodecResult<Value> {
        Ok(Value::Bytes(value.to_vec()))
    }

    fn timestamp(&mut self, _: Timestamp) -> CodecResult<Value> {
        none()
    }

    fn duration(&mut self, _: SignedDuration) -> CodecResult<Value> {
        none()
    }

    fn date(&mut self, _: Date) -> CodecResult<Value> {
        none()
    }

    fn decimal(&mut self, _: BigDecimal) -> CodecResult<Value> {
        none()
    }

    fn enumeration(&mut self, _: &EnumType, value: &EnumValue) -> CodecResult<Value> {
        Ok(Value::Enum(value.number()))
    }

    fn null(&mut self) -> CodecResult<Value> {
        Ok(Value::Null)
    }

    fn begin_message(&mut self, of: &MessageType) -> CodecResult<Vec<Value>> {
        Ok(of.fields().iter().map(|_| Value::Null).collect())
    }

    fn absent(&mut self, _: &mut Vec<Value>, _: &Field) -> CodecResult<()> {
        Ok(())
    }

    fn begin_field(&mut self, _: &mut Vec<Value>, _: &Field) -> CodecResult<()> {
        Ok(())
    }

    fn field(&mut self, message: &mut Vec<Value>, field: &Field, value: Value) -> CodecResult<()> {
        message[field.place()] = value;
        Ok(())
    }

    fn end_message(&mut self, _: &MessageType, message: Vec<Value>) -> CodecResult<Value> {
        Ok(Value::Message(message))
    }

    fn begin_case(&mut self, _: &UnionType, _: &Case) -> CodecResult<()> {
        none()
    }

    fn end_case(&mut self, _: &UnionType, _: &Case, _: Value) -> CodecResult<Value> {
        none()
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

    fn begin_map(&mut self, count: usize) -> CodecResult<Entries> {
        Ok((Vec::with_capacity(count), Value::Null))
    }

    fn key(&mut self, map: &mut Entries, key: &Key<'_>) -> CodecResult<()> {
        map.1 = match key {
            Key::Bool(value) => Value::Bool(*value),
            Key::Signed(value) => Value::Signed(*value),
            Key::Unsigned(value) => Value::Unsigned(*value),
            Key::Text(value) => Value::Text(value.to_string()),
            Key::Enum(value) => Value::Enum(value.number()),
            _ => return none(),
        };
        Ok(())
    }

    fn entry(&mut self, map: &mut Entries, value: Value) -> CodecResult<()> {
        let key = std::mem::replace(&mut map.1, Value::Null);
        map.0.push((key, value));
        Ok(())
    }

    fn end_map(&mut self, map: Entries) -> CodecResult<Value> {
        Ok(Value::Map(map.0))
    }
}

/// A value that is written.
#[derive(Clone, Copy, Debug)]
pub struct Of<'v>(pub &'v Value);

macro_rules! scalars {
    ($($name:ident: $variant:ident, $type:ty, $value:ident => $made:expr;)+) => {$(
        fn $name(&self) -> CodecResult<$type> {
            match self.0 {
                Value::$variant($value) => Ok($made),
                _ => none(),
            }
        }
    )+};
}

impl<'v> Source for Of<'v> {
    const DISTINCT: bool = true;
    type Fields = &'v [Value];
    type Elements = std::iter::Map<std::slice::Iter<'v, Value>, fn(&'v Value) -> Self>;
    type Entries =
        std::iter::Map<std::slice::Iter<'v, (Value, Value)>, fn(&'v (Value, Value)) -> (Self, Self)>;

    scalars! {
        bool: Bool, bool, value => *value;
        float32: Float32, f32, value => *value;
        float64: Float64, f64, value => *value;
        string: Text, Cow<'_, str>, value => Cow::Borrowed(value);
        bytes: Bytes, Cow<'_, [u8]>, value => Cow::Borrowed(value);
    }

    fn is_null(&self) -> bool {
        matches!(self.0, Value::Null)
    }

    fn signed(&self, _: Primitive) -> CodecResult<i64> {
        match self.0 {
            Value::Signed(value) => Ok(*value),
            _ => none(),
        }
    }

    fn unsigned(&self, _: Primitive) -> CodecResult<u64> {
        match self.0 {
            Value::Unsigned(value) => Ok(*value),
            _ => none(),
        }
    }

    fn timestamp(&self) -> CodecResult<Timestamp> {
        none()
    }

    fn duration(&self) -> CodecResult<SignedDuration> {
        none()
    }

    fn date(&self) -> CodecResult<Date> {
        none()
    }

    fn decimal(&self) -> CodecResult<BigDecimal> {
        none()
    }

    fn enumeration<'t>(&self, of: &'t EnumType) -> CodecResult<&'t EnumValue> {
        match self.0 {
            Value::Enum(number) => of.value(*number).ok_or_else(unused),
            _ => none(),
        }
    }

    fn message(&self, _: &MessageType) -> CodecResult<&'v [Value]> {
        match self.0 {
            Value::Message(fields) => Ok(fields),
            _ => none(),
        }
    }

    fn field(&self, fields: &&'v [Value], of: &MessageType, index: usize) -> CodecResult<Option<Self>> {
        match fields.get(of.fields()[index].place()) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => Ok(Some(Of(value))),
        }
    }

    fn case<'t>(&self, _: &'t UnionType) -> CodecResult<(&'t Case, Self)> {
        none()
    }

    fn elements(&self, _: Sequence) -> CodecResult<Self::Elements> {
        match self.0 {
            Value::List(values) => Ok(values.iter().map(Of)),
            _ => none(),
        }
    }

    fn entries(&self) -> CodecResult<Self::Entries> {
        match self.0 {
            Value::Map(entries) => Ok(entries.iter().map(|(key, value)| (Of(key), Of(value)))),
            _ => none(),
        }
    }
}
