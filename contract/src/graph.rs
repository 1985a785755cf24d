//! The types of a schema as a graph, before anything is hashed.
//!
//! Nodes are messages, enums and unions, reached by a service or not; an edge leads from a type to
//! each distinct type that its fields (at any container depth) or cases name.

mod components;
mod error;
mod links;

pub(crate) use components::Tree;
pub use components::{Components, components};
pub use error::GraphError;
pub use links::{Links, MAX_CONTAINERS};

use std::borrow::Cow;

use crate::model::{CapabilityRequirement, Pattern, Primitive, Scope, SerializationMode};

/// Index of a type in [`TypeGraph::types`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TypeId(pub u32);

/// Every type of a schema; `TypeId`s index `types`. Names are brought into NFC where they are used. Names and types may be
/// borrowed from what the graph is made of.
#[derive(Clone, Debug, Default)]
pub struct TypeGraph<'a> {
    /// The types, in any order: identity does not depend on it.
    pub types: Vec<TypeNode<'a>>,
}

/// One message, enum or union.
#[derive(Clone, Debug)]
pub struct TypeNode<'a> {
    /// The package, for example `fleet.control`.
    pub package: Cow<'a, str>,
    /// The simple name.
    pub name: Cow<'a, str>,
    /// What the type is made of.
    pub body: Body<'a>,
}

/// What a type is made of, in any order.
#[derive(Clone, Debug)]
pub enum Body<'a> {
    /// Named fields.
    Message(Vec<Field<'a>>),
    /// Names and their numbers.
    Enum(Vec<(Cow<'a, str>, i32)>),
    /// Exactly one of these cases.
    Union(Vec<Case<'a>>),
}

/// A field of a message.
#[derive(Clone, Debug)]
pub struct Field<'a> {
    /// The field's name.
    pub name: Cow<'a, str>,
    /// The field's type.
    pub ty: Cow<'a, Value>,
}

/// A case of a union.
#[derive(Clone, Debug)]
pub struct Case<'a> {
    /// The case's name.
    pub name: Cow<'a, str>,
    /// The case's number.
    pub id: i32,
    /// What the case holds.
    pub ty: Leaf,
}

/// A type as it stands in a field, list element or map value, aliases resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    /// The type without its `?`.
    pub shape: Shape,
    /// Whether it was marked `?`.
    pub optional: bool,
}

/// A type without its `?`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A scalar, message, enum or union.
    Leaf(Leaf),
    /// `list<T>`
    List(Box<Value>),
    /// `set<T>`: `bool`, integers, `string` or an enum.
    Set(Leaf),
    /// `map<K, V>`: keys as the elements of a set.
    Map(Leaf, Box<Value>),
}

/// A type that is not a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Leaf {
    /// A scalar.
    Primitive(Primitive),
    /// A message, enum or union.
    Type(TypeId),
}

/// A service, its types as ids of a [`TypeGraph`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// The simple name: the package is not part of a contract.
    pub name: String,
    /// The declared version.
    pub version: i32,
    /// The methods, in any order.
    pub methods: Vec<Method>,
    /// The modes, in declared order.
    pub modes: Vec<SerializationMode>,
    /// How long an instance lives.
    pub scope: Scope,
    /// Roles a caller of any method must have.
    pub requires: Option<CapabilityRequirement>,
}

/// A method of a [`Service`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Method {
    /// The simple name.
    pub name: String,
    /// Which sides stream.
    pub pattern: Pattern,
    /// The request message.
    pub request: TypeId,
    /// The response message.
    pub response: TypeId,
    /// Whether calling it twice does no more than calling it once.
    pub idempotent: bool,
    /// The time-out in whole milliseconds; `None` and 0 are the same.
    pub timeout_ms: Option<u64>,
    /// Roles a caller must have, besides the service's.
    pub requires: Option<CapabilityRequirement>,
}
