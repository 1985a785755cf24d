//! The records of a contract: what is encoded canonically, member by member.
//!
//! Source: contract identity, "Structures, in emission order".

mod hash;
mod primitive;
mod records;

pub use hash::{ContractId, ParseHashError, TypeHash};
pub use primitive::Primitive;
pub use records::{
    Container, EnumValueDef, FieldDef, MethodDef, ServiceContract, TypeDef, TypeDefKind, TypeKind,
    UnionVariantDef,
};

use std::borrow::Cow;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

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

impl Pattern {
    /// All of them, each at the place of its discriminant.
    pub const ALL: [Self; 4] = [
        Self::Unary,
        Self::ServerStream,
        Self::ClientStream,
        Self::BidiStream,
    ];

    /// Its name in descriptors and tools: `bidi_stream`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unary => "unary",
            Self::ServerStream => "server_stream",
            Self::ClientStream => "client_stream",
            Self::BidiStream => "bidi_stream",
        }
    }
}

/// How long an instance of a service lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// One instance for all callers.
    Shared,
    /// One instance per client session.
    Session,
}

impl Scope {
    /// All of them, each at the place of its discriminant.
    pub const ALL: [Self; 2] = [Self::Shared, Self::Session];

    /// Its name in descriptors and tools: `session`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Shared => "shared",
            Self::Session => "session",
        }
    }
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

impl CapabilityKind {
    /// All of them, each at the place of its discriminant.
    pub const ALL: [Self; 3] = [Self::Role, Self::AnyOf, Self::AllOf];

    /// Its name in descriptors and tools: `all_of`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Role => "role",
            Self::AnyOf => "any_of",
            Self::AllOf => "all_of",
        }
    }
}

/// Roles a caller must have.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CapabilityRequirement {
    /// How the roles combine.
    pub kind: CapabilityKind,
    /// Role names in NFC, sorted by code point.
    pub roles: Vec<String>,
}

impl CapabilityRequirement {
    /// A requirement with its roles brought into NFC and sorted. A role may stand twice.
    pub fn new(kind: CapabilityKind, roles: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        let mut roles: Vec<String> = roles
            .into_iter()
            .map(|role| nfc(role.as_ref()).into_owned())
            .collect();
        roles.sort_unstable();
        Self { kind, roles }
    }
}

/// In which form payloads of a service may travel.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SerializationMode {
    /// `xlang`: Fory's cross-language format.
    Xlang,
    /// `json`
    Json,
    /// `native`: the format of one language's own, named by the contract's
    /// [`producer_language`](ServiceContract::producer_language). This project never produces it.
    Native,
    /// A mode of another implementation, kept as it is. Make it by
    /// [`from_name`](SerializationMode::from_name), so that a name that has a variant gets it.
    Foreign(String),
}

impl SerializationMode {
    /// The mode's name in a contract.
    pub fn name(&self) -> &str {
        match self {
            Self::Xlang => "xlang",
            Self::Json => "json",
            Self::Native => "native",
            Self::Foreign(name) => name,
        }
    }

    /// The mode that contracts call `name`.
    pub fn from_name(name: &str) -> Self {
        match name {
            "xlang" => Self::Xlang,
            "json" => Self::Json,
            "native" => Self::Native,
            foreign => Self::Foreign(foreign.to_owned()),
        }
    }
}

/// The language whose own format a contract with mode `native` speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProducerLanguage {
    /// `python`
    Python,
    /// `typescript`
    Typescript,
    /// `java`
    Java,
    /// `csharp`
    Csharp,
    /// `go`
    Go,
}

impl ProducerLanguage {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Python, Self::Typescript, Self::Java, Self::Csharp, Self::Go];

    /// The language's name in a contract.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Python => "python",
            Self::Typescript => "typescript",
            Self::Java => "java",
            Self::Csharp => "csharp",
            Self::Go => "go",
        }
    }

    /// The language that contracts call `name`.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.name() == name)
    }
}

/// `name` in Unicode normalisation form C.
pub(crate) fn nfc(name: &str) -> Cow<'_, str> {
    if name.is_ascii() || is_nfc_quick(name.chars()) == IsNormalized::Yes {
        Cow::Borrowed(name)
    } else {
        Cow::Owned(name.nfc().collect())
    }
}
