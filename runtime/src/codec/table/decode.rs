//! Reads a payload by the steps of a table; what enters are a peer's bytes, what leaves is what the sink makes of them.
//!
//! Each function does what the one of its name in the static decoder does, in that order, so that the errors are the same.

use super::key::Keys;
use super::seen::ReadTypes;
use super::{EnumValue, Field, Item, Key, MessageType, Sequence, Sink, Step, Table, TypeIndex, with_room};
use crate::codec::decoder::containers::repeated;
use crate::codec::decoder::{malformed, trailing, unknown_case, unknown_value, wrong_index};
use crate::codec::type_info::{wrong_definition, wrong_marker};
use crate::codec::{CodecError, CodecErrorKind, CodecResult, Decoder, WireType, chunk, element};
use aster_contract::model::Primitive;

/// What a peer's count may make a sink reserve.
const HINT: usize = 64;

impl Table {
    /// Reads one whole payload of the message `root`; bytes left over are an error.
    ///
    /// # Errors
    /// Bytes that are not exactly one payload of this message, in this profile and inside its limits; an index of no
    /// message; what the sink returns.
    pub fn decode<S: Sink>(&self, root: TypeIndex, bytes: &[u8], sink: &mut S) -> CodecResult<S::Value> {
        let Some(message) = self.message(root) else {
            return Err(malformed("a message of the table", format!("type {}", root.0)));
        };
        let mut reading = Reading {
            table: self,
            input: Decoder::new(bytes),
            types: ReadTypes::default(),
            sink,
        };
        let decoded = reading.payload(root.0, message);
        decoded.map_err(|error| error.of_message(message.name().to_owned()))
    }
}

struct Reading<'t, 'p, 's, S> {
    table: &'t Table,
    input: Decoder<'p>,
    types: ReadTypes,
    sink: &'s mut S,
}

impl<'t, S: Sink> Reading<'t, '_, '_, S> {
    fn payload(&mut self, root: u32, message: &'t MessageType) -> CodecResult<S::Value> {
        self.input.begin_any_payload()?;
        self.type_marker(root)?;
        let value = with_room(|| self.fields(message))?;
        match self.input.left() {
            0 => Ok(value),
            left => Err(trailing(left)),
        }
    }

    fn fields(&mut self, message: &'t MessageType) -> CodecResult<S::Value> {
        let mut value = self.sink.begin_message(message)?;
        for field in &message.fields {
            if let Err(error) = self.field(&mut value, field) {
                return Err(error.in_named(&field.name));
            }
        }
        self.sink.end_message(message, value)
    }

    #[inline(always)]
    fn field(&mut self, message: &mut S::Message, field: &'t Field) -> CodecResult<()> {
        if field.item.nullable && !self.input.present()? {
            return self.sink.absent(message, field);
        }
        self.sink.begin_field(message, field)?;
        if let Step::Scalar(primitive) = field.item.step {
            return self.scalar(primitive, |sink, value| sink.field(message, field, value));
        }
        let value = self.step(field.item.step)?;
        self.sink.field(message, field, value)
    }

    #[inline(always)]
    fn element(&mut self, item: Item, list: &mut S::List) -> CodecResult<()> {
        if item.nullable && !self.input.present()? {
            let null = self.sink.null()?;
            return self.sink.element(list, null);
        }
        if let Step::Scalar(primitive) = item.step {
            return self.scalar(primitive, |sink, value| sink.element(list, value));
        }
        let value = self.step(item.step)?;
        self.sink.element(list, value)
    }

    #[inline]
    fn step(&mut self, step: Step) -> CodecResult<S::Value> {
        match step {
            Step::Scalar(primitive) => self.other_scalar(primitive),
            Step::Enum(index) => {
                let value = self.enumeration(index)?;
                self.sink.enumeration(self.table.enum_at(index), value)
            }
            Step::Message(index) => self.message(index),
            Step::Union(index) => self.union(index),
            Step::List(index) => match self.table.item(index) {
                Item {
                    step: Step::Message(message),
                    nullable,
                } => self.messages(message, nullable),
                element if element.is_container() => with_room(|| self.list(element)),
                element => self.list(element),
            },
            Step::Set(index) => self.set(self.table.item(index).step),
            Step::Map(index) => {
                let (key, value) = (self.table.item(index).step, self.table.item(index + 1));
                if value.is_container() {
                    with_room(|| self.map(key, value))
                } else {
                    self.map(key, value)
                }
            }
        }
    }

    /// Reads a scalar and hands it on. On its way through one place for all types, which `step` has, a value that is larger than
    /// a register is written and read in pieces of different size, and that stalls.
    #[inline(always)]
    fn scalar(
        &mut self,
        primitive: Primitive,
        then: impl FnOnce(&mut S, S::Value) -> CodecResult<()>,
    ) -> CodecResult<()> {
        let Self { input, sink, .. } = self;
        macro_rules! hand_on {
            ($value:expr) => {{
                let value = $value?;
                then(sink, value)
            }};
        }
        match primitive {
            Primitive::Bool => hand_on!(sink.bool(input.bool()?)),
            Primitive::Int8 => hand_on!(sink.signed(primitive, input.int8()?.into())),
            Primitive::Int16 => hand_on!(sink.signed(primitive, input.int16()?.into())),
            Primitive::Varint32 => hand_on!(sink.signed(primitive, input.int32()?.into())),
            Primitive::Varint64 => hand_on!(sink.signed(primitive, input.int64()?)),
            Primitive::Int32 => hand_on!(sink.signed(primitive, input.fixed_int32()?.into())),
            Primitive::Int64 => hand_on!(sink.signed(primitive, input.fixed_int64()?)),
            Primitive::Uint8 => hand_on!(sink.unsigned(primitive, input.uint8()?.into())),
            Primitive::Uint16 => hand_on!(sink.unsigned(primitive, input.uint16()?.into())),
            Primitive::VarUint32 => hand_on!(sink.unsigned(primitive, input.uint32()?.into())),
            Primitive::VarUint64 => hand_on!(sink.unsigned(primitive, input.uint64()?)),
            Primitive::Uint32 => hand_on!(sink.unsigned(primitive, input.fixed_uint32()?.into())),
            Primitive::Uint64 => hand_on!(sink.unsigned(primitive, input.fixed_uint64()?)),
            Primitive::Float32 => hand_on!(sink.float32(input.float32()?)),
            Primitive::Float64 => hand_on!(sink.float64(input.float64()?)),
            Primitive::String => hand_on!(sink.string(&input.text()?)),
            Primitive::Binary => hand_on!(sink.bytes(input.blob()?)),
            Primitive::Timestamp | Primitive::Duration | Primitive::Date | Primitive::Decimal => {
                let value = self.rare_scalar(primitive)?;
                then(self.sink, value)
            }
        }
    }

    /// A scalar that is no field and no element of a list.
    #[inline(never)]
    fn other_scalar(&mut self, primitive: Primitive) -> CodecResult<S::Value> {
        let mut read = None;
        self.scalar(primitive, |_, value| {
            read = Some(value);
            Ok(())
        })?;
        read.ok_or_else(no_key)
    }

    /// What is large on the stack, apart from what is read in between.
    #[inline(never)]
    fn rare_scalar(&mut self, primitive: Primitive) -> CodecResult<S::Value> {
        let Self { input, sink, .. } = self;
        match primitive {
            Primitive::Timestamp => sink.timestamp(input.timestamp()?),
            Primitive::Duration => sink.duration(input.duration()?),
            Primitive::Date => sink.date(input.date()?),
            _ => sink.decimal(input.decimal()?),
        }
    }

    fn enumeration(&mut self, index: u32) -> CodecResult<&'t EnumValue> {
        let number = self.input.uint32()?;
        let of = self.table.enum_at(index);
        of.value(number).ok_or_else(|| unknown_value(&of.name, number))
    }

    /// A message inside a message: its type, then its fields.
    #[inline(never)]
    fn message(&mut self, index: u32) -> CodecResult<S::Value> {
        self.input.enter()?;
        self.message_type(index)?;
        let value = with_room(|| self.fields(self.table.message_at(index)))?;
        self.input.leave();
        Ok(value)
    }

    fn message_type(&mut self, index: u32) -> CodecResult<()> {
        self.input.scalar_case(WireType::Message)?;
        self.type_marker(index)
    }

    #[inline(never)]
    fn union(&mut self, index: u32) -> CodecResult<S::Value> {
        let of = self.table.union_at(index);
        let number = self.input.case()?;
        let Some(case) = of.case(number) else {
            return Err(unknown_case(&of.name, number));
        };
        self.sink.begin_case(of, case)?;
        match self.case(case.step, case.wire_type) {
            Ok(value) => self.sink.end_case(of, case, value),
            Err(error) => Err(error.in_named(&case.name)),
        }
    }

    fn case(&mut self, step: Step, wire_type: u8) -> CodecResult<S::Value> {
        if let Step::Message(index) = step {
            return self.message(index);
        }
        self.input.case_type(wire_type)?;
        if let Step::Enum(index) = step {
            self.type_marker(index)?;
        }
        self.step(step)
    }

    #[inline(never)]
    fn list(&mut self, item: Item) -> CodecResult<S::Value> {
        let (count, nulls) = if item.nullable {
            let count = self.input.count()?;
            let (without, with) = (element::DECLARED, element::DECLARED_OR_NULL);
            (
                count,
                count > 0 && self.input.element_header_or_null(without, with)?,
            )
        } else {
            (self.input.declared_count()?, false)
        };
        let element = Item {
            nullable: nulls,
            ..item
        };
        let mut list = self.sink.begin_list(Sequence::List, count.min(HINT))?;
        for index in 0..count {
            self.sink.begin_element(&mut list)?;
            if let Err(error) = self.element(element, &mut list) {
                return Err(error.in_element(index));
            }
        }
        self.sink.end_list(list)
    }

    #[inline(never)]
    fn messages(&mut self, index: u32, nullable: bool) -> CodecResult<S::Value> {
        let message = self.table.message_at(index);
        let count = if message.is_weightless() {
            self.input.uint32()? as usize
        } else {
            self.input.count()?
        };
        if count == 0 {
            let list = self.sink.begin_list(Sequence::List, 0)?;
            return self.sink.end_list(list);
        }
        let nulls = if nullable {
            self.input
                .element_header_or_null(element::MESSAGE, element::MESSAGE_OR_NULL)?
        } else {
            self.input.element_header_of(element::MESSAGE)?;
            false
        };
        self.input.enter()?;
        self.message_type(index)?;
        if message.is_weightless() && !nulls {
            self.input.pay(count)?;
        }
        let list = with_room(|| {
            let mut list = self.sink.begin_list(Sequence::List, count.min(HINT))?;
            for index in 0..count {
                self.sink.begin_element(&mut list)?;
                match self.message_element(message, nulls) {
                    Ok(value) => self.sink.element(&mut list, value)?,
                    Err(error) => return Err(error.in_element(index)),
                }
            }
            Ok(list)
        })?;
        self.input.leave();
        self.sink.end_list(list)
    }

    fn message_element(&mut self, message: &'t MessageType, nulls: bool) -> CodecResult<S::Value> {
        if nulls && !self.input.present()? {
            return self.sink.null();
        }
        self.fields(message)
    }

    #[inline(never)]
    fn set(&mut self, step: Step) -> CodecResult<S::Value> {
        let count = self.input.declared_count()?;
        let mut keys = Keys::new();
        let mut set = self.sink.begin_list(Sequence::Set, count.min(HINT))?;
        for index in 0..count {
            let key = self.key(step).map_err(|error| error.in_element(index))?;
            if keys.contains(&key) {
                return Err(repeated("elements").in_element(index));
            }
            self.sink.begin_element(&mut set)?;
            let value = self.show(step, &key)?;
            self.sink.element(&mut set, value)?;
            keys.add(key);
        }
        self.sink.end_list(set)
    }

    /// A set's element or a map's key.
    fn key(&mut self, step: Step) -> CodecResult<Key<'t>> {
        let primitive = match step {
            Step::Enum(index) => return self.enumeration(index).map(Key::Enum),
            Step::Scalar(primitive) => primitive,
            _ => return Err(no_key()),
        };
        let input = &mut self.input;
        Ok(match primitive {
            Primitive::Bool => Key::Bool(input.bool()?),
            Primitive::Int8 => Key::Signed(input.int8()?.into()),
            Primitive::Int16 => Key::Signed(input.int16()?.into()),
            Primitive::Varint32 => Key::Signed(input.int32()?.into()),
            Primitive::Varint64 => Key::Signed(input.int64()?),
            Primitive::Int32 => Key::Signed(input.fixed_int32()?.into()),
            Primitive::Int64 => Key::Signed(input.fixed_int64()?),
            Primitive::Uint8 => Key::Unsigned(input.uint8()?.into()),
            Primitive::Uint16 => Key::Unsigned(input.uint16()?.into()),
            Primitive::VarUint32 => Key::Unsigned(input.uint32()?.into()),
            Primitive::VarUint64 => Key::Unsigned(input.uint64()?),
            Primitive::Uint32 => Key::Unsigned(input.fixed_uint32()?.into()),
            Primitive::Uint64 => Key::Unsigned(input.fixed_uint64()?),
            Primitive::String => Key::Text(input.text()?.into()),
            _ => return Err(no_key()),
        })
    }

    fn show(&mut self, step: Step, key: &Key<'t>) -> CodecResult<S::Value> {
        match (step, key) {
            (Step::Scalar(_), Key::Bool(value)) => self.sink.bool(*value),
            (Step::Scalar(primitive), Key::Signed(value)) => self.sink.signed(primitive, *value),
            (Step::Scalar(primitive), Key::Unsigned(value)) => self.sink.unsigned(primitive, *value),
            (Step::Scalar(_), Key::Text(value)) => self.sink.string(value),
            (Step::Enum(index), Key::Enum(value)) => self.sink.enumeration(self.table.enum_at(index), value),
            _ => Err(no_key()),
        }
    }

    #[inline(never)]
    fn map(&mut self, key: Step, value: Item) -> CodecResult<S::Value> {
        let mut left = self.input.count()?;
        let mut keys = Keys::new();
        let mut map = self.sink.begin_map(left.min(HINT))?;
        let header = match value.step {
            Step::Message(_) => chunk::MESSAGE,
            _ => chunk::DECLARED,
        };
        while left > 0 {
            let pairs = if value.nullable {
                self.input.pairs_or_null(header, left)?
            } else {
                Some(self.input.pairs(header, left)?)
            };
            left -= pairs.unwrap_or(1);
            let Some(pairs) = pairs else {
                self.entry(&mut map, &mut keys, key, |reading| reading.sink.null())?;
                continue;
            };
            if let Step::Message(index) = value.step {
                self.input.enter()?;
                self.message_type(index)?;
                let message = self.table.message_at(index);
                with_room(|| {
                    (0..pairs).try_for_each(|_| {
                        self.entry(&mut map, &mut keys, key, |reading| reading.fields(message))
                    })
                })?;
                self.input.leave();
            } else {
                for _ in 0..pairs {
                    self.entry(&mut map, &mut keys, key, |reading| reading.step(value.step))?;
                }
            }
        }
        self.sink.end_map(map)
    }

    fn entry(
        &mut self,
        map: &mut S::Map,
        keys: &mut Keys<'t>,
        key: Step,
        value: impl FnOnce(&mut Self) -> CodecResult<S::Value>,
    ) -> CodecResult<()> {
        let key = self.key(key).map_err(|error| error.in_element(keys.len()))?;
        if keys.contains(&key) {
            return Err(repeated("keys").in_entry(&key));
        }
        self.sink.key(map, &key)?;
        match value(self) {
            Ok(value) => self.sink.entry(map, value)?,
            Err(error) => return Err(error.in_entry(&key)),
        }
        keys.add(key);
        Ok(())
    }

    /// Reads a type marker, and the TypeDef if it follows: it must be the table's.
    fn type_marker(&mut self, expected: u32) -> CodecResult<()> {
        let marker = self.input.uint32()?;
        let index = (marker >> 1) as usize;
        let (name, ours, _) = self.table.definition_of(expected);
        if marker & 1 == 1 {
            let found = self.types.get(index);
            if found == Some(expected) {
                return Ok(());
            }
            let found = found.map(|found| self.table.definition_of(found).0);
            return Err(wrong_marker(name, index, found));
        }
        if index != self.types.len() {
            return Err(wrong_index(self.types.len(), index));
        }
        let header = self.input.fixed_uint64()?;
        if header != ours {
            return Err(wrong_definition(name, ours, header));
        }
        self.input.skip_definition(header)?;
        self.types.push(expected);
        Ok(())
    }
}

/// The graph that a table is made of has no other keys.
#[cold]
fn no_key() -> CodecError {
    CodecError::new(
        CodecErrorKind::Malformed,
        "a scalar or enum as key",
        "another type",
    )
}
