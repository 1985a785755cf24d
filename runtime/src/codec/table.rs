//! The table codec: payloads of types that are known only while the program runs.
//!
//! A [`Table`] holds the steps of every type of a contract, flat: one type refers to another, and a container to its
//! elements, by an index, so that a table could also be written down as a constant. [`Types::decode`] shows what a payload
//! holds to a [`Sink`], [`Types::encode`] asks a [`Source`] for it. Bytes, limits and errors are those of the static codec.
//!
//! Source: codec, "Who encodes".

mod build;
mod decode;
mod encode;
mod json;

mod key;
mod seen;
mod sink;
mod source;

pub use build::TableError;
pub use json::{MAX_JSON_BYTES, MAX_JSON_DEPTH};

pub use key::Key;
pub use sink::{Sequence, Sink};
pub use source::Source;

use super::stack;
use aster_contract::model::{ContractId, Primitive, ServiceContract, TypeHash};
use rustc_hash::FxHashMap;
use std::ops::Deref;

/// Index of a type of a [`Table`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TypeIndex(u32);

/// Every type of a contract, as steps.
#[derive(Debug)]
pub struct Table {
    types: Types,
    contract: ServiceContract,
    id: ContractId,
}

/// Types as steps, of whatever contracts: payloads are encoded and decoded by it.
#[derive(Debug)]
pub struct Types {
    types: Box<[Type]>,
    /// Elements of lists and sets, keys and values of maps.
    items: Box<[Item]>,
    by_name: FxHashMap<Box<str>, u32>,
    by_reference: FxHashMap<TypeHash, u32>,
}

/// A type of a [`Table`].
#[derive(Debug)]
pub(crate) enum Type {
    Message(MessageType),
    Enum(EnumType),
    Union(UnionType),
}

/// A message of a [`Table`].
#[derive(Debug)]
pub struct MessageType {
    index: TypeIndex,
    name: Box<str>,
    /// Header and body of the TypeDef.
    definition: Box<[u8]>,
    header: u64,
    /// In wire order.
    fields: Box<[Field]>,
    /// Indices of `fields`, by name.
    by_name: Box<[u16]>,
}

/// A field of a [`MessageType`].
#[derive(Debug)]
pub struct Field {
    name: Box<str>,
    place: u16,
    tag: u16,
    item: Item,
}

/// An enum of a [`Table`].
#[derive(Debug)]
pub struct EnumType {
    index: TypeIndex,
    name: Box<str>,
    /// Header and body of the TypeDef.
    definition: Box<[u8]>,
    header: u64,
    /// By number.
    values: Box<[EnumValue]>,
    /// Indices of `values`, by name.
    by_name: Box<[u32]>,
}

/// A value of an [`EnumType`].
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EnumValue {
    // first: values are ordered by it
    number: u32,
    name: Box<str>,
    of: TypeIndex,
}

/// A union of a [`Table`].
#[derive(Debug)]
pub struct UnionType {
    index: TypeIndex,
    name: Box<str>,
    /// By number.
    cases: Box<[Case]>,
    /// Indices of `cases`, by name.
    by_name: Box<[u32]>,
}

/// A case of a [`UnionType`].
#[derive(Debug)]
pub struct Case {
    name: Box<str>,
    number: u32,
    /// What is written before the value.
    wire_type: u8,
    step: Step,
}

/// A value that may be absent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Item {
    step: Step,
    nullable: bool,
}

impl Item {
    /// Whether this goes deeper without a message in between.
    fn is_container(self) -> bool {
        matches!(self.step, Step::List(_) | Step::Map(_))
    }
}

/// Reads or writes one value that is there. Types and items by their index in the table.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    Scalar(Primitive),
    Enum(u32),
    Message(u32),
    Union(u32),
    /// The element.
    List(u32),
    /// The element: a scalar or an enum.
    Set(u32),
    /// The key, a scalar or an enum, and behind it the value.
    Map(u32),
}

impl Table {
    /// The contract.
    #[must_use]
    pub fn contract(&self) -> &ServiceContract {
        &self.contract
    }

    /// The contract's id.
    #[must_use]
    pub fn contract_id(&self) -> ContractId {
        self.id
    }
}

impl Deref for Table {
    type Target = Types;

    fn deref(&self) -> &Types {
        &self.types
    }
}

/// What kind of type has an index.
#[derive(Clone, Copy, Debug)]
pub enum TypeKind<'a> {
    /// A message.
    Message(&'a MessageType),
    /// An enum.
    Enum(&'a EnumType),
    /// A union.
    Union(&'a UnionType),
}

impl Types {
    /// Every type, in the order of their indices.
    pub fn kinds(&self) -> impl ExactSizeIterator<Item = TypeKind<'_>> {
        self.types.iter().map(|ty| match ty {
            Type::Message(message) => TypeKind::Message(message),
            Type::Enum(enumeration) => TypeKind::Enum(enumeration),
            Type::Union(union) => TypeKind::Union(union),
        })
    }

    /// The type with this full name, `package.Name`.
    #[must_use]
    pub fn type_named(&self, name: &str) -> Option<TypeIndex> {
        self.by_name.get(name).map(|index| TypeIndex(*index))
    }

    /// The type that a method of the contract refers to by `reference`.
    #[must_use]
    pub fn type_of(&self, reference: TypeHash) -> Option<TypeIndex> {
        self.by_reference.get(&reference).map(|index| TypeIndex(*index))
    }

    /// The message at `index`, if there is one.
    #[must_use]
    pub fn message(&self, index: TypeIndex) -> Option<&MessageType> {
        match self.types.get(index.0 as usize) {
            Some(Type::Message(message)) => Some(message),
            _ => None,
        }
    }

    /// The types that values of `roots` are made of, with `roots`; in the order of their indices.
    #[must_use]
    pub fn reached(&self, roots: &[TypeIndex]) -> Vec<TypeIndex> {
        let mut seen = vec![false; self.types.len()];
        let mut next: Vec<u32> = roots.iter().map(|root| root.0).collect();
        while let Some(index) = next.pop() {
            let Some(seen) = seen.get_mut(index as usize) else {
                continue;
            };
            if std::mem::replace(seen, true) {
                continue;
            }
            match &self.types[index as usize] {
                Type::Message(message) => {
                    for field in &message.fields {
                        self.types_of(field.item.step, &mut next);
                    }
                }
                Type::Enum(_) => {}
                Type::Union(union) => {
                    for case in &union.cases {
                        self.types_of(case.step, &mut next);
                    }
                }
            }
        }
        let reached = seen.iter().zip(0..).filter(|(seen, _)| **seen);
        reached.map(|(_, index)| TypeIndex(index)).collect()
    }

    /// The types that a step names.
    fn types_of(&self, step: Step, found: &mut Vec<u32>) {
        let mut steps = vec![step];
        while let Some(step) = steps.pop() {
            match step {
                Step::Scalar(_) => {}
                Step::Enum(index) | Step::Message(index) | Step::Union(index) => found.push(index),
                Step::List(item) | Step::Set(item) => steps.push(self.item(item).step),
                Step::Map(key) => steps.extend([self.item(key).step, self.item(key + 1).step]),
            }
        }
    }

    // Inside the table every index is one that `build` has made.

    #[inline]
    fn message_at(&self, index: u32) -> &MessageType {
        match &self.types[index as usize] {
            Type::Message(message) => message,
            _ => unreachable!("build: this index is a message's"),
        }
    }

    #[inline]
    fn enum_at(&self, index: u32) -> &EnumType {
        match &self.types[index as usize] {
            Type::Enum(enumeration) => enumeration,
            _ => unreachable!("build: this index is an enum's"),
        }
    }

    #[inline]
    fn union_at(&self, index: u32) -> &UnionType {
        match &self.types[index as usize] {
            Type::Union(union) => union,
            _ => unreachable!("build: this index is a union's"),
        }
    }

    #[inline]
    fn item(&self, index: u32) -> Item {
        self.items[index as usize]
    }

    /// Name and TypeDef header of a message or an enum.
    fn definition_of(&self, index: u32) -> (&str, u64, &[u8]) {
        match &self.types[index as usize] {
            Type::Message(message) => (&message.name, message.header, &message.definition),
            Type::Enum(enumeration) => (&enumeration.name, enumeration.header, &enumeration.definition),
            Type::Union(_) => unreachable!("build: a union has no TypeDef"),
        }
    }
}

impl TypeIndex {
    /// The place among the types of its table, from 0.
    #[must_use]
    pub fn place(self) -> usize {
        self.0 as usize
    }
}

impl MessageType {
    /// Its index.
    #[must_use]
    pub fn index(&self) -> TypeIndex {
        self.index
    }

    /// The full name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The TypeDef, header and body, as it stands in a payload.
    #[must_use]
    pub fn definition(&self) -> &[u8] {
        &self.definition
    }

    /// The fields, in the order in which they are read and written.
    #[must_use]
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// The index in [`fields`](Self::fields) of the field with this name.
    #[must_use]
    pub fn field_named(&self, name: &str) -> Option<usize> {
        let field = |index: &u16| &*self.fields[usize::from(*index)].name;
        let place = self.by_name.binary_search_by(|index| field(index).cmp(name));
        place.ok().map(|place| usize::from(self.by_name[place]))
    }

    #[inline]
    fn is_weightless(&self) -> bool {
        self.fields.is_empty()
    }
}

impl Field {
    /// The name in the schema.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The field's place when the message is shown: 0 for the first. In a described type that is the order of the names.
    #[must_use]
    pub fn place(&self) -> usize {
        self.place.into()
    }

    /// The tag id.
    #[must_use]
    pub fn tag(&self) -> u16 {
        self.tag
    }

    /// Whether the field may be absent.
    #[must_use]
    pub fn is_optional(&self) -> bool {
        self.item.nullable
    }
}

impl EnumType {
    /// Its index.
    #[must_use]
    pub fn index(&self) -> TypeIndex {
        self.index
    }

    /// Every value, by number.
    #[must_use]
    pub fn values(&self) -> &[EnumValue] {
        &self.values
    }

    /// The full name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The value with this number.
    #[must_use]
    pub fn value(&self, number: u32) -> Option<&EnumValue> {
        // many enums count from 0
        match self.values.get(number as usize) {
            Some(value) if value.number == number => Some(value),
            _ => {
                let place = self.values.binary_search_by_key(&number, |value| value.number);
                place.ok().map(|place| &self.values[place])
            }
        }
    }

    /// The value with this name.
    #[must_use]
    pub fn value_named(&self, name: &str) -> Option<&EnumValue> {
        let value = |index: &u32| &*self.values[*index as usize].name;
        let place = self.by_name.binary_search_by(|index| value(index).cmp(name));
        place.ok().map(|place| &self.values[self.by_name[place] as usize])
    }
}

impl EnumValue {
    /// The index of its enum.
    #[must_use]
    pub fn of(&self) -> TypeIndex {
        self.of
    }

    /// The declared number.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.number
    }

    /// The name in the schema.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl UnionType {
    /// Its index.
    #[must_use]
    pub fn index(&self) -> TypeIndex {
        self.index
    }

    /// Every case, by number.
    #[must_use]
    pub fn cases(&self) -> &[Case] {
        &self.cases
    }

    /// The full name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The case with this number.
    #[must_use]
    pub fn case(&self, number: u32) -> Option<&Case> {
        let place = self.cases.binary_search_by_key(&number, |case| case.number);
        place.ok().map(|place| &self.cases[place])
    }

    /// The case with this name.
    #[must_use]
    pub fn case_named(&self, name: &str) -> Option<&Case> {
        let case = |index: &u32| &*self.cases[*index as usize].name;
        let place = self.by_name.binary_search_by(|index| case(index).cmp(name));
        place.ok().map(|place| &self.cases[self.by_name[place] as usize])
    }
}

impl Case {
    /// The name in the schema.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The declared number.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.number
    }
}

/// Does `work`, one message or one container of containers, on a larger stack if this one may be too small for it.
#[inline]
fn with_room<R>(work: impl FnOnce() -> R) -> R {
    stack::with_room_of(LEVEL, work)
}

/// More than one level takes in a debug build, where every step has slots of its own, whatever the sink's values are.
const LEVEL: usize = 64 << 10;
