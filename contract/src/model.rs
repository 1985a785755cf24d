//! The records of a contract: what is encoded canonically, member by member.
//!
//! Source: contract identity, "Structures, in emission order".

use std::fmt;

/// BLAKE3-256 of the canonical bytes of a [`TypeDef`], or of what stands for a type in a reference.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TypeHash(pub [u8; 32]);

/// BLAKE3-256 of the canonical bytes of a [`ServiceContract`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContractId(pub [u8; 32]);

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

/// Which sides of a method stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Pattern {
    /// One request, one response.
    Unary,
    /// One request, many responses.
    ServerStream,
    /// Many requests, one response.
    ClientStream,
    /// Many requests, many responses, interleaved.
    BidiStream,
}

/// How long an instance of a service lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// One instance for all callers.
    Shared,
    /// One instance per client session.
    Session,
}

/// How the roles of a [`CapabilityRequirement`] combine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CapabilityKind {
    /// Exactly this role.
    Role,
    /// At least one of the roles.
    AnyOf,
    /// All of the roles.
    AllOf,
}

/// Roles a caller must have.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CapabilityRequirement {
    /// How the roles combine.
    pub kind: CapabilityKind,
    /// Role names in NFC, sorted by code point.
    pub roles: Vec<String>,
}

impl fmt::Display for TypeHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex(&self.0, f)
    }
}

impl fmt::Debug for TypeHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for ContractId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex(&self.0, f)
    }
}

impl fmt::Debug for ContractId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn hex(bytes: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}
