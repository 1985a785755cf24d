//! What a payload says about a type: its TypeDef, written once, and markers that refer back to it.

use super::{CodecError, CodecErrorKind};
use rustc_hash::FxHashMap;
use std::fmt;

/// A named type as generated code knows it: full name and TypeDef. One `static` per type; compared by address.
pub struct TypeInfo {
    name: &'static str,
    definition: &'static [u8],
    header: u64,
    fields: usize,
}

impl TypeInfo {
    /// `definition` is the whole TypeDef, header and body, as `fory_core::meta::TypeMeta` makes it.
    ///
    /// # Panics
    /// If `definition` is shorter than a TypeDef can be; in a `static` that is a compile error.
    #[must_use]
    pub const fn new(name: &'static str, definition: &'static [u8]) -> Self {
        let Some((header, body)) = definition.split_first_chunk::<8>() else {
            panic!("a TypeDef begins with eight bytes of header")
        };
        let header = u64::from_le_bytes(*header);
        let fields = fields(if header & 0xff == 0xff {
            skip_uvarint(body)
        } else {
            body
        });
        Self {
            name,
            definition,
            header,
            fields,
        }
    }

    /// The type's full name, `package.Name`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The TypeDef: eight bytes of header (hash and size), then the body.
    #[must_use]
    pub const fn definition(&self) -> &'static [u8] {
        self.definition
    }

    #[inline]
    pub(super) fn header(&self) -> u64 {
        self.header
    }

    /// Whether a value of this message occupies no bytes.
    #[inline]
    pub(super) fn is_weightless(&self) -> bool {
        self.fields == 0
    }

    /// How many fields a message has.
    pub(super) const fn fields(&self) -> usize {
        self.fields
    }

    #[inline]
    pub(super) fn is(&'static self, other: &'static TypeInfo) -> bool {
        std::ptr::eq(self, other)
    }
}

/// The number of fields in the body of a TypeDef: five bits of its first byte, and a uvarint if they are all set.
const fn fields(body: &[u8]) -> usize {
    let [first, rest @ ..] = body else {
        panic!("a TypeDef has a body")
    };
    let few = (*first & 0x1f) as usize;
    if few < 0x1f { few } else { few + uvarint(rest) }
}

const fn uvarint(bytes: &[u8]) -> usize {
    let [byte, rest @ ..] = bytes else {
        panic!("a varint has a last byte")
    };
    let low = (*byte & 0x7f) as usize;
    if *byte < 0x80 {
        low
    } else {
        low | uvarint(rest) << 7
    }
}

const fn skip_uvarint(bytes: &[u8]) -> &[u8] {
    let [byte, rest @ ..] = bytes else {
        panic!("a varint has a last byte")
    };
    if *byte < 0x80 { rest } else { skip_uvarint(rest) }
}

impl fmt::Debug for TypeInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TypeInfo").field(&self.name).finish()
    }
}

/// The type ids that are written before a value: in union cases, and before messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum WireType {
    /// `bool`
    Bool = 1,
    /// `int8`
    Int8 = 2,
    /// `int16`
    Int16 = 3,
    /// `fixed_int32`
    FixedInt32 = 4,
    /// `int32`
    Int32 = 5,
    /// `fixed_int64`
    FixedInt64 = 6,
    /// `int64`
    Int64 = 7,
    /// `uint8`
    Uint8 = 9,
    /// `uint16`
    Uint16 = 10,
    /// `fixed_uint32`
    FixedUint32 = 11,
    /// `uint32`
    Uint32 = 12,
    /// `fixed_uint64`
    FixedUint64 = 13,
    /// `uint64`
    Uint64 = 14,
    /// `float32`
    Float32 = 19,
    /// `float64`
    Float64 = 20,
    /// `string`
    String = 21,
    /// An enum, with its TypeDef
    Enum = 26,
    /// A message, with its TypeDef
    Message = 30,
    /// `duration`
    Duration = 37,
    /// `timestamp`
    Timestamp = 38,
    /// `date`
    Date = 39,
    /// `decimal`
    Decimal = 40,
    /// `bytes`
    Bytes = 41,
}

impl WireType {
    const ALL: [Self; 23] = [
        Self::Bool,
        Self::Int8,
        Self::Int16,
        Self::FixedInt32,
        Self::Int32,
        Self::FixedInt64,
        Self::Int64,
        Self::Uint8,
        Self::Uint16,
        Self::FixedUint32,
        Self::Uint32,
        Self::FixedUint64,
        Self::Uint64,
        Self::Float32,
        Self::Float64,
        Self::String,
        Self::Enum,
        Self::Message,
        Self::Duration,
        Self::Timestamp,
        Self::Date,
        Self::Decimal,
        Self::Bytes,
    ];

    /// The type with this number.
    pub(super) fn named(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|wire_type| *wire_type as u8 == number)
    }
}

/// Types held in place before the tables of a payload take memory of their own.
const INLINE: usize = 8;

/// The types an encoder has written, by address. Every look-up is constant time.
pub(super) struct WrittenTypes {
    first: [Option<&'static TypeInfo>; INLINE],
    rest: FxHashMap<usize, u32>,
    len: u32,
    last: &'static TypeInfo,
    last_marker: u32,
}

impl WrittenTypes {
    /// The table of a payload that has written the TypeDef of `root`, and no other.
    #[inline]
    pub(super) fn new(root: &'static TypeInfo) -> Self {
        let mut first = [None; INLINE];
        first[0] = Some(root);
        Self {
            first,
            rest: FxHashMap::default(),
            len: 1,
            last: root,
            last_marker: 1,
        }
    }

    /// The marker to write for `info`, if it is the type of the last marker and the marker is one byte.
    #[inline]
    pub(super) fn last_marker(&self, info: &'static TypeInfo) -> Option<u8> {
        (self.last.is(info) && self.last_marker < 0x80).then_some(self.last_marker as u8)
    }

    /// The marker to write for `info`; when its lowest bit is 0, the TypeDef is to follow.
    #[inline]
    pub(super) fn marker(&mut self, info: &'static TypeInfo) -> u32 {
        if self.last.is(info) {
            self.last_marker
        } else {
            self.look_up(info)
        }
    }

    #[inline(never)]
    fn look_up(&mut self, info: &'static TypeInfo) -> u32 {
        let address = std::ptr::from_ref(info).addr();
        let inline = self
            .first
            .iter()
            .position(|seen| seen.is_some_and(|seen| seen.is(info)));
        let known = match inline {
            Some(index) => Some(index as u32),
            None if self.rest.is_empty() => None,
            None => self.rest.get(&address).copied(),
        };
        self.last = info;
        if let Some(index) = known {
            self.last_marker = index << 1 | 1;
            return self.last_marker;
        }
        let index = self.len;
        self.len += 1;
        match self.first.get_mut(index as usize) {
            Some(place) => *place = Some(info),
            None => {
                self.rest.insert(address, index);
            }
        }
        self.last_marker = index << 1 | 1;
        index << 1
    }
}

/// The types a decoder has read, in order of their first appearance.
pub(super) struct ReadTypes {
    first: [Option<&'static TypeInfo>; INLINE],
    rest: Vec<&'static TypeInfo>,
    len: usize,
}

impl ReadTypes {
    #[inline]
    pub(super) fn new() -> Self {
        Self {
            first: [None; INLINE],
            rest: Vec::new(),
            len: 0,
        }
    }

    #[inline]
    pub(super) fn len(&self) -> usize {
        self.len
    }

    #[inline]
    pub(super) fn push(&mut self, info: &'static TypeInfo) {
        match self.first.get_mut(self.len) {
            Some(place) => *place = Some(info),
            None => self.rest.push(info),
        }
        self.len += 1;
    }

    #[inline]
    pub(super) fn get(&self, index: usize) -> Option<&'static TypeInfo> {
        match self.first.get(index) {
            Some(place) => *place,
            None => self.rest.get(index - INLINE).copied(),
        }
    }
}

/// A marker that names another type than the one declared here, or none at all.
#[cold]
#[inline(never)]
pub(super) fn wrong_marker(expected: &str, index: usize, found: Option<&str>) -> CodecError {
    let found = match found {
        Some(found) => format!("type `{found}`"),
        None => format!("a reference to type {index}, which has not been defined"),
    };
    CodecError::new(CodecErrorKind::TypeMismatch, format!("type `{expected}`"), found)
}

/// A TypeDef whose header is not ours: the writer has another definition of the type, or another type.
#[cold]
#[inline(never)]
pub(super) fn wrong_definition(name: &str, expected: u64, header: u64) -> CodecError {
    CodecError::new(
        CodecErrorKind::TypeMismatch,
        format!("type `{name}` as defined here (TypeDef {expected:016x})"),
        format!("another definition (TypeDef {header:016x})"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info() -> &'static TypeInfo {
        Box::leak(Box::new(TypeInfo::new("a.B", &[1, 0, 0, 0, 0, 0, 0, 0, 0xe1])))
    }

    #[test]
    fn thousands_of_types_have_markers_in_order_of_first_appearance() {
        let types: Vec<_> = (0..5_000).map(|_| info()).collect();
        let mut written = WrittenTypes::new(types[0]);
        let mut read = ReadTypes::new();
        read.push(types[0]);
        for (index, info) in types.iter().enumerate().skip(1) {
            assert_eq!(written.marker(info), (index as u32) << 1);
            assert_eq!(written.marker(info), (index as u32) << 1 | 1);
            read.push(info);
        }
        // Found again in any order, without a search that grows with the number of types.
        for round in 0..100 {
            for index in (0..types.len()).rev().skip(round % 7) {
                assert_eq!(written.marker(types[index]), (index as u32) << 1 | 1);
                assert!(read.get(index).is_some_and(|found| found.is(types[index])));
            }
        }
        assert!(read.get(types.len()).is_none());
        assert!(read.get(usize::MAX).is_none());
    }

    #[test]
    fn the_number_of_fields_is_read_from_the_definition() {
        static FEW: TypeInfo = TypeInfo::new("a.Few", &[1, 0, 0, 0, 0, 0, 0, 0, 0xe7]);
        static MANY: TypeInfo = TypeInfo::new("a.Many", &[3, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xe1, 0x03]);
        static LONG: TypeInfo = TypeInfo::new("a.Long", &[0xff, 0, 0, 0, 0, 0, 0, 0, 0x80, 0x01, 0xff, 0x01]);
        assert_eq!((FEW.fields(), MANY.fields(), LONG.fields()), (7, 512, 32));
        assert!(info().fields() == 1 && !info().is_weightless());
    }
}
