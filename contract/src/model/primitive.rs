//! The scalar types.

use std::fmt;

/// A scalar type, under the name that contracts use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Primitive {
    /// `bool`
    Bool,
    /// `int8`
    Int8,
    /// `int16`
    Int16,
    /// `int32` of the language: a zigzag varint
    Varint32,
    /// `int64` of the language: a zigzag varint
    Varint64,
    /// `fixed_int32` of the language
    Int32,
    /// `fixed_int64` of the language
    Int64,
    /// `uint8`
    Uint8,
    /// `uint16`
    Uint16,
    /// `uint32` of the language: a varint
    VarUint32,
    /// `uint64` of the language: a varint
    VarUint64,
    /// `fixed_uint32` of the language
    Uint32,
    /// `fixed_uint64` of the language
    Uint64,
    /// `float32`
    Float32,
    /// `float64`
    Float64,
    /// `string`
    String,
    /// `bytes` of the language
    Binary,
    /// `timestamp`
    Timestamp,
    /// `duration`
    Duration,
    /// `date`
    Date,
    /// `decimal`
    Decimal,
}

impl Primitive {
    /// Every scalar type, in the order of the language's table.
    pub const ALL: [Self; 21] = [
        Self::Bool,
        Self::Int8,
        Self::Int16,
        Self::Varint32,
        Self::Varint64,
        Self::Int32,
        Self::Int64,
        Self::Uint8,
        Self::Uint16,
        Self::VarUint32,
        Self::VarUint64,
        Self::Uint32,
        Self::Uint64,
        Self::Float32,
        Self::Float64,
        Self::String,
        Self::Binary,
        Self::Timestamp,
        Self::Duration,
        Self::Date,
        Self::Decimal,
    ];

    /// The contract's name for it, ASCII: `varint32`, `binary`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::Int8 => "int8",
            Self::Int16 => "int16",
            Self::Varint32 => "varint32",
            Self::Varint64 => "varint64",
            Self::Int32 => "int32",
            Self::Int64 => "int64",
            Self::Uint8 => "uint8",
            Self::Uint16 => "uint16",
            Self::VarUint32 => "var_uint32",
            Self::VarUint64 => "var_uint64",
            Self::Uint32 => "uint32",
            Self::Uint64 => "uint64",
            Self::Float32 => "float32",
            Self::Float64 => "float64",
            Self::String => "string",
            Self::Binary => "binary",
            Self::Timestamp => "timestamp",
            Self::Duration => "duration",
            Self::Date => "date",
            Self::Decimal => "decimal",
        }
    }

    /// The scalar type that contracts call `name`.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|primitive| primitive.name() == name)
    }

    /// Whether it may be the element of a set or the key of a map: `bool`, integers and `string`,
    /// which every language can compare.
    pub const fn is_key(self) -> bool {
        !matches!(
            self,
            Self::Float32
                | Self::Float64
                | Self::Binary
                | Self::Timestamp
                | Self::Duration
                | Self::Date
                | Self::Decimal
        )
    }
}

impl fmt::Display for Primitive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
