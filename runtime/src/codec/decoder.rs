//! Reads the values of a message; what enters are a peer's bytes, what leaves is a value or the reason why not.

pub(super) mod containers;
mod primitive;

use super::encoder::{too_deep, too_many_weightless};
use super::stack::with_room;
use super::type_info::{ReadTypes, wrong_definition, wrong_marker};
use super::{
    CodecError, CodecErrorKind, CodecResult, Enumeration, MAX_DEPTH, MAX_WEIGHTLESS, Message, NULL, PRESENT,
    REFERABLE, TypeInfo, Union, WireType, XLANG, scalar,
};
use bigdecimal::BigDecimal;
use fory_core::buffer::Reader;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use num_bigint::{BigInt, Sign};

/// Reads one payload. Made by [`Message::decode`].
pub struct Decoder<'a> {
    input: Reader<'a>,
    types: ReadTypes,
    depth: u32,
    weightless: usize,
}

impl<'a> Decoder<'a> {
    #[inline]
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self {
            input: Reader::new(bytes),
            types: ReadTypes::new(),
            depth: 1,
            weightless: 0,
        }
    }

    /// Reads what comes before the fields of the outermost message.
    #[inline]
    pub(super) fn begin_payload(&mut self, root: &'static TypeInfo) -> CodecResult<()> {
        if self.begins_with(root.header()) {
            self.types.push(root);
            return Ok(());
        }
        self.begin_other_payload(root)
    }

    /// Passes what comes before the fields, if the outermost message has this TypeDef header and all of it is there. Not for
    /// long TypeDefs.
    #[inline]
    pub(super) fn begins_with(&mut self, root: u64) -> bool {
        const BEGIN: [u8; 4] = [XLANG, PRESENT, WireType::Message as u8, 0];
        if let Some(([a, b, c, d, header @ ..], rest)) =
            self.input.slice_after_cursor().split_first_chunk::<12>()
            && [*a, *b, *c, *d] == BEGIN
            && u64::from_le_bytes(*header) == root
            && let size @ ..0xff = usize::from(header[0])
            && size <= rest.len()
        {
            self.skip(12 + size);
            return true;
        }
        false
    }

    /// For long TypeDefs, and where something is wrong.
    #[inline(never)]
    fn begin_other_payload(&mut self, root: &'static TypeInfo) -> CodecResult<()> {
        self.begin_any_payload()?;
        self.type_marker(root)
    }

    /// Reads what comes before the type of the outermost message.
    pub(super) fn begin_any_payload(&mut self) -> CodecResult<()> {
        let begin = self.take(3)?;
        if begin == [XLANG, PRESENT, WireType::Message as u8] {
            return Ok(());
        }
        let found = format!("{:02x} {:02x} {:02x}", begin[0], begin[1], begin[2]);
        Err(malformed("a payload that begins with 01 ff 1e", found))
    }

    /// Says whether all bytes were used.
    #[inline]
    pub(super) fn is_at_end(&self) -> bool {
        self.left() == 0
    }

    /// The error of a payload: of its fields, or of bytes after them.
    #[cold]
    #[inline(never)]
    pub(super) fn failed(&self, root: &'static TypeInfo, error: Option<CodecError>) -> CodecError {
        error
            .unwrap_or_else(|| trailing(self.left()))
            .of_message(root.name())
    }

    /// Reads a `timestamp`.
    ///
    /// # Errors
    /// Bytes that end early, or a value outside the range of the language.
    #[inline]
    pub fn timestamp(&mut self) -> CodecResult<Timestamp> {
        let seconds = self.fixed_int64()?;
        let nanos = self.fixed_uint32()?;
        scalar::timestamp(seconds, nanos)
            .ok_or_else(|| bad_time(scalar::TIMESTAMP_RANGE, seconds, nanos.into()))
    }

    /// Reads a `duration`.
    ///
    /// # Errors
    /// Bytes that end early, or a value outside the range of the language.
    #[inline]
    pub fn duration(&mut self) -> CodecResult<SignedDuration> {
        let seconds = self.int64()?;
        let nanos = self.fixed_int32()?;
        scalar::duration(seconds, nanos)
            .ok_or_else(|| bad_time(scalar::DURATION_RANGE, seconds, nanos.into()))
    }

    /// Reads a `date`.
    ///
    /// # Errors
    /// Bytes that end early, or a value outside the range of the language.
    #[inline]
    pub fn date(&mut self) -> CodecResult<Date> {
        let days = self.int64()?;
        scalar::date(days).ok_or_else(|| bad_date(days))
    }

    /// Reads a `decimal`, with the scale it was written with.
    ///
    /// # Errors
    /// Bytes that end early, a value outside the range of the language, or a magnitude with leading zeros.
    pub fn decimal(&mut self) -> CodecResult<BigDecimal> {
        let scale = i64::from(self.int32()?);
        if !(-scalar::MAX_SCALE..=scalar::MAX_SCALE).contains(&scale) {
            return Err(out_of_range(scalar::DECIMAL_RANGE, format!("scale {scale}")));
        }
        let header = self.uint64()?;
        if header & 1 == 0 {
            let zigzag = header >> 1;
            let unscaled = (zigzag >> 1).cast_signed() ^ -(zigzag & 1).cast_signed();
            return Ok(BigDecimal::new(BigInt::from(unscaled), scale));
        }
        let sign = if header & 2 == 0 { Sign::Plus } else { Sign::Minus };
        let length = match usize::try_from(header >> 2) {
            Ok(length @ 1..=scalar::MAX_MAGNITUDE) => length,
            _ => {
                return Err(out_of_range(
                    scalar::DECIMAL_RANGE,
                    format!("{} bytes of magnitude", header >> 2),
                ));
            }
        };
        let magnitude = self.take(length)?;
        if magnitude.last() == Some(&0) {
            return Err(malformed("a decimal magnitude without leading zeros", "one"));
        }
        Ok(BigDecimal::new(BigInt::from_bytes_le(sign, magnitude), scale))
    }

    /// Reads an enum by its declared number.
    ///
    /// # Errors
    /// Bytes that end early, or a number the enum does not declare.
    #[inline]
    pub fn enumeration<E: Enumeration>(&mut self) -> CodecResult<E> {
        let number = self.uint32()?;
        E::from_number(number).ok_or_else(|| unknown_value(E::TYPE.name(), number))
    }

    /// Reads a message inside a message: its type, then its fields.
    ///
    /// # Errors
    /// What the fields return, another type or definition, and messages nested too deep.
    #[inline]
    pub fn message<M: Message>(&mut self) -> CodecResult<M> {
        self.enter()?;
        self.message_type(M::TYPE)?;
        let message = with_room::<M, _>(|| M::read_fields(self))?;
        self.leave();
        Ok(message)
    }

    /// Reads a union.
    ///
    /// # Errors
    /// What the case's value returns, or a case the union does not declare.
    #[inline]
    pub fn union<U: Union>(&mut self) -> CodecResult<U> {
        U::read_case(self)
    }

    /// Reads the number of a union's case; its type and value are to follow.
    ///
    /// # Errors
    /// Bytes that end early, or a case without a value.
    #[inline]
    pub fn case(&mut self) -> CodecResult<u32> {
        let number = self.uint32()?;
        match self.byte()? {
            // Fory's derive says of a message in a case that others may refer to it; the value follows all the same.
            PRESENT | REFERABLE => Ok(number),
            flag => Err(wrong_byte("the value of a union's case (ff)", flag)),
        }
    }

    /// Reads the type of a case's value, which is to be a scalar.
    ///
    /// # Errors
    /// Bytes that end early, or another type.
    #[inline]
    pub fn scalar_case(&mut self, expected: WireType) -> CodecResult<()> {
        self.case_type(expected as u8)
    }

    /// The same by number.
    #[inline]
    pub(super) fn case_type(&mut self, expected: u8) -> CodecResult<()> {
        match self.byte()? {
            found if found == expected => Ok(()),
            found => Err(wrong_type(expected, found)),
        }
    }

    /// Reads a case's value that is an enum.
    ///
    /// # Errors
    /// Bytes that end early, another type or definition, or a number the enum does not declare.
    #[inline]
    pub fn enum_case<E: Enumeration>(&mut self) -> CodecResult<E> {
        self.scalar_case(WireType::Enum)?;
        self.type_marker(E::TYPE)?;
        self.enumeration()
    }

    /// Reads a value that may be missing.
    ///
    /// # Errors
    /// What `each` returns, or a flag that is neither.
    #[inline]
    pub fn optional<T>(&mut self, each: impl FnOnce(&mut Self) -> CodecResult<T>) -> CodecResult<Option<T>> {
        if self.present()? {
            each(self).map(Some)
        } else {
            Ok(None)
        }
    }

    /// Reads whether a value is there.
    #[inline]
    pub(super) fn present(&mut self) -> CodecResult<bool> {
        match self.byte()? {
            PRESENT => Ok(true),
            NULL => Ok(false),
            flag => Err(wrong_byte("a value (ff) or a null (fd)", flag)),
        }
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
    fn message_type(&mut self, info: &'static TypeInfo) -> CodecResult<()> {
        self.scalar_case(WireType::Message)?;
        self.type_marker(info)
    }

    /// Reads a type marker, and the TypeDef if it follows: it must be ours.
    #[inline]
    fn type_marker(&mut self, expected: &'static TypeInfo) -> CodecResult<()> {
        let marker = self.uint32()?;
        let index = (marker >> 1) as usize;
        if marker & 1 == 1 {
            return match self.types.get(index) {
                Some(found) if found.is(expected) => Ok(()),
                found => Err(wrong_marker(expected.name(), index, found.map(TypeInfo::name))),
            };
        }
        if index != self.types.len() {
            return Err(wrong_index(self.types.len(), index));
        }
        let header = self.fixed_uint64()?;
        if header != expected.header() {
            return Err(wrong_definition(expected.name(), expected.header(), header));
        }
        self.skip_definition(header)?;
        self.types.push(expected);
        Ok(())
    }

    /// Passes the body of a TypeDef whose header is ours: its hash stands for it, so that it is not looked at again.
    #[inline]
    pub(super) fn skip_definition(&mut self, header: u64) -> CodecResult<()> {
        let size = match header & 0xff {
            0xff => (self.uint32()? as usize).saturating_add(0xff),
            size => size as usize,
        };
        self.take(size).map(|_| ())
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

/// The error for a case that `union` does not declare.
#[cold]
#[inline(never)]
#[must_use]
pub fn unknown_case(union: &str, number: u32) -> CodecError {
    CodecError::new(
        CodecErrorKind::UnknownNumber,
        format!("a case of `{union}`"),
        format!("number {number}"),
    )
}

/// A marker that begins a type, and not the next one.
#[cold]
#[inline(never)]
pub(super) fn wrong_index(expected: usize, found: usize) -> CodecError {
    malformed(format!("type marker {expected}"), found.to_string())
}

#[cold]
#[inline(never)]
pub(super) fn malformed(
    expected: impl Into<std::borrow::Cow<'static, str>>,
    found: impl Into<std::borrow::Cow<'static, str>>,
) -> CodecError {
    CodecError::new(CodecErrorKind::Malformed, expected, found)
}

#[cold]
#[inline(never)]
fn wrong_byte(expected: &'static str, found: u8) -> CodecError {
    let kind = if found == NULL {
        CodecErrorKind::UnexpectedNull
    } else {
        CodecErrorKind::Malformed
    };
    CodecError::new(kind, expected, format!("{found:02x}"))
}

#[cold]
#[inline(never)]
fn wrong_type(expected: u8, found: u8) -> CodecError {
    let name = WireType::named(expected).map(|wire_type| format!(" ({wire_type:?})"));
    CodecError::new(
        CodecErrorKind::TypeMismatch,
        format!("type {expected}{}", name.unwrap_or_default()),
        format!("type {found}"),
    )
}

#[cold]
#[inline(never)]
pub(super) fn trailing(left: usize) -> CodecError {
    CodecError::new(
        CodecErrorKind::TrailingBytes,
        "the end of the payload",
        format!("{left} more bytes"),
    )
}

#[cold]
#[inline(never)]
fn truncated(expected: &'static str, left: usize) -> CodecError {
    CodecError::new(CodecErrorKind::Truncated, expected, format!("{left} bytes left"))
}

#[cold]
#[inline(never)]
fn out_of_range(expected: &'static str, found: String) -> CodecError {
    CodecError::new(CodecErrorKind::OutOfRange, expected, found)
}

#[cold]
#[inline(never)]
fn bad_time(expected: &'static str, seconds: i64, nanos: i64) -> CodecError {
    out_of_range(expected, format!("{seconds} seconds and {nanos} nanoseconds"))
}

#[cold]
#[inline(never)]
fn bad_date(days: i64) -> CodecError {
    out_of_range(scalar::DATE_RANGE, format!("day {days} since 1970-01-01"))
}

#[cold]
#[inline(never)]
pub(super) fn unknown_value(name: &str, number: u32) -> CodecError {
    CodecError::new(
        CodecErrorKind::UnknownNumber,
        format!("a value of `{name}`"),
        format!("number {number}"),
    )
}
