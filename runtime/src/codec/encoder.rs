//! Writes the values of a message; what enters is a value, what leaves are its bytes at the end of the buffer.

mod containers;
pub mod write;

use super::scalar::{self, Unscaled};
use super::stack::with_room;
use super::type_info::WrittenTypes;
use super::{
    CodecError, CodecErrorKind, CodecResult, Enumeration, MAX_DEPTH, MAX_WEIGHTLESS, Message, NULL, PRESENT,
    TypeInfo, Union, WireType, XLANG,
};
use bigdecimal::BigDecimal;
use fory_core::buffer::Writer;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use std::fmt::Debug;

/// Writes one payload. Made by [`Message::encode`].
pub struct Encoder<'a> {
    /// The caller's buffer, held by value while the payload is written: one indirection less for every byte.
    buffer: Vec<u8>,
    caller: &'a mut Vec<u8>,
    start: usize,
    types: WrittenTypes,
    depth: u32,
    weightless: usize,
}

/// What writing one element returns: nothing where it cannot fail, else a [`CodecResult`]. The container returns the
/// same.
pub trait Written: Sized {
    /// Nothing failed.
    const DONE: Self;

    /// The failure, if this is one.
    fn failure(self) -> Option<CodecError>;

    /// A container's failure. Never called where nothing can fail.
    fn failed(error: CodecError) -> Self;
}

impl Written for () {
    const DONE: Self = ();

    #[inline]
    fn failure(self) -> Option<CodecError> {
        None
    }

    #[inline]
    fn failed(_: CodecError) -> Self {}
}

impl Written for CodecResult<()> {
    const DONE: Self = Ok(());

    #[inline]
    fn failure(self) -> Option<CodecError> {
        self.err()
    }

    #[inline]
    fn failed(error: CodecError) -> Self {
        Err(error)
    }
}

impl<'a> Encoder<'a> {
    /// An encoder at the end of `buffer`, which it gives back in [`finish`](Self::finish).
    #[inline]
    pub(super) fn new(buffer: &'a mut Vec<u8>, root: &'static TypeInfo) -> Self {
        Self {
            start: buffer.len(),
            buffer: std::mem::take(buffer),
            caller: buffer,
            types: WrittenTypes::new(root),
            depth: 1,
            weightless: 0,
        }
    }

    /// Begins the payload: its header, and the TypeDef of the outermost message.
    #[inline]
    pub(super) fn begin(&mut self, root: &'static TypeInfo) {
        self.begin_payload(root.definition());
    }

    /// The same by the TypeDef.
    #[inline]
    pub(super) fn begin_payload(&mut self, definition: &[u8]) {
        self.raw(&[XLANG, PRESENT, WireType::Message as u8, 0]);
        self.raw(definition);
    }

    /// Ends the payload and gives the buffer back; takes the payload back if it failed.
    #[inline]
    pub(super) fn finish(&mut self, root: &'static TypeInfo, written: CodecResult<()>) -> CodecResult<()> {
        *self.caller = std::mem::take(&mut self.buffer);
        // No length or count inside a payload can be over 32 bits unless the whole is.
        if written.is_ok() && (self.caller.len() - self.start) as u64 <= u64::from(u32::MAX) {
            return Ok(());
        }
        self.caller.truncate(self.start);
        Err(failed(root, written))
    }

    /// How many bytes of the payload there are.
    #[inline]
    pub(super) fn written(&self) -> usize {
        self.buffer.len() - self.start
    }

    // Scalars. What cannot fail returns nothing.

    /// Writes a `bool`.
    #[inline]
    pub fn bool(&mut self, value: bool) {
        self.out().write_bool(value);
    }

    /// Writes an `int8`.
    #[inline]
    pub fn int8(&mut self, value: i8) {
        self.out().write_i8(value);
    }

    /// Writes an `int16`.
    #[inline]
    pub fn int16(&mut self, value: i16) {
        self.out().write_i16(value);
    }

    /// Writes an `int32`: a zigzag varint.
    #[inline]
    pub fn int32(&mut self, value: i32) {
        self.uint32((value << 1 ^ value >> 31).cast_unsigned());
    }

    /// Writes an `int64`: a zigzag varint.
    #[inline]
    pub fn int64(&mut self, value: i64) {
        self.uint64((value << 1 ^ value >> 63).cast_unsigned());
    }

    /// Writes a `fixed_int32`: four bytes.
    #[inline]
    pub fn fixed_int32(&mut self, value: i32) {
        self.out().write_i32(value);
    }

    /// Writes a `fixed_int64`: eight bytes.
    #[inline]
    pub fn fixed_int64(&mut self, value: i64) {
        self.out().write_i64(value);
    }

    /// Writes a `uint8`.
    #[inline]
    pub fn uint8(&mut self, value: u8) {
        self.byte(value);
    }

    /// Writes a `uint16`.
    #[inline]
    pub fn uint16(&mut self, value: u16) {
        self.out().write_u16(value);
    }

    /// Writes a `uint32`: a varint.
    #[inline]
    pub fn uint32(&mut self, value: u32) {
        if value < 0x80 {
            self.byte(value as u8);
        } else if value < 0x4000 {
            self.out().write_u16(two_bytes(value as u16));
        } else {
            self.long_uint32(value);
        }
    }

    #[inline(never)]
    fn long_uint32(&mut self, value: u32) {
        self.out().write_var_u32(value);
    }

    /// Writes a `uint64`: a varint.
    #[inline]
    pub fn uint64(&mut self, value: u64) {
        if value < 0x80 {
            self.byte(value as u8);
        } else if value < 0x4000 {
            self.out().write_u16(two_bytes(value as u16));
        } else {
            self.long_uint64(value);
        }
    }

    #[inline(never)]
    fn long_uint64(&mut self, value: u64) {
        self.out().write_var_u64(value);
    }

    /// Writes a `fixed_uint32`: four bytes.
    #[inline]
    pub fn fixed_uint32(&mut self, value: u32) {
        self.out().write_u32(value);
    }

    /// Writes a `fixed_uint64`: eight bytes.
    #[inline]
    pub fn fixed_uint64(&mut self, value: u64) {
        self.out().write_u64(value);
    }

    /// Writes a `float32`.
    #[inline]
    pub fn float32(&mut self, value: f32) {
        self.out().write_f32(value);
    }

    /// Writes a `float64`.
    #[inline]
    pub fn float64(&mut self, value: f64) {
        self.out().write_f64(value);
    }

    /// Writes a `string`, as UTF-8.
    #[inline]
    pub fn string(&mut self, value: &str) {
        self.uint64((value.len() as u64) << 2 | 2);
        self.raw(value.as_bytes());
    }

    /// Writes `bytes`.
    #[inline]
    pub fn bytes(&mut self, value: &[u8]) {
        self.length(value.len());
        self.raw(value);
    }

    /// Writes a `timestamp`.
    ///
    /// # Errors
    /// Outside the range of the language.
    #[inline]
    pub fn timestamp(&mut self, value: Timestamp) -> CodecResult<()> {
        let Some((seconds, nanos)) = scalar::split_timestamp(value) else {
            return Err(out_of_range(scalar::TIMESTAMP_RANGE, &value));
        };
        self.out().write_i64(seconds);
        self.out().write_u32(nanos);
        Ok(())
    }

    /// Writes a `duration`.
    ///
    /// # Errors
    /// Outside the range of the language.
    #[inline]
    pub fn duration(&mut self, value: SignedDuration) -> CodecResult<()> {
        let Some((seconds, nanos)) = scalar::split_duration(value) else {
            return Err(out_of_range(scalar::DURATION_RANGE, &value));
        };
        self.int64(seconds);
        self.out().write_i32(nanos);
        Ok(())
    }

    /// Writes a `date`.
    ///
    /// # Errors
    /// Outside the range of the language.
    #[inline]
    pub fn date(&mut self, value: Date) -> CodecResult<()> {
        let Some(days) = scalar::split_date(value) else {
            return Err(out_of_range(scalar::DATE_RANGE, &value));
        };
        self.int64(days);
        Ok(())
    }

    /// Writes a `decimal`, with the scale it has.
    ///
    /// # Errors
    /// Outside the range of the language.
    pub fn decimal(&mut self, value: &BigDecimal) -> CodecResult<()> {
        let Some((scale, unscaled)) = scalar::split_decimal(value) else {
            // The text of such a number may be megabytes.
            let (unscaled, scale) = value.as_bigint_and_scale();
            let found = format!("scale {scale} and {} bits of magnitude", unscaled.bits());
            return Err(CodecError::new(
                CodecErrorKind::OutOfRange,
                scalar::DECIMAL_RANGE,
                found,
            ));
        };
        self.int32(scale);
        match unscaled {
            Unscaled::Small(header) => self.uint64(header),
            Unscaled::Large { header, magnitude } => {
                self.uint64(header);
                self.raw(&magnitude);
            }
        }
        Ok(())
    }

    /// Writes an enum, as its declared number.
    #[inline]
    pub fn enumeration<E: Enumeration>(&mut self, value: &E) {
        self.uint32(value.number());
    }

    // Types of a schema.

    /// Writes a message inside a message: its type, then its fields.
    ///
    /// # Errors
    /// What the message's fields return, and messages nested too deep.
    #[inline]
    pub fn message<M: Message>(&mut self, value: &M) -> CodecResult<()> {
        self.enter()?;
        self.message_type(M::TYPE);
        with_room::<M, _>(|| value.write_fields(self))?;
        self.leave();
        Ok(())
    }

    /// Writes a union.
    ///
    /// # Errors
    /// What the case's value returns.
    #[inline]
    pub fn union<U: Union>(&mut self, value: &U) -> CodecResult<()> {
        value.write_case(self)
    }

    /// Begins case `number` of a union whose value is a scalar; the value is to follow.
    #[inline]
    pub fn scalar_case(&mut self, number: u32, wire_type: WireType) {
        self.uint32(number);
        self.raw(&[PRESENT, wire_type as u8]);
    }

    /// Writes case `number` of a union, whose value is an enum.
    #[inline]
    pub fn enum_case<E: Enumeration>(&mut self, number: u32, value: &E) {
        self.scalar_case(number, WireType::Enum);
        self.type_marker(E::TYPE);
        self.enumeration(value);
    }

    /// Writes case `number` of a union, whose value is a message.
    ///
    /// # Errors
    /// What the message's fields return, and messages nested too deep.
    #[inline]
    pub fn message_case<M: Message>(&mut self, number: u32, value: &M) -> CodecResult<()> {
        self.uint32(number);
        self.byte(PRESENT);
        self.message(value)
    }

    /// Writes a value that may be missing.
    ///
    /// # Errors
    /// What `each` returns.
    #[inline]
    pub fn optional<T, W: Written>(&mut self, value: Option<&T>, each: impl FnOnce(&mut Self, &T) -> W) -> W
    where
        T: ?Sized,
    {
        match value {
            Some(value) => {
                self.byte(PRESENT);
                each(self, value)
            }
            None => {
                self.byte(NULL);
                W::DONE
            }
        }
    }

    // Parts.

    #[inline]
    fn out(&mut self) -> Writer<'_> {
        Writer::from_buffer(&mut self.buffer)
    }

    #[inline]
    pub(super) fn byte(&mut self, value: u8) {
        self.buffer.push(value);
    }

    #[inline]
    pub(super) fn raw(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// A length or count, written whole: one that does not fit 32 bits makes the payload too large.
    #[inline]
    pub(super) fn length(&mut self, value: usize) {
        self.uint64(value as u64);
    }

    #[inline]
    pub(super) fn enter(&mut self) -> CodecResult<()> {
        if self.depth >= MAX_DEPTH {
            return Err(too_deep());
        }
        self.depth += 1;
        Ok(())
    }

    #[inline]
    pub(super) fn leave(&mut self) {
        self.depth -= 1;
    }

    #[inline]
    fn message_type(&mut self, info: &'static TypeInfo) {
        match self.types.last_marker(info) {
            Some(marker) => self.raw(&[WireType::Message as u8, marker]),
            None => {
                self.byte(WireType::Message as u8);
                self.type_marker(info);
            }
        }
    }

    #[inline(never)]
    fn type_marker(&mut self, info: &'static TypeInfo) {
        let marker = self.types.marker(info);
        self.uint32(marker);
        if marker & 1 == 0 {
            self.raw(info.definition());
        }
    }

    /// Counts `count` elements of `info` against the limit, if they occupy no bytes.
    #[inline]
    fn pay_for(&mut self, info: &TypeInfo, count: usize) -> CodecResult<()> {
        if info.is_weightless() {
            self.pay(count)
        } else {
            Ok(())
        }
    }

    /// Counts elements that occupy no bytes against the limit.
    #[inline]
    pub(super) fn pay(&mut self, count: usize) -> CodecResult<()> {
        self.weightless = self.weightless.saturating_add(count);
        if self.weightless > MAX_WEIGHTLESS {
            Err(too_many_weightless(self.weightless))
        } else {
            Ok(())
        }
    }
}

/// A varint of seven to fourteen bits.
#[inline]
fn two_bytes(value: u16) -> u16 {
    value & 0x7f | 0x80 | (value & 0x3f80) << 1
}

#[cold]
#[inline(never)]
fn failed(root: &'static TypeInfo, written: CodecResult<()>) -> CodecError {
    let too_large = || {
        CodecError::new(
            CodecErrorKind::TooLarge,
            "a payload of at most 4 GiB",
            "a larger one",
        )
    };
    written.err().unwrap_or_else(too_large).of_message(root.name())
}

#[cold]
#[inline(never)]
pub(super) fn too_deep() -> CodecError {
    CodecError::new(
        CodecErrorKind::TooDeep,
        format!("at most {MAX_DEPTH} messages inside each other"),
        "one more",
    )
}

#[cold]
#[inline(never)]
pub(super) fn too_many_weightless(found: usize) -> CodecError {
    CodecError::new(
        CodecErrorKind::TooLarge,
        format!("at most {MAX_WEIGHTLESS} list elements without fields in a payload"),
        found.to_string(),
    )
}

#[cold]
#[inline(never)]
fn out_of_range(expected: &'static str, found: &dyn Debug) -> CodecError {
    CodecError::new(CodecErrorKind::OutOfRange, expected, super::error::brief(found))
}
