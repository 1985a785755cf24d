//! The records that are encoded, member by member in emission order.
//!
//! They mirror the encoding, also where it can say what this project never writes, so that a
//! foreign contract decodes, can be shown, and encodes to the bytes it came from. Whoever fills one
//! keeps the order and numbering that the members' docs name; [`identify`](crate::identity::identify)
//! and [`contract`](crate::identity::contract) do.

use super::{CapabilityRequirement, Pattern, ProducerLanguage, Scope, SerializationMode, TypeHash};

/// What a [`TypeDef`] defines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TypeDefKind {
    /// Named fields.
    Message,
    /// Names for numbers.
    Enum,
    /// One of several cases.
    Union,
}

impl TypeDefKind {
    /// All of them, each at the place of its discriminant.
    pub const ALL: [Self; 3] = [Self::Message, Self::Enum, Self::Union];
}

/// How a [`FieldDef`] says what its type is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TypeKind {
    /// A scalar, by name.
    #[default]
    Primitive,
    /// Another type, by hash.
    Ref,
    /// A type of the same cycle that cannot be hashed first, by full name.
    SelfRef,
    /// Anything. The language has no spelling for it.
    Any,
    /// A container or optional inside a container: the hash of a [`FieldDef`] of its own.
    Nested,
}

impl TypeKind {
    /// All of them, each at the place of its discriminant.
    pub const ALL: [Self; 5] = [Self::Primitive, Self::Ref, Self::SelfRef, Self::Any, Self::Nested];
}

/// What a [`FieldDef`]'s type stands in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Container {
    /// Nothing: one value.
    #[default]
    None,
    /// `list<T>`
    List,
    /// `set<T>`
    Set,
    /// `map<K, T>`
    Map,
}

impl Container {
    /// All of them, each at the place of its discriminant.
    pub const ALL: [Self; 4] = [Self::None, Self::List, Self::Set, Self::Map];
}

/// A message, enum or union.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TypeDef {
    /// What it defines; the lists of the other kinds are empty.
    pub kind: TypeDefKind,
    /// The package.
    pub package: String,
    /// The simple name.
    pub name: String,
    /// A message's fields, strictly ascending by name, numbered from 1.
    pub fields: Vec<FieldDef>,
    /// An enum's values, strictly ascending by number.
    pub enum_values: Vec<EnumValueDef>,
    /// A union's cases, strictly ascending by number.
    pub union_variants: Vec<UnionVariantDef>,
}

/// A field of a message, or what a nested container or optional is.
///
/// In a list or set the `type_…` members describe the element, in a map the value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FieldDef {
    /// The field's place in its message, from 1; 0 in a nested one.
    pub id: i32,
    /// The field's name; empty in a nested one.
    pub name: String,
    /// Which of the next three members says what the type is.
    pub type_kind: TypeKind,
    /// The name of a [`Primitive`](super::Primitive), or empty.
    pub type_primitive: String,
    /// The type referred to, or the nested [`FieldDef`].
    pub type_ref: Option<TypeHash>,
    /// `package.Name` of a type of the same cycle, or empty.
    pub self_ref_name: String,
    /// Whether the field may be absent.
    pub optional: bool,
    /// Always false in contracts of this project.
    pub ref_tracked: bool,
    /// What the type stands in.
    pub container: Container,
    /// As `type_kind`, for a map's key.
    pub container_key_kind: TypeKind,
    /// As `type_primitive`, for a map's key.
    pub container_key_primitive: String,
    /// As `type_ref`, for a map's key.
    pub container_key_ref: Option<TypeHash>,
    /// Always true in contracts of this project: defaults are not identity.
    pub required: bool,
    /// Always empty in contracts of this project: defaults are not identity.
    pub default_value: Vec<u8>,
}

impl Default for FieldDef {
    /// Nothing, and required, as every field of this project's contracts is.
    fn default() -> Self {
        Self {
            id: 0,
            name: String::new(),
            type_kind: TypeKind::Primitive,
            type_primitive: String::new(),
            type_ref: None,
            self_ref_name: String::new(),
            optional: false,
            ref_tracked: false,
            container: Container::None,
            container_key_kind: TypeKind::Primitive,
            container_key_primitive: String::new(),
            container_key_ref: None,
            required: true,
            default_value: Vec::new(),
        }
    }
}

/// A value of an enum.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EnumValueDef {
    /// The value's name.
    pub name: String,
    /// The value's number.
    pub value: i32,
}

/// A case of a union.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct UnionVariantDef {
    /// The case's name.
    pub name: String,
    /// The case's number.
    pub id: i32,
    /// What it holds: a type's hash, or the hash of a scalar's name or of a full name in a cycle.
    pub type_ref: TypeHash,
}

/// A method of a service.
#[derive(Clone, Debug, PartialEq)]
pub struct MethodDef {
    /// The simple name.
    pub name: String,
    /// Which sides stream.
    pub pattern: Pattern,
    /// The request message, or what a stream of requests is made of.
    pub request_type: TypeHash,
    /// The response message, or what a stream of responses is made of.
    pub response_type: TypeHash,
    /// Whether calling it twice does no more than calling it once.
    pub idempotent: bool,
    /// Seconds; 0.0 when there is none. A foreign contract may hold any `f64`, also a negative
    /// one or NaN.
    pub default_timeout: f64,
    /// Roles a caller must have, besides the service's.
    pub requires: Option<CapabilityRequirement>,
}

/// A service: what its [`ContractId`](super::ContractId) is the hash of.
#[derive(Clone, Debug, PartialEq)]
pub struct ServiceContract {
    /// The simple name: the package is not part of a contract.
    pub name: String,
    /// The declared version.
    pub version: i32,
    /// The methods, strictly ascending by name.
    pub methods: Vec<MethodDef>,
    /// The modes, in declared order.
    pub serialization_modes: Vec<SerializationMode>,
    /// How long an instance lives.
    pub scope: Scope,
    /// Roles a caller of any method must have.
    pub requires: Option<CapabilityRequirement>,
    /// Only together with [`SerializationMode::Native`]; none in contracts of this project.
    pub producer_language: Option<ProducerLanguage>,
}
