//! What is asked for the values of a payload.

use super::{Case, EnumType, EnumValue, MessageType, Sequence, UnionType};
use crate::codec::CodecResult;
use aster_contract::model::Primitive;
use bigdecimal::BigDecimal;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use std::borrow::Cow;

/// A value to be written: a handle that is cheap to make, such as a reference. It is asked for what the schema says it is,
/// once, and refuses what it is not with [`CodecError::new`](crate::codec::CodecError::new); ranges of numbers, times and
/// decimals are checked by who asks.
pub trait Source: Sized {
    /// Whether sets and maps hold no element and no key twice; else that is looked at.
    const DISTINCT: bool;
    /// A message, its fields found.
    type Fields;
    /// The elements of a list or set. As many come as it says, or the value is refused.
    type Elements: ExactSizeIterator<Item = Self> + Clone;
    /// Keys and values of a map. As many come as it says, or the value is refused.
    type Entries: ExactSizeIterator<Item = (Self, Self)> + Clone;

    /// Whether there is no value here, where there may be none.
    fn is_null(&self) -> bool;

    /// A `bool`.
    ///
    /// # Errors
    /// It is another type.
    fn bool(&self) -> CodecResult<bool>;

    /// A signed integer, in the range of `primitive` or not.
    ///
    /// # Errors
    /// It is another type.
    fn signed(&self, primitive: Primitive) -> CodecResult<i64>;

    /// An unsigned integer, in the range of `primitive` or not.
    ///
    /// # Errors
    /// It is another type, or negative.
    fn unsigned(&self, primitive: Primitive) -> CodecResult<u64>;

    /// A `float32`.
    ///
    /// # Errors
    /// It is another type, or is none that a `float32` can be close to.
    fn float32(&self) -> CodecResult<f32>;

    /// A `float64`.
    ///
    /// # Errors
    /// It is another type, or is none that a `float64` can be close to.
    fn float64(&self) -> CodecResult<f64>;

    /// A `string`.
    ///
    /// # Errors
    /// It is another type, or has a lone surrogate.
    fn string(&self) -> CodecResult<Cow<'_, str>>;

    /// `bytes`.
    ///
    /// # Errors
    /// It is another type.
    fn bytes(&self) -> CodecResult<Cow<'_, [u8]>>;

    /// A `timestamp`.
    ///
    /// # Errors
    /// It is another type.
    fn timestamp(&self) -> CodecResult<Timestamp>;

    /// A `duration`.
    ///
    /// # Errors
    /// It is another type.
    fn duration(&self) -> CodecResult<SignedDuration>;

    /// A `date`.
    ///
    /// # Errors
    /// It is another type.
    fn date(&self) -> CodecResult<Date>;

    /// A `decimal`.
    ///
    /// # Errors
    /// It is another type.
    fn decimal(&self) -> CodecResult<BigDecimal>;

    /// A value of an enum.
    ///
    /// # Errors
    /// It is another type, or none of its values.
    fn enumeration<'t>(&self, of: &'t EnumType) -> CodecResult<&'t EnumValue>;

    /// A message.
    ///
    /// # Errors
    /// It is another type, or has a field that the message has not.
    fn message(&self, of: &MessageType) -> CodecResult<Self::Fields>;

    /// The field at `index` of the message's fields, `None` if it is absent.
    ///
    /// # Errors
    /// The source's own.
    fn field(&self, fields: &Self::Fields, of: &MessageType, index: usize) -> CodecResult<Option<Self>>;

    /// The case of a union, and its value.
    ///
    /// # Errors
    /// It is another type, or none of its cases.
    fn case<'t>(&self, of: &'t UnionType) -> CodecResult<(&'t Case, Self)>;

    /// The elements of a list or set.
    ///
    /// # Errors
    /// It is another type.
    fn elements(&self, sequence: Sequence) -> CodecResult<Self::Elements>;

    /// The entries of a map.
    ///
    /// # Errors
    /// It is another type.
    fn entries(&self) -> CodecResult<Self::Entries>;
}
