//! What a decoded payload is shown to.

use super::{Case, EnumType, EnumValue, Field, Key, MessageType, UnionType};
use crate::codec::CodecResult;
use aster_contract::model::Primitive;
use bigdecimal::BigDecimal;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

/// What holds elements one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sequence {
    /// `list<T>`
    List,
    /// `set<T>`: no element is there twice.
    Set,
}

/// Makes a value of its own from a payload, in one pass: each method is called when that much has been read, and what it
/// returns is handed to the method that closes the value around it.
///
/// Counts are hints within a few dozen, as a peer can claim any. An error ends the reading, and gets the path to where it was;
/// [`CodecError::new`](crate::codec::CodecError::new) makes one.
pub trait Sink {
    /// A value that has been read.
    type Value;
    /// A message that is being read.
    type Message;
    /// A list or set that is being read.
    type List;
    /// A map that is being read.
    type Map;

    /// A `bool`.
    ///
    /// # Errors
    /// The sink's own.
    fn bool(&mut self, value: bool) -> CodecResult<Self::Value>;

    /// A signed integer, in the range of `primitive`.
    ///
    /// # Errors
    /// The sink's own.
    fn signed(&mut self, primitive: Primitive, value: i64) -> CodecResult<Self::Value>;

    /// An unsigned integer, in the range of `primitive`.
    ///
    /// # Errors
    /// The sink's own.
    fn unsigned(&mut self, primitive: Primitive, value: u64) -> CodecResult<Self::Value>;

    /// A `float32`.
    ///
    /// # Errors
    /// The sink's own.
    fn float32(&mut self, value: f32) -> CodecResult<Self::Value>;

    /// A `float64`.
    ///
    /// # Errors
    /// The sink's own.
    fn float64(&mut self, value: f64) -> CodecResult<Self::Value>;

    /// A `string`.
    ///
    /// # Errors
    /// The sink's own.
    fn string(&mut self, value: &str) -> CodecResult<Self::Value>;

    /// `bytes`.
    ///
    /// # Errors
    /// The sink's own.
    fn bytes(&mut self, value: &[u8]) -> CodecResult<Self::Value>;

    /// A `timestamp`, in the range of the language.
    ///
    /// # Errors
    /// The sink's own.
    fn timestamp(&mut self, value: Timestamp) -> CodecResult<Self::Value>;

    /// A `duration`, in the range of the language.
    ///
    /// # Errors
    /// The sink's own.
    fn duration(&mut self, value: SignedDuration) -> CodecResult<Self::Value>;

    /// A `date`, in the range of the language.
    ///
    /// # Errors
    /// The sink's own.
    fn date(&mut self, value: Date) -> CodecResult<Self::Value>;

    /// A `decimal`, in the range of the language.
    ///
    /// # Errors
    /// The sink's own.
    fn decimal(&mut self, value: BigDecimal) -> CodecResult<Self::Value>;

    /// A value of an enum.
    ///
    /// # Errors
    /// The sink's own.
    fn enumeration(&mut self, of: &EnumType, value: &EnumValue) -> CodecResult<Self::Value>;

    /// The null of a list element or a map value.
    ///
    /// # Errors
    /// The sink's own.
    fn null(&mut self) -> CodecResult<Self::Value>;

    /// A message begins.
    ///
    /// # Errors
    /// The sink's own.
    fn begin_message(&mut self, of: &MessageType) -> CodecResult<Self::Message>;

    /// An optional field is absent.
    ///
    /// # Errors
    /// The sink's own.
    fn absent(&mut self, message: &mut Self::Message, field: &Field) -> CodecResult<()>;

    /// The value of a field follows.
    ///
    /// # Errors
    /// The sink's own.
    fn begin_field(&mut self, message: &mut Self::Message, field: &Field) -> CodecResult<()>;

    /// The value of the field that has begun.
    ///
    /// # Errors
    /// The sink's own.
    fn field(&mut self, message: &mut Self::Message, field: &Field, value: Self::Value) -> CodecResult<()>;

    /// The message has all its fields.
    ///
    /// # Errors
    /// The sink's own.
    fn end_message(&mut self, of: &MessageType, message: Self::Message) -> CodecResult<Self::Value>;

    /// The value of a union's case follows.
    ///
    /// # Errors
    /// The sink's own.
    fn begin_case(&mut self, of: &UnionType, case: &Case) -> CodecResult<()>;

    /// The union, of the value of the case that has begun.
    ///
    /// # Errors
    /// The sink's own.
    fn end_case(&mut self, of: &UnionType, case: &Case, value: Self::Value) -> CodecResult<Self::Value>;

    /// A list or set begins.
    ///
    /// # Errors
    /// The sink's own.
    fn begin_list(&mut self, sequence: Sequence, count: usize) -> CodecResult<Self::List>;

    /// An element follows.
    ///
    /// # Errors
    /// The sink's own.
    fn begin_element(&mut self, list: &mut Self::List) -> CodecResult<()>;

    /// The element that has begun.
    ///
    /// # Errors
    /// The sink's own.
    fn element(&mut self, list: &mut Self::List, value: Self::Value) -> CodecResult<()>;

    /// The list or set has all its elements.
    ///
    /// # Errors
    /// The sink's own.
    fn end_list(&mut self, list: Self::List) -> CodecResult<Self::Value>;

    /// A map begins.
    ///
    /// # Errors
    /// The sink's own.
    fn begin_map(&mut self, count: usize) -> CodecResult<Self::Map>;

    /// The key of an entry; its value follows. No key comes twice.
    ///
    /// # Errors
    /// The sink's own.
    fn key(&mut self, map: &mut Self::Map, key: &Key<'_>) -> CodecResult<()>;

    /// The value of the entry whose key has come.
    ///
    /// # Errors
    /// The sink's own.
    fn entry(&mut self, map: &mut Self::Map, value: Self::Value) -> CodecResult<()>;

    /// The map has all its entries.
    ///
    /// # Errors
    /// The sink's own.
    fn end_map(&mut self, map: Self::Map) -> CodecResult<Self::Value>;
}
