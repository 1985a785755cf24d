//! Reads a payload by the steps of a table; what enters are a peer's bytes, what leaves is what the sink makes of them.
//!
//! Each function does what the one of its name in the static decoder does, in that order, so that the errors are the same.

use super::key::Keys;
use super::seen::ReadTypes;
use super::{EnumValue, Field, Item, Key, MessageType, Sequence, Sink, Step, TypeIndex, Types, with_room};
use crate::codec::decoder::containers::repeated;
use crate::codec::decoder::{malformed, trailing, unknown_case, unknown_value, wrong_index};
use crate::codec::type_info::{wrong_definition, wrong_marker};
use crate::codec::{CodecError, CodecErrorKind, CodecResult, Decoder, WireType, chunk, element};
use aster_contract::model::Primitive;

/// What a peer's count may make a sink reserve.
const HINT: usize = 64;

impl Types {
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
    table: &'t Types,
    input: Decoder<'p>,
    types: ReadTypes,
    sink: &'s mut S,
}

/// Where a value goes. It is made where it is put: one that is larger than a register and is returned through memory is written
/// and read in pieces of different size, which stalls.
enum Place<'p, S: Sink> {
    Field(&'p mut S::Message, &'p Field),
    Element(&'p mut S::List),
    Entry(&'p mut S::Map),
    Case(&'p mut Option<S::Value>),
}

impl<S: Sink> Place<'_, S> {
    #[inline(always)]
    fn put(self, sink: &mut S, value: S::Value) -> CodecResult<()> {
        match self {
            Self::Field(message, field) => sink.field(message, field, value),
            Self::Element(list) => sink.element(list, value),
            Self::Entry(map) => sink.entry(map, value),
            Self::Case(place) => {
                *place = Some(value);
                Ok(())
            }
        }
    }
}

impl<'t, S: Sink> Reading<'t, '_, '_, S> {
    #[inline(always)]
    fn payload(&mut self, root: u32, message: &'t MessageType) -> CodecResult<S::Value> {
        if self.input.begins_with(message.header) {
            self.types.push(root);
        } else {
            self.input.begin_any_payload()?;
            self.type_marker(root)?;
        }
        let mut made = self.sink.begin_message(message)?;
        with_room(|| self.fields(message, &mut made))?;
        let value = self.sink.end_message(message, made)?;
        match self.input.left() {
            0 => Ok(value),
            left => Err(trailing(left)),
        }
    }

    #[inline(never)]
    fn fields(&mut self, message: &'t MessageType, made: &mut S::Message) -> CodecResult<()> {
        for field in &message.fields {
            if let Err(error) = self.field(made, field) {
                return Err(error.in_named(&field.name));
            }
        }
        Ok(())
    }

    #[inline(always)]
    fn field(&mut self, message: &mut S::Message, field: &'t Field) -> CodecResult<()> {
        if field.item.nullable && !self.input.present()? {
            return self.sink.absent(message, field);
        }
        self.sink.begin_field(message, field)?;
        self.step(field.item.step, Place::Field(message, field))
    }

    #[inline(always)]
    fn element(&mut self, item: Item, list: &mut S::List) -> CodecResult<()> {
        if item.nullable && !self.input.present()? {
            let null = self.sink.null()?;
            return self.sink.element(list, null);
        }
        self.step(item.step, Place::Element(list))
    }

    #[inline(always)]
    fn step(&mut self, step: Step, place: Place<'_, S>) -> CodecResult<()> {
        match step {
            Step::Scalar(primitive) => self.scalar(primitive, place),
            _ => self.other_step(step, place),
        }
    }

    /// Apart, so that a scalar is one jump away.
    #[inline(never)]
    fn other_step(&mut self, step: Step, place: Place<'_, S>) -> CodecResult<()> {
        match step {
            Step::Scalar(_) => unreachable!("step: a scalar has been read"),
            Step::Enum(index) => {
                let value = self.enumeration(index)?;
                let value = self.sink.enumeration(self.table.enum_at(index), value)?;
                place.put(self.sink, value)
            }
            Step::Message(index) => self.message(index, place),
            Step::Union(index) => self.union(index, place),
            Step::List(index) => match self.table.item(index) {
                Item {
                    step: Step::Message(message),
                    nullable,
                } => self.messages(message, nullable, place),
                element if element.is_container() => with_room(|| self.list(element, place)),
                element => self.list(element, place),
            },
            Step::Set(index) => self.set(self.table.item(index).step, place),
            Step::Map(index) => {
                let (key, value) = (self.table.item(index).step, self.table.item(index + 1));
                if value.is_container() {
                    with_room(|| self.map(key, value, place))
                } else {
                    self.map(key, value, place)
                }
            }
        }
    }

    /// Reads what is no field and no element of a list.
    #[inline(never)]
    fn rare_step(&mut self, step: Step, place: Place<'_, S>) -> CodecResult<()> {
        self.step(step, place)
    }

    #[inline(always)]
    fn scalar(&mut self, primitive: Primitive, place: Place<'_, S>) -> CodecResult<()> {
        let Self { input, sink, .. } = self;
        macro_rules! put {
            ($value:expr) => {{
                let value = $value?;
                place.put(sink, value)
            }};
        }
        match primitive {
            Primitive::Bool => put!(sink.bool(input.bool()?)),
            Primitive::Int8 => put!(sink.signed(primitive, input.int8()?.into())),
            Primitive::Int16 => put!(sink.signed(primitive, input.int16()?.into())),
            Primitive::Varint32 => put!(sink.signed(primitive, input.int32()?.into())),
            Primitive::Varint64 => put!(sink.signed(primitive, input.int64()?)),
            Primitive::Int32 => put!(sink.signed(primitive, input.fixed_int32()?.into())),
            Primitive::Int64 => put!(sink.signed(primitive, input.fixed_int64()?)),
            Primitive::Uint8 => put!(sink.unsigned(primitive, input.uint8()?.into())),
            Primitive::Uint16 => put!(sink.unsigned(primitive, input.uint16()?.into())),
            Primitive::VarUint32 => put!(sink.unsigned(primitive, input.uint32()?.into())),
            Primitive::VarUint64 => put!(sink.unsigned(primitive, input.uint64()?)),
            Primitive::Uint32 => put!(sink.unsigned(primitive, input.fixed_uint32()?.into())),
            Primitive::Uint64 => put!(sink.unsigned(primitive, input.fixed_uint64()?)),
            Primitive::Float32 => put!(sink.float32(input.float32()?)),
            Primitive::Float64 => put!(sink.float64(input.float64()?)),
            Primitive::String => put!(sink.string(&input.text()?)),
            Primitive::Binary => put!(sink.bytes(input.blob()?)),
            Primitive::Timestamp | Primitive::Duration | Primitive::Date | Primitive::Decimal => {
                self.rare_scalar(primitive, place)
            }
        }
    }

    /// What is large on the stack, apart from what is read in between.
    #[inline(never)]
    fn rare_scalar(&mut self, primitive: Primitive, place: Place<'_, S>) -> CodecResult<()> {
        let Self { input, sink, .. } = self;
        let value = match primitive {
            Primitive::Timestamp => sink.timestamp(input.timestamp()?)?,
            Primitive::Duration => sink.duration(input.duration()?)?,
            Primitive::Date => sink.date(input.date()?)?,
            _ => sink.decimal(input.decimal()?)?,
        };
        place.put(sink, value)
    }

    fn enumeration(&mut self, index: u32) -> CodecResult<&'t EnumValue> {
        let number = self.input.uint32()?;
        let of = self.table.enum_at(index);
        of.value(number).ok_or_else(|| unknown_value(&of.name, number))
    }

    /// A message inside a message: its type, then its fields.
    #[inline(never)]
    fn message(&mut self, index: u32, place: Place<'_, S>) -> CodecResult<()> {
        self.input.enter()?;
        self.message_type(index)?;
        with_room(|| self.put_fields(self.table.message_at(index), place))?;
        self.input.leave();
        Ok(())
    }

    #[inline(always)]
    fn put_fields(&mut self, message: &'t MessageType, place: Place<'_, S>) -> CodecResult<()> {
        let mut made = self.sink.begin_message(message)?;
        self.fields(message, &mut made)?;
        let value = self.sink.end_message(message, made)?;
        place.put(self.sink, value)
    }

    fn message_type(&mut self, index: u32) -> CodecResult<()> {
        self.input.scalar_case(WireType::Message)?;
        self.type_marker(index)
    }

    #[inline(never)]
    fn union(&mut self, index: u32, place: Place<'_, S>) -> CodecResult<()> {
        let of = self.table.union_at(index);
        let number = self.input.case()?;
        let Some(case) = of.case(number) else {
            return Err(unknown_case(&of.name, number));
        };
        self.sink.begin_case(of, case)?;
        let mut value = None;
        if let Err(error) = self.case(case.step, case.wire_type, Place::Case(&mut value)) {
            return Err(error.in_named(&case.name));
        }
        let value = self.sink.end_case(of, case, value.ok_or_else(nothing)?)?;
        place.put(self.sink, value)
    }

    fn case(&mut self, step: Step, wire_type: u8, place: Place<'_, S>) -> CodecResult<()> {
        if let Step::Message(index) = step {
            return self.message(index, place);
        }
        self.input.case_type(wire_type)?;
        if let Step::Enum(index) = step {
            self.type_marker(index)?;
        }
        self.rare_step(step, place)
    }

    #[inline(never)]
    fn list(&mut self, item: Item, place: Place<'_, S>) -> CodecResult<()> {
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
        let value = self.sink.end_list(list)?;
        place.put(self.sink, value)
    }

    #[inline(never)]
    fn messages(&mut self, index: u32, nullable: bool, place: Place<'_, S>) -> CodecResult<()> {
        let message = self.table.message_at(index);
        let count = if message.is_weightless() {
            self.input.uint32()? as usize
        } else {
            self.input.count()?
        };
        if count == 0 {
            let list = self.sink.begin_list(Sequence::List, 0)?;
            let value = self.sink.end_list(list)?;
            return place.put(self.sink, value);
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
                if let Err(error) = self.message_element(message, nulls, &mut list) {
                    return Err(error.in_element(index));
                }
            }
            Ok(list)
        })?;
        self.input.leave();
        let value = self.sink.end_list(list)?;
        place.put(self.sink, value)
    }

    #[inline(always)]
    fn message_element(
        &mut self,
        message: &'t MessageType,
        nulls: bool,
        list: &mut S::List,
    ) -> CodecResult<()> {
        if nulls && !self.input.present()? {
            let null = self.sink.null()?;
            return self.sink.element(list, null);
        }
        self.put_fields(message, Place::Element(list))
    }

    #[inline(never)]
    fn set(&mut self, step: Step, place: Place<'_, S>) -> CodecResult<()> {
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
        let value = self.sink.end_list(set)?;
        place.put(self.sink, value)
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
    fn map(&mut self, key: Step, value: Item, place: Place<'_, S>) -> CodecResult<()> {
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
                self.entry(&mut map, &mut keys, key, |reading, place| {
                    let null = reading.sink.null()?;
                    place.put(reading.sink, null)
                })?;
                continue;
            };
            if let Step::Message(index) = value.step {
                self.input.enter()?;
                self.message_type(index)?;
                let message = self.table.message_at(index);
                with_room(|| {
                    (0..pairs).try_for_each(|_| {
                        self.entry(&mut map, &mut keys, key, |reading, place| {
                            reading.put_fields(message, place)
                        })
                    })
                })?;
                self.input.leave();
            } else {
                for _ in 0..pairs {
                    self.entry(&mut map, &mut keys, key, |reading, place| {
                        reading.rare_step(value.step, place)
                    })?;
                }
            }
        }
        let value = self.sink.end_map(map)?;
        place.put(self.sink, value)
    }

    fn entry(
        &mut self,
        map: &mut S::Map,
        keys: &mut Keys<'t>,
        key: Step,
        value: impl FnOnce(&mut Self, Place<'_, S>) -> CodecResult<()>,
    ) -> CodecResult<()> {
        let key = self.key(key).map_err(|error| error.in_element(keys.len()))?;
        if keys.contains(&key) {
            return Err(repeated("keys").in_entry(&key));
        }
        self.sink.key(map, &key)?;
        if let Err(error) = value(self, Place::Entry(map)) {
            return Err(error.in_entry(&key));
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

/// A step that ends well has put its value.
#[cold]
fn nothing() -> CodecError {
    malformed("a value", "none")
}
