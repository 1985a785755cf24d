//! Writes a payload by the steps of a table; what enters is a source, what leaves are its bytes at the end of the buffer.
//!
//! Each function does what the one of its name in the static encoder does, in that order, so that bytes and errors are the
//! same.

use super::key::Keys;
use super::seen::WrittenTypes;
use super::{Item, Key, MessageType, Sequence, Source, Step, TypeIndex, Types, with_room};
use crate::codec::decoder::containers::repeated;
use crate::codec::{
    CodecError, CodecErrorKind, CodecResult, Encoder, NULL, PRESENT, TypeInfo, WireType, chunk, element,
};
use aster_contract::model::Primitive;
use std::fmt::Display;

/// The encoder counts no types here: a table has its own.
static NO_TYPE: TypeInfo = TypeInfo::new("", &[0, 0, 0, 0, 0, 0, 0, 0, 0xe0]);

impl Types {
    /// The payload of the message `root`.
    ///
    /// # Errors
    /// A value that the source has not or has in another type or range, messages nested too deep, more than 4 GiB of payload,
    /// or an index of no message.
    pub fn encode<S: Source>(&self, root: TypeIndex, source: &S) -> CodecResult<Vec<u8>> {
        let mut payload = Vec::new();
        self.encode_to(root, source, &mut payload)?;
        Ok(payload)
    }

    /// Appends the payload of the message `root` to `buffer`. On an error `buffer` is as it was.
    ///
    /// # Errors
    /// As [`encode`](Self::encode).
    pub fn encode_to<S: Source>(&self, root: TypeIndex, source: &S, buffer: &mut Vec<u8>) -> CodecResult<()> {
        self.encode_within(root, source, buffer, usize::MAX)
    }

    /// The same with at most `limit` bytes: a source can say in few bytes what takes many, such as a message of which every
    /// field is absent.
    pub(super) fn encode_within<S: Source>(
        &self,
        root: TypeIndex,
        source: &S,
        buffer: &mut Vec<u8>,
        limit: usize,
    ) -> CodecResult<()> {
        let Some(message) = self.message(root) else {
            return Err(CodecError::new(
                CodecErrorKind::Malformed,
                "a message of the table",
                format!("type {}", root.0),
            ));
        };
        let mut writing = Writing {
            table: self,
            out: Encoder::new(buffer, &NO_TYPE),
            types: WrittenTypes::new(root.0),
            limit,
        };
        writing.out.begin_payload(message.definition());
        let written = with_room(|| writing.fields(message, source));
        let written = written.and_then(|()| writing.check());
        let finished = writing.out.finish(&NO_TYPE, written);
        finished.map_err(|error| error.of_message(message.name().to_owned()))
    }
}

struct Writing<'t, 'b> {
    table: &'t Types,
    out: Encoder<'b>,
    types: WrittenTypes,
    limit: usize,
}

impl<'t> Writing<'t, '_> {
    fn fields<S: Source>(&mut self, message: &'t MessageType, source: &S) -> CodecResult<()> {
        self.check()?;
        let fields = source.message(message)?;
        for (index, field) in message.fields.iter().enumerate() {
            let written = match source.field(&fields, message, index) {
                Ok(value) => self.field(field.item, value.as_ref()),
                Err(error) => Err(error),
            };
            if let Err(error) = written {
                return Err(error.in_named(&field.name));
            }
        }
        Ok(())
    }

    /// Messages and elements of lists are checked before they are written: anything else is little more than its source.
    #[inline(always)]
    fn check(&self) -> CodecResult<()> {
        if self.out.written() > self.limit {
            return Err(over_limit(self.limit));
        }
        Ok(())
    }

    #[inline(always)]
    fn field<S: Source>(&mut self, item: Item, value: Option<&S>) -> CodecResult<()> {
        match value {
            Some(value) => self.item(item, value),
            None if item.nullable => {
                self.out.byte(NULL);
                Ok(())
            }
            None => Err(CodecError::new(CodecErrorKind::Missing, "a value", "none")),
        }
    }

    #[inline(always)]
    fn item<S: Source>(&mut self, item: Item, value: &S) -> CodecResult<()> {
        if item.nullable {
            if value.is_null() {
                self.out.byte(NULL);
                return Ok(());
            }
            self.out.byte(PRESENT);
        }
        self.step(item.step, value)
    }

    /// A value that must be there.
    #[inline(always)]
    fn step<S: Source>(&mut self, step: Step, value: &S) -> CodecResult<()> {
        match step {
            Step::Scalar(primitive) => self.scalar(primitive, value),
            _ => self.other_step(step, value),
        }
    }

    /// Apart, so that a scalar is one jump away.
    #[inline(never)]
    fn other_step<S: Source>(&mut self, step: Step, value: &S) -> CodecResult<()> {
        match step {
            Step::Scalar(_) => unreachable!("step: a scalar has been written"),
            Step::Enum(index) => {
                let value = value.enumeration(self.table.enum_at(index))?;
                self.out.uint32(value.number);
                Ok(())
            }
            Step::Message(index) => self.message(index, value),
            Step::Union(index) => self.union(index, value),
            Step::List(index) => match self.table.item(index) {
                Item {
                    step: Step::Message(message),
                    nullable,
                } => self.messages(message, nullable, value),
                element if element.is_container() => with_room(|| self.list(element, value)),
                element => self.list(element, value),
            },
            Step::Set(index) => self.set(self.table.item(index).step, value),
            Step::Map(index) => {
                let (key, item) = (self.table.item(index).step, self.table.item(index + 1));
                if item.is_container() {
                    with_room(|| self.map(key, item, value))
                } else {
                    self.map(key, item, value)
                }
            }
        }
    }

    #[inline(always)]
    fn scalar<S: Source>(&mut self, primitive: Primitive, value: &S) -> CodecResult<()> {
        match primitive {
            Primitive::Bool => self.out.bool(value.bool()?),
            Primitive::Int8 => self.out.int8(narrow(primitive, value.signed(primitive)?)?),
            Primitive::Int16 => self.out.int16(narrow(primitive, value.signed(primitive)?)?),
            Primitive::Varint32 => self.out.int32(narrow(primitive, value.signed(primitive)?)?),
            Primitive::Varint64 => self.out.int64(value.signed(primitive)?),
            Primitive::Int32 => self.out.fixed_int32(narrow(primitive, value.signed(primitive)?)?),
            Primitive::Int64 => self.out.fixed_int64(value.signed(primitive)?),
            Primitive::Uint8 => self.out.uint8(narrow(primitive, value.unsigned(primitive)?)?),
            Primitive::Uint16 => self.out.uint16(narrow(primitive, value.unsigned(primitive)?)?),
            Primitive::VarUint32 => self.out.uint32(narrow(primitive, value.unsigned(primitive)?)?),
            Primitive::VarUint64 => self.out.uint64(value.unsigned(primitive)?),
            Primitive::Uint32 => self
                .out
                .fixed_uint32(narrow(primitive, value.unsigned(primitive)?)?),
            Primitive::Uint64 => self.out.fixed_uint64(value.unsigned(primitive)?),
            Primitive::Float32 => self.out.float32(value.float32()?),
            Primitive::Float64 => self.out.float64(value.float64()?),
            Primitive::String => self.out.string(&value.string()?),
            Primitive::Binary => self.out.bytes(&value.bytes()?),
            Primitive::Timestamp | Primitive::Duration | Primitive::Date | Primitive::Decimal => {
                return self.rare_scalar(primitive, value);
            }
        }
        Ok(())
    }

    /// What is large on the stack, apart from what is written in between.
    #[inline(never)]
    fn rare_scalar<S: Source>(&mut self, primitive: Primitive, value: &S) -> CodecResult<()> {
        match primitive {
            Primitive::Timestamp => self.out.timestamp(value.timestamp()?),
            Primitive::Duration => self.out.duration(value.duration()?),
            Primitive::Date => self.out.date(value.date()?),
            _ => self.out.decimal(&value.decimal()?),
        }
    }

    /// A message inside a message: its type, then its fields.
    #[inline(never)]
    fn message<S: Source>(&mut self, index: u32, value: &S) -> CodecResult<()> {
        self.out.enter()?;
        self.message_type(index);
        with_room(|| self.fields(self.table.message_at(index), value))?;
        self.out.leave();
        Ok(())
    }

    fn message_type(&mut self, index: u32) {
        self.out.byte(WireType::Message as u8);
        self.type_marker(index);
    }

    fn type_marker(&mut self, index: u32) {
        let marker = self.types.marker(index);
        self.out.uint32(marker);
        if marker & 1 == 0 {
            self.out.raw(self.table.definition_of(index).2);
        }
    }

    #[inline(never)]
    fn union<S: Source>(&mut self, index: u32, value: &S) -> CodecResult<()> {
        let (case, value) = value.case(self.table.union_at(index))?;
        self.out.uint32(case.number);
        self.out.byte(PRESENT);
        let written = if let Step::Message(index) = case.step {
            self.message(index, &value)
        } else {
            self.out.byte(case.wire_type);
            if let Step::Enum(index) = case.step {
                self.type_marker(index);
            }
            self.step(case.step, &value)
        };
        written.map_err(|error| error.in_named(&case.name))
    }

    #[inline(never)]
    fn list<S: Source>(&mut self, item: Item, value: &S) -> CodecResult<()> {
        let mut elements = value.elements(Sequence::List)?;
        let count = elements.len();
        self.out.length(count);
        if count == 0 {
            return Ok(());
        }
        let nulls = item.nullable && elements.clone().any(|element| element.is_null());
        self.out.byte(if nulls {
            element::DECLARED_OR_NULL
        } else {
            element::DECLARED
        });
        let item = Item {
            nullable: nulls,
            ..item
        };
        for index in 0..count {
            self.check()?;
            let written = match elements.next() {
                Some(element) => self.item(item, &element),
                None => Err(changed()),
            };
            if let Err(error) = written {
                return Err(error.in_element(index));
            }
        }
        Ok(())
    }

    #[inline(never)]
    fn messages<S: Source>(&mut self, index: u32, nullable: bool, value: &S) -> CodecResult<()> {
        let message = self.table.message_at(index);
        let mut elements = value.elements(Sequence::List)?;
        let count = elements.len();
        if count == 0 {
            self.out.byte(0);
            return Ok(());
        }
        let nulls = nullable && elements.clone().any(|element| element.is_null());
        self.out.enter()?;
        self.out.length(count);
        self.out.byte(if nulls {
            element::MESSAGE_OR_NULL
        } else {
            element::MESSAGE
        });
        self.message_type(index);
        if message.is_weightless() && !nulls {
            self.out.pay(count)?;
        }
        with_room(|| {
            for index in 0..count {
                let written = match elements.next() {
                    Some(element) => self.message_element(message, nulls, &element),
                    None => Err(changed()),
                };
                if let Err(error) = written {
                    return Err(error.in_element(index));
                }
            }
            Ok(())
        })?;
        self.out.leave();
        Ok(())
    }

    fn message_element<S: Source>(
        &mut self,
        message: &'t MessageType,
        nulls: bool,
        value: &S,
    ) -> CodecResult<()> {
        if nulls {
            if value.is_null() {
                self.out.byte(NULL);
                return Ok(());
            }
            self.out.byte(PRESENT);
        }
        self.fields(message, value)
    }

    #[inline(never)]
    fn set<S: Source>(&mut self, step: Step, value: &S) -> CodecResult<()> {
        let mut elements = value.elements(Sequence::Set)?;
        let count = elements.len();
        self.out.length(count);
        if count == 0 {
            return Ok(());
        }
        self.out.byte(element::DECLARED);
        let mut keys = Keys::new();
        for index in 0..count {
            let element = elements.next().ok_or_else(changed);
            let written = element.and_then(|element| self.distinct(step, &element, &mut keys, "elements"));
            written.map_err(|error| error.in_element(index))?;
        }
        Ok(())
    }

    /// A set's element, which is refused if it has been there.
    fn distinct<S: Source>(
        &mut self,
        step: Step,
        value: &S,
        keys: &mut Keys<'t>,
        what: &'static str,
    ) -> CodecResult<()> {
        if !S::DISTINCT {
            let key = self.key(step, value)?;
            if keys.contains(&key) {
                return Err(repeated(what));
            }
            keys.add(key);
        }
        self.step(step, value)
    }

    fn key<S: Source>(&self, step: Step, value: &S) -> CodecResult<Key<'t>> {
        Ok(match step {
            Step::Enum(index) => Key::Enum(value.enumeration(self.table.enum_at(index))?),
            Step::Scalar(Primitive::Bool) => Key::Bool(value.bool()?),
            Step::Scalar(Primitive::String) => Key::Text(value.string()?.into()),
            Step::Scalar(
                primitive @ (Primitive::Uint8
                | Primitive::Uint16
                | Primitive::VarUint32
                | Primitive::VarUint64
                | Primitive::Uint32
                | Primitive::Uint64),
            ) => Key::Unsigned(value.unsigned(primitive)?),
            Step::Scalar(primitive) => Key::Signed(value.signed(primitive)?),
            _ => unreachable!("build: a key is a scalar or an enum"),
        })
    }

    #[inline(never)]
    fn map<S: Source>(&mut self, key: Step, value: Item, source: &S) -> CodecResult<()> {
        let mut entries = source.entries()?;
        let count = entries.len();
        self.out.length(count);
        if count == 0 {
            return Ok(());
        }
        let message = match value.step {
            Step::Message(index) => Some(index),
            _ => None,
        };
        if message.is_some() {
            self.out.enter()?;
        }
        let mut keys = Keys::new();
        let mut in_chunk = 0;
        for index in 0..count {
            let following = entries.clone();
            let (name, entry) = entries.next().ok_or_else(|| changed().in_element(index))?;
            if value.nullable && entry.is_null() {
                self.out.byte(chunk::NULL_VALUE);
                self.entry_key(key, &name, &mut keys, index)?;
                continue;
            }
            if in_chunk == 0 {
                in_chunk = if value.nullable {
                    let values = following.map(|(_, value)| value).take(chunk::MAX);
                    values.take_while(|value| !value.is_null()).count()
                } else {
                    (count - index).min(chunk::MAX)
                };
                let header = message.map_or(chunk::DECLARED, |_| chunk::MESSAGE);
                self.out.begin_chunk(header, in_chunk);
                if let Some(message) = message {
                    self.message_type(message);
                }
            }
            in_chunk -= 1;
            self.entry_key(key, &name, &mut keys, index)?;
            let written = match message {
                Some(message) => with_room(|| self.fields(self.table.message_at(message), &entry)),
                None => self.step(value.step, &entry),
            };
            if let Err(error) = written {
                return Err(match self.key(key, &name) {
                    Ok(key) => error.in_entry(&key),
                    Err(_) => error.in_element(index),
                });
            }
        }
        if message.is_some() {
            self.out.leave();
        }
        Ok(())
    }

    fn entry_key<S: Source>(
        &mut self,
        step: Step,
        value: &S,
        keys: &mut Keys<'t>,
        index: usize,
    ) -> CodecResult<()> {
        let written = self.distinct(step, value, keys, "keys");
        written.map_err(|error| match self.key(step, value) {
            Ok(key) => error.in_entry(&key),
            Err(_) => error.in_element(index),
        })
    }
}

/// `value` as the integer that `primitive` is.
#[inline(always)]
fn narrow<W: Copy + Display, N: TryFrom<W>>(primitive: Primitive, value: W) -> CodecResult<N> {
    N::try_from(value).map_err(|_| out_of_range(primitive, value.to_string()))
}

#[cold]
fn out_of_range(primitive: Primitive, found: String) -> CodecError {
    CodecError::new(
        CodecErrorKind::OutOfRange,
        format!("a number in the range of {primitive}"),
        found,
    )
}

#[cold]
fn over_limit(limit: usize) -> CodecError {
    let expected = format!("a payload of at most {limit} bytes");
    CodecError::new(CodecErrorKind::OverLimit, expected, "a larger one")
}

/// A source that gives less than it said.
#[cold]
fn changed() -> CodecError {
    CodecError::new(
        CodecErrorKind::Malformed,
        "as many values as were counted",
        "fewer",
    )
}
