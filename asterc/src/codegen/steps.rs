//! How each type of a schema is written and read, in no language's words.
//!
//! A schema enters, [`Steps`] leave: per message the fields in wire order with their tag ids, per
//! enum its numbers, per union its cases, and for each the TypeDef bytes that introduce it. Rust and
//! TypeScript print them as straight-line code; the table codec takes them as a table.
//!
//! Source: codec, "Bytes".

mod type_def;

use crate::model::{Enum, Field, Message, Schema, TypeKind, Union};
use aster_contract::graph::{Leaf, Shape, TypeId, Value};
use aster_contract::model::Primitive;
use std::cmp::Reverse;

pub use type_def::wire_type_id;

/// The steps of every type; a [`TypeId`] indexes `types`.
#[derive(Clone, Debug)]
pub struct Steps {
    /// In the order of [`Schema::types`].
    pub types: Vec<TypeSteps>,
}

/// The steps of one type.
#[derive(Clone, Debug)]
pub enum TypeSteps {
    /// A message: a type marker, then its fields.
    Message(MessageSteps),
    /// An enum: its number.
    Enum(EnumSteps),
    /// A union: a case id, then the value with its type id.
    Union(UnionSteps),
}

/// The steps of a message.
#[derive(Clone, Debug)]
pub struct MessageSteps {
    /// Header and body of the TypeDef, as they stand in a payload.
    pub type_def: Vec<u8>,
    /// The fields in wire order.
    pub fields: Vec<FieldStep>,
}

/// One field of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldStep {
    /// The field's index in declared order.
    pub index: usize,
    /// The field's id in the contract and its tag id on the wire: 1 … n by name.
    pub tag: i32,
    /// What is written.
    pub item: Item,
}

/// The steps of an enum.
#[derive(Clone, Debug)]
pub struct EnumSteps {
    /// Header and body of the TypeDef: it stands in a payload only when the enum is in a union case.
    pub type_def: Vec<u8>,
    /// The declared numbers, ascending, each with the value's index in declared order.
    pub numbers: Vec<(i32, usize)>,
}

/// The steps of a union.
#[derive(Clone, Debug)]
pub struct UnionSteps {
    /// The cases by number.
    pub cases: Vec<CaseStep>,
}

/// One case of a union.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseStep {
    /// The case's index in declared order.
    pub index: usize,
    /// The case's number, which is the case id on the wire.
    pub number: i32,
    /// The type id written before the value.
    pub type_id: u8,
    /// What is written: no container, and never absent.
    pub step: Step,
}

/// A value that may be absent: a field, a list element or a map value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The value.
    pub step: Step,
    /// Whether `FF` or `FD` says if there is a value.
    pub nullable: bool,
}

/// Writes or reads one value that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A scalar.
    Scalar(Primitive),
    /// An enum: its number.
    Enum(TypeId),
    /// A message: type id, type marker, fields.
    Message(TypeId),
    /// A union: case id, type id, value.
    Union(TypeId),
    /// A list: count, element header, elements.
    List(Box<Item>),
    /// A set of scalars or enums: as a list.
    Set(Box<Step>),
    /// A map: count, then chunks of pairs. Keys are scalars or enums.
    Map(Box<Step>, Box<Item>),
}

/// Derives the steps of every type of `schema`.
pub fn steps(schema: &Schema) -> Steps {
    let types = schema.types.iter().map(|ty| match &ty.kind {
        TypeKind::Message(message) => {
            let fields = field_order(schema, message);
            let type_def = type_def::message(ty, message, &fields);
            TypeSteps::Message(MessageSteps { type_def, fields })
        }
        TypeKind::Enum(body) => {
            let type_def = type_def::enumeration(ty);
            TypeSteps::Enum(EnumSteps {
                type_def,
                numbers: numbers(body),
            })
        }
        TypeKind::Union(body) => TypeSteps::Union(union_steps(schema, body)),
    });
    Steps {
        types: types.collect(),
    }
}

/// The fields with their tag ids, in wire order: required numbers, optional numbers, the rest.
fn field_order(schema: &Schema, message: &Message) -> Vec<FieldStep> {
    let mut by_name: Vec<(usize, &Field)> = message.fields.iter().enumerate().collect();
    by_name.sort_by(|(_, a), (_, b)| a.name.cmp(&b.name));
    let mut fields: Vec<FieldStep> = by_name
        .into_iter()
        .zip(1..)
        .map(|((index, field), tag)| FieldStep {
            index,
            tag,
            item: item(schema, &field.ty),
        })
        .collect();
    fields.sort_by_key(|field| match number_order(&field.item.step) {
        Some(order) => (u8::from(field.item.nullable), Some(order), field.tag),
        None => (2, None, field.tag),
    });
    fields
}

/// Where a number stands in its group: fixed width first, then larger first, then by type id.
fn number_order(step: &Step) -> Option<(bool, Reverse<u8>, u8)> {
    let Step::Scalar(primitive) = step else {
        return None;
    };
    let (variable, size) = match primitive {
        Primitive::Bool | Primitive::Int8 | Primitive::Uint8 => (false, 1),
        Primitive::Int16 | Primitive::Uint16 => (false, 2),
        Primitive::Int32 | Primitive::Uint32 | Primitive::Float32 => (false, 4),
        Primitive::Int64 | Primitive::Uint64 | Primitive::Float64 => (false, 8),
        Primitive::Varint32 | Primitive::VarUint32 => (true, 4),
        Primitive::Varint64 | Primitive::VarUint64 => (true, 8),
        Primitive::String
        | Primitive::Binary
        | Primitive::Timestamp
        | Primitive::Duration
        | Primitive::Date
        | Primitive::Decimal => return None,
    };
    Some((variable, Reverse(size), wire_type_id(step)))
}

fn item(schema: &Schema, value: &Value) -> Item {
    let step = match &value.shape {
        Shape::Leaf(leaf) => leaf_step(schema, *leaf),
        Shape::List(element) => Step::List(Box::new(item(schema, element))),
        Shape::Set(element) => Step::Set(Box::new(leaf_step(schema, *element))),
        Shape::Map(key, value) => Step::Map(Box::new(leaf_step(schema, *key)), Box::new(item(schema, value))),
    };
    Item {
        step,
        nullable: value.optional,
    }
}

fn leaf_step(schema: &Schema, leaf: Leaf) -> Step {
    match leaf {
        Leaf::Primitive(primitive) => Step::Scalar(primitive),
        Leaf::Type(id) => match schema.types[id.0 as usize].kind {
            TypeKind::Message(_) => Step::Message(id),
            TypeKind::Enum(_) => Step::Enum(id),
            TypeKind::Union(_) => Step::Union(id),
        },
    }
}

fn numbers(body: &Enum) -> Vec<(i32, usize)> {
    let mut numbers: Vec<(i32, usize)> = body
        .values
        .iter()
        .enumerate()
        .map(|(index, value)| (value.number, index))
        .collect();
    numbers.sort_unstable();
    numbers
}

fn union_steps(schema: &Schema, body: &Union) -> UnionSteps {
    let mut cases: Vec<CaseStep> = body
        .cases
        .iter()
        .enumerate()
        .map(|(index, case)| {
            let step = leaf_step(schema, case.ty);
            CaseStep {
                index,
                number: case.number,
                type_id: type_def::case_type_id(&step),
                step,
            }
        })
        .collect();
    cases.sort_unstable_by_key(|case| case.number);
    UnionSteps { cases }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codegen::testing::{SchemaBuilder, optional, scalar};

    fn order(schema: &Schema) -> Vec<(usize, i32)> {
        let steps = steps(schema);
        let TypeSteps::Message(message) = &steps.types[0] else {
            panic!("a message")
        };
        message
            .fields
            .iter()
            .map(|field| (field.index, field.tag))
            .collect()
    }

    #[test]
    fn numbers_tags_by_name_and_sorts_fields_for_the_wire() {
        let mut builder = SchemaBuilder::default();
        builder.message(
            "p",
            "M",
            &[
                ("text", scalar(Primitive::String)),           // 0, tag 7
                ("a_varint", scalar(Primitive::Varint64)),     // 1, tag 1
                ("big", scalar(Primitive::Int64)),             // 2, tag 2
                ("flag", scalar(Primitive::Bool)),             // 3, tag 3
                ("maybe", optional(scalar(Primitive::Int64))), // 4, tag 5
                ("float", scalar(Primitive::Float64)),         // 5, tag 4
                ("small", scalar(Primitive::Varint32)),        // 6, tag 6
            ],
        );
        // int64 and float64 are fixed and as large, so the type id decides; varints follow, the larger first
        assert_eq!(
            order(&builder.schema),
            [(2, 2), (5, 4), (3, 3), (1, 1), (6, 6), (4, 5), (0, 7)]
        );
    }

    #[test]
    fn tags_follow_code_points_and_not_the_declared_order() {
        let mut builder = SchemaBuilder::default();
        let text = || scalar(Primitive::String);
        builder.message(
            "p",
            "M",
            &[("z", text()), ("Ω", text()), ("Z", text()), ("_", text())],
        );
        // Z < _ < z < Ω
        assert_eq!(order(&builder.schema), [(2, 1), (3, 2), (0, 3), (1, 4)]);
    }

    #[test]
    fn cases_and_numbers_are_in_the_order_of_their_numbers() {
        let mut builder = SchemaBuilder::default();
        let kind = builder.enumeration("p", "Kind", &[("HIGH", 900), ("LOW", 0)]);
        builder.union(
            "p",
            "U",
            &[
                ("b", 7, Leaf::Type(kind)),
                ("a", 2, Leaf::Primitive(Primitive::Varint32)),
            ],
        );
        let steps = steps(&builder.schema);
        let TypeSteps::Enum(kind) = &steps.types[0] else {
            panic!("an enum")
        };
        assert_eq!(kind.numbers, [(0, 1), (900, 0)]);
        let TypeSteps::Union(union) = &steps.types[1] else {
            panic!("a union")
        };
        let cases: Vec<_> = union
            .cases
            .iter()
            .map(|case| (case.index, case.number, case.type_id))
            .collect();
        // an enum in a case is written with its name: NAMED_ENUM
        assert_eq!(cases, [(1, 2, 5), (0, 7, 26)]);
    }
}
